"""Swapping the halves of training: one path for all exact sources, another for each rule; and nothing learns alone."""

import numpy as np
import plotly.graph_objects as go
import pytest

from core.studies import question
from core.studies.question.matrix import CELLS, EXACT, RULES, apart, refusal
from pages.figures import question as figures

FIGURES = [figures.losses, figures.curves, figures.paths, figures.costs, figures.price, figures.angles]
SMALL = question.Settings(width=4, samples=40, steps=15)
TIMED = "milliseconds"


@pytest.fixture(scope="module")
def results():
    """The first result, kept apart from the ones that the run goes on filling, one on the way, and the last."""
    run = question.run(SMALL)
    first = next(run)
    last = [*question.run(SMALL)][-1]
    return first, last


def test_exact_sources_walk_one_path_and_rules_part(results):
    last = results[1]
    for use in (*RULES, "lbfgs"):
        for source in EXACT[1:]:
            assert last.apart(("backpropagation", use), (source, use)).max() < 1e-4
    assert last.apart(("backpropagation", "sgd"), ("backpropagation", "adam")).min() > 0.1


def test_every_cell_starts_at_the_same_weights_and_pays_its_price(results):
    last = results[1]
    for walks in last.walks.values():
        for walk, first in zip(walks, last.walks["none", "nothing"], strict=True):
            assert np.array_equal(walk.params[0], first.start)
    assert (last.passes("backpropagation", "sgd") == 3 * SMALL.steps).all()
    assert (last.passes("central_differences", "sgd") == 2 * last.parameters * SMALL.steps).all()
    assert (last.passes("forward_mode", "nothing") == last.parameters).all()
    assert abs(last.passes("spsa", "sgd") - 3 * SMALL.steps).max() <= 1
    assert (last.passes("none", "annealing") <= 3 * SMALL.steps).all()


def test_verdicts_follow_the_docket(results):
    outcomes = {verdict.number: verdict.outcome for verdict in question.verdicts(results[1])}
    assert set(outcomes) == {1, 7, 12, 15, 16, 22, 23, 27, 28, 36}
    assert outcomes[1] == outcomes[7] == outcomes[16] == "holds"
    assert outcomes[12] == outcomes[15] == "holds with caveats"
    assert outcomes[23] == outcomes[28] == outcomes[36] == "does not hold"
    assert question.outcome(results[1]) in ("the time", "neither")  # so few parameters may be too quick to tell


def test_the_verdicts_notice_what_they_are_about(results):
    """A walk that leaves the path, a source that moves parameters: each turns its verdict."""
    last = [*question.run(SMALL)][-1]
    for walk in last.walks["central_differences", "sgd"]:
        walk.params[-1] = walk.params[-1] + walk.length
    for walk in last.walks["backpropagation", "adam"]:
        walk.touched["source changed parameters"] += 1
    for walk in last.walks["backpropagation", "sgd"]:
        walk.straight[3] = 0.5
    last.batches[8][0] = 1.0
    outcomes = {verdict.number: verdict.outcome for verdict in question.verdicts(last)}
    assert outcomes[1] == "holds with caveats"
    assert outcomes[16] == outcomes[7] == "does not hold"
    assert outcomes[36] == "holds"


def test_all_but_the_seconds_repeats_bitwise(results):
    again = [*question.run(SMALL)][-1]
    assert question.curves(again).equals(question.curves(results[1]))
    assert question.table(again).drop(columns=TIMED).equals(question.table(results[1]).drop(columns=TIMED))


def test_a_walk_that_does_not_move_is_not_apart_from_itself(results):
    walk = results[1].walks["none", "nothing"][0]
    assert apart(walk, walk) == 0


def test_cells_that_make_no_sense_say_why():
    assert all(refusal(*cell) == "" for cell in CELLS)
    assert all(refusal(*cell) for cell in [("none", "adam"), ("spsa", "lbfgs"), ("backpropagation", "annealing")])


@pytest.mark.parametrize(
    "changes",
    [
        {"dataset": "wave", "activation": "relu"},
        {"layers": 2, "width": 1, "activation": "step"},
        {"rate": "same", "lr": 10.0, "activation": "relu", "dataset": "wave"},
        {"rate": "same", "lr": 1e-4, "samples": 10},
    ],
)
def test_it_ends_at_the_extremes_of_its_settings(changes):
    last = [*question.run(SMALL.replace(steps=5, **changes))][-1]
    assert last.progress == 1
    assert len(question.verdicts(last)) == 10
    assert question.outcome(last)
    assert len(question.table(last)) == len(CELLS)
    assert all(go.Figure(draw(last).to_dict()) for draw in FIGURES)


@pytest.mark.parametrize("draw", FIGURES, ids=lambda draw: draw.__name__)
def test_charts_have_data_at_the_end_and_data_or_words_before(draw, results):
    first, last = results
    assert draw(last).data
    early = draw(first)
    assert early.data or early.layout["annotations"][0]["text"]


def test_charts_draw_at_every_moment():
    for place, result in enumerate(question.run(SMALL)):
        if place % 20 == 0:
            assert all(go.Figure(draw(result).to_dict()) for draw in FIGURES)
