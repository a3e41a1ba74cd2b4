"""A few boxes of atoms that the tests share."""

import numpy as np

from mlip_edu import AtomicSystem

DIAMOND = np.array(
    [[0, 0, 0], [1, 1, 1], [0, 2, 2], [1, 3, 3], [2, 0, 2], [3, 1, 3], [2, 2, 0], [3, 3, 1]]
)  # quarters of the cubic cell


def spread_out(rng, n_atoms, cell, pbc=(True, True, True), closest=1.7):
    """Random positions in a cell, no two atoms (or images) nearer than ``closest`` Å."""
    images = np.array([[i, j, k] for i in (-2, -1, 0, 1, 2) for j in (-2, -1, 0, 1, 2) for k in (-2, -1, 0, 1, 2)])
    offsets = images[(images[:, ~np.array(pbc, bool)] == 0).all(1)] @ np.array(cell, float)
    positions = []
    while len(positions) < n_atoms:
        new = rng.random(3) @ cell
        if all(np.linalg.norm(new - old + offsets, axis=1).min() > closest for old in positions):
            positions.append(new)
    return np.array(positions)


def diamond(elements=("Si",), noise=0.12, seed=1, side=5.43):
    """Eight atoms on a diamond lattice, shaken."""
    rng = np.random.default_rng(seed)
    positions = DIAMOND * side / 4 + noise * rng.standard_normal((8, 3))
    return AtomicSystem(positions, side * np.eye(3), np.resize(elements, 8))


def tiny_skewed(elements=("Si",)):
    """Two atoms in a strongly skewed cell far smaller than the cutoffs."""
    cell = [[2.9, 0.1, 0.0], [4.1, 2.7, 0.2], [-3.3, 2.5, 3.1]]
    return AtomicSystem([[0.1, -0.2, 0.3], [1.4, 1.9, 1.2]], cell, np.resize(elements, 2))


def skewed(elements=("Si",), n_atoms=6, seed=2):
    """A few atoms, somewhat outside a skewed cell."""
    rng = np.random.default_rng(seed)
    cell = np.array([[5.2, 0.3, 0.0], [2.4, 4.9, -0.2], [-1.9, 1.7, 5.5]])
    positions = spread_out(rng, n_atoms, cell) + rng.integers(-2, 3, (n_atoms, 3)) @ cell
    return AtomicSystem(positions, cell, np.resize(elements, n_atoms))


def slab(elements=("Si",), seed=3):
    """Periodic along a and b only, and no third cell vector."""
    rng = np.random.default_rng(seed)
    cell = np.array([[4.6, 0.0, 0.0], [1.4, 4.8, 0.3], [0.0, 0.0, 5.0]])
    positions = spread_out(rng, 5, cell, (True, True, False))
    return AtomicSystem(positions, cell * [[1], [1], [0]], np.resize(elements, 5), (True, True, False))


def molecule(elements=("Si",), n_atoms=5, seed=4):
    """Some atoms in empty space, without a cell."""
    rng = np.random.default_rng(seed)
    positions = spread_out(rng, n_atoms, 4.2 * np.eye(3), (False, False, False))
    return AtomicSystem(positions, np.zeros((3, 3)), np.resize(elements, n_atoms), False)


def lone_atom(element="Si", pbc=False):
    return AtomicSystem([[0.3, 0.2, 0.1]], 50 * np.eye(3), [element], pbc)


def rotation(seed=5):
    """A random rotation matrix; vectors turn as rows, r @ Rᵀ."""
    q, r = np.linalg.qr(np.random.default_rng(seed).standard_normal((3, 3)))
    q = q * np.sign(np.diag(r))
    return q if np.linalg.det(q) > 0 else -q


def changed(system, **changes):
    """The same system with some fields replaced."""
    names = (
        "positions",
        "cell",
        "species",
        "pbc",
        "energy",
        "forces",
        "stress",
        "energy_weight",
        "force_weight",
        "info",
    )
    return AtomicSystem(**({name: getattr(system, name) for name in names} | changes))
