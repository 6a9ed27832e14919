"""The trial: every study in turn at its own defaults, and what they say together about the article's 48 claims."""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from core.checks import InputError
from core.settings import Settings as BaseSettings
from core.settings import choices, number
from core.studies.claims import CLAIMS
from core.studies.contract import STUDIES
from core.studies.race import Verdict
from core.training import Resting

HEARD = tuple(name for name in STUDIES if name != "trial" and STUDIES[name].DECIDES)
PENDING, FAILED, NOBODY = "not run yet", "its experiment failed", "no experiment decides it"
TO_SEE = 0.1  # progress at which a study has something to show
STANDINGS = ("holds", "holds with caveats", "does not hold", "not decided by this run", PENDING, FAILED, NOBODY)

ANSWERS = ["fewer than 12", "12 to 24", "more than 24"]  # to the prediction


DECIDES: tuple[int, ...] = ()  # the claims that it can decide


class Settings(BaseSettings):
    """Which experiments, and from which seeds; everything else is each experiment's own default."""

    studies: tuple[str, ...] = choices(HEARD, HEARD, "Experiments", "Run one after another, in this order.")
    seeds: int = number(5, 5, 20, "Seeds", "Repetitions inside each experiment that repeats anything.", work=1)
    seed: int = number(0, 0, 10_000, "First seed", "Repeats every experiment exactly, measured times apart.")


@dataclass
class Result(Resting):
    """How far the trial is: which study is being heard and how that stands, and what those before it said."""

    settings: Settings
    phase: str = "opening"
    progress: float = 0.0
    current: str = ""  # the study to look at: the one before, until there is something to see of the next
    inner: Any = None  # its result
    running: Any = None  # the result of the study at work, whether there is something to see of it or not
    verdicts: dict[str, list[Verdict]] = field(default_factory=dict)  # by study
    seconds: dict[str, float] = field(default_factory=dict)  # of computing, by study
    failed: dict[str, str] = field(default_factory=dict)  # what happened, by study

    def of(self, number: int) -> dict[str, Verdict]:
        """The verdicts on one claim so far, by study."""
        return {name: v for name, verdicts in self.verdicts.items() for v in verdicts if v.number == number}

    @property
    def heard(self) -> int:
        """How many studies have ended, well or not."""
        return len(self.verdicts) + len(self.failed)


def run(settings: Settings) -> Iterator[Result]:
    """Run the studies one after another; one that fails is told of, and the others go on."""
    result = Result(settings)
    yield result
    for place, name in enumerate(settings.studies):
        result.phase = f"{name.replace('_', ' ')}, experiment {place + 1} of {len(settings.studies)}"
        result.seconds[name] = 0.0
        try:
            for _ in _hear(result, name, place):
                yield result
        except InputError as error:
            result.failed[name] = str(error)
        except Exception as error:
            logging.getLogger(__name__).exception("%s failed", name)
            result.failed[name] = f"a fault of ours ({type(error).__name__})"
        result.progress = (place + 1) / len(settings.studies)
        yield result


def _hear(result: Result, name: str, place: int) -> Iterator[None]:
    """Run one study, and take down its verdicts and its seconds."""
    started = time.perf_counter()
    module = STUDIES[name]
    fields = module.Settings.model_fields
    shared = {key: getattr(result.settings, key) for key in ("seed", "seeds") if key in fields}
    for inner in module.run(module.Settings(**shared)):
        result.seconds[name] += time.perf_counter() - started
        result.running = inner
        if inner.progress >= TO_SEE or not result.heard:
            result.current, result.inner = name, inner
        result.progress = (place + inner.progress) / len(result.settings.studies)
        yield
        started = time.perf_counter()
    own = {0, *STUDIES[name].DECIDES}  # what a study borrows from another is heard there
    result.verdicts[name] = [verdict for verdict in module.verdicts(inner) if verdict.number in own]
    result.seconds[name] += time.perf_counter() - started


def deciders(number: int) -> list[str]:
    """The studies that can decide a claim."""
    return [name for name in HEARD if number in STUDIES[name].DECIDES]


def standing(result: Result, number: int) -> str:
    """How a claim stands, one of STANDINGS; where studies that decide it disagree, it holds with caveats."""
    outcomes = {verdict.outcome for verdict in result.of(number).values()}
    decided = outcomes - {"not decided by this run"}
    if outcomes:
        return next(iter(decided or outcomes)) if len(decided) < 2 else "holds with caveats"
    studies = deciders(number)
    if not studies:
        return NOBODY
    return FAILED if all(name in result.failed for name in studies) else PENDING


def count(result: Result) -> dict[str, int]:
    """How many claims stand how."""
    standings = [standing(result, each) for each in CLAIMS]
    return {each: standings.count(each) for each in STANDINGS}


def verdicts(result: Result) -> list[Verdict]:
    """Everything that the studies said."""
    return [verdict for each in result.verdicts.values() for verdict in each]


def table(result: Result) -> pd.DataFrame:
    """One row a claim: what it says, how it stands, the numbers that decided, who decided, and what is true."""
    rows = []
    for place, claim in CLAIMS.items():
        given = result.of(place)
        rows.append(
            {
                "number": place,
                "claim": claim.text,
                "where": claim.where,
                "verdict": standing(result, place),
                "measured": _listed({name: verdict.measured for name, verdict in given.items()}),
                "by experiment": _listed({name: verdict.outcome for name, verdict in given.items()})
                or ", ".join(deciders(place)),
                "what is right": claim.truth,
                "source": claim.source,
            }
        )
    return pd.DataFrame(rows)


def _listed(by_study: dict[str, str]) -> str:
    """'depth: holds | activations: holds with caveats'."""
    return " | ".join(f"{name.replace('_', ' ')}: {text}" for name, text in by_study.items())


def curves(result: Result) -> pd.DataFrame:
    """One row a verdict, those on the studies' own questions (number 0) among them."""
    rows = [{"experiment": name} | vars(verdict) for name, each in result.verdicts.items() for verdict in each]
    columns = ["experiment", "number", "claim", "rule", "outcome", "measured", "source"]
    return pd.DataFrame(rows, columns=columns)


def outcome(result: Result) -> str:
    """How many claims hold without caveats, for the prediction."""
    few, some, many = ANSWERS
    held = count(result)["holds"]
    return few if held < 12 else some if held <= 24 else many
