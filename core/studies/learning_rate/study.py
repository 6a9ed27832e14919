"""How large a step? The learning rate from far too small to far too large, its edge, and schedules that lower it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, product

import numpy as np
import pandas as pd

from core.data import DATASETS
from core.nn import ACTIVATIONS
from core.optimizers import BATCH_RULES, SCHEDULES
from core.settings import choice, choices, number
from core.studies.learning_rate.quadratic import Bowl
from core.studies.learning_rate.symmetry import Symmetry
from core.studies.race import Race, Repeated, Tuning, reaching, repeated, tuned, tuning_runs
from core.training import History, Resting, RunSettings, Trainer

PER_DECADE = 2
TUNING_SEEDS = 2
AROUND = np.array([0.1, 0.316, 1, 3.16, 10])  # rates tried for schedules and equal weights, over the sweep's best
METHOD_NAMES = {"batch": "gradient descent", "momentum": "heavy ball", "nesterov": "Nesterov"}
BASES = ("same", "tuned")  # the base rates of a schedule: one large rate for all, or the best for each


class Settings(Repeated):
    """The network, the range of rates, the bowl and the schedules."""

    dataset: str = choice("moons", DATASETS, "Data", "What the networks learn, from at most 300 samples.")
    optimizer: str = choice("sgd", BATCH_RULES, "Update rule", "Of every network.")
    layers: int = number(2, 1, 4, "Hidden layers", "Depth of the network.", work=1)
    width: int = number(8, 2, 32, "Units per layer", "Width of each hidden layer.", work=1)
    activation: str = choice("tanh", ACTIVATIONS, "Activation", "Of every hidden unit.")
    batch_size: int = number(32, 1, 128, "Batch size", "Samples behind one gradient.")
    steps: int = number(300, 20, 3000, "Steps", "Updates of each network.", work=1)
    target: float = number(0.3, 0.01, 3, "Target loss", "Updates are counted until the training loss is this low.")
    lowest: float = number(1e-4, 1e-6, 0.1, "Smallest rate", "Where the sweep begins.", log=True)
    decades: int = number(6, 2, 8, "Decades", "How far the sweep goes: each is a factor of 10, with two rates in it.")
    condition: float = number(30.0, 2, 1000, "Bowl: condition number", "Steepest over flattest curvature.", log=True)
    margin: float = number(0.02, 0.005, 0.5, "Bowl: margin", "How far below and above 2/L.", step=0.005)
    schedules: tuple[str, ...] = choices(
        ("step", "exponential", "cosine_annealing", "one_cycle"),
        [name for name in SCHEDULES if name != "constant"],
        "Schedules",
        "Compared with a constant rate.",
    )

    @property
    def compared(self) -> tuple[str, ...]:
        """The constant rate and every schedule."""
        return ("constant", *self.schedules)


class Rising:
    """A range test: one run of each seed whose rate grows with every update, over the whole range (Smith 2017)."""

    def __init__(self, runs: list[RunSettings], rates: np.ndarray):
        """rates (steps,): the rate of each update."""
        self.runs, self.rates, self.history = runs, rates, History()

    def work(self) -> Iterator[None]:
        """Train to the end; yields wherever one may pause."""
        trainer = Trainer(self.runs)
        for frame in trainer.work():
            trainer.rule.lr = float(self.rates[min(trainer.step, len(self.rates) - 1)])
            if frame is not None:
                self.history.append(frame)
            yield

    def curve(self) -> tuple[np.ndarray, np.ndarray]:
        """The rate of the last update before each frame (T,), and the training losses there (T, seeds)."""
        return self.rates[np.maximum(self.history.step - 1, 0)], self.history.train_loss

    def suggestion(self) -> float:
        """A tenth of the rate at which the median loss is lowest: at that rate itself it is about to turn."""
        rates, losses = self.curve()
        middle = np.median(np.nan_to_num(losses, nan=np.inf), axis=1)
        return float(rates[middle.argmin()] / 10)


@dataclass
class Result(Resting):
    """The state of the study, complete enough to draw at any time; what is not there yet is empty."""

    settings: Settings
    bowl: Bowl
    phase: str = "rolling down a bowl"
    progress: float = 0.0
    rates: np.ndarray = field(default_factory=lambda: np.empty(0))  # (K,), of the sweep
    sweep: Race = field(default_factory=lambda: Race({}))  # a contestant for each rate
    rising: Rising | None = None
    symmetry: Symmetry = field(default_factory=lambda: Symmetry({}))
    trials: Race = field(default_factory=lambda: Race({}))  # of rates for equal weights
    tries: Race = field(default_factory=lambda: Race({}))
    tuning: dict[str, Tuning] = field(default_factory=dict)  # of each schedule
    base_rate: float = 0.0  # the same for all schedules
    schedules: Race = field(default_factory=lambda: Race({}))  # each schedule from both bases, by `scheduled`

    def final(self, name: str) -> np.ndarray:
        """A measure at the end of the sweep, (K, seeds)."""
        return np.array([self.sweep.final(label, name) for label in self.sweep.runs])

    def worse(self) -> np.ndarray:
        """Which runs of the sweep diverged, or ended no better than they began: (K, seeds)."""
        start = np.array([self.sweep.values(label, "train_loss")[0] for label in self.sweep.runs])
        return self.final("train_loss") >= start

    def steps_to_target(self) -> np.ndarray:
        """Updates to the target loss (K, seeds), infinite where it was not reached."""
        target = self.settings.target
        return np.array([self.sweep.first_below(label, target) for label in self.sweep.runs])

    def best(self) -> int:
        """Place of the rate with the lowest mean final training loss."""
        return int(self.final("train_loss").mean(axis=1).argmin())


def run(settings: Settings) -> Iterator[Result]:
    """Roll down the bowl, sweep over the rates, raise the rate, start from equal weights, compare schedules."""
    result = Result(settings, Bowl(settings.condition, settings.margin, settings.seed, settings.seeds))
    for _ in result.bowl.work():
        yield result
    base = _base(settings)
    result.rates = np.geomspace(1, 10.0**settings.decades, PER_DECADE * settings.decades + 1) * settings.lowest
    result.phase, result.progress = "sweeping over the rates", 0.02
    runs = {f"{lr:.3g}": _seeds(base.replace(lr=float(lr)), settings) for lr in result.rates}
    result.sweep = Race(runs)
    for _ in result.sweep.advance(result, 0.4):
        yield result
    rising = np.geomspace(result.rates[0], result.rates[-1], settings.steps)
    result.phase = "raising the rate in one run"
    result.rising = Rising(_seeds(base.replace(frames=min(100, settings.steps)), settings), rising)
    for _ in result.rising.work():
        result.progress = 0.4 + 0.05 * len(result.rising.history) / 101
        yield result
    best = base.replace(lr=float(result.rates[result.best()]))
    for _ in chain(_equal_start(result, best), _schedules(result, best)):
        yield result
    result.progress = 1.0
    yield result


def scheduled(schedule: str, base: str) -> str:
    """Label of a schedule from one of the BASES: 'cosine_annealing same'."""
    return f"{schedule} {base}"


def _base(settings: Settings) -> RunSettings:
    return RunSettings(
        dataset=settings.dataset,
        train=300,
        test=300,
        hidden=(settings.width,) * settings.layers,
        activation=settings.activation,
        optimizer=settings.optimizer,
        batch_size=settings.batch_size,
        steps=settings.steps,
        frames=60,
    )


def _seeds(run: RunSettings, settings: Settings) -> list[RunSettings]:
    return repeated(run, settings.seed, settings.seeds)


def _equal_start(result: Result, best: RunSettings) -> Iterator[None]:
    """Equal weights, at a rate that suits them, and random ones at theirs."""
    equal, rates = best.replace(initializer="constant"), best.lr * AROUND
    result.phase, result.progress = "starting from equal weights", 0.45
    result.trials = Race({"constant": tuning_runs([equal.replace(lr=float(lr)) for lr in rates], TUNING_SEEDS)})
    yield from result.trials.advance(result, 0.5)
    equal = equal.replace(lr=tuned(result.trials, "constant", rates).best)
    starts = {"constant": equal, "nudged": equal, "xavier": best}
    result.symmetry = Symmetry({name: _seeds(run, result.settings) for name, run in starts.items()})
    yield from result.symmetry.advance(result, 0.55)


def _schedules(result: Result, best: RunSettings) -> Iterator[None]:
    """Every schedule twice: from the same large base rate, where noise is the problem, and from its own tuned rate."""
    names, rates = result.settings.compared, best.lr * AROUND
    calm = np.flatnonzero(~result.worse().any(axis=1))
    result.base_rate = float(result.rates[calm[-1]]) if len(calm) else best.lr
    tries = {
        name: tuning_runs([best.replace(schedule=name, lr=float(lr)) for lr in rates], TUNING_SEEDS) for name in names
    }
    result.phase, result.tries = "tuning the schedules", Race(tries)
    yield from result.tries.advance(result, 0.75)
    result.tuning = {name: tuned(result.tries, name, rates) for name in names}
    runs = {scheduled(name, "same"): best.replace(schedule=name, lr=result.base_rate) for name in names}
    runs |= {scheduled(name, "tuned"): best.replace(schedule=name, lr=result.tuning[name].best) for name in names}
    race = Race({label: _seeds(run, result.settings) for label, run in runs.items()})
    result.phase, result.schedules = "comparing schedules", race
    yield from race.advance(result, 0.99)


def table(result: Result) -> pd.DataFrame:
    """One row a rate of the sweep, and one a schedule: speed, loss, score and how many runs failed."""
    steps, worse = result.steps_to_target(), result.worse()
    rows = []
    for place, (lr, label) in enumerate(zip(result.rates, result.sweep.runs, strict=True)):
        measured = _row(result.sweep, label, steps[place])
        diverged = int((result.sweep.values(label, "diverged")[-1] >= 0).sum())
        rows.append(
            {"experiment": "sweep", "learning rate": lr, "schedule": "constant"}
            | measured
            | {"worse than at the start": int(worse[place].sum()), "of these, not finite": diverged}
        )
    for base, name in product(BASES, result.settings.compared):
        label = scheduled(name, base)
        measured = _row(result.schedules, label, result.schedules.first_below(label, result.settings.target))
        lr = result.schedules.runs[label][0].lr
        rows.append({"experiment": f"{base} rate", "learning rate": lr, "schedule": name} | measured)
    return pd.DataFrame(rows)


def _row(race: Race, label: str, steps: np.ndarray) -> dict[str, object]:
    return reaching(steps, "updates") | race.ends(label)


def curves(result: Result) -> pd.DataFrame:
    """Every frame of every run: one row for each experiment, contestant, seed and step."""
    races = {"sweep": result.sweep, "equal weights": result.symmetry, "schedules": result.schedules}
    return pd.concat([race.tidy().assign(experiment=key) for key, race in races.items()], ignore_index=True)
