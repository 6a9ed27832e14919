"""What helps networks that get stuck? Many runs of XOR with two units: random weights, and schedules."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from core.statistics import Share
from core.studies.race import Race, RaceResult, of_runs, repeated
from core.studies.tuning import Trials, choose
from core.training import RunSettings

TRIALS = 60  # runs with the schedule, and as many at a constant rate and from equal weights
EQUAL = "equal weights"
FREE = 0.1  # training loss below which a network is not stuck: with one corner wrong it stays above 0.2
RATES = np.geomspace(10**-1.5, 10**1.5, 7)
GROUP = 5  # runs whose mean loss counts as one in tuning: a single run is stuck or free by its initial weights
XOR = RunSettings(
    dataset="xor", noise=0, train=40, test=40, hidden=(2,), activation="relu", batch_size=8, steps=300, frames=4
)


class Freed(RaceResult):
    """Random weights at a constant rate, random weights with the schedule of lowest tuning loss, and equal weights.

    The first two each have their own tuned rate; equal weights use that of random ones at a constant rate.
    """

    @property
    def schedule(self) -> str:
        """The compared schedule."""
        return next(name for name in self.race.runs if name not in ("constant", EQUAL))

    def share(self, label: str) -> Share:
        """Runs that did not get stuck."""
        return Share.of(self.race.final(label, "train_loss") < FREE)


def _in_groups(trials: Trials) -> Trials:
    """The same trials, each replaced by GROUP of them."""

    def grouped(
        wanted: Mapping[Any, np.ndarray], seeds: int, share: float
    ) -> Generator[Any, None, dict[Any, np.ndarray]]:
        found = yield from trials(wanted, GROUP * seeds, share)
        return {label: losses.reshape(-1, seeds, GROUP).mean(axis=2) for label, losses in found.items()}

    return grouped


def free(result: Freed, schedules: Sequence[str]) -> Iterator[Any]:
    """Tune all schedules, then train with the best one and without, on separate seeds; yields the result."""
    runs = {name: XOR.replace(schedule=name) for name in ("constant", *schedules)}
    trials = of_runs(result, runs, 0.6, score=lambda race, label: race.judged(label, "train_loss"), frames=1)
    result.tuning = yield from choose(_in_groups(trials), dict.fromkeys(runs, RATES))
    best = min(schedules, key=lambda name: result.tuning[name].loss)
    compared = {name: runs[name].replace(lr=result.tuning[name].best) for name in ("constant", best)}
    compared[EQUAL] = compared["constant"].replace(initializer="constant")
    first = result.settings.seed
    result.race = Race(
        {name: repeated(run, first + k * TRIALS, TRIALS) for k, (name, run) in enumerate(compared.items())}
    )
    yield from result.race.advance(result, 1.0)
