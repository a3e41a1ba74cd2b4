"""Pair networks: the energy as a sum over pairs of atoms, one network for each pair of elements.

    E = Σ_{i<j} E_ij,     E_ij = f_c(r_ij) N_ab(G_ij),     a, b the elements of i and j in either order

    G_ij = ( g_n(r_ij),  1/√n̄ Σ_k g_n((r_ik + r_jk)/2) f_c(r_ik) f_c(r_jk) ),     g_n(r) = exp[−(r − R_n)²/2w²]

i < j: every pair once, those with periodic images among them. k runs over all atoms near both i and j, with a sum of
its own for each element. The pair symmetry functions G_ij are the same seen from i or from j. The first part alone
would make a pair potential, in which a bond is the same in a molecule and in a crystal; the second tells the network
how crowded the bond is, and so makes it a potential of many bodies. Since k is a neighbour of i, the edges of i are
enough to know E_ij, and the energy of an atom is half of that of its pairs:

    E_i = ½ Σ_j E_ij

In a :class:`Potential` this is a learned fingerprint of one column, with a linear model behind it, which can only scale
and shift it: ``train(systems, PairNetwork(…), hidden=())``.

=========  ===========================  =====================================  ======
symbol     variable                     shape                                  unit
=========  ===========================  =====================================  ======
E_ij       ``pair_energy``              (edges,): each pair from both ends     eV
G_ij       ``pair_functions``           (edges, n_basis (1 + elements))        1
R_n        ``centres``                  n_basis, evenly from r_min to r_c      Å
w          ``width``                    (r_c − r_min)/n_basis                  Å
f_c, r_c   ``cosine_cutoff, cutoff``                                           1, Å
n̄          ``n_neighbours``             a typical number of neighbours         1
N_ab       ``networks``                 one for every pair of elements         eV
=========  ===========================  =====================================  ======

After Jose, Artrith & Behler, J. Chem. Phys. 136, 194111 (2012), doi 10.1063/1.4712397, who add up energies of atom
pairs in their environment; the functions here are simpler than theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement

import torch

from ..batch import Edges
from ..cutoffs import cosine_cutoff
from ..errors import MlipEduError
from ..fingerprints.acsf import pairs_of_neighbours
from .message_passing import Layers, LearnedFingerprint

Tensor = torch.Tensor


class PairNetwork(LearnedFingerprint):
    """See the module. ``hidden``: nodes of each of the two hidden layers of N_ab; ``r_min``: R_1 in Å."""

    local = True

    def __init__(
        self, elements: Sequence[str], cutoff: float, n_basis: int = 12, hidden: int = 24, r_min: float = 1.5,
        n_neighbours: float = 20.0, generator: torch.Generator | None = None,
    ):  # fmt: skip
        options = {"n_basis": n_basis, "hidden": hidden, "n_neighbours": n_neighbours}
        super().__init__(elements, cutoff, width=1, layers=1, **options)
        if not 0 <= r_min < cutoff:
            raise MlipEduError(f"expected 0 ≤ r_min < cutoff; found {r_min} and {cutoff}")
        self.options = {"elements": list(self.elements), "cutoff": self.cutoff, "r_min": float(r_min), **options}
        n_inputs = n_basis * (1 + len(self.elements))
        names = ["-".join(pair) for pair in combinations_with_replacement(self.elements, 2)]
        self.networks = torch.nn.ModuleDict({name: Layers((n_inputs, hidden, hidden, 1), generator) for name in names})

    def describe(self, edges: Edges) -> Tensor:
        """½ Σ_j E_ij, (atoms, 1)."""
        return 0.5 * edges.sum(self.pair_energy(edges))[:, None]

    def pair_energy(self, edges: Edges) -> Tensor:
        """E_ij = f_c(r_ij) N_ab(G_ij), (edges,) in eV."""
        g, energy = self.pair_functions(edges), edges.distance.new_zeros(len(edges.centre))
        element_i = self.one_hot(edges.species).argmax(1)[edges.centre]
        element_j = self.one_hot(edges.neighbour_species).argmax(1)
        for name, network in self.networks.items():
            a, b = (self.elements.index(element) for element in name.split("-"))
            matching = ((element_i == a) & (element_j == b)) | ((element_i == b) & (element_j == a))
            own = torch.nonzero(matching)[:, 0]
            energy = energy.index_put((own,), network(g[own])[:, 0])
        return cosine_cutoff(edges.distance, self.cutoff) * energy

    def pair_functions(self, edges: Edges) -> Tensor:
        """G_ij, (edges, n_basis · (1 + elements)): the pair itself, then the atoms k of each element near both ends."""
        r, kind = edges.distance, self.one_hot(edges.neighbour_species)
        one, other = pairs_of_neighbours(edges)  # two neighbours of i: each is j once, and the other then k
        r_jk = (edges.vector[one] - edges.vector[other]).square().sum(1).sqrt()
        crowd = r.new_zeros(len(r), kind.shape[1], self.options["n_basis"])
        for ij, ik in ((one, other), (other, one)):
            fade = cosine_cutoff(r[ik], self.cutoff) * cosine_cutoff(r_jk, self.cutoff)
            terms = self.gaussians((r[ik] + r_jk) / 2) * fade[:, None]
            crowd = crowd.index_add(0, ij, kind[ik][:, :, None] * terms[:, None])
        crowd = crowd / self.options["n_neighbours"] ** 0.5
        return torch.cat([self.gaussians(r), crowd.flatten(1)], dim=1)

    def gaussians(self, distance: Tensor) -> Tensor:
        """g_n(r) = exp[−(r − R_n)²/2w²], (distances, n_basis)."""
        n, r_min = self.options["n_basis"], self.options["r_min"]
        centres = torch.linspace(r_min, self.cutoff, n, dtype=distance.dtype, device=distance.device)
        width = (self.cutoff - r_min) / n
        return torch.exp(-((distance[:, None] - centres) ** 2) / (2 * width**2))
