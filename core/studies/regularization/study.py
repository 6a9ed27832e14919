"""Does regularization help a network generalize? Six ways to train it, with few samples and with plenty."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.checks import InputError
from core.data import DATASETS
from core.nn import ACTIVATIONS
from core.nn.decision_map import Plane
from core.settings import choice, number
from core.statistics import Difference, paired
from core.studies.race import Race, Repeated, Tuning, repeated, training, tuned, tuning_runs
from core.studies.regularization.noise_columns import sweep
from core.studies.wording import interval
from core.training import Resting, RunSettings

METHODS = ("none", "l1", "l2", "elastic_net", "dropout", "early_stopping")
PLACES = {"few": "few samples", "plenty": "plenty"}  # in words
PENALTY_STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
TRIED = dict.fromkeys(("l1", "l2", "elastic_net"), PENALTY_STRENGTHS) | {"dropout": (0.1, 0.3, 0.5, 0.7)}
TUNING_SEEDS = 2
ZERO = 0.01  # a weight no larger counts as zero: L1 by plain steps hovers around 0 by about rate times strength


class Settings(Repeated):
    """The two settings, the network, and how strongly it is regularized."""

    dataset: str = choice("three_of_many", DATASETS, "Data", "What the networks learn.")
    few: int = number(
        80, 20, 500, "Few: training samples", "Of the setting in which regularization should help.", work=0.5
    )
    irrelevant: int = number(
        100, 0, 1000, "Few: irrelevant features", "Columns of pure noise beside the real ones.", work=0.5
    )
    plenty: int = number(
        1000,
        100,
        5000,
        "Plenty: training samples",
        "Without irrelevant features; a bundled table gives all it has.",
        work=0.5,
    )
    noise: float = number(0.5, 0, 2, "Noise", "Of generated data.")
    layers: int = number(1, 1, 4, "Hidden layers", "Depth of the network.", work=1)
    width: int = number(16, 2, 128, "Units per layer", "Width of each hidden layer.", work=1)
    activation: str = choice("relu", ACTIVATIONS, "Activation", "Of every hidden unit.")
    lr: float = number(0.1, 1e-4, 10, "Learning rate", "Of plain gradient descent; the same for all.", log=True)
    batch_size: int = number(32, 1, 512, "Batch size", "Samples behind one gradient.")
    steps: int = number(300, 20, 5000, "Steps", "Updates of each network.", work=1)
    strength: str = choice(
        "tuned", ["tuned", "own"], "Strength", "Tuned on separate data and seeds, or your own choice below."
    )
    l1: float = number(0.03, 0.0001, 1, "Own L1", "Strength of l1 Σ|W|; the elastic net takes it too.", log=True)
    l2: float = number(0.1, 0.0001, 1, "Own L2", "Strength of (l2/2) ΣW²; the elastic net takes it too.", log=True)
    dropout: float = number(0.5, 0.05, 0.9, "Own dropout", "Share of hidden units silenced.", step=0.05)
    patience: int = number(5, 1, 30, "Patience", "Early stopping: looks without a better validation loss; 30 looks.")
    furthest: int = number(
        300, 10, 1000, "Most irrelevant features", "How far the sweep with linear models goes.", work=0.5
    )


@dataclass
class Result(Resting):
    """The state of the study, complete enough to draw at any time."""

    settings: Settings
    phase: str = "training without penalty"
    progress: float = 0.0
    races: list[Race] = field(default_factory=list)  # without strengths, and with them
    trials: Race = field(default_factory=lambda: Race({}))  # of strengths
    tuning: dict[str, Tuning] = field(default_factory=dict)  # `rates` are strengths, `losses` are of held-out samples
    planes: dict[str, Plane] = field(default_factory=dict)
    maps: dict[str, dict[str, np.ndarray]] = field(default_factory=lambda: {place: {} for place in PLACES})
    sweep: Race = field(default_factory=lambda: Race({}))

    def race(self, method: str, place: str) -> Race:
        """The race in which this takes part; an empty one before it has begun."""
        return next((race for race in self.races if race.started and name(method, place) in race.runs), Race({}))

    def methods(self, place: str) -> list[str]:
        """The methods that have begun."""
        return [method for method in METHODS if self.race(method, place).started]

    def final(self, method: str, place: str, measure: str) -> np.ndarray:
        """A measure (seeds,) at the end, or with early stopping at the restored weights of lowest validation loss."""
        race, label = self.race(method, place), name(method, place)
        if method != "early_stopping":
            return race.final(label, measure)
        best = np.nan_to_num(race.values(label, "validation_loss"), nan=np.inf).argmin(axis=0)
        return race.values(label, measure)[best, np.arange(len(best))]

    def weights(self, method: str, place: str) -> np.ndarray:
        """All weights of all seeds, biases left out."""
        race, label = self.race(method, place), name(method, place)
        return np.concatenate([W.ravel() for W, _ in race.network(label).unpack(race.params(label))])

    def gain(self, method: str, place: str) -> Difference:
        """Test score with the method minus without, seed by seed."""
        return paired(self.final(method, place, "test_score"), self.final("none", place, "test_score"))


def name(method: str, place: str) -> str:
    """Label of a contestant: 'l1 few'."""
    return f"{method} {place}"


def run(settings: Settings) -> Iterator[Result]:
    """Race what has no strength, tune the others, race them, and sweep over irrelevant features."""
    result = Result(settings)
    yield result
    base = {place: _base(settings, place) for place in PLACES}
    plain = {("none", place): each for place, each in base.items()}
    plain |= {("early_stopping", place): each.replace(patience=settings.patience) for place, each in base.items()}
    yield from _race(result, plain, 0.2)
    yield from _tune(result, base, 0.5)
    result.phase = "training with penalty"
    strengths = {label: tuning.best for label, tuning in result.tuning.items()}
    held_back = {
        (method, place): each.replace(**penalties(method, strengths.get(name(method, place)), settings))
        for method in TRIED
        for place, each in base.items()
    }
    yield from _race(result, held_back, 0.7)
    result.phase, begin = "sweeping over irrelevant features", result.progress
    stages = sweep(settings.few, settings.noise, settings.furthest, settings.seed, settings.seeds)
    for share, result.trials, result.sweep in stages:
        result.progress = begin + (0.99 - begin) * share
        yield result
    result.progress = 1.0
    yield result


def _base(settings: Settings, place: str) -> RunSettings:
    """The run without any regularization; a bundled table keeps its rows, so `few` must leave it some to test on."""
    generated = DATASETS[settings.dataset].generated
    run = training(settings, (settings.width,) * settings.layers, frames=30)
    if place == "plenty":
        return run.replace(train=settings.plenty if generated else None)
    if not generated:
        whole = run.data()
        rows = len(whole.X_train) + len(whole.X_test)
        if settings.few > rows // 2:
            raise InputError(
                f"few is {settings.few}, but {settings.dataset} has {rows} rows: take at most half of them"
            )
    return run.replace(train=settings.few, irrelevant=settings.irrelevant)


def penalties(method: str, strength: float | None, settings: Settings) -> dict[str, float]:
    """What a method changes in a run: at one strength, of which the elastic net gives half to each part, or by hand."""
    parts = ("l1", "l2") if method == "elastic_net" else (method,)
    return {part: getattr(settings, part) if strength is None else strength / len(parts) for part in parts}


def _race(result: Result, runs: dict[tuple[str, str], RunSettings], until: float) -> Iterator[Result]:
    """Train these contestants (method, place) over the seeds, and draw what the first seed's networks have learnt."""
    settings = result.settings
    race = Race({name(*each): repeated(run, settings.seed, settings.seeds) for each, run in runs.items()})
    result.races.append(race)
    contestants = list(runs)
    for turn, _ in enumerate(race.advance(result, until)):
        if race.started:
            _draw_map(result, race, *contestants[turn % len(contestants)])
        yield result
    for each in contestants:
        _draw_map(result, race, *each)
        yield result


def _draw_map(result: Result, race: Race, method: str, place: str) -> None:
    """The network on the plane of the first two features, all others 0; of a bundled table, of two components."""
    label = name(method, place)
    if place not in result.planes:
        data = race.data(label)
        first_two = np.eye(data.features)[:2] if DATASETS[data.name].generated and data.features > 1 else None
        result.planes[place] = Plane(data, basis=first_two)
    result.maps[place][method] = result.planes[place].outputs(race.network(label), race.params(label)[0])


def _tune(result: Result, base: dict[str, RunSettings], until: float) -> Iterator[Result]:
    """Choose for each method the strength of lowest mean loss on held-out samples, on separate data."""
    if result.settings.strength == "own":
        return
    result.phase = "tuning the strengths"
    candidates = {
        (method, place): [run.replace(**penalties(method, strength, result.settings)) for strength in strengths]
        for method, strengths in TRIED.items()
        for place, run in base.items()
    }
    result.trials = race = Race({name(*each): tuning_runs(runs, TUNING_SEEDS) for each, runs in candidates.items()})
    yield from race.advance(result, until)
    race.learnt.clear()  # a choice needs their losses, and nobody their networks
    for method, place in candidates:
        label = name(method, place)
        result.tuning[label] = tuned(race, label, TRIED[method], "test_loss")


def zeros(result: Result, method: str, place: str) -> float:
    """Share of weights no larger than ZERO."""
    return float(np.mean(np.abs(result.weights(method, place)) <= ZERO))


def table(result: Result) -> pd.DataFrame:
    """One row a setting and method: strength, losses, gap, zero weights, score and what it gained."""
    rows = []
    for place in PLACES:
        for method in METHODS:
            train, test = (result.final(method, place, f"{part}_loss").mean() for part in ("train", "test"))
            tuning, gain = result.tuning.get(name(method, place)), result.gain(method, place)
            rows.append(
                {
                    "setting": place,
                    "method": method,
                    "strength": tuning.best if tuning else None,
                    "at the edge of the strengths tried": tuning.at_edge if tuning else None,
                    "training loss": float(train),
                    "test loss": float(test),
                    "gap": float(test - train) if np.isfinite(train) else None,
                    "share of zero weights": zeros(result, method, place),
                    "test score": float(result.final(method, place, "test_score").mean()),
                    "gain in test score": interval(gain.mean, gain.low, gain.high, signed=True)
                    if method != "none"
                    else "",
                }
            )
    return pd.DataFrame(rows)


def curves(result: Result) -> pd.DataFrame:
    """Every frame of every run: one row for each method, setting, seed and step."""
    measures = ["train_loss", "test_loss", "validation_loss", "train_score", "test_score"]
    return pd.concat([race.tidy(measures) for race in result.races], ignore_index=True)
