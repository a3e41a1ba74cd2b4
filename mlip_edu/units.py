"""Units and constants.

Everything in this package is in **eV, Å and eV/Å**; stress is in eV/Å³ with ASE's sign (positive under
tension); the virial is in eV. The constants below are CODATA 2018 and are tested against ``scipy.constants``.

====================  =======================================  ==========
symbol                variable                                 unit
====================  =======================================  ==========
eV/Å³ in GPa          ``GPA_PER_EV_PER_CUBIC_ANGSTROM``        GPa
eV/Å³ in kbar         ``KILOBAR_PER_EV_PER_CUBIC_ANGSTROM``    kbar
k, Boltzmann          ``BOLTZMANN``                            eV/K
u, the dalton         ``DALTON``                               eV·fs²/Å²
====================  =======================================  ==========
"""

GPA_PER_EV_PER_CUBIC_ANGSTROM = 160.2176634  # 1 eV/Å³ = 1.602176634e-19 J / 1e-30 m³
KILOBAR_PER_EV_PER_CUBIC_ANGSTROM = 10 * GPA_PER_EV_PER_CUBIC_ANGSTROM
BOLTZMANN = 1.380649e-23 / 1.602176634e-19
DALTON = 1.66053906660e-27 / 1.602176634e-19 * 1e10  # 1 kg = 1 J·s²/m² = 1/1.602176634e-19 eV · 1e30 fs² / 1e20 Å²
