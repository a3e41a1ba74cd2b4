"""Label structures with density-functional theory, one after the other; stop and start again at any time.

    python data/silicon/make/label.py OUT                      # all 691 structures of the plan, about 25 CPU s each
    python data/silicon/make/label.py OUT --family liquid16,bcc --limit 20
    python data/silicon/make/label.py OUT/round1               # a round: OUT/round1/plan.xyz was written by draw.py
    python data/silicon/make/label.py OUT --plan-only          # build the plan and say what is done

``OUT/plan.xyz`` holds the structures (built once, where it is not there), ``OUT/dataset.xyz`` one frame a finished
structure, ``OUT/failed.jsonl`` those whose self-consistent field did not converge, ``OUT/settings.json`` the level of
theory, which must not change. A structure that is in dataset.xyz is not computed again. SIGTERM and Ctrl-C stop at
once; only the structure in work is lost. pw.x runs on one core; for a second one start a second OUT with other
families.
"""

from __future__ import annotations

import argparse
import fcntl
import io
import json
import os
import re
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import ase
import ase.io
from espresso import Level, PwError, compute, settings, settings_tag, settings_text


def only_one(folder: Path) -> None:
    """Lock a folder until the process ends."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        fcntl.flock(os.open(folder, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit(f"another process is at work in {folder}")


def finished(path: Path) -> set[str]:
    """``config_id`` of every complete frame of a file; a torn last frame (power cut) is cut off."""
    if not path.exists():
        return set()
    done, good = set(), 0
    with open(path, "rb+") as file:
        while (head := file.readline()).strip().isdigit():
            body = [file.readline() for _ in range(int(head) + 1)]
            found = re.search(rb"config_id=(\S+)", body[0])
            if not body[-1].endswith(b"\n") or not found:
                break
            done.add(found.group(1).decode())
            good = file.tell()
        file.truncate(good)
    return done


def append(path: Path, atoms: ase.Atoms) -> None:
    """Add one frame to an extended-XYZ file, and see to it that it is on the disk."""
    text = io.StringIO()
    ase.io.write(text, atoms, format="extxyz")
    with open(path, "a", encoding="utf-8") as file:
        file.write(text.getvalue())
        file.flush()
        os.fsync(file.fileno())


def write_whole(path: Path, text: str) -> None:
    """Write to the side, then rename."""
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


def same_settings(folder: Path) -> str:
    """Record the level of theory beside the labels, or refuse to mix two; the tag that marks the frames."""
    values, path = settings(), folder / "settings.json"
    if path.exists() and path.read_text() != settings_text(values):
        sys.exit(f"{path} was written with other settings: use another folder, and never mix levels of theory")
    write_whole(path, settings_text(values))
    return settings_tag(values)


def label_all(plan: Iterable[tuple[ase.Atoms, Level]], path: Path, tag: str, program: str = "pw.x") -> int:
    """Label what is not yet in ``path``; the number of failures, which are listed in ``failed.jsonl`` beside it."""
    done, failures = finished(path), 0
    missing = [(atoms, level) for atoms, level in plan if atoms.info["config_id"] not in done]
    print(f"{len(done)} structures done, {len(missing)} to do; {tag}", flush=True)
    for number, (atoms, level) in enumerate(missing, 1):
        start, name, verdict = time.time(), atoms.info["config_id"], "ok"
        try:
            labelled = compute(atoms, program, level)
            labelled.info.pop("rank", None)
            labelled.info |= {"dft": tag, "wall_s": round(time.time() - start, 1)}
            append(path, labelled)
        except PwError as problem:
            failures, verdict = failures + 1, f"failed: {problem}"
            with open(path.parent / "failed.jsonl", "a") as file:
                file.write(json.dumps({"config_id": name, "error": str(problem)}) + "\n")
        seconds = time.time() - start
        print(f"{number}/{len(missing)} {name} {len(atoms)} atoms {seconds:.1f} s {verdict}", flush=True)
    return failures


def stop_cleanly() -> None:
    """Let SIGTERM end the program as an exception, so that pw.x and its scratch folder go too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))


def read_or_build(path: Path) -> list[ase.Atoms]:
    """The plan of a folder, built where it is not there."""
    if not path.exists():
        from structure_plan import build_plan

        print("building the plan", flush=True)
        temporary = path.with_name("." + path.name)
        ase.io.write(temporary, build_plan(), format="extxyz")
        os.replace(temporary, path)
    return ase.io.read(path, ":", format="extxyz")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--family", help="only these families, separated by commas")
    parser.add_argument("--limit", type=int, help="stop after so many new structures")
    parser.add_argument("--plan-only", action="store_true", help="no DFT: say what is planned and done")
    parser.add_argument("--pw", default="pw.x", help="the program")
    options = parser.parse_args(arguments)
    stop_cleanly()
    only_one(options.out)
    plan = read_or_build(options.out / "plan.xyz")
    families = {atoms.info["family"] for atoms in plan}
    chosen = set(options.family.split(",")) if options.family else families
    if chosen - families:
        parser.error(f"no family {', '.join(sorted(chosen - families))}; there are {', '.join(sorted(families))}")
    plan = [atoms for atoms in plan if atoms.info["family"] in chosen]
    data = options.out / "dataset.xyz"
    done = finished(data)
    if options.plan_only:
        for family in sorted(chosen):
            members = [atoms.info["config_id"] in done for atoms in plan if atoms.info["family"] == family]
            print(f"{family}: {len(members)} structures, {sum(members)} done")
        return
    tag = same_settings(options.out)
    missing = [atoms for atoms in plan if atoms.info["config_id"] not in done][: options.limit]
    failures = label_all([(atoms, Level()) for atoms in missing], data, tag, options.pw)
    if failures:
        sys.exit(f"{failures} structures failed: see {options.out / 'failed.jsonl'}")


if __name__ == "__main__":
    main()
