"""What does a gradient cost? Its time and memory as samples, features, width, depth and batch size grow."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from core.data import DATASETS, load_dataset
from core.data.wording import counted
from core.gradients import NetworkLoss
from core.gradients.estimators import AT_ONCE, central_differences
from core.nn import ACTIVATIONS, Network
from core.nn.network import Pass
from core.optimizers import OPTIMIZERS
from core.settings import choice, number
from core.statistics import Difference, interval, log_slope, paired
from core.studies.contract import Quantity, Told
from core.studies.race import Growing, Repeated
from core.studies.rules import Rules
from core.studies.timing import CHEAP, seconds_of
from core.studies.wording import listed
from core.studies.wording import number as written
from core.training.settings import AUTO_LOSS

GROWING = ("samples", "features", "width", "depth", "batch_size")
DOUBLINGS = 4  # repetitions for each quantity
FITTED = 3  # largest sizes of a sweep, used to fit its exponent: at small sizes the cost of calls dominates
METHOD_WIDTHS = (3, 6, 12, 24)
# exponents of time and memory in the limit, as one quantity grows and the others stay
THEORY = {"samples": (1, 0), "features": (1, 1), "width": (2, 2), "depth": (1, 1), "batch_size": (1, 1)}
METHOD_THEORY = {"gradient_descent": (1, 1), "lbfgs": (1, 1), "central_differences": (2, 1), "newton": (3, 2)}

SLACK = 0.25  # allowed excess of a measured exponent over the counted one
LEVEL = 0.1  # largest exponent at which memory counts as not growing
DOUBLE = (1.8, 2.2)  # factors that count as about double
MORE = 0.5  # least additional power of the parameters for a step without backpropagation
LINEAR = 1 + SLACK
HISTORY = 10  # pairs kept by L-BFGS
STEP_SAMPLES, STEP_FEATURES = 64, 10  # sizes of the small network for the methods' steps
RULES = Rules(__name__)
findings = RULES.findings


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
    "gradient_descent": lambda problem, x, _: _first_order(problem, x, OPTIMIZERS["sgd"](lr=1e-3).init(x)),
    "lbfgs": _lbfgs,
    "central_differences": _central_differences,
    "newton": _newton,
}


class Settings(Repeated):
    """The starting network of every sweep."""

    dataset: str = choice("digits", DATASETS, "Data", "Sets the initial number of features and classes.")
    batch_size: int = number(64, 8, 128, "Batch size", "Initial batch size and number of samples of the sweeps.")
    width: int = number(24, 4, 32, "Units per layer", "Initial width; the sweep over width starts here.", work=1)
    depth: int = number(2, 1, 4, "Hidden layers", "Initial depth; the sweep over depth starts here.", work=1)
    activation: str = choice("relu", ACTIVATIONS, "Activation", "Used by every hidden unit.")


@dataclass
class Sweep:
    """A sweep over one quantity: values (V,), seconds of gradient and forward pass (reps, V), numbers kept (V,)."""

    values: np.ndarray
    gradient: np.ndarray
    forward: np.ndarray
    numbers: np.ndarray
    counted: np.ndarray  # multiplications, if counted


@dataclass
class Result(Growing):
    """The state of the study, ready to be drawn at any time; NaN if not measured yet."""

    phase: str = "building networks"
    sweeps: dict[str, Sweep] = field(default_factory=dict)
    methods: dict[str, Sweep] = field(default_factory=dict)  # over the number of parameters, without forward passes

    def measured(self) -> bool:
        """Whether every sweep has been timed at least once."""
        return bool(self.sweeps) and all(np.isfinite(sweep.gradient[0]).all() for sweep in self.sweeps.values())

    @RULES.rule("depth")
    def _depth(self) -> Told:
        sweep = self.sweeps["depth"]
        yield Quantity.of("exponent of time", fit(sweep), "", "at most", LINEAR)
        yield Quantity.of("exponent of memory", float(exponents(sweep.values, sweep.numbers)), "", "at most", LEVEL)
        for place in (0, -1):
            layers, time = counted(int(sweep.values[place]), "layer"), 1e3 * np.median(sweep.gradient[:, place])
            yield Quantity.of(f"time with {layers}", time, "ms")
            yield Quantity.of(f"memory with {layers}", sweep.numbers[place] * 8 / 1024, "KiB")

    @RULES.rule("cheap")
    def _cheap(self) -> Told:
        ratios = [
            Quantity.of(name.replace("_", " "), ratio(sweep), "times", "at most", CHEAP)
            for name, sweep in self.sweeps.items()
        ]
        yield from ratios
        yield {"costliest": f"{max(ratios, key=lambda each: each.value)}"}

    @RULES.rule("as_counted")
    def _as_counted(self) -> Told:
        fitted, limits = [], []
        for name, sweep in self.sweeps.items():
            called, limit = name.replace("_", " "), float(exponents(sweep.values, sweep.counted))
            fitted.append(Quantity.of(called, fit(sweep), "", "at most", limit + SLACK))
            limits.append(Quantity.of(f"{called} counted", limit))
        yield from fitted
        yield from limits
        yield {"quantities": listed([each.name for each in fitted])}
        yield {"faster": listed([each.name for each in fitted if each.missed])}
        yield {"open": listed([each.name for each in fitted if not each.met])}

    @RULES.rule("without")
    def _without(self) -> Told:
        differences, backprop = (self.methods[name] for name in ("central_differences", "gradient_descent"))
        more = paired(*(exponents(each.values, each.gradient) for each in (differences, backprop)))
        yield Quantity.of("further power", more, "", "above", MORE)
        yield Quantity.of("time of a step", interval((differences.gradient / backprop.gradient)[:, -1]), "times")
        yield {"parameters": str(int(differences.values[-1]))}

    @RULES.rule("doubled")
    def _doubled(self) -> Told:
        sweep = self.sweeps["depth"]
        factor = interval(2 ** exponents(sweep.values, sweep.gradient))
        yield Quantity.of("factor of time", factor, "times", "between", DOUBLE)


def run(settings: Settings) -> Iterator[Result]:
    """Build everything, then time it repeatedly, each time in a different order."""
    result = Result(settings)
    yield result
    rng = np.random.default_rng(settings.seed)
    works: list[tuple[Sweep, int, Work]] = []
    data, size = load_dataset(settings.dataset), settings.batch_size
    network = (settings.width, settings.depth, size, data.outputs, settings.activation, AUTO_LOSS[data.task])
    base = Shape(size, data.features, *network)
    yield result
    for name in GROWING:
        values = getattr(base, name) * 2 ** np.arange(DOUBLINGS + 1)
        sweep = result.sweeps[name] = _empty(settings.seeds, values)
        for place, value in enumerate(values):
            grown: dict[str, Any] = {name: int(value)} | ({"samples": int(value)} if name == "batch_size" else {})
            shape = replace(base, **grown)
            works.append((sweep, place, work := gradient(shape, rng)))
            sweep.numbers[place], sweep.counted[place] = work.numbers, shape.multiplications()
            yield result
    for name in METHODS:
        sweep = result.methods[name] = _empty(settings.seeds, np.array(METHOD_WIDTHS))
        for place, width in enumerate(METHOD_WIDTHS):
            sweep.values[place], work = method(name, width, rng)
            sweep.numbers[place] = work.numbers
            works.append((sweep, place, work))
            yield result
    result.phase = "timing"
    for repetition in range(settings.seeds):
        for done, chosen in enumerate(rng.permutation(len(works))):
            sweep, place, work = works[chosen]
            sweep.gradient[repetition, place] = seconds_of(work.call)
            yield result
            sweep.forward[repetition, place] = seconds_of(work.forward)
            result.progress = 0.1 + 0.89 * (repetition + (done + 1) / len(works)) / settings.seeds
            yield result
    yield result.complete()


def _empty(repetitions: int, values: np.ndarray) -> Sweep:
    nothing = np.full((repetitions, len(values)), np.nan)
    return Sweep(values, nothing, nothing.copy(), *np.full((2, len(values)), np.nan))


def exponents(values: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """Slope of log measurement over log value at the largest FITTED sizes; measured (..., V), result (...)."""
    return log_slope(values[-FITTED:], measured[..., -FITTED:])


def fit(sweep: Sweep) -> Difference:
    """The exponent of time with its interval over the repetitions so far."""
    return interval(exponents(sweep.values, sweep.gradient))


def ratio(sweep: Sweep) -> Difference:
    """Time of a gradient divided by its forward pass at the largest size, with interval over repetitions."""
    return interval((sweep.gradient / sweep.forward)[:, -1])


def table(result: Result) -> pd.DataFrame:
    """One row per quantity and method: exponents with theory, time, memory, ratio."""
    return pd.DataFrame(
        {
            "what": name,
            "grows with": name if name in result.sweeps else "parameters (one step)",
            "from": int(sweep.values[0]),
            "to": int(sweep.values[-1]),
            "time: exponent in the limit": (THEORY | METHOD_THEORY)[name][0],
            "counted at these sizes": float(exponents(sweep.values, sweep.counted)),
            "measured": round(found.mean, 3),
            "interval": f"{written(found.low)} to {written(found.high)}",
            "memory: exponent in the limit": (THEORY | METHOD_THEORY)[name][1],
            "of the numbers kept": float(exponents(sweep.values, sweep.numbers)),
            "ms at the largest": round(1e3 * float(np.median(sweep.gradient[:, -1])), 4),
            "KiB at the largest": int(sweep.numbers[-1] * 8 / 1024),
            "gradient / forward time": round(ratio(sweep).mean, 2) if name in result.sweeps else None,
        }
        for name, sweep in (result.sweeps | result.methods).items()
        for found in [fit(sweep)]
    )


def curves(result: Result) -> pd.DataFrame:
    """Every measurement: one row per quantity or method, size and repetition."""
    tables = []
    for name, sweep in (result.sweeps | result.methods).items():
        for repetition, (spent, forward) in enumerate(zip(sweep.gradient, sweep.forward, strict=True)):
            columns = {"what": name, "repetition": repetition, "size": sweep.values, "numbers kept": sweep.numbers}
            passes = forward if name in result.sweeps else np.nan  # a method's step has none
            tables.append(pd.DataFrame(columns | {"seconds": spent, "forward seconds": passes}))
    return pd.concat(tables, ignore_index=True)
