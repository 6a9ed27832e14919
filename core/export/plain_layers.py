"""Layers in plain numpy, the first part of every script that `plain.py` is the rest of."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace as Numbers
from typing import Any

import numpy as np

from core.nn import ACTIVATIONS as KNOWN

Array = np.ndarray
Function = Callable[..., Any]
ACTIVATIONS: dict[str, tuple[Function, Function]] = {name: (kind.f, kind.df) for name, kind in KNOWN.items()}


# --- Layers: each makes something of x, and returns it with the way back ---
# Samples lie along the last axis: x is (units, n), or (channels, height, width, n) of pictures. The way back takes
# dL/d(what was made) to dL/dx, and leaves the gradients of the layer's arrays p.params in p.grads.

Made = tuple[Array, Function]


def dense(p: Numbers, x: Array, training: bool) -> Made:
    (W,) = p.params  # [W|b]: its last column meets a row of ones
    x = np.vstack([x, np.ones(x.shape[1])])

    def back(delta: Array) -> Array:
        p.grads = [delta @ x.T]
        return W[:, :-1].T @ delta

    return W @ x, back


def windows(x: Array, size: int, stride: int) -> list[Array]:
    """For each place within a window, row by row, what it sees of pictures x as the window moves over them: a view."""
    down, across = ((side - size) // stride * stride + 1 for side in x.shape[1:3])
    return [x[:, i : i + down : stride, j : j + across : stride] for i in range(size) for j in range(size)]


def put_back(parts: Array | list[Array], x: Array, size: int, stride: int) -> Array:
    """Pictures like x, with what belongs to each number that the windows saw added up where it was seen."""
    total = np.zeros_like(x)
    for place, part in zip(windows(total, size, stride), parts, strict=True):
        place += part
    return total


def conv(p: Numbers, x: Array, training: bool) -> Made:
    """A dense layer that sees one window after the other."""
    m, (_, height, width, _) = p.padding, x.shape
    padded = np.pad(x, [(0, 0), (m, m), (m, m), (0, 0)])
    seen = np.stack(windows(padded, p.kernel, p.stride), axis=1)  # (channels, kernel², places down, across, n)
    z, back_to_windows = dense(p, seen.reshape(len(x) * p.kernel**2, -1), training)

    def back(delta: Array) -> Array:
        parts = back_to_windows(delta.reshape(len(delta), -1)).reshape(seen.shape).swapaxes(0, 1)
        return put_back(parts, padded, p.kernel, p.stride)[:, m : m + height, m : m + width]

    return z.reshape(len(z), *seen.shape[2:]), back


def max_pool(p: Numbers, x: Array, training: bool) -> Made:
    stride, places = p.stride or p.size, range(p.size**2)
    seen = np.stack(windows(x, p.size, stride))
    first = seen.argmax(axis=0)  # of equally large ones
    return seen.max(axis=0), lambda delta: put_back([delta * (first == k) for k in places], x, p.size, stride)


def average_pool(p: Numbers, x: Array, training: bool) -> Made:
    stride, share = p.stride or p.size, 1 / p.size**2
    mean = sum(windows(x, p.size, stride)) * share
    return mean, lambda delta: put_back([delta * share] * p.size**2, x, p.size, stride)


def flatten(p: Numbers, x: Array, training: bool) -> Made:
    return x.reshape(-1, x.shape[-1]), lambda delta: delta.reshape(x.shape)


def activation(p: Numbers, z: Array, training: bool) -> Made:
    f, df = ACTIVATIONS[p.name]
    a, slope = np.empty_like(z), np.empty_like(z)
    f(p, z, a)

    def back(delta: Array) -> Array:
        df(p, z, a, slope)
        return delta * slope

    return a, back


def dropout(p: Numbers, x: Array, training: bool) -> Made:
    mask = (p.rng.random(x.shape) >= p.rate) / (1 - p.rate) if training else 1.0
    return x * mask, lambda delta: delta * mask


def batch_norm(p: Numbers, x: Array, training: bool) -> Made:
    """Each unit or channel over all its numbers in the batch; evaluation uses running averages."""
    z = x.reshape(len(x), -1)
    n, (*_, old_mean, old_variance) = z.shape[1], p.params
    if not training:
        return normalized(p, x, z, 1, old_mean[:, None], old_variance[:, None])
    mean, variance = z.mean(axis=1), z.var(axis=1)
    share, unbiased = (0.1, n / (n - 1)) if n > 1 else (0.0, 1.0)
    p.later = [(1 - share) * old_mean + share * mean, (1 - share) * old_variance + share * (variance * unbiased)]
    return normalized(p, x, z, 1, mean[:, None], variance[:, None])


def layer_norm(p: Numbers, x: Array, training: bool) -> Made:
    """Each sample over all its numbers."""
    z = x.reshape(-1, x.shape[-1])
    return normalized(p, x, z, 0, z.mean(axis=0), z.var(axis=0))


def normalized(p: Numbers, x: Array, z: Array, axis: int, mean: Array, variance: Array) -> Made:
    """The numbers z (rows, n) of x with mean 0 and variance 1 along an axis, then a scale and a shift for each row."""
    scale, shift, *remembered = p.params
    inverse = 1 / np.sqrt(variance + 1e-5)
    hat = (z - mean) * inverse

    def back(delta: Array) -> Array:
        d = delta.reshape(z.shape)
        p.grads = [(d * hat).sum(axis=1), d.sum(axis=1), *map(np.zeros_like, remembered)]
        d = d * scale[:, None]
        along = (d * hat).mean(axis=axis, keepdims=True)
        return ((d - d.mean(axis=axis, keepdims=True) - hat * along) * inverse).reshape(x.shape)

    return (hat * scale[:, None] + shift[:, None]).reshape(x.shape), back


def residual(p: Numbers, x: Array, training: bool) -> Made:
    """A shortcut past layers, on which the gradient comes back unchanged as well."""
    y, back = chain(p.layers, x, training)
    return y + x, lambda delta: back(delta) + delta


def chain(layers: list[Numbers], x: Array, training: bool) -> Made:
    """The layers one after the other, and the way back through all of them."""
    ways = []
    for p in layers:
        x, way = LAYERS[p.kind](p, x, training)
        ways.append(way)

    def back(delta: Array) -> Array:
        for way in reversed(ways):
            delta = way(delta)
        return delta

    return x, back


KINDS = (dense, conv, max_pool, average_pool, flatten, activation, dropout, batch_norm, layer_norm, residual)
LAYERS: dict[str, Callable[..., Made]] = {kind.__name__: kind for kind in KINDS}


def built(given: dict[str, Any], rate: float = 0.0, rng: Any = None) -> Numbers:
    """A layer at work: its numbers, and as `params` copies of its arrays, of which W and b become one [W|b].

    rate, rng: of dropout.
    """
    p = Numbers(**{name: value for name, value in given.items() if not isinstance(value, Array)})
    p.params = [value.copy() for value in given.values() if isinstance(value, Array)]
    if "W" in given:
        p.params = [np.column_stack([given["W"].reshape(len(given["W"]), -1), given["b"]])]
    p.grads, p.later, p.rate, p.rng = [], [], rate, rng
    p.layers = [built(each, rate, rng) for each in given.get("layers", [])]
    return p


def every(layers: list[Numbers]) -> Iterator[Numbers]:
    """The layers, and those within them."""
    for p in layers:
        yield p
        yield from every(p.layers)
