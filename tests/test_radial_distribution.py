"""g(r) and what is read from it: against LAMMPS count for count, against crystals and gases that one knows."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from benchmarks.lammps_peer import load_lammps
from structures import molecule, skewed, slab, spread_out

from mlip_edu import AtomicSystem, MlipEduError
from mlip_edu.simulation.radial_distribution import (
    block_bootstrap,
    first_minimum,
    first_peak,
    mean_square_displacement,
    radial_distribution,
)


def lammps_tables(systems, r_max, bins, pairs=((1, 1),), kinds=("Si",)):
    """``compute rdf`` of systems with one lower triangular cell: (systems, bins, 1 + 2 pairs), as LAMMPS gives it."""
    first = systems[0]
    (lx, _, _), (xy, ly, _), (xz, yz, lz) = first.cell.tolist()
    types = [kinds.index(name) + 1 for name in first.species]
    lmp = load_lammps().lammps(cmdargs=["-log", "none", "-screen", "none", "-nocite"])
    lmp.commands_list([
        "units metal", "atom_modify map array", "box tilt large",
        f"region box prism 0 {lx!r} 0 {ly!r} 0 {lz!r} {xy!r} {xz!r} {yz!r}", f"create_box {len(kinds)} box",
    ])  # fmt: skip
    lmp.create_atoms(len(first), None, types, first.positions.ravel().tolist())
    assert lmp.get_natoms() == len(first)
    lmp.commands_list([
        "mass * 28", f"pair_style zero {r_max}", "pair_coeff * *", f"comm_modify cutoff {r_max + 2.5}",
        f"compute rdf all rdf {bins} {' '.join(f'{i} {j}' for i, j in pairs)} cutoff {r_max}",
        "thermo_style custom step c_rdf[1][1]",
    ])  # fmt: skip
    tables = []
    for system in systems:
        lmp.scatter_atoms("x", 1, 3, np.ctypeslib.as_ctypes(system.positions.ravel().copy()))
        lmp.command("run 0 post no")
        tables.append(np.array(lmp.numpy.extract_compute("rdf", 0, 2)))
    lmp.close()
    return np.array(tables)


def counts_of(g, n_pairs, volume, r_max):
    """Undo LAMMPS's normalisation: the whole numbers that it counted."""
    edges = np.linspace(0, r_max, len(g) + 1)
    counts = g * n_pairs * 4 * np.pi / 3 * np.diff(edges**3) / volume
    np.testing.assert_allclose(counts, np.rint(counts), rtol=0, atol=1e-6)
    return np.rint(counts).astype(int)


def rattled(repeat, frames, noise=0.3, seed=0, a=5.43):
    crystal = bulk("Si", a=a, cubic=True) * repeat
    generator = np.random.default_rng(seed)
    shape = (len(crystal), 3)
    return [
        AtomicSystem(crystal.positions + noise * generator.standard_normal(shape), crystal.cell.array, crystal.symbols)
        for _ in range(frames)
    ]


def test_100_frames_of_512_atoms_have_the_counts_of_lammps():
    systems = rattled((4, 4, 4), 100)
    ours = radial_distribution(systems, 10.0, 200)
    tables = lammps_tables(systems, 10.0, 200)
    for own, table in zip(ours.counts, tables, strict=True):
        np.testing.assert_array_equal(own, counts_of(table[:, 1], 512 * 511, systems[0].volume, 10.0))
    np.testing.assert_allclose(ours.r, tables[0, :, 0], rtol=1e-14)
    np.testing.assert_allclose(ours.g_of_frames, tables[:, :, 1], rtol=1e-12)
    np.testing.assert_allclose(ours.coordination[1:], tables[:, :, 2].mean(0), rtol=1e-12)


TRICLINIC = np.array([[5.1, 0.0, 0.0], [2.3, 4.7, 0.0], [-1.9, 1.6, 5.3]])


@pytest.mark.parametrize(
    ("cell", "n_atoms", "r_max"),
    [
        (np.diag([9.0, 10.1, 11.0]), 41, 12.0),  # images of atoms, and atoms' own images
        (np.diag([9.0, 10.0, 11.0]), 41, 4.4),  # nearest images
        (np.diag([30.0, 9.0, 28.0]), 200, 3.0),  # so much room that the neighbour list is taken
        (2.5 * TRICLINIC, 70, 4.9),
        (TRICLINIC, 6, 8.0),
    ],
)
def test_counts_and_partials_of_lammps_in_any_cell(cell, n_atoms, r_max):
    rng = np.random.default_rng(n_atoms)
    species = np.where(np.arange(n_atoms) % 3 == 0, "Ge", "Si")
    systems = [AtomicSystem(spread_out(rng, n_atoms, cell, closest=1.2), cell, species) for _ in range(2)]
    pairs = {("Si", "Si"): (1, 1), ("Si", "Ge"): (1, 2), ("Ge", "Si"): (2, 1), ("Ge", "Ge"): (2, 2), None: ("*", "*")}
    tables = lammps_tables(systems, r_max, 90, list(pairs.values()), ("Si", "Ge"))
    numbers = {"Si": (species == "Si").sum(), "Ge": (species == "Ge").sum()}
    total = 0
    for k, kinds in enumerate(pairs):
        ours = radial_distribution(systems, r_max, 90, kinds)
        if kinds is None:
            n_pairs = n_atoms * (n_atoms - 1)
            np.testing.assert_array_equal(total, ours.counts)
        else:
            n_pairs = numbers[kinds[0]] * (numbers[kinds[1]] - (kinds[0] == kinds[1]))
            total = total + ours.counts
        for own, table in zip(ours.counts, tables, strict=True):
            expected = counts_of(table[:, 1 + 2 * k], n_pairs, systems[0].volume, r_max)
            np.testing.assert_array_equal(own, expected)
            assert own.sum() > 0
        np.testing.assert_allclose(ours.g_of_frames, tables[:, :, 1 + 2 * k], rtol=1e-12)
        np.testing.assert_allclose(ours.coordination[1:], tables[:, :, 2 + 2 * k].mean(0), rtol=1e-12)


def test_64_atoms_of_an_ideal_gas_give_one():
    """Far beyond half the box too; only where an atom meets its own images there is more, and it is known how much."""
    side, n_atoms, n_frames, r_max = 10.1, 64, 200, 11.0
    rng = np.random.default_rng(7)
    gas = [AtomicSystem(side * rng.random((n_atoms, 3)), side * np.eye(3), ["Si"] * n_atoms) for _ in range(n_frames)]
    ours = radial_distribution(gas, r_max, 55)
    expected = n_atoms * (n_atoms - 1) * 4 * np.pi / 3 * np.diff(ours.edges**3) / side**3
    own_images = np.zeros(55)
    own_images[50] = 6 * n_atoms / expected[50]  # six images at 10.1 Å, the next at 14.3 Å
    poisson = np.sqrt(2 / (expected * n_frames))  # every pair is counted twice
    deviations = (ours.g - own_images - 1) / poisson
    assert np.abs(deviations).max() < 4
    assert 0.7 < deviations.std() < 1.3
    ratio = block_bootstrap(ours.g_of_frames).std(axis=0)[10:] / poisson[10:]
    assert 0.7 < np.median(ratio) < 1.3


def test_the_shells_of_diamond():
    crystal = bulk("Si", a=5.43)
    ours = radial_distribution([crystal], 5.0, 125)
    shells = 5.43 * np.sqrt([3 / 16, 1 / 2, 11 / 16])
    np.testing.assert_allclose([ours.coordination_number(r + 0.1) for r in shells], [4, 16, 28], rtol=1e-12)
    filled = np.flatnonzero(ours.counts[0])
    np.testing.assert_array_equal(filled, (shells // 0.04).astype(int))
    # the second shell is the higher one
    assert ours.g.argmax() == filled[1]
    assert first_peak(ours.r, ours.g)[0] == pytest.approx(shells[0], abs=0.02)


def test_two_atoms_are_their_supercell():
    rng = np.random.default_rng(3)
    crystal = bulk("Si", a=5.43)
    crystal.positions += 0.2 * rng.standard_normal((2, 3))
    small, large = (radial_distribution([atoms], 8.0, 150) for atoms in (crystal, crystal * (4, 4, 4)))
    np.testing.assert_array_equal(64 * small.counts, large.counts)
    np.testing.assert_allclose(small.coordination, large.coordination, rtol=1e-13)
    np.testing.assert_allclose(small.g * (2 - 1) / 2, large.g * (128 - 1) / 128, rtol=1e-12)


@pytest.mark.parametrize("r_max", [3.0, 4.1, 9.0])
def test_another_choice_of_lattice_vectors_is_the_same_crystal(r_max):
    system = rattled((2, 2, 2), 1, seed=5)[0]
    a, b, c = system.cell
    same = AtomicSystem(system.positions, [a + b, b - c, c], system.species)
    np.testing.assert_array_equal(
        radial_distribution([system], r_max, 90).counts, radial_distribution([same], r_max, 90).counts
    )


def test_frames_with_different_cells_and_atoms_are_normalised_each_by_itself():
    frames = [rattled((2, 2, 2), 1)[0], rattled((2, 2, 2), 1, a=5.8)[0], skewed(n_atoms=5), rattled((1, 2, 3), 1)[0]]
    together = radial_distribution(frames, 6.0, 60)
    alone = [radial_distribution([frame], 6.0, 60) for frame in frames]
    np.testing.assert_allclose(together.g, np.mean([one.g for one in alone], axis=0), rtol=1e-14)
    np.testing.assert_allclose(together.coordination, np.mean([one.coordination for one in alone], axis=0), rtol=1e-14)


def test_ase_atoms_are_frames():
    system = rattled((1, 1, 2), 1)[0]
    np.testing.assert_array_equal(
        radial_distribution([system.to_ase()], 6.0).counts, radial_distribution([system], 6.0).counts
    )


@pytest.mark.parametrize(
    ("frames", "keywords", "word"),
    [
        ([], {}, "0 frames"),
        ([slab()], {}, "periodic"),
        ([molecule()], {}, "periodic"),
        ([bulk("Si"), slab()], {}, "frame 1"),
        ([bulk("Si")], {"species": ("Si", "Ge")}, "Si-Ge"),
        ([bulk("Cu")], {}, "repeat"),
        ([bulk("Si")], {"r_max": 0.0}, "r_max"),
        ([bulk("Si")], {"r_max": -2.0}, "r_max"),
        ([bulk("Si")], {"r_max": np.nan}, "nan"),
        ([bulk("Si")], {"r_max": 1e5}, "images"),
        ([bulk("Si")], {"bins": 0}, "bins"),
    ],
)
def test_what_has_no_radial_distribution_is_refused(frames, keywords, word):
    with pytest.raises(MlipEduError, match=word):
        radial_distribution(frames, **({"r_max": 6.0} | keywords))


R = np.arange(0.025, 8, 0.05)
CURVE = np.where(R > 2, 1 + 1.3 * np.exp(-(((R - 2.43) / 0.3) ** 2)) - 0.4 * np.exp(-(((R - 3.4) / 0.6) ** 2)), 0)


def test_peak_and_minimum_of_a_known_curve():
    position, height = first_peak(R, CURVE)
    assert position == pytest.approx(2.425, abs=0.01)
    assert height == pytest.approx(2.27, abs=0.03)
    position, depth = first_minimum(R, CURVE)
    assert position == pytest.approx(3.4, abs=0.02)
    assert depth == pytest.approx(0.6, abs=0.01)
    x = R - 3.0  # exact for a parabola, even between the points
    assert first_peak(R, 5 - x**2 + 0.06 * x) == pytest.approx((3.03, 5.0009), abs=1e-9)


def test_a_curve_without_peak_or_minimum_is_refused():
    with pytest.raises(MlipEduError, match="peak"):
        first_peak(R, 0 * R)
    with pytest.raises(MlipEduError, match="minimum"):
        first_minimum(R[:60], CURVE[:60])
    with pytest.raises(MlipEduError, match="larger r_max"):
        first_peak(R[:48], CURVE[:48])
    for radius in (0.0, 6.1, np.nan):
        with pytest.raises(MlipEduError, match="6 Å"):
            radial_distribution([bulk("Si")], 6.0).coordination_number(radius)


def test_the_bootstrap_knows_independent_and_correlated_frames():
    """σ²/n, and for x' = φ x + noise about (1 + φ)/(1 − φ) times that; frames one by one would not see it."""
    rng = np.random.default_rng(11)
    noise = rng.standard_normal((2000, 40))
    independent = block_bootstrap(noise, block=1).std(axis=0)
    assert np.sqrt((independent**2).mean()) == pytest.approx(2000**-0.5, rel=0.04)
    correlated = noise.copy()
    for k in range(1, 2000):
        correlated[k] = 0.8 * correlated[k - 1] + 0.6 * noise[k]
    truth = 2000**-0.5 * np.sqrt(1.8 / 0.2)
    assert block_bootstrap(correlated).std(axis=0).mean() == pytest.approx(truth, rel=0.12)
    assert block_bootstrap(correlated, block=1).std(axis=0).mean() < truth / 2.5
    np.testing.assert_array_equal(block_bootstrap(noise), block_bootstrap(noise, seed=0))
    assert (block_bootstrap(noise) != block_bootstrap(noise, seed=1)).any()


@pytest.mark.parametrize("block", [1, 2])
def test_few_blocks_do_not_make_the_error_small(block):
    """Four frames: their mean scatters by σ/2, though they scatter about their own mean by less."""
    values = np.random.default_rng(4).standard_normal((4, 5000))
    assert np.sqrt(block_bootstrap(values, block=block).var(axis=0).mean()) == pytest.approx(0.5, rel=0.03)


def test_the_bootstrap_refuses_blocks_that_cannot_be_exchanged():
    for values, block in ((np.ones(1), None), (np.ones(10), 6), (np.ones(10), 0)):
        with pytest.raises(MlipEduError, match="blocks"):
            block_bootstrap(values, block=block)


def test_displacements_of_a_random_walk():
    """⟨r²⟩ = 3 s² t with the walls of a skewed box, without them, and against the theory."""
    rng = np.random.default_rng(2)
    cell = np.array([[6.0, 0.0, 0.0], [2.0, 5.0, 0.0], [-1.0, 1.0, 7.0]])
    path = np.cumsum(0.4 * rng.standard_normal((60, 300, 3)), axis=0)
    open_frames = [AtomicSystem(x, cell, ["Si"] * 300) for x in path]
    wrapped = [AtomicSystem((x @ np.linalg.inv(cell)) % 1 @ cell, cell, ["Si"] * 300) for x in path]
    free = mean_square_displacement(open_frames, unwrapped=True)
    np.testing.assert_allclose(mean_square_displacement(wrapped), free, rtol=1e-9)
    assert len(free) == 31
    assert free[0] == 0
    # the centre of mass takes 1/300 with it
    np.testing.assert_allclose(free[1:11], 3 * 0.16 * np.arange(1, 11) * (1 - 1 / 300), rtol=0.04)
    crossing = mean_square_displacement(wrapped, unwrapped=True)
    assert crossing[1] > 2 * free[1]


def test_drift_and_masses():
    """Two atoms, the centre of mass moving with v: mv²t² alone remains without it."""
    time = np.arange(9)[:, None, None]
    v, w = np.array([0.3, 0.1, 0.0]), np.array([0.2, 0.0, 0.0])
    oxygen, hydrogen = 15.999, 1.008
    velocity = np.array([v + w * hydrogen, v - w * oxygen])  # momenta of ±w cancel
    frames = [Atoms("OH", positions=x, cell=3 * np.eye(3), pbc=True) for x in velocity * time]
    square = np.arange(5) ** 2
    moved = mean_square_displacement(frames, unwrapped=True, remove_drift=False)
    np.testing.assert_allclose(moved, square * (velocity**2).sum(1).mean(), rtol=1e-12)
    inner = mean_square_displacement(frames, unwrapped=True)
    np.testing.assert_allclose(inner, square * 0.04 * (hydrogen**2 + oxygen**2) / 2, rtol=1e-9)


def test_displacements_of_a_molecule_and_of_strangers():
    shifts = np.array([0, 0, 3.0]) * np.arange(3)[:, None]
    frames = [AtomicSystem(molecule().positions + s, np.zeros((3, 3)), ["Si"] * 5, False) for s in shifts]
    np.testing.assert_allclose(mean_square_displacement(frames, remove_drift=False), [0, 9], rtol=1e-12)
    for wrong in (frames[:1], [*frames, molecule(n_atoms=4)], [*frames, molecule(("Ge",))]):
        with pytest.raises(MlipEduError, match="same atoms"):
            mean_square_displacement(wrong)
