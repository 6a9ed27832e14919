"""The stability of verdicts: what is counted as differing, as the opposite, as open; and where studies disagree."""

import pandas as pd
import pytest

from core.studies import STUDIES, trial
from core.studies.__main__ import main
from core.studies.contract import CAVEATS, FAILS, HOLDS, UNDECIDED
from core.studies.stability import hear, report


def table(*outcomes, kind="measured"):
    return pd.DataFrame({"study": "depth", "number": 30, "claim": "", "kind": kind, "outcome": outcomes})


def test_what_differs_from_the_commonest_is_counted_and_the_open_ones_apart():
    told = report(table(HOLDS, HOLDS, HOLDS, CAVEATS, UNDECIDED))
    assert "1 of 4 decided verdicts differ from the most frequent outcome of their question (25.0%)." in told
    assert "0 say the opposite. 20% of the measured verdicts are not decided." in told
    assert "3 of 6 decided" in report(pd.concat([table(HOLDS, FAILS, HOLDS), table(CAVEATS, FAILS, HOLDS)]))
    assert "1 say the opposite" in report(table(HOLDS, HOLDS, FAILS))


def test_identities_are_not_among_the_measured():
    both = pd.concat([table(HOLDS, HOLDS, kind="identity").assign(number=29), table(UNDECIDED, UNDECIDED)])
    assert "100% of the measured verdicts are not decided" in report(both)


def test_every_study_is_heard_once_from_each_seed():
    study = STUDIES["history"]
    first, second = hear(["history"], 2, 50)
    assert (set(first.seed), set(second.seed), set(first.study)) == ({50}, {150}, {"history"})
    assert len(first) == len(study.findings([*study.run(study.Settings())][-1]))


def test_where_nothing_is_measured_nothing_is_undecided():
    assert "0% of the measured verdicts are not decided" in report(table(HOLDS, HOLDS, kind="identity"))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--stability", "1"], "stability is 1, but must be at least 2."),
        (["--stability", "3", "--seed", "9801"], "the last of 3 first seeds, 100 apart, is 10001, but must be at most"),
        (["--out", __file__], f"out is {__file__}, but that cannot be a folder: "),
    ],
)
def test_what_the_command_cannot_do_it_refuses_before_it_runs_anything(arguments, told, capsys):
    assert main(["--studies", "history", *arguments]) == 2
    assert capsys.readouterr().err.startswith(told)


def found(study, number, outcome):
    (rule,) = (each for each in STUDIES[study].RULES if each.claim == number)
    finding = rule.find()
    return type("Given", (), {"outcome": outcome, "number": number, "rule": finding.rule})()


def test_where_studies_disagree_it_is_told_which_settings_differ():
    result = next(trial.run(trial.Settings()))
    for study, outcome in (("depth", CAVEATS), ("activations", HOLDS)):
        result.findings[study] = [found(study, 47, outcome)]
    told = trial.disagreement(result, 47)
    assert "depth: holds with caveats; activations: holds" in told
    assert "optimizer (momentum, sgd)" in told
    result.findings["activations"] = [found("activations", 47, UNDECIDED)]
    assert trial.disagreement(result, 47) == ""


def test_a_claim_is_an_identity_where_nothing_that_decides_it_is_measured():
    assert [trial.kind_of(number) for number in (3, 32, 47)] == ["identity", "identity", "measured"]
