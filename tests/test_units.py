"""Constants against scipy's CODATA tables."""

import pytest
from scipy import constants

from mlip_edu import units


def test_pressure_units():
    ev_per_cubic_angstrom = constants.e / constants.angstrom**3  # in Pa
    assert units.GPA_PER_EV_PER_CUBIC_ANGSTROM == pytest.approx(ev_per_cubic_angstrom / constants.giga, rel=1e-14)
    kilobar = 1000 * constants.bar
    assert units.KILOBAR_PER_EV_PER_CUBIC_ANGSTROM == pytest.approx(ev_per_cubic_angstrom / kilobar, rel=1e-14)
