"""The property cards of notebook 11: what is drawn is what was put in."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from mlip_edu.views.dials import Dials
from mlip_edu.views.explorables.property_card import NOTHING, property_cards, relative_errors

REFERENCE = {"properties": {"a (Å)": 5.0, "C44 (GPa)": 80.0}, "phases": {"bcc": 0.5, "sc": 0.3}}
CARDS = {
    "good": {"properties": {"a (Å)": 5.05, "C44 (GPa)": 76.0}, "phases": {"bcc": 0.52, "sc": 0.3}},
    "bad": {"properties": {"a (Å)": 4.0, "C44 (GPa)": 8.0}, "phases": {"bcc": 0.1, "sc": 0.9}},
}


def test_errors_are_per_cent_of_the_reference():
    assert relative_errors(CARDS["good"]["properties"], REFERENCE["properties"]) == pytest.approx(
        {"a (Å)": 1.0, "C44 (GPa)": -5.0}
    )


@pytest.mark.parametrize("beside", [NOTHING, "good", "bad"])
def test_the_card_shows_bars_and_phases(beside):
    draw, dials = property_cards(CARDS, REFERENCE)
    figure, alt = draw("bad", beside, 60)
    bars, ladder = figure.axes
    rows = 1 if beside == NOTHING else 2
    widths = [bar.get_width() for bar in bars.patches]
    assert len(widths) == 2 * rows
    assert widths[:2] == pytest.approx([-20.0, -60.0])
    assert any("-90" in text.get_text() for text in bars.texts)
    np.testing.assert_allclose(ladder.lines[0].get_ydata(), [0.1, 0.9])
    assert "a (Å) -20 %" in alt
    assert "sc is farthest off, by +0.60 eV" in alt
    plt.close(figure)
    assert list(dials["beside"].options) == [NOTHING, "good", "bad"]


def test_figures_stand_beside_their_bars_within_the_frame():
    draw, _ = property_cards(CARDS, REFERENCE)
    for widest in (5, 40, 100):
        figure, _ = draw("bad", "good", widest)
        figure.canvas.draw()
        axes = figure.axes[0]
        bars = [bar.get_window_extent() for bar in axes.patches]
        for text in axes.texts:
            place = text.get_window_extent()
            assert text.get_color() == "black"
            assert axes.bbox.x0 <= place.x0 < place.x1 <= axes.bbox.x1
            middle = (place.y0 + place.y1) / 2
            beside = [bar for bar in bars if bar.y0 <= middle <= bar.y1]
            assert all(place.x1 <= bar.x0 + 1 or bar.x1 - 1 <= place.x0 for bar in beside)
        plt.close(figure)


def test_the_widget_draws_when_the_list_is_turned():
    draw, dials = property_cards(CARDS, REFERENCE)
    widget = Dials(draw, **dials)
    before = bytes(widget.picture)
    widget.values = {"potential": "bad", "beside": "good", "widest": 40}
    assert bytes(widget.picture) != before
    assert "bad" in widget.alt
