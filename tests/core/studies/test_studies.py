"""Every study, found by its file: any setting in range runs, and the data a visitor would try reach a verdict."""

import itertools

import pytest

from core.checks import InputError
from core.settings import extra
from core.studies import STUDIES as FOUND

STUDIES = list(FOUND.values())


def identified(study) -> str:
    return study.__name__.rsplit(".", 1)[-1]


def readable(value) -> str:
    return value.get("dataset", "default") if isinstance(value, dict) else identified(value)


def extremes(settings) -> list[dict]:
    """One change of one field at a time: its lowest, its highest, each of its options."""
    changes = []
    for name, field in type(settings).model_fields.items():
        declared, value = extra(field), getattr(settings, name)
        many = isinstance(value, tuple)
        if "options" in declared:
            options = declared["options"]
            changes += [{name: tuple(options[:20])}] if many else [{name: option} for option in options]
        elif "low" in declared:
            kind = type(value[0] if many else value)
            ends = [kind(declared["low"]), kind(declared["high"])] if value is not None else []
            changes += [{name: (end,) if many else end} for end in ends]
        elif isinstance(value, bool):
            changes.append({name: not value})
    return changes


@pytest.mark.parametrize("study", STUDIES, ids=identified)
def test_any_extreme_of_any_setting_runs_or_is_refused_by_name(study):
    default = study.Settings()
    for change in extremes(default):
        try:
            results = list(itertools.islice(study.run(default.replace(**change)), 4))
        except InputError as refusal:  # settings that contradict each other: one sentence that names one of them
            results, sentence = [], str(refusal)
        if results:
            assert all(0 <= result.progress <= 1 and result.phase for result in results), change
        else:
            assert any(name in sentence for name in study.Settings.model_fields), change


@pytest.mark.parametrize("study", STUDIES, ids=identified)
def test_one_beyond_each_bound_is_refused_by_name(study):
    default = study.Settings()
    for name, field in study.Settings.model_fields.items():
        declared, value = extra(field), getattr(default, name)
        if "low" not in declared or value is None:
            continue
        for beyond in (declared["low"] - 1, declared["high"] + 1):
            one = type(value[0])(beyond) if isinstance(value, tuple) else type(value)(beyond)
            with pytest.raises(InputError, match=name):
                default.replace(**{name: (one,) if isinstance(value, tuple) else one})


def light(study) -> dict:
    """A quarter of all that makes work, so that any data is learnt in little time."""
    changes = {}
    for name, field in study.Settings.model_fields.items():
        declared, value = extra(field), field.default
        if declared.get("work") and isinstance(value, int | float) and name != "seeds":
            changes[name] = max(type(value)(declared["low"]), type(value)(value / 4))
    return changes


def well_put(verdict) -> bool:
    """Whether a verdict says its rule and its numbers."""
    known = {"holds", "holds with caveats", "does not hold", "not decided by this run"}
    measured = any(letter.isdigit() for letter in verdict.measured) or verdict.outcome == "not decided by this run"
    return verdict.outcome in known and 0 <= verdict.number <= 48 and len(verdict.rule) > 20 and measured


ON_DATA = [
    (study, light(study) | {"dataset": data})
    for study in STUDIES
    if "dataset" in study.Settings.model_fields
    for data in ("moons", "digits")
    if data in extra(study.Settings.model_fields["dataset"])["options"]
]
ELSE = [
    (study, light(study))
    for study in STUDIES
    if study not in [known for known, _ in ON_DATA] and "studies" not in study.Settings.model_fields
]


@pytest.mark.parametrize(("study", "change"), ON_DATA + ELSE, ids=readable)
def test_it_reaches_verdicts_that_say_their_rule_and_their_numbers(study, change):
    *_, result = study.run(study.Settings(**change))
    assert result.progress == 1
    assert len(study.table(result)) >= 2
    assert len(study.curves(result)) >= 2
    verdicts = study.verdicts(result)
    assert verdicts or not study.DECIDES
    assert all(map(well_put, verdicts))
