"""A sweep: what it asks for, and one table, bitwise, from one process, from two, and after any interruption."""

import os
import re
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path
from signal import SIGKILL

import numpy as np
import pandas as pd
import pytest

import core.sweep.__main__
from core.checks import InputError, texts_of
from core.sweep.__main__ import main, read_work
from core.sweep.runs import STACK, Sweep, cost, stacks
from core.sweep.settings import Range, SweepSettings, points
from core.sweep.work import Parts, sweep
from core.training import History, RunSettings, train

ROOT = Path(__file__).parents[3]
LR = {"low": 1e-3, "high": 1.0, "log": True, "points": 3}
SMALL = {"base": {"hidden": [4], "steps": 20, "frames": 4, "train": 40, "test": 40}, "seeds": 2}
TOML = """
seeds = 2
processes = 1
halving = true
confirm = 2
[base]
hidden = [4]
steps = 36
frames = 4
[axes]
optimizer = ["sgd", "adam", "rmsprop"]
lr = {low = 1e-3, high = 1.0, log = true, points = 3}
activation = ["relu", "tanh"]
"""


def settings(**changes) -> SweepSettings:
    return SweepSettings(**SMALL | {"axes": {"optimizer": ["sgd", "adam"], "lr": LR}, "processes": 1} | changes)


def table(given: SweepSettings, folder: Path | None = None) -> pd.DataFrame:
    *_, last = sweep(Sweep(given), folder)
    assert last.finished
    assert last.progress == 1
    return last.table


def bits(found: pd.DataFrame) -> bytes:
    return found.to_parquet()


def test_a_grid_holds_every_combination_once_and_every_seed():
    found = table(settings())
    assert len(found) == 2 * 3 * 2
    assert not found.duplicated(["optimizer", "lr", "seed"]).any()
    assert sorted(set(found["lr"].round(6))) == [0.001, 0.031623, 1.0]
    assert set(found["seed"]) == {0, 1}


def test_a_row_holds_what_the_run_by_itself_gives():
    found = table(settings(base=SMALL["base"] | {"l2": 0.01})).iloc[-1]
    alone = RunSettings(**SMALL["base"] | {"hidden": (4,)}, l2=0.01, optimizer="adam", lr=1.0, seed=1, data_seed=1)
    history = History.of(train(alone))
    for name in ("train_loss", "test_loss", "train_score", "test_score"):
        assert found[name] == getattr(history, name)[-1, 0]
    np.testing.assert_array_equal(found["curve"], history.test_loss[:, 0])
    np.testing.assert_array_equal(found["epochs"], history.epoch)


def test_early_stopping_reports_the_weights_it_restores():
    base = SMALL["base"] | {"patience": 2, "steps": 400, "frames": 40, "train": 100}
    found = table(settings(base=base, axes={"lr": [1.0]}, seeds=1)).iloc[0]
    history = History.of(train(RunSettings(**base | {"hidden": (4,)}, lr=1.0)))
    assert found["stopped"] == history.stopped[-1, 0] > 0
    assert found["test_loss"] == history.test_loss[np.nanargmin(history.validation_loss), 0]


def test_diverged_and_refused_runs_are_told_and_leave_the_others_alone():
    given = settings(axes={"optimizer": ["sgd", "momentum"], "hyper.momentum": [0.5, 2], "lr": [0.1, 1e12]})
    found = table(given.replace(base=given.base.replace(loss="mean_squared_error", activation="relu").model_dump()))
    assert found["refused"][found["optimizer"] == "sgd"].str.contains("momentum").all()
    assert found["refused"][found["hyper.momentum"] == 2].str.contains("momentum").all()
    trained = found[found["refused"] == ""]
    assert len(trained) == 4
    gone = trained["lr"] == 1e12
    assert (trained["diverged"][gone] > 0).all()
    assert np.isinf(trained["test_loss"][gone]).all()
    assert np.isfinite(trained["test_loss"][~gone]).all()
    assert np.isinf(cost(found, "test_score")[found.index.difference(trained.index[~gone])]).all()


@pytest.mark.parametrize("method", ["random", "sobol"])
def test_a_sample_stays_in_range_keeps_whole_numbers_whole_and_follows_its_seed(method):
    axes = {"lr": LR, "batch_size": {"low": 1, "high": 40}, "hidden": [[4], [4, 4]]}
    given = settings(method=method, samples=50, axes=axes)
    drawn = points(given)
    lrs, batches, hidden = (np.array([point[at] for point in drawn], dtype=object) for at in range(3))
    assert len(drawn) == 50
    assert all(1e-3 <= lr <= 1 for lr in lrs)
    assert 15 <= sum(lr < 10**-1.5 for lr in lrs) <= 35  # half of them below the middle of the decades
    assert all(isinstance(batch, int) and 1 <= batch <= 40 for batch in batches)
    assert set(hidden) == {(4,), (4, 4)}
    assert drawn == points(given)
    assert drawn != points(given.replace(seed=1))


def test_sobol_covers_more_evenly_than_chance():
    """Of 64 points, each of 8 x 8 boxes holds exactly one: a (0, 6, 2)-net in base 2."""
    axes = {"l1": {"low": 0.0, "high": 1.0}, "l2": {"low": 0.0, "high": 1.0}}
    drawn = np.array(points(settings(method="sobol", samples=64, axes=axes)))
    assert len(set(map(tuple, (drawn * 8).astype(int)))) == 64


def test_structures_are_grouped_into_stacks_of_limited_size():
    runs = Sweep(settings(axes={"activation": ["relu", "tanh"], "lr": LR | {"points": 50}})).waiting.values()
    assert [len(task.runs) for task in runs] == [50] * 4
    assert all(len(task.runs) <= STACK and len({run.structure() for run in task.runs}) == 1 for task in runs)
    assert sorted(place for task in runs for place in task.places) == list(range(200))


def test_halving_trains_the_best_third_three_times_as_long_and_new_seeds_confirm():
    given = settings(axes={"lr": LR | {"points": 9}}, base=SMALL["base"] | {"steps": 36}, halving=True, confirm=2)
    found = table(given)
    assert [len(rung) for _, rung in found.groupby("rung")] == [18, 6, 2, 2]
    assert [rung["steps"].iloc[0] for _, rung in found.groupby("rung")] == [4, 12, 36, 36]
    for before, after in ((0, 1), (1, 2)):
        means = found[found["rung"] == before].groupby("point")["test_loss"].mean()
        kept = set(found["point"][found["rung"] == after])
        assert kept == set(means.nsmallest(len(kept)).index)
    assert not set(found["seed"][found["rung"] == 3]) & set(found["seed"][found["rung"] < 3])


def test_a_score_is_to_be_high():
    found = table(
        settings(axes={"lr": [1e-6, 0.5]}, metric="test_score", confirm=1, base=SMALL["base"] | {"steps": 200})
    )
    assert set(found["lr"][found["rung"] == 1]) == {0.5}


def test_two_processes_give_bitwise_the_table_of_one():
    given = settings(axes={"optimizer": ["sgd", "adam", "rmsprop"], "activation": ["relu", "tanh"], "lr": LR})
    assert bits(table(given)) == bits(table(given.replace(processes=2)))


def test_the_order_of_arrival_does_not_matter():
    given = settings(halving=True, confirm=1)
    backwards = Sweep(given)
    while not backwards.finished:
        for task in list(backwards.waiting.values())[::-1]:
            backwards.take(task, task.done())
    assert bits(backwards.table) == bits(table(given))


def test_a_task_taken_twice_is_an_error_and_no_second_row():
    state = Sweep(settings())
    task = next(iter(state.waiting.values()))
    done = task.done()
    state.take(task, done)
    with pytest.raises(KeyError):
        state.take(task, done)


@pytest.mark.parametrize("left_at", [1, 2, 4])
def test_an_interrupted_sweep_goes_on_where_it_stopped(tmp_path, monkeypatch, left_at):
    given = settings(halving=True, confirm=1)
    whole = table(given)
    work = sweep(Sweep(given), tmp_path)
    for _ in range(left_at):
        state = next(work)
    done = len(state.table)
    work.close()
    trained_again = []
    keep = Parts.keep
    monkeypatch.setattr(
        Parts, "keep", lambda parts, task, found: (trained_again.extend(task.runs), keep(parts, task, found))
    )
    assert bits(table(given, tmp_path)) == bits(whole)
    assert len(trained_again) == len(whole) - done
    trained_again.clear()
    assert bits(table(given, tmp_path)) == bits(whole)
    assert not trained_again


def test_a_torn_file_is_trained_again_and_other_settings_have_a_folder_of_their_own(tmp_path):
    given = settings()
    whole = table(given, tmp_path)
    torn = sorted(tmp_path.rglob("*.parquet"))[0]
    torn.write_bytes(torn.read_bytes()[:50])
    assert bits(table(given, tmp_path)) == bits(whole)
    assert bits(table(given.replace(seed=5), tmp_path)) != bits(whole)
    assert given.hash() == given.replace(processes=2, cluster="tcp://x:1").hash() != given.replace(seed=5).hash()


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"axes": {}}, "axes"),
        ({"axes": {"lrr": [1]}}, "did you mean 'lr'"),
        ({"axes": {"lr": [0.1, -1]}}, "lr is -1"),
        ({"axes": {"lr": 0.1}}, r"axes.lr is 0.1, but must be a list such as \[0.1\]"),
        ({"axes": {"lr": [0.1], "optimizer": "adam"}}, r'axes.optimizer is "adam", but must be a list'),
        ({"axes": {"lr": []}}, "axes.lr"),
        ({"axes": {"lr": [0.1, 0.1]}}, "axes.lr"),
        ({"axes": {"lr": {"low": 0, "high": 1, "log": True}}}, "low is 0"),
        ({"axes": {"lr": {"low": 1, "high": 1}}}, "low is 1"),
        ({"axes": {"lr": {"low": 1}}}, "high is missing, but must be given"),
        ({"axes": {"lr": {"low": 0.1, "high": float("nan")}}}, "low|high"),
        ({"axes": {"seed": [1, 2]}}, "axes is 'seed'"),
        ({"axes": {"hyper": [{"beta1": 0.9}]}}, "axes.hyper holds a table, but one entry of a table is an axis"),
        ({"axes": {"lr.x": [0.1]}}, "axes is 'lr.x', but lr is a single setting: write lr"),
        ({"axes": {"optimizer": {"low": 0, "high": 1}}}, "optimizer is 0.0, but must be text"),
        ({"base": "x"}, "base is 'x', but must be a table of names and values"),
        ({"axes": {"optimizer": ["adm"]}}, "did you mean 'adam'"),
        ({"axes": {"lr": LR | {"points": 1000}, "l1": [0.1 * k for k in range(1000)]}}, "runs"),
        ({"axes": {"steps": [10, 20]}, "halving": True}, "steps"),
        ({"base": {"hiden": [4]}}, "hiden"),
        ({"method": "gird"}, "did you mean 'grid'"),
        ({"metric": "loss"}, "metric"),
        ({"seeds": 0}, "seeds"),
        ({"sedes": 3}, "sedes"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(changes, name):
    with pytest.raises(InputError, match=name):
        settings(**changes)


def test_a_name_with_a_control_code_is_written_as_toml_reads_it():
    given = SweepSettings(data="a\x7f\x1b.csv", target='"\u2028', axes={"lr": [0.1]})
    assert SweepSettings(**tomllib.loads(given.to_toml())) == given


def test_a_range_is_even_in_numbers_or_in_factors():
    assert Range(low=0.0, high=4.0, points=3).at(np.array([0, 0.5, 1])) == [0, 2, 4]
    assert np.allclose(Range(low=1e-2, high=1.0, log=True).at(np.array([0, 0.5, 1])), [0.01, 0.1, 1])


def test_settings_survive_their_own_dump():
    given = settings(axes={"hidden": [[4], [4, 4]], "lr": LR})
    assert given.replace() == given
    assert stacks([]) == []


KILLED_AFTER_A_PART = """
import os, signal, sys
from core.sweep.__main__ import main
from core.sweep.work import Parts

keep = Parts.keep

def keep_and_die(*part):
    keep(*part)
    os.kill(os.getpid(), signal.SIGKILL)

Parts.keep = keep_and_die
main(sys.argv[1:])
"""


@pytest.mark.slow
def test_the_command_writes_the_table_tells_progress_and_goes_on_after_a_kill(tmp_path):
    """Killed in the middle by the system, with no chance to tidy up, then given again."""
    (tmp_path / "settings.toml").write_text(TOML)
    arguments = ["settings.toml", "--out", "table.parquet"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    killed = [sys.executable, "-c", KILLED_AFTER_A_PART, *arguments]
    assert subprocess.run(killed, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL).returncode == -SIGKILL
    command = [sys.executable, "-m", "core.sweep", *arguments]
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    assert len(kept) == 1
    assert not (tmp_path / "table.parquet").exists()
    again = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert "100% of the work" in again.stderr
    assert "s left" in again.stderr
    best = re.search(r"Best test_loss: (\S+) \[(\S+), (\S+)\] over 2 seeds, at optimizer", again.stdout)
    assert float(best[2]) <= float(best[1]) <= float(best[3])
    assert re.search(r"Compared seed by seed with 1 other point: (0 are|1 is) indistinguishable from it", again.stdout)
    assert all(path.stat().st_mtime_ns == written for path, written in kept.items())
    expected = table(read_work(tmp_path / "settings.toml").settings)
    assert (tmp_path / "table.parquet").read_bytes() == bits(expected)


@pytest.mark.parametrize(
    ("text", "said", "not_said"),
    [
        ("seeds = 2\n[axes]\nsteps = [2, 20]", "4 runs of 2 points; 0 diverged", "1 runs"),
        ("\ufeffseeds = 1\n[axes]\nlr = [0.1, 0.2]", "One seed cannot tell a difference from chance", "inf"),
        ("seeds = 2\n[axes]\nlr = [0.1]", "2 runs of 1 point; 0 diverged", "0 other points"),
        (
            "seeds = 2\n[axes]\nlr = [1e8, 1e9]\n[base]\ndataset = 'wave'",
            "At every point a run diverged or was refused, so none is the best",
            "Best",
        ),
    ],
)
def test_the_command_sums_up_what_can_be_said(tmp_path, capsys, text, said, not_said):
    path = tmp_path / "settings.toml"
    text = text if "[base]" in text else f"{text}\n[base]\n"
    path.write_text(
        text.replace("[axes]", "processes = 1\n[axes]") + "\nsteps = 20\n" * ("steps" not in text), encoding="utf-8"
    )
    assert main([str(path), "--out", str(tmp_path / "table.parquet")]) == 0
    told = capsys.readouterr().out
    assert said in told
    assert not_said not in told
    assert pd.read_parquet(tmp_path / "table.parquet").columns.is_unique


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "settings is"),
        ("axes = [", "not TOML"),
        ("[axes]\nlrr = [1]", "did you mean 'lr'"),
        ("[base]\ndataset = 'own'\n[axes]\nlr = [0.1, 0.2]", "dataset is 'own', but data names no file"),
        ("processes = 1\n[base]\nloss = 'huber'\nhyper = {beta = 1}\n[axes]\nlr = [0.1, 0.2]", "every run was refused"),
        ("cluster = 'tcp://127.0.0.1:1'\n[axes]\nlr = [0.1]", "cluster is"),
    ],
)
def test_the_command_refuses_in_one_sentence(tmp_path, capsys, monkeypatch, text, words):
    monkeypatch.setattr("core.sweep.work.CONNECTING", 0.5)
    path = tmp_path / "settings.toml"
    if text is not None:
        path.write_text(text)
    assert main([str(path), "--out", str(tmp_path / "table.parquet")]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.endswith(".\n")
    assert error.splitlines()[-1].count(". ") == 0
    assert not (tmp_path / "table.parquet").exists()


ABOUT = texts_of(core.sweep.__main__.__file__)["about"]
HELP = [textwrap.dedent(block) for block in re.findall(r"(?:    .+\n)+", ABOUT)]
PAGES = re.findall(r"```toml\n(.*?)```", (ROOT / "docs/pages.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("example", [*HELP, *PAGES])
def test_the_examples_of_the_help_and_of_the_documents_are_settings(example, tmp_path):
    (tmp_path / "settings.toml").write_text(example)
    (tmp_path / "measurements.csv").write_text("x,species\n" + "1.5,a\n2,b\n" * 10)
    assert len(read_work(tmp_path / "settings.toml").waiting) >= 2
    assert len(HELP) == len(PAGES) == 2


def test_a_folder_that_is_missing_is_said_before_the_work(tmp_path, capsys):
    (tmp_path / "settings.toml").write_text(TOML)
    assert main([str(tmp_path / "settings.toml"), "--out", str(tmp_path / "no/table.parquet")]) == 2
    assert "out is" in capsys.readouterr().err


def test_networks_of_any_layers_are_swept(tmp_path):
    """Every row is the run that its settings give alone."""
    (tmp_path / "settings.toml").write_text(
        "seeds = 1\nprocesses = 1\nconfirm = 0\n[base]\ndataset = 'digits'\ntrain = 60\ntest = 40\nsteps = 8\n"
        "frames = 1\n[axes]\nlr = [0.03, 0.3]\n"
        "layers = [['conv-3-3', 'max_pool-2', 'flatten'], ['flatten', 'dense-4']]\n"
    )
    *_, last = sweep(read_work(tmp_path / "settings.toml"), tmp_path / "parts")
    table = last.table
    assert len(table) == 4
    base = RunSettings(dataset="digits", train=60, test=40, steps=8, frames=1)
    for _, row in table.iterrows():
        layers = ("conv-3-3", "max_pool-2", "flatten") if "conv" in row["layers"] else ("flatten", "dense-4")
        history = History.of(train(base.replace(lr=row["lr"], layers=layers, seed=row["seed"], data_seed=row["seed"])))
        assert row["test_loss"] == history.test_loss[-1, 0]


def test_without_dask_a_sweep_on_a_cluster_says_what_to_install(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    (tmp_path / "settings.toml").write_text(f'cluster = "tcp://127.0.0.1:8786"\n{TOML}')
    assert main([str(tmp_path / "settings.toml"), "--out", str(tmp_path / "out.parquet")]) == 2
    assert "Dask is missing: pip install -e '.[cluster]'" in capsys.readouterr().err
