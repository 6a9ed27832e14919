"""The line search on any function: also on one that answers with nonsense, and where no number is left to try."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scipy import optimize

from core.optimizers.lbfgs import Point, cubic_minimum, strong_wolfe

anything = st.floats()  # NaN, infinity and the smallest numbers too
points = st.builds(Point, anything, anything, anything)
small = st.integers(-9, 9)


def searched(answer, f0, slope0, first, **options):
    """The length that a search takes, and what it was answered at those that it has tried."""
    search, seen = strong_wolfe(f0, slope0, first, **options), {}
    t = next(search)
    try:
        while True:
            assert t not in seen
            seen[t] = answer(t)
            t = search.send(seen[t])
    except StopIteration as end:
        return end.value, seen


@given(points, points)
def test_any_two_points_give_a_number_or_nan(a, b):
    assert isinstance(cubic_minimum(a, b), float)


@given(points, anything, anything)
def test_two_points_at_one_place_have_no_cubic(a, f, slope):
    assert math.isnan(cubic_minimum(a, Point(a.t, f, slope)))


@given(small, small, small, small, small, small)
@example(0, 0, 3, -4, -8, 9)  # where the formula of Nocedal & Wright is 0/0
def test_the_minimum_is_that_of_the_cubic_in_exact_arithmetic(t0, f0, slope0, t1, f1, slope1):
    """p'(t) = A (t - t0)² + B (t - t0) + slope0, by the divided differences of Hermite's interpolation."""
    assume(t0 != t1)
    width = Fraction(t1 - t0)
    rise = (Fraction(f1 - f0) / width - slope0) / width
    twist = (slope1 - slope0 - 2 * rise * width) / width**2
    A, B = 3 * twist, 2 * rise - 2 * twist * width
    found = cubic_minimum(Point(t0, f0, slope0), Point(t1, f1, slope1))
    if math.isnan(found):
        assert B <= 0 if A == 0 else B * B - 4 * A * slope0 <= 0
    else:
        s = Fraction(found) - t0
        reach = max(abs(s), abs(width))
        assert abs(A * s * s + B * s + slope0) <= 1e-9 * (abs(A) * reach**2 + abs(B) * reach + abs(slope0))
        assert 2 * A * s + B >= -1e-6 * (abs(A) * reach + abs(B))


@given(
    st.floats(-1e300, 1e300),
    st.floats(-1e300, -5e-324),
    st.floats(5e-324, 1e308),
    st.lists(st.tuples(anything, anything), min_size=25, max_size=25),
)
def test_whatever_the_function_answers_each_length_is_new_and_the_last_one_descends(f0, slope0, first, answers):
    told = iter(answers)
    t, seen = searched(lambda t: next(told), f0, slope0, first)
    assert all(0.0 < each < math.inf for each in seen)
    assert t == 0.0 or seen[t][0] <= f0 + 1e-4 * t * slope0


@pytest.mark.parametrize("first", [0.0, math.nan, math.inf])
def test_a_first_length_that_is_none_ends_the_search(first):
    assert searched(lambda t: (t * t - t, 2 * t - 1), 0.0, -1.0, first)[0] == 0.0


@given(st.floats(1e-300, 1e300), st.floats(1e-3, 1e3))
def test_a_search_ends_where_no_number_is_left_between_the_ends(edge, first):
    """Downhill to the edge of a cliff, on which no length satisfies both conditions."""
    slope = -1.0 / edge
    t, seen = searched(
        lambda t: (t * slope if t <= edge else math.inf, slope), 0.0, slope, first * edge, trials=10_000, c2=0.5
    )
    assert len(seen) < 1000
    assert edge - 4 * math.ulp(edge) <= t <= edge


@given(st.integers(0, 9), st.integers(0, 9), st.integers(-9, -1), st.sampled_from([0.01, 1.0, 40.0]))
def test_in_a_valley_a_length_is_found_wherever_scipy_finds_one(cubic, square, slope0, first):
    f = np.polynomial.Polynomial([0, slope0, square, cubic, 1])
    slope = f.deriv()
    theirs = optimize.line_search(lambda x: f(x[0]), lambda x: np.array([slope(x[0])]), np.zeros(1), np.ones(1), c2=0.1)
    assume(theirs[0] is not None)
    t, _ = searched(lambda t: (float(f(t)), float(slope(t))), 0.0, slope0, first, c2=0.1)
    assert f(t) <= 1e-4 * t * slope0
    assert abs(slope(t)) <= 0.1 * abs(slope0)
