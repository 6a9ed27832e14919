"""The scripts below a study's numbers: offered for each of its runs, written when asked for, true to what was shown."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from test_exports import printed
from visitor import experiment, finish, nobody_watching, opened, unfold

from core.data import read_table
from core.export.script import numpy_script
from core.optimizers import OPTIMIZERS
from core.studies import minima, optimizers
from core.training import RunSettings
from pages.figures.common.words import spoken
from pages.ui.frame import ends


def finished(study, **changes):
    """The last result of a study."""
    *_, result = study.run(study.Settings(**changes))
    return result


@pytest.fixture(scope="module")
def race_of_rules():
    return finished(optimizers, epochs=3)


CURVES = pd.DataFrame({"loss": [1.2345678901234567e-12, float("nan"), float("inf")]})


def buttons(at):
    return [button.proto.label for button in at.get("download_button")]


def with_scripts(page, **query):
    """The page after its run, the scripts opened."""
    with nobody_watching():
        at = finish(opened(page, **query))
    assert buttons(at) == []  # nothing is written before it is asked for
    return unfold(at, "scripts")


def test_every_run_of_a_finished_study_is_offered():
    at = with_scripts("optimizers", epochs="3")
    race = experiment(at).result.race
    offered = [*race.runs, *experiment(at).result.equal.runs]
    assert at.selectbox(key="optimizers script of").options == [spoken(label) for label in offered]
    seeds = [f"seed {run.seed}" for run in race.runs["adam"]]
    assert at.selectbox(key="optimizers script seed").options == seeds
    assert buttons(at) == ["numpy script", "PyTorch script"]
    at.selectbox(key="optimizers script of").select_index(5).run()
    at.selectbox(key="optimizers script seed").select_index(2).run()
    assert not at.exception
    assert buttons(at) == ["numpy script", "PyTorch script"]


@pytest.mark.parametrize("study", [optimizers, minima])
def test_the_script_of_a_run_prints_the_curve_that_was_shown(study, race_of_rules):
    """One of a stack, with the rate that was tuned for it, on the data of the study."""
    race, *_ = ends.races(race_of_rules if study is optimizers else finished(minima, trials=10, seeds=5))
    for label, runs in race.runs.items():
        if runs[1].steps <= 1000 and OPTIMIZERS[runs[1].optimizer].scripted:
            shown = printed(numpy_script(runs[1]))
            np.testing.assert_array_equal(shown[:, 0], race.steps(label))
            for column, name in ((1, "train_loss"), (2, "test_loss")):
                np.testing.assert_allclose(shown[:, column], race.values(label, name)[:, 1], rtol=1e-12)


def test_a_run_in_single_precision_is_told_from_its_script():
    at = with_scripts("batch_size", samples="64", more="10", most="50")
    assert buttons(at) == ["numpy script", "PyTorch script"]
    assert any("Trained here in float32" in caption.value for caption in at.caption)
    (label, (run, *_)), *_ = experiment(at).result.race.runs.items()
    shown = printed(numpy_script(run.replace(dtype="float64")))[:, 1]
    np.testing.assert_allclose(shown, experiment(at).result.race.values(label, "train_loss")[:, 0], rtol=0.01)


def test_where_there_is_no_script_the_page_says_why(monkeypatch):
    monkeypatch.setattr("core.export.script.MOST_NUMBERS", 10)
    at = with_scripts("minima", trials="10", seeds="5")
    assert buttons(at) == []
    assert [caption.value for caption in at.caption if "numbers, but a script can carry at most 10" in caption.value]


def test_trials_and_results_without_a_race_offer_nothing(race_of_rules):
    assert race_of_rules.trials.runs
    assert ends.races(race_of_rules) == [race_of_rules.race, race_of_rules.equal]
    assert ends.races(None) == []


def test_where_a_rule_is_out_of_scope_the_pages_say_so(monkeypatch):
    monkeypatch.setattr(OPTIMIZERS["sgd"], "scripted", False)
    at = finish(opened("minima", trials="10", seeds="5"))
    unfold(at, "scripts")
    assert buttons(at) == []
    refusals = [
        each.value for each in at.caption if "script: optimizer is sgd, but a script can use only" in each.value
    ]
    assert len(refusals) == 2
    at = unfold(opened("playground", optimizer="sgd"), "exports")
    assert not {"numpy script", "PyTorch script"} & {button.proto.label for button in at.get("download_button")}
    assert (
        len([each for each in at.caption if "script: optimizer is sgd, but a script can use only" in each.value]) == 2
    )


def test_everything_says_which_rows_of_a_table_were_used_and_what_was_decided():
    rows = "\n".join(f"{k},{k % 7},{'ab'[k % 2]}" for k in range(40))
    data = read_table(f"x,y,class\n{rows}\n,3,a").dataset("class")
    result = SimpleNamespace(source=data, settings=RunSettings())
    study = SimpleNamespace(table=lambda result: pd.DataFrame({"a": [1]}), curves=lambda result: CURVES)
    text = ends._json(
        "page", study, SimpleNamespace(result=result, settings=result.settings, findings=lambda study: [])
    )
    curves = json.loads(text)["curves"]
    assert [each["loss"] for each in curves] == [1.2345678901234567e-12, None, None]  # every digit, or nothing
    told = json.loads(text)["data"]
    assert sum(told["rows"].values()) == 41
    assert told["rows"]["test"] == len(data.X_test)
    assert told["decided"] == list(data.notices)
    assert any("missing" in each for each in told["decided"])
