"""The bispectrum of a density on S³: what three layers of its coefficients have in common, whatever the orientation.

    B_{j1 j2 j} = Σ_mn U^j_mn* Σ_{m1 n1 m2 n2} C^{jm}_{j1 m1 j2 m2} C^{jn}_{j1 n1 j2 n2} U^{j1}_{m1 n1} U^{j2}_{m2 n2}

The two Clebsch–Gordan coefficients C are, by Wigner, the mean over the sphere of a product of three u, and so

    B_{j1 j2 j} = (j + 1) ⟨ρ_j1 ρ_j2 ρ_j⟩,     ρ_j(q) = Σ_mn U^j_mn u^j_mn(q)*

which is how it is computed here, on a grid that is exact for it. In words: take the parts of degree j1, j2 and j of the
density; but for j + 1, B is the mean of their product. The slope of B in one part is the product of the two others.

=====================  ==========================  ==========================================================
symbol                 variable                    shape
=====================  ==========================  ==========================================================
U^j_mn                 ``density``                 (atoms, components), complex, without the c of u = c v
(1 or 2) c² v^j_mn*    ``cosines`` − i ``sines``   (components, grid/2), see :func:`.sphere.harmonics`
ρ_j(q)                 ``parts``                   (j, atoms, grid): at q, and then at the conjugate points
⟨ ⟩                    ``grid_weight``             (grid,), sums up to 1
=====================  ==========================  ==========================================================

∂E/∂U stands for the complex table x with dE = Re Σ x* dU, where dU too is without c.

Sources: Bartók, Kondor & Csányi, Phys. Rev. B 87, 184115 (2013), doi 10.1103/PhysRevB.87.184115; the mean of three u:
Varshalovich, Moskalev & Khersonskii, Quantum Theory of Angular Momentum (1988), section 4.11.
"""

from __future__ import annotations

from itertools import accumulate, combinations_with_replacement, pairwise, permutations

import numpy as np
import torch

from .sphere import components, degrees, harmonics, sphere_grid, squares

Tensor = torch.Tensor
# for every j: which columns, and ∂(column)/∂U^j (columns, atoms, components)
ByLayer = dict[int, tuple[Tensor, Tensor]]


def triplets(twojmax: int) -> list[tuple[int, int, int]]:
    """(j1, j2, j) of the features in LAMMPS's order: j2 ≤ j1 ≤ j ≤ j1 + j2, and j1 + j2 + j even."""
    numbers = range(twojmax + 1)
    return [
        (j1, j2, j) for j1 in numbers for j2 in numbers[: j1 + 1] for j in numbers[j1 : j1 + j2 + 1]
        if (j1 + j2 + j) % 2 == 0
    ]  # fmt: skip


class Bispectrum(torch.nn.Module):
    """All B_{j1 j2 j} up to 2J, and their slopes in U; ``bnormflag`` leaves the factor j + 1 out."""

    def __init__(self, twojmax: int, bnormflag: bool = False):
        super().__init__()
        self.twojmax, self.triplets, n_layers = twojmax, triplets(twojmax), twojmax + 1
        self.sizes = sizes = {j: (j // 2 + 1) * (j + 1) for j in degrees(twojmax)}
        ends = zip(sizes, pairwise(accumulate([0, *sizes.values()])), strict=True)
        self.layers = {j: slice(*pair) for j, pair in ends}
        norm = [1.0 if bnormflag else j + 1.0 for _, _, j in self.triplets]
        feature, factor = np.full((n_layers,) * 3, -1), np.zeros((n_layers,) * 3)  # −1: no feature
        for column, triplet in enumerate(self.triplets):
            for a, b, c in permutations(triplet):
                feature[a, b, c], factor[a, b, c] = column, norm[column] * triplet.count(c)
        a, b, weight = sphere_grid(twojmax)
        values = harmonics(a, b, twojmax)
        for name, table in (
            ("metric", squares(twojmax) / torch.tensor([j + 1 for j, _, _ in components(twojmax)])), ("norm", norm),
            ("cosines", values.real.contiguous()), ("sines", values.imag.contiguous()),
            ("grid_weight", torch.cat([weight, weight])),
            ("feature", feature), ("factor", factor),  # ∂(feature)/∂ρ_c = factor ρ_a ρ_b
        ):  # fmt: skip
            self.register_buffer(name, torch.from_numpy(np.asarray(table)), persistent=False)

    def parts(self, density: Tensor) -> Tensor:
        """ρ_j on the grid, (j, atoms, grid)."""
        parts, cosines, sines = [], self.cosines.to(density.real), self.sines.to(density.real)
        for j in range(self.twojmax + 1):
            layer = self.layers[j]
            even, odd = density.real[:, layer] @ cosines[layer], density.imag[:, layer] @ sines[layer]
            parts.append(torch.cat([even + odd, even - odd], dim=1))
        return torch.stack(parts)

    def _project(self, values: Tensor, rows: slice) -> Tensor:
        """The reverse: Σ_q f(q) (1 or 2) c² v^j_mn(q) of f (atoms, grid), for some of the components, (atoms, rows)."""
        there, conjugate = values.chunk(2, dim=-1)
        even, odd = there + conjugate, there - conjugate
        return torch.complex(even @ self.cosines[rows].to(even).T, odd @ self.sines[rows].to(odd).T)

    def forward(self, parts: Tensor) -> Tensor:
        """(j + 1) ⟨ρ_j1 ρ_j2 ρ_j⟩ of all triplets, (atoms, features)."""
        weighted = parts * self.grid_weight.to(parts)
        result = parts.new_zeros(parts.shape[1], len(self.triplets) + 1)  # the last for what is no feature
        for j1 in range(self.twojmax + 1):
            for first in range(min(j1, 1) + 1):  # j2 even or odd, and j like j1 + j2
                left, right = parts[first : j1 + 1 : 2], weighted[j1 + first :: 2]
                if len(left) <= len(right):  # ρ_j1 multiplies the smaller of the two
                    left = left * parts[j1]
                else:
                    right = right * parts[j1]
                columns = self.feature[j1, first : j1 + 1 : 2, j1 + first :: 2]
                result[:, columns] = left.transpose(0, 1) @ right.permute(1, 2, 0)  # (atoms, j2, j)
        return result[:, :-1] * self.norm.to(parts)

    def slopes(self, parts: Tensor, by_feature: Tensor) -> ByLayer:
        """∂E/∂U from ∂E/∂B (atoms, features): one column."""
        by_part = torch.empty_like(parts)
        for odd in range(2):  # a + b and c even or odd
            pairs = [(a, b) for a in range(self.twojmax + 1) for b in range((a + odd) % 2, a + 1, 2)]
            products, (first, second) = parts.new_empty(len(pairs), *parts.shape[1:]), np.array(pairs).T
            for k, (a, b) in enumerate(pairs):
                torch.mul(parts[a], parts[b], out=products[k])
            factors = by_feature[:, self.feature[first, second, odd::2]] * self.factor[first, second, odd::2].to(parts)
            by_part[odd::2] = (factors.transpose(1, 2) @ products.transpose(0, 1)).transpose(0, 1)
        by_part *= self.grid_weight.to(parts)
        only = self.feature.new_zeros(1)  # column 0: E is one number
        return {j: (only, self._project(by_part[j], layer)[None]) for j, layer in self.layers.items()}

    def slopes_of_each(self, density: Tensor, parts: Tensor) -> ByLayer:
        """∂B/∂U: as many columns as features; in layer c those that it is part of."""
        # ρ_0 = U⁰ everywhere, so that with b = 0 nothing is left to project
        alone = density * density[:, :1].real * self.metric.to(parts)
        found = {c: ([(c, 0)], [alone[:, layer]]) for c, layer in self.layers.items()}
        parts = parts * self.grid_weight.to(parts).sqrt()
        for a, b in combinations_with_replacement(range(self.twojmax, 0, -1), 2):
            inside = range(a - b, min(a + b, self.twojmax) + 1, 2)
            rows = slice(self.layers[inside[0]].start, self.layers[inside[-1]].stop)
            pieces = self._project(parts[a] * parts[b], rows).split([self.sizes[c] for c in inside], dim=1)
            for c, slopes in zip(inside, pieces, strict=True):
                found[c][0].append((a, b)), found[c][1].append(slopes)
        for c, (pairs, slopes) in found.items():
            a, b = np.array(pairs).T
            found[c] = self.feature[a, b, c], torch.stack(slopes) * self.factor[a, b, c].to(parts)[:, None, None]
        return found

    def values(self, density: Tensor, by_density: ByLayer) -> Tensor:
        """B (atoms, features) from U and ∂B/∂U: by Euler's theorem 3 B = U · ∂B/∂U, as B is of third degree in U."""
        result = density.real.new_zeros(len(self.triplets), len(density))
        for j, (columns, slopes) in by_density.items():
            result.index_add_(0, columns, (slopes.conj() * density[:, self.layers[j]]).real.sum(-1))
        return result.T / 3
