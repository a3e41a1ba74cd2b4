"""Moment tensors: what the battery does not ask of every fingerprint."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from battery import BOND, features, make_potential
from structures import diamond, skewed, slab, tiny_skewed

from mlip_edu import Batch, Block, LossWeights, MlipEduError, RannFingerprint, fit_linear
from mlip_edu.cutoffs import rann_cutoff
from mlip_edu.fingerprints import MtpFingerprint
from mlip_edu.fingerprints.contractions import Contraction, contractions
from mlip_edu.fingerprints.mtp import moment_tensor
from reference import mtp_loops


@pytest.mark.parametrize(("level", "count"), [(2, 1), (4, 2), (6, 5), (8, 9)])
def test_as_many_as_in_published_potentials(level, count):
    """alpha_scalar_moments of the untrained potentials of MLIP of these levels, which have two radial functions."""
    assert len(MtpFingerprint(["Si"], 5.0, level, n_radial=2, radial_cost=4).products) == count


def test_the_contractions_of_level_10_by_hand():
    one, two, three, scalar = (0, 0, 1), (0, 0, 2), (0, 0, 3), (0, 0, 0)
    assert {(c.moments, c.equation) for c in contractions(10, 1, 1, 4)} == {
        ((scalar,), "a->a"),
        ((one, one), "ab,ab->a"),
        ((two, two), "abc,abc->a"),
        ((one, one, two), "ab,ac,abc->a"),
        ((three, three), "abcd,abcd->a"),
    }


@pytest.mark.parametrize(("elements", "level", "n_radial", "count"), [(("Si", "Ge"), 10, 2, 72), (("Si",), 14, 1, 37)])
def test_no_feature_twice(elements, level, n_radial, count):
    """The columns of many surroundings differ from one another by more than a factor.

    At level 14 the chain M₁ M₂ M₂ M₁ can first be written in two ways.
    """
    fingerprint = MtpFingerprint(elements, 5.0, level, n_radial, radial_cost=4)
    table = features(fingerprint, *(skewed(elements, 8, seed) for seed in range(6)))
    assert table.shape[1] == len(set(fingerprint.products)) == count
    correlation = np.abs(np.corrcoef(table.T)) - np.eye(count)
    assert correlation.max() < 1 - 1e-8


@pytest.mark.parametrize("box", [diamond, slab], ids=lambda box: box.__name__)
def test_many_body_sums_of_four_tensors(box):
    """The trace of M₂⁴ and the chain M₁ M₂ M₂ M₁ against sums over four neighbours."""
    ring = Contraction(((0, 0, 2),) * 4, (0, 1, 1, 1, 1, 0))
    chain = Contraction(((0, 0, 1), (0, 0, 1), (0, 0, 2), (0, 0, 2)), (0, 0, 1, 1, 0, 1))
    fingerprint = MtpFingerprint(["Si"], 3.4, 16, n_radial=2, radial_cost=4)
    for c in (ring, chain):
        assert c in fingerprint.scalars
    system = box()
    table = features(fingerprint, system)
    near = [v for i, _, _, v in mtp_loops.neighbours(system.positions, system.cell, system.pbc, 3.4) if i == 0]
    for c in (ring, chain):
        column = fingerprint.products.index((fingerprint.scalars.index(c),))
        expected = mtp_loops.contraction([(0, v) for v in near], c, fingerprint)
        assert table[0, column] == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("box", [diamond, skewed, slab, tiny_skewed], ids=lambda box: box.__name__)
def test_the_bond_of_rann_is_a_contraction(box):
    """Σ_jl cos^m θ w_j w_l = M_m ⋮ M_m with f = w/r^m, every m and every decay."""
    system = box()
    expected = features(RannFingerprint([Block("Si", ("all", "all"), BOND)]), system)
    edges = Batch.from_systems([system], BOND.cutoff).edges()
    r, found = edges.distance, []
    for decay in BOND.decay:
        w = torch.exp(-decay * r / BOND.length_scale) * rann_cutoff(r, BOND.cutoff, BOND.width)
        for m in range(BOND.n_cosines):
            moment = moment_tensor(edges, (w / r**m)[:, None], m)
            found.append(moment.square().flatten(1).sum(1))
    found = torch.stack(found, dim=1).numpy()
    difference = np.abs(found - expected).max() / np.abs(expected).max()
    print(f"\nRANN bond against contractions: {difference:.1e} of the largest")
    assert difference < 1e-13


def test_radial_functions():
    """T_μ at its end points, and value and slope 0 at the cutoff."""
    fingerprint = MtpFingerprint(["Si"], 5.0, 8, n_radial=5, r_min=2.0)
    r = torch.tensor([2.0, 3.5, 5.0, 6.0], dtype=torch.float64, requires_grad=True)
    values = fingerprint.chebyshev(r)
    fade = (1 - 2.0 / 5.0) ** 2, (1 - 3.5 / 5.0) ** 2
    expected = [[fade[0] * (-1) ** mu for mu in range(5)], [fade[1] * math.cos(mu * math.pi / 2) for mu in range(5)]]
    np.testing.assert_allclose(values.detach().numpy(), [*expected, [0] * 5, [0] * 5], rtol=0, atol=1e-15)
    for column in values.T:
        (slope,) = torch.autograd.grad(column.sum(), r, retain_graph=True)
        assert (slope[2:] == 0).all()


def test_a_linear_teacher_is_found():
    """Labels from a random potential linear in moment tensors: the same features get its energies and forces back."""
    fingerprint = MtpFingerprint(["Ge", "Si"], 4.6, 6, n_radial=2)
    teacher, systems = make_potential(fingerprint, "linear"), []
    for seed in range(10):
        system = skewed(("Si", "Ge", "Ge"), n_atoms=6 + seed % 3, seed=seed)
        truth = teacher.predict(system)
        systems.append(dataclasses.replace(system, energy=truth.energy[0], forces=truth.forces))
    potential, split, report = fit_linear(
        systems, fingerprint, ridge=None, weights=LossWeights(1.0, 1.0), progress=False
    )
    errors = report["validation"]["all"]
    print(f"\nforces of the teacher found to {errors['forces_mae']:.1e} eV/Å with λ = {potential.ridge:.1e}")
    assert split.validation
    assert errors["forces_mae"] < 1e-6
    assert errors["energy_mae"] < 1e-6


def test_back_from_its_description():
    fingerprint = MtpFingerprint(["Ge", "Si"], 4.6, 8, 2, radial_cost=3, r_min=1.0)
    again = MtpFingerprint.from_dict(fingerprint.to_dict())
    system = skewed(fingerprint.elements)
    np.testing.assert_array_equal(features(again, system), features(fingerprint, system))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"level": 1}, "from 2 to 20"),
        ({"level": 40}, "from 2 to 20"),
        ({"level": 8.0}, "whole numbers"),
        ({"radial_cost": 0}, "radial_cost"),
        ({"n_radial": 0}, "n_radial"),
        ({"cutoff": -1.0}, "r_min < cutoff"),
        ({"cutoff": float("nan")}, "r_min < cutoff"),
        ({"r_min": 5.5}, "r_min < cutoff"),
        ({"elements": ["Si", "Si"]}, "different elements"),
        ({"elements": []}, "different elements"),
        ({"elements": ["Xx"]}, "chemical symbols"),
    ],
)
def test_refusals(changes, message):
    with pytest.raises(MlipEduError, match=message):
        MtpFingerprint(**({"elements": ["Si"], "cutoff": 5.0} | changes))
