"""Digits as images: a small convolutional network against one hidden layer with about as many parameters."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from core.data import Dataset
from core.data.domains import DOMAINS
from core.statistics import paired
from core.studies.contract import FAILS, HOLDS, UNDECIDED, Finding, Quantity, Rule, detected
from core.studies.race import RaceResult, tune_and_race
from core.studies.tuning import unsettled
from core.training import RunSettings, Trainer

CONVOLUTION, DENSE = "convolution", "one hidden layer"
LAYERS = ("conv-6-3", "max_pool-2", "flatten")  # 6 filters of 3 x 3, then max pooling over 2 x 2
RATES = np.array([0.01, 0.03, 0.1, 0.3])  # the same for both

SMALL_NET = "a small convolutional network with max pooling ({parameters, convolution} parameters)"
LAYER = "one hidden layer ({parameters, one hidden layer} parameters)"
BETTER = Rule(
    0,
    "test accuracy on digits of 8 x 8 pixels, convolution with pooling minus one hidden layer, paired over seeds, "
    "each with its own initial weights and its own split of the same 1,797 digits; learning rates tuned on separate "
    "seeds. The interval lies above zero: holds; below: does not hold; otherwise not decided",
    detected,
    {
        HOLDS: f"On digits of 8 x 8 pixels {SMALL_NET} was more accurate than {LAYER}: {{lead in accuracy:signed}}.",
        FAILS: f"On digits of 8 x 8 pixels {SMALL_NET} was less accurate than {LAYER}: {{lead in accuracy:signed}}.",
        UNDECIDED: f"On digits of 8 x 8 pixels {SMALL_NET} and {LAYER} were too close to tell: "
        "{lead in accuracy:signed} in accuracy.",
    },
    question="on digits of 8 x 8 pixels a small convolutional network is more accurate than one hidden layer with "
    "about as many parameters",
    source="LeCun 1989, Generalization and network design strategies",
)


def race(result: RaceResult, epochs: int) -> Iterator[Any]:
    """Tune both networks, then train them for each seed with its own split and initial weights."""
    convolution = RunSettings(
        dataset="digits",
        layers=LAYERS,
        activation="relu",
        initializer="kaiming",
        optimizer="adam",
        batch_size=DOMAINS["image"].batch_size,
        data_seed=result.settings.seed,
        frames=epochs,
        dtype="float32",
    )
    data, trainer = convolution.data(), Trainer([convolution])
    convolution = convolution.replace(steps=epochs * -(-len(data.X_train) // trainer.batches.size))
    dense = convolution.replace(layers=(), hidden=(units(trainer.network.parameters, data),))
    yield result
    yield from tune_and_race(result, {CONVOLUTION: convolution, DENSE: dense}, RATES)


def units(parameters: int, data: Dataset) -> int:
    """Number of hidden units of one layer that comes nearest to this number of parameters: w (n + 1) + k (w + 1)."""
    return max(1, round((parameters - data.outputs) / (data.features + 1 + data.outputs)))


def finding(result: RaceResult) -> Finding:
    """Which network recognizes digits more accurately."""
    scores = {label: result.race.final(label, "test_score") for label in result.race.runs}
    sizes = {label: result.race.network(label).parameters for label in result.race.runs}
    return BETTER.find(
        Quantity.of("lead in accuracy", paired(scores[CONVOLUTION], scores[DENSE]), "", "above", 0),
        *(Quantity.of(f"accuracy, {label}", each.mean()) for label, each in scores.items()),
        *(Quantity.of(f"parameters, {label}", each) for label, each in sizes.items()),
        *(Quantity.of(f"learning rate, {label}", each.best) for label, each in result.tuning.items()),
        missing=unsettled(result.tuning),
    )
