"""Real spherical harmonics up to l = 2: a direction as numbers that turn along with it.

    Y_0 = 1
    Y_1 = √3 (y, z, x)
    Y_2 = √15 (xy, yz, (3z² − 1)/√12, xz, (x² − y²)/2)

of a unit vector (x, y, z); the columns are m = −l … l. When the vector is turned by R, Y_l becomes D_l(R) Y_l with an
orthogonal matrix D_l: Y_0 stays, Y_1 is the vector itself in another order, Y_2 are the five independent entries of a
symmetric matrix without trace. When it is reflected through the origin, Y_l changes its sign (−1)^l times: its parity.

All |Y_l|² = 2l + 1 ("component" in e3nn; the harmonics of quantum mechanics are Y_l/√4π), so that entries are about 1.

Source: Varshalovich, Moskalev & Khersonskii, Quantum Theory of Angular Momentum (1988), chapter 5.
"""

from __future__ import annotations

import torch

HARMONICS = ("0e", "1o", "2e")  # l and parity, even or odd, of Y_0, Y_1 and Y_2


def harmonics(vector: torch.Tensor) -> dict[str, torch.Tensor]:
    """Y_l of the directions of ``vector`` (edges, 3): ``"0e"`` (edges, 1), ``"1o"`` (edges, 3), ``"2e"`` (edges, 5).

    A vector of length 0 has no direction, and gives nan.
    """
    x, y, z = (vector / vector.square().sum(1, keepdim=True).sqrt()).unbind(1)
    y0 = torch.ones_like(x)[:, None]
    y1 = 3**0.5 * torch.stack([y, z, x], dim=1)
    y2 = 15**0.5 * torch.stack([x * y, y * z, (3 * z**2 - 1) / 12**0.5, x * z, (x**2 - y**2) / 2], dim=1)
    return dict(zip(HARMONICS, (y0, y1, y2), strict=True))
