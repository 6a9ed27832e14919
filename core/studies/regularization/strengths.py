"""The strength of each method, tuned on separate samples."""

from collections.abc import Generator, Mapping
from typing import Any

import numpy as np

from core.data import DATASETS, Dataset, stream
from core.data.dataset import SHELF, standardized
from core.settings import number, switch
from core.studies.race import RaceResult, of_runs
from core.studies.tuning import Tuning, choose, unsettled
from core.training import RunSettings

STRENGTHS = np.geomspace(1e-3, 1, 7)  # strengths of penalties
ODDS = np.geomspace(0.1, 10**0.5, 4)  # odds of silencing a unit rather than keeping it, up to 99 to 1
HALVES = 48  # random stream for halving a table


class Half(RunSettings):
    """A run on half of a bundled table's rows; strengths are tuned on the others. Generated data is not halved."""

    tuning: bool = switch(False, "Tuning", "Use the half on which strengths are tuned.")
    halving: int = number(0, 0, 2**31, "Halving", "Seed for the halves.")

    def data(self) -> Dataset:
        if DATASETS[self.dataset].generated:
            return super().data()
        asked = (self.dataset, self.tuning, self.halving, self.train, self.irrelevant, self.data_seed)
        return SHELF.take(asked, self._half)

    def _half(self) -> Dataset:
        """A quarter of the half for testing, and at most `train` of the others for training."""
        source = DATASETS[self.dataset]
        X, y = source.make()
        outputs = int(y.max()) + 1 if source.task == "classes" else 1
        own = stream(self.halving, HALVES).permutation(len(y))[int(self.tuning) :: 2]
        rng = stream(self.data_seed, "data")
        rng.shuffle(own)
        test, train = own[: len(own) // 4], own[len(own) // 4 :][: self.train]
        X = np.hstack([X, rng.standard_normal((len(X), self.irrelevant))])
        return standardized(self.dataset, source.task, outputs, X[train], y[train], X[test], y[test])


def at(run: RunSettings, strength: float) -> RunSettings:
    """A run of strength 1, changed to another strength; any below the grid counts as none.

    The strength of dropout is the odds of silencing a unit.
    """
    strength = 0.0 if strength < 0.99 * grid(run)[0] else strength
    silenced = (
        np.clip(strength / (1 + strength), 1e-9, 0.99) if run.dropout else 0.0
    )  # above 0, so that it gets its own stack
    return run.replace(l1=strength * run.l1, l2=strength * run.l2, dropout=float(silenced))


def grid(run: RunSettings) -> np.ndarray:
    """The first strengths tried, rising."""
    return ODDS if run.dropout else STRENGTHS


def tune(result: RaceResult, runs: Mapping[str, RunSettings], until: float) -> Generator[Any, None, dict[str, Tuning]]:
    """The strength of lowest median test loss for each contestant, on separate samples.

    Every trial has all its updates: a network that has hardly started does not overfit.
    """
    trials = of_runs(result, runs, until, at, lambda race, label: race.final(label, "test_loss"), least=1.0)
    return (yield from choose(trials, {label: grid(run) for label, run in runs.items()}))


def beyond(tuning: Mapping[str, Tuning]) -> str:
    """Why nothing can be decided if a stronger one than all tried may be better; the weakest already means none."""
    return unsettled({label: each for label, each in tuning.items() if each.winner > each.rates[0]}, "strength")
