"""The notebooks as files, what they show, and whether nbval would notice if something changed.

The comparison of outputs itself is `python -m pytest --nbval … tutorials` (see tutorials/README.md).
"""

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
from mlip_edu.geometry import image_shifts
from mlip_edu.views.explorables.skewed_box import SkewedBox, draw_pair, skewed_pair

ROOT = Path(__file__).parent.parent
TUTORIALS = ROOT / "tutorials"
NOTEBOOKS = sorted(TUTORIALS.glob("[0-9]*.ipynb"))
MARKED = re.compile(r"^( *)# --- your turn: (\S+) ---\n(.*?)^ *# --- end ---$", re.MULTILINE | re.DOTALL)


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
            speaks = re.search(r"^ *(print|check|quiz|predict|show_figure|show_source)\(", cell["source"], re.MULTILINE)
            assert cell["outputs"] or not speaks, cell["source"]
            assert not any(output["output_type"] == "error" for output in cell["outputs"])

    def test_no_output_hangs_on_this_computer(self, path):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"/(work|home|tmp|root|Users)/", text)
        assert "application/vnd.jupyter.widget" not in text  # its model is gone when the file is opened again

    def test_cells_are_short(self, path):
        assert max(len(cell["source"].splitlines()) for cell in code(path)) < 25

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
    assert "1 failed" in output  # and all else passes


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
def test_a_blank_says_not_yet_and_stops_nothing_in_its_own_cell(lesson):
    notebook = nbformat.read(lesson / "02_distances_boxes_images.ipynb", as_version=4)
    blanks = []
    for cell in notebook.cells:
        if cell.cell_type == "code" and MARKED.search(cell.source):
            cell.source = MARKED.sub(r"\1answer = ...", cell.source)
            blanks.append(cell)
    nbclient.NotebookClient(
        notebook, timeout=120, allow_errors=True, resources={"metadata": {"path": str(lesson)}}
    ).execute()
    for cell in blanks:
        assert [output.output_type for output in cell.outputs] == ["stream"], cell
        assert cell.outputs[0].text.startswith("…"), cell


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
