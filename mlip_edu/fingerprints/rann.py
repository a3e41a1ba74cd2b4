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

from dataclasses import dataclass

import torch

from ..batch import Edges
from ..cutoffs import rann_cutoff, rann_cutoff_slope
from ..errors import MlipEduError
from .moments import cosine_power_sums


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

    def __post_init__(self):
        super().__post_init__()
        if not isinstance(self.lowest_power, int) or abs(self.lowest_power) > 60:
            raise MlipEduError(f"lowest_power must be a whole number from −60 to 60; found {self.lowest_power}")

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
        if not isinstance(self.n_cosines, int) or not 1 <= self.n_cosines <= 20:
            raise MlipEduError(f"n_cosines must be a whole number from 1 to 20; found {self.n_cosines}")

    @property
    def powers(self) -> tuple[int, ...]:
        """All zero: a bond weight has no power of r."""
        return (0,) * len(self.decay)

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


def term_slopes(distance: torch.Tensor, parameters: RadialParameters | BondParameters) -> torch.Tensor:
    """Derivative in r of :func:`radial_terms` or :func:`bond_weights` (which has p = 0), (edges, terms) in 1/Å.

    d/dr [x^p e^(−αx) f_c] = x^p e^(−αx) [(p/x − α)/r_e · f_c + f_c′],     x = r/r_e
    """
    x = (distance / parameters.length_scale)[:, None]
    powers = distance.new_tensor(tuple(parameters.powers))
    decay = distance.new_tensor(parameters.decay)
    slope = rann_cutoff_slope(distance, parameters.cutoff, parameters.width)[:, None]
    inner = (powers / x - decay) / parameters.length_scale * _fade(distance, parameters) + slope
    return torch.exp(powers * x.log() - decay * x) * inner


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
