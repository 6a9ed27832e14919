"""Backpropagation through formulas without a network: is the gradient correct?"""

from collections.abc import Callable
from typing import Any

import numpy as np

from core.gradients.estimators import Traced, backpropagation, central_differences
from core.statistics import relative
from core.studies.contract import CAVEATS, FAILS, HOLDS, Finding, Quantity, Rule, some_met
from core.studies.wording import listed

AGREE = 1e-6  # relative difference up to which two gradients count as equal
POINTS = 5  # points per seed at which each formula is differentiated


def _rosenbrock(x: Any, y: Any) -> Any:
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def _population(rate: Any, start: Any) -> Any:
    """Ten years of growth with limited food."""
    for _ in range(10):
        start = start + 0.3 * rate * start * (1 - start)
    return start


def _pendulum(angle: Any, speed: Any) -> Any:
    """Energy after twenty steps of a pendulum."""
    for _ in range(20):
        speed = speed - 0.1 * np.sin(angle)
        angle = angle + 0.1 * speed
    return speed**2 / 2 - np.cos(angle)


FORMULAS: dict[str, Callable[..., Any]] = {
    "Rosenbrock's valley": _rosenbrock,
    "a growing population": _population,
    "a pendulum": _pendulum,
}


def differentiate(errors: dict[str, list[float]], seed: int) -> None:
    """Add the relative differences between reverse mode and central differences for every formula at some points."""
    points = np.random.default_rng(seed).uniform(0.2, 1.5, (POINTS, 2))
    for name, formula in FORMULAS.items():
        problem = Traced(formula)
        found = [relative(backpropagation(problem, p).grads, central_differences(problem, p).grads) for p in points]
        errors.setdefault(name, []).extend(found)


SPECIFIC = Rule(
    10,
    f"the same reverse pass gives the gradient of formulas without a network (within {AGREE:g} of central "
    "differences): for all of them: does not hold; for some: holds with caveats; for none: holds",
    lambda evidence: {HOLDS: FAILS, CAVEATS: CAVEATS, FAILS: HOLDS}[some_met(evidence)],
    {
        HOLDS: "Without a network the reverse pass gave no correct gradient: it failed for {formulas}.",
        CAVEATS: "The reverse pass gave the correct gradient for some formulas without a network, but not for all of "
        "{formulas}.",
        FAILS: "The reverse pass also gave the correct gradient without a network: for {formulas}.",
    },
    kind="identity",
)


def specific(errors: dict[str, list[float]]) -> Finding:
    """Claim 10, from the relative differences of each formula."""
    found = [Quantity.of(name, max(each), "", "at most", AGREE) for name, each in errors.items()]
    return SPECIFIC.find(*found, formulas=listed([*errors]))
