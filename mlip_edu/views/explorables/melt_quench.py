"""A melt of two elements cooled to a glass: partial g(r) and coordination at every temperature, from stored counts.

    g_ab(r) = V n_ab(r) / [N_a (N_b − δ_ab) 4π/3 ((r + Δ)³ − r³)],     N_ab(R) = Σ_{r<R} n_ab(r)/N_a

n_ab(r) is the number of ordered pairs (an a, a b) whose distance lies between r and r + Δ, as the mean over the frames
of one temperature. g_ab = g_ba, but the numbers of neighbours differ: N_a N_ab = N_b N_ba.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from ..colours import BLUE, GREY, VERMILLION
from ..panel import Dial, Pick


@dataclass(frozen=True, eq=False)
class Quench:
    """The stages of a cooling, the hottest first.

    ``temperatures`` (stages,) in K; ``edges`` (bins + 1,) in Å; ``g`` of each pair "a-b", (stages, bins); ``around``
    of each pair, (stages, bins + 1): how many b an a has nearer than each edge, for "a-b" and for "b-a".
    """

    temperatures: np.ndarray
    edges: np.ndarray
    g: dict[str, np.ndarray]
    around: dict[str, np.ndarray]


def quench_from(table: Mapping) -> Quench:
    """From the ordered pairs of each stage, summed over its frames, as a script has stored them."""
    stages = table["stages"]
    pairs = [name for name in stages[0] if "-" in name]
    edges = np.linspace(0, table["r_max"], len(stages[0][pairs[0]]) + 1)
    shells = 4 * np.pi / 3 * np.diff(edges**3)
    g, around = {}, {}
    for name in pairs:
        a, b = name.split("-")
        n_a, n_b = table[a], table[b]
        counts = np.array([np.divide(stage[name], stage["frames"]) for stage in stages])
        g[name] = table["volume"] * counts / (n_a * (n_b - (a == b)) * shells)
        total = np.concatenate([np.zeros((len(stages), 1)), np.cumsum(counts, axis=1)], axis=1)
        around[name], around[f"{b}-{a}"] = total / n_a, total / n_b
    return Quench(np.array([stage["temperature"] for stage in stages]), edges, g, around)


def neighbours_within(quench: Quench, pair: str, reach: float) -> np.ndarray:
    """How many b an a has within ``reach`` (Å) at every temperature, (stages,); linear within a bin."""
    return np.array([np.interp(reach, quench.edges, row) for row in quench.around[pair]])


def melt_quench(quench: Quench) -> tuple[Callable[..., tuple[Figure, str]], dict[str, Dial | Pick]]:
    """The function that draws, and its dials."""
    r, last = (quench.edges[1:] + quench.edges[:-1]) / 2, len(quench.temperatures) - 1
    names = {f"{pair.split('-')[1]} around {pair.split('-')[0]}": pair for pair in quench.around}

    def draw(stage: int, pair: str, reach: float) -> tuple[Figure, str]:
        key, now = names[pair], quench.temperatures[stage]
        g = quench.g[key if key in quench.g else "-".join(reversed(key.split("-")))]
        number = neighbours_within(quench, key, reach)
        figure = plt.figure(figsize=(7.6, 3.9))  # places by hand: a layout that is computed takes twice as long
        left, right = figure.add_axes([0.09, 0.15, 0.5, 0.74]), figure.add_axes([0.7, 0.15, 0.28, 0.74])
        top = 1.08 * g.max()
        left.axvspan(0, reach, color=GREY, alpha=0.2, lw=0)
        left.plot(r, g[0], "--", color=VERMILLION, lw=1.2, label=f"melt, {quench.temperatures[0]:.0f} K")
        left.plot(r, g[stage], color=BLUE, lw=2, label=f"now, {now:.0f} K")
        left.axhline(1, color=GREY, lw=0.8)
        left.set(xlim=(1.0, quench.edges[-1]), ylim=(0, top), xlabel="r (Å)", ylabel=f"g(r), {pair}")
        left.legend(loc="upper right", fontsize=8)
        left.set_title(f"{number[stage]:.2f} {pair} within {reach:.2f} Å", fontsize=9)
        right.plot(quench.temperatures, number, "o-", color=GREY, mfc="white", ms=5)
        right.plot(now, number[stage], "o", color=BLUE, ms=9)
        middle, half = (number.max() + number.min()) / 2, max(0.6, np.ptp(number))
        right.set(xlabel="temperature (K)", ylabel=f"{pair}, on average", ylim=(middle - half, middle + half))
        peak = g[stage].argmax()
        alt = (
            f"Partial g(r), {pair}, at {now:.0f} K beside the melt of {quench.temperatures[0]:.0f} K: the summit "
            f"is {g[stage][peak]:.1f} at {r[peak]:.2f} Å, in the melt {g[0].max():.1f}. Within {reach:.2f} Å there are "
            f"{number[stage]:.2f} on average, {number[0]:.2f} in the melt and {number[last]:.2f} at the end."
        )
        return figure, alt

    dials = {
        "stage": Dial("Stage of the cooling", 0, last, 1, start=0),
        "pair": Pick("Which atoms", list(names)),
        "reach": Dial("Count up to", 1.5, 4.0, 0.05, start=2.2, unit="Å"),
    }
    return draw, dials
