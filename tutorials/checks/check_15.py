"""Exercises, predictions and quiz of notebook 15. Reading on tells you the answers: try first.

`right` and `wrong` are recorded answers; `tests/test_coursework.py` runs every one of them.
"""

from statistics import NormalDist

import numpy as np

from mlip_edu.coursework.engine import Check, Choice, Prediction, Question, Wrong, expect, run

# --- 15.q1: mean and spread -----------------------------------------------------------------------------

SAID = np.array([[1.0, 2.0, -0.5], [1.6, 2.3, 0.9], [0.7, 3.1, -0.2], [1.9, 1.2, 0.4]])  # four members, three places


def mean_and_spread(said):
    said = np.asarray(said, float)
    mean = said.sum(axis=0) / len(said)
    return mean, np.sqrt(((said - mean) ** 2).sum(axis=0) / (len(said) - 1))


def mean_and_spread_in_loops(said):
    means, spreads = [], []
    for place in range(len(said[0])):
        values = [float(member[place]) for member in said]
        mean = sum(values) / len(values)
        means.append(mean)
        spreads.append((sum((value - mean) ** 2 for value in values) / (len(values) - 1)) ** 0.5)
    return [means, spreads]


def judge_spread(function):
    answer = run(function, SAID)
    several = isinstance(answer, (tuple, list)) or (isinstance(answer, np.ndarray) and answer.ndim > 0)
    if not several or len(answer) != 2:
        raise Wrong("this asks for two things: the means and the spreads, one of each for every place.")
    mean, spread = mean_and_spread(SAID)
    expect(answer[0], mean, [
        (SAID.mean(axis=1), "you average over the places. Average over the members: the first axis."),
        (SAID.sum(axis=0), "this is the sum over the members, not their mean."),
        (np.median(SAID, axis=0), "this is the median; the mean is asked for."),
        (spread, "the two are exchanged: the means first."),
    ], "the mean is not right: at each place, the average of what the members say there.")  # fmt: skip
    expect(answer[1], spread, [
        (SAID.std(axis=0), "the mean is right. The spread is divided by M; with the mean estimated from the same few members it is "
         "M − 1 (ddof=1)."),
        (spread**2, "the mean is right. This is σ², the variance: the root is missing."),
        (SAID.var(axis=0), "the mean is right. The root is missing, and it is M − 1, not M (ddof=1)."),
        (SAID.std(axis=1, ddof=1), "the mean is right. The spread is over the members, the first axis, too."),
        (spread / 2, "the mean is right. σ/√M says how well the MEAN of many such committees is known. How far apart are the members?"),
        (np.ptp(SAID, axis=0), "the mean is right. This is the range from the lowest to the highest; it grows with the number of members."),
        (np.abs(SAID - mean).mean(axis=0), "the mean is right. These are mean absolute deviations; square, average, take the root."),
    ], "the mean is right, the spread is not: σ² is the sum of (y_m − ȳ)² over M − 1.")  # fmt: skip


# --- 15.q2: the next question ---------------------------------------------------------------------------

CANDIDATES = np.array([1.25, 9.0, 7.0, 0.5, 2.0])
# the largest σ is at 1.25, the largest mean at 7.0, the largest range at 2.0, the smallest σ at 0.5; over the places, member 1
DISPUTED = np.array(
    [[1.0, 0.2, 6.0, 0.3, 0.0], [-1.0, -0.2, 6.9, 0.3, 0.0], [1.0, 0.0, 6.2, 0.3, 1.3], [-1.0, 0.1, 6.1, 0.3, -0.9]]
)


def next_question(said, candidates):
    return candidates[mean_and_spread(said)[1].argmax()]


def next_question_in_loops(said, candidates):
    spreads = mean_and_spread_in_loops(said)[1]
    return max(zip(spreads, candidates, strict=True))[1]


def judge_question(function):
    right = float(next_question(DISPUTED, CANDIDATES))
    known = [
        (
            float(mean_and_spread(DISPUTED)[1].argmax()),
            "this is the NUMBER of the place in the list. Where is it, in Å? candidates[…]",
        ),
        (7.0, "you ask where the energy is highest. Where do the members DISAGREE most?"),
        (0.5, "you ask where they agree best: there they would tell you nothing new."),
        (
            2.0,
            "you ask where the RANGE from the lowest to the highest is largest; one odd member is enough for that. Where is σ?",
        ),
        (9.0, "you average over the places. The spread is over the members: the first axis."),
        (mean_and_spread(DISPUTED)[1].max(), "this is how far they disagree, in eV. Where do they?"),
    ]
    hint = "not it. The spread at every candidate, the place of its largest value (argmax), and the candidate there."
    expect(run(function, DISPUTED, CANDIDATES), right, known, hint)


# --- 15.q3: coverage ------------------------------------------------------------------------------------

ERRORS = np.array([0.1, -0.2, 0.7, -1.6, 2.6, -3.4, 0.05, 1.4, -0.9, 4.1])
BARS = np.array([1.0, 0.5, 1.0, 1.0, 2.0, 1.0, 0.5, 1.0, 0.5, 2.0])
LEVEL = 0.9


def covered(errors, bars, level):
    reach = NormalDist().inv_cdf((1 + level) / 2)
    return np.mean(np.abs(errors) <= reach * np.asarray(bars))


def covered_in_loops(errors, bars, level):
    reach = NormalDist().inv_cdf(0.5 + level / 2)
    return sum(1 for e, b in zip(errors, bars, strict=True) if -reach * b <= e <= reach * b) / len(errors)


def judge_covered(function):
    # at 0.9: 1.645 bars. The errors are chosen so that each slip counts others
    errors = np.array([0.1, -0.2, 0.5, 0.85, -0.95, 1.2, 1.5, -1.6, 1.8, -1.9, -2.4, 2.6, -2.8, -3.4, 4.1])
    bars = np.ones(len(errors))
    right = covered(errors, bars, LEVEL)
    known = [
        (np.mean(np.abs(errors) <= NormalDist().inv_cdf(LEVEL) * bars), "one tail only: Φ⁻¹(p) leaves 1 − p above. The interval has two ends, "
         "each leaves (1 − p)/2 outside."),
        (np.mean(errors <= NormalDist().inv_cdf((1 + LEVEL) / 2) * bars), "an error far below is outside too: take its size, abs(…)."),
        (np.mean(np.abs(errors) <= LEVEL * bars), "p is a probability, not a number of σ: first turn it into z_p."),
        (np.mean(np.abs(errors) <= bars), "this is the fraction within ONE σ, whatever p. How many σ must it be for p? z_p."),
        (np.mean(np.abs(errors) <= NormalDist().cdf((1 + LEVEL) / 2) * bars), "Φ makes a fraction of a number of σ. Here you need its inverse: inv_cdf."),
        (100 * right, "right in per cent; a fraction between 0 and 1 is asked for."),
        (1 - right, "this is the fraction OUTSIDE."),
        (right * len(errors), "this is how many are inside; divide by how many there are."),
    ]  # fmt: skip
    hint = "not the fraction inside. z_p from (1 + p)/2, then the share of errors whose size is at most z_p bars."
    expect(run(function, errors, bars, LEVEL), right, known, hint)
    uneven = run(function, ERRORS, BARS, 0.5)
    expect(
        uneven, covered(ERRORS, BARS, 0.5), [], "right for equal bars. Each error has its own bar: compare one by one."
    )


# --- 15.q4: α -------------------------------------------------------------------------------------------


def scale(errors, spread):
    return np.sqrt(np.mean((np.asarray(errors) / spread) ** 2))


def scale_in_loops(errors, spread):
    return (sum((e / s) ** 2 for e, s in zip(errors, spread, strict=True)) / len(errors)) ** 0.5


def judge_scale(function):
    ratio = ERRORS / BARS
    known = [
        (np.mean(ratio**2), "the root is missing: this is α²."),
        (np.sqrt(np.mean(ERRORS**2) / np.mean(BARS**2)), "this divides the averages. Divide each error by ITS OWN σ, then average: else the few with the widest bars decide alone."),
        (np.mean(np.abs(ratio)), "the mean of the sizes; the formula wants the root of the mean square."),
        (np.std(ratio), "np.std takes the mean off first: a shift that all errors share would not count."),
        (np.std(ratio, ddof=1), "np.std takes the mean off first: a shift that all errors share would not count."),
        (1 / np.sqrt(np.mean(ratio**2)), "upside down: α is large where the errors are larger than σ."),
        (np.sqrt(np.mean(1 / ratio**2)), "upside down: errors over σ, not σ over errors."),
        (np.mean(ratio), "positive and negative errors cancel: square first."),
        (np.sqrt(np.sum(ratio**2)), "the mean of the squares, not their sum."),
    ]  # fmt: skip
    hint = "not α: each error over its σ, squared, averaged, root."
    expect(run(function, ERRORS, BARS), scale(ERRORS, BARS), known, hint)


# --- 15.q5: the traffic light ---------------------------------------------------------------------------

CASES = [
    ([0.1, 0.2, 0.15], 2.0, "green"),
    ([0.1, 0.2, 0.3], 2.0, "amber"),
    ([0.05, 0.05, 0.6], 2.0, "red"),
    ([0.4, 0.45, 0.4], 1.0, "green"),
    ([0.2, 0.21, 0.22], 5.0, "red"),
]
WATCH, STOP = 0.5, 1.0


def light(spread, alpha, watch, stop):
    worst = alpha * max(spread)
    return "red" if worst > stop else "amber" if worst > watch else "green"


def light_by_counting(spread, alpha, watch, stop):
    worst = alpha * np.max(spread)
    return ["green", "amber", "red"][int(worst > watch) + int(worst > stop)]


def judge_light(function):
    slips = [
        (lambda s, a, w, t: light(s, 1.0, w, t), "α is missing: σ alone is not the error bar."),
        (lambda s, a, w, t: light([np.mean(s)], a, w, t), "one atom in trouble is enough: take the largest bar, not the mean."),
        (lambda s, a, w, t: light([np.min(s)], a, w, t), "the worst atom decides, not the best: max."),
        (lambda s, a, w, t: "amber" if a * max(s) > w else "green", "it never turns red. Ask for red FIRST: what is above `stop` is above `watch` too."),
        (lambda s, a, w, t: {"green": "red", "red": "green"}.get(light(s, a, w, t), "amber"), "red and green are exchanged."),
    ]  # fmt: skip
    answers = []
    for spread, alpha, _ in CASES:
        answer = run(function, np.array(spread), alpha, WATCH, STOP)
        if not isinstance(answer, str) or answer not in ("green", "amber", "red"):
            raise Wrong('this asks for one of the words "green", "amber" and "red".')
        answers.append(answer)
    if answers == [right for *_, right in CASES]:
        return
    for slip, text in slips:
        if answers == [slip(spread, alpha, WATCH, STOP) for spread, alpha, _ in CASES]:
            raise Wrong(text)
    raise Wrong("not yet. The largest of all α σ: above `stop` red, else above `watch` amber, else green.")


CHECKS = {
    "15.q1": Check(
        judge_spread,
        "right: what they say on average, and how far they are apart.",
        right=[mean_and_spread, mean_and_spread_in_loops],
        wrong=[
            (lambda s: (s.mean(1), s.std(1, ddof=1)), "over the places"), (lambda s: (s.sum(0), s), "the sum"),
            (lambda s: (np.median(s, axis=0), s), "median"), (lambda s: mean_and_spread(s)[::-1], "exchanged"),
            (lambda s: (s.mean(0), s.std(0)), "ddof=1"), (lambda s: (s.mean(0), s.var(0, ddof=1)), "the root is missing"),
            (lambda s: (s.mean(0), s.var(0)), "not M"), (lambda s: (s.mean(0), s.std(1, ddof=1)), "the first axis, too"),
            (lambda s: (s.mean(0), s.std(0, ddof=1) / 2), "How far apart"), (lambda s: (s.mean(0), np.ptp(s, axis=0)), "range"),
            (lambda s: (s.mean(0), abs(s - s.mean(0)).mean(0)), "absolute deviations"),
            (lambda s: (s.mean(0), np.ones(3)), "over M − 1"), (lambda s: (np.ones(3), np.ones(3)), "mean is not right"),
            (lambda s: s.mean(0), "two things"), (1.0, "function"),
        ],
    ),
    "15.q2": Check(
        judge_question,
        "right: ask where the answer would decide between them.",
        right=[next_question, next_question_in_loops],
        wrong=[
            (lambda s, c: s.std(0).argmax(), "NUMBER"), (lambda s, c: c[s.mean(0).argmax()], "DISAGREE"),
            (lambda s, c: c[s.std(0).argmin()], "nothing new"), (lambda s, c: c[np.ptp(s, axis=0).argmax()], "RANGE"),
            (lambda s, c: c[s.std(1).argmax()], "first axis"), (lambda s, c: s.std(0, ddof=1).max(), "in eV"),
            (lambda s, c: 3.0, "argmax"), (lambda s, c: c, "one number"),
        ],
    ),
    "15.q3": Check(
        judge_covered,
        "right: the share of errors inside the interval that was to hold the share p.",
        right=[covered, covered_in_loops],
        wrong=[
            (lambda e, b, p: covered(e, b, 2 * p - 1), "one tail"),
            (lambda e, b, p: np.mean(e <= NormalDist().inv_cdf((1 + p) / 2) * b), "far below"),
            (lambda e, b, p: np.mean(abs(e) <= p * b), "not a number of σ"), (lambda e, b, p: 100 * covered(e, b, p), "per cent"),
            (lambda e, b, p: 1 - covered(e, b, p), "OUTSIDE"), (lambda e, b, p: len(e) * covered(e, b, p), "how many there are"),
            (lambda e, b, p: np.mean(abs(e) <= b), "ONE σ"),
            (lambda e, b, p: np.mean(abs(e) <= NormalDist().cdf((1 + p) / 2) * b), "inverse"),
            (lambda e, b, p: covered(e, b.mean(), p), "its own bar"), (lambda e, b, p: 0.123, "share of errors"),
            (lambda e, b, p: e, "one number"),
        ],
    ),
    "15.q4": Check(
        judge_scale,
        "right: how many times larger than σ the errors are, in the root mean square.",
        right=[scale, scale_in_loops],
        wrong=[
            (lambda e, s: np.mean((e / s) ** 2), "root is missing"),
            (lambda e, s: np.sqrt(np.mean(e**2) / np.mean(s**2)), "ITS OWN"), (lambda e, s: np.mean(abs(e / s)), "the sizes"),
            (lambda e, s: np.std(e / s), "takes the mean off"), (lambda e, s: np.std(e / s, ddof=1), "takes the mean off"),
            (lambda e, s: 1 / scale(e, s), "α is large"), (lambda e, s: scale(s, e), "σ over errors"),
            (lambda e, s: np.mean(e / s), "cancel"), (lambda e, s: np.sqrt(np.sum((e / s) ** 2)), "not their sum"),
            (lambda e, s: 1.0, "squared, averaged, root"), (lambda e, s: e / s, "one number"),
        ],
    ),
    "15.q5": Check(
        judge_light,
        "right: the worst atom decides, with a bar that has been tested.",
        right=[light, light_by_counting],
        wrong=[
            (lambda s, a, w, t: light(s, 1.0, w, t), "α is missing"), (lambda s, a, w, t: light([s.mean()], a, w, t), "one atom"),
            (lambda s, a, w, t: light([s.min()], a, w, t), "not the best"),
            (lambda s, a, w, t: "amber" if a * s.max() > w else "green", "never turns red"),
            (lambda s, a, w, t: {"green": "red", "red": "green"}.get(light(s, a, w, t), "amber"), "exchanged"),
            (lambda s, a, w, t: "green", "above `stop` red"), (lambda s, a, w, t: a * s.max() > t, "one of the words"),
        ],
    ),
}  # fmt: skip


def about_agreement(predicted, measured):
    if predicted == measured:
        return "As you said. None of the members could draw the pocket from these labels, so none of them doubts."
    return "Far more than their disagreement: all members make the same smooth guess there. They agree, and are wrong."


def about_share(predicted, measured):
    if abs(predicted - measured) <= 8:
        return "Close. Bars that are too narrow, and structures of the very kind that was learnt."
    if predicted > measured:
        return (
            "Far fewer than you thought: most of the error is one that all members make together, and σ cannot see it."
        )
    return "More than you thought; honest bars would hold 95."


PREDICTIONS = {
    "15.p1": Choice(
        "Six networks learnt eleven labels of a curve, and nowhere on it is their σ larger than 0.03 eV. How "
        "large is the largest error of their mean?",
        {"a": "about 0.03 eV", "b": "two or three times that: 0.1 eV at most", "c": "more than 0.3 eV"},
        about_agreement,
    ),
    "15.p2": Prediction(
        "Four networks learnt crystals of silicon. Of the force components of OTHER such crystals, how many per cent lie "
        "within ± 2σ of the committee's mean?", " %", 0, 100, about_share,
    ),
}  # fmt: skip

QUIZ = [
    Question(
        "You enlarge a committee from 4 to 40 members, same data, same fingerprint. What happens to an error that all make?",
        {
            "a": ("it shrinks by √10", "only what differs from member to member averages out."),
            "b": ("it stays, and σ does not show it", "yes: more members tell you σ better, not the error they share."),
            "c": ("it stays, but now σ shows it", "σ is made of differences between members; what they share is not in it."),
        },
        "b",
    ),
    Question(
        "On held-out crystals you found α = 5. Now you simulate the melt, where nothing is labelled. What is 5σ there?",
        {
            "a": ("an honest error bar", "for crystals like those that gave α. Who says that the melt is like them?"),
            "b": ("five times too large", "it may be too large or too small: nobody has looked."),
            "c": ("a guess, until some of the melt is labelled", "yes: calibration holds where it was made."),
        },
        "c",
    ),
    Question(
        "In a run the light turns red. What is the best use of it?",
        {
            "a": ("label that structure by DFT and learn from it", "yes: it is exactly the question that the committee cannot answer."),
            "b": ("go on with the mean of the members", "they disagree: their mean is a compromise, not knowledge."),
            "c": ("raise the threshold until it stays green", "that takes away the warning, not the error."),
        },
        "a",
    ),
]  # fmt: skip
