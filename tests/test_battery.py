"""What every fingerprint and every potential must do; the list of them stands in ``battery.py``."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch
from battery import CUTOFF, FINGERPRINTS, POTENTIALS, features
from structures import changed, diamond, lone_atom, molecule, rotation, skewed, slab, spread_out, tiny_skewed

from mlip_edu import AtomicSystem, Batch
from reference.neighbours_loops import images_to_try

every_fingerprint = pytest.mark.parametrize("case", FINGERPRINTS, ids=lambda case: case.name)
every_potential = pytest.mark.parametrize(
    ("case", "potential"), [(case, p) for _, case, p in POTENTIALS], ids=[name for name, _, _ in POTENTIALS]
)
BOXES = [diamond, skewed, slab, molecule, tiny_skewed]
every_box = pytest.mark.parametrize("box", BOXES, ids=lambda box: box.__name__)


def close(found, expected, tolerance=1e-10):
    """Equal to ``tolerance`` of the largest expected number."""
    scale = max(1.0, float(np.abs(expected).max(initial=0.0)))
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * scale)


def moved(system, permutation=None, turn=None, shift=0.0, images=0):
    """A system permuted, turned (cell and all), shifted, its atoms moved by lattice vectors."""
    order = np.arange(len(system)) if permutation is None else permutation
    turn = np.eye(3) if turn is None else turn
    positions = (system.positions + images @ system.cell if np.ndim(images) else system.positions)[order]
    return changed(
        system, positions=positions @ turn.T + shift, cell=system.cell @ turn.T, species=system.species[order]
    )


# ------------------------------------------------------------------------------------------ symmetries


def transformations(system):
    """(name, changed system, order of its atoms, how its vectors turned)."""
    rng = np.random.default_rng(11)
    unmoved, order = np.arange(len(system)), rng.permutation(len(system))
    turn, images = rotation(), rng.integers(-3, 4, (len(system), 3)) * system.pbc
    mirror = turn @ np.diag([1.0, 1.0, -1.0])
    yield "translation", moved(system, shift=rng.uniform(-20, 20, 3)), unmoved, np.eye(3)
    yield "rotation", moved(system, turn=turn), unmoved, turn
    yield "reflection", moved(system, turn=mirror), unmoved, mirror
    yield "permutation", moved(system, permutation=order), order, np.eye(3)
    yield "image shift", moved(system, images=images), unmoved, np.eye(3)


@every_box
@every_fingerprint
def test_features_know_no_place_orientation_or_order(case, box):
    system = box(case.elements)
    expected = features(case.fingerprint, system)
    assert np.abs(expected).max() > 0.01
    for name, other, order, _ in transformations(system):
        found = features(case.fingerprint, other)
        np.testing.assert_allclose(found, expected[order], rtol=0, atol=1e-10 * np.abs(expected).max(), err_msg=name)


@every_box
@every_potential
def test_energies_stay_and_forces_and_virials_turn_along(case, potential, box):
    system = box(case.elements)
    expected = potential.predict(system)
    assert np.abs(expected.forces).max() > 0.01
    for _name, other, order, turn in transformations(system):
        found = potential.predict(other)
        close(found.energy, expected.energy)
        close(found.atomic_energy, expected.atomic_energy[order])
        close(found.forces, expected.forces[order] @ turn.T)
        close(found.virial[0], turn @ expected.virial[0] @ turn.T)


@every_box
@every_potential
def test_forces_and_torques_add_up_to_nothing(case, potential, box):
    prediction = potential.predict(box(case.elements))
    close(prediction.forces.sum(0), np.zeros(3))
    close(prediction.virial, prediction.virial.transpose(0, 2, 1))


@every_fingerprint
def test_features_tell_structures_apart(case):
    """The counter-check: a distortion that is no symmetry does change the features."""
    system = diamond(case.elements)
    squeezed = changed(system, positions=system.positions * 0.98, cell=system.cell * 0.98)
    assert np.abs(features(case.fingerprint, squeezed) - features(case.fingerprint, system)).max() > 1e-3


# ------------------------------------------------------------------------------------- batches and loners


@every_potential
def test_batch_is_the_single_systems_side_by_side(case, potential):
    systems = [box(case.elements) for box in BOXES]
    systems += [lone_atom(case.elements[0]), lone_atom(case.elements[-1], pbc=True)]  # two without any edge
    together, singles = potential.predict(systems), [potential.predict(system) for system in systems]
    close(together.energy, np.concatenate([s.energy for s in singles]), 1e-12)
    close(together.forces, np.concatenate([s.forces for s in singles]), 1e-12)
    close(together.virial, np.concatenate([s.virial for s in singles]), 1e-12)
    close(features(case.fingerprint, *systems), np.vstack([features(case.fingerprint, s) for s in systems]), 1e-12)


@every_potential
def test_isolated_atoms_are_finite_and_feel_nothing(case, potential):
    loners = [lone_atom(element, pbc) for element in case.elements for pbc in (True, False)]
    for systems in ([loners[0]], loners):  # batches without a single edge
        prediction = potential.predict(systems)
        assert np.isfinite(prediction.energy).all()
        assert (prediction.forces == 0).all()
        assert (prediction.virial == 0).all()
        assert (features(case.fingerprint, *systems) == 0).all() == case.zero_alone


@every_fingerprint
def test_neighbours_beyond_the_cutoff_do_not_count(case):
    system = skewed(case.elements)
    wide = case.fingerprint(Batch.from_systems([system], case.cutoff + 2.0).edges())
    close(wide.detach().numpy(), features(case.fingerprint, system))


# --------------------------------------------------------------------------------------------- the cutoff


def approaching(case, distance):
    """Three atoms close together and a fourth, far to the side, at ``distance`` from the first."""
    positions = [[0, 0, 0], [-1.6, 1.9, 0.3], [-1.2, -0.5, 2.1], [distance, 0, 0]]
    return AtomicSystem(positions, np.zeros((3, 3)), np.resize(case.elements, 4), False)


@every_potential
def test_value_and_slope_vanish_at_the_cutoff(case, potential):
    """f ~ x² in the depth x below the cutoff: ten times nearer is a hundred times less, its slope ten times."""
    without = approaching(case, case.cutoff + 5.0)
    base, base_energy = features(case.fingerprint, without)[0], potential.predict(without).energy[0]
    force = {}
    for depth in (1e-3, 1e-4, 1e-5):
        system = approaching(case, case.cutoff - depth)
        size = 4 * depth**2 * max(8 / 1.6**2, 1)  # (4x/Δr)² / 2 bounds RANN's cutoff function near rc
        assert np.abs(features(case.fingerprint, system)[0] - base).max() < 30 * size
        prediction = potential.predict(system)
        assert abs(prediction.energy[0] - base_energy) < 1e3 * size
        force[depth] = abs(prediction.forces[3, 0])
        assert force[depth] < 1e3 * depth
    assert force[1e-3] > 0
    np.testing.assert_allclose(force[1e-4] / force[1e-5], 10, rtol=0.01)


@every_fingerprint
def test_crossing_the_cutoff_is_continuous(case):
    below, above = (features(case.fingerprint, approaching(case, case.cutoff + d)) for d in (-1e-9, 1e-9))
    close(below, above, 1e-13)


# ------------------------------------------------------------------------------------------ loop versions


@pytest.mark.parametrize("box", [skewed, slab, molecule, tiny_skewed], ids=lambda box: box.__name__)
@every_fingerprint
def test_equal_to_the_loops(case, box):
    system = box(case.elements)
    table = features(case.fingerprint, system)
    for found, expected, species in zip(table, case.loops(system, case.fingerprint), system.species, strict=True):
        n = case.fingerprint.n_features(species)
        assert len(expected) == n
        np.testing.assert_allclose(found[:n], expected, rtol=1e-11, atol=1e-11 * np.abs(expected).max())
        assert (found[n:] == 0).all()


@every_potential
def test_tiny_skewed_cell_is_the_middle_of_a_large_cluster(case, potential):
    system, reach = tiny_skewed(case.elements), getattr(case.fingerprint, "reach", CUTOFF)
    images = np.array(list(images_to_try(system.cell, system.pbc, 2 * reach + 5.0)))
    offsets = images[np.argsort((images != 0).any(1), kind="stable")] @ system.cell  # the home cell comes first
    positions = (offsets[:, None] + system.positions).reshape(-1, 3)
    # the forces on the two atoms need whole surroundings of all their neighbours
    near = np.linalg.norm(positions - system.positions.mean(0), axis=1) < 2 * reach + 2.0
    cluster = AtomicSystem(positions[near], np.zeros((3, 3)), np.tile(system.species, len(offsets))[near], False)
    assert near[:2].all()
    close(features(case.fingerprint, cluster)[:2], features(case.fingerprint, system))
    small, large = potential.predict(system), potential.predict(cluster)
    close(large.atomic_energy[:2], small.atomic_energy)
    close(large.forces[:2], small.forces)


# -------------------------------------------------------------------------------------------- derivatives


@pytest.mark.parametrize("box", [tiny_skewed, slab, lone_atom], ids=lambda box: box.__name__)
@every_fingerprint
def test_derivatives_in_the_edges_are_those_of_autograd(case, box):
    systems = [lone_atom(case.elements[0]), box() if box is lone_atom else box(case.elements)]
    edges = Batch.from_systems(systems, case.cutoff).edges()
    edges.vector.requires_grad_()
    found, derivatives = case.fingerprint.derivatives(edges)
    expected = case.fingerprint(edges)
    assert derivatives.shape == (len(edges.centre), 3, case.fingerprint.n_columns)
    close(found.detach().numpy(), expected.detach().numpy(), 1e-13)
    for column in range(expected.shape[1] if len(edges.centre) else 0):
        (slope,) = torch.autograd.grad(expected[:, column].sum(), edges.vector, retain_graph=True)
        close(derivatives[:, :, column].detach().numpy(), slope.numpy(), 1e-12)


@pytest.mark.parametrize("box", [tiny_skewed, slab, lone_atom], ids=lambda box: box.__name__)
@every_fingerprint
def test_pullback_is_that_of_autograd(case, box):
    systems = [lone_atom(case.elements[0]), box() if box is lone_atom else box(case.elements)]
    edges = Batch.from_systems(systems, case.cutoff).edges()
    found, pullback = case.fingerprint.with_pullback(edges)
    slopes = torch.randn(found.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    edges.vector.requires_grad_()
    expected = case.fingerprint(replace(edges))
    close(found.numpy(), expected.detach().numpy(), 1e-13)
    if len(edges.centre):
        (gradient,) = torch.autograd.grad(expected, edges.vector, slopes)
        close(pullback(slopes).detach().numpy(), gradient.numpy(), 1e-12)


def differentiable(case, system):
    """features(positions, strain), and its two arguments."""
    batch = Batch.from_systems([system], case.cutoff)
    assert (batch.edges().distance - case.cutoff).abs().min() > 1e-3  # the second derivative jumps at rc
    strain = torch.zeros(1, 3, 3, dtype=torch.float64, requires_grad=True)
    return (
        lambda positions, strain: case.fingerprint(batch.edges(positions, strain)),
        (batch.positions.clone().requires_grad_(), strain),
    )


@pytest.mark.parametrize("box", [tiny_skewed, molecule], ids=lambda box: box.__name__)
@every_fingerprint
def test_gradcheck_in_positions_and_strain(case, box):
    function, arguments = differentiable(case, box(case.elements))
    assert torch.autograd.gradcheck(function, arguments)


@pytest.mark.parametrize("box", [tiny_skewed, molecule], ids=lambda box: box.__name__)
@every_fingerprint
def test_gradgradcheck_in_positions_and_strain(case, box):
    function, arguments = differentiable(case, box(case.elements))
    width = case.fingerprint.n_columns
    mix = torch.linspace(-1, 1, width, dtype=torch.float64)
    assert torch.autograd.gradgradcheck(lambda p, e: torch.tanh(function(p, e) @ mix).sum(), arguments)


@every_potential
def test_energy_passes_gradcheck_and_gradgradcheck(case, potential):
    _, (positions, strain) = differentiable(case, tiny_skewed(case.elements))
    batch = Batch.from_systems([tiny_skewed(case.elements)], case.cutoff)

    def energy(p, e):
        return potential(batch.edges(p, e)).sum()

    assert torch.autograd.gradcheck(energy, (positions, strain))
    assert torch.autograd.gradgradcheck(energy, (positions, strain))


@every_potential
def test_forces_are_minus_the_slope_of_the_energy(case, potential):
    step = 2e-5  # Å
    system = skewed(case.elements, seed=7)
    forces = potential.predict(system).forces
    displaced = []
    for atom, axis in np.ndindex(len(system), 3):
        for sign in (1, -1):
            positions = system.positions.copy()
            positions[atom, axis] += sign * step
            displaced.append(changed(system, positions=positions))
    energy = potential.predict(displaced).energy.reshape(-1, 2)
    close(forces, -(energy[:, 0] - energy[:, 1]).reshape(-1, 3) / (2 * step), 2e-7)


@every_potential
def test_virial_is_minus_the_slope_in_strain(case, potential):
    step = 1e-5
    system = tiny_skewed(case.elements)
    virial = potential.predict(system).virial[0]
    strained = []
    for a, b in np.ndindex(3, 3):
        for sign in (1, -1):
            deform = np.eye(3)
            deform[a, b] += sign * step
            strained.append(changed(system, positions=system.positions @ deform.T, cell=system.cell @ deform.T))
    energy = potential.predict(strained).energy.reshape(3, 3, 2)
    close(virial, -(energy[..., 0] - energy[..., 1]) / (2 * step), 1e-7)
    stress = potential.predict(system).stress[0]
    np.testing.assert_allclose(stress, -virial / system.volume, rtol=1e-14)


@every_fingerprint
def test_float32_is_close_to_float64(case):
    system = skewed(case.elements)
    types = torch.float32, torch.float64  # of the edges, and of weights and tables
    single, double = (features(deepcopy(case.fingerprint).to(t), system, dtype=t) for t in types)
    assert (single.dtype, double.dtype) == (np.float32, np.float64)
    close(single, double, 2e-5)


def test_spread_out_keeps_its_promise():
    """The boxes above are only good tests if their atoms stand apart."""
    cell = np.diag([5.0, 6.0, 7.0])
    positions = spread_out(np.random.default_rng(0), 6, cell)
    assert np.nanmin([[np.linalg.norm(p - q) or np.nan for p in positions] for q in positions]) > 1.7
