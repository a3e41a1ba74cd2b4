"""One atom pulled away from another, through the cutoff: energy and force, cut hard or faded out.

The pair is argon with Lennard-Jones. Python computes every number; ``cutoff_pull.js`` only draws what it is
given and sends back what was moved. :func:`draw_cutoff` is the same picture in matplotlib.
"""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import torch
import traitlets
from matplotlib.figure import Figure

from ...cutoffs import rann_cutoff, rann_cutoff_slope
from ..colours import BLUE, GREY, VERMILLION
from ..panel import Dial, Panel, Pick, script

# meV, Å: ε (119.8 K) and σ of argon as L. A. Rowley, D. Nicholson, N. G. Parsonage, J. Comput. Phys. 17, 401 (1975)
DEPTH, SIZE = 10.32, 3.405
NEAREST, FARTHEST = 3.3, 9.0  # Å
ENERGIES, FORCES = (-12.0, 6.0), (-30.0, 15.0)  # meV and meV/Å: what the panels show
RULES = ("hard", "smooth")
DIALS = {
    "r": Dial("Distance r", NEAREST, FARTHEST, 0.02, start=4.6, unit="Å"),
    "cutoff": Dial("Cutoff r_c", 4, 8, 0.1, start=5.0, unit="Å"),
    "width": Dial("Fading shell Δr", 0.2, 3, 0.1, start=1.0, unit="Å"),
    "rule": Pick("How it is cut", RULES),
}
START = {name: dial.start for name, dial in DIALS.items()}


def pair(r: np.ndarray, cutoff: float, width: float, rule: str) -> tuple[np.ndarray, np.ndarray]:
    """Energy (meV) and force (meV/Å, positive: apart) of two argon atoms at the distances r in Å.

    φ(r) = 4 ε [(σ/r)¹² − (σ/r)⁶]
    hard      E = φ          F = −φ′                  for r ≤ r_c, and 0 beyond
    smooth    E = φ f_c      F = −(φ′ f_c + φ f_c′)   with RANN's f_c, fading over the ``width`` Δr
    """
    r = np.asarray(r, float)
    power = (SIZE / r) ** 6
    energy, slope = 4 * DEPTH * (power**2 - power), -24 * DEPTH * (2 * power**2 - power) / r
    if rule == "hard":
        return energy * (r <= cutoff), -slope * (r <= cutoff)
    distance = torch.as_tensor(r)
    fade, fade_slope = (f(distance, cutoff, width).numpy() for f in (rann_cutoff, rann_cutoff_slope))
    return energy * fade, -(slope * fade + energy * fade_slope)


def describe(r: float, cutoff: float, width: float, rule: str) -> str:
    """What is to be seen at the distance r, in a sentence or two."""
    energy, force = (float(np.round(value, 2)) + 0.0 for value in pair(r, cutoff, width, rule))
    text = f"{rule.capitalize()} cutoff, {r:.2f} Å: E = {energy:.2f} meV, F = {force:.2f} meV/Å. "
    if rule == "hard":
        step = -float(pair(cutoff, cutoff, width, "hard")[0])
        if r <= cutoff:
            return text + f"At {cutoff:.1f} Å the energy will jump by {step:+.2f} meV."
        return text + f"On the way out E jumped by {step:+.2f} meV, and no force did that work."
    if r > cutoff:
        return text + "Outside: both have faded to zero, without a jump."
    if r < cutoff - width:
        return text + "Not yet in the fading shell: all is as without a cutoff."
    full = float(pair(r, FARTHEST + 1, 1.0, "hard")[1])
    return text + f"In the fading shell; without a cutoff F would be {full:.2f} meV/Å."


def curves(cutoff: float, width: float) -> dict[str, list]:
    """The curves for the panels: ``r`` in Å; for each rule energies and forces, one list for each unbroken piece."""
    inside, outside = np.linspace(NEAREST, cutoff, 120), np.linspace(cutoff + 1e-9, FARTHEST, 40)
    result = {"inside": inside.tolist(), "outside": outside.tolist()}
    for rule in RULES:
        pieces = [pair(r, cutoff, width, rule) for r in (inside, outside)]
        result[rule] = [[np.clip(values, -60, 60).round(4).tolist() for values in piece] for piece in pieces]
    return result


def draw_cutoff(r: float, cutoff: float, width: float, rule: str) -> tuple[Figure, str]:
    """The static picture: energy and force of both rules, a dot at r; and its alternative text."""
    figure, panels = plt.subplots(2, 1, figsize=(7.2, 5.0), layout="constrained", sharex=True)
    shapes = curves(cutoff, width)
    for name, colour, style in (("hard", VERMILLION, "--"), ("smooth", BLUE, "-")):
        look = {"ls": style, "color": colour, "lw": 2.6 if name == rule else 1.2}
        for row, axes in enumerate(panels):
            axes.plot(shapes["inside"], shapes[name][0][row], **look, label=name)
            axes.plot(shapes["outside"], shapes[name][1][row], **look)
    for axes, value, limits in zip(panels, pair(r, cutoff, width, rule), (ENERGIES, FORCES), strict=True):
        axes.axvspan(cutoff - width, cutoff, color=GREY, alpha=0.2, label="fading shell Δr")
        axes.axvline(cutoff, color="black", lw=1, ls=":", label="cutoff r_c")
        axes.axhline(0, color="black", lw=0.6)
        axes.plot(r, value, "o", ms=9, mfc="white", mec="black", mew=2, label=f"the atom, {rule}")
        axes.set_ylim(limits)
    panels[0].set(ylabel="energy (meV)", xlim=(NEAREST, FARTHEST))
    panels[1].set(ylabel="force (meV/Å)", xlabel="distance r (Å)")
    panels[0].legend(loc="lower right", ncols=2)
    alt = "Energy and force of two argon atoms against their distance, cut hard and faded out. "
    return figure, alt + describe(r, cutoff, width, rule)


class CutoffPull(Panel):
    """The explorable: an atom to drag or to move by a slider, the cutoff, its width, and how it cuts."""

    r = traitlets.Float(START["r"]).tag(sync=True)
    cutoff = traitlets.Float(START["cutoff"]).tag(sync=True)
    width = traitlets.Float(START["width"]).tag(sync=True)
    rule = traitlets.Enum(RULES, START["rule"]).tag(sync=True)
    shapes = traitlets.Dict().tag(sync=True)
    picture = traitlets.Dict().tag(sync=True)
    invitation = "pull the atom"
    _esm = script("cutoff_pull")

    def __init__(self, **traits: Any):
        super().__init__(DIALS, watched=START, **traits)

    def _compute(self, change: Any = None) -> None:
        if change is None or change["name"] in ("cutoff", "width"):
            limits = {"r": FARTHEST, "energy": ENERGIES, "force": FORCES}
            self.shapes = curves(self.cutoff, self.width) | {"limits": limits}
        now = self.r, self.cutoff, self.width, self.rule
        energy, force = (float(value) for value in pair(*now))
        self.picture = {"energy": energy, "force": force, "text": describe(*now)}
