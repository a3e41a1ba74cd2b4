"""The command line: ``mlip-edu COMMAND``, one module a command."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence

from .. import __version__
from ..errors import MlipEduError
from . import train
from .common import INTERRUPTED

COMMANDS = (train,)


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
    options = _parser().parse_args(arguments)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_, **__: print(f"warning: {message}", file=sys.stderr)
            return options.run(options)
    except (MlipEduError, OSError) as problem:
        print(f"mlip-edu: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("mlip-edu: interrupted; the same command goes on where it was", file=sys.stderr)
        return INTERRUPTED
