"""The playground as a study: its settings, and two runs compared over paired seeds."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.data import Dataset
from core.playground.playground import Playground
from core.playground.settings import Settings as Chosen
from core.settings import choice, number, told
from core.statistics import paired
from core.studies.contract import Finding, Quantity
from core.studies.playground.lessons import LESSONS
from core.studies.race import SLICE
from core.studies.rules import Rules, Told
from core.training import History, Trainer

CONTROLS = tuple(Chosen.model_fields)
BESIDE = ("lesson", "table", "seeds")  # settings without effect on a run
MOST_EPOCHS = 200  # maximum updates of each run of a comparison
SEEDS = 10_001  # largest seed of the settings; the next one is 0
RULES = Rules(__name__)


class Settings(Chosen):
    """The settings of a run, and those of the page."""

    lesson: str = choice("none", ["none", *LESSONS], "Lesson", "A guided exercise, which chooses the initial settings.")
    table: str = told("Table", "The table to learn from if the data are your own: name, target, columns.")
    seeds: int = number(5, 5, 20, "Seeds", "Pairs of runs in a comparison, each pair with its own data and weights.")


@dataclass
class Comparison:
    """Two settings, trained over the same seeds for the same number of epochs; final losses and scores (seeds,)."""

    pair: tuple[Chosen, Chosen]  # the pinned one first
    seeds: int
    epochs: float
    progress: float = 0.0
    phase: str = "training pairs"
    losses: list[np.ndarray] = field(default_factory=list)
    scores: list[np.ndarray] = field(default_factory=list)


def compare(pinned: Chosen, now: Chosen, seeds: int, epochs: float, own: Dataset | None = None) -> Iterator[Comparison]:
    """Train both over `seeds` seeds; yields every 20 ms. With own data, seeds differ only in weights and batches.

    Raises InputError for inconsistent settings.
    """
    result = Comparison((pinned, now), seeds, min(epochs, MOST_EPOCHS))
    yield result
    for place, settings in enumerate(result.pair):
        trainer = _trainer(settings, result, own if settings.dataset == "own" else None)
        total, deadline = trainer.runs[0].steps, time.perf_counter() + SLICE
        frames = []
        for frame in trainer.work():
            frames += [frame] if frame else []
            if time.perf_counter() > deadline:
                result.progress = (place + trainer.step / max(1, total)) / 2.001
                yield result
                deadline = time.perf_counter() + SLICE
        history = History.of(frames)
        result.losses.append(history.test_loss[-1])
        result.scores.append(history.test_score[-1])
    result.progress = 1.0
    yield result


def _trainer(settings: Chosen, result: Comparison, own: Dataset | None) -> Trainer:
    """All seeds of one side as a stack, trained for the given epochs."""
    first = settings.run()
    updates = Trainer([first], own)
    steps = max(1, round(result.epochs * updates.train.size / updates.batches.size))
    run = settings.run(steps).replace(frames=1, patience=0)
    runs = [
        run.replace(seed=(run.seed + k) % SEEDS, data_seed=(run.data_seed + k) % SEEDS) for k in range(result.seeds)
    ]
    return Trainer(runs, own)


def findings(result: Playground) -> list[Finding]:
    """Empty, since a single run decides nothing."""
    return []


@RULES.rule("real")
def compared(result: Comparison) -> Told:
    """Whether the difference of the two test losses exceeds chance."""
    pinned, now = result.losses
    found, score = paired(now, pinned), paired(result.scores[1], result.scores[0])
    lost = result.seeds - found.pairs
    left_out = f" {lost} of {result.seeds} pairs are left out because one of their runs diverged." if lost else ""
    yield Quantity.of("difference", found)
    yield Quantity.of("difference in test score", score)
    yield {"missing": f"Fewer than two pairs of runs ended with a finite loss.{left_out}" if found.pairs < 2 else ""}
    yield {"epochs": f"{result.epochs:.3g}", "lost": left_out}


def differing(pinned: Chosen, now: Chosen) -> dict[str, tuple[object, object]]:
    """The settings in which two runs differ: name -> (pinned, current)."""
    pairs = {name: (getattr(pinned, name), getattr(now, name)) for name in CONTROLS}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def table(result: Playground) -> pd.DataFrame:
    """The network beside its baselines: the score on the test samples."""
    scores = {"network": float(result.present.test_score[0])} | result.baselines()
    return pd.DataFrame({"model": list(scores), f"test {result.score}": list(scores.values())})


def curves(result: Playground) -> pd.DataFrame:
    """Every look as one row: step, epoch, losses without the penalty, the penalty, and the scores."""
    history = result.history
    names = ["train_loss", "test_loss", "validation_loss", "penalty", "train_score", "test_score", "validation_score"]
    return pd.DataFrame(
        {"step": history.step, "epoch": history.epoch} | {name: getattr(history, name)[:, 0] for name in names}
    )
