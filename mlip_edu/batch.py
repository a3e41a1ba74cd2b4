"""``Batch`` and ``Edges``: where NumPy ends and tensors begin.

A ``Batch`` is several systems laid end to end; ``Edges`` are all that a fingerprint may see of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from ase.data import atomic_numbers

from .neighbours import neighbour_list
from .systems import AtomicSystem

Tensor = torch.Tensor


@dataclass(frozen=True, eq=False)
class Edges:
    """Directed edges from centre atoms to their neighbours, sorted by centre.

    ======================  ============  =====  =================================================
    field                   shape         unit   meaning
    ======================  ============  =====  =================================================
    vector                  (edges, 3)    Å      r_ij = r_j − r_i + S·cell, differentiable
    centre                  (edges,)             index of atom i
    neighbour               (edges,)             index of atom j
    neighbour_species       (edges,)             atomic number of atom j
    species                 (atoms,)             atomic numbers of the centre atoms
    ======================  ============  =====  =================================================
    """

    vector: Tensor
    centre: Tensor
    neighbour: Tensor
    neighbour_species: Tensor
    species: Tensor

    @property
    def n_atoms(self) -> int:
        """Number of centre atoms."""
        return len(self.species)

    @cached_property
    def distance(self) -> Tensor:
        """r_ij = |r_ij|, (edges,) in Å."""
        return self.vector.square().sum(1).sqrt()

    @cached_property
    def counts(self) -> Tensor:
        """Number of neighbours of each centre, (atoms,)."""
        return torch.bincount(self.centre, minlength=self.n_atoms)

    @cached_property
    def n_slots(self) -> int:
        """The largest number of neighbours of any atom: the width of :meth:`table`."""
        return int(self.counts.max()) if len(self.centre) else 0

    @cached_property
    def row(self) -> Tensor:
        """Where each edge stands in the flattened table: atom · n_slots + its place among the atom's edges."""
        first = torch.cumsum(self.counts, 0) - self.counts
        place = torch.arange(len(self.centre), device=self.centre.device) - first[self.centre]
        return self.centre * self.n_slots + place

    def table(self, values: Tensor) -> Tensor:
        """Edge values (edges, …) as a table (atoms, n_slots, …): one row an atom, empty slots filled with 0."""
        shape = values.shape[1:]
        flat = values.new_zeros((self.n_atoms * self.n_slots, *shape))
        return flat.index_copy(0, self.row, values).view(self.n_atoms, self.n_slots, *shape)

    @cached_property
    def occupied(self) -> Tensor:
        """1 where a slot of the table holds a neighbour and 0 where it is empty, (atoms, n_slots)."""
        return self.table(torch.ones_like(self.vector[:, 0]))

    @cached_property
    def species_table(self) -> Tensor:
        """Atomic numbers of the neighbours, (atoms, n_slots); 0 in empty slots."""
        return self.table(self.neighbour_species)

    @cached_property
    def distance_table(self) -> Tensor:
        """r_ij as a table, (atoms, n_slots) in Å; 1 Å in empty slots, so that every formula has a value there."""
        return self.table(self.distance) + (1 - self.occupied)

    @cached_property
    def unit_table(self) -> Tensor:
        """r̂_ij = r_ij/r_ij as a table, (3, atoms, n_slots); zero in empty slots."""
        return self.table(self.vector / self.distance[:, None]).permute(2, 0, 1).contiguous()

    def gradient(self, by_distance: Tensor, by_direction: Tensor | None) -> Tensor:
        """From ∂E/∂r_ij (…, atoms, n_slots) and ∂E/∂r̂_ij (3, …, atoms, n_slots) to the edges' vectors, (edges, 3, …).

        ∂E/∂**r**_ij = r̂ ∂E/∂r + (1/r) [∂E/∂r̂ − r̂ (r̂ · ∂E/∂r̂)]
        """
        shape = (3,) + (1,) * (by_distance.dim() - 2) + self.distance_table.shape
        unit = self.unit_table.view(shape)
        if by_direction is None:
            vector = unit * by_distance
        else:
            across = by_direction / self.distance_table
            vector = across + unit * (by_distance - (unit * across).sum(0))
        return vector.flatten(-2).index_select(-1, self.row).movedim(-1, 0)

    def sum(self, values: Tensor) -> Tensor:
        """Sum of edge values (edges, …) over the neighbours of each atom, (atoms, …)."""
        return values.new_zeros((self.n_atoms, *values.shape[1:])).index_add(0, self.centre, values)

    def select(self, atoms: Tensor) -> Edges:
        """The edges of some centres only, renumbered 0, 1, … in the order of ``atoms`` (sorted indices)."""
        number = torch.full((self.n_atoms,), -1, dtype=torch.long, device=atoms.device)
        number[atoms] = torch.arange(len(atoms), device=atoms.device)
        kept = number[self.centre] >= 0
        return Edges(
            self.vector[kept], number[self.centre[kept]], self.neighbour[kept],
            self.neighbour_species[kept], self.species[atoms],
        )  # fmt: skip

    def chunks(self, size: int) -> Iterator[tuple[slice, slice, Edges]]:
        """Consecutive pieces of ``size`` centre atoms: (slice of atoms, slice of edges, ``Edges``).

        Small enough pieces stay in the processor's cache, which is where a large system wins its speed.
        """
        ends = [0, *torch.cumsum(self.counts, 0).tolist()]
        for start in range(0, self.n_atoms, size):
            stop = min(start + size, self.n_atoms)
            atoms, edges = slice(start, stop), slice(ends[start], ends[stop])
            yield atoms, edges, Edges(
                self.vector[edges].detach(), self.centre[edges] - start, self.neighbour[edges],
                self.neighbour_species[edges], self.species[atoms],
            )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Batch:
    """Several systems, concatenated, with their neighbour lists.

    ==================  ================  =====  ===========================================
    field               shape             unit   meaning
    ==================  ================  =====  ===========================================
    positions           (atoms, 3)        Å      float64
    cells               (systems, 3, 3)   Å      float64, rows a, b, c
    species             (atoms,)                 atomic numbers
    system_of_atom      (atoms,)                 which system an atom belongs to
    centre, neighbour   (edges,)                 atom indices within the batch
    shift               (edges, 3)               the integers S, as float64
    ==================  ================  =====  ===========================================
    """

    positions: Tensor
    cells: Tensor
    species: Tensor
    system_of_atom: Tensor
    centre: Tensor
    neighbour: Tensor
    shift: Tensor

    @property
    def n_systems(self) -> int:
        return len(self.cells)

    @classmethod
    def from_systems(cls, systems: Sequence[AtomicSystem], cutoff: float, device="cpu") -> Batch:
        """Lay ``systems`` end to end, with all neighbours within ``cutoff`` (Å)."""
        sizes = np.array([len(system) for system in systems], dtype=np.int64)
        offsets = np.cumsum(sizes) - sizes
        lists = [neighbour_list(system, cutoff) for system in systems]

        def stack(arrays, shape, dtype):
            joined = np.concatenate([np.zeros(shape, dtype), *arrays]).astype(dtype, copy=False)
            return torch.from_numpy(joined).to(device)

        return cls(
            positions=stack([s.positions for s in systems], (0, 3), np.float64),
            cells=stack([s.cell[None] for s in systems], (0, 3, 3), np.float64),
            species=stack([[atomic_numbers[x] for x in s.species] for s in systems], 0, np.int64),
            system_of_atom=torch.from_numpy(np.repeat(np.arange(len(systems)), sizes)).to(device),
            centre=stack([p.centre + o for p, o in zip(lists, offsets, strict=True)], 0, np.int64),
            neighbour=stack([p.neighbour + o for p, o in zip(lists, offsets, strict=True)], 0, np.int64),
            shift=stack([p.shift for p in lists], (0, 3), np.float64),
        )

    def edges(self, positions: Tensor | None = None, strain: Tensor | None = None, dtype=None) -> Edges:
        """The edges, differentiable in ``positions`` (atoms, 3) and ``strain`` (systems, 3, 3).

        A strain ε moves every vector of its system to (1 + ε)·r, atoms and cell alike. Vectors are
        computed in float64 and only then cast to ``dtype``.
        """
        positions = self.positions if positions is None else positions
        offset = self.times_matrix(self.shift, self.cells)
        vector = positions.index_select(0, self.neighbour) - positions.index_select(0, self.centre) + offset
        if strain is not None:
            vector = vector + self.times_matrix(vector, strain.transpose(1, 2))
        vector = vector.to(dtype) if dtype is not None else vector
        return Edges(vector, self.centre, self.neighbour, self.species[self.neighbour], self.species)

    def by_system(self, values: Tensor) -> tuple[Tensor, ...]:
        """Edge values (edges, …), one piece a system."""
        if self.n_systems == 1:
            return (values,)
        counts = torch.bincount(self.system_of_atom[self.centre], minlength=self.n_systems)
        return values.split(counts.tolist())

    def times_matrix(self, rows: Tensor, matrices: Tensor) -> Tensor:
        """Each edge's row (edges, 3) times the matrix of its system (systems, 3, 3)."""
        products = [piece @ matrix for piece, matrix in zip(self.by_system(rows), matrices, strict=True)]
        return torch.cat(products) if products else rows

    def per_system(self, values: Tensor) -> Tensor:
        """Sum of atomic values (atoms, …) over each system, (systems, …)."""
        return values.new_zeros((self.n_systems, *values.shape[1:])).index_add(0, self.system_of_atom, values)
