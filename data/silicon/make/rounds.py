"""What the two rounds brought: the same network trained without them, with the first, with both.

    python data/silicon/make/rounds.py            # some minutes: nine trainings, nine melts

A potential that had seen no round drew ``round1``, one that had learnt it drew ``round2`` (draw.py). Here each of the
three is trained anew, with three seeds, by the defaults of the package, and asked for

- the errors of the structures that no training saw: those of each round held out, and the test part of the others;
- the errors of all 20 structures of the next round, which is where it went and had not been;
- g(r) of a melt like the ab-initio one.

Errors are (seeds,): energies the mean absolute error in eV/atom, forces the root mean square in eV/Å. Written to
``rounds.json``; ``mlip_edu.data.load_rounds`` reads it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from spread import BINS, R_MAX, bath_of, summary
from tqdm import tqdm

from mlip_edu import AtomicSystem, MolecularDynamics, Potential, RannFingerprint, radial_distribution, train
from mlip_edu.data import EARLIEST, TIME_STEP, load_liquid_reference, load_silicon
from mlip_edu.files import write_text

FOLDER = Path(__file__).resolve().parent.parent
ROUNDS = ("round1", "round2")
SEEDS = (0, 1, 2)
STEPS = 1000  # of each melt, after EARLIEST


def errors(potential: Potential, systems: Sequence[AtomicSystem]) -> dict[str, float]:
    """Mean absolute error of the energy an atom, root mean square of the forces."""
    found = potential.predict(systems)
    labels, sizes = np.array([s.energy for s in systems]), np.array([len(s) for s in systems])
    energy, forces = (found.energy - labels) / sizes, found.forces - np.concatenate([s.forces for s in systems])
    return {"energy": float(np.mean(np.abs(energy))), "forces": float(np.sqrt(np.mean(forces**2)))}


def melt(potential: Potential, reference: list[AtomicSystem], seed: int):
    """g(r) of a run like the ab-initio one, in a single precision that it does not notice."""
    potential.networks.float()
    bath = bath_of(reference)
    run = MolecularDynamics(
        reference[-1], potential, timestep=1000 * TIME_STEP, thermostat=bath, temperature=bath.temperature, seed=seed
    )
    run.run(EARLIEST, every=EARLIEST, progress=False)
    run.frames.clear()
    run.run(STEPS, every=4, progress=False)
    return radial_distribution(run.frames, R_MAX, BINS)


def main() -> None:
    torch.set_num_threads(1)
    systems, reference = load_silicon(), [f for f in load_liquid_reference() if f.info["production"]]
    of = {name: [s for s in systems if s.info["family"] == name] for name in ROUNDS}
    tests = {name: [s for s in some if s.info["part"] > 0] for name, some in of.items()}
    tests["others"] = [s for s in systems if s.info["part"] == 2 and s.info["family"] not in ROUNDS]
    stages = []
    for learnt in ((), ROUNDS[:1], ROUNDS):
        known = [s for s in systems if s.info["family"] not in ROUNDS or s.info["family"] in learnt]
        ahead = ROUNDS[len(learnt)] if len(learnt) < len(ROUNDS) else None
        asked = tests | ({f"{ahead}, all": of[ahead]} if ahead else {})
        rows, curves, summaries = [], [], []
        for seed in tqdm(SEEDS, f"{len(learnt)} rounds"):
            result = train(known, RannFingerprint.default(["Si"]), device="cpu", seed=seed, progress=False)
            rows.append({name: errors(result.potential, some) for name, some in asked.items()})
            found = melt(result.potential, reference, seed)
            curves.append(found.g)
            summaries.append(summary(found))
        stage = {"learnt": list(learnt), "r": found.r.tolist(), "g": np.round(curves, 5).tolist()}
        stage["errors"] = {name: {k: [row[name][k] for row in rows] for k in rows[0][name]} for name in asked}
        stages.append(stage | {"summaries": summaries})
    write_text(FOLDER / "rounds.json", json.dumps({"seeds": SEEDS, "steps": STEPS, "stages": stages}))


if __name__ == "__main__":
    main()
