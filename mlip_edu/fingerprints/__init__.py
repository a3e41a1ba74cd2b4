"""Fingerprints: from edges to features that know no orientation."""

from .acsf import AcsfFingerprint
from .base import Fingerprint
from .coulomb import CoulombMatrix
from .mtp import MtpFingerprint
from .rann import BondParameters, RadialParameters
from .rann_fingerprint import Block, RannFingerprint
from .snap import SnapFingerprint
from .soap import SoapFingerprint
