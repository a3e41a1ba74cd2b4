"""Figures of a training, as matplotlib figures without a window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from ..learning.report import system_errors
from ..learning.splits import PARTS, Split
from ..models import Potential
from ..systems import AtomicSystem

# Okabe and Ito's colours with a marker and a line style each, so that no meaning hangs on colour alone
STYLES = {"train": ("#0072B2", "o", "-"), "validation": ("#E69F00", "s", "--"), "test": ("#D55E00", "^", "-.")}


def parity_figure(potential: Potential, systems: Sequence[AtomicSystem], split: Split) -> Figure:
    """Predicted against reference: energies per atom (relative to the mean) and force components."""
    errors = system_errors(potential, systems)
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    energy_axes, force_axes = figure.subplots(1, 2)
    known = [s.energy / len(s) for s in systems if s.energy is not None]
    zero = float(np.mean(known)) if known else 0.0
    for part in PARTS:
        indices = getattr(split, part)
        colour, marker, _ = STYLES[part]
        style = {"s": 12, "c": colour, "marker": marker, "alpha": 0.6, "label": part, "linewidths": 0}
        with_energy = [k for k in indices if "energy" in errors[k]]
        if with_energy:
            reference = np.array([systems[k].energy / len(systems[k]) - zero for k in with_energy])
            energy_axes.scatter(reference, reference + [errors[k]["energy"] for k in with_energy], **style)
        with_forces = [k for k in indices if "forces" in errors[k]]
        if with_forces:
            reference = np.concatenate([systems[k].forces.ravel() for k in with_forces])
            difference = np.concatenate([errors[k]["forces"].ravel() for k in with_forces])
            force_axes.scatter(reference, reference + difference, rasterized=True, **(style | {"s": 4}))
    for axes, what, unit in ((energy_axes, "energy", "eV/atom"), (force_axes, "force component", "eV/Å")):
        low, high = axes.get_xlim()
        axes.plot([low, high], [low, high], color="0.3", lw=0.8, zorder=0)
        axes.set(xlabel=f"reference {what} ({unit})", ylabel=f"predicted {what} ({unit})", aspect="equal")
        if axes.collections:
            axes.legend(frameon=False)
    return figure


def learning_curve_figure(history: Sequence[Mapping[str, float]]) -> Figure:
    """Loss and validation errors against epoch, logarithmic."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    loss_axes, error_axes = figure.subplots(1, 2)
    epochs = [row["epoch"] for row in history]
    loss_axes.plot(
        epochs, [row["training_loss"] for row in history], STYLES["train"][2], c=STYLES["train"][0], label="train"
    )
    examined = [row for row in history if "loss" in row and "energy" in row]
    if examined:
        epochs = [row["epoch"] for row in examined]
        colour, _, line = STYLES["validation"]
        loss_axes.plot(epochs, [row["loss"] for row in examined], line, c=colour, label="validation")
        error_axes.plot(epochs, [1000 * row["energy"] for row in examined], "-", c="#0072B2", label="energy (meV/atom)")
        if "forces" in examined[0]:
            forces = [1000 * row["forces"] for row in examined]
            error_axes.plot(epochs, forces, "--", c="#D55E00", label="force (meV/Å)")
        error_axes.set(xlabel="epoch", ylabel="mean absolute validation error", yscale="log")
        error_axes.legend(frameon=False)
    else:
        error_axes.set_axis_off()
    loss_axes.set(xlabel="epoch", ylabel="loss", yscale="log")
    loss_axes.legend(frameon=False)
    return figure
