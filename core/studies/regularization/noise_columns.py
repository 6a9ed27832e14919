"""How many irrelevant features can a model bear? Ng's experiment with linear models on few samples."""

from collections.abc import Iterator

import numpy as np

from core.studies.race import Race, repeated, tuned, tuning_runs
from core.training import RunSettings

COUNTS = (10, 30, 100, 300, 1000)  # irrelevant features beside the three that matter
METHODS = ("none", "l1", "l2")
STRENGTHS = (0.01, 0.03, 0.1, 0.3)
TUNING_SEEDS = 2
STEPS, RATE = 150, 0.3  # of full-batch gradient descent


def sweep(samples: int, noise: float, furthest: int, seed: int, seeds: int) -> Iterator[tuple[float, Race, Race]]:
    """Accuracy as irrelevant features grow, the strengths tuned at each number (Ng 2004, section 5).

    Yields the share of the work done, the race that tunes, and one of contestants like "l1 300", empty until then.
    """
    base = RunSettings(
        dataset="three_of_many",
        train=samples,
        noise=noise,
        hidden=(),
        lr=RATE,
        steps=STEPS,
        batch_size=None,
        frames=1,
    )
    runs = {count: base.replace(irrelevant=count) for count in COUNTS if count <= furthest}
    candidates = {
        (method, count): [run.replace(**{method: strength}) for strength in STRENGTHS]
        for count, run in runs.items()
        for method in METHODS[1:]
    }
    tries = Race({label(*each): tuning_runs(tried, TUNING_SEEDS) for each, tried in candidates.items()})
    for _ in tries.work():
        yield 0.5 * tries.progress, tries, Race({})
    best = {label("none", count): run for count, run in runs.items()}
    for method, count in candidates:
        strength = tuned(tries, label(method, count), STRENGTHS, "test_loss").best
        best[label(method, count)] = runs[count].replace(**{method: strength})
    race = Race({each: repeated(run, seed, seeds) for each, run in best.items()})
    for _ in race.work():
        yield 0.5 + 0.5 * race.progress, tries, race


def label(method: str, count: int) -> str:
    """Label of a contestant: 'l1 300'."""
    return f"{method} {count}"


def accuracy(race: Race, method: str) -> tuple[list[int], np.ndarray]:
    """The numbers of irrelevant features (C,), and the test accuracy at each (C, seeds)."""
    counts = [count for count in COUNTS if label(method, count) in race.runs]
    return counts, np.array([race.final(label(method, count), "test_score") for count in counts])
