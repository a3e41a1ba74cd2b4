"""Numbers in text files, read strictly, and what stands there instead, told briefly."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

# a dot between the digits or none: [0-9]+\.?[0-9]* would take seconds to refuse a line of 200,000 digits
NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")


def finite_numbers(tokens: Iterable[str]) -> list[float]:
    """``tokens`` as finite numbers.

    Raises
    ------
    ValueError
        One of them is none. Python's ``float`` alone also takes ``1_000``, ``١٢`` and ``nan``.
    """
    values = [float(token) if NUMBER.fullmatch(token) else math.nan for token in tokens]
    if not all(map(math.isfinite, values)):
        raise ValueError("not a finite number")
    return values


def brief(text: str) -> str:
    """``text`` for an error message: as it is, or quoted and shortened where it is long or does not print."""
    shown = text if text.isprintable() else repr(text)
    return shown if len(shown) <= 300 else f"{shown[:300]}…"
