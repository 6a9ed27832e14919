"""What does a gradient cost? Its time and memory as samples, features, width, depth and batch size grow."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from core.data import DATASETS, load_dataset
from core.nn import ACTIVATIONS
from core.settings import choice, number
from core.statistics import Difference, interval, log_slope, paired
from core.studies.complexity.workloads import METHODS, Shape, Work, gradient, method
from core.studies.contract import Finding, Quantity, Rule
from core.studies.race import Repeated
from core.studies.rules import Rules
from core.studies.timing import BAUR_STRASSEN, seconds_of
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
RULES = Rules(__name__)
findings = RULES.findings


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
class Result:
    """The state of the study, ready to be drawn at any time; NaN if not measured yet."""

    settings: Settings
    phase: str = "building networks"
    progress: float = 0.0
    sweeps: dict[str, Sweep] = field(default_factory=dict)
    methods: dict[str, Sweep] = field(default_factory=dict)  # over the number of parameters, without forward passes

    def measured(self) -> bool:
        """Whether every sweep has been timed at least once."""
        return bool(self.sweeps) and all(np.isfinite(sweep.gradient[0]).all() for sweep in self.sweeps.values())


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
    result.progress = 1.0
    yield result


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
    rows = []
    for name, sweep in (result.sweeps | result.methods).items():
        found, swept = fit(sweep), name in result.sweeps
        rows.append(
            {
                "what": name,
                "grows with": name if swept else "parameters (one step)",
                "from": int(sweep.values[0]),
                "to": int(sweep.values[-1]),
                "time: exponent in the limit": (THEORY | METHOD_THEORY)[name][0],
                "counted at these sizes": float(exponents(sweep.values, sweep.counted)) if swept else None,
                "measured": round(found.mean, 3),
                "interval": f"{written(found.low)} to {written(found.high)}",
                "memory: exponent in the limit": (THEORY | METHOD_THEORY)[name][1],
                "of the numbers kept": float(exponents(sweep.values, sweep.numbers)),
                "ms at the largest": round(1e3 * float(np.median(sweep.gradient[:, -1])), 4),
                "KiB at the largest": int(sweep.numbers[-1] * 8 / 1024),
                "gradient / forward time": round(ratio(sweep).mean, 2) if swept else None,
            }
        )
    return pd.DataFrame(rows)


def curves(result: Result) -> pd.DataFrame:
    """Every measurement: one row per quantity or method, size and repetition."""
    tables = []
    for name, sweep in (result.sweeps | result.methods).items():
        for repetition, (spent, forward) in enumerate(zip(sweep.gradient, sweep.forward, strict=True)):
            columns = {"what": name, "repetition": repetition, "size": sweep.values, "numbers kept": sweep.numbers}
            forward = forward if name in result.sweeps else np.full(len(spent), np.nan)
            tables.append(pd.DataFrame(columns | {"seconds": spent, "forward seconds": forward}))
    return pd.concat(tables, ignore_index=True)


@RULES.rule("depth")
def _depth(rule: Rule, result: Result) -> Finding:
    sweep = result.sweeps["depth"]
    sizes = []
    for place in (0, -1):
        layers = f"{int(sweep.values[place])} layers"
        sizes += [
            Quantity.of(f"time with {layers}", 1e3 * np.median(sweep.gradient[:, place]), "ms"),
            Quantity.of(f"memory with {layers}", sweep.numbers[place] * 8 / 1024, "KiB"),
        ]
    return rule.find(
        Quantity.of("exponent of time", fit(sweep), "", "at most", LINEAR),
        Quantity.of("exponent of memory", float(exponents(sweep.values, sweep.numbers)), "", "at most", LEVEL),
        *sizes,
    )


@RULES.rule("cheap")
def _cheap(rule: Rule, result: Result) -> Finding:
    ratios = [
        Quantity.of(name.replace("_", " "), ratio(sweep), "times", "at most", BAUR_STRASSEN)
        for name, sweep in result.sweeps.items()
    ]
    return rule.find(*ratios, costliest=f"{max(ratios, key=lambda each: each.value)}")


@RULES.rule("as_counted")
def _as_counted(rule: Rule, result: Result) -> Finding:
    fitted, counted = [], []
    for name, sweep in result.sweeps.items():
        called, limit = name.replace("_", " "), float(exponents(sweep.values, sweep.counted))
        fitted.append(Quantity.of(called, fit(sweep), "", "at most", limit + SLACK))
        counted.append(Quantity.of(f"{called} counted", limit))
    return rule.find(
        *fitted,
        *counted,
        quantities=listed([each.name for each in fitted]),
        faster=listed([each.name for each in fitted if each.missed]),
        open=listed([each.name for each in fitted if not each.met]),
    )


@RULES.rule("without")
def _without(rule: Rule, result: Result) -> Finding:
    differences, backprop = (result.methods[name] for name in ("central_differences", "gradient_descent"))
    more = paired(*(exponents(each.values, each.gradient) for each in (differences, backprop)))
    return rule.find(
        Quantity.of("further power", more, "", "above", MORE),
        Quantity.of("time of a step", interval((differences.gradient / backprop.gradient)[:, -1]), "times"),
        parameters=str(int(differences.values[-1])),
    )


@RULES.rule("doubled")
def _doubled(rule: Rule, result: Result) -> Finding:
    sweep = result.sweeps["depth"]
    factor = interval(2 ** exponents(sweep.values, sweep.gradient))
    return rule.find(Quantity.of("factor of time", factor, "times", "between", DOUBLE))
