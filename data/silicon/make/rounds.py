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
from spread import BINS, R_MAX, bath_of, reference_run, settled_run, summary
from tqdm import tqdm

from mlip_edu import AtomicSystem, Potential, RannFingerprint, radial_distribution, train
from mlip_edu.data import load_silicon
from mlip_edu.files import write_text
from mlip_edu.learning import Split
from mlip_edu.learning.report import error_report

FOLDER = Path(__file__).resolve().parent.parent
ROUNDS = ("round1", "round2")
SEEDS = (0, 1, 2)
STEPS = 1000  # of each melt, after 0.6 ps


def errors(potential: Potential, systems: Sequence[AtomicSystem]) -> dict[str, float]:
    """Mean absolute error of the energy an atom, root mean square of the forces."""
    row = error_report(potential, systems, Split([], [], list(range(len(systems)))))["test"]["all"]
    return {"energy": row["energy_mae"], "forces": row["forces_rmse"]}


def main() -> None:
    torch.set_num_threads(1)
    systems, reference = load_silicon(), reference_run()
    bath = bath_of(reference)
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
            result.potential.networks.float()  # a melt does not notice
            run = settled_run(reference[-1], result.potential, bath, seed, STEPS, every=4)
            found = radial_distribution(run.frames, R_MAX, BINS)
            curves.append(found.g)
            summaries.append(summary(found))
        stage = {"learnt": list(learnt), "r": found.r.tolist(), "g": np.round(curves, 5).tolist()}
        stage["errors"] = {name: {k: [row[name][k] for row in rows] for k in rows[0][name]} for name in asked}
        stages.append(stage | {"summaries": summaries})
    write_text(FOLDER / "rounds.json", json.dumps({"seeds": SEEDS, "steps": STEPS, "stages": stages}))


if __name__ == "__main__":
    main()
