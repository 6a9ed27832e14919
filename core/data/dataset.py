"""A data set ready to train on, a cache of those used last, inputs computed from two features, and random numbers."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from core.data.rows import INPUTS

if TYPE_CHECKING:
    from core.data.encoding import Encoder

OWN = ("x1", "x2")  # the inputs that are the features of the data as they are
KEPT_BYTES, KEPT_SETS = 32_000_000, 256  # of data sets in the cache


@dataclass(frozen=True, eq=False)
class Dataset:
    """A task ready to train on: X (n, features) standardized, y (n,) classes or standardized values; read-only."""

    name: str
    task: str  # "classes" or "numbers"
    outputs: int  # classes to tell apart, or 1
    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    _: KW_ONLY
    picture: tuple[int, int, int] | None = None  # channels, height and width, where X holds pictures row by row
    columns: tuple[str, ...] = ()  # names of the inputs, of a visitor's table
    labels: tuple[str, ...] = ()  # names of the classes, of a visitor's table
    notices: tuple[str, ...] = ()  # sentences on what was left out or is worth knowing
    split: str = ""  # one sentence on how the rows of a visitor's table were split
    rows: Mapping[str, np.ndarray] = field(default_factory=dict)  # of a visitor's table: "training", "test" -> its rows
    encoder: "Encoder | None" = None  # of a visitor's table: from raw rows to X, and from outputs to answers

    @property
    def features(self) -> int:
        return self.X_train.shape[1]

    @property
    def nbytes(self) -> int:
        return self.X_train.nbytes + self.y_train.nbytes + self.X_test.nbytes + self.y_test.nbytes

    @property
    def encoding(self) -> dict[str, Any]:
        """Roles, encoding, scaling, labels and units of a visitor's table as plain data; {} of other data."""
        return self.encoder.description if self.encoder else {}


class Shelf:
    """A cache of data sets: at most `sets` of them and `most` bytes, and always the one used last."""

    def __init__(self, most: int = KEPT_BYTES, sets: int = KEPT_SETS):
        self.most, self.sets, self.lock = most, sets, Lock()
        self.kept: OrderedDict[Hashable, Dataset] = OrderedDict()

    def take(self, key: Hashable, make: Callable[[], Dataset]) -> Dataset:
        """The data set of this key, made if it is not in the cache."""
        with self.lock:
            known = self.kept.get(key)
        made = known or make()
        with self.lock:
            data = self.kept.setdefault(key, made)
            self.kept.move_to_end(key)
            while len(self.kept) > 1 and (len(self.kept) > self.sets or self.nbytes > self.most):
                self.kept.popitem(last=False)
        return data

    @property
    def nbytes(self) -> int:
        return sum(each.nbytes for each in self.kept.values())


SHELF = Shelf()


def standardize(X_train: np.ndarray, *others: np.ndarray) -> list[np.ndarray]:
    """X_train and the others, their columns scaled to mean 0 and variance 1 on X_train alone."""
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(X_train)
    return [scaler.transform(X) for X in (X_train, *others)]


def frozen(name: str, task: str, outputs: int, *parts: np.ndarray) -> Dataset:
    """The data set of the parts X_train, y_train, X_test and y_test, which become read-only."""
    for part in parts:
        part.flags.writeable = False
    return Dataset(name, task, outputs, *parts)


def standardized(name: str, task: str, outputs: int, *parts: np.ndarray) -> Dataset:
    """The same, with features, and a target of numbers, scaled to mean 0 and variance 1 on the training part alone."""
    X_train, y_train, X_test, y_test = parts
    if task == "numbers":
        y_test, y_train = ((part - y_train.mean()) / y_train.std() for part in (y_test, y_train))
    X_train, X_test = standardize(X_train, X_test)
    return frozen(name, task, outputs, X_train, y_train, X_test, y_test)


def inputs(X: np.ndarray, names: Sequence[str], X_train: np.ndarray) -> np.ndarray:
    """The named inputs (n, k) of points X (n, 2), standardized on the training part; other X is returned as it is."""
    if X.shape[1] != 2 or tuple(names) == OWN:
        return X
    return standardize(_columns(X_train, names), _columns(X, names))[1]


def with_inputs(data: Dataset, names: tuple[str, ...]) -> Dataset:
    """The same data with the named inputs in place of its two features; other data is returned as it is."""
    if data.features != 2 or names == OWN:
        return data

    def made() -> Dataset:
        X_train, X_test = standardize(_columns(data.X_train, names), _columns(data.X_test, names))
        return replace(data, X_train=X_train, X_test=X_test)

    # runs on the same data share it, but no cache keeps a visitor's table
    return made() if data.encoder else SHELF.take((data, names), made)


def _columns(X: np.ndarray, names: Sequence[str]) -> np.ndarray:
    return np.stack([INPUTS[name].of(*X.T) for name in names], axis=1)


Purpose = Literal["weights", "batches", "dropout", "validation", "data"]
KEYS: dict[Purpose, int] = {"weights": 0, "batches": 1, "dropout": 2, "validation": 3, "data": 99}


def stream(seed: int, *purpose: Purpose | int) -> np.random.Generator:
    """A new generator for one purpose of one seed, independent of all others (NumPy's SeedSequence with a spawn key).

    A run draws weights, batches, dropout, validation rows and data by name; a study's own purposes are whole numbers.
    """
    key = tuple(KEYS[part] if isinstance(part, str) else part for part in purpose)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
