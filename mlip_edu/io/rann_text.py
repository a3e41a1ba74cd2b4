"""The grammar shared by RANN input files and ``.rann`` potential files.

A keyword line ends in a colon; its words are separated by ``:``, ``_``, ``,`` or blanks; value lines follow:

    fingerprintconstants:Si_Si:radial_0:alpha:
    4.95 5.08 5.41 5.06

A ``#`` starts a comment, blank lines are skipped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path

from ase.data import atomic_numbers

from ..errors import MlipEduError, RannError, shorten
from ..fingerprints import Block, BondParameters, RadialParameters
from .text import brief, finite_numbers

LARGEST_FILE = 200_000_000  # bytes
CONSTANTS = {"radial": ("re", "rc", "dr", "alpha", "n"), "bond": ("re", "rc", "dr", "alphak", "k", "m")}


@dataclass
class Entry:
    """One keyword with its value lines."""

    line: int
    words: tuple[str, ...]
    values: list[tuple[int, list[str]]] = field(default_factory=list)

    @property
    def first(self) -> list[str]:
        return self.values[0][1]


class RannText:
    """The entries of a file by keyword, and typed access to their values.

    Raises
    ------
    RannError
        With the line, what the grammar asks for there and what was found.
    """

    def __init__(self, path: str | PathLike):
        self.path = Path(path)
        self.entries: dict[tuple[str, ...], Entry] = {}
        for entry in self._read():
            if entry.words in self.entries:
                earlier = self.entries[entry.words].line
                raise self.error(entry.line, f"each keyword once (first on line {earlier})", ":".join(entry.words))
            self.entries[entry.words] = entry

    def error(self, line: int | None, expected: str, found: str) -> RannError:
        return RannError(self.path, line, expected, brief(found))

    def _read(self) -> list[Entry]:
        try:
            size = self.path.stat().st_size
            if size > LARGEST_FILE:
                raise self.error(None, f"a file of at most {LARGEST_FILE} bytes", f"{size} bytes")
            text = self.path.read_text(encoding="utf-8")
        except UnicodeDecodeError as problem:
            raise self.error(None, "a text file", "bytes that are not text") from problem
        except OSError as problem:
            raise self.error(None, "a readable file", problem.strerror or str(problem)) from problem
        entries: list[Entry] = []
        for number, raw in enumerate(text.split("\n"), start=1):
            line = raw.split("#")[0].strip()
            if not line:
                continue
            if line.endswith(":"):
                if entries and not entries[-1].values:
                    raise self.error(number, f"a value for the keyword on line {entries[-1].line}", shorten(line))
                words = tuple(re.split(r"[:_,\s]+", line.strip(":")))
                if "" in words:
                    raise self.error(number, "a keyword that begins and ends with a word", shorten(line))
                entries.append(Entry(number, words))
            elif not entries:
                raise self.error(number, "a keyword line such as 'atomtypes:'", shorten(line))
            elif entries[-1].words[0] == "calibrationparameters":
                entries[-1].values.append((number, line.split()))
            else:
                entries[-1].values.append((number, re.split(r"[:,\s]+", line)))
        if not entries:
            raise self.error(None, "keyword lines such as 'atomtypes:'", "an empty file")
        if not entries[-1].values:
            raise self.error(entries[-1].line, "a value after this keyword", "the end of the file")
        return entries

    def starting(self, keyword: str) -> list[Entry]:
        """All entries whose first word is ``keyword``, in file order."""
        return [entry for words, entry in self.entries.items() if words[0] == keyword]

    def one(self, *words: str) -> Entry:
        """The entry of a keyword that must be there, with exactly one value line."""
        if words not in self.entries:
            raise self.error(None, f"the keyword {':'.join(words)}:", "no such line")
        entry = self.entries[words]
        if len(entry.values) != 1:
            raise self.error(entry.line, "one line of values", f"{len(entry.values)} lines")
        return entry

    def integer(self, *words: str, low: int = -1000, high: int = 1_000_000) -> int:
        entry = self.one(*words)
        line, tokens = entry.values[0]
        if len(tokens) != 1 or not re.fullmatch("[+-]?[0-9]{1,9}", tokens[0]) or not low <= int(tokens[0]) <= high:
            raise self.error(line, f"one whole number from {low} to {high}", shorten(" ".join(tokens)))
        return int(tokens[0])

    def numbers(self, line: int, tokens: list[str], count: int | None = None) -> list[float]:
        """``tokens`` as finite numbers, ``count`` of them."""
        try:
            values = finite_numbers(tokens)
        except ValueError:
            values = []
        if not values:
            raise self.error(line, "finite numbers", shorten(" ".join(tokens)))
        if count is not None and len(values) != count:
            raise self.error(line, f"{count} number{'s' * (count != 1)}", f"{len(values)}")
        return values

    def number(self, *words: str) -> float:
        return self.numbers(*self.one(*words).values[0], count=1)[0]

    def elements(self) -> tuple[str, ...]:
        entry = self.one("atomtypes")
        unknown = [name for name in entry.first if name not in atomic_numbers or name == "X"]
        if unknown or len(set(entry.first)) != len(entry.first):
            raise self.error(entry.values[0][0], "different chemical symbols", shorten(" ".join(entry.first)))
        return tuple(entry.first)

    def check_elements(self, entry: Entry, names: tuple[str, ...], allowed: tuple[str, ...]) -> None:
        strange = [name for name in names if name not in allowed]
        if strange:
            raise self.error(entry.line, f"elements out of {', '.join(allowed)}", ", ".join(strange))

    def blocks(self) -> tuple[Block, ...]:
        """The fingerprint blocks in file order."""
        elements, blocks, used = self.elements(), [], set()
        for entry in self.starting("fingerprints"):
            names = entry.words[1:]
            self.check_elements(entry, names[:1], elements)
            self.check_elements(entry, names[1:], (*elements, "all"))
            self.one(*entry.words)
            if len(set(entry.first)) != len(entry.first):
                raise self.error(entry.values[0][0], "each fingerprint once", " ".join(entry.first))
            for token in entry.first:
                blocks.append(self._block(entry, names, token, used))
        for element in elements:
            words = ("fingerprintsperelement", element)
            count = sum(block.centre == element for block in blocks)
            if words in self.entries and self.integer(*words) != count:
                raise self.error(
                    self.entries[words].line, f"{count}, the fingerprints listed for it", str(self.integer(*words))
                )
            if count == 0:
                raise self.error(None, f"at least one line fingerprints:{element}_…:", "none")
        unused = [entry for entry in self.starting("fingerprintconstants") if entry.words not in used]
        if unused:
            raise self.error(unused[0].line, "constants of a fingerprint that is listed", ":".join(unused[0].words[1:]))
        return tuple(blocks)

    def _block(self, entry: Entry, names: tuple[str, ...], token: str, used: set) -> Block:
        match = re.fullmatch(r"(radial|bond)(screened)?_(0|[1-9][0-9]{0,2})", token)
        if not match or len(names) != (2 if match[1] == "radial" else 3):
            wanted = "radial_N after two element names, bond_N after three (or …screened_N)"
            raise self.error(entry.values[0][0], wanted, f"{shorten(token)} after {'_'.join(names)}")
        kind, screened, label = match[1], bool(match[2]), int(match[3])
        stem = ("fingerprintconstants", *names, kind + (match[2] or ""), match[3])
        keys = CONSTANTS[kind] + (("o",) if kind == "radial" and (*stem, "o") in self.entries else ())
        used.update((*stem, key) for key in keys)
        lengths = [self.number(*stem, key) for key in ("re", "rc", "dr")]
        decay_entry = self.one(*stem, keys[3])
        line, tokens = decay_entry.values[0]
        if kind == "radial":
            lowest = self.integer(*stem, "o", low=-20, high=20) if "o" in keys else 0
            highest = self.integer(*stem, "n", low=lowest, high=60)
            extra, n_decay, why = {"lowest_power": lowest}, highest - lowest + 1, "n − o + 1"
        else:
            extra = {"n_cosines": self.integer(*stem, "m", low=1, high=20)}
            n_decay, why = self.integer(*stem, "k", low=1, high=60), "k"
        decay = self.numbers(line, tokens)
        if len(decay) != n_decay:
            raise self.error(line, f"{n_decay} numbers ({why})", f"{len(decay)}")
        parameters = RadialParameters if kind == "radial" else BondParameters
        try:
            return Block(names[0], names[1:], parameters(*lengths, tuple(decay), **extra), screened, label)
        except MlipEduError as problem:
            raise self.error(self.one(*stem, "rc").line, "usable constants", str(problem)) from problem

    def screening(self) -> dict[tuple[str, str, str], tuple[float, float]]:
        """(C_min, C_max) by (centre, screener, partner)."""
        ranges: dict[tuple[str, str, str], list[float]] = {}
        for entry in self.starting("screening"):
            triplet, bound = entry.words[1:-1], entry.words[-1]
            if len(triplet) != 3 or bound not in ("Cmin", "Cmax"):
                raise self.error(entry.line, "screening:A_B_C:Cmin: or :Cmax:", ":".join(entry.words))
            self.check_elements(entry, triplet, self.elements())
            ranges.setdefault(triplet, [0.8, 2.8])[bound == "Cmax"] = self.number(*entry.words)
        for triplet, (lower, upper) in ranges.items():
            if not lower < upper:
                raise self.error(None, f"Cmin below Cmax for screening:{'_'.join(triplet)}", f"{lower} and {upper}")
        return {triplet: (lower, upper) for triplet, (lower, upper) in ranges.items()}

    def layer_sizes(self, element: str) -> list[int | None]:
        """Sizes of all layers, None where the file does not say."""
        n_layers = self.integer("networklayers", element, low=2, high=50)
        sizes: list[int | None] = [None] * n_layers
        for entry in self.starting("layersize"):
            if entry.words[1:2] == (element,):
                layer = entry.words[2] if len(entry.words) == 3 else ""
                if layer not in map(str, range(n_layers)):
                    raise self.error(entry.line, f"a layer from 0 to {n_layers - 1}", shorten(layer))
                sizes[int(layer)] = self.integer(*entry.words, low=1, high=100_000)
        return sizes
