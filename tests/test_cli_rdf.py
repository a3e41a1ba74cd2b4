"""``mlip-edu rdf`` as its user meets it."""

import csv
import json
from unittest.mock import Mock

import ase.io
import numpy as np
import pytest
from ase.build import bulk
from ase.neighborlist import neighbor_list
from PIL import Image

from mlip_edu import AtomicSystem, write_dump
from mlip_edu.cli import main
from mlip_edu.cli.common import alone_in
from mlip_edu.files import replacing
from mlip_edu.simulation.radial_distribution import radial_distribution


def crystals(frames=20, noise=0.1, species=None, seed=0):
    crystal = bulk("Si", cubic=True) * (2, 2, 2)
    if species:
        crystal.symbols[: len(crystal) // 2] = species
    generator = np.random.default_rng(seed)
    shaken = [crystal.copy() for _ in range(frames)]
    for atoms in shaken:
        atoms.positions += noise * generator.standard_normal(atoms.positions.shape)
    return shaken


@pytest.fixture
def trajectory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ase.io.write("hot.xyz", crystals(), format="extxyz", write_results=False)
    ase.io.write("cold.xyz", crystals(noise=0.03), format="extxyz", write_results=False)
    return tmp_path


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return header, np.array(rows, float)


def test_two_trajectories_in_one_figure_and_table(trajectory, capsys):
    options = ["--r-max", "8", "--bins", "80", "--skip", "5", "--every", "3", "--output", "out"]
    assert main(["rdf", "hot.xyz", "cold.xyz", "--label", "600 K", "60 K, cold", *options]) == 0
    folder = trajectory / "out"
    assert {f.name for f in folder.iterdir()} == {"rdf.csv", "rdf.json", "rdf.png"}
    header, rows = table(folder / "rdf.csv")
    assert header[0] == "r (Å)"
    assert header[4:] == ["g(r) 60 K, cold", "standard error 60 K, cold", "n(r + Δ/2) 60 K, cold"]
    frames = ase.io.read("hot.xyz", ":")[5::3]
    ours = radial_distribution(frames, 8.0, 80)
    np.testing.assert_allclose(rows[:, :2], np.transpose([ours.r, ours.g]), rtol=1e-6)
    np.testing.assert_allclose(rows[:, 3], ours.coordination[1:], rtol=1e-6)
    assert (rows[ours.g > 0, 2] > 0).all()
    record = json.loads((folder / "rdf.json").read_text())
    hot, cold = record["trajectories"]
    assert (hot["label"], hot["frames"]) == ("600 K", 5)
    assert cold["first_peak"]["r"] == pytest.approx(5.43 * 3**0.5 / 4, abs=0.03)
    assert cold["first_peak"]["g"] > hot["first_peak"]["g"] > 1
    assert 0 < hot["first_peak"]["g_error"] < 1
    assert cold["coordination_number"] == pytest.approx(4, abs=0.02)
    printed = capsys.readouterr().out
    assert "600 K: 5 frames, first peak" in printed
    with Image.open(folder / "rdf.png") as picture:
        assert min(picture.size) > 400


def test_partials_of_dumps(trajectory):
    systems = [AtomicSystem.from_ase(atoms, energy=0.0) for atoms in crystals(species="Ge")]
    write_dump("alloy.dump", systems)
    assert main(["rdf", "alloy.dump", "--species", "Si", "Ge", "--r-max", "5", "--quiet"]) == 0
    _, rows = table(trajectory / "results" / "rdf" / "rdf.csv")
    np.testing.assert_allclose(rows[:, 1], radial_distribution(systems, 5.0, 200, ("Si", "Ge")).g, rtol=1e-6)


def test_files_that_only_ase_reads_and_single_frames(trajectory):
    ase.io.write("one.traj", crystals(1))
    assert main(["rdf", "one.traj", "--r-max", "4"]) == 0
    record = json.loads((trajectory / "results" / "rdf" / "rdf.json").read_text())["trajectories"][0]
    assert record["frames"] == 1
    assert "g_error" not in record["first_peak"]
    assert np.isnan(table(trajectory / "results" / "rdf" / "rdf.csv")[1][:, 2]).all()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["nothing.xyz"], "no such file"),
        (["empty.xyz"], "empty"),
        (["noise.traj"], "noise.traj"),
        (["molecule.xyz"], "periodic"),
        (["hot.xyz", "--species", "Si", "Ge"], "Si-Ge"),
        (["hot.xyz", "--species", "Si", "silicon"], "silicon"),
        (["hot.xyz", "--r-max", "0"], "r_max"),
        (["hot.xyz", "--r-max", "-3"], "r_max"),
        (["hot.xyz", "--bins", "0"], "bins"),
        (["hot.xyz", "--skip", "20"], "none is left"),
        (["hot.xyz", "--skip", "-1"], "--skip"),
        (["hot.xyz", "--every", "0"], "--every"),
        (["hot.xyz", "--block", "11"], "blocks"),
        (["hot.xyz", "hot.xyz"], "--label"),
        (["hot.xyz", "cold.xyz", "--label", "one"], "--label"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(trajectory, capsys, arguments, word):
    (trajectory / "empty.xyz").touch()
    (trajectory / "noise.traj").write_bytes(bytes(range(200)))
    molecule = crystals(1)[0]
    molecule.pbc = False
    ase.io.write("molecule.xyz", molecule, format="extxyz", write_results=False)
    assert main(["rdf", *arguments, "--output", "out", "--quiet"]) == 1
    error = capsys.readouterr().err
    assert word in error
    assert error.startswith("mlip-edu: ")
    assert error.count("\n") == 1
    assert not (trajectory / "out").exists()


def test_error_bars_and_coordination_number(trajectory):
    """Of frames that know nothing of each other the error is that of a mean; neighbours are counted by ASE."""
    ase.io.write("many.xyz", crystals(40, noise=0.2), format="extxyz", write_results=False)
    assert main(["rdf", "many.xyz", "--r-max", "5", "--bins", "50", "--block", "1", "--output", "out", "--quiet"]) == 0
    frames = ase.io.read("many.xyz", ":")
    curve = radial_distribution(frames, 5.0, 50)
    expected = curve.g_of_frames.std(axis=0, ddof=1) / 40**0.5
    _, rows = table(trajectory / "out" / "rdf.csv")
    assert (rows[:, 2].sum() / expected.sum()) == pytest.approx(1, abs=0.1)
    record = json.loads((trajectory / "out" / "rdf.json").read_text())["trajectories"][0]
    peaks = [radial_distribution([frame], 5.0, 50).g[:30].max() for frame in frames]
    assert record["first_peak"]["g_error"] == pytest.approx(np.std(peaks, ddof=1) / 40**0.5, rel=0.5)
    counted = np.mean([len(neighbor_list("i", atoms, record["first_minimum"]["r"])) / 64 for atoms in frames])
    assert 2.7 < record["first_minimum"]["r"] < 3.6
    assert record["coordination_number"] == pytest.approx(counted, rel=0.01)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("lost", [1, 20, 1500])
def test_the_whole_frames_of_a_killed_run(trajectory, capsys, lost):
    """As after a kill of ``mlip-edu md``; but a frame that is damaged within the file, or labels for training, no."""
    atoms = crystals(4)
    for frame in atoms:
        frame.set_velocities(np.ones((64, 3)))
    ase.io.write("run.xyz", atoms, format="extxyz")
    text = (trajectory / "run.xyz").read_bytes()
    (trajectory / "run.xyz").write_bytes(text[:-lost])
    assert main(["rdf", "run.xyz", "--r-max", "5", "--output", "out", "--quiet"]) == 0
    error, frames = capsys.readouterr().err, 4 - (lost > 1)  # a digit of a momentum does not matter here
    assert (
        error.count("warning: run.xyz: the end of the file cuts off the last frame") == error.count("\n") == 4 - frames
    )
    _, rows = table(trajectory / "out" / "rdf.csv")
    np.testing.assert_allclose(rows[:, 1], radial_distribution(atoms[:frames], 5.0, 200).g, rtol=1e-6, atol=1e-9)
    if lost > 1:
        assert main(["train", "run.xyz", "--quiet"]) == 1
    (trajectory / "run.xyz").write_bytes(text.replace(b"64\nLattice", b"640\nLattice", 1))
    assert main(["rdf", "run.xyz", "--output", "out", "--quiet"]) == 1
    assert "run.xyz, line 67: expected 7 columns" in capsys.readouterr().err


def test_progress_is_shown_unless_quiet(trajectory, capsys):
    assert main(["rdf", "hot.xyz", "--r-max", "4", "--output", "out"]) == 0
    error = capsys.readouterr().err
    assert "reading hot.xyz" in error
    assert "g(r) of hot.xyz" in error
    assert main(["rdf", "hot.xyz", "--r-max", "4", "--output", "out", "--quiet"]) == 0
    assert capsys.readouterr().err == ""


def test_one_run_a_folder(trajectory, capsys):
    with alone_in(trajectory / "out"):
        assert main(["rdf", "hot.xyz", "--r-max", "4", "--output", "out", "--quiet"]) == 1
    assert "another run is writing there" in capsys.readouterr().err
    assert not list((trajectory / "out").iterdir())


def test_interrupted_and_on_a_full_disk_nothing_is_promised(trajectory, capsys, monkeypatch):
    command = ["rdf", "hot.xyz", "--r-max", "4", "--output", "out", "--quiet"]
    for problem, status in ((KeyboardInterrupt(), 130), (OSError(28, "No space left on device", "a"), 1)):
        monkeypatch.setattr("mlip_edu.cli.rdf.write_json", Mock(side_effect=problem))
        assert main(command) == status
        assert "goes on" not in capsys.readouterr().err


def test_a_disk_error_names_one_file(tmp_path):
    path = tmp_path / "a.csv"
    with pytest.raises(OSError, match="denied") as caught, replacing(path) as temporary:
        raise PermissionError(13, "Permission denied", str(temporary))
    assert str(caught.value) == f"[Errno 13] Permission denied: '{path}'"
