"""The Python of the READMEs runs, with shorter trainings and runs."""

import re
from pathlib import Path

import pytest

import mlip_edu

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
