"""Four atoms, the dials of two radial fingerprints, and one row of bars for each atom.

Python computes every number with :mod:`mlip_edu.fingerprints`; ``radial_dials.js`` only draws what it is given.
:func:`draw_radial` is the same picture in matplotlib.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import torch
import traitlets
from matplotlib.figure import Figure

from ...cutoffs import cosine_cutoff
from ...fingerprints.acsf import g2
from ...fingerprints.rann import RadialParameters, neighbour_terms
from ..colours import BLUE, GREY, VERMILLION
from ..panel import Dial, Panel, Pick, script

CUTOFF, LENGTH_SCALE, WIDTH = 5.0, 2.35, 3.5  # Å: r_c, r_e and Δr
NAMES = "ABCD"
SQUARE = ((3.8, 3.8), (6.2, 3.8), (6.2, 6.2), (3.8, 6.2))  # Å
PLACE = {  # of the atom that is chosen
    "chosen": Pick("Atom to move", NAMES),
    "x": Dial("Its x", 0, 10, 0.1, start=SQUARE[0][0], unit="Å"),
    "y": Dial("Its y", 0, 10, 0.1, start=SQUARE[0][1], unit="Å"),
}
DIALS = {
    "eta": Dial("Behler: η", 0, 12, 0.5, start=4.0, unit="/Å²"),
    "shift": Dial("Behler: R_s", 1, 5, 0.1, start=2.4, unit="Å"),
    "alpha": Dial("RANN: α", 0.5, 8, 0.25, start=2.0),
    "highest": Dial("RANN: n", 0, 6, 1, start=4),
}
START = {"positions": SQUARE} | {name: dial.start for name, dial in DIALS.items()}


def radial_dials(positions: Sequence[Sequence[float]], eta: float, shift: float, alpha: float, highest: int) -> dict:
    """One row of features for each of some atoms in a plane.

    Parameters
    ----------
    positions
        (atoms, 2) in Å; not periodic.
    eta, shift
        η in 1/Å² and R_s in Å of Behler's G2, with his cutoff function at 5 Å.
    alpha, highest
        α and n of RANN's features F_0 … F_n, all with the same α, r_e = 2.35 Å, r_c = 5 Å, Δr = 3.5 Å.

    Returns
    -------
    dict
        ``positions``; ``names`` of the columns; ``rows`` (atoms, columns); ``different``, how many rows differ; and a
        sentence, ``text``.
    """
    place = torch.tensor(np.array(positions, float))
    count = len(place)
    distance = torch.linalg.norm(place[None] - place[:, None], dim=-1)[~torch.eye(count, dtype=torch.bool)]
    behler = g2(distance, *torch.tensor([[eta], [shift]], dtype=torch.float64), CUTOFF)[:, 0]
    parameters = RadialParameters(LENGTH_SCALE, CUTOFF, WIDTH, (alpha,) * (highest + 1))
    rann, _ = neighbour_terms(distance.clamp(min=0.1), parameters)  # the formula needs r > 0, a hand does not
    rows = torch.stack([behler, *rann]).view(-1, count, count - 1).sum(-1).T.numpy()
    apart = np.abs(rows[:, None] - rows[None]).max(-1) > 1e-6  # G2 and F are of order 1
    different = 1 + sum(bool(apart[k, :k].all()) for k in range(1, count))
    text = f"{count} atoms, {count} rows of {rows.shape[1]} numbers; "
    text += "all rows are equal." if different == 1 else f"{different} different rows among them."
    names = ["G", *(f"F{p}" for p in range(highest + 1))]
    return {"positions": place.tolist(), "names": names, "rows": rows.tolist(), "different": different, "text": text}


def weight_curves(eta: float, shift: float, alpha: float, highest: int) -> np.ndarray:
    """What one neighbour at r adds to G and to F_n: columns r (Å), G, F_n, (points, 3)."""
    r = torch.linspace(1.5, 5.5, 81, dtype=torch.float64)
    behler = torch.exp(-eta * (r - shift) ** 2) * cosine_cutoff(r, CUTOFF)
    rann, _ = neighbour_terms(r, RadialParameters(LENGTH_SCALE, CUTOFF, WIDTH, (alpha,) * (highest + 1)))
    return torch.stack([r, behler, rann[-1]], dim=1).numpy()


def draw_radial(**dials: Any) -> tuple[Figure, str]:
    """The static picture of :func:`radial_dials`, and its alternative text."""
    picture = radial_dials(**dials)
    rows, names = np.array(picture["rows"]), picture["names"]
    figure, (plane, chart) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained", width_ratios=[1, 1.25])
    for place, name in zip(picture["positions"], NAMES, strict=False):
        plane.plot(*place, "o", ms=18, mfc="white", mec="black")
        plane.annotate(name, place, ha="center", va="center", weight="bold")
    plane.add_patch(plt.Circle(picture["positions"][0], CUTOFF, fill=False, ls=":", color=GREY))
    plane.set(
        xlim=(0, 10), ylim=(0, 10), xlabel="x (Å)", ylabel="y (Å)", aspect="equal", title="dotted: cutoff of A, 5 Å"
    )
    for k, row in enumerate(rows):
        x = k * (len(names) + 1.5) + np.arange(len(names))
        chart.bar(x[:1], row[:1], color=VERMILLION, hatch="//", ec="white", label="Behler's G2" if not k else None)
        chart.bar(x[1:], row[1:], color=BLUE, label="RANN's F₀ … Fₙ" if not k else None)
        chart.text(x.mean(), -0.14 * rows.max(), f"atom {NAMES[k]}", ha="center", weight="bold")
        for place, name in zip(x, names, strict=True):
            chart.text(place, -0.015 * rows.max(), name[-1], ha="center", va="top", fontsize=8)
    chart.set(xticks=[], ylabel="feature (no unit)", ylim=(-0.17 * rows.max(), 1.2 * rows.max()))
    chart.legend(loc="upper right", ncols=2, fontsize=9)
    alt = f"Left, four atoms in a plane; right, a group of {len(names)} bars for each of them. {picture['text']}"
    return figure, alt


class RadialDials(Panel):
    """The explorable: atoms to drag or to move with sliders, the dials η, R_s, α and n, bars for each atom."""

    positions = traitlets.List(default_value=[list(place) for place in SQUARE]).tag(sync=True)
    eta = traitlets.Float(START["eta"]).tag(sync=True)
    shift = traitlets.Float(START["shift"]).tag(sync=True)
    alpha = traitlets.Float(START["alpha"]).tag(sync=True)
    highest = traitlets.Int(START["highest"]).tag(sync=True)
    chosen = traitlets.Enum(tuple(NAMES), NAMES[0]).tag(sync=True)
    picture = traitlets.Dict().tag(sync=True)
    _esm = script("radial_dials")

    def __init__(self, **traits: Any):
        super().__init__(PLACE | DIALS, watched=START, **traits)

    def _compute(self, change: Any = None) -> None:
        dials = {name: getattr(self, name) for name in DIALS}
        curves = weight_curves(**dials).tolist()
        self.picture = radial_dials(self.positions, **dials) | {"curves": curves, "cutoff": CUTOFF}
