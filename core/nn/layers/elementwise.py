"""Layers without weights that keep every number's place: activations, dropout and flattening."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.checks import check_number
from core.nn.activations import ACTIVATIONS, Activation
from core.nn.layers.base import Array, Layer, Shape


class Activate(Layer):
    """a = f(z); backward δ <- δ ⊙ f'(z)."""

    kind = "activation"
    in_place = True

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


class Dropout(Layer):
    """a <- a ⊙ mask, with mask 0 or 1/(1-rate), so that its mean is 1; none in evaluation.

    Each update silences random units, so that no unit can rely on another (Srivastava et al. 2014). `mask` (R, n, B) is
    1 until it is drawn.
    """

    kind = "dropout"
    in_place = True
    trains_only = True

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


class Flatten(Layer):
    """(channels, height, width) -> (channels * height * width,), as stored in memory, without copying."""

    kind = "flatten"
    takes_pictures = is_only_shape = True

    def shape_of(self, inputs: Shape) -> Shape:
        return (math.prod(inputs),)
