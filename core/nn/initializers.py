"""Where training starts: every scheme that draws the first weights W (fan_out, fan_in) of a layer.

`gain` multiplies the standard deviation of every draw; each activation names the one recommended for it. A uniform
draw with standard deviation s lies in [-√3 s, √3 s]. Normal draws are not truncated (Keras truncates its own at 2 s).
Biases start at 0, as everywhere but in torch's Linear.
"""

from collections.abc import Callable

import numpy as np

from core.checks import check_number, check_whole

Rng = np.random.Generator
Initializer = Callable[..., np.ndarray]


def _shape(fan_in: int, fan_out: int, gain: float) -> tuple[int, int]:
    check_number("gain", gain, 0)
    return check_whole("fan_out", fan_out, 1), check_whole("fan_in", fan_in, 1)


def _normal(rng: Rng, fan_in: int, fan_out: int, gain: float, fan: float) -> np.ndarray:
    """Draws of standard deviation gain / √fan."""
    shape = _shape(fan_in, fan_out, gain)
    return gain / fan**0.5 * rng.standard_normal(shape)


def _uniform(rng: Rng, fan_in: int, fan_out: int, gain: float, fan: float) -> np.ndarray:
    """Draws of standard deviation gain / √fan."""
    shape = _shape(fan_in, fan_out, gain)
    return gain * (3 / fan) ** 0.5 * rng.uniform(-1, 1, shape)


def zeros(rng: Rng, fan_in: int, fan_out: int, gain: float = 1.0) -> np.ndarray:
    """W = 0: every hidden unit stays the twin of its neighbours, so the network never uses its width."""
    return np.zeros(_shape(fan_in, fan_out, gain))


def constant(rng: Rng, fan_in: int, fan_out: int, gain: float = 1.0) -> np.ndarray:
    """W = 0.1 gain everywhere: the same symmetry as zeros, although the gradient is not zero."""
    return np.full(_shape(fan_in, fan_out, gain), 0.1 * gain)


def normal(rng: Rng, fan_in: int, fan_out: int, gain: float = 1.0) -> np.ndarray:
    """W ~ N(0, (0.01 gain)²) whatever the layer's size: the habit of AlexNet (Krizhevsky et al. 2012)."""
    return 0.01 * gain * rng.standard_normal(_shape(fan_in, fan_out, gain))


def xavier_uniform(rng: Rng, fan_in: int, fan_out: int, gain: float = 1.0) -> np.ndarray:
    """Var W = 2 gain² / (fan_in + fan_out), uniform: a compromise of both passes (Glorot & Bengio 2010, eq. 16)."""
    return _uniform(rng, fan_in, fan_out, gain, (fan_in + fan_out) / 2)


def xavier_normal(rng: Rng, fan_in: int, fan_out: int, gain: float = 1.0) -> np.ndarray:
    """Var W = 2 gain² / (fan_in + fan_out), normal (Glorot & Bengio 2010, eq. 12)."""
    return _normal(rng, fan_in, fan_out, gain, (fan_in + fan_out) / 2)


def kaiming_uniform_fan_in(rng: Rng, fan_in: int, fan_out: int, gain: float = 1.0) -> np.ndarray:
    """Var W = gain² / fan_in, uniform: keeps the forward signal (He et al. 2015, eq. 10: gain √2 for ReLU)."""
    return _uniform(rng, fan_in, fan_out, gain, fan_in)


def kaiming_uniform_fan_out(rng: Rng, fan_in: int, fan_out: int, gain: float = 1.0) -> np.ndarray:
    """Var W = gain² / fan_out, uniform: keeps the gradients (He et al. 2015, eq. 14: gain √2 for ReLU)."""
    return _uniform(rng, fan_in, fan_out, gain, fan_out)


def kaiming_normal_fan_in(rng: Rng, fan_in: int, fan_out: int, gain: float = 1.0) -> np.ndarray:
    """Var W = gain² / fan_in, normal: keeps the forward signal (He et al. 2015, eq. 10: gain √2 for ReLU)."""
    return _normal(rng, fan_in, fan_out, gain, fan_in)


def kaiming_normal_fan_out(rng: Rng, fan_in: int, fan_out: int, gain: float = 1.0) -> np.ndarray:
    """Var W = gain² / fan_out, normal: keeps the gradients (He et al. 2015, eq. 14: gain √2 for ReLU)."""
    return _normal(rng, fan_in, fan_out, gain, fan_out)


def orthogonal(rng: Rng, fan_in: int, fan_out: int, gain: float = 1.0) -> np.ndarray:
    """All singular values are gain: lengths are kept through any depth (Saxe et al. 2014)."""
    rows, columns = shape = _shape(fan_in, fan_out, gain)
    draw = rng.standard_normal((max(shape), min(shape)))
    q, r = np.linalg.qr(draw)
    q *= np.where(np.diag(r) < 0, -1, 1)  # makes the draw uniform over all orthogonal matrices (Mezzadri 2007)
    return gain * (q if rows >= columns else q.T)


def torch_linear(rng: Rng, fan_in: int, fan_out: int, gain: float = 1.0) -> np.ndarray:
    """W ~ U(-1/√fan_in, 1/√fan_in) at gain 1: Var W = gain² / (3 fan_in), the default of torch.nn.Linear.

    torch draws the biases from U(-1/√fan_in, 1/√fan_in) too; here a layer's biases start at 0.
    """
    return _uniform(rng, fan_in, fan_out, gain, 3 * fan_in)


INITIALIZERS: dict[str, Initializer] = {
    "zeros": zeros,
    "constant": constant,
    "normal": normal,
    "xavier": xavier_normal,
    "xavier_uniform": xavier_uniform,
    "xavier_normal": xavier_normal,
    "kaiming": kaiming_normal_fan_in,
    "kaiming_uniform_fan_in": kaiming_uniform_fan_in,
    "kaiming_uniform_fan_out": kaiming_uniform_fan_out,
    "kaiming_normal_fan_in": kaiming_normal_fan_in,
    "kaiming_normal_fan_out": kaiming_normal_fan_out,
    # LeCun et al. 1998 asked for Var W = 1 / fan_in: Kaiming's rule before it knew of a gain
    "lecun": kaiming_normal_fan_in,
    "lecun_uniform": kaiming_uniform_fan_in,
    "lecun_normal": kaiming_normal_fan_in,
    "orthogonal": orthogonal,
    "torch_linear": torch_linear,
}

# He et al. 2015 and Saxe et al. 2014 derived their scale for the activation that follows: a network adds its gain
ADAPTED = {name for name in INITIALIZERS if name.startswith("kaiming")} | {"orthogonal"}
