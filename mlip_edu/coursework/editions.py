"""The student's edition of the notebooks, made from the solved ones.

What stands between ``# --- your turn: NAME ---`` and ``# --- end ---`` becomes ``answer = ...``, and all outputs go:
they would give away what the student is to predict. What a student has written is never overwritten.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
import shutil
from os import PathLike
from pathlib import Path
from typing import Any

from ..errors import MlipEduError
from ..files import replacing, write_text
from .folders import tutorials_folder

MARKED = re.compile(r"^( *)# --- your turn: (\S+) ---\n(.*?)^ *# --- end ---$", re.MULTILINE | re.DOTALL)
BLANK = r"\1# --- your turn: \2 ---\n\1answer = ...  # ← your turn\n\1# --- end ---"


def student_edition(notebook: dict[str, Any]) -> dict[str, Any]:
    """A solved notebook (as JSON) with blanks for answers and without outputs.

    ``metadata["mlip_edu"]["edition"]`` is a checksum of its cells, which JupyterLab keeps when a student saves: from it
    :func:`write_editions` knows which edition a student has worked on.
    """
    edition = copy.deepcopy(notebook)
    for cell in edition["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            source = MARKED.sub(BLANK, source)
            cell["outputs"], cell["execution_count"] = [], None
        cell["source"] = source.splitlines(keepends=True)
    text = json.dumps([[cell["cell_type"], cell["source"]] for cell in edition["cells"]])
    edition["metadata"]["mlip_edu"] = {"edition": hashlib.sha256(text.encode()).hexdigest()[:16]}
    return edition


def write_editions(folder: str | PathLike) -> list[str]:
    """Write the student's edition of every notebook, and the files they read, to ``folder``; returns what was done.

    A notebook or file that is there already is left as it is. If the lessons have a newer one it lands beside it, as
    ``NAME (new version).ipynb``.

    Raises
    ------
    MlipEduError
        The folder is the one with the solved notebooks, or these are not found.
    """
    source, folder = tutorials_folder(), Path(folder).expanduser()
    if folder.resolve() == source.resolve():
        raise MlipEduError(f"{folder} holds the solved notebooks; give another folder for the student's edition")
    done = []
    for path in sorted(source.glob("[0-9]*.ipynb")):
        edition = student_edition(json.loads(path.read_text(encoding="utf-8")))
        target, older = _place(folder / path.name, edition)
        if target:
            write_text(target, json.dumps(edition, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
            done.append(_sentence(target, older))
    for path in sorted(p for p in (source / "files").rglob("*") if p.is_file() and p.name[0] != "."):
        target, older = _place(folder / path.relative_to(source), path.read_bytes())
        if target:
            with replacing(target) as temporary:
                shutil.copyfile(path, temporary)
            done.append(_sentence(target, older))
    return done


def _place(path: Path, content: dict[str, Any] | bytes) -> tuple[Path | None, Path]:
    """Where ``content`` is to be written (None: this version is there already), and the path it should have had."""
    number, target = 1, path
    while target.exists():
        if _is_same(target, content):
            return None, path
        target = path.with_stem(f"{path.stem} (new version{'' if number == 1 else f' {number}'})")
        number += 1
    return target, path


def _is_same(path: Path, content: dict[str, Any] | bytes) -> bool:
    """Is the file this content, or what a student has made of this edition?"""
    if isinstance(content, bytes):
        return path.read_bytes() == content
    try:
        known = json.loads(path.read_text(encoding="utf-8"))["metadata"]["mlip_edu"]
    except (ValueError, KeyError, TypeError):  # not one of ours
        return False
    return known == content["metadata"]["mlip_edu"]


def _sentence(target: Path, older: Path) -> str:
    if target == older:
        return f"wrote {target}"
    return f"{older} is yours and stays as it is; a newer version of the lesson is in {target.name} beside it"
