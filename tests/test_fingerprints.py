"""Symmetry functions against dscribe, moments against triplets, screening, and parameters that make no sense."""

import math
from itertools import pairwise

import ase.build
import numpy as np
import pytest
import torch
from battery import features
from dscribe.descriptors import ACSF
from structures import changed, diamond, molecule, skewed, slab, tiny_skewed

from mlip_edu import AcsfFingerprint, AtomicSystem, Batch, Block, BondParameters, RadialParameters, RannFingerprint
from mlip_edu.errors import MlipEduError
from mlip_edu.fingerprints.moments import cosine_power_sums, exponents
from mlip_edu.fingerprints.rann import radial_fingerprint
from mlip_edu.fingerprints.screening import screening
from reference import rann_loops

RADIAL = [(0.05, 0.0), (1.0, 0.0), (2.0, 2.4)]
ANGULAR = [(0.01, 1.0, 1.0), (0.01, 1.0, -1.0), (0.1, 4.0, 1.0), (0.003, 16.0, -1.0)]
BOND = BondParameters(2.3, 5.0, 2.0, (1.0, 2.0, 3.5), n_cosines=6)


@pytest.mark.parametrize("elements", [("Si",), ("Si", "O"), ("Ge", "Si", "C")], ids="-".join)
@pytest.mark.parametrize("box", [diamond, skewed, tiny_skewed, molecule], ids=lambda box: box.__name__)
def test_acsf_is_that_of_dscribe(box, elements):
    system = box(elements)
    mine = features(AcsfFingerprint(elements, 5.0, RADIAL, ANGULAR), system)
    periodic = bool(system.pbc.any())
    g2 = [[eta, shift] for eta, shift in RADIAL]
    g4 = [list(parameters) for parameters in ANGULAR]
    atoms = system.to_ase()
    atoms.wrap()  # dscribe looks for no images of atoms outside the cell
    theirs = ACSF(species=elements, r_cut=5.0, g2_params=g2, g4_params=g4, periodic=periodic).create(atoms)
    assert mine.shape == theirs.shape
    np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-12 * np.abs(theirs).max())


def test_acsf_orders_its_elements_by_atomic_number():
    system = diamond(("Si", "O"))
    one, other = (AcsfFingerprint(e, 4.0, RADIAL, ANGULAR) for e in (("Si", "O"), ("O", "Si")))
    assert one.elements == other.elements == ("O", "Si")
    np.testing.assert_array_equal(features(one, system), features(other, system))


@pytest.mark.parametrize("box", [diamond, skewed, slab, molecule, tiny_skewed], ids=lambda box: box.__name__)
def test_moments_are_the_sum_over_triplets(box):
    """Σ_jl w_j v_l cos^m θ by ordered pairs of edges against the moment tensors, to 1e-11 of the largest."""
    system = box()
    edges = Batch.from_systems([system], 5.0).edges()
    rng = np.random.default_rng(0)
    left, right = (torch.from_numpy(rng.standard_normal((len(edges.centre), 2))) for _ in range(2))
    unit = edges.vector / edges.distance[:, None]
    for atom in range(len(system)):
        own = torch.nonzero(edges.centre == atom)[:, 0]
        cosine = unit[own] @ unit[own].T
        for other, weights in ((None, left), (right, right)):
            triplets = torch.stack(
                [torch.einsum("jq,lq,jl->q", left[own], weights[own], cosine**m) for m in range(8)], dim=1
            )
            tables = [None if w is None else edges.table(w).permute(2, 0, 1) for w in (left, other)]
            moments = cosine_power_sums(edges.unit_table, *tables, 8)[0][atom]
            torch.testing.assert_close(moments, triplets, rtol=0, atol=1e-11 * float(triplets.abs().max()))


def test_exponents_are_all_and_in_order():
    assert exponents(1) == ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1))
    assert len(exponents(5)) == len(set(exponents(5))) == math.comb(5 + 3, 3)
    assert all(sum(a) <= sum(b) for a, b in pairwise(exponents(5)))


def test_a_bond_by_hand():
    """Two neighbours at a right angle: j = l twice, and the two ordered pairs with cos θ = 0."""
    system = AtomicSystem([[0, 0, 0], [2, 0, 0], [0, 2, 0]], np.zeros((3, 3)), ["Si"] * 3, False)
    parameters = BondParameters(1.0, 2.5, 0.1, (0.5,), n_cosines=3)
    found = features(RannFingerprint([Block("Si", ("all", "all"), parameters)]), system)[0]
    weight = math.exp(-0.5 * 2.0)
    np.testing.assert_allclose(found, [4 * weight**2, 2 * weight**2, 2 * weight**2], rtol=1e-14)


def test_a_radial_by_hand():
    """n − o + 1 features, each power with its own decay."""
    system = AtomicSystem([[0, 0, 0], [2, 0, 0]], np.zeros((3, 3)), ["Si"] * 2, False)
    parameters = RadialParameters(0.5, 3.0, 0.5, (0.1, 0.2, 0.3), lowest_power=-1)
    found = radial_fingerprint(Batch.from_systems([system], 3.0).edges(), parameters)[0][0]
    expected = [4.0**p * math.exp(-alpha * 4.0) for p, alpha in ((-1, 0.1), (0, 0.2), (1, 0.3))]
    np.testing.assert_allclose(found, expected, rtol=1e-14)


@pytest.mark.parametrize("slots", [("Ge", "all"), ("all", "Ge"), ("Si", "Ge"), ("Ge", "Si"), ("Ge", "Ge")])
@pytest.mark.parametrize("elements", [("Si", "Ge"), ("Si",)], ids="-".join)
def test_slots_pick_the_neighbours(slots, elements):
    """Also where no, or every, neighbour is of the wanted element."""
    rann = RannFingerprint([Block("Si", slots, BOND), Block("Ge", slots, BOND)])
    for system in (diamond(elements), molecule((*elements, "Ge", "Ge", "Ge", "Ge"))):
        expected = np.array(rann_loops.fingerprint(system, rann))
        np.testing.assert_allclose(features(rann, system), expected, rtol=0, atol=1e-11 * max(1, expected.max()))


# ---------------------------------------------------------------------------------------------- screening


def screened(positions, ranges=None, species=None):
    """S of the edges of atom 0, by neighbour."""
    n = len(positions)
    system = AtomicSystem(positions, np.zeros((3, 3)), species or ["Si"] * n, False)
    edges = Batch.from_systems([system], 6.0).edges()
    values = screening(edges, ranges or {})
    return {int(j): float(s) for i, j, s in zip(edges.centre, edges.neighbour, values, strict=True) if i == 0}


def test_screening_on_the_line_and_off_it():
    assert screened([[0, 0, 0], [4, 0, 0], [2, 0.1, 0]]) == {1: 0.0, 2: 1.0}  # hidden behind atom 2
    assert screened([[0, 0, 0], [4, 0, 0], [-1, 4, 0]]) == {1: 1.0, 2: 1.0}  # far off the line
    assert screened([[0, 0, 0], [4, 0, 0], [-2, 0.1, 0]]) == {1: 1.0, 2: 1.0}  # behind atom 0
    # the ellipse through a point y above the middle of a bond of length 2l has C = (y/l)²
    half = screened([[0, 0, 0], [4, 0, 0], [2, 2 * math.sqrt(1.8), 0]])[1]
    assert half == pytest.approx((1 - 0.5**4) ** 2, abs=1e-12)


def test_screening_of_a_perfect_crystal():
    """Right angles are exact there: rounding must not decide whether an atom stands between two others."""
    for a in np.linspace(5.3, 5.6, 13):
        crystal = AtomicSystem.from_ase(ase.build.bulk("Si", "diamond", a=a, cubic=True))
        edges = Batch.from_systems([crystal], 5.0).edges()
        values = screening(edges, {})
        assert torch.isfinite(values).all()
        for distance in edges.distance.round(decimals=6).unique():
            shell = values[edges.distance.round(decimals=6) == distance]
            torch.testing.assert_close(shell, shell[:1].expand_as(shell), rtol=0, atol=1e-9)


def test_screening_range_is_that_of_centre_screener_and_partner():
    positions, species = [[0, 0, 0], [4, 0, 0], [2, 2 * math.sqrt(1.8), 0]], ["Si", "C", "Ge"]
    default = screened(positions, {}, species)[1]
    for triplet in (("Si", "C", "Ge"), ("C", "Ge", "Si"), ("Ge", "Ge", "C"), ("Si", "Ge", "Ge")):
        assert screened(positions, {triplet: (1.9, 2.8)}, species)[1] == default
    assert screened(positions, {("Si", "Ge", "C"): (1.9, 2.8)}, species)[1] == 0.0


def test_screening_equals_the_loops_everywhere():
    ranges = {("Si", "Ge", "Si"): (0.3, 2.5), ("Ge", "Si", "Ge"): (0.9, 5.0)}
    system = diamond(("Si", "Ge"), noise=0.4)
    edges = Batch.from_systems([system], 5.0).edges()
    values = screening(edges, ranges)
    assert ((values > 0) & (values < 1)).sum() > 20
    for atom in range(len(system)):
        own = edges.centre == atom
        kinds = [str(system.species[j]) for j in edges.neighbour[own]]
        expected = rann_loops.screening(edges.vector[own].tolist(), kinds, str(system.species[atom]), ranges)
        np.testing.assert_allclose(values[own], expected, rtol=0, atol=1e-12)


def test_a_screener_beyond_the_cutoff_does_not_screen():
    """A batch made for a larger cutoff gives the same features, also where its extra neighbours are in the way."""
    block = Block("Si", ("Si",), RadialParameters(2.3, 4.0, 3.0, (0.1,)), screened=True)
    rann = RannFingerprint([block], {("Si", "Si", "Si"): (0.8, 9.0)})
    system = AtomicSystem([[0, 0, 0], [3.5, 0, 0], [2.4, 3.3, 0]], np.zeros((3, 3)), ["Si"] * 3, False)
    wide = rann(Batch.from_systems([system], 6.0).edges()).numpy()
    np.testing.assert_allclose(wide, features(rann, system), rtol=1e-14)


# ---------------------------------------------------------------------------------- what cannot be meant


@pytest.mark.parametrize(
    "make",
    [
        lambda: RadialParameters(0.0, 5.0, 1.0, (1.0,)),
        lambda: RadialParameters(2.0, -5.0, 1.0, (1.0,)),
        lambda: RadialParameters(2.0, math.nan, 1.0, (1.0,)),
        lambda: RadialParameters(2.0, 5.0, math.inf, (1.0,)),
        lambda: RadialParameters(2.0, 5.0, 1.0, ()),
        lambda: RadialParameters(2.0, 5.0, 1.0, (math.nan,)),
        lambda: RadialParameters(2.0, 5.0, 1.0, (1.0,), lowest_power=0.5),
        lambda: BondParameters(2.0, 5.0, 1.0, (1.0,), n_cosines=0),
        lambda: BondParameters(2.0, 5.0, 1.0, (1.0,), n_cosines=2.5),
        lambda: Block("Si", ("Si", "Si"), RadialParameters(2.0, 5.0, 1.0, (1.0,))),
        lambda: Block("Si", ("Si",), BOND),
        lambda: Block("all", ("all", "all"), BOND),
        lambda: Block("Si", ("Qq", "all"), BOND),
        lambda: RannFingerprint([]),
        lambda: RannFingerprint([Block("Si", ("all", "all"), BOND)], {("Si", "Si", "Si"): (2.8, 0.8)}),
        lambda: RannFingerprint([Block("Si", ("all", "all"), BOND)], {("Si", "Si", "Si"): (0.8, 0.8)}),
        lambda: RannFingerprint([Block("Si", ("all", "all"), BOND)], {("Si", "all", "Si"): (0.8, 2.8)}),
        lambda: AcsfFingerprint(["Si"], 0.0),
        lambda: AcsfFingerprint(["Si"], math.nan),
        lambda: AcsfFingerprint(["Si"], math.inf),
        lambda: AcsfFingerprint([], 5.0),
        lambda: AcsfFingerprint(["Qq"], 5.0),
        lambda: AcsfFingerprint(["Si", "Si"], 5.0),
        lambda: AcsfFingerprint(["Si"], 5.0, [(math.nan, 0.0)]),
        lambda: AcsfFingerprint(["Si"], 5.0, (), [(0.1, 0.5, 1.0)]),
        lambda: AcsfFingerprint(["Si"], 5.0, [], [(0.1, 1.0, 0.5)]),
    ],
)
def test_parameters_without_a_sense_are_refused(make):
    with pytest.raises(MlipEduError):
        make()


def test_unknown_element_is_refused():
    with pytest.raises(MlipEduError, match="knows Si and cannot describe Ge"):
        features(RannFingerprint([Block("Si", ("all", "all"), BOND)]), diamond(("Si", "Ge")))


@pytest.mark.parametrize(
    "fingerprint",
    [
        RannFingerprint([Block("Si", ("Si",), RadialParameters(2.0, 5.0, 1.0, (1.0, 2.0), -1), True, 3)]),
        RannFingerprint([Block("Si", ("Ge", "all"), BOND)], {("Si", "Si", "Si"): (0.7, 2.0)}),
        AcsfFingerprint(["Si", "O"], 5.0, RADIAL, ANGULAR),
    ],
    ids=["radial", "bond", "acsf"],
)
def test_description_and_back(fingerprint):
    again = type(fingerprint).from_dict(fingerprint.to_dict())
    assert again.to_dict() == fingerprint.to_dict()
    system = diamond(fingerprint.elements)
    np.testing.assert_array_equal(features(again, system), features(fingerprint, system))


def test_species_of_the_neighbours_matter():
    rann = RannFingerprint([Block("Si", ("Ge",), RadialParameters(2.3, 5.0, 2.0, (1.0, 2.0)))])
    system = molecule()
    silicon, mixed = system, changed(system, species=["Si", *["Ge"] * (len(system) - 1)])
    with pytest.raises(MlipEduError):
        features(rann, mixed)  # germanium is a neighbour this fingerprint knows, but no centre
    assert (features(rann, silicon) == 0).all()


def test_default_fingerprint_of_two_elements():
    """Radial features for each neighbouring element, bond features for each pair; writable as .rann."""
    fingerprint = RannFingerprint.default(["Si", "Ge"], cutoff=4.5)
    assert fingerprint.cutoff == 4.5
    assert [fingerprint.n_features(element) for element in ("Si", "Ge")] == [2 * 12 + 3 * 48] * 2
    assert [block.centre for block in fingerprint.blocks] == ["Si"] * 5 + ["Ge"] * 5
    system = diamond(("Si", "Ge"))
    features = fingerprint(Batch.from_systems([system], 4.5).edges())
    assert torch.isfinite(features).all()
    swapped = diamond(("Ge", "Si"))
    other = fingerprint(Batch.from_systems([swapped], 4.5).edges())
    assert (features - other).abs().max() > 1e-3
