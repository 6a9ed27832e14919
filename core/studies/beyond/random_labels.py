"""Random labels: the network that reads digits also memorizes labels that mean nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from core.data import DATASETS, Dataset, load_dataset, stream
from core.nn import ACTIVATIONS
from core.settings import choice, number, numbers
from core.statistics import interval
from core.studies.beyond.descent import tidy
from core.studies.contract import TOO_CLOSE, Quantity, Told
from core.studies.race import Growing, Repeated, median, repeated, training
from core.studies.rules import Rules
from core.training import History, Trainer

FITTED = 0.99  # training score at which labels are memorized
CHANCE = 0.1  # a test score this far above chance is none
TEST = 400
LABELS = 104  # purpose of the stream that draws them
ALL, SOME, NONE = "all of them", "some of them", "hardly more than by guessing"
RULES = Rules(__name__)
findings = RULES.findings


class Settings(Repeated):
    """The network, the labels, and how long it trains."""

    dataset: str = choice(
        "digits", [name for name, each in DATASETS.items() if each.task == "classes"], "Data", "Its true labels."
    )
    shares: tuple[float, ...] = numbers((0.0, 0.5, 1.0), 0, 1, "Shares of random labels", "0: true. 1: all random.")
    activation: str = choice("relu", ACTIVATIONS, "Activation", "Of every hidden unit.")
    samples: int = number(500, 50, 1300, "Training samples", "Labels to learn.", work=1)
    width: int = number(128, 1, 512, "Hidden units", "Of the one hidden layer.", work=1)
    lr: float = number(0.05, 1e-4, 1, "Learning rate", "Of momentum, the same for all labels.", log=True)
    batch_size: int = number(50, 1, 512, "Batch size", "Samples behind one gradient.")
    epochs: int = number(100, 5, 400, "Epochs", "Passes over the training samples.", work=1)


def _large(settings: Settings) -> bool:
    """Whether the network has a parameter for each label."""
    data = load_dataset(settings.dataset, settings.samples, TEST)
    return settings.width * (data.features + 1 + data.outputs) + data.outputs >= len(data.X_train)


@dataclass
class Result(Growing):
    """The trainings so far; their runs are seeds within shares."""

    history: History = field(default_factory=History)
    classes: int = 2

    def scores(self, part: str) -> np.ndarray:
        """Scores (frames, shares, seeds) of "train" or "test"; 0 where a run diverged."""
        found = np.nan_to_num(getattr(self.history, f"{part}_score"))
        return found.reshape(-1, len(self.settings.shares), self.settings.seeds)

    def end(self, part: str, share: float) -> np.ndarray:
        """Final scores (seeds,) with this share of random labels."""
        return self.scores(part)[-1, self.settings.shares.index(share)]

    def fitted(self, place: int) -> np.ndarray:
        """Updates (seeds,) until the labels of the share at this place are memorized; infinite for never."""
        known = self.scores("train")[:, place] >= FITTED
        return np.where(known.any(axis=0), self.history.step[known.argmax(axis=0)].astype(float), np.inf)

    @RULES.rule("memorized", {"shares": lambda s: {0.0, 1.0} <= {*s.shares}, "small": _large})
    def _memorized(self) -> Told:
        ends = {(part, share): interval(self.end(part, share)) for part in ("train", "test") for share in (0.0, 1.0)}
        chance, learnt = 1 / self.classes, ends["train", 1.0]
        yield Quantity.of("training, random", learnt, "share", "at least", FITTED)
        yield Quantity.of("training, true", ends["train", 0.0], "share", "at least", FITTED)
        yield Quantity.of("test, random", ends["test", 1.0], "share", "below", chance + CHANCE)
        yield Quantity.of("test, true", ends["test", 0.0], "share", "above", chance + CHANCE)
        yield Quantity.of("chance", chance, "share")
        more, no_more = learnt.low > chance + CHANCE, learnt.high < chance + CHANCE
        yield {"amount": SOME if more else NONE if no_more else TOO_CLOSE}


def corrupted(data: Dataset, share: float, seed: int) -> Dataset:
    """The data with this share of its training labels replaced by classes drawn at random, the true one among them."""
    rng, y = stream(seed, LABELS), data.y_train.copy()
    places = rng.permutation(len(y))[: round(share * len(y))]
    y[places] = rng.integers(0, data.outputs, len(y))[: len(places)]
    y.flags.writeable = False
    return replace(data, y_train=y)


def run(settings: Settings) -> Iterator[Result]:
    """Train the same network on true, partly random and random labels."""
    result = Result(settings, "training")
    yield result
    shared = {"initializer": "kaiming", "optimizer": "momentum", "frames": 40, "dtype": "float32"}
    base = training(settings, (settings.width,), train=settings.samples, test=TEST, **shared)
    runs = repeated(base, settings.seed, settings.seeds)
    tables = []
    for each in runs:
        tables.append(each.data())
        yield result
    result.classes, rows = tables[0].outputs, len(tables[0].X_train)
    steps = settings.epochs * -(-rows // min(settings.batch_size, rows))
    own = [corrupted(t, share, run.seed) for share in settings.shares for t, run in zip(tables, runs, strict=True)]
    trainer = Trainer([run.replace(steps=steps) for run in runs] * len(settings.shares), own)
    yield result
    for frame in trainer.work():
        if frame is not None:
            result.history.append(frame)
            result.progress = min(0.99, frame.step / steps)
        yield result
    yield result.complete()


def table(result: Result) -> pd.DataFrame:
    """One row for each share of random labels: final scores, and updates until they are known; medians over seeds."""
    return pd.DataFrame(
        {
            "random labels": share,
            "final training score": float(np.median(result.end("train", share))),
            "final test score": float(np.median(result.end("test", share))),
            f"runs that reach {FITTED:g}": f"{np.isfinite(result.fitted(k)).sum()} of {result.settings.seeds}",
            "updates until then": median(result.fitted(k)),
        }
        for k, share in enumerate(result.settings.shares)
    )


def curves(result: Result) -> pd.DataFrame:
    """One row for each share, seed and frame."""
    axes: dict[str, Any] = {"step": result.history.step, "random labels": result.settings.shares, "seed": result.seeds}
    return tidy(axes, train_score=result.scores("train"), test_score=result.scores("test"))
