"""Files in and out: dumps (``dump*``), extended XYZ, the files of RANN (``rann_*``) and of SNAP (``snap_files``)."""

from .dump import dump_parser, read_dump
from .dump_writer import lammps_frame, write_dump
from .extended_xyz import read_xyz
from .rann_input import RannInput, input_parser, read_rann_input
