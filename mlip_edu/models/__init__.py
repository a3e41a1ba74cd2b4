"""Models: from features to energies."""

from ..activations import ACTIVATIONS
from .networks import AtomicNetwork
from .potential import Potential, Prediction
from .storage import load_potential, save_potential
