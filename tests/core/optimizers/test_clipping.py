"""Clipping against Python's own hypot, whose squares neither overflow nor vanish."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.optimizers import clip_by_norm

numbers = st.floats(allow_nan=False, allow_infinity=False)  # the smallest and the largest too
LIMITS = st.floats(1e-300, 1e300)


@given(st.lists(st.one_of(numbers, st.sampled_from([0.0, 5e-324, 1e-160, 1e160])), min_size=1, max_size=6), LIMITS)
def test_a_gradient_is_kept_or_is_as_long_as_the_limit(values, limit):
    before = np.array(values)
    g, length = before.copy(), math.hypot(*values)
    assert clip_by_norm(g, limit) == pytest.approx(length, rel=1e-12, abs=5e-324)
    if length <= limit * (1 - 1e-12):
        np.testing.assert_array_equal(g, before)
    elif math.isfinite(length):
        wanted = [float(Fraction(each) * Fraction(limit) / Fraction(length)) for each in values]
        exact = 1e-9 if limit / length > 1e-290 else 1.0  # a factor that is hardly a number has few digits
        np.testing.assert_allclose(g, wanted, rtol=1e-9, atol=exact * limit)
    else:
        assert math.hypot(*g) <= limit * (1 + 1e-9)


@given(st.floats(0, 2.0**127, width=32), st.floats(1e-6, 1e6))  # the limits that settings allow
def test_float32_as_float64(size, limit):
    g = np.array([size, -size, 0.0], "float32")
    wanted = g.astype(float)
    clip_by_norm(g, limit)
    clip_by_norm(wanted, limit)
    assert g.dtype == np.float32
    exact = 1e-44 if size < 1e30 * limit else limit  # a factor that is hardly a number has few digits
    np.testing.assert_allclose(g, wanted, rtol=1e-5, atol=exact)


@given(st.lists(st.sampled_from([0.0, 1e-200, 1e-3, 1.0, 1e3, 1e200]), min_size=2, max_size=5), st.floats(1e-3, 1e3))
def test_a_stack_is_its_runs_one_by_one(sizes, limit):
    stack = np.random.default_rng(0).normal(size=(len(sizes), 7)) * np.array(sizes)[:, None]
    alone = stack.copy()
    norms = clip_by_norm(stack, limit)
    assert norms.tolist() == [clip_by_norm(run, limit) for run in alone]
    np.testing.assert_array_equal(stack, alone)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_gradient_of_0_stays_0_whatever_the_limit(dtype):
    for limit in (1e-300, 1e-50, 1.0, np.array([1e-300, 1.0])):
        g = np.zeros((2, 3), dtype)
        assert not clip_by_norm(g, limit).any()
        assert not g.any()
    assert clip_by_norm(np.zeros((2, 0), dtype), 1.0).tolist() == [0.0, 0.0]


def test_what_is_not_finite_stays_so():
    g = np.array([[np.inf, 1.0], [np.nan, 1.0], [3.0, 4.0]])
    norms = clip_by_norm(g, 1.0)
    assert norms[0] == np.inf
    assert np.isnan(norms[1])
    assert not np.isfinite(g[:2]).all(axis=1).any()
    np.testing.assert_allclose(g[2], [0.6, 0.8])
