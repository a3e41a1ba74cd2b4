"""The loop over epochs: examine, remember the best, save, and end cleanly."""

from __future__ import annotations

import math
import signal
import statistics
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import torch
from tqdm.auto import tqdm

from ..errors import TrainingError
from .checkpoint import save_checkpoint
from .distributed import mean, rank
from .levenberg_marquardt import LevenbergMarquardt
from .objective import LossWeights, mean_loss
from .optimisers import Adam
from .stored import StoredBatch

CHECKPOINT_EVERY = 5.0  # seconds


@dataclass
class Run:
    """The state of a training between two epochs."""

    networks: torch.nn.ModuleDict
    optimiser: Adam | LevenbergMarquardt
    n_epochs: int
    patience: int | None
    checkpoint: str | PathLike | None
    settings: dict[str, Any]
    epoch: int = 0
    best_loss: float = float("inf")
    best_epoch: int = 0
    best: dict[str, torch.Tensor] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0
    ended: str = ""

    def examine(self, row: dict[str, float]) -> None:
        """Note one examination: remember the best weights, stop after ``patience`` epochs without better ones."""
        self.history.append(row)
        judged = row.get("loss", row["training_loss"])
        if judged < self.best_loss:
            self.best_loss, self.best_epoch, self.best = judged, self.epoch, copied_weights(self.networks)
        elif self.patience is not None and self.epoch - self.best_epoch > self.patience:
            self.ended = "stopped early"

    def save(self) -> None:
        tensors = {f"weights/{k}": v for k, v in copied_weights(self.networks).items()}
        tensors |= {f"best/{k}": v for k, v in self.best.items()}
        tensors |= {f"optimiser/{k}": v for k, v in self.optimiser.state().items()}
        names = ("epoch", "best_loss", "best_epoch", "history", "seconds", "ended")
        state = {name: getattr(self, name) for name in names}
        content = {"settings": self.settings, "n_epochs": self.n_epochs, "run": state}
        save_checkpoint(self.checkpoint, tensors, content)

    def restore(self, tensors: dict[str, torch.Tensor], state: dict[str, Any]) -> None:
        parts: dict[str, dict[str, torch.Tensor]] = {"weights": {}, "best": {}, "optimiser": {}}
        for name, tensor in tensors.items():
            kind, rest = name.split("/", 1)
            parts[kind][rest] = tensor
        put_weights(self.networks, parts["weights"])
        device = next(self.networks.parameters()).device
        self.best = {name: tensor.to(device) for name, tensor in parts["best"].items()}
        self.optimiser.restore(parts["optimiser"])
        for name, value in state.items():
            setattr(self, name, value)
        if self.ended == "interrupted":
            self.ended = ""


def copied_weights(networks: torch.nn.ModuleDict) -> dict[str, torch.Tensor]:
    return {name: parameter.detach().clone() for name, parameter in networks.named_parameters()}


@torch.no_grad()
def put_weights(networks: torch.nn.ModuleDict, weights: dict[str, torch.Tensor]) -> None:
    for name, parameter in networks.named_parameters():
        parameter.copy_(weights[name])


def epochs_for(seconds: float, optimiser, networks: torch.nn.ModuleDict) -> int:
    """How many epochs take ``seconds``: time a few, and put everything back as it was."""
    weights = copied_weights(networks)
    state = {name: tensor.clone() for name, tensor in optimiser.state().items()}
    optimiser.n_epochs, times = 10**9, []
    for _ in range(4):
        start = time.perf_counter()
        optimiser.epoch(0)
        times.append(time.perf_counter() - start)
    optimiser.restore(state)
    put_weights(networks, weights)
    return max(1, int(seconds / mean(statistics.mean(times[1:]))))


@contextmanager
def first_interrupt_waits() -> Iterator[list[bool]]:
    """Ctrl-C sets the first entry of the list to True, so that an epoch can end; a second one raises as usual."""
    wanted = [False]
    if threading.current_thread() is not threading.main_thread():
        yield wanted
        return

    def note(*_) -> None:
        if wanted[0]:
            raise KeyboardInterrupt
        wanted[0] = True
        if rank() == 0:
            tqdm.write("stopping after this epoch; press Ctrl-C again to stop at once", file=sys.stderr)

    previous = signal.signal(signal.SIGINT, note)
    try:
        yield wanted
    finally:
        signal.signal(signal.SIGINT, previous)


def run_epochs(run: Run, examination: Sequence[StoredBatch], weights: LossWeights, progress: bool) -> None:
    """Epochs until the end, a stop for want of progress, or Ctrl-C, which lets the current epoch end."""
    start = saved = time.perf_counter()
    before, every = run.seconds, max(1, run.n_epochs // 200)
    saves = run.checkpoint is not None and rank() == 0
    bar = tqdm(total=run.n_epochs, initial=run.epoch, desc="training", unit="epoch", disable=not progress)
    with bar, first_interrupt_waits() as interrupted:
        while run.epoch < run.n_epochs and not run.ended:
            training_loss = run.optimiser.epoch(run.epoch)
            if not math.isfinite(training_loss):
                raise TrainingError(
                    f"the loss became {training_loss} in epoch {run.epoch + 1}: lower learning_rate, or look for a "
                    "broken energy or force in the data"
                )
            run.epoch += 1
            run.seconds = before + time.perf_counter() - start
            bar.update()
            if run.epoch % every == 0 or run.epoch == run.n_epochs:
                row = {"epoch": run.epoch, "training_loss": training_loss}
                if len(examination):
                    row |= mean_loss(run.networks, examination, weights)
                    shown = [f"{1000 * row['energy']:.2f} meV/atom"] if "energy" in row else []
                    shown += [f"{row['forces']:.4f} eV/Å"] if "forces" in row else []
                    bar.set_postfix_str(", ".join(shown))
                run.examine(row)
            if mean(interrupted[0]):  # one process is enough
                run.ended = "interrupted"
            elif run.epoch == run.n_epochs:
                run.ended = "complete"
            if saves and (run.ended or time.perf_counter() - saved > CHECKPOINT_EVERY):
                run.save()
                saved = time.perf_counter()
