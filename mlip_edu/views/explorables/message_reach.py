"""How far messages go: which atoms a chosen atom can know of after some layers, on a flat map of atoms.

Dials(partial(draw_reach, positions), **reach_dials(positions))
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from ..colours import BLUE, GREY, VERMILLION
from ..panel import Dial

MOST_LAYERS = 5


def links(positions: np.ndarray, cutoff: float) -> np.ndarray:
    """Which atoms are neighbours: (atoms, atoms) booleans; positions (atoms, 2) in Å, ``cutoff`` in Å."""
    distance = np.linalg.norm(positions[:, None] - positions, axis=-1)
    return (distance < cutoff) & ~np.eye(len(positions), dtype=bool)


def hops(positions: np.ndarray, atom: int, cutoff: float) -> np.ndarray:
    """The smallest number of layers after which ``atom`` can know of each atom, (atoms,); inf: never."""
    near, steps = links(positions, cutoff), np.full(len(positions), np.inf)
    steps[atom] = 0
    for layer in range(1, len(positions)):
        heard = near[steps < layer].any(axis=0)
        steps[heard] = np.minimum(steps[heard], layer)
    return steps


def draw_reach(positions: np.ndarray, atom: float, layers: float, cutoff: float) -> tuple[Figure, str]:
    """The map with the atoms reached after ``layers``, numbered by the layer that brings them in, and what it shows.

    Parameters
    ----------
    positions
        (atoms, 2) in Å, without periodic images.
    atom, layers, cutoff
        The chosen atom, the number of layers, r_c in Å.
    """
    atom, layers = round(atom), round(layers)
    steps = hops(positions, atom, cutoff)
    reached = (steps > 0) & (steps <= layers)
    away = np.linalg.norm(positions - positions[atom], axis=1)
    farthest = away[reached].max(initial=0.0)
    figure, axes = plt.subplots(figsize=(8.2, 4.6))
    figure.subplots_adjust(0.07, 0.12, 0.99, 0.9)
    first, second = np.nonzero(np.triu(links(positions, cutoff)))
    used = np.minimum(steps[first], steps[second]) < layers  # these edges have carried a message
    for kind, colour, width in ((~used, GREY, 0.6), (used, BLUE, 1.4)):
        pairs = np.stack([positions[first[kind]], positions[second[kind]]], axis=1)
        axes.add_collection(LineCollection(pairs, colors=colour, linewidths=width, zorder=1))
    axes.scatter(*positions[steps > layers].T, s=150, c="white", edgecolors=GREY, zorder=2, label="not reached")
    axes.scatter(*positions[reached].T, s=150, c=BLUE, edgecolors="black", zorder=2, label="reached, in layer …")
    axes.scatter(*positions[atom], s=260, c=VERMILLION, marker="*", edgecolors="black", zorder=3, label="chosen atom")
    for (x, y), layer in zip(positions[reached], steps[reached], strict=True):
        axes.text(x, y, f"{layer:.0f}", color="white", ha="center", va="center", fontsize=9, zorder=4)
    for radius, style in ((cutoff, ":"), (layers * cutoff, "--")):
        axes.add_patch(plt.Circle(positions[atom], radius, fill=False, color=VERMILLION, ls=style, lw=1.5, zorder=2))
    low, high = positions.min(axis=0) - 1.5, positions.max(axis=0) + 1.5
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal", xlabel="x (Å)", ylabel="y (Å)")
    axes.locator_params(nbins=4)  # few ticks are drawn fast
    text = f"{reached.sum()} of {len(positions) - 1} atoms reached, the farthest {farthest:.1f} Å away"
    axes.set_title(f"{text}; layers × r_c = {layers * cutoff:.1f} Å (dashed)", fontsize=10)
    axes.legend(loc="lower right", fontsize=8, framealpha=0.95)
    return figure, f"Atom {atom}, {layers} layers, cutoff {cutoff:.1f} Å: {text}, within {layers * cutoff:.1f} Å."


def reach_dials(positions: np.ndarray) -> dict[str, Dial]:
    """The dials of :func:`draw_reach`."""
    return {
        "atom": Dial("Atom", 0, len(positions) - 1, 1, start=0),
        "layers": Dial("Layers", 0, MOST_LAYERS, 1, start=1),
        "cutoff": Dial("Cutoff r_c", 2.0, 6.0, 0.1, start=3.2, unit="Å"),
    }
