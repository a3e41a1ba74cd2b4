"""A sparse Gaussian process on energies, forces and virials.

Before any data the energy ε of an atom is a random function of its fingerprint p, alike where two directions p̂ = p/|p|
are alike; after them its mean is a sum over sparse points s, and that is the potential:

    ⟨ε(p) ε(q)⟩ = k(p, q) = δ² (p̂ · q̂)^ζ,     E = Σ_i ε_i,     ε_i = Σ_s α_s k(p_i, p_s)

The sparse points carry everything: they make features φ, in which the kernel is a scalar product,

    φ(p) = Λ^{−1/2} Vᵀ k_M(p),     K_MM = V Λ Vᵀ,     ε(p) = w · φ(p),     w ~ N(0, 1)

with k_M(p) = k(p, p_s) for all s and K_MM = k(p_s, p_s'). Energies, forces and virials are sums and slopes of ε, so
their rows Φ are sums and slopes of φ: Bayesian linear regression, y = Φw + noise of deviations σ, by one QR:

    ( Φ/σ   y/σ )         ( R   z )          w = R⁻¹ z,     α = V Λ^{−1/2} w
    (  1     0  )  =  Q   ( 0   ρ )          log p(y) = −½ ρ² − log |det R| − Σ log σ − ½ N log 2π
                                             var E = k_EE − |φ_E|² + |R⁻ᵀ φ_E|²,     φ_E = Σ_i φ(p_i)

The variance is that of the "deterministic training conditional": what the sparse points cannot say, k_EE − |φ_E|² with
k_EE = Σ_ij k(p_i, p_j), counts as unknown. Where they span all of the data this is the Gaussian process itself.

===========  ======================  ============================================================
symbol       variable                shape
===========  ======================  ============================================================
V Λ^{−1/2}   ``whitening``           (points, points), a column of 0 where Λ is 0 but for rounding
Φ            ``rows @ whitening``    (labels, points of all elements)
y, σ         ``labels, sigma``       (labels,); energies and virials an atom
R, z, ρ      ``triangle``            (1 + points of all elements, the same)
===========  ======================  ============================================================

Atoms of different elements know nothing of each other: each element has its own sparse points.

Sources: Bartók, Payne, Kondor & Csányi, Phys. Rev. Lett. 104, 136403 (2010), doi 10.1103/PhysRevLett.104.136403; the
QR: Foster et al., J. Mach. Learn. Res. 10, 857 (2009); the name and the variance: Quiñonero-Candela & Rasmussen,
J. Mach. Learn. Res. 6, 1939 (2005).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch

from ...batch import Batch
from ...errors import MlipEduError, TrainingError
from ...fingerprints import Fingerprint
from ...systems import AtomicSystem
from ..potential import Potential
from .model import KernelModel, directions

Tensor = torch.Tensor
VOIGT = ([0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1])  # xx yy zz yz xz xy
SMALLEST = 1e-15  # of Λ, in units of the largest: below it rounding says more than the kernel


def farthest_points(units: Tensor, number: int) -> Tensor:
    """Indices of ``number`` rows of p̂, each the farthest from those before it; fewer if no others are different."""
    chosen, nearest = [0], torch.full_like(units[:, 0], math.inf)
    while len(chosen) < number:
        nearest = torch.minimum(nearest, 1 - units @ units[chosen[-1]])
        farthest = int(nearest.argmax())
        if nearest[farthest] < 1e-12:
            break
        chosen.append(farthest)
    return torch.tensor(chosen)


def fit_kernels(
    systems: Sequence[AtomicSystem], fingerprint: Fingerprint, references: Mapping[str, float], *, points: int = 500,
    zeta: float = 4.0, signal: float = 10.0, energy_noise: float = 0.002, force_noise: float = 0.1,
    virial_noise: float = 0.1,
) -> tuple[Potential, float]:  # fmt: skip
    """The potential of the mean and log p(y), from all labels of ``systems``.

    Parameters
    ----------
    references
        E_0 of each element in eV, :func:`mlip_edu.learning.reference_energies`: what is learnt is the rest.
    points
        Sparse points of each element, chosen by :func:`farthest_points`.
    zeta, signal
        ζ, and δ in eV.
    energy_noise, force_noise, virial_noise
        σ in eV/atom, eV/Å and eV/atom; of a system with weights, divided by them. inf leaves such labels out.

    Raises
    ------
    TrainingError
        A number makes no sense, nothing is labelled, or an element has no atom to learn from.
    MlipEduError
        The fingerprint of a lone atom is 0 and has no direction: use ``SoapFingerprint(…, centre=True)``.
    """
    noise = (energy_noise, force_noise, virial_noise)
    positive = 0 < signal < math.inf and all(deviation > 0 for deviation in noise)
    if not (type(points) is int and points > 0 and 1 <= zeta < 100 and positive):
        found = f"points {points}, zeta {zeta}, signal {signal}, noise {noise}"
        raise TrainingError(f"a kernel fit needs points ≥ 1, zeta ≥ 1 and a positive signal and noise; found {found}")
    models = _sparse_models(systems, fingerprint, points, zeta, signal)
    for element, model in models.items():
        if element not in references:
            raise TrainingError(f"expected a reference energy of {element}; found {dict(references)}")
        model.reference_energy = float(references[element])
    potential = Potential(fingerprint, models)
    whitening = torch.block_diag(*(model.whitening for model in models.values()))
    n, n_rows, log_noise = len(whitening), 0, 0.0
    waiting = [torch.eye(n, n + 1, dtype=torch.float64)]  # the rows (1, 0)
    for system in systems:
        rows, labels, sigma = _rows(potential, system, noise)
        n_rows, log_noise = n_rows + len(labels), log_noise + float(sigma.log().sum())
        waiting.append(torch.cat([rows @ whitening, labels[:, None]], dim=1) / sigma[:, None])
        if sum(map(len, waiting)) > 3 * n:  # R, z and ρ stand for all rows before: they are never held together
            waiting = [torch.linalg.qr(torch.cat(waiting), mode="r")[1]]
    if n_rows == 0:
        raise TrainingError("no system has an energy, forces or a stress to learn from")
    triangle = torch.linalg.qr(torch.cat(waiting), mode="r")[1]
    r, z, rho = triangle[:n, :n], triangle[:n, n:], float(triangle[n, n])
    posterior = torch.linalg.solve_triangular(r, whitening, upper=True, left=False)
    sizes = [model.sizes[1] for model in models.values()]
    parts = zip(models.values(), posterior.split(sizes), (posterior @ z).split(sizes), strict=True)
    for model, own, coefficients in parts:
        model.posterior = own.contiguous()
        model.weights[1].data = coefficients.T.contiguous()
    log_r = float(r.diagonal().abs().log().sum())
    return potential, -0.5 * rho**2 - log_r - log_noise - 0.5 * n_rows * math.log(2 * math.pi)


def _sparse_models(
    systems: Sequence[AtomicSystem], fingerprint: Fingerprint, points: int, zeta: float, signal: float
) -> dict[str, KernelModel]:
    """Models with their points and whitening, but without coefficients."""
    lone = [AtomicSystem(np.zeros((1, 3)), np.zeros((3, 3)), [e], False) for e in fingerprint.elements]
    rows: dict[str, list[Tensor]] = {element: [] for element in fingerprint.elements}
    with torch.no_grad():
        if (fingerprint(Batch.from_systems(lone, fingerprint.cutoff).edges()) == 0).all(1).any():
            raise MlipEduError(
                f"the {type(fingerprint).__name__} of a lone atom is 0 and has no direction for a kernel to compare: "
                "use SoapFingerprint with centre=True"
            )
        for system in systems:
            edges = Batch.from_systems([system], fingerprint.cutoff).edges()
            features, _ = fingerprint.with_pullback(edges)
            for element, atoms in fingerprint.atoms_of(edges.species).items():
                rows[element].append(directions(features[atoms])[1])
    models = {}
    for element, parts in rows.items():
        if not sum(map(len, parts)):
            raise TrainingError(f"no atom of {element} to learn from: the fingerprint knows it")
        units = torch.cat(parts)
        chosen = units[farthest_points(units, points)]
        model = KernelModel((chosen.shape[1], len(chosen), 1), zeta, signal)
        model.weights[0].data = chosen
        values, vectors = torch.linalg.eigh(model.kernel(chosen @ chosen.T)[0])
        scale = torch.where(values > SMALLEST * values[-1], values, math.inf).rsqrt()
        model.whitening = vectors * scale
        models[element] = model
    return models


@torch.no_grad()
def _rows(potential: Potential, system: AtomicSystem, noise: Sequence[float]) -> tuple[Tensor, Tensor, Tensor]:
    """What every α_s alone adds to each label of a system (labels, points), y less E_0 and σ (labels,)."""
    batch = Batch.from_systems([system], potential.cutoff)
    edges = batch.edges()
    features, derivatives = potential.fingerprint.derivatives(edges)
    energy, gradients, known = [], [], system.energy
    for element, atoms in potential.fingerprint.atoms_of(edges.species).items():
        model = potential.networks[element]
        length, unit = directions(features[atoms])
        k, slopes = model.kernel(unit @ model.weights[0].T)
        near = torch.nonzero(torch.isin(edges.centre, atoms))[:, 0]
        i = torch.searchsorted(atoms, edges.centre[near])
        # ∂p̂/∂r = (1 − p̂ p̂ᵀ) ∂p/∂r/|p|
        along = derivatives[near] @ unit[i, :, None] * unit[i, None]
        turn = (derivatives[near] - along) / length[i, None]
        gradient = turn.new_zeros(len(edges.centre), 3, model.sizes[1])
        gradient[near] = turn @ model.weights[0].T * slopes[i, None]
        energy.append(k.sum(0))
        gradients.append(gradient)
        known = None if known is None else known - len(atoms) * model.reference_energy
    g = torch.cat(gradients, dim=2)
    forces = g.new_zeros(len(system), *g.shape[1:]).index_add(0, edges.centre, g)
    forces = forces.index_add(0, edges.neighbour, g, alpha=-1).flatten(0, 1)
    virial = -torch.einsum("eap,eb->abp", g, edges.vector)[VOIGT] / len(system)
    kinds = [
        (torch.cat(energy)[None] / len(system), None if known is None else known / len(system), system.energy_weight),
        (forces, system.forces, system.force_weight),
        (virial, None if system.stress is None else -system.stress[VOIGT] * system.volume / len(system), 1.0),
    ]
    rows, labels, sigma = [g.new_zeros(0, g.shape[2])], [g.new_zeros(0)], [g.new_zeros(0)]
    for (own, label, weight), deviation in zip(kinds, noise, strict=True):
        if label is not None and weight > 0 and deviation < math.inf:
            rows.append(own)
            labels.append(torch.tensor(label, dtype=torch.float64).flatten())
            sigma.append(g.new_full((len(own),), deviation / weight))
    return torch.cat(rows), torch.cat(labels), torch.cat(sigma)
