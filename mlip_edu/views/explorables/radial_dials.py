"""Four atoms, the dials of two radial fingerprints, and one row of bars for each atom.

Python computes every number with :mod:`mlip_edu.fingerprints`; the JavaScript below only draws what it is given.
:func:`draw_radial` is the same picture in matplotlib.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import anywidget
import matplotlib.pyplot as plt
import numpy as np
import torch
import traitlets
from matplotlib.figure import Figure

from ...cutoffs import cosine_cutoff
from ...fingerprints.acsf import g2
from ...fingerprints.rann import RadialParameters, neighbour_terms
from ..html import BLUE, GREY, VERMILLION

CUTOFF, LENGTH_SCALE, WIDTH = 5.0, 2.35, 3.5  # Å: r_c, r_e and Δr
NAMES = "ABCD"
SQUARE = ((3.8, 3.8), (6.2, 3.8), (6.2, 6.2), (3.8, 6.2))  # Å
START = {"positions": SQUARE, "eta": 4.0, "shift": 2.4, "alpha": 2.0, "highest": 4}


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


class RadialDials(anywidget.AnyWidget):
    """The explorable: atoms to drag or to move with sliders, the dials η, R_s, α and n, bars for each atom."""

    positions = traitlets.List(default_value=[list(place) for place in SQUARE]).tag(sync=True)
    eta = traitlets.Float(START["eta"]).tag(sync=True)
    shift = traitlets.Float(START["shift"]).tag(sync=True)
    alpha = traitlets.Float(START["alpha"]).tag(sync=True)
    highest = traitlets.Int(START["highest"]).tag(sync=True)
    picture = traitlets.Dict().tag(sync=True)

    def __init__(self, **traits: Any):
        super().__init__(**traits)
        self.observe(self._compute, ["positions", "eta", "shift", "alpha", "highest"])
        self._compute()

    def __repr__(self) -> str:
        return "[explorable: run this cell in JupyterLab to turn its dials; the figure beside it stands still]"

    def _compute(self, change: Any = None) -> None:
        dials = {name: getattr(self, name) for name in ("eta", "shift", "alpha", "highest")}
        curves = weight_curves(**dials).tolist()
        self.picture = radial_dials(self.positions, **dials) | {"curves": curves, "cutoff": CUTOFF}

    _css = """
    .radial-dials { max-width: 780px; font-family: var(--jp-ui-font-family, sans-serif); font-size: 13px;
      color: var(--jp-ui-font-color1, currentColor); --behler: #d55e00; --rann: #0072b2; }
    .radial-dials svg { width: 100%; display: block; touch-action: none; border: 1px solid #999; }
    [data-jp-theme-light="false"] .radial-dials { --behler: #e69f00; --rann: #56b4e9; }
    .radial-dials .atom { cursor: grab; } .radial-dials .key { display: inline-block; width: 1.2em; height: 1em; }
    .radial-dials .controls { display: grid; grid-template-columns: max-content 1fr 5em; gap: 3px 10px;
      align-items: center; margin: 6px 0; }  .radial-dials input { width: 100%; accent-color: var(--rann); }
    .radial-dials select { width: max-content; font: inherit; }  .radial-dials .answer { font-weight: 600; }
    """

    _esm = """
    const SVG = "http://www.w3.org/2000/svg";
    const CONTROLS = [["x", "Its x", 0, 10, 0.1, 1, " Å"], ["y", "Its y", 0, 10, 0.1, 1, " Å"],
      ["eta", "Behler: η", 0, 12, 0.5, 1, " /Å²"], ["shift", "Behler: R_s", 1, 5, 0.1, 1, " Å"],
      ["alpha", "RANN: α", 0.5, 8, 0.25, 2, ""], ["highest", "RANN: n", 0, 6, 1, 0, ""]];
    let views = 0;

    function add(parent, tag, attributes, text) {
      const node = document.createElementNS(SVG, tag);
      for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
      node.textContent = text ?? "";
      return parent.appendChild(node);
    }

    function draw(svg, picture, chosen) {
      svg.replaceChildren();
      svg.setAttribute("viewBox", "0 0 780 330");
      const words = picture.rows.map((row, k) => `${"ABCD"[k]}: ` + row.map((value) => value.toFixed(2)).join(", "));
      svg.setAttribute("aria-label", `Four atoms and their features. ${picture.text} ${words.join(". ")}.`);
      const write = (x, y, text, more) => add(svg, "text", { x, y, fill: "currentColor", "font-size": 12,
        "text-anchor": "middle", ...more }, text);
      // the plane, 10 Å wide
      const scale = 27, X = (x) => 10 + scale * x, Y = (y) => 290 - scale * y;
      add(svg, "clipPath", { id: "plane" }).append(add(svg, "rect", { x: 10, y: 20, width: 270, height: 270 }));
      add(svg, "rect", { x: 10, y: 20, width: 270, height: 270, fill: "none", stroke: "currentColor" });
      const [cx, cy] = picture.positions[chosen];
      add(svg, "circle", { cx: X(cx), cy: Y(cy), r: scale * picture.cutoff, fill: "none", stroke: "currentColor",
        "stroke-dasharray": "2 5", "clip-path": "url(#plane)" });
      add(svg, "path", { d: `M${X(0.5)} ${Y(0.4)}h${2 * scale}`, stroke: "currentColor", "stroke-width": 3 });
      write(X(1.5), Y(0.75), "2 Å");
      write(145, 312, `dotted: cutoff of atom ${"ABCD"[chosen]}, 5 Å`);
      picture.positions.forEach(([x, y], k) => {
        const atom = add(svg, "g", { class: "atom", "data-atom": k });
        add(atom, "circle", { cx: X(x), cy: Y(y), r: 13, fill: "var(--jp-layout-color0, white)", stroke: "currentColor",
          "stroke-width": k === chosen ? 3.5 : 1.5 });
        add(atom, "text", { x: X(x), y: Y(y) + 5, "text-anchor": "middle", "font-weight": 700, fill: "currentColor" },
          "ABCD"[k]);
      });
      // one group of bars for each atom
      const top = Math.max(0.05, ...picture.rows.flat()), wide = 112, bar = wide / (picture.names.length + 1);
      write(540, 15, `features, no unit; the highest bar is ${top.toFixed(2)}`);
      picture.rows.forEach((row, k) => {
        const left = 305 + k * 118;
        add(svg, "path", { d: `M${left} 190h${wide - bar}`, stroke: "currentColor" });
        write(left + (wide - bar) / 2, 220, `atom ${"ABCD"[k]}`, { "font-weight": 700 });
        row.forEach((value, column) => {
          const height = 165 * value / top, x = left + column * bar;
          add(svg, "rect", { x, y: 190 - height, width: 0.8 * bar, height,
            fill: column ? "var(--rann)" : "none", stroke: column ? "none" : "var(--behler)", "stroke-width": 3 });
          write(x + 0.4 * bar, 203, picture.names[column].slice(-1), { "font-size": 11 });
        });
      });
      // what one neighbour adds
      const most = Math.max(1e-9, ...picture.curves.map((row) => row[1]));
      const tall = Math.max(1e-9, ...picture.curves.map((row) => row[2]));
      const R = (r) => 330 + 90 * (r - 1.5);
      const curve = (column, highest, stroke, dash) => add(svg, "path", { fill: "none", stroke, "stroke-width": 2.5,
        "stroke-dasharray": dash,
        d: "M" + picture.curves.map((row) => `${R(row[0])} ${300 - 62 * row[column] / highest}`).join("L") });
      curve(1, most, "var(--behler)", "none");
      curve(2, tall, "var(--rann)", "7 4");
      add(svg, "path", { d: `M${R(1.5)} 300H${R(5.5)}`, stroke: "currentColor" });
      for (const r of [2, 3, 4, 5]) write(R(r), 313, r, { "font-size": 11 });
      write(R(5.5) + 18, 313, "r (Å)");
      write(774, 246, "one neighbour at r adds", { "font-size": 11, "text-anchor": "end" });
    }

    function render({ model, el }) {
      const root = el.appendChild(document.createElement("div")), view = ++views;
      let chosen = 0;
      root.className = "radial-dials";
      const svg = add(root, "svg", { role: "img" });
      const [answer, legend, table] = ["p", "p", "div"].map((tag) => root.appendChild(document.createElement(tag)));
      [answer.className, answer.ariaLive] = ["answer", "polite"];
      legend.innerHTML = `<span class="key" style="border: 3px solid var(--behler)"></span> Behler's G2: open bar, full
        curve <span class="key" style="background: var(--rann)"></span> RANN's F₀ … Fₙ: filled bars; dashed curve: Fₙ
        (each curve drawn to its own height)<br>Drag an atom, or choose one and use the sliders.`;
      table.className = "controls";
      const row = (name, tag) => {
        const [label, input, shown] = ["label", tag, "output"].map((t) => table.appendChild(document.createElement(t)));
        label.textContent = name;
        label.htmlFor = input.id = `radial-dials-${view}-${table.children.length}`;
        input.dataset.lmSuppressShortcuts = "true"; // else JupyterLab takes the arrow keys to fold headings
        return [input, shown];
      };
      const [choice] = row("Atom to move", "select");
      [..."ABCD"].forEach((name) => choice.add(new Option(name)));
      const axis = { x: 0, y: 1 }, tenths = (x) => Math.round(10 * Math.min(10, Math.max(0, x))) / 10;
      const move = (place) => {
        model.set("positions", model.get("positions").map((old, k) => k === chosen ? place.map(tenths) : old));
        model.save_changes();
      };
      const refresh = CONTROLS.map(([trait, name, min, max, step, digits, unit]) => {
        const [input, shown] = row(name, "input");
        Object.assign(input, { type: "range", min, max, step });
        input.addEventListener("input", () => {
          if (trait in axis) {
            const place = [...model.get("positions")[chosen]];
            place[axis[trait]] = Number(input.value);
            move(place);
          } else { model.set(trait, Number(input.value)); model.save_changes(); }
        });
        return () => {
          const value = input.value = trait in axis ? model.get("positions")[chosen][axis[trait]] : model.get(trait);
          shown.textContent = value.toFixed(digits) + unit;
          input.setAttribute("aria-valuetext", shown.textContent);
        };
      });
      const redraw = () => { draw(svg, model.get("picture"), chosen); answer.textContent = model.get("picture").text; };
      const sliders = () => refresh.forEach((one) => one());
      const choose = (k) => { chosen = k; choice.selectedIndex = k; redraw(); sliders(); };
      choice.addEventListener("change", () => choose(choice.selectedIndex));
      let held = false;
      svg.addEventListener("pointerdown", (event) => {
        const atom = event.target.closest(".atom");
        held = atom !== null;
        if (held) { choose(Number(atom.dataset.atom)); svg.setPointerCapture(event.pointerId); event.preventDefault(); }
      });
      svg.addEventListener("pointermove", (event) => {
        const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
        if (held) move([(x - 10) / 27, (290 - y) / 27]);
      });
      for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, () => { held = false; });
      model.on("change:picture", redraw);
      const moved = "change:positions change:eta change:shift change:alpha change:highest";
      model.on(moved, sliders);
      choose(0);
      return () => { model.off("change:picture", redraw); model.off(moved, sliders); };
    }
    export default { render };
    """
