"""Before the first epoch: standardisation, batches, the device."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import torch
from tqdm.auto import tqdm

from ..batch import Batch
from ..errors import TrainingError
from ..fingerprints import Fingerprint
from ..models import AtomicNetwork, Potential
from ..models.message_passing import pieces, potential_of, untrained
from ..systems import AtomicSystem
from .distributed import n_processes, rank
from .objective import labels
from .splits import reference_energies
from .stored import StoredBatch, predicted_bytes, store


class BatchSource(Sequence):
    """Batches of whole systems: stored where they fit into ``max_memory`` bytes, recomputed at every use above.

    Of several processes each holds its share of every batch, None where that is nothing.

    ``needed`` is the predicted number of bytes of all batches together, ``held`` that of the stored ones, and
    ``counts`` (3,) the number of labels of each kind (:func:`mlip_edu.learning.objective.labels`).
    """

    def __init__(self, systems, potential: Potential, batch_atoms: int, virials: bool, max_memory: int, bar=None):
        self.groups: list[list[AtomicSystem]] = []
        filled = batch_atoms
        for system in systems:
            if filled >= batch_atoms:
                self.groups.append([])
                filled = 0
            self.groups[-1].append(system)
            filled += len(system)
        self.groups = [g[(rank() + k) % n_processes() :: n_processes()] for k, g in enumerate(self.groups)]
        parameter = next(potential.networks.parameters())
        self.potential, self.virials = potential, virials and any(s.stress is not None for s in systems)
        self.dtype, self.device, self.stored = parameter.dtype, parameter.device, {}
        self.needed = self.held = 0
        self.counts = labels(systems)
        for k, group in enumerate(self.groups):
            size = predicted_bytes(group, potential.fingerprint, self.dtype)
            self.needed += size
            if self.held + size <= max_memory:
                self.held += size
                self.stored[k] = self._compute(k)
            if bar is not None:
                bar.update(sum(map(len, group)))

    def _compute(self, index: int) -> StoredBatch | None:
        if not self.groups[index]:
            return None
        fingerprint, networks = self.potential.fingerprint, self.potential.networks
        return store(self.groups[index], fingerprint, networks, self.dtype, self.virials).to(self.device)

    def __len__(self) -> int:
        return len(self.groups)

    def __getitem__(self, index: int) -> StoredBatch | None:
        if not 0 <= index < len(self):
            raise IndexError(index)
        return self.stored[index] if index in self.stored else self._compute(index)


def make_batches(
    potential: Potential, parts: Sequence[Sequence[AtomicSystem]], *, batch_atoms: int, virials: bool, max_memory: int,
    progress: bool,
) -> list[BatchSource]:  # fmt: skip
    """A :class:`BatchSource` for every part, under one progress bar; warns where the memory does not suffice."""
    total = sum(len(system) for part in parts for system in part)
    with tqdm(total=total, desc="fingerprints", unit="atom", disable=not progress, leave=False) as bar:
        sources: list[BatchSource] = []
        for part in parts:
            left = max_memory - sum(source.held for source in sources)
            sources.append(BatchSource(part, potential, batch_atoms, virials, left, bar))
    needed = sum(source.needed for source in sources)
    if needed > max_memory:
        warnings.warn(
            f"stored derivatives would take {needed / 1e9:.1f} GB, more than max_memory = "
            f"{max_memory / 1e9:.1f} GB: the rest is recomputed in every epoch, which is much slower. Raise max_memory "
            "or take a smaller fingerprint", stacklevel=3,
        )  # fmt: skip
    return sources


def new_potential(
    training: Sequence[AtomicSystem], fingerprint: Fingerprint, hidden: Sequence[int], activation: str,
    generator: torch.Generator,
) -> Potential:  # fmt: skip
    """Untrained networks with the reference energies and the standardisation of the training part."""
    fingerprint = untrained(fingerprint, generator)
    networks = {
        e: AtomicNetwork((fingerprint.n_features(e), *hidden, 1), activation, generator) for e in fingerprint.elements
    }
    for element, energy in reference_energies(training).items():
        if element in networks:
            networks[element].reference_energy = energy
    standardise(fingerprint, networks, training)
    return potential_of(fingerprint, networks)


def standardise(fingerprint: Fingerprint, networks: dict[str, AtomicNetwork], systems: Sequence[AtomicSystem]) -> None:
    """Set mean and scale of every network from the features of ``systems``: the training part, and no other."""
    rows: dict[str, list[torch.Tensor]] = {element: [] for element in networks}
    for start in range(0, len(systems), 32):
        batch = Batch.from_systems(systems[start : start + 32], fingerprint.cutoff)
        for _, _, piece in pieces(fingerprint, batch.edges()):
            features = fingerprint(piece).detach()
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
    """``"auto"``: the GPU where there is one.

    Raises
    ------
    TrainingError
        There is no such device here.
    """
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if str(device).split(":")[0] not in ("cpu", "cuda", "mps"):
        raise TrainingError(f"cannot use the device {str(device)!r}: use 'auto', 'cpu' or 'cuda'")
    try:
        return torch.empty(0, device=device).device
    except (RuntimeError, AssertionError) as problem:
        reason = str(problem).split(".")[0]
        raise TrainingError(f"cannot use the device {device!r}: use 'auto', 'cpu' or 'cuda' ({reason})") from problem
