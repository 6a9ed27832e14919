"""Gradient descent on a quadratic bowl: the stability limit 2/L, and the best possible speed of three methods.

f(x) = xᵀHx / 2 with curvatures evenly spaced in logarithm from 1 to L = k and axes rotated at random for each seed;
everything is known in closed form (Polyak 1964; Goh 2017).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.optimizers import OPTIMIZERS

DIMENSIONS = 10
EDGE_STEPS = 200  # at least
GROWTH = 4.0  # margin times the steps at the edge: over it the height grows by a factor of exp(16), from any start
AT_ONCE = 100  # steps between two pauses, some 2 ms
METHODS = ("batch", "momentum", "nesterov")  # full-batch gradient descent is called "batch"


@dataclass(frozen=True)
class Walk:
    """Distances to the minimum (T + 1, seeds) and heights f (T + 1, seeds), relative to their initial values."""

    distances: np.ndarray
    heights: np.ndarray

    def rates(self) -> np.ndarray:
        """Contraction per step (seeds,) over the second half of the path, since the first half may differ."""
        half, last = len(self.distances) // 2, len(self.distances) - 1
        return (self.distances[last] / self.distances[half]) ** (1 / (last - half))


def optimum(method: str, k: float) -> tuple[dict[str, float], float]:
    """The best hyper-parameters on a bowl of curvatures 1 to k, and their theoretical contraction per step.

    Plain: lr 2 / (1 + k), (k - 1) / (k + 1). Heavy ball: lr (2 / (1 + √k))², momentum = rate², (√k - 1) / (√k + 1).
    Nesterov: lr 1 / k; the square root of 1 - 1/√k bounds the distance, since 1 - 1/√k bounds f (Nesterov 2004).
    """
    root = np.sqrt(k)
    rate = float((root - 1) / (root + 1))
    if method == "batch":
        return {"lr": 2 / (1 + k)}, (k - 1) / (k + 1)
    if method == "momentum":
        return {"lr": float((2 / (1 + root)) ** 2), "momentum": rate**2}, rate
    return {"lr": 1 / k, "momentum": rate}, float(np.sqrt(1 - 1 / root))


def steps(k: float) -> int:
    """Enough steps for the slowest direction to dominate, few enough to stay above 1e-110, whose square is not zero."""
    return min(max(150, round(12 * k)), round(-250 / np.log(optimum("momentum", k)[1])))


def parabola(k: float, shares: np.ndarray, steps: int) -> np.ndarray:
    """Plain gradient descent from 1 on the parabola of curvature k: (rates, steps + 1).

    shares: of the edge 2/k, one for each rate.
    """
    x = np.ones((len(shares), 1))
    rule = OPTIMIZERS["sgd"](lr=shares * 2 / k)
    rule.init(x)
    path = [x.copy()]
    for _ in range(steps):
        rule.step(x, k * x)
        path.append(x.copy())
    return np.hstack(path)


class Bowl:
    """Runs down the bowl: `edge` just under and just over 2/L, `best` at the optimum of each method."""

    def __init__(self, k: float, margin: float, seed: int, seeds: int):
        self.k, self.margin = k, margin
        self.edge: dict[str, Walk] = {}
        self.best: dict[str, Walk] = {}
        rngs = [np.random.default_rng(seed + each) for each in range(seeds)]
        axes = np.array([np.linalg.qr(rng.standard_normal((DIMENSIONS, DIMENSIONS)))[0] for rng in rngs])
        self.hessians = axes * np.geomspace(1, k, DIMENSIONS) @ axes.swapaxes(1, 2)
        self.starts = np.array([rng.standard_normal(DIMENSIONS) for rng in rngs])

    def work(self) -> Iterator[None]:
        """Run all of them; yields now and then."""
        steps_at_edge = max(EDGE_STEPS, round(GROWTH / self.margin))
        for name, factor in (("under", 1 - self.margin), ("over", 1 + self.margin)):
            for walk in self._walk("batch", steps_at_edge, {"lr": factor * 2 / self.k}):
                self.edge[name] = walk
                yield
        for method in METHODS:
            for walk in self._walk(method, steps(self.k), optimum(method, self.k)[0]):
                self.best[method] = walk
                yield

    def _walk(self, method: str, steps: int, hyper: dict[str, float]) -> Iterator[Walk]:
        """Yields the path so far."""
        rule = OPTIMIZERS["sgd" if method == "batch" else method](**hyper)
        x = self.starts.copy()
        rule.init(x)
        distances, heights = np.empty((2, steps + 1, len(x)))
        for step in range(steps + 1):
            slopes = np.einsum("sij,sj->si", self.hessians, x)
            distances[step], heights[step] = np.linalg.norm(x, axis=1), (slopes * x).sum(axis=1) / 2
            rule.step(x, slopes)
            if step % AT_ONCE == 0 or step == steps:
                yield Walk(distances[: step + 1] / distances[0], heights[: step + 1] / heights[0])
