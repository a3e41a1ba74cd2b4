"""Exercises, predictions and quiz of notebook 04. Reading on tells you the answers: try first.

`right` and `wrong` are recorded answers; `tests/test_coursework.py` runs every one of them.
"""

import math

import numpy as np

from mlip_edu.coursework.engine import Check, NotYet, Prediction, Question, Wrong, expect, is_blank, run

RYDBERG, BOHR = 13.605693122994, 0.529177210903  # eV, Å: CODATA 2018

# --- 04.q1: the table of Ψ ------------------------------------------------------------------------------


def digits(n_atoms, electrons, points):
    return 3 * n_atoms * electrons * math.log10(points)


def judge_digits(function):
    for arguments in ((5, 4, 20), (8, 14, 10), (2, 4, 10)):
        n_atoms, electrons, points = arguments
        n = n_atoms * electrons
        known = [
            (n * math.log10(points), "an electron lives in space: how many coordinates has ONE of them?"),
            (3 * n_atoms * math.log10(points), "these are the coordinates of the NUCLEI. They are held still; "
             "whose are the coordinates of Ψ?"),
            (3 * (n_atoms + n) * math.log10(points), "you counted the nuclei in. They are held still."),
            (3 * electrons * math.log10(points), "these are the electrons of one atom. All of the cell share one Ψ."),
            (math.log10(points) * 3 + math.log10(n), "you multiplied the tables of single electrons by their number: n "
             "tables of g³. But Ψ has an entry for every COMBINATION of places."),
            (math.log10(points) * 3, "that is a table over space, the density. Ψ depends on all electrons at once."),
            (3 * n, "that is the number of coordinates. How many entries has a table with g points for each of them?"),
            (3 * n * math.log(points), "that is the natural logarithm; we count decimal digits."),
            (10.0 ** min(digits(*arguments), 300), "that is the number of entries itself. Its logarithm is asked for."),
            (3.0 * n * points, "points times coordinates? Two coordinates with g points each make a table of g × g."),
        ]  # fmt: skip
        known = known if arguments == (5, 4, 20) else []
        hint = "not the digits. With one electron on 10 points each way it is 10³ entries; with two?"
        try:
            answer = run(function, *arguments)
        except Wrong as problem:
            if "OverflowError" not in str(problem) and "ufunc" not in str(
                problem
            ):  # NumPy's word for a number too long
                raise
            raise Wrong("the table is too long for a number of the computer. What is log10 of a power?") from None
        if isinstance(answer, (float, np.floating)) and math.isinf(answer):
            raise Wrong("the table is too long for a number of the computer. What is log10 of a power?")
        expect(answer, digits(*arguments), known, hint)


# --- 04.q2: independent numbers -------------------------------------------------------------------------


def judge_numbers(function):
    for n in (7, 2, 64):
        known = [
            (3 * n + 7, "the forces are counted as if all were free. If all atoms move along together, nothing "
             "changes: what is ΣF? (Or you took the stress for nine numbers: it is symmetric.)"),
            (3 * n + 1, "that is energy and all forces. The forces obey a rule, and the stress is missing. (Did you "
             "take off a rule for the torque too? A periodic cell has none.)"),
            (3 * n - 2, "the stress is missing: a symmetric 3 × 3 matrix."),
            (3 * n + 7 - 1, "ΣF = 0 is an equation between vectors. How many equations between numbers is that?"),
            (3 * n + 10, "the stress is symmetric, xy and yx are one number; and the forces obey a rule."),
            (3 * n - 3 + 6, "the energy is missing."),
            (n + 7, "a force is a vector: how many numbers for each atom?"),
        ]  # fmt: skip
        known = known if n == 7 else []
        expect(run(function, n), 3 * n + 4, known, "not the number. Write it as energy + forces + stress, one by one.")


# --- 04.q3 and 04.q4: the frame in rydbergs -------------------------------------------------------------

CULPRIT = 5


def judge_frame(answer):
    known = [
        (1, "that frame has the smallest energy because it has one atom. What is the same for small and large cells?"),
        (2, "that frame has the largest energy because it has many atoms. What is the same for small and large cells?"),
        (7, "that frame has the largest forces, a strained crystal; it is hard to tell units from forces."),
        (6, "if you count from 1: Python counts from 0."),
    ]
    expect(answer, CULPRIT, known, "not this one. Divide each energy by something and look for the one apart.")


FORCES = np.array([[0.01, -0.02, 0.03], [0.05, 0.0, -0.04]])


def to_ev(energy, forces):
    return energy * RYDBERG, forces * RYDBERG / BOHR


def judge_units(function):
    energy, forces = -125.0, FORCES.copy()
    answer = run(function, energy, forces)
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        raise Wrong("return two things: the energy in eV, and the forces in eV/Å.")
    if any(is_blank(part) for part in answer):
        raise NotYet
    if np.shape(answer[0]) == forces.shape and not np.shape(answer[1]):
        raise Wrong("first the energy, then the forces.")
    known = [
        (13.6 * energy, "13.6 is not enough digits: it is 0.7 eV off for an energy like this. Take units.Ry."),
        (energy, "the energy comes back as it went in."),
        (energy / RYDBERG, "you divided. One rydberg is MORE than one eV: does the number grow or shrink?"),
        (2 * energy * RYDBERG, "that is the factor of the hartree, which is two rydbergs."),
    ]
    expect(answer[0], energy * RYDBERG, known, "the energy is not right. How many eV has a rydberg?", rtol=1e-4)
    known = [
        (forces, "the forces come back as they went in."),
        (forces * RYDBERG, "the energy in the forces is converted, the length is not."),
        (forces * RYDBERG * BOHR, "a force is energy PER length: on which side of the fraction stands the bohr?"),
        (2 * forces * RYDBERG / BOHR, "that is the factor of the hartree, which is two rydbergs."),
        (forces / BOHR, "the length in the forces is converted, the energy is not."),
    ]
    expect(answer[1], forces * RYDBERG / BOHR, known, "the forces are not right. 1 Ry/bohr = ? eV / ? Å", rtol=1e-4)


# --- 04.q5: subtract, then cast -------------------------------------------------------------------------

ENERGIES = np.array([-199_944.4130, -199_944.4080, -96_125.5060])
SIZES, REFERENCE = np.array([52, 52, 25]), -3845.0


def ready(energy, n_atoms, e0):
    return ((energy - n_atoms * e0) / n_atoms).astype(np.float32)


def judge_ready(function):
    answer = run(function, ENERGIES, SIZES, REFERENCE)
    right = ready(ENERGIES, SIZES, REFERENCE)
    single = ENERGIES.astype(np.float32)
    known = [
        ((single - (SIZES * REFERENCE).astype(np.float32)) / SIZES.astype(np.float32),
         "the digits were lost before you subtracted: the cast to float32 comes last."),
        ((single / SIZES.astype(np.float32) - np.float32(REFERENCE)),
         "the digits were lost before you subtracted: the cast to float32 comes last."),
        ((ENERGIES / SIZES).astype(np.float32) - np.float32(REFERENCE),
         "the digits were lost before you subtracted: the cast to float32 comes last."),
        (ENERGIES - SIZES * REFERENCE, "that is the energy of the whole frame. Per atom, please."),
        (ENERGIES - REFERENCE, "you took off the reference of ONE atom, and a frame has many."),
        ((ENERGIES - REFERENCE) / SIZES, "you took off the reference of ONE atom, and a frame has many."),
        (ENERGIES / SIZES, "the reference energy is still in."),
        ((ENERGIES + SIZES * REFERENCE) / SIZES, "look at the sign: the reference is taken OFF."),
        ((SIZES * REFERENCE - ENERGIES) / SIZES, "look at the sign: E − n E0, not the other way round."),
    ]  # fmt: skip
    hint = "not the energies. In this order: subtract n E0, divide by n, cast."
    expect(answer, right, known, hint, rtol=1e-5)
    if np.asarray(answer).dtype != np.float32:  # a list of float32 numbers and a tensor will do
        raise Wrong("the numbers are right, but they are not float32: end with .astype(np.float32).")


# --- 04.q6: F = −dE/dx ----------------------------------------------------------------------------------


def judge_slope(function):
    for e_minus, e_plus, step in ((-855.21, -855.19, 0.01), (-213.0, -213.4, 0.05)):
        right = -(e_plus - e_minus) / (2 * step)
        known = [
            (-right, "that is the slope of the energy. A force points downhill."),
            (2 * right, "from −step to +step: how far apart are the two points?"),
            (-2 * right, "from −step to +step: how far apart are the two points? And the force points downhill."),
            (right / 2, "from −step to +step: how far apart are the two points? Not four steps."),
            (right * step**2, "a / 2 * h multiplies by h: put 2 h in brackets."),
            (e_minus - e_plus, "that is the difference of the energies. Per which distance?"),
        ]
        expect(run(function, e_minus, e_plus, step), right, known, "not the force. A slope is rise over run.")


# --- 04.q7: the cheapest good calculation ---------------------------------------------------------------

SECONDS = np.array([9.0, 3.0, 0.2, 1.0, 5.5, 2.0, 20.0, 7.0])
ENERGY = np.array([1.0, 8.0, 90.0, 9.0, 3.0, 30.0, 0.5, 2.0])
FORCE = np.array([2.0, 30.0, 70.0, 40.0, 9.0, 5.0, 1.0, 8.0])
LIMITS = 10.0, 20.0


def cheapest(seconds, energy_error, force_error, energy_limit, force_limit):
    good = (energy_error <= energy_limit) & (force_error <= force_limit)
    return int(np.where(good, seconds, np.inf).argmin())


def in_a_loop(seconds, energy_error, force_error, energy_limit, force_limit):
    good = [
        (s, k)
        for k, (s, e, f) in enumerate(zip(seconds, energy_error, force_error, strict=True))
        if e <= energy_limit and f <= force_limit
    ]
    return min(good)[1]


def either(seconds, energy_error, force_error, energy_limit, force_limit):
    good = (energy_error <= energy_limit) | (force_error <= force_limit)
    return int(np.where(good, seconds, np.inf).argmin())


def within_the_good(seconds, energy_error, force_error, energy_limit, force_limit):
    good = (energy_error <= energy_limit) & (force_error <= force_limit)
    return int(seconds[good].argmin())


def judge_cheapest(function):
    known = [
        (3, "that one meets only the limit for the energy."),
        (5, "that one meets only the limit for the forces."),
        (2, "that is the cheapest of all, good or not."),
        (6, "that is the best of all. Is there nothing cheaper that is good enough?"),
        (0, "if you searched among the good ones only: your index counts within them, not within all of them. Else: "
            "there is a cheaper one."),
        (SECONDS[4], "that is the time. Return the INDEX of the calculation."),
    ]  # fmt: skip
    hint = "not the cheapest good one. Which calculations meet both limits? List them with their seconds."
    arrays = SECONDS, ENERGY, FORCE
    known[4] = (within_the_good(*arrays, *LIMITS), known[4][1])
    expect(run(function, *arrays, *LIMITS), 4, known, hint)
    expect(run(function, *arrays, 2.0, 8.0), 7, [], "right once, but a limit is allowed to be reached exactly: ≤.")


# --- 04.q8: averages over k -----------------------------------------------------------------------------


def average(band, n, shift):
    return float(np.mean(band((np.arange(n) + shift) / n)))


def wavy(x):
    return np.exp(np.sin(2 * np.pi * np.asarray(x))) + np.asarray(x)


def judge_average(function):
    for n, shift in ((3, 0.25), (5, 0.0)):
        i = np.arange(n)
        known = [
            (wavy((i + shift) / n).sum(), "that is the sum of the values."),
            (wavy(i / n + shift).mean(), "your shift is a whole one; it is to be divided by n too: (i + s)/n."),
            (wavy(i + shift / n).mean(), "brackets: both i and s are divided by n."),
            (wavy(i / n).mean(), "the shift is missing."),
            (
                wavy(np.linspace(0, 1, n) + shift / n).mean(),
                "x = 0 and x = 1 are one phase: you counted it twice.",
            ),
            (wavy((i + 1 + shift) / n).mean(), "i runs from 0, not from 1."),
            (wavy(((i + shift) / n).mean()), "you took the band at the mean x. Wanted is the mean of the band."),
        ]
        known = known if shift else []
        expect(run(function, wavy, n, shift), average(wavy, n, shift), known, "not the mean. Print your x for n = 2.")


CHECKS = {
    "04.q1": Check(
        judge_digits,
        "right: 3 coordinates for each electron of the cell, and a factor g for each coordinate.",
        right=[digits, lambda n, z, g: np.log10(float(g)) * n * z * 3],
        wrong=[
            (lambda n, z, g: n * z * np.log10(g), "ONE of them"),
            (lambda n, z, g: 3 * n * np.log10(g), "NUCLEI"),
            (lambda n, z, g: 3 * n * (z + 1) * np.log10(g), "counted the nuclei"),
            (lambda n, z, g: 3 * z * np.log10(g), "one atom"),
            (lambda n, z, g: np.log10(n * z * g**3), "COMBINATION"),
            (lambda n, z, g: 3 * np.log10(g), "the density"),
            (lambda n, z, g: 3 * n * z, "number of coordinates"),
            (lambda n, z, g: 3 * n * z * np.log(g), "natural logarithm"),
            (lambda n, z, g: 3 * n * z * g, "points times"),
            (lambda n, z, g: 1 + 3 * n * z * np.log10(g), "with two?"),
            (lambda n, z, g: g ** (3 * n * z), "Its logarithm"),
            (lambda n, z, g: np.log10(float(g) ** (3 * n * z)), "of a power"),
            (lambda n, z, g: math.inf, "of a power"),
            (lambda n, z, g: np.log10(g ** (3 * n * z)), "of a power"),
            (24, "function"),
        ],
    ),
    "04.q2": Check(
        judge_numbers,
        "right: 1 + (3n − 3) + 6. Three force components follow from the others.",
        right=[lambda n: 3 * n + 4, lambda n: 1 + 3 * (n - 1) + 6],
        wrong=[
            (lambda n: 3 * n + 7, "ΣF?"),
            (lambda n: 3 * n + 1, "obey a rule"),
            (lambda n: 3 * n - 2, "stress is missing"),
            (lambda n: 3 * n + 6, "between vectors"),
            (lambda n: 3 * n + 10, "xy and yx"),
            (lambda n: 3 * n + 3, "energy is missing"),
            (lambda n: n + 7, "vector"),
            (lambda n: 5 * n, "one by one"),
        ],
    ),
    "04.q3": Check(
        judge_frame,
        "right: −7.8 an atom where the others have −106 to −107. In rydbergs it is the same energy.",
        right=[CULPRIT, np.int64(CULPRIT)],
        wrong=[
            (1, "one atom"),
            (2, "many atoms"),
            (7, "largest forces"),
            (6, "counts from 0"),
            (4, "Divide"),
            ([5], "shape"),
        ],
    ),
    "04.q4": Check(
        judge_units,
        "right: 1 Ry/bohr = 25.71 eV/Å.",
        right=[to_ev, lambda e, f: [13.6057 * e, 25.711 * f]],
        wrong=[
            (lambda e, f: (e, to_ev(e, f)[1]), "energy comes back"),
            (lambda e, f: (e / RYDBERG, f), "grow or shrink"),
            (lambda e, f: (2 * e * RYDBERG, f), "hartree"),
            (lambda e, f: (e * 13, f), "How many eV"),
            (lambda e, f: (e * 13.6, f), "enough digits"),
            (lambda e, f: to_ev(e, f)[::-1], "first the energy"),
            (lambda e, f: (e * RYDBERG, f), "forces come back"),
            (lambda e, f: (e * RYDBERG, f * RYDBERG), "length is not"),
            (lambda e, f: (e * RYDBERG, f * RYDBERG * BOHR), "PER length"),
            (lambda e, f: (e * RYDBERG, 2 * f * RYDBERG / BOHR), "hartree"),
            (lambda e, f: (e * RYDBERG, f / BOHR), "energy is not"),
            (lambda e, f: (e * RYDBERG, 3 * f), "1 Ry/bohr"),
            (lambda e, f: e * RYDBERG, "two things"),
        ],
    ),
    "04.q5": Check(
        judge_ready,
        "right: the small number is made in float64, and only then stored in 32 bits.",
        right=[ready, lambda e, n, e0: list(np.float32(np.asarray(e) / n - e0))],
        wrong=[
            (lambda e, n, e0: (e.astype(np.float32) - (n * e0).astype(np.float32)) / n.astype(np.float32), "cast"),
            (lambda e, n, e0: e.astype(np.float32) / n.astype(np.float32) - np.float32(e0), "cast"),
            (lambda e, n, e0: (e / n).astype(np.float32) - np.float32(e0), "cast"),
            (lambda e, n, e0: (e - n * e0).astype(np.float32), "whole frame"),
            (lambda e, n, e0: e - e0, "ONE atom"),
            (lambda e, n, e0: (e - e0) / n, "ONE atom"),
            (lambda e, n, e0: e / n, "still in"),
            (lambda e, n, e0: (e + n * e0) / n, "taken OFF"),
            (lambda e, n, e0: (n * e0 - e) / n, "other way round"),
            (lambda e, n, e0: (e - n * e0) / n, "not float32"),
            (lambda e, n, e0: np.ones(3, np.float32), "In this order"),
        ],
    ),
    "04.q6": Check(
        judge_slope,
        "right: the difference between the two sides, over the two steps between them.",
        right=[lambda a, b, h: -(b - a) / (2 * h), lambda a, b, h: (a - b) / h / 2],
        wrong=[
            (lambda a, b, h: (b - a) / (2 * h), "downhill"),
            (lambda a, b, h: (a - b) / h, "how far apart"),
            (lambda a, b, h: (b - a) / h, "points downhill"),
            (lambda a, b, h: (a - b) / (4 * h), "four steps"),
            (lambda a, b, h: -(b - a) / 2 * h, "brackets"),
            (lambda a, b, h: a - b, "Per which distance"),
            (lambda a, b, h: h, "rise over run"),
        ],
    ),
    "04.q7": Check(
        judge_cheapest,
        "right. Neither limit alone would have done: the forces and the energy converge differently.",
        right=[cheapest, in_a_loop],
        wrong=[
            (lambda s, e, f, a, b: int(np.where(e <= a, s, np.inf).argmin()), "only the limit for the energy"),
            (lambda s, e, f, a, b: int(np.where(f <= b, s, np.inf).argmin()), "only the limit for the forces"),
            (either, "only the limit for the energy"),
            (lambda s, e, f, a, b: int(s.argmin()), "good or not"),
            (lambda s, e, f, a, b: int(e.argmin()), "best of all"),
            (within_the_good, "within them"),
            (lambda s, e, f, a, b: s[cheapest(s, e, f, a, b)], "INDEX"),
            (lambda s, e, f, a, b: cheapest(s, e, f, a - 1e-6, b - 1e-6), "reached exactly"),
            (lambda s, e, f, a, b: 7, "List them"),
        ],
    ),
    "04.q8": Check(
        judge_average,
        "right: equally spaced, none counted twice.",
        right=[average, lambda band, n, s: sum(band((i + s) / n) for i in range(n)) / n],
        wrong=[
            (lambda band, n, s: band((np.arange(n) + s) / n).sum(), "the sum"),
            (lambda band, n, s: band(np.arange(n) / n + s).mean(), "divided by n"),
            (lambda band, n, s: band(np.arange(n) + s / n).mean(), "brackets"),
            (lambda band, n, s: band(np.arange(n) / n).mean(), "shift is missing"),
            (lambda band, n, s: band(np.linspace(0, 1, n) + s / n).mean(), "twice"),
            (lambda band, n, s: band((np.arange(n) + 1 + s) / n).mean(), "from 0"),
            (lambda band, n, s: band(((np.arange(n) + s) / n).mean()), "mean x"),
            (lambda band, n, s: 7.0, "for n = 2"),
        ],
    ),
}


# --- predictions and quiz -------------------------------------------------------------------------------


def about_labels(predicted, measured):
    if predicted == 0:
        return "Not exact, then: a label is a number with an error, like any other."
    if 0.4 * measured < predicted < 2.5 * measured:
        return "About what you thought. Most people expect either nothing or far more."
    if predicted < measured:
        return "More than you thought. It is the same physics, solved on a coarser grid."
    return "Less than you thought, and still as large as the error of a good model."


def about_speed(predicted, measured):
    if abs(predicted - measured) <= 0.5:
        return "As you thought."
    if predicted < measured:
        return "More than you thought: a formula needs no electrons at all."
    return "Less than you thought; ask again for a thousand atoms."


PREDICTIONS = {
    "04.p1": Prediction(
        "By how many meV per atom is a label of our set off from a much finer calculation of the same kind?",
        " meV/atom", 0, 10_000, about_labels,
    ),
    "04.p2": Prediction(
        "For 64 atoms, by how many powers of ten does DFT take longer than Stillinger–Weber?",
        " powers of ten", 0, 20, about_speed,
    ),
}  # fmt: skip

QUIZ = [
    Question(
        "Your labels: 14 Ry and 8³ k-points, energy off by 62 meV/atom. What helps?",
        {
            "a": ("more k-points", "they are fine already: look along the row of 14 Ry in the grid."),
            "b": ("a higher cutoff", "yes: the larger of the two errors rules, and here it is the cutoff's."),
            "c": ("a larger network", "it would learn the labels better, errors included."),
            "d": ("another functional", "that changes the equations, not how well they are solved."),
        },
        "b",
    ),
    Question(
        "All energies of a set are too high by exactly 10 meV/atom. What does that do to a potential?",
        {
            "a": ("its forces are off", "the slope of a constant is zero."),
            "b": ("its lattice constant is off", "the minimum stays where it is when the curve is lifted."),
            "c": ("nothing that matters", "yes: the reference energy takes it. Only scatter between structures hurts."),
        },
        "c",
    ),
    Question(
        "A network reaches 0.1 meV/atom on its training frames; their labels scatter by 5. What now?",
        {
            "a": ("it has learnt the noise by heart", "yes: 50 times closer to the labels than these to the truth."),
            "b": ("it is better than DFT", "against what? All it has seen are the labels."),
            "c": ("the labels must be better than we think", "the floor was measured, by finer calculations."),
        },
        "a",
    ),
]
