"""Cells, images and distances: the geometry of a periodic box, in NumPy.

A cell is a (3, 3) array in Å whose **rows** are the lattice vectors a, b, c. A point with fractional
coordinates s sits at s @ cell, and its periodic images at (s + S) @ cell for integer shifts S.
"""

from __future__ import annotations

import itertools

import numpy as np

from .errors import MlipEduError

MOST_IMAGES = 1_000_000  # who would have to search more of them has a cell that nobody meant


def volume(cell: np.ndarray) -> float:
    """Volume |a · (b × c)| of a cell (3, 3), in Å³."""
    return float(abs(np.linalg.det(cell)))


def heights(cell: np.ndarray) -> np.ndarray:
    """Distances between opposite faces of a cell, (3,) in Å.

        h_a = V / |b × c|   and cyclic

    A sphere of radius r reaches at most ceil(r / h_a) images along a: that is what bounds an image search.
    """
    a, b, c = cell
    faces = np.array([np.cross(b, c), np.cross(c, a), np.cross(a, b)])
    return volume(cell) / np.linalg.norm(faces, axis=1)


def completed_cell(cell: np.ndarray, pbc: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """``cell`` with every non-periodic row replaced by a vector orthogonal to the others.

    Molecules come with a cell of zeros and slabs with one row of zeros. Along a direction that is not
    periodic the row only has to be independent of the others and at least as long as the atoms are spread out.

    Parameters
    ----------
    cell : (3, 3) Å
    pbc : (3,) bool
    positions : (atoms, 3) Å

    Returns
    -------
    (3, 3) Å, never singular if the periodic rows are independent.
    """
    spread = np.ptp(positions, axis=0).max() if len(positions) else 0.0
    result = np.array(cell, float)
    for k in np.flatnonzero(~pbc):
        known = [result[m] for m in range(3) if m != k and (pbc[m] or m < k)]
        # the last right singular vector is orthogonal to all rows that are fixed already
        direction = np.linalg.svd(np.array(known).reshape(-1, 3), full_matrices=True)[2][-1]
        result[k] = direction * (spread + 1.0)
    return result


def image_reach(radius: float, cell: np.ndarray, pbc: np.ndarray) -> np.ndarray:
    """How many images a sphere of ``radius`` (Å) reaches along a, b and c, (3,) integers: ceil(r / h_k).

    Raises
    ------
    MlipEduError
        The cell is so thin or so skewed that there would be more than :data:`MOST_IMAGES`.
    """
    reach = np.where(pbc, np.ceil(radius / heights(cell)), 0.0)
    if not np.prod(2 * reach + 1) <= MOST_IMAGES:
        thin = ", ".join(f"{h:.3g}" for h in heights(cell))
        raise MlipEduError(
            f"a sphere of {radius:.3g} Å reaches more than {MOST_IMAGES} images of this cell, whose faces are "
            f"{thin} Å apart: check the cell, or reduce a strong skew by adding lattice vectors to one another"
        )
    return reach.astype(np.int64)


def image_shifts(reach: np.ndarray) -> np.ndarray:
    """All integer shifts S with |S_k| ≤ reach_k, as (images, 3) integers."""
    return np.array(list(itertools.product(*(range(-n, n + 1) for n in reach))), dtype=np.int64)


def nearest_image(vectors: np.ndarray, cell: np.ndarray, pbc: np.ndarray) -> np.ndarray:
    """The shortest of all periodic images of each vector.

        r' = min over S of |r + S·cell|

    Rounding the fractional coordinates, r − round(s)·cell, is only a first guess: in a skewed cell a
    different image is often nearer. The guess has a length L ≤ (|a| + |b| + |c|)/2, the nearest image is
    no longer than that, and so the search over shifts can stop at ceil(L/h_k) + 1.

    Parameters
    ----------
    vectors : (..., 3) Å
    cell : (3, 3) Å, rows a, b, c
    pbc : (3,) bool, directions in which images exist

    Returns
    -------
    (..., 3) Å

    Raises
    ------
    MlipEduError
        The cell is too thin or too skewed, see :func:`image_reach`.
    """
    flat = np.asarray(vectors, float).reshape(-1, 3)
    pbc = np.asarray(pbc, bool)
    if not pbc.any() or not len(flat):
        return np.array(vectors, float)
    cell = completed_cell(cell, pbc, flat)
    fractional = flat @ np.linalg.inv(cell)
    guess = (fractional - np.round(fractional) * pbc) @ cell
    longest = 0.5 * np.linalg.norm(cell[pbc], axis=1).sum()
    reach = image_reach(longest, cell, pbc) + pbc
    best, best_length = guess.copy(), np.einsum("ij,ij->i", guess, guess)
    for offset in image_shifts(reach) @ cell:
        candidate = guess + offset
        length = np.einsum("ij,ij->i", candidate, candidate)
        # a tie within rounding keeps the guess, so that the answer does not depend on noise
        nearer = length < best_length * (1 - 1e-12)
        best[nearer], best_length[nearer] = candidate[nearer], length[nearer]
    return best.reshape(np.shape(vectors))
