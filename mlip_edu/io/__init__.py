"""Files in and out: dumps (``dump*``, ``lammps_box``) and RANN's input and potential files (``rann_*``)."""

from .dump import dump_parser, read_dump
from .dump_writer import lammps_frame, write_dump
from .rann_input import RannInput, input_parser, read_rann_input

__all__ = ["RannInput", "dump_parser", "input_parser", "lammps_frame", "read_dump", "read_rann_input", "write_dump"]
