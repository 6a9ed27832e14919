"""The walkthrough by hand gives the network's own numbers, and the checks see what is known about differences."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest

from core.checks import InputError
from core.nn import LOSSES
from core.studies import chain_rule
from core.studies.chain_rule.study import (
    FORWARD,
    LARGE,
    SAMPLES,
    STEPS,
    WIDTHS,
    Price,
    first_params,
    network_of,
    samples,
)
from core.studies.chain_rule.walkthrough import Walkthrough
from core.studies.contract import TOO_CLOSE
from core.studies.motion import called
from core.studies.wording import number
from pages.figures import chain_rule as figures

FIGURES = [figures.check, figures.steps, figures.price, figures.surface]
PHASES = ["forward", "loss", "gradient", "update"]
SHAPES = [{"hidden": 0}, {}, {"hidden": 4}, {"hidden": 2, "second": 2}, {"hidden": 4, "second": 3}]
LARGEST = {"dataset": "own", "inputs": 4, "hidden": 4, "second": 4, "outputs": 3}


@pytest.fixture(scope="module", autouse=True)
def few_timings():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.studies.chain_rule.study.TIMINGS", 5)
        yield


@pytest.fixture(scope="module")
def results(few_timings):
    """The result before the first operation, and the last one."""
    return next(chain_rule.run(chain_rule.Settings())), [*chain_rule.run(chain_rule.Settings())][-1]


def found(result):
    """Findings by the claim's number."""
    return {finding.number: finding for finding in chain_rule.findings(result)}


@pytest.mark.parametrize("shape", [*SHAPES, LARGEST], ids=str)
@pytest.mark.parametrize("loss", LOSSES)
def test_by_hand_by_matrices_and_by_paths_are_one_gradient(shape, loss, rng):
    settings = chain_rule.Settings(**shape, loss=loss, activation="gelu")
    network = network_of(settings)
    params, (X, y) = first_params(network, 3), samples(settings, 3)
    walk = Walkthrough(network, params, X[0], y[0], 0.1)
    value, grads = network.loss_and_gradient(params, X[:1], y[:1])
    assert walk.loss == pytest.approx(value, rel=1e-12)
    assert list(walk.w.values()) == params.tolist()
    np.testing.assert_allclose(walk.gradient(), grads, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(walk.along_paths()[0], grads, rtol=1e-10, atol=1e-14)


def test_operations_come_in_order_and_find_every_number(results):
    walk = results[1].walk
    order = [PHASES.index(operation.phase) for operation in walk.operations]
    assert order == sorted(order)
    found = [operation.asks for operation in walk.operations]
    assert len(dict(found)) == len(found) == 2 * len(walk.w) + 2 * len(walk.z) + 1
    for edge, w in walk.w.items():
        assert dict(found)[f"dL/dw of {called(edge)}"] == walk.grads[edge]
        assert dict(found)[f"the new w of {called(edge)}"] == pytest.approx(w - walk.lr * walk.grads[edge], rel=1e-12)


def test_each_operation_names_its_parts_and_a_product_is_that_of_its_factors(results):
    for operation in results[1].walk.operations:
        names = [name for name, _ in operation.parts]
        assert names[0] == "formula"
        if operation.phase == "gradient":
            assert names[1:] == ["comes back", "local derivative", "product"]
        shown = operation.parts[-1][1].rpartition(" = ")[2]
        assert shown == number(operation.asks[1])


def test_the_motion_takes_each_operation_and_knows_each_number_of_the_walk(results):
    walk = results[1].walk
    shown = walk.motion()
    (update,) = shown.updates
    assert [moment.asks for moment in shown.moments[1:]] == [each.asks for each in walk.operations]
    assert update.gradients == tuple(walk.gradient())
    np.testing.assert_allclose(update.after, np.array(update.before) - walk.lr * walk.gradient(), rtol=1e-12)
    found = [link for moment in shown.moments if moment.phase == "gradient" and moment.finds for link in moment.links]
    assert sorted(found) == [*range(len(shown.links))]
    lit = [unit for moment in shown.moments if moment.phase == "forward" for unit in moment.units]
    assert sorted(lit) == [*range(len(update.activations))]
    after = walk.network.data_loss(np.array(update.after), walk.x, walk.y)
    assert shown.moments[-1].text.endswith(f"with the new weights it is {number(after)}.")


def test_the_own_example_goes_through_before_random_ones_that_the_loss_takes():
    own = {"inputs": 3, "outputs": 2, "x1": 0.1, "x2": -2.0, "x3": 3.0, "t1": 0.0, "t2": 1.0}
    for loss in LOSSES:
        settings = chain_rule.Settings(dataset="own", loss=loss, **own)
        X, y = samples(settings, 5)
        assert (X.shape, y.shape) == ((SAMPLES, 3), (SAMPLES, 2))
        assert (X[0].tolist(), y[0].tolist()) == ([0.1, -2.0, 3.0], [0.0, 1.0])
        assert LOSSES[loss].encode(y, 2).shape == y.shape
        walk = next(chain_rule.run(settings)).walk
        assert walk.x.tolist() == [[0.1, -2.0, 3.0]]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"loss": "softmax_cross_entropy"}, "outputs is 1, but softmax needs at least 2"),
        ({"loss": "binary_cross_entropy", "t1": 2.0}, "the target of the example is 2, but must be in"),
        (
            {"loss": "softmax_cross_entropy", "outputs": 2, "t2": 1.0},
            "the sum of a row of the target of the example is",
        ),
        ({"x1": 99.0}, "x1 is 99, but must be in"),
        ({"hidden": 5}, "hidden is 5, but must be in"),
    ],
)
def test_an_example_that_the_loss_cannot_take_is_refused_in_a_sentence(changes, sentence):
    with pytest.raises(InputError, match=sentence):
        chain_rule.Settings(dataset="own", **changes)


def test_the_error_of_a_difference_is_a_v(results):
    central, forward = (np.median(results[1].by_step[kind], axis=1) for kind in ("central", "forward"))
    steps = STEPS
    assert 1e-6 <= steps[central.argmin()] <= 1e-4
    assert 1e-9 <= steps[forward.argmin()] <= 1e-7
    assert central.min() < 1e-9 < 1e-4 < central[-1]
    coarse = central[steps > 1e-4]
    assert np.polyfit(np.log(steps[steps > 1e-4]), np.log(coarse), 1)[0] == pytest.approx(2, abs=0.1)


def test_differences_need_two_passes_for_each_parameter_and_backpropagation_three_for_all(results):
    prices = results[1].prices
    assert {price.counted["backpropagation"] for price in prices.values()} == {3}
    for width in WIDTHS:
        assert prices[width].counted["central_differences"] == 2 * prices[width].parameters
        assert prices[width].counted["forward_mode"] == prices[width].parameters
    assert {*prices} == {*WIDTHS, *LARGE}
    by_hand = 2 * 128 + 128 + 128 * 128 + 128 + 128 + 1
    assert prices[128].parameters == by_hand
    largest = prices[max(WIDTHS)]
    assert largest.ratio("backpropagation").mean < 0.2 * largest.ratio("central_differences").mean


def priced(parameters, ratios, central=()):
    """The price of a network whose gradients took so many times a forward pass in each timing."""
    seconds = {"backpropagation": [*ratios]} | ({"central_differences": [*central]} if len(central) else {})
    timed = seconds | {FORWARD: [1.0] * len(ratios)}
    return Price(parameters, defaultdict(list, timed), dict.fromkeys(seconds, 3))


@pytest.mark.parametrize(
    ("small", "large", "central", "outcome"),
    [
        (3.0, 3.0, 100.0, "holds"),
        (8.0, 3.0, 100.0, "holds with caveats"),
        (3.0, 8.0, 100.0, "does not hold"),
        (3.0, 3.0, 2.0, "does not hold"),
        (5.0, 3.0, 100.0, "not decided by this run"),
        (3.0, 5.0, 100.0, "not decided by this run"),
    ],
)
def test_whether_a_gradient_is_cheap_follows_from_the_intervals_of_all_networks(
    results, small, large, central, outcome
):
    spread = np.linspace(0.9, 1.1, 25)
    prices = {2: priced(15, small * spread, central * spread), 128: priced(17025, large * spread)}
    finding = found(replace(results[1], prices=prices))[5]
    assert finding.outcome == outcome
    assert "17,025" in finding.sentence


def test_findings_follow_the_docket_but_for_the_clock(results):
    findings = found(results[1])
    assert set(findings) == {3, 5, 10, 11, 14, 21, 32}
    assert {findings[number].outcome for number in (11, 21, 14, 3)} == {"holds"}
    assert findings[10].outcome == "does not hold"
    assert "100 random points" in findings[10].sentence
    assert findings[32].outcome == "holds with caveats"


def test_the_findings_notice_what_they_are_about():
    last = [*chain_rule.run(chain_rule.Settings())][-1]
    last.walk.grads[next(iter(last.walk.grads))] += 1e-6
    last.walk.visits.append(last.walk.visits[0])
    last.walk.slope["h1"] *= 1.001
    last.errors[0][2] = 1.0
    last.surface = dict.fromkeys(last.surface, np.ones(3))
    last.repeated[0] = (1e-16, 0.0)
    for price in last.prices.values():
        price.seconds["backpropagation"] = [1.0] * len(price.seconds[FORWARD])  # far more than a forward pass
    findings = found(last)
    assert {findings[number].outcome for number in (5, 11, 14, 21, 32)} == {"does not hold"}
    assert "connections not visited exactly once 1, steps towards the output 1." in findings[14].sentence
    assert findings[3].outcome == "holds with caveats"
    assert findings[10].outcome == "holds"
    assert findings[5].answer == "more than 50"


@pytest.mark.parametrize(
    ("passes", "answer"),
    [
        ((2.0, 2.1), "fewer than 5"),
        ((20.0, 21.0), "5 to 50"),
        ((200.0, 210.0), "more than 50"),
        ((1.0, 20.0), TOO_CLOSE),
        ((40.0, 60.0), TOO_CLOSE),
    ],
)
def test_the_prediction_is_answered_by_the_interval_of_the_cost(results, passes, answer):
    prices = {2: priced(15, [3.0] * 10, [100.0] * 10), 128: priced(17025, [*passes] * 5)}
    assert found(replace(results[1], prices=prices))[5].answer == answer


def test_all_but_the_times_repeats_bitwise(results):
    again = [*chain_rule.run(chain_rule.Settings())][-1]
    assert chain_rule.table(again).equals(chain_rule.table(results[1]))
    assert chain_rule.curves(again).equals(chain_rule.curves(results[1]))


def test_the_table_agrees_with_differences_connection_by_connection(results):
    table = chain_rule.table(results[1])
    np.testing.assert_allclose(table["dL/dw = δ·a"], table["by central differences"], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    "changes",
    [
        {"hidden": 4, "second": 3, "activation": "relu", "dataset": "spirals", "lr": 10.0},
        {"hidden": 0, "loss": "binary_cross_entropy", "example": 100},
        {"hidden": 2, "second": 2, "activation": "step"},
        LARGEST | {"loss": "softmax_cross_entropy", "x1": -3.0, "lr": 10.0},
    ],
)
def test_it_ends_at_the_extremes_of_its_settings(changes):
    last = [*chain_rule.run(chain_rule.Settings(**changes))][-1]
    assert last.progress == 1
    assert all(finding.sentence and finding.answer for finding in chain_rule.findings(last))
    assert len(chain_rule.findings(last)) == len(chain_rule.RULES)
    assert all(go.Figure(draw(last).to_dict()) for draw in FIGURES)
    assert last.walk.motion().to_json()


@pytest.mark.parametrize("draw", FIGURES, ids=lambda draw: draw.__name__)
def test_charts_have_data_at_the_end_and_data_or_words_before(draw, results):
    first, last = results
    assert draw(last).data
    early = draw(first)
    assert early.data or early.layout["annotations"][0]["text"]


def test_charts_draw_at_every_moment():
    for place, result in enumerate(chain_rule.run(chain_rule.Settings())):
        if place % 40 == 0:
            assert all(go.Figure(draw(result).to_dict()) for draw in FIGURES)
