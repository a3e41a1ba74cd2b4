"""The machinery behind ``check``, ``predict`` and ``quiz``.

What is asked and how an answer is judged stands beside the lessons, in ``tutorials/checks/check_<notebook>.py``:

    CHECKS       {"02.q1": Check(…)}                     exercises
    PREDICTIONS  {"02.p1": Prediction(…) or Choice(…)}   questions answered before the experiment
    QUIZ         [Question(…), …]                        the questions at the end; not every notebook has them

A judge says what is probably wrong and what to try, never the answer; a blank (``...`` or ``None``) is "not yet"; no
answer of a student raises an exception.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import textwrap
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ..errors import DataError, MlipEduError, shorten
from ..files import write_text
from .folders import tutorials_folder
from .judging import NotYet, Wrong, as_numbers, expect, is_blank, run, takes_answer_from_elsewhere

__all__ = ["Check", "Choice", "NotYet", "Prediction", "Question", "Wrong", "as_numbers", "expect", "is_blank", "run"]

PREDICTIONS_FILE = "my_predictions.json"  # in the folder the notebook runs in
WIDTH, RIGHT, WRONG, NOT_YET, NOTED = 92, "✓", "✗", "…", "✎"

_predictions: dict[str, Any] = {}  # what this kernel has been told
_modules: dict[Path, tuple[float, ModuleType]] = {}  # checks already read, with the time of their last change


@dataclass(frozen=True)
class Check:
    """One exercise: ``judge(answer)`` returns when the answer is right, else raises :class:`Wrong` or :class:`NotYet`.

    ``right`` and ``wrong`` are recorded answers that a test runs, the wrong ones with words of their diagnosis. The
    first right one is what a notebook goes on with while the exercise is still blank.
    """

    judge: Callable[[Any], None]
    praise: str
    right: Sequence[Any]
    wrong: Sequence[tuple[Any, str]]


@dataclass(frozen=True)
class Prediction:
    """A question answered before the experiment: a number between ``low`` and ``high``, in ``unit``."""

    question: str
    unit: str
    low: float
    high: float
    comment: Callable[[float, float], str]  # (predicted, measured) → what the difference says


@dataclass(frozen=True)
class Choice:
    """A question answered before the experiment with the letter of one of ``options``."""

    question: str
    options: Mapping[str, str]
    comment: Callable[[str, str], str]  # (predicted, found), two letters → what the difference says


@dataclass(frozen=True)
class Question:
    """One question of a quiz; ``options`` maps a letter to (text, what to say to it)."""

    text: str
    options: Mapping[str, tuple[str, str]]
    right: str


def check(name: str, answer: Any) -> Any:
    """Judge ``answer`` to exercise ``name`` ("02.q1"), print what to think about next, and return what to go on with.

    That is the answer itself, right or wrong; or one of ours if it is still a blank, so that the cells below run.
    """
    mark, text = verdict(name, answer)
    blank = mark == NOT_YET
    _say(mark, f"{text} Until then the cells below go on with ours." if blank else text)
    return _entry("CHECKS", name).right[0] if blank else answer


def verdict(name: str, answer: Any) -> tuple[str, str]:
    """What :func:`check` thinks: a mark (✓, ✗ or …) and a sentence."""
    exercise = _entry("CHECKS", name)
    try:
        if is_blank(answer):
            raise NotYet
        if takes_answer_from_elsewhere(answer):
            raise Wrong("your function never sets `answer`, so it takes that of another cell. Set it: answer = …")
        exercise.judge(answer)
    except NotYet as blank:
        return NOT_YET, f"{name}: not yet. {str(blank) or 'Replace the three dots and run the cell again.'}"
    except Wrong as problem:
        return WRONG, f"{name}: {problem}"
    except Exception as problem:  # an answer nobody thought of must not stop the lesson
        what = f"{type(problem).__name__}: {shorten(str(problem), 80)}"
        return WRONG, f"{name}: your answer could not be judged ({what})."
    return RIGHT, f"{name}: {exercise.praise}"


def predict(name: str, value: Any = None, *, measured: float | str | None = None) -> None:
    """Store a prediction, or compare the stored one with what was ``measured``.

    Without ``value`` and ``measured`` it prints the question. The last prediction given counts. It is kept in the
    kernel and in ``my_predictions.json`` beside the notebook.
    """
    entry: Prediction | Choice = _entry("PREDICTIONS", name)
    if measured is not None:
        known = _accepted(entry, _predictions[name] if name in _predictions else _stored().get(name))
        found = f"measured {_shown(entry, measured)}."
        if known is None:
            _say(NOT_YET, f"{name}: no prediction stored; {found}")
        else:
            comment = entry.comment(known, measured if isinstance(entry, Choice) else float(measured))
            _say(NOTED, f"{name}: you predicted {_shown(entry, known)}; {found} {comment}")
        return
    accepted = _accepted(entry, value)
    if is_blank(value):
        _say(NOT_YET, f"{name}: {entry.question} Guess first: a wrong guess teaches more than none.")
        if isinstance(entry, Choice):
            _print_options(entry.options)
    elif accepted is None and isinstance(entry, Choice):
        _say(NOT_YET, f"{name}: not stored; this asks for one of the letters {', '.join(entry.options)}.")
    elif accepted is None:
        _say(NOT_YET, f"{name}: not stored; this asks for a number from {entry.low:g} to {entry.high:g}{entry.unit}.")
    else:
        _say(NOTED, f"{name}: noted before the experiment: {_shown(entry, accepted, 'g')}.")
        _keep(name, accepted)


def quiz(notebook: str, answers: Any = None) -> None:
    """Print the questions of a quiz ("02"), or judge ``answers``: one letter a question, such as "cab".

    The answers are kept where the predictions are.
    """
    questions: Sequence[Question] = getattr(_checks_of(notebook), "QUIZ", ())
    if not questions:
        raise MlipEduError(f"notebook {notebook} has no quiz")
    if answers is None:
        for number, question in enumerate(questions, start=1):
            print(textwrap.fill(f"{number}. {question.text}", WIDTH, subsequent_indent="   "))
            _print_options({letter: text for letter, (text, _) in question.options.items()})
        return
    letters = [] if is_blank(answers) else [c for c in str(answers).lower() if c.isalpha()]
    if len(letters) != len(questions):
        _say(NOT_YET, f"quiz {notebook}: not yet. Give {len(questions)} letters in one string, in order.")
        return
    for number, (letter, question) in enumerate(zip(letters, questions, strict=True), start=1):
        if letter not in question.options:
            _say(NOT_YET, f"question {number}: choose one of {', '.join(question.options)}.")
        else:
            _say(RIGHT if letter == question.right else WRONG, f"question {number}: {question.options[letter][1]}")
    _keep(f"{notebook}.quiz", "".join(letters))


# --- inside ---


def _say(mark: str, text: str) -> None:
    print(textwrap.fill(f"{mark} {text}", WIDTH, subsequent_indent="  "))


def _print_options(options: Mapping[str, str]) -> None:
    for letter, text in options.items():
        print(textwrap.fill(f"   {letter}) {text}", WIDTH, subsequent_indent="      "))


def _accepted(entry: Prediction | Choice, value: Any) -> float | str | None:
    """``value`` if it answers the question, else None."""
    if isinstance(entry, Choice):
        letter = value.strip().lower() if isinstance(value, str) else None
        return letter if letter in entry.options else None
    if not isinstance(value, (int, float, np.number)) or isinstance(value, bool) or not math.isfinite(value):
        return None
    return float(value) if entry.low <= value <= entry.high else None


def _shown(entry: Prediction | Choice, value: Any, form: str = ".4g") -> str:
    return f"{value}) {entry.options[value]}" if isinstance(entry, Choice) else f"{value:{form}}{entry.unit}"


def _checks_of(notebook: str) -> ModuleType:
    """The module ``check_<notebook>.py``, read again when it has changed: an edited check needs no new kernel."""
    path = tutorials_folder() / "checks" / f"check_{notebook}.py"
    if not path.is_file():
        raise DataError(f"{path}: there are no checks for {notebook!r}; names look like '02.q1'")
    changed = path.stat().st_mtime
    if path not in _modules or _modules[path][0] != changed:
        spec = importlib.util.spec_from_file_location(f"mlip_edu_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        _modules[path] = changed, module
    return _modules[path][1]


def _entry(table: str, name: str) -> Any:
    entries = getattr(_checks_of(name.split(".")[0]), table)
    if name not in entries:
        raise MlipEduError(f"there is no {name!r}; there is {', '.join(entries)}")
    return entries[name]


def _keep(name: str, value: float | str) -> None:
    """Keep an answer in this kernel and in the file."""
    _predictions[name] = value
    try:
        write_text(PREDICTIONS_FILE, json.dumps(_stored() | _predictions, indent=1, sort_keys=True) + "\n")
    except OSError as problem:
        _say(NOT_YET, f"kept in this kernel only: {PREDICTIONS_FILE} cannot be written ({problem.strerror}).")


def _stored() -> dict[str, Any]:
    """What the file of predictions holds; a damaged file is put aside, with a word about it."""
    path = Path(PREDICTIONS_FILE)
    if not path.exists():
        return {}
    with suppress(OSError, ValueError):
        known = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(known, dict):
            return known
    aside = path.with_suffix(".damaged.json")
    with suppress(OSError):
        os.replace(path, aside)
    _say(NOT_YET, f"{path} was damaged; it is kept as {aside}, and a new one begins.")
    return {}
