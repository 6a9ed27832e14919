"""What does a gradient cost? Its time and its memory as samples, features, width, depth and batches grow."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from core.data import DATASETS, load_dataset
from core.nn import ACTIVATIONS
from core.settings import choice, number
from core.statistics import Difference, interval, log_slope
from core.studies import wording
from core.studies.complexity.workloads import METHODS, Shape, Work, gradient, method
from core.studies.race import Repeated
from core.studies.timing import seconds_of
from core.training.settings import AUTO_LOSS

GROWING = ("samples", "features", "width", "depth", "batch_size")
DOUBLINGS = 4  # of each quantity
FITTED = 3  # largest sizes of a sweep to which its exponent is fitted: at small ones the calls themselves cost most
METHOD_WIDTHS = (3, 6, 12, 24)
# of time and of memory, as one quantity grows without end and the others stay
THEORY = {"samples": (1, 0), "features": (1, 1), "width": (2, 2), "depth": (1, 1), "batch_size": (1, 1)}
METHOD_THEORY = {"gradient_descent": (1, 1), "lbfgs": (1, 1), "central_differences": (2, 1), "newton": (3, 2)}


class Settings(Repeated):
    """The network from which every sweep starts."""

    dataset: str = choice("digits", DATASETS, "Data", "Gives the number of features and classes to start from.")
    batch_size: int = number(64, 8, 128, "Batch size", "And as many samples: where the sweeps start.")
    width: int = number(24, 4, 32, "Units per layer", "Where the sweep over the width starts.", work=1)
    depth: int = number(2, 1, 4, "Hidden layers", "Where the sweep over the depth starts.", work=1)
    activation: str = choice("relu", ACTIVATIONS, "Activation", "Of every hidden unit.")


@dataclass
class Sweep:
    """One quantity growing: its values (V,), seconds of gradient and forward pass (reps, V), numbers kept (V,)."""

    values: np.ndarray
    gradient: np.ndarray
    forward: np.ndarray
    numbers: np.ndarray
    counted: np.ndarray  # multiplications, or nothing


@dataclass
class Result:
    """The state of the study, complete enough to draw at any time; what is not measured yet is NaN."""

    settings: Settings
    phase: str = "building networks"
    progress: float = 0.0
    sweeps: dict[str, Sweep] = field(default_factory=dict)
    methods: dict[str, Sweep] = field(default_factory=dict)  # over the number of parameters; no forward pass

    def measured(self) -> bool:
        """Whether every sweep has been timed at least once."""
        return bool(self.sweeps) and all(np.isfinite(sweep.gradient[0]).all() for sweep in self.sweeps.values())


def run(settings: Settings) -> Iterator[Result]:
    """Build everything, then time it all again and again, each time in another order."""
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
    """Slope of log measured over log value at the largest FITTED sizes; measured (..., V), result (...)."""
    return log_slope(values[-FITTED:], measured[..., -FITTED:])


def fit(sweep: Sweep) -> Difference:
    """The exponent of time with its interval over the repetitions so far."""
    return interval(exponents(sweep.values, sweep.gradient))


def ratio(sweep: Sweep) -> Difference:
    """Seconds of a gradient over those of its forward pass at the largest size, with the interval over repetitions."""
    return interval((sweep.gradient / sweep.forward)[:, -1])


def table(result: Result) -> pd.DataFrame:
    """One row for each quantity that grows and each method: exponents beside theory, time, memory, ratio."""
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
                "interval": f"{wording.number(found.low)} to {wording.number(found.high)}",
                "memory: exponent in the limit": (THEORY | METHOD_THEORY)[name][1],
                "of the numbers kept": float(exponents(sweep.values, sweep.numbers)),
                "ms at the largest": round(1e3 * float(np.median(sweep.gradient[:, -1])), 4),
                "KiB at the largest": int(sweep.numbers[-1] * 8 / 1024),
                "gradient / forward time": round(ratio(sweep).mean, 2) if swept else None,
            }
        )
    return pd.DataFrame(rows)


def curves(result: Result) -> pd.DataFrame:
    """Every measurement: one row for each quantity or method, size and repetition."""
    tables = []
    for name, sweep in (result.sweeps | result.methods).items():
        for repetition, (spent, forward) in enumerate(zip(sweep.gradient, sweep.forward, strict=True)):
            columns = {"what": name, "repetition": repetition, "size": sweep.values, "numbers kept": sweep.numbers}
            forward = forward if name in result.sweeps else np.full(len(spent), np.nan)
            tables.append(pd.DataFrame(columns | {"seconds": spent, "forward seconds": forward}))
    return pd.concat(tables, ignore_index=True)
