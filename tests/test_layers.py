"""The order of the house: who may import whom, how long a module and a function may be, and a quiet import."""

import ast
import io
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

import mlip_edu

PACKAGE = Path(mlip_edu.__file__).parent
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)
LAYERS = [
    "errors", "units", "geometry", "cutoffs", "activations", "files", "systems", "neighbours", "batch", "fingerprints",
    "io", "models", "learning", "simulation", "data", "views", "coursework", "cli",
]  # fmt: skip
PICTURES = {"matplotlib", "ipywidgets", "nglview", "anywidget", "IPython", "jupyterlab", "notebook"}
FAMILIES = {
    "fingerprints": {"acsf", "snap", "soap", "mtp", "contractions", "coulomb"},
    "models": {"linear", "kernels", "pair_network", "message_passing", "equivariant", "symbolic"},
    "learning": {"uncertainty", "evolution"},
}
LONGEST_MODULE, LONGEST_FUNCTION, LARGEST_CORE, LARGEST_PACKAGE, LARGEST_FAMILY = 260, 45, 2500, 9000, 250
# Doors to files and other programs: strict readers with errors that say where and what; nobody reads them to learn.
DOORS, LARGEST_DOORS = {"io", "lammps", "ase_calculator"}, 1320

every_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))


def layer_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def family_of(path):
    parts = [part.removesuffix(".py") for part in path.relative_to(PACKAGE).parts]
    return parts[1] if len(parts) > 1 and parts[1] in FAMILIES.get(parts[0], ()) else None


def imports(path):
    """(top-level package, layer of ours or None) of every import anywhere in a module."""
    here = ["mlip_edu", *path.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            stem = here[: len(here) + 1 - node.level] if node.level else []
            stem = stem + (node.module.split(".") if node.module else [])
            names = [stem] if len(stem) > 1 or stem != ["mlip_edu"] else [[*stem, alias.name] for alias in node.names]
        else:
            continue
        for name in names:
            yield name[0], name[1] if name[0] == "mlip_edu" and len(name) > 1 else None


def code_lines(node_or_path):
    """Numbers of the lines that hold code: no blanks, comments or docstrings."""
    text = node_or_path.read_text()
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in (tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT):
            continue
        lines.update(range(token.start[0], token.end[0] + 1) if token.type != tokenize.ENDMARKER else ())
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return lines


@every_module
def test_a_module_imports_only_from_the_layers_above_it(path):
    own = layer_of(path)
    if own == "__init__":
        return  # the front door shows what all rooms hold
    assert own in LAYERS, f"{own} has no place in the order of the layers"
    for package, layer in imports(path):
        if package == "mlip_edu" and layer != "__version__":
            assert layer in LAYERS[: LAYERS.index(own) + 1], f"{own} imports {layer}"
        if LAYERS.index(own) < LAYERS.index("views"):
            assert package not in PICTURES, f"{own} imports {package}"


@every_module
def test_modules_are_short(path):
    assert len(path.read_text().splitlines()) <= LONGEST_MODULE


@every_module
def test_functions_are_short(path):
    code = code_lines(path)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            length = len(code & set(range(node.body[0].lineno, node.end_lineno + 1)))
            assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines of code"


def test_the_whole_is_small():
    size = {path: len(code_lines(path)) for path in MODULES}
    assert sum(size.values()) <= LARGEST_PACKAGE
    doors = {path for path in size if DOORS & {layer_of(path), path.stem}}
    shown = {path for path in size if layer_of(path) in ("data", "views", "coursework", "cli")}
    shown |= {path for path in size if path.stem == "__init__"}  # lists of names
    assert sum(n for p, n in size.items() if p not in doors | shown and not family_of(p)) <= LARGEST_CORE
    assert sum(size[path] for path in doors) <= LARGEST_DOORS
    for family in set().union(*FAMILIES.values()):
        assert sum(n for path, n in size.items() if family_of(path) == family) <= LARGEST_FAMILY, family


def test_the_rulers_measure(tmp_path):
    """The counters above count what they say."""
    module = tmp_path / "module.py"
    module.write_text('"""Doc."""\n\n# comment\ndef f():\n    """Doc\n    doc."""\n    return """a\n    b"""  # end\n')
    assert code_lines(module) == {4, 7, 8}
    assert ("mlip_edu", "errors") in set(imports(PACKAGE / "io" / "dump.py"))
    assert ("mlip_edu", "batch") in set(imports(PACKAGE / "fingerprints" / "rann.py"))
    assert ("torch", None) in set(imports(PACKAGE / "batch.py"))


QUIET = """
import random, sys, warnings
import numpy, torch, ase.data
import ase.calculators.calculator
random.seed(1); numpy.random.seed(1); torch.manual_seed(1)
def state():
    return (torch.get_default_dtype(), list(warnings.filters), random.getstate(), numpy.random.get_state()[1].tolist(),
            torch.get_rng_state().tolist(), torch.get_num_threads(), torch.is_grad_enabled(), numpy.geterr())
before = state()
import mlip_edu
assert state() == before, "importing mlip_edu changed a global state"
loud = {"matplotlib", "IPython", "ipykernel", "jupyterlab", "notebook", "ipywidgets", "nglview", "anywidget", "tkinter"}
assert not loud & sys.modules.keys(), loud & sys.modules.keys()
"""


def test_import_is_quiet():
    result = subprocess.run([sys.executable, "-W", "error", "-c", QUIET], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    assert result.stdout == result.stderr == ""
