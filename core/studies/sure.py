"""Make sure: a study goes on with more and more pairs until its question is decided, looked at four times in all.

Who looks again and again finds a difference sooner or later where there is none. So every look has an interval of
98.75 %: four of them together are wrong at most 5 times in 100 (Bonferroni).
"""

from collections.abc import Iterator
from typing import Any

from core.statistics import confidence
from core.studies.contract import UNDECIDED, Finding, Study

LOOKS = (5, 10, 20, 40)  # pairs
LEVEL = 1 - 0.05 / len(LOOKS)


def asked(findings: list[Finding], key: str) -> Finding | None:
    """The finding with this key, or on the claim of this number; None where there is none."""
    return next((each for each in findings if key in (each.rule.key, str(each.number))), None)


def open_still(study: Study, result: Any, key: str) -> bool:
    """Whether more pairs may decide the question: it is open, not for want of something else, and hangs on pairs."""
    with confidence(LEVEL):
        finding = asked(study.findings(result), key)
    if finding is None or finding.missing or finding.outcome != UNDECIDED:
        return False
    return any(each.wanted and each.pairs == result.settings.seeds for each in finding.evidence.values())


def make_sure(study: Study, settings: Any, key: str) -> Iterator[Any]:
    """Run the study with the next number of pairs, the seeds so far among them, until its question is decided.

    Yields its results, whose progress is that of all looks while they are out of hand.
    """
    left = [pairs for pairs in LOOKS if pairs > settings.seeds]
    for place, pairs in enumerate(left):
        for result in study.run(settings.replace(seeds=pairs)):
            own = result.progress
            result.progress = (place + own) / len(left)
            yield result
            result.progress = own
        if not open_still(study, result, key):
            break
    result.progress = 1.0
    yield result


def told(study: Study, result: Any, key: str) -> str:
    """At which look the question was decided, if it was."""
    pairs = result.settings.seeds
    look = sum(each <= pairs for each in LOOKS)
    said = "still open" if open_still(study, result, key) else "decided"
    return f"Look {look} of {len(LOOKS)}, with {pairs} pairs and intervals of {LEVEL:.2%}: {said}."
