"""Angular screening: an atom that stands between two others hides one from the other."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from ase.data import atomic_numbers

from ..batch import Edges

DEFAULT_RANGE = (0.8, 2.8)  # C_min, C_max of a triplet that is not given, as in LAMMPS


Ranges = Mapping[tuple[str, str, str], tuple[float, float]]


def screening(edges: Edges, ranges: Ranges, cutoff: float = math.inf) -> torch.Tensor:
    """Screening factor S_ik of every edge i → k, (edges,), between 0 (hidden) and 1 (in full view).

    For the bond i–k and every other neighbour j of i, with a = r_ij², b = r_ik², c = r_jk²,

        C = [(a − b + c)² − 4ac] / [(a − c)² − b²]
        x = (C − C_min)/(C_max − C_min)
        S_ijk = 0 for x ≤ 0,   (1 − (1 − x)⁴)² between,   1 for x ≥ 1
        S_ijk = 1 where j is not between them: b + c ≤ a or b + a ≤ c
        S_ik  = Π_j S_ijk

    C labels the ellipse through j whose axis is the bond: the smaller C, the closer j stands to the line.

    Parameters
    ----------
    edges
        **All** neighbours within the largest cutoff of the potential: every one of them screens.
    ranges
        (C_min, C_max) by (centre, screener, partner); :data:`DEFAULT_RANGE` for those not given.
    cutoff
        Å; neighbours farther away (of a batch made for a larger cutoff) neither screen nor are screened.

    Source: Baskes, Mater. Chem. Phys. 50, 152 (1997); LAMMPS ``pair_style rann``. LAMMPS walks the
    neighbours in list order and lets one that is fully hidden no longer hide others; the product here
    does not depend on any order, and its forces are the exact derivative of its energy.
    """
    vector = edges.table(edges.vector)
    squared = vector.square().sum(-1)
    species = edges.species_table
    a = squared[:, :, None]  # [atom, j, k]
    b = squared[:, None, :]
    c = a + b - 2 * vector @ vector.transpose(1, 2)

    occupied = (species > 0) & (squared <= cutoff**2)
    other = ~torch.eye(edges.n_slots, dtype=torch.bool, device=vector.device)
    # b + c > a and b + a > c in one: as the sign of the denominator, lest rounding at a right angle make it 0
    denominator = (a - c) ** 2 - b**2
    between = (denominator < 0) & other & occupied[:, :, None] & occupied[:, None, :]
    lower, width = _range_tables(edges, species, ranges)

    # where j is not between i and k the formula may divide by zero: put harmless numbers there first
    denominator = torch.where(between, denominator, -1.0)
    numerator = torch.where(between, (a - b + c) ** 2 - 4 * a * c, 0.0)
    x = ((numerator / denominator - lower) / width).clamp(0.0, 1.0)
    factor = torch.where(between, (1 - (1 - x) ** 4) ** 2, 1.0)
    return factor.prod(dim=1).reshape(-1)[edges.row]


def _range_tables(edges: Edges, species: torch.Tensor, ranges) -> tuple[torch.Tensor, torch.Tensor]:
    """C_min and C_max − C_min of every triplet, broadcastable to (atoms, j, k)."""
    shape = (edges.n_atoms, edges.n_slots, edges.n_slots)
    lower = edges.vector.new_full(shape, DEFAULT_RANGE[0])
    upper = edges.vector.new_full(shape, DEFAULT_RANGE[1])
    for (centre, screener, partner), (c_min, c_max) in ranges.items():
        is_triplet = (
            (edges.species == atomic_numbers[centre])[:, None, None]
            & (species == atomic_numbers[screener])[:, :, None]
            & (species == atomic_numbers[partner])[:, None, :]
        )
        lower = torch.where(is_triplet, c_min, lower)
        upper = torch.where(is_triplet, c_max, upper)
    return lower, upper - lower
