"""Every study: any setting in range runs, and the data a visitor would try reach findings."""

import itertools

import pytest

from core.checks import InputError
from core.settings import extra
from core.studies import STUDIES
from core.studies.contract import DECLARED, claims_of


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


@pytest.mark.slow
@pytest.mark.parametrize("name", STUDIES)
def test_any_extreme_of_any_setting_runs_or_is_refused_by_name(name, light):
    study = STUDIES[name]
    default = study.Settings(**light(study))
    for change in extremes(default):
        try:
            results = list(itertools.islice(study.run(default.replace(**change)), 4))
        except InputError as refusal:  # settings that contradict each other: one sentence that names one of them
            results, sentence = [], str(refusal)
        if results:
            assert all(0 <= result.progress <= 1 and result.phase for result in results), change
        else:
            assert any(name in sentence for name in study.Settings.model_fields), change


@pytest.mark.parametrize("study", STUDIES.values(), ids=list(STUDIES))
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


@pytest.mark.parametrize(
    ("name", "questions"),
    [("depth", 1), ("optimizers", 1), ("batch_size", 3), ("learning_rate", 2), ("critical_batch", 1)],
)
def test_a_target_above_the_first_loss_decides_nothing(name, questions, light):
    study = STUDIES[name]
    high = extra(study.Settings.model_fields["target"])["high"]
    *_, last = study.run(study.Settings(**light(study) | {"dataset": "moons", "target": high}))
    told = [found.outcome for found in study.findings(last) if "choose a lower target" in found.sentence]
    assert told == questions * ["not decided by this run"]


def well_put(finding) -> bool:
    """Whether a finding has its rule, its evidence and one plain sentence."""
    known = {"holds", "holds with caveats", "does not hold", "not decided by this run"}
    told = finding.sentence.endswith(".") and "nan" not in finding.sentence and "{" not in finding.sentence
    shown = bool(finding.evidence) or finding.outcome == "not decided by this run"
    heard = finding.outcome in known and finding.number in {0, *DECLARED}
    return heard and len(finding.rule.text) > 20 and told and shown


def on_data(name) -> list[str]:
    """The data on which a study is tried: two kinds where it takes any, else its own."""
    field = STUDIES[name].Settings.model_fields.get("dataset")
    found = [data for data in ("moons", "digits") if field and data in extra(field)["options"]]
    return found or [""]


RUNS = [
    pytest.param(name, data, marks=[pytest.mark.slow] if data == "digits" else [])
    for name in STUDIES
    if name != "trial"
    for data in on_data(name)
]


@pytest.mark.parametrize(("name", "data"), RUNS)
def test_it_reaches_findings_with_their_rule_their_evidence_and_a_sentence(name, data, finished):
    study, result = STUDIES[name], finished(name, data)
    assert result.progress == 1
    assert len(study.table(result)) >= 2
    assert len(study.curves(result)) >= 2
    findings = study.findings(result)
    assert set(claims_of(study)) <= {finding.number for finding in findings}
    assert all(map(well_put, findings))
