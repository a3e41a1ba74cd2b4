"""Molecular dynamics: velocity Verlet, with a thermostat in the middle of the step.

    v ← v + (Δt/2) F/m      a kick
    x ← x + (Δt/2) v        half a drift
    v ← thermostat(v)       nothing, for constant energy: the two half drifts are then one
    x ← x + (Δt/2) v        half a drift
    F ← −∂E/∂x
    v ← v + (Δt/2) F/m      a kick

=========  =======================  ===========================================
symbol     variable                 meaning
=========  =======================  ===========================================
x          ``positions``            (atoms, 3) Å, never wrapped into the cell
v          ``velocities``           (atoms, 3) Å/fs
m          ``masses``               (atoms, 1) eV·fs²/Å², from ``ase.data``
F, E       ``forces``, ``energy``   (atoms, 3) eV/Å and eV, float64
W          ``virial``               (3, 3) eV, −∂E/∂ε
Δt         ``timestep``             fs
=========  =======================  ===========================================

Temperature and pressure follow from the kinetic energy K: T = 2K/(N_f k), P = (2K + tr W)/(3V).

Sources: Swope, Andersen, Berens & Wilson, J. Chem. Phys. 76, 637 (1982), doi 10.1063/1.442716; the place of the
thermostat: Zhang, Liu, Yan, Tuckerman & Liu, J. Phys. Chem. A 123, 6056 (2019), doi 10.1021/acs.jpca.9b02771.
"""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike

import numpy as np
from ase import Atoms, units
from tqdm import tqdm

from ..errors import MlipEduError
from ..io.trajectory import TrajectoryFile
from ..systems import AtomicSystem
from ..units import BOLTZMANN, DALTON, GPA_PER_EV_PER_CUBIC_ANGSTROM
from .skin import FeatureRange, SkinList, Source, source_of
from .thermostats import Thermostat, degrees_of_freedom, kinetic_energy, maxwell_boltzmann, without_drift

COLDEST = 300.0  # K; the target counts as this warm at least: atoms at rest must be allowed to move
ADVICE = "Try a shorter time step, a lower temperature or more room, or train the potential on such structures"


class SimulationError(MlipEduError):
    """A run was stopped by its :class:`Guard`."""


@dataclass(frozen=True)
class Guard:
    """Stops a run that has become nonsense, before it goes on for hours.

    ============  ===========================================================================================
    ``closest``   Å; no two atoms nearer than this, looked at in every step
    ``hottest``   no temperature above so many times that of the thermostat, in every step; without one: of the
                  start. At least :data:`COLDEST` counts
    ``features``  the range of the training structures' features, or None; looked at when a frame is recorded
    ============  ===========================================================================================
    """

    closest: float = 1.5
    hottest: float = 10.0
    features: FeatureRange | None = None


class MolecularDynamics:
    """Atoms on the move.

    Parameters
    ----------
    atoms
        An ``AtomicSystem``, or ASE Atoms: their velocities are used, and the steps are counted on from
        ``info["step"]``, so that the last frame of a trajectory continues it.
    forces
        A ``Potential``, an ASE calculator, or a function positions → energy, forces, virial as in
        :mod:`mlip_edu.simulation.skin`.
    timestep
        Δt in fs.
    thermostat
        ``Langevin``, ``Andersen``, ``VelocityRescaling`` (:mod:`mlip_edu.simulation.thermostats`); None for constant
        energy.
    temperature
        K; draws initial velocities, Maxwell–Boltzmann without motion of the centre of mass. By default ``atoms`` keep
        theirs (less a common drift, with ``VelocityRescaling``); atoms without any start at the thermostat's
        temperature, or at rest. A crystal at its sites
        gives half of its kinetic energy to vibrations: at constant energy it cools to half.
    seed
        Of everything random. A run that is continued draws other numbers than the part before it.
    trajectory
        A file (extended XYZ) to whose end frames go at once, so that a run that is killed keeps them; by default
        they are kept in ``frames``. ``MolecularDynamics(read_trajectory(path)[-1], …, trajectory=path)`` goes on.
    guard, skin
        See :class:`Guard`; the width in Å by which a potential's neighbour list is larger than the cutoff.

    Attributes are those of the table above, ``step_number``, ``time`` (fs), and ``table``: one dict a record.

    Raises
    ------
    MlipEduError
        Numbers that make no sense, constraints, an element that the potential does not know, or a file of another run.
    """

    def __init__(
        self, atoms: AtomicSystem | Atoms, forces: Source, *, timestep: float = 1.0,
        thermostat: Thermostat | None = None, temperature: float | None = None, seed: int = 0,
        trajectory: str | PathLike | None = None, guard: Guard = Guard(), skin: float = 1.0,
    ):  # fmt: skip
        self.atoms = atoms.to_ase() if isinstance(atoms, AtomicSystem) else atoms.copy()
        if self.atoms.constraints or not (len(self.atoms) and 0 < timestep < np.inf and seed >= 0):
            found = f"{len(self.atoms)} atoms, {len(self.atoms.constraints)} constraints, {timestep} fs, seed {seed}"
            raise MlipEduError(f"expected atoms without constraints, a time step > 0 fs and a seed ≥ 0; found {found}")
        self.timestep, self.thermostat, self.guard = timestep, thermostat, guard
        self.step_number, self.time = int(self.atoms.info.get("step", 0)), float(self.atoms.info.get("time", 0))
        self.generator = np.random.default_rng([seed, self.step_number])
        self.masses = self.atoms.get_masses()[:, None] * DALTON
        self.positions, self.velocities = self.atoms.get_positions(), self.atoms.get_velocities() * units.fs
        if temperature is None and thermostat and not self.atoms.has("momenta"):
            temperature = thermostat.temperature
        if temperature is not None:
            self.velocities = maxwell_boltzmann(self.masses, temperature, self.generator)
        if thermostat and thermostat.keeps_momentum:  # or it would take the drift for heat
            self.velocities = without_drift(self.velocities, self.masses)
        self.source, self.near = source_of(forces, self.atoms, skin), SkinList(self.atoms, guard.closest)
        self.energy, self.forces, self.virial = self.source(self.positions)
        self.hottest = guard.hottest * max(thermostat.temperature if thermostat else self.temperature, COLDEST)
        self.table, self.frames = [], [] if trajectory is None else TrajectoryFile(trajectory, self.step_number)

    @property
    def temperature(self) -> float:
        """T = 2K/(N_f k) in K; N_f = 3N − 3, or 3N with Langevin and Andersen, who do not keep the momentum."""
        n = degrees_of_freedom(len(self.atoms), self.thermostat is None or self.thermostat.keeps_momentum)
        return 2 * kinetic_energy(self.velocities, self.masses) / (n * BOLTZMANN)

    def step(self) -> None:
        """One time step: see the top of this file."""
        half = self.timestep / 2
        velocities = self.velocities + half * self.forces / self.masses
        positions = self.positions + half * velocities
        if self.thermostat is not None:
            velocities = self.thermostat(velocities, self.masses, self.timestep, self.generator)
        positions = positions + half * velocities
        self.energy, self.forces, self.virial = self.source(positions)
        self.positions, self.velocities = positions, velocities + half * self.forces / self.masses
        self.step_number, self.time = self.step_number + 1, self.time + self.timestep

    def run(self, steps: int, every: int = 10, progress: bool = True) -> list[dict]:
        """``steps`` steps; every ``every`` steps a row of ``table`` and a frame are recorded. Returns the table.

        Raises
        ------
        SimulationError
            The guard stops the run; what was recorded before is kept.
        """
        if steps < 0 or every < 1:
            raise MlipEduError(f"a run needs steps ≥ 0, recorded every 1 or more; found {steps} and {every}")
        self._check(features=True)
        if self.step_number == 0 and not self.frames:
            self._record()
        for _ in tqdm(range(steps), "dynamics", disable=not progress, unit="step"):
            self.step()
            recorded = self.step_number % every == 0
            self._check(features=recorded)
            if recorded:
                self._record()
        return self.table

    def frame(self) -> Atoms:
        """ASE Atoms as they are now, with velocities; energies are in ``info`` under names of our own.

        Names of our own, lest the energy of a potential be taken for a label to train on.
        """
        kinetic = kinetic_energy(self.velocities, self.masses)
        volume = self.atoms.cell.volume if self.atoms.pbc.all() else np.nan
        pressure = (2 * kinetic + np.trace(self.virial)) / (3 * volume)
        frame = self.atoms.copy()
        frame.positions = self.positions
        frame.set_velocities(self.velocities / units.fs)
        frame.info = {
            "step": self.step_number, "time": self.time, "temperature": self.temperature, "kinetic_energy": kinetic,
            "potential_energy": self.energy, "total_energy": kinetic + self.energy,
            "pressure": float(pressure * GPA_PER_EV_PER_CUBIC_ANGSTROM),
        }  # fmt: skip
        return frame

    def _record(self) -> None:
        frame = self.frame()
        self.frames.append(frame)
        self.table.append(dict(frame.info))

    def _check(self, features: bool) -> None:
        """Stop if the run has become nonsense: see :class:`Guard`."""
        near, heat = self.near.edges(self.positions)[1], (self.masses * self.velocities**2).sum(1)
        closest, hot = min(near.distance.tolist(), default=np.inf), self.temperature > self.hottest
        problems = [
            ("energy or forces are not finite", ~np.isfinite(self.forces).all(1) | ~np.isfinite(self.energy)),
            (f"closer than {self.guard.closest:g} Å to another atom: {closest:.3f} Å", near.counts.numpy() > 0),
            (f"fastest of all, at {self.temperature:.0f} K, above {self.hottest:.0f} K", (heat == heat.max()) & hot),
        ]
        if features and self.guard.features is not None:
            outside = self.guard.features.outside(AtomicSystem.from_ase(self.frame())).any(1)
            problems.append(("fingerprints are out of the range of the training structures", outside))
        for problem, atoms in problems:
            if atoms.any():
                names = ", ".join(map(str, np.flatnonzero(atoms)[:8])) + ", …" * bool(atoms.sum() > 8)
                raise SimulationError(f"step {self.step_number} ({self.time:g} fs), atoms {names}: {problem}. {ADVICE}")
