"""The engine of checks, predictions and quizzes, and every recorded answer of every notebook."""

import json
import operator
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mlip_edu.coursework import check, engine, predict, quiz
from mlip_edu.errors import DataError, MlipEduError

TUTORIALS = Path(__file__).parent.parent / "tutorials"
NOTEBOOKS = sorted(path.stem.removeprefix("check_") for path in (TUTORIALS / "checks").glob("check_*.py"))


@pytest.fixture(autouse=True)
def student(tmp_path, monkeypatch):
    """A student's folder: empty, with the lessons found through the environment, in a fresh kernel."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLIP_EDU_TUTORIALS", str(TUTORIALS))
    monkeypatch.setattr(engine, "_predictions", {})
    return tmp_path


def checks():
    os.environ["MLIP_EDU_TUTORIALS"] = str(TUTORIALS)
    try:
        return [(name, entry) for n in NOTEBOOKS for name, entry in engine._checks_of(n).CHECKS.items()]
    finally:
        del os.environ["MLIP_EDU_TUTORIALS"]


@pytest.mark.parametrize(("name", "entry"), checks(), ids=[name for name, _ in checks()])
class TestEveryCheck:
    def test_right_answers_are_right(self, name, entry):
        assert entry.right
        for answer in entry.right:
            assert engine.verdict(name, answer) == (engine.RIGHT, f"{name}: {entry.praise}")

    def test_wrong_answers_get_their_own_diagnosis(self, name, entry):
        for answer, words in entry.wrong:
            mark, text = engine.verdict(name, answer)
            assert mark == engine.WRONG, text
            assert words in text

    def test_a_blank_is_not_yet(self, name, entry):
        blanks = [None, ...]
        if callable(entry.right[0]):  # the exercise asks for a function
            blanks += [lambda *arguments: None, lambda *arguments: ...]
        for blank in blanks:
            assert engine.verdict(name, blank)[0] == engine.NOT_YET

    @pytest.mark.parametrize("odd", ["?", 1j, [], {}, object(), np.nan, [[1], [1, 2]], lambda: 1, print, int])
    def test_nothing_raises(self, name, entry, odd):
        assert engine.verdict(name, odd)[0] in (engine.WRONG, engine.NOT_YET)


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_every_quiz_has_three_questions_with_one_right_option(notebook, capsys):
    questions = engine._checks_of(notebook).QUIZ
    assert len(questions) == 3
    quiz(notebook)
    shown = capsys.readouterr().out
    assert all(question.text[:40] in shown for question in questions)
    quiz(notebook, "".join(question.right for question in questions))
    assert capsys.readouterr().out.count(engine.RIGHT) == 3
    for number, question in enumerate(questions):
        for letter in question.options.keys() - {question.right}:
            answers = [q.right for q in questions]
            answers[number] = letter
            quiz(notebook, " ".join(answers))
            assert capsys.readouterr().out.count(engine.WRONG) == 1


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_every_prediction_comments_on_any_guess(notebook):
    for entry in engine._checks_of(notebook).PREDICTIONS.values():
        for guess in np.linspace(entry.low, min(entry.high, 100), 11):
            assert entry.comment(guess, 20.0)


def test_check_prints_the_verdict(capsys):
    check("02.q2", ...)
    check("02.q2", 29.96)
    assert [line[0] for line in capsys.readouterr().out.splitlines()] == [engine.NOT_YET, engine.RIGHT, " "]


def test_a_function_that_builds_on_a_blank_is_not_yet():
    mark, text = engine.verdict("02.q5", lambda vectors, cell: operator.getitem(..., 0))
    assert mark == engine.NOT_YET
    assert "before it" in text


def test_quiz_prints_questions_and_asks_for_all_letters(capsys):
    quiz("02")
    assert "1. " in capsys.readouterr().out
    for answers in (..., "a", "abcd"):
        quiz("02", answers)
        assert "3 letters" in capsys.readouterr().out
    quiz("02", "zab")
    assert "choose one of a, b, c, d" in capsys.readouterr().out


def test_a_prediction_outlives_the_kernel(capsys, student, monkeypatch):
    predict("02.p1", np.float64(5))
    assert json.loads((student / engine.PREDICTIONS_FILE).read_text()) == {"02.p1": 5}
    monkeypatch.setattr(engine, "_predictions", {})
    predict("02.p1", measured=19.7)
    assert "you predicted 5 %; measured 19.7 %. More than" in capsys.readouterr().out.replace("\n  ", " ")


def test_the_last_prediction_counts_and_the_words_do_not_depend_on_the_file(capsys, student):
    predict("02.p1", 5)
    first = capsys.readouterr().out
    predict("02.p2", 3)
    predict("02.p1", 6)
    capsys.readouterr()
    predict("02.p1", 5)
    assert capsys.readouterr().out == first
    assert json.loads((student / engine.PREDICTIONS_FILE).read_text()) == {"02.p1": 5, "02.p2": 3}


@pytest.mark.parametrize("value", [None, ..., "many", -1, 101, np.nan, True, [5]])
def test_what_is_no_prediction_is_not_stored(value, capsys, student):
    predict("02.p1", value)
    predict("02.p1", measured=20.0)
    assert capsys.readouterr().out.count(engine.NOT_YET) == 2
    assert not (student / engine.PREDICTIONS_FILE).exists()


@pytest.mark.parametrize("content", ["{", "[1]", "", "\x00"])
def test_a_damaged_file_is_put_aside_and_said(content, capsys, student):
    file = student / engine.PREDICTIONS_FILE
    file.write_text(content)
    predict("02.p1", 5)
    assert "damaged" in capsys.readouterr().out
    assert json.loads(file.read_text()) == {"02.p1": 5}
    assert (student / "my_predictions.damaged.json").read_text() == content


def test_an_odd_value_in_the_file_is_as_good_as_none(capsys, student):
    (student / engine.PREDICTIONS_FILE).write_text('{"02.p1": "lots"}')
    predict("02.p1", measured=20.0)
    assert "no prediction stored" in capsys.readouterr().out


def test_a_folder_that_cannot_be_written_is_said(capsys, monkeypatch):
    def refuse(*arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(engine, "write_text", refuse)
    predict("02.p1", 5)
    predict("02.p1", measured=5)
    out = capsys.readouterr().out
    assert "kept in this kernel only" in out
    assert "you predicted 5 %" in out


def test_checks_are_found_from_a_folder_below(monkeypatch, student):
    monkeypatch.delenv("MLIP_EDU_TUTORIALS")
    with pytest.raises(DataError, match="MLIP_EDU_TUTORIALS"):
        check("02.q1", ...)
    (student / "checks").mkdir()
    (student / "checks" / "check_02.py").write_text((TUTORIALS / "checks" / "check_02.py").read_text())
    (student / "mine").mkdir()
    monkeypatch.chdir(student / "mine")
    check("02.q1", ...)


def test_an_unknown_name_says_what_there_is():
    with pytest.raises(MlipEduError, match=r"no '02.q99'; there is 02.q1"):
        check("02.q99", 1)


def test_the_engine_does_not_import_jupyter():
    program = "import mlip_edu.coursework, sys; print('IPython' in sys.modules, 'ipywidgets' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
