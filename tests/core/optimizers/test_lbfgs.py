"""L-BFGS where there is nothing to divide by: flat and straight functions, equal points, gradients of any size."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.optimizers import OPTIMIZERS

SEARCHES = [None, "strong_wolfe"]
searches = pytest.mark.parametrize("line_search_fn", SEARCHES)
sizes = st.one_of(st.sampled_from([0.0, 5e-324, 1e-300, 1e-160, 1e-8, 1.0, 1e8, 1e150]), st.floats(1e-3, 1e3))


def walked(value, gradient, start, steps=12, **options):
    """The points and losses on the way, of one run (P,) or of a stack (R, P)."""
    x = np.array(start, dtype=float)
    rule = OPTIMIZERS["lbfgs"](**options).init(x)
    points, losses = [x.copy()], [np.array(value(x))]
    for _ in range(steps):
        rule.step(x, gradient(x), lambda at: (value(at), gradient(at)))
        points.append(x.copy())
        losses.append(np.array(value(x)))
    return np.array(points), np.array(losses)


@searches
@pytest.mark.parametrize("tolerance", [0.0, 1e-7])
def test_where_nothing_leads_down_nothing_moves(line_search_fn, tolerance):
    options = {"line_search_fn": line_search_fn, "tolerance_grad": tolerance, "tolerance_change": tolerance}
    start = [1.0, -2.0, 0.0]
    points, _ = walked(lambda x: 3.0, np.zeros_like, start, **options)
    np.testing.assert_array_equal(points, [start] * 13)
    points, _ = walked(lambda x: np.nan, lambda x: np.full_like(x, np.nan), start, **options)
    np.testing.assert_array_equal(points, [start] * 13)


@searches
def test_down_a_straight_slope_without_end(line_search_fn):
    """The gradient never changes, so that no pair is remembered."""
    slope = np.array([2.0, -1.0])
    _, losses = walked(lambda x: x @ slope, lambda x: slope.copy(), [0.0, 0.0], line_search_fn=line_search_fn)
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]
    assert (np.diff(losses) <= 0).all()  # 0 where a step is lost in the rounding of a place far away


@searches
def test_from_a_slope_onto_a_plain_and_there_to_rest(line_search_fn):
    points, losses = walked(
        lambda x: max(x[0], 0.0), lambda x: np.where(x > 0, 1.0, 0.0), [3.0], line_search_fn=line_search_fn
    )
    assert losses[-1] == 0.0
    np.testing.assert_array_equal(points[-1], points[-2])


@given(st.lists(sizes, min_size=1, max_size=4), st.lists(sizes, min_size=4, max_size=4), st.sampled_from(SEARCHES))
def test_a_bowl_of_any_scale_leads_down_and_never_to_nan(curvatures, start, line_search_fn):
    H, x = np.array(curvatures), np.array(start)[: len(curvatures)]
    with np.errstate(over="ignore", invalid="ignore"):
        first = np.sum(H * x * x) / 2
    assume(np.isfinite(first) and np.isfinite(H * x).all())

    def value(x):
        with np.errstate(over="ignore", invalid="ignore"):
            return np.sum(H * x * x) / 2

    def gradient(x):
        with np.errstate(over="ignore"):
            return H * x

    for tolerance in (0.0, 1e-9):
        options = {"line_search_fn": line_search_fn, "tolerance_grad": tolerance, "tolerance_change": tolerance}
        points, losses = walked(value, gradient, x, **options)
        assert not np.isnan(points).any()
        if line_search_fn:
            assert np.isfinite(points).all()
            assert (np.diff(losses) <= 0).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_pair_without_a_finite_curvature_is_not_remembered(dtype):
    """From one gradient to the next the squares vanish, or overflow: the direction stays that of the gradient."""
    tiny, huge = (1e-30, 1e30) if dtype == "float32" else (1e-200, 1e200)
    for first, second, move in ((2 * tiny, tiny, huge), (2 * huge, -huge, 1.0)):
        x = np.zeros(2, dtype)
        rule = OPTIMIZERS["lbfgs"](lr=1.0, tolerance_grad=0.0, tolerance_change=0.0).init(x)
        rule.step(x, np.array([first, 0.0], dtype))
        rule.buffer["s"][0] = [-move, 0.0]  # the move that led from the first gradient to the second
        rule.step(x, np.array([second, 0.0], dtype))
        assert rule.buffer["pairs"][0] == 0
        assert np.sign(rule.buffer["s"][0, 0]) == -np.sign(second)


@searches
def test_runs_that_rest_or_stand_at_one_place_leave_the_others_alone(line_search_fn):
    H = np.array([1.0, 30.0])

    def value(x):
        return (H * x * x).sum(axis=-1) / 2

    starts = [[3.0, 1.0], [0.0, 0.0], [3.0, 1.0], [-1.0, 2.0]]
    stack, _ = walked(value, lambda x: H * x, starts, line_search_fn=line_search_fn)
    for place, start in enumerate(starts):
        alone, _ = walked(value, lambda x: H * x, start, line_search_fn=line_search_fn)
        np.testing.assert_array_equal(stack[:, place], alone)
    np.testing.assert_array_equal(stack[:, 1], 0.0)
