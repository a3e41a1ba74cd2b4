"""One training on several processes: ``torchrun --nproc-per-node 2 -m mlip_edu.cli train …``, on one machine or more.

The loss is a sum over systems, divided by numbers that everybody knows; its gradient is so, too. Every process
holds its share of the systems of **each** batch, and the sum over the processes is the gradient of the whole batch:

    ∇L = Σ_processes ∇L(own share)

so all take the same steps, and one process alone would have taken them too, but for rounding.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
import torch.distributed as group

from ..errors import TrainingError

Tensor = torch.Tensor


def n_processes() -> int:
    """How many processes train together."""
    return group.get_world_size() if group.is_available() and group.is_initialized() else 1


def rank() -> int:
    """The number of this process; 0 is the one that writes files and shows progress."""
    return group.get_rank() if n_processes() > 1 else 0


@contextmanager
def joined() -> Iterator[None]:
    """Train together with the other processes of ``torchrun`` while the block runs; without it, alone."""
    if not group.is_available() or not group.is_torchelastic_launched():
        yield
        return
    gpus, own = torch.cuda.device_count(), int(os.environ["LOCAL_RANK"])
    if 0 < gpus <= own:
        raise TrainingError(f"more processes than the {gpus} GPU(s) of this machine: lower --nproc-per-node to {gpus}")
    if gpus:
        torch.cuda.set_device(own)
    group.init_process_group("cpu:gloo,cuda:nccl" if gpus else "gloo")
    try:
        yield
    finally:
        group.destroy_process_group()


def summed(tensors: Sequence[Tensor]) -> list[Tensor]:
    """The sums of tensors of one dtype over all processes.

    Raises
    ------
    TrainingError
        Another process has ended.
    """
    if n_processes() == 1:
        return list(tensors)
    flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
    try:
        group.all_reduce(flat)
    except RuntimeError as problem:
        raise TrainingError("another process of this training ended: its own message says why") from problem
    sizes = [tensor.numel() for tensor in tensors]
    return [part.view_as(tensor) for part, tensor in zip(flat.split(sizes), tensors, strict=True)]


def mean(value: float) -> float:
    """The mean of a number over all processes, the same on each."""
    return float(summed([torch.tensor(value, dtype=torch.float64)])[0]) / n_processes()
