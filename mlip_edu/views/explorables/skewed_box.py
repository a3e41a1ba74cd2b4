"""Two atoms in a box that leans: the image that rounding finds, and the one that is nearest.

Python computes every number with :mod:`mlip_edu.geometry`; the JavaScript below only draws what it is given and
sends back what was moved. :func:`draw_pair` is the same picture in matplotlib.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import anywidget
import matplotlib.pyplot as plt
import numpy as np
import traitlets
from matplotlib.figure import Figure

from ...geometry import image_shifts, nearest_image
from ..html import BLUE, GREY, VERMILLION

EDGE, HEIGHT = 10.0, 8.0  # Å: the edge a, and how high the edge b rises
WIDTH_SHOWN, HEIGHT_SHOWN = 36.0, 20.0  # Å: the window around the middle of the box
START = {"tilt": 6.0, "atom_a": (0.2, 0.25), "atom_b": (0.65, 0.6)}


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


class SkewedBox(anywidget.AnyWidget):
    """The explorable: sliders for the tilt and both atoms, and two atoms to drag."""

    tilt = traitlets.Float(START["tilt"]).tag(sync=True)
    atom_a = traitlets.List(traitlets.Float(), default_value=list(START["atom_a"])).tag(sync=True)
    atom_b = traitlets.List(traitlets.Float(), default_value=list(START["atom_b"])).tag(sync=True)
    picture = traitlets.Dict().tag(sync=True)

    def __init__(self, **traits: Any):
        super().__init__(**traits)
        self.on_msg(self._dragged)
        self.observe(self._compute, ["tilt", "atom_a", "atom_b"])
        self._compute()

    def __repr__(self) -> str:
        return "[explorable: run this cell in JupyterLab to move the atoms; the figure beside it stands still]"

    def _compute(self, change: Any = None) -> None:
        pair = skewed_pair(self.tilt, self.atom_a, self.atom_b)
        self.picture = pair | {"copies": copies(pair["cell"]), "window": [WIDTH_SHOWN, HEIGHT_SHOWN]}

    def _dragged(self, widget: Any, message: dict, buffers: Any) -> None:
        """The pointer has taken an atom to (x, y) in Å: wrap it into the box, on the grid of the sliders."""
        place = np.array([message["x"], message["y"]], float)
        hundredths = np.round(100 * place @ np.linalg.inv(np.array(self.picture["cell"]))) % 100
        setattr(self, "atom_a" if message["atom"] == "a" else "atom_b", (hundredths / 100).tolist())

    _css = """
    .skewed-box { max-width: 760px; font-family: var(--jp-ui-font-family, sans-serif); font-size: 13px;
      color: var(--jp-ui-font-color1, currentColor); --rounded: #d55e00; --nearest: #0072b2; }
    .skewed-box svg { width: 100%; display: block; touch-action: none;
      border: 1px solid var(--jp-border-color1, #999); background: var(--jp-layout-color0, transparent); }
    [data-jp-theme-light="false"] .skewed-box { --rounded: #e69f00; --nearest: #56b4e9; }
    .skewed-box .atom { cursor: grab; }
    .skewed-box .key { display: inline-block; width: 2.5em; vertical-align: middle; margin-left: 0.6em; }
    .skewed-box .controls { display: grid; grid-template-columns: max-content 1fr 5em; gap: 3px 10px;
      align-items: center; margin: 6px 0; }
    .skewed-box input { width: 100%; accent-color: var(--nearest); }
    .skewed-box .answer { font-weight: 600; min-height: 1.4em; margin: 4px 0; }
    """

    _esm = """
    const SVG = "http://www.w3.org/2000/svg";
    const CONTROLS = [["tilt", null, "Tilt of b along x", -10, 10, 0.5, " Å"],
      ["atom_a", 0, "Atom A, fraction of a", 0, 0.99, 0.01, ""],
      ["atom_a", 1, "Atom A, fraction of b", 0, 0.99, 0.01, ""],
      ["atom_b", 0, "Atom B, fraction of a", 0, 0.99, 0.01, ""],
      ["atom_b", 1, "Atom B, fraction of b", 0, 0.99, 0.01, ""]];
    let views = 0;

    function add(parent, tag, attributes, text) {
      const node = document.createElementNS(SVG, tag);
      for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
      if (text) node.textContent = text;
      return parent.appendChild(node);
    }

    function draw(svg, picture) {
      const [width, height] = picture.window, [[ax], [bx, by]] = picture.cell, [x0, y0] = picture.a;
      svg.replaceChildren();
      svg.setAttribute("viewBox", `${(ax + bx - width) / 2} ${-(by + height) / 2} ${width} ${height}`);
      svg.setAttribute("aria-label", `Two atoms A and B in a leaning periodic box. ${picture.text}`);
      const world = add(svg, "g", { transform: "scale(1,-1)" });
      const box = (x, y, more) => add(world, "path", { fill: "none", stroke: "currentColor", ...more,
        d: `M${x} ${y}l${ax} 0l${bx} ${by}l${-ax} 0z` });
      const square = (x, y, half, more) => add(world, "rect", { x: x - half, y: y - half, width: 2 * half,
        height: 2 * half, ...more });
      for (const [x, y] of picture.copies) {
        box(x, y, { "stroke-width": 0.03, opacity: 0.5 });
        add(world, "circle", { cx: x0 + x, cy: y0 + y, r: 0.22, fill: "currentColor", opacity: 0.5 });
        square(picture.b[0] + x, picture.b[1] + y, 0.25,
          { fill: "none", stroke: "currentColor", "stroke-width": 0.06 });
      }
      box(0, 0, { "stroke-width": 0.12 });
      add(world, "circle", { cx: x0, cy: y0, r: picture.rounded_length, fill: "none", stroke: "var(--rounded)",
        "stroke-width": 0.06, "stroke-dasharray": "0.08 0.22" });
      for (const [name, dash] of [["rounded", "0.5 0.3"], ["nearest", "none"]]) {
        const [x, y] = [x0 + picture[name][0], y0 + picture[name][1]], colour = `var(--${name})`;
        add(world, "line", { x1: x0, y1: y0, x2: x, y2: y, stroke: colour, "stroke-width": 0.2,
          "stroke-dasharray": dash });
        if (name === "nearest") square(x, y, 0.36, { fill: colour });
        else square(x, y, 0.75, { fill: "none", stroke: colour, "stroke-width": 0.14 });
      }
      for (const [name, [x, y]] of [["a", picture.a], ["b", picture.b]]) {
        const atom = add(svg, "g", { class: "atom", "data-atom": name });
        const ink = { fill: "var(--jp-layout-color0, white)", stroke: "currentColor", "stroke-width": 0.12 };
        if (name === "a") add(atom, "circle", { cx: x, cy: -y, r: 0.62, ...ink });
        else add(atom, "rect", { x: x - 0.55, y: -y - 0.55, width: 1.1, height: 1.1, ...ink });
        add(atom, "text", { x, y: -y + 0.32, "text-anchor": "middle", "font-size": 0.9, "font-weight": 700,
          fill: "currentColor" }, name.toUpperCase());
      }
    }

    function render({ model, el }) {
      const root = el.appendChild(document.createElement("div")), view = ++views;
      root.className = "skewed-box";
      const svg = add(root, "svg", { role: "img" });
      const answer = root.appendChild(document.createElement("p"));
      answer.className = "answer";
      answer.setAttribute("aria-live", "polite");
      const legend = root.appendChild(document.createElement("p"));
      legend.innerHTML = `<span class="key" style="border-top: 4px dashed var(--rounded)"></span> image by rounding
        (open square) <span class="key" style="border-top: 4px solid var(--nearest)"></span> nearest image (filled
        square) <span class="key" style="border-top: 2px dotted var(--rounded)"></span> all inside is nearer than
        rounding's answer<br>Drag A or B, or use the sliders.`;
      const table = root.appendChild(document.createElement("div"));
      table.className = "controls";
      const refresh = CONTROLS.map(([trait, index, name, min, max, step, unit], row) => {
        const label = table.appendChild(document.createElement("label"));
        const input = table.appendChild(document.createElement("input"));
        const shown = table.appendChild(document.createElement("output"));
        label.textContent = name;
        label.htmlFor = input.id = `skewed-box-${view}-${row}`;
        Object.assign(input, { type: "range", min, max, step });
        input.dataset.lmSuppressShortcuts = "true"; // else JupyterLab takes the arrow keys to fold headings
        input.addEventListener("input", () => {
          const value = index === null ? Number(input.value) : [...model.get(trait)];
          if (index !== null) value[index] = Number(input.value);
          model.set(trait, value);
          model.save_changes();
        });
        return () => {
          const value = index === null ? model.get(trait) : model.get(trait)[index];
          input.value = value;
          shown.textContent = value.toFixed(index === null ? 1 : 2) + unit;
          input.setAttribute("aria-valuetext", shown.textContent);
        };
      });
      const redraw = () => { draw(svg, model.get("picture")); answer.textContent = model.get("picture").text; };
      const sliders = () => refresh.forEach((one) => one());
      let held = null;
      svg.addEventListener("pointerdown", (event) => {
        held = event.target.closest(".atom")?.dataset.atom ?? null;
        if (held) { svg.setPointerCapture(event.pointerId); event.preventDefault(); }
      });
      svg.addEventListener("pointermove", (event) => {
        if (!held) return;
        const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
        model.send({ atom: held, x: place.x, y: -place.y });
      });
      for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, () => { held = null; });
      model.on("change:picture", redraw);
      const moved = "change:tilt change:atom_a change:atom_b";
      model.on(moved, sliders);
      redraw();
      sliders();
      return () => { model.off("change:picture", redraw); model.off(moved, sliders); };
    }
    export default { render };
    """
