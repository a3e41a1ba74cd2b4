"""The classical potential of Stillinger and Weber, used to draw melts and glasses before there was a potential of ours.

E = Σ_{pairs} φ₂(r) + Σ_{triplets} λ ε (cos θ_jik + 1/3)² g(r_ij) g(r_ik)

φ₂(r) = A ε [B (σ/r)⁴ − 1] exp(σ/(r − aσ)),   g(r) = exp(γ σ/(r − aσ)),   both zero beyond aσ

Source: F. H. Stillinger and T. A. Weber, Phys. Rev. B 31, 5262 (1985), doi:10.1103/PhysRevB.31.5262, scaled to the
cohesive energy of silicon, ε = 2.1683 eV.
"""

from __future__ import annotations

import ase
import numpy as np
from ase import units
from ase.calculators.calculator import Calculator, all_changes
from ase.md.langevin import Langevin
from ase.neighborlist import neighbor_list

EPSILON, SIGMA, RANGE, LAMBDA, GAMMA = 2.1683, 2.0951, 1.80, 21.0, 1.20  # eV, Å, a, λ, γ
A, B = 7.049556277, 0.6022245584


class StillingerWeber(Calculator):
    """Energy (eV) and forces (eV/Å) for ASE."""

    implemented_properties = ("energy", "forces", "free_energy")

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        cutoff, count = RANGE * SIGMA, len(atoms)
        centre, neighbour, distance, vector = neighbor_list("ijdD", atoms, cutoff * (1 - 1e-9))
        inverse = SIGMA / (distance - cutoff)
        pair_energy, pair_slope = pairs(distance, inverse)
        angle_energy, (b, c), (slope_b, slope_c) = triplets(centre, distance, vector, inverse, count)
        gradient = 0.5 * pair_slope[:, None] * vector / distance[:, None]
        np.add.at(gradient, b, slope_b)
        np.add.at(gradient, c, slope_c)
        forces = np.zeros((count, 3))
        np.add.at(forces, centre, gradient)
        np.add.at(forces, neighbour, -gradient)
        energy = 0.5 * pair_energy.sum() + angle_energy
        self.results = {"energy": energy, "free_energy": energy, "forces": forces}


def pairs(distance, inverse):
    """φ₂ and its derivative; ``inverse`` is σ/(r − aσ)."""
    power = (SIGMA / distance) ** 4
    decay = np.exp(inverse)
    decay_slope = -decay * SIGMA / (distance - RANGE * SIGMA) ** 2
    bracket = A * EPSILON * (B * power - 1)
    bracket_slope = -A * EPSILON * B * 4 * power / distance
    return bracket * decay, bracket_slope * decay + bracket * decay_slope


def triplets(centre, distance, vector, inverse, count):
    """Energy of the angles, the two edges b, c of every angle, and the derivatives by their vectors."""
    end = np.cumsum(np.bincount(centre, minlength=count))
    edges = np.arange(len(centre))
    later = end[centre] - edges - 1  # edges of the same centre that come after this one
    b = np.repeat(edges, later)
    c = b + 1 + np.arange(later.sum()) - np.repeat(np.cumsum(later) - later, later)
    g = np.exp(GAMMA * inverse)
    g_slope = -g * GAMMA * SIGMA / (distance - RANGE * SIGMA) ** 2
    cosine = (vector[b] * vector[c]).sum(1) / (distance[b] * distance[c])
    x = cosine + 1 / 3
    strength = LAMBDA * EPSILON
    energy = strength * (x**2 * g[b] * g[c]).sum()
    by_cosine = 2 * strength * x * g[b] * g[c]

    def slope(one, other):
        along = strength * x**2 * g_slope[one] * g[other] - by_cosine * cosine / distance[one]
        across = by_cosine / (distance[one] * distance[other])
        return along[:, None] * vector[one] / distance[one][:, None] + across[:, None] * vector[other]

    return energy, (b, c), (slope(b, c), slope(c, b))


def snapshots(crystal, temperatures, equilibration: int, count: int, every: int, generator) -> list[ase.Atoms]:
    """Melt a crystal at 5000 K and draw ``count`` configurations at each temperature in turn, from one trajectory."""
    atoms = crystal.copy()
    atoms.calc = StillingerWeber()
    atoms.positions += generator.normal(0, 0.1, atoms.positions.shape)
    thermal = np.sqrt(units.kB * 5000 / atoms.get_masses()[:, None])
    atoms.set_velocities(generator.normal(size=(len(atoms), 3)) * thermal)
    options = {"friction": 0.02 / units.fs, "rng": generator, "fixcm": False}
    dynamics = Langevin(atoms, 2.0 * units.fs, temperature_K=5000, **options)
    dynamics.run(equilibration)  # forget the crystal
    drawn = []
    for temperature in temperatures:
        dynamics.set_temperature(temperature_K=temperature)
        dynamics.run(equilibration)
        for _ in range(count):
            dynamics.run(every)
            copy = ase.Atoms(atoms.symbols, cell=atoms.cell, pbc=True, positions=atoms.positions)
            copy.wrap()
            copy.info["md_T"] = float(temperature)
            drawn.append(copy)
    return drawn
