"""Models: from features to energies."""

from ..activations import ACTIVATIONS
from .linear import QuadraticModel, load_snap, save_mliap, save_snap
from .networks import AtomicNetwork
from .potential import Potential, Prediction
from .storage import load_potential, save_potential
