"""The report of ``.ci/full``: what was tried, how often, how long, on what.

    python tests/full_report.py FOLDER > tests/full_report.md

FOLDER holds ``records.jsonl`` (a line a long test, from ``fuzz.record``) and ``tests.xml`` (pytest's own report).
"""

from __future__ import annotations

import json
import os
import platform
import sys
import xml.etree.ElementTree as ElementTree
from importlib.metadata import version
from pathlib import Path

import torch
from benchmarks.machine import machine

PACKAGES = ("numpy", "ase", "safetensors", "vesin", "hypothesis", "pytest")


def main(folder: Path) -> str:
    """The report as Markdown."""
    about = machine(threads=int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1)))
    suite = ElementTree.parse(folder / "tests.xml").getroot().find("testsuite").attrib
    lines = ["# The long checks", "", f"Written by `.ci/full` on {about['date']}.", "", "| | |", "|---|---|"]
    lines += [
        f"| processor | {about['processor']}, {os.cpu_count()} cores, {about['threads']} thread(s) |",
        f"| GPU | {torch.cuda.get_device_name() if torch.cuda.is_available() else 'none'} |",
        f"| system | {platform.system()}, Python {about['python']} |",
        f"| packages | mlip_edu {about['mlip_edu']}, torch {about['torch']}, "
        + ", ".join(f"{name} {version(name)}" for name in PACKAGES)
        + " |",
        "",
        f"{suite['tests']} tests: {suite['failures']} failed, {suite['errors']} broke off, {suite['skipped']} skipped; "
        f"{float(suite['time']):.0f} s.",
        "",
        "| long check | cases | seconds | what was seen |",
        "|---|---|---|---|",
    ]
    for line in (folder / "records.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        lines.append(f"| {record['what']} | {record['cases']} | {record['seconds']:.0f} | {record['text']} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(main(Path(sys.argv[1])))
