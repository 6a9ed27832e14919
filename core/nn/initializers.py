"""Initializers: schemes that draw the initial weights W (fan_out, fan_in) of a layer.

`gain` multiplies the standard deviation of every draw; each activation names the one recommended for it. A uniform
draw with standard deviation s lies in [-√3 s, √3 s]. Normal draws are not truncated (Keras truncates its own at 2 s).
Biases start at 0, as everywhere except in torch's Linear.
"""

from collections.abc import Callable

import numpy as np

from core.checks import check_number, check_whole, texts_of

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
        """Return fresh weights (fan_out, fan_in); in a convolution fan_out is channels, `field` the window's area."""
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


DRAWS: dict[str, Draw] = {
    "normal": normal,
    "uniform": uniform,
    "orthogonal": orthogonal,
    "zeros": lambda rng, shape, gain, fan: np.zeros(shape),
    "constant": lambda rng, shape, gain, fan: np.full(shape, 0.1 * gain),
    "hundredth": lambda rng, shape, gain, fan: 0.01 * gain * rng.standard_normal(shape),
    "torch_linear": lambda rng, shape, gain, fan: uniform(rng, shape, gain, 3 * fan),
}
INITIALIZERS: dict[str, Initializer] = {
    name: Initializer(**scheme | {"draw": DRAWS[scheme["draw"]]}) for name, scheme in texts_of(__file__).items()
}
