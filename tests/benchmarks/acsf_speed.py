"""Energy and forces with Behler's symmetry functions against torchani's AEVs of the same size: one thread, one run.

    python tests/benchmarks/acsf_speed.py --output tests/benchmarks/results/acsf_speed.json

Needs the package's [bench] extra. Rattled diamond silicon of 512 atoms, 16 radial and 32 angular functions, cutoff 5 Å
for both (28 neighbours, 378 pairs of them), a network 48 → 40 → 40 → 1, from positions to energy and forces, neighbour
list included. torchani's own networks are larger; here both have the same, so that the fingerprints decide. Our G4 has
a third cutoff, of r_jk; torchani's angular functions have shells of distance (R_s) and of angle (θ_s) in its place. CPU
seconds, medians of the repeats, peer and ours in turn.
"""

from __future__ import annotations

import os
import statistics

import numpy as np
import torch
from machine import finish, in_turn, machine, options
from training_speed import crystals

from mlip_edu import AcsfFingerprint, AtomicNetwork, Potential

os.environ.setdefault("TORCHANI_NO_WARN_EXTENSIONS", "1")
from torchani.aev import AEVComputer, ANIAngular, ANIRadial

CUTOFF, WIDTH = 5.0, 40
RADIAL = [(4.0, shift) for shift in np.linspace(0.8, 4.8, 16)]
ANGULAR = [
    (eta, zeta, sign) for eta in (0.01, 0.03, 0.1, 0.3) for zeta in (1.0, 2.0, 4.0, 16.0) for sign in (-1.0, 1.0)
]


class Peer:
    """torchani's fingerprint below a plain network."""

    def __init__(self, system, dtype: torch.dtype):
        radial = ANIRadial(4.0, [shift for _, shift in RADIAL], cutoff=CUTOFF)
        shells, angles = np.linspace(0.8, 3.8, 4).tolist(), (np.pi * (np.arange(8) + 0.5) / 8).tolist()
        angular = ANIAngular(8.0, 32.0, shells, angles, cutoff=CUTOFF - 1e-6)  # must be below the radial one
        self.features = AEVComputer(radial, angular, 1, neighborlist="cell_list").to(dtype)
        tanh, sizes = torch.nn.Tanh, (self.features.out_dim, WIDTH, WIDTH, 1)
        layers = [torch.nn.Linear(*sizes[k : k + 2]) for k in range(3)]
        self.network = torch.nn.Sequential(layers[0], tanh(), layers[1], tanh(), layers[2]).to(dtype)
        self.cell = torch.tensor(system.cell, dtype=dtype)
        self.species = torch.zeros(1, len(system), dtype=torch.long)
        self.positions = torch.tensor(system.positions, dtype=dtype)[None]

    def energy_and_forces(self) -> tuple[float, np.ndarray]:
        positions = self.positions.clone().requires_grad_()
        features = self.features(self.species, positions, self.cell, torch.ones(3, dtype=torch.bool))
        energy = self.network(features).sum()
        (slope,) = torch.autograd.grad(energy, positions)
        return energy.item(), -slope[0].numpy()


def ours(dtype: torch.dtype) -> Potential:
    fingerprint = AcsfFingerprint(["Si"], CUTOFF, RADIAL[1:], ANGULAR)  # G1 is the first of 16
    network = AtomicNetwork((fingerprint.n_columns, WIDTH, WIDTH, 1), "tanh", torch.Generator().manual_seed(0))
    potential = Potential(fingerprint, {"Si": network})
    potential.networks.to(dtype)
    return potential


def main() -> None:
    parser = options(__doc__, repeats=7)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    system = crystals(1, 4)[0]
    calls = {}
    for name, dtype in {"float32": torch.float32, "float64": torch.float64}.items():
        peer, own = Peer(system, dtype), ours(dtype)
        calls[f"torchani, {name}"] = peer.energy_and_forces
        calls[f"ours, {name}"] = lambda own=own: own.predict(system)
        assert peer.features.out_dim == own.fingerprint.n_columns == 48
    times, _ = in_turn(calls, arguments.repeats)
    seconds = {name: statistics.median(values) for name, values in times.items()}
    record = {
        "atoms": len(system),
        "features": 48,
        "microseconds_per_atom": {name: 1e6 * value / len(system) for name, value in seconds.items()},
        "ratio_to_torchani": {
            kind: seconds[f"ours, {kind}"] / seconds[f"torchani, {kind}"] for kind in ("float32", "float64")
        },
        "all_seconds": times,
    }
    finish({**machine(1), **record}, arguments.output)


if __name__ == "__main__":
    main()
