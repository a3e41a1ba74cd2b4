"""``train``: from labelled systems and a fingerprint to a potential."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass
from os import PathLike
from typing import Any

import torch

from ..errors import TrainingError
from ..fingerprints import Fingerprint
from ..models import Potential
from ..systems import AtomicSystem
from .checkpoint import check_same_training, damage_named, fingerprint_of_data, load_checkpoint
from .distributed import mean, n_processes, rank
from .levenberg_marquardt import LevenbergMarquardt
from .loop import Run, epochs_for, put_weights, run_epochs
from .objective import LossWeights
from .optimisers import Adam, RotatedAdam
from .preparation import choose_device, make_batches, new_potential
from .report import error_report, error_table
from .splits import Split, split_by_group

DEFAULT_EPOCHS = {"rotated-adam": 250, "adam": 2000, "levenberg-marquardt": 100}


@dataclass
class TrainingResult:
    """What a training leaves behind.

    ``potential`` (float64, on the CPU), ``split`` (indices of the systems of each part), ``history`` (one
    dict an epoch that was examined: ``epoch``, ``training_loss``, and ``loss``, ``energy`` in eV/atom,
    ``forces`` in eV/Å of the validation part), ``report`` (errors by part and family), ``seconds``, and
    ``ended``: ``"complete"``, ``"stopped early"`` or ``"interrupted"``.
    """

    potential: Potential
    split: Split
    history: list[dict[str, float]]
    report: dict[str, Any]
    settings: dict[str, Any]
    seconds: float
    ended: str

    def table(self) -> str:
        """Errors by part and family as text."""
        return error_table(self.report)


def train(
    systems: Sequence[AtomicSystem],
    fingerprint: Fingerprint,
    *,
    hidden: Sequence[int] = (40, 40),
    activation: str = "sigI",
    groups: Sequence[Hashable] | None = None,
    optimiser: str = "rotated-adam",
    epochs: int | None = None,
    seconds: float | None = None,
    learning_rate: float = 5e-3,
    weight_decay: float = 0.03,
    weights: LossWeights | None = None,
    validation: float = 0.1,
    test: float = 0.0,
    patience: int | None = None,
    batch_atoms: int = 256,
    seed: int = 0,
    device: str | torch.device = "auto",
    dtype: torch.dtype = torch.float32,
    max_memory: int = 4_000_000_000,
    checkpoint: str | PathLike | None = None,
    progress: bool = True,
) -> TrainingResult:
    """Train one network for each element on energies, forces and (where given) stresses.

    Parameters
    ----------
    systems
        Labelled systems. Their ``energy_weight`` and ``force_weight`` count as in :mod:`mlip_edu.learning.objective`.
    fingerprint
        Its features and derivatives are computed once (:mod:`mlip_edu.learning.stored`). One that is learned
        (``MessagePassing``, ``NequIP``, ``Allegro``) is trained too: a new one like it, from random weights.
    hidden, activation
        Nodes of the hidden layers and their activation: ``"sigI"`` (what ``.rann`` files hold), ``"tanh"``, ``"silu"``.
    groups, validation, test
        See :func:`mlip_edu.learning.splits.split_by_group`.
    optimiser
        ``"rotated-adam"`` (the best on hundreds of systems or more), ``"adam"`` (its ancestor), or
        ``"levenberg-marquardt"`` (RANN's own, in float64, for small networks). See
        :mod:`mlip_edu.learning.optimisers`.
    epochs, seconds
        How long: a number of epochs (default 250, 2000 and 100 for the three), or about so many seconds of epochs,
        turned into a number once the speed is known; fingerprints come before, errors and figures after.
    weights
        Of energies, forces and virials in the loss: :class:`mlip_edu.learning.objective.LossWeights`.
    patience
        Stop early after so many epochs without a better validation loss. None, the default, trains to the end,
        where the learning rate is small. A training that stops early, or is interrupted, gives the weights that
        were best on the validation part.
    learning_rate, weight_decay
        Of the two kinds of Adam: η_max and δ of :class:`mlip_edu.learning.optimisers.Adam`.
    batch_atoms
        Whole systems are put together until a batch has this many atoms.
    max_memory
        Bytes for stored derivatives; what does not fit is recomputed in every epoch.
    checkpoint
        A ``.safetensors`` file, written every few seconds. If it exists, the training goes on from it.
    device, dtype, seed, progress
        ``"auto"`` takes a GPU where there is one; ``seed`` decides split, initial weights and order.

    Returns
    -------
    TrainingResult
        Ctrl-C ends a training early and cleanly: it is saved and a result is returned.

    Raises
    ------
    TrainingError
        No energies, unknown options, or a checkpoint of another training.
    """
    systems, device, weights = list(systems), choose_device(device), weights or LossWeights()
    _check(systems, optimiser, epochs, seconds, learning_rate, seed)
    split = split_by_group(systems, groups, validation, test, seed)
    training = [systems[k] for k in split.train]
    examined = [systems[k] for k in split.validation]
    _check_training_part(training, examined, weights, validation)
    dtype = torch.float64 if optimiser == "levenberg-marquardt" else dtype
    generator = torch.Generator().manual_seed(seed)
    potential = new_potential(training, fingerprint, hidden, activation, generator).to(device)
    potential.networks.to(dtype)
    shuffled = [training[k] for k in torch.randperm(len(training), generator=generator).tolist()]
    batches, examination = make_batches(
        potential, (shuffled, examined), batch_atoms=batch_atoms, virials=weights.virial > 0,
        max_memory=max_memory, progress=progress and rank() == 0,
    )  # fmt: skip
    settings = {
        "data": fingerprint_of_data(systems), "split": asdict(split), "fingerprint": fingerprint.to_dict(),
        "hidden": list(hidden), "activation": activation, "optimiser": optimiser, "epochs": epochs, "seconds": seconds,
        "learning_rate": learning_rate, "weight_decay": weight_decay,
        "weights": asdict(weights), "patience": patience, "batch_atoms": batch_atoms,
        "seed": seed, "dtype": str(dtype),
    }  # fmt: skip
    optimise = {"learning_rate": learning_rate, "weight_decay": weight_decay, "generator": generator}
    run = _start(potential, batches, weights, optimise, settings, checkpoint)
    run_epochs(run, examination, weights, progress and rank() == 0)
    if run.best and run.ended != "complete":  # a complete training ends with a small learning rate, and best
        put_weights(run.networks, run.best)
    potential.to("cpu", torch.float64)
    report = error_report(potential, systems, split)
    return TrainingResult(potential, split, run.history, report, settings, run.seconds, run.ended)


def _start(potential, batches, weights: LossWeights, optimise: dict, settings: dict, checkpoint) -> Run:
    """A new run, or the one that ``checkpoint`` holds."""
    found = load_checkpoint(checkpoint) if checkpoint is not None else None
    n_epochs = settings["epochs"] or DEFAULT_EPOCHS[settings["optimiser"]]
    if found is not None:
        with damage_named(checkpoint):
            check_same_training(checkpoint, found[1]["settings"], settings)
            n_epochs = int(found[1]["n_epochs"])
    if settings["optimiser"] == "levenberg-marquardt":
        optimiser = LevenbergMarquardt(potential.networks, batches, weights)
    else:
        kind = Adam if settings["optimiser"] == "adam" else RotatedAdam
        optimiser = kind(potential.networks, batches, weights, n_epochs, **optimise)
    if found is None and settings["seconds"] is not None:
        optimiser.n_epochs = n_epochs = epochs_for(settings["seconds"], optimiser, potential.networks)
    run = Run(potential.networks, optimiser, n_epochs, settings["patience"], checkpoint, settings)
    if found is not None:
        with damage_named(checkpoint):
            run.restore(found[0], found[1]["run"])
    if mean(run.epoch) != run.epoch:
        raise TrainingError(f"the processes found different checkpoints: {checkpoint} must be in a folder they share")
    return run


def _check(systems, optimiser: str, epochs, seconds, learning_rate: float, seed: int) -> None:
    if optimiser not in DEFAULT_EPOCHS:
        raise TrainingError(f"unknown optimiser {optimiser!r}: use {' or '.join(map(repr, DEFAULT_EPOCHS))}")
    if optimiser == "levenberg-marquardt" and n_processes() > 1:
        raise TrainingError("levenberg-marquardt trains on one process: leave torchrun out, or use 'rotated-adam'")
    if epochs is not None and seconds is not None:
        raise TrainingError("give epochs or seconds, not both")
    if (epochs is not None and (epochs < 1 or epochs != int(epochs))) or (seconds is not None and not seconds > 0):
        raise TrainingError(f"epochs and seconds must be positive; found {epochs if seconds is None else seconds}")
    if not learning_rate > 0 or seed < 0:
        raise TrainingError(f"learning_rate must be positive and seed not negative; found {learning_rate} and {seed}")
    empty = [k for k, system in enumerate(systems) if len(system) == 0]
    if empty:
        raise TrainingError(f"system {empty[0]} has no atoms: leave it out")


def _check_training_part(training, examined, weights: LossWeights, validation: float) -> None:
    if not any(system.energy is not None for system in training):
        raise TrainingError(f"none of the {len(training)} systems that train has an energy: nothing to learn from")
    n_without = sum(system.forces is None for system in training)
    if weights.forces and n_without:
        message = f"{n_without} of {len(training)} training systems have no forces: they train on energies alone"
        warnings.warn(message, stacklevel=3)
    if validation and not examined and not any("part" in system.info for system in training):
        message = "no system validates: families of fewer than ten systems train whole, and a group is never torn apart"
        warnings.warn(message, stacklevel=3)
