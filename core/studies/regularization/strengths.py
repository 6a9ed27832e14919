"""How strongly each method holds a network back, chosen on other samples than those it is judged on."""

from collections.abc import Generator, Mapping
from typing import Any

import numpy as np

from core.data import DATASETS, Dataset, stream
from core.data.dataset import SHELF, standardized
from core.settings import number, switch
from core.studies.race import RaceResult, of_runs
from core.studies.tuning import Tuning, choose, unsettled
from core.training import RunSettings

STRENGTHS = np.geomspace(1e-3, 1, 7)  # of penalties
ODDS = np.geomspace(0.1, 10**0.5, 4)  # of a unit to be silenced rather than kept; all odds of up to 99 to 1 are tried
HALVES = 48  # purpose of the random numbers that halve a table


class Half(RunSettings):
    """A run on one half of a bundled table's rows: strengths are tuned on the other. Generated data is whole."""

    tuning: bool = switch(False, "Tuning", "Whether the half is that on which strengths are tuned.")
    halving: int = number(0, 0, 2**31, "Halving", "Draws the halves.")

    def data(self) -> Dataset:
        if DATASETS[self.dataset].generated:
            return super().data()
        asked = (self.dataset, self.tuning, self.halving, self.train, self.irrelevant, self.data_seed)
        return SHELF.take(asked, self._half)

    def _half(self) -> Dataset:
        """A quarter of the half to test on, and at most `train` of the others."""
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
    """A run that holds back with strength 1, with another strength; any below the grid stands for none at all.

    That of dropout is the odds of a unit to be silenced.
    """
    strength = 0.0 if strength < 0.99 * grid(run)[0] else strength
    silenced = np.clip(strength / (1 + strength), 1e-9, 0.99) if run.dropout else 0.0  # above 0, for a stack of its own
    return run.replace(l1=strength * run.l1, l2=strength * run.l2, dropout=float(silenced))


def grid(run: RunSettings) -> np.ndarray:
    """The strengths tried first, rising."""
    return ODDS if run.dropout else STRENGTHS


def tune(result: RaceResult, runs: Mapping[str, RunSettings], until: float) -> Generator[Any, None, dict[str, Tuning]]:
    """The strength of lowest median test loss for each contestant, on samples that nothing is judged on.

    Every trial has all its updates: a network that has hardly begun needs no holding back.
    """
    trials = of_runs(result, runs, until, at, lambda race, label: race.final(label, "test_loss"), least=1.0)
    return (yield from choose(trials, {label: grid(run) for label, run in runs.items()}))


def beyond(tuning: Mapping[str, Tuning]) -> str:
    """Why nothing can be decided where a stronger one than all tried may be better; below the weakest there is none."""
    return unsettled({label: each for label, each in tuning.items() if each.winner > each.rates[0]}, "strength")
