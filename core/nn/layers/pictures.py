"""Layers whose square window moves over pictures (R, channels, height, width, B): convolution and pooling."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from core.checks import InputError
from core.nn.layers.base import Array, Layer, Shape, told
from core.nn.layers.vectors import Affine
from core.optimizers.options import whole

WIDEST = 4096  # channels


def windowed(layer: Layer, inputs: Shape, size: int, stride: int, padding: int = 0) -> tuple[int, int]:
    """Window positions down and across, ⌊(side + 2 padding - size) / stride⌋ + 1. Raises InputError if none fits."""
    if len(inputs) != 3:
        raise InputError(f"{layer.kind} takes pictures, but gets {told(inputs)}")
    if size > min(inputs[1:]) + 2 * padding:
        raise InputError(
            f"{layer.kind} has a window of {size}x{size}, but gets {told(inputs)}"
            + f" with a padding of {padding}" * (padding > 0)
        )
    height, width = ((side + 2 * padding - size) // stride + 1 for side in inputs[1:])
    return height, width


def offsets(pictures: Array, size: int, stride: int, places: tuple[int, int]) -> Iterator[tuple[int, int, Array]]:
    """For each row and column within the window, its values at all positions: a view (R, channels, *places, B)."""
    rows, columns = ((count - 1) * stride + 1 for count in places)
    for i in range(size):
        for j in range(size):
            yield i, j, pictures[:, :, i : i + rows : stride, j : j + columns : stride]


class Conv2d(Affine, kind="conv", takes_pictures=True):
    """z[o, p] = Σ W[o, c, i, j] a[c, s p + (i, j)] + b[o], s the stride, zeros around the picture.

    Every position becomes a column of the numbers in its window, to which [W|b] is applied; the window is not flipped.
    Source: LeCun et al. 1989, who pad with the background.
    """

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
        self.fan_in, self.fan_out = math.prod(self.kernel_shape), self.channels
        self.shapes = [(self.fan_out, self.fan_in + 1)]
        self.padded = (inputs[0], *(side + 2 * self.padding for side in inputs[1:]))
        return (self.channels, *self.places)

    @property
    def kept(self) -> int:
        return 2 * (self.numbers + (self.fan_in + 1) * math.prod(self.places) + math.prod(self.padded))

    def _allocate(self, runs: int, batch: int, dtype: Any) -> None:
        self.batch, self.dtype = batch, dtype
        self.z = self.above.values.reshape(runs, self.channels, -1)
        self._make_columns(runs)

    def _make_columns(self, runs: int) -> None:
        """Buffers for the columns and for the padded pictures of this many runs."""
        self.columns = np.ones((runs, self.fan_in + 1, math.prod(self.places) * self.batch), self.dtype)
        self.pictures = np.zeros((runs, *self.padded, self.batch), self.dtype) if self.padding else self.columns[:0]

    def allocate_backward(self, is_first: bool) -> None:
        super().allocate_backward(is_first)
        if self.below.delta is not None:
            shape = len(self.below.delta), self.fan_in, self.columns.shape[2]
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
        delta = self.above.delta.reshape(self.z.shape)
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
        columns = np.empty((len(slope), self.fan_in, self.columns.shape[2]))
        self.spread(slope, np.zeros((len(slope), *self.padded, self.batch)), columns)
        found = views[0] @ self.columns + self.matrix[:, :, :-1] @ columns
        return found.reshape(len(found), self.numbers, -1)


class Pooling(Layer, takes_pictures=True):
    """A window of size x size that moves by `stride`, or its own size if None; incomplete windows are left out."""

    size: int = whole(2, high=64)
    stride: int | None = whole(None, high=64)

    def shape_of(self, inputs: Shape) -> Shape:
        self.step = self.stride or self.size
        self.places = windowed(self, inputs, self.size, self.step)
        return (inputs[0], *self.places)

    def parts(self, values: Array) -> list[Array]:
        """For each position within the window, its view of the values (R, n, B): (R, channels, *places, B)."""
        pictures = values.reshape(len(values), *self.inputs, -1)
        return [part for *_, part in offsets(pictures, self.size, self.step, self.places)]


class MaxPool2d(Pooling, kind="max_pool"):
    """The maximum of each window (Ranzato et al. 2007); the gradient goes to the first maximum."""

    def _allocate(self, runs: int, batch: int, dtype: Any) -> None:
        self.index = np.empty((runs, *self.outputs, batch), np.int16)

    def forward(self) -> None:
        out = self.above.values.reshape(len(self.above.values), *self.outputs, -1)
        first, *others = self.parts(self.below.values)
        np.copyto(out, first)
        self.index.fill(0)
        for place, part in enumerate(others, start=1):
            larger = (part > out) * np.int16(place)  # five times as fast as a masked copy
            np.maximum(self.index, larger, out=self.index)
            np.maximum(out, part, out=out)

    def backward(self) -> None:
        if self.below.delta is None:
            return
        self.below.delta.fill(0)
        delta = self.above.delta.reshape(len(self.above.delta), *self.outputs, -1)
        for place, part in enumerate(self.parts(self.below.delta)):
            part += delta * (self.index == place)

    def tangent(self, slope: Array, views: Sequence[Array]) -> Array:
        parts = np.stack(self.parts(slope))
        index = np.broadcast_to(self.index, parts.shape[1:])[None]
        return np.take_along_axis(parts, index.astype(np.intp), axis=0)[0].reshape(len(slope), self.numbers, -1)


class AveragePool2d(Pooling, kind="average_pool"):
    """The mean of each window (LeCun et al. 1990)."""

    def forward(self) -> None:
        out = self.above.values.reshape(len(self.above.values), *self.outputs, -1)
        first, *others = self.parts(self.below.values)
        np.copyto(out, first)
        for part in others:
            out += part
        out *= 1 / self.size**2

    def backward(self) -> None:
        if self.below.delta is None:
            return
        self.below.delta.fill(0)
        share = self.above.delta.reshape(len(self.above.delta), *self.outputs, -1) * (1 / self.size**2)
        for part in self.parts(self.below.delta):
            part += share

    def tangent(self, slope: Array, views: Sequence[Array]) -> Array:
        return np.add.reduce(self.parts(slope)).reshape(len(slope), self.numbers, -1) / self.size**2
