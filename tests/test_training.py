"""Training: the stored products are the potential, nothing is lost, nothing leaks."""

import dataclasses
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import small_job
import torch

from mlip_edu import AtomicSystem, LossWeights, RannFingerprint, train
from mlip_edu.errors import FormatError, MlipEduError, TrainingError
from mlip_edu.learning import loop
from mlip_edu.learning.preparation import BatchSource, new_potential
from mlip_edu.learning.stored import evaluate, predicted_bytes, store

QUICK = {"hidden": (6,), "progress": False, "device": "cpu"}


@pytest.fixture(autouse=True)
def _one_thread():
    """Sums in one fixed order, so that equal means torch.equal."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def weights_of(result):
    return [p.detach().clone() for p in result.potential.networks.parameters()]


def same_weights(first, second):
    return all(torch.equal(a, b) for a, b in zip(weights_of(first), weights_of(second), strict=True))


def two_elements():
    """Silicon cells in which every other atom is called germanium."""
    return [
        dataclasses.replace(s, species=np.resize(["Si", "Ge"], len(s))) if len(s) > 1 else s
        for s in small_job.systems()
    ]


@pytest.mark.parametrize("elements", [("Si",), ("Ge", "Si")])
def test_stored_products_equal_the_potential(elements):
    systems = small_job.systems(12) if len(elements) == 1 else two_elements()[:12]
    generator = torch.Generator().manual_seed(3)
    potential = new_potential(systems, small_job.fingerprint(elements), (5, 4), "tanh", generator)
    batch = store(systems, potential.fingerprint, potential.networks, torch.float64, virials=True)
    energy, forces, virial = evaluate(potential.networks, batch)
    prediction = potential.predict(systems)
    sizes = np.array([len(s) for s in systems])
    reference = np.array([sum(potential.networks[e].reference_energy for e in s.species) for s in systems])
    np.testing.assert_allclose(energy.detach(), (prediction.energy - reference) / sizes, atol=1e-12)
    np.testing.assert_allclose(forces.detach(), prediction.forces, atol=1e-11)
    voigt = prediction.virial[:, [0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
    np.testing.assert_allclose(virial.detach(), voigt / sizes[:, None], atol=1e-11)
    targets = np.concatenate([s.forces for s in systems])
    np.testing.assert_array_equal(batch.forces, targets)


def test_predicted_bytes_are_the_bytes():
    systems = small_job.systems(30, largest=16)
    assert len({len(s) for s in systems}) > 1
    potential = new_potential(systems, small_job.fingerprint(), (), "linear", torch.Generator())
    batch = store(systems, potential.fingerprint, potential.networks, torch.float32, virials=True)
    assert predicted_bytes(systems, potential.fingerprint, torch.float32) == batch.derivatives.nbytes


def test_recomputing_above_max_memory_changes_nothing():
    systems = small_job.systems(20)
    stored = train(systems, small_job.fingerprint(), epochs=3, **QUICK)
    with pytest.warns(UserWarning, match="max_memory"):
        recomputed = train(systems, small_job.fingerprint(), epochs=3, max_memory=1000, **QUICK)
    assert same_weights(stored, recomputed)


def test_recomputing_keeps_within_the_limit():
    systems = small_job.systems(30, largest=16)
    potential = new_potential(systems, small_job.fingerprint(), (), "linear", torch.Generator())
    everything = BatchSource(systems, potential, 10, True, 10**9)
    half = BatchSource(systems, potential, 10, True, everything.needed // 2)
    held = sum(batch.derivatives.nbytes for batch in half.stored.values())
    assert 0 < len(half.stored) < len(half.groups)
    assert held <= half.held <= everything.needed // 2


def test_loss_falls_and_a_complete_training_gives_its_last_weights():
    options = QUICK | {"epochs": 60, "learning_rate": 0.03, "validation": 0.3}
    result = train(small_job.systems(), small_job.fingerprint(), **options)
    losses = [row["loss"] for row in result.history]
    assert losses[-1] < 0.2 * losses[0]
    assert result.ended == "complete"
    assert result.report["validation"]["all"]["forces_mae"] == pytest.approx(result.history[-1]["forces"], rel=1e-3)


def test_early_stop_gives_the_best_weights():
    options = QUICK | {"epochs": 3000, "patience": 30, "learning_rate": 0.1, "validation": 0.3}
    result = train(small_job.systems(), small_job.fingerprint(), **options)
    assert result.ended == "stopped early"
    best = min(result.history, key=lambda row: row["loss"])
    assert best["epoch"] < result.history[-1]["epoch"] - 30
    assert result.report["validation"]["all"]["forces_mae"] == pytest.approx(best["forces"], rel=1e-3)


def test_same_seed_same_weights_and_another_seed_others():
    first, again, other = (
        train(small_job.systems(15), small_job.fingerprint(), epochs=2, seed=seed, **QUICK) for seed in (1, 1, 2)
    )
    assert same_weights(first, again)
    assert not same_weights(first, other)


def test_training_does_not_touch_the_global_generator():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    train(small_job.systems(15), small_job.fingerprint(), epochs=1, **QUICK)
    assert torch.equal(torch.rand(3), expected)


def test_standardisation_sees_the_training_part_alone():
    systems = small_job.systems(30)
    parts = [0] * 20 + [1] * 10
    tagged = [dataclasses.replace(s, info=dict(s.info) | {"part": p}) for s, p in zip(systems, parts, strict=True)]
    stretched = [
        dataclasses.replace(s, positions=1.1 * s.positions, cell=1.1 * s.cell) if s.info["part"] == 1 else s
        for s in tagged
    ]
    one, two = (train(s, small_job.fingerprint(), epochs=1, **QUICK) for s in (tagged, stretched))
    first, second = one.potential.networks["Si"], two.potential.networks["Si"]
    assert torch.equal(first.mean, second.mean)
    assert torch.equal(first.scale, second.scale)
    assert first.reference_energy == second.reference_energy


def test_weights_of_the_dumps_count():
    """A wrong energy with weight zero does no harm, and the same one with weight one does."""
    systems = small_job.systems(20)
    wrong = dataclasses.replace(systems[0], energy=systems[0].energy + 100.0)
    parts = [dataclasses.replace(s, info={"part": 0}) for s in [wrong, *systems[1:]]]
    ignored = [dataclasses.replace(parts[0], energy_weight=0.0), *parts[1:]]
    only_energy = LossWeights(energy=1.0, forces=0.0, virial=0.0)
    options = QUICK | {"epochs": 40, "weights": only_energy, "optimiser": "levenberg-marquardt"}
    errors = []
    for job in (parts, ignored):
        result = train(job, small_job.fingerprint(), **options)
        errors.append(np.abs(result.potential.predict(systems[1:]).energy - [s.energy for s in systems[1:]]).mean())
    assert errors[1] < 0.2
    assert errors[1] < 0.3 * errors[0]


def test_missing_forces_are_not_zero_forces():
    systems = [dataclasses.replace(s, forces=None, stress=None) for s in small_job.systems(12)]
    with pytest.warns(UserWarning, match="no forces"):
        result = train(systems, small_job.fingerprint(), epochs=2, **QUICK)
    assert "forces_mae" not in result.report["train"]["all"]


def test_stresses_help_the_stress():
    systems = small_job.systems(60)
    fingerprint = RannFingerprint.default(["Si"])
    off, on = (
        train(systems, fingerprint, epochs=30, batch_atoms=24, weights=LossWeights(virial=w), **QUICK)
        for w in (0.0, 5.0)
    )
    assert on.report["train"]["all"]["stress_mae"] < 0.8 * off.report["train"]["all"]["stress_mae"]


# --- nothing lost ------------------------------------------------------------------------------------------

CHILD = """
import sys
import torch
torch.set_num_threads(1)
import small_job
from mlip_edu import train
from mlip_edu.learning import loop
loop.CHECKPOINT_EVERY = 0.0
print("ready", flush=True)
train(small_job.systems(30), small_job.fingerprint(), epochs=200, hidden=(6,), progress=False, device="cpu",
      optimiser=sys.argv[2], checkpoint=sys.argv[1])
"""
KILLS = int(os.environ.get("MLIP_EDU_KILLS", "3"))


@pytest.mark.slow
@pytest.mark.parametrize("optimiser", ["adam", "rotated-adam", "levenberg-marquardt"])
def test_killed_training_goes_on_to_equal_weights(tmp_path, optimiser):
    options = QUICK | {"epochs": 200, "optimiser": optimiser}
    whole = train(small_job.systems(30), small_job.fingerprint(), **options)
    checkpoint = tmp_path / "checkpoint.safetensors"
    environment = dict(os.environ, PYTHONPATH=str(Path(__file__).parent))
    moments, seen = random.Random(1), []
    for _ in range(KILLS):
        command = [sys.executable, "-c", CHILD, str(checkpoint), optimiser]
        child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        assert child.stdout.readline() == "ready\n"
        before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
        deadline = time.monotonic() + 60
        # until it goes on, or has ended because nothing was left to do
        while child.poll() is None and (not checkpoint.exists() or checkpoint.stat().st_mtime_ns == before):
            assert time.monotonic() < deadline
            time.sleep(0.002)
        time.sleep(moments.uniform(0.0, 0.1))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        seen.append(json.loads(loop_state(checkpoint))["run"]["epoch"])
    resumed = train(small_job.systems(30), small_job.fingerprint(), checkpoint=checkpoint, **options)
    assert same_weights(whole, resumed)
    assert [row["epoch"] for row in resumed.history] == [row["epoch"] for row in whole.history]
    assert seen == sorted(seen)
    assert any(0 < epoch < 200 for epoch in seen), seen  # a kill that came after the end would prove nothing


def loop_state(checkpoint):
    from safetensors import safe_open

    with safe_open(checkpoint, framework="pt") as file:
        return file.metadata()["state"]


def test_interrupt_ends_the_epoch_saves_and_can_go_on(tmp_path, monkeypatch):
    options = QUICK | {"epochs": 200, "checkpoint": tmp_path / "c.safetensors"}
    systems = small_job.systems(30)
    once = iter([True])

    def interrupt(self, row, examine=loop.Run.examine):
        if row["epoch"] > 20 and next(once, False):
            os.kill(os.getpid(), signal.SIGINT)
        examine(self, row)

    monkeypatch.setattr(loop.Run, "examine", interrupt)
    stopped = train(systems, small_job.fingerprint(), **options)
    assert stopped.ended == "interrupted"
    assert 20 < stopped.history[-1]["epoch"] < 30
    resumed = train(systems, small_job.fingerprint(), **options)
    whole = train(systems, small_job.fingerprint(), **(options | {"checkpoint": None}))
    assert resumed.ended == "complete"
    assert same_weights(resumed, whole)


def test_interrupt_handler_is_put_back_and_threads_work():
    before = signal.getsignal(signal.SIGINT)
    results = []
    job = threading.Thread(
        target=lambda: results.append(train(small_job.systems(12), small_job.fingerprint(), epochs=1, **QUICK))
    )
    job.start()
    job.join()
    assert results[0].ended == "complete"
    assert signal.getsignal(signal.SIGINT) is before


def test_finished_checkpoint_answers_at_once(tmp_path):
    options = QUICK | {"epochs": 5, "checkpoint": tmp_path / "c.safetensors"}
    first = train(small_job.systems(20), small_job.fingerprint(), **options)
    again = train(small_job.systems(20), small_job.fingerprint(), **options)
    assert same_weights(first, again)
    assert again.seconds == first.seconds


def test_checkpoint_of_another_training_is_refused(tmp_path):
    checkpoint = tmp_path / "c.safetensors"
    train(small_job.systems(20), small_job.fingerprint(), epochs=2, checkpoint=checkpoint, **QUICK)
    with pytest.raises(TrainingError, match="learning_rate differ"):
        train(
            small_job.systems(20), small_job.fingerprint(), epochs=2, checkpoint=checkpoint, learning_rate=1e-4, **QUICK
        )
    with pytest.raises(TrainingError, match="data"):
        train(small_job.systems(19), small_job.fingerprint(), epochs=2, checkpoint=checkpoint, **QUICK)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", bytes(range(256)) * 4])
def test_damaged_checkpoint_is_named(tmp_path, content):
    checkpoint = tmp_path / "c.safetensors"
    checkpoint.write_bytes(content)
    with pytest.raises(FormatError, match="checkpoint"):
        train(small_job.systems(20), small_job.fingerprint(), epochs=2, checkpoint=checkpoint, **QUICK)
    assert checkpoint.read_bytes() == content


def test_nan_loss_stops_and_leaves_the_checkpoint(tmp_path):
    checkpoint = tmp_path / "c.safetensors"
    with pytest.raises(TrainingError, match="learning_rate"):
        train(
            small_job.systems(20),
            small_job.fingerprint(),
            epochs=50,
            learning_rate=1e12,
            checkpoint=checkpoint,
            **QUICK,
        )
    assert not checkpoint.exists()


def test_seconds_decide_the_number_of_epochs():
    start = time.perf_counter()
    result = train(small_job.systems(20), small_job.fingerprint(), seconds=1.5, **QUICK)
    assert result.history[-1]["epoch"] > 10
    assert time.perf_counter() - start < 15


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"optimiser": "sgd"}, "unknown optimiser"),
        ({"epochs": 2, "seconds": 2}, "not both"),
        ({"epochs": 0}, "positive"),
        ({"hidden": (0,)}, "positive sizes"),
        ({"activation": "relu"}, "activations"),
        ({"validation": 1.0}, "fractions"),
        ({"groups": [1, 2]}, "one group"),
        ({"optimiser": "levenberg-marquardt", "hidden": (60, 60)}, "adam"),
    ],
)
def test_unusable_options_are_named(options, message):
    with pytest.raises(MlipEduError, match=message):
        train(small_job.systems(12), small_job.fingerprint(), **(QUICK | options))


def test_nothing_to_learn_from():
    system = AtomicSystem([[0, 0, 0]], 3 * np.eye(3), ["Si"])
    with pytest.raises(TrainingError, match="energy"):
        train([system], small_job.fingerprint(), **QUICK)


def test_unknown_element_is_named():
    systems = [dataclasses.replace(s, species=["Ge"] * len(s)) for s in small_job.systems(12)]
    with pytest.raises(MlipEduError, match="Ge"):
        train(systems, RannFingerprint.default(["Si"]), **QUICK)


def test_one_batch_never_runs_away():
    """Few batches, so that the same gradient comes again and again: no step may explode."""
    systems = [dataclasses.replace(s, forces=None) if k % 2 else s for k, s in enumerate(small_job.systems(30))]
    with pytest.warns(UserWarning, match="no forces"):
        result = train(systems, RannFingerprint.default(["Si"]), epochs=40, hidden=(20,), progress=False)
    losses = [row["training_loss"] for row in result.history]
    assert max(losses) <= 1.5 * losses[0]
    assert losses[-1] < 0.2 * losses[0]


def test_examination_counts_labels_alone_and_without_weights():
    systems = small_job.systems(24)
    parts = [0] * 12 + [1] * 12
    odd = [dataclasses.replace(s, info={"part": p}, energy_weight=1.0 + 9.0 * (k % 2), force_weight=float(k % 3))
           for k, (s, p) in enumerate(zip(systems, parts, strict=True))]  # fmt: skip
    result = train(odd, small_job.fingerprint(), epochs=2, **QUICK)
    last, report = result.history[-1], result.report["validation"]["all"]
    assert last["energy"] == pytest.approx(report["energy_mae"], rel=1e-4)
    weighted = [s for s in odd[12:] if s.force_weight]
    prediction = result.potential.predict(weighted)
    expected = np.abs(prediction.forces - np.concatenate([s.forces for s in weighted])).mean()
    assert last["forces"] == pytest.approx(expected, rel=1e-4)


def test_no_energy_in_the_training_part():
    systems = small_job.systems(20)
    odd = [dataclasses.replace(s, info={"part": k % 2}, energy=None if k % 2 == 0 else s.energy)
           for k, s in enumerate(systems)]  # fmt: skip
    with pytest.raises(TrainingError, match="that train has an energy"):
        train(odd, small_job.fingerprint(), **QUICK)


def test_all_in_one_group_says_that_nothing_validates():
    with pytest.warns(UserWarning, match="no system validates"):
        train(small_job.systems(20), small_job.fingerprint(), epochs=1, groups=[0] * 20, **QUICK)


def test_molecules_and_lone_atoms_train():
    rng = np.random.default_rng(0)
    corner = np.array([[0, 0, 0], [2.4, 0, 0], [0, 2.4, 0]])
    free = {"cell": np.zeros((3, 3)), "pbc": False}
    systems = [AtomicSystem([[0, 0, 0]], species=["Si"], energy=1.0, forces=np.zeros((1, 3)), **free)]
    for _ in range(14):
        labels = {"energy": rng.normal(), "forces": rng.normal(0, 0.1, (3, 3))}
        systems.append(AtomicSystem(corner + rng.normal(0, 0.2, (3, 3)), species=["Si"] * 3, **labels, **free))
    result = train(systems, small_job.fingerprint(), epochs=5, **QUICK)
    assert np.isfinite(result.report["train"]["all"]["forces_mae"])
