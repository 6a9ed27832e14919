"""Initializers: schemes that draw the initial weights W (fan_out, fan_in) of a layer.

`gain` multiplies the standard deviation of every draw; each activation names the one recommended for it. A uniform
draw with standard deviation s lies in [-√3 s, √3 s]. Normal draws are not truncated (Keras truncates its own at 2 s).
Biases start at 0, as everywhere except in torch's Linear.
"""

from collections.abc import Callable

import numpy as np

from core.checks import check_number, check_whole

Array = np.ndarray
Rng = np.random.Generator
Shape = tuple[int, int]  # (fan_out, fan_in)
Draw = Callable[[Rng, Shape, float, float], Array]


class Initializer:
    """A scheme, called as scheme(rng, fan_in, fan_out, gain=1.0); its `__doc__` has formula and source.

    draw: the function (rng, (fan_out, fan_in), gain, fan) -> W; fan: the number under its root, "in", "out" or "both"
    (their mean). label: displayed name; "" for the key with spaces. color: index among the charts' colours; None: any.
    for_activation: whether the scale was derived for the following activation, whose gain then counts (He et al. 2015).
    """

    def __init__(
        self,
        about: str,
        draw: Draw,
        fan: str = "in",
        label: str = "",
        color: int | None = None,
        *,
        for_activation: bool = False,
    ):
        self.__doc__ = about
        self.draw, self.fan, self.label, self.color, self.for_activation = draw, fan, label, color, for_activation

    def __call__(self, rng: Rng, fan_in: int, fan_out: int, gain: float = 1.0, field: int = 1) -> Array:
        """Return fresh weights (fan_out, fan_in); in a convolution fan_out is channels, `field` the window's area.

        Raises InputError for a negative gain and a layer without units.
        """
        check_number("gain", gain, 0)
        fan_out, fan_in = check_whole("fan_out", fan_out, 1), check_whole("fan_in", fan_in, 1)
        wider = {"out": field, "both": (fan_in + field * fan_out) / (fan_in + fan_out)}.get(self.fan, 1)
        fan = {"in": fan_in, "out": fan_out, "both": (fan_in + fan_out) / 2}[self.fan]
        return self.draw(rng, (fan_out, fan_in), gain / wider**0.5, fan)


def normal(rng: Rng, shape: Shape, gain: float, fan: float) -> Array:
    """Var W = gain² / fan, normal."""
    return gain / fan**0.5 * rng.standard_normal(shape)


def uniform(rng: Rng, shape: Shape, gain: float, fan: float) -> Array:
    """Var W = gain² / fan, uniform."""
    return gain * (3 / fan) ** 0.5 * rng.uniform(-1, 1, shape)


def orthogonal(rng: Rng, shape: Shape, gain: float, fan: float) -> Array:
    """All singular values are gain."""
    q, r = np.linalg.qr(rng.standard_normal((max(shape), min(shape))))
    q *= np.where(np.diag(r) < 0, -1, 1)  # makes the draw uniform over all orthogonal matrices (Mezzadri 2007)
    return gain * (q if shape[0] >= shape[1] else q.T)


FANS = {"in": "gain² / fan_in", "out": "gain² / fan_out", "both": "2 gain² / (fan_in + fan_out)"}
XAVIER = " (Glorot & Bengio 2010, eq. 12)"
COMPROMISE = ": a compromise between both passes (Glorot & Bengio 2010, eq. 16)"
FORWARD = ": keeps the forward signal (He et al. 2015, eq. 10: gain √2 for ReLU)"
BACKWARD = ": keeps the gradients (He et al. 2015, eq. 14: gain √2 for ReLU)"
LECUN = " (LeCun et al. 1998, eq. 16): Kaiming's rule without the activation's gain"


def scaled(draw: Draw, fan: str, why: str, label: str, color: int | None = None, he: bool = False) -> Initializer:
    """A scheme whose variance is divided by a fan; he: derived for the following activation."""
    return Initializer(f"Var W = {FANS[fan]}, {draw.__name__}{why}.", draw, fan, label, color, for_activation=he)


INITIALIZERS: dict[str, Initializer] = {
    "zeros": Initializer(
        "W = 0: all hidden units of a layer stay equal, so the network never uses its width.",
        lambda rng, shape, gain, fan: np.zeros(shape),
    ),
    "constant": Initializer(
        "W = 0.1 gain everywhere: the same symmetry as zeros, although the gradient is not zero.",
        lambda rng, shape, gain, fan: np.full(shape, 0.1 * gain),
    ),
    "normal": Initializer(
        "W ~ N(0, (0.01 gain)²) at any size of the layer, as in AlexNet (Krizhevsky et al. 2012).",
        lambda rng, shape, gain, fan: 0.01 * gain * rng.standard_normal(shape),
        color=4,
    ),
    "xavier": scaled(normal, "both", XAVIER, "Xavier", color=1),
    "xavier_uniform": scaled(uniform, "both", COMPROMISE, "Xavier uniform"),
    "xavier_normal": scaled(normal, "both", XAVIER, "Xavier normal"),
    "kaiming": scaled(normal, "in", FORWARD, "Kaiming", color=0, he=True),
    "kaiming_uniform_fan_in": scaled(uniform, "in", FORWARD, "Kaiming uniform fan-in", he=True),
    "kaiming_uniform_fan_out": scaled(uniform, "out", BACKWARD, "Kaiming uniform fan-out", he=True),
    "kaiming_normal_fan_in": scaled(normal, "in", FORWARD, "Kaiming normal fan-in", he=True),
    "kaiming_normal_fan_out": scaled(normal, "out", BACKWARD, "Kaiming normal fan-out", he=True),
    "lecun": scaled(normal, "in", LECUN, "LeCun", color=2),
    "lecun_uniform": scaled(uniform, "in", LECUN, "LeCun uniform"),
    "lecun_normal": scaled(normal, "in", LECUN, "LeCun normal"),
    "orthogonal": Initializer(
        "All singular values are gain: preserves lengths at any depth (Saxe et al. 2014).",
        orthogonal,
        color=3,
        for_activation=True,
    ),
    "torch_linear": Initializer(
        "W ~ U(-1/√fan_in, 1/√fan_in) at gain 1: Var W = gain² / (3 fan_in), the default of torch.nn.Linear.",
        lambda rng, shape, gain, fan: uniform(rng, shape, gain, 3 * fan),
    ),
}
