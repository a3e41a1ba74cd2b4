"""Exercises, predictions and quiz of notebook 05. Reading on tells you the answers: try first.

`right` and `wrong` are recorded answers; `tests/test_coursework.py` runs every one of them.
"""

import numpy as np

from mlip_edu.coursework.engine import Check, Prediction, Question, Wrong, expect, run

R_E, R_C, WIDTH = 2.35, 5.0, 3.5  # Å, those of the notebook


def cosine_cutoff(r, r_c):
    return 0.5 * (np.cos(np.pi * np.minimum(r, r_c) / r_c) + 1)


def rann_cutoff(r):
    x = np.clip((R_C - r) / WIDTH, 0, 1)
    return (1 - (1 - x) ** 4) ** 2


# --- 05.q1: Behler's G2 ---------------------------------------------------------------------------------

NEIGHBOURS = np.array([2.1, 2.35, 3.3, 4.4, 6.5])  # Å; the last one is out of reach
G2_CASES = [(0.3, 2.6, 5.0), (0.4, 3.1, 6.0)]  # η, R_s, r_c


def g2(distances, eta, shift, r_c):
    return sum(np.exp(-eta * (r - shift) ** 2) * cosine_cutoff(r, r_c) for r in distances)


def g2_of(kernel, fade=cosine_cutoff):
    """A variant with another kernel(r − R_s, η, r) or cutoff."""

    def variant(distances, eta, shift, r_c):
        r = np.asarray(distances)
        return float((kernel(r - shift, eta, r) * fade(r, r_c)).sum())

    return variant


def gauss(u, eta, r):
    return np.exp(-eta * u**2)


g2_without_cutoff = g2_of(gauss, lambda r, r_c: np.ones_like(r))
g2_hard = g2_of(gauss, lambda r, r_c: (r < r_c).astype(float))
g2_without_square = g2_of(lambda u, eta, r: np.exp(-eta * u))
g2_absolute = g2_of(lambda u, eta, r: np.exp(-eta * np.abs(u)))
g2_without_shift = g2_of(lambda u, eta, r: np.exp(-eta * r**2))
g2_plus = g2_of(lambda u, eta, r: np.exp(eta * u**2))
g2_squares = g2_of(lambda u, eta, r: np.exp(-eta * (r**2 - (r - u) ** 2)))
g2_comes_back = g2_of(gauss, lambda r, r_c: 0.5 * (np.cos(np.pi * r / r_c) + 1))
g2_without_eta = g2_of(lambda u, eta, r: np.exp(-(u**2)))


def g2_mean(distances, eta, shift, r_c):
    return g2(distances, eta, shift, r_c) / len(distances)


def judge_g2(function):
    for case in G2_CASES:
        known = [
            (g2_without_cutoff(NEIGHBOURS, *case), "every neighbour counts in full, near or far: f_c is missing."),
            (g2_hard(NEIGHBOURS, *case), "you leave distant neighbours out, but those inside do not fade: multiply "
             "each term by f_c(r)."),
            (g2_without_square(NEIGHBOURS, *case), "the exponent has r − R_s in it and not its square: neighbours "
             "nearer than R_s count more and more. Draw it: where should the maximum be?"),
            (g2_absolute(NEIGHBOURS, *case), "|r − R_s| has a kink at R_s, and its slope is a force. What does the "
             "formula say?"),
            (g2_without_shift(NEIGHBOURS, *case), "R_s does not come in: your bell stands at r = 0."),
            (g2_plus(NEIGHBOURS, *case), "your bell opens upwards: look at the sign in the exponent."),
            (g2_squares(NEIGHBOURS, *case), "that is r² − R_s². First the difference, then the square."),
            (g2_comes_back(NEIGHBOURS, *case), "a neighbour beyond r_c counts: the cosine comes back there. f_c is 0 "
             "beyond r_c."),
            (g2_without_eta(NEIGHBOURS, *case), "η does not come in: what makes the bell wide or narrow?"),
            (g2_mean(NEIGHBOURS, *case), "that is the mean over the neighbours. Twice the neighbours should count "
             "twice: it is a sum."),
            (g2(NEIGHBOURS[-2:-1], *case), "that is one neighbour only: does your loop add up, or overwrite?"),
            (0.0, "nothing is left: does your loop add up, or overwrite? The last neighbour here is beyond r_c."),
            (g2(NEIGHBOURS[:1], *case), "that is the first neighbour only: is the return inside your loop?"),
        ]  # fmt: skip
        hint = "not G2 yet. Try one neighbour exactly at R_s: then the exponential is 1 and f_c(R_s) is left."
        expect(run(function, NEIGHBOURS, *case), g2(NEIGHBOURS, *case), known, hint)


# --- 05.q2: RANN's radial features of one atom ----------------------------------------------------------

ALPHA, LOWEST, HIGHEST = np.array([0.9, 1.4, 2.2, 3.5]), 2, 5


def radial(distances, alpha, o, n):
    x = np.asarray(distances) / R_E
    return [
        float((x**p * np.exp(-alpha[p - o] * x) * rann_cutoff(np.asarray(distances))).sum()) for p in range(o, n + 1)
    ]


def radial_one_short(distances, alpha, o, n):
    return radial(distances, alpha, o, n)[:-1]


def radial_from_zero(distances, alpha, o, n):
    return radial(distances, alpha, 0, len(alpha) - 1)


def radial_without_cutoff(distances, alpha, o, n):
    x = np.asarray(distances) / R_E
    return [float((x**p * np.exp(-alpha[p - o] * x)).sum()) for p in range(o, n + 1)]


def radial_in_angstrom(distances, alpha, o, n):
    x = np.asarray(distances)
    return [float((x**p * np.exp(-alpha[p - o] * x) * rann_cutoff(x)).sum()) for p in range(o, n + 1)]


def radial_half_scaled(distances, alpha, o, n):
    r = np.asarray(distances)
    return [float((r**p * np.exp(-alpha[p - o] * r / R_E) * rann_cutoff(r)).sum()) for p in range(o, n + 1)]


def radial_one_alpha(distances, alpha, o, n):
    return radial(distances, np.full(len(alpha), alpha[0]), o, n)


def radial_without_power(distances, alpha, o, n):
    x = np.asarray(distances) / R_E
    return [float((np.exp(-a * x) * rann_cutoff(np.asarray(distances))).sum()) for a in alpha]


def radial_with(distances, alpha, o, n, scale=R_E, fade=rann_cutoff):
    """Another scale in the exponential, or another cutoff function."""
    r = np.asarray(distances)
    return [float(((r / R_E) ** p * np.exp(-alpha[p - o] * r / scale) * fade(r)).sum()) for p in range(o, n + 1)]


def radial_exponent_in_angstrom(*case):
    return radial_with(*case, scale=1.0)


def radial_with_cosine(*case):
    return radial_with(*case, fade=lambda r: cosine_cutoff(r, R_C))


def radial_piled_up(*case):
    return np.cumsum(radial(*case))


def judge_radial(function):
    case = (NEIGHBOURS, ALPHA, LOWEST, HIGHEST)
    try:
        answer = run(function, *case)
    except Wrong as problem:
        if "IndexError" not in str(problem):
            raise
        raise Wrong(
            "an index runs off the end of alpha. Its first entry belongs to the LOWEST power o, not to p = 0: "
            "which entry belongs to p? (And do your powers stop at n?)"
        ) from None
    known = [
        (radial_one_short(*case), "one feature is missing: count the powers from o to n on your fingers, both ends "
         "included. And what does range() do with its end?"),
        (np.transpose(radial_without_cutoff(*case)), "the cutoff function is missing."),
        (radial_in_angstrom(*case), "distances enter as r/r_e, without a unit. You seem to have used r in Å."),
        (radial_half_scaled(*case), "the exponential has r/r_e, your power has r alone."),
        (radial_exponent_in_angstrom(*case), "the power has r/r_e, your exponential r alone."),
        (radial_with_cosine(*case), "that is Behler's cutoff function. RANN has its own: rann_cutoff."),
        (radial_piled_up(*case), "each feature contains those before it: does your sum begin at 0 for every p?"),
        (radial_from_zero(*case), "your powers begin at 0. They begin at o."),
        (radial_one_alpha(*case), "all your features have the same α. Each power has its own."),
        (radial_without_power(*case), "the factor (r/r_e)^p is missing."),
        (sum(radial(*case)), "you added the features up. Only the neighbours are summed over: one number for each p."),
    ]  # fmt: skip
    hint = "not the features. Try one neighbour at r = r_e: each feature is then exp(−α) f_c(r_e)."
    expect(answer, radial(*case), known, hint)


# --- 05.q3: all atoms at once ---------------------------------------------------------------------------

POINTS = np.array([[0.0, 0, 0], [2.35, 0.3, 0], [0.4, 2.6, 0.2], [3.1, 2.2, 1.0], [0.0, 0.5, 5.8]])
POWERS_FROM_0, POWERS_FROM_1 = (np.array([1.1, 1.6, 2.3]), 0, 2), (np.array([1.6, 2.3]), 1, 2)


def terms(positions, alpha, o, n):
    """(atoms, atoms, powers), an atom with itself included."""
    r = np.linalg.norm(positions[None, :] - positions[:, None], axis=-1)
    x, powers = r[..., None] / R_E, np.arange(o, n + 1)
    return x**powers * np.exp(-np.asarray(alpha) * x) * rann_cutoff(r)[..., None]


def rows(positions, alpha, o, n):
    values = terms(positions, alpha, o, n)
    values[np.arange(len(values)), np.arange(len(values))] = 0
    return values.sum(axis=1)


def rows_with_itself(positions, alpha, o, n):
    return terms(positions, alpha, o, n).sum(axis=1)


def rows_summed_over_powers(positions, alpha, o, n):
    values = terms(positions, alpha, o, n)
    values[np.arange(len(values)), np.arange(len(values))] = 0
    return values.sum(axis=-1)


def rows_without_cutoff(positions, alpha, o, n):
    r = np.linalg.norm(positions[None, :] - positions[:, None], axis=-1)
    x = r[..., None] / R_E
    values = x ** np.arange(o, n + 1) * np.exp(-np.asarray(alpha) * x)
    values[np.arange(len(values)), np.arange(len(values))] = 0
    return values.sum(axis=1)


def rows_with_loops(positions, alpha, o, n):
    return [
        radial(np.linalg.norm(np.delete(positions, i, axis=0) - positions[i], axis=1), alpha, o, n)
        for i in range(len(positions))
    ]


def judge_rows(function):
    case = (POINTS, *POWERS_FROM_0)
    right = rows(*case)
    answer = run(function, *case)
    known = [
        (rows_with_itself(*case), "the first column is too large by exactly 1. Which neighbour is 0 Å away? What is "
         "0⁰ exp(0) f_c(0)?"),
        (rows_without_cutoff(*case), "the cutoff function is missing."),
        (right.sum(axis=0), "one row for the whole structure: you summed over all atoms. Sum over the neighbours j "
         "only, so that each atom i keeps its own row."),
        (right.T, "the table lies on its side: one row an atom, one column a power."),
        (terms(*case).sum(axis=-1), "you summed over the powers. Which axis of your array is the neighbour?"),
        (rows_summed_over_powers(*case), "you summed over the powers. Which axis of your array is the neighbour?"),
        (right[:, :-1], "the last power is missing: powers run from o to n, both included."),
        (terms(*case), "all terms are there, (atoms, neighbours, powers). One sum is left: over which axis?"),
    ]  # fmt: skip
    hint = "not the rows that the loops give. Compare with rows_with_loops for two atoms."
    try:
        expect(answer, right, known, hint)
    except Wrong as problem:
        if "a nan or" not in str(problem):
            raise
        raise Wrong("there is a nan in it: infinity times 0? Instead of moving an atom infinitely far from itself, set "
                    "its own term to 0.") from None  # fmt: skip
    case = (POINTS, *POWERS_FROM_1)
    expect(run(function, *case), rows(*case), [], "right for powers from 0, wrong for powers from 1: do you use o?")


# --- 05.q4: renumbering ---------------------------------------------------------------------------------

ROWS, ORDER = np.array([[1.0, 10.0], [2.0, 7.0], [3.0, 40.0], [4.0, 5.0]]), np.array([2, 0, 3, 1])


def judge_renumbering(function):
    known = [
        (ROWS, "you say that nothing changes. The SET of rows does not; but where does the row of the old atom 2 "
         "stand, now that this atom is number 0?"),
        (ROWS[np.argsort(ORDER)], "this is the way back: the atom now in place k is the old number order[k]."),
        (ROWS[:, [1, 0]], "atoms are rows; you exchanged columns."),
        (ROWS.sum(axis=0), "this is the sum over the atoms. It is invariant, yes, but each atom has a row of its own."),
        (np.sort(ROWS, axis=0), "sorting the columns one by one tears the rows apart."),
        (ORDER, "these are the numbers of the atoms. Which rows belong to them?"),
    ]  # fmt: skip
    hint = "not it. Atom 0 of the new list is the old number order[0]: which row does it have?"
    expect(run(function, ROWS, ORDER), ROWS[ORDER], known, hint)


# --- 05.q5: four ports ----------------------------------------------------------------------------------

PORTS = {  # name: the letter of its fault, and what to try
    "north": ("b", "north is nearly right for every structure whose atoms are near. Does it differ for two atoms 6 Å "
              "apart? And at 30 Å?"),
    "east": ("c", "look at east for a lone atom, and at which columns differ."),
    "south": ("f", "look at south for two atoms: whose row is wrong? Then exchange the two atoms."),
    "west": ("e", "count the columns of west."),
}  # fmt: skip
SPECIAL = {
    ("north", "a"): "north without any cutoff function? Then two atoms 30 Å apart would still see each other, "
    'by 3·10⁻⁶: more digits than the table prints. Look at run_port("north", pair(30.0)) itself.',
    ("south", "d"): "south with one row for the structure? Count its rows.",
    ("west", "f"): "west one atom short? Its columns that are there are right, for every atom.",
    ("east", "a"): "east without a cutoff? Two atoms 6 Å apart look right if you take away what a lone atom has.",
}


def judge_ports(answer):
    if not isinstance(answer, str):
        raise Wrong('this asks for four letters in one string, such as "abcd".')
    letters = [letter for letter in answer.lower() if letter.isalpha()]
    if len(letters) != len(PORTS) or not set(letters) <= set("abcdef"):
        raise Wrong("this asks for four letters from a to f: for north, east, south and west, in this order.")
    for letter, (name, (right, hint)) in zip(letters, PORTS.items(), strict=True):
        if letter != right:
            raise Wrong(f"not all four yet. {SPECIAL.get((name, letter), hint)}")


CHECKS = {
    "05.q1": Check(
        judge_g2,
        "right. A soft count of the neighbours near R_s: each one adds between 0 and 1.",
        right=[g2, g2_of(gauss)],
        wrong=[
            (g2_without_cutoff, "in full"),
            (g2_hard, "do not fade"),
            (g2_without_square, "not its square"),
            (g2_absolute, "kink"),
            (g2_without_shift, "at r = 0"),
            (g2_plus, "upwards"),
            (g2_squares, "First the difference"),
            (g2_comes_back, "comes back"),
            (g2_without_eta, "wide or narrow"),
            (g2_mean, "it is a sum"),
            (lambda distances, *case: g2(distances[-1:], *case), "overwrite"),
            (lambda d, eta, shift, r_c: g2(d[:1], eta, shift, r_c), "return inside"),
            (lambda d, eta, shift, r_c: g2(d[-2:-1], eta, shift, r_c), "overwrite"),
            (lambda d, eta, shift, r_c: 2 * g2(d, eta, shift, r_c), "exactly at R_s"),
            (lambda d, eta, shift, r_c: [g2([r], eta, shift, r_c) for r in d], "shape"),
        ],
    ),
    "05.q2": Check(
        judge_radial,
        "right: n − o + 1 numbers, the first entry of alpha for the lowest power.",
        right=[radial, lambda d, alpha, o, n: np.array(radial(d, alpha, o, n))],
        wrong=[
            (radial_one_short, "both ends"),
            (radial_from_zero, "begin at o"),
            (radial_without_cutoff, "cutoff function is missing"),
            (radial_in_angstrom, "without a unit"),
            (radial_half_scaled, "your power has r alone"),
            (radial_exponent_in_angstrom, "your exponential r alone"),
            (radial_with_cosine, "Behler's cutoff"),
            (radial_piled_up, "begin at 0"),
            (radial_one_alpha, "has its own"),
            (radial_without_power, "^p is missing"),
            (lambda d, alpha, o, n: sum(radial(d, alpha, o, n)), "added the features"),
            (lambda d, alpha, o, n: [alpha.tolist()[p] for p in range(o, n + 1)], "runs off the end"),
            (lambda d, alpha, o, n: 2 * np.array(radial(d, alpha, o, n)), "one neighbour at r = r_e"),
        ],
    ),
    "05.q3": Check(
        judge_rows,
        "right: one row an atom, and no loop of yours over atoms.",
        right=[rows, rows_with_loops],
        wrong=[
            (rows_with_itself, "by exactly 1"),
            (rows_without_cutoff, "cutoff function is missing"),
            (lambda *case: rows(*case).sum(axis=0), "whole structure"),
            (lambda *case: rows(*case).T, "on its side"),
            (rows_summed_over_powers, "over the powers"),
            (lambda *case: rows(*case)[:, :-1], "last power"),
            (terms, "One sum is left"),
            (lambda *case: np.full_like(rows(*case), np.nan), "infinity times 0"),
            (lambda positions, alpha, o, n: rows(positions, alpha, 0, len(alpha) - 1), "do you use o"),
            (lambda *case: rows(*case) + 1, "two atoms"),
        ],
    ),
    "05.q4": Check(
        judge_renumbering,
        "right: new numbers, same rows, in the new order. Every row follows its atom.",
        right=[lambda rows, order: rows[order], lambda rows, order: [rows[k] for k in order]],
        wrong=[
            (lambda rows, order: rows, "nothing changes"),
            (lambda rows, order: rows[np.argsort(order)], "way back"),
            (lambda rows, order: rows[:, [1, 0]], "exchanged columns"),
            (lambda rows, order: rows.sum(axis=0), "sum over the atoms"),
            (lambda rows, order: np.sort(rows, axis=0), "tears"),
            (lambda rows, order: order, "numbers of the atoms"),
            (lambda rows, order: rows[::-1], "which row does it have"),
        ],
    ),
    "05.q5": Check(
        judge_ports,
        "right, all four. Note which experiment found each of them: a lone atom, a far one, a count, a renumbering.",
        right=["bcfe", "B, C, F, E"],
        wrong=[
            ("acfe", "30 Å"),
            ("dcfe", "at 30 Å"),
            ("bafe", "take away"),
            ("bbfe", "lone atom"),
            ("bcde", "Count its rows"),
            ("bcae", "exchange the two"),
            ("bcff", "are right"),
            ("bcfa", "columns of west"),
            ("bcf", "four letters"),
            ("bcfz", "from a to f"),
            (["b"], "one string"),
        ],
    ),
}


# --- predictions and quiz -------------------------------------------------------------------------------


def about_size(predicted, measured):
    if abs(predicted - 20) < 0.5:
        return "As you said: five powers, four atoms."
    if abs(predicted - 16) < 0.5:
        return "You gave each atom a row, and lost a power: from 0 to 4 there are five."
    if predicted in (4, 5):
        return "That is one row for the structure. There is one for each atom, even where all are equal."
    return "Two counts are multiplied: how many powers, and how many atoms?"


def about_ports(predicted, measured):
    if predicted == 0:
        return "You trust nobody: in this trade a virtue."
    return "None stopped with an error, none gave a zero or a nan. That is not the same as right."


PREDICTIONS = {
    "05.p1": Prediction(
        "Four atoms in a square, RANN's radial features with powers from o = 0 to n = 4: how many numbers come out?",
        " numbers", 1, 1000, about_size,
    ),
    "05.p2": Prediction(
        "Four ports that run without an error and give plausible numbers: how many of them are right?",
        " of 4", 0, 4, about_ports,
    ),
}  # fmt: skip

QUIZ = [
    Question(
        "A cell holds 64 silicon atoms. A radial block has o = 2 and n = 9. What shape has the table of features?",
        {
            "a": ("(8,)", "that would be one row for the structure. Each atom has its own."),
            "b": ("(64, 7)", "9 − 2 is one too few: both ends are counted."),
            "c": ("(64, 64, 8)", "the sum over the neighbours is missing."),
            "d": ("(64, 8)", "yes: a row an atom, n − o + 1 columns."),
        },
        "d",
    ),
    Question(
        "Your port gives finite, non-zero, smooth features, the same after a rotation. What is the best next test?",
        {
            "a": ("none: it is right", "a missing cutoff, or an atom that counts itself, passes all that."),
            "b": ("two atoms, at a distance where you know every term", "yes: a case small enough to do on paper."),
            "c": ("train a network and look at its error", "a network learns happily from wrong features."),
        },
        "b",
    ),
    Question(
        "Two atoms in two structures have the same radial fingerprint, whatever the parameters. What follows?",
        {
            "a": ("their neighbours stand at the same distances", "yes: and nothing is said about directions."),
            "b": ("their surroundings are the same", "the same distances can be arranged in many ways: notebook 06."),
            "c": ("their energies are equal", "only in a model that sees nothing else."),
        },
        "a",
    ),
]
