"""Losses: the error of the outputs as one number, with its derivative with respect to each output.

Two interfaces. `value` and `gradient` take outputs (n, k) and targets in their usual form, and check them. `values` and
`delta` are for the training loop: feature-major stacks z, t (..., k, n) of runs, unchecked, in place.
"""

from typing import Any, ClassVar

import numpy as np

from core.checks import InputError, check_array, check_number, choose
from core.nn.activations import sigmoid

Array = np.ndarray


def mean(elements: Array) -> Array:
    """The mean over outputs and samples (..., k, n), for each run."""
    return np.add.reduce(elements, axis=(-2, -1)) / (elements.shape[-1] * elements.shape[-2])


def one_hot(y: Any, outputs: int | None, name: str = "y") -> Array:
    """One-hot columns (n, outputs) from class numbers y (n,) from 0. Raises InputError for anything else."""
    if outputs is None:
        raise InputError("outputs is None, but class numbers need the number of classes")
    labels = check_array(name, y, 1)
    if (labels != np.floor(labels)).any():
        raise InputError(f"{name} holds {labels[labels != np.floor(labels)][0]:g}, but must be class numbers")
    check_number(name, labels, 0, outputs - 1)
    return (labels[:, None] == np.arange(outputs)).astype(np.float64)


class Loss:
    """L(z, t), the mean over all n * k elements, or over the n samples if a loss couples the k outputs.

    A subclass writes `values` and `delta`, also the text of exported scripts, and `encode` if targets need it.
    """

    formula: ClassVar[str]  # LaTeX
    label: ClassVar[str] = ""  # displayed name; "" for the key with spaces
    probable: ClassVar[str] = ""  # "softmax" or "sigmoid" turns outputs into probabilities of classes
    task: ClassVar[str] = "numbers"  # or "classes": then `encode` also takes class numbers
    one_for_two: ClassVar[bool] = False  # whether one output separates two classes

    def __init_subclass__(cls, **shown: Any) -> None:
        for name, value in shown.items():
            setattr(cls, name, value)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(type(self))

    def value(self, outputs: Any, targets: Any) -> float:
        """Return the loss of outputs (n, k). Targets (n, k), (n,) if k = 1, or class numbers (n,) for classes.

        Raises InputError for wrong shapes (without broadcasting), NaN, infinity and labels out of range.
        """
        return float(self.values(*self._pair(outputs, targets)))

    def gradient(self, outputs: Any, targets: Any) -> Array:
        """Return dL/d(outputs), shape (n, k)."""
        return np.ascontiguousarray(self.delta(*self._pair(outputs, targets)).T)

    def encode(self, y: Any, outputs: int | None = None, name: str = "y") -> Array:
        """Targets (n, outputs) of values, of yes and no, or of class numbers (n,). Raises InputError like `value`."""
        y = np.asarray(y)
        if self.task == "classes" and y.ndim == 1 and outputs is not None and outputs > 1:
            return one_hot(y, outputs, name)
        t = check_array(name, y[:, None] if y.ndim == 1 else y, 2)
        if outputs is not None and t.shape[1] != outputs:
            raise InputError(f"{name} has shape {y.shape}, but must have {outputs} columns, one for each output")
        return t

    def given(self, y: Array, task: str, outputs: int, name: str = "y") -> Array:
        """What is passed as y for the y (n,) of a data set: a loss for numbers gets one 0/1 column per class."""
        columns = task == "classes" and self.task == "numbers" and outputs > 1 and np.ndim(y) == 1
        return one_hot(y, outputs, name) if columns else y

    def targets(self, y: Array, task: str, outputs: int, name: str) -> Array:
        """Encode the y (n,) of a data set."""
        return self.encode(self.given(y, task, outputs, name), outputs, name)

    def _pair(self, outputs: Any, targets: Any) -> tuple[Array, Array]:
        outputs = check_array("outputs", outputs, 2)
        t = self.encode(targets, outputs.shape[1], "targets")
        if len(t) != len(outputs):
            raise InputError(f"targets has {len(t)} rows, but outputs has {len(outputs)}")
        return outputs.T, t.T

    def values(self, z: Array, t: Array) -> Array:
        """Loss of each run: (...) for z, t (..., k, n)."""
        raise NotImplementedError

    def delta(self, z: Array, t: Array, out: Array | None = None) -> Array:
        """dL/dz (..., k, n), in `out` if given, which must not overlap z or t."""
        raise NotImplementedError


class MeanSquaredError(Loss, formula=r"\frac{1}{nk} \sum (z - t)^2"):
    """The mean over all n * k elements, as in torch; scikit-learn and many books take half of the sum over outputs."""

    def values(self, z: Array, t: Array) -> Array:
        return mean(np.square(z - t))

    def delta(self, z: Array, t: Array, out: Array | None = None) -> Array:
        out = np.subtract(z, t, out=out)
        return np.multiply(out, 2 / (z.shape[-1] * z.shape[-2]), out=out)


class MeanAbsoluteError(Loss, formula=r"\frac{1}{nk} \sum |z - t|"):
    """The mean distance; its minimizer is the median. The derivative at 0 is taken as 0."""

    def values(self, z: Array, t: Array) -> Array:
        return mean(np.abs(z - t))

    def delta(self, z: Array, t: Array, out: Array | None = None) -> Array:
        out = np.subtract(z, t, out=out)
        np.sign(out, out=out)
        return np.multiply(out, 1 / (z.shape[-1] * z.shape[-2]), out=out)


class Huber(Loss, label="Huber"):
    """Squared near 0 and linear beyond delta, which limits the pull of outliers (Huber 1964), as torch's huber_loss."""

    formula = r"\frac{1}{nk} \sum \tfrac12 e^2 \text{ if } |e| \le \delta \text{ else } \delta (|e| - \tfrac12 \delta)"

    def __init__(self, delta: float = 1.0):
        self.threshold = float(check_number("delta", delta, 0, open_low=True))  # `delta` is the method

    def values(self, z: Array, t: Array) -> Array:
        error = np.abs(z - t)
        c = np.minimum(error, self.threshold)
        return mean(c * (error - c / 2))  # both cases at once, without a square that could overflow

    def delta(self, z: Array, t: Array, out: Array | None = None) -> Array:
        out = np.subtract(z, t, out=out)
        np.clip(out, -self.threshold, self.threshold, out=out)
        return np.multiply(out, 1 / (z.shape[-1] * z.shape[-2]), out=out)


class CrossEntropy(Loss, task="classes"):
    """Cross-entropy with probability targets; label_smoothing ε mixes them with equal probabilities of all c classes.

    (1 - ε) t + ε/c (Szegedy et al. 2016): as in torch for softmax, and as in Keras, with c = 2, for yes or no. Targets
    are smoothed when encoded, so test and validation losses also use smoothed targets, as with torch's criterion.
    """

    def __init__(self, label_smoothing: float = 0.0):
        self.label_smoothing = float(check_number("label_smoothing", label_smoothing, 0, 1))

    def smoothed(self, t: Array, classes: int) -> Array:
        """Smoothed targets (n, outputs) for this many classes."""
        return t * (1 - self.label_smoothing) + self.label_smoothing / classes


class BinaryCrossEntropy(CrossEntropy, label="binary cross-entropy", probable="sigmoid", one_for_two=True):
    """One yes-no question per output; z are logits, t probabilities in [0, 1]. Natural logarithm, mean over n * k.

    max(z, 0) - z t + ln(1 + e^-|z|), in this order the loss of a confident right answer, about e^-|z|, keeps all
    digits.
    """

    formula = r"\frac{1}{nk} \sum \ln\left(1 + e^z\right) - z t"

    def encode(self, y: Any, outputs: int | None = None, name: str = "y") -> Array:
        return self.smoothed(check_number(name, super().encode(y, outputs, name), 0, 1), 2)

    def values(self, z: Array, t: Array) -> Array:
        positive = np.maximum(z, 0)
        return mean(positive - z * t + np.log1p(np.exp(z - 2 * positive)))  # -|z|, also for complex numbers

    def delta(self, z: Array, t: Array, out: Array | None = None) -> Array:
        out = np.subtract(sigmoid(z), t, out=out)
        return np.multiply(out, 1 / (z.shape[-1] * z.shape[-2]), out=out)


class SoftmaxCrossEntropy(CrossEntropy, label="softmax cross-entropy", probable="softmax"):
    """One class out of k; z are logits, t probabilities that sum to 1. Natural logarithm, mean over n samples."""

    formula = r"\frac{1}{n} \sum_i \Big( \ln \sum_j e^{z_{ij}} - \sum_j t_{ij} z_{ij} \Big)"

    def encode(self, y: Any, outputs: int | None = None, name: str = "y") -> Array:
        """Return targets (n, outputs) of class numbers (n,) from 0 to outputs - 1, or of probabilities (n, outputs)."""
        t = one_hot(y, outputs, name) if np.ndim(y) == 1 else super().encode(y, outputs, name)
        if t.shape[1] < 2:
            raise InputError(f"outputs is {t.shape[1]}, but softmax needs at least 2; binary_cross_entropy takes 1")
        check_number(name, t, 0, 1)
        check_number(f"the sum of a row of {name}", t.sum(axis=1), 1 - 1e-6, 1 + 1e-6)
        return self.smoothed(t, t.shape[1])

    def values(self, z: Array, t: Array) -> Array:
        z = z - z.max(axis=-2, keepdims=True)  # changes nothing, as each t sums to 1, and keeps e^z below 1
        samples = np.log(np.add.reduce(np.exp(z), axis=-2)) - np.add.reduce(t * z, axis=-2)
        return np.add.reduce(samples, axis=-1) / z.shape[-1]

    def delta(self, z: Array, t: Array, out: Array | None = None) -> Array:
        out = np.subtract(z, np.maximum.reduce(z, axis=-2, keepdims=True), out=out)
        np.exp(out, out=out)
        np.divide(out, np.add.reduce(out, axis=-2, keepdims=True), out=out)
        np.subtract(out, t, out=out)
        return np.multiply(out, 1 / z.shape[-1], out=out)


LOSSES: dict[str, Loss] = {
    "mean_squared_error": MeanSquaredError(),
    "mean_absolute_error": MeanAbsoluteError(),
    "huber": Huber(),
    "binary_cross_entropy": BinaryCrossEntropy(),
    "softmax_cross_entropy": SoftmaxCrossEntropy(),
}


def loss_of(name: str, label_smoothing: float) -> Loss:
    """The loss of this name, with its targets smoothed. Raises InputError if a loss has no label smoothing."""
    plain = choose("loss", name, LOSSES)
    if not label_smoothing:
        return plain
    if not isinstance(plain, CrossEntropy):
        having = " and ".join(each for each, loss in LOSSES.items() if isinstance(loss, CrossEntropy))
        raise InputError(f"label_smoothing is {label_smoothing:g}, but {name} has none, only {having} have it")
    return type(plain)(label_smoothing)
