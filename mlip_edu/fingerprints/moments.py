"""Moment tensors: sums over pairs of neighbours without ever visiting a pair.

Because cos θ_jil = r̂_ij · r̂_il, a power of the cosine is a contraction of two tensors,

    cos^m θ_jil = (r̂_ij^{⊗m}) : (r̂_il^{⊗m}) = Σ_{a+b+c=m} m!/(a! b! c!) (x̂_j x̂_l)^a (ŷ_j ŷ_l)^b (ẑ_j ẑ_l)^c

and the double sum over neighbours factorises into the squared norm of one **moment tensor**,

    Σ_j Σ_l w_j w_l cos^m θ_jil = Σ_{a+b+c=m} m!/(a! b! c!) M_abc²,     M_abc = Σ_j w_j x̂_j^a ŷ_j^b ẑ_j^c

The cost grows with the number of neighbours, not of pairs. The same moments are the building blocks of
moment tensor potentials and of the atomic cluster expansion.

===========================  ==================  ======================
symbol                       variable            shape
===========================  ==================  ======================
w_j (one for each decay q)   ``weights``         (edges, decays)
x̂^a ŷ^b ẑ^c                  ``monomials``       (edges, monomials)
M_abc                        ``moments``         (atoms, decays, monomials)
===========================  ==================  ======================

Sources: Shapeev, Multiscale Model. Simul. 14, 1153 (2016), doi 10.1137/15M1054183; Drautz, Phys. Rev. B 99,
014104 (2019).
"""

from __future__ import annotations

from functools import lru_cache
from math import factorial

import torch

from ..batch import Edges

Exponents = tuple[tuple[int, int, int], ...]


@lru_cache
def exponents(highest: int) -> Exponents:
    """All (a, b, c) with a + b + c ≤ highest, by degree and within a degree with a falling, then b."""
    return tuple(
        (a, b, degree - a - b)
        for degree in range(highest + 1)
        for a in range(degree, -1, -1)
        for b in range(degree - a, -1, -1)
    )


def monomials(unit: torch.Tensor, highest: int) -> torch.Tensor:
    """x̂^a ŷ^b ẑ^c of unit vectors (edges, 3) for all :func:`exponents`, (edges, monomials).

    Built degree by degree: those of degree d are x̂ times all of degree d − 1, ŷ times those without x̂,
    and ẑ times the last one, ẑ^{d−1}.
    """
    x, y, z = unit[:, 0:1], unit[:, 1:2], unit[:, 2:3]
    degrees = [torch.ones_like(x)]
    for degree in range(1, highest + 1):
        last = degrees[-1]
        degrees.append(torch.cat([x * last, y * last[:, -degree:], z * last[:, -1:]], dim=1))
    return torch.cat(degrees, dim=1)


@lru_cache
def _multinomials(n_cosines: int) -> torch.Tensor:
    """m!/(a! b! c!) in the row of (a, b, c) and the column of m, (monomials, cosines)."""
    table = torch.zeros(len(exponents(n_cosines - 1)), n_cosines, dtype=torch.float64)
    for row, (a, b, c) in enumerate(exponents(n_cosines - 1)):
        table[row, a + b + c] = factorial(a + b + c) / (factorial(a) * factorial(b) * factorial(c))
    return table


def cosine_power_sums(edges: Edges, left: torch.Tensor, right: torch.Tensor | None, n_cosines: int) -> torch.Tensor:
    """Σ_j Σ_l w_q(j) v_q(l) cos^m θ_jil for m = 0 … n_cosines − 1, (atoms, decays, cosines).

    ``left`` w and ``right`` v (edges, decays) are the neighbours' weights; ``right=None`` means v = w.
    """
    unit = edges.vector / edges.distance[:, None]
    basis = monomials(unit, n_cosines - 1)
    moments = edges.outer_sum(left, basis)
    others = moments if right is None else edges.outer_sum(right, basis)
    return (moments * others) @ _multinomials(n_cosines).to(moments)
