"""Message passing: how far it reaches, what its training computes, and that it is used like every other potential."""

import dataclasses
import os
import signal

import numpy as np
import pytest
import small_job
import torch
from ase.calculators.fd import calculate_numerical_forces, calculate_numerical_stress
from ase.stress import full_3x3_to_voigt_6_stress
from battery import make_potential
from structures import changed, diamond, lone_atom, skewed, slab

from mlip_edu import AtomicSystem, Batch, FormatError, MlipEduError, TrainingError, fit_linear, load_potential, train
from mlip_edu.learning import LossWeights, loop
from mlip_edu.learning.objective import loss
from mlip_edu.learning.preparation import new_potential
from mlip_edu.learning.stored import evaluate, predicted_bytes, store
from mlip_edu.models import Allegro, MessagePassing, NequIP
from mlip_edu.models.message_passing import LearnedPotential, pieces
from mlip_edu.simulation import MolecularDynamics, ase_calculator
from mlip_edu.simulation.skin import FeatureRange

KINDS = [MessagePassing, NequIP, Allegro]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
CUTOFF = 3.4


def small(kind, elements=("Ge", "Si"), cutoff=3.8, seed=1, **options):
    sizes = {"width": 4, "layers": 2, "n_basis": 4, "hidden": 5, "n_neighbours": 10.0}
    return kind(elements, cutoff, **(sizes | options), generator=torch.Generator().manual_seed(seed))


def features(fingerprint, system):
    return fingerprint(Batch.from_systems([system], fingerprint.cutoff).edges()).detach().numpy()


# ------------------------------------------------------------------------------------------------- the reach


def chain(n_atoms, last="Si"):
    """Atoms in a row, each within the cutoff of the next and of no other; the last one may be germanium."""
    positions = [[0.0, 0.0, 2.3 * n] for n in range(n_atoms)]
    return AtomicSystem(positions, np.zeros((3, 3)), ["Si"] * (n_atoms - 1) + [last], False)


def k_chain(k, side):
    """k atoms in a row and one more at each end, bent to the same side (1) or to opposite sides (−1)."""
    row = [[0.0, 0.0, 2.3 * n] for n in range(k)]
    ends = [1.4, 0.0, -1.9], [1.4 * side, 0.0, 2.3 * (k - 1) + 1.9]
    return AtomicSystem([ends[0], *row, ends[1]], np.zeros((3, 3)), ["Si"] * (k + 2), False)


def difference(fingerprint, one, other):
    """The largest difference of the features summed over the atoms, relative to the largest of them."""
    first, second = (features(fingerprint, system).sum(0) for system in (one, other))
    return np.abs(first - second).max() / np.abs(first).max()


@pytest.mark.parametrize("kind", [MessagePassing, NequIP], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("layers", [1, 2, 3, 4])
def test_the_reach_is_layers_times_cutoff(kind, layers):
    """The first atom of a chain knows the element of the atom that is ``layers`` steps away, and of none beyond."""
    fingerprint = small(kind, cutoff=CUTOFF, layers=layers)
    assert fingerprint.reach == layers * CUTOFF
    for steps in range(1, 6):
        silicon, germanium = (features(fingerprint, chain(steps + 1, last))[0] for last in ("Si", "Ge"))
        change = np.abs(silicon - germanium).max()
        print(f"{layers} layers, {steps} steps away: features of atom 0 change by {change:.1e}")
        assert change > 1e-12 if steps <= layers else change == 0.0


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_forces_reach_twice_as_far(layers):
    """Atom 0 pulls at atom n through an atom between them whose energy both change: up to 2 × layers steps."""
    potential = make_potential(small(MessagePassing, cutoff=CUTOFF, layers=layers), "tanh")
    for steps in range(1, 2 * layers + 3):
        silicon, germanium = (potential.predict(chain(steps + 1, last)).forces[0] for last in ("Si", "Ge"))
        assert (np.abs(silicon - germanium).max() > 1e-9) == (steps <= 2 * layers)


@pytest.mark.parametrize("k", [2, 3, 4])
def test_k_chains(k):
    """Two chains that differ in the bend of their ends alone (Joshi et al., arXiv 2301.09308).

    Every atom has the same neighbours at the same distances in both: no number of invariant layers tells them apart,
    and no strictly local model either. NequIP carries the bend of one end along the chain, and can compare it with the
    other end's at its far side: k + 1 layers (half of that is the least for models that multiply features with
    features; NequIP multiplies them with harmonics only).
    """
    same, opposite = k_chain(k, 1), k_chain(k, -1)
    for layers in range(1, k + 3):
        options = {"elements": ["Si"], "cutoff": CUTOFF, "layers": layers, "n_neighbours": 2.0}
        for kind in (MessagePassing, Allegro):
            assert difference(small(kind, **options), same, opposite) < 1e-13
        found = difference(small(NequIP, **options), same, opposite)
        print(f"k = {k}, {layers} layers: NequIP's features differ by {found:.1e}")
        assert found > 1e-9 if layers > k else found < 1e-13


# ------------------------------------------------------------------------------------- forces and the trainer


@every_kind
@pytest.mark.parametrize("box", [skewed, slab])
def test_forces_and_stress_by_finite_differences_of_ase(kind, box):
    atoms = box(("Ge", "Si")).to_ase()
    atoms.calc = ase_calculator(make_potential(small(kind), "tanh"))
    forces = atoms.get_forces()
    error = np.abs(forces - calculate_numerical_forces(atoms, eps=1e-4)).max() / np.abs(forces).max()
    print(f"{kind.__name__}: forces by finite differences to {error:.1e}")
    assert error < 1e-6
    if atoms.pbc.all():
        stress = full_3x3_to_voigt_6_stress(calculate_numerical_stress(atoms, eps=1e-5, voigt=False))
        np.testing.assert_allclose(atoms.get_stress(), stress, rtol=0, atol=1e-6 * np.abs(stress).max())


@every_kind
def test_the_training_sees_the_forces_of_the_potential(kind):
    systems = [dataclasses.replace(s, species=np.resize(["Si", "Ge"], len(s))) for s in small_job.systems(6)]
    systems.append(dataclasses.replace(lone_atom("Si"), energy=-1.0, forces=np.zeros((1, 3))))
    potential = new_potential(systems, small(kind), (5,), "tanh", torch.Generator().manual_seed(3))
    batch = store(systems, potential.fingerprint, potential.networks, torch.float64, virials=True)
    assert batch.derivatives.nbytes == predicted_bytes(systems, potential.fingerprint, torch.float64) == 0
    energy, forces, virial = (x.detach().numpy() for x in evaluate(potential.networks, batch))
    prediction = potential.predict(systems)
    sizes = np.array([len(s) for s in systems])
    reference = np.array([sum(potential.networks[e].reference_energy for e in s.species) for s in systems])
    np.testing.assert_allclose(energy, (prediction.energy - reference) / sizes, rtol=0, atol=1e-12)
    np.testing.assert_allclose(forces, prediction.forces, rtol=0, atol=1e-12)
    voigt = prediction.virial[:, [0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
    np.testing.assert_allclose(virial, voigt / sizes[:, None], rtol=0, atol=1e-12)
    np.testing.assert_array_equal(batch.forces, np.concatenate([s.forces for s in systems]))


@every_kind
def test_the_slope_of_the_loss_in_every_weight(kind):
    """Forces in the loss: the second derivatives are right, for the learned fingerprint and for the networks."""
    systems = small_job.systems(4)
    potential = new_potential(systems, small(kind, ["Si"]), (3,), "tanh", torch.Generator().manual_seed(3))
    batch = store(systems, potential.fingerprint, potential.networks, torch.float64, virials=True)
    parameters = dict(potential.networks.named_parameters())
    assert any(name.startswith("fingerprint.") for name in parameters)
    generator = torch.Generator().manual_seed(5)
    direction = [0.1 * torch.randn(p.shape, dtype=p.dtype, generator=generator) for p in parameters.values()]

    def value(step):
        with torch.no_grad():
            for parameter, along in zip(parameters.values(), direction, strict=True):
                parameter.add_(along, alpha=step)
        return loss(potential.networks, batch, LossWeights(), torch.tensor([4.0, 20.0, 24.0]))

    slopes = torch.autograd.grad(value(0.0), list(parameters.values()), materialize_grads=True)
    expected = sum(float((g * d).sum()) for g, d in zip(slopes, direction, strict=True))
    h = 1e-5
    above, below = float(value(h).detach()), float(value(-2 * h).detach())
    assert (above - below) / (2 * h) == pytest.approx(expected, rel=1e-6)


@every_kind
def test_a_training(kind):
    """It learns, it leaves the fingerprint it was given alone, and the seed decides it all."""
    systems, fingerprint = small_job.systems(16), small(kind, ["Si"], 4.0)
    before = [p.detach().clone() for p in fingerprint.parameters()]
    options = {"hidden": (6,), "activation": "silu", "epochs": 8, "dtype": torch.float64, "progress": False}
    first, second = (train(systems, fingerprint, seed=2, batch_atoms=8, **options) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(before, fingerprint.parameters(), strict=True))
    assert isinstance(first.potential, LearnedPotential)
    losses = [row["training_loss"] for row in first.history]
    print(f"{kind.__name__}: training loss {losses[0]:.3f} → {losses[-1]:.3f} in {len(losses)} epochs")
    assert losses[-1] < 0.7 * losses[0]
    assert losses == [row["training_loss"] for row in second.history]
    moved = [p for p in first.potential.fingerprint.parameters()]
    assert all(p.dtype == torch.float64 for p in moved)
    assert not any(torch.equal(a, b) for a, b in zip(before, moved, strict=True))


def test_a_checkpoint_goes_on(tmp_path, monkeypatch):
    """Interrupted and begun again: the same weights as in one go, the learned fingerprint's among them."""
    systems, fingerprint = small_job.systems(12), small(NequIP, ["Si"], 4.0)
    options = {"epochs": 6, "optimiser": "adam", "dtype": torch.float64, "progress": False, "batch_atoms": 8}
    whole = train(systems, fingerprint, **options)

    def interrupt(self, row, examine=loop.Run.examine):
        if row["epoch"] == 3:
            os.kill(os.getpid(), signal.SIGINT)
        examine(self, row)

    with monkeypatch.context() as patch:
        patch.setattr(loop.Run, "examine", interrupt)
        stopped = train(systems, fingerprint, **options, checkpoint=tmp_path / "run.safetensors")
    assert stopped.ended == "interrupted"
    resumed = train(systems, fingerprint, **options, checkpoint=tmp_path / "run.safetensors")
    assert (resumed.ended, len(resumed.history)) == ("complete", 6)
    for a, b in zip(whole.potential.parameters(), resumed.potential.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)
    with pytest.raises(TrainingError, match="belongs to another training: fingerprint"):
        train(systems, small(NequIP, ["Si"], 4.1), **options, checkpoint=tmp_path / "run.safetensors")


def test_what_needs_fixed_features_is_refused():
    systems, fingerprint = small_job.systems(6), small(MessagePassing, ["Si"])
    with pytest.raises(TrainingError, match="a fingerprint that is learned trains with 'rotated-adam' or 'adam'"):
        train(systems, fingerprint, optimiser="levenberg-marquardt", progress=False, validation=0)
    with pytest.raises(TrainingError, match="a fingerprint that is learned"):
        fit_linear(systems, fingerprint, progress=False, validation=0)


# --------------------------------------------------------------------------------- used like every potential


@every_kind
def test_molecular_dynamics_keeps_its_energy(kind):
    potential = make_potential(small(kind), "tanh")
    run = MolecularDynamics(diamond(("Ge", "Si"), noise=0.02), potential, temperature=300.0, timestep=0.5, seed=3)
    table = run.run(40, every=10, progress=False)
    total = np.array([row["total_energy"] for row in table])
    kinetic = np.array([row["kinetic_energy"] for row in table])
    assert np.ptp(kinetic) > 1e-3
    assert np.ptp(total) < 0.02 * np.ptp(kinetic)


@every_kind
def test_pieces_are_the_whole(kind):
    """More atoms than one piece holds: systems stay whole where messages pass, and the answer is that of each alone."""
    fingerprint = small(kind)
    systems = [skewed(("Ge", "Si"), n_atoms=4 + n % 3, seed=n) for n in range(70)] + [lone_atom("Ge")]
    edges = Batch.from_systems(systems, fingerprint.cutoff).edges()
    found = list(pieces(fingerprint, edges))
    assert len(found) > 1
    assert [atoms.start for atoms, _, _ in found[1:]] == [atoms.stop for atoms, _, _ in found[:-1]]
    assert found[-1][0].stop == edges.n_atoms
    assert found[-1][1].stop == len(edges.centre)
    if not fingerprint.local:
        assert all((piece.neighbour < piece.n_atoms).all() and (piece.neighbour >= 0).all() for _, _, piece in found)
    potential = make_potential(fingerprint, "tanh")
    together = potential.predict(systems)
    for k in (0, 33, 69, 70):
        alone = potential.predict(systems[k])
        assert together.energy[k] == pytest.approx(alone.energy[0], abs=1e-12)
        start = sum(map(len, systems[:k]))
        np.testing.assert_allclose(together.forces[start : start + len(systems[k])], alone.forces, rtol=0, atol=1e-12)


def test_a_piece_of_a_system_is_refused():
    edges = Batch.from_systems([skewed(("Ge", "Si"))], 3.8).edges()
    (_, _, half), *_ = edges.chunks(3)
    for kind in (MessagePassing, NequIP):
        with pytest.raises(MlipEduError, match="expected all edges of a system, found a piece of it"):
            small(kind)(half)
    torch.testing.assert_close(small(Allegro)(half), small(Allegro)(edges)[:3], rtol=0, atol=1e-14)


@every_kind
def test_saved_and_loaded(kind, tmp_path):
    potential = make_potential(small(kind), "tanh")
    potential.save(tmp_path / "learned.safetensors")
    again = load_potential(tmp_path / "learned.safetensors")
    assert type(again) is LearnedPotential
    assert again.fingerprint.to_dict() == potential.fingerprint.to_dict()
    for name in ("energy", "forces", "virial"):
        found, expected = (getattr(p.predict(skewed(("Ge", "Si"))), name) for p in (again, potential))
        np.testing.assert_array_equal(found, expected)
    with pytest.raises(MlipEduError, match="holds RANN fingerprints only; this potential has " + kind.__name__):
        potential.save(tmp_path / "learned.rann")
    potential.fingerprint.options["width"] = 7  # a description that the weights do not fit
    potential.save(tmp_path / "learned.safetensors")
    with pytest.raises(FormatError, match="a potential written by mlip_edu"):
        load_potential(tmp_path / "learned.safetensors")
    next(potential.fingerprint.parameters()).data.fill_(torch.nan)
    with pytest.raises(FormatError, match="finite weights"):
        potential.save(tmp_path / "learned.safetensors")


@every_kind
def test_bad_input(kind):
    for options, message in (
        ({"elements": ["Si", "Si"]}, "different elements"),
        ({"elements": []}, "different elements"),
        ({"elements": ["Xx"]}, "chemical symbols"),
        ({"cutoff": 0.0}, "cutoff of 0 to 100"),
        ({"cutoff": float("nan")}, "cutoff of 0 to 100"),
        ({"width": 0}, "whole numbers from 1"),
        ({"layers": 2.5}, "whole numbers from 1"),
        ({"hidden": 10**9}, "whole numbers from 1"),
        ({"n_neighbours": 0.0}, "n_neighbours > 0"),
    ):
        with pytest.raises(MlipEduError, match=message):
            small(kind, **options)
    potential = make_potential(small(kind, ["Si"]), "tanh")
    with pytest.raises(MlipEduError, match="knows Si and cannot describe Ge"):
        potential.predict(skewed(("Si", "Ge")))
    twins = changed(lone_atom("Si"), positions=np.zeros((2, 3)), species=["Si", "Si"])
    with pytest.raises(MlipEduError, match="system 1 has no finite energy: look for two atoms at the same place"):
        potential.predict([diamond(), twins])


def test_an_atom_out_of_the_ordinary_is_noticed():
    """The guard of molecular dynamics, on learned features."""
    potential = make_potential(small(MessagePassing, ["Si"]), "tanh")
    usual = [diamond(noise=0.05, seed=n) for n in range(20)]
    known = FeatureRange(potential, usual)
    assert not known.outside(usual[3]).any()
    assert known.outside(diamond(noise=0.5)).any()
