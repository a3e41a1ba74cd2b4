"""Learning: splits, training, and how good the result is."""

from .linear import fit_linear
from .objective import LossWeights
from .splits import Split, reference_energies, split_by_group
from .training import TrainingResult, train

__all__ = ["LossWeights", "Split", "TrainingResult", "fit_linear", "reference_energies", "split_by_group", "train"]
