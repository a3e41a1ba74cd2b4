"""From labelled structures to what ships: dft.xyz, one dump a family, checksums.

    python data/silicon/make/collect.py OUT/dataset.xyz OUT/round1/dataset.xyz …
    python data/silicon/make/collect.py                # only the checksums, after a new chunk or check was copied here

These files are what label.py writes. Every structure gets the number of its trajectory (``group``) and a ``part``:
0 training, 1 validation, 2 test.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import ase.io
import numpy as np
from ase.calculators.singlepoint import SinglePointCalculator

from mlip_edu import AtomicSystem, write_dump
from mlip_edu.files import replacing, write_text

FOLDER = Path(__file__).resolve().parent.parent
# how many consecutive numbers of a family belong to one trajectory; liquid64 takes three in turn
TRAJECTORY = {"liquid16": lambda n: n // 10, "liquid64": lambda n: n % 3, "amorphous64": lambda n: n // 6}
# a round draws three structures from each of its first two melts and two from the others
TRAJECTORY |= dict.fromkeys(("round1", "round2"), lambda n: n // 3 if n < 6 else n // 2 - 1)
SMALL = ("atom", "liquid64", "amorphous64")  # fewer than ten members: train only
KEPT = ("family", "config_id", "phase", "md_T", "amplitude", "energy_sigma0", "dft", "kgrid", "kshift")


def part_of(family: str, group: int, phase: str | None) -> int:
    """Training, validation or test, decided by the number of the trajectory alone: it never changes as the set grows.

    All hcp is test: how far does the potential carry to a phase that it has not seen?
    """
    if "hcp" in (family, phase):
        return 2
    if family in SMALL:
        return 0
    # the liquids of 15.5 Å³/atom, trajectories 3 and 7, train: they are the densest
    return {3: 1, 7: 2}.get(group % 10, 0) if family != "liquid16" else {5: 1, 8: 1, 4: 2, 9: 2}.get(group, 0)


def clean(atoms: ase.Atoms) -> ase.Atoms:
    """Keep what belongs to the data, with group and part."""
    family, number = atoms.info["config_id"].rsplit("_", 1)
    group = TRAJECTORY.get(family, lambda n: n)(int(number))
    info = {name: atoms.info[name] for name in KEPT if name in atoms.info}
    info |= {"group": group, "part": part_of(family, group, atoms.info.get("phase"))}
    copy = ase.Atoms(atoms.symbols, positions=atoms.positions, cell=atoms.cell, pbc=True, info=info)
    results = atoms.calc.results
    stress = results["stress"]
    known = {"energy": results["energy"], "forces": results["forces"]}
    copy.calc = SinglePointCalculator(copy, **known, stress=np.asarray(stress))
    return copy


def write_sums(folder: Path) -> None:
    """SHA256SUMS of a folder, over its data files and those of ``dumps/``."""
    paths = sorted({*folder.glob("*.xyz"), *folder.glob("*.json"), *folder.glob("dumps/*.dump")})
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}" for path in paths]
    write_text(folder / "SHA256SUMS", "\n".join(sums) + "\n")


def write_structures(sources: tuple[str, ...]) -> None:
    """dft.xyz and the dumps; the spin-polarised isolated atom is left out."""
    labelled = [atoms for source in sources for atoms in ase.io.read(source, ":", format="extxyz")]
    frames = [clean(atoms) for atoms in labelled if atoms.info["family"] != "atom"]
    frames.sort(key=lambda atoms: atoms.info["config_id"])
    with replacing(FOLDER / "dft.xyz") as temporary:
        ase.io.write(temporary, frames, format="extxyz")
    systems = [AtomicSystem.from_ase(atoms) for atoms in ase.io.read(FOLDER / "dft.xyz", ":", format="extxyz")]
    families: dict[str, list[AtomicSystem]] = {}
    for system in systems:
        families.setdefault(system.info["family"], []).append(system)
    for old in (FOLDER / "dumps").glob("*.dump"):
        old.unlink()
    for family, members in families.items():
        write_dump(FOLDER / "dumps" / f"{family}.dump", members)
    print(f"{len(systems)} structures, {sum(map(len, systems))} atoms, {len(families)} families")


def main(*sources: str) -> None:
    """Write everything that ships."""
    if sources:
        write_structures(sources)
    for folder in (FOLDER, FOLDER / "liquid_3000K", FOLDER / "checks"):
        write_sums(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
