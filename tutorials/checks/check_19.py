"""Exercises, predictions and quiz of notebook 19. Reading on tells you the answers: try first.

`right` and `wrong` are recorded answers; `tests/test_coursework.py` runs every one of them.
"""

from math import factorial, prod

import numpy as np

from mlip_edu.coursework.engine import Check, Choice, Prediction, Question, as_numbers, expect, run

# --- 19.q1: one channel for each kind of neighbour -----------------------------------------------------------

VALUES = np.array([[0.9, 0.1, 0.0], [0.2, 0.7, 0.3], [0.0, 0.4, 0.8], [0.5, 0.6, 0.05], [0.3, 0.15, 0.25]])
SPECIES, KINDS = np.array(["O", "Si", "O", "O", "Si"]), ["Si", "O"]
NUMBERS = {"Si": 14, "O": 8}


def channels(values, species, kinds):
    """(kinds, functions): the values of all neighbours of one kind, added up."""
    return np.array([values[species == kind].sum(axis=0) for kind in kinds])


def channels_in_loops(values, species, kinds):
    table = [[0.0] * len(values[0]) for _ in kinds]
    for row, name in zip(values, species, strict=True):
        for k, value in enumerate(row):
            table[list(kinds).index(name)][k] += value
    return table


def channels_averaged(values, species, kinds):
    return np.array([values[species == kind].mean(axis=0) for kind in kinds])


def channels_weighted(values, species, kinds):
    return sum(NUMBERS[name] * row for row, name in zip(values, species, strict=True))


def judge_channels(function):
    right, everything = channels(VALUES, SPECIES, KINDS), VALUES.sum(axis=0)
    known = [
        (everything, "one sum over all neighbours: oxygen and silicon are mixed and cannot be told apart any more."),
        (np.array([everything, everything]), "every row holds all neighbours. Each kind only its own."),
        (right[::-1], "the rows are exchanged: the order of `kinds` is meant."),
        (right.T, "the right numbers, lying on their side: one row a kind, one column a function."),
        (right.ravel(), "the right numbers in one row. Keep the kinds apart: (kinds, functions)."),
        (channels_averaged(VALUES, SPECIES, KINDS), "means. How many there are matters: add up."),
        (channels_weighted(VALUES, SPECIES, KINDS), "one sum weighted by the atomic number: from 14 nobody can see whether it "
         "was one silicon or almost two oxygens. A sum of its own for each kind."),
        (np.array([np.full(3, (SPECIES == kind).sum()) for kind in KINDS], float), "you count the neighbours. Add up their "
         "values."),
    ]  # fmt: skip
    hint = "not these sums. For each kind: pick the rows of `values` whose neighbour is of this kind, and add them up."
    expect(run(function, VALUES, SPECIES, KINDS), right, known, hint)


# --- 19.q2: exchanges that change nothing ----------------------------------------------------------------

CRYSTALS = [(2, 4), (3, 1), (5,), (1, 1, 3), (4, 2)]


def relabellings(numbers):
    """In how many orders the atoms can be written down, if only those of one kind change places."""
    return prod(factorial(n) for n in numbers)


def relabellings_in_loops(numbers):
    total = 1
    for n in numbers:
        for k in range(1, n + 1):
            total *= k
    return total


def judge_relabellings(function):
    answers = [float(as_numbers(run(function, numbers), ())) for numbers in CRYSTALS]
    right = [relabellings(numbers) for numbers in CRYSTALS]
    known = [
        ([factorial(sum(n)) for n in CRYSTALS], "every place to every atom. The list of kinds stays, so that an oxygen in a "
         "silicon's place makes another structure."),
        ([sum(factorial(k) for k in n) for n in CRYSTALS], "you add. Each order of the one kind goes with EVERY order of the "
         "other."),
        ([prod(n) for n in CRYSTALS], "the product of the numbers themselves. In how many orders can n things stand?"),
        ([factorial(sum(n)) // relabellings(n) for n in CRYSTALS], "this is the number of DIFFERENT structures: the ways to "
         "spread the kinds over the places. Asked is how many ways give the same one."),
        ([sum(k * (k - 1) // 2 for k in n) for n in CRYSTALS], "these are single exchanges of two atoms. Do several of them "
         "one after the other."),
        ([2 ** sum(n) for n in CRYSTALS], "two to a power counts choices of subsets. In how many orders can n things stand?"),
        ([factorial(max(n)) for n in CRYSTALS], "one kind only. The others can change places too."),
    ]  # fmt: skip
    known = [(value, text) for value, text in known if not np.allclose(value, right)]
    hint = "not it. In how many orders can n alike atoms take n places? And if there are two kinds, independently?"
    expect(answers, right, known, hint)


# --- 19.q3: what one more element costs ------------------------------------------------------------------

CASES = [(1, 8, 2), (2, 8, 2), (3, 5, 4), (5, 7, 3)]


def costs(n_elements, n_radial, n_angular):
    """Features of an atom, networks if there is one for each element, networks if one for each pair of elements."""
    pairs = n_elements * (n_elements + 1) // 2
    return n_elements * n_radial + pairs * n_angular, n_elements, pairs


def costs_in_loops(n_elements, n_radial, n_angular):
    features, pairs = 0, 0
    for a in range(n_elements):
        features += n_radial
        for _ in range(a, n_elements):
            features, pairs = features + n_angular, pairs + 1
    return [features, n_elements, pairs]


def costs_with(pairs_of, factor=1):
    def wrong(n, n_radial, n_angular):
        return factor * (n * n_radial + pairs_of(n) * n_angular), n, pairs_of(n)

    return wrong


def costs_blind(n, n_radial, n_angular):
    return n_radial + n_angular, n, n * (n + 1) // 2


def costs_angular_once(n, n_radial, n_angular):
    return n * (n_radial + n_angular), n, n * (n + 1) // 2


def costs_of_all_centres(n, n_radial, n_angular):
    return n * costs(n, n_radial, n_angular)[0], n, n * (n + 1) // 2


def costs_in_another_order(n, n_radial, n_angular):
    features, elements, pairs = costs(n, n_radial, n_angular)
    return elements, pairs, features


def networks_with(pairs_of):
    def wrong(n, n_radial, n_angular):
        return costs(n, n_radial, n_angular)[0], n, pairs_of(n)

    return wrong


def judge_costs(function):
    answers = np.array([as_numbers(run(function, *case), (3,)) for case in CASES], float)
    right = [costs(*case) for case in CASES]
    slips = [
        (costs_with(lambda n: n * n), "n² pairs: Si–O and O–Si are one pair (who is the centre is known already)."),
        (costs_with(lambda n: n * (n - 1) // 2), "pairs of DIFFERENT elements only. Two oxygens are a pair too."),
        (costs_blind, "the features do not grow in yours: then silicon and oxygen share their channels."),
        (costs_angular_once, "an angle has two neighbours: one channel for each PAIR of elements."),
        (costs_in_another_order, "the right numbers in another order: features, networks by element, networks by pair."),
        (networks_with(lambda n: n * n), "the features are right. Of networks n² is too many: Si–O and O–Si ask the same one."),
        (networks_with(lambda n: n * (n - 1) // 2), "the features are right. Of networks some are missing: O–O needs one too."),
        (costs_of_all_centres, "times the number of centres. ONE atom has one element, and so one such row of features."),
    ]
    known = [([slip(*case) for case in CASES], text) for slip, text in slips]
    hint = "not these. Radial functions: one set for each element. Angular ones and pair networks: for each pair, a = b too."
    expect(answers, right, known, hint)


# --- 19.q4: partial g(r) ---------------------------------------------------------------------------------

EDGES = np.array([0.0, 0.5, 1.0, 1.5, 2.0])
COUNTS, VOLUME = np.array([0.0, 4.0, 18.0, 30.0]), 60.0
SITUATIONS = [(6, 6, True), (4, 9, False)]


def partial_g(counts, n_a, n_b, same, volume, edges):
    """g_ab of ordered pairs (a, b) in bins between edges."""
    shells = 4 * np.pi / 3 * np.diff(edges**3)
    return volume * counts / (n_a * (n_b - same) * shells)


def partial_g_in_loops(counts, n_a, n_b, same, volume, edges):
    g = []
    for k, count in enumerate(counts):
        shell = 4 / 3 * np.pi * (edges[k + 1] ** 3 - edges[k] ** 3)
        others = n_b - 1 if same else n_b
        g.append(count / n_a / (others / volume * shell))
    return g


def g_with_self(counts, n_a, n_b, same, volume, edges):
    return partial_g(counts, n_a, n_b, False, volume, edges)


def g_always_without(counts, n_a, n_b, same, volume, edges):
    return partial_g(counts, n_a, n_b, True, volume, edges)


def g_of_all(counts, n_a, n_b, same, volume, edges):
    return partial_g(counts, n_a, n_a + n_b, True, volume, edges)


def g_of_a(counts, n_a, n_b, same, volume, edges):
    return partial_g(counts, n_a, n_a, same, volume, edges)


def g_not_each(counts, n_a, n_b, same, volume, edges):
    return n_a * partial_g(counts, n_a, n_b, same, volume, edges)


def g_thin(counts, n_a, n_b, same, volume, edges):
    middle = (edges[1:] + edges[:-1]) / 2
    return volume * counts / (n_a * (n_b - same) * 4 * np.pi * middle**2 * np.diff(edges))


def g_ball(counts, n_a, n_b, same, volume, edges):
    return volume * counts / (n_a * (n_b - same) * 4 / 3 * np.pi * edges[1:] ** 3)


def g_without_volume(counts, n_a, n_b, same, volume, edges):
    return partial_g(counts, n_a, n_b, same, 1.0, edges)


def g_cubes(counts, n_a, n_b, same, volume, edges):
    return volume * counts / (n_a * (n_b - same) * np.diff(edges**3))


def judge_partial_g(function):
    case = [(COUNTS, n_a, n_b, same, VOLUME, EDGES) for n_a, n_b, same in SITUATIONS]
    answers = np.array([as_numbers(run(function, *arguments), (4,)) for arguments in case])
    right = np.array([partial_g(*arguments) for arguments in case])
    slips = [
        (g_with_self, "right for two kinds. Of one kind an atom is not its own neighbour: N_b − 1 of them are left."),
        (g_always_without, "right for one kind. If a and b differ, all N_b atoms are possible neighbours."),
        (g_of_all, "the density of ALL atoms. An ideal gas would give the share of b in place of 1: only the N_b count."),
        (g_of_a, "the density of a. The neighbours that are counted are b."),
        (g_not_each, "divide by N_a: the counts are those around all a together."),
        (g_thin, "4πr²Δ is the shell only if it is thin. Take the difference of two balls: it is exact."),
        (g_without_volume, "the volume of the box is missing: N_b atoms in V have the density N_b/V."),
        (g_cubes, "the volume of a ball is 4π/3 r³: the factor is missing."),
        (g_ball, "this is the whole ball up to r. The bin is a shell: the difference of two balls."),
    ]
    known = [(np.array([slip(*arguments) for arguments in case]), text) for slip, text in slips]
    known += [(right / 2, "half of it: the pairs are ordered, no factor ½."), (2 * right, "twice it: the counts hold ordered "
              "pairs already, seen from a.")]  # fmt: skip
    hint = "not g. Counts of one a, divided by the number that b spread evenly would have in the shell."
    expect(answers, right, known, hint)


# --- 19.q5: the total from the partials ------------------------------------------------------------------

PARTIALS = np.array([[0.0, 0.3, 2.1, 1.2], [0.2, 4.0, 0.6, 0.9], [0.0, 0.1, 3.0, 1.1]])
N_A, N_B = 5, 9


def total_g(g_aa, g_ab, g_bb, n_a, n_b):
    """g of all atoms alike."""
    n = n_a + n_b
    return (n_a * (n_a - 1) * g_aa + 2 * n_a * n_b * g_ab + n_b * (n_b - 1) * g_bb) / (n * (n - 1))


def total_g_by_shares(g_aa, g_ab, g_bb, n_a, n_b):
    shares = {"aa": n_a * (n_a - 1), "ab": n_a * n_b, "ba": n_b * n_a, "bb": n_b * (n_b - 1)}
    parts = {"aa": g_aa, "ab": g_ab, "ba": g_ab, "bb": g_bb}
    return [sum(shares[k] * parts[k][i] for k in shares) / sum(shares.values()) for i in range(len(g_aa))]


def total_once(g_aa, g_ab, g_bb, n_a, n_b):
    n = n_a + n_b
    return (n_a * (n_a - 1) * g_aa + n_a * n_b * g_ab + n_b * (n_b - 1) * g_bb) / (n * (n - 1))


def total_large(g_aa, g_ab, g_bb, n_a, n_b):
    x, y = n_a / (n_a + n_b), n_b / (n_a + n_b)
    return x * x * g_aa + 2 * x * y * g_ab + y * y * g_bb


def total_of_squares(g_aa, g_ab, g_bb, n_a, n_b):
    n = n_a + n_b
    return total_g(g_aa, g_ab, g_bb, n_a, n_b) * (n - 1) / n


def total_shares(g_aa, g_ab, g_bb, n_a, n_b):
    return (n_a * g_aa + n_b * g_bb) / (n_a + n_b)


def judge_total(function):
    right = total_g(*PARTIALS, N_A, N_B)
    known = [
        (PARTIALS.mean(axis=0), "a plain mean. There are more pairs of some kinds than of others."),
        (PARTIALS.sum(axis=0), "a sum. For atoms spread evenly all g are 1, and so must the total be."),
        (total_once(*PARTIALS, N_A, N_B), "the mixed pairs count twice: around a there are b, and around b there are a."),
        (total_large(*PARTIALS, N_A, N_B), "right for large numbers. Here an atom is not its own neighbour: N_a (N_a − 1) "
         "ordered pairs."),
        (total_of_squares(*PARTIALS, N_A, N_B), "nearly: for atoms spread evenly all g are 1, and so must the total be. How many "
         "ordered pairs have N atoms in all?"),
        (total_shares(*PARTIALS, N_A, N_B), "the mixed pairs are missing."),
        (right * (N_A + N_B) * (N_A + N_B - 1), "the sum over all pairs. Divide by the number of ordered pairs."),
    ]  # fmt: skip
    hint = "not the total. Weigh each g with its number of ordered pairs, and divide by the number of all of them."
    expect(run(function, *PARTIALS, N_A, N_B), right, known, hint)


CHECKS = {
    "19.q1": Check(
        judge_channels,
        "right: as many sums as kinds of neighbours, and nobody is mistaken for somebody else.",
        right=[channels, channels_in_loops],
        wrong=[
            (lambda v, s, k: v.sum(axis=0), "one sum over all"), (lambda v, s, k: [v.sum(axis=0)] * 2, "every row"),
            (lambda v, s, k: channels(v, s, k)[::-1], "exchanged"), (lambda v, s, k: channels(v, s, k).T, "on their side"),
            (lambda v, s, k: channels(v, s, k).ravel(), "in one row"), (channels_averaged, "means"),
            (channels_weighted, "atomic number"),
            (lambda v, s, k: [[(s == name).sum()] * 3 for name in k], "you count"),
            (lambda v, s, k: np.ones((2, 3)), "pick the rows"), (lambda v, s, k: v, "shape"), (VALUES, "function"),
        ],
    ),
    "19.q2": Check(
        judge_relabellings,
        "right: so many lists of positions for one and the same structure.",
        right=[relabellings, relabellings_in_loops],
        wrong=[
            (lambda n: factorial(sum(n)), "every place"), (lambda n: sum(factorial(k) for k in n), "you add"),
            (lambda n: prod(n), "themselves"), (lambda n: factorial(sum(n)) / relabellings(n), "DIFFERENT"),
            (lambda n: sum(k * (k - 1) / 2 for k in n), "single exchanges"), (lambda n: 2 ** sum(n), "subsets"),
            (lambda n: factorial(max(n)), "one kind only"), (lambda n: 7, "n alike atoms"), (lambda n: n, "one number"),
            (48, "function"),
        ],
    ),
    "19.q3": Check(
        judge_costs,
        "right: channels of neighbours and networks of pairs grow as the square of the number of elements.",
        right=[costs, costs_in_loops],
        wrong=[
            (costs_with(lambda n: n * n), "n² pairs"), (costs_with(lambda n: n * (n - 1) // 2), "DIFFERENT"),
            (costs_blind, "do not grow"), (costs_angular_once, "an angle has two"), (costs_of_all_centres, "ONE atom"),
            (costs_in_another_order, "another order"), (networks_with(lambda n: n * n), "too many"),
            (networks_with(lambda n: n * (n - 1) // 2), "O–O needs"), (lambda n, r, a: (1, 2, 3), "one set for each"), (lambda n, r, a: n, "shape"), (3, "function"),
        ],
    ),
    "19.q4": Check(
        judge_partial_g,
        "right: 1 for atoms spread evenly, whatever their number and kind.",
        right=[partial_g, partial_g_in_loops],
        wrong=[
            (g_with_self, "its own neighbour"), (g_always_without, "a and b differ"), (g_of_all, "ALL atoms"),
            (g_of_a, "density of a"), (g_not_each, "divide by N_a"), (g_thin, "thin"), (g_ball, "whole ball"),
            (g_without_volume, "of the box"), (g_cubes, "factor"),
            (lambda *case: 2 * partial_g(*case), "twice"), (lambda *case: partial_g(*case) / 2, "half"),
            (lambda *case: np.ones(4), "spread evenly would"), (lambda *case: 1.0, "shape"), (1.0, "function"),
        ],
    ),
    "19.q5": Check(
        judge_total,
        "right: the total is a mean over all ordered pairs, and from it alone the three cannot be had back.",
        right=[total_g, total_g_by_shares],
        wrong=[
            (lambda a, m, b, i, j: (a + m + b) / 3, "plain mean"), (lambda a, m, b, i, j: a + m + b, "a sum"),
            (total_once, "twice"), (total_large, "large numbers"), (total_of_squares, "nearly"), (total_shares, "missing"),
            (lambda a, m, b, i, j: total_g(a, m, b, i, j) * (i + j) * (i + j - 1), "Divide by"),
            (lambda a, m, b, i, j: a, "Weigh each"), (lambda a, m, b, i, j: 1.0, "shape"), (1.0, "function"),
        ],
    ),
}  # fmt: skip


def about_exchange(predicted, measured):
    if predicted < measured / 2:
        return "Far more than you thought. A silicon among silicons and an oxygen among oxygens: like charges side by side."
    if predicted > 2 * measured:
        return "Less than you thought, and still beyond anything that a hot melt could pay."
    return "Well estimated: beyond anything that a hot melt could pay."


def about_blind(predicted, measured):
    if abs(predicted - measured) <= 10:
        return "Close. It is better than nothing only because hardly anything but an oxygen comes near to a silicon."
    if predicted < measured:
        return "Worse than you thought: the same distance means a bond between unlike atoms and a push between like ones."
    return "Better than you thought: in silica one can guess from the distances who is who. That is luck, not knowledge."


def about_peak(predicted, found):
    if predicted == found:
        return "As you said. The bond is there in the melt already; what freezes is how much it moves, and who holds whom."
    return "The length of a bond hardly depends on temperature; what does is how much the atoms move about it."


PREDICTIONS = {
    "19.p1": Prediction(
        "A silicon atom changes places with the oxygen next to it. How much energy does it cost?", " eV", 0, 10000,
        about_exchange,
    ),
    "19.p2": Prediction(
        "A linear potential that takes all atoms for the same: how large is its force error on a new melt and glass, in per "
        "cent of the force itself?", " %", 0, 1000, about_blind,
    ),
    "19.p3": Choice(
        "The melt is cooled to a glass. What happens to the first peak of g between silicon and oxygen?",
        {
            "a": "it moves inwards by a tenth or more: cold bonds are short",
            "b": "it stays about where it is, and becomes narrow and high",
            "c": "it splits into several, one for each shell of a crystal",
        },
        about_peak,
    ),
}  # fmt: skip

QUIZ = [
    Question(
        "Two atoms change places in the list of atoms, with their positions and their species. What may the energy do?",
        {
            "a": ("change, if they are of different kinds", "no: the list is in another order, the structure is the same."),
            "b": ("change, if they are of the same kind", "least of all then."),
            "c": ("nothing", "yes. It is when positions are exchanged and species are not that kinds matter."),
        },
        "c",
    ),
    Question(
        "In a glass of 100 SiO2 every Si has four O within 2.2 Å. How many Si has an O, on average?",
        {
            "a": ("two", "yes: 100 · 4 bonds are shared by 200 oxygens."),
            "b": ("four: g is the same from both ends", "g is; the numbers of neighbours are not, as there are twice as many O."),
            "c": ("eight", "the wrong way round: there are MORE oxygens to share the same bonds."),
        },
        "a",
    ),
    Question(
        "Why did the potential with a network for each element need the channels of its features as well?",
        {
            "a": ("to be faster", "channels cost time: more features."),
            "b": ("the network knows what the centre is, but not who its neighbours are", "yes. Who sits in the middle picks "
                  "the network; who sits around must be told by the features."),
            "c": ("it did not, the network finds out", "from sums in which kinds are mixed nothing can be found out."),
        },
        "b",
    ),
]  # fmt: skip
