"""Figures of a training, as matplotlib figures without a window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from ..learning.report import system_errors
from ..learning.splits import PARTS, Split
from ..models import Potential
from ..systems import AtomicSystem
from .colours import AMBER, BLUE, GREEN, PURPLE, VERMILLION

# each colour with a marker or a line style of its own, so that no meaning hangs on colour alone
STYLES = {"train": (BLUE, "o", "-"), "validation": (AMBER, "s", "--"), "test": (VERMILLION, "^", "-.")}
CURVES = [(BLUE, "-"), (VERMILLION, "--"), (GREEN, "-."), ("black", ":"), (PURPLE, (0, (7, 2, 1, 2)))]


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
        error_axes.plot(epochs, [1000 * row["energy"] for row in examined], "-", c=BLUE, label="energy (meV/atom)")
        if "forces" in examined[0]:
            forces = [1000 * row["forces"] for row in examined]
            error_axes.plot(epochs, forces, "--", c=VERMILLION, label="force (meV/Å)")
        error_axes.set(xlabel="epoch", ylabel="mean absolute validation error", yscale="log")
        error_axes.legend(frameon=False)
    else:
        error_axes.set_axis_off()
    loss_axes.set(xlabel="epoch", ylabel="loss", yscale="log")
    loss_axes.legend(frameon=False)
    return figure


def radial_distribution_figure(curves: Mapping[str, Sequence[np.ndarray]]) -> Figure:
    """g(r) of one or more runs, each a name and r (Å), g, its standard error (a band; nan: none) and n(r)."""
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.axhline(1, color="0.6", lw=0.8, zorder=0)
    for k, (label, (r, g, error, *_)) in enumerate(curves.items()):
        colour, line = CURVES[k % len(CURVES)]
        axes.plot(r, g, color=colour, ls=line, lw=1.6, label=label)
        axes.fill_between(r, g - error, g + error, color=colour, alpha=0.3, lw=0)
    axes.set(xlabel="r (Å)", ylabel="g(r)", ylim=(0, None), xlim=(0, None))
    axes.legend(frameon=False)
    return figure


def thermo_figure(rows: Sequence[Mapping[str, float]]) -> Figure:
    """Temperature, and potential and total energy from their first values, against time in a run of dynamics."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    temperature_axes, energy_axes = figure.subplots(1, 2)
    time = [row["time"] / 1000 for row in rows]
    temperature_axes.plot(time, [row["temperature"] for row in rows], color=BLUE, lw=1)
    temperature_axes.set(xlabel="time (ps)", ylabel="temperature (K)")
    for name, colour, line in (("potential_energy", VERMILLION, "--"), ("total_energy", BLUE, "-")):
        energy = [row[name] - rows[0][name] for row in rows]
        energy_axes.plot(time, energy, line, color=colour, lw=1, label=name.replace("_", " "))
    energy_axes.set(xlabel="time (ps)", ylabel="change of energy (eV)")
    energy_axes.legend(frameon=False)
    return figure
