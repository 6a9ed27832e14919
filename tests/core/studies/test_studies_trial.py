"""The trial hears every study, fills in nothing by hand, and goes on when one fails."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.checks import InputError
from core.settings import Settings as BaseSettings
from core.studies import __main__, trial
from core.studies.claims import CLAIMS
from core.studies.contract import CAVEATS, FAILS, Rule
from pages.figures import trial as figures
from pages.figures.trial import charts


class Seeded(BaseSettings):
    seed: int = 0


def rule(number, outcome="holds"):
    """A rule that gives this outcome whatever the evidence."""
    return Rule(number, "rule", lambda evidence: outcome, {outcome: f"Seed {number}."}, question="ours")


def study(*given, fails=None, decides=()):
    """A study that takes two steps, and finds this or fails with that."""

    def run(settings):
        yield SimpleNamespace(settings=settings, progress=0.0, phase="one")
        if fails:
            raise fails
        yield SimpleNamespace(settings=settings, progress=1.0, phase="two")

    found = [rule(number, outcome).find() for number, outcome in given]
    rules = tuple(map(rule, decides))
    return SimpleNamespace(Settings=Seeded, run=run, findings=lambda result: found, RULES=rules)


@pytest.fixture
def studies(monkeypatch):
    """Three small studies in the place of the real ones; the third fails."""
    given = [(18, "holds"), (19, "does not hold"), (20, "not decided by this run"), (0, "holds")]
    borrowed = (41, "holds")  # which another study decides
    there = {
        "optimizers": study(*given, decides=(18, 19, 20)),
        "depth": study((19, "holds"), (20, "holds"), (30, "holds with caveats"), borrowed, decides=(19, 20, 30)),
        "activations": study((40, "holds"), fails=ZeroDivisionError("oh"), decides=(40,)),
    }
    others = {name: SimpleNamespace(RULES=(rule(48),)) for name in trial.HEARD}
    monkeypatch.setattr(trial, "STUDIES", others | there)
    return there


def heard(**settings):
    return [*trial.run(trial.Settings(studies=("optimizers", "depth", "activations"), **settings))][-1]


def test_a_claim_stands_as_its_studies_say(studies, caplog):
    result = heard()
    assert [trial.standing(result, number) for number in (18, 20, 30)] == ["holds", "holds", "holds with caveats"]
    assert trial.standing(result, 19) == "holds with caveats"  # the two disagree
    assert trial.standing(result, 40) == trial.FAILED
    assert trial.standing(result, 41) == trial.NOBODY
    assert trial.standing(result, 48) == trial.PENDING
    assert "failed" in caplog.text
    assert sum(trial.count(result).values()) == len(CLAIMS)
    (counted,) = trial.findings(result)
    assert counted.outcome == "not decided by this run"  # not all were heard
    assert counted.evidence["claims that hold"].value == trial.count(result)["holds"]


def test_the_table_has_every_claim_and_each_of_its_studies(studies):
    table = trial.claims(heard()).set_index("number")
    assert list(table.index) == list(CLAIMS)
    assert table.loc[19, "by experiment"] == "optimizers: does not hold | depth: holds"
    assert table.loc[19, "found"] == "optimizers: Seed 19. | depth: Seed 19."
    assert table.loc[48, "found"] == ""
    assert len(trial.curves(heard())) == 7


def test_before_anything_has_run_nothing_is_decided():
    first = next(trial.run(trial.Settings()))
    assert set(trial.claims(first)["verdict"]) <= {trial.PENDING, trial.NOBODY}
    assert not trial.rows(first)
    assert trial.verdict(first) == "Not answered yet. No claim is decided."
    assert "0 of 14 experiments" in trial.counted(first)
    assert trial.table(first).empty
    assert trial.curves(first).empty


def test_the_seed_reaches_the_studies_that_have_one(studies):
    results = [each.inner.settings.seed for each in trial.run(trial.Settings(studies=("depth",), seed=7)) if each.inner]
    assert set(results) == {7}


def test_what_a_study_has_shown_stays_until_there_is_something_to_see_of_the_next(studies):
    results = trial.run(trial.Settings(studies=("optimizers", "depth")))
    seen = [(each.current, each.inner.progress, each.phase) for each in results if each.inner]
    assert ("optimizers", 1.0, "optimizers, experiment 1 of 2") in seen
    assert ("depth", 1.0, "depth, experiment 2 of 2") in seen
    assert all(phase.startswith(current) for current, _, phase in seen)  # words and picture are of the same one
    assert ("depth", 0.0) not in [each[:2] for each in seen]


def test_unknown_studies_are_refused():
    with pytest.raises(InputError, match="studies is 'cooking'"):
        trial.Settings(studies=("cooking",))
    with pytest.raises(InputError):
        trial.Settings(studies=("trial",))


def test_the_command_writes_what_it_prints_and_tells_of_failures(studies, tmp_path, capsys):
    assert __main__.main(["--studies", "optimizers", "depth", "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "\n 18  holds" in printed
    told = json.loads((tmp_path / "trial.json").read_text())
    assert [row["number"] for row in told["claims"]] == list(CLAIMS)
    assert told["failed"] == {}
    named = {"study", "number", "claim", "kind", "outcome", "evidence", "sentence"}
    assert all(named <= row.keys() for row in told["verdicts"])
    assert {row["claim"] for row in told["verdicts"] if row["number"]} <= {claim.text for claim in CLAIMS.values()}
    rows = (tmp_path / "trial.md").read_text().splitlines()
    assert len([row for row in rows if row.startswith("| ")]) == 2 + len(CLAIMS)
    assert len({row.count("|") for row in rows if row.startswith("|")}) == 1
    assert __main__.main(["--studies", "activations"]) == 1
    assert "activations failed" in capsys.readouterr().out


@pytest.mark.parametrize("seeds", [-1, 3, 41])
def test_a_number_of_seeds_that_no_experiment_takes_is_refused_with_all_that_are_taken(capsys, seeds):
    assert __main__.main(["--seeds", str(seeds)]) == 2
    assert capsys.readouterr().err == f"seeds is {seeds}, but must be 0 or in [5, 40].\n"


def test_the_chart_has_data_or_words_at_every_moment():
    for result in trial.run(trial.Settings(studies=("optimizers",))):
        figure = figures.now(result)
        assert figure.data or figure.layout["annotations"][0]["text"]
        if result.inner and result.inner.progress > 0.1:
            break
    assert figures.now(result).data


def test_each_claim_stands_under_one_heading_in_its_place():
    numbers = [number for heading in trial.OUTLINE for number in heading.claims]
    assert sorted(numbers) == list(CLAIMS)
    assert all(bool(heading.claims) != bool(heading.page) for heading in trial.OUTLINE)
    for heading in trial.OUTLINE:
        assert all(CLAIMS[number].where.startswith(heading.place) for number in heading.claims)


@pytest.mark.parametrize(
    ("first", "told"),
    [("holds", "No. "), ("holds with caveats", "No, with a caveat. "), ("does not hold", "Yes. ")],
)
def test_the_answer_is_that_of_the_first_claim_and_counts_only_what_has_run(first, told):
    result = next(trial.run(trial.Settings()))
    outcomes = {
        1: first,
        7: "does not hold",
        12: "does not hold",
        15: "holds with caveats",
        16: "not decided by this run",
    }
    result.findings["question"] = [rule(number, outcome).find() for number, outcome in outcomes.items()]
    line = trial.verdict(result)
    assert line.startswith(told)
    assert ("3 fail," if first == FAILS else "2 fail,") in line
    assert ("2 need caveats," if first == CAVEATS else "1 needs caveats,") in line
    assert line.endswith("1 is not decided.")
    assert trial.counted(result).startswith("Counted from 1 of 14 experiments")
    assert f"{len(CLAIMS) - len(outcomes)} of {len(CLAIMS)} claims are not tested yet" in trial.counted(result)


def test_the_numbers_of_the_trial_are_those_of_its_experiments(studies, caplog):
    table = trial.table(heard()).set_index("experiment")
    assert list(table.index) == ["optimizers", "depth", "activations"]
    assert table.loc["optimizers", ["holds", "does not hold", "not decided by this run"]].tolist() == [1, 1, 1]
    assert "ZeroDivisionError" in table.loc["activations", "failed"]
    assert (table["seconds"] >= 0).all()


def test_every_study_has_a_chart_that_shows_it_running():
    other = {"optimizers": "loss", "misconceptions": "kinks"}  # where the stage is no curve, or borrowed
    for name in trial.HEARD:
        stage = re.search(r"Panel\([^)]*?figures\.(\w+)", Path(f"pages/{name}.py").read_text())[1]
        assert charts(name)[0].__name__ == other.get(name, stage)


@pytest.mark.parametrize(
    ("held", "answer"), [(0, "fewer than 14"), (14, "14 to 28"), (28, "14 to 28"), (29, "more than 28")]
)
def test_the_prediction_is_answered_once_all_are_decided(held, answer):
    result = next(trial.run(trial.Settings()))
    for number in CLAIMS:
        name = trial.deciders(number)[0]
        outcome = "holds" if number <= held else "does not hold"
        result.findings.setdefault(name, []).append(rule(number, outcome).find())
    (counted,) = trial.findings(result)
    assert (counted.outcome, counted.answer) == ("holds", answer)
    assert counted.sentence.startswith(f"{held} of the {len(CLAIMS)} claims hold")
