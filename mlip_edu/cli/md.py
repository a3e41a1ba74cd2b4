"""``mlip-edu md``: molecular dynamics with a potential."""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
from contextlib import nullcontext, suppress
from pathlib import Path

from .. import __version__
from ..errors import DataError, FormatError, MlipEduError, shorten
from ..files import write_text
from .common import INTERRUPTED, add_common, alone_in, number, read_frames, save_figure, set_threads, whole, write_json

RESULTS = Path("results") / "md"
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
    md.add_argument("--temperature", type=number, default=300.0, metavar="K", help="in K; initial velocities are drawn "
                    "anew, also where the structure has some (default: 300)")  # fmt: skip
    md.add_argument("--steps", type=whole, default=1000, help="from the beginning of the run (default: 1000)")
    md.add_argument("--timestep", type=number, default=1.0, metavar="FS", help="in fs (default: 1)")
    md.add_argument("--thermostat", choices=THERMOSTATS, default="rescaling", help="none: constant energy; a crystal "
                    "then cools to half, as vibrations take the other half (default: rescaling)")  # fmt: skip
    md.add_argument("--relaxation-time", type=number, default=100.0, metavar="FS", help="of it, in fs (default: 100)")
    md.add_argument("--every", type=whole, default=10, help="steps between frames; divides --steps (default: 10)")
    md.add_argument("--closest", type=number, default=1.5, metavar="Å", help="of two atoms, else stop (default: 1.5)")
    md.add_argument("--trained-on", type=Path, metavar="DATA", help="stop out of the range of its training structures")
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
    thermostat, guard, folder = _thermostat(options), _guard(options, potential), options.output or RESULTS
    trajectory, settings = folder / "trajectory.xyz", _settings(options, start)
    with alone_in(folder):
        last = _last_frame(folder, trajectory, settings, start)
        dynamics = MolecularDynamics(
            start if last is None else last, potential, timestep=options.timestep, thermostat=thermostat,
            temperature=options.temperature if last is None else None, seed=options.seed, trajectory=trajectory,
            guard=guard,
        )  # fmt: skip
        if last is None:
            write_json(folder / "settings.json", settings | {"version": __version__})
        return _go(dynamics, options, folder, trajectory)


def _go(dynamics, options: argparse.Namespace, folder: Path, trajectory: Path) -> int:
    """Run the steps that are left, and write the table and the figure however that ends."""
    left = max(0, options.steps - dynamics.step_number)
    if not options.quiet:
        done = f"; {dynamics.step_number} steps are done" if dynamics.step_number else ""
        print(f"{len(dynamics.atoms)} atoms, {left} steps of {options.timestep:g} fs; results go to {folder}{done}")
    ended, problem = "complete", None
    try:
        dynamics.run(left, options.every, progress=not options.quiet)
    except KeyboardInterrupt:
        ended = "interrupted; the same command goes on from the last frame"
    except Exception as first:  # the guard, a full disk
        ended, problem = "stopped", first
    with suppress(OSError) if problem else nullcontext():  # what failed first is what the user is told
        n_frames = _summarise(folder, trajectory, options.every)
        print(f"{ended}: {n_frames} frames in {trajectory}; table and figure in thermo.csv and thermo.png")
    if problem:
        raise problem
    return 0 if ended == "complete" else INTERRUPTED


def _check(options: argparse.Namespace) -> None:
    from math import gcd, inf

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
            f"and {options.every}: take --every {gcd(options.steps, options.every)}"
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
    from ..simulation.dynamics import Guard
    from ..simulation.skin import FeatureRange

    known = FeatureRange(potential, _trained_on(options.trained_on)) if options.trained_on else None
    return Guard(closest=options.closest, features=known)


def _trained_on(source: Path) -> list:
    """The structures of a data set, of one that says so its training part alone."""
    from ..systems import AtomicSystem

    systems = read_frames(source / "dumps" if (source / "dumps").is_dir() else source)
    systems = [s if isinstance(s, AtomicSystem) else AtomicSystem.from_ase(s) for s in systems]
    training = [system for system in systems if system.info.get("part", 0) == 0]
    if not training:
        raise DataError(f"{source}: expected structures of a training (part 0); found {len(systems)} of other parts")
    return training


def _settings(options: argparse.Namespace, start) -> dict:
    """What two runs must have in common to be one."""
    names = ("temperature", "timestep", "thermostat", "relaxation_time", "every", "precision", "seed")
    structure = hashlib.sha256(start.positions.tobytes() + start.cell.array.tobytes() + start.numbers.tobytes())
    return {
        "potential": hashlib.sha256(options.potential.read_bytes()).hexdigest(),
        "structure": structure.hexdigest(), "atoms": len(start),
        **{name: getattr(options, name) for name in names},
    }  # fmt: skip


def _last_frame(folder: Path, trajectory: Path, settings: dict, start):
    """The frame to go on from, or None where there is none yet."""
    import numpy as np

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
        raise MlipEduError(f"{folder} holds another run: {', '.join(different)} differ(s). choose another --output")
    rows = recorded(trajectory, settings["every"])
    if len(rows) < 2:
        trajectory.unlink()  # killed before its first step: begin again, with the same random numbers
        return None
    (last,) = read_trajectory(trajectory, slice(-1, None))
    same = [*last.symbols] == [*start.symbols] and np.allclose(last.cell, start.cell, rtol=0, atol=1e-6)
    if not (same and last.has("momenta")):
        expected = f"{start.symbols} with momenta in its last frame, in the cell of the start"
        raise FormatError(trajectory, None, expected, f"{last.symbols} in {last.cell.array.tolist()}")
    return last


def recorded(trajectory: Path, every: int) -> list[dict]:
    """What stands with each frame of a run: the numbers of the table, every so many steps."""
    from ..io.trajectory import whole_frames

    rows = whole_frames(trajectory)[0]
    for k, row in enumerate(rows):
        for name in TABLE:
            value = row.get(name)
            if not isinstance(value, int | float) and (name, value) != ("pressure", "nan"):  # not periodic: no pressure
                raise FormatError(trajectory, None, f"a number for {name} in frame {k}", shorten(str(value)))
        if row["step"] != k * every:
            raise FormatError(trajectory, None, f"step {k * every} in frame {k}", str(row["step"]))
    return rows


def _summarise(folder: Path, trajectory: Path, every: int) -> int:
    """Write the table and the figure of what stands in the trajectory; returns how many frames."""
    from ..views.figures import thermo_figure

    rows = recorded(trajectory, every)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(name + unit for name, unit in zip(TABLE, UNITS, strict=True))
    writer.writerows([row.get(name) for name in TABLE] for row in rows)
    write_text(folder / "thermo.csv", text.getvalue())
    save_figure(thermo_figure(rows), folder / "thermo.png")
    return len(rows)
