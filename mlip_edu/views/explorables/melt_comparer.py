"""Two g(r) of the same liquid side by side, with error bars: are they different, or is the run too short to tell?

    Dials(partial(draw_comparison, runs), **dials(runs))      with   runs = {"DFT": pair_counts(frames), …}

The error of every mean comes from ten blocks of the run, σ² = Σ_b (g_b − ḡ)² / (10 · 9), that of the peak from leaving
one block out at a time (the jackknife): σ² = (9/10) Σ_b (h_b − h̄)².
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from ...simulation import first_peak, radial_distribution
from ...simulation.radial_distribution import Frames
from ..colours import BLUE, GREY, VERMILLION
from ..panel import Dial, Pick

REACH, FINEST, BLOCKS = 5.2, 0.01, 10  # Å, Å
FROM = 2.0  # Å; nearer there is nothing to compare


@dataclass(frozen=True, eq=False)
class PairCounts:
    """Ordered pairs of every frame in bins of 0.01 Å up to 5.2 Å, (frames, 520), and N(N − 1)/V in 1/Å³."""

    counts: np.ndarray
    density: float


def pair_counts(frames: Frames) -> PairCounts:
    """All that g(r) in any wider bins needs of a run at constant volume."""
    found, n = radial_distribution(frames, REACH, round(REACH / FINEST)), len(frames[0])
    volume = abs(np.linalg.det(np.asarray(frames[0].cell)))
    return PairCounts(found.counts, n * (n - 1) / volume)


def blocks_of_g(run: PairCounts, width: float, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Middles r (bins,) of bins of ``width`` Å and g of ten blocks (10, bins) of the first ``share`` per cent."""
    merge = round(width / FINEST)
    bins = run.counts.shape[1] // merge
    used = run.counts[: max(2 * BLOCKS, round(len(run.counts) * share / 100)), : bins * merge]
    edges = np.arange(bins + 1) * merge * FINEST
    pairs = np.array([block.mean(axis=0) for block in np.array_split(used, BLOCKS)])
    shells = 4 * np.pi / 3 * np.diff(edges**3)
    return (edges[1:] + edges[:-1]) / 2, pairs.reshape(BLOCKS, bins, merge).sum(axis=2) / (run.density * shells)


def peak_with_error(r: np.ndarray, blocks: np.ndarray) -> np.ndarray:
    """Position (Å) and height of the first peak, and their jackknife errors, (2, 2)."""
    without = [first_peak(r, np.delete(blocks, k, axis=0).mean(axis=0)) for k in range(len(blocks))]
    spread = np.std(without, axis=0) * np.sqrt(len(blocks) - 1)
    return np.array([first_peak(r, blocks.mean(axis=0)), spread])


def dials(runs: Mapping[str, PairCounts]) -> dict[str, Dial | Pick]:
    """The controls for these runs: the first against the last to begin with."""
    names = list(runs)
    return {
        "share": Dial("Part of the runs used", 5, 100, 5, start=50, unit="%"),
        "width": Dial("Width of a bin", 0.02, 0.2, 0.02, start=0.06, unit="Å"),
        "first": Pick("Solid line", names),
        "second": Pick("Dashed line", names[::-1]),
    }


def draw_comparison(
    runs: Mapping[str, PairCounts], share: float, width: float, first: str, second: str
) -> tuple[Figure, str]:
    """g(r) of two runs with bands of 2σ, and below it their difference in units of its own σ; with alt text."""
    figure = plt.figure(figsize=(7.4, 4.6))
    upper, lower = figure.add_axes([0.1, 0.4, 0.88, 0.5]), figure.add_axes([0.1, 0.11, 0.88, 0.25])
    styles, means, errors, peaks = ((BLUE, "-"), (VERMILLION, "--")), [], [], []
    for name, (colour, style) in zip((first, second), styles, strict=True):
        r, blocks = blocks_of_g(runs[name], width, share)
        g, error = blocks.mean(axis=0), blocks.std(axis=0, ddof=1) / np.sqrt(BLOCKS)
        (position, height), (shift, rise) = peak_with_error(r, blocks)
        label = f"{name}: {height:.2f} ± {rise:.2f} at {position:.2f} ± {shift:.2f} Å"
        upper.plot(r, g, style, color=colour, label=label)
        upper.fill_between(r, g - 2 * error, g + 2 * error, color=colour, alpha=0.25, lw=0)
        means.append(g)
        errors.append(error)
        peaks.append((position, height, shift, rise))
    beyond = r > FROM
    sigma = np.maximum(np.hypot(*errors), 1e-3)
    score = (means[1] - means[0]) / sigma
    share_outside = 100 * np.mean(np.abs(score[beyond]) > 2)
    rms = np.sqrt(np.mean((means[1] - means[0])[beyond] ** 2))
    upper.axhline(1, color=GREY, lw=0.8)
    upper.set(xlim=(1.5, REACH), ylim=(0, 2.6), ylabel="g(r), bands: 2σ", xticklabels=[])
    upper.legend(loc="lower right", fontsize=8)
    upper.set_title(f"rms difference {rms:.3f}; beyond 2σ in {share_outside:.0f} % of the bins", fontsize=9)
    lower.axhspan(-2, 2, color=GREY, alpha=0.25, lw=0)
    lower.step(r[beyond], np.clip(score[beyond], -9, 9), where="mid", color="black", lw=1)
    lower.set(xlim=(1.5, REACH), ylim=(-9, 9), xlabel="r (Å)", ylabel="difference / σ")
    (r1, h1, _, s1), (r2, h2, _, s2) = peaks
    alt = (
        f"{first} against {second}, {share:g} % of the runs in bins of {width:.2f} Å: first peaks {h1:.2f} ± {s1:.2f} "
        f"at {r1:.2f} Å and {h2:.2f} ± {s2:.2f} at {r2:.2f} Å; the rms difference is {rms:.3f}, and "
        f"{share_outside:.0f} % of the bins beyond {FROM:g} Å differ by more than 2σ."
    )
    return figure, alt
