"""Intervals and tests: differences over paired seeds, shares of successes, exponents of power laws."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import special


@dataclass(frozen=True)
class Difference:
    """Mean of paired differences over seeds, with its 95 % interval (Student's t)."""

    mean: float
    low: float
    high: float
    pairs: int

    @property
    def detected(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


def paired(first: np.ndarray, second: np.ndarray) -> Difference:
    """first - second, seed by seed, both (seeds,); pairs with a value that is not finite are left out."""
    difference = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    difference = difference[np.isfinite(difference)]
    if len(difference) < 2:
        return Difference(np.nan, -np.inf, np.inf, len(difference))
    mean, spread = difference.mean(), difference.std(ddof=1)
    half = special.stdtrit(len(difference) - 1, 0.975) * spread / np.sqrt(len(difference))
    return Difference(float(mean), float(mean - half), float(mean + half), len(difference))


def interval(values: np.ndarray) -> Difference:
    """Mean and 95 % interval of values (seeds,)."""
    return paired(values, np.zeros(len(values)))


def relative(found: np.ndarray, expected: np.ndarray) -> float:
    """Length of the difference over the length of what was expected."""
    return float(np.linalg.norm(found - expected)) / max(float(np.linalg.norm(expected)), 1e-300)


def log_slope(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Slope of log y over log x, by least squares: the exponent of a power law; x (V,), y (..., V), result (...)."""
    centred = np.log(x) - np.log(x).mean()
    return np.log(y) @ centred / (centred @ centred)


@dataclass(frozen=True)
class Share:
    """Successes of so many trials, with Wilson's 95 % interval, which is honest also near 0 and 1 (Wilson 1927)."""

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
        return self._interval[0]

    @property
    def high(self) -> float:
        return self._interval[1]

    @cached_property
    def _interval(self) -> tuple[float, float]:
        from scipy.stats import binomtest

        if not self.trials:
            return 0.0, 1.0
        low, high = binomtest(self.successes, self.trials).proportion_ci(method="wilson")
        return float(low), float(high)

    def minus(self, other: "Share") -> Difference:
        """This share minus the other, trials drawn apart, with its 95 % interval (Newcombe 1998, method 10)."""
        difference = self.value - other.value
        below = float(np.hypot(self.value - self.low, other.high - other.value))
        above = float(np.hypot(self.high - self.value, other.value - other.low))
        return Difference(difference, difference - below, difference + above, min(self.trials, other.trials))

    def __str__(self) -> str:
        return f"{self.successes} of {self.trials} ({self.value:.0%} [{self.low:.0%}, {self.high:.0%}])"
