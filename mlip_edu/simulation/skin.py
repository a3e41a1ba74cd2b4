"""Where forces come from: a potential with a neighbour list that lives for many steps, or any ASE calculator.

A list of all pairs within r_c + s, the skin s, holds every pair within r_c for as long as no atom has moved
further than s/2 since it was made: two atoms can come nearer to each other by s at most.

A source of forces is any function positions (atoms, 3) Å → (energy in eV, forces (atoms, 3) in eV/Å, virial
(3, 3) = −∂E/∂ε in eV).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from ase import Atoms
from ase.calculators.calculator import BaseCalculator

from ..batch import Batch, Edges
from ..errors import MlipEduError
from ..models import Potential
from ..models.message_passing import pieces
from ..models.potential import forces_and_virial
from ..systems import AtomicSystem


class SkinList:
    """The edges within ``cutoff`` (Å) of moving atoms, from a list with a ``skin`` (Å); ``builds`` counts its lists."""

    def __init__(self, atoms: Atoms, cutoff: float, skin: float = 1.0, device: str | torch.device = "cpu"):
        if not 0 <= skin < np.inf:
            raise MlipEduError(f"the skin must be a number of Å, 0 or more; found {skin}")
        self.system = AtomicSystem(atoms.positions, atoms.cell.array, atoms.symbols, atoms.pbc)
        self.cutoff, self.skin, self.device, self.builds = cutoff, skin, device, 0

    def edges(self, positions: np.ndarray, dtype: torch.dtype = torch.float64) -> tuple[Batch, Edges]:
        """A batch of the one system with all edges within the cutoff, and these edges in ``dtype``."""
        moved = positions - self.system.positions
        if not self.builds or (moved**2).sum(1).max() > (self.skin / 2) ** 2:
            self.system = replace(self.system, positions=positions)
            self.batch = Batch.from_systems([self.system], self.cutoff + self.skin, self.device)
            self.builds += 1
        wide = self.batch.edges(torch.from_numpy(positions).to(self.device))
        near = torch.nonzero(wide.distance <= self.cutoff)[:, 0]
        centre, neighbour = wide.centre[near], wide.neighbour[near]
        edges = Edges(wide.vector[near].to(dtype), centre, neighbour, wide.neighbour_species[near], wide.species)
        return replace(self.batch, centre=centre, neighbour=neighbour, shift=self.batch.shift[near]), edges


class PotentialForces:
    """Forces of a potential, on its device and in the dtype of its weights."""

    def __init__(self, potential: Potential, atoms: Atoms, skin: float = 1.0):
        parameter = next(potential.networks.parameters())
        self.potential, self.dtype = potential, parameter.dtype
        self.list = SkinList(atoms, potential.cutoff, skin, parameter.device)

    def __call__(self, positions: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        batch, edges = self.list.edges(positions, self.dtype)
        energy, gradient = self.potential.energy_and_edge_gradient(edges)
        forces, virial = forces_and_virial(batch, edges.vector, gradient)
        return float(energy.sum()), forces.double().cpu().numpy(), virial[0].double().cpu().numpy()


class CalculatorForces:
    """Forces of an ASE calculator; the virial is nan where there is no stress."""

    def __init__(self, calculator: BaseCalculator, atoms: Atoms):
        self.atoms, self.known = atoms.copy(), calculator.implemented_properties
        self.atoms.calc = calculator

    def __call__(self, positions: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        self.atoms.positions = positions
        energy = float(self.atoms.get_potential_energy(force_consistent="free_energy" in self.known))
        has_stress = "stress" in self.known and self.atoms.pbc.all()
        stress = self.atoms.get_stress(voigt=False) if has_stress else np.full((3, 3), np.nan)
        return energy, self.atoms.get_forces(), -stress * self.atoms.cell.volume


Source = Potential | BaseCalculator | Callable


def source_of(forces: Source, atoms: Atoms, skin: float = 1.0) -> Callable:
    """The source of forces that a potential or a calculator is for these atoms; a function is one already."""
    if isinstance(forces, Potential):
        return PotentialForces(forces, atoms, skin)
    return CalculatorForces(forces, atoms) if isinstance(forces, BaseCalculator) else forces


class FeatureRange:
    """The range of every feature over training structures, widened by ``tolerance`` of its width on both sides:

        low − t (high − low) ≤ D ≤ high + t (high − low)

    The file of a potential does not hold it, so it is made from the structures. Outside of it the potential has
    certainly never been; inside it may still be wrong: the range is a box, and the training data fill little of it.
    """

    def __init__(self, potential: Potential, systems: Sequence[AtomicSystem], tolerance: float = 0.1):
        self.potential = potential
        self.low = np.full((119, potential.fingerprint.n_columns), 1e300)  # one row an atomic number
        self.high = -self.low
        for system in systems:
            numbers, features = self._features(system)
            np.minimum.at(self.low, numbers, features)
            np.maximum.at(self.high, numbers, features)
        # a feature that is the same in all training structures has no width: rounding must stay inside
        margin = tolerance * (self.high - self.low) + 1e-6 * np.maximum(abs(self.low), abs(self.high))
        self.low, self.high = self.low - margin, self.high + margin

    def _features(self, system: AtomicSystem) -> tuple[np.ndarray, np.ndarray]:
        """Atomic numbers (atoms,) and features (atoms, n_columns) of a system."""
        parameter = next(self.potential.networks.parameters())
        edges = Batch.from_systems([system], self.potential.cutoff, parameter.device).edges(dtype=parameter.dtype)
        own = self.potential.fingerprint
        with torch.no_grad():
            features = [own(piece) for _, _, piece in pieces(own, edges)]
        return edges.species.cpu().numpy(), torch.cat(features).double().cpu().numpy()

    def outside(self, system: AtomicSystem) -> np.ndarray:
        """Which features of which atoms are out of range, (atoms, n_columns) of True and False."""
        numbers, features = self._features(system)
        return ~((features >= self.low[numbers]) & (features <= self.high[numbers]))
