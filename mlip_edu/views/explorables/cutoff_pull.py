"""One atom pulled away from another, through the cutoff: energy and force, cut hard or faded out.

The pair is argon with Lennard-Jones. Python computes every number; the JavaScript below only draws what it is given
and sends back what was moved. :func:`draw_cutoff` is the same picture in matplotlib.
"""

from __future__ import annotations

from typing import Any

import anywidget
import matplotlib.pyplot as plt
import numpy as np
import torch
import traitlets
from matplotlib.figure import Figure

from ...cutoffs import rann_cutoff, rann_cutoff_slope
from ..html import BLUE, GREY, VERMILLION

DEPTH, SIZE = 10.32, 3.405  # meV, Å: ε and σ of argon; A. Rahman, Phys. Rev. 136, A405 (1964)
NEAREST, FARTHEST = 3.3, 9.0  # Å
ENERGIES, FORCES = (-12.0, 6.0), (-30.0, 15.0)  # meV and meV/Å: what the panels show
RULES = ("hard", "smooth")
START = {"r": 4.6, "cutoff": 5.0, "width": 1.0, "rule": "hard"}


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


class CutoffPull(anywidget.AnyWidget):
    """The explorable: an atom to drag or to move by a slider, the cutoff, its width, and how it cuts."""

    r = traitlets.Float(START["r"]).tag(sync=True)
    cutoff = traitlets.Float(START["cutoff"]).tag(sync=True)
    width = traitlets.Float(START["width"]).tag(sync=True)
    rule = traitlets.Enum(RULES, START["rule"]).tag(sync=True)
    shapes = traitlets.Dict().tag(sync=True)
    picture = traitlets.Dict().tag(sync=True)

    def __init__(self, **traits: Any):
        super().__init__(**traits)
        self.observe(self._shape, ["cutoff", "width"])
        self.observe(self._compute, ["r", "cutoff", "width", "rule"])
        self._shape()
        self._compute()

    def __repr__(self) -> str:
        return "[explorable: run this cell in JupyterLab to pull the atom; the figure beside it stands still]"

    def _shape(self, change: Any = None) -> None:
        limits = {"x": [0.0, FARTHEST], "energy": ENERGIES, "force": FORCES}
        self.shapes = curves(self.cutoff, self.width) | {"limits": limits}

    def _compute(self, change: Any = None) -> None:
        now = self.r, self.cutoff, self.width, self.rule
        energy, force = (float(value) for value in pair(*now))
        self.picture = {"energy": energy, "force": force, "text": describe(*now)}

    _css = """
    .cutoff-pull { max-width: 760px; font-family: var(--jp-ui-font-family, sans-serif); font-size: 13px;
      color: var(--jp-ui-font-color1, currentColor); --hard: #d55e00; --smooth: #0072b2; }
    .cutoff-pull svg { width: 100%; display: block; touch-action: none; font-size: 13px;
      border: 1px solid var(--jp-border-color1, #999); background: var(--jp-layout-color0, transparent); }
    [data-jp-theme-light="false"] .cutoff-pull { --hard: #e69f00; --smooth: #56b4e9; }
    .cutoff-pull .atom { cursor: grab; }
    .cutoff-pull .key { display: inline-block; width: 2.5em; vertical-align: middle; margin-left: 0.6em; }
    .cutoff-pull .controls { display: grid; grid-template-columns: max-content 1fr 5em; gap: 3px 10px;
      align-items: center; margin: 6px 0; }
    .cutoff-pull input { width: 100%; accent-color: var(--smooth); }
    .cutoff-pull select { width: max-content; font: inherit; }
    .cutoff-pull .answer { font-weight: 600; min-height: 2.8em; margin: 4px 0; }
    """

    _esm = """
    const SVG = "http://www.w3.org/2000/svg", LEFT = 70, RIGHT = 740;
    const ROWS = { energy: [120, 280, "energy (meV)"], force: [300, 460, "force (meV/Å)"] };
    const CONTROLS = [["r", "Distance r", 3.3, 9, 0.02], ["cutoff", "Cutoff r_c", 4, 8, 0.1],
      ["width", "Fading shell Δr", 0.2, 3, 0.1], ["rule", "How it is cut", ["hard", "smooth"]]];
    let views = 0;

    function add(parent, tag, attributes, text) {
      const node = document.createElementNS(SVG, tag);
      for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
      if (text) node.textContent = text;
      return parent.appendChild(node);
    }

    function panel(svg, shapes, name, id, x, rule) {
      const [top, bottom, title] = ROWS[name], [low, high] = shapes.limits[name], row = name === "energy" ? 0 : 1;
      const y = (value) => bottom - (value - low) / (high - low) * (bottom - top);
      add(add(svg, "clipPath", { id }), "rect", { x: LEFT, y: top, width: RIGHT - LEFT, height: bottom - top });
      add(svg, "path", { d: `M${LEFT} ${top}H${RIGHT}V${bottom}H${LEFT}z`, fill: "none", stroke: "currentColor" });
      const step = name === "energy" ? 5 : 10;
      for (let tick = Math.ceil(low / step) * step; tick <= high; tick += step) {
        add(svg, "path", { d: `M${LEFT - 4} ${y(tick)}H${tick ? LEFT : RIGHT}`, stroke: "currentColor" });
        add(svg, "text", { x: LEFT - 8, y: y(tick) + 4, "text-anchor": "end", fill: "currentColor" }, String(tick));
      }
      const middle = (top + bottom) / 2;
      const turned = { x: 22, y: middle, transform: `rotate(-90 22 ${middle})` };
      add(svg, "text", { ...turned, "text-anchor": "middle", fill: "currentColor" }, title);
      const inner = add(svg, "g", { "clip-path": `url(#${id})`, fill: "none" });
      for (const [kind, dash] of [["hard", "9 5"], ["smooth", "none"]])
        [shapes.inside, shapes.outside].forEach((places, piece) => add(inner, "polyline", { stroke: `var(--${kind})`,
          points: places.map((r, k) => `${x(r)},${y(shapes[kind][piece][row][k])}`).join(" "),
          "stroke-width": kind === rule ? 4 : 1.6, "stroke-dasharray": dash }));
      return y;
    }

    function draw(svg, model, view) {
      const shapes = model.get("shapes"), picture = model.get("picture"), [left, right] = shapes.limits.x;
      const [r, cutoff, width, rule] = ["r", "cutoff", "width", "rule"].map((name) => model.get(name));
      const x = (value) => LEFT + (value - left) / (right - left) * (RIGHT - LEFT);
      svg.replaceChildren();
      svg.setAttribute("aria-label", `Two argon atoms, their energy and their force. ${picture.text}`);
      add(svg, "path", { d: `M${x(cutoff - width)} 6V460H${x(cutoff)}V6z`, fill: "currentColor", opacity: 0.12 });
      add(svg, "path", { d: `M${x(cutoff)} 6V460`, stroke: "currentColor", "stroke-dasharray": "2 4" });
      const ys = Object.keys(ROWS).map((name) => [name, panel(svg, shapes, name, `${view}-${name}`, x, rule)]);
      for (let tick = 0; tick <= right; tick++)
        add(svg, "text", { x: x(tick), y: 478, "text-anchor": "middle", fill: "currentColor" }, String(tick));
      add(svg, "text", { x: (LEFT + RIGHT) / 2, y: 498, "text-anchor": "middle", fill: "currentColor" },
        "distance r (Å)");
      add(svg, "path", { d: `M${x(r)} 86V460`, stroke: "currentColor", opacity: 0.5 });
      for (const [name, y] of ys) {
        const value = Math.min(Math.max(picture[name], shapes.limits[name][0]), shapes.limits[name][1]);
        add(svg, "circle", { cx: x(r), cy: y(value), r: 7, fill: "var(--jp-layout-color0, white)",
          stroke: "currentColor", "stroke-width": 3 });
      }
      const ink = { fill: "var(--jp-layout-color0, white)", stroke: "currentColor", "stroke-width": 3, cy: 56 };
      add(svg, "circle", { cx: x(0), r: 30, ...ink });
      const atom = add(svg, "g", { class: "atom" });
      add(atom, "circle", { cx: x(r), r: 30, ...ink });
      const arrow = Math.max(-70, Math.min(70, 12 * picture.force)), tip = x(r) + arrow, side = Math.sign(arrow) * 9;
      if (Math.abs(arrow) > 1) add(atom, "path", { d: `M${x(r)} 56H${tip}m${-side} -7l${side} 7l${-side} 7`,
        fill: "none", stroke: `var(--${rule})`, "stroke-width": 5 });
    }

    function render({ model, el }) {
      const root = el.appendChild(document.createElement("div")), view = `cutoff-pull-${Date.now()}-${++views}`;
      root.className = "cutoff-pull";
      const svg = add(root, "svg", { role: "img", viewBox: "0 0 760 506" });
      const answer = root.appendChild(document.createElement("p"));
      answer.className = "answer";
      answer.setAttribute("aria-live", "polite");
      const legend = root.appendChild(document.createElement("p"));
      legend.innerHTML = `<span class="key" style="border-top: 4px dashed var(--hard)"></span> hard
        <span class="key" style="border-top: 4px solid var(--smooth)"></span> smooth; the one in use is thick.
        Grey: the fading shell Δr, up to r_c (dotted). Arrow: the force. Drag the right atom, or use the sliders.`;
      const table = root.appendChild(document.createElement("div"));
      table.className = "controls";
      const refresh = CONTROLS.map(([trait, name, low, max, step]) => {
        const list = Array.isArray(low), label = table.appendChild(document.createElement("label"));
        const input = table.appendChild(document.createElement(list ? "select" : "input"));
        const shown = table.appendChild(document.createElement("output"));
        label.textContent = name;
        label.htmlFor = input.id = `${view}-${trait}`;
        input.dataset.lmSuppressShortcuts = "true"; // else JupyterLab takes the arrow keys to fold headings
        if (list) for (const option of low) input.add(new Option(option));
        else Object.assign(input, { type: "range", min: low, max, step });
        input.addEventListener("input", () => {
          model.set(trait, list ? input.value : Number(input.value));
          model.save_changes();
        });
        return () => {
          input.value = model.get(trait);
          if (list) return;
          shown.textContent = `${model.get(trait).toFixed(step < 0.1 ? 2 : 1)} Å`;
          input.setAttribute("aria-valuetext", shown.textContent);
        };
      });
      const redraw = () => { draw(svg, model, view); answer.textContent = model.get("picture").text; };
      const sliders = () => refresh.forEach((one) => one());
      let held = false;
      svg.addEventListener("pointerdown", (event) => {
        held = event.target.closest(".atom") !== null;
        if (held) { svg.setPointerCapture(event.pointerId); event.preventDefault(); }
      });
      svg.addEventListener("pointermove", (event) => {
        if (!held) return;
        const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
        const r = (place.x - LEFT) / (RIGHT - LEFT) * model.get("shapes").limits.x[1];
        model.set("r", Math.round(50 * Math.max(3.3, Math.min(9, r))) / 50);
        model.save_changes();
      });
      for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, () => { held = false; });
      const moved = "change:r change:cutoff change:width change:rule";
      model.on("change:picture change:shapes", redraw);
      model.on(moved, sliders);
      redraw();
      sliders();
      return () => { model.off("change:picture change:shapes", redraw); model.off(moved, sliders); };
    }
    export default { render };
    """
