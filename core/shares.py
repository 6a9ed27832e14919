"""Shares of successes with their uncertainty: Wilson's interval, and Newcombe's for the difference of two."""

from dataclasses import dataclass

import numpy as np

Z = 1.959964  # a normal variable stays within ± Z with a probability of 95 %


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
        return self._bound(-1)

    @property
    def high(self) -> float:
        return self._bound(1)

    def _bound(self, side: int) -> float:
        if self.trials == 0:
            return float(side > 0)
        n, p = self.trials, self.value
        reach = Z * np.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
        return float(np.clip((p + Z**2 / (2 * n) + side * reach) / (1 + Z**2 / n), 0, 1))

    def minus(self, other: "Share") -> tuple[float, float]:
        """95 % interval of this share minus the other, trials drawn apart (Newcombe 1998, method 10)."""
        difference = self.value - other.value
        below = np.hypot(self.value - self.low, other.high - other.value)
        above = np.hypot(self.high - self.value, other.value - other.low)
        return float(difference - below), float(difference + above)

    def __str__(self) -> str:
        return f"{self.successes} of {self.trials} ({self.value:.0%} [{self.low:.0%}, {self.high:.0%}])"
