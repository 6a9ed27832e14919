"""No sentence claims a difference that its evidence lacks: results are drawn for every measured rule of every study."""

import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.studies import STUDIES
from core.studies.contract import UNDECIDED

LONG = {"misconceptions", "learning_rate", "complexity"}
HEARD = [
    pytest.param(name, marks=[pytest.mark.slow] if name in LONG else [])
    for name in STUDIES
    if name not in ("trial", "playground")
]
OPEN = re.compile(
    "too close to tell|not (end |score )?detectably|(cannot|could not) be (told|compared|decided|determined)|"
    "No clear|too few|not decided|may or may not|still moving|not enough to (tell|decide)|fits more than one"
)


def placed(quantity, where):
    """The quantity with its interval on the good side of its condition, on the bad one, or over it."""
    if isinstance(quantity.threshold, tuple):
        low, high = quantity.threshold
        wide, middle = high - low, (low + high) / 2
        inside, outside, over = middle, high + wide, middle
    else:
        end, rising = quantity.threshold, quantity.wanted in ("above", "at least")
        inside, outside, over = end + 1 - 2 * (not rising), end - 1 + 2 * (not rising), end
        wide = 1.0
    middle = {"met": inside, "missed": outside, "open": over}[where]
    half = wide if where == "open" else wide / 4
    return replace(quantity, value=middle, low=middle - half, high=middle + half)


def asked(finished, name):
    """The findings of a light run that hang on intervals, each with the names of these."""
    found = STUDIES[name].findings(finished(name))
    for finding in found:
        open_to = [key for key, each in finding.evidence.items() if each.wanted and each.pairs]
        exact = any(each.met for each in finding.evidence.values() if not each.pairs)  # as "bitwise the same"
        if finding.kind == "measured" and not finding.missing and open_to and not exact:
            yield finding, open_to


@pytest.mark.parametrize("name", HEARD)
def test_where_every_interval_holds_its_threshold_nothing_is_decided(name, finished):
    for finding, keys in asked(finished, name):
        evidence = dict(finding.evidence) | {key: placed(finding.evidence[key], "open") for key in keys}
        drawn = replace(finding, evidence=evidence)
        assert drawn.outcome == UNDECIDED, (drawn.rule.claim, drawn.rule.question, drawn.sentence)
        assert OPEN.search(drawn.sentence), drawn.sentence


@pytest.mark.parametrize("name", HEARD)
@given(data=st.data())
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_decided_rests_on_an_interval_that_leaves_its_threshold(name, finished, data):
    for finding, keys in asked(finished, name):
        places = {key: data.draw(st.sampled_from(["met", "missed", "open"])) for key in keys}
        evidence = dict(finding.evidence) | {key: placed(finding.evidence[key], where) for key, where in places.items()}
        drawn = replace(finding, evidence=evidence)
        assert drawn.sentence.endswith(".")
        if drawn.outcome != UNDECIDED:
            assert set(places.values()) != {"open"}
