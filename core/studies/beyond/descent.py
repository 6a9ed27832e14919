"""What several results share: full-batch descent of many runs, looks along the way, and tidy curves."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd

from core.nn import Network
from core.nn.network import Pass, with_ones
from core.studies.race import SLICE, Growing


class Descent:
    """params (R, P) <- params - lr dL/d(params), on all samples: X (S, n, features), targets (S, n, k).

    Runs take the S data sets in turn. lr: a number, or one for each run. losses: (R,) before each step so far.
    """

    def __init__(self, network: Network, params: np.ndarray, X: np.ndarray, targets: np.ndarray, lr: Any):
        self.network, self.params = network, params
        self.lr = np.reshape(lr, (-1, 1))
        times = 1 if len(X) == 1 else len(params) // len(X)  # a single data set serves all runs as it is
        self.x = np.tile([with_ones(each).T for each in X], (times, 1, 1))
        self.t = np.tile(targets.swapaxes(1, 2).astype(float), (times, 1, 1))
        self.work = Pass(network, params, self.x.shape[-1])
        self.losses: list[np.ndarray] = []

    @np.errstate(all="ignore")  # a run that diverges continues as NaN, and leaves the others alone
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


@dataclass
class Watched(Growing):
    """Trainings of several contestants with the same seeds: losses (steps, contestants, seeds) before each update.

    looks: updates before each look. seen: what was found there, each (contestants, seeds) or (contestants, seeds, k).
    """

    losses: np.ndarray = field(default_factory=lambda: np.empty((0, 1, 1)))
    looks: list[int] = field(default_factory=list)
    seen: list[np.ndarray] = field(default_factory=list)

    def watch(
        self, descent: Descent, steps: Iterable[int], look: Callable[[int, np.ndarray], Any], *more: int
    ) -> Iterator[Self]:
        """Train, and look at each run's params (P,) by its place after so many steps; NaN for a run that diverged.

        more: the shape of what a look finds.
        """
        runs, steps = len(descent.params), list(steps)
        shape = runs // len(self.seeds), len(self.seeds)
        for step in steps:
            for _ in descent.steps(step):
                yield self
            found = np.full((runs, *more), np.nan)
            for place, params in enumerate(descent.params):
                if np.isfinite(params).all():
                    with np.errstate(all="ignore"):  # of weights that are about to overflow
                        found[place] = look(place, params)
                yield self
            self.losses = np.array(descent.losses).reshape(-1, *shape)
            self.looks.append(step)
            self.seen.append(found.reshape(*shape, *more))
            self.progress = min(0.99, len(self.looks) / len(steps))
            yield self
        self.progress = 1.0
        yield self


def tidy(axes: Mapping[str, Iterable[Any]], **columns: np.ndarray) -> pd.DataFrame:
    """One row for each cell of arrays of one shape, whose axes have these names and values."""
    rows = pd.MultiIndex.from_product([list(values) for values in axes.values()], names=list(axes))
    return rows.to_frame(index=False).assign(**{name: values.ravel() for name, values in columns.items()})
