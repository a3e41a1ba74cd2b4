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
from mlip_edu.fingerprints import Fingerprint, SnapFingerprint
from reference import acsf_loops, rann_loops, snap_loops

CUTOFF = 4.8
RADIAL = RadialParameters(2.35, CUTOFF, 1.6, (4.9, 5.1, 5.4, 5.0), lowest_power=-1)
BOND = BondParameters(2.35, 4.5, 2.1, (1.0, 2.5), n_cosines=4)


@dataclass(frozen=True)
class Case:
    """A fingerprint, the elements it is for, and its loop version: loops(system, fingerprint) → rows."""

    name: str
    fingerprint: Fingerprint
    loops: object

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
    Case("snap", SnapFingerprint(["Si"], CUTOFF, 3), snap_loops.fingerprint),
    Case(
        "snap two elements",
        SnapFingerprint(["Ge", "Si"], CUTOFF, 2, weights=(0.8, 1.3), rfac0=0.9, rmin0=0.4, bnormflag=True),
        snap_loops.fingerprint,
    ),
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
    return Potential(fingerprint, networks)


POTENTIALS = [
    (f"{case.name}, {model}", case, make_potential(case.fingerprint, model))
    for case in FINGERPRINTS
    for model in MODELS
]
