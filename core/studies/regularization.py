"""Does regularization help a network generalize? Six methods, on few and many samples, with and without noise."""

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from core.checks import InputError
from core.data import DATASETS, Dataset, stream
from core.data.dataset import SHELF, standardized
from core.nn import ACTIVATIONS
from core.nn.probes import Plane
from core.settings import choice, number, switch
from core.statistics import Difference, holm, paired
from core.studies.claims import declared
from core.studies.contract import CAVEATS, FAILS, HOLDS, UNDECIDED, Evidence, Outcome, Quantity, Told
from core.studies.race import Race, RaceResult, Repeated, of_runs, training
from core.studies.race import curves as curves
from core.studies.rules import Rules
from core.studies.tuning import Tuning, choose, unsettled
from core.studies.wording import interval, listed
from core.training import RunSettings

METHODS = ("none", "l1", "l2", "elastic_net", "dropout", "early_stopping")
PLACES: dict[str, str] = declared(dict[str, str], __file__, "places")  # in words
UNITS = {"l1": {"l1": 1.0}, "l2": {"l2": 1.0}, "elastic_net": {"l1": 0.5, "l2": 0.5}, "dropout": {"dropout": 0.5}}
MAPPED = "few_noisy"  # the setting whose networks are drawn
COUNTS = (10, 100, 300, 1000)  # irrelevant features of the linear models, in addition to three relevant ones
SWEPT = ("none", "l1", "l2")
LINEAR = RunSettings(dataset="three_of_many", hidden=(), lr=0.3, steps=150, batch_size=None, frames=1)
ZERO = 0.01  # a weight this small counts as zero: plain L1 steps hover around 0 by about rate times strength
PENALTIES = {"l1": "L1", "l2": "L2"}
OTHERS: dict[str, tuple[str, str]] = declared(dict[str, tuple[str, str]], __file__, "others")  # in words, and by whom
# the settings in which a penalty helped -> the option of the prediction
WHERE = {places: said for said, places in declared(dict[str, frozenset[str]], __file__, "where").items()}
ELSEWHERE = "only in some settings"
RULES = Rules(__name__)
findings = RULES.findings


STRENGTHS = np.geomspace(1e-3, 1, 7)  # strengths of penalties
ODDS = np.geomspace(0.1, 10**0.5, 4)  # odds of silencing a unit rather than keeping it, up to 99 to 1
HALVES = 48  # random stream for halving a table


class Half(RunSettings):
    """A run on half of a bundled table's rows; strengths are tuned on the others. Generated data is not halved."""

    tuning: bool = switch(False, "Tuning", "Use the half on which strengths are tuned.")
    halving: int = number(0, 0, 2**31, "Halving", "Seed for the halves.")

    def data(self) -> Dataset:
        if DATASETS[self.dataset].generated:
            return super().data()
        asked = (self.dataset, self.tuning, self.halving, self.train, self.irrelevant, self.data_seed)
        return SHELF.take(asked, self._half)

    def _half(self) -> Dataset:
        """A quarter of the half for testing, and at most `train` of the others for training."""
        source = DATASETS[self.dataset]
        X, y = source.make()
        outputs = int(y.max()) + 1 if source.task == "classes" else 1
        own = stream(self.halving, HALVES).permutation(len(y))[int(self.tuning) :: 2]
        rng = stream(self.data_seed, "data")
        rng.shuffle(own)
        test, train = own[: len(own) // 4], own[len(own) // 4 :][: self.train]
        X = np.hstack([X, rng.standard_normal((len(X), self.irrelevant))])
        return standardized(self.dataset, source.task, outputs, X[train], y[train], X[test], y[test])


def at(run: RunSettings, strength: float) -> RunSettings:
    """A run of strength 1, changed to another strength; any below the grid counts as none.

    The strength of dropout is the odds of silencing a unit.
    """
    strength = 0.0 if strength < 0.99 * grid(run)[0] else strength
    silenced = float(np.clip(strength / (1 + strength), 1e-9, 0.99))  # above 0, so that it gets its own stack
    return run.replace(l1=strength * run.l1, l2=strength * run.l2, dropout=silenced if run.dropout else 0.0)


def grid(run: RunSettings) -> np.ndarray:
    """The first strengths tried, rising."""
    return ODDS if run.dropout else STRENGTHS


def tune(result: RaceResult, runs: Mapping[str, RunSettings], until: float) -> Generator[Any, None, dict[str, Tuning]]:
    """The strength of lowest median test loss for each contestant, on separate samples.

    Every trial has all its updates: a network that has hardly started does not overfit.
    """
    trials = of_runs(result, runs, until, at, lambda race, label: race.final(label, "test_loss"), least=1.0)
    return (yield from choose(trials, {label: grid(run) for label, run in runs.items()}))


def beyond(tuning: Mapping[str, Tuning]) -> str:
    """Why nothing can be decided if a stronger one than all tried may be better; the weakest already means none."""
    return unsettled({label: each for label, each in tuning.items() if each.winner > each.rates[0]}, "strength")


class Settings(Repeated):
    """The data, the network, and the strength of regularization."""

    dataset: str = choice("three_of_many", DATASETS, "Data", "Data the networks train on.")
    few: int = number(80, 20, 500, "Few training samples", "With and without irrelevant features.", work=0.5)
    irrelevant: int = number(100, 0, 1000, "Irrelevant features", "Pure noise, in two of the four settings.", work=0.5)
    plenty: int = number(1000, 100, 5000, "Many training samples", "In a bundled table: half of its rows.", work=0.5)
    noise: float = number(0.5, 0, 2, "Noise", "Noise of generated data.")
    layers: int = number(1, 1, 4, "Hidden layers", "Depth of the network.", work=1)
    width: int = number(16, 2, 128, "Units per layer", "Width of each hidden layer.", work=1)
    activation: str = choice("relu", ACTIVATIONS, "Activation", "Used by every hidden unit.")
    lr: float = number(0.1, 1e-4, 10, "Learning rate", "For plain gradient descent; the same for all.", log=True)
    batch_size: int = number(32, 1, 512, "Batch size", "Samples used for each gradient.")
    steps: int = number(300, 20, 5000, "Steps", "Number of updates for each network.", work=1)
    patience: int = number(5, 1, 30, "Patience", "Early stopping: checks, of 30, without a better validation loss.")
    furthest: int = number(300, 10, 1000, "Irrelevant features, up to", "In the sweep with linear models.", work=0.5)
    seeds: int = number(10, 5, 40, "Seeds", "Paired repetitions, with the same data for every contestant.", work=1)


def _helped(evidence: Evidence) -> frozenset[str]:
    return frozenset(p for p in PLACES if any(evidence[f"{each}, {PLACES[p]}"].met for each in PENALTIES.values()))


def _generalize(evidence: Evidence) -> Outcome:
    if helped := _helped(evidence):
        return HOLDS if len(helped) == len(PLACES) else CAVEATS
    return FAILS if any(each.missed for each in evidence.values()) else UNDECIDED


@dataclass
class Result(RaceResult):
    """The state of the study; a contestant of its race is a method in a setting, see `name`."""

    shown = ("train_loss", "test_loss", "validation_loss", "train_score", "test_score")
    plane: Plane | None = None  # data on which the networks of the setting MAPPED are drawn
    maps: dict[str, np.ndarray] = field(default_factory=dict)  # by method
    linear: RaceResult = field(default_factory=lambda: RaceResult(None))

    def final(self, method: str, place: str, measure: str) -> np.ndarray:
        """A measure (seeds,) at the end or, with early stopping, at the restored weights of lowest validation loss."""
        race, label = self.race, name(method, place)
        if method != "early_stopping":
            return race.final(label, measure)
        best = np.nan_to_num(race.values(label, "validation_loss"), nan=np.inf).argmin(axis=0)
        return race.values(label, measure)[best, np.arange(len(best))]

    def weights(self, method: str, place: str) -> np.ndarray:
        """All weights of all seeds, biases left out."""
        label = name(method, place)
        return np.concatenate([W.ravel() for W, _ in self.race.network(label).unpack(self.race.params(label))])

    def chosen(self, method: str, place: str) -> bool:
        """Whether tuning chose a strength above 0, so that there is something to compare."""
        run = self.race.runs[name(method, place)][0]
        return method == "early_stopping" or run.l1 + run.l2 > 0 or run.dropout > 1e-9

    def gain(self, method: str, place: str) -> np.ndarray:
        """Test score (seeds,) with a method minus without."""
        return self.final(method, place, "test_score") - self.final("none", place, "test_score")

    def gains(self) -> dict[str, Difference]:
        """The gains by `name`, without methods of best strength 0.

        The intervals have Holm's correction: at most one page in twenty shows help or harm by chance.
        """
        chosen = [(method, place) for place, method in product(PLACES, METHODS[1:]) if self.chosen(method, place)]
        return holm({name(*each): self.gain(*each) for each in chosen})

    def _draw_map(self, method: str) -> None:
        """The network on the plane of the first two features, all others 0; for a bundled table, of two components."""
        race, label = self.race, name(method, MAPPED)
        if self.plane is None:
            data = race.data(label)
            first_two = np.eye(data.features)[:2] if DATASETS[data.name].generated and data.features > 1 else None
            self.plane = Plane(data, basis=first_two)
        self.maps[method] = self.plane.outputs(race.network(label), race.params(label)[0])

    def _gains(self, methods: dict[str, str]) -> tuple[list[Quantity], dict[str, str]]:
        """The gains of these methods in all settings, exactly 0 if the best strength is 0; and words on some."""
        found, labels = self.gains(), [name(method, place) for place in PLACES for method in methods]
        gains = [
            Quantity.of(f"{words}, {PLACES[place]}", found.get(name(method, place), 0.0), "", "above", 0)
            for place in PLACES
            for method, words in methods.items()
        ]
        said = {
            way: [f"{each.name} {each:signed}" for each in gains if getattr(each, way)] for way in ("met", "missed")
        }
        missing = beyond({each: self.tuning[each] for each in labels if each in self.tuning})
        return gains, {"helped": listed(said["met"]), "hurt": listed(said["missed"]), "missing": missing}

    @RULES.rule("generalize", decide=_generalize)
    def _generalizes(self) -> Told:
        gains, words = self._gains(PENALTIES)
        yield from gains
        yield words | {"where": WHERE.get(_helped({each.name: each for each in gains}), ELSEWHERE)}

    @RULES.rule("cause")
    def _cause(self) -> Told:
        irrelevant = self.settings.irrelevant
        few, plenty = (len(self.race.data(name("none", place)).X_train) for place in ("few", "plenty_noisy"))
        alike = "Choose irrelevant features, and more samples in “many” than in “few”."
        yield Quantity.of("difference", paired(self.gain("l1", "plenty_noisy"), self.gain("l1", "few")), "", "above", 0)
        missing = self._gains({"l1": "L1"})[1]["missing"]
        yield {"missing": missing if few < plenty and irrelevant else alike}
        yield {"few": f"{few:,}", "plenty": f"{plenty:,}", "irrelevant": f"{irrelevant:,}"}

    @RULES.rule("withstands")
    def _withstands(self) -> Told:
        linear = self.linear
        counts = accuracy(linear.race, "none")[0]
        scores = {method: accuracy(linear.race, method)[1] for method in SWEPT}
        yield Quantity.of("lead", paired(scores["l1"][-1], scores["l2"][-1]), "", "above", 0)
        for count, place in {counts[0]: 0, counts[-1]: -1}.items():
            told = {words: scores[method][place].mean() for method, words in {"none": "without", **PENALTIES}.items()}
            yield {f"accuracy {words}, {count} irrelevant features": each for words, each in told.items()}
        most = [name(method, counts[-1]) for method in PENALTIES]
        yield {"missing": beyond({each: linear.tuning[each] for each in most}), "most": str(counts[-1])}


def name(method: str, place: str | int) -> str:
    """Label of a contestant: 'l1 few', or 'l1 300' for a linear model with so many irrelevant features."""
    return f"{method} {place}"


def run(settings: Settings) -> Iterator[Result]:
    """Tune the strengths, race all methods in all settings, and sweep over irrelevant features."""
    result = Result(settings, "tuning the strengths", linear=RaceResult(settings))
    yield result
    base = {place: _base(settings, place) for place in PLACES}
    runs = {name(m, place): run.replace(**given) for place, run in base.items() for m, given in UNITS.items()}
    apart = {label: run.replace(tuning=True) for label, run in runs.items()}
    result.tuning = yield from tune(result, apart, 0.5)
    runs = {label: at(run, result.tuning[label].best) for label, run in runs.items()}
    for place, plain in base.items():
        runs[name("none", place)] = plain
        runs[name("early_stopping", place)] = plain.replace(patience=settings.patience)
    result.phase, result.race = "training", Race.over(runs, settings)
    for turn, _ in enumerate(result.race.advance(result, 0.8)):
        if result.race.started:
            result._draw_map(METHODS[turn % len(METHODS)])
        yield result
    for method in METHODS:
        result._draw_map(method)
        yield result
    result.phase = "sweeping over irrelevant features"
    for _ in _sweep(result.linear):
        result.progress = 0.8 + 0.2 * result.linear.progress
        yield result
    yield result.complete()


def _sweep(result: RaceResult) -> Iterator[Any]:
    """Accuracy of linear models by number of irrelevant features, strengths tuned for each (Ng 2004, section 5)."""
    settings = result.settings
    base = LINEAR.replace(train=settings.few, noise=settings.noise)
    plain = {count: base.replace(irrelevant=count) for count in COUNTS if count <= settings.furthest}
    penalized = {name(m, count): run.replace(**{m: 1.0}) for m in SWEPT[1:] for count, run in plain.items()}
    result.tuning = yield from tune(result, penalized, 0.7)
    runs = {name("none", count): run for count, run in plain.items()}
    runs |= {label: at(run, result.tuning[label].best) for label, run in penalized.items()}
    result.race = Race.over(runs, settings)
    yield from result.race.advance(result, 1.0)


def accuracy(race: Race, method: str) -> tuple[list[int], np.ndarray]:
    """The numbers of irrelevant features (C,), and the test accuracy of linear models at each (C, seeds)."""
    counts = [count for count in COUNTS if name(method, count) in race.runs]
    return counts, np.array([race.final(name(method, count), "test_score") for count in counts])


def _base(settings: Settings, place: str) -> RunSettings:
    """The run without regularization; for a bundled table `few` must leave rows for testing."""
    source = DATASETS[settings.dataset]
    if not source.generated:
        rows = len(source.make()[0])
        if settings.few > rows // 4:
            raise InputError(
                f"few is {settings.few}, but {settings.dataset} has {rows} rows: take at most a quarter of them, since "
                "strengths are tuned on half of the rows and the other half is split"
            )
    train = settings.few if place.startswith("few") else settings.plenty if source.generated else None
    noisy = settings.irrelevant if place.endswith("noisy") else 0
    run = training(settings, (settings.width,) * settings.layers, frames=30, train=train, irrelevant=noisy)
    return Half(**run.model_dump(), halving=settings.seed)


def zeros(result: Result, method: str, place: str) -> float:
    """Share of weights no larger than ZERO."""
    return float(np.mean(np.abs(result.weights(method, place)) <= ZERO))


def table(result: Result) -> pd.DataFrame:
    """One row per setting and method: strength, losses, gap, zero weights, score and gain."""
    rows, gains = [], result.gains()
    for place, method in product(PLACES, METHODS):
        label, run = name(method, place), result.race.runs[name(method, place)][0]
        train, test = (np.median(result.final(method, place, f"{part}_loss")) for part in ("train", "test"))
        tuning, gain = result.tuning.get(label), gains.get(label)
        rows.append(
            {
                "setting": PLACES[place],
                "method": method,  # its strength: the sum of penalties, or the share of units silenced
                "strength": round(run.l1 + run.l2 + run.dropout, 6) if method in UNITS else None,
                "a stronger one may be better": bool(beyond({label: tuning})) if tuning else None,
                "training loss": float(train),
                "test loss": float(test),
                "gap": float(test - train) if np.isfinite(train) else None,
                "share of zero weights": zeros(result, method, place),
                "test score": float(result.final(method, place, "test_score").mean()),
                "gain in test score": interval(gain.mean, gain.low, gain.high, signed=True) if gain else "",
            }
        )
    return pd.DataFrame(rows)


def _other(method: str, result: Result) -> Told:
    gains, words = result._gains({method: method.replace("_", " ")})
    yield from gains
    yield words


for method, (words, source) in OTHERS.items():
    RULES.rule(method, like="other", METHOD=words, SOURCE=source)(partial(_other, method))
