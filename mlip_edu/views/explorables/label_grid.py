"""Cutoff × k-mesh: how far a density-functional label is from a converged one, beside the error of a model.

The numbers are those of ``data/silicon/checks/convergence.json``. :func:`draw_label_grid` draws it; the explorable is
``Dials(draw_label_grid, **DIALS)``.
"""

from __future__ import annotations

import json
from functools import cache, lru_cache

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D

from ...data import data_folder
from ..colours import BLUE, GREY, VERMILLION
from ..panel import Dial, Pick

UNITS = {"energy": "meV/atom", "forces": "meV/Å"}
DIALS = {
    "mesh": Dial("k-points in each direction", 1, 8, 1, start=4),
    "cutoff": Pick("Cutoff (Ry)", ["20", "10", "12", "14", "16", "25", "30", "40"]),
    "model": Dial("RMSE of your model (meV/…)", 1, 200, 1, start=20),
    "what": Pick("Error of the", list(UNITS)),
}


@lru_cache(maxsize=1)
def label_errors() -> dict[str, np.ndarray]:
    """Errors of every cutoff with every mesh, against the first row of the file, which is far beyond them all.

    ``cutoff`` (Ry) and ``mesh``: the axes; ``energy`` (meV/atom, absolute), ``forces`` (rms, meV/Å) and ``seconds``
    (pw.x's own CPU time): arrays (cutoffs, meshes).
    """
    path = data_folder("silicon") / "checks" / "convergence.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    rows = [dict(zip(content["columns"], row, strict=True)) for row in content["rows"]]
    best, rows = rows[0], rows[1:]
    cutoffs, meshes = (sorted({row[name] for row in rows}) for name in ("cutoff_Ry", "mesh"))
    shape = len(cutoffs), len(meshes)
    result = {"cutoff": np.array(cutoffs), "mesh": np.array(meshes)}
    result |= {name: np.full(shape, np.nan) for name in (*UNITS, "seconds")}
    for row in rows:
        place = cutoffs.index(row["cutoff_Ry"]), meshes.index(row["mesh"])
        force = np.subtract(row["force_eV_per_A"], best["force_eV_per_A"])
        result["energy"][place] = 1000 * abs(row["energy_eV_per_atom"] - best["energy_eV_per_atom"])
        result["forces"][place] = 1000 * np.sqrt(np.mean(force**2))
        result["seconds"][place] = row["cpu_s"]
    return result


def verdict(label: float, model: float) -> str:
    """What an error of the label means to a model of that error; the two in the same unit."""
    if label > model:
        return "The label is off by more than the model: converge the label first."
    if label > model / 3:
        return "A good part of what you call the model's error may be the label's."
    return "Good enough: the model is the weaker of the two."


@cache
def _number(text: str) -> Path:
    """A number of 9 points around (0, 0), as a shape: 64 texts would take as long to draw as all the rest."""
    shape = TextPath((0, 0), text, size=9)
    extents = shape.get_extents()
    return Affine2D().translate(-extents.x0 - extents.width / 2, -extents.y0 - extents.height / 2).transform_path(shape)


def draw_label_grid(mesh: float, cutoff: str, model: float, what: str) -> tuple[Figure, str]:
    """The grid of errors with one point chosen, and its error beside that of a model; and what it shows, in words."""
    grid, unit = label_errors(), UNITS[what]
    row, column = list(grid["cutoff"]).index(float(cutoff)), list(grid["mesh"]).index(int(mesh))
    error, seconds = grid[what][row, column], grid["seconds"][row, column]
    figure, (axes, bars) = plt.subplots(1, 2, figsize=(9, 4.1), width_ratios=[2.2, 1])
    figure.subplots_adjust(left=0.08, right=0.985, top=0.86, bottom=0.13, wspace=0.26)
    logarithm = np.log10(grid[what])
    axes.imshow(logarithm, cmap="cividis", vmin=0, vmax=4, origin="lower", aspect="auto")
    rows, columns = np.indices(logarithm.shape)
    numbers = PathCollection(
        [_number(f"{value:.1f}" if value < 9.95 else f"{value:.0f}") for value in grid[what].flat],
        facecolors=np.where(logarithm > 2, "black", "white").ravel(),
        offsets=np.stack([columns, rows], axis=-1).reshape(-1, 2),
        offset_transform=axes.transData,
    )
    numbers.set_transform(Affine2D().scale(1 / 72) + figure.dpi_scale_trans)
    axes.add_collection(numbers, autolim=False)
    axes.plot([column], [row], "s", ms=29, mfc="none", mec="white", mew=5)
    axes.plot([column], [row], "s", ms=29, mfc="none", mec=VERMILLION, mew=2.5)
    axes.set_xticks(range(len(grid["mesh"])), [f"{number}³" for number in grid["mesh"]])
    axes.set_yticks(range(len(grid["cutoff"])), [f"{number:g}" for number in grid["cutoff"]])
    axes.set(xlabel="k-points", ylabel="cutoff (Ry)", title=f"Error of the {what} of a label ({unit})")
    bars.bar([0], [error], color=VERMILLION)
    bars.bar([1], [model], color=BLUE)
    bars.set_yscale("log")
    bars.axhline(model, color=GREY, ls=":", lw=1)
    bars.set_xticks([0, 1], ["label", "model"])
    bars.set_yticks(10 ** np.arange(5), [f"{10**k}" for k in range(5)])
    bars.minorticks_off()  # half of the time of drawing
    bars.set(ylim=(0.5, 2e4), ylabel=f"error ({unit})", title=f"{seconds:.1f} s of CPU")
    text = verdict(error, model)
    figure.suptitle(text, fontsize=11, weight="bold", y=0.985)
    return figure, (
        f"Grid of label errors, cutoff against k-points. At {cutoff} Ry and {mesh:.0f}³ k-points the {what} of the "
        f"label is off by {error:.1f} {unit}, at {seconds:.1f} s of CPU; the model by {model:.0f}. {text}"
    )
