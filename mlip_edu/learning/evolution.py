"""Genetic programming: formulas that fit are changed, exchange branches, and the short and the good go on.

One generation:

1. parents are the best of four drawn by lot, by ln L + 0.02 · nodes: half the error is worth 35 nodes;
2. children: a branch of one tree replaced by a random one or by a branch of another formula, a number changed a
   little, a power exchanged, a term dropped, added, or taken from another formula;
3. each child gets the best c_k and E_0 by linear least squares on energies and forces, and with them its loss

       L² = ⟨(Δe)²⟩/s_e² + ⟨(ΔF)²⟩/s_F²,     e = E/atoms,

   s_e and s_F the standard deviations of the labels, or 1 eV and 1 eV/Å where these do not vary: L is near √2 for a
   formula that says nothing;
4. the best children go on, and of the old the best of every number of nodes, among which is the Pareto front.

Sources: see :mod:`mlip_edu.models.symbolic`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from tqdm import tqdm

from ..batch import Batch
from ..cutoffs import rann_cutoff
from ..errors import TrainingError
from ..models.potential import forces_and_virial
from ..models.symbolic import CHILDREN, POWERS, Formula, FormulaFingerprint, Term, Tree
from ..systems import AtomicSystem

LARGEST = 12  # nodes of a tree that was changed
PARSIMONY = 0.02  # of ln L, a node
ROUNDING = 1e-10  # smaller losses are not better
OFTEN = (0.1, 0.1, 0.35, 0.15, 0.1, 0.05, 0.15)  # how often a random node is each of CHILDREN
X = Tree("x")


def search(
    systems: Sequence[AtomicSystem],
    cutoff: float,
    width: float = 1.0,
    three_body: bool = False,
    generations: int = 60,
    population: int = 100,
    most_terms: int = 3,
    seed: int = 0,
    progress: bool = True,
) -> list[Formula]:
    """The Pareto front of formulas for systems of one element with energies and forces: the shortest first.

    Parameters
    ----------
    systems
        Labelled systems of one element.
    cutoff, width
        r_c and Δr of f_c in Å.
    three_body
        Terms may also have a tree of cos θ.
    generations, population, most_terms
        How long, how many formulas at a time, of at most so many terms.
    seed
        Of everything random: the same seed finds the same formulas.

    Returns
    -------
    list of Formula
        Each has a smaller loss than all before it. Where every atom of the systems has as many neighbours, a constant
        pair energy and E_0 say the same: such terms may cancel, and mean nothing elsewhere.

    Raises
    ------
    TrainingError
        Systems without energies or forces, or of several elements; nothing to evolve; no two atoms within r_c.
    MlipEduError
        Not 0 < Δr ≤ r_c.
    """
    breeder = Breeder(np.random.default_rng(seed), three_body, most_terms)
    judge = Judge(systems, cutoff, width)
    if generations < 1 or population < 4 or most_terms < 1:
        message = "expected generations ≥ 1, population ≥ 4 and most_terms ≥ 1"
        raise TrainingError(f"{message}; found {generations}, {population} and {most_terms}")
    living: list[Formula] = []
    front: dict[int, Formula] = {}
    bar = tqdm(range(generations), "evolution", disable=not progress, unit="generation")
    for _ in bar:
        # the first generation is drawn by lot
        terms = breeder.children(living, population) if living else (breeder.formula() for _ in range(population))
        children = [formula for formula in map(judge, terms) if formula]
        for formula in children:
            if formula.nodes not in front or formula.loss < front[formula.nodes].loss:
                front[formula.nodes] = formula
        # parents die, unless they are the best of their length: else all soon descend from one
        everyone = {f.fingerprint.terms: f for f in (*children, *front.values())}
        living = sorted(everyone.values(), key=fitness)[:population]
        bar.set_postfix(loss=f"{min((f.loss for f in living), default=np.inf):.2e}", refresh=False)
    if not front:
        raise TrainingError(f"no formula has a value here: is the cutoff of {cutoff} Å larger than the distances?")
    ordered = [front[n] for n in sorted(front)]
    return [f for k, f in enumerate(ordered) if all(f.loss < before.loss for before in ordered[:k])]


def fitness(formula: Formula) -> float:
    """ln L + 0.02 · nodes: small is good."""
    return np.log(formula.loss) + PARSIMONY * formula.nodes


class Judge:
    """Fits and judges formulas on labelled systems; what a term says of them is computed once."""

    def __init__(self, systems: Sequence[AtomicSystem], cutoff: float, width: float):
        elements = {str(e) for system in systems for e in system.species}
        if len(elements) != 1 or any(s.energy is None or s.forces is None for s in systems):
            raise TrainingError(
                f"expected systems of one element with energies and forces; found elements {sorted(elements)} and "
                f"{sum(s.energy is None or s.forces is None for s in systems)} of {len(systems)} without these labels"
            )
        self.element, self.cutoff, self.width = elements.pop(), cutoff, width
        FormulaFingerprint(self.element, cutoff, width, [Term(X)])  # refuses a width that does not fit
        self.batch = Batch.from_systems(systems, cutoff)
        self.n_atoms = np.array([len(system) for system in systems], dtype=float)
        energy = np.array([s.energy for s in systems]) / self.n_atoms
        forces = np.concatenate([s.forces for s in systems]).ravel()
        # every row is divided so that the sum of squared errors is L²; labels that do not vary keep their unit
        self.units = [(np.std(y) if np.std(y) > 1e-6 else 1.0) * np.sqrt(len(y)) for y in (energy, forces)]
        self.labels = self._rows(energy, forces)
        self.known: dict[Term, np.ndarray | None] = {None: self._rows(np.ones_like(energy), 0 * forces)}

    def _rows(self, energy: np.ndarray, forces: np.ndarray) -> np.ndarray:
        return np.concatenate([energy / self.units[0], forces / self.units[1]])

    def column(self, term: Term) -> np.ndarray | None:
        """Energies and forces of a term with c_k = 1, (rows,); None if they are not finite, nearly zero, or huge."""
        if term not in self.known:
            edges = self.batch.edges()
            edges = replace(edges, vector=edges.vector.detach().requires_grad_())
            atomic = term(edges, rann_cutoff(edges.distance, self.cutoff, self.width))
            known = None
            if atomic.requires_grad and torch.isfinite(atomic).all():
                gradient = torch.autograd.grad(atomic.sum(), edges.vector)[0]
                forces, _ = forces_and_virial(self.batch, edges.vector.detach(), gradient)
                energy = self.batch.per_system(atomic.detach()).numpy() / self.n_atoms
                known = self._rows(energy, forces.numpy().ravel())
            size = np.inf if known is None else np.abs(known).max()
            self.known[term] = known if 1e-8 < size < 1e8 else None
        return self.known[term]

    def __call__(self, terms: tuple[Term, ...]) -> Formula | None:
        """The formula of these terms with its best coefficients; None if it has none."""
        columns = [self.column(term) for term in (*terms, None)]
        if any(column is None for column in columns):
            return None
        table = np.stack(columns, axis=1)
        sizes = np.linalg.norm(table, axis=0)
        scaled, *_ = np.linalg.lstsq(table / sizes, self.labels, rcond=1e-10)
        error = table @ (scaled / sizes) - self.labels
        n = len(self.n_atoms)
        energy, forces = (float(np.linalg.norm(e)) for e in (error[:n], error[n:]))
        return Formula(
            FormulaFingerprint(self.element, self.cutoff, self.width, terms),
            (scaled / sizes)[:-1],
            float((scaled / sizes)[-1]),
            energy_error=energy * self.units[0] / np.sqrt(n),
            force_error=forces * self.units[1] / np.sqrt(len(error) - n),
            loss=max(float(np.hypot(energy, forces)), ROUNDING),
        )


class Breeder:
    """Makes terms: new ones, and children of old ones."""

    def __init__(self, generator: np.random.Generator, three_body: bool, most_terms: int):
        self.random, self.three_body, self.most_terms = generator, three_body, most_terms

    def tree(self, depth: int = 3) -> Tree:
        """A random tree of x, of this depth at most."""
        kind = self.random.choice(list(CHILDREN), p=OFTEN)
        if depth == 0 or kind in ("x", "number"):
            return X if kind != "number" else Tree("number", value=round(float(self.random.normal(0, 2)), 3))
        if kind == "power":
            return Tree("power", (self.tree(0 if self.random.random() < 0.7 else depth - 1),), self.power())
        return Tree(kind, tuple(self.tree(depth - 1) for _ in range(CHILDREN[kind])))

    def power(self) -> float:
        return float(self.random.choice(POWERS))

    def term(self) -> Term:
        """A random term."""
        return Term(self.tree(), self.tree(2) if self.three_body and self.random.random() < 0.5 else None)

    def formula(self) -> tuple[Term, ...]:
        return tuple(self.term() for _ in range(self.random.integers(1, self.most_terms + 1)))

    def children(self, living: Sequence[Formula], count: int) -> Iterator[tuple[Term, ...]]:
        """``count`` formulas: a tenth new, the others changed ones; parents are the fittest of four drawn by lot."""
        for _ in range(count // 10):
            yield self.formula()  # a newcomer
        for _ in range(count - count // 10):
            first, second = (
                min((living[k] for k in self.random.integers(len(living), size=4)), key=fitness).fingerprint.terms
                for _ in range(2)
            )
            yield self.child(list(first), second)

    def child(self, terms: list[Term], other: Sequence[Term]) -> tuple[Term, ...]:
        """A formula with one change; ``other`` is what branches and terms are taken from."""
        way, place = self.random.random(), self.random.integers(len(terms))
        if way < 0.1 and len(terms) > 1:
            del terms[place]
        elif way < 0.3:
            new = other[self.random.integers(len(other))] if way < 0.2 else self.term()
            if len(terms) < self.most_terms:
                terms.append(new)
            else:
                terms[place] = new
        else:
            donor = other[self.random.integers(len(other))]
            name = "angular" if terms[place].angular and self.random.random() < 0.5 else "radial"
            branch = getattr(donor, name) or self.tree(2)
            tree = self.changed(getattr(terms[place], name), branch)
            if tree.nodes <= LARGEST:
                terms[place] = replace(terms[place], **{name: tree})
        return tuple(dict.fromkeys(terms))  # each term once

    def changed(self, tree: Tree, donor: Tree) -> Tree:
        """The tree with one node, drawn by lot, changed or replaced."""
        if tree.children and self.random.random() > 1 / tree.nodes:
            k = self.random.integers(len(tree.children))
            children = [self.changed(c, donor) if i == k else c for i, c in enumerate(tree.children)]
            return replace(tree, children=tuple(children))
        way = self.random.random()
        if tree.name == "number" and way < 0.7:
            return replace(
                tree, value=float(tree.value * np.exp(0.3 * self.random.normal()) + 0.02 * self.random.normal())
            )
        if tree.name == "power" and way < 0.7:
            return replace(tree, value=self.power())
        if way < 0.85:
            nodes = list(_nodes(donor))
            return nodes[self.random.integers(len(nodes))]
        return self.tree(2)


def _nodes(tree: Tree) -> Iterator[Tree]:
    yield tree
    for child in tree.children:
        yield from _nodes(child)
