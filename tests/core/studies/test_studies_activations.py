"""The study of activations reproduces what is known, and its charts draw at every moment."""

from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest

from core.statistics import Difference
from core.studies import activations
from core.studies.activations import RULES, orders
from core.studies.contract import CAVEATS, FAILS, HOLDS, TOO_CLOSE, UNDECIDED, Quantity
from pages.figures import activations as figures

FIGURES = [figures.shapes, figures.deltas, figures.initializers, figures.cost, figures.idle, figures.score]
SMALL = activations.Settings(activations=("sigmoid", "tanh", "relu"), layers=2, width=8, steps=60)


@pytest.fixture(scope="module")
def results():
    """The first result, whose fields the run goes on filling, is kept apart from the last one."""
    return [next(activations.run(SMALL)), [*activations.run(SMALL)][-1]]


def test_deltas_shrink_or_stay_as_glorot_and_he_found(results):
    last = results[1]
    power = {pair: orders(last, *pair).mean for pair in last.deltas}
    assert power["sigmoid", "xavier"] < -12
    assert -2 < power["tanh", "xavier"] < 0
    assert -7 < power["relu", "xavier"] < -3
    assert -1.5 < power["relu", "kaiming"] < 1.5
    assert power["tanh", "normal"] < -20


def test_every_claim_gets_a_finding_and_initialization_decides_claim_47(results):
    found = activations.findings(results[1])
    assert [each.number for each in found] == [47, 40, 56, 37, 38, 39, 0, 0]
    assert [each.outcome for each in found[:2] + found[3:6]] == [CAVEATS, CAVEATS, CAVEATS, CAVEATS, HOLDS]
    assert all(each.sentence and each.evidence for each in found)
    assert found[-1].answer == "tanh"
    assert "tanh best preserves" in found[-1].sentence


def test_an_error_signal_that_changes_another_way_changes_the_findings(results):
    last = replace(results[1], deltas={pair: np.ones_like(each) for pair, each in results[1].deltas.items()})
    outcomes = {each.number: each.outcome for each in activations.findings(last)}
    assert outcomes[47] == HOLDS
    assert outcomes[40] == HOLDS
    assert activations.findings(last)[-1].outcome == CAVEATS  # all keep it equally well
    lost = replace(last, deltas={pair: each * np.geomspace(1e-9, 1, 30) for pair, each in last.deltas.items()})
    vanishing, *_, preserves = activations.findings(lost)
    assert (vanishing.outcome, preserves.outcome, preserves.answer) == (FAILS, FAILS, "none")
    assert "no activation preserves the error signal" in preserves.sentence


@pytest.mark.parametrize(
    ("change", "lead", "outcome", "answer"),
    [
        ((-0.5, -1, 0), (1, 0.5, 1.5), HOLDS, "ReLU"),
        ((-0.5, -1, 0), (1, -0.5, 1.5), CAVEATS, TOO_CLOSE),
        ((-1.8, -2.2, -1.5), (1, 0.5, 1.5), UNDECIDED, TOO_CLOSE),
        ((-3, -3.5, -2.5), (1, 0.5, 1.5), FAILS, "none"),
    ],
)
def test_who_preserves_the_error_signal_answers_the_prediction(change, lead, outcome, answer):
    found = RULES["preserves"].find(
        Quantity.of("change", Difference(*change, 5), "powers of ten", "between", (-2.0, 2.0)),
        Quantity.of("lead", Difference(*lead, 5), "powers of ten", "above", 0),
        first="relu",
        second="tanh",
        initializer="kaiming",
        depth="30",
        option="ReLU",
        closest="1",
    )
    assert (found.outcome, found.answer) == (outcome, answer)
    assert "relu" in found.sentence


@pytest.mark.parametrize(
    ("other", "outcome"), [((-1.5, -1.6, -1.4), UNDECIDED), ((-2, -2.5, -1.5), UNDECIDED), ((-4, -5, -3), FAILS)]
)
def test_no_activation_preserves_the_error_signal_only_if_all_lose_it(other, outcome):
    changes = {"change": (-2.1, -2.2, -2.05), "change for gelu": other}
    evidence = [
        Quantity.of(name, Difference(*change, 5), "powers of ten", "between", (-2.0, 2.0))
        for name, change in changes.items()
    ]
    words = {"first": "relu", "second": "gelu", "initializer": "kaiming", "depth": "30", "option": "ReLU"}
    found = RULES["preserves"].find(*evidence, closest="1", **words)
    assert found.outcome == outcome
    assert ("no activation" in found.sentence) == (outcome == FAILS)


def test_a_share_of_idle_units_is_that_of_the_runs_that_did_not_diverge():
    race = activations.UnitRace({})
    race.values = lambda label, which: np.array([[0.0, 0.0, 0.0], [0.5, np.nan, 0.25]])
    assert activations.idle(race, "tanh", "saturated") == 0.375
    race.values = lambda label, which: np.full((2, 3), np.nan)
    assert np.isnan(activations.idle(race, "tanh", "saturated"))


@pytest.mark.parametrize(
    ("number", "update", "outcome"),
    [(2, 2, HOLDS), (2, 1, CAVEATS), (1, 1, FAILS), (None, 1, UNDECIDED)],
)
def test_the_cost_of_tanh_is_judged_for_one_number_and_for_an_update(results, number, update, outcome):
    once, spread = np.linspace(1, 1.001, 8), np.geomspace(0.5, 2, 8)
    relu = activations.Cost(once, once, once)
    tanh = activations.Cost(*[once * number if number else spread] * 2, once * update)
    found = activations.findings(replace(results[1], costs={"tanh": tanh, "relu": relu}))[2]
    assert (found.number, found.outcome) == (56, outcome)


def test_weights_that_move_or_differ_change_the_findings(results):
    def judged(found):
        return activations.findings(replace(results[1], kinks=found))

    found = dict(results[1].kinks)
    zero, half = found["relu, 0 at 0"], found["relu, ½ at 0"]
    found["relu, ½ at 0"] = replace(half, params=half.params + 1)
    assert judged(found)[5].outcome == CAVEATS
    spread = np.arange(len(zero.score)) - (len(zero.score) - 1) / 2
    assert len(spread) == 10
    barely = 0.1 + 0.1 / 2.4 * np.sqrt(10) * spread / spread.std(ddof=1)  # 2.4 standard errors above 0
    found["relu, ½ at 0"] = replace(half, params=half.params + 1, score=zero.score - barely)
    assert judged(found)[5].outcome == CAVEATS  # of two differences one may be as large by chance
    found["relu, ½ at 0"] = replace(half, params=half.params + 1, score=zero.score - 0.1)
    assert judged(found)[5].outcome == FAILS
    found["step"] = replace(found["step"], moved=zero.moved)
    assert judged(found)[3].outcome == FAILS
    found["step"], found["relu, 0 at 0"] = results[1].kinks["step"], replace(zero, moved=0 * zero.moved)
    assert judged(found)[3].outcome == HOLDS


def test_step_moves_only_with_a_surrogate_and_the_choice_at_zero_does_not_matter(results):
    kink = results[1].kinks
    assert (kink["step"].moved == 0).all()
    assert (kink["step, straight through"].moved > 0).all()
    zero, *others = (kink[label] for label in activations.RELUS)
    assert zero.zeros == 0
    assert all(np.array_equal(zero.params, other.params) for other in others)


def test_all_but_the_measured_times_repeats_bitwise(results):
    again = [*activations.run(SMALL)][-1]
    assert activations.curves(again).equals(activations.curves(results[1]))
    timed = ["ns per value", "ns per derivative"]
    assert activations.table(again).drop(columns=timed).equals(activations.table(results[1]).drop(columns=timed))


def test_idle_units_are_shares_and_dead_ones_are_among_the_saturated(results):
    curves = activations.curves(results[1])
    assert curves[["dead", "saturated"]].stack().between(0, 1).all()
    assert (curves["dead"] <= curves["saturated"]).all()


@pytest.mark.slow
def test_it_runs_on_digits_with_a_step_and_ends_in_every_part():
    settings = activations.Settings(dataset="digits", activations=("step", "relu"), depth=3, layers=1, steps=10)
    last = [*activations.run(settings)][-1]
    assert last.progress == 1
    assert (last.shrinkage("step", "xavier") == 0).all()
    assert activations.findings(last)[0].outcome == UNDECIDED
    assert all(go.Figure(draw(last).to_dict()) for draw in FIGURES)


@pytest.mark.parametrize("draw", FIGURES, ids=lambda draw: draw.__name__)
def test_charts_have_data_at_the_end_and_data_or_words_before(draw, results):
    first, last = results
    assert draw(last).data
    early = draw(first)
    assert early.data or early.layout["annotations"][0]["text"]
