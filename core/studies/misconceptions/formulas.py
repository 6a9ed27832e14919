"""Backpropagation of formulas without a network, and twice of the same network: does it work, and does it repeat?"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.data import load_dataset, stream
from core.gradients import NetworkLoss
from core.gradients.estimators import Traced, backpropagation, central_differences
from core.nn import Network
from core.statistics import relative
from core.studies.contract import CAVEATS, FAILS, HOLDS, Evidence, Finding, Outcome, Quantity, Rule, all_met
from core.studies.wording import listed

AGREE = 1e-6  # relative difference up to which two gradients are the same
POINTS = 5  # at which each formula is differentiated, for each seed


def _rosenbrock(x: Any, y: Any) -> Any:
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def _population(rate: Any, start: Any) -> Any:
    """Ten years of growth where food is limited."""
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


@dataclass
class Differences:
    """Relative differences so far, by what was compared.

    formulas: one for each seed and point, from central differences. repeats: one for each seed, from the gradient
    computed first: "once more", "rows reversed", "half the rows".
    """

    formulas: dict[str, list[float]] = field(default_factory=dict)
    repeats: dict[str, list[float]] = field(default_factory=dict)


def differentiate(result: Differences, seed: int) -> None:
    """Every formula at some points: the reverse mode against central differences."""
    points = np.random.default_rng(seed).uniform(0.2, 1.5, (POINTS, 2))
    for name, formula in FORMULAS.items():
        problem = Traced(formula)
        errors = [relative(backpropagation(problem, p).grads, central_differences(problem, p).grads) for p in points]
        result.formulas.setdefault(name, []).extend(errors)


def repeat(result: Differences, seed: int) -> None:
    """The gradient of a small network: once more, with the samples in reverse order, and from half of them."""
    data = load_dataset("moons", 200, 4, seed=seed)
    network = Network([2, 8, 2], "tanh", "softmax_cross_entropy")
    params = network.initial(stream(seed, "weights"))
    half = np.random.default_rng(seed).permutation(200)[:100]
    orders: dict[str, Any] = {"once more": slice(None), "rows reversed": slice(None, None, -1), "half the rows": half}
    first = backpropagation(NetworkLoss(network, data.X_train, data.y_train), params).grads
    for name, rows in orders.items():
        other = backpropagation(NetworkLoss(network, data.X_train[rows], data.y_train[rows]), params).grads
        result.repeats.setdefault(name, []).append(relative(other, first))


def _specific(evidence: Evidence) -> Outcome:
    agree = [each.met for each in evidence.values()]
    return FAILS if all(agree) else CAVEATS if any(agree) else HOLDS


SPECIFIC = Rule(
    10,
    f"the same reverse sweep gives the gradient of formulas without any network (within {AGREE:g} of central "
    "differences): of all of them: does not hold; of some: holds with caveats; of none: holds",
    _specific,
    {
        HOLDS: "Without a network the reverse sweep gave no right gradient: it failed for {formulas}.",
        CAVEATS: "The reverse sweep gave the right gradient for some formulas without a network, but not for all of "
        "{formulas}.",
        FAILS: "The reverse sweep gave the right gradient without any network, too: for {formulas}.",
    },
    kind="identity",
)
DETERMINISTIC = Rule(
    32,
    "the gradient of the same samples, once more: not bitwise the same: does not hold; the same, and so in another "
    "order and for other samples: holds; the same only where samples and their order are: holds with caveats",
    lambda evidence: FAILS if not evidence["once more"].met else HOLDS if all_met(evidence) == HOLDS else CAVEATS,
    {
        HOLDS: "The gradient was bitwise the same once more, with the samples in reverse order and from half of them.",
        CAVEATS: "The same samples in the same order gave bitwise the same gradient. In reverse order it differed by "
        "{rows reversed} of its length, from half of the samples by {half the rows}.",
        FAILS: "Computed once more from the same samples, the gradient differed by {once more} of its length.",
    },
    kind="identity",
)


def specific(result: Differences) -> Finding:
    """Claim 10."""
    errors = [Quantity.of(name, max(each), "", "at most", AGREE) for name, each in result.formulas.items()]
    return SPECIFIC.find(*errors, formulas=listed([*result.formulas]))


def deterministic(result: Differences) -> Finding:
    """Claim 32."""
    return DETERMINISTIC.find(
        *(Quantity.of(name, max(each), "", "at most", 0) for name, each in result.repeats.items())
    )
