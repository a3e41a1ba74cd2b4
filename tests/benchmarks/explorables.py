"""How long every explorable takes from a key press to the frame with the changed picture.

    python tests/benchmarks/explorables.py [NAME ...] --output tests/benchmarks/results/explorables.json

Runs every notebook that has one in the browser: about twenty minutes. With names only those explorables are measured,
and put beside what the file holds. Needs Chromium and playwright. JupyterLab, kernel and browser share this machine;
Chromium draws without a GPU.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from machine import machine
from playwright.sync_api import sync_playwright

from mlip_edu.files import write_text

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from browser.explorables import EXPLORABLES, Explorable
from browser.labdriver import CHROMIUM, OPTIONS, Lab, Notebook, reaction_times


def measure(explorables: list[Explorable], folder: Path, scratch: Path) -> Iterator[tuple[str, dict]]:
    """Name, and median and 90th percentile in ms beside the limit, of one explorable after the other."""
    lab = Lab(folder, scratch)
    try:
        with sync_playwright() as chromium:
            browser = chromium.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
            for number in sorted({explorable.notebook for explorable in explorables}):
                page = browser.new_page(viewport={"width": 1300, "height": 2000})
                notebook = Notebook(page, lab, min(folder.glob(f"{number}*.ipynb")).name)
                print(f"notebook {number}: running", flush=True)
                notebook.run()
                for explorable in (e for e in explorables if e.notebook == number):
                    print(f"notebook {number}: {explorable.name}", flush=True)
                    root = page.locator(f".{explorable.root}").nth(explorable.nth)
                    root.scroll_into_view_if_needed()
                    slider = root.get_by_role("slider", name=explorable.slider)
                    slider.press("ArrowRight")  # away from the lower end, where a first step to the left does nothing
                    page.wait_for_timeout(2000)
                    times = reaction_times(notebook, root, slider, explorable.picture, presses=41)[1:]
                    median, ninth = statistics.median(times), statistics.quantiles(times, n=10)[-1]
                    yield (
                        explorable.name,
                        {"median_ms": round(median, 1), "p90_ms": round(ninth, 1), "limit_ms": explorable.limit},
                    )
                notebook.close()
            browser.close()
    finally:
        lab.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [explorable.name for explorable in EXPLORABLES]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones: {', '.join(names)}")
    parser.add_argument("--output", type=Path, help="a JSON file, kept but for the explorables measured")
    arguments = parser.parse_args()
    if CHROMIUM is None:
        parser.error("there is no Chromium on the path")
    if unknown := set(arguments.names) - set(names):
        parser.error(f"no explorable {', '.join(sorted(unknown))}; there are: {', '.join(names)}")
    known = {}
    if arguments.output and arguments.output.exists():
        known = json.loads(arguments.output.read_text(encoding="utf-8"))["explorables"]
    chosen = [explorable for explorable in EXPLORABLES if explorable.name in (arguments.names or names)]
    with tempfile.TemporaryDirectory() as scratch:
        for name, row in measure(chosen, Path(scratch) / "work", Path(scratch) / "lab"):
            print(f"{name}: {row}", flush=True)
            known[name] = row
            if arguments.output:
                record = machine(1) | {"explorables": {name: known[name] for name in names if name in known}}
                write_text(arguments.output, json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
