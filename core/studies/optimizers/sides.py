"""Two additional races: equal updates for batch and mini-batch, and two losses for one rule."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.data import DATASETS
from core.studies.race import Race, RaceResult, tune_and_race
from core.training import RunSettings

LOSSES = ("softmax_cross_entropy", "mean_squared_error")
GOAL = 0.9  # target training accuracy, which has the same meaning under both losses
UPDATES = 150
EQUAL = "batch, as many updates"


def equal_updates(runs: Sequence[RunSettings], steps: int) -> Race:
    """Batch at its tuned rate, with as many updates as mini-batch."""
    return Race({EQUAL: [run.replace(steps=max(steps, run.steps)) for run in runs]})


@dataclass
class LossRace(RaceResult):
    """One rule and one network with each of the two LOSSES, at separately tuned rates."""

    def updates(self, loss: str) -> np.ndarray:
        """Updates (seeds,) until GOAL of the training samples are right, or all updates if that never happens."""
        right = self.race.values(loss, "train_score") >= GOAL
        steps = self.race.steps(loss)
        return np.where(right.any(axis=0), steps[right.argmax(axis=0)], steps[-1]).astype(float)

    def reached(self, loss: str) -> int:
        """Number of seeds that reached GOAL."""
        return int((self.race.values(loss, "train_score") >= GOAL).any(axis=0).sum())


def losses(result: LossRace, run: RunSettings) -> Iterator[None]:
    """Tune and race; nothing if the data has no classes."""
    if DATASETS[run.dataset].task != "classes":
        return
    runs = {loss: run.replace(loss=loss, steps=UPDATES, frames=UPDATES // 2) for loss in LOSSES}
    rates = np.geomspace(1e-2, 10, 7)
    for _ in tune_and_race(result, runs, rates):
        yield
