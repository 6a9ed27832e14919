"""The study of regularization reproduces Ng 2004, and its charts draw at every moment."""

import numpy as np
import plotly.graph_objects as go
import pytest

from core.checks import InputError
from core.statistics import Difference
from core.studies import regularization
from core.studies.contract import CAVEATS, FAILS, HOLDS, TOO_CLOSE, UNDECIDED, Quantity
from core.studies.regularization import noise_columns as irrelevant
from core.studies.regularization.findings import GENERALIZE, HARMLESS, withstands
from core.studies.regularization.study import METHODS, name, zeros
from pages.figures import regularization as figures

FIGURES = [
    *(figures.few, figures.plenty, figures.gains, figures.sweep),
    *(figures.few_maps, figures.plenty_maps, figures.weights, figures.gap),
]
SMALL = regularization.Settings(steps=200)


@pytest.fixture(scope="module")
def results():
    """The first result, whose fields the run goes on filling, is kept apart from the last one."""
    return [next(regularization.run(SMALL)), [*regularization.run(SMALL)][-1]]


def test_l1_helps_where_samples_are_few_and_not_where_they_are_plenty(results):
    last = results[1]
    assert last.gain("l1", "few").low > 0.05
    assert not any(last.gain(method, "plenty").low > 0.01 for method in ("l1", "l2"))
    found = regularization.findings(last)[0]
    assert (found.number, found.outcome, found.answer) == (48, CAVEATS, "only with few samples")
    assert "only with few samples" in found.sentence


GAIN, LOSS, NOTHING = Difference(0.1, 0.05, 0.15, 5), Difference(-0.1, -0.15, -0.05, 5), Difference(0, -0.1, 0.1, 5)
WORDS = {"few": "80 samples", "plenty": "1,000", "where": "plenty", "best": "dropout", "worst": "early stopping"}


@pytest.mark.parametrize(
    ("gains", "outcome", "answer"),
    [
        ((GAIN, LOSS, NOTHING, GAIN), HOLDS, "in both"),
        ((NOTHING, LOSS, GAIN, NOTHING), CAVEATS, "only with plenty"),
        ((NOTHING, LOSS, NOTHING, NOTHING), FAILS, "in neither"),
        ((NOTHING, NOTHING, NOTHING, NOTHING), UNDECIDED, TOO_CLOSE),
    ],
)
def test_where_a_penalty_helps_answers_the_prediction(gains, outcome, answer):
    names = ("L1, few samples", "L2, few samples", "L1, plenty", "L2, plenty")
    evidence = [Quantity.of(each, gain, "", "above", 0) for each, gain in zip(names, gains, strict=True)]
    found = GENERALIZE.find(*evidence, **WORDS)
    assert (found.outcome, found.answer) == (outcome, answer)
    assert found.sentence.endswith("on 1,000.")


@pytest.mark.parametrize(
    ("gains", "outcome"), [((GAIN, LOSS), FAILS), ((GAIN, NOTHING), HOLDS), ((NOTHING, NOTHING), UNDECIDED)]
)
def test_one_method_that_harms_outweighs_those_that_help(gains, outcome):
    found = HARMLESS.find(*(Quantity.of(str(k), gain, "", "above", 0) for k, gain in enumerate(gains)), **WORDS)
    assert found.outcome == outcome
    assert ("early stopping" if outcome == FAILS else "dropout") in found.sentence


def test_the_gap_closes_and_l1_empties_the_network(results):
    last = results[1]
    gaps = {
        method: (last.final(method, "few", "test_loss") - last.final(method, "few", "train_loss")).mean()
        for method in METHODS
    }
    assert max(gaps["l1"], gaps["l2"]) < 0.7 * gaps["none"]
    assert zeros(last, "l1", "few") > 0.7 > 0.3 > zeros(last, "none", "few")


def test_irrelevant_features_hurt_l2_more_than_l1(results):
    scores = {method: irrelevant.accuracy(results[1].sweep, method)[1].mean(axis=1) for method in irrelevant.METHODS}
    fall = {method: each[0] - each[-1] for method, each in scores.items()}
    assert fall["l1"] < 0.12
    assert fall["l2"] > 0.15
    assert withstands(results[1].sweep).outcome == HOLDS


def test_early_stopping_is_judged_at_the_weights_it_restores(results):
    last = results[1]
    label = name("early_stopping", "few")
    race = last.race("early_stopping", "few")
    seed = 0
    best = int(np.nanargmin(race.values(label, "validation_loss")[:, seed]))
    assert last.final("early_stopping", "few", "test_loss")[seed] == race.values(label, "test_loss")[best, seed]
    data = race.data(label)
    logits = race.network(label).predict(race.params(label)[seed], data.X_test)
    score = (logits.argmax(axis=1) == data.y_test).mean()
    assert score == pytest.approx(last.final("early_stopping", "few", "test_score")[seed], abs=1e-12)


def test_the_same_seed_gives_bitwise_the_same_and_another_seed_does_not(results):
    settings = SMALL.replace(steps=20, furthest=10)
    first, again = ([*regularization.run(settings)][-1] for _ in range(2))
    other = [*regularization.run(settings.replace(seed=50))][-1]
    assert regularization.curves(first).equals(regularization.curves(again))
    assert regularization.table(first).equals(regularization.table(again))
    assert not regularization.curves(first).equals(regularization.curves(other))


def test_own_strengths_are_used_as_given():
    settings = SMALL.replace(strength="own", l1=0.02, l2=0.2, dropout=0.25, steps=20, furthest=10)
    last = [*regularization.run(settings)][-1]
    runs = {method: last.race(method, "few").runs[name(method, "few")][0] for method in METHODS}
    assert (runs["elastic_net"].l1, runs["elastic_net"].l2) == (0.02, 0.2)
    assert (runs["l1"].l1, runs["l1"].l2) == (0.02, 0)
    assert runs["dropout"].dropout == 0.25
    assert not last.tuning


@pytest.mark.parametrize("dataset", ["digits", "wave", "moons"])
def test_it_runs_on_other_data_and_draws(dataset):
    settings = SMALL.replace(dataset=dataset, steps=20, furthest=10, irrelevant=5)
    last = [*regularization.run(settings)][-1]
    assert last.progress == 1
    assert len([each.sentence for each in regularization.findings(last)]) == 3
    assert all(go.Figure(draw(last).to_dict()) for draw in FIGURES)


def test_few_must_leave_a_bundled_table_something_to_test_on():
    with pytest.raises(InputError, match="few is 80, but iris has 150 rows"):
        list(regularization.run(regularization.Settings(dataset="iris")))


@pytest.mark.parametrize("draw", FIGURES, ids=lambda draw: draw.__name__)
def test_charts_have_data_at_the_end_and_words_before(draw, results):
    first, last = results
    assert draw(last).data
    assert not draw(first).data
    assert draw(first).layout["annotations"][0]["text"]
