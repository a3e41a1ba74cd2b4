"""Run the solved notebooks in place, from top to bottom, and write what they cost into README.md.

    python tutorials/run.py            all of them
    python tutorials/run.py 02 05      these

Each gets a fresh kernel with one thread. A notebook is written only when no cell failed, none wrote to stderr, and it
stayed within 3 minutes and 1.2 GB; all together have 20 minutes.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import os
import platform
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import nbclient
import nbformat
import psutil

from mlip_edu.files import write_text

HERE = Path(__file__).resolve().parent
README = HERE / "README.md"
BEGIN, END = "<!-- notebooks -->", "<!-- end -->"
MAP = "<!-- map -->"
MOST_SECONDS, MOST_MEGABYTES, MOST_SECONDS_IN_ALL = 180, 1200, 1200
HEAD = "| # | notebook | question | you | computer | memory | measured |\n|---|---|---|---|---|---|---|\n"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def run(path: Path) -> tuple[nbformat.NotebookNode, float, float]:
    """The notebook with new outputs, wall seconds and peak MB."""
    notebook = nbformat.read(path, as_version=4)
    os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    settings = {"timeout": 600, "record_timing": False, "store_widget_state": False}
    client = nbclient.NotebookClient(notebook, resources={"metadata": {"path": str(path.parent)}}, **settings)
    start = time.perf_counter()
    with watched(client) as sizes:
        client.execute()
    return tidy(notebook), time.perf_counter() - start, max(sizes) / 1e6


@contextmanager
def watched(client: nbclient.NotebookClient) -> Iterator[list[int]]:
    """The memory, in bytes, that the kernel and all programs it has started hold, every twentieth of a second."""
    sizes, ended = [0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.05):
            with suppress(psutil.Error, AttributeError, TypeError):  # no kernel yet, or no more
                kernel = psutil.Process(client.km.provisioner.pid)
                # of a child only what it shares with nobody: one just forked still shares all with the kernel
                own = sum(child.memory_full_info().uss for child in kernel.children(recursive=True))
                sizes.append(kernel.memory_info().rss + own)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield sizes
    finally:
        ended.set()
        watcher.join()


def tidy(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Leave out what differs between computers, so that a change shows what was changed."""
    notebook.metadata, notebook.nbformat_minor = nbformat.from_dict(METADATA), 5
    notebook.cells = [cell for cell in notebook.cells if cell.source.strip()]
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        name = hashlib.sha256(cell.source.encode()).hexdigest()[:10]
        seen[name] = seen.get(name, 0) + 1
        cell.id = name if seen[name] == 1 else f"{name}-{seen[name]}"
        cell.metadata = nbformat.from_dict({"tags": cell.metadata.tags} if cell.metadata.get("tags") else {})
        if cell.cell_type == "code":
            cell.outputs = _joined(cell.outputs)
            for output in cell.outputs:  # a widget without its kernel is a blank
                output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    return notebook


def _joined(outputs: list) -> list:
    """Texts printed one after the other as one output: where they are cut depends on the clock."""
    joined: list = []
    for output in outputs:
        if joined and output.output_type == "stream" and joined[-1].get("name") == output.name:
            joined[-1].text += output.text
        else:
            joined.append(output)
    return joined


def stderr_of(notebook: nbformat.NotebookNode) -> str:
    outputs = [o for cell in notebook.cells if cell.cell_type == "code" for o in cell.outputs]
    return "".join(o.text for o in outputs if o.output_type == "stream" and o.name == "stderr")


def row(path: Path, notebook: nbformat.NotebookNode, seconds: float, megabytes: float) -> str:
    """A line of the table: title, question and minutes stand in the first cell of the notebook."""
    first = notebook.cells[0].source
    found = [re.search(pattern, first, re.MULTILINE) for pattern in (r"^# \d+ · (.+)$", r"^\*\*(.+\?)\*\*$",
             r"^\*\*Time\*\* about (\d+) minutes")]  # fmt: skip
    if None in found:
        raise SystemExit(
            f"{path.name}: the first cell needs the lines '# NN · Title', '**Question?**', '**Time** about … minutes'"
        )
    title, question, minutes = (match[1] for match in found)
    cost = f"{seconds:.0f} s | {round(megabytes, -1):.0f} MB | {datetime.date.today()}, {processor()}"
    return f"| {path.name[:2]} | [{title}]({path.name}) | {question} | {minutes} min | {cost} |"


def can_do(path: Path) -> str:
    """A line of the map: what a notebook needs, and what one can do after it, as its first cell says."""
    first = nbformat.read(path, as_version=4).cells[0].source
    needs = re.search(r"^\*\*You need\*\* (.+)$", first, re.MULTILINE)
    goals = re.findall(r"^- (.+?)[;.]$", first, re.MULTILINE)
    if needs is None or not goals:
        raise SystemExit(f"{path.name}: the first cell needs the line '**You need** …' and goals: '- **verb** …;'")
    return f"- **{path.name[:2]}** needs {needs[1].rstrip('.')}. After it you can {'; '.join(goals).replace('**', '')}.\n"


def processor() -> str:
    try:
        return re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)[1]
    except (OSError, TypeError):
        return platform.machine()


def rows_of(readme: str) -> dict[str, str]:
    """The lines of the table in the README, by number."""
    table = readme.split(BEGIN)[1].split(END)[0]
    return {line[2:4]: line for line in table.splitlines() if re.match(r"\| \d\d \|", line)}


def seconds_of(line: str) -> float:
    return float(line.split("|")[5].split()[0])


def write_row(number: str, line: str) -> None:
    """Put a line into the table in the README; a notebook that is gone loses its own."""
    readme = README.read_text(encoding="utf-8")
    rows = rows_of(readme) | {number: line}
    paths = sorted(HERE.glob("[0-9]*.ipynb"))
    there = {path.name[:2] for path in paths}
    table = HEAD + "".join(f"{line}\n" for number, line in sorted(rows.items()) if number in there)
    write_text(README, _replaced(_replaced(readme, BEGIN, table), MAP, "".join(map(can_do, paths))))


def _replaced(text: str, begin: str, content: str) -> str:
    """``text`` with ``content`` between ``begin`` and the END that follows it."""
    before, rest = text.split(begin)
    return f"{before}{begin}\n{content}{END}{rest.split(END, 1)[1]}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("numbers", nargs="*", metavar="NN", help="numbers of notebooks (default: all)")
    numbers = parser.parse_args().numbers
    paths = [p for p in sorted(HERE.glob("[0-9]*.ipynb")) if not numbers or p.name[:2] in numbers]
    if not paths or set(numbers) - {p.name[:2] for p in paths}:
        parser.error(f"no such notebook: {', '.join(numbers)}")
    problems = []
    for path in paths:
        try:
            notebook, seconds, megabytes = run(path)
        except nbclient.exceptions.CellExecutionError as problem:
            problems.append(f"{path.name}: {problem}")
            print(f"{path.name}: FAILED")
            continue
        found = [f"{path.name}: {what}" for wrong, what in (
            (seconds > MOST_SECONDS, f"{seconds:.0f} s; at most {MOST_SECONDS}"),
            (megabytes > MOST_MEGABYTES, f"{megabytes:.0f} MB; at most {MOST_MEGABYTES}"),
            (stderr_of(notebook), f"written to stderr: {stderr_of(notebook)[:2000]}"),
        ) if wrong]  # fmt: skip
        print(f"{path.name}: {seconds:.1f} s, {megabytes:.0f} MB{', TOO MUCH or stderr' if found else ''}")
        problems += found
        if not found:
            write_text(path, nbformat.writes(notebook) + "\n")
            write_row(path.name[:2], row(path, notebook, seconds, megabytes))
    total = sum(map(seconds_of, rows_of(README.read_text(encoding="utf-8")).values()))
    if total > MOST_SECONDS_IN_ALL:
        problems.append(f"all together {total:.0f} s; at most {MOST_SECONDS_IN_ALL}")
    print(*problems, sep="\n", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
