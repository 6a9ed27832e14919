"""Layers of vectors: a matrix [W|b] times numbers with a 1 below them, activations, dropout, normalization."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.checks import InputError, check_number
from core.nn.activations import ACTIVATIONS, Activation
from core.nn.layers.base import Array, Layer, Shape, Weights, told
from core.optimizers.options import whole

WIDEST = 1_000_000  # units


class Affine(Layer, weighted=True):
    """z = W a + b, written z = [W|b] [a; 1]: the biases are the last column of one matrix and need no extra pass."""

    kernel_shape: Shape  # shape of the weights of one unit
    field: int = 1  # numbers in one input channel of a unit
    fan_in: int
    fan_out: int
    matrix: Array  # (R, n_out, n_in + 1)
    grad: Array

    def pair(self, view: Array) -> Weights:
        """Weights and biases of its one parameter [W|b] (..., n_out, n_in + 1), as views."""
        lead = view.shape[:-1]
        return Weights(view[..., :-1].reshape(*lead, *self.kernel_shape), view[..., -1])

    def named(self, views: Sequence[Array]) -> dict[str, Array]:
        return self.pair(views[0])._asdict()

    def heard(self, unit: int) -> tuple[Array, int]:
        """A unit's inputs (fan_in,) for the first sample of the first run, and the index of its z among the values."""
        raise NotImplementedError

    def bind(self, views: Sequence[Array], grads: Sequence[Array] | None = None) -> None:
        (self.matrix,) = views
        self.weights_turned = self.matrix[:, :, :-1].swapaxes(1, 2)
        if grads:
            (self.grad,) = grads


class Dense(Affine, kind="dense", takes_ones=True):
    """Fully connected: z (R, n_out, B) = W a + b; backward dL/d[W|b] = δ [a; 1]ᵀ, dL/da = Wᵀ δ."""

    units: int = whole(high=WIDEST)

    def shape_of(self, inputs: Shape) -> Shape:
        if len(inputs) != 1:
            raise InputError(f"a dense layer takes vectors, but gets {told(inputs)}; put flatten before it")
        self.fan_in, self.fan_out, self.kernel_shape = inputs[0], self.units, inputs
        self.shapes = [(self.fan_out, self.fan_in + 1)]
        return (self.units,)

    def heard(self, unit: int) -> tuple[Array, int]:
        return self.below.values[0, :, 0], unit

    def forward(self) -> None:
        np.matmul(self.matrix, self.below.full, out=self.above.values)

    def backward(self) -> None:
        np.matmul(self.above.delta, self.below.turned, out=self.grad)
        if self.below.delta is not None:
            np.matmul(self.weights_turned, self.above.delta, out=self.below.delta)

    def tangent(self, slope: Array, views: Sequence[Array]) -> Array:
        return views[0] @ self.below.full + self.matrix[:, :, :-1] @ slope


class Activate(Layer, kind="activation", in_place=True):
    """a = f(z); backward δ <- δ ⊙ f'(z)."""

    def __init__(self, function: Activation):
        super().__init__()
        self.function = function

    def described(self, params: Array) -> dict[str, Any]:
        (name,) = (name for name, kind in ACTIVATIONS.items() if kind is type(self.function))
        numbers = {name: value for name, value in vars(self.function).items() if isinstance(value, float | str)}
        return super().described(params) | {"name": name} | numbers

    def allocate_backward(self, is_first: bool) -> None:
        super().allocate_backward(is_first)
        self.slope = np.empty_like(self.above.delta)

    def forward(self) -> None:
        self.function.f(self.below.values, self.above.values)

    def backward(self) -> None:
        self.function.df(self.below.values, self.above.values, self.slope)
        np.multiply(self.above.delta, self.slope, out=self.above.delta)

    def tangent(self, slope: Array, views: Sequence[Array]) -> Array:
        return self.function.derivative(self.below.values) * slope


class Dropout(Layer, kind="dropout", in_place=True, trains_only=True):
    """a <- a ⊙ `mask` (R, n, B), 0 or 1/(1-rate), of mean 1; none in evaluation (Srivastava et al. 2014)."""

    def _allocate(self, runs: int, batch: int, dtype: Any) -> None:
        self.mask = np.ones((runs, self.numbers, batch), dtype)

    def draw(self, run: int, rng: np.random.Generator, rate: float) -> None:
        """Draw a new mask for one run. Raises InputError for a rate outside [0, 1)."""
        if not (isinstance(rate, float) and 0 <= rate < 1):  # the usual case needs no array
            check_number("dropout", rate, 0, 1, open_high=True)
        mask: Any = self.mask[run]
        rng.random(out=mask, dtype=mask.dtype)
        np.greater_equal(mask, rate, out=mask)
        mask /= 1.0 - rate

    def forward(self) -> None:
        np.multiply(self.below.values, self.mask, out=self.above.values)

    def backward(self) -> None:
        np.multiply(self.above.delta, self.mask, out=self.above.delta)

    def tangent(self, slope: Array, views: Sequence[Array]) -> Array:
        return slope * self.mask


class Flatten(Layer, kind="flatten", takes_pictures=True, is_only_shape=True):
    """(channels, height, width) -> (channels * height * width,), as stored in memory, without copying."""

    def shape_of(self, inputs: Shape) -> Shape:
        return (math.prod(inputs),)


EPS = 1e-5


class Normalization(Layer, in_place=True):
    """y = γ (z - μ) / √(σ² + eps) + β, with μ and σ² over `axis` of z (R, groups, numbers per group, B per row).

    γ starts at 1 and β at 0, and both are learned. eps and the conventions are torch's.
    """

    axis: int
    vectors: dict[str, float] = {"scale": 1.0, "shift": 0.0}  # and their initial values

    def shape_of(self, inputs: Shape) -> Shape:
        self.shapes = [(self.width(inputs),)] * len(self.vectors)
        return inputs

    def width(self, inputs: Shape) -> int:
        """Length of each of its vectors."""
        return int(np.prod(inputs))

    @property
    def kept(self) -> int:
        return 4 * self.numbers

    def named(self, views: Sequence[Array]) -> dict[str, Array]:
        return dict(zip(self.vectors, views, strict=True))

    def start(self, views: Sequence[Array]) -> None:
        for view, value in zip(views, self.vectors.values(), strict=True):
            view[...] = value

    def _allocate(self, runs: int, batch: int, dtype: Any) -> None:
        self.rows = (self.shapes[0][0], -1)
        self.y = self.above.values.reshape(runs, *self.rows)
        self.hat, self.scratch = np.empty(self.y.shape, dtype), np.empty(self.y.shape, dtype)

    def bind(self, views: Sequence[Array], grads: Sequence[Array] | None = None) -> None:
        self.scale, self.shift, *self.memory = (view[..., None] for view in views)
        if grads:
            self.grads = [grad[..., None] for grad in grads[:2]]
            for grad in grads[2:]:
                grad[...] = 0

    def forward(self) -> None:
        z = self.z = self.below.values.reshape(len(self.below.values), *self.rows)
        size = z.shape[self.axis]
        self.mean = np.add.reduce(z, axis=self.axis, keepdims=True) / size
        np.subtract(z, self.mean, out=self.hat)
        np.square(self.hat, out=self.scratch)
        self.variance = np.add.reduce(self.scratch, axis=self.axis, keepdims=True) / size
        self._finish(self.variance)

    def _finish(self, variance: Array) -> None:
        self.inverse = 1 / np.sqrt(variance + EPS)
        np.multiply(self.hat, self.inverse, out=self.hat)
        np.multiply(self.hat, self.scale, out=self.y)
        np.add(self.y, self.shift, out=self.y)

    def backward(self) -> None:
        """With h = γ dL/dy and ẑ = (z - μ)/σ:  dL/dz = (h - mean h - ẑ mean(h ẑ)) / σ  (Ioffe & Szegedy 2015, s. 3)."""
        delta = self.above.delta.reshape(self.y.shape)
        np.multiply(delta, self.hat, out=self.scratch)
        np.add.reduce(self.scratch, axis=-1, keepdims=True, out=self.grads[0])
        np.add.reduce(delta, axis=-1, keepdims=True, out=self.grads[1])
        delta *= self.scale
        np.multiply(delta, self.hat, out=self.scratch)
        size = delta.shape[self.axis]
        along = np.add.reduce(self.scratch, axis=self.axis, keepdims=True) / size
        delta -= np.add.reduce(delta, axis=self.axis, keepdims=True) / size
        np.multiply(self.hat, along, out=self.scratch)
        delta -= self.scratch
        delta *= self.inverse

    def tangent(self, slope: Array, views: Sequence[Array]) -> Array:
        dz = slope.reshape(len(slope), *self.rows)
        dz = dz - dz.mean(axis=self.axis, keepdims=True)
        dhat = (dz - self.hat * (dz * self.hat).mean(axis=self.axis, keepdims=True)) * self.inverse
        dy = views[0][..., None] * self.hat + self.scale * dhat + views[1][..., None]
        return dy.reshape(len(dy), self.numbers, -1)


class BatchNorm(Normalization, kind="batch_norm", remembers=True, axis=-1):
    """Each unit, or each channel of a picture, over the samples of the batch (Ioffe & Szegedy 2015).

    Evaluation uses running averages: running <- 0.9 running + 0.1 batch, the variance over n - 1 as in torch. A batch
    of one number has no spread, which torch refuses; here its ẑ is 0, and the averages stay unchanged.
    """

    vectors = Normalization.vectors | {"running_mean": 0.0, "running_variance": 1.0}
    momentum = 0.1

    def width(self, inputs: Shape) -> int:
        return inputs[0]

    def forward(self) -> None:
        if not self.training:
            z = self.below.values
            np.subtract(z.reshape(len(z), *self.rows), self.memory[0], out=self.hat)
            self._finish(self.memory[1])
            return
        super().forward()
        samples = self.z.shape[self.axis]
        share, unbiased = (self.momentum, samples / (samples - 1)) if samples > 1 else (0.0, 1.0)
        batch = self.mean, self.variance * unbiased
        self.next = [(1 - share) * old + share * new for old, new in zip(self.memory, batch, strict=True)]

    def remember(self) -> None:
        for running, value in zip(self.memory, self.next, strict=True):  # undo any weight decay on them
            np.copyto(running, value)


class LayerNorm(Normalization, kind="layer_norm", axis=-2):
    """Each sample over all units of the layer, in training and in evaluation (Ba, Kiros & Hinton 2016)."""


NORMALIZATIONS: dict[str, type[Normalization] | None] = {"none": None, "batch": BatchNorm, "layer": LayerNorm}
