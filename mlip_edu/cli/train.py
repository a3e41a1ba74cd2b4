"""``mlip-edu train``: from a folder of dumps to a potential."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from .. import __version__
from ..errors import MlipEduError
from .common import INTERRUPTED, XYZ, add_common, alone_in, leads, number, save_figure, set_threads, whole, write_json

SOURCE = "a RANN input file, a folder with one (*.input), a folder of dumps, a dump, or an extended XYZ file"


def add_to(commands) -> None:
    """Add the command and its options to the parser's subcommands."""
    train = commands.add_parser(
        "train",
        help="train on a folder of dumps",
        description="Train a potential and write it as a .rann file that LAMMPS reads, with an error table, figures "
        "and a report. Stop it with Ctrl-C, or kill it: the same command goes on where it was.",
        epilog="example: mlip-edu train data/silicon",
        allow_abbrev=False,
    )
    train.add_argument("source", type=Path, help=SOURCE)
    train.add_argument(
        "--output", type=Path, metavar="FOLDER", help="where results go, one folder a training (default: results/NAME)"
    )
    train.add_argument("--epochs", type=whole, help="how many epochs (default: as the input file says, or 250)")
    train.add_argument("--seconds", type=number, help="how long, instead of --epochs")
    train.add_argument(
        "--hidden", type=whole, nargs="+", metavar="N", help="nodes of the hidden layers (default: 40 40)"
    )
    train.add_argument("--activation", choices=("sigI", "tanh", "silu"), help="of the hidden layers (default: sigI)")
    train.add_argument("--optimiser", choices=("rotated-adam", "adam", "levenberg-marquardt"))
    train.add_argument("--learning-rate", type=number, help="largest learning rate (default: 0.005)")
    train.add_argument("--seed", type=whole, help="of split, initial weights and order (default: 0)")
    train.add_argument("--device", default="auto", help="auto, cpu or cuda (default: auto)")
    train.add_argument(
        "--species", nargs="+", metavar="EL", help="elements of types 1, 2, … of dumps that do not name them"
    )
    add_common(train)
    train.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from ..learning.distributed import joined

    set_threads(options.threads)
    systems, fingerprint, keywords, name = _job(options)
    folder = options.output or Path("results") / Path(name).stem
    options.quiet = options.quiet or not leads()
    if not options.quiet:
        print(f"{len(systems)} systems, {sum(map(len, systems))} atoms; results go to {folder}")
    with joined(), alone_in(folder) if leads() else nullcontext():
        return _train(systems, fingerprint, keywords | {"device": options.device, "progress": not options.quiet},
                      folder / name)  # fmt: skip


def _train(systems, fingerprint, keywords: dict, target: Path) -> int:
    """Train, and write potential, report and figures."""
    from ..learning import train
    from ..views.figures import learning_curve_figure, parity_figure

    start, folder = time.perf_counter(), target.parent
    result = train(systems, fingerprint, checkpoint=folder / "checkpoint.safetensors", **keywords)
    if not leads():
        return 0
    result.potential.save(target)
    write_json(folder / "report.json", {
        "errors": result.report, "history": result.history, "settings": result.settings, "ended": result.ended,
        "seconds": result.seconds,
        "units": {"energy": "eV/atom", "forces": "eV/Å", "stress": "GPa"}, "version": __version__,
    })  # fmt: skip
    save_figure(parity_figure(result.potential, systems, result.split), folder / "parity.png")
    if result.history:
        save_figure(learning_curve_figure(result.history), folder / "learning_curve.png")
    print(result.table())
    print(f"{result.ended} after {time.perf_counter() - start:.0f} s; wrote {target}, report.json, parity.png,"
          " learning_curve.png")  # fmt: skip
    return INTERRUPTED if result.ended == "interrupted" else 0


def _job(options: argparse.Namespace):
    """Systems, fingerprint, keywords of ``train`` and the name of the potential file."""
    from ..fingerprints import RannFingerprint
    from ..io import read_dump, read_rann_input, read_xyz
    from ..learning import LossWeights

    source, keywords = options.source, {}
    if not source.exists():
        raise MlipEduError(f"{source}: no such file or folder; give a RANN input file or a folder of dumps")
    is_dump = source.suffix in (".dump", *XYZ)
    if source.is_file() and not is_dump:
        with source.open("rb") as file:
            is_dump = file.read(5) == b"ITEM:"
    inputs = (
        sorted(f for f in source.glob("*.input") if f.name[0] != ".") if source.is_dir() else [source] * (not is_dump)
    )
    if len(inputs) > 1:
        raise MlipEduError(
            f"{source}: {len(inputs)} input files ({', '.join(f.name for f in inputs)}); name one of them"
        )
    if inputs:
        job = read_rann_input(inputs[0])
        systems = read_dump(job.dump_folder or job.path.parent / "dumps", options.species or job.elements)
        fingerprint, name = job.fingerprint, Path(job.potential_file or f"{job.path.stem}.rann").name
        keywords |= job.options
        if job.hidden is not None:
            keywords |= {"hidden": job.hidden, "activation": job.activation}
        used = LossWeights()
        keywords["weights"] = replace(used, forces=used.forces * job.use_forces, virial=used.virial * job.use_stresses)
    else:
        dumps = source / "dumps" if (source / "dumps").is_dir() else source
        systems = read_xyz(dumps) if dumps.suffix in XYZ else read_dump(dumps, options.species)
        elements = sorted({str(s) for system in systems for s in system.species})
        fingerprint, name = RannFingerprint.default(elements), f"{source.resolve().stem}.rann"
    if options.seconds is not None:
        keywords.pop("epochs", None)
    for key in ("epochs", "seconds", "hidden", "activation", "optimiser", "learning_rate", "seed"):
        if getattr(options, key) is not None:
            keywords[key] = getattr(options, key)
    return systems, fingerprint, keywords, _writable_name(name, fingerprint, keywords)


def _writable_name(name: str, fingerprint, keywords: dict) -> str:
    """``name``, or one with the suffix .safetensors where the potential will not fit into a .rann file; says so."""
    from ..io.rann_potential import LONGEST_ROW

    stem, suffix = Path(name).stem, Path(name).suffix
    widest = max(fingerprint.n_columns, *keywords.get("hidden", (40, 40)), 1)
    if suffix == ".safetensors":
        return name
    reason = None
    if suffix != ".rann":
        reason = f"the suffix {suffix!r} is neither .rann nor .safetensors"
    elif keywords.get("activation", "sigI") != "sigI":
        reason = "LAMMPS knows the activation sigI alone"
    elif widest > LONGEST_ROW:
        reason = f"{widest} features or nodes are more than the {LONGEST_ROW} that LAMMPS reads"
    if reason:
        print(f"mlip-edu: writing {stem}.safetensors, not {name}: {reason}", file=sys.stderr)
    return f"{stem}.safetensors" if reason else name
