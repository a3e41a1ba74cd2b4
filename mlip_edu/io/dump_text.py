"""The lines of a dump file, how far they are read, and where an error points to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ..errors import DumpError, shorten
from .text import finite_numbers


class DumpText:
    """A dump file line by line; ``at`` is the number of the last line read, counted from 1."""

    def __init__(self, path: Path):
        self.path, self.at = path, 0
        try:
            self.lines = path.read_text(encoding="utf-8").split("\n")
        except UnicodeDecodeError as problem:
            raise DumpError(path, None, "a text file", "bytes that are not text") from problem
        except OSError as problem:
            raise DumpError(path, None, "a readable file", problem.strerror or str(problem)) from problem
        while self.lines and not self.lines[-1].strip():
            self.lines.pop()

    def error(self, expected: str, found: str, line: int | None = None) -> DumpError:
        return DumpError(self.path, self.at if line is None else line, expected, found)

    def next_line(self, expected: str) -> str:
        if self.at >= len(self.lines):
            self.at += 1
            raise self.error(expected, "the end of the file")
        self.at += 1
        return self.lines[self.at - 1].strip()

    def item(self, name: str) -> list[str]:
        """The words after ``ITEM: name``."""
        line = self.next_line(f"'ITEM: {name} …'")
        match = re.fullmatch(rf"ITEM:\s*{name}(|\s.*)", line)
        if not match:
            raise self.error(f"'ITEM: {name} …'", shorten(line))
        return match[1].replace(",", " ").split()

    def numbers(self, tokens: Sequence[str], expected: str) -> list[float]:
        """``tokens`` as finite numbers."""
        try:
            return finite_numbers(tokens)
        except ValueError:
            raise self.error(expected, shorten(" ".join(tokens))) from None
