"""Numbers in text files, read strictly."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")


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
