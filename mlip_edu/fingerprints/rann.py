"""The RANN fingerprints: radial and bond features with exponential decay.

================  ==============================  ========================================
symbol            variable                        unit
================  ==============================  ========================================
r_e               ``length_scale``                Å
r_c, Δr           ``cutoff``, ``width``           Å
α_p, α_q          ``decay``                       1, one for each feature or decay index
p                 ``powers``                      1, from o (``lowest_power``) upwards
m                 ``n_cosines``                   1, number of powers of the cosine
S_ij              ``screening.screening``         1
================  ==============================  ========================================

Source: Dickel, Nitol & Barrett, Comput. Mater. Sci. 196, 110481 (2021); LAMMPS ``src/ML-RANN``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import torch
from ase.data import atomic_numbers

from ..batch import Edges
from ..cutoffs import rann_cutoff
from ..errors import MlipEduError
from .base import Fingerprint
from .moments import cosine_power_sums
from .screening import screening


@dataclass(frozen=True)
class _Parameters:
    length_scale: float
    cutoff: float
    width: float
    decay: tuple[float, ...]

    def __post_init__(self):
        object.__setattr__(self, "decay", tuple(float(a) for a in self.decay))
        for name in ("length_scale", "cutoff", "width"):
            if not 0 < getattr(self, name) < 100:
                raise MlipEduError(f"{name} must lie between 0 and 100 Å; found {getattr(self, name)}")
        if not self.decay or not all(abs(a) < 1e4 for a in self.decay):
            raise MlipEduError(f"decay must be a list of finite numbers; found {self.decay}")


@dataclass(frozen=True)
class RadialParameters(_Parameters):
    """Parameters of a radial block: one feature for each power p = o, o + 1, …, one ``decay`` for each."""

    lowest_power: int = 0

    @property
    def powers(self) -> range:
        return range(self.lowest_power, self.lowest_power + len(self.decay))

    @property
    def n_features(self) -> int:
        """n − o + 1, both ends counted."""
        return len(self.decay)


@dataclass(frozen=True)
class BondParameters(_Parameters):
    """Parameters of a bond block: ``n_cosines`` powers of the cosine for each ``decay``."""

    n_cosines: int = 1

    def __post_init__(self):
        super().__post_init__()
        if not 1 <= self.n_cosines <= 20:
            raise MlipEduError(f"n_cosines must lie between 1 and 20; found {self.n_cosines}")

    @property
    def n_features(self) -> int:
        return len(self.decay) * self.n_cosines


def radial_terms(distance: torch.Tensor, parameters: RadialParameters) -> torch.Tensor:
    """What one neighbour adds to each radial feature, (edges, powers).

    (r/r_e)^p exp(−α_p r/r_e) f_c(r)
    """
    x = (distance / parameters.length_scale)[:, None]
    powers = distance.new_tensor(tuple(parameters.powers))
    decay = distance.new_tensor(parameters.decay)
    # x^p e^(−αx) as one exponential: x > 0, and exp costs a third of pow
    return torch.exp(powers * x.log() - decay * x) * _fade(distance, parameters)


def bond_weights(distance: torch.Tensor, parameters: BondParameters) -> torch.Tensor:
    """The weight of one neighbour in each bond feature, (edges, decays): exp(−α_q r/r_e) f_c(r)."""
    x = (distance / parameters.length_scale)[:, None]
    return torch.exp(-distance.new_tensor(parameters.decay) * x) * _fade(distance, parameters)


def _fade(distance: torch.Tensor, parameters: _Parameters) -> torch.Tensor:
    return rann_cutoff(distance, parameters.cutoff, parameters.width)[:, None]


def radial_fingerprint(edges: Edges, parameters: RadialParameters, factor=None) -> torch.Tensor:
    """Radial features, (atoms, powers).

        F_p(i) = Σ_{j≠i} (r_ij/r_e)^p exp(−α_p r_ij/r_e) f_c(r_ij) · S_ij

    ``factor`` (edges,) multiplies every neighbour's term: the screening S_ij, or 0/1 to pick an element.
    """
    terms = radial_terms(edges.distance, parameters)
    return edges.sum(terms if factor is None else terms * factor[:, None])


def bond_fingerprint(edges: Edges, parameters: BondParameters, first=None, second=None) -> torch.Tensor:
    """Bond features, (atoms, decays · cosines), the power of the cosine running fastest.

        G_{q,m}(i) = Σ_j Σ_l cos^m θ_jil · w_q(j) w_q(l),     w_q(j) = exp(−α_q r_ij/r_e) f_c(r_ij) · S_ij

    The double sum runs over ordered pairs **including j = l**, which is what allows it to be evaluated from
    moment tensors without ever visiting a pair: see :mod:`mlip_edu.fingerprints.moments`.
    ``first`` and ``second`` (edges,) multiply the weights of j and of l; ``second=None`` means the same.
    """
    weights = bond_weights(edges.distance, parameters)
    left = weights if first is None else weights * first[:, None]
    right = None if second is None else weights * second[:, None]
    return cosine_power_sums(edges, left, right, parameters.n_cosines).flatten(1)


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
        self.elements = tuple(dict.fromkeys(block.centre for block in self.blocks))
        self.cutoff = max(block.parameters.cutoff for block in self.blocks)

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
        atoms_of = self.atoms_of(edges.species)
        if len(atoms_of) == 1:
            return self._features_of(self.elements[0], edges)
        features = edges.vector.new_zeros(edges.n_atoms, self.n_columns)
        for element, atoms in atoms_of.items():
            own = self._features_of(element, edges.select(atoms))
            features = features.index_put((atoms,), torch.nn.functional.pad(own, (0, self.n_columns - own.shape[1])))
        return features

    def _features_of(self, element: str, edges: Edges) -> torch.Tensor:
        blocks = self.blocks_of(element)
        hidden = screening(edges, self.screening_ranges) if any(b.screened for b in blocks) else None
        columns = []
        for block in blocks:
            factors = [self._factor(edges, name, hidden if block.screened else None) for name in block.neighbours]
            if len(factors) == 1:
                columns.append(radial_fingerprint(edges, block.parameters, *factors))
            else:
                same = block.neighbours[0] == block.neighbours[1]
                columns.append(bond_fingerprint(edges, block.parameters, factors[0], None if same else factors[1]))
        return torch.cat(columns, dim=1)

    @staticmethod
    def _factor(edges: Edges, name: str, hidden: torch.Tensor | None) -> torch.Tensor | None:
        """S_ij where the neighbour is of the wanted element, 0 elsewhere; None if that is 1 everywhere."""
        if name == "all":
            return hidden
        wanted = edges.neighbour_species == atomic_numbers[name]
        if bool(wanted.all()):
            return hidden
        return wanted.to(edges.vector.dtype) if hidden is None else torch.where(wanted, hidden, 0.0)
