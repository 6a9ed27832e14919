"""Initializers: schemes that draw the initial weights W (fan_out, fan_in) of a layer.

`gain` multiplies the standard deviation of every draw; each activation names the one recommended for it. A uniform
draw with standard deviation s lies in [-√3 s, √3 s]. Normal draws are not truncated (Keras truncates its own at 2 s).
Biases start at 0, as everywhere except in torch's Linear.
"""

from collections.abc import Callable
from functools import update_wrapper

import numpy as np

from core.checks import check_number, check_whole

Rng = np.random.Generator


class Initializer:
    """A scheme, called as scheme(rng, fan_in, fan_out, gain=1.0); its function's docstring has formula and source.

    draw: the function (rng, fan_in, fan_out, gain) -> W (fan_out, fan_in). label: displayed name; "" for the key with
    spaces. color: index among the charts' colours and marks; None: any. for_activation: whether the scale was derived
    for the following activation, so that a network multiplies its gain by that of the activation (He et al. 2015, Saxe
    et al. 2014). fan: the basis of the scale, "in", "out" or "both"; in a convolution every channel counts once per
    position in the window.
    """

    def __init__(
        self,
        draw: Callable[[Rng, int, int, float], np.ndarray],
        label: str = "",
        color: int | None = None,
        for_activation: bool = False,
        fan: str = "in",
    ):
        update_wrapper(self, draw)
        self.draw, self.label, self.color, self.for_activation, self.fan = draw, label, color, for_activation, fan

    def __call__(self, rng: Rng, fan_in: int, fan_out: int, gain: float = 1.0, field: int = 1) -> np.ndarray:
        """Return fresh weights (fan_out, fan_in); in a convolution fan_out is channels, `field` the window's area.

        Raises InputError for a negative gain and a layer without units.
        """
        check_number("gain", gain, 0)
        fan_out, fan_in = check_whole("fan_out", fan_out, 1), check_whole("fan_in", fan_in, 1)
        wider = {"out": field, "both": (fan_in + field * fan_out) / (fan_in + fan_out)}.get(self.fan, 1)
        return self.draw(rng, fan_in, fan_out, gain / wider**0.5)

    def total_gain(self, gain: float, of_activation: float) -> float:
        """Return the gain of a layer, whose activation recommends the gain `of_activation`."""
        return gain * of_activation if self.for_activation else gain


def _normal(rng: Rng, fan_in: int, fan_out: int, gain: float, fan: float) -> np.ndarray:
    """Draws of standard deviation gain / √fan."""
    return gain / fan**0.5 * rng.standard_normal((fan_out, fan_in))


def _uniform(rng: Rng, fan_in: int, fan_out: int, gain: float, fan: float) -> np.ndarray:
    """Draws of standard deviation gain / √fan."""
    return gain * (3 / fan) ** 0.5 * rng.uniform(-1, 1, (fan_out, fan_in))


def zeros(rng: Rng, fan_in: int, fan_out: int, gain: float) -> np.ndarray:
    """W = 0: all hidden units of a layer stay equal, so the network never uses its width."""
    return np.zeros((fan_out, fan_in))


def constant(rng: Rng, fan_in: int, fan_out: int, gain: float) -> np.ndarray:
    """W = 0.1 gain everywhere: the same symmetry as zeros, although the gradient is not zero."""
    return np.full((fan_out, fan_in), 0.1 * gain)


def normal(rng: Rng, fan_in: int, fan_out: int, gain: float) -> np.ndarray:
    """W ~ N(0, (0.01 gain)²) at any size of the layer, as in AlexNet (Krizhevsky et al. 2012)."""
    return 0.01 * gain * rng.standard_normal((fan_out, fan_in))


def xavier_uniform(rng: Rng, fan_in: int, fan_out: int, gain: float) -> np.ndarray:
    """Var W = 2 gain² / (fan_in + fan_out), uniform: a compromise between both passes (Glorot & Bengio 2010, eq.
    16)."""
    return _uniform(rng, fan_in, fan_out, gain, (fan_in + fan_out) / 2)


def xavier_normal(rng: Rng, fan_in: int, fan_out: int, gain: float) -> np.ndarray:
    """Var W = 2 gain² / (fan_in + fan_out), normal (Glorot & Bengio 2010, eq. 12)."""
    return _normal(rng, fan_in, fan_out, gain, (fan_in + fan_out) / 2)


def kaiming_uniform_fan_in(rng: Rng, fan_in: int, fan_out: int, gain: float) -> np.ndarray:
    """Var W = gain² / fan_in, uniform: keeps the forward signal (He et al. 2015, eq. 10: gain √2 for ReLU)."""
    return _uniform(rng, fan_in, fan_out, gain, fan_in)


def kaiming_uniform_fan_out(rng: Rng, fan_in: int, fan_out: int, gain: float) -> np.ndarray:
    """Var W = gain² / fan_out, uniform: keeps the gradients (He et al. 2015, eq. 14: gain √2 for ReLU)."""
    return _uniform(rng, fan_in, fan_out, gain, fan_out)


def kaiming_normal_fan_in(rng: Rng, fan_in: int, fan_out: int, gain: float) -> np.ndarray:
    """Var W = gain² / fan_in, normal: keeps the forward signal (He et al. 2015, eq. 10: gain √2 for ReLU)."""
    return _normal(rng, fan_in, fan_out, gain, fan_in)


def kaiming_normal_fan_out(rng: Rng, fan_in: int, fan_out: int, gain: float) -> np.ndarray:
    """Var W = gain² / fan_out, normal: keeps the gradients (He et al. 2015, eq. 14: gain √2 for ReLU)."""
    return _normal(rng, fan_in, fan_out, gain, fan_out)


def lecun_uniform(rng: Rng, fan_in: int, fan_out: int, gain: float) -> np.ndarray:
    """Var W = gain² / fan_in, uniform (LeCun et al. 1998, eq. 16): Kaiming's rule without the activation's gain."""
    return _uniform(rng, fan_in, fan_out, gain, fan_in)


def lecun_normal(rng: Rng, fan_in: int, fan_out: int, gain: float) -> np.ndarray:
    """Var W = gain² / fan_in, normal (LeCun et al. 1998, eq. 16): Kaiming's rule without the activation's gain."""
    return _normal(rng, fan_in, fan_out, gain, fan_in)


def orthogonal(rng: Rng, fan_in: int, fan_out: int, gain: float) -> np.ndarray:
    """All singular values are gain: preserves lengths at any depth (Saxe et al. 2014)."""
    draw = rng.standard_normal((max(fan_out, fan_in), min(fan_out, fan_in)))
    q, r = np.linalg.qr(draw)
    q *= np.where(np.diag(r) < 0, -1, 1)  # makes the draw uniform over all orthogonal matrices (Mezzadri 2007)
    return gain * (q if fan_out >= fan_in else q.T)


def torch_linear(rng: Rng, fan_in: int, fan_out: int, gain: float) -> np.ndarray:
    """W ~ U(-1/√fan_in, 1/√fan_in) at gain 1: Var W = gain² / (3 fan_in), the default of torch.nn.Linear.

    torch draws the biases from U(-1/√fan_in, 1/√fan_in) too; here a layer's biases start at 0.
    """
    return _uniform(rng, fan_in, fan_out, gain, 3 * fan_in)


INITIALIZERS: dict[str, Initializer] = {
    "zeros": Initializer(zeros),
    "constant": Initializer(constant),
    "normal": Initializer(normal, color=4),
    "xavier": Initializer(xavier_normal, "Xavier", color=1, fan="both"),
    "xavier_uniform": Initializer(xavier_uniform, "Xavier uniform", fan="both"),
    "xavier_normal": Initializer(xavier_normal, "Xavier normal", fan="both"),
    "kaiming": Initializer(kaiming_normal_fan_in, "Kaiming", color=0, for_activation=True),
    "kaiming_uniform_fan_in": Initializer(kaiming_uniform_fan_in, "Kaiming uniform fan-in", for_activation=True),
    "kaiming_uniform_fan_out": Initializer(
        kaiming_uniform_fan_out, "Kaiming uniform fan-out", for_activation=True, fan="out"
    ),
    "kaiming_normal_fan_in": Initializer(kaiming_normal_fan_in, "Kaiming normal fan-in", for_activation=True),
    "kaiming_normal_fan_out": Initializer(
        kaiming_normal_fan_out, "Kaiming normal fan-out", for_activation=True, fan="out"
    ),
    "lecun": Initializer(lecun_normal, "LeCun", color=2),
    "lecun_uniform": Initializer(lecun_uniform, "LeCun uniform"),
    "lecun_normal": Initializer(lecun_normal, "LeCun normal"),
    "orthogonal": Initializer(orthogonal, color=3, for_activation=True),
    "torch_linear": Initializer(torch_linear),
}
