"""What all tests share: how hypothesis draws, and small data and networks to work on."""

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from core.data import Dataset

# The same examples in every run, and neither a deadline nor a limit on drawing them, which a busy machine would miss.
# `pytest --hypothesis-profile explore` draws others each time.
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("steady", settings.get_profile("explore"), derandomize=True)
settings.load_profile("steady")


pytest.register_assert_rewrite("visitor", "browser.looks")  # whose asserts are to say what they found


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
