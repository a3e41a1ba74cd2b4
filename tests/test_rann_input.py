"""RANN input files: what is understood, what is left out aloud, what is refused."""

import pytest

from mlip_edu import input_parser, read_rann_input
from mlip_edu.data import data_folder
from mlip_edu.errors import RannError

TEXT = """# a comment
atomtypes:
Si
mass:Si:
28.085   # and another

fingerprintsperelement:Si:
2
fingerprints:Si_Si:
radial_0
fingerprints:Si_all_all:
bond_0
fingerprintconstants:Si_Si:radial_0:re:
2.35
fingerprintconstants:Si_Si:radial_0:rc:
5.0
fingerprintconstants:Si_Si:radial_0:dr:
2.6
fingerprintconstants:Si_Si:radial_0:alpha:
4.95 5.08 5.41
fingerprintconstants:Si_Si:radial_0:o:
-1
fingerprintconstants:Si_Si:radial_0:n:
1
fingerprintconstants:Si_all_all:bond_0:re:
2.4
fingerprintconstants:Si_all_all:bond_0:rc:
5.0
fingerprintconstants:Si_all_all:bond_0:dr:
2.6
fingerprintconstants:Si_all_all:bond_0:alphak:
1.0 2.0
fingerprintconstants:Si_all_all:bond_0:k:
2
fingerprintconstants:Si_all_all:bond_0:m:
3
networklayers:Si:
3
layersize:Si:1:
12
calibrationparameters:dumpdirectory:
dumps
calibrationparameters:maxepochs:
50
calibrationparameters:seed:
7
calibrationparameters:doforces:
true
"""


def read(tmp_path, text):
    path = tmp_path / "job.input"
    path.write_text(text)
    return read_rann_input(path)


def test_everything_that_is_understood(tmp_path):
    job = read(tmp_path, TEXT)
    assert job.elements == ("Si",)
    assert [block.name for block in job.fingerprint.blocks] == ["radial_0", "bond_0"]
    assert list(job.fingerprint.blocks[0].parameters.powers) == [-1, 0, 1]
    assert job.fingerprint.n_features("Si") == 3 + 6
    assert (job.hidden, job.activation) == ((12,), "sigI")
    assert job.dump_folder == tmp_path / "dumps"
    assert job.use_forces
    assert not job.use_stresses
    assert job.options == {"optimiser": "rotated-adam", "epochs": 50, "seed": 7}


def test_old_name():
    assert input_parser is read_rann_input


@pytest.mark.parametrize("name", ["LM_ch", "LM_qr", "LMch", "LMsearch"])
def test_levenberg_marquardt_has_many_names(tmp_path, name):
    job = read(tmp_path, TEXT + f"calibrationparameters:algorithm:\n{name}\n")
    assert job.options["optimiser"] == "levenberg-marquardt"


def test_unsupported_keys_are_named_in_one_warning(tmp_path):
    keys = "\n".join(f"calibrationparameters:{key}:\n1\n" for key in ("tolerance", "lambdainitial", "debug1freq"))
    with pytest.warns(UserWarning, match="debug1freq, lambdainitial, tolerance") as caught:
        read(tmp_path, TEXT + keys)
    assert len(caught) == 1


def test_other_algorithm_is_warned_about(tmp_path):
    with pytest.warns(UserWarning, match="bfgs"):
        job = read(tmp_path, TEXT + "calibrationparameters:algorithm:\nbfgs\n")
    assert job.options["optimiser"] == "rotated-adam"


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("stateequations:Si:\neos_0\n", "changes the energy"),
        ("bundles:Si:0:\n2\n", "changes the energy"),
        ("calibrationparameters:targettype:\n2\n", "energies as the target"),
        ("activationfunctions:Si:0:\ncapped\n", "an activation out of"),
        ("layersize:Si:0:\n8\n", "9 \\(features"),
        ("layersize:Si:2:\n2\n", "1 \\(features, or one energy"),
        ("calibrationparameters:maxepochs:\n0\n", "whole number"),
        ("calibrationparameters:maxepochs:\n1e3\n", "whole number"),
        ("calibrationparameters:validation:\n1.5\n", "fraction"),
        ("calibrationparameters:doforces:\nmaybe\n", "true or false"),
        ("calibrationparameters:seed:\n", "a value after this keyword"),
        ("fingerprints:Si_Ge:\nradial_0\n", "elements out of"),
    ],
)
def test_refused_with_the_line(tmp_path, extra, message):
    keyword = extra.split("\n")[0] + "\n"
    text = TEXT if keyword not in TEXT else TEXT[: TEXT.index(keyword)]
    with pytest.raises(RannError, match=message) as caught:
        read(tmp_path, text + extra)
    assert caught.value.line >= text.count("\n")
    assert "job.input" in str(caught.value)


def test_missing_layer_size_is_named(tmp_path):
    with pytest.raises(RannError, match="layersize:Si:1"):
        read(tmp_path, TEXT.replace("layersize:Si:1:\n12\n", ""))


def test_hidden_layers_must_agree(tmp_path):
    two = TEXT.replace("networklayers:Si:\n3\n", "networklayers:Si:\n4\nlayersize:Si:2:\n12\n")
    with pytest.raises(RannError, match="one activation"):
        read(tmp_path, two + "activationfunctions:Si:0:\ntanh\nactivationfunctions:Si:1:\nsigI\n")


def test_the_shipped_input():
    job = read_rann_input(data_folder("silicon") / "silicon.input")
    assert job.fingerprint.n_features("Si") == 60
    assert job.hidden == (40, 40)
    assert job.use_forces
    assert job.use_stresses
    assert job.potential_file == "si.rann"
