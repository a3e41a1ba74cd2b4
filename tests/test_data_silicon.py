"""The shipped silicon data: whole, consistent, physically sound."""

import shutil

import numpy as np
import pytest

from mlip_edu import read_dump
from mlip_edu.data import check_sums, data_folder, load_silicon
from mlip_edu.errors import DataError
from mlip_edu.io import lammps_frame
from mlip_edu.neighbours import neighbour_list


@pytest.fixture(scope="module")
def silicon():
    return load_silicon()


def test_dumps_equal_the_source(silicon):
    families = {s.info["family"] for s in silicon}
    assert {f.stem for f in (data_folder("silicon") / "dumps").iterdir()} == families
    for family in families:
        source = [lammps_frame(s) for s in silicon if s.info["family"] == family]
        dumps = read_dump(data_folder("silicon") / "dumps" / f"{family}.dump")
        assert len(dumps) == len(source)
        for a, b in zip(source, dumps, strict=True):
            for name in ("positions", "cell", "forces", "stress", "pbc"):
                np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
            assert a.energy == b.energy
            assert (a.info["group"], a.info["part"]) == (b.info["group"], b.info["part"])


def test_parts_do_not_share_a_trajectory(silicon):
    parts = {}
    for system in silicon:
        parts.setdefault((system.info["family"], system.info["group"]), set()).add(system.info["part"])
    # an eos number is one crystal, and hcp is held out whole
    assert all(len(found) == 1 for found in parts.values())


def test_large_families_have_all_three_parts(silicon):
    found = {}
    for system in silicon:
        found.setdefault(system.info["family"], []).append(system.info["part"])
    for family, parts in found.items():
        if len(parts) >= 10 and family not in ("contact", "hcp"):
            assert set(parts) == {0, 1, 2}, family
        if family == "hcp":
            assert set(parts) == {2}


def test_loading_a_part(silicon):
    counts = [len(load_silicon(part)) for part in ("train", "validation", "test")]
    assert sum(counts) == len(silicon)
    with pytest.raises(DataError, match="unknown part"):
        load_silicon("exam")


def test_every_frame_is_sound(silicon):
    identifiers = [s.info["config_id"] for s in silicon]
    assert len(set(identifiers)) == len(identifiers)
    for system in silicon:
        assert np.isfinite(system.forces).all()
        assert np.allclose(system.stress, system.stress.T, atol=1e-9)
        assert np.abs(system.forces.sum(0)).max() < 0.02 * len(system)
        assert -107.5 < system.energy / len(system) < -100.0, system.info["config_id"]
        assert len(neighbour_list(system, 1.5)) == 0
        assert len({s for s in system.species}) == 1


def test_no_structure_twice(silicon):
    seen = {}
    for system in silicon:
        key = (len(system), round(system.energy, 7))
        assert key not in seen, (system.info["config_id"], seen[key])
        seen[key] = system.info["config_id"]


def test_damage_is_found(tmp_path, monkeypatch):
    copy = tmp_path / "silicon"
    shutil.copytree(data_folder("silicon"), copy)
    monkeypatch.setenv("MLIP_EDU_DATA", str(tmp_path))
    assert data_folder("silicon") == copy
    text = (copy / "dft.xyz").read_text()
    (copy / "dft.xyz").write_text(text.replace("-107.", "-108.", 1) if "-107." in text else text[:-2])
    with pytest.raises(DataError, match=r"dft\.xyz"):
        load_silicon()
    (copy / "dft.xyz").unlink()
    with pytest.raises(DataError, match="no such file"):
        check_sums(copy)


def test_no_data_names_both_places(tmp_path, monkeypatch):
    monkeypatch.setenv("MLIP_EDU_DATA", str(tmp_path))
    assert data_folder("silicon").is_dir()  # not there, but in the checkout
    with pytest.raises(DataError, match="MLIP_EDU_DATA") as caught:
        data_folder("germanium")
    assert str(tmp_path) in str(caught.value)
    assert "checkout" in str(caught.value)
