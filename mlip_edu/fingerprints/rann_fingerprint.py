"""``RannFingerprint``: blocks of RANN features for one or several elements."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from ase.data import atomic_numbers

from ..batch import Edges
from ..errors import MlipEduError
from .base import Fingerprint, check_symbols
from .rann import BondParameters, RadialParameters, bond_fingerprint, radial_fingerprint
from .screening import screening

DERIVATIVE_CHUNK = 64  # centre atoms at a time: what is between stays in the processor's cache


@dataclass(frozen=True)
class Block:
    """One block of features: which centre and neighbours it is for, and its parameters.

    ``neighbours`` has one name for a radial block, two for a bond block; ``"all"`` matches any element.
    """

    centre: str
    neighbours: tuple[str, ...]
    parameters: RadialParameters | BondParameters
    screened: bool = False
    label: int = 0  # the number in its name in a file, radial_0

    def __post_init__(self):
        wanted = 1 if isinstance(self.parameters, RadialParameters) else 2
        if len(self.neighbours) != wanted:
            raise MlipEduError(f"{self.name} needs {wanted} neighbour names; found {self.neighbours}")
        check_symbols(self.centre)
        check_symbols(*(name for name in self.neighbours if name != "all"))

    @property
    def name(self) -> str:
        kind = "radial" if isinstance(self.parameters, RadialParameters) else "bond"
        return f"{kind}{'screened' if self.screened else ''}_{self.label}"


class RannFingerprint(Fingerprint):
    """Radial and bond blocks, for one or several elements, as ``pair_style rann`` evaluates them.

    The features of an atom are those of all blocks whose centre is its element, in the order given.
    """

    def __init__(self, blocks: Sequence[Block], screening: Mapping | None = None):
        super().__init__()
        if not blocks:
            raise MlipEduError("a RANN fingerprint needs at least one block")
        self.blocks, self.screening_ranges = tuple(blocks), dict(screening or {})
        for triplet, (lower, upper) in self.screening_ranges.items():
            check_symbols(*triplet)
            if not -math.inf < lower < upper < math.inf:
                raise MlipEduError(f"screening of {'-'.join(triplet)} needs Cmin < Cmax; found {lower} and {upper}")
        self.elements = tuple(dict.fromkeys(block.centre for block in self.blocks))
        self.cutoff = max(block.parameters.cutoff for block in self.blocks)

    @classmethod
    def default(cls, elements: Sequence[str], cutoff: float = 5.0, length_scale: float = 2.35) -> RannFingerprint:
        """A fingerprint to start with: 12 radial features a neighbouring element, 48 bond features a pair of them.

        The powers p of the radial features run from 0 to 11 with α_p from 1 to 8 in geometric steps; the bond
        features have decays from 0.3 to 6 and powers of the cosine up to 7; Δr is 0.7 of the cutoff. With
        ``length_scale`` (Å) near the nearest-neighbour distance these sample the shells of a solid or a melt.
        More than two elements share: 24 bond features for all neighbours together and 24 for those of each element,
        so that up to five fit into a ``.rann`` file.
        """
        radial = RadialParameters(length_scale, cutoff, 0.7 * cutoff, tuple(np.geomspace(1, 8, 12)))
        few = len(elements) <= 2
        decay = tuple(np.geomspace(0.3, 6, 6 if few else 3))
        bond = BondParameters(length_scale, cutoff, 0.7 * cutoff, decay, n_cosines=8)
        blocks = [Block(a, (b,), radial) for a in elements for b in elements]
        pairs = [(a, b) for k, a in enumerate(elements) for b in elements[k:]]
        if not few:
            pairs = [("all", "all"), *((a, a) for a in elements)]
        blocks += [Block(centre, pair, bond) for centre in elements for pair in pairs]
        return cls(sorted(blocks, key=lambda block: elements.index(block.centre)))

    def to_dict(self) -> dict:
        """A description in plain lists and numbers, for JSON."""
        blocks = [
            asdict(block) | {"parameters": asdict(block.parameters), "kind": block.name.split("_")[0]}
            for block in self.blocks
        ]
        ranges = [[*triplet, *bounds] for triplet, bounds in self.screening_ranges.items()]
        return {"blocks": blocks, "screening": ranges}

    @classmethod
    def from_dict(cls, description: Mapping) -> RannFingerprint:
        """The inverse of :meth:`to_dict`."""
        blocks = []
        for item in description["blocks"]:
            kind = RadialParameters if item["kind"].startswith("radial") else BondParameters
            parameters = kind(**item["parameters"])
            blocks.append(Block(item["centre"], tuple(item["neighbours"]), parameters, item["screened"], item["label"]))
        return cls(blocks, {(a, b, c): (lower, upper) for a, b, c, lower, upper in description["screening"]})

    def blocks_of(self, element: str) -> list[Block]:
        return [block for block in self.blocks if block.centre == element]

    def n_features(self, element: str) -> int:
        return sum(block.parameters.n_features for block in self.blocks_of(element))

    def forward(self, edges: Edges) -> torch.Tensor:
        """Features of every centre atom, (atoms, n_columns)."""
        features = edges.vector.new_zeros(edges.n_atoms, self.n_columns)
        for element, atoms, _, own in self._by_element(edges):
            columns = torch.cat([self._features(block, own)[0] for block in self.blocks_of(element)], dim=1)
            columns = torch.nn.functional.pad(columns, (0, self.n_columns - columns.shape[1]))
            features = columns if own is edges else features.index_put((atoms,), columns)
        return features

    def with_pullback(self, edges: Edges):
        """As :meth:`Fingerprint.with_pullback`; in closed form where nothing is screened."""
        if any(block.screened for block in self.blocks):
            return super().with_pullback(edges)
        features = edges.vector.new_zeros(edges.n_atoms, self.n_columns)
        parts = []
        for element, atoms, rows, own in self._by_element(edges):
            columns, pullbacks = zip(*(self._features(block, own) for block in self.blocks_of(element)), strict=True)
            features[atoms, : self.n_features(element)] = torch.cat(columns, dim=1)
            parts.append((atoms, rows, own, pullbacks, [column.shape[1] for column in columns]))

        def pullback(slopes: torch.Tensor) -> torch.Tensor:
            result = torch.empty_like(edges.vector)
            for atoms, rows, own, pullbacks, widths in parts:
                by_distance, by_direction = torch.zeros_like(own.distance_table), torch.zeros_like(own.unit_table)
                of_blocks = slopes[atoms, : sum(widths)].split(widths, dim=1)
                for pull, slope in zip(pullbacks, of_blocks, strict=True):
                    along, across = pull(slope)
                    by_distance = by_distance + along.sum(0)
                    by_direction = by_direction if across is None else by_direction + across.sum(1)
                result[rows] = own.gradient(by_distance, by_direction)
            return result

        return features, pullback

    def derivatives(self, edges: Edges) -> tuple[torch.Tensor, torch.Tensor]:
        """Features and ∂D_i/∂r_ij, as :meth:`Fingerprint.derivatives`; in closed form where nothing is screened."""
        if any(block.screened for block in self.blocks):
            return super().derivatives(edges)
        features = edges.vector.new_zeros(edges.n_atoms, self.n_columns)
        result = edges.vector.new_zeros((*edges.vector.shape, self.n_columns))
        for atoms, edges_here, piece in edges.chunks(DERIVATIVE_CHUNK):
            features[atoms] = self(piece)
            for element, _, rows, own in self._by_element(piece):
                columns = [self._block_derivatives(block, own) for block in self.blocks_of(element)]
                result[edges_here][rows, :, : self.n_features(element)] = torch.cat(columns, dim=2)
        return features, result

    def _block_derivatives(self, block: Block, edges: Edges) -> torch.Tensor:
        """∂D_i/∂r_ij of the features of one block, (edges, 3, features): a pullback serves all decays at once."""
        features, pullback = self._features(block, edges)
        n_cosines = getattr(block.parameters, "n_cosines", 1)
        powers = torch.eye(n_cosines, dtype=features.dtype, device=features.device)
        n_decays = features.shape[1] // n_cosines
        columns = [edges.gradient(*pullback(one.repeat(n_decays).expand_as(features))) for one in powers]
        return torch.stack(columns, dim=-1).flatten(2)

    def _by_element(self, edges: Edges) -> Iterator[tuple[str, torch.Tensor, torch.Tensor | slice, Edges]]:
        """(element, its atoms, rows of their edges, these edges) for each; the edges themselves where it is alone."""
        for element, atoms in self.atoms_of(edges.species).items():
            if len(atoms) == edges.n_atoms:
                yield element, atoms, slice(None), edges
            elif len(atoms):
                yield element, atoms, torch.isin(edges.centre, atoms), edges.select(atoms)

    def _features(self, block: Block, edges: Edges):
        """Features of one block, and their pullback."""
        visible = edges.occupied
        if block.screened:
            visible = edges.table(screening(edges, self.screening_ranges, self.cutoff))
        factors = [
            visible if name == "all" else visible * (edges.species_table == atomic_numbers[name])
            for name in dict.fromkeys(block.neighbours)
        ]
        kind = radial_fingerprint if isinstance(block.parameters, RadialParameters) else bond_fingerprint
        return kind(edges, block.parameters, *factors)
