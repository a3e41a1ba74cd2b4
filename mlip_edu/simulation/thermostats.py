"""Thermostats: what happens to the velocities between the two half drifts of a step, so that K has a temperature T.

    K = Σ_i m_i v_i²/2,     ⟨K⟩ = N_f kT/2,     var K = N_f (kT)²/2

Each is called as ``thermostat(velocities, masses, timestep, generator)`` and returns new velocities.

=========  ============================  ===================================================================
symbol     variable                      meaning
=========  ============================  ===================================================================
T          ``temperature``               K
τ          ``relaxation_time``           fs; ⟨v(0)·v(t)⟩ falls as e^{−t/τ}; with rescaling ⟨K⟩ − N_f kT/2 does
v_i        ``velocities``                (atoms, 3) Å/fs
m_i        ``masses``                    (atoms, 1) eV·fs²/Å²
Δt         ``timestep``                  fs
N_f        ``degrees_of_freedom``        3N − 3 where the momentum is kept, else 3N
R          ``generator``                 independent normal random numbers of variance 1
=========  ============================  ===================================================================
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import MlipEduError
from ..units import BOLTZMANN


def kinetic_energy(velocities: np.ndarray, masses: np.ndarray) -> float:
    """K = Σ_i m_i v_i²/2 in eV."""
    return float(0.5 * (masses * velocities**2).sum())


def degrees_of_freedom(n_atoms: int, keeps_momentum: bool) -> int:
    """N_f = 3N − 3 where the total momentum is zero and stays so, else 3N (and 3 for one atom alone)."""
    return 3 * n_atoms - 3 if keeps_momentum and n_atoms > 1 else 3 * n_atoms


def maxwell_boltzmann(masses: np.ndarray, temperature: float, generator: np.random.Generator) -> np.ndarray:
    """Velocities (atoms, 3) in Å/fs, v = √(kT/m) R, less the motion of the centre of mass (of two or more atoms)."""
    if not 0 <= temperature < np.inf:
        raise MlipEduError(f"expected a temperature of 0 K or more; found {temperature}")
    return without_drift(
        np.sqrt(BOLTZMANN * temperature / masses) * generator.standard_normal((len(masses), 3)), masses
    )


def without_drift(velocities: np.ndarray, masses: np.ndarray) -> np.ndarray:
    """``velocities`` less that of the centre of mass; those of a single atom as they are."""
    return velocities - (masses * velocities).sum(0) / masses.sum() * (len(masses) > 1)


@dataclass(frozen=True)
class Thermostat:
    """What the thermostats share: ``temperature`` in K and ``relaxation_time`` in fs.

    Raises
    ------
    MlipEduError
        A negative or infinite temperature, or a relaxation time that is not positive.
    """

    temperature: float
    relaxation_time: float = 100.0

    keeps_momentum = False

    def __post_init__(self):
        if not (0 <= self.temperature < np.inf and 0 < self.relaxation_time < np.inf):
            raise MlipEduError(f"expected a temperature ≥ 0 K and a relaxation time > 0 fs; found {self}")


class Langevin(Thermostat):
    """Friction and kicks on every atom, the exact solution of dv = −(v/τ) dt + noise over one step:

        v′ = c v + √(1 − c²) √(kT/m) R,     c = e^{−Δt/τ}

    The step is then "BAOAB", whose positions in a harmonic well have no error of the time step at all. Momentum
    is not kept: N_f = 3N.

    Source: Leimkuhler & Matthews, Appl. Math. Res. Express 2013, 34 (2013), doi 10.1093/amrx/abs010.
    """

    def __call__(self, velocities, masses, timestep, generator):
        c = np.exp(-timestep / self.relaxation_time)
        thermal = np.sqrt(BOLTZMANN * self.temperature / masses)
        return c * velocities + np.sqrt(1 - c**2) * thermal * generator.standard_normal(velocities.shape)


class Andersen(Thermostat):
    """Collisions with a bath: an atom's velocity is drawn anew, v′ = √(kT/m) R, with probability 1 − e^{−Δt/τ}.

    Momentum is not kept: N_f = 3N.

    Source: Andersen, J. Chem. Phys. 72, 2384 (1980), doi 10.1063/1.439486.
    """

    def __call__(self, velocities, masses, timestep, generator):
        collides = generator.random(masses.shape) < 1 - np.exp(-timestep / self.relaxation_time)
        thermal = np.sqrt(BOLTZMANN * self.temperature / masses)
        return np.where(collides, thermal * generator.standard_normal(velocities.shape), velocities)


class VelocityRescaling(Thermostat):
    """All velocities times one number α, drawn so that K is canonical: v′ = α v, and with c = e^{−Δt/τ}

        α √K = ± √(y² + s² Σ_{k=2}^{N_f} R_k²),     y = √(c K) + s R_1,     s² = (1 − c) kT/2,     ± = sign y

    It disturbs the motion least, and keeps the momentum: N_f = 3N − 3.

    Source: Bussi, Donadio & Parrinello, J. Chem. Phys. 126, 014101 (2007), doi 10.1063/1.2408420.
    """

    keeps_momentum = True

    def __call__(self, velocities, masses, timestep, generator):
        kinetic = kinetic_energy(velocities, masses)
        if kinetic == 0:
            raise MlipEduError("velocity rescaling cannot move atoms at rest: start them with a temperature above 0 K")
        c = np.exp(-timestep / self.relaxation_time)
        s = np.sqrt((1 - c) * BOLTZMANN * self.temperature / 2)
        y = np.sqrt(c * kinetic) + s * generator.standard_normal()
        others = generator.chisquare(degrees_of_freedom(len(velocities), True) - 1)
        return np.copysign(np.sqrt((y**2 + s**2 * others) / kinetic), y) * velocities
