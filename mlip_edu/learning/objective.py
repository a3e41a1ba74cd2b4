"""What a training makes small: weighted squares of the errors of energies, forces and virials.

    L = c_E ⟨(u_E Δe)²⟩ + c_F ⟨(u_F ΔF)²⟩ + c_W ⟨(Δw)²⟩

=============  =============================  ============================================================
symbol         variable                       meaning
=============  =============================  ============================================================
Δe, Δw         (first, last of ``Errors``)    errors of the energy and of the virial per atom, eV
ΔF             ``forces``                     error of a force component, eV/Å
u_E, u_F       ``energy_weight`` …            weights of a system, from its dump
c_E, c_F, c_W  ``LossWeights``                weights of the three terms; 0 leaves a term out
⟨ ⟩                                           mean over systems, over force components, over virial components
=============  =============================  ============================================================

The weights u multiply the error *before* it is squared, as in the reference code of RANN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from ..models import AtomicNetwork
from .stored import StoredBatch, evaluate

Tensor = torch.Tensor


@dataclass(frozen=True)
class LossWeights:
    """c_E (1/eV²), c_F (Å²/eV²) and c_W (1/eV²)."""

    energy: float = 20.0
    forces: float = 1.0
    virial: float = 1.0


def errors(networks: Mapping[str, AtomicNetwork], batch: StoredBatch) -> tuple[Tensor, Tensor, Tensor]:
    """Weighted errors u_E Δe (systems,), u_F ΔF (atoms, 3) and Δw (systems, 6), differentiable in the weights."""
    energy, forces, virial = evaluate(networks, batch)
    of_atom = batch.force_weight[batch.system_of_atom, None]
    return (
        (energy - batch.energy) * batch.energy_weight,
        (forces - batch.forces) * of_atom,
        (virial - batch.virial[:, : virial.shape[1]]) * batch.virial_weight[:, None],
    )


def loss(networks: Mapping[str, AtomicNetwork], batch: StoredBatch, weights: LossWeights) -> Tensor:
    """L of one batch."""
    total = batch.features.new_zeros(())
    for error, weight in zip(errors(networks, batch), (weights.energy, weights.forces, weights.virial), strict=True):
        if error.numel():
            total = total + weight * error.square().mean()
    return total


@torch.no_grad()
def mean_loss(
    networks: Mapping[str, AtomicNetwork], batches: Sequence[StoredBatch], weights: LossWeights
) -> dict[str, float]:
    """L over several batches, and the mean absolute errors: ``loss``, ``energy`` (eV/atom), ``forces`` (eV/Å)."""
    squares, absolute, counts = torch.zeros(3).double(), torch.zeros(3).double(), torch.zeros(3).double()
    for k in range(len(batches)):
        batch = batches[k]
        for term, error in enumerate(errors(networks, batch)):
            squares[term] += error.double().square().sum().cpu()
            absolute[term] += error.double().abs().sum().cpu()
            counts[term] += error.numel()
    means, absolute = squares / counts.clamp(min=1), absolute / counts.clamp(min=1)
    total = weights.energy * means[0] + weights.forces * means[1] + weights.virial * means[2]
    return {"loss": float(total), "energy": float(absolute[0]), "forces": float(absolute[1])}
