"""SOAP: solid harmonics (``harmonics``), radial functions (``radial``), and the power spectrum (``fingerprint``)."""

from .fingerprint import SoapFingerprint
