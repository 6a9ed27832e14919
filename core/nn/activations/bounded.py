"""Bounded activations: the step, smooth S-curves, and their piecewise linear approximations."""

import numpy as np

from core.checks import check_number
from core.nn.activations.base import Activation, Array
from core.optimizers.options import choice, fixed, number


class Step(Activation):
    """The threshold unit (McCulloch & Pitts 1943): its derivative is 0, so no gradient passes through it.

    surrogate="straight_through" uses the derivative 1 where |x| <= 1 (Bengio et al. 2013; Courbariaux et al. 2016).
    """

    surrogate: str = choice("none", allowed=("none", "straight_through"))
    formula = r"1 \text{ if } x > 0 \text{ else } 0"
    kinks = (0.0,)

    def f(self, x: Array, out: Array) -> None:
        np.copyto(out, x > 0)

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.copyto(out, np.abs(x) <= 1 if self.surrogate == "straight_through" else 0)


class Sigmoid(Activation):
    """The logistic curve from 0 to 1; tanh is twice as fast as e^-x and never overflows, but gives 0 for x < -37."""

    formula = r"\frac{1}{1 + e^{-x}} = \tfrac12\left(1 + \tanh\tfrac{x}{2}\right)"
    color = 0

    def f(self, x: Array, out: Array) -> None:
        np.multiply(x, 0.5, out=out)
        np.tanh(out, out=out)
        np.multiply(out, 0.5, out=out)
        np.add(out, 0.5, out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.subtract(1, y, out=out)
        np.multiply(out, y, out=out)


class Tanh(Activation):
    """The S-curve from -1 to 1, centred (LeCun et al. 1998, Efficient BackProp)."""

    formula = r"\tanh x"
    color = 1
    gain = 5 / 3

    def f(self, x: Array, out: Array) -> None:
        np.tanh(x, out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.multiply(y, y, out=out)
        np.subtract(1, out, out=out)


class Softsign(Activation):
    """The S-curve with polynomial tails (Turian et al. 2009; Glorot & Bengio 2010)."""

    formula = r"\frac{x}{1 + |x|}"

    def f(self, x: Array, out: Array) -> None:
        np.divide(x, 1 + np.abs(x), out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.square(1 / (1 + np.abs(x)), out=out)


class Hardtanh(Activation):
    """Piecewise linear tanh (Collobert 2004)."""

    min_val: float = number(-1.0)
    max_val: float = number(1.0)
    formula = r"\min(\max(x, \mathrm{min\_val}), \mathrm{max\_val})"

    def _ready(self) -> None:
        check_number("max_val", self.max_val, self.min_val, open_low=True)
        self.kinks = (self.min_val, self.max_val)

    def f(self, x: Array, out: Array) -> None:
        np.clip(x, self.min_val, self.max_val, out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.copyto(out, (self.min_val < x) & (x < self.max_val))


class ReLU6(Hardtanh):
    """The rectifier cut off at 6 (Krizhevsky 2010; MobileNets)."""

    formula = r"\min(\max(x, 0), 6)"
    label = "ReLU6"
    min_val = fixed(0.0)
    max_val = fixed(6.0)


class Hardsigmoid(Activation):
    """Piecewise linear sigmoid, as in torch and Keras 3 (older Keras: slope 0.2)."""

    formula = r"\min\left(\max\left(\tfrac{x}{6} + \tfrac12, 0\right), 1\right)"
    kinks = (-3.0, 3.0)

    def f(self, x: Array, out: Array) -> None:
        np.clip(x / 6 + 0.5, 0, 1, out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.multiply(np.abs(x) < 3, 1 / 6, out=out)


ACTIVATIONS: dict[str, type[Activation]] = {
    "step": Step,
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "softsign": Softsign,
    "hardtanh": Hardtanh,
    "relu6": ReLU6,
    "hardsigmoid": Hardsigmoid,
}
