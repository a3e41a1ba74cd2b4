"""``AtomicSystem``: one box of atoms, and what density-functional theory says about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import ase
import numpy as np
from ase.calculators.singlepoint import SinglePointCalculator
from ase.data import chemical_symbols
from ase.stress import full_3x3_to_voigt_6_stress, voigt_6_to_full_3x3_stress

from .errors import MlipEduError
from .geometry import volume


@dataclass(frozen=True, eq=False)
class AtomicSystem:
    """A configuration of atoms with, where known, its energy, forces and stress.

    ================  ==============  =======  ==========================================================
    field             shape           unit     meaning
    ================  ==============  =======  ==========================================================
    positions         (atoms, 3)      Å        Cartesian; atoms may lie outside the cell
    cell              (3, 3)          Å        **rows** are the lattice vectors a, b, c
    species           (atoms,)                 chemical symbols
    pbc               (3,)                     is the box periodic along a, b, c?
    energy            number          eV       total energy of the whole system, or None
    forces            (atoms, 3)      eV/Å     or None
    stress            (3, 3)          eV/Å³    ASE's sign: positive under tension; or None
    energy_weight     number                   its weight in a training, 1 by default
    force_weight      number                   likewise for the forces
    info              mapping                  provenance: family, trajectory, where it came from
    ================  ==============  =======  ==========================================================

    Arrays are float64 and read-only. Tensors begin at :class:`mlip_edu.batch.Batch`.

    Raises
    ------
    MlipEduError
        A shape does not fit, a number is not finite, a species is unknown, or the periodic lattice
        vectors span no volume.
    """

    positions: np.ndarray
    cell: np.ndarray
    species: np.ndarray
    pbc: np.ndarray = (True, True, True)
    energy: float | None = None
    forces: np.ndarray | None = None
    stress: np.ndarray | None = None
    energy_weight: float = 1.0
    force_weight: float = 1.0
    info: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self):
        species = np.array(self.species, dtype=str).reshape(-1)
        n_atoms = len(species)
        self._set("species", species)
        self._set("positions", self._array("positions", (n_atoms, 3)))
        self._set("cell", self._array("cell", (3, 3)))
        pbc = np.array(self.pbc, dtype=bool)
        if pbc.shape not in ((), (3,)):
            raise MlipEduError(f"pbc has shape {pbc.shape}; expected one or three of True and False")
        self._set("pbc", np.broadcast_to(pbc, (3,)).copy())
        for name, shape in (("forces", (n_atoms, 3)), ("stress", (3, 3))):
            if getattr(self, name) is not None:
                self._set(name, self._array(name, shape))
        for name in ("energy", "energy_weight", "force_weight"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, float(self._array(name, ())))
        unknown = sorted({str(s) for s in species} - set(chemical_symbols[1:]))
        if unknown:
            raise MlipEduError(f"unknown species {', '.join(unknown)}: use chemical symbols such as Si")
        if self.stress is not None and self.volume == 0:
            raise MlipEduError("a stress needs a volume: give three independent lattice vectors, or stress=None")
        rows = self.cell[self.pbc]
        if len(rows) and np.linalg.matrix_rank(rows) < len(rows):
            raise MlipEduError("the periodic lattice vectors span no volume: check cell, or set pbc=False")

    def _array(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        try:
            array = np.array(getattr(self, name), dtype=np.float64)
        except (TypeError, ValueError) as problem:
            raise MlipEduError(f"{name} must be numbers of shape {shape}: {problem}") from problem
        if array.shape != shape:
            raise MlipEduError(f"{name} has shape {array.shape}; expected {shape} for {len(self.species)} atoms")
        if not np.isfinite(array).all():
            raise MlipEduError(f"{name} holds a number that is not finite")
        return array

    def _set(self, name: str, array: np.ndarray) -> None:
        array.flags.writeable = False
        object.__setattr__(self, name, array)

    def __len__(self) -> int:
        """Number of atoms."""
        return len(self.species)

    def __repr__(self) -> str:
        kinds, counts = np.unique(self.species, return_counts=True)
        formula = "".join(f"{kind}{count}" for kind, count in zip(kinds, counts, strict=True))
        known = [n for n in ("energy", "forces", "stress") if getattr(self, n) is not None]
        return (
            f"AtomicSystem({formula}, pbc={''.join('T' if p else 'F' for p in self.pbc)}, knows {known or 'nothing'})"
        )

    @property
    def volume(self) -> float:
        """Volume of the cell in Å³ (zero for a molecule without a cell)."""
        return volume(self.cell)

    @classmethod
    def from_ase(cls, atoms: ase.Atoms, **changes: Any) -> AtomicSystem:
        """An ``AtomicSystem`` from ASE Atoms.

        Energy, forces and stress are taken from an attached calculator that already holds them; nothing is
        computed. ``free_energy`` is preferred to ``energy`` where both are there: with electronic smearing
        it is the quantity whose derivative the forces are. ``changes`` replace fields (``energy_weight=2``).
        """
        known = dict(atoms.calc.results) if atoms.calc is not None else {}
        if known and hasattr(atoms.calc, "check_state") and atoms.calc.check_state(atoms):
            known = {}  # results of the atoms before they were moved
        stress = known.get("stress")
        if stress is not None and np.shape(stress) == (6,):
            stress = voigt_6_to_full_3x3_stress(stress)
        weights = {name: atoms.info.get(name, 1.0) for name in ("energy_weight", "force_weight")}
        fields = weights | {
            "positions": atoms.get_positions(), "cell": atoms.cell.array, "species": atoms.get_chemical_symbols(),
            "pbc": atoms.pbc, "energy": known.get("free_energy", known.get("energy")), "forces": known.get("forces"),
            "stress": stress, "info": {k: v for k, v in atoms.info.items() if k not in weights},
        }  # fmt: skip
        return cls(**(fields | changes))

    def to_ase(self) -> ase.Atoms:
        """ASE Atoms with the known energy, forces and stress in a ``SinglePointCalculator``."""
        weights = {"energy_weight": self.energy_weight, "force_weight": self.force_weight}
        atoms = ase.Atoms(
            list(self.species), positions=self.positions, cell=self.cell, pbc=self.pbc,
            info=dict(self.info) | {k: v for k, v in weights.items() if v != 1.0},
        )  # fmt: skip
        stress = None if self.stress is None else full_3x3_to_voigt_6_stress(self.stress)
        known = {"energy": self.energy, "free_energy": self.energy, "forces": self.forces, "stress": stress}
        known = {name: value for name, value in known.items() if value is not None}
        if known:
            atoms.calc = SinglePointCalculator(atoms, **known)
        return atoms
