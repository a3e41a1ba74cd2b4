"""Checkpoints: one file that is always whole, from which a training goes on to the same weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from ..errors import FormatError, MlipEduError, TrainingError, shorten
from ..files import replacing
from ..systems import AtomicSystem

FORMAT = "mlip_edu checkpoint 1"


def save_checkpoint(path: str | PathLike, tensors: Mapping[str, torch.Tensor], state: Mapping[str, Any]) -> None:
    """Write tensors and a JSON state into one safetensors file, to the side first, then renamed."""
    flat = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in tensors.items()}
    with replacing(path) as temporary:
        temporary.write_bytes(save(flat, metadata={"format": FORMAT, "state": json.dumps(state)}))


def load_checkpoint(path: str | PathLike) -> tuple[dict[str, torch.Tensor], dict[str, Any]] | None:
    """The tensors and the state of a checkpoint, or None where there is no such file.

    Raises
    ------
    FormatError
        The file is not a checkpoint.
    """
    if not Path(path).exists():
        return None
    with damage_named(path), safe_open(path, framework="pt") as file:
        metadata = file.metadata() or {}
        if metadata.get("format") != FORMAT:
            raise FormatError(path, None, FORMAT, f"{metadata.get('format', 'another file')}; remove or rename it")
        return {name: file.get_tensor(name) for name in file.keys()}, json.loads(metadata["state"])


@contextmanager
def damage_named(path: str | PathLike) -> Iterator[None]:
    """Whatever a damaged checkpoint leads to becomes an error that names it."""
    try:
        yield
    except MlipEduError:
        raise
    except (SafetensorError, OSError, LookupError, TypeError, AttributeError, RuntimeError, ValueError) as problem:
        found = shorten(f"{type(problem).__name__}: {problem}", 200)
        raise FormatError(path, None, FORMAT, f"{found}; remove or rename it") from problem


def check_same_training(path: str | PathLike, stored: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    """Refuse to go on with a training that was started otherwise.

    Raises
    ------
    TrainingError
        Names the settings that differ.
    """
    settings = json.loads(json.dumps(settings))
    different = sorted(k for k in settings.keys() | stored.keys() if settings.get(k) != stored.get(k))
    if different:
        raise TrainingError(
            f"{path} belongs to another training: {', '.join(different)} differ(s). Choose another checkpoint file "
            "(--output FOLDER on the command line), or remove this one to start anew"
        )


def fingerprint_of_data(systems: Sequence[AtomicSystem]) -> str:
    """A hash of everything that a training learns from."""
    digest = hashlib.sha256()
    for system in systems:
        for name in ("positions", "cell", "pbc", "forces", "stress"):
            array = getattr(system, name)
            digest.update(b"none" if array is None else array.tobytes())
        digest.update(
            repr((system.species.tolist(), system.energy, system.energy_weight, system.force_weight)).encode()
        )
    return digest.hexdigest()
