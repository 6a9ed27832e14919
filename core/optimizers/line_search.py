"""Line search: step lengths that satisfy the strong Wolfe conditions."""

import math
from collections.abc import Generator
from typing import NamedTuple

Search = Generator[float, tuple[float, float], float]


class Point(NamedTuple):
    """A point of a line search: step length, loss there, slope along the direction."""

    t: float
    f: float
    slope: float


def cubic_minimum(a: Point, b: Point) -> float:
    """The minimum of the cubic through two points and their slopes; NaN if it has none (Nocedal & Wright 3.59)."""
    if a.t == b.t:
        return math.nan
    d1 = a.slope + b.slope - 3.0 * (a.f - b.f) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if not 0.0 <= square < math.inf:
        return math.nan
    d2 = math.copysign(math.sqrt(square), b.t - a.t)
    bottom = b.slope - a.slope + 2.0 * d2
    if bottom:
        return b.t - (b.t - a.t) * (b.slope + d2 - d1) / bottom
    total = a.slope + b.slope
    if d2 and d1 * total > 0.0:  # the other form avoids 0/0; if the signs differ it is a maximum
        return a.t + (b.t - a.t) * (a.slope + d1 + d2) / (total + 2.0 * d1)
    return math.nan


def strong_wolfe(f0: float, slope0: float, t: float, c1: float = 1e-4, c2: float = 0.9, trials: int = 25) -> Search:
    """Look for t with f <= f0 + c1 t slope0 and |slope| <= c2 |slope0|.

    A generator: it yields a length to try, is sent (loss, slope) there, and returns the length to take; 0 without
    descent. This way the searches of a stack advance together, one evaluation of the stack at a time. If no
    floating-point number is left in the bracket, it ends with the best length so far. Source: Nocedal & Wright 2006,
    algorithms 3.5 and 3.6, in one loop: `high` is None until a minimum is bracketed.
    """
    low, high = Point(0.0, f0, slope0), None
    for _ in range(trials):
        f, slope = yield t
        last, new = low, Point(t, f, slope)
        if not f <= f0 + c1 * t * slope0 or (f >= low.f and low.t > 0.0):  # NaN counts as a step that is too long
            high = new
        elif abs(slope) <= -c2 * slope0:
            return t
        else:
            if slope * ((math.inf if high is None else high.t) - low.t) >= 0.0:
                high = low
            low = new
        if high is None:
            near, far = low.t, math.inf
            t, left, right = cubic_minimum(last, low), 1.01 * low.t - 0.01 * last.t, 10.0 * low.t
        else:
            near, far = min(low.t, high.t), max(low.t, high.t)
            margin = 0.1 * (far - near)
            t, left, right = cubic_minimum(low, high), near + margin, far - margin
        t = min(max(t, left), right) if math.isfinite(t) else (left + right) / 2.0
        if not near < t < far:
            break
    return low.t
