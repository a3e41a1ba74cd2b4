"""A training small enough for a test: silicon cells of one or two atoms, seven features."""

import dataclasses

import torch

from mlip_edu import Block, BondParameters, RadialParameters, RannFingerprint
from mlip_edu.data import load_silicon


def fingerprint(elements=("Si",)):
    radial = RadialParameters(2.35, 4.0, 2.5, (1.0, 3.0, 6.0))
    bond = BondParameters(2.35, 4.0, 2.5, (1.0, 3.0), n_cosines=2)
    return RannFingerprint(
        [block for e in elements for block in (Block(e, ("all",), radial), Block(e, ("all", "all"), bond))]
    )


def systems(n=40, largest=2):
    """The first ``n`` small cells of the shipped silicon data, without their shipped parts."""
    small = [s for s in load_silicon() if len(s) <= largest][:n]
    return [dataclasses.replace(s, info={k: v for k, v in s.info.items() if k not in ("part", "group")}) for s in small]


def settled_eigh(matrix, eigh=torch.linalg.eigh):
    """Eigenvectors that rounding does not decide.

    The matrices that rotated-adam begins with have few non-zero eigenvalues; the eigenvectors of the others are any
    basis of what is left. Equally good, but the last digit of a sum chooses, and two trainings differ by percents.
    """
    ramp = torch.linspace(0, 1, len(matrix), dtype=matrix.dtype)
    return eigh(matrix + 1e-4 * matrix.trace() * torch.diag(ramp))
