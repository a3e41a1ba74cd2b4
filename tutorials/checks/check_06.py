"""Exercises, predictions and quiz of notebook 06. Reading on tells you the answers: try first.

`right` and `wrong` are recorded answers; `tests/test_coursework.py` runs every one of them.
"""

import itertools

import numpy as np

from mlip_edu.coursework.engine import Check, Choice, Prediction, Question, expect, run


def cutoff(r, r_c):
    return 0.5 * (np.cos(np.pi * np.minimum(r, r_c) / r_c) + 1)


# --- 06.q1: ζ and 2^{1−ζ} repaired ----------------------------------------------------------------------

COSINES = np.array([-1.0, -0.6, -1 / 3, 0.0, 0.2, 0.8])
FACTORS = [(4, -1), (2.5, 1), (8, 1)]  # ζ, λ; whole numbers as the notebook gives them


def factor(cosine, zeta, lambda_):
    return 2 ** (1 - zeta) * (1 + lambda_ * np.asarray(cosine)) ** zeta


def factor_without_zeta(cosine, zeta, lambda_):
    return 2 ** (1 - zeta) * (1 + lambda_ * np.asarray(cosine))


def factor_other_sign(cosine, zeta, lambda_):
    return 2 ** (zeta - 1) * (1 + lambda_ * np.asarray(cosine)) ** zeta


def factor_broken(cosine, zeta, lambda_):
    return 2 ** (zeta - 1) * (1 + lambda_ * np.asarray(cosine))


def factor_without_two(cosine, zeta, lambda_):
    return (1 + lambda_ * np.asarray(cosine)) ** zeta


def factor_zeta_inside(cosine, zeta, lambda_):
    return 2 ** (1 - zeta) * (1 + lambda_ * np.asarray(cosine) ** zeta)


def factor_without_lambda(cosine, zeta, lambda_):
    return factor(cosine, zeta, 1)


def factor_half(cosine, zeta, lambda_):
    return 2**-zeta * (1 + lambda_ * np.asarray(cosine)) ** zeta


def judge_factor(function):
    for case in FACTORS:
        inside = factor_zeta_inside(COSINES, *case) if case[0] == int(case[0]) else 0 * COSINES + 9
        known = [
            (factor_broken(COSINES, *case), "this is the broken one as it was. Compare it with the formula, from left to "
             "right: there are two slips."),
            (factor_without_zeta(COSINES, *case), "one slip is mended. The other: the bracket has an exponent too."),
            (factor_other_sign(COSINES, *case), "the bracket is right now. And the power of two in front? At its best the "
             "bracket is 2^ζ: what must stand before it, so that the product is 2 for every ζ?"),
            (factor_without_two(COSINES, *case), "the power of two in front is gone. Without it the factor runs from 0 "
             "to 2^ζ."),
            (inside, "only the cosine is raised to ζ. The exponent belongs to the whole bracket."),
            (factor_half(COSINES, *case), "half of it: 2^{1−ζ}, not 2^{−ζ}."),
            (factor_without_lambda(COSINES, *case), "λ does not come in."),
        ]  # fmt: skip
        known = [(value, text) for value, text in known if not np.allclose(value, factor(COSINES, *case))]
        hint = "not the factor. For λ = 1 and cos θ = 1 it must be 2 for every ζ, for cos θ = −1 it must be 0."
        expect(run(function, COSINES, *case), factor(COSINES, *case), known, hint)
    single = "right for an array of cosines, but not for one number."
    expect(run(function, -0.6, 4, -1), factor(-0.6, 4, -1), [], single)


# --- 06.q2: Behler's G4 of one atom ---------------------------------------------------------------------

VECTORS = np.array([[2.3, 0.1, -0.2], [-0.4, 2.5, 0.3], [-1.2, -1.1, 1.9], [3.0, 2.2, 0.4], [0.2, -2.9, -2.0]])
G4_CASES = [(0.06, 2.0, 1, 5.5), (0.06, 2.0, -1, 5.5)]  # η, ζ, λ, r_c


def g4_over(vectors, eta, zeta, lambda_, r_c, pairs, third_cutoff=True, third_distance=True):
    total = 0.0
    for j, k in pairs:
        r_ij, r_ik = np.linalg.norm(vectors[j]), np.linalg.norm(vectors[k])
        r_jk = np.linalg.norm(vectors[k] - vectors[j])
        cosine = np.clip(vectors[j] @ vectors[k] / (r_ij * r_ik), -1, 1)
        gauss = np.exp(-eta * (r_ij**2 + r_ik**2 + third_distance * r_jk**2))
        fade = cutoff(r_ij, r_c) * cutoff(r_ik, r_c) * (cutoff(r_jk, r_c) if third_cutoff else 1)
        total += factor(cosine, zeta, lambda_) * gauss * fade
    return float(total)


def g4_slipped(vectors, eta, zeta, lambda_, r_c, power=2, between=np.subtract, angle=False, normalised=True):
    """G4 with r in place of r², with |r_ij + r_ik| for r_jk, with θ in place of cos θ, or with cos θ not divided."""
    total = 0.0
    for first, second in itertools.combinations(vectors, 2):
        r = np.array([np.linalg.norm(v) for v in (first, second, between(second, first))])
        cosine = first @ second / (r[0] * r[1] if normalised else 1)
        base = 1 + lambda_ * (np.arccos(cosine) if angle else cosine)
        total += 2 ** (1 - zeta) * base**zeta * np.exp(-eta * (r**power).sum()) * np.prod(cutoff(r, r_c))
    return float(total)


def g4(vectors, eta, zeta, lambda_, r_c):
    return g4_over(vectors, eta, zeta, lambda_, r_c, itertools.combinations(range(len(vectors)), 2))


def g4_ordered(vectors, *case):
    return g4_over(vectors, *case, itertools.permutations(range(len(vectors)), 2))


def g4_with_itself(vectors, *case):
    return g4_over(vectors, *case, itertools.combinations_with_replacement(range(len(vectors)), 2))


def g4_all(vectors, *case):
    return g4_over(vectors, *case, itertools.product(range(len(vectors)), repeat=2))


def g4_two_cutoffs(vectors, *case):
    return g4_over(vectors, *case, itertools.combinations(range(len(vectors)), 2), third_cutoff=False)


def g4_two_distances(vectors, *case):
    return g4_over(vectors, *case, itertools.combinations(range(len(vectors)), 2), third_distance=False)


def g5(vectors, *case):
    pairs = itertools.combinations(range(len(vectors)), 2)
    return g4_over(vectors, *case, pairs, third_cutoff=False, third_distance=False)


def judge_g4(function):
    for case in G4_CASES:
        eta, zeta, lambda_, r_c = case
        known = [
            (g4_ordered(VECTORS, *case), "twice too much: you have each pair as j, k and as k, j. Here a pair counts once. "
             "(The paper of 2007 does it your way; section 3 says more.)"),
            (g4_with_itself(VECTORS, *case), "j = k is among your pairs: an atom forms no angle with itself."),
            (g4_all(VECTORS, *case), "all j and all k, that is each pair twice, and each atom with itself."),
            (g4_two_cutoffs(VECTORS, *case), "the third cutoff function is missing, that of the distance between the two "
             "neighbours."),
            (g4_two_distances(VECTORS, *case), "the exponent holds three squares: r_jk² is missing."),
            (g5(VECTORS, *case), "r_jk enters neither the exponent nor a cutoff. That function exists, and is called G5; "
             "asked is G4."),
            (g4(VECTORS, eta, zeta, -lambda_, r_c), "λ does not come in, or with the wrong sign."),
            (g4_slipped(VECTORS, *case, power=1), "the exponent holds squares of distances, r² and not r."),
            (g4_slipped(VECTORS, *case, between=np.add), "from j to k it is r_ik − r_ij; you have the sum of the two."),
            (g4_slipped(VECTORS, *case, angle=True), "the bracket holds cos θ, not θ."),
            (g4_slipped(VECTORS, *case, normalised=False), "a dot product is r_ij r_ik cos θ: divide by both lengths."),
            (g4(VECTORS, -eta, zeta, lambda_, r_c), "the exponential grows with the distances: look at its sign."),
        ]  # fmt: skip
        hint = "not G4. Try two neighbours at right angles: then cos θ = 0 and the angular factor is 2^{1−ζ}. "
        hint += "(If you call angular_factor: is 06.q1 right?)"
        expect(run(function, VECTORS, *case), g4(VECTORS, *case), known, hint)


# --- 06.q3: RANN's bond features with triplets ----------------------------------------------------------

WEIGHTS = np.array([0.9, 0.7, 0.4, 1.3, 0.2])
UNITS = VECTORS / np.linalg.norm(VECTORS, axis=1)[:, None]


def bond_over(weights, units, m, pairs):
    return float(sum(weights[j] * weights[k] * (units[j] @ units[k]) ** m for j, k in pairs))


def bond(weights, units, m):
    return bond_over(weights, units, m, itertools.product(range(len(weights)), repeat=2))


def bond_without_itself(weights, units, m):
    return bond_over(weights, units, m, itertools.permutations(range(len(weights)), 2))


def bond_once(weights, units, m):
    return bond_over(weights, units, m, itertools.combinations(range(len(weights)), 2))


def bond_once_with_itself(weights, units, m):
    return bond_over(weights, units, m, itertools.combinations_with_replacement(range(len(weights)), 2))


def bond_one_weight(weights, units, m):
    cosines = units @ units.T
    return float((weights[:, None] * cosines**m).sum())


def judge_bond(function):
    for m in (1, 3):
        known = [
            (bond_without_itself(WEIGHTS, UNITS, m), "the terms j = l are missing. RANN has them (cos θ = 1), and they are "
             "what makes section 4 possible."),
            (bond_once(WEIGHTS, UNITS, m), "each pair once and no j = l. RANN's sum runs over ALL j and ALL l."),
            (bond_once_with_itself(WEIGHTS, UNITS, m), "each pair once. RANN counts j, l and l, j both."),
            (bond(WEIGHTS, UNITS, m) / 2, "there is no factor ½ in the formula."),
            (bond_one_weight(WEIGHTS, UNITS, m), "only one of the two weights is there."),
            (bond(WEIGHTS, UNITS, 4 - m), "the exponent of the cosine is not m."),
        ]  # fmt: skip
        hint = "not the double sum. Try a single neighbour of weight w: w² must come out, whatever m."
        expect(run(function, WEIGHTS, UNITS, m), bond(WEIGHTS, UNITS, m), known, hint)


# --- 06.q4: moment tensors ------------------------------------------------------------------------------


def tensor(weights, units, m):
    """M_ab… with m indices."""
    outer = np.asarray(weights, float)
    for _ in range(m):
        outer = outer[..., None] * units.reshape(len(units), *(1,) * (outer.ndim - 1), 3)
    return outer.sum(axis=0)


def judge_moment(function):
    for m in (1, 2):
        own = tensor(WEIGHTS, UNITS, m)
        trace = float(own.sum()) if m == 1 else float(np.trace(own))
        known = [
            (own, "this is the moment itself. One step is left: the sum of the squares of all its components."),
            (np.sqrt((own**2).sum()), "this is the length of the moment; the sum has its square."),
            (float(own.sum() ** 2), "you added the components, then squared. It is the squares that are added."),
            (trace, "you added components, not squares of components."),
            (float((tensor(WEIGHTS**2, UNITS, m) ** 2).sum()), "each weight enters a moment ONCE; the square at the end "
             "brings the second."),
            (float((tensor(np.ones(5), UNITS, m) ** 2).sum()), "the weights are missing."),
            (float(tensor(WEIGHTS**2, UNITS, 0)), "you squared before you summed over the neighbours: then only j = l is "
             "left. First the sum over j, then the square."),
            (float((own**2).sum() ** 2), "that is squared once too often."),
        ]  # fmt: skip
        if m == 2:
            known.append((float((tensor(WEIGHTS, UNITS, 1) ** 2).sum()), "for m = 2 you gave what belongs to m = 1."))
            known.append((float(np.trace(own) ** 2), "the square of the trace is (Σ w)²: it has no angle in it."))
        hint = f"not for m = {m}. Shapes: weights (neighbours,), units (neighbours, 3), the moment (3,) or (3, 3)."
        expect(run(function, WEIGHTS, UNITS, m), float((own**2).sum()), known, hint)


def squared_norm(weights, units, m):
    return float((tensor(weights, units, m) ** 2).sum())


def squared_norm_12(weights, units, m):
    moment = np.einsum("j,ja->a", weights, units) if m == 1 else np.einsum("j,ja,jb->ab", weights, units, units)
    return float((moment**2).sum())


# --- 06.q5: a four-body number --------------------------------------------------------------------------


def four_body(units):
    first, second = units.sum(axis=0), units.T @ units
    return float(first @ second @ first)


def four_body_loops(units):
    cosines = units @ units.T
    return float(sum(cosines[j, k] * cosines[j, l] for j, k, l in itertools.product(range(len(units)), repeat=3)))


def judge_four_body(function):
    first, second, cosines = UNITS.sum(axis=0), UNITS.T @ UNITS, UNITS @ UNITS.T
    known = [
        (float(first @ first), "that is V·V: two neighbours, and so a three-body number. T is not in it."),
        (float((second**2).sum()), "that is the square of T: again only two neighbours meet in a term."),
        (float(np.trace(second)), "that is the trace of T, the number of neighbours."),
        (float(first @ first) ** 2, "you took V_a V_b for T_ab. T is a sum over j of r̂_j,a r̂_j,b: first "
         "multiply, then add."),
        (second @ first, "that is the vector T·V. One more product with V makes a number of it."),
        (float((cosines**2).sum()), "that is the sum over pairs of cos². Three neighbours must meet in each term."),
        (float(np.trace(second @ second @ second)), "that is a sum over triangles j, k, l, a four-body number too. It "
         "is another one, and (try it) blind to flat pairs like ours. Asked is V·T·V."),
        (float(first.sum() * second.sum() * first.sum()), "* multiplies component by component; you need @."),
        (float((first * second * first).sum()), "* multiplies component by component; you need @."),
    ]  # fmt: skip
    hint = "not V·T·V. V = Σ r̂_j has 3 components, T = Σ r̂_j ⊗ r̂_j is 3 × 3."
    expect(run(function, UNITS), four_body(UNITS), known, hint)


CHECKS = {
    "06.q1": Check(
        judge_factor,
        "right: from 0 to 2 for every ζ, and the larger ζ, the sharper.",
        right=[factor, lambda c, zeta, lambda_: 2 * ((1 + lambda_ * c) / 2) ** zeta],
        wrong=[
            (factor_broken, "two slips"),
            (factor_without_zeta, "exponent too"),
            (factor_other_sign, "for every ζ?"),
            (factor_without_two, "is gone"),
            (factor_zeta_inside, "whole bracket"),
            (factor_half, "half of it"),
            (factor_without_lambda, "λ does not"),
            (lambda c, zeta, lambda_: 0 * c, "it must be 0"),
            (lambda c, zeta, lambda_: np.power(2, 1 - zeta) * (1 + lambda_ * c) ** zeta, "negative integer powers"),
            (lambda c, zeta, lambda_: [factor(one, zeta, lambda_) for one in c], "not iterable"),
            (lambda c, zeta, lambda_: factor(c, zeta, lambda_) if np.ndim(c) else 2.0, "one number"),
        ],
    ),
    "06.q2": Check(
        judge_g4,
        "right: each pair once, three distances, three cutoff functions.",
        right=[g4, g4_slipped, lambda vectors, *case: np.array(g4_ordered(vectors, *case)) / 2],
        wrong=[
            (g4_ordered, "twice too much"),
            (g4_with_itself, "with itself"),
            (g4_all, "each atom with itself"),
            (g4_two_cutoffs, "third cutoff"),
            (g4_two_distances, "three squares"),
            (g5, "called G5"),
            (lambda v, eta, zeta, lambda_, r_c: g4(v, eta, zeta, 1, r_c), "λ does not"),
            (lambda v, eta, zeta, lambda_, r_c: g4(v, eta, zeta, -lambda_, r_c), "wrong sign"),
            (lambda v, eta, *case: g4(v, -eta, *case), "its sign"),
            (lambda v, *case: g4_slipped(v, *case, power=1), "r² and not r"),
            (lambda v, *case: g4_slipped(v, *case, between=np.add), "sum of the two"),
            (lambda v, *case: g4_slipped(v, *case, angle=True), "not θ"),
            (lambda v, *case: g4_slipped(v, *case, normalised=False), "both lengths"),
            (lambda v, *case: 0.0, "right angles"),
            (lambda v, *case: v, "shape"),
        ],
    ),
    "06.q3": Check(
        judge_bond,
        "right: all j, all l, each pair twice and j = l included.",
        right=[bond, lambda w, u, m: w @ (u @ u.T) ** m @ w],
        wrong=[
            (bond_without_itself, "possible"),
            (bond_once, "ALL l"),
            (bond_once_with_itself, "both"),
            (lambda w, u, m: bond(w, u, m) / 2, "½"),
            (bond_one_weight, "one of the two"),
            (lambda w, u, m: bond(w, u, 4 - m), "not m"),
            (lambda w, u, m: 0, "whatever m"),
        ],
    ),
    "06.q4": Check(
        judge_moment,
        "right: first the sum over the neighbours, then the square. (If units @ units.T is in it, pairs were visited "
        "after all: try without.)",
        right=[squared_norm, squared_norm_12],
        wrong=[
            (tensor, "One step"),
            (lambda w, u, m: np.sqrt(squared_norm(w, u, m)), "length"),
            (lambda w, u, m: tensor(w, u, m).sum() if m == 1 else 0, "not squares"),
            (lambda w, u, m: tensor(w, u, m).sum() ** 2, "then squared"),
            (lambda w, u, m: squared_norm(w**2, u, m), "ONCE"),
            (lambda w, u, m: squared_norm(1 + 0 * w, u, m), "weights are missing"),
            (lambda w, u, m: ((w[:, None] * u) ** 2).sum(), "before you summed"),
            (lambda w, u, m: squared_norm(w, u, m) ** 2, "too often"),
            (lambda w, u, m: squared_norm(w, u, 1), "belongs to m = 1"),
            (lambda w, u, m: squared_norm(w, u, 1) if m == 1 else w.sum() ** 2, "no angle"),
            (lambda w, u, m: -1, "Shapes"),
        ],
    ),
    "06.q5": Check(
        judge_four_body,
        "right: each term holds three neighbours, and there is still no loop over triples.",
        right=[four_body, four_body_loops],
        wrong=[
            (lambda u: u.sum(0) @ u.sum(0), "V·V"),
            (lambda u: ((u.T @ u) ** 2).sum() + 0, "square of T"),
            (lambda u: u.sum(0) @ np.outer(u.sum(0), u.sum(0)) @ u.sum(0), "V_a V_b for T_ab"),
            (lambda u: len(u), "trace"),
            (lambda u: u.T @ u @ u.sum(0), "vector"),
            (lambda u: np.trace(np.linalg.matrix_power(u @ u.T, 3)), "another one"),
            (lambda u: (u.sum(0) * (u.T @ u) * u.sum(0)).sum(), "you need @"),
            (lambda u: 1.0, "3 × 3"),
        ],
    ),
}


# --- predictions and quiz -------------------------------------------------------------------------------


def about_radial(predicted, found):
    if predicted == found:
        return "As you said: distances are all it knows."
    return "It knows nothing of directions: the same distances, the same numbers."


def about_cost(predicted, measured):
    if abs(predicted - 4) < 0.5:
        return "As you said: two sums, and both double."
    if predicted < 4:
        return "More than you thought: the sum runs over pairs of neighbours."
    return "Less than you thought: two sums double, not three."


def about_angles(predicted, found):
    if predicted == found:
        return "As you said. Few people do: for years it was generally believed to be otherwise."
    return "You are in good company: for years it was generally believed."


PREDICTIONS = {
    "06.p1": Choice(
        "Four neighbours at 2.35 Å, as a tetrahedron or as a flat square: whose centre has larger radial features?",
        {"a": "that of the tetrahedron", "b": "that of the square", "c": "neither: they are equal"},
        about_radial,
    ),
    "06.p2": Prediction(
        "Twice the neighbours: how many times as many terms has a sum over pairs of neighbours (j, l)?",
        " times", 1, 1000, about_cost,
    ),
    "06.p3": Choice(
        "For every pair of neighbours of an atom you know both distances and the angle between them. "
        "Do you know the surroundings, but for turning and mirroring?",
        {"a": "yes, always", "b": "no, there are exceptions"},
        about_angles,
    ),
}  # fmt: skip

QUIZ = [
    Question(
        "A port computes 2^{1−ζ}(1 + λ cos θ), for ζ = 1, 2, 4, 16. What is wrong with these four features?",
        {
            "a": ("they explode", "that happens with 2^{ζ−1}. Here they get small."),
            "b": ("all four say the same", "yes: they differ by constant factors, and a network learns nothing new."),
            "c": ("they are not invariant under rotation", "an angle is an angle: they are."),
            "d": ("nothing", "draw them: where is the sharper bell of the larger ζ?"),
        },
        "b",
    ),
    Question(
        "Why can Σ_j Σ_l w_j w_l cos² θ_jl be computed without visiting pairs?",
        {
            "a": ("most pairs are beyond the cutoff", "no: every pair of neighbours counts."),
            "b": ("cos² θ is small for most pairs", "small is not zero; and the result is exact."),
            "c": ("it is the squared norm of one sum over j", "yes: cos² θ is a product of something of j and of l."),
        },
        "c",
    ),
    Question(
        "Two atoms have the same list of (distance, distance, angle), one for each pair of neighbours. What follows?",
        {
            "a": ("every three-body feature of the two is the same", "yes: and their surroundings may still differ."),
            "b": ("their surroundings are congruent", "you saw two that are not."),
            "c": ("the forces on them are the same", "forces depend on the neighbours' surroundings as well."),
        },
        "a",
    ),
]
