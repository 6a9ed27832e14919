"""The contract of studies: evidence decides by the rule, every outcome has its sentence, and no other passes."""

import math
import string
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.statistics import Difference, Share, paired
from core.studies import STUDIES
from core.studies.contract import (
    CAVEATS,
    DECLARED,
    FAILS,
    HOLDS,
    TOO_CLOSE,
    UNDECIDED,
    Finding,
    Quantity,
    Rule,
    all_met,
    detected,
    some_met,
)

RULES = [(name, rule) for name, study in STUDIES.items() for rule in study.RULES]
LONG = {"misconceptions", "learning_rate", "complexity", "sweeps"}
DECIDED = [
    pytest.param(name, marks=[pytest.mark.slow] if name in LONG else [])
    for name in STUDIES
    if name not in ("trial", "playground")  # these judge nothing by themselves
]
numbers = st.floats(-1e6, 1e6) | st.sampled_from([0.0, math.nan, math.inf, -math.inf])


def quantity(low, high, wanted="above", threshold=0.0, name="lead"):
    return Quantity(name, (low + high) / 2, low, high, 5, "", wanted, threshold)


# Conditions


@pytest.mark.parametrize(
    ("wanted", "threshold", "low", "high", "met", "missed"),
    [
        ("above", 0.0, 0.1, 0.2, True, False),
        ("above", 0.0, 0.0, 0.2, False, False),  # an interval that touches the threshold is not above it
        ("above", 0.0, -0.2, -0.1, False, True),
        ("above", 0.0, 0.0, 0.0, False, False),  # exactly equal: neither
        ("below", 0.0, -0.2, -0.1, True, False),
        ("below", 0.0, -0.2, 0.1, False, False),
        ("below", 0.0, 0.1, 0.2, False, True),
        ("at most", 1.0, 0.5, 1.0, True, False),
        ("at most", 1.0, 1.1, 1.2, False, True),
        ("at least", 1.0, 1.0, 1.2, True, False),
        ("at least", 1.0, 0.5, 0.9, False, True),
        ("between", (1.0, 2.0), 1.1, 1.9, True, False),
        ("between", (1.0, 2.0), 0.9, 1.9, False, False),
        ("between", (1.0, 2.0), 2.1, 2.2, False, True),
        ("", None, 1.0, 2.0, False, False),
    ],
)
def test_a_condition_is_met_or_missed_by_the_whole_interval(wanted, threshold, low, high, met, missed):
    found = quantity(low, high, wanted, threshold)
    assert (found.met, found.missed) == (met, missed)


@given(low=numbers, high=numbers, wanted=st.sampled_from(["above", "below", "at most", "at least"]), threshold=numbers)
def test_no_number_both_meets_and_misses_its_condition(low, high, wanted, threshold):
    low, high = min(low, high), max(low, high)
    found = Quantity("lead", low, low, high, 5, "", wanted, threshold)
    assert not (found.met and found.missed and low < high)
    if math.isnan(low) or math.isnan(high) or math.isnan(threshold):
        assert not (found.met and found.missed)


def test_too_few_pairs_never_meet_a_condition():
    found = Quantity.of("lead", paired(np.array([1.0]), np.array([0.0])), "", "above", 0)
    assert not found.met
    assert not found.missed


def test_the_usual_ways_to_decide():
    yes, no, open_ = quantity(1, 2), quantity(-2, -1, name="other"), quantity(-1, 1, name="third")

    def evidence(*found):
        return {each.name: each for each in found}

    assert [all_met(evidence(*each)) for each in ((yes,), (yes, no), (open_,))] == [HOLDS, FAILS, FAILS]
    assert [some_met(evidence(*each)) for each in ((yes,), (yes, no), (no, open_))] == [HOLDS, CAVEATS, FAILS]
    assert [detected(evidence(*each)) for each in ((yes,), (yes, no), (yes, open_))] == [HOLDS, FAILS, UNDECIDED]


# Findings


RULE = Rule(0, "rule", detected, {HOLDS: "{best} leads by {lead}.", FAILS: "{best} trails.", UNDECIDED: "Open."},
            question="{best} leads", source="here", answers={HOLDS: "{best}"}, key="lead")  # fmt: skip


def test_a_finding_says_what_its_evidence_decides_and_answers_the_prediction():
    ahead = RULE.find(quantity(1, 3), best="Adam")
    assert (ahead.outcome, ahead.claim, ahead.answer) == (HOLDS, "Adam leads", "Adam")
    assert ahead.sentence == "Adam leads by 2 [1, 3]."
    close = RULE.find(quantity(-1, 1), best="Adam")
    assert (close.outcome, close.answer, close.sentence) == (UNDECIDED, TOO_CLOSE, "Open.")
    lacking = RULE.find(quantity(1, 3), missing="It takes two.", best="Adam")
    assert (lacking.outcome, lacking.sentence, lacking.answer) == (UNDECIDED, "It takes two.", TOO_CLOSE)


def test_nobody_can_give_a_finding_another_outcome():
    with pytest.raises(AttributeError):
        RULE.find(quantity(-1, 1)).outcome = HOLDS
    with pytest.raises(TypeError):
        Finding(RULE, {}, {}, outcome=HOLDS)


def read(row) -> dict[str, Quantity]:
    """The evidence in a row of the trial's JSON."""
    lost = {"value": math.nan, "low": -math.inf, "high": math.inf}  # what JSON has no number for
    found = {}
    for each in row["evidence"]:
        ends = {key: lost[key] if each[key] is None else each[key] for key in lost}
        bound = each["threshold"]
        kept = {key: each[key] for key in ("name", "pairs", "unit", "wanted")}
        found[each["name"]] = Quantity(**kept, **ends, threshold=tuple(bound) if isinstance(bound, list) else bound)
    return found


def consistent(study, row) -> bool:
    """Whether the row's outcome is the one that its rule gives for its evidence."""
    (rule,) = [
        each for name, each in RULES if name == study and each.text == row["rule"] and each.claim == row["number"]
    ]
    return Finding(rule, read(row), {}, row["missing"]).outcome == row["outcome"]


@pytest.mark.parametrize("name", DECIDED)
def test_the_rows_of_every_study_can_be_judged_again_and_a_wrong_outcome_is_seen(name, finished):
    own = {rule.text for rule in STUDIES[name].RULES}
    rows = [each.row(name) for each in STUDIES[name].findings(finished(name))]
    rows = [row for row in rows if row["rule"] in own]  # what it borrows is judged with its own study
    assert rows
    for row in rows:
        assert consistent(name, row), row
        for other in {HOLDS, CAVEATS, FAILS, UNDECIDED} - {row["outcome"]}:
            assert not consistent(name, row | {"outcome": other})


@pytest.mark.parametrize("name", DECIDED)
@given(data=st.data())
def test_whatever_was_measured_has_a_sentence(name, finished, data):
    """Other numbers for the same evidence: every outcome that a rule then gives can be said."""
    for finding in STUDIES[name].findings(finished(name)):
        changed = {}
        for key, each in finding.evidence.items():
            if data.draw(st.booleans()):
                low, value, high = sorted(data.draw(st.tuples(numbers, numbers, numbers)), key=lambda x: (x != x, x))
                each = replace(each, value=value, low=low, high=high)
            changed[key] = each
        other = replace(finding, evidence=changed)
        assert other.sentence.endswith((".", "?"))
        assert "{" not in other.sentence


def test_every_rule_is_whole():
    for name, rule in RULES:
        where = f"{name}, claim {rule.claim} {rule.key}"
        assert rule.claim in DECLARED or (rule.claim == 0 and rule.question and rule.source), where
        assert not (rule.claim and (rule.question or rule.source)), where  # said once, in DECLARED
        assert len(rule.text) > 20, where
        assert rule.sentences.keys() <= {HOLDS, CAVEATS, FAILS, UNDECIDED}, where
        assert rule.answers.keys() <= rule.sentences.keys(), where
        for sentence in rule.sentences.values():
            assert sentence.rstrip().endswith((".", "}")), where
            assert list(string.Formatter().parse(sentence)), where
    for name in STUDIES:
        keys = [rule.key or str(rule.claim) for rule in STUDIES[name].RULES if rule.key or rule.claim]
        assert len(keys) == len(set(keys)), name


def test_identities_are_told_from_what_is_measured():
    """Claims that are true by construction, whatever the run, and only checked by it."""
    identities = {3, 7, 8, 9, 10, 11, 12, 13, 14, 16, 21, 23, 24, 29, 32, 36, 37, 38, 41, 43}
    kinds = {rule.claim: rule.kind for _, rule in RULES if rule.claim}
    assert {number for number, kind in kinds.items() if kind == "identity"} == identities


# Words


def test_numbers_are_worded_in_one_way():
    assert (
        f"{Quantity.of('lead', Difference(-0.0421, -0.08, 1e-7, 5)):signed}"
        == "\N{MINUS SIGN}0.0421 [\N{MINUS SIGN}0.08, +10⁻⁷]"
    )
    assert f"{Quantity.of('solved', Share(12, 60))}".startswith("20\N{NO-BREAK SPACE}% [")
    assert f"{Quantity.factor('slower', Difference(math.log(2), 0.0, math.log(4), 5))}" == "2 [1, 4] times"
    assert f"{Quantity.of('reached', 1, 'seeds')}, {Quantity.of('slower', 1, 'times')}" == "1 seed, 1 times"
    wide = Difference(*(power * math.log(10) for power in (20, 3, 60)), 5)  # a factor is not small beside its interval
    assert f"{Quantity.factor('slower', wide)}" == "10²⁰ [1,000, 10⁶⁰] times"
    nothing = Difference(math.nan, -math.inf, math.inf, 1)
    assert f"{Quantity.of('lead', nothing)}, {Quantity.factor('slower', nothing)}" == "not measured, not measured"
    assert str(Quantity.of("error", 3.1e-9, "", "at most", 1e-6)) == "error: 3.1·10⁻⁹, at most 10⁻⁶"
    assert str(quantity(-1, 3)) == "lead: +1 [\N{MINUS SIGN}1, +3] (n = 5, enough to detect 2), above 0 not detected"
