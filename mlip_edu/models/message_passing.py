"""Message passing: a fingerprint that is learned, and that reaches one cutoff further with every layer.

    x_i⁰    = a_{Z_i}                       an element begins as a row of numbers
    m_iᵗ    = Σ_j (A xⱼᵗ) ∘ W(r_ij)/√n̄      messages: what the neighbours are, filtered by how far they stand
    x_iᵗ⁺¹  = x_iᵗ + V f(U m_iᵗ)             update: what atom i makes of them
    D_i     = x_iᵀ − x_i⁰                   after T layers: the features of atom i, for the network of its element

    W(r) = f_c(r) · W₂ f(W₁ B(r) + b),      B_n(r) = (r_c/r) sin(nπ r/r_c),      f(x) = x/(1 + e⁻ˣ)

After one layer x_i knows the neighbours of i, after two the neighbours of neighbours: an energy E_i reaches T r_c far.
A force on atom k reaches 2 T r_c: when k moves E_i changes, and atom i may stand half-way to another that E_i knows.

===========  ==========================  ====================================  ====
symbol       variable                    shape                                 unit
===========  ==========================  ====================================  ====
r_c, T       ``cutoff, layers``                                                Å, 1
a_Z          ``embedding``               (elements, width)                     1
A, U, V      ``before, inner, after``    (width, width), for each layer        1
W(r)         ``filter(distance)``        (edges, width), for each layer        1
B(r), f      ``bessel``, ``silu``        (edges, n_basis)                      1
===========  ==========================  ====================================  ====

SchNet: Gaussians for B, a softplus for f, one output network for all elements. Sources: Schütt et al., DTNN, Nat.
Commun. 8, 13890 (2017), doi 10.1038/ncomms13890, SchNet, J. Chem. Phys. 148, 241722 (2018), doi 10.1063/1.5019779; the
B_n, up to their scale: Gasteiger et al., arXiv 2003.03123.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from itertools import pairwise

import torch
from ase.data import atomic_numbers
from torch.nn.functional import silu

from ..batch import Edges
from ..cutoffs import cosine_cutoff
from ..errors import MlipEduError
from ..fingerprints.base import Fingerprint, check_symbols
from .networks import AtomicNetwork
from .potential import Potential

Tensor = torch.Tensor
LARGEST = {"width": 1024, "channels": 256, "hidden": 1024, "layers": 10, "n_basis": 100}


class LearnedFingerprint(Fingerprint):
    """A fingerprint with weights of its own, which are trained together with the networks behind it.

    Subclasses compute ``describe(edges)`` → (atoms, width); ``options`` are all arguments but the generator. ``local``:
    the features of an atom depend on its own edges alone, so that a system may be computed in pieces.

    Raises
    ------
    MlipEduError
        Numbers or elements that make no fingerprint; ``forward``: an unknown element, or a piece of a system.
    """

    local = False

    def __init__(self, elements: Sequence[str], cutoff: float, **options):
        super().__init__()
        check_symbols(*elements)
        sizes = [(options[name], largest) for name, largest in LARGEST.items() if name in options]
        if not all(type(size) is int and 1 <= size <= largest for size, largest in sizes):
            raise MlipEduError(f"expected whole numbers from 1 up to {LARGEST}; found {options}")
        if not elements or len(set(elements)) < len(elements) or not (0 < cutoff < 100 and options["n_neighbours"] > 0):
            found = f"{list(elements)}, {cutoff} and {options['n_neighbours']}"
            raise MlipEduError(f"expected different elements, a cutoff of 0 to 100 Å, n_neighbours > 0; found {found}")
        self.elements = tuple(sorted(elements, key=atomic_numbers.__getitem__))
        self.cutoff, self.width, self.layers = float(cutoff), options["width"], options["layers"]
        self.options = {"elements": list(self.elements), "cutoff": self.cutoff, **options}

    @property
    def reach(self) -> float:
        """The largest distance in Å at which an atom can change the energy of another."""
        return self.cutoff * (1 if self.local else self.layers)

    def to_dict(self) -> dict:
        """A description in plain lists and numbers, for JSON; the weights are not in it."""
        return dict(self.options)

    @classmethod
    def from_dict(cls, description: Mapping, generator: torch.Generator | None = None) -> LearnedFingerprint:
        """An untrained fingerprint of this description, its weights from ``generator``."""
        return cls(**description, generator=generator)

    def n_features(self, element: str) -> int:
        return self.width

    def forward(self, edges: Edges) -> Tensor:
        """Features of every atom, (atoms, width), computed in the dtype of the weights."""
        if not self.local and (edges.neighbour >= edges.n_atoms).any():
            raise MlipEduError("messages go on from atom to atom: expected all edges of a system, found a piece of it")
        self.atoms_of(edges.species)  # refuses unknown elements
        weights = next(self.parameters())
        return self.describe(replace(edges, vector=edges.vector.to(weights.dtype))).to(edges.vector.dtype)

    def one_hot(self, species: Tensor) -> Tensor:
        """1 in the column of the element and 0 elsewhere, (atoms, elements)."""
        numbers = torch.tensor([atomic_numbers[e] for e in self.elements], device=species.device)
        return (species[:, None] == numbers).to(next(self.parameters()).dtype)


class MessagePassing(LearnedFingerprint):
    """See the module. ``hidden``: nodes inside W(r). n̄ is ``n_neighbours``, a typical number of them."""

    def __init__(
        self, elements: Sequence[str], cutoff: float, width: int = 32, layers: int = 2, n_basis: int = 8,
        hidden: int = 32, n_neighbours: float = 20.0, generator: torch.Generator | None = None,
    ):  # fmt: skip
        options = {"width": width, "layers": layers, "n_basis": n_basis, "hidden": hidden, "n_neighbours": n_neighbours}
        super().__init__(elements, cutoff, **options)
        self.embedding = random_matrix(len(self.elements), width, generator)
        sizes = (n_basis, hidden, width)
        self.filters = torch.nn.ModuleList(RadialNetwork(cutoff, sizes, generator) for _ in range(layers))
        self.before, self.inner, self.after = (
            torch.nn.ParameterList(random_matrix(width, width, generator) for _ in range(layers)) for _ in range(3)
        )

    def describe(self, edges: Edges) -> Tensor:
        """D_i = x_iᵀ − x_i⁰, (atoms, width)."""
        start = x = self.one_hot(edges.species) @ self.embedding
        for filter, before, inner, after in zip(self.filters, self.before, self.inner, self.after, strict=True):
            messages = (x @ before.T)[edges.neighbour] * filter(edges.distance)
            m = edges.sum(messages) / self.options["n_neighbours"] ** 0.5
            x = x + silu(m @ inner.T) @ after.T
        return x - start


def random_matrix(rows: int, columns: int, generator: torch.Generator | None) -> torch.nn.Parameter:
    """Normal numbers of variance 1/columns, so that a product with it keeps the size of what it multiplies."""
    return torch.nn.Parameter(torch.randn(rows, columns, dtype=torch.float64, generator=generator) / columns**0.5)


class Layers(torch.nn.Module):
    """A plain network a ← f(W a + b), the last layer W a alone; ``sizes`` are (inputs, hidden …, outputs)."""

    def __init__(self, sizes: Sequence[int], generator: torch.Generator | None = None):
        super().__init__()
        self.weights = torch.nn.ParameterList(random_matrix(n, m, generator) for m, n in pairwise(sizes))
        self.biases = torch.nn.ParameterList(torch.zeros(n, dtype=torch.float64) for n in sizes[1:-1])

    def forward(self, a: Tensor) -> Tensor:  # (rows, inputs) → (rows, outputs)
        for weight, bias in zip(self.weights, self.biases, strict=False):
            a = silu(a @ weight.T + bias)
        return a @ self.weights[-1].T


def bessel(distance: Tensor, cutoff: float, n_basis: int) -> Tensor:
    """B_n(r) = (r_c/r) sin(nπ r/r_c) for n = 1 … n_basis, (edges, n_basis)."""
    n = torch.arange(1, n_basis + 1, dtype=distance.dtype, device=distance.device)
    return cutoff / distance[:, None] * torch.sin(n * math.pi / cutoff * distance[:, None])


class RadialNetwork(torch.nn.Module):
    """W(r) = f_c(r) · network(B(r)), (edges, outputs); ``sizes`` are (n_basis, hidden, outputs)."""

    def __init__(self, cutoff: float, sizes: Sequence[int], generator: torch.Generator | None = None):
        super().__init__()
        self.cutoff, self.n_basis, self.network = cutoff, sizes[0], Layers(sizes, generator)

    def forward(self, distance: Tensor) -> Tensor:
        fade = cosine_cutoff(distance, self.cutoff)[:, None]
        return fade * self.network(bessel(distance, self.cutoff, self.n_basis))


class LearnedPotential(Potential):
    """A :class:`Potential` whose fingerprint is learned: ``networks["fingerprint"]`` is trained and saved too.

    An edge may now count for the energies of many atoms, so g_ij = ∂E/∂r_ij of the total energy; forces and virial
    follow from it as before.
    """

    def __init__(self, fingerprint: LearnedFingerprint, networks: Mapping[str, AtomicNetwork]):
        super().__init__(fingerprint, networks)
        self.networks["fingerprint"] = fingerprint

    def energy_and_edge_gradient(self, edges: Edges) -> tuple[Tensor, Tensor]:
        """Atomic energies (atoms,) in eV and g_ij = ∂E/∂r_ij (edges, 3) in eV/Å, by automatic differentiation."""
        energy = torch.empty(edges.n_atoms, dtype=torch.float64, device=edges.vector.device)
        gradient = torch.empty_like(edges.vector)
        for atoms, rows, piece in pieces(self.fingerprint, edges):
            with torch.enable_grad():
                vector = piece.vector.detach().requires_grad_()
                own = self(replace(piece, vector=vector))
                gradient[rows] = torch.autograd.grad(own.sum(), vector)[0]
            energy[atoms] = own.detach()
        return energy, gradient


def pieces(fingerprint: Fingerprint, edges: Edges, size: int = 256) -> Iterator[tuple[slice, slice, Edges]]:
    """As :meth:`Edges.chunks`; where messages pass, cut only where no edge crosses, so that systems stay whole."""
    if getattr(fingerprint, "local", True):
        yield from edges.chunks(size)
        return
    own = torch.arange(edges.n_atoms, device=edges.centre.device)
    furthest = own.scatter_reduce(0, edges.centre, edges.neighbour, "amax").cummax(0).values
    start = 0
    for stop in (torch.nonzero(furthest == own)[:, 0] + 1).tolist():
        if stop - start >= size or stop == edges.n_atoms:
            rows = slice(*torch.searchsorted(edges.centre, torch.tensor([start, stop]).to(own)).tolist())
            yield slice(start, stop), rows, Edges(
                edges.vector[rows], edges.centre[rows] - start, edges.neighbour[rows] - start,
                edges.neighbour_species[rows], edges.species[start:stop],
            )  # fmt: skip
            start = stop


def potential_of(fingerprint: Fingerprint, networks: Mapping[str, AtomicNetwork]) -> Potential:
    """The kind of potential that suits the fingerprint."""
    kind = LearnedPotential if isinstance(fingerprint, LearnedFingerprint) else Potential
    return kind(fingerprint, networks)


def untrained(fingerprint: Fingerprint, generator: torch.Generator) -> Fingerprint:
    """A learned fingerprint with new random weights; any other as it is."""
    learned = isinstance(fingerprint, LearnedFingerprint)
    return fingerprint.from_dict(fingerprint.to_dict(), generator) if learned else fingerprint


def no_columns(edges: Edges) -> tuple[Tensor, Tensor]:
    """What is stored of a learned fingerprint: features (atoms, 0) and their derivatives (edges, 3, 0)."""
    return edges.vector.new_zeros(edges.n_atoms, 0), edges.vector.new_zeros(len(edges.centre), 3, 0)


def on_device(edges: Edges | None, device: str | torch.device) -> Edges | None:
    """The edges, if there are any, moved to a device."""
    return edges and Edges(*(getattr(edges, field.name).to(device) for field in fields(Edges)))


def evaluate_edges(networks: Mapping[str, torch.nn.Module], batch) -> tuple[Tensor, Tensor, Tensor]:
    """What :func:`mlip_edu.learning.stored.evaluate` gives, from ``batch.edges`` instead of stored derivatives."""
    create_graph, edges = torch.is_grad_enabled(), batch.edges
    with torch.enable_grad():
        vector = edges.vector.detach().requires_grad_()
        features = networks["fingerprint"](replace(edges, vector=vector))
        energies = features.new_zeros(len(features))
        for element, atoms in batch.atoms_of.items():
            energies = energies.index_put((atoms,), networks[element](features[atoms]))
        (gradient,) = torch.autograd.grad(energies.sum(), vector, create_graph=create_graph)
        forces = edges.sum(gradient).index_add(0, edges.neighbour, gradient, alpha=-1)
        virial = -edges.sum(gradient[:, :, None] * vector[:, None])[:, [0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
        per_system = energies.new_zeros(len(batch.n_atoms), 7)
        per_system = per_system.index_add(0, batch.system_of_atom, torch.cat([energies[:, None], virial], dim=1))
    per_atom = per_system / batch.n_atoms[:, None]
    return per_atom[:, 0], forces, per_atom[:, 1:]
