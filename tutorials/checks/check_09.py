"""Exercises, predictions and quiz of notebook 09: training faster, on a GPU when you have one."""

import numpy as np
import torch

from mlip_edu.coursework.engine import Check, NotYet, Prediction, Question, Wrong, expect, run
from mlip_edu.coursework.judging import is_blank

# --- 09.q1: one step of Adam ----------------------------------------------------------------------------

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
THETA, GRADIENT = np.array([1.0, -2.0, 0.5]), np.array([3.0, -0.2, 1e-4])
FIRST, SECOND, STEP, RATE = np.array([0.4, 0.1, -3e-5]), np.array([2.0, 0.03, 2e-10]), 3, 0.05


def adam_step(theta, gradient, m, v, t, rate, *, corrected=True, root=True, inside=False, swapped=False, sign=1):
    first, second = (BETA_2, BETA_1) if swapped else (BETA_1, BETA_2)
    m = first * m + (1 - first) * gradient
    v = second * v + (1 - second) * gradient**2
    m_hat, v_hat = (m / (1 - first**t), v / (1 - second**t)) if corrected else (m, v)
    divisor = np.sqrt(v_hat + EPSILON) if inside else np.sqrt(v_hat) + EPSILON
    return theta - sign * rate * m_hat / (divisor if root else v_hat + EPSILON), m, v


def adam_with_raw_gradient(theta, gradient, m, v, t, rate):
    _, m, v = adam_step(theta, gradient, m, v, t, rate)
    return theta - rate * gradient / (np.sqrt(v / (1 - BETA_2**t)) + EPSILON), m, v


def adam_keeping_corrected(theta, gradient, m, v, t, rate):
    theta, m, v = adam_step(theta, gradient, m, v, t, rate)
    return theta, m / (1 - BETA_1**t), v / (1 - BETA_2**t)


def adam_old_memory(theta, gradient, m, v, t, rate):
    _, new_m, new_v = adam_step(theta, gradient, m, v, t, rate)
    return theta - rate * m / (1 - BETA_1**t) / (np.sqrt(v / (1 - BETA_2**t)) + EPSILON), new_m, new_v


def adam_with_one_length(theta, gradient, m, v, t, rate):
    new_m, new_v = BETA_1 * m + (1 - BETA_1) * gradient, BETA_2 * v + (1 - BETA_2) * np.sum(gradient**2)
    return theta - rate * new_m / (1 - BETA_1**t) / (np.sqrt(new_v / (1 - BETA_2**t)) + EPSILON), new_m, new_v


def adam_without_power(theta, gradient, m, v, t, rate):
    _, new_m, new_v = adam_step(theta, gradient, m, v, t, rate)
    return theta - rate * new_m / (1 - BETA_1) / (np.sqrt(new_v / (1 - BETA_2)) + EPSILON), new_m, new_v


def gradient_descent(theta, gradient, m, v, t, rate):
    return theta - rate * gradient, m, v


def judge_adam(function):
    given = (THETA, GRADIENT, FIRST, SECOND, STEP, RATE)
    known = [
        (adam_step(*given, corrected=False), "m and v began at zero and are still too small: divide them by 1 − βᵗ."),
        (adam_step(*given, root=False), "the square root of v is missing: m/v would have the unit of 1/gradient."),
        (adam_step(*given, inside=True), "ε stands under the root. It is added after it."),
        (adam_step(*given, swapped=True), "β₁ and β₂ are exchanged: the memory of g² is the longer one."),
        (adam_step(*given, sign=-1), "you went uphill. Look at the sign of the step."),
        (adam_with_raw_gradient(*given), "the step uses the gradient of this batch alone; m̂, its memory, is wanted."),
        (
            adam_keeping_corrected(*given),
            "you return m̂ and v̂. What is remembered are m and v themselves, or the "
            "correction would be made again in the next step.",
        ),
        (adam_old_memory(*given), "the step uses the old m and v. Take in the new gradient first."),
        (gradient_descent(*given), "that is plain gradient descent."),
        (
            adam_with_one_length(*given),
            "v holds one length for all parameters; each has its own: g² component by component.",
        ),
        (adam_without_power(*given), "you divide by 1 − β in every step: t is missing, β**t."),
    ]
    hint = "not Adam's step. Work through one component on paper: m, v, m̂, v̂, then θ. Return theta, m, v in this order."
    answer = run(function, *given)
    if isinstance(answer, np.ndarray) and answer.shape == THETA.shape:
        raise Wrong("that is one array. Return three, θ, m and v: without its memory Adam cannot take the next step.")
    expect(answer, adam_step(*given), known, hint)


# --- 09.q2: one step of Levenberg–Marquardt -------------------------------------------------------------

JACOBIAN = np.random.default_rng(9).normal(size=(6, 3)) * [1.0, 3.0, 0.4]
RESIDUALS, DAMPING = np.random.default_rng(10).normal(size=6), 0.3


def lm_step(jacobian, residuals, damping, sign=-1, damped=True, scale=True, marquardt=False):
    matrix = jacobian.T @ jacobian
    size = matrix.diagonal().mean() if scale else 1.0
    extra = np.diag(matrix.diagonal()) if marquardt else size * np.eye(len(matrix))
    return sign * np.linalg.solve(matrix + damped * damping * extra, jacobian.T @ residuals)


def lm_step_everywhere(jacobian, residuals, damping):
    matrix = jacobian.T @ jacobian
    return -np.linalg.solve(matrix + damping * matrix.diagonal().mean(), jacobian.T @ residuals)


def judge_lm(function):
    given = (JACOBIAN, RESIDUALS, DAMPING)
    known = [
        (lm_step(*given, sign=1), "that step leads uphill: look at the sign of Jᵀr."),
        (lm_step(*given, damped=False), "that is the Gauss–Newton step: λ has no effect yet."),
        (
            lm_step(*given, scale=False),
            "the factor s is missing: λ has no unit, so λ·1 cannot be added to JᵀJ as it is.",
        ),
        (
            lm_step(*given, marquardt=True),
            "you damp every parameter by its OWN diagonal entry (Marquardt did). Here one s, their mean, serves all.",
        ),
        (lm_step_everywhere(*given), "λs stands in EVERY place of the matrix: only its diagonal is raised."),
        (lm_step(JACOBIAN, RESIDUALS, 3 * DAMPING), "s is the MEAN of the diagonal, not its sum."),
        (-JACOBIAN.T @ RESIDUALS, "that is the direction of steepest descent. Solve with the matrix."),
        (lm_step(*given)[None].T, "one number a parameter is wanted, without a second axis."),
    ]
    hint = (
        "not the step. JᵀJ is (parameters, parameters) and Jᵀr (parameters,): are yours? "
        "np.linalg.solve(A, b) solves A δ = b."
    )
    expect(run(function, *given), lm_step(*given), known, hint)


# --- 09.q3: what storing costs --------------------------------------------------------------------------

ATOMS, SLOTS, FEATURES = 500 * 64, 30, 60
BYTES = ATOMS * SLOTS * 3 * FEATURES * 4


def judge_bytes(answer):
    known = [
        (BYTES / 1e6, "that is in MB; 1 GB is 1000 MB."),
        (BYTES, "that is in bytes; 1 GB is 10⁹ bytes."),
        (BYTES / 2**30, "that is in GiB, 2³⁰ bytes; 1 GB is 10⁹ bytes."),
        (2 * BYTES / 1e9, "that is double precision; a float32 number takes 4 bytes."),
        (BYTES / 4e9, "those are the numbers; how many bytes does each take?"),
        (BYTES * 29 / 30e9, "the atom's own position counts too: 30 partners, itself among them."),
        (BYTES / 3e9, "a derivative has three components, x, y and z."),
        (BYTES / 30e9, "every feature of an atom has a derivative in the position of each of its 30 partners."),
        (BYTES / 500e9, "that is one structure. There are 500."),
    ]
    expect(
        answer,
        BYTES / 1e9,
        known,
        "that is not it. Count the numbers first: atoms × partners × … × …; then bytes.",
        rtol=0.01,
    )


# --- 09.q4: single precision ----------------------------------------------------------------------------

ENERGIES = np.array([-199944.4130284513, -199943.9871, -76901.70219, -15380.29])  # eV
COUNTS, REFERENCE = np.array([52, 52, 20, 4]), -3845.0  # atoms; eV/atom


def to_single(energies, n_atoms, reference):
    return (energies - n_atoms * reference).astype(np.float32)


def cast_first(energies, n_atoms, reference):
    return energies.astype(np.float32) - (n_atoms * reference).astype(np.float32)


def judge_single(function):
    answer = run(function, ENERGIES, COUNTS, REFERENCE)
    right = to_single(ENERGIES, COUNTS, REFERENCE).astype(float)
    known = [
        (
            cast_first(ENERGIES, COUNTS, REFERENCE),
            "the digits are gone: you rounded the large numbers first, and the small "
            "difference inherits their error. In which order?",
        ),
        (ENERGIES.astype(np.float32), "the reference energies are still in there."),
        (ENERGIES - REFERENCE, "every atom has its reference energy: how many atoms are there?"),
        (ENERGIES + COUNTS * REFERENCE, "the reference is to be taken AWAY."),
        (right / COUNTS, "that is per atom. Here the total of each structure is asked."),
    ]
    expect(
        answer,
        right,
        known,
        "not what is left over. Work through one structure on paper: what did its free atoms have?",
        rtol=1e-7,
    )
    if getattr(answer, "dtype", None) not in (np.float32, torch.float32):
        raise Wrong("the numbers are right, but this is not an array in single precision yet.")


# --- 09.q5: on any device -------------------------------------------------------------------------------


def with_new_tensors(features, system_of_atom, n_systems):
    weights = features.new_tensor([0.5, -1.0, 2.0])
    per_atom = (features * weights).sum(dim=1)
    return features.new_zeros(n_systems).index_add(0, system_of_atom, per_atom)


def with_options(features, system_of_atom, n_systems):
    options = {"dtype": features.dtype, "device": features.device}
    weights = torch.tensor([0.5, -1.0, 2.0], **options)
    total = torch.zeros(n_systems, **options)
    return total.index_add_(0, system_of_atom, features @ weights)


def the_faulty_one(features, system_of_atom, n_systems):
    weights = torch.tensor([0.5, -1.0, 2.0])
    return torch.zeros(n_systems).index_add(0, system_of_atom, (features * weights).sum(dim=1))


def only_the_device(features, system_of_atom, n_systems):
    weights = torch.tensor([0.5, -1.0, 2.0], device=features.device)
    total = torch.zeros(n_systems, device=features.device)
    return total.index_add(0, system_of_atom, (features * weights).sum(dim=1))


def only_the_dtype(features, system_of_atom, n_systems):
    weights = torch.tensor([0.5, -1.0, 2.0], dtype=features.dtype)
    return torch.zeros(n_systems, dtype=features.dtype).index_add(0, system_of_atom, (features * weights).sum(dim=1))


def rounded_down(features, system_of_atom, n_systems):
    return with_new_tensors(features.float(), system_of_atom, n_systems)


def first_only(features, system_of_atom, n_systems):
    weights = features.new_tensor([0.5, -1.0, 2.0])
    return torch.zeros(n_systems).index_add(0, system_of_atom, (features * weights).sum(dim=1))


def by_masks(features, system_of_atom, n_systems):
    per_atom = features @ features.new_tensor([0.5, -1.0, 2.0])
    return torch.stack([per_atom[system_of_atom == k].sum() for k in range(n_systems)])


def judge_device(function):
    table = torch.tensor(np.random.default_rng(11).normal(size=(5, 3)))
    systems = torch.tensor([0, 0, 1, 2, 2])
    if not callable(function):
        raise Wrong("this asks for a function: give its name, without brackets.")
    for device, dtype in (
        ("cpu", torch.float32),
        ("cpu", torch.float64),
        ("meta", torch.float32),
        ("meta", torch.float64),
    ):
        features = table.to(device, dtype)
        try:
            answer = function(features, systems.to(device), 3)
        except Exception as problem:
            raise Wrong(explained(str(problem), device, dtype)) from None
        if is_blank(answer):
            raise NotYet
        if not isinstance(answer, torch.Tensor) or answer.shape != (3,):
            raise Wrong("return a tensor with one energy for each of the systems.")
        if answer.device != features.device:
            raise Wrong(
                f"the features lie on '{device}', the answer on '{answer.device}': something was made elsewhere."
            )
        if answer.dtype != dtype:
            raise Wrong(
                f"the features are {dtype}, the answer is {answer.dtype}: half the digits came or went on the way."
            )
        if device == "cpu":
            right = with_new_tensors(features, systems, 3).numpy()
            expect(answer, right, [], "it runs everywhere, but the energies are others than before.", rtol=1e-5)


def explained(problem, device, dtype):
    if "dtype" in problem or "scalar type" in problem:
        return (
            f"with {dtype} on '{device}' it stops over a dtype: a tensor of your own is made in torch's default, "
            "float32, whatever the features are."
        )
    if "meta" in problem and ("nonzero" in problem or "no data" in problem or "item()" in problem):
        return (
            "on 'meta' it stops because it asks for NUMBERS there: a choice by a mask, .item() or .cpu() makes a GPU "
            "wait until its queue is empty. Here index_add needs none."
        )
    if "not compiled with CUDA" in problem or "NVIDIA" in problem:
        return "you name a device. Take that of the features, whatever it is."
    if "device" in problem:
        return (
            f"with the features on '{device}' it stops over a device: at least one tensor is still made on the CPU. "
            "There are two places."
        )
    if "ellipsis" in problem:
        raise NotYet
    return f"with {dtype} on '{device}' it stops: {problem[:90]}"


# --- 09.q6: timing --------------------------------------------------------------------------------------


class PretendGpu:
    """As in files/09_pretend_gpu.py: a clock and a queue."""

    def __init__(self, piece, earlier):
        self.piece, self.now = piece, 100.0
        self.busy_until = self.now + earlier

    def clock(self):
        return self.now

    def launch(self):
        self.now += 10e-6
        self.busy_until = max(self.now, self.busy_until) + self.piece

    def synchronise(self):
        self.now = max(self.now, self.busy_until)


def timed(gpu):
    gpu.synchronise()
    start = gpu.clock()
    gpu.launch()
    gpu.synchronise()
    return gpu.clock() - start


def timed_never(gpu):
    start = gpu.clock()
    gpu.launch()
    return gpu.clock() - start


def timed_after(gpu):
    start = gpu.clock()
    gpu.launch()
    gpu.synchronise()
    return gpu.clock() - start


def timed_before(gpu):
    gpu.synchronise()
    return timed_never(gpu)


def timed_too_late(gpu):
    gpu.synchronise()
    start = gpu.clock()
    gpu.launch()
    stop = gpu.clock()
    gpu.synchronise()
    return stop - start


def timed_by_many(gpu):
    gpu.synchronise()
    start = gpu.clock()
    for _ in range(10):
        gpu.launch()
    gpu.synchronise()
    return (gpu.clock() - start) / 10


def timed_without_launch(gpu):
    gpu.synchronise()
    gpu.launch()
    start = gpu.clock()
    gpu.synchronise()
    return gpu.clock() - start


def timed_with_the_queue(gpu):
    start = gpu.clock()
    gpu.synchronise()
    gpu.launch()
    gpu.synchronise()
    return gpu.clock() - start


def judge_timing(function):
    for piece, earlier in ((0.03, 0.0), (0.05, 0.2)):
        answer = run(function, PretendGpu(piece, earlier))
        known = [
            (
                timed_never(PretendGpu(piece, earlier)),
                "you measured how long it takes to hand the work over: ten microseconds. "
                "Wait until it is done, THEN read the clock.",
            ),
            (timed_never(PretendGpu(piece, earlier)) * 1e6, "that is how long it takes to hand the work over, in µs."),
            (
                timed_without_launch(PretendGpu(piece, earlier)),
                "almost: the clock is read after the launch, so that handing "
                "over is not in it. On a real GPU the work may be done by then.",
            ),
            (timed(PretendGpu(piece, earlier)) * 1e3, "that is in ms."),
            (timed_by_many(PretendGpu(piece, earlier)), None),  # the mean of ten pieces is as good
        ]
        if earlier:
            known += [
                (
                    timed_after(PretendGpu(piece, earlier)),
                    "your time holds work that was launched BEFORE yours and was "
                    "still in the queue. Let the queue run empty first.",
                ),
                (
                    timed_with_the_queue(PretendGpu(piece, earlier)),
                    "start the clock when the queue is empty, not before.",
                ),
            ]
        hint = "not the time of one piece. Which four calls, in which order? And the difference of which two readings?"
        expect(answer, timed(PretendGpu(piece, earlier)), known, hint)


# --- 09.q7: the crossover -------------------------------------------------------------------------------

CASE = (0.0003, 4.0e5, 0.002, 8.0e6)  # s, atoms/s of the CPU; s, atoms/s of the GPU


def crossing(cpu_overhead, cpu_rate, gpu_overhead, gpu_rate):
    return (gpu_overhead - cpu_overhead) / (1 / cpu_rate - 1 / gpu_rate)


def judge_crossing(function):
    a, r, b, s = CASE
    known = [
        (b / (1 / r - 1 / s), "the CPU has an overhead too."),
        ((b - a) * r, "the GPU's own n/ρ is missing: it is fast, not infinitely fast."),
        (b * r, "that is where the CPU's n/ρ alone equals the GPU's overhead. Both devices have both terms."),
        ((b - a) * (s - r), "a difference of rates is not a difference of times an atom: 1/ρ is needed."),
        ((b + a) / (1 / r - 1 / s), "bring the two overheads to the same side: what happens to the sign?"),
        ((b - a) / (1 / r + 1 / s), "bring the two terms with n to the same side: what happens to the sign?"),
        (-crossing(*CASE), "a batch cannot have a negative number of atoms: a sign is turned."),
        (1 / crossing(*CASE), "that is 1/n."),
        ((b - a) / (r - s), "a difference of rates is not a difference of times an atom: n/ρ is a time."),
    ]
    hint = "not where they cross. Write both times, t_0 + n/ρ, set them equal, and solve for n."
    known += [(float(whole(crossing(*CASE))), None) for whole in (np.round, np.floor, np.ceil)]  # as good
    expect(run(function, *CASE), crossing(*CASE), known, hint)


CHECKS = {
    "09.q1": Check(
        judge_adam,
        "right: a mean of gradients, divided by their typical size. The step has the unit of the rate.",
        right=[adam_step, lambda *a: list(adam_step(*a))],
        wrong=[
            (lambda *a: adam_step(*a, corrected=False), "1 − βᵗ"),
            (lambda *a: adam_step(*a, root=False), "square root"),
            (lambda *a: adam_step(*a, inside=True), "under the root"),
            (lambda *a: adam_step(*a, swapped=True), "exchanged"),
            (lambda *a: adam_step(*a, sign=-1), "uphill"),
            (adam_with_raw_gradient, "alone"),
            (adam_keeping_corrected, "m̂ and v̂"),
            (adam_old_memory, "old m and v"),
            (adam_with_one_length, "component by component"),
            (adam_without_power, "t is missing"),
            (gradient_descent, "plain"),
            (lambda *a: adam_step(*a)[0], "Return three"),
            (lambda *a: np.array(adam_step(*a)) + 1, "on paper"),
        ],
    ),
    "09.q2": Check(
        judge_lm,
        "right: small λ, a Gauss–Newton step; large λ, a short step downhill.",
        right=[lm_step, lambda J, r, d: -np.linalg.inv(J.T @ J + d * np.trace(J.T @ J) / 3 * np.eye(3)) @ J.T @ r],
        wrong=[
            (lambda *a: lm_step(*a, sign=1), "uphill"),
            (lambda *a: lm_step(*a, damped=False), "Gauss–Newton"),
            (lambda *a: lm_step(*a, scale=False), "factor s"),
            (lambda *a: lm_step(*a, marquardt=True), "OWN"),
            (lm_step_everywhere, "EVERY"),
            (lambda J, r, d: lm_step(J, r, 3 * d), "MEAN"),
            (lambda J, r, d: -J.T @ r, "steepest"),
            (lambda *a: lm_step(*a)[:, None], "second axis"),
            (lambda *a: 2 * lm_step(*a), "solves A"),
        ],
    ),
    "09.q3": Check(
        judge_bytes,
        "right: it fits into the memory of a laptop, and of a GPU. (The package adds six numbers an atom and feature "
        "for the virial.)",
        right=[BYTES / 1e9, 0.69],
        wrong=[
            (BYTES / 1e6, "MB"),
            (BYTES, "10⁹"),
            (2 * BYTES / 1e9, "double"),
            (BYTES / 4e9, "how many bytes"),
            (BYTES * 29 / 30e9, "own position"),
            (BYTES / 3e9, "x, y and z"),
            (BYTES / 30e9, "partners"),
            (BYTES / 500e9, "one structure"),
            (BYTES / 2**30, "10⁹"),
            (3.3, "Count the numbers"),
            ("much", "numbers"),
        ],
    ),
    "09.q4": Check(
        judge_single,
        "right: subtract while all digits are there, then round what is small.",
        right=[to_single, lambda e, n, e0: np.float32(e - n * e0)],
        wrong=[
            (cast_first, "digits are gone"),
            (lambda e, n, e0: e.astype(np.float32), "still in there"),
            (lambda e, n, e0: (e - e0).astype(np.float32), "how many atoms"),
            (lambda e, n, e0: (e + n * e0).astype(np.float32), "AWAY"),
            (lambda e, n, e0: to_single(e, n, e0) / n, "per atom"),
            (lambda e, n, e0: to_single(e, n, e0).astype(float), "single precision yet"),
            (lambda e, n, e0: to_single(e, n, e0) + 1, "left over"),
        ],
    ),
    "09.q5": Check(
        judge_device,
        "right: every new tensor is made where the features are, and as they are.",
        right=[with_new_tensors, with_options],
        wrong=[
            (the_faulty_one, "dtype"),
            (only_the_device, "dtype"),
            (only_the_dtype, "two places"),
            (first_only, "dtype"),
            (rounded_down, "half the digits"),
            (by_masks, "asks for NUMBERS"),
            (
                lambda f, s, n: (
                    with_new_tensors(f, s, n).cpu() if f.device.type == "cpu" else torch.zeros(n, dtype=f.dtype)
                ),
                "made elsewhere",
            ),
            (lambda f, s, n: with_new_tensors(f, s, n) + 1, "others than before"),
            (lambda f, s, n: with_new_tensors(f, s, n).sum(), "one energy"),
            (lambda f, s, n: f.numpy().no, "it stops"),
        ],
    ),
    "09.q6": Check(
        judge_timing,
        "right: an empty queue, the clock, the work, an empty queue again, the clock.",
        right=[timed, timed_by_many],
        wrong=[
            (timed_never, "hand the work over"),
            (timed_before, "hand the work over"),
            (timed_too_late, "hand the work over"),
            (timed_after, "BEFORE yours"),
            (lambda gpu: 1e6 * timed_never(gpu), "in µs"),
            (lambda gpu: 1e3 * timed(gpu), "in ms"),
            (timed_without_launch, "almost"),
            (timed_with_the_queue, "start the clock"),
            (lambda gpu: 2 * timed(gpu), "four calls"),
        ],
    ),
    "09.q7": Check(
        judge_crossing,
        "right: below it the overhead decides, above it the rate.",
        right=[crossing, lambda a, r, b, s: (b - a) * r * s / (s - r), lambda *a: round(crossing(*a))],
        wrong=[
            (lambda a, r, b, s: b / (1 / r - 1 / s), "overhead too"),
            (lambda a, r, b, s: (b - a) * r, "infinitely"),
            (lambda a, r, b, s: b * r, "Both devices"),
            (lambda a, r, b, s: (b - a) * (s - r), "1/ρ is needed"),
            (lambda a, r, b, s: (b + a) / (1 / r - 1 / s), "two overheads"),
            (lambda a, r, b, s: (b - a) / (1 / r + 1 / s), "terms with n"),
            (lambda *a: -crossing(*a), "negative"),
            (lambda *a: 1 / crossing(*a), "1/n"),
            (lambda a, r, b, s: (b - a) / (r - s), "n/ρ is a time"),
            (lambda *a: 7.0, "set them equal"),
        ],
    ),
}


# --- predictions and quiz -------------------------------------------------------------------------------


def about_single(predicted, measured):
    if 0.5 * measured <= predicted <= 2 * measured:
        return "Close: seven digits, and the first six are spent before the decimal point."
    if predicted < measured:
        return "Coarser than you thought: seven digits are few when six of them stand before the decimal point."
    return "Finer than you thought. Still, is it fine enough for what you want to know? Read on."


def about_steps(predicted, measured):
    if 0.5 * measured <= predicted <= 2 * measured:
        return "Close."
    if predicted > measured:
        return "Fewer than you thought: it solves for all parameters together instead of feeling its way."
    return "More than you thought: the valley bends, and each step is only straight."


PREDICTIONS = {
    "09.p1": Prediction(
        "The total energy of a structure is −199,944.413 eV. How far apart are neighbouring float32 numbers there?",
        " meV",
        0,
        1e6,
        about_single,
    ),
    "09.p2": Prediction(
        "Four parameters, five energies: after how many steps of Levenberg–Marquardt is the error below 1 meV/atom?",
        " steps",
        1,
        1e6,
        about_steps,
    ),
}

QUIZ = [
    Question(
        "You time a training step on a GPU and find 40 µs, whatever the size of the batch. What has happened?",
        {
            "a": (
                "the GPU is far from busy",
                "possible, but with a thousand times the atoms it would show. It never does.",
            ),
            "b": ("you timed the handing over", "yes: the clock was read before the work was done. Synchronise."),
            "c": ("the batch is in its cache", "no cache makes a million atoms cost what ten do."),
        },
        "b",
    ),
    Question(
        "Your training set: 80 cells of 8 atoms, batches of 32 atoms. A friend offers a large GPU. What do you say?",
        {
            "a": ("yes please, a GPU is always faster", "with 32 atoms it waits for launches, not for arithmetic."),
            "b": ("no: a GPU cannot run such a network", "it can; the question is whether it is quicker."),
            "c": (
                "only with much larger batches, or many trainings at once",
                "yes: there must be enough work a launch. But "
                "larger batches also mean fewer steps an epoch, so compare times to the same ERROR.",
            ),
        },
        "c",
    ),
    Question(
        "Why may Levenberg–Marquardt not be used for a network with 100,000 weights and forces?",
        {
            "a": (
                "JᵀJ has as many rows and columns as there are weights",
                "yes: 10¹⁰ numbers to hold, and to solve with.",
            ),
            "b": ("it finds worse minima", "perhaps it does (look where its curve ended in section 8), but that is no reason why it cannot be used: cost is."),
            "c": ("it cannot handle forces", "it can: they are rows of J like any other."),
        },
        "a",
    ),
]
