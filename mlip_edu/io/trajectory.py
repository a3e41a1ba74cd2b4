"""Trajectories as extended XYZ, frame after frame, such that a run that is killed keeps what it has.

Positions (Å) and momenta (ASE's units) have eight decimals; the comment line holds the recorded numbers. A frame that
was cut off at the end of the file, by a kill or a full disk, is left out when the file is read here.
"""

from __future__ import annotations

import io
import os
from itertools import islice, pairwise
from os import PathLike
from pathlib import Path

from ase import Atoms

from ..errors import FormatError


def whole_frames(path: str | PathLike) -> tuple[list[dict], list[int]]:
    """Comment lines of all whole frames, as dicts, and at which byte each begins; at last, where the last one ends."""
    from ase.io.extxyz import key_val_str_to_dict  # ase.io is slow to import

    rows, starts = [], [0]
    with open(path, "rb") as file:
        while (header := file.readline()).endswith(b"\n"):
            if not header.strip().isdigit():
                raise FormatError(path, None, "extended XYZ", f"{header[:40]!r} for a number of atoms")
            lines = list(islice(file, int(header) + 1))
            if len(lines) <= int(header) or not lines[-1].endswith(b"\n"):
                break
            rows.append(key_val_str_to_dict(lines[0].decode(errors="replace")))
            starts.append(file.tell())
    return rows, starts


def read_trajectory(path: str | PathLike, frames: slice = slice(None)) -> list[Atoms]:
    """The whole frames of a trajectory as ASE Atoms with velocities; ``frames=slice(-1, None)``: the last alone."""
    import ase.io

    result = []
    with open(path, "rb") as file:
        for start, stop in list(pairwise(whole_frames(path)[1]))[frames]:
            file.seek(start)
            try:
                result.append(ase.io.read(io.StringIO(file.read(stop - start).decode()), format="extxyz"))
            except (ValueError, LookupError, OSError) as problem:
                raise FormatError(path, None, f"a frame at byte {start}", str(problem)) from problem
    return result


class TrajectoryFile:
    """Appends frames to a new file, or to one that ends at ``step``.

    Raises
    ------
    FormatError
        The file ends at another step, is no trajectory, or somebody else writes to it.
    """

    def __init__(self, path: str | PathLike, step: int):
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch()
        rows, starts = whole_frames(self.path)
        if self.path.stat().st_size and not (rows and rows[-1].get("step") == step):
            found = f"one of step {rows[-1].get('step')}" if rows else "none that is whole"
            advice = "go on from its last frame, or choose another file"
            raise FormatError(path, None, f"a new file, or a last frame of step {step}", f"{found}: {advice}")
        self.end = starts[-1]
        os.truncate(self.path, self.end)

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
        except BaseException:  # a full disk, or Ctrl-C
            os.truncate(self.path, self.end)
            raise
        self.end = self.path.stat().st_size
