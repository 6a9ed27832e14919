"""A fair clock for a noisy machine: contestants take turns in short slices, and each keeps its best slice."""

import gc
import time
from collections.abc import Callable, Mapping

SLICE = 0.015  # seconds of work in one turn
ROUNDS = 10


def race(contestants: Mapping[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """Microseconds per call of each contestant: the minimum over interleaved slices."""
    calls = {name: _calls_in_a_slice(work) for name, work in contestants.items()}
    best = dict.fromkeys(contestants, float("inf"))
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, work in contestants.items():
                best[name] = min(best[name], _timed(work, calls[name]))
    finally:
        gc.enable()
    return {name: 1e6 * seconds for name, seconds in best.items()}


def _calls_in_a_slice(work: Callable[[], object]) -> int:
    work()
    calls = 1
    while (seconds := _timed(work, calls) * calls) < SLICE / 2:
        calls = max(2 * calls, int(calls * SLICE / max(seconds, 1e-9) / 4))
    return calls


def _timed(work: Callable[[], object], calls: int) -> float:
    started = time.perf_counter()
    for _ in range(calls):
        work()
    return (time.perf_counter() - started) / calls


def show(title: str, header: list[str], rows: list[list[object]]) -> None:
    """Print a table with aligned columns."""
    texts = [header, *[[each if isinstance(each, str) else _short(each) for each in row] for row in rows]]
    widths = [max(len(row[column]) for row in texts) for column in range(len(header))]
    print(f"\n\n{title}")
    for row in texts:
        print("  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)))


def _short(value: object) -> str:
    return "-" if value is None else f"{value:.3g}" if isinstance(value, float) and value < 100 else f"{value:.0f}"
