"""One training run of a fully connected network, in plain numpy: written to be read and to check by, not to be fast.

Scope: dense layers with ACTIVATIONS, batch or layer normalization, dropout, and shortcuts past hidden layers that keep
the width; LOSSES, with L1 and L2 penalties; RULES, with gradient clipping, max-norm, and rates that are constant, given
one by one or reduced on a plateau; mini-batches; early stopping. Data, first weights and rates come as numbers. Not in
it: L-BFGS, Adafactor, Muon, float32, stacks of runs.
"""

import base64
import math
import zlib
from collections.abc import Callable, Iterator
from inspect import signature
from types import SimpleNamespace as Numbers
from typing import Any

import numpy as np

Array = np.ndarray
Function = Callable[..., Array]
Settings = dict[str, Any]


# --- Activations: f(x) and f'(x) ---


def sigmoid(x: Array) -> Array:
    return 0.5 * np.tanh(0.5 * x) + 0.5


def softplus(x: Array) -> Array:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def normal(x: Array) -> Array:
    """The normal distribution function."""
    from scipy.special import ndtr  # which only GELU needs

    return ndtr(x)


def bent(x: Array) -> Array:
    """√(2/π) (x + 0.044715 x³)."""
    return (2 / np.pi) ** 0.5 * x * (1 + 0.044715 * x * x)


def gelu_tanh_slope(x: Array) -> Array:
    x = np.clip(x, -10, 10)  # beyond, the tanh is 1 to the last bit, and x³ could overflow
    t = np.tanh(bent(x))
    return (1 + t) / 2 + x / 2 * (1 - t * t) * ((2 / np.pi) ** 0.5 * (1 + 0.134145 * x * x))


def leaky(slope: float) -> tuple[Function, Function]:
    return lambda x: np.maximum(x, slope * x), lambda x: np.where(x > 0, 1.0, slope)


def clipped(low: float, high: float) -> tuple[Function, Function]:
    return lambda x: np.clip(x, low, high), lambda x: np.where((x > low) & (x < high), 1.0, 0.0)


def elu(scale: float = 1.0, alpha: float = 1.0) -> tuple[Function, Function]:
    return (
        lambda x: scale * (np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0))),
        lambda x: scale * np.where(x > 0, 1.0, alpha * np.exp(np.minimum(x, 0))),
    )


ACTIVATIONS: dict[str, tuple[Function, Function]] = {
    "identity": (lambda x: x, np.ones_like),
    "step": (lambda x: np.where(x > 0, 1.0, 0.0), np.zeros_like),
    "sigmoid": (sigmoid, lambda x: (1 - sigmoid(x)) * sigmoid(x)),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "relu": (lambda x: np.maximum(x, 0), lambda x: np.where(x > 0, 1.0, 0.0)),
    "leaky_relu": leaky(0.01),
    "prelu": leaky(0.25),
    "relu6": clipped(0, 6),
    "elu": elu(),
    "selu": elu(1.0507009873554805, 1.6732632423543772),
    "celu": elu(),
    "gelu": (lambda x: x * normal(x), lambda x: normal(x) + x * np.exp(-(x**2) / 2) / (2 * np.pi) ** 0.5),
    "gelu_tanh": (lambda x: x / 2 * (1 + np.tanh(bent(x))), gelu_tanh_slope),
    "silu": (lambda x: x * sigmoid(x), lambda x: sigmoid(x) * (1 + x * (1 - sigmoid(x)))),
    "mish": (lambda x: x * np.tanh(softplus(x)), lambda x: (t := np.tanh(softplus(x))) + x * sigmoid(x) * (1 - t * t)),
    "softplus": (lambda x: np.where(x > 20, x, softplus(x)), lambda x: np.where(x > 20, 1.0, sigmoid(x))),
    "softsign": (lambda x: x / (1 + np.abs(x)), lambda x: np.square(1 / (1 + np.abs(x)))),
    "hardtanh": clipped(-1, 1),
    "hardsigmoid": (lambda x: np.clip(x / 6 + 0.5, 0, 1), lambda x: np.where(np.abs(x) < 3, 1 / 6, 0.0)),
    "hardswish": (lambda x: x * np.clip(x / 6 + 0.5, 0, 1), lambda x: np.where(np.abs(x) < 3, x / 3 + 0.5, x > 0)),
    "logsigmoid": (lambda x: -softplus(-x), lambda x: sigmoid(-x)),
    "tanhshrink": (lambda x: x - np.tanh(x), lambda x: np.tanh(x) ** 2),
    "softshrink": (lambda x: x - np.clip(x, -0.5, 0.5), lambda x: np.where(np.abs(x) > 0.5, 1.0, 0.0)),
    "hardshrink": (lambda x: x * (np.abs(x) > 0.5), lambda x: np.where(np.abs(x) > 0.5, 1.0, 0.0)),
    "threshold": (lambda x: np.where(x > 0, x, 0.0), lambda x: np.where(x > 0, 1.0, 0.0)),
}


# --- Losses: L(z, t) and dL/dz, for outputs z (k, n) and targets t (k, n) ---


def huber(z: Array, t: Array) -> Array:
    error = np.abs(z - t)
    c = np.minimum(error, 1)
    return np.mean(c * (error - c / 2))


def cross_entropy(z: Array, t: Array) -> Array:
    z = z - z.max(axis=0)
    return np.mean(np.log(np.exp(z).sum(axis=0)) - (t * z).sum(axis=0))


def softmax(z: Array) -> Array:
    p = np.exp(z - z.max(axis=0))
    return p / p.sum(axis=0)


LOSSES: dict[str, tuple[Function, Function]] = {
    "mean_squared_error": (lambda z, t: np.mean(np.square(z - t)), lambda z, t: (z - t) * (2 / z.size)),
    "mean_absolute_error": (lambda z, t: np.mean(np.abs(z - t)), lambda z, t: np.sign(z - t) * (1 / z.size)),
    "huber": (huber, lambda z, t: np.clip(z - t, -1, 1) * (1 / z.size)),
    "binary_cross_entropy": (lambda z, t: np.mean(softplus(z) - z * t), lambda z, t: (sigmoid(z) - t) * (1 / z.size)),
    "softmax_cross_entropy": (cross_entropy, lambda z, t: (softmax(z) - t) * (1 / z.shape[1])),
}


# --- Update rules: change the parameters x in place, by the gradient g, in update t = 1, 2, ... with rate lr ---
# h holds the other hyper-parameters; what follows it is the rule's memory, arrays like x that start at 0.


def sgd(x: Array, g: Array, t: int, lr: float, h: Numbers, v: Array) -> None:
    v[:] = g if t == 1 else h.momentum * v + (1 - h.dampening) * g
    x -= lr * (g + h.momentum * v if h.nesterov else v)


def asgd(x: Array, g: Array, t: int, lr: float, h: Numbers) -> None:
    eta = lr / (1 + h.lambd * lr * (t - 1)) ** h.alpha
    x *= 1 - h.lambd * eta
    x -= eta * g  # the average of x, which no loss here asks for, is left out


def adagrad(x: Array, g: Array, t: int, lr: float, h: Numbers, a: Array) -> None:
    a += h.initial_accumulator_value if t == 1 else 0
    a += g * g
    x -= lr / (1 + (t - 1) * h.lr_decay) * (g / (np.sqrt(a) + h.eps))


def adadelta(x: Array, g: Array, t: int, lr: float, h: Numbers, v: Array, u: Array) -> None:
    v[:] = h.rho * v + (1 - h.rho) * (g * g)
    d = np.sqrt((u + h.eps) / (v + h.eps)) * g
    u[:] = h.rho * u + (1 - h.rho) * (d * d)
    x -= lr * d


def rmsprop(x: Array, g: Array, t: int, lr: float, h: Numbers, v: Array, a: Array, b: Array) -> None:
    v[:] = h.alpha * v + (1 - h.alpha) * (g * g)
    a[:] = h.alpha * a + (1 - h.alpha) * g
    variance = np.maximum(v - a * a, 0) if h.centered else v
    b[:] = h.momentum * b + g / (np.sqrt(variance) + h.eps)
    x -= lr * b


def adam(x: Array, g: Array, t: int, lr: float, h: Numbers, m: Array, v: Array, v_max: Array) -> None:
    m[:] = h.beta1 * m + (1 - h.beta1) * g
    v[:] = h.beta2 * v + (1 - h.beta2) * (g * g)
    v_max[:] = np.maximum(v_max, v) if h.amsgrad else v
    c = math.sqrt(1 - h.beta2**t)  # the bias corrections, folded into eps and lr
    x -= lr * c / (1 - h.beta1**t) * (m / (np.sqrt(v_max) + c * h.eps))


def adamax(x: Array, g: Array, t: int, lr: float, h: Numbers, m: Array, u: Array) -> None:
    m[:] = h.beta1 * m + (1 - h.beta1) * g
    u[:] = np.maximum(h.beta2 * u, np.abs(g) + h.eps)
    x -= lr / (1 - h.beta1**t) * (m / u)


def nadam(x: Array, g: Array, t: int, lr: float, h: Numbers, m: Array, v: Array, M: Array) -> None:
    m[:] = h.beta1 * m + (1 - h.beta1) * g
    v[:] = h.beta2 * v + (1 - h.beta2) * (g * g)
    mu, mu_next = (h.beta1 * (1 - 0.5 * 0.96 ** (k * h.momentum_decay)) for k in (t, t + 1))
    M[:] = mu if t == 1 else M * mu
    c = math.sqrt(1 - h.beta2**t)
    step = lr * c * (1 - mu) / (1 - M) * g + lr * c * mu_next / (1 - M * mu_next) * m
    x -= step / (np.sqrt(v) + c * h.eps)


def radam(x: Array, g: Array, t: int, lr: float, h: Numbers, m: Array, v: Array) -> None:
    m[:] = h.beta1 * m + (1 - h.beta1) * g
    v[:] = h.beta2 * v + (1 - h.beta2) * (g * g)
    step = m
    rho_inf = 2 / (1 - h.beta2) - 1
    rho = rho_inf - 2 * t * h.beta2**t / (1 - h.beta2**t)
    if rho > 5:
        r2 = (rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho)
        step = math.sqrt(r2 * (1 - h.beta2**t)) * (m / (np.sqrt(v) + h.eps))
    x -= lr / (1 - h.beta1**t) * step


def rprop(x: Array, g: Array, t: int, lr: float, h: Numbers, step: Array, sign: Array) -> None:
    step += lr if t == 1 else 0
    s = np.sign(g)
    same = s * sign
    step *= np.where(same > 0, h.etaplus, np.where(same < 0, h.etaminus, 1.0))
    step[:] = np.clip(step, h.step_min, h.step_max)
    sign[:] = np.where(same < 0, 0.0, s)
    x -= sign * step


def lion(x: Array, g: Array, t: int, lr: float, h: Numbers, m: Array) -> None:
    x -= lr * np.sign(h.beta1 * m + (1 - h.beta1) * g)
    m[:] = h.beta2 * m + (1 - h.beta2) * g


WRITTEN = (sgd, asgd, adagrad, adadelta, rmsprop, adam, adamax, nadam, radam, rprop, lion)
RULES: dict[str, Callable[..., None]] = {rule.__name__: rule for rule in WRITTEN}
RULES |= {"momentum": sgd, "nesterov": sgd, "adamw": adam, "amsgrad": adam}
OFF: Settings = {"weight_decay": 0.0, "dampening": 0.0, "nesterov": False, "amsgrad": False}  # in rules without them
FIXED: dict[str, Settings] = {"sgd": {"momentum": 0.0}, "nesterov": {"nesterov": True}, "amsgrad": {"amsgrad": True}}
DECOUPLED = {"adamw", "lion"}  # rules whose weight decay never enters the gradient


# --- The network: samples are columns, and a last row of ones carries the biases ---


class Network:
    """The network of a run: W [W|b] of each layer; scale, shift and running mean and variance where it normalizes."""

    def __init__(self, run: Settings):
        self.run = run
        given = [(part, *run[part]) for part in ("train", "test", "validation") if part in run]
        self.data = {part: (np.vstack([X.T, np.ones(len(X))]).copy(), t.T.copy()) for part, X, t in given}
        self.params = {name: [array.copy() for array in arrays] for name, arrays in run["params"].items()}
        self.W = self.params["W"]
        self.learned = [array for name in ("W", "scale", "shift") for array in self.params[name]]
        self.rule = RULES[run["optimizer"]]
        remembered = list(signature(self.rule).parameters)[5:]
        self.memory = [[np.zeros_like(x) for _ in remembered] for x in self.learned]
        self.h = Numbers(**OFF | run["hyper"])
        self.decoupled = run["hyper"].get("decoupled_weight_decay", run["optimizer"] in DECOUPLED)
        self.dropout_rng = stream(run["seed"], 2)

    def forward(self, a: Array, training: bool = False) -> tuple[Array, Array, list[tuple[Any, ...]]]:
        """The outputs (k, n), what the last layer saw, and of each hidden layer what the backward pass needs."""
        kept: list[tuple[Any, ...]] = []
        rate = self.run["dropout"] if training else 0.0
        for i, name in enumerate(self.run["activations"]):
            below, z = a, self.W[i] @ a
            hat = inverse = None
            if self.run["normalization"] != "none":
                mean, variance = self.statistics(i, z, training)
                inverse = 1 / np.sqrt(variance + 1e-5)
                hat = (z - mean) * inverse
                z = hat * self.params["scale"][i][:, None] + self.params["shift"][i][:, None]
            h = ACTIVATIONS[name][0](z)
            mask = (self.dropout_rng.random(h.shape) >= rate) / (1 - rate) if rate else 1.0
            h = h * mask + below[:-1] if i in self.run["shortcuts"] else h * mask
            a = np.vstack([h, below[-1:]])
            kept.append((below, z, hat, inverse, mask))
        return self.W[-1] @ a, a, kept

    def statistics(self, i: int, z: Array, training: bool) -> tuple[Array, Array]:
        """Mean and variance of z, of each sample or of each unit in the batch; evaluation uses running averages."""
        if self.run["normalization"] == "layer":
            return z.mean(axis=0, keepdims=True), z.var(axis=0, keepdims=True)
        remembered = self.params["mean"][i], self.params["variance"][i]
        if not training:
            return remembered[0][:, None], remembered[1][:, None]
        mean, variance, n = z.mean(axis=1), z.var(axis=1), z.shape[1]
        if n > 1:
            for old, new in zip(remembered, (mean, variance * (n / (n - 1))), strict=True):
                old[:] = 0.9 * old + 0.1 * new
        return mean[:, None], variance[:, None]

    def gradient(self, inputs: Array, targets: Array) -> list[Array]:
        """Backpropagation: the gradient of loss and penalty in `learned`; delta is dL/dz, from the last layer down."""
        W, run = self.W, self.run
        outputs, a, kept = self.forward(inputs, training=True)
        axis = 1 if run["normalization"] == "batch" else 0
        delta = LOSSES[run["loss"]][1](outputs, targets)
        weights, scales, shifts = [delta @ a.T], [], []
        past: Any = 0.0  # dL/da of the layer above, which a shortcut brings down unchanged
        for i in reversed(range(len(kept))):
            below, z, hat, inverse, mask = kept[i]
            slope = W[i + 1][:, :-1].T @ delta
            past = slope + past if i + 1 in run["shortcuts"] else slope
            delta = past * ACTIVATIONS[run["activations"][i]][1](z) * mask
            if hat is not None:
                scales.append((delta * hat).sum(axis=1))
                shifts.append(delta.sum(axis=1))
                delta = delta * self.params["scale"][i][:, None]
                along = (delta * hat).mean(axis=axis, keepdims=True)
                delta = (delta - delta.mean(axis=axis, keepdims=True) - hat * along) * inverse
            weights.append(delta @ below.T)
        for G, matrix in zip(reversed(weights), W, strict=True):
            G[:, :-1] += run["l1"] * np.sign(matrix[:, :-1])
            G[:, :-1] += run["l2"] * matrix[:, :-1]
        return weights[::-1] + scales[::-1] + shifts[::-1]

    def update(self, t: int, lr: float, index: Any) -> None:
        """Update number t, by the samples of this index."""
        inputs, targets = self.data["train"]
        grads = self.gradient(inputs[:, index], targets[:, index])
        if self.run["clip_norm"]:
            flat = np.concatenate([g.ravel() for g in grads])
            grads = [g * min(1.0, self.run["clip_norm"] / np.sqrt(np.einsum("p,p", flat, flat))) for g in grads]
        for x, g, memory in zip(self.learned, grads, self.memory, strict=True):
            if self.decoupled:
                x *= 1 - lr * self.h.weight_decay
            else:
                g = g + self.h.weight_decay * x
            self.rule(x, g, t, lr, self.h, *memory)
        for matrix in self.W[:-1] if self.run["max_norm"] else []:
            w = matrix[:, :-1]
            w *= np.minimum(1.0, self.run["max_norm"] / np.sqrt(np.einsum("ij,ij->i", w, w)))[:, None]

    def loss(self, part: str) -> float:
        inputs, targets = self.data[part]
        return float(LOSSES[self.run["loss"]][0](self.forward(inputs)[0], targets))

    def finite(self) -> bool:
        return all(np.isfinite(array).all() for arrays in self.params.values() for array in arrays)


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


def rate_after_look(p: Numbers, rate: float, metric: float) -> float:
    """The next rate of a schedule that reduces it after more than `p.patience` looks without a better metric."""
    metric = p.sign * metric
    better = metric < p.best - p.threshold * (abs(p.best) if p.relative else 1.0)
    p.best = metric if better else p.best
    p.bad = 0 if better or p.waiting else p.bad + 1
    p.waiting = max(p.waiting - 1, 0)
    if p.bad <= p.patience:
        return rate
    p.bad, p.waiting = 0, p.cooldown
    return max(p.factor * rate, p.min_lr)


def train(run: Settings) -> Iterator[tuple[int, float, float, str]]:
    """At each look the step, the training and the test loss, and how the run ended, if it did."""
    network, steps, frames = Network(run), run["steps"], run["frames"]
    looks = {0} | {round(steps * (frame + 1) / frames) for frame in range(frames)}
    batch = batches(stream(run["seed"], 1), len(run["train"][0]), run["batch_size"])
    rates, best, waited = list(run["rates"]), math.inf, 0
    plateau = run["plateau"] and Numbers(**run["plateau"], best=np.finfo(float).max, bad=0, waiting=0)
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
            rates.append(rate_after_look(plateau, rates[-1], judge))


def show(run: Settings) -> None:
    """Train, and print the losses; overflow is no error, as a run that diverges says so."""
    print("step,train_loss,test_loss")
    with np.errstate(all="ignore"):
        for step, train_loss, test_loss, end in train(run):
            print(step, train_loss, test_loss, sep=",")
            if end:
                print(f"{end} at step {step}")
