"""Exercises, predictions and quiz of notebook 08. Reading on tells you the answers: try first.

`right` and `wrong` are recorded answers; `tests/test_coursework.py` runs every one of them.
"""

import numpy as np

from mlip_edu.coursework.engine import Check, NotYet, Prediction, Question, Wrong, expect, is_blank, run

# --- 08.q1: the loss ------------------------------------------------------------------------------------

SIZES = np.array([2, 5])
ENERGY, ENERGY_LABEL = np.array([-213.0, -532.0]), np.array([-213.3, -531.2])
FORCES = np.random.default_rng(0).normal(size=(7, 3))
FORCES_LABEL = FORCES + np.random.default_rng(1).normal(size=(7, 3))
DATA = ENERGY, ENERGY_LABEL, SIZES, FORCES, FORCES_LABEL
C_E, C_F = 40.0, 3.0


def loss(energy, energy_label, n_atoms, forces, forces_label, c_e, c_f):
    return c_e * np.mean(((energy - energy_label) / n_atoms) ** 2) + c_f * np.mean((forces - forces_label) ** 2)


def loss_in_loops(energy, energy_label, n_atoms, forces, forces_label, c_e, c_f):
    total = sum(c_e * ((a - b) / n) ** 2 for a, b, n in zip(energy, energy_label, n_atoms, strict=True)) / len(energy)
    for i in range(len(forces)):
        for axis in range(3):
            total += c_f * (forces[i][axis] - forces_label[i][axis]) ** 2 / (3 * len(forces))
    return total


def loss_with(c_e=C_E, c_f=C_F, per_atom=SIZES, force=np.mean, energy=np.mean, power=2):
    of_energy = (np.abs(ENERGY - ENERGY_LABEL) / per_atom) ** power
    return c_e * energy(of_energy) + c_f * force(np.abs(FORCES - FORCES_LABEL) ** power)


def by_norm(squares):
    return squares.sum() / len(squares)


def frame_by_frame(squares):
    return (squares[: SIZES[0]].mean() + squares[SIZES[0] :].mean()) / 2


def loss_of_roots():
    return C_E * np.sqrt(loss_with(1, 0)) + C_F * np.sqrt(loss_with(0, 1))


def judge_loss(function):
    known = [
        (loss_with(per_atom=1), "the energies count per frame: a large frame shouts down a small one. Per atom!"),
        (loss_with(force=by_norm), "you divided the forces by the number of atoms. The mean is over COMPONENTS: three "
         "for each atom."),
        (loss_with(force=np.sum, energy=np.sum), "these are sums of squares. With means, twice as many frames do not "
         "make twice the loss."),
        (loss_with(force=np.sum), "the forces are summed, not averaged."),
        (loss_with(energy=np.sum), "the energies are summed, not averaged."),
        (loss_with(C_E**2, C_F**2), "the weights stand in front of the squares, they are not squared."),
        (loss_with(1, 1), "the weights c_e and c_f are missing."),
        (loss_with(C_F, C_E), "the weights have changed places."),
        (loss_with(power=1), "these are absolute values. The loss is made of squares."),
        (loss_with(c_f=0), "the forces are missing."),
        (loss_with(c_e=0), "the energies are missing."),
        (np.sqrt(loss_with()), "you took a square root at the end. The loss stays a square."),
        (loss_with(per_atom=np.sqrt(SIZES)), "divide by the number of atoms BEFORE the square."),
        (loss_with(force=frame_by_frame), "you took the mean of the forces frame by frame. ONE mean over all: every "
         "component counts alike."),
        (loss_of_roots(), "you took a root of each mean. The loss is made of the squares themselves."),
    ]  # fmt: skip
    hint = "not the loss. Compute the two means separately and print them: Δe is about 0.15 eV for both frames here."
    expect(run(function, *DATA, C_E, C_F), loss(*DATA, C_E, C_F), known, hint)


# --- 08.q2: the gradient --------------------------------------------------------------------------------

X, TARGET = np.array([1.0, 2.0, 4.0, -1.0]), np.array([3.0, -2.0, 1.0, 5.0])


def gradient(w, b, x, e):
    error = w * x + b - e
    return 2 * np.mean(error * x), 2 * np.mean(error)


def judge_gradient(function):
    w, b = 0.7, -1.3
    right = np.array(gradient(w, b, X, TARGET))
    error = w * X + b - TARGET
    known = [
        (right / 2, "half of it: the derivative of a square brings down a 2."),
        (-right, "the sign. The gradient points uphill; the step goes the other way, but that comes later."),
        (right * len(X), "these are sums over the frames; L is a mean."),
        (right * len(X) / 2, "these are sums without the 2; L is a mean of squares."),
        (right[[1, 1]], "both the same? To w the error gets there multiplied by something."),
        (right[::-1], "dL/dw first, then dL/db."),
        (2 * np.array([np.mean(error) * np.mean(X), np.mean(error)]), "the mean of a product is not the product of the "
         "means: multiply frame by frame first."),
        (2 * np.array([np.mean(error**2 * X), np.mean(error**2)]), "the square is still there: its derivative is 2 "
         "times the inside."),
    ]  # fmt: skip
    hint = "not the gradient. Check with a small change: does L(w + 0.001) − L(w) equal 0.001 dL/dw?"
    answer = run(function, w, b, X, TARGET)
    if isinstance(answer, (tuple, list)) and any(is_blank(part) for part in answer):
        raise NotYet
    expect(answer, right, known, hint)


# --- 08.q3: the scaler ----------------------------------------------------------------------------------

TRAINING = np.array([[1.0, 10.0], [2.0, 14.0], [4.0, 11.0], [3.0, 19.0]])
VALIDATION = np.array([[7.0, 30.0], [9.0, 21.0], [8.0, 24.0]])


def standardise(training, validation):
    mean, scale = training.mean(axis=0), training.std(axis=0)
    return (training - mean) / scale, (validation - mean) / scale


def scaled_by(frames, training, validation):
    mean, scale = frames.mean(axis=0), frames.std(axis=0)
    return (training - mean) / scale, (validation - mean) / scale


def leaked(training, validation):
    return scaled_by(np.concatenate([training, validation]), training, validation)


def each_its_own(training, validation):
    return scaled_by(training, training, training)[0], scaled_by(validation, validation, validation)[1]


def not_by_feature(training, validation):
    return (training - training.mean()) / training.std(), (validation - training.mean()) / training.std()


def only_shifted(training, validation):
    return training - training.mean(0), validation - training.mean(0)


def by_variance(training, validation):
    mean, variance = training.mean(0), training.var(0)
    return (training - mean) / variance, (validation - mean) / variance


def with_n_minus_one(training, validation):
    mean, scale = training.mean(0), training.std(0, ddof=1)
    return (training - mean) / scale, (validation - mean) / scale


WRONG_SCALERS = [
    (leaked, "the scaler has leaked: mean and spread come from all frames, the validation part included."),
    (each_its_own, "each part has its own scaler. Then the same atom gets different numbers in the two parts, and the "
     "validation frames have been looked at."),
    (not_by_feature, "one mean for all features together. Each feature has its own: which axis is it?"),
    (only_shifted, "the mean is off, but the spread is not 1 yet."),
    (by_variance, "you divided by the variance, the SQUARE of the spread."),
    (with_n_minus_one, "your spread divides by n − 1; take NumPy's std as it is."),
]  # fmt: skip


def judge_scaler(function):
    answer = run(function, TRAINING, VALIDATION)
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        raise Wrong("return two things: the training part and the validation part, both standardised.")
    if any(is_blank(part) for part in answer):
        raise NotYet
    right = standardise(TRAINING, VALIDATION)
    known = [(wrong(TRAINING, VALIDATION)[0], text) for wrong, text in WRONG_SCALERS if wrong is not each_its_own]
    expect(answer[0], right[0], known, "the training part does not have mean 0 and spread 1 in every column.")
    known = [(wrong(TRAINING, VALIDATION)[1], text) for wrong, text in WRONG_SCALERS]
    known.append((VALIDATION, "the validation part comes back as it went in. It must be in the same units."))
    expect(answer[1], right[1], known, "the training part is right, the validation part is not. Same mean, same scale.")


# --- 08.q4: the parrot ----------------------------------------------------------------------------------

SEEN, WANTED = np.array([2, 3, 10, 20, 21, 31]), np.array([0, 5, 8, 14, 27, 39])
ENERGIES = np.random.default_rng(5).normal(size=40)


def parrot(training, wanted, energy):
    return energy[training[np.abs(wanted[:, None] - training).argmin(axis=1)]]


def parrot_in_loops(training, wanted, energy):
    return [energy[min(training, key=lambda k, frame=frame: abs(k - frame))] for frame in wanted]


def judge_parrot(function):
    apart = np.abs(WANTED[:, None] - SEEN)
    known = [
        (ENERGIES[WANTED], "these are the true energies of the wanted frames: the parrot has cheated."),
        (ENERGIES[apart.argmin(1)], "argmin gives a place in the list of training frames, not the number of the frame: "
         "one more indexing."),
        (SEEN[apart.argmin(1)], "these are the numbers of the nearest frames. What are their energies?"),
        (ENERGIES[SEEN[apart.argmax(1)]], "these are the frames FARTHEST in time."),
        (ENERGIES[SEEN[(WANTED[:, None] - SEEN).argmin(1)]], "nearest means smallest distance without its sign."),
        (np.full(len(WANTED), ENERGIES[SEEN].mean()), "that is the mean of all; the parrot repeats the nearest one."),
        (parrot(WANTED, SEEN, ENERGIES), "training and wanted have changed roles."),
    ]  # fmt: skip
    hint = "not the parrot's answers. For one wanted frame, print the distances to all training frames."
    expect(run(function, SEEN, WANTED, ENERGIES), parrot(SEEN, WANTED, ENERGIES), known, hint)


# --- 08.q5: blocks --------------------------------------------------------------------------------------


def judge_blocks(function):
    for n, length in ((23, 4), (150, 20), (6, 1)):
        frame = np.arange(n)
        known = [
            (frame % length, "frames with the same number are `length` apart now: neighbours are in DIFFERENT blocks."),
            (frame // length + 1, "the first block is number 0."),
            (frame * length // n, "that makes `length` blocks. Wanted are blocks of `length` frames."),
            (frame / length, "a block is a whole number: which division drops the remainder?"),
            (np.round(frame / length), "rounding to the nearest makes the first block too short."),
            (np.ceil(frame / length), "frame 0 stands alone now: round down, not up."),
            (frame, "each frame is its own block: that is a random split."),
            (np.arange(n // length).repeat(length), "the last, shorter block is missing."),
            (np.arange(n) * 0, "all frames are in one block."),
        ]
        known = known if n == 23 else []
        expect(run(function, n, length), frame // length, known, "not the blocks. Frame 0 to length − 1 are block 0.")


# --- 08.q6: early stopping ------------------------------------------------------------------------------

LOSSES = [9.0, 7.0, 8.0, 5.0, 6.0, 5.5, 5.2, 4.0, 4.5, 4.6, 3.0, 3.5, 3.4, 3.3, 3.2, 1.0, 2.0]


def stop_early(losses, patience):
    best = 0
    for k, value in enumerate(losses):
        if value < losses[best]:
            best = k
        elif k - best >= patience:
            break
    return best


def stop_with_a_counter(losses, patience):
    best, waited = 0, 0
    for k in range(1, len(losses)):
        waited = 0 if losses[k] < losses[best] else waited + 1
        best = k if losses[k] < losses[best] else best
        if waited == patience:
            return best
    return best


def where_it_stops(losses, patience):
    best = 0
    for k, value in enumerate(losses):
        if value < losses[best]:
            best = k
        elif k - best >= patience:
            return k
    return len(losses) - 1


def stop_by_total(losses, patience):
    best, waited = 0, 0
    for k, value in enumerate(losses):
        if value < losses[best]:
            best = k
        elif k:
            waited += 1
            if waited == patience:
                break
    return best


def stop_without_an_end(losses, patience):
    best = stop_early(losses, patience)
    return best if where_it_stops(losses, patience) < len(losses) - 1 else None


def judge_stopping(function):
    losses = np.array(LOSSES)
    known = {
        3: [
            (where_it_stops(losses, 3), "that is where it stops. The weights worth keeping are older."),
            (int(losses.argmin()), "that is the best of ALL losses; but the training had stopped before it came."),
            (len(losses) - 1, "that is the last one."),
            (stop_early(losses, 4), "one too patient: count the looks in a row without a new best."),
            (losses[3], "that is the loss. Return its index."),
        ],
        4: [
            (stop_by_total(losses, 4), "are you counting ALL looks without a new best? After a new best start from 0.")
        ],
    }
    hint = "not there. With patience 1 it stops at the first loss that is no new best; where is the best then?"
    for patience, right in ((3, 3), (4, 10), (1, 1), (20, 15)):
        try:
            answer = run(function, losses, patience)
        except NotYet:
            if patience == 3:
                raise
            raise Wrong("where the patience never runs out it returns nothing: what then?") from None
        expect(answer, right, known.get(patience, []), hint)


CHECKS = {
    "08.q1": Check(
        judge_loss,
        "right: per atom, per component, and two weights to add what has different units.",
        right=[loss, loss_in_loops],
        wrong=[
            (lambda *a: loss_with(per_atom=1), "Per atom"),
            (lambda *a: loss_with(force=by_norm), "COMPONENTS"),
            (lambda *a: loss_with(force=np.sum, energy=np.sum), "sums of squares"),
            (lambda *a: loss_with(force=np.sum), "forces are summed"),
            (lambda *a: loss_with(energy=np.sum), "energies are summed"),
            (lambda *a: loss_with(C_E**2, C_F**2), "not squared"),
            (lambda *a: loss_with(1, 1), "c_e and c_f are missing"),
            (lambda *a: loss_with(C_F, C_E), "changed places"),
            (lambda *a: loss_with(power=1), "absolute values"),
            (lambda *a: loss_with(c_f=0), "forces are missing"),
            (lambda *a: loss_with(c_e=0), "energies are missing"),
            (lambda *a: np.sqrt(loss_with()), "square root"),
            (lambda *a: loss_with(per_atom=np.sqrt(SIZES)), "BEFORE"),
            (lambda *a: loss_with(force=frame_by_frame), "ONE mean"),
            (lambda *a: loss_of_roots(), "root of each"),
            (lambda *a: 17.0, "separately"),
        ],
    ),
    "08.q2": Check(
        judge_gradient,
        "right: each frame pulls at w in proportion to its error and to its feature.",
        right=[gradient, lambda w, b, x, e: [2 * ((w * x + b - e) * d).sum() / len(x) for d in (x, 1)]],
        wrong=[
            (lambda *a: np.array(gradient(*a)) / 2, "brings down a 2"),
            (lambda *a: -np.array(gradient(*a)), "uphill"),
            (lambda *a: 4 * np.array(gradient(*a)), "sums over the frames"),
            (lambda *a: 2 * np.array(gradient(*a)), "without the 2"),
            (lambda *a: 2 * [gradient(*a)[1]], "both the same"),
            (lambda *a: gradient(*a)[::-1], "first"),
            (lambda w, b, x, e: (2 * np.mean(w * x + b - e) * x.mean(), 2 * np.mean(w * x + b - e)), "product of the"),
            (lambda w, b, x, e: (2 * np.mean((w * x + b - e) ** 2 * x), 2 * np.mean((w * x + b - e) ** 2)), "square"),
            (lambda *a: (1.0, 1.5), "small change"),
            (lambda *a: 1.0, "shape"),
        ],
    ),
    "08.q3": Check(
        judge_scaler,
        "right: the validation part is measured with the training part's ruler.",
        right=[standardise, lambda a, b: [(p - np.mean(a, 0)) / np.std(a, 0) for p in (a, b)]],
        wrong=[
            (leaked, "leaked"),
            (each_its_own, "its own scaler"),
            (not_by_feature, "which axis"),
            (only_shifted, "not 1 yet"),
            (by_variance, "variance"),
            (with_n_minus_one, "n − 1"),
            (lambda a, b: (standardise(a, b)[0], leaked(a, b)[1]), "leaked"),
            (lambda a, b: (standardise(a, b)[0], b), "as it went in"),
            (lambda a, b: (a * 0, b), "every column"),
            (lambda a, b: (standardise(a, b)[0], b * 0), "Same mean"),
            (lambda a, b: standardise(a, b)[0], "two things"),
        ],
    ),
    "08.q4": Check(
        judge_parrot,
        "right. It knows no atom, and it will look clever in a moment.",
        right=[parrot, parrot_in_loops],
        wrong=[
            (lambda training, wanted, energy: energy[wanted], "cheated"),
            (lambda t, w, e: e[np.abs(w[:, None] - t).argmin(1)], "one more indexing"),
            (lambda t, w, e: t[np.abs(w[:, None] - t).argmin(1)], "their energies"),
            (lambda t, w, e: e[t[np.abs(w[:, None] - t).argmax(1)]], "FARTHEST"),
            (lambda t, w, e: e[t[(w[:, None] - t).argmin(1)]], "without its sign"),
            (lambda t, w, e: np.full(len(w), e[t].mean()), "mean of all"),
            (lambda t, w, e: parrot(w, t, e), "roles"),
            (lambda t, w, e: 0 * w, "print the distances"),
            (lambda t, w, e: e[t][:2], "shape"),
        ],
    ),
    "08.q5": Check(
        judge_blocks,
        "right: neighbours share a number, but for the two at each border.",
        right=[lambda n, length: np.arange(n) // length, lambda n, length: [k // length for k in range(n)]],
        wrong=[
            (lambda n, length: np.arange(n) % length, "DIFFERENT"),
            (lambda n, length: np.arange(n) // length + 1, "number 0"),
            (lambda n, length: np.arange(n) * length // n, "`length` blocks"),
            (lambda n, length: np.arange(n) / length, "remainder"),
            (lambda n, length: np.round(np.arange(n) / length), "too short"),
            (lambda n, length: np.ceil(np.arange(n) / length), "stands alone"),
            (lambda n, length: np.arange(n), "random split"),
            (lambda n, length: np.arange(n // length).repeat(length), "last, shorter"),
            (lambda n, length: np.zeros(n), "one block"),
            (lambda n, length: np.arange(n) // length * 2, "block 0"),
        ],
    ),
    "08.q6": Check(
        judge_stopping,
        "right: it may stop late, but it goes back to the best.",
        right=[stop_early, stop_with_a_counter],
        wrong=[
            (where_it_stops, "where it stops"),
            (lambda losses, patience: int(np.argmin(losses)), "of ALL losses"),
            (lambda losses, patience: len(losses) - 1, "the last one"),
            (lambda losses, patience: stop_early(losses, patience + 1), "one too patient"),
            (lambda losses, patience: losses[stop_early(losses, patience)], "its index"),
            (stop_by_total, "ALL looks"),
            (stop_without_an_end, "what then"),
            (lambda losses, patience: 0, "With patience 1"),
        ],
    ),
}


# --- predictions and quiz -------------------------------------------------------------------------------


def about_the_leak(predicted, measured):
    if abs(predicted - measured) <= 0.25 * measured:
        return "Well guessed."
    if predicted < measured:
        return "More than you thought. Nothing warned you: the validation error looked splendid."
    return "Less than you thought. Would you have noticed it in the validation error?"


def about_seeds(predicted, measured):
    if abs(predicted - measured) <= 0.3 * measured:
        return "About what you thought. One seed is an anecdote."
    if predicted < measured:
        return "More than you thought: with few frames it matters greatly which ones. One seed is an anecdote."
    return "Less than you thought. Try ten seeds, and the worst will get worse."


PREDICTIONS = {
    "08.p1": Prediction(
        "How many times as large is the error on frames far away as the validation error of a random split?",
        " times", 0.1, 1000, about_the_leak,
    ),
    "08.p2": Prediction(
        "Three seeds with 40 frames: how many times as large is the worst error as the best?",
        " times", 1, 1000, about_seeds,
    ),
}  # fmt: skip

QUIZ = [
    Question(
        "A paper draws its validation frames at random from one long trajectory and reports 1 meV/atom. You think:",
        {
            "a": ("excellent", "so said our random split. What did the frames far away say?"),
            "b": ("the model is bad", "perhaps it is good. The number does not tell."),
            "c": ("the number says little", "yes: the validation frames have twins in the training part."),
        },
        "c",
    ),
    Question(
        "Training error 1, validation error 50 meV/atom, split by trajectory. What is the best first remedy?",
        {
            "a": ("more and more varied frames", "yes: the gap is what was learnt by heart, and more frames close it."),
            "b": ("a larger network", "it has learnt its frames by heart already; a larger one does so faster."),
            "c": ("more epochs", "look at section 6: from the star on, more epochs help its own frames only."),
            "d": ("a random split", "the gap would vanish from your screen, and from nowhere else."),
        },
        "a",
    ),
    Question(
        "You try 50 networks and keep the one with the smallest validation error. Which error do you report?",
        {
            "a": ("that validation error", "the luckiest of fifty: it has been chosen because it is small."),
            "b": ("its error on a test part that chose nothing", "yes, and you look at that part once."),
            "c": ("its training error", "that one only says how well it remembers."),
        },
        "b",
    ),
]
