"""SOAP, the smooth overlap of atomic positions: the power spectrum of a density of smeared atoms.

Every neighbour of element Z, and the atom itself, is a Gaussian; their sum is expanded in radial functions g_nl and
spherical harmonics, and what a rotation mixes (the m) is summed over:

    ρ_Z(r) = Σ_j f_c(r_j) exp(−|r − r_j|²/2σ²) = Σ_nlm c^Z_nlm g_nl(r) Y_lm(r̂)

    p^{ZZ'}_{nn'l} = π √(8/(2l + 1)) Σ_m c^Z_nlm c^{Z'}_n'lm

The g_nl are mixtures of Gaussians (:mod:`.radial`), so that the c have a closed form, a sum over neighbours:

    c_nlm = Σ_k B_nkl M_klm,     M_klm = Σ_j f_c(r_j) exp(−a_kl r_j²) r_j^l Y_lm(r̂_j)

    f_c(r) = 1 for r < r_c − d,   ½ [1 + cos(π (r − r_c + d)/d)] up to r_c,   0 beyond

=================  ======================  ===========================================================
symbol             variable                shape
=================  ======================  ===========================================================
d, r_b             ``fade, basis_radius``  Å
a_kl, B_nkl        ``decay, mixing``       (l, k), 1/Å²; (l, n, k)
f_c exp(−a r²)     ``smeared``             (l, atoms, Z · k, slots)
r^l Y_lm           ``harmonics``           (lm, atoms, slots)
c^Z_nlm            ``density``             for every l: (atoms, Z · n, 2l + 1)
p^{ZZ'}_{nn'l}     ``features``            (atoms, features)
=================  ======================  ===========================================================

Source: Bartók, Kondor & Csányi, Phys. Rev. B 87, 184115 (2013), doi 10.1103/PhysRevB.87.184115, and its erratum.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from ase.data import atomic_numbers

from ...batch import Edges
from ...cutoffs import cosine_cutoff
from ...errors import MlipEduError
from ..base import PiecewiseFingerprint, check_symbols
from .harmonics import solid_harmonics, solid_harmonics_and_slopes
from .radial import gaussian_basis

Tensor = torch.Tensor


class SoapFingerprint(PiecewiseFingerprint):
    """The power spectrum p^{ZZ'}_{nn'l} of every atom: 252 features for one element, n_max = 8 and l_max = 6.

    Columns: for each pair of elements Z ≤ Z', in order of atomic number, and each l, every n ≤ n' (every n and n' where
    Z < Z'). What stands for two equal terms, nn' and n'n or ZZ' and Z'Z, has a factor √2, so that the scalar product of
    two rows is (∫ ρ(r) ρ'(Rr) d³r)², summed over elements before it is squared, integrated over all rotations R.
    ``dscribe.descriptors.SOAP`` has the same columns in the same order without this √2; it knows no f_c and counts
    neighbours up to r_b + σ √(2 ln 10³), so that ``cutoff`` has to be this, with ``fade=0``.

    Parameters
    ----------
    elements : chemical symbols
    cutoff : r_c in Å
    n_max, l_max : number of radial functions, and the highest l; more than 6 functions need float64
    sigma : width of the Gaussians in Å
    fade : d in Å, by default r_c; 0: no cutoff function, and the energy jumps as a neighbour crosses r_c
    basis_radius : r_b in Å, by default r_c
    centre : is the atom itself part of the density? Without it a lone atom's features are 0

    Raises
    ------
    MlipEduError
        A parameter is outside its range, or the radial functions are too alike to be told apart.
    """

    chunk, derivative_chunk = 256, 64

    def __init__(
        self, elements: Sequence[str], cutoff: float, n_max: int = 8, l_max: int = 6, *, sigma: float = 0.5,
        fade: float | None = None, basis_radius: float | None = None, centre: bool = True,
    ):  # fmt: skip
        super().__init__()
        check_symbols(*elements)
        self.elements = tuple(sorted(elements, key=atomic_numbers.__getitem__))
        self.cutoff, self.n_max, self.l_max = float(cutoff), n_max, l_max
        self.sigma, self.centre = float(sigma), bool(centre)
        self.fade = self.cutoff if fade is None else float(fade)
        self.basis_radius = self.cutoff if basis_radius is None else float(basis_radius)
        self._check()
        self.numbers = [atomic_numbers[element] for element in self.elements]
        decay, mixing = gaussian_basis(n_max, l_max, self.basis_radius, 1 / (2 * self.sigma**2))
        column, norm = self._columns()
        for name, table in (("decay", decay), ("mixing", mixing), ("column", column), ("norm", norm)):
            self.register_buffer(name, torch.from_numpy(table), persistent=False)

    def _check(self) -> None:
        if not self.elements or len(set(self.elements)) != len(self.elements):
            raise MlipEduError(f"SOAP needs different elements; found {self.elements}")
        if not all(type(n) is int for n in (self.n_max, self.l_max)) or self.n_max < 1 or not 0 <= self.l_max <= 20:
            found = f"{self.n_max} and {self.l_max}"
            raise MlipEduError(f"n_max must be a whole number above 0, l_max one from 0 to 20; found {found}")
        if not 0 <= self.fade <= self.cutoff < 100 or self.cutoff == 0 or not 0.05 <= self.sigma < 10:
            found = f"fade {self.fade}, cutoff {self.cutoff}, sigma {self.sigma}"
            raise MlipEduError(f"SOAP needs 0 ≤ fade ≤ cutoff < 100 Å and a sigma from 0.05 to 10 Å; found {found}")
        if not 1 < self.basis_radius < 100:
            raise MlipEduError(f"the radius of the basis must lie between 1 and 100 Å; found {self.basis_radius}")

    def _columns(self) -> tuple[np.ndarray, np.ndarray]:
        """Where each feature stands in the flattened table (l, Z · n, Z' · n'), and π √(8/(2l + 1)) (× √2)."""
        width, place, norm = len(self.elements) * self.n_max, [], []
        for first in range(len(self.elements)):
            for second in range(first, len(self.elements)):
                for degree in range(self.l_max + 1):
                    for a in range(first * self.n_max, (first + 1) * self.n_max):
                        for b in range(max(a, second * self.n_max), (second + 1) * self.n_max):
                            place.append((degree * width + a) * width + b)
                            norm.append(math.pi * math.sqrt(8 / (2 * degree + 1) * (1 if a == b else 2)))
        return np.array(place), np.array(norm)

    def to_dict(self) -> dict:
        """A description in plain lists and numbers, for JSON."""
        names = ("elements", "cutoff", "n_max", "l_max", "sigma", "fade", "basis_radius", "centre")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_dict(cls, description: Mapping) -> SoapFingerprint:
        """The inverse of :meth:`to_dict`."""
        return cls(**description)

    def n_features(self, element: str) -> int:
        return len(self.column)

    def forward(self, edges: Edges) -> Tensor:
        """Features of every centre atom, (atoms, features)."""
        vector, gauss = self._gauss(edges)
        smeared = (gauss * self._by_element(edges, self._fade(edges)[0])).flatten(2, 3)
        return self._features(self._density(edges, smeared, solid_harmonics(vector, self.l_max)))

    def _gauss(self, edges: Edges) -> tuple[Tensor, Tensor]:
        """Vectors (3, atoms, slots), zero in empty slots, and exp(−a_kl r²), (l, atoms, 1, k, slots)."""
        vector = edges.table(edges.vector).permute(2, 0, 1)
        square = vector.square().sum(0)
        return vector, torch.exp(-self.decay.to(square)[:, None, None, :, None] * square[:, None, None])

    def _fade(self, edges: Edges) -> tuple[Tensor, Tensor]:
        """f_c and ∂f_c/∂r in 1/Å, (atoms, slots)."""
        distance = edges.distance_table
        if not self.fade:
            return (distance <= self.cutoff).to(distance), torch.zeros_like(distance)
        depth = (distance - (self.cutoff - self.fade)).clamp(0.0, self.fade)
        slope = -0.5 * math.pi / self.fade * torch.sin(math.pi / self.fade * depth)
        return cosine_cutoff(depth, self.fade), slope

    def _by_element(self, edges: Edges, values: Tensor) -> Tensor:
        """Values of the slots (atoms, slots), kept where the neighbour is of element Z: (atoms, Z, 1, slots)."""
        self.atoms_of(edges.species)  # refuses unknown elements
        return torch.stack([values * (edges.species_table == z) for z in self.numbers], dim=1)[:, :, None]

    def _density(self, edges: Edges, smeared: Tensor, harmonics: Tensor) -> list[Tensor]:
        """c_nlm, for every l (atoms, Z · n, 2l + 1)."""
        moments = [rows @ own.permute(1, 2, 0) for rows, own in zip(smeared, self._by_degree(harmonics), strict=True)]
        if self.centre:  # r = 0: r^l Y_lm is 1/√4π for l = 0, else 0
            itself = (edges.species[:, None] == torch.tensor(self.numbers, device=edges.species.device)).to(smeared)
            moments[0] = moments[0] + itself.repeat_interleave(self.n_max, 1)[:, :, None] / math.sqrt(4 * math.pi)
        return [self._mixed(degree, rows) for degree, rows in enumerate(moments)]

    def _by_degree(self, harmonics: Tensor) -> tuple[Tensor, ...]:
        """Rows (lm, …) as one piece (2l + 1, …) for every l."""
        return harmonics.split([2 * degree + 1 for degree in range(self.l_max + 1)])

    def _mixed(self, degree: int, rows: Tensor, transposed: bool = False) -> Tensor:
        """Σ_k B_nkl of rows (…, Z · k, columns), element by element; or the reverse, Σ_n."""
        mixing = self.mixing[degree].to(rows)
        return ((mixing.T if transposed else mixing) @ rows.unflatten(-2, (-1, self.n_max))).flatten(-3, -2)

    def _features(self, density: list[Tensor]) -> Tensor:
        """p from c: products of all pairs, those of ``column``."""
        table = torch.stack([c @ c.transpose(1, 2) for c in density], dim=1).flatten(1)
        return table[:, self.column] * self.norm.to(table)

    def _pieces(self, edges: Edges) -> tuple[Tensor, Tensor, Tensor, Tensor, list[Tensor]]:
        """f_c exp(−a r²) and its slope in r, (l, atoms, Z · k, slots); r^l Y_lm and its slopes; c."""
        vector, gauss = self._gauss(edges)
        harmonics, harmonic_slopes = solid_harmonics_and_slopes(vector, self.l_max)
        fade, fade_slope = (self._by_element(edges, values) for values in self._fade(edges))
        decay = self.decay.to(gauss)[:, None, None, :, None]
        slope = (gauss * (fade_slope - 2 * decay * edges.distance_table[:, None, None] * fade)).flatten(2, 3)
        smeared = (gauss * fade).flatten(2, 3)
        return smeared, slope, harmonics, harmonic_slopes, self._density(edges, smeared, harmonics)

    def edge_gradient(self, edges: Edges, slopes: Tensor) -> Tensor:
        """∂E/∂r_ij (edges, 3) from ∂E/∂p (atoms, features)."""
        smeared, smeared_slope, harmonics, harmonic_slopes, density = self._pieces(edges)
        width = len(self.elements) * self.n_max
        table = slopes.new_zeros(len(slopes), (self.l_max + 1) * width**2)
        table[:, self.column] = slopes * self.norm.to(slopes)
        table = table.view(len(slopes), -1, width, width)
        by_harmonic, by_distance = [], 0.0
        for degree, own in enumerate(self._by_degree(harmonics)):
            by_density = (table[:, degree] + table[:, degree].transpose(1, 2)) @ density[degree]
            by_moment = self._mixed(degree, by_density, transposed=True).transpose(1, 2)
            by_harmonic.append(by_moment @ smeared[degree])  # (atoms, 2l + 1, slots)
            by_distance = by_distance + ((by_moment @ smeared_slope[degree]) * own.transpose(0, 1)).sum(1)
        by_vector = (torch.cat(by_harmonic, dim=1).transpose(0, 1) * harmonic_slopes).sum(1)
        return (by_vector + edges.unit_table * by_distance).flatten(-2).index_select(-1, edges.row).T

    def derivatives_of_piece(self, edges: Edges) -> tuple[Tensor, Tensor]:
        """p (atoms, features) and ∂p/∂r_ij (edges, 3, features).

        Neighbour j adds R_n r_j^l Y_lm to c_nlm, with R_n = Σ_k B_nkl f_c exp(−a_kl r_j²). But for the factor of p,

            ∂p_nn'l/∂**r**_j = R_n G_n' + R_n' G_n + r̂_j (∂R_n/∂r_j A_n' + ∂R_n'/∂r_j A_n)
            A_n = Σ_m c_nlm r_j^l Y_lm,     G_n = Σ_m c_nlm ∂(r_j^l Y_lm)/∂**r**_j

        R is ``radial``, ∂R/∂r ``slope``, A ``along`` and G ``across``.
        """
        smeared, smeared_slope, harmonics, harmonic_slopes, density = self._pieces(edges)
        radial, slope, along, across = [], [], [], []
        for degree, (c, own) in enumerate(zip(density, self._by_degree(harmonics), strict=True)):
            radial.append(self._mixed(degree, smeared[degree]))
            slope.append(self._mixed(degree, smeared_slope[degree]))
            along.append(c @ own.transpose(0, 1))
            across.append(c @ harmonic_slopes[:, degree**2 : (degree + 1) ** 2].transpose(1, 2))
        # from (…, atoms, Z · n, slots) for every l to (l · Z · n, …, edges)
        radial, slope, along, across = (
            torch.cat(rows, dim=-2).movedim(-2, 0).flatten(-2).index_select(-1, edges.row)
            for rows in (radial, slope, along, across)
        )
        width = len(self.elements) * self.n_max
        n, other = self.column // width, self.column // width**2 * width + self.column % width
        unit = (edges.vector / edges.distance[:, None]).T
        result = radial[n, None] * across[other] + radial[other, None] * across[n]
        result += (slope[n] * along[other] + slope[other] * along[n])[:, None] * unit
        return self._features(density), result.permute(2, 1, 0) * self.norm.to(result)
