"""The explorable of notebook 07: one atom moved, and every E_i."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from ase.build import bulk

import mlip_edu
from mlip_edu.views.explorables.atomic_energies import AtomicEnergies, answers, crystal, draw_answers

FILE = Path(__file__).parent.parent / "tutorials" / "files" / "07_network.safetensors"


@pytest.fixture(scope="module")
def potential():
    return mlip_edu.load_potential(FILE)


def moved(shift):
    positions = crystal().positions.copy()
    positions[0] += shift
    return mlip_edu.AtomicSystem(positions, crystal().cell, crystal().species)


def test_the_crystal_is_ases_diamond():
    ours = crystal().to_ase()
    theirs = bulk("Si", "diamond", a=5.476, cubic=True).repeat((1, 1, 2))
    apart = [np.sort(atoms.get_all_distances(mic=True).ravel()) for atoms in (ours, theirs)]
    assert np.abs(apart[0] - apart[1]).max() < 1e-9


def test_force_is_the_slope_of_the_total_and_own_that_of_one_atomic_energy(potential):
    shift, step = np.array([0.2, -0.1, 0.35]), 1e-4
    picture = answers(potential, shift)
    for axis in range(3):
        ends = [answers(potential, shift + sign * step * np.eye(3)[axis]) for sign in (1, -1)]
        slope = -(ends[0]["total"] - ends[1]["total"]) / (2 * step)
        assert picture["force"][axis] == pytest.approx(slope, abs=1e-5)
    library = potential.predict(moved(shift))
    assert picture["force"] == pytest.approx(library.forces[0], abs=1e-10)
    assert picture["total"] == pytest.approx(library.energy[0] - potential.predict(crystal()).energy[0], abs=1e-9)
    assert np.linalg.norm(np.subtract(picture["force"], picture["own"])) > 0.1  # the neighbours' share


@pytest.mark.parametrize("shift", [(0, 0, 0), (0.3, 0, 0), (0, 0.2, 0.5)])
def test_only_atoms_within_the_cutoff_answer(potential, shift):
    picture = answers(potential, shift)
    distances = moved(shift).to_ase().get_all_distances(mic=True)[0]
    assert picture["reached"] == (distances < potential.cutoff).tolist()
    rest = crystal().to_ase().get_all_distances(mic=True)[0]
    never = (distances > potential.cutoff) & (rest > potential.cutoff)
    assert never.any()
    assert np.abs(np.array(picture["changes"])[never]).max() < 1e-12


def test_the_widget_follows_its_slider_and_the_figure_says_what_it_shows(potential):
    widget = AtomicEnergies(potential)
    before = widget.picture["text"]
    widget.shift = [0.0, 0.0, 0.5]
    assert widget.picture["text"] == answers(potential, [0.0, 0.0, 0.5])["text"] != before
    widget.close()
    figure, alt = draw_answers(potential, [0.3, 0.0, 0.0])
    assert "Å" in figure.axes[0].get_xlabel()
    assert "meV" in figure.axes[1].get_ylabel()
    assert "14 of 16 atoms" in alt
    plt.close(figure)
