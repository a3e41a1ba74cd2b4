"""The potential as an ASE calculator."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.calculator import PropertyNotImplementedError
from ase.calculators.fd import calculate_numerical_stress
from ase.filters import FrechetCellFilter
from ase.optimize import BFGS
from battery import make_potential

from mlip_edu import AtomicSystem, Block, BondParameters, RadialParameters, RannFingerprint, ase_calculator


@pytest.fixture
def potential():
    radial, bond = RadialParameters(2.35, 4.5, 2.5, (1.0, 2.0)), BondParameters(2.35, 4.5, 2.5, (1.0,), n_cosines=3)
    blocks = [Block("Si", ("all",), radial), Block("Si", ("all", "all"), bond)]
    return make_potential(RannFingerprint(blocks), "tanh")


def test_results_are_the_prediction(potential):
    atoms = bulk("Si", cubic=True)
    atoms.rattle(0.1, seed=1)
    atoms.calc = ase_calculator(potential)
    prediction = potential.predict(AtomicSystem.from_ase(atoms))
    assert atoms.get_potential_energy() == pytest.approx(prediction.energy[0], rel=1e-14)
    np.testing.assert_array_equal(atoms.get_forces(), prediction.forces)
    np.testing.assert_allclose(atoms.get_potential_energies().sum(), prediction.energy[0])


def test_stress_is_the_slope_of_the_energy(potential):
    atoms = bulk("Si", cubic=True)
    atoms.rattle(0.1, seed=1)
    atoms.calc = ase_calculator(potential)
    numerical = calculate_numerical_stress(atoms, eps=1e-5)
    np.testing.assert_allclose(atoms.get_stress(), numerical, atol=1e-8 * max(1, np.abs(numerical).max()))


def test_cell_and_atoms_relax_together(potential):
    atoms = bulk("Si", cubic=True)
    atoms.rattle(0.05, seed=1)
    atoms.calc = ase_calculator(potential)
    before = atoms.get_potential_energy()
    BFGS(FrechetCellFilter(atoms), logfile=None).run(fmax=0.02, steps=20)
    assert atoms.get_potential_energy() < before


def test_a_molecule_has_forces_and_no_stress(potential):
    atoms = Atoms("Si2", positions=[[0, 0, 0], [0, 0, 2.3]])
    atoms.calc = ase_calculator(potential)
    assert np.isfinite(atoms.get_forces()).all()
    with pytest.raises(PropertyNotImplementedError):
        atoms.get_stress()
