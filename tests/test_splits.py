"""Splits and reference energies."""

from itertools import combinations

import numpy as np
import pytest

from mlip_edu import AtomicSystem
from mlip_edu.errors import TrainingError
from mlip_edu.learning import reference_energies, split_by_group


def system(energy=None, species=("Si",), **info):
    positions = [[2.5 * k, 0, 0] for k in range(len(species))]
    return AtomicSystem(positions, 20 * np.eye(3), species, energy=energy, info=info)


def test_every_system_is_in_one_part_and_no_group_is_torn():
    systems = [system(family=f"f{k % 3}", group=k // 6) for k in range(180)]
    split = split_by_group(systems, validation=0.2, test=0.2, seed=4)
    assert sorted(split.train + split.validation + split.test) == list(range(180))
    for part in (split.validation, split.test):
        assert 18 <= len(part) <= 54
    groups = [{(systems[k].info["family"], systems[k].info["group"]) for k in part}
              for part in (split.train, split.validation, split.test)]  # fmt: skip
    for first, second in combinations(groups, 2):
        assert first.isdisjoint(second)


def test_explicit_groups_win_over_info():
    systems = [system(group=k) for k in range(40)]
    split = split_by_group(systems, groups=[k % 4 for k in range(40)], validation=0.25)
    assert {k % 4 for k in split.validation}.isdisjoint({k % 4 for k in split.train})


def test_small_families_train():
    systems = [system(family="small")] * 9 + [system(family="large") for _ in range(50)]
    split = split_by_group(systems, validation=0.2)
    assert set(range(9)) <= set(split.train)
    assert len(split.validation) == pytest.approx(10, abs=1)


def test_declared_parts_are_kept():
    systems = [system(part=p) for p in (0, 2, 1, 0)]
    split = split_by_group(systems, validation=0.5)
    assert (split.train, split.validation, split.test) == ([0, 3], [2], [1])


def test_declared_parts_must_be_complete_and_respect_groups():
    with pytest.raises(TrainingError, match="for all systems"):
        split_by_group([system(part=0), system()])
    with pytest.raises(TrainingError, match="stands in train and test"):
        split_by_group([system(part=0, group=1), system(part=2, group=1)])


def test_somebody_must_train():
    with pytest.raises(TrainingError, match="none of the 2 systems trains"):
        split_by_group([system(part=1), system(part=2)])
    with pytest.raises(TrainingError, match="no system is left to train on, of 0"):
        split_by_group([])


def test_seed_changes_the_draw():
    systems = [system() for _ in range(100)]
    first, again, other = (split_by_group(systems, seed=s) for s in (0, 0, 1))
    assert first == again
    assert first != other


def test_reference_energy_of_one_element_is_the_mean_an_atom():
    systems = [system(-10.0), system(-24.0, ("Si", "Si"))]
    assert reference_energies(systems)["Si"] == pytest.approx(-11.0)


def test_reference_energies_of_two_elements_are_recovered():
    rng = np.random.default_rng(0)
    systems = []
    for n in range(1, 6):
        species = ["Si"] * n + ["Ge"] * (7 - n)
        systems.append(system(-107.0 * n - 200.0 * (7 - n) + 0.001 * rng.standard_normal(), species))
    found = reference_energies(systems)
    assert found["Si"] == pytest.approx(-107.0, abs=0.01)
    assert found["Ge"] == pytest.approx(-200.0, abs=0.01)


def test_constant_composition_still_fits():
    systems = [system(-30.0, ("Si", "Ge")), system(-32.0, ("Si", "Ge"))]
    found = reference_energies(systems)
    assert found["Si"] + found["Ge"] == pytest.approx(-31.0)
