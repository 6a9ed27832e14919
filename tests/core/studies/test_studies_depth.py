"""Depth against convergence: the direction of Glorot 2010 and He 2015 over seeds, and a gradient that is right."""

import numpy as np
import pytest

from core.statistics import Difference
from core.studies import depth
from core.studies.contract import Quantity
from core.studies.depth import AGREES, DEEP, KEPT, LITTLE, RULES, SHALLOW, fall
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


def test_a_dead_network_has_the_right_gradient_but_for_rounding():
    settings = {"dataset": "three_of_many", "width": 6, "samples": 167, "rate": "same", "seed": 6412, "steps": 10}
    *_, last = depth.run(depth.Settings(**settings))
    found = depth.findings(last)[0]
    assert found.outcome == "holds"
    assert found.evidence["largest error"].value < 1e-10


def test_the_rounding_of_a_gradient_that_balanced_classes_cancel_is_not_called_wrong():
    settings = depth.Settings(initializers=("zeros",), width=4, samples=100, seeds=6, seed=2152)
    run = depth.training(settings, (4,), train=100, test=300, initializer="zeros")
    assert depth._look(run, settings)[1].max() < AGREES


def test_an_error_signal_of_exactly_0_is_called_that(monkeypatch):
    monkeypatch.setattr(depth, "ratio", np.array)
    ratios = {"kaiming 30": [0.5, 0, 2, 0, 1], "xavier 30": [0.0] * 5}
    finding = depth.Result(depth.Settings(), layers=ratios)._vanishing()
    assert finding.sentence.endswith("kaiming exactly 0 on 2 of 5 seeds and xavier exactly 0 on 5 of 5 seeds.")
    assert finding.outcome == "not decided by this run"
    assert f"{finding.evidence['xavier']}" == "0 [0, 0] times"


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


@pytest.mark.parametrize(
    ("kaiming", "xavier", "outcome"),
    [
        ((1, 0.5, 2), (0.1, 0.05, 0.2), "holds"),
        ((1, 0.5, 2), (1e-5, 1e-6, 1e-4), "holds with caveats"),
        ((1, 0.5, 2), (0.04, 0.006, 0.3), "not decided by this run"),
        ((1e-4, 1e-5, 1e-3), (1e-5, 1e-6, 1e-4), "does not hold"),
    ],
)
def test_the_initializer_decides_only_if_the_signal_is_kept_under_one_and_lost_under_another(kaiming, xavier, outcome):
    both = {"kaiming": kaiming, "xavier": xavier}
    evidence = [Quantity(each, *found, 5, "times", "between", KEPT) for each, found in both.items()]
    found = RULES["vanishing"].find(*evidence, ratios="ratios", activation="tanh", depth="30")
    assert found.outcome == outcome
    assert ("The initializer decides" in found.sentence) == (outcome == "holds with caveats")


@pytest.mark.parametrize(
    ("lead", "best", "worst", "outcome", "told"),
    [
        ((0.6, 0.5, 0.7), (0.6, 0.5, 0.7), (0.001, 0.0, 0.002), "holds", "of 1 layer learns only from kaiming"),
        ((0.6, 0.5, 0.7), (0.6, 0.5, 0.7), (0.04, 0.0, 0.18), "holds with caveats", "more of the initial loss"),
        ((4e-5, 3e-5, 5e-5), (4e-5, 3e-5, 5e-5), (0, 0, 0), "holds with caveats", "more of the initial loss"),
        ((-0.2, -0.3, -0.1), (0.1, 0.0, 0.2), (0.3, 0.2, 0.4), "not decided by this run", "not detectably"),
    ],
)
def test_what_both_initializers_remove_is_judged_by_intervals(lead, best, worst, outcome, told):
    evidence = [
        Quantity.of("better over worse", Difference(*lead, 5), "", "above", 0),
        Quantity.of("share removed, better", Difference(*best, 5), "share", "above", LITTLE),
        Quantity.of("share removed, worse", Difference(*worst, 5), "share", "below", LITTLE),
    ]
    words = {"best": "kaiming", "last": "xavier", "depth": "1 layer", "activation": "relu", "optimizer": "momentum"}
    found = RULES["initializer"].find(*evidence, **words)
    assert found.outcome == outcome
    assert told in found.sentence


def test_a_loss_that_rose_removed_nothing():
    settings = {"dataset": "wave", "depths": (1, 30), "width": 4, "samples": 20, "rate": "same", "lr": 10.0}
    *_, last = depth.run(depth.Settings(**settings, steps=20))
    removed = np.array([fall(last, label) for label in last.contestants])
    assert ((removed >= 0) & (removed <= 1)).all()
    assert removed.min() == 0


def test_where_no_network_reached_the_target_its_rate_of_convergence_is_not_decided(results):
    rate = depth.findings(results[-1])[3]
    assert (rate.number, rate.outcome) == (57, "holds")
    *_, never = depth.run(depth.Settings(depths=(1, 3), steps=10, target=0.01))
    assert "On fewer than two seeds a network reached a training loss of 0.01" in depth.findings(never)[3].sentence


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
