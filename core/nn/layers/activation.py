"""The activation as a layer: an elementwise function."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.nn.activations import ACTIVATIONS, Activation
from core.nn.layers.base import Array, Layer


class Activate(Layer):
    """a = f(z); backward δ <- δ ⊙ f'(z)."""

    kind = "activation"
    in_place = True

    def __init__(self, function: Activation):
        super().__init__()
        self.function = function

    def described(self, params: Array) -> dict[str, Any]:
        (name,) = (name for name, kind in ACTIVATIONS.items() if kind is type(self.function))
        return super().described(params) | {"name": name}

    def allocate_backward(self, is_first: bool) -> None:
        super().allocate_backward(is_first)
        self.slope = np.empty_like(self.above.delta)

    def forward(self) -> None:
        self.function.f(self.below.values, self.above.values)

    def backward(self) -> None:
        delta = self.above.delta
        self.function.df(self.below.values, self.above.values, self.slope)
        np.multiply(delta, self.slope, out=delta)

    def tangent(self, slope: Array, views: Sequence[Array]) -> Array:
        return self.function.derivative(self.below.values) * slope
