"""Files in and out: one format, one module."""

from .dump import dump_parser, read_dump
from .dump_writer import lammps_frame, write_dump

__all__ = ["dump_parser", "lammps_frame", "read_dump", "write_dump"]
