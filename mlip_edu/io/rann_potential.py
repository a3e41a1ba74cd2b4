"""``.rann`` potential files: what LAMMPS's ``pair_style rann`` reads.

The grammar is that of :mod:`mlip_edu.io.rann_text`; LAMMPS adds constraints that the writer keeps: no weight
or bias exactly zero, at most 4094 characters a line, activations ``linear`` and ``sigI`` only, no
standardisation (it is folded into the first layer before it gets here).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from os import PathLike

import numpy as np
from ase.data import atomic_masses, atomic_numbers

from ..errors import RannError, shorten
from ..files import write_text
from ..fingerprints import Block, RadialParameters
from .rann_text import RannText

LAMMPS_ACTIVATIONS = ("linear", "sigI")
LONGEST_ROW = 204  # numbers in %.12e that fit into LAMMPS's 4094 characters
LONGEST_EXACT_ROW = 170  # numbers in %.16e
SMALLEST = 1e-99  # stands for zero, which LAMMPS takes for "missing"; a longer exponent would not fit the line
KEYWORDS = (
    "atomtypes", "mass", "fingerprintsperelement", "fingerprints", "fingerprintconstants", "screening",
    "networklayers", "layersize", "weight", "bias", "activationfunctions", "calibrationparameters",
)  # fmt: skip

PER_ELEMENT = {  # these keywords, and how many words they have
    "mass": 2, "fingerprintsperelement": 2, "networklayers": 2,
    "layersize": 3, "weight": 3, "bias": 3, "activationfunctions": 3,
}  # fmt: skip


@dataclass(frozen=True)
class Layer:
    """One layer: ``weight`` (outputs, inputs), ``bias`` (outputs,), name of the activation."""

    weight: np.ndarray
    bias: np.ndarray
    activation: str


@dataclass(frozen=True)
class RannPotentialFile:
    """The contents of a ``.rann`` file."""

    elements: tuple[str, ...]
    blocks: tuple[Block, ...]
    screening: Mapping[tuple[str, str, str], tuple[float, float]]
    networks: Mapping[str, tuple[Layer, ...]]


def read_rann_potential(path: str | PathLike) -> RannPotentialFile:
    """Read a ``.rann`` file.

    Raises
    ------
    RannError
        The file breaks the grammar: names file, line, what was expected and what was found.
    """
    text = RannText(path)
    for words, entry in text.entries.items():
        if words[0] not in KEYWORDS:
            raise text.error(entry.line, f"a keyword out of {', '.join(KEYWORDS)}", words[0])
    elements, blocks = text.elements(), text.blocks()
    networks = {element: _read_network(text, element, blocks) for element in elements}
    for word, length in PER_ELEMENT.items():
        for entry in text.starting(word):
            text.check_elements(entry, entry.words[1:2], elements)
            n_layers = len(networks[entry.words[1]]) + (word == "layersize") if entry.words[1:] else 0
            if len(entry.words) != length or (length == 3 and entry.words[2] not in map(str, range(n_layers))):
                raise text.error(entry.line, f"{word} of an element and layer of this file", ":".join(entry.words))
    return RannPotentialFile(elements, blocks, text.screening(), networks)


def _read_network(text: RannText, element: str, blocks: tuple[Block, ...]) -> tuple[Layer, ...]:
    sizes = text.layer_sizes(element)
    if None in sizes:
        raise text.error(None, f"layersize:{element}:{sizes.index(None)}:", "no such line")
    n_features = sum(block.parameters.n_features for block in blocks if block.centre == element)
    for layer, wanted, why in ((0, n_features, "its number of features"), (len(sizes) - 1, 1, "one energy")):
        if sizes[layer] != wanted:
            line = text.entries["layersize", element, str(layer)].line
            raise text.error(line, f"{wanted} ({why})", str(sizes[layer]))
    layers = []
    for number, (n_in, n_out) in enumerate(pairwise(sizes)):
        weight = _matrix(text, "weight", element, number, n_out, n_in)
        bias = _matrix(text, "bias", element, number, n_out, 1)
        entry = text.one("activationfunctions", element, str(number))
        if len(entry.first) != 1 or entry.first[0] not in LAMMPS_ACTIVATIONS:
            raise text.error(entry.values[0][0], " or ".join(LAMMPS_ACTIVATIONS), shorten(" ".join(entry.first)))
        layers.append(Layer(weight, bias[:, 0], entry.first[0]))
    return tuple(layers)


def _matrix(text: RannText, keyword: str, element: str, layer: int, rows: int, columns: int) -> np.ndarray:
    words = (keyword, element, str(layer))
    if words not in text.entries:
        raise text.error(None, f"the keyword {':'.join(words)}:", "no such line")
    entry = text.entries[words]
    if len(entry.values) != rows:
        raise text.error(entry.line, f"{rows} lines, one for each output", f"{len(entry.values)}")
    return np.array([text.numbers(line, tokens, count=columns) for line, tokens in entry.values])


def write_rann_potential(path: str | PathLike, potential: RannPotentialFile) -> None:
    """Write a ``.rann`` file that LAMMPS reads unchanged.

    Raises
    ------
    RannError
        An activation that LAMMPS does not have, a row too long for its line buffer, two fingerprints of one
        name, or constants that it refuses.
    """
    names = [(block.centre, block.neighbours, block.name) for block in potential.blocks]
    for block, name in zip(potential.blocks, names, strict=True):
        if names.count(name) > 1:
            raise RannError(path, None, "fingerprints of different names: give each Block its own label", str(name))
        if isinstance(block.parameters, RadialParameters) and block.parameters.powers[-1] == 0:
            raise RannError(path, None, "a highest power other than 0, which LAMMPS takes for missing", str(name))
        if not isinstance(block.parameters, RadialParameters) and block.parameters.decay[0] == -1:
            raise RannError(path, None, "a first alphak other than -1, which LAMMPS takes for missing", str(name))
    lines = [f"# {len(potential.elements)} element(s): " + " ".join(potential.elements)]
    lines += ["atomtypes:", " ".join(potential.elements)]
    for element in potential.elements:
        lines += [f"mass:{element}:", repr(float(atomic_masses[atomic_numbers[element]]))]
    for element in potential.elements:
        count = sum(block.centre == element for block in potential.blocks)
        lines += [f"fingerprintsperelement:{element}:", str(count)]
    for block in potential.blocks:
        lines += [f"fingerprints:{'_'.join((block.centre, *block.neighbours))}:", block.name]
    for block in potential.blocks:
        lines += _constants(block)
    for triplet, bounds in potential.screening.items():
        for name, bound in zip(("Cmin", "Cmax"), bounds, strict=True):
            lines += [f"screening:{'_'.join(triplet)}:{name}:", repr(bound)]
    for element, layers in potential.networks.items():
        lines += _network(path, element, layers)
    write_text(path, "\n".join(lines) + "\n")


def _constants(block: Block) -> list[str]:
    stem = f"fingerprintconstants:{'_'.join((block.centre, *block.neighbours))}:{block.name}"
    parameters = block.parameters
    values = {"re": parameters.length_scale, "rc": parameters.cutoff, "dr": parameters.width}
    decay = " ".join(repr(a) for a in parameters.decay)
    if isinstance(parameters, RadialParameters):
        values |= {"alpha": decay, "o": parameters.powers[0], "n": parameters.powers[-1]}
    else:
        values |= {"alphak": decay, "k": len(parameters.decay), "m": parameters.n_cosines}
    return [text for key, value in values.items() for text in (f"{stem}:{key}:", str(value))]


def _network(path: str | PathLike, element: str, layers: tuple[Layer, ...]) -> list[str]:
    sizes = [layers[0].weight.shape[1], *(len(layer.bias) for layer in layers)]
    lines = [f"networklayers:{element}:", str(len(sizes))]
    for number, size in enumerate(sizes):
        lines += [f"layersize:{element}:{number}:", str(size)]
    for number, layer in enumerate(layers):
        longest = layer.weight.shape[1]
        if layer.activation not in LAMMPS_ACTIVATIONS:
            raise RannError(
                path, None, f"the activation {' or '.join(LAMMPS_ACTIVATIONS)}, all that LAMMPS's rann has",
                f"{layer.activation}; save as .safetensors instead, or train with activation='sigI'",
            )  # fmt: skip
        if longest > LONGEST_ROW:
            raise RannError(
                path, None, f"at most {LONGEST_ROW} nodes or features a layer (LAMMPS's line limit)", str(longest)
            )
        style = ".16e" if longest <= LONGEST_EXACT_ROW else ".12e"
        weight, bias = (np.copysign(np.maximum(np.abs(x), SMALLEST), x) for x in (layer.weight, layer.bias))
        if not max(np.abs(weight).max(), np.abs(bias).max()) < 1e100:
            raise RannError(
                path, None, "finite weights and biases below 1e100", f"others in layer {number} of {element}"
            )
        lines += [f"weight:{element}:{number}:", *(" ".join(format(w, style) for w in row) for row in weight)]
        lines += [f"bias:{element}:{number}:", *(f"{b:.16e}" for b in bias)]
        lines += [f"activationfunctions:{element}:{number}:", layer.activation]
    return lines
