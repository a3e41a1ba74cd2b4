"""Four ports of RANN's radial features for notebook 05. Each has one mistake: find it by experiment before you read on.

All take positions (atoms, 3) in Å without periodic images, r_e, r_c and the width of the cutoff in Å, the list alpha,
and the lowest and the highest power o and n.
"""

import numpy as np


def cutoff(r, r_c, width):
    """RANN's cutoff function. This one is right."""
    x = np.clip((r_c - r) / width, 0, 1)
    return (1 - (1 - x) ** 4) ** 2


def north(positions, r_e, r_c, width, alpha, o, n):
    squares = np.linspace(0, r_c**2, 5001)  # a table saves time: no square root, no powers
    table = cutoff(np.sqrt(squares), r_c, width)
    rows = np.zeros((len(positions), n - o + 1))
    for i in range(len(positions)):
        for j in range(len(positions)):
            if i != j:
                r = np.linalg.norm(positions[j] - positions[i])
                fade = np.interp(r, squares, table, right=0.0)
                for p in range(o, n + 1):
                    rows[i, p - o] += (r / r_e) ** p * np.exp(-alpha[p - o] * r / r_e) * fade
    return rows


def east(positions, r_e, r_c, width, alpha, o, n):
    r = np.linalg.norm(positions[None, :] - positions[:, None], axis=-1)
    columns = []
    for p in range(o, n + 1):
        terms = (r / r_e) ** p * np.exp(-alpha[p - o] * r / r_e) * cutoff(r, r_c, width)
        columns.append(terms.sum(axis=1))
    return np.stack(columns, axis=1)


def south(positions, r_e, r_c, width, alpha, o, n):
    rows = np.zeros((len(positions), n - o + 1))
    for i in range(len(positions)):
        for j in range(len(positions) - 1):
            if i != j:
                r = np.linalg.norm(positions[j] - positions[i])
                for p in range(o, n + 1):
                    rows[i, p - o] += (r / r_e) ** p * np.exp(-alpha[p - o] * r / r_e) * cutoff(r, r_c, width)
    return rows


def west(positions, r_e, r_c, width, alpha, o, n):
    rows = []
    for i in range(len(positions)):
        r = np.linalg.norm(np.delete(positions, i, axis=0) - positions[i], axis=1)
        row = []
        for p in range(o, n):
            row.append(((r / r_e) ** p * np.exp(-alpha[p - o] * r / r_e) * cutoff(r, r_c, width)).sum())
        rows.append(row)
    return np.array(rows)
