"""A sweep on a table of one's own: read beside the settings, known by its content, the same wherever it is trained."""

from urllib.parse import parse_qs

import numpy as np
import pandas as pd
import pytest

from core.checks import InputError
from core.data import OwnData, read_table
from core.playground import settings as playground_settings
from core.playground.playground import Playground
from core.studies.sweeps import study as sweeps
from core.sweep.__main__ import main, read_work
from core.sweep.runs import Sweep
from core.sweep.settings import SweepSettings
from core.sweep.work import sweep
from core.training import RunSettings, Trainer
from pages.figures import sweeps as figures

TOML = """
data = "mine.csv"
target = "kind"
seeds = 2
processes = {processes}
confirm = 1
[base]
hidden = [4]
steps = 20
[axes]
optimizer = ["sgd", "adam"]
lr = [0.1, 0.5]
"""


@pytest.fixture
def folder(tmp_path):
    """A table with a column of text, a missing cell and letters of several languages; and the settings of a sweep."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 2)).round(3)
    kinds = np.where(np.hypot(*x.T) > 1, "außen", "innen")
    table = pd.DataFrame({"größe": x[:, 0], "y": x[:, 1], "place": "b", "kind": kinds})
    table.loc[7, "y"] = None
    table.to_csv(tmp_path / "mine.csv", index=False)
    (tmp_path / "settings.toml").write_text(TOML.format(processes=1))
    return tmp_path


def swept(folder, processes=1, parts=None):
    (folder / "settings.toml").write_text(TOML.format(processes=processes))
    *_, work = sweep(read_work(folder / "settings.toml"), parts)
    return work.table


def test_two_processes_give_bitwise_the_table_of_one(folder):
    assert swept(folder).to_parquet() == swept(folder, 2).to_parquet()


def test_a_row_is_what_the_trainer_makes_of_the_seeds_own_split(folder):
    row = swept(folder).query("optimizer == 'adam' and lr == 0.5 and seed == 1").iloc[0]
    data = read_table(folder / "mine.csv").dataset("kind", seed=1)
    run = RunSettings(dataset="own", hidden=(4,), steps=20, optimizer="adam", lr=0.5, seed=1, data_seed=1, frames=20)
    *_, last = (frame for frame in Trainer([run], data).work() if frame is not None)
    assert row["test_loss"] == last.test_loss[0]
    other = read_table(folder / "mine.csv").dataset("kind", seed=0).X_test
    assert (data.X_test[:, 0] != other[:, 0]).any()


def test_another_content_starts_anew_and_another_place_does_not(folder, tmp_path):
    path, parts = folder / "mine.csv", tmp_path / "parts"
    before = swept(folder, parts=parts)
    (kept,) = parts.iterdir()
    settings = (folder / "settings.toml").read_text()
    path.rename(folder / "renamed.csv")
    (folder / "settings.toml").write_text(settings.replace("mine.csv", "renamed.csv"))
    assert read_work(folder / "settings.toml").hash == kept.name
    text = (folder / "renamed.csv").read_text()
    path.write_text(text.replace("außen", "innen", 1))
    after = swept(folder, parts=parts)
    assert len(list(parts.iterdir())) == 2
    assert after.to_parquet() != before.to_parquet()
    path.write_text(text)
    assert swept(folder, parts=parts).to_parquet() == before.to_parquet()
    assert len(list(parts.iterdir())) == 2


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"mine.csv"', '"missing.csv"', "missing.csv', but cannot be read"),
        ('"mine.csv"', '"."', "cannot be read"),
        ('"mine.csv"', '"short.csv"', "the table has 1 row of data"),
        ('"mine.csv"', "3", "data is 3"),
        ('target = "kind"', "", "target is ''"),
        ('"kind"', '"kinds"', "did you mean 'kind'"),
        ('"kind"', '"kind"\ntask = "numbers"', "taken as classes only"),
        ('"kind"', '"kind"\nfeatures = ["place"]', "every feature is constant ('place')"),
        ("hidden", "dataset = 'iris'\nhidden", "dataset has nothing to choose"),
        ("hidden", "train = 30\nhidden", "train has nothing to choose"),
        ("lr =", "noise =", "noise has nothing to choose"),
        ('data = "mine.csv"', "", "target is 'kind', but data names no file"),
    ],
)
def test_what_cannot_be_learnt_is_refused_in_one_sentence(folder, capsys, old, new, words):
    settings = folder / "settings.toml"
    settings.write_text(settings.read_text().replace(old, new, 1))
    (folder / "short.csv").write_text("a,kind\n1,2\n")
    assert main([str(settings), "--out", str(folder / "table.parquet")]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error.splitlines()) == 1
    assert not list(folder.glob("*.parquet"))


def test_the_command_tells_what_it_found_in_the_table(folder, capsys):
    assert main([str(folder / "settings.toml"), "--out", str(folder / "table.parquet")]) == 0
    told = capsys.readouterr().out
    assert "1 missing cell in 'y' is filled" in told
    assert "'place'" in told


PAGE = sweeps.Settings(dataset="own", optimizers=("sgd", "adam"), activations=("tanh",), layers=(2,), rates=2, steps=30)


@pytest.fixture
def own(folder):
    return OwnData(read_table(folder / "mine.csv"), "kind", "classes", ("größe", "y"))


def test_the_page_trains_what_the_command_trains(folder, own):
    *_, result = sweeps.run(PAGE, own)
    (folder / "settings.toml").write_text("processes = 1\n" + result.sweep.settings.to_toml())
    *_, told = sweep(read_work(folder / "settings.toml"))
    assert told.table.to_parquet() == result.table.to_parquet()
    assert told.hash == result.sweep.hash
    assert len(sweeps.findings(result)) == 2
    assert figures.heatmap(result).data
    assert result.source is own.dataset(seed=PAGE.seed)  # told in the page's JSON


def test_a_link_repeats_the_run_in_the_playground_once_the_table_is_given_there_too(own):
    *_, result = sweeps.run(PAGE.replace(confirm=0, seed=3), own)
    query = {name: values[0] for name, values in parse_qs(sweeps.link(result, 1)).items()}
    settings, notices = playground_settings.Settings.from_text(query)
    assert not notices
    played = Playground(settings, own.dataset(settings.test_share, settings.data_seed))
    for _ in range(PAGE.steps):
        played.update()
    row = result.table.query("point == 1 and seed == 3").iloc[0]
    assert played.present.test_loss[0] == row["test_loss"]


def test_a_page_refuses_what_it_does_not_have_and_what_is_too_large(own, monkeypatch):
    with pytest.raises(InputError, match="dataset is 'own', but there is no table"):
        list(sweeps.run(PAGE))
    monkeypatch.setattr(sweeps, "MOST_CELLS", 100)
    with pytest.raises(InputError, match="the table has 320 cells"):
        list(sweeps.run(PAGE, own))


def test_a_sweep_is_given_the_table_that_its_settings_name(own):
    with pytest.raises(InputError, match="there is no table"):
        Sweep(PAGE.sweep(own))


def test_seeds_whose_training_rows_hold_other_categories_are_stacks_of_their_own(tmp_path):
    rng = np.random.default_rng(1)
    words = np.r_[rng.choice(["red", "blue"], 39), ["rare"]]
    frame = pd.DataFrame({"x": rng.normal(size=40).round(3), "word": words, "kind": np.where(words == "red", "a", "b")})
    table = read_table(frame.to_csv(index=False))
    shapes = {table.dataset("kind", seed=seed).X_train.shape for seed in range(12)}
    assert len(shapes) == 2  # with and without the rare word
    settings = SweepSettings(
        data="mine.csv", target="kind", seeds=12, base={"hidden": [3], "steps": 10}, axes={"lr": [0.1, 0.3]}
    )
    swept_all = Sweep(settings, OwnData(table, "kind"))
    for task in list(swept_all.waiting.values()):
        swept_all.take(task, task.done())
    for row in swept_all.table.itertuples():
        run = RunSettings(dataset="own", hidden=(3,), steps=10, lr=row.lr, seed=row.seed, data_seed=row.seed, frames=20)
        *_, last = (each for each in Trainer([run], table.dataset("kind", seed=row.seed)).work() if each is not None)
        assert row.test_loss == last.test_loss[0]


def test_roles_gaps_split_and_choices_of_reading_go_along_in_the_settings(folder):
    (folder / "mine.csv").write_text(
        "group;x;y\n" + "\n".join(f"g{k // 4};{k * 7 % 11},5;{'ab'[k % 2]}" for k in range(48))
    )
    table = read_table(folder / "mine.csv", decimal=",").with_roles({"group": "ignored"})
    chosen = OwnData(table, "y", None, None, "leave out", "elapsed", "groups", "group")
    asked = PAGE.sweep(chosen)
    (folder / "settings.toml").write_text(asked.to_toml())
    own = read_work(folder / "settings.toml").own
    assert own.how == chosen.how
    assert own.dataset(seed=3).split == chosen.dataset(seed=3).split
    np.testing.assert_array_equal(own.dataset(seed=3).X_train, chosen.dataset(seed=3).X_train)
