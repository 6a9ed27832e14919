"""Does performance depend on the domain? The same small network on images, language and fraud, beside plain rivals."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from core.data import Dataset
from core.data import downloads as online
from core.data.domains import DOMAINS, accuracy, load_domain
from core.data.sentences import gather
from core.nn import Network
from core.settings import Settings as BaseSettings
from core.settings import choice, number, switch
from core.studies.domains import pictures
from core.studies.race import Race, RaceResult, RaceSettings
from core.training import Resting, RunSettings

NETWORK, LIBRARY, LOGISTIC, MAJORITY = "our network", "scikit-learn's network", "logistic regression", "majority class"
SHOWN = {"all": tuple(DOMAINS)} | {name: (name,) for name in DOMAINS}
NEAR = 0.9  # of the way from the majority class to the final score


class DomainRun(RunSettings):
    """A training on a domain's data."""

    domain: str = choice("image", DOMAINS, "Domain", "What the network learns.")
    sentences: int = number(2000, 500, 6000, "Sentences", "Of the libraries' documentation.")
    terms: int = number(1000, 50, 2000, "Terms", "The commonest words of the training sentences.")
    real: bool = switch(False, "Real data", "What was downloaded.")

    def data(self) -> Dataset:
        return load_domain(self.domain, self.real, self.sentences, self.terms, self.data_seed)


class Settings(BaseSettings):
    """The network and how long it is trained; the same in every domain."""

    dataset: str = choice("all", SHOWN, "Domains", "All three side by side, or one alone.")
    online: bool = switch(
        False,
        "Download real data (internet)",
        "Card payments (OpenML) and newsgroup posts, if they can be reached; they may take a minute to arrive.",
    )
    epochs: int = number(8, 2, 40, "Epochs", "Passes over the training samples.", work=1)
    width: int = number(32, 2, 64, "Hidden units", "In one layer of ReLU.", work=1)
    lr: float = number(0.01, 1e-4, 1, "Learning rate", "Of Adam; tuned for digits as images.", log=True)
    sentences: int = number(2000, 500, 6000, "Sentences", "Language: how many are read.", work=1)
    terms: int = number(1000, 50, 2000, "Terms", "Language: how many words are counted (TF-IDF).", work=0.5)
    seeds: int = number(
        5, 5, 20, "Seeds", "Trainings from different first weights, on one split; digits as images on one each.", work=1
    )
    seed: int = number(0, 0, 10_000, "First seed", "Draws the split too. Use the same number to get the same run.")


@dataclass(frozen=True)
class Rival:
    """What a method reached."""

    score: float  # by the domain's measure
    accuracy: float
    seconds: float  # of fitting
    splits: int = 1
    spread: float | None = None  # of the score over seeds
    parameters: int | None = None


@dataclass
class Result(Resting):
    """The state of the study, complete enough to draw at any time."""

    settings: Settings
    phase: str = "reading documentation"
    progress: float = 0.0
    rivals: dict[str, dict[str, Rival]] = field(default_factory=lambda: {name: {} for name in DOMAINS})
    library: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in DOMAINS})  # by epoch
    race: "DomainRace" = field(default_factory=lambda: DomainRace({}))
    pictures: RaceResult = field(default_factory=lambda: RaceResult(RaceSettings()))  # of digits, by two networks
    frauds: int = 0  # in the test part
    others: int = 0
    about: dict[str, str] = field(default_factory=lambda: {name: each.about for name, each in DOMAINS.items()})
    real: set[str] = field(default_factory=set)  # domains whose data were downloaded

    @property
    def domains(self) -> tuple[str, ...]:
        return SHOWN[self.settings.dataset]

    def curve(self, domain: str) -> np.ndarray:
        """The measure by epoch so far (T, seeds), the first before training."""
        return np.array(self.race.scores.get(domain, []))

    def final(self, domain: str) -> np.ndarray:
        """The measure (seeds,) at the end; 0 where a run diverged."""
        return np.nan_to_num(self.curve(domain)[-1])

    def skill(self, domain: str) -> np.ndarray:
        """How far (seeds,) the network came from the majority class, 0, to a perfect score, 1."""
        floor = self.rivals[domain][MAJORITY].score
        return (self.final(domain) - floor) / (1 - floor)

    def lead(self, domain: str) -> np.ndarray:
        """Final score (seeds,) minus that of logistic regression."""
        return self.final(domain) - self.rivals[domain][LOGISTIC].score


class DomainRace(Race):
    """A race that also takes, at every frame, the domain's own measure on the test part: (seeds,) a frame."""

    def __init__(self, runs: Mapping[str, Sequence[RunSettings]]):
        super().__init__(runs)
        self.scores: dict[str, list[np.ndarray]] = {label: [] for label in runs}
        self.waiting: list[tuple[str, Network, np.ndarray, np.ndarray]] = []

    def on_frame(self, structure: object) -> None:
        trainer = self.trainers[structure]
        (label,) = [label for label, place in self.places.items() if place[0] == structure]
        self.waiting.append((label, trainer.network, trainer.alive.copy(), trainer.params.copy()))

    def measure(self) -> Iterator[None]:
        """Measure all frames that wait for it; yields after each run."""
        for label, network, alive, stack in self.waiting:
            data, scores = self.data(label), np.full(len(self.runs[label]), np.nan)
            for run, params in zip(alive, stack, strict=True):
                logits = network.predict(params, data.X_test)
                scores[run] = DOMAINS[label].score(logits, data.y_test) if np.isfinite(logits).all() else np.nan
                yield
            self.scores[label].append(scores)
        self.waiting.clear()


def run(settings: Settings) -> Iterator[Result]:
    """Prepare the data, fit the rivals, train."""
    result = Result(settings)
    yield result
    if settings.online:
        yield from _fetch(result)
    if "language" in result.domains and "language" not in result.real:
        for turn, _ in enumerate(gather(settings.sentences)):
            result.progress = 0.15 * min(1.0, turn / 400)
            if turn % 10 == 0:
                yield result
    result.progress = 0.15
    runs: dict[str, DomainRun] = {}
    for name in result.domains:
        runs[name] = _run(settings, name, name in result.real)
        yield result
    result.phase = "fitting the rivals"
    for turn, (name, each) in enumerate(runs.items()):
        yield from _fit_rivals(result, name, each.data())
        result.progress = 0.15 + 0.1 * (turn + 1) / len(runs)
    result.phase = "training"
    seeds = range(settings.seed, settings.seed + settings.seeds)
    result.race = DomainRace({name: [each.replace(seed=seed) for seed in seeds] for name, each in runs.items()})
    rivals = {name: _fit_library(result, name, each) for name, each in runs.items()}
    for _ in result.race.work():
        for _ in result.race.measure():
            yield result
        for name, work in rivals.items():
            if len(result.library[name]) < len(result.race.scores[name]):
                next(work, None)  # keeps pace with ours
                yield result
        result.progress = 0.25 + 0.5 * result.race.progress
        yield result
    for work in rivals.values():
        yield from work
    if "image" in result.domains:
        yield from _race_pictures(result)
    result.progress = 1.0
    yield result


def _fetch(result: Result) -> Iterator[Result]:
    """Download real data; where it cannot be reached, the chart says so."""
    result.phase = "downloading"
    for name in (name for name in result.domains if name in online.READERS):
        result.real.add(name)
        result.about[name] = online.ABOUT[name]
        for missing in online.fetch(name):
            if missing:
                result.real.remove(name)
                result.about[name] = missing.replace(": ", ":<br>")
            yield result
    result.phase = "reading documentation"


def _run(settings: Settings, name: str, real: bool) -> DomainRun:
    domain = DOMAINS[name]
    run = DomainRun(
        domain=name,
        real=real,
        sentences=settings.sentences,
        terms=settings.terms,
        data_seed=settings.seed,
        hidden=(settings.width,),
        activation="relu",
        initializer="xavier_uniform",  # as scikit-learn's
        optimizer="adam",
        lr=settings.lr,
        batch_size=domain.batch_size,
        frames=settings.epochs,
        dtype="float32",
    )
    return run.replace(steps=settings.epochs * -(-len(run.data().X_train) // domain.batch_size))


def _fit_rivals(result: Result, name: str, data: Dataset) -> Iterator[Result]:
    """The majority class, which only takes counting, and logistic regression."""
    from sklearn.linear_model import LogisticRegression

    common = np.eye(data.outputs)[np.bincount(data.y_train).argmax()]
    result.rivals[name][MAJORITY] = _rival(name, data, np.tile(common, (len(data.y_test), 1)), 0.0)
    if name == "fraud":
        result.frauds, result.others = int(data.y_test.sum()), int((data.y_test == 0).sum())
    yield result
    began = time.perf_counter()
    model = LogisticRegression(max_iter=100).fit(_light(data.X_train), data.y_train)
    seconds = time.perf_counter() - began
    result.rivals[name][LOGISTIC] = _rival(name, data, model.predict_proba(data.X_test), seconds)
    yield result


def _light(X: np.ndarray) -> Any:
    """A table that is mostly zeros in sparse form, with which scikit-learn is much faster."""
    return csr_matrix(X) if np.count_nonzero(X) < 0.1 * X.size else X


def _rival(name: str, data: Dataset, probabilities: np.ndarray, seconds: float) -> Rival:
    logits = np.log(np.maximum(probabilities, 1e-300))
    return Rival(DOMAINS[name].score(logits, data.y_test), accuracy(logits, data.y_test), seconds)


def _fit_library(result: Result, name: str, run: DomainRun) -> Iterator[Result]:
    """scikit-learn's network with the same width, rule, rate and batches; yields after every epoch."""
    from sklearn.neural_network import MLPClassifier

    data, settings, seconds = run.data(), result.settings, 0.0
    X = _light(data.X_train)
    batch = min(DOMAINS[name].batch_size, len(data.y_train))
    model = MLPClassifier(
        (settings.width,), alpha=0.0, batch_size=batch, learning_rate_init=run.lr, random_state=settings.seed
    )
    result.library[name].append(result.rivals[name][MAJORITY].score)  # it cannot predict before its first epoch
    yield result
    for _ in range(settings.epochs):
        began = time.perf_counter()
        model.partial_fit(X, data.y_train, classes=np.arange(data.outputs))
        seconds += time.perf_counter() - began
        result.rivals[name][LIBRARY] = _rival(name, data, model.predict_proba(data.X_test), seconds)
        result.library[name].append(result.rivals[name][LIBRARY].score)
        yield result


def _race_pictures(result: Result) -> Iterator[Result]:
    """Digits once more, by two networks with about as many parameters; one of them sees images."""
    settings, begin = result.settings, result.progress
    result.pictures = RaceResult(RaceSettings(seeds=settings.seeds, seed=settings.seed))
    for pair in pictures.race(result.pictures, settings.epochs):
        result.phase = f"digits as images: {pair.phase}"
        result.progress = begin + (0.99 - begin) * pair.progress
        yield result


def epochs_to_near(result: Result, domain: str) -> np.ndarray:
    """Epochs (seeds,) until NEAR of the way from the majority class to the run's own final score; NaN if it fell."""
    curve, floor = np.nan_to_num(result.curve(domain)), result.rivals[domain][MAJORITY].score
    goal = floor + NEAR * (curve[-1] - floor)
    return np.where(curve[-1] > floor, (curve >= goal).argmax(axis=0).astype(float), np.nan)


def table(result: Result) -> pd.DataFrame:
    """One row for each domain and method: the domain's measure, accuracy, time to fit; digits as images at the end."""
    rows, pair = [], result.pictures.race
    for name in result.domains:
        methods = {NETWORK: _trained(result.race, name, result.final(name))} | result.rivals[name]
        rows += [_row(name, method, each) for method, each in methods.items()]
    for label, runs in pair.runs.items():
        rows.append(_row("image", label, _trained(pair, label, pair.final(label, "test_score"), len(runs))))
    return pd.DataFrame(rows).astype({"parameters": "Int64"})


def _trained(race: Race, label: str, scores: np.ndarray, splits: int = 1) -> Rival:
    """A contestant of a race as a row of the table, with its final scores (seeds,)."""
    right, seconds = race.final(label, "test_score").mean(), race.histories[race.places[label][0]].seconds[-1]
    spread, parameters = float(scores.std(ddof=1)), race.network(label).parameters
    return Rival(float(scores.mean()), float(right), float(seconds), splits, spread, parameters)


def _row(name: str, method: str, each: Rival) -> dict[str, Any]:
    return {
        "domain": name,
        "method": method,
        "measure": DOMAINS[name].measure,
        "score": round(each.score, 4),
        "accuracy": round(each.accuracy, 4),
        "spread over seeds": each.spread and round(each.spread, 4),
        "splits": each.splits,
        "parameters": each.parameters,
        "ms to fit": round(1e3 * each.seconds, 1),
    }


def curves(result: Result) -> pd.DataFrame:
    """The measure of every seed after every epoch, with the losses."""
    frame, pair = result.race.tidy(), result.pictures.race
    frame = frame.assign(measure=np.concatenate([result.curve(name).ravel() for name in result.race.runs]))
    if not pair.runs:
        return frame
    return pd.concat([frame, pair.tidy().assign(measure=lambda each: each["test_score"])], ignore_index=True)
