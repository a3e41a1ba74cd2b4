"""Moment tensors: products of neighbours' directions, summed first and contracted to numbers afterwards.

    M_{μ,ν} = Σ_j f_μ(r_ij) r_ij^{⊗ν},     r^{⊗ν} = r ⊗ r ⊗ … ⊗ r, a tensor with ν indices

M_{μ,0} counts neighbours, M_{μ,1} is a dipole, M_{μ,2} a tensor of inertia. A contraction sums over pairs of indices
until none is left, and does not change when the surroundings are turned. Its recipe is a symmetric matrix α of whole
numbers, as many rows as tensors: α_kl indices of tensor k meet indices of tensor l, α_kk = 0, ν_k = Σ_l α_kl; written
out as a sum over neighbours j₁, j₂, … it is a many-body function of all scalar products

    B_α = Σ_{j₁ j₂ …} Π_k f_{μ_k}(r_{j_k}) Π_{k<l} (r_{j_k} · r_{j_l})^{α_kl}

All products of contractions up to a level are taken, with lev M_{μ,ν} = 2 + kμ + ν for each tensor. The sum over
neighbours is done once a tensor, so that a five-body function costs no more neighbours than a pair function does.
The bond feature of RANN, Σ_jl cos^m θ w_j w_l, is the contraction of M_{μ,m} with itself for f_μ = w/r^m.

    f_μ(r) = T_μ(ξ) (1 − r/r_c)²/r_c^ν,     ξ = 2 (r − r_min)/(r_c − r_min) − 1

==========  =================  ============================================================================
symbol      variable           meaning
==========  =================  ============================================================================
T_μ         ``chebyshev``      Chebyshev polynomials, μ = 0 … n_radial − 1
μ, ν        ``(μ, z, ν)``      a tensor; z: the number of the neighbours' element, which counts like μ
α           ``bonds``          of a :class:`Contraction`, row after row of k < l
r_c, r_min  ``cutoff, r_min``  Å; r_c^ν makes the tensors numbers of one size
k           ``radial_cost``    1
==========  =================  ============================================================================

Sources: Shapeev, Multiscale Model. Simul. 14, 1153 (2016), doi 10.1137/15M1054183; the level: Novikov, Gubaev,
Podryabinkin & Shapeev, Mach. Learn.: Sci. Technol. 2, 025002 (2021), doi 10.1088/2632-2153/abc9fe. There the
f_μ are learned mixtures of Chebyshev polynomials, two or three serve, and k = 4 (k = 2 counts the degree of the
polynomials of the paper of 2016). Here they are given, the energy is linear in all that is learned, and what the f_μ
cannot learn takes more of them: k = 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations, product
from string import ascii_lowercase

import torch
from ase.data import atomic_numbers

from ..batch import Edges
from ..errors import MlipEduError
from .base import Fingerprint, check_symbols

Tensor = torch.Tensor
Moment = tuple[int, int, int]  # μ, z, ν
HIGHEST_LEVEL = 20


@dataclass(frozen=True, order=True)
class Contraction:
    """A number made of ``moments`` (μ, z, ν); ``bonds``: α_kl of their pairs (0, 1), (0, 2), …, (1, 2), …"""

    moments: tuple[Moment, ...]
    bonds: tuple[int, ...]

    @property
    def equation(self) -> str:
        """What ``einsum`` needs: ``abc,abc->a`` for M_{μ,2} : M_{μ,2}; a is the atom."""
        words, letters = ["a"] * len(self.moments), iter(ascii_lowercase[1:])
        for (k, m), count in zip(combinations(range(len(words)), 2), self.bonds, strict=True):
            shared = "".join(next(letters) for _ in range(count))
            words[k] += shared
            words[m] += shared
        return ",".join(words) + "->a"


def level_of(moment: Moment, radial_cost: int) -> int:
    """lev M_{μ,ν} = 2 + kμ + ν."""
    mu, _, nu = moment
    return 2 + radial_cost * mu + nu


def multisets(levels: Sequence[int], level: int, start: int = 0) -> Iterator[tuple[int, ...]]:
    """Choices of one or more things, each as often as one likes, of at most this ``level`` in all: their numbers."""
    for k in range(start, len(levels)):
        if levels[k] <= level:
            yield (k,)
            yield from ((k, *rest) for rest in multisets(levels, level - levels[k], k))


def pairings(ranks: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """All α with the row sums ν_k = ``ranks``: the numbers α_kl of the pairs (0, 1), (0, 2), …, (1, 2), …"""
    if len(ranks) == 1:
        yield from [()] if ranks[0] == 0 else []
        return
    first, *others = ranks
    for row in product(*(range(min(first, other) + 1) for other in others)):
        if sum(row) == first:
            rest = tuple(other - count for other, count in zip(others, row, strict=True))
            yield from ((*row, *below) for below in pairings(rest))


def connected(n_moments: int, bonds: Sequence[int]) -> bool:
    """Does every tensor hang together with the first? If not, the contraction is a product of two."""
    reached = {0}
    for _ in range(n_moments):
        for pair, count in zip(combinations(range(n_moments), 2), bonds, strict=True):
            if count and reached & set(pair):
                reached |= set(pair)
    return len(reached) == n_moments


def contractions(level: int, n_radial: int, n_kinds: int, radial_cost: int) -> list[Contraction]:
    """All connected contractions up to ``level``, each once whatever the order of its tensors, by level."""
    levels = {m: level_of(m, radial_cost) for m in product(range(n_radial), range(n_kinds), range(level - 1))}
    scalars = {Contraction((m,), ()) for m, own in levels.items() if own <= level and m[2] == 0}
    tensors = [m for m in levels if m[2] > 0]
    for chosen in multisets([levels[m] for m in tensors], level):
        own = tuple(tensors[k] for k in chosen)
        for bonds in pairings(tuple(nu for _, _, nu in own)):
            if connected(len(own), bonds):
                scalars.add(Contraction(own, least(own, bonds)))
    return sorted(scalars, key=lambda c: (sum(levels[m] for m in c.moments), c))


def least(moments: tuple[Moment, ...], bonds: tuple[int, ...]) -> tuple[int, ...]:
    """Of all α that differ by an exchange of equal tensors the first in order."""
    pairs = list(combinations(range(len(moments)), 2))
    alpha = {pair: count for pair, count in zip(pairs, bonds, strict=True)}
    alpha |= {(m, k): count for (k, m), count in alpha.items()}
    return min(
        tuple(alpha[order[k], order[m]] for k, m in pairs)
        for order in permutations(range(len(moments)))
        if all(moments[k] == moment for k, moment in zip(order, moments, strict=True))
    )


def moment_tensor(edges: Edges, radial: Tensor, rank: int, unit: float = 1.0) -> Tensor:
    """Σ_j f_μ(r_ij) (r_ij/unit)^{⊗ν} of ``radial`` (edges, functions) and ν = ``rank``: (atoms, functions, 3, …, 3)."""
    power = torch.ones_like(edges.vector[:, :1])
    for _ in range(rank):
        power = (power[:, :, None] * edges.vector[:, None] / unit).flatten(1)  # (edges, 3^ν)
    total = edges.table(radial).transpose(1, 2) @ edges.table(power)
    return total.view(*total.shape[:2], *(3,) * rank)


class MtpFingerprint(Fingerprint):
    """All contractions of moment tensors up to ``level``, and their products: 65 for level 10.

    Parameters
    ----------
    elements : chemical symbols; the moments of each neighbouring element are taken apart
    cutoff : r_c in Å
    level : the highest 2 + kμ + ν, summed over the tensors of a feature
    n_radial : μ < n_radial
    radial_cost : k
    r_min : where ξ = −1, in Å; about the shortest distance

    Raises
    ------
    MlipEduError
        A parameter is outside its range, or the elements are not different chemical symbols.
    """

    def __init__(
        self, elements: Sequence[str], cutoff: float, level: int = 10, n_radial: int = 9, radial_cost: int = 1,
        r_min: float = 1.5,
    ):  # fmt: skip
        super().__init__()
        check_symbols(*elements)
        if not elements or len(set(elements)) != len(elements):
            raise MlipEduError(f"moment tensors need different elements; found {list(elements)}")
        sizes = {"level": level, "n_radial": n_radial, "radial_cost": radial_cost}
        if not all(type(n) is int and 1 <= n <= HIGHEST_LEVEL for n in sizes.values()) or level < 2:
            raise MlipEduError(f"expected a level from 2 to {HIGHEST_LEVEL} and whole numbers up to it; found {sizes}")
        if not 0 <= r_min < cutoff < 100:
            raise MlipEduError(f"expected 0 ≤ r_min < cutoff < 100 Å; found {r_min} and {cutoff}")
        self.elements, self.cutoff, self.r_min = tuple(elements), float(cutoff), float(r_min)
        self.level, self.n_radial, self.radial_cost = level, n_radial, radial_cost
        self.scalars = contractions(level, n_radial, len(self.elements), radial_cost)
        levels = [sum(level_of(moment, radial_cost) for moment in scalar.moments) for scalar in self.scalars]
        self.products = sorted(multisets(levels, level), key=lambda chosen: (sum(levels[k] for k in chosen), chosen))

    def to_dict(self) -> dict:
        """A description in plain lists and numbers, for JSON."""
        numbers = {name: getattr(self, name) for name in ("cutoff", "level", "n_radial", "radial_cost", "r_min")}
        return {"elements": list(self.elements)} | numbers

    @classmethod
    def from_dict(cls, description: Mapping) -> MtpFingerprint:
        """The inverse of :meth:`to_dict`."""
        return cls(**description)

    def n_features(self, element: str) -> int:
        return len(self.products)

    def chebyshev(self, distance: Tensor) -> Tensor:
        """T_μ(ξ) (1 − r/r_c)², (edges, n_radial): T_{μ+1} = 2ξ T_μ − T_{μ−1}."""
        xi = 2 * (distance - self.r_min) / (self.cutoff - self.r_min) - 1
        values = [torch.ones_like(xi), xi]
        while len(values) < self.n_radial:
            values.append(2 * xi * values[-1] - values[-2])
        fade = (1 - distance / self.cutoff).clamp(min=0.0).square()
        return torch.stack(values[: self.n_radial], dim=1) * fade[:, None]

    def forward(self, edges: Edges) -> Tensor:
        """Features of every centre atom, (atoms, features)."""
        self.atoms_of(edges.species)  # refuses unknown elements
        radial, tensors = self.chebyshev(edges.distance), {}
        for z, element in enumerate(self.elements):
            own = radial * (edges.neighbour_species == atomic_numbers[element])[:, None]
            for nu in {nu for scalar in self.scalars for _, _, nu in scalar.moments}:
                moments = moment_tensor(edges, own, nu, self.cutoff)
                tensors |= {(mu, z, nu): moments[:, mu] for mu in range(self.n_radial)}
        scalars = [torch.einsum(c.equation, *(tensors[moment] for moment in c.moments)) for c in self.scalars]
        columns = [torch.stack([scalars[k] for k in chosen]).prod(0) for chosen in self.products]
        return torch.stack(columns, dim=1)
