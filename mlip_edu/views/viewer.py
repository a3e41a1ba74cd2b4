"""Atoms to look at: a view in 3D to turn, and beside it a picture that stands still.

The 3D view is nglview's. It is blank in an exported page, on GitHub and in a notebook that has not been run, and
nglview may not be installed: the still picture with its alternative text says the same everywhere.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import ase.data
import matplotlib.pyplot as plt
import numpy as np
from ase.data.colors import jmol_colors
from IPython.display import display
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from ..errors import MlipEduError
from ..systems import AtomicSystem
from .html import show_figure

MAP = "viridis"
RADIUS = 0.55  # of the covalent radius, so that one sees between the atoms
TURN, RISE = np.radians(20), np.radians(15)  # the still picture looks along y, a little from the right and from above


def show(
    system: AtomicSystem | Sequence[AtomicSystem],
    *,
    values: Sequence[float] | None = None,
    label: str = "",
    alt: str | None = None,
    backend: str = "auto",
) -> None:
    """Show atoms below the cell: in 3D, to turn with the mouse, and in a still picture.

    Parameters
    ----------
    system
        One system, or the frames of a trajectory (equal atoms in equal order): then a slider chooses the frame.
    values
        A number an atom, to colour it by; without it the colour tells the species.
    label
        What ``values`` are, with their unit.
    alt
        What a reader who cannot see the picture should know (default: a description of box, atoms and colours).
    backend
        ``"auto"``: both where nglview is installed, else the picture; ``"3d"``: both, or an error; ``"figure"``: the
        picture alone.

    Raises
    ------
    MlipEduError
        No frame, frames with different atoms, a number of values that is not the number of atoms, an unknown backend,
        or ``backend="3d"`` without nglview.
    """
    frames = [system] if isinstance(system, AtomicSystem) else list(system)
    values = _checked(frames, values)
    if backend not in ("auto", "3d", "figure"):
        raise MlipEduError(f"unknown backend {backend!r}: use 'auto', '3d' or 'figure'")
    nglview = None if backend == "figure" else import_nglview()
    if nglview is None and backend == "3d":
        raise MlipEduError('nglview is not installed: python -m pip install -e ".[lab]", or use backend="figure"')
    if nglview is not None:
        display(view_3d(nglview, frames, values))
    show_figure(draw_atoms(frames, values, label), alt or describe(frames, values, label))


def import_nglview() -> ModuleType | None:
    """nglview, or None where it is not installed.

    nglview 4.0.1 announces its JavaScript as version 4.0 and ships 3.1.5, so that JupyterLab finds none and shows a
    blank. Before the first import we put the version of the installed extension in the announcement's place.
    """
    version = frontend_version()
    if version and "nglview" not in sys.modules:
        announcement = ModuleType("nglview._frontend")
        announcement.__frontend_version__ = version
        sys.modules["nglview._frontend"] = announcement
    try:
        import nglview
    except ImportError:
        return None
    return nglview


def frontend_version() -> str | None:
    """The version of nglview's extension that JupyterLab will load, or None."""
    from jupyter_core.paths import jupyter_path

    for path in map(Path, jupyter_path("labextensions", "nglview-js-widgets", "package.json")):
        if path.is_file():
            return json.loads(path.read_text(encoding="utf-8"))["version"]
    return None


def view_3d(nglview: ModuleType, frames: Sequence[AtomicSystem], values: np.ndarray | None) -> Any:
    """The 3D view as a widget, with the box of the first frame, and a slider named "Frame" if there are several."""
    import ipywidgets

    from .dials import Controls, Dial

    trajectory = [frame.to_ase() for frame in frames]
    if frames[0].pbc.any():
        for atoms in trajectory:  # nglview draws every box with a along x and b in the plane of x and y
            atoms.set_cell(atoms.cell.standard_form()[0], scale_atoms=True)
    view = nglview.show_asetraj(trajectory, default_representation=False, width="100%", height="360px")
    view.layout.max_width = "760px"
    view.camera = "orthographic"
    view._iplayer.children = ()  # its buttons and slider have no name, and cannot be given one; our slider has
    view._iplayer.layout.display = "none"
    view._ibtn_fullscreen.tooltip = "Full screen"
    colour = {"color_scheme": "element"}
    if values is not None:
        colour = {"color": f"mlip_edu_{id(view)}"}
        shades = [[shade, f"@{atom}"] for atom, shade in enumerate(_hexadecimal(values))]
        nglview.color.ColormakerRegistry.add_selection_scheme(colour["color"], shades)
    view.add_representation("spacefill", radius_type="covalent", radius_scale=RADIUS, **colour)
    if frames[0].pbc.any():
        view.add_unitcell()
    view.center()
    for axis, angle in (([1, 0, 0], -RISE), ([0, 1, 0], np.pi - TURN), ([1, 0, 0], -np.pi / 2)):
        view.control.spin(axis, angle)  # from where nglview begins, along z with x to the left, to the still picture
    if len(frames) == 1:
        return view
    controls = Controls(frame=Dial("Frame", 0, len(frames) - 1, 1, start=0))
    controls.observe(lambda change: setattr(view, "frame", int(change["new"]["frame"])), "values")
    return ipywidgets.VBox([view, controls])


def draw_atoms(frames: Sequence[AtomicSystem], values: np.ndarray | None = None, label: str = "") -> Figure:
    """The still picture: the atoms in projection, nearer ones in front; of many frames the first, middle and last."""
    shown = sorted({0, len(frames) // 2, len(frames) - 1})
    width = 4.2 if len(shown) == 1 else 3.2
    figure, axes = plt.subplots(1, len(shown), figsize=(width * len(shown) + 1.0, width), layout="constrained",
                                squeeze=False, sharex=True, sharey=True)  # fmt: skip
    for panel, index in zip(axes[0], shown, strict=True):
        atoms = _draw_frame(panel, frames[index], values)
        if len(frames) > 1:
            panel.set_title(f"frame {index}")
    axes[0, 0].set_ylabel("up (Å)")
    if values is not None:
        figure.colorbar(atoms, ax=axes, label=label, shrink=0.8)
    else:
        kinds = sorted(set(frames[0].species))
        marks = [plt.Line2D([], [], marker="o", ls="", mec="black", mfc=_species_colour(kind), ms=8) for kind in kinds]
        axes[0, -1].legend(marks, kinds, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    return figure


def describe(frames: Sequence[AtomicSystem], values: np.ndarray | None = None, label: str = "") -> str:
    """An alternative text: which atoms, in which box, in which colours."""
    first = frames[0]
    kinds, counts = np.unique(first.species, return_counts=True)
    text = " and ".join(f"{count} {kind}" for kind, count in zip(kinds, counts, strict=True)) + " atoms"
    if first.pbc.any():
        edges = " × ".join(f"{edge:.1f}" for edge in np.linalg.norm(first.cell, axis=1))
        text += f" in a periodic box of {edges} Å"
    if len(frames) > 1:
        text += f": the first, the middle and the last of {len(frames)} frames"
    if values is not None:
        text += f"; coloured by {label or 'value'}, from {values.min():.3g} (dark) to {values.max():.3g} (light)"
    return text + ", seen a little from the right and from above."


def box_edges() -> np.ndarray:
    """The twelve edges of a box: fractional coordinates of their ends, (12, 2, 3)."""
    corners = itertools.product((0, 1), repeat=3)
    pairs = np.array(list(itertools.combinations(corners, 2)))
    return pairs[np.abs(pairs[:, 1] - pairs[:, 0]).sum(axis=1) == 1]


# --- inside ---


def _checked(frames: Sequence[AtomicSystem], values: Sequence[float] | None) -> np.ndarray | None:
    if not frames:
        raise MlipEduError("there is nothing to show: give a system or at least one frame")
    for number, frame in enumerate(frames):
        if not np.array_equal(frame.species, frames[0].species):
            raise MlipEduError(f"frame {number} holds other atoms than frame 0: show them one by one")
    if values is None:
        return None
    values = np.asarray(values, float)
    if values.shape != (len(frames[0]),) or not np.isfinite(values).all():
        raise MlipEduError(f"expected {len(frames[0])} finite values, one an atom; found the shape {values.shape}")
    return values


def _draw_frame(axes: Any, frame: AtomicSystem, values: np.ndarray | None) -> PatchCollection:
    turn = np.array([[np.cos(TURN), np.sin(TURN), 0], [-np.sin(TURN), np.cos(TURN), 0], [0, 0, 1]])
    rise = np.array([[1, 0, 0], [0, np.cos(RISE), -np.sin(RISE)], [0, np.sin(RISE), np.cos(RISE)]])
    look = (rise @ turn).T  # columns: to the right, away from us, up
    if frame.pbc.any():
        for ends in box_edges() @ frame.cell @ look:
            axes.plot(ends[:, 0], ends[:, 2], color="0.5", lw=0.8, zorder=0)
    places = frame.positions @ look
    order = np.argsort(-places[:, 1], kind="stable")
    radii = [RADIUS * ase.data.covalent_radii[ase.data.atomic_numbers[kind]] for kind in frame.species]
    circles = PatchCollection(
        [Circle((places[k, 0], places[k, 2]), radii[k]) for k in order], edgecolor="black", linewidth=0.5, zorder=1
    )
    if values is None:
        circles.set_facecolor([_species_colour(frame.species[k]) for k in order])
    else:
        circles.set(array=values[order], cmap=MAP, clim=(values.min(), values.max()))
    axes.add_collection(circles)
    axes.autoscale_view()
    axes.set(xlabel="right (Å)", aspect="equal")
    return circles


def _species_colour(kind: str) -> tuple[float, float, float]:
    return tuple(jmol_colors[ase.data.atomic_numbers[kind]])


def _hexadecimal(values: np.ndarray) -> list[str]:
    span = np.ptp(values) or 1.0
    shades = plt.get_cmap(MAP)((values - values.min()) / span)
    return ["#" + "".join(f"{round(255 * part):02x}" for part in shade[:3]) for shade in shades]
