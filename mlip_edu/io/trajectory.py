"""Trajectories as extended XYZ, frame after frame, such that a run that is killed keeps what it has.

Positions (Å) and momenta (ASE's units) have eight decimals; the comment line holds the recorded numbers. A frame that
was cut off at the end of the file, by a kill or a full disk, is left out when the file is read here.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from itertools import islice
from os import PathLike
from pathlib import Path

from ase import Atoms

from ..errors import FormatError, shorten
from .extended_xyz import _XyzFile


class Frame(_XyzFile):
    """The lines of one frame, from byte ``start`` and after ``before`` lines of its file."""

    def __init__(self, path: str | PathLike, lines: list[bytes], start: int, before: int):
        self.path, self.start, self.before, self.at = Path(path), start, before, 0
        self.stop, n_whole = start + sum(map(len, lines)), len(lines) - (not lines[-1].endswith(b"\n"))
        self.cut = n_whole < int(lines[0]) + 2
        self.lines = b"".join(lines).decode(errors="replace").rstrip("\n").split("\n")
        if n_whole > 1:
            self.n_atoms()
            self.keys = self.comment()
        # a cut frame begins like a frame; a damaged number of atoms takes the frames that follow for its atoms
        if self.cut and n_whole > 2:
            self.atoms(n_whole - 2, self.keys["Properties"], set())
        self.at = 0

    def error(self, expected: str, found: str, line: int | None = None) -> FormatError:
        line = self.before + (self.at if line is None else line)
        return super().error(f"{expected} (frame at byte {self.start})", found, line)

    def rows(self, n_atoms: int, n_columns: int, names: str) -> list[list[str]]:
        """The lines of the atoms, cut into columns; those of numbers are numbers, of momenta, too."""
        rows, words = super().rows(n_atoms, n_columns, names), names.split(":")
        kinds = "".join(kind * int(count) for kind, count in zip(words[1::3], words[2::3], strict=True))
        self.at -= n_atoms
        for row in rows:
            self.at += 1
            self.numbers([token for token, kind in zip(row, kinds, strict=True) if kind in "RI"], "finite numbers")
        return rows

    def to_ase(self) -> Atoms:
        """With velocities and all other columns."""
        import ase.io  # slow to import

        self.at = 2
        self.atoms(len(self.lines) - 2, self.keys["Properties"], set())
        try:
            return ase.io.read(io.StringIO("\n".join(self.lines)), format="extxyz")
        except Exception as problem:  # ASE raises whatever it meets
            raise self.error("a frame that ASE reads", shorten(str(problem)), line=1) from problem


def frames_of(path: str | PathLike) -> Iterator[Frame]:
    """Every frame of a file, the last one perhaps cut off by its end."""
    start = before = 0
    with open(path, "rb") as file:
        while header := file.readline():
            if not re.fullmatch(rb"\s*[0-9]{1,9}\s*", header):
                if not (header + file.read()).strip():
                    return
                raise FormatError(path, before + 1, "a number of atoms, of extended XYZ", shorten(str(header)[2:-1]))
            yield (frame := Frame(path, [header, *islice(file, int(header) + 1)], start, before))
            start, before = frame.stop, before + len(frame.lines)


def whole_frames(path: str | PathLike) -> tuple[list[dict], int]:
    """What was recorded with each whole frame, and at which byte the last of them ends.

    Raises
    ------
    FormatError
        Names the file, the line, what was expected there and what was found.
    """
    rows, end = [], 0
    for frame in frames_of(path):
        if not frame.cut:
            rows.append(frame.keys["info"])
            end = frame.stop
    return rows, end


def read_trajectory(path: str | PathLike, frames: slice = slice(None)) -> list[Atoms]:
    """The whole frames of a trajectory as ASE Atoms with velocities; ``frames=slice(-1, None)``: the last alone.

    Raises
    ------
    FormatError
        Names the file, the line, what was expected there and what was found.
    """
    chosen = range(len(whole_frames(path)[0]))[frames]
    return [frame.to_ase() for k, frame in enumerate(frames_of(path)) if k in chosen]


class TrajectoryFile:
    """Appends frames to a new file, or to one that ends at ``step``.

    Raises
    ------
    FormatError
        The file ends at another step, is no trajectory, or somebody else writes to it.
    OSError
        The disk is full: the file ends with its last whole frame.
    """

    def __init__(self, path: str | PathLike, step: int):
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch()
        rows, self.end = whole_frames(self.path)
        if self.path.stat().st_size and not (rows and rows[-1].get("step") == step):
            found = f"one of step {rows[-1].get('step')}" if rows else "none that is whole"
            raise FormatError(path, None, f"no file, or a last frame of step {step}", f"{found}: choose another file")
        os.truncate(self.path, self.end)

    def __bool__(self) -> bool:
        """Has it a frame? As a list."""
        return self.end > 0

    def append(self, atoms: Atoms) -> None:
        """Write one frame, whole or not at all; refuses if somebody else has written meanwhile."""
        import ase.io

        text = io.StringIO()
        ase.io.write(text, atoms, format="extxyz")
        if (size := self.path.stat().st_size) != self.end:
            raise FormatError(self.path, None, f"{self.end} bytes, as this run left it", f"{size}: two runs write here")
        try:
            with open(self.path, "ab") as file:
                file.write(text.getvalue().encode())
        except BaseException as problem:  # a full disk, or Ctrl-C
            os.truncate(self.path, self.end)
            problem.filename = str(self.path)  # an OSError shall name it
            raise
        self.end = self.path.stat().st_size
