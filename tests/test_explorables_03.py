"""The cutoff pull of notebook 03 against ASE and against finite differences."""

import ase
import ase.units
import matplotlib.pyplot as plt
import numpy as np
import pytest
from ase.calculators.lj import LennardJones
from numpy.testing import assert_allclose

from mlip_edu.views.explorables.cutoff_pull import DEPTH, RULES, SIZE, CutoffPull, curves, describe, draw_cutoff, pair


def test_the_hard_pair_is_lennard_jones_of_ase():
    calculator = LennardJones(sigma=SIZE, epsilon=DEPTH / 1000, rc=1e4)
    for r in (3.4, 3.82, 4.9, 7.0):
        dimer = ase.Atoms("Ar2", [[0, 0, 0], [r, 0, 0]], calculator=calculator)
        energy, force = pair(r, 8.0, 1.0, "hard")
        assert_allclose(energy, 1000 * dimer.get_potential_energy(), atol=1e-7)
        assert_allclose(force, 1000 * dimer.get_forces()[1, 0], atol=1e-7)


def test_depth_and_size_are_those_of_their_source():
    """Rowley, Nicholson and Parsonage (1975): ε/k_B = 119.8 K, σ = 3.405 Å."""
    assert_allclose(DEPTH, 1000 * 119.8 * ase.units.kB, rtol=5e-4)
    assert SIZE == 3.405


def test_the_smooth_force_is_the_slope_of_the_smooth_energy():
    r, h = np.linspace(3.4, 6.0, 261) + 1.7e-3, 1e-5
    energy, force = pair(r, 5.0, 0.8, "smooth")
    numerical = -(pair(r + h, 5.0, 0.8, "smooth")[0] - pair(r - h, 5.0, 0.8, "smooth")[0]) / (2 * h)
    assert_allclose(force, numerical, atol=1e-5)
    inside, outside = r < 4.2, r > 5.0
    assert_allclose(energy[inside], pair(r[inside], 9.0, 1.0, "hard")[0], rtol=1e-14)
    assert not energy[outside].any()
    assert not force[outside].any()


def test_only_the_hard_energy_jumps():
    for rule, jump in (("hard", -float(pair(5.0, 5.0, 1.0, "hard")[0])), ("smooth", 0.0)):
        below, above = pair(np.array([5.0, 5.0 + 1e-9]), 5.0, 1.0, rule)[0]
        assert_allclose(above - below, jump, atol=1e-12)
    assert "jumped by +3.71 meV" in describe(5.1, 5.0, 1.0, "hard")
    assert "without a jump" in describe(5.1, 5.0, 1.0, "smooth")


@pytest.mark.parametrize("rule", RULES)
def test_the_curves_pass_through_the_atom(rule):
    shapes = curves(5.0, 1.0)
    energies = shapes[rule][0][0]
    assert_allclose(np.interp(4.5, shapes["inside"], energies), pair(4.5, 5.0, 1.0, rule)[0], atol=0.01)


def test_moving_the_atom_changes_numbers_and_words_only():
    widget = CutoffPull(r=4.9)
    shapes, text = widget.shapes, widget.picture["text"]
    widget.rule = "smooth"
    assert widget.picture["text"] == describe(4.9, 5.0, 1.0, "smooth") != text
    assert widget.shapes == shapes
    widget.width = 0.2
    assert widget.shapes != shapes
    figure, alt = draw_cutoff(4.9, 5.0, 1.0, "smooth")
    plt.close(figure)
    assert describe(4.9, 5.0, 1.0, "smooth") in alt
