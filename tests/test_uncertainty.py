"""Committees: mean and spread by hand, error bars that cover what they say, and questions that are worth asking."""

import dataclasses

import numpy as np
import pytest
import small_job
import torch
from ase.calculators.fd import calculate_numerical_forces, calculate_numerical_stress
from battery import FINGERPRINTS, make_potential
from scipy import stats
from structures import diamond, skewed

from mlip_edu import MlipEduError, ase_calculator
from mlip_edu.data import load_silicon
from mlip_edu.learning import Committee, query, train_committee
from mlip_edu.learning.uncertainty import coverage, scale_of_spread

QUICK = {"optimiser": "levenberg-marquardt", "hidden": (8,), "epochs": 15, "progress": False, "device": "cpu"}


def three_potentials():
    """The same fingerprint with weights that are a little different."""
    members = [make_potential(FINGERPRINTS[1].fingerprint, "tanh") for _ in range(3)]
    for number, member in enumerate(members):
        generator = torch.Generator().manual_seed(number)
        for parameter in member.networks.parameters():
            noise = torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype)
            parameter.data.add_(0.05 * noise)
    return members


def small_silicon():
    """Cells of up to eight atoms without their shipped parts."""
    small = [s for s in load_silicon() if len(s) <= 8]
    return [dataclasses.replace(s, info={k: v for k, v in s.info.items() if k not in ("part", "group")}) for s in small]


def test_mean_and_spread_by_hand():
    members, systems = three_potentials(), [diamond(noise=0.3), skewed()]
    said = [member.predict(systems) for member in members]
    found = Committee(members).predict(systems)
    for name in ("energy", "forces", "virial", "atomic_energy"):
        np.testing.assert_allclose(
            getattr(found, name), sum(getattr(p, name) for p in said) / 3, rtol=1e-12, atol=1e-12
        )
    for k in range(2):
        values = [p.energy[k] for p in said]
        assert found.energy_spread[k] == pytest.approx(np.sqrt(stats.tvar(values)), rel=1e-10)
    for k in range(len(found.force_spread)):
        covariance = np.cov([p.forces[k] for p in said], rowvar=False)
        assert found.force_spread[k] == pytest.approx(np.sqrt(np.trace(covariance)), rel=1e-10)


def test_equal_members_agree():
    member = three_potentials()[0]
    found = Committee([member, member]).predict(diamond(noise=0.3))
    assert found.energy_spread[0] == 0
    assert not found.force_spread.any()


def test_the_mean_is_a_potential():
    atoms = diamond(noise=0.3).to_ase()
    atoms.calc = ase_calculator(Committee(three_potentials()))
    np.testing.assert_allclose(atoms.get_forces(), calculate_numerical_forces(atoms, eps=1e-4), atol=1e-6)
    np.testing.assert_allclose(atoms.get_stress(), calculate_numerical_stress(atoms, eps=1e-5), atol=1e-7)


def test_coverage_of_errors_with_known_bars():
    """Errors drawn with bars that are half their true size: α is 2, and ασ covers what it says."""
    generator = np.random.default_rng(1)
    bars = generator.uniform(0.1, 3.0, 40_000)
    errors = generator.normal(0, 2 * bars)
    scale, levels = scale_of_spread(errors, bars), [0.1, 0.5, 0.6827, 0.9, 0.99]
    assert scale == pytest.approx(2, abs=0.03)  # four standard errors α/√(2N)
    np.testing.assert_allclose(coverage(errors, scale * bars, levels), levels, atol=0.01)
    too_bold = coverage(errors, bars, levels)
    np.testing.assert_allclose(too_bold, [stats.chi2.cdf(stats.chi2.ppf(p, 1) / 4, 1) for p in levels], atol=0.01)


@pytest.mark.slow
def test_held_out_data_is_covered():
    """α from one half of the held-out forces makes bars for the other half."""
    systems = small_silicon()
    order = np.random.default_rng(0).permutation(len(systems))
    train, held = [systems[k] for k in order[:100]], [systems[k] for k in order[100:220]]
    committee = train_committee(train, small_job.fingerprint(), 4, validation=0, **QUICK)
    prediction = committee.predict(held)
    known = np.concatenate([s.forces for s in held])
    # an atom that symmetry holds in place has no force, no error and no spread
    moved = prediction.force_spread > 1e-6
    error = (prediction.forces - known)[moved].ravel()
    spread = np.repeat(prediction.force_spread[moved] / np.sqrt(3), 3)  # of one component
    half = len(error) // 2
    scale = scale_of_spread(error[:half], spread[:half])
    covered = coverage(error[half:], scale * spread[half:], [0.6827, 0.95])
    rank = stats.spearmanr(abs(error), spread).statistic
    print(f"α = {scale:.2f}; covered {covered[0]:.2f} of 0.68, {covered[1]:.2f} of 0.95; rank correlation {rank:.2f}")
    assert 0.55 < covered[0] < 0.95
    assert covered[1] > 0.85
    assert rank > 0.3


@pytest.mark.slow
def test_asking_beats_chance():
    """Twice 15 structures chosen by the committee make better forces than 15 drawn by lot, over three seeds."""
    systems, fingerprint, errors = small_silicon(), small_job.fingerprint(), {"query": [], "chance": []}
    for seed in range(3):
        generator = np.random.default_rng(seed)
        order = generator.permutation(len(systems))
        test, pool = [systems[k] for k in order[:60]], [systems[k] for k in order[60:]]
        known = np.concatenate([s.forces for s in test])
        for way, results in errors.items():
            chosen = list(range(20))
            for _ in range(2):
                committee = train_committee([pool[k] for k in chosen], fingerprint, 4, seed, validation=0, **QUICK)
                rest = [k for k in range(len(pool)) if k not in chosen]
                asked = query(committee, [pool[k] for k in rest], 15)
                chosen += [rest[k] for k in (asked if way == "query" else generator.permutation(len(rest))[:15])]
            committee = train_committee([pool[k] for k in chosen], fingerprint, 4, seed, validation=0, **QUICK)
            results.append(float(np.sqrt(((committee.predict(test).forces - known) ** 2).mean())))
    print({way: [round(x, 3) for x in results] for way, results in errors.items()}, "eV/Å")
    assert np.mean(errors["query"]) < 0.95 * np.mean(errors["chance"])


def test_members_share_the_parts_and_differ_in_weights(monkeypatch):
    from mlip_edu.learning import training, uncertainty

    splits = []

    def noted(*arguments, **options):
        result = training.train(*arguments, **options)
        splits.append(result.split)
        return result

    monkeypatch.setattr(uncertainty, "train", noted)
    options = {**QUICK, "epochs": 1}
    committee = train_committee(small_job.systems(30), small_job.fingerprint(), 3, seed=4, validation=0.2, **options)
    assert splits[0] == splits[1] == splits[2]
    assert len(splits[0].validation) == 6
    first, second = (next(iter(member.networks.parameters())) for member in committee.members[:2])
    assert not torch.equal(first, second)


def test_questions_are_asked_where_members_disagree():
    members = three_potentials()
    calm, wild = diamond(), diamond(noise=0.5)
    assert query(Committee(members), [calm, wild, calm], 2)[0] == 1


def test_refused():
    member = three_potentials()[0]
    with pytest.raises(MlipEduError, match="at least two members"):
        Committee([member])
    other = make_potential(FINGERPRINTS[3].fingerprint, "tanh")
    with pytest.raises(MlipEduError, match="same elements"):
        Committee([member, other])
    with pytest.raises(MlipEduError, match="1 to 1 systems"):
        query(Committee([member, member]), [diamond()], 2)
    with pytest.raises(MlipEduError, match="positive spreads"):
        scale_of_spread([1.0, 2.0], [1.0, 0.0])
    with pytest.raises(MlipEduError, match="between 0 and 1"):
        coverage(np.ones(3), np.ones(3), [0.5, 95])
