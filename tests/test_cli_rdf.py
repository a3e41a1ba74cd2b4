"""``mlip-edu rdf`` as its user meets it."""

import csv
import json

import ase.io
import numpy as np
import pytest
from ase.build import bulk
from PIL import Image

from mlip_edu import AtomicSystem, write_dump
from mlip_edu.cli import main
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
    assert main(["rdf", *arguments, "--output", "out"]) == 1
    error = capsys.readouterr().err
    assert word in error
    assert error.startswith("mlip-edu: ")
    assert error.count("\n") == 1
    assert not (trajectory / "out").exists()
