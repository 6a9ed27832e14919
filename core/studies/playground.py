"""The playground as a study: its settings, lessons that the run itself checks, and two runs compared over seeds."""

import operator
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple

import numpy as np
import pandas as pd
from pydantic import BeforeValidator

from core.checks import tuples
from core.data import Dataset
from core.playground.playground import Playground, run
from core.playground.settings import Settings as Chosen
from core.settings import choice, number, told
from core.statistics import paired
from core.studies.claims import declared
from core.studies.contract import Finding, Told
from core.studies.race import SLICE
from core.studies.rules import Rules
from core.training import Trainer

__all__ = ["LESSONS", "PATH", "RULES", "Settings", "compare", "compared", "curves", "findings", "run", "table"]

CONTROLS = tuple(Chosen.model_fields)
BESIDE = ("lesson", "table", "seeds")  # settings without effect on a run
MOST_EPOCHS = 200  # maximum updates of each run of a comparison
SEEDS = 10_001  # largest seed of the settings; the next one is 0
SPREAD = 20  # looks at the end of a run over which its loss is seen to jump
COMPARED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "is": operator.eq}
RULES = Rules(__name__)

Values = Annotated[dict[str, Any], BeforeValidator(tuples)]


class Check(NamedTuple):
    """Whether a task is done, with one sentence that says why."""

    done: bool
    sentence: str


class Step(NamedTuple):
    """A condition of a task, as in `Measured.meets`, and what is said of it."""

    told: str
    met: str = ""


class Measured(dict[str, Any]):
    """What a lesson can ask of a run, measured once: one of MEASURES, a setting, or an attribute of the run."""

    def __init__(self, run: Playground):
        super().__init__()
        self.run = run

    def __missing__(self, name: str) -> Any:
        known = self.run.settings if name in CONTROLS else self.run
        found = self[name] = MEASURES[name](self.run) if name in MEASURES else getattr(known, name)
        return found

    def meets(self, conditions: str) -> bool:
        """Whether all conditions are met, such as "units <= 4, different >= units"; the empty text has none."""
        for condition in filter(None, conditions.split(", ")):
            name, compared, value = condition.split()
            found, other = self[name], self[value] if value in MEASURES else value
            if not COMPARED[compared](found, other if isinstance(found, str) else float(other)):
                return False
        return True


@dataclass(frozen=True)
class Lesson:
    """An exercise: a prediction, a task, hints and a solution, on the part of the article that `heading` names.

    It starts with the settings `start`, with all biases `frozen` at 0 if so. change: the settings that solve it, if
    settings do. after: share of the run that must be done before it answers the prediction, and known: what else must
    be so. right: by choice, when it is the correct one; the first of which that is so. steps: of the task, in order.
    minutes: planned time for a newcomer.
    """

    title: str
    heading: str
    minutes: int
    question: str
    choices: tuple[str, ...]
    right: tuple[str, ...]
    task: str
    steps: tuple[Step, ...]
    hints: tuple[str, ...]
    solution: str
    start: Values
    change: Values = field(default_factory=dict)
    after: float = 0.5
    known: str = ""
    frozen: bool = False

    def prepare(self, run: Playground) -> None:
        """Freeze what the lesson freezes."""
        if self.frozen:
            for layer in run.network.unpack(run.frozen):
                layer.b[...] = True
            run.trainer.held = np.flatnonzero(run.frozen)

    def measured(self, run: Playground) -> str | None:
        """The correct one of the choices; None while nobody can tell, and for a run that is not the lesson's."""
        asked, found = Chosen(**self.start), Measured(run)
        other = {each for each in CONTROLS if getattr(run.settings, each) != getattr(asked, each)}
        if other - {"seed", "data_seed"} or run.progress < self.after or (self.frozen and not run.frozen.any()):
            return None
        if not found.meets(self.known):
            return None
        return next(each for each, right in zip(self.choices, self.right, strict=True) if found.meets(right))

    def check(self, run: Playground) -> Check:
        """Whether the task is done: all its steps are."""
        found = Measured(run)
        open_step = next((each for each in self.steps if not found.meets(each.met)), None)
        said = (open_step or self.steps[-1]).told.format_map(found)
        return Check(open_step is None, f"{'Not yet' if open_step else 'Done'}: {said}.")


def _finite(value: float) -> float:
    """A loss; infinite for a run that diverged."""
    return float(np.nan_to_num(value, nan=np.inf))


@np.errstate(all="ignore")
def _jumps(run: Playground) -> float:
    """Standard deviation of the logarithm of the training loss over the last looks; infinite if it diverged."""
    return _finite(np.log(run.history.train_loss[-SPREAD:, 0]).std())


def _rise(losses: np.ndarray) -> float:
    """How far a loss has risen above its lowest value and a tenth more."""
    return float(losses[-1] - 1.1 * losses.min())


def _cut_unit(run: Playground) -> int:
    """A unit of the first hidden layer whose outgoing weights are all 0, counted from 1; 0 if there is none."""
    above = list(run.network.unpack(run.params))[1:]
    cut = np.flatnonzero(~above[0].W.any(axis=0)) if above else np.empty(0)
    return int(cut[0]) + 1 if len(cut) else 0


def _cut_gradient(run: Playground) -> np.ndarray:
    """The gradient of the weights into that unit, and of its bias."""
    W, b = run.inside().gradients[0]
    return np.append(W[_cut_unit(run) - 1], b[_cut_unit(run) - 1])


def _lead(run: Playground, first: int, second: int) -> float:
    """How far the delta of one layer exceeds ten times that of another."""
    deltas = run.inside().delta_norms
    return float(deltas[first] - 10 * deltas[second])


def _first_layer(run: Playground) -> np.ndarray:
    """The weights and the bias of each unit or filter of the first layer, one row each."""
    W, b = run.network.unpack(run.params)[0]
    return np.column_stack([W.reshape(len(b), -1), b])


MEASURES: dict[str, Callable[[Playground], Any]] = {
    "score": lambda run: float(np.nan_to_num(run.present.test_score[0])),  # of the test samples, 0 if it diverged
    "loss": lambda run: _finite(run.present.train_loss[0]),
    "test_loss": lambda run: _finite(run.present.test_loss[0]),
    "lowest": lambda run: float(np.nanmin(run.history.test_loss)),
    "excess": lambda run: _finite(run.present.test_loss[0]) - 1.1 * float(np.nanmin(run.history.test_loss)),
    "jumps": _jumps,
    "rises": lambda run: float((np.diff(run.history.train_loss[:, 0]) > 0).mean()),  # share of the looks
    "training_rise": lambda run: _rise(run.history.train_loss[:, 0]),
    "test_rise": lambda run: _rise(run.history.test_loss[:, 0]),
    "looks": lambda run: len(run.frames),
    "moved": lambda run: float((run.params != run.initial_params).mean()),  # share of the weights
    "gradient": lambda run: float(np.linalg.norm(run.inside().gradient_norms)),
    "first_lead": lambda run: _lead(run, 0, -1),
    "last_lead": lambda run: _lead(run, -1, 0),
    "dead": lambda run: float(run.inside().dead.max(initial=0)),  # the largest share in a hidden layer
    "units": lambda run: sum(run.settings.hidden),
    "layers": lambda run: len(run.settings.hidden),
    "first_units": lambda run: len(run.network.unpack(run.params)[0].b),
    "different": lambda run: len(np.unique(_first_layer(run), axis=0)),
    "activation": lambda run: " ".join(run.settings.activations),
    "free_biases": lambda run: sum(np.count_nonzero(b == 0) for _, b in run.network.unpack(run.frozen)),
    "cut": _cut_unit,
    "cut_parameters": lambda run: len(_cut_gradient(run)),
    "cut_gradients": lambda run: np.count_nonzero(_cut_gradient(run)),
}
LESSONS: dict[str, Lesson] = declared(dict[str, Lesson], __file__, "lessons")
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


def compare(
    pinned: Chosen, now: Chosen, seeds: int, epochs: float, own: Sequence[Dataset | None] = (None, None)
) -> Iterator[Comparison]:
    """Train both over `seeds` seeds; yields every 20 ms. With own data, seeds differ only in weights and batches.

    own: the data of each, if they are the visitor's own. Raises InputError for inconsistent settings.
    """
    result = Comparison((pinned, now), seeds, min(epochs, MOST_EPOCHS))
    yield result
    for place, (settings, source) in enumerate(zip(result.pair, own, strict=True)):
        trainer = _trainer(settings, result, source)
        total, deadline = trainer.runs[0].steps, time.perf_counter() + SLICE
        last: Any = None
        for frame in trainer.work():
            last = frame or last
            if time.perf_counter() > deadline:
                result.progress = (place + trainer.step / max(1, total)) / 2.001
                yield result
                deadline = time.perf_counter() + SLICE
        result.losses.append(last.test_loss)
        result.scores.append(last.test_score)
    result.progress = 1.0
    yield result


def _trainer(settings: Chosen, result: Comparison, own: Dataset | None) -> Trainer:
    """All seeds of one side as a stack, trained for the given epochs."""
    first = settings.run()
    updates = Trainer([first], own)
    steps = max(1, round(result.epochs * updates.train.size / updates.batches.size))
    run = settings.run(steps).replace(frames=1, patience=0)
    pairs = [((run.seed + k) % SEEDS, (run.data_seed + k) % SEEDS) for k in range(result.seeds)]
    return Trainer([run.replace(seed=seed, data_seed=data_seed) for seed, data_seed in pairs], own)


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
