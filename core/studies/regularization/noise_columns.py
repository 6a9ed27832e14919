"""How many irrelevant features can a model tolerate? Ng's experiment with linear models on few samples."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from core.studies.race import Race, RaceResult, repeated
from core.studies.regularization.strengths import at, tune
from core.training import RunSettings

COUNTS = (10, 100, 300, 1000)  # numbers of irrelevant features, in addition to three relevant ones
METHODS = ("none", "l1", "l2")
STEPS, RATE = 150, 0.3  # learning rate of full-batch gradient descent


def sweep(result: RaceResult) -> Iterator[Any]:
    """Accuracy by number of irrelevant features, with strengths tuned for each number (Ng 2004, section 5).

    Fills `result` with contestants like "l1 300", and yields it as it grows.
    """
    settings = result.settings
    base = RunSettings(
        dataset="three_of_many",
        train=settings.few,
        noise=settings.noise,
        hidden=(),
        lr=RATE,
        steps=STEPS,
        batch_size=None,
        frames=1,
    )
    plain = {count: base.replace(irrelevant=count) for count in COUNTS if count <= settings.furthest}
    penalized = {
        label(method, count): run.replace(**{method: 1.0}) for method in METHODS[1:] for count, run in plain.items()
    }
    result.tuning = yield from tune(result, penalized, 0.7)
    runs = {label("none", count): run for count, run in plain.items()}
    runs |= {each: at(run, result.tuning[each].best) for each, run in penalized.items()}
    result.race = Race({each: repeated(run, settings.seed, settings.seeds) for each, run in runs.items()})
    yield from result.race.advance(result, 1.0)


def label(method: str, count: int) -> str:
    """Label of a contestant: 'l1 300'."""
    return f"{method} {count}"


def accuracy(race: Race, method: str) -> tuple[list[int], np.ndarray]:
    """The numbers of irrelevant features (C,), and the test accuracy at each (C, seeds)."""
    counts = [count for count in COUNTS if label(method, count) in race.runs]
    return counts, np.array([race.final(label(method, count), "test_score") for count in counts])
