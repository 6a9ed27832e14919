"""Full-batch gradient descent of many runs at once, with the loss of every step: what several results are made of."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from core.nn import Network
from core.nn.network import Pass, with_ones

SLICE = 0.02  # seconds of work between two yields


class Descent:
    """params (R, P) <- params - lr dL/d(params), on all samples: X (R or 1, n, features), targets (R or 1, n, k).

    lr: a number, or one for each run. losses: (R,) before each step so far.
    """

    def __init__(self, network: Network, params: np.ndarray, X: np.ndarray, targets: np.ndarray, lr: Any):
        self.network, self.params = network, params
        self.lr = np.reshape(lr, (-1, 1))
        self.x = np.stack([with_ones(each).T for each in X])
        self.t = np.ascontiguousarray(targets.swapaxes(1, 2), dtype=float)
        self.work = Pass(network, params, self.x.shape[-1])
        self.losses: list[np.ndarray] = []

    @np.errstate(all="ignore")  # a run that diverges goes on as NaN, and leaves the others alone
    def step(self) -> None:
        """One update of every run."""
        z = self.work.forward(self.x)
        self.losses.append(self.network.loss.values(z, self.t))
        self.params -= self.lr * self.work.backward(self.t)

    def steps(self, until: int) -> Iterator[None]:
        """Update until there were so many steps; yields now and then, and at the end."""
        deadline = time.perf_counter() + SLICE
        while len(self.losses) < until:
            self.step()
            if time.perf_counter() > deadline:
                yield
                deadline = time.perf_counter() + SLICE
        yield

    def history(self) -> np.ndarray:
        """Losses (steps, R) so far."""
        return np.array(self.losses).reshape(-1, len(self.params))
