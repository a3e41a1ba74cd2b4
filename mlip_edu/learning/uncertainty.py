"""Committees: where potentials that learnt the same thing disagree, none of them knows.

    ȳ = (1/M) Σ_m y_m,     σ² = 1/(M − 1) Σ_m (y_m − ȳ)²,     α² = ⟨(y − ȳ)²/σ²⟩

M members learn from the same structures and start from different weights. Where the structures tell them what to say
they agree; elsewhere each says something else. That they agree does not make them right: an error that all share,
such as one of the fingerprint or of the labels, is not in σ. On structures whose labels are known, α compares the
errors with σ, and ασ is the error bar to report.

=======  ===================  ===========================================================
symbol   variable             meaning
=======  ===================  ===========================================================
M        ``len(members)``     size of the committee
y_m, ȳ   ``energy`` …         what a member says, what all say on average
σ        ``energy_spread`` …  standard deviation over the members
α        ``scale_of_spread``  factor by which errors are larger than σ, from labelled data
=======  ===================  ===========================================================

Sources: Seung, Opper & Sompolinsky, COLT '92, 287, doi 10.1145/130385.130417 (query by committee); Lakshminarayanan,
Pritzel & Blundell, arXiv 1612.01474 (different initial weights suffice); Musil et al., J. Chem. Theory Comput. 15, 906
(2019), doi 10.1021/acs.jctc.8b00959 (α).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from ..errors import MlipEduError
from ..fingerprints import Fingerprint
from ..models import Potential
from ..models.potential import Prediction
from ..systems import AtomicSystem
from .splits import PARTS, split_by_group
from .training import train


@dataclass(frozen=True, eq=False)
class CommitteePrediction(Prediction):
    """The mean over the members, field by field as in :class:`~mlip_edu.models.potential.Prediction`, and its spread.

    ``energy_spread`` (systems,) is σ of the total energies in eV; ``force_spread`` (atoms,) is that of the force
    vectors in eV/Å, σ_k² = 1/(M − 1) Σ_m |F_mk − F̄_k|².
    """

    energy_spread: np.ndarray
    force_spread: np.ndarray


class Committee:
    """Several potentials that are asked together. ``ase_calculator(committee)`` runs on their mean.

    Raises
    ------
    MlipEduError
        Fewer than two members, or members for different elements.
    """

    def __init__(self, members: Sequence[Potential]):
        self.members = tuple(members)
        if len(self.members) < 2:
            raise MlipEduError(f"a committee needs at least two members to disagree; found {len(self.members)}")
        if len({member.elements for member in self.members}) > 1:
            found = [" ".join(member.elements) for member in self.members]
            raise MlipEduError(f"the members of a committee must be for the same elements; found {found}")

    @property
    def elements(self) -> tuple[str, ...]:
        return self.members[0].elements

    @property
    def cutoff(self) -> float:
        """Largest distance in Å at which a neighbour counts for any member."""
        return max(member.cutoff for member in self.members)

    def predict(self, systems: AtomicSystem | Sequence[AtomicSystem]) -> CommitteePrediction:
        """Mean and spread of energies and forces, mean of the virials: see :meth:`Potential.predict`."""
        said = [member.predict(systems) for member in self.members]
        forces = np.stack([prediction.forces for prediction in said])
        squares = ((forces - forces.mean(0)) ** 2).sum(2)
        return CommitteePrediction(
            energy=np.mean([p.energy for p in said], 0),
            forces=forces.mean(0),
            virial=np.mean([p.virial for p in said], 0),
            atomic_energy=np.mean([p.atomic_energy for p in said], 0),
            volume=said[0].volume,
            energy_spread=np.std([p.energy for p in said], 0, ddof=1),
            force_spread=np.sqrt(squares.sum(0) / (len(said) - 1)),
        )


def train_committee(
    systems: Sequence[AtomicSystem], fingerprint: Fingerprint, members: int = 4, seed: int = 0, **options
) -> Committee:
    """Train ``members`` potentials that differ in their initial weights and the order of the data.

    The parts for training, validation and test are drawn once (``seed``), so that all members see the same. Member m
    begins with ``seed + m``: two committees have no member in common if their seeds are ``members`` apart.
    ``options`` are those of :func:`mlip_edu.learning.training.train`, and so are the errors.
    """
    drawing = {name: options.pop(name) for name in ("groups", "validation", "test") if name in options}
    split = split_by_group(systems, drawing.pop("groups", None), **{"validation": 0.1, **drawing}, seed=seed)
    number = {k: part for part, name in enumerate(PARTS) for k in getattr(split, name)}
    same = [replace(system, info={**system.info, "part": number[k]}) for k, system in enumerate(systems)]
    return Committee([train(same, fingerprint, seed=seed + m, **options).potential for m in range(members)])


def query(committee: Committee, pool: Sequence[AtomicSystem], count: int) -> list[int]:
    """Which ``count`` systems of the pool to label next: those with the atom whose force is disputed most.

    Returns their places in the pool, most disputed first. Structures that look alike are disputed alike: a pool from
    one trajectory should be thinned before.

    Raises
    ------
    MlipEduError
        The pool holds fewer systems than are to be chosen, or none is.
    """
    if not 1 <= count <= len(pool):
        raise MlipEduError(f"expected 1 to {len(pool)} systems to choose; found {count}")
    spread = np.split(committee.predict(pool).force_spread, np.cumsum([len(system) for system in pool])[:-1])
    disputed = np.array([own.max() for own in spread])
    return np.argsort(-disputed, kind="stable")[:count].tolist()


def scale_of_spread(errors: np.ndarray, spread: np.ndarray) -> float:
    """α: with error bars ασ the errors of labelled data are as large, on average, as their bars.

    It is the most likely α if each error is drawn from a normal distribution of width ασ. A σ of few members is itself
    uncertain, and α grows with that: for one number and normal members ⟨1/σ²⟩ is (M − 1)/(M − 3) times too large, 3
    for four members and without a bound for three. The three components of a force together are steadier.

    Raises
    ------
    MlipEduError
        Shapes that differ, or a spread that is not positive.
    """
    errors, spread = np.asarray(errors, float), np.asarray(spread, float)
    if errors.shape != spread.shape or not errors.size or not (spread > 0).all():
        raise MlipEduError(
            f"expected as many positive spreads as errors; found shapes {spread.shape} and {errors.shape}, "
            f"smallest spread {spread.min(initial=np.inf):g}"
        )
    return float(np.sqrt(np.mean((errors / spread) ** 2)))


def coverage(errors: np.ndarray, bars: np.ndarray, levels: Sequence[float]) -> np.ndarray:
    """The reliability diagram: the fraction of errors within the central interval of each probability, (levels,).

    ``errors`` and ``bars`` (n,). A normal distribution of width ``bars`` puts the fraction p within ±z_p bars,
    z_p = Φ⁻¹((1 + p)/2). Error bars that say the truth give coverage p at every level p; less is overconfidence.

    Raises
    ------
    MlipEduError
        A level that is no probability between 0 and 1.
    """
    if not all(0 < p < 1 for p in levels):
        raise MlipEduError(f"expected probabilities between 0 and 1; found {list(levels)}")
    reach = np.array([NormalDist().inv_cdf((1 + p) / 2) for p in levels])
    return (np.abs(errors) <= reach[:, None] * np.asarray(bars)).mean(1)
