"""Does holding a network back make it better? Six ways to train it, where samples are few and where they are plenty."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.checks import InputError
from core.data import DATASETS
from core.nn import ACTIVATIONS
from core.nn.decision_map import Plane
from core.settings import Settings as BaseSettings
from core.settings import choice, number
from core.statistics import Difference, paired
from core.studies.race import Outcome, Race, Tuning, Verdict, repeated, tuned, tuning_runs
from core.studies.regularization.noise_columns import ng_verdict, sweep
from core.training import Resting, RunSettings

METHODS = ("none", "l1", "l2", "elastic_net", "dropout", "early_stopping")
PLACES = ("few", "plenty")
PENALTY_STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
TRIED = dict.fromkeys(("l1", "l2", "elastic_net"), PENALTY_STRENGTHS) | {"dropout": (0.1, 0.3, 0.5, 0.7)}
TUNING_SEEDS = 2
ZERO = 0.01  # a weight no larger counts as zero: L1 by plain steps hovers around 0 by about rate times strength


DECIDES: tuple[int, ...] = (48,)  # the claims that it can decide


class Settings(BaseSettings):
    """The two settings, the network, and how strongly it is held back."""

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
        "tuned", ["tuned", "own"], "Strength", "Tuned on data and seeds of its own, or your own choice below."
    )
    l1: float = number(0.03, 0.0001, 1, "Own L1", "Strength of l1 Σ|W|; the elastic net takes it too.", log=True)
    l2: float = number(0.1, 0.0001, 1, "Own L2", "Strength of (l2/2) ΣW²; the elastic net takes it too.", log=True)
    dropout: float = number(0.5, 0.05, 0.9, "Own dropout", "Share of hidden units silenced.", step=0.05)
    patience: int = number(5, 1, 30, "Patience", "Early stopping: looks without a better validation loss; 30 looks.")
    furthest: int = number(
        300, 10, 1000, "Most irrelevant features", "How far the sweep with linear models goes.", work=0.5
    )
    seeds: int = number(
        5, 5, 20, "Seeds", "Paired repetitions: each seed gives all methods the same data and weights.", work=1
    )
    seed: int = number(0, 0, 10_000, "First seed", "Repeats the experiment exactly.")


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
        layers = race.network(label).layers(race.params(label))
        return np.concatenate([layer[..., :-1].ravel() for layer in layers])

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
    plain = {name("none", place): each for place, each in base.items()}
    plain |= {name("early_stopping", p): each.replace(patience=settings.patience) for p, each in base.items()}
    yield from _race(result, plain, 0.2)
    for _ in _tune(result, base, 0.5):
        yield result
    result.phase = "training with penalty"
    held_back = {
        name(method, place): each.replace(**penalties(method, _strength(result, method, place), settings))
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
    run = RunSettings(
        dataset=settings.dataset,
        noise=settings.noise,
        hidden=(settings.width,) * settings.layers,
        activation=settings.activation,
        lr=settings.lr,
        batch_size=settings.batch_size,
        steps=settings.steps,
        frames=30,
    )
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
    own = {"l1": settings.l1, "l2": settings.l2, "dropout": settings.dropout}
    parts = {"elastic_net": ("l1", "l2")}.get(method, (method,))
    return {part: own[part] if strength is None else strength / len(parts) for part in parts}


def _strength(result: Result, method: str, place: str) -> float | None:
    label = name(method, place)
    return result.tuning[label].best if label in result.tuning else None


def _race(result: Result, runs: dict[str, RunSettings], until: float) -> Iterator[Result]:
    """Train these contestants over the seeds, and draw what the first seed's networks have learnt."""
    settings = result.settings
    race = Race({label: repeated(run, settings.seed, settings.seeds) for label, run in runs.items()})
    result.races.append(race)
    labels = list(runs)
    for turn, _ in enumerate(race.advance(result, until)):
        if race.started:
            _draw_map(result, race, labels[turn % len(labels)])
        yield result
    for label in labels:
        _draw_map(result, race, label)
        yield result


def _draw_map(result: Result, race: Race, label: str) -> None:
    """The network on the plane of the first two features, all others 0; of a bundled table, of two components."""
    method, place = label.split(" ")
    if place not in result.planes:
        data = race.data(label)
        first_two = np.eye(data.features)[:2] if DATASETS[data.name].generated and data.features > 1 else None
        result.planes[place] = Plane(data, basis=first_two)
    result.maps[place][method] = result.planes[place].outputs(race.network(label), race.params(label)[0])


def _tune(result: Result, base: dict[str, RunSettings], until: float) -> Iterator[None]:
    """Choose for each method the strength of lowest mean loss on held-out samples, on data of its own."""
    if result.settings.strength == "own":
        return
    result.phase = "tuning the strengths"
    candidates = {
        name(method, place): [run.replace(**penalties(method, strength, result.settings)) for strength in strengths]
        for method, strengths in TRIED.items()
        for place, run in base.items()
    }
    result.trials = race = Race({label: tuning_runs(runs, TUNING_SEEDS) for label, runs in candidates.items()})
    yield from race.advance(result, until)
    race.learnt.clear()  # a choice needs their losses, and nobody their networks
    for label in race.runs:
        result.tuning[label] = tuned(race, label, TRIED[label.split(" ")[0]], "test_loss")


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
                    "gap": float(test - train),
                    "share of zero weights": zeros(result, method, place),
                    "test score": float(result.final(method, place, "test_score").mean()),
                    "gain in test score": str(gain) if method != "none" else "",
                }
            )
    return pd.DataFrame(rows)


def curves(result: Result) -> pd.DataFrame:
    """Every frame of every run: one row for each method, setting, seed and step."""
    measures = ["train_loss", "test_loss", "validation_loss", "train_score", "test_score"]
    return pd.concat([race.tidy(measures) for race in result.races], ignore_index=True)


def helps(result: Result, place: str) -> list[str]:
    """Which of L1 and L2 raised the test score here."""
    return [method for method in ("l1", "l2") if result.gain(method, place).low > 0]


def verdicts(result: Result) -> list[Verdict]:
    """Claim 48, Ng's comparison of L1 and L2, and whether dropout and early stopping do as well."""
    return [_generalizes(result), ng_verdict(result.sweep), _others(result)]


def _generalizes(result: Result) -> Verdict:
    helped = {place: helps(result, place) for place in PLACES}
    hurt = [m for place in PLACES for m in ("l1", "l2") if result.gain(m, place).high < 0]
    outcome: Outcome = "not decided by this run"
    if all(helped.values()):
        outcome = "holds"
    elif any(helped.values()):
        outcome = "holds with caveats"
    elif hurt:
        outcome = "does not hold"
    measured = f"Over {result.settings.seeds} paired seeds. " + " ".join(
        f"{where(result, place)}: gap without {_gap(result, 'none', place):.3f}; test score "
        + "; ".join(
            f"with {m} minus without {result.gain(m, place).brief}, gap {_gap(result, m, place):.3f}"
            for m in ("l1", "l2")
        )
        + "."
        for place in PLACES
    )
    return Verdict(
        48,
        "L1 and L2 regularization improve generalization",
        "test score with L1 or L2 minus without, paired over seeds, an interval above zero being help: helped in both "
        "settings: holds; in one: holds with caveats; in none, and one of them hurt: does not hold. These are four "
        "comparisons at 95 %, so that about one page in ten shows a help or harm by chance somewhere.",
        outcome,
        measured,
        "Ng 2004",
    )


def where(result: Result, place: str) -> str:
    """The setting in words."""
    settings, race = result.settings, result.race("none", place)
    assert race is not None
    rows = len(race.data(name("none", place)).X_train)
    return f"{rows} samples" + (
        f" with {settings.irrelevant} irrelevant features" if place == "few" else ", none added"
    )


def _gap(result: Result, method: str, place: str) -> float:
    """Mean test loss minus training loss."""
    return float((result.final(method, place, "test_loss") - result.final(method, place, "train_loss")).mean())


def _others(result: Result) -> Verdict:
    gains = {(m, p): result.gain(m, p) for p in PLACES for m in ("elastic_net", "dropout", "early_stopping")}
    outcome: Outcome = "not decided by this run"
    if any(gain.high < 0 for gain in gains.values()):
        outcome = "does not hold"
    elif any(gain.low > 0 for gain in gains.values()):
        outcome = "holds"
    listed = "; ".join(f"{m.replace('_', ' ')}, {p}: {gain.brief}" for (m, p), gain in gains.items())
    return Verdict(
        0,
        "elastic net, dropout and early stopping help, or at least do no harm",
        "gain in test score over no regularization, paired: one below zero: does not hold; else one above zero: holds.",
        outcome,
        f"Over {result.settings.seeds} paired seeds: {listed}. Early stopping trains on 80 % of the samples and judges "
        "by the rest; its score is that of the restored weights.",
        "Prechelt 1998; Srivastava et al. 2014; Zou & Hastie 2005",
    )


def outcome(result: Result) -> str:
    """Where L1 or L2 raised the test score, for the prediction."""
    few, plenty = (bool(helps(result, place)) for place in PLACES)
    return {
        (True, True): "in both",
        (True, False): "only with few samples",
        (False, True): "only with plenty",
        (False, False): "in neither",
    }[few, plenty]
