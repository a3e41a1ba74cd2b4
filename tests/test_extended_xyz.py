"""Extended XYZ: what ASE reads, more strictly."""

import ase.build
import ase.io
import numpy as np
import pytest
from ase.calculators.singlepoint import SinglePointCalculator
from test_fuzz import XYZ

from mlip_edu import AtomicSystem
from mlip_edu.cli import main
from mlip_edu.data import data_folder
from mlip_edu.errors import FormatError
from mlip_edu.io import read_xyz


def same(mine, atoms):
    other = AtomicSystem.from_ase(atoms)
    for name in ("positions", "cell", "pbc", "species", "forces", "stress"):
        if getattr(other, name) is None:
            assert getattr(mine, name) is None
        else:
            np.testing.assert_array_equal(getattr(mine, name), getattr(other, name))
    assert mine.energy == other.energy
    assert (mine.energy_weight, mine.force_weight) == (other.energy_weight, other.force_weight)
    info = {k: v.item() if hasattr(v, "item") else v for k, v in other.info.items()}
    assert {k: v for k, v in mine.info.items() if k != "file"} == info


@pytest.mark.parametrize("name", ["dft.xyz", "liquid_3000K/chunk_000.xyz"])
def test_shipped_data_as_ase_reads_them(name):
    path = data_folder("silicon") / name
    mine, others = read_xyz(path), ase.io.read(path, ":", format="extxyz")
    for system, atoms in zip(mine, others, strict=True):
        same(system, atoms)
        assert system.info["file"] == path.name


def test_what_ase_writes(tmp_path):
    crystal = ase.build.bulk("Si").repeat((2, 1, 1))
    crystal.rattle(0.1, seed=1)
    stress = np.array([0.1, 0.2, 0.3, 0.01, 0.02, 0.03])
    crystal.calc = SinglePointCalculator(
        crystal, energy=-3.5, free_energy=-3.75, forces=crystal.positions, stress=stress
    )
    crystal.info |= {"family": "diamond", "part": 1, "temperature": 300.5}
    molecule = ase.build.molecule("H2O")
    slab = ase.build.fcc111("Al", (1, 1, 2), vacuum=5.0)
    slab.info.clear()
    ase.io.write(tmp_path / "a.xyz", [crystal, molecule], format="extxyz")
    for system, atoms in zip(read_xyz(tmp_path / "a.xyz"), ase.io.read(tmp_path / "a.xyz", ":"), strict=True):
        same(system, atoms)
    ase.io.write(tmp_path / "b.xyz", slab, format="extxyz")
    with pytest.warns(UserWarning, match="column tags"):
        (system,) = read_xyz(tmp_path / "b.xyz")
    np.testing.assert_array_equal(system.pbc, [True, True, False])


WRONG = [  # (line, old, new)
    (1, "2\n", "3\n"),
    (1, "2\n", "two\n"),
    (2, "Lattice", "Lattice="),
    (2, "2.7 2.7 0.0", "2.7 0.0"),
    (2, "2.7 2.7 0.0", "2.7 2_7 0.0"),
    (2, 'pbc="T T F"', 'pbc="T F"'),
    (2, 'pbc="T T F"', 'pbc="T T F" energy=3'),
    (2, 'pbc="T T F"', 'pbc="T T F'),
    (2, 'pbc="T T F"', "some words"),
    (2, "energy=-2.5", "energy=nan"),
    (2, "energy_weight=2", "energy_weight=-2"),
    (2, "0.1 0.02 0.0", "0.1 0.03 0.0"),
    (2, ":pos:R:3", ""),
    (2, ":pos:R:3", ":pos:R:2"),
    (2, ":pos:R:3", ":pos:R:3:pos:R:3"),
    (2, "Properties=species:S:1:pos:R:3:forces:R:3", ""),
    (3, "0.25 -0.5", "0.25"),
    (3, "0.25 -0.5", "0.25 -0.5 1"),
    (3, "Si 0.0", "Qq 0.0"),
    (3, "Si 0.0", "Si 1e400"),
    (4, "Ge 1.5 1.25 1.5", "Ge 0.0 0.25 -0.5"),
    (7, "7 0 0 0", "7 0 0 x"),
]


@pytest.mark.parametrize(("line", "old", "new"), WRONG)
def test_wrong_lines_are_named(line, old, new, tmp_path):
    path = tmp_path / "a.xyz"
    assert old in XYZ
    path.write_text(XYZ.replace(old, new, 1))
    with pytest.raises(FormatError) as caught:
        read_xyz(path)
    assert -1 <= caught.value.line - line <= 4  # there, or where another thing stands than it promises
    assert str(caught.value).startswith(f"{path}, line {caught.value.line}: expected ")


def test_training_on_extended_xyz(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    frames = ase.io.read(data_folder("silicon") / "dft.xyz", ":")
    ase.io.write("few.xyz", [a for a in frames if len(a) <= 2][:20], format="extxyz")
    assert main(["train", "few.xyz", "--quiet", "--epochs", "1", "--hidden", "3"]) == 0
    assert (tmp_path / "results" / "few" / "few.rann").exists()
