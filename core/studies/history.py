"""Who discovered what, and when: from the first gradient step to today's optimizers, with references."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pandas as pd

from core.settings import Settings as BaseSettings
from core.settings import choices, number
from core.studies.contract import CAVEATS, FAILS, HOLDS, Finding, Quantity, Rule, some_met
from core.studies.wording import listed

READINGS = {  # meanings of "introduced", from the idea to its fame
    "idea": "the chain rule run backwards through a multi-stage process",
    "reverse mode": "reverse mode for any program",
    "networks": "applied to neural networks",
    "popular": "made widely known",
}
DECADE = (1970, 1979)  # the decade of the claim


class Entry(NamedTuple):
    """One publication: its thread, the reading it counts for, and a reading it counts for according to some."""

    year: int
    who: str
    what: str
    source: str
    thread: str
    reading: str = ""
    contested: str = ""


STORY: dict[str, list[tuple[Any, ...]]] = {
    "descent": [
        (1847, "Cauchy", "gradient descent, for equations of astronomy", "C. R. Acad. Sci. 25:536-538"),
        (1951, "Robbins & Monro", "steps on noisy measurements", "Ann. Math. Stat. 22(3):400-407"),
        (1964, "Polyak", "momentum: the heavy ball", "USSR Comput. Math. 4(5):1-17"),
        (1983, "Nesterov", "acceleration with a proven rate", "Dokl. 269:543-547"),
        (2011, "Duchi, Hazan & Singer", "AdaGrad: a rate for each parameter", "JMLR 12:2121-2159"),
        (2012, "Hinton", "RMSprop", "lecture 6.5"),
        (2014, "Kingma & Ba", "Adam", "ICLR 2015"),
        (2017, "Loshchilov & Hutter", "AdamW: weight decay apart from the gradient", "ICLR 2019"),
        (2023, "Chen et al.", "Lion: an optimizer found by search", "NeurIPS 36:49205-49233"),
        (2024, "Jordan et al.", "Muon: orthogonal steps for matrices", "published online"),
    ],
    "derivatives": [
        (1960, "Kelley", "gradients of flight paths, propagated backwards", "ARS J. 30(10):947-954", "idea"),
        (1961, "Bryson", "a gradient method for multi-stage processes", "Harvard symposium, printed 1962", "idea"),
        (1962, "Dreyfus", "the same from the chain rule alone", "J. Math. Anal. Appl. 5(1):30-45", "idea"),
        (1964, "Wengert", "automatic derivatives of a program, forward", "CACM 7(8):463-464"),
        (
            1970,
            "Linnainmaa",
            "reverse mode of automatic differentiation",
            "master's thesis, Helsinki; BIT 16:146-160, 1976",
            "reverse mode",
        ),
        (
            1974,
            "Werbos",
            "ordered derivatives, computed backwards, with a section on networks",
            "PhD thesis, Harvard, section 5.5.1",
            "reverse mode",
            "networks",
        ),
        (1980, "Speelpenning", "a compiler from a program to its gradient", "PhD thesis, Univ. of Illinois"),
        (1983, "Baur & Strassen", "all partial derivatives for the cost of a few function values", "TCS 22:317-330"),
    ],
    "networks": [
        (1960, "Widrow & Hoff", "stochastic descent, one linear unit", "IRE WESCON Conv. Rec., part 4, 96-104"),
        (
            1962,
            "Rosenblatt",
            "“back-propagating error correction”, for threshold units with no slope",
            "Principles of Neurodynamics, Spartan Books",
        ),
        (1967, "Amari", "stochastic descent for classifiers", "IEEE Trans. Electron. Comput. EC-16(3):299-307"),
        (1982, "Werbos", "reverse mode applied to networks", "Springer, pages 762-770", "networks"),
        (1985, "Parker", "learning logic, rediscovered", "MIT TR-47", "networks"),
        (1985, "LeCun", "a scheme for networks, rediscovered", "Cognitiva 85, 599-604", "networks"),
        (
            1986,
            "Rumelhart, Hinton & Williams",
            "what hidden units learn by backpropagation",
            "Nature 323:533-536",
            "popular",
        ),
        (1989, "LeCun et al.", "handwritten digits by a convolutional network", "Neural Comput. 1(4):541-551"),
        (1991, "Hochreiter", "why gradients vanish in deep networks", "diploma thesis, TU Munich"),
        (1998, "LeCun et al.", "convolutional networks for documents", "Proc. IEEE 86(11):2278-2324"),
        (2010, "Glorot & Bengio", "initial weights that preserve the signal", "AISTATS, 249-256"),
        (2015, "He et al.", "initial weights for ReLU", "ICCV, 1026-1034"),
        (2015, "Ioffe & Szegedy", "batch normalization", "ICML, 448-456"),
        (2016, "He et al.", "shortcuts: residual networks", "CVPR, 770-778"),
    ],
}
THREADS = tuple(STORY)
TIMELINE = [Entry(*[*row[:4], thread, *row[4:]]) for thread, rows in STORY.items() for row in rows]
TIMELINE.sort(key=lambda each: each.year)


class Settings(BaseSettings):
    """The part of the timeline to show; the finding always uses all entries."""

    threads: tuple[str, ...] = choices(
        THREADS, THREADS, "Threads", "Gradient descent, derivatives of programs, or neural networks."
    )
    first: int = number(1847, 1840, 2025, "From", "The first year shown.")
    last: int = number(2025, 1840, 2025, "To", "The last year shown.")


@dataclass
class Result:
    """The entries asked for."""

    settings: Settings
    phase: str = "reading the timeline"
    progress: float = 0.0
    entries: list[Entry] = field(default_factory=list)


def run(settings: Settings) -> Iterator[Result]:
    """Select the entries; there is nothing to compute."""
    result = Result(settings)
    years = range(settings.first, settings.last + 1)
    result.entries = [each for each in TIMELINE if each.thread in settings.threads and each.year in years]
    result.progress = 1.0
    yield result


def earliest(reading: str) -> Entry:
    """The first entry that counts under a reading of "introduced"."""
    return min((each for each in TIMELINE if each.reading == reading), key=lambda each: each.year)


FIRST = Rule(
    43,
    "the earliest entry of the timeline for each of four readings of “introduced”: all in the 1970s: holds; some: "
    "holds with caveats; none: does not hold",
    some_met,
    {
        HOLDS: "By every reading of “introduced”, it happened in the 1970s: {dates}.",
        CAVEATS: "The date depends on the reading of “introduced”: {dates}. Contested: {contested}.",
        FAILS: "By no reading of “introduced” did it happen in the 1970s: {dates}.",
    },
    kind="identity",
    answers=dict.fromkeys((HOLDS, CAVEATS, FAILS), "{decade}"),
)
RULES = (FIRST,)


def findings(result: Result) -> list[Finding]:
    """Claim 43, from the number of years by which the earliest entry of each reading lies outside the decade."""
    firsts = {reading: earliest(reading) for reading in READINGS}
    outside = {reading: max(DECADE[0] - each.year, each.year - DECADE[1], 0) for reading, each in firsts.items()}
    return [
        FIRST.find(
            *(Quantity.of(each, years, "years from the 1970s", "below", 1) for each, years in outside.items()),
            dates=listed([f"{each} {entry.year} ({entry.who})" for each, entry in firsts.items()]),
            contested=listed([f"{e.who} {e.year} for {e.contested}" for e in TIMELINE if e.contested]),
            decade=f"{firsts['idea'].year // 10 * 10}s",
        )
    ]


def table(result: Result) -> pd.DataFrame:
    """One row per entry shown."""
    rows = [each._asdict() | {"reading": READINGS.get(each.reading, "")} for each in result.entries]
    return pd.DataFrame(rows, columns=Entry._fields).rename(columns={"reading": "counts as"})


def curves(result: Result) -> pd.DataFrame:
    """Every entry of the timeline, shown or not."""
    return pd.DataFrame(TIMELINE)
