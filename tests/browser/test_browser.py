"""The walk in a live JupyterLab, in Chromium: what only a browser can tell."""

import statistics

import nbformat
import numpy as np
import pytest

from browser.explorables import EXPLORABLES
from browser.labdriver import CHROMIUM, OPTIONS, Lab, Notebook, changed, picture, reaction_times, wait_for_change

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = [pytest.mark.browser, pytest.mark.slow,
              pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")]  # fmt: skip

CELLS = [
    """import ase.build, matplotlib.pyplot as plt, numpy as np
from mlip_edu import AtomicSystem
from mlip_edu.views.dials import Dial, Dials, Pick
from mlip_edu.views.viewer import show""",
    """silicon = ase.build.bulk("Si", cubic=True) * (2, 2, 2)
frames = []
for k in range(6):
    moved = silicon.copy()
    moved.positions[::2] += 0.3 * k
    frames.append(AtomicSystem.from_ase(moved))
show(frames)""",
    """show(frames[0], values=frames[0].positions[:, 2], label="height (Å)")""",
    """def draw(slope, rule):
    figure, axes = plt.subplots(figsize=(5, 3))
    axes.plot([0, 1], [0, slope], "-" if rule == "full" else ":", lw=5)
    axes.set(ylim=(-1, 1))
    return figure, f"A {rule} line of slope {slope:.1f}."
Dials(draw, slope=Dial("Slope", -1, 1, 0.1, start=0.5), rule=Pick("Line", ["full", "dotted"]))""",
]


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A student's folder, with one notebook more."""
    folder = tmp_path_factory.mktemp("work")
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "views.ipynb")
    return folder


@pytest.fixture(scope="module")
def opened(work, tmp_path_factory):
    """Open a notebook by the beginning of its name, run it to the end, and keep it open until another is asked for."""
    lab = Lab(work, tmp_path_factory.mktemp("lab"))
    notebooks = {}
    try:
        with playwright.sync_playwright() as chromium:
            browser = chromium.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
            window = browser.new_context(viewport={"width": 1300, "height": 2000})

            def open_one(name):
                if name not in notebooks:
                    while notebooks:  # twenty kernels at a time would fill the memory
                        notebooks.popitem()[1].close()
                    path = min(work.glob(f"{name}*.ipynb"))
                    notebooks[name] = Notebook(window.new_page(), lab, path.name)
                    notebooks[name].run()
                notebooks[name].page.bring_to_front()
                return notebooks[name]

            yield open_one
            for notebook in notebooks.values():
                notebook.close()
            browser.close()
    finally:
        lab.close()


def assert_clean(notebook):
    """No cell failed, nothing on the console, nobody else was asked for anything."""
    assert notebook.failures() == []
    assert notebook.errors == []
    assert notebook.elsewhere == []


def test_the_3d_view_is_not_blank_and_follows_its_slider(opened):
    notebook = opened("views")
    view = notebook.page.locator(".jp-OutputArea canvas").first
    view.wait_for()
    view.scroll_into_view_if_needed()
    wait_for_change(view, np.full_like(picture(view), 255), least=0.01)
    before = picture(view)
    assert before.std() > 5
    slider = notebook.page.get_by_role("slider", name="Frame")
    slider.focus()
    for _ in range(3):
        notebook.page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext").strip() == "3"
    wait_for_change(view, before)
    assert_clean(notebook)


def test_values_are_seen_as_colours(opened):
    notebook = opened("views")
    view = notebook.page.locator(".jp-OutputArea canvas").nth(1)
    view.scroll_into_view_if_needed()
    wait_for_change(view, np.full_like(picture(view), 255), least=0.01)
    seen = picture(view).reshape(-1, 3)
    assert (seen[:, 2] - seen[:, 0] > 40).any()  # the violet end of viridis
    assert (seen[:, 1] - seen[:, 2] > 80).any()  # and its yellow end
    assert_clean(notebook)


def test_dials_turn_by_key_and_keep_their_words(opened):
    notebook = opened("views")
    image = notebook.page.locator(".mlip-dials img:visible")
    image.scroll_into_view_if_needed()
    assert image.get_attribute("alt") == "A full line of slope 0.5."
    before = picture(image)
    notebook.page.get_by_role("slider", name="Slope").focus()
    notebook.page.keyboard.press("ArrowLeft")
    wait_for_change(image, before)
    assert image.get_attribute("alt") == "A full line of slope 0.4."
    before = picture(image)
    notebook.page.get_by_role("combobox", name="Line").focus()
    notebook.page.keyboard.press("ArrowDown")
    wait_for_change(image, before)
    assert image.get_attribute("alt") == "A dotted line of slope 0.4."
    assert_clean(notebook)


@pytest.mark.parametrize("explorable", EXPLORABLES, ids=lambda explorable: explorable.name)
def test_every_explorable_reacts_to_its_keys(explorable, opened):
    notebook = opened(explorable.notebook)
    root = notebook.page.locator(f".{explorable.root}").nth(explorable.nth)
    root.wait_for()
    root.scroll_into_view_if_needed()
    shown = root.locator(f"{explorable.picture}:visible").first
    before = picture(shown)
    slider = root.get_by_role("slider", name=explorable.slider)
    text = slider.get_attribute("aria-valuetext")
    slider.focus()
    notebook.page.keyboard.press("ArrowRight")
    wait_for_change(shown, before)
    assert slider.get_attribute("aria-valuetext") != text
    assert changed(before, picture(shown)) > 0.001
    times = reaction_times(notebook, root, slider, explorable.picture, presses=9)
    assert statistics.median(times) < 10 * explorable.limit  # tests/benchmarks/explorables.py measures in peace
    assert_clean(notebook)


def test_a_check_answers_not_yet_wrong_and_right(opened):
    notebook = opened("02")
    answer = """text => {
      const panel = window.jupyterapp.shell.currentWidget, cells = panel.content.widgets;
      const at = cells.findIndex(cell => cell.model.sharedModel.getSource().includes('your turn: 02.q2'));
      const source = cells[at].model.sharedModel.getSource();
      if (text) cells[at].model.sharedModel.setSource(source.replace(/answer = .*\\n/, `answer = ${text}\\n`));
      panel.content.activeCellIndex = at;
      return window.jupyterapp.commands.execute('notebook:run-cell').then(
        () => cells[at].model.sharedModel.toJSON().outputs.map(o => [].concat(o.text).join('')).join(''));
    }"""
    assert "\n… 02.q2: not yet." in notebook.page.evaluate(answer, "")
    assert "\n✗ 02.q2: that is the volume of the whole cell." in notebook.page.evaluate(answer, "1557.9")
    assert "\n✓ 02.q2: right." in notebook.page.evaluate(answer, "29.96")
    assert_clean(notebook)
