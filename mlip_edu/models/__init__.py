"""Models: from features to energies."""

from .networks import ACTIVATIONS, AtomicNetwork
from .potential import Potential, Prediction
from .storage import load_potential, save_potential

__all__ = ["ACTIVATIONS", "AtomicNetwork", "Potential", "Prediction", "load_potential", "save_potential"]
