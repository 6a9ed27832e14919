"""How long a piece of work takes, on a machine that does other things as well."""

import time
from collections.abc import Callable

import numpy as np

# This thread's own computing time where the system counts it finely, so that others at work do not disturb it.
CLOCK = time.thread_time if time.get_clock_info("thread_time").resolution < 1e-6 else time.perf_counter
LEAST = 1e-3  # seconds of one measurement: shorter ones would measure the clock
MOST_CALLS = 50


def seconds(work: Callable[[], object], repeats: int = 5) -> np.ndarray:
    """Seconds of one call in each of `repeats` measurements (repeats,), after one call to warm up.

    A measurement takes about LEAST seconds, or one call. What else the machine does can only slow the work down, so
    the smallest is nearest to the truth.
    """
    started = CLOCK()
    work()
    calls = int(np.clip(LEAST / max(CLOCK() - started, 1e-7), 1, MOST_CALLS))
    found = np.empty(repeats)
    for place in range(repeats):
        started = CLOCK()
        for _ in range(calls):
            work()
        found[place] = (CLOCK() - started) / calls
    return found
