"""Exercises, predictions and quiz of notebook 11. Reading on tells you the answers: try first.

`right` and `wrong` are recorded answers; `tests/test_coursework.py` runs every one of them.
"""

import numpy as np

from mlip_edu.coursework.engine import Check, Choice, Prediction, Question, Wrong, as_numbers, expect, run
from mlip_edu.simulation import birch_murnaghan
from mlip_edu.units import GPA_PER_EV_PER_CUBIC_ANGSTROM as GPA

# --- 11.q1: Birch and Murnaghan -------------------------------------------------------------------------

VOLUMES = np.array([18.9, 19.4, 19.9, 20.4, 20.9, 21.4, 22.0])  # Å³ an atom; E is exactly of third order
V0, E0, B0, SLOPE = 20.3, -5.4, 88.0, 4.6
XI = (V0 / VOLUMES) ** (2 / 3)
ENERGIES = E0 + 9 / 16 * V0 * B0 / GPA * ((XI - 1) ** 3 * SLOPE + (XI - 1) ** 2 * (6 - 4 * XI))


def fit(volumes, energies):
    """V0 (Å³), E0 (eV), B0 (GPa) of the cubic in x = V^(−2/3)."""
    volumes = np.asarray(volumes, float)
    x = volumes ** (-2 / 3)
    curve = np.polynomial.Polynomial.fit(x, energies, 3)
    slope, curvature = curve.deriv(1), curve.deriv(2)
    x0 = next(r.real for r in slope.roots() if abs(r.imag) < 1e-9 and x.min() < r.real < x.max() and curvature(r.real) > 0)
    volume = x0**-1.5
    return volume, curve(x0), 4 / 9 * curvature(x0) * volume ** (-7 / 3) * GPA


def fit_of_the_package(volumes, energies):
    found = birch_murnaghan(volumes, energies)
    return [found.volume, found.energy, found.bulk_modulus]


def parabola(volumes, energies):
    """A parabola in V, the common shortcut."""
    a, b, c = np.polyfit(volumes, energies, 2)
    return -b / (2 * a), c - b**2 / (4 * a), 2 * a * (-b / (2 * a)) * GPA


def in_x(volumes, energies):
    volume, energy, bulk = fit(volumes, energies)
    return volume ** (-2 / 3), energy, bulk


def without_unit(volumes, energies):
    volume, energy, bulk = fit(volumes, energies)
    return volume, energy, bulk / GPA


def without_four_ninths(volumes, energies):
    volume, energy, bulk = fit(volumes, energies)
    return volume, energy, bulk * 9 / 4


def bulk_times(factor):
    """Right but for a factor of the bulk modulus."""
    return lambda volumes, energies: (*fit(volumes, energies)[:2], fit(volumes, energies)[2] * factor)


def judge_fit(function):
    known = [
        (parabola(VOLUMES, ENERGIES), "this is a parabola in V. Crystals are harder to squeeze than to stretch: a cubic "
         "in x = V^(−2/3) knows that."),
        (in_x(VOLUMES, ENERGIES), "the first number is x at the minimum. Turn it back into a volume: x = V^(−2/3)."),
        (without_unit(VOLUMES, ENERGIES), "the bulk modulus is right in eV/Å³. GPa are asked for: there is a constant."),
        (without_four_ninths(VOLUMES, ENERGIES), "V d²E/dV² is not V^(−7/3) d²E/dx²: the chain rule gives a factor, "
         "the square of the exponent."),
        (fit(VOLUMES, ENERGIES)[::-1], "the right numbers in another order: V0, E0, B0."),
        (bulk_times(160.2 / GPA)(VOLUMES, ENERGIES), "right to four digits. `GPA`, imported above, is the 160.2 with all "
         "its digits: take that."),
    ]  # fmt: skip
    hint = "not these. Where is the slope of the cubic zero, and which of its two zeros is the minimum?"
    answer, right = run(function, VOLUMES, ENERGIES), fit(VOLUMES, ENERGIES)
    try:
        expect(answer, right, known, hint, rtol=1e-5)
    except Wrong as problem:
        if str(problem) == hint and np.allclose(as_numbers(answer, (3,))[:2], right[:2], rtol=1e-5):
            raise Wrong("V0 and E0 are right. Look at B0 again: 4/9, which power of V0, which derivative?") from None
        raise


# --- 11.q2: one elastic constant from two stresses ------------------------------------------------------

PLUS = np.array([0.62, 0.25, 0.26, 0.011, 0.012, -0.013]) / 100  # eV/Å³, Voigt
MINUS = np.array([-0.66, -0.24, -0.23, 0.010, -0.012, 0.014]) / 100
STRAIN = 0.004


def constant(stress_plus, stress_minus, strain):
    return (stress_plus - stress_minus) / (2 * strain) * GPA


def judge_constant(function):
    right = constant(PLUS, MINUS, STRAIN)
    known = [
        (2 * right, "from +ε to −ε the strain changes by twice ε."),
        (-right, "the sign: pull a crystal and its stress (in ASE's sign) grows."),
        (right / GPA, "this is right in eV/Å³."),
        (right * STRAIN, "this is a stress still: divide by the strain."),
        (right * STRAIN**2, "you multiply by the strain. Brackets: a / 2 * b is (a / 2) · b."),
        (right * 160.2 / GPA, "right to four digits. `GPA`, imported above, is the 160.2 with all its digits: take that."),
        (PLUS / STRAIN * GPA, "one side only: what is left of the stress at rest, and the curvature, stay in it. Use both sides."),
        ((PLUS + MINUS) / (2 * STRAIN) * GPA, "the mean of both sides is what a linear crystal does NOT show. Difference!"),
    ]
    hint = "not the column of C. A slope: difference of stresses over difference of strains, in GPa."
    expect(run(function, PLUS, MINUS, STRAIN), right, known, hint)


# --- 11.q3: Born's stability ----------------------------------------------------------------------------

CRYSTALS = [(160.0, 60.0, 75.0), (60.0, 80.0, 70.0), (160.0, 60.0, -3.0), (50.0, -30.0, 20.0), (90.0, -20.0, 5.0)]


def stable(c11, c12, c44):
    return c11 - c12 > 0 and c11 + 2 * c12 > 0 and c44 > 0


def all_positive(c11, c12, c44):
    return c11 > 0 and c12 > 0 and c44 > 0


def judge_stable(function):
    cases = [
        ((160.0, 60.0, 75.0), "you call silicon unstable (160, 60, 75 GPa)."),
        ((60.0, 80.0, 70.0), "with C11 = 60 and C12 = 80 a pull along x with a push along y COSTS nothing, it pays. "
         "Which difference says so?"),
        ((160.0, 60.0, -3.0), "a crystal whose C44 is negative shears by itself."),
        ((50.0, -30.0, 20.0), "what is the bulk modulus of a crystal with C11 = 50 and C12 = −30?"),
        ((90.0, -20.0, 5.0), "C12 may be negative: this crystal is rare and stable (90, −20, 5 GPa)."),
    ]  # fmt: skip
    for constants, text in cases:
        answer = run(function, *constants)
        if isinstance(answer, (bool, np.bool_)):
            if bool(answer) != stable(*constants):
                raise Wrong(text)
        else:
            raise Wrong("this asks for True or False. Compare with zero, and join with `and`.")


# --- 11.q4: which order can be told ---------------------------------------------------------------------

ABOVE = np.array([0.1, 0.3451, 0.315, 0.5519, 0.572, 0.5955, 0.7, 0.71])  # eV an atom
ERRORS = np.array([0.001, -0.030, -0.004, 0.020, -0.004, 0.0205, 0.001, -0.02])


def resolvable(energies, errors):
    """(phases, phases) booleans: is the difference larger than both errors together?"""
    size = np.abs(errors)
    return np.abs(energies[:, None] - energies) > size[:, None] + size


def resolvable_in_loops(energies, errors):
    n = range(len(energies))
    return [[abs(energies[i] - energies[j]) > abs(errors[i]) + abs(errors[j]) for j in n] for i in n]


def judge_resolvable(function):
    difference = np.abs(ABOVE[:, None] - ABOVE)
    known = [
        (ABOVE[:, None] - ABOVE > np.abs(ERRORS)[:, None] + np.abs(ERRORS), "the sign of the difference: i − j and "
         "j − i are the same question."),
        (difference > ERRORS[:, None] + ERRORS, "errors have both signs here, and cancel in your sum. Take their sizes."),
        (difference > np.abs(ERRORS)[:, None], "only one of the two has an error in yours."),
        (difference > np.abs(ERRORS).max(), "you use the largest error of all for every pair."),
        (~resolvable(ABOVE, ERRORS), "True and False are exchanged: True where the order CAN be told."),
        (difference > np.abs(ERRORS[:, None] + ERRORS), "errors have both signs here, and cancel in your sum. Take their "
         "sizes first."),
        (difference > np.hypot(ERRORS[:, None], ERRORS), "so add errors that are random and independent. Here the worst "
         "case is asked for: their sizes, added up."),
        (difference > np.maximum(np.abs(ERRORS)[:, None], np.abs(ERRORS)), "you take the larger of the two errors. In the "
         "worst case both add up."),
        (difference > 0, "every difference counts in yours, however small. Compare it with the errors."),
    ]  # fmt: skip
    hint = "not it. For each pair: is |E_i − E_j| larger than |error_i| + |error_j|?"
    expect(run(function, ABOVE, ERRORS), resolvable(ABOVE, ERRORS), known, hint)


# --- 11.q5: ranks ---------------------------------------------------------------------------------------

TABLE = np.array([[0.2, 0.1, -9.0], [0.4, -0.05, 3.0], [1.3, 0.7, 0.5], [0.3, -2.0, -4.0]])  # models × columns


def ranks(errors):
    """Rank of each model by the size of its error, 1 for the best, column by column."""
    return np.abs(errors).argsort(axis=0).argsort(axis=0) + 1


def ranks_by_counting(errors):
    size = np.abs(errors)
    return [[1 + sum(other < value for other in column) for value, column in zip(row, size.T, strict=True)] for row in size]


def judge_ranks(function):
    known = [
        (ranks(TABLE) - 1, "these ranks begin with 0. The best is number 1."),
        (TABLE.argsort(axis=0).argsort(axis=0) + 1, "an error of −9 is not better than one of 0.5: sizes first."),
        (np.abs(TABLE).argsort(axis=0) + 1, "argsort says WHO is first, not which place somebody has. Once more: the "
         "argsort of an argsort."),
        (TABLE.argsort(axis=0) + 1, "argsort says WHO is first, not which place somebody has; and an error of −9 is not "
         "better than one of 0.5."),
        (np.abs(TABLE).argsort() + 1, "along axis 1, argsort's own choice, you compare the columns of a model. Compare the models in each "
         "column."),
        (np.abs(TABLE).argsort(), "along axis 1, argsort's own choice, you compare the columns of a model. Compare the models in each "
         "column."),
        (5 - ranks(TABLE), "the largest error has rank 1 in yours."),
    ]  # fmt: skip
    hint = "not the ranks. In the first column the sizes are 0.2, 0.4, 1.3, 0.3: whose is the second place?"
    expect(run(function, TABLE), ranks(TABLE), known, hint)


CHECKS = {
    "11.q1": Check(
        judge_fit,
        "right: a cubic in V^(−2/3), its minimum, and its curvature there.",
        right=[fit, fit_of_the_package],
        wrong=[
            (parabola, "parabola"), (in_x, "back into a volume"), (without_unit, "GPa are asked for"),
            (without_four_ninths, "chain rule"), (bulk_times(160.2 / GPA), "four digits"), (bulk_times(3.3), "which power"),
            (lambda v, e: fit(v, e)[::-1], "another order"),
            (lambda v, e: (1.0, 2.0, 3.0), "two zeros"), (lambda v, e: fit(v, e)[:2], "shape"), (20.5, "function"),
        ],
    ),
    "11.q2": Check(
        judge_constant,
        "right: six numbers, one column of C, from two stresses.",
        right=[constant, lambda plus, minus, strain: [(p - m) / strain / 2 * GPA for p, m in zip(plus, minus, strict=True)]],
        wrong=[
            (lambda p, m, e: 2 * constant(p, m, e), "twice ε"), (lambda p, m, e: constant(m, p, e), "sign"),
            (lambda p, m, e: constant(p, m, e) / GPA, "eV/Å³"), (lambda p, m, e: constant(p, m, 1.0), "divide"),
            (lambda p, m, e: p / e * GPA, "one side"), (lambda p, m, e: (p + m) / (2 * e) * GPA, "Difference"),
            (lambda p, m, e: p, "slope"), (lambda p, m, e: p[0], "shape"),
            (lambda p, m, e: (p - m) / 2 * e * GPA, "Brackets"), (lambda p, m, e: (p - m) / 2 / e * 160.2, "four digits"),
        ],
    ),
    "11.q3": Check(
        judge_stable,
        "right: three conditions, one for each way of deforming a cubic crystal that the others do not contain.",
        right=[stable, lambda a, b, c: bool(min(a - b, a + 2 * b, c) > 0)],
        wrong=[
            (lambda a, b, c: False, "silicon"), (all_positive, "Which difference"),
            (lambda a, b, c: a > b and c > 0, "bulk modulus"), (lambda a, b, c: a > b and a + 2 * b > 0, "shears"),
            (lambda a, b, c: a > b > 0 and c > 0, "rare"), (lambda a, b, c: a - b, "True or False"), (True, "function"),
        ],
    ),
    "11.q4": Check(
        judge_resolvable,
        "right. An order within the errors is an order of errors.",
        right=[resolvable, resolvable_in_loops],
        wrong=[
            (lambda e, d: e[:, None] - e > np.abs(d)[:, None] + np.abs(d), "same question"),
            (lambda e, d: np.abs(e[:, None] - e) > d[:, None] + d, "both signs"),
            (lambda e, d: np.abs(e[:, None] - e) > np.abs(d)[:, None], "only one"),
            (lambda e, d: np.abs(e[:, None] - e) > np.abs(d).max(), "largest error"),
            (lambda e, d: np.abs(e[:, None] - e) > np.abs(d[:, None] + d), "sizes first"),
            (lambda e, d: np.abs(e[:, None] - e) > np.hypot(d[:, None], d), "worst case is"),
            (lambda e, d: np.abs(e[:, None] - e) > np.maximum(np.abs(d)[:, None], np.abs(d)), "larger of the two"),
            (lambda e, d: ~resolvable(e, d), "exchanged"), (lambda e, d: e[:, None] != e, "however small"),
            (lambda e, d: e, "shape"), (lambda e, d: np.ones((8, 8)), "For each pair"),
        ],
    ),
    "11.q5": Check(
        judge_ranks,
        "right. Whoever sees only the first column would expect all the others to look like it.",
        right=[ranks, ranks_by_counting],
        wrong=[
            (lambda e: e.argsort(axis=0) + 1, "−9"), (lambda e: np.abs(e).argsort(), "own choice"),
            (lambda e: np.abs(e).argsort() + 1, "own choice"), (lambda e: ranks(e) - 1, "begin with 0"), (lambda e: e.argsort(axis=0).argsort(axis=0) + 1, "sizes first"),
            (lambda e: np.abs(e).argsort(axis=0) + 1, "WHO"), (lambda e: 5 - ranks(e), "largest error"),
            (lambda e: np.abs(e).argsort(axis=1).argsort(axis=1) + 1, "columns of a model"), (lambda e: e, "second place"),
            (lambda e: e[0], "shape"),
        ],
    ),
}  # fmt: skip


def about_relaxing(predicted, measured):
    if abs(predicted - measured) <= 15:
        return "Close: the sublattices move against each other, and much of the stress is gone."
    if predicted < measured:
        return "More than you thought: the atoms in the cell find a much easier way than to follow the cell rigidly."
    return "Less than you thought, and still far more than any error of a good potential."


def about_rank(predicted, found):
    if predicted == found:
        return "As you said. One number is a mean over one set of structures, and a property hangs on others."
    return "A root mean square over all structures says little about one property: look at the table."


PREDICTIONS = {
    "11.p1": Prediction(
        "C44 with the atoms held rigidly in the sheared cell: by how many per cent is it larger than with the atoms "
        "allowed to move (Stillinger–Weber)?", " %", -100, 1000, about_relaxing,
    ),
    "11.p2": Choice(
        "Five potentials, ranked by their force error on the test set. Does the ranking hold for the properties of the "
        "crystal too?",
        {
            "a": "yes, for every property",
            "b": "yes, except for neighbours in the ranking that are nearly equal",
            "c": "no: some property is better in a potential with several times the force error",
        },
        about_rank,
    ),
}  # fmt: skip

QUIZ = [
    Question(
        "A potential's C44 of diamond silicon comes out twice too large. What do you check first?",
        {
            "a": ("the k-points", "a classical potential has none."),
            "b": ("whether the atoms were relaxed in the sheared cell", "yes: for two atoms in a cell this is not a detail."),
            "c": ("the force error on the test set", "it is one number, and would not tell you."),
        },
        "b",
    ),
    Question(
        "Two high-pressure phases differ by 10 meV per atom in your reference, whose k-points leave errors up to 34 meV "
        "there. A potential has them in the other order. Is it wrong?",
        {
            "a": ("nobody can tell from these data", "yes: the reference itself does not resolve the order."),
            "b": ("yes, the order is reversed", "the order of the reference may be reversed as well."),
            "c": ("no, 10 meV is always negligible", "with converged k-points it would be a result, and could be tested."),
        },
        "a",
    ),
    Question(
        "Three phonon frequencies at q = 0 come out as 0.9, 0.9 and 1.1 THz instead of 0. What does this say?",
        {
            "a": ("silicon is unstable", "unstable would be an imaginary frequency, shown as negative."),
            "b": ("these are the optical modes", "those are near 15 THz."),
            "c": ("moving the whole crystal seems to cost energy: forces that do not add up, or numerical noise", "yes: "
                  "the sum rule is a check of the forces, not of silicon."),
        },
        "c",
    ),
]  # fmt: skip
