"""Cutoff functions: how a neighbour fades out at the edge of an atom's sphere.

All are 1 (or close to it) near the atom and reach 0 **with zero slope** at the cutoff radius, so that
energies and forces do not jump when a neighbour crosses it.
"""

from __future__ import annotations

import math

import torch


def rann_cutoff(distance: torch.Tensor, cutoff: float, width: float) -> torch.Tensor:
    """The cutoff function of RANN (and of MEAM).

        x = (r_c − r)/Δr
        f_c(r) = 1                     r < r_c − Δr
        f_c(r) = (1 − (1 − x)⁴)²       r_c − Δr ≤ r ≤ r_c
        f_c(r) = 0                     r > r_c

    Its first derivative is continuous everywhere; its second derivative jumps by 32/Δr² at r_c.

    ======  ============  =====
    symbol  variable      unit
    ======  ============  =====
    r       ``distance``  Å
    r_c     ``cutoff``    Å
    Δr      ``width``     Å
    ======  ============  =====

    Source: Dickel, Nitol & Barrett, Comput. Mater. Sci. 196, 110481 (2021); LAMMPS ``pair_style rann``.
    """
    x = ((cutoff - distance) / width).clamp(0.0, 1.0)
    return (1 - (1 - x).square().square()).square()  # x ** 4 takes eight times as long


def rann_cutoff_slope(distance: torch.Tensor, cutoff: float, width: float) -> torch.Tensor:
    """Derivative of :func:`rann_cutoff`, in 1/Å: −8 (1 − (1 − x)⁴) (1 − x)³/Δr in the fading shell, 0 elsewhere."""
    x = ((cutoff - distance) / width).clamp(0.0, 1.0)
    y = 1 - x
    return -8 / width * (1 - y.square().square()) * y.square() * y


def cosine_cutoff(distance: torch.Tensor, cutoff: float) -> torch.Tensor:
    """The cosine cutoff of Behler and Parrinello.

        f_c(r) = ½ [cos(π r/r_c) + 1]   r ≤ r_c,   0 beyond

    Source: Behler & Parrinello, Phys. Rev. Lett. 98, 146401 (2007), eq. 4. ``distance``, ``cutoff`` in Å.
    """
    return 0.5 * (torch.cos(math.pi * (distance / cutoff).clamp(max=1.0)) + 1)
