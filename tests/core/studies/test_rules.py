"""A study's rules are read whole from the file of its texts, and a fault in the file is refused in one sentence."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from core.checks import InputError
from core.studies import STUDIES
from core.studies.contract import CAVEATS, FAILS, HOLDS, UNDECIDED, Quantity, cases
from core.studies.rules import Rules

RULE = '[rules.faster]\nclaim = 1\ntext = "faster by {LITTLE:.0%}"\ndecide = "graded"\nholds = "{SAYS}: {lead}."\n'


@pytest.fixture
def study(tmp_path, monkeypatch):
    """study(text) -> the rules of a module with the constant LITTLE whose TOML file has this text."""

    def made(text):
        module = ModuleType("fast")
        module.__file__, module.LITTLE = str(tmp_path / "fast.py"), 0.25
        (tmp_path / "fast.toml").write_text(text, encoding="utf-8")
        monkeypatch.setitem(sys.modules, "fast", module)
        return Rules("fast")

    return made


@pytest.mark.parametrize("name", [name for name in STUDIES if isinstance(STUDIES[name].RULES, Rules)])
def test_every_rule_that_is_written_is_judged(name):
    rules = STUDIES[name].RULES
    judged = {rule.text for rule in rules}
    filled = [said.text.split("{")[0] for said in rules.written.values()]
    assert len(judged) == len(rules) >= len(rules.written)
    assert all(any(text.startswith(begin) for text in judged) for begin in filled)


def test_constants_and_phrases_are_filled_in_and_words_are_left_to_the_finding(study):
    rules = study('[phrases]\nSAYS = "by over {LITTLE:g}"\n' + RULE)
    found = rules.rule("faster")(lambda result: [Quantity("lead", 2, 1, 3, 5, "", "above", 0)])
    assert rules["faster"].text == "faster by 25%"
    assert (found(None).outcome, found(None).sentence) == (HOLDS, "by over 0.25: 2 [1, 3].")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (RULE, "'SAYS' is named by a rule, but is neither a constant of fast nor a phrase"),
        (RULE.replace("graded", "gradde"), "decide of faster is 'gradde'"),
        (RULE.replace('"graded"', '{ holds = "lead mett" }').replace("SAYS", "x"), "state is 'mett'"),
        (RULE.replace("claim = 1", 'claim = "one"'), "faster, claim of fast.toml is wrong"),
        (RULE.replace("holds", "hold"), "faster, hold of fast.toml is wrong"),
    ],
)
def test_a_fault_in_the_file_is_named(study, text, told):
    with pytest.raises(InputError, match=told):
        study(text).rule("faster")


def test_each_condition_that_settings_lack_has_a_sentence_of_its_own(study):
    lacking = 'lacking.few = "{units} units are fewer than {LITTLE:g}."\nlacking.even = "Choose an odd number."\n'
    conditions = {"few": lambda s: s.units > 0.25, "even": lambda s: s.units % 2}
    rules = study(RULE.replace("{SAYS}", "Yes") + lacking)
    rules.rule("faster", conditions)(lambda result: [])
    told = [rules["faster"].needs(SimpleNamespace(units=units)) for units in (0, 2, 3)]
    assert told == ["0 units are fewer than 0.25.", "Choose an odd number.", ""]
    with pytest.raises(InputError, match=r"condition of faster is 'evn'.*did you mean 'even'"):
        rules.rule("faster", {"evn": bool})


def quantity(name, low, high, unit=""):
    return Quantity(name, (low + high) / 2, low, high, 5, unit, "between", (-1.0, 2.0))


def test_the_first_case_that_applies_decides():
    decide = cases(fails="all met", holds="any lead * apart, cost missed", caveats="any apart", undecided="")
    near, far, over = (-0.5, 0.5), (3, 4), (-3, 5)

    def outcome(a, b, cost):
        told = [quantity("lead a", *a), quantity("lead b", *b), quantity("cost", *cost)]
        return decide({each.name: each for each in told})

    assert outcome(near, near, near) == FAILS
    assert outcome(near, far, far) == HOLDS
    assert outcome(near, near, far) == CAVEATS
    assert outcome(over, near, over) == UNDECIDED


def test_below_and_unequal_are_told_from_missed():
    decide = cases(caveats="x below", fails="x missed", holds="x unequal")
    found = [decide({"x": quantity("x", *ends)}) for ends in ((-4, -3), (3, 4), (0.5, 1), (-0.5, 1))]
    assert found == [CAVEATS, FAILS, HOLDS, UNDECIDED]
    assert decide({"x": quantity("x", 0.9, 1.1, "times")}) == UNDECIDED
    assert [cases(fails="x zero")({"x": quantity("x", *ends)}) for ends in ((-1, 1), (0, 1))] == [FAILS, UNDECIDED]
