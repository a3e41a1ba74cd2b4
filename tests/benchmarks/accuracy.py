"""Accuracy on the public silicon benchmark of Zuo et al., with the package's defaults.

    python tests/benchmarks/accuracy.py PATH/TO/mlearn --seeds 0 1 2 --output tests/benchmarks/results/accuracy.json

``PATH/TO/mlearn`` holds ``Si_training.json`` (214 structures) and ``Si_test.json`` (25) of
https://github.com/materialsvirtuallab/mlearn (PBE; BSD-3-Clause); the data are used in place.

Published test errors, from Zuo et al., J. Phys. Chem. A 124, 731 (2020), energy meV/atom / force eV/Å:
SNAP 6.4 / 0.13, NNP 5.6, qSNAP 3.8 / 0.12, GAP 2.9 / 0.07, MTP 2.2 / 0.06.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np
import torch

from mlip_edu import AtomicSystem, LossWeights, RannFingerprint, train
from mlip_edu.files import write_text
from mlip_edu.units import KILOBAR_PER_EV_PER_CUBIC_ANGSTROM

if __package__:
    from .machine import machine
else:
    from machine import machine


def read_mlearn(path: Path, part: int) -> list[AtomicSystem]:
    """The structures of one file; energies in eV, forces in eV/Å, stresses in kbar with VASP's sign."""
    systems = []
    for item in json.loads(path.read_text()):
        structure, outputs = item["structure"], item["outputs"]
        xx, yy, zz, xy, yz, xz = outputs["virial_stress"]  # VASP's order and sign: positive under compression
        cell = np.array(structure["lattice"]["matrix"])
        systems.append(
            AtomicSystem(
                positions=np.array([site["abc"] for site in structure["sites"]]) @ cell,
                cell=cell,
                species=[site["label"] for site in structure["sites"]],
                energy=outputs["energy"],
                forces=outputs["forces"],
                stress=-np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]) / KILOBAR_PER_EV_PER_CUBIC_ANGSTROM,
                info={"part": part, "family": item["group"]},
            )
        )
    return systems


def with_validation(folder: Path, element: str, n_validation: int, seed: int) -> list[AtomicSystem]:
    """The benchmark in three parts: ``n_validation`` structures of its training file, chosen by ``seed``, validate."""
    training = read_mlearn(folder / f"{element}_training.json", 0)
    for number in np.random.default_rng(seed).permutation(len(training))[:n_validation]:
        own = training[number]
        training[number] = AtomicSystem(**(vars(own) | {"info": dict(own.info) | {"part": 1}}))
    return training + read_mlearn(folder / f"{element}_test.json", 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--element", default="Si")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--virial-weight", type=float)
    parser.add_argument("--energy-weight", type=float)
    parser.add_argument("--validation", type=int, default=11, help="structures of the training file that validate")
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    runs = []
    for seed in arguments.seeds:
        systems = with_validation(arguments.folder, arguments.element, arguments.validation, seed)
        options = {"epochs": arguments.epochs} if arguments.epochs else {}
        chosen_weights = {"energy": arguments.energy_weight, "virial": arguments.virial_weight}
        options["weights"] = LossWeights(**{k: v for k, v in chosen_weights.items() if v is not None})
        start = time.perf_counter()
        result = train(systems, RannFingerprint.default([arguments.element]), seed=seed, **options)
        seconds = time.perf_counter() - start
        errors = result.report["test"]["all"]
        runs.append({"seed": seed, "seconds": round(seconds, 1), "report": result.report, "ended": result.ended})
        print(result.table())
        print(
            f"seed {seed}: test {1000 * errors['energy_mae']:.2f} meV/atom, {errors['forces_mae']:.4f} eV/Å"
            f" in {seconds:.0f} s",
            flush=True,
        )
        settings = {k: v for k, v in result.settings.items() if k not in ("split", "data")}
    medians = {
        name: statistics.median(run["report"]["test"]["all"][name] for run in runs)
        for name in ("energy_mae", "forces_mae")
    }
    medians["seconds"] = statistics.median(run["seconds"] for run in runs)
    print(f"median of {len(runs)}: {1000 * medians['energy_mae']:.2f} meV/atom, {medians['forces_mae']:.4f} eV/Å,"
          f" {medians['seconds']:.0f} s")  # fmt: skip
    if arguments.output:
        device = "cuda" if torch.cuda.is_available() else "cpu"  # as train chooses
        record = {**machine(arguments.threads, device), "median": medians, "settings": settings, "runs": runs}
        write_text(arguments.output, json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
