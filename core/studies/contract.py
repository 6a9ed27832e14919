"""The contract of a study: a rule fixed in advance, measured evidence, and the outcome they give."""

import math
from collections import UserDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self, SupportsFloat, cast

from core.checks import choose
from core.statistics import Difference, Share
from core.studies import wording
from core.studies.claims import CLAIMS, RESULTS

if TYPE_CHECKING:  # pandas takes 0.3 s to import and is needed only to run a study
    import pandas as pd

Outcome = Literal["holds", "holds with caveats", "does not hold", "not decided by this run"]
HOLDS: Outcome = "holds"
CAVEATS: Outcome = "holds with caveats"
FAILS: Outcome = "does not hold"
UNDECIDED: Outcome = "not decided by this run"

Kind = Literal["identity", "measured"]  # true by construction and checked to rounding, or found by this run
Wanted = Literal["", "above", "below", "at most", "at least", "between"]
Threshold = float | tuple[float, float] | None
Found = SupportsFloat | Difference | Share

DECLARED: Mapping[int, Any] = CLAIMS | RESULTS  # text, truth and source by a finding's number
AS_MANY = (1 / 1.1, 1.1)  # factors that count as about 1
TOO_CLOSE = "too close to tell"  # the answer to a prediction if the finding is undecided


@dataclass(frozen=True)
class Quantity:
    """One number of the evidence: its value, its 95 % interval, and its threshold.

    pairs: paired seeds, trials or repetitions behind the interval; 0 for a number without one, whose low and high equal
    the value. unit: a word, or "share" for a percentage. wanted, threshold: the condition that the whole interval must
    meet; none for a number that only informs. "above" and "below" are strict, "between" has two thresholds.
    """

    name: str
    value: float
    low: float
    high: float
    pairs: int = 0
    unit: str = ""
    wanted: Wanted = ""
    threshold: Threshold = None

    @classmethod
    def of(cls, name: str, found: Found, unit: str = "", wanted: Wanted = "", threshold: Threshold = None) -> Self:
        """A number that is exact, a difference over pairs, or a share of trials."""
        if isinstance(found, Difference):
            return cls(name, found.mean, found.low, found.high, found.pairs, unit, wanted, threshold)
        if isinstance(found, Share):
            return cls(name, found.value, found.low, found.high, found.trials, unit or "share", wanted, threshold)
        value = float(found)
        return cls(name, value, value, value, 0, unit, wanted, threshold)

    @classmethod
    def factor(cls, name: str, logs: Difference, wanted: Wanted = "", threshold: Threshold = None) -> Self:
        """A factor, from a difference of logarithms."""
        mean, low, high = (math.exp(min(each, 700)) for each in (logs.mean, logs.low, logs.high))
        return cls(name, mean, low, high, logs.pairs, "times", wanted, threshold)

    @property
    def smallest(self) -> float:
        """The smallest difference that pairs with this spread would detect; 0 without an interval."""
        return max(self.high - self.value, self.value - self.low) if self.pairs else 0.0

    @property
    def met(self) -> bool:
        """Whether the whole interval meets the condition; False if a bound is NaN."""
        floor, ceiling = self.ends
        if self.wanted in ("at least", "at most"):
            return self.low >= floor or self.high <= ceiling
        above, below = self.low > floor, self.high < ceiling
        return above and below if self.wanted == "between" else above or below

    @property
    def missed(self) -> bool:
        """Whether the whole interval violates the condition."""
        floor, ceiling = self.ends
        return self.high < floor or self.low > ceiling

    @property
    def ends(self) -> tuple[float, float]:
        """The smallest and largest wanted value; NaN, for which every comparison is False, without such a limit."""
        if isinstance(self.threshold, tuple):
            return self.threshold
        end = math.nan if self.threshold is None else self.threshold
        return (end, math.nan) if self.wanted in ("above", "at least") else (math.nan, end)

    @property
    def condition(self) -> str:
        """The condition in words, such as "above 0"; empty for a number that only informs."""
        if not self.wanted:
            return ""
        unit = self.unit if self.unit == "share" else ""
        ends = self.threshold if isinstance(self.threshold, tuple) else (self.threshold,)
        return f"{self.wanted} {' and '.join(wording.measured(float(end or 0), unit) for end in ends)}"

    def __format__(self, spec: str) -> str:
        """For sentences: with interval and unit; "value" omits the interval, "signed" adds a plus sign."""
        if spec == "value" or not self.pairs:
            return wording.measured(self.value, self.unit, spec == "signed")
        return wording.interval(self.value, self.low, self.high, self.unit, spec == "signed")

    def row(self) -> dict[str, Any]:
        """Every field for JSON; non-finite numbers become None."""

        def plain(value: Any) -> Any:
            if isinstance(value, tuple):
                return [plain(each) for each in value]
            return None if isinstance(value, float) and not math.isfinite(value) else value

        found = {"smallest": plain(self.smallest), "met": self.met if self.wanted else None}
        return {name: plain(value) for name, value in vars(self).items()} | found

    def __str__(self) -> str:
        """A full line: 'test score, deep minus shallow: +0.04 [-0.01, +0.09] (n = 5), above 0 not detected'."""
        told = f"{self.name}: {self:signed}" if self.pairs and self.threshold == 0 else f"{self.name}: {self}"
        over = f" (n = {self.pairs})" if self.pairs else ""
        if self.pairs and self.wanted and self.unit != "times" and math.isfinite(self.smallest):
            over = f" (n = {self.pairs}, enough to detect {wording.measured(self.smallest, self.unit)})"
        if not self.wanted:
            return told + over
        side = self.condition
        return f"{told}{over}, {side if self.met else f'not {side}' if self.missed else f'{side} not detected'}"


Evidence = Mapping[str, Quantity]
# Evidence, and words for its sentences by name; a number or interval among the words only informs
Told = Iterable[Quantity | Mapping[str, Any]]


OUTCOMES: Mapping[str, Outcome] = {"holds": HOLDS, "caveats": CAVEATS, "fails": FAILS, "undecided": UNDECIDED}
STATES: Mapping[str, Callable[[Quantity], bool]] = {
    "met": lambda each: each.met,
    "unmet": lambda each: not each.met,
    "missed": lambda each: each.missed,
    "below": lambda each: each.missed and each.value < each.ends[0],
    "unequal": lambda each: not each.low <= (each.unit == "times") <= each.high,
    "apart": lambda each: not each.met and STATES["unequal"](each),
    "zero": lambda each: each.value == 0,
}
Decide = Callable[[Evidence], Outcome]


def cases(**when: str) -> Decide:
    """A decision by cases in order: holds="time met, memory met", caveats="time met", fails="time missed".

    The first applies of which all conditions do; if none does, the question is not decided; an empty case always does.
    A condition is a name of the evidence, "all" or "any" (or "any lead *"), and the state of the interval: it meets
    what is wanted or not ("met", "unmet"), violates it as a whole ("missed", "below" its limits), excludes 0 or, for a
    factor, 1 ("unequal"), or excludes that and does not meet what is wanted ("apart"); "zero" is exactly 0.
    """
    parsed = {
        choose("case", outcome, OUTCOMES): [_condition(each) for each in case.split(", ") if each]
        for outcome, case in when.items()
    }

    def decide(evidence: Evidence) -> Outcome:
        for outcome, conditions in parsed.items():
            if all(applies(evidence) for applies in conditions):
                return outcome
        return UNDECIDED

    return decide


def _condition(text: str) -> Callable[[Evidence], bool]:
    name, _, state = text.rpartition(" ")
    true, (first, _, names) = choose("state", state, STATES), name.partition(" ")
    if several := {"all": all, "any": any}.get(first):
        return lambda evidence: several(
            true(each) for each in evidence.values() if each.wanted and fnmatchcase(each.name, names or "*")
        )
    return lambda evidence: true(evidence[name])


all_met = cases(holds="all met", fails="")
some_met = cases(holds="all met", caveats="any met", fails="")
graded = cases(holds="all met", caveats="any met", fails="all missed")
detected = cases(holds="all met", fails="any missed")
differs = cases(fails="all met", holds="any apart")
shown = cases(holds="all met")


@dataclass(frozen=True)
class Rule:
    """How evidence decides, fixed before the run: in words, as a function, and a sentence for each possible outcome.

    claim: the number of the article's claim in CLAIMS, or of a result in RESULTS, or 0 for our own question, which then
    has its `question` and `source` here. sentences: templates over the names of the evidence, "{lead}" or
    "{lead:value}", and over the study's words. answers: by outcome, the correct option of the page's prediction;
    otherwise TOO_CLOSE. key: the finding's name for a page. needs: before a run, what settings lack to decide the
    question; empty if nothing.
    """

    claim: int
    text: str
    decide: Decide
    sentences: Mapping[Outcome, str]
    kind: Kind = "measured"
    question: str = ""
    source: str = ""
    answers: Mapping[Outcome, str] = field(default_factory=dict)
    key: str = ""
    needs: Callable[[Any], str] = lambda settings: ""

    def find(self, *evidence: Quantity, missing: str = "", **words: Any) -> "Finding":
        """The finding from this evidence; `missing` is a sentence on what is needed if it cannot be decided."""
        return Finding(self, {each.name: each for each in evidence}, words, missing)

    def found(self, told: Told) -> "Finding":
        """The finding from evidence and words in any order; "missing" among the words as in `find`."""
        evidence: list[Quantity] = []
        words: dict[str, Any] = {}
        for each in told:
            if isinstance(each, Quantity):
                evidence.append(each)
                continue
            for name, value in each.items():
                if isinstance(value, Found):
                    evidence.append(Quantity.of(name, value))
                else:
                    words[name] = value
        return self.find(*evidence, **words)


@dataclass(frozen=True)
class Finding:
    """The result of a run for one claim: evidence, the outcome by its rule, and one plain sentence."""

    rule: Rule
    evidence: Evidence
    words: Mapping[str, Any]
    missing: str = ""

    @property
    def number(self) -> int:
        """The claim's number; 0 for our own question."""
        return self.rule.claim

    @property
    def claim(self) -> str:
        """The text of the claim or of our own question."""
        return DECLARED[self.number].text if self.number else self.rule.question.format(**self.words)

    @property
    def source(self) -> str:
        return DECLARED[self.number].source if self.number else self.rule.source

    @property
    def kind(self) -> Kind:
        return self.rule.kind

    @property
    def outcome(self) -> Outcome:
        """The rule's outcome for the evidence, which cannot be set otherwise."""
        return UNDECIDED if self.missing else self.rule.decide(self.evidence)

    @property
    def sentence(self) -> str:
        """The finding in one plain sentence."""
        return self.missing or self.rule.sentences[self.outcome].format(**self.words, **self.evidence)

    @property
    def told(self) -> str:
        """The evidence in words, number by number."""
        return "; ".join(map(str, self.evidence.values()))

    @property
    def answer(self) -> str:
        """The correct option of a prediction by this finding."""
        template = self.rule.answers.get(self.outcome)
        return template.format(**self.words) if template else TOO_CLOSE

    def row(self, study: str) -> dict[str, Any]:
        """One row of the trial's JSON, with everything needed to check the outcome."""
        names = ("number", "claim", "kind", "outcome", "evidence", "missing", "sentence", "rule", "source")
        told = {"evidence": [each.row() for each in self.evidence.values()], "rule": self.rule.text}
        return {"study": study} | {name: told[name] if name in told else getattr(self, name) for name in names}


class Study(Protocol):
    """The interface of a study: a module or a package.

    `run` yields its result as it grows, with `progress` (0 to 1) and `phase`, at most 50 ms of work between two yields.
    `findings` reads a finished result; `table` and `curves` are tidy tables for display and CSV. RULES are those of the
    claims that the study decides itself.
    """

    __name__: str
    Settings: Any

    @property
    def RULES(self) -> Iterable[Rule]: ...

    def run(self, settings: Any, /) -> Iterator[Any]: ...

    def findings(self, result: Any, /) -> list[Finding]: ...

    def table(self, result: Any, /) -> "pd.DataFrame": ...

    def curves(self, result: Any, /) -> "pd.DataFrame": ...


def undecided_by(study: Study, settings: Any) -> list[str]:
    """What is needed for each question that these settings cannot decide."""
    return list(dict.fromkeys(filter(None, (rule.needs(settings) for rule in study.RULES))))


def claims_of(study: Study) -> list[int]:
    """The numbers of the claims and results that a study declares to decide."""
    return sorted({rule.claim for rule in study.RULES if rule.claim})


class OnDemand(UserDict[str, Any]):
    """Name of a study -> its module, imported on demand."""

    def __getitem__(self, name: str) -> Study:
        return cast(Study, import_module(self.data[name]))


# In the order of the trial
CLAIMED = (
    *("question", "algorithms", "chain_rule", "minima", "learning_rate", "misconceptions", "optimizers"),
    *("batch_size", "complexity", "domains", "depth", "activations", "history", "regularization"),
)
BEYOND = ("edge_of_stability", "restarts", "double_descent", "random_labels", "critical_batch", "saddles")
OWN = ("sweeps", "playground", "trial")
STUDIES: Mapping[str, Study] = OnDemand(
    {name: f"core.studies.{'beyond.' if name in BEYOND else ''}{name}" for name in (*CLAIMED, *BEYOND, *OWN)}
)
