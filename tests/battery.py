"""The fingerprints and potentials that every general test runs on. Add a new one here, and nowhere else."""

from dataclasses import dataclass

import numpy as np
import torch
from structures import diamond, skewed, tiny_skewed

from mlip_edu import (
    AcsfFingerprint,
    AtomicNetwork,
    Batch,
    Block,
    BondParameters,
    Potential,
    RadialParameters,
    RannFingerprint,
)
from mlip_edu.fingerprints import Fingerprint, MtpFingerprint, SnapFingerprint, SoapFingerprint
from mlip_edu.models import Allegro, KernelModel, MessagePassing, NequIP, PairNetwork
from mlip_edu.models.message_passing import LearnedFingerprint, potential_of
from mlip_edu.models.symbolic import FormulaFingerprint, Term, Tree
from reference import (
    acsf_loops,
    formula_loops,
    message_loops,
    mtp_loops,
    pair_loops,
    rann_loops,
    snap_loops,
    soap_loops,
)

CUTOFF = 4.8
RADIAL = RadialParameters(2.35, CUTOFF, 1.6, (4.9, 5.1, 5.4, 5.0), lowest_power=-1)
BOND = BondParameters(2.35, 4.5, 2.1, (1.0, 2.5), n_cosines=4)


@dataclass(frozen=True)
class Case:
    """A fingerprint, the elements it is for, and its loop version: loops(system, fingerprint) → rows."""

    name: str
    fingerprint: Fingerprint
    loops: object
    zero_alone: bool = True  # is every feature of a lone atom 0?

    @property
    def elements(self):
        return self.fingerprint.elements

    @property
    def cutoff(self):
        return self.fingerprint.cutoff


def _two_elements(screened=False):
    blocks = []
    for centre, other in (("Si", "Ge"), ("Ge", "Si")):
        blocks += [
            Block(centre, (centre,), RADIAL, screened),
            Block(centre, (other,), RadialParameters(2.4, 4.2, 1.5, (4.1, 3.0, 2.2)), screened),
            Block(centre, ("all", "all"), BOND, screened),
            Block(centre, ("Si", "Ge"), BondParameters(2.3, CUTOFF, 2.0, (1.7,), n_cosines=3), screened),
        ]
    blocks.append(Block("Ge", ("Ge", "all"), BondParameters(2.5, 4.0, 1.2, (0.9,), n_cosines=2), screened))
    ranges = {("Si", "Ge", "Si"): (0.5, 2.0), ("Ge", "Si", "Si"): (0.9, 9.0)} if screened else None
    return RannFingerprint(blocks, ranges)


def _learned(kind, elements, **options):
    """An untrained learned fingerprint, small: a step in every direction of every test is a computation."""
    sizes = {"width": 5, "layers": 2, "n_basis": 4, "hidden": 6, "n_neighbours": 12.0}
    generator = torch.Generator().manual_seed(6)
    fingerprint = kind(elements, 3.6, **(sizes | options), generator=generator)
    for parameter in fingerprint.parameters():
        if parameter.dim() == 1:  # a trained bias is not zero
            parameter.data.normal_(generator=generator)
    return fingerprint


def _pair_network(elements):
    """An untrained pair network, small, its biases and its energies of a size as if trained."""
    generator = torch.Generator().manual_seed(7)
    fingerprint = PairNetwork(elements, 3.6, 4, 5, n_neighbours=8.0, generator=generator)
    for parameter in fingerprint.parameters():
        if parameter.dim() == 1:
            parameter.data.normal_(generator=generator)
    for network in fingerprint.networks.values():
        network.weights[-1].data *= 20
    return fingerprint


def _formula():
    """A pair term and two three-body terms: e^(0.5 r)/r⁴, e^(−r) with cos²θ, r⁻³ with cos θ (cos θ + ⅔)."""
    x, half, two_thirds = Tree("x"), Tree("number", value=0.5), Tree("number", value=2 / 3)
    fourth, third, minus = (Tree("power", (x,), n) for n in (-4, -3, -1))
    grows = Tree("exp", (Tree("*", (half, x)),))
    decays = Tree("power", (Tree("exp", (x,)),), -1)
    angle = Tree("*", (x, Tree("+", (x, two_thirds))))
    terms = [Term(Tree("*", (grows, fourth))), Term(decays, Tree("power", (x,), 2)), Term(third, angle), Term(minus)]
    return FormulaFingerprint("Si", CUTOFF, 1.7, terms)


EVERY_KIND = ("0e", "0o", "1e", "1o", "2e", "2o")
FINGERPRINTS = [
    Case("rann radial", RannFingerprint([Block("Si", ("Si",), RADIAL)]), rann_loops.fingerprint),
    Case("rann bond", RannFingerprint([Block("Si", ("all", "all"), BOND)]), rann_loops.fingerprint),
    Case(
        "rann screened",
        RannFingerprint([Block("Si", ("Si",), RADIAL, True), Block("Si", ("all", "all"), BOND, True)]),
        rann_loops.fingerprint,
    ),
    Case("rann two elements", _two_elements(), rann_loops.fingerprint),
    Case("rann two elements screened", _two_elements(screened=True), rann_loops.fingerprint),
    Case(
        "acsf",
        AcsfFingerprint(["Si"], CUTOFF, [(0.4, 0.0), (1.5, 2.3)], [(0.02, 1.0, 1.0), (0.05, 4.0, -1.0)]),
        acsf_loops.fingerprint,
    ),
    Case(
        "acsf two elements",
        AcsfFingerprint(["Ge", "Si"], CUTOFF, [(0.4, 0.0), (1.5, 2.3)], [(0.02, 2.0, -1.0)]),
        acsf_loops.fingerprint,
    ),
    Case("mtp", MtpFingerprint(["Si"], CUTOFF, 10, n_radial=2, radial_cost=4), mtp_loops.fingerprint),
    Case(
        "mtp two elements",
        MtpFingerprint(["Ge", "Si"], 4.3, 6, n_radial=3, radial_cost=2, r_min=1.0),
        mtp_loops.fingerprint,
    ),
    Case("snap", SnapFingerprint(["Si"], CUTOFF, 3), snap_loops.fingerprint),
    Case(
        "snap two elements",
        SnapFingerprint(["Ge", "Si"], CUTOFF, 2, weights=(0.8, 1.3), rfac0=0.9, rmin0=0.4, bnormflag=True),
        snap_loops.fingerprint,
    ),
    Case("soap", SoapFingerprint(["Si"], CUTOFF, 3, 3, fade=2.0), soap_loops.fingerprint, zero_alone=False),
    Case(
        "soap two elements",
        SoapFingerprint(["Ge", "Si"], CUTOFF, 2, 2, sigma=0.6, fade=2.5, basis_radius=4.0, centre=False),
        soap_loops.fingerprint,
    ),
    Case("formula", _formula(), formula_loops.fingerprint),
    Case("pair network", _pair_network(["Si"]), pair_loops.fingerprint),
    Case("pair network two elements", _pair_network(["Ge", "Si"]), pair_loops.fingerprint),
    Case("message passing", _learned(MessagePassing, ["Ge", "Si"]), message_loops.message_passing),
    Case("nequip", _learned(NequIP, ["Si"], width=3, kinds=EVERY_KIND), message_loops.nequip),
    Case("nequip two elements", _learned(NequIP, ["Ge", "Si"], width=3), message_loops.nequip),
    Case("allegro", _learned(Allegro, ["Si"], channels=2, kinds=EVERY_KIND), message_loops.allegro),
    Case("allegro two elements", _learned(Allegro, ["Ge", "Si"], channels=2), message_loops.allegro),
]
MODELS = {"linear": ((), "linear"), "tanh": ((5,), "tanh"), "sigI": ((6, 4), "sigI"), "silu": ((5,), "silu")}


def features(fingerprint, *systems, dtype=None):
    """Features of one or several systems, (atoms, columns), as an array."""
    return fingerprint(Batch.from_systems(systems, fingerprint.cutoff).edges(dtype=dtype)).detach().numpy()


def make_potential(fingerprint, model):
    """A potential with fixed random weights, its inputs standardised so that every feature matters."""
    hidden, activation = MODELS[model]
    elements = fingerprint.elements
    systems = [diamond(elements, noise=0.4), skewed(elements), tiny_skewed(elements)]
    table = features(fingerprint, *systems)
    species = np.concatenate([system.species for system in systems])
    networks = {}
    for number, element in enumerate(elements):
        width = fingerprint.n_features(element)
        network = AtomicNetwork((width, *hidden, 1), activation, torch.Generator().manual_seed(number))
        own = torch.from_numpy(table[species == element, :width])
        network.mean.copy_(own.mean(0))
        network.scale.copy_(own.std(0))
        network.reference_energy = -1.5 * (number + 1)
        networks[element] = network
    return potential_of(fingerprint, networks)


def make_kernels(fingerprint, zeta):
    """A kernel potential with sparse points taken from rattled boxes and fixed random coefficients."""
    table = torch.from_numpy(features(fingerprint, *(diamond((e,), noise=0.4) for e in fingerprint.elements)))
    models = {}
    for number, element in enumerate(fingerprint.elements):
        own = table[8 * number : 8 * number + 8]
        model = KernelModel((own.shape[1], len(own), 1), zeta)
        model.weights[0].data = own / own.norm(dim=1, keepdim=True)
        model.weights[1].data.normal_(generator=torch.Generator().manual_seed(number))
        model.reference_energy = -1.5 * (number + 1)
        models[element] = model
    return Potential(fingerprint, models)


POTENTIALS = [
    (f"{case.name}, {model}", case, make_potential(case.fingerprint, model))
    for case in FINGERPRINTS
    for model in MODELS
    if model == "tanh" or not isinstance(case.fingerprint, LearnedFingerprint)
]
KERNEL_CASES = [
    (2.0, Case("soap", SoapFingerprint(["Si"], CUTOFF, 3, 3, fade=2.0), soap_loops.fingerprint, zero_alone=False)),
    (3.5, Case("soap two elements", SoapFingerprint(["Ge", "Si"], CUTOFF, 2, 2, fade=2.5), None, zero_alone=False)),
]
POTENTIALS += [(f"{c.name}, kernel", c, make_kernels(c.fingerprint, zeta)) for zeta, c in KERNEL_CASES]
