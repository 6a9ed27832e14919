"""Penalties, dropout and early stopping against their formulas and their statistics."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.checks import InputError
from core.nn import Network
from core.nn.layers import Dropout
from core.nn.network import Pass, WeightPenalty, limit_norms, with_ones
from core.optimizers import OPTIMIZERS


def one_step(rule, l2, decay):
    """Parameters after two updates with an L2 penalty or with the optimizer's own weight decay."""
    rng = np.random.default_rng(1)
    network = Network([2, 3, 1], "tanh", "mean_squared_error", l2=l2)
    params, X, y = network.initial(rng), rng.normal(size=(8, 2)), rng.normal(size=8)
    optimizer = OPTIMIZERS[rule](lr=0.1, weight_decay=decay).init(params)
    for _ in range(2):
        loss_and_gradient = network.loss_and_gradient(params, X, y)
        optimizer.step(params, loss_and_gradient[1])
    return network.unpack(params)[0][0]


def test_value_and_gradient_on_weights_only():
    is_weight = np.array([1.0, 1.0, 0.0, 1.0])
    params = np.array([2.0, -3.0, 5.0, 0.0])
    penalty = WeightPenalty(0.1, 0.01, lambda: is_weight)
    assert penalty.value(params) == pytest.approx(0.1 * 5 + 0.005 * 13)
    grads = np.ones(4)
    penalty.add_gradient(params, grads, np.empty(4))
    np.testing.assert_allclose(grads, [1 + 0.1 + 0.02, 1 - 0.1 - 0.03, 1, 1])  # 0 at w = 0


def test_strengths_of_each_run():
    is_weight, params = np.array([1.0, 0.0]), np.array([[2.0, 9.0], [-4.0, 9.0]])
    penalty = WeightPenalty(np.array([0.0, 0.5]), np.array([0.1, 0.0]), lambda: is_weight)
    np.testing.assert_allclose(penalty.value(params), [0.2, 2.0])
    grads = np.zeros((2, 2))
    penalty.add_gradient(params, grads, np.empty((2, 2)))
    np.testing.assert_allclose(grads, [[0.2, 0], [-0.5, 0]])


@pytest.mark.parametrize("rule", ["sgd", "momentum", "nesterov"])
def test_l2_is_weight_decay_for_gradient_descent(rule):
    np.testing.assert_allclose(one_step(rule, l2=0.3, decay=0.0), one_step(rule, l2=0.0, decay=0.3), atol=2e-3)


def test_l2_is_not_the_decay_of_adamw():
    assert np.abs(one_step("adamw", l2=0.3, decay=0.0) - one_step("adamw", l2=0.0, decay=0.3)).max() > 1e-2


def test_dropout_keeps_the_mean(rng):
    """The mean of an activation over 10,000 masks is the activation without dropout, within 5 standard errors."""
    network = Network([3, 8, 1], "tanh", "mean_squared_error", dropout=True)
    params, x = network.initial(rng)[None], with_ones(rng.normal(size=(10_000, 3))[:1].repeat(10_000, axis=0)).T[None]
    work = Pass(network, params, 10_000)
    plain = work.forward(x).copy()
    (layer,) = work.masks
    for rate in (0.1, 0.5, 0.9):
        layer.draw(0, rng, rate)
        assert set(np.unique(layer.mask)) == {0.0, 1 / (1 - rate)}
        dropped = work.forward(x)
        error = dropped.mean() - plain[0, 0, 0]
        assert abs(error) < 5 * dropped.std() / 100


def test_dropout_stops_the_gradient_of_silent_units(rng):
    network = Network([3, 8, 1], "tanh", "mean_squared_error", dropout=True)
    params, x = network.initial(rng)[None], with_ones(rng.normal(size=(4, 3))).T[None]
    work = Pass(network, params, 4)
    work.masks[0].mask[:] = 0
    work.masks[0].mask[:, 5] = 2.0
    work.forward(x)
    (W1, b1), (W2, _) = network.unpack(work.backward(rng.normal(size=(1, 1, 4)))[0])
    silent = np.arange(8) != 5
    assert not W1[silent].any()
    assert not b1[silent].any()
    assert not W2[0, silent].any()
    assert W1[5].all()


@pytest.mark.parametrize("rate", [-0.1, 1.0, 1.5, np.nan, "a"])
def test_bad_dropout_is_named(rate, rng):
    with pytest.raises(InputError, match="dropout is"):
        Dropout().draw(0, rng, rate)


weights = st.one_of(st.sampled_from([0.0, 5e-324, 1e-160, 1.0, 1e160, 1e300]), st.floats(-1e3, 1e3))


@given(st.lists(st.lists(weights, min_size=3, max_size=3), min_size=1, max_size=4), st.floats(1e-3, 1e3))
@np.errstate(over="ignore")  # of squares
def test_a_unit_keeps_its_weights_or_is_as_long_as_the_limit(units, limit):
    W = np.array([units])
    limit_norms(W, limit)
    for before, after in zip(units, W[0], strict=True):
        length = math.hypot(*before)
        if length <= limit * (1 - 1e-12):
            np.testing.assert_array_equal(after, before)
        else:
            np.testing.assert_allclose(after, np.array(before) * (limit / length), rtol=1e-9, atol=1e-9 * limit)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_units_without_weights_and_units_that_overflow_leave_the_others_alone(dtype, rng):
    W = rng.normal(size=(2, 3, 4)).astype(dtype)
    W[0, 0], W[1, 1] = 0.0, np.array([3, 4, 0, 0]) * (1e30 if dtype == "float32" else 1e200)
    alone = [W[run : run + 1].copy() for run in range(2)]
    with np.errstate(over="ignore"):
        limit_norms(W, np.array([0.5, 2.0]))
        for each, limit in zip(alone, (0.5, 2.0), strict=True):
            limit_norms(each, limit)
    np.testing.assert_array_equal(W, np.concatenate(alone))
    assert not W[0, 0].any()
    np.testing.assert_allclose(W[1, 1], [1.2, 1.6, 0, 0], rtol=1e-6)
