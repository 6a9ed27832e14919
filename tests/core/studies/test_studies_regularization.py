"""The study of regularization reproduces Ng 2004, and its charts draw at every moment."""

import numpy as np
import plotly.graph_objects as go
import pytest

from core.checks import InputError
from core.statistics import Difference, holm
from core.studies import regularization
from core.studies.contract import CAVEATS, FAILS, HOLDS, TOO_CLOSE, UNDECIDED, Quantity
from core.studies.regularization import (
    ELSEWHERE,
    METHODS,
    PLACES,
    RULES,
    STRENGTHS,
    SWEPT,
    WHERE,
    Half,
    accuracy,
    at,
    beyond,
    name,
    zeros,
)
from core.studies.tuning import Tuning
from pages.figures import regularization as figures

FIGURES = [
    *(figures.few, figures.plenty, figures.gains, figures.sweep),
    *(figures.maps, figures.weights),
]
SMALL = regularization.Settings(steps=200, seeds=8)


@pytest.fixture(scope="module")
def results():
    """The first result, whose fields the run goes on filling, is kept apart from the last one."""
    return [next(regularization.run(SMALL)), [*regularization.run(SMALL)][-1]]


@pytest.mark.slow
def test_irrelevant_features_and_not_few_samples_make_a_penalty_help(results):
    last = results[1]
    gains = last.gains()
    assert gains["l1 few_noisy"].low > 0.05
    assert gains["l1 plenty_noisy"].low > 0
    assert not any(gains[label].detected for label in ("l1 few", "l2 few") if label in gains)
    found, cause, *_ = regularization.findings(last)
    assert (found.number, found.outcome, found.answer) == (48, CAVEATS, "only among irrelevant features")
    assert "only among irrelevant features" in found.sentence
    assert cause.outcome == HOLDS
    assert cause.evidence["difference"].low > 0


GAIN, LOSS, NOTHING = Difference(0.1, 0.05, 0.15, 5), Difference(-0.1, -0.15, -0.05, 5), Difference(0, -0.1, 0.1, 5)
WORDS = {"helped": "L1", "hurt": "on digits"}


@pytest.mark.parametrize(
    ("helped", "hurt", "outcome", "answer"),
    [
        ({*PLACES}, set(), HOLDS, "everywhere"),
        ({"few_noisy", "plenty_noisy"}, {"few"}, CAVEATS, "only among irrelevant features"),
        ({"few", "few_noisy"}, set(), CAVEATS, "only with few samples"),
        ({"few_noisy"}, set(), CAVEATS, "only where both meet"),
        ({"plenty"}, set(), CAVEATS, ELSEWHERE),
        (set(), {"plenty"}, FAILS, "nowhere"),
        (set(), set(), UNDECIDED, TOO_CLOSE),
    ],
)
def test_where_a_penalty_helps_answers_the_prediction(helped, hurt, outcome, answer):
    gains = {place: GAIN if place in helped else LOSS if place in hurt else NOTHING for place in PLACES}
    evidence = [Quantity.of(f"L1, {PLACES[place]}", gain, "", "above", 0) for place, gain in gains.items()]
    evidence += [Quantity.of(f"L2, {each}", 0.0, "", "above", 0) for each in PLACES.values()]  # its best strength is 0
    found = RULES["generalize"].find(*evidence, where=WHERE.get(frozenset(helped), ELSEWHERE), **WORDS)
    assert (found.outcome, found.answer) == (outcome, answer)
    assert found.sentence.endswith(".")


@pytest.mark.parametrize(
    ("gains", "outcome"),
    [
        ((GAIN, LOSS), CAVEATS),
        ((NOTHING, LOSS), FAILS),
        ((GAIN, NOTHING), HOLDS),
        ((NOTHING, NOTHING), UNDECIDED),
    ],
)
def test_another_method_helps_only_where_it_nowhere_harms(gains, outcome):
    evidence = [Quantity.of(str(k), gain, "", "above", 0) for k, gain in enumerate(gains)]
    found = RULES["dropout"].find(*evidence, **WORDS)
    assert found.outcome == outcome
    assert (WORDS["hurt"] in found.sentence) == (LOSS in gains)


@pytest.mark.slow
def test_by_chance_at_most_one_page_in_twenty_shows_help_or_harm():
    """Twenty correlated comparisons with one control that differ by noise alone, on 2,000 pages."""
    rng, pages = np.random.default_rng(1), 2000
    shown = 0
    for _ in range(pages):
        none, scores = rng.standard_normal(10), rng.standard_normal((20, 10))
        shown += any(each.detected for each in holm({str(k): row - none for k, row in enumerate(scores)}).values())
    assert shown / pages < 0.06


def test_gains_are_those_of_the_scores_and_none_where_no_strength_was_chosen(results):
    last = results[1]
    gains = last.gains()
    for place in PLACES:
        for method in METHODS[1:]:
            run, label = last.race.runs[name(method, place)][0], name(method, place)
            assert (label in gains) == (run.l1 + run.l2 + run.dropout + run.patience > 1e-6), label
            if label in gains:
                scores = [last.final(each, place, "test_score").mean() for each in (method, "none")]
                assert gains[label].mean == pytest.approx(scores[0] - scores[1])


def test_a_bundled_table_is_tuned_and_tested_on_different_rows():
    runs = [Half(dataset="digits", train=80, tuning=tuning, halving=3, data_seed=4) for tuning in (False, True)]
    seeds = [runs[0].replace(data_seed=seed) for seed in range(5)]
    assert all(each.data().X_train.shape == (80, 64) for each in runs)
    raced, tuned = (_pixels(run) for run in runs)
    assert not raced & tuned
    assert len(raced) + len(tuned) == 1797
    assert all(_pixels(each) == raced for each in seeds)
    assert len({each.data().y_test.tobytes() for each in seeds}) == 5


def _pixels(run):
    """The places of a run's rows in the table, found by their labels and shapes before they are standardized."""
    from sklearn.datasets import load_digits

    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "core.studies.regularization.standardized",
            lambda name, task, outputs, X_train, y_train, X_test, y_test: seen.append(np.vstack([X_train, X_test])),
        )
        run.replace(train=None)._half()
    places = {row.tobytes(): place for place, row in enumerate(load_digits().data)}
    return {places[row.tobytes()] for row in seen[0]}


def test_strengths_below_the_grid_are_none_and_dropout_counts_in_odds():
    unit = Half(l1=0.5, l2=0.5)
    assert (at(unit, STRENGTHS[0]).l1, at(unit, 0.1).l2) == pytest.approx((0.0005, 0.05))
    assert at(unit, STRENGTHS[0] / 3).l1 == 0
    assert at(Half(dropout=0.5), 1.0).dropout == 0.5
    assert at(Half(dropout=0.5), 1e6).dropout == 0.99
    assert 0 < at(Half(dropout=0.5), 0.01).dropout < 1e-6


def test_only_a_best_strength_at_the_strong_end_leaves_it_open():
    losses = {0.1: np.full(5, 1.0), 0.3: np.full(5, 2.0), 1.0: np.full(5, 3.0)}
    weakest = Tuning.of(losses, losses)
    strongest = Tuning.of(flipped := dict(zip(losses, [*losses.values()][::-1], strict=True)), flipped)
    assert beyond({"l1 few": weakest}) == ""
    assert "l1 few" in beyond({"l1 few": strongest, "l2 few": weakest})


def test_the_gap_closes_and_l1_empties_the_network(results):
    last = results[1]
    gaps = {
        method: (last.final(method, "few_noisy", "test_loss") - last.final(method, "few_noisy", "train_loss")).mean()
        for method in METHODS
    }
    assert max(gaps["l1"], gaps["l2"]) < 0.7 * gaps["none"]
    assert zeros(last, "l1", "few_noisy") > 0.7 > 0.3 > zeros(last, "none", "few_noisy")


def test_irrelevant_features_hurt_l2_more_than_l1(results):
    scores = {method: accuracy(results[1].linear.race, method)[1].mean(axis=1) for method in SWEPT}
    fall = {method: each[0] - each[-1] for method, each in scores.items()}
    assert fall["l1"] < 0.12
    assert fall["l2"] > 0.15
    assert regularization.findings(results[1])[2].outcome == HOLDS


def test_early_stopping_is_judged_at_the_weights_it_restores(results):
    last = results[1]
    label = name("early_stopping", "few")
    race = last.race
    seed = 0
    best = int(np.nanargmin(race.values(label, "validation_loss")[:, seed]))
    assert last.final("early_stopping", "few", "test_loss")[seed] == race.values(label, "test_loss")[best, seed]
    data = race.data(label)
    logits = race.network(label).predict(race.params(label)[seed], data.X_test)
    score = (logits.argmax(axis=1) == data.y_test).mean()
    assert score == pytest.approx(last.final("early_stopping", "few", "test_score")[seed], abs=1e-12)


@pytest.mark.slow
def test_the_same_seed_gives_bitwise_the_same_and_another_seed_does_not(results):
    settings = SMALL.replace(steps=20, furthest=10)
    first, again = ([*regularization.run(settings)][-1] for _ in range(2))
    other = [*regularization.run(settings.replace(seed=50))][-1]
    assert regularization.curves(first).equals(regularization.curves(again))
    assert regularization.table(first).equals(regularization.table(again))
    assert not regularization.curves(first).equals(regularization.curves(other))


@pytest.mark.parametrize("dataset", [pytest.param("digits", marks=pytest.mark.slow), "wave", "moons"])
def test_it_runs_on_other_data_and_draws(dataset):
    settings = SMALL.replace(dataset=dataset, steps=20, furthest=10, irrelevant=5)
    last = [*regularization.run(settings)][-1]
    assert last.progress == 1
    assert len([each.sentence for each in regularization.findings(last)]) == 6
    assert all(go.Figure(draw(last).to_dict()) for draw in FIGURES)


def test_few_must_leave_a_bundled_table_something_to_test_on():
    with pytest.raises(InputError, match="few is 80, but iris has 150 rows"):
        list(regularization.run(regularization.Settings(dataset="iris")))


@pytest.mark.parametrize("draw", FIGURES)
def test_charts_have_data_at_the_end_and_words_before(draw, results):
    first, last = results
    assert draw(last).data
    assert not draw(first).data
    assert draw(first).layout["annotations"][0]["text"]
