"""The study of local minima: XOR's stuck trainings as they are known, rest at bad losses, two wells."""

from dataclasses import replace

import numpy as np
import pytest

from core.nn import Network
from core.statistics import Share
from core.studies import minima
from core.studies.contract import CAVEATS, FAILS, HOLDS, TOO_CLOSE, UNDECIDED
from core.studies.minima.findings import share_solved
from core.studies.minima.study import CORNERS, TARGETS
from pages.figures import minima as figures

FIGURES = [figures.fates, figures.shares, figures.rest, figures.wells, figures.data, figures.maps]
SMALL = minima.Settings(steps=400, seeds=5)


@pytest.fixture(scope="module")
def results():
    """The first result, whose fields the run goes on filling, is kept apart from the last one."""
    return [next(minima.run(SMALL)), [*minima.run(SMALL)][-1]]


def test_width_helps_and_depth_hurts(results):
    last = results[1]
    assert last.solved("16x1").minus(last.solved("2x1")).low > 0.3
    assert last.solved("4x5").minus(last.solved("4x1")).high < 0
    assert 0.1 < last.solved("2x1").value < 0.5


def test_what_is_stuck_is_at_rest_at_losses_that_are_known(results):
    """The bad minima of XOR with squares: half of the answers averaged (1/8), or two thirds of them (1/6)."""
    last = results[1]
    losses = last.race.final("2x1", "train_loss")[last.norms < 1e-3]
    known = np.array([0, 1 / 8, 1 / 6])
    assert np.abs(losses[:, None] - known).min(axis=1).max() < 1e-3
    assert (last.norms < 1e-2 * np.median(last.first_norms)).mean() > 0.8


def test_a_solution_by_hand_exists(results):
    assert results[1].by_hand < 1e-12
    network = Network([2, 2, 2], "relu", "mean_squared_error")
    _, gradient = network.loss_and_gradient(np.zeros(network.parameters), CORNERS, TARGETS)
    assert np.isfinite(gradient).all()


def test_the_bowl_catches_all_and_the_double_well_some(results):
    bowl, double = (well.share for well in results[1].wells.values())
    assert bowl.value == 1
    assert 0.3 < double.value < 0.7
    deep = results[1].wells["a double well"]
    assert deep.y.min() == pytest.approx(np.interp(deep.lowest, deep.x, deep.y), abs=1e-2)


def outcomes(result):
    return {finding.number: finding.outcome for finding in minima.findings(result)}


def test_the_outcomes_are_the_known_ones(results):
    known = {17: FAILS, 34: FAILS, 33: HOLDS, 31: CAVEATS, 6: CAVEATS, 8: CAVEATS, 0: HOLDS}
    assert outcomes(results[1]) == known


@pytest.mark.parametrize(
    ("solved", "expected"),
    [
        (Share(60, 60), {17: HOLDS, 33: FAILS, 31: FAILS}),
        (Share(10, 10), {17: UNDECIDED, 33: UNDECIDED, 31: FAILS}),
        (Share(5, 60), {17: FAILS, 33: HOLDS, 31: CAVEATS}),
        (Share(0, 60), {17: FAILS, 33: FAILS, 31: CAVEATS}),
    ],
)
def test_what_is_said_of_the_global_minimum_follows_from_the_successes(results, monkeypatch, solved, expected):
    monkeypatch.setattr(minima.Result, "solved", lambda self, label: solved)
    assert {number: outcomes(results[1])[number] for number in expected} == expected


def test_a_backward_pass_that_moved_weights_would_be_to_blame(results):
    moved = replace(results[1], moved=3)
    assert outcomes(moved)[31] == HOLDS
    assert "moved 3 weights" in minima.findings(moved)[3].sentence


def test_rest_and_wells_decide_what_is_found(results):
    last = results[1]
    assert outcomes(replace(last, norms=last.first_norms))[6] == UNDECIDED
    bowl, double = last.wells.values()
    assert outcomes(replace(last, wells={"a bowl": bowl, "a double well": bowl}))[8] == HOLDS
    assert outcomes(replace(last, wells={"a bowl": double, "a double well": double}))[8] == UNDECIDED


def test_one_width_decides_nothing_about_width(results):
    alone = replace(results[1], settings=SMALL.replace(widths=(16,)))
    assert outcomes(alone)[34] == UNDECIDED
    assert minima.findings(alone)[1].sentence == "It takes two widths and two depths to tell."


@pytest.mark.parametrize(
    ("share", "answer"),
    [
        (Share(0, 60), "under 10 %"),
        (Share(15, 60), "10 to 40 %"),
        (Share(24, 60), TOO_CLOSE),
        (Share(110, 200), "40 to 70 %"),
        (Share(60, 60), "over 70 %"),
    ],
)
def test_the_answer_is_the_range_that_holds_the_whole_interval(share, answer):
    assert share_solved(share).answer == answer


def test_the_same_seed_gives_bitwise_the_same_and_another_seed_does_not():
    settings = SMALL.replace(steps=50, trials=10)
    first, again, other = ([*minima.run(settings.replace(seed=seed))][-1] for seed in (0, 0, 500))
    assert minima.curves(first).equals(minima.curves(again))
    assert minima.table(first).equals(minima.table(again))
    assert minima.findings(first) == minima.findings(again)
    assert not minima.curves(first).equals(minima.curves(other))


@pytest.mark.parametrize("change", [{"lr": 10.0}, {"activation": "step"}, {"dataset": "wave"}, {"dataset": "digits"}])
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
