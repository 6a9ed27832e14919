"""Intervals and tests: differences over paired seeds, shares of successes, exponents of power laws."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from scipy import special

LEVEL = ContextVar("confidence of every interval", default=0.95)


@contextmanager
def confidence(level: float) -> Iterator[None]:
    """Within the context, all intervals use this confidence, 0 to 1, instead of 0.95."""
    token = LEVEL.set(level)
    try:
        yield
    finally:
        LEVEL.reset(token)


@dataclass(frozen=True)
class Difference:
    """Mean of paired differences over seeds, with its interval (Student's t) of 95 %, or of `confidence`."""

    mean: float
    low: float
    high: float
    pairs: int

    @property
    def detected(self) -> bool:
        """Whether the interval excludes zero."""
        return self.low > 0 or self.high < 0


@np.errstate(over="ignore", invalid="ignore")  # left-out pairs and infinite bounds
def paired(first: np.ndarray, second: np.ndarray) -> Difference:
    """first - second, paired by seed, both (seeds,); pairs with a non-finite value are left out."""
    difference = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    difference = difference[np.isfinite(difference)]
    if len(difference) < 2:
        return Difference(np.nan, -np.inf, np.inf, len(difference))
    peak = np.abs(difference).max()
    unit = 1.0 if 1e-100 < peak < 1e100 or not peak else peak  # differences whose squares overflow
    mean, spread = (difference / unit).mean(), (difference / unit).std(ddof=1)
    half = special.stdtrit(len(difference) - 1, (1 + LEVEL.get()) / 2) * spread / np.sqrt(len(difference))
    mean, low, high = unit * np.array([mean, mean - half, mean + half])
    return Difference(float(mean), float(low), float(high), len(difference))


def paired_logs(first: np.ndarray, second: np.ndarray) -> Difference:
    """ln(first / second), paired by seed, for what differs by factors; pairs with a value not above 0 are left out."""
    return paired(*(np.log(np.where(each > 0, each, np.nan)) for each in (first, second)))


def interval(values: np.ndarray) -> Difference:
    """Mean and interval of values (seeds,)."""
    return paired(values, np.zeros(len(values)))


def holm(differences: Mapping[str, np.ndarray]) -> dict[str, Difference]:
    """Means of several paired differences (seeds,), with intervals by Holm's correction (Holm 1979).

    An interval excludes zero exactly if that correction rejects zero; after the first that does not, all are as wide.
    """
    chances = {name: _chance(interval(each)) for name, each in differences.items()}
    found, kept = {}, 0
    for place, name in enumerate(sorted(chances, key=lambda name: chances[name])):
        with confidence(1 - (1 - LEVEL.get()) / (len(chances) - (place if not kept else kept - 1))):
            found[name] = interval(differences[name])
        if not kept and not found[name].detected:
            kept = place + 1
    return {name: found[name] for name in differences}


def _chance(found: Difference) -> float:
    """The two-sided p-value of a mean under zero (Student's t)."""
    half = found.high - found.mean
    if not np.isfinite(half):
        return 1.0
    quantile = special.stdtrit(found.pairs - 1, (1 + LEVEL.get()) / 2)
    if not half:
        return float(found.mean == 0)
    return float(2 * special.stdtr(found.pairs - 1, -abs(found.mean) * quantile / half))


@np.errstate(divide="ignore", over="ignore", invalid="ignore")
def share_of(part: Any, whole: Any) -> Any:
    """part / whole for sizes: 0 if both are 0, infinite if only the whole is."""
    return np.divide(part, np.where(whole == 0, part == 0, whole))


@np.errstate(over="ignore", invalid="ignore")
def lengths(vectors: np.ndarray) -> np.ndarray:
    """Euclidean norms (...) of vectors (..., n), even if squares overflow."""
    found = np.linalg.norm(vectors, axis=-1)
    if np.isinf(found).any():
        peak = np.abs(vectors).max(axis=-1, keepdims=True)
        unit = np.where((found < np.inf)[..., None] | np.isinf(peak), 1, peak)
        found = np.where(unit[..., 0] == 1, found, unit[..., 0] * np.linalg.norm(vectors / unit, axis=-1))
    return found


def relative(found: np.ndarray, expected: np.ndarray) -> float:
    """Norm of the difference divided by the norm of the expected vector."""
    return float(share_of(np.linalg.norm(found - expected), np.linalg.norm(expected)))


def log_slope(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Slope of log y over log x by least squares, a power law's exponent: x (V,), y (..., V); NaN if there is none."""
    centred = np.log(x) - np.log(x).mean()
    square = centred @ centred if len(np.unique(x)) > 1 else np.nan
    return np.log(np.where((y > 0) & np.isfinite(y), y, np.nan)) @ centred / square


@dataclass(frozen=True)
class Share:
    """Successes out of a number of trials, with Wilson's interval, which is reliable near 0 and 1 too (Wilson 1927)."""

    successes: int
    trials: int

    @classmethod
    def of(cls, successes: np.ndarray) -> "Share":
        """Count booleans (trials,)."""
        return cls(int(np.sum(successes)), len(successes))

    @property
    def value(self) -> float:
        return self.successes / max(1, self.trials)

    @property
    def low(self) -> float:
        return _wilson(self.successes, self.trials, LEVEL.get())[0]

    @property
    def high(self) -> float:
        return _wilson(self.successes, self.trials, LEVEL.get())[1]

    def minus(self, other: "Share") -> Difference:
        """This share minus the other, from independent trials, with its interval (Newcombe 1998, method 10)."""
        difference = self.value - other.value
        below = float(np.hypot(self.value - self.low, other.high - other.value))
        above = float(np.hypot(self.high - self.value, other.value - other.low))
        return Difference(difference, difference - below, difference + above, min(self.trials, other.trials))

    def __str__(self) -> str:
        return f"{self.successes} of {self.trials} ({self.value:.0%} [{self.low:.0%}, {self.high:.0%}])"


@lru_cache(maxsize=1000)
def _wilson(successes: int, trials: int, level: float) -> tuple[float, float]:
    from scipy.stats import binomtest

    if not trials:
        return 0.0, 1.0
    low, high = binomtest(successes, trials).proportion_ci(level, method="wilson")
    return float(low), float(high)
