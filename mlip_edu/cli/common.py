"""What the commands share: options, reading of structures, figures and JSON written whole or not at all."""

from __future__ import annotations

import argparse
import errno
import json
import os
import re
import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import DataError, FormatError, MlipEduError, shorten
from ..files import replacing, write_text

XYZ = (".xyz", ".extxyz")
INTERRUPTED = 130  # the exit status of a program that Ctrl-C ended
TERMINATED = 143  # … that SIGTERM ended: kill, a batch queue, a shutdown


def whole(text: str) -> int:
    """A whole number of an option. Python's ``int`` alone also takes ``1_000`` and ``١٢``."""
    if not re.fullmatch("[+-]?[0-9]{1,9}", text):
        raise argparse.ArgumentTypeError(f"expected a whole number of at most nine digits; found {shorten(text)}")
    return int(text)


def number(text: str) -> float:
    """A finite number of an option."""
    from ..io.text import finite_numbers

    try:
        return finite_numbers([text])[0]
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a finite number; found {shorten(text)}") from None


def add_common(command: argparse.ArgumentParser) -> None:
    """The options that every command has."""
    command.add_argument("--threads", type=whole, help="processor threads (default: all)")
    command.add_argument("--quiet", action="store_true", help="no progress bars")


def set_threads(threads: int | None) -> None:
    """Let torch use ``threads`` threads."""
    if threads is None:
        return
    if threads < 1:
        raise MlipEduError(f"--threads must be at least 1; found {threads}")
    import torch

    torch.set_num_threads(threads)


def write_json(path: Path, content: dict) -> None:
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False))


def leads() -> bool:
    """Is this the process that writes files and speaks? Of those that ``torchrun`` starts, the first."""
    return os.environ.get("RANK", "0") == "0"


def in_a_line(problem: Exception) -> str:
    """What to tell the user; an error that is neither ours nor the computer's is a fault of the program, and raised."""
    if isinstance(problem, OSError) and problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"{problem.filename}: {problem.strerror}; make room, then give the same command again"
    if isinstance(problem, OSError) and problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{problem.filename}: {problem.strerror}; give a file or folder that you may read, or write there"
    if isinstance(problem, MemoryError) or (isinstance(problem, RuntimeError) and "memory" in str(problem)):
        return f"not enough memory: take a smaller network or fewer structures ({str(problem)[:200]})"
    if isinstance(problem, RuntimeError):
        raise problem
    return str(problem)


@contextmanager
def terminated_like_interrupted() -> Iterator[list[int]]:
    """SIGTERM does what Ctrl-C does; the list then holds the exit status that tells them apart."""
    status: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield status
        return

    def terminate(number, frame) -> None:
        status.append(TERMINATED)
        handler = signal.getsignal(signal.SIGINT)
        if not callable(handler):  # Ctrl-C is switched off, as for a program in the background
            raise KeyboardInterrupt
        handler(signal.SIGINT, frame)

    previous = signal.signal(signal.SIGTERM, terminate)
    try:
        yield status
    finally:
        signal.signal(signal.SIGTERM, previous)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Make ``folder`` and keep other runs out of it, until the block or the process ends, however it ends.

    Raises
    ------
    MlipEduError
        Another run writes there, or nobody may.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise MlipEduError(f"{folder}: no permission to write there; choose another folder with --output")
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for leftover in folder.glob(".*.tmp"):  # of a run that was killed: nobody else writes here now
                leftover.unlink(missing_ok=True)
        except BlockingIOError:
            wanted = "wait for its end, or choose another folder with --output"
            raise MlipEduError(f"{folder}: another run is writing there; {wanted}") from None
        except OSError:
            pass  # a file system without locks
        yield
    finally:
        os.close(handle)


def read_frames(path: Path) -> list:
    """Every structure of a file or of a folder of dumps: ``AtomicSystem``, or ASE Atoms where ASE reads it.

    Raises
    ------
    MlipEduError
        There is no such file, it is damaged, or it holds no structures.
    """
    import ase.io

    from ..io import read_dump, read_xyz

    if not path.exists():
        raise DataError(f"{path}: no such file; give one with structures, .xyz or .dump")
    if path.is_file() and path.stat().st_size == 0:
        raise DataError(f"{path}: the file is empty; give one with structures, .xyz or .dump")
    if path.suffix in XYZ:
        return read_xyz(path)
    if path.is_dir() or path.suffix == ".dump":
        return read_dump(path)
    try:
        frames = ase.io.read(path, index=":")
    except Exception as problem:  # ASE's many readers raise whatever they meet
        reason = shorten(str(problem) or type(problem).__name__)
        raise DataError(f"{path}: ASE does not read structures from it: {reason}; give .xyz or .dump") from problem
    if not frames:
        raise DataError(f"{path}: no structures in it; give a file with structures, .xyz or .dump")
    return frames


def read_cut(path: Path, progress: bool) -> list:
    """As :func:`read_frames`; but of an extended XYZ file whose end cuts off the last frame, as after a kill, the
    others, with a warning."""
    from tqdm import tqdm

    from ..io.trajectory import frames_of

    if path.suffix not in XYZ or not path.is_file() or path.stat().st_size == 0:
        return read_frames(path)
    systems, ignored = [], set()
    for frame in tqdm(list(frames_of(path)), f"reading {path.name}", disable=not progress, unit="frame"):
        try:
            systems += frame.frames(ignored)
        except FormatError:
            if not frame.cut:
                raise
            warnings.warn(f"{path}: the end of the file cuts off the last frame, which is left out", stacklevel=2)
    if ignored:
        warnings.warn(f"{path}: left out, not understood: column {', '.join(sorted(ignored))}", stacklevel=2)
    return systems


def save_figure(figure, path: Path) -> None:
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=150, format=path.suffix[1:])
