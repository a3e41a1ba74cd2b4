"""Real solid harmonics r^l Y_lm of any degree, by recursion: polynomials, and so smooth in every direction.

    r^l Y_lm = N_lm Q_l^|m|(z, r²) × { s_|m|  m < 0;   1  m = 0;   c_m  m > 0 },     c_m + i s_m = (x + iy)^m

    Q_m^m = (2m − 1)!!,     Q_l^m = [(2l − 1) z Q_{l−1}^m − (l + m − 1) r² Q_{l−2}^m]/(l − m)

    N_lm = √[(2l + 1)/4π · (l − |m|)!/(l + |m|)!] × (1 for m = 0, else √2)

and their slopes are again such polynomials, one degree lower:

    ∂c_m = m (c_{m−1}, −s_{m−1}, 0),     ∂s_m = m (s_{m−1}, c_{m−1}, 0)
    ∂Q_l^m = (−x Q_{l−1}^{m+1}, −y Q_{l−1}^{m+1}, (l + m) Q_{l−1}^m)

===========  =====================  ==========================================================
symbol       variable               shape
===========  =====================  ==========================================================
x, y, z      ``vector``             (3, …) Å
r^l Y_lm     ``solid_harmonics``    ((l_max + 1)², …) Å^l; that of (l, m) stands at l² + l + m
===========  =====================  ==========================================================

Sources: Varshalovich, Moskalev & Khersonskii, Quantum Theory of Angular Momentum (1988), chapter 5; in this form
Bigi et al., J. Chem. Phys. 159, 064802 (2023), doi 10.1063/5.0156307 (without their sign (−1)^m).
"""

from __future__ import annotations

from math import factorial, pi, sqrt

import torch

Tensor = torch.Tensor
Table = dict[tuple[int, int], Tensor]


def norm(degree: int, m: int) -> float:
    """N_lm, for m ≥ 0: it makes ∫ Y_lm² dΩ = 1."""
    return sqrt((2 * degree + 1) / (4 * pi) * factorial(degree - m) / factorial(degree + m) * (2 if m else 1))


def _recursion(vector: Tensor, l_max: int) -> tuple[list[Tensor], list[Tensor], Table]:
    """c_m, s_m and N_lm-free Q_l^m."""
    x, y, z = vector
    square = vector.square().sum(0)
    c, s = [torch.ones_like(x)], [torch.zeros_like(x)]
    q: Table = {(0, 0): torch.ones_like(x)}
    for m in range(l_max):
        c.append(x * c[m] - y * s[m])
        s.append(x * s[m] + y * c[m])
        q[m + 1, m + 1] = (2 * m + 1) * q[m, m]
    for m in range(l_max):
        q[m + 1, m] = (2 * m + 1) * z * q[m, m]
        for degree in range(m + 2, l_max + 1):
            first, second = (2 * degree - 1) * z * q[degree - 1, m], (degree + m - 1) * square * q[degree - 2, m]
            q[degree, m] = (first - second) / (degree - m)
    return c, s, q


def solid_harmonics(vector: Tensor, l_max: int) -> Tensor:
    """r^l Y_lm of vectors (3, …), ((l_max + 1)², …); differentiable everywhere, at r = 0 too."""
    c, s, q = _recursion(vector, l_max)
    rows = []
    for degree in range(l_max + 1):
        scaled = [norm(degree, m) * q[degree, m] for m in range(degree + 1)]
        rows += [scaled[m] * s[m] for m in range(degree, 0, -1)] + [scaled[m] * c[m] for m in range(degree + 1)]
    return torch.stack(rows)


def solid_harmonics_and_slopes(vector: Tensor, l_max: int) -> tuple[Tensor, Tensor]:
    """r^l Y_lm, ((l_max + 1)², …), and ∂(r^l Y_lm)/∂**r**, (3, (l_max + 1)², …)."""
    x, y, _ = vector
    c, s, q = _recursion(vector, l_max)
    zero = torch.zeros_like(x)
    rows, slopes = [], []
    for degree in range(l_max + 1):
        for m in (*range(-degree, 0), *range(degree + 1)):
            k, factor = abs(m), norm(degree, abs(m))
            angular = s[k] if m < 0 else c[k]
            across = -factor * angular * q[degree - 1, k + 1] if k + 1 < degree else zero
            along = factor * (degree + k) * angular * q[degree - 1, k] if k < degree else zero
            around = factor * k * q[degree, k]
            by_x, by_y = ((s[k - 1], c[k - 1]) if m < 0 else (c[k - 1], -s[k - 1])) if k else (zero, zero)
            rows.append(factor * q[degree, k] * angular)
            slopes += [x * across + around * by_x, y * across + around * by_y, along]
    return torch.stack(rows), torch.stack(slopes).unflatten(0, (-1, 3)).transpose(0, 1)
