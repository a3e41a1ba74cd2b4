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


MOLTEN = ("liquid16", "round1", "round2")
N_ATOMS = 512  # that families.py times


def families() -> str:
    """Every family on the same silicon."""
    path = RESULTS / "families.json"
    if not path.exists():
        return "*Not measured yet.*"
    record = json.loads(path.read_text())
    lines = [
        "| family | parameters | training, s | E MAE, meV/atom: all, melts, hcp | F MAE, eV/Å: all, melts | µs an atom "
        "| a₀, Å; B₀, GPa | g(r): criteria met of 6, rms |",
        "|---|---|---|---|---|---|---|---|",
    ]

    def state(row: dict) -> str:
        return f"{row['a0']:.3f}; {row['bulk_modulus']:.0f}" if row["a0"] else "no minimum"

    for name, row in record["families"].items():
        errors, melt = row["errors"], row["melt"]
        molten = [errors[f] for f in MOLTEN if f in errors]
        count = sum(own["systems"] for own in molten)
        e, f = (sum(own[k] * own["systems"] for own in molten) / count for k in ("energy_mae", "forces_mae"))
        energies = f"{1e3 * errors['all']['energy_mae']:.1f}, {1e3 * e:.1f}, {1e3 * errors['hcp']['energy_mae']:.1f}"
        met = "the run breaks" if "broken" in melt else f"{sum(melt['met'].values())}, {melt['rms']:.3f}"
        lines.append(
            f"| {name} | {row['parameters']:,} | {row['training_seconds']:.0f} | {energies} | "
            f"{errors['all']['forces_mae']:.3f}, {f:.3f} | {1e6 * row['seconds_per_atom']:.0f} | {state(row)} | {met} |"
        )
    lines += [
        f"| density-functional theory | | | | | | {state(record['dft'])} | halves of the run: {record['halves']:.3f} |",
        "",
        f"One training each, seed 0, the families' defaults or the epochs of the command; float64, {N_ATOMS} atoms, "
        f"1 thread, {record['date']}, {record['processor']} ([figure](tests/benchmarks/results/families.png): error "
        f"against cost). Melt: 64 atoms at {record['temperature']:.0f} K, the criteria of notebook 12. "
        "`python tests/benchmarks/families.py --output tests/benchmarks/results/families.json && "
        "python tests/benchmarks/tables.py`",
    ]
    return "\n".join(lines)


PUBLISHED = {  # Zuo et al., J. Phys. Chem. A 124, 731 (2020): meV/atom, eV/Å
    "SNAP": "6.4, 0.13", "quadratic SNAP": "3.8, 0.12", "GAP": "2.9, 0.07", "MTP": "2.2, 0.06", "NNP": "5.6, –",
}  # fmt: skip
COUNTERPARTS = {
    "Behler–Parrinello, RANN features": "NNP",
    "Behler–Parrinello, Behler's functions": "NNP",
    "linear SNAP, 2J = 8": "SNAP",
    "quadratic SNAP, 2J = 6": "quadratic SNAP",
    "linear moment tensors, level 12": "MTP",
    "linear moment tensors, level 14": "MTP",
    "SOAP kernels, 500 points": "GAP",
    "SOAP kernels, 1000 points": "GAP",
}


def public() -> str:
    """Every family on the public benchmark, beside the published errors of the same family."""
    path = RESULTS / "families_public.json"
    if not path.exists():
        return "*Not measured yet.*"
    record = json.loads(path.read_text())
    lines = [
        "| family | E MAE, meV/atom; F MAE, eV/Å | published: E, F | training, s |",
        "|---|---|---|---|",
    ]
    for name, row in record["families"].items():
        errors, kind = row["errors"]["all"], COUNTERPARTS.get(name)
        found = f"{1e3 * errors['energy_mae']:.1f}, {errors['forces_mae']:.3f}"
        theirs = f"{kind}: {PUBLISHED[kind]}" if kind else "–"
        lines.append(f"| {name} | {found} | {theirs} | {row['training_seconds']:.0f} |")
    lines += [
        "",
        f"One training each, seed 0, of 203 structures (11 more validate), tested on 25; 1 thread, {record['date']}, "
        f"{record['processor']}. Published: Zuo et al., J. Phys. Chem. A 124, 731 (2020). `python tests/benchmarks/"
        "families.py --mlearn PATH --output tests/benchmarks/results/families_public.json && python "
        "tests/benchmarks/tables.py`",
    ]
    return "\n".join(lines)


def benchmarks() -> str:
    """Accuracy on the public benchmark, and speed as ratios to peers of the same run."""
    rows = ["| what, and against what in the same run | result | measured |", "|---|---|---|"]
    for name, describe in [(name + where, row) for where in ("", "_cuda") for name, row in ROWS.items()]:
        path = RESULTS / f"{name}.json"
        if path.exists():
            record = json.loads(path.read_text())
            where = record.get("device", record["processor"])
            rows += [
                f"| {what} | {result} | {record['date']}, {where}, {record['threads']} "
                f"thread{'s' * (record['threads'] != 1)} |"
                for what, result in describe(record)
            ]
    return "\n".join([*rows, "", "`python tests/benchmarks/run.py --mlearn PATH/TO/mlearn`"])


def _accuracy(record: dict):
    median = record["median"]
    seeds = ", ".join(str(run["seed"]) for run in record["runs"])
    yield (
        "public silicon benchmark (Zuo et al. 2020; 214 training, 25 test structures), test MAE with the defaults, "
        f"median of seeds {seeds}",
        f"{1000 * median['energy_mae']:.2f} meV/atom, {median['forces_mae']:.4f} eV/Å in {median['seconds']:.0f} s",
    )


def _training(record: dict):
    ours, snap = record["seconds"]["RotatedAdam"], record["seconds"]["snap"]
    yield (
        f"one epoch over {record['structures']} × 64 atoms, energies and forces, {record['precision']}, against the "
        "energies and forces of the same by LAMMPS's SNAP",
        f"**{ours / snap:.3f}** ({ours:.2f} s against {snap:.2f} s)",
    )


def _inference(record: dict):
    for size in record["results"]:
        times = size["microseconds_per_atom"]
        yield (
            f"energy + forces of {size['atoms']} atoms with the neighbour list, against LAMMPS's SNAP",
            "; ".join(
                f"{precision} **{size['ratio_to_snap'][precision]:.3f}** ({times[precision]:.0f} against "
                f"{times['snap']:.0f} µs an atom)" for precision in ("float32", "float64")
            ) + f"; forces differ by {size['largest_force_difference']:.0e} of {size['largest_force']:.0f} eV/Å",
        )  # fmt: skip


def _dynamics(record: dict):
    times = record["milliseconds_per_step"]
    yield (
        f"molecular dynamics of {record['atoms']} atoms, a time step, against LAMMPS with SNAP",
        "; ".join(
            f"{precision} **{record['ratio_to_snap'][precision]:.3f}** ({times[precision]:.0f} against "
            f"{times['snap']:.0f} ms)" for precision in ("float32", "float64")
        ),
    )  # fmt: skip


def _rdf(record: dict):
    seconds = record["seconds"]
    yield (
        f"g(r) of {record['frames']} frames × {record['atoms']} atoms to {record['r_max']:g} Å, against vesin + "
        "`numpy.histogram`",
        f"**{record['ratio_to_vesin']:.2f}** ({seconds['mlip_edu']:.2f} s against {seconds['vesin']:.2f} s); "
        f"{record['counts_unlike_lammps']} of {record['pairs']:,} counts differ from LAMMPS's",
    )


def _scaling(record: dict):
    (fixed, each), (memory, bytes_each) = record["lines"]["seconds"], record["lines"]["megabytes"]
    first, last, off = record["linear_from"], record["results"][-1]["atoms"], record["off"]
    yield (
        f"energy + forces from {first} to {last:,} atoms, {record['precision']} ([figure](tests/benchmarks/results/"
        "scaling.png))",
        f"{1e3 * fixed:.1f} ms + {1e6 * each:.0f} µs an atom; {memory:.0f} MB + {1e3 * bytes_each:.1f} kB an atom; "
        f"measured within {100 * off['seconds']:.0f} % and {100 * off['megabytes']:.0f} % of these lines",
    )


def _snap(record: dict):
    for size in record["results"]:
        times, ratio = size["microseconds_per_atom"], size["ratio"]
        pairs = {"values": "sna", "derivatives": "snad"}
        yield (
            f"bispectrum of {size['atoms']} atoms, 2J = {size['twojmax']}, against LAMMPS's `sna/atom` and `snad/atom`",
            "; ".join(
                f"{ours} **{ratio[f'{ours} to {theirs}']:.2f}** ({times[ours]:.0f} against {times[theirs]:.0f} µs)"
                for ours, theirs in pairs.items()
            ) + f"; values differ by {size['largest_difference']:.0e} of {size['largest_value']:.0f}",
        )  # fmt: skip


def _soap(record: dict):
    for size in record["results"]:
        times = size["microseconds_per_atom"]
        yield (
            f"SOAP of {size['atoms']} atoms, {size['neighbours']:.0f} neighbours each, against dscribe",
            f"**{size['ratio']['values to dscribe']:.2f}** ({times['values']:.0f} against {times['dscribe']:.0f} µs an "
            f"atom); values differ by {size['largest_difference']:.0e} of {size['largest_value']:.2g}",
        )


def _acsf(record: dict):
    times, ratio = record["microseconds_per_atom"], record["ratio_to_torchani"]
    yield (
        f"energy + forces of {record['atoms']} atoms with {record['features']} symmetry functions of Behler, against "
        "torchani's AEVs of the same number and cutoff (µs an atom)",
        "; ".join(
            f"{kind} **{ratio[kind]:.2f}** ({times[f'ours, {kind}']:.0f} against {times[f'torchani, {kind}']:.0f} µs)"
            for kind in ("float32", "float64")
        ),
    )  # fmt: skip


def _import_time(record: dict):
    yield "`import mlip_edu` beyond `import torch`", f"{record['more_than_torch']:.2f} s"


def _explorables(record: dict):
    ranges = []
    for limit in (60.0, 150.0):
        times = [(row["median_ms"], name) for name, row in record["explorables"].items() if row["limit_ms"] == limit]
        ranges.append(f"{min(times)[0]:.0f} to {max(times)[0]:.0f} ms ({max(times)[1]})")
    yield (
        "key press to changed picture in JupyterLab, medians of the signature explorables (aim: 60 ms) and of the "
        "others (150 ms); `python tests/benchmarks/explorables.py`",
        "; ".join(ranges),
    )


ROWS = {
    "accuracy": _accuracy,
    "training_speed": _training,
    "inference_speed": _inference,
    "md_speed": _dynamics,
    "rdf_speed": _rdf,
    "scaling": _scaling,
    "snap_speed": _snap,
    "soap_speed": _soap,
    "acsf_speed": _acsf,
    "import_time": _import_time,
    "explorables": _explorables,
}


def write_readme() -> None:
    """Put the tables between their markers."""
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    tables = {"table": main_job(), "benchmarks": benchmarks(), "families": families(), "public": public()}
    for name, table in tables.items():
        pattern = rf"<!-- {name} -->.*?<!-- end -->"
        if not re.search(pattern, text, re.DOTALL):
            sys.exit(f"README.md has no place <!-- {name} --> … <!-- end -->")
        text = re.sub(pattern, lambda _, t=table, n=name: f"<!-- {n} -->\n{t}\n<!-- end -->", text, flags=re.DOTALL)
    write_text(readme, text)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        record_main_job(Path(sys.argv[1]))
    write_readme()
