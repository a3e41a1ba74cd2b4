"""Properties of a crystal, from a potential or an ASE calculator: equation of state, elastic constants, phonons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ase
import numpy as np
from ase.calculators.calculator import BaseCalculator
from ase.stress import voigt_6_to_full_3x3_strain

from ..errors import MlipEduError
from ..models import Potential
from ..units import GPA_PER_EV_PER_CUBIC_ANGSTROM
from .ase_calculator import ase_calculator

Model = Potential | BaseCalculator


@dataclass(frozen=True)
class EquationOfState:
    """V0 (Å³), E0 (eV), B0 (GPa), B0′ and the root mean square residual of the fit (eV)."""

    volume: float
    energy: float
    bulk_modulus: float
    bulk_modulus_slope: float
    residual: float


def birch_murnaghan(volumes: Sequence[float], energies: Sequence[float]) -> EquationOfState:
    """Fit the third-order Birch–Murnaghan equation of state.

        E(V) = E0 + 9/16 V0 B0 [(ξ − 1)³ B0′ + (ξ − 1)² (6 − 4ξ)],   ξ = (V0/V)^(2/3)

    This is a cubic polynomial in x = V^(−2/3), so the least-squares fit is linear. At the minimum, where dE/dx = 0,

        B0 = V d²E/dV² = 4/9 E″(x) V0^(−7/3),      B0′ = 4 + 2/3 x E‴(x) / E″(x)

    ========  ====================  ========================  ======================
    symbol    variable              symbol                    variable
    ========  ====================  ========================  ======================
    V0        ``volume``            B0                        ``bulk_modulus``
    E0        ``energy``            B0′ = dB/dP               ``bulk_modulus_slope``
    ========  ====================  ========================  ======================

    Parameters
    ----------
    volumes : Å³, four different ones or more
    energies : eV

    Raises
    ------
    MlipEduError
        Too few volumes, numbers that are not finite, or no minimum between the smallest and the largest volume.

    Source: Birch, Phys. Rev. 71, 809 (1947), doi 10.1103/PhysRev.71.809.
    """
    volumes, energies = np.array(volumes, float), np.array(energies, float)
    enough = volumes.shape == energies.shape and len(np.unique(volumes)) >= 4
    if not (enough and (volumes > 0).all() and np.isfinite(volumes + energies).all()):
        raise MlipEduError(
            f"an equation of state needs energies at four volumes or more; found {energies} at {volumes}"
        )
    x = volumes ** (-2 / 3)
    energy = np.polynomial.Polynomial.fit(x, energies, 3)
    second, third = energy.deriv(2), energy.deriv(3)
    for x0 in energy.deriv().roots():
        if np.isreal(x0) and second(x0.real) > 0 and x.min() < x0.real < x.max():
            x0 = float(x0.real)
            volume, curvature = x0**-1.5, float(second(x0))
            bulk_modulus = 4 / 9 * curvature * volume ** (-7 / 3) * GPA_PER_EV_PER_CUBIC_ANGSTROM
            slope = 4 + 2 / 3 * x0 * float(third(x0)) / curvature
            residual = float(np.sqrt(np.mean((energy(x) - energies) ** 2)))
            return EquationOfState(volume, float(energy(x0)), bulk_modulus, slope, residual)
    reach = f"{volumes.min():.6g} and {volumes.max():.6g} Å³"
    raise MlipEduError(f"the energy has no minimum between {reach}: widen or move the range of volumes")


def equation_of_state(
    model: Model, atoms: ase.Atoms, strains: Sequence[float] = np.linspace(-0.03, 0.03, 7)
) -> EquationOfState:
    """:func:`birch_murnaghan` of the crystal with all its lattice vectors stretched by 1 + each of ``strains``.

    The atoms move with the cell and are not relaxed in it. V0 and E0 are those of the whole cell of ``atoms``.
    """
    stretched = [_deformed(model, atoms, (1 + strain) * np.eye(3)) for strain in strains]
    return birch_murnaghan([s.get_volume() for s in stretched], [s.get_potential_energy() for s in stretched])


def elastic_constants(model: Model, atoms: ase.Atoms, relax: bool = True, strain: float = 1e-3) -> np.ndarray:
    """The elastic constants C_ij (6, 6) in GPa, in Voigt's order xx, yy, zz, yz, xz, xy.

        C_ij = (σ_i(+ε_j) − σ_i(−ε_j)) / 2ε_j,    the shears ε_4, ε_5, ε_6 being 2ε_yz, 2ε_xz, 2ε_xy

    Parameters
    ----------
    atoms
        A crystal without stress: under pressure p the slopes of the stress are not C_ij, but differ by terms like p.
    relax
        Let the atoms find their places in the strained cell (forces below 1e-4 eV/Å). Shear moves the two
        sublattices of diamond against one another: without this its C44 comes out far too large.
    strain
        ε_j, small enough for the stress to be linear in it and large enough for the forces to follow.

    Raises
    ------
    MlipEduError
        No crystal, a strain that makes no sense, atoms that do not come to rest, or a stress of the unstrained
        crystal above 2 % of the largest C_ij.
    """
    if not (atoms.pbc.all() and 0 < strain < 0.1):
        raise MlipEduError(
            f"expected a crystal periodic along a, b, c and 0 < strain < 0.1; found {atoms.pbc}, {strain}"
        )
    columns, start = [], _deformed(model, atoms, np.eye(3), relax).get_stress() * GPA_PER_EV_PER_CUBIC_ANGSTROM
    for unit in np.eye(6):
        deformations = [voigt_6_to_full_3x3_strain(sign * strain * unit) for sign in (1, -1)]  # the matrices 1 + ε
        plus, minus = (_deformed(model, atoms, deformation, relax).get_stress() for deformation in deformations)
        columns.append((plus - minus) / (2 * strain) * GPA_PER_EV_PER_CUBIC_ANGSTROM)
    constants = np.transpose(columns)
    if not abs(start).max() <= 0.02 * abs(constants).max():
        raise MlipEduError(f"the crystal is under a stress of {abs(start).max():.3g} GPa: relax its cell first")
    return (constants + constants.T) / 2


def _deformed(model: Model, atoms: ase.Atoms, deformation: np.ndarray, relax: bool = False) -> ase.Atoms:
    """A copy of ``atoms`` with every lattice vector a → a (1 + ε), its atoms at rest if so wished."""
    from ase.optimize import BFGS  # takes a second to import

    copy = atoms.copy()
    copy.calc = ase_calculator(model) if isinstance(model, Potential) else model
    copy.set_cell(copy.cell.array @ deformation, scale_atoms=True)
    if relax and not BFGS(copy, logfile=None).run(fmax=1e-4, steps=500):
        raise MlipEduError("the atoms of the strained crystal did not come to rest in 500 steps: relax them first")
    return copy


def phonon_frequencies(
    model: Model, atoms: ase.Atoms, supercell: Sequence[int], q_points: np.ndarray, displacement: float = 0.01
) -> np.ndarray:
    """Phonon frequencies by finite displacements, with phonopy: (q points, 3 × atoms) in THz, ascending.

        D(q) = Σ_R Φ(R) exp(i q·R) / √(m m′),      D e = (2πν)² e,      Φ = −∂F/∂u

    A negative number is an imaginary frequency: the crystal is not stable against that displacement. Force constants
    are used as they come: how far the three lowest frequencies at q = 0 are from zero is a check of them.

    Parameters
    ----------
    atoms
        The primitive cell, at rest.
    supercell
        Repetitions along a, b and c; twice the potential's reach, or q points that fit into it, make Φ exact.
    q_points : (q points, 3), in units of the reciprocal lattice vectors of ``atoms``
    displacement : Å

    Raises
    ------
    MlipEduError
        phonopy is not installed, or the atoms are not at rest.

    Source: Togo, J. Phys. Soc. Jpn. 92, 012001 (2023), doi 10.7566/JPSJ.92.012001.
    """
    try:
        from phonopy import Phonopy
        from phonopy.structure.atoms import PhonopyAtoms
    except ImportError as problem:
        raise MlipEduError("phonons need phonopy: python -m pip install phonopy") from problem

    force = abs(_deformed(model, atoms, np.eye(3)).get_forces()).max()
    if not (force < 0.01 and displacement > 0):
        raise MlipEduError(
            f"phonons need atoms at rest and a displacement > 0; found {force:.3g} eV/Å, {displacement} Å"
        )
    cell = PhonopyAtoms(atoms.get_chemical_symbols(), cell=atoms.cell.array, positions=atoms.positions)
    phonons = Phonopy(cell, np.diag(supercell), primitive_matrix=np.eye(3))
    phonons.generate_displacements(distance=displacement)
    moved = [ase.Atoms(s.symbols, s.positions, cell=s.cell, pbc=True) for s in phonons.supercells_with_displacements]
    phonons.forces = np.array([_deformed(model, atoms, np.eye(3)).get_forces() for atoms in moved])
    phonons.produce_force_constants()
    phonons.run_qpoints(q_points)
    return np.array(phonons.qpoints.frequencies)
