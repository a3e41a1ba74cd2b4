"""What a training makes small: weighted squares of the errors of energies, forces and virials.

    L = c_E ⟨(u_E Δe)²⟩ + c_F ⟨(u_F ΔF)²⟩ + c_W ⟨(Δw)²⟩

=============  =============================  ============================================================
symbol         variable                       meaning
=============  =============================  ============================================================
Δe, Δw         (first, last of ``Errors``)    errors of the energy and of the virial per atom, eV
ΔF             ``forces``                     error of a force component, eV/Å
u_E, u_F       ``energy_weight`` …            weights of a system, from its dump
c_E, c_F, c_W  ``LossWeights``                weights of the three terms; 0 leaves a term out
⟨ ⟩            ``counts``                     mean over all labelled systems, force components, virial components
=============  =============================  ============================================================

What has no label, or weight zero, does not count. The weights u multiply the error *before* it is squared, as
in the reference code of RANN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from ..models import AtomicNetwork
from ..systems import AtomicSystem
from .distributed import summed
from .stored import StoredBatch, evaluate

Tensor = torch.Tensor
Networks = Mapping[str, AtomicNetwork]


@dataclass(frozen=True)
class LossWeights:
    """c_E (1/eV²), c_F (Å²/eV²) and c_W (1/eV²)."""

    energy: float = 40.0
    forces: float = 1.0
    virial: float = 1.0


def errors(networks: Networks, batch: StoredBatch) -> tuple[Tensor, Tensor, Tensor]:
    """Weighted errors u_E Δe (systems,), u_F ΔF (atoms, 3) and Δw (systems, 6), differentiable in the weights."""
    energy, forces, virial = evaluate(networks, batch)
    of_atom = batch.force_weight[batch.system_of_atom, None]
    return (
        (energy - batch.energy) * batch.energy_weight,
        (forces - batch.forces) * of_atom,
        (virial - batch.virial[:, : virial.shape[1]]) * batch.virial_weight[:, None],
    )


def labels(systems: Sequence[AtomicSystem]) -> Tensor:
    """Number of labelled energies, force components and virial components, (3,)."""
    counts = torch.zeros(3)
    for system in systems:
        counts[0] += system.energy is not None and system.energy_weight > 0
        counts[1] += system.forces.size if system.forces is not None and system.force_weight > 0 else 0
        counts[2] += 6 * (system.stress is not None)
    return counts


def loss(networks: Networks, batch: StoredBatch | None, weights: LossWeights, counts: Tensor) -> Tensor:
    """L of one batch. ``counts`` (3,) are the labels of an average batch: then the mean over batches is L of all.

    Without a batch (another process holds it all), zero with zero gradients.
    """
    if batch is None:
        return sum(0.0 * p.sum() for network in networks.values() for p in network.parameters())
    total = batch.features.new_zeros(())
    terms = zip(errors(networks, batch), (weights.energy, weights.forces, weights.virial), counts.tolist(), strict=True)
    for error, weight, count in terms:
        if weight and count and error.numel():
            total = total + weight / count * error.square().sum()
    return total


@torch.no_grad()
def mean_loss(networks: Networks, batches: Sequence[StoredBatch], weights: LossWeights) -> dict[str, float]:
    """L over several batches, and the plain mean absolute errors over all labels.

    ``loss``; ``energy`` (eV/atom) and ``forces`` (eV/Å), each where there are labels of its kind.
    """
    squares, absolute, counts = (torch.zeros(3, dtype=torch.float64) for _ in range(3))
    for batch in filter(None, batches):
        of_atom = batch.force_weight[batch.system_of_atom, None].expand(-1, 3)
        of_label = (batch.energy_weight, of_atom, batch.virial_weight[:, None])
        for term, (error, weight) in enumerate(zip(errors(networks, batch), of_label, strict=True)):
            labelled = weight.expand_as(error) > 0
            error, weight = error[labelled].double(), weight.expand_as(error)[labelled].double()
            squares[term] += error.square().sum().cpu()
            absolute[term] += (error / weight).abs().sum().cpu()
            counts[term] += error.numel()
    squares, absolute, counts = summed([squares, absolute, counts])
    means, absolute = (squares / counts.clamp(min=1)).tolist(), absolute / counts
    total = weights.energy * means[0] + weights.forces * means[1] + weights.virial * means[2]
    known = {name: float(absolute[k]) for k, name in enumerate(("energy", "forces")) if counts[k]}
    return {"loss": total, **known}
