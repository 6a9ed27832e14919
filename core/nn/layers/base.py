"""What all layers share: shapes, parameters in the flat stack, and the buffers in which they work.

A layer of a network is a declaration. `Layer.at_work` gives a copy of it with the signals that it reads and writes and
with buffers for R runs and B samples; `forward` and `backward` then move arrays that are there already.
"""

import math
from collections.abc import Sequence
from copy import copy
from typing import Any, NamedTuple, Self

import numpy as np

from core.checks import InputError
from core.optimizers.options import HasOptions

Array = np.ndarray
Shape = tuple[int, ...]  # (units,), or (channels, height, width) of a picture


class Weights(NamedTuple):
    """Weights and biases of one layer, as views: W (..., n_out, n_in), or (..., n_out, channels, height, width); b."""

    W: Array
    b: Array


class Signal:
    """What one layer hands to the next for R runs, feature-major; of a picture the channel varies slowest.

    full (R, n + 1, B): the values with a last row of ones, which carries the biases of a layer that takes them; values
    (R, n, B): its view without them. turned: full (R, B, n + 1). delta (R, n, B): dL/d(values), None until it is asked
    for, and never asked for at the inputs.
    """

    __slots__ = ("delta", "full", "turned", "values")

    def __init__(self) -> None:
        self.delta: Any = None
        self.full = self.turned = self.values = np.empty((0, 0, 0))

    def show(self, full: Array) -> None:
        """Hand on these values from now on."""
        self.full, self.turned, self.values = full, full.swapaxes(1, 2), full[:, :-1]

    @classmethod
    def empty(cls, runs: int, units: int, batch: int, dtype: Any, ones: bool) -> Self:
        """A signal with room for its values, and with a row of ones where the next layer takes them."""
        signal = cls()
        if ones:
            signal.show(np.ones((runs, units + 1, batch), dtype))
        else:
            signal.values = np.empty((runs, units, batch), dtype)
        return signal


class Layer(HasOptions):
    """One step from an input to an output: `build` it for the shape of its input, then ask or put it to work.

    A subclass writes `shape_of`, `forward`, `backward` and `tangent`, `_allocate` if it needs buffers, and where it has
    parameters `shapes` (one matrix or vector each), `start`, `bind` and `named`.
    """

    kind: str  # its name in settings and scripts
    inputs: Shape = ()
    outputs: Shape = ()
    shapes: list[Shape] = []  # of its parameters, in their order in the flat stack
    takes_ones = False  # whether it reads the row of ones
    in_place = False  # whether its backward pass turns the delta above into the one below where it lies
    trains_only = False  # whether it does nothing once training is over
    remembers = False  # whether it takes something of each batch into what `evaluate` uses
    weighted = False  # whether its parameters are weights and biases
    takes_pictures = False
    is_only_shape = False  # whether it moves no number
    part = slice(0, 0)  # where its parameters lie in the flat stack
    below: Signal
    above: Signal

    def build(self, inputs: Shape) -> Self:
        """Follow a layer whose output has this shape. Raises InputError where it cannot."""
        self.inputs, self.outputs = inputs, self.shape_of(inputs)
        return self

    def shape_of(self, inputs: Shape) -> Shape:
        """The shape of its output for such an input; the same, unless the layer says otherwise."""
        return inputs

    @property
    def parameters(self) -> int:
        return sum(math.prod(shape) for shape in self.shapes)

    @property
    def numbers(self) -> int:
        """Numbers that it hands on for one sample."""
        return math.prod(self.outputs)

    @property
    def kept(self) -> int:
        """Numbers that it keeps at work for one sample, of one run."""
        return 2 * self.numbers

    def flops(self) -> int:
        """Additions and multiplications of a forward pass of one sample, without those of elementwise functions."""
        return 0

    def views(self, params: Array) -> list[Array]:
        """Its parameters as views (..., *shape) into the flat stack (..., P) of its network."""
        found, start = [], self.part.start
        for shape in self.shapes:
            end = start + math.prod(shape)
            found.append(params[..., start:end].reshape(*params.shape[:-1], *shape))
            start = end
        return found

    def named(self, views: Sequence[Array]) -> dict[str, Array]:
        """Its parameters by the names that people know, as views."""
        return {}

    def described(self, params: Array) -> dict[str, Any]:
        """What a script says of it: kind, shape of an input, numbers, and its part of the flat params (P,) by name."""
        numbers = {name: getattr(self, name) for name in self.options()}
        return {"kind": self.kind, "inputs": self.inputs, **numbers, **self.named(self.views(params))}

    def start(self, views: Sequence[Array]) -> None:
        """Fill in the parameters with which it starts, unless they are drawn."""

    def at_work(self, below: Signal, above: Signal, like: Array, training: bool) -> Self:
        """A copy that reads `below` and writes `above`, with buffers for the R runs and B samples of `like` (R, B)."""
        worker = copy(self)
        worker.below, worker.above = below, above
        runs, batch = like.shape
        worker._allocate(runs, batch, like.dtype)
        return worker

    def twin(self) -> Self:
        """A copy with the same buffers, to be bound to the parameters of other runs."""
        return copy(self)

    def leaves(self) -> "list[Layer]":
        """Itself, or of a layer that is made of others those, in the order of their parameters."""
        return [self]

    def _allocate(self, runs: int, batch: int, dtype: Any) -> None:
        """Make what it needs at work."""

    def allocate_backward(self, is_first: bool) -> None:
        """Make room for the delta below, once that above is there."""
        if self.in_place:
            self.below.delta = self.above.delta
        elif not is_first:
            values = self.below.values
            self.below.delta = np.empty(values.shape, values.dtype)

    def bind(self, views: Sequence[Array], grads: Sequence[Array] | None = None) -> None:
        """Use these parameters, and fill these gradients, from now on."""

    def forward(self) -> None:
        """Values above from those below."""
        raise NotImplementedError

    def evaluate(self) -> None:
        """The same once training is over."""
        self.forward()

    def backward(self) -> None:
        """Delta below from that above, where there is one to fill, and the gradients of the parameters."""
        raise NotImplementedError

    def tangent(self, slope: Array, views: Sequence[Array]) -> Array:
        """How the values above change (D, n_out, B) as those below change by `slope` and the parameters by `views`.

        After `forward`, for one run and D directions.
        """
        raise NotImplementedError

    def remember(self) -> None:
        """Take the last batch into what `evaluate` uses."""


def told(shape: Shape) -> str:
    """A shape in words."""
    return f"{shape[0]} numbers" if len(shape) == 1 else "pictures of " + "x".join(map(str, shape))


def check_picture(layer: Layer, inputs: Shape) -> None:
    """Raise InputError unless the input is a picture (channels, height, width)."""
    if len(inputs) != 3:
        raise InputError(f"{type(layer).__name__} takes pictures, but is given {told(inputs)}")
