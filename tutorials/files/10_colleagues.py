"""Five versions of g(r) for notebook 10, with one mistake each. Look at the figure first: this tells you all."""

import numpy as np


def five_curves(vectors, edges, volume):
    """g(r) as five colleagues compute it: names → (bins,).

    vectors (boxes, atoms, atoms, 3) in Å, nearest images; the first 8 of the 20 atoms are of one kind, 12 of another.
    """
    n = vectors.shape[1]
    lengths, own = np.linalg.norm(vectors, axis=-1), np.eye(n, dtype=bool)
    shells, r = 4 * np.pi / 3 * np.diff(edges**3), (edges[1:] + edges[:-1]) / 2

    def count(some):
        return np.histogram(some, edges)[0] / len(vectors)

    pairs, inside = count(lengths[:, ~own]), edges[1:] < volume ** (1 / 3) / 2 + 1e-6
    nothing = np.where(inside, 1.0, np.nan)
    return {
        "A": volume * pairs / (n * (n - 1) * 4 * np.pi * r**2) * nothing,  # the area of a sphere, no thickness
        "B": volume * count(lengths) / (n * (n - 1) * shells) * nothing,  # i–i counted
        "C": volume * pairs / (n * n * shells) * nothing,  # N for N − 1
        "D": volume * pairs / (n * (n - 1) * shells),  # nearest images only, beyond half of the box
        "E": volume * count(lengths[:, :8, 8:]) / (8 * n * shells) * nothing,  # all atoms for those of the kind
    }
