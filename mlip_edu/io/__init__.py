"""Files in and out: dumps (``dump*``), extended XYZ, and RANN's input and potential files (``rann_*``)."""

from .dump import dump_parser, read_dump
from .dump_writer import lammps_frame, write_dump
from .extended_xyz import read_xyz
from .rann_input import RannInput, input_parser, read_rann_input
