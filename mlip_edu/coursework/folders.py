"""Where the lessons are."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import DataError


def tutorials_folder() -> Path:
    """The folder with the solved notebooks, their ``checks/`` and ``files/``.

    The first that has checks of: ``$MLIP_EDU_TUTORIALS``, the current folder, its parents, the checkout this package
    was installed from (``pip install -e``).

    Raises
    ------
    DataError
        None of them has.
    """
    here, chosen = Path.cwd(), os.environ.get("MLIP_EDU_TUTORIALS")
    checkout = Path(__file__).resolve().parents[2] / "tutorials"
    for folder in (*([Path(chosen)] if chosen else []), here, *here.parents, checkout):
        if any((folder / "checks").glob("check_[0-9]*.py")):
            return folder
    raise DataError(
        f"no lessons: there is no checks/ with check_….py in $MLIP_EDU_TUTORIALS ({chosen or 'not set'}), in {here} or "
        f"above, nor in {checkout}. Set MLIP_EDU_TUTORIALS to the tutorials/ folder of a checkout of mlip_edu"
    )
