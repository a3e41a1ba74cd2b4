"""How far g(r) of one short run scatters: many runs of our own potential, made like the ab-initio one.

    python data/silicon/make/spread.py data/silicon/potential/si.rann          # some minutes

Each run has the size, volume, time step, thermostat, number of frames and spacing of the production part of
``liquid_3000K``, and starts where the one before ended, 0.6 ps later. The standard deviation between runs is the error
bar of the ab-initio g(r): a block bootstrap inside one short run mostly reports less. Written to
``liquid_3000K/spread.json``; ``mlip_edu.data.load_liquid_spread`` reads it.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from melt import COLLISION_STEPS
from tqdm import tqdm

from mlip_edu import Andersen, AtomicSystem, MolecularDynamics, Potential, load_potential, radial_distribution
from mlip_edu.data import EARLIEST, TIME_STEP, load_liquid_reference, load_liquid_spread
from mlip_edu.errors import MlipEduError
from mlip_edu.files import write_text
from mlip_edu.simulation import block_bootstrap, first_minimum, first_peak
from mlip_edu.simulation.radial_distribution import RadialDistribution
from mlip_edu.simulation.thermostats import Thermostat

FOLDER = Path(__file__).resolve().parent.parent / "liquid_3000K"
R_MAX, BINS = 5.2, 104  # Å, half the box; bins of 0.05 Å
RADIUS = 3.1  # Å, of the coordination number


def summary(distribution) -> dict[str, float]:
    """What one compares: the first peak, the first minimum (nan where there is none), the coordination number."""
    position, height = first_peak(distribution.r, distribution.g)
    try:
        minimum, depth = first_minimum(distribution.r, distribution.g)
    except MlipEduError:  # too shallow to be one
        minimum = depth = np.nan
    return {
        "peak_position": position, "peak_height": height, "minimum_position": minimum, "minimum_depth": depth,
        "coordination": distribution.coordination_number(RADIUS),
    }  # fmt: skip


def with_g(found: RadialDistribution, g: np.ndarray) -> RadialDistribution:
    """The same with another g(r) of the same cell, such as one sample of a bootstrap; n(r) follows it."""
    shells = np.diff(found.coordination) * np.divide(g, found.g, out=np.ones_like(g), where=found.g > 0)
    return replace(found, g=g, coordination=np.concatenate([[0.0], np.cumsum(shells)]))


def errors_from_runs(n_frames: int) -> dict[str, float | np.ndarray]:
    """σ of each number of so long a run, and of its curve ("g"): the scatter of the recorded runs, ∝ 1/√length."""
    spread = load_liquid_spread()
    longer, rows = np.sqrt(spread["frames"] / n_frames), spread["summaries"]
    numbers = {name: longer * np.nanstd([row[name] for row in rows], ddof=1) for name in rows[0]}
    return numbers | {"g": longer * spread["deviation"]}


def errors_from_blocks(found: RadialDistribution) -> dict[str, float | np.ndarray]:
    """σ of each number of a run, and of its curve ("g"), by the block bootstrap inside it."""
    curves = block_bootstrap(found.g_of_frames)
    rows = [summary(with_g(found, g)) for g in curves]
    return {name: np.nanstd([row[name] for row in rows]) for name in rows[0]} | {"g": curves.std(axis=0)}


def reference_run() -> list[AtomicSystem]:
    """The production part of the ab-initio run."""
    return [frame for frame in load_liquid_reference() if frame.info["production"]]


def bath_of(production: list[AtomicSystem]) -> Andersen:
    """The thermostat of the ab-initio run, at the temperature that was measured there."""
    temperature = float(np.mean([frame.info["temperature_K"] for frame in production]))
    return Andersen(temperature, relaxation_time=1000 * TIME_STEP * COLLISION_STEPS)


def settled_run(atoms, potential: Potential, bath: Thermostat, seed: int, steps: int, every: int) -> MolecularDynamics:
    """A run at the bath's temperature, and 0.6 ps before it that are thrown away."""
    run = MolecularDynamics(
        atoms, potential, timestep=1000 * TIME_STEP, thermostat=bath, temperature=bath.temperature, seed=seed
    )
    run.run(EARLIEST, every=EARLIEST, progress=False)
    run.frames.clear()
    run.table.clear()
    run.run(steps, every=every, progress=False)
    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("potential", type=Path)
    parser.add_argument("--runs", type=int, default=30)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    production = reference_run()
    bath = bath_of(production)
    potential, atoms = load_potential(arguments.potential), production[-1]
    potential.networks.float()
    curves, summaries, temperatures = [], [], []
    for seed in tqdm(range(arguments.runs), "runs"):
        run = settled_run(atoms, potential, bath, seed, len(production), every=1)
        distribution = radial_distribution(run.frames, R_MAX, BINS)
        curves.append(distribution.g)
        summaries.append(summary(distribution))
        temperatures.append(float(np.mean([row["temperature"] for row in run.table])))
        atoms = run.frames[-1]
        atoms.info = {}
    record = {
        "runs": arguments.runs, "frames": len(production), "temperature": bath.temperature,
        "r": distribution.r.tolist(),
        "mean": np.mean(curves, 0).round(5).tolist(), "deviation": np.std(curves, 0, ddof=1).round(5).tolist(),
        "summaries": summaries, "temperatures": temperatures,
    }  # fmt: skip
    write_text(FOLDER / "spread.json", json.dumps(record))
    for name in summaries[0]:
        values = [one[name] for one in summaries]
        print(f"{name:17} {np.nanmean(values):7.3f}, from run to run ± {np.nanstd(values, ddof=1):.3f}")


if __name__ == "__main__":
    main()
