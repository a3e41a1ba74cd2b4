"""The fronts and trees of notebook 18: what is drawn is the formula."""

from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy.spatial.distance import pdist

from mlip_edu import AtomicSystem
from mlip_edu.models.symbolic import Formula, FormulaFingerprint, Term, Tree
from mlip_edu.views.dials import Dials
from mlip_edu.views.explorables.formula_front import drawing, formula_front, pair_energy, placed, written

X = Tree("x")
SIXTH, TWELFTH = Tree("power", (X,), -6), Tree("power", (X,), -12)
FADING = Tree("exp", (Tree("*", (Tree("number", value=-1.5), X)),))


def formula(coefficients, *terms, loss=0.1, zero=0.0):
    fingerprint = FormulaFingerprint("Ar", 14.0, 1.0, terms)
    return Formula(fingerprint, np.array(coefficients), zero, 0.0, 0.0, loss)


def lennard_jones(r):
    return 0.0416 * ((3.4 / r) ** 12 - (3.4 / r) ** 6)


SHORT = formula([4e4], Term(TWELFTH))
GOOD = formula([0.0416 * 3.4**12, -0.0416 * 3.4**6], Term(TWELFTH), Term(SIXTH), loss=1e-10)
OTHER = formula([300.0, -2.0], Term(FADING), Term(SIXTH), loss=0.02)
FRONTS = {"1": [SHORT], "9": [SHORT, OTHER, GOOD]}


def test_the_curve_is_that_of_the_text():
    r = np.linspace(2.9, 9, 50)
    np.testing.assert_allclose(pair_energy(GOOD, r, 7), lennard_jones(r), rtol=1e-12, atol=1e-15)
    said = 300 * eval(OTHER.fingerprint.terms[0].radial.text(), {"exp": np.exp, "r": r}) - 2 * r**-6.0
    np.testing.assert_allclose(pair_energy(OTHER, r, 7), said, rtol=1e-12)


def test_pairs_share_the_constant_of_their_atoms():
    """Eight atoms, seven neighbours each: E_0 and the terms of the potential are the sum of the pair energies."""
    places = np.array(list(np.ndindex(2, 2, 2))) * 4.0 + np.random.default_rng(0).normal(0, 0.2, (8, 3))
    one = formula([300.0, -2.0], Term(FADING), Term(SIXTH), zero=-0.7)
    energy = one.potential().predict(AtomicSystem(places, np.zeros((3, 3)), ["Ar"] * 8, pbc=False)).energy[0]
    assert pair_energy(one, pdist(places), 7).sum() == pytest.approx(energy, rel=1e-12)


def test_a_tree_is_written_with_all_its_nodes():
    assert written(SIXTH) == ("( )^-6", [("r", [])])
    assert written(FADING) == ("exp", [("×", [("-1.5", []), ("r", [])])])
    angles = formula([1.0], Term(SIXTH, Tree("power", (X,), 2)))
    assert drawing(angles)[1][0][1][1] == ("( )^2", [("cos θ", [])])
    for one in (*FRONTS["9"], angles):
        assert len(placed(drawing(one))) == one.nodes + len(one.coefficients) + 1


def test_nodes_stand_below_their_parents_and_never_on_one_another():
    deep = SIXTH
    for _ in range(3):
        deep = Tree("+", (deep, Tree("-", (FADING, X))))
    nodes = placed(written(deep))
    assert len({(x, depth) for x, depth, _, _ in nodes}) == len(nodes) == deep.nodes
    for x, depth, _, parent in nodes:
        assert (depth == 0) == (parent is None)
        if parent is not None:
            below = [n for n in nodes if n[3] == parent]
            assert nodes[parent][1] == depth - 1
            assert nodes[parent][0] == pytest.approx(np.mean([n[0] for n in below]))
        assert x >= 0


@pytest.mark.parametrize(("place", "chosen"), [(1, SHORT), (2, OTHER), (3, GOOD), (12, GOOD)])
def test_the_chosen_formula_is_drawn(place, chosen):
    draw, dials = formula_front(FRONTS, lennard_jones, 7)
    figure, alt = draw("9", place)
    front, tree, curve = figure.axes
    np.testing.assert_allclose(front.lines[1].get_ydata(), np.log10([f.loss for f in FRONTS["9"]]))
    assert front.lines[2].get_xdata()[0] == chosen.nodes
    assert [t.get_text() for t in tree.texts].count("r") == str(chosen).replace("exp", "").count("r")
    r = curve.lines[1].get_xdata()
    np.testing.assert_allclose(curve.lines[1].get_ydata(), np.clip(1000 * pair_energy(chosen, r, 7), -999, 999))
    assert str(chosen) in alt
    assert f"{chosen.nodes} nodes" in alt
    plt.close(figure)
    assert dials["place"].high == 3
    assert list(dials["generations"].options) == ["1", "9"]


def test_the_alt_text_says_how_far_it_is_off():
    draw, _ = formula_front(FRONTS, lambda r: lennard_jones(r) + 0.002, 7)
    figure, alt = draw("9", 3)
    plt.close(figure)
    assert "up to 2 meV off" in alt


def test_labels_of_a_tree_do_not_overlap():
    draw, _ = formula_front(
        {"1": [formula([1.0, 2.0], Term(FADING), Term(Tree("+", (SIXTH, FADING))))]}, lennard_jones, 7
    )
    figure, _ = draw("1", 1)
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in figure.axes[1].texts]
    assert not any(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[:k])
    frame = SimpleNamespace(x0=0, x1=figure.bbox.width)
    assert all(frame.x0 <= box.x0 and box.x1 <= frame.x1 for box in boxes)
    plt.close(figure)


def test_the_widget_draws_when_the_dial_is_turned():
    draw, dials = formula_front(FRONTS, lennard_jones, 7)
    widget = Dials(draw, **dials)
    before = bytes(widget.picture)
    widget.values = {"generations": "9", "place": 3}
    assert bytes(widget.picture) != before
    assert "4 nodes" in widget.alt
