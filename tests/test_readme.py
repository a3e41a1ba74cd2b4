"""The Python of the READMEs and the commands for a potential run, with shorter trainings and runs."""

import re
from pathlib import Path

import pytest

import mlip_edu
from mlip_edu.cli import main

ROOT = Path(__file__).parent.parent


def python_of(path):
    return re.findall(r"^```python\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", ["README.md", "tutorials/README.md"])
def test_the_python_of_a_readme_runs(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for dumps in ("data/silicon/dumps", "my_dumps"):
        folder = tmp_path / dumps
        folder.mkdir(parents=True)
        for family in ("eos", "vacancy"):
            (folder / f"{family}.dump").symlink_to(ROOT / "data" / "silicon" / "dumps" / f"{family}.dump")
    blocks = python_of(ROOT / name)
    assert blocks
    for block in blocks:
        quick = block.replace("seconds=60", "epochs=3, progress=False").replace("run.run(1000)", "run.run(3)")
        assert quick != block
        exec(quick, {})
    assert "meV/atom" in capsys.readouterr().out
    (potential,) = tmp_path.glob("*.rann")
    assert mlip_edu.load_potential(potential).elements == ("Si",)


def test_the_commands_for_a_potential_run(tmp_path, monkeypatch, capsys):
    """Those under "What to do with a potential", on a hundredth of the steps."""
    monkeypatch.chdir(tmp_path)
    section = (ROOT / "README.md").read_text(encoding="utf-8").split("## What to do with a potential")[1]
    commands = re.findall(r"^    mlip-edu (.*)$", section.split("\n## ")[0], re.MULTILINE)
    assert [command.split()[0] for command in commands] == ["md", "rdf", "export"]
    potential = tmp_path / "results" / "si" / "si.rann"
    potential.parent.mkdir(parents=True)
    potential.symlink_to(ROOT / "data" / "silicon" / "potential" / "si.rann")
    for command in commands:
        quick = command.replace("--steps 5000", "--steps 50 --every 1").replace("--skip 100", "--skip 10")
        assert (quick == command) == command.startswith("export")
        assert main(quick.split()) == 0, capsys.readouterr().err
    assert "41 frames" in capsys.readouterr().out


def test_the_frames_of_the_readme_suffice():
    """The numbers as they stand: more frames are written than skipped."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    steps, skip = (int(re.search(rf"mlip-edu \w+ .*--{name} (\d+)", text)[1]) for name in ("steps", "skip"))
    assert skip < steps / 10 / 2
