"""The strained box of notebook 01 against ASE: lengths of bonds and energies of three laws."""

import ase
import ase.build
import matplotlib.pyplot as plt
import numpy as np
import pytest
from ase.calculators.lj import LennardJones
from ase.calculators.morse import MorsePotential
from ase.neighborlist import neighbor_list
from numpy.testing import assert_allclose

from mlip_edu.views.dials import Dials
from mlip_edu.views.explorables import strained_box as box

STRAINS = [(0, 0, 0), (7, 0, 0), (-4, 9, 0), (2, -12, 15)]


@pytest.mark.parametrize("strain", STRAINS)
def test_the_bonds_are_those_of_strained_diamond(strain):
    silicon = ase.build.bulk("Si", "diamond", a=box.EDGE, cubic=True)
    silicon.set_cell(silicon.cell @ box.deformation(*strain), scale_atoms=True)
    i, d = neighbor_list("id", silicon, 3.2)
    assert len(i) == 4 * 8
    assert_allclose(np.sort(d)[::2], np.sort(box.bond_lengths(*strain)), rtol=1e-12)
    volume = box.EDGE**3 * (1 + strain[0] / 100) ** 3
    assert_allclose(silicon.get_volume(), volume)  # neither pull nor shear changes it


def test_the_laws_are_those_of_ase():
    depth = box.STIFFNESS * box.BOND**2 / 72
    rho = np.sqrt(box.STIFFNESS / (2 * box.DEPTH)) * box.BOND
    theirs = {
        "Morse": (MorsePotential(epsilon=box.DEPTH, r0=box.BOND, rho0=rho), box.DEPTH),
        "Lennard-Jones": (LennardJones(sigma=box.BOND / 2 ** (1 / 6), epsilon=depth, rc=1e4), depth),
    }
    for law, (calculator, bottom) in theirs.items():
        for r in (2.0, 2.371, 2.9, 4.0):
            dimer = ase.Atoms("Si2", [[0, 0, 0], [r, 0, 0]], calculator=calculator)
            assert_allclose(dimer.get_potential_energy() + bottom, box.stored_energy(r, law), rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("law", box.LAWS)
def test_all_laws_rest_at_the_same_length_with_the_same_stiffness(law):
    low, rest, high = box.stored_energy(box.BOND + 1e-3 * np.array([-1, 0, 1]), law)
    assert abs(rest) < 1e-12
    assert_allclose((low - 2 * rest + high) / 1e-6, box.STIFFNESS, rtol=1e-4)


def test_turning_a_dial_changes_picture_and_words():
    figure, alt = box.draw_strained_box(5, 0, 20, "Morse")
    plt.close(figure)
    assert f"{box.energy_per_atom(5, 0, 20, 'Morse'):.2f} eV per atom" in alt
    widget = Dials(box.draw_strained_box, **box.DIALS)
    before = widget.picture, widget.alt
    widget.values = widget.values | {"stretch": 20}
    assert widget.picture != before[0]
    assert widget.alt != before[1]
