"""Products of tensors that are tensors again: Clebsch–Gordan coefficients for real harmonics.

Multiply each entry of a tensor of degree l₁ with each of one of degree l₂. The (2l₁ + 1)(2l₂ + 1) products are a
mixture of tensors of degree l₃ = |l₁ − l₂| … l₁ + l₂, which the coefficients C take apart:

    (V ⊗ Y)_{m₃} = √(2l₃ + 1) Σ_{m₁ m₂} C_{m₁ m₂ m₃} V_{m₁} Y_{m₂},     parity p₃ = p₁ p₂,     Σ C² = 1

Of two vectors: 1 ⊗ 1 → 0 is the dot product, 1 ⊗ 1 → 1 the cross product, 1 ⊗ 1 → 2 the symmetric rest. The kind of a
tensor is written "1o": degree 1, odd, a vector; "1e": even, not changed by inversion, such as a cross product.

The coefficients ⟨l₁ m₁ l₂ m₂ | l₃ m₃⟩ of quantum mechanics are Racah's sum; with U_l, which makes complex harmonics
real, C = i^(l₁+l₂−l₃) U ⊗ U ⊗ U* ⟨…⟩/√(2l₃ + 1) is a real tensor. Features are dictionaries: kind → (rows, channels,
2l + 1).

Source: Varshalovich, Moskalev & Khersonskii, Quantum Theory of Angular Momentum (1988), section 8.2; the notation and
the scale √(2l₃ + 1): Geiger & Smidt, e3nn, arXiv 2207.09453.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import factorial

import torch

from ...errors import MlipEduError
from ..message_passing import random_matrix

Tensor = torch.Tensor
Features = Mapping[str, Tensor]
KINDS = ("0e", "0o", "1e", "1o", "2e", "2o")


def racah(l1: int, m1: int, l2: int, m2: int, l3: int, m3: int) -> float:
    """⟨l₁ m₁ l₂ m₂ | l₃ m₃⟩ for complex harmonics."""
    if m1 + m2 != m3:
        return 0.0
    f = factorial
    size = (2 * l3 + 1) * f(l1 + l2 - l3) * f(l1 - l2 + l3) * f(l2 - l1 + l3) / f(l1 + l2 + l3 + 1)
    size *= f(l1 + m1) * f(l1 - m1) * f(l2 + m2) * f(l2 - m2) * f(l3 + m3) * f(l3 - m3)
    total = 0.0
    for k in range(l1 + l2 - l3 + 1):
        others = (l1 + l2 - l3 - k, l1 - m1 - k, l2 + m2 - k, l3 - l2 + m1 + k, l3 - l1 - m2 + k)
        if min(others) >= 0:
            product = f(k)
            for n in others:
                product *= f(n)
            total += (-1) ** k / product
    return size**0.5 * total


def real_from_complex(l: int) -> Tensor:  # noqa: E741
    """U_l (2l + 1, 2l + 1): row m of real harmonics from columns m of complex ones (with their phase (−1)^m)."""
    u = torch.zeros(2 * l + 1, 2 * l + 1, dtype=torch.complex128)
    u[l, l] = 1.0
    for m in range(1, l + 1):
        u[l + m, l + m], u[l + m, l - m] = (-1) ** m / 2**0.5, 1 / 2**0.5  # cos mφ
        u[l - m, l + m], u[l - m, l - m] = (-1) ** m * -1j / 2**0.5, 1j / 2**0.5  # sin mφ
    return u


def clebsch_gordan(l1: int, l2: int, l3: int) -> Tensor:
    """C (2l₁ + 1, 2l₂ + 1, 2l₃ + 1) for real harmonics, with Σ C² = 1; for |l₁ − l₂| ≤ l₃ ≤ l₁ + l₂."""
    ranges = [range(-l, l + 1) for l in (l1, l2, l3)]  # noqa: E741
    table = [[[racah(l1, a, l2, b, l3, c) for c in ranges[2]] for b in ranges[1]] for a in ranges[0]]
    u1, u2, u3 = (real_from_complex(l) for l in (l1, l2, l3))  # noqa: E741
    mixed = torch.einsum("ai,bj,ck,ijk->abc", u1, u2, u3.conj(), torch.tensor(table, dtype=torch.complex128))
    return (mixed * 1j ** (l1 + l2 - l3)).real / (2 * l3 + 1) ** 0.5


def degree(kind: str) -> int:
    return int(kind[0])


def paths(first: Sequence[str], second: Sequence[str], wanted: Sequence[str]) -> list[tuple[str, str, str]]:
    """Every (a, b, c): a ⊗ b → c that degrees and parities allow, in the order of ``wanted``."""
    return [
        (a, b, c) for c in wanted for a in first for b in second
        if abs(degree(a) - degree(b)) <= degree(c) <= degree(a) + degree(b)
        and (a[1] == b[1]) == (c[1] == "e")
    ]  # fmt: skip


class TensorProduct(torch.nn.Module):
    """a ⊗ b → c, channel by channel, for every path; the results of one kind side by side as channels."""

    def __init__(self, first: Sequence[str], second: Sequence[str], wanted: Sequence[str]):
        super().__init__()
        self.paths = paths(first, second, wanted)
        for number, path in enumerate(self.paths):
            c = clebsch_gordan(*map(degree, path)) * (2 * degree(path[2]) + 1) ** 0.5
            self.register_buffer(f"c{number}", c.flatten(0, 1), persistent=False)

    def forward(self, v: Features, y: Features) -> dict[str, Tensor]:
        """Both arguments (rows, channels, 2l + 1) of every kind; the second may have one channel for all."""
        results: dict[str, list[Tensor]] = {}
        for number, (a, b, c) in enumerate(self.paths):
            products = (v[a][:, :, :, None] * y[b][:, :, None, :]).flatten(2)  # (rows, channels, m₁ m₂)
            results.setdefault(c, []).append(products @ getattr(self, f"c{number}"))
        return {c: torch.cat(parts, dim=1) for c, parts in results.items()}

    def count(self, kind: str) -> int:
        """How many paths lead to this kind."""
        return sum(c == kind for _, _, c in self.paths)


class Mixing(torch.nn.Module):
    """New channels as sums of old ones, W V for each kind: the same for all 2l + 1 entries, lest they turn wrongly."""

    def __init__(self, sizes: Mapping[str, tuple[int, int]], generator: torch.Generator | None):
        super().__init__()
        self.matrices = torch.nn.ParameterDict({c: random_matrix(n, m, generator) for c, (m, n) in sizes.items()})

    def forward(self, v: Features) -> dict[str, Tensor]:
        return {c: matrix @ v[c] for c, matrix in self.matrices.items()}


def check_kinds(kinds: Sequence[str]) -> None:
    """Raise :class:`MlipEduError` unless they are different names of :data:`KINDS`, and scalars among them."""
    if not set(kinds) <= set(KINDS) or len(set(kinds)) < len(kinds) or "0e" not in kinds:
        raise MlipEduError(f"expected different kinds out of {', '.join(KINDS)}, and 0e among them; found {kinds}")
