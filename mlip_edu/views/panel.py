"""What all explorables have in common: a picture, a sentence that says what it shows, and controls with names.

Python computes every number; a script in the browser only draws what it is given and sends back what was moved. What
the scripts share is in ``explorables/panel.js`` and ``panel.css``; ``explorables/NAME.js`` holds the picture of NAME.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from ..errors import MlipEduError

SCRIPTS = Path(__file__).with_name("explorables")


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
    options: Sequence[str | int]

    @property
    def start(self) -> str | int:
        return self.options[0]


def script(name: str) -> str:
    """The script of the explorable ``name`` behind the one that all share: the browser takes one module."""
    return "\n".join((SCRIPTS / f"{part}.js").read_text(encoding="utf-8") for part in ("panel", name))


class Panel(anywidget.AnyWidget):
    """An explorable without its picture.

    A subclass has ``_esm = script(NAME)``, a trait ``picture``, and a trait for every number that can be moved.

    Parameters
    ----------
    dials
        A :class:`Dial` or :class:`Pick` for each trait, by its name; ``"shift.2"`` is the third number of ``shift``.
    watched
        Traits that call :meth:`_compute` when they change.
    traits
        Where they begin, if not at their defaults.
    """

    controls = traitlets.List(traitlets.Dict()).tag(sync=True)
    invitation = "turn its dials"
    _css = (SCRIPTS / "panel.css").read_text(encoding="utf-8")

    def __init__(self, dials: Mapping[str, Dial | Pick], watched: Sequence[str], **traits: Any):
        super().__init__(controls=[{"name": name} | asdict(dial) for name, dial in dials.items()], **traits)
        self.observe(self._compute, list(watched))
        self._compute()

    def __repr__(self) -> str:
        return f"[explorable: run this cell in JupyterLab to {self.invitation}; the figure beside it stands still]"

    def _compute(self, change: Any = None) -> None:
        """Compute ``picture`` from the other traits."""
