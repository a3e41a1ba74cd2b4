"""Short readers of the file formats, written from their description alone: a second opinion on every file.

They check little and say little; what they do return has to be what the package's readers return.
"""

import json
import re
import struct
from fractions import Fraction
from pathlib import Path

import numpy as np

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
WHOLE = re.compile(r"[+-]?[0-9]+")


def number(token):
    if not NUMBER.fullmatch(token) or not np.isfinite(float(token)):
        raise ValueError(f"not a number: {token!r}")
    return float(token)


def whole(token):
    if not WHOLE.fullmatch(token):
        raise ValueError(f"not a whole number: {token!r}")
    return int(token)


def item(line, name):
    """The words after 'ITEM: name', between blanks or commas."""
    words = line.replace(":", ": ", 1).replace(",", " ").split()
    wanted = ["ITEM:", *name.split()]
    if words[: len(wanted)] != wanted:
        raise ValueError(f"expected {name}: {line!r}")
    return words[len(wanted) :]


# ---------------------------------------------------------------------------------------- training dumps


def read_dump(path, species=None):
    """A list of dictionaries, one a snapshot."""
    lines = Path(path).read_text().rstrip().split("\n")
    snapshots = []
    while lines:
        names = ["timestep", *item(lines[0], "TIMESTEP")]
        values = lines[1].replace(",", " ").split()
        snapshot = {name: number(values[k]) for k, name in enumerate(names)}
        if len(snapshot) != len(names):
            raise ValueError("a header field twice")
        item(lines[2], "NUMBER OF ATOMS")
        n_atoms = whole(lines[3].strip())
        words, box = item(lines[4], "BOX BOUNDS"), [line.split() for line in lines[5:8]]
        snapshot |= read_box(words, box)
        columns, rows = item(lines[8], "ATOMS"), [line.split() for line in lines[9 : 9 + n_atoms]]
        if len(rows) != n_atoms or any(len(row) != len(columns) for row in rows):
            raise ValueError("the table of atoms")
        table = {name: [row[k] for row in rows] for k, name in enumerate(columns)}
        if len(table) != len(columns):
            raise ValueError("a column twice")
        snapshot["positions"] = [[number(table[x][k]) for x in "xyz"] for k in range(n_atoms)]
        if "fx" in table or "fy" in table or "fz" in table:
            snapshot["forces"] = [[number(table[f"f{x}"][k]) for x in "xyz"] for k in range(n_atoms)]
        snapshot["species"] = table["element"] if "element" in table else [species[whole(t) - 1] for t in table["type"]]
        snapshots.append(snapshot)
        lines = lines[9 + n_atoms :]
    if any(snapshot.get("nsims", len(snapshots)) != len(snapshots) for snapshot in snapshots):
        raise ValueError("nsims")
    return snapshots


def read_box(words, box):
    """Cell, periodicity and stress; exact fractions, so that a sum of tilts loses no digit."""
    tilted = words[:3] == ["xy", "xz", "yz"]
    width = 3 if tilted else 2
    if any(len(row) not in (width, width + 3) or len(row) != len(box[0]) for row in box):
        raise ValueError("the box")
    exact = [[Fraction(token) for token in row if number(token) is not None] for row in box]
    xy, xz, yz = (row[2] for row in exact) if tilted else (0, 0, 0)
    lx = exact[0][1] - max(0, xy, xz, xy + xz) - exact[0][0] + min(0, xy, xz, xy + xz)
    ly = exact[1][1] - max(0, yz) - exact[1][0] + min(0, yz)
    lz = exact[2][1] - exact[2][0]
    if min(lx, ly, lz) <= 0:
        raise ValueError("a box without a volume")
    rest = words[3:] if tilted else words
    edges = rest[:3] or ["pp", "pp", "pp"]
    result = {"cell": np.array([[lx, 0, 0], [xy, ly, 0], [xz, yz, lz]], float), "pbc": [e == "pp" for e in edges]}
    if len(box[0]) == width + 3 and rest[3:] == ["stress_x", "stress_y", "stress_z"]:
        result["stress"] = [[number(token) for token in row[width:]] for row in box]
    return result


# ------------------------------------------------------------------------- RANN input and potential files


def read_rann_lines(path):
    """{words of the keyword: [tokens of each value line]} of an input file or a potential file."""
    entries, words = {}, None
    for line in Path(path).read_text().split("\n"):
        line = line.partition("#")[0].strip()
        if line.endswith(":"):
            words = tuple(w for w in re.split(r"[:,_\s]", line) if w)
            if words in entries:
                raise ValueError(f"twice: {words}")
            entries[words] = []
        elif line:
            entries[words].append([w for w in re.split(r"[:,\s]", line) if w])
    return entries


def read_rann_input(path):
    """What a potential file has without its layers, the hidden layers, and the calibration parameters."""
    entries = read_rann_lines(path)
    contents = read_rann(path, layers=False)
    hidden = {
        tuple(
            whole(entries["layersize", element, str(k)][0][0])
            for k in range(1, whole(entries["networklayers", element][0][0]) - 1)
        )
        for element in contents["elements"]
        if ("networklayers", element) in entries
    }
    keys = {"_".join(words[1:]): rows[0] for words, rows in entries.items() if words[0] == "calibrationparameters"}
    return contents | {"hidden": hidden, "keys": keys}


def read_rann(path, layers=True):
    """Elements, fingerprint blocks, screening ranges and layers of a potential file."""
    entries = read_rann_lines(path)

    def numbers(*words):
        (tokens,) = entries[words]
        return [number(token) for token in tokens]

    (elements,) = entries["atomtypes",]
    blocks = []
    for words, lines in entries.items():
        if words[0] == "fingerprints":
            (tokens,) = lines
            for token in tokens:
                kind, label = token.split("_")
                stem = ("fingerprintconstants", *words[1:], kind, label)
                constants = {w[-1]: numbers(*w) for w in entries if w[:-1] == stem}
                blocks.append({"kind": kind, "label": whole(label), "names": words[1:]} | constants)
    screening = {}
    for words in entries:
        if words[0] == "screening":
            screening.setdefault(words[1:4], {"Cmin": 0.8, "Cmax": 2.8})[words[4]] = numbers(*words)[0]
    networks = {}
    for element in elements if layers else ():
        (n_layers,) = numbers("networklayers", element)
        networks[element] = [
            (
                [[number(t) for t in row] for row in entries["weight", element, str(k)]],
                [[number(t) for t in row] for row in entries["bias", element, str(k)]],
                entries["activationfunctions", element, str(k)],
            )
            for k in range(int(n_layers) - 1)
        ]
    return {"elements": elements, "blocks": blocks, "screening": screening, "networks": networks}


# ---------------------------------------------------------------------------------------------- safetensors


def read_safetensors(path):
    """(tensors, metadata): eight bytes of length, JSON, then the numbers."""
    data = Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    metadata, body, tensors = header.pop("__metadata__", {}), data[8 + length :], {}
    for name, entry in header.items():
        start, stop = entry["data_offsets"]
        kind = {"F64": "<f8", "F32": "<f4"}[entry["dtype"]]
        tensors[name] = np.frombuffer(body[start:stop], kind).reshape(entry["shape"])
    return tensors, metadata
