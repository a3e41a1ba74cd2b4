"""RANN input files (``input_parser``): which fingerprints, which networks, and how to train them.

The grammar is that of :mod:`mlip_edu.io.rann_text`, plus lines of the form ``calibrationparameters:key:``.
What this package does with each key:

===========================  =================================================================================
key                          effect
===========================  =================================================================================
algorithm                    LM_ch, LM_qr, LMch, LMsearch: Levenberg–Marquardt; rotated-adam, adam; others: warned
dumpdirectory                folder of the training dumps, relative to the input file
doforces, dostresses         true or false: train on forces, on stresses
maxepochs, seed              number of epochs, seed
validation                   fraction of the data that validates
potentialoutputfile          name of the potential file
===========================  =================================================================================

Every other key is left out, and one warning names them all; keys that would change the physics are errors.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

from ..activations import ACTIVATIONS
from ..errors import shorten
from ..fingerprints import RannFingerprint
from .rann_potential import KEYWORDS
from .rann_text import RannText

PHYSICS = (
    "stateequations",
    "stateequationsperelement",
    "stateequationconstants",
    "bundles",
    "bundleinput",
    "bundleoutput",
)
PHYSICS_KEYS = ("targettype",)
ALGORITHMS = {name.lower(): "levenberg-marquardt" for name in ("LM_ch", "LM_qr", "LMch", "LMqr", "LMsearch")} | {
    "adam": "adam",
    "rotated-adam": "rotated-adam",
}


@dataclass(frozen=True)
class RannInput:
    """The contents of a RANN input file.

    ``hidden`` and ``activation`` are None where the file describes no network; ``options`` are keyword
    arguments of :func:`mlip_edu.learning.train`.
    """

    path: Path
    elements: tuple[str, ...]
    fingerprint: RannFingerprint
    hidden: tuple[int, ...] | None
    activation: str | None
    dump_folder: Path | None
    potential_file: str | None
    use_forces: bool
    use_stresses: bool
    options: Mapping[str, Any] = field(default_factory=dict)


def read_rann_input(path: str | PathLike) -> RannInput:
    """Read a RANN input file.

    Raises
    ------
    RannError
        The file breaks the grammar, or asks for physics that this package does not have.
    """
    text = RannText(path)
    left_out = []
    for words, entry in text.entries.items():
        if words[0] in PHYSICS:
            raise text.error(entry.line, "keywords that mlip_edu supports (this one changes the energy)", words[0])
        if words[0] not in KEYWORDS:
            left_out.append(words[0])
        elif words[0] in ("weight", "bias"):
            left_out.append(f"{words[0]} (a training starts from random weights)")
    elements = text.elements()
    fingerprint = RannFingerprint(text.blocks(), text.screening())
    hidden, activation = _network(text, elements, fingerprint)
    keys = _Keys(text)
    algorithm = keys.text("algorithm", "rotated-adam").lower()
    if algorithm not in ALGORITHMS:
        keys.left_out.append(f"algorithm {algorithm} (rotated-adam instead)")
    options: dict[str, Any] = {"optimiser": ALGORITHMS.get(algorithm, "rotated-adam")}
    for key, name, low, high in (("maxepochs", "epochs", 1, 10**7), ("seed", "seed", 0, 2**31)):
        if keys.has(key):
            options[name] = text.integer("calibrationparameters", key, low=low, high=high)
    if keys.has("validation"):
        fraction = text.number("calibrationparameters", "validation")
        if not 0 <= fraction < 1:
            raise text.error(text.one("calibrationparameters", "validation").line, "a fraction below 1", str(fraction))
        options["validation"] = fraction
    folder = keys.text("dumpdirectory", "")
    result = RannInput(
        text.path, elements, fingerprint, hidden, activation,
        dump_folder=text.path.parent / folder if folder else None,
        potential_file=keys.text("potentialoutputfile", "") or None,
        use_forces=keys.flag("doforces", True), use_stresses=keys.flag("dostresses", False), options=options,
    )  # fmt: skip
    left_out += keys.rest()
    if left_out:
        names = ", ".join(dict.fromkeys(left_out))
        warnings.warn(f"{path}: left out, because mlip_edu does not have it: {names}", stacklevel=2)
    return result


input_parser = read_rann_input  # the name under which the RANN documents know it


class _Keys:
    """The ``calibrationparameters`` of an input file, and which of them were used."""

    def __init__(self, text: RannText):
        self.file, self.used, self.left_out = text, set(), []
        self.entries = {"_".join(entry.words[1:]): entry for entry in text.starting("calibrationparameters")}
        for key in PHYSICS_KEYS:
            if key in self.entries and self.entries[key].first != ["1"]:
                raise text.error(
                    self.entries[key].line, "1, energies as the target", shorten(" ".join(self.entries[key].first))
                )
            self.used.add(key)

    def has(self, key: str) -> bool:
        self.used.add(key)
        return key in self.entries

    def text(self, key: str, default: str) -> str:
        return " ".join(self.file.one("calibrationparameters", key).first) if self.has(key) else default

    def flag(self, key: str, default: bool) -> bool:
        word = self.text(key, str(default)).lower()
        if word not in ("true", "false", "1", "0"):
            raise self.file.error(self.entries[key].line, "true or false", shorten(word))
        return word in ("true", "1")

    def rest(self) -> list[str]:
        return [*self.left_out, *sorted(self.entries.keys() - self.used)]


def _network(
    text: RannText, elements: tuple[str, ...], fingerprint: RannFingerprint
) -> tuple[tuple[int, ...] | None, str | None]:
    """Hidden layers and activation, the same for all elements."""
    networks = set()
    for element in elements:
        if ("networklayers", element) not in text.entries:
            continue
        sizes = text.layer_sizes(element)
        expected = {0: fingerprint.n_features(element), len(sizes) - 1: 1}
        for layer, size in enumerate(sizes):
            wanted = expected.get(layer)
            if size is None and wanted is None:
                raise text.error(None, f"layersize:{element}:{layer}:", "no such line")
            if wanted is not None and size not in (None, wanted):
                line = text.entries["layersize", element, str(layer)].line
                raise text.error(line, f"{wanted} (features, or one energy)", str(size))
        names = [_activation(text, element, layer, last=layer == len(sizes) - 2) for layer in range(len(sizes) - 1)]
        if len(set(names[:-1])) > 1:
            line = text.entries["activationfunctions", element, "0"].line
            raise text.error(line, "one activation for all hidden layers", " ".join(names[:-1]))
        networks.add((tuple(sizes[1:-1]), names[0] if len(names) > 1 else "sigI"))
    if len(networks) > 1:
        raise text.error(None, "the same hidden layers and activation for every element", str(sorted(networks)))
    return next(iter(networks), (None, None))


def _activation(text: RannText, element: str, layer: int, last: bool) -> str:
    words = ("activationfunctions", element, str(layer))
    if words not in text.entries:
        return "linear" if last else "sigI"
    line, tokens = text.one(*words).values[0]
    allowed = ["linear"] if last else sorted(ACTIVATIONS)
    if len(tokens) != 1 or tokens[0] not in allowed:
        raise text.error(line, f"an activation out of {', '.join(allowed)}", shorten(" ".join(tokens)))
    return tokens[0]
