"""NequIP: messages between atoms that carry scalars, vectors and tensors.

    Lᵢ = (1/√n̄) Σ_j R(r_ij) (Vⱼ ⊗ Y(r̂_ij))          convolution: every path of the product has its own R
    Vᵢ ← Vᵢ + gate(W Lᵢ)                             self-interaction, non-linearity, residual
    D_i = (scalars of Vᵢ after all layers) − (before)

V begins as one scalar row an element. The gate is f(s) for scalars s; an entry of a vector must not be bent by itself,
so vectors and tensors are multiplied by σ(s) of further scalars s. As in message passing the reach is layers × r_c.

===========  ===========================  ========================================  ====
symbol       variable                     shape                                     unit
===========  ===========================  ========================================  ====
V            ``v``                        kind → (atoms, channels, 2l + 1)          1
V ⊗ Y        ``messages``                 kind → (edges, paths · channels, 2l + 1)  1
L            ``sums`` (before the 1/√n̄)   kind → (atoms, paths · channels, 2l + 1)  1
Y            ``y``                        kind → (edges, 1, 2l + 1)                 1
R            ``radial``                   (edges, all paths · channels)             1
W            ``mixing``                   kind → (channels, paths · channels)       1
n̄            ``n_neighbours``             a typical number of neighbours            1
f, σ         ``silu, sigmoid``
===========  ===========================  ========================================  ====

R is f_c(r) times a network of Bessel functions, as in :mod:`mlip_edu.models.message_passing`; the paper takes a
polynomial for f_c and multiplies the Bessel functions with it, before the network. It also mixes the channels of V
before the product and in the residual. Source: Batzner et al., Nat. Commun. 13, 2453 (2022), doi
10.1038/s41467-022-29939-5.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn.functional import silu

from ...batch import Edges
from ..message_passing import LearnedFingerprint, RadialNetwork, random_matrix
from .harmonics import HARMONICS, harmonics
from .products import Mixing, TensorProduct, check_kinds

Tensor = torch.Tensor


class NequipLayer(torch.nn.Module):
    """One convolution and its gate: adds to the features what the neighbours send."""

    def __init__(self, have: Sequence[str], wanted: Sequence[str], sizes: dict, cutoff: float, generator):
        super().__init__()
        channels, self.n_neighbours = sizes["width"], sizes["n_neighbours"]
        self.product = TensorProduct(have, HARMONICS, wanted)
        self.reached = [c for c in wanted if self.product.count(c)]
        n_radial = channels * len(self.product.paths)
        self.radial = RadialNetwork(cutoff, (sizes["n_basis"], sizes["hidden"], n_radial), generator)
        mixed = {c: (channels * self.product.count(c), channels) for c in self.reached}
        mixed["0e"] = (mixed["0e"][0], channels * len(self.reached))  # scalars, and a gate for each other kind
        self.mixing = Mixing(mixed, generator)

    def forward(self, v: dict[str, Tensor], y: dict[str, Tensor], edges: Edges) -> dict[str, Tensor]:
        messages = self.product({kind: x[edges.neighbour] for kind, x in v.items()}, y)
        parts = self.radial(edges.distance).split([messages[c].shape[1] for c in self.reached], dim=1)
        sums = {c: edges.sum(messages[c] * r[:, :, None]) for c, r in zip(self.reached, parts, strict=True)}
        new = self.mixing({c: x / self.n_neighbours**0.5 for c, x in sums.items()})
        scalars, *gates = new["0e"].chunk(len(self.reached), dim=1)
        new = {c: x for c, x in new.items() if c != "0e"}
        update = {c: torch.sigmoid(gate) * x for gate, (c, x) in zip(gates, new.items(), strict=True)}
        update["0e"] = silu(scalars)
        return v | {c: v[c] + x if c in v else x for c, x in update.items()}


class NequIP(LearnedFingerprint):
    """See the module. ``width``: channels of every kind; ``kinds``: what the atoms remember between the layers, out of
    0e 0o 1e 1o 2e 2o; ``hidden``: nodes inside R(r)."""

    def __init__(
        self, elements: Sequence[str], cutoff: float, width: int = 16, layers: int = 2,
        kinds: Sequence[str] = HARMONICS, n_basis: int = 8, hidden: int = 16, n_neighbours: float = 20.0,
        generator: torch.Generator | None = None,
    ):  # fmt: skip
        check_kinds(kinds)
        sizes = {"width": width, "layers": layers, "n_basis": n_basis, "hidden": hidden, "n_neighbours": n_neighbours}
        super().__init__(elements, cutoff, kinds=list(kinds), **sizes)
        self.embedding = random_matrix(len(self.elements), width, generator)
        self.interactions, have = torch.nn.ModuleList(), ["0e"]
        for layer in range(1, layers + 1):
            wanted = kinds if layer < layers else ["0e"]  # the energy needs no vectors
            self.interactions.append(NequipLayer(have, wanted, sizes, cutoff, generator))
            have = [c for c in kinds if c in have or c in self.interactions[-1].reached]

    def describe(self, edges: Edges) -> Tensor:
        """The scalars that the layers have added, (atoms, width)."""
        first, *_, last = self.tensors(edges)
        return (last["0e"] - first["0e"])[:, :, 0]

    def tensors(self, edges: Edges) -> list[dict[str, Tensor]]:
        """V before the first layer and after each: kind → (atoms, channels, 2l + 1). They turn with the system."""
        y = {kind: values[:, None] for kind, values in harmonics(edges.vector).items()}
        stages = [{"0e": (self.one_hot(edges.species) @ self.embedding)[:, :, None]}]
        for interaction in self.interactions:
            stages.append(interaction(stages[-1], y, edges))
        return stages
