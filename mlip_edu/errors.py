"""The errors this package raises on purpose. All are ``ValueError``\\ s that say what to do next."""

from __future__ import annotations

from os import PathLike


class MlipEduError(ValueError):
    """Base class: something given to the package cannot be used as it is."""


class FormatError(MlipEduError):
    """A file does not follow its format.

    Parameters
    ----------
    path, line
        The file and its line number, counted from 1 (``None``: the whole file).
    expected, found
        What the format asks for, and what stands there.
    """

    def __init__(self, path: str | PathLike, line: int | None, expected: str, found: str):
        self.path, self.line, self.expected, self.found = str(path), line, expected, found
        where = str(path) if line is None else f"{path}, line {line}"
        super().__init__(f"{where}: expected {expected}; found {found}")


class DumpError(FormatError):
    """A LAMMPS-style training dump is malformed."""


class RannError(FormatError):
    """A RANN input or potential file is malformed, or cannot be written."""


class DataError(MlipEduError):
    """A data set is missing or damaged."""


class TrainingError(MlipEduError):
    """A training cannot start or go on as asked."""


def shorten(text: str, limit: int = 60) -> str:
    """``text`` as one quoted, printable line of at most about ``limit`` characters, for error messages."""
    shown = repr(text if len(text) <= limit else text[:limit] + "…")
    return shown
