"""Coulomb matrices against dscribe, their symmetries, and what keeps them from serving for forces."""

import numpy as np
import pytest
import torch
from ase.build import molecule as known_molecule
from dscribe.descriptors import CoulombMatrix as Peer
from structures import changed, diamond, molecule, rotation, slab

from mlip_edu import AtomicSystem, MlipEduError
from mlip_edu.fingerprints import CoulombMatrix
from mlip_edu.fingerprints.coulomb import coulomb_matrix, eigenvalues, sorted_rows

NAMES = ["CH3CH2OH", "C6H6", "H2O", "CH3CONH2", "SiH4", "H"]
FORMS = {"matrix": "none", "sorted": "sorted_l2", "eigenvalues": "eigenspectrum"}


def shaken(name, seed=0):
    """A molecule of ASE's collection, a little deformed, so that no two rows have the same norm."""
    atoms = known_molecule(name)
    atoms.rattle(0.1, seed=seed)
    return AtomicSystem.from_ase(atoms)


@pytest.mark.parametrize("form", FORMS)
def test_equal_to_dscribe(form):
    systems = [shaken(name) for name in NAMES] + [molecule(("Si", "Ge", "H"))]
    found = CoulombMatrix(14, form)(systems).numpy()
    expected = Peer(n_atoms_max=14, permutation=FORMS[form]).create([system.to_ase() for system in systems])
    difference = np.abs(found - expected).max() / np.abs(expected).max()
    print(f"\n{form}: {difference:.1e} of the largest number")
    assert found.shape == expected.shape
    assert difference < 1e-14


def test_water_by_hand():
    """O at the origin, hydrogens 1 Å away at right angles."""
    system = AtomicSystem([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.zeros((3, 3)), ["O", "H", "H"], False)
    root = 1 / np.sqrt(2)
    expected = [[0.5 * 8**2.4, 8, 8], [8, 0.5, root], [8, root, 0.5]]
    np.testing.assert_allclose(CoulombMatrix(3, "matrix")(system)[0].reshape(3, 3), expected, rtol=1e-15)
    np.testing.assert_allclose(CoulombMatrix(3, "eigenvalues")(system)[0].sum(), 0.5 * 8**2.4 + 1, rtol=1e-14)


@pytest.mark.parametrize("form", FORMS)
def test_symmetries(form):
    """Place, orientation and handedness never matter; the order of the atoms only for the bare matrix."""
    describe, system = CoulombMatrix(12, form), shaken("CH3CH2OH")
    expected = describe(system)
    scale = float(expected.abs().max())
    mirror = rotation() @ np.diag([1.0, 1.0, -1.0])
    order = np.random.default_rng(3).permutation(len(system))
    moved = changed(system, positions=system.positions @ mirror.T + [3, -20, 7])
    permuted = changed(system, positions=system.positions[order], species=system.species[order])
    torch.testing.assert_close(describe(moved), expected, rtol=0, atol=1e-13 * scale)
    same = bool((describe(permuted) - expected).abs().max() < 1e-12 * scale)
    assert same == (form != "matrix")


@pytest.mark.parametrize("form", [sorted_rows, eigenvalues])
def test_derivatives(form):
    system = shaken("H2O")
    numbers = torch.tensor([8, 1, 1])
    positions = torch.tensor(system.positions, requires_grad=True)
    assert torch.autograd.gradcheck(lambda p: form(coulomb_matrix(p, numbers)), (positions,))
    assert torch.autograd.gradgradcheck(lambda p: form(coulomb_matrix(p, numbers)).sin().sum(), (positions,))


def test_why_forces_would_jump():
    """Hydrogen passes the middle between two carbons: their rows change places, and slopes jump from + to −."""

    def slope(x, form):
        positions = torch.tensor([[-2.0, 0, 0], [2.0, 0, 0], [0, 1.0, 0]], dtype=torch.float64)
        positions[2, 0] = x
        positions.requires_grad_()
        feature = form(coulomb_matrix(positions, torch.tensor([6, 6, 1])))[0, 2]  # of hydrogen with the first carbon
        return float(torch.autograd.grad(feature, positions)[0][2, 0])

    left, right = slope(-1e-7, sorted_rows), slope(1e-7, sorted_rows)
    assert left == pytest.approx(-right, rel=1e-5)
    assert abs(left) > 0.5  # 6 x/r³
    assert slope(-1e-7, lambda matrix: matrix) == pytest.approx(slope(1e-7, lambda matrix: matrix), rel=1e-5)


def test_two_molecules_are_not_the_sum_of_each():
    """Not extensive: the eigenvalues of two molecules far apart are those of both, in one sorted list."""
    one, other = shaken("H2O"), shaken("SiH4")
    far = changed(other, positions=other.positions + np.array([0, 0, 1e9]))
    both = AtomicSystem(
        np.vstack([one.positions, far.positions]), np.zeros((3, 3)), [*one.species, *far.species], False
    )
    separate = torch.cat([CoulombMatrix(3, "eigenvalues")(one)[0], CoulombMatrix(5, "eigenvalues")(other)[0]])
    together = CoulombMatrix(8, "eigenvalues")(both)[0]
    torch.testing.assert_close(together.sort().values, separate.sort().values, rtol=0, atol=1e-6)
    assert float((together - separate).abs().max()) > 1


@pytest.mark.parametrize("box", [diamond, slab], ids=lambda box: box.__name__)
def test_periodic_systems_are_refused_with_the_reason(box):
    with pytest.raises(MlipEduError, match=r"for molecules; found a periodic system.*diverges.*kinks.*with a cutoff"):
        CoulombMatrix(8)(box())


def test_refusals():
    with pytest.raises(MlipEduError, match="at most 2 atoms; found one of 3"):
        CoulombMatrix(2)(shaken("H2O"))
    with pytest.raises(MlipEduError, match="out of matrix, sorted, eigenvalues; found spectrum"):
        CoulombMatrix(2, "spectrum")
    for largest in (0, 2.0, 10**6):
        with pytest.raises(MlipEduError, match="1 to 1000 atoms"):
            CoulombMatrix(largest)
    double = AtomicSystem(np.zeros((2, 3)), np.zeros((3, 3)), ["H", "H"], False)
    with pytest.raises(MlipEduError, match="same place"):
        CoulombMatrix(2)(double)
