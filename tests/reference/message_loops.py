"""Message passing, NequIP and Allegro with loops over atoms, neighbours and channels.

Harmonics and coupling coefficients are those of e3nn, whose axes are ours in the order y, z, x.
"""

import numpy as np
import torch
from ase.data import atomic_numbers
from e3nn import o3

from .acsf_loops import cutoff_function
from .neighbours_loops import neighbours

COUPLING = {
    (a, b, c): o3.wigner_3j(a, b, c, dtype=torch.float64).numpy() * (2 * c + 1) ** 0.5
    for a in range(3) for b in range(3) for c in range(abs(a - b), min(2, a + b) + 1)
}  # fmt: skip


def harmonics(vector):
    """kind → (2l + 1,) of one vector."""
    x, y, z = vector
    vector = torch.tensor([y, z, x], dtype=torch.float64)
    return {kind: o3.spherical_harmonics(kind, vector, True, "component").numpy() for kind in ("0e", "1o", "2e")}


def array(parameter):
    return parameter.detach().double().numpy()


def silu(x):
    return x / (1 + np.exp(-x))


def layers(network, a):
    for weight, bias in zip(network.weights, network.biases, strict=False):
        a = silu(array(weight) @ a + array(bias))
    return array(network.weights[-1]) @ a


def bessel(r, rc, n_basis):
    return np.array([rc / r * np.sin(n * np.pi * r / rc) for n in range(1, n_basis + 1)])


def filter_of(radial, r):
    return cutoff_function(r, radial.cutoff) * layers(radial.network, bessel(r, radial.cutoff, radial.n_basis))


def setting(system, fingerprint):
    """Edges (i, j, r, vector), the number of each atom's element, and √n̄."""
    found = neighbours(system.positions, system.cell, system.pbc, fingerprint.cutoff)
    edges = [(i, j, float(np.linalg.norm(v)), np.array(v)) for i, j, _, v in found]
    elements = sorted(fingerprint.elements, key=lambda e: atomic_numbers[e])
    return edges, [elements.index(str(s)) for s in system.species], fingerprint.options["n_neighbours"] ** 0.5


def message_passing(system, fingerprint):
    edges, element, root = setting(system, fingerprint)
    start = x = [array(fingerprint.embedding)[e] for e in element]
    for layer, radial in enumerate(fingerprint.filters):
        before, inner, after = (array(m[layer]) for m in (fingerprint.before, fingerprint.inner, fingerprint.after))
        messages = [np.zeros(fingerprint.width) for _ in element]
        for i, j, r, _ in edges:
            messages[i] = messages[i] + (before @ x[j]) * filter_of(radial, r) / root
        x = [own + after @ silu(inner @ m) for own, m in zip(x, messages, strict=True)]
    return [list(after - before) for after, before in zip(x, start, strict=True)]


def products(v, y, wanted):
    """kind → list of one (2l + 1,) for each path and channel; ``y`` is a dictionary, or one for each channel."""
    result = {}
    for c in wanted:
        for a in v:
            for b in ("0e", "1o", "2e"):
                degrees = tuple(int(kind[0]) for kind in (a, b, c))
                parity = {"e": 1, "o": -1}
                if degrees not in COUPLING or parity[a[1]] * parity[b[1]] != parity[c[1]]:
                    continue
                for channel, entries in enumerate(v[a]):
                    other = y[b] if isinstance(y, dict) else y[channel][b]
                    result.setdefault(c, []).append(np.einsum("m,n,mno->o", entries, other, COUPLING[degrees]))
    return result


def mixed(mixing, v):
    return {kind: list(array(matrix) @ np.array(v[kind])) for kind, matrix in mixing.matrices.items()}


def nequip(system, fingerprint):
    edges, element, root = setting(system, fingerprint)
    v = [{"0e": [np.array([x]) for x in array(fingerprint.embedding)[e]]} for e in element]
    start = [[float(s[0]) for s in own["0e"]] for own in v]
    for number, layer in enumerate(fingerprint.interactions):
        wanted = fingerprint.options["kinds"] if number < fingerprint.layers - 1 else ["0e"]
        sums = [{} for _ in element]
        for i, j, r, vector in edges:
            message, weights = products(v[j], harmonics(vector), wanted), list(filter_of(layer.radial, r))
            for kind, parts in message.items():
                for k, part in enumerate(parts):
                    sums[i].setdefault(kind, [0.0] * len(parts))
                    sums[i][kind][k] = sums[i][kind][k] + weights.pop(0) * part / root
            assert not weights
        for i, total in enumerate(sums):
            if not total:
                continue
            new, n = mixed(layer.mixing, total), fingerprint.width
            others = [kind for kind in new if kind != "0e"]
            update = {"0e": [silu(s) for s in new["0e"][:n]]}
            for g, kind in enumerate(others, start=1):
                gates = new["0e"][g * n : (g + 1) * n]
                update[kind] = [x / (1 + np.exp(-gate)) for x, gate in zip(new[kind], gates, strict=True)]
            for kind, entries in update.items():
                old = v[i].get(kind, [0.0] * n)
                v[i] = v[i] | {kind: [a + b for a, b in zip(old, entries, strict=True)]}
    return [[float(s[0]) - s0 for s, s0 in zip(own["0e"], before, strict=True)]
            for own, before in zip(v, start, strict=True)]  # fmt: skip


def allegro(system, fingerprint):
    edges, element, root = setting(system, fingerprint)
    unit, n = np.eye(len(fingerprint.elements)), fingerprint.options["channels"]

    def weighted(weights, y):
        parts = zip(("0e", "1o", "2e"), np.split(weights, 3), strict=True)
        return {kind: [w * y[kind] for w in part] for kind, part in parts}

    fade = [cutoff_function(r, fingerprint.cutoff) for _, _, r, _ in edges]
    y = [harmonics(vector) for *_, vector in edges]
    x, v = [], []
    for (i, j, r, _), u, own in zip(edges, fade, y, strict=True):
        radial = bessel(r, fingerprint.cutoff, fingerprint.options["n_basis"])
        x.append(u * layers(fingerprint.two_body, np.concatenate([unit[element[i]], unit[element[j]], radial])))
        v.append(weighted(array(fingerprint.first_weights) @ x[-1], own))
    for number, layer in enumerate(fingerprint.interactions):
        wanted = fingerprint.options["kinds"] if number < fingerprint.layers - 1 else ["0e"]
        around = [[{"0e": 0.0, "1o": 0.0, "2e": 0.0} for _ in range(n)] for _ in element]
        for (i, *_), scalars, own in zip(edges, x, y, strict=True):
            for kind, entries in weighted(array(layer.weights) @ scalars, own).items():
                for channel, entry in enumerate(entries):
                    around[i][channel][kind] = around[i][channel][kind] + entry / root
        for k, (i, *_) in enumerate(edges):
            result = products(v[k], around[i], wanted)
            scalars = np.concatenate([x[k], np.ravel(result["0e"])])
            x[k] = x[k] + fade[k] * layers(layer.latent, scalars)
            v[k] = mixed(layer.mixing, result)
    rows = np.zeros((len(element), fingerprint.width))
    for (i, *_), scalars in zip(edges, x, strict=True):
        rows[i] += scalars / root
    return rows.tolist()
