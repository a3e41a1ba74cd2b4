"""The comparer of notebook 12: g(r) against the package's own, errors against known noise."""

from functools import partial

import ase
import ase.build
import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.testing import assert_allclose

from mlip_edu import AtomicSystem, radial_distribution
from mlip_edu.views.dials import Dials
from mlip_edu.views.explorables.melt_comparer import (
    BLOCKS,
    REACH,
    PairCounts,
    blocks_of_g,
    dials,
    draw_comparison,
    pair_counts,
    peak_with_error,
)


def frames(count, shake, seed):
    generator = np.random.default_rng(seed)
    crystal = ase.build.bulk("Si", cubic=True, a=5.43).repeat(2)
    made = []
    for _ in range(count):
        moved = crystal.copy()
        moved.positions += shake * generator.standard_normal(moved.positions.shape)
        made.append(AtomicSystem.from_ase(moved))
    return made


@pytest.fixture(scope="module")
def runs():
    return {"cold": pair_counts(frames(40, 0.1, 1)), "warm": pair_counts(frames(40, 0.25, 2))}


def test_wide_bins_are_those_of_the_package():
    some = frames(20, 0.2, 3)
    expected = radial_distribution(some, REACH, 26)  # bins of 0.2 Å
    r, blocks = blocks_of_g(pair_counts(some), 0.2, 100)
    assert_allclose(r, expected.r)
    assert_allclose(blocks.mean(axis=0), expected.g, rtol=1e-12)
    ours = pair_counts([frame.to_ase() for frame in some])  # frames of ASE as well
    assert_allclose(blocks_of_g(ours, 0.2, 100)[1], blocks)


def test_a_part_of_the_run_is_its_beginning(runs):
    run = runs["cold"]
    first = PairCounts(run.counts[:20], run.density)
    assert_allclose(blocks_of_g(run, 0.1, 50)[1], blocks_of_g(first, 0.1, 100)[1])
    assert len(blocks_of_g(run, 0.1, 5)[1]) == BLOCKS  # never fewer than two frames a block


def test_the_error_of_a_peak_is_that_of_independent_noise():
    r = np.arange(0.05, 5, 0.1)
    shape = 2 * np.exp(-((r - 2.5) ** 2) / 0.5) + (r > 2.5)
    generator = np.random.default_rng(0)
    heights = 0.1 * generator.standard_normal((300, BLOCKS))
    results = np.array([peak_with_error(r, shape * (1 + h[:, None])) for h in heights])
    measured, reported = results[:, 0, 1].std(), results[:, 1, 1].mean()
    assert abs(reported / measured - 1) < 0.12
    assert results[:, 1, 0].max() < 1e-6  # all noise is in the height, none in the place


def test_a_run_against_itself_and_against_another(runs):
    figure, alt = draw_comparison(runs, 100, 0.1, "cold", "cold")
    assert "rms difference is 0.000" in alt
    assert "and 0 % of the bins" in alt
    plt.close(figure)
    figure, alt = draw_comparison(runs, 100, 0.1, "cold", "warm")
    assert "rms difference is 0.000" not in alt
    assert [axes.get_ylabel() for axes in figure.axes] == ["g(r), bands: 2σ", "difference / σ"]
    assert figure.axes[1].get_xlabel() == "r (Å)"
    plt.close(figure)


def test_less_of_a_run_means_wider_bands(runs):
    errors = [blocks_of_g(runs["warm"], 0.1, share)[1].std(axis=0).mean() for share in (50, 100)]
    assert errors[0] > 1.2 * errors[1]


def test_the_picture_follows_the_dials(runs):
    widget = Dials(partial(draw_comparison, runs), **dials(runs))
    assert "cold against warm" in widget.alt
    widget.values = {**widget.values, "second": "cold", "share": 75}
    assert "cold against cold, 75 %" in widget.alt
    widget.close()
