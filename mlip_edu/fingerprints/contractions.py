"""Which scalars can be made of moment tensors: every way to contract their indices, each once.

A contraction of tensors k = 1, 2, … with ν_k indices is a symmetric matrix α of whole numbers: α_kl indices of tensor k
meet indices of tensor l, α_kk = 0, ν_k = Σ_l α_kl. See :mod:`mlip_edu.fingerprints.mtp`, which computes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations, product
from string import ascii_lowercase

Moment = tuple[int, int, int]  # μ, z, ν


@dataclass(frozen=True, order=True)
class Contraction:
    """A number made of ``moments`` (μ, z, ν); ``bonds``: α_kl of their pairs (0, 1), (0, 2), …, (1, 2), …"""

    moments: tuple[Moment, ...]
    bonds: tuple[int, ...]

    @property
    def equation(self) -> str:
        """What ``einsum`` needs: ``abc,abc->a`` for M_{μ,2} : M_{μ,2}; a is the atom."""
        words, letters = ["a"] * len(self.moments), iter(ascii_lowercase[1:])
        for (k, m), count in zip(combinations(range(len(words)), 2), self.bonds, strict=True):
            shared = "".join(next(letters) for _ in range(count))
            words[k] += shared
            words[m] += shared
        return ",".join(words) + "->a"


def level_of(moment: Moment, radial_cost: int) -> int:
    """lev M_{μ,ν} = 2 + kμ + ν."""
    mu, _, nu = moment
    return 2 + radial_cost * mu + nu


def multisets(levels: Sequence[int], level: int, start: int = 0) -> Iterator[tuple[int, ...]]:
    """Choices of one or more things, each as often as one likes, of at most this ``level`` in all: their numbers."""
    for k in range(start, len(levels)):
        if levels[k] <= level:
            yield (k,)
            yield from ((k, *rest) for rest in multisets(levels, level - levels[k], k))


def pairings(ranks: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """All α with the row sums ν_k = ``ranks``: the numbers α_kl of the pairs (0, 1), (0, 2), …, (1, 2), …"""
    if len(ranks) == 1:
        yield from [()] if ranks[0] == 0 else []
        return
    first, *others = ranks
    for row in product(*(range(min(first, other) + 1) for other in others)):
        if sum(row) == first:
            rest = tuple(other - count for other, count in zip(others, row, strict=True))
            yield from ((*row, *below) for below in pairings(rest))


def connected(n_moments: int, bonds: Sequence[int]) -> bool:
    """Does every tensor hang together with the first? If not, the contraction is a product of two."""
    reached = {0}
    for _ in range(n_moments):
        for pair, count in zip(combinations(range(n_moments), 2), bonds, strict=True):
            if count and reached & set(pair):
                reached |= set(pair)
    return len(reached) == n_moments


def contractions(level: int, n_radial: int, n_kinds: int, radial_cost: int) -> list[Contraction]:
    """All connected contractions up to ``level``, each once whatever the order of its tensors, by level."""
    levels = {m: level_of(m, radial_cost) for m in product(range(n_radial), range(n_kinds), range(level - 1))}
    scalars = {Contraction((m,), ()) for m, own in levels.items() if own <= level and m[2] == 0}
    tensors = [m for m in levels if m[2] > 0]
    for chosen in multisets([levels[m] for m in tensors], level):
        own = tuple(tensors[k] for k in chosen)
        for bonds in pairings(tuple(nu for _, _, nu in own)):
            if connected(len(own), bonds):
                scalars.add(Contraction(own, least(own, bonds)))
    return sorted(scalars, key=lambda c: (sum(levels[m] for m in c.moments), c))


def least(moments: tuple[Moment, ...], bonds: tuple[int, ...]) -> tuple[int, ...]:
    """Of all α that differ by an exchange of equal tensors the first in order."""
    pairs = list(combinations(range(len(moments)), 2))
    alpha = {pair: count for pair, count in zip(pairs, bonds, strict=True)}
    alpha |= {(m, k): count for (k, m), count in alpha.items()}
    return min(
        tuple(alpha[order[k], order[m]] for k, m in pairs)
        for order in permutations(range(len(moments)))
        if all(moments[k] == moment for k, moment in zip(order, moments, strict=True))
    )
