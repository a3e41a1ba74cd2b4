"""RANN fingerprints with loops over neighbours and pairs of neighbours, straight from the formulas."""

from math import exp, prod, sqrt

from .neighbours_loops import neighbours


def cutoff_function(r, rc, dr):
    if r > rc:
        return 0.0
    if r < rc - dr:
        return 1.0
    x = (rc - r) / dr
    return (1 - (1 - x) ** 4) ** 2


def length(v):
    return sqrt(v[0] ** 2 + v[1] ** 2 + v[2] ** 2)


def cosine(u, v):
    return (u[0] * v[0] + u[1] * v[1] + u[2] * v[2]) / (length(u) * length(v))


def radial(vectors, factors, re, rc, dr, alpha, o):
    """F_p = Σ_j (r/re)^p exp(−alpha[p−o] r/re) fc(r) S_j for p = o, o+1, … n; n − o + 1 numbers."""
    features = []
    for p in range(o, o + len(alpha)):
        total = 0.0
        for v, s in zip(vectors, factors, strict=True):
            r = length(v)
            total += (r / re) ** p * exp(-alpha[p - o] * r / re) * cutoff_function(r, rc, dr) * s
        features.append(total)
    return features


def bond(vectors, first, second, re, rc, dr, alphak, m):
    """G_qm = Σ_j Σ_l cos^m θ exp(−alphak[q] (r_j + r_l)/re) fc fc S_j S_l, ordered pairs and j = l included."""
    features = []
    for alpha in alphak:
        for power in range(m):
            total = 0.0
            for v, s in zip(vectors, first, strict=True):
                for u, t in zip(vectors, second, strict=True):
                    fade = cutoff_function(length(v), rc, dr) * cutoff_function(length(u), rc, dr)
                    total += cosine(v, u) ** power * exp(-alpha * (length(v) + length(u)) / re) * fade * s * t
            features.append(total)
    return features


def screening_of_triplet(v_j, v_k, c_min, c_max):
    """S_ijk: how much of k the screener j leaves in sight of i."""
    a, b = length(v_j) ** 2, length(v_k) ** 2
    c = sum((p - q) ** 2 for p, q in zip(v_j, v_k, strict=True))
    if b + c <= a or b + a <= c:
        return 1.0
    x = (((a - b + c) ** 2 - 4 * a * c) / ((a - c) ** 2 - b**2) - c_min) / (c_max - c_min)
    if x <= 0:
        return 0.0
    return 1.0 if x >= 1 else (1 - (1 - x) ** 4) ** 2


def screening(vectors, kinds, centre, ranges):
    """S_k = Π_{j≠k} S_ijk over all neighbours j of the centre."""
    return [
        prod(
            screening_of_triplet(vectors[j], vectors[k], *ranges.get((centre, kinds[j], kinds[k]), (0.8, 2.8)))
            for j in range(len(vectors))
            if j != k
        )
        for k in range(len(vectors))
    ]


def fingerprint(system, rann):
    """Features of every atom (a list of lists) of a system, with the blocks of a ``RannFingerprint``."""
    found = neighbours(system.positions, system.cell, system.pbc, rann.cutoff)
    species = [str(s) for s in system.species]
    return [
        features_of_atom(
            [v for centre, _, _, v in found if centre == i],
            [species[j] for centre, j, _, _ in found if centre == i],
            species[i],
            rann,
        )
        for i in range(len(species))
    ]


def features_of_atom(vectors, kinds, centre, rann):
    screened = screening(vectors, kinds, centre, rann.screening_ranges)
    features = []
    for block in rann.blocks:
        if block.centre != centre:
            continue
        p = block.parameters
        factor = screened if block.screened else [1.0] * len(vectors)
        slots = [
            [f if name in ("all", kind) else 0.0 for f, kind in zip(factor, kinds, strict=True)]
            for name in block.neighbours
        ]
        if len(slots) == 1:
            features += radial(vectors, slots[0], p.length_scale, p.cutoff, p.width, p.decay, p.lowest_power)
        else:
            features += bond(vectors, *slots, p.length_scale, p.cutoff, p.width, p.decay, p.n_cosines)
    return features
