"""Levenberg–Marquardt, the linear model and the learning rate."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
import small_job
import torch

from mlip_edu import LossWeights, fit_linear, train
from mlip_edu.errors import TrainingError
from mlip_edu.learning.levenberg_marquardt import LevenbergMarquardt
from mlip_edu.learning.objective import loss
from mlip_edu.learning.optimisers import Adam, RotatedAdam
from mlip_edu.learning.preparation import BatchSource, new_potential
from mlip_edu.learning.stored import store

WEIGHTS = LossWeights(energy=7.0, forces=2.0, virial=3.0)


def job(systems, hidden=(4,), batch_atoms=12, elements=("Si",)):
    potential = new_potential(
        systems, small_job.fingerprint(elements), hidden, "tanh", torch.Generator().manual_seed(1)
    )
    return potential, BatchSource(systems, potential, batch_atoms, True, 10**9)


@pytest.mark.parametrize("elements", [("Si",), ("Ge", "Si")])
def test_jacobian_equals_autograd(elements):
    systems = [dataclasses.replace(s, species=np.resize(elements, len(s))) for s in small_job.systems(8)]
    potential, batches = job(systems, elements=elements)
    sweep = LevenbergMarquardt(potential.networks, batches, WEIGHTS)
    residuals = sweep.residuals(batches[0])
    rows = [torch.autograd.grad(r, sweep.parameters, retain_graph=True) for r in residuals]
    expected = torch.stack([torch.cat([part.flatten() for part in row]) for row in rows])
    assert expected.abs().max() > 0.01
    torch.testing.assert_close(sweep.jacobian(batches[0]), expected, rtol=1e-10, atol=1e-12)


def test_residuals_sum_to_the_loss():
    systems = small_job.systems(9)
    potential, batches = job(systems, batch_atoms=1000)
    sweep = LevenbergMarquardt(potential.networks, batches, WEIGHTS)
    with torch.no_grad():
        total = sum(float(sweep.residuals(batches[k]).square().sum()) for k in range(len(batches)))
        expected = float(loss(potential.networks, batches[0], WEIGHTS, batches.counts))
    assert total == pytest.approx(expected, rel=1e-10)


def test_blocks_of_the_jacobian_change_nothing(monkeypatch):
    systems = small_job.systems(10)
    potential, batches = job(systems)
    sweep = LevenbergMarquardt(potential.networks, batches, WEIGHTS)
    whole = sweep.jacobian(batches[0])
    monkeypatch.setattr("mlip_edu.learning.levenberg_marquardt.LARGEST_BLOCK", 1)
    torch.testing.assert_close(sweep.jacobian(batches[0]), whole)


def test_every_sweep_lowers_the_loss():
    systems = small_job.systems(25)
    potential, batches = job(systems, hidden=(6,))
    sweep = LevenbergMarquardt(potential.networks, batches, WEIGHTS)
    losses = [sweep.epoch(k) for k in range(12)]
    assert all(later <= earlier for earlier, later in pairwise(losses))
    assert losses[-1] < 0.1 * losses[0]


def test_energies_alone_take_any_size_and_both_forms_agree():
    """More weights than energies: the small form of the step equals the large one."""
    systems = [dataclasses.replace(s, forces=None, stress=None) for s in small_job.systems(12)]
    potential, batches = job(systems, hidden=(40, 40))
    sweep = LevenbergMarquardt(potential.networks, batches, WEIGHTS)
    assert sweep.wide
    assert sweep.n_weights > 12
    start = torch.cat([p.detach().flatten() for p in sweep.parameters])
    rows, jacobian = (torch.cat(parts) for parts in zip(*sweep._blocks(), strict=True))
    unit = (jacobian @ jacobian.T).diagonal().mean()
    damping = sweep.damping
    sweep.epoch(0)
    moved = torch.cat([p.detach().flatten() for p in sweep.parameters]) - start
    large = jacobian.T @ jacobian + damping * unit * torch.eye(sweep.n_weights)
    torch.testing.assert_close(moved, -torch.linalg.solve(large, jacobian.T @ rows), rtol=1e-6, atol=1e-9)


def test_more_weights_than_a_square_matrix_could_hold():
    systems = [dataclasses.replace(s, forces=None, stress=None) for s in small_job.systems(8)]
    potential, batches = job(systems, hidden=(150, 150))
    sweep = LevenbergMarquardt(potential.networks, batches, WEIGHTS)
    assert sweep.n_weights > 20_000
    losses = [sweep.epoch(k) for k in range(3)]
    assert losses[-1] < 0.1 * losses[0]


def test_too_many_weights_with_forces_points_to_adam():
    with pytest.raises(TrainingError, match="optimiser='adam'"):
        train(
            small_job.systems(12), small_job.fingerprint(), hidden=(40, 40), optimiser="levenberg-marquardt",
            progress=False,
        )  # fmt: skip


def test_linear_model_is_least_squares():
    """Against numpy.linalg.lstsq on rows built from features and their derivatives one by one."""
    systems = [dataclasses.replace(s, info={"part": 0}) for s in small_job.systems(25)]
    potential, split, report = fit_linear(
        systems, small_job.fingerprint(), ridge=1e-14, weights=LossWeights(20.0, 1.0, 0.0), progress=False
    )
    assert len(split.train) == 25
    rows, targets = [], []
    n_force_rows = sum(s.forces.size for s in systems)
    network = potential.networks["Si"]
    for system in systems:
        batch = store([system], potential.fingerprint, potential.networks, torch.float64)
        energy_row = np.append(batch.features.mean(0), 1.0) * (20.0 / len(systems)) ** 0.5
        rows.append(energy_row[None])
        targets.append([float(batch.energy[0]) * (20.0 / len(systems)) ** 0.5])
        n, width = batch.features.shape
        force_rows = np.zeros((n, 3, width + 1))
        np.subtract.at(force_rows[:, :, :width], batch.target.numpy(), batch.derivatives.reshape(-1, 3, width).numpy())
        rows.append(force_rows.reshape(-1, width + 1) / n_force_rows**0.5)
        targets.append(system.forces.ravel() / n_force_rows**0.5)
    expected = np.linalg.lstsq(np.concatenate(rows), np.concatenate(targets), rcond=None)[0]
    found = np.append(network.weights[0].detach().numpy()[0], network.biases[0].detach().numpy())
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7 * np.abs(expected).max())
    assert report["train"]["all"]["energy_mae"] < 0.5


def test_linear_potential_saves_as_rann(tmp_path):
    from mlip_edu import load_potential

    systems = small_job.systems(20)
    potential, _, _ = fit_linear(systems, small_job.fingerprint(), progress=False)
    potential.save(tmp_path / "linear.rann")
    again = load_potential(tmp_path / "linear.rann").predict(systems)
    np.testing.assert_allclose(again.forces, potential.predict(systems).forces, atol=1e-10)


def test_learning_rate_warms_up_and_falls():
    potential, batches = job(small_job.systems(5))
    adam = Adam(potential.networks, batches, WEIGHTS, 10, 0.01, torch.Generator())
    assert adam.rate(0.0) == 0.0
    assert adam.rate(0.05) == pytest.approx(0.005)
    assert adam.rate(0.1) == pytest.approx(0.01)
    assert adam.rate(0.55) == pytest.approx(0.005)
    assert adam.rate(1.0) == pytest.approx(0.0)


def test_adam_equals_torch():
    potential, batches = job(small_job.systems(20))
    twin, same_batches = job(small_job.systems(20))
    ours = Adam(potential.networks, batches, WEIGHTS, 10, 0.01, torch.Generator().manual_seed(0))
    ours.rate = lambda done: 0.003
    ours.epoch(0)
    parameters = list(twin.networks.parameters())
    theirs = torch.optim.Adam(parameters, lr=0.003, betas=Adam.BETAS, eps=Adam.SMALLEST)
    for k in torch.randperm(len(batches), generator=torch.Generator().manual_seed(0)).tolist():
        theirs.zero_grad()
        loss(twin.networks, same_batches[k], WEIGHTS, same_batches.counts / len(same_batches)).backward()
        theirs.step()
    for a, b in zip(potential.networks.parameters(), parameters, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12)


def test_rotated_adam_does_not_care_how_the_axes_lie():
    """Rotating the inputs of a layer rotates its path: the losses stay the same. Adam's do not."""
    rotation = torch.linalg.qr(torch.randn(6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(3)))[0]
    generator = torch.Generator().manual_seed(4)
    gradients = [torch.randn(6, 6, dtype=torch.float64, generator=generator) for _ in range(40)]
    paths = {}
    for kind in (Adam, RotatedAdam):
        for turned in (False, True):
            optimiser = kind.__new__(kind)
            memory = optimiser.fresh_memory(torch.zeros(6, 6, dtype=torch.float64))
            for number, gradient in enumerate(gradients, start=1):
                optimiser.step_number = number
                step = optimiser.direction(gradient @ rotation if turned else gradient, memory)
            paths[kind, turned] = step @ rotation.T if turned else step
    torch.testing.assert_close(paths[RotatedAdam, True], paths[RotatedAdam, False], rtol=1e-6, atol=1e-6)
    assert (paths[Adam, True] - paths[Adam, False]).abs().max() > 0.02
