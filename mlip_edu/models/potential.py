"""``Potential``: a fingerprint and a network for each element make energies, forces and virials.

    E = Σ_i E_i,     F_k = −∂E/∂r_k,     W = −∂E/∂ε

Every E_i depends on the edge vectors r_ij of atom i alone, so all follow from g_ij = ∂E_i/∂r_ij:

    F_k = Σ_{j} g_kj − Σ_{i} g_ik,     W_ab = −Σ_ij (g_ij)_a (r_ij)_b
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike

import numpy as np
import torch

from ..batch import Batch, Edges
from ..errors import MlipEduError
from ..fingerprints import Fingerprint
from ..systems import AtomicSystem
from .networks import AtomicNetwork

Tensor = torch.Tensor
CHUNK = 512  # centre atoms a piece: their neighbours' monomials fit in the processor's cache


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a potential says of a batch of systems.

    ================  ==================  =======  ======================================
    field             shape               unit     meaning
    ================  ==================  =======  ======================================
    energy            (systems,)          eV       total energies
    forces            (atoms, 3)          eV/Å     all atoms, system after system
    virial            (systems, 3, 3)     eV       −∂E/∂ε, positive when compressed
    atomic_energy     (atoms,)            eV       E_i, a by-product that no experiment sees
    volume            (systems,)          Å³
    ================  ==================  =======  ======================================
    """

    energy: np.ndarray
    forces: np.ndarray
    virial: np.ndarray
    atomic_energy: np.ndarray
    volume: np.ndarray

    @property
    def stress(self) -> np.ndarray:
        """Stress −W/V (systems, 3, 3) in eV/Å³ with ASE's sign, nan for a system without a volume."""
        volume = np.where(self.volume > 0, self.volume, np.nan)
        return -self.virial / volume[:, None, None]


class Potential(torch.nn.Module):
    """An interatomic potential: ``fingerprint`` and one :class:`AtomicNetwork` for each of its elements.

    Raises
    ------
    MlipEduError
        A network is missing or does not take as many features as the fingerprint gives.
    """

    def __init__(self, fingerprint: Fingerprint, networks: Mapping[str, AtomicNetwork]):
        super().__init__()
        for element in fingerprint.elements:
            found = networks[element].sizes[0] if element in networks else "no network"
            if found != fingerprint.n_features(element):
                raise MlipEduError(
                    f"the network of {element} must take {fingerprint.n_features(element)} features; found {found}"
                )
        self.fingerprint = fingerprint
        self.networks = torch.nn.ModuleDict({e: networks[e] for e in fingerprint.elements})

    @property
    def cutoff(self) -> float:
        """Largest distance in Å at which a neighbour counts."""
        return self.fingerprint.cutoff

    @property
    def elements(self) -> tuple[str, ...]:
        return self.fingerprint.elements

    def forward(self, edges: Edges) -> Tensor:
        """Atomic energies, (atoms,) in eV and float64, differentiable in the edges' vectors."""
        features = self.fingerprint(edges)
        energies = features.new_zeros(edges.n_atoms, dtype=torch.float64)
        for element, atoms in self.fingerprint.atoms_of(edges.species).items():
            network = self.networks[element]
            own = network(features[atoms, : network.sizes[0]]).double() + network.reference_energy
            energies = energies.index_put((atoms,), own)
        return energies

    def energy_and_edge_gradient(self, edges: Edges) -> tuple[Tensor, Tensor]:
        """Atomic energies (atoms,) in eV and g_ij = ∂E_i/∂r_ij (edges, 3) in eV/Å, piece by piece."""
        energy = torch.empty(edges.n_atoms, dtype=torch.float64, device=edges.vector.device)
        gradient = torch.empty_like(edges.vector)
        with torch.no_grad():
            for atoms, rows, piece in edges.chunks(CHUNK):
                features, pullback = self.fingerprint.with_pullback(piece)
                slopes = torch.zeros_like(features)
                for element, own in self.fingerprint.atoms_of(piece.species).items():
                    network = self.networks[element]
                    n_features = network.sizes[0]
                    standardised = (features[own, :n_features] - network.mean) / network.scale
                    own_energy, slope = network.energy_and_gradient(standardised)
                    energy[atoms][own] = own_energy.double() + network.reference_energy
                    slopes[own, :n_features] = slope / network.scale
                gradient[rows] = pullback(slopes)
        return energy, gradient

    def predict(self, systems: AtomicSystem | Sequence[AtomicSystem]) -> Prediction:
        """Energies, forces and virials of one or several systems, computed in the dtype of the weights.

        Energies are always summed in float64.

        Raises
        ------
        MlipEduError
            An unknown element, or two atoms at the same place.
        """
        systems = [systems] if isinstance(systems, AtomicSystem) else list(systems)
        parameter = next(self.networks.parameters())
        batch = Batch.from_systems(systems, self.cutoff, parameter.device)
        edges = batch.edges(dtype=parameter.dtype)
        atomic_energy, gradient = self.energy_and_edge_gradient(edges)
        if not (torch.isfinite(gradient).all() and torch.isfinite(atomic_energy).all()):
            broken = ~torch.isfinite(atomic_energy) | ~torch.isfinite(edges.sum(gradient.double())).all(1)
            number = int(batch.system_of_atom[broken][0])
            raise MlipEduError(f"system {number} has no finite energy: look for two atoms at the same place")
        forces, virial = forces_and_virial(batch, edges.vector, gradient)
        return Prediction(
            energy=batch.per_system(atomic_energy).cpu().numpy(),
            forces=forces.double().cpu().numpy(),
            virial=virial.double().cpu().numpy(),
            atomic_energy=atomic_energy.cpu().numpy(),
            volume=np.array([system.volume for system in systems]),
        )

    def save(self, path: str | PathLike) -> None:
        """Write the potential; the suffix decides: ``.rann`` (LAMMPS reads it) or ``.safetensors``."""
        from .storage import save_potential

        save_potential(self, path)


def forces_and_virial(batch: Batch, vector: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor]:
    """F (atoms, 3) and W (systems, 3, 3) from the edge vectors and g_ij = ∂E_i/∂r_ij, both (edges, 3)."""
    by_axis = gradient.T.contiguous()
    none = by_axis.new_zeros(3, len(batch.positions))
    forces = none.index_add(1, batch.centre, by_axis) - none.index_add(1, batch.neighbour, by_axis)
    pieces = zip(batch.by_system(gradient), batch.by_system(vector), strict=True)
    return forces.T, -torch.stack([own.T @ r for own, r in pieces])
