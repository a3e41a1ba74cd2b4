"""Atoms in a LAMMPS of their own, for what LAMMPS computes by itself."""

import numpy as np

from mlip_edu import AtomicSystem
from mlip_edu.io.dump_writer import lammps_frame
from mlip_edu.simulation import open_lammps

BAR = 1.6021765e6  # 1 eV/Å³, to the digits of LAMMPS's units metal


class LammpsBox:
    """A periodic system in LAMMPS's frame (``system``), the elements numbered as types; atom k has the ID k + 1."""

    def __init__(self, system: AtomicSystem, elements, *commands: str):
        self.system, self.lammps = lammps_frame(system), open_lammps()
        (lx, _, _), (xy, ly, _), (xz, yz, lz) = self.system.cell.tolist()
        self.lammps.commands_list([
            "units metal", "atom_style atomic", "atom_modify map array", "box tilt large",
            f"region box prism 0 {lx!r} 0 {ly!r} 0 {lz!r} {xy!r} {xz!r} {yz!r}", f"create_box {len(elements)} box",
        ])  # fmt: skip
        types = [list(elements).index(s) + 1 for s in self.system.species]
        self.lammps.create_atoms(
            len(types), list(range(1, len(types) + 1)), types, self.system.positions.ravel().tolist()
        )
        self.lammps.commands_list(["mass * 28", *commands, "compute virial all pressure NULL virial", "run 0"])

    def per_atom(self, name):
        """The array of a compute, (atoms, columns), in the order of the IDs."""
        n = self.lammps.extract_global("nlocal")
        return self.lammps.numpy.extract_compute(name, 1, 2)[:n][np.argsort(self.lammps.numpy.extract_atom("id")[:n])]

    def energy_forces_virial(self):
        """Energy in eV, forces (atoms, 3) in eV/Å and the virial xx yy zz xy xz yz in eV."""
        forces = np.array(self.lammps.gather_atoms("f", 1, 3)).reshape(-1, 3)
        pressure = np.array(self.lammps.extract_compute("virial", 0, 1)[:6])
        return self.lammps.get_thermo("pe"), forces, pressure / BAR * self.system.volume
