"""Atom-centred symmetry functions of Behler: G1, the radial G2 and the angular G4.

    G1 = Σ_j f_c(r_ij)
    G2 = Σ_j exp(−η (r_ij − R_s)²) f_c(r_ij)
    G4 = 2^{1−ζ} Σ_{j<k} (1 + λ cos θ_jik)^ζ exp(−η (r_ij² + r_ik² + r_jk²)) f_c(r_ij) f_c(r_ik) f_c(r_jk)

Every pair j, k of neighbours of i is counted once, as in n2p2 and dscribe; the paper of 2007 sums over ordered pairs,
which is twice as much. Each element of the neighbours has a G1 and G2 of its own, each pair of elements its G4.

=============  ======================  =======
symbol         variable                unit
=============  ======================  =======
f_c            ``cosine_cutoff``       1
r_c            ``cutoff``              Å
η              ``eta``                 1/Å²
R_s            ``shift``               Å
ζ              ``zeta``                1
λ              ``lambda_``             ±1
=============  ======================  =======

Sources: Behler & Parrinello, Phys. Rev. Lett. 98, 146401 (2007), doi 10.1103/PhysRevLett.98.146401; the names G1 to G4:
Behler, J. Chem. Phys. 134, 074106 (2011), doi 10.1063/1.3553717.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from ase.data import atomic_numbers, chemical_symbols

from ..batch import Edges
from ..cutoffs import cosine_cutoff
from ..errors import MlipEduError
from .base import Fingerprint


def g2(distance: torch.Tensor, eta: torch.Tensor, shift: torch.Tensor, cutoff: float) -> torch.Tensor:
    """What one neighbour adds to each radial function, (edges, functions).

        G2 = Σ_j exp(−η (r_ij − R_s)²) f_c(r_ij)

    ``eta`` and ``shift`` (functions,) in 1/Å² and Å. With η = 0 it is G1 = Σ_j f_c(r_ij).
    """
    gauss = torch.exp(-eta * (distance[:, None] - shift) ** 2)
    return gauss * cosine_cutoff(distance, cutoff)[:, None]


def g4_of_angle(cosine: torch.Tensor, zeta: torch.Tensor, lambda_: torch.Tensor) -> torch.Tensor:
    """The angle's part of G4, 2^{1−ζ} (1 + λ cos θ)^ζ: (pairs, functions) from ``cosine`` (pairs,)."""
    # at cos θ = ∓1 rounding can make the base a tiny negative number, and a power of it nan
    return 2 ** (1 - zeta) * (1 + lambda_ * cosine[:, None]).clamp(min=0.0) ** zeta


def g4_of_distances(r_ij, r_ik, r_jk, eta: torch.Tensor, cutoff: float) -> torch.Tensor:
    """The distances' part of G4, exp(−η (r_ij² + r_ik² + r_jk²)) f_c(r_ij) f_c(r_ik) f_c(r_jk), (pairs, functions).

    Distances are (pairs,) in Å; ``eta`` (functions,) in 1/Å².
    """
    fade = cosine_cutoff(r_ij, cutoff) * cosine_cutoff(r_ik, cutoff) * cosine_cutoff(r_jk, cutoff)
    return torch.exp(-eta * (r_ij**2 + r_ik**2 + r_jk**2)[:, None]) * fade[:, None]


class AcsfFingerprint(Fingerprint):
    """G1, G2 and G4 for every neighbouring element and pair of elements.

    Columns: for each element, in order of atomic number, G1 and then each G2; then for each pair of
    elements 11, 12, 22, 13, 23, 33, … each G4. This is also the order of ``dscribe.descriptors.ACSF``.

    Parameters
    ----------
    elements : chemical symbols
    cutoff : r_c in Å
    radial : (η, R_s) of each G2, in 1/Å² and Å
    angular : (η, ζ, λ) of each G4

    Raises
    ------
    MlipEduError
        The cutoff is not positive, a parameter is not finite, a λ is not ±1, a ζ below 1, or the elements are not
        different chemical symbols.
    """

    def __init__(
        self,
        elements: Sequence[str],
        cutoff: float,
        radial: Sequence[tuple[float, float]] = (),
        angular: Sequence[tuple[float, float, float]] = (),
    ):
        super().__init__()
        if not 0 < cutoff < 100:
            raise MlipEduError(f"the cutoff must lie between 0 and 100 Å; found {cutoff}")
        if not elements or len(set(elements)) != len(elements) or not set(elements) <= set(chemical_symbols[1:]):
            raise MlipEduError(f"the elements must be different chemical symbols; found {list(elements)}")
        if any(abs(lambda_) != 1 or zeta < 1 for _, zeta, lambda_ in angular):  # ζ < 1: no slope at cos θ = ∓1
            raise MlipEduError(f"λ must be +1 or −1, and ζ at least 1, in every (η, ζ, λ); found {list(angular)}")
        self.elements = tuple(sorted(elements, key=atomic_numbers.__getitem__))
        self.cutoff = float(cutoff)
        radial_table = torch.tensor([(0.0, 0.0), *radial], dtype=torch.float64)
        if not all(math.isfinite(number) for parameters in (*radial, *angular) for number in parameters):
            raise MlipEduError(f"every η, R_s and ζ must be a finite number; found {[*radial, *angular]}")
        self.register_buffer("radial", radial_table)
        self.register_buffer("angular", torch.tensor(list(angular), dtype=torch.float64).reshape(-1, 3))

    def to_dict(self) -> dict:
        """A description in plain lists and numbers, for JSON."""
        return {
            "elements": list(self.elements),
            "cutoff": self.cutoff,
            "radial": self.radial[1:].tolist(),
            "angular": self.angular.tolist(),
        }

    @classmethod
    def from_dict(cls, description: Mapping) -> AcsfFingerprint:
        """The inverse of :meth:`to_dict`."""
        return cls(**description)

    def n_features(self, element: str) -> int:
        n = len(self.elements)
        return n * len(self.radial) + n * (n + 1) // 2 * len(self.angular)

    def forward(self, edges: Edges) -> torch.Tensor:
        """Features of every centre atom, (atoms, n_columns)."""
        self.atoms_of(edges.species)  # refuses unknown elements
        numbers = [atomic_numbers[element] for element in self.elements]
        eta, shift = self.radial.to(edges.vector).T
        terms = g2(edges.distance, eta, shift, self.cutoff)
        columns = [edges.sum(terms * (edges.neighbour_species == z)[:, None]) for z in numbers]
        if len(self.angular):
            columns.append(self._angular(edges, numbers))
        return torch.cat(columns, dim=1)

    def _angular(self, edges: Edges, numbers: list[int]) -> torch.Tensor:
        """Every G4, (atoms, functions), as a product of matrices, one an atom and pair of elements.

        Of n different η with m different (ζ, λ) each triplet makes n + m columns this way, in place of n · m.
        """
        first, second, r_jk = self._triplets(edges)
        r_ij, r_ik = edges.distance[first], edges.distance[second]
        cosine = (edges.vector[first] * edges.vector[second]).sum(1) / (r_ij * r_ik)
        angular = self.angular.to(edges.vector)
        eta, of_eta = angular[:, 0].unique(return_inverse=True)
        (zeta, lambda_), of_angle = angular[:, 1:].T.unique(dim=1, return_inverse=True)
        by_angle = g4_of_angle(cosine, zeta, lambda_)
        by_distance = g4_of_distances(r_ij, r_ik, r_jk, eta, self.cutoff)
        z_j, z_k = edges.neighbour_species[first], edges.neighbour_species[second]
        triplets = replace(edges, centre=edges.centre[first])  # a table of pairs in place of neighbours
        columns = []
        for z1, z2 in ((z1, z2) for k, z2 in enumerate(numbers) for z1 in numbers[: k + 1]):
            matching = ((z_j == z1) & (z_k == z2)) | ((z_j == z2) & (z_k == z1))
            table = triplets.table(by_distance * matching[:, None]).transpose(1, 2) @ triplets.table(by_angle)
            columns.append(table[:, of_eta, of_angle])
        return torch.cat(columns, dim=1)

    def _triplets(self, edges: Edges) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Edges ij and ik of every pair of neighbours that are within r_c of each other, and r_jk in Å."""
        first, second = pairs_of_neighbours(edges)
        r_jk = (edges.vector[second] - edges.vector[first]).square().sum(1).sqrt()
        near = r_jk < self.cutoff
        return first[near], second[near], r_jk[near]


def pairs_of_neighbours(edges: Edges) -> tuple[torch.Tensor, torch.Tensor]:
    """Every pair of neighbours of every atom once: two lists of edge indices, (pairs,) each."""
    number = torch.arange(1, len(edges.centre) + 1, device=edges.centre.device)
    table = edges.table(number)  # 0 marks an empty slot
    upper = torch.triu_indices(edges.n_slots, edges.n_slots, offset=1, device=table.device)
    first, second = table[:, upper[0]], table[:, upper[1]]
    real = (first > 0) & (second > 0)
    return first[real] - 1, second[real] - 1
