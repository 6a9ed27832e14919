"""Workloads to be timed: a gradient of any size, and one step of four methods, with the numbers they keep."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from core.gradients import NetworkLoss
from core.gradients.estimators import AT_ONCE, central_differences
from core.nn import Network
from core.nn.network import Pass
from core.optimizers import OPTIMIZERS

HISTORY = 10  # pairs kept by L-BFGS
STEP_SAMPLES, STEP_FEATURES = 64, 10  # sizes of the small network for the methods' steps


@dataclass(frozen=True)
class Shape:
    """The sizes that determine the cost of a gradient."""

    samples: int
    features: int
    width: int
    depth: int
    batch_size: int
    outputs: int
    activation: str
    loss: str

    def network(self) -> Network:
        return Network([self.features, *[self.width] * self.depth, self.outputs], self.activation, self.loss)

    def multiplications(self) -> int:
        """Multiplications of one gradient: per layer one product forward and two back, but one back for the first."""
        layers = [n_in * n_out for n_in, n_out in pairwise(self.network().sizes)]
        return self.samples * (3 * sum(layers) - layers[0])


@dataclass(frozen=True)
class Work:
    """Work to be timed and the numbers (of 8 bytes) it keeps; calling it computes one gradient or step."""

    call: Callable[[], Any]
    numbers: int
    forward: Callable[[], Any] = lambda: None


def gradient(shape: Shape, rng: np.random.Generator) -> Work:
    """The gradient over all samples, batch by batch, on random numbers, whose values do not affect the time."""
    network, size = shape.network(), min(shape.batch_size, shape.samples)
    work = Pass(network, network.initial(rng, "kaiming")[None], size)
    x = np.ones((1, shape.features + 1, size))
    x[:, :-1] = rng.standard_normal((1, shape.features, size))
    labels = np.arange(size) % shape.outputs
    t = np.eye(shape.outputs)[labels].T[None] if shape.outputs > 1 else x[:, :1].copy()
    batches = range(-(-shape.samples // size))
    total = np.zeros_like(work.params)

    def forward() -> None:
        for _ in batches:
            work.forward(x)

    def both() -> None:
        for _ in batches:
            work.forward(x)
            np.add(total, work.backward(t), out=total)

    both()
    return Work(both, kept(work.buffers()) + total.size, forward)


def kept(values: Iterable[Any]) -> int:
    """Count the numbers in all arrays among the values, including lists and dicts, each array once."""
    roots: dict[int, int] = {}
    for value in values:
        for array in value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]:
            if isinstance(array, np.ndarray):
                while isinstance(array.base, np.ndarray):
                    array = array.base
                roots[id(array)] = array.size
    return sum(roots.values())


def method(name: str, width: int, rng: np.random.Generator) -> tuple[int, Work]:
    """Parameters of a small network of this width, and one step of the method on it."""
    network = Network([STEP_FEATURES, width, 2], "tanh", "softmax_cross_entropy")
    X, y = rng.standard_normal((STEP_SAMPLES, STEP_FEATURES)), np.arange(STEP_SAMPLES) % 2
    problem, params = NetworkLoss(network, X, y), network.initial(rng)
    return len(params), METHODS[name](problem, params, rng)


def _first_order(problem: NetworkLoss, params: np.ndarray, rule: Any) -> Work:
    work = Pass(problem.network, params[None], problem.x.shape[-1])
    moving = params.copy()

    def step() -> None:
        work.forward(problem.x)
        rule.step(moving, work.backward(problem.t)[0])

    step()
    return Work(step, kept(work.buffers()) + kept([moving, *rule.buffer.values()]))


def _lbfgs(problem: NetworkLoss, params: np.ndarray, rng: np.random.Generator) -> Work:
    """L-BFGS with a full memory, filled on a quadratic bowl."""
    rule = OPTIMIZERS["lbfgs"](lr=0.3, history_size=HISTORY).init(params)
    x, curvature = params.copy(), rng.uniform(0.5, 2, len(params))
    for _ in range(HISTORY + 2):
        rule.step(x, curvature * x)
    return _first_order(problem, params, rule)


def _central_differences(problem: NetworkLoss, params: np.ndarray, rng: np.random.Generator) -> Work:
    """Central differences: two losses per parameter, AT_ONCE of them in one stack."""
    together = min(AT_ONCE, len(params))
    stack = Pass(problem.network, np.tile(params, (together, 1)), problem.x.shape[-1])
    stack.forward(problem.x)
    return Work(lambda: params - 1e-3 * central_differences(problem, params).grads, kept(stack.buffers()))


def _newton(problem: NetworkLoss, params: np.ndarray, rng: np.random.Generator) -> Work:
    """Newton: a Hessian from one gradient per parameter, slightly damped, and the solution of its equations."""
    h, P = 1e-6, len(params)
    work = Pass(problem.network, params + h * np.eye(P), problem.x.shape[-1])

    def step() -> np.ndarray:
        g = problem.gradient(params)
        work.forward(problem.x)
        hessian = (work.backward(problem.t) - g) / h
        hessian += hessian.T
        return params - np.linalg.solve(hessian / 2 + np.eye(P), g)

    step()
    return Work(step, kept(work.buffers()) + 2 * P * P)


METHODS: dict[str, Callable[[NetworkLoss, np.ndarray, np.random.Generator], Work]] = {
    "gradient_descent": lambda problem, params, _: _first_order(
        problem, params, OPTIMIZERS["sgd"](lr=1e-3).init(params)
    ),
    "lbfgs": _lbfgs,
    "central_differences": _central_differences,
    "newton": _newton,
}
