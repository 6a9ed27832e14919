"""Well-known test functions of two variables: valleys, saddles and many local minima.

Positions x have shape (..., 2); the last axis holds the coordinates x and y of the formulas. Far out a value may
overflow to infinity without a warning. Sources: Jamil & Yang 2013, A literature survey of benchmark functions;
Surjanovic & Bingham, Virtual library of simulation experiments (constants as there).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.checks import InputError

Array = Any  # an array or a number
Point = tuple[float, float]
PI = np.pi


def _coordinates(x: Any) -> tuple[np.ndarray, np.ndarray]:
    points = np.asarray(x)
    if points.ndim == 0 or points.shape[-1] != 2 or points.dtype.kind not in "iufc":
        raise InputError(f"x has shape {points.shape} of {points.dtype}, but must hold numbers in the shape (..., 2)")
    points = points if points.dtype.kind == "c" else points.astype(np.float64, copy=False)
    return points[..., 0], points[..., 1]


@dataclass(frozen=True, kw_only=True)
class Landscape:
    """A function f(x, y) with its gradient g = (f_x, f_y), which takes complex numbers too."""

    label: str = ""  # displayed name; "" for the key with spaces
    about: str
    formula: str  # LaTeX
    f: Callable[[Array, Array], Array]
    g: Callable[..., tuple[Array, Array]]
    parts: Callable[[Array, Array], tuple[Any, ...]] = lambda x, y: (x, y)  # arguments of g
    bounds: tuple[Point, Point]  # range of a good plot: (x from, to), (y from, to)
    start: Point  # an interesting starting point
    minima: tuple[Point, ...] = ((0.0, 0.0),)  # all global minima; none if unbounded below
    lowest: float | None = 0.0  # the value there

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


LANDSCAPES: dict[str, Landscape] = {
    "quadratic": Landscape(
        about="A bowl 10 times as steep across as along, like every minimum close up.",
        formula=r"\tfrac12 \left(x^2 + 10 y^2\right)",
        f=lambda x, y: (x**2 + 10 * y**2) / 2,
        g=lambda x, y: (x, 10 * y),
        bounds=((-4, 4), (-4, 4)),
        start=(-3.5, 1.5),
    ),
    "sphere": Landscape(
        about="The round bowl: one step of the right length is enough.",
        formula=r"x^2 + y^2",
        f=lambda x, y: x**2 + y**2,
        g=lambda x, y: (2 * x, 2 * y),
        bounds=((-3, 3), (-3, 3)),
        start=(-2, 1.5),
    ),
    "saddle": Landscape(
        about="Down along one axis, up along the other, and unbounded below.",
        formula=r"x^2 - y^2",
        f=lambda x, y: x**2 - y**2,
        g=lambda x, y: (2 * x, -2 * y),
        bounds=((-2, 2), (-2, 2)),
        start=(-1.5, 0.01),
        minima=(),
        lowest=None,
    ),
    "monkey_saddle": Landscape(
        about="Three descending directions, two for the legs and one for the tail; at the origin gradient and Hessian "
        "both vanish.",
        formula=r"x^3 - 3 x y^2",
        f=lambda x, y: x**3 - 3 * x * y**2,
        g=lambda x, y: (3 * x**2 - 3 * y**2, -6 * x * y),
        bounds=((-2, 2), (-2, 2)),
        start=(1.5, 0.3),
        minima=(),
        lowest=None,
    ),
    "rosenbrock": Landscape(
        label="Rosenbrock",
        about="A curved valley that is quick to reach but slow to follow (Rosenbrock 1960).",
        formula=r"(1 - x)^2 + 100 (y - x^2)^2",
        f=lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
        g=lambda x, y: (-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)),
        bounds=((-2, 2), (-1, 3)),
        start=(-1.2, 1),
        minima=((1, 1),),
    ),
    "booth": Landscape(
        label="Booth",
        about="A tilted bowl, nine times as steep across as along.",
        formula=r"(x + 2y - 7)^2 + (2x + y - 5)^2",
        f=lambda x, y: (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2,
        g=lambda x, y: (10 * x + 8 * y - 34, 8 * x + 10 * y - 38),
        bounds=((-10, 10), (-10, 10)),
        start=(-8, -5),
        minima=((1, 3),),
    ),
    "matyas": Landscape(
        label="Matyas",
        about="A long shallow trough, 25 times as steep across as along.",
        formula=r"0.26 (x^2 + y^2) - 0.48 x y",
        f=lambda x, y: 0.26 * (x**2 + y**2) - 0.48 * x * y,
        g=lambda x, y: (0.52 * x - 0.48 * y, 0.52 * y - 0.48 * x),
        bounds=((-10, 10), (-10, 10)),
        start=(-8, 3),
    ),
    "beale": Landscape(
        label="Beale",
        about="A flat valley between steep corners (Beale 1958).",
        formula=r"\sum_{i=1}^{3} \left(c_i - x (1 - y^i)\right)^2,\ c = (1.5,\ 2.25,\ 2.625)",
        f=lambda x, y: sum(row[0] ** 2 for row in beale(x, y)),
        parts=beale,
        g=lambda *rows: (sum(2 * r * r_x for r, r_x, _ in rows), sum(2 * r * r_y for r, _, r_y in rows)),
        bounds=((-4.5, 4.5), (-4.5, 4.5)),
        start=(-1, 1.5),
        minima=((3, 0.5),),
    ),
    "himmelblau": Landscape(
        label="Himmelblau",
        about="Four equal minima: the start decides which one is reached (Himmelblau 1972).",
        formula=r"(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
        f=lambda x, y: (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2,
        g=lambda x, y: (
            4 * x * (x**2 + y - 11) + 2 * (x + y**2 - 7),
            2 * (x**2 + y - 11) + 4 * y * (x + y**2 - 7),
        ),
        bounds=((-6, 6), (-6, 6)),
        start=(-0.5, -1),
        minima=(
            (3, 2),
            (-2.805118086952745, 3.131312518250573),
            (-3.779310253377747, -3.28318599128617),
            (3.584428340330492, -1.848126526964404),
        ),
    ),
    "three_hump_camel": Landscape(
        about="One global minimum between two local ones.",
        formula=r"2x^2 - 1.05 x^4 + \tfrac{x^6}{6} + x y + y^2",
        f=lambda x, y: 2 * x**2 - 1.05 * x**4 + x**6 / 6 + x * y + y**2,
        g=lambda x, y: (4 * x - 4.2 * x**3 + x**5 + y, x + 2 * y),
        bounds=((-2.5, 2.5), (-2.5, 2.5)),
        start=(-2, 2),
    ),
    "six_hump_camel": Landscape(
        about="Six minima, two of them the lowest (Dixon & Szegő 1978).",
        formula=r"\left(4 - 2.1 x^2 + \tfrac{x^4}{3}\right) x^2 + x y + (4 y^2 - 4) y^2",
        f=lambda x, y: (4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + (4 * y**2 - 4) * y**2,
        g=lambda x, y: (8 * x - 8.4 * x**3 + 2 * x**5 + y, x - 8 * y + 16 * y**3),
        bounds=((-2, 2), (-1.2, 1.2)),
        start=(-1.7, 0.2),
        minima=((0.08984201368301331, -0.7126564032704135), (-0.08984201368301331, 0.7126564032704135)),
        lowest=-1.031628453489877,
    ),
    "styblinski_tang": Landscape(
        label="Styblinski-Tang",
        about="Four valleys, one of them the deepest (Styblinski & Tang 1990).",
        formula=r"\tfrac12 \left(x^4 - 16 x^2 + 5 x + y^4 - 16 y^2 + 5 y\right)",
        f=lambda x, y: (x**4 - 16 * x**2 + 5 * x + y**4 - 16 * y**2 + 5 * y) / 2,
        g=lambda x, y: (2 * x**3 - 16 * x + 2.5, 2 * y**3 - 16 * y + 2.5),
        bounds=((-5, 5), (-5, 5)),
        start=(0.5, 4),
        minima=((-2.903534027771177, -2.903534027771177),),
        lowest=-78.33233140754282,
    ),
    "goldstein_price": Landscape(
        label="Goldstein-Price",
        about="Values from 3 to a million in one plot (Goldstein & Price 1971).",
        formula=r"\left(1 + (s+1)^2 (19 - 14s + 3s^2)\right)\left(30 + q^2 (18 - 16q + 3q^2)\right),\ "
        r"s = x + y,\ q = 2x - 3y",
        f=lambda x, y: np.multiply(*goldstein_price(x, y)[::2]),
        parts=goldstein_price,
        g=lambda A, dA, B, dB: (dA * B + 2 * A * dB, dA * B - 3 * A * dB),
        bounds=((-2, 2), (-2, 2)),
        start=(-1.5, 0.5),
        minima=((0, -1),),
        lowest=3.0,
    ),
    "mccormick": Landscape(
        label="McCormick",
        about="A plane with a wave across a valley; the minimum is that of the plot, beyond which f is unbounded "
        "below.",
        formula=r"\sin(x + y) + (x - y)^2 - 1.5 x + 2.5 y + 1",
        f=lambda x, y: np.sin(x + y) + (x - y) ** 2 - 1.5 * x + 2.5 * y + 1,
        g=lambda x, y: (np.cos(x + y) + 2 * (x - y) - 1.5, np.cos(x + y) - 2 * (x - y) + 2.5),
        bounds=((-1.5, 4), (-3, 4)),
        start=(3.5, -2),
        minima=((-0.5471975511965976, -1.5471975511965976),),
        lowest=-1.913222954981037,
    ),
    "rastrigin": Landscape(
        label="Rastrigin",
        about="A bowl with a dimple at every whole number: about a hundred local minima (Rastrigin 1974).",
        formula=r"20 + x^2 + y^2 - 10 \cos 2\pi x - 10 \cos 2\pi y",
        f=lambda x, y: 20 + x**2 + y**2 - 10 * np.cos(2 * PI * x) - 10 * np.cos(2 * PI * y),
        g=lambda x, y: (2 * x + 20 * PI * np.sin(2 * PI * x), 2 * y + 20 * PI * np.sin(2 * PI * y)),
        bounds=((-5.12, 5.12), (-5.12, 5.12)),
        start=(-3.7, 2.3),
    ),
    "ackley": Landscape(
        label="Ackley",
        about="An almost flat, rippled plain around one deep hole (Ackley 1987); the gradient does not exist at its "
        "bottom.",
        formula=r"-20 e^{-0.2 \sqrt{(x^2 + y^2)/2}} - e^{(\cos 2\pi x + \cos 2\pi y)/2} + e + 20",
        f=lambda x, y: (
            -20 * np.exp(-0.2 * np.sqrt((x**2 + y**2) / 2))
            - np.exp((np.cos(2 * PI * x) + np.cos(2 * PI * y)) / 2)
            + (np.e + 20)
        ),
        parts=ackley,
        g=lambda x, y, decay, ripple, u, v: (
            2 * decay * u + PI * ripple * np.sin(2 * PI * x),
            2 * decay * v + PI * ripple * np.sin(2 * PI * y),
        ),
        bounds=((-5, 5), (-5, 5)),
        start=(-3.6, 2.7),
    ),
    "levy13": Landscape(
        label="Lévy 13",
        about="Ripples of two lengths on a bowl (Lévy & Montalvo 1985).",
        formula=r"\sin^2 3\pi x + (x-1)^2 (1 + \sin^2 3\pi y) + (y-1)^2 (1 + \sin^2 2\pi y)",
        f=lambda x, y: (
            np.sin(3 * PI * x) ** 2
            + (x - 1) ** 2 * (1 + np.sin(3 * PI * y) ** 2)
            + (y - 1) ** 2 * (1 + np.sin(2 * PI * y) ** 2)
        ),
        g=lambda x, y: (
            3 * PI * np.sin(6 * PI * x) + 2 * (x - 1) * (1 + np.sin(3 * PI * y) ** 2),
            3 * PI * np.sin(6 * PI * y) * (x - 1) ** 2
            + 2 * (y - 1) * (1 + np.sin(2 * PI * y) ** 2)
            + 2 * PI * np.sin(4 * PI * y) * (y - 1) ** 2,
        ),
        bounds=((-10, 10), (-10, 10)),
        start=(-7.3, 6.2),
        minima=((1, 1),),
    ),
    "easom": Landscape(
        label="Easom",
        about="A flat plain with one narrow hole: away from it the gradient gives no direction (Easom 1990).",
        formula=r"-\cos x \cos y \, e^{-(x - \pi)^2 - (y - \pi)^2}",
        f=lambda x, y: -np.cos(x) * np.cos(y) * easom(x, y)[2],
        parts=easom,
        g=lambda x, y, bell, p, q: (bell * p * np.cos(y), bell * q * np.cos(x)),
        bounds=((0, 6), (0, 6)),
        start=(1.9, 4.3),
        minima=((PI, PI),),
        lowest=-1.0,
    ),
    "bukin6": Landscape(
        label="Bukin 6",
        about="A valley so sharp that there is no gradient along its bottom, the curve y = x²/100.",
        formula=r"100 \sqrt{|y - 0.01 x^2|} + 0.01 |x + 10|",
        f=lambda x, y: 100 * np.sqrt(np.abs(y - 0.01 * x**2)) + 0.01 * np.abs(x + 10),
        parts=bukin6,
        g=lambda x, sign, p: (-sign * p * x + 0.01 * np.sign(np.real(x) + 10), 50 * sign * p),
        bounds=((-15, -5), (-3, 3)),
        start=(-6, 2.5),
        minima=((-10, 1),),
    ),
}
