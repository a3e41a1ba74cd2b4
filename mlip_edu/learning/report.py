"""How good is it? Errors by family of structures, as numbers, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..models import Potential
from ..systems import AtomicSystem
from ..units import GPA_PER_EV_PER_CUBIC_ANGSTROM
from .splits import PARTS, Split, family_of

COLUMNS = (
    ("energy_mae", "E MAE", "meV/atom", 1000.0),
    ("energy_rmse", "E RMSE", "meV/atom", 1000.0),
    ("forces_mae", "F MAE", "eV/Å", 1.0),
    ("forces_rmse", "F RMSE", "eV/Å", 1.0),
    ("stress_mae", "σ MAE", "GPa", 1.0),
)


def system_errors(potential: Potential, systems: Sequence[AtomicSystem]) -> list[dict[str, np.ndarray | float]]:
    """Errors of every system, where known: ``energy`` (eV/atom), ``forces`` (atoms, 3) eV/Å, ``stress`` (3, 3) GPa."""
    result = []
    for start in range(0, len(systems), 64):
        piece = systems[start : start + 64]
        prediction = potential.predict(piece)
        forces = np.split(prediction.forces, np.cumsum([len(s) for s in piece])[:-1])
        for k, system in enumerate(piece):
            pairs = {
                "energy": (prediction.energy[k], system.energy, 1 / len(system)),
                "forces": (forces[k], system.forces, 1),
                "stress": (prediction.stress[k], system.stress, GPA_PER_EV_PER_CUBIC_ANGSTROM),
            }
            result.append({name: (p - known) * unit for name, (p, known, unit) in pairs.items() if known is not None})
    return result


def _summary(errors: Sequence[dict]) -> dict[str, float | int]:
    row: dict[str, float | int] = {"systems": len(errors)}
    for name in ("energy", "forces", "stress"):
        values = [np.ravel(error[name]) for error in errors if name in error]
        if values:
            joined = np.concatenate(values)
            row[f"{name}_mae"] = float(np.abs(joined).mean())
            row[f"{name}_rmse"] = float(np.sqrt((joined**2).mean()))
    return row


def error_report(potential: Potential, systems: Sequence[AtomicSystem], split: Split) -> dict[str, Any]:
    """Errors by part and family: ``report[part][family]`` has MAE and RMSE in eV/atom, eV/Å and GPa.

    The family ``"all"`` is every system of the part.
    """
    errors = system_errors(potential, systems)
    report: dict[str, Any] = {}
    for part in PARTS:
        indices = getattr(split, part)
        if indices:
            families = sorted({family_of(systems[k]) for k in indices} - {"all"})
            report[part] = {f: _summary([errors[k] for k in indices if family_of(systems[k]) == f]) for f in families}
            report[part]["all"] = _summary([errors[k] for k in indices])
    return report


def error_table(report: dict[str, Any]) -> str:
    """The report as plain text, one line a family."""
    present = [c for c in COLUMNS if any(c[0] in row for part in report.values() for row in part.values())]
    width = max([len("family"), *(len(f) for part in report.values() for f in part)])
    head = f"{'':10s} {'family':{width}s} {'systems':>8s}" + "".join(f" {name:>9s}" for _, name, _, _ in present)
    units = f"{'':10s} {'':{width}s} {'':>8s}" + "".join(f" {unit:>9s}" for _, _, unit, _ in present)
    lines = [head, units]
    for part, families in report.items():
        for family, row in families.items():
            cells = "".join(
                f" {row[key] * factor:9.3f}" if key in row else f" {'–':>9s}" for key, _, _, factor in present
            )
            lines.append(f"{part:10s} {family:{width}s} {row['systems']:8d}{cells}")
    return "\n".join(lines)
