"""Wigner's functions U^j on the unit sphere S³ in four dimensions, and a grid there.

A point q = (q₀, q₁, q₂, q₃) of the sphere is a pair of complex numbers and a rotation,

    a = q₀ − i q₃,     b = q₂ − i q₁,     |a|² + |b|² = 1

and u^j_mn(a, b), with m, n = 0 … j, are on it what the spherical harmonics are on the ordinary sphere. **All j, m and n
here are whole numbers**, as in LAMMPS: j is twice that of the papers, m and n count from one end. The recursion in j,

    u^j_mn = √((j−n)/(j−m)) a* u^{j−1}_mn − √(n/(j−m)) b* u^{j−1}_m,n−1

has square roots that cancel in u = c v, with c^j_mn = √[(j−n)! n!/((j−m)! m!)]; what is left multiplies polynomials:

    v^j_mn is the coefficient of tⁿ in (a* − b* t)^{j−m} (b + a t)^m

Rows with 2m > j repeat the others, v^j_{j−m,j−n} = (−1)^{m−n} v^j_mn*, and are never made.

Source: Varshalovich, Moskalev & Khersonskii, Quantum Theory of Angular Momentum (1988), sections 4.4 and 4.8.
"""

from __future__ import annotations

from math import comb

import numpy as np
import torch

Tensor = torch.Tensor


def wigner_polynomials(a: Tensor, b: Tensor, twojmax: int) -> Tensor:
    """v^j_mn for j ≤ 2J, 2m ≤ j and n ≤ j in the order of :func:`components`: (components, …).

    Row m of layer j is row m of layer j − 1 times (a* − b* t); the middle row of an even layer has no such
    forerunner and is row m − 1 times (b + a t).
    """
    layers = [torch.ones_like(a)[None, None]]
    for j in range(1, twojmax + 1):
        rows = _times(layers[-1], a.conj(), -b.conj())
        if j % 2 == 0:
            rows = torch.cat([rows, _times(layers[-1][-1:], b, a)])
        layers.append(rows)
    return torch.cat([layers[j].flatten(0, 1) for j in degrees(twojmax)])


def _times(polynomials: Tensor, constant: Tensor, linear: Tensor) -> Tensor:
    """Polynomials in t, coefficients (rows, n, …), times (constant + linear t): (rows, n + 1, …)."""
    same, up = polynomials * constant, polynomials * linear
    return torch.cat([same[:, :1], same[:, 1:] + up[:, :-1], up[:, -1:]], dim=1)


def degrees(twojmax: int) -> list[int]:
    """j ≤ 2J, the even ones first: what a product of two layers contains, |a − b| ≤ j ≤ a + b, stands together."""
    return [*range(0, twojmax + 1, 2), *range(1, twojmax + 1, 2)]


def components(twojmax: int) -> list[tuple[int, int, int]]:
    """(j, m, n) in the order of :func:`degrees`, n running fastest."""
    return [(j, m, n) for j in degrees(twojmax) for m in range(j // 2 + 1) for n in range(j + 1)]


def turned(slopes: Tensor, j: int) -> tuple[Tensor, Tensor, Tensor]:
    """From L(v) = Re Σ_mn slopes_mn* v^j_mn to K = ∂L/∂φ, three more forms like L, as the sphere is turned by φ.

    A turn mixes, in v of a row m, neighbouring powers of t, because the two coefficients of each factor mix:

        ∂v_mn/∂φ_x = −i [(j−n+1) v_m,n−1 + (n+1) v_m,n+1]
        ∂v_mn/∂φ_y =    −(j−n+1) v_m,n−1 + (n+1) v_m,n+1
        ∂v_mn/∂φ_z =     i (j−2n) v_mn

    and to first order a point goes from q to q + φ·e(q), so that with q = (cos θ, sin θ r̂)

        ∂L/∂θ = K·r̂,     ∂L/∂r̂ = sin θ cos θ K + sin² θ K × r̂

    ``slopes`` (…, components of layer j), complex; three of the same shape.
    """
    slopes = slopes.unflatten(-1, (-1, j + 1))
    n = torch.arange(j + 1, dtype=slopes.real.dtype, device=slopes.device)
    up, down = torch.zeros_like(slopes), torch.zeros_like(slopes)
    torch.mul(slopes[..., 1:], (j - n)[:-1], out=up[..., :-1])
    torch.mul(slopes[..., :-1], n[1:], out=down[..., 1:])
    return tuple(form.flatten(-2) for form in (1j * (up + down), down - up, -1j * (j - 2 * n) * slopes))


def sphere_grid(twojmax: int) -> tuple[Tensor, Tensor, Tensor]:
    """a, b and weights of points of S³ on which products of three u^j with j ≤ 2J have their exact mean, (grid,) each.

        a = cos(β/2) e^{i(α+γ)/2},     b = sin(β/2) e^{i(α−γ)/2}
        ⟨f⟩ = Σ weight · [f(a, b) + f(a*, b*)]

    The product has frequencies up to 3J in α and γ, where equal steps are exact; what is left is a polynomial of degree
    3J in cos β, exact on the points of Gauss and Legendre. (q and −q are one point if j1 + j2 + j is even.) Of two
    points that are each other's complex conjugate one is listed, as v(a*, b*) = v(a, b)*.
    """
    n_steps = 3 * twojmax // 2 + 1
    cosine, gauss = np.polynomial.legendre.leggauss((n_steps + 1) // 2)
    ring, alpha, gamma = (x.ravel() for x in np.meshgrid(range(len(gauss)), *[range(n_steps)] * 2, indexing="ij"))
    number, of_conjugate = alpha * n_steps + gamma, -alpha % n_steps * n_steps + -gamma % n_steps
    weight = gauss[ring] / (2 * n_steps**2) * np.where(number == of_conjugate, 0.5, 1.0)
    beta, step = np.arccos(cosine)[ring], 1j * np.pi / n_steps
    a, b = np.cos(beta / 2) * np.exp(step * (alpha + gamma)), np.sin(beta / 2) * np.exp(step * (alpha - gamma))
    a, b, weight = (torch.from_numpy(x[number <= of_conjugate]) for x in (a, b, weight))
    return a, b, weight


def harmonics(a: Tensor, b: Tensor, twojmax: int) -> Tensor:
    """What turns Σ_k w_k v^j_mn of a density into its part of degree j at points, (components, points), complex.

        ρ_j(q) = Σ_mn [Σ_k w_k u^j_mn(q_k)] u^j_mn(q)* = Re Σ_{2m≤j} [Σ_k w_k v^j_mn(q_k)] (1 or 2) c² v^j_mn(q)*

    The middle row counts once, the others twice for their mirror images.
    """
    return wigner_polynomials(a, b, twojmax) * squares(twojmax)[:, None]


def squares(twojmax: int) -> Tensor:
    """(1 or 2) c² of all components, (components,). As the u are orthogonal, ⟨u u*⟩ = 1/(j + 1), it also makes a mean:

    ⟨ρ_j (1 or 2) c² v^j_mn⟩ = (1 or 2) c²/(j + 1) · Σ_k w_k v^j_mn(q_k)
    """
    values = [comb(j, m) / comb(j, n) * (1 if 2 * m == j else 2) for j, m, n in components(twojmax)]
    return torch.tensor(values, dtype=torch.float64)
