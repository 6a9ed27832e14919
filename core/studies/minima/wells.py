"""Gradient descent on a curve: in a bowl every start leads to the lowest point, with two wells only some do."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.optimizers import OPTIMIZERS
from core.statistics import Share

STARTS, STEPS, RATE = 200, 400, 0.02
REACH = 2.0  # starts lie from -REACH to REACH
ARRIVED = 0.01  # distance that counts as the bottom of a well


@dataclass(frozen=True)
class Well:
    """Gradient descent on one curve f(x) from many starts."""

    x: np.ndarray  # (200,) of the curve
    y: np.ndarray
    lowest: float  # where f is lowest
    bottoms: np.ndarray  # (STARTS,) of the valley that each start lies in
    starts: np.ndarray  # (STARTS,)
    ends: np.ndarray

    @property
    def share(self) -> Share:
        """Number of starts that ended at the lowest point."""
        return Share.of(np.abs(self.ends - self.lowest) <= ARRIVED)

    @property
    def strays(self) -> int:
        """Number of starts that did not end at the bottom of their own valley."""
        return int((np.abs(self.ends - self.bottoms) > ARRIVED).sum())


def wells(tilt: float, seed: int) -> dict[str, Well]:
    """A bowl and a double well f(x) = (x² - 1)² + tilt x, lowest at the same point, from the same starts."""
    lowest, ridge, other = np.sort(np.real(np.roots([4, 0, -4, tilt])))  # the deeper well is on the left
    starts, x = np.random.default_rng(seed).uniform(-REACH, REACH, STARTS), np.linspace(-REACH, REACH, 200)
    bowl = _descend(starts, lambda x: 4 * (x - lowest))
    double = _descend(starts, lambda x: 4 * x**3 - 4 * x + tilt)
    own = np.where(starts < ridge, lowest, other)
    return {
        "a bowl": Well(x, 2 * (x - lowest) ** 2, lowest, np.full(STARTS, lowest), starts, bowl),
        "a double well": Well(x, (x**2 - 1) ** 2 + tilt * x, lowest, own, starts, double),
    }


def _descend(starts: np.ndarray, slope: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    x = starts[:, None].copy()
    rule = OPTIMIZERS["sgd"](lr=RATE).init(x)
    for _ in range(STEPS):
        rule.step(x, slope(x))
    return x[:, 0]
