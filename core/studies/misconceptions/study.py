"""Five misconceptions about backpropagation, each beside an experiment; most are borrowed from other studies."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import pandas as pd

from core.nn import ACTIVATIONS
from core.settings import choice, choices, number
from core.studies.contract import STUDIES, Finding
from core.studies.misconceptions import biases, formulas
from core.studies.misconceptions.biases import Biases
from core.studies.misconceptions.formulas import Differences
from core.studies.race import Repeated
from core.training import Resting


class Section(NamedTuple):
    """A misconception: the claims on it, and the studies that decide them, with the settings that keep them short."""

    claims: tuple[int, ...]
    studies: dict[str, dict[str, Any]]


SECTIONS: dict[str, Section] = {
    "one_thing": Section((1, 10), {"question": {"rate": "same", "steps": 10, "samples": 40, "width": 6}}),
    "shallow_only": Section(
        (29, 30),
        {
            "depth": {"dataset": "spirals", "rate": "same", "depths": (1, 3, 20)}
            | {"steps": 250, "width": 10, "samples": 150}
        },
    ),
    "best_weights": Section(
        (31, 32, 33, 34, 35),
        {
            "minima": {"trials": 40, "widths": (2, 8), "depths": (1, 5), "steps": 300},
            "learning_rate": {"dataset": "circles", "lowest": 0.01, "decades": 3, "schedules": ("cosine_annealing",)}
            | {"layers": 1, "steps": 100},
        },
    ),
    "smooth_only": Section(
        (37, 38, 39, 40),
        {
            "activations": {"activations": ("sigmoid", "tanh", "relu"), "rate": "same", "lr": 0.3}
            | {"layers": 1, "width": 8, "steps": 40, "depth": 20}
        },
    ),
    "weights_only": Section((41, 42, 51), {}),
}
RULES = (
    formulas.SPECIFIC,
    formulas.DETERMINISTIC,
    biases.UPDATES,
    biases.ESSENTIAL,
    biases.CONTROL,
)  # the others are borrowed


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
    differences: Differences = field(default_factory=Differences)
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
        parts = [_borrow(result, name, changes) for name, changes in SECTIONS[section].studies.items()]
        parts += [OWN[section](result)] if section in OWN else []
        for k, part in enumerate(parts):
            for share in part:
                result.progress = (place + (k + share) / len(parts)) / len(settings.sections)
                yield result
        result.ended.append(section)
        result.progress = (place + 1) / len(settings.sections)
        yield result


def _borrow(result: Result, name: str, changes: dict[str, Any]) -> Iterator[float]:
    """Run another study, shortened, on our seeds, or on as many as it has of its own; yields its progress."""
    module = STUDIES[name]
    settings = module.Settings(seed=result.settings.seed, **changes)
    for inner in module.run(settings.replace(seeds=max(settings.seeds, result.settings.seeds))):
        result.borrowed[name] = inner
        yield inner.progress


def _differences(experiment: Callable[[Differences, int], None], result: Result) -> Iterator[float]:
    for k, seed in enumerate(result.seeds):
        experiment(result.differences, seed)
        yield (k + 1) / len(result.seeds)


OWN: dict[str, Callable[[Result], Iterator[float]]] = {
    "one_thing": partial(_differences, formulas.differentiate),
    "best_weights": partial(_differences, formulas.repeat),
    "weights_only": lambda result: biases.compare(result.biases, result.settings, result.seeds),
}


def findings(result: Result) -> list[Finding]:
    """One for each claim of the sections that have ended, in order."""
    studies = [name for section in result.ended for name in SECTIONS[section].studies]
    found = [finding for name in studies for finding in STUDIES[name].findings(result.borrowed[name])]
    found += [formulas.specific(result.differences)] if result.differences.formulas else []
    found += [formulas.deterministic(result.differences)] if result.differences.repeats else []
    found += biases.findings(result.biases) if "weights_only" in result.ended else []
    wanted = [number for section in result.ended for number in SECTIONS[section].claims]
    return [finding for number in wanted for finding in found if finding.number == number]


def table(result: Result) -> pd.DataFrame:
    """One row for each claim: its misconception, the outcome and what was found."""
    section = {number: place for place, each in enumerate(SECTIONS.values()) for number in each.claims}
    rows = [
        (section[each.number] + 1, each.number, each.claim, each.outcome, each.sentence) for each in findings(result)
    ]
    return pd.DataFrame(rows, columns=["misconception", "claim", "says", "outcome", "found"])


def curves(result: Result) -> pd.DataFrame:
    """Test scores with and without biases: one row for each task, seed and look; others are on their pages."""
    rows = [
        (name, step, result.seeds[k % len(result.seeds)], k < len(result.seeds), score)
        for name, kept in result.biases.tasks.items()
        for step, each in zip(kept.steps, kept.scores, strict=True)
        for k, score in enumerate(each)
    ]
    return pd.DataFrame(rows, columns=["task", "step", "seed", "biases", "test_score"])
