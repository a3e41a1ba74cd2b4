"""Neighbours by trying every pair of atoms in every image that can possibly be near enough."""

from itertools import product
from math import ceil

import numpy as np


def images_to_try(cell, pbc, reach):
    """All shifts S for which |S·cell| may be at most ``reach``: S_k = (S·cell) · b_k with b_k dual to the rows."""
    rows = np.array(cell, float)[np.array(pbc, bool)]
    duals = iter(np.linalg.pinv(rows).T)
    counts = [ceil(reach * np.linalg.norm(next(duals))) if periodic else 0 for periodic in pbc]
    return product(*(range(-n, n + 1) for n in counts))


def neighbours(positions, cell, pbc, cutoff):
    """[(i, j, S, r_ij), …] with r_ij = r_j − r_i + S·cell and |r_ij| ≤ cutoff; an atom is not its own neighbour."""
    positions, cell = np.array(positions, float).tolist(), np.array(cell, float).tolist()
    spread = max((np.linalg.norm(np.subtract(p, q)) for p in positions for q in positions), default=0.0)
    found = []
    for shift in images_to_try(cell, pbc, cutoff + spread):
        offset = [sum(shift[k] * cell[k][x] for k in range(3)) for x in range(3)]
        for i, r_i in enumerate(positions):
            for j, r_j in enumerate(positions):
                if i == j and shift == (0, 0, 0):
                    continue
                vector = [r_j[x] - r_i[x] + offset[x] for x in range(3)]
                if sum(v * v for v in vector) <= cutoff**2:
                    found.append((i, j, shift, vector))
    return found


def nearest_distance(vector, cell, pbc):
    """Length of the shortest image of a vector: no image shorter than the vector itself is left out."""
    length = float(np.linalg.norm(vector))
    images = np.array(list(images_to_try(cell, pbc, 2 * length)))
    return float(np.linalg.norm(vector + images @ np.array(cell, float), axis=1).min())
