"""The bispectrum of a density on S³: what three layers of its coefficients have in common, whatever the orientation.

    B_{j1 j2 j} = Σ_mn U^j_mn* Σ_{m1 n1 m2 n2} C^{jm}_{j1 m1 j2 m2} C^{jn}_{j1 n1 j2 n2} U^{j1}_{m1 n1} U^{j2}_{m2 n2}

The two Clebsch–Gordan coefficients C are, by Wigner, the mean over the sphere of a product of three u, and so

    B_{j1 j2 j} = (j + 1) ⟨ρ_j1 ρ_j2 ρ_j⟩,     ρ_j(q) = Σ_mn U^j_mn u^j_mn(q)*

which is how it is computed here, on a grid that is exact for it. In words: take the parts of degree j1, j2 and j of the
density; B is the mean of their product. The slope of B in one part is the product of the two others.

===================  ============================  ================================================================
symbol               variable                      shape
===================  ============================  ================================================================
U^j_mn               ``density``                   (atoms, components), complex, without the c of u
c² u^j_mn(q)*        ``cosines`` − i ``sines``     (components, grid/2)
ρ_j(q)               ``parts``                     (j, atoms, grid): at q, and then at the conjugate points
===================  ============================  ================================================================

Sources: Bartók, Kondor & Csányi, Phys. Rev. B 87, 184115 (2013), doi 10.1103/PhysRevB.87.184115; the mean of three u:
Varshalovich, Moskalev & Khersonskii, Quantum Theory of Angular Momentum (1988), section 4.11.
"""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import torch

from .sphere import harmonics, sphere_grid

Tensor = torch.Tensor
ByLayer = list[tuple[Tensor, Tensor]]  # for every j: which columns, and ∂(column)/∂U^j (columns, atoms, components)


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
        sizes = [(j // 2 + 1) * (j + 1) for j in range(n_layers)]
        self.layers = [slice(*ends) for ends in pairwise(np.cumsum([0, *sizes]).tolist())]
        norm = [1.0 if bnormflag else j + 1.0 for _, _, j in self.triplets]
        feature, factor = np.zeros((n_layers,) * 3, int), np.zeros((n_layers,) * 3)
        for column, triplet in enumerate(self.triplets):
            for a, b, c in permutations(triplet):
                feature[a, b, c], factor[a, b, c] = column, norm[column] * triplet.count(c)
        made = [  # the order in which ``forward`` makes them
            (j1, j2, j) for j1 in range(n_layers) for first in range(min(j1, 1) + 1)
            for j2 in range(first, j1 + 1, 2) for j in range(j1 + first, n_layers, 2)
        ]  # fmt: skip
        a, b, weight = sphere_grid(twojmax)
        values = harmonics(a, b, twojmax)
        # on the grid the even layers come first: what ρ_a ρ_b contributes to, |a − b| ≤ c ≤ a + b, stands together
        by_parity = [*range(0, n_layers, 2), *range(1, n_layers, 2)]
        values = torch.cat([values[self.layers[j]] for j in by_parity])
        ends = np.cumsum([0, *(sizes[j] for j in by_parity)]).tolist()
        self.rows = dict(zip(by_parity, (slice(*pair) for pair in pairwise(ends)), strict=True))
        for name, table in (
            ("column", [made.index(triplet) for triplet in self.triplets]), ("norm", norm),
            ("cosines", values.real.contiguous()), ("sines", values.imag.contiguous()),
            ("grid_weight", torch.cat([weight, weight])),
            ("feature", feature), ("factor", factor),  # ∂(feature)/∂ρ_c = factor ρ_a ρ_b
        ):  # fmt: skip
            self.register_buffer(name, torch.from_numpy(np.asarray(table)), persistent=False)

    def parts(self, density: Tensor) -> Tensor:
        """ρ_j on the grid, (j, atoms, grid)."""
        parts, cosines, sines = [], self.cosines.to(density.real), self.sines.to(density.real)
        for j, layer in enumerate(self.layers):
            rows = self.rows[j]
            even, odd = density.real[:, layer] @ cosines[rows], density.imag[:, layer] @ sines[rows]
            parts.append(torch.cat([even + odd, even - odd], dim=1))
        return torch.stack(parts)

    def _project(self, values: Tensor, rows: slice) -> Tensor:
        """The reverse: Σ_q f(q) c² u^j_mn(q) of f (atoms, grid) to some rows of the table, (atoms, rows)."""
        there, conjugate = values.chunk(2, dim=-1)
        real, imaginary = (
            (there + conjugate) @ self.cosines[rows].to(values).T,
            (there - conjugate) @ self.sines[rows].to(values).T,
        )
        return torch.complex(real, imaginary)

    def forward(self, parts: Tensor) -> Tensor:
        """(j + 1) ⟨ρ_j1 ρ_j2 ρ_j⟩ of all triplets, (atoms, features)."""
        weighted, means = parts * self.grid_weight.to(parts), []
        for j1 in range(self.twojmax + 1):
            for first in range(min(j1, 1) + 1):  # j2 even or odd, and j like j1 + j2
                left, right = parts[first : j1 + 1 : 2], weighted[j1 + first :: 2]
                if len(left) <= len(right):  # ρ_j1 multiplies the smaller of the two
                    left = left * parts[j1]
                else:
                    right = right * parts[j1]
                means.append((left.transpose(0, 1) @ right.permute(1, 2, 0)).flatten(1))  # (atoms, j2 · j)
        return torch.cat(means, dim=1)[:, self.column] * self.norm.to(parts)

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
        column = torch.zeros(1, dtype=torch.long, device=parts.device)
        return [(column, self._project(by_part[j], self.rows[j])[None]) for j in range(self.twojmax + 1)]

    def slopes_of_each(self, parts: Tensor) -> ByLayer:
        """∂B/∂U: as many columns as features; in layer c those that it is part of."""
        found = [([], []) for _ in self.layers]
        parts = parts * self.grid_weight.to(parts).sqrt()
        for a, b in ((a, b) for a in range(self.twojmax + 1) for b in range(a + 1)):
            degrees = range(a - b, min(a + b, self.twojmax) + 1, 2)
            start = self.rows[a - b].start
            slopes = self._project(parts[a] * parts[b], slice(start, self.rows[degrees[-1]].stop))
            for c in degrees:
                pairs, own = found[c]
                pairs.append((a, b))
                own.append(slopes[:, self.rows[c].start - start : self.rows[c].stop - start])
        result = []
        for c, (pairs, slopes) in enumerate(found):
            first, second = np.array(pairs).T
            factor = self.factor[first, second, c].to(parts)[:, None, None]
            result.append((self.feature[first, second, c], torch.stack(slopes) * factor))
        return result
