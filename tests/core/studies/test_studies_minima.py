"""The study of local minima: XOR's stuck trainings as they are known, rest at bad losses, two wells, restarts."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from core.checks import InputError
from core.nn import ACTIVATIONS, Network
from core.statistics import Share
from core.studies import minima
from core.studies.contract import CAVEATS, FAILS, HOLDS, TOO_CLOSE, UNDECIDED
from core.studies.minima.ends import CORNERS, TARGETS, Ends, by_hand, examine, wells
from core.studies.minima.study import AGAIN, ONCE, SMALLEST, Result, attempt
from core.studies.race import Race
from core.training import RunSettings
from pages.figures import minima as figures

FIGURES = [figures.fates, figures.shares, figures.restarts, figures.rest, figures.wells]
SMALL = minima.Settings(steps=400, seeds=5)


@pytest.fixture(scope="module")
def results():
    """The first result, whose fields the run goes on filling, is kept apart from the last one."""
    return [next(minima.run(SMALL)), [*minima.run(SMALL)][-1]]


def finding(result, number):
    return next(each for each in minima.findings(result) if each.number == number)


def outcomes(result):
    return {finding.number: finding.outcome for finding in minima.findings(result)}


def test_width_helps_and_depth_hurts_at_rates_tuned_for_each(results):
    last = results[1]
    assert last.solved("16x1").minus(last.solved("2x1")).low > 0.3
    assert last.solved("4x5").minus(last.solved("4x1")).high < 0
    assert last.trapped("16x1").minus(last.trapped("2x1")).high < -0.3
    assert 0.1 < last.solved("2x1").value < 0.5
    assert not any(tuning.at_edge for tuning in last.tuning.values())


def test_trials_of_other_sizes_than_the_smallest_are_drawn_too():
    """Only sizes whose best rate is at the end of those tried are tuned further."""
    runs = [RunSettings(dataset="xor", hidden=(4,), batch_size=None, steps=20, frames=5, lr=lr) for lr in (0.1, 1.0)]
    result = Result(SMALL, trials=Race({"4x1": runs}))
    assert len(list(result.trials.advance(result, 1.0)))
    drawn = figures.fates(result)
    assert sum(np.isfinite(np.array(trace["y"], float)).sum() for trace in drawn.data) == 2 * 6
    assert drawn.title.startswith("Tuning first")


def test_another_start_is_one_more_training_of_the_same_kind(results):
    last = results[1]
    tried = [attempt(last, number) for number in range(30)]
    assert {each.losses[0] for each in tried}.isdisjoint(last.race.values(SMALLEST, "train_loss")[0])
    assert len({each.losses[0] for each in tried}) == 30
    assert tried[3].losses.tolist() == attempt(last, 3).losses.tolist()
    assert tried[0].steps[-1] == SMALL.steps
    share = Share.of(np.array([each.solved for each in tried]))
    assert share.low <= last.solved(SMALLEST).high
    assert share.high >= last.solved(SMALLEST).low
    assert len(figures.attempts(tried).data) == 30
    assert len(figures.attempts(tried, 0.5).data[-1]["x"]) < len(tried[-1].steps)
    with pytest.raises(InputError, match="still being tuned"):
        attempt(minima.study.Result(SMALL), 0)


def test_what_is_stuck_is_at_losses_that_are_known(results):
    """The bad minima of XOR with squares: half of the answers averaged (1/8), two thirds (1/6), or all of them."""
    ends = results[1].ends[SMALLEST]
    known = np.array([1 / 8, 1 / 6, 1 / 4])
    assert ends.trapped.sum() > 0.8 * (~ends.solved).sum()
    assert np.abs(ends.losses[ends.trapped, None] - known).min(axis=1).max() < 1e-3


def test_every_training_has_one_fate(results):
    for ends in results[1].ends.values():
        assert (np.sum([ends.solved, ends.trapped, ends.saddle, ends.moving], axis=0) == 1).all()


def test_a_plain_and_a_slope_are_told_apart():
    """ReLUs that are dead on every row leave a plain, on which the answer to all is 1/2; elsewhere there is a slope."""
    dead = Network([2, 2, 2], "relu", "mean_squared_error")
    plain = dead.pack([(np.zeros((2, 2)), [-1, -1]), (np.ones((2, 2)), [0.5, 0.5])])
    assert examine(dead, plain) == (0, 0, 0)
    off = dead.pack([(np.ones((2, 2)), [1, 1]), (np.ones((2, 2)), [0.5, 0.5])])
    assert examine(dead, off)[0] > 1e-2


def test_the_lowest_curvature_is_that_of_the_loss():
    """Along the direction found, and no random one is lower."""
    network, rng = Network([2, 2, 2], "tanh", "mean_squared_error"), np.random.default_rng(3)
    params = rng.standard_normal(network.parameters)
    _, lowest, slope = examine(network, params)
    drawn = rng.standard_normal((500, network.parameters))
    drawn *= 1e-3 / np.linalg.norm(drawn, axis=1, keepdims=True)
    ahead, behind = (network.data_loss(params + sign * drawn, CORNERS, TARGETS) for sign in (1, -1))
    bends = (ahead + behind - 2 * network.data_loss(params, CORNERS, TARGETS)) / 1e-6
    assert lowest <= bends.min() + 1e-6
    assert slope == pytest.approx(np.linalg.norm(network.loss_and_gradient(params, CORNERS, TARGETS)[1]))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_weights_by_hand_solve_xor_or_are_not_claimed(activation):
    assert by_hand(activation) < 1e-12 or by_hand(activation) == np.inf
    assert activation != "relu" or by_hand(activation) == 0
    assert activation != "identity" or by_hand(activation) == np.inf


def test_the_bowl_catches_all_and_the_double_well_those_of_its_side(results):
    bowl, double = results[1].wells.values()
    assert bowl.share.value == 1
    assert 0.3 < double.share.value < 0.7
    assert bowl.strays == double.strays == 0
    assert double.y.min() == pytest.approx(np.interp(double.lowest, double.x, double.y), abs=1e-2)


@pytest.mark.parametrize("tilt", [0.05, 1.5])
def test_no_start_leaves_its_valley_whatever_the_tilt(tilt):
    assert [well.strays for well in wells(tilt, 5).values()] == [0, 0]


def test_the_outcomes_are_the_known_ones(results):
    known = {17: FAILS, 34: CAVEATS, 33: HOLDS, 31: CAVEATS, 6: CAVEATS, 8: CAVEATS, 52: HOLDS, 0: HOLDS}
    assert outcomes(results[1]) == known
    kinds = {finding.number: finding.kind for finding in minima.findings(results[1])}
    assert [number for number, kind in kinds.items() if kind == "identity"] == [8]


def ending(result, solved=0, trapped=0, saddle=0, count=60):
    """The result in which the smallest networks ended like this, and the others were all still moving."""
    moving = count - solved - trapped - saddle
    losses = np.repeat([1e-9, 0.125, 0.25, 0.2], [solved, trapped, saddle, moving])
    gains = np.where(losses == 0.2, 0.1, 0)
    curvatures = np.where(losses == 0.25, -1.0, 0)
    ends = Ends(losses, gains, curvatures, np.zeros(count))
    still = Ends(np.full(count, 0.2), np.full(count, 0.1), np.zeros(count), np.zeros(count))
    return replace(result, ends=dict.fromkeys(result.ends, still) | {SMALLEST: ends})


@pytest.mark.parametrize(
    ("ended", "expected"),
    [
        ({"solved": 60}, {17: UNDECIDED, 34: UNDECIDED, 33: UNDECIDED, 31: UNDECIDED, 6: UNDECIDED}),
        ({"trapped": 60}, {17: FAILS, 34: CAVEATS, 33: UNDECIDED, 31: CAVEATS, 6: UNDECIDED}),
        ({"solved": 30, "trapped": 30}, {17: FAILS, 34: CAVEATS, 33: HOLDS, 31: CAVEATS, 6: CAVEATS}),
        ({"solved": 30, "saddle": 30}, {17: UNDECIDED, 34: UNDECIDED, 33: UNDECIDED, 31: UNDECIDED}),
        ({"solved": 5}, {17: UNDECIDED, 34: UNDECIDED, 33: UNDECIDED, 31: UNDECIDED, 6: UNDECIDED}),
        ({}, {17: UNDECIDED, 34: UNDECIDED, 33: UNDECIDED, 31: UNDECIDED, 6: UNDECIDED}),
    ],
)
def test_what_is_said_of_the_global_minimum_follows_from_where_trainings_end(results, ended, expected):
    drawn = ending(results[1], **ended)
    assert {number: outcomes(drawn)[number] for number in expected} == expected


def test_one_solved_task_does_not_show_that_the_global_minimum_is_found(results):
    solved = ending(results[1], solved=60)
    assert "not refuted here" in finding(solved, 17).sentence
    assert HOLDS not in finding(solved, 17).rule.sentences


def test_where_no_solution_is_known_nobody_fell_short_of_it(results):
    unknown = outcomes(replace(results[1], written_down=np.inf))
    assert {unknown[number] for number in (17, 31, 33, 34)} == {UNDECIDED}


def test_larger_networks_get_stuck_more_often_only_if_both_intervals_say_so(results):
    last = ending(results[1])
    stuck, free = (Ends(np.full(60, loss), np.zeros(60), np.zeros(60), np.zeros(60)) for loss in (0.2, 0.0))
    both = last.ends | {"2x1": free, "16x1": stuck, "4x1": free, "4x5": stuck}
    assert outcomes(replace(last, ends=both))[34] == HOLDS
    assert outcomes(replace(last, ends=both | {"16x1": free, "2x1": stuck}))[34] == CAVEATS
    neither = both | {"16x1": free, "2x1": stuck, "4x1": stuck, "4x5": free}
    assert outcomes(replace(last, ends=neither))[34] == FAILS


def test_a_backward_pass_that_moved_weights_would_be_to_blame(results):
    moved = replace(results[1], moved=3)
    assert outcomes(moved)[31] == HOLDS
    assert "moved 3 weights" in finding(moved, 31).sentence


def test_a_start_that_leaves_its_valley_leaves_the_curves_undecided(results):
    bowl, double = results[1].wells.values()
    assert outcomes(replace(results[1], wells={"a bowl": bowl, "a double well": bowl}))[8] == UNDECIDED
    astray = replace(double, ends=double.ends[::-1].copy())
    assert outcomes(replace(results[1], wells={"a bowl": bowl, "a double well": astray}))[8] == UNDECIDED


def test_restarts_spend_what_one_longer_training_does_and_begin_elsewhere(results):
    runs = results[1].race.runs
    assert runs[ONCE][0].steps == SMALL.restarts * runs[AGAIN][0].steps
    assert len(runs[AGAIN]) == SMALL.restarts * len(runs[ONCE]) == SMALL.restarts * SMALL.trials
    seeds = [run.seed for label in (ONCE, AGAIN) for run in runs[label]]
    assert len(set(seeds)) == len(seeds)
    assert {run.lr for label in (ONCE, AGAIN, SMALLEST) for run in runs[label]} == {results[1].tuning[SMALLEST].best}


def test_restarts_succeed_as_often_as_chance_has_it(results):
    """All of k fail with (1 - p)^k, p the share of single trainings that succeed."""
    last = results[1]
    expected = 1 - (1 - last.solved(AGAIN).value) ** SMALL.restarts
    assert last.best_of(SMALL.restarts).low < expected < last.best_of(SMALL.restarts).high
    assert last.best_of(1).value <= last.best_of(2).value <= last.best_of(SMALL.restarts).value


@pytest.mark.parametrize(
    ("again", "once", "outcome"), [(60, 20, HOLDS), (20, 60, FAILS), (20, 20, UNDECIDED), (0, 0, UNDECIDED)]
)
def test_whether_restarts_help_follows_from_the_difference(results, monkeypatch, again, once, outcome):
    monkeypatch.setattr(minima.Result, "best_of", lambda self, restarts: Share(again, 100))
    monkeypatch.setattr(minima.Result, "solved", lambda self, label: Share(once, 100))
    found = finding(results[1], 52)
    assert found.outcome == outcome
    assert ("too close to tell" in found.sentence) == (outcome == UNDECIDED)


def test_one_width_decides_nothing_about_width(results):
    alone = replace(results[1], settings=SMALL.replace(widths=(16,)))
    assert finding(alone, 34).sentence == "Choose at least two widths and two depths to decide this."


@pytest.mark.parametrize(
    ("share", "answer"),
    [
        (Share(0, 60), "under 10 %"),
        (Share(18, 60), "10 to 50 %"),
        (Share(30, 60), TOO_CLOSE),
        (Share(130, 200), "50 to 90 %"),
        (Share(60, 60), "over 90 %"),
    ],
)
def test_the_answer_is_the_range_that_holds_the_whole_interval(share, answer):
    assert Result._share_solved(SimpleNamespace(solved=lambda label: share)).answer == answer


@pytest.mark.slow
def test_the_same_seed_gives_bitwise_the_same_and_another_seed_does_not():
    settings = SMALL.replace(steps=50, trials=10)
    first, again, other = ([*minima.run(settings.replace(seed=seed))][-1] for seed in (0, 0, 500))
    assert minima.curves(first).equals(minima.curves(again))
    assert minima.table(first).equals(minima.table(again))
    assert minima.findings(first) == minima.findings(again)
    assert not minima.curves(first).equals(minima.curves(other))


@pytest.mark.parametrize(
    "change",
    [
        {"rate": "same", "lr": 10.0},
        {"activation": "step"},
        {"activation": "identity", "rate": "same"},
        {"dataset": "wave"},
        {"dataset": "digits"},
    ],
)
def test_rough_settings_come_to_a_result_and_draw(change):
    last = [*minima.run(SMALL.replace(steps=50, trials=10, **change))][-1]
    assert last.progress == 1
    assert all(finding.sentence for finding in minima.findings(last))
    assert all(draw(last).data for draw in FIGURES)


@pytest.mark.parametrize("draw", FIGURES, ids=lambda draw: draw.__name__)
def test_charts_have_data_at_the_end_and_draw_before(draw, results):
    first, last = results
    assert draw(last).data
    early = draw(first)
    assert early.data or early.layout["annotations"][0]["text"]
