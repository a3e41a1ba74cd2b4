"""The melt and quench of notebook 19: against the package's g(r) of the same frames, and what the pictures say."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from mlip_edu import AtomicSystem, radial_distribution
from mlip_edu.views.dials import Dials
from mlip_edu.views.explorables.melt_quench import melt_quench, neighbours_within, quench_from

R_MAX, BINS, SIDE = 4.0, 40, 9.0
PAIRS = [("Si", "O"), ("O", "O"), ("Si", "Si")]


@pytest.fixture(scope="module")
def frames():
    """Two stages of three frames: 10 Si and 20 O anywhere in a cube."""
    rng = np.random.default_rng(3)
    return [
        [
            AtomicSystem(rng.uniform(0, SIDE, (30, 3)), SIDE * np.eye(3), ["Si"] * 10 + ["O"] * 20, True)
            for _ in range(3)
        ]
        for _ in range(2)
    ]


@pytest.fixture(scope="module")
def quench(frames):
    stages = [
        {"temperature": 900 - 600 * k, "frames": 3}
        | {"-".join(p): radial_distribution(part, R_MAX, BINS, p).counts.sum(axis=0).tolist() for p in PAIRS}
        for k, part in enumerate(frames)
    ]
    return quench_from({"r_max": R_MAX, "volume": SIDE**3, "Si": 10, "O": 20, "stages": stages})


@pytest.mark.parametrize("pair", [*PAIRS, ("O", "Si")])
def test_g_and_neighbours_are_those_of_the_package(frames, quench, pair):
    for stage, part in enumerate(frames):
        peer = radial_distribution(part, R_MAX, BINS, pair)
        name = "-".join(pair)
        if name in quench.g:
            np.testing.assert_allclose(quench.g[name][stage], peer.g, rtol=1e-12)
        for reach in (1.5, 2.23, 4.0):
            number = neighbours_within(quench, name, reach)[stage]
            assert number == pytest.approx(peer.coordination_number(reach), rel=1e-12)


def test_pairs_are_counted_alike_from_both_ends(quench):
    forth, back = (neighbours_within(quench, name, 3.0) for name in ("Si-O", "O-Si"))
    np.testing.assert_allclose(10 * forth, 20 * back)
    assert (forth > 0).all()


def test_the_picture(quench):
    draw, dials = melt_quench(quench)
    assert set(dials["pair"].options) == {"O around Si", "Si around O", "O around O", "Si around Si"}
    assert dials["stage"].high == 1
    figure, alt = draw(stage=1, pair="Si around O", reach=3.0)
    left, right = figure.axes
    np.testing.assert_allclose(left.lines[1].get_ydata(), quench.g["Si-O"][1])
    np.testing.assert_allclose(right.lines[0].get_ydata(), neighbours_within(quench, "O-Si", 3.0))
    assert "Si around O, at 300 K" in alt
    plt.close(figure)


def test_the_widget_draws_when_a_dial_is_turned(quench):
    draw, dials = melt_quench(quench)
    widget = Dials(draw, **dials)
    before = bytes(widget.picture)
    widget.values = {"stage": 0, "pair": "O around O", "reach": 2.5}
    assert bytes(widget.picture) != before
    assert "O around O, at 900 K" in widget.alt
