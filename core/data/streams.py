"""Random numbers by name: every purpose draws from a stream of its own, so none disturbs another."""

from typing import Literal

import numpy as np

Purpose = Literal["weights", "batches", "dropout", "validation", "data"]
KEYS: dict[Purpose, int] = {"weights": 0, "batches": 1, "dropout": 2, "validation": 3, "data": 99}


def stream(seed: int, *purpose: Purpose | int) -> np.random.Generator:
    """A new generator for one purpose of one seed, independent of all others (NumPy's SeedSequence with a spawn key).

    A run draws weights, batches, dropout, validation rows and data by name; a study's own purposes are whole numbers.
    """
    key = tuple(KEYS[part] if isinstance(part, str) else part for part in purpose)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
