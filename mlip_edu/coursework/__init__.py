"""Checks, predictions and quizzes for the notebooks: at once, offline, with a diagnosis."""

from .engine import check, predict, quiz

__all__ = ["check", "predict", "quiz"]
