"""What a sweep's table says: against tables made by hand, whose answers are known."""

import numpy as np
import pandas as pd
import pytest

from core.statistics import paired
from core.sweep import reading


def made(losses: dict[tuple[str, float], list[float]], rung: int = 0, first_seed: int = 0) -> pd.DataFrame:
    """A table of the axes optimizer and lr, from the final test losses (seeds,) of each point."""
    rows = []
    for point, ((optimizer, lr), values) in enumerate(losses.items()):
        for seed, loss in enumerate(values, first_seed):
            gone = not np.isfinite(loss)
            curve = np.empty(0) if gone else np.array([1.0, (1 + loss) / 2, loss])
            rows.append((rung, point, optimizer, lr, seed, loss, 1 if gone else -1, "", np.arange(len(curve)), curve))
    names = ["rung", "point", "optimizer", "lr", "seed", "test_loss", "diverged", "refused", "epochs", "curve"]
    return pd.DataFrame(rows, columns=names)


AXES = ["optimizer", "lr"]
NOISE = np.array([0.00, 0.30, -0.20, 0.10, -0.05])  # of the seeds: the same for all, so that pairs take it away
JITTER = np.array([0.01, -0.01, 0.005, -0.005, 0.0])


@pytest.fixture
def table():
    return made(
        {
            ("sgd", 0.1): list(0.8 + NOISE),
            ("sgd", 1.0): list(0.5 + NOISE + JITTER),
            ("adam", 0.1): list(0.5 + NOISE),
            ("adam", 1.0): [0.3, 0.3, np.inf, 0.3, 0.3],
        }
    )


def test_the_best_has_the_lowest_mean_and_a_point_of_which_a_seed_diverged_comes_last(table):
    found = reading.standings(table, AXES, "test_loss")
    assert found["point"].to_list() == [2, 1, 0, 3] or found["point"].to_list() == [1, 2, 0, 3]
    assert found["failed"].to_list() == [0, 0, 0, 1]
    first = found[found["point"] == 2].iloc[0]
    half = 2.7764451051977987 * np.std(NOISE, ddof=1) / np.sqrt(5)  # Student's t of 4 degrees of freedom
    assert np.allclose([first["low"], first["high"]], np.mean(0.5 + NOISE) + np.array([-half, half]))


def test_pairs_tell_apart_what_intervals_do_not_and_equals_stay_together(table):
    """The intervals of 0.5 and 0.8 overlap; their pairs differ by exactly 0.3. Two of 0.5 differ by jitter alone."""
    alike = reading.indistinguishable(table, "test_loss")
    assert alike in ([1], [2])
    against = reading.against_best(table, "test_loss")
    assert against[0].detected
    assert np.isclose(against[0].mean, 0.3)
    assert against[3].detected
    assert against[3].mean == np.inf


def test_a_score_is_turned_round(table):
    turned = table.assign(test_score=-table["test_loss"].replace(np.inf, 0))
    assert reading.indistinguishable(turned, "test_score") == reading.indistinguishable(table, "test_loss")


def test_the_confirming_rung_decides_and_those_left_behind_stand_below(table):
    again = made({("sgd", 0.1): list(0.2 + NOISE), ("sgd", 1.0): list(0.9 + NOISE)}, rung=1, first_seed=100)
    both = pd.concat([table, again], ignore_index=True)
    assert reading.standings(both, AXES, "test_loss")["point"].to_list()[:2] == [0, 1]
    assert list(reading.against_best(both, "test_loss")) == [1]
    assert set(reading.latest(both)["point"][reading.latest(both)["rung"] == 1]) == {0, 1}


def test_a_cell_holds_the_best_of_what_it_covers(table):
    found = reading.cells(table.assign(l2=0.0), "optimizer", "l2", "test_loss").set_index("down")
    assert found.loc["sgd", "point"] == 1
    assert found.loc["adam", "point"] == 2
    assert np.isclose(found.loc["sgd", "mean"], 0.5 + np.mean(NOISE + JITTER))


def test_effects_find_the_setting_that_matters_and_one_divergence_does_not_decide():
    """Losses depend on the rate alone; one run of the better rate diverged."""
    rng = np.random.default_rng(0)
    losses = {(o, lr): list(lr + 0.01 * rng.random(5)) for o in ("sgd", "adam", "rmsprop") for lr in (0.1, 0.2, 0.3)}
    losses["sgd", 0.1][0] = np.inf
    found = reading.weights(made(losses), AXES, "test_loss")
    assert found.mean(axis=1)["lr"] > 2 * found.mean(axis=1)["optimizer"]
    places = reading.effects(made(losses), AXES, "test_loss").groupby(["axis", "level"])["place"].mean()
    assert places["lr", "0.1"] < places["lr", "0.2"] < places["lr", "0.3"]
    assert np.isclose(places["lr"].mean(), 0.5)


def test_many_numbers_become_a_few_intervals_in_order():
    some = pd.Series([0.3, 0.1, 0.2])
    assert list(reading.levels(some).cat.categories) == ["0.1", "0.2", "0.3"]
    many = pd.Series(np.geomspace(1e-3, 1, 100))
    found = reading.levels(many)
    assert len(found.cat.categories) == reading.BINS
    assert found.cat.categories[0].startswith("0.001 to 0.003")
    assert (np.diff(found.cat.codes) >= 0).all()
    assert found.value_counts().between(15, 18).all()
    assert list(reading.levels(pd.Series([0.3, 0.3001])).cat.categories) == ["0.3", "0.3001"]
    assert list(reading.levels(pd.Series(["tanh", "relu", "tanh"])).cat.categories) == ["tanh", "relu"]


def test_time_to_target_is_the_first_epoch_at_or_below_it():
    table = made({("sgd", 0.1): [0.2, 0.6, np.inf]})  # curves 1, 0.6, 0.2 and 1, 0.8, 0.6 and nothing
    assert reading.time_to_target(table, "test_loss", 0.6).to_list() == [1, 2, np.inf]
    turned = table.assign(curve=[-each for each in table["curve"]])
    assert reading.time_to_target(turned, "test_score", 0.6).to_list() == [1, 2, np.inf]


def test_the_profile_is_that_of_dolan_and_more():
    """Fastest per seed: sgd at epoch 1 in seed 0, adam in seed 1; where slower, twice as slow; sgd fails seed 2."""
    table = made({("sgd", 0.1): [0.0, 0.5, 0.9], ("adam", 0.1): [0.5, 0.0, 0.0]})
    wanted = 0.5  # curves to 0.0 pass it at epoch 1, those to 0.5 at epoch 2
    found = reading.profile(table, AXES, "optimizer", "test_loss", wanted)
    shares = {name: dict(zip(own["ratio"], own["share"], strict=True)) for name, own in found.groupby("contestant")}
    assert shares["adam"] == pytest.approx({1.0: 2 / 3, 2.0: 1.0})
    assert shares["sgd"] == pytest.approx({1.0: 1 / 3, 2.0: 2 / 3})


def test_the_profile_times_each_at_its_own_best_choice():
    table = made({("sgd", 0.1): [0.9], ("sgd", 1.0): [0.0], ("adam", 0.1): [0.0], ("adam", 1.0): [0.9]})
    found = reading.profile(table, AXES, "optimizer", "test_loss", 0.5)
    assert found["ratio"].to_list() == [1, 1]


def test_who_is_at_the_target_before_training_is_the_fastest_and_nobody_else_comes_near():
    table = made({("sgd", 0.1): [0.0, 0.0, 0.5], ("adam", 0.1): [0.0, 0.0, 0.0]})
    adam = (table["optimizer"] == "adam") & (table["seed"] > 0)
    table.loc[adam, "curve"] = pd.Series([np.array([2.0, 1.0, 0.0])] * 6)
    found = reading.profile(table, AXES, "optimizer", "test_loss", 1.0)
    shares = {name: dict(zip(own["ratio"], own["share"], strict=True)) for name, own in found.groupby("contestant")}
    assert shares["sgd"] == {1.0: 1.0}  # of equal ratios the last share counts
    assert shares["adam"] == pytest.approx({1.0: 1 / 3})


def test_a_target_is_what_the_best_share_of_the_runs_ends_with():
    table = made({("sgd", 0.1): [0.4, 0.3, 0.2, 0.1]})
    assert reading.target(table, "test_loss", 50) == 0.2
    assert reading.target(made({("sgd", 0.1): [np.inf, np.inf]}), "test_loss", 50) == np.inf


def test_differences_are_those_of_the_house(table):
    costs = reading.by_seed(table, "test_loss")
    first, second = (costs.iloc[place].to_numpy() for place in (0, 1))
    assert reading.against_best(table, "test_loss")[costs.index[1]] == paired(second, first)


def test_no_limit_is_a_level_beside_numbers():
    found = reading.levels(pd.Series([None, 1.0, 8.0, None]))
    assert list(found) == ["None", "1", "8", "None"]
    assert list(reading.levels(pd.Series([None, "a", 2.5], dtype=object))) == ["None", "a", "2.5"]
