"""Layers of layers: a chain, which every network is, and a shortcut past one."""

from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np

from core.checks import InputError
from core.nn.layers.base import Array, Layer, Shape, Signal, told


class Chain(Layer):
    """Layers one after the other; backward in the opposite order."""

    top: Signal  # of the last layer at work

    def __init__(self, layers: Iterable[Layer]):
        super().__init__()
        self.layers = list(layers)

    @property
    def takes_ones(self) -> bool:  # type: ignore[override]  # of others it is a constant
        return self.layers[0].takes_ones

    def shape_of(self, inputs: Shape) -> Shape:
        for layer in self.layers:
            inputs = layer.build(inputs).outputs
        self.shapes = [shape for layer in self.layers for shape in layer.shapes]
        return inputs

    @property
    def kept(self) -> int:
        return sum(layer.kept for layer in self.layers)

    def leaves(self) -> list[Layer]:
        return [leaf for layer in self.layers for leaf in layer.leaves()]

    def views(self, params: Array) -> list[Array]:
        return [view for leaf in self.leaves() for view in leaf.views(params)]

    def at_work(self, below: Signal, above: Signal, like: Array, training: bool) -> Self:
        worker = super().at_work(below, above, like, training)
        busy = [layer for layer in self.layers if not layer.is_only_shape and (training or not layer.trains_only)]
        worker.layers, worker.top = [], below
        for layer, following in zip(busy, [*busy[1:], None], strict=True):
            below, worker.top = worker.top, Signal()
            if following is not None and following.takes_ones:
                worker.top.show(np.ones((len(like), layer.numbers + 1, like.shape[1]), like.dtype))
            else:
                worker.top.values = np.empty((len(like), layer.numbers, like.shape[1]), like.dtype)
            worker.layers.append(layer.at_work(below, worker.top, like, training))
        return worker

    def twin(self) -> Self:
        worker = super().twin()
        worker.layers = [layer.twin() for layer in self.layers]
        return worker

    def allocate_backward(self, is_first: bool) -> None:
        for place, layer in reversed([*enumerate(self.layers)]):
            layer.allocate_backward(is_first and place == 0)

    def forward(self) -> None:
        for layer in self.layers:
            layer.forward()

    def backward(self) -> None:
        for layer in reversed(self.layers):
            layer.backward()

    def tangent(self, slope: Array, views: Sequence[Array]) -> Array:
        rest = list(views)
        for layer in self.layers:
            count = len(layer.shapes)
            slope, rest = layer.tangent(slope, rest[:count]), rest[count:]
        return slope


class Residual(Chain):
    """a = x + layers(x) (He et al. 2016); backward dL/dx = dL/da + the gradient through the layers."""

    kind = "residual"

    def shape_of(self, inputs: Shape) -> Shape:
        shape = super().shape_of(inputs)
        if shape != inputs:
            raise InputError(f"a shortcut joins {told(inputs)} and {told(shape)}, but both must have the same shape")
        return shape

    @property
    def kept(self) -> int:
        return 2 * self.numbers + super().kept

    def described(self, params: Array) -> dict[str, Any]:
        inner = [layer.described(params) for layer in self.layers]
        return {"kind": self.kind, "inputs": self.inputs, "layers": inner}

    def allocate_backward(self, is_first: bool) -> None:
        self.top.delta = np.empty_like(self.above.delta)
        super().allocate_backward(is_first)

    def forward(self) -> None:
        super().forward()
        np.add(self.top.values, self.below.values, out=self.above.values)

    def backward(self) -> None:
        np.copyto(self.top.delta, self.above.delta)
        super().backward()
        if self.below.delta is not None:
            self.below.delta += self.above.delta

    def tangent(self, slope: Array, views: Sequence[Array]) -> Array:
        return slope + super().tangent(slope, views)
