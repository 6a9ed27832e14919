"""The reverse mode away from networks, and twice on the same network: where it works, and how exactly it repeats."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.data import load_dataset, stream
from core.gradients import NetworkLoss
from core.gradients.estimators import Traced, backpropagation, central_differences
from core.nn import Network
from core.statistics import relative
from core.studies.race import Outcome, Verdict, by_share

AGREE = 1e-6  # relative difference up to which two gradients are the same
POINTS = 5  # at which each formula is differentiated, for each seed


def _rosenbrock(x: Any, y: Any) -> Any:
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def _population(rate: Any, start: Any) -> Any:
    """Ten years of growth in a place that feeds so many."""
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
class Anywhere:
    """Relative differences so far: of formulas (seeds, points) from central differences, of gradients from a repeat."""

    formulas: dict[str, list[float]] = field(default_factory=dict)
    repeats: dict[str, list[float]] = field(
        default_factory=dict
    )  # one a seed: "again", "rows reversed", "half the rows"


def differentiate(result: Anywhere, seed: int) -> None:
    """Every formula at some points: the reverse mode against central differences."""
    points = np.random.default_rng(seed).uniform(0.2, 1.5, (POINTS, 2))
    for name, formula in FORMULAS.items():
        problem = Traced(formula)
        errors = [relative(backpropagation(problem, p).grads, central_differences(problem, p).grads) for p in points]
        result.formulas.setdefault(name, []).extend(errors)


def repeat(result: Anywhere, seed: int) -> None:
    """The gradient of a small network: once more, with the samples in reverse order, and from half of them."""
    data = load_dataset("moons", 200, 4, seed=seed)
    network = Network([2, 8, 2], "tanh", "softmax_cross_entropy")
    params = network.initial(stream(seed, "weights"))
    half = np.random.default_rng(seed).permutation(200)[:100]
    orders: dict[str, Any] = {"again": slice(None), "rows reversed": slice(None, None, -1), "half the rows": half}
    first = backpropagation(NetworkLoss(network, data.X_train, data.y_train), params).grads
    for name, rows in orders.items():
        other = backpropagation(NetworkLoss(network, data.X_train[rows], data.y_train[rows]), params).grads
        result.repeats.setdefault(name, []).append(relative(other, first))


def specific(result: Anywhere) -> Verdict:
    """Claim 10."""
    worst = {name: max(errors) for name, errors in result.formulas.items()}
    return Verdict(
        10,
        "backpropagation is specific to neural networks",
        f"the same reverse sweep gives the gradient of formulas without any network (within {AGREE:g} of central "
        "differences): of all of them: does not hold; of some: holds with caveats; of none: holds",
        by_share([not error <= AGREE for error in worst.values()]),
        "Largest relative difference: "
        + "; ".join(f"{name} {error:.1e} at {len(result.formulas[name])} points" for name, error in worst.items())
        + ".",
        "Goodfellow, Bengio & Courville 2016, section 6.5; Griewank & Walther 2008",
    )


def deterministic(result: Anywhere) -> Verdict:
    """Claim 32."""
    again, reverse, half = (max(result.repeats[name]) for name in ("again", "rows reversed", "half the rows"))
    outcome: Outcome = "holds with caveats" if reverse > 0 or half > 0 else "holds"
    return Verdict(
        32,
        "backpropagation is deterministic and can converge",
        "the gradient of the same samples, once more: not bitwise the same: does not hold; the same, and so in another "
        "order and for other samples: holds; the same only where samples and their order are: holds with caveats",
        outcome if again == 0 else "does not hold",
        f"Relative difference, at most over {len(result.repeats['again'])} seeds: once more {again:g}; samples in "
        f"reverse order {reverse:.1e}; half of the samples, as a mini-batch takes them, {half:.2f}. It is the training "
        "that may converge: a gradient alone goes nowhere.",
        "our own measurement; Goldberg 1991, on the order of summation",
    )
