"""How many atoms a second a training step gets through, against the size of the batch; and where two devices cross.

    t(n) = t_0 + n/ρ          a step with n atoms: a fixed overhead, then so many atoms a second
    n* = (t_0' − t_0)/(1/ρ − 1/ρ')     the batch for which two devices take equally long

=========  ==================  ==========================================
symbol     variable            unit
=========  ==================  ==========================================
t_0        ``overhead``        s a step: operations × launch on a GPU
ρ          ``rate``            atoms/s, reached by very large batches
=========  ==================  ==========================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from ..colours import BLUE, GREY, VERMILLION


@dataclass(frozen=True)
class Line:
    """Overhead of a step in seconds, and atoms a second without it."""

    overhead: float
    rate: float

    @classmethod
    def fitted(cls, n_atoms: Sequence[float], seconds: Sequence[float]) -> Line:
        """The line nearest to measured times of a step, by relative errors; neither number falls below zero."""
        n, t = np.asarray(n_atoms, float), np.asarray(seconds, float)
        columns = np.stack([np.ones_like(n), n], axis=1) / t[:, None]
        overhead, slope = np.linalg.lstsq(columns, np.ones_like(t), rcond=None)[0]
        return cls(max(float(overhead), 0.0), 1 / max(float(slope), 1e-12))

    def seconds(self, n_atoms):
        return self.overhead + np.asarray(n_atoms, float) / self.rate

    def throughput(self, n_atoms):
        """Atoms a second."""
        return n_atoms / self.seconds(n_atoms)


def crossover(one: Line, other: Line) -> float | None:
    """Number of atoms for which both take equally long, None if one is quicker for every batch."""
    overhead, slope = other.overhead - one.overhead, 1 / one.rate - 1 / other.rate
    return overhead / slope if slope and overhead / slope > 0 else None


def draw_throughput(
    cpu: Line,
    operations: int,
    measured: dict[str, list],
    *,
    structure: float,
    batch: float,
    launch: float,
    factor: float,
) -> tuple[Figure, str]:
    """The figure of the explorable, and its alternative text.

    Parameters
    ----------
    cpu
        Fitted to what was measured on this machine's CPU.
    operations
        Operations of one training step, each a launch on a GPU.
    measured
        Name of a device to ([atoms in a batch], [seconds a step]), measured on this machine.
    structure, batch, launch, factor
        The dials: atoms in a structure, structures in a batch, µs a launch, rate of the imagined GPU over the CPU's.
    """
    gpu = Line(operations * launch * 1e-6, factor * cpu.rate)
    n, sizes = structure * batch, np.geomspace(4, 4e5, 121)
    figure = plt.figure(figsize=(7.6, 4.6))
    axes = figure.add_axes([0.1, 0.11, 0.88, 0.81])  # by hand: a layout that is computed takes three times as long
    for (name, (atoms, seconds)), look in zip(measured.items(), ("o", "s"), strict=False):
        axes.loglog(atoms, np.divide(atoms, seconds), look, color=BLUE, ms=6, label=f"{name}, measured here")
    axes.loglog(sizes, cpu.throughput(sizes), "-", color=BLUE, label="CPU, line fitted to it")
    axes.loglog(sizes, gpu.throughput(sizes), "--", color=VERMILLION, lw=2, label="imagined GPU: a prediction")
    axes.axvline(n, color=GREY, lw=1)
    axes.minorticks_off()  # a third of the time of drawing
    cross = crossover(cpu, gpu)
    if cross is not None and sizes[0] < cross < sizes[-1]:
        axes.plot(cross, gpu.throughput(cross), "*", ms=16, color="black", label=f"they cross at {cross:.0f} atoms")
    ratio = cpu.seconds(n) / gpu.seconds(n)
    axes.set(xlabel="atoms in a batch", ylabel="atoms a second", title=f"your batch: {n:g} atoms (grey line)")
    axes.legend(fontsize=8, loc="lower right")
    verdict = f"{ratio:.1f} times as fast as" if ratio >= 1 else f"{1 / ratio:.1f} times slower than"
    alt = (
        f"Atoms a second against atoms in a batch, both logarithmic: both curves rise and then level off. With {n:g} "
        f"atoms the imagined GPU is {verdict} the CPU; it needs {1000 * gpu.overhead:.2f} ms a step for launches alone."
    )
    return figure, alt
