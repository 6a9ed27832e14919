"""An activation for each hidden layer: gradients, first weights, forward mode and the walkthrough follow it."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from core.gradients import NetworkLoss
from core.nn import ACTIVATIONS, Network
from core.studies.chain_rule.walkthrough import Walkthrough

SMOOTH = [name for name, kind in ACTIVATIONS.items() if not kind().kinks and name != "step"]


def plain_loss(sizes, names, params, X, y):
    """Mean softmax cross-entropy of a network with these activations, written down sample by sample."""
    a, start = X, 0
    for layer, (n_in, n_out) in enumerate(pairwise(sizes)):
        matrix = params[start : start + n_out * (n_in + 1)].reshape(n_out, n_in + 1)
        start += matrix.size
        a = a @ matrix[:, :-1].T + matrix[:, -1]
        if layer < len(names):
            a = ACTIVATIONS[names[layer]]().value(a)
    shifted = a - a.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y])


@hypothesis(max_examples=25, derandomize=True, deadline=None)
@given(st.lists(st.sampled_from(SMOOTH), max_size=4), st.integers(0, 2**31))
def test_an_activation_for_each_layer_has_the_right_gradient(names, seed):
    rng = np.random.default_rng(seed)
    sizes = [2, *rng.integers(1, 5, len(names)), 3]
    network = Network(sizes, names, "softmax_cross_entropy")
    params, X, y = rng.normal(size=network.parameters), rng.normal(size=(6, 2)), np.arange(6) % 3
    loss, grads = network.loss_and_gradient(params, X, y)
    assert loss == pytest.approx(plain_loss(sizes, names, params, X, y), rel=1e-12)
    steps = 1e-6 * np.eye(network.parameters)
    up, down = ([plain_loss(sizes, names, params + way * step, X, y) for step in steps] for way in (1, -1))
    np.testing.assert_allclose(grads, (np.array(up) - down) / 2e-6, rtol=1e-5, atol=1e-7)
    direction = rng.normal(size=network.parameters)
    slope = NetworkLoss(network, X, y).slope(params, direction[None])[0]
    assert slope == pytest.approx(grads @ direction, rel=1e-9, abs=1e-12)


def test_the_walkthrough_knows_the_activation_of_each_layer():
    rng = np.random.default_rng(0)
    network = Network([2, 3, 2, 1], ["relu", "tanh"], "mean_squared_error")
    params, x, t = rng.normal(size=network.parameters), np.array([0.3, -0.8]), 0.4
    walk = Walkthrough(network, params, x, t, lr=0.1)
    want = network.loss_and_gradient(params, x[None], np.array([[t]]))[1]
    np.testing.assert_allclose(walk.gradient(), want, rtol=0, atol=1e-14)


def test_the_first_weights_of_each_layer_have_the_gain_of_its_activation():
    names = ["relu", "tanh", "selu"]
    mixed, same = (Network([4, 5, 6, 5, 3], each, "softmax_cross_entropy") for each in (names, "sigmoid"))
    drawn = [network.unpack(network.initial(np.random.default_rng(3), "kaiming")) for network in (mixed, same)]
    gains = [ACTIVATIONS[name]().gain for name in [*names, names[-1]]]
    assert len(set(gains)) == 3
    for gain, (W, _), (plain, _) in zip(gains, *drawn, strict=True):
        np.testing.assert_allclose(W, gain * plain, rtol=1e-14)
