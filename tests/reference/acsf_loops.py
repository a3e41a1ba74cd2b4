"""Behler's symmetry functions G1, G2 and G4 with loops over neighbours and pairs of neighbours."""

from math import cos, exp, pi

from ase.data import atomic_numbers

from .neighbours_loops import neighbours
from .rann_loops import cosine, length


def cutoff_function(r, rc):
    return 0.5 * (cos(pi * r / rc) + 1) if r <= rc else 0.0


def g1(vectors, rc):
    return sum(cutoff_function(length(v), rc) for v in vectors)


def g2(vectors, eta, shift, rc):
    return sum(exp(-eta * (length(v) - shift) ** 2) * cutoff_function(length(v), rc) for v in vectors)


def g4(pairs, eta, zeta, lambda_, rc):
    """Every pair once; note the exponent ζ on the bracket and 2^{1−ζ} before the sum."""
    total = 0.0
    for v, u in pairs:
        w = [p - q for p, q in zip(v, u, strict=True)]
        fade = cutoff_function(length(v), rc) * cutoff_function(length(u), rc) * cutoff_function(length(w), rc)
        angle = max(0.0, 1 + lambda_ * cosine(v, u)) ** zeta
        total += angle * exp(-eta * (length(v) ** 2 + length(u) ** 2 + length(w) ** 2)) * fade
    return 2 ** (1 - zeta) * total


def fingerprint(system, acsf):
    """Features of every atom: for each element G1 and each G2, then for each pair 11, 12, 22, 13, … each G4."""
    found = neighbours(system.positions, system.cell, system.pbc, acsf.cutoff)
    species = [str(s) for s in system.species]
    elements = sorted(acsf.elements, key=lambda e: atomic_numbers[e])
    rows = []
    for i in range(len(species)):
        near = [(species[j], v) for centre, j, _, v in found if centre == i]
        row = []
        for e in elements:
            vectors = [v for kind, v in near if kind == e]
            row.append(g1(vectors, acsf.cutoff))
            row += [g2(vectors, eta, shift, acsf.cutoff) for eta, shift in acsf.radial.tolist()[1:]]
        for n, e2 in enumerate(elements):
            for e1 in elements[: n + 1]:
                pairs = [
                    (v, u)
                    for k, (a, v) in enumerate(near)
                    for b, u in near[k + 1 :]
                    if sorted((a, b)) == sorted((e1, e2))
                ]
                row += [g4(pairs, *parameters, acsf.cutoff) for parameters in acsf.angular.tolist()]
        rows.append(row)
    return rows
