"""Adam, one small step a batch.

Every optimiser (this one and :mod:`mlip_edu.learning.levenberg_marquardt`) offers the same three things to a
training: ``epoch(number)`` goes once through the data, ``state()`` and ``restore()`` carry everything that
decides the next epoch to and from a checkpoint.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch

from ..models import AtomicNetwork
from .objective import LossWeights, loss
from .stored import StoredBatch

Tensor = torch.Tensor


class Adam:
    """Adam with a learning rate that warms up linearly and falls along a cosine.

        m ← β₁ m + (1 − β₁) g,    v ← β₂ v + (1 − β₂) g²,    θ ← θ − η m̂/(√v̂ + ε)
        η(x) = η_max · x/x_w  for x < x_w,    η_max · ½ [1 + cos(π (x − x_w)/(1 − x_w))]  after

    with x the fraction of the training that is done and x_w = 0.1. The batches are drawn in a new random
    order in every epoch. Source: Kingma & Ba, arXiv 1412.6980; Smith & Topin, arXiv 1708.07120 (one cycle).
    """

    WARM_UP = 0.1

    def __init__(
        self,
        networks: Mapping[str, AtomicNetwork],
        batches: Sequence[StoredBatch],
        weights: LossWeights,
        n_epochs: int,
        learning_rate: float,
        generator: torch.Generator,
    ):
        self.networks, self.batches, self.weights = networks, batches, weights
        self.n_epochs, self.learning_rate, self.generator = n_epochs, learning_rate, generator
        self.parameters = [p for network in networks.values() for p in network.parameters()]
        self.adam = torch.optim.Adam(self.parameters, lr=learning_rate, betas=(0.9, 0.99), fused=True)

    def rate(self, done: float) -> float:
        """The learning rate when a fraction ``done`` of the training is done."""
        if done < self.WARM_UP:
            return self.learning_rate * done / self.WARM_UP
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * (done - self.WARM_UP) / (1 - self.WARM_UP)))

    def epoch(self, number: int) -> float:
        """One pass over all batches; returns the mean loss."""
        n_batches, total = len(self.batches), 0.0
        for k, index in enumerate(torch.randperm(n_batches, generator=self.generator).tolist()):
            self.adam.param_groups[0]["lr"] = self.rate((number + k / n_batches) / self.n_epochs)
            self.adam.zero_grad()
            value = loss(self.networks, self.batches[index], self.weights)
            value.backward()
            self.adam.step()
            total += value.detach()
        return float(total) / n_batches

    def state(self) -> dict[str, Tensor]:
        tensors = {"generator": self.generator.get_state()}
        for k, parameter in enumerate(self.parameters):
            for name, tensor in self.adam.state[parameter].items():
                tensors[f"{k}.{name}"] = tensor
        return tensors

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        self.generator.set_state(tensors["generator"])
        for k, parameter in enumerate(self.parameters):
            names = [name for name in tensors if name.startswith(f"{k}.")]
            self.adam.state[parameter] = {
                name.split(".", 1)[1]: tensors[name].clone().to(parameter.device) for name in names
            }
