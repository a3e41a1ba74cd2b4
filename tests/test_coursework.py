"""The engine of checks, predictions and quizzes, and every recorded answer of every notebook."""

import itertools
import json
import operator
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import mlip_edu
from mlip_edu.coursework import check, engine, folders, predict, quiz
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

    def test_the_notebook_goes_on_with_the_answer_or_with_ours(self, name, entry):
        assert check(name, ...) is entry.right[0]
        for answer in [*entry.right, *(answer for answer, _ in entry.wrong)]:
            assert check(name, answer) is answer


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_every_quiz_has_three_questions_with_one_right_option(notebook, capsys, student):
    questions = getattr(engine._checks_of(notebook), "QUIZ", None)
    if questions is None:
        with pytest.raises(MlipEduError, match="no quiz"):
            quiz(notebook)
        return
    assert len(questions) == 3
    assert all(question.right in question.options for question in questions)
    quiz(notebook)
    shown = capsys.readouterr().out
    assert all(question.text[:40] in shown for question in questions)
    quiz(notebook, "".join(question.right for question in questions))
    assert capsys.readouterr().out.count(engine.RIGHT) == 3
    kept = json.loads((student / engine.PREDICTIONS_FILE).read_text())
    assert kept == {f"{notebook}.quiz": "".join(question.right for question in questions)}
    for number, question in enumerate(questions):
        for letter in question.options.keys() - {question.right}:
            answers = [q.right for q in questions]
            answers[number] = letter
            quiz(notebook, " ".join(answers))
            assert capsys.readouterr().out.count(engine.WRONG) == 1


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_every_prediction_comments_on_any_guess(notebook):
    for name, entry in engine._checks_of(notebook).PREDICTIONS.items():
        assert name.startswith(f"{notebook}.p")
        if isinstance(entry, engine.Choice):
            guesses = measurements = list(entry.options)
            assert all(len(letter) == 1 for letter in guesses)
        else:
            guesses, measurements = np.linspace(entry.low, min(entry.high, 100), 11), [entry.low, 20.0]
        for guess, measured in itertools.product(guesses, measurements):
            assert entry.comment(guess, measured)


def test_check_prints_the_verdict(capsys):
    check("02.q2", ...)
    assert capsys.readouterr().out.replace("\n  ", " ") == (
        "… 02.q2: not yet. Replace the three dots and run the cell again. Until then the cells below go on with ours.\n"
    )
    check("02.q2", 29.96)
    assert [line[0] for line in capsys.readouterr().out.splitlines()] == [engine.RIGHT, " "]


def test_a_function_that_builds_on_a_blank_is_not_yet():
    mark, text = engine.verdict("02.q5", lambda vectors, cell: operator.getitem(..., 0))
    assert mark == engine.NOT_YET
    assert "before it" in text


def test_an_answer_of_another_cell_is_noticed():
    notebook = {"answer": "cab"}
    exec("def pairs(n):\n    result = n * (n - 1) // 2\n    return answer", notebook)
    assert notebook["pairs"](3) == "cab"
    mark, text = engine.verdict("02.q6", notebook["pairs"])
    assert mark == engine.WRONG
    assert "never sets `answer`" in text
    exec("def pairs(n):\n    answer = n * (n - 1) // 2\n    return answer", notebook)
    assert engine.verdict("02.q6", notebook["pairs"])[0] == engine.RIGHT


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
    monkeypatch.setattr(folders, "__file__", str(student / "elsewhere" / "mlip_edu" / "coursework" / "folders.py"))
    with pytest.raises(DataError, match="MLIP_EDU_TUTORIALS"):
        check("02.q1", ...)
    (student / "checks").mkdir()
    (student / "checks" / "check_02.py").write_text((TUTORIALS / "checks" / "check_02.py").read_text())
    (student / "mine").mkdir()
    monkeypatch.chdir(student / "mine")
    check("02.q1", ...)


def test_checks_are_found_in_the_checkout_from_anywhere(monkeypatch, student, capsys):
    monkeypatch.delenv("MLIP_EDU_TUTORIALS")
    assert folders.tutorials_folder() == TUTORIALS
    check("02.q1", ...)
    assert "not yet" in capsys.readouterr().out


def test_an_edited_check_needs_no_new_kernel(monkeypatch, student, capsys):
    path = student / "checks" / "check_02.py"
    path.parent.mkdir()
    text = (TUTORIALS / "checks" / "check_02.py").read_text()
    monkeypatch.setenv("MLIP_EDU_TUTORIALS", str(student))
    for number, praise in enumerate(("right. For a leaning", "right! For a leaning")):
        path.write_text(text.replace("right. For a leaning", praise))
        os.utime(path, (number, number))
        check("02.q2", 29.96)
        assert praise in capsys.readouterr().out


class TestChoice:
    @pytest.fixture(autouse=True)
    def lesson(self, student, monkeypatch):
        (student / "checks").mkdir()
        (student / "checks" / "check_99.py").write_text(
            "from mlip_edu.coursework.engine import Choice\n"
            "PREDICTIONS = {'99.p1': Choice('Which?', {'a': 'the first', 'b': 'the last'},"
            " lambda p, m: 'As you said.' if p == m else 'No.')}\n"
        )
        monkeypatch.setenv("MLIP_EDU_TUTORIALS", str(student))

    def test_a_letter_is_noted_and_compared(self, capsys, student, monkeypatch):
        predict("99.p1", " B ")
        assert "noted before the experiment: b) the last." in capsys.readouterr().out
        assert json.loads((student / engine.PREDICTIONS_FILE).read_text()) == {"99.p1": "b"}
        monkeypatch.setattr(engine, "_predictions", {})
        predict("99.p1", measured="a")
        out = capsys.readouterr().out.replace("\n  ", " ")
        assert out == "✎ 99.p1: you predicted b) the last; measured a) the first. No.\n"

    @pytest.mark.parametrize("value", ["c", 1, "ab", "", ["a"]])
    def test_anything_else_is_not(self, value, capsys, student):
        predict("99.p1", value)
        assert "one of the letters a, b" in capsys.readouterr().out
        assert not (student / engine.PREDICTIONS_FILE).exists()

    def test_a_blank_gets_the_question_with_its_options(self, capsys):
        predict("99.p1", ...)
        out = capsys.readouterr().out
        assert "Which? Guess first" in out
        assert "   b) the last" in out

    def test_an_odd_value_in_the_file_is_as_good_as_none(self, capsys, student):
        (student / engine.PREDICTIONS_FILE).write_text('{"99.p1": {}}')
        predict("99.p1", measured="a")
        assert "no prediction stored" in capsys.readouterr().out


class TestJudging:
    """What judges are made of, apart from any notebook."""

    def test_a_known_answer_of_another_shape_is_known(self):
        with pytest.raises(engine.Wrong, match="the sum"):
            engine.expect(6.0, [1.0, 2.0, 3.0], [(6.0, "the sum")], "no")
        with pytest.raises(engine.Wrong, match=r"asks for an array of shape \(3,\); found one number"):
            engine.expect(7.0, [1.0, 2.0, 3.0], [(6.0, "the sum")], "no")

    def test_shapes_are_said_in_words(self):
        with pytest.raises(engine.Wrong, match=r"asks for one number; found an array of shape \(2,\)"):
            engine.as_numbers([1.0, 2.0], ())
        with pytest.raises(engine.Wrong, match="asks for numbers; found str"):
            engine.as_numbers("fast", ())

    @pytest.mark.parametrize("answer", [(np.ones(4), 1.0, 2.0), (1.0, 2.0, 3.0), (torch.ones(4), "x", None)])
    def test_a_tuple_is_not_an_array(self, answer):
        with pytest.raises(engine.Wrong, match=r"asks for an array of shape \(4,\); found a tuple of 3\. A comma"):
            engine.as_numbers(answer, (4,))

    def test_a_tuple_of_the_right_numbers_is_right(self):
        engine.expect((1.0, 2.0), np.array([1.0, 2.0]), [], "no")

    def test_tensors_are_numbers(self):
        engine.expect(torch.ones(3, requires_grad=True), np.ones(3), [], "no")
        with pytest.raises(engine.Wrong, match="hint"):
            engine.expect(torch.zeros(3), np.ones(3), [], "hint")

    def test_a_ragged_list_is_compared_row_by_row(self):
        ragged = [np.zeros(2), [1.0, 2.0, 3.0]]
        assert engine.run(len, ragged) == 2
        with pytest.raises(engine.Wrong, match="changed"):
            engine.run(lambda rows: rows[1].append(4.0) or 1, ragged)
        with pytest.raises(engine.Wrong, match="changed"):
            engine.run(lambda rows: rows[1].__setitem__(0, 7.0) or 1, ragged)

    @pytest.mark.parametrize("given", [np.ones(3), torch.ones(3), [1.0, 2.0]])
    def test_changing_what_was_given_is_noticed(self, given):
        def function(values):
            values[0] = 5.0
            return 1.0

        with pytest.raises(engine.Wrong, match="changed"):
            engine.run(function, given)
        assert given[0] == 1  # it worked on a copy

    def test_objects_can_be_given(self):
        system = mlip_edu.AtomicSystem(np.zeros((1, 3)), np.eye(3), ["Si"])
        assert engine.run(len, system) == 1


def test_an_unknown_name_says_what_there_is():
    with pytest.raises(MlipEduError, match=r"no '02.q99'; there is 02.q1"):
        check("02.q99", 1)


def test_the_engine_does_not_import_jupyter():
    program = "import mlip_edu.coursework, sys; print('IPython' in sys.modules, 'ipywidgets' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
