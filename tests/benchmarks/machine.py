"""What a benchmark ran on: recorded with every result."""

from __future__ import annotations

import datetime
import platform
from pathlib import Path
from typing import Any

import torch

import mlip_edu


def machine(threads: int) -> dict[str, Any]:
    """Date, processor, threads and versions, for the JSON of a benchmark."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        processor = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        processor = platform.processor()
    return {
        "date": datetime.date.today().isoformat(),
        "processor": processor,
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "threads": threads,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "mlip_edu": mlip_edu.__version__,
    }
