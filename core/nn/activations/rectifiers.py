"""Rectifiers, which pass positive values, their smooth and gated variants, the identity, and shrinkage towards 0."""

from typing import Any

import numpy as np
from scipy.special import ndtr

from core.nn.activations.base import Activation, Array, sigmoid, softplus
from core.optimizers.options import fixed, number


class Identity(Activation):
    """The straight line: a network that uses only this is linear at any depth."""

    formula = r"x"
    color = 9

    def f(self, x: Array, out: Array) -> None:
        np.copyto(out, x)

    def df(self, x: Array, y: Array, out: Array) -> None:
        out.fill(1)


class ReLU(Activation):
    """The rectifier (Nair & Hinton 2010); at 0 any derivative in [0, 1] is a subgradient, and torch takes 0."""

    derivative_at_zero: float = number(0.0, low=0.0, high=1.0)
    formula = r"\max(x, 0)"
    label = "ReLU"
    color = 2
    gain = 2**0.5
    kinks = (0.0,)

    def f(self, x: Array, out: Array) -> None:
        np.maximum(x, 0, out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.copyto(out, x > 0)
        if self.derivative_at_zero:
            np.copyto(out, self.derivative_at_zero, where=x == 0)


class LeakyReLU(Activation):
    """The rectifier with a small slope for negative values (Maas et al. 2013)."""

    formula = r"x \text{ if } x > 0 \text{ else } \mathrm{negative\_slope} \cdot x"
    label = "leaky ReLU"
    negative_slope: float = number(0.01)
    color: int | None = 3
    kinks = (0.0,)

    def _ready(self) -> None:
        self.gain = (2 / (1 + self.negative_slope**2)) ** 0.5  # He et al. 2015, equation 15

    def f(self, x: Array, out: Array) -> None:
        np.multiply(x, self.negative_slope, out=out)
        # x and slope x cross at 0 only, so the larger of the two (the smaller, when slope > 1) is the function
        (np.maximum if self.negative_slope <= 1 else np.minimum)(x, out, out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.copyto(out, np.where(x > 0, 1.0, self.negative_slope), casting="same_kind")


class PReLU(LeakyReLU):
    """Leaky ReLU whose slope is called `weight` (He et al. 2015); here it is a setting, not learned."""

    negative_slope = 0.25  # which is `weight` here
    weight: float = number(0.25)
    formula = r"x \text{ if } x > 0 \text{ else } \mathrm{weight} \cdot x"
    label = "PReLU"
    color = None  # the key of leaky ReLU's parameter is taken

    def _ready(self) -> None:
        self.negative_slope = self.weight
        super()._ready()


class Threshold(Activation):
    """x above the threshold, a constant below it."""

    threshold: float = number(0.0)
    formula = r"x \text{ if } x > \mathrm{threshold} \text{ else } \mathrm{value}"

    def __init__(self, /, value: float = 0.0, **given: Any) -> None:
        super().__init__(**given)
        self.otherwise = number().read("value", value)  # `value` is the method
        self.kinks = (self.threshold,)

    def f(self, x: Array, out: Array) -> None:
        np.copyto(out, np.where(x > self.threshold, x, self.otherwise))

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.copyto(out, x > self.threshold)


class ELU(Activation):
    """Exponential linear unit (Clevert et al. 2016): negative values level off at -alpha."""

    formula = r"\max(x, 0) + \alpha\left(e^{\min(x, 0)} - 1\right)"
    label = "ELU"
    color = 4
    alpha: float = number(1.0, low=0.0)
    scale: float = fixed(1.0)

    def _ready(self) -> None:
        self.kinks = () if self.alpha == 1 else (0.0,)

    def f(self, x: Array, out: Array) -> None:
        np.multiply(self.scale, np.maximum(x, 0) + self.alpha * np.expm1(np.minimum(x, 0)), out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.multiply(self.scale, np.where(x > 0, 1, self.alpha * np.exp(np.minimum(x, 0))), out=out)


class SELU(ELU):
    """ELU scaled to keep mean 0 and variance 1 from layer to layer (Klambauer et al. 2017)."""

    formula = r"\mathrm{scale}\left(\max(x, 0) + \alpha (e^{\min(x, 0)} - 1)\right)"
    label = "SELU"
    color = 5
    gain = 0.75
    alpha: float = number(1.6732632423543772, low=0.0)
    scale: float = number(1.0507009873554805, low=0.0, open_low=True)


class CELU(Activation):
    """Continuously differentiable ELU for every alpha (Barron 2017)."""

    formula = r"\max(x, 0) + \alpha\left(e^{\min(x, 0)/\alpha} - 1\right)"
    label = "CELU"
    alpha: float = number(1.0, low=1e-6)

    def f(self, x: Array, out: Array) -> None:
        np.divide(np.minimum(x, 0), self.alpha, out=out)
        np.add(np.maximum(x, 0), self.alpha * np.expm1(out), out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.exp(np.minimum(x, 0) / self.alpha, out=out)


class Softplus(Activation):
    """The smooth rectifier (Dugas et al. 2001); as in torch it is x itself where beta x > threshold."""

    formula = r"\tfrac{1}{\beta} \ln\left(1 + e^{\beta x}\right)"
    color = 8
    beta: float = number(1.0, low=1e-6, high=1e6)
    threshold: float = number(20.0, low=0.0)

    def _ready(self) -> None:
        self.edge = self.threshold / self.beta

    def f(self, x: Array, out: Array) -> None:
        np.copyto(out, np.where(x > self.edge, x, softplus(self.beta * np.minimum(x, self.edge)) / self.beta))

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.copyto(out, np.where(x > self.edge, 1, sigmoid(self.beta * np.minimum(x, self.edge))))


class LogSigmoid(Activation):
    """The logarithm of the sigmoid: minus the cross-entropy for the answer yes."""

    formula = r"-\ln\left(1 + e^{-x}\right)"
    label = "log-sigmoid"

    def f(self, x: Array, out: Array) -> None:
        np.negative(softplus(-x), out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.copyto(out, sigmoid(-x))


class Tanhshrink(Activation):
    """The difference between x and tanh x."""

    formula = r"x - \tanh x"

    def f(self, x: Array, out: Array) -> None:
        np.subtract(x, np.tanh(x), out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.square(np.tanh(x), out=out)


class Hardshrink(Activation):
    """Sets small values to zero and keeps the others: it jumps at +-lambd (Donoho & Johnstone 1994)."""

    lambd: float = number(0.5, low=0.0)
    formula = r"x \text{ if } |x| > \lambda \text{ else } 0"

    def _ready(self) -> None:
        self.kinks = (-self.lambd, self.lambd)

    def f(self, x: Array, out: Array) -> None:
        np.multiply(x, np.abs(x) > self.lambd, out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.copyto(out, np.abs(x) > self.lambd)


class Softshrink(Hardshrink):
    """Moves every value towards zero by lambd: the proximal step of an L1 penalty (Donoho 1995)."""

    formula = r"x - \min(\max(x, -\lambda), \lambda)"

    def f(self, x: Array, out: Array) -> None:
        np.subtract(x, np.clip(x, -self.lambd, self.lambd), out=out)


class GELU(Activation):
    """Gaussian error linear unit, exact (Hendrycks & Gimpel 2016): Phi is the normal distribution function."""

    formula = r"x \, \Phi(x)"
    label = "GELU"
    color = 6

    def f(self, x: Array, out: Array) -> None:
        np.multiply(x, ndtr(x), out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        x = np.clip(x, -40, 40)  # beyond, the derivative is 0 or 1 to the last bit, and x^2 could overflow
        np.add(ndtr(x), x * np.exp(-(x**2) / 2) / (2 * np.pi) ** 0.5, out=out)


class GELUTanh(Activation):
    """Gaussian error linear unit by its tanh approximation (Hendrycks & Gimpel 2016), as in GPT-2."""

    formula = r"\tfrac{x}{2}\left(1 + \tanh\left(\sqrt{2/\pi}\,(x + 0.044715 x^3)\right)\right)"
    label = "GELU tanh"

    def f(self, x: Array, out: Array) -> None:
        c = np.clip(x, -10, 10)  # beyond, the tanh is -1 or 1 to the last bit, and x^3 could overflow
        np.multiply(x / 2, 1 + np.tanh((2 / np.pi) ** 0.5 * c * (1 + 0.044715 * c * c)), out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        x = np.clip(x, -10, 10)
        t = np.tanh((2 / np.pi) ** 0.5 * x * (1 + 0.044715 * x * x), out=out)
        np.add((1 + t) / 2, x / 2 * (1 - t * t) * ((2 / np.pi) ** 0.5 * (1 + 0.134145 * x * x)), out=out)


class SiLU(Activation):
    """Sigmoid linear unit, also called swish (Elfwing et al. 2017; Ramachandran et al. 2017)."""

    formula = r"x \, \sigma(x)"
    label = "SiLU"
    color = 7

    def f(self, x: Array, out: Array) -> None:
        np.multiply(x, sigmoid(x), out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        s = sigmoid(x)
        np.multiply(s, 1 + x * (1 - s), out=out)


class Mish(Activation):
    """x tanh(softplus(x)) (Misra 2019)."""

    formula = r"x \tanh\left(\ln(1 + e^x)\right)"
    label = "Mish"

    def f(self, x: Array, out: Array) -> None:
        np.multiply(x, np.tanh(softplus(x)), out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        t = np.tanh(softplus(x))
        np.add(t, x * sigmoid(x) * (1 - t * t), out=out)


class Hardswish(Activation):
    """SiLU with the hard sigmoid (Howard et al. 2019, MobileNetV3)."""

    formula = r"x \min\left(\max\left(\tfrac{x}{6} + \tfrac12, 0\right), 1\right)"
    kinks = (-3.0, 3.0)

    def f(self, x: Array, out: Array) -> None:
        np.multiply(x, np.clip(x / 6 + 0.5, 0, 1), out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.copyto(out, np.where(np.abs(x) < 3, x / 3 + 0.5, x > 0))


ACTIVATIONS: dict[str, type[Activation]] = {
    "identity": Identity,
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "prelu": PReLU,
    "threshold": Threshold,
    "elu": ELU,
    "selu": SELU,
    "celu": CELU,
    "softplus": Softplus,
    "logsigmoid": LogSigmoid,
    "tanhshrink": Tanhshrink,
    "hardshrink": Hardshrink,
    "softshrink": Softshrink,
    "gelu": GELU,
    "gelu_tanh": GELUTanh,
    "silu": SiLU,
    "mish": Mish,
    "hardswish": Hardswish,
}
