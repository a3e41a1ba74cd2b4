"""Writing training dumps, the inverse of :mod:`mlip_edu.io.dump`."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike

import numpy as np

from ..errors import DumpError
from ..files import write_text
from ..systems import AtomicSystem
from .dump import HEADER_FIELDS, INFO_FIELDS, STRESS_COLUMNS
from .lammps_box import bounds_of_cell


def write_dump(path: str | PathLike, systems: Sequence[AtomicSystem]) -> None:
    """Write snapshots so that :func:`read_dump` gives them back exactly.

    A LAMMPS box has a along x and b in the xy plane; a system whose cell is not of this form is turned
    into it first (:func:`lammps_frame`), which changes no distance and no energy.

    Raises
    ------
    DumpError
        A system without an energy, or without a cell.
    """
    parts = []
    for number, original in enumerate(systems, start=1):
        if original.energy is None:
            raise DumpError(path, None, "systems with an energy", f"none in snapshot {number}")
        if original.volume == 0:
            raise DumpError(path, None, "systems with a cell; give the molecule a box", f"none in snapshot {number}")
        system = lammps_frame(original)
        for name in ("timestep", *INFO_FIELDS):
            if not isinstance(system.info.get(name, 0), int | np.integer):
                found = f"{system.info[name]!r} in snapshot {number}"
                raise DumpError(path, None, f"a whole number as info[{name!r}]; number them", found)
        extra = [name for name in INFO_FIELDS if name in system.info]
        parts.append(f"ITEM: TIMESTEP {', '.join((*HEADER_FIELDS, *extra))}")
        values = [system.energy, system.energy_weight, system.force_weight]
        step = int(system.info.get("timestep", number))
        parts.append(" ".join(map(str, [step, *map(repr, values), len(systems), *(system.info[n] for n in extra)])))
        parts += ["ITEM: NUMBER OF ATOMS", str(len(system)), *_box_lines(system), *_atom_lines(system)]
    write_text(path, "\n".join(parts) + "\n")


def lammps_frame(system: AtomicSystem) -> AtomicSystem:
    """The same system turned so that a lies along +x and b in the xy plane with a positive y component.

    A left-handed cell first exchanges b and c, which describes the same crystal.
    """
    cell, pbc = system.cell, system.pbc
    if np.linalg.det(cell) < 0:
        cell, pbc = cell[[0, 2, 1]], pbc[[0, 2, 1]]
    if np.array_equal(cell, np.tril(cell)) and (np.diag(cell) > 0).all():
        rotation = np.eye(3)
    else:
        upper_q, upper = np.linalg.qr(cell.T)  # cellᵀ = Q R, so cell = Rᵀ Qᵀ with Rᵀ lower triangular
        signs = np.sign(np.diag(upper))
        cell, rotation = np.tril((upper * signs[:, None]).T), upper_q * signs
    turned = {"positions": system.positions @ rotation, "cell": cell, "pbc": pbc}
    if system.forces is not None:
        turned["forces"] = system.forces @ rotation
    if system.stress is not None:
        stress = rotation.T @ system.stress @ rotation
        turned["stress"] = (stress + stress.T) / 2
    kept = ("species", "energy", "energy_weight", "force_weight", "info")
    fields = {name: getattr(system, name) for name in ("forces", "stress", *kept)}
    return AtomicSystem(**(fields | turned))


def _box_lines(system: AtomicSystem) -> list[str]:
    words = ["xy", "xz", "yz", *("pp" if p else "ff" for p in system.pbc)]
    lines = bounds_of_cell(system.cell)
    if system.stress is not None:
        words += STRESS_COLUMNS
        lines = [
            line + "".join(f" {x!r}" for x in row) for line, row in zip(lines, system.stress.tolist(), strict=True)
        ]
    return [f"ITEM: BOX BOUNDS {' '.join(words)}", *lines]


def _atom_lines(system: AtomicSystem) -> list[str]:
    kinds = sorted(set(system.species.tolist()))
    columns = [system.positions] + ([] if system.forces is None else [system.forces])
    rows = np.hstack(columns).tolist()
    names = "id type x y z" + (" fx fy fz" if len(columns) == 2 else "") + " element"
    lines = [
        f"{k} {kinds.index(s) + 1} {' '.join(map(repr, row))} {s}"
        for k, (s, row) in enumerate(zip(system.species.tolist(), rows, strict=True), start=1)
    ]
    return [f"ITEM: ATOMS {names}", *lines]
