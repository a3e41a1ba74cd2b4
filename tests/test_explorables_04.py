"""The grid of label errors of notebook 04, against the frames it was made from."""

import ase.io
import matplotlib.pyplot as plt
import numpy as np
import pytest

from mlip_edu.data import data_folder
from mlip_edu.views.dials import Dials
from mlip_edu.views.explorables.label_grid import DIALS, draw_label_grid, label_errors, verdict


def test_errors_are_those_of_the_frames():
    frames = ase.io.read(data_folder("silicon") / "checks" / "convergence.xyz", ":")
    by_level = {(int(a.info["ecutwfc"]), int(a.info["kgrid"].split("x")[0])): a for a in frames}
    best, grid = by_level[60, 10], label_errors()
    for cutoff, mesh in ((10, 1), (20, 8), (40, 3)):
        atoms = by_level[cutoff, mesh]
        place = list(grid["cutoff"]).index(cutoff), list(grid["mesh"]).index(mesh)
        energy = 500 * abs(atoms.get_potential_energy() - best.get_potential_energy())  # two atoms
        assert grid["energy"][place] == pytest.approx(energy, rel=1e-6)
        force = 1000 * np.sqrt(np.mean((atoms.get_forces() - best.get_forces()) ** 2))
        assert grid["forces"][place] == pytest.approx(force, rel=1e-4)  # both atoms there, one here: ΣF = 0
    assert np.isfinite(grid["energy"]).all()


def test_what_the_two_errors_say_of_each_other():
    assert "converge" in verdict(20, 10)
    assert "part" in verdict(5, 10)
    assert "Good enough" in verdict(3, 10)


def test_the_picture_follows_the_dials():
    figure, alt = draw_label_grid(8, "20", 20, "energy")
    assert "6.7 meV/atom" in alt
    assert figure.axes[0].get_xlabel() == "k-points"
    plt.close(figure)
    widget = Dials(draw_label_grid, **DIALS)
    before = widget.alt
    widget.values = {**widget.values, "what": "forces"}
    assert "meV/Å" in widget.alt != before
    widget.close()
