"""What a potential is for."""

from .ase_calculator import ase_calculator
from .dynamics import Guard, MolecularDynamics, SimulationError
from .lammps import LammpsSimulation, lammps_calculator, open_lammps
from .properties import birch_murnaghan, elastic_constants, equation_of_state, phonon_frequencies
from .radial_distribution import (
    block_bootstrap,
    first_minimum,
    first_peak,
    mean_square_displacement,
    radial_distribution,
)
from .skin import FeatureRange
from .thermostats import Andersen, Langevin, VelocityRescaling
