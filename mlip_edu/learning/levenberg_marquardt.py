"""Levenberg–Marquardt: one large step a sweep through the data, the method of RANN's own calibration code.

    (JᵀJ + λ s 1) δ = −Jᵀ r,     θ ← θ + δ,     s = mean of the diagonal of JᵀJ

=========  =================  =====================================================================
symbol     variable           meaning
=========  =================  =====================================================================
r          ``residuals``      all weighted errors, scaled so that their sum of squares is the loss
θ          ``parameters``     weights and biases of all networks
J          ``jacobian``       ∂r/∂θ, (rows, weights), built and used block by block
λ          ``damping``        large: a short step downhill; small: the Gauss–Newton step
=========  =================  =====================================================================

A step that lowers the loss is kept and λ falls; one that does not is taken back and λ grows.

Source: Marquardt, J. Soc. Ind. Appl. Math. 11, 431 (1963).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch

from ..errors import TrainingError
from ..models import AtomicNetwork, LearnedFingerprint
from .objective import LossWeights, errors
from .preparation import BatchSource
from .stored import StoredBatch

Tensor = torch.Tensor
LARGEST_BLOCK = 500_000_000  # bytes of one block of the Jacobian
MOST_WITH_FORCES = 1100
MOST_WEIGHTS = 20_000  # of JᵀJ, which then takes 3 GB; with fewer energies than weights there is no limit


class LevenbergMarquardt:
    """See the module. JᵀJ is summed over blocks of rows, so J is never held whole.

    With fewer rows than weights (energies alone) the equivalent (J Jᵀ + λ 1) y = −r, δ = Jᵀ y is solved instead.

    Raises
    ------
    TrainingError
        Forces with more than ``most`` weights: beyond the default a sweep costs more than many epochs of Adam.
    """

    def __init__(self, networks, batches: BatchSource, weights: LossWeights, damping=1e-3, most=MOST_WITH_FORCES):
        if isinstance(batches.potential.fingerprint, LearnedFingerprint):
            raise TrainingError("a fingerprint that is learned trains with 'rotated-adam' or 'adam' only")
        self.networks, self.batches, self.damping = networks, batches, damping
        self.parameters = [p for network in networks.values() for p in network.parameters()]
        self.n_weights = sum(p.numel() for p in self.parameters)
        totals = batches.counts.double()
        with_forces = bool(weights.forces * totals[1] + weights.virial * totals[2])
        self.wide = not with_forces and int(totals[0]) < self.n_weights
        limit = most if with_forces else max(most, MOST_WEIGHTS)
        if self.n_weights > limit and not self.wide:
            raise TrainingError(
                f"Levenberg–Marquardt takes at most {limit} weights{' with forces' if with_forces else ''}; these "
                f"networks have {self.n_weights}: use optimiser='adam', smaller networks, or energies alone"
            )
        terms = totals.new_tensor([weights.energy, weights.forces * with_forces, weights.virial * with_forces])
        self.factors = (terms / totals.clamp(min=1)).sqrt().tolist()

    def residuals(self, batch: StoredBatch) -> Tensor:
        """√(c/n)-weighted errors of a batch, (rows,)."""
        parts = zip(self.factors, errors(self.networks, batch), strict=True)
        return torch.cat([factor * error.flatten() for factor, error in parts if factor])

    def jacobian(self, batch: StoredBatch) -> Tensor:
        """∂(residuals)/∂θ of a batch, (rows, weights).

        E_i and g_i = ∂E_i/∂D_i of one atom depend on θ through its own network alone; forces and virials are the
        stored products of them, so the same products turn ∂g_i/∂θ into ∂F/∂θ and ∂W/∂θ.
        """
        n_atoms, width = batch.features.shape
        n_systems, n_slots = len(batch.n_atoms), batch.n_slots
        n_virials = batch.derivatives.shape[1] - 3 * n_slots
        with_forces = bool(self.factors[1] or self.factors[2])
        energy = batch.features.new_zeros(n_systems, self.n_weights)
        forces = batch.features.new_zeros(n_atoms if with_forces else 0, 3, self.n_weights)
        virial = batch.features.new_zeros(n_systems if with_forces else 0, n_virials, self.n_weights)
        per_atom = 2 * width + 2 * batch.derivatives.shape[1] if with_forces else 4
        step = max(1, LARGEST_BLOCK // (8 * self.n_weights * per_atom))
        column = 0
        for element, network in self.networks.items():
            size = sum(p.numel() for p in network.parameters())
            own = slice(column, column + size)
            column += size
            for atoms in batch.atoms_of.get(element, torch.empty(0, dtype=torch.long)).split(step):
                slope_e, slope_g = _network_jacobian(network, batch.features[atoms, : network.sizes[0]], with_forces)
                system = batch.system_of_atom[atoms]
                energy[:, own].index_add_(0, system, slope_e)
                if not with_forces:
                    continue
                rows = batch.derivatives[atoms, :, : network.sizes[0]] @ slope_g
                target = batch.target.view(n_atoms, n_slots)[atoms].flatten()
                forces[:, :, own].index_add_(0, target, rows[:, : 3 * n_slots].reshape(-1, 3, size), alpha=-1)
                virial[:, :, own].index_add_(0, system, rows[:, 3 * n_slots :], alpha=-1)
        energy *= (batch.energy_weight / batch.n_atoms)[:, None]
        if with_forces:
            forces *= batch.force_weight[batch.system_of_atom][:, None, None]
            virial *= (batch.virial_weight / batch.n_atoms)[:, None, None]
        parts = zip(self.factors, (energy, forces, virial), strict=True)
        return torch.cat([factor * part.reshape(-1, self.n_weights) for factor, part in parts if factor])

    def _blocks(self) -> Iterator[tuple[Tensor, Tensor]]:
        for k in range(len(self.batches)):
            batch = self.batches[k]
            with torch.no_grad():
                residuals = self.residuals(batch)
            yield residuals, self.jacobian(batch).detach()

    @torch.no_grad()
    def _loss(self) -> float:
        return sum(float(self.residuals(self.batches[k]).square().sum()) for k in range(len(self.batches)))

    def epoch(self, number: int) -> float:
        """One sweep: build JᵀJ, then try steps until one lowers the loss. Returns the loss."""
        wide = self.wide
        if wide:
            rows, jacobian = (torch.cat(parts) for parts in zip(*self._blocks(), strict=True))
            matrix, before = jacobian @ jacobian.T, float(rows.square().sum())
        else:
            matrix, vector, before = 0.0, 0.0, 0.0
            for rows, jacobian in self._blocks():
                matrix, vector = matrix + jacobian.T @ jacobian, vector + jacobian.T @ rows
                before += float(rows.square().sum())
        start = [p.detach().clone() for p in self.parameters]
        unit = torch.eye(len(matrix), dtype=matrix.dtype, device=matrix.device) * matrix.diagonal().mean()
        for _ in range(12):
            damped = matrix + self.damping * unit
            step = jacobian.T @ torch.linalg.solve(damped, rows) if wide else torch.linalg.solve(damped, vector)
            self._move(start, -step)
            after = self._loss()
            if after < before:
                self.damping = max(self.damping / 5, 1e-12)
                return after
            self.damping *= 4
        self._move(start, torch.zeros_like(step))
        return before

    @torch.no_grad()
    def _move(self, start: list[Tensor], step: Tensor) -> None:
        parts = step.split([p.numel() for p in self.parameters])
        for parameter, origin, part in zip(self.parameters, start, parts, strict=True):
            parameter.copy_(origin + part.view_as(origin))

    def state(self) -> dict[str, Tensor]:
        return {"damping": torch.tensor(self.damping, dtype=torch.float64)}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        self.damping = float(tensors["damping"])


def _network_jacobian(network: AtomicNetwork, features: Tensor, with_gradient: bool) -> tuple[Tensor, Tensor]:
    """∂E_i/∂θ (atoms, weights) and, if wanted, ∂g_i/∂θ (atoms, features, weights) of one network, atom by atom."""
    parameters = dict(network.named_parameters())

    def of_one(values: dict[str, Tensor], row: Tensor) -> Tensor:
        energy, gradient = torch.func.functional_call(network, values, (row[None],), {"gradient": True})
        return torch.cat([energy, gradient[0]]) if with_gradient else energy

    slopes = torch.func.vmap(torch.func.jacrev(of_one), in_dims=(None, 0))(parameters, features)
    joined = torch.cat([slopes[name].flatten(2) for name in parameters], dim=2)
    return joined[:, 0], joined[:, 1:]
