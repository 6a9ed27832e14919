"""Well-known test functions of two variables: valleys, saddles and many local minima.

Positions x have shape (..., 2); the last axis holds the coordinates x and y of the formulas. Far out a value may
overflow to infinity without a warning. Sources: Jamil & Yang 2013, A literature survey of benchmark functions;
Surjanovic & Bingham, Virtual library of simulation experiments (constants as there).
"""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from core.checks import InputError, texts_of

Array = Any  # an array or a number
Point = tuple[float, float]
PI = np.pi


def _coordinates(x: Any) -> tuple[np.ndarray, np.ndarray]:
    points = np.asarray(x)
    if points.ndim == 0 or points.shape[-1] != 2 or points.dtype.kind not in "iufc":
        raise InputError(f"x has shape {points.shape} of {points.dtype}, but must hold numbers in the shape (..., 2)")
    points = points if points.dtype.kind == "c" else points.astype(np.float64, copy=False)
    return points[..., 0], points[..., 1]


@dataclass(frozen=True)
class Landscape:
    """A function f(x, y) with its gradient g = (f_x, f_y), which takes complex numbers too."""

    f: Callable[[Array, Array], Array]
    g: Callable[..., tuple[Array, Array]]
    parts: Callable[[Array, Array], tuple[Any, ...]] = lambda x, y: (x, y)  # arguments of g
    _: KW_ONLY  # the rest stands in landscapes.toml
    label: str = ""  # displayed name; "" for the key with spaces
    about: str
    formula: str  # LaTeX
    bounds: tuple[Point, Point]  # range of a good plot: (x from, to), (y from, to)
    start: Point  # an interesting starting point
    minima: tuple[Point, ...] = ((0.0, 0.0),)  # all global minima; none if unbounded below
    lowest: float | None = None  # the value there

    def value(self, x: Any) -> Any:
        """Return f, shape (...) for x (..., 2); x may be complex. Raises InputError for another shape."""
        with np.errstate(over="ignore", invalid="ignore"):
            return self.f(*_coordinates(x))

    def gradient(self, x: Any) -> np.ndarray:
        """Return (f_x, f_y), shape (..., 2)."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.stack(self.g(*self.parts(*_coordinates(x))), axis=-1)

    def hessian(self, x: Any) -> np.ndarray:
        """Return the second derivatives, shape (..., 2, 2): Im g(x + ih e) / h along each axis e, exact to rounding."""
        ahead = np.stack(_coordinates(x), axis=-1)[..., None, :] + 1e-20j * np.eye(2)
        return self.gradient(ahead).imag / 1e-20


def beale(x: Array, y: Array) -> tuple[tuple[Array, ...], ...]:
    """For i = 1, 2, 3: r_i = c_i - x (1 - y^i) and its derivatives by x and y."""
    return (
        (1.5 - x * (1 - y), y - 1, x),
        (2.25 - x * (1 - y**2), y**2 - 1, 2 * x * y),
        (2.625 - x * (1 - y**3), y**3 - 1, 3 * x * y**2),
    )


def goldstein_price(x: Array, y: Array) -> tuple[Array, ...]:
    """The two factors, polynomials of s = x + y and q = 2x - 3y, each with its derivative."""
    s, q = x + y, 2 * x - 3 * y
    A = 1 + (s + 1) ** 2 * (19 - 14 * s + 3 * s**2), 12 * (s + 1) * (s - 1) * (s - 2)
    B = 30 + q**2 * (18 - 16 * q + 3 * q**2), 12 * q * (q - 1) * (q - 3)
    return *A, *B


def ackley(x: Array, y: Array) -> tuple[Array, ...]:
    """x, y, decay, ripple and (x, y) / r, r the root mean square; at 0 the last two are set to 0."""
    r = np.sqrt((x**2 + y**2) / 2)
    inverse = np.divide(1, r, out=np.zeros_like(r), where=np.abs(r) > 1e-15)
    ripple = np.exp((np.cos(2 * PI * x) + np.cos(2 * PI * y)) / 2)
    return x, y, np.exp(-0.2 * r), ripple, x * inverse, y * inverse


def easom(x: Array, y: Array) -> tuple[Array, ...]:
    """x, y, the bell, and p, q with f_x = bell p cos y, f_y = bell q cos x."""
    bell = np.exp(-((x - PI) ** 2) - (y - PI) ** 2)
    return x, y, bell, np.sin(x) + 2 * (x - PI) * np.cos(x), np.sin(y) + 2 * (y - PI) * np.cos(y)


def bukin6(x: Array, y: Array) -> tuple[Array, Array, Array]:
    """x, the sign of q = y - 0.01 x² and 1 / √|q|; both are set to 0 on the ridge q = 0, where f has no gradient."""
    q = y - 0.01 * x**2
    sign = np.sign(np.real(q))
    return x, sign, sign**2 / np.sqrt(np.where(sign == 0, 1, sign * q))


FUNCTIONS: dict[str, tuple[Callable[..., Any], ...]] = {  # f, g, and where they have some in common its parts
    "quadratic": (
        lambda x, y: (x**2 + 10 * y**2) / 2,
        lambda x, y: (x, 10 * y),
    ),
    "sphere": (
        lambda x, y: x**2 + y**2,
        lambda x, y: (2 * x, 2 * y),
    ),
    "saddle": (
        lambda x, y: x**2 - y**2,
        lambda x, y: (2 * x, -2 * y),
    ),
    "monkey_saddle": (
        lambda x, y: x**3 - 3 * x * y**2,
        lambda x, y: (3 * x**2 - 3 * y**2, -6 * x * y),
    ),
    "rosenbrock": (
        lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
        lambda x, y: (-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)),
    ),
    "booth": (
        lambda x, y: (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2,
        lambda x, y: (10 * x + 8 * y - 34, 8 * x + 10 * y - 38),
    ),
    "matyas": (
        lambda x, y: 0.26 * (x**2 + y**2) - 0.48 * x * y,
        lambda x, y: (0.52 * x - 0.48 * y, 0.52 * y - 0.48 * x),
    ),
    "beale": (
        lambda x, y: sum(row[0] ** 2 for row in beale(x, y)),
        lambda *rows: (sum(2 * r * r_x for r, r_x, _ in rows), sum(2 * r * r_y for r, _, r_y in rows)),
        beale,
    ),
    "himmelblau": (
        lambda x, y: (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2,
        lambda x, y: (
            4 * x * (x**2 + y - 11) + 2 * (x + y**2 - 7),
            2 * (x**2 + y - 11) + 4 * y * (x + y**2 - 7),
        ),
    ),
    "three_hump_camel": (
        lambda x, y: 2 * x**2 - 1.05 * x**4 + x**6 / 6 + x * y + y**2,
        lambda x, y: (4 * x - 4.2 * x**3 + x**5 + y, x + 2 * y),
    ),
    "six_hump_camel": (
        lambda x, y: (4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + (4 * y**2 - 4) * y**2,
        lambda x, y: (8 * x - 8.4 * x**3 + 2 * x**5 + y, x - 8 * y + 16 * y**3),
    ),
    "styblinski_tang": (
        lambda x, y: (x**4 - 16 * x**2 + 5 * x + y**4 - 16 * y**2 + 5 * y) / 2,
        lambda x, y: (2 * x**3 - 16 * x + 2.5, 2 * y**3 - 16 * y + 2.5),
    ),
    "goldstein_price": (
        lambda x, y: np.multiply(*goldstein_price(x, y)[::2]),
        lambda A, dA, B, dB: (dA * B + 2 * A * dB, dA * B - 3 * A * dB),
        goldstein_price,
    ),
    "mccormick": (
        lambda x, y: np.sin(x + y) + (x - y) ** 2 - 1.5 * x + 2.5 * y + 1,
        lambda x, y: (np.cos(x + y) + 2 * (x - y) - 1.5, np.cos(x + y) - 2 * (x - y) + 2.5),
    ),
    "rastrigin": (
        lambda x, y: 20 + x**2 + y**2 - 10 * np.cos(2 * PI * x) - 10 * np.cos(2 * PI * y),
        lambda x, y: (2 * x + 20 * PI * np.sin(2 * PI * x), 2 * y + 20 * PI * np.sin(2 * PI * y)),
    ),
    "ackley": (
        lambda x, y: (
            -20 * np.exp(-0.2 * np.sqrt((x**2 + y**2) / 2))
            - np.exp((np.cos(2 * PI * x) + np.cos(2 * PI * y)) / 2)
            + (np.e + 20)
        ),
        lambda x, y, decay, ripple, u, v: (
            2 * decay * u + PI * ripple * np.sin(2 * PI * x),
            2 * decay * v + PI * ripple * np.sin(2 * PI * y),
        ),
        ackley,
    ),
    "levy13": (
        lambda x, y: (
            np.sin(3 * PI * x) ** 2
            + (x - 1) ** 2 * (1 + np.sin(3 * PI * y) ** 2)
            + (y - 1) ** 2 * (1 + np.sin(2 * PI * y) ** 2)
        ),
        lambda x, y: (
            3 * PI * np.sin(6 * PI * x) + 2 * (x - 1) * (1 + np.sin(3 * PI * y) ** 2),
            3 * PI * np.sin(6 * PI * y) * (x - 1) ** 2
            + 2 * (y - 1) * (1 + np.sin(2 * PI * y) ** 2)
            + 2 * PI * np.sin(4 * PI * y) * (y - 1) ** 2,
        ),
    ),
    "easom": (
        lambda x, y: -np.cos(x) * np.cos(y) * easom(x, y)[2],
        lambda x, y, bell, p, q: (bell * p * np.cos(y), bell * q * np.cos(x)),
        easom,
    ),
    "bukin6": (
        lambda x, y: 100 * np.sqrt(np.abs(y - 0.01 * x**2)) + 0.01 * np.abs(x + 10),
        lambda x, sign, p: (-sign * p * x + 0.01 * np.sign(np.real(x) + 10), 50 * sign * p),
        bukin6,
    ),
}
TEXTS = texts_of(__file__)
LANDSCAPES = {name: Landscape(*functions, **TEXTS[name]) for name, functions in FUNCTIONS.items()}
