"""Curvature from gradients alone, and the noise of the gradient, against formulas and explicit Hessians."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.checks import InputError
from core.gradients import NetworkLoss, extreme_curvature, gradient_noise, hessian, hessian_vector
from core.minimizers import LANDSCAPES
from core.nn import Network

rng = np.random.default_rng


def network_loss(seed, sizes=(3, 5, 2), loss="mean_squared_error", l2=0.0):
    draw = rng(seed)
    network = Network(list(sizes), "tanh", loss, l2=l2)
    X, y = draw.standard_normal((20, sizes[0])), draw.standard_normal((20, sizes[-1]))
    return network, NetworkLoss(network, X, y), network.initial(draw), X, y


class Parabola:
    """½ xᵀ A x - bᵀ x, whose Hessian is A everywhere."""

    def __init__(self, A, b):
        self.A, self.b = A, b

    def gradient(self, x):
        return x @ self.A - self.b


@pytest.mark.parametrize("name", [name for name in LANDSCAPES if name != "ackley"])
def test_it_is_the_second_derivative_that_a_landscape_writes_down(name):
    landscape, x = LANDSCAPES[name], rng(1).uniform(0.3, 0.9, 2)

    class Stacked:
        def gradient(self, params):
            flat = [landscape.gradient(each) for each in params.reshape(-1, 2)]
            return np.reshape(flat, params.shape)

    expected = np.asarray(landscape.hessian(x))
    np.testing.assert_allclose(hessian(Stacked(), x), expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


@given(st.integers(0, 1000))
def test_of_a_parabola_it_is_its_matrix_whatever_the_direction(seed):
    draw = rng(seed)
    A = draw.standard_normal((6, 6))
    A = A + A.T
    problem, x, v = Parabola(A, draw.standard_normal(6)), draw.standard_normal(6), 1e3 * draw.standard_normal(6)
    np.testing.assert_allclose(hessian_vector(problem, x, v), A @ v, rtol=1e-6, atol=1e-5)
    assert not hessian_vector(problem, x, np.zeros(6)).any()
    value, axis = extreme_curvature(problem, x)
    assert value == pytest.approx(np.linalg.eigvalsh(A)[-1], rel=1e-5, abs=1e-5)
    np.testing.assert_allclose(A @ axis, value * axis, atol=1e-4)


@pytest.mark.parametrize("l2", [0.0, 0.3])
def test_of_a_network_it_agrees_with_differences_of_its_loss_alone(l2):
    _, problem, params, *_ = network_loss(2, l2=l2)
    H, step = hessian(problem, params), 1e-4
    for seed in range(5):
        u, v = rng(seed).standard_normal((2, params.size))
        corners = [problem.value(params + step * (a * u + b * v)) for a in (1, -1) for b in (1, -1)]
        mixed = (corners[0] - corners[1] - corners[2] + corners[3]) / (4 * step**2)
        assert u @ H @ v == pytest.approx(mixed, rel=1e-4, abs=1e-5)
    stack = rng(9).standard_normal((4, params.size))
    np.testing.assert_allclose(hessian_vector(problem, params, stack), stack @ H, rtol=1e-5, atol=1e-7)


def test_lanczos_finds_the_end_of_the_spectrum_also_from_a_good_start():
    _, problem, params, *_ = network_loss(3, (3, 12, 6, 2))
    expected = np.linalg.eigvalsh(hessian(problem, params))[-1]
    first = extreme_curvature(problem, params)
    again = extreme_curvature(problem, params, start=first.axis)
    assert first.value == pytest.approx(expected, rel=1e-3)
    assert again.value == pytest.approx(expected, rel=1e-3)
    assert np.linalg.norm(first.axis) == pytest.approx(1)
    assert extreme_curvature(problem, params) == (first.value, pytest.approx(first.axis))  # nothing is drawn


@pytest.mark.parametrize("parameters", [3, 300])
def test_a_loss_that_is_linear_has_no_curvature_at_any_size(parameters):
    class Linear:
        def gradient(self, params):
            return np.ones_like(params)

    value, axis = extreme_curvature(Linear(), np.ones(parameters))
    assert value == 0
    assert np.linalg.norm(axis) == pytest.approx(1)


def test_no_number_has_no_curvature():
    _, problem, params, *_ = network_loss(4)
    with pytest.raises(InputError, match="params contains NaN"):
        extreme_curvature(problem, np.full(params.size, np.nan))
    assert np.isnan(extreme_curvature(problem, np.full(params.size, 1e200)).value)


@pytest.mark.parametrize("parameters", [3, 300])
def test_where_gradients_are_finite_in_one_direction_only_there_is_none_and_no_error(parameters):
    class Torn:
        seen = 0

        def gradient(self, params):
            self.seen += 1
            return params if self.seen == 1 else np.full_like(params, np.nan)

    value, axis = extreme_curvature(Torn(), np.ones(parameters))
    assert np.isnan(value)
    assert np.isfinite(axis).all()


@pytest.mark.parametrize("l2", [0.0, 0.5])
def test_noise_is_the_spread_of_the_samples_own_gradients(l2):
    network, _, params, X, y = network_loss(5, l2=l2)
    plain = Network(network.sizes, "tanh", "mean_squared_error")
    each = np.array([plain.loss_and_gradient(params, X[i : i + 1], y[i : i + 1])[1] for i in range(len(X))])
    found = gradient_noise(network, params, X, y)
    mean = each.mean(axis=0)
    np.testing.assert_allclose(mean, plain.loss_and_gradient(params, X, y)[1], rtol=1e-10, atol=1e-14)
    assert found.square == pytest.approx(mean @ mean)
    assert found.spread == pytest.approx(np.trace(np.cov(each.T, bias=True)))
    assert found.scale == pytest.approx(found.spread / found.square)


def test_batches_differ_as_much_as_the_noise_scale_says():
    """The definition: with batches of B = tr(Σ)/|G|² samples the noise of their mean is as long as the gradient."""
    network, _, params, X, y = network_loss(6)
    size = max(1, round(gradient_noise(network, params, X, y).scale))
    full = network.loss_and_gradient(params, X, y)[1]
    draws = [rng(k).integers(0, len(X), size) for k in range(4000)]
    off = [np.square(network.loss_and_gradient(params, X[d], y[d])[1] - full).sum() for d in draws]
    scale = gradient_noise(network, params, X, y).scale
    assert np.mean(off) / (full @ full) == pytest.approx(scale / size, rel=0.1)


def test_equal_samples_have_no_noise_and_no_gradient_has_infinite_noise():
    network, _, params, X, y = network_loss(7)
    same = gradient_noise(network, params, np.tile(X[:1], (5, 1)), np.tile(y[:1], (5, 1)))
    assert same.scale == pytest.approx(0, abs=1e-12)
    flat = Network([1, 1], "tanh", "mean_squared_error")
    found = gradient_noise(flat, np.zeros(2), np.array([[1.0], [1.0]]), np.array([[1.0], [-1.0]]))
    assert found.scale == np.inf
    with pytest.raises(InputError, match="y has 3 rows"):
        gradient_noise(network, params, X, y[:3])
