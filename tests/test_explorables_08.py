"""The painted trajectory of notebook 08: blocks that stay whole, models against scipy, and the leak."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import scipy.linalg

from mlip_edu.views.dials import Dials
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


def test_a_parrot_repeats_what_it_has_seen():
    energy, seen = trajectory()["energy"], np.arange(0, FRAMES, 2)
    np.testing.assert_array_equal(predicted("parrot", seen, seen), energy[seen])


def test_the_leak_is_there_and_blocks_close_it():
    for model, least in zip(MODELS, (3, 2), strict=True):
        random, exam = estimates(1, 0, model)
        blocked, same = estimates(20, 0, model)
        assert exam == same > least * random
        assert blocked > least * random * 0.9


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
