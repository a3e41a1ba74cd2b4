"""A potential as an ASE calculator: relaxers, phonons and everything else that ASE can do."""

from __future__ import annotations

from ase.calculators.calculator import Calculator, all_changes
from ase.stress import full_3x3_to_voigt_6_stress

from ..models import Potential
from ..systems import AtomicSystem


class PotentialCalculator(Calculator):
    """ASE calculator of a :class:`~mlip_edu.models.Potential`: energy (eV), energies, forces (eV/Å), stress (eV/Å³)."""

    implemented_properties = ("energy", "free_energy", "energies", "forces", "stress")

    def __init__(self, potential: Potential, **kwargs):
        super().__init__(**kwargs)
        self.potential = potential

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        system = AtomicSystem(self.atoms.positions, self.atoms.cell.array, self.atoms.symbols, self.atoms.pbc)
        prediction = self.potential.predict(system)
        energy = float(prediction.energy[0])
        self.results = {
            "energy": energy,
            "free_energy": energy,
            "energies": prediction.atomic_energy,
            "forces": prediction.forces,
        }
        if self.atoms.cell.rank == 3:
            self.results["stress"] = full_3x3_to_voigt_6_stress(prediction.stress[0])


def ase_calculator(potential: Potential) -> PotentialCalculator:
    """``atoms.calc = ase_calculator(potential)``."""
    return PotentialCalculator(potential)
