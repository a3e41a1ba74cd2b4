"""Writing so that nothing is lost: to the side first, then one rename."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path


@contextmanager
def replacing(path: str | PathLike) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` and rename it over ``path`` when the block ends well.

    Whatever happens inside, a file that was there before is whole: the old one or the new one.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    try:
        yield Path(name)
        with open(name, "rb+") as file:
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(name, 0o666 & ~umask)  # mkstemp makes files private
        os.replace(name, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name)


def write_text(path: str | PathLike, text: str) -> None:
    """Write ``text`` to ``path`` through :func:`replacing`."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
