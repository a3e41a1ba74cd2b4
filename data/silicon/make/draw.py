"""Draw structures of 64 atoms from molecular dynamics with our own current potential, to be labelled next.

    python data/silicon/make/draw.py results/si/si.rann 1 OUT/plan.xyz

The liquids of the plan come from Stillinger–Weber, which is not where our own potential goes. Twenty structures a
round, from nine melts: 1800, 3000 and 4000 K at 16.5, 17.9 and 20 Å³/atom, melted at 5000 K for 1 ps, then 0.9 ps at
their temperature, then one structure every 0.3 ps. Langevin dynamics, 2 fs, friction 0.01/fs.
"""

from __future__ import annotations

import sys
from itertools import product

import ase.build
import ase.io
import numpy as np
from ase import units
from ase.md.langevin import Langevin
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution
from ase.neighborlist import neighbor_list
from tqdm import tqdm

from mlip_edu import ase_calculator, load_potential
from mlip_edu.files import replacing

TEMPERATURES, VOLUMES = (1800, 3000, 4000), (16.5, 17.9, 20.0)
STRUCTURES, STEP, CLOSEST = 20, 2.0, 1.5  # a round, fs, Å


def melt(volume: float, temperature: float, count: int, calculator, generator: np.random.Generator):
    """``count`` structures of one melt, 0.3 ps apart; stops with a message where two atoms come too close."""
    atoms = ase.build.bulk("Si", "diamond", a=(8 * volume) ** (1 / 3), cubic=True) * (2, 2, 2)
    atoms.calc = calculator
    MaxwellBoltzmannDistribution(atoms, temperature_K=5000, rng=generator)
    options = {"friction": 0.01 / units.fs, "rng": generator}
    dynamics = Langevin(atoms, STEP * units.fs, temperature_K=5000, **options)
    dynamics.run(int(1000 / STEP))
    dynamics.set_temperature(temperature_K=temperature)
    dynamics.run(int(900 / STEP))
    for _ in range(count):
        dynamics.run(int(300 / STEP))
        closest = neighbor_list("d", atoms, 3.0).min()
        if closest < CLOSEST:
            sys.exit(f"two atoms {closest:.2f} Å apart at {temperature} K, {volume} Å³/atom: the potential fails there")
        copy = ase.Atoms(atoms.symbols, positions=atoms.positions, cell=atoms.cell, pbc=True)
        copy.wrap()
        copy.info = {"md_T": float(temperature), "min_dist": round(float(closest), 4)}
        yield copy


def main(potential: str, number: str, output: str) -> None:
    calculator = ase_calculator(load_potential(potential))
    generator = np.random.default_rng([20261121, int(number)])
    states = list(product(TEMPERATURES, VOLUMES))
    counts = [STRUCTURES // len(states) + (k < STRUCTURES % len(states)) for k in range(len(states))]
    drawn = []
    for (temperature, volume), count in tqdm(list(zip(states, counts, strict=True)), desc="melts"):
        drawn += melt(volume, temperature, count, calculator, generator)
    for k, atoms in enumerate(drawn):
        atoms.info |= {
            "family": f"round{number}",
            "config_id": f"round{number}_{k:04d}",
            "rank": (k + 0.5) / len(drawn),
        }
    with replacing(output) as temporary:
        ase.io.write(temporary, drawn, format="extxyz")
    print(f"{len(drawn)} structures to {output}")


if __name__ == "__main__":
    main(*sys.argv[1:])
