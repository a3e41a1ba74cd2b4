"""Neighbour lists against ASE, vesin, matscipy and the loop version; distances and nearest images."""

import itertools
import resource
import time

import ase.neighborlist
import matscipy.neighbours
import numpy as np
import pytest
import vesin
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from structures import changed, diamond, lone_atom, molecule, skewed, slab, spread_out, tiny_skewed

from mlip_edu import AtomicSystem, distance_matrix, neighbour_list
from mlip_edu.errors import MlipEduError
from mlip_edu.geometry import MOST_IMAGES, completed_cell, heights, nearest_image, volume
from reference.neighbours_loops import nearest_distance, neighbours

METHODS = ("brute force", "vesin")


def slab_with_vacuum():
    return changed(slab(), cell=slab().cell + np.diag([0, 0, 25.0]))


def slab_across():
    """Periodic along b and c, with a third vector that is not orthogonal to them."""
    cell = np.array([[1.0, 2.0, 9.0], [4.6, 0.0, 0.0], [1.4, 4.8, 0.3]])
    return AtomicSystem(slab().positions, cell, ["Si"] * 5, (False, True, True))


def wire():
    positions = spread_out(np.random.default_rng(6), 4, np.diag([3.1, 5.0, 5.0]), (True, False, False))
    return AtomicSystem(positions, [[3.1, 0.4, 0.2], [0, 0, 0], [0, 0, 0]], ["Si"] * 4, (True, False, False))


def two_atoms():
    """The primitive cell of diamond, smaller than the cutoff in every direction."""
    return AtomicSystem([[0, 0, 0], [1.3, 1.4, 1.35]], 2.715 * (1 - np.eye(3)), ["Si", "Si"])


def left_handed():
    return changed(skewed(), cell=skewed().cell[[1, 0, 2]])


def lone_in_a_crystal():
    return AtomicSystem([[7.1, -3.2, 0.4]], 2.2 * np.eye(3), ["Si"])


BOXES = [
    two_atoms, tiny_skewed, skewed, left_handed, diamond, slab, slab_with_vacuum, slab_across, wire, molecule,
    lone_atom, lone_in_a_crystal,
]  # fmt: skip


def as_set(i, j, shift):
    edges = list(zip(map(int, i), map(int, j), map(tuple, np.asarray(shift, int).tolist()), strict=True))
    assert len(edges) == len(set(edges))
    return set(edges)


def ours(system, cutoff, method="auto"):
    found = neighbour_list(system, cutoff, method)
    assert (np.diff(found.centre) >= 0).all()
    assert (np.linalg.norm(found.vectors(system), axis=1) <= cutoff * (1 + 1e-12)).all()
    return as_set(found.centre, found.neighbour, found.shift)


def loops(system, cutoff):
    return {(i, j, shift) for i, j, shift, _ in neighbours(system.positions, system.cell, system.pbc, cutoff)}


@pytest.mark.parametrize("cutoff", [2.9, 6.0])
@pytest.mark.parametrize("box", BOXES, ids=lambda box: box.__name__)
def test_same_edges_as_everyone_else(box, cutoff):
    system = box()
    expected = loops(system, cutoff)
    assert bool(expected) == (box is not lone_atom)
    for method in (*METHODS, "auto"):
        assert ours(system, cutoff, method) == expected, method
    # the others want a cell with a volume also where nothing is periodic
    cell = completed_cell(system.cell, system.pbc, system.positions)
    atoms = system.to_ase()
    atoms.cell = cell
    assert as_set(*ase.neighborlist.neighbor_list("ijS", atoms, cutoff)) == expected
    assert as_set(*matscipy.neighbours.neighbour_list("ijS", atoms, cutoff)) == expected
    finder = vesin.NeighborList(cutoff=cutoff, full_list=True)
    assert as_set(*finder.compute(system.positions, cell, system.pbc.tolist(), quantities="ijS")) == expected


@pytest.mark.parametrize("method", METHODS)
def test_large_box_takes_vesin_and_agrees(method):
    rng = np.random.default_rng(8)
    cell = np.array([[21.0, 0, 0], [5.0, 20.0, 0], [-4.0, 3.0, 22.0]])
    system = AtomicSystem(rng.uniform(-1, 2, (250, 3)) @ cell, cell, ["Si"] * 250)
    expected = as_set(*ase.neighborlist.neighbor_list("ijS", system.to_ase(), 4.0))
    assert ours(system, 4.0, method) == ours(system, 4.0) == expected


@pytest.mark.parametrize(("cutoff", "count"), [(1.1, 6), (1.5, 18), (1.8, 26), (2.1, 32), (2.3, 56)])
@pytest.mark.parametrize("size", [1, 2, 4])
def test_simple_cubic_counts(cutoff, count, size):
    positions = np.array(list(itertools.product(range(size), repeat=3)), float)
    system = AtomicSystem(positions, size * np.eye(3), ["Po"] * size**3)
    for method in METHODS:
        assert (np.bincount(neighbour_list(system, cutoff, method).centre) == count).all()


def test_a_pair_at_exactly_the_cutoff_is_in():
    system = AtomicSystem([[0, 0, 0], [0, 0, 2.0]], np.zeros((3, 3)), ["Si", "Si"], False)
    assert [len(neighbour_list(system, 2.0, method)) for method in METHODS] == [2, 2]


def test_the_list_is_full_and_symmetric():
    system = skewed()
    edges = ours(system, 5.0)
    assert {(j, i, tuple(-s for s in shift)) for i, j, shift in edges} == edges


cells = st.lists(st.floats(-6, 6), min_size=9, max_size=9).map(lambda numbers: np.array(numbers).reshape(3, 3))
places = st.lists(st.tuples(*[st.floats(-1.5, 2.5)] * 3), min_size=1, max_size=4)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(cells, places, st.tuples(*[st.booleans()] * 3), st.floats(0.8, 5.0))
def test_random_cells(cell, fractional, pbc, cutoff):
    assume(volume(cell) > 4.0)
    assume(heights(cell).min() > 0.6)
    system = AtomicSystem(np.array(fractional) @ cell, cell, ["Si"] * len(fractional), pbc)
    found = neighbours(system.positions, cell, pbc, cutoff + 1e-6)
    lengths = np.array([np.linalg.norm(vector) for *_, vector in found])
    assume(not (np.abs(lengths - cutoff) < 1e-6).any())  # within rounding of the sphere either answer is right
    expected = {(i, j, shift) for (i, j, shift, _), r in zip(found, lengths, strict=True) if r <= cutoff}
    for method in METHODS:
        assert ours(system, cutoff, method) == expected


# -------------------------------------------------------------------------------- distances, nearest images


@pytest.mark.parametrize("box", BOXES, ids=lambda box: box.__name__)
def test_distance_matrix_by_brute_force(box):
    system = box()
    matrix = distance_matrix(system)
    assert matrix.shape == (len(system), len(system))
    assert np.isnan(np.diag(matrix)).all()
    for i, j in itertools.permutations(range(len(system)), 2):
        expected = nearest_distance(system.positions[j] - system.positions[i], system.cell, system.pbc)
        assert matrix[i, j] == pytest.approx(expected, abs=1e-12)


def test_nearest_image_where_rounding_is_wrong():
    """In a skewed cell many of the images found by rounding fractional coordinates are not the nearest."""
    cell = np.array([[10.64, 0, 0], [-6.66, 8.93, 0], [-1.59, -0.86, 16.4]])
    rng = np.random.default_rng(9)
    vectors = rng.uniform(-1, 1, (300, 3)) @ cell
    found = nearest_image(vectors, cell, [True] * 3)
    expected = [nearest_distance(v, cell, [True] * 3) for v in vectors]
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), expected, rtol=1e-12)
    shifts = (found - vectors) @ np.linalg.inv(cell)
    np.testing.assert_allclose(shifts, np.round(shifts), atol=1e-9)  # an image of the same vector
    fractional = vectors @ np.linalg.inv(cell)
    rounded = np.linalg.norm((fractional - np.round(fractional)) @ cell, axis=1)
    assert (rounded > np.array(expected) + 1e-9).sum() > 20


@pytest.mark.parametrize("pbc", list(itertools.product([True, False], repeat=3)), ids=str)
def test_nearest_image_in_some_directions(pbc):
    cell = tiny_skewed().cell
    vectors = np.random.default_rng(10).uniform(-6, 6, (5, 2, 3))
    found = nearest_image(vectors, cell, pbc)
    assert found.shape == vectors.shape
    expected = [[nearest_distance(v, cell, pbc) for v in pair] for pair in vectors]
    np.testing.assert_allclose(np.linalg.norm(found, axis=-1), expected, rtol=1e-12)
    shifts = (found - vectors) @ np.linalg.inv(cell)
    assert (np.abs(shifts[..., ~np.array(pbc)]) < 1e-9).all()


def test_heights_and_completed_cell():
    np.testing.assert_allclose(heights(np.diag([2.0, 3.0, 4.0])), [2, 3, 4])
    np.testing.assert_allclose(heights(np.array([[2.0, 0, 0], [5.0, 3.0, 0], [0, 0, 4.0]])), [6 / 34**0.5, 3, 4])
    for box in BOXES:
        system = box()
        cell = completed_cell(system.cell, system.pbc, system.positions)
        np.testing.assert_array_equal(cell[system.pbc], system.cell[system.pbc])
        for k in np.flatnonzero(~system.pbc):
            others = np.delete(cell, k, axis=0)
            np.testing.assert_allclose(others @ cell[k], 0, atol=1e-9)
            assert np.linalg.norm(cell[k]) >= np.ptp(system.positions, axis=0).max()


# --------------------------------------------------------------------------------------------- the guards


def quickly(function, match):
    """The call fails with an error of ours within two seconds and 300 MB."""
    start, memory = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(MlipEduError, match=match):
        function()
    assert time.perf_counter() - start < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 300_000


@pytest.mark.parametrize(
    "cell",
    [np.diag([1e-4, 1e-4, 5.0]), np.diag([5.0, 5.0, 1e-7]), [[5, 0, 0], [3e7, 5, 0], [0, 0, 5]]],
    ids=["needle", "sheet", "skew"],
)
def test_absurd_cells_are_refused(cell):
    system = AtomicSystem([[0, 0, 0], [1, 1, 1]], cell, ["Si", "Si"])
    for method in (*METHODS, "auto"):
        quickly(lambda method=method: neighbour_list(system, 6.0, method), f"more than {MOST_IMAGES} images")
    quickly(lambda: distance_matrix(system), f"more than {MOST_IMAGES} images")


def test_a_crowd_is_refused():
    crowd = AtomicSystem(np.random.default_rng(0).random((3000, 3)), np.eye(3), ["Si"] * 3000)
    quickly(lambda: neighbour_list(crowd, 6.0), "neighbours")
    wide = changed(crowd, positions=50 * crowd.positions, cell=50 * crowd.cell)
    quickly(lambda: neighbour_list(wide, 6.0, "brute force"), "use method='vesin'")
    assert len(neighbour_list(wide, 3.0)) > 3000


@pytest.mark.parametrize("cutoff", [0.0, -1.0, np.nan, np.inf])
def test_a_cutoff_that_is_none(cutoff):
    with pytest.raises(MlipEduError, match="cutoff"):
        neighbour_list(diamond(), cutoff)


def test_an_unknown_method():
    with pytest.raises(MlipEduError, match="unknown method 'fast'"):
        neighbour_list(diamond(), 3.0, "fast")
