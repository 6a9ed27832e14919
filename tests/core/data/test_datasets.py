"""Data sets: split with every class in its share, scaled by the training part alone, the same for the same seed."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn import datasets as bundled

from core.checks import InputError
from core.data import DATASETS, load_dataset

every = pytest.mark.parametrize("name", list(DATASETS))
classes = pytest.mark.parametrize("name", [name for name, source in DATASETS.items() if source.task == "classes"])


@every
def test_shapes_and_scaling(name):
    data = load_dataset(name, irrelevant=3, seed=1)
    X, y = data.X_train, data.y_train
    assert X.shape == (len(y), data.features)
    assert data.X_test.shape == (len(data.y_test), data.features)
    np.testing.assert_allclose(X.mean(axis=0), 0, atol=1e-12)
    spread = X.std(axis=0)
    np.testing.assert_allclose(spread[spread > 0], 1, rtol=1e-12)
    assert np.isfinite(data.X_test).all()
    assert np.abs(data.X_test.mean(axis=0)).max() > 1e-3  # the test part had no say in the scaling
    if data.task == "classes":
        np.testing.assert_array_equal(np.unique(y), np.arange(data.outputs))
    else:
        assert data.outputs == 1
        assert (y.mean(), y.std()) == (pytest.approx(0, abs=1e-12), pytest.approx(1))


@every
def test_the_seed_decides_everything(name):
    first, other = load_dataset(name, seed=3), load_dataset(name, seed=4)
    assert load_dataset(name, seed=3) is first  # made once
    assert not np.array_equal(first.X_train, other.X_train)
    for part in (first.X_train, first.y_train, first.X_test, first.y_test):
        assert not part.flags.writeable


@classes
def test_the_split_keeps_the_shares_of_the_classes(name):
    data = load_dataset(name, train=120, test=40, seed=2)
    shares = [np.bincount(y, minlength=data.outputs) / len(y) for y in (data.y_train, data.y_test)]
    np.testing.assert_allclose(*shares, atol=1.1 / 40)


@every
def test_as_few_rows_as_allowed(name):
    for seed in range(5):
        data = load_dataset(name, train=4, test=4, seed=seed)
        assert (len(data.y_train), len(data.y_test)) == (4, 4)
        assert data.outputs == load_dataset(name).outputs
        assert np.isfinite(data.X_train).all()
        assert np.isfinite(data.y_test).all()


def test_bundled_tables_give_as_many_rows_as_they_have():
    X, y = bundled.load_wine(return_X_y=True)
    data = load_dataset("wine", train=100_000, test=100_000)
    assert (len(data.y_train), len(data.y_test)) == (len(X) - len(X) // 4, len(X) // 4)
    np.testing.assert_array_equal(np.sort(np.r_[data.y_train, data.y_test]), np.sort(y))


def test_units_of_measurement_do_not_matter(monkeypatch):
    moons = DATASETS["moons"]

    def scaled(rng, n, noise):
        X, y = moons.make(rng, n, noise)
        return X * [1000, 0.001] + [5, -7], y

    monkeypatch.setitem(DATASETS, "scaled", replace(moons, label="scaled", make=scaled))
    for part in ("X_train", "X_test"):
        np.testing.assert_allclose(
            getattr(load_dataset("scaled"), part), getattr(load_dataset("moons"), part), rtol=0, atol=1e-11
        )


def test_irrelevant_columns_are_noise_at_the_end():
    plain, wide = load_dataset("three_of_many"), load_dataset("three_of_many", irrelevant=50)
    assert wide.features == plain.features + 50
    links = [abs(np.corrcoef(wide.X_train[:, j], wide.y_train)[0, 1]) for j in range(wide.features)]
    assert min(links[:3]) > max(links[3:])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "moon"}, "did you mean 'moons'"),
        ({"train": 3}, "train is 3"),
        ({"train": 2.5}, "train is 2.5"),
        ({"test": 200_000}, "test is 200000"),
        ({"noise": -0.1}, "noise is -0.1"),
        ({"noise": np.nan}, "noise is nan"),
        ({"irrelevant": -1}, "irrelevant is -1"),
        ({"irrelevant": 2001}, "irrelevant is 2001"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 2**70}, "seed is"),
        ({"seed": "a"}, "seed is 'a'"),
    ],
)
def test_bad_requests_are_named(change, message):
    with pytest.raises(InputError, match=message):
        load_dataset(**({"name": "moons"} | change))
