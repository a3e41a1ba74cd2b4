"""Moment tensors: products of neighbours' directions, summed first and contracted to numbers afterwards.

    M_{μ,ν} = Σ_j f_μ(r_ij) r_ij^{⊗ν},     r^{⊗ν} = r ⊗ r ⊗ … ⊗ r, a tensor with ν indices

M_{μ,0} counts neighbours, M_{μ,1} is a dipole, M_{μ,2} a tensor of inertia. A contraction sums over pairs of indices
until none is left, and does not change when the surroundings are turned. Its recipe is a symmetric matrix α of whole
numbers, as many rows as tensors: α_kl indices of tensor k meet indices of tensor l, α_kk = 0, ν_k = Σ_l α_kl; written
out as a sum over neighbours j₁, j₂, … it is a many-body function of all scalar products

    B_α = Σ_{j₁ j₂ …} Π_k f_{μ_k}(r_{j_k}) Π_{k<l} (r_{j_k} · r_{j_l})^{α_kl}

All products of contractions up to a level are taken, with lev M_{μ,ν} = 2 + kμ + ν for each tensor. The sum over
neighbours is done once a tensor, so that a five-body function costs no more neighbours than a pair function does.
The bond feature of RANN, Σ_jl cos^m θ w_j w_l, is the contraction of M_{μ,m} with itself for f_μ = w/r^m.

    f_μ(r) = T_μ(ξ) (1 − r/r_c)²/r_c^ν,     ξ = 2 (r − r_min)/(r_c − r_min) − 1

==========  =================  ============================================================================
symbol      variable           meaning
==========  =================  ============================================================================
T_μ         ``chebyshev``      Chebyshev polynomials, μ = 0 … n_radial − 1
μ, ν        ``(μ, z, ν)``      a tensor; z: the number of the neighbours' element, which counts like μ
α           ``bonds``          of a :class:`Contraction`, row after row of k < l
r_c, r_min  ``cutoff, r_min``  Å; r_c^ν makes the tensors numbers of one size
k           ``radial_cost``    1
==========  =================  ============================================================================

Sources: Shapeev, Multiscale Model. Simul. 14, 1153 (2016), doi 10.1137/15M1054183; the level: Novikov, Gubaev,
Podryabinkin & Shapeev, Mach. Learn.: Sci. Technol. 2, 025002 (2021), doi 10.1088/2632-2153/abc9fe. There the
f_μ are learned mixtures of Chebyshev polynomials, two or three serve, and k = 4 (k = 2 counts the degree of the
polynomials of the paper of 2016). Here they are given, the energy is linear in all that is learned, and what the f_μ
cannot learn takes more of them: k = 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from ase.data import atomic_numbers

from ..batch import Edges
from ..errors import MlipEduError
from .base import Fingerprint, PiecewiseFingerprint, check_symbols
from .contractions import Moment, contractions, level_of, multisets

Tensor = torch.Tensor
HIGHEST_LEVEL = 20


def tensor_power(vector: Tensor, rank: int) -> Tensor:
    """r^{⊗ν} of vectors (edges, 3), ν = ``rank``: (edges, 3^ν)."""
    power = torch.ones_like(vector[:, :1])
    for _ in range(rank):
        power = (power[:, :, None] * vector[:, None]).flatten(1)
    return power


def tensor_power_slopes(vector: Tensor, rank: int) -> Tensor:
    """∂r^{⊗ν}/∂r, (edges, 3, 3^ν): ∂(r^{⊗ν} ⊗ r) = ∂r^{⊗ν} ⊗ r + r^{⊗ν} ⊗ 1."""
    slopes = vector.new_zeros(len(vector), 3, 1)
    for lower in range(rank):
        one = tensor_power(vector, lower)[:, None, :, None] * torch.eye(3).to(vector)[:, None]
        slopes = (slopes[..., None] * vector[:, None, None] + one).flatten(2)
    return slopes


def moment_tensor(edges: Edges, radial: Tensor, rank: int, unit: float = 1.0) -> Tensor:
    """Σ_j f_μ(r_ij) (r_ij/unit)^{⊗ν} of ``radial`` (edges, functions) and ν = ``rank``: (atoms, functions, 3, …, 3)."""
    total = edges.table(radial).transpose(1, 2) @ edges.table(tensor_power(edges.vector / unit, rank))
    return total.view(*total.shape[:2], *(3,) * rank)


class MtpFingerprint(PiecewiseFingerprint):
    """All contractions of moment tensors up to ``level``, and their products: 65 for level 10, 155 for 12.

    Parameters
    ----------
    elements : chemical symbols; the moments of each neighbouring element are taken apart
    cutoff : r_c in Å
    level : the highest 2 + kμ + ν, summed over the tensors of a feature
    n_radial : μ < n_radial
    radial_cost : k
    r_min : where ξ = −1, in Å; about the shortest distance

    Raises
    ------
    MlipEduError
        A parameter is outside its range, or the elements are not different chemical symbols.
    """

    chunk = 64
    with_pullback = Fingerprint.with_pullback  # by automatic differentiation

    def __init__(
        self, elements: Sequence[str], cutoff: float, level: int = 12, n_radial: int = 9, radial_cost: int = 1,
        r_min: float = 1.5,
    ):  # fmt: skip
        super().__init__()
        check_symbols(*elements)
        if not elements or len(set(elements)) != len(elements):
            raise MlipEduError(f"moment tensors need different elements; found {list(elements)}")
        sizes = {"level": level, "n_radial": n_radial, "radial_cost": radial_cost}
        if not all(type(n) is int and 1 <= n <= HIGHEST_LEVEL for n in sizes.values()) or level < 2:
            raise MlipEduError(f"expected a level from 2 to {HIGHEST_LEVEL} and whole numbers up to it; found {sizes}")
        if not 0 <= r_min < cutoff < 100:
            raise MlipEduError(f"expected 0 ≤ r_min < cutoff < 100 Å; found {r_min} and {cutoff}")
        self.elements, self.cutoff, self.r_min = tuple(elements), float(cutoff), float(r_min)
        self.level, self.n_radial, self.radial_cost = level, n_radial, radial_cost
        self.scalars = contractions(level, n_radial, len(self.elements), radial_cost)
        self.moments = sorted({moment for scalar in self.scalars for moment in scalar.moments})
        levels = [sum(level_of(moment, radial_cost) for moment in scalar.moments) for scalar in self.scalars]
        self.products = sorted(multisets(levels, level), key=lambda chosen: (sum(levels[k] for k in chosen), chosen))

    def to_dict(self) -> dict:
        """A description in plain lists and numbers, for JSON."""
        numbers = {name: getattr(self, name) for name in ("cutoff", "level", "n_radial", "radial_cost", "r_min")}
        return {"elements": list(self.elements)} | numbers

    @classmethod
    def from_dict(cls, description: Mapping) -> MtpFingerprint:
        """The inverse of :meth:`to_dict`."""
        return cls(**description)

    def n_features(self, element: str) -> int:
        return len(self.products)

    def chebyshev(self, distance: Tensor) -> Tensor:
        """T_μ(ξ) (1 − r/r_c)², (edges, n_radial): T_{μ+1} = 2ξ T_μ − T_{μ−1}."""
        xi = 2 * (distance - self.r_min) / (self.cutoff - self.r_min) - 1
        values = [torch.ones_like(xi), xi]
        while len(values) < self.n_radial:
            values.append(2 * xi * values[-1] - values[-2])
        fade = (1 - distance / self.cutoff).clamp(min=0.0).square()
        return torch.stack(values[: self.n_radial], dim=1) * fade[:, None]

    def forward(self, edges: Edges) -> Tensor:
        """Features of every centre atom, (atoms, features)."""
        scalars = self.contracted(self.tensors(edges))
        columns = [torch.stack([scalars[k] for k in chosen]).prod(0) for chosen in self.products]
        return torch.stack(columns, dim=1)

    def tensors(self, edges: Edges) -> dict[Moment, Tensor]:
        """The moments M_{μ,z,ν}, each (atoms, 3, …, 3)."""
        self.atoms_of(edges.species)  # refuses unknown elements
        radial, tensors = self.chebyshev(edges.distance), {}
        for z, element in enumerate(self.elements):
            own = radial * (edges.neighbour_species == atomic_numbers[element])[:, None]
            for nu in {nu for _, _, nu in self.moments}:
                moments = moment_tensor(edges, own, nu, self.cutoff)
                tensors |= {(mu, z, nu): moments[:, mu] for mu in range(self.n_radial)}
        return tensors

    def contracted(self, tensors: Mapping[Moment, Tensor]) -> list[Tensor]:
        """Every scalar, (atoms,)."""
        return [torch.einsum(c.equation, *(tensors[moment] for moment in c.moments)) for c in self.scalars]

    def derivatives_of_piece(self, edges: Edges) -> tuple[Tensor, Tensor]:
        """Features and ∂D/∂r_ij = Σ ∂D/∂M · ∂M/∂r_ij, all components of all moments side by side."""
        found = self.tensors(edges)
        tensors = {moment: found[moment].requires_grad_() for moment in self.moments}
        with torch.enable_grad():
            scalars = self.contracted(tensors)
        rows = []
        for scalar in scalars:
            own = torch.autograd.grad(scalar, list(tensors.values()), torch.ones_like(scalar), materialize_grads=True)
            flat = [slope.reshape(len(scalar), 3**nu) for slope, (_, _, nu) in zip(own, self.moments, strict=True)]
            rows.append(torch.cat(flat, dim=1))
        columns, slopes = [], []
        for first, *others in self.products:  # (D s)′ = D′ s + D s′
            column, slope = scalars[first].detach(), rows[first]
            for k in others:
                slope = slope * scalars[k][:, None] + column[:, None] * rows[k]
                column = column * scalars[k]
            columns.append(column)
            slopes.append(slope)
        by_moment = torch.stack(slopes, dim=2)  # (atoms, components, features)
        by_vector = edges.table(self.moment_slopes(edges)).flatten(1, 2) @ by_moment
        by_vector = by_vector.unflatten(1, (edges.n_slots, 3)).flatten(0, 1)[edges.row]
        return torch.stack(columns, dim=1), by_vector

    def moment_slopes(self, edges: Edges) -> Tensor:
        """∂M/∂r_ij = f_μ′ r̂ r^{⊗ν} + f_μ ∂r^{⊗ν}/∂r of all moments, (edges, 3, components)."""
        scaled, unit = edges.vector / self.cutoff, edges.vector / edges.distance[:, None]
        distance = edges.distance.detach().requires_grad_()
        with torch.enable_grad():
            radial = self.chebyshev(distance).unbind(1)
        slope = [torch.autograd.grad(f, distance, torch.ones_like(f), retain_graph=True)[0] for f in radial]
        along = {nu: unit[:, :, None] * tensor_power(scaled, nu)[:, None] for _, _, nu in self.moments}
        across = {nu: tensor_power_slopes(scaled, nu) / self.cutoff for _, _, nu in self.moments}
        pieces = []
        for mu, z, nu in self.moments:
            own = (edges.neighbour_species == atomic_numbers[self.elements[z]])[:, None, None]
            pieces.append(own * (slope[mu][:, None, None] * along[nu] + radial[mu][:, None, None] * across[nu]))
        return torch.cat(pieces, dim=2)
