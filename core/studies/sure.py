""" "Make sure": a study continues with more pairs until its question is decided, with at most four looks.

Repeated looks eventually find a difference where there is none. So every look uses a 98.75 % interval: all four
together are wrong at most 5 times in 100 (Bonferroni).
"""

from collections.abc import Iterator
from typing import Any

from core.statistics import confidence
from core.studies.contract import UNDECIDED, Finding, Study

LOOKS = (5, 10, 20, 40)  # pairs
LEVEL = 1 - 0.05 / len(LOOKS)


def asked(findings: list[Finding], key: str) -> Finding | None:
    """The finding with this key or on this claim, or None."""
    return next((each for each in findings if key in (each.rule.key, str(each.number))), None)


def open_still(study: Study, result: Any, key: str) -> bool:
    """Whether more pairs may decide the question: it is undecided, lacks nothing else, and depends on pairs."""
    with confidence(LEVEL):
        finding = asked(study.findings(result), key)
    if finding is None or finding.missing or finding.outcome != UNDECIDED:
        return False
    return any(each.wanted and each.pairs == result.settings.seeds for each in finding.evidence.values())


def make_sure(study: Study, settings: Any, key: str) -> Iterator[Any]:
    """Run the study with more pairs, including the seeds so far, until its question is decided.

    Yields its results; between yields their progress is that of all looks.
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
