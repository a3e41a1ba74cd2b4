"""One atom of a crystal to slide, and the energy E_i with which every atom answers.

Python computes every number with a :class:`mlip_edu.Potential`; ``atomic_energies.js`` only draws what it is given.
:func:`draw_answers` is the same picture in matplotlib.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import traitlets
from matplotlib.figure import Figure

from ...batch import Batch
from ...models import Potential
from ...systems import AtomicSystem
from ..colours import BLUE, GREY, VERMILLION
from ..panel import Dial, Panel, script

LATTICE_CONSTANT = 5.476  # Å, of diamond at the level of theory of data/silicon
NAMES = "ABCDEFGHIJKLMNOP"
FARTHEST = 0.5  # Å: farther out no training structure looks like this
START = (0.3, 0.0, 0.0)  # Å
DIALS = {
    f"shift.{axis}": Dial(f"Atom A along {name}", -FARTHEST, FARTHEST, 0.05, start=START[axis], unit="Å")
    for axis, name in enumerate("xyz")
}


def crystal() -> AtomicSystem:
    """Two cubic cells of diamond on top of each other, 16 atoms; seen along y no atom hides another."""
    corners = np.array([[0, 0, 0], [0, 2, 2], [2, 0, 2], [2, 2, 0]])
    cell = np.concatenate([corners, corners + 1]) * LATTICE_CONSTANT / 4
    positions = np.concatenate([cell, cell + np.array([0, 0, LATTICE_CONSTANT])])
    return AtomicSystem(positions, LATTICE_CONSTANT * np.diag([1.0, 1.0, 2.0]), ["Si"] * 16)


def answers(potential: Potential, shift: Sequence[float]) -> dict[str, Any]:
    """What every atom says when atom A stands ``shift`` (3,), in Å, beside its site.

    Returns
    -------
    dict
        ``positions`` (atoms, 3) Å and ``cell``, its sides in Å; ``changes`` E_i − E_i(crystal) (atoms,) and their sum
        ``total``, eV; ``force`` on A and ``own``, the slope −∂E_A/∂r_A of A's own energy, (3,) eV/Å; ``reached``: is
        the atom, or an image of it, within the cutoff of A?; and a sentence, ``text``.
    """
    rest = crystal()
    positions = rest.positions.copy()
    positions[0] += shift
    moved = AtomicSystem(positions, rest.cell, rest.species)
    batch = Batch.from_systems([rest, moved], potential.cutoff)
    energy, gradient = potential.energy_and_edge_gradient(batch.edges())
    first = len(rest)  # the number of atom A of the moved crystal
    starts, ends = batch.centre == first, batch.neighbour == first
    own = gradient[starts].sum(0)
    force = own - gradient[ends].sum(0)
    changes = (energy[first:] - energy[:first]).numpy()
    reached = np.isin(np.arange(first), batch.neighbour[starts].numpy() - first)
    reached[0] = True
    text = f"The whole crystal: {changes.sum():+.3f} eV, of which atom A has {changes[0]:+.3f} eV. "
    text += f"{int((np.abs(changes) > 5e-4).sum())} of {first} atoms answer by half a meV or more. "
    text += f"Force on A: {float(force.norm()):.2f} eV/Å; its own energy alone would pull with {float(own.norm()):.2f}."
    return {
        "positions": positions.tolist(),
        "cell": np.diag(rest.cell).tolist(),
        "changes": changes.tolist(),
        "total": float(changes.sum()),
        "force": force.tolist(),
        "own": own.tolist(),
        "reached": reached.tolist(),
        "text": text,
    }


def draw_answers(potential: Potential, shift: Sequence[float]) -> tuple[Figure, str]:
    """The static picture of :func:`answers`, and its alternative text."""
    picture = answers(potential, shift)
    figure, (plane, chart) = plt.subplots(1, 2, figsize=(9, 4.4), layout="constrained", width_ratios=[1, 1.7])
    places, changes = np.array(picture["positions"])[:, [0, 2]], 1000 * np.array(picture["changes"])
    for name, place, reached in zip(NAMES, places, picture["reached"], strict=True):
        edge = VERMILLION if name == "A" else BLUE if reached else GREY
        plane.plot(*place, "o" if reached else "s", ms=15, mfc="white", mec=edge, mew=2)
        plane.annotate(name, place, ha="center", va="center", fontsize=8, weight="bold")
    drawn = min(0.5, 2.2 / max(1e-9, np.linalg.norm(picture["force"])))  # Å for 1 eV/Å
    for vector, colour, wide, label in (("force", VERMILLION, 7, "force on A"), ("own", "black", 2, "A's own energy")):
        end = places[0] + drawn * np.array(picture[vector])[[0, 2]]
        plane.plot([places[0, 0], end[0]], [places[0, 1], end[1]], color=colour, lw=wide, label=label)
    width, _, height = picture["cell"]
    plane.set(xlim=(-1.2, width), ylim=(-1.2, height), xlabel="x (Å)", ylabel="z (Å)", aspect="equal")
    plane.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize=8)
    colours = [VERMILLION, *[BLUE] * (len(changes) - 1)]
    chart.bar(list(NAMES), changes, color=colours, hatch=["//", *[""] * (len(changes) - 1)], ec="white")
    chart.axhline(0, color="black", lw=0.8)
    chart.set(xlabel="atom (left, a square: beyond the cutoff of A)", ylabel="$E_i$ − its crystal value (meV)")
    alt = f"Left, sixteen atoms of a crystal, A moved by {np.round(shift, 2).tolist()} Å; right, a bar for each. "
    return figure, alt + picture["text"]


class AtomicEnergies(Panel):
    """The explorable: atom A to drag or to move with three sliders, and a bar for each E_i."""

    shift = traitlets.List(traitlets.Float(), default_value=list(START)).tag(sync=True)
    picture = traitlets.Dict().tag(sync=True)
    invitation = "move the atom"
    _esm = script("atomic_energies")

    def __init__(self, potential: Potential, **traits: Any):
        self._potential = potential
        super().__init__(DIALS, watched=["shift"], **traits)

    def _compute(self, change: Any = None) -> None:
        self.picture = answers(self._potential, self.shift)
