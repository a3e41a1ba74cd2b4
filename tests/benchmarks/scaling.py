"""Time and peak memory of energy + forces from 64 to 32,768 atoms: both grow in proportion to the atoms.

    python tests/benchmarks/scaling.py --output tests/benchmarks/results/scaling.json

Rattled diamond silicon, 8 radial + 24 bond features, cutoff 5 Å, a 2×40 network, float32, one thread, neighbour list
included. Every size runs in a process of its own; its memory is the largest resident size above that before the first
call (small sizes partly fit into memory that was freed before).
The figure is written beside the JSON.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch
from machine import machine
from training_speed import crystals, fingerprint

from mlip_edu.files import replacing, write_text
from mlip_edu.learning.preparation import new_potential

REPETITIONS = (2, 3, 4, 6, 8, 12, 16)  # conventional cells along an edge: 64 to 32,768 atoms
LINEAR_FROM = 512  # atoms


def measure(repetitions: int) -> dict:
    """Seconds and bytes of one size, in this process."""
    torch.set_num_threads(1)
    potential = new_potential(crystals(8), fingerprint(), (40, 40), "sigI", torch.Generator().manual_seed(0))
    potential.networks.float()
    system = crystals(1, repetitions)[0]
    Path("/proc/self/clear_refs").write_text("5")  # Linux: the largest resident size starts anew
    before, times = peak_memory(), []
    for _ in range(4):
        start = time.process_time()
        potential.predict(system)
        times.append(time.process_time() - start)
    return {
        "atoms": len(system),
        "seconds": statistics.median(times[1:]),
        "megabytes": (peak_memory() - before) / 1e6,
    }


def peak_memory() -> int:
    """Largest resident size of this process so far, in bytes."""
    status = Path("/proc/self/status").read_text()
    return 1024 * int(re.search(r"VmHWM:\s*(\d+) kB", status)[1])


def line(results: list[dict], key: str) -> tuple[float, float, float]:
    """a and b of the line a + b · atoms nearest to the values from 512 atoms on, and the largest relative deviation.

    The memory of smaller ones is lost in what Python holds anyway.
    """
    atoms, values = np.array([[r["atoms"], r[key]] for r in results if r["atoms"] >= LINEAR_FROM]).T
    b, a = np.polyfit(atoms, values, 1, w=1 / values)
    return float(a), float(b), float(abs((a + b * atoms) / values - 1).max())


def figure(results: list[dict]):
    """Time and memory against atoms, both axes logarithmic, with the lines a + b · atoms."""
    from matplotlib.figure import Figure

    atoms = np.array([result["atoms"] for result in results])
    picture = Figure(figsize=(8, 3.4), layout="constrained")
    panels = picture.subplots(1, 2)
    for axes, key, label, unit, colour, marker in (
        (panels[0], "seconds", "CPU time / s", ("ms", "µs"), "#0072B2", "o"),
        (panels[1], "megabytes", "memory above the start / MB", ("MB", "kB"), "#D55E00", "s"),
    ):
        a, b, _ = line(results, key)
        scale = (1e3, 1e6) if key == "seconds" else (1, 1e3)
        text = f"{scale[0] * a:.1f} {unit[0]} + {scale[1] * b:.2g} {unit[1]} an atom"
        axes.loglog(atoms, [result[key] for result in results], marker, color=colour, label="measured")
        axes.loglog(atoms, a + b * atoms, "--", color="0.3", label=text)
        axes.set(xlabel="atoms", ylabel=label)
        axes.legend(frameon=False)
    return picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(arguments.one)))
        return
    results = []
    for repetitions in REPETITIONS:
        command = [sys.executable, __file__, "--one", str(repetitions)]
        results.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        print(results[-1])
    found = {key: line(results, key) for key in ("seconds", "megabytes")}
    lines, off = {key: (a, b) for key, (a, b, _) in found.items()}, {key: worst for key, (*_, worst) in found.items()}
    print("a and b of a + b · atoms:", lines, "largest deviation:", off)
    if arguments.output:
        write_text(arguments.output, json.dumps(
            {**machine(1), "precision": "float32", "linear_from": LINEAR_FROM, "lines": lines, "off": off,
             "results": results}, indent=1
        ))  # fmt: skip
        with replacing(arguments.output.with_suffix(".png")) as temporary:
            figure(results).savefig(temporary, dpi=130, format="png")


if __name__ == "__main__":
    main()
