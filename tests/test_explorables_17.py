"""The turning vectors of notebook 17: against edges of the package, and what must hold for each layer."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from mlip_edu import AtomicSystem, Batch
from mlip_edu.cutoffs import cosine_cutoff
from mlip_edu.views.dials import Dials
from mlip_edu.views.explorables.turning_vectors import CLUSTER, CUTOFF, DIALS, LAYERS, draw_turning, turned, vectors

RIGHT, BENT, SUM, BIAS = LAYERS


def test_vectors_are_sums_over_the_edges_of_the_package():
    positions = np.column_stack([CLUSTER, np.zeros(len(CLUSTER))])
    system = AtomicSystem(positions, np.zeros((3, 3)), ["Si"] * len(CLUSTER), pbc=False)
    edges = Batch.from_systems([system], CUTOFF).edges()
    weight = cosine_cutoff(edges.distance, CUTOFF)
    scalars, found = vectors(CLUSTER)
    np.testing.assert_allclose(scalars, edges.sum(weight[:, None])[:, 0], rtol=1e-12)
    expected = edges.sum(3 * (weight / edges.distance)[:, None] * edges.vector)
    assert torch.all(expected[:, 2] == 0)
    np.testing.assert_allclose(found, expected[:, :2], rtol=0, atol=1e-12)


@pytest.mark.parametrize("pull", [-0.6, 0.0, 0.35])
def test_who_follows_and_who_does_not(pull):
    for angle in (0, 360):
        assert all(turned(angle, pull, layer)["miss"] < 1e-12 for layer in LAYERS)
    for angle in (17, 45, 90, 180, 211, 270):
        misses = {layer: turned(angle, pull, layer)["miss"] for layer in LAYERS}
        assert misses[RIGHT] < 1e-12
        assert (misses[BENT] < 1e-12) == (angle % 90 == 0)  # quarter turns only change components and signs
        assert min(misses[SUM], misses[BIAS]) > 0.05


def test_the_scalar_stays_and_the_energy_is_flat_for_the_right_layer_alone():
    spreads = {}
    for layer in LAYERS:
        seen = [turned(angle, 0.2, layer) for angle in range(0, 361, 3)]
        np.testing.assert_allclose([s["scalar"] for s in seen], seen[0]["scalar"], rtol=1e-12)
        np.testing.assert_allclose([s["energy"] for s in seen], seen[0]["curve"], rtol=1e-12)
        spreads[layer] = np.ptp(seen[0]["curve"])
    assert spreads.pop(RIGHT) < 1e-12
    assert min(spreads.values()) > 0.3
    assert turned(0, 0.6, RIGHT)["energy"] != pytest.approx(turned(0, 0.0, RIGHT)["energy"], rel=1e-2)


def test_the_picture_says_what_it_shows_and_holds_it():
    for layer, words in ((RIGHT, "the vectors follow"), (BENT, "off by up to")):
        figure, alt = draw_turning(30, 0.6, layer)
        plane, numbers, energy = figure.axes
        for axes in (numbers, energy):
            low, high = axes.get_ylim()
            values = [bar.get_height() for bar in axes.patches] + [y for line in axes.lines for y in line.get_ydata()]
            assert low < min(values) <= max(values) < high
        np.testing.assert_allclose(np.column_stack(plane.lines[0].get_data()), turned(30, 0.6, layer)["positions"])
        assert words in alt
        plt.close(figure)


def test_every_dial_draws():
    widget = Dials(draw_turning, **DIALS)
    before = bytes(widget.picture)
    widget.values = widget.values | {"layer": BENT}
    assert bytes(widget.picture) != before
    assert BENT in widget.alt
    widget.close()
