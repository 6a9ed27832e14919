"""The five misconceptions: biases, repeats and formulas as they must come out, and the borrowed parts in place."""

import numpy as np
import plotly.graph_objects as go
import pytest

from core.studies.misconceptions import study as misconceptions
from core.studies.misconceptions.study import SECTIONS
from pages.figures import misconceptions as figures

FIGURES = [
    *(figures.paths, figures.formulas, figures.deep, figures.deep_deltas, figures.fates, figures.shares),
    *(figures.repeats, figures.equal_weights, figures.kinks, figures.slopes, figures.movers, figures.without),
]
OWN = ("one_thing", "weights_only")


def finished(**changes):
    return [*misconceptions.run(misconceptions.Settings(**changes))][-1]


@pytest.fixture(scope="module")
def results():
    """The first result, and the last one of another run."""
    return [next(misconceptions.run(misconceptions.Settings())), finished()]


def test_every_claim_of_every_section_gets_one_verdict(results):
    numbers = [verdict.number for verdict in misconceptions.verdicts(results[1])]
    assert numbers == [number for claims, _ in SECTIONS.values() for number in claims]
    assert list(misconceptions.table(results[1])["claim"]) == numbers
    assert misconceptions.verdicts(results[0]) == []


def test_the_directions_that_are_known(results):
    outcomes = {number: misconceptions.outcome_of(number, results[1]) for number in range(1, 49)}
    assert outcomes[1] == outcomes[29] == outcomes[33] == "holds"
    assert outcomes[10] == outcomes[34] == "does not hold"
    assert all(outcomes[number] == "holds with caveats" for number in (31, 32, 35, 37, 38, 40, 41, 42))


def test_the_backward_pass_moves_nothing_and_the_update_everything(results):
    norms = results[1].biases
    gradients, backward, rule = (np.array(each) for each in (norms.gradients, norms.by_backward, norms.by_rule))
    assert gradients.shape == backward.shape == rule.shape == (120, 5, 4)
    assert (backward == 0).all()
    assert (gradients[0] > 0).all()
    assert (rule[0] > 0).all()


def test_biases_are_worth_what_the_task_asks_for(results):
    shifted, without = results[1].biases.tasks["shifted"].final()
    assert shifted.mean() > 0.97
    assert 0.6 < without.mean() < 0.76  # tanh without biases is odd: right where x < 0 and where x > 0.9
    both = results[1].biases.tasks["centred"].final()
    assert abs(both[0].mean() - both[1].mean()) < 0.05


def test_without_a_shift_biases_are_not_needed():
    result = finished(sections=("weights_only",), shift=0.0)
    assert misconceptions.outcome_of(42, result) == "does not hold"
    assert [verdict.number for verdict in misconceptions.verdicts(result)] == [41, 42]


def test_a_gradient_repeats_bitwise_in_the_same_order_only(results):
    repeats = results[1].anywhere.repeats
    assert max(repeats["again"]) == 0
    assert 0 < max(repeats["rows reversed"]) < 1e-12
    assert min(repeats["half the rows"]) > 1e-4


def test_it_repeats_bitwise():
    first, again = (finished(sections=OWN, seed=3) for _ in range(2))
    assert misconceptions.curves(first).equals(misconceptions.curves(again))
    assert first.anywhere.formulas == again.anywhere.formulas


@pytest.mark.parametrize("changes", [{"activation": "step", "width": 1}, {"shift": 2.0, "steps": 10}, {"width": 64}])
def test_settings_at_their_ends_come_to_a_result(changes):
    result = finished(sections=("weights_only",), **changes)
    assert len(misconceptions.verdicts(result)) == 2
    assert go.Figure(figures.movers(result).to_dict())


@pytest.mark.parametrize("draw", FIGURES, ids=range(len(FIGURES)))
def test_charts_have_data_at_the_end_and_words_before(draw, results):
    first, last = results
    assert draw(last).data
    assert draw(first).layout["annotations"][0]["text"]
