"""Exercises, predictions and quiz of notebook 03. Reading on tells you the answers: try first.

`right` and `wrong` are recorded answers; `tests/test_coursework.py` runs every one of them.
"""

import math

import numpy as np

from mlip_edu.coursework.engine import (
    Check,
    Choice,
    NotYet,
    Prediction,
    Question,
    Wrong,
    as_numbers,
    expect,
    is_blank,
    run,
)
from mlip_edu.geometry import heights

# --- 03.q1: who is a neighbour --------------------------------------------------------------------------

HOME = (0, 0, 0)
CASES = [  # i, j, S, vector (Å); none at the cutoff of 3 Å itself
    (0, 1, HOME, np.array([2.0, 1.0, 0.0])),
    (1, 0, HOME, np.array([-2.0, -1.0, 0.0])),
    (0, 1, (1, 0, 0), np.array([-1.0, 1.0, 2.0])),
    (2, 2, HOME, np.zeros(3)),
    (2, 2, (0, -1, 0), np.array([0.0, -2.5, 0.0])),
    (2, 2, (0, 2, 0), np.array([0.0, 5.0, 0.0])),
    (1, 2, HOME, np.array([2.0, 2.0, 2.0])),
    (2, 1, (0, 0, 1), np.array([0.0, 0.0, 2.9])),
]


def is_neighbour(i, j, S, vector, r_c):
    return bool(np.linalg.norm(vector) <= r_c and not (i == j and tuple(S) == HOME))


def by_length(i, j, S, vector, r_c):
    return 0 < sum(x * x for x in vector) ** 0.5 <= r_c


def with_itself(i, j, S, vector, r_c):
    return np.linalg.norm(vector) <= r_c


def no_own_images(i, j, S, vector, r_c):
    return np.linalg.norm(vector) <= r_c and i != j


def half_list(i, j, S, vector, r_c):
    return np.linalg.norm(vector) <= r_c and i < j


def home_only(i, j, S, vector, r_c):
    return np.linalg.norm(vector) <= r_c and i != j and tuple(S) == HOME


def no_home(i, j, S, vector, r_c):
    return np.linalg.norm(vector) <= r_c and any(S)


def too_far(i, j, S, vector, r_c):
    return np.linalg.norm(vector) > r_c


def squares(i, j, S, vector, r_c):
    return vector @ vector <= r_c and not (i == j and tuple(S) == HOME)


def each_axis(i, j, S, vector, r_c):
    return np.abs(vector).max() <= r_c and not (i == j and tuple(S) == HOME)


def everything(function):
    return np.array([float(function(*case, 3.0)) for case in CASES])


def judge_neighbour(function):
    answers = []
    for case in CASES:
        answer = run(function, *case, 3.0)
        if np.shape(answer) or isinstance(answer, str) or answer not in (0, 1):  # True is 1, in arrays as well
            raise Wrong("this asks for True or False.")
        answers.append(float(answer))
    known = [
        (everything(with_itself), "an atom at distance 0 from itself is in your list. Which i, j and S is that?"),
        (everything(no_own_images), "an atom IS a neighbour of its own copies in the next cells. Only i = j in the "
         "home cell, S = (0, 0, 0), must go."),
        (everything(half_list), "that keeps each pair once. Our list is full: i–j and j–i."),
        (everything(home_only), "you left out all copies in the next cells."),
        (everything(no_home), "you left out all of the home cell, S = (0, 0, 0). Only ONE atom of it must not be in "
         "the list."),
        (everything(too_far), "these are the atoms that are too far away."),
        (everything(squares), "that compares r² with r_c: take the root, or square both."),
        (everything(each_axis), "that is a cube around the atom. The cutoff is a sphere."),
    ]  # fmt: skip
    hint = "not for all of eight cases: other atoms, own images, near and far. Which do you treat differently?"
    expect(np.array(answers), everything(is_neighbour), known, hint)


# --- 03.q2: how many cells to search --------------------------------------------------------------------

CELLS = [
    np.array([[4.0, 0, 0], [3.0, 3.4, 0], [-2.0, 4.0, 4.0]]),
    np.array([[2.4, 0, 0], [0, 6.1, 0], [3.0, 2, 4.0]]),
]


def reach(cell, r_c):
    return np.ceil(r_c / heights(cell)).astype(int)


def judge_reach(function):
    for cell in CELLS:
        quotient = 7.0 / heights(cell)
        known = [
            (np.floor(quotient), "rounded down: a copy in the last, partly covered cell is lost."),
            (np.round(quotient), "rounded to the nearest: sometimes one layer of cells too few. Which way is safe?"),
            (np.ceil(7.0 / np.linalg.norm(cell, axis=1)), "you used the lengths of the edges. In a cell that leans, "
             "the layers lie closer together than that: take the heights."),
            (np.ceil(7.0 / np.diag(cell)), "you used the diagonal of the cell. The layers of a leaning cell lie closer "
             "together: take the heights."),
            (np.ceil(quotient) + 1, "no neighbour is lost, but one layer to each side costs time and holds nobody: n "
             "floors up, an atom is MORE than (n − 1) h away."),
            (np.ceil(quotient / 2), "that reaches half as far as the cutoff."),
            (np.ceil(2 * quotient), "that is the diameter of the sphere. To EACH side its radius is enough."),
            (quotient, "a number of cells is a whole number. Which way do you round?"),
        ]  # fmt: skip
        right = reach(cell, 7.0)
        known = [(value, text) for value, text in known if not np.array_equal(value, right)]
        hint = "not the number of layers. How many layers of height h does a radius r_c begin to enter?"
        expect(run(function, cell, 7.0), right, known, hint)


# --- 03.q3: bins that leave the box ---------------------------------------------------------------------

BINS = np.array([3, 4, 2])
PLACES = [np.array([1, 2, 0]), np.array([-1, 4, 1]), np.array([3, -1, 2]), np.array([-1, -1, -1])]


def fold(b, n_bins):
    shift, place = np.divmod(b, n_bins)
    return place, shift


def fold_slowly(b, n_bins):
    shift = [-1 if x < 0 else 1 if x >= n else 0 for x, n in zip(b, n_bins, strict=True)]
    return [int(x - s * n) for x, s, n in zip(b, shift, n_bins, strict=True)], shift


def judge_fold(function):
    rows = []
    for b in PLACES:
        answer = run(function, b, BINS)
        if isinstance(answer, (tuple, list)) and any(is_blank(part) for part in answer):
            raise NotYet
        rows.append(answer)
    right = np.array([fold(b, BINS) for b in PLACES])
    place, shift = right[:, 0], right[:, 1]
    known = [
        (np.stack([place, 0 * shift], 1), "the bins are right, but the shift is always zero: which copy of the box "
         "does a bin at −1 lie in?"),
        (np.stack([place, -shift], 1), "the shift has the wrong sign: a bin at −1 lies in the copy S = −1."),
        (np.stack([shift, place], 1), "the place comes first, then the shift."),
        (np.stack([np.clip(PLACES, 0, BINS - 1), 0 * shift], 1), "you stop at the wall. The box goes on behind it: "
         "leaving at the left means coming in at the right."),
        (np.stack([PLACES, 0 * shift], 1), "bins at −1 or behind the last do not exist: they are copies of others."),
    ]  # fmt: skip
    hint = "not folded. With 3 bins, bin 3 is a copy of bin 0, one box further: place 0, shift 1. And bin −1?"
    answers = rows if all(np.shape(row) == (2, 3) for row in rows) else rows[0]
    expect(answers, right, known, hint)


# --- 03.q4 and 03.q5: the cutoff function and its slope -------------------------------------------------

R_C, WIDTH = 5.0, 1.6
R = np.array([2.0, 3.3, 3.6, 3.9, 4.3, 4.7, 4.95, 5.4, 6.0])


def cutoff(r, r_c, width):
    x = np.clip((r_c - r) / width, 0, 1)
    return (1 - (1 - x) ** 4) ** 2


def cutoff_by_where(r, r_c, width):
    r = np.asarray(r, float)
    inside = (1 - (1 - (r_c - r) / width) ** 4) ** 2
    return np.where(r < r_c - width, 1.0, np.where(r > r_c, 0.0, inside))


def cutoff_unclipped(r, r_c, width):
    return (1 - (1 - (r_c - r) / width) ** 4) ** 2


def cutoff_open_outside(r, r_c, width):
    return (1 - (1 - np.minimum((r_c - r) / width, 1)) ** 4) ** 2


def cutoff_open_inside(r, r_c, width):
    return (1 - (1 - np.maximum((r_c - r) / width, 0)) ** 4) ** 2


def cutoff_not_squared(r, r_c, width):
    return 1 - (1 - np.clip((r_c - r) / width, 0, 1)) ** 4


def cutoff_backwards(r, r_c, width):
    return (1 - np.clip((r_c - r) / width, 0, 1) ** 4) ** 2


def cutoff_one_missing(r, r_c, width):
    return (1 - np.clip((r_c - r) / width, 0, 1)) ** 8


def cosine(r, r_c, width=None):
    return np.where(np.asarray(r) < r_c, 0.5 * (np.cos(np.pi * np.asarray(r) / r_c) + 1), 0.0)


def judge_cutoff(function):
    arguments = R, R_C, WIDTH
    known = [
        (cutoff_unclipped(*arguments), "right in the shell, wrong on both sides of it: keep x between 0 and 1 "
         "(np.clip)."),
        (cutoff_open_outside(*arguments), "beyond r_c it comes back to life: keep x above 0."),
        (cutoff_open_inside(*arguments), "near the atom it is not 1: keep x below 1."),
        (cutoff_not_squared(*arguments), "the outer square is missing. Without it the slope at r_c is not zero."),
        (cutoff_backwards(*arguments), "your function is 0 near the atom and 1 far away: x is 1 on the INSIDE."),
        (cutoff_one_missing(*arguments), "the outer 1 − (…)⁴ is missing: look at the brackets again."),
        (cosine(*arguments), "that is Behler's cosine; it comes later."),
    ]  # fmt: skip
    hint = "not f_c. What does it give at r_c, at r_c − Δr, and half way between (there it is 225/256)?"
    expect(run(function, *arguments), cutoff(*arguments), known, hint)


def slope(r, r_c, width):
    y = 1 - np.clip((r_c - r) / width, 0, 1)
    return -8 / width * (1 - y**4) * y**3


def slope_unclipped(r, r_c, width):
    y = 1 - (r_c - r) / width
    return -8 / width * (1 - y**4) * y**3


def slope_of(formula):
    """A slope that is zero outside the shell and ``formula(y)/Δr`` inside."""

    def function(r, r_c, width):
        y = 1 - (r_c - r) / width
        return np.where((y > 0) & (y < 1), formula(np.clip(y, 0, 1)) / width, 0.0)

    return function


SLIPS = [
    (lambda y: -8 * y**4 * y**3, "a “1 −” is lost: one bracket is 1 − (1 − x)⁴, the other (1 − x)³."),
    (lambda y: -8 * (1 - y**4) * (1 - y) ** 3, "a “1 −” is lost: the inner derivative has (1 − x)³, not x³."),
    (lambda y: -8 * (1 - (1 - y) ** 4) * (1 - y) ** 3, "a “1 −” is lost, twice: it is 1 − x that is raised to powers."),
    (lambda y: 8 * (1 - y**4) * y**3, "the sign: f_c falls. What is dx/dr?"),
    (lambda y: -2 * (1 - y**4) * y**3, "the derivative of the fourth power brings a factor down."),
    (lambda y: -4 * (1 - y**4) * y**3, "two factors come down, one from the square and one from the fourth power."),
    (lambda y: -2 * (1 - y**4), "the chain rule goes one step further: the derivative of (1 − x)⁴."),
    (lambda y: -8 * y**3, "the square leaves its bracket behind: 2 (1 − (1 − x)⁴) times …"),
]


def judge_slope(function):
    arguments = R, R_C, WIDTH
    known = [(slope_of(formula)(*arguments), text) for formula, text in SLIPS]
    known.append((slope(*arguments) * WIDTH, "that is d f_c/dx, up to the sign: dx/dr brings a 1/Δr."))
    known.append((-slope(*arguments) * WIDTH, "that is d f_c/dx. What is dx/dr?"))
    known.append(
        (slope_unclipped(*arguments), "right in the shell, wrong on both sides of it: keep x between 0 and 1.")
    )
    hint = "not the slope. Compare with (cutoff(r + h) − cutoff(r − h)) / 2h for h = 1e-5."
    expect(run(function, *arguments), slope(*arguments), known, hint)


# --- 03.q6: the jump of the second derivative -----------------------------------------------------------


def judge_jump(answer):
    known = [
        (16.0, "close to r_c, f_c is 16 x². Differentiate that twice. (Or a difference with one point on each side of "
         "r_c? Take both inside.)"),
        (8.0, "look at the slope: near r_c it is −8·(1 − (1 − x)⁴)·(1 − x)³/Δr. How fast does it vanish with x?"),
        (0.0, "f_c and its slope vanish at r_c. The second derivative just INSIDE does not."),
        (-32.0, "the size is right. f_c comes down to zero like a valley: which sign has its curvature?"),
        (64.0, "twice too much. Near r_c: (1 − x)⁴ ≈ 1 − 4x, so f_c ≈ (4x)²."),
        (4.0, "(1 − x)⁴ ≈ 1 − 4x near r_c. What does that make of f_c?"),
    ]  # fmt: skip
    hint = "not the jump. Put (1 − x)⁴ ≈ 1 − 4x into f_c, or take differences of the slope just inside r_c."
    if 25 < as_numbers(answer, ()) < 31.9:
        raise Wrong("nearly: your difference reaches too far from r_c. Take a smaller step, both points inside.")
    expect(answer, 32.0, known, hint, rtol=2e-3)


# --- 03.q7: the product rule ----------------------------------------------------------------------------

PHI, DPHI, F, DF = np.array([[-3.0, -2.0, 0.7], [1.5, 2.5, -4.0], [0.9, 0.4, 0.1], [-0.3, -0.8, -0.2]])


def product(phi, dphi, f, df):
    return dphi * f + phi * df


def judge_product(function):
    arguments = PHI, DPHI, F, DF
    known = [
        (DPHI * F, "you faded the force and forgot that f_c itself has a slope: the energy no longer belongs to it."),
        (PHI * DF, "the other half is missing: φ has a slope as well."),
        (DPHI * DF, "the derivative of a product is not the product of the derivatives."),
        (PHI * F, "that is the energy itself."),
        (-product(*arguments), "that is the force. Asked is the slope, dE/dr."),
        (DPHI * F - PHI * DF, "a sum, not a difference: that would be the rule for a quotient."),
    ]
    hint = "not the slope of a product."
    expect(run(function, *arguments), product(*arguments), known, hint)


CHECKS = {
    "03.q1": Check(
        judge_neighbour,
        "right: in the sphere, its own copies included, itself not.",
        right=[
            is_neighbour,
            by_length,
            lambda *case: np.array(is_neighbour(*case)),
            lambda *case: int(by_length(*case)),
        ],
        wrong=[
            (with_itself, "distance 0"),
            (no_own_images, "own copies"),
            (half_list, "each pair once"),
            (home_only, "all copies"),
            (no_home, "Only ONE"),
            (too_far, "too far"),
            (squares, "square both"),
            (each_axis, "cube"),
            (lambda *case: True, "eight cases"),
            (lambda i, j, S, vector, r_c: vector, "True or False"),
            (3, "function"),
        ],
    ),
    "03.q2": Check(
        judge_reach,
        "right: rounded up, with the heights. One layer more would cost time only; one less, neighbours.",
        right=[reach, lambda cell, r_c: [math.ceil(r_c / h) for h in heights(cell)]],
        wrong=[
            (lambda cell, r_c: np.floor(r_c / heights(cell)), "rounded down"),
            (lambda cell, r_c: np.round(r_c / heights(cell)), "nearest"),
            (lambda cell, r_c: np.ceil(r_c / np.linalg.norm(cell, axis=1)), "edges"),
            (lambda cell, r_c: np.ceil(r_c / np.diag(cell)), "diagonal"),
            (lambda cell, r_c: np.ceil(r_c / heights(cell) + 1), "costs time"),
            (lambda cell, r_c: np.ceil(r_c / heights(cell) / 2), "half as far"),
            (lambda cell, r_c: np.ceil(2 * r_c / heights(cell)), "diameter"),
            (lambda cell, r_c: r_c / heights(cell), "whole number"),
            (lambda cell, r_c: [9, 9, 9], "number of layers"),
            (lambda cell, r_c: 2, "shape"),
        ],
    ),
    "03.q3": Check(
        judge_fold,
        "right: the bin inside the box, and the copy it was meant to be in.",
        right=[fold, fold_slowly, lambda b, n_bins: (b % n_bins, b // n_bins)],
        wrong=[
            (lambda b, n: (b % n, 0 * b), "always zero"),
            (lambda b, n: (b % n, -(b // n)), "wrong sign"),
            (lambda b, n: (b // n, b % n), "comes first"),
            (lambda b, n: (np.clip(b, 0, n - 1), 0 * b), "wall"),
            (lambda b, n: (b, 0 * b), "do not exist"),
            (lambda b, n: (b % n, b), "And bin −1"),
            (lambda b, n: b % n, "shape"),
        ],
    ),
    "03.q4": Check(
        judge_cutoff,
        "right: 1 near the atom, 0 outside, and flat at both ends of the shell.",
        right=[cutoff, cutoff_by_where],
        wrong=[
            (cutoff_unclipped, "both sides"),
            (cutoff_open_outside, "back to life"),
            (cutoff_open_inside, "not 1"),
            (cutoff_not_squared, "outer square"),
            (cutoff_backwards, "INSIDE"),
            (cutoff_one_missing, "brackets"),
            (cosine, "cosine"),
            (lambda r, r_c, width: 0 * r, "225/256"),
        ],
    ),
    "03.q5": Check(
        judge_slope,
        "right. In real programs this very line has been wrong, unnoticed.",
        right=[slope, slope_of(lambda y: -8 * y**3 + 8 * y**7)],
        wrong=[
            *((slope_of(formula), text.split(":")[0]) for formula, text in SLIPS),
            (lambda r, r_c, width: width * slope(r, r_c, width), "dx/dr brings"),
            (lambda r, r_c, width: -width * slope(r, r_c, width), "What is dx/dr"),
            (slope_unclipped, "both sides"),
            (lambda r, r_c, width: 0 * r, "1e-5"),
        ],
    ),
    "03.q6": Check(
        judge_jump,
        "right: near r_c, f_c = 16 x², so its second derivative ends at 32/Δr² and then is 0.",
        right=[32, 32.0, 31.99],
        wrong=[
            (16, "twice"),
            (8, "How fast"),
            (0, "INSIDE"),
            (-32, "size is right"),
            (64, "too much"),
            (4, "1 − 4x near"),
            (5, "not the jump"),
            (31.8, "smaller step"),
            ("many", "numbers"),
        ],
    ),
    "03.q7": Check(
        judge_product,
        "right: the fading itself pulls, with −φ f_c′.",
        right=[product, lambda phi, dphi, f, df: [a * b + c * d for a, b, c, d in zip(dphi, f, phi, df, strict=True)]],
        wrong=[
            (lambda phi, dphi, f, df: dphi * f, "forgot"),
            (lambda phi, dphi, f, df: phi * df, "other half"),
            (lambda phi, dphi, f, df: dphi * df, "product of the derivatives"),
            (lambda phi, dphi, f, df: phi * f, "energy itself"),
            (lambda *a: -product(*a), "that is the force"),
            (lambda phi, dphi, f, df: dphi * f - phi * df, "quotient"),
            (lambda phi, dphi, f, df: 0 * phi, "slope of a product"),
        ],
    ),
}


# --- predictions and quiz -------------------------------------------------------------------------------


def about_neighbours(predicted, measured):
    if predicted == measured:
        return "As you said: 4 bonds, and 12 at the ends of the partners' other bonds."
    if predicted == 4:
        return "The 4 bonds are the first shell. Each partner has three more bonds, to 12 second neighbours."
    return "Count in shells: 4 bonds; each partner has 3 further bonds, which makes 12 more."


def about_ratio(predicted, measured):
    if measured / 3 <= predicted <= 3 * measured:
        return "You were close."
    if predicted < measured:
        return "Much more than you thought: each pair that crosses the edge makes the energy jump."
    return "Less than you thought."


def about_step(predicted, measured):
    if predicted == measured:
        return "As you said: a cliff does not become lower when one walks in smaller steps."
    return "A smaller step helps against errors of the integration. The jump is no such error: it is in the potential."


PREDICTIONS = {
    "03.p1": Prediction(
        "How many neighbours has an atom of the silicon crystal within 4 Å?", " neighbours", 0, 1000, about_neighbours
    ),
    "03.p2": Prediction(
        "How many times as much does the total energy wander with the hard cutoff as with the smooth one?",
        " times", 1e-3, 1e9, about_ratio,
    ),
    "03.p3": Choice(
        "With the hard cutoff the energy wanders. You halve the time step. What happens?",
        {"a": "it wanders a quarter as much", "b": "half as much", "c": "as much as before"},
        about_step,
    ),
}  # fmt: skip

QUIZ = [
    Question(
        "A cell with ONE atom repeats in all directions. How many neighbours can this atom have?",
        {
            "a": ("none: there is no other atom", "its own copies in the next cells are neighbours like any others."),
            "b": ("at most six", "six share a face with it in a cube; the cutoff may reach further."),
            "c": ("as many as the cutoff reaches", "yes: its own copies, in as many layers of cells as it takes."),
        },
        "c",
    ),
    Question(
        "You fade the FORCE with f_c, F = −φ′ f_c, and call φ f_c the energy. What is wrong?",
        {
            "a": ("the force is not the slope of that energy", "yes: without −φ f_c′ the total energy is not kept."),
            "b": ("nothing: both vanish smoothly", "both do. But does the one belong to the other?"),
            "c": ("the force jumps at the cutoff", "it does not jump. It is the slope of another energy."),
        },
        "a",
    ),
    Question(
        "You compute vibrations (second derivatives) with RANN's cutoff. What must you look out for?",
        {
            "a": ("the forces jump at r_c", "they do not: the slope of f_c vanishes at r_c."),
            "b": ("a shell of neighbours just at r_c", "yes: there the second derivative jumps by 32/Δr²."),
            "c": ("nothing, f_c is smooth to all orders", "twice it can be differentiated only piece by piece."),
        },
        "b",
    ),
]
