"""What ``import mlip_edu`` costs beyond ``import torch``: CPU seconds of fresh interpreters, medians.

python tests/benchmarks/import_time.py --output tests/benchmarks/results/import_time.json
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
from pathlib import Path

from machine import machine

from mlip_edu.files import write_text


def cpu_seconds(statement: str) -> float:
    """CPU seconds of an interpreter that runs ``statement`` alone."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", statement], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    times: dict[str, list[float]] = {"torch": [], "mlip_edu": []}
    for repeat in range(arguments.repeats + 1):  # the first round fills the disk cache
        for name in times:
            seconds = cpu_seconds(f"import {name}")
            if repeat:
                times[name].append(seconds)
    medians = {name: statistics.median(values) for name, values in times.items()}
    record = {**machine(1), "seconds": medians, "more_than_torch": medians["mlip_edu"] - medians["torch"]}
    print(json.dumps(record, indent=1))
    if arguments.output:
        write_text(arguments.output, json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
