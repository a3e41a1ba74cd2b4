"""Broken files on purpose: mutations, a budget of time and memory for each, and what counts as the right answer.

An accepted file has to be what the short readers in ``reference/short_readers.py`` return; a refused one has to
say where, what was expected and what was found.
"""

import json
import os
import random
import re
import resource
import signal
import string
import time
import warnings
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import numpy as np

from mlip_edu import load_potential, read_dump, read_rann_input
from mlip_edu.cli import md
from mlip_edu.errors import FormatError, MlipEduError
from mlip_edu.io import read_xyz
from mlip_edu.io.rann_potential import read_rann_potential
from mlip_edu.io.snap_files import read_snap
from mlip_edu.io.trajectory import read_trajectory
from reference import short_readers

SECONDS, BYTES, HANGS = 2, 300_000_000, 20
LONGEST_MESSAGE = 1000
SPECIES = ["Si", "Ge"]
CASES = int(os.environ.get("MLIP_EDU_FUZZ", "0"))  # how many in all; 0: the same 2,000 every time
LEAST = CASES or 2000


# ---------------------------------------------------------------------------------- time, memory, counting


def peak_memory():
    """Peak of this process in bytes since the last ``forget_peak``, or since its start where Linux is not."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
        return int(found[1]) * 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def forget_peak():
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass


def hang(*_):
    raise AssertionError(f"still at work after {HANGS} s")


@contextmanager
def frugal():
    """At most two seconds of the processor and 300 MB more than before; no more than twenty seconds by the clock."""
    forget_peak()
    memory, start = peak_memory(), time.process_time()
    previous = signal.signal(signal.SIGALRM, hang)
    signal.setitimer(signal.ITIMER_REAL, HANGS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
        Tally.slowest = max(Tally.slowest, time.process_time() - start)
        Tally.largest = max(Tally.largest, peak_memory() - memory)
    assert time.process_time() - start < SECONDS
    assert peak_memory() - memory < BYTES


class Tally:
    """How many cases were tried, by kind and outcome."""

    counts: ClassVar = Counter()
    slowest, largest = 0.0, 0

    @classmethod
    def total(cls):
        return sum(cls.counts.values())

    @classmethod
    def text(cls):
        kinds = sorted({kind for kind, _ in cls.counts})
        shown = ", ".join(f"{k} {cls.counts[k, 'accepted']} + {cls.counts[k, 'refused']}" for k in kinds)
        return (
            f"{cls.total()} cases (accepted + refused: {shown}); slowest {cls.slowest:.2f} s, "
            f"largest {cls.largest / 1e6:.0f} MB"
        )


def record(what, **numbers):
    """Add a line to the report of ``.ci/full``, if one is wanted."""
    path = os.environ.get("MLIP_EDU_REPORT")
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"what": what} | numbers) + "\n")


# ----------------------------------------------------------------------------------------------- mutations

TOKENS = [
    b"0", b"1", b"-1", b"2", b"1e9", b"1e-9", b"nan", b"inf", b"-inf", b"1e400", b"-0", b"-0.0", b"1_000", b"1_0",
    b"0x10", b"999999999999", b"9" * 400, b"1e-400", b"+", b".", b"1.", b".5", b"1d5", b"1,5", b"Si", b"Qq", b"X",
    b"pp", b"ITEM:", b"x", b":", b"_", b"#", b",", b"=", b'"', b"\x00", b"\xff", b"'", b"3.14", b"{}", b"[", b"]", b"T",
    b"all", "١".encode(), "１２".encode(), "²".encode(), "\u00a0".encode(), "\u2028".encode(), b"\r", b"\x0c", b"\x1c",
    b"",
]  # fmt: skip
NUMBER = re.compile(rb"[-+]?[0-9]+\.?[0-9]*(?:[eE][-+]?[0-9]+)?")


def one_byte(data, rng):
    place = rng.randrange(len(data))
    return data[:place] + bytes([rng.randrange(256)]) + data[place + 1 :]


def one_digit(data, rng):
    place = rng.randrange(len(data))
    return data[:place] + rng.choice(string.digits + ".-+eE _").encode() + data[place + 1 :]


def inserted(data, rng):
    place = rng.randrange(len(data) + 1)
    return data[:place] + rng.choice([rng.randbytes(1), rng.choice(TOKENS)]) + data[place:]


def deleted(data, rng):
    place = rng.randrange(len(data))
    return data[:place] + data[place + rng.randrange(1, 12) :]


def cut(data, rng):
    return data[: rng.randrange(len(data))]


def other_number(data, rng):
    found = list(NUMBER.finditer(data))
    if not found:
        return data
    match = rng.choice(found)
    token = rng.choice([rng.choice(TOKENS), repr(rng.uniform(-9, 9)).encode(), b"%d" % rng.randrange(-3, 30)])
    return data[: match.start()] + token + data[match.end() :]


def of_parts(data, rng, separator):
    """One token or line replaced, doubled, dropped, exchanged with another, or moved."""
    parts = data.split(separator)
    k, m = rng.randrange(len(parts)), rng.randrange(len(parts))
    kind = rng.choice(["other", "double", "drop", "swap", "move"])
    if kind == "swap":
        parts[k], parts[m] = parts[m], parts[k]
    elif kind == "move":
        parts.insert(m, parts.pop(k))
    else:
        parts[k : k + 1] = {"other": [rng.choice(TOKENS)], "double": [parts[k]] * 2, "drop": []}[kind]
    return separator.join(parts)


def of_tokens(data, rng):
    return of_parts(data, rng, b" ")


def of_lines(data, rng):
    return of_parts(data, rng, b"\n")


def of_piece(data, rng):
    """A stretch of bytes again, or gone."""
    start, stop = sorted((rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)))
    return data[:stop] + data[start:] if rng.random() < 0.5 else data[:start] + data[stop:]


def whole_file(data, rng):
    """Line ends, byte order marks, encodings, compression, lines without end, nothing at all."""
    import gzip

    text = data.decode("utf-8", "replace")
    place = rng.randrange(len(data) + 1)
    return rng.choice([
        lambda: data.replace(b"\n", b"\r\n"), lambda: data.replace(b"\n", b"\r"), lambda: b"\xef\xbb\xbf" + data,
        lambda: text.encode("utf-16"), lambda: text.encode("utf-16-le"), lambda: text.encode("utf-32"),
        lambda: gzip.compress(data), lambda: b"", lambda: b"\n", lambda: data + b"\x00" * rng.randrange(1, 9),
        lambda: data[:place] + b"7" * 200_000 + data[place:], lambda: data[:place] + b" 1" * 100_000 + data[place:],
        lambda: data[:place] + b"\x00" * 1000 + data[place:], lambda: data * 2, lambda: data.replace(b" ", b"\t"),
        lambda: data.replace(b" ", b"  "), lambda: data.replace(b".", b","), lambda: data.upper(),
        lambda: data + data[:place],
        lambda: data.rstrip(b"\n"), lambda: b"\n" + data, lambda: data + b"\n\n \n",
    ])()  # fmt: skip


MUTATIONS = [
    one_byte, one_digit, inserted, deleted, cut, other_number, other_number, other_number, of_tokens, of_tokens,
    of_lines, of_lines, of_piece, whole_file,
]  # fmt: skip


def mutated(data: bytes, rng: random.Random) -> bytes:
    """One to three changes of bytes, numbers, tokens, lines or the whole."""
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        data = rng.choice(MUTATIONS)(data, rng) or b" "
    return data


# ------------------------------------------------------------------------------------------------- oracles


def quietly(read, *arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return read(*arguments)


def same_systems(systems, others):
    assert len(systems) == len(others)
    for system, other in zip(systems, others, strict=True):
        for name in ("positions", "cell", "forces", "stress"):
            mine = getattr(system, name)
            assert (mine is None) == (name not in other), name
            if mine is not None:
                np.testing.assert_array_equal(mine, other[name])
        assert list(system.pbc) == list(other["pbc"])
        assert list(system.species) == list(other["species"])
        assert system.energy == other.get("energy")
        assert system.energy_weight == other.get("energy_weight", 1.0)
        assert system.force_weight == other.get("force_weight", 1.0)


def compare_dump(path):
    systems = quietly(read_dump, path, SPECIES)
    others = short_readers.read_dump(path, SPECIES)
    same_systems(systems, others)
    for system, other in zip(systems, others, strict=True):
        for name in ("timestep", "group", "part"):
            assert system.info.get(name) == other.get(name)


def compare_xyz(path):
    systems = quietly(read_xyz, path)
    others = short_readers.read_xyz(path)
    same_systems(systems, others)
    for system, other in zip(systems, others, strict=True):
        assert dict(system.info) == {"file": path.name} | other["info"]


def equal_fingerprints(blocks, screening, theirs):
    """The package's blocks and screening ranges are what the short reader reads."""
    assert len(blocks) == len(theirs["blocks"])
    for block, other in zip(blocks, theirs["blocks"], strict=True):
        p = block.parameters
        assert (block.centre, *block.neighbours) == other["names"]
        assert block.name == f"{other['kind']}_{other['label']}"
        assert [p.length_scale, p.cutoff, p.width] == [other[key][0] for key in ("re", "rc", "dr")]
        if other["kind"].startswith("radial"):
            assert list(p.decay) == other["alpha"]
            assert p.lowest_power == other.get("o", [0])[0]
            assert len(p.decay) == other["n"][0] - p.lowest_power + 1
        else:
            assert list(p.decay) == other["alphak"]
            assert [len(p.decay), p.n_cosines] == [other["k"][0], other["m"][0]]
    ranges = {triplet: (bounds["Cmin"], bounds["Cmax"]) for triplet, bounds in theirs["screening"].items()}
    assert dict(screening) == ranges


def compare_rann(path):
    """What the package reads from a potential file is what the short reader reads."""
    potential, mine, theirs = load_potential(path), read_rann_potential(path), short_readers.read_rann(path)
    assert list(mine.elements) == theirs["elements"]
    equal_fingerprints(mine.blocks, mine.screening, theirs)
    assert mine.networks.keys() == theirs["networks"].keys()
    for element, layers in mine.networks.items():
        tensors = potential.networks[element]
        for k, (layer, (weight, bias, activation)) in enumerate(zip(layers, theirs["networks"][element], strict=True)):
            np.testing.assert_array_equal(layer.weight, weight)
            np.testing.assert_array_equal(layer.bias[:, None], bias)
            assert [[layer.activation]] == activation
            np.testing.assert_array_equal(tensors.weights[k].detach(), weight)


def compare_input(path):
    mine = quietly(read_rann_input, path)
    theirs = short_readers.read_rann_input(path)
    assert list(mine.elements) == theirs["elements"]
    equal_fingerprints(mine.fingerprint.blocks, mine.fingerprint.screening_ranges, theirs)
    assert {mine.hidden} - {None} == theirs["hidden"]
    for name, key in (("epochs", "maxepochs"), ("seed", "seed")):
        assert [str(mine.options.get(name, ""))] == [str(int(n)) for n in theirs["keys"].get(key, [])] or (
            name not in mine.options and key not in theirs["keys"]
        )
    assert mine.options.get("validation") == (
        float(theirs["keys"]["validation"][0]) if "validation" in theirs["keys"] else None
    )
    folder = " ".join(theirs["keys"].get("dumpdirectory", []))
    assert mine.dump_folder == (path.parent / folder if folder else None)


def compare_safetensors(path):
    potential = load_potential(path)
    tensors, metadata = short_readers.read_safetensors(path)
    description = json.loads(metadata["mlip_edu"])
    state = potential.networks.state_dict()
    assert state.keys() == tensors.keys()
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(state[name].numpy(), tensor)
    fingerprint = json.loads(json.dumps(potential.fingerprint.to_dict()))
    assert fingerprint == {k: v for k, v in description["fingerprint"].items() if k != "kind"}
    for element, network in potential.networks.items():
        entry = description["networks"][element]
        assert list(network.sizes) == entry["sizes"]
        assert list(network.activations) == entry["activations"]
        assert network.reference_energy == entry["reference_energy"]


def short_trajectory(path):
    """The whole frames of a trajectory of ours: what is recorded, and the columns, by name."""
    lines, frames = Path(path).read_bytes().decode(errors="replace").split("\n"), []
    while "".join(lines).strip():
        n_atoms = short_readers.whole(lines[0].strip())
        if len(lines) < n_atoms + 3:  # cut off
            break
        keys, rows = short_readers.xyz_keys(lines[1].strip()), [line.split() for line in lines[2 : 2 + n_atoms]]
        start, columns, words = 0, {}, keys["Properties"].split(":")
        for name, kind, count in zip(words[::3], words[1::3], words[2::3], strict=True):
            cells = [row[start : start + int(count)] for row in rows]
            columns[name] = cells if kind in "SL" else [[short_readers.number(t) for t in row] for row in cells]
            start += int(count)
        assert {len(row) for row in rows} == {start}
        frames.append((keys, columns))
        lines = lines[2 + n_atoms :]
    return frames


def compare_trajectory(path):
    """The frames to go on from, and the numbers of the table and the figure."""
    frames, rows = read_trajectory(path), md.recorded(path, 10)
    if not frames:
        raise FormatError(path, None, "a whole frame", "none")
    for k, (frame, row, other) in enumerate(zip(frames, rows, short_trajectory(path), strict=True)):
        keys, columns = other
        assert [row[name] for name in md.TABLE] == [short_readers.plain(keys[name]) for name in md.TABLE]
        assert row["step"] == 10 * k
        assert frame.get_chemical_symbols() == [name for (name,) in columns["species"]]
        np.testing.assert_array_equal(frame.positions, columns["pos"])
        if "momenta" in columns:
            np.testing.assert_array_equal(frame.get_momenta(), columns["momenta"])
        lattice = short_readers.square(keys["Lattice"]) if "Lattice" in keys else np.zeros((3, 3))
        np.testing.assert_array_equal(frame.cell, lattice)


SNAP = {  # the other file of the pair
    "snapcoeff": "# silicon\nrcutfac 4.7 # comment\ntwojmax 2\nrfac0 0.99\nquadraticflag 0\n",
    "snapparam": "# one element\n1 6\nSi 0.5 1.0\n" + "".join(f"{0.5 - k}\n" for k in range(6)),
}


def compare_snap(path):
    """Elements, numbers and coefficients; every option that the file names."""
    other = path.with_suffix(".snapparam" if path.suffix == ".snapcoeff" else ".snapcoeff")
    other.write_text(SNAP[path.suffix[1:]])
    coefficients, parameters = sorted((path, other))
    mine = read_snap(coefficients, parameters)
    words = [
        [line.split("#")[0].split() for line in re.split("\r\n|\r|\n", file.read_bytes().decode())]
        for file in (coefficients, parameters)
    ]
    (counts, *rows), keys = [line for line in words[0] if line], {line[0]: line[1:] for line in words[1] if line}
    n_elements, n_coefficients = (int(short_readers.number(token)) for token in counts)
    heads = rows[:: n_coefficients + 1]
    f = mine.fingerprint
    assert len(rows) == n_elements * (n_coefficients + 1)
    assert list(f.elements) == list(mine.coefficients) == [name for name, _, _ in heads]
    assert [*zip(f.radii, f.weights, strict=True)] == [tuple(map(short_readers.number, head[1:])) for head in heads]
    for k, values in enumerate(mine.coefficients.values()):
        own = rows[k * (n_coefficients + 1) + 1 :][:n_coefficients]
        assert values.tolist() == [short_readers.number(token) for (token,) in own]
    numbers = {key: short_readers.number(token) for key, (token,) in keys.items()}
    assert mine.quadratic == numbers.pop("quadraticflag", 0)
    without_effect = {"wselfallflag": {0, 1}, "chemflag": {0}, "switchinnerflag": {0}}
    for key, value in numbers.items():
        if key in without_effect:
            assert value in without_effect[key]
        elif key not in ("chunksize", "parallelthresh"):
            assert getattr(f, key) == value


COMPARE = {
    "dump": compare_dump, "rann": compare_rann, "input": compare_input, "safetensors": compare_safetensors,
    "xyz": compare_xyz, "trajectory": compare_trajectory, "snapcoeff": compare_snap, "snapparam": compare_snap,
}  # fmt: skip


def attempt(kind, path):
    """Read one file within the budget, compare or look at the error, and count it. True: accepted."""
    with frugal():
        try:
            COMPARE[kind](path)
        except FormatError as error:
            well_said(error, path)
            Tally.counts[kind, "refused"] += 1
            return False
    Tally.counts[kind, "accepted"] += 1
    return True


def well_said(error, path):
    """The message names file, line (where there is one), what was expected and what was found, in one line."""
    message = str(error)
    assert isinstance(error, MlipEduError)
    assert str(path) in message
    if error.line is not None:
        assert f"line {error.line}:" in message
        assert 1 <= error.line <= path.read_bytes().count(b"\n") + path.read_bytes().count(b"\r") + 2
    assert error.expected
    assert error.found
    assert f"expected {error.expected}; found {error.found}" in message
    assert len(message) < LONGEST_MESSAGE + len(str(path)), message[:3000]
    assert "\n" not in message, message
