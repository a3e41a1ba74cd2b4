"""Explorables in a few lines: labelled dials, and a matplotlib figure that Python draws anew when one is turned.

    def draw(r_c, rule):
        …
        return figure, alt

    Dials(draw, r_c=Dial("Cutoff r_c", 3.0, 6.0, 0.1, start=5.0, unit="Å"), rule=Pick("Rule", ["hard", "smooth"]))

The dials are the browser's own sliders and lists: they have a name, answer to the keyboard, and need no mouse. ``draw``
is a plain function of their values; tests and the static figure beside the explorable call it directly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import traitlets
from matplotlib.figure import Figure

from .html import png
from .panel import Dial, Panel, Pick, script


class Controls(Panel):
    """Dials without a picture: ``values`` maps their names to their values. Observe it."""

    values = traitlets.Dict().tag(sync=True)
    picture = traitlets.Bytes(b"").tag(sync=True)
    alt = traitlets.Unicode("").tag(sync=True)
    _esm = script("dials")

    def __init__(self, **dials: Dial | Pick):
        places = {f"values.{name}": dial for name, dial in dials.items()}
        super().__init__(places, watched=["values"], values={name: dial.start for name, dial in dials.items()})


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
        self._draw = draw
        super().__init__(**dials)

    def _compute(self, change: Any = None) -> None:
        with plt.rc_context({"axes.titley": 1.0}):  # else matplotlib measures all ticks to place a title
            figure, alt = self._draw(**self.values)
        picture = png(figure, dpi=100, pil_kwargs={"compress_level": 1})  # little larger, packed much faster
        with self.hold_sync():
            self.alt, self.picture = alt, picture
