"""``.rann`` potential files and ``.safetensors``: what is read, and that writing loses nothing."""

from pathlib import Path

import numpy as np
import pytest
import torch
from battery import BOND, POTENTIALS, RADIAL, features, make_potential
from fuzz import compare_rann
from structures import diamond

from mlip_edu import (
    AcsfFingerprint,
    AtomicNetwork,
    Block,
    BondParameters,
    Potential,
    RadialParameters,
    RannFingerprint,
    load_potential,
)
from mlip_edu.errors import FormatError, MlipEduError, RannError
from reference import short_readers

FOLDER = Path(__file__).parent / "data" / "rann"
FILES = sorted(FOLDER.glob("*.rann"))
SMALL = """\
# a small potential
atomtypes:
Si
mass:Si:
28.085
fingerprintsperelement:Si:
2
fingerprints:Si_Si:
radial_0
fingerprints:Si_all_all:
bondscreened_0
fingerprintconstants:Si_Si:radial_0:re:
2.35
fingerprintconstants:Si_Si:radial_0:rc:
5.0
fingerprintconstants:Si_Si:radial_0:dr:
2.0
fingerprintconstants:Si_Si:radial_0:alpha:
4.5 5.5
fingerprintconstants:Si_Si:radial_0:n:
1
fingerprintconstants:Si_all_all:bondscreened_0:re:
2.35
fingerprintconstants:Si_all_all:bondscreened_0:rc:
5.0
fingerprintconstants:Si_all_all:bondscreened_0:dr:
2.0
fingerprintconstants:Si_all_all:bondscreened_0:alphak:
1.0
fingerprintconstants:Si_all_all:bondscreened_0:k:
1
fingerprintconstants:Si_all_all:bondscreened_0:m:
2
screening:Si_Si_Si:Cmin:
0.5
networklayers:Si:
3
layersize:Si:0:
4
layersize:Si:1:
2
layersize:Si:2:
1
weight:Si:0:
0.5 -1.5 2.5e-1 1
-0.5 1.5 -2.5E+1 .125
bias:Si:0:
0.25
-1
activationfunctions:Si:0:
sigI
weight:Si:1:
3 -2
bias:Si:1:
-4.5
activationfunctions:Si:1:
linear
calibrationparameters:algorithm:
LM_ch
"""


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.rann"
    path.write_text(SMALL)
    return path


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_shipped_files_are_read_as_the_short_reader_does(path):
    compare_rann(path)


def test_a_file_by_hand(small):
    compare_rann(small)
    potential = load_potential(small)
    radial, bond = potential.fingerprint.blocks
    assert radial == Block("Si", ("Si",), RadialParameters(2.35, 5.0, 2.0, (4.5, 5.5)))  # o is 0 unless given
    assert bond == Block("Si", ("all", "all"), BondParameters(2.35, 5.0, 2.0, (1.0,), n_cosines=2), screened=True)
    assert potential.fingerprint.screening_ranges == {("Si", "Si", "Si"): (0.5, 2.8)}
    network = potential.networks["Si"]
    assert (network.sizes, network.activations) == ((4, 2, 1), ("sigI", "linear"))
    x = np.array([0.1, 0.2, -0.3, 0.4])
    z = np.array([[0.5, -1.5, 0.25, 1], [-0.5, 1.5, -25, 0.125]]) @ x + [0.25, -1]
    expected = np.array([3, -2]) @ (0.1 * z + 0.9 * np.log(np.exp(z) + 1)) - 4.5
    assert network(torch.from_numpy(x)[None]).item() == pytest.approx(expected, rel=1e-14)


def test_order_blanks_and_comments_do_not_matter(small, tmp_path):
    lines = SMALL.replace("fingerprints:Si_Si:", "fingerprints: Si, Si:\t # two names").split("\n")
    # keep the two fingerprints in their order: it is the order of the features
    path = tmp_path / "other.rann"
    path.write_text("\n".join(["", *lines[33:], "", *lines[1:33]]))
    compare_rann(path)
    system = diamond()
    mine, theirs = load_potential(path).predict(system), load_potential(small).predict(system)
    np.testing.assert_array_equal(mine.forces, theirs.forces)


def test_one_line_may_list_several_fingerprints(small, tmp_path):
    text = SMALL.replace("bondscreened_0\n", "bond_0 bond_1\n", 1).replace("bondscreened_0", "bond_0")
    block = text[text.index("fingerprintconstants:Si_all_all") : text.index("screening:")]
    text = text.replace(block, block + block.replace("bond_0", "bond_1"))
    text = text.replace("fingerprintsperelement:Si:\n2", "fingerprintsperelement:Si:\n3")
    text = (
        text.replace("layersize:Si:0:\n4", "layersize:Si:0:\n6")
        .replace("1\n-0.5", "1 1 1\n-0.5")
        .replace(".125", ".125 1 1")
    )
    small.write_text(text)
    compare_rann(small)
    table = features(load_potential(small).fingerprint, diamond())
    np.testing.assert_array_equal(table[:, 2:4], table[:, 4:6])


# ------------------------------------------------------------------------------------------ there and back


RANN_POTENTIALS = [
    (name, p)
    for name, case, p in POTENTIALS
    if type(p.fingerprint).__name__ == "RannFingerprint" and name.split(", ")[1] in ("sigI", "linear")
]


@pytest.mark.parametrize("potential", [p for _, p in RANN_POTENTIALS], ids=[name for name, _ in RANN_POTENTIALS])
def test_rann_and_back(potential, tmp_path):
    """Standardisation and reference energy are folded into the weights."""
    potential.save(tmp_path / "a.rann")
    compare_rann(tmp_path / "a.rann")
    again = load_potential(tmp_path / "a.rann")
    assert again.fingerprint.to_dict() == potential.fingerprint.to_dict()
    system = diamond(potential.elements)
    before, after = potential.predict(system), again.predict(system)
    np.testing.assert_allclose(after.energy, before.energy, rtol=1e-12)
    np.testing.assert_allclose(after.forces, before.forces, rtol=0, atol=1e-11)
    lines = (tmp_path / "a.rann").read_text().splitlines()
    assert all(line.strip() and "#" not in line[1:] and len(line) <= 4094 for line in lines)
    again.save(tmp_path / "b.rann")
    assert (tmp_path / "b.rann").read_text() == (tmp_path / "a.rann").read_text()


@pytest.mark.parametrize("potential", [p for _, _, p in POTENTIALS], ids=[name for name, _, _ in POTENTIALS])
def test_safetensors_and_back_is_exact(potential, tmp_path):
    potential.save(tmp_path / "a.safetensors")
    again = load_potential(tmp_path / "a.safetensors")
    assert again.fingerprint.to_dict() == potential.fingerprint.to_dict()
    tensors, _ = short_readers.read_safetensors(tmp_path / "a.safetensors")
    state = again.networks.state_dict()
    assert state.keys() == tensors.keys()
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(state[name].numpy(), tensor)
    system = diamond(potential.elements)
    before, after = potential.predict(system), again.predict(system)
    for name in ("energy", "forces", "virial"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))


def test_float32_weights_stay_float32(tmp_path):
    potential = make_potential(RannFingerprint([Block("Si", ("Si",), RADIAL)]), "tanh").to(torch.float32)
    potential.save(tmp_path / "a.safetensors")
    again = load_potential(tmp_path / "a.safetensors")
    assert again.networks["Si"].weights[0].dtype == torch.float32
    np.testing.assert_array_equal(again.predict(diamond()).forces, potential.predict(diamond()).forces)


# ------------------------------------------------------------------------------------- what LAMMPS refuses


def one_element(*blocks, activation="sigI", hidden=3):
    rann = RannFingerprint(blocks)
    return Potential(rann, {"Si": AtomicNetwork((rann.n_features("Si"), hidden, 1), activation)})


SI_RADIAL, SI_BOND = Block("Si", ("Si",), RADIAL), Block("Si", ("all", "all"), BOND)


@pytest.mark.parametrize(
    ("potential", "match"),
    [
        (one_element(SI_RADIAL, activation="tanh"), "activation linear or sigI.*found tanh"),
        (one_element(SI_RADIAL, SI_RADIAL), "give each Block its own label"),
        (
            one_element(Block("Si", ("Si",), RadialParameters(2.3, 5.0, 2.0, (1.0, 2.0), -1))),
            "highest power other than 0",
        ),
        (one_element(Block("Si", ("all", "all"), BondParameters(2.3, 5.0, 2.0, (-1.0,)))), "first alphak"),
        (one_element(SI_RADIAL, hidden=205), "at most 204"),
        (Potential(AcsfFingerprint(["Si"], 4.0), {"Si": AtomicNetwork((1, 1))}), "RANN fingerprints only"),
    ],
    ids=["tanh", "same name", "n = 0", "alphak", "wide", "acsf"],
)
def test_what_lammps_would_refuse_is_not_written(potential, match, tmp_path):
    with pytest.raises(MlipEduError, match=match):
        potential.save(tmp_path / "a.rann")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("width", [170, 171, 204])
def test_the_widest_rows_fit_into_a_line(width, tmp_path):
    potential = one_element(SI_RADIAL, hidden=width)
    with torch.no_grad():
        for weight in potential.networks["Si"].weights:
            weight.mul_(-1e-120)  # the longest form: minus sign and three digits of exponent
    potential.save(tmp_path / "a.rann")
    assert max(map(len, (tmp_path / "a.rann").read_text().splitlines())) <= 4094
    load_potential(tmp_path / "a.rann")


@pytest.mark.parametrize("value", [float("nan"), 1e200])
def test_weights_that_are_no_numbers_are_not_written(value, tmp_path):
    potential = one_element(SI_RADIAL)
    with torch.no_grad():
        potential.networks["Si"].weights[0][0, 0] = value
    with pytest.raises(FormatError, match="finite weights"):
        potential.save(tmp_path / "a.rann")


def test_exact_zeros_become_tiny(tmp_path):
    potential = one_element(SI_RADIAL)
    with torch.no_grad():
        potential.networks["Si"].weights[0].zero_()
    potential.save(tmp_path / "a.rann")
    ((first, _),) = [short_readers.read_rann(tmp_path / "a.rann")["networks"]["Si"]]
    weight, bias, _ = first
    assert (np.array(weight) != 0).all()
    assert (np.array(bias) != 0).all()
    assert np.abs(weight).max() < 1e-90


@pytest.mark.parametrize("name", ["a.pt", "a", "rann"])
def test_other_suffixes(name, tmp_path):
    potential = one_element(SI_RADIAL)
    with pytest.raises(MlipEduError, match="use the suffix"):
        potential.save(tmp_path / name)
    with pytest.raises(MlipEduError, match="use the suffix"):
        load_potential(tmp_path / name)


# --------------------------------------------------------------------------------------------- the grammar


def line_of(text, part):
    return text[: text.index(part)].count("\n") + 1


WRONG = [  # (what stands there, what stands there instead, what the error says)
    ("atomtypes:\nSi", "atomtypes:\nSi Si", "different chemical symbols"),
    ("atomtypes:\nSi", "atomtypes:\nQq", "different chemical symbols"),
    ("mass:Si:", "weights:Si:", "expected a keyword out of"),
    ("mass:Si:", "mass:Ge:", "expected elements out of Si; found Ge"),
    ("fingerprintsperelement:Si:\n2", "fingerprintsperelement:Si:\n3", "expected 2, the fingerprints listed"),
    ("fingerprints:Si_Si:", "fingerprints:Ge_Si:", "expected elements out of Si; found Ge"),
    ("fingerprints:Si_Si:\nradial_0", "fingerprints:Si_Si_Si:\nradial_0", "radial_N after two element names"),
    ("radial_0\n", "radial_0 radial_0\n", "each fingerprint once"),
    ("radial_0\n", "spiral_0\n", "radial_N after two element names"),
    ("4.5 5.5", "4.5", r"expected 2 numbers \(n − o \+ 1\); found 1"),
    ("4.5 5.5", "4.5 5_5", "finite numbers"),
    ("4.5 5.5", "4.5 nan", "finite numbers"),
    ("radial_0:n:\n1", "radial_0:n:\n1.5", "whole number"),
    ("radial_0:rc:\n5.0", "radial_0:rc:\n0", "usable constants"),
    ("radial_0:rc:\n5.0", "radial_0:rc:\n-5.0", "usable constants"),
    ("radial_0:rc:\n5.0", "radial_0:rc:\n1e6", "usable constants"),
    ("bondscreened_0:k:\n1", "bondscreened_0:k:\n2", r"expected 2 numbers \(k\)"),
    ("bondscreened_0:m:\n2", "bondscreened_0:m:\n21", "whole number from 1 to 20"),
    ("screening:Si_Si_Si:Cmin:", "screening:Si_all_Si:Cmin:", "expected elements out of Si; found all"),
    ("screening:Si_Si_Si:Cmin:\n0.5", "screening:Si_Si_Si:Cmin:\n3", "Cmin below Cmax"),
    ("screening:Si_Si_Si:Cmin:", "screening:Si_Si:Cmin:", "screening:A_B_C:Cmin:"),
    ("networklayers:Si:\n3", "networklayers:Si:\n1000000000", "whole number from 2 to 50"),
    ("networklayers:Si:\n3", "networklayers:Si:\n2", "a layer from 0 to 1"),
    ("networklayers:Si:\n3", "networklayers:Si:\n4", "layersize:Si:3:"),
    ("layersize:Si:0:\n4", "layersize:Si:0:\n5", "expected 4 .its number of features.; found 5"),
    ("layersize:Si:1:\n2", "layersize:Si:1:\n1000000000", "whole number from 1 to 100000"),
    ("layersize:Si:1:\n2", "layersize:Si:1:\n3", "expected 3 lines, one for each output; found 2"),
    ("layersize:Si:2:\n1", "layersize:Si:2:\n2", "expected 1 .one energy.; found 2"),
    ("layersize:Si:0:", "layersize:Si:00:", "a layer from 0 to 2"),
    ("weight:Si:0:", "weight:Si:5:", "weight:Si:0:"),
    ("0.5 -1.5 2.5e-1 1\n", "0.5 -1.5 2.5e-1\n", "expected 4 numbers; found 3"),
    ("0.5 -1.5 2.5e-1 1\n", "0.5 -1.5 2.5e-1 inf\n", "finite numbers"),
    ("sigI", "relu", "expected linear or sigI; found 'relu'"),
    ("sigI", "sigI linear", "expected linear or sigI"),
    ("calibrationparameters:algorithm:\nLM_ch", "bias:Si:3:\n1", "of an element and layer of this file"),
    ("mass:Si:", "mass:", "of an element and layer of this file"),
    ("mass:Si:", "mass:Si:0:", "of an element and layer of this file"),
    ("calibrationparameters:algorithm:\nLM_ch", "bias:Si:1:\n1", "each keyword once"),
    ("calibrationparameters:algorithm:", "_bias:Si:1:", "begins and ends with a word"),
    ("calibrationparameters:algorithm:", "bias:Si_:", "begins and ends with a word"),
    ("calibrationparameters:algorithm:\nLM_ch", "calibrationparameters:algorithm:", "a value after this keyword"),
    ("calibrationparameters:algorithm:\nLM_ch", "fingerprintconstants:Si_Si:radial_1:re:\n2", "that is listed"),
    ("# a small potential\n", "5.0\n", "a keyword line"),
]


@pytest.mark.parametrize(("old", "new", "match"), WRONG, ids=[repr(new)[:40] for _, new, _ in WRONG])
def test_wrong_files_are_refused(small, old, new, match):
    text = SMALL.replace(old, new, 1)
    assert text != SMALL
    small.write_text(text)
    with pytest.raises(RannError, match=match) as caught:
        load_potential(small)
    assert caught.value.path == str(small)
    if caught.value.line is not None:
        assert abs(caught.value.line - line_of(SMALL, old)) <= 8  # where it is, or what it contradicts


@pytest.mark.parametrize(
    "keyword", [line for line in SMALL.split("\n") if line.endswith(":") and line[0] not in "mscf"]
)
def test_every_keyword_is_needed(small, keyword):
    """Except mass, screening and calibration, of which LAMMPS knows defaults or which it skips."""
    entries = SMALL.split(keyword + "\n")
    rest = entries[1].split("\n")
    while rest and not rest[0].endswith(":"):
        rest.pop(0)
    small.write_text(entries[0] + "\n".join(rest))
    with pytest.raises(RannError):
        load_potential(small)
