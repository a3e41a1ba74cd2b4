"""One bond angle, and what it counts in Behler's angular function and in RANN's powers of the cosine.

Python computes every number; the JavaScript below only draws what it is given. :func:`draw_angle` is the same picture
in matplotlib.
"""

from __future__ import annotations

from typing import Any

import anywidget
import matplotlib.pyplot as plt
import numpy as np
import traitlets
from matplotlib.figure import Figure

from ..html import BLUE, GREY, VERMILLION

FORMULAS = ("right", "ζ missing", "2^(ζ−1)")
LANDMARKS = {60: "triangle", 90: "square", 109.47: "tetrahedron", 180: "line"}  # degrees
START = {"angle": 109.5, "zeta": 4.0, "lambda_": -1, "power": 2, "formula": "right"}


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
    half = theta[curve >= curve.max() / 2]
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


class BondAngle(anywidget.AnyWidget):
    """The explorable: a dial for the angle, dials ζ, λ and m, and the two slips to try."""

    angle = traitlets.Float(START["angle"]).tag(sync=True)
    zeta = traitlets.Float(START["zeta"]).tag(sync=True)
    lambda_ = traitlets.Int(START["lambda_"]).tag(sync=True)
    power = traitlets.Int(START["power"]).tag(sync=True)
    formula = traitlets.Enum(FORMULAS, START["formula"]).tag(sync=True)
    picture = traitlets.Dict().tag(sync=True)

    def __init__(self, **traits: Any):
        super().__init__(**traits)
        self.observe(self._compute, list(START))
        self._compute()

    def __repr__(self) -> str:
        return "[explorable: run this cell in JupyterLab to turn its dials; the figure beside it stands still]"

    def _compute(self, change: Any = None) -> None:
        self.picture = angle_dials(**{name: getattr(self, name) for name in START})

    _css = """
    .bond-angle { max-width: 780px; font-family: var(--jp-ui-font-family, sans-serif); font-size: 13px;
      color: var(--jp-ui-font-color1, currentColor); --behler: #d55e00; --rann: #0072b2; }
    .bond-angle svg { width: 100%; display: block; touch-action: none; border: 1px solid #999; }
    [data-jp-theme-light="false"] .bond-angle { --behler: #e69f00; --rann: #56b4e9; }
    .bond-angle .atom { cursor: grab; }
    .bond-angle .key { display: inline-block; width: 2.5em; vertical-align: middle; margin-left: 0.6em; }
    .bond-angle .controls { display: grid; grid-template-columns: max-content 1fr 5em; gap: 3px 10px;
      align-items: center; margin: 6px 0; }
    .bond-angle input { width: 100%; accent-color: var(--rann); }
    .bond-angle select { width: max-content; font: inherit; }
    .bond-angle .answer { font-weight: 600; min-height: 1.4em; margin: 4px 0; }
    """

    _esm = """
    const SVG = "http://www.w3.org/2000/svg";
    const CONTROLS = [["angle", "Angle θ", 0, 180, 0.5, 1, "°"], ["zeta", "Behler: ζ", 1, 32, 1, 0, ""],
      ["lambda_", "Behler: λ", ["1", "-1"]], ["power", "RANN: m", 0, 7, 1, 0, ""],
      ["formula", "Behler's formula", ["right", "ζ missing", "2^(ζ−1)"]]];
    const LANDMARKS = [[60, "triangle"], [90, "square"], [109.47, "tetrahedron"], [180, "line"]];
    let views = 0;

    function add(parent, tag, attributes, text) {
      const node = document.createElementNS(SVG, tag);
      for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
      node.textContent = text ?? "";
      return parent.appendChild(node);
    }

    function draw(svg, picture) {
      svg.replaceChildren();
      svg.setAttribute("viewBox", "0 0 780 300");
      svg.setAttribute("aria-label", `A bond angle and its angular factors. ${picture.text}`);
      const write = (x, y, text, more) => add(svg, "text", { x, y, fill: "currentColor", "font-size": 12,
        "text-anchor": "middle", ...more }, text);
      const turn = picture.angle * Math.PI / 180, place = (radius, angle) =>
        [140 + radius * Math.cos(angle), 210 - radius * Math.sin(angle)];
      const [kx, ky] = place(105, turn), [ax, ay] = place(38, turn);
      add(svg, "path", { d: `M245 210H140L${kx} ${ky}`, fill: "none", stroke: "currentColor", "stroke-width": 3 });
      add(svg, "path", { d: `M178 210A38 38 0 0 0 ${ax} ${ay}`, fill: "none", stroke: "currentColor" });
      for (const [name, x, y] of [["i", 140, 210], ["j", 245, 210], ["k", kx, ky]]) {
        const atom = add(svg, "g", name === "k" ? { class: "atom" } : {});
        add(atom, "circle", { cx: x, cy: y, r: 16, fill: "var(--jp-layout-color0, white)", stroke: "currentColor",
          "stroke-width": name === "k" ? 3.5 : 1.5 });
        add(atom, "text", { x, y: y + 5, "text-anchor": "middle", "font-weight": 700, fill: "currentColor" }, name);
      }
      write(140, 265, `θ = ${picture.angle.toFixed(1)}°`, { "font-size": 15, "font-weight": 700 });
      // curves: the scale of Behler's goes with its highest value once that is above 2
      const most = Math.max(2, picture.top), X = (angle) => 320 + 2.4 * angle;
      const Y = (value, top) => 190 - 150 * value / top;
      add(svg, "path", { d: `M${X(0)} 40V265M${X(0)} 190H${X(180)}`, stroke: "currentColor", fill: "none" });
      for (const angle of [0, 30, 60, 90, 120, 150, 180]) write(X(angle), 281, `${angle}°`, { "font-size": 11 });
      for (const [angle, name] of LANDMARKS) {
        add(svg, "path", { d: `M${X(angle)} 32V265`, stroke: "currentColor", "stroke-dasharray": "2 5", opacity: 0.7 });
        write(X(angle) + (angle === 90 ? -14 : 0), 26, name, { "font-size": 11 });
      }
      write(X(0) - 6, Y(most, most) + 4, most.toPrecision(2), { "text-anchor": "end" });
      write(X(0) - 6, 194, "0", { "text-anchor": "end" });
      const kinds = [[1, most, "var(--behler)", "none", picture.behler], [2, 2, "var(--rann)", "8 5", picture.rann]];
      for (const [column, top, stroke, dash, here] of kinds) {
        add(svg, "path", { fill: "none", stroke, "stroke-width": 3, "stroke-dasharray": dash,
          d: "M" + picture.curves.map((row) => `${X(row[0])} ${Y(row[column], top)}`).join("L") });
        const x = X(picture.angle), y = Y(here, top);
        if (column === 1) add(svg, "circle", { cx: x, cy: y, r: 7, fill: stroke });
        else add(svg, "rect", { x: x - 6, y: y - 6, width: 12, height: 12, fill: stroke });
      }
    }

    function render({ model, el }) {
      const root = el.appendChild(document.createElement("div")), view = ++views;
      root.className = "bond-angle";
      const svg = add(root, "svg", { role: "img" });
      const [answer, legend, table] = ["p", "p", "div"].map((tag) => root.appendChild(document.createElement(tag)));
      [answer.className, answer.ariaLive] = ["answer", "polite"];
      legend.innerHTML = `<span class="key" style="border-top: 4px solid var(--behler)"></span> Behler's factor (disc;
        the scale follows it above 2) <span class="key" style="border-top: 4px dashed var(--rann)"></span> RANN's
        cos<sup>m</sup> θ (square; from −1 to 1, half as high as 2)<br>Drag atom k, or use the sliders.`;
      table.className = "controls";
      const set = (trait, value) => { model.set(trait, value); model.save_changes(); };
      const refresh = CONTROLS.map(([trait, name, low, high, step, digits, unit], row) => {
        const tags = ["label", Array.isArray(low) ? "select" : "input", "output"];
        const [label, input, shown] = tags.map((tag) => table.appendChild(document.createElement(tag)));
        label.textContent = name;
        label.htmlFor = input.id = `bond-angle-${view}-${row}`;
        input.dataset.lmSuppressShortcuts = "true"; // else JupyterLab takes the arrow keys to fold headings
        if (Array.isArray(low)) low.forEach((option) => input.add(new Option(option.replace("-", "−"), option)));
        else Object.assign(input, { type: "range", min: low, max: high, step });
        input.addEventListener("input", () => set(trait, trait === "formula" ? input.value : Number(input.value)));
        return () => {
          input.value = model.get(trait);
          if (Array.isArray(low)) return;
          shown.textContent = model.get(trait).toFixed(digits) + unit;
          input.setAttribute("aria-valuetext", shown.textContent);
        };
      });
      const redraw = () => { draw(svg, model.get("picture")); answer.textContent = model.get("picture").text; };
      const sliders = () => refresh.forEach((one) => one());
      let held = false;
      svg.addEventListener("pointerdown", (event) => {
        held = event.target.closest(".atom") !== null;
        if (held) { svg.setPointerCapture(event.pointerId); event.preventDefault(); }
      });
      svg.addEventListener("pointermove", (event) => {
        if (!held) return;
        const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
        const turn = Math.atan2(Math.max(0, 210 - y), x - 140) * 180 / Math.PI;
        set("angle", Math.round(2 * turn) / 2);
      });
      for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, () => { held = false; });
      const moved = "change:angle change:zeta change:lambda_ change:power change:formula";
      model.on("change:picture", redraw);
      model.on(moved, sliders);
      redraw();
      sliders();
      return () => { model.off("change:picture", redraw); model.off(moved, sliders); };
    }
    export default { render };
    """
