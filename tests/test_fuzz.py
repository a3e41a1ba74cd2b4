"""Thousands of broken files and command lines: nothing but an error of ours, or what the short readers read.

``MLIP_EDU_FUZZ=10000`` tries that many cases, others every time; unset, the same two thousand are tried.
``fuzz.py`` has the mutations, the budget of each case and the oracles.
"""

import random
import sys
import time
from pathlib import Path

import fuzz
import numpy as np
import pytest
import small_job
import torch
from battery import BOND, RADIAL, make_potential
from fuzz import CASES, COMPARE, LEAST, Tally, attempt, mutated
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structures import changed, diamond, skewed, tiny_skewed
from test_dump import TWO
from test_rann_files import FILES, SMALL
from test_rann_input import TEXT as INPUT

from mlip_edu import AcsfFingerprint, Block, MolecularDynamics, RannFingerprint, read_dump, train, write_dump
from mlip_edu.cli import main
from mlip_edu.data import data_folder
from mlip_edu.errors import DumpError, MlipEduError
from mlip_edu.io import read_xyz
from mlip_edu.simulation.dynamics import Guard
from reference import short_readers

# shares of the cases: of each kind of file, of command lines, of checkpoints
MUTATED, RANDOM, SOUND, COMMANDS, CHECKPOINTS = 0.14, 0.015, 0.06, 0.13, 0.03
KINDS = list(COMPARE)
XYZ = """\
2
Lattice="2.7 2.7 0.0 0.0 2.7 2.7 2.7 0.0 2.7" Properties=species:S:1:pos:R:3:forces:R:3 family=diamond energy=-2.5 \
free_energy=-2.75 stress="0.1 0.02 0.0 0.02 -0.1 0.0 0.0 0.0 0.3" part=0 md_T=300.5 energy_weight=2 pbc="T T F"
Si 0.0 0.25 -0.5 0.1 0.2 -3e-1
Ge 1.5 1.25 1.5 -.1 -0.2 3.0E-1
1
Properties=species:S:1:tags:I:1:pos:R:3 energy=-1 note="two words"
Si 7 0 0 0
"""


def cases(share):
    """Settings for this share of the cases: the same ones every time unless MLIP_EDU_FUZZ asks for more."""
    return settings(
        max_examples=int(LEAST * share) + 1, derandomize=not CASES, deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def _clock():
    start = time.perf_counter()
    yield
    if Tally.total():
        fuzz.record("broken input", cases=Tally.total(), text=Tally.text(), seconds=time.perf_counter() - start)


def saved(folder, name, fingerprint):
    path = folder / name
    make_potential(fingerprint, "tanh").save(path)
    return path.read_bytes()


def first_frames(path, start, size=8000):
    """The first frames of a long file, about ``size`` bytes; frames begin with ``start``."""
    data = path.read_bytes()
    stop = data.find(start, size)
    return data if stop < 0 else data[:stop]


def sources(kind, folder):
    """Sound files to start from, as bytes: made here, and the project's own."""
    shipped, root = data_folder("silicon"), data_folder().parent
    if kind == "dump":
        small = [
            changed(skewed(("Si", "Ge"), 3), energy=-3.5),
            changed(tiny_skewed(), energy=2.0, info={"group": 1, "part": 0}),
        ]
        write_dump(folder / "own.dump", [changed(s, forces=s.positions, stress=np.eye(3)) for s in small])
        files = [folder / "own.dump", shipped / "dumps" / "hcp.dump", shipped / "dumps" / "contact.dump"]
        files += sorted((root / "tutorials" / "files").glob("*.dump"))
        return [TWO.encode()] * 3 + [path.read_bytes() for path in files]
    if kind == "xyz":
        chunks = sorted((shipped / "liquid_3000K").glob("*.xyz"))[:2]
        return [XYZ.encode()] * 3 + [first_frames(path, b"\n64\n", 5000) + b"\n" for path in chunks]
    if kind == "trajectory":
        path = folder / "own.xyz"
        atoms = changed(skewed(("Si", "Ge"), 3), info={}).to_ase()
        potential = make_potential(RannFingerprint([Block(e, ("all",), RADIAL) for e in ("Si", "Ge")]), "linear")
        MolecularDynamics(atoms, potential, temperature=10.0, trajectory=path, guard=Guard(0.1, 1e9)).run(
            20, progress=False
        )
        data = path.read_bytes()
        return [data, data[: data.find(b"\n3\n", 100) + 1]]
    if kind == "rann":
        own = folder / "own.rann"
        make_potential(RannFingerprint([Block("Si", ("Si",), RADIAL, True), Block("Si", ("all", "all"), BOND)],
                                       {("Si", "Si", "Si"): (0.5, 2.5)}), "linear").save(own)  # fmt: skip
        return [SMALL.encode(), SMALL.encode(), own.read_bytes(), *(f.read_bytes() for f in FILES)]
    if kind == "input":
        return [INPUT.encode(), INPUT.encode(), (shipped / "silicon.input").read_bytes()]
    if kind == "snapcoeff":
        two = "2 6 # elements, coefficients\n" + "".join(
            f"{head}\n-4.5\n1e-3\n.25\n0\n+2.\n-1.5E+2\n" for head in ("Ge 0.55 0.8", "Si 0.48 1.25 # the other")
        )
        return [fuzz.SNAP["snapparam"].encode(), two.encode()]
    if kind == "snapparam":
        more = "rmin0 0.1\nbzeroflag 0\nswitchflag 1\nbnormflag 1\nwselfallflag 0\nchemflag 0\nchunksize 4096\n"
        return [fuzz.SNAP["snapcoeff"].encode(), ("twojmax 2.0\nrcutfac 5\n\n" + more).encode()]
    acsf = AcsfFingerprint(["Si", "Ge"], 4.0, [(1.0, 0.5)], [(0.1, 1.0, -1.0)])
    rann = RannFingerprint([Block("Si", ("Si",), RADIAL)])
    return [saved(folder, "a.safetensors", rann), saved(folder, "b.safetensors", acsf)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_mutated_files(kind, tmp_path):
    originals = sources(kind, tmp_path)
    path = tmp_path / f"a.{kind}"
    for original in originals:
        path.write_bytes(original)
        assert attempt(kind, path)
    accepted = []

    @cases(MUTATED)
    @given(st.integers(0, 2**64))
    def run(seed):
        rng = random.Random(seed)
        path.write_bytes(mutated(rng.choice(originals), rng))
        accepted.append(attempt(kind, path))

    run()
    assert min(accepted.count(True), accepted.count(False)) > len(accepted) / 50  # not all harmless, not all deadly


@pytest.mark.parametrize("kind", KINDS)
def test_random_bytes(kind, tmp_path):
    path = tmp_path / f"a.{kind}"

    @cases(RANDOM)
    @given(st.binary(max_size=300))
    def run(data):
        path.write_bytes(data)
        assert not attempt(kind, path)

    run()


def test_mutated_checkpoints(tmp_path):
    """A checkpoint has no second reader: it goes on, or the error names it."""
    path, systems, threads = tmp_path / "a.safetensors", small_job.systems(12), torch.get_num_threads()
    torch.set_num_threads(1)
    job = {"epochs": 2, "hidden": (3,), "progress": False, "device": "cpu", "checkpoint": path}
    train(systems, small_job.fingerprint(), **job)
    data = path.read_bytes()
    length, named = int.from_bytes(data[:8], "little"), []

    @cases(CHECKPOINTS)
    @given(st.integers(0, 2**64))
    def run(seed):
        rng = random.Random(seed)
        header = mutated(data[8 : 8 + length], rng)
        path.write_bytes(len(header).to_bytes(8, "little") + header + data[8 + length :])
        with fuzz.frugal():
            try:
                train(systems, small_job.fingerprint(), **job)
                Tally.counts["checkpoint", "accepted"] += 1
            except MlipEduError as error:
                named.append(str(path) in str(error))
                Tally.counts["checkpoint", "refused"] += 1

    run()
    torch.set_num_threads(threads)
    assert all(named)


# ---------------------------------------------------------------------------------------- sound files, oddly written

lengths = st.floats(2.4, 9.0) | st.integers(3, 9).map(float)
tilts = st.just(0.0) | st.floats(-12.0, 12.0)


def odd(rng, text):
    """The same number or words, written otherwise."""
    return rng.choice([text, f"  {text}", text.replace(" ", "\t"), text.replace(" ", "   ") + " "])


@st.composite
def frames(draw):
    """A triclinic box, its atoms no nearer than 1 Å, and an order of columns; all as text."""
    rng = random.Random(draw(st.integers(0, 2**32)))
    (lx, ly, lz), (xy, xz, yz) = (draw(st.tuples(kind, kind, kind)) for kind in (lengths, tilts))
    cell = np.array([[lx, 0, 0], [xy, ly, 0], [xz, yz, lz]])
    n_atoms = draw(st.integers(1, 3))
    positions = rng.choice([0, 1e4]) + rng.choice([-1, 1]) * np.arange(n_atoms)[:, None] * cell.sum(0) / 3.5
    forces = np.random.default_rng(rng.randrange(2**32)).normal(size=(n_atoms, 3))
    pbc = draw(st.tuples(st.booleans(), st.booleans(), st.booleans()))
    species = [rng.choice(["Si", "Ge"]) for _ in range(n_atoms)]
    columns = ["id", "element", "x", "y", "z", *rng.choice([(), ("fx", "fy", "fz")]), *rng.choice([(), ("q",)])]
    rng.shuffle(columns)
    return {"rng": rng, "cell": cell, "positions": positions, "forces": forces, "pbc": pbc, "species": species,
            "columns": columns, "energy": draw(st.floats(-1e6, 1e6)),
            "shift": rng.choice([0.0, -7.25, 1e3])}  # fmt: skip


def as_dump(frame):
    """One frame as a LAMMPS dump, written from the manual's formulas."""
    (lx, _, _), (xy, ly, _), (xz, yz, lz) = frame["cell"].tolist()
    rng, columns = frame["rng"], frame["columns"]
    zero = frame["shift"]
    bounds = [(zero + min(0, xy, xz, xy + xz), zero + lx + max(0, xy, xz, xy + xz), xy),
              (zero + min(0, yz), zero + ly + max(0, yz), xz), (zero, zero + lz, yz)]  # fmt: skip
    names = ["energy", "nsims", "force_weight"]
    rng.shuffle(names)
    values = {"energy": repr(frame["energy"]), "nsims": "1", "force_weight": "0.5"}
    lines = [f"ITEM: TIMESTEP {rng.choice([' ', ', ']).join(names)}", "3 " + " ".join(values[n] for n in names)]
    edges = " ".join("pp" if p else "ff" for p in frame["pbc"])
    lines += ["ITEM: NUMBER OF ATOMS", str(len(frame["species"])), f"ITEM: BOX BOUNDS xy xz yz {edges}"]
    lines += [" ".join(map(repr, row)) for row in bounds] + [f"ITEM: ATOMS {' '.join(columns)}"]
    for k, (r, f, s) in enumerate(
        zip(frame["positions"].tolist(), frame["forces"].tolist(), frame["species"], strict=True)
    ):
        row = dict(zip("xyz", map(repr, r), strict=True)) | dict(zip(("fx", "fy", "fz"), map(repr, f), strict=True))
        row |= {"id": str(k + 1), "element": s, "q": "0"}
        lines.append(" ".join(row[name] for name in columns))
    return "\n".join(line if line.startswith("ITEM") else odd(rng, line) for line in lines) + "\n"


def as_xyz(frame):
    rng, forces = frame["rng"], "fx" in frame["columns"]
    rows = frame["positions"].tolist(), frame["forces"].tolist()
    parts = {"species": ("S:1", frame["species"]), "pos": ("R:3", [" ".join(map(repr, r)) for r in rows[0]])}
    if forces:
        parts["forces"] = ("R:3", [" ".join(map(repr, f)) for f in rows[1]])
    if "q" in frame["columns"]:
        parts["q"] = ("R:1", ["0"] * len(rows[0]))
    order = list(parts)
    rng.shuffle(order)
    keys = [f'Lattice="{" ".join(map(repr, frame["cell"].ravel().tolist()))}"', f"energy={frame['energy']!r}",
            "Properties=" + ":".join(f"{name}:{parts[name][0]}" for name in order),
            f'pbc="{" ".join("FT"[p] for p in frame["pbc"])}"', "force_weight=0.5", 'note="some words"']  # fmt: skip
    rng.shuffle(keys)
    lines = [str(len(rows[0])), rng.choice([" ", "  "]).join(keys)]
    lines += [odd(rng, " ".join(parts[name][1][k] for name in order)) for k in range(len(rows[0]))]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(("kind", "write", "read"), [("dump", as_dump, read_dump), ("xyz", as_xyz, read_xyz)])
def test_sound_files_in_any_box_and_order(kind, write, read, tmp_path):
    """What was written is what is read, and the short reader reads it too."""
    path = tmp_path / f"a.{kind}"
    accepted = []

    @cases(SOUND)
    @given(frames())
    def run(frame):
        path.write_text(write(frame))
        accepted.append(attempt(kind, path))
        if not accepted[-1]:  # two images of an atom too near in a skewed cell, and nothing else
            with pytest.raises(MlipEduError, match=r"0\.3 Å apart"):
                fuzz.quietly(read, path)
            return
        (system,) = fuzz.quietly(read, path)
        exact = {"rtol": 0, "atol": 0} if kind == "xyz" or not frame["shift"] else {"rtol": 0, "atol": 1e-11}
        np.testing.assert_allclose(system.cell, frame["cell"], **(exact | {"atol": max(exact["atol"], 1e-14)}))
        np.testing.assert_array_equal(system.positions, frame["positions"])
        assert list(system.species) == frame["species"]
        assert tuple(system.pbc) == frame["pbc"]
        assert system.energy == frame["energy"]
        assert system.force_weight == 0.5
        if "fx" in frame["columns"]:
            np.testing.assert_array_equal(system.forces, frame["forces"])
        else:
            assert system.forces is None

    run()
    assert accepted.count(True) > 0.8 * len(accepted)


# -------------------------------------------------------------------------------------------------- command lines

# of each command: what to give it, and its options: a good value, and of which kind ("": none; two words: two values)
PLACES = {"train": ["job", "job/small.input", "job/dumps"], "md": ["si.rann Si", "si.rann job/dumps/a.dump"],
          "rdf": ["job/dumps/a.dump", "job/dumps"], "export": ["si.rann"]}  # fmt: skip
GOOD = {
    "train": {
        "--output": "out", "--epochs": "3", "--seconds": "2.5", "--hidden": "4 5", "--activation": "tanh",
        "--optimiser": "adam", "--learning-rate": "1e-3", "--seed": "5", "--device": "cpu", "--species": "Si",
        "--threads": "1", "--quiet": "",
    },
    "md": {
        "--repeat": "2 1 1", "--density": "2.2", "--volume-per-atom": "21.5", "--temperature": "250.5", "--steps": "20",
        "--timestep": "0.5", "--thermostat": "langevin", "--relaxation-time": "50", "--every": "5", "--closest": "1.25",
        "--trained-on": "job", "--precision": "float32", "--output": "out", "--seed": "5", "--device": "cpu",
        "--threads": "1", "--quiet": "",
    },
    "rdf": {
        "--r-max": "4.5", "--bins": "30", "--skip": "0", "--every": "2", "--block": "1", "--species": "Si Si",
        "--label": "one", "--output": "out", "--threads": "1", "--quiet": "",
    },
    "export": {"--output": "out", "--overwrite": ""},
}  # fmt: skip
MANY = {"--hidden", "--species", "--label"}  # of train and rdf; of rdf --species takes two
WORDS = [
    "0", "1", "2", "7", "-1", "+3", "1_000", "0x10", "nan", "inf", "-inf", "1e400", "-0", "1e-3", "0.01", "1e3", "١",
    "１２", "9" * 30, "2147483648", "", " ", "1 ", "1,5", "1.", "silu", "sigI", "tanh", "adam", "rotated-adam",
    "levenberg-marquardt", "sgd", "cpu", "cuda:99", "cpu:7", "tpu", "auto", "Si", "Ge", "Qq", "job", "nowhere",
    "job/small.input", "job/dumps", "job/notes.txt", "out", ".", "..", "\udcff", "x" * 5000, "--", "-", "-5", "--epo",
    "--help ", "--quiet", "a\nb", "andersen", "--outp", "si.rann",
]  # fmt: skip


def n_values(command, name):
    """How many values an option takes; None: any number."""
    if name in MANY and (command, name) != ("rdf", "--species"):
        return None
    return len(GOOD[command][name].split())


class Reached(Exception):
    """The command line was understood and the work would begin."""


@pytest.fixture
def job(tmp_path, monkeypatch):
    """A folder to train on, a potential, and commands that only tell what they were asked for."""
    monkeypatch.chdir(tmp_path)
    two = [changed(diamond(), energy=-2.0, forces=np.zeros((8, 3)))] * 4
    write_dump(tmp_path / "job" / "dumps" / "a.dump", two)
    (tmp_path / "job" / "small.input").write_text(INPUT)
    (tmp_path / "job" / "notes.txt").write_text("nothing of interest\n")
    make_potential(RannFingerprint([Block("Si", ("Si",), RADIAL)]), "linear").save(tmp_path / "si.rann")

    def reached(*arguments, **keywords):
        raise Reached(arguments, keywords)

    monkeypatch.setattr("mlip_edu.learning.train", reached)
    monkeypatch.setattr("mlip_edu.simulation.dynamics.MolecularDynamics", reached)
    module = sys.modules["mlip_edu.simulation.radial_distribution"]  # the function has the same name
    monkeypatch.setattr(module, "radial_distribution", reached)
    monkeypatch.setattr("mlip_edu.cli.export.write_all", reached)
    monkeypatch.setattr("torch.set_num_threads", lambda _: None)


def train_understood(options, arguments, keywords):
    plain = {"--epochs": int, "--seconds": float, "--learning-rate": float, "--seed": int}
    for name, kind in plain.items():
        key = name[2:].replace("-", "_")
        if name in options:
            text = options[name][0]
            assert short_readers.NUMBER.fullmatch(text)
            assert keywords[key] == kind(text)
    for name in ("--activation", "--optimiser", "--device"):
        if name in options:
            assert keywords[name[2:]] == options[name][0]
    if "--hidden" in options:
        assert list(keywords["hidden"]) == [short_readers.whole(text) for text in options["--hidden"]]
    assert keywords["progress"] == ("--quiet" not in options)


def md_understood(options, arguments, keywords):
    asked = {name: values[0] for name, values in options.items() if values}
    assert keywords["timestep"] == short_readers.number(asked.get("--timestep", "1"))
    assert keywords["seed"] == short_readers.whole(asked.get("--seed", "0"))
    temperature = short_readers.number(asked.get("--temperature", "300"))
    assert keywords["temperature"] == temperature
    kind = {"langevin": "Langevin", "andersen": "Andersen", "none": "NoneType"}.get(asked.get("--thermostat"))
    assert type(keywords["thermostat"]).__name__ == (kind or "VelocityRescaling")
    if kind != "NoneType":
        relaxation = short_readers.number(asked.get("--relaxation-time", "100"))
        assert (keywords["thermostat"].temperature, keywords["thermostat"].relaxation_time) == (temperature, relaxation)
    assert keywords["guard"].closest == short_readers.number(asked.get("--closest", "1.5"))
    assert (keywords["guard"].features is None) == ("--trained-on" not in asked)
    atoms, potential = arguments
    assert len(atoms) == 8 * np.prod([short_readers.whole(text) for text in options.get("--repeat", ["1"])])
    if "--density" in asked:
        grams = 28.085 / 6.02214076e23 * len(atoms)
        assert grams / (atoms.get_volume() * 1e-24) == pytest.approx(short_readers.number(asked["--density"]), rel=1e-5)
    if "--volume-per-atom" in asked:
        volume = short_readers.number(asked["--volume-per-atom"])
        assert atoms.get_volume() / len(atoms) == pytest.approx(volume, rel=1e-9)
    precision = next(potential.networks.parameters()).dtype
    assert str(precision) == f"torch.{asked.get('--precision', 'float64')}"


def rdf_understood(options, arguments, keywords):
    frames, r_max, bins, species = arguments
    asked = {name: values[0] for name, values in options.items() if values}
    assert r_max == short_readers.number(asked.get("--r-max", "10"))
    assert bins == short_readers.whole(asked.get("--bins", "200"))
    assert species == options.get("--species")
    skip, every = (short_readers.whole(asked.get(*one)) for one in (("--skip", "0"), ("--every", "1")))
    assert len(frames) == len(range(4)[skip::every])


def export_understood(options, arguments, keywords):
    folder, _, overwrite = arguments
    assert folder == Path(options.get("--output", ["results/si-lammps"])[0])
    assert overwrite == ("--overwrite" in options)


UNDERSTOOD = {
    "train": train_understood, "md": md_understood, "rdf": rdf_understood, "export": export_understood,
}  # fmt: skip


def command_line(command, rng):
    """A command with some options, good ones or not."""
    place = rng.choice([*PLACES[command], rng.choice(PLACES[command]), rng.choice(WORDS)])
    arguments = [command, *(place.split() if place in PLACES[command] else [place])]
    for _ in range(rng.randrange(5)):
        name = rng.choice(list(GOOD[command]))
        arguments += [name, *(GOOD[command][name].split() if rng.random() < 0.6 else [rng.choice(WORDS)])]
    if rng.random() < 0.2:
        arguments.insert(rng.randrange(1, len(arguments) + 1), rng.choice(WORDS))
    return arguments


@pytest.mark.parametrize("command", list(GOOD))
def test_command_lines(command, job, capsys):
    """What is asked for is what a short reader makes of the words; or one line says what is wrong."""
    outcome = {"reached": 0, "refused": 0}
    takes = {name: n_values(command, name) for name in GOOD[command]}

    @cases(COMMANDS if command == "train" else COMMANDS / 2)
    @given(st.integers(0, 2**64))
    def run(seed):
        arguments = command_line(command, random.Random(seed))
        with fuzz.frugal():
            status, asked = None, None
            try:
                status = fuzz.quietly(main, arguments)
            except Reached as caught:
                asked = caught.args
            except SystemExit as caught:
                status = caught.code
        printed = capsys.readouterr()
        if asked is not None:
            options, loose = short_readers.read_arguments(arguments, takes)
            n_files = 2 if command == "md" else 1
            assert len(loose) == 1 + n_files or (command == "rdf" and len(loose) > 2)
            UNDERSTOOD[command](options, *asked)
        else:
            assert status in (1, 2), (status, arguments)
            if status == 1:
                assert printed.err.rstrip("\n").split("\n")[-1].startswith("mlip-edu: "), (printed.err, arguments)
            else:
                assert "\nmlip-edu" in printed.err, (printed.err, arguments)
                assert "error: " in printed.err
            assert "Traceback" not in printed.err
        outcome["refused" if asked is None else "reached"] += 1
        Tally.counts["commands", "refused" if asked is None else "accepted"] += 1

    run()
    assert min(outcome.values()) > sum(outcome.values()) / 50, outcome


# ---------------------------------------------------------------------------------------------------- counter-checks


def test_the_oracle_sees_a_wrong_number(tmp_path, monkeypatch):
    """A reader that takes the bounds for lengths does not get past the comparison."""
    path = tmp_path / "a.dump"
    path.write_text(TWO)
    assert attempt("dump", path)
    lengths = lambda rows: np.diag([float(row[1] - row[0]) for row in rows])  # noqa: E731
    monkeypatch.setattr("mlip_edu.io.dump.cell_of_bounds", lengths)
    with pytest.raises(AssertionError):
        attempt("dump", path)


def test_the_budget_is_kept(monkeypatch):
    """A case that takes its time, or half a gigabyte, is found out."""
    slowest, largest = Tally.slowest, Tally.largest
    monkeypatch.setattr(fuzz, "SECONDS", 0.01)
    with pytest.raises(AssertionError), fuzz.frugal():
        sum(range(3_000_000))
    monkeypatch.setattr(fuzz, "SECONDS", 10)
    with pytest.raises(AssertionError), fuzz.frugal():
        np.ones(45_000_000).sum()
    monkeypatch.setattr(fuzz, "HANGS", 0.05)
    with pytest.raises(AssertionError, match="at work"), fuzz.frugal():
        time.sleep(1)
    Tally.slowest, Tally.largest = slowest, largest


def test_a_bare_message_is_not_well_said(tmp_path):
    path = tmp_path / "a.dump"
    path.write_text("x")
    with pytest.raises(AssertionError):
        fuzz.well_said(DumpError("elsewhere", 1, "this", "that"), path)
    with pytest.raises(AssertionError):
        fuzz.well_said(DumpError(path, 9, "this", "that"), path)


def test_enough_cases_were_tried(capsys):
    """The number is counted, not promised."""
    if {kind for kind, _ in Tally.counts} != {*KINDS, "checkpoint", "commands"}:
        pytest.skip("only some of the kinds were tried")
    with capsys.disabled():
        print(f"\n{Tally.text()}")
    assert Tally.total() >= LEAST
