"""Short readers of the file formats, written from their description alone: a second opinion on every file.

They check little and say little; what they do return has to be what the package's readers return.
"""

import json
import re
import struct
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np

NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
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
    exact = [[Fraction(Decimal(token)) for token in row if number(token) is not None] for row in box]
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


# --------------------------------------------------------------------------------------------- extended XYZ


def read_xyz(path):
    """A list of dictionaries, one a frame."""
    lines = Path(path).read_text().rstrip().split("\n")
    frames = []
    while lines:
        n_atoms = whole(lines[0].strip())
        keys = xyz_keys(lines[1].strip())
        rows = [line.split() for line in lines[2 : 2 + n_atoms]]
        words = keys.pop("Properties").split(":")
        start, columns = 0, {}
        while words:
            name, kind, count, *words = words
            if name in columns or kind not in {"S", "R", "I", "L"}:
                raise ValueError(f"Properties: {name}")
            columns[name] = [row[start : start + whole(count)] for row in rows]
            start += whole(count)
        if n_atoms < 1 or len(rows) != n_atoms or any(len(row) != start for row in rows):
            raise ValueError("the table of atoms")
        frame = {"species": [name for (name,) in columns["species"]]}
        for ours, theirs in (("positions", "pos"), ("forces", "forces")):
            if theirs in columns:
                frame[ours] = [[number(token) for token in row] for row in columns[theirs]]
        lattice = keys.pop("Lattice", None)
        frame["cell"] = square(lattice) if lattice is not None else np.zeros((3, 3))
        frame["pbc"] = [{"T": True, "F": False}[t] for t in keys.pop("pbc", "T T T" if lattice else "F F F").split()]
        if "stress" in keys:
            frame["stress"] = square(keys.pop("stress"))
        for name in ("energy", "free_energy", "energy_weight", "force_weight"):
            if name in keys:
                frame[name] = number(keys.pop(name))
        frame["energy"] = frame.get("free_energy", frame.get("energy"))
        frame["info"] = {name: plain(text) for name, text in keys.items()}
        frames.append(frame)
        lines = lines[2 + n_atoms :]
    return frames


def xyz_keys(line):
    """{key: text} of a comment line; quotes may hold blanks."""
    keys = {}
    while line:
        key, line = line.split("=", 1)
        if line.startswith('"'):
            value, line = line[1:].split('"', 1)
            if line and not line[0].isspace():
                raise ValueError("a value glued to the next key")
        else:
            value, *rest = line.split(None, 1)
            line = rest[0] if rest else ""
            if any(c in '"{}[]=' for c in value):
                raise ValueError(f"the value of {key!r}")
        if key in keys or not key or any(c.isspace() or c in '"{}[]' for c in key):
            raise ValueError(f"the key {key!r}")
        keys[key], line = value.strip(), line.strip()
    return keys


def square(text):
    return np.array([number(token) for token in text.split()]).reshape(3, 3)


def plain(text):
    """A whole number of at most fifteen digits, a finite number, or else the text."""
    for kind in (whole, number) if len(text.lstrip("+-")) <= 15 else (number,):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


# ------------------------------------------------------------------------------------------ a command line


def read_arguments(arguments, options):
    """{option: [values]} and the words that belong to none; ``options``: how many values each takes (None: any)."""
    found, loose, rest = {}, [], list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--":
            return found, loose + rest
        if not word.startswith("--") or " " in word:  # no option has a blank in it
            loose.append(word)
            continue
        name, glued, value = word.partition("=")
        if name not in options:
            raise ValueError(f"no option {name}")
        values = [value] if glued else []
        while rest and not glued and len(values) != options[name] and (not rest[0].startswith("--") or " " in rest[0]):
            values.append(rest.pop(0))
        if options[name] is not None and len(values) != options[name]:
            raise ValueError(f"{name} takes {options[name]}")
        found[name] = values
    return found, loose
