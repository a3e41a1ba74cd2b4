"""What every fingerprint has in common: edges in, one row of features per atom out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from ase.data import atomic_numbers, chemical_symbols

from ..batch import Edges
from ..errors import MlipEduError, shorten


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

    def with_pullback(self, edges: Edges) -> tuple[torch.Tensor, Callable[[torch.Tensor], torch.Tensor]]:
        """Features, and the function that takes ∂E/∂D_i (atoms, n_columns) to ∂E/∂r_ij (edges, 3).

        By automatic differentiation here; a fingerprint that can do better overrides it.
        """
        edges = replace(edges, vector=edges.vector.detach().requires_grad_())
        with torch.enable_grad():
            features = self(edges)

        def pullback(slopes: torch.Tensor) -> torch.Tensor:
            if not features.requires_grad:
                return torch.zeros_like(edges.vector)
            return torch.autograd.grad(features, edges.vector, slopes, retain_graph=True)[0]

        return features.detach(), pullback

    def derivatives(self, edges: Edges) -> tuple[torch.Tensor, torch.Tensor]:
        """Features (atoms, n_columns) and their derivatives ∂D_i/∂r_ij in every edge vector, (edges, 3, n_columns).

        In the features' unit per Å. By one pullback a column here; a fingerprint that can do better overrides it.
        """
        features, pullback = self.with_pullback(edges)
        columns = torch.eye(self.n_columns, dtype=features.dtype, device=features.device)
        return features, torch.stack([pullback(one.expand_as(features)) for one in columns], dim=2)

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


class PiecewiseFingerprint(Fingerprint):
    """A fingerprint with slopes in closed form, computed for a few centre atoms at a time.

    Subclasses set ``chunk`` (and ``derivative_chunk``, if it is another), the number of centre atoms of a piece: few
    enough for the processor's cache, enough to make an operation worth its call. For one piece they compute

        edge_gradient(edges, slopes) → ∂E/∂r_ij (edges, 3) from ∂E/∂D_i (atoms, n_columns)
        derivatives_of_piece(edges)  → features and ∂D_i/∂r_ij, as :meth:`Fingerprint.derivatives`
    """

    chunk: int

    @property
    def derivative_chunk(self) -> int:
        return self.chunk

    def with_pullback(self, edges: Edges) -> tuple[torch.Tensor, Callable[[torch.Tensor], torch.Tensor]]:
        """As :meth:`Fingerprint.with_pullback`, in closed form."""
        with torch.no_grad():
            features = [self(piece) for _, _, piece in edges.chunks(self.chunk)]

        @torch.no_grad()
        def pullback(slopes: torch.Tensor) -> torch.Tensor:
            result = torch.empty_like(edges.vector)
            for atoms, rows, piece in edges.chunks(self.chunk):
                result[rows] = self.edge_gradient(piece, slopes[atoms])
            return result

        return torch.cat([edges.vector.new_zeros(0, self.n_columns), *features]), pullback

    @torch.no_grad()
    def derivatives(self, edges: Edges) -> tuple[torch.Tensor, torch.Tensor]:
        """Features and ∂D_i/∂r_ij, as :meth:`Fingerprint.derivatives`, in closed form."""
        features = edges.vector.new_empty(edges.n_atoms, self.n_columns)
        result = edges.vector.new_empty(*edges.vector.shape, self.n_columns)
        for atoms, rows, piece in edges.chunks(self.derivative_chunk):
            features[atoms], result[rows] = self.derivatives_of_piece(piece)
        return features, result


def check_symbols(*names: str) -> None:
    """Raise :class:`MlipEduError` unless all are chemical symbols."""
    strange = [name for name in names if name not in chemical_symbols[1:]]
    if strange:
        raise MlipEduError(f"expected chemical symbols such as Si; found {shorten(', '.join(map(str, strange)))}")
