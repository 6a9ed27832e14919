"""Five misconceptions about backpropagation, each with an experiment, mostly from other studies."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import pandas as pd

from core.nn import ACTIVATIONS
from core.settings import choice, choices, number
from core.studies.contract import CAVEATS, FAILS, HOLDS, STUDIES, Finding, Outcome
from core.studies.misconceptions import biases, formulas
from core.studies.misconceptions.biases import Biases
from core.studies.race import Repeated
from core.training import Resting


class Section(NamedTuple):
    """A misconception: its question, the claim that answers it, further claims, and the studies used.

    options: a visitor's choices. answers: the correct option by outcome of the claim. studies: by name, with settings
    that keep them short.
    """

    question: str
    options: tuple[str, ...]
    claim: int
    answers: dict[Outcome, str]
    studies: dict[str, dict[str, Any]]
    more: tuple[int, ...] = ()

    @property
    def claims(self) -> tuple[int, ...]:
        """The claim that answers its question, and the others."""
        return (self.claim, *self.more)


SECTIONS: dict[str, Section] = {
    "one_thing": Section(
        "is backpropagation the same thing as gradient descent?",
        (SAME := "yes, the same thing", TWO := "no, two different things"),
        1,
        {HOLDS: TWO, FAILS: SAME},
        {"question": {"rate": "same", "steps": 10, "samples": 40, "width": 6}},
        (10,),
    ),
    "shallow_only": Section(
        "does backpropagation work in shallow networks only?",
        (SHALLOW := "yes, in shallow ones only", ANY := "no, at any depth"),
        29,
        {HOLDS: ANY, FAILS: SHALLOW},
        {
            "depth": {"dataset": "spirals", "rate": "same", "depths": (1, 3, 20)}
            | {"steps": 250, "width": 10, "samples": 150}
        },
    ),
    "best_weights": Section(
        "does training by backpropagation always reach the global minimum?",
        ("yes, always", NOT_ALWAYS := "no, not always"),
        31,
        {HOLDS: NOT_ALWAYS, CAVEATS: NOT_ALWAYS},
        {"minima": {"trials": 40, "widths": (2, 8), "depths": (1, 5), "steps": 300}},
    ),
    "smooth_only": Section(
        "does backpropagation need differentiable activations?",
        (EVERYWHERE := "yes, everywhere", ALMOST := "almost everywhere is enough", NOWHERE := "no, not at all"),
        37,
        {HOLDS: EVERYWHERE, CAVEATS: ALMOST, FAILS: NOWHERE},
        {
            "activations": {"activations": ("sigmoid", "tanh", "relu"), "rate": "same", "lr": 0.3}
            | {"layers": 1, "width": 8, "steps": 40, "depth": 20}
        },
    ),
    "weights_only": Section(
        "does backpropagation update the weights only?",
        ("yes, the weights only", BOTH := "no, the biases too", NEITHER := "neither: the optimizer does"),
        41,
        {HOLDS: BOTH, CAVEATS: NEITHER},
        {},
        (42, 51),
    ),
}
RULES = (
    formulas.SPECIFIC,
    biases.UPDATES,
    biases.ESSENTIAL,
    biases.CONTROL,
)  # the others come from other studies


class Settings(Repeated):
    """The misconceptions to test, and the network with and without biases."""

    sections: tuple[str, ...] = choices(tuple(SECTIONS), SECTIONS, "Misconceptions", "Tested one after another.")
    shift: float = number(
        0.9, 0, 2, "Shifted task: threshold", "The task: is x, normally distributed around 0, above this value?"
    )
    activation: str = choice("tanh", ACTIVATIONS, "Biases: activation", "Used by the network with and without biases.")
    width: int = number(8, 1, 64, "Biases: units", "Units of its single hidden layer.", work=1)
    steps: int = number(
        120, 10, 1000, "Biases: updates", "Number of updates for each run with and without biases.", work=1
    )


@dataclass
class Result(Resting):
    """The experiments so far: other studies by name, and the two of this study."""

    settings: Settings
    phase: str = "preparing"
    progress: float = 0.0
    borrowed: dict[str, Any] = field(default_factory=dict)
    formulas: dict[str, list[float]] = field(default_factory=dict)  # relative differences of each formula
    biases: Biases = field(default_factory=Biases)
    ended: list[str] = field(default_factory=list)  # sections

    @property
    def seeds(self) -> range:
        return range(self.settings.seed, self.settings.seed + self.settings.seeds)


def run(settings: Settings) -> Iterator[Result]:
    """Test the misconceptions in turn, each with other studies and its own experiments."""
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
    """Run another study with short settings, on these seeds or its own number of them; yields its progress."""
    module = STUDIES[name]
    settings = module.Settings(seed=result.settings.seed, **changes)
    for inner in module.run(settings.replace(seeds=max(settings.seeds, result.settings.seeds))):
        result.borrowed[name] = inner
        yield inner.progress


def _differentiate(result: Result) -> Iterator[float]:
    for k, seed in enumerate(result.seeds):
        formulas.differentiate(result.formulas, seed)
        yield (k + 1) / len(result.seeds)


OWN: dict[str, Callable[[Result], Iterator[float]]] = {
    "one_thing": _differentiate,
    "weights_only": lambda result: biases.compare(result.biases, result.settings, result.seeds),
}


def findings(result: Result) -> list[Finding]:
    """One finding per claim of the finished sections, in order; the first of each section answers its question."""
    sections = [SECTIONS[name] for name in result.ended]
    borrowed = [name for section in sections for name in section.studies]
    found = [finding for name in borrowed for finding in STUDIES[name].findings(result.borrowed[name])]
    found += [formulas.specific(result.formulas)] if result.formulas else []
    found += biases.findings(result.biases) if "weights_only" in result.ended else []
    by_claim = {finding.number: finding for finding in found}
    ordered = []
    for section in sections:
        first, *more = (by_claim[number] for number in section.claims)
        ordered += [replace(first, rule=replace(first.rule, answers=section.answers)), *more]
    return ordered


def table(result: Result) -> pd.DataFrame:
    """One row per claim: its misconception, the outcome and the finding."""
    section = {number: place for place, each in enumerate(SECTIONS.values()) for number in each.claims}
    rows = [
        (section[each.number] + 1, each.number, each.claim, each.outcome, each.sentence) for each in findings(result)
    ]
    return pd.DataFrame(rows, columns=["misconception", "claim", "says", "outcome", "found"])


def curves(result: Result) -> pd.DataFrame:
    """Test scores with and without biases: one row per task, seed and frame; other studies have their own pages."""
    rows = [
        (name, step, result.seeds[k % len(result.seeds)], k < len(result.seeds), score)
        for name, kept in result.biases.tasks.items()
        for step, each in zip(kept.steps, kept.scores, strict=True)
        for k, score in enumerate(each)
    ]
    return pd.DataFrame(rows, columns=["task", "step", "seed", "biases", "test_score"])
