"""Radial functions made of Gaussians, for which the overlap with a smeared atom has a closed form.

n functions for every l, g_nl, are mixtures of n Gaussians that decay to 10⁻³ at the radii r_k = 1 Å … r_b; Löwdin's
S^{−1/2}, with S the table of their overlaps, makes them orthonormal:

    g_nl(r) = Σ_k β_nkl r^l exp(−α_kl r²),     α_kl = ln(10³ r_k^l)/r_k²,     β_l = S_l^{−1/2},
    (S_l)_kk' = ∫ r^{2l+2} exp(−(α_kl + α_k'l) r²) dr = ½ Γ(l + 3/2) (α_kl + α_k'l)^{−l − 3/2}

An atom at r_j, smeared out to exp(−η |r − r_j|²), has the coefficients (two Gaussians make one)

    ∫ exp(−η |r − r_j|²) g_nl(r) Y_lm(r̂) d³r = Σ_k B_nkl exp(−a_kl r_j²) r_j^l Y_lm(r̂_j),
    a = αη/(α + η),     B_nkl = β_nkl (π/(α + η))^{3/2} (η/(α + η))^l

=========  ======================  ======================
symbol     variable                shape, unit
=========  ======================  ======================
r_b, η     ``radius, eta``         Å, 1/Å²
α_kl       ``alpha``               (k,), 1/Å²
a, B       ``decay, mixing``       (l, k), 1/Å²; (l, n, k)
=========  ======================  ======================

Source: Himanen et al., Comput. Phys. Commun. 247, 106949 (2020), doi 10.1016/j.cpc.2019.106949.
"""

from __future__ import annotations

import math

import numpy as np

from ...errors import MlipEduError

SMALLEST = 1e-13  # eigenvalue of S, in units of the largest


def gaussian_basis(n_max: int, l_max: int, radius: float, eta: float) -> tuple[np.ndarray, np.ndarray]:
    """a_kl (l, k) in 1/Å² and B_nkl (l, n, k); ``radius`` r_b in Å, ``eta`` η in 1/Å².

    Raises
    ------
    MlipEduError
        S has an eigenvalue that rounding swamps: too many functions for the radius.
    """
    radii = np.linspace(1, radius, n_max)
    decay, mixing = [], []
    for degree in range(l_max + 1):
        alpha = np.log(1e3 * radii**degree) / radii**2
        power = degree + 1.5
        values, vectors = np.linalg.eigh(0.5 * math.gamma(power) * (alpha[:, None] + alpha) ** -power)
        if values[0] < SMALLEST * values[-1]:
            raise MlipEduError(f"{n_max} radial functions are too alike within {radius} Å: take a smaller n_max")
        smear = (math.pi / (alpha + eta)) ** 1.5 * (eta / (alpha + eta)) ** degree
        decay.append(alpha * eta / (alpha + eta))
        mixing.append((vectors / np.sqrt(values)) @ vectors.T * smear)
    return np.array(decay), np.array(mixing)
