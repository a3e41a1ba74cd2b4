"""The dials of notebook 05: every bar against sums written out here."""

import math

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from mlip_edu.views.explorables.radial_dials import START, RadialDials, draw_radial, radial_dials, weight_curves


def bars(positions, eta, shift, alpha, highest):
    """G2 with the cosine cutoff, then F_0 … F_n with RANN's, one neighbour after the other; r_c = 5, r_e = 2.35 Å."""
    table = []
    for own in cdist(positions, positions):
        near = [r for r in own if 0 < r < 5]
        fade = [(1 - (1 - min((5 - r) / 3.5, 1)) ** 4) ** 2 for r in near]
        row = [math.fsum(math.exp(-eta * (r - shift) ** 2) * math.cos(math.pi * r / 10) ** 2 for r in near)]
        for p in range(highest + 1):
            terms = [(r / 2.35) ** p * math.exp(-alpha * r / 2.35) for r in near]
            row.append(math.fsum(t * f for t, f in zip(terms, fade, strict=True)))
        table.append(row)
    return np.array(table)


def test_the_bars_are_the_sums():
    rng = np.random.default_rng(5)
    for _ in range(20):
        dials = {
            "positions": rng.uniform(0, 10, (4, 2)).tolist(), "eta": rng.uniform(0, 12), "shift": rng.uniform(1, 5),
            "alpha": rng.uniform(0.5, 8), "highest": int(rng.integers(0, 7)),
        }  # fmt: skip
        np.testing.assert_allclose(radial_dials(**dials)["rows"], bars(**dials), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize(
    ("corner", "different"),
    [((3.8, 3.8), 1), ((3.0, 3.0), 3), ((3.0, 3.8), 4)],
    ids=["square", "along the diagonal", "along an edge"],
)
def test_as_many_different_rows_as_the_symmetry_leaves(corner, different):
    picture = radial_dials(**START | {"positions": (corner, *START["positions"][1:])})
    assert picture["different"] == different
    assert ("all rows are equal" in picture["text"]) == (different == 1)


def test_an_atom_out_of_reach_has_empty_bars_and_one_on_top_of_another_none_that_are_not_numbers():
    assert not np.any(radial_dials(**START | {"positions": ((0, 0), (10, 10), (9, 10), (10, 9))})["rows"][0])
    assert np.isfinite(radial_dials(**START | {"positions": ((5, 5), (5, 5), (9, 9), (1, 1))})["rows"]).all()


def test_the_curves_are_what_one_neighbour_adds():
    dials = {name: START[name] for name in ("eta", "shift", "alpha", "highest")}
    for r, behler, rann in weight_curves(**dials)[::8]:
        row = bars([(0, 0), (r, 0)], **dials)[0]
        assert (behler, rann) == (pytest.approx(row[0]), pytest.approx(row[-1]))


def test_python_computes_what_the_dials_ask_for():
    widget = RadialDials()
    before = widget.picture["rows"]
    widget.highest = 2
    assert widget.picture["names"] == ["G", "F0", "F1", "F2"]
    widget.positions = [[2.0, 3.8], *widget.positions[1:]]
    assert widget.picture["rows"][0] != before[0]
    widget.close()


def test_the_static_figure_names_its_axes():
    figure, alt = draw_radial(**START)
    assert [axes.get_ylabel() for axes in figure.axes] == ["y (Å)", "feature (no unit)"]
    assert "6 bars" in alt
    import matplotlib.pyplot as plt

    plt.close(figure)
