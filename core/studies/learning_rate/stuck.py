"""Do schedules free networks that get stuck? XOR learnt by two units, many times over, with a schedule and without."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from core.statistics import Share
from core.studies.race import Race, RaceResult, of_runs, repeated
from core.studies.tuning import choose
from core.training import RunSettings

TRIALS = 60  # trainings with the schedule, and as many others at a constant rate
FREE = 0.1  # training loss that only a network which is not stuck gets below: with one corner wrong it stays above 0.2
RATES = np.geomspace(0.01, 10, 7)
XOR = RunSettings(
    dataset="xor", noise=0, train=40, test=40, hidden=(2,), activation="relu", batch_size=8, steps=300, frames=4
)


class Freed(RaceResult):
    """A constant rate against the schedule of lowest loss in the tuning, each at its own tuned rate."""

    @property
    def schedule(self) -> str:
        """The schedule that is compared."""
        return next(name for name in self.race.runs if name != "constant")

    def share(self, label: str) -> Share:
        """Trainings that did not get stuck."""
        return Share.of(self.race.final(label, "train_loss") < FREE)


def free(result: Freed, schedules: Sequence[str]) -> Iterator[Any]:
    """Tune all of them, then train with the best one and without, on seeds of their own; yields the result."""
    runs = {name: XOR.replace(schedule=name) for name in ("constant", *schedules)}
    result.tuning = yield from choose(of_runs(result, runs, 0.5), dict.fromkeys(runs, RATES))
    best = min(schedules, key=lambda name: result.tuning[name].loss)
    seeds = {"constant": result.settings.seed, best: result.settings.seed + TRIALS}
    result.race = Race(
        {name: repeated(runs[name].replace(lr=result.tuning[name].best), seed, TRIALS) for name, seed in seeds.items()}
    )
    yield from result.race.advance(result, 1.0)
