"""Killed, interrupted, full disk, no permission, two at once: a clear line, and nothing lost.

Every case ends with the same command run again, and the potential has to be the one of an undisturbed run, byte for
byte. ``MLIP_EDU_KILLS`` sets how often a training is killed; unset, three times.
"""

import ctypes
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time

import fuzz
import pytest
import torch

from mlip_edu import files, write_dump
from mlip_edu.cli import main, train
from mlip_edu.data import load_silicon
from mlip_edu.learning import loop, training

KILLS = int(os.environ.get("MLIP_EDU_KILLS", "3"))
EPOCHS = 400
COMMAND = ["train", "job", "--quiet", "--threads", "1", "--epochs", str(EPOCHS)]
DRIVER = f"""
import sys
from mlip_edu.cli import main
from mlip_edu.learning import loop
loop.CHECKPOINT_EVERY = 0.01
print("ready", flush=True)
sys.exit(main([*{COMMAND}, *sys.argv[1:]]))
"""
CAP_DAC_OVERRIDE, PR_CAPBSET_DROP = 1, 24


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A folder with a small job, and the potential that an undisturbed run writes."""
    folder = tmp_path_factory.mktemp("kill")
    write_dump(folder / "job" / "dumps" / "a.dump", [s for s in load_silicon() if len(s) <= 2][:40])
    lines = ["atomtypes:", "Si", "fingerprints:Si_all:", "radial_0", "networklayers:Si:", "3", "layersize:Si:1:", "5"]
    for key, value in {"re": 2.35, "rc": 4.0, "dr": 2.5, "alpha": "1 2 3", "n": 2}.items():
        lines += [f"fingerprintconstants:Si_all:radial_0:{key}:", str(value)]
    (folder / "job" / "small.input").write_text("\n".join(lines) + "\n")
    start = time.perf_counter()
    assert driven(folder).returncode == 0
    return folder, (folder / "results" / "small" / "small.rann").read_bytes(), time.perf_counter() - start


@pytest.fixture(autouse=True)
def _threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def job(original, tmp_path, monkeypatch):
    shutil.copytree(original[0] / "job", tmp_path / "job")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def driven(folder, *arguments, **options):
    """The command in a process of its own."""
    command = [sys.executable, "-c", DRIVER, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False, **options)


def clear(result, message, status=1):
    """One line that says what is wrong, and no traceback."""
    assert result.returncode == status, result.stderr
    assert "Traceback" not in result.stderr
    last = result.stderr.rstrip("\n").split("\n")[-1]
    assert last.startswith("mlip-edu: "), result.stderr
    assert message in last


def nothing_lost(folder, expected, output="results/small"):
    """The same command again ends in the same potential, and leaves no temporary file."""
    assert main([*COMMAND, "--output", str(folder / output)]) == 0
    assert (folder / output / "small.rann").read_bytes() == expected
    assert not list((folder / output).glob("*.tmp"))


# ---------------------------------------------------------------------------------------------------- killed


@pytest.mark.slow
def test_a_training_killed_at_any_moment_ends_in_the_same_potential(original, job):
    _, expected, seconds = original
    moments, seen, start = random.Random(4 if KILLS == 3 else None), [], time.perf_counter()
    folder = job / "results" / "small"
    checkpoint, before = folder / "checkpoint.safetensors", 0
    for k in range(KILLS):
        child = subprocess.Popen([sys.executable, "-c", DRIVER], cwd=job, stdout=subprocess.PIPE, text=True)
        assert child.stdout.readline() == "ready\n"
        # a third in the first half second (reading, preparing), the others anywhere up to the end
        time.sleep(moments.uniform(0.0, 0.5 if k % 3 == 0 else 0.3 * seconds))
        child.send_signal(signal.SIGKILL)
        child.communicate()
        seen.append(epoch_of(checkpoint))
        assert seen[-1] >= before  # nothing is ever undone
        before = seen[-1]
        if (folder / "report.json").exists():
            json.loads((folder / "report.json").read_text())
        if (folder / "small.rann").exists():
            assert (folder / "small.rann").read_bytes() == expected
        if before == EPOCHS and k < KILLS - 1:  # trained to the end: once more from the start
            nothing_lost(job, expected)
            shutil.rmtree(folder)
            before = 0
    nothing_lost(job, expected)
    if KILLS > 10:
        assert sum(0 < epoch < EPOCHS for epoch in seen) > 2, seen
    fuzz.record("kills", cases=KILLS, text=f"epochs reached: {seen}", seconds=time.perf_counter() - start)


def epoch_of(checkpoint):
    from safetensors import safe_open

    if not checkpoint.exists():
        return 0
    with safe_open(checkpoint, framework="pt") as file:
        return json.loads(file.metadata()["state"])["run"]["epoch"]


# ------------------------------------------------------------------------------------------ Ctrl-C and SIGTERM

PHASES = {
    "reading": ("mlip_edu.io.read_dump", None),
    "preparing": (training, "make_batches"),
    "training": (loop.Run, "examine"),
    "judging": (training, "error_report"),
    "reporting": (train, "write_json"),
    "drawing": (train, "save_figure"),
}


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"])
@pytest.mark.parametrize("phase", PHASES)
def test_a_stop_in_each_phase(original, job, monkeypatch, capsys, phase, number, status):
    """Stopped there, then run again."""
    place, name = PHASES[phase]
    if name is None:
        place, name = sys.modules[place.rsplit(".", 1)[0]], place.rsplit(".", 1)[1]
    function, handler = getattr(place, name), signal.getsignal(signal.SIGTERM)
    calls = []

    def stopped(*arguments, **keywords):
        calls.append(1)
        if len(calls) == (20 if phase == "training" else 1):
            os.kill(os.getpid(), number)
        return function(*arguments, **keywords)

    monkeypatch.setattr(place, name, stopped)
    if phase != "drawing":
        monkeypatch.setattr(train, "save_figure", lambda *_: None)
    assert main(COMMAND) == status
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    if phase == "training":
        assert "stopping after this epoch" in printed.err
        assert "interrupted after" in printed.out
        assert epoch_of(job / "results" / "small" / "checkpoint.safetensors") < EPOCHS
    else:
        assert printed.err.split("\n")[-2].startswith("mlip-edu: interrupted")
    assert signal.getsignal(signal.SIGTERM) is handler
    assert main(COMMAND) == 0
    assert (job / "results" / "small" / "small.rann").read_bytes() == original[1]


def test_sigterm_where_ctrl_c_is_switched_off(job, monkeypatch, capsys):
    """A program started in the background ignores SIGINT; it must not ignore SIGTERM."""
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    monkeypatch.setattr("mlip_edu.io.read_dump", lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    try:
        assert main(["train", "job", "--quiet"]) == 143
    finally:
        signal.signal(signal.SIGINT, previous)
    assert "interrupted" in capsys.readouterr().err


# --------------------------------------------------------------------------------------------------- full disks


def small_files_only():
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))


def test_a_file_that_cannot_grow(original, job):
    """The limit of a file's size stands for a full quota: any user can set it."""
    result = driven(job, preexec_fn=small_files_only)
    clear(result, "checkpoint.safetensors: File too large; make room")
    assert not list((job / "results" / "small").iterdir())
    nothing_lost(job, original[1])


def test_a_full_disk(original, job):
    """A real one of 128 kB, where this process may mount it."""
    disk = job / "disk"
    disk.mkdir()
    options = ["-t", "tmpfs", "-o", "size=128k", "tmpfs", str(disk)]
    if not shutil.which("mount") or subprocess.run(["mount", *options], capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small disk")
    try:
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(124 * 1024))
        clear(driven(job, "--output", "disk"), "No space left on device; make room")
        assert {f.name for f in disk.iterdir()} <= {"ballast", "checkpoint.safetensors"}
        ballast.unlink()
        # room for the checkpoint and the potential, none for the figures: what is there stays whole
        clear(driven(job, "--output", "disk"), "No space left on device; make room")
        assert (disk / "small.rann").read_bytes() == original[1]
        assert epoch_of(disk / "checkpoint.safetensors") == EPOCHS
        shutil.copytree(disk, job / "moved")
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    nothing_lost(job, original[1], "moved")


@pytest.mark.parametrize("write", ["write_bytes", "write_text"])
def test_a_disk_that_fills_leaves_the_old_file_and_names_the_new(tmp_path, monkeypatch, write):
    path = tmp_path / "a.txt"
    files.write_text(path, "old")
    content = {"write_bytes": b"x" * 10_000, "write_text": "x" * 10_000}[write]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OSError, match="too large") as caught, files.replacing(path) as temporary:
            getattr(temporary, write)(content)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.filename == str(path)
    assert [f.name for f in tmp_path.iterdir()] == ["a.txt"]
    assert path.read_text() == "old"


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_written_files_obey_the_umask(tmp_path, mask):
    previous = os.umask(mask)
    try:
        files.write_text(tmp_path / "a.txt", "")
    finally:
        os.umask(previous)
    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o666 & ~mask


# ------------------------------------------------------------------------------- no permission, no file, two at once


def without_privilege():
    """Root without the right to pass over permissions obeys them as anybody does."""
    if os.geteuid() == 0 and ctypes.CDLL(None, use_errno=True).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0):
        raise OSError("cannot give up CAP_DAC_OVERRIDE")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="capabilities are Linux's")
def test_a_folder_that_cannot_be_written_to(original, job):
    folder = job / "locked"
    nothing_lost(job, original[1], "locked")
    before = {f.name: f.read_bytes() for f in folder.iterdir()}
    folder.chmod(0o555)
    try:
        clear(driven(job, "--output", "locked", preexec_fn=without_privilege), "locked: no permission to write there")
        clear(driven(job, "--output", "locked/deeper", preexec_fn=without_privilege), "that you may read, or write")
        assert {f.name: f.read_bytes() for f in folder.iterdir()} == before
    finally:
        folder.chmod(0o755)


def test_missing_files(job, capsys):
    with (job / "job" / "small.input").open("a") as file:
        file.write("calibrationparameters:dumpdirectory:\nelsewhere\n")
    for message in ("elsewhere: expected a readable file; found No such file", "with dump files; found no file"):
        assert main(COMMAND) == 1
        printed = capsys.readouterr()
        assert message in printed.err
        assert printed.err.count("\n") == 1
        (job / "job" / "elsewhere").mkdir(exist_ok=True)


def test_two_runs_into_one_folder(original, job):
    first = subprocess.Popen(
        [sys.executable, "-c", DRIVER.replace(str(EPOCHS), "1000000")], cwd=job, stdout=subprocess.PIPE, text=True
    )
    try:
        checkpoint, deadline = job / "results" / "small" / "checkpoint.safetensors", time.monotonic() + 60
        while not checkpoint.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        clear(driven(job), "results/small: another run is writing there")
        assert first.poll() is None
    finally:
        first.kill()  # a lock that a killed run leaves behind locks nobody out
        first.communicate()
    checkpoint.unlink()
    nothing_lost(job, original[1])
