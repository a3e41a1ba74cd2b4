"""What every fingerprint has in common: edges in, one row of features per atom out."""

from __future__ import annotations

import torch
from ase.data import atomic_numbers, chemical_symbols

from ..errors import MlipEduError


class Fingerprint(torch.nn.Module):
    """A fingerprint D_i of the surroundings of atom i.

    Subclasses set ``cutoff`` (Å) and ``elements`` (chemical symbols they can be a centre of), and compute

        forward(edges) → (atoms, n_columns)

    where an element with fewer than ``n_columns`` features leaves its last columns zero. A fingerprint does
    not change when the system is translated, rotated, reflected or when equal atoms are exchanged, and it
    goes smoothly to its value without a neighbour as that neighbour reaches the cutoff.
    """

    cutoff: float
    elements: tuple[str, ...]

    def n_features(self, element: str) -> int:
        """Number of features of an atom of this element."""
        raise NotImplementedError

    @property
    def n_columns(self) -> int:
        """Width of the feature table: the largest number of features of any element."""
        return max(self.n_features(element) for element in self.elements)

    def atoms_of(self, species: torch.Tensor) -> dict[str, torch.Tensor]:
        """Indices of the atoms of each element.

        Raises
        ------
        MlipEduError
            There is an atom of an element that this fingerprint does not know.
        """
        known = torch.tensor([atomic_numbers[e] for e in self.elements], device=species.device)
        strange = species[~torch.isin(species, known)]
        if len(strange):
            names = sorted({chemical_symbols[z] for z in strange.tolist()})
            raise MlipEduError(
                f"the fingerprint knows {', '.join(self.elements)} and cannot describe {', '.join(names)}"
            )
        return {e: torch.nonzero(species == z)[:, 0] for e, z in zip(self.elements, known, strict=True)}
