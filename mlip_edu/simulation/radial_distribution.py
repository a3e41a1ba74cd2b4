"""g(r) and what is read from it, and the mean-square displacement.

The radial distribution function compares the density of atoms b around an atom a with the mean density,

    g_ab(r) = V n_ab(r) / (N_a (N_b − δ_ab) v(r)),      v(r) = 4π/3 ((r + Δ)³ − r³)

where n_ab(r) counts the ordered pairs in the shell from r to r + Δ, **over all periodic images**. This is what
``compute rdf`` of LAMMPS returns, count for count. The mean is taken over the frames, each normalised by itself.

==========  ====================================  ===========
symbol      meaning                               variable
==========  ====================================  ===========
n_ab(r)     ordered pairs of a frame in each bin  ``counts``
N_a         atoms a                               ``a.sum()``
V, v(r)     volumes of cell and shells, Å³        ``shells``
==========  ====================================  ===========

Why N − 1 and not N: no atom is its own neighbour, so only N − 1 atoms are spread over V. An ideal gas then has
g = 1 exactly, at every distance in a box of any size: the images of the *other* atoms continue their even density.
Beyond the shortest lattice vector an atom also meets its *own* images. They are counted, but N − 1 does not expect
them. In a large box this is nothing; in a cell of few atoms g tends to N/(N − 1), and the same crystal described with
M atoms has a g that is smaller by N(M − 1)/(M(N − 1)). The coordination number n(r) counts neighbours per atom and
is the same for both. To compare g of tiny cells, repeat them first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ase
import numpy as np

from ..errors import MlipEduError
from ..geometry import completed_cell, heights
from ..neighbours import neighbour_list
from ..systems import AtomicSystem

BLOCK = 32  # atoms compared with all others at a time: what fits into the processor's cache
LARGE = 20  # in a box larger than so many cubes of side 2 r_max a neighbour list is quicker than all pairs
PEAK_WIDTH = 0.1  # Å on either side of a peak that its parabola is fitted to
SHELL_WIDTH = 0.5  # Å on either side in which a peak is the highest point: shells are farther apart

Frames = Sequence[AtomicSystem | ase.Atoms]


@dataclass(frozen=True, eq=False)
class RadialDistribution:
    """g(r) of a run.

    ``edges`` (bins + 1,) and middles ``r`` (bins,) of the bins in Å; ``g`` (bins,), the mean of ``g_of_frames``
    (frames, bins); ``counts`` (frames, bins), the ordered pairs n_ab(r) that it comes from; ``coordination``
    (bins + 1,), the mean number n(r) of neighbours nearer than each edge.
    """

    edges: np.ndarray
    r: np.ndarray
    g: np.ndarray
    g_of_frames: np.ndarray
    counts: np.ndarray
    coordination: np.ndarray

    def coordination_number(self, radius: float) -> float:
        """n(radius), the mean number of neighbours nearer than ``radius`` (Å); linear within a bin."""
        if not 0 < radius <= self.edges[-1]:
            raise MlipEduError(f"n(r) is known up to {self.edges[-1]:g} Å; found a radius of {radius} Å")
        return float(np.interp(radius, self.edges, self.coordination))


def radial_distribution(
    frames: Frames, r_max: float, bins: int = 200, species: tuple[str, str] | None = None
) -> RadialDistribution:
    """g(r) of one or more frames, all images counted, in cells of any size and shape.

    Parameters
    ----------
    frames
        Periodic in all three directions. Cells and numbers of atoms may differ from frame to frame.
    r_max
        Å; may be larger than the cell.
    bins
        Equal bins from 0 to ``r_max``, three or more; a pair at r is in bin floor(r/Δ).
    species
        (a, b) for the partial g_ab(r) of b around a; ``None``: all atoms, whatever they are.

    Raises
    ------
    MlipEduError
        No frames, a frame that is not periodic or has no pair of such atoms, or ``r_max`` or ``bins`` too small.
    """
    if not (np.isfinite(r_max) and r_max > 0 and bins >= 3 and len(frames)):
        raise MlipEduError(f"g(r) needs frames, r_max > 0 and 3 bins; found {len(frames)} frames, {r_max} Å, {bins}")
    edges = np.arange(bins + 1) * (r_max / bins)
    shells = 4 * np.pi / 3 * np.diff(edges**3)
    counts, g, coordination = [], [], []
    for k, system in enumerate(map(_system, frames)):
        a, b = (np.isin(system.species, name) for name in species or [system.species] * 2)
        n_pairs = a.sum() * b.sum() - (a & b).sum()  # N_a (N_b − δ_ab)
        if not system.pbc.all() or n_pairs == 0:
            needed = f"frames periodic along a, b and c with a pair of {'-'.join(species or ['atoms'])}"
            raise MlipEduError(f"g(r) needs {needed}; found {system} as frame {k}: set pbc, a species, or repeat it")
        counts.append(_count(system, a, b, r_max, bins))
        g.append(system.volume * counts[-1] / (n_pairs * shells))
        coordination.append(np.append(0, np.cumsum(counts[-1])) / a.sum())
    middles = (edges[1:] + edges[:-1]) / 2
    return RadialDistribution(edges, middles, np.mean(g, 0), np.array(g), np.array(counts), np.mean(coordination, 0))


def _system(frame: AtomicSystem | ase.Atoms) -> AtomicSystem:
    return frame if isinstance(frame, AtomicSystem) else AtomicSystem.from_ase(frame)


def _count(system: AtomicSystem, a: np.ndarray, b: np.ndarray, r_max: float, bins: int) -> np.ndarray:
    """Ordered pairs of an atom where ``a`` holds and one where ``b`` does, by distance, (bins,) integers.

    Where a sphere of ``r_max`` fits into the cell, one image of a pair at most is inside, and rounding finds it:

        r = |(s − round(s)) · cell|,  s = s_j − s_i  fractional

    (In a skewed cell rounding may miss the nearest image, but never one nearer than half the distance of two faces.)
    In small cells, and in very large ones, all images come from the neighbour list.
    """

    def histogram(distances: np.ndarray) -> np.ndarray:
        return np.bincount((distances * (1 / (r_max / bins))).astype(np.int64).ravel(), minlength=bins)[:bins]

    if r_max > heights(system.cell).min() / 2 or system.volume > LARGE * (2 * r_max) ** 3:
        pairs = neighbour_list(system, r_max)
        wanted = a[pairs.centre] & b[pairs.neighbour]
        return histogram(np.linalg.norm(pairs.vectors(system), axis=1)[wanted])
    centres, others = (np.linalg.inv(system.cell).T @ system.positions[some].T for some in (a, b))
    same, counts = (a == b).all(), np.zeros(bins, np.int64)
    for start in range(0, a.sum(), BLOCK):
        difference = others[:, None, same * start :] - centres[:, start : start + BLOCK, None]
        difference -= np.rint(difference)
        vectors = np.tensordot(system.cell.T, difference, 1)
        distances = np.sqrt(np.einsum("xij,xij->ij", vectors, vectors))
        if same:  # take a pair once, with i < j, and count it for both its atoms
            distances[np.tril_indices(len(distances))] = 2 * r_max
        counts += histogram(distances)
    return (1 + same) * counts


def block_bootstrap(values: np.ndarray, samples: int = 200, block: int | None = None, seed: int = 0) -> np.ndarray:
    """Means of ``values`` over its frames as they scatter from run to run: the circular block bootstrap.

    Neighbouring frames of a run look alike, so frames are drawn not one by one but in blocks of consecutive
    ones, which start anywhere and go on at the beginning when they pass the end. The blocks have to be longer
    than the memory of the run, and there have to be many: by default a tenth of the run, so ten blocks, which
    leaves the error bar itself uncertain by about 1/√20 = 22 %. In a run shorter than some ten times its memory
    every choice reports too small an error. K blocks scatter about their own mean, which makes their variance
    too small by (K − 1)/K; this is put right.

    Parameters
    ----------
    values : (frames, ...)
    samples
        How many means to draw.
    block
        Frames in a block; at most half of them.

    Returns
    -------
    (samples, ...); their standard deviation is the standard error.

    Source: Politis and Romano, in *Exploring the Limits of Bootstrap*, Wiley (1992), pages 263–270.
    """
    values, n_frames = np.asarray(values, float), len(values)
    block = -(-n_frames // 10) if block is None else block
    if not 1 <= block <= n_frames / 2:
        raise MlipEduError(f"a block bootstrap of {n_frames} frames needs blocks of 1 to half of them; found {block}")
    n_blocks = round(n_frames / block)
    starts = np.random.default_rng(seed).integers(n_frames, size=(samples, n_blocks, 1))
    frames = ((starts + np.arange(block)) % n_frames).reshape(samples, -1)
    means, mean = np.array([values[drawn].mean(axis=0) for drawn in frames]), values.mean(axis=0)
    return mean + (means - mean) * np.sqrt(n_blocks / (n_blocks - 1))


def first_peak(r: np.ndarray, g: np.ndarray) -> tuple[float, float]:
    """Position (Å) and height of the first peak of g(r) that reaches half of the largest value."""
    return _first_summit(r, g, g > g.max() / 2)


def first_minimum(r: np.ndarray, g: np.ndarray) -> tuple[float, float]:
    """Position (Å) and depth of the first minimum of g(r) after its first peak."""
    position, summit = _first_summit(r, -g, r > first_peak(r, g)[0])
    return position, -summit


def _first_summit(r: np.ndarray, g: np.ndarray, allowed: np.ndarray) -> tuple[float, float]:
    """The first of the ``allowed`` points that is the highest within ±0.5 Å, refined by a parabola through ±0.1 Å.

    a x² + b x + c has its vertex at x = −b/2a, with the value c + b x/2; where that is farther off, x = 0 is taken.
    """
    for k in np.flatnonzero(allowed & (r < r[-1] - SHELL_WIDTH)):
        if g[k] == g[allowed & (np.abs(r - r[k]) <= SHELL_WIDTH)].max():
            near = np.abs(r - r[k]) < max(PEAK_WIDTH, 2.5 * (r[1] - r[0]))
            a, b, c = np.polyfit(r[near] - r[k], g[near], 2)
            x = -b / (2 * a) if abs(b) < abs(2 * a) * PEAK_WIDTH else 0.0
            return float(r[k] + x), float(c + b * x / 2)
    raise MlipEduError(f"g(r) has no such peak or minimum up to {r[-1] - SHELL_WIDTH:.3g} Å: use a larger r_max")


def mean_square_displacement(frames: Frames, unwrapped: bool = False, remove_drift: bool = True) -> np.ndarray:
    """How far atoms have moved after 0, 1, 2, … frames, (frames // 2 + 1,) Å².

        MSD(t) = ⟨|r_i(t₀ + t) − r_i(t₀)|²⟩  over atoms i and all origins t₀

    Parameters
    ----------
    frames
        The same atoms in the same order. Atoms may have been wrapped into the cell: the way from one frame to
        the next is taken to the nearest image, which is right while no atom moves half the cell in between.
    unwrapped
        The trajectory is unwrapped already: positions are used as they are.
    remove_drift
        Subtract the motion of the centre of mass.
    """
    systems = [_system(frame) for frame in frames]
    if len(systems) < 2 or any(s.species.tolist() != systems[0].species.tolist() for s in systems):
        raise MlipEduError("a displacement needs two or more frames of the same atoms in the same order")
    path = np.array([system.positions for system in systems])
    for k, system in enumerate([] if unwrapped else systems[1:], start=1):
        cell = completed_cell(system.cell, system.pbc, system.positions)
        turns = np.rint((path[k] - path[k - 1]) @ np.linalg.inv(cell)) * system.pbc
        path[k] -= turns @ cell
    if remove_drift:
        path -= np.average(path, axis=1, weights=systems[0].to_ase().get_masses())[:, None]
    lags = range(1, len(path) // 2 + 1)
    return np.array([0.0] + [np.sum((path[lag:] - path[:-lag]) ** 2, axis=-1).mean() for lag in lags])
