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
from functools import lru_cache

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


def neighbour_terms(distance: torch.Tensor, parameters: RadialParameters | BondParameters):
    """What one neighbour counts in each radial feature, or its weight in each bond feature (p = 0): (terms, …).

        x^p e^(−αx) f_c(r),     x = r/r_e

    Comes with the function that gives the slopes, (terms, …) in 1/Å:

        d/dr [x^p e^(−αx) f_c] = x^p e^(−αx) [(p/x − α)/r_e · f_c + f_c′]
    """
    powers, decay = (_column(tuple(v), distance.dim(), distance) for v in (parameters.powers, parameters.decay))
    x = distance / parameters.length_scale
    # x^p e^(−αx) as one exponential: x > 0, and exp costs a third of pow
    exponential = torch.exp(powers * x.log() - decay * x)
    fade = rann_cutoff(distance, parameters.cutoff, parameters.width)

    def slopes() -> torch.Tensor:
        fade_slope = rann_cutoff_slope(distance, parameters.cutoff, parameters.width)
        return exponential * ((powers / x - decay) * (fade / parameters.length_scale) + fade_slope)

    return exponential * fade, slopes


def _column(values: tuple[float, ...], n_others: int, like: torch.Tensor) -> torch.Tensor:
    """``values`` along a new first axis before ``n_others`` more."""
    return _tensor(values, like.dtype, like.device).view(-1, *(1,) * n_others)


@lru_cache
def _tensor(values: tuple[float, ...], dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    return torch.tensor(values, dtype=dtype, device=device)


def radial_fingerprint(edges: Edges, parameters: RadialParameters, factor: torch.Tensor | None = None):
    """Radial features, (atoms, powers), and their pullback.

        F_p(i) = Σ_{j≠i} (r_ij/r_e)^p exp(−α_p r_ij/r_e) f_c(r_ij) · S_ij

    ``factor`` (atoms, slots) multiplies every neighbour's term: the screening S_ij, or 0/1 to pick an element.
    The pullback takes ∂E/∂F (atoms, powers) to what each p adds to ∂E/∂r_ij, (powers, atoms, slots), and to
    ∂E/∂r̂_ij, which is 0.
    """
    factor = edges.occupied if factor is None else factor
    terms, term_slopes = neighbour_terms(edges.distance_table, parameters)

    def pullback(slopes: torch.Tensor) -> tuple[torch.Tensor, None]:
        return slopes.T[:, :, None] * term_slopes() * factor, None

    return (terms * factor).sum(-1).T, pullback


def bond_fingerprint(edges: Edges, parameters: BondParameters, first=None, second=None):
    """Bond features, (atoms, decays · cosines), the power of the cosine running fastest, and their pullback.

        G_{q,m}(i) = Σ_j Σ_l cos^m θ_jil · w_q(j) w_q(l),     w_q(j) = exp(−α_q r_ij/r_e) f_c(r_ij) · S_ij

    The double sum runs over ordered pairs **including j = l**, which is what allows it to be evaluated from
    moment tensors without ever visiting a pair: see :mod:`mlip_edu.fingerprints.moments`.
    ``first`` and ``second`` (atoms, slots) multiply the weights of j and of l; ``second=None`` means the same.
    The pullback takes ∂E/∂G (atoms, decays · cosines) to what each decay adds to ∂E/∂r_ij, (decays, atoms,
    slots), and to ∂E/∂r̂_ij, (3, decays, atoms, slots).
    """
    first = edges.occupied if first is None else first
    factors = [first] if second is None else [first, second]
    weights, weight_slopes = neighbour_terms(edges.distance_table, parameters)
    tables = [weights * factor for factor in factors]
    right = None if second is None else tables[1]
    sums, pull = cosine_power_sums(edges.unit_table, tables[0], right, parameters.n_cosines)

    def pullback(slopes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        by_weight, by_direction = pull(slopes.view_as(sums))
        by_factor = sum(one * factor for one, factor in zip(by_weight, factors, strict=True))
        return by_factor * weight_slopes(), by_direction

    return sums.flatten(1), pullback
