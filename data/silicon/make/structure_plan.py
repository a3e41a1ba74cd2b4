"""The structures of the plan, family by family.

Every structure has a random stream of its own, from (SEED, family, number), and every classical trajectory one for all
its snapshots: the plan is reproducible, and a family can grow without changing its first members. The rounds drawn
with our own potential come from draw.py instead.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from functools import cache, partial

import ase
import numpy as np
from ase import Atoms
from ase.build import bulk, diamond100
from ase.neighborlist import neighbor_list
from ase.spacegroup import crystal
from stillinger_weber import snapshots

SEED = 20261120
CLOSEST = 1.5  # Å; a structure with two atoms closer is dropped
PHASES = ("diamond", "bc8", "betatin", "sh", "sc", "hcp", "bcc", "fcc")
VOLUMES = {  # Å³/atom, near the minimum of each phase
    "diamond": 20.5, "betatin": 15.5, "bc8": 18.6, "sh": 15.25, "sc": 16.4, "bcc": 14.9, "fcc": 14.7, "hcp": 14.6,
}  # fmt: skip
DOUBLED = ("sc", "bcc", "fcc", "sh")  # one atom a cell: two cells, so that a rattle does something
SCALES = (1.0, 0.94, 1.06, 0.88, 1.12, 0.82, 1.20)
AMPLITUDES = (0.03, 0.07, 0.12, 0.18, 0.25, 0.35)  # Å


def stream(family: str, number: int) -> np.random.Generator:
    return np.random.default_rng([SEED, zlib.crc32(family.encode()), number])


def phase_volume(name: str) -> float:
    return VOLUMES[name]


def prototype(name: str, volume: float) -> Atoms:
    """A perfect crystal with ``volume`` Å³/atom; internal parameters (c/a, bc8's x) are fixed."""
    if name == "diamond8":
        return bulk("Si", "diamond", a=(8 * volume) ** (1 / 3), cubic=True)
    if name == "betatin":
        a = (4 * volume / 0.55) ** (1 / 3)
        c = 0.55 * a
        cell = [[-a / 2, a / 2, c / 2], [a / 2, -a / 2, c / 2], [a / 2, a / 2, -c / 2]]
        return Atoms("Si2", cell=cell, pbc=True, positions=[[0, 0, 0], [0, a / 2, c / 4]])
    if name == "bc8":
        a = (16 * volume) ** (1 / 3)
        options = {"spacegroup": 206, "cellpar": [a, a, a, 90, 90, 90], "primitive_cell": True}
        atoms = crystal("Si", [(0.1003,) * 3], **options)
        return Atoms(atoms.symbols, positions=atoms.positions, cell=atoms.cell, pbc=True)
    if name == "sh":
        a = (volume / (0.955 * 3**0.5 / 2)) ** (1 / 3)
        cell = [[a, 0, 0], [-a / 2, a * 3**0.5 / 2, 0], [0, 0, 0.955 * a]]
        return Atoms("Si", cell=cell, pbc=True, positions=[[0, 0, 0]])
    if name == "hcp":
        a = (2 * volume / (3**0.5 / 2 * 1.69)) ** (1 / 3)
        return bulk("Si", "hcp", a=a, c=1.69 * a)
    atoms_per_cube = {"diamond": 8, "sc": 1, "bcc": 2, "fcc": 4}[name]
    return bulk("Si", name, a=(volume * atoms_per_cube) ** (1 / 3))


def deform(atoms: Atoms, generator, strain: float, rattle: float, volume: float = 0.0) -> Atoms:
    """Random symmetric strain of up to ±``strain``, volume change of up to ±``volume``, Gaussian rattle (Å)."""
    atoms = atoms.copy()
    tensor = generator.uniform(-strain, strain, (3, 3))
    tensor = (tensor + tensor.T) / 2
    stretch = (np.eye(3) + tensor) * (1 + generator.uniform(-volume, volume)) ** (1 / 3)
    atoms.set_cell(atoms.cell[:] @ stretch, scale_atoms=True)
    if rattle:
        atoms.positions += generator.normal(0, rattle, atoms.positions.shape)
    return atoms


def high_pressure_phase(name: str, number: int) -> Atoms:
    generator = stream(name, number)
    cells = (1, 1, 2) if name in DOUBLED else (1, 1, 1)
    rattle = float(generator.choice([0.0, 0.05, 0.12, 0.2]))
    return deform(prototype(name, VOLUMES[name]) * cells, generator, 0.06, rattle, volume=0.15)


def eos(number: int) -> Atoms:
    """Perfect crystals over a range of volumes."""
    scale, name = SCALES[number // len(PHASES)], PHASES[number % len(PHASES)]
    atoms = prototype(name, VOLUMES[name] * scale)
    atoms.info["phase"] = name
    return atoms


def diamond_strained(number: int) -> Atoms:
    generator = stream("diamond_strained", number)
    rattle = float(generator.choice([0.0, 0.03, 0.08]))
    return deform(prototype("diamond", VOLUMES["diamond"]), generator, 0.08, rattle, volume=0.12)


def diamond_rattled(number: int) -> Atoms:
    amplitude = AMPLITUDES[number % 6]
    cube = prototype("diamond8", VOLUMES["diamond"])
    atoms = deform(cube, stream("diamond_rattled", number), 0.03, amplitude, volume=0.08)
    atoms.info["amplitude"] = amplitude
    return atoms


def bc8(number: int) -> Atoms:
    generator = stream("bc8", number)
    rattle = float(generator.choice([0.03, 0.08, 0.15]))
    return deform(prototype("bc8", VOLUMES["bc8"]), generator, 0.04, rattle, volume=0.12)


def vacancy(number: int) -> Atoms:
    atoms = prototype("diamond", VOLUMES["diamond"]) * (2, 2, 2)
    del atoms[0]
    return deform(atoms, stream("vacancy", number), 0.02, [0.02, 0.06, 0.12][number % 3], volume=0.04)


def surface(number: int) -> Atoms:
    """(001) with 8 Å of vacuum: even numbers 1×1, odd ones 2×1 with the outer atoms moved towards dimers."""
    generator, lattice = stream("surface", number), (8 * VOLUMES["diamond"]) ** (1 / 3)
    size = (2, 1, 6) if number % 2 else (1, 1, 8)
    atoms = diamond100("Si", size=size, a=lattice, vacuum=4.0)
    atoms.pbc = True
    if number % 2:
        height = atoms.positions[:, 2]
        row = atoms.cell[0] / np.linalg.norm(atoms.cell[0])
        along = atoms.positions @ row
        for layer in (np.where(height > height.max() - 0.1)[0], np.where(height < height.min() + 0.1)[0]):
            first, second = layer[np.argsort(along[layer])]
            shift = generator.uniform(0.2, 0.75)
            atoms.positions[first] += shift * row
            atoms.positions[second] -= shift * row
    return deform(atoms, generator, 0.015, [0.02, 0.06, 0.12, 0.18][number % 4])


def contact(number: int) -> Atoms:
    """One short bond, for the repulsive wall."""
    atoms = deform(prototype("diamond", VOLUMES["diamond"]), stream("contact", number), 0.05, 0.03, volume=0.1)
    vector = atoms.get_distance(0, 1, mic=True, vector=True)
    distance = np.linalg.norm(vector)
    atoms.positions[1] += vector / distance * (np.linspace(1.55, 2.25, 15)[number % 15] - distance)
    return atoms


@cache
def melt(family: str, trajectory: int) -> list[Atoms]:
    """One classical trajectory and the snapshots taken from it."""
    print(f"classical trajectory {family} {trajectory}", file=sys.stderr, flush=True)
    generator = stream(family, 10000 + trajectory)
    if family == "liquid16":
        temperatures = [[4000, 2500], [3000, 2000], [5000, 1500]][trajectory % 3]
        start = prototype("diamond", [17.0, 18.0, 20.0, 15.5][trajectory % 4]) * (2, 2, 2)
        return snapshots(start, temperatures, 700, 5, 60, generator)
    if family == "liquid64":
        start = prototype("diamond8", [17.5, 18.5, 16.5, 20.0][trajectory % 4]) * (2, 2, 2)
        return snapshots(start, [3000, 1800], 500, 4, 80, generator)
    start = prototype("diamond8", 20.5) * (2, 2, 2)  # a fast quench: defective on purpose
    return snapshots(start, [2500, 2000, 1500, 1000, 600, 300], 400, 1, 50, generator)


def liquid16(number: int) -> Atoms:
    return melt("liquid16", number // 10)[number % 10]


def liquid64(number: int) -> Atoms:
    return melt("liquid64", number % 3)[(0, 4, 2, 6, 1, 5, 3, 7)[number // 3]]


def amorphous64(number: int) -> Atoms:
    return melt("amorphous64", number // 6)[(5, 2, 0, 4, 3, 1)[number % 6]]


def isolated_atom(number: int) -> Atoms:
    """Spin-polarised, for the reference energy."""
    return Atoms("Si", positions=[[0.1, 0.2, 0.3]], cell=[9.0, 9.1, 9.2], pbc=True)


FAMILIES: dict[str, tuple[Callable[[int], Atoms], int]] = {
    "atom": (isolated_atom, 1), "eos": (eos, 56), "diamond_strained": (diamond_strained, 90),
    "diamond_rattled": (diamond_rattled, 132), "betatin": (partial(high_pressure_phase, "betatin"), 60),
    "bc8": (bc8, 24), "sh": (partial(high_pressure_phase, "sh"), 40), "sc": (partial(high_pressure_phase, "sc"), 36),
    "bcc": (partial(high_pressure_phase, "bcc"), 30), "fcc": (partial(high_pressure_phase, "fcc"), 24),
    "hcp": (partial(high_pressure_phase, "hcp"), 16), "vacancy": (vacancy, 30), "surface": (surface, 24),
    "contact": (contact, 15), "liquid16": (liquid16, 110), "liquid64": (liquid64, 9), "amorphous64": (amorphous64, 3),
}  # fmt: skip


def build_plan(families=tuple(FAMILIES)) -> list[ase.Atoms]:
    """All structures, interleaved so that any first part of the plan is diverse."""
    plan = []
    for family in families:
        builder, count = FAMILIES[family]
        for number in range(count):
            made = builder(number)
            atoms = Atoms(made.symbols, positions=made.positions, cell=made.cell, pbc=True, info=dict(made.info))
            periodic = len(atoms) > 1 or family == "eos"
            closest = float(neighbor_list("d", atoms, 6.0).min()) if periodic else 99.0
            atoms.info |= {
                "config_id": f"{family}_{number:04d}", "family": family, "rank": (number + 0.5) / count,
                "min_dist": round(closest, 4),
            }  # fmt: skip
            if closest > CLOSEST:
                plan.append(atoms)
            else:
                print(f"dropped {family}_{number:04d}: shortest distance {closest:.2f} Å", file=sys.stderr)
    plan.sort(key=lambda atoms: (atoms.info["rank"], atoms.info["family"]))
    return plan
