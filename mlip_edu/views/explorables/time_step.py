"""A third of a picosecond of silicon at constant energy: turn time step and temperature, look at drift and g(r).

Stillinger–Weber silicon, 64 atoms, computed by LAMMPS when a dial is turned. :func:`draw_time_step` draws it; the
explorable is ``Dials(draw_time_step, **DIALS)``.
"""

from __future__ import annotations

from functools import cache

import ase.build
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from ...errors import MlipEduError
from ...simulation import LammpsSimulation, first_peak, radial_distribution
from ...systems import AtomicSystem
from ..colours import BLUE, GREY, VERMILLION
from ..panel import Dial, Pick

DURATION, RECORDS = 320.0, 40  # fs, and how often it is looked at
MELT_VOLUME = 17.9  # Å³ an atom: the density of the melt in data/silicon
BROKEN = 1.0  # eV an atom: where a run whose total energy has changed so much is stopped
REACH, BINS = 5.2, 104  # of g(r), in Å
DIALS = {
    "timestep": Dial("Time step Δt", 1, 24, 1, start=2, unit="fs"),
    "temperature": Dial("Temperature at the start", 100, 4000, 100, start=600, unit="K"),
    "start": Pick("Start from", ["crystal", "melt"]),
}


@cache
def start_system(start: str) -> AtomicSystem:
    """64 atoms: diamond silicon at rest, or a melt that has been at 3000 K for 2 ps."""
    atoms = ase.build.bulk("Si", cubic=True, a=5.431).repeat(2)
    if start == "crystal":
        return AtomicSystem.from_ase(atoms)
    atoms.set_cell(3 * [(len(atoms) * MELT_VOLUME) ** (1 / 3)], scale_atoms=True)
    with LammpsSimulation("sw", AtomicSystem.from_ase(atoms)) as simulation:
        simulation.command("velocity all create 8000 7", "fix 1 all nve", "fix 2 all langevin 5000 3000 0.1 7")
        simulation.command("timestep 0.002", "run 2000 post no")
        return simulation.system()


def short_run(timestep: float, temperature: float, start: str) -> dict:
    """320 fs at constant energy.

    Returns ``time`` (fs), ``drift`` (total energy less that of the start, eV an atom), ``temperature`` (K) at those
    times, ``frames`` of the second half, and ``broken``: the run was stopped, its energy or its atoms being lost.
    """
    system, rows, frames, broken = start_system(start), [], [], False
    steps = max(1, round(DURATION / RECORDS / timestep))
    with LammpsSimulation("sw", system) as simulation:
        simulation.command(f"velocity all create {temperature} 11", "fix 1 all nve", f"timestep {timestep / 1000}")
        for k in range(round(DURATION / (steps * timestep)) + 1):
            try:
                simulation.command(f"run {steps if k else 0} post no")
            except MlipEduError:  # atoms flew out of the box
                broken = True
                break
            total, now = (simulation.lammps.get_thermo(name) for name in ("etotal", "temp"))
            rows.append((k * steps * timestep, total / len(system), now))
            frames.append(simulation.system())
            if not abs(rows[-1][1] - rows[0][1]) < BROKEN:
                broken = True
                break
    time, energy, temperatures = np.transpose(rows)
    return {
        "time": time,
        "drift": energy - energy[0],
        "temperature": temperatures,
        "frames": frames[len(frames) // 2 :],
        "broken": broken,
    }


def draw_time_step(timestep: float, temperature: float, start: str) -> tuple[Figure, str]:
    """Total energy against time, and g(r) of the second half of the run; with alt text."""
    run = short_run(timestep, temperature, start)
    found = radial_distribution(run["frames"], REACH, BINS)
    figure = plt.figure(figsize=(7.4, 3.4))
    energy, structure = (figure.add_axes(place) for place in ([0.11, 0.17, 0.36, 0.7], [0.59, 0.17, 0.39, 0.7]))
    energy.axhline(0, color=GREY, lw=0.8)
    energy.plot(run["time"], 1000 * run["drift"], "o-", ms=3, color=VERMILLION if run["broken"] else BLUE)
    largest = 1000 * np.abs(run["drift"]).max()
    energy.set(xlabel="time (fs)", ylabel="total energy − start (meV/atom)", xlim=(0, DURATION))
    energy.set_ylim(*(1.15 * max(1.0, largest) * np.array([-1, 1])))
    mean = run["temperature"][len(run["temperature"]) // 2 :].mean()
    state = "the run broke down" if run["broken"] else f"then {mean:.0f} K"
    energy.set_title(f"Δt = {timestep:g} fs, {temperature:g} K at first, {state}", fontsize=9)
    structure.axhline(1, color=GREY, lw=0.8)
    structure.plot(found.r, found.g, color=BLUE)
    structure.set(xlabel="r (Å)", ylabel="g(r)", xlim=(0, REACH), ylim=(0, max(4.0, 1.1 * found.g.max())))
    position, height = first_peak(found.r, found.g)
    structure.set_title(f"first peak {height:.1f} at {position:.2f} Å", fontsize=9)
    alt = (
        f"From the {start}: time step {timestep:g} fs, {temperature:g} K at the start, {state}. The total energy moves "
        f"by up to {largest:.2g} meV per atom. First peak of g(r): {height:.1f} at {position:.2f} Å."
    )
    return figure, alt
