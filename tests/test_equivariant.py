"""Harmonics and products against e3nn, vectors that turn along, and how far NequIP and Allegro see."""

import itertools

import numpy as np
import pytest
import torch
from battery import EVERY_KIND, make_potential
from e3nn import o3
from structures import changed, diamond, lone_atom, rotation, skewed, tiny_skewed

from mlip_edu import AtomicSystem, Batch, MlipEduError
from mlip_edu.models import Allegro, NequIP
from mlip_edu.models.equivariant import clebsch_gordan, harmonics
from mlip_edu.models.equivariant.products import TensorProduct, paths

AXES = [1, 2, 0]  # e3nn's x, y, z are our y, z, x
DEGREES = [p for p in itertools.product(range(3), repeat=3) if abs(p[0] - p[1]) <= p[2] <= p[0] + p[1]]
TURNS = {
    "rotation": rotation(),
    "reflection": rotation(8) @ np.diag([1.0, -1.0, 1.0]),
    "inversion": -np.eye(3),
}
every_turn = pytest.mark.parametrize("turn", TURNS.values(), ids=TURNS.keys())


def random_vectors(n=200, seed=0):
    return torch.randn(n, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def how_it_turns(kind, turn):
    """e3nn's D(R) for features of this kind, (2l + 1, 2l + 1)."""
    turn = torch.from_numpy(turn)[AXES][:, AXES]
    return o3.Irreps(kind).D_from_matrix(turn)


@pytest.fixture
def double_precision():
    """e3nn makes its tables in the default dtype."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def nequip(elements=("Ge", "Si"), cutoff=3.8, **options):
    sizes = {"width": 4, "layers": 4, "kinds": EVERY_KIND, "n_basis": 4, "hidden": 5}
    return NequIP(elements, cutoff, **(sizes | options), generator=torch.Generator().manual_seed(2))


def allegro(elements=("Ge", "Si"), cutoff=3.8, **options):
    sizes = {"width": 6, "channels": 3, "layers": 3, "kinds": EVERY_KIND, "n_basis": 4, "hidden": 5}
    return Allegro(elements, cutoff, **(sizes | options), generator=torch.Generator().manual_seed(2))


# ------------------------------------------------------------------------------------------ against e3nn


def test_harmonics_are_those_of_e3nn():
    vectors = random_vectors()
    for kind, found in harmonics(vectors).items():
        expected = o3.spherical_harmonics(kind, vectors[:, AXES], True, "component")
        error = float((found - expected).abs().max())
        print(f"Y {kind}: {error:.1e} from e3nn")
        assert error < 1e-12


@pytest.mark.parametrize("degrees", DEGREES)
def test_coefficients_are_those_of_e3nn(degrees):
    error = float((clebsch_gordan(*degrees) - o3.wigner_3j(*degrees, dtype=torch.float64)).abs().max())
    print(f"C {degrees}: {error:.1e} from e3nn")
    assert error < 1e-12


@pytest.mark.usefixtures("double_precision")
def test_products_are_those_of_e3nn():
    """Every path of every kind with every harmonic, against e3nn's TensorProduct without weights."""
    found_paths = paths(EVERY_KIND, ("0e", "1o", "2e"), EVERY_KIND)
    assert len(found_paths) == 2 * len(DEGREES)
    generator = torch.Generator().manual_seed(1)
    v = {k: torch.randn(50, 2, 2 * int(k[0]) + 1, dtype=torch.float64, generator=generator) for k in EVERY_KIND}
    y = {kind: values[:, None] for kind, values in harmonics(random_vectors(50)).items()}
    found = TensorProduct(EVERY_KIND, tuple(y), EVERY_KIND)(v, y)
    worst = 0.0
    for c in EVERY_KIND:
        rows = found[c].split(2, dim=1)
        mine = [path for path in found_paths if path[2] == c]
        for (a, b, _), part in zip(mine, rows, strict=True):
            peer = o3.TensorProduct(a, b, c, [(0, 0, 0, "uuu", False)], irrep_normalization="component")
            expected = peer(v[a].flatten(0, 1), y[b].expand(50, 2, -1).flatten(0, 1)).view(50, 2, -1)
            worst = max(worst, float((part - expected).abs().max()))
    print(f"products: {worst:.1e} from e3nn")
    assert worst < 1e-12


def test_products_of_two_vectors():
    """What the docstring says: the dot product and the cross product, up to their scale."""
    a, b = random_vectors(seed=1), random_vectors(seed=2)
    v, y = {"1o": a[:, None, AXES]}, {"1o": b[:, None, AXES]}
    found = TensorProduct(("1o",), ("1o",), ("0e", "1e"))(v, y)
    dot, cross = (a * b).sum(1) / 3**0.5, torch.linalg.cross(a, b)[:, AXES] / 2**0.5
    torch.testing.assert_close(found["0e"][:, 0, 0], dot, rtol=0, atol=1e-14)
    torch.testing.assert_close(found["1e"][:, 0], cross, rtol=0, atol=1e-14)


# ---------------------------------------------------------------------------------------- equivariance


@pytest.mark.usefixtures("double_precision")
@every_turn
@pytest.mark.parametrize("box", [skewed, tiny_skewed], ids=lambda box: box.__name__)
def test_every_tensor_turns_along(box, turn):
    """All kinds after every layer of NequIP, with the D matrices of e3nn."""
    fingerprint, system = nequip(), box(("Ge", "Si"))
    turned = changed(system, positions=system.positions @ turn.T, cell=system.cell @ turn.T)
    stages, expected = (fingerprint.tensors(Batch.from_systems([s], 3.8).edges()) for s in (turned, system))
    worst, seen = 0.0, set()
    for found, before in zip(stages, expected, strict=True):
        for kind, values in before.items():
            d = how_it_turns(kind, turn)
            scale = float(values.detach().abs().max())
            worst = max(worst, float((found[kind] - values @ d.T).detach().abs().max()) / scale)
            unchanged = torch.equal(d, torch.eye(len(d), dtype=d.dtype))
            assert unchanged or float((values @ d.T - values).detach().abs().max()) > 0.1 * scale
            seen.add(kind)
    print(f"{len(seen)} kinds turn along to {worst:.1e}")
    assert seen == set(EVERY_KIND)
    assert worst < 1e-10


@every_turn
def test_vectors_in_plain_axes(turn):
    """Without e3nn: a polar vector turns with R, an axial one with R det R, a pseudoscalar with det R."""
    fingerprint, system = nequip(), skewed(("Ge", "Si"))
    turned = changed(system, positions=system.positions @ turn.T, cell=system.cell @ turn.T)
    after, before = (fingerprint.tensors(Batch.from_systems([s], 3.8).edges())[-2] for s in (turned, system))
    matrix, sign = torch.from_numpy(turn), round(np.linalg.det(turn))
    xyz = [2, 0, 1]  # from y, z, x
    for kind, factor in (("1o", matrix), ("1e", matrix * sign)):
        np.testing.assert_allclose(
            after[kind][..., xyz].detach(), (before[kind][..., xyz] @ factor.T).detach(), rtol=0, atol=1e-10
        )
    np.testing.assert_allclose(after["0o"].detach(), sign * before["0o"].detach(), rtol=0, atol=1e-10)
    assert before["0o"].abs().max() > 1e-9


@pytest.mark.usefixtures("double_precision")
def test_a_bent_vector_does_not_turn_along():
    """The counter-check: silu of each entry of a vector, in place of a gate, is caught by the same test."""
    turn, fingerprint, system = TURNS["rotation"], nequip(), skewed(("Ge", "Si"))
    turned = changed(system, positions=system.positions @ turn.T, cell=system.cell @ turn.T)
    after, before = (fingerprint.tensors(Batch.from_systems([s], 3.8).edges())[1]["1o"] for s in (turned, system))
    wrong = torch.nn.functional.silu(before) @ how_it_turns("1o", turn).T
    assert (torch.nn.functional.silu(after) - wrong).abs().max() > 1e-3 * before.abs().max()


@pytest.mark.parametrize("make", [nequip, allegro])
def test_mirror_images_are_told_apart_by_pseudoscalars_alone(make):
    """Energies of mirror images are equal, whatever the kinds."""
    potential, system = make_potential(make(), "tanh"), skewed(("Ge", "Si"))
    mirrored = changed(system, positions=-system.positions, cell=-system.cell)
    assert potential.predict(mirrored).energy[0] == pytest.approx(potential.predict(system).energy[0], abs=1e-10)


# -------------------------------------------------------------------------------------------- locality


def far_atom(distance):
    """Three atoms close together, and one within the cutoff of the third alone, which then moves."""
    positions = [[0, 0, 0], [2.2, 0, 0], [2.8, 2.1, 0.4], [2.8 + distance, 2.4, 0.6]]
    return AtomicSystem(positions, np.zeros((3, 3)), ["Si", "Ge", "Si", "Ge"], False)


def test_allegro_is_strictly_local_and_nequip_is_not():
    """The far atom is out of reach of atom 0, and within reach of its neighbour."""
    near, moved = far_atom(2.9), far_atom(3.1)
    lengths = [np.linalg.norm(s.positions[3] - s.positions, axis=1)[:3] for s in (near, moved)]
    assert min(length[0] for length in lengths) > 5.5
    assert max(length[2] for length in lengths) < 3.8
    for layers in (1, 2, 3):
        changes = {}
        for make in (nequip, allegro):
            fingerprint = make(layers=layers)
            energies = [make_potential(fingerprint, "tanh").predict(s).atomic_energy for s in (near, moved)]
            changes[make.__name__] = np.abs(energies[0] - energies[1])
        print(f"{layers} layers, change of E_0: " + ", ".join(f"{n} {c[0]:.1e} eV" for n, c in changes.items()))
        assert changes["allegro"][0] == 0.0
        assert (changes["nequip"][0] > 1e-9) == (layers > 1)
        assert min(c[2] for c in changes.values()) > 1e-5


def test_allegro_sums_over_pairs():
    """With a linear network, E_i is a sum of pair energies, each of which knows the other neighbours of i."""
    fingerprint, system = allegro(), skewed(("Ge", "Si"))
    potential = make_potential(fingerprint, "linear")
    edges = Batch.from_systems([system], 3.8).edges()
    energy = potential(edges).detach().numpy()
    pairs = fingerprint.pairs(edges).detach()
    for i, element in enumerate(system.species):
        network = potential.networks[element]
        slope = (network.weights[0][0] / network.scale).detach()
        constant = network.biases[0] - (slope * network.mean).sum() + network.reference_energy
        constant = constant.detach()
        own = pairs[edges.centre == i] @ slope / fingerprint.options["n_neighbours"] ** 0.5
        assert float(own.sum() + constant) == pytest.approx(energy[i], abs=1e-12)
    without = changed(system, positions=system.positions[:-1], species=system.species[:-1])
    fewer = fingerprint.pairs(Batch.from_systems([without], 3.8).edges()).detach()
    assert not any(torch.isclose(row, fewer, rtol=1e-9, atol=0).all(1).any() for row in pairs[edges.centre == 0])


# ------------------------------------------------------------------------------------------------ input


@pytest.mark.parametrize("make", [nequip, allegro])
def test_kinds_are_checked(make):
    for kinds in (("0e", "3o"), ("0e", "0e"), ("1o", "2e"), ()):
        with pytest.raises(MlipEduError, match="expected different kinds out of 0e, 0o"):
            make(kinds=kinds)
    assert np.isfinite(make_potential(make(kinds=("0e",)), "tanh").predict(diamond(("Ge", "Si"))).energy).all()


@pytest.mark.parametrize("make", [nequip, allegro])
def test_a_lone_atom_has_its_reference_energy(make):
    fingerprint = make()
    edges = Batch.from_systems([lone_atom("Ge")], 3.8).edges()
    assert (fingerprint(edges) == 0).all()
