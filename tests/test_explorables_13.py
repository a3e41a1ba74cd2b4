"""The linear fits of notebook 13: against scikit-learn, and what the pictures say."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.linear_model import Ridge

from mlip_edu.views.dials import Dials
from mlip_edu.views.explorables.linear_fit import Fit, Rows, linear_fits

BODIES = np.array([1, 2, 2, 2, 3, 3, 4, 5])
WEIGHTS = {"energies and forces": (40.0, 1.0), "energies alone": (40.0, 0.0)}


@pytest.fixture(scope="module")
def data():
    """Structures and crystals of a random linear potential of all bodies, with noise."""
    rng = np.random.default_rng(0)
    c = rng.standard_normal(8)
    parts = []
    for n in (30, 10):
        energy, forces = rng.standard_normal((n, 8)), rng.standard_normal((12 * n, 8))
        energy[:, 0], forces[:, 0] = 1.0, 0.0
        parts.append(Rows(energy, energy @ c + 0.01 * rng.standard_normal(n), forces, forces @ c + 0.1))
    volumes = np.linspace(14.0, 22.0, 7)
    curves = {}
    for shift, name in enumerate(("diamond", "betatin", "fcc")):
        x = np.ones((7, 8)) * (volumes[:, None] - 18) ** 2 / 100 + 0.1 * shift
        curves[name] = volumes, x @ c, x
    return *parts, curves


@pytest.mark.parametrize("rows", WEIGHTS)
@pytest.mark.parametrize("exponent", [-9, -3, 0])
def test_coefficients_are_those_of_scikit_learn(data, rows, exponent):
    training, columns = data[0], BODIES <= 3
    fit = Fit(training, columns, WEIGHTS[rows])
    energy, forces = WEIGHTS[rows]
    x = np.sqrt(energy / 30) * training.energy, np.sqrt(forces / 360) * training.forces
    y = np.sqrt(energy / 30) * training.energy_labels, np.sqrt(forces / 360) * training.force_labels
    x, y = (np.concatenate(z[: 1 + (forces > 0)]) for z in (x, y))
    strength = 10.0**exponent * (x[:, columns] ** 2).sum() / columns.sum()
    peer = Ridge(alpha=strength, fit_intercept=False, solver="svd").fit(x[:, columns], y)
    np.testing.assert_allclose(fit.coefficients(exponent), peer.coef_, rtol=1e-8, atol=1e-10)
    assert fit.n_rows == len(y) == (390 if forces else 30)


def test_the_force_error_is_the_size_of_what_is_left(data):
    training, test, _ = data
    fit = Fit(training, BODIES <= 5, WEIGHTS["energies and forces"])
    left = test.forces @ fit.coefficients(-12) - test.force_labels
    expected = 100 * np.linalg.norm(left) / np.linalg.norm(test.force_labels)
    assert fit.force_error(test, -12) == pytest.approx(expected)
    assert 1 < expected < 10  # of the labels' shift of 0.1 eV/Å
    assert fit.force_error(test, 3) == pytest.approx(100, abs=1)  # nothing is left of the coefficients


def explorable(data):
    training, test, curves = data
    return linear_fits({name: (training, *weights) for name, weights in WEIGHTS.items()}, test, curves, BODIES)


def test_the_picture(data):
    draw, dials = explorable(data)
    assert (dials["body"].low, dials["body"].high) == (2, 5)
    for rows, equations in (("energies and forces", 390), ("energies alone", 30)):
        figure, alt = draw(5, -12, rows)
        errors, states = figure.axes
        assert errors.get_title() == f"8 coefficients, {equations} equations"
        fitted, known = states.lines[:2]
        np.testing.assert_allclose(fitted.get_ydata(), known.get_ydata(), rtol=0, atol=0.3)
        assert [text.get_text() for text in states.get_legend().get_texts()] == ["diamond", "betatin", "fcc"]
        assert rows in alt
        plt.close(figure)
    figure, alt = draw(2, 0, "energies alone")
    assert "at most 2 bodies" in alt
    assert figure.axes[0].get_title() == "4 coefficients, 30 equations"
    plt.close(figure)


def test_the_widget_draws_when_a_dial_is_turned(data):
    draw, dials = explorable(data)
    widget = Dials(draw, **dials)
    before = bytes(widget.picture)
    widget.values = {"body": 2, "exponent": -8, "rows": "energies alone"}
    assert bytes(widget.picture) != before
    assert "energies alone" in widget.alt
