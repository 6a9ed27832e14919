"""Every minimizer where it has nothing to divide by: at minima and saddles, on plains, with points that coincide."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.checks import InputError
from core.minimizers import LANDSCAPES, MINIMIZERS, Problem
from core.minimizers.base import Evaluator, Reason

names = pytest.mark.parametrize("name", MINIMIZERS)
GLOBAL = [name for name, method in MINIMIZERS.items() if "lower" in method.needs]


def search(name, problem, start, budget=60, **options):
    """A search that does not stop before the gradient is 0, where the method has a tolerance at all."""
    options |= {"tolerance": 0.0} if "tolerance" in MINIMIZERS[name].options() else {}
    found = MINIMIZERS[name](**options)(problem, start, budget, np.random.default_rng(0))
    assert isinstance(found.reason, Reason)
    assert np.isfinite(found.x).all()
    assert np.isfinite(found.path).all() or found.reason == Reason.NOT_FINITE
    assert found.value <= problem.value(np.asarray(start, float))
    return found


def places(land):
    """Minima, the middle, where saddles lie, the corners, and a place between numbers."""
    (left, right), (low, high) = land.bounds
    inside = left <= 0 <= right and low <= 0 <= high
    return [*land.minima, land.start, (left, low), (right, high), *([(0.0, 0.0), (5e-324, 5e-324)] if inside else [])]


@names
@pytest.mark.parametrize("landscape", LANDSCAPES)
def test_from_minima_saddles_and_corners(name, landscape):
    land = LANDSCAPES[landscape]
    lower, upper = np.array(land.bounds, dtype=float).T
    for start in places(land):
        search(name, Problem(land.value, land.gradient, land.hessian, lower, upper), np.array(start, float))


@pytest.mark.parametrize("name", sorted(MINIMIZERS.keys() - GLOBAL))
@pytest.mark.parametrize("start", [(1e3, 1e3), (-30.0, 20.0), (-24.0, -24.0)])
def test_far_out_on_a_plain(name, start):
    """Of Easom's function, whose slope is a tiny number there, or 0."""
    land = LANDSCAPES["easom"]
    search(name, Problem(land.value, land.gradient, land.hessian), start)


@names
@pytest.mark.parametrize("start", [(0.0, 0.0), (5e-324, 0.0), (1e-200, -1e-200)])
@pytest.mark.parametrize(
    ("value", "slope", "curvature"),
    [
        (lambda x: 0.0 * x[0], lambda x: 0.0 * x, 0.0),
        (lambda x: x.sum(), np.ones_like, 0.0),
        (lambda x: 1e-200 * x.sum(), lambda x: np.full_like(x, 1e-200), 0.0),
        (lambda x: 1e-310 * (x @ x) / 2, lambda x: 1e-310 * x, 1e-310),
        (lambda x: np.abs(x).sum(), np.sign, 0.0),
    ],
)
def test_functions_without_slope_or_curvature(name, start, value, slope, curvature):
    box = np.full(2, 3.0)
    search(name, Problem(value, slope, lambda x: curvature * np.eye(2), -box, box), np.array(start))


@given(
    st.sampled_from(["newton", "saddle_free_newton", "conjugate_gradient", "bfgs", "lbfgs"]),
    st.tuples(*[st.sampled_from([-1e8, -1.0, -1e-300, 0.0, 5e-324, 1e-300, 1e-8, 1.0, 1e8, 1e300])] * 2),
    st.tuples(*[st.sampled_from([-1e160, -1.0, 0.0, 1e-300, 1e-160, 1.0, 1e150])] * 2),
)
def test_curvatures_and_starts_of_any_size(name, curvatures, start):
    H, start = np.diag(curvatures), np.array(start)
    with np.errstate(all="ignore"):
        if np.isfinite(start @ H @ start):
            problem = Problem(lambda x: x @ H @ x / 2, lambda x: H @ x, lambda x: H)
            search(name, problem, start)


def test_conjugate_gradient_restarts_where_no_old_gradient_can_be_divided_by():
    """The squares of the first gradient vanish, those behind the edge do not."""
    edge = 1e-171
    problem = Problem(
        lambda x: -max(x[0] - edge, 0.0), lambda x: np.array([-1.0 if x[0] > edge else -1e-170]), lambda x: np.eye(1)
    )
    assert search("conjugate_gradient", problem, [0.0], 200).value < -1.0


@np.errstate(all="ignore")  # as in every search
def test_conjugate_gradient_tries_a_plain_length_where_the_parabola_is_lowest_beyond_all_numbers():
    problem = Problem(lambda x: -x[0], lambda x: np.array([-1.0, 5e-324 if x.any() else 0.0]))
    e = Evaluator(problem, np.zeros(2), 100)
    t, f, _ = MINIMIZERS["conjugate_gradient"].along(e, np.zeros(2), 0.0, np.array([-1.0, 0.0]), np.ones(2))
    assert 0.0 < t < np.inf
    assert f == -t


def test_a_population_at_one_place_stays_there():
    box = np.array([1.0, -2.0])
    problem = Problem(lambda x: float(x @ x), lambda x: 2 * x, lower=box, upper=box)
    for name in sorted({*GLOBAL} - {"annealing"}):
        np.testing.assert_array_equal(search(name, problem, box).x, box)
    with pytest.raises(InputError, match="upper - lower is 0"):
        MINIMIZERS["annealing"]()(problem, box, 60, np.random.default_rng(0))


@pytest.mark.parametrize("name", GLOBAL)
@pytest.mark.parametrize("reach", [np.inf, 1.7e308])
def test_a_box_without_end_is_refused(name, reach):
    box = np.array([1.0, reach])
    problem = Problem(lambda x: float(x @ x), lambda x: 2 * x, lower=-box, upper=box)
    with pytest.raises(InputError, match="upper - lower is inf"):
        MINIMIZERS[name]()(problem, [0.0, 0.0], 60, np.random.default_rng(0))
