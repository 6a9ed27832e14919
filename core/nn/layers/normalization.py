"""Batch and layer normalization: pre-activations of mean 0 and variance 1 at any depth.

y = γ (z - μ) / √(σ² + eps) + β, where μ and σ² = mean (z - μ)² are taken over `axis` of z. γ starts at 1 and β at 0,
and both are learned. eps and the conventions are torch's.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.nn.layers.base import Array, Layer, Shape

EPS = 1e-5


class Normalization(Layer):
    """Normalizes z in the shape (R, groups, numbers per group, B per row)."""

    in_place = True
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


class BatchNorm(Normalization):
    """Each unit, or each channel of a picture, over the samples of the batch (Ioffe & Szegedy 2015).

    Evaluation uses running averages: running <- 0.9 running + 0.1 batch, the variance over n - 1 as in torch. A batch
    of one number has no spread, which torch refuses; here its ẑ is 0, and the averages stay unchanged.
    """

    kind = "batch_norm"
    axis = -1
    remembers = True
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


class LayerNorm(Normalization):
    """Each sample over all units of the layer, in training and in evaluation (Ba, Kiros & Hinton 2016)."""

    kind = "layer_norm"
    axis = -2


NORMALIZATIONS: dict[str, type[Normalization] | None] = {"none": None, "batch": BatchNorm, "layer": LayerNorm}
