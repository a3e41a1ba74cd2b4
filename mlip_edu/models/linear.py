"""Linear and quadratic models on any fingerprint, the ridge that suits the data, and SNAP potentials in LAMMPS's files.

    E_i = E_0 + c₀ + Σ_k c_k D̂_k                                            linear,        D̂ = (D − μ)/σ
    E_i = E_0 + c₀ + Σ_k c_k D̂_k + Σ_k ½ q_kk D̂_k² + Σ_{k<l} q_kl D̂_k D̂_l     quadratic

The linear model is a network without hidden layers, ``AtomicNetwork((n, 1), "linear")``. Both are linear in their
coefficients, so the best ones are the solution of a system of equations, and nothing has to be trained.

==========  ======================  ==============================================================
symbol      variable                shape
==========  ======================  ==============================================================
c₀, c_k     ``biases, weights``     (1,) and (1, features), eV
q_kl        ``quadratic``           (features · (features + 1)/2,), row after row of k ≤ l, eV
E_0         ``reference_energy``    eV
D̂           ``standardised``        (atoms, features), with μ and σ as in :mod:`.networks`
==========  ======================  ==============================================================

Sources: Thompson et al., J. Comput. Phys. 285, 316 (2015), doi 10.1016/j.jcp.2014.12.018; quadratic: Wood & Thompson,
J. Chem. Phys. 148, 241721 (2018), doi 10.1063/1.5017641.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from os import PathLike
from pathlib import Path

import numpy as np
import torch

from ..errors import MlipEduError, TrainingError
from ..fingerprints import SnapFingerprint
from ..io.snap_files import MliapNetwork, SnapFile, read_snap, write_mliap_descriptor, write_mliap_network, write_snap
from .networks import AtomicNetwork
from .potential import Potential

Tensor = torch.Tensor
MOST_COEFFICIENTS = 20_000  # of XᵀX, which then takes 3 GB


class QuadraticModel(AtomicNetwork):
    """The quadratic model of one element, zero at first. It takes a network's place in a :class:`Potential`."""

    def __init__(self, n_features: int):
        super().__init__((n_features, 1), "linear")
        self.activations = ("quadratic",)  # so that nobody takes it for a network
        size = n_features * (n_features + 1) // 2
        self.quadratic = torch.nn.Parameter(torch.zeros(size, dtype=torch.float64))
        for parameter in (*self.weights, *self.biases):
            torch.nn.init.zeros_(parameter)

    def forward(self, features: Tensor, gradient: bool = False) -> Tensor | tuple[Tensor, Tensor]:
        """As :meth:`AtomicNetwork.forward`."""
        if gradient:
            return self.energy_and_gradient(features)
        return self.energy_and_gradient((features - self.mean) / self.scale)[0]

    def energy_and_gradient(self, standardised: Tensor) -> tuple[Tensor, Tensor]:
        """E = c₀ + c·D̂ + ½ D̂ᵀQD̂ (atoms,) and ∂E/∂D̂ = c + QD̂ (atoms, features), in eV."""
        slopes = standardised @ symmetric(self.quadratic, self.sizes[0])
        linear = self.weights[0][0]
        return self.biases[0] + standardised @ linear + 0.5 * (slopes * standardised).sum(1), linear + slopes


def symmetric(quadratic: Tensor, size: int) -> Tensor:
    """Q_kl = Q_lk = q_kl, (features, features), so that the quadratic terms are ½ DᵀQD."""
    rows, columns = torch.triu_indices(size, size, device=quadratic.device)
    upper = quadratic.new_zeros(size, size).index_put((rows, columns), quadratic)
    return upper + upper.triu(1).T


def zero_potential(like: Potential, quadratic: bool = False) -> Potential:
    """Models with all coefficients zero, with the standardisation and the reference energies of ``like``."""
    models = {}
    for element in like.elements:
        network, n = like.networks[element], like.networks[element].sizes[0]
        models[element] = model = QuadraticModel(n) if quadratic else AtomicNetwork((n, 1), "linear")
        for parameter in model.parameters():
            torch.nn.init.zeros_(parameter)
        model.mean.copy_(network.mean)
        model.scale.copy_(network.scale)
        model.reference_energy = network.reference_energy
    return Potential(like.fingerprint, models)


def normal_equations(blocks: Iterable[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor, float, int]:
    """XᵀX, Xᵀy, yᵀy and the number of rows, summed over blocks (y, X) of rows that are never held together."""
    gram, moment, square, n_rows = 0.0, 0.0, 0.0, 0
    for y, x in blocks:
        gram, moment = gram + x.T @ x, moment + x.T @ y
        square, n_rows = square + float(y @ y), n_rows + len(y)
    return gram, moment, square, n_rows


def ridge_solution(
    gram: Tensor, moment: Tensor, square: float, n_rows: int, ridge: float | None = None
) -> tuple[Tensor, float]:
    """The c that makes |Xc − y|² + λ|c|² smallest, (coefficients,), and λ in units of the mean diagonal of XᵀX.

    With ``ridge=None`` λ follows from the data alone: noise of precision β on y and a prior of precision α on c make
    λ = α/β, and the evidence p(y | α, β) is largest where

        α = γ/|c|²,     β = (N − γ)/|Xc − y|²,     γ = Σ_i λ_i/(λ_i + λ)

    with the eigenvalues λ_i of XᵀX: γ counts the coefficients that the N rows determine. Solved by iteration;
    what is 0 but for rounding, error or λ, counts as 10⁻¹⁴ of yᵀy or of the mean diagonal.

    ============  ========================  ==================================================
    XᵀX, Xᵀy      ``gram, moment``          (coefficients, coefficients) and (coefficients,)
    yᵀy, N        ``square, n_rows``        numbers
    λ             ``strength``              ``ridge`` times ``unit``, the mean diagonal of XᵀX
    λ_i, γ        ``values, determined``    (coefficients,) and a number
    (Xc − y)²     ``error``                 a number, from XᵀX, Xᵀy and yᵀy
    ============  ========================  ==================================================

    Raises
    ------
    MlipEduError
        ``ridge`` is negative or not finite, or 0 where XᵀX has no inverse.

    Source: MacKay, Neural Comput. 4, 415 (1992), doi 10.1162/neco.1992.4.3.415.
    """
    if ridge is not None and not 0 <= ridge < math.inf:
        raise MlipEduError(f"expected a ridge from 0 up, or None for that of the largest evidence; found {ridge}")
    unit = float(gram.diagonal().mean())
    values, vectors = torch.linalg.eigh(gram)
    values, projected = values.clamp(min=0.0), vectors.T @ moment
    if ridge == 0 and values[0] <= 1e-15 * values[-1]:
        raise MlipEduError("the data leave a coefficient free, and a ridge of 0 does not choose: take 1e-12, or None")
    strength, last = unit * (1e-8 if ridge is None else ridge), 0.0
    for _ in range(500 if ridge is None else 0):
        c = projected / (values + strength)
        if not c.any():
            break  # labels of 0, which every ridge fits
        error = max(square - 2 * float(c @ projected) + float(values @ c**2), 1e-14 * square)
        determined = float((values / (values + strength)).sum())
        last, strength = strength, determined * error / (max(n_rows - determined, 1.0) * float(c @ c))
        strength = max(strength, 1e-14 * unit)
        if abs(strength - last) < 1e-6 * strength:
            break
    return vectors @ (projected / (values + strength)), strength / unit


def solve(parameters: Iterable[Tensor], blocks: Iterable[tuple[Tensor, Tensor]], ridge: float | None = None) -> float:
    """Give ``parameters`` the values of the :func:`ridge_solution` for blocks of rows (y, X); returns λ.

    Raises
    ------
    TrainingError
        There are more than :data:`MOST_COEFFICIENTS`.
    """
    parameters = list(parameters)
    if (number := sum(parameter.numel() for parameter in parameters)) > MOST_COEFFICIENTS:
        advice = "take quadratic=False, or a smaller fingerprint"
        raise TrainingError(f"a linear fit takes at most {MOST_COEFFICIENTS} coefficients; found {number}: {advice}")
    coefficients, found = ridge_solution(*normal_equations(blocks), ridge)
    torch.nn.utils.vector_to_parameters(coefficients, parameters)
    return found


def load_snap(coefficients: str | PathLike, parameters: str | PathLike) -> Potential:
    """The potential of a ``.snapcoeff`` and its ``.snapparam``, as ``pair_style snap`` evaluates it.

    Raises
    ------
    FormatError
        See :func:`mlip_edu.io.snap_files.read_snap`.
    """
    snap = read_snap(coefficients, parameters)
    n, models = snap.fingerprint.n_columns, {}
    for element, values in snap.coefficients.items():
        values = torch.from_numpy(values)
        model = QuadraticModel(n) if snap.quadratic else AtomicNetwork((n, 1), "linear")
        with torch.no_grad():
            model.weights[0].copy_(values[None, 1 : n + 1])
            if snap.quadratic:
                model.quadratic.copy_(values[n + 1 :])
        model.reference_energy = float(values[0])
        models[element] = model
    return Potential(snap.fingerprint, models)


def save_snap(potential: Potential, stem: str | PathLike) -> None:
    """Write ``STEM.snapcoeff`` and ``STEM.snapparam``: linear or quadratic in SNAP's fingerprint.

        pair_style snap
        pair_coeff * * STEM.snapcoeff STEM.snapparam Si

    Raises
    ------
    MlipEduError
        Another fingerprint, or a network with hidden layers.
    """
    if any(model.activations not in (("linear",), ("quadratic",)) for model in _models(potential)):
        raise MlipEduError("pair_style snap is for linear and quadratic models; save_mliap writes networks")
    files = [Path(f"{stem}.{suffix}") for suffix in ("snapcoeff", "snapparam")]
    quadratic = any(isinstance(model, QuadraticModel) for model in potential.networks.values())
    coefficients = {e: _unstandardised(model, quadratic) for e, model in potential.networks.items()}
    write_snap(*files, SnapFile(potential.fingerprint, quadratic, coefficients))


def _models(potential: Potential) -> list[AtomicNetwork]:
    if not isinstance(potential.fingerprint, SnapFingerprint):
        raise MlipEduError(f"LAMMPS's SNAP needs a SnapFingerprint; found {type(potential.fingerprint).__name__}")
    return [potential.networks[element] for element in potential.elements]


def _unstandardised(model: AtomicNetwork, quadratic: bool) -> np.ndarray:
    """Coefficients of E in D instead of D̂, and E_0 in the first: c/σ − Qμ/σσᵀ and so on."""
    bias, linear = model.biases[0].detach().double(), model.weights[0][0].detach().double()
    mean, scale = model.mean.double(), model.scale.double()
    n, linear = len(linear), linear / scale
    matrix = mean.new_zeros(n, n)
    if isinstance(model, QuadraticModel):
        matrix = symmetric(model.quadratic.detach().double(), n) / torch.outer(scale, scale)
    first = model.reference_energy + bias - linear @ mean + 0.5 * mean @ matrix @ mean
    rest = matrix[tuple(torch.triu_indices(n, n))] if quadratic else matrix.new_zeros(0)
    return torch.cat([first, linear - matrix @ mean, rest]).cpu().numpy()


def save_mliap(potential: Potential, stem: str | PathLike) -> None:
    """Write ``STEM.mliap.model`` and ``STEM.mliap.descriptor``: a network on SNAP's fingerprint.

        pair_style mliap model nn STEM.mliap.model descriptor sna STEM.mliap.descriptor
        pair_coeff * * Si

    Raises
    ------
    MlipEduError
        Another fingerprint, or networks that LAMMPS does not have.
    """
    networks = []
    for model in _models(potential):
        if type(model) is not AtomicNetwork:
            kind = type(model).__name__
            raise MlipEduError(f"pair_style mliap is for networks; found {kind}: save_snap writes quadratic models")
        layers = [
            (w.detach().double().cpu().numpy(), b.detach().double().cpu().numpy(), name)
            for w, b, name in zip(model.weights, model.biases, model.activations, strict=True)
        ]
        weight, bias, name = layers[-1]
        if name != "linear":
            raise MlipEduError(f"pair_style mliap needs a last layer that is linear, to hold E_0; found {name}")
        layers[-1] = (weight, bias + model.reference_energy, name)
        networks.append(MliapNetwork(model.mean.double().cpu().numpy(), model.scale.double().cpu().numpy(), layers))
    write_mliap_network(f"{stem}.mliap.model", networks)
    write_mliap_descriptor(f"{stem}.mliap.descriptor", potential.fingerprint)
