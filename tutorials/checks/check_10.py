"""Exercises, predictions and quiz of notebook 10. Reading on tells you the answers: try first.

`right` and `wrong` are recorded answers; `tests/test_coursework.py` runs every one of them.
"""

import numpy as np

from mlip_edu.coursework.engine import Check, Prediction, Question, Wrong, as_numbers, expect, run
from mlip_edu.units import BOLTZMANN, DALTON

RNG = np.random.default_rng(10)
X, V = RNG.normal(0, 1, (5, 3)), RNG.normal(0, 0.1, (5, 3))
MASSES = np.array([28.0, 1.0, 12.0, 16.0, 40.0])[:, None] * DALTON


# --- 10.q1: one step of velocity Verlet -----------------------------------------------------------------


def pull(positions):
    """A force with a memory of nothing: each coordinate in its own well, in eV/Å."""
    return -3.0 * positions - 0.5 * positions**3


def verlet(positions, velocities, forces, masses, timestep, force_of):
    velocities = velocities + timestep / 2 * forces / masses
    positions = positions + timestep * velocities
    forces = force_of(positions)
    return positions, velocities + timestep / 2 * forces / masses, forces


def verlet_textbook(positions, velocities, forces, masses, timestep, force_of):
    new = positions + timestep * velocities + timestep**2 / 2 * forces / masses
    after = force_of(new)
    return [new, velocities + timestep * (forces + after) / (2 * masses), after]


def euler(positions, velocities, forces, masses, timestep, force_of):
    new = positions + timestep * velocities
    return new, velocities + timestep * forces / masses, force_of(new)


def euler_cromer(positions, velocities, forces, masses, timestep, force_of):
    velocities = velocities + timestep * forces / masses
    positions = positions + timestep * velocities
    return positions, velocities, force_of(positions)


def old_forces(positions, velocities, forces, masses, timestep, force_of):
    velocities = velocities + timestep / 2 * forces / masses
    positions = positions + timestep * velocities
    return positions, velocities + timestep / 2 * forces / masses, force_of(positions)


def one_kick(positions, velocities, forces, masses, timestep, force_of):
    velocities = velocities + timestep / 2 * forces / masses
    positions = positions + timestep * velocities
    return positions, velocities, force_of(positions)


def two_whole_kicks(positions, velocities, forces, masses, timestep, force_of):
    return verlet(positions, velocities, 2 * forces, masses, timestep, lambda x: 2 * force_of(x))


def massless(positions, velocities, forces, masses, timestep, force_of):
    return verlet(positions, velocities, forces, 1.0, timestep, force_of)


def stale(positions, velocities, forces, masses, timestep, force_of):
    return *verlet(positions, velocities, forces, masses, timestep, force_of)[:2], forces


def whole_acceleration(positions, velocities, forces, masses, timestep, force_of):
    new = positions + timestep * velocities + timestep**2 * forces / masses
    after = force_of(new)
    return new, velocities + timestep * (forces + after) / (2 * masses), after


def times_mass(positions, velocities, forces, masses, timestep, force_of):
    return verlet(positions, velocities, forces, 1 / masses, timestep, force_of)


def judge_verlet(function):
    given = X, V, pull(X), MASSES, 0.7
    answer = run(lambda *arguments: function(*arguments, pull), *given) if callable(function) else run(function)
    known = [
        (euler(*given, pull), "this is Euler's rule: position and velocity both move with their OLD values. Count the "
         "kicks: how many halves are there, and when?"),
        (euler_cromer(*given, pull), "one whole kick, then a drift. The kick is to be split in two halves, one before "
         "the drift and one after it."),
        (old_forces(*given, pull), "your second kick uses the forces from before the drift. The atoms have moved since."),
        (one_kick(*given, pull), "the second half of the kick is missing."),
        (two_whole_kicks(*given, pull), "each of the two kicks lasts half a time step only; yours seem to last a whole."),
        (massless(*given, pull), "the masses have no effect: force is not acceleration."),
        (times_mass(*given, pull), "you multiply by the masses: the heaviest atom would be pushed the most."),
        (whole_acceleration(*given, pull), "at constant acceleration a the way is v Δt + a Δt²/2. Is the half in yours?"),
        ([verlet(*given, pull)[k] for k in (1, 0, 2)], "the right numbers in another order: positions, velocities, "
         "forces."),
        (stale(*given, pull), "positions and velocities are right, but you return the forces from BEFORE the step: the "
         "next step would begin with them."),
        ((X, V, pull(X)), "nothing has moved."),
    ]  # fmt: skip
    hint = "not this step. Say it in words: half a kick, a whole drift, new forces, half a kick. Which line differs?"
    expect(answer, verlet(*given, pull), known, hint)


# --- 10.q2: temperature ---------------------------------------------------------------------------------


def temperature(velocities, masses):
    kinetic = 0.5 * (masses * velocities**2).sum()
    return 2 * kinetic / ((3 * len(velocities) - 3) * BOLTZMANN)


def judge_temperature(function):
    right = temperature(V, MASSES)
    known = [
        (right * 12 / 15, "this counts 3N degrees of freedom. The centre of mass is at rest and stays there: how many "
         "are left to carry heat?"),
        (right * 12 / 5, "this shares the energy among the ATOMS. How many directions can each move in?"),
        (right / 2, "half of the temperature: each degree of freedom holds kT/2, not kT."),
        (right * 2, "twice the temperature. Is there a 1/2 in your kinetic energy?"),
        (right * BOLTZMANN, "this is kT, an energy in eV. Kelvins are asked for."),
    ]  # fmt: skip
    hint = "not the temperature. Print the kinetic energy first: half of the sum of m v² over all atoms and directions."
    expect(run(function, V, MASSES), right, known, hint)


# --- 10.q3: Langevin's thermostat -----------------------------------------------------------------------

NOISE = RNG.standard_normal((5, 3))
BATH = 900.0, 50.0, 4.0  # K, fs, fs


def langevin(velocities, masses, bath, relaxation_time, timestep, noise):
    c = np.exp(-timestep / relaxation_time)
    return c * velocities + np.sqrt(1 - c**2) * np.sqrt(BOLTZMANN * bath / masses) * noise


def langevin_written_out(velocities, masses, bath, relaxation_time, timestep, noise):
    remembered = np.exp(-2 * timestep / relaxation_time)
    return (velocities * remembered**0.5 + noise * ((1 - remembered) * BOLTZMANN * bath / masses) ** 0.5).tolist()


def own_noise(velocities, masses, bath, relaxation_time, timestep, noise):
    numbers = np.random.default_rng().standard_normal(noise.shape)
    return langevin(velocities, masses, bath, relaxation_time, timestep, numbers)


def judge_langevin(function):
    c, thermal = np.exp(-BATH[2] / BATH[1]), np.sqrt(BOLTZMANN * BATH[0] / MASSES)
    known = [
        (c * V, "friction alone: the atoms will freeze. The kicks of the bath are missing."),
        (c * V + np.sqrt(1 - c) * thermal * NOISE, "with √(1 − c) the variance does not stay: c² times the old one plus "
         "(1 − c) times that of the bath. Which weight makes the two add up to one?"),
        (c * V + (1 - c) * thermal * NOISE, "it is the VARIANCES of the two parts that must add up, not the parts "
         "themselves: with 1 − c the atoms end up far too cold."),
        (V + np.sqrt(1 - c**2) * thermal * NOISE, "kicks without friction: the atoms will boil."),
        (c * V + np.sqrt(1 - c**2) * np.sqrt(BOLTZMANN * BATH[0]) * NOISE, "the masses are missing: a heavy atom is "
         "slower than a light one at the same temperature."),
        (c * V + np.sqrt(1 - c**2) * BOLTZMANN * BATH[0] / MASSES * NOISE, "kT/m is the VARIANCE of a velocity. The "
         "noise is to be multiplied with its width."),
        (c * V + np.sqrt(1 - c**2) * thermal, "every atom gets the same kick: where is the noise R?"),
        (c * V + np.sqrt(1 - c**2) * np.sqrt(BATH[0] / MASSES) * NOISE, "the bath is a temperature in K; kT is an energy. "
         "Which constant is k?"),
        (langevin(V, MASSES, BATH[0], BATH[2], BATH[1], NOISE), "τ and Δt are exchanged: in a short step the atoms should "
         "keep nearly all of their velocity."),
        (thermal * NOISE, "the old velocities are forgotten altogether: that is a collision, every step, for every atom."),
    ]  # fmt: skip
    hint = "not Langevin's step. Two terms: what is left of the old velocity, and the bath's share of a thermal one."
    answer = run(function, V, MASSES, *BATH, NOISE)
    if not np.array_equal(as_numbers(answer, V.shape), as_numbers(run(function, V, MASSES, *BATH, NOISE), V.shape)):
        raise Wrong("called twice with the same arguments it gives two answers. The random numbers come in as `noise`.")
    expect(answer, langevin(V, MASSES, *BATH, NOISE), known, hint)


# --- 10.q4: the normalisation of g(r) -------------------------------------------------------------------

COUNTS, EDGES, ATOMS, VOLUME = np.array([2.0, 10, 8, 42, 96]), np.array([0, 0.5, 1.0, 1.5, 2.0, 2.5]), 7, 60.0


def normalise(counts, edges, n_atoms, volume):
    shells = 4 * np.pi / 3 * np.diff(edges**3)
    return volume * counts / (n_atoms * (n_atoms - 1) * shells)


def normalise_in_steps(counts, edges, n_atoms, volume):
    density = (n_atoms - 1) / volume
    return [c / n_atoms / density / (4 / 3 * np.pi * (b**3 - a**3)) for c, a, b in zip(counts, edges, edges[1:])]


def surfaces(counts, edges, n_atoms, volume):
    r = (edges[1:] + edges[:-1]) / 2
    return volume * counts / (n_atoms * (n_atoms - 1) * 4 * np.pi * r**2)


def judge_normalisation(function):
    right, width = normalise(COUNTS, EDGES, ATOMS, VOLUME), 0.5
    middles = (EDGES[1:] + EDGES[:-1]) / 2
    known = [
        (right * (ATOMS - 1) / ATOMS, "you spread N atoms over the volume. An atom does not see itself: how many are "
         "left to be seen?"),
        (right * 2, "twice too much. The counts have every pair once from i and once from j: N·(N − 1) of them."),
        (right * ATOMS, "these are the neighbours of ALL atoms together. There are N centres."),
        (surfaces(COUNTS, EDGES, ATOMS, VOLUME), "4πr² is the AREA of a sphere. A shell has a thickness as well; look "
         "at the unit of your g: it must have none."),
        (surfaces(COUNTS, EDGES, ATOMS, VOLUME) / width, "4πr²Δ is nearly the volume of a shell, and in the first bins "
         "it is not. The difference of two spheres is exact, and no longer to write."),
        (VOLUME * COUNTS / (ATOMS * (ATOMS - 1) * 4 * np.pi / 3 * EDGES[1:] ** 3), "you divide by the "
         "whole SPHERE. The bin is what lies between two spheres."),
        (right / VOLUME, "the mean density is missing: neighbours per volume, compared with WHAT?"),
        (right / VOLUME**2, "the volume is on the wrong side: density is atoms per volume, and one divides by it."),
        (VOLUME * COUNTS / (ATOMS * (ATOMS - 1) * 4 * np.pi * middles**2 * middles), "there is an r too many."),
        (right * (ATOMS - 1), "N centres, and N − 1 others around each: one of these two numbers is not in your answer."),
        (right / 3, "three times too small: a sphere has 4π/3 r³."),
        (VOLUME * COUNTS / (ATOMS * (ATOMS - 1) * 4 * np.pi / 3 * width**3), "a shell is the difference of two spheres: "
         "cube first, then subtract."),
        (right * 4 * np.pi / 3 * np.diff(EDGES**3), "the volume of the shell is missing: far shells hold more atoms only "
         "because they are larger."),
    ]  # fmt: skip
    hint = "not g. In words: neighbours per centre, per volume of the shell, per mean density of the others."
    expect(run(function, COUNTS, EDGES, ATOMS, VOLUME), right, known, hint)


# --- 10.q5: five planted bugs ---------------------------------------------------------------------------

BUGS = "dbeac"
SIGNS = {
    "A": "curve A is a whole constant too low, and the constant happens to be the width of a bin. Which forgotten "
    "factor has a unit of Å?",
    "B": "curve B is right everywhere except at r = 0, where it explodes. Who is at a distance of 0 from whom?",
    "C": "curve C is too low at every r, by the same small per cent; the box holds 20 atoms. Compute 1 − g there.",
    "D": "curve D is perfect up to a certain r and then falls. What is half of the edge of the box?",
    "E": "curve E is too low at every r, at 0.6; it counts one kind of atoms around the other. What share of all the "
    "atoms is of the kind that is counted?",
}


def judge_bugs(answer):
    if isinstance(answer, (list, tuple)) and all(isinstance(letter, str) for letter in answer):
        answer = "".join(answer)
    letters = [letter for letter in answer.lower() if letter not in " ,"] if isinstance(answer, str) else []
    if len(letters) != 5 or set(letters) - set("abcde"):
        raise Wrong('this asks for five letters from a to e in quotes, the cause of curve A first: like "abcde".')
    for curve, given, right in zip(SIGNS, letters, BUGS, strict=True):
        if given != right:
            raise Wrong(SIGNS[curve])


# --- 10.q6: neighbours ----------------------------------------------------------------------------------


def neighbours(counts, edges, n_atoms, radius):
    return counts[edges[1:] <= radius + 1e-9].sum() / n_atoms


def neighbours_from_g(counts, edges, n_atoms, radius):
    return sum(c for c, edge in zip(counts, edges[1:]) if edge < radius + 1e-6) / float(n_atoms)


def judge_neighbours(function):
    right = neighbours(COUNTS, EDGES, ATOMS, 2.0)
    known = [
        (right * ATOMS, "these are the neighbours of all atoms together."),
        (right / 2, "each bond belongs to both its atoms: for a coordination number nothing is halved."),
        (COUNTS[3] / ATOMS, "this is one bin. All the bins up to the radius belong to it."),
        (COUNTS.sum() / ATOMS, "you counted beyond the radius."),
        (right * ATOMS / (ATOMS - 1), "N − 1 belongs to the density of g(r). Here one asks for neighbours per ATOM."),
        (COUNTS[:3].sum() / ATOMS, "the last bin is missing: the one that ENDS at the radius."),
    ]
    hint = "not the mean number of neighbours. Which bins end at or before the radius?"
    expect(run(function, COUNTS, EDGES, ATOMS, 2.0), right, known, hint)


# --- 10.q7: diffusion -----------------------------------------------------------------------------------

TIMES = np.arange(0, 1001, 20.0)
PATH = 0.13 * np.minimum(TIMES / 100, 1) ** 2 + 0.016 * TIMES  # Å²: a fast start, then a straight line …
PATH += 0.4 * np.cos(TIMES / 150 + 4) * np.minimum(TIMES / 200, 1)  # … that wobbles: two points are not yet a fit


def diffusion(times, displacement):
    late = times >= 300
    return np.polyfit(times[late], displacement[late], 1)[0] / 6 * 0.1


def diffusion_by_hand(times, displacement):
    t, d = times[times >= 300], displacement[times >= 300]
    return ((t - t.mean()) * (d - d.mean())).sum() / ((t - t.mean()) ** 2).sum() / 60


def judge_diffusion(function):
    right = diffusion(TIMES, PATH)
    known = [
        (right * 10, "the number is right in Å²/fs. One Å²/fs is (1e-8 cm)² in 1e-15 s."),
        (right * 6, "six times too much: 6D is the slope, and D is asked for. Three directions, two each."),
        (right * 3, "2D is the slope in ONE direction. The atoms move in three."),
        (right * 60, "this is the slope, in Å²/fs. It is 6D, and the unit is to be changed."),
        ((PATH[-1] - PATH[15]) / 700 / 60, "this is the slope between two points. Fit a line to all of them: np.polyfit."),
        (np.polyfit(TIMES[15:], PATH[15:], 1)[1] / 60, "np.polyfit gives the highest power first: the slope, then the "
         "constant."),
        (PATH[-1] / TIMES[-1] / 60, "MSD/6t keeps the memory of the fast start. The SLOPE at late times does not."),
        (np.polyfit(TIMES, PATH, 1)[0] / 60, "the first 300 fs are in your fit: there the atoms still fly or rattle."),
    ]  # fmt: skip
    hint = "not D. Fit a straight line to the times from 300 fs on; its slope is 6D, in Å²/fs."
    expect(run(function, TIMES, PATH), right, known, hint, rtol=3e-3)  # from 300 fs on, or from the next time


CHECKS = {
    "10.q1": Check(
        judge_verlet,
        "right: half a kick, a drift, half a kick. Run backwards it retraces its way, which Euler's rule does not.",
        right=[verlet, verlet_textbook],
        wrong=[
            (euler, "Euler"), (euler_cromer, "one whole kick"), (old_forces, "before the drift"),
            (one_kick, "second half"), (two_whole_kicks, "half a time step"), (massless, "acceleration"),
            (stale, "BEFORE the step"), (times_mass, "heaviest"), (whole_acceleration, "Is the half"),
            (lambda *given: [verlet(*given)[k] for k in (1, 0, 2)], "another order"), (lambda x, v, f, m, dt, force_of: (x, v, f), "nothing has moved"),
            (lambda x, v, f, m, dt, force_of: (x, v), "shape"),
            (lambda x, v, f, m, dt, force_of: (x + 1, v, f), "in words"), (3.0, "function"),
        ],
    ),
    "10.q2": Check(
        judge_temperature,
        "right. A temperature of so few atoms fluctuates: it is a mean over their velocities, not a setting.",
        right=[temperature, lambda v, m: (m * v * v).sum() / (3 * (len(v) - 1) * BOLTZMANN)],
        wrong=[
            (lambda v, m: temperature(v, m) * 12 / 15, "centre of mass"),
            (lambda v, m: temperature(v, m) * 12 / 5, "ATOMS"), (lambda v, m: temperature(v, m) / 2, "kT/2"),
            (lambda v, m: temperature(v, m) * 2, "1/2"), (lambda v, m: temperature(v, m) * BOLTZMANN, "Kelvins"),
            (lambda v, m: 300.0, "first"), (lambda v, m: v, "shape"), (300, "function"),
        ],
    ),
    "10.q3": Check(
        judge_langevin,
        "right: c² of the old variance and 1 − c² of the bath's, together one.",
        right=[langevin, langevin_written_out],
        wrong=[
            (lambda v, m, T, tau, dt, R: np.exp(-dt / tau) * v, "freeze"),
            (lambda v, m, T, tau, dt, R: np.exp(-dt / tau) * v
             + np.sqrt((1 - np.exp(-dt / tau)) * BOLTZMANN * T / m) * R, "add up to one"),
            (lambda v, m, T, tau, dt, R: np.exp(-dt / tau) * v
             + (1 - np.exp(-dt / tau)) * np.sqrt(BOLTZMANN * T / m) * R, "too cold"),
            (lambda v, m, T, tau, dt, R: v + langevin(0 * v, m, T, tau, dt, R), "boil"),
            (lambda v, m, T, tau, dt, R: langevin(v, 1.0, T, tau, dt, R), "heavy"),
            (lambda v, m, T, tau, dt, R: np.exp(-dt / tau) * v
             + np.sqrt(1 - np.exp(-2 * dt / tau)) * BOLTZMANN * T / m * R, "width"),
            (lambda v, m, T, tau, dt, R: np.sqrt(BOLTZMANN * T / m) * R, "collision"),
            (lambda v, m, T, tau, dt, R: 3 * v, "Two terms"), (own_noise, "called twice"),
            (lambda v, m, T, tau, dt, R: langevin(v, m, T, tau, dt, np.ones((5, 3))), "same kick"),
            (lambda v, m, T, tau, dt, R: langevin(v, m, T / BOLTZMANN, tau, dt, R), "Which constant"),
            (lambda v, m, T, tau, dt, R: langevin(v, m, T, dt, tau, R), "exchanged"),
        ],
    ),
    "10.q4": Check(
        judge_normalisation,
        "right: exact shells, and N − 1 others. Now something must come out as 1.",
        right=[normalise, normalise_in_steps],
        wrong=[
            (lambda c, e, n, v: normalise(c, e, n, v) * (n - 1) / n, "itself"),
            (lambda c, e, n, v: 2 * normalise(c, e, n, v), "once from i"),
            (lambda c, e, n, v: n * normalise(c, e, n, v), "centres"), (surfaces, "AREA"),
            (lambda c, e, n, v: surfaces(c, e, n, v) / (e[1] - e[0]), "first bins"),
            (lambda c, e, n, v: v * c / (n * (n - 1) * 4 * np.pi / 3 * e[1:] ** 3), "SPHERE"),
            (lambda c, e, n, v: normalise(c, e, n, v) / v, "compared with WHAT"),
            (lambda c, e, n, v: normalise(c, e, n, v) / v**2, "wrong side"),
            (lambda c, e, n, v: v * c / (n * (n - 1) * np.pi / 2 * (e[1:] + e[:-1]) ** 3), "r too many"),
            (lambda c, e, n, v: (n - 1) * normalise(c, e, n, v), "one of these two"),
            (lambda c, e, n, v: normalise(c, e, n, v) / 3, "three times"),
            (lambda c, e, n, v: v * c / (n * (n - 1) * 4 * np.pi / 3 * np.diff(e) ** 3), "cube first"),
            (lambda c, e, n, v: v * c / (n * (n - 1)), "far shells"), (lambda c, e, n, v: c, "In words"), (lambda c, e, n, v: c[:2], "shape"),
        ],
    ),
    "10.q5": Check(
        judge_bugs,
        "right, all five. None of them raised an error: only the ideal gas told.",
        right=[BUGS, BUGS.upper(), list(BUGS), " ".join(BUGS)],
        wrong=[
            ("abcde", "curve A"), ("dacbe", "curve B"), ("dbaec", "curve C"), ("dbeca", "curve D"),
            ("dbeab", "curve E"), ("dbea", "five letters"), ("dbeaz", "five letters"), (5, "five letters"),
        ],
    ),
    "10.q6": Check(
        judge_neighbours,
        "right. No volume and no density in it: a coordination number does not care how g(r) is normalised.",
        right=[neighbours, neighbours_from_g],
        wrong=[
            (lambda c, e, n, r: neighbours(c, e, n, r) * n, "together"),
            (lambda c, e, n, r: neighbours(c, e, n, r) / 2, "halved"),
            (lambda c, e, n, r: c[e[1:] <= r][-1] / n, "one bin"), (lambda c, e, n, r: c.sum() / n, "beyond"),
            (lambda c, e, n, r: neighbours(c, e, n, r) * n / (n - 1), "per ATOM"),
            (lambda c, e, n, r: c[e[1:] < r].sum() / n, "ENDS"), (lambda c, e, n, r: 1.0, "Which bins"),
        ],
    ),
    "10.q7": Check(
        judge_diffusion,
        "right: Einstein's relation, with the fast start left out.",
        right=[
            diffusion, diffusion_by_hand, lambda t, d: np.polyfit(t[t > 300], d[t > 300], 1)[0] / 60,
        ],
        wrong=[
            (lambda t, d: 10 * diffusion(t, d), "1e-8 cm"), (lambda t, d: 6 * diffusion(t, d), "Three directions"),
            (lambda t, d: 3 * diffusion(t, d), "ONE direction"), (lambda t, d: 60 * diffusion(t, d), "this is the slope"),
            (lambda t, d: d[-1] / t[-1] / 60, "memory"), (lambda t, d: np.polyfit(t, d, 1)[0] / 60, "first 300"),
            (lambda t, d: (d[-1] - d[t >= 300][0]) / 700 / 60, "two points"),
            (lambda t, d: np.polyfit(t[t >= 300], d[t >= 300], 1)[1] / 60, "highest power"),
            (lambda t, d: 0.0, "Fit a straight line"),
        ],
    ),
}  # fmt: skip


def about_step(predicted, measured):
    if 3 <= predicted <= 5:
        return "As you said: the error of the energy goes with the square of the time step."
    if predicted < measured:
        return "More than you thought: the error goes with Δt², not with Δt."
    return "Less than you thought: the method is of second order, no higher."


def about_neighbours(predicted, measured):
    if abs(predicted - measured) < 0.7:
        return "Close. Silicon gains neighbours when it melts: it becomes a metal, denser than its crystal."
    if predicted < measured:
        return (
            "More than you thought: the open network of the crystal collapses, and the melt is denser than the solid."
        )
    return "Fewer than you thought: a simple liquid such as argon has about twelve, silicon keeps some of its bonds' memory."


def about_diffusion(predicted, measured):
    if abs(predicted - measured) <= 10:
        return "Close: atoms that are stopped so often get nowhere."
    if predicted > measured:
        return "Far less than you thought. The temperature was right and the structure was right; the motion was not."
    return "More than you thought; yet the thermostat has taken most of the motion away."


PREDICTIONS = {
    "10.p1": Prediction(
        "Twice the time step: how many times as large do the fluctuations of the total energy become?",
        " times", 0, 100, about_step,
    ),
    "10.p2": Prediction(
        "An atom in the crystal has 4 neighbours. How many has one in the melt, up to 3.1 Å?", " neighbours", 0, 30,
        about_neighbours,
    ),
    "10.p3": Prediction(
        "Every atom collides with a heat bath every 10 fs on average. How much is left of the diffusion coefficient, in "
        "per cent of that without a thermostat?", " %", 0, 1000, about_diffusion,
    ),
}  # fmt: skip

QUIZ = [
    Question(
        "Your g(r) of a large, well-equilibrated liquid levels off at 0.33. What do you look at first?",
        {
            "a": ("the density in the normalisation", "yes: a wrong constant at every r is a wrong density, whatever the liquid."),
            "b": ("the length of the run", "a short run is noisy; it does not move the level."),
            "c": ("the thermostat", "no thermostat can make the far-away density differ from the mean density."),
        },
        "a",
    ),
    Question(
        "Which runs give a diffusion coefficient that means something?",
        {
            "a": ("any, if the mean temperature is right", "you have seen one with the right temperature and a fraction of the diffusion."),
            "b": ("those whose g(r) is right", "g(r) knows nothing of time: it was the same in all of them."),
            "c": ("at constant energy, or with a thermostat that hardly touches the motion", "yes: and check that "
                  "changing its relaxation time changes nothing."),
        },
        "c",
    ),
    Question(
        "At constant energy the total energy of your run climbs steadily, by 5 meV per atom and picosecond. What helps?",
        {
            "a": ("a thermostat", "it would hide the fault by taking the heat away, and the run would still be wrong."),
            "b": ("a smaller time step, and a look at whether the forces are the slope of the energy", "yes: those are the two causes."),
            "c": ("subtracting the drift afterwards", "the numbers would look better; the trajectory would be the same."),
        },
        "b",
    ),
]  # fmt: skip
