"""Shrinkage: activations that pull values towards zero."""

import numpy as np

from core.nn.activations.base import Activation, Array, parameter


class Tanhshrink(Activation):
    """The difference between x and tanh x."""

    formula = r"x - \tanh x"

    def f(self, x: Array, out: Array) -> None:
        np.subtract(x, np.tanh(x), out=out)

    def df(self, x: Array, y: Array | None, out: Array) -> None:
        np.square(np.tanh(x), out=out)


class Hardshrink(Activation):
    """Sets small values to zero and keeps the others: it jumps at +-lambd (Donoho & Johnstone 1994)."""

    formula = r"x \text{ if } |x| > \lambda \text{ else } 0"

    def __init__(self, lambd: float = 0.5):
        self.lambd = parameter("lambd", lambd, 0)
        self.kinks = (-self.lambd, self.lambd)

    def f(self, x: Array, out: Array) -> None:
        np.multiply(x, np.abs(x) > self.lambd, out=out)

    def df(self, x: Array, y: Array | None, out: Array) -> None:
        np.copyto(out, np.abs(x) > self.lambd)


class Softshrink(Hardshrink):
    """Moves every value towards zero by lambd: the proximal step of an L1 penalty (Donoho 1995)."""

    formula = r"x - \min(\max(x, -\lambda), \lambda)"

    def f(self, x: Array, out: Array) -> None:
        np.subtract(x, np.clip(x, -self.lambd, self.lambd), out=out)


ACTIVATIONS: dict[str, type[Activation]] = {
    "tanhshrink": Tanhshrink,
    "hardshrink": Hardshrink,
    "softshrink": Softshrink,
}
