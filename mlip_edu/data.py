"""The data that ship with the project, found without any network."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

import ase.io
import numpy as np

from .errors import DataError
from .systems import AtomicSystem

TIME_STEP = 0.003  # ps, of the ab-initio molecular dynamics
EARLIEST = 200  # frames, 0.6 ps: production never begins before
BLOCK = 50  # frames, 0.15 ps: longer than temperature and potential energy remember
FEWEST_BLOCKS = 10  # of a production run whose stationarity can be judged


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


def load_silicon(split: str | None = None) -> list[AtomicSystem]:
    """Silicon at the PBE level: all structures, or those of one part.

    Parameters
    ----------
    split
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
    if split is not None and split not in names:
        raise DataError(f"unknown split {split!r}: use one of {', '.join(names)}, or None for all")
    path = data_folder("silicon") / "dft.xyz"
    check_sums(path.parent)
    systems = [AtomicSystem.from_ase(atoms) for atoms in ase.io.read(path, ":", format="extxyz")]
    return [s for s in systems if split is None or s.info["part"] == names.index(split)]


def load_liquid_reference() -> list[AtomicSystem]:
    """The ab-initio molecular dynamics of 64 silicon atoms at 3000 K and 17.9 Å³/atom, one system every 3 fs.

    The level of theory is not that of :func:`load_silicon`: never train on both.

    Returns
    -------
    list of AtomicSystem
        With energy (eV) and forces (eV/Å). ``info`` has ``chunk`` (velocities are drawn anew at the start of each),
        ``time_ps`` since the start of the first chunk, ``temperature_K`` of that moment, and ``production``: True
        from where on potential energy and temperature show no trend (:func:`stationary_start`), never before 0.6 ps;
        False everywhere while the run is too short to tell.

    Raises
    ------
    DataError
        The data are not found or damaged.
    """
    folder = data_folder("silicon/liquid_3000K")
    check_sums(folder)
    frames: list[tuple[int, ase.Atoms]] = []
    for number, path in enumerate(sorted(folder.glob("chunk_*.xyz"))):
        chunk = ase.io.read(path, ":", format="extxyz")
        # a chunk begins with the last frame of the one before
        frames += [(number, atoms) for atoms in (chunk[1:] if number else chunk)]
    if not frames:
        raise DataError(f"{folder} holds no chunk_*.xyz: take the folder from a fresh checkout")
    history = [(atoms.get_potential_energy(), atoms.info["temperature_K"]) for _, atoms in frames]
    start = stationary_start(np.transpose(history), EARLIEST)
    for k, (chunk, atoms) in enumerate(frames):
        production = start is not None and k >= start
        atoms.info |= {"chunk": chunk, "time_ps": k * TIME_STEP, "production": production}
    return [AtomicSystem.from_ase(atoms) for _, atoms in frames]


def load_liquid_spread() -> dict:
    """How g(r) of runs like the ab-initio one scatters, from runs of our own potential at its size and length.

    Returns
    -------
    dict
        ``runs``, ``frames`` of each, ``temperature`` (K); ``r`` (Å), ``mean`` and ``deviation`` of g from run to run
        (bins,); ``summaries``, one dict a run: first peak, first minimum (Å and height) and coordination up to 3.1 Å.

    Raises
    ------
    DataError
        The file is not there: ``python data/silicon/make/spread.py POTENTIAL`` makes it.
    """
    record = _recorded("silicon/liquid_3000K", "spread.json", "spread.py POTENTIAL")
    return record | {name: np.array(record[name]) for name in ("r", "mean", "deviation")}


def load_rounds() -> dict:
    """What two rounds of labels taken where our own potential goes have brought, step by step.

    Returns
    -------
    dict
        ``stages``, one each with no round learnt, the first, both: ``learnt``; ``errors`` of structures that no
        training saw, test set → ``energy`` (eV/atom, mean absolute) and ``forces`` (eV/Å, root mean square), lists of
        one number a seed; ``r`` (Å) and ``g`` (seeds, bins) of a melt; ``summaries`` as of :func:`load_liquid_spread`.

    Raises
    ------
    DataError
        The file is not there: ``python data/silicon/make/rounds.py`` makes it.
    """
    record = _recorded("silicon", "rounds.json", "rounds.py")
    for stage in record["stages"]:
        stage |= {name: np.array(stage[name]) for name in ("r", "g")}
    return record


def _recorded(folder: str, name: str, script: str) -> dict:
    path = data_folder(folder) / name
    check_sums(path.parent)
    if not path.is_file():
        raise DataError(f"{path}: no such file; python data/silicon/make/{script} makes it")
    return json.loads(path.read_text(encoding="utf-8"))


def block_error(values: Sequence[float], blocks: int = 10) -> float:
    """Standard error of the mean of a correlated series, from the means m_b of K blocks of equal length.

        σ² = Σ_b (m_b − m̄)² / (K (K − 1))

    The blocks must be longer than the memory of the series, or the error comes out too small. With ten of them it is
    itself uncertain by a quarter.

    Source: H. Flyvbjerg and H. G. Petersen, J. Chem. Phys. 91, 461 (1989), doi:10.1063/1.457480.
    """
    length = len(values) // blocks
    if blocks < 2 or length < 1:
        raise DataError(f"an error from blocks needs two or more that are not empty; found {len(values)} values")
    means = np.reshape(np.asarray(values, float)[len(values) - blocks * length :], (blocks, length)).mean(axis=1)
    return float(means.std(ddof=1) / np.sqrt(blocks))


def stationary_start(series: Sequence[Sequence[float]], earliest: int = 0) -> int | None:
    """The first frame from which on no series shows a trend, or None where the run is too short or never settles.

    From a candidate on, the mean of the first 200 frames (0.6 ps, A) is compared with that of the second half (B),

        z = (m_A − m_B) / (s √(1/K_A + 1/K_B)),

    with s the standard deviation between blocks of 50 frames in B, where a drift at the start does not inflate it, and
    K the numbers of blocks. The series shows no trend where −2 < z < 2. Candidates are ``earliest`` and every 50th
    frame after it; at least ten blocks must follow.

    Source: after J. Geweke, in *Bayesian Statistics 4*, Oxford (1992), pages 169–193, with blocks for his spectra.
    """
    for start in range(earliest, len(series[0]) - FEWEST_BLOCKS * BLOCK + 1, BLOCK):
        if all(abs(trend(values[start:])) < 2 for values in series):
            return start
    return None


def trend(values: Sequence[float]) -> float:
    """z of :func:`stationary_start`: how many standard errors the beginning is away from the second half."""
    first, last = values[: 4 * BLOCK], values[len(values) // 2 :]
    blocks = len(last) // BLOCK
    deviation = block_error(last, blocks) * np.sqrt(blocks)
    return float((np.mean(first) - np.mean(last)) / (deviation * np.sqrt(1 / 4 + 1 / blocks)))


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
