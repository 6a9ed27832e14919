"""The page's sweep: the same table as the command's, links that repeat a run, findings that see what was put in."""

import itertools
import tomllib
from urllib.parse import parse_qs

import numpy as np
import pandas as pd
import pytest

from core.checks import InputError
from core.playground import settings as playground_settings
from core.studies.sweeps import study as sweeps
from core.sweep.runs import Sweep
from core.sweep.settings import SweepSettings
from core.sweep.work import sweep
from core.training import History, train
from pages.figures import sweeps as figures

SMALL = {"optimizers": ("sgd", "momentum"), "activations": ("relu", "tanh"), "layers": (1, 2), "rates": 3, "steps": 40}
DRAWN = [figures.heatmap, figures.ladder, figures.effects, figures.parallel, figures.profile]


@pytest.fixture(scope="module")
def result():
    *_, last = sweeps.run(sweeps.Settings(**SMALL))
    return last


def test_the_page_and_the_command_give_one_table(result):
    text = result.sweep.settings.to_toml()
    *_, told = sweep(Sweep(SweepSettings(**tomllib.loads(text), processes=1)))
    assert told.table.to_parquet() == result.table.to_parquet()


@pytest.mark.parametrize(
    "played",
    [
        {},
        {"lr": 1e-6, "hidden": (), "batch_size": 1},
        {"lr": 100.0, "hidden": (64,) * 12, "optimizer": "adam", "l2": 10.0, "batch_size": 5000},
        {"dataset": "digits", "layers": ("conv-8-3", "flatten"), "activations": ("relu", "tanh")},
    ],
    ids=str,
)
def test_a_sweep_around_a_run_of_the_playground_has_its_settings_and_rates_on_both_sides(played):
    run = playground_settings.Settings(**played)
    around = sweeps.around(run)
    assert around.sweep().base.dataset == run.dataset
    assert around.optimizers == (run.optimizer,)
    assert around.activations == run.activations[:1]
    assert around.lowest < around.highest
    assert around.lowest <= run.lr or run.lr < 1e-5  # as low as sweeps go
    assert around.highest >= run.lr or run.lr > 10
    assert around.effort() < 1


@pytest.mark.parametrize(
    "settings",
    [
        SweepSettings(axes={"hyper.momentum": [0.5, 0.9], "hidden": [[4], []]}, base={"optimizer": "momentum"}),
        SweepSettings(axes={"lr": {"low": 1, "high": 2}}, cluster="tcp://a:1", halving=True, method="sobol"),
        SweepSettings(
            axes={"batch_size": [None, 8]}, base={"optimizer": "adam", "hyper": {"beta1": 0.5, "amsgrad": False}}
        ),
        SweepSettings(axes={"lr": [1e-5, 1e12]}, base={"batch_size": None, "clip_norm": 1e-5}),
    ],
)
def test_settings_written_as_toml_are_read_back(settings):
    assert SweepSettings(**tomllib.loads(settings.to_toml())) == settings


@pytest.mark.parametrize("dataset", ["moons", "iris"])
def test_a_link_repeats_the_run_in_the_playground_bit_for_bit(dataset):
    *_, last = sweeps.run(
        sweeps.Settings(**SMALL | {"rates": 2, "dataset": dataset, "layers": (2,)}, seed=3, confirm=0)
    )
    for point in (0, len(last.sweep.points) - 1):
        query = {name: values[0] for name, values in parse_qs(sweeps.link(last, point)).items()}
        played, notices = playground_settings.Settings.from_text(query)
        assert not notices
        again = History.of(train(played.run(steps=SMALL["steps"])))
        row = last.table[(last.table["point"] == point) & (last.table["seed"] == 3)].iloc[0]
        assert again.test_loss[-1, 0] == row["test_loss"]
        assert again.train_score[-1, 0] == row["train_score"]


def test_every_slice_moves_on_and_the_table_only_grows():
    before, rows = -1.0, 0
    for state in sweeps.run(sweeps.Settings(**SMALL, halving=True)):
        assert before <= state.progress <= 1
        assert len(state.table) >= rows
        before, rows = state.progress, len(state.table)
    assert before == 1


def test_an_obvious_winner_is_called_one_and_twins_are_not():
    """A rate of 0.00001 learns nothing in 40 steps and one of 1 does; 0.3 and 0.3001 do much the same."""
    apart = {
        "optimizers": ("sgd",),
        "activations": ("tanh",),
        "layers": (1,),
        "lowest": 1e-5,
        "highest": 1.0,
        "rates": 2,
    }
    *_, last = sweeps.run(sweeps.Settings(**apart, steps=40))
    best, rate = sweeps.findings(last)
    assert best.outcome == "holds"
    assert f"test loss {best.evidence['test loss']}" in best.sentence
    assert rate.outcome == "not decided by this run"  # nothing else varies
    twins = apart | {"lowest": 0.3, "highest": 0.3001}
    *_, last = sweeps.run(sweeps.Settings(**twins, steps=40, penalties=("0", "0.0001")))
    assert sweeps.findings(last)[0].outcome == "does not hold"
    assert sweeps.findings(last)[0].sentence.endswith(" of 3 other choices.")


def test_the_rate_matters_most_where_most_rates_learn_nothing():
    *_, last = sweeps.run(sweeps.Settings(**SMALL | {"lowest": 1e-5, "rates": 6}))
    assert sweeps.findings(last)[1].outcome == "holds"
    assert sweeps.findings(last)[1].answer == "learning rate"


def test_the_table_has_a_row_for_each_point_and_names_the_best(result):
    found = sweeps.table(result)
    assert len(found) == len(result.sweep.points) == 2 * 2 * 2 * 3
    assert found["cost against the best"].iloc[0] == "the best"
    assert len(sweeps.curves(result)) == sum(map(len, result.table["curve"]))


def test_too_much_for_a_page_is_refused_before_any_work():
    many = sweeps.Settings(
        optimizers=("sgd", "adam"), rates=12, layers=(1, 2, 3, 4, 5, 6), seeds=20, penalties=("0", "0.1")
    )
    with pytest.raises(InputError, match="seeds"):
        list(itertools.islice(sweeps.run(many), 3))
    with pytest.raises(InputError, match="lowest"):
        list(itertools.islice(sweeps.run(sweeps.Settings(lowest=1.0, highest=0.1)), 3))


@pytest.mark.parametrize("draw", DRAWN)
def test_figures_hold_data_at_the_end_and_words_at_the_start(result, draw):
    assert any(len(trace.get("y", trace.get("z"))) for trace in draw(result).data)
    start = next(sweeps.run(sweeps.Settings(**SMALL)))
    assert draw(start).layout.get("annotations")


def test_the_map_shows_any_two_settings_and_every_cell_carries_its_link(result):
    for down, across in itertools.permutations(result.axes, 2):
        (cells,) = figures.heatmap(result, down, across).data
        assert np.shape(cells["z"]) == (result.table[down].nunique(), result.table[across].nunique())
        assert np.isfinite(np.asarray(cells["z"], float)).all()
        assert all(link.startswith("playground?dataset=moons") for row in cells["customdata"] for link in row)


def test_the_map_bears_a_bin_of_rates_without_a_point(result):
    points = result.table["point"]
    table = result.table.assign(lr=np.where(points == 0, 0.5, 0.1 + points / 1000))
    (cells,) = figures.heatmap(sweeps.Result(result.settings, sweep=result.sweep, table=table), "optimizer").data
    assert [not any(column) for column in np.transpose(cells["hovertext"])].count(True) == 4


def test_the_best_cell_is_the_darkest(result):
    """The colours go from dark to light as the values grow, which are losses here."""
    (cells,) = figures.heatmap(result).data
    losses = np.array(cells["hovertext"], float)
    assert (cells["colorscale"], cells.get("reversescale", False)) == ("Cividis", False)
    assert np.argmin(cells["z"]) == np.argmin(losses)


@pytest.mark.parametrize("draw", DRAWN)
def test_figures_bear_losses_of_0_and_losses_whose_squares_overflow(result, draw):
    ends = np.array([0.0, 0.0, 1e200, 0.5])[result.table["point"] % 4]
    curves = [np.linspace(1e200, end, 3) for end in ends]
    table = result.table.assign(test_loss=ends, curve=curves, epochs=[np.arange(3.0)] * len(ends))
    odd = sweeps.Result(result.settings, sweep=result.sweep, table=table)
    chart = draw(odd)
    if draw is figures.heatmap:
        assert np.isfinite(np.asarray(chart.data[0]["z"], float)).all()
    assert len(sweeps.findings(odd)) == 2


@pytest.mark.parametrize("draw", DRAWN)
def test_figures_bear_a_sweep_in_which_everything_failed(result, draw):
    lost = result.table.assign(diverged=1, test_loss=np.inf, curve=[np.empty(0)] * len(result.table))
    gone = sweeps.Result(result.settings, sweep=result.sweep, table=lost)
    assert draw(gone).layout
    assert sweeps.findings(gone)[0].outcome == "not decided by this run"
    assert isinstance(sweeps.table(gone), pd.DataFrame)
