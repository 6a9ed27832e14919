"""Activations a = f(z) with their derivatives: without them a network stays linear.

All of them work element by element on arrays of any shape, keep float32 and float64, turn whole numbers into floats,
and raise no overflow or invalid-value warning for any x up to 1e300 in size; NaN stays NaN. Each is in the file of its
family and in the dict at the end of that file.
"""

from core.nn.activations import bounded, rectifiers
from core.nn.activations.base import Activation

ACTIVATIONS: dict[str, type[Activation]] = bounded.ACTIVATIONS | rectifiers.ACTIVATIONS

__all__ = ["ACTIVATIONS", "Activation"]
