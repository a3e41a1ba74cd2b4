"""Exercises, predictions and quiz of notebook 18. Reading on tells you the answers: try first.

`right` and `wrong` are recorded answers; `tests/test_coursework.py` runs every one of them.
"""

import numpy as np

from mlip_edu.coursework.engine import Check, Choice, NotYet, Prediction, Question, Wrong, as_numbers, expect, run
from mlip_edu.models.symbolic import Tree

X = Tree("x")


def number(value):
    return Tree("number", value=value)


def power(exponent, tree=X):
    return Tree("power", (tree,), float(exponent))


# --- 18.q1: the value of a tree -------------------------------------------------------------------------

R = np.array([0.7, 1.3, 2.1])
OPERATIONS = {
    "x": lambda inside, value, r: r,
    "number": lambda inside, value, r: value + 0 * r,
    "power": lambda inside, value, r: inside[0] ** value,
    "exp": lambda inside, value, r: np.exp(inside[0]),
    "+": lambda inside, value, r: inside[0] + inside[1],
    "-": lambda inside, value, r: inside[0] - inside[1],
    "*": lambda inside, value, r: inside[0] * inside[1],
}


def evaluator(**changed):
    """A function that computes the value of a tree; ``changed`` operations make a wrong one."""
    operations = OPERATIONS | changed

    def value_of(tree, r):
        inside = [value_of(child, r) for child in tree.children]
        return operations[tree.name](inside, tree.value, r)

    return value_of


value_of = evaluator()
wrong_minus = evaluator(**{"-": lambda inside, value, r: inside[1] - inside[0]})
wrong_times = evaluator(**{"*": lambda inside, value, r: inside[0] + inside[1]})


def value_by_text(tree, r):
    return eval(tree.text().replace("^", "**"), {"exp": np.exp, "r": r}) + 0.0 * r


NODES = [
    (X, "a leaf 'x' is the variable: r itself."),
    (number(2.5), "a leaf 'number' is tree.value, whatever r is."),
    (power(-2), "a 'power' is what stands below it, to the power tree.value."),
    (Tree("exp", (X,)), "an 'exp' is the exponential of what stands below it. (np.exp.)"),
    (Tree("+", (X, number(0.5))), "a '+' adds what stands below it: two values, in `inside`."),
    (Tree("-", (X, number(0.5))), "a '-' is the first value below it less the second."),
    (Tree("*", (X, number(0.5))), "a '*' multiplies the two values below it."),
    (power(2, Tree("+", (X, number(1.5)))), "single nodes are right, trees are not. Below a node stands a whole tree, "
     "not just r: its value is in `inside`."),
    (Tree("*", (power(-3), Tree("exp", (Tree("*", (number(-1.5), X)),)))), "single nodes are right, trees are not. "
     "Below a node stands a whole tree, not just r: its value is in `inside`."),
]  # fmt: skip


def judge_value(function):
    for tree, text in NODES:
        try:
            answer, right = run(function, tree, R), value_of(tree, R)
        except NotYet:
            if tree is X:
                raise
            raise Wrong(f"nothing comes back for this node yet: {text}") from None
        if isinstance(answer, (int, float, np.number)) and not isinstance(answer, bool):
            answer = np.full(R.shape, float(answer))  # a number that does not depend on r
        if not np.allclose(as_numbers(answer, R.shape), right, rtol=1e-9):
            raise Wrong(text)


# --- 18.q2: the best coefficients -----------------------------------------------------------------------

POINTS = np.linspace(0.9, 2.2, 12)
TABLE = np.stack([POINTS**-6, POINTS**-3, POINTS], axis=1)
LABELS = np.sin(5 * POINTS) + POINTS
TWINS = np.stack([POINTS, POINTS], axis=1)


def best_coefficients(table, labels):
    return np.linalg.lstsq(table, labels, rcond=None)[0]


def by_singular_values(table, labels):
    left, sizes, right = np.linalg.svd(np.asarray(table), full_matrices=False)
    keep = sizes > 1e-12 * sizes[0]
    return list(right[keep].T @ ((left.T @ labels)[keep] / sizes[keep]))


def one_at_a_time(table, labels):
    return table.T @ labels / (table**2).sum(axis=0)


def normal_equations(table, labels):
    return np.linalg.solve(table.T @ table, table.T @ labels)


def judge_coefficients(function):
    answer = run(function, TABLE, LABELS)
    if isinstance(answer, tuple) and len(answer) == 4:
        raise Wrong("np.linalg.lstsq returns four things. The coefficients are the first of them: [0].")
    right = best_coefficients(TABLE, LABELS)
    known = [
        (one_at_a_time(TABLE, LABELS), "each tree is fitted alone here, as if the others were not there. They share the "
         "labels: fit all together."),
        (TABLE @ right, "these are the predictions of the best formula. Its coefficients are asked for."),
        (-right, "the sign: table @ c should be the labels, not their opposite."),
        (TABLE.T @ LABELS, "this is half of the normal equations, (table.T @ table) c = table.T @ labels: solve them. Or "
         "let np.linalg.lstsq do it all."),
        (LABELS - TABLE @ right, "these are the errors that remain. The coefficients are asked for."),
        (right[::-1], "the right numbers in another order: one a column, in the order of the columns."),
        (np.linalg.lstsq(np.column_stack([np.ones(12), TABLE]), LABELS, rcond=None)[0], "you added a constant column. "
         "Here the pair energy goes to zero far away: no constant."),
    ]  # fmt: skip
    hint = "not the best ones. Which c make the sum of (table @ c − labels)² smallest?"
    expect(answer, right, known, hint, rtol=1e-5)
    twins = "right, until two trees are equal: then the equations have no single solution. np.linalg.lstsq copes with it."
    try:
        found = as_numbers(run(function, TWINS, LABELS), (2,))
    except Wrong:
        raise Wrong(twins) from None
    if not np.allclose(TWINS @ found, TWINS @ best_coefficients(TWINS, LABELS)):
        raise Wrong(twins)


# --- 18.q3: a branch is replaced ------------------------------------------------------------------------

BRANCH = Tree("exp", (X,))
TREE = Tree("-", (Tree("*", (number(2.0), power(-6))), Tree("+", (X, number(3.0)))))
PLACES = [(), (1,), (0, 1), (0, 1, 0)]


def graft(tree, place, branch):
    if len(place) == 0:
        return branch
    children = list(tree.children)
    children[place[0]] = graft(children[place[0]], place[1:], branch)
    return Tree(tree.name, tuple(children), tree.value)


def graft_in_lists(tree, place, branch):
    content = [None, None, tree.to_list()]
    spot, last = content, 2
    for k in place:
        spot, last = spot[last], 2 + k
    spot[last] = branch.to_list()
    return Tree.from_list(content[2])


def graft_with_lists(tree, place, branch):
    if len(place) == 0:
        return branch
    children = list(tree.children)
    children[place[0]] = graft_with_lists(children[place[0]], place[1:], branch)
    return Tree(tree.name, children, tree.value)


def graft_without_value(tree, place, branch):
    if len(place) == 0:
        return branch
    children = list(tree.children)
    children[place[0]] = graft_without_value(children[place[0]], place[1:], branch)
    return Tree(tree.name, tuple(children))


def graft_without_siblings(tree, place, branch):
    if len(place) == 0:
        return branch
    return Tree(tree.name, (graft_without_siblings(tree.children[place[0]], place[1:], branch),), tree.value)


def first_step(tree, place, branch):
    return graft(tree, place[:1], branch)


def first_child(tree, place, branch):
    return graft(tree, (0,) * len(place), branch)


def backwards(tree, place, branch):
    return graft(tree, place[::-1], branch)


def only_the_branch(tree, place, branch):
    return branch


def nothing(tree, place, branch):
    return tree


def only_the_top(tree, place, branch):
    """What comes back is the changed child, without what stood above it."""
    return graft(tree, place, branch) if len(place) < 2 else graft(tree.children[place[0]], place[1:], branch)


def as_tree(answer, depth=0):
    """``answer`` with tuples of children all the way down, or a diagnosis."""
    if not isinstance(answer, Tree) or depth > 50:
        raise Wrong(f"this asks for a Tree, all the way down; found {type(answer).__name__}.")
    if not isinstance(answer.children, tuple):
        raise Wrong("the children of a Tree are a tuple: tuple(children).")
    return Tree(answer.name, tuple(as_tree(child, depth + 1) for child in answer.children), answer.value)


SLIPS = [
    (nothing, "the tree comes back as it was. In `children`, put the new one where the old one stood."),
    (graft_without_value, "the value of a node is lost on the way: a power has forgotten its exponent. "
     "Tree(name, children, value)."),
    (graft_without_siblings, "the other children are lost on the way: all of them stay, but one."),
    (first_step, "this stops after the first step. The rest of the place, place[1:], belongs to the child: call graft again."),
    (backwards, "you walk the place backwards: place[0] is the first step, from the top."),
    (first_child, "you take the first child at every step; place[0] says which one."),
    (only_the_top, "what stood above is lost: a node comes back with its changed child, not the child alone."),
    (only_the_branch, "only the branch comes back. An empty place means: here. Else rebuild the node, with one changed child."),
]  # fmt: skip


def judge_graft(function):
    for place in PLACES:
        answer, right = as_tree(run(function, TREE, place, BRANCH)), graft(TREE, place, BRANCH)
        if answer == right:
            continue
        if not place:
            raise Wrong("an empty place, (), is the top itself: the whole tree becomes the branch.")
        for slip, text in SLIPS:
            with np.errstate(all="ignore"):
                try:
                    known = slip(TREE, place, BRANCH)
                except IndexError:
                    continue
            if answer == known:
                raise Wrong(text)
        raise Wrong(f"not the tree expected, at place {place}: {TREE.text()} should become {right.text()}.")


# --- 18.q4: the Pareto front ----------------------------------------------------------------------------

LENGTHS = np.array([2, 4, 4, 6, 3, 8, 6, 9, 1, 8])
LOSSES = np.array([0.7, 0.2, 0.3, 0.2, 0.8, 0.05, 0.1, 0.05, 1.2, 0.04])


def on_front(nodes, loss):
    beaten = [((nodes <= n) & (loss <= l) & ((nodes < n) | (loss < l))).any() for n, l in zip(nodes, loss, strict=True)]
    return ~np.array(beaten)


def on_front_in_loops(nodes, loss):
    result = []
    for n, l in zip(nodes, loss, strict=True):
        rivals = [(m, k) for m, k in zip(nodes, loss, strict=True) if (m, k) != (n, l)]
        result.append(not any(m <= n and k <= l for m, k in rivals))
    return result


def shorter_and_better(nodes, loss):
    return [not ((nodes < n) & (loss < l)).any() for n, l in zip(nodes, loss, strict=True)]


def best_of_each_length(nodes, loss):
    return [l == loss[nodes == n].min() for n, l in zip(nodes, loss, strict=True)]


def with_itself(nodes, loss):
    return [not ((nodes <= n) & (loss <= l)).any() for n, l in zip(nodes, loss, strict=True)]


def better_than_all_shorter(nodes, loss):
    return [not ((nodes < n) & (loss <= l)).any() for n, l in zip(nodes, loss, strict=True)]


def judge_front(function):
    order = LENGTHS.argsort(kind="stable")
    known = [
        (shorter_and_better(LENGTHS, LOSSES), "you keep a formula that is as good as another and longer, or as long and "
         "worse. Equal in one and better in the other is enough to beat it."),
        (with_itself(LENGTHS, LOSSES), "nobody is left. A formula is never shorter or better than itself, and to be beaten "
         "it needs ONE rival that is at least equal in BOTH."),
        (best_of_each_length(LENGTHS, LOSSES), "you take the best of each length. A long one that is worse than a short one "
         "is not on the front."),
        (better_than_all_shorter(LENGTHS, LOSSES), "you compare with the shorter ones only. Of two equally long ones, the "
         "worse is beaten as well."),
        (~on_front(LENGTHS, LOSSES), "True and False are exchanged: True for those that nobody beats."),
        (np.flatnonzero(on_front(LENGTHS, LOSSES)), "these are the numbers of the right formulas. Give one True or False "
         "for each of all."),
        (on_front(LENGTHS, LOSSES)[order], "right, but sorted by length. Keep the order in which they were given."),
        (np.ones(10, bool), "nobody is beaten in yours."),
    ]  # fmt: skip
    hint = "not the front. For each formula: is there another one that is at most as long AND at most as wrong?"
    expect(run(function, LENGTHS, LOSSES), on_front(LENGTHS, LOSSES), known, hint)


# --- 18.q5: sigma and epsilon ---------------------------------------------------------------------------

C12, C6 = 4 * 0.02 * 3.1**12, -4 * 0.02 * 3.1**6


def sigma_epsilon(c12, c6):
    return (-c12 / c6) ** (1 / 6), c6**2 / (4 * c12)


def sigma_epsilon_by_roots(c12, c6):
    """From the zero and the minimum of the curve."""
    sigma = np.exp(np.log(c12 / abs(c6)) / 6)
    lowest = 2 ** (1 / 6) * sigma
    return [sigma, -(c12 / lowest**12 + c6 / lowest**6)]


def sixth_missing(c12, c6):
    return -c12 / c6, c6**2 / (4 * c12)


def judge_sigma(function):
    sigma, epsilon = sigma_epsilon(C12, C6)
    known = [
        ((epsilon, sigma), "the right numbers in another order: σ, then ε."),
        ((2 ** (1 / 6) * sigma, epsilon), "this is where the minimum lies. σ is where the energy is zero."),
        ((1 / sigma, epsilon), "this is 1/σ: the ratio is upside down."),
        (sixth_missing(C12, C6), "this is σ⁶: the sixth root is missing."),
        ((sigma, 1000 * epsilon), "σ is right. ε is in meV; eV are asked for."),
        ((sigma, 4 * epsilon), "σ is right. In ε a factor of four is missing: c12 = 4 ε σ^12."),
        ((sigma, -epsilon), "σ is right. ε is the depth of the well, a positive number."),
        ((sigma, 1 / epsilon), "σ is right. This is 1/ε."),
        ((sigma**2, epsilon), "a twelfth of the way: the ratio c12/c6 is σ⁶, so the SIXTH root, not the third."),
    ]  # fmt: skip
    hint = "not these. Compare c12/r^12 + c6/r^6 with 4ε(σ^12/r^12 − σ^6/r^6), power by power: two equations."
    with np.errstate(all="ignore"):
        answer = run(function, C12, C6)
    if isinstance(answer, tuple) and any(isinstance(value, complex) for value in answer):
        raise Wrong("a complex number: c6 is negative, so that a sign is needed before the root.")
    try:
        expect(answer, (sigma, epsilon), known, hint)
    except Wrong as problem:
        if str(problem) == hint and np.isclose(as_numbers(answer, (2,))[0], sigma, rtol=1e-6):
            raise Wrong("σ is right. For ε: eliminate σ from c12 = 4εσ^12 and c6 = −4εσ^6.") from None
        raise


# --- 18.q6: a three-body term ---------------------------------------------------------------------------

WEIGHTS = np.array([0.9, 0.5, 0.7, 0.2])
UNITS = np.array([[1.0, 2.0, 2.0], [-2.0, 1.0, 2.0], [2.0, -2.0, 1.0], [0.0, 0.6, -0.8]])
UNITS = UNITS / np.linalg.norm(UNITS, axis=1)[:, None]


def angular(cosine):
    return 1 + 2 * cosine + cosine**3 / 3


def three_body(weights, units, g):
    table = weights[:, None] * weights * g(units @ units.T)
    return (table.sum() - np.trace(table)) / 2


def three_body_in_loops(weights, units, g):
    pairs = [(j, l) for l in range(len(weights)) for j in range(l)]
    return sum(weights[j] * weights[l] * g(units[j] @ units[l]) for j, l in pairs)


def every_pair(weights, units, g):
    return (weights[:, None] * weights * g(units @ units.T)).sum()


def with_itself_too(weights, units, g):
    return np.triu(weights[:, None] * weights * g(units @ units.T)).sum()


def of_the_angle(weights, units, g):
    return three_body(weights, units, lambda cosine: g(np.arccos(np.clip(cosine, -1, 1))))


def one_weight(weights, units, g):
    return sum(weights[j] * g(units[j] @ units[l]) for j in range(len(weights)) for l in range(j + 1, len(weights)))


def without_weights(weights, units, g):
    return three_body(np.ones_like(weights), units, g)


def judge_three_body(function):
    given = WEIGHTS, UNITS, angular
    right = three_body(*given)
    known = [
        (2 * right, "every pair is counted twice: j and l, l and j. Only l > j."),
        (every_pair(*given), "all j and all l, even j = l: a neighbour makes no angle with itself. Only l > j."),
        (with_itself_too(*given), "j = l is in it: a neighbour makes no angle with itself."),
        (every_pair(*given) / 2, "half of all j and l: j = l is still in it."),
        (of_the_angle(*given), "g is a function of cos θ, the dot product itself: no arccos."),
        (one_weight(*given), "the weight of only one of the two neighbours is in it."),
        (without_weights(*given), "the weights of both neighbours are missing."),
        (three_body(np.sqrt(WEIGHTS), UNITS, angular), "weights of both neighbours: their product, not its root."),
        (angular(three_body(WEIGHTS, UNITS, lambda cosine: cosine)), "first g of every angle, then the sum."),
    ]
    hint = "not it. The formula above without c_k: for each pair of neighbours one product of three factors, added up."
    expect(run(function, *given), right, known, hint)


CHECKS = {
    "18.q1": Check(
        judge_value,
        "right: the value of a tree from the values of its branches. A formula is a small program.",
        right=[value_of, value_by_text],
        wrong=[
            (wrong_minus, "less the second"), (wrong_times, "multiplies"),
            (evaluator(power=lambda i, v, r: i[0] * v), "to the power"), (evaluator(power=lambda i, v, r: r**v), "whole tree"),
            (evaluator(exp=lambda i, v, r: np.exp(-i[0])), "exponential"), (evaluator(exp=lambda i, v, r: np.exp(r)), "whole tree"),
            (evaluator(number=lambda i, v, r: r), "whatever r is"), (evaluator(x=lambda i, v, r: v), "r itself"),
            (evaluator(**{"+": lambda i, v, r: i[0]}), "adds"), (evaluator(**{"-": lambda i, v, r: None}), "nothing comes back"), (lambda tree, r: r[:2], "shape"), (2.0, "function"),
        ],
    ),
    "18.q2": Check(
        judge_coefficients,
        "right: one linear fit, and no coefficient need ever be searched for.",
        right=[best_coefficients, by_singular_values],
        wrong=[
            (lambda t, y: np.linalg.lstsq(t, y, rcond=None), "four things"), (one_at_a_time, "alone"),
            (lambda t, y: t @ best_coefficients(t, y), "predictions"), (lambda t, y: -best_coefficients(t, y), "sign"),
            (lambda t, y: t.T @ y, "half"), (lambda t, y: y - t @ best_coefficients(t, y), "remain"),
            (lambda t, y: best_coefficients(t, y)[::-1], "another order"),
            (lambda t, y: best_coefficients(np.column_stack([np.ones(len(t)), t]), y), "no constant"),
            (normal_equations, "two trees are equal"), (lambda t, y: np.ones(t.shape[1]), "smallest"),
            (lambda t, y: np.linalg.solve(t, y), "stopped"), (np.ones(3), "function"),
        ],
    ),
    "18.q3": Check(
        judge_graft,
        "right: a new tree; mother and father stay as they are, and may have more children.",
        right=[graft, graft_in_lists],
        wrong=[
            (nothing, "becomes the branch"), (lambda t, p, b: t if p else b, "as it was"),
            (graft_with_lists, "are a tuple"), (graft_without_value, "exponent"), (graft_without_siblings, "other children"), (first_step, "first step"),
            (first_child, "which one"), (backwards, "backwards"), (only_the_branch, "only the branch"),
            (only_the_top, "stood above"), (lambda t, p, b: b.text(), "asks for a Tree"),
            (lambda t, p, b: graft(t, p, number(1.0)) if p else b, "should become"), (TREE, "function"),
        ],
    ),
    "18.q4": Check(
        judge_front,
        "right. Everything else has a rival that is at least as short and at least as good.",
        right=[on_front, on_front_in_loops],
        wrong=[
            (shorter_and_better, "is enough"), (with_itself, "nobody is left"), (best_of_each_length, "each length"),
            (better_than_all_shorter, "shorter ones only"), (lambda n, l: ~on_front(n, l), "exchanged"),
            (lambda n, l: np.flatnonzero(on_front(n, l)), "numbers of"),
            (lambda n, l: on_front(n, l)[n.argsort(kind="stable")], "order"),
            (lambda n, l: n > 0, "nobody is beaten"), (lambda n, l: l < 0.1, "not the front"), (lambda n, l: l[:3], "shape"),
        ],
    ),
    "18.q5": Check(
        judge_sigma,
        "right: two coefficients, two parameters.",
        right=[sigma_epsilon, sigma_epsilon_by_roots],
        wrong=[
            (lambda a, b: sigma_epsilon(a, b)[::-1], "another order"),
            (lambda a, b: (2 ** (1 / 6) * sigma_epsilon(a, b)[0], sigma_epsilon(a, b)[1]), "minimum"),
            (lambda a, b: (1 / sigma_epsilon(a, b)[0], sigma_epsilon(a, b)[1]), "upside down"), (sixth_missing, "sixth root"),
            (lambda a, b: (sigma_epsilon(a, b)[0], b**2 / a), "factor of four"),
            (lambda a, b: (sigma_epsilon(a, b)[0], 250 * b**2 / a), "in meV"),
            (lambda a, b: (sigma_epsilon(a, b)[0], -(b**2) / (4 * a)), "positive"),
            (lambda a, b: (sigma_epsilon(a, b)[0], 4 * a / b**2), "1/ε"),
            (lambda a, b: (sigma_epsilon(a, b)[0], 7.0), "eliminate"), (lambda a, b: ((a / b) ** (1 / 6), 0.02), "complex"),
            (lambda a, b: ((-a / b) ** (1 / 3), sigma_epsilon(a, b)[1]), "SIXTH"), (lambda a, b: (1.0, 2.0), "two equations"),
            (lambda a, b: 3.1, "shape"), (3.1, "function"),
        ],
    ),
    "18.q6": Check(
        judge_three_body,
        "right: each pair of neighbours once, with the angle between them.",
        right=[three_body_in_loops, three_body],
        wrong=[
            (lambda w, u, g: 2 * three_body(w, u, g), "twice"), (every_pair, "even j = l"), (with_itself_too, "with itself"),
            (lambda w, u, g: every_pair(w, u, g) / 2, "half"), (of_the_angle, "arccos"), (without_weights, "missing"),
            (lambda w, u, g: three_body(np.sqrt(w), u, g), "root"),
            (lambda w, u, g: g(three_body(w, u, lambda c: c)), "first g"),
            (lambda w, u, g: w.sum(), "three factors"), (one_weight, "only one of the two"), (lambda w, u, g: w, "shape"), (0.0, "function"),
        ],
    ),
}  # fmt: skip


def about_chance(predicted, found):
    if predicted == found:
        return "As you said: small steps that are kept when they help reach what blind guessing does not."
    if predicted == "a":
        return "Chance must hit two exponents at once; evolution may come near with one, and keep it."
    return "A half-right formula already fits better than a wrong one, so evolution knows which way to go."


def about_exponents(predicted, measured):
    if abs(predicted - measured) <= 1:
        return "Close. Within the noise other exponents are as good, and often better."
    if predicted > measured:
        return "Fewer than you thought: the noise decides between formulas that hardly differ on these data."
    return "More than you thought; but look at the losses of its rivals."


PREDICTIONS = {
    "18.p1": Choice(
        "Labels by a formula that is a sum of two powers of r. Evolution may try a thousand formulas, and so may pure "
        "chance. Who finds the formula?",
        {"a": "both", "b": "evolution only", "c": "neither"},
        about_chance,
    ),
    "18.p2": Prediction(
        "Errors are added to the labels, ten times, drawn anew each time. In how many of the ten is the true "
        "formula the best of all sums of two powers?", " of 10", 0, 10, about_exponents,
    ),
}  # fmt: skip

QUIZ = [
    Question(
        "Why does evolution change the trees, but not the numbers c in front of them?",
        {
            "a": ("the numbers do not matter", "the energy is proportional to them: they matter a lot."),
            "b": ("least squares gives the best ones at once, since the energy is linear in them", "yes: search only where "
                  "no shortcut is known."),
            "c": ("they are taken from the literature", "nothing was taken from anywhere: the data decide."),
        },
        "b",
    ),
    Question(
        "On a Pareto front the loss falls slowly with the length, without a cliff, and ends far above the noise of the "
        "labels. What does this say?",
        {
            "a": ("the labels do not come from a short formula in this alphabet", "yes: or the search was too short; that "
                  "can be tested."),
            "b": ("the longest formula is the law", "it fits best of those that were tried. Nothing says that it is true."),
            "c": ("there is a mistake in the code", "it is what real data mostly look like."),
        },
        "a",
    ),
    Question(
        "Two formulas of the same length fit noisy labels equally well. How do you choose?",
        {
            "a": ("the one with the smaller loss, in the fourth digit", "other noise, and the other one is smaller."),
            "b": ("the one that looks more like physics", "a good reason to test it, not to believe it."),
            "c": ("by new labels, where the two disagree", "yes: find the structures for which they say different things."),
        },
        "c",
    ),
]  # fmt: skip
