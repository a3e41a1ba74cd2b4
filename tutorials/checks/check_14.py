"""Exercises, predictions and quiz of notebook 14. Reading on tells you the answers: try first.

`right` and `wrong` are recorded answers; `tests/test_coursework.py` runs every one of them.
"""

import numpy as np

from mlip_edu.coursework.engine import Check, Choice, Prediction, Question, Wrong, expect, run

# --- 14.q1: the kernel of two sets of places ------------------------------------------------------------

PLACES, OTHERS = np.array([1.0, 1.7, 3.1]), np.array([0.4, 2.0])  # Å
DELTA, LENGTH = 1.5, 0.8  # eV, Å


def kernel(x, other, delta, length):
    return delta**2 * np.exp(-((np.asarray(x)[:, None] - other) ** 2) / (2 * length**2))


def kernel_in_loops(x, other, delta, length):
    return [[delta * delta * np.exp(-0.5 * ((a - b) / length) ** 2) for b in other] for a in x]


def judge_kernel(function):
    d = PLACES[:, None] - OTHERS
    right = kernel(PLACES, OTHERS, DELTA, LENGTH)
    known = [
        (DELTA**2 * np.exp(-((d / LENGTH) ** 2)), "the 2 of 2ℓ² is missing. Or brackets: a / 2 * b is (a / 2) · b, not a / (2b)."),
        (DELTA**2 * np.exp(-(d**2) / 2 * LENGTH**2), "brackets: a / 2 * b is (a / 2) · b. The square of ℓ stands in the denominator."),
        (DELTA**2 * np.exp(-(d**2) / (2 * LENGTH)), "ℓ has to be squared: a length squared over a length is still a length."),
        (DELTA * np.exp(-(d**2) / (2 * LENGTH**2)), "δ has to be squared: a covariance of energies is in eV²."),
        (np.exp(-(d**2) / (2 * LENGTH**2)), "δ² in front is missing: at r = r' the kernel is the variance of the energy."),
        (DELTA**2 * np.exp(d**2 / (2 * LENGTH**2)), "the sign of the exponent: far apart should mean less alike, not more."),
        (DELTA**2 * np.exp(-np.abs(d) / (2 * LENGTH**2)), "the distance has to be squared. With |r − r'| the curves have kinks."),
        (DELTA**2 * np.exp(-np.abs(d) / LENGTH), "this is another kernel, exp(−|r − r'|/ℓ): its curves have kinks. The distance is to be squared."),
        (right.T, "rows and columns are exchanged: one row for each of x."),
    ]  # fmt: skip
    hint = "not the kernel. For x = other it should be δ², a distance ℓ away δ² · exp(−1/2)."
    expect(run(function, PLACES, OTHERS, DELTA, LENGTH), right, known, hint)


def two_of(answer, text):
    """``answer`` if it has two parts, or a diagnosis."""
    several = isinstance(answer, (tuple, list)) or (isinstance(answer, np.ndarray) and answer.ndim > 0)
    if not several or len(answer) != 2:
        raise Wrong(text)
    return answer


# --- 14.q2: what the data leave --------------------------------------------------------------------------

DATA, WANTED = np.array([1.2, 1.9, 2.7, 3.0]), np.array([0.9, 2.3, 3.9])
GRAM, CROSS = kernel(DATA, DATA, DELTA, LENGTH), kernel(WANTED, DATA, DELTA, LENGTH)
PRIOR = np.full(3, DELTA**2)
LABELS, NOISE = np.array([0.7, -1.1, 0.4, 0.9]), 0.3


def posterior(gram, cross, prior, y, noise):
    inverse = np.linalg.inv(gram + noise**2 * np.eye(len(y)))
    return cross @ inverse @ y, prior - ((cross @ inverse) * cross).sum(axis=1)


def posterior_by_cholesky(gram, cross, prior, y, noise):
    factor = np.linalg.cholesky(gram + noise**2 * np.eye(len(y)))
    half = np.linalg.solve(factor, cross.T)
    return [half.T @ np.linalg.solve(factor, y), [p - column @ column for p, column in zip(prior, half.T, strict=True)]]


def with_noise(changed):
    """The posterior with another matrix in place of K + σ²."""
    return lambda gram, cross, prior, y, noise: posterior(gram + changed(noise) * np.eye(len(y)), cross, prior, y, 0.0)


def everywhere(gram, cross, prior, y, noise):
    return posterior(gram + noise**2, cross, prior, y, 0.0)


def judge_posterior(function):
    given = GRAM, CROSS, PRIOR, LABELS, NOISE
    answer = run(function, *given)
    mean, variance = two_of(answer, "this asks for two things: the means and the variances at the new places, both (m,).")
    right = posterior(*given)
    others = [
        (with_noise(lambda s: 0.0), "the noise is missing: without σ² on the diagonal the curve must go through every label."),
        (with_noise(lambda s: s), "σ has to be squared: the diagonal of K is a variance in eV²."),
        (everywhere, "you add σ² to EVERY entry of K. The noise of two labels is independent: only the diagonal gets it."),
    ]  # fmt: skip
    expect(mean, right[0], [(f(*given)[0], text) for f, text in others] + [
        (CROSS @ np.linalg.inv(GRAM + NOISE**2 * np.eye(4)) @ np.ones(4), "the labels y do not come in."),
        (-right[0], "the sign of the mean."),
        (CROSS @ LABELS, "this adds up the labels by likeness alone. Labels close to each other say the same thing twice: "
         "that is what the inverse of K + σ² takes off."),
    ], "the mean is not right: k(new, data) times the inverse of (K + σ²) times y.")  # fmt: skip
    taken = PRIOR - right[1]
    expect(variance, right[1], [(f(*given)[1], text) for f, text in others] + [
        (np.sqrt(right[1]), "this is the standard deviation; the variance is asked for."),
        (right[1] + NOISE**2, "this is the variance of a new noisy label. Of the curve itself is asked: without that last σ²."),
        (taken, "this is what the data take AWAY from the variance: prior minus this."),
        (PRIOR + taken, "data can only make the variance smaller: the sign."),
        (np.diag(PRIOR) - CROSS @ np.linalg.inv(GRAM + NOISE**2 * np.eye(4)) @ CROSS.T, "these are covariances of all pairs of "
         "new places. Only the variance of each is asked for: a sum over data, row by row."),
        (PRIOR[:, None] - CROSS @ np.linalg.inv(GRAM + NOISE**2 * np.eye(4)) @ CROSS.T, "a table (m, m) came out: each new place is to "
         "be combined with itself alone. A sum over data, row by row."),
    ], "the mean is right, the variance is not: prior − Σ over data of (k(new, data) times the inverse) · k(new, data), row by row.")  # fmt: skip


# --- 14.q3: forces --------------------------------------------------------------------------------------


def force_kernels(x, other, delta, length):
    d = np.asarray(x)[:, None] - other
    k = kernel(x, other, delta, length)
    return d / length**2 * k, (1 / length**2 - d**2 / length**4) * k


def force_kernels_by_differences(x, other, delta, length, h=1e-4):
    x, other = np.asarray(x, float), np.asarray(other, float)

    def k(a, b):
        return kernel(x + a, other + b, delta, length)

    return np.array([
        -(k(h, 0) - k(-h, 0)) / (2 * h), (k(h, h) - k(h, -h) - k(-h, h) + k(-h, -h)) / (4 * h * h),
    ])  # fmt: skip


def judge_forces(function):
    given = PLACES, OTHERS, DELTA, LENGTH
    answer = run(function, *given)
    mixed, both = two_of(answer, "this asks for two tables: ⟨F E'⟩ and ⟨F F'⟩, both (n, m).")
    right = force_kernels(*given)
    d, k = PLACES[:, None] - OTHERS, kernel(*given)
    expect(mixed, right[0], [
        (-right[0], "the sign of ⟨F E'⟩: F is MINUS the slope of E, and the kernel falls as r moves away from r'."),
        (right[0] * LENGTH**2, "1/ℓ² is missing in ⟨F E'⟩: the inner derivative."),
        (right[0] * LENGTH, "in ⟨F E'⟩ ℓ has to be squared: differentiate the exponent once more."),
        (right[0] / 2, "a factor two in ⟨F E'⟩: the derivative of d²/2ℓ² is d/ℓ²."),
        (right[1], "the two are exchanged: ⟨F E'⟩ first."),
        (k, "this is ⟨E E'⟩ itself; differentiate it by r."),
        (d / LENGTH**2, "the kernel itself is missing as a factor: differentiate the exponential too."),
    ], "⟨F E'⟩ is not right: differentiate k once by the first place r, and mind the sign.", rtol=1e-5)  # fmt: skip
    expect(both, right[1], [
        (-right[1], "⟨F E'⟩ is right. Your ⟨F F'⟩ has the sign of ∂²k/∂r²: one derivative is by r and one by r', and F F' has two minus signs."),
        (k / LENGTH**2, "⟨F E'⟩ is right. In ⟨F F'⟩ a product is differentiated: there is a second term."),
        (-(d**2) / LENGTH**4 * k, "⟨F E'⟩ is right. In ⟨F F'⟩ a product is differentiated: d itself has a derivative too."),
        (d**2 / LENGTH**4 * k, "⟨F E'⟩ is right. ⟨F F'⟩ is not the square of a slope: differentiate the product d · k."),
        ((1 / LENGTH**2 + d**2 / LENGTH**4) * k, "⟨F E'⟩ is right. In ⟨F F'⟩ the second term has the other sign."),
        ((1 - d**2 / LENGTH**2) * k, "⟨F E'⟩ is right. ⟨F F'⟩ is right but for a factor 1/ℓ²: check its unit, (eV/Å)²."),
        ((1 / LENGTH**2 - d**2 / LENGTH**2) * k, "⟨F E'⟩ is right. Check the units of the two terms of ⟨F F'⟩: 1/ℓ² and d²/ℓ⁴."),
    ], "⟨F E'⟩ is right, ⟨F F'⟩ is not: differentiate ⟨F E'⟩ by r', then a minus sign. It is a product.", rtol=1e-5)  # fmt: skip


# --- 14.q4: the evidence --------------------------------------------------------------------------------


def log_evidence(gram, y, noise):
    total = gram + noise**2 * np.eye(len(y))
    return -0.5 * y @ np.linalg.solve(total, y) - 0.5 * np.linalg.slogdet(total)[1] - 0.5 * len(y) * np.log(2 * np.pi)


def log_evidence_by_cholesky(gram, y, noise):
    factor = np.linalg.cholesky(gram + noise**2 * np.eye(len(y)))
    z = np.linalg.solve(factor, y)
    return [float(-z @ z / 2 - sum(np.log(np.diag(factor))) - len(y) / 2 * np.log(2 * np.pi))][0]


def evidence_parts(noise=NOISE**2):
    total = GRAM + noise * np.eye(len(LABELS))
    return LABELS @ np.linalg.solve(total, LABELS), np.linalg.slogdet(total)[1], len(LABELS) * np.log(2 * np.pi)


def judge_evidence(function):
    fit, size, constant = evidence_parts()
    right = -(fit + size + constant) / 2
    known = [
        (-(fit + size) / 2, "the constant −(n/2) log 2π is missing. It does not choose a length scale, but a library has it."),
        (-(fit - size + constant) / 2, "the sign of log det: a process that could make many more curves spreads its belief "
         "over them, and must pay for it."),
        (-(fit + constant) / 2, "log det is missing: without it the largest δ always wins."),
        (-(fit + 2 * size + constant) / 2, "log det has a factor ½ too: it is the log of a square root."),
        (-(2 * fit + size + constant) / 2, "the first term has a factor ½ too."),
        (-(fit + size + constant), "all three terms have a factor ½."),
        (-right, "the sign: this is −log p. More is to mean more likely."),
        (np.exp(right), "this is p itself. With many labels it is too small for a float: take the log."),
        (-sum(evidence_parts(0.0)) / 2, "the labels have noise: K + σ² in both places."),
        (-sum(evidence_parts(NOISE)) / 2, "σ has to be squared: the diagonal of K is a variance in eV²."),
    ]  # fmt: skip
    hint = "not the log of this normal distribution. Compute the three terms one by one: −½ yᵀ(K + σ²)⁻¹y, −½ log det(K + σ²), −(n/2) log 2π."
    expect(run(function, GRAM, LABELS, NOISE), right, known, hint)


# --- 14.q5: the power spectrum --------------------------------------------------------------------------

COEFFICIENTS = np.random.default_rng(14).normal(size=(3, 9))  # three radial functions, l up to 2
ROWS = [slice(degree**2, (degree + 1) ** 2) for degree in range(3)]
FRONT = np.pi * np.sqrt(8 / (2 * np.arange(3) + 1))[:, None, None]


def power_spectrum(c, l_max):
    parts = [c[:, degree**2 : (degree + 1) ** 2] for degree in range(l_max + 1)]
    return np.array([np.pi * np.sqrt(8 / (2 * degree + 1)) * part @ part.T for degree, part in enumerate(parts)])


def power_spectrum_in_loops(c, l_max):
    n, table = len(c), []
    for degree in range(l_max + 1):
        columns = range(degree * degree, degree * degree + 2 * degree + 1)
        front = np.pi * (8 / (2 * degree + 1)) ** 0.5
        table.append([[front * sum(c[a][m] * c[b][m] for m in columns) for b in range(n)] for a in range(n)])
    return table


def judge_spectrum(function):
    c, right = COEFFICIENTS, power_spectrum(COEFFICIENTS, 2)
    sums = np.array([c[:, rows].sum(axis=1) for rows in ROWS])
    known = [
        (FRONT * sums[:, :, None] * sums[:, None, :], "you add up over m first and multiply then. That changes when the atom is "
         "turned: multiply first, m by m, then add."),
        (right / FRONT, "the factor π √(8/(2l + 1)) is missing."),
        (right / np.pi, "the π in front is missing."),
        (right / FRONT * np.pi * 8 / (2 * np.arange(3) + 1)[:, None, None], "the root of 8/(2l + 1) is missing."),
        (np.array([np.diag(table) for table in right]), "only n = n' came out. The products of different n are features too: they say how "
         "the shells are turned against each other."),
        (right.sum(axis=0), "you add up over l. Each l is invariant by itself, and is kept."),
        (np.moveaxis(right, 0, 2), "the right numbers in another order: l first, then n, then n'."),
        (FRONT * np.array([c[:, d : 3 * d + 1] @ c[:, d : 3 * d + 1].T for d in range(3)]), "the columns of l begin at l², not at l."),
        (FRONT * np.array([c[:, d**2 : d**2 + d + 1] @ c[:, d**2 : d**2 + d + 1].T for d in range(3)]), "m runs from −l to l: 2l + 1 columns, not l + 1."),
    ]  # fmt: skip
    hint = "not the power spectrum. For l = 0 there is one column, and p is π√8 · c_n · c_n'. Then the columns 1, 2, 3 for l = 1."
    expect(run(function, COEFFICIENTS, 2), right, known, hint)


# --- 14.q6: from atoms to structures --------------------------------------------------------------------

FIRST, SECOND = np.array([[1.0, 2.0, 0.5], [0.3, 1.0, 2.0]]), np.array([[2.0, 1.0, 1.0], [0.5, 0.2, 3.0], [1.0, 1.5, 0.1]])
ZETA = 3


def units(rows):
    return np.asarray(rows) / np.linalg.norm(rows, axis=1)[:, None]


def structure_kernel(p, q, delta, zeta):
    return delta**2 * ((units(p) @ units(q).T) ** zeta).sum()


def structure_kernel_in_loops(p, q, delta, zeta):
    total = 0.0
    for a in p:
        for b in q:
            total += delta**2 * (a @ b / (a @ a * (b @ b)) ** 0.5) ** zeta
    return float(total)


def judge_structures(function):
    cosines = units(FIRST) @ units(SECOND).T
    right = DELTA**2 * (cosines**ZETA).sum()
    known = [
        (DELTA**2 * ((FIRST @ SECOND.T) ** ZETA).sum(), "the rows are not normalised: divide each by its length, so that an atom is "
         "compared with itself by 1."),
        (DELTA**2 * cosines.sum() ** ZETA, "the power comes before the sum: each PAIR of atoms is compared, sharpened by ζ, then added."),
        (DELTA**2 * cosines.sum(), "the exponent ζ is missing."),
        (DELTA**2 * (cosines**ZETA).mean(), "this is the mean. Energies of atoms are ADDED to that of the structure, so covariances are too."),
        (DELTA * (cosines**ZETA).sum(), "δ has to be squared: a covariance of energies is in eV²."),
        ((cosines**ZETA).sum(), "δ² in front is missing."),
        (DELTA**2 * (((FIRST / np.linalg.norm(FIRST)) @ (SECOND / np.linalg.norm(SECOND)).T) ** ZETA).sum(), "np.linalg.norm of a table is ONE "
         "number. Each row has its own length: axis=1."),
        (DELTA**2 * cosines**ZETA, "these are the kernels of all pairs of atoms. What does the energy of the whole structure, a sum, make of them?"),
    ]  # fmt: skip
    hint = "not it. All pairs of an atom of the one and an atom of the other: δ² times the cosine to the power ζ, added up."
    expect(run(function, FIRST, SECOND, DELTA, ZETA), right, known, hint)


CHECKS = {
    "14.q1": Check(
        judge_kernel,
        "right: δ² for the same place, next to nothing several ℓ away.",
        right=[kernel, kernel_in_loops],
        wrong=[
            (lambda x, o, d, s: d**2 * np.exp(-(((x[:, None] - o) / s) ** 2)), "2 of 2ℓ²"),
            (lambda x, o, d, s: d**2 * np.exp(-((x[:, None] - o) ** 2) / 2 * s**2), "denominator"),
            (lambda x, o, d, s: d**2 * np.exp(-((x[:, None] - o) ** 2) / (2 * s)), "ℓ has to be squared"),
            (lambda x, o, d, s: d * np.exp(-((x[:, None] - o) ** 2) / (2 * s**2)), "δ has to be squared"),
            (lambda x, o, d, s: kernel(x, o, 1.0, s), "in front is missing"),
            (lambda x, o, d, s: d**4 / kernel(x, o, d, s), "sign of the exponent"),
            (lambda x, o, d, s: d**2 * np.exp(-abs(x[:, None] - o) / (2 * s**2)), "kinks"),
            (lambda x, o, d, s: d**2 * np.exp(-abs(x[:, None] - o) / s), "another kernel"),
            (lambda x, o, d, s: kernel(o, x, d, s), "exchanged"), (lambda x, o, d, s: x - o, "stopped"),
            (lambda x, o, d, s: x, "shape"), (lambda x, o, d, s: np.ones((3, 2)), "a distance ℓ away"), (2.0, "function"),
        ],
    ),
    "14.q2": Check(
        judge_posterior,
        "right: likeness to the data, corrected for data that say the same; and what they leave unknown.",
        right=[posterior, posterior_by_cholesky],
        wrong=[
            (with_noise(lambda s: 0.0), "noise is missing"), (with_noise(lambda s: s), "σ has to be squared"),
            (everywhere, "EVERY"), (lambda k, c, p, y, s: posterior(k, c, p, y, s)[0], "two things"),
            (lambda k, c, p, y, s: (posterior(k, c, p, np.ones(4), s)[0], p), "do not come in"),
            (lambda k, c, p, y, s: (-posterior(k, c, p, y, s)[0], p), "sign of the mean"),
            (lambda k, c, p, y, s: (c @ y, p), "twice"),
            (lambda k, c, p, y, s: (posterior(k, c, p, y, s)[0], posterior(k, c, p, y, s)[1] ** 0.5), "standard deviation"),
            (lambda k, c, p, y, s: (posterior(k, c, p, y, s)[0], posterior(k, c, p, y, s)[1] + s**2), "new noisy label"),
            (lambda k, c, p, y, s: (posterior(k, c, p, y, s)[0], p - posterior(k, c, p, y, s)[1]), "AWAY"),
            (lambda k, c, p, y, s: (posterior(k, c, p, y, s)[0], 2 * p - posterior(k, c, p, y, s)[1]), "only make"),
            (lambda k, c, p, y, s: (posterior(k, c, p, y, s)[0], np.diag(p) - c @ np.linalg.inv(k + s**2 * np.eye(4)) @ c.T),
             "all pairs"),
            (lambda k, c, p, y, s: (posterior(k, c, p, y, s)[0], p[:, None] - c @ np.linalg.inv(k + s**2 * np.eye(4)) @ c.T),
             "with itself alone"),
            (lambda k, c, p, y, s: (posterior(k, c, p, y, s)[0], p), "mean is right"), (lambda k, c, p, y, s: (p, p), "mean is not"),
            (lambda k, c, p, y, s: (1.0, 2.0), "shape"), (lambda k, c, p, y, s: (y, p), "shape"),
        ],
    ),
    "14.q3": Check(
        judge_forces,
        "right. The slope of a Gaussian process is a Gaussian process, and its kernel is a derivative of the kernel.",
        right=[force_kernels, force_kernels_by_differences],
        wrong=[
            (lambda x, o, d, s: (-force_kernels(x, o, d, s)[0], force_kernels(x, o, d, s)[1]), "MINUS"),
            (lambda x, o, d, s: (force_kernels(x, o, d, s)[0] * s**2, 0), "1/ℓ² is missing"),
            (lambda x, o, d, s: (force_kernels(x, o, d, s)[0] * s, 0), "squared"),
            (lambda x, o, d, s: (force_kernels(x, o, d, s)[0] / 2, 0), "factor two"),
            (lambda x, o, d, s: force_kernels(x, o, d, s)[::-1], "exchanged"),
            (lambda x, o, d, s: (kernel(x, o, d, s), 0), "itself"),
            (lambda x, o, d, s: ((x[:, None] - o) / s**2, 0), "as a factor"),
            (lambda x, o, d, s: (np.ones((3, 2)), 0), "mind the sign"),
            (lambda x, o, d, s: (force_kernels(x, o, d, s)[0], -force_kernels(x, o, d, s)[1]), "two minus signs"),
            (lambda x, o, d, s: (force_kernels(x, o, d, s)[0], kernel(x, o, d, s) / s**2), "second term"),
            (lambda x, o, d, s: (force_kernels(x, o, d, s)[0], force_kernels(x, o, d, s)[1] - kernel(x, o, d, s) / s**2), "d itself"),
            (lambda x, o, d, s: (force_kernels(x, o, d, s)[0], kernel(x, o, d, s) / s**2 - force_kernels(x, o, d, s)[1]), "square of a slope"),
            (lambda x, o, d, s: (force_kernels(x, o, d, s)[0], 2 * kernel(x, o, d, s) / s**2 - force_kernels(x, o, d, s)[1]), "other sign"),
            (lambda x, o, d, s: (force_kernels(x, o, d, s)[0], s**2 * force_kernels(x, o, d, s)[1]), "unit"),
            (lambda x, o, d, s: (force_kernels(x, o, d, s)[0], (1 - (x[:, None] - o) ** 2) / s**2 * kernel(x, o, d, s)), "units of the two"),
            (lambda x, o, d, s: (force_kernels(x, o, d, s)[0], np.ones((3, 2))), "It is a product"),
            (kernel, "two tables"), (lambda x, o, d, s: (1.0, 2.0), "one number"),
        ],
    ),
    "14.q4": Check(
        judge_evidence,
        "right: the log of an ordinary normal distribution, taken at the labels.",
        right=[log_evidence, log_evidence_by_cholesky],
        wrong=[
            (lambda k, y, s: log_evidence(k, y, s) + len(y) / 2 * np.log(2 * np.pi), "constant"),
            (lambda k, y, s: log_evidence(k, y, s) + np.linalg.slogdet(k + s**2 * np.eye(len(y)))[1], "sign of log det"),
            (lambda k, y, s: log_evidence(k, y, s) + np.linalg.slogdet(k + s**2 * np.eye(len(y)))[1] / 2, "log det is missing"),
            (lambda k, y, s: log_evidence(k, y, s) - np.linalg.slogdet(k + s**2 * np.eye(len(y)))[1] / 2, "square root"),
            (lambda k, y, s: log_evidence(k, y, s) - y @ np.linalg.solve(k + s**2 * np.eye(len(y)), y) / 2, "first term"),
            (lambda k, y, s: 2 * log_evidence(k, y, s), "all three"), (lambda k, y, s: -log_evidence(k, y, s), "−log p"),
            (lambda k, y, s: np.exp(log_evidence(k, y, s)), "p itself"), (lambda k, y, s: log_evidence(k, y, 0.0), "have noise"),
            (lambda k, y, s: log_evidence(k, y, s**0.5), "σ has to be squared"), (lambda k, y, s: 1.0, "one by one"),
            (lambda k, y, s: y, "one number"),
        ],
    ),
    "14.q5": Check(
        judge_spectrum,
        "right: products of equal m, added up, for every pair of radial functions and every l.",
        right=[power_spectrum, power_spectrum_in_loops],
        wrong=[
            (lambda c, l: FRONT * np.array([np.outer(c[:, r].sum(1), c[:, r].sum(1)) for r in ROWS]), "m by m"),
            (lambda c, l: np.array([c[:, r] @ c[:, r].T for r in ROWS]), "factor π"),
            (lambda c, l: power_spectrum(c, l) / np.pi, "π in front"),
            (lambda c, l: np.array([np.pi * 8 / (2 * k + 1) * c[:, r] @ c[:, r].T for k, r in enumerate(ROWS)]), "root of"),
            (lambda c, l: [np.diag(t) for t in power_spectrum(c, l)], "only n = n'"),
            (lambda c, l: power_spectrum(c, l).sum(0), "over l"),
            (lambda c, l: power_spectrum(c, l).transpose(1, 2, 0), "another order"),
            (lambda c, l: [FRONT[k] * c[:, k : 3 * k + 1] @ c[:, k : 3 * k + 1].T for k in range(3)], "at l², not at l"),
            (lambda c, l: [FRONT[k] * c[:, k * k : k * k + k + 1] @ c[:, k * k : k * k + k + 1].T for k in range(3)], "not l + 1"),
            (lambda c, l: np.ones((3, 3, 3)), "columns 1, 2, 3"), (lambda c, l: c, "shape"),
        ],
    ),
    "14.q6": Check(
        judge_structures,
        "right: energies are sums over atoms, so their covariances are sums over pairs of atoms.",
        right=[structure_kernel, structure_kernel_in_loops],
        wrong=[
            (lambda p, q, d, z: d**2 * ((p @ q.T) ** z).sum(), "not normalised"),
            (lambda p, q, d, z: d**2 * (units(p) @ units(q).T).sum() ** z, "before the sum"),
            (lambda p, q, d, z: structure_kernel(p, q, d, 1), "ζ is missing"),
            (lambda p, q, d, z: structure_kernel(p, q, d, z) / 6, "mean"),
            (lambda p, q, d, z: structure_kernel(p, q, d, z) / d, "δ has to be squared"),
            (lambda p, q, d, z: structure_kernel(p, q, 1.0, z), "in front is missing"),
            (lambda p, q, d, z: d**2 * ((p / np.linalg.norm(p) @ (q / np.linalg.norm(q)).T) ** z).sum(), "axis=1"),
            (lambda p, q, d, z: d**2 * (units(p) @ units(q).T) ** z, "whole structure"),
            (lambda p, q, d, z: 1.0, "All pairs"), (lambda p, q, d, z: p, "shape"),
        ],
    ),
}  # fmt: skip


def about_labels(predicted, measured):
    if predicted == measured:
        return "As you said. Look at the formula of the variance: y does not stand in it."
    return "Look at the formula of the variance: y does not stand in it. It knows WHERE you measured, not WHAT."


def about_share(predicted, measured):
    if abs(predicted - measured) <= 5:
        return "Close. Now look at which structures they are."
    if predicted < measured:
        return "More than you thought: far from its data this process doubts more than it needs to."
    return "Fewer than you thought: the band was promised by the kernel, and silicon had signed nothing."


PREDICTIONS = {
    "14.p1": Choice(
        "A Gaussian process has learnt five energies. Now the same five places get other energies, pure nonsense, and all "
        "else stays. What does the predicted variance do?",
        {"a": "it grows: nonsense cannot be learnt", "b": "it shrinks", "c": "it stays exactly as it was"},
        about_labels,
    ),
    "14.p2": Prediction(
        "Trained on diamond alone, asked about other phases: of the true energies, how many per cent lie within ± 2σ of the "
        "predicted ones?", " %", 0, 100, about_share,
    ),
}  # fmt: skip

QUIZ = [
    Question(
        "Somebody multiplies δ and all noises σ of a Gaussian process by three. What becomes of its predictions?",
        {
            "a": ("mean and error bar both three times as large", "the mean is a ratio of covariances: the factor cancels."),
            "b": ("the same mean, error bars three times as large", "yes: the energies alone cannot tell you that the bars "
                  "are wrong. The evidence can."),
            "c": ("nothing changes", "the variance is a covariance: it has the factor nine."),
        },
        "b",
    ),
    Question(
        "Why are the c_nlm of an atom not used as features themselves?",
        {
            "a": ("they are complex numbers", "real harmonics exist, and this notebook used them."),
            "b": ("there are too many of them", "there are fewer of them than of the products."),
            "c": ("they change when the surroundings are turned", "yes: the 2l + 1 numbers of an l are mixed among each other; "
                  "their products, added over m, are not."),
        },
        "c",
    ),
    Question(
        "In a crystal phase that was not in the training set, a GAP predicts σ = 1 meV per atom. What do you know?",
        {
            "a": ("that this kernel finds its atoms almost the same as training atoms", "yes, and no more: whether silicon agrees "
                  "with the kernel is a question for a DFT calculation."),
            "b": ("that the energy is right to about 1 meV per atom", "if the kernel's assumptions hold. They were yours."),
            "c": ("that the potential has been trained too long", "there is one linear solve, and nothing to train too long."),
        },
        "a",
    ),
]  # fmt: skip
