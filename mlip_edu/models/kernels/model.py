"""The energy of an atom as a sum of kernels: a Gaussian process after its data, with its own error bar.

    ε(p) = Σ_s α_s k(p, p_s),     k(p, q) = δ² (p̂ · q̂)^ζ,     p̂ = p/|p|

p is the fingerprint of the atom, the p_s those of sparse points; how α comes from data, and what the variance means,
stands in :mod:`.regression`.

===============  ==================  ==================================================================
symbol           variable            shape
===============  ==================  ==================================================================
p̂_s, α_s         ``weights`` 0, 1    (points, features) and (1, points): the potential is a network
                                     whose hidden layer has the activation x ↦ δ² x^ζ
δ, ζ             ``signal, zeta``    eV and a number; ζ a whole number where p̂ · q̂ can be negative
|p|, p̂           ``length, unit``    (atoms, 1) and (atoms, features)
V Λ^{−1/2}       ``whitening``       (points, points)
V Λ^{−1/2} R⁻¹   ``posterior``       (points, points of all elements)
===============  ==================  ==================================================================

Source: Bartók, Payne, Kondor & Csányi, Phys. Rev. Lett. 104, 136403 (2010), doi 10.1103/PhysRevLett.104.136403; with
SOAP: Bartók, Kondor & Csányi, Phys. Rev. B 87, 184115 (2013), doi 10.1103/PhysRevB.87.184115.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from ...batch import Batch
from ...errors import MlipEduError
from ...systems import AtomicSystem
from ..networks import AtomicNetwork
from ..potential import Potential

Tensor = torch.Tensor


class KernelModel(AtomicNetwork):
    """ε(p) of one element. It takes a network's place in a :class:`Potential`.

    ``sizes`` are (features, points, 1), ``zeta`` is ζ, ``signal`` δ in eV, ``width`` the number of columns of
    ``posterior``.
    """

    def __init__(self, sizes: Sequence[int], zeta: float = 4.0, signal: float = 1.0, width: int = 0):
        super().__init__(sizes, ("linear", "linear"))
        self.activations, self.biases = ("kernel", "linear"), torch.nn.ParameterList()
        for name, value in (
            ("zeta", zeta), ("signal", signal), ("whitening", np.zeros((self.sizes[1],) * 2)),
            ("posterior", np.zeros((self.sizes[1], width))),
        ):  # fmt: skip
            self.register_buffer(name, torch.tensor(value, dtype=torch.float64))

    def kernel(self, cosines: Tensor) -> tuple[Tensor, Tensor]:
        """k = δ² x^ζ and ∂k/∂x of x = p̂ · q̂, in eV²."""
        slopes = self.signal**2 * self.zeta * cosines ** (self.zeta - 1)
        return slopes * cosines / self.zeta, slopes

    def forward(self, features: Tensor, gradient: bool = False) -> Tensor | tuple[Tensor, Tensor]:
        """As :meth:`AtomicNetwork.forward`; there is no standardisation, mean 0 and scale 1."""
        return self.energy_and_gradient(features) if gradient else self.energy_and_gradient(features)[0]

    def energy_and_gradient(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """ε (atoms,) in eV and ∂ε/∂p (atoms, features).

        ∂ε/∂p = (g − p̂ (p̂ · g))/|p|,     g = Σ_s α_s k′(p̂ · p̂_s) p̂_s
        """
        points, coefficients = self.weights[0], self.weights[1][0]
        length, unit = directions(features)
        k, slopes = self.kernel(unit @ points.T)
        g = (slopes * coefficients) @ points
        return k @ coefficients, (g - unit * (unit * g).sum(1, keepdim=True)) / length


def directions(features: Tensor) -> tuple[Tensor, Tensor]:
    """|p| (atoms, 1) and p̂ (atoms, features)."""
    length = features.square().sum(1, keepdim=True).sqrt()
    return length, features / length


@torch.no_grad()
def energy_variance(potential: Potential, systems: AtomicSystem | Sequence[AtomicSystem]) -> np.ndarray:
    """Predicted variance of the total energies, (systems,) in eV²: what the training did not settle, without noise.

        var E = k_EE − |φ_E|² + |R⁻ᵀ φ_E|²,     k_EE = Σ_ij k(p_i, p_j),     φ_E = Λ^{−1/2} Vᵀ Σ_i k_M(p_i)

    Raises
    ------
    MlipEduError
        The potential is none of kernels, or not in float64: a variance is what is left of k_EE, often a millionth.
    """
    if not all(isinstance(model, KernelModel) for model in potential.networks.values()):
        raise MlipEduError("only a potential of kernels, made by fit_kernels, knows its variance")
    parameter, found = next(potential.networks.parameters()), []
    if parameter.dtype != torch.float64:
        raise MlipEduError(f"the variance needs a potential in float64; found {parameter.dtype}: fit or load it again")
    for system in [systems] if isinstance(systems, AtomicSystem) else systems:
        edges = Batch.from_systems([system], potential.cutoff, parameter.device).edges()
        features, _ = potential.fingerprint.with_pullback(edges)
        prior, posterior = 0.0, 0.0
        for element, atoms in potential.fingerprint.atoms_of(edges.species).items():
            model = potential.networks[element]
            unit = directions(features[atoms])[1]
            k = model.kernel(unit @ model.weights[0].T)[0].sum(0)
            prior = prior + model.kernel(unit @ unit.T)[0].sum() - (k @ model.whitening).square().sum()
            posterior = posterior + k @ model.posterior
        found.append(float(prior + posterior.square().sum()))
    return np.maximum(found, 0.0)  # rounding may go below
