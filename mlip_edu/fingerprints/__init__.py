"""Fingerprints: from edges to features that know no orientation."""

from .acsf import AcsfFingerprint
from .base import Fingerprint
from .rann import Block, BondParameters, RadialParameters, RannFingerprint

__all__ = ["AcsfFingerprint", "Block", "BondParameters", "Fingerprint", "RadialParameters", "RannFingerprint"]
