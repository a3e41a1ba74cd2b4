"""Blocks of a trajectory that validate while the rest trains: what they say of a model, against an examination.

The energies are those of 64 silicon atoms, one frame every 3 fs (``data/silicon/liquid_3000K``), and the models know
the energies alone. :func:`draw_validation_blocks` draws it; the explorable is ``Dials(draw_validation_blocks,
**DIALS)``.
"""

from __future__ import annotations

from functools import lru_cache

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure

from ...batch import Batch
from ...data import load_liquid_reference
from ...fingerprints import Block, BondParameters, RadialParameters, RannFingerprint
from ..colours import BLUE, GREY, VERMILLION
from ..panel import Dial, Pick

CHUNK, FRAMES = 2, 150  # the trajectory of the lesson, and its length
AWAY, LATER = 25, 50  # how far away the examined frames stay, and how many of them come after the lesson's
FOLDS = 5
MODELS = ("linear, 21 features", "parrot")
DIALS = {
    "length": Dial("Length of a block, in frames", 1, 50, 1, start=1),
    "gap": Dial("Gap beside it, at most half of that", 0, 10, 1, start=0),
    "model": Pick("Model", MODELS),
}


def small_fingerprint() -> RannFingerprint:
    """Six radial and fifteen angular features of silicon."""
    radial = RadialParameters(2.35, 5.0, 3.5, (1.0, 1.5, 2.3, 3.5, 5.2, 8.0))
    bond = BondParameters(2.35, 5.0, 3.5, (0.3, 1.0, 3.3), n_cosines=5)
    return RannFingerprint([Block("Si", ("Si",), radial), Block("Si", ("Si", "Si"), bond)])


@lru_cache(maxsize=1)
def trajectory() -> dict[str, np.ndarray]:
    """``features``: mean features of an atom (frames, 21), and ``energy`` (frames,) in meV/atom above the mean.

    The first 150 frames are the trajectory of the lesson. The others, for the examination, are 25 frames (75 fs) or
    more from all of them: 50 later ones of that run, and the runs before it. There may be more; they are left aside, so
    that the lesson stays as it is when the trajectory grows.
    """
    frames, fingerprint = load_liquid_reference(), small_fingerprint()
    start = next(k for k, frame in enumerate(frames) if frame.info["chunk"] == CHUNK)
    after = start + FRAMES + AWAY
    frames = [*frames[start : start + FRAMES], *frames[: start - AWAY], *frames[after : after + LATER]]
    features = []
    for first in range(0, len(frames), 16):
        batch = Batch.from_systems(frames[first : first + 16], fingerprint.cutoff)
        with torch.no_grad():
            features.append(batch.per_system(fingerprint(batch.edges())).numpy())
    sizes = np.array([len(frame) for frame in frames])
    energy = 1000 * np.array([frame.energy for frame in frames]) / sizes
    return {"features": np.concatenate(features) / sizes[:, None], "energy": energy - energy[:FRAMES].mean()}


def parts(length: int, gap: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """(training, validation) of every fold, as indices: whole blocks validate, frames in a gap do neither."""
    block = np.arange(FRAMES) // length
    fold_of_block = np.random.default_rng(3).permutation(block[-1] + 1) % min(FOLDS, block[-1] + 1)
    folds = []
    for fold in range(fold_of_block.max() + 1):
        validation = np.flatnonzero(fold_of_block[block] == fold)
        near = np.abs(np.arange(FRAMES)[:, None] - validation).min(axis=1)
        folds.append((np.flatnonzero(near > gap), validation))
    return folds


def predicted(model: str, training: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Energies of the frames ``wanted`` by a model of the frames ``training``.

    ``"parrot"`` repeats the energy of the most similar frame it has seen, by distance of the features in units of
    their spread; ``"linear…"`` is least squares on the mean features, with a ridge of 10⁻⁶.
    """
    features, energy = trajectory()["features"], trajectory()["energy"]
    mean, spread = features[training].mean(0), features[training].std(0)
    x, new = (features[training] - mean) / spread, (features[wanted] - mean) / spread
    if model == "parrot":
        return energy[training][((new[:, None] - x) ** 2).sum(-1).argmin(1)]
    zero = energy[training].mean()
    matrix = x.T @ x + 1e-6 * len(x) * np.eye(x.shape[1])
    return new @ np.linalg.solve(matrix, x.T @ (energy[training] - zero)) + zero


@lru_cache
def examination(model: str) -> float:
    """RMSE in meV/atom on the far frames of a model of the whole lesson."""
    energy = trajectory()["energy"]
    far = np.arange(FRAMES, len(energy))
    return float(np.sqrt(np.mean((predicted(model, np.arange(FRAMES), far) - energy[far]) ** 2)))


def estimates(length: int, gap: int, model: str) -> tuple[float, float]:
    """RMSE in meV/atom: what validation says, over all folds, and what the examination on far frames says."""
    energy, errors = trajectory()["energy"], []
    for training, validation in parts(length, gap):
        errors.append(predicted(model, training, validation) - energy[validation])
    return float(np.sqrt(np.mean(np.concatenate(errors) ** 2))), examination(model)


def draw_validation_blocks(length: float, gap: float, model: str) -> tuple[Figure, str]:
    """The painted trajectory, and both errors; and what it shows, in words."""
    length, gap = int(length), min(int(gap), int(length) // 2)
    training, validation = parts(length, gap)[0]
    found, exam = estimates(length, gap, model)
    figure, (axes, bars) = plt.subplots(1, 2, figsize=(9, 3.9), width_ratios=[2.3, 1])
    figure.subplots_adjust(left=0.08, right=0.985, top=0.86, bottom=0.14, wspace=0.25)
    time, energy = 3.0 * np.arange(FRAMES), trajectory()["energy"][:FRAMES]
    low, high, span = energy.min(), energy.max(), np.ptp(energy)
    axes.plot(time, energy, color=GREY, lw=1, zorder=1)
    axes.plot(time[training], energy[training], "o", ms=4, color=BLUE, label="train")
    axes.plot(time[validation], energy[validation], "s", ms=6, mfc="white", mec=VERMILLION, mew=1.6, label="validate")
    axes.set(xlabel="time (fs)", ylabel="energy (meV/atom)", ylim=(low - 0.07 * span, high + 0.2 * span))
    axes.legend(loc="upper right", ncols=2, title="first of the folds")
    bars.bar([0], [found], color="white", edgecolor=VERMILLION, hatch="//", lw=1.5)
    bars.bar([1], [exam], color=GREY)
    top = 1.2 * max(found, *map(examination, MODELS))  # one height for both models, to compare them
    for x, value in enumerate((found, exam)):
        bars.text(x, value + 0.01 * top, f"{value:.1f}", ha="center")
    bars.set_xticks([0, 1], ["validation\nsays", "far frames\nsay"])
    bars.set(ylabel="RMSE (meV/atom)", ylim=(0, top))
    text = f"Blocks of {length}, gap {gap}: validation says {found:.1f}, frames far away {exam:.1f} meV/atom."
    figure.suptitle(text, fontsize=11, weight="bold", y=0.985)
    return (
        figure,
        f"Energies of a melt against time, training and validation frames painted; beside it two bars. {text}",
    )
