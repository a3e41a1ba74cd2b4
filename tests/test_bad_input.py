"""Broken files: always an error of ours that says where, never another exception, never a wrong number.

Each case has two seconds and 300 MB. Thousands of broken files more, made by chance, are in ``test_fuzz.py``.
"""

import json
import random
import struct

import pytest
import torch
from battery import RADIAL, make_potential
from fuzz import frugal
from test_dump import TWO
from test_rann_files import SMALL

from mlip_edu import Block, RannFingerprint, load_potential, read_dump, read_rann_input
from mlip_edu.errors import DumpError, FormatError, MlipEduError, RannError
from mlip_edu.io import read_xyz

SPECIES = ["Si", "Ge"]


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


@pytest.mark.parametrize(("read", "name", "text"), [
    (read_two, "a.dump", TWO.replace("0.25 4.25", f"0.25 {'7' * 200_000}x")),
    (read_two, "a.dump", TWO.replace("0.125 -2.5e-3", f"0.125 {'7' * 200_000}x")),
    (load_potential, "a.rann", SMALL.replace("-0.5 1.5", f"-0.5 {'7' * 200_000}x")),
    (read_xyz, "a.xyz", f"1\nProperties=species:S:1:pos:R:3\nSi 0 0 {'7' * 200_000}x\n"),
    (read_xyz, "a.xyz", f"1\nProperties=species:S:1:pos:R:3 n={'7' * 200_000}x\" \nSi 0 0 0\n"),
])  # fmt: skip
def test_a_number_without_end_is_refused_at_once(read, name, text, tmp_path):
    """[0-9]+\\.?[0-9]* tries every way to cut 200,000 digits in two: eight seconds."""
    path = tmp_path / name
    path.write_text(text)
    refused(read, path, FormatError)
