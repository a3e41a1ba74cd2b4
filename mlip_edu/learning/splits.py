"""Who trains and who examines: splits by group, and the reference energies of the elements."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import TrainingError
from ..systems import AtomicSystem

PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Split:
    """Indices of the systems of each part."""

    train: list[int]
    validation: list[int]
    test: list[int]


def split_by_group(
    systems: Sequence[AtomicSystem],
    groups: Sequence[Hashable] | None = None,
    validation: float = 0.1,
    test: float = 0.0,
    seed: int = 0,
) -> Split:
    """Split so that no group is torn apart.

    Snapshots of one trajectory look alike. If some train and others examine, the examination is on what
    was learnt by heart, so whole groups are drawn, in random order, within every family of structures.

    Parameters
    ----------
    systems
        A system with ``info["part"]`` 0, 1 or 2 (training, validation, test) is put there; all or none must have it.
    groups
        One label a system; without it ``info["group"]`` where there is one, else every system stands alone.
    validation, test
        Fractions of each family (``info["family"]`` or ``info["file"]``). Families of fewer than ten
        systems train only.
    seed
        Of the random order.

    Raises
    ------
    TrainingError
        Labels do not match the systems, fractions make no sense, a group would straddle two parts, or nothing trains.
    """
    if not (0 <= validation and 0 <= test and validation + test < 1):
        raise TrainingError(f"validation and test must be fractions that leave some for training: {validation}, {test}")
    if groups is not None and len(groups) != len(systems):
        raise TrainingError(f"expected one group for each of the {len(systems)} systems; found {len(groups)}")
    labels = list(groups) if groups is not None else [_group_of(s, k) for k, s in enumerate(systems)]
    parts = [system.info.get("part") for system in systems]
    if any(part is not None for part in parts):
        return _declared(parts, labels)
    families: dict[str, dict[Hashable, list[int]]] = {}
    for k, (system, label) in enumerate(zip(systems, labels, strict=True)):
        families.setdefault(family_of(system), {}).setdefault(label, []).append(k)
    chosen: dict[str, list[int]] = {part: [] for part in PARTS}
    taken: dict[Hashable, str] = {}
    generator = np.random.default_rng(seed)
    for family in sorted(families):
        members = families[family]
        size = sum(map(len, members.values()))
        wanted = {"test": test * size, "validation": validation * size} if size >= 10 else {}
        filled = dict.fromkeys(PARTS, 0)
        for k in generator.permutation(len(members)):
            label, indices = list(members.items())[k]
            part = next((p for p in wanted if filled[p] + len(indices) / 2 <= wanted[p]), "train")
            part = taken.setdefault(label, part)  # a group that spans families stays in one part
            filled[part] += len(indices)
            chosen[part] += indices
    if not chosen["train"]:
        raise TrainingError(f"no system is left to train on, of {len(systems)}: give more systems, or smaller groups")
    return Split(*(sorted(chosen[part]) for part in PARTS))


def family_of(system: AtomicSystem) -> str:
    """The family a system is counted with in tables: ``info["family"]``, else its file without the suffix."""
    return str(system.info.get("family") or str(system.info.get("file", "all")).rsplit(".", 1)[0])


def _group_of(system: AtomicSystem, number: int) -> Hashable:
    if "group" in system.info:
        return (family_of(system), system.info["group"])
    return number


def _declared(parts: list[int | None], labels: list[Hashable]) -> Split:
    if any(part not in (0, 1, 2) for part in parts):
        raise TrainingError("info['part'] must be 0 (train), 1 (validation) or 2 (test) for all systems, or for none")
    for label in set(labels):
        found = {part for part, own in zip(parts, labels, strict=True) if own == label}
        if len(found) > 1:
            names = " and ".join(PARTS[part] for part in sorted(found))
            raise TrainingError(f"group {label} stands in {names}: a group belongs to one part")
    if 0 not in parts:
        raise TrainingError(f"none of the {len(parts)} systems trains: give info['part'] 0 to those that shall")
    return Split(*([k for k, part in enumerate(parts) if part == p] for p in range(3)))


def reference_energies(systems: Sequence[AtomicSystem]) -> dict[str, float]:
    """Energy E_0 of each element, in eV: the least-squares fit of E ≈ Σ_i E_0(element of atom i).

    Taken off the energies **in float64** before anything is cast: near −2·10⁵ eV neighbouring float32
    numbers lie 0.016 eV apart. With one element it is the mean energy an atom.
    """
    elements = sorted({str(s) for system in systems for s in np.unique(system.species)})
    known = [system for system in systems if system.energy is not None]
    if not known:
        return dict.fromkeys(elements, 0.0)
    counts = np.array([[(system.species == element).sum() for element in elements] for system in known], dtype=float)
    sizes = counts.sum(1)
    energies = np.array([system.energy for system in known])
    solution = np.linalg.lstsq(counts / sizes[:, None], energies / sizes, rcond=None)[0]
    return dict(zip(elements, solution.tolist(), strict=True))
