"""Exercises, predictions and quiz of notebook 13. Reading on tells you the answers: try first.

`right` and `wrong` are recorded answers; `tests/test_coursework.py` runs every one of them.
"""

import numpy as np

from mlip_edu.coursework.engine import Check, Choice, Prediction, Question, as_numbers, expect, run

# --- 13.q1: the force of each pair function alone -------------------------------------------------------

VECTORS = np.array([[2.3, 0.4, -0.2], [-0.5, 2.6, 0.3], [-1.2, -1.4, 1.9], [3.1, 2.0, 0.6]])  # Å
SLOPES = np.array([[0.7, -1.1, 0.3], [-0.4, 0.2, 0.9], [1.3, 0.5, -0.8], [-0.6, 0.1, 0.2]])  # of three functions, 1/Å


def force_columns(vectors, slopes):
    """(3, functions): the force on the atom if one coefficient is 1 and the others are 0."""
    units = vectors / np.linalg.norm(vectors, axis=1)[:, None]
    return 2 * units.T @ slopes


def force_columns_in_loops(vectors, slopes):
    total = [[0.0] * len(slopes[0]) for _ in range(3)]
    for vector, slope in zip(vectors, slopes, strict=True):
        length = sum(x * x for x in vector) ** 0.5
        for a in range(3):
            for k, value in enumerate(slope):
                total[a][k] += 2 * value * vector[a] / length
    return total


def force_columns_not_unit(vectors, slopes):
    return 2 * vectors.T @ slopes


def force_columns_over_square(vectors, slopes):
    return 2 * (vectors / (vectors**2).sum(axis=1)[:, None]).T @ slopes


def judge_force_columns(function):
    right = force_columns(VECTORS, SLOPES)
    units = VECTORS / np.linalg.norm(VECTORS, axis=1)[:, None]
    known = [
        (right / 2, "half of it. Atom i moves, and with it the terms φ(r_ij) of its own sum AND the terms φ(r_ji) "
         "of its "
         "neighbours' sums."),
        (-right, "the sign. Let φ rise with the distance: then the atom is pulled TOWARDS the neighbour, along +r_ij."),
        (-right / 2, "two slips: the sign (if φ rises with the distance, the atom is pulled towards the neighbour), "
         "and how "
         "often a pair stands in the double sum."),
        (force_columns_not_unit(VECTORS, SLOPES), "your neighbours pull harder the farther they are. dr/dx is x/r: "
         "a unit "
         "vector."),
        (force_columns_not_unit(VECTORS, SLOPES) / 2, "dr/dx is x/r, a unit vector; and how often does a pair stand "
         "in the "
         "double sum?"),
        (force_columns_over_square(VECTORS, SLOPES), "divided by r once too often: r_ij/r is a unit vector already."),
        (right.T, "the right numbers, lying on their side: three rows (x, y, z), one column a function."),
        (2 * units[:, :, None] * SLOPES[:, None], "one force for each neighbour. The atom feels all of them: add up."),
        (units[:, :, None] * SLOPES[:, None], "one force for each neighbour. The atom feels all of them: add up. "
         "(And how "
         "often does a pair stand in the double sum?)"),
        (right.sum(axis=1), "the functions are added up. Keep them apart: each column gets a coefficient of its own."),
    ]  # fmt: skip
    hint = (
        "not the forces. For each neighbour: its slopes, times the unit vector towards it, times how often the pair "
        "counts."
    )
    expect(run(function, VECTORS, SLOPES), right, known, hint)


# --- 13.q2: ridge ---------------------------------------------------------------------------------------

X = np.array([[1.0, 0.2, -0.5], [1.0, -0.7, 0.4], [1.0, 1.1, 0.3], [0.0, 0.6, -1.2], [0.0, -0.9, 0.8], [0.0, 0.4, 0.7]])
Y = np.array([0.5, -1.0, 2.0, 0.3, 0.7, -0.4])
STRENGTH = 0.35


def solve(x, y, strength):
    """(coefficients,) that make |Xc − y|² + strength |c|² smallest."""
    return np.linalg.solve(x.T @ x + strength * np.eye(x.shape[1]), x.T @ y)


def solve_with_more_rows(x, y, strength):
    """The same by least squares alone: one more row, √λ c_k = 0, for each coefficient."""
    n = x.shape[1]
    rows = np.concatenate([x, np.sqrt(strength) * np.eye(n)])
    return np.linalg.lstsq(rows, np.concatenate([y, np.zeros(n)]), rcond=None)[0]


def solve_everywhere(x, y, strength):
    return np.linalg.solve(x.T @ x + strength, x.T @ y)


def judge_solve(function):
    gram, moment, one = X.T @ X, X.T @ Y, np.eye(3)
    known = [
        (solve(X, Y, 0.0), "this is λ = 0: the ridge does not come in."),
        (solve_everywhere(X, Y, STRENGTH), "NumPy adds a number to EVERY element of a matrix. The formula adds λ to "
         "the "
         "diagonal: np.eye(n)."),
        (solve(X, Y, -STRENGTH), "the sign of λ. Coefficients should become smaller, not larger."),
        (solve(X, Y, STRENGTH**2), "λ is squared in yours. In |Xc − y|² + λ|c|² only c is."),
        (solve(X, Y, np.sqrt(STRENGTH)), "the root of λ belongs to rows added to X. To XᵀX add λ itself."),
        (solve(X, Y, STRENGTH / 2), "half of λ. The slope of both squares has a factor two: it cancels."),
        (solve(X, Y, 2 * STRENGTH), "twice λ. The slope of both squares has a factor two: it cancels."),
        (solve(X, Y, STRENGTH * len(Y)), "λ is multiplied with the number of rows in yours. Here the squares are "
         "added, not averaged."),
        (gram @ moment + STRENGTH * moment, "you multiply by the matrix. Its inverse is wanted: "
         "np.linalg.solve(matrix, "
         "right-hand side)."),
        (X @ solve(X, Y, STRENGTH), "these are the fitted labels Xc. The coefficients c are asked for."),
        (X @ solve(X, Y, STRENGTH) - Y, "this is what is left of the labels. The coefficients c are asked for."),
        (np.linalg.inv(gram + STRENGTH * one), "this is the inverse of a matrix. Times Xᵀy it would be c."),
    ]  # fmt: skip
    hint = "not the coefficients. Set the slope of |Xc − y|² + λ|c|² in c to zero: a square matrix times c is a vector."
    expect(run(function, X, Y, STRENGTH), solve(X, Y, STRENGTH), known, hint)


# --- 13.q3: the evidence's next ridge -------------------------------------------------------------------

EIGENVALUES = np.array([0.0, 1e-4, 0.05, 0.8, 3.0])
COEFFICIENTS = np.array([0.4, -1.2, 0.7, 2.0, -0.3])
ERROR, N_ROWS, NOW = 1.7, 12, 0.06


def next_strength(eigenvalues, coefficients, error, n_rows, strength):
    """λ = α/β with α = γ/|c|² and β = (N − γ)/error."""
    gamma = (eigenvalues / (eigenvalues + strength)).sum()
    return gamma / (coefficients**2).sum() * error / (n_rows - gamma)


def next_strength_in_loops(eigenvalues, coefficients, error, n_rows, strength):
    gamma = sum(value / (value + strength) for value in eigenvalues)
    prior = gamma / sum(c * c for c in coefficients)
    noise = (n_rows - gamma) / error
    return prior / noise


def judge_next_strength(function):
    case = EIGENVALUES, COEFFICIENTS, ERROR, N_ROWS, NOW
    right, gamma, square = next_strength(*case), (EIGENVALUES / (EIGENVALUES + NOW)).sum(), (COEFFICIENTS**2).sum()
    other, beta = len(EIGENVALUES), (N_ROWS - gamma) / ERROR
    known = [
        (gamma, "this is γ. Two more lines: α and β, and then λ."),
        (1 / right, "this is β/α, the inverse."),
        (gamma / square, "this is α. λ is α/β."),
        (beta, "this is β. λ is α/β."),
        (gamma / square * beta, "you multiply α and β. λ = α/β."),
        (other / square * ERROR / (N_ROWS - other), "γ is the number of ALL coefficients in yours. Count one that "
         "the data fix "
         "as 1, one that they leave open as 0: λ_i/(λ_i + λ)."),
        (gamma / square * ERROR / N_ROWS, "N − γ: as many rows as coefficients they fix say nothing of the noise."),
        ((other - gamma) / square * ERROR / (N_ROWS - other + gamma), "your γ counts the coefficients that the data "
         "do NOT "
         "fix: λ/(λ_i + λ) in place of λ_i/(λ_i + λ)."),
        (gamma / np.sqrt(square) * ERROR / (N_ROWS - gamma), "|c| where |c|² is meant."),
        (gamma / square * ERROR**2 / (N_ROWS - gamma), "`error` is |Xc − y|², a square already."),
        (gamma / COEFFICIENTS.sum() ** 2 * ERROR / (N_ROWS - gamma), "|c|² is the sum of the squares, not the "
         "square of the sum."),
    ]  # fmt: skip
    hint = "not it. First γ, a sum over the eigenvalues; then α from it and |c|², β from it, N and `error`; then α/β."
    expect(run(function, *case), right, known, hint)


# --- 13.q4: RANN's bond as a moment tensor --------------------------------------------------------------

WEIGHTS, DISTANCES, POWERS = np.array([0.9, 0.5, 0.2, 0.05]), np.array([2.2, 2.5, 3.4, 4.4]), (0, 1, 2, 5)


def radial_part(w, r, m):
    """f with f(r) r⊗…⊗r = w r̂⊗…⊗r̂, m factors."""
    return w / r**m


def judge_radial_part(function):
    for m in POWERS:
        known = [
            (WEIGHTS, "w as it is. But r ⊗ … ⊗ r holds the lengths of the vectors too, r̂ ⊗ … ⊗ r̂ does not."),
            (WEIGHTS * DISTANCES**m, "the wrong way round: how does one get r̂ from r?"),
            (WEIGHTS / DISTANCES, "right for one index only. How many vectors are multiplied in a tensor with m "
             "indices?"),
            (WEIGHTS / DISTANCES ** (2 * m), "r to the power 2m would be for the square of the tensor. f stands in "
             "the tensor "
             "itself."),
            (WEIGHTS / (DISTANCES * m) if m else WEIGHTS, "m times r in place of r to the power m."),
            (1 / DISTANCES**m, "the weight w is missing."),
        ]  # fmt: skip
        right = radial_part(WEIGHTS, DISTANCES, m)
        known = [(value, text) for value, text in known if not np.allclose(value, right)]
        hint = f"not it for m = {m}. What must f(r) be, so that f(r) r ⊗ … ⊗ r with m factors is w r̂ ⊗ … ⊗ r̂?"
        expect(run(function, WEIGHTS, DISTANCES, m), right, known, hint)


# --- 13.q5: body order ----------------------------------------------------------------------------------

PRODUCTS = [
    ((0,),), ((1, 1),), ((0,), (0,)), ((1, 1, 2),), ((0,), (2, 2)), ((0,), (0,), (1, 1)), ((1, 1), (2, 2)),
]  # fmt: skip


def body_order(product):
    """How many atoms a product of contractions speaks of; each contraction: the ranks of its tensors."""
    return 1 + sum(len(contraction) for contraction in product)


def body_order_by_counting(product):
    atoms = ["centre"]
    for contraction in product:
        for _ in contraction:
            atoms.append("neighbour")
    return len(atoms)


def judge_body_order(function):
    answers = [float(as_numbers(run(function, product), ())) for product in PRODUCTS]
    ranks = [1 + sum(map(sum, product)) for product in PRODUCTS]
    longest = [1 + max(map(len, product)) for product in PRODUCTS]
    known = [
        ([body_order(p) - 1 for p in PRODUCTS], "these are the neighbours. The centre is an atom as well: a "
         "function of one "
         "distance speaks of two atoms."),
        (longest, "you take the longest contraction. A product of two sums over neighbours is a double sum: the "
         "neighbours of "
         "both factors count."),
        ([n - 1 for n in longest], "the longest contraction, and without the centre. A product of sums is a sum over "
         "the neighbours of all its factors."),
        ([1 + len(p) for p in PRODUCTS], "you count contractions. Each TENSOR is a sum over neighbours of its own."),
        ([len(p) for p in PRODUCTS], "you count contractions. Each TENSOR is a sum over neighbours of its own."),
        (ranks, "you count indices. A tensor with three indices is still one sum over one neighbour."),
        ([n - 1 for n in ranks], "you count indices. A tensor with three indices is still one sum over one neighbour."),
        ([len(p[0]) + 1 for p in PRODUCTS], "you look at the first contraction only."),
        ([1 + np.prod([len(c) for c in p]) for p in PRODUCTS], "you multiply the numbers of tensors. Two sums over one "
         "neighbour each make a sum over two, not over one."),
    ]  # fmt: skip
    known = [(value, text) for value, text in known if not np.allclose(value, [body_order(p) for p in PRODUCTS])]
    hint = "not it. Count the sums over neighbours: one for every tensor, of every factor. And who is not a neighbour?"
    expect(answers, [body_order(p) for p in PRODUCTS], known, hint)


# --- 13.q6: the coefficients that LAMMPS wants ----------------------------------------------------------

CONSTANT, LINEAR = -0.03, np.array([0.2, -0.5, 0.1])
MEAN, SCALE, REFERENCE = np.array([10.0, -3.0, 0.7]), np.array([2.0, 0.5, 4.0]), -107.0


def plain(c0, c, mean, scale, reference):
    """(1 + features,): E = reference + c0 + Σ c (B − mean)/scale, written as d0 + Σ d B."""
    slopes = c / scale
    return np.concatenate([[reference + c0 - slopes @ mean], slopes])


def plain_in_loops(c0, c, mean, scale, reference):
    first, rest = reference + c0, []
    for value, middle, width in zip(c, mean, scale, strict=True):
        rest.append(value / width)
        first -= value / width * middle
    return [first, *rest]


def judge_plain(function):
    case = CONSTANT, LINEAR, MEAN, SCALE, REFERENCE
    right, slopes = plain(*case), LINEAR / SCALE

    def other(first, rest):
        return np.concatenate([[first], rest])

    whole = REFERENCE + CONSTANT
    known = [
        (right[1:], "the slopes are right. The constant is missing: it comes first."),
        (right[:1], "one number only: the slopes are wanted as well."),
        (np.append(right[1:], right[0]), "the right numbers, the constant last. LAMMPS wants it first."),
        (other(whole, slopes), "the slopes are right. In the constant something is left over from (B − mean)/scale."),
        (other(whole + slopes @ MEAN, slopes), "the sign of the mean: B − mean, and the minus goes into the constant."),
        (other(whole - LINEAR @ MEAN, slopes), "in the constant the mean still has to be divided by the scale."),
        (other(CONSTANT - slopes @ MEAN, slopes), "the reference energy is missing: LAMMPS knows of no other place "
         "for it."),
        (other(REFERENCE - slopes @ MEAN, slopes), "c0 is missing in the constant."),
        (other(whole - (LINEAR * SCALE) @ MEAN, LINEAR * SCALE), "times the scale where it should be divided."),
        (other(whole - slopes @ MEAN, LINEAR * SCALE), "the constant is right. In the slopes: times the scale where "
         "it should be divided."),
        (other(whole - LINEAR @ MEAN, LINEAR), "the scale does not come in."),
        (other(whole, LINEAR), "neither mean nor scale come in. Multiply (B − mean)/scale out."),
    ]  # fmt: skip
    hint = (
        "not these. Multiply E = reference + c0 + Σ c (B − mean)/scale out: what stands before B, and what stands "
        "alone?"
    )
    expect(run(function, *case), right, known, hint)


CHECKS = {
    "13.q1": Check(
        judge_force_columns,
        "right: a force is as linear in the coefficients as the energy, because it is a slope of it.",
        right=[force_columns, force_columns_in_loops],
        wrong=[
            (lambda v, s: force_columns(v, s) / 2, "AND the terms"), (lambda v, s: -force_columns(v, s), "TOWARDS"),
            (lambda v, s: -force_columns(v, s) / 2, "two slips"), (force_columns_not_unit, "harder"),
            (lambda v, s: v.T @ s, "double sum"), (force_columns_over_square, "once too often"),
            (lambda v, s: force_columns(v, s).T, "on their side"), (lambda v, s: v, "shape"),
            (lambda v, s: 2 * (v / np.linalg.norm(v, axis=1)[:, None])[:, :, None] * s[:, None], "add up"),
            (lambda v, s: (v / np.linalg.norm(v, axis=1)[:, None])[:, :, None] * s[:, None], "add up. (And"),
            (lambda v, s: force_columns(v, s).sum(axis=1), "Keep them apart"),
            (lambda v, s: np.ones((3, 3)), "how often"),
            (VECTORS, "function"),
        ],
    ),
    "13.q2": Check(
        judge_solve,
        "right. No start, no learning rate, no epochs: the minimum itself.",
        right=[solve, solve_with_more_rows],
        wrong=[
            (lambda x, y, s: np.linalg.lstsq(x, y, rcond=None)[0], "λ = 0"), (solve_everywhere, "EVERY"),
            (lambda x, y, s: solve(x, y, -s), "sign"), (lambda x, y, s: solve(x, y, s**2), "squared"),
            (lambda x, y, s: solve(x, y, s**0.5), "root"), (lambda x, y, s: solve(x, y, s / 2), "half"),
            (lambda x, y, s: solve(x, y, 2 * s), "twice"), (lambda x, y, s: solve(x, y, s * len(y)), "number of rows"),
            (lambda x, y, s: (x.T @ x + s * np.eye(x.shape[1])) @ (x.T @ y), "multiply"),
            (lambda x, y, s: x @ solve(x, y, s), "fitted labels"),
            (lambda x, y, s: x @ solve(x, y, s) - y, "what is left"),
            (lambda x, y, s: np.linalg.inv(x.T @ x + s * np.eye(x.shape[1])), "inverse"),
            (lambda x, y, s: np.ones(3), "slope of"), (lambda x, y, s: np.linalg.solve(x, y), "stopped"),
            (3.0, "function"),
        ],
    ),
    "13.q3": Check(
        judge_next_strength,
        "right. Repeat it until λ stands still, and nobody has had to choose it.",
        right=[next_strength, next_strength_in_loops],
        wrong=[
            (lambda v, c, e, n, s: (v / (v + s)).sum(), "this is "
             "γ"), (lambda *case: 1 / next_strength(*case), "inverse"),
            (lambda v, c, e, n, s: (v / (v + s)).sum() / (c @ c), "this is α"),
            (lambda v, c, e, n, s: (n - (v / (v + s)).sum()) / e, "this is β"),
            (lambda v, c, e, n, s: (v / (v + s)).sum() / (c @ c) * (n - (v / (v + s)).sum()) / e, "multiply"),
            (lambda v, c, e, n, s: len(v) / (c @ c) * e / (n - len(v)), "ALL"),
            (lambda v, c, e, n, s: (v / (v + s)).sum() / (c @ c) * e / n, "say nothing of the noise"),
            (lambda v, c, e, n, s: (s / (v + s)).sum() / (c @ c) * e / (n - (s / (v + s)).sum()), "NOT"),
            (lambda v, c, e, n, s: next_strength(v, c, e, n, s) * (c @ c) ** 0.5, "|c| where"),
            (lambda v, c, e, n, s: next_strength(v, c, e**2, n, s), "a square already"),
            (lambda v, c, e, n, s: next_strength(v, c, e, n, s) * (c @ c) / c.sum() ** 2, "square of the sum"),
            (lambda v, c, e, n, s: 1.0, "First γ"), (lambda v, c, e, n, s: c, "one number"), (0.1, "function"),
        ],
    ),
    "13.q4": Check(
        judge_radial_part,
        "right: a bond feature of RANN is the simplest contraction there is, with these f.",
        right=[radial_part, lambda w, r, m: [float(a) * float(b) ** -m for a, b in zip(w, r, strict=True)]],
        wrong=[
            (lambda w, r, m: w, "as it is"), (lambda w, r, m: w * r**m, "wrong way "
             "round"), (lambda w, r, m: w / r, "one index"),
            (lambda w, r, m: w / r ** (2 * m), "2m"), (lambda w, r, m: w / (r * m) if m else w, "m times r"),
            (lambda w, r, m: 1 / r**m, "missing"), (lambda w, r, m: w + r, "What must "
             "f"), (lambda w, r, m: 1.0, "shape"),
            (1.0, "function"),
        ],
    ),
    "13.q5": Check(
        judge_body_order,
        "right: one atom for each sum over neighbours, and the centre.",
        right=[body_order, body_order_by_counting],
        wrong=[
            (lambda p: sum(map(len, p)), "The centre is an atom"), (lambda p: 1 + max(map(len, p)), "longest"),
            (lambda p: max(map(len, p)), "without the centre"), (lambda p: 1 + len(p), "count contractions"),
            (lambda p: len(p), "count contractions"), (lambda p: 1 + sum(map(sum, p)), "indices"),
            (lambda p: sum(map(sum, p)), "indices"), (lambda p: 1 + len(p[0]), "first contraction"),
            (lambda p: 1 + int(np.prod([len(c) for c in p])), "you multiply"), (lambda p: 7, "who is not"),
            (lambda p: p[0], "one number"), (3, "function"),
        ],
    ),
    "13.q6": Check(
        judge_plain,
        "right: the same energy, in numbers that a program without our means and scales can use.",
        right=[plain, plain_in_loops],
        wrong=[
            (lambda c0, c, m, s, e: c / s, "missing"), (lambda *case: plain(*case)[:1], "one number only"),
            (lambda *case: np.roll(plain(*case), -1), "LAMMPS wants it first"),
            (lambda c0, c, m, s, e: [e + c0, *(c / s)], "left over"),
            (lambda c0, c, m, s, e: [e + c0 + c / s @ m, *(c / s)], "sign"),
            (lambda c0, c, m, s, e: [e + c0 - c @ m, *(c / s)], "divided by the scale"),
            (lambda c0, c, m, s, e: [c0 - c / s @ m, *(c / s)], "no other place"),
            (lambda c0, c, m, s, e: [e - c / s @ m, *(c / s)], "c0 is missing"),
            (lambda c0, c, m, s, e: [e + c0 - (c * s) @ m, *(c * s)], "times the scale"),
            (lambda c0, c, m, s, e: [e + c0 - c / s @ m, *(c * s)], "constant is right"),
            (lambda c0, c, m, s, e: [e + c0 - c @ m, *c], "scale does "
             "not"), (lambda c0, c, m, s, e: [e + c0, *c], "neither"),
            (lambda c0, c, m, s, e: [1, 2, 3, 4], "Multiply"), (lambda c0, c, m, s, e: c0, "shape"), (1.0, "function"),
        ],
    ),
}  # fmt: skip


def about_pairs(predicted, measured):
    if abs(predicted - measured) <= 10:
        return "Close. No other mixture of the nine functions has a smaller loss: this is what pairs are worth here."
    if predicted < measured:
        return (
            "Worse than you thought, and no other mixture of the nine has a smaller loss: forces in silicon "
            "depend on angles."
        )
    return (
        "Better than you thought: much of a force is the push of a neighbour that has come too near, and pairs know "
        "that."
    )


def about_network(predicted, measured):
    if predicted > 1.5 * measured:
        return (
            "You expected more of the network. A good part of its success lies in the features, and those a "
            "straight line has too."
        )
    if predicted < measured / 1.5:
        return "The network is further ahead than you thought: it can bend where the linear model is straight."
    return "Well estimated. What is left is what the network's bending is worth, on these features and data."


def about_small_ridges(predicted, found):
    if predicted == found:
        return "As you said. A better fit of what was fitted is not a better potential."
    return (
        "On the fitted energies the error falls all the way. On what was not fitted it does not: the coefficients "
        "run off."
    )


PREDICTIONS = {
    "13.p1": Prediction(
        "Of all potentials that are a sum over pairs, take the one that fits best. What is its force error on new "
         "structures, "
        "in per cent of the force itself (both root mean square)?", " %", 0, 500, about_pairs,
    ),
    "13.p2": Prediction(
        "Then many-body functions, and a system of equations in place of a training. How many times the force error "
         "of the "
        "network that ships with the data?", " times", 0.01, 1000, about_network,
    ),
    "13.p3": Choice(
        "Fit energies alone, with a smaller and smaller ridge λ. What happens to the force error on new structures?",
        {
            "a": "it falls all the way: the fit becomes better and better",
            "b": "it falls, and then rises again",
            "c": "it stays as it is: λ is only there for the computer's rounding",
        },
        about_small_ridges,
    ),
}  # fmt: skip

QUIZ = [
    Question(
        "What is linear in a linear potential?",
        {
            "a": ("the energy, in the positions of the atoms", "then all forces would be constant."),
            "b": ("the energy, in the coefficients that are fitted", "yes. In the positions it may be as crooked as "
             "it likes."),
            "c": ("the time, in the number of atoms", "true of all potentials with a cutoff, and not what the word "
             "means here."),
        },
        "b",
    ),
    Question(
        "Two students fit the same columns to the same labels with the same λ > 0. Do they get the same potential?",
        {
            "a": ("yes: the sum of squares has a single minimum", "yes, and the solver goes straight there: no "
             "seeds, no luck."),
            "b": ("no: it depends on where they started", "a network's training does. Solving a linear system does "
             "not start anywhere."),
            "c": ("only if neither trained too long", "there is no training here, only a system of equations."),
        },
        "a",
    ),
    Question(
        "Your linear potential of pairs has a large error on the structures it was fitted to. What can lower it there?",
        {
            "a": ("a larger ridge", "a larger λ makes the fit of these structures worse, never better."),
            "b": ("more structures of the same kind", "more equations for the same few coefficients: the error of "
             "the fit would not fall."),
            "c": ("more columns: functions of three and more bodies", "yes. What is left is at right angles to all "
             "columns it has."),
        },
        "c",
    ),
]  # fmt: skip
