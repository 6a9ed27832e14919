"""L-BFGS as a rule: curvature stored as pairs of moves and gradient changes, with or without a line search."""

import math
from collections.abc import Callable, Generator
from typing import Any, NamedTuple, Self

import numpy as np

from core.checks import InputError
from core.optimizers.base import Array, Number, Optimizer, Shapes
from core.optimizers.options import choice, fixed, learning_rate, not_negative, of_run, whole

LossAndGradient = Callable[[Array], tuple[Any, Array]]
Search = Generator[float, tuple[float, float], float]


class LBFGS(Optimizer, label="L-BFGS", usual_rate=1.0, rates=(1.0, 1.0)):
    """x <- x + t d, d = -H g, H from the last pairs s = x' - x, y = g' - g by the two-loop recursion.

    H starts at (s·y)/(y·y) I; a pair counts if s·y > 1e-10 and that quotient is positive and finite. t = lr, and min(1,
    1/‖g‖₁) lr at first; or found from there by line_search_fn "strong_wolfe", which evaluates loss_and_gradient(params)
    -> (loss (R,), grads). It stays if max|g| <= tolerance_grad or d no longer descends by tolerance_change. Source:
    Nocedal 1980; Nocedal & Wright 2006, algorithm 7.4. As torch with max_iter=1.
    """

    lr: Number = learning_rate(1.0)
    history_size: int = whole(10, high=1000)
    tolerance_grad: Number = not_negative(1e-7)
    tolerance_change: Number = not_negative(1e-9)
    line_search_fn: str | None = choice(None, allowed=(None, "strong_wolfe"))
    max_iter = fixed(1)
    max_eval = fixed(25)
    buffers = ("s", "g_old")
    block = "stack"
    scripted = False
    batches = False

    def init(self, params: Array, shapes: Shapes | None = None) -> Self:
        super().init(params, shapes)
        P, history = params.shape[-1], self.history_size
        runs = params.size // P
        self.buffer = {name: np.zeros((runs, P), self.dtype) for name in ("s", "g_old")}
        self.buffer |= {name: np.zeros((runs, history, P), self.dtype) for name in ("S", "Y")}
        self.buffer |= {name: np.zeros(runs, np.int64) for name in ("pairs", "moves")}
        return self

    @np.errstate(over="ignore", divide="ignore", invalid="ignore")
    def step(
        self,
        params: Array,
        grads: Array,
        loss_and_gradient: LossAndGradient | None = None,
        *,
        rows: slice | None = None,
    ) -> None:
        """Update params in place; a line search needs loss_and_gradient and evaluates it, at params first."""
        searching = self.line_search_fn is not None
        if searching and loss_and_gradient is None:
            raise InputError(
                "line_search_fn is 'strong_wolfe', but step has no loss_and_gradient to search with: leave it out"
            )
        self._check_shape(params, self.runs)
        self.t += 1
        x, g = params.reshape(-1, params.shape[-1]), grads.reshape(-1, params.shape[-1])
        lengths = {}
        for r in range(len(x)):
            if np.max(np.abs(g[r]), initial=0.0) <= of_run(self.tolerance_grad, r):
                continue
            length = self._choose_direction(r, g[r])
            if length is not None:
                lengths[r] = length
        if searching and lengths:
            assert loss_and_gradient is not None
            lengths = self._search(x, g, lengths, loss_and_gradient)
        for r, length in lengths.items():
            s = self.buffer["s"][r]
            s *= length
            x[r] += s

    def _choose_direction(self, r: int, g: Array) -> float | None:
        """Store run r's last pair, put its direction in s and return the first length to try, or None to stay."""
        s, g_old, moves = self.buffer["s"][r], self.buffer["g_old"][r], self.buffer["moves"]
        if moves[r]:
            y = np.subtract(g, g_old, g_old)
            curvature = np.dot(y, s)
            if curvature > 1e-10 and 0.0 < curvature / np.dot(y, y) < np.inf:  # H stays finite and positive definite
                slot = self.buffer["pairs"][r] % self.history_size
                self.buffer["S"][r, slot], self.buffer["Y"][r, slot] = s, y
                self.buffer["pairs"][r] += 1
        self._two_loop(r, g, s)
        np.copyto(g_old, g)
        moves[r] += 1
        if not np.dot(g, s) <= -of_run(self.tolerance_change, r):
            s[...] = 0.0
            return None
        lr = of_run(self.lr, r)
        return lr if moves[r] > 1 else min(1.0, 1.0 / np.abs(g).sum().item()) * lr

    def _two_loop(self, r: int, g: Array, d: Array) -> None:
        """d <- -H g (Nocedal & Wright, algorithm 7.4)."""
        S, Y = self.buffer["S"][r], self.buffer["Y"][r]
        pairs, history = int(self.buffer["pairs"][r]), self.history_size
        slots = [i % history for i in range(max(0, pairs - history), pairs)]
        np.negative(g, d)
        alphas = []
        for i in reversed(slots):
            alpha = np.dot(S[i], d) / np.dot(S[i], Y[i])
            d -= alpha * Y[i]
            alphas.append(alpha)
        if slots:
            d *= np.dot(S[slots[-1]], Y[slots[-1]]) / np.dot(Y[slots[-1]], Y[slots[-1]])
        for i, alpha in zip(slots, reversed(alphas), strict=True):
            d += (alpha - np.dot(Y[i], d) / np.dot(S[i], Y[i])) * S[i]

    def _search(self, x: Array, g: Array, first: dict[int, float], evaluate: LossAndGradient) -> dict[int, float]:
        """Search a length for each moving run, all runs simultaneously; return the lengths found."""
        d, trial, found = self.buffer["s"], np.empty_like(x), {}
        start = np.atleast_1d(evaluate(x.reshape(self.shape))[0])
        searches = {r: strong_wolfe(float(start[r]), float(g[r] @ d[r]), length) for r, length in first.items()}
        lengths = {r: next(search) for r, search in searches.items()}
        while lengths:
            np.copyto(trial, x)
            for r, length in lengths.items():
                trial[r] += length * d[r]
            losses, grads = evaluate(trial.reshape(self.shape))
            losses, slopes = np.atleast_1d(losses), np.reshape(grads, x.shape)
            for r in list(lengths):
                try:
                    lengths[r] = searches[r].send((float(losses[r]), float(slopes[r] @ d[r])))
                except StopIteration as end:
                    found[r] = end.value
                    del lengths[r]
        return found


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

    A generator, so that the searches of a stack advance together: it yields a length, is sent (loss, slope) there, and
    returns the length to take; 0 without descent. If no number is left in the bracket, it ends with the best so far.
    Source: Nocedal & Wright 2006, algorithms 3.5 and 3.6, in one loop: `high` is None until a minimum is bracketed.
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


RULES: dict[str, type[Optimizer]] = {"lbfgs": LBFGS}
