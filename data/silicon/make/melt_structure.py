"""g(r) of the ab-initio melt with both kinds of error bars, beside published values: a figure and a table of the card.

Called by card.py. The error of each number is its standard deviation between the runs of spread.py, scaled to the
length of the production run (σ ∝ 1/√length); beside it stands the block bootstrap inside the one run.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from spread import BINS, R_MAX, errors_from_blocks, errors_from_runs, reference_run, summary

from mlip_edu import radial_distribution
from mlip_edu.data import load_liquid_spread

FOLDER = Path(__file__).resolve().parent.parent / "liquid_3000K"
# Waseda et al., Jpn. J. Appl. Phys. 34, 4124 (1995): X-rays at 1713, 1733 and 1793 K; what its abstract says
PUBLISHED = {"peak_position": "2.45", "minimum_position": "about 3.5, shallow", "coordination": "6.3, 5.7, 5.8"}
NAMES = {
    "peak_position": "first peak (Å)", "peak_height": "its height", "minimum_position": "first minimum (Å)",
    "minimum_depth": "its height", "coordination": "neighbours within 3.1 Å; published: of the first two shells",
}  # fmt: skip


def compared() -> tuple[str, list[str]]:
    """Head and rows of the table; draws ``g_of_r.png`` on the way."""
    production = reference_run()
    found = radial_distribution(production, R_MAX, BINS)
    numbers, of_runs, of_blocks = summary(found), errors_from_runs(len(production)), errors_from_blocks(found)
    rows = [
        f"| {words} | {numbers[name]:.3f} | {of_runs[name]:.3f} | {of_blocks[name]:.3f} | {PUBLISHED.get(name, '–')} |"
        for name, words in NAMES.items()
    ]
    draw(found, 2 * of_runs["g"], 2 * of_blocks["g"], numbers)
    runs = load_liquid_spread()["runs"]
    return f"| | here | error, from {runs} runs | from blocks of the one run | X-rays, 1713 to 1793 K |", rows


def draw(found, from_runs: np.ndarray, from_blocks: np.ndarray, numbers: dict[str, float]) -> None:
    figure = Figure(figsize=(7.2, 4.2), layout="constrained")
    axes, r, g = figure.subplots(), found.r, found.g
    axes.axhline(1, color="0.6", lw=0.8)
    axes.fill_between(r, g - from_runs, g + from_runs, color="0.8", lw=0, label="2σ, between runs of our potential")
    axes.plot(r, g, color="black", lw=1.8, label="ab-initio run")
    for sign in (-1, 1):
        label = "2σ, blocks of the one run" if sign > 0 else None
        axes.plot(r, g + sign * from_blocks, ":", color="#D55E00", lw=1.2, label=label)
    axes.plot(2.45, numbers["peak_height"], "v", color="#0072B2", ms=8, label="X-rays: places alone")
    axes.plot(3.5, numbers["minimum_depth"], "v", color="#0072B2", ms=8)
    axes.set(xlabel="r (Å)", ylabel="g(r)", xlim=(1.8, R_MAX), ylim=(0, None))
    axes.legend(loc="lower right")
    figure.savefig(FOLDER / "g_of_r.png", dpi=120)
