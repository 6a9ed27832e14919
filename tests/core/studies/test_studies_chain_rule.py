"""The walkthrough by hand gives the network's own numbers, and the checks see what is known about differences."""

import numpy as np
import plotly.graph_objects as go
import pytest

from core.studies import chain_rule
from core.studies.chain_rule.study import SIZES, WIDTHS, first_params, network_of
from core.studies.chain_rule.walkthrough import Walkthrough
from pages.figures import chain_rule as figures

FIGURES = [figures.graph, figures.ledger, figures.check, figures.steps, figures.price, figures.surface]
PHASES = ["forward", "loss", "backward", "update"]


@pytest.fixture(scope="module", autouse=True)
def few_timings():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.studies.chain_rule.study.TIMINGS", 5)
        yield


@pytest.fixture(scope="module")
def results(few_timings):
    """The result before the first operation, and the last one."""
    return next(chain_rule.run(chain_rule.Settings())), [*chain_rule.run(chain_rule.Settings())][-1]


def outcomes(result):
    return {verdict.number: verdict.outcome for verdict in chain_rule.verdicts(result)}


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("loss", ["mean_squared_error", "binary_cross_entropy"])
def test_by_hand_by_matrices_and_by_paths_are_one_gradient(sizes, loss, rng):
    network = network_of(chain_rule.Settings(sizes=sizes, loss=loss, activation="gelu"))
    params, x = first_params(network, 3), rng.normal(size=2)
    walk = Walkthrough(network, params, x, 1.0, 0.1)
    value, grads = network.loss_and_gradient(params, x[None], np.array([1.0]))
    assert walk.loss == pytest.approx(value, rel=1e-12)
    assert list(walk.w.values()) == params.tolist()
    np.testing.assert_allclose(walk.gradient(), grads, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(walk.along_paths()[0], grads, rtol=1e-10, atol=1e-14)


def test_operations_come_in_order_and_leave_nothing_unknown(results):
    walk = results[1].walk
    order = [PHASES.index(operation.phase) for operation in walk.operations]
    assert order == sorted(order)
    known = walk.known(len(walk.operations))
    for source, unit in walk.w:
        for quantity in ("w", "dL/dw", "new w"):
            assert (quantity, (source, unit)) in known
        assert ("a", source) in known
        assert ("δ", unit) in known
    assert not any(quantity == "new w" for quantity, _ in walk.known(len(walk.operations) - 3))


def test_a_step_of_the_page_is_one_operation():
    seen = {}
    for result in chain_rule.run(chain_rule.Settings(sizes="2-1")):
        seen.setdefault(result.progress, set()).add(result.done)
    assert all(len(done) == 1 for done in seen.values())
    assert [max(done) for done in seen.values()][:5] == [0, 1, 2, 3, 4]


def test_the_error_of_a_difference_is_a_v(results):
    central, forward = (np.median(results[1].step_errors(kind), axis=1) for kind in ("central", "forward"))
    steps = results[1].steps
    assert 1e-6 <= steps[central.argmin()] <= 1e-4
    assert 1e-9 <= steps[forward.argmin()] <= 1e-7
    assert central.min() < 1e-9 < 1e-4 < central[-1]
    coarse = central[steps > 1e-4]
    assert np.polyfit(np.log(steps[steps > 1e-4]), np.log(coarse), 1)[0] == pytest.approx(2, abs=0.1)


def test_differences_need_two_passes_for_each_parameter(results):
    for price in results[1].prices.values():
        assert price.counted["central_differences"] == 2 * price.parameters
        assert price.counted["forward_mode"] == price.parameters
        assert price.counted["backpropagation"] == 2
    largest = results[1].prices[max(WIDTHS)]
    assert largest.ratio("backpropagation") < 0.2 * largest.ratio("central_differences")


def test_verdicts_follow_the_docket_but_for_the_clock(results):
    found = outcomes(results[1])
    assert set(found) == {3, 5, 10, 11, 14, 21, 32}
    assert found[11] == found[21] == found[14] == found[3] == "holds"
    assert found[10] == "does not hold"
    assert found[32] == "holds with caveats"


def test_the_verdicts_notice_what_they_are_about():
    last = [*chain_rule.run(chain_rule.Settings())][-1]
    last.walk.grads[next(iter(last.walk.grads))] += 1e-6
    last.walk.visits.append(last.walk.visits[0])
    last.walk.slope["h1"] *= 1.001
    last.errors[0][2] = 1.0
    last.surface = dict.fromkeys(last.surface, np.ones(3))
    last.repeated[0] = (1e-16, 0.0)
    for price in last.prices.values():
        price.seconds["backpropagation"] = [1.0] * len(price.forward)
    found = outcomes(last)
    assert found[11] == found[21] == found[14] == found[5] == found[32] == "does not hold"
    assert found[3] == "holds with caveats"
    assert found[10] == "holds"
    assert chain_rule.outcome(last) == "more than 50"


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
        {"sizes": "2-4-3-1", "activation": "relu", "dataset": "spirals", "operation": 40, "lr": 10.0},
        {"sizes": "2-1", "loss": "binary_cross_entropy", "example": 100, "operation": 1},
        {"sizes": "2-2-2-1", "activation": "step"},
    ],
)
def test_it_ends_at_the_extremes_of_its_settings(changes):
    last = [*chain_rule.run(chain_rule.Settings(**changes))][-1]
    assert last.progress == 1
    assert len(chain_rule.verdicts(last)) == 7
    assert all(go.Figure(draw(last).to_dict()) for draw in FIGURES)
    assert last.shown == min(changes.get("operation", 99), len(last.walk.operations))


@pytest.mark.parametrize("draw", FIGURES, ids=lambda draw: draw.__name__)
def test_charts_have_data_at_the_end_and_data_or_words_before(draw, results):
    first, last = results
    assert draw(last).data
    early = draw(first)
    assert early.data or early.layout["annotations"][0]["text"]


def test_charts_draw_at_every_moment():
    for place, result in enumerate(chain_rule.run(chain_rule.Settings())):
        if place % 10 == 0:
            assert all(go.Figure(draw(result).to_dict()) for draw in FIGURES)
