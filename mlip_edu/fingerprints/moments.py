"""Moment tensors: sums over pairs of neighbours without ever visiting a pair.

Because cos θ_jil = r̂_ij · r̂_il, a power of the cosine is a contraction of two tensors,

    cos^m θ_jil = (r̂_ij^{⊗m}) : (r̂_il^{⊗m}) = Σ_{a+b+c=m} m!/(a! b! c!) (x̂_j x̂_l)^a (ŷ_j ŷ_l)^b (ẑ_j ẑ_l)^c

and the double sum over neighbours factorises into the squared norm of one **moment tensor**,

    Σ_j Σ_l w_j w_l cos^m θ_jil = Σ_{a+b+c=m} m!/(a! b! c!) M_abc²,     M_abc = Σ_j w_j x̂_j^a ŷ_j^b ẑ_j^c

The cost grows with the number of neighbours, not of pairs. The same moments are the building blocks of
moment tensor potentials and of the atomic cluster expansion. The derivative needs no new sum either:

    ∂/∂x̂_j Σ_{a+b+c=m} m!/(a! b! c!) M_abc x̂_j^a ŷ_j^b ẑ_j^c
        = m Σ_{a+b+c=m−1} (m−1)!/(a! b! c!) M_{a+1,b,c} x̂_j^a ŷ_j^b ẑ_j^c

the same monomials one degree lower, with the next moment up.

===========================  ==================  ======================
symbol                       variable            shape
===========================  ==================  ======================
w_j (one for each decay q)   ``weights``         (edges, decays)
x̂^a ŷ^b ẑ^c                  ``basis``           (atoms, slots, monomials)
M_abc                        ``moments``         (atoms, decays, monomials)
===========================  ==================  ======================

Sources: Shapeev, Multiscale Model. Simul. 14, 1153 (2016), doi 10.1137/15M1054183; Drautz, Phys. Rev. B 99,
014104 (2019).
"""

from __future__ import annotations

from collections.abc import Sequence
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


def degree_slice(degree: int) -> slice:
    """Where the monomials of one degree stand: (d + 1)(d + 2)/2 of them after d(d + 1)(d + 2)/6 of lower degree."""
    first = degree * (degree + 1) * (degree + 2) // 6
    return slice(first, first + (degree + 1) * (degree + 2) // 2)


def monomials(unit: torch.Tensor, highest: int) -> torch.Tensor:
    """x̂^a ŷ^b ẑ^c of unit vectors (…, 3) for all :func:`exponents`, (…, monomials).

    Built degree by degree: those of degree d are x̂ times all of degree d − 1, ŷ times those without x̂,
    and ẑ times the last one, ẑ^{d−1}.
    """
    x, y, z = unit[..., 0:1], unit[..., 1:2], unit[..., 2:3]
    degrees = [torch.ones_like(x)]
    for degree in range(1, highest + 1):
        last = degrees[-1]
        degrees.append(torch.cat([x * last, y * last[..., -degree:], z * last[..., -1:]], dim=-1))
    return torch.cat(degrees, dim=-1)


@lru_cache
def _multinomials(n_cosines: int) -> torch.Tensor:
    """m!/(a! b! c!) in the row of (a, b, c) and the column of m, (monomials, cosines)."""
    table = torch.zeros(len(exponents(n_cosines - 1)), n_cosines, dtype=torch.float64)
    for row, (a, b, c) in enumerate(exponents(n_cosines - 1)):
        table[row, a + b + c] = factorial(a + b + c) / (factorial(a) * factorial(b) * factorial(c))
    return table


@lru_cache
def _raised(highest: int) -> torch.Tensor:
    """For every monomial of degree < highest, where x̂, ŷ and ẑ times it stand, (monomials, 3)."""
    row = {powers: k for k, powers in enumerate(exponents(highest))}
    lower = exponents(highest - 1)
    return torch.tensor([[row[a + 1, b, c], row[a, b + 1, c], row[a, b, c + 1]] for a, b, c in lower])


def _basis(edges: Edges, n_cosines: int) -> torch.Tensor:
    """The monomials of every neighbour's direction, (atoms, slots, monomials); an empty slot counts with weight 0."""
    return monomials(edges.table(edges.vector / edges.distance[:, None]), n_cosines - 1)


def cosine_power_sums(edges: Edges, left: torch.Tensor, right: torch.Tensor | None, n_cosines: int) -> torch.Tensor:
    """Σ_j Σ_l w_q(j) v_q(l) cos^m θ_jil for m = 0 … n_cosines − 1, (atoms, decays, cosines).

    ``left`` w and ``right`` v (edges, decays) are the neighbours' weights; ``right=None`` means v = w.
    """
    basis = _basis(edges, n_cosines)
    moments = edges.table(left).transpose(1, 2) @ basis
    others = moments if right is None else edges.table(right).transpose(1, 2) @ basis
    return (moments * others) @ _multinomials(n_cosines).to(moments)


def cosine_power_derivatives(
    edges: Edges, weight: torch.Tensor, slope: torch.Tensor, factors: Sequence[torch.Tensor], n_cosines: int
) -> torch.Tensor:
    """∂/∂r_ij of every :func:`cosine_power_sums`, (edges, 3, decays, cosines), in closed form.

    With M and N the moments of the two slots, in which a neighbour counts with the ``factors`` s and t (edges,),

        ∂/∂r_ij Σ_abc c_abc M_abc N_abc = Σ_abc c_abc (s_j N_abc + t_j M_abc) ∂/∂r_ij [w(r_ij) x̂^a ŷ^b ẑ^c]

    ``weight`` and ``slope`` are w and dw/dr, (edges, decays). One factor means that both slots are the same.
    """
    basis, unit = _basis(edges, n_cosines), edges.vector / edges.distance[:, None]
    moments = [edges.table(weight * factor[:, None]).transpose(1, 2) @ basis for factor in factors]
    counts, raised = _multinomials(n_cosines).to(basis), _raised(n_cosines).to(basis.device)
    shape = (len(unit), 3, weight.shape[1], n_cosines)
    result = unit.new_zeros(shape)
    for factor, other in zip(factors, reversed(moments), strict=True):
        times = (2 if len(factors) == 1 else 1) * factor[:, None]
        # degree 0: cos⁰ θ = 1 has no direction, only w changes
        result[..., 0] += unit[:, :, None] * (times * slope * other[:, :, 0][edges.centre])[:, None]
        for m in range(1, n_cosines):
            lower = degree_slice(m - 1)
            raised_moments = other[:, :, raised[lower]] * counts[lower, m - 1, None]  # (atoms, decays, monomials, 3)
            gradient = m * basis[:, :, lower] @ raised_moments.permute(0, 2, 3, 1).flatten(2)
            gradient = gradient.reshape(-1, 3, weight.shape[1])[edges.row]  # (edges, 3, decays)
            along = (unit[:, :, None] * gradient).sum(1)  # r̂·∇ of a form of degree m is m times the form
            radial = slope * along / m - weight * along / edges.distance[:, None]
            across = weight / edges.distance[:, None]
            result[..., m] += unit[:, :, None] * (times * radial)[:, None] + gradient * (times * across)[:, None]
    return result
