"""SNAP: neighbours as points on the sphere S³ (``sphere``), and the bispectrum of their density (``fingerprint``)."""

from .fingerprint import SnapFingerprint
