"""What ``import mlip_edu`` costs beyond ``import torch``: CPU seconds of fresh interpreters, medians.

python tests/benchmarks/import_time.py --output tests/benchmarks/results/import_time.json
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
from pathlib import Path

from machine import finish, in_turn, machine


def children() -> float:
    """CPU seconds of the interpreters that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def importing(package: str) -> None:
    subprocess.run([sys.executable, "-c", f"import {package}"], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    calls = {name: lambda name=name: importing(name) for name in ("torch", "mlip_edu")}
    times, _ = in_turn(calls, arguments.repeats, children)
    medians = {name: statistics.median(values) for name, values in times.items()}
    record = {**machine(1), "seconds": medians, "more_than_torch": medians["mlip_edu"] - medians["torch"]}
    finish(record, arguments.output)


if __name__ == "__main__":
    main()
