"""The explorable of notebook 09: throughput against the size of a batch."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from mlip_edu.views.explorables.throughput import Line, crossover, draw_throughput

CPU, GPU = Line(0.0004, 5e5), Line(0.002, 1e7)


def test_a_fitted_line_finds_what_made_the_times():
    n = np.array([8, 64, 512, 4096])
    found = Line.fitted(n, CPU.overhead + n / CPU.rate)
    assert (found.overhead, found.rate) == pytest.approx((CPU.overhead, CPU.rate), rel=1e-9)


def test_at_the_crossover_both_take_equally_long():
    n = crossover(CPU, GPU)
    assert CPU.seconds(n) == pytest.approx(GPU.seconds(n), rel=1e-12)
    assert crossover(GPU, CPU) == pytest.approx(n)
    assert CPU.seconds(n / 2) < GPU.seconds(n / 2)
    assert CPU.seconds(2 * n) > GPU.seconds(2 * n)
    assert crossover(CPU, Line(0.0001, 1e7)) is None  # better for every batch
    assert crossover(CPU, Line(0.001, CPU.rate)) is None  # parallel


def test_throughput_levels_off_at_the_rate():
    assert CPU.throughput(1e9) == pytest.approx(CPU.rate, rel=1e-6)
    assert CPU.throughput(1.0) == pytest.approx(1 / (CPU.overhead + 1 / CPU.rate))


def test_the_figure_says_what_is_measured_and_what_is_predicted():
    dials = {"structure": 8, "batch": 8, "launch": 10, "factor": 20}
    figure, alt = draw_throughput(CPU, 200, {"cpu": ([8, 64], [5e-4, 6e-4])}, **dials)
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert any("measured here" in label for label in labels)
    assert any("a prediction" in label for label in labels)
    slower = Line(200 * 10e-6, 20 * CPU.rate).seconds(64) / CPU.seconds(64)
    assert f"With 64 atoms the imagined GPU is {slower:.1f} times slower than the CPU" in alt
    assert "2.00 ms" in alt
    plt.close(figure)
