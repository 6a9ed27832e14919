"""Streams of random numbers: the ones NumPy spawns from the seed, and no two alike."""

import itertools

import numpy as np
import pytest

from core.data import stream
from core.data.dataset import KEYS

DRAWS = 20


def draws(*key):
    return stream(*key).random(DRAWS)


@pytest.mark.parametrize("seed", [0, 7, 2**31])
def test_a_run_draws_from_the_first_three_children_of_its_seed(seed):
    children = np.random.SeedSequence(seed).spawn(3)
    for name, child in zip(("weights", "batches", "dropout"), children, strict=True):
        np.testing.assert_array_equal(draws(seed, name), np.random.default_rng(child).random(DRAWS))


def test_numbers_lead_to_grandchildren():
    child = np.random.SeedSequence(3, spawn_key=(5,)).spawn(2)[1]
    np.testing.assert_array_equal(draws(3, 5, 1), np.random.default_rng(child).random(DRAWS))


def test_no_two_purposes_or_seeds_share_their_numbers():
    found = [draws(seed, *key) for seed in (0, 1) for key in [(name,) for name in KEYS] + [(7,), (7, 0), (7, 1)]]
    for one, other in itertools.combinations(found, 2):
        assert not np.intersect1d(one, other).size


def test_the_same_purpose_begins_again():
    np.testing.assert_array_equal(draws(4, "data"), draws(4, "data"))
