"""Depth against convergence: the direction of Glorot 2010 and He 2015 over seeds, and a gradient that is right."""

import numpy as np
import pytest

from core.studies import depth
from core.studies.depth import DEEP, SHALLOW, fall
from pages.figures import depth as figures

DRAWN = [figures.loss, figures.score, figures.steps_to_target, figures.deltas, figures.weight_gradients]


@pytest.fixture(scope="module")
def results():
    return [*depth.run(depth.Settings(depths=(1, 30), steps=60))]


def test_at_thirty_layers_relu_learns_from_kaiming_and_not_from_xavier(results):
    last = results[-1]
    kaiming, xavier = (fall(last, depth.name(30, initializer)) for initializer in ("kaiming", "xavier"))
    assert (kaiming > 0.02).all()
    assert (np.abs(xavier) < 0.02).all()
    assert depth.findings(last)[-1].outcome == "holds"
    assert depth.findings(last)[-1].answer == "kaiming"


def test_the_delta_vanishes_from_xavier_and_comes_through_from_kaiming(results):
    """Each ReLU layer halves the signal's variance from Xavier: 2^-15 through thirty of them."""
    ratios = {i: depth.ratio(results[-1].layers[depth.name(30, i)]) for i in ("kaiming", "xavier")}
    assert 1e-6 < np.median(ratios["xavier"]) < 1e-3
    assert 1e-2 < np.median(ratios["kaiming"]) < 1e2


def test_the_gradient_is_right_at_any_depth_and_a_wrong_one_is_seen(results, monkeypatch):
    finding = depth.findings(results[-1])[0]
    assert (finding.number, finding.outcome) == (29, "holds")
    right = depth.NetworkLoss.gradient
    monkeypatch.setattr(depth.NetworkLoss, "gradient", lambda self, params: 1.01 * right(self, params))
    *_, wrong = depth.run(depth.Settings(depths=(3,), steps=10))
    assert depth.findings(wrong)[0].outcome == "does not hold"


def test_depth_is_compared_at_equal_size_and_pays_on_one_task(results):
    for pair in results[-1].matched.values():
        deep, shallow = (pair.race.network(label).parameters for label in (DEEP, SHALLOW))
        assert abs(deep / shallow - 1) < 0.1
    finding = depth.findings(results[-1])[1]
    assert (finding.number, finding.outcome) == (30, "holds with caveats")
    assert finding.evidence["spirals"].high < 1 < finding.evidence["digits"].high


@pytest.mark.parametrize(
    ("spirals", "digits", "outcome"),
    [(0.5, 0.5, "holds"), (0.5, 2, "holds with caveats"), (2, 2, "does not hold"), (1, 1, "not decided by this run")],
)
def test_the_losses_of_both_tasks_decide_whether_depth_pays(results, monkeypatch, spirals, digits, outcome):
    spread = np.linspace(0.9, 1.1, 20)
    for task, factor in (("spirals", spirals), ("digits", digits)):
        race, losses = results[-1].matched[task].race, {DEEP: factor * spread, SHALLOW: spread[::-1]}
        monkeypatch.setattr(race, "judged", lambda label, _, losses=losses: losses[label])
    assert depth.findings(results[-1])[1].outcome == outcome


def test_where_no_network_reached_the_target_its_rate_of_convergence_is_not_decided(results):
    rate = depth.findings(results[-1])[3]
    assert (rate.number, rate.outcome) == (57, "holds")
    *_, never = depth.run(depth.Settings(depths=(1, 3), steps=10, target=0.01))
    assert "No network of either depth reached a training loss of 0.01" in depth.findings(never)[3].sentence


def test_dead_networks_are_told_without_a_warning():
    *_, last = depth.run(depth.Settings(dataset="circles", width=6, depths=(1, 20), rate="same", lr=0.1, steps=20))
    assert all(np.isfinite(depth.table(last)["first / last delta at the start"]))
    assert depth.findings(last)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_numbers(results):
    *_, again = depth.run(depth.Settings(depths=(1, 30), steps=60))
    assert depth.curves(again).equals(depth.curves(results[-1]))


@pytest.mark.parametrize("draw", DRAWN)
def test_figures_hold_data_at_the_end_and_words_at_the_start(results, draw):
    assert draw(results[-1]).data
    start = next(depth.run(depth.Settings(depths=(1, 30), steps=60)))
    assert draw(start).data or draw(start).layout.get("annotations")
