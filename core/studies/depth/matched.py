"""Does depth help at equal size? One hidden layer and two with about as many parameters, each at its own tuned rate."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from core.studies.race import RaceResult, RaceSettings, tune_and_race
from core.training import RunSettings

DEEP, SHALLOW = "two layers", "one layer"
TASKS: dict[str, tuple[dict[str, tuple[int, ...]], int]] = {  # shapes, updates
    "spirals": ({DEEP: (14, 14), SHALLOW: (60,)}, 300),  # 282 and 302 parameters
    "digits": ({DEEP: (14, 14), SHALLOW: (17,)}, 150),  # 1,270 and 1,285
}
RATES = np.geomspace(1e-3, 0.1, 5)
SEEDS = 20


def race(task: str, seed: int) -> tuple[RaceResult, Iterator[Any]]:
    """The result, and the generator that fills it."""
    shapes, steps = TASKS[task]
    run = RunSettings(
        dataset=task, activation="relu", initializer="kaiming", optimizer="adam", steps=steps, frames=4, dtype="float32"
    )
    result = RaceResult(RaceSettings(seeds=SEEDS, seed=seed))
    return result, tune_and_race(result, {label: run.replace(hidden=shape) for label, shape in shapes.items()}, RATES)
