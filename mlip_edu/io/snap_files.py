"""SNAP's files: ``.snapcoeff`` and ``.snapparam`` of ``pair_style snap``; model and descriptor of ``pair_style mliap``.

``.snapparam`` has a key and its value on each line. ``.snapcoeff`` has ``n_elements n_coefficients`` on its first line
and then for each element ``name R w`` and one coefficient a line: c₀, one for each B_k and, if quadraticflag is set,
one for each k and l ≥ k: of ½B_k², B_k B_{k+1}, … Comments begin with ``#``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np

from ..errors import FormatError, MlipEduError
from ..files import write_text
from ..fingerprints import SnapFingerprint
from .text import brief, finite_numbers

LARGEST_FILE = 50_000_000  # bytes
FLAGS = ("bzeroflag", "switchflag", "bnormflag", "quadraticflag", "wselfallflag", "chemflag", "switchinnerflag")
NUMBERS = ("rcutfac", "twojmax", "rfac0", "rmin0", "chunksize", "parallelthresh")  # the last two change no result
MLIAP_ACTIVATIONS = ("linear", "sigmoid", "tanh", "relu")


@dataclass(frozen=True)
class SnapFile:
    """``fingerprint``, and for each of its elements the coefficients in the order of the file, eV."""

    fingerprint: SnapFingerprint
    quadratic: bool
    coefficients: Mapping[str, np.ndarray]


def read_snap(coefficients: str | PathLike, parameters: str | PathLike) -> SnapFile:
    """Read a ``.snapcoeff`` and its ``.snapparam``.

    Raises
    ------
    FormatError
        A file breaks the grammar or asks for ``chemflag`` or ``switchinnerflag``, which are not built: names file,
        line, what was expected and what was found.
    """
    keys = _read_parameters(parameters)
    quadratic = bool(keys.pop("quadraticflag", 0))
    names, radii, weights, values = _read_coefficients(coefficients)
    try:
        fingerprint = SnapFingerprint(names, radii=radii, weights=weights, **keys)
    except MlipEduError as problem:
        raise FormatError(parameters, None, f"usable numbers here and in {coefficients}", str(problem)) from problem
    n = fingerprint.n_columns
    wanted = 1 + n + (n * (n + 1) // 2 if quadratic else 0)
    if len(values[0]) != wanted:
        flags = f"twojmax {fingerprint.twojmax} and quadraticflag {int(quadratic)} in {parameters}"
        expected = f"{wanted} coefficients for {flags}"
        raise FormatError(coefficients, None, expected, str(len(values[0])))
    return SnapFile(fingerprint, quadratic, dict(zip(names, map(np.array, values), strict=True)))


def _lines(path: str | PathLike) -> list[tuple[int, list[str]]]:
    """(number, words) of all lines that are not empty, without their comments."""
    try:
        if Path(path).stat().st_size > LARGEST_FILE:
            raise FormatError(path, None, f"a file of at most {LARGEST_FILE} bytes", "a larger one")
        text = Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as problem:
        raise FormatError(path, None, "a text file", "bytes that are not text") from problem
    except OSError as problem:
        raise FormatError(path, None, "a readable file", problem.strerror or str(problem)) from problem
    numbered = enumerate((line.split("#")[0].split() for line in text.split("\n")), start=1)
    return [(number, words) for number, words in numbered if words]


def _numbers(path: str | PathLike, number: int, words: Sequence[str], count: int, expected: str) -> list[float]:
    try:
        values = finite_numbers(words)
    except ValueError:
        values = []
    if len(values) != count:
        raise FormatError(path, number, expected, brief(" ".join(words)) or "nothing")
    return values


def _read_parameters(path: str | PathLike) -> dict[str, float]:
    keys: dict[str, float] = {}
    for number, words in _lines(path):
        key = words[0]
        if key not in FLAGS + NUMBERS:
            raise FormatError(path, number, f"a key out of {', '.join(NUMBERS + FLAGS)}", brief(key))
        if key in keys:
            raise FormatError(path, number, "each key once", key)
        (value,) = _numbers(path, number, words[1:], 1, f"one number after {key}")
        if key in FLAGS and value not in (0, 1):
            raise FormatError(path, number, f"0 or 1 after {key}", words[1])
        if key in ("chemflag", "switchinnerflag") and value:
            raise FormatError(path, number, f"{key} 0, all that is built here", words[1])
        keys[key] = int(value) if key == "twojmax" and value == int(value) else value
    for key in ("rcutfac", "twojmax"):
        if key not in keys:
            raise FormatError(path, None, f"the key {key}", "no such line")
    # wselfallflag acts only together with chemflag
    return {k: v for k, v in keys.items() if k not in ("chunksize", "parallelthresh", *FLAGS[4:])}


def _read_coefficients(path: str | PathLike):
    """Names, radii, weights and coefficients of the elements."""
    lines = _lines(path)
    if not lines:
        raise FormatError(path, None, "the numbers of elements and of coefficients", "an empty file")
    number, words = lines[0]
    counts = _numbers(path, number, words, 2, "the numbers of elements and of coefficients")
    if not all(value == int(value) and 1 <= value <= 1_000_000 for value in counts):
        raise FormatError(path, number, "two positive whole numbers", brief(" ".join(words)))
    n_elements, n_coefficients = map(int, counts)
    if len(lines) != 1 + n_elements * (1 + n_coefficients):
        expected = f"{n_elements} times 1 + {n_coefficients} lines after this one"
        raise FormatError(path, number, expected, f"{len(lines) - 1}")
    names, radii, weights, values = [], [], [], []
    for start in range(1, len(lines), 1 + n_coefficients):
        number, words = lines[start]
        radius, weight = _numbers(path, number, words[1:], 2, "an element, its radius and its weight")
        names.append(words[0]), radii.append(radius), weights.append(weight)
        rows = lines[start + 1 : start + 1 + n_coefficients]
        values.append([_numbers(path, number, words, 1, "one coefficient")[0] for number, words in rows])
    return names, radii, weights, values


def write_snap(coefficients: str | PathLike, parameters: str | PathLike, snap: SnapFile) -> None:
    """Write the two files of ``pair_style snap``: numbers with as many digits as read back to themselves.

    Raises
    ------
    FormatError
        A coefficient is not finite.
    """
    fingerprint = snap.fingerprint
    lines = [f"{len(fingerprint.elements)} {len(snap.coefficients[fingerprint.elements[0]])}"]
    for element, radius, weight in zip(fingerprint.elements, fingerprint.radii, fingerprint.weights, strict=True):
        own = snap.coefficients[element]
        _check_finite(coefficients, own)
        lines += [f"{element} {radius!r} {weight!r}", *(repr(float(value)) for value in own)]
    write_text(parameters, "\n".join([*_options(fingerprint), f"quadraticflag {int(snap.quadratic)}"]) + "\n")
    write_text(coefficients, "\n".join(lines) + "\n")


def _options(fingerprint: SnapFingerprint) -> list[str]:
    flags = [f"{name} {int(getattr(fingerprint, name))}" for name in FLAGS[:3]]
    return [f"{name} {getattr(fingerprint, name)!r}" for name in NUMBERS[:4]] + flags


def _check_finite(path: str | PathLike, values: np.ndarray) -> None:
    if not np.isfinite(values).all():
        raise FormatError(path, None, "finite coefficients to write", "nan or infinity; fit the potential anew")


def write_mliap_descriptor(path: str | PathLike, fingerprint: SnapFingerprint) -> None:
    """Write the file after ``pair_style mliap … descriptor sna``."""
    rows = {
        "elems": fingerprint.elements,
        "radelems": map(repr, fingerprint.radii),
        "welems": map(repr, fingerprint.weights),
    }
    lines = [f"nelems {len(fingerprint.elements)}", *(f"{key} {' '.join(row)}" for key, row in rows.items())]
    write_text(path, "\n".join(lines + _options(fingerprint)) + "\n")


@dataclass(frozen=True)
class MliapNetwork:
    """B − ``shift`` over ``scale`` goes into ``layers``: (weight (outputs, inputs), bias (outputs,), activation)."""

    shift: np.ndarray
    scale: np.ndarray
    layers: Sequence[tuple[np.ndarray, np.ndarray, str]]


def write_mliap_network(path: str | PathLike, networks: Sequence[MliapNetwork]) -> None:
    """Write the file after ``pair_style mliap model nn``, the networks in the order of the descriptor's elements.

    Raises
    ------
    FormatError
        An activation that LAMMPS would silently take for linear, networks of different shapes, or weights that are not
        finite.
    """
    shapes = {tuple((name, len(bias)) for _, bias, name in network.layers) for network in networks}
    if len(shapes) > 1:
        raise FormatError(path, None, "networks of one shape, as LAMMPS wants them", f"{len(shapes)} shapes")
    (shape,) = shapes
    strange = sorted({name for name, _ in shape} - set(MLIAP_ACTIVATIONS))
    if strange:
        raise FormatError(path, None, f"activations out of {', '.join(MLIAP_ACTIVATIONS)}", ", ".join(strange))
    blocks = []
    for network in networks:
        # node by node: its bias, then its weights
        rows = [np.column_stack([bias, weight]).ravel() for weight, bias, _ in network.layers]
        blocks += [network.shift, network.scale, np.concatenate(rows)]
    lines = [f"{len(networks)} {len(blocks[2])}"]
    lines.append(f"NET {len(blocks[0])} {len(shape)} " + " ".join(f"{name} {nodes}" for name, nodes in shape))
    for block in blocks:
        _check_finite(path, block)
        lines += [" ".join(repr(float(v)) for v in block[k : k + 5]) for k in range(0, len(block), 5)]
    write_text(path, "\n".join(lines) + "\n")
