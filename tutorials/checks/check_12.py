"""Exercises, predictions and quiz of notebook 12. Reading on tells you the answers: try first.

`right` and `wrong` are recorded answers; `tests/test_coursework.py` runs every one of them.
"""

import math

import numpy as np

from mlip_edu.coursework.engine import Check, Prediction, Question, Wrong, expect, run

# --- 12.q2: agreement -----------------------------------------------------------------------------------

#        value, its σ, reference, its σ, tolerance
CASES = [
    (2.00, 0.03, 2.04, 0.04, 0.10),  # agrees
    (2.00, 0.01, 2.08, 0.01, 0.10),  # near, but 5.7 σ away
    (2.00, 0.10, 2.15, 0.10, 0.10),  # 1.1 σ, but too far
    (2.00, 0.01, 2.50, 0.01, 0.10),  # neither
    (2.00, 0.03, 2.09, 0.03, 0.10),  # 2.1 σ: σ added plainly would let it pass
    (2.00, 0.04, 2.07, 0.04, 0.10),  # 1.2 σ
    (2.09, 0.03, 2.00, 0.03, 0.10),  # the fifth the other way round
    (2.40, 0.01, 2.00, 0.01, 0.10),  # neither, from above
    (2.00, 0.04, 2.07, 0.02, 0.10),  # 1.6 σ; the reference's own σ alone would refuse it
    (2.00, 0.02, 2.07, 0.04, 0.10),  # and the value's own σ alone this one
    (2.00, 0.03, 2.12, 0.06, 0.10),  # 1.8 σ, and 6 %: too far, unless the tolerance is taken as a share
    (2.00, 0.30, 2.50, 0.30, 0.10),  # 1.2 σ, and even 20 % away
    (2.00, 0.03, 2.08, 0.04, 0.10),  # 1.6 σ
]


def agrees(value, error, reference, reference_error, tolerance):
    difference = abs(value - reference)
    return bool(difference <= tolerance and difference <= 2 * math.hypot(error, reference_error))


def agrees_in_arrays(value, error, reference, reference_error, tolerance):
    limit = min(tolerance, 2 * np.sqrt(error**2 + reference_error**2))
    return np.abs(np.subtract(value, reference)) <= limit


def variant(rule):
    """A judge that knows the signed difference d, both errors and the tolerance."""
    return lambda value, e, reference, f, tolerance: bool(rule(value - reference, e, f, tolerance))


EITHER = variant(lambda d, e, f, t: abs(d) <= t or abs(d) <= 2 * math.hypot(e, f))
TOLERANCE_ONLY = variant(lambda d, e, f, t: abs(d) <= t)
SIGMA_ONLY = variant(lambda d, e, f, t: abs(d) <= 2 * math.hypot(e, f))
NO_ABS = variant(lambda d, e, f, t: d <= t and d <= 2 * math.hypot(e, f))
PLAIN_SUM = variant(lambda d, e, f, t: abs(d) <= t and abs(d) <= 2 * (e + f))
ONE_SIGMA = variant(lambda d, e, f, t: abs(d) <= t and abs(d) <= math.hypot(e, f))
OWN_SIGMA = variant(lambda d, e, f, t: abs(d) <= t and abs(d) <= 2 * e)
ITS_SIGMA = variant(lambda d, e, f, t: abs(d) <= t and abs(d) <= 2 * f)
NO_ROOT = variant(lambda d, e, f, t: abs(d) <= t and abs(d) <= 2 * (e**2 + f**2))
TWO_INSIDE = variant(lambda d, e, f, t: abs(d) <= t and abs(d) <= (2 * e**2 + 2 * f**2) ** 0.5)


def as_a_share(value, error, reference, reference_error, tolerance):
    return bool(abs(value / reference - 1) <= tolerance and abs(value - reference) <= 2 * math.hypot(error, reference_error))


def judge_agreement(function):
    answers = [run(function, *case) for case in CASES]
    if not all(isinstance(answer, (bool, int, float, np.bool_, np.number)) for answer in answers):
        raise Wrong("this asks for True or False: compare with <=, and join with `and`.")
    right = [float(agrees(*case)) for case in CASES]
    known = [
        ([float(rule(*case)) for case in CASES], text)
        for rule, text in (
            (EITHER, "you let a value pass that keeps only ONE of the two limits. Both are asked for."),
            (TOLERANCE_ONLY, "the error bars do not enter yet: a difference of six σ passes, if it is small enough."),
            (SIGMA_ONLY, "the tolerance does not enter yet: with large enough error bars everything agrees."),
            (NO_ABS, "a value far BELOW the reference passes. Which function takes the sign away?"),
            (PLAIN_SUM, "you add the two σ plainly. Independent errors add like the sides of a right angle."),
            (ONE_SIGMA, "you allow one σ; two were agreed on."),
            (OWN_SIGMA, "the reference has an error bar as well: the DFT run is short."),
            (ITS_SIGMA, "the value has an error bar as well: its run is not endless either."),
            (NO_ROOT, "σ² is a variance. Its root is what a difference is compared with."),
            (TWO_INSIDE, "the 2 stands inside the root in yours: that is √2 σ."),
            (as_a_share, "the tolerance is a number like the value itself, not a share of the reference."),
        )
    ]
    expect(answers, right, known, "not for all of our cases. Write down the difference, then the two limits, then both.")


# --- 12.q3: rms difference ------------------------------------------------------------------------------

R = np.arange(0.125, 6.5, 0.25)
G1 = 1 + np.exp(-((R - 2.5) ** 2)) * np.cos(3 * R) + 0.3 * (R < 1)
G2 = 1 + 0.9 * np.exp(-((R - 2.6) ** 2)) * np.cos(3 * R) + 0.07 * (R > 5.2)


def rms_difference(r, g, h):
    window = (r > 2.0) & (r < 5.2)
    return np.sqrt(np.mean((g - h)[window] ** 2))


def rms_in_a_loop(r, g, h):
    squares = [(a - b) ** 2 for x, a, b in zip(r, g, h, strict=True) if 2.0 < x < 5.2]
    return (sum(squares) / len(squares)) ** 0.5


def judge_rms(function):
    window = (R > 2.0) & (R < 5.2)
    difference = (G1 - G2)[window]
    known = [
        (np.mean(difference**2), "the square root is missing: this is the MEAN SQUARE."),
        (np.sqrt(np.mean((G1 - G2) ** 2)), "you took all distances. Below 2 Å both are zero, and dilute the rest."),
        (np.sqrt(np.mean((G1 - G2)[R > 2.0] ** 2)), "the window has an upper end as well: half of the box."),
        (np.sqrt(np.mean((G1 - G2)[R < 5.2] ** 2)), "the window has a lower end as well."),
        (np.mean(np.abs(difference)), "this is the mean of |difference|; the criterion is the root mean square."),
        (np.sqrt(np.sum(difference**2)), "a mean, not a sum: else finer bins would make any two curves differ more."),
        (np.mean(difference), "plus and minus cancel: square before the mean."),
        (np.std(difference), "a standard deviation takes the mean difference away; it belongs to the difference."),
        (np.sqrt(np.mean(difference)) if np.mean(difference) > 0 else -1.0, "square before the mean, then the root."),
    ]  # fmt: skip
    hint = "not the rms difference. Which bins count? Then: square, mean, root, in this order."
    expect(run(function, R, G1, G2), rms_difference(R, G1, G2), known, hint)


# --- 12.q5: take the standardisation out of the first layer -------------------------------------------------

W = np.array([[0.3, -1.2, 0.7], [2.0, 0.4, -0.9], [-0.5, 1.1, 0.6]])
B, MEAN, SCALE = np.array([0.2, -0.1, 0.5]), np.array([1.5, -0.7, 3.0]), np.array([0.5, 2.0, 4.0])


def unfold(weight, bias, mean, scale):
    return weight * scale, bias + weight @ mean


def unfold_in_loops(weight, bias, mean, scale):
    rows = [[w * s for w, s in zip(row, scale, strict=True)] for row in weight]
    return rows, [b + sum(w * m for w, m in zip(row, mean, strict=True)) for row, b in zip(weight, bias, strict=True)]


WRONG_UNFOLDS = [
    (lambda w, b, m, s: (w / s, b - (w / s) @ m), "the other way"),
    (lambda w, b, m, s: (w / s, b - w @ m), "the other way"),
    (lambda w, b, m, s: (w / s, b + w @ m), "D = μ + σ D̂"),
    (lambda w, b, m, s: (w * s[:, None], b + w @ m), "COLUMN"),
    (lambda w, b, m, s: (w * s, b), "bias still"),
    (lambda w, b, m, s: (w * s, b - w @ m), "sign"),
    (lambda w, b, m, s: (w * s, b + (w * s) @ m), "OLD"),
    (lambda w, b, m, s: (w, b), "as they came"),
    (lambda w, b, m, s: (w * s, b + w.T @ m), "each output"),
]


def judge_unfold(function):
    answer = run(function, W, B, MEAN, SCALE)
    try:
        weight, bias = answer
    except Exception:
        raise Wrong("two things are asked for: the new weight (3, 3) here, and the new bias (3,).") from None
    texts = {
        "the other way": "you fold the standardisation IN, the other way round. Here it is to come out: put "
        "D = μ + σ D̂ into W D + b.",
        "D = μ + σ D̂": "not this weight. Put D = μ + σ D̂ into W D + b and see what stands before D̂.",
        "COLUMN": "a row of W belongs to an output, a COLUMN to a feature. It is the features that have a σ each.",
        "bias still": "the weight is right, the bias still that of before. What does W do to the constant μ?",
        "sign": "the weight is right. Put D = μ + σ D̂ into W D + b once more, and look at the sign of the constant.",
        "OLD": "the weight is right. In the bias it is the OLD weight that meets μ.",
        "as they came": "both come back as they came in.",
        "each output": "the weight is right. In the bias each output sums over its ROW of W.",
    }

    def flat(w, b):
        return np.concatenate([np.ravel(w), np.ravel(b)])

    try:
        found = flat(np.asarray(weight, float), np.asarray(bias, float))
    except Exception:
        raise Wrong("weight and bias should be arrays of numbers.") from None
    known = [(flat(*wrong(W, B, MEAN, SCALE)), texts[words]) for wrong, words in WRONG_UNFOLDS]
    hint = "not yet: for some D compare W D + b with your W′ (D − μ)/σ + b′. The two must be equal."
    expect(found, flat(*unfold(W, B, MEAN, SCALE)), known, hint)


# --- 12.q4: false alarms ----------------------------------------------------------------------------------

INSIDE = math.erf(math.sqrt(2))  # of a normal distribution, within 2σ


def false_alarm(tests):
    return 1 - INSIDE**tests


def judge_false_alarm(function):
    for tests in (4, 9):
        answer = run(function, tests)
        known = [
            (INSIDE**tests, "that is the chance to pass ALL of them."),
            (0.95**tests, "that is the chance to pass ALL of them."),
            (tests * (1 - INSIDE), "chances do not simply add up: with thirty tests yours is larger than one. How "
             "likely is it to pass them ALL?"),
            (tests * 0.05, "chances do not simply add up: with thirty tests yours is larger than one. How likely is it "
             "to pass them ALL?"),
            ((1 - INSIDE) ** tests, "that is the chance to fail every single one of them."),
            (0.05**tests, "that is the chance to fail every single one of them."),
            (1 - INSIDE, "that is the chance to fail one given test."),
            (1 - 95.45**tests, "95.45 % is the number 0.9545."),
            (100 * (1 - INSIDE**tests), "right in per cent; a number from 0 to 1 is asked for."),
        ]  # fmt: skip
        right = 1 - INSIDE**tests
        try:
            expect(answer, 1 - 0.95**tests, [], "no")  # 95 % for 2σ is as good
        except Wrong:
            expect(answer, right, known, "not yet. How likely is it that a perfect potential passes the first? The "
                   "first two? All?", rtol=5e-3)  # fmt: skip


# --- 12.q1: how long a run ---------------------------------------------------------------------------------


def length_needed(length, error, wanted):
    return length * (error / wanted) ** 2


def judge_length(function):
    length, error, wanted = 1.8, 0.06, 0.02
    known = [
        (length * error / wanted, "the error would fall like 1/length. It falls like 1/√length."),
        (length * wanted / error, "a smaller error needs a LONGER run."),
        (length * (wanted / error) ** 2, "a smaller error needs a LONGER run."),
        (length * math.sqrt(error / wanted), "the other way round: the ERROR goes with one over the root of the length."),
        ((error / wanted) ** 2, "so many times as long. How long is that in ps?"),
        (error / wanted, "so many times the error has to shrink. The length goes as the square of that, in ps."),
        (length * ((error / wanted) ** 2 - 1), "that is how much is still missing; the whole length is asked for."),
    ]
    hint = "not yet. Four times the length: what becomes of the error?"
    expect(run(function, length, error, wanted), length_needed(length, error, wanted), known, hint)


CHECKS = {
    "12.q2": Check(
        judge_agreement,
        "right: close enough to matter, and no further than chance explains.",
        right=[agrees, agrees_in_arrays],
        wrong=[
            (EITHER, "Both"), (TOLERANCE_ONLY, "six σ"), (SIGMA_ONLY, "everything agrees"), (NO_ABS, "sign"),
            (PLAIN_SUM, "right angle"), (ONE_SIGMA, "two were"), (OWN_SIGMA, "reference has"), (ITS_SIGMA, "value has"),
            (NO_ROOT, "variance"), (TWO_INSIDE, "√2 σ"), (as_a_share, "a share"),
            (lambda *case: True, "our cases"), (lambda *case: [1, 0], "True or False"), (lambda *case: "yes", "True or False"),
            (True, "function"),
        ],
    ),
    "12.q3": Check(
        judge_rms,
        "right: one number for how far two curves are apart.",
        right=[rms_difference, rms_in_a_loop],
        wrong=[
            (lambda r, g, h: rms_difference(r, g, h) ** 2, "MEAN SQUARE"),
            (lambda r, g, h: np.sqrt(np.mean((g - h) ** 2)), "all distances"),
            (lambda r, g, h: np.sqrt(np.mean((g - h)[r > 2] ** 2)), "upper end"),
            (lambda r, g, h: np.sqrt(np.mean((g - h)[r < 5.2] ** 2)), "lower end"),
            (lambda r, g, h: np.mean(abs(g - h)[(r > 2) & (r < 5.2)]), "|difference|"),
            (lambda r, g, h: np.sqrt(np.sum((g - h)[(r > 2) & (r < 5.2)] ** 2)), "not a sum"),
            (lambda r, g, h: np.mean((g - h)[(r > 2) & (r < 5.2)]), "cancel"),
            (lambda r, g, h: np.std((g - h)[(r > 2) & (r < 5.2)]), "standard deviation"),
            (lambda r, g, h: g - h, "shape"), (lambda r, g, h: 3.0, "in this order"),
        ],
    ),
    "12.q5": Check(
        judge_unfold,
        "right. The network is the same function of the atoms; only the numbers it is written with are others.",
        right=[unfold, unfold_in_loops],
        wrong=[
            *WRONG_UNFOLDS, (lambda w, b, m, s: w * s, "two things"), (lambda w, b, m, s: (w + 1, 2 * b), "for some D"),
            (lambda w, b, m, s: ("w", "b"), "arrays of numbers"), (2.0, "function"),
        ],
    ),
    "12.q4": Check(
        judge_false_alarm,
        "right. Even a perfect potential fails now and then, the more often the more one asks.",
        right=[false_alarm, lambda tests: 1 - 0.95**tests],
        wrong=[
            (lambda k: INSIDE**k, "pass ALL"), (lambda k: k * (1 - INSIDE), "add up"), (lambda k: 0.05 * k, "add up"),
            (lambda k: (1 - INSIDE) ** k, "every single"), (lambda k: 1 - INSIDE, "one given"),
            (lambda k: 100 * (1 - INSIDE**k), "per cent"), (lambda k: 1 - 95.45**k, "0.9545"), (lambda k: 0.5, "first two"), (0.2, "function"),
        ],
    ),
    "12.q1": Check(
        judge_length,
        "right: half the error costs four times the run.",
        right=[length_needed, lambda length, error, wanted: error * error * length / (wanted * wanted)],
        wrong=[
            (lambda t, e, w: t * e / w, "1/√length"), (lambda t, e, w: t * w / e, "LONGER"),
            (lambda t, e, w: t * (w / e) ** 2, "LONGER"), (lambda t, e, w: t * math.sqrt(e / w), "root"),
            (lambda t, e, w: (e / w) ** 2, "in ps"), (lambda t, e, w: t * ((e / w) ** 2 - 1), "still missing"),
            (lambda t, e, w: e / w, "has to shrink"), (lambda t, e, w: 1.0, "Four times"), (16.2, "function"),
        ],
    ),
}  # fmt: skip


def about_passing(predicted, measured):
    if predicted == measured:
        return "As you said. Did you also guess WHICH criteria decide? The table says."
    if predicted > measured:
        return "Fewer than you thought. Read by how many σ each was missed: many is the model, less than two may be chance."
    return "More than you thought: a liquid's g(r) is a forgiving judge, and a short reference more forgiving still."


def about_forces(predicted, measured):
    if abs(predicted - measured) <= 5:
        return "Close. The mean structure is far less sensitive than any single force."
    if predicted < measured:
        return "More than you thought; what matters for g(r) is how much of it is systematic."
    return "Less than you thought: at this temperature the forces are large, and the errors grow more slowly."


def about_forgetting(predicted, measured):
    if predicted < 1.2 < measured:
        return "It has FORGOTTEN: what is not in the training any more is not kept, it is overwritten."
    if measured < 1.2:
        return "Hardly worse: this fine-tuning was gentle enough. Try more epochs or a larger learning rate."
    if predicted > measured:
        return "It has forgotten, if less than you thought."
    return "It has forgotten even more than you thought."


PREDICTIONS = {
    "12.p1": Prediction(
        "Network, linear model, Stillinger–Weber: how many of the three meet all the criteria?", " of the three", 0, 3,
        about_passing,
    ),
    "12.p2": Prediction(
        "The network's error of a force in the ab-initio melt, in per cent of the force (both root mean square)?",
        " %", 0, 200, about_forces,
    ),
    "12.p3": Prediction(
        "Fine-tuned on liquids alone: how many times as large does the energy error in other structures become?",
        " times", 0, 1000, about_forgetting,
    ),
}  # fmt: skip

QUIZ = [
    Question(
        "Two g(r), drawn on top of each other, cannot be told apart by eye. What follows?",
        {
            "a": ("the potential is right", "the eye is no test: it has no error bars and no criterion."),
            "b": ("nothing, before the error bars are drawn", "yes: and before a poor potential has been shown to "
                  "fail."),
            "c": ("the runs were long enough", "two short runs may look alike, and differ, by chance."),
        },
        "b",
    ),
    Question(
        "A test that Stillinger–Weber passes as well …",
        {
            "a": ("has no power to tell potentials apart", "yes: passing it then says little about yours. Longer runs "
                  "may help, or a more sensitive property."),
            "b": ("shows that Stillinger–Weber is exact", "it shows that the test is blind to where it is wrong."),
            "c": ("must have been done with too small a box", "the box is the same for all; it is the error bars or "
                  "the property that are too coarse."),
        },
        "a",
    ),
    Question(
        "Your potential misses one of four 2σ criteria, by 2.3σ. What do you do?",
        {
            "a": ("widen the criterion to 3σ and report that it passes", "then the criterion was chosen after the "
                  "result, and is none."),
            "b": ("retrain with other seeds until one passes", "then chance is what you have selected for."),
            "c": ("report it as it is, and make the runs longer", "yes: a perfect potential misses one of four now and "
                  "then; more data, not another ruler, will tell."),
        },
        "c",
    ),
]  # fmt: skip
