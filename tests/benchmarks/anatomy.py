"""What one update consists of: its numpy calls, its passes over arrays, and where its time goes.

A frame belongs to the part that its file names. Calls are counted by arrays that report what is done to them; time is
taken by a profiler that charges every moment to the function on top.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any
from unittest.mock import patch

import numpy as np

from tests.benchmarks import contestants as by
from tests.benchmarks.clock import EPOCH, SLICE
from tests.benchmarks.report import Section
from tests.benchmarks.steps import NETS, RUNS, Times, sizes_of

CORE = f"{Path(__file__).parents[2] / 'core'}/"
PARTS = {
    "nn/activations": "activations",
    "nn/losses": "loss",
    "optimizers/": "optimizer",
    "training/batches": "gathering",
}
KINDS = ["products", "activations", "loss", "optimizer", "gathering", "rest"]
FUNCTIONS = {"matmul": "products", "dot": "products", "take": "gathering"}  # whoever calls them
MAKERS = ("empty", "zeros", "ones", "full", "stack", "ascontiguousarray")
WARM = 3  # steps that make the buffers


@cache
def part(file: str) -> str | None:
    """The part of an update that a file of the core does; None elsewhere, which serves whoever called."""
    if not file.startswith(CORE):
        return None
    return next((name for start, name in PARTS.items() if file.startswith(CORE + start)), "rest")


class Seen(np.ndarray):
    """An array that reports every numpy call on it, in place and by operators too; what is made of it does so too."""

    report: Callable[[str, int], None]

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: tuple = (), **options: Any) -> Any:
        self._tell(ufunc.__name__, (*inputs, *out))
        given = {name: _plain(value) for name, value in options.items()}
        if out:
            given["out"] = tuple(map(_plain, out))
        found = getattr(ufunc, method)(*map(_plain, inputs), **given)
        if out:
            return out[0]
        return found.view(Seen) if isinstance(found, np.ndarray) else found

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        self._tell(function.__name__, (*args, *kwargs.values()))
        found = function(*map(_plain, args), **{name: _plain(value) for name, value in kwargs.items()})
        return found.view(Seen) if isinstance(found, np.ndarray) else found

    def __setitem__(self, key: Any, value: Any) -> None:
        view = self.view(np.ndarray)
        self._tell("copyto", (view[key],))
        view[key] = value

    def take(self, *where: Any, **options: Any) -> Any:
        return np.take(self, *where, **options)

    def _tell(self, name: str, arrays: Iterable[Any]) -> None:
        Seen.report(name, max(getattr(each, "size", 1) for each in arrays))


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(map(_plain, value))
    return value.view(np.ndarray) if isinstance(value, Seen) else value


def calls(sizes: list[int], batch: int, runs: int) -> tuple[Counter[str], Counter[str]]:
    """Numpy calls of one update by kind, and the elements that they go through (of their largest array)."""
    number: Counter[str] = Counter()
    elements: Counter[str] = Counter()

    def report(name: str, size: int) -> None:
        frame: FrameType | None = sys._getframe(3)
        while frame and not part(frame.f_code.co_filename):
            frame = frame.f_back
        kind = FUNCTIONS.get(name) or (part(frame.f_code.co_filename) if frame else None) or "rest"
        number[kind] += 1
        elements[kind] += size

    with ExitStack() as patches:
        Seen.report = staticmethod(lambda name, size: None)
        for name in MAKERS:
            make = getattr(np, name)
            patches.enter_context(patch.object(np, name, lambda *a, make=make, **k: make(*a, **k).view(Seen)))
        step = by.trainer(sizes, batch, runs)
        for _ in range(WARM):
            step()
        Seen.report = staticmethod(report)
        step()
    return number, elements


def call_section(nets: dict[str, int] = NETS) -> Section:
    rows = []
    for net, batch in nets.items():
        sizes = sizes_of(net)
        parameters = sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes))
        for runs in RUNS:
            number, elements = calls(sizes, batch, runs)
            units = sum(elements[kind] for kind in ("activations", "loss", "rest")) / (runs * batch * sum(sizes[1:]))
            passes = [elements["optimizer"] / (runs * parameters), units]
            rows.append([net, runs, sum(number.values()), *[number[kind] for kind in KINDS], *passes])
    how = (
        "Numpy calls in one `Trainer.update`, counted by arrays that report what is done to them. Passes are the "
        "elements that these calls go through, products and gathering left out: those of the optimizer over the number "
        "of parameters, those of the others over the number of units times the batch."
    )
    header = ["network", "runs", "numpy calls", *KINDS, "passes over parameters", "passes over units"]
    return Section("Numpy calls of a step", how, header, rows)


class Clock:
    """A profiler that charges time to the part on top of the stack."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self.stack = ["rest"]
        self.last = time.perf_counter()

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        self.seconds[self.stack[-1]] += time.perf_counter() - self.last
        if event == "call":
            kind = FUNCTIONS.get(frame.f_code.co_name) if frame.f_code.co_filename == __file__ else None
            self.stack.append(kind or part(frame.f_code.co_filename) or self.stack[-1])
        elif event == "return" and len(self.stack) > 1:
            self.stack.pop()
        self.last = time.perf_counter()


def _framed(name: str) -> Callable[..., Any]:
    """A numpy function with a frame of its own, by which the profiler knows it."""
    function = getattr(np, name)

    def framed(*args: Any, **options: Any) -> Any:
        return function(*args, **options)

    framed.__code__ = framed.__code__.replace(co_name=name)
    return framed


def shares(sizes: list[int], batch: int, runs: int, updates: int, rounds: int) -> dict[str, float]:
    """Share of each kind in the time of so many updates; of each kind the least time of some rounds counts."""
    with ExitStack() as patches:
        for name in FUNCTIONS:
            patches.enter_context(patch.object(np, name, _framed(name)))
        step = by.trainer(sizes, batch, runs)
        found = [_profiled(step, updates) for _ in range(WARM + rounds)]
    best = {kind: min(seconds[kind] for seconds in found[WARM:]) for kind in KINDS}
    return {kind: seconds / sum(best.values()) for kind, seconds in best.items()}


def _profiled(step: Callable[[], object], times: int) -> Counter[str]:
    clock = Clock()
    sys.setprofile(clock)
    try:
        for _ in range(times):
            step()
    finally:
        sys.setprofile(None)
    return clock.seconds


def profile_section(missed: Iterable[str], times: Times, rounds: int) -> Section:
    """Where the time goes in the networks that missed a target."""
    rows = []
    for net in missed:
        for runs in RUNS:
            whole = times[net][runs]["with batches"]
            updates = EPOCH if whole * runs < 1e6 * SLICE else 1  # with the shuffling, where it takes time
            each = shares(sizes_of(net), NETS[net], runs, updates, rounds)
            rows.append([net, runs, whole, *[whole * each[kind] for kind in KINDS], f"{each['products']:.0%}"])
    how = (
        "Microseconds per step and run, for the networks in which a target was missed: the time *with batches* above, "
        "split by the shares that a profiler finds. It adds some work at every function call, so the parts with many "
        "short calls look a little longer than they are."
    )
    return Section("Where the time goes", how, ["network", "runs", "with batches", *KINDS, "share of products"], rows)
