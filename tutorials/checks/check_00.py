"""Prediction of notebook 00, which has no exercises."""

from mlip_edu.coursework.engine import Prediction

CHECKS = {}


def about_peak(predicted, measured):
    if abs(predicted - measured) <= 0.08:
        return "Very close. In a liquid a bond is longer, on average, than the 2.37 Å of the crystal."
    if predicted < measured:
        return "Farther out than you thought: the melt has more neighbours than the crystal, and they need room."
    return "Nearer than you thought: even at 3000 K silicon atoms hold on to each other closely."


PREDICTIONS = {
    "00.p1": Prediction(
        "In crystalline silicon, nearest neighbours are 2.37 Å apart. In the melt, at which distance from an atom are "
        "the others packed most densely?", " Å", 0.1, 10, about_peak,
    ),
}  # fmt: skip
