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

Every atom has as many *slots* as the most crowded one has neighbours; an empty slot counts with weight 0.

===========================  ==================  ==========================
symbol                       variable            shape
===========================  ==================  ==========================
r̂_j                          ``unit``            (3, atoms, slots)
w_j (one for each decay q)   ``weights``         (decays, atoms, slots)
x̂^a ŷ^b ẑ^c                  ``basis``           (monomials, atoms, slots)
M_abc                        ``moments``         (atoms, decays, monomials)
===========================  ==================  ==========================

Sources: Shapeev, Multiscale Model. Simul. 14, 1153 (2016), doi 10.1137/15M1054183; Drautz, Phys. Rev. B 99,
014104 (2019).
"""

from __future__ import annotations

from functools import lru_cache
from math import factorial

import torch

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
    """x̂^a ŷ^b ẑ^c of unit vectors (3, …) for all :func:`exponents`, (monomials, …).

    Built degree by degree: those of degree d are x̂ times all of degree d − 1, ŷ times those without x̂,
    and ẑ times the last one, ẑ^{d−1}.
    """
    x, y, z = unit
    degrees = [torch.ones_like(unit[:1])]
    for degree in range(1, highest + 1):
        last = degrees[-1]
        degrees.append(torch.cat([x * last, y * last[-degree:], z * last[-1:]]))
    return torch.cat(degrees)


@lru_cache
def _multinomials(n_cosines: int) -> torch.Tensor:
    """m!/(a! b! c!) in the row of (a, b, c) and the column of m, (monomials, cosines)."""
    table = torch.zeros(len(exponents(n_cosines - 1)), n_cosines, dtype=torch.float64)
    for row, (a, b, c) in enumerate(exponents(n_cosines - 1)):
        table[row, a + b + c] = factorial(a + b + c) / (factorial(a) * factorial(b) * factorial(c))
    return table


@lru_cache
def _raised(highest: int) -> tuple[torch.Tensor, torch.Tensor]:
    """For every monomial of degree < highest: where x̂, ŷ and ẑ times it stand, and a + 1, b + 1, c + 1; (3, monomials).

    ∂/∂x̂ of the first is a + 1 times the monomial itself.
    """
    row = {powers: k for k, powers in enumerate(exponents(highest))}
    lower = exponents(highest - 1)
    rows = [[row[a + 1, b, c] for a, b, c in lower], [row[a, b + 1, c] for a, b, c in lower],
            [row[a, b, c + 1] for a, b, c in lower]]  # fmt: skip
    return torch.tensor(rows), torch.tensor(lower, dtype=torch.float64).T + 1


def cosine_power_sums(unit: torch.Tensor, left: torch.Tensor, right: torch.Tensor | None, n_cosines: int):
    """Σ_j Σ_l w_q(j) v_q(l) cos^m θ_jil for m = 0 … n_cosines − 1, (atoms, decays, cosines), and its pullback.

    ``left`` w and ``right`` v (decays, atoms, slots) are the neighbours' weights; ``right=None`` means v = w.

    The pullback takes s = ∂E/∂sum (atoms, decays, cosines) to ∂E/∂w and ∂E/∂v (one table or two, each (decays,
    atoms, slots)) and to the share of each decay in ∂E/∂r̂_j (3, decays, atoms, slots). With the moments M and N,

        ∂E/∂w_j = Σ_abc P_abc x̂^a ŷ^b ẑ^c,     ∂E/∂r̂_j = w_j ∂/∂r̂_j Σ_abc P_abc x̂^a ŷ^b ẑ^c,
        P_abc = s_m m!/(a! b! c!) N_abc,  m = a + b + c

    and the same with w ↔ v and N → M; for v = w twice the first.
    """
    basis = monomials(unit, n_cosines - 1)
    counts = _multinomials(n_cosines).to(basis)
    moments = left.transpose(0, 1) @ basis.permute(1, 2, 0)
    others = moments if right is None else right.transpose(0, 1) @ basis.permute(1, 2, 0)

    def pullback(slopes: torch.Tensor) -> tuple[list[torch.Tensor], torch.Tensor]:
        per_moment = slopes @ counts.T
        terms = [(left, 2 * per_moment * moments)]
        if right is not None:
            terms = [(left, per_moment * others), (right, per_moment * moments)]
        by_weight, by_direction = [], torch.zeros_like(unit)[:, None]
        for weights, forms in terms:
            by_weight.append((forms @ basis.transpose(0, 1)).transpose(0, 1))
            if n_cosines > 1:  # cos⁰ θ = 1 has no direction
                rows, factors = (table.to(unit.device) for table in _raised(n_cosines - 1))
                lower = forms.index_select(2, rows.flatten()).unflatten(2, rows.shape) * factors.to(unit.dtype)
                gradient = lower.flatten(1, 2) @ basis[: rows.shape[1]].transpose(0, 1)
                gradient = gradient.unflatten(1, (-1, 3)).permute(2, 1, 0, 3)
                by_direction = by_direction + weights * gradient
        return by_weight, by_direction

    return (moments * others) @ counts, pullback
