"""Famous functions of two variables on which to watch an optimizer walk: valleys, saddles and many false bottoms.

Positions x have shape (..., 2), the last axis holding the coordinates that the formulas call x and y. Far out a value
may overflow to infinity, without a warning. Sources: Jamil & Yang 2013, A literature survey of benchmark functions;
Surjanovic & Bingham, Virtual library of simulation experiments (constants as there).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.checks import InputError, check_number
from core.minimizers import derivatives
from core.minimizers.derivatives import PI, Array

Point = tuple[float, float]


def _coordinates(x: Any) -> tuple[np.ndarray, np.ndarray]:
    points = np.asarray(x)
    if points.ndim == 0 or points.shape[-1] != 2 or points.dtype.kind not in "iufc":
        raise InputError(f"x has shape {points.shape} of {points.dtype}, but must hold numbers in the shape (..., 2)")
    points = points if points.dtype.kind == "c" else points.astype(np.float64, copy=False)
    return points[..., 0], points[..., 1]


@dataclass(frozen=True, kw_only=True)
class Landscape:
    """A function f(x, y) with its gradient g = (f_x, f_y) and Hessian h = (f_xx, f_xy, f_yy)."""

    label: str = ""  # how people write it; "" where that is its name with spaces
    about: str
    formula: str  # LaTeX
    f: Callable[[Array, Array], Array]
    g: Callable[[Array, Array], tuple[Array, Array]]
    h: Callable[[Array, Array], tuple[Array, Array, Array]]
    bounds: tuple[Point, Point]  # of a good plot: (x from, to), (y from, to)
    start: Point  # from where the way down is interesting
    minima: tuple[Point, ...] = ((0.0, 0.0),)  # all global minima; none where there is no bottom
    lowest: float | None = 0.0  # the value there

    def value(self, x: Any) -> Any:
        """Return f, shape (...) for x (..., 2); complex x are taken too. Raises InputError for another shape."""
        with np.errstate(over="ignore", invalid="ignore"):
            return self.f(*_coordinates(x))

    def gradient(self, x: Any) -> np.ndarray:
        """Return (f_x, f_y), shape (..., 2)."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.stack(self.g(*_coordinates(x)), axis=-1)

    def hessian(self, x: Any) -> np.ndarray:
        """Return the second derivatives, shape (..., 2, 2)."""
        a, b = _coordinates(x)
        result = np.empty((*a.shape, 2, 2), a.dtype)
        with np.errstate(over="ignore", invalid="ignore"):
            result[..., 0, 0], result[..., 0, 1], result[..., 1, 1] = self.h(a, b)
        result[..., 1, 0] = result[..., 0, 1]
        return result


def quadratic(condition: float = 10.0, angle: float = 0.0) -> Landscape:
    """Return a bowl `condition` times as steep across as along, turned by `angle` degrees; any minimum close up."""
    check_number("condition", condition, 1)
    c, s = np.cos(np.deg2rad(check_number("angle", angle, -360, 360))), np.sin(np.deg2rad(angle))
    a, b, d = c * c + condition * s * s, (1 - condition) * c * s, s * s + condition * c * c  # H = R diag(1, κ) Rᵀ
    return Landscape(
        about=f"A bowl {condition:g} times as steep across as along: what every minimum looks like close up.",
        formula=rf"\tfrac12 \left({a:.4g} x^2 {2 * b:+.4g} x y + {d:.4g} y^2\right)",
        f=lambda x, y: (a * x**2 + 2 * b * x * y + d * y**2) / 2,
        g=lambda x, y: (a * x + b * y, b * x + d * y),
        h=lambda x, y: (a, b, d),
        bounds=((-4, 4), (-4, 4)),
        start=(-3.5, 1.5),
    )


LANDSCAPES: dict[str, Landscape] = {
    "quadratic": quadratic(),
    "sphere": Landscape(
        about="The round bowl: one step of the right length is enough.",
        formula=r"x^2 + y^2",
        f=lambda x, y: x**2 + y**2,
        g=lambda x, y: (2 * x, 2 * y),
        h=lambda x, y: (2, 0, 2),
        bounds=((-3, 3), (-3, 3)),
        start=(-2, 1.5),
    ),
    "saddle": Landscape(
        about="Down one way, up the other, and no bottom.",
        formula=r"x^2 - y^2",
        f=lambda x, y: x**2 - y**2,
        g=lambda x, y: (2 * x, -2 * y),
        h=lambda x, y: (2, 0, -2),
        bounds=((-2, 2), (-2, 2)),
        start=(-1.5, 0.01),
        minima=(),
        lowest=None,
    ),
    "monkey_saddle": Landscape(
        about="Three ways down, one for the tail; at the origin the Hessian vanishes with the gradient.",
        formula=r"x^3 - 3 x y^2",
        f=lambda x, y: x**3 - 3 * x * y**2,
        g=lambda x, y: (3 * x**2 - 3 * y**2, -6 * x * y),
        h=lambda x, y: (6 * x, -6 * y, -6 * x),
        bounds=((-2, 2), (-2, 2)),
        start=(1.5, 0.3),
        minima=(),
        lowest=None,
    ),
    "rosenbrock": Landscape(
        label="Rosenbrock",
        about="The banana: into the valley at once, along it very slowly (Rosenbrock 1960).",
        formula=r"(1 - x)^2 + 100 (y - x^2)^2",
        f=lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
        g=lambda x, y: (-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)),
        h=lambda x, y: (2 - 400 * y + 1200 * x**2, -400 * x, 200),
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
        h=lambda x, y: (10, 8, 10),
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
        h=lambda x, y: (0.52, -0.48, 0.52),
        bounds=((-10, 10), (-10, 10)),
        start=(-8, 3),
    ),
    "beale": Landscape(
        label="Beale",
        about="A flat valley between steep corners (Beale 1958).",
        formula=r"\sum_{i=1}^{3} \left(c_i - x (1 - y^i)\right)^2,\ c = (1.5,\ 2.25,\ 2.625)",
        f=lambda x, y: sum(row[0] ** 2 for row in derivatives.beale(x, y)),
        g=derivatives.beale_g,
        h=derivatives.beale_h,
        bounds=((-4.5, 4.5), (-4.5, 4.5)),
        start=(-1, 1.5),
        minima=((3, 0.5),),
    ),
    "himmelblau": Landscape(
        label="Himmelblau",
        about="Four equal minima: where you end depends on where you start (Himmelblau 1972).",
        formula=r"(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
        f=lambda x, y: (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2,
        g=lambda x, y: (
            4 * x * (x**2 + y - 11) + 2 * (x + y**2 - 7),
            2 * (x**2 + y - 11) + 4 * y * (x + y**2 - 7),
        ),
        h=lambda x, y: (12 * x**2 + 4 * y - 42, 4 * x + 4 * y, 12 * y**2 + 4 * x - 26),
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
        about="One true minimum between two false ones.",
        formula=r"2x^2 - 1.05 x^4 + \tfrac{x^6}{6} + x y + y^2",
        f=lambda x, y: 2 * x**2 - 1.05 * x**4 + x**6 / 6 + x * y + y**2,
        g=lambda x, y: (4 * x - 4.2 * x**3 + x**5 + y, x + 2 * y),
        h=lambda x, y: (4 - 12.6 * x**2 + 5 * x**4, 1, 2),
        bounds=((-2.5, 2.5), (-2.5, 2.5)),
        start=(-2, 2),
    ),
    "six_hump_camel": Landscape(
        about="Six minima, two of them the lowest (Dixon & Szegő 1978).",
        formula=r"\left(4 - 2.1 x^2 + \tfrac{x^4}{3}\right) x^2 + x y + (4 y^2 - 4) y^2",
        f=lambda x, y: (4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + (4 * y**2 - 4) * y**2,
        g=lambda x, y: (8 * x - 8.4 * x**3 + 2 * x**5 + y, x - 8 * y + 16 * y**3),
        h=lambda x, y: (8 - 25.2 * x**2 + 10 * x**4, 1, 48 * y**2 - 8),
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
        h=lambda x, y: (6 * x**2 - 16, 0, 6 * y**2 - 16),
        bounds=((-5, 5), (-5, 5)),
        start=(0.5, 4),
        minima=((-2.903534027771177, -2.903534027771177),),
        lowest=-78.33233140754282,
    ),
    "goldstein_price": Landscape(
        label="Goldstein-Price",
        about="Values from 3 to a million on one plot (Goldstein & Price 1971).",
        formula=r"\left(1 + (s+1)^2 (19 - 14s + 3s^2)\right)\left(30 + q^2 (18 - 16q + 3q^2)\right),\ "
        r"s = x + y,\ q = 2x - 3y",
        f=lambda x, y: derivatives.goldstein_price(x, y)[0] * derivatives.goldstein_price(x, y)[3],
        g=derivatives.goldstein_price_g,
        h=derivatives.goldstein_price_h,
        bounds=((-2, 2), (-2, 2)),
        start=(-1.5, 0.5),
        minima=((0, -1),),
        lowest=3.0,
    ),
    "mccormick": Landscape(
        label="McCormick",
        about="A plane with a wave across a valley; the minimum is that of the plot, outside it goes down for ever.",
        formula=r"\sin(x + y) + (x - y)^2 - 1.5 x + 2.5 y + 1",
        f=lambda x, y: np.sin(x + y) + (x - y) ** 2 - 1.5 * x + 2.5 * y + 1,
        g=lambda x, y: (np.cos(x + y) + 2 * (x - y) - 1.5, np.cos(x + y) - 2 * (x - y) + 2.5),
        h=lambda x, y: (2 - np.sin(x + y), -2 - np.sin(x + y), 2 - np.sin(x + y)),
        bounds=((-1.5, 4), (-3, 4)),
        start=(3.5, -2),
        minima=((-0.5471975511965976, -1.5471975511965976),),
        lowest=-1.913222954981037,
    ),
    "rastrigin": Landscape(
        label="Rastrigin",
        about="A bowl with a dimple at every whole number: about a hundred false bottoms (Rastrigin 1974).",
        formula=r"20 + x^2 + y^2 - 10 \cos 2\pi x - 10 \cos 2\pi y",
        f=lambda x, y: 20 + x**2 + y**2 - 10 * np.cos(2 * PI * x) - 10 * np.cos(2 * PI * y),
        g=lambda x, y: (2 * x + 20 * PI * np.sin(2 * PI * x), 2 * y + 20 * PI * np.sin(2 * PI * y)),
        h=lambda x, y: (2 + 40 * PI**2 * np.cos(2 * PI * x), 0, 2 + 40 * PI**2 * np.cos(2 * PI * y)),
        bounds=((-5.12, 5.12), (-5.12, 5.12)),
        start=(-3.7, 2.3),
    ),
    "ackley": Landscape(
        label="Ackley",
        about="An almost flat, rippled plain around one deep hole (Ackley 1987); at its bottom there is no gradient.",
        formula=r"-20 e^{-0.2 \sqrt{(x^2 + y^2)/2}} - e^{(\cos 2\pi x + \cos 2\pi y)/2} + e + 20",
        f=lambda x, y: (
            -20 * np.exp(-0.2 * np.sqrt((x**2 + y**2) / 2))
            - np.exp((np.cos(2 * PI * x) + np.cos(2 * PI * y)) / 2)
            + (np.e + 20)
        ),
        g=derivatives.ackley_g,
        h=derivatives.ackley_h,
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
        g=derivatives.levy13_g,
        h=derivatives.levy13_h,
        bounds=((-10, 10), (-10, 10)),
        start=(-7.3, 6.2),
        minima=((1, 1),),
    ),
    "easom": Landscape(
        label="Easom",
        about="A plain as flat as a table with one narrow hole: away from it the gradient says nothing (Easom 1990).",
        formula=r"-\cos x \cos y \, e^{-(x - \pi)^2 - (y - \pi)^2}",
        f=lambda x, y: -np.cos(x) * np.cos(y) * derivatives.easom(x, y)[0],
        g=derivatives.easom_g,
        h=derivatives.easom_h,
        bounds=((0, 6), (0, 6)),
        start=(1.9, 4.3),
        minima=((PI, PI),),
        lowest=-1.0,
    ),
    "bukin6": Landscape(
        label="Bukin 6",
        about="A ridge so sharp that it has no gradient along its bottom, which is the curve y = x²/100.",
        formula=r"100 \sqrt{|y - 0.01 x^2|} + 0.01 |x + 10|",
        f=lambda x, y: 100 * np.sqrt(np.abs(y - 0.01 * x**2)) + 0.01 * np.abs(x + 10),
        g=derivatives.bukin6_g,
        h=derivatives.bukin6_h,
        bounds=((-15, -5), (-3, 3)),
        start=(-6, 2.5),
        minima=((-10, 1),),
    ),
}
