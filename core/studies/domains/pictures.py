"""Digits as images: a small convolutional network against one hidden layer with about as many parameters."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from core.data import Dataset
from core.data.domains import DOMAINS
from core.studies.race import RaceResult, tune_and_race
from core.training import RunSettings, Trainer

CONVOLUTION, DENSE = "convolution", "one hidden layer"
LAYERS = ("conv-6-3", "max_pool-2", "flatten")  # 6 filters of 3 x 3, then max pooling over 2 x 2
RATES = np.array([0.01, 0.03, 0.1, 0.3])  # the same for both


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
