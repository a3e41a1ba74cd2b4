"""Pair networks: a sum over pairs, each the same from both ends; everything general is tested by the battery."""

import dataclasses

import numpy as np
import pytest
import torch
from structures import changed, diamond, molecule, skewed, slab

from mlip_edu import AtomicNetwork, AtomicSystem, Batch, LossWeights, MlipEduError, train
from mlip_edu.models import PairNetwork
from mlip_edu.models.message_passing import LearnedPotential
from mlip_edu.simulation import ase_calculator
from reference import pair_loops


def small(elements=("Ge", "Si"), seed=1):
    fingerprint = PairNetwork(elements, 4.0, 5, 6, n_neighbours=8.0, generator=torch.Generator().manual_seed(seed))
    for parameter in fingerprint.parameters():
        if parameter.dim() == 1:  # a trained bias is not zero
            parameter.data.normal_(generator=torch.Generator().manual_seed(seed))
    for network in fingerprint.networks.values():
        network.weights[-1].data *= 10  # electronvolts
    return fingerprint


def bare(fingerprint):
    """A potential whose energy is that of the pairs and nothing else."""
    networks = {}
    for element in fingerprint.elements:
        networks[element] = AtomicNetwork((1, 1), "linear")
        networks[element].weights[0].data.fill_(1.0)
    return LearnedPotential(fingerprint, networks)


def test_the_energy_is_the_sum_over_pairs_by_hand():
    """Five atoms of two elements, ten pairs at most, each counted once, seen from whichever end."""
    fingerprint = small()
    for seed in range(3):
        system = molecule(("Si", "Ge"), seed=seed)
        positions, species = np.array(system.positions), system.species
        found = pair_loops.neighbours(positions, system.cell, system.pbc, fingerprint.cutoff)
        expected, pairs = 0.0, 0
        for i in range(5):
            for j in range(i):
                if np.linalg.norm(positions[i] - positions[j]) < fingerprint.cutoff:
                    expected += pair_loops.pair_energy(
                        i, str(species[j]), positions[j], species, positions, found, fingerprint
                    )
                    pairs += 1
        energy = bare(fingerprint).predict(system).energy[0]
        print(f"\n{pairs} pairs: {energy:.12f} eV, by hand {expected:.12f} eV")
        assert pairs > 5
        assert energy == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("box", [diamond, skewed, slab], ids=lambda box: box.__name__)
def test_a_pair_has_one_energy_from_both_ends(box):
    fingerprint, system = small(), box(("Si", "Ge"))
    batch = Batch.from_systems([system], fingerprint.cutoff)
    energy = fingerprint.pair_energy(batch.edges()).detach()
    ends = {}
    for i, j, shift, value in zip(batch.centre, batch.neighbour, batch.shift, energy, strict=True):
        ends[int(i), int(j), tuple(shift.int().tolist())] = float(value)
    for (i, j, shift), value in ends.items():
        assert value == pytest.approx(ends[j, i, tuple(-s for s in shift)], rel=1e-10, abs=1e-13)


def test_one_network_a_pair_of_elements():
    fingerprint = small(("Si", "Ge", "C"))
    assert set(fingerprint.networks) == {"C-C", "C-Si", "C-Ge", "Si-Si", "Si-Ge", "Ge-Ge"}
    dimer = {}
    for pair in (("Si", "Ge"), ("Ge", "Si"), ("Si", "Si")):
        system = AtomicSystem([[0, 0, 0], [0, 0, 2.4]], np.zeros((3, 3)), pair, False)
        dimer[pair] = bare(fingerprint).predict(system).energy[0]
    assert dimer["Si", "Ge"] == dimer["Ge", "Si"]
    assert dimer["Si", "Ge"] != dimer["Si", "Si"]
    with torch.no_grad():
        fingerprint.networks["Si-Ge"].weights[-1].zero_()
    system = AtomicSystem([[0, 0, 0], [0, 0, 2.4]], np.zeros((3, 3)), ["Si", "Ge"], False)
    assert bare(fingerprint).predict(system).energy[0] == 0


def test_a_third_atom_changes_the_energy_of_a_bond():
    """Of many bodies: E(123) is not E(12) + E(13) + E(23) where the three are near each other, and is where not."""
    potential = bare(small(("Si",)))

    def energy(*positions):
        system = AtomicSystem(list(positions), np.zeros((3, 3)), ["Si"] * len(positions), False)
        return potential.predict(system).energy[0]

    near = [0.0, 0, 0], [2.3, 0, 0], [1.0, 2.0, 0]
    far = [0.0, 0, 0], [2.3, 0, 0], [-3.0, 0, 0]  # 5.3 Å from the second: no bond has it near both ends
    for atoms, is_sum in ((near, False), (far, True)):
        pairs = sum(energy(atoms[i], atoms[j]) for i, j in ((0, 1), (0, 2), (1, 2)))
        assert (abs(energy(*atoms) - pairs) < 1e-12) == is_sum


def test_it_trains_and_is_used_like_any_other(tmp_path):
    """Labels of a teacher of the same kind; a few epochs take most of the error away; then an ASE calculator."""
    teacher, systems = bare(small(seed=3)), []
    for seed in range(12):
        system = skewed(("Si", "Ge"), n_atoms=6, seed=seed)
        truth = teacher.predict(system)
        systems.append(dataclasses.replace(system, energy=truth.energy[0], forces=truth.forces))
    result = train(
        systems, small(seed=5), hidden=(), epochs=120, weights=LossWeights(1.0, 1.0), learning_rate=0.03,
        progress=False, seed=1,
    )  # fmt: skip
    size = np.mean([np.abs(system.forces).mean() for system in systems])
    error = result.report["train"]["all"]["forces_mae"]
    print(f"\nforces of {size:.3f} eV/Å in the mean are missed by {error:.3f}")
    assert error < 0.25 * size
    atoms = changed(systems[0], energy=None).to_ase()
    atoms.calc = ase_calculator(result.potential)
    np.testing.assert_allclose(atoms.get_forces(), result.potential.predict(systems[0]).forces, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_basis": 0}, "whole numbers"),
        ({"hidden": 3.5}, "whole numbers"),
        ({"cutoff": -1.0}, "a cutoff"),
        ({"r_min": 6.0}, "r_min < cutoff"),
        ({"r_min": float("nan")}, "r_min < cutoff"),
        ({"elements": ["Si", "Si"]}, "different elements"),
        ({"elements": ["Xx"]}, "chemical symbols"),
    ],
)
def test_refusals(changes, message):
    with pytest.raises(MlipEduError, match=message):
        PairNetwork(**({"elements": ["Si"], "cutoff": 5.0} | changes))
