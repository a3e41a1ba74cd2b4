"""The student's edition: blanks, no outputs, and never over what a student has written."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from mlip_edu.cli import lab, main
from mlip_edu.coursework.editions import MARKED, student_edition, write_editions
from mlip_edu.errors import MlipEduError

TUTORIALS = Path(__file__).parent.parent / "tutorials"
NAME = "02_distances_boxes_images.ipynb"


@pytest.fixture
def lessons(tmp_path, monkeypatch):
    """A copy of one lesson that a test may change."""
    folder = tmp_path / "lessons"
    (folder / "checks").mkdir(parents=True)
    shutil.copy(TUTORIALS / "checks" / "check_02.py", folder / "checks")
    shutil.copytree(TUTORIALS / "files", folder / "files")
    shutil.copy(TUTORIALS / NAME, folder)
    monkeypatch.setenv("MLIP_EDU_TUTORIALS", str(folder))
    return folder


@pytest.fixture
def work(tmp_path):
    return tmp_path / "work"


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("path", sorted(TUTORIALS.glob("[0-9]*.ipynb")), ids=lambda path: path.stem)
def test_an_edition_has_blanks_and_no_outputs(path):
    solved = nbformat.read(path, as_version=4)
    edition = nbformat.reads(json.dumps(student_edition(json.loads(path.read_text(encoding="utf-8")))), as_version=4)
    nbformat.validate(edition)
    for before, after in zip(solved.cells, edition.cells, strict=True):
        assert (before.cell_type, before.id, before.metadata) == (after.cell_type, after.id, after.metadata)
        if before.cell_type == "markdown":
            assert before.source == after.source
            continue
        assert after.outputs == []
        assert after.execution_count is None
        assert [name for _, name, _ in MARKED.findall(before.source)] == [
            name for _, name, _ in MARKED.findall(after.source)
        ]
        assert all(answer.strip() == "answer = ...  # ← your turn" for *_, answer in MARKED.findall(after.source))
        assert MARKED.sub("", before.source) == MARKED.sub("", after.source)
        compile(after.source, path.name, "exec")


def test_the_command_writes_every_lesson_once(work, capsys, monkeypatch):
    monkeypatch.chdir("/")  # found in the checkout, wherever one is
    monkeypatch.delenv("MLIP_EDU_TUTORIALS", raising=False)
    assert main(["lab", str(work), "--write-only"]) == 0
    written = {path.name for path in work.glob("*")}
    assert written == {path.name for path in TUTORIALS.glob("[0-9]*.ipynb")} | {"files"}
    assert {p.name for p in (work / "files").iterdir()} == {
        p.name for p in (TUTORIALS / "files").iterdir() if p.is_file()
    }
    before = contents(work)
    capsys.readouterr()
    assert main(["lab", str(work), "--write-only"]) == 0
    assert capsys.readouterr().out == f"{work} has all notebooks in their newest version\n"
    assert contents(work) == before


def test_what_a_student_wrote_stays_and_a_newer_version_lands_beside_it(lessons, work):
    write_editions(work)
    change(work / NAME, "answer = ...", "answer = 42")  # as JupyterLab saves it: other cells, the same metadata
    mine = contents(work)
    assert write_editions(work) == []
    assert contents(work) == mine

    change(lessons / NAME, "Two guesses before you know better", "Guess twice before you know better")
    said = write_editions(work)
    assert len(said) == 1
    assert f"{NAME} is yours and stays as it is" in said[0]
    newer = work / NAME.replace(".ipynb", " (new version).ipynb")
    assert newer.name in said[0]
    assert "Guess twice" in newer.read_text(encoding="utf-8")
    assert contents(work) == mine | {newer.name: newer.read_bytes()}
    assert write_editions(work) == []  # nor does it land again

    change(lessons / NAME, "Guess twice", "Guess thrice")
    write_editions(work)
    assert "Guess thrice" in (work / NAME.replace(".ipynb", " (new version 2).ipynb")).read_text(encoding="utf-8")
    change(lessons / NAME, "Guess thrice", "Guess twice")  # back: that one is there
    assert write_editions(work) == []


def test_new_outputs_of_the_solved_notebook_are_no_newer_version(lessons, work):
    write_editions(work)
    change(lessons / NAME, "the yttrium box   19.7 ±", "the yttrium box   19.6 ±")
    change(lessons / NAME, "answer = n * (n - 1) // 2", "answer = (n - 1) * n // 2")
    assert write_editions(work) == []


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"metadata": {}}', '{"metadata": null}', "\x00"])
def test_a_notebook_that_is_not_ours_or_damaged_stays_too(lessons, work, content):
    work.mkdir()
    (work / NAME).write_text(content)
    assert "stays as it is" in write_editions(work)[0]
    assert (work / NAME).read_text() == content
    nbformat.validate(nbformat.read(work / NAME.replace(".ipynb", " (new version).ipynb"), as_version=4))


def test_a_changed_input_file_stays_too(lessons, work):
    write_editions(work)
    file = work / "files" / "02_yttrium_box.dump"
    file.write_text("mine")
    assert "02_yttrium_box (new version).dump" in write_editions(work)[0]
    assert file.read_text() == "mine"
    assert write_editions(work) == []


def test_not_into_the_folder_of_the_solved_notebooks(lessons):
    before = contents(lessons)
    with pytest.raises(MlipEduError, match="another folder"):
        write_editions(lessons / ".." / lessons.name)
    assert contents(lessons) == before


def test_a_file_in_the_place_of_the_folder_is_one_line(lessons, tmp_path, capsys):
    (tmp_path / "work").write_text("")
    assert main(["lab", str(tmp_path / "work"), "--write-only"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_the_home_folder_is_the_default(lessons, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert main(["lab", "--write-only"]) == 0
    assert (tmp_path / "mlip-edu-work" / NAME).is_file()


class TestOpening:
    def test_jupyterlab_gets_the_folder_and_its_options(self, lessons, work, monkeypatch):
        started = []

        class Process:
            interrupted = 2

            def __init__(self, command):
                started.append(command)

            def wait(self):
                Process.interrupted -= 1
                if Process.interrupted >= 0:
                    raise KeyboardInterrupt  # JupyterLab, not we, asks what to do
                return 7

        monkeypatch.setattr(lab.subprocess, "Popen", Process)
        assert main(["lab", str(work), "--jupyter=--no-browser --port=9000"]) == 7
        assert started == [[sys.executable, "-m", "jupyterlab", str(work), "--no-browser", "--port=9000"]]

    def test_without_jupyterlab_it_says_how_to_install_it(self, lessons, work, monkeypatch, capsys):
        monkeypatch.setattr(lab.importlib.util, "find_spec", lambda name: None)
        assert main(["lab", str(work)]) == 1
        assert 'pip install -e ".[lab]"' in capsys.readouterr().err
        assert (work / NAME).is_file()


def test_writing_does_not_import_jupyter(lessons, work):
    program = (
        "import sys; from mlip_edu.cli import main; main(['lab', sys.argv[1], '--write-only']); "
        "print({'nbformat', 'IPython', 'jupyterlab', 'ipywidgets'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", program, str(work)], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("set()\n")
