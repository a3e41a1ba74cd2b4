"""Training dumps: LAMMPS-style text files of snapshots with energies, weights and forces.

    ITEM: TIMESTEP energy, energy_weight, force_weight, nsims
    1   -199944.4130284513230436    1    1   88
    ITEM: NUMBER OF ATOMS
    52
    ITEM: BOX BOUNDS xy xz yz pp pp pp
    xlo_bound xhi_bound xy
    ylo_bound yhi_bound xz
    zlo_bound zhi_bound yz
    ITEM: ATOMS id type x y z fx fy fz
    1 1 0.0 0.0 0.0 0.01 -0.02 0.0
    …

How the lattice vectors follow from the bounds stands in :mod:`mlip_edu.io.lammps_box`.
Source: LAMMPS manual, ``dump``.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from decimal import Decimal
from os import PathLike
from pathlib import Path

import numpy as np
from ase.data import atomic_numbers

from ..errors import DumpError, MlipEduError, shorten
from ..systems import AtomicSystem
from .atoms_text import LONGEST, AtomsText
from .lammps_box import cell_of_bounds

HEADER_FIELDS = ("energy", "energy_weight", "force_weight", "nsims")
INFO_FIELDS = ("group", "part")  # ours: number of the trajectory; 0, 1, 2 for training, validation, test
STRESS_COLUMNS = ["stress_x", "stress_y", "stress_z"]  # eV/Å³, ASE's sign: a row follows the bounds


def read_dump(path: str | PathLike, species: Sequence[str] | None = None) -> list[AtomicSystem]:
    """Every snapshot of a dump file, or of all dump files of a folder.

    Columns and header fields are read by their names, in any order; what is not understood is left out,
    and one warning says what. Atoms keep the order of their lines and positions the origin of the file.

    Parameters
    ----------
    path
        A file, or a folder: its ``*.dump`` files, or all its files if none ends so.
    species
        Chemical symbols of types 1, 2, …; not needed where the dump has an ``element`` column.

    Returns
    -------
    list of AtomicSystem
        Energy in eV, forces in eV/Å; ``info["file"]`` and ``info["timestep"]`` say where each came from.

    Raises
    ------
    DumpError
        Names the file, the line, what was expected there and what was found.
    """
    path = Path(path)
    if path.is_dir():
        visible = sorted(f for f in path.iterdir() if f.is_file() and f.name[0] != ".")
        files = [f for f in visible if f.suffix == ".dump"] or visible
        if not files:
            raise DumpError(path, None, "a folder with dump files", "no file")
    else:
        files = [path]
    ignored: set[str] = set()
    systems = [system for file in files for system in _DumpFile(file, species, ignored).snapshots()]
    if ignored:
        warnings.warn(f"{path}: left out, not understood: {', '.join(sorted(ignored))}", stacklevel=2)
    return systems


dump_parser = read_dump  # the name under which the RANN documents know it


class _DumpFile(AtomsText):
    """One file and the snapshots in it."""

    def __init__(self, path: Path, species: Sequence[str] | None, ignored: set[str]):
        super().__init__(path)
        self.species, self.ignored = species, ignored

    def snapshots(self) -> Iterator[AtomicSystem]:
        if not self.lines:
            raise DumpError(self.path, None, "'ITEM: TIMESTEP …' on the first line", "an empty file")
        declared, count = None, 0
        while self.at < len(self.lines):
            start = self.at + 1
            header = self.header()
            if declared is not None and header.get("nsims", declared) != declared:
                raise self.error(f"nsims {declared:g} as before", f"{header['nsims']:g}", line=start + 1)
            declared = header.pop("nsims", declared)
            fields = self.box_and_atoms()
            count += 1
            info = {"file": self.path.name} | {n: int(header.pop(n)) for n in ("timestep", *INFO_FIELDS) if n in header}
            try:
                system = AtomicSystem(**fields, **header, info=info)
                self.check_distances(system)
            except MlipEduError as problem:
                if isinstance(problem, DumpError):
                    raise
                raise self.error("a sound snapshot", str(problem), line=start) from problem
            yield system
        if declared is not None and declared != count:
            raise DumpError(self.path, len(self.lines), f"{declared:g} snapshots (nsims)", f"{count}")

    def header(self) -> dict[str, float]:
        names = ["timestep", *self.item("TIMESTEP")]
        if len(set(names)) != len(names):
            raise self.error("different field names", shorten(" ".join(names)))
        tokens = self.next_line("the values of the header").replace(",", " ").split()
        if len(tokens) < len(names):
            raise self.error(f"{len(names)} values: {shorten(', '.join(names))}", shorten(" ".join(tokens)))
        if len(tokens) > len(names):
            self.ignored.add("header values without a name")
        values = dict(zip(names, self.numbers(tokens[: len(names)], "finite numbers"), strict=True))
        self.ignored.update(values.keys() - {"timestep", *HEADER_FIELDS, *INFO_FIELDS})
        for name in ("timestep", "nsims", *INFO_FIELDS):
            if name in values and not (values[name].is_integer() and abs(values[name]) < 1e15):
                raise self.error(f"a whole number for {name}", f"{values[name]}")
        for name in ("energy_weight", "force_weight"):
            if values.get(name, 1.0) < 0:
                raise self.error(f"a {name} of at least 0", f"{values[name]}")
        return {k: v for k, v in values.items() if k in ("timestep", *HEADER_FIELDS, *INFO_FIELDS)}

    def box_and_atoms(self) -> dict:
        self.item("NUMBER OF ATOMS")
        n_atoms = self.n_atoms()
        fields = self.box()
        columns = self.item("ATOMS")
        if len(set(columns)) != len(columns):
            raise self.error("different column names", shorten(" ".join(columns)))
        first, rows = self.at, self.rows(n_atoms, len(columns), " ".join(columns))
        table = dict(zip(columns, zip(*rows, strict=True), strict=True))
        known = {"id", "type", "element", "x", "y", "z", "fx", "fy", "fz"}
        self.ignored.update(f"column {name}" for name in columns if name not in known)
        self.check_ids(table.get("id"), first)
        fields["species"] = self.names_of(table, first)
        fields["positions"] = self.vectors(table, ("x", "y", "z"), first)
        if any(name in table for name in ("fx", "fy", "fz")):
            fields["forces"] = self.vectors(table, ("fx", "fy", "fz"), first)
        return fields

    def box(self) -> dict:
        words = self.item("BOX BOUNDS")
        tilted = words[:3] == ["xy", "xz", "yz"]
        rest = words[3:] if tilted else words
        edges = rest[:3] or ["pp", "pp", "pp"]
        if len(edges) != 3 or not all(re.fullmatch("pp|[fsm]{2}", edge) for edge in edges):
            raise self.error("three boundaries such as pp (periodic) or ff (fixed)", shorten(" ".join(words)))
        rows = []
        for _ in range(3):
            tokens = self.next_line("a line of box bounds").split()
            self.numbers(tokens, "finite box bounds")
            if len(tokens) not in ((3, 6) if tilted else (2, 5)):
                raise self.error("lo, hi and tilt" if tilted else "lo and hi", shorten(" ".join(tokens)))
            rows.append([Decimal(token) for token in tokens])
        n_bounds = 3 if tilted else 2
        if len({len(row) for row in rows}) != 1:
            raise self.error("three lines of the same length", " and ".join(str(len(row)) for row in rows) + " numbers")
        cell = cell_of_bounds([row[:n_bounds] for row in rows])
        for name, length in zip("xyz", np.diag(cell), strict=True):
            if not 0 < length < LONGEST:
                raise self.error(f"a box of positive length along {name}, below {LONGEST} Å", f"{length:.6g} Å")
        fields = {"cell": cell, "pbc": [edge == "pp" for edge in edges]}
        if len(rows[0]) > n_bounds:
            stress = np.array([[float(x) for x in row[n_bounds:]] for row in rows])
            if rest[3:] != STRESS_COLUMNS:
                self.ignored.add("the numbers after the box bounds (a stress in unknown units)")
            elif not np.allclose(stress, stress.T, rtol=0, atol=1e-6):
                raise self.error("a symmetric stress", shorten(str(stress.tolist())))
            else:
                fields["stress"] = stress
        return fields

    def names_of(self, table: dict, first: int) -> list[str]:
        if "element" in table:
            names = table["element"]
        elif self.species is None:
            raise self.error("an 'element' column, or read_dump(…, species=['Si'])", "types without names", line=first)
        elif "type" not in table:
            raise self.error("a column 'type' or 'element'", "neither", line=first)
        else:
            allowed = {str(k): name for k, name in enumerate(self.species, start=1)}
            names = [allowed.get(kind, kind) for kind in table["type"]]
        for k, name in enumerate(names):
            if name not in atomic_numbers or name == "X":
                raise self.error("a known type or element", shorten(name), line=first + k + 1)
        return list(names)

    def check_ids(self, ids: tuple[str, ...] | None, first: int) -> None:
        seen: dict[str, int] = {}
        for k, name in enumerate(ids or ()):
            if not re.fullmatch("[0-9]+", name):
                raise self.error("a whole number as id", shorten(name), line=first + k + 1)
            if name in seen:
                raise self.error("each id once", f"id {name} again (first on line {seen[name]})", line=first + k + 1)
            seen[name] = first + k + 1
