"""Equation of state, elastic constants and phonons: Stillinger–Weber silicon against its literature and ASE."""

import sys
from pathlib import Path

import ase.phonons
import numpy as np
import pytest
from ase import units
from ase.build import bulk, molecule
from ase.calculators.lammpslib import LAMMPSlib
from ase.eos import EquationOfState as AseEquationOfState
from benchmarks.lammps_peer import load_lammps

from mlip_edu import MlipEduError, ase_calculator, load_potential
from mlip_edu.simulation.properties import birch_murnaghan, elastic_constants, equation_of_state, phonon_frequencies

A0 = 5.430950  # Å, where the bond length is 2^(1/6) × 2.0951 Å: the minimum of the pair term, angles being ideal
GPA = 160.2176634


@pytest.fixture(scope="module")
def stillinger_weber():
    """New calculators of the original Stillinger–Weber silicon, LAMMPS's."""
    load_lammps()
    file = next(Path(sys.prefix).rglob("potentials/Si.sw"))
    commands = ["pair_style sw", f"pair_coeff * * {file} Si"]

    def new():
        return LAMMPSlib(lmpcmds=commands, atom_types={"Si": 1}, keep_alive=True, log_file=None)

    return new


def birch(volume, v0=20.0, e0=-5.0, b0=100 / GPA, slope=4.4):
    """Birch–Murnaghan by Birch's finite strain f, E = E0 + 9/2 B0 V0 f² (1 + (B0′ − 4) f)."""
    f = ((v0 / volume) ** (2 / 3) - 1) / 2
    return e0 + 4.5 * b0 * v0 * f**2 * (1 + (slope - 4) * f)


def test_an_exact_curve_is_recovered():
    volumes = np.linspace(17.5, 23, 6)
    fit = birch_murnaghan(volumes, birch(volumes))
    np.testing.assert_allclose(
        [fit.volume, fit.energy, fit.bulk_modulus, fit.bulk_modulus_slope], [20.0, -5.0, 100.0, 4.4], rtol=1e-8
    )
    assert fit.residual < 1e-12


def test_a_noisy_curve_is_fitted_as_ase_does():
    volumes = np.linspace(17.5, 23, 12)
    energies = birch(volumes) + 1e-3 * np.random.default_rng(0).standard_normal(12)
    fit = birch_murnaghan(volumes, energies)
    peer = AseEquationOfState(volumes, energies, eos="birchmurnaghan")
    v0, e0, b0 = peer.fit()
    np.testing.assert_allclose([fit.volume, fit.energy, fit.bulk_modulus], [v0, e0, b0 * GPA], rtol=1e-5)
    assert fit.bulk_modulus_slope == pytest.approx(peer.eos_parameters[2], rel=1e-4)
    assert 3e-4 < fit.residual < 2e-3


@pytest.mark.parametrize(
    ("volumes", "energies", "word"),
    [
        ([21, 22, 23, 24], birch(np.array([21, 22, 23, 24.0])), "minimum"),
        ([16, 17, 18, 19], birch(np.array([16, 17, 18, 19.0])), "minimum"),
        ([18, 19, 20, 21], -birch(np.array([18, 19, 20, 21.0])), "minimum"),
        ([18, 20, 22], [1, 0, 1], "four"),
        ([18, 20, 20, 22], [1, 0, 0, 1], "four"),
        ([18, 19, 20, 21], [1, 0, 1], "four"),
        ([18, 19, 20, 21], [1, 0, np.nan, 1], "four"),
        ([-18, 19, 20, 21], [1, 0, 0, 1], "four"),
    ],
)
def test_curves_without_an_answer_are_refused(volumes, energies, word):
    with pytest.raises(MlipEduError, match=word):
        birch_murnaghan(volumes, energies)


def test_equation_of_state_of_stillinger_weber(stillinger_weber):
    """a = 5.431 Å and −4.3366 eV an atom: Balamane et al., Phys. Rev. B 46, 2250 (1992), doi 10.1103/PhysRevB.46.2250.

    B0 = (C11 + 2 C12)/3 from Cowley's constants is 101.4 GPa.
    """
    atoms = bulk("Si", a=5.5)
    fit = equation_of_state(stillinger_weber(), atoms, np.linspace(-0.018, -0.007, 12))
    assert (4 * fit.volume) ** (1 / 3) == pytest.approx(A0, abs=2e-6)
    assert fit.energy / 2 == pytest.approx(-4.3366, abs=1e-4)
    assert fit.bulk_modulus == pytest.approx(101.4, abs=0.1)
    np.testing.assert_array_equal(atoms.cell.array, bulk("Si", a=5.5).cell.array)
    with pytest.raises(MlipEduError, match="minimum"):
        equation_of_state(stillinger_weber(), atoms, np.linspace(0, 0.02, 5))


def test_elastic_constants_of_stillinger_weber(stillinger_weber):
    """Analytic: Cowley, Phys. Rev. Lett. 60, 2379 (1988), doi 10.1103/PhysRevLett.60.2379."""
    ours = elastic_constants(stillinger_weber(), bulk("Si", a=A0))
    expected = np.zeros((6, 6))
    expected[:3, :3] = 76.4
    expected[range(3), range(3)] = 151.4
    expected[range(3, 6), range(3, 6)] = 56.4
    np.testing.assert_allclose(ours, expected, rtol=0, atol=0.06)
    np.testing.assert_array_equal(ours, ours.T)
    conventional = elastic_constants(stillinger_weber(), bulk("Si", a=A0, cubic=True))
    np.testing.assert_allclose(conventional, ours, rtol=0, atol=0.01)


def test_without_relaxation_the_shear_modulus_is_the_curvature_of_the_energy(stillinger_weber):
    unrelaxed = elastic_constants(stillinger_weber(), bulk("Si", a=A0), relax=False)
    calculator, energies = stillinger_weber(), []
    for shear in (-2e-3, 0, 2e-3):
        atoms = bulk("Si", a=A0)
        atoms.calc = calculator
        atoms.set_cell(atoms.cell.array @ [[1, 0, 0], [0, 1, shear / 2], [0, shear / 2, 1]], scale_atoms=True)
        energies.append(atoms.get_potential_energy())
    curvature = np.diff(energies, 2)[0] / 2e-3**2 / atoms.get_volume() * GPA
    assert unrelaxed[3, 3] == pytest.approx(curvature, rel=1e-4)
    np.testing.assert_allclose(unrelaxed[:2, 0], [151.4, 76.4], rtol=0, atol=0.06)
    # the missing part is that of the optical phonon, (ζ a/4)² μ ω²/Ω, with Kleinman's ζ = 0.63 of Balamane et al.
    relaxed = elastic_constants(stillinger_weber(), bulk("Si", a=A0))
    optical = phonon_frequencies(stillinger_weber(), bulk("Si", a=A0), (2, 2, 2), [[0, 0, 0]])[0, 3]
    stiffness = bulk("Si").get_masses()[0] / 2 * (2 * np.pi * optical * 1e12 / units.second) ** 2
    inner = (0.63 * A0 / 4) ** 2 * stiffness / (A0**3 / 4) * GPA
    assert unrelaxed[3, 3] - relaxed[3, 3] == pytest.approx(inner, rel=0.01)


def test_a_crystal_under_stress_or_not_at_rest_is_refused(stillinger_weber):
    stretched = bulk("Si", a=A0)
    stretched.set_cell(stretched.cell.array @ np.diag([1.1, 1, 1]), scale_atoms=True)
    squeezed = bulk("Si", a=0.97 * A0)
    for strained in (stretched, squeezed):
        with pytest.raises(MlipEduError, match="under a stress of"):
            elastic_constants(stillinger_weber(), strained, relax=False)
    rattled = bulk("Si", a=A0, cubic=True)
    rattled.rattle(0.01)
    with pytest.raises(MlipEduError, match="atoms at rest"):
        phonon_frequencies(stillinger_weber(), rattled, (1, 1, 1), [[0, 0, 0]])


def test_what_is_no_crystal_or_no_step(stillinger_weber):
    for atoms, strain in ((molecule("H2O"), 1e-3), (bulk("Si", a=A0), 0.0), (bulk("Si", a=A0), np.nan)):
        with pytest.raises(MlipEduError, match="periodic along a, b, c"):
            elastic_constants(stillinger_weber(), atoms, strain=strain)
    with pytest.raises(MlipEduError, match="displacement > 0"):
        phonon_frequencies(stillinger_weber(), bulk("Si", a=A0), (1, 1, 1), [[0, 0, 0]], displacement=0.0)


Q_POINTS = [[0, 0, 0], [0.5, 0, 0.5], [0.5, 0.5, 0.5], [0.25, 0, 0.25]]  # Γ, X, L, half way to X


def test_phonons_of_stillinger_weber_are_those_of_ase(stillinger_weber, tmp_path):
    pytest.importorskip("phonopy")
    ours = phonon_frequencies(stillinger_weber(), bulk("Si", a=A0), (4, 4, 4), Q_POINTS)
    peer = ase.phonons.Phonons(bulk("Si", a=A0), stillinger_weber(), (4, 4, 4), delta=0.01, name=str(tmp_path / "ph"))
    peer.run()
    peer.read(acoustic=False)
    theirs = peer.band_structure(Q_POINTS, verbose=False) / units._hplanck * units._e / 1e12
    np.testing.assert_allclose(ours[1:], theirs[1:], rtol=0, atol=5e-3)
    np.testing.assert_allclose(ours[0, 3:], theirs[0, 3:], rtol=0, atol=5e-3)
    assert np.abs(ours[0, :3]).max() < 1e-3  # the acoustic sum rule
    np.testing.assert_allclose(ours[0, 3:], ours[0, 3], rtol=1e-6)  # the optical phonon of diamond is threefold


def test_long_waves_are_sound(stillinger_weber):
    """Along [100] ω = q √(C/ρ), with C44 (twice) and C11: elastic constants and phonons know of each other."""
    pytest.importorskip("phonopy")
    q = 0.02
    frequencies = phonon_frequencies(stillinger_weber(), bulk("Si", a=A0), (4, 4, 4), [[0, q, q]])[0, :3]
    density = 8 * 28.085 * units._amu / (A0 * 1e-10) ** 3
    expected = 2 * q / (A0 * 1e-10) * np.sqrt(np.array([56.4, 56.4, 151.4]) * 1e9 / density) / 1e12
    np.testing.assert_allclose(frequencies, expected, rtol=0.01)


def test_phonons_without_phonopy_say_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "phonopy", None)
    with pytest.raises(MlipEduError, match="pip install phonopy"):
        phonon_frequencies(None, bulk("Si"), (1, 1, 1), [[0, 0, 0]])


def test_a_potential_of_ours_is_taken_as_it_is():
    potential = load_potential(Path(__file__).parent / "data" / "rann" / "si_radial_bond.rann")
    fit = equation_of_state(potential, bulk("Si", a=5.254))
    assert fit == equation_of_state(ase_calculator(potential), bulk("Si", a=5.254))
    crystal = bulk("Si", a=(4 * fit.volume) ** (1 / 3))
    crystal.calc = ase_calculator(potential)
    assert np.abs(crystal.get_stress()).max() < 1e-4
    c = elastic_constants(potential, crystal, relax=False)
    assert (c[0, 0] + 2 * c[0, 1]) / 3 == pytest.approx(fit.bulk_modulus, rel=0.02)
    np.testing.assert_allclose(c[3:, 3:], c[3, 3] * np.eye(3), atol=1e-3)


def test_the_acoustic_sum_rule_holds_for_ours():
    pytest.importorskip("phonopy")
    potential = load_potential(Path(__file__).parent / "data" / "rann" / "si_radial_bond.rann")
    frequencies = phonon_frequencies(potential, bulk("Si", a=5.2545), (2, 2, 2), [[0, 0, 0]])[0]
    acoustic = np.sort(np.abs(frequencies))[:3]
    assert acoustic.max() < 1e-3
    assert np.abs(frequencies).max() > 1
