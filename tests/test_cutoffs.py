"""Cutoff functions: values, slopes, and how smooth they are at the edge."""

import math

import numpy as np
import pytest
import torch

from mlip_edu.cutoffs import cosine_cutoff, rann_cutoff
from reference import acsf_loops, rann_loops

RC, WIDTH = 5.0, 1.6
FUNCTIONS = {
    "rann": (lambda r: rann_cutoff(r, RC, WIDTH), lambda r: rann_loops.cutoff_function(r, RC, WIDTH)),
    "cosine": (lambda r: cosine_cutoff(r, RC), lambda r: acsf_loops.cutoff_function(r, RC)),
}
every_cutoff = pytest.mark.parametrize("name", FUNCTIONS)


def derivatives(name, r):
    """Value, slope and second derivative at the distances r."""
    r = torch.tensor(r, dtype=torch.float64, requires_grad=True)
    value = FUNCTIONS[name][0](r)
    (slope,) = torch.autograd.grad(value.sum(), r, create_graph=True)
    (curvature,) = torch.autograd.grad(slope.sum(), r)
    return value.detach().numpy(), slope.detach().numpy(), curvature.numpy()


@every_cutoff
def test_value_is_the_formula(name):
    r = np.linspace(0.01, 7, 700)
    np.testing.assert_allclose(derivatives(name, r)[0], [FUNCTIONS[name][1](x) for x in r], rtol=0, atol=1e-15)


@every_cutoff
def test_ends_with_value_and_slope_zero_and_stays_there(name):
    value, slope, _ = derivatives(name, [RC, RC + 1e-9, RC + 0.5, 100.0])
    np.testing.assert_allclose(value, 0, atol=1e-16)
    np.testing.assert_allclose(slope, 0, atol=1e-15)
    value, slope, _ = derivatives(name, [RC - 1e-6])
    assert 0 < value[0] < 1e-10
    assert -1e-4 < slope[0] < 0


@every_cutoff
def test_slope_by_finite_differences(name):
    r = np.linspace(0.05, 5.95, 60)
    slope = derivatives(name, r)[1]
    difference = (derivatives(name, r + 1e-6)[0] - derivatives(name, r - 1e-6)[0]) / 2e-6
    np.testing.assert_allclose(slope, difference, rtol=0, atol=1e-8)


def test_rann_is_one_inside_and_joins_smoothly():
    value, slope, _ = derivatives("rann", [0.1, 2.0, RC - WIDTH - 1e-9, RC - WIDTH + 1e-5])
    np.testing.assert_allclose(value, 1, rtol=1e-14)
    np.testing.assert_allclose(slope, 0, atol=1e-13)


def test_rann_logarithmic_derivative():
    r = np.linspace(RC - WIDTH + 0.01, RC - 0.01, 50)
    value, slope, _ = derivatives("rann", r)
    x = (RC - r) / WIDTH
    np.testing.assert_allclose(slope / value, -8 * (1 - x) ** 3 / (WIDTH * (1 - (1 - x) ** 4)), rtol=1e-10)


def test_rann_second_derivative_jumps_by_32_over_width_squared():
    _, _, curvature = derivatives("rann", [RC - 1e-7, RC + 1e-7])
    assert curvature[0] - curvature[1] == pytest.approx(32 / WIDTH**2, rel=1e-5)
    assert curvature[1] == 0


def test_cosine_second_derivative_jumps_too():
    _, _, curvature = derivatives("cosine", [RC - 1e-7, RC + 1e-7])
    assert curvature[0] - curvature[1] == pytest.approx(0.5 * (math.pi / RC) ** 2, rel=1e-5)


def test_width_beyond_the_cutoff_fades_from_the_start():
    r = torch.tensor([0.5], dtype=torch.float64)
    assert 0 < rann_cutoff(r, 2.0, 3.0).item() < 1
