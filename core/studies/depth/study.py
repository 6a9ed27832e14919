"""How deep can a network be and still learn? Depth against convergence, by initializer."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.data import DATASETS
from core.gradients import NetworkLoss
from core.nn import ACTIVATIONS, INITIALIZERS
from core.nn.probes import LayerStatistics, first_over_last, layer_statistics
from core.optimizers import BATCH_RULES
from core.settings import choice, choices, number, numbers
from core.statistics import share_of
from core.studies.depth import matched
from core.studies.race import RaceResult, RaceSettings, reaching, training, tune_and_race
from core.training import RunSettings, Trainer

RATES = np.geomspace(3e-3, 0.3, 5)  # shared by all depths and initializers
PROBED = 128  # training samples for the statistics of the layers


class Settings(RaceSettings):
    """The depths, the initializers and the training."""

    dataset: str = choice("digits", DATASETS, "Data", "Data the networks train on.")
    depths: tuple[int, ...] = numbers((1, 10, 30), 1, 30, "Depths", "Numbers of hidden layers to compare.")
    initializers: tuple[str, ...] = choices(
        ("kaiming", "xavier"), INITIALIZERS, "Initializers", "How the initial weights are drawn."
    )
    activation: str = choice("relu", ACTIVATIONS, "Activation", "Used by every hidden unit.")
    width: int = number(24, 2, 128, "Units per layer", "Width of each hidden layer.", work=1)
    samples: int = number(500, 20, 2000, "Training samples", "Limited by the size of the data set.", work=1)
    optimizer: str = choice("momentum", BATCH_RULES, "Update rule", "Used for all networks.")
    batch_size: int = number(64, 1, 512, "Batch size", "Samples used for each gradient.")
    steps: int = number(120, 10, 3000, "Steps", "Number of updates for each network.", work=1)
    target: float = number(1.0, 0.01, 2.5, "Target loss", "Training loss up to which steps are counted.")


@dataclass
class Result(RaceResult):
    """The race of depths, and statistics of the layers before it; a contestant is a depth with an initializer."""

    contestants: dict[str, tuple[int, str]] = field(default_factory=dict)
    layers: dict[str, LayerStatistics] = field(default_factory=dict)  # (seeds, layers), at the initial weights
    errors: dict[str, np.ndarray] = field(default_factory=dict)  # (seeds,), of the gradient at the initial weights
    matched: dict[str, RaceResult] = field(default_factory=dict)  # by task: about one layer against two of equal size

    def deepest(self, initializer: str) -> str:
        """The contestant of greatest depth."""
        return name(max(self.settings.depths), initializer)


def name(depth: int, initializer: str) -> str:
    """Label of a contestant: 'kaiming 30'."""
    return f"{initializer} {depth}"


def run(settings: Settings) -> Iterator[Result]:
    """Measure every layer before training, tune the rates, race."""
    result = Result(settings, "computing δ in every layer")
    result.contestants = {name(d, init): (d, init) for init in settings.initializers for d in settings.depths}
    yield result
    runs = {label: _run(settings, *each) for label, each in result.contestants.items()}
    for label, each in runs.items():
        result.layers[label], result.errors[label] = _look(each, settings)
        result.progress = 0.03 * len(result.layers) / len(runs)
        yield result
    yield from tune_and_race(result, runs, RATES)
    result.phase = "one layer against two of equal size"
    for task in matched.TASKS:
        result.matched[task], race = matched.race(task, settings.seed)
        for _ in race:
            yield result
    result.progress = 1.0
    yield result


def _run(settings: Settings, depth: int, initializer: str) -> RunSettings:
    given = {"train": settings.samples, "test": 300, "initializer": initializer, "frames": 25}
    return training(settings, (settings.width,) * depth, **given)


def _look(run: RunSettings, settings: Settings) -> tuple[LayerStatistics, np.ndarray]:
    """Statistics of every layer at each seed's initial weights, on some training samples, and the gradient's error.

    The error (seeds,) compares the slope along a random unit direction with forward mode, which has no backward pass,
    relative to the gradient's length.
    """
    trainer, data = Trainer([run.replace(seed=settings.seed + k) for k in range(settings.seeds)]), run.data()
    problem = NetworkLoss(trainer.network, data.X_train[:PROBED], data.y_train[:PROBED])
    rng, errors = np.random.default_rng(settings.seed), []
    for params in trainer.params:
        direction = rng.standard_normal(params.size)
        direction /= np.linalg.norm(direction)
        gradient = problem.gradient(params)
        error = abs(problem.slope(params, direction[None])[0] - gradient @ direction)
        errors.append(share_of(error, np.linalg.norm(gradient)))
    x, t = trainer.train.of(trainer.alive)
    return layer_statistics(trainer.network, trainer.params, x[..., :PROBED], t[..., :PROBED]), np.array(errors)


def ratio(layers: LayerStatistics) -> np.ndarray:
    """Delta of the first layer divided by that of the last hidden one, (seeds,): far below 1 means it vanishes."""
    return first_over_last(layers.deltas[:, :-1])


def table(result: Result) -> pd.DataFrame:
    """One row per contestant: depth, initializer, layer statistics, training results."""
    return pd.DataFrame(
        {
            "hidden layers": depth,
            "initializer": initializer,
            "learning rate": result.race.runs[label][0].lr,
            "first / last delta at the start": float(np.median(ratio(result.layers[label]))),
        }
        | reaching(result.race.first_below(label, result.settings.target), "steps")
        | result.race.ends(label)
        for label, (depth, initializer) in result.contestants.items()
    )


def curves(result: Result) -> pd.DataFrame:
    """Every frame of every run: one row per contestant, seed and step."""
    return result.race.tidy()


def fall(result: Result, label: str) -> np.ndarray:
    """Share of the initial loss that training removed, (seeds,)."""
    return 1 - result.race.judged(label, "train_loss") / result.race.values(label, "train_loss")[0]
