"""Measures computing time on a machine that also runs other programs."""

import sys
import time
from collections.abc import Callable

import numpy as np
from scipy import special

from core.statistics import LEVEL, Difference

# Seconds for which this thread had a processor: other programs do not count, nor what other visitors do meanwhile.
# Windows counts them in steps of 16 ms.
clock = time.perf_counter if sys.platform == "win32" else time.thread_time
FEWEST = 3  # calls
PATIENCE = 10  # spans after which even disturbed calls are accepted
CHEAP = 5.0  # a gradient needs at most this many times the operations of its function (Griewank 1989)


def seconds_of(work: Callable[[], object], span: float = 2e-3) -> float:
    """Seconds of the fastest call in a span of time, after one warm-up call.

    Others can only slow a call down, by what they leave in the caches, so the fastest is nearest to the truth. Calls
    are timed one by one; their number is computed from the fastest.
    """
    work()
    calls, found, now = 0, float("inf"), clock()
    end = now + PATIENCE * span
    while calls < FEWEST or (calls * found < span and now < end):
        started = clock()
        work()
        now = clock()
        calls, found = calls + 1, min(found, now - started)
    return found


def middle(values: np.ndarray) -> Difference:
    """Median of repeated timings (n,) with its rank interval, which is robust to a few disturbed ones.

    The number of timings below the true median follows a binomial distribution.
    """
    ranked = np.sort(values)
    beyond = int(special.bdtrik((1 - LEVEL.get()) / 2, len(ranked), 0.5))
    return Difference(float(np.median(ranked)), float(ranked[beyond]), float(ranked[-1 - beyond]), len(ranked))
