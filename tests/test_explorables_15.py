"""The committee of notebook 15: against scikit-learn's ridge, questions by their definition, and what is drawn."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.linear_model import Ridge

from mlip_edu.views.explorables.committee import (
    COMMITTEE,
    DIALS,
    GRID,
    LOT,
    MOST,
    POCKET,
    RIDGE,
    START,
    Query,
    ask,
    draw_committee,
    hidden,
    say,
    surface,
    train,
)


def test_members_are_ridge_regressions_on_their_hidden_nodes():
    y = surface(START)
    weights = train(START, y, 3, seed=5)
    said = say(GRID, weights, seed=5)
    for member, (at_labels, everywhere) in enumerate(zip(hidden(START, 3, 5), hidden(GRID, 3, 5), strict=True)):
        peer = Ridge(alpha=RIDGE**2, fit_intercept=False, solver="svd").fit(at_labels, y)
        np.testing.assert_allclose(said[member], peer.predict(everywhere), rtol=0, atol=1e-6)
    np.testing.assert_allclose(say(START, weights, seed=5), np.tile(y, (3, 1)), rtol=0, atol=0.01)


def test_more_members_leave_those_there_are_as_they_were():
    y = surface(START)
    np.testing.assert_allclose(train(START, y, 6)[:4], train(START, y, 4), rtol=1e-9)


def test_the_next_question_is_where_they_are_farthest_apart():
    places = ask(3, COMMITTEE, 5)
    said = say(GRID, train(places, surface(places), 5))
    range_of_squares = ((said[:, None] - said) ** 2).sum(axis=(0, 1))  # proportional to the variance
    assert ask(4, COMMITTEE, 5)[-1] == GRID[range_of_squares.argmax()]
    np.testing.assert_array_equal(ask(4, COMMITTEE, 5)[:-1], places)


def test_the_lot_draws_the_same_again():
    np.testing.assert_array_equal(ask(6, LOT, 4)[:-2], ask(4, LOT, 9))
    assert set(ask(6, LOT, 4)[5:]) <= set(GRID)


def test_all_agree_and_are_wrong_in_the_pocket():
    """What the notebook says of six members and six questions, and of twelve and fifteen."""
    for asked, members in ((6, 6), (MOST, 12)):
        places = ask(asked, COMMITTEE, members)
        said = say(GRID, train(places, surface(places), members))
        spread, error = said.std(axis=0, ddof=1), np.abs(said.mean(axis=0) - surface(GRID))
        assert spread.max() < 0.03
        assert error.max() > 10 * spread.max()
        assert abs(GRID[error.argmax()] - POCKET) < 0.1


@pytest.mark.parametrize("way", [COMMITTEE, LOT])
@pytest.mark.parametrize("members", [2, 12])
@pytest.mark.parametrize("asked", [0, 1, MOST])
def test_every_setting_is_drawn(asked, members, way):
    figure, alt = draw_committee(asked, members, way)
    curve, below = figure.axes
    assert len(curve.lines) == members + 3 + (asked > 0)
    assert len(curve.lines[members + 2].get_xdata()) == 5 + asked
    assert (below.lines[0].get_ydata() > 0).all()
    assert f"{members} networks that learnt {5 + asked} labels" in alt
    plt.close(figure)


def test_the_explorable_draws_anew():
    explorable = Query(draw_committee, **DIALS)
    before = explorable.picture
    explorable.values = {**explorable.values, "asked": 1}
    assert explorable.picture != before
    assert "learnt 6 labels" in explorable.alt
    assert '"button"' in explorable._esm
