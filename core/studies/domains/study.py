"""Does performance depend on the domain? The same small network on images, language and fraud."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from core.checks import InputError
from core.data import Dataset
from core.data import domains as online
from core.data.domains import DOMAINS, accuracy, gather, load_domain, skill
from core.nn import Network
from core.settings import choice, number, switch
from core.studies.race import Growing, Race, RaceResult, RaceSettings, Repeated, repeated, tune_and_race
from core.training import RunSettings, Trainer
from core.training.batches import Part

NETWORK, LIBRARY, LOGISTIC, MAJORITY = "our network", "scikit-learn's network", "logistic regression", "majority class"
SHOWN = {"all": tuple(DOMAINS)} | {name: (name,) for name in DOMAINS}
CONVOLUTION, DENSE = "convolution", "one hidden layer"
LAYERS = ("conv-6-3", "max_pool-2", "flatten")  # 6 filters of 3 x 3, then max pooling over 2 x 2
RATES = np.array([0.01, 0.03, 0.1, 0.3])  # the same for both
SAME: dict[str, Any] = {"activation": "relu", "optimizer": "adam", "dtype": "float32"}  # for all networks
NEAR = 0.9  # share of the progress from guessing to a network's own final skill
LARGEST_TEXTS = 25_000_000  # maximum numbers in the TF-IDF tables of all splits


class DomainRun(RunSettings):
    """A training run on a domain's data."""

    domain: str = choice("image", DOMAINS, "Domain", "Data the network trains on.")
    sentences: int = number(2000, 500, 4000, "Sentences", "Number of sentences from the libraries' documentation.")
    terms: int = number(300, 50, 1000, "Terms", "Number of most frequent words of the training sentences.")
    real: bool = switch(False, "Real data", "The downloaded data.")

    def data(self) -> Dataset:
        return load_domain(self.domain, self.real, self.sentences, self.terms, self.data_seed)


class Settings(Repeated):
    """The network and its training, the same in every domain."""

    dataset: str = choice("all", SHOWN, "Domains", "All three side by side, or only one.")
    online: bool = switch(False, "Download real data (internet)", "Card payments, newsgroup posts; may take a minute.")
    epochs: int = number(8, 2, 40, "Epochs", "Passes over the training samples.", work=1)
    width: int = number(32, 2, 64, "Hidden units", "Units in one ReLU layer.", work=1)
    lr: float = number(0.01, 1e-4, 1, "Learning rate", "For Adam; for digits as images it is tuned.", log=True)
    sentences: int = number(2000, 500, 4000, "Sentences", "Language: number of sentences.", work=1)
    terms: int = number(300, 50, 1000, "Terms", "Language: number of words in the TF-IDF table.", work=0.5)


@dataclass(frozen=True)
class Rival:
    """A method's results on several splits."""

    seconds: float  # to fit one
    score: np.ndarray  # (splits,) by the domain's measure
    accuracy: np.ndarray  # (splits,)
    skill: np.ndarray  # (splits,) by the measure shared by all domains
    parameters: int | None = None


@dataclass
class Result(Growing):
    """The state of the study, ready to be drawn at any time."""

    phase: str = "reading documentation"
    rivals: dict[str, dict[str, Rival]] = field(default_factory=lambda: {name: {} for name in DOMAINS})
    library: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in DOMAINS})  # by epoch
    race: "DomainRace" = field(default_factory=lambda: DomainRace({}))
    pictures: RaceResult = field(default_factory=lambda: RaceResult(RaceSettings()))  # two networks on digits
    about: dict[str, str] = field(default_factory=lambda: {name: each.about for name, each in DOMAINS.items()})
    real: set[str] = field(default_factory=set)  # domains with downloaded data

    @property
    def domains(self) -> tuple[str, ...]:
        return SHOWN[self.settings.dataset]

    def curve(self, domain: str, measure: str = "score") -> np.ndarray:
        """The domain's "score", or its "skill": 0 for guessing, 1 for a perfect score; by epoch so far (T, seeds)."""
        structure, _ = self.race.places.get(domain, (None, []))
        known = self.race.more.get(structure)
        return self.race.values(domain, measure) if known else np.empty((0, self.settings.seeds))

    def final(self, domain: str, measure: str = "score") -> np.ndarray:
        """The final measure (seeds,); 0, as for guessing, if a run diverged."""
        return np.nan_to_num(self.curve(domain, measure)[-1])

    def lead(self, domain: str, measure: str = "score") -> np.ndarray:
        """The final measure (seeds,) minus that of logistic regression on the same split."""
        return self.final(domain, measure) - getattr(self.rivals[domain][LOGISTIC], measure)

    def _fetch(self) -> Iterator[Self]:
        """Download real data; the chart says so if that fails."""
        self.phase = "downloading"
        for name in [name for name in self.domains if name in online.READERS]:
            self.real.add(name)
            self.about[name] = online.ABOUT[name]
            for missing in online.fetch(name):
                if missing:
                    self.real.remove(name)
                    self.about[name] = missing.replace(": ", ":<br>")
                yield self
        self.phase = "reading documentation"

    def _fit_rivals(self, name: str, splits: Sequence[RunSettings]) -> Iterator[Self]:
        """The majority class and logistic regression on every split."""
        from sklearn.linear_model import LogisticRegression

        majority, logistic, seconds = [], [], 0.0
        for run in splits:
            data = run.data()
            yield self
            common = np.eye(data.outputs)[np.bincount(data.y_train).argmax()]
            majority.append(_reached(name, data, np.tile(common, (len(data.y_test), 1))))
            began = time.perf_counter()
            model = LogisticRegression(max_iter=100).fit(_light(data.X_train), data.y_train)
            seconds += (time.perf_counter() - began) / len(splits)
            logistic.append(_reached(name, data, model.predict_proba(data.X_test)))
            yield self
        self.rivals[name] = {
            MAJORITY: Rival(0.0, *np.transpose(majority)),
            LOGISTIC: Rival(seconds, *np.transpose(logistic)),
        }
        yield self

    def _fit_library(self, name: str, run: RunSettings) -> Iterator[Self]:
        """scikit-learn's network of the same width, rule, rate and batch size on one split, epoch by epoch."""
        from sklearn.neural_network import MLPClassifier

        data, settings, seconds = run.data(), self.settings, 0.0
        X = _light(data.X_train)
        batch = min(DOMAINS[name].batch_size, len(data.y_train))
        model = MLPClassifier(
            (settings.width,), alpha=0.0, batch_size=batch, learning_rate_init=run.lr, random_state=settings.seed
        )
        guessing = float(self.rivals[name][MAJORITY].score[0])  # it cannot predict before its first epoch
        self.library[name].append(guessing)
        yield self
        for _ in range(settings.epochs):
            began = time.perf_counter()
            model.partial_fit(X, data.y_train, classes=np.arange(data.outputs))
            seconds += time.perf_counter() - began
            reached = _reached(name, data, model.predict_proba(data.X_test))
            self.rivals[name][LIBRARY] = Rival(seconds, *np.array(reached)[:, None])
            self.library[name].append(reached[0])
            yield self

    def _race_pictures(self) -> Iterator[Self]:
        """Digits with two networks of about as many parameters, one of them convolutional.

        Both are tuned, then trained for each seed with its own split and initial weights.
        """
        settings, begin = self.settings, self.progress
        pair = self.pictures = RaceResult(RaceSettings(seeds=settings.seeds, seed=settings.seed))
        given = SAME | {"initializer": "kaiming", "batch_size": DOMAINS["image"].batch_size, "data_seed": settings.seed}
        convolution = RunSettings(dataset="digits", layers=LAYERS, frames=settings.epochs, **given)
        data, trainer = convolution.data(), Trainer([convolution])
        convolution = convolution.replace(steps=settings.epochs * -(-len(data.X_train) // trainer.batches.size))
        dense = convolution.replace(layers=(), hidden=(units(trainer.network.parameters, data),))
        yield self
        for _ in tune_and_race(pair, {CONVOLUTION: convolution, DENSE: dense}, RATES):
            self.phase = f"digits as images: {pair.phase}"
            self.progress = begin + (0.99 - begin) * pair.progress
            yield self


class DomainRace(Race):
    """A race that also records the domain's "score" and the "skill" on the test part in every frame."""

    def __init__(self, runs: Mapping[str, Sequence[RunSettings]]):
        super().__init__(runs)
        # frames to be measured: label, network, its running runs and their weights (runs, P), test part
        self.waiting: list[tuple[str, Network, np.ndarray, np.ndarray, Part]] = []

    def on_frame(self, structure: object) -> None:
        trainer = self.trainers[structure]
        (label,) = [label for label, place in self.places.items() if place[0] == structure]
        now = trainer.alive.copy(), trainer.params.copy()
        self.waiting.append((label, trainer.network, *now, trainer.test))

    def measure(self) -> Iterator[None]:
        """Measure all waiting frames; yields after each run."""
        for label, network, alive, stack, test in self.waiting:
            found = {name: np.full(len(self.runs[label]), np.nan) for name in ("score", "skill")}
            for run, params in zip(alive, stack, strict=True):
                part = test.which[run]
                logits, y = network.predict(params, test.rows[part, :, :-1]), test.t[part].argmax(axis=0)
                if np.isfinite(logits).all():
                    found["score"][run], found["skill"][run] = DOMAINS[label].score(logits, y), skill(logits, y)
                yield
            self.more[self.places[label][0]].append(found)
        self.waiting.clear()


def run(settings: Settings) -> Iterator[Result]:
    """Prepare the data, fit the rivals, train."""
    result, texts = Result(settings), settings.seeds * settings.sentences
    if "language" in result.domains and texts * settings.terms > LARGEST_TEXTS:
        raise InputError(
            f"terms is {settings.terms}, but {settings.seeds} splits of {settings.sentences:,} sentences are kept at "
            f"once: at most {LARGEST_TEXTS // texts} fit"
        )
    yield result
    if settings.online:
        yield from result._fetch()
    if "language" in result.domains and "language" not in result.real:
        for turn, _ in enumerate(gather(settings.sentences)):
            result.progress = 0.15 * min(1.0, turn / 400)
            if turn % 10 == 0:
                yield result
    result.progress = 0.15
    runs: dict[str, list[RunSettings]] = {}
    for name in result.domains:
        runs[name] = repeated(_run(settings, name, name in result.real), settings.seed, settings.seeds)
        yield result
    result.phase = "fitting the rivals"
    for turn, (name, splits) in enumerate(runs.items()):
        yield from result._fit_rivals(name, splits)
        result.progress = 0.15 + 0.1 * (turn + 1) / len(runs)
    result.phase, result.race = "training", DomainRace(runs)
    rivals = {name: result._fit_library(name, splits[0]) for name, splits in runs.items()}
    for _ in result.race.work():
        for _ in result.race.measure():
            yield result
        for name, work in rivals.items():
            if len(result.library[name]) < len(result.curve(name)):
                next(work, None)  # in step with our network
                yield result
        result.progress = 0.25 + 0.5 * result.race.progress
        yield result
    for work in rivals.values():
        yield from work
    if "image" in result.domains:
        yield from result._race_pictures()
    yield result.complete()


def _run(settings: Settings, name: str, real: bool) -> DomainRun:
    size = DOMAINS[name].batch_size
    texts = {"sentences": settings.sentences, "terms": settings.terms, "real": real, "data_seed": settings.seed}
    initializer = "xavier_uniform"  # as in scikit-learn's network
    given = SAME | texts | {"hidden": (settings.width,), "initializer": initializer, "batch_size": size}
    run = DomainRun(domain=name, lr=settings.lr, frames=settings.epochs, **given)
    return run.replace(steps=settings.epochs * -(-len(run.data().X_train) // size))


def _light(X: np.ndarray) -> Any:
    """The table in sparse form if it is mostly zeros, which makes scikit-learn much faster."""
    return csr_matrix(X) if np.count_nonzero(X) < 0.1 * X.size else X


def _reached(name: str, data: Dataset, probabilities: np.ndarray) -> tuple[float, ...]:
    """Score, accuracy and skill on a split's test part."""
    logits = np.log(np.maximum(probabilities, 1e-300))
    return tuple(measure(logits, data.y_test) for measure in (DOMAINS[name].score, accuracy, skill))


def units(parameters: int, data: Dataset) -> int:
    """Number of hidden units of one layer that comes nearest to this number of parameters: w (n + 1) + k (w + 1)."""
    return max(1, round((parameters - data.outputs) / (data.features + 1 + data.outputs)))


def epochs_to_near(result: Result, domain: str) -> np.ndarray:
    """Epochs (seeds,) until NEAR of the run's own final skill, interpolated linearly.

    NaN if a run ends no better than guessing, or started with as much skill.
    """
    curve = np.nan_to_num(result.curve(domain, "skill"))
    goal, seeds = NEAR * curve[-1], np.arange(curve.shape[1])
    after = (curve >= goal).argmax(axis=0)
    above, below = curve[after, seeds], curve[np.maximum(after - 1, 0), seeds]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where((curve[-1] > 0) & (after > 0), after - (above - goal) / (above - below), np.nan)


def table(result: Result) -> pd.DataFrame:
    """One row per domain and method: the domain's measure, accuracy, time to fit; digits as images last."""
    rows, pair = [], result.pictures.race
    for name in result.domains:
        own = result.final(name), result.race.final(name, "test_score"), result.final(name, "skill")
        methods = {NETWORK: _trained(result.race, name, *own)} | result.rivals[name]
        rows += [_row(name, method, each) for method, each in methods.items()]
    for label in pair.runs:
        right = pair.final(label, "test_score")
        rows.append(_row("image", label, _trained(pair, label, right, right, np.full(len(right), np.nan))))
    return pd.DataFrame(rows).astype({"parameters": "Int64"})


def _trained(race: Race, label: str, score: np.ndarray, right: np.ndarray, skills: np.ndarray) -> Rival:
    """A contestant of a race as a row of the table, with its final score, accuracy and skill (seeds,)."""
    seconds = race.histories[race.places[label][0]].seconds[-1]
    return Rival(float(seconds), score, right, skills, race.network(label).parameters)


def _row(name: str, method: str, each: Rival) -> dict[str, Any]:
    return {
        "domain": name,
        "method": method,
        "measure": DOMAINS[name].measure,
        "score": round(float(each.score.mean()), 4),
        "accuracy": round(float(each.accuracy.mean()), 4),
        "skill": round(float(each.skill.mean()), 4),
        "spread over splits": round(float(each.score.std(ddof=1)), 4) if len(each.score) > 1 else None,
        "splits": len(each.score),
        "parameters": each.parameters,
        "ms to fit": round(1e3 * each.seconds, 1),
    }


def curves(result: Result) -> pd.DataFrame:
    """The measure and losses of every seed after every epoch."""
    frame, pair = result.race.tidy(), result.pictures.race
    frame = frame.assign(measure=np.concatenate([result.curve(name).ravel() for name in result.race.runs]))
    if not pair.runs:
        return frame
    return pd.concat([frame, pair.tidy().assign(measure=lambda each: each["test_score"])], ignore_index=True)
