"""``torchrun``: two processes take the steps that one takes, and end together whatever happens to one of them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import small_job
import torch

from mlip_edu import load_potential, train, write_dump
from mlip_edu.learning import distributed

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
ENVIRONMENT = dict(os.environ, PYTHONPATH=str(Path(__file__).parent), OMP_NUM_THREADS="1", NCCL_DEBUG="WARN")
OPTIONS = {"epochs": 6, "hidden": (6,), "batch_atoms": 12, "validation": 0.2, "device": "cpu"}
SAME = f"""
import json, sys
import small_job
import torch
from mlip_edu import train
from mlip_edu.errors import TrainingError
from mlip_edu.learning import distributed

torch.set_num_threads(1)
with distributed.joined():
    systems = small_job.systems(31, largest=16)
    try:
        train(systems, small_job.fingerprint(), optimiser="levenberg-marquardt", progress=False, device="cpu")
    except TrainingError as problem:
        refusal = str(problem)
    result = train(systems, small_job.fingerprint(), dtype=torch.float64, checkpoint=sys.argv[1] + "/c.safetensors",
                   optimiser="adam", **{OPTIONS})
    torch.linalg.eigh = small_job.settled_eigh
    rotated = train(systems, small_job.fingerprint(), dtype=torch.float64, progress=False, **{OPTIONS})
    timed = train(systems, small_job.fingerprint(), seconds=0.5, hidden=(3,), device="cpu", progress=False)
    weights = torch.cat([p.detach().flatten() for p in result.potential.networks.parameters()])
    content = {{"history": result.history, "weights": weights.tolist(), "report": result.report, "refusal": refusal,
               "rotated": rotated.history,
               "processes": distributed.n_processes(), "epochs": timed.history[-1]["epoch"]}}
    with open(f"{{sys.argv[1]}}/{{distributed.rank()}}.json", "w") as file:
        json.dump(content, file)
"""


def torchrun(folder, *arguments, timeout=90):
    return subprocess.run(
        [*TORCHRUN, *arguments],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@pytest.fixture
def job(tmp_path):
    write_dump(tmp_path / "job" / "a.dump", small_job.systems(30))
    return tmp_path


@pytest.mark.slow
def test_two_processes_take_the_steps_of_one(tmp_path, monkeypatch):
    (tmp_path / "same.py").write_text(SAME)
    result = torchrun(tmp_path, "same.py", str(tmp_path))
    assert result.returncode == 0, result.stderr
    first, second = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in (0, 1))
    assert first == second
    assert first["processes"] == 2
    assert "one process" in first["refusal"]
    assert result.stderr.count("fingerprints:   0%") == 1  # one bar
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    systems = small_job.systems(31, largest=16)
    monkeypatch.setattr(torch.linalg, "eigh", small_job.settled_eigh)
    alone, rotated = (
        train(systems, small_job.fingerprint(), optimiser=optimiser, dtype=torch.float64, progress=False, **OPTIONS)
        for optimiser in ("adam", "rotated-adam")
    )
    torch.set_num_threads(threads)
    assert len(alone.history) == len(first["history"]) == 6
    for mine, theirs in zip(alone.history, first["history"], strict=True):
        assert mine.keys() == theirs.keys()
        for name in mine:
            assert theirs[name] == pytest.approx(mine[name], rel=1e-10), name
    weights = torch.cat([p.detach().flatten() for p in alone.potential.networks.parameters()])
    np.testing.assert_allclose(first["weights"], weights, rtol=0, atol=1e-9)
    losses = [[row["loss"] for row in history] for history in (rotated.history, first["rotated"])]
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-7)
    # and one process goes on from what two have left
    again = train(systems, small_job.fingerprint(), dtype=torch.float64, progress=False, optimiser="adam",
                  checkpoint=tmp_path / "c.safetensors", **OPTIONS)  # fmt: skip
    assert again.history == first["history"]


@pytest.mark.slow
def test_the_command_line_under_torchrun(job):
    command = ["-m", "mlip_edu.cli", "train", "job", "--epochs", "3", "--hidden", "4", "--device", "cpu"]
    result = torchrun(job, *command)
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("30 systems") == 1
    assert result.stdout.count("complete after") == 1
    assert load_potential(job / "results" / "job" / "job.rann").elements == ("Si",)
    assert {f.name for f in (job / "results" / "job").iterdir()} == {
        "checkpoint.safetensors", "job.rann", "learning_curve.png", "parity.png", "report.json",
    }  # fmt: skip


BROKEN = """
import os, sys
from mlip_edu.learning import loop
from mlip_edu.cli import main
examine = loop.Run.examine
def broken(self, row):
    if os.environ["RANK"] == sys.argv[1]:
        raise OSError(5, "Input/output error", "the disk of this machine")
    examine(self, row)
loop.Run.examine = broken
sys.exit(main(["train", "job", "--epochs", "100", "--hidden", "4", "--device", "cpu", "--quiet"]))
"""


@pytest.mark.slow
def test_an_error_in_one_process_ends_all(job):
    (job / "broken.py").write_text(BROKEN)
    start = time.monotonic()
    result = torchrun(job, "broken.py", "1")
    assert result.returncode == 1
    assert time.monotonic() - start < 60
    assert "mlip-edu: [Errno 5] Input/output error" in result.stderr
    assert "mlip_edu/" not in result.stderr  # the only traceback is torchrun's own


@pytest.mark.slow
def test_a_stop_reaches_all_and_the_same_command_goes_on(job):
    command = [*TORCHRUN, "-m", "mlip_edu.cli", "train", "job", "--epochs", "2000", "--hidden", "4", "--device", "cpu"]
    told = job / "told"
    with told.open("w") as stream:
        child = subprocess.Popen(command, cwd=job, env=ENVIRONMENT, stdout=stream, stderr=stream)
    try:
        deadline = time.monotonic() + 60
        while "training" not in told.read_text():
            assert time.monotonic() < deadline, told.read_text()
            time.sleep(0.05)
        child.send_signal(signal.SIGTERM)  # torchrun passes it on
        child.wait(timeout=60)
    finally:
        child.kill()
        child.wait()
    assert "interrupted after" in told.read_text(), told.read_text()
    assert told.read_text().count("stopping after this epoch") == 1
    assert (job / "results" / "job" / "checkpoint.safetensors").exists()


def test_alone_without_torchrun():
    with distributed.joined():
        assert (distributed.n_processes(), distributed.rank()) == (1, 0)
        tensors = [torch.ones(2), torch.zeros(3)]
        assert all(a is b for a, b in zip(distributed.summed(tensors), tensors, strict=True))
        assert distributed.mean(2.5) == 2.5
