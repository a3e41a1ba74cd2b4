"""All benchmarks, one after the other, recorded as JSON, and then the tables of the README.

    python tests/benchmarks/run.py [--mlearn PATH/TO/mlearn] [NAME ...]

Needs the package's [bench] extra. Close everything else first: the ratios hold up on a busy machine, the seconds do
not. Without ``--mlearn`` (the public silicon benchmark of Zuo et al., github.com/materialsvirtuallab/mlearn) the
accuracy benchmark is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import tables
import torch

HERE = Path(__file__).resolve().parent
NAMES = (
    "import_time",
    "training_speed",
    "inference_speed",
    "md_speed",
    "rdf_speed",
    "scaling",
    "snap_speed",
    "soap_speed",
    "acsf_speed",
    "accuracy",
)
ON_A_GPU = ("training_speed", "inference_speed", "md_speed")  # again, where there is one
LIMITS = {  # what is promised of one thread: (what, from the record, at most)
    "import_time": [("seconds beyond torch", lambda r: r["more_than_torch"], 0.3)],
    "training_speed": [("of SNAP", lambda r: r["ratio_to_snap"]["RotatedAdam"], 0.04)],
    "inference_speed": [
        ("of SNAP, float32", lambda r: max(size["ratio_to_snap"]["float32"] for size in r["results"]), 0.12),
        ("of SNAP, float64", lambda r: max(size["ratio_to_snap"]["float64"] for size in r["results"]), 0.20),
    ],
    "md_speed": [("of SNAP", lambda r: max(r["ratio_to_snap"].values()), 0.25)],
    "rdf_speed": [
        ("of vesin + numpy.histogram", lambda r: r["ratio_to_vesin"], 0.6),
        ("counts unlike LAMMPS's", lambda r: r["counts_unlike_lammps"], 0),
    ],
    "snap_speed": [
        ("of sna/atom", lambda r: max(size["ratio"]["values to sna"] for size in r["results"]), 2.0),
        ("of snad/atom", lambda r: max(size["ratio"]["derivatives to snad"] for size in r["results"]), 2.0),
    ],
    "soap_speed": [("of dscribe", lambda r: max(size["ratio"]["values to dscribe"] for size in r["results"]), 2.0)],
    "acsf_speed": [("of torchani", lambda r: max(r["ratio_to_torchani"].values()), 1.0)],
    "scaling": [("off a straight line, time and memory", lambda r: max(r["off"].values()), 0.25)],
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones (default: all of {', '.join(NAMES)})")
    parser.add_argument("--mlearn", type=Path, help="a clone of the public benchmark")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(NAMES)
    if unknown:
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    broken = []
    for name in arguments.names or NAMES:
        if name == "accuracy" and arguments.mlearn is None:
            print("accuracy: left out; give --mlearn")
            continue
        record = measure(name, f"{name}.json", [str(arguments.mlearn)] * (name == "accuracy"))
        for what, value, limit in LIMITS.get(name, []):
            if value(record) > limit:
                broken.append(f"{name}: {value(record):.3g} {what}; at most {limit} is promised")
        if name in ON_A_GPU and torch.cuda.is_available():
            measure(name, f"{name}_cuda.json", ["--device", "cuda"])
    tables.write_readme()
    print(*broken, sep="\n", file=sys.stderr)
    return 1 if broken else 0


def measure(name: str, file: str, options: list[str]) -> dict:
    """Run one benchmark; returns its record."""
    output = HERE / "results" / file
    environment = os.environ | ({} if name == "accuracy" else {"OMP_NUM_THREADS": "1"})  # one thread against one
    print(f"\n== {name} {' '.join(options)}", flush=True)
    command = [sys.executable, str(HERE / f"{name}.py"), "--output", str(output), *options]
    subprocess.run(command, check=True, env=environment)
    return json.loads(output.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
