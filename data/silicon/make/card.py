"""Write the measured tables into the data card, and ``checks/convergence.json``, from the shipped files alone.

    python data/silicon/make/card.py

A table whose calculations are not there yet says so.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import ase
import ase.io
import numpy as np
from melt_structure import compared

from mlip_edu import AtomicSystem
from mlip_edu.data import (
    TIME_STEP,
    block_error,
    load_liquid_reference,
    load_liquid_spread,
    load_rounds,
    load_silicon,
    trend,
)
from mlip_edu.files import write_text
from mlip_edu.simulation import birch_murnaghan, mean_square_displacement
from mlip_edu.units import GPA_PER_EV_PER_CUBIC_ANGSTROM as GPA

FOLDER = Path(__file__).resolve().parent.parent
CHECKS = FOLDER / "checks"
KELVIN = 8.617333262e-5  # eV per K
NOT_YET = "*Not computed yet.*"
EARLIER = {  # at 24 Ry, eV/atom above diamond
    "bc8": 0.162, "betatin": 0.304, "sh": 0.330, "sc": 0.357, "hcp": 0.537, "bcc": 0.547, "fcc": 0.566,
}  # fmt: skip


def frames(name: str) -> list[ase.Atoms]:
    path = CHECKS / f"{name}.xyz"
    return ase.io.read(path, ":", format="extxyz") if path.exists() else []


def shipped() -> dict[str, ase.Atoms]:
    return {atoms.info["config_id"]: atoms for atoms in ase.io.read(FOLDER / "dft.xyz", ":", format="extxyz")}


def table(head: str, rows: list[str]) -> str:
    columns = head.count("|") - 1
    return "\n".join([head, "|" + "---|" * columns, *rows]) if rows else NOT_YET


def rms(values) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def families() -> str:
    """How many structures and atoms, and in which part."""
    members: dict[str, list[AtomicSystem]] = {}
    for system in load_silicon():
        members.setdefault(system.info["family"], []).append(system)
    rows = []
    for family, systems in [*sorted(members.items()), ("**all**", load_silicon())]:
        parts = [sum(s.info["part"] == part for s in systems) for part in range(3)]
        sizes = sorted({len(s) for s in systems})
        shown = f"{sizes[0]}" if len(sizes) == 1 else f"{sizes[0]}–{sizes[-1]}"
        rows.append(f"| {family} | {len(systems)} | {shown} | {parts[0]} | {parts[1]} | {parts[2]} |")
    return table("| family | structures | atoms in each | training | validation | test |", rows)


def phases() -> str:
    """Birch–Murnaghan fits of ``checks/equations.xyz``, and what twice the k-points change."""
    curves: dict[str, list[ase.Atoms]] = {}
    for atoms in frames("equations"):
        curves.setdefault(atoms.info["phase"], []).append(atoms)
    dense = {atoms.info["phase"]: energy_of(atoms) for atoms in frames("meshes")}
    if len(dense) < 8 or any(len(curve) < 7 for curve in curves.values()):
        return NOT_YET
    fits, errors = {}, {}
    for phase, curve in curves.items():
        fits[phase] = birch_murnaghan([a.get_volume() / len(a) for a in curve], [energy_of(a) for a in curve])
        middle = next(atoms for atoms in curve if atoms.info["config_id"] == f"{phase}_+0")
        errors[phase] = (middle.info["kgrid"], energy_of(middle) - dense[phase])
    diamond, rows = fits["diamond"], []
    for phase, fit in sorted(fits.items(), key=lambda item: item[1].energy):
        above, (mesh, error) = fit.energy - diamond.energy, errors[phase]
        converged = above - error + errors["diamond"][1]
        rows.append(
            f"| {phase} | {fit.volume:.3f} | {fit.bulk_modulus:.1f} | {fit.bulk_modulus_slope:.2f} | {above:.3f} | "
            f"{converged:.3f} | {EARLIER.get(phase, 0.0):.3f} | {mesh} | {1000 * error:+.1f} |"
        )
    head = (
        "| phase | V₀ (Å³/atom) | B₀ (GPa) | B₀′ | above diamond (eV/atom) | with twice the k-points | "
        "at 24 Ry, denser k-points | k-points | their error (meV/atom) |"
    )
    return (
        f"Diamond: a = {(8 * diamond.volume) ** (1 / 3):.3f} Å, B₀ = {diamond.bulk_modulus:.1f} GPa. At 24 Ry it was "
        "5.476 Å and 86.8 GPa; an all-electron code with the same functional gives 5.469 Å and 88.5 GPa (WIEN2k in K. "
        "Lejaeghere *et al.*, Science 351, aad3000 (2016), "
        f"doi:10.1126/science.aad3000).\n\n{table(head, rows)}"
    )


def energy_of(atoms: ase.Atoms) -> float:
    return atoms.get_potential_energy() / len(atoms)


def slopes(name: str, frames_of: dict[str, ase.Atoms]) -> dict[str, float]:
    """dE/dV between the smaller and the larger copy, less the shipped mean stress, in GPa."""
    found = {atoms.info["config_id"]: atoms for atoms in frames(name)}
    differences = {}
    for key, large in found.items():
        small = found.get(key.replace("_large", "_small"))
        if key.endswith("_large") and small is not None:
            energy = large.get_potential_energy() - small.get_potential_energy()
            slope = energy / (large.get_volume() - small.get_volume())
            stress = np.trace(frames_of[large.info["parent"]].get_stress(voigt=False)) / 3
            differences[large.info["parent"]] = (slope - stress) * GPA
    return differences


def soundness() -> str:
    """Forces, rotations and stresses against energies."""
    parents, rows = shipped(), []
    displaced = {atoms.info["config_id"]: atoms for atoms in frames("differences")}
    errors = []
    for name, plus in displaced.items():
        if name.endswith("plus") and (minus := displaced.get(name.replace("plus", "minus"))):
            way = plus.positions - minus.positions
            slope = (plus.get_potential_energy() - minus.get_potential_energy()) / np.linalg.norm(way)
            force = (parents[plus.info["parent"]].get_forces() * way).sum() / np.linalg.norm(way)
            errors.append(slope + force)
    if errors:
        rows.append(
            f"| forces against energy differences, {len(errors)} directions | {max(map(abs, errors)):.4f} eV/Å |"
        )
    turned = [(atoms, parents[atoms.info["parent"]]) for atoms in frames("rotations")]
    if turned:
        energy = max(abs(a.get_potential_energy() - b.get_potential_energy()) / len(a) for a, b in turned)
        force = max(
            np.abs(a.get_forces() - b.get_forces() @ np.linalg.inv(b.cell[:]) @ a.cell[:]).max() for a, b in turned
        )
        rows.append(f"| rotated copies, {len(turned)} frames | {1000 * energy:.4f} meV/atom, {force:.4f} eV/Å |")
    for name, words in (("volumes", "at the fixed cutoff: the Pulay stress"), ("basis", "with the same plane waves")):
        if found := slopes(name, parents):
            worst = max(found.values(), key=abs)
            rows.append(f"| dE/dV less the mean stress, {len(found)} frames, {words} | {worst:.2f} GPa |")
    return table("| what is compared | largest difference |", rows)


def write_convergence(found: list[ase.Atoms]) -> dict[tuple[float, int], ase.Atoms]:
    """``convergence.json`` for the notebook on labels: one row a calculation, the reference in the first."""
    grid, rows = {}, []
    for atoms in found:
        cutoff, mesh = float(atoms.info["ecutwfc"]), int(atoms.info["kgrid"].split("x")[0])
        grid[cutoff, mesh] = atoms
        row = {
            "cutoff_Ry": cutoff, "mesh": mesh, "k_points": int(atoms.info["n_kpoints"]),
            "energy_eV_per_atom": atoms.get_potential_energy() / len(atoms),
            "force_eV_per_A": atoms.get_forces()[1].tolist(),
            "pressure_GPa": -float(np.trace(atoms.get_stress(voigt=False))) / 3 * GPA,
            "cpu_s": float(atoms.info["cpu_s"]),
        }  # fmt: skip
        rows.append(row)
    structure = {"cell_A": found[0].cell[:].tolist(), "positions_A": found[0].positions.tolist()}
    text = json.dumps({"structure": structure, "columns": list(rows[0]), "rows": [list(row.values()) for row in rows]})
    write_text(CHECKS / "convergence.json", text.replace("], [", "],\n  [") + "\n")
    return grid


def convergence() -> str:
    """Rattled Si2 against 60 Ry and 10³ k-points."""
    found = frames("convergence")
    if not found:
        return NOT_YET
    grid = write_convergence(found)
    if (60, 10) not in grid or (60, 10) != max(grid):
        return NOT_YET
    best, rows = grid[60, 10], []
    shown = [(c, 8) for c in (10, 12, 14, 16, 20, 25, 30, 40)] + [(20, k) for k in (1, 2, 3, 4, 5, 6, 7)]
    for cutoff, mesh in shown:
        if (cutoff, mesh) in grid:
            atoms = grid[cutoff, mesh]
            energy = (atoms.get_potential_energy() - best.get_potential_energy()) / len(atoms)
            force = rms(atoms.get_forces() - best.get_forces())
            pressure = -np.trace(atoms.get_stress(voigt=False) - best.get_stress(voigt=False)) / 3 * GPA
            rows.append(
                f"| {cutoff} | {mesh}³ | {1000 * energy:.1f} | {1000 * force:.0f} | {pressure:.2f} | "
                f"{atoms.info['cpu_s']:.1f} |"
            )
    return table("| cutoff (Ry) | k-points | energy (meV/atom) | force, rms (meV/Å) | pressure (GPa) | CPU s |", rows)


def noise() -> str:
    """Label noise: shipped labels against those at 36 Ry and denser k-points."""
    parents = shipped()
    pairs = [(parents[atoms.info["parent"]], atoms) for atoms in frames("noise")]
    if not pairs:
        return NOT_YET
    shifts = [(a.get_potential_energy() - b.get_potential_energy()) / len(a) * 1000 for a, b in pairs]
    rows, forces, stresses = [], [], []
    for (a, b), shift in zip(pairs, shifts, strict=True):
        forces.append(1000 * rms(a.get_forces() - b.get_forces()))
        stresses.append(rms(a.get_stress(voigt=False) - b.get_stress(voigt=False)) * GPA)
        size = 1000 * rms(b.get_forces())
        rows.append(
            f"| {a.info['config_id']} | {len(a)} | {a.info['kgrid']} → {b.info['kgrid']} | "
            f"{shift - np.mean(shifts):+.1f} | {forces[-1]:.0f} of {size:.0f} | {stresses[-1]:.2f} |"
        )
    rows.append(f"| **rms** | | | {np.std(shifts):.1f} | {rms(forces):.0f} | {rms(stresses):.2f} |")
    head = "| frame | atoms | k-points | energy (meV/atom) | forces, rms (meV/Å) | stress, rms (GPa) |"
    words = f"energies less their mean difference of {np.mean(shifts):.1f} meV/atom"
    return f"The shipped label minus the tighter one, {words}:\n\n{table(head, rows)}"


def costs() -> str:
    """CPU seconds of one label, by the number of atoms."""
    measured: dict[int, list[float]] = {}
    sources = ("differences", "rotations", "volumes", "times", "reference_relabelled")
    for atoms in [atoms for name in sources for atoms in frames(name)]:
        measured.setdefault(len(atoms), []).append(float(atoms.info["cpu_s"]))
    rows = [
        f"| {size} | {np.median(times):.0f} ({min(times):.0f} to {max(times):.0f}) | {len(times)} |"
        for size, times in sorted(measured.items())
    ]
    return table("| atoms | CPU s (median) | calculations |", rows)


def liquid() -> str:
    """Length, stationarity, temperature and pressure of the ab-initio trajectory."""
    trajectory = load_liquid_reference()
    chunks = [system.info["chunk"] for system in trajectory]
    lengths = ", ".join(f"{chunks.count(number)}" for number in sorted(set(chunks)))
    rows = [f"| frames of 3 fs, by chunk | {lengths}; {len(trajectory)} in all |"]
    production, spread = [system for system in trajectory if system.info["production"]], load_liquid_spread()
    lags = [round(0.5 / TIME_STEP), round(1 / TIME_STEP)]
    half, one = mean_square_displacement(production, unwrapped=True)[lags]
    heat = [system.info["temperature_K"] for system in production]
    energy = [system.energy / len(system) for system in production]
    rows += [
        f"| production from | {production[0].info['time_ps']:.2f} ps, {len(production)} frames |",
        f"| trend z of energy and temperature | {trend(energy):.1f}, {trend(heat):.1f}: between −2 and 2 |",
        f"| temperature | {np.mean(heat):.0f} ± {block_error(heat):.0f} K |",
        f"| potential energy | {np.mean(energy):.4f} ± {block_error(energy):.4f} eV/atom |",
        f"| mean-square displacement in 0.5 and 1 ps | {half:.1f}, {one:.1f} Å² |",
    ]
    own, error = np.mean(spread["temperatures"]), np.std(spread["temperatures"], ddof=1) / np.sqrt(spread["runs"])
    words = f"{spread['runs']} runs of our own potential, thermostat at {spread['temperature']:.0f} K"
    rows.append(f"| temperature measured in {words} | {own:.0f} ± {error:.0f} K |")
    return table("| what | measured |", rows + relabelled(np.mean(heat)))


def relabelled(kelvin: float) -> list[str]:
    """What 20 frames at the data set's level add: pressure, and how far the two levels are apart."""
    again = frames("reference_relabelled")
    if not again:
        return ["| pressure, difference of the two levels | not computed yet |"]
    ideal = len(again[0]) * KELVIN * kelvin / again[0].get_volume()
    pressure = [(ideal - np.trace(atoms.get_stress(voigt=False)) / 3) * GPA for atoms in again]
    forces = [atoms.get_forces() - atoms.arrays["reference_forces"] for atoms in again]
    energy = [(a.get_potential_energy() - a.info["reference_energy"]) / len(a) * 1000 for a in again]
    error = np.std(pressure, ddof=1) / np.sqrt(len(pressure))
    size = rms([atoms.get_forces() for atoms in again])
    return [
        f"| pressure at the data set's level, {len(again)} frames | {np.mean(pressure):.1f} ± {error:.1f} GPa |",
        f"| force difference of the two levels | {1000 * rms(forces):.0f} meV/Å rms of {1000 * size:.0f} |",
        f"| energy difference of the two levels | mean {np.mean(energy):.1f}, scatter {np.std(energy):.1f} meV/atom |",
    ]


def structure() -> str:
    """g(r) of the melt: five numbers with two kinds of errors, beside published ones."""
    return table(*compared())


def rounds() -> str:
    """Errors of what no training saw, with no round learnt, one, both: means of the seeds and their scatter."""
    if not (FOLDER / "rounds.json").exists():
        return NOT_YET
    stages, rows = load_rounds()["stages"], []
    names = {"round1": "round 1, held out", "round1, all": "round 1, all 20", "round2": "round 2, held out"}
    names |= {"round2, all": "round 2, all 20", "others": "test part of the other families"}
    for test, shown in names.items():
        cells = []
        for stage in stages:
            found = stage["errors"].get(test)
            energy, forces = (np.array(found[key]) for key in ("energy", "forces")) if found else ((), ())
            cells.append(
                f"{1000 * np.mean(energy):.1f} ± {1000 * np.std(energy, ddof=1):.1f}; "
                f"{np.mean(forces):.3f} ± {np.std(forces, ddof=1):.3f}" if found else "–"
            )  # fmt: skip
        rows.append(f"| {shown} | {' | '.join(cells)} |")
    for key, shown in (("peak_height", "height of the first peak"), ("coordination", "neighbours within 3.1 Å")):
        values = [[one[key] for one in stage["summaries"]] for stage in stages]
        cells = [f"{np.mean(v):.2f} ± {np.std(v, ddof=1):.2f}" for v in values]
        rows.append(f"| melt at 3000 K: {shown} | {' | '.join(cells)} |")
    return table("| energy, mean absolute (meV/atom); forces, rms (eV/Å) | no round | round 1 | both |", rows)


TABLES = (families, phases, soundness, convergence, noise, costs, liquid, structure, rounds)


def main() -> None:
    card = FOLDER / "README.md"
    text = card.read_text(encoding="utf-8")
    for make in TABLES:
        pattern = rf"<!-- {make.__name__} -->.*?<!-- end -->"
        if not re.search(pattern, text, re.DOTALL):
            raise SystemExit(f"{card} has no place <!-- {make.__name__} --> … <!-- end -->")
        filled = f"<!-- {make.__name__} -->\n{make()}\n<!-- end -->"
        text = re.sub(pattern, lambda _, filled=filled: filled, text, flags=re.DOTALL)
    write_text(card, text)


if __name__ == "__main__":
    main()
