"""Formulas found by evolution: potentials short enough to be read, grown as expression trees.

    E = Σ_i ( E_0 + Σ_k c_k D_ik )

    D_ik = ½ Σ_j t_k(r_ij) f_c(r_ij)                                           a pair term
    D_ik = Σ_{j<l} t_k(r_ij) f_c(r_ij) t_k(r_il) f_c(r_il) g_k(cos θ_jil)        a three-body term

The t_k and g_k are trees: numbers and the variable at the leaves, +, −, ·, exp and whole powers above them. Evolution
(:mod:`mlip_edu.learning.evolution`) changes the trees; for given trees the best c_k and E_0 follow from
a linear least-squares problem, so that evolution need not find them. Every formula is a feature table with a linear
model behind it: a :class:`~mlip_edu.models.potential.Potential` like any other.

========  ======================  ==========================================================
symbol    variable                meaning
========  ======================  ==========================================================
t_k, g_k  ``radial, angular``     trees of r in Å, and of cos θ
c_k       ``coefficients``        eV
E_0       ``reference_energy``    eV an atom
f_c       ``rann_cutoff``         1 up to r_c − Δr, 0 from r_c on (``cutoff``, ``width`` in Å)
========  ======================  ==========================================================

Sources: Koza, Stat. Comput. 4, 87 (1994), doi 10.1007/BF00175355; linear coefficients: Keijzer, EuroGP 2003, 70, doi
10.1007/3-540-36599-0_7; potentials: Hernandez et al., npj Comput. Mater. 5, 112 (2019), doi 10.1038/s41524-019-0249-1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ..batch import Edges
from ..cutoffs import rann_cutoff
from ..errors import MlipEduError
from ..fingerprints import Fingerprint
from ..fingerprints.base import check_symbols
from .networks import AtomicNetwork
from .potential import Potential

Tensor = torch.Tensor
CHILDREN = {"x": 0, "number": 0, "power": 1, "exp": 1, "+": 2, "-": 2, "*": 2}
POWERS = (*range(-12, 0), 2, 3, 4)


@dataclass(frozen=True)
class Tree:
    """A node and what hangs on it; ``value`` is the number of a ``"number"`` and the exponent of a ``"power"``."""

    name: str
    children: tuple[Tree, ...] = ()
    value: float = 0.0

    def __call__(self, x: Tensor) -> Tensor:
        """The value of the formula at every x."""
        if self.name == "x":
            return x
        if self.name == "number":
            return torch.full_like(x, self.value)
        arguments = [child(x) for child in self.children]
        if self.name == "power":
            return arguments[0] ** int(self.value)
        if self.name == "exp":
            return arguments[0].exp()
        first, second = arguments
        return {"+": torch.add, "-": torch.sub, "*": torch.mul}[self.name](first, second)

    def text(self, variable: str = "r") -> str:
        """As people and LAMMPS read it: ``(exp(((-1.5)*r))*r^(-6))``."""
        inner = [child.text(variable) for child in self.children]
        if self.name == "x":
            return variable
        if self.name == "number":
            return f"({self.value!r})"
        if self.name == "power":
            base = f"({inner[0]})" if self.children[0].name == "power" else inner[0]  # a^b^c has two readings
            return f"{base}^({int(self.value)})"
        return f"exp({inner[0]})" if self.name == "exp" else f"({self.name.join(inner)})"

    @property
    def nodes(self) -> int:
        return 1 + sum(child.nodes for child in self.children)

    def to_list(self) -> list:
        """Nested lists [name, value, children …], for JSON."""
        return [self.name, self.value, *(child.to_list() for child in self.children)]

    @classmethod
    def from_list(cls, content: list) -> Tree:
        """Back from :meth:`to_list`; ``MlipEduError`` if it is no tree."""
        name, value, *children = content if isinstance(content, list) and len(content) > 1 else (None, 0)
        whole = name != "power" or (isinstance(value, float | int) and value in POWERS)
        if len(children) != CHILDREN.get(name, -1) or not whole or not math.isfinite(value):
            raise MlipEduError(f"expected a tree of {', '.join(CHILDREN)}; found {str(content)[:60]}")
        return cls(name, tuple(cls.from_list(child) for child in children), float(value))


@dataclass(frozen=True)
class Term:
    """One D_ik: ``angular`` is None for a pair term."""

    radial: Tree
    angular: Tree | None = None

    @property
    def nodes(self) -> int:
        return self.radial.nodes + (self.angular.nodes if self.angular else 0)

    def __call__(self, edges: Edges, fade: Tensor) -> Tensor:
        """D_ik (atoms,); ``fade`` is f_c(r_ij), (edges,).

        A g_k with a pole at cos θ = 0 or 1 gives nan, whatever the angles: empty slots stand at 0, and j = l at 1.
        """
        radial = self.radial(edges.distance) * fade
        if self.angular is None:
            return 0.5 * edges.sum(radial)
        table, unit = edges.table(radial), edges.unit_table
        different = 1 - torch.eye(edges.n_slots, dtype=fade.dtype, device=fade.device)  # l ≠ j
        cosine = torch.einsum("caj,cal->ajl", unit, unit)
        return 0.5 * (table[:, :, None] * table[:, None, :] * different * self.angular(cosine)).sum((1, 2))


class FormulaFingerprint(Fingerprint):
    """The terms of a formula as features D_ik, (atoms, terms), for one element.

    Raises
    ------
    MlipEduError
        No terms, or a cutoff and a width that do not satisfy 0 < Δr ≤ r_c.
    """

    def __init__(self, element: str, cutoff: float, width: float, terms: Sequence[Term]):
        super().__init__()
        check_symbols(element)
        if not terms or not 0 < width <= cutoff < 100:
            raise MlipEduError(f"expected terms and 0 < width ≤ cutoff; found {len(terms)} terms, {width}, {cutoff}")
        self.elements, self.cutoff, self.width, self.terms = (element,), float(cutoff), float(width), tuple(terms)

    def n_features(self, element: str) -> int:
        return len(self.terms)

    def forward(self, edges: Edges) -> Tensor:
        self.atoms_of(edges.species)  # refuses other elements
        fade = rann_cutoff(edges.distance, self.cutoff, self.width)
        return torch.stack([term(edges, fade) for term in self.terms], dim=1)

    def to_dict(self) -> dict:
        """A description in plain lists and numbers, for JSON."""
        terms = [[t.radial.to_list(), t.angular and t.angular.to_list()] for t in self.terms]
        return {"element": self.elements[0], "cutoff": self.cutoff, "width": self.width, "terms": terms}

    @classmethod
    def from_dict(cls, description: dict) -> FormulaFingerprint:
        """Back from :meth:`to_dict`."""
        read = [Term(Tree.from_list(t), g and Tree.from_list(g)) for t, g in description["terms"]]
        return cls(**{**description, "terms": read})


@dataclass(frozen=True, eq=False)
class Formula:
    """A fitted formula: its terms, c_k and E_0, and the root mean square of its training errors.

    ``energy_error`` in eV/atom, ``force_error`` in eV/Å; ``loss``: see :mod:`mlip_edu.learning.evolution`.
    """

    fingerprint: FormulaFingerprint
    coefficients: np.ndarray
    reference_energy: float
    energy_error: float
    force_error: float
    loss: float

    @property
    def nodes(self) -> int:
        return sum(term.nodes for term in self.fingerprint.terms)

    def __str__(self) -> str:
        """Σ_k c_k t_k(r), or t_k(r) t_k(r2) g_k(cosθ), to six digits; f_c and E_0 are left out."""
        terms = zip(self.coefficients, self.fingerprint.terms, strict=True)
        return " + ".join(
            f"{c:.6g} * {t.radial.text()}" + (f" {t.radial.text('r2')} {t.angular.text('cosθ')}" if t.angular else "")
            for c, t in terms
        )

    def potential(self) -> Potential:
        """The formula as a potential: predicts, runs, is saved like any other."""
        network = AtomicNetwork((len(self.coefficients), 1), "linear")
        network.weights[0].data[0] = torch.from_numpy(self.coefficients)
        network.reference_energy = self.reference_energy
        return Potential(self.fingerprint, {self.fingerprint.elements[0]: network})

    def lepton(self) -> str:
        """φ(r) = Σ_k c_k t_k(r) f_c(r) for LAMMPS, which leaves E_0 out:

            pair_style lepton CUTOFF
            pair_coeff * * "THIS"

        Raises
        ------
        MlipEduError
            A three-body term: ``pair_style lepton`` has none.
        """
        cutoff, width, terms = self.fingerprint.cutoff, self.fingerprint.width, self.fingerprint.terms
        if any(term.angular for term in terms):
            raise MlipEduError("pair_style lepton takes pair terms only; run a three-body formula in fix external")
        total = "+".join(f"({c!r})*{t.radial.text()}" for c, t in zip(self.coefficients.tolist(), terms, strict=True))
        return f"({total})*(1-(1-max(0,min(1,({cutoff!r}-r)/{width!r})))^4)^2"
