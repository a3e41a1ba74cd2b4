"""What a potential is for."""

from .ase_calculator import ase_calculator

__all__ = ["ase_calculator"]
