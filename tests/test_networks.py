"""Activations and the network of one element."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
import torch

from mlip_edu import AtomicNetwork
from mlip_edu.errors import MlipEduError
from mlip_edu.models import ACTIVATIONS

every_activation = pytest.mark.parametrize("name", ACTIVATIONS)


def test_sig_i_is_its_formula():
    """0.1 x + 0.9 ln(eˣ + 1) in sixty digits, up to ten spacings of float64."""
    xs = [*np.linspace(-60, 60, 241), *np.linspace(-2, 2, 81), -700.0, -1e-12, 1e-12, 19.99, 20.01, 39.99, 40.01, 800.0]
    found = ACTIVATIONS["sigI"][0](torch.tensor(xs, dtype=torch.float64)).tolist()
    for x, y in zip(xs, found, strict=True):
        with localcontext(prec=60):
            exact = Decimal("0.1") * Decimal(x) + Decimal("0.9") * (Decimal(x).exp() + 1).ln()
            error = abs(Decimal(y) - exact)
        assert error <= Decimal(10 * 2.3e-16) * max(abs(exact), abs(Decimal(x)) / 10, Decimal("1e-3")), x


@every_activation
def test_slope_of_an_activation(name):
    function, slope = ACTIVATIONS[name]
    x = torch.linspace(-25, 45, 561, dtype=torch.float64, requires_grad=True)
    (exact,) = torch.autograd.grad(function(x).sum(), x)
    torch.testing.assert_close(slope(x), exact, rtol=1e-13, atol=1e-14)
    with torch.no_grad():
        difference = (function(x + 1e-5) - function(x - 1e-5)) / 2e-5
    torch.testing.assert_close(slope(x.detach()), difference, rtol=0, atol=1e-9)


@every_activation
def test_second_derivative_exists(name):
    x = torch.linspace(-3, 3, 13, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: ACTIVATIONS[name][1](x), x)


def network(sizes, activation, seed=0):
    made = AtomicNetwork(sizes, activation, torch.Generator().manual_seed(seed))
    with torch.no_grad():
        for number, bias in enumerate(made.biases):
            bias.copy_(torch.linspace(-0.5, 0.7, len(bias), dtype=torch.float64) + number)
    return made


@pytest.mark.parametrize("sizes", [(4, 1), (4, 6, 1), (3, 5, 7, 1)], ids=str)
@every_activation
def test_energy_and_gradient_is_autograd(name, sizes):
    made = network(sizes, [name] * (len(sizes) - 1))  # also a last layer that is not linear
    x = torch.randn(9, sizes[0], dtype=torch.float64, generator=torch.Generator().manual_seed(1), requires_grad=True)
    energy, gradient = made.energy_and_gradient(x)
    torch.testing.assert_close(energy, made(x), rtol=1e-14, atol=0)  # mean 0, scale 1: standardised already
    torch.testing.assert_close(gradient, torch.autograd.grad(made(x).sum(), x)[0], rtol=1e-12, atol=1e-14)


def test_forward_by_hand():
    made = network((2, 3, 1), "tanh")
    made.mean.copy_(torch.tensor([1.0, -2.0]))
    made.scale.copy_(torch.tensor([0.5, 4.0]))
    w1, b1, w2, b2 = (p.detach().numpy() for p in (made.weights[0], made.biases[0], made.weights[1], made.biases[1]))
    features = np.array([0.3, 1.1])
    expected = w2 @ np.tanh(w1 @ ((features - [1, -2]) / [0.5, 4]) + b1) + b2
    assert made(torch.from_numpy(features)[None]).item() == pytest.approx(expected[0], rel=1e-14)


def test_weights_depend_on_the_generator_alone():
    torch.manual_seed(0)
    one = network((3, 4, 1), "tanh", seed=5)
    torch.manual_seed(1)
    two, three = network((3, 4, 1), "tanh", seed=5), network((3, 4, 1), "tanh", seed=6)
    assert torch.equal(one.weights[0], two.weights[0])
    assert not torch.equal(one.weights[0], three.weights[0])


@pytest.mark.parametrize(
    ("sizes", "activation"),
    [((3,), "tanh"), ((3, 2), "tanh"), ((0, 1), "tanh"), ((3, 2, 1), "relu"), ((3, 2, 1), ["tanh"]), ((), "tanh")],
)
def test_a_network_that_is_none(sizes, activation):
    with pytest.raises(MlipEduError):
        AtomicNetwork(sizes, activation)
