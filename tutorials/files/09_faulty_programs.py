"""Programs that are right on a CPU and in single precision, and wrong elsewhere. Each holds one planted fault or more."""

import torch


def energies_of_systems(features, system_of_atom, n_systems):
    """Energy of every system, (n_systems,); features (atoms, 3), one system number an atom."""
    weights = torch.tensor([0.5, -1.0, 2.0])
    per_atom = (features * weights).sum(dim=1)
    total = torch.zeros(n_systems)
    return total.index_add(0, system_of_atom, per_atom)


def largest_force(forces):
    """The length of the longest force, a number; forces (atoms, 3)."""
    lengths = (forces**2).sum(dim=1).sqrt()
    return lengths.numpy().max()


def seconds_of_one_launch(gpu):
    """How long one piece of work keeps the GPU busy."""
    start = gpu.clock()
    gpu.launch()
    return gpu.clock() - start
