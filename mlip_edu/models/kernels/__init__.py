"""Kernels: the model of an atom and its variance (``model``), and how it comes from data (``regression``)."""

from .model import KernelModel, energy_variance
from .regression import farthest_points, fit_kernels
