"""Writing so that nothing is lost: to the side first, then one rename."""

from __future__ import annotations

import glob
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path

STALE = 600  # seconds after which a temporary file belongs to nobody


@contextmanager
def replacing(path: str | PathLike) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` and rename it over ``path`` when the block ends well.

    Whatever happens inside, a file that was there before is whole: the old one or the new one.

    Raises
    ------
    OSError
        The folder cannot be made or written to, or the disk is full; names ``path``.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    for stale in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):  # left by a process that was killed
        with suppress(OSError):
            if time.time() - stale.stat().st_mtime > STALE:
                stale.unlink()
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        temporary.touch(exist_ok=False)
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as problem:
        if problem.filename in (None, str(temporary)):
            raise OSError(problem.errno, problem.strerror, str(path)) from problem
        raise
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    with suppress(OSError):  # the new name, too, shall survive a power cut; not every system can open a folder
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def write_text(path: str | PathLike, text: str) -> None:
    """Write ``text`` to ``path`` through :func:`replacing`."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
