"""What is in a gradient? One example walked through by hand, every derivative checked, and the price of them all."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd

from core.data import load_dataset, stream
from core.gradients import GRADIENTS, NetworkLoss
from core.gradients.estimators import Gradient, Traced, backpropagation, central_differences, forward_differences
from core.minimizers import LANDSCAPES
from core.nn import ACTIVATIONS, Network
from core.optimizers import OPTIMIZERS
from core.settings import choice, number
from core.studies.chain_rule.walkthrough import Walkthrough, called, is_one
from core.studies.race import Repeated

SIZES = ("2-1", "2-2-1", "2-3-1", "2-4-1", "2-2-2-1", "2-3-2-1", "2-4-3-1")
SAMPLES = 100  # behind the gradients that are checked
STEPS = 10.0 ** -np.arange(1, 13.5, 0.5)  # of the differences
WIDTHS = (2, 4, 8, 16, 24)  # of the two hidden layers of the networks whose gradients are timed
SOURCES = ("backpropagation", "forward_mode", "central_differences")
FORWARD = "a forward pass"
TIMINGS = 25  # of each, of which the median counts
POINTS = 20  # on Rosenbrock's function for each seed
DESCENT, PIECES = 400, 20  # steps on it, and in how many pieces


class Settings(Repeated):
    """The network, the example, and which operation to look at."""

    sizes: str = choice("2-2-1", SIZES, "Network", "Units of each layer, from the inputs to the output.")
    activation: str = choice("tanh", ACTIVATIONS, "Activation", "Of every hidden unit.")
    loss: str = choice(
        "mean_squared_error", ["mean_squared_error", "binary_cross_entropy"], "Loss", "How wrong the output is."
    )
    dataset: str = choice("xor", ["xor", "moons", "circles", "spirals"], "Data", "Where the example is from.")
    example: int = number(1, 1, SAMPLES, "Example", "Which sample goes through the network.")
    lr: float = number(0.5, 1e-3, 10, "Learning rate", "Size of the one update.", log=True)
    operation: int = number(0, 0, 40, "Operation", "Which one to look at; 0: the one the run has come to.")


@dataclass
class Price:
    """Of gradients of one network: parameters, seconds of a forward pass, and of each source's gradient."""

    parameters: int
    forward: list[float] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=lambda: {source: [] for source in SOURCES})
    counted: dict[str, int] = field(default_factory=dict)  # evaluations of the network and sweeps back

    def counts(self, source: str, found: Gradient) -> None:
        """Note what a gradient took."""
        self.counted[source] = found.evaluations + found.backward

    @property
    def complete(self) -> bool:
        """Whether everything has been timed."""
        return bool(self.forward) and all(self.seconds.values())

    def ratio(self, source: str) -> float:
        """Time of a gradient in forward passes, by medians."""
        return float(np.median(self.seconds[source]) / np.median(self.forward))


@dataclass
class Result:
    """How far the walkthrough is, and all checks so far."""

    settings: Settings
    walks: list[Walkthrough]  # one a seed; the first one is drawn
    done: int = 0  # operations
    phase: str = "forward"
    progress: float = 0.0
    exact: dict[int, np.ndarray] = field(default_factory=dict)  # seed's place: gradient (P,) on all samples
    errors: dict[int, np.ndarray] = field(default_factory=dict)  # (P,), relative to the largest entry
    by_step: dict[str, dict[tuple[int, int], float]] = field(default_factory=lambda: {"central": {}, "forward": {}})
    repeated: dict[int, tuple[float, float]] = field(default_factory=dict)  # again, and in reverse order: difference
    prices: dict[int, Price] = field(default_factory=dict)  # by width
    surface: dict[int, np.ndarray] = field(default_factory=dict)  # relative errors (POINTS,) of the tape
    descent: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))
    steps: np.ndarray = field(default_factory=lambda: STEPS)
    is_bias: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=bool))

    @property
    def walk(self) -> Walkthrough:
        return self.walks[0]

    @property
    def shown(self) -> int:
        """The number of operations to show, from 0: the one chosen, or as many as are done."""
        return min(self.settings.operation or self.done, len(self.walk.operations))

    def step_errors(self, kind: str) -> np.ndarray:
        """Errors by step of the differences (len(STEPS), seeds), NaN where not measured yet."""
        values = np.full((len(STEPS), self.settings.seeds), np.nan)
        for (place, seed), error in self.by_step[kind].items():
            values[place, seed] = error
        return values


def network_of(settings: Settings) -> Network:
    """The small network."""
    return Network([int(n) for n in settings.sizes.split("-")], settings.activation, settings.loss)


def first_params(network: Network, seed: int) -> np.ndarray:
    """Weights drawn as Xavier does, biases drawn too, so that no number of the example is a 0."""
    rng = np.random.default_rng(seed)
    params = network.initial(rng, "xavier")
    for _, b in network.unpack(params):
        b[:] = rng.uniform(-0.5, 0.5, b.size)
    return params


def run(settings: Settings) -> Iterator[Result]:
    """One operation after another; in between, the checks and timings, evenly spread, so that one can watch."""
    network = network_of(settings)
    seeds = range(settings.seed, settings.seed + settings.seeds)
    data = [load_dataset(settings.dataset, SAMPLES, 4, seed=seed) for seed in seeds]
    params = [first_params(network, seed) for seed in seeds]
    row = settings.example - 1
    walks = [
        Walkthrough(network, w, each.X_train[row], each.y_train[row], settings.lr)
        for w, each in zip(params, data, strict=True)
    ]
    result = Result(settings, walks)
    result.is_bias = np.array([is_one(source) for source, _ in result.walk.w])
    yield result
    problems = [NetworkLoss(network, each.X_train, each.y_train) for each in data]
    backwards = [NetworkLoss(network, each.X_train[::-1], each.y_train[::-1]) for each in data]
    tasks = _tasks(result, problems, backwards, params)
    operations = result.walk.operations
    for place, operation in enumerate(operations):
        result.done, result.phase = place + 1, operation.phase
        result.progress = 0.99 * (place + 1) / len(operations)
        yield result
        for task in tasks[len(tasks) * place // len(operations) : len(tasks) * (place + 1) // len(operations)]:
            task()
            yield result
    result.progress = 1.0
    yield result


def _tasks(
    result: Result, problems: list[NetworkLoss], backwards: list[NetworkLoss], params: list[np.ndarray]
) -> list[Callable[[], object]]:
    """All checks and timings as small pieces of work, those of each kind evenly spread over the whole."""
    seeds, descent = range(len(problems)), _descent(result)
    steps, timed = range(len(STEPS)), [(width, source) for width in WIDTHS for source in (FORWARD, *SOURCES)]
    kinds: list[list[Callable[[], object]]] = [
        [partial(_check, result, k, problems[k], backwards[k], params[k]) for k in seeds],
        [partial(_by_step, result, k, i, problems[k], params[k]) for k in seeds for i in steps],
        [partial(_price, result, *each) for _ in range(TIMINGS) for each in timed],
        [partial(_on_the_surface, result, k) for k in seeds],
        [partial(next, descent)] * PIECES,
    ]
    placed = [((i + 0.5) / len(kind), task) for kind in kinds for i, task in enumerate(kind)]
    return [task for _, task in sorted(placed, key=lambda pair: pair[0])]


def _check(result: Result, k: int, problem: NetworkLoss, reversed_: NetworkLoss, params: np.ndarray) -> None:
    """Every derivative against a central difference; again, and with the samples in reverse order."""
    exact, largest = backpropagation(problem, params).grads, 1e-300
    largest = max(float(np.abs(exact).max()), largest)
    result.exact[k] = exact
    result.errors[k] = np.abs(exact - central_differences(problem, params).grads) / largest
    again, turned = backpropagation(problem, params).grads, backpropagation(reversed_, params).grads
    result.repeated[k] = (
        float(np.abs(again - exact).max() / largest),
        float(np.abs(turned - exact).max() / largest),
    )


def _by_step(result: Result, k: int, place: int, problem: NetworkLoss, params: np.ndarray) -> None:
    exact = backpropagation(problem, params).grads
    for kind, estimate in (("central", central_differences), ("forward", forward_differences)):
        error = np.abs(estimate(problem, params, step=float(STEPS[place])).grads - exact).max()
        result.by_step[kind][place, k] = float(error / max(float(np.abs(exact).max()), 1e-300))


def _price(result: Result, width: int, source: str) -> None:
    """Time one source's gradient of a network 2-width-width-1 once more, or a forward pass."""
    network = Network([2, width, width, 1], "tanh", "mean_squared_error")
    price = result.prices.setdefault(width, Price(network.parameters))
    data, params = load_dataset("moons", 32, 4, seed=0), first_params(network, 0)
    problem = NetworkLoss(network, data.X_train, data.y_train)
    if source == FORWARD:
        price.forward.append(_timed(lambda: problem.value(params), 10))
        return
    times = 10 if source == SOURCES[0] else 1
    price.seconds[source].append(_timed(lambda: price.counts(source, GRADIENTS[source](problem, params)), times))


def _timed(work: Callable[[], object], times: int) -> float:
    """Seconds of one of `times` calls."""
    started = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - started) / times


ROSENBROCK = LANDSCAPES["rosenbrock"]


def _on_the_surface(result: Result, k: int) -> None:
    """The tape's reverse sweep over Rosenbrock's formula, against differences, at random points."""
    rng = stream(result.settings.seed + k, 1)
    formula, errors = Traced(ROSENBROCK.f), []
    for x in rng.uniform(-2, 2, (POINTS, 2)):
        g = backpropagation(formula, x).grads
        errors.append(np.abs(g - central_differences(formula, x).grads).max() / max(1.0, np.abs(g).max()))
    result.surface[k] = np.array(errors)


def _descent(result: Result) -> Iterator[None]:
    """Momentum down Rosenbrock's valley by the tape's gradients, in PIECES."""
    formula, x = Traced(ROSENBROCK.f), np.array(ROSENBROCK.start, dtype=float)
    rule = OPTIMIZERS["momentum"](lr=1e-3)
    rule.init(x)
    path = [x.copy()]
    for step in range(DESCENT):
        rule.step(x, backpropagation(formula, x).grads)
        path.append(x.copy())
        if (step + 1) % (DESCENT // PIECES) == 0:
            result.descent = np.array(path)
            yield


def table(result: Result) -> pd.DataFrame:
    """One row a connection of the first seed: every number of the walkthrough, and the central difference."""
    walk = result.walk
    network = walk.network
    x = np.array([[walk.a[unit] for unit in walk.units[0]]])
    numeric = central_differences(NetworkLoss(network, x, np.array([walk.t])), np.array(list(walk.w.values()))).grads
    rows = []
    for (edge, w), slope in zip(walk.w.items(), numeric, strict=True):
        rows.append(
            {
                "connection": called(edge),
                "w": w,
                "a": walk.a[edge[0]],
                "δ": walk.delta[edge[1]],
                "dL/dw = δ·a": walk.grads[edge],
                "by central differences": float(slope),
                "new w": w - walk.lr * walk.grads[edge],
            }
        )
    return pd.DataFrame(rows)


def curves(result: Result) -> pd.DataFrame:
    """The error of both kinds of differences by step and seed."""
    tables = []
    for kind in ("central", "forward"):
        errors = result.step_errors(kind)
        for k in range(result.settings.seeds):
            seed = result.settings.seed + k
            tables.append(
                pd.DataFrame({"differences": kind, "seed": seed, "step": STEPS, "relative_error": errors[:, k]})
            )
    return pd.concat(tables, ignore_index=True)
