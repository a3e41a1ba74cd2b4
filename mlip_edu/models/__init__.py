"""Models: from features to energies."""

from ..activations import ACTIVATIONS
from .equivariant import Allegro, NequIP
from .kernels import KernelModel, energy_variance, fit_kernels
from .linear import QuadraticModel, load_snap, save_mliap, save_snap
from .message_passing import LearnedFingerprint, MessagePassing
from .networks import AtomicNetwork
from .pair_network import PairNetwork
from .potential import Potential, Prediction
from .storage import load_potential, save_potential
