"""The bond-angle dial of notebook 06, against the package's G4 and against trigonometry."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from mlip_edu.fingerprints.acsf import g4_of_angle, g4_of_distances
from mlip_edu.views.explorables.bond_angle import FORMULAS, START, BondAngle, angle_dials, behler_angle, draw_angle


@pytest.mark.parametrize("lambda_", [1, -1])
@pytest.mark.parametrize("zeta", [1.0, 4.0, 32.0])
def test_the_factor_is_that_of_g4(zeta, lambda_):
    for angle in np.linspace(0, 180, 13):
        cosine = torch.tensor([math.cos(math.radians(angle))], dtype=torch.float64)
        close = torch.full((1,), 1e-9, dtype=torch.float64)  # so near that nothing fades and no Gauss falls
        eta, *dials = torch.tensor([[0.0], [zeta], [float(lambda_)]], dtype=torch.float64)
        package = (g4_of_angle(cosine, *dials) * g4_of_distances(close, close, close, eta, cutoff=1.0)).item()
        assert behler_angle(angle, zeta, lambda_) == pytest.approx(package, rel=1e-12, abs=1e-15)


def test_the_height_is_two_unless_there_is_a_slip():
    for zeta in (1, 2, 16):
        assert angle_dials(0, zeta, 1, 0, "right")["top"] == pytest.approx(2)
        assert angle_dials(0, zeta, 1, 0, "ζ missing")["top"] == pytest.approx(2 ** (2 - zeta))
        assert angle_dials(0, zeta, 1, 0, "2^(ζ−1)")["top"] == pytest.approx(2 ** (2 * zeta - 1))


def test_half_of_the_height_is_where_trigonometry_says():
    text = angle_dials(180, 4, -1, 2, "right")["text"]
    first = math.degrees(math.acos(1 - 2**0.75))  # (1 − cos θ)^4 / 8 = 1
    assert f"from {first:.0f}° to 180°" in text


def test_powers_of_the_cosine():
    for power in range(8):
        picture = angle_dials(120, 1, 1, power, "right")
        assert picture["rann"] == pytest.approx((-0.5) ** power)
        assert np.shape(picture["curves"]) == (91, 3)


def test_python_computes_what_the_dials_ask_for():
    widget = BondAngle()
    before = widget.picture["text"]
    widget.angle = 90.0
    assert widget.picture["behler"] == pytest.approx(2.0**-3)
    widget.formula = FORMULAS[2]
    assert widget.picture["behler"] == pytest.approx(2.0**3)
    assert widget.picture["text"] != before
    widget.close()


def test_the_static_figure_names_its_axes():
    figure, alt = draw_angle(**START)
    assert figure.axes[1].get_xlabel() == "bond angle θ (degrees)"
    assert "θ = 109.5°" in alt
    plt.close(figure)
