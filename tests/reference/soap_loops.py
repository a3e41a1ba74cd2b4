"""SOAP by another way: radial integrals by quadrature, and pairs of neighbours by the addition theorem.

    c_nlm = Σ_j f_c(r_j) I_nl(r_j) Y_lm(r̂_j),     I_nl(r_j) = 4π ∫ r² g_nl(r) exp(−η (r² + r_j²)) i_l(2η r r_j) dr
    Σ_m c_nlm c_n'lm = (2l + 1)/4π Σ_jk f_c(r_j) f_c(r_k) I_nl(r_j) I_n'l(r_k) P_l(cos θ_jk)

Bartók, Kondor & Csányi, Phys. Rev. B 87, 184115 (2013), eqs 22–31; i_l modified spherical Bessel functions. No
spherical harmonics and no closed form are used.
"""

from math import cos, pi, sqrt

import numpy as np
from scipy.linalg import inv, sqrtm
from scipy.special import eval_legendre, gamma, ive

from .neighbours_loops import neighbours
from .rann_loops import length

NODES, WEIGHTS = np.polynomial.legendre.leggauss(200)


def radial_functions(f, degree, r):
    """g_nl(r), (n, r), of all n."""
    radii = np.linspace(1, f.basis_radius, f.n_max)
    alpha = -np.log(1e-3 / radii**degree) / radii**2
    overlaps = [[gamma(degree + 1.5) / (2 * (a + b) ** (degree + 1.5)) for a in alpha] for b in alpha]
    primitives = np.array([r**degree * np.exp(-a * r**2) for a in alpha])
    return inv(sqrtm(np.array(overlaps))) @ primitives


def radial_integrals(f, degree, distance):
    """I_nl(r_j), (n,), of all n."""
    eta, end = 1 / (2 * f.sigma**2), f.basis_radius + f.cutoff + 6.0
    r = end * (NODES + 1) / 2
    x = 2 * eta * r * distance
    if distance == 0:
        bessel = np.full_like(r, float(degree == 0))
    else:
        bessel = ive(degree + 0.5, x) * np.sqrt(pi / (2 * x))  # times exp(−x)
    kernel = 4 * pi * r**2 * np.exp(-eta * (r - distance) ** 2) * bessel
    return radial_functions(f, degree, r) @ (kernel * WEIGHTS) * end / 2


def fade(f, r):
    if r > f.cutoff or r <= f.cutoff - f.fade:
        return float(r <= f.cutoff)
    return 0.5 * (1 + cos(pi * (r - f.cutoff + f.fade) / f.fade))


def fingerprint(system, f):
    """Features of every atom: pairs of elements, l, n, n'."""
    found = neighbours(system.positions, system.cell, system.pbc, f.cutoff)
    species = [str(s) for s in system.species]
    rows = []
    for i in range(len(species)):
        near = [(species[j], np.array(v)) for centre, j, _, v in found if centre == i]
        near += [(species[i], np.zeros(3))] * f.centre
        distances = [length(v) for _, v in near]
        weights = np.array([fade(f, r) for r in distances])
        units = np.array([v / (r or 1.0) for (_, v), r in zip(near, distances, strict=True)])
        integrals = []
        for degree in range(f.l_max + 1):
            integrals.append(np.array([radial_integrals(f, degree, r) for r in distances]) * weights[:, None])
        row = []
        for k, first in enumerate(f.elements):
            for second in f.elements[k:]:
                a, b = ([n for n, (s, _) in enumerate(near) if s == e] for e in (first, second))
                for degree in range(f.l_max + 1):
                    angular = (
                        eval_legendre(degree, np.clip(units[a] @ units[b].T, -1, 1))
                        if a and b
                        else np.zeros((len(a), len(b)))
                    )
                    angular = np.atleast_2d(angular)
                    left, right = integrals[degree][a], integrals[degree][b]
                    table = (2 * degree + 1) / (4 * pi) * left.T @ angular @ right
                    for n in range(f.n_max):
                        for other in range(n if first == second else 0, f.n_max):
                            twice = 1 if first == second and n == other else 2
                            row.append(pi * sqrt(8 / (2 * degree + 1) * twice) * table[n, other])
        rows.append(row)
    return rows
