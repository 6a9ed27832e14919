"""Measures computing time on a machine that also runs other programs."""

import time
from collections.abc import Callable

import numpy as np
from scipy import special

from core.statistics import LEVEL, Difference

FEWEST = 3  # calls
PATIENCE = 10  # spans after which even disturbed calls are accepted
CHEAP = 5.0  # a gradient needs at most this many times the operations of its function (Griewank 1989)


def seconds_of(work: Callable[[], object], span: float = 2e-3) -> float:
    """Seconds of the fastest call in a span of time, after one warm-up call.

    Other programs can only slow a call down, so the fastest is nearest to the truth. Calls are timed one by one, so an
    interruption spoils only one; their number is computed from the fastest.
    """
    work()
    calls, found, now = 0, float("inf"), time.perf_counter()
    end = now + PATIENCE * span
    while calls < FEWEST or (calls * found < span and now < end):
        started = time.perf_counter()
        work()
        now = time.perf_counter()
        calls, found = calls + 1, min(found, now - started)
    return found


def middle(values: np.ndarray) -> Difference:
    """Median of repeated timings (n,) with its rank interval, which is robust to a few disturbed ones.

    The number of timings below the true median follows a binomial distribution.
    """
    ranked = np.sort(values)
    beyond = int(special.bdtrik((1 - LEVEL.get()) / 2, len(ranked), 0.5))
    return Difference(float(np.median(ranked)), float(ranked[beyond]), float(ranked[-1 - beyond]), len(ranked))
