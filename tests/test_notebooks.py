"""The notebooks as files, what they show, and whether nbval would notice if something changed.

The comparison of outputs itself is `python -m pytest --nbval … tutorials` (see tutorials/README.md).
"""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbclient
import nbformat
import numpy as np
import pytest

import mlip_edu
from mlip_edu.coursework.editions import MARKED, student_edition
from mlip_edu.geometry import image_shifts
from mlip_edu.views.explorables.skewed_box import SkewedBox, draw_pair, skewed_pair

ROOT = Path(__file__).parent.parent
TUTORIALS = ROOT / "tutorials"
NOTEBOOKS = sorted(TUTORIALS.glob("[0-9]*.ipynb"))


def load_author_tool():
    spec = importlib.util.spec_from_file_location("tutorials_run", TUTORIALS / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


author = load_author_tool()


def read(path):
    """Cells of a notebook, with sources and stream texts as strings."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        cell["source"] = "".join(cell["source"])
        for output in cell.get("outputs", []):
            output["text"] = "".join(output.get("text", ""))
    return cells


def code(path):
    return [cell for cell in read(path) if cell["cell_type"] == "code" and cell["source"].strip()]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestStored:
    def test_every_cell_was_run_in_order(self, path):
        assert [cell["execution_count"] for cell in code(path)] == list(range(1, len(code(path)) + 1))

    def test_outputs_are_stored_and_none_is_an_error(self, path):
        for cell in code(path):
            speaks = re.search(
                r"^(\w+ = check|print|quiz|predict|show|show_figure|show_source)\(", cell["source"], re.MULTILINE
            )
            assert cell["outputs"] or not speaks, cell["source"]
            assert not any(output["output_type"] == "error" for output in cell["outputs"])

    def test_no_output_hangs_on_this_computer(self, path):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"/(work|home|tmp|root|Users)/", text)
        assert "application/vnd.jupyter.widget" not in text  # its model is gone when the file is opened again

    def test_it_is_as_the_authors_tool_writes_it(self, path):
        notebook = nbformat.read(path, as_version=4)
        assert author.tidy(notebook) == nbformat.read(path, as_version=4), "run it: python tutorials/run.py"
        assert author.stderr_of(notebook) == ""

    def test_cells_are_short(self, path):
        lines = [cell["source"].splitlines() for cell in code(path)]
        assert max(map(len, lines)) < 25
        assert max(len(line) for cell in lines for line in cell) <= 100

    def test_every_picture_has_an_alternative_text(self, path):
        text = path.read_text(encoding="utf-8")
        assert len(re.findall(r'<img alt=\\"[^"\\]{40,}', text)) == text.count("<img") > 0
        assert '"image/png"' not in text

    def test_every_blank_has_an_answer_and_a_judge(self, path):
        number = path.stem[:2]
        checks = (TUTORIALS / "checks" / f"check_{number}.py").read_text(encoding="utf-8")
        names = []
        for cell in code(path):
            blanks = MARKED.findall(cell["source"])
            assert cell["source"].count("# --- ") == 2 * len(blanks)
            for _, name, answer in blanks:
                names.append(name)
                assert re.search(r"^ *answer = ", answer, re.MULTILINE)
                assert name == f"{number}.quiz" or f'"{name}":' in checks
            called = re.findall(r"^.*\bcheck\(.*$", cell["source"], re.MULTILINE)
            assert all(re.match(r'\w+ = check\("[\d.q]+", \w+\)$', line) for line in called), "assign it: x = check(…)"
        assert len(names) == len(set(names))
        assert {f'"{name}"' for name in names} >= set(re.findall(rf'"{number}\.[pq]\d+"', checks))


def run_nbval(folder, **environment):
    """nbval on the notebooks of ``folder``: return code and output."""
    (folder / "empty.ini").write_text("[pytest]\n")
    options = ["-p", "no:cacheprovider", "-p", "no:xdist", "-c", str(folder / "empty.ini"), "--rootdir", str(folder)]
    nbval = ["--nbval", "--nbval-current-env", "--nbval-cell-timeout=120"]
    nbval.append(f"--nbval-sanitize-with={ROOT / 'tests' / 'nbval.cfg'}")
    known = {"OMP_NUM_THREADS": "1", "MLIP_EDU_DATA": str(ROOT / "data")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *options, *nbval, str(folder)],
        capture_output=True, text=True, cwd=folder, env=os.environ | known | environment,
    )  # fmt: skip
    return done.returncode, done.stdout


@pytest.fixture
def lesson(tmp_path):
    """A copy of notebook 02 with all that it needs."""
    folder = tmp_path / "tutorials"
    for name in ("checks", "files"):
        shutil.copytree(TUTORIALS / name, folder / name)
    shutil.copy(TUTORIALS / "02_distances_boxes_images.ipynb", folder)
    return folder


@pytest.mark.slow
def test_nbval_notices_one_changed_number(lesson):
    path = lesson / "02_distances_boxes_images.ipynb"
    text = path.read_text(encoding="utf-8")
    assert text.count("the yttrium box   19.7 ±") == 1
    path.write_text(text.replace("the yttrium box   19.7 ±", "the yttrium box   19.6 ±"), encoding="utf-8")
    returned, output = run_nbval(lesson)
    assert returned == 1, output
    assert re.search(r"\b1 failed", output)  # and all else passes


@pytest.mark.slow
def test_nbval_notices_a_changed_formula(lesson, tmp_path):
    shutil.copytree(Path(mlip_edu.__file__).parent, tmp_path / "mlip_edu", ignore=shutil.ignore_patterns("__pycache__"))
    geometry = tmp_path / "mlip_edu" / "geometry.py"
    source = geometry.read_text(encoding="utf-8")
    changed = source.replace("reach = image_reach(longest, cell, pbc) + pbc", "reach = 0 * pbc.astype(int)")
    assert changed != source, "nearest_image was rewritten: change another of its lines here"
    geometry.write_text(changed, encoding="utf-8")
    returned, output = run_nbval(lesson, PYTHONPATH=str(tmp_path))
    assert returned == 1, output
    assert int(re.search(r"(\d+) failed", output)[1]) >= 5


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_untouched_student_edition_runs_from_top_to_bottom(path, tmp_path, monkeypatch):
    """Every blank says "not yet", and no cell below one stops with an exception."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    shutil.copytree(TUTORIALS / "files", tmp_path / "files")
    text = json.dumps(student_edition(json.loads(path.read_text(encoding="utf-8"))))
    notebook = nbformat.reads(text, as_version=4)
    nbclient.NotebookClient(notebook, timeout=400, resources={"metadata": {"path": str(tmp_path)}}).execute()
    for cell in notebook.cells:
        for _, name, _ in MARKED.findall(cell.source) if cell.cell_type == "code" else ():
            said = "".join(output.get("text", "") for output in cell.outputs)
            what = f"quiz {name[:2]}: not yet" if name.endswith(".quiz") else f"{name}: "
            assert re.search(rf"^… {re.escape(what)}", said, re.MULTILINE), (cell.source, said)
    assert not (tmp_path / "my_predictions.json").exists()


class TestCost:
    """The table in tutorials/README.md, which tutorials/run.py writes from what it measures."""

    rows = author.rows_of(author.README.read_text(encoding="utf-8"))

    def test_every_notebook_has_its_line(self):
        assert list(self.rows) == [path.name[:2] for path in NOTEBOOKS]
        for path in NOTEBOOKS:
            row = author.row(path, nbformat.read(path, as_version=4), 0.0, 0.0)
            assert row.split("|")[:5] == self.rows[path.name[:2]].split("|")[:5]

    def test_all_are_within_their_limits(self):
        for line in self.rows.values():
            seconds, megabytes = (float(line.split("|")[column].split()[0]) for column in (5, 6))
            assert 0 < seconds <= author.MOST_SECONDS
            assert 0 < megabytes <= author.MOST_MEGABYTES
        assert sum(map(author.seconds_of, self.rows.values())) <= author.MOST_SECONDS_IN_ALL

    def test_the_map_says_what_the_first_cells_say(self):
        text = author.README.read_text(encoding="utf-8").split(author.MAP)[1].split(author.END)[0]
        assert text == "\n" + "".join(map(author.can_do, NOTEBOOKS))

    def test_nobody_is_asked_for_more_than_ninety_minutes(self):
        assert all(int(line.split("|")[4].split()[0]) <= 90 for line in self.rows.values())


class TestAuthorsTool:
    @pytest.fixture
    def folder(self, tmp_path, monkeypatch):
        """A folder of notebooks with one of two cells."""
        readme = tmp_path / "README.md"
        readme.write_text(
            "before\n<!-- notebooks -->\n| 98 | gone | | | 0 s | |\n<!-- end -->\nafter\n<!-- map -->\n<!-- end -->"
        )
        monkeypatch.setattr(author, "HERE", tmp_path)
        monkeypatch.setattr(author, "README", readme)
        monkeypatch.setattr(sys, "argv", ["run.py"])
        return tmp_path

    @staticmethod
    def write(folder, source):
        first = (
            "# 99 · A test\n\n**Does it run?**\n\n- **run** it;\n- **see**.\n\n"
            "**You need** nothing.\n**Time** about 5 minutes for you."
        )
        cells = [nbformat.v4.new_markdown_cell(first), nbformat.v4.new_code_cell(source)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "99_test.ipynb")

    def test_it_runs_measures_and_tidies(self, folder):
        source = "import sys, time\nprint(1)\nsys.stdout.flush()\nprint(2)\nx = b'1' * 300_000_000\ntime.sleep(0.3)"
        self.write(folder, source)
        assert author.main() == 0
        cell = nbformat.read(folder / "99_test.ipynb", as_version=4).cells[1]
        assert cell.execution_count == 1
        assert [output.text for output in cell.outputs] == ["1\n2\n"]
        readme = author.README.read_text()
        row = re.fullmatch(
            r"before\n<!-- notebooks -->\n\| # .*\n\|---.*\n(.*)\n<!-- end -->\nafter\n(.*)", readme, re.DOTALL
        )
        row, the_map = row[1], row[2]
        assert the_map == "<!-- map -->\n- **99** needs nothing. After it you can run it; see.\n<!-- end -->"
        title, question, you, seconds, memory = (part.strip() for part in row.split("|")[2:7])
        assert (title, question, you) == ("[A test](99_test.ipynb)", "Does it run?", "5 min")
        assert float(seconds.split()[0]) < 100
        assert 300 < float(memory.split()[0]) < 450  # and Python itself

    @pytest.mark.parametrize(
        ("source", "words"),
        [("1 / 0", "ZeroDivisionError"), ("import sys; sys.stderr.write('progress')", "progress")],
    )
    def test_what_fails_is_said_and_not_written(self, folder, source, words, capsys):
        self.write(folder, source)
        before = (folder / "99_test.ipynb").read_bytes()
        assert author.main() == 1
        assert words in capsys.readouterr().err
        assert (folder / "99_test.ipynb").read_bytes() == before

    @pytest.mark.parametrize(("limit", "unit"), [("MOST_SECONDS", "s"), ("MOST_MEGABYTES", "MB")])
    def test_too_much_is_refused(self, folder, limit, unit, capsys, monkeypatch):
        self.write(folder, "pass")
        monkeypatch.setattr(author, limit, 0.1)
        assert author.main() == 1
        assert re.search(rf"99_test.ipynb: \d+ {unit}; at most 0.1", capsys.readouterr().err)


def test_the_yttrium_file_is_the_recipe():
    system = mlip_edu.read_dump(TUTORIALS / "files" / "02_yttrium_box.dump", species=["Y"])[0]
    near = image_shifts(np.ones(3, int)) @ system.cell  # 27 images are enough in this cell
    rng = np.random.default_rng(2)
    kept = []
    while len(kept) < len(system):
        place = rng.random(3) @ system.cell
        apart = np.reshape(kept, (-1, 1, 3)) - place + near
        if not kept or np.linalg.norm(apart, axis=-1).min() > 2.6:
            kept.append(place)
    assert np.abs(system.positions - kept).max() < 1e-6
    assert system.energy_weight == system.force_weight == 0


class TestSkewedBox:
    def test_against_all_images_within_four_cells(self):
        rng = np.random.default_rng(0)
        shifts = np.stack(np.meshgrid(np.arange(-4, 5), np.arange(-4, 5)), -1).reshape(-1, 2)
        seen = set()
        for tilt in np.linspace(-10, 10, 41):
            pair = skewed_pair(tilt, rng.random(2), rng.random(2))
            images = np.subtract(pair["b"], pair["a"]) + shifts @ np.array(pair["cell"])
            shortest = np.linalg.norm(images, axis=1).min()
            assert pair["nearest_length"] == pytest.approx(shortest, abs=1e-12)
            assert np.linalg.norm(pair["nearest"]) == pytest.approx(shortest, abs=1e-12)
            assert pair["agree"] == (pair["rounded_length"] < shortest + 1e-9)
            seen.add(pair["agree"])
        assert seen == {True, False}

    def test_without_tilt_rounding_is_always_right(self):
        rng = np.random.default_rng(1)
        assert all(skewed_pair(0.0, rng.random(2), rng.random(2))["agree"] for _ in range(50))

    def test_python_computes_what_the_sliders_and_the_pointer_ask_for(self):
        box = SkewedBox()
        before = dict(box.picture)
        box.tilt = 0.0
        assert box.picture["cell"] == [[10.0, 0.0], [0.0, 8.0]]
        assert box.picture["text"] == skewed_pair(0.0, box.atom_a, box.atom_b)["text"] != before["text"]
        box._dragged(box, {"atom": "b", "x": 12.5, "y": -2.0}, None)  # outside: it comes in on the other side
        assert box.atom_b == [0.25, 0.75]
        assert box.picture["b"] == [2.5, 6.0]
        box._dragged(box, {"atom": "a", "x": 9.999, "y": 0.0}, None)
        assert box.atom_a == [0.0, 0.0]
        box.close()

    def test_the_static_figure_names_its_axes(self):
        figure = draw_pair(6.0, (0.2, 0.25), (0.65, 0.6))
        assert [figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()] == ["x (Å)", "y (Å)"]
        assert len(figure.axes[0].get_legend().get_texts()) == 2
        import matplotlib.pyplot as plt

        plt.close(figure)
