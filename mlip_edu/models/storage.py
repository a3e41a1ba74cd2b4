"""Potentials to and from files: ``.rann`` for LAMMPS, ``.safetensors`` for everything this package can build."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise
from os import PathLike
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from ..errors import FormatError, MlipEduError, shorten
from ..files import replacing
from ..fingerprints import AcsfFingerprint, MtpFingerprint, RannFingerprint, SnapFingerprint, SoapFingerprint
from ..io.rann_potential import Layer, RannPotentialFile, read_rann_potential, write_rann_potential
from .equivariant import LEARNED
from .kernels import KernelModel
from .linear import QuadraticModel
from .message_passing import potential_of
from .networks import AtomicNetwork
from .pair_network import PairNetwork
from .potential import Potential
from .symbolic import FormulaFingerprint

FINGERPRINTS = {
    "rann": RannFingerprint, "acsf": AcsfFingerprint, "snap": SnapFingerprint, "soap": SoapFingerprint,
    "mtp": MtpFingerprint, "formula": FormulaFingerprint, "pair network": PairNetwork, **LEARNED,
}  # fmt: skip
SUFFIXES = ".rann (for LAMMPS) or .safetensors"


def save_potential(potential: Potential, path: str | PathLike) -> None:
    """Write ``potential``; the suffix of ``path`` decides the format.

    Raises
    ------
    MlipEduError
        Another suffix, a fingerprint other than RANN's or an activation that LAMMPS lacks, for ``.rann``.
    """
    suffix = Path(path).suffix
    if not all(torch.isfinite(parameter).all() for parameter in potential.networks.parameters()):
        raise FormatError(path, None, "finite weights to write", "nan or infinity; train the potential anew")
    if suffix == ".rann":
        if not isinstance(potential.fingerprint, RannFingerprint):
            kind = type(potential.fingerprint).__name__
            raise MlipEduError(
                f"a .rann file holds RANN fingerprints only; this potential has {kind}: use .safetensors; for LAMMPS "
                "save_snap and save_mliap (SNAP), Formula.lepton (formulas), LammpsSimulation (any potential)"
            )
        write_rann_potential(path, _to_rann(potential))
    elif suffix == ".safetensors":
        _save_safetensors(potential, path)
    else:
        raise MlipEduError(f"cannot tell the format of {path}: use the suffix {SUFFIXES}")


def load_potential(path: str | PathLike) -> Potential:
    """Read a potential that :func:`save_potential`, or another RANN code, has written.

    Raises
    ------
    RannError, FormatError
        The file breaks its format.
    MlipEduError
        The suffix is neither ``.rann`` nor ``.safetensors``.
    """
    suffix = Path(path).suffix
    if suffix == ".rann":
        return _from_rann(read_rann_potential(path))
    if suffix == ".safetensors":
        return _load_safetensors(path)
    raise MlipEduError(f"cannot tell the format of {path}: use the suffix {SUFFIXES}")


def _to_rann(potential: Potential) -> RannPotentialFile:
    """Fold the standardisation into the first layer, W′ = W/σ and b′ = b − W′μ, and E_0 into the last bias."""
    networks = {}
    for element, network in potential.networks.items():
        arrays = [
            (w.detach().double().cpu().numpy(), b.detach().double().cpu().numpy())
            for w, b in zip(network.weights, network.biases, strict=True)
        ]
        mean, scale = network.mean.double().cpu().numpy(), network.scale.double().cpu().numpy()
        weight, bias = arrays[0]
        arrays[0] = (weight / scale, bias - (weight / scale) @ mean)
        if network.activations[-1] != "linear":
            if network.reference_energy:
                raise MlipEduError("a reference energy folds into the last bias only if the last layer is linear")
        else:
            weight, bias = arrays[-1]
            arrays[-1] = (weight, bias + network.reference_energy)
        networks[element] = tuple(Layer(w, b, a) for (w, b), a in zip(arrays, network.activations, strict=True))
    fingerprint = potential.fingerprint
    return RannPotentialFile(fingerprint.elements, fingerprint.blocks, fingerprint.screening_ranges, networks)


def _from_rann(file: RannPotentialFile) -> Potential:
    networks = {}
    for element, layers in file.networks.items():
        sizes = (layers[0].weight.shape[1], *(len(layer.bias) for layer in layers))
        network = AtomicNetwork(sizes, [layer.activation for layer in layers])
        with torch.no_grad():
            for layer, weight, bias in zip(layers, network.weights, network.biases, strict=True):
                weight.copy_(torch.from_numpy(layer.weight))
                bias.copy_(torch.from_numpy(layer.bias))
        networks[element] = network
    return Potential(RannFingerprint(file.blocks, file.screening), networks)


def _save_safetensors(potential: Potential, path: str | PathLike) -> None:
    kinds = {cls: kind for kind, cls in FINGERPRINTS.items()}
    if type(potential.fingerprint) not in kinds:
        raise MlipEduError(f"cannot save a {type(potential.fingerprint).__name__}; known: {', '.join(FINGERPRINTS)}")
    description = {
        "format": "mlip_edu potential 1",
        "fingerprint": {"kind": kinds[type(potential.fingerprint)], **potential.fingerprint.to_dict()},
        "networks": {
            element: {"sizes": n.sizes, "activations": n.activations, "reference_energy": float(n.reference_energy)}
            for element, n in potential.networks.items()
            if element in potential.elements
        },
    }
    tensors = {name: t.detach().cpu().contiguous() for name, t in potential.networks.state_dict().items()}
    with replacing(path) as temporary:
        temporary.write_bytes(save(tensors, metadata={"mlip_edu": json.dumps(description)}))


def _load_safetensors(path: str | PathLike) -> Potential:
    try:
        with safe_open(path, framework="pt") as file:
            description = json.loads((file.metadata() or {})["mlip_edu"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}
        networks = {e: _network(e, n, tensors) for e, n in description["networks"].items()}
        fingerprint = dict(description["fingerprint"])
        potential = potential_of(FINGERPRINTS[fingerprint.pop("kind")].from_dict(fingerprint), networks)
        potential.networks.to(next(iter(tensors.values())).dtype).load_state_dict(tensors)
    except OSError as problem:
        raise FormatError(path, None, "a readable file", problem.strerror or str(problem)) from problem
    except (
        SafetensorError, LookupError, TypeError, AttributeError, RuntimeError, StopIteration, ValueError,
    ) as problem:  # fmt: skip
        found = shorten(f"{type(problem).__name__}: {problem}", 200)
        raise FormatError(path, None, "a potential written by mlip_edu", found) from problem
    if not all(torch.isfinite(t).all() for t in tensors.values()):
        raise FormatError(path, None, "finite weights", "a weight that is not finite")
    return potential


def _network(element: str, description: Mapping, tensors: Mapping[str, torch.Tensor]) -> AtomicNetwork:
    """An untrained network of the described shape, after a look at the tensors: nothing large is made in vain."""
    sizes, energy = description["sizes"], description["reference_energy"]
    shapes = [list(tensors[f"{element}.weights.{k}"].shape) for k in range(len(sizes) - 1)]
    if any(type(n) is not int for n in sizes) or shapes != [[n_out, n_in] for n_in, n_out in pairwise(sizes)]:
        raise ValueError(f"sizes {sizes} of {element} do not fit its weights")
    if not isinstance(energy, float) or not np.isfinite(energy):
        raise ValueError(f"the reference energy of {element} is {energy}")
    activations = description["activations"]
    if activations == ["kernel", "linear"]:
        network = KernelModel(sizes, width=tensors[f"{element}.posterior"].shape[1])
    else:
        network = QuadraticModel(sizes[0]) if activations == ["quadratic"] else AtomicNetwork(sizes, activations)
    network.reference_energy = energy
    return network
