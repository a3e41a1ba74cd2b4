"""The explorables of the walk, as the browser test finds them: one line each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Explorable:
    """``notebook`` begins with this number; ``root`` is the class of the explorable's outermost element, the ``nth`` of
    them in the notebook, ``picture`` what changes in it when an arrow key turns ``slider``.
    """

    name: str
    notebook: str
    root: str
    slider: str
    picture: str = "svg"  # "img" for Dials
    nth: int = 0
    limit: float = 60.0  # ms from key press to changed picture: 60 for the signature ones, 150 for Dials


EXPLORABLES = [
    Explorable("strained box", "01", "mlip-dials", "Stretch, all directions", picture="img", limit=150.0),
    Explorable("skewed box", "02", "skewed-box", "Tilt of b along x"),
    Explorable("cutoff pull", "03", "cutoff-pull", "Distance r"),
    Explorable("label grid", "04", "mlip-dials", "k-points in each direction", picture="img", limit=150.0),
    Explorable("radial dials", "05", "radial-dials", "RANN: α"),
    Explorable("bond angle", "06", "bond-angle", "Angle θ"),
    Explorable("atomic energies", "07", "atomic-energies", "Atom A along x"),
    Explorable("validation blocks", "08", "mlip-dials", "Length of a block", picture="img", limit=150.0),
    Explorable("throughput", "09", "mlip-dials", "Structures in a batch", picture="img", limit=150.0),
    Explorable("time step", "10", "mlip-dials", "Time step Δt", picture="img", limit=150.0),
    Explorable("property card", "11", "mlip-dials", "Bars end at", picture="img", limit=150.0),
    Explorable("melt comparer", "12", "mlip-dials", "Part of the runs used", picture="img", nth=1, limit=150.0),
    Explorable("linear fit", "13", "mlip-dials", "Ridge: log10 λ", picture="img", limit=150.0),
    Explorable("gaussian process", "14", "mlip-dials", "Length scale ℓ", picture="img", limit=150.0),
    Explorable("committee", "15", "query-committee", "Questions asked", picture="img", limit=150.0),
    Explorable("message reach", "16", "mlip-dials", "Layers", picture="img", limit=150.0),
    Explorable("turning vectors", "17", "mlip-dials", "Turn the atoms by", picture="img", limit=150.0),
    Explorable("formula front", "18", "mlip-dials", "Formula, the shortest first", picture="img", limit=150.0),
    Explorable("melt quench", "19", "mlip-dials", "Stage of the cooling", picture="img", limit=150.0),
]
