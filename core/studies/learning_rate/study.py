"""How large a step? The learning rate from far too small to far too large, its edge, and schedules that lower it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import pandas as pd

from core.data import DATASETS
from core.nn import ACTIVATIONS
from core.optimizers import BATCH_RULES, SCHEDULES
from core.settings import choice, choices, number
from core.statistics import Difference, paired
from core.studies.learning_rate.quadratic import METHODS, Bowl, optimum
from core.studies.learning_rate.symmetry import Symmetry
from core.studies.race import (
    Outcome,
    Race,
    Repeated,
    Tuning,
    Verdict,
    by_interval,
    reaching,
    repeated,
    tuned,
    tuning_runs,
)
from core.training import History, Resting, RunSettings, Trainer

PER_DECADE = 2
TUNING_SEEDS = 2
PAIRS = (("constant", "xavier"), ("nudged", "constant"))  # of first weights to compare
AROUND = np.array(
    [0.1, 0.316, 1, 3.16, 10]
)  # rates tried for schedules and equal weights, in units of the sweep's best
TOLERANCE = 0.05  # between a contraction measured and its theory, in digits gained per step
METHOD_NAMES = {"batch": "gradient descent", "momentum": "heavy ball", "nesterov": "Nesterov"}


DECIDES: tuple[int, ...] = (9, 35)  # the claims that it can decide


class Settings(Repeated):
    """The network, the range of rates, the bowl and the schedules."""

    dataset: str = choice("moons", DATASETS, "Data", "What the networks learn, from at most 300 samples.")
    optimizer: str = choice("sgd", BATCH_RULES, "Update rule", "Of every network.")
    layers: int = number(2, 1, 4, "Hidden layers", "Depth of the network.", work=1)
    width: int = number(8, 2, 32, "Units per layer", "Width of each hidden layer.", work=1)
    activation: str = choice("tanh", ACTIVATIONS, "Activation", "Of every hidden unit.")
    batch_size: int = number(32, 1, 128, "Batch size", "Samples behind one gradient.")
    steps: int = number(300, 20, 3000, "Steps", "Updates of each network.", work=1)
    target: float = number(0.3, 0.01, 3, "Target loss", "Training loss whose reaching is counted in updates.")
    lowest: float = number(1e-4, 1e-6, 0.1, "Smallest rate", "Where the sweep begins.", log=True)
    decades: int = number(6, 2, 8, "Decades", "How far the sweep goes: each is a factor of 10, with two rates in it.")
    condition: float = number(30.0, 2, 1000, "Bowl: condition number", "Steepest over flattest curvature.", log=True)
    margin: float = number(0.02, 0.005, 0.5, "Bowl: margin", "How far below and above 2/L.", step=0.005)
    schedules: tuple[str, ...] = choices(
        ("step", "exponential", "cosine_annealing", "one_cycle"),
        [name for name in SCHEDULES if name != "constant"],
        "Schedules",
        "Compared with a rate that stays as it is.",
    )


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
    schedules: Race = field(default_factory=lambda: Race({}))  # "cosine_annealing same", "cosine_annealing tuned"

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
    """Every schedule twice: at the same, large base rate, where noise is the problem, and at a rate of its own."""
    names, rates = ["constant", *result.settings.schedules], best.lr * AROUND
    calm = np.flatnonzero(~result.worse().any(axis=1))
    result.base_rate = float(result.rates[calm[-1]]) if len(calm) else best.lr
    tries = {
        name: tuning_runs([best.replace(schedule=name, lr=float(lr)) for lr in rates], TUNING_SEEDS) for name in names
    }
    result.phase, result.tries = "tuning the schedules", Race(tries)
    yield from result.tries.advance(result, 0.75)
    result.tuning = {name: tuned(result.tries, name, rates) for name in names}
    runs = {f"{name} same": best.replace(schedule=name, lr=result.base_rate) for name in names}
    runs |= {f"{name} tuned": best.replace(schedule=name, lr=result.tuning[name].best) for name in names}
    race = Race({label: _seeds(run, result.settings) for label, run in runs.items()})
    result.phase, result.schedules = "comparing schedules", race
    yield from race.advance(result, 0.99)


def floor(race: Race, label: str) -> np.ndarray:
    """Mean training loss (seeds,) over the last sixth of the way: at a rate that stays large it no longer falls."""
    losses = race.values(label, "train_loss")
    return np.nan_to_num(losses[-max(1, len(losses) // 6) :], nan=np.inf, posinf=np.inf).mean(axis=0)


def window(result: Result) -> float:
    """Factor from the smallest to the largest rate at which at least half the seeds reach the target; 0: at none."""
    enough = np.isfinite(result.steps_to_target()).mean(axis=1) >= 0.5
    works = result.rates[enough]
    return float(works[-1] / works[0]) if len(works) else 0.0


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
    for label, runs in result.schedules.runs.items():
        name, kind = label.split(" ")
        reached = result.schedules.first_below(label, result.settings.target)
        measured = _row(result.schedules, label, reached)
        rows.append({"experiment": f"{kind} rate", "learning rate": runs[0].lr, "schedule": name} | measured)
    return pd.DataFrame(rows)


def _row(race: Race, label: str, steps: np.ndarray) -> dict[str, object]:
    return reaching(steps, "updates") | race.ends(label)


def curves(result: Result) -> pd.DataFrame:
    """Every frame of every run: one row for each experiment, contestant, seed and step."""
    races = {"sweep": result.sweep, "equal weights": result.symmetry, "schedules": result.schedules}
    return pd.concat([race.tidy().assign(experiment=key) for key, race in races.items()], ignore_index=True)


def verdicts(result: Result) -> list[Verdict]:
    """Claims 9 and 35, the contraction of two methods on a bowl, and two questions about the sweep."""
    contraction = [_contraction(result, method) for method in METHODS[:2]]
    return [_descends(result), _mitigates(result), *contraction, _too_large(result), _found_by_rising(result)]


def _descends(result: Result) -> Verdict:
    under, over = (result.bowl.edge[side].heights for side in ("under", "over"))
    falls = bool((np.diff(under, axis=0) < 0).all())
    grows = bool((over[-1] > 1).all() and (np.diff(over[len(over) // 2 :], axis=0) > 0).all())
    outcome: Outcome = "does not hold"
    if falls:
        outcome = "holds with caveats" if grows else "holds"
    low, high, steps = result.bowl.margin, over[-1], len(over) - 1
    return Verdict(
        9,
        "gradient descent descends down the slope",
        "a bowl of largest curvature L: at a rate just under 2/L every step goes down on every seed, and just over it "
        "every step of the second half goes up and ends above the start: holds with caveats; down in both: holds; not "
        "even under 2/L: does not hold.",
        outcome,
        f"Rate {low:.1%} under 2/L: height after {steps} steps {np.median(under[-1]):.2g} of the start, "
        f"{'every' if falls else 'not every'} step down. {low:.1%} over: {high.min():.2g} to {high.max():.2g} times "
        f"the start. The slope is followed in both; the size of the step decides.",
        "Goh 2017",
    )


def _contraction(result: Result, method: str) -> Verdict:
    k, name = result.bowl.k, METHOD_NAMES[method]
    theory, rates = optimum(method, k)[1], result.bowl.best[method].rates()
    off = np.abs(np.log(rates) / np.log(theory) - 1)
    formula = "(k - 1)/(k + 1)" if method == "batch" else "(√k - 1)/(√k + 1)"
    return Verdict(
        0,
        f"at its best, {name} shrinks the distance to the minimum by {formula} a step",
        f"on every seed the logarithm of the factor measured is within {TOLERANCE:.0%} of that of the formula: holds.",
        "holds" if (off < TOLERANCE).all() else "does not hold",
        f"k = {k:g}: measured {rates.mean():.4f} (from {rates.min():.4f} to {rates.max():.4f} over {len(rates)} "
        f"seeds), formula {theory:.4f}. One more digit takes {-np.log(10) / np.log(rates.mean()):.0f} steps.",
        "Polyak 1964; Goh 2017",
    )


def _mitigates(result: Result) -> Verdict:
    race, schedules = result.symmetry, result.schedules
    rank = int(race.ranks("constant").max())
    stuck, nudged = (_ratio(floor(race, label), floor(race, other)) for label, other in PAIRS)
    names, leads = zip(*(_best_schedule(result, kind) for kind in ("same", "tuned")), strict=True)
    first, second = (name.replace("_", " ") for name in names)
    freed, cut = rank == 1 and stuck.low > 0, leads[0].high < 0
    tuned_runs, target = (f"{names[1]} tuned", "constant tuned"), result.settings.target
    got = [np.isfinite(schedules.first_below(label, target)).astype(float) for label in tuned_runs]
    outcome: Outcome = "not decided by this run"
    if freed and paired(*got).low > 0:
        outcome = "holds"
    elif freed or cut:
        outcome = "holds with caveats"
    elif stuck.high < 0:
        outcome = "does not hold"
    return Verdict(
        35,
        "random initialization and learning rate schedules mitigate getting stuck",
        "training losses over the last sixth of the way, as factors, paired: equal weights are stuck if the first "
        "layer keeps rank 1 and they end above random ones; a schedule frees if detectably more seeds reach the target "
        "than at a constant rate, each at a rate of its own. Both: holds; equal weights stuck, or a schedule that only "
        "cuts noise (a smaller loss at the same large base rate): holds with caveats; random weights end higher: does "
        "not hold.",
        outcome,
        f"Training loss over the last sixth. Equal weights (highest rank {rank}): {stuck.as_factor()} that of random "
        f"ones; with a nudge {nudged.as_factor()} that without. Schedules: from the base rate {result.base_rate:.3g}, "
        f"{first} {leads[0].as_factor()} that of a constant rate; each tuned, {second} "
        f"{leads[1].as_factor()}, with {got[0].sum():.0f} against {got[1].sum():.0f} of {len(got[0])} seeds at the "
        "target.",
        "Goodfellow, Bengio & Courville 2016, section 8.4; Robbins & Monro 1951",
    )


def _ratio(first: np.ndarray, second: np.ndarray) -> Difference:
    """Paired difference of logarithms: losses differ by factors, and one bad seed must not outweigh the others."""
    return paired(np.log(first), np.log(second))


def _best_schedule(result: Result, kind: str) -> tuple[str, Difference]:
    """The schedule of lowest mean floor, and the logarithm of its floor minus that of the constant rate."""
    race = result.schedules
    ends = {name: floor(race, f"{name} {kind}") for name in result.settings.schedules}
    best = min(ends, key=lambda name: ends[name].mean())
    return best, _ratio(ends[best], floor(race, f"constant {kind}"))


def _too_large(result: Result) -> Verdict:
    best, losses = result.best(), result.final("train_loss")
    claim = "ten times too large costs more than ten times too small"
    rule = (
        "final training loss at ten times the best rate minus that at a tenth of it, paired; a run that diverged "
        "counts with ten times its starting loss: above zero: holds; below: does not hold."
    )
    low, high = best - PER_DECADE, best + PER_DECADE
    if low < 0 or high >= len(losses):
        return Verdict(0, claim, rule, "not decided by this run", "The best rate is at the edge of the sweep.", "ours")
    start = result.sweep.values(list(result.sweep.runs)[high], "train_loss")[0]
    cost = paired(np.minimum(losses[high], 10 * start), losses[low])
    failed = result.worse()
    measured = (
        f"Best: {result.rates[best]:.3g}. At {result.rates[high]:.3g} minus at {result.rates[low]:.3g}: {cost}; ended "
        f"worse than they began: {failed[high].sum()} and {failed[low].sum()} of {failed.shape[1]} seeds."
    )
    return Verdict(0, claim, rule, by_interval(cost), measured, "Goodfellow, Bengio & Courville 2016, section 11.4")


def _found_by_rising(result: Result) -> Verdict:
    assert result.rising is not None
    suggestion = result.rising.suggestion()
    nearest = int(np.abs(np.log(result.rates / suggestion)).argmin())
    reached = np.isfinite(result.steps_to_target())
    works = reached[nearest].mean() >= 0.5
    outcome: Outcome = "holds" if works else "does not hold"
    return Verdict(
        0,
        "one run with a rising rate finds a rate that works",
        "a tenth of the rate of lowest loss on the way up; at the nearest rate of the sweep at least half the seeds "
        "reach the target: holds; if no rate of the sweep gets there: not decided.",
        outcome if (reached.mean(axis=1) >= 0.5).any() else "not decided by this run",
        f"Suggested {suggestion:.3g}; at {result.rates[nearest]:.3g} {reached[nearest].sum()} of "
        f"{len(reached[nearest])} seeds reached the target. Lowest final loss of the sweep: at "
        f"{result.rates[result.best()]:.3g}.",
        "Smith 2017",
    )


def outcome(result: Result) -> str:
    """How wide the range of rates is that work, for the prediction."""
    factor = window(result)
    if factor <= 10.01:
        return "a factor of 10 or less"
    return "up to a factor of 100" if factor <= 100.1 else "more than that"
