"""Does computing one gradient by several processes save time? Only the command starts processes, pages cannot."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import NamedTuple

import numpy as np

from core.nn import Network
from core.statistics import relative

PROCESSES = ContextVar("processes that may share a gradient", default=1)
REPETITIONS = 10  # repetitions, each with one process and with several
FEATURES, CLASSES = 64, 10
SIZES = {  # samples, and units of each hidden layer
    "a large network": (8192, (256, 256)),
    "a small network": (512, (16,)),
}


class Shared(NamedTuple):
    """Seconds (REPETITIONS,) for the gradient over all samples by one process and by several; their difference."""

    alone: np.ndarray
    together: np.ndarray
    difference: float  # relative to the gradient's length
    granted: float  # share of the time in which each process had a core


@contextmanager
def processes(number: int) -> Iterator[None]:
    """Allow this many processes within the context."""
    token = PROCESSES.set(number)
    try:
        yield
    finally:
        PROCESSES.reset(token)


@cache
def _problem(name: str) -> tuple[Network, np.ndarray, np.ndarray]:
    """The network with random samples (n, features) and classes (n,); values do not affect the time."""
    samples, hidden = SIZES[name]
    network = Network([FEATURES, *hidden, CLASSES], "relu", "softmax_cross_entropy")
    return network, np.random.default_rng(0).standard_normal((samples, FEATURES)), np.arange(samples) % CLASSES


def part_of_gradient(name: str, params: np.ndarray, part: int, parts: int) -> tuple[np.ndarray, float]:
    """Contribution of one of equal parts of the samples to the full gradient (P,); the core's share of the time."""
    network, X, y = _problem(name)
    rows = slice(len(X) * part // parts, len(X) * (part + 1) // parts)
    started, worked = time.perf_counter(), time.process_time()
    grads = len(X[rows]) / len(X) * network.loss_and_gradient(params, X[rows], y[rows])[1]
    return grads, (time.process_time() - worked) / (time.perf_counter() - started)


def measure() -> Iterator[tuple[str, Shared]]:
    """Compute gradients alternately with one process and with all that are allowed; nothing if only one is."""
    allowed = PROCESSES.get()
    if allowed < 2:
        return
    from joblib import Parallel, delayed, parallel_config

    with parallel_config(backend="loky", inner_max_num_threads=1), Parallel(n_jobs=allowed) as pool:
        for name in SIZES:
            params = _problem(name)[0].initial(np.random.default_rng(0), "kaiming")
            seconds, granted = np.empty((1 + REPETITIONS, 2)), []
            for repetition in range(1 + REPETITIONS):
                started = time.perf_counter()
                alone = part_of_gradient(name, params, 0, 1)[0]
                between = time.perf_counter()
                parts = pool(delayed(part_of_gradient)(name, params, k, allowed) for k in range(allowed))
                together = np.sum([grads for grads, _ in parts], axis=0)
                seconds[repetition] = between - started, time.perf_counter() - between
                granted.append(min(core for _, core in parts))
            alone_s, together_s = seconds[1:].T  # the first repetition creates the data in each process
            yield name, Shared(alone_s, together_s, relative(together, alone), float(np.median(granted[1:])))
