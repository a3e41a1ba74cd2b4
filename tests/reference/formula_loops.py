"""The terms of a formula with loops; Python itself reads the text of its trees."""

from itertools import combinations
from math import exp

from .neighbours_loops import neighbours
from .rann_loops import cosine, length


def function_of(tree):
    """The text of a tree as a Python function."""
    code = compile(tree.text().replace("^", "**"), "tree", "eval")
    return lambda r: eval(code, {"exp": exp, "r": r})


def fade(r, cutoff, width):
    x = min(1.0, (cutoff - r) / width)
    return (1 - (1 - x) ** 4) ** 2


def fingerprint(system, formula):
    """A pair term is half the sum over neighbours; a three-body term counts every two of them once."""
    found = neighbours(system.positions, system.cell, system.pbc, formula.cutoff)
    rows = []
    for i in range(len(system)):
        vectors, row = [vector for centre, _, _, vector in found if centre == i], []
        for term in formula.terms:
            t = function_of(term.radial)
            values = [t(length(v)) * fade(length(v), formula.cutoff, formula.width) for v in vectors]
            if term.angular is None:
                row.append(sum(values) / 2)
            else:
                g, pairs = function_of(term.angular), combinations(zip(values, vectors, strict=True), 2)
                row.append(sum(a * b * g(cosine(v, u)) for (a, v), (b, u) in pairs))
        rows.append(row)
    return rows
