"""Gated activations: x times a smooth step of x, which lets small negative values through."""

import numpy as np
from scipy.special import ndtr

from core.nn.activations.base import Activation, Array, sigmoid, softplus


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
    "gelu": GELU,
    "gelu_tanh": GELUTanh,
    "silu": SiLU,
    "mish": Mish,
    "hardswish": Hardswish,
}
