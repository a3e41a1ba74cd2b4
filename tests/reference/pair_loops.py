"""The energies of pairs with loops: two ends, and every atom near both."""

from math import exp, sqrt

import numpy as np

from .acsf_loops import cutoff_function
from .neighbours_loops import neighbours


def silu(x):
    return x / (1 + np.exp(-x))


def gaussians(r, f):
    n, r_min = f.options["n_basis"], f.options["r_min"]
    step, width = (f.cutoff - r_min) / max(n - 1, 1), (f.cutoff - r_min) / n
    return [exp(-0.5 * ((r - r_min - k * step) / width) ** 2) for k in range(n)]


def pair_energy(i, species_j, r_j, species, positions, found, f):
    """E_ij of atom i and the atom at ``r_j``, looking for k among all neighbours of i."""
    r_ij = np.linalg.norm(r_j - positions[i])
    crowd = {element: np.zeros(f.options["n_basis"]) for element in f.elements}
    for centre, k, _, vector in found:
        r_jk = np.linalg.norm(positions[i] + vector - r_j)
        if centre == i and r_jk > 1e-8:
            r_ik = np.linalg.norm(vector)
            fade = cutoff_function(r_ik, f.cutoff) * cutoff_function(r_jk, f.cutoff)
            crowd[str(species[k])] += fade * np.array(gaussians(0.5 * (r_ik + r_jk), f))
    a = np.concatenate([gaussians(r_ij, f), *crowd.values()])
    a[f.options["n_basis"] :] /= sqrt(f.options["n_neighbours"])
    network = f.networks["-".join(sorted((str(species[i]), species_j), key=f.elements.index))]
    weights = [weight.detach().numpy() for weight in network.weights]
    for weight, bias in zip(weights, network.biases, strict=False):
        a = silu(weight @ a + bias.detach().numpy())
    return float((weights[-1] @ a)[0]) * cutoff_function(r_ij, f.cutoff)


def fingerprint(system, f):
    """½ Σ_j E_ij of every atom."""
    positions, species = np.array(system.positions), system.species
    found = neighbours(positions, system.cell, system.pbc, f.cutoff)
    return [
        [
            0.5 * sum(
                pair_energy(i, str(species[j]), positions[i] + v, species, positions, found, f)
                for centre, j, _, v in found if centre == i
            )
        ]
        for i in range(len(species))
    ]  # fmt: skip
