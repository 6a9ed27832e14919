"""A sweep over a study: every point runs it to the end, and the table holds its numbers and its verdicts."""

import tomllib

import pandas as pd
import pytest

from core.checks import InputError
from core.studies import minima
from core.studies.sweeps.over_study import StudySpace, StudySweep, summary
from core.sweep.__main__ import main
from core.sweep.work import sweep

BASE = {"trials": 10, "steps": 50, "width": 4, "seeds": 5, "rate": "same"}
TOML = """
study = "minima"
seeds = 2
processes = 1
[base]
trials = 10
steps = 50
width = 4
rate = "same"
seeds = 5
[axes]
lr = [0.1, 1.0]
"""


def space(**changes) -> StudySpace:
    return StudySpace(**{"study": "minima", "base": BASE, "axes": {"lr": [0.1, 1.0]}, "seeds": 2} | changes)


def swept(given: StudySpace, folder=None) -> StudySweep:
    *_, work = sweep(StudySweep(given), folder)
    return work


@pytest.fixture(scope="module")
def whole():
    return swept(space(processes=1))


def test_every_point_and_seed_holds_the_studys_own_table_and_verdicts(whole):
    found = whole.table
    assert list(found)[:3] == ["point", "lr", "seed"]
    assert found.groupby(["lr", "seed"]).ngroups == 4
    *_, alone = minima.run(minima.Settings(**BASE, lr=1.0, seed=5))
    rows = found[(found["lr"] == 1.0) & (found["seed"] == 5)]
    table, findings = minima.table(alone), minima.findings(alone)
    own = rows[rows["number"].isna()][table.columns].reset_index(drop=True)
    pd.testing.assert_frame_equal(own, table, check_dtype=False)
    judged = rows[rows["number"].notna()]
    assert judged["outcome"].to_list() == [finding.outcome for finding in findings]
    assert judged["number"].to_list() == [finding.number for finding in findings]


def test_repetitions_share_no_seed_with_each_other_and_points_share_them_all(whole):
    assert whole.table.groupby("lr")["seed"].unique().map(list).to_list() == [[0, 5], [0, 5]]
    more = StudySweep(space(axes={"seeds": [5, 8]}, seed=3))
    assert more.asked["seed"].to_list() == [3, 11, 3, 11]


def test_an_interrupted_sweep_goes_on_and_two_processes_give_bitwise_the_table_of_one(whole, tmp_path):
    work = sweep(StudySweep(space(processes=1)), tmp_path)
    next(state for state in work if state.arrived)
    work.close()
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    assert kept
    assert swept(space(processes=2), tmp_path).table.to_parquet() == whole.table.to_parquet()
    assert all(path.stat().st_mtime_ns == written for path, written in kept.items())
    assert len(list(tmp_path.rglob("*.parquet"))) == 4


def test_the_command_counts_the_verdicts_over_the_seeds(whole, tmp_path, capsys):
    (tmp_path / "settings.toml").write_text(TOML)
    assert main([str(tmp_path / "settings.toml"), "--out", str(tmp_path / "table.parquet")]) == 0
    told = capsys.readouterr().out
    assert (tmp_path / "table.parquet").read_bytes() == whole.table.to_parquet()
    verdicts = whole.table[(whole.table["lr"] == 0.1) & (whole.table["number"] == 17)]["outcome"]
    assert len(verdicts) == 2
    assert f"claim 17: {verdicts.value_counts().index[0]} {verdicts.value_counts().iloc[0]} of 2" in told


def test_what_a_study_refuses_when_it_runs_is_told_and_the_others_go_on():
    axes = {"lowest": [0.01, 2.0]}
    base = {"optimizers": ["sgd"], "activations": ["tanh"], "layers": [1], "rates": 2, "steps": 10}
    found = swept(StudySpace(study="sweeps", base=base, axes=axes, seeds=1, processes=1))
    refused = found.table.groupby("lowest")["refused"].first()
    assert refused[0.01] == ""
    assert "lowest is 2" in refused[2.0]
    assert "refused: lowest is 2" in summary(found)


@pytest.mark.parametrize("study", ["history", "playground"])
def test_a_study_without_chance_or_without_claims_can_be_swept_too(study):
    axes = {"history": {"first": [1900, 1950]}, "playground": {"lr": [0.1]}}[study]
    base = {"playground": {"max_epochs": 1}}.get(study, {})
    found = swept(StudySpace(study=study, base=base, axes=axes, seeds=1, processes=1)).table
    assert len(found) >= 2
    assert (found["refused"] == "").all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"study": "minimum"}, "did you mean 'minima'"),
        ({"study": 3}, "study is 3"),
        ({"base": {"trails": 10}}, "trails is not a setting"),
        ({"base": {"trials": 1}}, "trials is 1"),
        ({"axes": {"rates": [1]}}, "axes is 'rates'"),
        ({"axes": {"lr": [0.1, -1]}}, "lr is -1"),
        ({"axes": {"seed": [1, 2]}}, "axes is 'seed'"),
        ({"axes": {}}, "axes is empty"),
        ({"metric": "test_loss"}, "metric is not a setting"),
        ({"seeds": 900, "base": {"seeds": 20}}, "seed is 17980"),
        ({"study": "history", "base": {}, "axes": {"first": [1900, 1950]}}, "uses no random numbers"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(changes, words):
    with pytest.raises(InputError) as refusal:
        space(**changes)
    assert words in str(refusal.value)


def test_settings_survive_their_own_dump_and_their_own_text():
    given = space(axes={"lr": {"low": 0.1, "high": 1.0, "points": 2}, "activation": ["relu", "tanh"]}, base=BASE)
    assert given.replace() == given
    assert StudySpace(**tomllib.loads(given.to_toml())) == given
    assert given.hash() != given.replace(base=BASE | {"width": 5}).hash()
