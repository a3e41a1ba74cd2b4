"""``mlip-edu lab``: the notebooks, with blanks for the student's answers, in JupyterLab."""

from __future__ import annotations

import argparse
import importlib.util
import shlex
import subprocess
import sys
from pathlib import Path

from ..errors import MlipEduError

FOLDER = "~/mlip-edu-work"


def add_to(commands) -> None:
    """Add the command and its options to the parser's subcommands."""
    lab = commands.add_parser(
        "lab",
        help="the notebooks, in JupyterLab",
        description="Write the student's edition of the notebooks to a folder and open it in JupyterLab. A notebook "
        "that is there already is never overwritten: a newer version lands beside it.",
        epilog="example: mlip-edu lab my-course",
    )
    lab.add_argument("folder", nargs="?", default=FOLDER, help=f"where you work (default: {FOLDER})")
    lab.add_argument("--write-only", action="store_true", help="write the notebooks, and do not open JupyterLab")
    lab.add_argument(
        "--jupyter", default="", metavar="OPTIONS", help='options of JupyterLab, such as --jupyter="--no-browser"'
    )
    lab.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from ..coursework.editions import write_editions

    folder = Path(options.folder).expanduser()
    done = write_editions(folder)
    print(*done or [f"{folder} has all notebooks in their newest version"], sep="\n")
    if options.write_only:
        return 0
    if importlib.util.find_spec("jupyterlab") is None:
        raise MlipEduError('JupyterLab is not installed. Install it with: python -m pip install -e ".[lab]"')
    command = [sys.executable, "-m", "jupyterlab", str(folder), *shlex.split(options.jupyter)]
    process = subprocess.Popen(command)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # JupyterLab asks whether it shall stop
