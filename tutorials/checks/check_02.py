"""Exercises, predictions and quiz of notebook 02. Reading on tells you the answers: try first.

`right` and `wrong` are recorded answers; `tests/test_coursework.py` runs every one of them.
"""

import itertools

import numpy as np

from mlip_edu.coursework.engine import Check, Prediction, Question, expect, run
from mlip_edu.geometry import nearest_image

# --- 02.q1: lengths from bounds -------------------------------------------------------------------------

BOXES = [  # lo, hi, tilt; tilts xy, xz, yz of both signs (Å)
    [[-6.6599068561068142, 10.6426540787132993, -5.7964044747763319],
     [-1.5903743695984427, 8.9256853388485613, -0.8635023813304824],
     [0, 16.3996700907443120, -1.5903743695984427]],
    [[0, 16.5, 2.5], [0, 9.0, 4.0], [1, 8.0, 1.5]],
    [[-1.0, 13.0, 3.0], [-2.5, 8.0, -4.0], [0, 6.0, 0.5]],
]  # fmt: skip


def lengths(bounds):
    (xlo, xhi, xy), (ylo, yhi, xz), (zlo, zhi, yz) = bounds
    lx = (xhi - max(0, xy, xz, xy + xz)) - (xlo - min(0, xy, xz, xy + xz))
    return lx, (yhi - max(0, yz)) - (ylo - min(0, yz)), zhi - zlo


def lengths_as_bounds(bounds):
    return [high - low for low, high, _ in bounds]


def lengths_xy_only(bounds):
    (xlo, xhi, xy), (ylo, yhi, _), (zlo, zhi, yz) = bounds
    return xhi - xlo - abs(xy), yhi - ylo - abs(yz), zhi - zlo


def lengths_without_sum(bounds):
    (xlo, xhi, xy), (ylo, yhi, xz), (zlo, zhi, yz) = bounds
    return (xhi - max(0, xy, xz)) - (xlo - min(0, xy, xz)), yhi - ylo - abs(yz), zhi - zlo


def lengths_added(bounds):
    return [2 * (hi - lo) - right for (lo, hi, _), right in zip(bounds, lengths(bounds), strict=True)]


def lengths_signed(bounds):
    (xlo, xhi, xy), (ylo, yhi, xz), (zlo, zhi, yz) = bounds
    return xhi - xlo - xy - xz, yhi - ylo - yz, zhi - zlo


def lengths_by_sizes(bounds):
    (xlo, xhi, xy), (ylo, yhi, xz), (zlo, zhi, yz) = bounds
    return xhi - xlo - abs(xy) - abs(xz), yhi - ylo - abs(yz), zhi - zlo


def judge_lengths(function):
    for box in (BOXES[1], BOXES[2], BOXES[0]):  # in the first one, the known wrong answers differ
        bounds = np.array(box)
        known = [
            (lengths_as_bounds(bounds), "these are the sides of the box AROUND the cell. Draw the cell's four corners "
             "in the xy plane: which of them touches the left wall, and which the right?"),
            (lengths_xy_only(bounds), "the vector c leans along x too (its tilt is xz), so the top face of the cell "
             "can reach further than the bottom one. List the x of all eight corners."),
            (lengths_without_sum(bounds), "a corner is missing from your list. Does it hold the origin, and the corner "
             "where b and c add up?"),
            (lengths_signed(bounds), "right as long as no tilt is negative. What does a cell that leans to the left "
             "do to its bounds?"),
            (lengths_added(bounds), "you made the box larger. The cell fits INSIDE its bounds: check both signs."),
        ]  # fmt: skip
        hint = "not the lengths yet. Where do the eight corners lie in x? And the four different values in y?"
        expect(run(function, bounds), lengths(bounds), known, hint)


# --- 02.q2: volume per atom -----------------------------------------------------------------------------

VOLUME, ATOMS = float(np.prod(lengths(BOXES[0]))), 52


def judge_volume(answer):
    known = [
        (np.prod(lengths_as_bounds(BOXES[0])) / ATOMS, "that is the volume of the bounding box, shared by the atoms."),
        (VOLUME, "that is the volume of the whole cell. How many atoms share it?"),
        (ATOMS / VOLUME, "that is atoms per Å³, the inverse of what is asked."),
        (ATOMS * VOLUME, "the atoms SHARE the volume: multiply or divide?"),
        (-VOLUME / ATOMS, "right in size. A volume is positive, whichever way round a, b and c are named."),
    ]
    expect(answer, VOLUME / ATOMS, known, "not the volume per atom. How is a volume made from a, b and c?", rtol=1e-3)


# --- 02.q3: distances without loops ---------------------------------------------------------------------

POINTS = np.array([[0.0, 0, 0], [3, 4, 0], [1, -2, 2], [-1, 0.5, 7], [2, 2, 2]])


def distances(positions):
    return np.linalg.norm(positions[None, :] - positions[:, None], axis=-1)


def judge_distances(function):
    right = distances(POINTS)
    answer = run(function, POINTS)
    known = [
        (POINTS[None, :] - POINTS[:, None], "these are the difference vectors, (atoms, atoms, 3). One step is left."),
        (right**2, "these are the squares of the distances, in Å²."),
        (np.abs(POINTS[None, :] - POINTS[:, None]).sum(-1), "you add |Δx| + |Δy| + |Δz|: a taxi's distance, not ours."),
        (np.linalg.norm(POINTS, axis=1), "these are the distances from the origin. Differences of positions first."),
        (right[np.triu_indices(len(POINTS), 1)], "these are the pairs once each; the matrix has them twice."),
    ]
    if np.shape(answer) not in {np.shape(value) for value, _ in known}:
        known = []
    else:
        for value, text in known:
            if np.shape(value) == np.shape(answer) != right.shape:
                expect(answer, np.zeros(np.shape(answer)), [(value, text)], text)
    hint = "not the distances. Try two atoms, one at the origin and one at (3, 4, 0): what comes out?"
    expect(answer, right, known, hint)


# --- 02.q4 and 02.q5: nearest images --------------------------------------------------------------------

CELL = np.array([[10.0, 0.0, 0.0], [6.0, 8.0, 0.0], [-2.0, 1.0, 12.0]])
VECTORS = np.random.default_rng(7).uniform(-2.5, 2.5, (200, 3)) @ CELL
SHIFTS = np.array(list(itertools.product((-1, 0, 1), repeat=3)))


def all_images(vectors, cell):
    return by_rounding(vectors, cell)[:, None] + SHIFTS @ cell


def which_image(vectors, cell):
    return np.linalg.norm(all_images(vectors, cell), axis=-1).argmin(axis=1)


def by_rounding(vectors, cell):
    fractional = vectors @ np.linalg.inv(cell)
    return (fractional - np.round(fractional)) @ cell


def search_from(start, cell, pick=np.argmin):
    images = start[:, None] + SHIFTS @ cell
    lengths_of_images = np.linalg.norm(images, axis=-1)
    return images[np.arange(len(start)), pick(lengths_of_images, axis=1)]


def by_search(vectors, cell):
    return search_from(by_rounding(vectors, cell), cell)


def with_floor(vectors, cell):
    fractional = vectors @ np.linalg.inv(cell)
    return (fractional - np.floor(fractional)) @ cell


def with_trunc(vectors, cell):
    fractional = vectors @ np.linalg.inv(cell)
    return (fractional - np.trunc(fractional)) @ cell


def with_lengths(vectors, cell):
    return vectors - np.diag(cell) * np.round(vectors / np.diag(cell))


def with_columns(vectors, cell):
    fractional = vectors @ np.linalg.inv(cell.T)
    return (fractional - np.round(fractional)) @ cell.T


def still_fractional(vectors, cell):
    fractional = vectors @ np.linalg.inv(cell)
    return fractional - np.round(fractional)


def with_plus(vectors, cell):
    fractional = vectors @ np.linalg.inv(cell)
    return (fractional + np.round(fractional)) @ cell


def judge_rounding(function):
    known = [
        (VECTORS, "the vectors come back as they went in."),
        (with_floor(VECTORS, CELL), "you rounded down: s lands between 0 and 1, always on one side. The NEAREST whole "
         "number is needed."),
        (with_trunc(VECTORS, CELL), "you cut the decimals off, towards zero. The NEAREST whole number is needed."),
        (VECTORS - by_rounding(VECTORS, CELL), "that is what is to be taken away: whole numbers of a, b and c."),
        (with_lengths(VECTORS, CELL), "you rounded x, y and z one by one with the box lengths. Images of a tilted cell "
         "are a, b and c away, not lx, ly and lz: go to fractional coordinates first."),
        (with_columns(VECTORS, CELL), "the rows of the cell are a, b and c: you seem to have used its columns."),
        (still_fractional(VECTORS, CELL), "these are fractional coordinates still. Go back to Å."),
        (with_plus(VECTORS, CELL), "the whole number is to be taken away; look at the sign."),
    ]  # fmt: skip
    hint = "not the rounded images. For one vector, print s, the rounded s, and what is left: is |s| below one half?"
    expect(run(function, VECTORS, CELL), by_rounding(VECTORS, CELL), known, hint)


def judge_search(function):
    images, which = all_images(VECTORS, CELL), which_image(VECTORS, CELL)
    known = [
        (np.linalg.norm(by_search(VECTORS, CELL), axis=1), "these are the lengths of the shortest. The vectors "
         "themselves are asked."),
        (which, "these say WHICH image of each row is the shortest. Now pick it from `images`."),
        (images[:, which], "`images[:, which]` takes every choice for every row. Give the number of the row "
         "beside each choice: np.arange(len(images))."),
        (by_rounding(VECTORS, CELL), "this is rounding again. The 26 images around it have not been compared yet."),
        (search_from(VECTORS, CELL), "your search begins at the vector as given, which may be many cells long. "
         "Round first, then search around the result."),
        (search_from(by_rounding(VECTORS, CELL), CELL, np.argmax), "these are the LONGEST of the images."),
        (VECTORS, "the vectors come back as they went in."),
    ]  # fmt: skip
    hint = "not the shortest of the 27. For one vector, print all 27 lengths and see which one you return."
    expect(run(function, VECTORS, CELL), by_search(VECTORS, CELL), known, hint)


# --- 02.q6: how many distances --------------------------------------------------------------------------


def judge_count(function):
    for n in (52, 10, 3, 2):  # in the first one, the known wrong answers differ
        known = [
            (n * n, "that counts an atom's distance to itself, and each pair twice."),
            (n * (n - 1), "each pair is counted twice: from i to j and from j to i."),
            (n * (n + 1) // 2, "that counts an atom's distance to itself."),
            (n * n / 2, "half of all places of the matrix, with those on its diagonal: an atom with itself."),
            (2**n, "that would be the number of SUBSETS of the atoms. A distance needs just two of them."),
            (n, "that is one number an atom. How many partners does each atom have?"),
        ]
        known = known if n == 52 else []  # small numbers coincide
        hint = f"not for {n} atoms. Draw 2, 3 and 4 of them, and count the lines between them."
        expect(run(function, n), n * (n - 1) // 2, known, hint)


CHECKS = {
    "02.q1": Check(
        judge_lengths,
        "right, for both signs of every tilt. A box that leans is smaller than the box around it.",
        right=[lengths, lambda bounds: np.array(lengths(bounds)), lengths_by_sizes],
        wrong=[
            (lengths_as_bounds, "AROUND"),
            (lengths_xy_only, "xz"),
            (lengths_without_sum, "where b and c add up"),
            (lengths_added, "larger"),
            (lengths_signed, "negative"),
            (lambda bounds: lengths(bounds)[:2], "shape"),
            (lambda bounds: bounds[9], "IndexError"),
            (lambda bounds: 3 * [float("nan")], "nan"),
            (10.6427, "function"),
        ],
    ),
    "02.q2": Check(
        judge_volume,
        "right. For a leaning cell a · (b × c) is lx·ly·lz: leaning does not change a volume.",
        right=[VOLUME / ATOMS, 29.96],
        wrong=[
            (np.prod(lengths_as_bounds(BOXES[0])) / ATOMS, "bounding box"),
            (VOLUME, "whole cell"),
            (ATOMS / VOLUME, "inverse"),
            (VOLUME * ATOMS, "SHARE"),
            (-VOLUME / ATOMS, "positive"),
            (31.0, "How is a volume"),
            ("thirty", "numbers"),
            ([29.96], "shape"),
        ],
    ),
    "02.q3": Check(
        judge_distances,
        "right. Every distance twice, zeros on the diagonal, not one loop of yours.",
        right=[distances, lambda p: np.sqrt(((p[:, None] - p[None]) ** 2).sum(-1))],
        wrong=[
            (lambda p: p[None, :] - p[:, None], "difference vectors"),
            (lambda p: distances(p) ** 2, "Å²"),
            (lambda p: np.abs(p[None] - p[:, None]).sum(-1), "taxi"),
            (lambda p: np.linalg.norm(p, axis=1), "origin"),
            (lambda p: distances(p)[np.triu_indices(len(p), 1)], "once each"),
            (lambda p: distances(p) + 1, "(3, 4, 0)"),
            (lambda p: distances(p)[:2], "shape"),
            (lambda p: p.__imul__(2), "changed the arrays"),
        ],
    ),
    "02.q4": Check(
        judge_rounding,
        "right: these are the images that rounding finds. Whether they are the nearest is another question.",
        right=[by_rounding],
        wrong=[
            (lambda vectors, cell: vectors, "as they went in"),
            (with_floor, "rounded down"),
            (with_trunc, "towards zero"),
            (lambda vectors, cell: vectors - by_rounding(vectors, cell), "taken away: whole"),
            (with_lengths, "one by one"),
            (with_columns, "columns"),
            (still_fractional, "fractional"),
            (with_plus, "sign"),
            (lambda vectors, cell: 2 * vectors, "one half"),
        ],
    ),
    "02.q5": Check(
        judge_search,
        "right: the shortest of the 27 images around the rounded one.",
        right=[by_search, lambda vectors, cell: nearest_image(vectors, cell, [True] * 3)],
        wrong=[
            (by_rounding, "rounding again"),
            (lambda vectors, cell: search_from(vectors, cell), "begins at the vector"),
            (lambda vectors, cell: search_from(by_rounding(vectors, cell), cell, np.argmax), "LONGEST"),
            (lambda vectors, cell: vectors, "as they went in"),
            (lambda vectors, cell: np.linalg.norm(by_search(vectors, cell), axis=1), "lengths of the shortest"),
            (lambda vectors, cell: which_image(vectors, cell), "WHICH"),
            (lambda vectors, cell: all_images(vectors, cell)[:, which_image(vectors, cell)], "every choice"),
            (lambda vectors, cell: 2 * vectors, "27 lengths"),
        ],
    ),
    "02.q6": Check(
        judge_count,
        "right: each of n atoms has n − 1 partners, and every pair is counted once.",
        right=[lambda n: n * (n - 1) / 2, lambda n: len(list(itertools.combinations(range(n), 2)))],
        wrong=[
            (lambda n: n * n, "to itself, and each pair twice"),
            (lambda n: n * (n - 1), "counted twice"),
            (lambda n: n * (n + 1) / 2, "to itself"),
            (lambda n: n * n / 2, "diagonal"),
            (lambda n: 2**n, "SUBSETS"),
            (lambda n: n, "partners"),
            (lambda n: 25.5 * n, "not for 10 atoms"),
            (1326, "function"),
        ],
    ),
}


# --- predictions and quiz -------------------------------------------------------------------------------


def about_images(predicted, measured):
    if abs(predicted - measured) <= 5:
        return "Close: few people expect so many."
    if predicted < measured:
        return "More than you thought: the leaning of the cell, not bad luck, is the cause."
    return "Fewer than you thought: most vectors that rounding leaves are short enough for no other image to compete."


def about_cost(predicted, measured):
    if abs(predicted - 4) < 0.5:
        return "As you said: each side of the matrix doubles."
    if predicted < 4:
        return "More than you thought: the matrix has two sides, and both double."
    return "Less than you thought: the cost grows quickly, but it does not explode."


PREDICTIONS = {
    "02.p1": Prediction(
        "In a tilted cell, for how many per cent of random pairs of atoms does rounding find the wrong image?",
        " %", 0, 100, about_images,
    ),
    "02.p2": Prediction(
        "Twice as many atoms: how many times as long does a matrix of all distances take?",
        " times", 1, 1e6, about_cost,
    ),
}  # fmt: skip

QUIZ = [
    Question(
        "A dump's x bounds read -3 14 4 (lo, hi, xy), and xz = -3; all in Å. How long is edge a?",
        {
            "a": ("17 Å", "14 − (−3) is the side of the box around the cell, not an edge of the cell."),
            "b": ("13 Å", "you allowed for the tilt xy, but c leans along x as well."),
            "c": ("10 Å", "yes: the corners lie at most 4 Å right of the edge a, and at most 3 Å left of it."),
            "d": ("24 Å", "you added the overhangs; the cell lies inside its bounds."),
        },
        "c",
    ),
    Question(
        "When does rounding the fractional coordinates always give the nearest image?",
        {
            "a": ("in a cell with right angles", "yes: then x, y and z can be made short one by one."),
            "b": ("when all atoms lie inside the cell", "images do not care where the atoms are wrapped to."),
            "c": ("once every tilt is at most half an edge", "you saw this case: still wrong for many pairs."),
            "d": ("in a large enough cell", "scale the cell and all its vectors: nothing changes."),
        },
        "a",
    ),
    Question(
        "A matrix of all distances takes 1 s for 5,000 atoms. What do you expect for 50,000?",
        {
            "a": ("10 s", "that would be so if each atom had a fixed number of partners. Here everyone is a partner."),
            "b": ("about 100 s", "yes: ten times as many atoms, each with ten times as many partners."),
            "c": ("longer than the age of the universe", "that is what exponential growth would do. This is a power."),
        },
        "b",
    ),
]
