"""``mlip-edu md`` as its user meets it."""

import csv
import dataclasses
import json
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import ase.io
import numpy as np
import pytest
import small_job
from ase.build import bulk

from mlip_edu import AtomicSystem, load_potential, train, write_dump
from mlip_edu.cli import main
from mlip_edu.cli.common import alone_in
from mlip_edu.data import load_silicon
from mlip_edu.io.trajectory import read_trajectory

SHORT = ["--steps", "40", "--temperature", "300", "--quiet"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The file of a silicon potential in which diamond is a crystal."""
    systems = [s for s in load_silicon() if s.info["family"] in ("diamond_rattled", "diamond_strained", "eos")]
    known = [dataclasses.replace(s, info={"family": s.info["family"]}) for s in systems if len(s) <= 8]
    fingerprint = small_job.fingerprint()
    potential = train(known, fingerprint, hidden=(8,), epochs=40, validation=0.0, progress=False).potential
    path = tmp_path_factory.mktemp("potential") / "si.rann"
    potential.save(path)
    return str(path)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "results" / "md"


def labelled(atoms):
    return AtomicSystem.from_ase(atoms, energy=0.0, forces=np.zeros((len(atoms), 3)))


def table(folder):
    with (folder / "thermo.csv").open() as file:
        return list(csv.DictReader(file))


def test_a_whole_run(trained, folder, capsys):
    assert main(["md", trained, "Si", "--repeat", "2", "1", "1", *SHORT]) == 0
    assert {f.name for f in folder.iterdir()} == {"trajectory.xyz", "thermo.csv", "thermo.png", "settings.json"}
    assert "complete: 5 frames" in capsys.readouterr().out
    frames = ase.io.read(folder / "trajectory.xyz", ":")
    assert [len(frame) for frame in frames] == [16] * 5
    rows = table(folder)
    assert [row["step"] for row in rows] == ["0", "10", "20", "30", "40"]
    # dynamics start with momentum zero, and rescaling keeps it: ASE counts 3N degrees of freedom, we 3N − 3
    np.testing.assert_allclose(
        [float(row["temperature (K)"]) for row in rows], [f.get_temperature() * 16 / 15 for f in frames], rtol=1e-5
    )


def test_the_same_command_goes_on_and_another_is_refused(trained, folder, capsys):
    command = ["md", trained, "Si", *SHORT]
    assert main(command) == 0
    first = (folder / "trajectory.xyz").read_bytes()
    assert main(command) == 0
    assert (folder / "trajectory.xyz").read_bytes() == first
    assert main([*command, "--steps", "60"]) == 0
    assert (folder / "trajectory.xyz").read_bytes().startswith(first)
    assert [row["step"] for row in table(folder)] == [str(n) for n in range(0, 70, 10)]
    for change in (["--seed", "1"], ["--timestep", "2"], ["--volume-per-atom", "21"]):
        assert main([*command, *change]) == 1
        assert "another run" in capsys.readouterr().err
    assert len(read_trajectory(folder / "trajectory.xyz")) == 7


def test_a_cut_frame_is_done_again(trained, folder, capsys):
    command = ["md", trained, "Si", "--thermostat", "none", *SHORT]
    assert main(command) == 0
    path = folder / "trajectory.xyz"
    whole = read_trajectory(path)
    path.write_bytes(path.read_bytes()[:-50])
    assert main(command) == 0
    np.testing.assert_allclose(read_trajectory(path)[-1].positions, whole[-1].positions, atol=1e-6)
    path.write_bytes(path.read_bytes()[:200])  # not even one frame
    assert main(command) == 0
    np.testing.assert_allclose(read_trajectory(path)[-1].positions, whole[-1].positions, atol=1e-6)


@pytest.mark.parametrize("thermostat", ["langevin", "andersen", "none"])
def test_every_thermostat(trained, folder, thermostat):
    assert main(["md", trained, "Si", "--thermostat", thermostat, "--precision", "float32", *SHORT]) == 0
    assert json.loads((folder / "settings.json").read_text())["thermostat"] == thermostat
    assert len(table(folder)) == 5


@pytest.mark.parametrize("name", ["si.dump", "si.xyz", "si.vasp"])
def test_structures_from_files(trained, folder, tmp_path, name):
    atoms = bulk("Si", cubic=True)
    atoms.rattle(0.02, seed=1)
    if name == "si.dump":
        write_dump(name, [labelled(atoms)])
    else:
        ase.io.write(name, atoms)
    assert main(["md", trained, name, "--output", "out", *SHORT]) == 0
    np.testing.assert_allclose(
        read_trajectory(tmp_path / "out" / "trajectory.xyz")[0].positions, atoms.positions, atol=1e-7
    )


def test_density_and_volume(trained, folder, tmp_path):
    assert main(["md", trained, "Si", "--density", "2.2", "--output", "a", *SHORT]) == 0
    assert main(["md", trained, "Si", "--volume-per-atom", "21.5", "--output", "b", *SHORT]) == 0
    volumes = [read_trajectory(tmp_path / name / "trajectory.xyz")[0].get_volume() / 8 for name in "ab"]
    assert volumes[0] == pytest.approx(28.085 / 6.02214076e23 / 2.2 * 1e24, rel=1e-6)
    assert volumes[1] == pytest.approx(21.5, rel=1e-6)


def test_the_guard_stops_in_one_line_and_keeps_the_frames(trained, folder, capsys):
    assert main(["md", trained, "Si", "--closest", "2.3", "--temperature", "2000", "--every", "1", "--quiet"]) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith("mlip-edu: step ")
    assert printed.err.count("\n") == 1
    assert "closer than 2.3 Å" in printed.err
    assert "stopped: " in printed.out
    assert len(table(folder)) == len(read_trajectory(folder / "trajectory.xyz")) > 2


def test_the_training_range_stops_it(trained, folder, capsys):
    atoms = bulk("Si", cubic=True)
    write_dump(folder.parent / "known" / "a.dump", [labelled(atoms)])
    command = ["md", trained, "Si", "--trained-on", str(folder.parent / "known"), *SHORT]
    assert main(command) == 1
    assert "training structures" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--steps", "-10"], "--steps"),
        (["--steps", "15"], "take --every 5"),
        (["--every", "0"], "--every"),
        (["--temperature", "-1"], "--temperature"),
        (["--timestep", "0"], "--timestep"),
        (["--relaxation-time", "0"], "relaxation"),
        (["--repeat", "0", "1", "1"], "--repeat"),
        (["--density", "-2"], "--density"),
        (["--seed", "-1"], "--seed"),
        (["--device", "tpu"], "device"),
        (["--threads", "0"], "threads"),
        (["--trained-on", "nowhere"], "nowhere"),
    ],
)
def test_errors_are_one_line(trained, folder, capsys, arguments, message):
    assert main(["md", trained, "Si", "--quiet", *arguments]) == 1
    printed = capsys.readouterr().err
    assert message in printed
    assert printed.startswith("mlip-edu: ")
    assert printed.count("\n") == 1


@pytest.mark.parametrize(
    ("potential", "structure", "message"),
    [
        ("none.rann", "Si", "none.rann"),
        (None, "nowhere.xyz", "neither a file nor an element"),
        (None, "X", "neither a file nor an element"),
        (None, "Ge", "cannot describe Ge"),
        (None, "text.cif", "text.cif"),
        (None, "text.xyz", "text.xyz"),
        ("text.xyz", "Si", "text.xyz"),
        (None, "text.md", "no structures in it"),
    ],
)
def test_files_that_are_missing_or_wrong(trained, folder, tmp_path, capsys, potential, structure, message):
    for name in ("text.cif", "text.xyz", "text.md"):
        (tmp_path / name).write_text("no atoms here\n")
    assert main(["md", potential or trained, structure, *SHORT]) == 1
    assert message in capsys.readouterr().err
    assert not (folder / "trajectory.xyz").exists()


@pytest.mark.parametrize("arguments", [["--temperature", "nan"], ["--steps", "1e3"], ["--thermostat", "hot"]])
def test_words_that_are_no_numbers(trained, folder, capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        main(["md", trained, "Si", *arguments])
    assert caught.value.code == 2
    assert "expected" in (printed := capsys.readouterr().err) or "invalid choice" in printed


def test_a_folder_of_something_else(trained, folder, capsys):
    folder.mkdir(parents=True)
    (folder / "trajectory.xyz").write_text("mine\n")
    assert main(["md", trained, "Si", *SHORT]) == 1
    assert "choose another" in capsys.readouterr().err
    assert (folder / "trajectory.xyz").read_text() == "mine\n"


def test_only_the_training_part_is_known(trained, folder, capsys):
    """A widened crystal among the test structures does not allow the run to go there; among all, it does."""
    wide = bulk("Si", cubic=True, a=5.9)
    hot = [wide.copy() for _ in range(2)]
    for seed, atoms in enumerate(hot):
        atoms.rattle(0.5, seed=seed)
    atoms = [bulk("Si", cubic=True), *hot, wide]
    command = ["md", trained, "wide.xyz", "--temperature", "1", "--steps", "0", "--quiet", "--trained-on"]
    ase.io.write("wide.xyz", wide)
    for parts, status in (((0, 0, 0, 0), 0), ((0, 1, 2, 2), 1), ((1, 1, 2, 2), 1)):
        for one, part in zip(atoms, parts, strict=True):
            one.info["part"] = part
        ase.io.write("known.xyz", atoms, format="extxyz")
        assert main([*command, "known.xyz", "--output", str(parts)]) == status
    printed = capsys.readouterr().err
    assert "range of the training structures" in printed
    assert "expected structures of a training (part 0); found 4 of other parts" in printed


def test_one_run_a_folder(trained, folder, capsys):
    with alone_in(folder):
        assert main(["md", trained, "Si", *SHORT]) == 1
    assert "another run is writing there" in capsys.readouterr().err
    assert not list(folder.iterdir())


def test_a_full_disk_names_the_trajectory(trained, folder, capsys):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        assert main(["md", trained, "Si", *SHORT]) == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "trajectory.xyz: File too large; make room" in capsys.readouterr().err
    assert main(["md", trained, "Si", *SHORT]) == 0
    assert len(table(folder)) == 5


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"time=10.0 ", b"", "expected a number for time in frame 1; found 'None'"),
        (b"time=10.0 ", b"time=x ", "expected a number for time in frame 1; found 'x'"),
        (b"time=10.0 ", b"time=1 0.0 ", "line 12: expected key=value"),
        (b"step=20 ", b"step=30 ", "expected step 20 in frame 2; found 30"),
        (b'Lattice="5.43 ', b'Lattice="5,43 ', "line 2: expected nine finite numbers as Lattice"),
        (b"8\nLattice", b"80\nLattice", "line 11: expected 7 columns"),
        (b"momenta:R:3 step=40 ", b"velocity:R:3 step=40 ", "expected Si8 with momenta"),
        (b"\n8\n", b"\n7\n", "expected a number of atoms"),
    ],
)
def test_a_damaged_trajectory_is_told_and_left_alone(trained, folder, capsys, old, new, message):
    assert main(["md", trained, "Si", *SHORT]) == 0
    path = folder / "trajectory.xyz"
    damaged = path.read_bytes().replace(old, new, 1)
    path.write_bytes(damaged)
    assert main(["md", trained, "Si", *SHORT]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"mlip-edu: {path.relative_to(folder.parent.parent)}")
    assert message in error
    assert error.count("\n") == 1
    assert path.read_bytes() == damaged


# what an option does, seen from outside


def first_rows(trained, *arguments, output="out", steps=2):
    words = ["--steps", str(steps), "--every", "1", "--output", output, "--quiet"]
    assert main(["md", trained, "Si", *words, *arguments]) == 0
    frames = read_trajectory(Path(output) / "trajectory.xyz")
    return frames, [{name.split()[0]: float(value) for name, value in row.items()} for row in table(Path(output))]


def test_time_step_seed_and_temperature(trained, folder):
    many = ["--repeat", "4", "4", "4", "--steps", "0"]
    rows = {name: first_rows(trained, *many, *options, output=name)[1] for name, options in {
        "300": [], "again": ["--seed", "0"], "other": ["--seed", "1"], "900": ["--temperature", "900"],
    }.items()}  # fmt: skip
    for name, kelvin in (("300", 300), ("other", 300), ("900", 900)):
        scatter = kelvin * (2 / (3 * 511)) ** 0.5
        assert rows[name][0]["temperature"] == pytest.approx(kelvin, abs=4 * scatter)
    assert rows["again"] == rows["300"]
    assert rows["other"][0]["temperature"] != rows["300"][0]["temperature"]
    (first, second), (_, row) = first_rows(trained, "--timestep", "0.25", "--thermostat", "none", steps=1)
    assert row["time"] == 0.25
    way = (second.positions - first.positions) / (0.25 * ase.units.fs)
    np.testing.assert_allclose(way, first.get_velocities(), atol=0.01 * abs(first.get_velocities()).max())


def test_the_precision_of_the_potential(trained, folder):
    energy = [
        first_rows(trained, "--precision", kind, "--repeat", "2", "2", "2", output=kind)[1][-1]["potential_energy"]
        for kind in ("float64", "float32")
    ]
    assert 1e-9 < abs(energy[0] - energy[1]) / abs(energy[0]) < 1e-5


@pytest.mark.parametrize(("name", "least", "most"), [("none", 0, 0), ("langevin", 1, 1), ("andersen", 0.05, 0.4)])
def test_whose_velocities_a_thermostat_changes(trained, folder, name, least, most):
    """Langevin kicks every atom in every step, Andersen some (here 1 − e^(−1/5) = 18 % of 64)."""
    options = ["--repeat", "2", "2", "2", "--relaxation-time", "5"]
    free = first_rows(trained, *options, "--thermostat", "none", output="free", steps=1)[0][1].get_velocities()
    bound = first_rows(trained, *options, "--thermostat", name, output="bound", steps=1)[0][1].get_velocities()
    changed = (abs(bound - free) > 0.2 * free.std()).any(axis=1).mean()
    assert least <= changed <= most


def test_pressure_in_gpa(trained, folder):
    """P = −dE/dV by differences, of atoms at rest."""
    options = ["--volume-per-atom", "18", "--temperature", "0", "--thermostat", "none"]
    (frame,), (row,) = first_rows(trained, *options, steps=0)
    energies = []
    for scale in (0.999, 1.001):
        atoms = frame.copy()
        atoms.set_cell(frame.cell * scale ** (1 / 3), scale_atoms=True)
        energies.append(load_potential(trained).predict(AtomicSystem.from_ase(atoms)).energy)
    slope = float(np.diff(energies, axis=0).item()) / (0.002 * frame.get_volume())
    assert row["pressure"] == pytest.approx(-slope * 160.2176634, rel=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGKILL])
def test_stopped_and_gone_on_with(trained, folder, way):
    """Ctrl-C says what is there; after a kill it is there, too; the same command goes on."""
    command = [sys.executable, "-m", "mlip_edu.cli", "md", trained, "Si", "--thermostat", "none", "--threads", "1",
               "--steps", "300", "--every", "1", "--quiet"]  # fmt: skip
    path = folder / "trajectory.xyz"
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.time() + 60
    while not (path.exists() and path.stat().st_size > 8_000) and time.time() < deadline:
        time.sleep(0.02)
    child.send_signal(way)
    out, _ = child.communicate(timeout=60)
    frames = read_trajectory(path)
    assert 5 < len(frames) < 290
    if way == signal.SIGINT:
        assert child.returncode == 130
        assert "interrupted; the same command goes on" in out
        assert len(table(folder)) == len(frames)
    finished = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert finished.returncode == 0, finished.stderr
    assert [frame.info["step"] for frame in read_trajectory(path)] == list(range(301))
