"""Linear and quadratic models on the same fingerprints: ridge least squares on energy, force and virial rows.

    minimise  |X c − y|² + λ |c|²,     c = (XᵀX + λ 1)⁻¹ Xᵀy

The rows of X are what one coefficient alone would predict, with the weights of the loss: mean features of a system
(energies) and sums of their derivatives (forces, virials); y are the labels without the reference energies. In the
language of networks the rows are the Jacobian of Levenberg–Marquardt, which is why its blocks are used; XᵀX is summed
over them, so X is never held whole. λ also pulls at the c_0, the small rests after the reference energies.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

import torch

from ..fingerprints import Fingerprint
from ..models.linear import Potential, solve, zero_potential
from ..systems import AtomicSystem
from .levenberg_marquardt import LevenbergMarquardt
from .objective import LossWeights
from .preparation import make_batches, new_potential
from .report import error_report
from .splits import Split, split_by_group


def fit_linear(
    systems: Sequence[AtomicSystem], fingerprint: Fingerprint, *, quadratic: bool = False, ridge: float | None = 1e-8,
    weights: LossWeights | None = None, groups: Sequence[Hashable] | None = None, validation: float = 0.1,
    test: float = 0.0, seed: int = 0, max_memory: int = 4_000_000_000, progress: bool = True,
) -> tuple[Potential, Split, dict]:  # fmt: skip
    """Fit a linear or quadratic potential; returns it, the split and the error report of :func:`error_report`.

    ``ridge`` is λ in units of the mean diagonal element of XᵀX, for standardised features; None: that of the largest
    evidence, :func:`mlip_edu.models.linear.ridge_solution`. ``potential.ridge`` tells which it was.
    The other arguments are those of :func:`mlip_edu.learning.train`.

    Raises
    ------
    TrainingError
        The groups do not fit, or there are more than 20,000 coefficients, whose XᵀX would take 3 GB.
    """
    systems, weights = list(systems), weights or LossWeights()
    split = split_by_group(systems, groups, validation, test, seed)
    training = [systems[k] for k in split.train]
    potential = zero_potential(new_potential(training, fingerprint, (), "linear", torch.Generator()), quadratic)
    options = {"virials": weights.virial > 0, "max_memory": max_memory, "progress": progress}
    (batches,) = make_batches(potential, (training,), batch_atoms=256, **options)
    rows = LevenbergMarquardt(potential.networks, batches, weights, most=math.inf)  # solve has a limit
    # with all coefficients zero the residuals are −y
    blocks = ((-rows.residuals(batch).detach(), rows.jacobian(batch).detach()) for batch in batches)
    potential.ridge = solve(rows.parameters, blocks, ridge)
    return potential, split, error_report(potential, systems, split)
