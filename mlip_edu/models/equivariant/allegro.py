"""Allegro: tensors that live on ordered pairs of atoms, and never leave the sphere of their centre.

    x_ij = u(r_ij) MLP(1_Zi, 1_Zj, B(r_ij))                    scalars of the pair ij, at first
    V_ij = w(x_ij) Y(r̂_ij)                                     tensors of the pair ij, at first
    then, in every layer:
    T_ij = V_ij ⊗ (1/√n̄) Σ_k w(x_ik) Y(r̂_ik)                   the pair meets all neighbours k of the same centre i
    x_ij ← x_ij + u(r_ij) MLP(x_ij, scalars of T_ij)
    V_ij ← W T_ij
    D_i  = (1/√n̄) Σ_j x_ij                                     after all layers

With a linear network behind it the energy is the paper's sum of pair energies, E_i = Σ_j E_ij + E_0. A layer more makes
the dependence on the neighbours richer (one more factor in the product), yet nothing comes from beyond r_c: no index of
a neighbour is ever used to look anything up.

============  ============================  ========================================  ====
symbol        variable                      shape                                     unit
============  ============================  ========================================  ====
x             ``x``                         (edges, width)                            1
V             ``v``                         kind → (edges, channels, 2l + 1)          1
T             ``products``                  kind → (edges, paths · channels, 2l + 1)  1
(1/√n̄) Σ_k    ``around``                    kind → (edges, channels, 2l + 1)          1
Y             ``y``                         kind → (edges, 1, 2l + 1)                 1
w             ``weights``                   (edges, 3 · channels), linear in x        1
MLP           ``two_body``, ``latent``      at first, in every layer                  1
W             ``mixing``                    kind → (channels, paths · channels)       1
B, u          ``bessel``, ``fade``          u is the cosine cutoff f_c                1, 1
n̄             ``n_neighbours``              a typical number of neighbours            1
============  ============================  ========================================  ====

Source: Musaelian et al., Nat. Commun. 14, 579 (2023), doi 10.1038/s41467-023-36329-y; there u is a polynomial.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ...batch import Edges
from ...cutoffs import cosine_cutoff
from ..message_passing import Layers, LearnedFingerprint, bessel, random_matrix
from .harmonics import HARMONICS, harmonics
from .products import Mixing, TensorProduct, check_kinds

Tensor = torch.Tensor


def weighted(weights: Tensor, y: dict[str, Tensor]) -> dict[str, Tensor]:
    """w Y of every degree: (edges, channels, 2l + 1) from weights (edges, 3 · channels)."""
    parts = weights.chunk(len(HARMONICS), dim=1)
    return {kind: part[:, :, None] * y[kind] for kind, part in zip(HARMONICS, parts, strict=True)}


class AllegroLayer(torch.nn.Module):
    """The pair meets the density of its centre once more."""

    def __init__(self, have: Sequence[str], wanted: Sequence[str], sizes: dict, last: bool, generator):
        super().__init__()
        width, channels, self.n_neighbours = sizes["width"], sizes["channels"], sizes["n_neighbours"]
        self.weights = random_matrix(len(HARMONICS) * channels, width, generator)
        self.product = TensorProduct(have, HARMONICS, wanted)
        self.reached = [c for c in wanted if self.product.count(c)]
        counts = {c: channels * self.product.count(c) for c in self.reached}
        self.latent = Layers((width + counts["0e"], sizes["hidden"], width), generator)
        self.mixing = Mixing({c: (n, channels) for c, n in counts.items() if not last}, generator)

    def forward(self, x, v, y, fade: Tensor, edges: Edges) -> tuple[Tensor, dict[str, Tensor]]:
        around = weighted(x @ self.weights.T, y)
        around = {kind: edges.sum(part)[edges.centre] / self.n_neighbours**0.5 for kind, part in around.items()}
        products = self.product(v, around)
        x = x + fade * self.latent(torch.cat([x, products["0e"][:, :, 0]], dim=1))
        return x, self.mixing(products)


class Allegro(LearnedFingerprint):
    """See the module. ``width``: scalars of a pair; ``channels`` of its tensors; ``kinds``: which tensors, out of
    0e 0o 1e 1o 2e 2o; ``hidden``: nodes inside the networks."""

    local = True

    def __init__(
        self, elements: Sequence[str], cutoff: float, width: int = 32, channels: int = 8, layers: int = 2,
        kinds: Sequence[str] = HARMONICS, n_basis: int = 8, hidden: int = 32, n_neighbours: float = 20.0,
        generator: torch.Generator | None = None,
    ):  # fmt: skip
        check_kinds(kinds)
        sizes = {
            "width": width, "channels": channels, "layers": layers, "n_basis": n_basis, "hidden": hidden,
            "n_neighbours": n_neighbours,
        }  # fmt: skip
        super().__init__(elements, cutoff, kinds=list(kinds), **sizes)
        self.two_body = Layers((2 * len(self.elements) + n_basis, hidden, width), generator)
        self.first_weights = random_matrix(len(HARMONICS) * channels, width, generator)
        self.interactions, have = torch.nn.ModuleList(), HARMONICS
        for layer in range(1, layers + 1):
            wanted = kinds if layer < layers else ["0e"]  # the energy needs no vectors
            self.interactions.append(AllegroLayer(have, wanted, sizes, layer == layers, generator))
            have = self.interactions[-1].reached

    def describe(self, edges: Edges) -> Tensor:
        """D_i = Σ_j x_ij/√n̄, (atoms, width)."""
        return edges.sum(self.pairs(edges)) / self.options["n_neighbours"] ** 0.5

    def pairs(self, edges: Edges) -> Tensor:
        """x_ij after all layers, (edges, width)."""
        y = {kind: values[:, None] for kind, values in harmonics(edges.vector).items()}
        fade = cosine_cutoff(edges.distance, self.cutoff)[:, None]
        kinds = [self.one_hot(edges.species)[edges.centre], self.one_hot(edges.neighbour_species)]
        radial = bessel(edges.distance, self.cutoff, self.options["n_basis"])
        x = fade * self.two_body(torch.cat([*kinds, radial], dim=1))
        v = weighted(x @ self.first_weights.T, y)
        for interaction in self.interactions:
            x, v = interaction(x, v, y, fade, edges)
        return x
