"""The power spectrum against dscribe and the meaning of its normalisation; the rest is tested by the battery."""

import math

import numpy as np
import pytest
import torch
from battery import features
from dscribe.descriptors import SOAP
from scipy.spatial.transform import Rotation
from scipy.special import sph_harm_y
from structures import diamond, lone_atom, molecule, skewed, tiny_skewed

from mlip_edu import AtomicSystem, MlipEduError
from mlip_edu.fingerprints import SoapFingerprint
from mlip_edu.fingerprints.soap.harmonics import solid_harmonics, solid_harmonics_and_slopes
from reference import soap_loops

SILICON = {"elements": ["Si"], "cutoff": 5.0}


def as_in_dscribe(elements, r_cut, n_max, l_max, sigma):
    """dscribe counts neighbours further than r_cut, as far as their Gaussians reach down to 10⁻³."""
    reach = r_cut + sigma * math.sqrt(2 * math.log(1e3))
    return SoapFingerprint(elements, reach, n_max, l_max, sigma=sigma, fade=0, basis_radius=r_cut)


@pytest.mark.parametrize("box", [diamond, skewed, tiny_skewed, molecule], ids=lambda box: box.__name__)
@pytest.mark.parametrize(
    ("elements", "r_cut", "n_max", "l_max", "sigma", "tolerance"),
    [
        (["Si"], 5.0, 8, 6, 0.5, 1e-8),
        (["Si"], 4.0, 4, 9, 0.4, 1e-10),
        (["Ge", "Si"], 4.0, 4, 6, 0.5, 1e-10),
        (["Si", "C", "O"], 3.5, 3, 2, 0.3, 1e-11),
    ],
    ids=["n=8 l=6", "n=4 l=9", "two elements", "three elements"],
)
def test_power_spectrum_is_that_of_dscribe(elements, r_cut, n_max, l_max, sigma, tolerance, box, record_property):
    """The more radial functions, the more alike they are, and S^{−1/2} carries fewer digits, in dscribe as here."""
    system = box(elements)
    peer = SOAP(
        species=elements, periodic=bool(system.pbc.any()), r_cut=r_cut, n_max=n_max, l_max=l_max, sigma=sigma
    )  # fmt: skip
    atoms = system.to_ase()
    atoms.wrap()  # dscribe's numbers for atoms outside of the cell are wrong
    expected = peer.create(atoms)
    fingerprint = as_in_dscribe(elements, r_cut, n_max, l_max, sigma)
    found = features(fingerprint, system)
    width = len(elements) * n_max
    first, second = fingerprint.column // width % width, fingerprint.column % width
    found = found / np.where(first == second, 1.0, math.sqrt(2))  # the documented normalisation
    difference = float(np.abs(found - expected).max() / np.abs(expected).max())
    record_property("relative difference", float(difference))
    print(f"{difference:.1e}")
    assert difference < tolerance


def all_rotations(n):
    """Rotation matrices and weights that sum up to 1: Euler angles, exact for polynomials of low degree."""
    cosines, weights = np.polynomial.legendre.leggauss(n)
    around = 2 * np.pi * np.arange(2 * n) / (2 * n)
    a, b, c = (x.ravel() for x in np.meshgrid(around, np.arccos(cosines), around, indexing="ij"))
    turns = Rotation.from_euler("ZYZ", np.transpose([a, b, c])).as_matrix()
    return turns, np.broadcast_to(weights[:, None] / 2, (2 * n, n, 2 * n)).ravel() / (2 * n) ** 2


def test_scalar_product_is_the_squared_overlap_integrated_over_rotations(record_property):
    """∫ (∫ ρ(r) ρ'(Rr) d³r)² dR with the overlap of two Gaussians in closed form, as far as the basis resolves it."""
    rng, species, sigma = np.random.default_rng(0), ["Si", "Ge", "Si", "Ge"], 0.5
    clusters = [np.vstack([np.zeros(3), rng.uniform(-1.2, 1.2, (3, 3))]) for _ in range(2)]
    turns, weights = all_rotations(14)
    distances = np.linalg.norm(clusters[0][:, None] - np.einsum("tab,jb->tja", turns, clusters[1])[:, None], axis=3)
    gauss = (math.pi * sigma**2) ** 1.5 * np.exp(-(distances**2) / (4 * sigma**2)) * np.equal.outer(species, species)
    expected = 8 * math.pi**2 * weights @ gauss.sum((1, 2)) ** 2
    differences = []
    for n_max, l_max in ((4, 4), (8, 9)):
        fingerprint = SoapFingerprint(["Ge", "Si"], 6.0, n_max, l_max, sigma=sigma, fade=0, basis_radius=4.5)
        rows = [features(fingerprint, AtomicSystem(c, np.zeros((3, 3)), species, False))[0] for c in clusters]
        differences.append(abs(rows[0] @ rows[1] / expected - 1))
    record_property("relative differences", str(differences))
    print(differences)
    assert differences[1] < 1e-4
    assert differences[1] < 0.1 * differences[0]


# -------------------------------------------------------------------------------------------------- harmonics


def points():
    generator = torch.Generator().manual_seed(0)
    vectors = 1.5 * torch.randn(3, 40, dtype=torch.float64, generator=generator)
    vectors[:, :4] = torch.tensor([[0, 0, 1.3], [0, 0, -0.7], [0, 0, 0], [0.4, 0, 0]]).T  # poles, origin, equator
    return vectors


def test_harmonics_are_those_of_scipy():
    x, y, z = vectors = points().numpy()
    r = np.linalg.norm(vectors, axis=0)
    polar, around = np.arctan2(np.hypot(x, y), z), np.arctan2(y, x)
    found = solid_harmonics(points(), 10).numpy()
    for degree in range(11):
        for m in range(-degree, degree + 1):
            value = (-1) ** m * sph_harm_y(degree, abs(m), polar, around)  # without the sign of Condon and Shortley
            real = value.real if m == 0 else math.sqrt(2) * (value.imag if m < 0 else value.real)
            expected = r**degree * real
            np.testing.assert_allclose(
                found[degree**2 + degree + m], expected, rtol=0, atol=1e-12 * max(1, np.abs(expected).max())
            )


def test_slopes_of_harmonics_are_those_of_autograd():
    vectors = points().requires_grad_()
    expected = solid_harmonics(vectors, 8)
    values, slopes = solid_harmonics_and_slopes(points(), 8)
    torch.testing.assert_close(values, expected, rtol=0, atol=0)
    for row, found in zip(expected, slopes.transpose(0, 1), strict=True):
        (slope,) = torch.autograd.grad(row.sum(), vectors, retain_graph=True)
        torch.testing.assert_close(found, slope, rtol=0, atol=1e-13 * float(1 + slope.abs().max()))


# ---------------------------------------------------------------------------------------------------- options


def test_a_lone_atom():
    fingerprint = SoapFingerprint(["Ge", "Si"], 4.0, 3, 2)
    for element in fingerprint.elements:
        found, (expected,) = (
            features(fingerprint, lone_atom(element)),
            soap_loops.fingerprint(lone_atom(element), fingerprint),
        )
        np.testing.assert_allclose(found[0], expected, rtol=0, atol=1e-12 * max(expected))
    without = SoapFingerprint(["Ge", "Si"], 4.0, 3, 2, centre=False)
    assert (features(without, lone_atom("Si")) == 0).all()


def test_without_a_cutoff_function_there_is_a_jump():
    fingerprint = SoapFingerprint(**SILICON, n_max=4, l_max=3, fade=0)
    pair = [AtomicSystem([[0, 0, 0], [r, 0, 0]], np.zeros((3, 3)), ["Si"] * 2, False) for r in (4.9999, 5.0001)]
    inside, outside = (features(fingerprint, system) for system in pair)
    assert np.abs(inside - outside).max() > 0.01
    np.testing.assert_array_equal(outside[0], features(fingerprint, lone_atom())[0])


def test_shipped_order_and_number_of_features():
    assert SoapFingerprint(**SILICON).n_columns == 252
    two = SoapFingerprint(["Si", "Ge"], 5.0, 3, 2)
    assert two.elements == ("Si", "Ge")
    assert two.n_columns == 6 * 7 // 2 * 3


def test_back_from_its_description():
    for fingerprint in (SoapFingerprint(**SILICON), as_in_dscribe(["Si", "Ge"], 4.0, 3, 2, 0.4)):
        again = SoapFingerprint.from_dict(fingerprint.to_dict())
        system = skewed(fingerprint.elements)
        np.testing.assert_array_equal(features(again, system), features(fingerprint, system))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_max": 4.0}, "whole number above 0"),
        ({"n_max": 0}, "whole number above 0"),
        ({"l_max": -1}, "from 0 to 20; found 8 and -1"),
        ({"l_max": 21}, "from 0 to 20"),
        ({"cutoff": 0.0}, "fade ≤ cutoff"),
        ({"cutoff": float("nan")}, "fade ≤ cutoff"),
        ({"fade": 5.1}, r"fade 5\.1"),
        ({"fade": -0.1}, r"fade -0\.1"),
        ({"sigma": 0.0}, r"sigma 0\.0"),
        ({"basis_radius": 1.0}, "between 1 and 100"),
        ({"n_max": 30}, "too alike within 5"),
        ({"elements": []}, "different elements"),
        ({"elements": ["Si", "Si"]}, "different elements"),
        ({"elements": ["Xx"]}, "chemical symbols"),
    ],
)
def test_refusals(changes, message):
    with pytest.raises(MlipEduError, match=message):
        SoapFingerprint(**(SILICON | changes))


def test_unknown_neighbours_are_refused():
    with pytest.raises(MlipEduError, match="cannot describe Ge"):
        features(SoapFingerprint(**SILICON), skewed(("Si", "Ge")))
