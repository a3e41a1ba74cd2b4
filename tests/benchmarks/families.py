"""Every family on the same silicon, with its defaults: errors, cost, equation of state, g(r) of the melt.

    python tests/benchmarks/families.py [NAME ...] --output tests/benchmarks/results/families.json
    python tests/benchmarks/families.py [NAME ...] --mlearn PATH --output tests/benchmarks/results/families_public.json

Trained on the training part of data/silicon, one thread, seed 0. With names only those families are measured, and put
beside what the file holds. Seconds are the processor's. Errors are of the test part, which no training has seen. The
last columns: lattice constant and bulk modulus of diamond by Birch–Murnaghan; a run of 64 atoms at the volume and the
measured temperature of the ab-initio melt (2.4 ps after 0.6 ps), judged by the six criteria of notebook 12.

With ``--mlearn PATH`` (as for ``accuracy.py``) they are trained and tested on the public benchmark of Zuo et al. (2020)
instead, 11 structures of its training part for validation: errors and seconds alone.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import ase.build
import ase.io
import numpy as np
import torch
from accuracy import with_validation
from machine import finish, machine
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from mlip_edu import (
    AcsfFingerprint,
    Allegro,
    AtomicSystem,
    MessagePassing,
    MtpFingerprint,
    NequIP,
    PairNetwork,
    Potential,
    RannFingerprint,
    SnapFingerprint,
    SoapFingerprint,
    VelocityRescaling,
    fit_kernels,
    fit_linear,
    radial_distribution,
    train,
)  # fmt: skip
from mlip_edu.data import load_silicon
from mlip_edu.errors import MlipEduError
from mlip_edu.learning import reference_energies, split_by_group
from mlip_edu.learning.evolution import search
from mlip_edu.learning.report import error_report
from mlip_edu.models import KernelModel
from mlip_edu.simulation import SimulationError, birch_murnaghan, equation_of_state

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "data" / "silicon" / "make"))
from spread import BINS, R_MAX, errors_from_blocks, errors_from_runs, reference_run, settled_run, summary  # noqa: E402

LEARNED = {"learning_rate": 1e-2, "batch_atoms": 32}
TOLERANCE = {"peak_height": 0.05, "minimum_depth": 0.05}  # of the reference's own
WITHIN = {"peak_position": 0.03, "minimum_position": 0.20, "coordination": 0.20}
N_ATOMS, REPEATS = 512, 5


def trained(fingerprint, **options) -> Callable:
    """Training by the package's defaults but for ``options``."""
    return lambda systems: train(systems, fingerprint, device="cpu", progress=False, **options).potential


def linear(fingerprint, quadratic: bool = False) -> Callable:
    return lambda systems: fit_linear(systems, fingerprint, quadratic=quadratic, progress=False)[0]


def kernels(systems, points: int = 500) -> Potential:
    known = [s for s in systems if s.info["part"] == 0]
    return fit_kernels(known, SoapFingerprint(["Si"], 5.0), reference_energies(known), points=points)[0]


def formula(systems) -> Potential:
    """Three-body formulas from a thousand atoms, in structures drawn by chance: the last of the Pareto front."""
    known = [s for s in systems if s.info["part"] == 0]
    order = np.random.default_rng(0).permutation(len(known))
    atoms = np.cumsum([len(known[k]) for k in order])
    options = {"three_body": True, "most_terms": 5, "generations": 60, "progress": False}
    return search([known[k] for k in order[atoms <= 1000]], 5.0, 3.5, **options)[-1].potential()


ACSF = AcsfFingerprint(
    ["Si"], 5.0, [(eta, 0.0) for eta in (0.02, 0.1, 0.3, 0.8, 2.0, 5.0)],
    [(0.01, zeta, sign) for zeta in (1.0, 2.0, 4.0, 16.0) for sign in (-1.0, 1.0)],
)  # fmt: skip
FAMILIES: dict[str, Callable] = {
    "Behler–Parrinello, RANN features": trained(RannFingerprint.default(["Si"])),
    "Behler–Parrinello, Behler's functions": trained(ACSF),
    "linear, RANN features": linear(RannFingerprint.default(["Si"])),
    "linear SNAP, 2J = 8": linear(SnapFingerprint(["Si"], 5.0, 8)),
    "quadratic SNAP, 2J = 6": linear(SnapFingerprint(["Si"], 5.0, 6), quadratic=True),
    "linear moment tensors, level 12": linear(MtpFingerprint(["Si"], 5.0)),
    "SOAP kernels, 500 points": kernels,
    "network of pairs": trained(PairNetwork(["Si"], 5.0), hidden=(), epochs=100, **LEARNED),
    "message passing, 2 layers": trained(MessagePassing(["Si"], 4.5), epochs=150, **LEARNED),
    "NequIP, 2 layers": trained(NequIP(["Si"], 4.5), epochs=60, **LEARNED),
    "Allegro, 2 layers": trained(Allegro(["Si"], 4.5, width=16, channels=4), epochs=30, **LEARNED),
    "formula of five terms": formula,
}

LARGER: dict[str, Callable] = {  # on the public benchmark too: what more features or points would bring
    "linear moment tensors, level 14": linear(MtpFingerprint(["Si"], 5.0, level=14)),
    "SOAP kernels, 1000 points": lambda systems: kernels(systems, points=1000),
}


def cost(potential: Potential) -> float:
    """Processor seconds an atom for energy and forces of 512 rattled atoms in float64, the median."""
    atoms = ase.build.bulk("Si", "diamond", a=5.43, cubic=True) * (4, 4, 4)
    atoms.rattle(0.1, seed=0)
    system, seconds = AtomicSystem.from_ase(atoms), []
    for _ in range(REPEATS + 1):
        start = time.process_time()
        potential.predict(system)
        seconds.append(time.process_time() - start)
    return float(np.median(seconds[1:])) / N_ATOMS


def diamond(potential: Potential) -> dict[str, float]:
    """Lattice constant in Å and bulk modulus in GPa."""
    try:
        fit = equation_of_state(potential, ase.build.bulk("Si", "diamond", a=5.46))
    except MlipEduError:
        return {"a0": None, "bulk_modulus": None}  # no minimum within 3 % of the lattice constant
    return {"a0": (4 * fit.volume) ** (1 / 3), "bulk_modulus": fit.bulk_modulus}


def diamond_by_dft() -> dict[str, float]:
    """The same from the labels at the data set's settings."""
    frames = ase.io.read(ROOT / "data" / "silicon" / "checks" / "equations.xyz", ":")
    own = [f for f in frames if f.info["phase"] == "diamond"]
    fit = birch_murnaghan([f.get_volume() for f in own], [f.get_potential_energy() for f in own])
    return {"a0": (4 * fit.volume) ** (1 / 3), "bulk_modulus": fit.bulk_modulus}


def reference_melt() -> dict:
    """What the ab-initio run says, with its errors: from many runs of the shipped potential where they are recorded."""
    judged = reference_run()
    found = radial_distribution(judged, R_MAX, BINS)
    half = len(judged) // 2
    halves = [radial_distribution(part, R_MAX, BINS).g for part in (judged[:half], judged[half:])]
    return {
        "start": judged[-1], "temperature": float(np.mean([f.info["temperature_K"] for f in judged])), "found": found,
        "numbers": summary(found), "halves": rms(found.r, *halves),
        "errors": errors_from_runs(len(judged)),
    }  # fmt: skip


def rms(r: np.ndarray, g: np.ndarray, h: np.ndarray) -> float:
    """Root mean square of g − h over 2 Å < r < 5.2 Å."""
    return float(np.sqrt(np.mean((g - h)[r > 2.0] ** 2)))


def melt(potential: Potential, reference: dict) -> dict:
    """A run like the ab-initio one and which criteria it meets; ``broken`` says where a run ends."""
    start = reference["start"]
    begin = AtomicSystem(start.positions, start.cell, start.species, start.pbc)
    bath = VelocityRescaling(reference["temperature"], relaxation_time=100.0)
    try:
        run = settled_run(begin, potential, bath, seed=0, steps=800, every=4)
    except SimulationError as problem:
        return {"broken": str(problem)[:200]}
    found = radial_distribution(run.frames, R_MAX, BINS)
    numbers, known = summary(found), reference["numbers"]
    own, met = errors_from_blocks(found), {}
    for name, value in numbers.items():
        error = np.hypot(own[name], reference["errors"][name])
        tolerance = WITHIN.get(name, TOLERANCE.get(name, 0) * known[name])
        off = abs(value - known[name])  # nan, of a melt without a minimum, meets nothing
        met[name] = bool(off <= tolerance and (name == "coordination" or off <= 2 * error))
    apart = rms(found.r, found.g, reference["found"].g)
    met["rms"] = bool(apart <= reference["halves"])
    shown = {name: value if np.isfinite(value) else None for name, value in numbers.items()}
    return {"numbers": shown, "met": met, "rms": apart}


def trained_and_tested(name: str, systems) -> tuple[Potential, dict]:
    """One family, and its errors by family of structures."""
    start = time.process_time()
    potential = (FAMILIES | LARGER)[name](systems)
    seconds = time.process_time() - start
    report = error_report(potential, systems, split_by_group(systems))["test"]
    kept = ("systems", "energy_mae", "forces_mae")
    errors = {family: {k: row[k] for k in kept} for family, row in report.items()}
    return potential, {"training_seconds": seconds, "errors": errors}


def n_parameters(potential: Potential) -> int:
    """Numbers that were fitted; the points of kernels are features of structures as they are."""
    if isinstance(model := potential.networks["Si"], KernelModel):
        return model.weights[-1].numel()
    return sum(p.numel() for p in potential.parameters() if p.requires_grad)


def measure(name: str, systems, reference: dict) -> dict:
    """One family: train, examine, run."""
    potential, row = trained_and_tested(name, systems)
    return row | {
        "parameters": n_parameters(potential),
        "seconds_per_atom": cost(potential),
        **diamond(potential),
        "melt": melt(potential, reference),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones: {'; '.join(FAMILIES)}")
    parser.add_argument("--mlearn", type=Path, help="a clone of the public benchmark, to measure on that instead")
    parser.add_argument("--output", type=Path, help="a JSON file, kept but for the families measured")
    arguments = parser.parse_args()
    offered = FAMILIES | LARGER if arguments.mlearn else FAMILIES
    unknown = set(arguments.names) - set(offered)
    if unknown:
        parser.error(f"no family {', '.join(sorted(unknown))}; there are: {'; '.join(offered)}")
    torch.set_num_threads(1)
    record = {"families": {}}
    if arguments.output and arguments.output.exists():
        record = json.loads(arguments.output.read_text(encoding="utf-8"))
    if arguments.mlearn:
        systems = with_validation(arguments.mlearn, "Si", 11, seed=0)
    else:
        systems, reference = load_silicon(), reference_melt()
        record |= {"temperature": reference["temperature"], "halves": reference["halves"], "dft": diamond_by_dft()}
    for name in arguments.names or offered:
        print(f"== {name}", flush=True)
        row = trained_and_tested(name, systems)[1] if arguments.mlearn else measure(name, systems, reference)
        known = record["families"] | {name: row}
        record |= {**machine(1), "families": {name: known[name] for name in offered if name in known}}
        finish(record, arguments.output)
    if arguments.output and not arguments.mlearn:
        draw(record, arguments.output.with_suffix(".png"))


def draw(record: dict, path: Path) -> None:
    """Error of the forces against the cost of one evaluation: low and to the left is good."""
    figure = Figure(figsize=(7.2, 4.6), layout="constrained")
    axes = figure.subplots()
    for (name, row), marker in zip(record["families"].items(), "osD^v<>PX*hp", strict=False):
        axes.plot(1e6 * row["seconds_per_atom"], row["errors"]["all"]["forces_mae"], marker, ms=9, label=name)
    axes.set(xscale="log", yscale="log", xlabel="energy and forces (µs an atom)", ylabel="force error, test (eV/Å)")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter("")  # its labels would overlap
    figure.legend(loc="outside right upper", fontsize="small")
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
