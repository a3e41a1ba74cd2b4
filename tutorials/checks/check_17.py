"""What notebook 17 asks, how its answers are judged, and the slips that are usual."""

import numpy as np

from mlip_edu.coursework.engine import Check, Choice, Prediction, Question, Wrong, as_numbers, expect, run


def general_turn(seed):
    """A rotation that has nothing to do with the axes."""
    q, r = np.linalg.qr(np.random.default_rng(seed).standard_normal((3, 3)))
    q = q * np.sign(np.diag(r))
    return q * np.sign(np.linalg.det(q))


# --- 17.q1: does a function follow? -----------------------------------------------------------------------

ROWS = np.random.default_rng(1).standard_normal((6, 3)) + np.array([0.8, -0.3, 0.1])
TURN = general_turn(2)


def shift_and_bend(v):
    """Follows no turn: every way of asking gives another number."""
    return -np.tanh(v + np.array([0.3, -0.1, 0.2])) * np.array([1.0, 1.2, 0.7])


def mismatch(f, rows, turn):
    """The largest component of f(turned rows) − turned f(rows)."""
    return np.abs(f(rows @ turn.T) - f(rows) @ turn.T).max()


def mismatch_in_loops(f, rows, turn):
    before, after = f(rows), f(np.array([turn @ row for row in rows]))
    return max(abs(float(a)) for new, old in zip(after, before, strict=True) for a in new - turn @ old)


def judge_mismatch(function):
    f, rows, turn = shift_and_bend, ROWS, TURN
    difference = f(rows @ turn.T) - f(rows) @ turn.T
    known = [
        (np.abs(f(rows @ turn.T) - f(rows)).max(), "this asks whether f stays the same: the test of an invariant. An "
         "equivariant f does not stay; it turns along. Turn the second term as well."),
        (np.abs(f(rows @ turn) - f(rows) @ turn.T).max(), "the rows are turned by R in one term and by its inverse in the "
         "other. Rows of vectors turn as rows @ R.T."),
        (np.abs(f(rows @ turn.T) - f(rows) @ turn).max(), "the rows are turned by R in one term and by its inverse in the "
         "other. Rows of vectors turn as rows @ R.T."),
        (np.abs(f(rows @ turn) - f(rows) @ turn).max(), "both terms turn by the inverse of R: a fair test, but not of this "
         "turn. R r for a column is r @ R.T for a row."),
        (difference.max(), "a large negative difference is a failure too: take sizes before the maximum."),
        (difference, "one number is asked for: the largest size in this array."),
        (np.abs(difference), "one number is asked for: the largest of these."),
        (np.abs(difference).mean(), "a mean hides one bad component among many good ones: take the largest."),
        (np.abs(difference).sum(), "a sum grows with the number of rows: take the largest."),
        (np.linalg.norm(difference), "the norm of the whole array grows with the number of rows: take the largest size."),
        (np.linalg.norm(difference, axis=1).max(), "a good measure too, the longest arrow; asked for is the largest single component."),
        (np.abs(rows @ turn.T - f(rows) @ turn.T).max(), "f has to be applied to the turned rows as well."),
        (0.0, "0, for a function that follows no turn. Is f called twice, once on turned rows?"),
    ]  # fmt: skip
    hint = "not it. Two ways: turn first, then f; or f first, then turn. The largest size of their difference."
    expect(run(function, f, rows, turn), mismatch(f, rows, turn), known, hint)


# --- 17.q2: the matrix that turns a set of features ---------------------------------------------------------

BEFORE = np.random.default_rng(3).standard_normal((40, 4))
D_RIGHT = np.random.default_rng(4).standard_normal((4, 4))
AFTER = BEFORE @ D_RIGHT.T


def turning_matrix(before, after):
    """D with after = D before, row by row, by least squares."""
    return np.linalg.lstsq(before, after, rcond=None)[0].T


def turning_matrix_from_normal_equations(before, after):
    return np.linalg.solve(before.T @ before, before.T @ after).T


def judge_turning(function):
    inverse = np.linalg.lstsq(AFTER, BEFORE, rcond=None)[0]
    known = [
        (D_RIGHT.T, "the transpose: lstsq(A, B) finds X with A X ≈ B, and the rows here obey before @ D.T = after."),
        (inverse, "the way back, transposed: before and after are exchanged."),
        (inverse.T, "this takes after back to before: exchange the two."),
    ]
    answer = run(function, BEFORE, AFTER)
    if isinstance(answer, tuple):
        raise Wrong("lstsq returns several things in a tuple; the first of them is the solution.")
    hint = "not D. Every row: after[n] = D @ before[n]; all rows at once: after = before @ D.T."
    expect(answer, D_RIGHT, known, hint)


# --- 17.q3: the product of two vectors, taken apart ---------------------------------------------------------

A, B = np.array([0.7, -1.1, 0.4]), np.array([-0.3, 0.8, 1.6])


def take_apart(a, b):
    """Scalar, vector, symmetric tensor without trace."""
    product = np.outer(a, b)
    scalar = np.trace(product)
    vector = np.cross(a, b)
    return scalar, vector, (product + product.T) / 2 - scalar / 3 * np.eye(3)


def take_apart_in_loops(a, b):
    scalar = sum(a[i] * b[i] for i in range(3))
    vector = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
    tensor = [[(a[i] * b[j] + a[j] * b[i]) / 2 - (scalar / 3 if i == j else 0) for j in range(3)] for i in range(3)]
    return scalar, vector, tensor


def judge_parts(function):
    scalar, vector, tensor = take_apart(A, B)
    answer = run(function, A, B)
    if not isinstance(answer, (tuple, list)) or len(answer) != 3:
        raise Wrong("this asks for three things: scalar, vector, tensor; give them as a tuple in this order.")
    product, symmetric = np.outer(A, B), tensor + scalar / 3 * np.eye(3)
    checks = [
        (answer[0], scalar, [(scalar / 3, "the scalar is a third of the trace: leave the third for the tensor.")],
         "the scalar is not it: which sum of products of components is the same however both are turned?"),
        (answer[1], vector, [
            (-vector, "the vector is b × a: look at the order."),
            (vector / 2, "the vector is half of it: no factor here, we take a × b as it is."),
            (product - product.T, "an antisymmetric matrix has three independent entries: give them as a vector of three."),
         ], "the vector is not it: what product of two vectors is a vector?"),
        (answer[2], tensor, [
            (product, "the tensor is still the whole table of nine products: the other two parts are in it."),
            (symmetric, "the tensor is symmetric; its trace is not zero yet, so the scalar is still in it."),
            (symmetric - scalar * np.eye(3), "the whole trace is subtracted from each of three diagonal entries: its trace is "
             "now −2 times the scalar."),
            (product - scalar / 3 * np.eye(3), "no trace, but not symmetric: the vector is still in it."),
            (2 * symmetric - scalar / 3 * np.eye(3), "symmetric means (M + Mᵀ)/2: where is the half? The trace is not zero "
             "without it."),
            (2 * tensor, "twice the tensor: symmetric means (M + Mᵀ)/2."),
            (product - product.T, "this is the antisymmetric part, which holds the vector."),
            ((product - product.T) / 2, "this is the antisymmetric part, which holds the vector."),
         ], "the tensor is not it: symmetric, and no trace."),
    ]  # fmt: skip
    for given, right, known, hint in checks:
        expect(given, right, known, hint)


# --- 17.q4: a turn that a wrong layer survives --------------------------------------------------------------

SAMPLE = 2.0 * np.random.default_rng(5).standard_normal((20, 3))


def quarter_turn():
    return np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])


def judge_blind_turn(answer):
    turn = as_numbers(answer, (3, 3))
    if not np.allclose(turn @ turn.T, np.eye(3), atol=1e-6):
        raise Wrong("this matrix changes lengths or angles: R Rᵀ must be 1.")
    if np.linalg.det(turn) < 0:
        raise Wrong("this one mirrors: its determinant is −1. Find a turn.")
    if np.allclose(turn, np.eye(3), atol=1e-6):
        raise Wrong("this one turns nothing at all, and every layer survives that. Find another.")
    if mismatch(np.tanh, SAMPLE, turn) > 1e-6:
        raise Wrong("it catches tanh. When does it make no difference whether one bends each component first, or turns "
                    "first? What may the turn do to the components, and what not?")  # fmt: skip


# --- 17.q5: the layer repaired ------------------------------------------------------------------------------

V = np.array([[[0.5, -1.0, 2.0], [0.1, 0.2, -0.1]], [[0.0, 0.0, 0.0], [-1.5, 0.3, 0.4]], [[3.0, 0.0, -0.7], [0.2, 0.9, 0.3]]])


def gate(v):
    """Direction kept, length |v| → tanh |v|; a vector of length 0 stays."""
    length = np.linalg.norm(v, axis=-1, keepdims=True)
    return v * np.tanh(length) / np.where(length > 0, length, 1)


def gate_in_loops(v):
    out = np.zeros_like(v)
    for index in np.ndindex(v.shape[:-1]):
        length = np.sqrt((v[index] ** 2).sum())
        if length > 0:
            out[index] = np.tanh(length) * v[index] / length
    return out


def times_tanh(v):
    return v * np.tanh(np.linalg.norm(v, axis=-1, keepdims=True))


def gate_of_the_square(v):
    square = (v**2).sum(-1, keepdims=True)
    return v * np.tanh(square) / np.where(square > 0, square, 1)


def gate_of_the_sum(v):
    total = v.sum(-1, keepdims=True)
    return v * np.tanh(total) / np.where(total != 0, total, 1)


def gate_of_everything(v):
    length = np.linalg.norm(v)
    return v * np.tanh(length) / length


def gate_across(v):
    length = np.linalg.norm(v, axis=0, keepdims=True)
    return v * np.tanh(length) / np.where(length > 0, length, 1)


def unguarded(v):
    length = np.linalg.norm(v, axis=-1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return v * np.tanh(length) / length


def direction(v):
    length = np.linalg.norm(v, axis=-1, keepdims=True)
    return v / np.where(length > 0, length, 1)


def judge_gate(function):
    lengths = np.linalg.norm(V, axis=-1)
    known = [
        (np.tanh(V), "this is the bent layer again: tanh of each component."),
        (times_tanh(V), "v tanh|v| has the length |v| tanh|v|. Divide by |v|: the direction has length 1."),
        (gate_of_the_square(V), "|v| is the ROOT of the sum of squares."),
        (gate_of_the_sum(V), "the sum of the components is no length: it changes when the vector turns."),
        (gate_of_everything(V), "one length for all vectors together: then every atom feels all others. Each vector has its "
         "own: norm(…, axis=-1, keepdims=True)."),
        (gate_across(V), "the length is taken along axis 0, across the atoms. The three components are the last axis."),
        (direction(V), "every vector has length 1 now. Asked for is the length tanh|v|."),
        (V, "nothing has happened to the vectors."),
        (np.tanh(lengths), "these are the new lengths alone: put the directions back."),
    ]  # fmt: skip
    answer = run(function, V)
    try:
        numbers = np.array(answer, float)
    except Exception:
        numbers = np.zeros(())
    if numbers.shape == V.shape and np.isnan(numbers[1, 0]).all() and np.isfinite(np.delete(numbers, 1, 0)).all():
        raise Wrong("a vector of length 0 has become nan: 0/0. It has no direction, and must stay 0.")
    hint = "not it. Direction v/|v| as it was, length tanh|v|, for every vector by itself, in the shape of v."
    expect(answer, gate(V), known, hint)


CHECKS = {
    "17.q1": Check(
        judge_mismatch,
        "right: turn then f, or f then turn. 0 means that f follows this turn.",
        right=[mismatch, mismatch_in_loops],
        wrong=[
            (lambda f, r, t: np.abs(f(r @ t.T) - f(r)).max(), "stays the same"),
            (lambda f, r, t: np.abs(f(r @ t) - f(r) @ t.T).max(), "inverse in the other"),
            (lambda f, r, t: np.abs(f(r @ t.T) - f(r) @ t).max(), "inverse in the other"),
            (lambda f, r, t: np.abs(f(r @ t) - f(r) @ t).max(), "fair test"),
            (lambda f, r, t: (f(r @ t.T) - f(r) @ t.T).max(), "negative"),
            (lambda f, r, t: f(r @ t.T) - f(r) @ t.T, "one number"),
            (lambda f, r, t: np.abs(f(r @ t.T) - f(r) @ t.T), "one number"),
            (lambda f, r, t: np.abs(f(r @ t.T) - f(r) @ t.T).mean(), "hides"),
            (lambda f, r, t: np.abs(f(r @ t.T) - f(r) @ t.T).sum(), "number of rows"),
            (lambda f, r, t: np.linalg.norm(f(r @ t.T) - f(r) @ t.T), "whole array"),
            (lambda f, r, t: np.linalg.norm(f(r @ t.T) - f(r) @ t.T, axis=1).max(), "single component"),
            (lambda f, r, t: np.abs(r @ t.T - f(r) @ t.T).max(), "turned rows"),
            (lambda f, r, t: 0.0, "called twice"), (lambda f, r, t: 7.0, "Two ways"), (0.0, "function"),
        ],
    ),
    "17.q2": Check(
        judge_turning,
        "right: if such a matrix exists, least squares finds it; if none exists, something is left over.",
        right=[turning_matrix, turning_matrix_from_normal_equations, lambda b, a: (np.linalg.pinv(b) @ a).T],
        wrong=[
            (lambda b, a: np.linalg.lstsq(b, a, rcond=None)[0], "transpose"),
            (lambda b, a: np.linalg.lstsq(b, a, rcond=None), "tuple"),
            (lambda b, a: np.linalg.lstsq(a, b, rcond=None)[0], "exchanged"),
            (lambda b, a: np.linalg.lstsq(a, b, rcond=None)[0].T, "back to before"),
            (lambda b, a: np.eye(4), "all rows"), (lambda b, a: b.T @ a, "all rows"), (lambda b, a: a, "shape"),
            (D_RIGHT, "function"),
        ],
    ),
    "17.q3": Check(
        judge_parts,
        "right: 1 + 3 + 5 numbers out of nine, and each part turns by itself.",
        right=[take_apart, take_apart_in_loops],
        wrong=[
            (lambda a, b: (a @ b / 3, np.cross(a, b), np.outer(a, b)), "leave the third"),
            (lambda a, b: (a @ b, np.cross(b, a), np.outer(a, b)), "order"),
            (lambda a, b: (a @ b, np.cross(a, b) / 2, np.outer(a, b)), "half of it"),
            (lambda a, b: (a @ b, np.outer(a, b) - np.outer(b, a), np.outer(a, b)), "vector of three"),
            (lambda a, b: (a @ b, np.cross(a, b), np.outer(a, b)), "whole table"),
            (lambda a, b: (a @ b, np.cross(a, b), (np.outer(a, b) + np.outer(b, a)) / 2), "still in it"),
            (lambda a, b: (a @ b, np.cross(a, b), (np.outer(a, b) + np.outer(b, a)) / 2 - a @ b * np.eye(3)), "−2 times"),
            (lambda a, b: (a @ b, np.cross(a, b), np.outer(a, b) - a @ b / 3 * np.eye(3)), "not symmetric"),
            (lambda a, b: (a @ b, np.cross(a, b), np.outer(a, b) + np.outer(b, a) - a @ b / 3 * np.eye(3)), "half"),
            (lambda a, b: (a @ b, np.cross(a, b), 2 * take_apart(a, b)[2]), "twice"),
            (lambda a, b: (a @ b, np.cross(a, b), np.outer(a, b) - np.outer(b, a)), "antisymmetric part"),
            (lambda a, b: (a @ b, np.cross(a, b), (np.outer(a, b) - np.outer(b, a)) / 2), "antisymmetric part"),
            (lambda a, b: (1.0, 2.0, 3.0), "scalar is not it"), (lambda a, b: (a @ b, a, b), "vector is not it"),
            (lambda a, b: (a @ b, np.cross(a, b), np.eye(3)), "no trace"), (lambda a, b: a @ b, "three things"),
        ],
    ),
    "17.q4": Check(
        judge_blind_turn,
        "right: it only exchanges components and signs, and an odd function of each component cannot tell. A test with "
        "this turn would have let the bug through.",
        right=[quarter_turn(), [[0, 0, 1], [1, 0, 0], [0, 1, 0]], np.diag([1.0, -1.0, -1.0])],
        wrong=[
            (np.eye(3), "turns nothing"), (-np.eye(3), "mirrors"), (2 * np.eye(3), "R Rᵀ"), (TURN, "catches"),
            (np.diag([1.0, 1.0, -1.0]), "mirrors"), (np.ones((3, 3)), "R Rᵀ"), (90, "shape"),
        ],
    ),
    "17.q5": Check(
        judge_gate,
        "right: the length is a scalar and may be bent; the direction is left alone.",
        right=[gate, gate_in_loops],
        wrong=[
            (np.tanh, "bent layer"), (times_tanh, "Divide"), (gate_of_the_square, "ROOT"), (gate_of_the_sum, "no length"),
            (gate_of_everything, "all others"), (gate_across, "across the atoms"), (unguarded, "0/0"),
            (direction, "length 1"), (lambda v: v.copy(), "nothing has happened"),
            (lambda v: np.tanh(np.linalg.norm(v, axis=-1)), "lengths alone"), (lambda v: -v, "Direction"),
            (lambda v: v[0], "shape"), (3.0, "function"),
        ],
    ),
}  # fmt: skip


def about_meaning(predicted, found):
    if predicted == found:
        return "As you said: they change, and one knows beforehand how."
    return "The word is easily misread. What stays the same is called invariant; that is one special case."


def about_products(predicted, measured):
    if predicted == measured:
        return "The dot product, and nothing else."
    if predicted > measured:
        return "Fewer than you thought: any other combination changes under some turn."
    return "There is one that you use every day: the dot product."


def about_layers(predicted, found):
    if predicted == found:
        return "As you said: what no atom ever knew cannot be passed on."
    return "What no atom ever knew cannot be passed on, however often."


def about_frames(predicted, measured):
    if measured / 2 <= predicted <= 2 * measured:
        return "Close, on a scale of doublings."
    if predicted > measured:
        return "Fewer than you thought: what scalars lack at the end is not data."
    return "More than you thought: richer features have to be paid for with frames, too."


PREDICTIONS = {
    "17.p1": Choice(
        "A feature of an atom is equivariant. You turn the whole crystal by 40°. What happens to its numbers?",
        {
            "a": "they stay as they are",
            "b": "they change, by a rule that depends on the turn alone",
            "c": "they change, by a rule that depends on the crystal and the weights",
        },
        about_meaning,
    ),
    "17.p2": Prediction(
        "Two vectors have nine products of components. How many independent combinations of these nine stay the same "
        "under every turn of both vectors?", "", 0, 9, about_products,
    ),
    "17.p3": Choice(
        "Bent molecule, 90° or 120°, its ends beyond each other's cutoff; messages of scalars. After how many layers can "
        "the network tell the two apart?",
        {"a": "after two", "b": "after three or more", "c": "never"},
        about_layers,
    ),
    "17.p4": Prediction(
        "Scalar messages, fitted to thirty frames, reach a certain force error. With how many frames do scalars, vectors "
        "and tensors reach the same?", " frames", 1, 1000, about_frames,
    ),
}  # fmt: skip

QUIZ = [
    Question(
        "A colleague's layer returns V multiplied by a number computed from |V|. You turn the atoms. What should V do?",
        {
            "a": ("stay the same: the layer is equivariant", "the same would be invariant. Equivariant vectors turn along."),
            "b": ("turn with the atoms", "yes: the factor is a scalar and stays, the direction turns."),
            "c": ("anything: only the energy must not change", "then nothing protects the energy from changing too."),
        },
        "b",
    ),
    Question(
        "A test turns a crystal by 90° about z and finds the energy of a new network unchanged to twelve digits. What has "
        "been shown?",
        {
            "a": ("the network is invariant", "not by this turn: tanh of each component survives it as well."),
            "b": ("nothing: energies are always invariant", "only if the network is built so. Yours was not, with tanh."),
            "c": ("that it survives this turn: a general one is still to be tried", "yes: a test is worth what it can catch."),
        },
        "c",
    ),
    Question(
        "Four layers, cutoff 4 Å. How far away may an atom be that changes the energy E_i of atom i?",
        {
            "a": ("NequIP up to 16 Å, Allegro up to 4 Å", "yes: messages travel from atom to atom, pairs stay at home."),
            "b": ("both up to 16 Å", "Allegro looks nothing up at a neighbour: more layers bring no reach."),
            "c": ("both up to 4 Å: nobody sees beyond a cutoff", "messages carry on what a neighbour has seen."),
        },
        "a",
    ),
]  # fmt: skip
