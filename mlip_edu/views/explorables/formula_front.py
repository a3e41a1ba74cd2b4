"""A Pareto front of formulas with the tree of the chosen one, and its curve beside the true one.

The fronts are found in the notebook by :func:`mlip_edu.learning.evolution.search`; here they are only drawn:
``Dials(draw, **dials)`` with ``draw, dials = formula_front(fronts, truth, 7)``.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from itertools import count

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from ...models.symbolic import Formula, Tree
from ..colours import BLUE, GREY, VERMILLION
from ..panel import Dial, Pick

SIGNS = {"+": "+", "-": "−", "*": "×", "exp": "exp"}
LOW, HIGH = 3.0, 8.0  # Å, the curve that is drawn
HEIGHTS = (-20.0, 40.0)  # meV


def written(tree: Tree, variable: str = "r") -> tuple[str, list]:
    """The tree as people write it: (label, children), for :func:`placed`."""
    if tree.name == "x":
        return variable, []
    if tree.name == "number":
        return f"{tree.value:.3g}", []
    label = f"( )^{int(tree.value)}" if tree.name == "power" else SIGNS[tree.name]
    return label, [written(child, variable) for child in tree.children]


def drawing(formula: Formula) -> tuple[str, list]:
    """The whole formula as one tree: a sum of terms, each with its number c_k."""
    terms = []
    for k, term in enumerate(formula.fingerprint.terms, start=1):
        angular = [written(term.angular, "cos θ")] if term.angular else []
        terms.append((f"c{k} ×", [written(term.radial), *angular]))
    return ("sum", terms)


def placed(tree: tuple[str, list]) -> list[tuple[float, int, str, int | None]]:
    """Every node as (x, depth, label, number of its parent): leaves side by side, parents above their middle."""
    nodes: list = []
    places = count()

    def put(node: tuple[str, list], depth: int, parent: int | None) -> float:
        label, children = node
        number = len(nodes)
        nodes.append(None)
        below = [put(child, depth + 1, number) for child in children]
        x = sum(below) / len(below) if below else float(next(places))
        nodes[number] = (x, depth, label, parent)
        return x

    put(tree, 0, None)
    return nodes


def pair_energy(formula: Formula, r: np.ndarray, neighbours: int) -> np.ndarray:
    """φ(r) = Σ_k c_k t_k(r) + 2 E_0/``neighbours`` in eV, r in Å: where all atoms have so many, each pair bears its
    share of E_0. Pair terms only, before f_c."""
    x = torch.from_numpy(r)
    terms = zip(formula.coefficients, formula.fingerprint.terms, strict=True)
    pairs = (c * term.radial(x).numpy() for c, term in terms if not term.angular)
    return sum(pairs, np.full_like(r, 2 * formula.reference_energy / neighbours))


def formula_front(
    fronts: Mapping[str, Sequence[Formula]], truth: Callable[[np.ndarray], np.ndarray], neighbours: int
) -> tuple[Callable[..., tuple[Figure, str]], dict[str, Dial | Pick]]:
    """The function that draws a front and one of its formulas, and its dials.

    Parameters
    ----------
    fronts
        Name (such as the number of generations) → formulas, the shortest first.
    truth
        The energy of a pair in eV as a function of r in Å, to compare with.
    neighbours
        Of every atom in the training data.
    """
    r = np.linspace(LOW, HIGH, 200)
    right = 1000 * truth(r)
    longest = max(formula.nodes for front in fronts.values() for formula in front)
    lowest = min(formula.loss for front in fronts.values() for formula in front)

    def draw(generations: str, place: float) -> tuple[Figure, str]:
        front = fronts[generations]
        formula = front[min(round(place), len(front)) - 1]
        curve = 1000 * pair_energy(formula, r, neighbours)
        figure = plt.figure(figsize=(8.8, 4.0))
        losses = figure.add_axes([0.085, 0.14, 0.255, 0.68])
        _draw_front(losses, front, formula, [f for f in fronts.values() if f is not front])
        losses.set(xlim=(0, longest + 1), ylim=(np.log10(lowest) - 0.6, 0.6))
        _draw_tree(figure.add_axes([0.36, 0.05, 0.3, 0.78]), placed(drawing(formula)))
        energies = figure.add_axes([0.735, 0.14, 0.255, 0.68])
        energies.plot(r, right, color=GREY, lw=4, label="true")
        energies.plot(r, np.clip(curve, -999, 999), "--", color=VERMILLION, label="formula")
        energies.set(xlim=(LOW, HIGH), ylim=HEIGHTS, xticks=(4, 6, 8), yticks=(-20, 0, 20, 40))
        energies.set(xlabel="r (Å)", ylabel="pair energy (meV)")
        energies.legend(loc="upper right", frameon=False)
        wrapped = textwrap.wrap(str(formula), 108, max_lines=2, placeholder=" …")
        figure.text(0.02, 0.985, "\n".join(wrapped), va="top", fontsize=9, family="monospace")
        off = np.abs(curve - right)[r > 3.2].max()
        return figure, (
            f"Front of {len(front)} formulas after {generations} generations. Chosen: {formula}; {formula.nodes} "
            f"nodes, loss {formula.loss:.1e}. Between 3.2 and {HIGH:g} Å its pair energy is up to {off:.2g} meV off "
            "the true one."
        )

    dials = {
        "generations": Pick("Generations", list(fronts)),
        "place": Dial("Formula, the shortest first", 1, max(map(len, fronts.values())), 1, start=1),
    }
    return draw, dials


def _draw_front(axes: plt.Axes, front: Sequence[Formula], chosen: Formula, others: Sequence[Sequence[Formula]]) -> None:
    rest = [f for other in others for f in other]
    axes.plot([f.nodes for f in rest], np.log10([f.loss for f in rest]), ".", color=GREY, ms=4)
    axes.plot([f.nodes for f in front], np.log10([f.loss for f in front]), "o-", color=BLUE, ms=5, lw=1)
    axes.plot([chosen.nodes], [np.log10(chosen.loss)], "s", ms=12, mfc="none", mec=VERMILLION, mew=2)
    axes.set_yticks(range(-9, 1, 3), ["1e-9", "1e-6", "1e-3", "1"])  # few ticks are drawn fast
    axes.set(xlabel="length (nodes)", ylabel="loss")


def _draw_tree(axes: plt.Axes, nodes: Sequence[tuple[float, int, str, int | None]]) -> None:
    size = 10 if len(nodes) < 14 else 8 if len(nodes) < 26 else 6.5
    branches = [[(nodes[up][0], -nodes[up][1]), (x, -depth)] for x, depth, _, up in nodes if up is not None]
    axes.add_collection(LineCollection(branches, colors=GREY, linewidths=1, zorder=1))
    for x, depth, label, _ in nodes:
        box = {"boxstyle": "round,pad=0.25", "fc": "white", "ec": GREY}
        axes.text(x, -depth, label, ha="center", va="center", fontsize=size, bbox=box, zorder=2)
    right, bottom = max(node[0] for node in nodes), max(node[1] for node in nodes)
    axes.set(xlim=(-0.6, max(right, 1) + 0.6), ylim=(-max(bottom, 3) - 0.5, 0.5))
    axes.set_axis_off()
