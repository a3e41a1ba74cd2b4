"""The box of LAMMPS: lattice vectors from the bounds in a dump, and back.

The bounds of a tilted box are those of the **box around it**, not its edge lengths:

    xlo = xlo_bound − min(0, xy, xz, xy + xz)        xhi = xhi_bound − max(0, xy, xz, xy + xz)
    ylo = ylo_bound − min(0, yz)                     yhi = yhi_bound − max(0, yz)
    a = (xhi − xlo, 0, 0)    b = (xy, yhi − ylo, 0)    c = (xz, yz, zhi − zlo)

A bound is a sum of lengths. All is computed in decimal arithmetic, so that no digit gets lost.

Source: LAMMPS manual, ``dump`` and "Triclinic simulation boxes".
"""

from __future__ import annotations

from decimal import Decimal, localcontext

import numpy as np

DIGITS = 60  # of the decimal arithmetic
ZERO = Decimal(0)


def cell_of_bounds(rows: list[list[Decimal]]) -> np.ndarray:
    """Lattice vectors (3, 3) in Å of three rows (lo, hi) or (lo, hi, tilt) with the tilts xy, xz, yz."""
    (xlo, xhi, *xy), (ylo, yhi, *xz), (zlo, zhi, *yz) = rows
    xy, xz, yz = (tilt[0] if tilt else ZERO for tilt in (xy, xz, yz))
    with localcontext(prec=DIGITS):
        lx = (xhi - max(ZERO, xy, xz, xy + xz)) - (xlo - min(ZERO, xy, xz, xy + xz))
        ly = (yhi - max(ZERO, yz)) - (ylo - min(ZERO, yz))
        lz = zhi - zlo
    return np.array([[lx, 0, 0], [xy, ly, 0], [xz, yz, lz]], dtype=float)


def bounds_of_cell(cell: np.ndarray) -> list[str]:
    """Three lines ``lo hi tilt`` from which :func:`cell_of_bounds` gives ``cell`` back exactly.

    The sums are those of the shortest decimals that stand for the lengths, as the tilts are written.
    """
    (lx, _, _), (xy, ly, _), (xz, yz, lz) = [[Decimal(repr(float(x))) for x in row] for row in cell]
    with localcontext(prec=DIGITS):
        rows = [
            [min(ZERO, xy, xz, xy + xz), lx + max(ZERO, xy, xz, xy + xz), xy],
            [min(ZERO, yz), ly + max(ZERO, yz), xz],
            [ZERO, lz, yz],
        ]
    return [" ".join(map(str, row)) for row in rows]
