"""Two atoms in a box that leans: the image that rounding finds, and the one that is nearest.

Python computes every number with :mod:`mlip_edu.geometry`; ``skewed_box.js`` only draws what it is given and sends back
what was moved. :func:`draw_pair` is the same picture in matplotlib.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import traitlets
from matplotlib.figure import Figure

from ...geometry import image_shifts, nearest_image
from ..colours import BLUE, GREY, VERMILLION
from ..panel import Dial, Panel, script

EDGE, HEIGHT = 10.0, 8.0  # Å: the edge a, and how high the edge b rises
WIDTH_SHOWN, HEIGHT_SHOWN = 36.0, 20.0  # Å: the window around the middle of the box
START = {"tilt": 6.0, "atom_a": (0.2, 0.25), "atom_b": (0.65, 0.6)}
DIALS = {"tilt": Dial("Tilt of b along x", -10, 10, 0.5, start=START["tilt"], unit="Å")} | {
    f"{atom}.{axis}": Dial(f"Atom {atom[-1].upper()}, fraction of {edge}", 0, 0.99, 0.01, start=START[atom][axis])
    for atom in ("atom_a", "atom_b")
    for axis, edge in enumerate("ab")
}


def skewed_pair(tilt: float, atom_a: Sequence[float], atom_b: Sequence[float]) -> dict[str, Any]:
    """The two answers to "where is the nearest copy of B, seen from A?" in a box that leans by ``tilt``.

    The box is a = (10, 0), b = (tilt, 8) Å, periodic in both directions.

    Parameters
    ----------
    tilt
        x component of b, in Å.
    atom_a, atom_b
        Fractional coordinates along a and b.

    Returns
    -------
    dict
        ``a``, ``b`` atoms (2,) Å; ``cell`` (2, 2) Å; ``rounded``, ``nearest`` vectors from A (2,) Å with their
        lengths ``rounded_length``, ``nearest_length`` in Å; ``agree``; and a sentence, ``text``.
    """
    cell = np.array([[EDGE, 0.0, 0.0], [tilt, HEIGHT, 0.0], [0.0, 0.0, 1.0]])
    fractional = np.array([*atom_b, 0.0]) - np.array([*atom_a, 0.0])
    rounded = (fractional - np.round(fractional)) @ cell
    nearest = nearest_image(rounded, cell, np.array([True, True, False]))
    lengths = float(np.linalg.norm(rounded)), float(np.linalg.norm(nearest))
    agree = bool(lengths[0] <= lengths[1] + 1e-9)
    text = f"Rounding: {lengths[0]:.2f} Å. Nearest image: {lengths[1]:.2f} Å. "
    text += "Here rounding is right." if agree else f"Rounding is wrong: {lengths[0] / lengths[1]:.1f} times as far."
    return {
        "a": (np.array([*atom_a, 0.0]) @ cell)[:2].tolist(),
        "b": (np.array([*atom_b, 0.0]) @ cell)[:2].tolist(),
        "cell": cell[:2, :2].tolist(),
        "rounded": rounded[:2].tolist(),
        "nearest": nearest[:2].tolist(),
        "rounded_length": lengths[0],
        "nearest_length": lengths[1],
        "agree": agree,
        "text": text,
    }


def copies(cell: Sequence[Sequence[float]]) -> list[list[float]]:
    """Translations (images, 2) in Å that reach into the window that is shown."""
    return (image_shifts(np.array([3, 1])) @ np.array(cell)).tolist()


def draw_pair(tilt: float, atom_a: Sequence[float], atom_b: Sequence[float]) -> Figure:
    """The static picture of :func:`skewed_pair`; x and y in Å."""
    pair = skewed_pair(tilt, atom_a, atom_b)
    a, b, cell = (np.array(pair[name]) for name in ("a", "b", "cell"))
    figure, axes = plt.subplots(figsize=(7.2, 4.3), layout="constrained")
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]) @ cell
    for shift in np.array(copies(pair["cell"])):
        home = not shift.any()
        axes.plot(*(corners + shift).T, color="black" if home else GREY, lw=1.6 if home else 0.5)
        axes.plot(*(a + shift), "o", ms=5, mfc=GREY, mec=GREY)
        axes.plot(*(b + shift), "s", ms=6, mfc="white", mec=GREY)
    axes.add_patch(plt.Circle(a, pair["rounded_length"], fill=False, ls=":", color=VERMILLION))
    for name, style, label in (("rounded", "--", "image by rounding"), ("nearest", "-", "nearest image")):
        colour = VERMILLION if name == "rounded" else BLUE
        end = a + pair[name]
        label = f"{label}, {pair[name + '_length']:.2f} Å"
        axes.plot([a[0], end[0]], [a[1], end[1]], style, color=colour, lw=2.4, label=label)
    axes.plot(*a, "o", ms=11, color="black")
    axes.plot(*b, "s", ms=11, color="black")
    for name, place in (("A", a), ("B", b)):
        axes.annotate(name, place, color="white", ha="center", va="center", fontsize=8, weight="bold")
    middle = cell.sum(0) / 2
    half = np.array([WIDTH_SHOWN, HEIGHT_SHOWN]) / 2
    (left, low), (right, high) = middle - half, middle + half
    axes.set(xlim=(left, right), ylim=(low, high), xlabel="x (Å)", ylabel="y (Å)", aspect="equal")
    axes.legend(loc="lower right", framealpha=1)
    return figure


class SkewedBox(Panel):
    """The explorable: sliders for the tilt and both atoms, and two atoms to drag."""

    tilt = traitlets.Float(START["tilt"]).tag(sync=True)
    atom_a = traitlets.List(traitlets.Float(), default_value=list(START["atom_a"])).tag(sync=True)
    atom_b = traitlets.List(traitlets.Float(), default_value=list(START["atom_b"])).tag(sync=True)
    picture = traitlets.Dict().tag(sync=True)
    invitation = "move the atoms"
    _esm = script("skewed_box")

    def __init__(self, **traits: Any):
        super().__init__(DIALS, watched=START, **traits)
        self.on_msg(self._dragged)

    def _compute(self, change: Any = None) -> None:
        pair = skewed_pair(self.tilt, self.atom_a, self.atom_b)
        self.picture = pair | {"copies": copies(pair["cell"]), "window": [WIDTH_SHOWN, HEIGHT_SHOWN]}

    def _dragged(self, widget: Any, message: dict, buffers: Any) -> None:
        """The pointer has taken an atom to (x, y) in Å: wrap it into the box, on the grid of the sliders."""
        place = np.array([message["x"], message["y"]], float)
        hundredths = np.round(100 * place @ np.linalg.inv(np.array(self.picture["cell"]))) % 100
        setattr(self, "atom_a" if message["atom"] == "a" else "atom_b", (hundredths / 100).tolist())
