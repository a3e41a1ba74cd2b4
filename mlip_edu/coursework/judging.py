"""What the judges in ``tutorials/checks`` use: the student's function is run, its answer compared, the slip named."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import shorten


class Wrong(Exception):
    """Raised by a judge: the text says what is probably wrong and what to try."""


class NotYet(Exception):
    """Raised by a judge: there is no answer yet."""


def is_blank(answer: Any) -> bool:
    """Is this the untouched blank, ``...`` or ``None``?"""
    return answer is None or answer is Ellipsis


def takes_answer_from_elsewhere(function: Any) -> bool:
    """Does ``function`` use ``answer`` without setting it? Python then takes the one of another cell."""
    return "answer" in getattr(getattr(function, "__code__", None), "co_names", ())


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
    if not all(_same(before, after) for before, after in zip(arguments, given, strict=True)):
        raise Wrong("your function changed the arrays it was given. Work on new ones: its caller still needs them.")
    return answer


def as_numbers(answer: Any, shape: tuple[int, ...]) -> np.ndarray:
    """``answer`` (a number, a list, an array, a tensor) as finite floats of ``shape``, or a diagnosis."""
    wanted = f"this asks for {_form(shape)}"
    try:
        array = np.array(_plain(answer), dtype=float)
    except Exception:
        array = None
    if isinstance(answer, tuple) and (array is None or array.shape != shape):
        raise Wrong(f"{wanted}; found a tuple of {len(answer)}. A comma at the end, or between two values, makes one.")
    if array is None:
        raise Wrong(f"this asks for numbers; found {type(answer).__name__}.")
    if array.shape != shape:
        raise Wrong(f"{wanted}; found {_form(array.shape)}. Print the shapes of the steps before.")
    if not np.isfinite(array).all():
        raise Wrong("there is a nan or an infinity in it: look for a division by zero or the root of a negative.")
    return array


def expect(answer: Any, right: Any, known: Sequence[tuple[Any, str]], hint: str, rtol: float = 1e-6) -> None:
    """Return if ``answer`` is ``right``; else raise the text of the ``known`` wrong answer it equals, or ``hint``.

    Equal means to ``rtol`` of the value and of the largest right value. A known answer may have another shape than
    the right one: give it the shape that the mistake leads to.
    """
    for value, text in known:
        if np.shape(value) != np.shape(right) and _shape(answer) == np.shape(value):
            array = as_numbers(answer, np.shape(value))
            if np.allclose(array, value, rtol=rtol, atol=rtol * _largest(value)):
                raise Wrong(text)
    array = as_numbers(answer, np.shape(right))
    for value, text in [(right, None), *known]:
        if np.shape(value) == array.shape and np.allclose(array, value, rtol=rtol, atol=rtol * _largest(right)):
            if text is None:
                return
            raise Wrong(text)
    raise Wrong(hint)


def _same(before: Any, after: Any) -> bool:
    """Are two arrays, tensors or lists of numbers equal? Of other things nothing is said."""
    before, after = _plain(before), _plain(after)
    if isinstance(before, list):
        pairs = zip(before, after, strict=False) if isinstance(after, list) else ()
        return isinstance(after, list) and len(before) == len(after) and all(_same(a, b) for a, b in pairs)
    return not isinstance(before, (np.ndarray, int, float)) or np.array_equal(before, after)


def _plain(answer: Any) -> Any:
    """A torch tensor, perhaps with a gradient, as an array; anything else as it is."""
    return answer.detach().cpu().numpy() if hasattr(answer, "detach") else answer


def _form(shape: tuple[int, ...]) -> str:
    """A shape in words."""
    return f"an array of shape {shape}" if shape else "one number"


def _largest(values: Any) -> float:
    return float(np.abs(np.asarray(values, float)).max(initial=0.0))


def _shape(answer: Any) -> tuple[int, ...] | None:
    try:
        return np.shape(_plain(answer))
    except Exception:  # a ragged list
        return None
