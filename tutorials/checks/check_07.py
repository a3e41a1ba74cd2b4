"""Exercises, predictions and quiz of notebook 07: build a Behler–Parrinello network."""

import numpy as np

from mlip_edu.coursework.engine import Check, Choice, Question, Wrong, expect, run

# --- 07.q1: from atoms to the energy of a structure -----------------------------------------------------

ROWS = np.array([[0.3, 1.2], [2.0, -0.4], [0.7, 0.9], [1.5, 0.2]])
SPECIES = ["Si", "O", "Si", "O"]


def silicon(row):
    return float(np.tanh(row[0] - 0.5 * row[1]) - 2.0)


def oxygen(row):
    return float(np.tanh(0.8 * row[1] + row[0] ** 2) + 5.0)


NETWORKS = {"Si": silicon, "O": oxygen}


def total_energy(rows, species, networks):
    return sum(networks[name](row) for row, name in zip(rows, species, strict=True))


def energy_of_sum(rows, species, networks):
    members = {name: sum(row for row, own in zip(rows, species, strict=True) if own == name) for name in networks}
    return sum(networks[name](row) for name, row in members.items())


def first_network_only(rows, species, networks):
    return sum(networks[species[0]](row) for row in rows)


def every_network(rows, species, networks):
    return sum(network(row) for row in rows for network in networks.values())


def list_of_energies(rows, species, networks):
    return [networks[name](row) for row, name in zip(rows, species, strict=True)]


def judge_total(function):
    right = total_energy(ROWS, SPECIES, NETWORKS)
    known = [
        (right / len(ROWS), "that is the mean over the atoms. Twice as much silicon must have twice the energy."),
        (energy_of_sum(ROWS, SPECIES, NETWORKS), "you added the ROWS and asked a network once. Ask it for every atom, "
         "then add what it answers."),
        (first_network_only(ROWS, SPECIES, NETWORKS), "every atom went through the same network. Which network an atom "
         "gets is decided by its element."),
        (every_network(ROWS, SPECIES, NETWORKS), "every atom went through all the networks. It belongs to one element."),
        (total_energy(ROWS[:-1], SPECIES[:-1], NETWORKS), "one atom, the last, was left out."),
        (NETWORKS["Si"](ROWS.sum(axis=0)), "you added the ROWS and asked a network once. Ask one for every atom, then "
         "add what they answer."),
        (list_of_energies(ROWS, SPECIES, NETWORKS), "these are the energies of the atoms. One step is left."),
    ]  # fmt: skip
    hint = "not the energy. Try one atom first: which network does it get, and what does it answer?"
    expect(run(function, ROWS, SPECIES, NETWORKS), right, known, hint)


# --- 07.q2 and 07.q3: the forward pass and its slope ----------------------------------------------------


def make_network(sizes, seed):
    rng = np.random.default_rng(seed)
    pairs = list(zip(sizes[:-1], sizes[1:], strict=True))
    return {
        "mean": rng.normal(size=sizes[0]),
        "scale": rng.uniform(0.4, 2.5, sizes[0]),
        "weights": [rng.normal(size=(n_out, n_in)) / np.sqrt(n_in) for n_in, n_out in pairs],
        "biases": [rng.normal(size=n_out) for _, n_out in pairs],
        "reference": -3.0,
    }


NETWORK, ROW = make_network((3, 3, 3, 1), 4), np.array([0.4, -1.1, 0.9])


def layers_of(row, network, standardise=True, last_too=False, bias=1, transpose=False):
    """Activations of all layers, and E_0 not added yet; the keywords are the known slips."""
    layers = [(row - network["mean"]) / network["scale"] if standardise else np.asarray(row, float)]
    last = len(network["weights"]) - 1
    for number, (weight, offset) in enumerate(zip(network["weights"], network["biases"], strict=True)):
        weight = weight.T if transpose and weight.shape[0] == weight.shape[1] else weight
        z = weight @ layers[-1] + bias * offset
        layers.append(np.tanh(z) if number < last or last_too else z)
    return layers


def atomic_energy(row, network, **slips):
    return float(layers_of(row, network, **slips)[-1][0]) + network["reference"]


def with_multiplied_scale(row, network):
    return atomic_energy((row - network["mean"]) * network["scale"] ** 2 + network["mean"], network)


def linear_everywhere(row, network):
    a = (row - network["mean"]) / network["scale"]
    for weight, bias in zip(network["weights"], network["biases"], strict=True):
        a = weight @ a + bias
    return float(a[0]) + network["reference"]


def judge_forward(function):
    right = atomic_energy(ROW, NETWORK)
    known = [
        (right - NETWORK["reference"], "the reference energy E_0 is missing: the network learnt only what is left over."),
        (atomic_energy(ROW, NETWORK, standardise=False), "the row went in raw. What is done with μ and σ first?"),
        (with_multiplied_scale(ROW, NETWORK), "you multiplied with σ. It should become a row of size about one."),
        (atomic_energy(ROW, NETWORK, last_too=True), "the last layer got a tanh too, so that no energy could leave "
         "the range −1 … 1 eV. The last layer is linear."),
        (linear_everywhere(ROW, NETWORK), "no tanh anywhere: layer upon layer of linear maps is one linear map."),
        (atomic_energy(ROW, NETWORK, bias=0), "the biases b are missing."),
        (atomic_energy(ROW, NETWORK, transpose=True), "a weight matrix is turned: row k of W belongs to node k of the "
         "NEXT layer, so it is W @ a."),
        (atomic_energy(ROW, NETWORK, last_too=True) - NETWORK["reference"], "two things: the last layer is linear, "
         "without tanh; and E_0 is still to be added."),
    ]  # fmt: skip
    hint = "not the energy. Print a after every layer: does it have as many entries as the layer has nodes?"
    answer = run(function, ROW, NETWORK)
    if isinstance(answer, list | tuple | np.ndarray) and len(answer) == 1:
        raise Wrong("that is an array with one entry, the last layer as a whole. Take the entry.")
    expect(answer, right, known, hint)


def slope(row, network, activation=lambda a: 1 - a**2, scale=True):
    layers = layers_of(row, network)
    gradient = network["weights"][-1][0]
    for weight, a in zip(network["weights"][-2::-1], layers[-2:0:-1], strict=True):
        gradient = (gradient * activation(a)) @ weight
    return gradient / network["scale"] if scale else gradient


def slope_from_the_front(row, network):
    """The layers in the order of the forward pass: a known slip."""
    layers = layers_of(row, network)
    gradient = network["weights"][-1][0]
    for weight, a in zip(network["weights"][:-1], layers[1:-1], strict=True):
        gradient = (gradient * (1 - a**2)) @ weight
    return gradient / network["scale"]


def judge_slope(function):
    right = slope(ROW, NETWORK)
    known = [
        (slope(ROW, NETWORK, scale=False), "this is the slope in the STANDARDISED features. One link of the chain, "
         "a = (D − μ)/σ, is still to be followed."),
        (right * NETWORK["scale"] ** 2, "the last link is a = (D − μ)/σ. What is da/dD: σ or 1/σ?"),
        (slope(ROW, NETWORK, lambda a: 1.0), "the slopes of tanh are missing: a layer passes on only as much as it "
         "reacts itself."),
        (slope(ROW, NETWORK, lambda a: 1 - np.tanh(a) ** 2), "tanh′(z) = 1 − tanh(z)², and the list `layers` holds "
         "tanh(z) already: you took tanh twice."),
        (slope(ROW, NETWORK, lambda a: a), "you multiplied with a = tanh(z) itself; its slope is wanted."),
        (slope_from_the_front(ROW, NETWORK), "you walked from the first layer to the last. Backwards: the last first."),
        (right * (1 - layers_of(ROW, NETWORK)[-1][0] ** 2), "the last layer has no tanh, so its slope is 1."),
        (-right, "the sign is turned. The minus sign of the force comes later, once."),
    ]  # fmt: skip
    hint = "not the slope. Change one feature by 1e-5 and compare: (E(D + h) − E(D))/h must be the entry you return."
    answer = run(function, ROW, NETWORK, tuple(layers_of(ROW, NETWORK)))
    if isinstance(answer, np.ndarray) and answer.shape == (1, 3):
        raise Wrong("a table with one row: the last W has one row, W[0]. Begin with that row, and you get (features,).")
    expect(answer, right, known, hint)


# --- 07.q4: the slope of a feature ----------------------------------------------------------------------

DISTANCES, CUTOFF = np.array([2.1, 2.6, 3.3, 4.7]), 5.0


def fade(r, r_c):
    return 0.5 * (np.cos(np.pi * r / r_c) + 1)


def fade_slope(r, r_c):
    return -0.5 * np.pi / r_c * np.sin(np.pi * r / r_c)


def g2_slope(r, eta, shift, r_c):
    bell = np.exp(-eta * (r - shift) ** 2)
    return bell * (-2 * eta * (r - shift) * fade(r, r_c) + fade_slope(r, r_c))


def judge_g2_slope(function):
    for eta, shift in ((1.3, 2.9), (0.6, 2.2), (0.0, 1.0)):
        bell, f, f_slope = np.exp(-eta * (DISTANCES - shift) ** 2), fade(DISTANCES, CUTOFF), fade_slope(DISTANCES, CUTOFF)
        inner = -2 * eta * (DISTANCES - shift)
        known = [
            (bell * inner * f, "f_c depends on r as well: a product has two slopes."),
            (bell * f_slope, "the slope of the bell is missing: a product has two slopes."),
            (bell * (inner / 2 * f + f_slope), "look at the slope of (r − R_s)² once more: a factor is missing."),
            (bell * (-inner * f + f_slope), "the exponent is −η(r − R_s)²: its minus sign comes out as well."),
            (bell * (inner * f - f_slope), "f_c falls with r: its slope is negative."),
            (inner * f + bell * f_slope, "the slope of e^u is e^u · u′: the bell itself stays as a factor."),
            (bell * inner * f_slope, "(uv)′ is not u′v′: each factor is differentiated in turn, the other left alone."),
            (bell * (inner * f + f_slope * CUTOFF / np.pi), "the cosine holds πr/r_c: its own slope comes out as a factor."),
            (bell * f, "that is the function itself; its slope is wanted."),
        ] if eta else []  # fmt: skip
        hint = "not the slope. Write u = e^(−η(r−R_s)²), v = f_c, find u′ and v′ alone, then u′v + uv′."
        expect(run(function, DISTANCES, eta, shift, CUTOFF), g2_slope(DISTANCES, eta, shift, CUTOFF), known, hint)


# --- 07.q5: from pairs to forces ------------------------------------------------------------------------

CENTRE = np.array([0, 0, 1, 1, 2, 2, 2, 3])
NEIGHBOUR = np.array([1, 2, 0, 2, 0, 1, 3, 2])
PULLS = np.random.default_rng(7).normal(size=(8, 3))


def forces_of(pulls, centre, neighbour, n_atoms, own=1.0, others=-1.0):
    forces = np.zeros((n_atoms, 3))
    np.add.at(forces, centre, own * pulls)
    np.add.at(forces, neighbour, others * pulls)
    return forces


def forces_with_loop(pulls, centre, neighbour, n_atoms):
    forces = [[0.0, 0.0, 0.0] for _ in range(n_atoms)]
    for g, i, j in zip(pulls, centre, neighbour, strict=True):
        for axis in range(3):
            forces[i][axis] += g[axis]
            forces[j][axis] -= g[axis]
    return forces


def forces_forgetting(pulls, centre, neighbour, n_atoms):
    forces = np.zeros((n_atoms, 3))
    forces[centre] += pulls
    forces[neighbour] -= pulls
    return forces


def judge_forces(function):
    right = forces_of(PULLS, CENTRE, NEIGHBOUR, 4)
    known = [
        (forces_of(PULLS, CENTRE, NEIGHBOUR, 4, others=0), "this is the slope of each atom's OWN energy. When atom k "
         "moves, the energies of all its neighbours change too."),
        (forces_of(PULLS, CENTRE, NEIGHBOUR, 4, own=0), "the neighbours' part is there; that of the atom's own energy "
         "is missing."),
        (forces_of(PULLS, CENTRE, NEIGHBOUR, 4, others=1), "both parts got the same sign. r_ij = r_j − r_i: one of "
         "the two ends comes with a minus."),
        (-right, "this is +∂E/∂r; the force is −∂E/∂r."),
        (2 * right, "every pair is counted twice. The list holds i–j and j–i, and both are needed, once."),
        (forces_forgetting(PULLS, CENTRE, NEIGHBOUR, 4), "NumPy's forces[centre] += g adds only ONCE for an index that "
         "stands there several times. np.add.at(forces, centre, g) adds every one."),
    ]  # fmt: skip
    hint = "not the forces. Take a single pair: if only g_01 is not zero, what are F_0 and F_1?"
    expect(run(function, PULLS, CENTRE, NEIGHBOUR, 4), right, known, hint)


# --- 07.q6: the torque ----------------------------------------------------------------------------------

POSITIONS, FORCES = np.random.default_rng(8).normal(size=(2, 4, 3))


def torque(positions, forces):
    return np.cross(positions, forces).sum(axis=0)


def judge_torque(function):
    known = [
        (-torque(POSITIONS, FORCES), "that is Σ F × r; a cross product changes its sign with the order."),
        (np.cross(POSITIONS, FORCES), "these are the torques on the single atoms. The whole molecule is asked."),
        ((POSITIONS * FORCES).sum(), "that is Σ r · F, a number. The torque is a vector, from a cross product."),
        (np.cross(POSITIONS, FORCES).sum(axis=1), "you added x, y and z of each atom. Add over the atoms."),
        (torque(POSITIONS, FORCES) / len(POSITIONS), "that is the mean; the sum is asked."),
        (torque(POSITIONS - POSITIONS.mean(axis=0), FORCES), "that is the torque about the middle of the molecule, the same "
         "only where the net force is zero. Here r is measured from the origin."),
        (np.linalg.norm(torque(POSITIONS, FORCES)), "that is its length; the vector is asked."),
    ]
    hint = "not Σ r × F. np.cross works on whole arrays (atoms, 3); over which axis is there still a sum?"
    expect(run(function, POSITIONS, FORCES), torque(POSITIONS, FORCES), known, hint)


CHECKS = {
    "07.q1": Check(
        judge_total,
        "right. One network for each element, one answer for each atom, and a plain sum.",
        right=[total_energy, lambda rows, species, nets: np.sum([nets[s](r) for s, r in zip(species, rows, strict=True)])],
        wrong=[
            (lambda *a: total_energy(*a) / 4, "mean"),
            (energy_of_sum, "added the ROWS"),
            (first_network_only, "same network"),
            (every_network, "all the networks"),
            (lambda rows, species, nets: nets["Si"](rows.sum(axis=0)), "Ask one for every atom"),
            (lambda rows, species, nets: total_energy(rows[:-1], species[:-1], nets), "left out"),
            (list_of_energies, "One step is left"),
            (lambda *a: total_energy(*a) + 1, "one atom first"),
        ],
    ),
    "07.q2": Check(
        judge_forward,
        "right: two tanh layers, a linear one, and E_0.",
        right=[atomic_energy, lambda row, network: np.float64(atomic_energy(row, network))],
        wrong=[
            (lambda row, network: atomic_energy(row, network) + 3.0, "E_0"),
            (lambda row, network: atomic_energy(row, network, standardise=False), "raw"),
            (with_multiplied_scale, "multiplied"),
            (lambda row, network: atomic_energy(row, network, last_too=True), "no energy could leave"),
            (linear_everywhere, "one linear map"),
            (lambda row, network: atomic_energy(row, network, bias=0), "biases"),
            (lambda row, network: atomic_energy(row, network, transpose=True), "W @ a"),
            (lambda row, network: [atomic_energy(row, network)], "Take the entry"),
            (lambda row, network: atomic_energy(row, network, last_too=True) + 3.0, "two things"),
            (lambda row, network: 0.0, "after every layer"),
        ],
    ),
    "07.q3": Check(
        judge_slope,
        "right: the chain rule, link by link, from the energy back to the features.",
        right=[lambda row, network, layers: slope(row, network)],
        wrong=[
            (lambda row, network, layers: slope(row, network, scale=False), "STANDARDISED"),
            (lambda row, network, layers: slope(row, network) * network["scale"] ** 2, "1/σ"),
            (lambda row, network, layers: slope(row, network, lambda a: 1.0), "slopes of tanh"),
            (lambda row, network, layers: slope(row, network, lambda a: 1 - np.tanh(a) ** 2), "tanh twice"),
            (lambda row, network, layers: slope(row, network, lambda a: a), "itself"),
            (lambda row, network, layers: slope_from_the_front(row, network), "the last first"),
            (lambda row, network, layers: slope(row, network) * (1 - layers[-1] ** 2), "no tanh"),
            (lambda row, network, layers: -slope(row, network), "sign"),
            (lambda row, network, layers: 2 * slope(row, network), "1e-5"),
            (lambda row, network, layers: slope(row, network)[:2], "shape"),
            (lambda row, network, layers: slope(row, network)[None], "one row"),
        ],
    ),
    "07.q4": Check(
        judge_g2_slope,
        "right: u′v + uv′, the bell and the cutoff function each in turn.",
        right=[
            g2_slope,
            lambda r, eta, shift, r_c: -np.exp(-eta * (r - shift) ** 2)
            * (eta * (r - shift) * (1 + np.cos(np.pi * r / r_c)) + np.pi / (2 * r_c) * np.sin(np.pi * r / r_c)),
        ],
        wrong=[
            (lambda r, eta, shift, r_c: np.exp(-eta * (r - shift) ** 2) * -2 * eta * (r - shift) * fade(r, r_c), "as well"),
            (lambda r, eta, shift, r_c: np.exp(-eta * (r - shift) ** 2) * fade_slope(r, r_c), "slope of the bell"),
            (lambda r, eta, shift, r_c: np.exp(-eta * (r - shift) ** 2)
             * (-eta * (r - shift) * fade(r, r_c) + fade_slope(r, r_c)), "factor is missing"),
            (lambda r, eta, shift, r_c: np.exp(-eta * (r - shift) ** 2)
             * (2 * eta * (r - shift) * fade(r, r_c) + fade_slope(r, r_c)), "exponent"),
            (lambda r, eta, shift, r_c: np.exp(-eta * (r - shift) ** 2)
             * (-2 * eta * (r - shift) * fade(r, r_c) - fade_slope(r, r_c)), "falls with r"),
            (lambda r, eta, shift, r_c: -2 * eta * (r - shift) * fade(r, r_c)
             + np.exp(-eta * (r - shift) ** 2) * fade_slope(r, r_c), "stays as a factor"),
            (lambda r, eta, shift, r_c: np.exp(-eta * (r - shift) ** 2) * -2 * eta * (r - shift)
             * fade_slope(r, r_c), "not u′v′"),
            (lambda r, eta, shift, r_c: np.exp(-eta * (r - shift) ** 2) * fade(r, r_c), "function itself"),
            (lambda r, eta, shift, r_c: np.exp(-eta * (r - shift) ** 2) * (-2 * eta * (r - shift) * fade(r, r_c)
             - 0.5 * np.sin(np.pi * r / r_c)), "as a factor"),
            (lambda r, eta, shift, r_c: 0 * r, "u′v + uv′"),
        ],
    ),  # fmt: skip
    "07.q5": Check(
        judge_forces,
        "right: what its own energy pulls, less what all its neighbours' energies pull.",
        right=[forces_of, forces_with_loop],
        wrong=[
            (lambda *a: forces_of(*a, others=0), "OWN"),
            (lambda *a: forces_of(*a, own=0), "own energy is missing"),
            (lambda *a: forces_of(*a, others=1), "same sign"),
            (lambda *a: -forces_of(*a), "force is −"),
            (lambda *a: 2 * forces_of(*a), "twice"),
            (forces_forgetting, "only ONCE"),
            (lambda *a: forces_of(*a) + 1, "single pair"),
            (lambda g, i, j, n: g, "shape"),
        ],
    ),
    "07.q6": Check(
        judge_torque,
        "right: Σ r × F, about the origin.",
        right=[torque, lambda r, f: sum(np.cross(a, b) for a, b in zip(r, f, strict=True))],
        wrong=[
            (lambda r, f: torque(f, r), "changes its sign"),
            (lambda r, f: np.cross(r, f), "single atoms"),
            (lambda r, f: (r * f).sum(), "a number"),
            (lambda r, f: np.cross(r, f).sum(axis=1), "Add over the atoms"),
            (lambda r, f: torque(r, f) / len(r), "mean"),
            (lambda r, f: torque(r - r.mean(axis=0), f), "about the middle"),
            (lambda r, f: np.linalg.norm(torque(r, f)), "its length"),
            (lambda r, f: torque(r, f) + 1, "which axis"),
        ],
    ),
}


# --- predictions and quiz -------------------------------------------------------------------------------


def about_step(predicted, measured):
    if predicted == measured:
        return "As you said: two errors meet there, one that grows with h and one that grows as h shrinks."
    if predicted in "cd":
        return "So a smaller step is not always better: the difference of two almost equal energies loses its digits."
    return "So that step is too long: the h²E‴/6 of section 8 is left over. But it cannot be made short without end either."


def about_measuring(predicted, measured):
    if predicted == measured:
        return "As you said: only the sum and its slopes can be compared with anything."
    return "The sum of the shifts is zero for every arrangement of the atoms, so energies and forces cannot tell."


PREDICTIONS = {
    "07.p1": Choice(
        "A force from two energies, (E(x−h) − E(x+h))/2h, in double precision. Which h comes closest to the truth?",
        {"a": "10⁻² Å", "b": "10⁻⁵ Å", "c": "10⁻⁸ Å", "d": "10⁻¹¹ Å: the smaller the better"},
        about_step,
    ),
    "07.p2": Choice(
        "Two potentials give the same energy and the same forces for EVERY arrangement of the atoms. Their E_i",
        {"a": "must be equal", "b": "may differ by one constant", "c": "may differ by any amount, atom by atom"},
        about_measuring,
    ),
}

QUIZ = [
    Question(
        "Your network was trained on cells of 2 to 64 atoms. Which cells can it be used for?",
        {
            "a": ("any number of atoms", "yes: it answers for one atom at a time. (Whether it answers WELL depends on the "
                  "surroundings it has seen.)"),
            "b": ("2 to 64 atoms", "the number of atoms never enters the network; only one atom's row does."),
            "c": ("only the sizes it has seen", "that would be so for ONE network with all coordinates as its input."),
        },
        "a",
    ),
    Question(
        "Atom k moves a little. Whose energies E_i change?",
        {
            "a": ("its own only", "then its force would be the slope of its own energy: you saw that it is not."),
            "b": ("those of all atoms in the box", "not beyond the cutoff: their rows do not know of atom k."),
            "c": ("its own and those of all atoms within r_c of it", "yes; that is why the force has two sums."),
        },
        "c",
    ),
    Question(
        "Someone offers a model that predicts forces directly, with a smaller force error than yours, and no energy. "
        "What can you be sure of?",
        {
            "a": ("it is the better one for molecular dynamics", "a small error on single frames does not say that a "
                  "closed path costs nothing."),
            "b": ("nothing guarantees that a closed path does no work", "yes: it must be tested, or built in by taking "
                  "the slope of an energy."),
            "c": ("its net force on a crystal is zero", "only if every pair pulls equally at both ends, and nothing "
                  "forces it to."),
        },
        "b",
    ),
]  # fmt: skip
