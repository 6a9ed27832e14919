"""Activations a = f(z) with their derivatives: without them a network stays linear.

All keep float32 and float64, and raise no overflow or invalid-value warning for x up to 1e300; NaN stays NaN.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import ndtr

from core.checks import InputError, check_number
from core.optimizers.options import HasOptions, choice, fixed, number

Array = np.ndarray


def _floats(x: Any) -> Array:
    numbers = np.asanyarray(x)
    if numbers.dtype.kind not in "biuf":
        raise InputError(f"x holds {numbers.dtype} values, but must hold real numbers")
    return numbers if numbers.dtype.kind == "f" else numbers.astype(np.float64)


class Activation(HasOptions):
    """An elementwise function: `value(x)` and `derivative(x)`, both of the shape of x.

    A subclass writes `f(x, out)` and `df(x, y, out)` with y = f(x) as numpy calls, also the text of exported scripts.
    """

    formula: str  # LaTeX
    label: str = ""  # displayed name; "" for the key with spaces
    color: int | None = None  # its index among the charts' colours and marks; None: any
    gain: float = 1.0  # factor on the initial weights that torch.nn.init.calculate_gain recommends; 1 if it has none
    kinks: tuple[float, ...] = ()  # points x where f is not differentiable
    f: Callable[..., None]
    df: Callable[..., None]

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


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x), to 1e-16 absolutely; twice as fast as scipy's expit, and it cannot overflow."""
    return 0.5 * np.tanh(0.5 * x) + 0.5


def softplus(x: Array) -> Array:
    """ln(1 + e^x), eight times as fast as np.logaddexp(0, x); x - 2 max(x, 0) is -|x|, also for complex numbers."""
    positive = np.maximum(x, 0)
    return positive + np.log1p(np.exp(x - 2 * positive))


class Step(Activation, formula=r"1 \text{ if } x > 0 \text{ else } 0", kinks=(0.0,)):
    """The threshold unit (McCulloch & Pitts 1943), whose derivative is 0; straight through: 1 (Bengio et al. 2013)."""

    surrogate: str = choice("none", allowed=("none", "straight_through"))

    def f(self, x: Array, out: Array) -> None:
        np.copyto(out, x > 0)

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.copyto(out, np.abs(x) <= 1 if self.surrogate == "straight_through" else 0)


class Sigmoid(Activation, formula=r"\frac{1}{1 + e^{-x}} = \tfrac12\left(1 + \tanh\tfrac{x}{2}\right)", color=0):
    """The logistic curve from 0 to 1; tanh is twice as fast as e^-x and never overflows, but gives 0 for x < -37."""

    def f(self, x: Array, out: Array) -> None:
        np.multiply(x, 0.5, out=out)
        np.tanh(out, out=out)
        np.multiply(out, 0.5, out=out)
        np.add(out, 0.5, out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.subtract(1, y, out=out)
        np.multiply(out, y, out=out)


class Tanh(Activation, formula=r"\tanh x", color=1, gain=5 / 3):
    """The S-curve from -1 to 1, centred (LeCun et al. 1998, Efficient BackProp)."""

    def f(self, x: Array, out: Array) -> None:
        np.tanh(x, out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.multiply(y, y, out=out)
        np.subtract(1, out, out=out)


class Softsign(Activation, formula=r"\frac{x}{1 + |x|}"):
    """The S-curve with polynomial tails (Turian et al. 2009; Glorot & Bengio 2010)."""

    def f(self, x: Array, out: Array) -> None:
        np.divide(x, 1 + np.abs(x), out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.square(1 / (1 + np.abs(x)), out=out)


class Hardtanh(Activation, formula=r"\min(\max(x, \mathrm{min\_val}), \mathrm{max\_val})"):
    """Piecewise linear tanh (Collobert 2004)."""

    min_val: float = number(-1.0)
    max_val: float = number(1.0)

    def _ready(self) -> None:
        check_number("max_val", self.max_val, self.min_val, open_low=True)
        self.kinks = (self.min_val, self.max_val)

    def f(self, x: Array, out: Array) -> None:
        np.clip(x, self.min_val, self.max_val, out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.copyto(out, (self.min_val < x) & (x < self.max_val))


class ReLU6(Hardtanh, label="ReLU6", formula=r"\min(\max(x, 0), 6)"):
    """The rectifier cut off at 6 (Krizhevsky 2010; MobileNets)."""

    min_val = fixed(0.0)
    max_val = fixed(6.0)


class Hardsigmoid(Activation, kinks=(-3.0, 3.0)):
    """Piecewise linear sigmoid, as in torch and Keras 3 (older Keras: slope 0.2)."""

    formula = r"\min\left(\max\left(\tfrac{x}{6} + \tfrac12, 0\right), 1\right)"

    def f(self, x: Array, out: Array) -> None:
        np.clip(x / 6 + 0.5, 0, 1, out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.multiply(np.abs(x) < 3, 1 / 6, out=out)


class Identity(Activation, formula=r"x", color=9):
    """The straight line: a network that uses only this is linear at any depth."""

    def f(self, x: Array, out: Array) -> None:
        np.copyto(out, x)

    def df(self, x: Array, y: Array, out: Array) -> None:
        out.fill(1)


class ReLU(Activation, label="ReLU", formula=r"\max(x, 0)", color=2, gain=2**0.5, kinks=(0.0,)):
    """The rectifier (Nair & Hinton 2010); at 0 any derivative in [0, 1] is a subgradient, and torch takes 0."""

    derivative_at_zero: float = number(0.0, low=0.0, high=1.0)

    def f(self, x: Array, out: Array) -> None:
        np.maximum(x, 0, out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.copyto(out, x > 0)
        if self.derivative_at_zero:
            np.copyto(out, self.derivative_at_zero, where=x == 0)


class LeakyReLU(Activation, label="leaky ReLU", color=3, kinks=(0.0,)):
    """The rectifier with a small slope for negative values (Maas et al. 2013)."""

    formula = r"x \text{ if } x > 0 \text{ else } \mathrm{negative\_slope} \cdot x"
    negative_slope: float = number(0.01)

    def _ready(self) -> None:
        self.gain = (2 / (1 + self.negative_slope**2)) ** 0.5  # He et al. 2015, equation 15

    def f(self, x: Array, out: Array) -> None:
        np.multiply(x, self.negative_slope, out=out)
        # x and slope x cross at 0 only, so the larger of the two (the smaller, when slope > 1) is the function
        (np.maximum if self.negative_slope <= 1 else np.minimum)(x, out, out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.copyto(out, np.where(x > 0, 1.0, self.negative_slope), casting="same_kind")


class PReLU(LeakyReLU, label="PReLU", color=None):
    """Leaky ReLU whose slope is called `weight` (He et al. 2015); here it is a setting, not learned."""

    negative_slope = 0.25  # which is `weight` here
    weight: float = number(0.25)
    formula = r"x \text{ if } x > 0 \text{ else } \mathrm{weight} \cdot x"

    def _ready(self) -> None:
        self.negative_slope = self.weight
        super()._ready()


class Threshold(Activation, formula=r"x \text{ if } x > \mathrm{threshold} \text{ else } \mathrm{value}"):
    """x above the threshold, a constant below it."""

    threshold: float = number(0.0)

    def __init__(self, /, value: float = 0.0, **given: Any) -> None:
        super().__init__(**given)
        self.otherwise = number().read("value", value)  # `value` is the method
        self.kinks = (self.threshold,)

    def f(self, x: Array, out: Array) -> None:
        np.copyto(out, np.where(x > self.threshold, x, self.otherwise))

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.copyto(out, x > self.threshold)


class ELU(Activation, label="ELU", formula=r"\max(x, 0) + \alpha\left(e^{\min(x, 0)} - 1\right)", color=4):
    """Exponential linear unit (Clevert et al. 2016): negative values level off at -alpha."""

    alpha: float = number(1.0, low=0.0)
    scale: float = fixed(1.0)

    def _ready(self) -> None:
        self.kinks = () if self.alpha == 1 else (0.0,)

    def f(self, x: Array, out: Array) -> None:
        np.multiply(self.scale, np.maximum(x, 0) + self.alpha * np.expm1(np.minimum(x, 0)), out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.multiply(self.scale, np.where(x > 0, 1, self.alpha * np.exp(np.minimum(x, 0))), out=out)


class SELU(ELU, label="SELU", color=5, gain=0.75):
    """ELU scaled to keep mean 0 and variance 1 from layer to layer (Klambauer et al. 2017)."""

    formula = r"\mathrm{scale}\left(\max(x, 0) + \alpha (e^{\min(x, 0)} - 1)\right)"
    alpha: float = number(1.6732632423543772, low=0.0)
    scale: float = number(1.0507009873554805, low=0.0, open_low=True)


class CELU(Activation, label="CELU", formula=r"\max(x, 0) + \alpha\left(e^{\min(x, 0)/\alpha} - 1\right)"):
    """Continuously differentiable ELU for every alpha (Barron 2017)."""

    alpha: float = number(1.0, low=1e-6)

    def f(self, x: Array, out: Array) -> None:
        np.divide(np.minimum(x, 0), self.alpha, out=out)
        np.add(np.maximum(x, 0), self.alpha * np.expm1(out), out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.exp(np.minimum(x, 0) / self.alpha, out=out)


class Softplus(Activation, formula=r"\tfrac{1}{\beta} \ln\left(1 + e^{\beta x}\right)", color=8):
    """The smooth rectifier (Dugas et al. 2001); as in torch it is x itself where beta x > threshold."""

    beta: float = number(1.0, low=1e-6, high=1e6)
    threshold: float = number(20.0, low=0.0)

    def _ready(self) -> None:
        self.edge = self.threshold / self.beta

    def f(self, x: Array, out: Array) -> None:
        np.copyto(out, np.where(x > self.edge, x, softplus(self.beta * np.minimum(x, self.edge)) / self.beta))

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.copyto(out, np.where(x > self.edge, 1, sigmoid(self.beta * np.minimum(x, self.edge))))


class LogSigmoid(Activation, label="log-sigmoid", formula=r"-\ln\left(1 + e^{-x}\right)"):
    """The logarithm of the sigmoid: minus the cross-entropy for the answer yes."""

    def f(self, x: Array, out: Array) -> None:
        np.negative(softplus(-x), out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.copyto(out, sigmoid(-x))


class Tanhshrink(Activation, formula=r"x - \tanh x"):
    """The difference between x and tanh x."""

    def f(self, x: Array, out: Array) -> None:
        np.subtract(x, np.tanh(x), out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.square(np.tanh(x), out=out)


class Hardshrink(Activation, formula=r"x \text{ if } |x| > \lambda \text{ else } 0"):
    """Sets small values to zero and keeps the others: it jumps at +-lambd (Donoho & Johnstone 1994)."""

    lambd: float = number(0.5, low=0.0)

    def _ready(self) -> None:
        self.kinks = (-self.lambd, self.lambd)

    def f(self, x: Array, out: Array) -> None:
        np.multiply(x, np.abs(x) > self.lambd, out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.copyto(out, np.abs(x) > self.lambd)


class Softshrink(Hardshrink, formula=r"x - \min(\max(x, -\lambda), \lambda)"):
    """Moves every value towards zero by lambd: the proximal step of an L1 penalty (Donoho 1995)."""

    def f(self, x: Array, out: Array) -> None:
        np.subtract(x, np.clip(x, -self.lambd, self.lambd), out=out)


class GELU(Activation, label="GELU", formula=r"x \, \Phi(x)", color=6):
    """Gaussian error linear unit, exact (Hendrycks & Gimpel 2016): Phi is the normal distribution function."""

    def f(self, x: Array, out: Array) -> None:
        np.multiply(x, ndtr(x), out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        x = np.clip(x, -40, 40)  # beyond, the derivative is 0 or 1 to the last bit, and x^2 could overflow
        np.add(ndtr(x), x * np.exp(-(x**2) / 2) / (2 * np.pi) ** 0.5, out=out)


class GELUTanh(Activation, label="GELU tanh"):
    """Gaussian error linear unit by its tanh approximation (Hendrycks & Gimpel 2016), as in GPT-2."""

    formula = r"\tfrac{x}{2}\left(1 + \tanh\left(\sqrt{2/\pi}\,(x + 0.044715 x^3)\right)\right)"

    def f(self, x: Array, out: Array) -> None:
        c = np.clip(x, -10, 10)  # beyond, the tanh is -1 or 1 to the last bit, and x^3 could overflow
        np.multiply(x / 2, 1 + np.tanh((2 / np.pi) ** 0.5 * c * (1 + 0.044715 * c * c)), out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        x = np.clip(x, -10, 10)
        t = np.tanh((2 / np.pi) ** 0.5 * x * (1 + 0.044715 * x * x), out=out)
        np.add((1 + t) / 2, x / 2 * (1 - t * t) * ((2 / np.pi) ** 0.5 * (1 + 0.134145 * x * x)), out=out)


class SiLU(Activation, label="SiLU", formula=r"x \, \sigma(x)", color=7):
    """Sigmoid linear unit, also called swish (Elfwing et al. 2017; Ramachandran et al. 2017)."""

    def f(self, x: Array, out: Array) -> None:
        np.multiply(x, sigmoid(x), out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        s = sigmoid(x)
        np.multiply(s, 1 + x * (1 - s), out=out)


class Mish(Activation, label="Mish", formula=r"x \tanh\left(\ln(1 + e^x)\right)"):
    """x tanh(softplus(x)) (Misra 2019)."""

    def f(self, x: Array, out: Array) -> None:
        np.multiply(x, np.tanh(softplus(x)), out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        t = np.tanh(softplus(x))
        np.add(t, x * sigmoid(x) * (1 - t * t), out=out)


class Hardswish(Activation, kinks=(-3.0, 3.0)):
    """SiLU with the hard sigmoid (Howard et al. 2019, MobileNetV3)."""

    formula = r"x \min\left(\max\left(\tfrac{x}{6} + \tfrac12, 0\right), 1\right)"

    def f(self, x: Array, out: Array) -> None:
        np.multiply(x, np.clip(x / 6 + 0.5, 0, 1), out=out)

    def df(self, x: Array, y: Array, out: Array) -> None:
        np.copyto(out, np.where(np.abs(x) < 3, x / 3 + 0.5, x > 0))


ACTIVATIONS: dict[str, type[Activation]] = {
    "step": Step,
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "softsign": Softsign,
    "hardtanh": Hardtanh,
    "relu6": ReLU6,
    "hardsigmoid": Hardsigmoid,
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
