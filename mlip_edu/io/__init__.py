"""Files in and out: one format, one module."""

from .dump import dump_parser, read_dump, write_dump

__all__ = ["dump_parser", "read_dump", "write_dump"]
