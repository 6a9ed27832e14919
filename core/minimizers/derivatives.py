"""Gradients (f_x, f_y) and Hessians (f_xx, f_xy, f_yy) of the landscapes whose derivatives take more than a line."""

from typing import Any

import numpy as np

Array = Any  # an array, or one number
PI = np.pi


def beale(x: Array, y: Array) -> tuple[tuple[Array, ...], ...]:
    """For i = 1, 2, 3: r_i = c_i - x (1 - y^i) and its derivatives by x, y, xy and yy."""
    return (
        (1.5 - x * (1 - y), y - 1, x, 1, 0),
        (2.25 - x * (1 - y**2), y**2 - 1, 2 * x * y, 2 * y, 2 * x),
        (2.625 - x * (1 - y**3), y**3 - 1, 3 * x * y**2, 3 * y**2, 6 * x * y),
    )


def beale_g(x: Array, y: Array) -> tuple[Array, Array]:
    rows = beale(x, y)
    return sum(2 * r * r_x for r, r_x, *_ in rows), sum(2 * r * r_y for r, _, r_y, *_ in rows)


def beale_h(x: Array, y: Array) -> tuple[Array, Array, Array]:
    rows = beale(x, y)
    return (
        sum(2 * r_x * r_x for _, r_x, _, _, _ in rows),
        sum(2 * (r_x * r_y + r * r_xy) for r, r_x, r_y, r_xy, _ in rows),
        sum(2 * (r_y * r_y + r * r_yy) for r, _, r_y, _, r_yy in rows),
    )


def goldstein_price(x: Array, y: Array) -> tuple[Array, ...]:
    """The two factors, polynomials of s = x + y and q = 2x - 3y, each with its first and second derivative."""
    s, q = x + y, 2 * x - 3 * y
    A = 1 + (s + 1) ** 2 * (19 - 14 * s + 3 * s**2), 12 * (s + 1) * (s - 1) * (s - 2), 12 * (3 * s**2 - 4 * s - 1)
    B = 30 + q**2 * (18 - 16 * q + 3 * q**2), 12 * q * (q - 1) * (q - 3), 36 - 96 * q + 36 * q**2
    return *A, *B


def goldstein_price_g(x: Array, y: Array) -> tuple[Array, Array]:
    A, dA, _, B, dB, _ = goldstein_price(x, y)
    return dA * B + 2 * A * dB, dA * B - 3 * A * dB


def goldstein_price_h(x: Array, y: Array) -> tuple[Array, Array, Array]:
    A, dA, ddA, B, dB, ddB = goldstein_price(x, y)
    return (
        ddA * B + 4 * dA * dB + 4 * A * ddB,
        ddA * B - dA * dB - 6 * A * ddB,
        ddA * B - 6 * dA * dB + 9 * A * ddB,
    )


def ackley(x: Array, y: Array) -> tuple[Array, ...]:
    """Decay, ripple, the direction (x, y) / r and 1 / r, r the root mean square; at 0 the last three count as 0."""
    r = np.sqrt((x**2 + y**2) / 2)
    inverse = np.divide(1, r, out=np.zeros_like(r), where=r != 0)
    ripple = np.exp((np.cos(2 * PI * x) + np.cos(2 * PI * y)) / 2)
    return np.exp(-0.2 * r), ripple, x * inverse, y * inverse, inverse


def ackley_g(x: Array, y: Array) -> tuple[Array, Array]:
    decay, ripple, u, v, _ = ackley(x, y)
    return 2 * decay * u + PI * ripple * np.sin(2 * PI * x), 2 * decay * v + PI * ripple * np.sin(2 * PI * y)


def ackley_h(x: Array, y: Array) -> tuple[Array, Array, Array]:
    decay, ripple, u, v, inverse = ackley(x, y)
    sin_x, sin_y, cos_x, cos_y = np.sin(2 * PI * x), np.sin(2 * PI * y), np.cos(2 * PI * x), np.cos(2 * PI * y)
    return (
        2 * decay * ((1 - u * u / 2) * inverse - 0.1 * u * u) + PI**2 * ripple * (2 * cos_x - sin_x**2),
        -2 * decay * u * v * (inverse / 2 + 0.1) - PI**2 * ripple * sin_x * sin_y,
        2 * decay * ((1 - v * v / 2) * inverse - 0.1 * v * v) + PI**2 * ripple * (2 * cos_y - sin_y**2),
    )


def easom(x: Array, y: Array) -> tuple[Array, ...]:
    """The bell, and p, q with f_x = bell p cos y, f_y = bell q cos x."""
    bell = np.exp(-((x - PI) ** 2) - (y - PI) ** 2)
    return bell, np.sin(x) + 2 * (x - PI) * np.cos(x), np.sin(y) + 2 * (y - PI) * np.cos(y)


def easom_g(x: Array, y: Array) -> tuple[Array, Array]:
    bell, p, q = easom(x, y)
    return bell * p * np.cos(y), bell * q * np.cos(x)


def easom_h(x: Array, y: Array) -> tuple[Array, Array, Array]:
    bell, p, q = easom(x, y)
    return (
        bell * np.cos(y) * (3 * np.cos(x) - 2 * (x - PI) * (np.sin(x) + p)),
        -bell * p * q,
        bell * np.cos(x) * (3 * np.cos(y) - 2 * (y - PI) * (np.sin(y) + q)),
    )


def levy13_g(x: Array, y: Array) -> tuple[Array, Array]:
    return (
        3 * PI * np.sin(6 * PI * x) + 2 * (x - 1) * (1 + np.sin(3 * PI * y) ** 2),
        3 * PI * np.sin(6 * PI * y) * (x - 1) ** 2
        + 2 * (y - 1) * (1 + np.sin(2 * PI * y) ** 2)
        + 2 * PI * np.sin(4 * PI * y) * (y - 1) ** 2,
    )


def levy13_h(x: Array, y: Array) -> tuple[Array, Array, Array]:
    return (
        18 * PI**2 * np.cos(6 * PI * x) + 2 * (1 + np.sin(3 * PI * y) ** 2),
        6 * PI * np.sin(6 * PI * y) * (x - 1),
        18 * PI**2 * np.cos(6 * PI * y) * (x - 1) ** 2
        + 2 * (1 + np.sin(2 * PI * y) ** 2)
        + 8 * PI * np.sin(4 * PI * y) * (y - 1)
        + 8 * PI**2 * np.cos(4 * PI * y) * (y - 1) ** 2,
    )


def bukin6(x: Array, y: Array) -> tuple[Array, Array]:
    """The sign of q = y - 0.01 x² and 1 / √|q|; both count as 0 on the ridge q = 0, where f has no gradient."""
    q = y - 0.01 * x**2
    return np.sign(q), np.sign(q) ** 2 / np.sqrt(np.maximum(np.abs(q), 1e-200))


def bukin6_g(x: Array, y: Array) -> tuple[Array, Array]:
    sign, p = bukin6(x, y)
    return -sign * p * x + 0.01 * np.sign(x + 10), 50 * sign * p


def bukin6_h(x: Array, y: Array) -> tuple[Array, Array, Array]:
    sign, p = bukin6(x, y)
    return -sign * p - 0.01 * x**2 * p**3, 0.5 * x * p**3, -25 * p**3
