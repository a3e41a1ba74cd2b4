"""Explorables in a few lines: labelled dials, and a matplotlib figure that Python draws anew when one is turned.

    def draw(r_c, rule):
        …
        return figure, alt

    Dials(draw, r_c=Dial("Cutoff r_c", 3.0, 6.0, 0.1, start=5.0, unit="Å"), rule=Pick("Rule", ["hard", "smooth"]))

The dials are the browser's own sliders and lists: they have a name, answer to the keyboard, and need no mouse. ``draw``
is a plain function of their values; tests and the static figure beside the explorable call it directly.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import anywidget
import matplotlib.pyplot as plt
import traitlets
from matplotlib.figure import Figure

from ..errors import MlipEduError


@dataclass(frozen=True)
class Dial:
    """A slider named ``label`` from ``low`` to ``high`` in steps of ``step``, at first at ``start``, in ``unit``."""

    label: str
    low: float
    high: float
    step: float
    start: float
    unit: str = ""

    def __post_init__(self):
        if not (self.low <= self.start <= self.high and self.step > 0):
            raise MlipEduError(f"{self.label!r}: expected low ≤ start ≤ high and a step above 0; found {self}")


@dataclass(frozen=True)
class Pick:
    """A list named ``label`` with ``options`` to choose from; the first one to begin with."""

    label: str
    options: Sequence[str]

    @property
    def start(self) -> str:
        return self.options[0]


class Controls(anywidget.AnyWidget):
    """Dials without a picture: ``values`` maps their names to their values. Observe it."""

    controls = traitlets.List(traitlets.Dict()).tag(sync=True)
    values = traitlets.Dict().tag(sync=True)
    picture = traitlets.Bytes(b"").tag(sync=True)
    alt = traitlets.Unicode("").tag(sync=True)

    def __init__(self, **dials: Dial | Pick):
        controls = [{"name": name} | asdict(dial) for name, dial in dials.items()]
        super().__init__(controls=controls, values={name: dial.start for name, dial in dials.items()})

    def __repr__(self) -> str:
        return "[explorable: run this cell in JupyterLab to turn its dials; the figure beside it stands still]"

    _css = """
    .mlip-dials { max-width: 760px; font-family: var(--jp-ui-font-family, sans-serif); font-size: 13px;
      color: var(--jp-ui-font-color1, currentColor); }
    .mlip-dials img { max-width: 100%; background: white; display: block; }
    .mlip-dials .controls { display: grid; grid-template-columns: max-content 1fr 6em; gap: 3px 10px;
      align-items: center; margin: 6px 0; }
    .mlip-dials input { width: 100%; accent-color: #0072b2; }
    .mlip-dials select { width: max-content; font: inherit; }
    .mlip-dials .spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
    """

    _esm = """
    function dial(table, control, model, id) {
      const label = table.appendChild(document.createElement("label"));
      const input = table.appendChild(document.createElement(control.options ? "select" : "input"));
      const shown = table.appendChild(document.createElement("output"));
      label.textContent = control.label;
      label.htmlFor = input.id = id;
      input.dataset.lmSuppressShortcuts = "true"; // else JupyterLab takes the arrow keys to fold headings
      if (control.options) for (const option of control.options) input.add(new Option(option));
      else Object.assign(input, { type: "range", min: control.low, max: control.high, step: control.step });
      const digits = control.options ? 0 : (String(control.step).split(".")[1] ?? "").length;
      input.addEventListener("input", () => {
        const value = control.options ? input.value : Number(input.value);
        model.set("values", { ...model.get("values"), [control.name]: value });
        model.save_changes();
      });
      return () => {
        const value = model.get("values")[control.name];
        input.value = value;
        if (control.options) return;
        shown.textContent = `${value.toFixed(digits)} ${control.unit}`;
        input.setAttribute("aria-valuetext", shown.textContent);
      };
    }

    function render({ model, el }) {
      const root = el.appendChild(document.createElement("div")), view = Math.random().toString(36).slice(2);
      root.className = "mlip-dials";
      const image = root.appendChild(document.createElement("img"));
      image.alt = "";
      const spoken = root.appendChild(document.createElement("p"));
      spoken.className = "spoken";
      spoken.setAttribute("aria-live", "polite");
      const table = root.appendChild(document.createElement("div"));
      table.className = "controls";
      const dials = model.get("controls").map((control, row) => dial(table, control, model, `dial-${view}-${row}`));
      const turn = () => dials.forEach((one) => one());
      const redraw = () => {
        const bytes = model.get("picture");
        image.hidden = !bytes.byteLength;
        if (image.hidden) return;
        URL.revokeObjectURL(image.src);
        image.src = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
        image.alt = spoken.textContent = model.get("alt");
      };
      model.on("change:picture", redraw);
      model.on("change:values", turn);
      redraw();
      turn();
      return () => {
        model.off("change:picture", redraw);
        model.off("change:values", turn);
        URL.revokeObjectURL(image.src);
      };
    }
    export default { render };
    """


class Dials(Controls):
    """The explorable: ``draw(**values)`` returns a figure and its alternative text, again and again.

    Parameters
    ----------
    draw
        A function of the dials, by their names; returns a matplotlib figure and what it shows, in words.
    dials
        A :class:`Dial` or :class:`Pick` for each argument of ``draw``.
    """

    def __init__(self, draw: Callable[..., tuple[Figure, str]], **dials: Dial | Pick):
        super().__init__(**dials)
        self._draw = draw
        self.observe(self._compute, "values")
        self._compute()

    def _compute(self, change: Any = None) -> None:
        figure, alt = self._draw(**self.values)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=100, facecolor="white")
        plt.close(figure)
        with self.hold_sync():
            self.alt, self.picture = alt, buffer.getvalue()
