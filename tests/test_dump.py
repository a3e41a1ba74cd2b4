"""Training dumps: what is read, what is left out with a warning, and that writing loses no digit."""

import itertools

import numpy as np
import pytest
from structures import changed, diamond, molecule, skewed, slab, spread_out, tiny_skewed

from mlip_edu import AtomicSystem, dump_parser, neighbour_list, read_dump, write_dump
from mlip_edu.errors import DumpError
from mlip_edu.io import lammps_frame
from reference import short_readers

TWO = """\
ITEM: TIMESTEP energy, energy_weight, force_weight, nsims
1   -199944.4130284513230436    1    0.5   2
ITEM: NUMBER OF ATOMS
2
ITEM: BOX BOUNDS xy xz yz pp pp pp
-1.0 6.5 -1.0
0.0 5.5 0.5
0.25 4.25 0.0
ITEM: ATOMS id type x y z fx fy fz
1 1 0.0 0.25 0.5 0.125 -2.5e-3 1
2 2 1.5 1.0 -7.5 -0.125 2.5e-3 -1
ITEM: TIMESTEP energy, energy_weight, force_weight, nsims
2 -3.5 0 1 2
ITEM: NUMBER OF ATOMS
1
ITEM: BOX BOUNDS pp ff pp
0 3
-1 4
2 5
ITEM: ATOMS id type x y z
1 2 1 2 3
"""


@pytest.fixture
def two(tmp_path):
    path = tmp_path / "two.dump"
    path.write_text(TWO)
    return path


def same(system, other):
    """Equal to the last bit."""
    for name in ("positions", "cell", "species", "pbc", "forces", "stress"):
        mine, theirs = getattr(system, name), getattr(other, name)
        assert (mine is None) == (theirs is None), name
        np.testing.assert_array_equal(mine, theirs, err_msg=name)
    for name in ("energy", "energy_weight", "force_weight"):
        assert getattr(system, name) == getattr(other, name), name


# ---------------------------------------------------------------------------------------------- reading


def test_a_file_by_hand(two):
    first, second = read_dump(two, species=["Si", "Ge"])
    assert first.energy == -199944.4130284513230436
    assert (first.energy_weight, first.force_weight) == (1.0, 0.5)
    # the bounds are those of the box around the tilted one: x from −1 − (−1) to 6.5 − 0.5, and so on
    np.testing.assert_array_equal(first.cell, [[6.0, 0, 0], [-1.0, 5.5, 0], [0.5, 0, 4.0]])
    np.testing.assert_array_equal(first.positions, [[0, 0.25, 0.5], [1.5, 1.0, -7.5]])
    np.testing.assert_array_equal(first.forces, [[0.125, -2.5e-3, 1], [-0.125, 2.5e-3, -1]])
    assert list(first.species) == ["Si", "Ge"]
    assert dict(first.info) == {"file": "two.dump", "timestep": 1}
    np.testing.assert_array_equal(second.cell, np.diag([3.0, 5.0, 3.0]))
    assert list(second.pbc) == [True, False, True]
    assert second.forces is None  # never zeros
    assert (second.energy, second.energy_weight, list(second.species)) == (-3.5, 0.0, ["Ge"])


def test_the_yttrium_sample(tmp_path):
    """Bounds of 52 yttrium atoms: 29.96 Å³ an atom; taken as lengths they would give 57.38."""
    lx, ly, lz = 10.6426540787132993, 8.9256853388485613, 16.3996700907443120
    xy, xz, yz = -5.7964044747763319, -0.8635023813304824, -1.5903743695984427
    cell = np.array([[lx, 0, 0], [xy, ly, 0], [xz, yz, lz]])
    grid = np.array(list(itertools.product(range(4), range(3), range(5))))[:52] / [4, 3, 5]
    atoms = "".join(f"{k} 1 {x!r} {y!r} {z!r}\n" for k, (x, y, z) in enumerate((grid @ cell).tolist(), start=1))
    path = tmp_path / "y.dump"
    path.write_text(
        "ITEM: TIMESTEP energy, energy_weight, force_weight, nsims\n1   -199944.4130284513230436    1    1   1\n"
        "ITEM: NUMBER OF ATOMS\n52\nITEM: BOX BOUNDS xy xz yz pp pp pp\n"
        "-6.6599068561068142 10.6426540787132993 -5.7964044747763319\n"
        "-1.5903743695984427 8.9256853388485613 -0.8635023813304824\n"
        f"0 16.3996700907443120 -1.5903743695984427\nITEM: ATOMS id type x y z\n{atoms}"
    )
    (system,) = read_dump(path, species=["Y"])
    np.testing.assert_array_equal(system.cell, cell)
    assert len(system) == 52
    assert system.volume / 52 == pytest.approx(29.96, abs=0.005)


def test_header_fields_and_columns_go_by_name(two):
    text = TWO.replace("energy, energy_weight, force_weight, nsims", "nsims force_weight energy energy_weight")
    text = text.replace("1   -199944.4130284513230436    1    0.5   2", "1 2 0.5 -199944.4130284513230436 1")
    text = text.replace("2 -3.5 0 1 2", "2 2 1 -3.5 0").replace("id type x y z fx fy fz", "fz z fx element y fy x id")
    text = text.replace("1 1 0.0 0.25 0.5 0.125 -2.5e-3 1", "1 0.5 0.125 Si 0.25 -2.5e-3 0.0 1")
    text = text.replace("2 2 1.5 1.0 -7.5 -0.125 2.5e-3 -1", "-1 -7.5 -0.125 Ge 1.0 2.5e-3 1.5 2")
    expected = read_dump(two, species=["Si", "Ge"])
    two.write_text(text)
    for system, other in zip(read_dump(two, species=["Si", "Ge"]), expected, strict=True):
        same(system, other)


def test_what_is_not_understood_is_named_once(two):
    text = TWO.replace("force_weight, nsims", "force_weight, nsims, nn_energy").replace("0.5   2", "0.5   2 -3.0")
    text = text.replace("2 -3.5 0 1 2", "2 -3.5 0 1 2 300.0")
    text = text.replace("x y z\n1 2 1 2 3", "x y z spin q\n1 2 1 2 3 0.5 0.1")
    expected = read_dump(two, species=["Si", "Ge"])
    two.write_text(text)
    with pytest.warns(UserWarning, match="left out, not understood: column q, column spin, nn_energy") as caught:
        found = read_dump(two, species=["Si", "Ge"])
    assert len(caught) == 1
    for system, other in zip(found, expected, strict=True):
        same(system, other)


def test_header_values_without_a_name_are_named(two):
    two.write_text(TWO.replace("0.5   2\n", "0.5   2 300.0\n"))
    with pytest.warns(UserWarning, match="header values without a name"):
        assert len(read_dump(two, species=["Si", "Ge"])) == 2


def test_stress_rows_follow_the_bounds(two):
    rows = ("0 3 0.1 0.4 0.5", "-1 4 0.4 0.2 0.6", "2 5 0.5 0.6 0.3")
    text = TWO
    for old, new in zip(("0 3\n", "-1 4\n", "2 5\n"), rows, strict=True):
        text = text.replace(old, new + "\n")
    two.write_text(text)
    with pytest.warns(UserWarning, match="stress in unknown units"):
        assert read_dump(two, species=["Si", "Ge"])[1].stress is None
    text = text.replace("pp ff pp", "pp ff pp stress_x stress_y stress_z")
    two.write_text(text)
    found = read_dump(two, species=["Si", "Ge"])
    np.testing.assert_array_equal(found[1].stress, [[0.1, 0.4, 0.5], [0.4, 0.2, 0.6], [0.5, 0.6, 0.3]])
    assert found[0].stress is None
    two.write_text(text.replace("0.4 0.2 0.6", "0.7 0.2 0.6"))
    with pytest.raises(DumpError, match="symmetric stress"):
        read_dump(two, species=["Si", "Ge"])


def test_folders(two, tmp_path):
    write_dump(tmp_path / "another.dump", [changed(diamond(), energy=1.0)])
    (tmp_path / "notes.txt").write_text("not a dump")
    systems = read_dump(tmp_path, species=["Si", "Ge"])
    assert [system.info["file"] for system in systems] == ["another.dump", "two.dump", "two.dump"]
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "b.txt").write_text(TWO)
    (bare / ".hidden").write_text("nothing")
    assert len(read_dump(bare, species=["Si", "Ge"])) == 2
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DumpError, match="a folder with dump files; found no file"):
        read_dump(empty)


def test_both_names_are_the_same():
    assert dump_parser is read_dump


def test_number_of_snapshots_is_checked(two):
    for text in (TWO[: TWO.rindex("ITEM: TIMESTEP")], TWO + TWO, TWO.replace("0.5   2\n", "0.5   3\n")):
        two.write_text(text)
        with pytest.raises(DumpError, match="nsims"):
            read_dump(two, species=["Si", "Ge"])


def test_types_need_names(two):
    with pytest.raises(DumpError, match="species="):
        read_dump(two)
    with pytest.raises(DumpError, match="known type or element; found '2'") as caught:
        read_dump(two, species=["Si"])
    assert caught.value.line == 11


TABS = TWO.replace(" ", "\t")
for words in ("ITEM: ", "NUMBER OF ATOMS", "BOX BOUNDS"):
    TABS = TABS.replace(words.replace(" ", "\t"), words)


@pytest.mark.parametrize("text", [TWO.replace("\n", "\r\n"), TWO + "\n \n", TABS], ids=["windows", "blank end", "tabs"])
def test_blanks_do_not_matter(two, text):
    expected = read_dump(two, species=["Si", "Ge"])
    two.write_bytes(text.encode())
    for system, other in zip(read_dump(two, species=["Si", "Ge"]), expected, strict=True):
        same(system, other)


def test_agrees_with_the_short_reader(two):
    for system, other in zip(
        read_dump(two, species=["Si", "Ge"]), short_readers.read_dump(two, ["Si", "Ge"]), strict=True
    ):
        np.testing.assert_array_equal(system.cell, other["cell"])
        np.testing.assert_array_equal(system.positions, other["positions"])
        assert system.energy == other["energy"]


# ---------------------------------------------------------------------------------------------- writing


def labelled(system, seed=0, **changes):
    rng = np.random.default_rng(seed)
    stress = rng.standard_normal((3, 3)) / 7
    fields = {
        "energy": -199944 - rng.random(), "forces": rng.standard_normal((len(system), 3)) * 10.0 ** rng.integers(-9, 3),
        "stress": stress + stress.T, "energy_weight": rng.random(), "force_weight": 1 / 3,
    }  # fmt: skip
    return changed(system, **(fields | changes))


@pytest.mark.parametrize("seed", range(40))
def test_a_lammps_cell_comes_back_bit_for_bit(tmp_path, seed):
    """Also with tilts of any sign and size, and atoms anywhere."""
    rng = np.random.default_rng(seed)
    cell = np.diag(3 + 9 * rng.random(3)) + np.tril(rng.normal(size=(3, 3)) * 10.0 ** rng.integers(-17, 3), -1)
    cell[rng.random((3, 3)) < 0.2 * np.tri(3, k=-1)] = 0.0
    positions = spread_out(rng, 3, np.diag(np.diag(cell)), closest=1.0) + rng.integers(-2, 3, (3, 3)) @ cell
    pbc = rng.random(3) < 0.7
    systems = [
        labelled(AtomicSystem(positions, cell, ["Ge", "Si", "C"], pbc), seed),
        changed(labelled(AtomicSystem(positions, cell, ["Si"] * 3, pbc), seed), forces=None, stress=None),
    ]
    write_dump(tmp_path / "a.dump", systems)
    for system, other in zip(read_dump(tmp_path / "a.dump"), systems, strict=True):
        same(system, other)
    write_dump(tmp_path / "b.dump", read_dump(tmp_path / "a.dump"))
    assert (tmp_path / "a.dump").read_text() == (tmp_path / "b.dump").read_text()


def test_trajectory_and_part_come_back(tmp_path):
    system = labelled(diamond(), info={"group": 7, "part": 2, "timestep": 40, "note": "mine"})
    write_dump(tmp_path / "a.dump", [system])
    (again,) = read_dump(tmp_path / "a.dump")
    assert dict(again.info) == {"file": "a.dump", "timestep": 40, "group": 7, "part": 2}


def left_handed():
    return changed(tiny_skewed(("Si", "Ge")), cell=tiny_skewed().cell[[0, 2, 1]])


def downwards():
    """Lower triangular already, but with negative lengths on the diagonal."""
    return changed(diamond(), cell=np.array([[-5.43, 0, 0], [0.3, -5.43, 0], [0.1, 0.2, 5.43]]))


def two_elements():
    return skewed(("Si", "Ge"))


def slab_in_a_box():
    return changed(slab(), cell=slab().cell + np.diag([0, 0, 30]))


@pytest.mark.parametrize("box", [two_elements, left_handed, downwards, slab_in_a_box], ids=lambda box: box.__name__)
def test_any_cell_is_turned_without_changing_the_physics(tmp_path, box):
    system = labelled(box())
    frame = lammps_frame(system)
    assert np.array_equal(frame.cell, np.tril(frame.cell))
    assert (np.diag(frame.cell) > 0).all()
    write_dump(tmp_path / "a.dump", [system])
    (again,) = read_dump(tmp_path / "a.dump")
    same(again, frame)

    def lengths(s):
        edges = neighbour_list(s, 5.0)
        length = np.linalg.norm(edges.vectors(s), axis=1)
        order = np.lexsort((length.round(9), edges.neighbour, edges.centre))
        return edges.centre[order], edges.neighbour[order], length[order]

    for mine, theirs in zip(lengths(again), lengths(system), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12)
    assert again.energy == system.energy
    assert again.volume == pytest.approx(system.volume, rel=1e-12)
    np.testing.assert_allclose(np.linalg.norm(again.forces, axis=1), np.linalg.norm(system.forces, axis=1), rtol=1e-12)
    np.testing.assert_allclose(np.linalg.eigvalsh(again.stress), np.linalg.eigvalsh(system.stress), atol=1e-13)
    # the forces turn with the positions: their components along the pair vectors stay
    np.testing.assert_allclose(np.sort(along(again)), np.sort(along(system)), atol=1e-9 * np.abs(along(system)).max())


def along(system):
    edges = neighbour_list(system, 5.0)
    return np.einsum("ex,ex->e", edges.vectors(system), system.forces[edges.centre])


@pytest.mark.parametrize(
    ("system", "match"), [(diamond(), "systems with an energy; found none in snapshot 1"),
                          (changed(molecule(), energy=1.0), "give the molecule a box; found none in snapshot 1")],
)  # fmt: skip
def test_what_cannot_be_written(tmp_path, system, match):
    with pytest.raises(DumpError, match=match):
        write_dump(tmp_path / "a.dump", [system])
    assert not list(tmp_path.iterdir())


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.dump"
    write_dump(path, [labelled(diamond())])
    before = path.read_text()
    with pytest.raises(DumpError):
        write_dump(path, [labelled(diamond()), diamond()])
    assert path.read_text() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.dump"]
