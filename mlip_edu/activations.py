"""Activation functions of the networks, each with its slope."""

from __future__ import annotations

import torch
from torch.nn import functional

Tensor = torch.Tensor


def sig_i(x: Tensor) -> Tensor:
    """RANN's activation ``sigI``: f(x) = 0.1 x + 0.9 ln(eˣ + 1), a smooth ramp of slope 0.1 to 1."""
    # torch's default threshold of 20 would replace ln(1 + eˣ) by x with an error of 2e-9
    return 0.1 * x + 0.9 * functional.softplus(x, threshold=40.0)


def _silu_slope(x: Tensor) -> Tensor:
    s = torch.sigmoid(x)
    return s * (1 + x * (1 - s))


# name: (f, f′)
ACTIVATIONS = {
    "sigI": (sig_i, lambda x: 0.1 + 0.9 * torch.sigmoid(x)),
    "tanh": (torch.tanh, lambda x: 1 - torch.tanh(x) ** 2),
    "silu": (functional.silu, _silu_slope),
    "linear": (lambda x: x, torch.ones_like),
}
