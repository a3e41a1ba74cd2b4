"""Ab-initio molecular dynamics of liquid silicon: 64 atoms, 3000 K, in chunks that can be stopped at any time.

    python data/silicon/make/melt.py OUT --steps 2000   # one more chunk, from the last one's end
    python data/silicon/make/melt.py OUT --status
    python data/silicon/make/melt.py OUT --collect      # chunk_NNN.xyz from pw.x's own chunk_NNN.out

PBE at 14/56 Ry, Gaussian smearing 0.1 eV, the one special k-point (¼, ¼, ¼), 3 fs, Andersen thermostat at 3000 K: each
atom meets the bath every 45 fs on average, and velocities are drawn anew at the start of a chunk, whose first frame is
the last of the chunk before; the first begins with a Stillinger–Weber melt. This is not the level of dft.xyz: never
train on both.

chunk_000 had a weaker thermostat. Before chunk_010 the density was mixed plainly (β = 0.7), since then with a local
Thomas–Fermi screening: five self-consistent iterations a step instead of nine to eleven. That changes the way, not the
goal: at one frame, to the same threshold, energies within 0.001 meV/atom and forces within 2 meV/Å of each other.
6 to 8 s a step on two cores: ``--pw`` may name a script that calls ``mpirun -np 2 pw.x "$@"``.
"""

from __future__ import annotations

import argparse
import io
import re
from pathlib import Path

import ase
import ase.io
import numpy as np
from espresso import PSEUDO_FOLDER, PSEUDOPOTENTIAL, RYDBERG, SMEARING_WIDTH, PwError, run_pw, structure_cards
from label import only_one, stop_cleanly, write_whole

START = Path(__file__).resolve().parent.parent / "liquid_3000K" / "chunk_000.xyz"  # its first frame
TEMPERATURE, STEP, TIME_UNIT = 3000, 3.0, 0.048377687  # K, fs, fs in a Rydberg unit of time
CUTOFF, COLLISION_STEPS = 14, 15  # Ry, steps between two meetings with the bath
STEP_ENDS = "Ekin + Etot (const)"


def md_input(atoms: ase.Atoms, scratch: str, steps: int) -> str:
    """Input of one chunk."""
    return f"""&CONTROL
 calculation='md', nstep={steps}, dt={STEP / TIME_UNIT:.4f}, pseudo_dir='{PSEUDO_FOLDER}', outdir='{scratch}', \
tprnfor=.true., disk_io='none'
/
&SYSTEM
 ibrav=0, nat={len(atoms)}, ntyp=1, ecutwfc={CUTOFF}, ecutrho={4 * CUTOFF}, occupations='smearing', \
smearing='gauss', degauss={SMEARING_WIDTH / RYDBERG:.8f}, nosym=.true.
/
&ELECTRONS
 conv_thr=1e-5, mixing_mode='local-TF', mixing_beta=0.5, electron_maxstep=100
/
&IONS
 pot_extrapolation='second_order', wfc_extrapolation='second_order', ion_temperature='andersen', \
tempw={TEMPERATURE}, nraise={COLLISION_STEPS}
/
ATOMIC_SPECIES
 Si 28.085 {PSEUDOPOTENTIAL}
{structure_cards(atoms)}
K_POINTS crystal
1
0.25 0.25 0.25 1.0
"""


def complete_steps(text: str) -> list[ase.Atoms]:
    """The finished steps in pw.x's output, however it ends: positions, energy, forces, ``temperature_K``.

    A step is finished when its line ``Ekin + Etot`` is. Reading ends before a step whose self-consistent field did
    not converge: what follows it is not this dynamics.

    Raises
    ------
    PwError
        The finished part cannot be read, or does not hold as many frames as temperatures.
    """
    text = text.split("convergence NOT achieved")[0]
    end = text.rfind(STEP_ENDS)
    end = text.find("\n", end) if end >= 0 else -1
    if end < 0:
        return []
    text = text[: end + 1]
    temperatures = [float(value) for value in re.findall(r"\n +temperature += +([\d.]+)", text)]
    try:
        frames = ase.io.read(io.StringIO(text), ":", format="espresso-out")
    except Exception as problem:  # whatever ASE stumbles over
        raise PwError(f"pw.x's output cannot be read: {problem!r}") from None
    if len(frames) != len(temperatures) or not all(np.isfinite(f.get_forces()).all() for f in frames):
        raise PwError(f"expected {len(temperatures)} frames with finite forces; found {len(frames)} frames")
    for frame, temperature in zip(frames, temperatures, strict=True):
        frame.info["temperature_K"] = temperature
    return frames


def read_chunk(path: Path) -> list[ase.Atoms]:
    """The frames of a chunk: from pw.x's output where it is there, else from the extended XYZ that was kept."""
    output = path.with_suffix(".out")
    if output.exists():
        return complete_steps(output.read_text(errors="replace"))
    return ase.io.read(path.with_suffix(".xyz"), ":", format="extxyz")


def chunks(folder: Path) -> list[Path]:
    """Paths of the chunks in order, without suffix."""
    return sorted({path.with_suffix("") for kind in ("out", "xyz") for path in folder.glob(f"chunk_*.{kind}")})


def start_of_next(folder: Path, start: Path) -> ase.Atoms:
    """The last finished frame there is, or else the configuration to start from."""
    for chunk in reversed(chunks(folder)):
        frames = read_chunk(chunk)
        if len(frames) > 2:
            return frames[-1]
    return ase.io.read(start, 0, format="extxyz")


def run_chunk(folder: Path, start: Path, steps: int, program: str) -> None:
    """One more chunk; what is finished when pw.x ends, or is ended, stays."""
    atoms, earlier = start_of_next(folder, start), chunks(folder)
    number = int(earlier[-1].name.removeprefix("chunk_")) + 1 if earlier else 0
    chunk = (folder / f"chunk_{number:03d}").resolve()
    scratch = chunk.with_name(f"scratch_{number:03d}")
    scratch.mkdir(exist_ok=True)
    chunk.with_suffix(".in").write_text(md_input(atoms, str(scratch), steps))
    run_pw(chunk.with_suffix(".in"), chunk.with_suffix(".out"), program)


def collect(folder: Path) -> None:
    """Write chunk_NNN.xyz for each chunk_NNN.out."""
    for chunk in chunks(folder):
        if not chunk.with_suffix(".out").exists() or not (frames := read_chunk(chunk)):
            continue
        text = io.StringIO()
        ase.io.write(text, frames, format="extxyz")
        write_whole(chunk.with_suffix(".xyz"), text.getvalue())
        print(f"{chunk.name}: {len(frames)} frames")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--start", type=Path, default=START, help="its first frame begins the first chunk")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--pw", default="pw.x", help="the program")
    parser.add_argument("--status", action="store_true")
    parser.add_argument("--collect", action="store_true")
    options = parser.parse_args(arguments)
    if options.status:
        for chunk in chunks(options.out):
            heat = [frame.info["temperature_K"] for frame in read_chunk(chunk)]
            print(f"{chunk.name}: {len(heat)} steps" + (f", mean {np.mean(heat):.0f} K" if heat else ""))
        return
    if options.collect:
        return collect(options.out)
    stop_cleanly()
    only_one(options.out)
    run_chunk(options.out, options.start, options.steps, options.pw)


if __name__ == "__main__":
    main()
