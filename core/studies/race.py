"""Shared by all studies: a race of training runs over paired seeds."""

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import pandas as pd

from core.data import Dataset
from core.nn import Network
from core.settings import Settings, choice, number
from core.statistics import Difference, paired_logs
from core.studies.tuning import TUNING_SEED, Trials, Tried, Tuning, choose
from core.training import History, Resting, RunSettings, Trainer
from core.training.trainer import record_steps

SLICE = 0.02  # seconds of work between two yields of a study
TRIAL_FRAMES = 8  # frames of a trial
FEWEST = 10  # minimum updates of a trial, if the race has as many
SCREENING = 0.4  # share of the remaining progress for a round of screening
SHARED = ("dataset", "noise", "activation", "initializer", "optimizer", "lr", "batch_size", "steps", "seed")
MEASURES = ("train_loss", "test_loss", "train_score", "test_score")  # measures in a table of all frames


class Learnt(NamedTuple):
    """The results of a trained stack, without its buffers and data."""

    network: Network
    best_params: np.ndarray  # (R, P)


class Race(Resting):
    """Runs of any structure, advanced in turn so that their curves grow together.

    `runs` maps a contestant's label to its runs, one for each seed (or seed and rate); runs of one structure share a
    stack. The history of each contestant: `steps(label)` (T,), `values(label, "test_loss")` (T, seeds).
    """

    def __init__(self, runs: Mapping[str, Sequence[RunSettings]]):
        self.runs = {label: list(each) for label, each in runs.items()}
        self.stacks: dict[object, list[RunSettings]] = {}
        self.places: dict[str, tuple[object, list[int]]] = {}
        for label, each in self.runs.items():
            stack = self.stacks.setdefault(structure := each[0].structure(), [])
            self.places[label] = structure, list(range(len(stack), len(stack) + len(each)))
            stack.extend(each)
        self.trainers: dict[object, Trainer] = {}
        self.learnt: dict[object, Learnt] = {}
        self.histories = {structure: History() for structure in self.stacks}
        self.more: dict[object, list[dict[str, np.ndarray]]] = {structure: [] for structure in self.stacks}
        self.expected = sum(1 + len(record_steps(runs[0].steps, runs[0].frames)) for runs in self.stacks.values())
        self.notices: list[str] = []  # sentences on how its trainers deviated from their settings
        self.finished = False

    @classmethod
    def over(cls, runs: Mapping[str, RunSettings], settings: Any) -> Self:
        """A race of each contestant's run over the seeds of the settings."""
        return cls({label: repeated(run, settings.seed, settings.seeds) for label, run in runs.items()})

    def work(self) -> Iterator[None]:
        """Train to the end; yields after at most 20 ms of work. Trainers rest until their turn."""
        for structure, stack in self.stacks.items():
            for run in stack:
                run.data()
                yield
            self.trainers[structure] = trainer = Trainer(stack)
            self.notices += trainer.notices
            trainer.rest()
            yield
        active = {structure: trainer.work() for structure, trainer in self.trainers.items()}
        deadline = time.perf_counter() + SLICE
        while active:
            for structure, work in list(active.items()):
                for frame in work:
                    if time.perf_counter() > deadline:
                        yield
                        deadline = time.perf_counter() + SLICE
                    if frame is not None:
                        self.histories[structure].append(frame)
                        if more := self.on_frame(structure):
                            self.more[structure].append(more)
                        self.trainers[structure].rest()
                        break
                else:
                    trainer = self.trainers.pop(structure)
                    self.learnt[structure] = Learnt(trainer.network, trainer.best_params)
                    del active[structure]
        self.finished = True
        yield

    def advance(self, result: Any, until: float) -> Iterator[Any]:
        """Do the `work` while the result's progress grows to `until`; yields the result."""
        begin = result.progress
        for _ in self.work():
            result.progress = begin + (until - begin) * self.progress
            yield result

    def on_frame(self, structure: object) -> dict[str, np.ndarray] | None:
        """Hook for a race that examines its networks in every frame: more measures (runs,) of a stack, by name."""

    @property
    def started(self) -> bool:
        """Whether there are contestants, and all have frames enough for a line."""
        return bool(self.histories) and min(map(len, self.histories.values())) > 1

    @property
    def progress(self) -> float:
        """Share of the work done, 0 to 1."""
        return 1.0 if self.finished else sum(map(len, self.histories.values())) / self.expected

    def steps(self, label: str) -> np.ndarray:
        """Steps (T,) of the frames so far."""
        return self.histories[self.places[label][0]].step

    def values(self, label: str, name: str) -> np.ndarray:
        """A measure (T, seeds) of the frames so far; NaN after the end of a run."""
        structure, columns = self.places[label]
        more = self.more[structure]
        if more and name in more[0]:
            return np.array([each[name][columns] for each in more])
        return getattr(self.histories[structure], name)[:, columns]

    def final(self, label: str, name: str) -> np.ndarray:
        """The last value (seeds,); a run that diverged has an infinite loss or a score of 0."""
        worst = np.inf if name.endswith("loss") else 0.0
        return np.nan_to_num(self.values(label, name)[-1], nan=worst, posinf=worst)

    def judged(self, label: str, name: str) -> np.ndarray:
        """The last value (seeds,) for a comparison: a run that diverged counts as the worst value of any run."""
        last = self.final(label, name)
        if np.isfinite(last).all():
            return last
        known = np.concatenate([self.values(each, name).ravel() for each in self.runs])
        return np.where(np.isfinite(last), last, known[np.isfinite(known)].max())

    def fallen(self, label: str) -> np.ndarray:
        """Final training loss (runs,), infinite if a run diverged or ended no lower than it started."""
        last = self.final(label, "train_loss")
        return np.where(last < self.values(label, "train_loss")[0], last, np.inf)

    def params(self, label: str) -> np.ndarray:
        """Weights (seeds, P): the last finite ones, or the best ones with early stopping."""
        structure, columns = self.places[label]
        return (self.trainers | self.learnt)[structure].best_params[columns]

    def network(self, label: str) -> Network:
        """The network of the contestant's weights."""
        return (self.trainers | self.learnt)[self.places[label][0]].network

    def first_below(self, label: str, target: float) -> np.ndarray:
        """The first step (seeds,) at which the training loss is at most `target`; infinite if never."""
        reached = self.values(label, "train_loss") <= target
        return np.where(reached.any(axis=0), self.steps(label)[reached.argmax(axis=0)].astype(float), np.inf)

    def easy(self, target: float, *labels: str) -> str:
        """Why the updates of these contestants, or of all, to `target` say nothing; empty if every run needs some."""
        if all((self.values(label, "train_loss")[0] > target).all() for label in labels or self.runs):
            return ""
        return f"Some training losses are {target:g} or less before the first update: choose a lower target."

    def ends(self, label: str) -> dict[str, float | None]:
        """Median final loss and score over seeds, for a table; no loss if most runs diverged."""
        return {
            "final training loss": median(self.final(label, "train_loss")),
            "final test score": median(self.final(label, "test_score")),
        }

    def tidy(self, names: Sequence[str] = MEASURES) -> pd.DataFrame:
        """Every frame of every run as one row: contestant, seed, step and the named measures."""
        tables = []
        for label, runs in self.runs.items():
            steps, seeds = np.meshgrid(self.steps(label), [run.seed for run in runs], indexing="ij")
            values = {name: self.values(label, name).ravel() for name in names}
            tables.append(pd.DataFrame({"contestant": label, "seed": seeds.ravel(), "step": steps.ravel(), **values}))
        return pd.concat(tables, ignore_index=True)

    def data(self, label: str) -> Dataset:
        """The data set of the contestant's first run."""
        return self.runs[label][0].data()


class Repeated(Settings):
    """Settings of every study: the number of repetitions and the first seed."""

    seeds: int = number(5, 5, 40, "Seeds", "Paired repetitions, with the same data for every contestant.", work=1)
    seed: int = number(0, 0, 10_000, "First seed", "Use the same number to get the same run.")


class RaceSettings(Repeated):
    """Additional settings of every race."""

    rate: str = choice("tuned", ["tuned", "same"], "Learning rate", "Tuned for each contestant, or one for all.")
    lr: float = number(0.1, 1e-4, 10, "Shared learning rate", "Used by all.", log=True, when=lambda s: s.rate == "same")


@dataclass
class Growing(Resting):
    """The result of a study while it grows: what it does, and how far it is."""

    settings: Any
    phase: str = "preparing"
    progress: float = 0.0

    def complete(self) -> Self:
        """It, at its end."""
        self.progress = 1.0
        return self

    @property
    def seeds(self) -> range:
        """All its seeds."""
        return range(self.settings.seed, self.settings.seed + self.settings.seeds)


@dataclass
class RaceResult(Growing):
    """The state of a race, ready to be drawn at any time; missing parts are empty."""

    shown: ClassVar[Sequence[str]] = MEASURES  # in the curves
    trials: Race = field(default_factory=lambda: Race({}))
    next_trials: Race = field(default_factory=lambda: Race({}))  # the same, or those that have no lines to draw yet
    tuning: dict[str, Tuning] = field(default_factory=dict)
    race: Race = field(default_factory=lambda: Race({}))

    def favourites(self) -> list[str]:
        """The contestants by training loss in tuning, on seeds not used in the race, lowest first."""
        return sorted(self.race.runs, key=lambda label: self.tuning[label].loss)


def training(settings: Any, hidden: tuple[int, ...], **more: Any) -> RunSettings:
    """The training run of a study's settings, with these hidden layers and `more` fields."""
    shared = {name: getattr(settings, name) for name in SHARED if name in type(settings).model_fields}
    return RunSettings(**({"hidden": hidden, "data_seed": settings.seed} | shared | more))


def repeated(run: RunSettings, first: int, seeds: int) -> list[RunSettings]:
    """The same run for each seed, which draws both data and weights."""
    return [run.replace(seed=first + k, data_seed=first + k) for k in range(seeds)]


def of_runs(
    result: RaceResult,
    runs: Mapping[str, RunSettings],
    until: float,
    vary: Callable[[RunSettings, float], RunSettings] = lambda run, rate: run.replace(lr=rate),
    score: Callable[[Race, str], np.ndarray] = lambda race, label: race.fallen(label),
    frames: int = TRIAL_FRAMES,
    least: float = 0.0,
    group: int = 1,
) -> Trials:
    """Tuning trials, on seeds derived from the race's first seed; `result.trials` is the current one.

    The progress of `result` goes to `until`. `score` gives the losses (runs,) of a contestant's trials. `least` is the
    minimum share of the updates per trial: 1 if only the end distinguishes the numbers. `group`: runs from different
    initial weights whose mean counts as one, because a single one is stuck or free by chance.
    """

    def trials(wanted: Mapping[Any, np.ndarray], seeds: int, share: float) -> Tried:
        first, tried = TUNING_SEED + result.settings.seed, {}
        for label, rates in wanted.items():
            full = runs[label].steps
            steps = min(full, max(FEWEST, round(max(share, least) * full)))
            # float32 halves memory and time, and is precise enough for tuning
            short = runs[label].replace(steps=steps, frames=min(frames, steps), dtype="float32")
            candidates = [vary(short, float(rate)) for rate in rates]
            tried[label] = [run for each in candidates for run in repeated(each, first, group * seeds)]
            yield result
        result.next_trials = race = Race(tried)
        part = 1.0 if share == 1 else SCREENING
        for _ in race.advance(result, result.progress + part * (until - result.progress)):
            if race.started:
                result.trials = race
            yield result
        race.learnt.clear()  # tuning needs only their losses
        losses = {label: score(race, label).reshape(-1, seeds, group) for label in wanted}
        return {label: each.mean(axis=2) for label, each in losses.items()}

    return trials


def tuned(
    result: RaceResult, runs: Mapping[str, RunSettings], rates: np.ndarray, until: float, **how: Any
) -> Generator[Any, None, dict[str, RunSettings]]:
    """Fill the result's tuning, with trials as in `of_runs`; returns the runs, each at its own best rate."""
    result.tuning = yield from choose(of_runs(result, runs, until, **how), dict.fromkeys(runs, rates))
    return {label: run.replace(lr=result.tuning[label].best) for label, run in runs.items()}


def tune_and_race(
    result: RaceResult, runs: Mapping[str, RunSettings], rates: np.ndarray, kind: type[Race] = Race
) -> Iterator[Any]:
    """Tune each contestant's rate on separate seeds (only one rate if the settings share it), then race.

    Fills `result` as it goes, and yields it.
    """
    settings = result.settings
    result.phase = "tuning learning rates" if settings.rate == "tuned" else "trying the shared rate on other seeds"
    grid = rates if settings.rate == "tuned" else np.array([settings.lr])
    chosen = yield from tuned(result, runs, grid, 0.6)
    result.race = kind.over(chosen, settings)
    result.phase = "racing"
    yield from result.race.advance(result, 0.99)


def curves(result: RaceResult) -> pd.DataFrame:
    """Every frame of every run of the race: one row per contestant, seed and step."""
    return result.race.tidy(result.shown)


def logs(losses: np.ndarray) -> np.ndarray:
    """Logarithms of losses (seeds,); NaN for a loss of 0, whose pair is left out like any without a number."""
    return np.log(np.where(losses > 0, losses, np.nan))


def reaching(steps: np.ndarray, unit: str) -> dict[str, object]:
    """Table entries for steps (seeds,), infinite if a target was not reached: number that reached it, and median."""
    reached = f"{np.isfinite(steps).sum()} of {len(steps)}"
    return {"runs that reached the target": reached, f"{unit} to target": median(steps)}


def times_as_many(first: np.ndarray, second: np.ndarray, most: float) -> Difference:
    """ln(first / second) of the updates (seeds,) to a target, by pairs; a run that never reaches it counts as `most`.

    A pair of which neither does is left out: it says nothing about their ratio.
    """
    neither = np.isinf(np.minimum(first, second))
    return paired_logs(*(np.where(neither, np.nan, np.clip(each, 1, most)) for each in (first, second)))


def short(runs: int, reached: int) -> str:
    """How many of these runs did not reach a target, for a sentence that counts their updates."""
    return f" ({runs - reached} of {runs} runs did not get there and count at their end)" if reached < runs else ""


def median(values: np.ndarray) -> float | None:
    """The median over seeds; None if half of them never reached the target."""
    middle = float(np.median(values))
    return middle if np.isfinite(middle) else None
