"""Contractions of moment tensors as many-body sums: every choice of one neighbour a tensor, no tensor ever made.

B_α = Σ_{j1 j2 …} Π_k f_{μk}(r_jk) Π_{k<l} (r_jk · r_jl)^{α_kl}: Shapeev, Multiscale Model. Simul. 14, 1153 (2016).
"""

from itertools import combinations, product
from math import acos, cos, prod

from .neighbours_loops import neighbours
from .rann_loops import length


def chebyshev(mu, x):
    """T_μ(x) = cos(μ arccos x), and by its recursion outside −1 … 1."""
    if abs(x) <= 1:
        return cos(mu * acos(x))
    return x if mu == 1 else 1.0 if mu == 0 else 2 * x * chebyshev(mu - 1, x) - chebyshev(mu - 2, x)


def weight(v, mu, nu, f):
    """f_μ(r) = T_μ(ξ) (1 − r/r_c)²/r_c^ν."""
    r = length(v)
    if r >= f.cutoff:
        return 0.0
    return chebyshev(mu, 2 * (r - f.r_min) / (f.cutoff - f.r_min) - 1) * (1 - r / f.cutoff) ** 2 / f.cutoff**nu


def contraction(near, c, f):
    """``near``: (number of the element, vector) of all neighbours."""
    pairs = [(pair, power) for pair, power in zip(combinations(range(len(c.moments)), 2), c.bonds, strict=True)]
    lists = [[(v, weight(v, mu, nu, f)) for kind, v in near if kind == z] for mu, z, nu in c.moments]
    total = 0.0
    for chosen in product(*lists):
        term = prod(w for _, w in chosen)
        for (k, m), power in pairs:
            term *= sum(x * y for x, y in zip(chosen[k][0], chosen[m][0], strict=True)) ** power
        total += term
    return total


def fingerprint(system, f):
    """Features of every atom, in the order of ``f.products``."""
    found = neighbours(system.positions, system.cell, system.pbc, f.cutoff)
    rows = []
    for i in range(len(system)):
        near = [(f.elements.index(str(system.species[j])), v) for centre, j, _, v in found if centre == i]
        scalars = [contraction(near, c, f) for c in f.scalars]
        rows.append([prod(scalars[k] for k in chosen) for chosen in f.products])
    return rows
