"""Linear potentials by body order and ridge: the errors along the ridge, and the equation of state of one of them.

    c(λ) = (XᵀX + λ 1)⁻¹ Xᵀy = Σ_i v_i (v_i · Xᵀy)/(λ_i + λ),     XᵀX v_i = λ_i v_i

The eigenvalues are found once for a set of columns; after that every ridge is one division. The rows are computed in
the notebook: ``Dials(draw, **dials)`` with ``draw, dials = linear_fits(data, test, curves, bodies)``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure

from ...models.linear import ridge_solution
from ..colours import BLUE, GREEN, GREY, VERMILLION
from ..panel import Dial, Pick

EXPONENTS = np.arange(-15, 1)  # log₁₀ λ, in units of the mean diagonal element of XᵀX
LOOKS = [(BLUE, "-", "o"), (VERMILLION, "--", "s"), (GREEN, "-.", "^")]
HIGHEST = 200.0  # % of the force: where the left picture ends


@dataclass(frozen=True, eq=False)
class Rows:
    """What every coefficient alone predicts of some structures, the constant first, and what is known of them.

    ===============  ============================  ===========
    field            shape                         unit
    ===============  ============================  ===========
    energy           (structures, coefficients)    eV per atom
    energy_labels    (structures,)                 eV per atom
    forces           (components, coefficients)    eV/Å
    force_labels     (components,)                 eV/Å
    ===============  ============================  ===========
    """

    energy: np.ndarray
    energy_labels: np.ndarray
    forces: np.ndarray
    force_labels: np.ndarray

    def weighted(self, energy: float, forces: float) -> tuple[np.ndarray, np.ndarray]:
        """X and y: energies times √(c_E/number), forces times √(c_F/number); a weight of 0 leaves its rows out."""
        parts = []
        for x, y, weight in ((self.energy, self.energy_labels, energy), (self.forces, self.force_labels, forces)):
            factor = np.sqrt(weight / len(y))
            parts += [(factor * x, factor * y)] if weight else []
        return np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts])


class Fit:
    """All ridges of one set of columns: ``evidence`` is the log₁₀ λ that the data themselves choose."""

    def __init__(self, training: Rows, columns: np.ndarray, weights: Sequence[float]):
        x, y = training.weighted(*weights)
        x, self.columns, self.n_rows = x[:, columns], columns, len(y)
        gram, moment = x.T @ x, x.T @ y
        self.unit = gram.diagonal().mean()
        values, self.vectors = np.linalg.eigh(gram)
        self.values, self.projected = values.clip(min=0), self.vectors.T @ moment
        _, ridge = ridge_solution(torch.from_numpy(gram), torch.from_numpy(moment), float(y @ y), len(y))
        self.evidence = np.log10(ridge)

    def coefficients(self, exponent: float) -> np.ndarray:
        return self.vectors @ (self.projected / (self.values + 10.0**exponent * self.unit))

    def force_error(self, rows: Rows, exponent: float) -> float:
        """Root mean square error of a force component, in % of the root mean square force."""
        error = rows.forces[:, self.columns] @ self.coefficients(exponent) - rows.force_labels
        return 100 * np.sqrt(np.mean(error**2) / np.mean(rows.force_labels**2))


def linear_fits(
    data: Mapping[str, tuple[Rows, float, float]], test: Rows,
    curves: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]], bodies: np.ndarray,
) -> tuple[Callable[..., tuple[Figure, str]], dict[str, Dial | Pick]]:  # fmt: skip
    """The function that draws, and its dials.

    Parameters
    ----------
    data
        What may be fitted to: rows, and the weights of their energies (1/eV²) and forces (Å²/eV²).
    test
        New structures.
    curves
        For up to three crystals, the lowest first: volumes (Å³ per atom), the reference's energies (eV per atom) and
        the rows of the energies (volumes, coefficients).
    bodies
        Of every coefficient (coefficients,): how many atoms its feature speaks of; 1 for the constant.
    """
    fits, paths = {}, {}
    for n in range(2, bodies.max() + 1):
        for name, (training, *weights) in data.items():
            fits[n, name] = fit = Fit(training, bodies <= n, weights)
            errors = [[fit.force_error(rows, e) for e in EXPONENTS] for rows in (training, test)]
            paths[n, name] = np.array(errors)
    names = list(curves)
    zero = min(curves[names[0]][1])

    def draw(body: int, exponent: float, rows: str) -> tuple[Figure, str]:
        fit = fits[body, rows]
        figure = plt.figure(figsize=(7.6, 3.9))  # places by hand: a layout that is computed takes twice as long
        errors, states = figure.add_axes([0.1, 0.15, 0.36, 0.7]), figure.add_axes([0.58, 0.15, 0.4, 0.7])
        now = [fit.force_error(part, exponent) for part in (data[rows][0], test)]
        _draw_errors(errors, paths[body, rows], fit.evidence, exponent, now)
        errors.set_title(f"{len(fit.projected)} coefficients, {fit.n_rows} equations", fontsize=9)
        lowest = {}
        for name, (colour, line, marker) in zip(names, LOOKS, strict=False):
            volumes, known, x = curves[name]
            predicted = x[:, fit.columns] @ fit.coefficients(exponent) - zero
            states.plot(volumes, predicted, line, color=colour, label=name)
            states.plot(volumes, known - zero, marker, color=colour, mfc="white", ms=6)
            lowest[name] = predicted.min()
        top = max(max(known) for _, known, _ in curves.values()) - zero
        states.set(xlabel="volume (Å³ per atom)", ylabel="energy (eV per atom)", ylim=(-0.5 * top, 1.5 * top))
        states.legend(loc="lower left", fontsize=8, ncols=3, columnspacing=1, handlelength=1.6)
        states.set_title("lines: the fit; markers: DFT", fontsize=9)
        return figure, _alt(body, exponent, rows, fit, now, lowest)

    dials = {
        "body": Dial("Bodies, at most", 2, int(bodies.max()), 1, start=3),
        "exponent": Dial("Ridge: log10 λ", int(EXPONENTS[0]), 0, 1, start=-8),
        "rows": Pick("Fitted to", list(data)),
    }
    return draw, dials


def _draw_errors(axes: plt.Axes, path: np.ndarray, evidence: float, exponent: float, now: list[float]) -> None:
    for errors, label, (colour, line, marker), value in zip(path, ("fitted", "new"), LOOKS, now, strict=False):
        axes.plot(EXPONENTS, errors, line, color=colour, label=f"{label} structures: {value:.0f} %")
        beyond = value > HIGHEST
        axes.plot(exponent, HIGHEST if beyond else value, "^" if beyond else marker, color=colour, ms=8, clip_on=False)
    axes.axvline(max(evidence, EXPONENTS[0]), color=GREY, ls=":", lw=2, label="chosen by the evidence")
    axes.set(xlabel="log₁₀ λ", ylabel="force error (% of the force)", yscale="log", ylim=(2, HIGHEST))
    axes.set_yticks([5, 10, 20, 50, 100, 200], ["5", "10", "20", "50", "100", "200"])
    axes.set_yticks([], minor=True)
    axes.legend(loc="lower center", fontsize=8)


def _alt(body: int, exponent: float, rows: str, fit: Fit, now: list[float], lowest: Mapping[str, float]) -> str:
    order = ", ".join(f"{name} {round(lowest[name], 2) + 0.0:+.2f}" for name in sorted(lowest, key=lowest.get))
    return (
        f"Functions of at most {body} bodies fitted to {rows}, {len(fit.projected)} coefficients, λ = 1e{exponent:g}. "
        f"Force error {now[0]:.0f} % on the fitted structures, {now[1]:.0f} % on new ones; the evidence chooses "
        f"λ = 1e{fit.evidence:.0f}. Lowest energies of the fitted curves in eV per atom, above the lowest of diamond "
        f"in DFT: {order}."
    )
