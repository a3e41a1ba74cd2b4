"""``mlip-edu train`` as its user meets it."""

import json
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from mlip_edu import load_potential, write_dump
from mlip_edu.cli import main
from mlip_edu.data import load_silicon


@pytest.fixture
def job(tmp_path, monkeypatch):
    """A folder with forty small cells in two dumps and a short input file; results go to a fresh folder."""
    folder = tmp_path / "job"
    small = [s for s in load_silicon() if len(s) <= 2]
    write_dump(folder / "dumps" / "first.dump", small[:25])
    write_dump(folder / "dumps" / "second.dump", small[25:40])
    lines = ["atomtypes:", "Si", "fingerprints:Si_all:", "radial_0"]
    for key, value in {"re": 2.35, "rc": 4.0, "dr": 2.5, "alpha": "1 2 3", "n": 2}.items():
        lines += [f"fingerprintconstants:Si_all:radial_0:{key}:", str(value)]
    lines += ["networklayers:Si:", "3", "layersize:Si:1:", "5", "calibrationparameters:maxepochs:", "4"]
    (folder / "notes.txt").write_text("nothing of interest\n")
    (folder / "small.input").write_text("\n".join(lines) + "\n")
    monkeypatch.chdir(tmp_path)
    return folder


def test_a_whole_run(job, tmp_path, capsys):
    assert main(["train", str(job), "--quiet"]) == 0
    printed = capsys.readouterr().out
    folder = tmp_path / "results" / "small"
    assert {f.name for f in folder.iterdir()} == {
        "small.rann", "report.json", "parity.png", "learning_curve.png", "checkpoint.safetensors",
    }  # fmt: skip
    assert "meV/atom" in printed
    assert "complete" in printed
    report = json.loads((folder / "report.json").read_text())
    assert report["errors"]["train"]["all"]["systems"] > 20
    potential = load_potential(folder / "small.rann")
    systems = [s for s in load_silicon() if len(s) <= 2][:40]
    errors = np.abs(potential.predict(systems).energy - [s.energy for s in systems]) / [len(s) for s in systems]
    train_errors = report["errors"]["train"]["all"]["energy_mae"]
    assert errors.mean() == pytest.approx(train_errors, rel=0.5)


def test_the_same_command_again_changes_nothing(job, tmp_path, capsys):
    assert main(["train", str(job), "--quiet"]) == 0
    first = (tmp_path / "results" / "small" / "small.rann").read_bytes()
    assert main(["train", str(job), "--quiet"]) == 0
    assert (tmp_path / "results" / "small" / "small.rann").read_bytes() == first


def test_another_run_into_the_same_folder_is_refused(job, capsys):
    assert main(["train", str(job), "--quiet"]) == 0
    assert main(["train", str(job), "--quiet", "--seed", "1"]) == 1
    assert "seed" in capsys.readouterr().err


def test_one_dump_file(job, tmp_path, capsys):
    assert main(["train", str(job / "dumps" / "first.dump"), "--quiet", "--epochs", "1"]) == 0
    assert (tmp_path / "results" / "first" / "first.rann").exists()


def test_leftovers_of_a_killed_writer_are_not_data(job, tmp_path, capsys):
    shutil.copy(job / "dumps" / "first.dump", job / "dumps" / ".first.dump")
    shutil.copy(job / "small.input", job / ".small.input")
    assert main(["train", str(job), "--epochs", "1"]) == 0
    assert "40 systems" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("layersize:Si:1:\n5", "layersize:Si:1:\n205", "205 features or nodes"),
        ("networklayers", "calibrationparameters:potentialoutputfile:\n../odd.nn\nnetworklayers", "suffix"),
    ],
)
def test_what_a_rann_file_cannot_hold_is_known_before_training(job, tmp_path, capsys, old, new, reason):
    text = (job / "small.input").read_text()
    assert old in text
    (job / "small.input").write_text(text.replace(old, new))
    assert main(["train", str(job), "--quiet", "--epochs", "1", "--output", "out"]) == 0
    assert reason in capsys.readouterr().err
    assert list((tmp_path / "out").glob("*.safetensors"))
    assert not list(tmp_path.glob("odd*"))


def test_training_without_forces_still_reports_them(job, tmp_path, capsys):
    with (job / "small.input").open("a") as file:
        file.write("calibrationparameters:doforces:\nfalse\n")
    assert main(["train", str(job), "--quiet"]) == 0
    report = json.loads((tmp_path / "results" / "small" / "report.json").read_text())
    assert report["settings"]["weights"]["forces"] == 0
    assert report["errors"]["train"]["all"]["forces_mae"] > 0


def test_folder_of_dumps_without_an_input_file(job, tmp_path, capsys):
    assert main(["train", str(job / "dumps"), "--quiet", "--epochs", "1", "--hidden", "3", "--output", "out"]) == 0
    assert (tmp_path / "out" / "dumps.rann").exists()


def test_other_activation_is_saved_as_safetensors(job, tmp_path, capsys):
    assert main(["train", str(job), "--quiet", "--activation", "tanh"]) == 0
    assert (tmp_path / "results" / "small" / "small.safetensors").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "no such file"),
        (["job", "--epochs", "0"], "positive"),
        (["job", "--device", "tpu"], "device"),
        (["job/notes.txt"], "keyword"),
        (["job", "--threads", "0"], "threads"),
        (["job", "--learning-rate", "-1"], "learning_rate"),
    ],
)
def test_errors_are_one_line(job, capsys, arguments, message):
    assert main(["train", "--quiet", *arguments]) == 1
    printed = capsys.readouterr().err
    assert message in printed
    assert "Traceback" not in printed
    assert printed.startswith("mlip-edu: ")


def test_broken_dump_names_file_and_line(job, capsys):
    path = job / "dumps" / "second.dump"
    path.write_text("\n".join(path.read_text().split("\n")[:-5]))
    assert main(["train", str(job), "--quiet"]) == 1
    assert "second.dump, line" in capsys.readouterr().err


def test_output_that_cannot_be_written(job, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    assert main(["train", str(job), "--quiet", "--output", "file"]) == 1
    assert (tmp_path / "file").read_text() == "in the way"
    assert "file" in capsys.readouterr().err


def test_two_input_files_must_be_told_apart(job, capsys):
    shutil.copy(job / "small.input", job / "other.input")
    assert main(["train", str(job), "--quiet"]) == 1
    assert "name one of them" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["--version"]])
def test_help(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 0
    assert "mlip-edu" in capsys.readouterr().out


@pytest.mark.slow
def test_interrupt_writes_results_and_the_same_command_goes_on(job, tmp_path):
    command = [sys.executable, "-m", "mlip_edu.cli", "train", str(job), "--threads", "1", "--epochs", "1000"]
    checkpoint = tmp_path / "results" / "small" / "checkpoint.safetensors"
    child = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.time() + 60
    while "training" not in child.stderr.read(40) and time.time() < deadline:
        pass
    time.sleep(0.5)
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "interrupted" in out
    assert checkpoint.exists()
    assert (tmp_path / "results" / "small" / "small.rann").exists()
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert finished.returncode == 0
    assert "complete" in finished.stdout or "stopped early" in finished.stdout
