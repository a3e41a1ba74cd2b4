"""mlip_edu: how machine-learned interatomic potentials are made, small enough to read in an afternoon.

dump → io → [AtomicSystem] → learning.splits → neighbours → Batch → Edges → fingerprints → models
     → learning.training → simulation → views
"""

from .batch import Batch, Edges
from .errors import DataError, DumpError, FormatError, MlipEduError, RannError, TrainingError
from .fingerprints import (
    AcsfFingerprint,
    Block,
    BondParameters,
    CoulombMatrix,
    MtpFingerprint,
    RadialParameters,
    RannFingerprint,
    SnapFingerprint,
    SoapFingerprint,
)
from .io import dump_parser, input_parser, read_dump, read_rann_input, read_xyz, write_dump
from .learning import Committee, LossWeights, TrainingResult, fit_linear, train, train_committee
from .models import (
    Allegro,
    AtomicNetwork,
    MessagePassing,
    NequIP,
    PairNetwork,
    Potential,
    fit_kernels,
    load_potential,
    load_snap,
    save_mliap,
    save_snap,
)
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
    "Allegro",
    "Andersen",
    "AtomicNetwork",
    "AtomicSystem",
    "Batch",
    "Block",
    "BondParameters",
    "Committee",
    "CoulombMatrix",
    "DataError",
    "DumpError",
    "Edges",
    "FormatError",
    "LammpsSimulation",
    "Langevin",
    "LossWeights",
    "MessagePassing",
    "MlipEduError",
    "MolecularDynamics",
    "MtpFingerprint",
    "NequIP",
    "PairNetwork",
    "Potential",
    "RadialParameters",
    "RannError",
    "RannFingerprint",
    "SnapFingerprint",
    "SoapFingerprint",
    "TrainingError",
    "TrainingResult",
    "VelocityRescaling",
    "ase_calculator",
    "distance_matrix",
    "dump_parser",
    "fit_kernels",
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
    "train_committee",
    "write_dump",
]
