"""The painted trajectory of notebook 08: blocks that stay whole, models against scipy, and the leak."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import scipy.linalg

from mlip_edu.data import load_liquid_reference
from mlip_edu.views.dials import Dials
from mlip_edu.views.explorables import validation_blocks
from mlip_edu.views.explorables.validation_blocks import (
    DIALS,
    FRAMES,
    MODELS,
    draw_validation_blocks,
    estimates,
    parts,
    predicted,
    trajectory,
)


@pytest.mark.parametrize(("length", "gap"), [(1, 0), (7, 2), (50, 10)])
def test_every_frame_validates_once_and_blocks_stay_whole(length, gap):
    folds = parts(length, gap)
    together = np.concatenate([validation for _, validation in folds])
    assert sorted(together) == list(range(FRAMES))
    for training, validation in folds:
        assert np.abs(training[:, None] - validation).min() > gap
        assert not set(training // length) & set(validation // length)
        assert len(training) >= 40


def test_the_linear_model_is_ridge_regression():
    features, energy = trajectory()["features"], trajectory()["energy"]
    training, wanted = np.arange(0, 100), np.arange(120, 150)
    mean, spread = features[training].mean(0), features[training].std(0)
    x = (features[training] - mean) / spread
    padded = np.vstack([x, np.sqrt(1e-6 * len(x)) * np.eye(x.shape[1])])
    target = np.concatenate([energy[training] - energy[training].mean(), np.zeros(x.shape[1])])
    weights = scipy.linalg.lstsq(padded, target)[0]
    expected = (features[wanted] - mean) / spread @ weights + energy[training].mean()
    np.testing.assert_allclose(predicted(MODELS[0], training, wanted), expected, atol=1e-5)


def test_a_longer_trajectory_leaves_the_lesson_as_it_is(monkeypatch):
    known = trajectory()
    later = [frame for frame in load_liquid_reference() if frame.info["chunk"] == 0]
    for frame in later:
        frame.info["chunk"] = 2
    grown = load_liquid_reference() + later
    monkeypatch.setattr(validation_blocks, "load_liquid_reference", lambda: grown)
    for name, values in trajectory.__wrapped__().items():
        np.testing.assert_array_equal(values, known[name])


def test_a_parrot_repeats_what_it_has_seen():
    energy, seen = trajectory()["energy"], np.arange(0, FRAMES, 2)
    np.testing.assert_array_equal(predicted("parrot", seen, seen), energy[seen])


def test_the_leak_is_there_and_blocks_close_it():
    for model, least in zip(MODELS, (3, 2), strict=True):
        random, exam = estimates(1, 0, model)
        blocked, same = estimates(20, 0, model)
        assert exam == same > least * random
        assert blocked > least * random * 0.9


def test_the_picture_follows_the_data(monkeypatch):
    known = trajectory()
    for scale in (0.1, 1, 30):
        monkeypatch.setattr(validation_blocks, "trajectory", lambda s=scale: known | {"energy": s * known["energy"]})
        validation_blocks.examination.cache_clear()
        figure, _ = draw_validation_blocks(20, 5, "parrot")
        shown = scale * known["energy"][:FRAMES], estimates(20, 5, "parrot")
        for axes, values in zip(figure.axes, shown, strict=True):
            assert axes.get_ylim()[1] > max(values)
            assert axes.get_ylim()[1] < 1.6 * max(values)
        plt.close(figure)
    validation_blocks.examination.cache_clear()


def test_no_slider_says_one_frames():
    assert not any(dial.unit for dial in list(DIALS.values())[:2])


def test_the_picture_follows_the_dials():
    figure, alt = draw_validation_blocks(20, 5, MODELS[0])
    assert "Blocks of 20, gap 5" in alt
    assert figure.axes[0].get_xlabel() == "time (fs)"
    plt.close(figure)
    widget = Dials(draw_validation_blocks, **DIALS)
    before = widget.alt
    widget.values = {**widget.values, "length": 10.0, "gap": 10.0}
    assert "gap 5" in widget.alt != before  # at most half a block
    widget.close()
