"""Bispectrum components: the fingerprint of SNAP, the spectral neighbour analysis potential.

Every neighbour becomes a point on the unit sphere S³ in four dimensions, its distance turned into a third angle:

    q = (cos θ₀, sin θ₀ r̂),     θ₀ = rfac0 π (r − rmin0)/(r_c − rmin0),     r_c = rcutfac (R_i + R_j)

A rotation of space is then one of S³, and one family of functions, Wigner's u^j_mn of :mod:`.sphere`, resolves
distances and directions. The density of neighbours, with the atom itself at the pole, has the coefficients

    U^j_mn = δ_mn + Σ_k w_k f_c(r_ik) u^j_mn(q_k)

and its bispectrum (:mod:`.bispectrum`) does not change when all q are turned together.

=================  ======================  ======================================================
symbol             variable                shape
=================  ======================  ======================================================
θ₀, w_k f_c        ``angle``, ``weight``   (atoms, slots)
u^j_mn(q_k)        ``polynomials``         (components, atoms, slots), complex, without c
U^j_mn             ``density``             (atoms, components), complex, without c
=================  ======================  ======================================================

Sources: Bartók, Kondor & Csányi, Phys. Rev. B 87, 184115 (2013), doi 10.1103/PhysRevB.87.184115; Thompson et al.,
J. Comput. Phys. 285, 316 (2015), doi 10.1016/j.jcp.2014.12.018; the names of the options are LAMMPS's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from ase.data import atomic_numbers

from ...batch import Edges
from ...errors import MlipEduError
from ..base import PiecewiseFingerprint, check_symbols
from .bispectrum import Bispectrum, ByLayer
from .sphere import components, turned, wigner_polynomials

Tensor = torch.Tensor
CHUNK = 77_000  # values of one ρ_j at a time: few enough for the processor's cache, enough to be worth the calls


class SnapFingerprint(PiecewiseFingerprint):
    """The bispectrum components B_{j1 j2 j} of every atom, in the order of LAMMPS: 30 for 2J = 6, 55 for 2J = 8.

    Parameters
    ----------
    elements : chemical symbols
    rcutfac : the cutoff of a pair is rcutfac (R_i + R_j), in Å
    twojmax : 2J, the highest degree
    radii, weights : R and w of each element; 0.5 and 1 where not given
    rfac0, rmin0 : see θ₀ in the module; rmin0 in Å
    bzeroflag : subtract the value of an atom without neighbours, which is then 0
    switchflag : f_c = ½ [1 + cos(π (r − rmin0)/(r_c − rmin0))]; without it a neighbour counts in full up to r_c, and
        the energy jumps as one crosses it
    bnormflag : divide by j + 1

    For r < rmin0 LAMMPS takes −q instead of q, and jumps there; here q goes on smoothly.

    Raises
    ------
    MlipEduError
        A parameter is outside its range, or the elements are not different chemical symbols.
    """

    def __init__(
        self, elements: Sequence[str], rcutfac: float, twojmax: int = 6, *, radii: Sequence[float] | None = None,
        weights: Sequence[float] | None = None, rfac0: float = 0.99363, rmin0: float = 0.0, bzeroflag: bool = True,
        switchflag: bool = True, bnormflag: bool = False,
    ):  # fmt: skip
        super().__init__()
        self.elements, self.twojmax = tuple(elements), twojmax
        self.radii = tuple(map(float, [0.5] * len(self.elements) if radii is None else radii))
        self.weights = tuple(map(float, [1.0] * len(self.elements) if weights is None else weights))
        self.rcutfac, self.rfac0, self.rmin0 = float(rcutfac), float(rfac0), float(rmin0)
        self.bzeroflag, self.switchflag, self.bnormflag = bool(bzeroflag), bool(switchflag), bool(bnormflag)
        self._check()
        self.cutoff = 2 * self.rcutfac * max(self.radii)
        self.bispectrum = Bispectrum(twojmax, bnormflag)
        self.chunk = max(1, CHUNK // len(self.bispectrum.grid_weight))
        by_number = torch.zeros(2, len(atomic_numbers), dtype=torch.float64)
        for element, *values in zip(self.elements, self.radii, self.weights, strict=True):
            by_number[:, atomic_numbers[element]] = torch.tensor(values, dtype=torch.float64)
        by_number[0, 0] = max(self.radii)  # of empty slots: no weight, but a cutoff that is not rmin0
        self.register_buffer("by_number", by_number, persistent=False)
        pole = [float(m == n) for _, m, n in components(twojmax)]
        self.register_buffer("pole", torch.tensor(pole, dtype=torch.float64), persistent=False)

    def _check(self) -> None:
        check_symbols(*self.elements)
        counts = {len(self.elements), len(set(self.elements)), len(self.radii), len(self.weights)}
        if len(counts) != 1 or not self.elements or not all(abs(weight) < 1e6 for weight in self.weights):
            found = f"{self.elements}, {self.radii}, {self.weights}"
            raise MlipEduError(f"SNAP needs different elements, each with one radius and one weight; found {found}")
        if type(self.twojmax) is not int or not 1 <= self.twojmax <= 16:
            raise MlipEduError(f"twojmax must be a whole number from 1 to 16; found {self.twojmax}")
        shortest, longest = (2 * self.rcutfac * extreme(self.radii) for extreme in (min, max))
        if not 0 <= self.rmin0 < shortest <= longest < 100 or not 0 < self.rfac0 <= 1:
            found = f"rmin0 {self.rmin0}, cutoffs from {shortest} to {longest}, rfac0 {self.rfac0}"
            raise MlipEduError(f"SNAP needs 0 ≤ rmin0 < every cutoff < 100 Å and 0 < rfac0 ≤ 1; found {found}")

    def to_dict(self) -> dict:
        """A description in plain lists and numbers, for JSON."""
        names = ("rcutfac", "twojmax", "rfac0", "rmin0", "bzeroflag", "switchflag", "bnormflag")
        lists = {name: list(getattr(self, name)) for name in ("elements", "radii", "weights")}
        return lists | {name: getattr(self, name) for name in names}

    @classmethod
    def from_dict(cls, description: Mapping) -> SnapFingerprint:
        """The inverse of :meth:`to_dict`."""
        return cls(**description)

    def n_features(self, element: str) -> int:
        return len(self.bispectrum.triplets)

    def forward(self, edges: Edges) -> Tensor:
        """Features of every centre atom, (atoms, features)."""
        angle, weight, _, _ = self._angle_and_weight(edges)
        _, density = self._density(edges, angle, weight)
        return self._shifted(edges, self.bispectrum(self.bispectrum.parts(density)))

    def edge_gradient(self, edges: Edges, slopes: Tensor) -> Tensor:
        """∂E/∂r_ij (edges, 3) from ∂E/∂B (atoms, features)."""
        _, parts, to_edges = self._parts_and_pullback(edges)
        return to_edges(self.bispectrum.slopes(parts, slopes))[:, :, 0]

    def derivatives_of_piece(self, edges: Edges) -> tuple[Tensor, Tensor]:
        """B (atoms, features) and ∂B/∂r_ij (edges, 3, features)."""
        density, parts, to_edges = self._parts_and_pullback(edges)
        by_density = self.bispectrum.slopes_of_each(density, parts)
        return self._shifted(edges, self.bispectrum.values(density, by_density)), to_edges(by_density)

    def _angle_and_weight(self, edges: Edges) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """θ₀ and w f_c of every slot, (atoms, slots), and their slopes in r, 1/Å."""
        self.atoms_of(edges.species)  # refuses unknown elements
        radius, weight = self.by_number.to(edges.vector)
        cutoff = self.rcutfac * (radius[edges.species][:, None] + radius[edges.species_table])
        per_distance = math.pi / (cutoff - self.rmin0)
        angle = (edges.distance_table - self.rmin0) * per_distance
        inside = self.switchflag * angle.clamp(0.0, math.pi)  # without the switch all count in full, like at 0
        fade, fade_slope = 0.5 * (1 + torch.cos(inside)), -0.5 * per_distance * torch.sin(inside)
        weight = weight[edges.species_table] * (angle < math.pi)
        return self.rfac0 * angle, weight * fade, self.rfac0 * per_distance, weight * fade_slope

    def _density(self, edges: Edges, angle: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        """v^j_mn of every neighbour, (components, atoms, slots), and U^j_mn without c, (atoms, components)."""
        x, y, z = torch.sin(angle) * edges.unit_table
        polynomials = wigner_polynomials(torch.complex(torch.cos(angle), -z), torch.complex(y, -x), self.twojmax)
        return polynomials, (polynomials * weight).sum(-1).T + self.pole.to(weight)

    def _shifted(self, edges: Edges, values: Tensor) -> Tensor:
        """B, less that of an atom alone if ``bzeroflag``: for which every mean is 1."""
        norm = self.bispectrum.norm.to(values)  # and for an atom alone exactly, not but for rounding
        return torch.where((edges.counts == 0)[:, None], norm, values) - norm * self.bzeroflag

    def _parts_and_pullback(self, edges: Edges) -> tuple[Tensor, Tensor, Callable[[ByLayer], Tensor]]:
        """U, ρ_j on the grid, and the function that takes ∂E/∂U of one or more E to ∂E/∂r_ij, (edges, 3, E)."""
        angle, weight, angle_slope, weight_slope = self._angle_and_weight(edges)
        polynomials, density = self._density(edges, angle, weight)
        # (atoms, 2 · components, slots): real and imaginary parts, so that Re Σ x* y is a product of real matrices
        table = torch.stack([polynomials.real, polynomials.imag], dim=1).flatten(0, 1).transpose(0, 1)
        # the chain rule from w f_c and from turns of q about three axes to r_ij, (edges, 3, 4)
        sine, cosine, unit = torch.sin(angle), torch.cos(angle), edges.unit_table
        axes = torch.eye(4, dtype=angle.dtype, device=angle.device)[1:, :, None, None]
        by_direction = weight * sine * (cosine * axes + sine * torch.linalg.cross(axes, unit[:, None], dim=0))
        by_distance = torch.cat([weight_slope[None], weight * angle_slope * unit])
        chain = edges.gradient(by_distance, by_direction).contiguous()

        def to_edges(by_density: ByLayer) -> Tensor:
            n_columns = 1 + max(int(columns.max()) for columns, _ in by_density.values())
            by_point = table.new_zeros(len(angle), n_columns, 4, angle.shape[1])
            for j, (columns, slopes) in by_density.items():
                layer = self.bispectrum.layers[j]
                forms = torch.stack([slopes, *turned(slopes, j)], dim=1).flatten(0, 1)  # (4 · columns, atoms, …)
                forms = torch.view_as_real(forms).flatten(-2).transpose(0, 1)
                found = forms @ table[:, 2 * layer.start : 2 * layer.stop]  # (atoms, 4 · columns, slots)
                by_point.index_add_(1, columns, found.unflatten(1, (-1, 4)))
            return chain @ by_point.permute(0, 3, 2, 1).flatten(0, 1)[edges.row]

        return density, self.bispectrum.parts(density), to_edges
