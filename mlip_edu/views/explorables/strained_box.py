"""A strained box of silicon: which bond stores how much energy, if bonds were springs, Morse or Lennard-Jones bonds.

:func:`draw_strained_box` draws it; the explorable is ``Dials(draw_strained_box, **DIALS)``.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from ..colours import BLUE, GREEN, VERMILLION
from ..panel import Dial, Pick
from ..viewer import box_edges

EDGE = 5.476  # Å: cubic cell of diamond silicon, PBE (data/silicon)
BOND = np.sqrt(3) / 4 * EDGE  # r0
STIFFNESS = 8.9  # eV/Å²: k, from the bulk modulus
DEPTH = 2.3  # eV: D, half of the energy that binds an atom, for each atom has four half bonds
LAWS = {"spring": (BLUE, "-"), "Morse": (GREEN, "--"), "Lennard-Jones": (VERMILLION, "-.")}
RIGHT = [0.6, 0.13, 0.38, 0.84]  # of the figure: where E(strain) stands
MOST = 1.5  # eV: where the colours of the bonds end
DIALS = {
    "stretch": Dial("Stretch, all directions", -12, 30, 1, start=0, unit="%"),
    "pull": Dial("Pull along z, same volume", -15, 15, 1, start=0, unit="%"),
    "shear": Dial("Shear, top to the right", -20, 20, 1, start=0, unit="%"),
    "law": Pick("The bonds are", list(LAWS)),
}


def stored_energy(r: np.ndarray, law: str) -> np.ndarray:
    """What a bond of length r stores: its energy above the minimum, in eV; r in Å.

        spring           ½ k (r − r0)²
        Morse            D (1 − exp(−α (r − r0)))²            α = √(k/2D)
        Lennard-Jones    ε ((r0/r)¹² − 2 (r0/r)⁶ + 1)         ε = k r0²/72

    All three have the minimum at r0 and the curvature k there.
    """
    if law == "spring":
        return STIFFNESS / 2 * (r - BOND) ** 2
    if law == "Morse":
        return DEPTH * (1 - np.exp(-np.sqrt(STIFFNESS / (2 * DEPTH)) * (r - BOND))) ** 2
    return STIFFNESS * BOND**2 / 72 * ((BOND / r) ** 6 - 1) ** 2


def deformation(stretch: float, pull: float, shear: float) -> np.ndarray:
    """The matrix (3, 3) that takes each place r (a row) to its strained place, r @ matrix; the strains in per cent.

    ``stretch`` lengthens everything, ``pull`` lengthens z and shortens x and y so that the volume stays, ``shear``
    moves the top (z) along x.
    """
    long = 1 + pull / 100
    return (1 + stretch / 100) * np.diag([long**-0.5, long**-0.5, long]) @ [[1, 0, 0], [0, 1, 0], [shear / 100, 0, 1]]


def bonds() -> np.ndarray:
    """The ends (16, 2, 3) in Å of the bonds of the cubic cell at rest: from its four inner atoms, four each."""
    inner = np.array([[1, 1, 1], [1, 3, 3], [3, 1, 3], [3, 3, 1]])
    arms = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    return np.array([[atom, atom - arm] for atom in inner for arm in arms]) * EDGE / 4


def bond_lengths(stretch: float, pull: float, shear: float) -> np.ndarray:
    """Lengths (16,) in Å of the bonds of the strained cell."""
    ends = bonds() @ deformation(stretch, pull, shear)
    return np.linalg.norm(ends[:, 1] - ends[:, 0], axis=-1)


def energy_per_atom(stretch: float, pull: float, shear: float, law: str) -> float:
    """What the bonds store, in eV an atom: 16 bonds, 8 atoms."""
    return stored_energy(bond_lengths(stretch, pull, shear), law).sum() / 8


def draw_strained_box(stretch: float, pull: float, shear: float, law: str) -> tuple[Figure, str]:
    """The cell with its bonds coloured by what they store, and the energy against the stretch; with alt text."""
    figure = plt.figure(figsize=(7.4, 3.9))  # places by hand: a layout that is computed takes twice as long
    box, bar, curve = (figure.add_axes(place) for place in ([0.02, 0.02, 0.5, 0.8], [0.1, 0.9, 0.3, 0.03], RIGHT))
    stored = stored_energy(bond_lengths(stretch, pull, shear), law)
    lines = _draw_box(box, deformation(stretch, pull, shear), stored)
    figure.colorbar(lines, cax=bar, orientation="horizontal", extend="max")
    bar.set_title("stored in a bond (eV); also its width", fontsize=10)
    stretches = np.arange(-12, 30.5, 0.5)
    lengths = bond_lengths(0, pull, shear) * (1 + stretches[:, None] / 100)
    for name, (colour, style) in LAWS.items():
        curve.plot(
            stretches,
            stored_energy(lengths, name).sum(1) / 8,
            style,
            color=colour,
            lw=3 if name == law else 1.3,
            label=name,
        )
    energy = energy_per_atom(stretch, pull, shear, law)
    mark = {"marker": "o" if energy < 4.85 else "^", "ls": "", "ms": 10, "mfc": "white", "mec": "black", "mew": 2}
    curve.plot(stretch, min(energy, 4.85), **mark, label=f"now: {energy:.2f} eV")
    curve.set(xlabel="stretch in all directions (%)", ylabel="stored energy (eV per atom)", ylim=(-0.15, 5))
    curve.legend(loc="upper left", bbox_to_anchor=(0.08, 1))
    alt = (
        f"Silicon's cubic cell with its 16 bonds as {law}s: stretch {stretch:g} %, pull {pull:g} %, shear {shear:g} %. "
        f"The bonds store from {stored.min():.2f} to {stored.max():.2f} eV each; together {energy:.2f} eV per atom."
    )
    return figure, alt.replace("Morses", "Morse bonds").replace("Joness", "Jones bonds")


def _draw_box(axes: plt.Axes, strain: np.ndarray, stored: np.ndarray) -> LineCollection:
    look = np.array([[1.0, 0.0], [0.42, 0.28], [0.0, 1.0]])  # x to the right, y into the page, z up
    axes.add_collection(LineCollection(EDGE * box_edges() @ strain @ look, colors="0.6", linewidths=0.8, zorder=0))
    ends = bonds() @ strain
    lines = LineCollection(ends @ look, cmap="viridis_r", clim=(0, MOST), linewidths=2 + 4 * np.minimum(stored, MOST))
    lines.set_array(stored)
    axes.add_collection(lines)
    places = np.unique(ends.reshape(-1, 3).round(6), axis=0)
    axes.scatter(*(places @ look).T, s=70, c="0.85", edgecolors="black", zorder=3)
    axes.plot([-1.5, -1.5 + BOND], [-1.2, -1.2], color="black", lw=2)
    axes.text(-1.5, -0.9, f"r₀ = {BOND:.2f} Å")
    axes.set(xlim=(-2, 12), ylim=(-1.6, 10.2), aspect="equal")
    axes.set_axis_off()
    return lines
