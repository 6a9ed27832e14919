"""One training run of a network, in plain numpy: written to be read and to check by, not to be fast.

Scope: networks of LAYERS with ACTIVATIONS; LOSSES, with L1 and L2 penalties; RULES, with gradient clipping, max-norm,
and rates that are constant, given one by one or reduced on a plateau; mini-batches; early stopping. Data with
smoothed targets, layers with their first weights, and rates come as numbers. Activations, losses and update rules are
those of the lab. Not in it: L-BFGS, Adafactor, Muon, float32, stacks of runs.
"""

import base64
import math
import zlib
from collections.abc import Callable, Iterator
from types import SimpleNamespace as Numbers
from typing import Any

import numpy as np

from core.nn import ACTIVATIONS as CURVES
from core.nn import LOSSES as ERRORS
from core.optimizers import OPTIMIZERS
from core.optimizers.schedules import ReduceOnPlateau

Array = np.ndarray
Number = Any
Function = Callable[..., Any]
Settings = dict[str, Any]
ACTIVATIONS: dict[str, tuple[Function, ...]] = {name: (kind.f, kind.df) for name, kind in CURVES.items()}
LOSSES: dict[str, tuple[Function, ...]] = {name: (type(loss).values, type(loss).delta) for name, loss in ERRORS.items()}
RULES: dict[str, Function] = {name: rule.update for name, rule in OPTIMIZERS.items() if rule.scripted}
SCHEDULES: dict[str, Function] = {"reduce_on_plateau": ReduceOnPlateau.observe}  # others come as numbers


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
    """A layer at work, with copies of its arrays as `params`: W and b become one [W|b]. rate, rng: of dropout."""
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


# --- The network ---


class Network:
    """The network of a run: its layers, each with its arrays, and the rule that moves these."""

    def __init__(self, run: Settings):
        self.run = run
        inputs = run["layers"][0]["inputs"]
        given = [(part, *run[part]) for part in ("train", "test", "validation") if part in run]
        self.data = {part: (X.T.reshape(*inputs, len(X)).copy(), t.T.copy()) for part, X, t in given}
        dropout_rng = stream(run["seed"], 2)
        self.layers = [built(each, run["dropout"], dropout_rng) for each in run["layers"]]
        self.parts = list(every(self.layers))
        self.params = [x for p in self.parts for x in p.params]
        self.matrices = [x for x in self.params if x.ndim == 2]  # the [W|b]
        (self.values, self.delta), self.of_loss = LOSSES[run["loss"]], Numbers(**run["of_loss"])
        self.rule, self.h = RULES[run["optimizer"]], Numbers(**{"weight_decay": 0.0} | run["hyper"])
        self.memory = [[np.zeros_like(x) for _ in range(run["memories"])] for x in self.params]

    def gradient(self, inputs: Array, targets: Array) -> list[Array]:
        """Backpropagation: the gradient of loss and penalty in `params`."""
        outputs, back = chain(self.layers, inputs, training=True)
        back(self.delta(self.of_loss, outputs, targets))
        grads = [g for p in self.parts for g in p.grads]
        for matrix, G in zip(self.matrices, [g for g in grads if g.ndim == 2], strict=True):
            G[:, :-1] += self.run["l1"] * np.sign(matrix[:, :-1])
            G[:, :-1] += self.run["l2"] * matrix[:, :-1]
        return grads

    def update(self, t: int, lr: float, index: Any) -> None:
        """Update number t, by the samples of this index."""
        inputs, targets = self.data["train"]
        grads = self.gradient(inputs[..., index], targets[:, index])
        if self.run["clip_norm"]:
            flat, limit = np.concatenate([g.ravel() for g in grads]), self.run["clip_norm"]
            grads = [g * (limit / max(limit, np.sqrt(np.einsum("p,p", flat, flat)))) for g in grads]
        self.h.t, self.h.lr = t, lr
        for x, g, memory in zip(self.params, grads, self.memory, strict=True):
            if self.run["decoupled"]:
                x *= 1 - lr * self.h.weight_decay
            else:
                g = g + self.h.weight_decay * x
            self.rule(self.h, x, g, *memory)
        for matrix in self.matrices[:-1] if self.run["max_norm"] else []:
            w, limit = matrix[:, :-1], self.run["max_norm"]
            w *= (limit / np.maximum(limit, np.sqrt(np.einsum("ij,ij->i", w, w))))[:, None]
        for p in self.parts:
            for x, average in zip(p.params[2:], p.later, strict=True):
                x[:] = average  # whatever the rule did to it

    def loss(self, part: str) -> float:
        inputs, targets = self.data[part]
        return float(self.values(self.of_loss, chain(self.layers, inputs, training=False)[0], targets))

    def outputs(self, X: Array) -> Array:
        """The outputs (n, k) for rows X (n, inputs)."""
        return chain(self.layers, X.T, training=False)[0].T

    def finite(self) -> bool:
        return all(np.isfinite(x).all() for x in self.params)


def unpacked(text: str, *shape: int) -> Array:
    """The numbers that were packed into this text."""
    return np.frombuffer(zlib.decompress(base64.b64decode(text))).reshape(shape).copy()


def stream(seed: int, purpose: int) -> np.random.Generator:
    """Random numbers for one purpose of a run: 1 its batches, 2 its dropout."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(purpose,)))


def batches(rng: np.random.Generator, n: int, size: int) -> Iterator[Any]:
    """The samples of each mini-batch: without replacement, in a new order each epoch."""
    while size >= n:
        yield slice(None)
    while True:
        order = rng.permutation(n)
        for start in range(0, n, size):
            yield order[start : start + size]


def train(run: Settings, network: Any = None) -> Iterator[tuple[int, float, float, str]]:
    """At each look the step, the training and the test loss, and how the run ended, if it did."""
    network, steps, frames = network or Network(run), run["steps"], run["frames"]
    looks = {0} | {round(steps * (frame + 1) / frames) for frame in range(frames)}
    batch = batches(stream(run["seed"], 1), len(run["train"][0]), run["batch_size"])
    rates, best, waited = list(run["rates"]), math.inf, 0
    plateau = run["plateau"] and Numbers(**run["plateau"], best=math.inf, bad=0, waiting=0, rates=rates)
    for t in range(steps + 1):
        if t > 0:
            network.update(t, rates[min(t, len(rates)) - 1], next(batch))
        if t not in looks:
            continue
        losses = [network.loss(part) for part in ("train", "test", "validation") if part in run]
        judge = losses[2] if run["patience"] else losses[0]
        waited, best = (0, judge) if judge < best else (waited + 1, best)
        end = "stopped early" if run["patience"] and waited >= run["patience"] else ""
        end = end if network.finite() and np.isfinite(losses).all() else "diverged"
        yield t, losses[0], losses[1], end
        if end:
            return
        if plateau:
            SCHEDULES["reduce_on_plateau"](plateau, judge)


def show(run: Settings) -> Any:
    """Train, print the losses, and return the network; overflow is no error, as a run that diverges says so."""
    network = Network(run)
    print("step,train_loss,test_loss")
    with np.errstate(all="ignore"):
        for step, train_loss, test_loss, end in train(run, network):
            print(step, train_loss, test_loss, sep=",")
            if end:
                print(f"{end} at step {step}")
    return network
