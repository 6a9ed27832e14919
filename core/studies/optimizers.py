"""Which optimizer reduces the loss fastest? Races three batch sizes of gradient descent and the update rules."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from core.data import DATASETS
from core.minimizers import LANDSCAPES
from core.nn import ACTIVATIONS
from core.nn.probes import Plane
from core.optimizers import BATCH_RULES, OPTIMIZERS
from core.settings import choice, choices, number
from core.statistics import holm, paired_logs, share_of
from core.studies.contract import AS_MANY, Quantity, Told
from core.studies.race import (
    Race,
    RaceResult,
    RaceSettings,
    logs,
    median,
    reaching,
    short,
    times_as_many,
    training,
    tune_and_race,
)
from core.studies.race import curves as curves
from core.studies.rules import Rules
from core.studies.timing import seconds_of
from core.studies.tuning import unsettled
from core.training import RunSettings, Trainer

RATES = np.geomspace(1e-3, 10, 9)  # shared by all contestants
VARIANTS = {"batch": None, "stochastic": 1, "mini_batch": 32}  # plain gradient descent by batch size
CONTESTANTS = [*VARIANTS, *(rule for rule in BATCH_RULES if rule != "sgd")]
SIX = ("batch", "stochastic", "mini_batch", "momentum", "rmsprop", "adam")  # race unless others are chosen
TIMINGS = 8  # timings of an update
PATH_STEPS = 200
LOSSES = ("softmax_cross_entropy", "mean_squared_error")
GOAL = 0.9  # training accuracy to reach, which has the same meaning under both losses
LOSS_RATES, LOSS_STEPS = np.geomspace(1e-2, 10, 7), 150
EQUAL = "batch, as many updates"
PATH_NOISE = 1.0  # standard deviation of a single sample's gradient, relative to the size of the true gradient
RULES = Rules(__name__)
findings = RULES.findings


def _of(budget: str) -> Callable[[Any], bool]:
    return lambda settings: settings.budget == budget


class Settings(RaceSettings):
    """The race: contestants, data, budget and learning rates."""

    dataset: str = choice("moons", DATASETS, "Data", "Training data; every contestant gets the same split.")
    contestants: tuple[str, ...] = choices(SIX, CONTESTANTS, "Contestants", "Batch: all samples; stochastic: one.")
    seeds: int = number(10, 5, 40, "Seeds", "Paired repetitions, with the same data for every contestant.", work=1)
    layers: int = number(2, 1, 8, "Hidden layers", "Depth of the network.", work=1)
    width: int = number(12, 1, 128, "Units per layer", "Width of each hidden layer.", work=1)
    activation: str = choice("tanh", ACTIVATIONS, "Activation", "Used by every hidden unit.")
    batch_size: int = number(32, 1, 512, "Mini-batch size", "For all except batch and stochastic.")
    budget: str = choice("samples", ["samples", "steps", "seconds"], "Same budget of", "Equal for all contestants.")
    epochs: int = number(20, 1, 100, "Samples: epochs", "Passes over the data.", work=1, when=_of("samples"))
    steps: int = number(300, 10, 5000, "Steps", "Number of updates for each.", work=1, when=_of("steps"))
    seconds: float = number(0.1, 0.01, 2, "Seconds", "Computing time for one run.", work=1, when=_of("seconds"))
    target: float = number(0.25, 0.01, 2, "Target loss", "Time until the training loss reaches this value.")
    landscape: str = choice("rosenbrock", LANDSCAPES, "Surface", "The two-dimensional function of the paths.")


@dataclass
class Contestant:
    """Measurements of one contestant besides its curves."""

    run: RunSettings
    times: np.ndarray  # (TIMINGS,) seconds of one update of a single run
    noise: float  # standard deviation of its gradient relative to the full gradient, at the initial weights
    samples: int  # samples per update
    rows: int  # rows of the training set

    @property
    def microseconds(self) -> float:
        """Of one update: the fastest timing, which was disturbed least."""
        return 1e6 * float(self.times.min())


@dataclass
class LossRace(RaceResult):
    """One rule and one network with each of the two LOSSES, at separately tuned rates."""

    def updates(self, loss: str) -> np.ndarray:
        """Updates (seeds,) until GOAL of the training samples are right; infinite if that never happens."""
        right, steps = self.race.values(loss, "train_score") >= GOAL, self.race.steps(loss)
        return np.where(right.any(axis=0), steps[right.argmax(axis=0)], np.inf)


def _take_part(*names: str) -> Callable[[Any], bool]:
    return lambda settings: {*names} <= {*settings.contestants}


@dataclass
class Result(RaceResult):
    """The race with the cost of its updates, the paths on the surface and the decision maps."""

    contestants: dict[str, Contestant] = field(default_factory=dict)
    paths: dict[str, np.ndarray] = field(default_factory=dict)  # (T, 2)
    plane: Plane | None = None
    maps: dict[str, np.ndarray] = field(default_factory=dict)
    equal: Race = field(default_factory=lambda: Race({}))  # batch with as many updates as mini-batch
    losses: LossRace = field(default_factory=lambda: LossRace(RaceSettings()))

    def spent(self, label: str) -> np.ndarray:
        """The budget used (T,) at the frames of a contestant: epochs, steps or milliseconds."""
        return self.race.steps(label) * self.price(label)

    def price(self, label: str) -> float:
        """The budget that one update uses."""
        each = self.contestants[label]
        prices = {"samples": each.samples / each.rows, "steps": 1.0, "seconds": each.microseconds / 1e3}
        return prices[self.settings.budget]

    def _draw_maps(self, labels: list[str]) -> None:
        assert self.plane is not None
        for label in labels:
            self.maps[label] = self.plane.outputs(self.race.network(label), self.race.params(label)[0])

    def _beside(self) -> Iterator[None]:
        """More races: batch at its tuned rate with as many updates as mini-batch, and one rule with two losses."""
        runs, settings = self.race.runs, self.settings
        if {"batch", "mini_batch"} <= runs.keys():
            self.phase = "giving batch as many updates as mini-batch"
            steps = runs["mini_batch"][0].steps
            self.equal = Race({EQUAL: [run.replace(steps=max(steps, run.steps)) for run in runs["batch"]]})
            yield from self.equal.work()
        self.phase, self.losses = "squared error and cross-entropy", LossRace(settings)
        if DATASETS[settings.dataset].task == "classes":
            plain = _plain_run(settings, "mini_batch").replace(steps=LOSS_STEPS, frames=LOSS_STEPS // 2)
            for _ in tune_and_race(self.losses, {loss: plain.replace(loss=loss) for loss in LOSSES}, LOSS_RATES):
                yield

    @RULES.rule("variants_work", _take_part(*VARIANTS))
    def _variants(self) -> Told:
        falls = {v: (self.race.judged(v, "train_loss"), self.race.values(v, "train_loss")[0]) for v in VARIANTS}
        yield from (Quantity.factor(kind(v), paired_logs(*ends), "below", 1) for v, ends in falls.items())

    @RULES.rule("smaller_is_faster", _take_part("batch", "mini_batch"))
    def _smaller_is_faster(self) -> Told:
        steps, epochs, reached = {}, {}, {}
        for label, race, named in (("batch", self.equal, EQUAL), ("mini_batch", self.race, "mini_batch")):
            each, first = self.contestants[label], race.first_below(named, self.settings.target)
            steps[label] = np.clip(first, 1, race.steps(named)[-1])
            epochs[label] = steps[label] * each.samples / each.rows
            reached[label] = int(np.isfinite(first).sum())
        yield Quantity.factor("epochs", paired_logs(epochs["mini_batch"], epochs["batch"]), "below", 1)
        yield Quantity.factor("updates", paired_logs(steps["mini_batch"], steps["batch"]), "below", 1)
        yield Quantity.of("mini-batch at the target", reached["mini_batch"], "seeds")
        yield Quantity.of("batch at the target", reached["batch"], "seeds")
        there = reached["mini_batch"] == self.settings.seeds
        never = "Choose a target that mini-batch reaches on every seed to compare it with batch."
        yield {"missing": self.race.easy(self.settings.target) if there else never}
        yield {"short": short(2 * self.settings.seeds, sum(reached.values()))}

    @RULES.rule("smaller_costs_more", _take_part("batch", "stochastic"))
    def _costs_more(self) -> Told:
        one, whole = self.contestants["stochastic"], self.contestants["batch"]
        yield Quantity.factor("pass", paired_logs(one.times * whole.samples, whole.times), "above", 1)
        yield Quantity.factor("update", paired_logs(one.times, whole.times), "above", 1)
        yield Quantity.of("update on one sample", one.microseconds, "µs")
        yield Quantity.of("update on all samples", whole.microseconds, "µs")
        yield {"samples": f"{whole.samples:,}"}

    @RULES.rule("loss_shapes", lambda s: DATASETS[s.dataset].task == "classes")
    def _loss_shapes(self) -> Told:
        first, second = map(self.losses.updates, LOSSES)
        reached = {loss: int(np.isfinite(each).sum()) for loss, each in zip(LOSSES, (first, second), strict=True)}
        never = f"On fewer than two seeds a network got {GOAL:.0%} of the training samples right."
        factor = times_as_many(first, second, self.losses.race.steps(LOSSES[0])[-1])
        yield Quantity.factor("updates", factor, "between", AS_MANY)
        yield from (
            Quantity.of(f"{loss.replace('_', ' ')}, reached", count, "seeds") for loss, count in reached.items()
        )
        yield {"missing": unsettled(self.losses.tuning) if factor.pairs > 1 else never}
        yield {"short": short(2 * self.settings.seeds, sum(reached.values()))}

    @RULES.rule("converges_better", _take_part("batch", "mini_batch"))
    def _converges_better(self) -> Told:
        mini, passes = (self.race.judged(label, "train_loss") for label in ("mini_batch", "batch"))
        updates = self.equal.judged(EQUAL, "train_loss")
        yield Quantity.factor("at equal passes", paired_logs(mini, passes), "below", 1)
        yield Quantity.factor("at equal updates", paired_logs(mini, updates), "below", 1)
        yield {"missing": unsettled({label: self.tuning[label] for label in ("batch", "mini_batch")})}

    @RULES.rule("best", lambda s: len(s.contestants) > 1)
    def _best(self) -> Told:
        yield from self._leads(self.favourites()[1:])

    @RULES.rule("best_kind", lambda s: len({kind(label) for label in s.contestants}) > 1)
    def _best_kind(self) -> Told:
        first, *others = self.favourites()
        kinds = {kind(label): label for label in reversed(others) if kind(label) != kind(first)}
        yield from self._leads([label for label in others if label in kinds.values()])

    def _leads(self, others: list[str]) -> Told:
        """The favourite from tuning compared with the others, on the race's seeds."""
        first = self.favourites()[0]
        ends = {label: logs(self.race.judged(label, "train_loss")) for label in (first, *others)}
        leads = holm({label: ends[first] - ends[label] for label in others})
        told = {label: Quantity.factor(f"over {label}", lead, "below", 1) for label, lead in leads.items()}
        nearest = max(told, key=lambda label: told[label].high)
        yield from told.values()
        yield {"missing": unsettled({label: self.tuning[label] for label in ends}), "first": first.replace("_", "-")}
        yield {"kind": kind(first), "second": nearest.replace("_", "-"), "closest": f"{told[nearest]}"}


def run(settings: Settings) -> Iterator[Result]:
    """Measure costs, compute the paths, tune the rates, race."""
    result = Result(settings, "measuring the cost of an update")
    yield result
    for label in settings.contestants:
        result.contestants[label] = _measure(settings, label)
        yield result
    result.phase, result.progress = "computing paths on the surface", 0.02
    for label in settings.contestants:
        result.paths[label] = walk(settings.landscape, label, settings.batch_size, settings.seed)
        yield result
    runs = {label: each.run for label, each in result.contestants.items()}
    result.plane, labels = Plane(runs[settings.contestants[0]].data()), list(runs)
    for turn, _ in enumerate(tune_and_race(result, runs, RATES)):
        if result.race.started:
            result._draw_maps([labels[turn % len(labels)]] if result.maps else labels)
        yield result
    for label in labels:
        result._draw_maps([label])
        yield result
    for _ in result._beside():
        yield result
    yield result.complete()


def _plain_run(settings: Settings, label: str) -> RunSettings:
    rule = "sgd" if label in VARIANTS else label
    size = VARIANTS[label] if label in ("batch", "stochastic") else settings.batch_size
    return training(settings, (settings.width,) * settings.layers, optimizer=rule, batch_size=size)


def _measure(settings: Settings, label: str) -> Contestant:
    """Time some updates of a single run, and measure the spread of its gradient at the initial weights."""
    run = _plain_run(settings, label)
    trainer, full = Trainer([run]), Trainer([run.replace(batch_size=None)])
    gradient = _gradient(full)
    batches = min(40, -(-trainer.train.size // trainer.batches.size))
    errors = [np.sum((_gradient(trainer) - gradient) ** 2) for _ in range(batches)]
    times = np.array([seconds_of(trainer.update, 0.02 / TIMINGS) for _ in range(TIMINGS)])
    noise = float(share_of(np.sqrt(np.mean(errors)), np.linalg.norm(gradient)))
    samples = trainer.batches.size
    steps = {
        "samples": -(-settings.epochs * trainer.train.size // samples),
        "steps": settings.steps,
        "seconds": max(1, round(settings.seconds / times.min())),
    }[settings.budget]
    return Contestant(run.replace(steps=steps), times, noise, samples, trainer.train.size)


def _gradient(trainer: Trainer) -> np.ndarray:
    (batch,) = trainer.next_batches()
    trainer.forward(batch)
    return batch.work.backward(batch.t)[0].copy()


def walk(landscape: str, label: str, batch_size: int, seed: int) -> np.ndarray:
    """The path (T, 2) of a rule down a surface, at the one of RATES that ends lowest.

    A surface has no samples, so small batches get a gradient with noise of the gradient's size / √B.
    """
    surface, samples = LANDSCAPES[landscape], VARIANTS.get(label, batch_size) or np.inf
    rng = np.random.default_rng(seed)
    x = np.tile(np.asarray(surface.start, dtype=float), (len(RATES), 1))
    rule = OPTIMIZERS["sgd" if label in VARIANTS else label](lr=RATES)
    rule.init(x, shapes=[(1, 2)])
    path = [x.copy()]
    with np.errstate(all="ignore"):
        for _ in range(PATH_STEPS):
            g = surface.gradient(x)
            g += PATH_NOISE / np.sqrt(samples) * np.linalg.norm(g, axis=1, keepdims=True) * rng.standard_normal(2)
            rule.step(x, g)
            path.append(x.copy())
        ends = np.nan_to_num(surface.value(x), nan=np.inf)
    return np.array(path)[:, ends.argmin()]


def table(result: Result) -> pd.DataFrame:
    """One row per contestant: cost, noise, time to the target, final loss and score."""

    def middle(values: np.ndarray) -> float | None:
        found = median(values)
        return None if found is None else round(found, 3)

    return pd.DataFrame(
        {
            "contestant": label,
            "learning rate": result.race.runs[label][0].lr,
            "at the edge of the rates tried": result.tuning[label].at_edge if result.tuning else None,
            "µs per update": round(each.microseconds, 1),
            "µs per sample": round(each.microseconds / each.samples, 3),
            "updates per epoch": -(-each.rows // each.samples),
            "gradient noise / gradient": round(each.noise, 3),
        }
        | reaching(steps, "steps")
        | {
            "epochs to target": middle(steps * each.samples / each.rows),
            "ms to target": middle(steps * each.microseconds / 1e3),
        }
        | result.race.ends(label)
        for label, each in result.contestants.items()
        for steps in [result.race.first_below(label, result.settings.target)]
    )


def kind(label: str) -> str:
    """The kind of a contestant: one of three batch sizes of plain descent, or one of the other rules."""
    return label.replace("_", "-") if label in VARIANTS else "one of the other rules"
