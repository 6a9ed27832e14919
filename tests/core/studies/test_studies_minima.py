"""The study of local minima: XOR's stuck trainings as they are known, rest at bad losses, two wells."""

import numpy as np
import pytest

from core.nn import Network
from core.studies import minima
from pages.figures import minima as figures

FIGURES = [figures.fates, figures.shares, figures.rest, figures.wells, figures.data, figures.maps]
SMALL = minima.Settings(steps=400, seeds=5)


@pytest.fixture(scope="module")
def results():
    """The first result, whose fields the run goes on filling, is kept apart from the last one."""
    return [next(minima.run(SMALL)), [*minima.run(SMALL)][-1]]


def test_width_helps_and_depth_hurts(results):
    last = results[1]
    assert last.solved("16x1").minus(last.solved("2x1"))[0] > 0.3
    assert last.solved("4x5").minus(last.solved("4x1"))[1] < 0
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
    _, gradient = network.loss_and_gradient(np.zeros(network.parameters), minima.CORNERS, minima.TARGETS)
    assert np.isfinite(gradient).all()


def test_the_bowl_catches_all_and_the_double_well_some(results):
    bowl, double = (well.share for well in results[1].wells.values())
    assert bowl.value == 1
    assert 0.3 < double.value < 0.7
    deep = results[1].wells["a double well"]
    assert deep.y.min() == pytest.approx(np.interp(deep.lowest, deep.x, deep.y), abs=1e-2)


def test_the_verdicts_are_the_known_ones(results):
    outcomes = {verdict.number: verdict.outcome for verdict in minima.verdicts(results[1])}
    assert outcomes == {
        17: "does not hold",
        34: "does not hold",
        33: "holds",
        31: "holds with caveats",
        6: "holds with caveats",
        8: "holds with caveats",
    }


def test_verdicts_follow_what_is_measured(results):
    """Networks so wide that all succeed turn the verdicts round."""
    last = [*minima.run(SMALL.replace(widths=(16,), depths=(1,), trials=10, steps=50))][-1]
    outcomes = {verdict.number: verdict.outcome for verdict in minima.verdicts(last)}
    assert outcomes[34] == "not decided by this run"


def test_the_same_seed_gives_bitwise_the_same_and_another_seed_does_not():
    settings = SMALL.replace(steps=50, trials=10)
    first, again, other = ([*minima.run(settings.replace(seed=seed))][-1] for seed in (0, 0, 500))
    assert minima.curves(first).equals(minima.curves(again))
    assert minima.table(first).equals(minima.table(again))
    assert minima.verdicts(first) == minima.verdicts(again)
    assert not minima.curves(first).equals(minima.curves(other))


@pytest.mark.parametrize("change", [{"lr": 10.0}, {"activation": "step"}, {"dataset": "wave"}, {"dataset": "digits"}])
def test_rough_settings_come_to_a_result_and_draw(change):
    last = [*minima.run(SMALL.replace(steps=50, trials=10, **change))][-1]
    assert last.progress == 1
    assert len(minima.verdicts(last)) == 6
    assert all(draw(last).data for draw in FIGURES)


@pytest.mark.parametrize("draw", FIGURES, ids=lambda draw: draw.__name__)
def test_charts_have_data_at_the_end_and_draw_before(draw, results):
    first, last = results
    assert draw(last).data
    early = draw(first)
    assert early.data or early.layout["annotations"][0]["text"]
