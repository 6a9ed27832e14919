"""What all minimizers share: the problem, one budget of evaluations, the path, and a named reason for stopping.

x parameters (n,), f value, g gradient, H Hessian, p direction. A value costs 1, a gradient the problem's price, a
Hessian as much as n gradients, of which it could be made; a method stops when its budget is spent, also in the middle
of scipy.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from core.checks import InputError, check_array, check_number, check_whole
from core.optimizers.options import Array, HasOptions

Rng = np.random.Generator


class Reason(StrEnum):
    """Why a search stopped."""

    CONVERGED = "converged"
    BUDGET = "budget spent"
    NOT_FINITE = "a value is not finite"
    SINGULAR = "the Hessian is singular"
    INDEFINITE = "the Hessian is not positive definite"
    NO_PROGRESS = "no further progress"


class Stop(Exception):
    """Ends a search from inside, scipy's too; its argument is the reason."""


@dataclass(frozen=True)
class Problem:
    """What to minimize: value(x) -> float, and where known gradient(x) -> (n,), hessian(x) -> (n, n) and a box.

    lower, upper: (n,), where global searches look; local ones ignore the box. price: of a gradient, in values.
    """

    value: Callable[[Array], Any]
    gradient: Callable[[Array], Array] | None = None
    hessian: Callable[[Array], Array] | None = None
    lower: Any = None
    upper: Any = None
    price: int = 1


@dataclass(frozen=True)
class Minimization:
    """The best point x (n,) and its value, the reason for stopping, what was spent, and the way there.

    path (k, n): the points visited, beginning with the start; path_values (k,); path_spent (k,): paid on arrival.
    """

    x: Array
    value: float
    reason: Reason
    values: int
    gradients: int
    hessians: int
    spent: int
    path: Array
    path_values: Array
    path_spent: Array


class Evaluator:
    """Counts evaluations, keeps the path and the best point, and raises Stop where the budget or finiteness ends."""

    def __init__(self, problem: Problem, start: Array, budget: int) -> None:
        self.problem, self.budget, self.spent = problem, budget, 0
        self.counts = {"value": 0, "gradient": 0, "hessian": 0}
        self.path: list[tuple[Array, float, int]] = []
        self.best, self.best_value = start, math.inf

    def _pay(self, kind: str, cost: int = 1) -> None:
        if self.spent + cost > self.budget:
            raise Stop(Reason.BUDGET)
        self.counts[kind] += 1
        self.spent += cost

    def _look(self, x: Array) -> float:
        f = float(self.problem.value(x))
        f = f if math.isfinite(f) else math.inf
        if f < self.best_value:
            self.best, self.best_value = np.array(x), f
        return f

    def value(self, x: Array) -> float:
        """Return f(x), or infinity where it is not finite: any finite point is better."""
        self._pay("value")
        return self._look(x)

    def gradient(self, x: Array) -> Array:
        assert self.problem.gradient is not None
        self._pay("gradient", self.problem.price)
        return self.finite(self.problem.gradient(x))

    def hessian(self, x: Array) -> Array:
        assert self.problem.hessian is not None
        self._pay("hessian", self.problem.price * len(x))
        return self.finite(self.problem.hessian(x))

    @staticmethod
    def finite(array: Array) -> Array:
        if not np.isfinite(array).all():
            raise Stop(Reason.NOT_FINITE)
        return array

    def visit(self, x: Array, f: float | None = None) -> None:
        """Add x to the path; its value, where the method did not need it, is free of charge."""
        f = self._look(x) if f is None else f
        self.path.append((np.array(x), f, self.spent))
        if not math.isfinite(f):
            raise Stop(Reason.NOT_FINITE)

    def report(self, reason: Reason) -> Minimization:
        points, values, spent = map(np.array, zip(*self.path, strict=True))
        counts = (self.counts["value"], self.counts["gradient"], self.counts["hessian"], self.spent)
        return Minimization(self.best, self.best_value, reason, *counts, points, values, spent)


class Minimizer(HasOptions):
    """MINIMIZERS[name](**options)(problem, start, budget, rng) -> Minimization.

    A method declares its options (see `core.optimizers.options`), what it `needs` of the problem, and
    `search(e, x, rng)`, which returns the reason for stopping or raises it. Raises InputError for an option out of
    range, for something needed that is missing, for a box without end, and for a start with NaN or outside the box.
    """

    tolerance: float  # of the methods that stop where the gradient, or what is left to search, is smaller
    needs: tuple[str, ...] = ()  # of "gradient", "hessian", "lower", "upper", "rng"
    flat_box = True  # whether the box may have no width somewhere
    label = ""  # the word it is shown with, where that is not its name
    color: int | None = None  # its place in the palette of the charts

    @np.errstate(all="ignore")  # what overflows is reported as the reason
    def __call__(self, problem: Problem, start: Any, budget: int, rng: Rng | None = None) -> Minimization:
        """Search from start (n,) until converged, or until evaluations worth `budget` are made."""
        x = check_array("start", start, 1).copy()
        for name in self.needs:
            if (rng if name == "rng" else getattr(problem, name)) is None:
                raise InputError(f"{name} is None, but {type(self).__name__} needs it")
        if "lower" in self.needs:
            if not np.all((np.asarray(problem.lower) <= x) & (x <= np.asarray(problem.upper))):
                raise InputError(f"start is {x.tolist()}, but must lie in the box from lower to upper")
            check_number("upper - lower", np.subtract(problem.upper, problem.lower), 0, open_low=not self.flat_box)
        e = Evaluator(problem, x.copy(), check_whole("budget", budget, 1))
        try:
            e.visit(x)
            reason = self.search(e, x, rng)
        except Stop as stop:
            (reason,) = stop.args
        except np.linalg.LinAlgError:
            reason = Reason.SINGULAR
        return e.report(reason)

    def search(self, e: Evaluator, x: Array, rng: Any) -> Reason:
        raise NotImplementedError

    def flat(self, g: Array) -> bool:
        """Whether the largest component of the gradient is within the tolerance."""
        return bool(np.abs(g).max() <= self.tolerance)
