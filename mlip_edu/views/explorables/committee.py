"""A committee of small networks on a curve: ask where they disagree, and find what none of them doubts.

Member m is a network with one hidden layer, drawn at random and left so; only its last layer is trained, by least
squares on the labels y at x:

    y_m(x) = w_m · h_m(x),     h_mk(x) = tanh(a_mk (x − b_mk)),     w_m = (HᵀH + λ²)⁻¹ Hᵀ y

The explorable is ``Query(draw_committee, **DIALS)``.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from ..colours import BLUE, GREY, VERMILLION
from ..dials import Dials
from ..panel import Dial, Pick, script

POCKET, WIDTH = 4.0, 0.07  # Å
HIDDEN, STEEPNESS, RIDGE = 30, 1.5, 0.01  # nodes, of a_mk in 1/Å, λ
GRID = np.linspace(0, 6, 241)
START = np.array([0.5, 1.0, 1.5, 2.0, 5.5])  # Å: labels to begin with
COMMITTEE, LOT, MOST = "where they disagree", "by lot", 15
DIALS = {
    "asked": Dial("Questions asked", 0, MOST, 1, start=0),
    "members": Dial("Members", 2, 12, 1, start=6),
    "way": Pick("Ask", [COMMITTEE, LOT]),
}


class Query(Dials):
    """Dials with a button that asks the next question."""

    _esm = script("committee")


def surface(x: np.ndarray) -> np.ndarray:
    """Energy in eV of an atom that is pulled along x (Å): a wave, a wide valley, and one narrow pocket."""
    x = np.asarray(x, float)
    return 0.5 * np.sin(1.4 * x) + 0.06 * (x - 3) ** 2 - 0.7 * np.exp(-(((x - POCKET) / WIDTH) ** 2))


def hidden(x: np.ndarray, members: int, seed: int = 0) -> np.ndarray:
    """h_m(x) of every member, (members, x, nodes + 1); the last is 1, for a constant."""
    generator = np.random.default_rng(seed)
    a = generator.normal(0, STEEPNESS, (64, 1, HIDDEN))[:members]
    b = generator.uniform(GRID[0], GRID[-1], (64, 1, HIDDEN))[:members]
    h = np.tanh(a * (np.asarray(x)[:, None] - b))
    return np.concatenate([h, np.ones((members, len(x), 1))], axis=2)


def train(x: np.ndarray, y: np.ndarray, members: int, seed: int = 0) -> np.ndarray:
    """w_m of every member, (members, nodes + 1)."""
    h = hidden(x, members, seed)
    normal = h.transpose(0, 2, 1) @ h + RIDGE**2 * np.eye(h.shape[2])
    return np.linalg.solve(normal, (h.transpose(0, 2, 1) @ y)[..., None])[..., 0]


def say(x: np.ndarray, weights: np.ndarray, seed: int = 0) -> np.ndarray:
    """y_m(x) of every member, (members, x), in eV."""
    return (hidden(x, len(weights), seed) @ weights[..., None])[..., 0]


def ask(asked: int, way: str, members: int, seed: int = 0) -> np.ndarray:
    """The places of all labels (Å) after so many questions; the seed is that of networks and lot."""
    places, lot = START, np.random.default_rng([seed, 1])
    for _ in range(asked):
        if way == LOT:
            following = lot.choice(GRID)
        else:
            said = say(GRID, train(places, surface(places), members, seed), seed)
            following = GRID[said.std(axis=0).argmax()]
        places = np.append(places, following)
    return places


def draw_committee(asked: int, members: int, way: str) -> tuple[Figure, str]:
    """What the members say, how far they disagree, and how far their mean is wrong; with alt text."""
    places = ask(asked, way, members)
    said = say(GRID, train(places, surface(places), members))
    mean, spread, error = said.mean(axis=0), said.std(axis=0, ddof=1), np.abs(said.mean(axis=0) - surface(GRID))
    figure = plt.figure(figsize=(7.6, 4.4))
    curve, below = figure.add_axes([0.1, 0.47, 0.87, 0.46]), figure.add_axes([0.1, 0.12, 0.87, 0.26])
    curve.plot(GRID, said.T, color=BLUE, lw=0.7, alpha=0.7)
    curve.plot(GRID, mean, color=BLUE, lw=2, label="members and their mean")
    curve.plot(GRID, surface(GRID), "--", color=GREY, label="the truth")
    curve.plot(places, surface(places), "o", color=VERMILLION, ms=6, label="labels")
    if asked:
        newest = places[-1:]
        curve.plot(newest, surface(newest), "o", ms=13, mfc="none", color=VERMILLION, label="the newest")
    curve.set(ylabel="energy (eV)", xlim=(0, 6), ylim=(-1.5, 1.8), xticklabels=[])
    curve.legend(loc="upper right", fontsize=8, ncols=2, frameon=False)
    worst = error.argmax()
    title = f"largest σ {spread.max():.2f} eV; largest error {error[worst]:.2f} eV, where σ is {spread[worst]:.2f} eV"
    curve.set_title(title, fontsize=9)
    below.plot(GRID, spread, color=BLUE, label="σ of the members")
    below.plot(GRID, error, "--", color="black", label="error of the mean")
    below.set(xlabel="x (Å)", ylabel="eV", yscale="log", xlim=(0, 6), ylim=(1e-4, 3))
    below.legend(loc="lower right", bbox_to_anchor=(1, 0.96), fontsize=8, ncols=2, frameon=False)
    alt = (
        f"{members} networks that learnt {len(places)} labels of a curve with a narrow pocket at {POCKET:g} Å, asked "
        f"{way}. The {title}."
    )
    return figure, alt
