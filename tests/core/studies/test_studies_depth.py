"""Depth against convergence: the direction of Glorot 2010 and He 2015 over seeds, and a gradient that is right."""

import numpy as np
import pytest

from core.studies import depth
from pages.figures import depth as figures

DRAWN = [figures.loss, figures.score, figures.steps_to_target, figures.deltas, figures.weight_gradients, figures.tuning]


@pytest.fixture(scope="module")
def results():
    return [*depth.run(depth.Settings(depths=(1, 30), steps=60))]


def test_at_thirty_layers_relu_learns_from_kaiming_and_not_from_xavier(results):
    last = results[-1]
    kaiming, xavier = (depth.fall(last, depth.name(30, initializer)) for initializer in ("kaiming", "xavier"))
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


def test_on_two_spirals_depth_does_better_than_width(results):
    deep, wide = (results[-1].spirals.final(label, "test_score") for label in depth.SPIRALS)
    assert (deep > wide).all()
    finding = depth.findings(results[-1])[1]
    assert (finding.number, finding.outcome) == (30, "holds with caveats")


def test_dead_networks_are_told_without_a_warning():
    *_, last = depth.run(depth.Settings(dataset="circles", width=6, depths=(1, 20), rate="same", lr=0.1, steps=20))
    assert all(np.isfinite(depth.table(last)["first / last delta at the start"]))
    assert depth.findings(last)


def test_the_same_seed_gives_the_same_numbers(results):
    *_, again = depth.run(depth.Settings(depths=(1, 30), steps=60))
    assert depth.curves(again).equals(depth.curves(results[-1]))


@pytest.mark.parametrize("draw", DRAWN)
def test_figures_hold_data_at_the_end_and_words_at_the_start(results, draw):
    assert draw(results[-1]).data
    start = next(depth.run(depth.Settings(depths=(1, 30), steps=60)))
    assert draw(start).data or draw(start).layout.get("annotations")
