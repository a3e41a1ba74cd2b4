"""g(r) of 100 frames of 512 atoms to 10 Å, against vesin + ``numpy.histogram`` and LAMMPS: one thread, one run.

    python tests/benchmarks/rdf_speed.py --output tests/benchmarks/results/rdf_speed.json

Diamond silicon rattled by 0.3 Å; 200 bins. The peer finds all pairs with vesin (half list, distances only) and sorts
them with ``numpy.histogram``. CPU seconds, medians of the repeats, all in turn. LAMMPS's ``compute rdf`` gets the
same positions: its counts must be ours exactly, and its time is given beside (setting up a run for each frame).
"""

from __future__ import annotations

import ctypes
import statistics

import numpy as np
import torch
import vesin
from lammps_peer import load_lammps
from machine import finish, in_turn, machine, options
from training_speed import crystals

from mlip_edu import AtomicSystem
from mlip_edu.simulation.radial_distribution import radial_distribution

R_MAX, BINS = 10.0, 200


def vesin_counts(system: AtomicSystem) -> np.ndarray:
    """Ordered pairs in each bin, with vesin and ``numpy.histogram``."""
    finder = vesin.NeighborList(cutoff=R_MAX, full_list=False)
    (distances,) = finder.compute(system.positions, system.cell, True, "d")
    return 2 * np.histogram(distances, bins=BINS, range=(0, R_MAX))[0]


class LammpsCounts:
    """Ordered pairs in each bin, from g(r) of LAMMPS's ``compute rdf``."""

    def __init__(self, system: AtomicSystem):
        self.lammps = load_lammps().lammps(cmdargs=["-log", "none", "-screen", "none", "-nocite"])
        lx, ly, lz = np.diag(system.cell).tolist()
        self.lammps.commands_list([
            "units metal", "atom_modify map array", f"region box block 0 {lx!r} 0 {ly!r} 0 {lz!r}", "create_box 1 box",
        ])  # fmt: skip
        self.lammps.create_atoms(len(system), None, [1] * len(system), system.positions.ravel().tolist())
        self.lammps.commands_list([
            "mass 1 28.085", f"pair_style zero {R_MAX}", "pair_coeff * *", f"comm_modify cutoff {R_MAX + 2}",
            f"compute rdf all rdf {BINS} cutoff {R_MAX}", "thermo_style custom step c_rdf[1][1]", "run 0 post no",
        ])  # fmt: skip
        edges = np.arange(BINS + 1) * (R_MAX / BINS)
        pairs = len(system) * (len(system) - 1)
        self.expected = pairs * 4 * np.pi / 3 * np.diff(edges**3) / system.volume  # counts where g = 1

    def __call__(self, system: AtomicSystem) -> np.ndarray:
        flat = (ctypes.c_double * system.positions.size)(*system.positions.ravel())
        self.lammps.scatter_atoms("x", 1, 3, flat)
        self.lammps.command("run 0 post no")
        table = np.array(self.lammps.numpy.extract_compute("rdf", 0, 2))
        return np.rint(table[:, 1] * self.expected).astype(int)


def main() -> None:
    parser = options(__doc__, repeats=5)
    parser.add_argument("--frames", type=int, default=100)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    generator = np.random.default_rng(0)
    frames = [
        AtomicSystem(s.positions + 0.28 * generator.standard_normal(s.positions.shape), s.cell, s.species)
        for s in crystals(arguments.frames, 4)
    ]
    lammps_counts = LammpsCounts(frames[0])
    calls = {
        "mlip_edu": lambda: radial_distribution(frames, R_MAX, BINS).counts,
        "vesin": lambda: np.array([vesin_counts(frame) for frame in frames]),
        "lammps": lambda: np.array([lammps_counts(frame) for frame in frames]),
    }
    times, counts = in_turn(calls, arguments.repeats)
    seconds = {name: statistics.median(values) for name, values in times.items()}
    record = {
        **machine(1), "precision": "float64", "frames": len(frames), "atoms": len(frames[0]), "r_max": R_MAX,
        "bins": BINS, "seconds": seconds, "ratio_to_vesin": seconds["mlip_edu"] / seconds["vesin"],
        "pairs": int(counts["mlip_edu"].sum()),
        "counts_unlike_lammps": int(np.abs(counts["mlip_edu"] - counts["lammps"]).sum()),
        "counts_unlike_vesin": int(np.abs(counts["mlip_edu"] - counts["vesin"]).sum()), "all_seconds": times,
    }  # fmt: skip
    finish(record, arguments.output)


if __name__ == "__main__":
    main()
