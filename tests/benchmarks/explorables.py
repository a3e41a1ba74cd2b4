"""How long every explorable takes from a key press to the frame with the changed picture.

    python tests/benchmarks/explorables.py --output tests/benchmarks/results/explorables.json

Needs Chromium and playwright. JupyterLab, kernel and browser share this machine; Chromium draws without a GPU.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

from machine import machine
from playwright.sync_api import sync_playwright

from mlip_edu.files import write_text

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from browser.explorables import EXPLORABLES
from browser.labdriver import CHROMIUM, OPTIONS, Lab, Notebook, reaction_times


def measure(folder: Path, scratch: Path) -> dict[str, dict]:
    """Median and 90th percentile in ms of each explorable, beside its limit."""
    lab, results = Lab(folder, scratch), {}
    try:
        with sync_playwright() as chromium:
            browser = chromium.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
            for number in sorted({explorable.notebook for explorable in EXPLORABLES}):
                page = browser.new_page(viewport={"width": 1300, "height": 2000})
                notebook = Notebook(page, lab, min(folder.glob(f"{number}*.ipynb")).name)
                notebook.run()
                for explorable in (e for e in EXPLORABLES if e.notebook == number):
                    root = page.locator(f".{explorable.root}").nth(explorable.nth)
                    root.scroll_into_view_if_needed()
                    slider = root.get_by_role("slider", name=explorable.slider)
                    slider.press("ArrowRight")  # away from the lower end, where a first step to the left does nothing
                    page.wait_for_timeout(2000)
                    times = reaction_times(notebook, root, slider, explorable.picture, presses=41)[1:]
                    results[explorable.name] = {
                        "median_ms": round(statistics.median(times), 1),
                        "p90_ms": round(statistics.quantiles(times, n=10)[-1], 1),
                        "limit_ms": explorable.limit,
                    }
                notebook.close()
            browser.close()
    finally:
        lab.close()
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    if CHROMIUM is None:
        parser.error("there is no Chromium on the path")
    with tempfile.TemporaryDirectory() as scratch:
        record = machine(1) | {"explorables": measure(Path(scratch) / "work", Path(scratch) / "lab")}
    print(json.dumps(record, indent=1))
    if arguments.output:
        write_text(arguments.output, json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
