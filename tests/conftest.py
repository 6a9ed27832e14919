"""What all tests share: how hypothesis draws, and small data and networks to work on."""

import os

import numpy as np
import pytest
from hypothesis import settings

from core.data import Dataset

# A busy machine must not fail a test, so no deadline; where CI is set, the same examples are drawn every time.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def make_data(rng):
    """A data set of `n` training and `m` test rows, drawn at random, of three classes or of numbers."""

    def make(n, m=5, features=2, task="classes"):
        parts = []
        for rows in (n, m):
            y = rng.permutation(np.arange(rows) % 3) if task == "classes" else rng.normal(size=rows)
            parts += [rng.normal(size=(rows, features)), y]
        return Dataset("drawn", task, 3 if task == "classes" else 1, *parts)

    return make
