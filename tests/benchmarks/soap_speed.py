"""SOAP features against dscribe: one thread, one run.

    python tests/benchmarks/soap_speed.py --output tests/benchmarks/results/soap_speed.json

Rattled diamond silicon of 512 atoms, 252 features (n_max = 8, l_max = 6), float64, neighbour lists included on both
sides, for the same neighbours: those of dscribe with r_cut = 5 Å, which reach out to 6.86 Å (70 an atom), and with an
r_cut for which they reach out to 5 Å (28 an atom). Beside them, without a peer, our derivatives, and energy and forces
of a linear potential with a cutoff of 5 Å. CPU seconds, medians of the repeats, peer and ours in turn.
"""

from __future__ import annotations

import math
import statistics

import numpy as np
import torch
from dscribe.descriptors import SOAP
from machine import finish, in_turn, machine, options
from training_speed import crystals

from mlip_edu import AtomicNetwork, Batch, Potential
from mlip_edu.fingerprints import SoapFingerprint

SIGMA = 0.5
PADDING = SIGMA * math.sqrt(2 * math.log(1e3))  # Å by which dscribe's neighbours are further than its r_cut


def measure(r_cut: float, repeats: int) -> dict:
    """Microseconds an atom of the features, and the largest difference from dscribe's."""
    system = crystals(1, 4)[0]
    atoms = system.to_ase()
    atoms.wrap()
    peer = SOAP(species=["Si"], periodic=True, r_cut=r_cut, n_max=8, l_max=6, sigma=SIGMA)
    same = SoapFingerprint(["Si"], r_cut + PADDING, sigma=SIGMA, fade=0, basis_radius=r_cut)
    smooth = SoapFingerprint(["Si"], 5.0, sigma=SIGMA)
    network = AtomicNetwork((smooth.n_columns, 1), "linear", torch.Generator().manual_seed(0))
    potential = Potential(smooth, {"Si": network})

    def edges(fingerprint):
        return Batch.from_systems([system], fingerprint.cutoff).edges()

    calls = {
        "dscribe": lambda: peer.create(atoms),
        "values": lambda: same.with_pullback(edges(same))[0],
        "derivatives": lambda: smooth.derivatives(edges(smooth)),
        "energy and forces": lambda: potential.predict(system),
    }
    times, found = in_turn(calls, repeats)
    seconds = {name: statistics.median(values) for name, values in times.items()}
    first, second = same.column // 8 % 8, same.column % 8
    ours = found["values"].numpy() / np.where(first == second, 1.0, math.sqrt(2))
    return {
        "r_cut": r_cut,
        "features": same.n_columns,
        "atoms": len(system),
        "neighbours": round(len(edges(same).centre) / len(system), 1),
        "microseconds_per_atom": {name: 1e6 * value / len(system) for name, value in seconds.items()},
        "ratio": {"values to dscribe": seconds["values"] / seconds["dscribe"]},
        "largest_value": float(np.abs(found["dscribe"]).max()),
        "largest_difference": float(np.abs(ours - found["dscribe"]).max()),
        "all_seconds": times,
    }


def main() -> None:
    parser = options(__doc__, repeats=7)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    results = [measure(r_cut, arguments.repeats) for r_cut in (5.0, 5.0 - PADDING)]
    finish({**machine(1), "results": results}, arguments.output)


if __name__ == "__main__":
    main()
