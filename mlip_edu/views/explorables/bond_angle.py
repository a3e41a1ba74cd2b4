"""One bond angle, and what it counts in Behler's angular function and in RANN's powers of the cosine.

Python computes every number; ``bond_angle.js`` only draws what it is given. :func:`draw_angle` is the same picture in
matplotlib.
"""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import traitlets
from matplotlib.figure import Figure

from ..colours import BLUE, GREY, VERMILLION
from ..panel import Dial, Panel, Pick, script

FORMULAS = ("right", "ζ missing", "2^(ζ−1)")
LANDMARKS = {60: "triangle", 90: "square", 109.47: "tetrahedron", 180: "line"}  # degrees
DIALS = {
    "angle": Dial("Angle θ", 0, 180, 0.5, start=109.5, unit="°"),
    "zeta": Dial("Behler: ζ", 1, 32, 1, start=4.0),
    "lambda_": Pick("Behler: λ", (-1, 1)),
    "power": Dial("RANN: m", 0, 7, 1, start=2),
    "formula": Pick("Behler's formula", FORMULAS),
}
START = {name: dial.start for name, dial in DIALS.items()}


def behler_angle(angle: Any, zeta: float, lambda_: float, formula: str = "right") -> Any:
    """The angular factor of Behler's G4, for angles in degrees; at most 2.

        2^{1−ζ} (1 + λ cos θ)^ζ

    ``formula`` picks it, or one of two slips that are found in print and in programs: "ζ missing" leaves out the
    exponent ζ, "2^(ζ−1)" has the sign of the other exponent wrong.
    """
    base = np.clip(1 + lambda_ * np.cos(np.radians(angle)), 0, None)
    if formula == "ζ missing":
        return 2 ** (1 - zeta) * base
    return 2 ** (zeta - 1 if formula == "2^(ζ−1)" else 1 - zeta) * base**zeta


def angle_dials(angle: float, zeta: float, lambda_: float, power: int, formula: str) -> dict[str, Any]:
    """Both functions of one angle: their values here, their curves from 0° to 180°, and a sentence.

    Parameters
    ----------
    angle
        θ in degrees.
    zeta, lambda_, formula
        See :func:`behler_angle`.
    power
        m of RANN's cos^m θ.

    Returns
    -------
    dict
        ``behler``, ``rann``: values without a unit; ``curves`` (91, 3): θ in degrees, Behler's factor, cos^m θ;
        ``top``: the highest value of Behler's curve; ``text``.
    """
    theta = np.linspace(0, 180, 91)
    curve = behler_angle(theta, zeta, lambda_, formula)
    cosines = np.cos(np.radians(theta)) ** power
    here = float(behler_angle(angle, zeta, lambda_, formula))
    rann = float(np.cos(np.radians(angle)) ** power) + 0.0
    fine = np.linspace(0, 180, 721)
    wide = behler_angle(fine, zeta, lambda_, formula)
    half = fine[wide >= wide.max() / 2]
    text = f"θ = {angle:.1f}°: Behler {here:.3g}, cos^{power} θ {rann:.3g}. "
    text += f"Behler's top: {curve.max():.3g}, above half of it from {half[0]:.0f}° to {half[-1]:.0f}°."
    curves = np.column_stack([theta, curve, cosines]).tolist()
    return {"angle": angle, "behler": here, "rann": rann, "curves": curves, "top": float(curve.max()), "text": text}


def draw_angle(**dials: Any) -> tuple[Figure, str]:
    """The static picture of :func:`angle_dials`, and its alternative text."""
    picture = angle_dials(**dials)
    theta, curve, cosines = np.array(picture["curves"]).T
    figure, (plane, axes) = plt.subplots(1, 2, figsize=(9, 3.7), layout="constrained", width_ratios=[1, 1.9])
    end = np.radians(picture["angle"])
    for name, place in (("i", (0, 0)), ("j", (1, 0)), ("k", (np.cos(end), np.sin(end)))):
        plane.plot([0, place[0]], [0, place[1]], color="black", lw=2, zorder=1)
        plane.plot(*place, "o", ms=20, mfc="white", mec="black")
        plane.annotate(name, place, ha="center", va="center", weight="bold")
    arc = np.linspace(0, end, 60)
    plane.plot(0.35 * np.cos(arc), 0.35 * np.sin(arc), color=GREY)
    plane.set(xlim=(-1.3, 1.3), ylim=(-0.3, 1.35), aspect="equal", title=f"θ = {picture['angle']:.1f}°")
    plane.set_axis_off()
    axes.plot(theta, curve, color=VERMILLION, lw=2.5, label="Behler: $2^{1-ζ}(1+λ\\cosθ)^ζ$")
    axes.plot(theta, cosines, "--", color=BLUE, lw=2, label=f"RANN: $\\cos^{{{dials['power']}}}θ$")
    axes.plot([picture["angle"]], [picture["behler"]], "o", color=VERMILLION, ms=9)
    axes.plot([picture["angle"]], [picture["rann"]], "s", color=BLUE, ms=8)
    for place, name in LANDMARKS.items():
        axes.axvline(place, color=GREY, lw=1, ls=":")
        side = {90: "right", 109.47: "left"}.get(place, "center")
        axes.annotate(name, (place, 1.01), xycoords=("data", "axes fraction"), ha=side, fontsize=9)
    axes.set(xlabel="bond angle θ (degrees)", ylabel="angular factor (no unit)", xlim=(0, 182))
    axes.set_xticks(np.arange(0, 181, 30))
    figure.legend(loc="outside lower right", ncols=2)
    return figure, f"Left, a bond angle; right, its angular factors against θ. {picture['text']}"


class BondAngle(Panel):
    """The explorable: a dial for the angle, dials ζ, λ and m, and the two slips to try."""

    angle = traitlets.Float(START["angle"]).tag(sync=True)
    zeta = traitlets.Float(START["zeta"]).tag(sync=True)
    lambda_ = traitlets.Int(START["lambda_"]).tag(sync=True)
    power = traitlets.Int(START["power"]).tag(sync=True)
    formula = traitlets.Enum(FORMULAS, START["formula"]).tag(sync=True)
    picture = traitlets.Dict().tag(sync=True)
    _esm = script("bond_angle")

    def __init__(self, **traits: Any):
        super().__init__(DIALS, watched=START, **traits)

    def _compute(self, change: Any = None) -> None:
        picture = angle_dials(**{name: getattr(self, name) for name in START})
        self.picture = picture | {"landmarks": list(LANDMARKS.items())}
