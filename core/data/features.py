"""Inputs of a network on data with two features: the coordinates, their squares, their product, their sines."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.data.dataset import SHELF, Dataset, standardize
from core.data.rows import INPUTS as INPUTS

Array = np.ndarray


OWN = ("x1", "x2")  # the columns of the data as they are


def inputs(X: Array, names: Sequence[str], X_train: Array) -> Array:
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


def _columns(X: Array, names: Sequence[str]) -> Array:
    return np.stack([INPUTS[name].of(*X.T) for name in names], axis=1)
