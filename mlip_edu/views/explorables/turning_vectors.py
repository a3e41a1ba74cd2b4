"""A flat cluster of five atoms with a vector on each: turn the atoms, and see whether the vectors follow.

    V_i = 3 Σ_j f_c(r_ij) r̂_ij,    U_i = layer(V_i),    E = Σ_i |U_i|

A layer may be used only if turning the atoms before it or the vectors after it is the same; else the energy of a
cluster alone in space depends on how it lies. ``Dials(draw_turning, **DIALS)`` is the explorable.
"""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from ..colours import BLUE, GREY, VERMILLION
from ..panel import Dial, Pick

CLUSTER = np.array([[0.4, 0.2], [-1.9, 0.6], [-0.7, 2.4], [2.3, 1.4], [0.9, -2.0]])  # Å; the first is atom A
CUTOFF = 5.0  # Å
LAYERS = {
    "factor from the length": lambda v: v * sigmoid(np.linalg.norm(v, axis=-1, keepdims=True)),
    "tanh of each component": np.tanh,
    "factor from the sum of components": lambda v: v * sigmoid(v.sum(-1, keepdims=True)),
    "a constant added": lambda v: v + np.array([1.0, 0.0]),
}
DIALS = {
    "angle": Dial("Turn the atoms by", 0, 360, 1, start=30, unit="°"),
    "pull": Dial("Pull atom A along the molecule's x", -0.6, 0.6, 0.05, start=0.0, unit="Å"),
    "layer": Pick("Layer", list(LAYERS)),
}


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def turn(degrees: float) -> np.ndarray:
    """The matrix (2, 2) of a turn in the plane; rows of vectors turn as ``rows @ turn(…).T``."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s], [s, c]])


def vectors(positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Σ_j f_c (atoms,) and V_i (atoms, 2), both without a unit, from positions (atoms, 2) in Å."""
    apart = positions[None] - positions[:, None]  # [i, j]: from i to j
    distance = np.linalg.norm(apart, axis=-1) + np.eye(len(positions))
    fade = 0.5 * (np.cos(np.pi * np.minimum(distance / CUTOFF, 1)) + 1)
    weight = fade * (1 - np.eye(len(positions)))
    return weight.sum(1), 3 * (weight[:, :, None] * apart / distance[:, :, None]).sum(1)


def turned(angle: float, pull: float, layer: str) -> dict[str, Any]:
    """Everything the picture shows.

    Returns
    -------
    dict
        ``positions`` of the turned atoms (Å); ``found``: U of the turned atoms; ``expected``: U of the atoms as they
        were, turned; ``miss``: the largest distance between the two; ``scalar``, ``vector``: Σ f_c and U of atom A;
        ``energy``, of all angles 0°, 3° … 360° ``curve``: E, without a unit.
    """
    start = CLUSTER + np.array([[pull, 0]] + 4 * [[0, 0]])
    positions = start @ turn(angle).T
    scalars, v = vectors(positions)
    found, expected = LAYERS[layer](v), LAYERS[layer](vectors(start)[1]) @ turn(angle).T
    every = vectors(start)[1] @ np.array([turn(a).T for a in np.arange(0, 361, 3)])  # V turns along with the atoms
    return {
        "positions": positions, "found": found, "expected": expected,
        "miss": float(np.linalg.norm(found - expected, axis=1).max()),
        "scalar": float(scalars[0]), "vector": found[0], "energy": float(np.linalg.norm(found, axis=1).sum()),
        "curve": np.linalg.norm(LAYERS[layer](every), axis=2).sum(1),
    }  # fmt: skip


def draw_turning(angle: float, pull: float, layer: str) -> tuple[Figure, str]:
    """Atoms with their vectors, the numbers of atom A, and E against the angle; with alt text."""
    seen = turned(angle, pull, layer)
    follows = seen["miss"] < 1e-9
    colour = BLUE if follows else VERMILLION
    figure = plt.figure(figsize=(9.2, 3.5))
    places = [0.005, 0.04, 0.33, 0.82], [0.4, 0.17, 0.19, 0.68], [0.68, 0.17, 0.295, 0.68]
    plane, numbers, energy = (figure.add_axes(place) for place in places)
    plane.plot(*seen["positions"].T, "o", ms=15, mfc="white", mec="black")
    for (x, y), name in zip(seen["positions"], "ABCDE", strict=True):
        plane.annotate(name, (x, y), ha="center", va="center", fontsize=9, zorder=5)
    looks = {"units": "xy", "scale": 0.95, "angles": "xy", "scale_units": "xy"}
    broad = {"color": GREY, "alpha": 0.55, "width": 0.34, "headwidth": 2, "headlength": 1.6, "headaxislength": 1.6}
    plane.quiver(*seen["positions"].T, *seen["expected"].T, zorder=1, **broad, **looks)
    plane.quiver(*seen["positions"].T, *seen["found"].T, color=colour, width=0.09, headwidth=4.5, zorder=3, **looks)
    plane.set(xlim=(-3.6, 3.6), ylim=(-3.6, 3.6), aspect="equal")
    plane.set_axis_off()
    plane.set_title("broad: turned afterwards; thin: computed anew", fontsize=9)
    bars = [seen["scalar"], *seen["vector"], np.linalg.norm(seen["vector"])]
    numbers.bar(["Σf_c", "U_x", "U_y", "|U|"], bars, color=[GREY, colour, colour, GREY], edgecolor="black")
    numbers.axhline(0, color="black", lw=0.8)
    numbers.set(ylim=(-2.6, 2.9), ylabel="numbers of atom A (no unit)")
    energy.plot(np.arange(0, 361, 3), seen["curve"], color=colour, ls="-" if follows else "--")
    energy.plot([angle], [seen["energy"]], "o", color=colour, ms=8)
    energy.set(xlabel="angle (degrees)", ylabel="E = Σ|U| (no unit)", xlim=(0, 360), ylim=(0, 16))
    energy.set_xticks(range(0, 361, 90))
    verdict = "the vectors follow" if follows else f"off by up to {seen['miss']:.2f}"
    figure.suptitle(f"{layer}, {angle:g}°: {verdict}", fontsize=11)
    spread = np.ptp(seen["curve"])
    alt = (
        f"Five atoms in a plane, turned by {angle:g}°, an arrow on each; layer: {layer}. Computed anew or turned "
        f"afterwards: {verdict}. Atom A: scalar {seen['scalar']:.2f}, vector ({seen['vector'][0]:.2f}, "
        f"{seen['vector'][1]:.2f}). The energy is {seen['energy']:.2f}; over a full turn it changes by {spread:.2f}."
    )
    return figure, alt
