"""The network of one element: from the features of an atom to its energy.

    a_0 = (D − μ)/σ,     a_{l+1} = f_l(W_l a_l + b_l),     E_i = a_L + E_0

=========  ==========================  ===========================================
symbol     variable                    meaning
=========  ==========================  ===========================================
D          ``features``                fingerprint of one atom
μ, σ       ``mean``, ``scale``         standardisation, from the training part
W_l, b_l   ``weights``, ``biases``     parameters of layer l
f_l        ``activations``             name of the activation of layer l
E_0        ``reference_energy``        eV, added in float64
=========  ==========================  ===========================================

Source: Behler & Parrinello, Phys. Rev. Lett. 98, 146401 (2007).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch.nn import functional

from ..activations import ACTIVATIONS
from ..errors import MlipEduError

Tensor = torch.Tensor


class AtomicNetwork(torch.nn.Module):
    """A feed-forward network for the atoms of one element.

    Parameters
    ----------
    sizes
        Numbers of features, of nodes of each hidden layer, and 1: ``(32, 40, 40, 1)``.
    activation
        One name of :data:`ACTIVATIONS` for all hidden layers (the last layer is then linear), or one name a layer.
    generator
        Where the random initial weights come from.

    Raises
    ------
    MlipEduError
        Sizes or activations do not make a network.
    """

    def __init__(
        self, sizes: Sequence[int], activation: str | Sequence[str] = "sigI", generator: torch.Generator | None = None
    ):
        super().__init__()
        sizes, n_layers = tuple(int(n) for n in sizes), len(sizes) - 1
        if n_layers < 1 or sizes[-1] != 1 or min(sizes) < 1:
            raise MlipEduError(f"a network needs positive sizes that end in 1, such as (32, 40, 40, 1); found {sizes}")
        names = [activation] * (n_layers - 1) + ["linear"] if isinstance(activation, str) else list(activation)
        if len(names) != n_layers or not set(names) <= ACTIVATIONS.keys():
            raise MlipEduError(f"expected {n_layers} activations out of {', '.join(ACTIVATIONS)}; found {names}")
        self.sizes, self.activations = sizes, tuple(names)
        self.weights, self.biases = torch.nn.ParameterList(), torch.nn.ParameterList()
        for n_in, n_out in pairwise(sizes):
            # variance 1/n_in keeps the size of the signal from layer to layer (LeCun)
            weight = torch.randn(n_out, n_in, dtype=torch.float64, generator=generator) / n_in**0.5
            self.weights.append(torch.nn.Parameter(weight))
            self.biases.append(torch.nn.Parameter(torch.zeros(n_out, dtype=torch.float64)))
        self.register_buffer("mean", torch.zeros(sizes[0], dtype=torch.float64))
        self.register_buffer("scale", torch.ones(sizes[0], dtype=torch.float64))
        self.reference_energy = 0.0

    def forward(self, features: Tensor, gradient: bool = False) -> Tensor | tuple[Tensor, Tensor]:
        """Atomic energies without E_0, (atoms,) in eV, of features (atoms, features).

        ``gradient=True``: of features that are standardised already, with their gradient, as
        :meth:`energy_and_gradient`.
        """
        if gradient:
            return self.energy_and_gradient(features)
        a = (features - self.mean) / self.scale
        for weight, bias, name in zip(self.weights, self.biases, self.activations, strict=True):
            a = ACTIVATIONS[name][0](functional.linear(a, weight, bias))
        return a[:, 0]

    def energy_and_gradient(self, standardised: Tensor) -> tuple[Tensor, Tensor]:
        """Atomic energies and their gradient in the standardised features, by the chain rule.

            z_l = W_l a_l + b_l,     ∂E/∂a_l = W_lᵀ (∂E/∂a_{l+1} ∘ f_l′(z_l))

        Returns (atoms,) in eV and (atoms, features) in eV. Written out, because a training differentiates
        the forces once more: one pass through plain operations is quicker than autograd through autograd.
        """
        a, slopes = standardised, []
        for weight, bias, name in zip(self.weights, self.biases, self.activations, strict=True):
            function, slope = ACTIVATIONS[name]
            z = functional.linear(a, weight, bias)
            a = function(z)
            slopes.append(slope(z))
        gradient = slopes[-1]
        weights = list(self.weights)  # a slice of a ParameterList would be a copy without its graph
        for weight, slope in zip(reversed(weights[1:]), reversed(slopes[:-1]), strict=True):
            gradient = (gradient @ weight) * slope
        return a[:, 0], gradient @ weights[0]
