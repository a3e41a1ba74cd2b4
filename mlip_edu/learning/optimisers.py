"""Gradient descent with a memory: Adam, and Adam in rotated coordinates.

Every optimiser (these two and :mod:`mlip_edu.learning.levenberg_marquardt`) offers the same three things to a
training: ``epoch(number)`` goes once through the data, ``state()`` and ``restore()`` carry everything that
decides the next epoch to and from a checkpoint.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch

from ..models import AtomicNetwork
from .distributed import summed
from .objective import LossWeights, loss
from .preparation import BatchSource

Tensor = torch.Tensor


class Adam:
    """Adam with a learning rate that warms up linearly and falls along a cosine.

        m ← β₁ m + (1 − β₁) g,    v ← β₂ v + (1 − β₂) g²,    θ ← θ − η m̂/(√v̂ + ε)
        m̂ = m/(1 − β₁ᵗ),          v̂ = v/(1 − β₂ᵗ)
        η(x) = η_max · x/x_w  for x < x_w,    η_max · ½ [1 + cos(π (x − x_w)/(1 − x_w))]  after

    with g the gradient of one batch, t the number of the step, x the fraction of the training that is done and
    x_w = 0.1. The batches come in a new random order in every epoch. Before each step the weights (not the
    biases) shrink, W ← (1 − η δ) W, which keeps the network smooth between the data.

    =========  =======================
    symbol     variable
    =========  =======================
    m, v       ``first``, ``second``
    β₁, β₂     ``BETAS``
    η_max, δ   ``learning_rate``, ``weight_decay``
    =========  =======================

    Source: Kingma & Ba, arXiv 1412.6980; the schedule: Smith & Topin, arXiv 1708.07120; the decay: Loshchilov &
    Hutter, arXiv 1711.05101.
    """

    WARM_UP = 0.1
    BETAS = (0.9, 0.99)
    SMALLEST = 1e-8
    FIRST_STEP = 1

    def __init__(
        self, networks: Mapping[str, AtomicNetwork], batches: BatchSource, weights: LossWeights, n_epochs: int,
        learning_rate: float, generator: torch.Generator, weight_decay: float = 0.0,
    ):  # fmt: skip
        self.networks, self.batches, self.weights = networks, batches, weights
        self.n_epochs, self.learning_rate, self.generator = n_epochs, learning_rate, generator
        self.weight_decay = weight_decay
        self.parameters = [p for network in networks.values() for p in network.parameters()]
        self.counts = batches.counts / len(batches)
        self.step_number = 0
        self.memory = [self.fresh_memory(p.detach()) for p in self.parameters]

    def fresh_memory(self, parameter: Tensor) -> dict[str, Tensor]:
        """What is remembered of one parameter, before the first step."""
        return {"first": torch.zeros_like(parameter), "second": torch.zeros_like(parameter)}

    def direction(self, gradient: Tensor, memory: dict[str, Tensor]) -> Tensor:
        """m̂/(√v̂ + ε) of one parameter, after ``memory`` has taken in its gradient."""
        memory["first"].lerp_(gradient, 1 - self.BETAS[0])
        memory["second"].lerp_(gradient.square(), 1 - self.BETAS[1])
        return self.scaled(memory["first"], memory["second"])

    def scaled(self, first: Tensor, second: Tensor) -> Tensor:
        n_steps = self.step_number - self.FIRST_STEP + 1
        first = first / (1 - self.BETAS[0] ** n_steps)
        second = second / (1 - self.BETAS[1] ** n_steps)
        return first / (second.sqrt() + self.SMALLEST)

    def rate(self, done: float) -> float:
        """The learning rate when a fraction ``done`` of the training is done."""
        if done < self.WARM_UP:
            return self.learning_rate * done / self.WARM_UP
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * (done - self.WARM_UP) / (1 - self.WARM_UP)))

    def epoch(self, number: int) -> float:
        """One pass over all batches; returns the mean loss."""
        n_batches, total = len(self.batches), 0.0
        for k, index in enumerate(torch.randperm(n_batches, generator=self.generator).tolist()):
            value = loss(self.networks, self.batches[index], self.weights, self.counts)
            gradients = torch.autograd.grad(value, self.parameters, materialize_grads=True)
            value, *gradients = summed([value.detach(), *gradients])
            total += float(value)
            if not math.isfinite(total):
                return total
            self.step_number += 1
            rate = self.rate((number + k / n_batches) / self.n_epochs)
            with torch.no_grad():
                for parameter, gradient, memory in zip(self.parameters, gradients, self.memory, strict=True):
                    if parameter.dim() == 2:
                        parameter.mul_(1 - rate * self.weight_decay)
                    parameter.sub_(self.direction(gradient, memory), alpha=rate)
        return total / n_batches

    def state(self) -> dict[str, Tensor]:
        tensors = {"generator": self.generator.get_state(), "step_number": torch.tensor(self.step_number)}
        for k, memory in enumerate(self.memory):
            tensors |= {f"{k}.{name}": tensor for name, tensor in memory.items()}
        return tensors

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        self.generator.set_state(tensors["generator"])
        self.step_number = int(tensors["step_number"])
        for k, memory in enumerate(self.memory):
            for name in memory:
                memory[name] = tensors[f"{k}.{name}"].to(memory[name].device, copy=True)


class RotatedAdam(Adam):
    """Adam in the eigenbasis of the gradient's own correlations, the default of :func:`mlip_edu.learning.train`.

    The features of a fingerprint are strongly correlated: the loss is a long, narrow valley that lies
    **diagonally** to the axes, and Adam, which scales every weight by itself, zigzags down it. For a weight
    matrix with gradient G remember

        L ← β L + (1 − β) G Gᵀ = Q_L Λ_L Q_Lᵀ,        R ← β R + (1 − β) Gᵀ G = Q_R Λ_R Q_Rᵀ

    turn the gradient into their eigenvectors, G′ = Q_Lᵀ G Q_R, take Adam's step there, and turn it back. The
    eigenvectors are followed, one step of orthogonal iteration every ten gradients. The very first gradient only
    sets them, and no component of m̂/√v̂ counts for more than ``LONGEST``: just after a turn v still belongs to
    the old axes.

    =========  ==============================
    symbol     variable
    =========  ==============================
    L, R       ``left``, ``right``
    Q_L, Q_R   ``left_basis``, ``right_basis``
    =========  ==============================

    Source: Vyas et al., arXiv 2409.11321 (where it is called SOAP, which in this field is a fingerprint), after
    Gupta, Koren & Singer, arXiv 1802.09568.
    """

    BETAS = (0.95, 0.95)
    BETA = 0.95
    FIRST_STEP = 2
    TURN_EVERY = 10
    LONGEST = 3.0

    def fresh_memory(self, parameter: Tensor) -> dict[str, Tensor]:
        rows, columns = self.as_matrix(parameter).shape
        options = {"dtype": parameter.dtype, "device": parameter.device}
        memory = {"first": torch.zeros(rows, columns, **options), "second": torch.zeros(rows, columns, **options)}
        for side, size in (("left", rows), ("right", columns)):
            memory |= {side: torch.zeros(size, size, **options), f"{side}_basis": torch.eye(size, **options)}
        return memory

    @staticmethod
    def as_matrix(tensor: Tensor) -> Tensor:
        """A bias is a matrix with one column."""
        return tensor if tensor.dim() == 2 else tensor[:, None]

    def direction(self, gradient: Tensor, memory: dict[str, Tensor]) -> Tensor:
        matrix = self.as_matrix(gradient)
        self.turn(matrix, memory)
        if self.step_number == 1:
            return torch.zeros_like(gradient)
        left, right = memory["left_basis"], memory["right_basis"]
        memory["first"].lerp_(matrix, 1 - self.BETAS[0])
        memory["second"].lerp_((left.T @ matrix @ right).square(), 1 - self.BETAS[1])
        step = self.scaled(left.T @ memory["first"] @ right, memory["second"]).clamp(-self.LONGEST, self.LONGEST)
        return (left @ step @ right.T).view_as(gradient)

    def turn(self, matrix: Tensor, memory: dict[str, Tensor]) -> None:
        """Take one gradient into L and R and, now and then, follow their eigenvectors."""
        for side, product in (("left", matrix @ matrix.T), ("right", matrix.T @ matrix)):
            memory[side].lerp_(product, 1 - self.BETA)
            if self.step_number == 1:
                basis = torch.linalg.eigh(product.double())[1]
                memory[f"{side}_basis"].copy_(basis)
            elif self.step_number % self.TURN_EVERY == 0:
                memory[f"{side}_basis"].copy_(torch.linalg.qr(memory[side] @ memory[f"{side}_basis"])[0])
