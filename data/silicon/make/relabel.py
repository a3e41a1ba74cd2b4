"""Label 20 frames of the ab-initio trajectory at the data set's level: how far are the two levels apart?

    python data/silicon/make/relabel.py            # 20 × 5 CPU minutes; stop and start again at any time

Equally spaced production frames of ``liquid_3000K`` go to ``checks/reference_relabelled.xyz``: ``config_id`` names the
time (fs), ``reference_energy`` and ``reference_forces`` are those of the trajectory. They are never used for training.
The frames are chosen once, in ``checks/reference_plan.xyz``, so that a trajectory that has grown does not move them.
"""

from __future__ import annotations

import sys

import ase
import ase.io
import numpy as np
from checks import FOLDER
from espresso import Level
from label import label_all, only_one, same_settings, stop_cleanly

from mlip_edu import AtomicSystem
from mlip_edu.data import load_liquid_reference
from mlip_edu.files import replacing

COUNT = 20
PLAN = FOLDER / "checks" / "reference_plan.xyz"


def chosen(frames: list[AtomicSystem]) -> list[ase.Atoms]:
    """``COUNT`` equally spaced production frames, without labels of their own."""
    production = [frame for frame in frames if frame.info["production"]]
    if len(production) < COUNT:
        sys.exit(f"the trajectory has {len(production)} production frames and {COUNT} are wanted: let melt.py go on")
    picked = []
    for index in np.linspace(0, len(production) - 1, COUNT).round().astype(int):
        frame = production[index]
        time = round(1000 * frame.info["time_ps"])
        info = {"config_id": f"reference_{time:06d}", "family": "reference", "reference_energy": frame.energy}
        atoms = ase.Atoms(list(frame.species), positions=frame.positions, cell=frame.cell, pbc=True, info=info)
        atoms.new_array("reference_forces", frame.forces)
        picked.append(atoms)
    return picked


def main() -> None:
    stop_cleanly()
    only_one(FOLDER / "checks")
    if not PLAN.exists():
        with replacing(PLAN) as temporary:
            ase.io.write(temporary, chosen(load_liquid_reference()), format="extxyz")
    plan = ase.io.read(PLAN, ":", format="extxyz")
    tag = same_settings(FOLDER / "checks")
    failures = label_all([(a, Level()) for a in plan], FOLDER / "checks" / "reference_relabelled.xyz", tag)
    if failures:
        sys.exit(f"{failures} frames failed: see {FOLDER / 'checks' / 'failed.jsonl'}")


if __name__ == "__main__":
    main()
