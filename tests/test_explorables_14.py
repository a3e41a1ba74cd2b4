"""The Gaussian process of notebook 14: against scikit-learn, against energies in place of forces, and what is drawn."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel

from mlip_edu.views.explorables import gaussian_process
from mlip_edu.views.explorables.gaussian_process import (
    BOTH,
    DIALS,
    ENERGIES,
    GRID,
    LENGTHS,
    NOISE,
    SIGNAL,
    bond,
    covariance,
    draw_gaussian_process,
    learn,
)

PLACES = np.array([1.95, 4.5, 2.4, 2.9, 3.5])
START = {name: dial.start for name, dial in DIALS.items()}


def test_the_force_is_the_slope_of_the_bond():
    h = 1e-5
    slope = (bond(GRID + h)[0] - bond(GRID - h)[0]) / (2 * h)
    np.testing.assert_allclose(bond(GRID)[1], -slope, rtol=0, atol=1e-8)


@pytest.mark.parametrize("length", [0.25, 0.6, 1.0])
def test_energies_alone_are_the_process_of_scikit_learn(length):
    kernel = ConstantKernel(SIGNAL**2, "fixed") * RBF(length, "fixed")
    peer = GaussianProcessRegressor(kernel, alpha=NOISE**2, optimizer=None).fit(PLACES[:, None], bond(PLACES)[0])
    mean, deviation = peer.predict(GRID[:, None], return_std=True)
    found = learn(PLACES, ENERGIES, length)
    np.testing.assert_allclose(found["mean"], mean, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found["deviation"] ** 2, deviation**2, rtol=0, atol=1e-9)
    assert found["evidence"] == pytest.approx(peer.log_marginal_likelihood_value_, rel=1e-9)


def test_covariances_of_forces_are_those_of_differences_of_energies():
    """(E(r − h) − E(r + h))/2h in place of F, in the same covariance of energies alone."""
    h, energies = 1e-3, np.zeros(2 * len(PLACES), bool)
    k = covariance(*[np.concatenate([PLACES - h, PLACES + h]), energies] * 2, 0.6)
    forces = np.hstack([np.eye(5), -np.eye(5)]) / (2 * h)
    means = np.hstack([np.eye(5), np.eye(5)]) / 2
    exact = covariance(*[np.tile(PLACES, 2), np.arange(10) >= 5] * 2, 0.6)
    turn = np.vstack([means, forces])
    np.testing.assert_allclose(exact, turn @ k @ turn.T, rtol=0, atol=2e-4)


def test_the_evidence_with_forces_is_a_normal_distribution():
    energy, force = bond(PLACES)
    k = covariance(*[np.tile(PLACES, 2), np.arange(10) >= 5] * 2, 0.6) + NOISE**2 * np.eye(10)
    expected = multivariate_normal(np.zeros(10), k).logpdf(np.concatenate([energy, force]))
    assert learn(PLACES, BOTH, 0.6)["evidence"] == pytest.approx(expected, rel=1e-9)


def test_forces_are_learnt():
    """The mean has the slope that it was told, and errs less than without."""
    h, told = 1e-4, learn(PLACES, BOTH, 0.4, np.concatenate([PLACES - 1e-4, PLACES + 1e-4]))["mean"]
    np.testing.assert_allclose((told[:5] - told[5:]) / (2 * h), bond(PLACES)[1], rtol=0, atol=0.05)
    off = [np.abs(learn(PLACES, labels, 0.4)["mean"] - bond(GRID)[0]).max() for labels in (BOTH, ENERGIES)]
    assert off[0] < 0.5 * off[1]


@pytest.mark.parametrize("labels", [ENERGIES, BOTH])
@pytest.mark.parametrize("length", [0.1, 0.6, 3.0])
@pytest.mark.parametrize("places", [(2.4, 2.9, 3.5), (1.95, 1.95, 1.95), (4.8, 4.5, 1.8)])
def test_every_setting_is_drawn(labels, length, places):
    figure, alt = draw_gaussian_process(*places, length, labels)
    curve, scale = figure.axes
    found = learn(np.array([*gaussian_process.FIXED, *places]), labels, length)
    np.testing.assert_array_equal(curve.lines[0].get_ydata(), found["mean"])
    shown = scale.lines[1].get_ydata()[0]
    assert shown == pytest.approx(max(found["evidence"], scale.get_ylim()[0] + 1.5))
    assert (scale.lines[1].get_marker() == "v") == (shown > found["evidence"])
    assert np.isfinite(scale.lines[0].get_ydata()).all()
    assert len(scale.lines[0].get_xdata()) == len(LENGTHS)
    assert f"ℓ = {length:.2f}" in alt
    plt.close(figure)


def test_the_start_is_within_the_frame():
    figure, alt = draw_gaussian_process(**START)
    curve = figure.axes[0]
    low, high = curve.get_ylim()
    assert low < curve.lines[1].get_ydata().min()
    assert high > curve.lines[1].get_ydata().max()
    assert "highest at ℓ" in alt
    plt.close(figure)
