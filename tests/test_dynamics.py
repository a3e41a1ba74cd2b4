"""Molecular dynamics against analytic results, ASE and itself backwards."""

import dataclasses
import resource

import ase.io
import numpy as np
import pytest
import small_job
from ase import Atoms
from ase import units as ase_units
from ase.build import bulk
from ase.calculators.lj import LennardJones
from ase.constraints import FixAtoms
from ase.md.verlet import VelocityVerlet as AseVerlet
from battery import features, make_potential
from scipy import constants, stats

from mlip_edu import AtomicSystem, MlipEduError, ase_calculator, neighbour_list, train
from mlip_edu.data import load_silicon
from mlip_edu.io.trajectory import TrajectoryFile, read_trajectory
from mlip_edu.simulation.dynamics import Guard, MolecularDynamics, SimulationError
from mlip_edu.simulation.skin import CalculatorForces, FeatureRange, PotentialForces, SkinList
from mlip_edu.simulation.thermostats import Andersen, Langevin, VelocityRescaling, maxwell_boltzmann
from mlip_edu.units import BOLTZMANN, DALTON

ANYTHING = Guard(closest=0.0, hottest=np.inf)
SILICON_MASS = 28.085


@pytest.fixture(scope="module")
def potential():
    """A silicon potential that is trained for a second: diamond stays diamond in it."""
    systems = [s for s in load_silicon() if s.info["family"] in ("diamond_rattled", "diamond_strained", "eos")]
    known = [dataclasses.replace(s, info={"family": s.info["family"]}) for s in systems if len(s) <= 8]
    return train(known, small_job.fingerprint(), hidden=(8,), epochs=40, validation=0.0, progress=False).potential


def crystal(n=1, noise=0.0):
    atoms = bulk("Si", "diamond", a=5.43, cubic=True) * (n, n, n)
    atoms.rattle(noise, seed=1)
    return atoms


def molecule(positions, species="Si"):
    return Atoms([species] * len(positions), positions=positions)


def well(stiffness):
    """Every atom on its own spring to the origin, E = Σ k x²/2."""
    return lambda x: (0.5 * stiffness * (x**2).sum(), -stiffness * x, np.zeros((3, 3)))


def ring(constant, power):
    """Atoms on a ring, E = c Σ |x_i − x_{i+1}|^n: no force on the centre of mass, and 3N − 3 coordinates."""

    def forces(x):
        bond = x - np.roll(x, -1, axis=0)
        length = (bond**2).sum(1, keepdims=True)
        pull = -constant * power * length ** (power / 2 - 1) * bond
        return constant * (length ** (power / 2)).sum(), pull - np.roll(pull, 1, axis=0), np.zeros((3, 3))

    return forces


def mean_and_error(values, blocks=100):
    """Mean with its standard error from blocks."""
    means = np.array([block.mean() for block in np.array_split(np.asarray(values), blocks)])
    return means.mean(), means.std(ddof=1) / np.sqrt(blocks)


def assert_within(values, expected, sigmas=5):
    mean, error = mean_and_error(values)
    assert error < 0.08 * expected, "too short a run to tell"
    assert abs(mean - expected) < sigmas * error, f"{mean} ± {error}, expected {expected}"


# constant energy


def test_the_same_path_as_ase():
    atoms = bulk("Ar", "fcc", a=5.3, cubic=True)
    atoms.rattle(0.1, seed=3)
    calculator = LennardJones(epsilon=0.0104, sigma=3.4, rc=7.0)
    dynamics = MolecularDynamics(atoms, calculator, timestep=4.0, temperature=60, seed=2)
    other = dynamics.frame()
    other.calc = LennardJones(epsilon=0.0104, sigma=3.4, rc=7.0)
    theirs = AseVerlet(other, 4.0 * ase_units.fs)
    for _ in range(60):
        dynamics.step()
    theirs.run(60)
    ours = dynamics.frame()
    # ASE's constants are CODATA 2014: the path can agree to a few parts in 1e8 of the way an atom went
    np.testing.assert_allclose(ours.positions, other.positions, rtol=0, atol=1e-6)
    np.testing.assert_allclose(ours.get_velocities(), other.get_velocities(), rtol=0, atol=1e-7)
    assert ours.info["kinetic_energy"] == pytest.approx(other.get_kinetic_energy(), rel=1e-5)
    assert ours.info["potential_energy"] == pytest.approx(other.get_potential_energy(), rel=1e-6)
    thermal = -other.get_stress(voigt=False, include_ideal_gas=True).trace() / 3 / ase_units.GPa
    assert ours.info["pressure"] == pytest.approx(thermal, rel=1e-5)
    assert ours.info["temperature"] == pytest.approx(other.get_temperature() * 4 / 3, rel=1e-5)  # ASE: 3N, ours 3N − 3


def test_a_potential_and_its_ase_calculator_go_the_same_way(potential):
    atoms = crystal(noise=0.05)
    ours = MolecularDynamics(atoms, potential, temperature=300)
    theirs = MolecularDynamics(atoms, ase_calculator(potential), temperature=300)
    for _ in range(20):
        ours.step()
        theirs.step()
    np.testing.assert_allclose(ours.positions, theirs.positions, atol=1e-11)
    assert ours.frame().info["pressure"] == pytest.approx(theirs.frame().info["pressure"], rel=1e-9)


def test_a_diatomic_molecule_has_its_analytic_frequency():
    stiffness, length, timestep = 8.0, 2.3, 0.5

    def spring(x):
        bond = x[1] - x[0]
        distance = np.linalg.norm(bond)
        pull = stiffness * (distance - length) * bond / distance
        return 0.5 * stiffness * (distance - length) ** 2, np.array([pull, -pull]), np.zeros((3, 3))

    dynamics = MolecularDynamics(molecule([[0, 0, 0], [0, 0, length + 0.05]]), spring, timestep=timestep)
    stretch = []
    for _ in range(4000):
        stretch.append(np.linalg.norm(dynamics.positions[1] - dynamics.positions[0]) - length)
        dynamics.step()
    stretch = np.array(stretch)
    down = np.flatnonzero((stretch[:-1] > 0) & (stretch[1:] <= 0))
    crossings = down + stretch[down] / (stretch[down] - stretch[down + 1])
    period = (crossings[-1] - crossings[0]) / (len(crossings) - 1) * timestep
    newton_per_metre = stiffness * constants.e / constants.angstrom**2
    reduced = SILICON_MASS * constants.atomic_mass / 2
    omega = np.sqrt(newton_per_metre / reduced) * constants.femto
    discrete = np.arccos(1 - (omega * timestep) ** 2 / 2) / timestep  # the frequency that velocity Verlet makes of it
    assert 2 * np.pi / period == pytest.approx(discrete, rel=2e-6)


def test_the_energy_error_falls_as_the_square_of_the_time_step(potential):
    def error(timestep):
        dynamics = MolecularDynamics(crystal(noise=0.02), potential, timestep=timestep, temperature=400)
        rows = dynamics.run(round(80 / timestep), every=1, progress=False)
        return max(abs(row["total_energy"] - rows[0]["total_energy"]) for row in rows)

    steps = [0.5, 1.0, 2.0]
    slope = np.polyfit(np.log(steps), np.log([error(step) for step in steps]), 1)[0]
    assert slope == pytest.approx(2, abs=0.2)


@pytest.mark.slow
def test_the_energy_does_not_drift(potential):
    dynamics = MolecularDynamics(crystal(2), potential, timestep=1.0, temperature=600)
    dynamics.run(2000, every=10, progress=False)
    time, energy = np.array([(row["time"], row["total_energy"]) for row in dynamics.table]).T
    slope = np.polyfit(time / 1000, energy / 64, 1)[0]  # eV/ps of an atom
    assert abs(slope) * 10 < 1e-3
    assert dynamics.table[-1]["temperature"] > 200
    momentum = (dynamics.masses * dynamics.velocities).sum(0)
    assert np.abs(momentum).max() < 1e-9 * np.abs(dynamics.masses * dynamics.velocities).max()


def test_time_can_be_turned_round(potential):
    dynamics = MolecularDynamics(crystal(noise=0.02), potential, temperature=600)
    start, velocities = dynamics.positions.copy(), dynamics.velocities.copy()
    for _ in range(150):
        dynamics.step()
    assert np.abs(dynamics.positions - start).max() > 0.05
    dynamics.velocities = -dynamics.velocities
    for _ in range(150):
        dynamics.step()
    np.testing.assert_allclose(dynamics.positions, start, atol=1e-9)
    np.testing.assert_allclose(dynamics.velocities, -velocities, atol=1e-9)


# temperature


def test_initial_velocities_are_maxwells():
    masses = np.repeat([SILICON_MASS, 72.63], 4000)[:, None] * DALTON
    velocities = maxwell_boltzmann(masses, 500.0, np.random.default_rng(0))
    assert np.abs((masses * velocities).sum(0)).max() < 1e-10 * np.abs(masses * velocities).sum()
    for mass, own in ((SILICON_MASS, velocities[:4000]), (72.63, velocities[4000:])):
        width = np.sqrt(constants.k * 500 / (mass * constants.atomic_mass)) * 1e-5  # m/s in Å/fs
        assert stats.kstest(own.ravel() / width, "norm").pvalue > 1e-3


def test_the_initial_temperature_counts_three_degrees_of_freedom_less():
    atoms = molecule(4.0 * np.arange(15).reshape(5, 3))
    found = [MolecularDynamics(atoms, well(1.0), temperature=100, seed=k).temperature for k in range(4000)]
    assert_within(found, 100.0)


@pytest.mark.parametrize(
    ("thermostat", "power", "n_free"),
    [
        (Langevin(300, 30), 2, 24),
        (Andersen(300, 30), 2, 24),
        # a rescaling cannot carry energy from one harmonic mode to another; quartic springs do it themselves
        (VelocityRescaling(300, 30), 4, 21),
        (VelocityRescaling(300, 2), 4, 21),
    ],
)
def test_energies_fluctuate_canonically(thermostat, power, n_free):
    """Z(β) of N_f velocities is ∝ β^(−N_f/2), and of d coordinates in a potential of power n it is ∝ β^(−d/n)."""
    constant = {2: 1.5, 4: 4.0}[power]
    atoms = molecule(0.05 * np.random.default_rng(1).standard_normal((8, 3)))
    dynamics = MolecularDynamics(atoms, ring(constant, power), thermostat=thermostat, seed=4, guard=ANYTHING)
    kinetic, potential_energy = [], []
    for k in range(30_000):
        dynamics.step()
        if k >= 2000:
            kinetic.append(0.5 * (dynamics.masses * dynamics.velocities**2).sum())
            potential_energy.append(dynamics.energy)
    thermal = constants.k * 300 / constants.e
    kinetic, potential_energy = np.array(kinetic), np.array(potential_energy)
    for values, mean, variance in (
        (kinetic, n_free / 2 * thermal, n_free / 2 * thermal**2),
        (potential_energy, 21 / power * thermal, 21 / power * thermal**2),
    ):
        assert_within(values, mean)
        assert_within((values - mean) ** 2, variance)


@pytest.mark.parametrize("thermostat", [Langevin(300, 5), Andersen(300, 5)])
def test_positions_in_a_harmonic_well_have_no_error_of_the_time_step(thermostat):
    """At ω Δt = 1 other splittings are wrong by a quarter; of the velocities this one has 1 − (ω Δt)²/4."""
    stiffness = SILICON_MASS * DALTON / 16.0
    start = molecule(np.zeros((200, 3)))
    dynamics = MolecularDynamics(
        start, well(stiffness), timestep=4.0, thermostat=thermostat, temperature=300, guard=ANYTHING
    )
    squares, kinetic = [], []
    for _ in range(3000):
        dynamics.step()
        squares.append((dynamics.positions**2).mean())
        kinetic.append(dynamics.temperature)
    assert_within(squares[100:], BOLTZMANN * 300 / stiffness)
    assert_within(kinetic[100:], 300 * 0.75)


def test_rescaling_keeps_the_momentum_and_langevin_does_not():
    for thermostat, kept in (
        (VelocityRescaling(300, 10), True),
        (Langevin(300, 10), False),
        (Andersen(300, 10), False),
    ):
        dynamics = MolecularDynamics(molecule(np.eye(3)), ring(1.0, 2), thermostat=thermostat, guard=ANYTHING)
        for _ in range(50):
            dynamics.step()
        momentum = np.abs((dynamics.masses * dynamics.velocities).sum(0)).max()
        assert (momentum < 1e-12) == kept


@pytest.mark.parametrize("thermostat", [Langevin(300, 50), Andersen(300, 50)])
def test_velocities_forget_within_the_relaxation_time(thermostat):
    masses, generator = np.full((5000, 1), SILICON_MASS * DALTON), np.random.default_rng(2)
    first = velocities = maxwell_boltzmann(masses, 300, generator)
    for _ in range(25):
        velocities = thermostat(velocities, masses, 2.0, generator)
    correlation = (first * velocities).sum() / (first**2).sum()
    assert correlation == pytest.approx(np.exp(-1), abs=5 / np.sqrt(first.size))


def test_the_kinetic_energy_relaxes_within_the_relaxation_time():
    """⟨K(t)⟩ − K̄ = (K(0) − K̄) e^{−t/τ}, here from 1200 K to 300 K."""
    masses, generator = np.full((2000, 1), SILICON_MASS * DALTON), np.random.default_rng(3)
    velocities = first = 2 * maxwell_boltzmann(masses, 300, generator)
    for _ in range(25):
        velocities = VelocityRescaling(300, 50)(velocities, masses, 2.0, generator)
    found = 1200 * (velocities**2).sum() / (first**2).sum()
    assert found == pytest.approx(300 + 900 * np.exp(-1), rel=0.08)


def test_rescaling_does_not_take_a_drift_for_heat():
    atoms = crystal()
    thermal = maxwell_boltzmann(atoms.get_masses()[:, None], 1e4, np.random.default_rng(0))
    atoms.set_velocities(thermal + np.array([0.2, 0, 0]))
    drifting = MolecularDynamics(atoms, nothing, thermostat=VelocityRescaling(300))
    np.testing.assert_allclose((drifting.masses * drifting.velocities).sum(0), 0, atol=1e-12)
    for thermostat in (None, Langevin(300)):
        left_alone = MolecularDynamics(atoms, nothing, thermostat=thermostat)
        np.testing.assert_allclose(left_alone.velocities / ase_units.fs, atoms.get_velocities(), rtol=1e-12)


def test_a_run_that_goes_on_draws_other_numbers():
    atoms = crystal()
    later = atoms.copy()
    later.info["step"] = 10
    velocities = [MolecularDynamics(a, nothing, temperature=300, seed=1).velocities for a in (atoms, atoms, later)]
    np.testing.assert_array_equal(velocities[0], velocities[1])
    assert (velocities[0] != velocities[2]).all()


def test_the_same_seed_gives_the_same_run():
    def last(seed):
        dynamics = MolecularDynamics(
            molecule(np.eye(3)), ring(1.0, 2), thermostat=Langevin(300), seed=seed, guard=ANYTHING
        )
        return dynamics.run(20, progress=False)[-1]["total_energy"]

    assert last(1) == last(1) != last(2)


# neighbours


def check_fresh(dynamics, potential):
    system = AtomicSystem(dynamics.positions, dynamics.atoms.cell.array, dynamics.atoms.symbols, dynamics.atoms.pbc)
    fresh = potential.predict(system)
    np.testing.assert_allclose(dynamics.forces, fresh.forces, atol=1e-11 * max(1, np.abs(fresh.forces).max()))
    np.testing.assert_allclose(dynamics.virial, fresh.virial[0], atol=1e-10 * max(1, np.abs(fresh.virial).max()))
    assert dynamics.energy == pytest.approx(fresh.energy[0], rel=1e-13)


def test_forces_are_those_of_a_fresh_list_in_every_step(potential):
    dynamics = MolecularDynamics(crystal(), potential, thermostat=Langevin(1500, 20), skin=0.3)
    for _ in range(120):
        dynamics.step()
        check_fresh(dynamics, potential)
    assert 5 < dynamics.source.list.builds < 60


def test_the_list_of_a_random_walk_is_that_of_a_fresh_list():
    rng = np.random.default_rng(0)
    atoms = Atoms("Si150", 12.0 * rng.random((150, 3)), cell=[12.0] * 3, pbc=True)
    moving = SkinList(atoms, cutoff=3.0, skin=0.8)
    positions = atoms.get_positions()
    for _ in range(60):
        positions = positions + 0.06 * rng.standard_normal(positions.shape)
        fresh = neighbour_list(AtomicSystem(positions, atoms.cell.array, atoms.symbols), 3.0)
        batch, edges = moving.edges(positions)
        found = zip(edges.centre.tolist(), edges.neighbour.tolist(), batch.shift.long().tolist(), strict=True)
        expected = zip(fresh.centre.tolist(), fresh.neighbour.tolist(), fresh.shift.tolist(), strict=True)
        assert sorted(found) == sorted(expected)
    assert 5 < moving.builds < 40


def test_a_fast_atom_rebuilds_the_list(potential):
    atoms = Atoms("Si9", np.concatenate([crystal(noise=0.05).positions, [[1.3, 4.0, 1.3]]]), cell=[5.43] * 3, pbc=True)
    dynamics = MolecularDynamics(atoms, potential, temperature=10, skin=1.0)
    dynamics.velocities[8] = [0.9, 0.05, 0.02]  # Å/fs: almost the skin in one step
    for _ in range(12):
        dynamics.step()
        check_fresh(dynamics, potential)
    assert dynamics.source.list.builds == 13


def test_a_list_without_skin_is_made_in_every_step(potential):
    source = PotentialForces(potential, crystal(noise=0.05), skin=0.0)
    for shift in (0.0, 1e-3, 2e-3):
        source(crystal(noise=0.05).positions + [[shift, 0, 0]] * 8)
    assert source.list.builds == 3
    with pytest.raises(MlipEduError, match="skin"):
        PotentialForces(potential, crystal(), skin=-0.1)


def test_single_precision_weights(potential):
    single = make_potential(small_job.fingerprint(), "sigI")
    exact = PotentialForces(single, crystal(noise=0.05))(crystal(noise=0.05).positions)
    single.networks.float()
    energy, forces, virial = PotentialForces(single, crystal(noise=0.05))(crystal(noise=0.05).positions)
    assert forces.dtype == virial.dtype == np.float64
    assert energy == pytest.approx(exact[0], rel=1e-5)
    np.testing.assert_allclose(forces, exact[1], atol=1e-4 * np.abs(exact[1]).max())
    assert not np.array_equal(forces, exact[1])


def test_a_molecule_and_an_atom_alone_move(potential):
    pair = MolecularDynamics(molecule([[0, 0, 0], [0, 0, 2.2]]), potential, timestep=0.1, guard=ANYTHING)
    rows = pair.run(50, progress=False)
    assert rows[-1]["total_energy"] == pytest.approx(rows[0]["total_energy"], abs=1e-3)
    assert np.isnan(rows[-1]["pressure"])
    alone = MolecularDynamics(molecule([[0, 0, 0]]), potential, temperature=300)
    before = alone.positions + 10 * alone.velocities
    alone.run(10, progress=False)
    np.testing.assert_allclose(alone.positions, before)
    assert np.isnan(CalculatorForces(ase_calculator(potential), pair.frame())(pair.positions)[2]).all()


# trajectories


def test_a_run_goes_on_from_its_last_frame(potential, tmp_path):
    atoms = crystal(noise=0.05)
    whole = MolecularDynamics(atoms, potential, temperature=300)
    whole.run(60, progress=False)
    path = tmp_path / "run.xyz"
    MolecularDynamics(atoms, potential, temperature=300, trajectory=path).run(30, progress=False)
    second = MolecularDynamics(read_trajectory(path)[-1], potential, trajectory=path)
    second.run(30, progress=False)
    frames = read_trajectory(path)
    assert [frame.info["step"] for frame in frames] == [0, 10, 20, 30, 40, 50, 60]
    np.testing.assert_allclose(second.positions, whole.positions, atol=1e-6)
    for frame, expected in zip(frames, whole.frames, strict=True):
        np.testing.assert_allclose(frame.positions, expected.positions, atol=1e-6)
        np.testing.assert_allclose(frame.get_velocities(), expected.get_velocities(), atol=1e-6)
        for key, value in expected.info.items():
            assert frame.info[key] == pytest.approx(value, rel=1e-4, abs=1e-6)
    assert len(ase.io.read(path, ":")) == 7  # ASE reads it, too


def test_a_run_of_no_steps_goes_on_without_a_second_start(tmp_path):
    path = tmp_path / "run.xyz"
    MolecularDynamics(crystal(), nothing, temperature=300, trajectory=path).run(0, progress=False)
    MolecularDynamics(read_trajectory(path)[-1], nothing, trajectory=path).run(10, progress=False)
    assert [frame.info["step"] for frame in read_trajectory(path)] == [0, 10]


def test_a_frame_that_was_cut_off_is_left_out_and_written_anew(potential, tmp_path):
    path = tmp_path / "run.xyz"
    atoms = crystal(noise=0.05)
    MolecularDynamics(atoms, potential, temperature=300, trajectory=path).run(20, progress=False)
    text = path.read_bytes()
    second = len(text) // 3
    lines = text.rstrip().rfind(b"\n") + 1  # all but the last line, whole
    for length in (2 * second + 1, 2 * second + 100, lines, len(text) - 40, len(text) - 3, len(text) - 1):
        path.write_bytes(text[:length])
        frames = read_trajectory(path)
        assert [frame.info["step"] for frame in frames] == [0, 10]
        MolecularDynamics(frames[-1], potential, trajectory=path).run(10, progress=False)
        assert [frame.info["step"] for frame in read_trajectory(path)] == [0, 10, 20]


def test_a_full_disk_leaves_whole_frames(potential, tmp_path):
    path = tmp_path / "run.xyz"
    dynamics = MolecularDynamics(crystal(noise=0.05), potential, temperature=300, trajectory=path)
    dynamics.run(10, progress=False)
    size = path.stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 300, before[1]))
    try:
        with pytest.raises(OSError, match="large"):
            dynamics.run(10, progress=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.stat().st_size == size
    assert len(read_trajectory(path)) == 2


def test_files_that_are_not_ours_are_left_alone(potential, tmp_path):
    path = tmp_path / "other.xyz"
    ase.io.write(path, crystal(), format="extxyz")
    for text in (path.read_bytes(), path.read_bytes()[:-1], b"something else", b"12"):
        path.write_bytes(text)
        with pytest.raises(MlipEduError, match=r"other\.xyz"):
            MolecularDynamics(crystal(), potential, trajectory=path)
        assert path.read_bytes() == text


def test_two_runs_into_one_file_are_noticed(potential, tmp_path):
    path = tmp_path / "run.xyz"
    first = MolecularDynamics(crystal(), potential, trajectory=path)
    second = MolecularDynamics(crystal(), potential, trajectory=path)
    first.run(10, progress=False)
    with pytest.raises(MlipEduError, match="two runs"):
        second.run(10, progress=False)
    assert len(read_trajectory(path)) == 2
    with pytest.raises(MlipEduError, match="found one of step 10"):
        MolecularDynamics(crystal(), potential, trajectory=path)


def test_a_broken_trajectory_says_so(tmp_path):
    path = tmp_path / "run.xyz"
    TrajectoryFile(path, 0).append(crystal())
    path.write_text(path.read_text().replace("Si ", "Zz ", 1))
    with pytest.raises(MlipEduError, match="byte 0"):
        read_trajectory(path)


# the guard


def nothing(x):
    return 0.0, np.zeros_like(x), np.zeros((3, 3))


def test_it_stops_when_two_atoms_come_too_near(tmp_path):
    path = tmp_path / "run.xyz"
    atoms = molecule([[0, 0, 0], [9, 9, 9], [0, 0, 3]])
    atoms.set_velocities(np.array([[0, 0, 0], [0, 0, 0], [0, 0, -0.1]]) / ase_units.fs)
    dynamics = MolecularDynamics(atoms, nothing, trajectory=path)
    with pytest.raises(
        SimulationError, match=r"step 16 \(16 fs\), atoms 0, 2: closer than 1\.5 Å.*: 1\.400 Å.*Try"
    ) as caught:
        dynamics.run(100, every=5, progress=False)
    assert isinstance(caught.value, MlipEduError)
    assert [frame.info["step"] for frame in read_trajectory(path)] == [0, 5, 10, 15]


def test_it_stops_when_the_temperature_runs_away():
    def push(x):
        return 0.0, np.array([[0, 0, 0], [0, 0, 5.0]]), np.zeros((3, 3))

    pair = molecule([[0, 0, 0], [0, 0, 3]])
    for thermostat, limit in ((None, 3000), (Andersen(50, 1e9), 3000), (Andersen(500, 1e9), 5000)):
        dynamics = MolecularDynamics(pair, push, thermostat=thermostat, temperature=0)
        with pytest.raises(SimulationError, match=rf"atoms 1: fastest of all, at \d+ K, above {limit} K"):
            dynamics.run(1000, progress=False)
        assert limit < dynamics.temperature < 2 * limit


def test_it_stops_when_forces_are_not_finite():
    def blow_up(x):
        return 0.0, np.where(x > 3.05, np.nan, 1.0), np.zeros((3, 3))

    dynamics = MolecularDynamics(molecule([[0, 0, 0], [0, 0, 3]]), blow_up)
    with pytest.raises(SimulationError, match="atoms 1: energy or forces are not finite"):
        dynamics.run(1000, progress=False)


def test_it_stops_when_fingerprints_leave_the_training_range(potential):
    cold = MolecularDynamics(crystal(), potential, thermostat=Langevin(50, 50))
    cold.run(200, every=5, progress=False)
    known = FeatureRange(potential, [AtomicSystem.from_ase(frame) for frame in cold.frames[20:]])
    again = MolecularDynamics(cold.frames[-1], potential, thermostat=Langevin(50, 50), guard=Guard(features=known))
    again.run(50, progress=False)
    hot = MolecularDynamics(cold.frames[-1], potential, thermostat=Langevin(900, 20), guard=Guard(features=known))
    with pytest.raises(SimulationError, match="out of the range of the training structures"):
        hot.run(500, every=1, progress=False)
    assert len(hot.table) > 0


def test_the_feature_range_is_that_of_the_fingerprint(potential):
    systems = [AtomicSystem.from_ase(crystal(noise=0.1 * k)) for k in (1, 2)]
    table = features(potential.fingerprint, *systems)
    known = FeatureRange(potential, systems, tolerance=0.0)
    np.testing.assert_allclose(known.low[14], table.min(0), atol=2e-6 * table.max())
    np.testing.assert_allclose(known.high[14], table.max(0), atol=2e-6 * table.max())
    assert not any(known.outside(system).any() for system in systems)
    margin = 0.1 * (table.max(0) - table.min(0))
    known = FeatureRange(potential, systems)
    np.testing.assert_allclose(known.low[14], table.min(0) - margin, atol=2e-6 * table.max())
    np.testing.assert_allclose(known.high[14], table.max(0) + margin, atol=2e-6 * table.max())
    for size, side in ((1.1, -1), (0.9, 1)):
        scaled = crystal()
        scaled.set_cell(scaled.cell * size, scale_atoms=True)
        values = features(potential.fingerprint, AtomicSystem.from_ase(scaled))
        too_small, too_large = values < known.low[14], values > known.high[14]
        assert (too_small if side < 0 else too_large).any()
        np.testing.assert_array_equal(known.outside(AtomicSystem.from_ase(scaled)), too_small | too_large)


def test_a_start_at_rest_may_warm_up(potential):
    dynamics = MolecularDynamics(crystal(noise=0.1), potential)
    assert dynamics.temperature == 0
    assert dynamics.run(50, progress=False)[-1]["temperature"] > 10
    cold = MolecularDynamics(crystal(noise=0.02), potential, thermostat=Langevin(0))  # 0 K is a temperature to have
    assert cold.run(50, progress=False)[-1]["temperature"] < 100


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"timestep": 0.0}, "time step"),
        ({"timestep": np.nan}, "time step"),
        ({"temperature": -1}, "temperature"),
        ({"temperature": np.nan}, "temperature"),
        ({"seed": -1}, "seed"),
        ({"atoms": Atoms()}, "0 atoms"),
        ({"atoms": Atoms("Ge2", [[0, 0, 0], [0, 0, 2.4]])}, "Ge"),
        ({"atoms": Atoms("Si2", [[0, 0, 0], [0, 0, 2.4]], constraint=FixAtoms([0]))}, "constraint"),
    ],
)
def test_numbers_that_make_no_sense(potential, changes, message):
    with pytest.raises(MlipEduError, match=message):
        MolecularDynamics(**({"atoms": crystal(), "forces": potential} | changes))


def test_other_numbers_that_make_no_sense(potential):
    for kind in (Langevin, Andersen, VelocityRescaling):
        for numbers in ((-1, 100), (np.nan, 100), (np.inf, 100), (300, 0), (300, np.nan)):
            with pytest.raises(MlipEduError, match="relaxation time"):
                kind(*numbers)
    dynamics = MolecularDynamics(crystal(), nothing, thermostat=VelocityRescaling(300), temperature=0)
    with pytest.raises(MlipEduError, match="at rest"):
        dynamics.step()
    for steps, every in ((-1, 1), (10, 0)):
        with pytest.raises(MlipEduError, match="steps ≥ 0"):
            dynamics.run(steps, every)
