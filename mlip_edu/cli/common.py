"""What the commands share: options, figures and JSON written whole or not at all."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ..errors import MlipEduError
from ..files import replacing, write_text

INTERRUPTED = 130  # the exit status of a program that Ctrl-C ended


def add_common(command: argparse.ArgumentParser) -> None:
    """The options that every command has."""
    command.add_argument("--threads", type=int, help="processor threads (default: all)")
    command.add_argument("--quiet", action="store_true", help="no progress bars")


def set_threads(threads: int | None) -> None:
    """Let torch use ``threads`` threads."""
    if threads is None:
        return
    if threads < 1:
        raise MlipEduError(f"--threads must be at least 1; found {threads}")
    import torch

    torch.set_num_threads(threads)


def write_json(path: Path, content: dict) -> None:
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False))


def save_figure(figure, path: Path) -> None:
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=150, format=path.suffix[1:])
