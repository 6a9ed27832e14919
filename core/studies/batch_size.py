"""How many samples should each update use? Batch size against updates, epochs and seconds to the same target."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple, Self

import numpy as np
import pandas as pd

from core.data import DATASETS
from core.gradients import gradient_noise
from core.nn import ACTIVATIONS, Network
from core.settings import choice, number
from core.statistics import holm, interval, log_slope, paired, paired_logs, relative, share_of
from core.studies.contract import AS_MANY, Quantity, Told
from core.studies.race import Race, RaceResult, Repeated, median, reaching, repeated, training, tuned
from core.studies.race import curves as curves
from core.studies.rules import Rules
from core.studies.timing import seconds_of
from core.studies.tuning import unsettled
from core.studies.wording import listed, percent
from core.training import RunSettings, Trainer

RATES = 0.02 * 2.0 ** np.arange(9)  # shared by all sizes
TIMINGS = 10  # timings of an update: the first half to choose the fastest, the others to test it
FRAMES, TRIAL_FRAMES = 50, 20
SHARDS = (2, 4, 8, 16)  # numbers of workers that share the samples
AGREES = 1e-12  # share of the largest entry: rounding error allowed between two sums of the same gradients
NEARLY_HALVES, SAVES_FEW = -0.75, -0.5  # slopes of log updates below and above which doubling the batch does so
GRANTED = 0.8  # share of a core below which other programs took it
TAKEN = percent(1 - GRANTED)
FEWEST, MOST = SHARDS[0], SHARDS[-1]
PROCESSES = ContextVar("processes that may share a gradient", default=1)
REPETITIONS = 10  # repetitions, each with one process and with several
FEATURES, CLASSES = 64, 10
SIZES = {  # samples, and units of each hidden layer
    "a large network": (8192, (256, 256)),
    "a small network": (512, (16,)),
}
RULES = Rules(__name__)
findings = RULES.findings


class Shared(NamedTuple):
    """Seconds (REPETITIONS,) for the gradient over all samples by one process and by several; their difference."""

    alone: np.ndarray
    together: np.ndarray
    difference: float  # relative to the gradient's length
    granted: float  # share of the time in which each process had a core


@contextmanager
def processes(number: int) -> Iterator[None]:
    """Allow this many processes within the context."""
    token = PROCESSES.set(number)
    try:
        yield
    finally:
        PROCESSES.reset(token)


@cache
def _problem(name: str) -> tuple[Network, np.ndarray, np.ndarray]:
    """The network with random samples (n, features) and classes (n,); values do not affect the time."""
    samples, hidden = SIZES[name]
    network = Network([FEATURES, *hidden, CLASSES], "relu", "softmax_cross_entropy")
    return network, np.random.default_rng(0).standard_normal((samples, FEATURES)), np.arange(samples) % CLASSES


def part_of_gradient(name: str, params: np.ndarray, part: int, parts: int) -> tuple[np.ndarray, float]:
    """Contribution of one of equal parts of the samples to the full gradient (P,); the core's share of the time."""
    network, X, y = _problem(name)
    rows = slice(len(X) * part // parts, len(X) * (part + 1) // parts)
    started, worked = time.perf_counter(), time.process_time()
    grads = len(X[rows]) / len(X) * network.loss_and_gradient(params, X[rows], y[rows])[1]
    return grads, (time.process_time() - worked) / (time.perf_counter() - started)


def measure() -> Iterator[tuple[str, Shared]]:
    """Compute gradients alternately with one process and with all that are allowed; nothing if only one is."""
    allowed = PROCESSES.get()
    if allowed < 2:
        return
    from joblib import Parallel, delayed, parallel_config

    with parallel_config(backend="loky", inner_max_num_threads=1), Parallel(n_jobs=allowed) as pool:
        for name in SIZES:
            params = _problem(name)[0].initial(np.random.default_rng(0), "kaiming")
            seconds, granted = np.empty((1 + REPETITIONS, 2)), []
            for repetition in range(1 + REPETITIONS):
                started = time.perf_counter()
                alone = part_of_gradient(name, params, 0, 1)[0]
                between = time.perf_counter()
                parts = pool(delayed(part_of_gradient)(name, params, k, allowed) for k in range(allowed))
                together = np.sum([grads for grads, _ in parts], axis=0)
                seconds[repetition] = between - started, time.perf_counter() - between
                granted.append(min(core for _, core in parts))
            alone_s, together_s = seconds[1:].T  # the first repetition creates the data in each process
            yield name, Shared(alone_s, together_s, relative(together, alone), float(np.median(granted[1:])))


class Settings(Repeated):
    """The network, the batch sizes, and the length of training."""

    dataset: str = choice("digits", DATASETS, "Data", "Data the networks train on.")
    samples: int = number(512, 32, 1024, "Training samples", "The largest batch; at most all rows.", work=1)
    factor: int = number(2, 2, 8, "Factor", "From each batch size to the next: 1, 2, 4 ... or 1, 4, 16 ...")
    layers: int = number(1, 1, 4, "Hidden layers", "Depth of the network.", work=1)
    width: int = number(16, 2, 64, "Units per layer", "Width of each hidden layer.", work=1)
    activation: str = choice("relu", ACTIVATIONS, "Activation", "Used by every hidden unit.")
    target: float = number(0.15, 0.01, 3, "Target loss", "Training loss up to which updates are counted.")
    epochs: float = number(2.5, 0.5, 50, "Epochs", "Passes over the data for each size, plus ...", step=0.5, work=1)
    more: int = number(60, 5, 500, "More updates", "... this many more updates, which large batches need.", work=0.5)
    most: int = number(1500, 50, 20_000, "Maximum number of updates", "Limit for every size.", work=0.5)


@dataclass
class Size:
    """One batch size: its run, samples per update, training rows, and the seconds of an update, timing by timing."""

    run: RunSettings
    samples: int
    rows: int
    seconds: np.ndarray = field(default_factory=lambda: np.full(TIMINGS, np.nan))  # until measured

    @property
    def cost(self) -> float:
        """Seconds of one update: the fastest of the second half of the timings, if available."""
        later = self.seconds[TIMINGS // 2 :]
        return float(np.nanmin(later if np.isfinite(later).any() else self.seconds))

    @property
    def cost_to_choose_by(self) -> float:
        """The same from the first half."""
        return float(np.nanmin(self.seconds[: TIMINGS // 2]))


@dataclass
class Result(RaceResult):
    """The state of the study; the finalists of its tuning are compared by their updates to the target."""

    phase: str = "reading the data"
    shards: dict[int, np.ndarray] = field(default_factory=dict)  # workers -> relative difference (seeds,)
    cut: np.ndarray = field(default_factory=lambda: np.empty(0))  # (seeds,) see `_divide`
    shared: dict[str, Shared] = field(default_factory=dict)  # gradients computed by several processes
    sizes: dict[str, Size] = field(default_factory=dict)
    noise: list[float] = field(default_factory=list)  # noise scale in samples, one a seed, at the end of training

    def steps(self, label: str) -> np.ndarray:
        """Updates to the target (seeds,), infinite if not reached; 1 if reached at the initial weights."""
        return np.maximum(1, self.race.first_below(label, self.settings.target))

    def epochs(self, label: str) -> np.ndarray:
        """Passes over the data to the target (seeds,)."""
        return self.steps(label) * self.sizes[label].samples / self.sizes[label].rows

    def seconds(self, label: str) -> np.ndarray:
        """Computing time of a single run to the target (seeds,)."""
        return self.steps(label) * self.sizes[label].cost

    def reached(self, *labels: str) -> list[str]:
        """The sizes at which every seed reached the target."""
        return [label for label in labels if np.isfinite(self.steps(label)).all()]

    def expected(self, label: str) -> float:
        """Expected seconds to the target, from seeds and timings that no test uses."""
        return self.tuning[label].loss * self.sizes[label].cost_to_choose_by

    def _time(self, places: range) -> Iterator[Self]:
        """Time an update of every size once per round, because a machine can be slow for a while."""
        self.phase = "timing the updates"
        for place in places:
            for size in self.sizes.values():
                size.seconds[place] = seconds_of(Trainer([size.run]).update)
                yield self
            self.progress += 0.002

    def _score(self, race: Race, label: str) -> np.ndarray:
        """Updates to the target (runs,), or the loss if trials are shorter than the race; infinite for failed runs.

        A run that never reaches it counts as twice its updates, plus a little more the higher its final loss.
        """
        losses, updates = race.fallen(label), race.runs[label][0].steps
        if updates < self.sizes[label].run.steps:
            return losses
        steps = race.first_below(label, self.settings.target)
        return np.where(np.isfinite(losses) & np.isfinite(steps), steps, 2 * updates + losses)

    def _divide(self, base: RunSettings) -> Iterator[Self]:
        """Compare the mean of the gradients of shards, weighted by their samples, with the gradient of all samples.

        `cut` is the largest entry of the first layer's gradient when the last layer's weights are 0.
        """
        self.phase = "dividing the samples among workers"
        for run in repeated(base, self.settings.seed, self.settings.seeds):
            trainer, data = Trainer([run.replace(batch_size=None, dtype="float64")]), run.data()
            network, params = trainer.network, trainer.params[0]
            full = network.loss_and_gradient(params, data.X_train, data.y_train)[1]
            for workers in SHARDS:
                mean = np.zeros_like(full)
                for part in np.array_split(np.arange(len(data.X_train)), workers):
                    share = len(part) / len(data.X_train)
                    mean += share * network.loss_and_gradient(params, data.X_train[part], data.y_train[part])[1]
                off = share_of(np.abs(mean - full).max(), np.abs(full).max())
                self.shards[workers] = np.append(self.shards.get(workers, ()), off)
            network.unpack(params)[-1].W[...] = 0
            severed = network.loss_and_gradient(params, data.X_train, data.y_train)[1]
            self.cut = np.append(self.cut, max(np.abs(part).max() for part in network.unpack(severed)[0]))
            yield self

    def _missing(self, *labels: str) -> str:
        """What is needed to compare these sizes, or all, by their cost to the target."""
        labels = labels or tuple(self.sizes)
        reached = len(self.reached(*labels))
        if reached == len(labels):
            edges = unsettled({f"batches of {label}": self.tuning[label] for label in labels})
            return self.race.easy(self.settings.target, *labels) or edges
        told = f"At {reached} of the {len(labels)} sizes compared every seed reached the target, too few to compare"
        return f"{told}: allow more updates or choose a higher target."

    def _times(self, slower: str, faster: str) -> np.ndarray:
        """Logarithm of the ratio of two sizes' times to the target (seeds,)."""
        return np.log(self.seconds(slower) / self.seconds(faster))

    @RULES.rule("affects_time")
    def _affects_time(self) -> Told:
        labels = list(self.sizes)
        first, middle, last = labels[0], labels[len(labels) // 2], labels[-1]
        if missing := self._missing(first, middle, last):
            yield {"missing": missing}
            return
        factors = holm({"smallest": self._times(first, middle), "largest": self._times(last, middle)})
        yield from (Quantity.factor(f"{name} over middle", each, "between", AS_MANY) for name, each in factors.items())
        for label in dict.fromkeys((first, middle, last)):
            yield Quantity.of(f"updates at batches of {label}", self.steps(label).mean(), "updates")
            yield Quantity.of(f"passes at batches of {label}", self.epochs(label).mean(), "epochs")
        yield {"first": first, "middle": middle, "last": last}

    @RULES.rule("parallel")
    def _parallel(self) -> Told:
        largest = max(each.max() for each in self.shards.values())
        yield Quantity.of("largest difference", largest, "of the largest entry", "at most", AGREES)
        yield Quantity.of("past the cut", self.cut.max(), "", "at most", 0)

    @RULES.rule("speeds_up")
    def _speeds_up(self) -> Told:
        shared = self.shared.items()
        if not shared:
            yield {
                "missing": "This needs several processes, which pages never start: run python -m core.studies on a "
                "machine with at least two cores."
            }
            return
        granted = min(each.granted for _, each in shared)
        taken = f"Other programs took {percent(1 - granted)} of the cores during the measurement."
        yield from (Quantity.factor(name, paired_logs(each.alone, each.together), "above", 1) for name, each in shared)
        yield {f"difference, {name}": each.difference for name, each in shared}
        yield {"missing": taken if granted < GRANTED else ""}

    @RULES.rule("regimes")
    def _regimes(self) -> Told:
        labels, half = list(self.sizes), len(self.sizes) // 2
        few = "" if len(labels) > 3 else "Choose at least four batch sizes to compare small ones with large ones."
        if missing := few or self._missing():
            yield {"missing": missing}
            return
        first, last = slope(self, labels[:half]), slope(self, labels[half:])
        yield Quantity.of("rise of the slope", paired(last, first), "", "above", 0)
        yield Quantity.of("slope of small batches", interval(first), "", "below", NEARLY_HALVES)
        yield Quantity.of("slope of large batches", interval(last), "", "above", SAVES_FEW)

    @RULES.rule("fastest")
    def _fastest(self) -> Told:
        """The size expected to be fastest, compared with the best expected size of every other range."""
        ranked = sorted(self.sizes, key=self.expected)
        best = {_range(self.sizes[label]): label for label in reversed(ranked)}
        own, fastest = _range(self.sizes[ranked[0]]), ranked[0]
        rivals = {name: label for name, label in best.items() if name != own}
        if missing := self._missing(*best.values()):
            yield {"missing": missing}
            return
        leads = holm({name: self._times(label, fastest) for name, label in rivals.items()})
        factors = [Quantity.factor(name, each, "above", 1) for name, each in leads.items()]
        told = listed([f"batches of {rivals[each.name]} take {each}" for each in factors])
        yield from factors
        yield {"fastest": fastest, "rivals": told, "range": own}


def run(settings: Settings) -> Iterator[Result]:
    """Time the updates, divide a gradient among workers, tune a rate for each size, race."""
    result = Result(settings)
    yield result
    given = {"train": settings.samples, "test": 100, "initializer": "kaiming", "dtype": "float32"}
    base = training(settings, (settings.width,) * settings.layers, **given)
    rows = len(base.data().X_train)
    yield result
    for samples in batch_sizes(rows, settings.factor):
        steps = min(settings.most, settings.more + round(settings.epochs * rows / samples))
        each = base.replace(batch_size=samples, steps=steps, frames=min(FRAMES, steps))
        result.sizes[str(samples)] = Size(each, samples, rows)
    yield from result._time(range(TIMINGS // 2))
    yield from result._divide(base)
    for name, shared in measure():
        result.shared[name] = shared
        yield result
    runs = {label: each.run for label, each in result.sizes.items()}
    result.phase, result.progress = "tuning learning rates", 0.05
    chosen = yield from tuned(result, runs, RATES, 0.65, score=result._score, frames=TRIAL_FRAMES)
    yield from result._time(range(TIMINGS // 2, TIMINGS))
    result.phase, result.race = "racing", (race := Race.over(chosen, settings))
    yield from race.advance(result, 0.99)
    middle = list(race.runs)[len(race.runs) // 2]
    for params, run in zip(race.params(middle), race.runs[middle], strict=True):
        data = run.data()
        result.noise.append(gradient_noise(race.network(middle), params, data.X_train, data.y_train).scale)
        yield result
    yield result.complete()


def batch_sizes(rows: int, factor: int) -> list[int]:
    """1, factor, factor² ... and all rows."""
    return [*(factor**power for power in range(12) if factor**power < rows), rows]


def slope(result: Result, labels: list[str]) -> np.ndarray:
    """Slope of log updates over log batch size (seeds,): -1 if twice the batch halves updates, 0 if it saves none."""
    sizes = np.array([result.sizes[label].samples for label in labels])
    return log_slope(sizes, np.array([result.steps(label) for label in labels]).T)


def table(result: Result) -> pd.DataFrame:
    """One row per batch size: rate, cost to the target, cost of an update, final loss and score."""
    return pd.DataFrame(
        {
            "batch size": each.samples,
            "learning rate": result.tuning[label].best,
            "at the edge of the rates tried": result.tuning[label].at_edge,
        }
        | reaching(result.steps(label), "updates")
        | {
            "epochs to target": median(result.epochs(label)),
            "samples to target": median(result.steps(label) * each.samples),
            "ms to target": median(1e3 * result.seconds(label)),
            "µs per update": round(1e6 * each.cost, 1),
            "µs per sample": round(1e6 * each.cost / each.samples, 3),
        }
        | result.race.ends(label)
        for label, each in result.sizes.items()
    )


def _range(size: Size) -> str:
    """The prediction's option that a size belongs to."""
    if size.samples == 1:
        return "one sample"
    return "2 to 16" if size.samples <= 16 else "all samples" if size.samples == size.rows else "more than 16"
