"""The data: generated in the plane or bundled with scikit-learn, split, and standardized by its training part alone."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import numpy as np

from core.checks import check_number, check_whole, choose, texts_of
from core.data.dataset import SHELF, Dataset, standardized, stream

CENTERS = [[-1.0, -0.7], [1.0, -0.7], [0.0, 1.0]]  # of the blobs
Samples = tuple[np.ndarray, np.ndarray]  # X (n, features) and y (n,), classes from 0 or numbers


@dataclass(frozen=True)
class Source:
    """Where samples come from, and what the app calls them.

    make: of generated data `make(rng, n, noise)`, n samples; of all other data `make()`, every row there is.
    """

    label: str  # how people write it within a sentence
    task: str  # "classes" or "numbers"
    make: Callable[..., Samples]
    generated: bool
    about: str
    picture: tuple[int, int, int] | None = None  # channels, height and width of a sample that is one


def _bundled(loader: str) -> Callable[[], Samples]:
    """A table that comes with scikit-learn; `loader` reads it."""
    return lambda: getattr(import_module("sklearn.datasets"), loader)(return_X_y=True)


def _drawn(maker: str, chosen: Callable[[float], dict[str, Any]]) -> Callable[..., Samples]:
    """Samples from a generator of scikit-learn with the arguments chosen for the noise."""

    def make(rng: np.random.Generator, n: int, noise: float) -> Samples:
        how = {"random_state": int(rng.integers(2**31)), **chosen(noise)}
        return getattr(import_module("sklearn.datasets"), maker)(n, **how)

    return make


def _spirals(rng: np.random.Generator, n: int, noise: float) -> Samples:
    y = np.arange(n) % 2
    radius = np.sqrt(rng.uniform(0.02, 1, n))
    angle = 3 * np.pi * radius + np.pi * y
    return np.c_[radius * np.cos(angle), radius * np.sin(angle)] + 0.15 * noise * rng.standard_normal((n, 2)), y


def _xor(rng: np.random.Generator, n: int, noise: float) -> Samples:
    corner = rng.integers(0, 2, (n, 2))
    return 2.0 * corner - 1 + noise * rng.standard_normal((n, 2)), corner[:, 0] ^ corner[:, 1]


def _wave(rng: np.random.Generator, n: int, noise: float) -> Samples:
    x = rng.uniform(-np.pi, np.pi, n)
    return x[:, None], np.sin(x) + 0.3 * np.sin(3 * x) + noise * rng.standard_normal(n)


def _three_of_many(rng: np.random.Generator, n: int, noise: float) -> Samples:
    X = rng.standard_normal((n, 3))
    return X, (X.sum(axis=1) + noise * rng.standard_normal(n) > 0).astype(int)


def load_dataset(
    name: str,
    train: int | None = None,
    test: int | None = None,
    noise: float = 0.2,
    irrelevant: int = 0,
    seed: int = 0,
) -> Dataset:
    """The named data, split (stratified where every class has room) and standardized on its training part.

    train, test: rows of each part; by default 300 generated ones, or 3/4 and 1/4 of a bundled table. noise: of
    generated data, 0 to 2. irrelevant: columns of noise to add, 0 to 2000. Raises InputError.
    """
    source = choose("dataset", name, DATASETS)
    for part, rows in (("train", train), ("test", test)):
        if rows is not None:
            check_whole(part, rows, 4, 100_000)
    check_number("noise", noise, 0, 2)
    check_whole("irrelevant", irrelevant, 0, 2000)
    check_whole("seed", seed, 0, 2**63 - 1)
    asked = (name, train, test, float(noise), irrelevant, seed)
    return SHELF.take((source, *asked), lambda: _load(*asked))


def _load(name: str, train: int | None, test: int | None, noise: float, irrelevant: int, seed: int) -> Dataset:
    from sklearn.model_selection import train_test_split

    source = DATASETS[name]
    rng = stream(seed, "data")
    if source.generated:
        train, test = train or 300, test or 300
        X, y = source.make(rng, train + test, noise)
    else:
        X, y = source.make()
        test = min(test or len(X), len(X) // 4)
        train = min(train or len(X), len(X) - test)
    X = np.hstack([X, rng.standard_normal((len(X), irrelevant))])
    classes = source.task == "classes"
    room = classes and np.bincount(y).min() >= 2 and min(train, test) > y.max()  # for every class in both parts
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, train_size=train, test_size=test, stratify=y if room else None, random_state=int(rng.integers(2**31))
    )
    outputs = max(2, int(y.max()) + 1) if classes else 1
    data = standardized(name, source.task, outputs, X_train, y_train, X_test, y_test)
    return data if irrelevant else replace(data, picture=source.picture)


MAKERS: dict[str, Callable[..., Samples]] = {
    "moons": _drawn("make_moons", lambda noise: {"noise": noise}),
    "circles": _drawn("make_circles", lambda noise: {"noise": noise / 2, "factor": 0.5}),
    "spirals": _spirals,
    "xor": _xor,
    "blobs": _drawn("make_blobs", lambda noise: {"centers": CENTERS, "cluster_std": 0.2 + noise}),
    "wave": _wave,
    "three_of_many": _three_of_many,
    **{name: _bundled(f"load_{name}") for name in ("digits", "breast_cancer", "wine", "iris", "diabetes")},
}
TEXTS = texts_of(__file__)
DATASETS = {name: Source(make=make, **TEXTS[name]) for name, make in MAKERS.items()}
