"""What text files of atoms have in common: lines, strict numbers, sound distances, and where an error points to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ..errors import DumpError, FormatError, shorten
from ..neighbours import neighbour_list
from ..systems import AtomicSystem
from .text import brief, finite_numbers

CLOSEST = 0.3  # Å; two atoms nearer than this are a fault of the file
LONGEST = 1_000_000  # Å; a box longer than this, too
LARGEST = 1e9  # Å or eV/Å; a coordinate or force beyond this, too


class AtomsText:
    """A file line by line; ``at`` is the number of the last line read, counted from 1."""

    kind: type[FormatError] = DumpError  # the errors it raises

    def __init__(self, path: Path):
        self.path, self.at = path, 0
        try:
            self.lines = path.read_text(encoding="utf-8").split("\n")
        except UnicodeDecodeError as problem:
            raise self.kind(path, None, "a text file", "bytes that are not text") from problem
        except (OSError, ValueError) as problem:  # a name with a zero byte is a ValueError
            reason = getattr(problem, "strerror", None) or str(problem)
            raise self.kind(path, None, "a readable file", reason) from problem
        while self.lines and not self.lines[-1].strip():
            self.lines.pop()

    def error(self, expected: str, found: str, line: int | None = None) -> FormatError:
        return self.kind(self.path, self.at if line is None else line, expected, brief(found))

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

    def n_atoms(self) -> int:
        """A line with the number of atoms."""
        text = self.next_line("the number of atoms")
        if not re.fullmatch("[0-9]{1,9}", text) or int(text) < 1:
            raise self.error("a whole number of atoms, at least 1", shorten(text))
        return int(text)

    def rows(self, n_atoms: int, n_columns: int, names: str) -> list[list[str]]:
        """The lines of the atoms, cut into columns."""
        first = self.at
        if n_atoms > len(self.lines) - first:
            raise self.error(f"{n_atoms} lines of atoms", f"{len(self.lines) - first}", line=len(self.lines))
        rows = []
        for line in self.lines[first : first + n_atoms]:
            self.at += 1
            rows.append(line.split())
            if len(rows[-1]) != n_columns:
                raise self.error(f"{n_columns} columns: {shorten(names)}", shorten(line.strip()))
        return rows

    def vectors(self, table: Mapping[str, Sequence[str]], names: tuple[str, ...], first: int) -> np.ndarray:
        """Three columns of the table as numbers, (atoms, 3); ``first`` is the line before them."""
        missing = [name for name in names if name not in table]
        if missing:
            raise self.error(f"columns {' '.join(names)}", f"no {' '.join(missing)}", line=first)
        result = []
        for k, row in enumerate(zip(*(table[name] for name in names), strict=True)):
            self.at = first + k + 1
            result.append(self.numbers(row, f"finite numbers for {' '.join(names)}"))
            if max(map(abs, result[-1])) > LARGEST:
                raise self.error(f"coordinates or forces below {LARGEST:g}", shorten(" ".join(row)))
        return np.array(result)

    def check_distances(self, system: AtomicSystem) -> None:
        """Refuse the system of the atoms just read if two of them, or of their images, are as good as one."""
        # spheres of diameter d cannot be packed closer than this along a line, in a plane, in space;
        # to know it first keeps the neighbours of a box without room from filling the memory
        rows = system.cell[system.pbc]
        room = max(0.0, np.linalg.det(rows @ rows.T)) ** 0.5 if len(rows) else 1.0
        count = len(system) if len(rows) == 3 else 1
        if room < count * (0, 1, 3**0.5 / 2, 0.5**0.5)[len(rows)] * CLOSEST ** len(rows):
            lengths = np.linalg.norm(system.cell, axis=1)
            found = f"{len(system)} in a cell of {' x '.join(f'{length:.3g}' for length in lengths)} Å"
            raise self.error(f"atoms and their images at least {CLOSEST} Å apart", found, line=self.at)
        pairs = neighbour_list(system, CLOSEST)
        if len(pairs):
            i, j = pairs.centre[0], pairs.neighbour[0]
            distance = np.linalg.norm(pairs.vectors(system)[0])
            first = self.at - len(system)
            found = f"atoms of lines {first + i + 1} and {first + j + 1} (or an image) {distance:.3g} Å apart"
            raise self.error(f"atoms at least {CLOSEST} Å apart", found, line=first + i + 1)
