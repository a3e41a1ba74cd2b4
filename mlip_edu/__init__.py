"""mlip_edu: how machine-learned interatomic potentials are made, small enough to read in an afternoon."""
