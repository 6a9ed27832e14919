"""The playground as a study: its settings, lessons that the run itself checks, and two runs compared over seeds."""

import time
from bisect import bisect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, NamedTuple

import numpy as np
import pandas as pd
from pydantic import BeforeValidator

from core.data import Dataset
from core.playground.playground import Playground, run
from core.playground.settings import Settings as Chosen
from core.settings import choice, number, told
from core.statistics import paired
from core.studies.contract import Finding, Told
from core.studies.declared import declared
from core.studies.race import SLICE
from core.studies.rules import Rules
from core.sweep.settings import tuples
from core.training import History, Trainer

__all__ = ["LESSONS", "PATH", "RULES", "Settings", "compare", "compared", "curves", "findings", "run", "table"]

CONTROLS = tuple(Chosen.model_fields)
BESIDE = ("lesson", "table", "seeds")  # settings without effect on a run
MOST_EPOCHS = 200  # maximum updates of each run of a comparison
SEEDS = 10_001  # largest seed of the settings; the next one is 0
SPREAD = 20  # looks at the end of a run over which its loss is seen to jump
RIGHT = 0.9  # test accuracy that a task asks for
CALM = 0.02  # jumps of a loss that is called smooth
FEW = 4  # hidden units that are enough for a ring
RULES = Rules(__name__)

Values = Annotated[dict[str, Any], BeforeValidator(tuples)]
Steps = Iterable[tuple[bool, str]]  # whether a condition of a task is met, and what is said of it


class Check(NamedTuple):
    """Whether a task is done, with one sentence that says why."""

    done: bool
    sentence: str


@dataclass(frozen=True)
class Lesson:
    """An exercise: a prediction, a task, hints and a solution, on the part of the article that `heading` names.

    It starts with the settings `start`, with all biases `frozen` at 0 if so. change: the settings that solve it, if
    settings do. after: share of the run that must be done before it answers the prediction. minutes: planned time for
    a newcomer.
    """

    title: str
    heading: str
    minutes: int
    question: str
    choices: tuple[str, ...]
    task: str
    hints: tuple[str, ...]
    solution: str
    start: Values
    change: Values = field(default_factory=dict)
    after: float = 0.5
    frozen: bool = False
    name: str = ""

    def prepare(self, run: Playground) -> None:
        """Freeze what the lesson freezes."""
        if self.frozen:
            for layer in run.network.unpack(run.frozen):
                layer.b[...] = True
            run.trainer.held = np.flatnonzero(run.frozen)

    def measured(self, run: Playground) -> str | None:
        """The correct one of the choices; None while nobody can tell, and for a run that is not the lesson's."""
        asked = Chosen(**self.start)
        other = {each for each in CONTROLS if getattr(run.settings, each) != getattr(asked, each)}
        if other - {"seed", "data_seed"} or run.progress < self.after or (self.frozen and not run.frozen.any()):
            return None
        place = PREDICTED[self.name](run)
        return None if place is None else self.choices[place]

    def check(self, run: Playground) -> Check:
        """Whether the task is done: all its conditions are met."""
        told = ""
        for met, told in TASKS[self.name](run):
            if not met:
                return Check(False, f"Not yet: {told}.")
        return Check(True, f"Done: {told}.")


def jumps(run: Playground) -> float:
    """Standard deviation of the logarithm of the training loss over the last looks; infinite if it diverged."""
    with np.errstate(all="ignore"):
        return float(np.nan_to_num(np.log(run.history.train_loss[-SPREAD:, 0]).std(), nan=np.inf))


def dead(run: Playground) -> float:
    """The largest share of dead units in a hidden layer."""
    return float(run.inside().dead.max(initial=0))


def score(run: Playground) -> float:
    """The present score on the test samples; 0 for a run that diverged."""
    return float(np.nan_to_num(run.present.test_score[0]))


def different(run: Playground) -> int:
    """The number of different units in the first layer."""
    return len(np.unique(np.column_stack(run.network.unpack(run.params)[0]), axis=0))


def cut_unit(run: Playground) -> int | None:
    """A unit of the first hidden layer whose outgoing weights are all 0; None if there is none."""
    above = list(run.network.unpack(run.params))[1:]
    cut = np.flatnonzero(~above[0].W.any(axis=0)) if above else np.empty(0)
    return int(cut[0]) if len(cut) else None


def gradients_into(run: Playground, unit: int) -> np.ndarray:
    """The gradient of the weights into a unit of the first hidden layer, and of its bias."""
    W, b = run.inside().gradients[0]
    return np.append(W[unit], b[unit])


def _changed_weights(run: Playground) -> int | None:
    moved = float((run.params != run.initial_params).mean())
    return None if run.step or run.operation != "update" else bisect((1e-9, 1), moved)


def _share_right(run: Playground) -> int:
    return bisect((0.625, 0.875), score(run))


def _enough(run: Playground) -> int:
    return int(score(run) <= RIGHT)


def _cut_gradient(run: Playground) -> int | None:
    cut = cut_unit(run)
    return None if cut is None or run.operation != "update" else int(gradients_into(run, cut).any())


def _largest_delta(run: Playground) -> int | None:
    """The largest by more than a factor of ten."""
    if not run.step:
        return None
    first, last = run.inside().delta_norms[[0, -1]]
    return 1 if last > 10 * first else 0 if first > 10 * last else 2


def _rising_loss(run: Playground) -> int | None:
    """A loss has risen if it is a tenth above its lowest value."""
    losses = run.history.train_loss[:, 0], run.history.test_loss[:, 0]
    training, test = (bool(each[-1] > 1.1 * each.min()) for each in losses)
    return None if run.by_hand else [[3, 1], [0, 2]][training][test]


# By lesson: the place of the correct choice, None while it cannot be told
PREDICTED: dict[str, Callable[[Playground], int | None]] = {
    "two_halves": _changed_weights,
    "one_line": _share_right,
    "going_back": _cut_gradient,
    "rate_too_high": lambda run: bisect((0.1, np.inf), jumps(run)),
    "batch_noise": lambda run: bisect((0.1, 0.35), float((np.diff(run.history.train_loss[:, 0]) > 0).mean())),
    "xor": _enough,
    "vanishing": _largest_delta,
    "overfitting": _rising_loss,
    "symmetry": lambda run: int(different(run) == 1),
    "biases": _share_right,
    "dead_units": lambda run: bisect((1e-9, 0.501), dead(run)),
    "momentum": _enough,
}


def _above(run: Playground) -> tuple[bool, str]:
    """The test score is above RIGHT."""
    return score(run) > RIGHT, f"{score(run):.0%} of the test samples are right; more than {RIGHT:.0%} counts"


def _stopped_before_update(run: Playground) -> Steps:
    at = run.operation
    yield at == "update", f"the next operation is {at}. Stop when the next one is update"
    norm = float(np.linalg.norm(run.inside().gradient_norms))
    yield True, f"the gradient is known, its norm is {norm:.3g}, and the optimizer has not moved yet"


def _ring(run: Playground) -> Steps:
    units, data = sum(run.settings.hidden), run.settings.dataset
    told = f"the network has {units} hidden units on {data}, but the task asks for 1 to {FEW} on circles"
    yield data == "circles" and 0 < units <= FEW, told
    yield _above(run)


def _unit_cut_off(run: Playground) -> Steps:
    cut = cut_unit(run)
    yield cut is not None, "no unit of the first layer has the weight 0 on all its outgoing links"
    unit = cut or 0
    yield run.operation == "update", f"unit {unit + 1} is cut off. Press Operation until backward is done"
    slopes = gradients_into(run, unit)
    yield not slopes.any(), f"the weights into unit {unit + 1} still have a gradient"
    yield True, f"no error comes back to unit {unit + 1}, so its {len(slopes)} parameters have the gradient 0"


def _calmed(run: Playground) -> Steps:
    loss = float(np.nan_to_num(run.present.train_loss[0], nan=np.inf))
    lowered = run.settings.lr < 10 and run.settings.dataset == "circles"
    yield lowered, f"the training loss is {loss:.3g}, so lower the learning rate"
    yield loss < 0.1, f"the training loss is {loss:.3g}; below 0.1 counts"


def _smooth(run: Playground) -> Steps:
    size, spread = run.settings.batch_size, jumps(run)
    longer = size > 1 and len(run.frames) >= SPREAD
    yield longer, f"the batch size is {size}. Increase it and continue training"
    yield spread < CALM, f"the last points vary by {spread:.1%}; below {CALM:.0%} counts"


def _all_layers(run: Playground) -> Steps:
    layers = len(run.settings.hidden)
    yield layers >= 8, f"the network has {layers} hidden layers, but the task asks for 8"
    yield _above(run)


def _stays_down(run: Playground) -> Steps:
    lowest, now = float(np.nanmin(run.history.test_loss)), float(np.nan_to_num(run.present.test_loss[0], nan=np.inf))
    told = f"the test loss is {now:.3g}, and its lowest was {lowest:.3g}"
    yield run.progress >= 0.99, f"{told}; the end of the run counts"
    yield now <= 1.1 * lowest, f"{told}; a tenth above it is allowed"


def _symmetry_broken(run: Playground) -> Steps:
    units, kinds = len(run.network.unpack(run.params)[0].b), different(run)
    yield kinds == units, f"of {units} units in the first layer, only {kinds} are different"
    yield _above(run)


def _alive(run: Playground) -> Steps:
    kept = run.settings.activations == ("relu",) and run.progress >= 0.25
    yield kept, "train the ReLU network for a quarter of its epochs"
    yield dead(run) <= 0.5, f"{dead(run):.0%} of the units of a layer are dead"
    yield _above(run)


TASKS: dict[str, Callable[[Playground], Steps]] = {
    "two_halves": _stopped_before_update,
    "one_line": _ring,
    "going_back": _unit_cut_off,
    "rate_too_high": _calmed,
    "batch_noise": _smooth,
    "xor": lambda run: [(run.settings.dataset == "xor", "the data must be XOR"), _above(run)],
    "vanishing": _all_layers,
    "overfitting": _stays_down,
    "symmetry": _symmetry_broken,
    "biases": lambda run: [
        (any((b == 0).any() for _, b in run.network.unpack(run.frozen)), "all biases are frozen at 0"),
        _above(run),
    ],
    "dead_units": _alive,
    "momentum": lambda run: [(run.settings.dataset == "spirals", "the data must be the spirals"), _above(run)],
}

LESSONS = {name: replace(each, name=name) for name, each in declared(dict[str, Lesson], __file__, "lessons").items()}
PATH = tuple(LESSONS)[:8]  # the path for newcomers; the other lessons follow


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
    yield {"difference": found, "difference in test score": score}
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
