"""Write the measured tables into the README, from the recorded results.

    mlip-edu train data/silicon && python tests/benchmarks/tables.py results/si

With a results folder of the main job, its error report and its figure are recorded first.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

from machine import machine

from mlip_edu.files import write_text

ROOT = Path(__file__).resolve().parent.parent.parent
RESULTS = Path(__file__).resolve().parent / "results"
COMMANDS = {
    "accuracy": "python tests/benchmarks/accuracy.py PATH/TO/mlearn --output tests/benchmarks/results/accuracy.json",
    "speed": "python tests/benchmarks/training_speed.py --output tests/benchmarks/results/training_speed.json",
}


def record_main_job(folder: Path) -> None:
    """Keep the errors and the figure of a finished ``mlip-edu train data/silicon``."""
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    kept = {
        **machine(0),
        "errors": report["errors"],
        "seconds": report["seconds"],
        "epochs": report["history"][-1]["epoch"],
    }
    write_text(RESULTS / "main_job.json", json.dumps(kept, indent=1))
    shutil.copyfile(folder / "parity.png", ROOT / "data" / "silicon" / "parity.png")


def main_job() -> str:
    """Test errors by family."""
    record = json.loads((RESULTS / "main_job.json").read_text())
    errors = record["errors"]
    lines = [
        "| family | train / test | E MAE, test (meV/atom) | F MAE, test (eV/Å) | σ MAE, test (GPa) |",
        "|---|---|---|---|---|",
    ]
    for family in [*sorted({*errors["train"], *errors["test"]} - {"all"}), "all"]:
        row = errors["test"].get(family)
        counts = f"{errors['train'].get(family, {}).get('systems', 0)} / {row['systems'] if row else 0}"
        cells = (
            f"{1000 * row['energy_mae']:.1f} | {row['forces_mae']:.3f} | {row['stress_mae']:.2f}"
            if row
            else "– | – | –"
        )
        name = f"**{family}**" if family == "all" else family
        lines.append(f"| {name} | {counts} | {cells} |")
    systems = sum(part["all"]["systems"] for part in errors.values())
    lines += [
        "",
        f"{systems} structures, {record['epochs']} epochs in {record['seconds']:.0f} s, {record['date']}, "
        f"{record['processor']}. hcp is held out whole: it shows how the potential extrapolates. "
        "`mlip-edu train data/silicon && python tests/benchmarks/tables.py results/si`",
    ]
    return "\n".join(lines)


def benchmarks() -> str:
    """Accuracy on the public benchmark and speed against LAMMPS."""
    accuracy = json.loads((RESULTS / "accuracy.json").read_text())
    speed = json.loads((RESULTS / "training_speed.json").read_text())
    median = accuracy["median"]
    seeds = ", ".join(str(run["seed"]) for run in accuracy["runs"])
    return "\n".join([
        "| what | result | measured by |",
        "|---|---|---|",
        f"| silicon benchmark of Zuo et al. (2020), 214 training and 25 test structures: test MAE, defaults, median of "
        f"seeds {seeds} | {1000 * median['energy_mae']:.2f} meV/atom, {median['forces_mae']:.4f} eV/Å in "
        f"{median['seconds']:.0f} s on {accuracy['threads']} threads, {accuracy['date']}, {accuracy['processor']} | "
        f"`{COMMANDS['accuracy']}` |",
        f"| one training epoch over {speed['structures']} × 64 atoms, energies and forces, {speed['precision']}, as a "
        f"fraction of LAMMPS's SNAP on the same structures, one thread each | "
        f"{speed['ratio_to_snap']['RotatedAdam']:.3f} ({speed['seconds']['RotatedAdam']:.2f} s against "
        f"{speed['seconds']['snap']:.2f} s), {speed['date']}, {speed['processor']} | `{COMMANDS['speed']}` |",
        "",
        "Published test errors on the same benchmark (meV/atom, eV/Å): SNAP 6.4, 0.13; quadratic SNAP 3.8, 0.12; "
        "GAP 2.9, 0.07; MTP 2.2, 0.06.",
    ])  # fmt: skip


def main() -> None:
    if len(sys.argv) > 1:
        record_main_job(Path(sys.argv[1]))
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    for name, table in (("table", main_job()), ("benchmarks", benchmarks())):
        pattern = rf"<!-- {name} -->.*?<!-- end -->"
        if not re.search(pattern, text, re.DOTALL):
            sys.exit(f"README.md has no place <!-- {name} --> … <!-- end -->")
        text = re.sub(pattern, lambda _, t=table, n=name: f"<!-- {n} -->\n{t}\n<!-- end -->", text, flags=re.DOTALL)
    write_text(readme, text)


if __name__ == "__main__":
    main()
