"""A Gaussian process on a curve: drag the training points and the length scale, and look at mean, band and evidence.

A Morse bond E(r), some energies of it, with or without the forces F = −dE/dr, and what a process of the kernel

    k(r, r') = δ² exp(−(r − r')²/2ℓ²)

makes of them. :func:`draw_gaussian_process` draws it; the explorable is ``Dials(draw_gaussian_process, **DIALS)``.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from ..colours import BLUE, GREY, VERMILLION
from ..panel import Dial, Pick

DEPTH, LENGTH, STEEPNESS = 2.2, 2.35, 1.4  # eV, Å, 1/Å: a bond much like that of silicon
SIGNAL = 2.0  # δ in eV
NOISE = 0.02  # of a label, eV or eV/Å
FIXED = (1.95, 4.5)  # Å: two points that stay where they are
GRID = np.linspace(1.8, 4.8, 121)
LENGTHS = np.geomspace(0.1, 3.0, 40)
ENERGIES, BOTH = "energies", "energies and forces"
DIALS = {
    "first": Dial("Point A", 1.8, 4.8, 0.05, start=2.4, unit="Å"),
    "second": Dial("Point B", 1.8, 4.8, 0.05, start=2.9, unit="Å"),
    "third": Dial("Point C", 1.8, 4.8, 0.05, start=3.5, unit="Å"),
    "length": Dial("Length scale ℓ", 0.1, 3.0, 0.05, start=0.6, unit="Å"),
    "labels": Pick("Learn from", [ENERGIES, BOTH]),
}


def bond(r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Energy D [(1 − e^{−a (r − r₀)})² − 1] in eV and force −dE/dr in eV/Å of the bond at r (Å)."""
    decay = np.exp(-STEEPNESS * (np.asarray(r) - LENGTH))
    return DEPTH * ((1 - decay) ** 2 - 1), -2 * DEPTH * STEEPNESS * decay * (1 - decay)


def covariance(
    r: np.ndarray, is_force: np.ndarray, other: np.ndarray, other_is_force: np.ndarray, length: float
) -> np.ndarray:
    """Covariances (r, other) of energies and forces at two sets of places.

    ⟨E E'⟩ = k,     ⟨F E'⟩ = −∂k/∂r = u k/ℓ,     ⟨F F'⟩ = ∂²k/∂r∂r' = (1 − u²) k/ℓ²,     u = (r − r')/ℓ
    """
    u = (r[:, None] - other) / length
    k = SIGNAL**2 * np.exp(-(u**2) / 2)
    of_energy = np.where(other_is_force, -u / length, 1.0)
    of_force = np.where(other_is_force, (1 - u**2) / length**2, u / length)
    return k * np.where(is_force[:, None], of_force, of_energy)


def learn(places: np.ndarray, labels: str, length: float, at: np.ndarray = GRID) -> dict:
    """Mean and deviation of E (eV) at the radii ``at``, and the log evidence, from labels at ``places`` (Å)."""
    places, at = np.asarray(places, float), np.asarray(at, float)
    energy, force = bond(places)
    y = np.concatenate([energy, force]) if labels == BOTH else energy
    r = np.tile(places, len(y) // len(places))
    is_force = np.arange(len(y)) >= len(places)
    factor = np.linalg.cholesky(covariance(r, is_force, r, is_force, length) + NOISE**2 * np.eye(len(y)))
    cross = covariance(at, np.zeros(len(at), bool), r, is_force, length)
    z, spread = np.linalg.solve(factor, y), np.linalg.solve(factor, cross.T)
    variance = SIGNAL**2 - (spread**2).sum(axis=0)
    evidence = -0.5 * z @ z - np.log(np.diag(factor)).sum() - 0.5 * len(y) * np.log(2 * np.pi)
    return {"mean": z @ spread, "deviation": np.sqrt(np.maximum(variance, 0)), "evidence": float(evidence)}


def draw_gaussian_process(first: float, second: float, third: float, length: float, labels: str) -> tuple[Figure, str]:
    """The curve that is learnt and its band, and the evidence for every length scale; with alt text."""
    places = np.array([*FIXED, first, second, third])
    truth, energies = bond(GRID)[0], bond(places)[0]
    found = learn(places, labels, length)
    evidence = [learn(places, labels, scale, GRID[:1])["evidence"] for scale in LENGTHS]
    best = LENGTHS[np.argmax(evidence)]
    mean, band = found["mean"], 2 * found["deviation"]
    inside = np.mean(np.abs(mean - truth) <= band + 1e-9)
    figure = plt.figure(figsize=(7.6, 3.6))
    curve, scale = figure.add_axes([0.09, 0.16, 0.52, 0.7]), figure.add_axes([0.73, 0.16, 0.25, 0.7])
    curve.fill_between(GRID, mean - band, mean + band, color=BLUE, alpha=0.2, lw=0, label="mean ± 2σ")
    curve.plot(GRID, mean, color=BLUE, label="mean")
    curve.plot(GRID, truth, "--", color=GREY, label="the bond")
    curve.plot(places, energies, "o", color=VERMILLION, ms=6, label="labels")
    if labels == BOTH:
        step = 0.15 * np.array([[-1], [1]])
        curve.plot(places + step, energies - bond(places)[1] * step, color=VERMILLION, lw=2)
    for name, place, energy in zip("ABC", places[2:], energies[2:], strict=True):
        curve.annotate(name, (place, energy), (0, 7), textcoords="offset points", ha="center", weight="bold")
    curve.set(xlabel="r (Å)", ylabel="energy (eV)", xlim=(GRID[0], GRID[-1]), ylim=(-4.2, 3.4))
    curve.legend(loc="upper right", fontsize=8, ncols=2, frameon=False)
    curve.set_title(f"the bond lies in the band over {100 * inside:.0f} % of the range", fontsize=9)
    lowest = max(min(evidence), max(evidence) - 40) - 2
    scale.plot(LENGTHS, evidence, color=GREY)
    seen = found["evidence"] > lowest + 1.5  # else an arrow at the lower end
    scale.plot([length], [found["evidence"] if seen else lowest + 1.5], "o" if seen else "v", color=BLUE)
    scale.axvline(best, color=GREY, ls=":")
    scale.set(xscale="log", xlabel="length scale ℓ (Å)", ylabel="log evidence", ylim=(lowest, max(evidence) + 3))
    scale.set_xticks([0.1, 0.3, 1, 3], ["0.1", "0.3", "1", "3"])
    scale.set_title(f"best ℓ: {best:.2f} Å", fontsize=9)
    alt = (
        f"Left, a bond's energy against r, five labels of {labels}, and a Gaussian process of ℓ = {length:.2f} Å: the "
        f"bond lies within two σ over {100 * inside:.0f} % of the range; the widest σ is "
        f"{found['deviation'].max():.2f} eV. Right, log evidence {found['evidence']:.1f}, highest at ℓ = {best:.2f} Å."
    )
    return figure, alt
