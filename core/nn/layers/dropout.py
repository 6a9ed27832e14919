"""Dropout: each update silences random units, so that no unit can rely on another."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.checks import check_number
from core.nn.layers.base import Array, Layer


class Dropout(Layer):
    """a <- a ⊙ mask, with mask 0 or 1/(1-rate), so that its mean is 1 (Srivastava et al. 2014); none in evaluation.

    `mask` (R, n, B) is 1 until it is drawn.
    """

    kind = "dropout"
    in_place = True
    trains_only = True

    @property
    def kept(self) -> int:
        return 2 * self.numbers

    def _allocate(self, runs: int, batch: int, dtype: Any) -> None:
        self.mask = np.ones((runs, self.numbers, batch), dtype)

    def draw(self, run: int, rng: np.random.Generator, rate: float) -> None:
        """Draw a new mask for one run. Raises InputError for a rate outside [0, 1)."""
        if not (isinstance(rate, float) and 0 <= rate < 1):  # the usual case needs no array
            check_number("dropout", rate, 0, 1, open_high=True)
        mask = self.mask[run]
        rng.random(out=mask, dtype=mask.dtype)  # type: ignore[call-overload]  # its stubs list dtypes one by one
        np.greater_equal(mask, rate, out=mask)
        mask /= 1.0 - rate

    def forward(self) -> None:
        np.multiply(self.below.values, self.mask, out=self.above.values)

    def backward(self) -> None:
        delta = self.above.delta
        np.multiply(delta, self.mask, out=delta)

    def tangent(self, slope: Array, views: Sequence[Array]) -> Array:
        return slope * self.mask
