"""Calculations that test the labels, and their convergence. Stop and start again at any time.

    python data/silicon/make/checks.py differences rotations volumes basis equations meshes convergence times
    python data/silicon/make/checks.py noise                # three quarters of an hour of one core

Frames go to ``data/silicon/checks/*.xyz``, or to the folder ``--out``; ``card.py`` makes convergence.json and the
tables of the data card from them, and tests/test_data_silicon.py compares. None of these frames is for training.

differences
    Two structures to either side of three frames of dft.xyz along two random directions: forces against the energy.
rotations
    Rotated copies of five frames, with their k-points.
volumes, basis
    Eight frames, 1 % smaller and larger in volume at fixed fractional coordinates: stress against the energy. At a
    fixed cutoff the number of plane waves changes with the volume, and the two differ by the Pulay stress; so all are
    done again with a cutoff ∝ V^(−2/3), that is with the same plane waves.
equations, meshes
    The eight phases at seven volumes within ±6 % at fixed k-points: lattice constant, bulk modulus, order. Then each
    once with twice the k-points in every direction: what the data set's k-points leave.
convergence, times
    Rattled Si2 over cutoffs and k-points; CPU seconds of five melts of 16 atoms and one of 64, beside those of 2 and 8.
noise
    Five liquids and four other frames at 36 Ry and denser k-points: how far the data set is from convergence.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import ase
import ase.io
import numpy as np
from espresso import CUTOFF, Level, k_mesh
from label import label_all, only_one, same_settings, stop_cleanly
from structure_plan import PHASES, phase_volume, prototype

FOLDER = Path(__file__).resolve().parent.parent
STEP = 0.01  # Å, of all atoms together
DIFFERENCES = ("diamond_rattled_0013", "betatin_0001", "contact_0005")
ROTATIONS = ("diamond_rattled_0013", "betatin_0001", "contact_0005", "sh_0001", "bc8_0002")
VOLUMES = (
    "diamond_rattled_0013", "diamond_strained_0003", "betatin_0001", "sh_0001", "bc8_0002", "contact_0005",
    "hcp_0004", "fcc_0001",
)  # fmt: skip
# five melts of other densities and temperatures, and the mesh that is denser than the data set's
NOISE = {
    "liquid16_0003": (5, 5, 5), "liquid16_0012": (5, 5, 5), "liquid16_0024": (5, 5, 5), "liquid16_0031": (5, 5, 5),
    "liquid16_0046": (5, 5, 5), "diamond_rattled_0013": (7, 7, 7), "vacancy_0003": (5, 5, 5),
    "betatin_0001": (18, 17, 11), "sc_0003": (20, 20, 10),
}  # fmt: skip
NOISE_CUTOFF = 36  # Ry: in the table of convergence 30 and 40 Ry are 0.5 meV/atom apart, 20 and 40 are 5
CUTOFFS, MESHES, TIGHT = (10, 12, 14, 16, 20, 25, 30, 40), range(1, 9), (60, 10)  # Ry, points per direction, reference
RATTLED = "convergence_si2"

Task = tuple[ase.Atoms, Level]


def shipped() -> dict[str, ase.Atoms]:
    """The frames of dft.xyz by name."""
    return {atoms.info["config_id"]: atoms for atoms in ase.io.read(FOLDER / "dft.xyz", ":", format="extxyz")}


def derived(parent: ase.Atoms, name: str, **info) -> ase.Atoms:
    """A copy that remembers where it comes from, without the parent's labels."""
    info = {"config_id": name, "family": parent.info["family"], "parent": parent.info["config_id"], **info}
    return ase.Atoms(parent.symbols, positions=parent.positions, cell=parent.cell, pbc=True, info=info)


def mesh_of(parent: ase.Atoms) -> tuple[int, ...]:
    return tuple(int(number) for number in parent.info["kgrid"].split("x"))


def differences() -> Iterator[Task]:
    """All atoms displaced together along a random direction u of unit length: −dE/du = F·u."""
    frames, generator = shipped(), np.random.default_rng(1)
    for name, direction in product(DIFFERENCES, range(2)):
        parent = frames[name]
        unit = generator.normal(size=(len(parent), 3))
        unit /= np.linalg.norm(unit)
        for sign, letter in ((1, "plus"), (-1, "minus")):
            atoms = derived(parent, f"{name}_{direction}_{letter}", direction=direction)
            atoms.positions += sign * STEP * unit
            yield atoms, Level(mesh=mesh_of(parent))


def rotations() -> Iterator[Task]:
    """Cell and positions turned by a random rotation; the mesh follows the reciprocal cell."""
    frames, generator = shipped(), np.random.default_rng(2)
    for name in ROTATIONS:
        rotation, _ = np.linalg.qr(generator.normal(size=(3, 3)))
        rotation *= np.linalg.det(rotation)  # no reflection
        atoms = derived(frames[name], f"{name}_rotated")
        atoms.set_cell(atoms.cell[:] @ rotation, scale_atoms=True)
        yield atoms, Level(mesh=mesh_of(frames[name]))


def volumes() -> Iterator[Task]:
    for atoms, mesh, _ in smaller_and_larger():
        yield atoms, Level(mesh=mesh)


def basis() -> Iterator[Task]:
    for atoms, mesh, factor in smaller_and_larger():
        cutoff = round(CUTOFF * factor ** (-2 / 3), 8)
        atoms.info["ecutwfc"] = cutoff
        yield atoms, Level(cutoff, mesh)


def smaller_and_larger() -> Iterator[tuple[ase.Atoms, tuple[int, ...], float]]:
    """Copies of frames with 1 % less and more volume, with the frames' own meshes."""
    frames = shipped()
    for name, (letter, factor) in product(VOLUMES, (("small", 0.99), ("large", 1.01))):
        atoms = derived(frames[name], f"{name}_{letter}")
        atoms.set_cell(atoms.cell[:] * factor ** (1 / 3), scale_atoms=True)
        yield atoms, mesh_of(frames[name]), factor


def equations() -> Iterator[Task]:
    """Perfect crystals; the k-points of the middle volume for all, or the energy would jump with their number."""
    for name, percent in product(PHASES, (0, -6, 6, -4, 4, -2, 2)):
        atoms = prototype(name, phase_volume(name) * (1 + percent / 100))
        atoms.info |= {"config_id": f"{name}_{percent:+d}", "family": "eos", "phase": name}
        middle = prototype(name, phase_volume(name))
        middle.info["family"] = "eos"
        yield atoms, Level(mesh=k_mesh(middle)[0])


def meshes() -> Iterator[Task]:
    for atoms, level in equations():
        if atoms.info["config_id"].endswith("_+0"):
            atoms.info["config_id"] = atoms.info["phase"] + "_dense"
            yield atoms, Level(mesh=tuple(2 * number for number in level.mesh))


def convergence() -> Iterator[Task]:
    """Diamond of two atoms, one moved by 0.2 Å: every cutoff with every mesh, and one far beyond both."""
    rattled = prototype("diamond", 19.5)
    rattled.positions[1] += (0.15, -0.10, 0.08)
    for cutoff, points in [TIGHT, *product(CUTOFFS, MESHES)]:
        rattled.info = {"config_id": f"{RATTLED}_{cutoff}Ry_{points}", "family": "convergence", "ecutwfc": cutoff}
        yield rattled.copy(), Level(cutoff, (points,) * 3)


def times() -> Iterator[Task]:
    """Melts of 16 and one of 64 atoms again at the data set's own level, for their CPU time."""
    frames = shipped()
    for name in (*(name for name in NOISE if name.startswith("liquid16")), "round1_0000"):
        yield derived(frames[name], f"times_{name}"), Level()


def noise() -> Iterator[Task]:
    frames = shipped()
    for name, mesh in sorted(NOISE.items(), key=lambda item: len(frames[item[0]])):
        yield derived(frames[name], f"{name}_tight", ecutwfc=NOISE_CUTOFF), Level(NOISE_CUTOFF, mesh)


EVERY = (differences, rotations, volumes, basis, equations, meshes, convergence, times, noise)
CHECKS = {check.__name__: check for check in EVERY}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checks", nargs="+", choices=CHECKS)
    parser.add_argument("--out", type=Path, default=FOLDER / "checks", help="where to write")
    parser.add_argument("--pw", default="pw.x", help="the program")
    options = parser.parse_args(arguments)
    stop_cleanly()
    only_one(options.out)
    tag = same_settings(options.out)
    failures = sum(label_all(CHECKS[name](), options.out / f"{name}.xyz", tag, options.pw) for name in options.checks)
    if failures:
        sys.exit(f"{failures} calculations failed: see {options.out / 'failed.jsonl'}")


if __name__ == "__main__":
    main()
