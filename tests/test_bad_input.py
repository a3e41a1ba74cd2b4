"""Broken files: always an error of ours that says where, never another exception, never a wrong number.

Each case has two seconds and 300 MB. The oracle of the mutated files is the short readers in
``reference/short_readers.py``: what the package accepts has to be what they read. ``MLIP_EDU_FUZZ`` sets the
number of mutated files of each format; unset, the same few hundred are tried every time.
"""

import json
import os
import random
import resource
import string
import struct
import time
import warnings
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from battery import BOND, RADIAL, make_potential
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structures import changed, diamond, skewed, tiny_skewed
from test_dump import TWO
from test_rann_files import SMALL, equal_fingerprints, equals_short_reader
from test_rann_input import TEXT as INPUT

from mlip_edu import AcsfFingerprint, Block, RannFingerprint, load_potential, read_dump, read_rann_input, write_dump
from mlip_edu.errors import DumpError, FormatError, MlipEduError, RannError
from reference import short_readers

FUZZ = int(os.environ.get("MLIP_EDU_FUZZ", "0"))
SECONDS, KILOBYTES = 2, 300_000
SPECIES = ["Si", "Ge"]


@contextmanager
def frugal():
    """At most two seconds and 300 MB more than before."""
    start, memory = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert time.perf_counter() - start < SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < KILOBYTES


def refused(read, path, kind, line=None):
    """``read(path)`` fails with an error of ``kind`` that names the file, and the line where there is one."""
    with frugal(), pytest.raises(kind) as caught:
        read(path)
    error = caught.value
    assert isinstance(error, FormatError)
    assert str(path) in str(error)
    assert "expected" in str(error)
    assert "found" in str(error)
    assert error.expected
    assert error.found
    assert "\n" not in error.found or kind is FormatError
    if error.line is not None:
        assert error.line >= 1
        assert f"line {error.line}" in str(error)
    if line is not None:
        assert error.line == line
    return error


def read_two(path):
    return read_dump(path, species=SPECIES)


# ------------------------------------------------------------------------------------------- any format

READERS = [
    pytest.param(read_two, "a.dump", DumpError, id="dump"),
    pytest.param(load_potential, "a.rann", RannError, id="rann"),
    pytest.param(read_rann_input, "a.input", RannError, id="input"),
    pytest.param(load_potential, "a.safetensors", FormatError, id="safetensors"),
]
RUBBISH = {
    "empty": b"",
    "blank": b" \n\t\n",
    "zeros": bytes(5000),
    "noise": random.Random(0).randbytes(5000),
    "text": b"All happy families are alike.\n" * 50,
    "colons": b":" * 5000,
    "one long line": b"1 " * 500_000,
    "items": b"ITEM: TIMESTEP\n" * 5000,
    "keywords": b"atomtypes:\n" * 5000,
    "half a character": TWO.encode() + b"\xc3",
    "braces": struct.pack("<Q", 100_000) + b"[" * 100_000,
    "a long header": struct.pack("<Q", 2**62) + b"{}",
}


@pytest.mark.parametrize("rubbish", RUBBISH.values(), ids=RUBBISH)
@pytest.mark.parametrize(("read", "name", "kind"), READERS)
def test_rubbish(read, name, kind, rubbish, tmp_path):
    path = tmp_path / name
    path.write_bytes(rubbish)
    refused(read, path, kind)


@pytest.mark.parametrize(("read", "name", "kind"), READERS)
def test_a_file_that_is_not_there(read, name, kind, tmp_path):
    refused(read, tmp_path / name, kind)
    refused(read, tmp_path / "nowhere" / name, kind)


@pytest.mark.parametrize(("read", "name", "kind"), READERS)
def test_a_folder_in_its_place(read, name, kind, tmp_path):
    (tmp_path / name).mkdir()
    refused(read, tmp_path / name, kind)


# ------------------------------------------------------------------------------------------------ dumps


@pytest.mark.parametrize("n_lines", range(TWO.count("\n")))
def test_a_dump_cut_off_after_any_line(n_lines, tmp_path):
    path = tmp_path / "a.dump"
    path.write_text("".join(line + "\n" for line in TWO.split("\n")[:n_lines]))
    error = refused(read_two, path, DumpError)
    assert error.line is None if n_lines == 0 else error.line in (n_lines, n_lines + 1)


WRONG_DUMPS = [  # (line, what it is instead)
    (1, "ITEM: TIME"),
    (1, "ITEM: TIMESTEP energy, energy, force_weight, nsims"),
    (2, "1 -1e400 1 0.5 2"),
    (2, "1 nan 1 0.5 2"),
    (2, "1 -inf 1 0.5 2"),
    (2, "1 -1_0.5 1 0.5 2"),
    (2, "1 -١٢ 1 0.5 2"),
    (2, "1 0x10 1 0.5 2"),
    (2, "1 -3.5 -1 0.5 2"),
    (2, "1.5 -3.5 1 0.5 2"),
    (2, "1 -3.5 1 0.5 2.5"),
    (2, "1 -3.5 1 0.5"),
    (3, "NUMBER OF ATOMS"),
    (4, "0"),
    (4, "-2"),
    (4, "2.0"),
    (4, "1000000000000"),
    (4, "999999999"),
    (4, "٢"),
    (4, "1"),
    (4, "3"),
    (5, "ITEM: BOX BOUNDS abc origin pp pp pp"),
    (5, "ITEM: BOX BOUNDS xy xz yz pp pp"),
    (5, "ITEM: BOX BOUNDS xy xz yz pf pp pp"),
    (5, "ITEM: BOX BOUNDS pp pp pp"),
    (5, "ITEM: BOX BOUNDS;xy xz yz pp pp pp"),
    (6, "-1.0 6.5"),
    (6, "-1.0 6.5 -1.0 0 0"),
    (6, "-1.0 6.5 nan"),
    (6, "-1.0 6_5 -1.0"),
    (6, "-1.0 6.5 -1.0e-99999999999"),
    (6, "-1.0 1e9 -1.0"),
    (6, "6.5 -1.0 -1.0"),
    (6, "-1.0 6.5 1e9"),
    (7, "5.5 5.5 0.5"),
    (7, "0.0 1e-9 0.5"),
    (7, "0.0 0.02 0.5"),
    (8, "4.25 0.25 0.0"),
    (9, "ITEM: ATOMS id type x y z fx fy fx"),
    (9, "ITEM: ATOMS id type x y q fx fy fz"),
    (9, "ITEM: ATOMS id kind x y z fx fy fz"),
    (9, "ITEM: ATOMS id type x y z fx fy q"),
    (9, "ITEM: ATOMS id type x y z fx fy"),
    (9, "ITEM: ATOMS"),
    (10, "1 1 0.0 0.25 0.5 0.125 -2.5e-3"),
    (10, "1 1 0.0 0.25 0.5 0.125 -2.5e-3 1 1"),
    (10, "1 3 0.0 0.25 0.5 0.125 -2.5e-3 1"),
    (10, "1 Qq 0.0 0.25 0.5 0.125 -2.5e-3 1"),
    (10, "1 X 0.0 0.25 0.5 0.125 -2.5e-3 1"),
    (10, "one 1 0.0 0.25 0.5 0.125 -2.5e-3 1"),
    (10, "1 1 0.0 nan 0.5 0.125 -2.5e-3 1"),
    (10, "1 1 0.0 1e10 0.5 0.125 -2.5e-3 1"),
    (10, "1 1 0.0 0_25 0.5 0.125 -2.5e-3 1"),
    (10, "1 1 0.0 0.25 0.5 0.125 inf 1"),
    (11, "1 2 1.5 1.0 -7.5 -0.125 2.5e-3 -1"),
    (11, "2 2 0.0 0.25 0.5 -0.125 2.5e-3 -1"),
    (11, "2 2 6.0 0.25 0.5 -0.125 2.5e-3 -1"),
    (11, "2 2 6.1 0.25 0.5 -0.125 2.5e-3 -1"),
    (13, "2 -3.5 0 1 3"),
]


@pytest.mark.parametrize(("line", "text"), WRONG_DUMPS, ids=[f"line {n}: {text}"[:50] for n, text in WRONG_DUMPS])
def test_a_wrong_line_in_a_dump(line, text, tmp_path):
    lines = TWO.split("\n")
    lines[line - 1] = text
    path = tmp_path / "a.dump"
    path.write_text("\n".join(lines))
    error = refused(read_two, path, DumpError)
    # where it is, a few lines on where something else stands than it promises, or at the end of the file
    assert abs(error.line - line) <= 8 or error.line == len(lines) - 1


@pytest.mark.parametrize("side", [1e-3, 0.05, 0.29])
@pytest.mark.parametrize("pbc", ["pp pp pp", "pp pp ff", "ff pp ff"])
@pytest.mark.parametrize("n_atoms", [1, 64])
def test_a_box_without_room(side, pbc, n_atoms, tmp_path):
    atoms = "".join(f"{k + 1} 1 0 0 {k}\n" for k in range(n_atoms))
    bounds = f"0 {side}\n" * 3
    path = tmp_path / "a.dump"
    path.write_text(
        f"ITEM: TIMESTEP energy\n1 -1\nITEM: NUMBER OF ATOMS\n{n_atoms}\nITEM: BOX BOUNDS {pbc}\n{bounds}"
        f"ITEM: ATOMS id type x y z\n{atoms}"
    )
    refused(read_two, path, DumpError)


def test_a_dump_of_many_wrong_lines_is_refused_at_the_first(tmp_path):
    path = tmp_path / "a.dump"
    path.write_text(TWO.replace("ITEM: NUMBER OF ATOMS\n2", "ITEM: NUMBER OF ATOMS\n200000") + "1 1 x y z\n" * 300_000)
    refused(read_two, path, DumpError)


# ------------------------------------------------------------------------------------- potential files


@pytest.mark.parametrize("n_lines", range(SMALL[: SMALL.index("calibration")].count("\n")))
def test_a_potential_cut_off_after_any_line(n_lines, tmp_path):
    path = tmp_path / "a.rann"
    path.write_text("".join(line + "\n" for line in SMALL.split("\n")[:n_lines]))
    refused(load_potential, path, RannError)


@pytest.mark.parametrize("text", ["1000000000", "1" * 5000, "nan", "-1", "1e9", "99999"])
@pytest.mark.parametrize("keyword", [line for line in SMALL.split("\n") if line.endswith(":") and line[0] in "nl"])
def test_absurd_sizes_of_layers(keyword, text, tmp_path):
    lines = SMALL.split("\n")
    lines[lines.index(keyword) + 1] = text
    path = tmp_path / "a.rann"
    path.write_text("\n".join(lines))
    refused(load_potential, path, RannError)


# ------------------------------------------------------------------------------------------ safetensors


def saved(tmp_path, name="a.safetensors", fingerprint=None):
    path = tmp_path / name
    make_potential(fingerprint or RannFingerprint([Block("Si", ("Si",), RADIAL)]), "tanh").save(path)
    return path


def described(path, change):
    """Change the JSON description within a .safetensors file."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    description = json.loads(header["__metadata__"]["mlip_edu"])
    change(description)
    header["__metadata__"]["mlip_edu"] = json.dumps(description)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + length :])


WRONG_DESCRIPTIONS = {
    "no fingerprint": lambda d: d.pop("fingerprint"),
    "no networks": lambda d: d.pop("networks"),
    "a list": lambda d: d.update(networks=[]),
    "unknown kind": lambda d: d["fingerprint"].update(kind="magic"),
    "no blocks": lambda d: d["fingerprint"].update(blocks=[]),
    "unknown element": lambda d: d["fingerprint"]["blocks"][0].update(centre="Qq"),
    "unknown activation": lambda d: d["networks"]["Si"].update(activations=["tanh", "magic"]),
    "other sizes": lambda d: d["networks"]["Si"].update(sizes=[4, 6, 1]),
    "too few sizes": lambda d: d["networks"]["Si"].update(sizes=[4]),
    "no sizes": lambda d: d["networks"]["Si"].update(sizes=None),
    "a cutoff of nan": lambda d: d["fingerprint"]["blocks"][0]["parameters"].update(cutoff=float("nan")),
    "a cutoff of text": lambda d: d["fingerprint"]["blocks"][0]["parameters"].update(cutoff="five"),
    "a decay of inf": lambda d: d["fingerprint"]["blocks"][0]["parameters"].update(decay=[float("inf")] * 4),
    "half a power": lambda d: d["fingerprint"]["blocks"][0]["parameters"].update(lowest_power=0.5),
    "too many parameters": lambda d: d["fingerprint"]["blocks"][0]["parameters"].update(more=1),
    "infinite energy": lambda d: d["networks"]["Si"].update(reference_energy=float("inf")),
    "no energy": lambda d: d["networks"]["Si"].update(reference_energy=None),
    "empty screening": lambda d: d["fingerprint"].update(screening=[["Si", "Si", "Si", 2.0, 2.0]]),
}


@pytest.mark.parametrize("change", WRONG_DESCRIPTIONS.values(), ids=WRONG_DESCRIPTIONS)
def test_a_wrong_description(change, tmp_path):
    path = saved(tmp_path)
    described(path, change)
    refused(load_potential, path, FormatError)


@pytest.mark.parametrize("part", [0, 4, 8, 100, 500, -1, -8, -100])
def test_safetensors_cut_off(part, tmp_path):
    path = saved(tmp_path)
    path.write_bytes(path.read_bytes()[:part])
    refused(load_potential, path, FormatError)


def test_safetensors_of_somebody_else(tmp_path):
    from safetensors.torch import save_file

    save_file({"weights": torch.zeros(3)}, tmp_path / "a.safetensors")
    refused(load_potential, tmp_path / "a.safetensors", FormatError)


def test_weights_that_are_not_finite(tmp_path):
    potential = make_potential(RannFingerprint([Block("Si", ("Si",), RADIAL)]), "tanh")
    potential.networks["Si"].mean[0] = torch.nan
    path = tmp_path / "a.safetensors"
    try:
        potential.save(path)
    except MlipEduError:
        return  # refused at once: better still
    refused(load_potential, path, FormatError)


# ---------------------------------------------------------------------------------------------- fuzzing

TOKENS = [
    b"0", b"1", b"-1", b"2", b"1e9", b"1e-9", b"nan", b"inf", b"1e400", b"999999999999", b"1_0", b"\xd9\xa1", b"Si",
    b"Qq", b"pp", b"ITEM:", b"x", b":", b"_", b"#", b",", b"\x00", b"\xff", b"'", b"3.14", b"{}", b"[", b"\xc2\xa0",
    b"\r", b"",
]  # fmt: skip


def mutated(data: bytes, rng: random.Random) -> bytes:
    """One to three changes of bytes, tokens or lines."""
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        kind = rng.choice(
            ["byte", "insert", "delete", "token", "token", "swap", "copy line", "drop line", "cut", "digit"]
        )
        place = rng.randrange(len(data) + 1)
        if kind == "byte":
            data = data[:place] + bytes([rng.randrange(256)]) + data[place + 1 :]
        elif kind == "digit":
            data = data[:place] + rng.choice(string.digits + ".-+eE _").encode() + data[place + 1 :]
        elif kind == "insert":
            data = data[:place] + rng.choice([rng.randbytes(1), rng.choice(TOKENS)]) + data[place:]
        elif kind == "delete":
            data = data[:place] + data[place + rng.randrange(1, 12) :]
        elif kind == "cut":
            data = data[:place]
        elif kind in ("token", "swap"):
            tokens = data.split(b" ")
            k, m = rng.randrange(len(tokens)), rng.randrange(len(tokens))
            tokens[k], tokens[m] = (tokens[m], tokens[k]) if kind == "swap" else (rng.choice(TOKENS), tokens[m])
            data = b" ".join(tokens)
        else:
            lines = data.split(b"\n")
            k = rng.randrange(len(lines))
            lines[k : k + 1] = [lines[k]] * 2 if kind == "copy line" else []
            data = b"\n".join(lines)
        data = data or b" "
    return data


def fuzz(number):
    """Run a test with that many seeds, the same every time unless MLIP_EDU_FUZZ asks for others."""
    return lambda test: settings(
        max_examples=FUZZ or number, derandomize=not FUZZ, deadline=None, database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )(given(st.integers(0, 2**64))(test))  # fmt: skip


def compare_dump(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        systems = read_two(path)
    others = short_readers.read_dump(path, SPECIES)
    assert len(systems) == len(others)
    for system, other in zip(systems, others, strict=True):
        for name in ("positions", "cell", "forces", "stress"):
            mine = getattr(system, name)
            assert (mine is None) == (name not in other), name
            if mine is not None:
                np.testing.assert_array_equal(mine, other[name])
        assert list(system.pbc) == other["pbc"]
        assert list(system.species) == other["species"]
        assert system.energy == other.get("energy")
        assert system.energy_weight == other.get("energy_weight", 1.0)
        assert system.force_weight == other.get("force_weight", 1.0)
        for name in ("timestep", "group", "part"):
            assert system.info.get(name) == other.get(name)


def compare_rann(path):
    load_potential(path)
    equals_short_reader(path)


def compare_input(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        mine = read_rann_input(path)
    theirs = short_readers.read_rann_input(path)
    assert list(mine.elements) == theirs["elements"]
    equal_fingerprints(mine.fingerprint.blocks, mine.fingerprint.screening_ranges, theirs)
    assert {mine.hidden} - {None} == theirs["hidden"]
    for name, key in (("epochs", "maxepochs"), ("seed", "seed")):
        assert [str(mine.options.get(name, ""))] == [str(int(n)) for n in theirs["keys"].get(key, [])] or (
            name not in mine.options and key not in theirs["keys"]
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


def sources(kind, folder):
    """A few sound files to start from, as bytes."""
    if kind == "dump":
        small = [
            changed(skewed(("Si", "Ge"), 3), energy=-3.5),
            changed(tiny_skewed(), energy=2.0, info={"group": 1, "part": 0}),
        ]
        write_dump(folder / "own.dump", [changed(s, forces=s.positions, stress=np.eye(3)) for s in small])
        return [TWO.encode(), (folder / "own.dump").read_bytes()]
    if kind == "rann":
        own = folder / "own.rann"
        make_potential(RannFingerprint([Block("Si", ("Si",), RADIAL, True), Block("Si", ("all", "all"), BOND)],
                                       {("Si", "Si", "Si"): (0.5, 2.5)}), "linear").save(own)  # fmt: skip
        return [SMALL.encode(), own.read_bytes()]
    if kind == "input":
        return [INPUT.encode()]
    acsf = AcsfFingerprint(["Si", "Ge"], 4.0, [(1.0, 0.5)], [(0.1, 1.0, -1.0)])
    return [saved(folder).read_bytes(), saved(folder, "b.safetensors", acsf).read_bytes()]


COMPARE = {"dump": compare_dump, "rann": compare_rann, "input": compare_input, "safetensors": compare_safetensors}


@pytest.mark.slow
@pytest.mark.parametrize("kind", COMPARE)
def test_mutated_files(kind, tmp_path):
    originals = sources(kind, tmp_path)
    path = tmp_path / f"a.{kind}"
    outcome = dict.fromkeys(("accepted", "refused", "nameless"), 0)
    for original in originals:
        path.write_bytes(original)
        COMPARE[kind](path)

    @fuzz(400)
    def attempt(seed):
        rng = random.Random(seed)
        path.write_bytes(mutated(rng.choice(originals), rng))
        with frugal():
            try:
                COMPARE[kind](path)
                outcome["accepted"] += 1
            except FormatError as error:
                outcome["refused" if str(path) in str(error) else "nameless"] += 1

    attempt()
    assert outcome["nameless"] == 0
    assert min(outcome["accepted"], outcome["refused"]) > 10, outcome  # neither all harmless nor all deadly


@pytest.mark.parametrize("kind", COMPARE)
def test_random_bytes(kind, tmp_path):
    path = tmp_path / f"a.{kind}"

    @settings(max_examples=FUZZ or 100, derandomize=not FUZZ, deadline=None, database=None)
    @given(st.binary(max_size=300))
    def attempt(data):
        path.write_bytes(data)
        with frugal(), pytest.raises(FormatError):
            COMPARE[kind](path)

    attempt()


def test_the_oracle_sees_a_wrong_number(tmp_path, monkeypatch):
    """Counter-check: a reader that takes the bounds for lengths does not get past the comparison."""
    path = tmp_path / "a.dump"
    path.write_text(TWO)
    compare_dump(path)
    lengths = lambda rows: np.diag([float(row[1] - row[0]) for row in rows])  # noqa: E731
    monkeypatch.setattr("mlip_edu.io.dump.cell_of_bounds", lengths)
    with pytest.raises(AssertionError):
        compare_dump(path)
    monkeypatch.undo()
    write_dump(tmp_path / "b.dump", [changed(diamond(), energy=1.0)])
    compare_dump(tmp_path / "b.dump")
