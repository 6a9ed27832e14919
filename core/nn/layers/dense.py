"""Layers of weights and biases: a matrix [W|b] times a column of numbers with a 1 below it."""

from collections.abc import Sequence

import numpy as np

from core.checks import InputError
from core.nn.layers.base import Array, Layer, Shape, Weights, told
from core.optimizers.options import whole

WIDEST = 1_000_000  # units


class Affine(Layer):
    """z = W a + b, written z = [W|b] [a; 1]: the biases are the last column of one matrix and need no extra pass."""

    weighted = True
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
        """The inputs (fan_in,) of a unit for the first sample of the first run, and the index of its z among the
        values."""
        raise NotImplementedError

    def bind(self, views: Sequence[Array], grads: Sequence[Array] | None = None) -> None:
        (self.matrix,) = views
        self.weights_turned = self.matrix[:, :, :-1].swapaxes(1, 2)
        if grads:
            (self.grad,) = grads


class Dense(Affine):
    """Fully connected: z (R, n_out, B) = W a + b.

    Backward (Rumelhart, Hinton & Williams 1986): dL/d[W|b] = δ [a; 1]ᵀ, dL/da = Wᵀ δ.
    """

    kind = "dense"
    units: int = whole(high=WIDEST)
    takes_ones = True

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
