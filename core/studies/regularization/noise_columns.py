"""How many useless columns does it take to fool a model? Ng's experiment with linear models on few samples."""

from collections.abc import Iterator

import numpy as np

from core.statistics import paired
from core.studies.race import Race, Verdict, by_interval, repeated, tuned, tuning_runs
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
    tries = Race(
        {
            f"{method} {count}": tuning_runs(
                [run.replace(**{method: strength}) for strength in STRENGTHS], TUNING_SEEDS
            )
            for count, run in runs.items()
            for method in METHODS[1:]
        }
    )
    for _ in tries.work():
        yield 0.5 * tries.progress, tries, Race({})
    best = {f"none {count}": run for count, run in runs.items()}
    for label in tries.runs:
        method, count = label.split(" ")
        best[label] = runs[int(count)].replace(**{method: tuned(tries, label, STRENGTHS, "test_loss").best})
    race = Race({label: repeated(run, seed, seeds) for label, run in best.items()})
    for _ in race.work():
        yield 0.5 + 0.5 * race.progress, tries, race


def accuracy(race: Race, method: str) -> tuple[list[int], np.ndarray]:
    """The numbers of irrelevant features (C,), and the test accuracy at each (C, seeds)."""
    counts = [int(label.split(" ")[1]) for label in race.runs if label.startswith(f"{method} ")]
    return counts, np.array([race.final(f"{method} {count}", "test_score") for count in counts])


def ng_verdict(race: Race) -> Verdict:
    """Whether L1 withstands irrelevant features better than L2."""
    scores = {method: accuracy(race, method)[1] for method in METHODS}
    counts = accuracy(race, "none")[0]
    lead = paired(scores["l1"][-1], scores["l2"][-1])
    listed = ", ".join(f"{method} {each[0].mean():.3f} to {each[-1].mean():.3f}" for method, each in scores.items())
    return Verdict(
        0,
        "L1 withstands irrelevant features better than L2",
        "linear models at the largest number of irrelevant features: test accuracy with L1 minus with L2, paired; an "
        "interval above zero: holds; below: does not hold.",
        by_interval(lead),
        f"Accuracy from {counts[0]} to {counts[-1]} irrelevant features: {listed}. There, L1 minus L2: {lead}.",
        "Ng 2004",
    )
