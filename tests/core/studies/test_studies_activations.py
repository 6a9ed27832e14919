"""The study of activations reproduces what is known, and its charts draw at every moment."""

import numpy as np
import plotly.graph_objects as go
import pytest

from core.studies.activations import nondifferentiable as kinks
from core.studies.activations import study as activations
from pages.figures import activations as figures

FIGURES = [figures.shapes, figures.deltas, figures.initializers, figures.cost, figures.idle, figures.score]
SMALL = activations.Settings(activations=("sigmoid", "tanh", "relu"), layers=2, width=8, steps=60)


@pytest.fixture(scope="module")
def results():
    """The first result, whose fields the run goes on filling, is kept apart from the last one."""
    return [next(activations.run(SMALL)), [*activations.run(SMALL)][-1]]


def test_deltas_shrink_or_stay_as_glorot_and_he_found(results):
    last = results[1]
    power = {pair: activations.orders(last, *pair).mean for pair in last.deltas}
    assert power["sigmoid", "xavier"] < -12
    assert -2 < power["tanh", "xavier"] < 0
    assert -7 < power["relu", "xavier"] < -3
    assert -1.5 < power["relu", "kaiming"] < 1.5
    assert power["tanh", "normal"] < -20


def test_every_claim_gets_a_verdict_and_initialization_decides_claim_47(results):
    verdicts = {verdict.number: verdict for verdict in activations.verdicts(results[1])}
    assert set(verdicts) == {47, 40, 37, 38, 39, 0}
    assert verdicts[47].outcome == "holds with caveats"
    assert verdicts[40].outcome == "holds with caveats"
    assert verdicts[37].outcome == "holds with caveats"
    assert all(verdict.measured and verdict.rule.endswith(".") for verdict in verdicts.values())


def test_step_moves_only_with_a_surrogate_and_the_choice_at_zero_does_not_matter(results):
    kink = results[1].kinks
    assert (kink["step"].moved == 0).all()
    assert (kink["step, straight through"].moved > 0).all()
    zero, *others = (kink[label] for label in kinks.RELUS)
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


def test_it_runs_on_digits_with_a_step_and_ends_in_every_part():
    settings = activations.Settings(dataset="digits", activations=("step", "relu"), depth=3, layers=1, steps=10)
    last = [*activations.run(settings)][-1]
    assert last.progress == 1
    assert (last.shrinkage("step", "xavier") == 0).all()
    assert {verdict.number: verdict.outcome for verdict in activations.verdicts(last)}[47] == "not decided by this run"
    assert all(go.Figure(draw(last).to_dict()) for draw in FIGURES)


@pytest.mark.parametrize("draw", FIGURES, ids=lambda draw: draw.__name__)
def test_charts_have_data_at_the_end_and_data_or_words_before(draw, results):
    first, last = results
    assert draw(last).data
    early = draw(first)
    assert early.data or early.layout["annotations"][0]["text"]
