"""Quantum ESPRESSO's pw.x: what it is asked, how it is run, and a strict reading of what it answers.

All scripts of this folder go through here, so that there is one level of theory. Needs numpy, ASE and the Debian
packages named in README.md; reading and planning need no pw.x.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import ase
import ase.io
import numpy as np
from ase.calculators.singlepoint import SinglePointCalculator

RYDBERG = 13.605693122994  # eV
PSEUDO_FOLDER = os.environ.get("ESPRESSO_PSEUDO", "/usr/share/espresso/pseudo")  # pw.x's own variable
PSEUDOPOTENTIAL = "Si.pbe-rrkj.UPF"
CUTOFF = 20  # Ry, of the wave functions; of the density four times that
SMEARING_WIDTH = 0.1  # eV
SPACING = {4: 0.25, 12: 0.30, 47: 0.36}  # largest number of atoms: spacing of the k-points in 1/Å
LARGE_CELL = ((2, 2, 2), (1, 1, 1))  # 48 atoms and more: mesh and shift; Γ alone is off by 140 meV/atom in the melt
MIXING = (0.7, 0.3, 0.15)  # one after the other, where the self-consistent field does not converge
LONGEST = (80, 150, 250)  # iterations at each


class PwError(RuntimeError):
    """pw.x did not answer, or its answer is torn, not converged or not about these atoms."""


@dataclass(frozen=True)
class Level:
    """How exactly to compute: cutoff in Ry, and a mesh of k-points where it is not the data set's own."""

    cutoff: float = CUTOFF
    mesh: tuple[int, int, int] | None = None


def k_mesh(atoms: ase.Atoms) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Mesh and shift of the data set: n_i = round(|b_i| / spacing), b_i the reciprocal lattice vectors (with 2π).

    One k-point along the vacuum of a surface; Γ for the isolated atom.
    """
    family = atoms.info["family"]
    if family == "atom":
        return (1, 1, 1), (0, 0, 0)
    if len(atoms) >= 48:
        return LARGE_CELL
    spacing = next(value for most, value in SPACING.items() if len(atoms) <= most)
    lengths = 2 * np.pi * np.linalg.norm(atoms.cell.reciprocal()[:], axis=1)
    mesh = [max(1, round(length / spacing)) for length in lengths]
    if family == "surface":
        mesh[2] = 1
    return tuple(mesh), (0, 0, 0)


def chosen_mesh(atoms: ase.Atoms, level: Level) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The level's own mesh, unshifted, or else that of the data set."""
    return (tuple(level.mesh), (0, 0, 0)) if level.mesh else k_mesh(atoms)


def structure_cards(atoms: ase.Atoms) -> str:
    """Cell and positions, in Å."""
    lines = ["CELL_PARAMETERS angstrom", *(f"{x:.10f} {y:.10f} {z:.10f}" for x, y, z in atoms.cell)]
    lines += ["ATOMIC_POSITIONS angstrom", *(f"Si {x:.10f} {y:.10f} {z:.10f}" for x, y, z in atoms.positions)]
    return "\n".join(lines)


def scf_input(atoms: ase.Atoms, scratch: str, attempt: int = 0, level: Level = Level()) -> str:
    """Input of one self-consistent calculation with forces and stress.

    Symmetry is used for the perfect crystals (family eos) alone: elsewhere it would only be found by accident.
    """
    family = atoms.info["family"]
    mesh, shift = chosen_mesh(atoms, level)
    spin = ", nspin=2, starting_magnetization(1)=0.5, nbnd=8" if family == "atom" else ""
    symmetry = ", nosym=.true." if family != "eos" else ""
    threshold = 1e-8 * (10 if len(atoms) >= 48 else 1)
    points = "K_POINTS automatic\n" + " ".join(str(number) for number in (*mesh, *shift))
    if (mesh, shift) == ((1, 1, 1), (0, 0, 0)):
        points = "K_POINTS gamma"
    return f"""&CONTROL
 calculation='scf', pseudo_dir='{PSEUDO_FOLDER}', outdir='{scratch}', tprnfor=.true., tstress=.true., disk_io='none'
/
&SYSTEM
 ibrav=0, nat={len(atoms)}, ntyp=1, ecutwfc={level.cutoff}, ecutrho={4 * level.cutoff}, occupations='smearing',
 smearing='gauss', degauss={SMEARING_WIDTH / RYDBERG:.8f}{spin}{symmetry}
/
&ELECTRONS
 conv_thr={threshold}, mixing_beta={MIXING[attempt]}, electron_maxstep={LONGEST[attempt]}
/
ATOMIC_SPECIES
 Si 28.085 {PSEUDOPOTENTIAL}
{structure_cards(atoms)}
{points}
"""


def run_pw(input_file: Path, output_file: Path, program: str = "pw.x") -> None:
    """Run pw.x on one core. Whatever ends this function early (SIGTERM, Ctrl-C) ends pw.x with it."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    environment |= {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    with open(output_file, "w") as output:
        try:
            process = subprocess.Popen(
                [program, "-in", input_file], cwd=input_file.parent, stdout=output, stderr=subprocess.STDOUT,
                env=environment, start_new_session=True,
            )  # fmt: skip
        except OSError as problem:
            raise PwError(f"cannot run {program}: {problem.strerror}; install the packages in README.md") from None
        try:
            process.wait()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def number_after(pattern: str, text: str) -> float | None:
    """The last number that follows ``pattern``, or None."""
    found = re.findall(pattern + r"\s*([-+.\dEe]+)", text)
    return float(found[-1]) if found else None


def cpu_seconds(text: str) -> float:
    """CPU time in pw.x's last line of times, ``PWSCF : 1h 2m 3.4s CPU …``."""
    found = re.findall(r"PWSCF +: +(?:(\d+)d)? *(?:(\d+)h)? *(?:(\d+)m)? *(?:([\d.]+)s)? +CPU", text)
    if not found:
        raise PwError("pw.x's output has no line of times: it is torn")
    days, hours, minutes, seconds = (float(part or 0) for part in found[-1])
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def read_scf(text: str, atoms: ase.Atoms) -> ase.Atoms:
    """``atoms`` with what pw.x found for them.

    ``energy`` is the free energy of the smeared electrons, E − TS, the quantity whose derivatives the forces are;
    ``energy_sigma0`` = E − TS/2 is its extrapolation to zero smearing.

    Raises
    ------
    PwError
        The output is torn, the self-consistent field did not converge, or a number is missing or not finite.
    """
    iterations = number_after("convergence has been achieved in", text)
    if "JOB DONE" not in text:
        raise PwError("pw.x's output has no JOB DONE: it is torn, or pw.x stopped with an error")
    if iterations is None:
        raise PwError("the self-consistent field did not converge")
    try:
        found = ase.io.read(io.StringIO(text), format="espresso-out")
        energy, forces, stress = found.get_potential_energy(), found.get_forces(), found.get_stress()
    except Exception as problem:  # whatever ASE stumbles over
        raise PwError(f"pw.x's output cannot be read: {problem!r}") from None
    if len(found) != len(atoms) or not all(np.isfinite(x).all() for x in (energy, forces, stress)):
        raise PwError(f"expected finite numbers for {len(atoms)} atoms; found {len(found)} atoms")
    smearing = number_after(r"smearing contrib\. \(-TS\)\s*=", text)
    magnetisation = number_after(r"total magnetization\s*=", text)
    labelled = atoms.copy()
    if magnetisation is not None:
        labelled.info["magnetization"] = magnetisation
    results = {"energy": energy, "free_energy": energy, "forces": forces, "stress": stress}
    labelled.calc = SinglePointCalculator(labelled, **results)
    labelled.info |= {
        "energy_sigma0": energy - (smearing or 0.0) * RYDBERG / 2,
        "n_kpoints": int(number_after("number of k points=", text)),
        "scf_iterations": int(iterations),
        "cpu_s": cpu_seconds(text),
    }
    return labelled


def compute(atoms: ase.Atoms, program: str = "pw.x", level: Level = Level()) -> ase.Atoms:
    """Label one structure, with gentler mixing where the self-consistent field does not converge.

    Raises
    ------
    PwError
        No attempt succeeded.
    """
    for attempt in range(len(MIXING)):
        with tempfile.TemporaryDirectory(prefix="qe_") as work:
            work = Path(work).resolve()
            (work / "pw.in").write_text(scf_input(atoms, f"{work}/o", attempt, level))
            run_pw(work / "pw.in", work / "pw.out", program)
            try:
                labelled = read_scf((work / "pw.out").read_text(errors="replace"), atoms)
            except PwError as problem:
                reason = problem
                continue
        mesh, shift = chosen_mesh(atoms, level)
        labelled.info |= {"kgrid": "x".join(map(str, mesh)), "kshift": "".join(map(str, shift)), "scf_attempt": attempt}
        return labelled
    raise PwError(f"no result in {len(MIXING)} attempts: {reason}")


def settings() -> dict:
    """Everything that makes the level of theory; two data files with other settings are never mixed."""
    try:
        ask = ["dpkg-query", "-W", "-f", "${Version}", "quantum-espresso"]
        version = subprocess.run(ask, capture_output=True, text=True).stdout
    except OSError:  # not a Debian: the tag will differ, as it should
        version = "unknown"
    pseudo = Path(PSEUDO_FOLDER) / PSEUDOPOTENTIAL
    if not pseudo.is_file():
        raise PwError(f"{pseudo} is missing: install the packages named in README.md")
    return describe(version, hashlib.sha256(pseudo.read_bytes()).hexdigest())


def describe(version: str, pseudo_sha256: str) -> dict:
    """The settings for a version of the Debian package and a pseudopotential."""
    small, middle, large = SPACING.values()
    return {
        "code": "Quantum ESPRESSO pw.x", "debian_version": version, "preset": "nc20", "pseudo": PSEUDOPOTENTIAL,
        "ecutwfc": CUTOFF, "ecutrho": 4 * CUTOFF, "xc": "PBE", "smearing": "gauss", "degauss_eV": SMEARING_WIDTH,
        "conv_thr_Ry": 1e-8, "kspacing": middle, "kspacing_small": small, "kspacing_mid": large,
        "large_cell_k": LARGE_CELL, "seed": 20261120, "pseudo_sha256": pseudo_sha256, "units": "eV, A, eV/A^3",
    }  # fmt: skip


def settings_text(values: dict) -> str:
    return json.dumps(values, indent=1, sort_keys=True)


def settings_tag(values: dict) -> str:
    """The mark of each frame, ``QE6.7/nc20/`` and eight digits of the settings' SHA-256."""
    return f"QE6.7/{values['preset']}/{hashlib.sha256(settings_text(values).encode()).hexdigest()[:8]}"
