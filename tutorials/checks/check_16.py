"""Exercises, predictions and quiz of notebook 16. Reading on tells you the answers: try first.

`right` and `wrong` are recorded answers; `tests/test_coursework.py` runs every one of them.
"""

from itertools import permutations

import numpy as np

from mlip_edu.coursework.engine import Check, Choice, Prediction, Question, Wrong, as_numbers, expect, run

# --- 16.q1: messages ------------------------------------------------------------------------------------

PLACES = np.array([[0.0, 0.0, 0.0], [1.0, 0.2, 0.0], [0.3, 1.4, 0.5], [3.1, 0.4, 0.2], [2.0, -0.3, 0.9]])
STATES = np.array([[0.4, -0.7, 0.1], [1.2, 0.3, -0.5], [-0.9, 0.8, 0.6], [0.5, 1.1, -1.3], [0.7, -0.2, 0.9]])
MATRIX = np.array([[0.5, -1.0, 0.3], [0.2, 0.7, -0.4], [-0.6, 0.1, 0.9]])
REACH = 2.0


def filters(r):
    """Three channels that do not vanish anywhere: whoever forgets the cutoff is found out."""
    return np.array([np.exp(-r), 1 / (1 + r), 0.3 * r - 1])


def messages(positions, x, A, W, r_c):
    result = np.zeros(np.shape(x))
    for i, here in enumerate(positions):
        for j, there in enumerate(positions):
            r = np.linalg.norm(there - here)
            if j != i and r < r_c:
                result[i] += W(r) * (A @ x[j])
    return result


def messages_of_arrays(positions, x, A, W, r_c):
    said = np.asarray(x) @ A.T
    r = np.linalg.norm(positions[:, None] - positions, axis=2)
    near = (r < r_c) & (r > 0)
    return [sum((W(r[i, j]) * said[j] for j in np.flatnonzero(near[i])), np.zeros(said.shape[1])) for i in range(len(r))]


def own_state(positions, x, A, W, r_c):
    """A x_i instead of A x_j: everybody listens to himself."""
    loud = messages(positions, np.ones_like(x), np.eye(len(A)), W, r_c)
    return loud * (x @ A.T)


def with_itself(positions, x, A, W, r_c):
    return messages(positions, x, A, W, r_c) + W(0.0) * (x @ A.T)


def mean_of_messages(positions, x, A, W, r_c):
    counts = messages(positions, np.ones_like(x), np.eye(len(A)), np.ones_like, r_c)
    return messages(positions, x, A, W, r_c) / np.maximum(counts, 1)


def as_dot(positions, x, A, W, r_c):
    """The scalar product of filter and state in every channel."""
    result = np.zeros(np.shape(x))
    for i, here in enumerate(positions):
        for j, there in enumerate(positions):
            r = np.linalg.norm(there - here)
            if j != i and r < r_c:
                result[i] += W(r) @ (A @ x[j])
    return result


def filter_first(positions, x, A, W, r_c):
    """A (W ∘ x): the matrix after the filter."""
    return messages(positions, x, np.eye(len(A)), W, r_c) @ A.T


def one_way(positions, x, A, W, r_c):
    """Each pair once: atom i hears only those with a smaller number."""
    result = np.zeros(np.shape(x))
    for i in range(len(positions)):
        result[i] = messages(positions[: i + 1], x[: i + 1], A, W, r_c)[i]
    return result


def only_the_last(positions, x, A, W, r_c):
    result = np.zeros(np.shape(x))
    for i, here in enumerate(positions):
        for j, there in enumerate(positions):
            r = np.linalg.norm(there - here)
            if j != i and r < r_c:
                result[i] = W(r) * (A @ x[j])
    return result


def judge_messages(function):
    given = PLACES, STATES, MATRIX, filters, REACH
    known = [
        (own_state(*given), "here each atom hears its own state x[i]. The message comes FROM the neighbour: x[j]."),
        (with_itself(*given), "every atom sends a message to itself: leave out j = i."),
        (messages(PLACES, STATES, MATRIX, filters, 1e9), "nobody is too far away in yours: only neighbours nearer than r_c."),
        (messages(PLACES, STATES, MATRIX.T, filters, REACH), "A is transposed: A @ x[j], the matrix times the column."),
        (messages(PLACES, STATES, np.eye(3), filters, REACH), "the matrix A is missing: what is sent is A @ x[j]."),
        (messages(PLACES, STATES, MATRIX, lambda r: np.ones(3), REACH), "the filter W(r) is missing."),
        (mean_of_messages(*given), "you take the mean over the neighbours. The formula has a sum."),
        (as_dot(*given), "W(r) and A @ x[j] are multiplied number by number (*), not as a scalar product (@)."),
        (filter_first(*given), "first the matrix, A @ x[j], then the filter. You filter first."),
        (one_way(*given), "each pair is heard in one direction only: j runs over ALL atoms but i."),
        (only_the_last(*given), "only the last neighbour is left: add up (+=) what all of them say."),
        (messages(*given) + STATES, "this has the old state in it. The messages alone; the update comes next."),
    ]  # fmt: skip
    hint = "not the messages. For each i: add W(r) * (A @ x[j]) over all j ≠ i with r < r_c."
    expect(run(function, *given), messages(*given), known, hint)


# --- 16.q2: the update ----------------------------------------------------------------------------------

HEARD = np.array([[0.3, 1.1, -0.4], [-1.5, 0.2, 0.8], [0.6, -0.9, 2.0], [1.3, 0.1, -0.2], [-0.5, 0.7, 0.4]])
INNER = np.array([[0.8, -0.3, 0.5], [0.1, 1.2, -0.7], [-0.4, 0.6, 0.9]])
AFTER = np.array([[-0.2, 0.9, 0.4], [1.1, -0.5, 0.3], [0.7, 0.2, -0.8]])


def f(z):
    return z / (1 + np.exp(-z))


def update(x, m, U, V):
    return x + f(m @ U.T) @ V.T


def update_one_by_one(x, m, U, V):
    return [old + V @ f(U @ heard) for old, heard in zip(x, m, strict=True)]


def judge_update(function):
    x, m, U, V = given = STATES, HEARD, INNER, AFTER
    known = [
        (f(m @ U.T) @ V.T, "the old state is missing: x + … . Without it an atom forgets what it is."),
        (x + f(m @ U) @ V, "rows and columns: for a row, U m is m @ U.T. Both matrices are transposed in yours."),
        (x + f(m @ U) @ V.T, "for a row, U m is m @ U.T, not m @ U."),
        (x + f(m @ U.T) @ V, "for a row, V y is y @ V.T, not y @ V."),
        (x + m @ U.T @ V.T, "f is missing. Without it two matrices are no more than one."),
        (x + f(m @ U.T @ V.T), "f stands between the matrices: first U, then f, then V."),
        (x + f(m) @ U.T @ V.T, "f stands between the matrices: first U, then f, then V."),
        (x + f(m @ V.T) @ U.T, "U and V are exchanged: U acts first, on the messages."),
        (x + f(x @ U.T) @ V.T, "U acts on the messages m, not on the state."),
        (m + f(m @ U.T) @ V.T, "what is updated is the state x, not the message."),
        (x + f(U @ m.T).T @ V, "for a row, V y is y @ V.T, not y @ V."),
        (f(x + m @ U.T @ V.T), "f stands between U and V; the old state is added outside, as it is."),
    ]  # fmt: skip
    hint = "not the update. Row by row it is x[i] + V @ f(U @ m[i])."
    expect(run(function, *given), update(*given), known, hint)


# --- 16.q3: the receptive field -------------------------------------------------------------------------

# a ring of five with a tail: 0-1-2-3-4-0, 2-5, 5-6, 6-7; 8 stands alone
NEIGHBOURS = [[1, 4], [0, 2], [1, 3, 5], [2, 4], [3, 0], [2, 6], [5, 7], [6], []]


def receptive_field(neighbours, atom, layers):
    field = {atom}
    for _ in range(layers):
        field = field | {j for i in field for j in neighbours[i]}
    return field


def field_by_matrix(neighbours, atom, layers):
    n = len(neighbours)
    step = np.eye(n, dtype=int)
    for i, near in enumerate(neighbours):
        step[i, list(near)] = 1
    return np.flatnonzero(np.linalg.matrix_power(step, layers)[atom]).tolist()


def without_itself(neighbours, atom, layers):
    return receptive_field(neighbours, atom, layers) - {atom}


def only_the_shell(neighbours, atom, layers):
    before = receptive_field(neighbours, atom, layers - 1) if layers else set()
    return receptive_field(neighbours, atom, layers) - before


def walkers(neighbours, atom, layers):
    """Where one can stand after exactly so many steps: no staying in between."""
    field = {atom}
    for _ in range(layers):
        field = {j for i in field for j in neighbours[i]}
    return field


def first_layer_only(neighbours, atom, layers):
    return receptive_field(neighbours, atom, min(layers, 1))


def everybody_connected(neighbours, atom, layers):
    return receptive_field(neighbours, atom, len(neighbours))


FIELDS = [(0, 0), (6, 1), (6, 2), (2, 2), (8, 3), (7, 3)]
SLIPS = [
    (without_itself, "the atom itself is missing: its own state is part of what it knows."),
    (walkers, "this is where one can be after EXACTLY so many steps. Nobody forgets: keep the atoms of the layers before."),
    (only_the_shell, "these are the newcomers of the last layer. Those of the layers before stay."),
    (first_layer_only, "this stops after the first layer: the neighbours of all that are in the set, again and again."),
    (lambda n, a, t: receptive_field(n, a, t + 1), "one layer too many: with 0 layers it is the atom alone."),
    (lambda n, a, t: receptive_field(n, a, max(t - 1, 0)), "one layer too few: after one layer the neighbours are in."),
    (lambda n, a, t: receptive_field(n, a, 2 * t), "twice the layers: so far reach forces. The state goes half as far."),
    (everybody_connected, "everybody who can be reached at all. Stop after `layers` layers."),
]  # fmt: skip


def as_set(answer):
    """``answer`` as a set of numbers of atoms, or a diagnosis."""
    if not isinstance(answer, (set, frozenset, list, tuple, np.ndarray)):
        raise Wrong(f"this asks for a set of numbers of atoms; found {type(answer).__name__}.")
    if not all(isinstance(a, (int, np.integer)) and not isinstance(a, bool) for a in answer):
        raise Wrong("a set of numbers of atoms, such as {0, 1, 4}; there is something else in yours.")
    return {int(a) for a in answer}


def judge_field(function):
    found = [as_set(run(function, NEIGHBOURS, atom, layers)) for atom, layers in FIELDS]
    if found == [receptive_field(NEIGHBOURS, atom, layers) for atom, layers in FIELDS]:
        return
    for slip, text in SLIPS:
        if found == [slip(NEIGHBOURS, atom, layers) for atom, layers in FIELDS]:
            raise Wrong(text)
    raise Wrong("not it. Begin with {atom}; in each layer add the neighbours of all that are in.")


# --- 16.q4: distances from each atom --------------------------------------------------------------------

HERE = np.array([[0.0, 0.0, 0.0], [1.5, 0.0, 0.0], [0.0, 1.1, 0.3], [-0.4, -0.9, 1.0], [9.0, 0.0, 0.0]])
NEAR = 2.0


def distance_lists(positions, r_c):
    result = []
    for i, here in enumerate(positions):
        found = [float(np.linalg.norm(there - here)) for j, there in enumerate(positions) if j != i]
        result.append(sorted(r for r in found if r < r_c))
    return result


def lists_of_arrays(positions, r_c):
    r = np.linalg.norm(positions[:, None] - positions, axis=2) + np.diag(np.full(len(positions), np.inf))
    return [np.sort(row[row < r_c]) for row in r]


def unsorted_lists(positions, r_c):
    r = np.linalg.norm(positions[:, None] - positions, axis=2)
    return [[float(d) for j, d in enumerate(row) if j != i and d < r_c] for i, row in enumerate(r)]


def each_pair_once(positions, r_c):
    r = np.linalg.norm(positions[:, None] - positions, axis=2)
    return [sorted(float(d) for d in row[i + 1 :] if d < r_c) for i, row in enumerate(r)]


def lists_with_itself(positions, r_c):
    r = np.linalg.norm(positions[:, None] - positions, axis=2)
    return [sorted(float(d) for d in row if d < r_c) for row in r]


def farthest_first(positions, r_c):
    return [row[::-1] for row in distance_lists(positions, r_c)]


def squares(positions, r_c):
    return [[d**2 for d in row] for row in distance_lists(positions, r_c)]


def in_one_list(positions, r_c):
    return sorted(d for row in distance_lists(positions, r_c) for d in row)


LISTS = [
    (lists_with_itself, "the distance of an atom to itself, 0, is in the lists: leave it out."),
    (unsorted_lists, "the distances are right; they stand in the order of the atoms. Sort each list."),
    (lambda p, r: distance_lists(p, 1e9), "nobody is too far away in yours: only distances below r_c."),
    (each_pair_once, "each pair only once: here BOTH atoms of a pair see each other."),
    (farthest_first, "the farthest comes first in yours. sorted() begins with the smallest."),
    (squares, "these are squares of distances: the root is missing."),
]


def judge_lists(function):
    answer, right = run(function, HERE, NEAR), distance_lists(HERE, NEAR)
    if not isinstance(answer, (list, tuple, np.ndarray)):
        raise Wrong(f"this asks for a list of lists, one for each atom; found {type(answer).__name__}.")
    if any(not isinstance(row, (list, tuple, np.ndarray)) for row in answer):
        raise Wrong("this asks for a list of lists: each atom has one of its own.")
    if len(answer) != len(right):
        raise Wrong(f"one list for each of the {len(right)} atoms, an empty one where nobody is near; found {len(answer)}.")
    rows = [as_numbers(row, (len(row),)) if len(row) else np.zeros(0) for row in answer]

    def same(other):
        return all(len(a) == len(b) and np.allclose(a, b, rtol=1e-8) for a, b in zip(rows, other, strict=True))

    if same(right):
        return
    for slip, text in LISTS:
        if same(slip(HERE, NEAR)):
            raise Wrong(text)
    raise Wrong("not the distances. For each atom i: |r_j − r_i| of all j ≠ i, those below r_c, sorted.")


# --- 16.q5: the order of the neighbours -----------------------------------------------------------------

ROWS = np.array([[2.0, 0.3], [3.1, -1.0], [2.5, 0.8], [1.2, 0.1]])


def in_order(rows):
    """An answer that hangs on the order of the rows."""
    memory = 0.0
    for r, element in np.asarray(rows):
        memory = np.tanh(0.7 * memory + 0.4 * r - element)
    return float(memory)


def spread_over_orders(model, rows):
    answers = [model(rows[list(order)]) for order in permutations(range(len(rows)))]
    return max(answers) - min(answers)


def spread_by_recursion(model, rows):
    def all_orders(rest):
        return [[k, *tail] for k in rest for tail in all_orders([j for j in rest if j != k])] if rest else [[]]

    found = np.array([model(np.asarray(rows)[order]) for order in all_orders(list(range(len(rows))))])
    return np.ptp(found)


def farthest_from_the_given(model, rows):
    answers = [model(rows[list(order)]) for order in permutations(range(len(rows)))]
    return max(abs(a - model(rows)) for a in answers)


def forth_and_back(model, rows):
    return abs(model(rows) - model(rows[::-1]))


def judge_spread(function):
    answers = [in_order(ROWS[list(order)]) for order in permutations(range(4))]
    known = [
        (farthest_from_the_given(in_order, ROWS), "you compare with the order given. Two other orders may be farther apart."),
        (forth_and_back(in_order, ROWS), "only two orders, forth and back. There are 24."),
        (np.std(answers), "this is the standard deviation. The largest less the smallest is asked for."),
        (max(answers), "this is the largest answer. Take the smallest away."),
        (min(answers) - max(answers), "the sign: largest less smallest."),
        (0.0, "no difference at all? Look whether the ROWS are really exchanged, not only the numbers of the order."),
        (in_order(ROWS), "this is the answer for the order given."),
    ]  # fmt: skip
    hint = "not it. model(rows[list(order)]) for every order in permutations(range(n)); then max − min."
    expect(run(function, in_order, ROWS), np.ptp(answers), known, hint)


CHECKS = {
    "16.q1": Check(
        judge_messages,
        "right: a sum over the neighbours, and nobody asked in which order.",
        right=[messages, messages_of_arrays],
        wrong=[
            (own_state, "FROM the neighbour"), (with_itself, "j = i"), (lambda p, x, A, W, c: messages(p, x, A, W, 99), "too far"),
            (lambda p, x, A, W, c: messages(p, x, A.T, W, c), "transposed"),
            (lambda p, x, A, W, c: messages(p, x, np.eye(3), W, c), "matrix A is missing"),
            (lambda p, x, A, W, c: messages(p, x, A, lambda r: 1.0, c), "filter W(r) is missing"),
            (mean_of_messages, "mean"), (as_dot, "number by number"), (filter_first, "filter first"), (only_the_last, "add up"),
            (one_way, "one direction"),
            (lambda p, x, A, W, c: x + messages(p, x, A, W, c), "old state"), (lambda p, x, A, W, c: 0 * x, "For each i"),
            (lambda p, x, A, W, c: messages(p, x, A, W, c)[0], "shape"), (0.0, "function"),
        ],
    ),
    "16.q2": Check(
        judge_update,
        "right: what it was, and what it makes of the news.",
        right=[update, update_one_by_one],
        wrong=[
            (lambda x, m, U, V: f(m @ U.T) @ V.T, "forgets"), (lambda x, m, U, V: x + f(m @ U) @ V, "Both"),
            (lambda x, m, U, V: x + f(m @ U) @ V.T, "not m @ U"), (lambda x, m, U, V: x + f(m @ U.T) @ V, "not y @ V"),
            (lambda x, m, U, V: x + m @ U.T @ V.T, "no more than one"), (lambda x, m, U, V: x + f(m @ U.T @ V.T), "between"),
            (lambda x, m, U, V: x + f(m) @ U.T @ V.T, "between"), (lambda x, m, U, V: update(x, m, V, U), "exchanged"),
            (lambda x, m, U, V: update(x, x, U, V), "not on the state"), (lambda x, m, U, V: update(m, m, U, V), "not the message"),
            (lambda x, m, U, V: f(x + m @ U.T @ V.T), "outside"), (lambda x, m, U, V: x + m, "Row by row"),
            (lambda x, m, U, V: x[0], "shape"), (STATES, "function"),
        ],
    ),
    "16.q3": Check(
        judge_field,
        "right: neighbours of neighbours of neighbours; no network is needed to know it.",
        right=[receptive_field, field_by_matrix],
        wrong=[
            (without_itself, "itself is missing"), (walkers, "EXACTLY"), (only_the_shell, "newcomers"),
            (first_layer_only, "again and again"), (lambda n, a, t: receptive_field(n, a, t + 1), "too many"),
            (lambda n, a, t: receptive_field(n, a, max(t - 1, 0)), "too few"),
            (lambda n, a, t: receptive_field(n, a, 2 * t), "forces"), (everybody_connected, "at all"),
            (lambda n, a, t: {0}, "Begin with"), (lambda n, a, t: t, "set of numbers"), (lambda n, a, t: ["a"], "something else"),
            ({0, 1}, "function"),
        ],
    ),
    "16.q4": Check(
        judge_lists,
        "right: this is all that the first layer can know of the places of the atoms.",
        right=[distance_lists, lists_of_arrays],
        wrong=[
            (lists_with_itself, "to itself"), (unsorted_lists, "Sort each"), (lambda p, r: distance_lists(p, 1e9), "too far"),
            (each_pair_once, "BOTH"), (farthest_first, "farthest"), (squares, "root"), (in_one_list, "one of its own"),
            (lambda p, r: distance_lists(p, r)[:4], "empty one"), (lambda p, r: [[1.0]] * 5, "not the distances"),
            (lambda p, r: 1.0, "list of lists"), ([[1.0]], "function"),
        ],
    ),
    "16.q5": Check(
        judge_spread,
        "right. For a potential this number has to be 0.",
        right=[spread_over_orders, spread_by_recursion],
        wrong=[
            (farthest_from_the_given, "farther apart"), (forth_and_back, "only two"),
            (lambda m, r: np.std([m(r[list(o)]) for o in permutations(range(4))]), "standard"),
            (lambda m, r: max(m(r[list(o)]) for o in permutations(range(4))), "smallest away"),
            (lambda m, r: -spread_over_orders(m, r), "sign"), (lambda m, r: 0.0, "really exchanged"),
            (lambda m, r: m(r), "order given"), (lambda m, r: 7.0, "not it"), (lambda m, r: r, "number"), (1.0, "function"),
        ],
    ),
}  # fmt: skip


def about_reach(predicted, found):
    if predicted == found:
        return "As you said: each layer hands the news on by one step."
    if predicted == "a":
        return "The cutoff ends each step, not the road: the atoms between pass it on."
    return "There is an end: three layers, three steps. Look at the zeros of the table."


def about_forces(predicted, measured):
    if predicted == measured:
        return "As you said: an atom in the middle listens to both."
    if predicted < measured:
        return "Farther than an energy reaches: an atom in the middle, three steps from both, has an energy that both change."
    return "Not so far: beyond twice three steps no energy depends on both."


def about_depth(predicted, found):
    if predicted == found:
        return "As you said. But other materials, other answers: test it."
    if found == "b":
        return "To be heard directly, at a known distance, was worth more here than what is passed on, by about what a seed may do."
    return "Here the second layer was worth more than the neighbours between 3.8 and 5 Å."


PREDICTIONS = {
    "16.p1": Choice(
        "A row of atoms, three layers: the atom three steps (6.9 Å) away changes its element; the cutoff is 3.4 Å. Can the "
        "energy of atom 0 change?",
        {
            "a": "no, 6.9 Å is beyond the cutoff", "b": "yes, it is within three steps",
            "c": "yes, and so it could at any distance",
        },
        about_reach,
    ),
    "16.p2": Prediction(
        "Three layers: how many steps away can an atom be at most, so that its element changes the force on atom 0?",
        " steps", 0, 1000, about_forces,
    ),
    "16.p3": Choice(
        "A network with one layer and a cutoff of 3.8 Å, trained on melts of silicon, is given either a second layer or a "
        "cutoff of 5.0 Å. Which lowers the force error on unseen melts more?",
        {"a": "the second layer", "b": "the larger cutoff"},
        about_depth,
    ),
}  # fmt: skip

QUIZ = [
    Question(
        "Two molecules are 8 Å apart, with nothing between them. A network has r_c = 5 Å and three layers. Does its energy "
        "know of their attraction?",
        {
            "a": ("yes: 3 × 5 Å is more than 8 Å", "a message needs atoms to stop at, and there are none in the gap."),
            "b": ("yes, after training on enough such pairs", "no edge, no message: there is no weight that could learn it."),
            "c": ("no: no edge crosses the gap", "yes: a larger cutoff, or a law of physics added, is needed."),
        },
        "c",
    ),
    Question(
        "You add a fourth layer to three. What is sure?",
        {
            "a": ("the energy of an atom can depend on atoms up to 4 r_c away", "yes: can. Whether it helps, the test set "
                  "says."),
            "b": ("the force errors become smaller", "often not: what comes from there arrives faintly."),
            "c": ("cis and trans are now told apart", "not by numbers that do not turn, with any number of layers."),
        },
        "a",
    ),
    Question(
        "Why are messages added up, and not read one after the other by a recurrent network?",
        {
            "a": ("it is faster", "it is; but speed is not the point."),
            "b": ("a sum is the same for every numbering of the neighbours", "yes: the numbering is ours, not nature's."),
            "c": ("a recurrent network has too few weights", "it has more than enough. They read in an order that means "
                  "nothing."),
        },
        "b",
    ),
]  # fmt: skip
