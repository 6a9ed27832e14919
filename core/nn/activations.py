"""Every activation a = f(z) of the field with its derivative: the bend between two layers that makes a network deep.

All of them work element by element on arrays of any shape, keep float32 and float64, turn whole numbers into floats,
and raise no overflow or invalid-value warning for any x up to 1e300 in size; NaN stays NaN.
"""

import numpy as np
from scipy.special import ndtr

from core.checks import InputError
from core.nn.activation_base import Activation, Array, parameter, sigmoid, softplus


class Identity(Activation):
    """The straight line: a network of it is linear however deep."""

    formula = r"x"

    def f(self, x: Array, out: Array) -> None:
        np.copyto(out, x)

    def df(self, x: Array, y: Array | None, out: Array) -> None:
        out.fill(1)


class Step(Activation):
    """The threshold unit (McCulloch & Pitts 1943): its derivative is 0, so no gradient gets past it.

    surrogate="straight_through" says 1 where |x| <= 1 (Bengio et al. 2013; Courbariaux et al. 2016).
    """

    formula = r"1 \text{ if } x > 0 \text{ else } 0"
    kinks = (0.0,)

    def __init__(self, surrogate: str = "none"):
        if surrogate not in ("none", "straight_through"):
            raise InputError(f"surrogate is {surrogate!r}, but must be one of none, straight_through")
        self.surrogate = surrogate

    def f(self, x: Array, out: Array) -> None:
        np.copyto(out, x > 0)

    def df(self, x: Array, y: Array | None, out: Array) -> None:
        np.copyto(out, np.abs(x) <= 1 if self.surrogate == "straight_through" else 0)


class Sigmoid(Activation):
    """The logistic curve from 0 to 1; tanh is twice as fast as e^-x and never overflows, but gives 0 for x < -37."""

    formula = r"\frac{1}{1 + e^{-x}} = \tfrac12\left(1 + \tanh\tfrac{x}{2}\right)"

    def f(self, x: Array, out: Array) -> None:
        np.multiply(x, 0.5, out=out)
        np.tanh(out, out=out)
        np.multiply(out, 0.5, out=out)
        np.add(out, 0.5, out=out)

    def df(self, x: Array, y: Array | None, out: Array) -> None:
        y = self.value(x) if y is None else y
        np.subtract(1, y, out=out)
        np.multiply(out, y, out=out)


class Tanh(Activation):
    """The S-curve from -1 to 1, centred (LeCun et al. 1998, Efficient BackProp)."""

    formula = r"\tanh x"
    gain = 5 / 3

    def f(self, x: Array, out: Array) -> None:
        np.tanh(x, out=out)

    def df(self, x: Array, y: Array | None, out: Array) -> None:
        y = np.tanh(x) if y is None else y
        np.multiply(y, y, out=out)
        np.subtract(1, out, out=out)


class ReLU(Activation):
    """The rectifier (Nair & Hinton 2010); at 0 any derivative in [0, 1] is a subgradient, and torch takes 0."""

    formula = r"\max(x, 0)"
    gain = 2**0.5
    kinks = (0.0,)

    def __init__(self, derivative_at_zero: float = 0.0):
        self.derivative_at_zero = parameter("derivative_at_zero", derivative_at_zero, 0, 1)

    def f(self, x: Array, out: Array) -> None:
        np.maximum(x, 0, out=out)

    def df(self, x: Array, y: Array | None, out: Array) -> None:
        np.copyto(out, x > 0)
        if self.derivative_at_zero:
            np.copyto(out, self.derivative_at_zero, where=x == 0)


class LeakyReLU(Activation):
    """The rectifier that still slopes on the left (Maas et al. 2013)."""

    formula = r"x \text{ if } x > 0 \text{ else } \mathrm{negative\_slope} \cdot x"
    kinks = (0.0,)

    def __init__(self, negative_slope: float = 0.01):
        self.negative_slope = self._slope = parameter("negative_slope", negative_slope)
        # x and slope x cross at 0 only, so the larger of the two (the smaller, when slope > 1) is the function
        self._bend = np.maximum if self._slope <= 1 else np.minimum
        self.gain = (2 / (1 + self._slope**2)) ** 0.5  # He et al. 2015, equation 15

    def f(self, x: Array, out: Array) -> None:
        np.multiply(x, self._slope, out=out)
        self._bend(x, out, out=out)

    def df(self, x: Array, y: Array | None, out: Array) -> None:
        np.copyto(out, np.where(x > 0, 1.0, self._slope), casting="same_kind")


class PReLU(LeakyReLU):
    """Leaky ReLU whose slope is called `weight` (He et al. 2015); here it is a setting, not learned."""

    formula = r"x \text{ if } x > 0 \text{ else } \mathrm{weight} \cdot x"

    def __init__(self, weight: float = 0.25):
        super().__init__(parameter("weight", weight))
        self.weight = self._slope


class ELU(Activation):
    """Exponential linear unit (Clevert et al. 2016): negative values level off at -alpha."""

    formula = r"\max(x, 0) + \alpha\left(e^{\min(x, 0)} - 1\right)"
    scale = 1.0

    def __init__(self, alpha: float = 1.0):
        self.alpha = parameter("alpha", alpha, 0)
        self.kinks = () if self.alpha == 1 else (0.0,)

    def f(self, x: Array, out: Array) -> None:
        np.multiply(self.scale, np.maximum(x, 0) + self.alpha * np.expm1(np.minimum(x, 0)), out=out)

    def df(self, x: Array, y: Array | None, out: Array) -> None:
        np.multiply(self.scale, np.where(x > 0, 1, self.alpha * np.exp(np.minimum(x, 0))), out=out)


class SELU(ELU):
    """ELU scaled to keep mean 0 and variance 1 from layer to layer (Klambauer et al. 2017)."""

    formula = r"\mathrm{scale}\left(\max(x, 0) + \alpha (e^{\min(x, 0)} - 1)\right)"
    gain = 0.75

    def __init__(self, alpha: float = 1.6732632423543772, scale: float = 1.0507009873554805):
        super().__init__(alpha)
        self.scale = parameter("scale", scale, 0, open_low=True)


class CELU(Activation):
    """Continuously differentiable ELU for every alpha (Barron 2017)."""

    formula = r"\max(x, 0) + \alpha\left(e^{\min(x, 0)/\alpha} - 1\right)"

    def __init__(self, alpha: float = 1.0):
        self.alpha = parameter("alpha", alpha, 1e-6)

    def f(self, x: Array, out: Array) -> None:
        np.divide(np.minimum(x, 0), self.alpha, out=out)
        np.add(np.maximum(x, 0), self.alpha * np.expm1(out), out=out)

    def df(self, x: Array, y: Array | None, out: Array) -> None:
        np.exp(np.minimum(x, 0) / self.alpha, out=out)


class GELU(Activation):
    """Gaussian error linear unit, exact (Hendrycks & Gimpel 2016): Phi is the normal distribution function."""

    formula = r"x \, \Phi(x)"

    def f(self, x: Array, out: Array) -> None:
        np.multiply(x, ndtr(x), out=out)

    def df(self, x: Array, y: Array | None, out: Array) -> None:
        x = np.clip(x, -40, 40)  # beyond, the derivative is 0 or 1 to the last bit, and x^2 could overflow
        np.add(ndtr(x), x * np.exp(-(x**2) / 2) / (2 * np.pi) ** 0.5, out=out)


class GELUTanh(Activation):
    """Gaussian error linear unit by its tanh approximation (Hendrycks & Gimpel 2016), as in GPT-2."""

    formula = r"\tfrac{x}{2}\left(1 + \tanh\left(\sqrt{2/\pi}\,(x + 0.044715 x^3)\right)\right)"

    def f(self, x: Array, out: Array) -> None:
        c = np.clip(x, -10, 10)  # beyond, the tanh is -1 or 1 to the last bit, and x^3 could overflow
        np.multiply(x / 2, 1 + np.tanh((2 / np.pi) ** 0.5 * c * (1 + 0.044715 * c * c)), out=out)

    def df(self, x: Array, y: Array | None, out: Array) -> None:
        x = np.clip(x, -10, 10)
        t = np.tanh((2 / np.pi) ** 0.5 * x * (1 + 0.044715 * x * x), out=out)
        np.add((1 + t) / 2, x / 2 * (1 - t * t) * ((2 / np.pi) ** 0.5 * (1 + 0.134145 * x * x)), out=out)


class SiLU(Activation):
    """Sigmoid linear unit, also called swish (Elfwing et al. 2017; Ramachandran et al. 2017)."""

    formula = r"x \, \sigma(x)"

    def f(self, x: Array, out: Array) -> None:
        np.multiply(x, sigmoid(x), out=out)

    def df(self, x: Array, y: Array | None, out: Array) -> None:
        s = sigmoid(x)
        np.multiply(s, 1 + x * (1 - s), out=out)


class Mish(Activation):
    """x tanh(softplus(x)) (Misra 2019)."""

    formula = r"x \tanh\left(\ln(1 + e^x)\right)"

    def f(self, x: Array, out: Array) -> None:
        np.multiply(x, np.tanh(softplus(x)), out=out)

    def df(self, x: Array, y: Array | None, out: Array) -> None:
        t = np.tanh(softplus(x))
        np.add(t, x * sigmoid(x) * (1 - t * t), out=out)


class Softplus(Activation):
    """The smooth rectifier (Dugas et al. 2001); as in torch it is x itself where beta x > threshold."""

    formula = r"\tfrac{1}{\beta} \ln\left(1 + e^{\beta x}\right)"

    def __init__(self, beta: float = 1.0, threshold: float = 20.0):
        self.beta = parameter("beta", beta, 1e-6, 1e6)
        self.threshold = parameter("threshold", threshold, 0)
        self.edge = self.threshold / self.beta

    def f(self, x: Array, out: Array) -> None:
        np.copyto(out, np.where(x > self.edge, x, softplus(self.beta * np.minimum(x, self.edge)) / self.beta))

    def df(self, x: Array, y: Array | None, out: Array) -> None:
        np.copyto(out, np.where(x > self.edge, 1, sigmoid(self.beta * np.minimum(x, self.edge))))


class Softsign(Activation):
    """The S-curve with polynomial tails (Turian et al. 2009; Glorot & Bengio 2010)."""

    formula = r"\frac{x}{1 + |x|}"

    def f(self, x: Array, out: Array) -> None:
        np.divide(x, 1 + np.abs(x), out=out)

    def df(self, x: Array, y: Array | None, out: Array) -> None:
        np.square(1 / (1 + np.abs(x)), out=out)


class Hardtanh(Activation):
    """Tanh drawn with a ruler (Collobert 2004)."""

    formula = r"\min(\max(x, \mathrm{min\_val}), \mathrm{max\_val})"

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0):
        self.min_val = parameter("min_val", min_val)
        self.max_val = parameter("max_val", max_val, self.min_val, open_low=True)
        self.kinks = (self.min_val, self.max_val)

    def f(self, x: Array, out: Array) -> None:
        np.clip(x, self.min_val, self.max_val, out=out)

    def df(self, x: Array, y: Array | None, out: Array) -> None:
        np.copyto(out, (self.min_val < x) & (x < self.max_val))


class ReLU6(Hardtanh):
    """The rectifier cut off at 6 (Krizhevsky 2010; MobileNets)."""

    formula = r"\min(\max(x, 0), 6)"

    def __init__(self) -> None:
        super().__init__(0.0, 6.0)


class Hardsigmoid(Activation):
    """The sigmoid drawn with a ruler, as in torch and Keras 3 (older Keras: slope 0.2)."""

    formula = r"\min\left(\max\left(\tfrac{x}{6} + \tfrac12, 0\right), 1\right)"
    kinks = (-3.0, 3.0)

    def f(self, x: Array, out: Array) -> None:
        np.clip(x / 6 + 0.5, 0, 1, out=out)

    def df(self, x: Array, y: Array | None, out: Array) -> None:
        np.multiply(np.abs(x) < 3, 1 / 6, out=out)


class Hardswish(Activation):
    """SiLU with the hard sigmoid (Howard et al. 2019, MobileNetV3)."""

    formula = r"x \min\left(\max\left(\tfrac{x}{6} + \tfrac12, 0\right), 1\right)"
    kinks = (-3.0, 3.0)

    def f(self, x: Array, out: Array) -> None:
        np.multiply(x, np.clip(x / 6 + 0.5, 0, 1), out=out)

    def df(self, x: Array, y: Array | None, out: Array) -> None:
        np.copyto(out, np.where(np.abs(x) < 3, x / 3 + 0.5, x > 0))


class LogSigmoid(Activation):
    """The logarithm of the sigmoid: minus the cross-entropy of a sure yes."""

    formula = r"-\ln\left(1 + e^{-x}\right)"

    def f(self, x: Array, out: Array) -> None:
        np.negative(softplus(-x), out=out)

    def df(self, x: Array, y: Array | None, out: Array) -> None:
        np.copyto(out, sigmoid(-x))


class Tanhshrink(Activation):
    """What tanh takes away from x."""

    formula = r"x - \tanh x"

    def f(self, x: Array, out: Array) -> None:
        np.subtract(x, np.tanh(x), out=out)

    def df(self, x: Array, y: Array | None, out: Array) -> None:
        np.square(np.tanh(x), out=out)


class Hardshrink(Activation):
    """Small values to zero, the others kept: it jumps at +-lambd (wavelet thresholding, Donoho & Johnstone 1994)."""

    formula = r"x \text{ if } |x| > \lambda \text{ else } 0"

    def __init__(self, lambd: float = 0.5):
        self.lambd = parameter("lambd", lambd, 0)
        self.kinks = (-self.lambd, self.lambd)

    def f(self, x: Array, out: Array) -> None:
        np.multiply(x, np.abs(x) > self.lambd, out=out)

    def df(self, x: Array, y: Array | None, out: Array) -> None:
        np.copyto(out, np.abs(x) > self.lambd)


class Softshrink(Hardshrink):
    """Every value drawn towards zero by lambd: the step that L1 asks for (Donoho 1995)."""

    formula = r"x - \min(\max(x, -\lambda), \lambda)"

    def f(self, x: Array, out: Array) -> None:
        np.subtract(x, np.clip(x, -self.lambd, self.lambd), out=out)


class Threshold(Activation):
    """x above the threshold, a constant below it."""

    formula = r"x \text{ if } x > \mathrm{threshold} \text{ else } \mathrm{value}"

    def __init__(self, threshold: float = 0.0, value: float = 0.0):
        self.threshold = parameter("threshold", threshold)
        self.otherwise = parameter("value", value)  # `value` is the method
        self.kinks = (self.threshold,)

    def f(self, x: Array, out: Array) -> None:
        np.copyto(out, np.where(x > self.threshold, x, self.otherwise))

    def df(self, x: Array, y: Array | None, out: Array) -> None:
        np.copyto(out, x > self.threshold)


ACTIVATIONS: dict[str, type[Activation]] = {
    "identity": Identity,
    "step": Step,
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "prelu": PReLU,
    "relu6": ReLU6,
    "elu": ELU,
    "selu": SELU,
    "celu": CELU,
    "gelu": GELU,
    "gelu_tanh": GELUTanh,
    "silu": SiLU,
    "mish": Mish,
    "softplus": Softplus,
    "softsign": Softsign,
    "hardtanh": Hardtanh,
    "hardsigmoid": Hardsigmoid,
    "hardswish": Hardswish,
    "logsigmoid": LogSigmoid,
    "tanhshrink": Tanhshrink,
    "softshrink": Softshrink,
    "hardshrink": Hardshrink,
    "threshold": Threshold,
}
