"""Extended XYZ files: any number of frames, each the number of atoms, one line of ``key=value``, one line an atom.

    2
    Lattice="2.7 2.7 0 0 2.7 2.7 2.7 0 2.7" Properties=species:S:1:pos:R:3:forces:R:3 energy=-213.6 pbc="T T T"
    Si 0.0 0.0 0.0 0.1 0.0 0.0
    Si 1.4 1.4 1.4 -0.1 0.0 0.0

=======================================  ==============================================================
key                                      meaning
=======================================  ==============================================================
``Lattice``                              lattice vectors a, b, c in Å; without it, no cell and no periodicity
``pbc``                                  three of T and F; T T T with a lattice
``Properties``                           columns: name, kind (S text, R numbers, I, L), how many
``energy``, ``free_energy``              eV; of both, ``free_energy``, whose derivative the forces are
``stress``                               nine numbers, eV/Å³, positive under tension
``energy_weight``, ``force_weight``      of the system in a training
any other                                a number or text, kept in ``info``
=======================================  ==============================================================

Source: the ``extxyz`` page of ASE's documentation, and https://github.com/libAtoms/extxyz.
"""

from __future__ import annotations

import re
import warnings
from os import PathLike
from pathlib import Path

import numpy as np
from ase.data import atomic_numbers

from ..errors import FormatError, MlipEduError, shorten
from ..systems import AtomicSystem
from .atoms_text import LONGEST, AtomsText
from .text import finite_numbers

PAIR = re.compile(r"([A-Za-z_][A-Za-z0-9_.-]*)=(?:\"([^\"]*)\"|([^\s\"={}\[\]]+))(?:\s+|$)")
HARMLESS = {"momenta"}  # of our own trajectories: nobody takes velocities for labels
OURS = ("Lattice", "pbc", "Properties", "energy", "free_energy", "stress", "energy_weight", "force_weight")


def read_xyz(path: str | PathLike) -> list[AtomicSystem]:
    """Every frame of an extended XYZ file. Columns that are not understood are left out, and one warning says
    which (but for ``momenta``, which our own trajectories hold).

    Returns
    -------
    list of AtomicSystem
        Energy in eV, forces in eV/Å, stress in eV/Å³; ``info`` has the file and all other keys.

    Raises
    ------
    FormatError
        Names the file, the line, what was expected there and what was found.
    """
    ignored: set[str] = set()
    systems = _XyzFile(Path(path)).frames(ignored)
    if ignored:
        warnings.warn(f"{path}: left out, not understood: column {', '.join(sorted(ignored))}", stacklevel=2)
    return systems


class _XyzFile(AtomsText):
    kind = FormatError

    def frames(self, ignored: set[str]) -> list[AtomicSystem]:
        if not self.lines:
            raise FormatError(self.path, None, "the number of atoms on the first line", "an empty file")
        systems = []
        while self.at < len(self.lines):
            start, n_atoms = self.at + 1, self.n_atoms()
            fields = self.comment()
            fields |= self.atoms(n_atoms, fields.pop("Properties"), ignored)
            try:
                systems.append(AtomicSystem(**fields))
                self.check_distances(systems[-1])
            except MlipEduError as problem:
                if isinstance(problem, FormatError):
                    raise
                raise self.error("a sound frame", str(problem), line=start) from problem
        return systems

    def comment(self) -> dict:
        """The fields of an ``AtomicSystem`` that the second line gives, and ``Properties``."""
        text, at, values = self.next_line("a line of key=value"), 0, {}
        while at < len(text):
            match = PAIR.match(text, at)
            if not match:
                raise self.error('key=value or key="values"', shorten(text[at:]))
            if match[1] in values:
                raise self.error("each key once", f"{shorten(match[1])} again")
            values[match[1]] = (match[3] if match[2] is None else match[2]).strip()
            at = match.end()
        if "Properties" not in values:
            raise self.error("Properties=species:S:1:pos:R:3…", "no Properties: a plain XYZ file says too little")
        cell = self.matrix(values, "Lattice")
        pbc = values.get("pbc", "F F F" if cell is None else "T T T").split()
        if len(pbc) != 3 or not set(pbc) <= {"T", "F"}:
            raise self.error("three of T and F as pbc", shorten(values["pbc"]))
        if cell is not None and np.abs(cell).max() > LONGEST:
            raise self.error(f"lattice vectors below {LONGEST} Å", shorten(values["Lattice"]))
        stress = self.matrix(values, "stress")
        if stress is not None and not np.allclose(stress, stress.T, rtol=0, atol=1e-6):
            raise self.error("a symmetric stress", shorten(values["stress"]))
        one = {
            name: self.numbers([values[name]], f"a finite {name}")[0]
            for name in OURS[3:]
            if name in values and name != "stress"
        }
        for name in ("energy_weight", "force_weight"):
            if one.get(name, 1.0) < 0:
                raise self.error(f"a {name} of at least 0", f"{one[name]}")
        energy = one.pop("energy", None)
        info = {"file": self.path.name} | {k: _value(v) for k, v in values.items() if k not in OURS}
        return one | {
            "cell": np.zeros((3, 3)) if cell is None else cell, "pbc": [edge == "T" for edge in pbc], "stress": stress,
            "energy": one.pop("free_energy", energy), "info": info, "Properties": values["Properties"],
        }  # fmt: skip

    def matrix(self, values: dict[str, str], name: str) -> np.ndarray | None:
        if name not in values:
            return None
        numbers = self.numbers(values[name].split(), f"nine finite numbers as {name}")
        if len(numbers) != 9:
            raise self.error(f"nine numbers as {name}", f"{len(numbers)}")
        return np.array(numbers).reshape(3, 3)

    def atoms(self, n_atoms: int, properties: str, ignored: set[str]) -> dict:
        """Species, positions and, where there are any, forces."""
        words, columns = properties.split(":"), []
        for name, kind, count in zip(words[::3], words[1::3], words[2::3], strict=False):
            if not re.fullmatch("[SRIL]", kind) or not re.fullmatch("[1-9][0-9]?", count):
                raise self.error("Properties as name:S:1 or name:R:3", shorten(f"{name}:{kind}:{count}"))
            columns += [(name, kind, k) for k in range(int(count))]
        if len(words) % 3 or len(set(words[::3])) != len(words) // 3:
            raise self.error("Properties as different names, each with kind and number", shorten(properties))
        first, rows = self.at, self.rows(n_atoms, len(columns), properties)
        table = dict(zip(columns, zip(*rows, strict=True), strict=True))
        known = {"species": ["S"], "pos": ["R"] * 3, "forces": ["R"] * 3}
        for name in dict.fromkeys(words[::3]):
            if name in known and [kind for own, kind, _ in columns if own == name] != known[name]:
                wanted = f"{name}:{known[name][0]}:{len(known[name])}"
                raise self.error(wanted, shorten(properties), line=first)
        ignored.update(set(words[::3]) - known.keys() - HARMLESS)
        if ("species", "S", 0) not in table:
            raise self.error("species:S:1 in Properties", shorten(properties), line=first)
        species = table["species", "S", 0]
        for k, name in enumerate(species):
            if name not in atomic_numbers or name == "X":
                raise self.error("a chemical symbol", shorten(name), line=first + k + 1)
        named = {f"{name} {k + 1}": column for (name, _, k), column in table.items()}
        fields = {"species": species, "positions": self.vectors(named, ("pos 1", "pos 2", "pos 3"), first)}
        if "forces 1" in named:
            fields["forces"] = self.vectors(named, ("forces 1", "forces 2", "forces 3"), first)
        return fields


def _value(text: str) -> int | float | str:
    """A whole number of at most fifteen digits, a finite number, or else the text."""
    if re.fullmatch("[+-]?[0-9]{1,15}", text):
        return int(text)
    try:
        return finite_numbers([text])[0]
    except ValueError:
        return text
