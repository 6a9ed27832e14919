"""Shared by all layers: shapes, parameters in the flat stack, buffers; chains of layers, and a shortcut past one.

A layer of a network is a declaration. `Layer.at_work` returns a copy with its input and output signals and buffers for
R runs and B samples; `forward` and `backward` then work on existing arrays.
"""

import math
from collections.abc import Iterable, Sequence
from copy import copy
from typing import Any, NamedTuple, Self

import numpy as np

from core.checks import InputError
from core.optimizers.options import HasOptions

Array = np.ndarray
Shape = tuple[int, ...]  # (units,), or (channels, height, width) for a picture


class Weights(NamedTuple):
    """Weights and biases of one layer, as views: W (..., n_out, n_in), or (..., n_out, channels, height, width); b."""

    W: Array
    b: Array


class Signal:
    """The arrays between two layers for R runs, feature-major; in a picture the channel varies slowest.

    full (R, n + 1, B): the values with a last row of ones; values (R, n, B) without, turned (R, B, n + 1): its views.
    delta (R, n, B): dL/d(values), None until needed.
    """

    __slots__ = ("delta", "full", "turned", "values")

    def __init__(self) -> None:
        self.delta: Any = None
        self.full = self.turned = self.values = np.empty((0, 0, 0))

    def show(self, full: Array) -> None:
        """Use these values from now on."""
        self.full, self.turned, self.values = full, full.swapaxes(1, 2), full[:, :-1]


class Layer(HasOptions):
    """A map from an input to an output: `build` it for its input shape, then query it or use it with `at_work`.

    A subclass writes `shape_of`, `forward`, `backward`, `tangent`, `_allocate` for buffers and, for parameters,
    `shapes`, `start`, `bind` and `named`. In evaluation `training` is false.
    """

    kind: str  # its name in settings and scripts
    inputs: Shape = ()
    outputs: Shape = ()
    numbers: int  # of the output of one sample
    parameters: int
    shapes: list[Shape] = []  # shapes of its parameters, in their order in the flat stack
    takes_ones = False  # whether it uses the row of ones
    in_place = False  # whether its backward pass works in place on the delta
    trains_only = False  # whether it is inactive in evaluation
    remembers = False  # whether it keeps batch statistics for evaluation
    weighted = False  # whether it has weights and biases
    takes_pictures = False
    is_only_shape = False  # whether it only changes the shape
    part = slice(0, 0)  # slice of its parameters in the flat stack
    training: bool
    below: Signal
    above: Signal

    def build(self, inputs: Shape) -> Self:
        """Fit it to an input of this shape. Raises InputError if the shape does not fit."""
        self.inputs, self.outputs = inputs, self.shape_of(inputs)
        self.numbers, self.parameters = math.prod(self.outputs), sum(math.prod(shape) for shape in self.shapes)
        return self

    def shape_of(self, inputs: Shape) -> Shape:
        """The output shape for an input shape; by default the same."""
        return inputs

    @property
    def kept(self) -> int:
        """Numbers in its buffers per sample and run."""
        return 2 * self.numbers

    def views(self, params: Array) -> list[Array]:
        """Its parameters as views (..., *shape) into the flat stack (..., P) of its network."""
        found, start = [], self.part.start
        for shape in self.shapes:
            end = start + math.prod(shape)
            found.append(params[..., start:end].reshape(*params.shape[:-1], *shape))
            start = end
        return found

    def named(self, views: Sequence[Array]) -> dict[str, Array]:
        """Its parameters by their usual names, as views."""
        return {}

    def described(self, params: Array) -> dict[str, Any]:
        """Its description for a script: kind, input shape, numbers, and its part of the flat params (P,) by name."""
        numbers = {name: getattr(self, name) for name in self.options()}
        return {"kind": self.kind, "inputs": self.inputs, **numbers, **self.named(self.views(params))}

    def start(self, views: Sequence[Array]) -> None:
        """Fill in its initial parameters, unless they are drawn."""

    def at_work(self, below: Signal, above: Signal, like: Array, training: bool) -> Self:
        """A copy that reads `below` and writes `above`, with buffers for the R runs and B samples of `like` (R, B)."""
        worker = copy(self)
        worker.below, worker.above, worker.training = below, above, training
        worker._allocate(len(like), like.shape[1], like.dtype)
        return worker

    def twin(self) -> Self:
        """A copy with the same buffers, to be bound to the parameters of other runs."""
        return copy(self)

    def leaves(self) -> "list[Layer]":
        """Itself or, for a combined layer, its parts in the order of their parameters."""
        return [self]

    def _allocate(self, runs: int, batch: int, dtype: Any) -> None:
        """Allocate its buffers."""

    def allocate_backward(self, is_first: bool) -> None:
        """Allocate the delta below, once the one above exists."""
        if self.in_place:
            self.below.delta = self.above.delta
        elif not is_first:
            values = self.below.values
            self.below.delta = np.empty(values.shape, values.dtype)

    def bind(self, views: Sequence[Array], grads: Sequence[Array] | None = None) -> None:
        """Use these parameters and fill these gradients from now on."""

    def forward(self) -> None:
        """Compute the values above from those below."""
        raise NotImplementedError

    def backward(self) -> None:
        """Compute the delta below, if needed, from the one above, and the gradients of the parameters."""
        raise NotImplementedError

    def tangent(self, slope: Array, views: Sequence[Array]) -> Array:
        """Change of the values above (D, n_out, B) along D directions, of the values below and of the parameters."""
        raise NotImplementedError

    def remember(self) -> None:
        """Update the statistics for evaluation with the last batch."""


def told(shape: Shape) -> str:
    """A shape in words."""
    return f"{shape[0]} numbers" if len(shape) == 1 else "pictures of " + "x".join(map(str, shape))


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


class Residual(Chain, kind="residual"):
    """a = x + layers(x) (He et al. 2016); backward dL/dx = dL/da + the gradient through the layers."""

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
