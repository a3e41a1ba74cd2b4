"""``train``: from labelled systems and a fingerprint to a potential."""

from __future__ import annotations

import time
import warnings
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass, field
from os import PathLike
from typing import Any

import torch
from tqdm.auto import tqdm

from ..batch import Batch
from ..errors import TrainingError
from ..fingerprints import Fingerprint
from ..models import AtomicNetwork, Potential
from ..systems import AtomicSystem
from .checkpoint import check_same_training, fingerprint_of_data, load_checkpoint, save_checkpoint
from .levenberg_marquardt import LevenbergMarquardt
from .objective import LossWeights, mean_loss
from .optimisers import Adam
from .report import error_report, error_table
from .splits import Split, reference_energies, split_by_group
from .stored import StoredBatch, predicted_bytes, store

CHECKPOINT_EVERY = 5.0  # seconds
OPTIMISERS = ("adam", "levenberg-marquardt")


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


class BatchSource(Sequence):
    """Batches of whole systems: stored where they fit into ``max_memory`` bytes, recomputed at every use above."""

    def __init__(self, systems, fingerprint, networks, *, batch_atoms, dtype, device, virials, max_memory, bar=None):
        self.groups: list[list[AtomicSystem]] = []
        filled = batch_atoms
        for system in systems:
            if filled >= batch_atoms:
                self.groups.append([])
                filled = 0
            self.groups[-1].append(system)
            filled += len(system)
        self.options = (fingerprint, networks, dtype, virials)
        self.device, self.stored = device, {}
        self.needed = predicted_bytes(systems, fingerprint, dtype)
        used = 0
        for k, group in enumerate(self.groups):
            used += self.needed * sum(map(len, group)) // max(1, sum(map(len, systems)))
            if used <= max_memory:
                self.stored[k] = self._compute(k)
            if bar is not None:
                bar.update()

    def _compute(self, index: int) -> StoredBatch:
        fingerprint, networks, dtype, virials = self.options
        return store(self.groups[index], fingerprint, networks, dtype, virials).to(self.device)

    def __len__(self) -> int:
        return len(self.groups)

    def __getitem__(self, index: int) -> StoredBatch:
        if not 0 <= index < len(self):
            raise IndexError(index)
        return self.stored[index] if index in self.stored else self._compute(index)


def standardise(fingerprint: Fingerprint, networks: dict[str, AtomicNetwork], systems: Sequence[AtomicSystem]) -> None:
    """Set mean and scale of every network from the features of ``systems``: the training part, and no other."""
    rows: dict[str, list[torch.Tensor]] = {element: [] for element in networks}
    for start in range(0, len(systems), 32):
        batch = Batch.from_systems(systems[start : start + 32], fingerprint.cutoff)
        for _, _, piece in batch.edges().chunks(256):
            features = fingerprint(piece)
            for element, atoms in fingerprint.atoms_of(piece.species).items():
                rows[element].append(features[atoms, : fingerprint.n_features(element)])
    for element, parts in rows.items():
        features = torch.cat(parts)
        if not len(features):
            raise TrainingError(f"no atom of {element} in the training part: the fingerprint has a network for it")
        scale = features.std(0, correction=0)
        # a feature that never changes says nothing; leave its scale alone instead of dividing by zero
        scale = torch.where(scale > 1e-12 * (1 + features.mean(0).abs()), scale, torch.ones_like(scale))
        networks[element].mean.copy_(features.mean(0))
        networks[element].scale.copy_(scale)


def choose_device(device: str | torch.device) -> torch.device:
    """``"auto"``: the GPU where there is one."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(device)


@dataclass
class _Run:
    """The state of a training between two epochs."""

    networks: torch.nn.ModuleDict
    optimiser: Adam | LevenbergMarquardt
    epoch: int = 0
    best_loss: float = float("inf")
    best_epoch: int = 0
    best: dict[str, torch.Tensor] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0
    ended: str = ""

    def weights(self) -> dict[str, torch.Tensor]:
        return {name: p.detach().clone() for name, p in self.networks.named_parameters()}

    def save(self, path, settings: dict, n_epochs: int) -> None:
        tensors = {f"weights/{k}": v for k, v in self.weights().items()}
        tensors |= {f"best/{k}": v for k, v in self.best.items()}
        tensors |= {f"optimiser/{k}": v for k, v in self.optimiser.state().items()}
        names = ("epoch", "best_loss", "best_epoch", "history", "seconds", "ended")
        state = {name: getattr(self, name) for name in names}
        save_checkpoint(path, tensors, {"settings": settings, "n_epochs": n_epochs, "run": state})

    def restore(self, tensors: dict[str, torch.Tensor], state: dict[str, Any]) -> None:
        parts: dict[str, dict[str, torch.Tensor]] = {"weights": {}, "best": {}, "optimiser": {}}
        for name, tensor in tensors.items():
            kind, rest = name.split("/", 1)
            parts[kind][rest] = tensor
        self.load(parts["weights"])
        device = next(self.networks.parameters()).device
        self.best = {name: tensor.to(device) for name, tensor in parts["best"].items()}
        self.optimiser.restore(parts["optimiser"])
        for name, value in state.items():
            setattr(self, name, value)
        if self.ended == "interrupted":
            self.ended = ""

    @torch.no_grad()
    def load(self, weights: dict[str, torch.Tensor]) -> None:
        for name, parameter in self.networks.named_parameters():
            parameter.copy_(weights[name])


def train(
    systems: Sequence[AtomicSystem],
    fingerprint: Fingerprint,
    *,
    hidden: Sequence[int] = (40, 40),
    activation: str = "sigI",
    groups: Sequence[Hashable] | None = None,
    optimiser: str = "adam",
    epochs: int | None = None,
    seconds: float | None = None,
    learning_rate: float = 1e-2,
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
        Its features and derivatives are computed once (:mod:`mlip_edu.learning.stored`).
    hidden, activation
        Nodes of the hidden layers and their activation: ``"sigI"`` (what ``.rann`` files hold), ``"tanh"``, ``"silu"``.
    groups, validation, test
        See :func:`mlip_edu.learning.splits.split_by_group`.
    optimiser
        ``"adam"``, or ``"levenberg-marquardt"`` (in float64) for small networks.
    epochs, seconds
        How long: a number of epochs (default 1000; 100 for Levenberg–Marquardt), or about so many seconds,
        translated into a number of epochs once the speed is known.
    patience
        Stop after so many epochs without a better validation loss; by default a third of all epochs.
    max_memory
        Bytes for stored derivatives; what does not fit is recomputed in every epoch.
    checkpoint
        A ``.safetensors`` file, written every few seconds. If it exists, the training goes on from it.
    device, dtype, seed, progress
        ``"auto"`` takes a GPU where there is one; ``seed`` decides split, initial weights and order.

    Returns
    -------
    TrainingResult
        With the weights that were best on the validation part. Ctrl-C ends the training in the same way.

    Raises
    ------
    TrainingError
        No energies, unknown options, or a checkpoint of another training.
    """
    systems, device = list(systems), choose_device(device)
    if optimiser not in OPTIMISERS:
        raise TrainingError(f"unknown optimiser {optimiser!r}: use {' or '.join(map(repr, OPTIMISERS))}")
    if not any(system.energy is not None for system in systems):
        raise TrainingError(f"none of the {len(systems)} systems has an energy: there is nothing to learn from")
    if epochs is not None and seconds is not None:
        raise TrainingError("give epochs or seconds, not both")
    weights = weights or LossWeights()
    if weights.forces and not all(system.forces is not None for system in systems):
        n = sum(system.forces is None for system in systems)
        warnings.warn(f"{n} of {len(systems)} systems have no forces: they train on their energies alone", stacklevel=2)
    split = split_by_group(systems, groups, validation, test, seed)
    training = [systems[k] for k in split.train]
    examined = [systems[k] for k in split.validation]
    if optimiser != "adam":
        dtype = torch.float64

    generator = torch.Generator().manual_seed(seed)
    networks = {
        e: AtomicNetwork((fingerprint.n_features(e), *hidden, 1), activation, generator) for e in fingerprint.elements
    }
    potential = Potential(fingerprint, networks)
    for element, energy in reference_energies(training).items():
        if element in networks:
            networks[element].reference_energy = energy
    standardise(fingerprint, networks, training)
    potential.networks.to(device, dtype)

    options = {
        "batch_atoms": batch_atoms, "dtype": dtype, "device": device, "max_memory": max_memory,
        "virials": weights.virial > 0 and any(system.stress is not None for system in systems),
    }  # fmt: skip
    order = torch.randperm(len(training), generator=generator).tolist()
    total = sum(map(len, training + examined)) // batch_atoms + 2
    with tqdm(total=total, desc="fingerprints", unit="batch", disable=not progress, leave=False) as bar:
        batches = BatchSource([training[k] for k in order], fingerprint, potential.networks, **options, bar=bar)
        examination = BatchSource(examined, fingerprint, potential.networks, **options, bar=bar) if examined else []
    settings = {
        "data": fingerprint_of_data(systems), "split": asdict(split), "fingerprint": fingerprint.to_dict(),
        "hidden": list(hidden), "activation": activation, "optimiser": optimiser, "epochs": epochs, "seconds": seconds,
        "learning_rate": learning_rate, "weights": asdict(weights), "patience": patience, "batch_atoms": batch_atoms,
        "seed": seed, "dtype": str(dtype),
    }  # fmt: skip
    found = load_checkpoint(checkpoint) if checkpoint is not None else None
    if found is not None:
        check_same_training(checkpoint, found[1]["settings"], settings)
        n_epochs = found[1]["n_epochs"]
    else:
        n_epochs = epochs or (100 if optimiser != "adam" else 1000)
    if optimiser == "adam":
        chosen = Adam(potential.networks, batches, weights, n_epochs, learning_rate, generator)
    else:
        chosen = LevenbergMarquardt(potential.networks, batches, weights)
    if found is None and seconds is not None:
        chosen.n_epochs = n_epochs = _epochs_for(seconds, chosen, potential.networks)
    run = _Run(potential.networks, chosen)
    if found is not None:
        run.restore(found[0], found[1]["run"])
    _loop(run, examination, weights, n_epochs, patience or max(1, n_epochs // 3), checkpoint, settings, progress)
    if run.best:
        run.load(run.best)
    potential.to("cpu", torch.float64)
    report = error_report(potential, systems, split)
    return TrainingResult(potential, split, run.history, report, settings, run.seconds, run.ended)


def _epochs_for(seconds: float, optimiser, networks: torch.nn.ModuleDict) -> int:
    """How many epochs take ``seconds``: time a few, and put everything back as it was."""
    weights = {name: p.detach().clone() for name, p in networks.named_parameters()}
    state = {name: tensor.clone() for name, tensor in optimiser.state().items()}
    optimiser.n_epochs, times = 10**9, []
    for _ in range(3):
        start = time.perf_counter()
        optimiser.epoch(0)
        times.append(time.perf_counter() - start)
    optimiser.restore(state)
    with torch.no_grad():
        for name, parameter in networks.named_parameters():
            parameter.copy_(weights[name])
    return max(1, int(seconds / min(times)))


def _loop(run: _Run, examination, weights, n_epochs, patience, checkpoint, settings, progress) -> None:
    """Epochs until the end, a stop for want of progress, or Ctrl-C."""
    every = max(1, n_epochs // 200)
    start = saved = time.perf_counter()
    before = run.seconds
    bar = tqdm(total=n_epochs, initial=run.epoch, desc="training", unit="epoch", disable=not progress)
    try:
        while run.epoch < n_epochs and not run.ended:
            training_loss = run.optimiser.epoch(run.epoch)
            if training_loss != training_loss:
                raise TrainingError(
                    f"the loss became nan in epoch {run.epoch + 1}: lower learning_rate, or look for a broken energy "
                    "or force in the data"
                )
            run.epoch += 1
            run.seconds = before + time.perf_counter() - start
            bar.update()
            if run.epoch % every == 0 or run.epoch == n_epochs:
                row = {"epoch": run.epoch, "training_loss": training_loss}
                if len(examination):
                    row |= mean_loss(run.networks, examination, weights)
                    bar.set_postfix_str(f"{1000 * row['energy']:.2f} meV/atom, {row['forces']:.4f} eV/Å")
                run.history.append(row)
                judged = row.get("loss", training_loss)
                if judged < run.best_loss:
                    run.best_loss, run.best_epoch, run.best = judged, run.epoch, run.weights()
                if run.epoch - run.best_epoch > patience:
                    run.ended = "stopped early"
            if checkpoint is not None and time.perf_counter() - saved > CHECKPOINT_EVERY:
                run.save(checkpoint, settings, n_epochs)
                saved = time.perf_counter()
        run.ended = run.ended or "complete"
    except KeyboardInterrupt:
        run.ended = "interrupted"
    finally:
        bar.close()
        if checkpoint is not None and run.epoch:
            run.save(checkpoint, settings, n_epochs)
