"""The machinery behind ``check``, ``predict`` and ``quiz``.

What is asked and how an answer is judged stands beside the lessons, in ``tutorials/checks/check_<notebook>.py``:

    CHECKS       {"02.q1": Check(…)}         exercises
    PREDICTIONS  {"02.p1": Prediction(…)}    questions answered before the experiment
    QUIZ         [Question(…), …]            the questions at the end

Such a file is looked for in ``$MLIP_EDU_TUTORIALS``, in the current folder and in its parents. A judge says what
is probably wrong and what to try, never the answer; a blank (``...`` or ``None``) is "not yet"; no answer of a
student raises an exception.
"""

from __future__ import annotations

import copy
import importlib.util
import json
import math
import os
import textwrap
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ..errors import DataError, MlipEduError, shorten
from ..files import write_text

PREDICTIONS_FILE = "my_predictions.json"  # in the folder the notebook runs in
WIDTH, RIGHT, WRONG, NOT_YET, NOTED = 92, "✓", "✗", "…", "✎"

_predictions: dict[str, Any] = {}  # what this kernel has been told


class Wrong(Exception):
    """Raised by a judge: the text says what is probably wrong and what to try."""


class NotYet(Exception):
    """Raised by a judge: there is no answer yet."""


@dataclass(frozen=True)
class Check:
    """One exercise: ``judge(answer)`` returns when the answer is right, else raises :class:`Wrong` or :class:`NotYet`.

    ``right`` and ``wrong`` are recorded answers that a test runs, the wrong ones with words of their diagnosis.
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
class Question:
    """One question of a quiz; ``options`` maps a letter to (text, what to say to it)."""

    text: str
    options: dict[str, tuple[str, str]]
    right: str


def check(name: str, answer: Any) -> None:
    """Judge ``answer`` to exercise ``name`` ("02.q1") and print what to think about next."""
    _say(*verdict(name, answer))


def verdict(name: str, answer: Any) -> tuple[str, str]:
    """What :func:`check` prints: a mark (✓, ✗ or …) and a sentence."""
    exercise = _entry("CHECKS", name)
    try:
        if is_blank(answer):
            raise NotYet
        exercise.judge(answer)
    except NotYet as blank:
        return NOT_YET, f"{name}: not yet. {blank or 'Replace the three dots and run the cell again.'}"
    except Wrong as problem:
        return WRONG, f"{name}: {problem}"
    except Exception as problem:  # an answer nobody thought of must not stop the lesson
        return (
            WRONG,
            f"{name}: your answer could not be judged ({type(problem).__name__}: {shorten(str(problem), 80)}).",
        )
    return RIGHT, f"{name}: {exercise.praise}"


def predict(name: str, value: Any = None, *, measured: float | None = None) -> None:
    """Store a prediction, or compare the stored one with what was ``measured``.

    Without ``value`` and ``measured`` it prints the question. The last prediction given counts. It is kept in the
    kernel and in ``my_predictions.json`` beside the notebook.
    """
    entry: Prediction = _entry("PREDICTIONS", name)
    if measured is not None:
        known = _predictions[name] if name in _predictions else _stored().get(name)
        found = f"measured {measured:.4g}{entry.unit}."
        if _is_number(known):
            comment = entry.comment(float(known), float(measured))
            _say(NOTED, f"{name}: you predicted {known:.4g}{entry.unit}; {found} {comment}")
        else:
            _say(NOT_YET, f"{name}: no prediction stored; {found}")
    elif is_blank(value):
        _say(NOT_YET, f"{name}: {entry.question} Guess first: a wrong guess teaches more than none.")
    elif not _is_number(value) or not entry.low <= value <= entry.high:
        _say(NOT_YET, f"{name}: not stored; this asks for a number from {entry.low:g} to {entry.high:g}{entry.unit}.")
    else:
        _predictions[name] = float(value)
        _say(NOTED, f"{name}: noted before the experiment: {value:g}{entry.unit}.")
        try:
            write_text(PREDICTIONS_FILE, json.dumps(_stored() | _predictions, indent=1, sort_keys=True) + "\n")
        except OSError as problem:
            _say(NOT_YET, f"kept in this kernel only: {PREDICTIONS_FILE} cannot be written ({problem.strerror}).")


def quiz(notebook: str, answers: Any = None) -> None:
    """Print the questions of a quiz ("02"), or judge ``answers``: one letter a question, such as "cab"."""
    questions: list[Question] = _checks_of(notebook).QUIZ
    if answers is None:
        for number, question in enumerate(questions, start=1):
            print(textwrap.fill(f"{number}. {question.text}", WIDTH, subsequent_indent="   "))
            for letter, (text, _) in question.options.items():
                print(textwrap.fill(f"   {letter}) {text}", WIDTH, subsequent_indent="      "))
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


# --- for the judges in tutorials/checks ---


def is_blank(answer: Any) -> bool:
    """Is this the untouched blank, ``...`` or ``None``?"""
    return answer is None or answer is Ellipsis


def run(function: Any, *arguments: Any) -> Any:
    """The student's ``function`` on copies of ``arguments``; whatever goes wrong becomes a diagnosis."""
    if not callable(function):
        raise Wrong("this asks for a function: give its name, without brackets.")
    given = copy.deepcopy(arguments)
    try:
        answer = function(*given)
    except Exception as problem:
        if "ellipsis" in str(problem):
            raise NotYet("It builds on an exercise before it that is still blank.") from None
        what = f"{type(problem).__name__}: {shorten(str(problem), 80)}"
        raise Wrong(f"your function stopped with {what}. Try it on a small case.") from None
    if is_blank(answer):
        raise NotYet
    if not all(np.array_equal(a, b) for a, b in zip(arguments, given, strict=True)):
        raise Wrong("your function changed the arrays it was given. Work on new ones: its caller still needs them.")
    return answer


def as_numbers(answer: Any, shape: tuple[int, ...]) -> np.ndarray:
    """``answer`` as finite floats of ``shape``, or a diagnosis."""
    try:
        array = np.array(answer, dtype=float)
    except Exception:
        raise Wrong(f"this asks for numbers; found {type(answer).__name__}.") from None
    if array.shape != shape:
        raise Wrong(f"the shape should be {shape}; found {array.shape}. Print the shapes of the steps before.")
    if not np.isfinite(array).all():
        raise Wrong("there is a nan or an infinity in it: look for a division by zero or the root of a negative.")
    return array


def expect(answer: Any, right: Any, known: Sequence[tuple[Any, str]], hint: str, rtol: float = 1e-6) -> None:
    """Return if ``answer`` is ``right``; else raise the text of the ``known`` wrong answer it equals, or ``hint``."""
    array = as_numbers(answer, np.shape(right))
    scale = float(np.abs(right).max())
    for value, text in [(right, None), *known]:
        if np.shape(value) == array.shape and np.allclose(array, value, rtol=rtol, atol=rtol * scale):
            if text is None:
                return
            raise Wrong(text)
    raise Wrong(hint)


# --- inside ---


def _say(mark: str, text: str) -> None:
    print(textwrap.fill(f"{mark} {text}", WIDTH, subsequent_indent="  "))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and math.isfinite(value)


def _checks_of(notebook: str) -> ModuleType:
    """The module ``check_<notebook>.py``, read afresh so that an edited check needs no new kernel."""
    here, name = Path.cwd(), f"check_{notebook}.py"
    for folder in (os.environ.get("MLIP_EDU_TUTORIALS", here), here, *here.parents):
        path = Path(folder) / "checks" / name
        if path.is_file():
            spec = importlib.util.spec_from_file_location(f"mlip_edu_{path.stem}", path)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module
    raise DataError(f"no checks/{name} in {here} or above: start Jupyter in tutorials/, or set MLIP_EDU_TUTORIALS")


def _entry(table: str, name: str) -> Any:
    entries = getattr(_checks_of(name.split(".")[0]), table)
    if name not in entries:
        raise MlipEduError(f"there is no {name!r}; there is {', '.join(entries)}")
    return entries[name]


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
