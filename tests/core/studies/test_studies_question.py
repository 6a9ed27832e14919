"""Swapping the halves of training: one path for all exact sources, another for each rule; and nothing learns alone."""

import numpy as np
import plotly.graph_objects as go
import pytest

from core.studies import question
from core.studies.contract import TOO_CLOSE
from core.studies.question.matrix import CELLS, EXACT, GRADIENT_USES, UPDATE_RULES, Walk, apart, begin, refusal, train
from pages.figures import question as figures

FIGURES = [figures.pairs, figures.curves, figures.paths, figures.price]
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
    for use in GRADIENT_USES:
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


@pytest.mark.parametrize(
    ("changes", "lr"),
    [({"activation": "identity"}, 1.0), ({"dataset": "wave", "samples": 10}, 10.0)],
    ids=["at rest", "diverging"],
)
def test_steps_that_rounding_or_overflow_spoils_do_not_turn_plain_descent(changes, lr):
    settings = SMALL.replace(**changes)
    for seed in range(9000, 9010):
        walk = begin(settings, seed)[1]
        for _ in train(walk, ("backpropagation", "sgd"), lr, 200, None):
            pass
        known = np.array(walk.straight)[np.isfinite(walk.straight)]
        assert len(known) > 2
        assert known == pytest.approx(1, abs=question.study.STRAIGHT)


def found(result):
    """Findings by the claim's number; 0 is that on what replacing backpropagation changes."""
    return {finding.number: finding for finding in question.findings(result)}


def test_findings_follow_the_docket(results):
    findings = found(results[1])
    outcomes = {number: finding.outcome for number, finding in findings.items()}
    assert set(outcomes) == {0, 1, 7, 12, 15, 16, 22, 23, 27, 28, 36}
    assert outcomes[1] == outcomes[7] == outcomes[16] == "holds"
    assert outcomes[12] == "holds with caveats"
    assert findings[15].missing.startswith("The best learning rate of")  # with so few steps all are too small
    assert outcomes[23] == outcomes[28] == outcomes[36] == "does not hold"
    assert findings[0].answer in ("the time", TOO_CLOSE)  # so few parameters may be too quick to tell
    assert "600 updates" not in findings[16].sentence
    assert f"{3 * SMALL.seeds * SMALL.steps} updates" in findings[16].sentence


def test_the_findings_notice_what_they_are_about():
    """A walk that leaves the path, a source that moves parameters: each turns its finding."""
    last = [*question.run(SMALL)][-1]
    for walk in last.walks["central_differences", "sgd"]:
        walk.params[-1] = walk.params[-1] + walk.length
    for walk in last.walks["backpropagation", "adam"]:
        walk.parameters_by_source += 1
    for walk in last.walks["backpropagation", "sgd"]:
        walk.straight[3] = 0.5
    last.batches[8][0] = 1.0
    findings = found(last)
    outcomes = {number: finding.outcome for number, finding in findings.items()}
    assert outcomes[1] == "holds with caveats"
    assert f"central differences by up to {findings[1].evidence['central differences']}." in findings[1].sentence
    assert outcomes[16] == outcomes[7] == "does not hold"
    assert "a backward pass changed parameters 10 times" in findings[16].sentence
    assert "by up to 0.5" in findings[7].sentence
    assert outcomes[36] == "holds"
    assert "differs by 1 of the gradient's length" in findings[36].sentence


@pytest.mark.parametrize(
    ("slower", "astray", "outcome", "answer"),
    [
        (2.0, False, "holds", "the time"),
        (2.0, True, "holds with caveats", "both"),
        (1.0, False, "does not hold", "neither"),
        (1.0, True, "does not hold", "the path"),
        (None, False, "not decided by this run", TOO_CLOSE),  # from a third as long to three times as long
    ],
)
def test_what_replacing_backpropagation_changes_is_told_by_path_and_time(slower, astray, outcome, answer):
    last = [*question.run(SMALL.replace(steps=5))][-1]
    for use in UPDATE_RULES:
        for k, walk in enumerate(last.walks["central_differences", use]):
            walk.times[:] = [slower or np.geomspace(0.3, 3, SMALL.seeds)[k]] * len(walk.times)
            if astray:
                walk.params[-1] = walk.params[-1] + walk.length
        for walk in last.walks["backpropagation", use]:
            walk.times[:] = [1.0] * len(walk.times)
    finding = found(last)[0]
    assert (finding.outcome, finding.answer) == (outcome, answer)
    assert "{" not in finding.sentence


@pytest.mark.slow
def test_all_but_the_seconds_repeats_bitwise(results):
    again = [*question.run(SMALL)][-1]
    assert question.curves(again).equals(question.curves(results[1]))
    assert question.table(again).drop(columns=TIMED).equals(question.table(results[1]).drop(columns=TIMED))


def test_a_walk_that_does_not_move_is_not_apart_from_itself(results):
    walk = results[1].walks["none", "nothing"][0]
    assert apart(walk, walk) == 0


def test_a_line_search_that_has_no_number_left_to_try_ends():
    """At the 103rd seed, from gradients with rounding errors in them, 100 of them."""
    walk = begin(question.Settings(steps=100), 103)[1]
    assert len([*train(walk, ("central_differences", "lbfgs"), 1.0, 100, np.random.default_rng(0))]) > 50
    assert walk.losses == sorted(walk.losses, reverse=True)


@pytest.mark.parametrize("lr", [1e3, 1e150])
def test_walks_that_diverge_are_apart_by_a_number(lr):
    walk = begin(question.Settings(dataset="wave", activation="relu", samples=20), 0)[1]
    ways = []
    for source in ("backpropagation", "central_differences"):
        ways.append(Walk(walk.problem, walk.start))
        assert len([*train(ways[-1], (source, "sgd"), lr, 50, np.random.default_rng(0))]) < 49
    assert 0.0 < apart(*ways) < np.inf
    still = Walk(walk.problem, walk.start)
    assert apart(still, ways[0]) == 0.0  # there is one point to compare
    still.arrive(walk.start, 0)
    assert apart(still, ways[0]) == np.inf


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
    assert all(finding.sentence and finding.answer for finding in question.findings(last))
    assert len(question.findings(last)) == len(question.RULES)
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
