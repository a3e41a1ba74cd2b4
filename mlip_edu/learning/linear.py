"""A linear model on the same fingerprints: ridge least squares on energy, force and virial rows.

    E_i = c_0 + c · D̂_i        minimise  |X c − y|² + λ |c|²

The rows of X are weighted mean features (energies) and derivatives of features (forces, virials). In the
language of networks this is one without hidden layers; its errors are linear in its weights, so a single
step of Levenberg–Marquardt from zero *is* the least-squares solution, with the damping as the ridge λ (which,
measured in the mean diagonal element of XᵀX, also pulls at c_0, the small rest after the reference energies).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import torch

from ..fingerprints import Fingerprint
from ..models import Potential
from ..systems import AtomicSystem
from .levenberg_marquardt import LevenbergMarquardt
from .objective import LossWeights
from .preparation import make_batches, new_potential
from .report import error_report
from .splits import Split, split_by_group


def fit_linear(
    systems: Sequence[AtomicSystem],
    fingerprint: Fingerprint,
    *,
    ridge: float = 1e-8,
    weights: LossWeights | None = None,
    groups: Sequence[Hashable] | None = None,
    validation: float = 0.1,
    test: float = 0.0,
    seed: int = 0,
    max_memory: int = 4_000_000_000,
    progress: bool = True,
) -> tuple[Potential, Split, dict]:
    """Fit a linear potential; returns it with the split and the error report of :func:`error_report`.

    ``ridge`` is λ in units of the mean diagonal element of XᵀX, for standardised features. The other
    arguments are those of :func:`mlip_edu.learning.train`.

    Raises
    ------
    TrainingError
        The groups do not fit, or there are more than about a thousand coefficients.
    """
    systems, weights = list(systems), weights or LossWeights()
    split = split_by_group(systems, groups, validation, test, seed)
    training = [systems[k] for k in split.train]
    potential = new_potential(training, fingerprint, (), "linear", torch.Generator().manual_seed(seed))
    with torch.no_grad():
        for parameter in potential.networks.parameters():
            parameter.zero_()
    (batches,) = make_batches(
        potential, (training,), batch_atoms=256, virials=weights.virial > 0, max_memory=max_memory, progress=progress
    )
    LevenbergMarquardt(potential.networks, batches, weights, damping=ridge).epoch(0)
    return potential, split, error_report(potential, systems, split)
