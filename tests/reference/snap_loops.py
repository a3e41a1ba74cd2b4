"""Bispectrum components with loops, straight from the paper: U by the recursion with square roots, B by Clebsch–Gordan.

Thompson et al., J. Comput. Phys. 285, 316 (2015), eqs 3–8; all j are twice those of the paper.
"""

from functools import lru_cache
from math import cos, factorial, pi, sin, sqrt

from .neighbours_loops import neighbours
from .rann_loops import length


@lru_cache
def clebsch_gordan(j1, m1, j2, m2, j, m):
    """⟨j1 m1 j2 m2 | j m⟩ of doubled numbers, by Racah's formula."""
    if m1 + m2 != m or not abs(j1 - j2) <= j <= j1 + j2:
        return 0.0

    def f(doubled):
        return factorial(doubled // 2)

    triangle = f(j1 + j2 - j) * f(j1 - j2 + j) * f(j2 - j1 + j) / f(j1 + j2 + j + 2)
    ends = f(j1 + m1) * f(j1 - m1) * f(j2 + m2) * f(j2 - m2) * f(j + m) * f(j - m)
    total = 0.0
    for k in range(0, j1 + j2 - j + 1, 2):
        below = [j1 + j2 - j - k, j1 - m1 - k, j2 + m2 - k, j - j2 + m1 + k, j - j1 - m2 + k]
        if min(below) >= 0:
            product = f(k)
            for number in below:
                product *= f(number)
            total += (-1) ** (k // 2) / product
    return sqrt((j + 1) * triangle * ends) * total


def wigner(a, b, twojmax):
    """u[j][m][n] of all rows: the last one of each layer from the mirror symmetry."""
    u = [[[1.0 + 0.0j]]]
    for j in range(1, twojmax + 1):
        layer = []
        for m in range(j):
            row = [0.0] * (j + 1)
            for n in range(j + 1):
                if n < j:
                    row[n] += sqrt((j - n) / (j - m)) * a.conjugate() * u[j - 1][m][n]
                if n > 0:
                    row[n] -= sqrt(n / (j - m)) * b.conjugate() * u[j - 1][m][n - 1]
            layer.append(row)
        layer.append([(-1) ** (j - n) * layer[0][j - n].conjugate() for n in range(j + 1)])
        u.append(layer)
    return u


def density(near, cutoffs, weights, f):
    """U[j][m][n] of one atom: itself and its neighbours."""
    size = f.twojmax + 1
    total = [[[float(m == n) + 0.0j for n in range(j + 1)] for m in range(j + 1)] for j in range(size)]
    for v, cutoff, weight in zip(near, cutoffs, weights, strict=True):
        r = length(v)
        if r >= cutoff:
            continue
        x = (r - f.rmin0) / (cutoff - f.rmin0)
        fade = 1.0 if r <= f.rmin0 or not f.switchflag else 0.5 * (1 + cos(pi * x))
        theta = f.rfac0 * pi * x
        a = cos(theta) - 1j * sin(theta) * v[2] / r
        b = sin(theta) * (v[1] - 1j * v[0]) / r
        u = wigner(a, b, f.twojmax)
        for j in range(size):
            for m in range(j + 1):
                for n in range(j + 1):
                    total[j][m][n] += weight * fade * u[j][m][n]
    return total


def component(u, j1, j2, j):
    """B = Σ U^j* Σ C C U^j1 U^j2."""
    total = 0.0
    for m in range(j + 1):
        for n in range(j + 1):
            z = 0.0
            for m1 in range(j1 + 1):
                m2 = m + (j1 + j2 - j) // 2 - m1  # the same, counted from the middle: m = m1 + m2
                if not 0 <= m2 <= j2:
                    continue
                c_m = clebsch_gordan(j1, 2 * m1 - j1, j2, 2 * m2 - j2, j, 2 * m - j)
                for n1 in range(j1 + 1):
                    n2 = n + (j1 + j2 - j) // 2 - n1
                    if 0 <= n2 <= j2:
                        c_n = clebsch_gordan(j1, 2 * n1 - j1, j2, 2 * n2 - j2, j, 2 * n - j)
                        z += c_m * c_n * u[j1][m1][n1] * u[j2][m2][n2]
            total += (u[j][m][n].conjugate() * z).real
    return total


def fingerprint(system, f):
    """Features of every atom, in LAMMPS's order of (j1, j2, j)."""
    found = neighbours(system.positions, system.cell, system.pbc, f.cutoff)
    species = [str(s) for s in system.species]
    radius, weight = dict(zip(f.elements, f.radii, strict=True)), dict(zip(f.elements, f.weights, strict=True))
    rows = []
    for i in range(len(species)):
        near = [(j, v) for centre, j, _, v in found if centre == i]
        cutoffs = [f.rcutfac * (radius[species[i]] + radius[species[j]]) for j, _ in near]
        u = density([v for _, v in near], cutoffs, [weight[species[j]] for j, _ in near], f)
        row = []
        for j1 in range(f.twojmax + 1):
            for j2 in range(j1 + 1):
                for j in range(j1 - j2, min(f.twojmax, j1 + j2) + 1, 2):
                    if j >= j1:
                        value = component(u, j1, j2, j) - (j + 1) * f.bzeroflag
                        row.append(value / (j + 1) if f.bnormflag else value)
        rows.append(row)
    return rows
