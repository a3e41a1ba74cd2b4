"""``mlip-edu rdf``: g(r) of trajectories."""

from __future__ import annotations

import argparse
from contextlib import suppress
from pathlib import Path

from .. import __version__
from ..errors import DataError, MlipEduError
from ..files import write_text
from .common import add_common, alone_in, number, read_cut, save_figure, set_threads, whole, write_json


def add_to(commands) -> None:
    """Add the command and its options to the parser's subcommands."""
    rdf = commands.add_parser(
        "rdf",
        help="g(r) of a trajectory",
        description="The radial distribution function g(r) of one or more trajectories, with error bars by block "
        "bootstrap, as a table (rdf.csv), a figure (rdf.png) and first peak, first minimum and coordination number "
        "(rdf.json). All periodic images count: the radius may be larger than the cell.",
        epilog="example: mlip-edu rdf data/silicon/liquid_3000K/chunk_002.xyz --r-max 8 --bins 160",
        allow_abbrev=False,
    )
    rdf.add_argument(
        "trajectory", type=Path, nargs="+", help="extended XYZ (.xyz), a dump, or another file that ASE reads"
    )
    rdf.add_argument("--r-max", type=number, default=10.0, help="largest distance in Å (default: 10)")
    rdf.add_argument("--bins", type=whole, default=200, help="number of bins (default: 200)")
    rdf.add_argument("--skip", type=whole, default=0, metavar="N", help="leave out the first N frames (default: 0)")
    rdf.add_argument("--every", type=whole, default=1, metavar="N", help="use every N-th frame (default: 1)")
    rdf.add_argument("--block", type=whole, help="frames in a block of the bootstrap (default: a tenth of them)")
    rdf.add_argument("--species", nargs=2, metavar=("A", "B"), help="g(r) of B around A (default: all atoms)")
    rdf.add_argument("--label", nargs="+", help="a name for each trajectory (default: its file name)")
    rdf.add_argument("--output", type=Path, default=Path("results/rdf"), metavar="FOLDER", help="default: results/rdf")
    add_common(rdf)
    rdf.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from ..views.figures import radial_distribution_figure

    set_threads(options.threads)
    labels = options.label or [path.stem for path in options.trajectory]
    if len(labels) != len(options.trajectory) or len(set(labels)) != len(labels):
        raise MlipEduError(
            f"the {len(options.trajectory)} trajectories need as many different names; found {', '.join(labels)}: "
            "give them with --label"
        )
    if options.skip < 0 or options.every < 1:
        raise MlipEduError(f"--skip must be 0 or more, --every 1 or more; found {options.skip} and {options.every}")
    curves, records = {}, []
    for label, path in zip(labels, options.trajectory, strict=True):
        curves[label], record = _measure(path, options)
        records.append({"label": label} | record)
        if not options.quiet:
            print(f"{label}: {_sentence(record)}")
    with alone_in(options.output):
        _write_table(options.output / "rdf.csv", curves)
        write_json(options.output / "rdf.json", {
            "trajectories": records, "r_max": options.r_max, "bins": options.bins, "species": options.species,
            "units": {"r": "Å"}, "version": __version__,
        })  # fmt: skip
        save_figure(radial_distribution_figure(curves), options.output / "rdf.png")
    print(f"wrote rdf.csv, rdf.json and rdf.png to {options.output}")
    return 0


def _measure(path: Path, options: argparse.Namespace) -> tuple[tuple, dict]:
    """(r, g, error bars, n) of a trajectory, and what is read from them."""
    import numpy as np
    from tqdm import tqdm

    from ..simulation.radial_distribution import block_bootstrap, first_minimum, first_peak, radial_distribution

    frames = read_cut(path, progress=not options.quiet)
    chosen = frames[options.skip :: options.every]
    if not chosen:
        raise DataError(f"{path}: {len(frames)} frames, and none is left with --skip {options.skip}")
    try:
        shown = tqdm(chosen, f"g(r) of {path.name}", disable=options.quiet, unit="frame")
        rdf = radial_distribution(shown, options.r_max, options.bins, options.species)
        samples = block_bootstrap(rdf.g_of_frames, block=options.block) if len(chosen) > 1 else None
    except MlipEduError as problem:
        raise MlipEduError(f"{path}: {problem}") from problem
    error = np.full(len(rdf.r), np.nan) if samples is None else samples.std(axis=0, ddof=1)
    record = {"file": str(path), "frames": len(chosen)}
    with suppress(MlipEduError):  # r_max may end before them: then they are left out
        record["first_peak"] = dict(zip(("r", "g"), first_peak(rdf.r, rdf.g), strict=True))
        if samples is not None:
            scatter = np.std([first_peak(rdf.r, g) for g in samples], axis=0, ddof=1)
            record["first_peak"] |= {"r_error": float(scatter[0]), "g_error": float(scatter[1])}
        record["first_minimum"] = dict(zip(("r", "g"), first_minimum(rdf.r, rdf.g), strict=True))
        record["coordination_number"] = rdf.coordination_number(record["first_minimum"]["r"])
    return (rdf.r, rdf.g, error, rdf.coordination[1:]), record


def _sentence(record: dict) -> str:
    sentence = f"{record['frames']} frames"
    if peak := record.get("first_peak"):
        sentence += f", first peak {peak['g']:.3f} at {peak['r']:.3f} Å"
        if "g_error" in peak:
            sentence += f" (± {peak['g_error']:.3f}, ± {peak['r_error']:.3f} Å)"
    if minimum := record.get("first_minimum"):
        sentence += f", n = {record['coordination_number']:.2f} up to the first minimum at {minimum['r']:.2f} Å"
    return sentence


def _write_table(path: Path, curves: dict[str, tuple]) -> None:
    """Columns r, and g, its standard error and n of every trajectory; n counts up to the upper edge of the bin."""
    names = ["r (Å)"] + [f"{what} {label}" for label in curves for what in ("g(r)", "standard error", "n(r + Δ/2)")]
    columns = [next(iter(curves.values()))[0]] + [column for curve in curves.values() for column in curve[1:]]
    quoted = ['"' + name.replace('"', '""') + '"' for name in names]
    rows = [",".join(f"{value:.8g}" for value in row) for row in zip(*columns, strict=True)]
    write_text(path, "\n".join([",".join(quoted), *rows]) + "\n")
