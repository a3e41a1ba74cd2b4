"""Atoms to look at, and dials to turn."""

import inspect
import io
import json
import re
import subprocess
import sys
import textwrap
from html import unescape
from pathlib import Path

import ase.build
import matplotlib.pyplot as plt
import numpy as np
import pytest
from browser.explorables import EXPLORABLES
from jupyter_core.paths import jupyter_path
from PIL import Image
from scipy.spatial.transform import Rotation

from mlip_edu import AtomicSystem
from mlip_edu.errors import MlipEduError
from mlip_edu.views import explorables, html, viewer
from mlip_edu.views.dials import Controls, Dial, Dials, Pick

SALT = AtomicSystem.from_ase(ase.build.bulk("NaCl", "rocksalt", a=5.64, cubic=True))
FRAMES = [AtomicSystem.from_ase(ase.build.bulk("Si", cubic=True) * (1, 1, n)) for n in (2, 2, 2, 2)]


@pytest.fixture
def displayed(monkeypatch):
    """What was displayed: widgets, and pages of HTML."""
    seen = []
    for module in (viewer, html):
        monkeypatch.setattr(module, "display", lambda item, **keywords: seen.append(item))
    return seen


VERSIONS = """
from mlip_edu.views.viewer import import_nglview
nglview = import_nglview()
print(nglview.NGLWidget._model_module_version.default_value, nglview.NGLWidget._view_module_version.default_value,
      nglview.color._ColormakerRegistry.cls._model_module_version.default_value
      if hasattr(nglview.color._ColormakerRegistry, "cls") else nglview.color.ColormakerRegistry._model_module_version)
"""


def test_nglview_announces_the_extension_that_is_installed():
    paths = [Path(path) for path in jupyter_path("labextensions", "nglview-js-widgets", "package.json")]
    installed = json.loads(next(path for path in paths if path.is_file()).read_text())["version"]
    done = subprocess.run([sys.executable, "-c", VERSIONS], capture_output=True, text=True, check=True)
    assert done.stdout.split() == 3 * [installed]


def test_a_view_and_a_picture_with_words(displayed):
    viewer.show(SALT)
    view, page = displayed
    assert type(view).__name__ == "NGLWidget"
    assert view.camera == "orthographic"
    kinds = [message["args"][0] if message.get("args") else None for message in view._ngl_msg_archive]
    assert "spacefill" in kinds
    assert 'alt="4 Cl and 4 Na atoms in a periodic box of 5.6 × 5.6 × 5.6 Å, seen' in page["text/html"]


def test_the_slider_turns_the_frames(displayed):
    viewer.show(FRAMES)
    view, controls = displayed[0].children
    assert isinstance(controls, Controls)
    assert view._iplayer.children == ()  # nglview's own buttons and slider have no name for a screen reader
    assert view._ibtn_fullscreen.tooltip == "Full screen"
    assert controls.controls[0]["label"] == "Frame"
    assert [controls.controls[0][end] for end in ("low", "high")] == [0, 3]
    controls.values = {"frame": 2}
    assert view.frame == 2
    assert "the first, the middle and the last of 4 frames" in displayed[1]["text/html"]


@pytest.mark.parametrize("axes", [None, [0.3, -0.5, 0.2]])
def test_box_and_atoms_agree_in_3d_however_the_box_lies(axes):
    nglview = viewer.import_nglview()
    atoms = ase.build.bulk("Si") * (2, 2, 2)  # its a is not along x
    if axes:
        atoms.set_cell(atoms.cell @ Rotation.from_rotvec(axes).as_matrix().T, scale_atoms=True)
    view = viewer.view_3d(nglview, [AtomicSystem.from_ase(atoms)], None)
    found = view._trajlist[0].trajectory[0]
    assert abs(found.cell[0, 1:]).max() < 1e-9 > abs(found.cell[1, 2])
    assert found.get_all_distances(mic=True) == pytest.approx(atoms.get_all_distances(mic=True), abs=1e-9)


def test_the_picture_is_the_projection_and_nearer_atoms_are_in_front():
    values = np.arange(8.0)
    figure = viewer.draw_atoms([SALT], values, "number")
    panel, bar = figure.axes
    assert [panel.get_xlabel(), panel.get_ylabel(), bar.get_ylabel()] == ["right (Å)", "up (Å)", "number"]
    seen = Rotation.from_euler("zx", [-20, 15], degrees=True).apply(np.array(SALT.positions))  # turned, then risen
    order = panel.collections[0].get_array().astype(int)
    assert (np.diff(seen[order, 1]) < 1e-9).all()  # from far to near
    centres = [path.get_extents().get_points().mean(0) for path in panel.collections[0].get_paths()]
    assert np.array(centres) == pytest.approx(seen[order][:, [0, 2]], abs=1e-9)
    assert len(panel.lines) == 12  # the edges of the box
    plt.close(figure)


def test_without_a_box_and_with_one_colour():
    molecule = AtomicSystem.from_ase(ase.build.molecule("H2O"))
    figure = viewer.draw_atoms([molecule])
    assert not figure.axes[0].lines
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["H", "O"]
    plt.close(figure)
    assert viewer.describe([molecule]) == "2 H and 1 O atoms, seen a little from the right and from above."
    assert "coloured by z (Å), from -0.477 (dark) to 0.119" in viewer.describe(
        [molecule], molecule.positions[:, 2], "z (Å)"
    )
    assert viewer._hexadecimal(np.ones(3)) == 3 * ["#440154"]  # equal values: no division by zero


def test_without_nglview_the_picture_stands_alone(displayed, monkeypatch):
    monkeypatch.setitem(sys.modules, "nglview", None)
    viewer.show(SALT, alt="Salt.")
    viewer.show(SALT, backend="figure")
    assert ["alt=" in page["text/html"] for page in displayed] == [True, True]
    with pytest.raises(MlipEduError, match="nglview is not installed"):
        viewer.show(SALT, backend="3d")


@pytest.mark.parametrize(
    ("system", "keywords", "words"),
    [
        ([], {}, "nothing to show"),
        ([SALT, FRAMES[0]], {}, "frame 1 holds other atoms"),
        (SALT, {"values": [1, 2]}, "expected 8 finite values"),
        (SALT, {"values": [np.nan] * 8}, "expected 8 finite values"),
        (SALT, {"backend": "2d"}, "unknown backend '2d'"),
    ],
)
def test_what_cannot_be_shown(system, keywords, words, displayed):
    with pytest.raises(MlipEduError, match=words):
        viewer.show(system, **keywords)
    assert displayed == []


class Shown:
    """What the source of is shown: signs that HTML escapes, and a line of more than 90 characters."""

    def smaller(self, one: float, other: float) -> bool:
        """Is ``one`` < ``other``?"""
        # neither & nor > stands here by chance; this line must not be broken, wherever the page would like it to end
        return not one >= other and "a & b" != "<pre>" and 2.5


def test_source_is_shown_as_it_is_and_unbroken(displayed):
    html.show_source(Shown.smaller)
    assert displayed[0]["text/plain"] == inspect.getsource(Shown.smaller)
    page = displayed[0]["text/html"]
    title, frame, code = re.fullmatch(r"<code>(.*?)</code><pre ([^>]*)>(.*)</pre>", page, re.DOTALL).groups()
    assert title == f"{__name__}.Shown.smaller"
    assert unescape(re.sub(r"<[^>]*>", "", code)) == textwrap.dedent(inspect.getsource(Shown.smaller))
    assert "white-space:pre;" in frame  # no line breaks of the browser's own
    assert "overflow-x:auto" in frame
    assert 'tabindex="0"' in frame  # the keyboard scrolls it


def test_source_is_told_apart_without_colours(displayed):
    html.show_source(Shown.smaller)
    spans = re.findall(r'<span style="([^"]*)">(.*?)</span>', displayed[0]["text/html"])
    looks = {unescape(text): look for look, text in spans}
    assert all("font-weight:bold" in looks[word] for word in ("def", "return", "not", "and"))
    quiet = [look for text, look in looks.items() if text.startswith(("# neither", '"""'))]
    assert quiet == 2 * [html.QUIET]
    fixed = re.findall(r"color:(?!var)", displayed[0]["text/html"])
    assert not fixed  # a colour of its own would not follow the theme


def line(slope, rule):
    figure, axes = plt.subplots(figsize=(2, 1))
    axes.plot([0, 1], [0, slope], "-" if rule == "full" else ":")
    return figure, f"A {rule} line of slope {slope:.1f}."


def test_dials_draw_what_python_computes():
    dials = Dials(line, slope=Dial("Slope", -1, 1, 0.5, start=0.5), rule=Pick("Line", ["full", "dotted"]))
    assert dials.values == {"slope": 0.5, "rule": "full"}
    assert dials.alt == "A full line of slope 0.5."
    first = dials.picture
    assert Image.open(io.BytesIO(first)).size == (200, 100)
    dials.values = {"slope": -1.0, "rule": "dotted"}
    assert dials.alt == "A dotted line of slope -1.0."
    assert dials.picture != first
    assert plt.get_fignums() == []


def test_every_explorable_is_tried_in_a_browser():
    modules = Path(explorables.__file__).parent.glob("[a-z]*.py")
    assert {module.stem.replace("_", " ") for module in modules} <= {entry.name for entry in EXPLORABLES}


def test_a_dial_begins_within_its_range():
    with pytest.raises(MlipEduError, match="low ≤ start ≤ high"):
        Dial("Slope", 0, 1, 0.1, start=2)
