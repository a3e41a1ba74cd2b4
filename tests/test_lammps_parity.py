"""RANN energies, forces and virials against LAMMPS ``pair_style rann``: 18 frames of 6 potentials.

The tolerances are those of LAMMPS's own tables (10,000 points in r²), not of the package.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from mlip_edu import AtomicSystem, load_potential

FOLDER = Path(__file__).parent / "data" / "rann"
VOIGT = [0, 1, 2, 0, 0, 1], [0, 1, 2, 1, 2, 2]  # xx yy zz xy xz yz


def frames():
    for path in sorted(FOLDER.glob("*.json")):
        reference = json.loads(path.read_text())
        for frame in reference["frames"]:
            yield pytest.param(FOLDER / reference["potential"], frame, id=f"{path.stem}-{frame['structure']}")


def system_of(frame):
    return AtomicSystem(frame["positions"], frame["cell"], frame["species"])


@pytest.mark.parametrize(("path", "frame"), list(frames()))
def test_energy_forces_and_virial_of_lammps(path, frame):
    prediction = load_potential(path).predict(system_of(frame))
    np.testing.assert_allclose(prediction.energy, [frame["energy_eV"]], rtol=1e-10)
    np.testing.assert_allclose(prediction.forces, frame["forces_eV_per_A"], rtol=0, atol=5e-6)
    np.testing.assert_allclose(prediction.virial[0][VOIGT], frame["virial_eV_xx_yy_zz_xy_xz_yz"], rtol=0, atol=5e-5)
    np.testing.assert_allclose(prediction.virial[0], prediction.virial[0].T, rtol=0, atol=1e-10)


def test_all_frames_are_there():
    assert len(list(frames())) == 18


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.rann")), ids=lambda p: p.stem)
def test_round_trips(path, tmp_path):
    potential = load_potential(path)
    systems = [system_of(frame) for frame in json.loads(path.with_suffix(".json").read_text())["frames"]]
    before = potential.predict(systems)
    for suffix, tolerance in ((".rann", 1e-10), (".safetensors", 0.0)):
        potential.save(tmp_path / f"copy{suffix}")
        after = load_potential(tmp_path / f"copy{suffix}").predict(systems)
        for name in ("energy", "forces", "virial"):
            np.testing.assert_allclose(getattr(after, name), getattr(before, name), rtol=tolerance, atol=tolerance)
