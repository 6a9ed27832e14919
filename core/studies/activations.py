"""Compares activations by shape, cost, deltas through depth, idle units, and a race."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from core.data import DATASETS
from core.data.wording import counted
from core.nn import ACTIVATIONS, INITIALIZERS
from core.nn.activations import Activation, ReLU, Step
from core.nn.layers import Activate
from core.nn.network import Pass
from core.nn.probes import LayerStatistics, first_over_last, largest_slope, layer_statistics
from core.optimizers import BATCH_RULES
from core.settings import choice, choices, number
from core.statistics import Difference, holm, interval, paired_logs, share_of
from core.studies.contract import AS_MANY, Quantity, Told
from core.studies.race import MEASURES, Race, RaceResult, RaceSettings, repeated, training, tune_and_race
from core.studies.race import curves as curves
from core.studies.rules import Rules
from core.studies.timing import seconds_of
from core.studies.tuning import TUNING_SEED, unsettled
from core.studies.wording import listed
from core.training import RunSettings, Trainer
from core.training.batches import scores

RATES = np.geomspace(1e-3, 10, 9)  # shared by all activations
DEEP_WIDTH = 32  # units per layer of the untrained deep network
DEEP_SAMPLES = 64  # samples for its deltas
UNIT_SAMPLES = 128  # samples on which units are checked for being dead or saturated
COMPARED = ("normal", "xavier", "kaiming", "orthogonal")  # initializers for the deltas
TIMINGS = 8  # timings of every activation
COST_ELEMENTS = 10_000  # fits into the processor's nearest caches, as a layer's activations do
MANY = 0.05  # a larger share of saturated units needs a caveat
FIVE = ("sigmoid", "tanh", "relu", "elu", "gelu")  # compared unless others are chosen
KEPT = (-2.0, 2.0)  # powers of ten between the last and the first delta, within which the error signal is kept
OPTIONS = {"sigmoid": "sigmoid", "tanh": "tanh", "relu": "ReLU"}  # options of the prediction; all others are "another"
STEPS, RATE = 60, 0.3  # of plain gradient descent at the kink
CHOICES = {"0": 0.0, "½": 0.5, "1": 1.0}  # of ReLU's derivative at 0; any number from 0 to 1 is a subgradient
OTHERS = ("½", "1")  # compared with the usual choice, 0
RELUS: dict[str, Activation] = {f"relu, {name} at 0": ReLU(derivative_at_zero=value) for name, value in CHOICES.items()}
KINKED = RELUS | {"step": Step(), "step, straight through": Step(surrogate="straight_through")}
RULES = Rules(__name__)
findings = RULES.findings


@dataclass(frozen=True)
class Kink:
    """The outcome of a short run; one number or row for each seed."""

    params: np.ndarray  # (seeds, P)
    moved: np.ndarray  # (seeds,), norm of the change of W1 relative to W1
    score: np.ndarray  # (seeds,), on the test samples
    zeros: int  # pre-activations of hidden units that were exactly 0
    seen: int  # pre-activations counted


def train_at_kink(runs: Sequence[RunSettings], activation: Activation) -> Iterator[Kink | None]:
    """Plain gradient descent; yields None after each step, and the outcome at the end.

    Settings can only name activations with default parameters, so this one is put into the network directly.
    """
    trainer = Trainer(runs)
    for layer in trainer.network.leaves:
        if isinstance(layer, Activate):
            layer.function = activation
    first, zeros, seen = trainer.network.unpack(trainer.params.copy())[0].W, 0, 0
    x, t = trainer.train.of(trainer.alive)
    work = Pass(trainer.network, trainer.params, trainer.train.size)
    for _ in range(STEPS):
        work.forward(x)
        for layer in work.affine[:-1]:
            z = layer.above.values
            zeros, seen = zeros + z.size - int(np.count_nonzero(z)), seen + z.size
        trainer.params -= RATE * work.backward(t)
        yield None
    change = trainer.network.unpack(trainer.params)[0].W - first
    moved = share_of(np.linalg.norm(change, axis=(1, 2)), np.linalg.norm(first, axis=(1, 2)))
    x, t = trainer.test.of(trainer.alive)
    outputs = Pass(trainer.network, trainer.params, x.shape[-1]).forward(x)
    yield Kink(trainer.params, moved, scores(trainer.task, outputs, t), zeros, seen)


class Settings(RaceSettings):
    """The activations to compare, the networks and the data."""

    dataset: str = choice("moons", DATASETS, "Data", "Training data; every activation gets the same split.")
    activations: tuple[str, ...] = choices(FIVE, ACTIVATIONS, "Activations", "The activations to compare.")
    initializer: str = choice("xavier", INITIALIZERS, "Initializer", "Draws the initial weights of all networks.")
    depth: int = number(30, 1, 30, "Layers of the deep network", "Hidden layers through which δ is computed.", work=1)
    layers: int = number(3, 1, 8, "Hidden layers in the race", "Depth of the trained networks.", work=1)
    width: int = number(16, 2, 128, "Units per layer in the race", "Width of each hidden layer.", work=1)
    optimizer: str = choice("sgd", BATCH_RULES, "Optimizer", "Used in the race.")
    batch_size: int = number(32, 1, 512, "Batch size", "Samples used for each gradient.")
    seeds: int = number(10, 5, 40, "Seeds", "Paired repetitions, with the same data for every activation.", work=1)
    steps: int = number(300, 10, 5000, "Steps", "Number of updates for each network.", work=1)


class Cost(NamedTuple):
    """Nanoseconds (TIMINGS,): per element for f and for f' (with f already known), and for an update."""

    value: np.ndarray
    derivative: np.ndarray
    update: np.ndarray


@dataclass
class Result(RaceResult):
    """The state of the study, ready to be drawn at any time."""

    shown = (*MEASURES, "dead", "saturated")
    deltas: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)  # activation, initializer: (seeds, depth)
    copy: float = 0.0  # nanoseconds per element for copying
    ranked: list[str] = field(default_factory=list)  # by how little they change the deltas, on separate seeds
    costs: dict[str, Cost] = field(default_factory=dict)
    kinks: dict[str, Kink] = field(default_factory=dict)

    def shrinkage(self, activation: str, initializer: str) -> np.ndarray:
        """Delta of the first hidden layer relative to the last (seeds,); 0 if nothing arrives."""
        return first_over_last(self.deltas[activation, initializer])

    def _change(self, name: str, activation: str, initializer: str) -> Quantity:
        return Quantity.of(name, orders(self, activation, initializer), "powers of ten", "between", KEPT)

    @RULES.rule("vanishing", lambda s: bool({"relu", "tanh"} & {*s.activations}) and s.depth >= 10)
    def _vanishing(self) -> Told:
        names = [name for name in ("relu", "tanh") if name in self.settings.activations]
        changes = [self._change(f"{n} from {i} weights", n, i) for n in names for i in compared(self.settings)]
        least, most = (pick(changes, key=lambda each: abs(each.value)) for pick in (min, max))
        words = {"least": f"{least.name} ({least:signed})", "most": f"{most.name} ({most:signed})"}
        yield from changes
        yield {"depth": counted(self.settings.depth, "layer"), **words}

    @RULES.rule("saturation", lambda s: bool({"sigmoid", "tanh"} & {*s.activations}))
    def _saturation(self) -> Told:
        evidence, found = [], []
        for name in [name for name in ("sigmoid", "tanh") if name in self.settings.activations]:
            change = self._change(f"{name} error signal", name, self.settings.initializer)
            saturated = idle(self.race, name, "saturated")
            share = Quantity.of(f"{name} saturated units", saturated, "share", "at most", MANY)
            evidence += [change, share, Quantity.of(f"{name} steepest slope", largest_slope(ACTIVATIONS[name]()))]
            found.append(f"for {name} by {change:signed} ({share} of its units saturated)")
        yield from evidence
        yield {"depth": counted(self.settings.depth, "layer"), "found": listed(found)}

    @RULES.rule("cost", lambda s: {"relu", "tanh"} <= {*s.activations})
    def _cost(self) -> Told:
        tanh, relu = self.costs["tanh"], self.costs["relu"]
        number = paired_logs(tanh.value + tanh.derivative, relu.value + relu.derivative)
        yield Quantity.factor("one number", number, "between", AS_MANY)
        yield Quantity.factor("an update", paired_logs(tanh.update, relu.update), "between", AS_MANY)

    @RULES.rule("differentiable")
    def _differentiable(self) -> Told:
        relu, step, straight = (self.kinks[label] for label in ("relu, 0 at 0", "step", "step, straight through"))
        yield Quantity.of("ReLU", relu.moved.mean(), "share", "at most", 0)
        yield Quantity.of("step", step.moved.mean(), "share", "at most", 0)
        yield Quantity.of("straight through", straight.moved.mean(), "share")
        yield {"test score, step": step.score.mean(), "test score, straight through": straight.score.mean()}

    @RULES.rule("subgradients")
    def _subgradients(self) -> Told:
        """relu(x) - relu(-x) is x, so its slope is 1 everywhere; the chain rule at 0 gives relu'(0) + relu'(-0)."""
        slopes = {
            name: float(2 * ReLU(derivative_at_zero=value).derivative(np.zeros(1))[0])
            for name, value in CHOICES.items()
        }
        yield from (Quantity.of(f"error with {name}", abs(s - 1), "", "at most", 0) for name, s in slopes.items())
        yield {"slopes": listed([f"{slope:g} with ReLU′(0) = {name}" for name, slope in slopes.items()])}

    @RULES.rule("at_zero")
    def _at_zero(self) -> Told:
        zero, *others = (self.kinks[label] for label in RELUS)
        scores = holm({name: zero.score - other.score for name, other in zip(OTHERS, others, strict=True)})
        yield Quantity.of("weights that differ", sum((zero.params != o.params).sum() for o in others), "", "at most", 0)
        yield from (Quantity.of(f"score with 0 minus {name}", each, "", "above", 0) for name, each in scores.items())
        yield {"zeros": zero.zeros, "pre-activations": zero.seen}

    @RULES.rule("best", lambda s: len(s.activations) > 1)
    def _best(self) -> Told:
        scores = {name: self.race.final(name, "test_score") for name in self.race.runs}
        told, words = _ahead(scores, self.favourites())
        score = Quantity.of("test score", np.mean(scores[words["first"]]))
        yield from told
        yield score
        yield {"missing": unsettled(self.tuning), **words}

    @RULES.rule("preserves", lambda s: len(s.activations) > 1)
    def _preserves(self) -> Told:
        initializer, first = self.settings.initializer, self.ranked[0]
        near = {name: -np.abs(powers(self.shrinkage(name, initializer))) for name in self.ranked}
        told, words = _ahead(near, self.ranked, "powers of ten")
        words |= {
            "option": OPTIONS.get(first, "another"),
            "initializer": initializer,
            "depth": counted(self.settings.depth, "layer"),
        }
        yield self._change("change", first, initializer)
        yield from told
        yield from (self._change(f"change for {name}", name, initializer) for name in self.ranked[1:])
        yield words


class UnitRace(Race):
    """A race that also counts "dead" and "saturated" hidden units in every frame, as shares of all."""

    def on_frame(self, structure: object) -> dict[str, np.ndarray]:
        trainer = self.trainers[structure]
        dead, saturated = np.full((2, len(trainer.runs)), np.nan)
        if len(trainer.alive):
            statistics = _look_inside(trainer, UNIT_SAMPLES)
            shares = (each.mean(axis=1) for each in (statistics.dead, statistics.saturated))
            dead[trainer.alive], saturated[trainer.alive] = shares
        return {"dead": dead, "saturated": saturated}


def _look_inside(trainer: Trainer, samples: int) -> LayerStatistics:
    """Statistics of every active run, on its first training samples."""
    x, t = trainer.train.of(trainer.alive)
    return layer_statistics(trainer.network, trainer.params, x[..., :samples], t[..., :samples])


def run(settings: Settings) -> Iterator[Result]:
    """Compute the deltas, measure the costs, test the kink, tune the rates, race."""
    result = Result(settings, "computing δ layer by layer")
    yield result
    runs = {name: _plain_run(settings, name) for name in settings.activations}
    for each in repeated(runs[settings.activations[0]], settings.seed, settings.seeds):
        each.data()  # one at a time, made once and kept
        yield result
    pairs = [(activation, initializer) for initializer in compared(settings) for activation in settings.activations]
    for place, (activation, initializer) in enumerate(pairs):
        result.progress = 0.15 * place / len(pairs)
        result.deltas[activation, initializer] = _deep_deltas(settings, activation, initializer, settings.seed)
        yield result
    other = {}
    for name in settings.activations:
        deltas = _deep_deltas(settings, name, settings.initializer, TUNING_SEED + settings.seed)
        other[name] = abs(powers(first_over_last(deltas)).mean())
        yield result
    result.ranked = sorted(other, key=lambda name: other[name])
    result.phase, result.progress = "measuring the cost of each activation", 0.15
    result.copy = min(_nanoseconds(ACTIVATIONS["identity"]())[0] for _ in range(TIMINGS))
    trainers = {name: Trainer([run]) for name, run in runs.items()}
    timed: dict[str, list[tuple[float, ...]]] = {name: [] for name in trainers}
    for _ in range(TIMINGS):  # alternately, because a machine can be slow for a while
        for name, trainer in trainers.items():
            timed[name].append((*_nanoseconds(ACTIVATIONS[name]()), 1e9 * seconds_of(trainer.update)))
            yield result
    result.costs = {name: Cost(*np.array(times).T) for name, times in timed.items()}
    result.phase, result.progress = "training with different slopes at the kink", 0.17
    plain = repeated(_plain_run(settings, "relu").replace(batch_size=128), settings.seed, settings.seeds)
    for label, function in KINKED.items():
        for kink in train_at_kink(plain, function):
            yield result
            result.kinks |= {label: kink} if kink else {}
    yield from tune_and_race(result, runs, RATES, UnitRace)
    yield result.complete()


def compared(settings: Settings) -> list[str]:
    """The initializers for the deltas, the chosen one first."""
    return list(dict.fromkeys((settings.initializer, *COMPARED)))


def _plain_run(settings: Settings, activation: str) -> RunSettings:
    return training(settings, (settings.width,) * settings.layers, activation=activation, frames=30)


def _deep_deltas(settings: Settings, activation: str, initializer: str, first: int) -> np.ndarray:
    """Norms of dL/dz (seeds, depth) of the hidden layers of an untrained deep network, on seeds starting at `first`."""
    run = _plain_run(settings, activation).replace(hidden=(DEEP_WIDTH,) * settings.depth, initializer=initializer)
    return _look_inside(Trainer(repeated(run, first, settings.seeds)), DEEP_SAMPLES).deltas[:, :-1]


def _nanoseconds(activation: Activation) -> list[float]:
    """Nanoseconds per element of f and of f'."""
    x = np.random.default_rng(0).standard_normal(COST_ELEMENTS)
    y, out = activation.value(x), np.empty_like(x)
    works = (lambda: activation.f(x, out)), (lambda: activation.df(x, y, out))
    return [1e9 * seconds_of(work) / x.size for work in works]


def idle(race: Race, label: str, which: str) -> float:
    """The mean final share of "dead" or "saturated" units over the runs that did not diverge; NaN if all did."""
    last = race.values(label, which)[-1]
    return float(last[np.isfinite(last)].mean()) if np.isfinite(last).any() else np.nan


def powers(shrinkage: np.ndarray) -> np.ndarray:
    """Powers of ten between the last and the first delta (seeds,), negative where it shrinks."""
    return np.log10(np.maximum(shrinkage, 1e-300))


def orders(result: Result, activation: str, initializer: str) -> Difference:
    """Their mean and interval over seeds."""
    return interval(powers(result.shrinkage(activation, initializer)))


def table(result: Result) -> pd.DataFrame:
    """One row per activation: cost, deltas, rate, idle units, loss and score."""
    race = result.race
    return pd.DataFrame(
        {
            "activation": name,
            "ns per value": round(float(result.costs[name].value.min()), 2),
            "ns per derivative": round(float(result.costs[name].derivative.min()), 2),
            "first / last delta, power of ten": round(orders(result, name, result.settings.initializer).mean, 2),
            "learning rate": race.runs[name][0].lr,
            "at the edge of the rates tried": result.tuning[name].at_edge if result.tuning else None,
            "dead units": idle(race, name, "dead"),
            "saturated units": idle(race, name, "saturated"),
        }
        | race.ends(name)
        for name in result.settings.activations
    )


def _ahead(values: dict[str, np.ndarray], ranked: list[str], unit: str = "") -> tuple[list[Quantity], dict[str, Any]]:
    """How far the first one's values are above the others'; and words on it and the other that comes nearest."""
    first, *others = ranked
    leads = holm({name: values[first] - values[name] for name in others})
    told = {name: Quantity.of(f"lead over {name}", lead, unit, "above", 0) for name, lead in leads.items()}
    second = min(told, key=lambda name: told[name].low)
    return list(told.values()), {"first": first, "second": second, "closest": told[second]}
