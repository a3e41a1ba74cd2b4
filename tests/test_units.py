"""Constants against scipy's CODATA tables."""

import pytest
from scipy import constants

from mlip_edu import units


def test_pressure_units():
    ev_per_cubic_angstrom = constants.e / constants.angstrom**3  # in Pa
    assert units.GPA_PER_EV_PER_CUBIC_ANGSTROM == pytest.approx(ev_per_cubic_angstrom / constants.giga, rel=1e-14)
    kilobar = 1000 * constants.bar
    assert units.KILOBAR_PER_EV_PER_CUBIC_ANGSTROM == pytest.approx(ev_per_cubic_angstrom / kilobar, rel=1e-14)


def test_units_of_dynamics():
    assert units.BOLTZMANN == pytest.approx(constants.k / constants.e, rel=1e-14)
    # CODATA 2022 has moved the dalton by 1.4e-9, and scipy goes with the times
    joule, second, metre = 1 / constants.e, 1 / constants.femto, 1 / constants.angstrom
    assert units.DALTON == pytest.approx(constants.atomic_mass * joule * second**2 / metre**2, rel=2e-9)
