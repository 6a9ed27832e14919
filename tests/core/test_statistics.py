"""Intervals, shares, exponents and lengths where values are equal, alone, missing, or hardly numbers."""

import math
import statistics
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.statistics import (
    Share,
    confidence,
    holm,
    interval,
    lengths,
    log_slope,
    paired,
    paired_logs,
    relative,
    share_of,
)

anything = st.floats()
numbers = st.floats(allow_nan=False, allow_infinity=False)
sizes = st.one_of(st.sampled_from([0.0, 5e-324, 1e-200, 1.0, 1e200, 1.7e308]), st.floats(0, 1e308))


def root(square):
    """The root of a fraction of any size, to the last digits of a float."""
    shift = 2 * ((square.denominator.bit_length() - square.numerator.bit_length() + 200) // 2)
    return Fraction(math.isqrt(int(square * Fraction(2) ** shift))) / Fraction(2) ** (shift // 2)


def as_float(exact):
    try:
        return float(exact)
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


@given(st.lists(numbers, min_size=2, max_size=8))
def test_the_interval_is_students_whatever_the_size_of_the_numbers(values):
    found, exact = interval(np.array(values)), [Fraction(value) for value in values]
    mean = statistics.mean(exact)
    spread = root(statistics.variance(exact) / len(values)) if len(set(values)) > 1 else 0
    half = Fraction(stats.t.ppf(0.975, len(values) - 1)) * spread
    scale = max(map(abs, exact)) + half
    for number, wanted in ((found.mean, mean), (found.low, mean - half), (found.high, mean + half)):
        if math.isfinite(as_float(wanted * (1 + Fraction(1e-9)))):
            assert abs(Fraction(number) - wanted) <= Fraction(1e-9) * scale + Fraction(1e-322)
        else:
            assert abs(number) > 1e308


@given(st.lists(st.tuples(anything, anything), max_size=8))
def test_any_pairs_have_an_interval_or_none(pairs):
    first, second = np.array(pairs).reshape(-1, 2).T
    found = paired(first, second)
    known = [a - b for a, b in pairs if math.isfinite(a) and math.isfinite(b) and math.isfinite(a - b)]
    assert found.pairs == len(known)
    if len(known) < 2:
        assert math.isnan(found.mean)
        assert (found.low, found.high) == (-math.inf, math.inf)
        assert not found.detected
    else:
        assert found.low <= found.mean <= found.high


def test_equal_differences_leave_no_doubt():
    for value in (0.0, 1.0, -1e200, 1e-200):
        found = interval(np.full(5, value))
        assert (found.low, found.mean, found.high) == pytest.approx((value,) * 3, rel=1e-15)


@given(st.lists(st.tuples(sizes, sizes), min_size=3, max_size=8))
def test_factors_are_differences_of_logarithms_where_both_have_one(pairs):
    first, second = np.array(pairs).T
    known = [(math.log(a), math.log(b)) for a, b in pairs if a > 0 and b > 0]
    found = paired_logs(first, second)
    assert found.pairs == len(known)
    if len(known) > 1:
        assert found.mean == pytest.approx(statistics.mean([a - b for a, b in known]), rel=1e-9, abs=1e-12)


@given(sizes, sizes)
def test_a_share_of_nothing_is_0_or_infinite(part, whole):
    found = share_of(part, whole)
    if part and whole:
        assert found == as_float(Fraction(part) / Fraction(whole))
    else:
        assert found == (math.inf if part else 0.0)
    np.testing.assert_array_equal(share_of(np.array([part, 0.0]), whole), [found, 0.0])
    assert share_of(part, -0.0) == share_of(part, 0.0)


def test_what_is_unknown_has_no_share():
    assert np.isnan(share_of(np.nan, 1.0))
    assert np.isnan(share_of(0.0, np.nan))
    assert np.isnan(share_of(np.inf, np.inf))
    assert relative(np.zeros(3), np.zeros(3)) == 0.0
    assert relative(np.ones(3), np.zeros(3)) == math.inf
    assert relative(np.array([3.0, 1.0]), np.array([3.0, 0.0])) == pytest.approx(1 / 3)


@given(st.lists(numbers, min_size=1, max_size=6))
def test_lengths_are_those_of_hypot(values):
    found = lengths(np.array([values, np.ones(len(values))]))[0]
    assert found == pytest.approx(math.hypot(*values), rel=1e-12, abs=1e-150)


@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=6), st.floats(-3, 3), st.floats(1e-6, 1e6))
def test_the_exponent_of_a_power_law(x, power, factor):
    x = np.array(x)
    found = log_slope(x, np.array([factor * x**power, np.ones(len(x))]))
    assert np.isnan(found).all() if len({*x}) == 1 else found == pytest.approx([power, 0.0], abs=1e-6)


@given(st.lists(st.tuples(st.integers(1, 9), anything), min_size=1, max_size=4))
def test_no_exponent_without_two_sizes_and_positive_numbers(points):
    x, y = np.array(points).T
    known = len({*x}) > 1 and all(0 < each < math.inf for each in y)
    assert np.isnan(log_slope(x, y)) != known


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_shares_of_no_trial_leave_everything_open(successes, more, others, most):
    share, other = Share(successes, successes + more), Share(others, others + most)
    assert 0.0 <= share.low <= share.value <= share.high <= 1.0
    difference = share.minus(other)
    assert difference.low <= difference.mean <= difference.high
    if not (share.trials and other.trials):
        assert not difference.detected


def test_a_difference_that_is_exactly_zero_leaves_the_others_of_a_family_as_clear_as_they_were():
    rng = np.random.default_rng(0)
    clear = 1 + 0.1 * rng.standard_normal(8)
    both = holm({"nothing": np.zeros(8), "clear": clear})
    assert not both["nothing"].detected
    with confidence(0.975):
        assert both["clear"] == interval(clear)
