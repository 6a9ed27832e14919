"""The trial: runs every study at its defaults and combines their findings on the article's claims."""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pandas as pd
from pydantic import model_validator

from core.checks import InputError
from core.settings import Settings as BaseSettings
from core.settings import choices, number
from core.studies.claims import CLAIMS, RESULTS, declared
from core.studies.contract import (
    CAVEATS,
    FAILS,
    HOLDS,
    STUDIES,
    UNDECIDED,
    Finding,
    Kind,
    Outcome,
    Quantity,
    Told,
    claims_of,
)
from core.studies.race import Growing
from core.studies.rules import Rules
from core.studies.wording import listed

HEARD = tuple(name for name in STUDIES if name != "trial" and claims_of(STUDIES[name]))
PENDING, FAILED, NOBODY = "not run yet", "its experiment failed", "no experiment decides it"
FEWEST, MOST = 5, 40  # seeds of an experiment
TO_SEE = 0.1  # progress at which a study's chart is shown
STANDINGS = (HOLDS, CAVEATS, FAILS, UNDECIDED, PENDING, FAILED, NOBODY)


class Heading(NamedTuple):
    """A heading of the article in our words, the place of its claims, and, if it has none, a page about it."""

    title: str
    place: str = ""
    page: str = ""

    @property
    def claims(self) -> list[int]:
        """The numbers of its claims; repeated claims are listed at their first place."""
        return [number for number, claim in CLAIMS.items() if claim.where.split("; ")[0] == self.place]


OUTLINE: list[Heading] = declared(list[Heading], __file__, "outline")
# by the outcome of claim 1, that they are two things
ANSWER: dict[str, str] = {HOLDS: "No", CAVEATS: "No, with a caveat", FAILS: "Yes"}
# for one claim and for several
COUNTED: dict[Outcome, tuple[str, str]] = declared(dict[Outcome, tuple[str, str]], __file__, "counted")

CLAIMED = len(CLAIMS)
FEW, MANY = CLAIMED // 4, CLAIMED // 2
RULES = Rules(__name__)
findings = RULES.findings
ANSWERS = [f"fewer than {FEW}", f"{FEW} to {MANY}", f"more than {MANY}"]  # options of the prediction


class Settings(BaseSettings):
    """The experiments and seeds; all other settings are each experiment's defaults."""

    studies: tuple[str, ...] = choices(HEARD, HEARD, "Experiments", "Run one after another, in this order.")
    seeds: int = number(0, 0, MOST, "Seeds", "Repetitions within each experiment, at least 5; 0: its default.")
    seed: int = number(0, 0, 10_000, "First seed", "Use the same number to repeat all but measured times.")

    @model_validator(mode="before")
    @classmethod
    def _enough(cls, given: dict[str, Any]) -> dict[str, Any]:
        if isinstance(seeds := given.get("seeds", 0), int) and seeds and not FEWEST <= seeds <= MOST:
            raise InputError(f"seeds is {seeds}, but must be 0 or in [{FEWEST}, {MOST}]")
        return given


@dataclass
class Result(Growing):
    """The state of the trial: the current study and its result, and the findings so far."""

    phase: str = "opening"
    current: str = ""  # the study to show: the previous one until the next has something to show
    inner: Any = None  # its result
    running: Any = None  # the result of the running study, even if there is nothing to show yet
    findings: dict[str, list[Finding]] = field(default_factory=dict)  # by study
    seconds: dict[str, float] = field(default_factory=dict)  # computing seconds, by study
    failed: dict[str, str] = field(default_factory=dict)  # reason, by study

    def of(self, number: int) -> dict[str, Finding]:
        """The findings on one claim so far, by study."""
        return {name: each for name, found in self.findings.items() for each in found if each.number == number}

    @property
    def heard(self) -> int:
        """Number of studies that have finished or failed."""
        return len(self.findings) + len(self.failed)

    def _hear(self, name: str, place: int) -> Iterator[None]:
        """Run one study and record its findings and seconds."""
        started = time.perf_counter()
        module = STUDIES[name]
        fields = module.Settings.model_fields
        shared = {key: value for key in ("seed", "seeds") if key in fields and (value := getattr(self.settings, key))}
        for inner in module.run(module.Settings(**shared)):
            self.seconds[name] += time.perf_counter() - started
            self.running = inner
            if inner.progress >= TO_SEE or not self.heard:
                self.current, self.inner = name, inner
                self.phase = f"{name.replace('_', ' ')}, experiment {place + 1} of {len(self.settings.studies)}"
            self.progress = (place + inner.progress) / len(self.settings.studies)
            yield
            started = time.perf_counter()
        own = {0, *claims_of(module)}  # findings from other studies are recorded there
        self.findings[name] = [finding for finding in module.findings(inner) if finding.number in own]
        self.seconds[name] += time.perf_counter() - started

    @RULES.rule("count")
    def _count(self) -> Told:
        """The number of claims that hold, once all are tested; `Result.findings` has those of the studies."""
        counts = count(self)
        held, (few, some, many) = counts[HOLDS], ANSWERS
        yield {"claims that hold": held, "with caveats": counts[CAVEATS], "claims that fail": counts[FAILS]}
        yield Quantity.of("claims heard", CLAIMED - counts[PENDING] - counts[FAILED], "", "at least", CLAIMED)
        yield {"identities": sum(kind_of(each) == "identity" for each in CLAIMS)}
        yield {"band": few if held < FEW else some if held <= MANY else many}


def run(settings: Settings) -> Iterator[Result]:
    """Run the studies one after another; a failure is reported and the rest continue."""
    result = Result(settings)
    yield result
    for place, name in enumerate(settings.studies):
        result.seconds[name] = 0.0
        try:
            for _ in result._hear(name, place):
                yield result
        except InputError as error:
            result.failed[name] = str(error)
        except Exception as error:
            logging.getLogger(__name__).exception("%s failed", name)
            result.failed[name] = f"an internal error ({type(error).__name__})"
        result.progress = (place + 1) / len(settings.studies)
        yield result


def deciders(number: int) -> list[str]:
    """The studies that can decide a claim."""
    return [name for name in HEARD if number in claims_of(STUDIES[name])]


def standing(result: Result, number: int) -> str:
    """The verdict on a claim, one of STANDINGS; if studies that decide it disagree, it holds with caveats."""
    outcomes, studies = {finding.outcome for finding in result.of(number).values()}, deciders(number)
    decided = outcomes - {UNDECIDED}
    if outcomes:
        return next(iter(decided or outcomes)) if len(decided) < 2 else CAVEATS
    return (FAILED if {*studies} <= result.failed.keys() else PENDING) if studies else NOBODY


def kind_of(number: int) -> Kind:
    """Whether nothing measured decides the claim: its outcome is certain, but it is checked."""
    kinds = {rule.kind for name in deciders(number) for rule in STUDIES[name].RULES if rule.claim == number}
    return "identity" if kinds == {"identity"} else "measured"


def disagreement(result: Result, number: int) -> str:
    """If studies that decide a claim disagree, their outcomes and the settings that differ; otherwise empty."""
    found = {name: each for name, each in result.of(number).items() if each.outcome != UNDECIDED}
    if len({each.outcome for each in found.values()}) < 2:
        return ""
    settings = {name: STUDIES[name].Settings().model_dump() for name in found}
    shared = set.intersection(*map(set, settings.values())) - {"seed", "seeds"}
    apart = {key: [each[key] for each in settings.values()] for key in sorted(shared)}
    told = [f"{key} ({', '.join(map(str, each))})" for key, each in apart.items() if len(set(map(str, each))) > 1]
    says = "; ".join(f"{name.replace('_', ' ')}: {each.outcome}" for name, each in found.items())
    return f"The experiments disagree ({says}), so it holds with caveats. Their settings differ in {listed(told)}."


def count(result: Result) -> dict[str, int]:
    """Number of claims per verdict."""
    standings = [standing(result, each) for each in CLAIMS]
    return {each: standings.count(each) for each in STANDINGS}


def verdict(result: Result) -> str:
    """The answer in one line: 'No. 21 hold, 30 need caveats, 6 fail.'; counts only experiments of this visit."""
    counts = count(result)
    told = [f"{counts[each]} {words[counts[each] > 1]}" for each, words in COUNTED.items() if counts[each]]
    return f"{ANSWER.get(standing(result, 1), 'Not answered yet')}. {', '.join(told) or 'No claim is decided'}."


def counted(result: Result) -> str:
    """The basis of the count."""
    waiting = sum(count(result)[each] for each in (PENDING, FAILED))
    rest = f"{waiting} of {CLAIMED} claims are not tested yet" if waiting else f"all {CLAIMED} claims are tested"
    own = [name for name in HEARD if CLAIMS.keys() & claims_of(STUDIES[name])]  # of claims, not of results beyond
    run = sum(name in result.findings for name in own)
    return f"Counted from {run} of {len(own)} experiments, run on this visit; {rest}."


def beyond(result: Result) -> str:
    """How many results beyond the article are reproduced, apart from the claims; and how many have still to run."""
    standings = [standing(result, number) for number in RESULTS]
    waiting = sum(each in (PENDING, FAILED, NOBODY) for each in standings)
    told = f"Beyond the article: {standings.count(HOLDS)} of {len(RESULTS)} reproduced"
    return f"{told}, {waiting} not run yet." if waiting else f"{told}."


def results(result: Result) -> pd.DataFrame:
    """One row per result beyond the article: verdict, finding, related claims, source."""
    return pd.DataFrame(
        {
            "number": number,
            "verdict": standing(result, number),
            "result": published.text,
            "found": _listed(result.of(number), "sentence"),
            "bears on claims": ", ".join(map(str, published.claims)),
            "as published": published.truth,
            "not shown": published.left_out,
            "source": published.source,
        }
        for number, published in RESULTS.items()
    )


def table(result: Result) -> pd.DataFrame:
    """One row per experiment: computing seconds, verdicts on its claims, and failures."""
    rows = []
    for name, seconds in result.seconds.items():
        found = [each.outcome for each in result.findings.get(name, []) if each.number]
        rows.append((name, seconds, *map(found.count, COUNTED), result.failed.get(name, "")))
    return pd.DataFrame(rows, columns=["experiment", "seconds", *COUNTED, "failed"])


def claims(result: Result) -> pd.DataFrame:
    """One row per claim: its text, verdict, finding, experiment, and what is true."""
    return pd.DataFrame(
        {
            "number": place,
            "claim": claim.text,
            "where": claim.where,
            "verdict": standing(result, place),
            "kind": kind_of(place),
            "found": _listed(result.of(place), "sentence"),
            "by experiment": _listed(result.of(place), "outcome") or ", ".join(deciders(place)),
            "what is true": claim.truth,
            "source": claim.source,
        }
        for place, claim in CLAIMS.items()
    )


def _listed(found: dict[str, Finding], name: str) -> str:
    """'depth: holds | activations: holds with caveats'."""
    return " | ".join(f"{study.replace('_', ' ')}: {getattr(each, name)}" for study, each in found.items())


def rows(result: Result) -> list[dict[str, Any]]:
    """Every finding as a row, including those on the studies' own questions (number 0)."""
    return [finding.row(name) for name, found in result.findings.items() for finding in found]


def curves(result: Result) -> pd.DataFrame:
    """The rows of all findings, with evidence in words."""
    told = [each.row(name) | {"evidence": each.told} for name, found in result.findings.items() for each in found]
    columns = ["study", "number", "claim", "kind", "outcome", "evidence", "sentence", "rule", "source"]
    return pd.DataFrame(told, columns=columns)
