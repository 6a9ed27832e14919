"""A shortcut past layers: their output is added to their input, and the gradient also passes unchanged."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from core.checks import InputError
from core.nn.layers.base import Array, Layer, Shape, Signal, chained, told


class Residual(Layer):
    """a = x + layers(x) (He et al. 2016); backward dL/dx = dL/da + the gradient through the layers."""

    kind = "residual"
    inner: Signal  # layers(x)

    def __init__(self, layers: Sequence[Layer]):
        super().__init__()
        self.layers = list(layers)

    @property
    def takes_ones(self) -> bool:  # type: ignore[override]  # of others it is a constant
        return self.layers[0].takes_ones

    def shape_of(self, inputs: Shape) -> Shape:
        shape = inputs
        for layer in self.layers:
            shape = layer.build(shape).outputs
        if shape != inputs:
            raise InputError(
                f"a shortcut joins {told(inputs)} and {told(shape)}, but both sides must have the same shape"
            )
        self.shapes = [each for layer in self.layers for each in layer.shapes]
        return shape

    @property
    def kept(self) -> int:
        return 2 * self.numbers + sum(layer.kept for layer in self.layers)

    def leaves(self) -> list[Layer]:
        return [leaf for layer in self.layers for leaf in layer.leaves()]

    def described(self, params: Array) -> dict[str, Any]:
        inner = [layer.described(params) for layer in self.layers]
        return {"kind": self.kind, "inputs": self.inputs, "layers": inner}

    def views(self, params: Array) -> list[Array]:
        return [view for leaf in self.leaves() for view in leaf.views(params)]

    def at_work(self, below: Signal, above: Signal, like: Array, training: bool) -> Self:
        worker = super().at_work(below, above, like, training)
        worker.layers, worker.inner = chained(self.layers, below, like, training)
        return worker

    def twin(self) -> Self:
        worker = super().twin()
        worker.layers = [layer.twin() for layer in self.layers]
        return worker

    def allocate_backward(self, is_first: bool) -> None:
        self.inner.delta = np.empty_like(self.above.delta)
        for place, layer in reversed([*enumerate(self.layers)]):
            layer.allocate_backward(is_first and place == 0)

    def forward(self) -> None:
        for layer in self.layers:
            layer.forward()
        np.add(self.inner.values, self.below.values, out=self.above.values)

    def backward(self) -> None:
        np.copyto(self.inner.delta, self.above.delta)
        for layer in reversed(self.layers):
            layer.backward()
        if self.below.delta is not None:
            self.below.delta += self.above.delta

    def tangent(self, slope: Array, views: Sequence[Array]) -> Array:
        through, rest = slope, list(views)
        for layer in self.layers:
            count = len(layer.shapes)
            through, rest = layer.tangent(through, rest[:count]), rest[count:]
        return slope + through
