"""The map of notebook 16: the atoms it says are reached are those of graph theory, and of the network itself."""

from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from scipy.sparse.csgraph import shortest_path

from mlip_edu import AtomicSystem, Batch
from mlip_edu.models import MessagePassing
from mlip_edu.views.dials import Dials
from mlip_edu.views.explorables.message_reach import draw_reach, hops, links, reach_dials

RANDOM = np.random.default_rng(4)
GRID = 2.4 * np.array([(x, y) for x in range(6) for y in range(4) if x != 4]) + RANDOM.normal(0, 0.2, (20, 2))


@pytest.mark.parametrize("cutoff", [2.6, 3.2, 5.5])
def test_the_steps_are_the_shortest_paths(cutoff):
    paths = shortest_path(links(GRID, cutoff).astype(float), unweighted=True)
    for atom in range(len(GRID)):
        np.testing.assert_array_equal(hops(GRID, atom, cutoff), paths[atom])
    assert np.isinf(paths).any() == (cutoff < 5)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_they_are_the_atoms_that_the_network_knows_of(layers):
    """The slope of the features of one atom with respect to all places: zero exactly where the map says so."""
    flat = np.column_stack([GRID, np.zeros(len(GRID))])
    system = AtomicSystem(flat, np.zeros((3, 3)), ["Si"] * len(GRID), False)
    batch, generator = Batch.from_systems([system], 3.2), torch.Generator().manual_seed(0)
    model = MessagePassing(["Si"], 3.2, width=4, layers=layers, n_basis=4, hidden=5, generator=generator)
    places = batch.positions.clone().requires_grad_()
    (slope,) = torch.autograd.grad(model(batch.edges(places))[5].sum(), places)
    np.testing.assert_array_equal((slope != 0).any(1).numpy(), hops(GRID, 5, 3.2) <= layers)


def test_the_picture_says_what_is_reached():
    steps, away = hops(GRID, 3, 3.2), np.linalg.norm(GRID - GRID[3], axis=1)
    reached = (steps > 0) & (steps <= 2)
    figure, alt = draw_reach(GRID, 3, 2, 3.2)
    axes = figure.axes[0]
    assert f"{reached.sum()} of 19 atoms reached, the farthest {away[reached].max():.1f} Å" in alt
    assert sorted(text.get_text() for text in axes.texts) == sorted(f"{s:.0f}" for s in steps[reached])
    assert [patch.radius for patch in axes.patches] == pytest.approx([3.2, 6.4])
    plt.close(figure)
    figure, alt = draw_reach(GRID, 3, 0, 3.2)
    assert "0 of 19 atoms reached, the farthest 0.0 Å" in alt
    plt.close(figure)


def test_the_widget_draws_when_a_dial_is_turned():
    widget = Dials(partial(draw_reach, GRID), **reach_dials(GRID))
    before = bytes(widget.picture)
    widget.values = {"atom": 0, "layers": 3, "cutoff": 3.2}
    assert bytes(widget.picture) != before
    assert "3 layers" in widget.alt
