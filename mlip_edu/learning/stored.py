"""Fingerprints and their derivatives, computed once and used in every epoch.

A fingerprint has nothing to learn, so a training that only changes network weights never needs to compute
it twice. What is stored for atom i is D_i, its derivative in the position of every atom j near it (all
images of j summed) and in the strain; energies, forces and virials of any network are then plain products:

    g_i = ∂E_i/∂D_i        F_j = −Σ_i ∂D_i/∂r_j · g_i        W = −Σ_i ∂D_i/∂ε · g_i

=============  ========================  =============================  ==================
symbol         variable                  shape                          unit
=============  ========================  =============================  ==================
D_i            ``features``              (atoms, features)              standardised
∂D_i/∂r_j      ``derivatives``           (atoms, slots · 3, features)   1/Å
∂D_i/∂ε        its last six rows         xx yy zz yz xz xy              1
j              ``target``                (atoms · slots,)               atom index
=============  ========================  =============================  ==================

Of a fingerprint that is learned itself nothing can be computed in advance: its edges are stored, and no features.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ..batch import Batch, Edges
from ..fingerprints import Fingerprint
from ..models import AtomicNetwork, LearnedFingerprint
from ..models.message_passing import evaluate_edges, no_columns, on_device
from ..neighbours import neighbour_list
from ..systems import AtomicSystem

Tensor = torch.Tensor
VOIGT = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))


@dataclass(eq=False)
class StoredBatch:
    """Some systems, ready for training: see the module's table. Energies and virials are **per atom**.

    A target that a system lacks is zero and has weight zero.
    """

    features: Tensor
    derivatives: Tensor
    target: Tensor
    system_of_atom: Tensor
    n_atoms: Tensor
    atoms_of: dict[str, Tensor]
    energy: Tensor
    energy_weight: Tensor
    forces: Tensor
    force_weight: Tensor
    virial: Tensor
    virial_weight: Tensor
    edges: Edges | None = None

    @property
    def n_slots(self) -> int:
        return len(self.target) // len(self.features)

    def to(self, device) -> StoredBatch:
        move = {k: v.to(device) if isinstance(v, Tensor) else v for k, v in vars(self).items()}
        move["atoms_of"] = {element: atoms.to(device) for element, atoms in self.atoms_of.items()}
        return StoredBatch(**(move | {"edges": on_device(self.edges, device)}))


class _Contract(torch.autograd.Function):
    """Σ_f derivatives[a, row, f] · gradient[a, f]; derivatives are constants, so only one backward is needed."""

    @staticmethod
    def forward(ctx, derivatives: Tensor, gradient: Tensor) -> Tensor:
        ctx.save_for_backward(derivatives)
        if derivatives.is_cuda:
            return torch.bmm(derivatives, gradient[:, :, None])[:, :, 0]
        return (derivatives * gradient[:, None]).sum(2)  # four times quicker than bmm with one column on a CPU

    @staticmethod
    def backward(ctx, rows: Tensor) -> tuple[None, Tensor]:
        (derivatives,) = ctx.saved_tensors
        return None, torch.bmm(rows[:, None], derivatives)[:, 0]


def evaluate(networks: Mapping[str, AtomicNetwork], batch: StoredBatch) -> tuple[Tensor, Tensor, Tensor]:
    """Energy per atom (systems,), forces (atoms, 3) and virial per atom (systems, 6), differentiable in the weights."""
    if batch.edges is not None:
        return evaluate_edges(networks, batch)
    if len(batch.atoms_of) == 1 and len(networks) == 1:
        energies, gradient = next(iter(networks.values())).energy_and_gradient(batch.features)
    else:
        energies = batch.features.new_zeros(len(batch.features))
        gradient = torch.zeros_like(batch.features)
        for element, atoms in batch.atoms_of.items():
            width = networks[element].sizes[0]
            own, slope = networks[element].energy_and_gradient(batch.features[atoms, :width])
            energies = energies.index_put((atoms,), own)
            slope = torch.nn.functional.pad(slope, (0, gradient.shape[1] - width))
            gradient = gradient.index_put((atoms,), slope)
    rows = _Contract.apply(batch.derivatives, gradient)
    pulls, strains = rows[:, : 3 * batch.n_slots].reshape(-1, 3), rows[:, 3 * batch.n_slots :]
    forces = energies.new_zeros(len(energies), 3).index_add(0, batch.target, pulls, alpha=-1)
    per_system = energies.new_zeros(len(batch.n_atoms), 1 + strains.shape[1])
    per_system = per_system.index_add(0, batch.system_of_atom, torch.cat([energies[:, None], -strains], dim=1))
    per_atom = per_system / batch.n_atoms[:, None]
    return per_atom[:, 0], forces, per_atom[:, 1:]


def store(
    systems: Sequence[AtomicSystem], fingerprint: Fingerprint, networks: Mapping[str, AtomicNetwork],
    dtype: torch.dtype = torch.float32, virials: bool = False,
) -> StoredBatch:  # fmt: skip
    """Compute what :class:`StoredBatch` holds, in float64, standardise it, and only then cast it to ``dtype``.

    ``networks`` give the standardisation (``mean``, ``scale``) and the reference energies of their elements.
    """
    batch = Batch.from_systems(systems, fingerprint.cutoff)
    edges, learned = batch.edges(), isinstance(fingerprint, LearnedFingerprint)
    features, by_edge = no_columns(edges) if learned else fingerprint.derivatives(edges)
    atoms_of = {e: a for e, a in fingerprint.atoms_of(batch.species).items() if len(a)}
    reference = features.new_zeros(len(features))
    for element, atoms in atoms_of.items():
        network, n = networks[element], 0 if learned else networks[element].sizes[0]
        scale = network.scale[:n].double().cpu()
        features[atoms, :n] = (features[atoms, :n] - network.mean[:n].double().cpu()) / scale
        own = torch.isin(batch.centre, atoms)
        by_edge[own, :, :n] = by_edge[own, :, :n] / scale
        reference[atoms] = network.reference_energy
    derivatives, target = _by_atom_pair(batch, by_edge)
    if virials:
        a, b = zip(*VOIGT, strict=True)
        strain = torch.stack([by_edge[:, x] * edges.vector[:, y, None] for x, y in zip(a, b, strict=True)], dim=1)
        derivatives = torch.cat([derivatives, edges.sum(strain)], dim=1)
    n_atoms = torch.bincount(batch.system_of_atom, minlength=len(systems)).double()
    per_atom = [(0.0 if s.energy is None else s.energy) / len(s) for s in systems]
    per_atom = per_atom - (batch.per_system(reference) / n_atoms).numpy()
    return StoredBatch(
        features=features.to(dtype), derivatives=derivatives.to(dtype), target=target, atoms_of=atoms_of,
        edges=batch.edges(dtype=dtype) if learned else None,
        system_of_atom=batch.system_of_atom, n_atoms=n_atoms.to(dtype),
        energy=torch.tensor(per_atom, dtype=dtype),
        energy_weight=torch.tensor([s.energy_weight * (s.energy is not None) for s in systems], dtype=dtype),
        forces=torch.tensor(np.concatenate([_or_zeros(s.forces, (len(s), 3)) for s in systems]), dtype=dtype),
        force_weight=torch.tensor([s.force_weight * (s.forces is not None) for s in systems], dtype=dtype),
        virial=torch.tensor(np.array([_virial_per_atom(s) for s in systems]), dtype=dtype),
        virial_weight=torch.tensor([float(s.stress is not None) for s in systems], dtype=dtype),
    )  # fmt: skip


def _by_atom_pair(batch: Batch, by_edge: Tensor) -> tuple[Tensor, Tensor]:
    """∂D_i/∂r_j as a table (atoms, slots · 3, features), and the atom j of every slot.

    All images of j share one slot, and the atom itself has one, −Σ of its edges: in a cell of two atoms
    with sixty neighbours two slots are left.
    """
    n_atoms, n_features = len(batch.positions), by_edge.shape[2]
    own = torch.arange(n_atoms)
    pairs = torch.cat([batch.centre * n_atoms + batch.neighbour, own * n_atoms + own])
    unique, place = torch.unique(pairs, return_inverse=True)
    centre = unique // n_atoms
    counts = torch.bincount(centre, minlength=n_atoms)
    n_slots = int(counts.max())
    slot = torch.arange(len(unique)) - (torch.cumsum(counts, 0) - counts)[centre]
    row = (centre * n_slots + slot)[place]
    n_edges = len(by_edge)
    table = by_edge.new_zeros(n_atoms * n_slots, 3, n_features)
    table.index_add_(0, row[:n_edges], by_edge)
    self_term = by_edge.new_zeros(n_atoms, 3, n_features).index_add_(0, batch.centre, by_edge)
    table.index_add_(0, row[n_edges:], self_term, alpha=-1)
    target = torch.zeros(n_atoms * n_slots, dtype=torch.long)
    target[row] = pairs % n_atoms
    return table.reshape(n_atoms, n_slots * 3, n_features), target


def _or_zeros(array: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray:
    return np.zeros(shape) if array is None else array


def _virial_per_atom(system: AtomicSystem) -> np.ndarray:
    """W/N = −stress · V/N in eV, (6,); zeros where the stress is not known."""
    stress = _or_zeros(system.stress, (3, 3))
    return -np.array([stress[pair] for pair in VOIGT]) * system.volume / len(system)


def predicted_bytes(systems: Sequence[AtomicSystem], fingerprint: Fingerprint, dtype: torch.dtype) -> int:
    """Bytes of the derivatives that :func:`store` keeps of one batch: counted on neighbour lists, nothing computed.

    Atoms × (3 slots + 6) × features, where the widest atom of the batch decides the number of slots.
    """
    widest = 0
    for system in systems:
        pairs, n = neighbour_list(system, fingerprint.cutoff), len(system)
        partners = np.unique(np.concatenate([pairs.centre * n + pairs.neighbour, np.arange(n) * (n + 1)]))
        widest = max(widest, int(np.bincount(partners // n, minlength=n).max()))
    n_columns = 0 if isinstance(fingerprint, LearnedFingerprint) else fingerprint.n_columns
    return sum(map(len, systems)) * (3 * widest + 6) * n_columns * dtype.itemsize
