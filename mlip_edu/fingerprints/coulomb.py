"""The Coulomb matrix: one table for a whole molecule, from charges and distances alone.

    C_ii = ½ Z_i^2.4,     C_ij = Z_i Z_j / |r_i − r_j|

Off the diagonal stands the repulsion of two nuclei (in e²/Å: times 14.4 for eV), on it a fit to the energies of free
atoms, turned positive (in hartree = e²/bohr: times 27.2 for eV). With r in Å, as in dscribe, the two have different
units, which rows that are only compared do not mind. The matrix knows no place and no orientation, but it knows the
numbering of the atoms; two forms do not:

    sorted        rows and columns in the order of falling row norms |C_i|
    eigenvalues   λ_1, λ_2, … in the order of falling |λ|

each filled with zeros to one size, so that molecules of different sizes can be compared.

**Why it does not serve for forces in a crystal.** A crystal has no end, so the matrix has none: Σ_j Z_i Z_j/r_ij over
all images diverges, and there is no cutoff at which a neighbour fades out. The table belongs to all atoms together:
there are no E_i to add up, and a model of 64 atoms says nothing about 65. And neither form is smooth: as two row norms
become equal, rows change places, and an energy that depends on them one by one has a kink there (eigenvalues have it
where two meet), so that forces jump. It is made for energies of whole, relaxed molecules.

============  =====================  ====================================
symbol        variable               shape
============  =====================  ====================================
r_i, Z_i      ``positions, numbers`` (atoms, 3) Å, (atoms,)
C             ``coulomb_matrix``     (atoms, atoms)
============  =====================  ====================================

Source: Rupp, Tkatchenko, Müller & von Lilienfeld, Phys. Rev. Lett. 108, 058301 (2012),
doi 10.1103/PhysRevLett.108.058301; rows sorted: Montavon et al., Adv. Neural Inf. Process. Syst. 25, 440 (2012).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from ase.data import atomic_numbers

from ..errors import MlipEduError
from ..systems import AtomicSystem

Tensor = torch.Tensor


def coulomb_matrix(positions: Tensor, numbers: Tensor) -> Tensor:
    """C of atoms at ``positions`` (atoms, 3) in Å with charges ``numbers`` (atoms,): (atoms, atoms), differentiable."""
    charges = numbers.to(positions.dtype)
    itself = torch.eye(len(charges), dtype=torch.bool, device=positions.device)
    square = (positions[:, None] - positions).square().sum(2)
    distance = square.masked_fill(itself, 1.0).sqrt()  # a root has no slope at 0
    return torch.where(itself, 0.5 * charges**2.4, charges[:, None] * charges / distance)


def sorted_rows(matrix: Tensor) -> Tensor:
    """Rows and columns in the order of falling row norms, (atoms, atoms)."""
    order = matrix.norm(dim=1).argsort(descending=True, stable=True)
    return matrix[order][:, order]


def eigenvalues(matrix: Tensor) -> Tensor:
    """Eigenvalues in the order of falling size |λ|, (atoms,)."""
    values = torch.linalg.eigvalsh(matrix)
    return values[values.abs().argsort(descending=True, stable=True)]


class CoulombMatrix:
    """Coulomb matrices of molecules, a row of numbers each.

    Parameters
    ----------
    largest : how many atoms the largest molecule has
    form : ``"sorted"``, ``"eigenvalues"``, or ``"matrix"``, in which the order of the atoms matters

    Raises
    ------
    MlipEduError
        Another form, a molecule that is periodic or too large, or (called) two atoms at the same place.
    """

    FORMS = {"matrix": lambda matrix: matrix, "sorted": sorted_rows, "eigenvalues": eigenvalues}  # noqa: RUF012

    def __init__(self, largest: int, form: str = "sorted"):
        if type(largest) is not int or not 1 <= largest <= 1000:
            raise MlipEduError(f"the largest molecule must have 1 to 1000 atoms; found {largest}")
        if form not in self.FORMS:
            raise MlipEduError(f"expected a form out of {', '.join(self.FORMS)}; found {form}")
        self.largest, self.form = largest, form

    @property
    def n_features(self) -> int:
        return self.largest if self.form == "eigenvalues" else self.largest**2

    def __call__(self, systems: AtomicSystem | Sequence[AtomicSystem]) -> Tensor:
        """Features of each molecule, (systems, n_features), with zeros where a smaller one has no atoms."""
        systems = [systems] if isinstance(systems, AtomicSystem) else list(systems)
        table = torch.zeros(len(systems), self.n_features, dtype=torch.float64)
        for row, system in zip(table, systems, strict=True):
            found = self._of_one(system)
            if found.dim() == 1:
                row[: len(found)] = found
            else:
                row.view(self.largest, self.largest)[: len(found), : len(found)] = found
        return table

    def _of_one(self, system: AtomicSystem) -> Tensor:
        if any(system.pbc):
            raise MlipEduError(
                "the Coulomb matrix is for molecules; found a periodic system, whose images never end: Σ Z_i Z_j/r "
                "diverges, and sorted rows and eigenvalues have kinks where forces would jump; use AcsfFingerprint, "
                "SnapFingerprint or another with a cutoff, or set pbc to False for a molecule in a box"
            )
        if len(system) > self.largest:
            raise MlipEduError(f"expected molecules of at most {self.largest} atoms; found one of {len(system)}")
        numbers = torch.tensor([atomic_numbers[str(element)] for element in system.species])
        matrix = coulomb_matrix(torch.tensor(system.positions), numbers)
        if not torch.isfinite(matrix).all():
            raise MlipEduError("two atoms at the same place have no Coulomb matrix: look for an atom listed twice")
        return self.FORMS[self.form](matrix)
