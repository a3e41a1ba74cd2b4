"""Who is near whom: the distance matrix for a first look, the neighbour list for everything else.

The sign convention of the whole package is written here, once: edge e runs from its **centre** i to its
**neighbour** j in the cell shifted by the integers S,

    r_ij = r_j − r_i + S·cell

Lists are *full*: i–j and j–i both appear. An atom is a neighbour of its own images, never of itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import vesin

from .errors import MlipEduError
from .geometry import completed_cell, image_reach, image_shifts, nearest_image, volume
from .systems import AtomicSystem

BRUTE_FORCE_PAIRS = 20_000  # below about this many atom–image pairs brute force is as quick as a cell list
MOST_PAIRS = 20_000_000  # brute force holds all of them in memory, about a hundred bytes each
MOST_EDGES = 200_000_000


@dataclass(frozen=True, eq=False)
class NeighbourList:
    """A full neighbour list, sorted by centre.

    ``centre`` (edges,) and ``neighbour`` (edges,) are atom indices, ``shift`` (edges, 3) the integer
    shifts S of r_ij = r_j − r_i + S·cell.
    """

    centre: np.ndarray
    neighbour: np.ndarray
    shift: np.ndarray

    def __len__(self) -> int:
        return len(self.centre)

    def vectors(self, system: AtomicSystem) -> np.ndarray:
        """The edge vectors r_ij, (edges, 3) in Å."""
        positions = system.positions
        return positions[self.neighbour] - positions[self.centre] + self.shift @ system.cell


def distance_matrix(system: AtomicSystem) -> np.ndarray:
    """Distance from every atom to the nearest image of every other, (atoms, atoms) in Å; nan on the diagonal.

    The simple view, good for looking at a structure. It shows **one** image of each pair, so it must not
    be used to find neighbours in a cell smaller than twice the cutoff: see :func:`neighbour_list`.
    """
    positions = system.positions
    vectors = nearest_image(positions[None, :] - positions[:, None], system.cell, system.pbc)
    distances = np.linalg.norm(vectors, axis=-1)
    np.fill_diagonal(distances, np.nan)
    return distances


def neighbour_list(system: AtomicSystem, cutoff: float, method: str = "auto") -> NeighbourList:
    """All neighbours within ``cutoff``, over all periodic images, in any cell.

    Parameters
    ----------
    system
        Any periodicity: crystals with cells smaller than the cutoff, skewed cells, slabs, molecules.
    cutoff
        Radius in Å; a pair at exactly this distance is in the list.
    method
        ``"brute force"`` (this file, to be read), ``"vesin"`` (a cell list in C++, linear in the number of
        atoms), or ``"auto"``: the first where it is small, the second where it is large.

    Raises
    ------
    MlipEduError
        The cutoff is not a positive number, the method is unknown, or the cell is so thin or so crowded that
        the list would fill the memory.
    """
    if not (np.isfinite(cutoff) and cutoff > 0):
        raise MlipEduError(f"the cutoff must be a positive number of Å; found {cutoff}")
    cell = completed_cell(system.cell, system.pbc, system.positions)
    reach = image_reach(cutoff, cell, system.pbc)
    pairs = len(system) ** 2 * np.prod(2 * reach + 1)
    if len(system) ** 2 * (2 * cutoff) ** 3 > MOST_EDGES * volume(cell):
        raise MlipEduError(
            f"{len(system)} atoms have more than {MOST_EDGES} neighbours within {cutoff} Å: check the cell"
        )
    if method == "auto":
        method = "brute force" if pairs < BRUTE_FORCE_PAIRS else "vesin"
    if method == "brute force":
        if pairs > MOST_PAIRS:
            raise MlipEduError(f"brute force would compare {pairs} pairs of atoms: use method='vesin'")
        return _brute_force(system, cell, cutoff, reach)
    if method == "vesin":
        return _vesin(system, cell, cutoff)
    raise MlipEduError(f"unknown method {method!r}: use 'auto', 'brute force' or 'vesin'")


def _brute_force(system: AtomicSystem, cell: np.ndarray, cutoff: float, reach: np.ndarray) -> NeighbourList:
    """Try every pair in every image that the cutoff can reach: atoms² × images distances."""
    # Atoms may lie outside the cell. Wrap them into it, search, and undo the wrapping in the shifts.
    home = np.floor(system.positions @ np.linalg.inv(cell)) * system.pbc
    wrapped = system.positions - home @ cell
    shifts = image_shifts(reach)
    difference = wrapped[None, :] - wrapped[:, None]
    vectors = difference[:, :, None] + shifts @ cell
    squared = np.einsum("ijsx,ijsx->ijs", vectors, vectors)
    is_self = np.eye(len(system), dtype=bool)[:, :, None] & (shifts == 0).all(1)
    centre, neighbour, image = np.nonzero((squared <= cutoff**2) & ~is_self)
    shift = shifts[image] - (home[neighbour] - home[centre]).astype(np.int64)
    return NeighbourList(centre, neighbour, shift)


def _vesin(system: AtomicSystem, cell: np.ndarray, cutoff: float) -> NeighbourList:
    # vesin leaves out a pair at exactly the cutoff: a hair more lets it in
    finder = vesin.NeighborList(cutoff=cutoff * (1 + 1e-15), full_list=True, sorted=True)
    centre, neighbour, shift = finder.compute(system.positions, cell, system.pbc.tolist(), quantities="ijS")
    return NeighbourList(centre.astype(np.int64), neighbour.astype(np.int64), shift.astype(np.int64))
