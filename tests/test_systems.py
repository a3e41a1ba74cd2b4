"""``AtomicSystem``, ``Batch`` and ``Edges``."""

from dataclasses import FrozenInstanceError

import ase.build
import numpy as np
import pytest
import torch
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator
from structures import changed, diamond, lone_atom, molecule, skewed, slab, tiny_skewed

from mlip_edu import AtomicSystem, Batch, neighbour_list
from mlip_edu.errors import MlipEduError
from mlip_edu.fingerprints.acsf import pairs_of_neighbours


def labelled():
    rng = np.random.default_rng(0)
    stress = rng.standard_normal((3, 3))
    return changed(
        skewed(("Si", "Ge")), energy=-12.25, forces=rng.standard_normal((6, 3)), stress=stress + stress.T,
        energy_weight=2.0, force_weight=0.0, info={"group": 3, "part": 1},
    )  # fmt: skip


def test_arrays_are_float64_copies_and_read_only():
    positions = np.zeros((1, 3), np.float32)
    system = AtomicSystem(positions, np.eye(3, dtype=int), ["Si"], forces=[[1, 2, 3]])
    positions[0, 0] = 5
    for name in ("positions", "cell", "forces"):
        array = getattr(system, name)
        assert array.dtype == np.float64
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1.0
    assert system.positions[0, 0] == 0
    with pytest.raises(FrozenInstanceError):
        system.energy = 1.0
    assert len(system) == 1
    assert system.volume == 1.0
    assert "Si1" in repr(system)
    assert "forces" in repr(system)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"positions": np.zeros((2, 3))}, r"positions has shape \(2, 3\); expected \(1, 3\)"),
        ({"positions": [[0.0, np.nan, 0.0]]}, "positions holds a number that is not finite"),
        ({"positions": [[0.0, 1.0], [2.0]]}, "positions"),
        ({"positions": "here"}, "positions"),
        ({"cell": np.eye(2)}, "cell has shape"),
        ({"cell": np.ones((3, 3))}, "span no volume"),
        ({"cell": np.zeros((3, 3))}, "span no volume"),
        ({"cell": [[1, 0, 0], [0, 1, 0], [0, 0, np.inf]]}, "cell holds"),
        ({"species": ["Qq"]}, "unknown species Qq"),
        ({"species": ["X"]}, "unknown species X"),
        ({"energy": np.inf}, "energy holds"),
        ({"energy": "low"}, "energy"),
        ({"forces": np.zeros(3)}, "forces has shape"),
        ({"stress": np.zeros(6)}, "stress has shape"),
        ({"energy_weight": np.nan}, "energy_weight holds"),
        ({"pbc": [True, False]}, "pbc"),
    ],
)
def test_what_makes_no_sense_is_refused(changes, match):
    fields = {"positions": np.zeros((1, 3)), "cell": np.eye(3), "species": ["Si"]} | changes
    with pytest.raises(MlipEduError, match=match):
        AtomicSystem(**fields)


def test_there_and_back_through_ase():
    system = labelled()
    again = AtomicSystem.from_ase(system.to_ase())
    for name in ("positions", "cell", "species", "pbc", "forces"):
        np.testing.assert_array_equal(getattr(again, name), getattr(system, name))
    np.testing.assert_array_equal(again.stress, system.stress)
    assert (again.energy, again.energy_weight, again.force_weight) == (-12.25, 2.0, 0.0)
    assert dict(again.info) == {"group": 3, "part": 1}


def test_from_ase_computes_nothing_and_prefers_the_free_energy():
    atoms = ase.build.bulk("Cu")
    atoms.calc = EMT()
    assert AtomicSystem.from_ase(atoms).energy is None
    energy = atoms.get_potential_energy()
    assert AtomicSystem.from_ase(atoms).energy == energy
    atoms.calc = SinglePointCalculator(atoms, energy=-1.0, free_energy=-2.0)
    assert AtomicSystem.from_ase(atoms).energy == -2.0
    assert AtomicSystem.from_ase(atoms, energy=7.0, species=["Au"]).energy == 7.0


def test_ase_calculator_results_of_moved_atoms_are_not_taken():
    """A calculator holds results of the atoms as they were; displaced atoms have no known energy."""
    atoms = ase.build.bulk("Cu", cubic=True)
    atoms.calc = EMT()
    atoms.get_forces()
    atoms.positions[0] += 0.1
    assert AtomicSystem.from_ase(atoms).energy is None


# ---------------------------------------------------------------------------------------- Batch and Edges


def test_edges_of_a_batch_are_those_of_its_systems():
    systems = [skewed(), lone_atom(), slab(), molecule(), tiny_skewed()]
    batch = Batch.from_systems(systems, 5.0)
    edges = batch.edges()
    assert batch.n_systems == 5
    np.testing.assert_array_equal(np.bincount(batch.system_of_atom), [len(s) for s in systems])
    expected = np.concatenate([neighbour_list(s, 5.0).vectors(s) for s in systems])
    np.testing.assert_allclose(edges.vector, expected, rtol=0, atol=1e-13)
    assert torch.equal(batch.system_of_atom[batch.centre], batch.system_of_atom[batch.neighbour])
    np.testing.assert_allclose(edges.distance, np.linalg.norm(expected, axis=1), rtol=1e-14)


def test_strain_moves_every_vector():
    systems = [skewed(), tiny_skewed()]
    batch = Batch.from_systems(systems, 4.0)
    strain = 0.01 * torch.arange(18, dtype=torch.float64).reshape(2, 3, 3)
    found = batch.edges(strain=strain).vector.numpy()
    deformed = []
    for system, epsilon in zip(systems, strain.numpy(), strict=True):
        pairs, turn = neighbour_list(system, 4.0), (np.eye(3) + epsilon).T
        deformed.append(pairs.vectors(changed(system, positions=system.positions @ turn, cell=system.cell @ turn)))
    np.testing.assert_allclose(found, np.concatenate(deformed), rtol=0, atol=1e-13)


@pytest.mark.parametrize("systems", [[], [lone_atom()], [lone_atom(), diamond(), lone_atom()]], ids=["none", "1", "3"])
def test_table_sum_and_pieces(systems):
    edges = Batch.from_systems(systems, 3.0).edges()
    values = torch.arange(1.0, len(edges.centre) + 1, dtype=torch.float64)
    table = edges.table(values)
    assert table.shape == (edges.n_atoms, edges.n_slots)
    for atom in range(edges.n_atoms):
        row = table[atom]
        assert torch.equal(row[row > 0], values[edges.centre == atom])
    torch.testing.assert_close(edges.sum(values), table.sum(1))
    assert int(edges.counts.sum()) == len(edges.centre)
    pieces = list(edges.chunks(3))
    assert sum(piece.n_atoms for *_, piece in pieces) == edges.n_atoms
    for atoms, rows, piece in pieces:
        assert torch.equal(piece.vector, edges.vector[rows])
        assert torch.equal(piece.species, edges.species[atoms])
        torch.testing.assert_close(piece.sum(values[rows]), edges.sum(values)[atoms])
    odd = torch.arange(edges.n_atoms)[1::2]
    chosen = edges.select(odd)
    torch.testing.assert_close(chosen.sum(chosen.distance), edges.sum(edges.distance)[odd])


def test_every_pair_of_neighbours_once():
    edges = Batch.from_systems([diamond(), lone_atom(), molecule()], 3.5).edges()
    first, second = pairs_of_neighbours(edges)
    assert torch.equal(edges.centre[first], edges.centre[second])
    assert (first < second).all()
    assert len(set(zip(first.tolist(), second.tolist(), strict=True))) == len(first)
    assert len(first) == int((edges.counts * (edges.counts - 1) // 2).sum())
