"""``mlip-edu md``: molecular dynamics with a potential."""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
from pathlib import Path

from .. import __version__
from ..errors import DataError, MlipEduError
from ..files import write_text
from .common import INTERRUPTED, add_common, number, read_frames, save_figure, set_threads, whole, write_json

THERMOSTATS = ("rescaling", "langevin", "andersen", "none")
TABLE = ("step", "time", "temperature", "kinetic_energy", "potential_energy", "total_energy", "pressure")
UNITS = ("", " (fs)", " (K)", " (eV)", " (eV)", " (eV)", " (GPa)")


def add_to(commands) -> None:
    """Add the command and its options to the parser's subcommands."""
    md = commands.add_parser(
        "md",
        help="molecular dynamics",
        description="Molecular dynamics at constant volume. Writes a trajectory as it goes (trajectory.xyz, with "
        "velocities), and at the end a table (thermo.csv) and a figure (thermo.png). Stop it with Ctrl-C, or kill it: "
        "the same command goes on from its last frame, also with more --steps.",
        epilog="example: mlip-edu md results/si/si.rann Si --repeat 2 2 2 --temperature 3000 --steps 2000",
        allow_abbrev=False,
    )
    md.add_argument("potential", type=Path, help="a .rann or .safetensors file")
    md.add_argument("structure", help="a file (.xyz, .dump, or any that ASE reads; its last frame), or an element: "
                    "its crystal")  # fmt: skip
    md.add_argument("--repeat", type=whole, nargs=3, default=(1, 1, 1), metavar="N", help="cells along a, b and c")
    size = md.add_mutually_exclusive_group()
    size.add_argument("--density", type=number, metavar="G/CM3", help="scale the cell to this density in g/cm³")
    size.add_argument("--volume-per-atom", type=number, metavar="V", help="scale the cell to this volume in Å³")
    md.add_argument("--temperature", type=number, default=300.0, metavar="K", help="in K (default: 300)")
    md.add_argument("--steps", type=whole, default=1000, help="from the beginning of the run (default: 1000)")
    md.add_argument("--timestep", type=number, default=1.0, metavar="FS", help="in fs (default: 1)")
    md.add_argument("--thermostat", choices=THERMOSTATS, default="rescaling", help="none: constant energy")
    md.add_argument("--relaxation-time", type=number, default=100.0, metavar="FS", help="of it, in fs (default: 100)")
    md.add_argument("--every", type=whole, default=10, help="steps from one frame to the next (default: 10)")
    md.add_argument(
        "--closest",
        type=number,
        default=1.5,
        metavar="DISTANCE",
        help="stop when two atoms are closer, in Å (default: 1.5)",
    )
    md.add_argument("--trained-on", type=Path, metavar="DUMPS", help="stop out of the range of these structures")
    md.add_argument("--precision", choices=("float64", "float32"), default="float64", help="of the potential")
    md.add_argument("--output", type=Path, metavar="FOLDER", help="one folder a run (default: results/md)")
    md.add_argument("--seed", type=whole, default=0, help="of velocities and thermostat (default: 0)")
    md.add_argument("--device", default="auto", help="auto, cpu or cuda (default: auto)")
    add_common(md)
    md.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from ..simulation.dynamics import MolecularDynamics

    set_threads(options.threads)
    _check(options)
    potential, start = _potential(options), _structure(options)
    folder = options.output or Path("results") / "md"
    trajectory = folder / "trajectory.xyz"
    settings = _settings(options, start)
    last = _last_frame(folder, trajectory, settings)
    keywords = {"temperature": options.temperature} if last is None else {}
    dynamics = MolecularDynamics(
        start if last is None else last, potential, timestep=options.timestep, thermostat=_thermostat(options),
        seed=options.seed, guard=_guard(options, potential), trajectory=trajectory, **keywords,
    )  # fmt: skip
    if last is None:
        write_json(folder / "settings.json", settings | {"version": __version__})
    left = max(0, options.steps - dynamics.step_number)
    if not options.quiet:
        done = f"; {dynamics.step_number} steps are done" if dynamics.step_number else ""
        print(f"{len(start)} atoms, {left} steps of {options.timestep:g} fs; results go to {folder}{done}")
    ended = "stopped"
    try:
        dynamics.run(left, options.every, progress=not options.quiet)
        ended = "complete"
    except KeyboardInterrupt:
        ended = "interrupted; the same command goes on from the last frame"
    finally:  # also where the guard has stopped it
        n_frames = _summarise(folder, trajectory)
        print(f"{ended}: {n_frames} frames in {trajectory}; table and figure in thermo.csv and thermo.png")
    return 0 if ended == "complete" else INTERRUPTED


def _check(options: argparse.Namespace) -> None:
    from math import inf

    for name, least in (
        ("steps", 0), ("every", 1), ("seed", 0), ("temperature", 0), ("timestep", 1e-6), ("closest", 0),
        ("density", 1e-6), ("volume_per_atom", 1e-6),
    ):  # fmt: skip
        value = getattr(options, name)
        if value is not None and not least <= value < inf:
            raise MlipEduError(f"--{name.replace('_', '-')} must be at least {least}; found {value}")
    if min(options.repeat) < 1:
        raise MlipEduError(f"--repeat needs three numbers of at least 1; found {options.repeat}")
    if options.steps % options.every:
        raise MlipEduError(
            f"--steps must be a multiple of --every, so that the last step is in the trajectory; found {options.steps} "
            f"and {options.every}"
        )


def _potential(options: argparse.Namespace):
    import torch

    from ..learning.preparation import choose_device
    from ..models import load_potential

    potential = load_potential(options.potential).to(choose_device(options.device))
    potential.networks.to(getattr(torch, options.precision))
    return potential


def _structure(options: argparse.Namespace):
    """ASE Atoms to begin with: read or built, repeated and scaled."""
    from ase import Atoms, units
    from ase.build import bulk
    from ase.data import atomic_numbers

    path = Path(options.structure)
    if path.is_file():
        atoms = read_frames(path)[-1]
        atoms = atoms if isinstance(atoms, Atoms) else atoms.to_ase()
        atoms.info, atoms.calc = {}, None
    elif options.structure in atomic_numbers and options.structure != "X":
        try:
            atoms = bulk(options.structure, cubic=True)
        except (ValueError, RuntimeError, NotImplementedError):
            try:
                atoms = bulk(options.structure)
            except (ValueError, RuntimeError, NotImplementedError, KeyError) as problem:
                raise DataError(f"{options.structure} has no simple crystal: give a file with a structure") from problem
    else:
        raise DataError(f"{options.structure}: neither a file nor an element; give a structure, or Si")
    if not len(atoms):
        raise DataError(f"{path}: a structure without atoms")
    atoms *= options.repeat
    wanted = options.volume_per_atom
    if options.density is not None:
        wanted = atoms.get_masses().mean() / units.kg * 1e27 / options.density  # 1 kg = 1e3 g, 1 cm³ = 1e24 Å³
    if wanted is not None:
        if not atoms.pbc.all():
            raise DataError(f"{path}: only a structure that is periodic along a, b and c has a density to set")
        scale = (wanted * len(atoms) / atoms.cell.volume) ** (1 / 3)
        atoms.set_cell(atoms.cell.array * scale, scale_atoms=True)
    return atoms


def _thermostat(options: argparse.Namespace):
    from ..simulation.thermostats import Andersen, Langevin, VelocityRescaling

    kinds = dict(zip(THERMOSTATS, (VelocityRescaling, Langevin, Andersen), strict=False))
    if options.thermostat == "none":
        return None
    return kinds[options.thermostat](options.temperature, options.relaxation_time)


def _guard(options: argparse.Namespace, potential):
    from ..io import read_dump
    from ..simulation.dynamics import Guard
    from ..simulation.skin import FeatureRange

    source = options.trained_on
    if source and (source / "dumps").is_dir():
        source /= "dumps"
    known = FeatureRange(potential, read_dump(source)) if source else None
    return Guard(closest=options.closest, features=known)


def _settings(options: argparse.Namespace, start) -> dict:
    """What two runs must have in common to be one."""
    names = ("temperature", "timestep", "thermostat", "relaxation_time", "every", "precision", "seed")
    structure = hashlib.sha256(start.positions.tobytes() + start.cell.array.tobytes() + start.numbers.tobytes())
    return {
        "potential": hashlib.sha256(options.potential.read_bytes()).hexdigest(),
        "structure": structure.hexdigest(), "atoms": len(start),
        **{name: getattr(options, name) for name in names},
    }  # fmt: skip


def _last_frame(folder: Path, trajectory: Path, settings: dict):
    """The frame to go on from, or None where there is none yet."""
    from ..io.trajectory import read_trajectory

    if not trajectory.exists() or trajectory.stat().st_size == 0:
        return None
    path = folder / "settings.json"
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        different = [key for key in settings if stored.get(key) != settings[key]]
    except (OSError, ValueError, AttributeError) as problem:
        raise DataError(f"{folder} holds a trajectory of something else: choose another --output FOLDER") from problem
    if different:
        raise MlipEduError(
            f"{folder} holds another run: {', '.join(different)} differ(s). choose another --output FOLDER"
        )
    frames = read_trajectory(trajectory, slice(-1, None))
    if not frames:
        trajectory.unlink()  # killed before its first frame was whole
    return frames[0] if frames else None


def _summarise(folder: Path, trajectory: Path) -> int:
    """Write the table and the figure of what stands in the trajectory; returns how many frames."""
    from ..io.trajectory import whole_frames
    from ..views.figures import thermo_figure

    rows = whole_frames(trajectory)[0]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(name + unit for name, unit in zip(TABLE, UNITS, strict=True))
    writer.writerows([row.get(name) for name in TABLE] for row in rows)
    write_text(folder / "thermo.csv", text.getvalue())
    save_figure(thermo_figure(rows), folder / "thermo.png")
    return len(rows)
