"""All benchmarks, one after the other, recorded as JSON, and then the tables of the README.

    python tests/benchmarks/run.py [--mlearn PATH/TO/mlearn] [NAME ...]

Close everything else first: the ratios hold up on a busy machine, the seconds do not. Without ``--mlearn`` (the public
silicon benchmark of Zuo et al., github.com/materialsvirtuallab/mlearn) the accuracy benchmark is left out.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

import tables

HERE = Path(__file__).resolve().parent
NAMES = ("import_time", "training_speed", "inference_speed", "md_speed", "rdf_speed", "scaling", "accuracy")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones (default: all of {', '.join(NAMES)})")
    parser.add_argument("--mlearn", type=Path, help="a clone of the public benchmark")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(NAMES)
    if unknown:
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    for name in arguments.names or NAMES:
        if name == "accuracy" and arguments.mlearn is None:
            print("accuracy: left out; give --mlearn")
            continue
        command = [sys.executable, str(HERE / f"{name}.py"), "--output", str(HERE / "results" / f"{name}.json")]
        command += [str(arguments.mlearn)] if name == "accuracy" else []
        environment = dict(os.environ)
        if name != "accuracy":  # the others compare one thread with one thread
            environment["OMP_NUM_THREADS"] = "1"
        print(f"\n== {name}", flush=True)
        subprocess.run(command, check=True, env=environment)
    tables.write_readme()


if __name__ == "__main__":
    main()
