"""The command line: ``mlip-edu COMMAND``, one module a command."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence

from .. import __version__
from ..errors import MlipEduError
from . import export, lab, md, rdf, train
from .common import INTERRUPTED, in_a_line, leads, terminated_like_interrupted

COMMANDS = (lab, train, md, rdf, export)
GO_ON = ("train", "md")  # these find what an earlier run has left


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mlip-edu", description="How machine-learned interatomic potentials are made."
    )
    parser.add_argument("--version", action="version", version=f"mlip-edu {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_to(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. Errors of ours are one line, not a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal without Å, a folder's name that is no text: shown as \\x…
            stream.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(arguments)
    with terminated_like_interrupted() as wish:
        status = _run(options)
    return wish[0] if wish and status == INTERRUPTED else status


def _run(options: argparse.Namespace) -> int:
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_, **__: leads() and print(f"warning: {message}", file=sys.stderr)
            return options.run(options)
    except (MlipEduError, OSError, MemoryError, RuntimeError) as problem:
        print("mlip-edu:", " ".join(in_a_line(problem).split()), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        advice = "; the same command goes on where it was" if options.command in GO_ON else ""
        print(f"mlip-edu: interrupted{advice}", file=sys.stderr)
        return INTERRUPTED
