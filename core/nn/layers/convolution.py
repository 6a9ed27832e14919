"""Convolution: the same small matrix of weights at every position of a picture."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.checks import InputError
from core.nn.layers.base import Array, Shape
from core.nn.layers.dense import Affine
from core.nn.layers.windows import offsets, windowed
from core.optimizers.options import whole

WIDEST = 4096  # channels


class Conv2d(Affine):
    """z[o, p] = Σ W[o, c, i, j] a[c, s p + (i, j)] + b[o] with zero padding (LeCun et al. 1989), s the stride.

    Every position becomes a column of the numbers in its window, [W|b] is applied to all columns at once, and the
    backward pass adds the columns up at their source. Like torch's Conv2d it does not flip the window.
    """

    kind = "conv"
    takes_pictures = True
    channels: int = whole(high=WIDEST)
    kernel: int = whole(3, high=64)
    stride: int = whole(1, high=64)
    padding: int = whole(0, low=0, high=63)

    def _ready(self) -> None:
        if self.padding >= self.kernel:
            raise InputError(f"padding is {self.padding}, but must be less than the kernel, {self.kernel}")

    def shape_of(self, inputs: Shape) -> Shape:
        self.places = windowed(self, inputs, self.kernel, self.stride, self.padding)
        self.kernel_shape, self.field = (inputs[0], self.kernel, self.kernel), self.kernel**2
        self.shapes = [(self.channels, math.prod(self.kernel_shape) + 1)]
        self.padded = (inputs[0], *(side + 2 * self.padding for side in inputs[1:]))
        return (self.channels, *self.places)

    @property
    def kept(self) -> int:
        return 2 * (self.numbers + self.shapes[0][1] * math.prod(self.places) + math.prod(self.padded))

    def flops(self) -> int:
        return 2 * self.parameters * math.prod(self.places)

    def _allocate(self, runs: int, batch: int, dtype: Any) -> None:
        self.batch, self.dtype = batch, dtype
        self.z = self.above.values.reshape(runs, self.channels, -1)
        self._make_columns(runs)

    def _make_columns(self, runs: int) -> None:
        """Buffers for the columns and for the padded pictures of this many runs."""
        self.columns = np.ones((runs, self.shapes[0][1], math.prod(self.places) * self.batch), self.dtype)
        self.pictures = np.zeros((runs, *self.padded, self.batch), self.dtype) if self.padding else self.columns[:0]

    def allocate_backward(self, is_first: bool) -> None:
        super().allocate_backward(is_first)
        if self.below.delta is not None:
            shape = len(self.below.delta), self.shapes[0][1] - 1, self.columns.shape[2]
            self.column_deltas = np.empty(shape, self.dtype)
            self.padded_delta = np.empty((len(self.below.delta), *self.padded, self.batch), self.dtype)

    def centre(self, padded: Array) -> Array:
        """Pictures without padding, as a view."""
        height, width = self.inputs[1:]
        return padded[:, :, self.padding : self.padding + height, self.padding : self.padding + width]

    def windows(self, columns: Array) -> Array:
        """Columns as (R, channels, kernel, kernel, *places, B), a view."""
        return columns.reshape(len(columns), *self.kernel_shape, *self.places, -1)

    def spread(self, values: Array, pictures: Array, columns: Array) -> None:
        """Write the window's view of the values (R, n, B) at every position into the columns."""
        given = values.reshape(len(values), *self.inputs, -1)
        if self.padding:
            np.copyto(self.centre(pictures), given)
            given = pictures
        seen = self.windows(columns)
        for i, j, part in offsets(given, self.kernel, self.stride, self.places):
            np.copyto(seen[:, :, i, j], part)

    def heard(self, unit: int) -> tuple[Array, int]:
        """Of a channel at the middle of the picture."""
        count = math.prod(self.places)
        middle = self.places[0] // 2 * self.places[1] + self.places[1] // 2
        return self.columns[0, :-1, middle * self.batch], unit * count + middle

    def forward(self) -> None:
        values = self.below.values
        if len(values) != len(self.columns):  # runs with the same samples share the columns
            self._make_columns(len(values))
        self.spread(values, self.pictures, self.columns[:, :-1])
        np.matmul(self.matrix, self.columns, out=self.z)

    def backward(self) -> None:
        delta = self.above.delta
        delta = delta.reshape(self.z.shape)
        np.matmul(delta, self.columns.swapaxes(1, 2), out=self.grad)
        if self.below.delta is None:
            return
        np.matmul(self.weights_turned, delta, out=self.column_deltas)
        seen = self.windows(self.column_deltas)
        self.padded_delta.fill(0)
        for i, j, part in offsets(self.padded_delta, self.kernel, self.stride, self.places):
            part += seen[:, :, i, j]
        np.copyto(self.below.delta.reshape(len(delta), *self.inputs, -1), self.centre(self.padded_delta))

    def tangent(self, slope: Array, views: Sequence[Array]) -> Array:
        columns = np.empty((len(slope), self.shapes[0][1] - 1, self.columns.shape[2]))
        self.spread(slope, np.zeros((len(slope), *self.padded, self.batch)), columns)
        found: Any = views[0] @ self.columns + self.matrix[:, :, :-1] @ columns
        return found.reshape(len(found), self.numbers, -1)
