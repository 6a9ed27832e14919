"""Five misconceptions about backpropagation, each beside an experiment; most are borrowed from other studies."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pandas as pd

from core.nn import ACTIVATIONS
from core.settings import choice, choices, number
from core.studies.contract import STUDIES
from core.studies.misconceptions import biases
from core.studies.misconceptions import formulas as anywhere
from core.studies.misconceptions.biases import Biases
from core.studies.misconceptions.formulas import Anywhere
from core.studies.race import Repeated, Verdict
from core.training import Resting

# The claims of each misconception, and the studies that decide them, with what is changed to keep them short
SECTIONS: dict[str, tuple[tuple[int, ...], dict[str, dict[str, Any]]]] = {
    "one_thing": ((1, 10), {"question": {"rate": "same", "steps": 10, "samples": 40, "width": 6}}),
    "shallow_only": (
        (29, 30),
        {
            "depth": {"dataset": "spirals", "rate": "same", "depths": (1, 3, 20)}
            | {"steps": 250, "width": 10, "samples": 150}
        },
    ),
    "best_weights": (
        (31, 32, 33, 34, 35),
        {
            "minima": {"trials": 40, "widths": (2, 8), "depths": (1, 5), "steps": 300},
            "learning_rate": {"dataset": "circles", "lowest": 0.1, "decades": 2, "schedules": ("cosine_annealing",)}
            | {"layers": 1, "steps": 100},
        },
    ),
    "smooth_only": (
        (37, 38, 39, 40),
        {
            "activations": {"activations": ("sigmoid", "tanh", "relu"), "rate": "same", "lr": 0.3}
            | {"layers": 1, "width": 8, "steps": 40, "depth": 20}
        },
    ),
    "weights_only": ((41, 42), {}),
}


DECIDES: tuple[int, ...] = (10, 32, 41, 42)  # the claims that it can decide


class Settings(Repeated):
    """Which misconceptions, and the network with and without biases."""

    sections: tuple[str, ...] = choices(tuple(SECTIONS), SECTIONS, "Misconceptions", "Tested one after another.")
    shift: float = number(0.9, 0, 2, "Shifted task: threshold", "The answer is whether x, normal around 0, is above.")
    activation: str = choice("tanh", ACTIVATIONS, "Biases: activation", "Of the network with and without biases.")
    width: int = number(8, 1, 64, "Biases: units", "Of its one hidden layer.", work=1)
    steps: int = number(120, 10, 1000, "Biases: updates", "Of each training with and without biases.", work=1)


@dataclass
class Result(Resting):
    """The experiments so far: those of other studies by name, and our own two."""

    settings: Settings
    phase: str = "preparing"
    progress: float = 0.0
    borrowed: dict[str, Any] = field(default_factory=dict)
    anywhere: Anywhere = field(default_factory=Anywhere)
    biases: Biases = field(default_factory=Biases)
    ended: list[str] = field(default_factory=list)  # sections

    @property
    def seeds(self) -> range:
        return range(self.settings.seed, self.settings.seed + self.settings.seeds)


def run(settings: Settings) -> Iterator[Result]:
    """Test the misconceptions in turn, each by the studies it borrows from and by what is its own."""
    result = Result(settings)
    yield result
    for place, section in enumerate(settings.sections):
        result.phase = f"misconception {[*SECTIONS].index(section) + 1}"
        parts = [_borrow(result, name, changes) for name, changes in SECTIONS[section][1].items()]
        parts += [OWN[section](result)] if section in OWN else []
        for k, part in enumerate(parts):
            for share in part:
                result.progress = (place + (k + share) / len(parts)) / len(settings.sections)
                yield result
        result.ended.append(section)
        result.progress = (place + 1) / len(settings.sections)
        yield result


def _borrow(result: Result, name: str, changes: dict[str, Any]) -> Iterator[float]:
    """Run another study, shortened, on our seeds; yields its progress."""
    module = STUDIES[name]
    for inner in module.run(module.Settings(seed=result.settings.seed, seeds=result.settings.seeds, **changes)):
        result.borrowed[name] = inner
        yield inner.progress


def _anywhere(experiment: Callable[[Anywhere, int], None], result: Result) -> Iterator[float]:
    for k, seed in enumerate(result.seeds):
        experiment(result.anywhere, seed)
        yield (k + 1) / len(result.seeds)


def _biases(result: Result) -> Iterator[float]:
    settings = result.settings
    yield from biases.compare(
        result.biases, settings.activation, settings.width, settings.shift, settings.steps, result.seeds
    )


OWN: dict[str, Callable[[Result], Iterator[float]]] = {
    "one_thing": partial(_anywhere, anywhere.differentiate),
    "best_weights": partial(_anywhere, anywhere.repeat),
    "weights_only": _biases,
}


def verdicts(result: Result) -> list[Verdict]:
    """The claims of the sections that have ended, in order."""
    names = [name for section in result.ended for name in SECTIONS[section][1]]
    given = [verdict for name in names for verdict in STUDIES[name].verdicts(result.borrowed[name])]
    given += [anywhere.specific(result.anywhere)] if result.anywhere.formulas else []
    given += [anywhere.deterministic(result.anywhere)] if result.anywhere.repeats else []
    given += biases.verdicts(result.biases) if result.biases.tasks else []
    wanted = [number for section in result.ended for number in SECTIONS[section][0]]
    return [verdict for number in wanted for verdict in given if verdict.number == number]


def table(result: Result) -> pd.DataFrame:
    """One row a claim: its misconception, the outcome and the numbers."""
    section = {number: name for name, (numbers, _) in SECTIONS.items() for number in numbers}
    rows = [
        {
            "misconception": [*SECTIONS].index(section[verdict.number]) + 1,
            "claim": verdict.number,
            "says": verdict.claim,
            "outcome": verdict.outcome,
            "measured": verdict.measured,
        }
        for verdict in verdicts(result)
    ]
    return pd.DataFrame(rows)


def outcome_of(number: int, result: Result) -> str:
    """The outcome of one claim, for the prediction of its section."""
    return next((verdict.outcome for verdict in verdicts(result) if verdict.number == number), "not run")


def curves(result: Result) -> pd.DataFrame:
    """Test scores with and without biases: one row for each task, seed and look; others are on their pages."""
    rows = [
        {"task": name, "step": step, "seed": result.seeds[k % len(result.seeds)], "biases": k < len(result.seeds)}
        | {"test_score": score}
        for name, kept in result.biases.tasks.items()
        for step, each in zip(kept.steps, kept.scores, strict=True)
        for k, score in enumerate(each)
    ]
    return pd.DataFrame(rows, columns=["task", "step", "seed", "biases", "test_score"])
