"""Shared by all minimizers: the problem, the budget of evaluations, the path, and the reason for stopping.

x parameters (n,), f value, g gradient, H Hessian, p direction. A value costs 1, a gradient the problem's price, a
Hessian as much as n gradients; a method stops when its budget is spent, even within scipy.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from core.checks import InputError, check_array, check_number, check_whole
from core.optimizers.options import Array, HasOptions, number

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
    """Ends a search from within, including scipy's; its argument is the reason."""


@dataclass(frozen=True)
class Problem:
    """The problem: value(x) -> float and, if known, gradient(x) -> (n,), hessian(x) -> (n, n) and a box.

    lower, upper: (n,), the box for global searches; local ones ignore it. price: cost of a gradient in values.
    """

    value: Callable[[Array], Any]
    gradient: Callable[[Array], Array] | None = None
    hessian: Callable[[Array], Array] | None = None
    lower: Any = None
    upper: Any = None
    price: int = 1


@dataclass(frozen=True)
class Minimization:
    """The best point x (n,), the reason for stopping, the cost, and the path (k, n) with values and costs (k,)."""

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
    """Counts evaluations, records path and best point; raises Stop if the budget is spent or a value is not finite."""

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
        """Return f(x), or infinity if it is not finite, so that any finite point is better."""
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
        """Add x to the path; its value is free if the method did not need it."""
        f = self._look(x) if f is None else f
        self.path.append((np.array(x), f, self.spent))
        if not math.isfinite(f):
            raise Stop(Reason.NOT_FINITE)

    def arrive(self, intermediate_result: Any) -> None:
        """Add a point that scipy has reached; scipy asks for this argument by its name."""
        self.visit(intermediate_result.x, float(intermediate_result.fun))

    def report(self, reason: Reason) -> Minimization:
        path: Any = map(np.array, zip(*self.path, strict=True))
        counts = (self.counts["value"], self.counts["gradient"], self.counts["hessian"], self.spent)
        return Minimization(self.best, self.best_value, reason, *counts, *path)


class Minimizer(HasOptions):
    """MINIMIZERS[name](**options)(problem, start, budget, rng) -> Minimization.

    A method declares its options, what it `needs` from the problem, and `search(e, x, rng)`, which returns or raises
    the reason for stopping. Raises InputError for an option out of range, a missing requirement, an infinite box, and a
    start with NaN or outside the box.
    """

    tolerance: float = number(1e-8, low=0.0)  # methods stop if the gradient, or the search region, is smaller
    needs: tuple[str, ...] = ()  # any of "gradient", "hessian", "lower", "upper", "rng"
    flat_box = True  # whether a side of the box may have zero width
    label = ""  # the displayed name, if different from the key
    color: int | None = None  # its index in the charts' palette

    @np.errstate(all="ignore")  # overflow is reported as the reason
    def __call__(self, problem: Problem, start: Any, budget: int, rng: Rng | None = None) -> Minimization:
        """Search from start (n,) until convergence or until the `budget` is spent."""
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
