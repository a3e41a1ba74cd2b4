"""mlip_edu: how machine-learned interatomic potentials are made, small enough to read in an afternoon.

dump → io → [AtomicSystem] → learning.splits → neighbours → Batch → Edges → fingerprints → models
     → learning.training → simulation → views
"""

from .batch import Batch, Edges
from .errors import DataError, DumpError, FormatError, MlipEduError, RannError, TrainingError
from .fingerprints import AcsfFingerprint, Block, BondParameters, RadialParameters, RannFingerprint, SnapFingerprint
from .io import dump_parser, input_parser, read_dump, read_rann_input, read_xyz, write_dump
from .learning import LossWeights, TrainingResult, fit_linear, train
from .models import AtomicNetwork, Potential, load_potential, load_snap, save_mliap, save_snap
from .neighbours import distance_matrix, neighbour_list
from .simulation import (
    Andersen,
    LammpsSimulation,
    Langevin,
    MolecularDynamics,
    VelocityRescaling,
    ase_calculator,
    radial_distribution,
)
from .systems import AtomicSystem

__version__ = "0.1.0"
__all__ = [
    "AcsfFingerprint",
    "Andersen",
    "AtomicNetwork",
    "AtomicSystem",
    "Batch",
    "Block",
    "BondParameters",
    "DataError",
    "DumpError",
    "Edges",
    "FormatError",
    "LammpsSimulation",
    "Langevin",
    "LossWeights",
    "MlipEduError",
    "MolecularDynamics",
    "Potential",
    "RadialParameters",
    "RannError",
    "RannFingerprint",
    "SnapFingerprint",
    "TrainingError",
    "TrainingResult",
    "VelocityRescaling",
    "ase_calculator",
    "distance_matrix",
    "dump_parser",
    "fit_linear",
    "input_parser",
    "load_potential",
    "load_snap",
    "neighbour_list",
    "radial_distribution",
    "read_dump",
    "read_rann_input",
    "read_xyz",
    "save_mliap",
    "save_snap",
    "train",
    "write_dump",
]
