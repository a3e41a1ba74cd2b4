"""The data that ship with the project, found without any network."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import ase.io

from .errors import DataError
from .systems import AtomicSystem


def data_folder(name: str = "") -> Path:
    """The folder ``name`` of the shipped data: in ``$MLIP_EDU_DATA`` if it is there, else in the checkout's ``data/``.

    Raises
    ------
    DataError
        It is in neither place; names both.
    """
    checkout = Path(__file__).resolve().parent.parent / "data"
    chosen = os.environ.get("MLIP_EDU_DATA")
    for folder in [*([Path(chosen)] if chosen else []), checkout]:
        if (folder / name).is_dir():
            return folder / name
    raise DataError(
        f"no folder {name or 'data'!r} with data: looked in $MLIP_EDU_DATA ({chosen or 'not set'}) and in the checkout "
        f"({checkout}). Set MLIP_EDU_DATA to the data/ folder of a checkout of mlip_edu"
    )


def load_silicon(part: str | None = None) -> list[AtomicSystem]:
    """Silicon at the PBE level: all structures, or those of one part.

    Parameters
    ----------
    part
        ``"train"``, ``"validation"``, ``"test"``, or None for all.

    Returns
    -------
    list of AtomicSystem
        With energy, forces and stress; ``info`` has ``family``, ``config_id``, ``group`` (trajectory) and ``part``.

    Raises
    ------
    DataError
        The data are not found, damaged, or there is no such part.
    """
    names = ("train", "validation", "test")
    if part is not None and part not in names:
        raise DataError(f"unknown part {part!r}: use one of {', '.join(names)}, or None for all")
    path = data_folder("silicon") / "dft.xyz"
    check_sums(path.parent)
    systems = [AtomicSystem.from_ase(atoms) for atoms in ase.io.read(path, ":", format="extxyz")]
    return [s for s in systems if part is None or s.info["part"] == names.index(part)]


def check_sums(folder: Path) -> None:
    """Compare every file named in ``SHA256SUMS`` of a folder with its checksum.

    Raises
    ------
    DataError
        A file is missing or is not the one that was shipped.
    """
    try:
        lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    except OSError as problem:
        raise DataError(
            f"{folder / 'SHA256SUMS'}: {problem.strerror}; take the folder from a fresh checkout"
        ) from problem
    for line in lines:
        wanted, name = line.split(maxsplit=1)
        path = folder / name
        found = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "no such file"
        if found != wanted:
            raise DataError(f"{path}: expected the checksum {wanted[:12]}…; found {found[:12]}…; take a fresh checkout")
