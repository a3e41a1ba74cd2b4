"""The property card of a potential: how far its properties are from the reference, and its energies of the phases.

The cards are computed in the notebook, from potentials trained there; here they are only drawn:
``Dials(draw, **dials)`` with ``draw, dials = property_cards(cards, reference)``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from ..colours import BLUE, GREY, VERMILLION
from ..panel import Dial, Pick

NOTHING = "nothing"


def relative_errors(card: Mapping[str, float], reference: Mapping[str, float]) -> dict[str, float]:
    """100 (value − reference)/reference for every property of the reference."""
    return {name: 100 * (card[name] - value) / value for name, value in reference.items()}


def property_cards(
    cards: Mapping[str, Mapping[str, Mapping]], reference: Mapping[str, Mapping]
) -> tuple[Callable[..., tuple[Figure, str]], dict[str, Dial | Pick]]:
    """The function that draws a card, and its dials.

    Parameters
    ----------
    cards
        For each potential ``properties`` (name with unit → value) and ``phases`` (name → energy above diamond, eV per
        atom).
    reference
        The same of the reference.
    """

    highest = max(energy for card in cards.values() for energy in card["phases"].values())

    def draw(potential: str, beside: str, widest: float) -> tuple[Figure, str]:
        figure = plt.figure(figsize=(7.6, 3.9))
        bars, ladder = figure.add_axes([0.15, 0.15, 0.4, 0.68]), figure.add_axes([0.68, 0.15, 0.3, 0.68])
        shown = [name for name in (potential, beside) if name != NOTHING]
        for row, (name, colour, hatch) in enumerate(zip(shown, (BLUE, VERMILLION), ("", "//"), strict=False)):
            errors = relative_errors(cards[name]["properties"], reference["properties"])
            _draw_bars(bars, errors, row, len(shown), widest, {"color": colour, "hatch": hatch, "label": name})
            marker = dict(marker="os"[row], color=colour, ls="", ms=7, mfc=("white", colour)[row])
            phases = cards[name]["phases"]
            ladder.plot([reference["phases"][phase] for phase in phases], list(phases.values()), **marker)
        names = list(reference["properties"])
        bars.set_yticks(np.arange(len(names)), names)
        bars.axvline(0, color="black", lw=0.8)
        bars.set(xlim=(-1.5 * widest, 1.5 * widest), ylim=(len(names) - 0.4, -0.6), xlabel="error (%)")
        figure.legend(*bars.get_legend_handles_labels(), loc="upper left", ncols=2, frameon=False)
        ladder.plot([0, 0.8], [0, 0.8], color=GREY, lw=1)
        ladder.set(xlabel="reference (eV/atom)", ylabel="energy above diamond (eV/atom)")
        ladder.set(xlim=(0, 1.15 * max(reference["phases"].values())), ylim=(-0.05, 1.08 * highest))
        ladder.set_title("phases", fontsize=10)
        return figure, _alt(cards[potential], reference, potential)

    dials = {
        "potential": Pick("Potential", list(cards)),
        "beside": Pick("Compare with", [NOTHING, *cards]),
        "widest": Dial("Bars end at", 5, 100, 5, start=40, unit="%"),
    }
    return draw, dials


def _draw_bars(
    axes: plt.Axes, errors: Mapping[str, float], row: int, rows: int, widest: float, look: Mapping[str, str]
) -> None:
    places = np.arange(len(errors)) + (row - (rows - 1) / 2) * 0.38
    values = np.array(list(errors.values()))
    cut = np.clip(values, -widest, widest)
    axes.barh(places, cut, 0.7 / rows, edgecolor="white", **look)
    for place, value, end in zip(places, values, cut, strict=True):
        text = f"{value:+.0f}" if abs(value) <= widest else f"{value:+.0f} →" if value > 0 else f"← {value:+.0f}"
        axes.text(end, place, f" {text} ", va="center", fontsize=8, ha="left" if value > 0 else "right")


def _alt(card: Mapping[str, Mapping], reference: Mapping[str, Mapping], name: str) -> str:
    errors = relative_errors(card["properties"], reference["properties"])
    listed = ", ".join(f"{what} {error:+.0f} %" for what, error in errors.items())
    worst = max(card["phases"], key=lambda phase: abs(card["phases"][phase] - reference["phases"][phase]))
    off = card["phases"][worst] - reference["phases"][worst]
    return f"Property card of {name}: {listed}. Of the phases {worst} is farthest off, by {off:+.2f} eV per atom."
