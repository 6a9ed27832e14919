"""Every activation a = f(z) of the field with its derivative: without one between its layers a network stays linear.

All of them work element by element on arrays of any shape, keep float32 and float64, turn whole numbers into floats,
and raise no overflow or invalid-value warning for any x up to 1e300 in size; NaN stays NaN. Each stands beside its kin
and is entered in the dict at the foot of that file.
"""

from core.nn.activations import bounded, gated, rectifiers, shrinkage
from core.nn.activations.base import Activation

ACTIVATIONS: dict[str, type[Activation]] = {
    **bounded.ACTIVATIONS,
    **rectifiers.ACTIVATIONS,
    **gated.ACTIVATIONS,
    **shrinkage.ACTIVATIONS,
}

__all__ = ["ACTIVATIONS", "Activation"]
