"""What the benchmarks share: the machine that they ran on, times taken in turn, and the record."""

from __future__ import annotations

import argparse
import datetime
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

import mlip_edu
from mlip_edu.files import write_text


def machine(threads: int, device: str = "cpu") -> dict[str, Any]:
    """Date, what ours ran on, processor, threads and versions, for the JSON of a benchmark."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        processor = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        processor = platform.processor()
    return {
        "date": datetime.date.today().isoformat(),
        "processor": processor,
        "device": torch.cuda.get_device_name() if device == "cuda" else processor,
        "threads": threads,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "mlip_edu": mlip_edu.__version__,
    }


def options(doc: str, repeats: int) -> argparse.ArgumentParser:
    """What every benchmark against a peer is asked: how often, and where to write."""
    parser = argparse.ArgumentParser(description=doc.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=repeats)
    parser.add_argument("--output", type=Path)
    return parser


def in_turn(
    calls: dict[str, Callable], repeats: int, clock: Callable[[], float] = time.process_time
) -> tuple[dict[str, list[float]], dict[str, Any]]:
    """Seconds of each call, ``repeats`` times after a first round that warms up, and what each returned last.

    Peer and ours take turns, so that a machine that gets slower or faster does so for both.
    """
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    results = {}
    for repeat in range(repeats + 1):
        for name, call in calls.items():
            start = clock()
            results[name] = call()
            if repeat:
                seconds[name].append(clock() - start)
    return seconds, results


def clock_of(device: str) -> Callable[[], float]:
    """CPU seconds; on a GPU the time that passes, which it works through while the processor waits."""

    def clock() -> float:
        torch.cuda.synchronize()
        return time.perf_counter()

    return clock if device == "cuda" else time.process_time


def finish(record: dict[str, Any], output: Path | None) -> None:
    """Print a record, its single times left out, and write it where a file is named."""
    results = record.get("results", [record])
    for result in results:
        print(json.dumps({k: v for k, v in result.items() if k != "all_seconds"}, indent=1))
    if output:
        write_text(output, json.dumps(record, indent=1))
