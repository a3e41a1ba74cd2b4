"""The sparse Gaussian process against scikit-learn's, and against the formulas with whole matrices."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from battery import make_kernels, make_potential
from scipy.linalg import block_diag
from scipy.stats import multivariate_normal
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, DotProduct, Kernel
from structures import changed, diamond, molecule, skewed, slab

from mlip_edu import Batch, MlipEduError, MolecularDynamics, TrainingError, ase_calculator, load_potential
from mlip_edu.fingerprints import AcsfFingerprint, SoapFingerprint
from mlip_edu.learning import reference_energies
from mlip_edu.models import energy_variance, fit_kernels
from mlip_edu.models.kernels import farthest_points

SILICON = SoapFingerprint(["Si"], 4.5, 3, 3, fade=1.5)
MIXED = SoapFingerprint(["Ge", "Si"], 4.2, 2, 2, fade=1.5)
SPREAD = SoapFingerprint(["Ge", "Si"], 4.0, 2, 0, fade=1.5)  # p̂ that differ much: K_MM is well conditioned
REFERENCES = {"Ge": -1.0, "Si": -2.5}
VOIGT = ([0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1])
E_NOISE, F_NOISE, W_NOISE = 0.03, 0.2, 0.1


def labelled(system, seed):
    """A system with labels that mean nothing: the algebra does not mind."""
    rng, n = np.random.default_rng(seed), len(system)
    stress = rng.standard_normal((3, 3)) / 50 if system.volume else None
    return changed(
        system, energy=-2 * n + 0.3 * rng.standard_normal(), forces=0.4 * rng.standard_normal((n, 3)),
        stress=None if stress is None else stress + stress.T,
    )  # fmt: skip


def boxes(elements, count, first=0):
    made = [(diamond, skewed, molecule, slab)[k % 4](elements, seed=first + k) for k in range(count)]
    return [labelled(system, first + k) for k, system in enumerate(made)]


def directions(fingerprint, systems):
    """p̂ of every atom and its atomic number, one pair of arrays a system."""
    result = []
    for system in systems:
        edges = Batch.from_systems([system], fingerprint.cutoff).edges()
        p = fingerprint(edges).numpy()
        result.append((p / np.linalg.norm(p, axis=1, keepdims=True), edges.species.numpy()))
    return result


def per_atom(systems):
    return np.array([(s.energy - sum(REFERENCES[e] for e in s.species)) / len(s) for s in systems])


class SystemKernel(Kernel):
    """⟨E E'⟩ = Σ_i Σ_j δ² (p̂_i · p̂_j)^ζ of energies per atom, over atoms of equal element; a sample is a number."""

    def __init__(self, systems, zeta, signal):
        self.systems, self.zeta, self.signal = systems, zeta, signal

    def __call__(self, X, Y=None, eval_gradient=False):
        first, second = (np.asarray(x, int)[:, 0] for x in (X, X if Y is None else Y))
        return np.array([[self.between(a, b) for b in second] for a in first])

    def between(self, a, b):
        (p, z), (q, other) = self.systems[a], self.systems[b]
        k = self.signal**2 * (p @ q.T) ** self.zeta * (z[:, None] == other)
        return k.sum() / (len(z) * len(other))

    def diag(self, X):
        return np.diag(self(X))

    def is_stationary(self):
        return False


def report(name, found, expected, tolerance, record_property):
    difference = float(np.abs(np.asarray(found) - expected).max() / max(1.0, np.abs(expected).max()))
    record_property(name, float(difference))
    print(f"{name}: {difference:.1e}")
    assert difference < tolerance, name


@pytest.mark.parametrize(("fingerprint", "zeta"), [(SILICON, 4), (SILICON, 2.5), (MIXED, 2)])
def test_energies_alone_are_the_gaussian_process_of_scikit_learn(fingerprint, zeta, record_property):
    """Every atom of the training part is a sparse point: nothing is left out."""
    training, test = boxes(fingerprint.elements, 10), boxes(fingerprint.elements, 5, first=50)
    potential, evidence = fit_kernels(
        training, fingerprint, REFERENCES, points=10**6, zeta=zeta, signal=1.7, energy_noise=E_NOISE,
        force_noise=math.inf, virial_noise=math.inf,
    )  # fmt: skip
    kernel = SystemKernel(directions(fingerprint, training + test), zeta, 1.7)
    peer = GaussianProcessRegressor(kernel, alpha=E_NOISE**2, optimizer=None)
    peer.fit(np.arange(len(training))[:, None], per_atom(training))
    mean, deviation = peer.predict(len(training) + np.arange(len(test))[:, None], return_std=True)
    predicted = [replace(s, energy=e) for s, e in zip(test, potential.predict(test).energy, strict=True)]
    sizes = np.array([len(s) for s in test])
    report("mean", per_atom(predicted), mean, 1e-9, record_property)
    report("variance", energy_variance(potential, test) / sizes**2, deviation**2, 1e-9, record_property)
    report("log likelihood", evidence, peer.log_marginal_likelihood_value_, 1e-9, record_property)
    assert (deviation**2).min() > 1e-6


def rows_of(fingerprint, system):
    """Energy per atom, forces and virial per atom of every entry of p̂ p̂ᵀ, for which (p̂·q̂)² is a scalar product.

    Atoms of different elements have columns of their own.
    """
    batch, n = Batch.from_systems([system], fingerprint.cutoff), len(system)
    strain = torch.zeros(1, 3, 3, dtype=torch.float64)

    def total(positions, strain):
        p = fingerprint(batch.edges(positions, strain))
        p = p / p.norm(dim=1, keepdim=True)
        squares = p[:, :, None] * p[:, None]
        return torch.cat(
            [squares[torch.from_numpy(system.species == e)].sum(0).flatten() for e in fingerprint.elements]
        )

    forces, virial = torch.autograd.functional.jacobian(total, (batch.positions, strain), vectorize=True)
    energy = total(batch.positions, strain)[None] / n
    return torch.cat([energy, -forces.flatten(1).T, -virial[:, 0][:, *VOIGT].T / n]).numpy()


def labels_of(systems):
    """Energy per atom, forces and virial per atom, less the reference energies; and their deviations."""
    values, sigma = [], []
    for s in systems:
        values += [per_atom([s]), s.forces.ravel(), -s.stress[VOIGT] * s.volume / len(s)]
        sigma += [[E_NOISE / s.energy_weight], [F_NOISE / s.force_weight] * s.forces.size, [W_NOISE] * 6]
    return np.concatenate(values), np.concatenate(sigma)


def test_energies_forces_and_virials_are_the_gaussian_process_of_scikit_learn(record_property):
    """ζ = 2 has as many independent functions as p̂ p̂ᵀ has entries: enough sparse points span them all."""
    elements = SPREAD.elements
    training = [labelled(skewed(elements, 6 + k % 3, seed=k), k) for k in range(20)]
    training[1] = replace(training[1], energy_weight=3.0, force_weight=0.5)
    test = [labelled(box(elements, seed=90), 90) for box in (skewed, diamond)]
    potential, evidence = fit_kernels(
        training, SPREAD, REFERENCES, points=10**6, zeta=2, signal=1.3, energy_noise=E_NOISE, force_noise=F_NOISE,
        virial_noise=W_NOISE,
    )  # fmt: skip
    values, sigma = labels_of(training)
    kernel = ConstantKernel(1.3**2, "fixed") * DotProduct(0.0, "fixed")
    peer = GaussianProcessRegressor(kernel, alpha=sigma**2, optimizer=None)
    peer.fit(np.concatenate([rows_of(SPREAD, s) for s in training]), values)
    report("log likelihood", evidence, peer.log_marginal_likelihood_value_, 1e-9, record_property)
    for system in test:
        n, found = len(system), potential.predict(system)
        mean, deviation = peer.predict(rows_of(SPREAD, system), return_std=True)
        energy = per_atom([replace(system, energy=found.energy[0])])
        report("mean energy", energy, mean[:1], 1e-9, record_property)
        report("mean forces", found.forces.ravel(), mean[1 : 1 + 3 * n], 1e-9, record_property)
        report("mean virial", found.virial[0][VOIGT] / n, mean[1 + 3 * n :], 1e-9, record_property)
        report("variance", energy_variance(potential, system)[0] / n**2, deviation[0] ** 2, 1e-9, record_property)


def test_few_points_are_the_training_conditional_with_whole_matrices(record_property):
    """With Q = K_NM K_MM⁻¹ K_MN in place of K, except for k_EE in the variance; the QR goes block by block."""
    elements = SPREAD.elements
    training = [labelled(skewed(elements, 6 + k % 3, seed=k), k) for k in range(20)]
    test = labelled(skewed(elements, seed=90), 90)
    potential, evidence = fit_kernels(
        training, SPREAD, REFERENCES, points=6, zeta=2, signal=1.3, energy_noise=E_NOISE, force_noise=F_NOISE,
        virial_noise=W_NOISE,
    )  # fmt: skip
    points = [potential.networks[e].weights[0].detach().numpy() for e in elements]
    squares = [(p[:, :, None] * p[:, None]).reshape(len(p), -1) for p in points]
    assert [len(p) for p in points] == [6, 6]
    sparse = block_diag(*squares)
    own = rows_of(SPREAD, test)
    y, sigma = labels_of(training)
    rows = np.concatenate([rows_of(SPREAD, s) for s in training])
    k_mm, k_nm, k_em = 1.69 * sparse @ sparse.T, 1.69 * rows @ sparse.T, 1.69 * own @ sparse.T
    q = k_nm @ np.linalg.solve(k_mm, k_nm.T) + np.diag(sigma**2)
    cross = k_em @ np.linalg.solve(k_mm, k_nm.T)
    n, found = len(test), potential.predict(test)
    mean, variance = cross @ np.linalg.solve(q, y), 1.69 * (own[0] @ own[0]) - cross[0] @ np.linalg.solve(q, cross[0])
    report("log likelihood", evidence, multivariate_normal(None, q).logpdf(y), 1e-9, record_property)
    report("mean energy", per_atom([replace(test, energy=found.energy[0])]), mean[:1], 1e-9, record_property)
    report("mean forces", found.forces.ravel(), mean[1 : 1 + 3 * n], 1e-9, record_property)
    report("variance", energy_variance(potential, test)[0] / n**2, variance, 1e-9, record_property)


@pytest.fixture(scope="module")
def taught():
    """A kernel potential that has learnt a smooth teacher from rattled diamond, and its teacher."""
    teacher = make_kernels(SILICON, 2.0)
    teacher.networks["Si"].weights[1].data *= 20
    training = [diamond(noise=0.15, seed=k) for k in range(12)]
    said = [teacher.predict(s) for s in training]
    training = [
        changed(s, energy=p.energy[0], forces=p.forces, stress=p.stress[0]) for s, p in zip(training, said, strict=True)
    ]
    options = {"points": 60, "zeta": 2, "energy_noise": 1e-5, "force_noise": 1e-4, "virial_noise": 1e-4}
    return teacher, fit_kernels(training, SILICON, reference_energies(training), **options)[0]


def test_a_teacher_is_learnt(taught):
    teacher, potential = taught
    test = [diamond(noise=0.15, seed=k) for k in (100, 101)]
    expected, found = teacher.predict(test), potential.predict(test)
    assert np.abs(expected.forces).max() > 0.5
    np.testing.assert_allclose(found.forces, expected.forces, rtol=0, atol=0.02 * np.abs(expected.forces).max())
    np.testing.assert_allclose(found.energy, expected.energy, rtol=0, atol=0.02)
    # what it has never seen it says it does not know
    known, unknown = energy_variance(potential, [diamond(noise=0.15, seed=100), skewed(n_atoms=8)])
    assert 0 <= known < 0.01 * unknown


def test_calculator_and_dynamics(taught):
    _, potential = taught
    system = diamond(noise=0.05, seed=7)
    atoms = system.to_ase()
    atoms.calc = ase_calculator(potential)
    prediction = potential.predict(system)
    assert atoms.get_potential_energy() == prediction.energy[0]
    np.testing.assert_array_equal(atoms.get_forces(), prediction.forces)
    table = MolecularDynamics(system, potential, timestep=0.5, temperature=300.0, seed=1).run(100, progress=False)
    total, kinetic = (np.array([row[name] for row in table]) for name in ("total_energy", "kinetic_energy"))
    assert np.ptp(kinetic) > 0.05
    assert np.ptp(total) < 0.002 * np.ptp(kinetic)


def test_saved_with_its_variance(taught, tmp_path):
    _, potential = taught
    potential.save(tmp_path / "kernels.safetensors")
    again, system = load_potential(tmp_path / "kernels.safetensors"), skewed()
    np.testing.assert_array_equal(again.predict(system).forces, potential.predict(system).forces)
    assert energy_variance(again, system) == pytest.approx(
        energy_variance(potential, system), abs=1e-9
    )  # of k_EE = 6400 eV²
    with pytest.raises(MlipEduError, match=r"RANN fingerprints only.*safetensors"):
        potential.save(tmp_path / "kernels.rann")


def test_farthest_points_spread_out():
    angles = torch.tensor([0.0, 0.01, 0.02, 3.0, 1.5, 1.51, 1.5], dtype=torch.float64)
    rows = torch.stack([angles.cos(), angles.sin()], dim=1)
    assert farthest_points(rows, 3).tolist() == [0, 3, 4]
    assert len(farthest_points(rows, 100)) == 6  # one stands there twice


def test_labels_left_out_do_not_count():
    """Without forces, with infinite noise and with weight 0 it is the same potential."""
    training = [labelled(skewed(seed=k), k) for k in range(4)]
    bare = [changed(s, forces=None, stress=None) for s in training]
    weightless = [changed(s, force_weight=0.0, stress=None) for s in training]
    options = {"points": 10, "zeta": 2, "force_noise": F_NOISE, "virial_noise": W_NOISE}
    fits = [fit_kernels(systems, SILICON, REFERENCES, **options) for systems in (bare, weightless)]
    nothing = dict.fromkeys(("force_noise", "virial_noise"), math.inf)
    fits.append(fit_kernels(training, SILICON, REFERENCES, **(options | nothing)))
    energies = [p.predict(skewed(seed=9)).energy[0] for p, _ in fits]
    assert energies == pytest.approx([energies[0]] * 3, rel=1e-12)
    assert [e for _, e in fits] == pytest.approx([fits[0][1]] * 3, rel=1e-12)


def test_others_have_no_variance():
    with pytest.raises(MlipEduError, match="only a potential of kernels"):
        energy_variance(make_potential(SPREAD, "tanh"), skewed(SPREAD.elements))
    with pytest.raises(MlipEduError, match=r"in float64; found torch\.float32"):
        energy_variance(make_kernels(SILICON, 2.0).float(), skewed())


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"points": 0}, TrainingError, "points 0"),
        ({"points": 2.5}, TrainingError, r"points 2\.5"),
        ({"zeta": 0.5}, TrainingError, r"zeta 0\.5"),
        ({"signal": math.nan}, TrainingError, "signal nan"),
        ({"signal": math.inf}, TrainingError, "signal inf"),
        ({"force_noise": 0.0}, TrainingError, "positive signal and noise"),
        ({"force_noise": math.nan}, TrainingError, "positive signal and noise"),
        ({"virial_noise": math.nan}, TrainingError, "positive signal and noise"),
        ({"systems": []}, TrainingError, "no atom of Si"),
        ({"systems": [skewed()]}, TrainingError, "no system has an energy"),
        ({"references": {}}, TrainingError, "reference energy of Si"),
        ({"fingerprint": AcsfFingerprint(["Si"], 4.0)}, MlipEduError, "centre=True"),
        ({"systems": [labelled(skewed(("Si", "Ge")), 0)]}, MlipEduError, "cannot describe Ge"),
    ],
)
def test_refusals(changes, error, message):
    arguments = {"systems": [labelled(skewed(), 0)], "fingerprint": SILICON, "references": REFERENCES, "points": 5}
    with pytest.raises(error, match=message):
        fit_kernels(**(arguments | changes))
