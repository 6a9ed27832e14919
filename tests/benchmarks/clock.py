"""A fair clock for a noisy machine: contestants take turns in short slices, and each keeps its best slice."""

import gc
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

Work = Callable[[], object]

SLICE = 0.005  # seconds of work in one turn, or one call that takes longer
EPOCH = 16  # updates in an epoch of our trainer: a slice of several calls holds whole epochs, with their shuffling


def race(contestants: Mapping[str, Work], rounds: int) -> dict[str, float]:
    """Microseconds per call of each contestant: the minimum over interleaved slices.

    They are those of the processor, which other programs on the same core do not lengthen.
    """
    calls = {name: _calls_in_a_slice(work) for name, work in contestants.items()}
    best = dict.fromkeys(contestants, float("inf"))
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, work in contestants.items():
                if calls[name] > 1:
                    work()  # brings its arrays back into the cache
                best[name] = min(best[name], _timed(work, calls[name]))
    finally:
        gc.enable()
    return {name: 1e6 * seconds for name, seconds in best.items()}


def _calls_in_a_slice(work: Work) -> int:
    work()
    calls = 1
    while (seconds := _timed(work, calls) * calls) < SLICE / 2:
        calls = max(2 * calls, int(calls * SLICE / max(seconds, 1e-9) / 4))
    return calls if calls == 1 else math.ceil(calls / EPOCH) * EPOCH


def _timed(work: Work, calls: int) -> float:
    started = time.process_time()
    for _ in range(calls):
        work()
    return (time.process_time() - started) / calls


def fastest(contestants: Mapping[str, Work], rounds: int) -> dict[str, float]:
    """Wall time of one call of each in seconds, for work of several processes: the minimum over rounds in turn."""
    best = dict.fromkeys(contestants, float("inf"))
    for _ in range(rounds):
        for name, work in contestants.items():
            started = time.perf_counter()
            work()
            best[name] = min(best[name], time.perf_counter() - started)
    return best


@contextmanager
def one_core() -> Iterator[None]:
    """Run on the last core only, where the system can do that."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    everything = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(everything)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, everything)
