"""Exercises, predictions and quiz of notebook 01. Reading on tells you the answers: try first.

`right` and `wrong` are recorded answers; `tests/test_coursework.py` runs every one of them.
"""

import numpy as np

from mlip_edu.coursework.engine import Check, Choice, NotYet, Prediction, Question, expect, run
from mlip_edu.units import DALTON

LENGTH = np.sqrt(3) / 4 * 5.476  # Å
STIFFNESS = 8.9  # eV/Å²
DEPTH = 2.3  # eV
DECAY = np.sqrt(STIFFNESS / (2 * DEPTH))  # 1/Å

# --- 01.q1 and 01.q2: one spring ------------------------------------------------------------------------

LONG, SHORT = np.array([2.0, -1.5, 1.1]), np.array([-0.9, 1.2, 1.6])


def energy(vector):
    return 0.5 * STIFFNESS * (np.linalg.norm(vector) - LENGTH) ** 2


def energy_without_half(vector):
    return 2 * energy(vector)


def energy_of_length(vector):
    return 0.5 * STIFFNESS * np.linalg.norm(vector) ** 2


def energy_of_squares(vector):
    return 0.5 * STIFFNESS * (np.dot(vector, vector) - LENGTH**2)


def energy_not_squared(vector):
    return 0.5 * STIFFNESS * (np.linalg.norm(vector) - LENGTH)


def energy_of_components(vector):
    return 0.5 * STIFFNESS * ((vector - LENGTH) ** 2).sum()


def judge_energy(function):
    for vector in (LONG, SHORT):
        known = [
            (energy_without_half(vector), "a factor two too much: look at the ½ in front."),
            (energy_of_length(vector), "your spring wants to have the length 0. Ours rests at r0."),
            (energy_of_squares(vector), "that is the difference of squares. Take the square of the difference."),
            (energy_not_squared(vector), "half of k times the elongation: there is a square missing."),
            (energy_of_components(vector), "r0 went off x, y and z each. Compute ONE length r first, then r − r0."),
            (0.5 * STIFFNESS * (vector - LENGTH) ** 2, "that is one number for each of x, y, z. Compute ONE length r "
             "first: np.linalg.norm."),
            (-energy(vector), "right in size, but the sign: what a spring stores cannot be negative."),
        ]  # fmt: skip
        hint = "not the energy. Use the names k and r0 (not rounded numbers), and print r and r − r0 for one vector."
        expect(run(function, vector), energy(vector), known, hint)


def force(vector):
    r = np.linalg.norm(vector)
    return STIFFNESS * (r - LENGTH) * vector / r


def force_long(vector):
    return STIFFNESS * (np.linalg.norm(vector) - LENGTH) * vector


def judge_force(function):
    for vector in (LONG, SHORT):
        r = np.linalg.norm(vector)
        known = [
            (-force(vector), "right in size, wrong in sign. `vector` points from i to j. Which way does a stretched "
             "spring pull i, and which way does a compressed one push it?"),
            (force_long(vector), "the direction should have the length one: you multiplied by the whole vector."),
            (STIFFNESS * (r - LENGTH), "that is how strong the force is (with a sign). It needs a direction: three "
             "numbers."),
            (-STIFFNESS * (r - LENGTH), "that is one number. A force needs a direction, too: three numbers."),
            (STIFFNESS * (vector - LENGTH), "r0 went off x, y and z each. Compute ONE length r first, then r − r0."),
            (energy(vector) * vector / r, "that is the energy with a direction. Take its derivative by r first."),
            (-force_long(vector), "the direction should have the length one; and look at the sign."),
            (0.5 * force(vector), "half of what it should be: the derivative of ½ x² is x."),
            (2 * force(vector), "twice what it should be: the derivative of ½ x² is x."),
            (STIFFNESS * vector, "the spring rests at r0, not at the length 0."),
            (STIFFNESS * (r - LENGTH) ** 2 * vector / r, "the energy has a square, the force has not."),
        ]  # fmt: skip
        hint = "not the force. Try a vector along x, (3, 0, 0): which components may be different from zero?"
        expect(run(function, vector), force(vector), known, hint)


# --- 01.q3: finite difference ---------------------------------------------------------------------------

PLACES = np.array([[0.3, -0.2, 0.9], [1.1, 0.4, -0.5]])


def bumpy(positions):
    return float(np.sum(np.sin(positions) + 0.3 * positions**3) + positions[0, 1] * positions[1, 2])


def difference(energy, positions, atom, axis, h=1e-4, factor=-0.5, back=True):
    forward, backward = positions.copy(), positions.copy()
    forward[atom, axis] += h
    backward[atom, axis] -= h
    return factor * (energy(forward) - energy(backward if back else positions)) / h


def _apart(atom, axis):
    """What forward − backward would give, divided by 2 h and downhill: −1 at one place."""
    places = np.zeros(PLACES.shape)
    places[atom, axis] = -1.0
    return places


def judge_difference(function):
    for atom, axis in ((0, 1), (1, 2)):
        arguments = bumpy, PLACES, atom, axis, 0.1
        known = [
            (difference(*arguments, factor=0.5), "that is the slope of the energy. The force goes DOWN the slope."),
            (difference(*arguments, factor=-1), "twice the force: how far apart are the two places?"),
            (difference(*arguments, factor=1), "twice the force, and uphill: look at the sign, and at how far "
             "apart the two places are."),
            (difference(*arguments, factor=-0.25), "half of the force: how far apart are the two places?"),
            (difference(*arguments, factor=-1, back=False), "one step forward only: nearly right. Take both sides, and "
             "the error shrinks with h² instead of h."),
            (-0.1 * difference(*arguments, factor=1), "that is a difference of energies: divide it by the "
             "distance."),
            (0.01 * difference(*arguments), "Python reads a / 2 * h as (a / 2) · h: it wants brackets "
             "around 2 * h."),
            (-0.01 * difference(*arguments), "Python reads a / 2 * h as (a / 2) · h: it wants brackets around 2 * h. "
             "And look at the sign."),
            (1000 * difference(*arguments), "use the h the function was given: it need not be 1e-4."),
            (_apart(atom, axis), "those are places. Put each of them into energy(…): two "
             "numbers."),
        ]  # fmt: skip
        right = difference(*arguments)
        hint = "not the force. Try a simple energy, lambda x: x.sum(), whose slope you know."
        expect(run(function, *arguments), right, known, hint)


# --- 01.q4: curvature -----------------------------------------------------------------------------------


def valley(u):
    return 3.0 + 0.7 * u + 2.4 * u**2 + 0.5 * u**4


def bend(energy, h=1e-3):
    return (energy(h) - 2 * energy(0.0) + energy(-h)) / h**2


def judge_curvature(function):
    h = 0.2
    ends, middle = valley(h) + valley(-h), valley(0.0)
    known = [
        ((ends - 2 * middle) / h, "divide by h once more: a curvature is energy per length SQUARED."),
        ((ends - 2 * middle) / (2 * h), "divide by h squared: a curvature is energy per length SQUARED."),
        ((ends - 2 * middle) / (2 * h**2), "a factor two is lost. For ½ K u² the result must be K: try it on paper."),
        ((ends - 2 * middle) / (4 * h**2), "four times too small: the three places are h apart, not 2h."),
        ((ends - middle) / h**2, "the middle counts twice: once for each of the two slopes."),
        (ends / h**2, "take the energy in the middle away, twice."),
        (ends - 2 * middle, "now divide by h²."),
        ((ends - 2 * middle) / 2 * h, "Python reads a / 2 * h as (a / 2) · h; and divide by h squared."),
        (valley(h) - 2 * middle + valley(-h) / h**2, "only the last term is divided: put brackets around all three."),
        (2 * (valley(h) - middle) / h**2, "one side is enough only where the slope is zero. Take both."),
        (-(ends - 2 * middle) / h**2, "a valley bends upwards: its curvature is positive. Look at the sign."),
        ((valley(h) - valley(-h)) / (2 * h), "that is the slope. The curvature is the slope of the slope."),
    ]
    hint = "not the curvature. Try it on lambda u: u**2, whose second derivative is 2."
    expect(run(function, valley, h), bend(valley, h), known, hint)


# --- 01.q5: frequency -----------------------------------------------------------------------------------

SPRING, MASS = 4 * STIFFNESS / 3, 28.085 * DALTON
OMEGA = np.sqrt(SPRING / (MASS / 2))  # 1/fs
FREQUENCY = 1000 * OMEGA / (2 * np.pi)  # THz


def judge_frequency(answer):
    known = [
        (1000 * OMEGA, "that is ω, in radians. How many radians are one round?"),
        (FREQUENCY / 1000, "that is per femtosecond. One per fs is 1000 THz."),
        (OMEGA, "that is ω in radians per femtosecond: two conversions are left."),
        (FREQUENCY / np.sqrt(2), "you took the mass of one atom. Both ends move: the reduced mass of two equal masses "
         "is smaller."),
        (1000 * OMEGA / np.sqrt(2), "that is ω, in radians, and with the mass of one atom: take the reduced mass."),
        (FREQUENCY * np.sqrt(2), "the reduced mass is m·m/(m + m): you took half of that."),
        (1000 * OMEGA**2 / (2 * np.pi), "is there not a root somewhere?"),
        (2 * np.pi / OMEGA, "that is the period, in fs. The frequency is its inverse."),
        (1e12 * FREQUENCY, "that is in Hz. One THz is 10¹² Hz."),
        (FREQUENCY / 2, "K / mass / 2 divides by TWICE the mass: the reduced mass of two equal masses is smaller."),
        (FREQUENCY * np.sqrt(3) / 2, "you took k of one spring. K, the curvature above, is stiffer."),
        (FREQUENCY * np.sqrt(DALTON), "the mass is still in u. Multiply by DALTON to get eV·fs²/Å²."),
    ]  # fmt: skip
    hint = "not the frequency. ω = √(K/μ), with μ in eV·fs²/Å², gives radians per fs. And then?"
    expect(answer, FREQUENCY, known, hint, rtol=2e-3)


# --- 01.q6: velocity Verlet -----------------------------------------------------------------------------


def pull(x):
    return -2.0 * x + 0.3 * x**2


def step(x, v, force, mass, dt):
    half = v + 0.5 * dt * force(x) / mass
    x_new = x + dt * half
    return x_new, half + 0.5 * dt * force(x_new) / mass


def step_in_one(x, v, force, mass, dt):
    a = force(x) / mass
    x_new = x + dt * v + 0.5 * dt**2 * a
    return np.array([x_new, v + 0.5 * dt * (a + force(x_new) / mass)])


def step_euler(x, v, force, mass, dt):
    return x + dt * v, v + dt * force(x) / mass


def step_kick_first(x, v, force, mass, dt):
    v = v + dt * force(x) / mass
    return x + dt * v, v


def step_old_force(x, v, force, mass, dt):
    half = v + 0.5 * dt * force(x) / mass
    return x + dt * half, half + 0.5 * dt * force(x) / mass


def step_half_only(x, v, force, mass, dt):
    half = v + 0.5 * dt * force(x) / mass
    return x + dt * half, half


def step_swapped(x, v, force, mass, dt):
    return step(x, v, force, mass, dt)[::-1]


def step_mass_forgotten(x, v, force, mass, dt):
    return step(x, v, force, 1.0, dt)


def step_whole_kicks(x, v, force, mass, dt):
    return step(x, v, lambda places: 2 * force(places), mass, dt)


def step_uphill(x, v, force, mass, dt):
    return step(x, v, lambda places: -force(places), mass, dt)


def judge_step(function):
    arguments = np.array([[0.5, -1.0], [2.0, 0.7]]), np.array([[0.2, 0.1], [-0.4, 0.3]]), pull, 1.7, 0.2
    known = [
        (np.array(wrong(*arguments)), text)
        for wrong, text in (
            (step_euler, "this is Euler's step: place and velocity both from the old values. It gains energy every "
             "round. Kick half, move, kick half."),
            (step_kick_first, "a whole kick, then the move. The kick comes in two halves, one before and one after."),
            (step_old_force, "the second half of the kick comes from the NEW place: compute the force again there."),
            (step_half_only, "the second half of the kick is missing."),
            (step_swapped, "the place comes first, then the velocity."),
            (step_mass_forgotten, "where is the mass? Acceleration is force divided by mass."),
            (step_whole_kicks, "both kicks are whole ones. Each is half: ½ Δt F/m."),
            (step_uphill, "the kicks go the wrong way: acceleration is PLUS force divided by mass."),
        )
    ]  # fmt: skip
    known += [(part, "give back both, the places and the velocities: x, v.") for part in step(*arguments)]
    answer = run(function, *arguments)
    if isinstance(answer, (tuple, list)) and any(part is ... for part in answer):
        raise NotYet
    expect(answer, np.array(step(*arguments)), known, "not velocity Verlet: kick half, move, kick half.")


# --- 01.q7: the slope of Morse --------------------------------------------------------------------------

LENGTHS = np.array([1.9, 2.2, 2.6, 3.1, 4.0])


def slope(r):
    e = np.exp(-DECAY * (r - LENGTH))
    return 2 * DECAY * DEPTH * (1 - e) * e


def slope_expanded(r):
    return 2 * DECAY * DEPTH * (np.exp(-DECAY * (r - LENGTH)) - np.exp(-2 * DECAY * (r - LENGTH)))


def judge_slope(function):
    e = np.exp(-DECAY * (LENGTHS - LENGTH))
    known = [
        (-slope(LENGTHS), "the sign: beyond r0 the energy rises. (The slope is asked, not the force.)"),
        (slope(LENGTHS) / DECAY, "the inner derivative is missing: what does d/dr make of exp(−α (r − r0))?"),
        (slope(LENGTHS) / 2, "a factor two is missing: the derivative of a square."),
        (2 * DEPTH * (1 - e), "the chain rule has a third link: the derivative of the exponential itself."),
        (2 * DECAY * DEPTH * (1 - e), "the exponential stays when it is differentiated: a factor e is missing."),
        (2 * DECAY * DEPTH * e, "the derivative of (1 − e)² begins with 2 (1 − e)."),
        (DEPTH * (1 - e) ** 2 - DEPTH, "that is the energy itself."),
        (slope(LENGTHS) / DEPTH, "the depth D in front is missing."),
        (2 * DECAY * DEPTH * (1 - e) ** 2 * e, "the square is gone once it is differentiated: (1 − e), not (1 − e)²."),
    ]
    hint = "not the slope. Compare with (morse(r + 1e-4) − morse(r − 1e-4)) / 2e-4."
    expect(run(function, LENGTHS), slope(LENGTHS), known, hint)


CHECKS = {
    "01.q1": Check(
        judge_energy,
        "right. The energy knows nothing but the length: turn the spring as you like.",
        right=[energy, lambda v: STIFFNESS / 2 * (sum(x * x for x in v) ** 0.5 - LENGTH) ** 2],
        wrong=[
            (energy_without_half, "factor two"),
            (energy_of_length, "length 0"),
            (energy_of_squares, "difference of squares"),
            (energy_not_squared, "square missing"),
            (energy_of_components, "x, y and z each"),
            (lambda v: 0.5 * STIFFNESS * (v - LENGTH) ** 2, "one number for each"),
            (lambda v: -energy(v), "cannot be negative"),
            (lambda v: 0.5 * 8.9 * (np.linalg.norm(v) - 2.37) ** 2, "not rounded"),
            (lambda v: 1.0, "not the energy"),
            (8.9, "function"),
        ],
    ),
    "01.q2": Check(
        judge_force,
        "right: along the spring, towards its rest length. Atom j feels the opposite.",
        right=[force, lambda v: [float(x) for x in STIFFNESS * (1 - LENGTH / np.linalg.norm(v)) * v]],
        wrong=[
            (lambda v: -force(v), "wrong in sign"),
            (force_long, "length one"),
            (lambda v: STIFFNESS * (np.linalg.norm(v) - LENGTH), "direction"),
            (lambda v: force(v) / 2, "half of what"),
            (lambda v: 2 * force(v), "twice what"),
            (lambda v: STIFFNESS * v, "rests at r0"),
            (lambda v: STIFFNESS * (np.linalg.norm(v) - LENGTH) ** 2 * v / np.linalg.norm(v), "has a square"),
            (lambda v: -STIFFNESS * (np.linalg.norm(v) - LENGTH), "one number"),
            (lambda v: STIFFNESS * (v - LENGTH), "x, y and z each"),
            (lambda v: energy(v) * v / np.linalg.norm(v), "derivative by r"),
            (lambda v: -force_long(v), "look at the sign"),
            (lambda v: STIFFNESS * abs(np.linalg.norm(v) - LENGTH) * v / np.linalg.norm(v), "compressed"),
            (lambda v: 0 * v, "(3, 0, 0)"),
        ],
    ),
    "01.q3": Check(
        judge_difference,
        "right, for any energy at all. This is the test that no wrong force survives.",
        right=[difference, lambda e, x, i, k, h=1e-4: np.float64(difference(e, x, i, k, h))],
        wrong=[
            (lambda *a: difference(*a, factor=0.5), "DOWN"),
            (lambda *a: difference(*a, factor=-1), "twice the force: how far"),
            (lambda *a: difference(*a, factor=1), "uphill"),
            (lambda *a: difference(*a, factor=-0.25), "half of the force"),
            (lambda *a: difference(*a, factor=-1, back=False), "one step forward"),
            (lambda e, x, i, k, h: -h * difference(e, x, i, k, h, factor=1), "difference of energies"),
            (lambda e, x, i, k, h: h**2 * difference(e, x, i, k, h), "brackets around 2 * h"),
            (lambda e, x, i, k, h: -(h**2) * difference(e, x, i, k, h), "look at the sign"),
            (lambda e, x, i, k, h: h / 1e-4 * difference(e, x, i, k, h), "1e-4"),
            (lambda e, x, i, k, h: _apart(i, k), "those are places"),
            (lambda *a: 7.0, "x.sum()"),
        ],
    ),
    "01.q4": Check(
        judge_curvature,
        "right. Three energies, and you know how stiff something is.",
        right=[bend, lambda e, h=1e-3: ((e(h) - e(0)) / h - (e(0) - e(-h)) / h) / h],
        wrong=[
            (lambda e, h: bend(e, h) * h, "once more"),
            (lambda e, h: bend(e, h) * h / 2, "h squared"),
            (lambda e, h: bend(e, h) / 2, "factor two"),
            (lambda e, h: bend(e, h) / 4, "2h"),
            (lambda e, h: (e(h) - e(0) + e(-h)) / h**2, "counts twice"),
            (lambda e, h: (e(h) + e(-h)) / h**2, "in the middle away"),
            (lambda e, h: bend(e, h) * h**2, "now divide"),
            (lambda e, h: bend(e, h) * h**3 / 2, "(a / 2) · h"),
            (lambda e, h: e(h) - 2 * e(0) + e(-h) / h**2, "brackets around all"),
            (lambda e, h: 2 * (e(h) - e(0)) / h**2, "one side"),
            (lambda e, h: -bend(e, h), "upwards"),
            (lambda e, h: (e(h) - e(-h)) / (2 * h), "slope of the slope"),
            (lambda e, h: 1.0, "u**2"),
        ],
    ),
    "01.q5": Check(
        judge_frequency,
        "right. Compare it with what light measures, below.",
        right=[FREQUENCY, round(FREQUENCY, 2)],
        wrong=[
            (1000 * OMEGA, "radians are one round"),
            (FREQUENCY / 1000, "per femtosecond"),
            (OMEGA, "two conversions"),
            (FREQUENCY / np.sqrt(2), "mass of one atom"),
            (1000 * OMEGA / np.sqrt(2), "and with the mass of one atom"),
            (FREQUENCY * np.sqrt(2), "m·m/(m + m)"),
            (1000 * OMEGA**2 / (2 * np.pi), "root"),
            (2 * np.pi / OMEGA, "period"),
            (1e12 * FREQUENCY, "Hz"),
            (FREQUENCY / 2, "TWICE"),
            (FREQUENCY * np.sqrt(3) / 2, "one spring"),
            (FREQUENCY * np.sqrt(DALTON), "DALTON"),
            (520.0, "not the frequency"),
            ("fast", "numbers"),
        ],
    ),
    "01.q6": Check(
        judge_step,
        "right: kick half, move, kick half. Run backwards it retraces its steps, which Euler's rule does not.",
        right=[step, step_in_one],
        wrong=[
            (step_euler, "Euler"),
            (step_kick_first, "a whole kick"),
            (step_old_force, "NEW"),
            (step_half_only, "missing"),
            (step_swapped, "comes first"),
            (step_mass_forgotten, "mass"),
            (step_whole_kicks, "whole ones"),
            (step_uphill, "PLUS"),
            (lambda *arguments: step(*arguments)[1], "give back both"),
            (lambda x, v, force, mass, dt: (x, v), "kick half, move"),
            (lambda x, v, force, mass, dt: x[0], "shape"),
        ],
    ),
    "01.q7": Check(
        judge_slope,
        "right: zero at r0, steep inside, and fading to nothing far away.",
        right=[slope, slope_expanded],
        wrong=[
            (lambda r: -slope(r), "sign"),
            (lambda r: slope(r) / DECAY, "inner"),
            (lambda r: slope(r) / 2, "factor two"),
            (lambda r: 2 * DEPTH * (1 - np.exp(-DECAY * (r - LENGTH))), "third link"),
            (lambda r: 2 * DECAY * DEPTH * (1 - np.exp(-DECAY * (r - LENGTH))), "factor e"),
            (lambda r: 2 * DECAY * DEPTH * np.exp(-DECAY * (r - LENGTH)), "begins with"),
            (lambda r: DEPTH * (1 - np.exp(-DECAY * (r - LENGTH))) ** 2 - DEPTH, "energy itself"),
            (lambda r: slope(r) / DEPTH, "depth D"),
            (lambda r: slope(r) * (1 - np.exp(-DECAY * (r - LENGTH))), "the square is gone"),
            (lambda r: 0 * r, "2e-4"),
        ],
    ),
}


# --- predictions and quiz -------------------------------------------------------------------------------


def about_swap(predicted, measured):
    if predicted == measured:
        return "As you said. Was it the springs you thought of, or the atoms?"
    return "The springs were tied to the atoms by NUMBER, and went along with them."


def about_pull(predicted, measured):
    if predicted == measured:
        return "As you said: not the depth counts, but the steepness."
    return "A force is a slope. At the bottom of the valley the ground is flat, and far away it is flat again."


def about_stiffness(predicted, measured):
    if abs(predicted - measured) < 0.1:
        return "Exactly: only the part of each spring that lies along the push counts."
    if predicted > measured:
        return "Less than you thought: pushed at an angle θ, a spring resists with k cos²θ only."
    return "More than you thought: each of the four springs resists with k cos²θ."


PREDICTIONS = {
    "01.p1": Choice(
        "Two silicon atoms swap places in a box of springs. What does the energy of the springs do?",
        {"a": "it stays as it is", "b": "it changes by less than 1 eV", "c": "it rises by more than 10 eV"},
        about_swap,
    ),
    "01.p2": Choice(
        "You pull a bond apart until it breaks. Where does it pull back most strongly?",
        {"a": "at its lowest energy", "b": "on the way up, where its energy is steepest", "c": "when nearly broken"},
        about_pull,
    ),
    "01.p3": Prediction(
        "An atom hangs on four springs, each of stiffness k. How many k resist when you push it along x?",
        " k", 0, 100, about_stiffness,
    ),
}  # fmt: skip

QUIZ = [
    Question(
        "You add 100 eV to the energy of every arrangement of the atoms. What happens to the forces?",
        {
            "a": ("they grow by the same factor as the energy", "a force is a slope, not a share of the energy."),
            "b": ("nothing", "yes: the slope does not know how high above the sea it is."),
            "c": ("they point the other way", "lifting a whole landscape turns no slope around."),
        },
        "b",
    ),
    Question(
        "All forces of a program add up to zero. Are they right?",
        {
            "a": ("yes, Newton's third law holds", "twice the forces also add up to zero, and so do the wrong sign's."),
            "b": ("no, the sum should be the total energy", "a sum of forces is no energy: look at the units."),
            "c": ("perhaps: test them by finite differences", "yes: the sum finds some mistakes, the slope all."),
        },
        "c",
    ),
    Question(
        "Why can a box of springs not describe silicon that melts?",
        {
            "a": ("each spring holds on to its two atoms for ever", "yes: in a melt atoms change their neighbours."),
            "b": ("springs are too soft", "make them as stiff as you like: the trouble is who is tied to whom."),
            "c": ("energy is not conserved", "the springs conserve it well; they tie the wrong atoms together."),
        },
        "a",
    ),
]
