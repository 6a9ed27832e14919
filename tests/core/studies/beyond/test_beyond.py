"""Results beyond the article: their ingredients against formulas, and what their rules say of made-up runs."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data import load_dataset
from core.nn import Network
from core.statistics import log_slope
from core.studies import STUDIES, __main__, trial
from core.studies.beyond import critical_batch, double_descent, edge_of_stability, random_labels, restarts, saddles
from core.studies.beyond.descent import Descent
from core.studies.beyond.saddles import INPUTS, STRENGTHS, task
from core.studies.claims import CLAIMS, RESULTS
from core.studies.contract import CAVEATS, FAILS, HOLDS, TOO_CLOSE, UNDECIDED, claims_of, undecided_by
from pages.figures.beyond import critical_batch as figures

ROWS = {number: name for name in STUDIES for number in claims_of(STUDIES[name]) if number > 100}
OPEN = {
    "edge_of_stability": [{"steps": 100}],
    "restarts": [{"units": 1}, {"units": 8}],
    "double_descent": [{"ridge": 0.1}, {"most": 0.5}],
    "random_labels": [{"shares": (0.0, 0.5)}, {"width": 1}],
    "critical_batch": [{"largest": 1024}, {"smallest": 64, "largest": 128}],
    "saddles": [{"hidden": 1}, {"width": 4}, {"scales": (0.1, 0.2)}],
}


def test_results_are_numbered_from_101_and_each_has_a_study_of_its_own():
    assert list(RESULTS) == list(range(101, 101 + len(RESULTS)))
    assert ROWS.keys() == RESULTS.keys()
    assert len(set(ROWS.values())) == len(RESULTS)
    for published in RESULTS.values():
        assert set(published.claims) <= CLAIMS.keys()
        assert published.claims
        assert all(text.strip() for text in (published.text, published.truth, published.source, published.left_out))


@pytest.mark.parametrize(("name", "changes"), [(name, each) for name, all_ in OPEN.items() for each in all_], ids=str)
def test_settings_in_which_it_cannot_show_say_so_before_the_run_and_decide_nothing_after(name, changes, light):
    study = STUDIES[name]
    settings = study.Settings(**(light(study) | changes))
    (told,) = undecided_by(study, settings)
    *_, last = study.run(settings)
    (finding,) = study.findings(last)
    assert (finding.outcome, finding.sentence) == (UNDECIDED, told)


def test_descent_is_the_textbook_step_for_every_run_alone():
    rng = np.random.default_rng(0)
    network = Network([2, 3, 1], "tanh", "mean_squared_error")
    X, y, lr = rng.standard_normal((3, 7, 2)), rng.standard_normal((3, 7, 1)), np.array([0.1, 0.2, 1e300])
    params = np.array([network.initial(rng) for _ in range(3)])
    descent, expected, losses = Descent(network, params.copy(), X, y, lr), params.copy(), []
    for _ in descent.steps(4):
        pass
    for k in range(2):
        for _ in range(4):
            loss, g = network.loss_and_gradient(expected[k], X[k], y[k])
            losses.append(loss)
            expected[k] -= lr[k] * g
    np.testing.assert_allclose(descent.params[:2], expected[:2], rtol=1e-12)
    np.testing.assert_allclose(np.array(descent.losses)[:, :2].T.ravel(), losses, rtol=1e-12)
    assert not np.isfinite(descent.params[2]).any()


# 101


def edge(scaled, losses):
    """A result of one rate with these scaled sharpnesses (looks, seeds) and losses (steps, seeds)."""
    scaled, losses = np.array(scaled, float), np.array(losses, float)
    settings = edge_of_stability.Settings(rates=(0.5,), steps=max(200, len(losses)), seeds=scaled.shape[1])
    looks = np.linspace(0, len(losses), len(scaled)).astype(int).tolist()
    return edge_of_stability.Result(settings, losses=losses[:, None], looks=looks, seen=list(4 * scaled[:, None]))


def judged(scaled, falling=True):
    steps = np.arange(400)
    loss = np.exp(-steps / 100 if falling else steps / 100) * (1 + 0.2 * (-1.0) ** steps)
    jitter = 1 + 0.01 * np.arange(5)
    return edge_of_stability.findings(edge(np.outer(scaled, jitter), np.outer(loss, jitter)))[0]


def test_the_edge_is_judged_from_the_arrival_on():
    rising = [0.2, 0.6, 0.95, 1.0, 1.05, 1.0, 1.0, 1.0, 1.0]
    assert judged(rising).outcome == HOLDS
    assert judged(rising).answer == edge_of_stability.AT
    assert judged(rising).evidence["uphill"].value == pytest.approx(0.5, abs=0.01)
    assert judged(rising, falling=False).outcome == CAVEATS
    assert judged([1.5, *rising[1:]]).outcome == CAVEATS  # it began above
    assert judged([0.2] * 9).answer == edge_of_stability.BELOW
    assert judged([0.2, 1.0, 2.0, 3.0, 4.0, 4.0, 4.0, 4.0, 4.0]).answer == edge_of_stability.ABOVE


@pytest.mark.parametrize(
    "changes",
    [
        {"dataset": "blobs", "activation": "logsigmoid", "initializer": "kaiming_uniform_fan_in", "seed": 2153},
        {"dataset": "wave", "activation": "hardtanh", "initializer": "lecun_uniform", "seed": 5141, "width": 2},
    ],
    ids=lambda changes: changes["activation"],
)
def test_a_network_that_is_thrown_far_off_has_no_sharpness_and_no_error(changes):
    rates = {"blobs": (3.0, 5.0), "wave": (1.95, 1.99)}[changes["dataset"]]
    settings = edge_of_stability.Settings(rates=rates, samples=60, seeds=5, steps=200)
    *_, last = edge_of_stability.run(settings.replace(**changes))
    assert edge_of_stability.findings(last)[0].outcome == UNDECIDED


def test_at_a_rate_at_which_all_diverge_the_edge_is_not_decided():
    settings = edge_of_stability.Settings(dataset="wave", activation="identity", rates=(5.0,), seeds=5, steps=100)
    *_, last = edge_of_stability.run(settings)
    (found,) = edge_of_stability.findings(last)
    assert found.sentence == "Nearly all trainings at rate 5 diverged: choose lower rates."


# 102


@given(st.floats(0, 1), st.integers(1, 12))
def test_independent_draws_are_what_chance_says(p, k):
    fails = 1.0
    for _ in range(k):
        fails *= 1 - p
    assert restarts.drawn(p, k) == pytest.approx(1 - fails)


def groups(single, first, others):
    """A result of 200 groups: shares solved by the single training, the first restart, and each of the others."""
    settings = restarts.Settings(seeds=5, groups=40, restarts=8)
    rng = np.random.default_rng(0)
    solved = rng.random((9, 200)) < np.array([single, first, *[others] * 7])[:, None]
    return restarts.findings(restarts.Result(settings, steps=[1], losses=np.where(solved, 0, 0.25)[None]))[0]


def test_restarts_are_judged_by_most_groups_and_by_independent_draws():
    assert groups(0.25, 0.25, 0.25).outcome == HOLDS
    few = groups(0.03, 0.03, 0.03)
    assert (few.outcome, few.answer) == (CAVEATS, restarts.IN_SOME)
    assert groups(0.25, 0.25, 0.0).outcome == UNDECIDED  # the later ones never succeed
    assert groups(0.9, 0.2, 0.0).answer == restarts.NO_MORE
    assert groups(0.08, 0.08, 0.08).answer == TOO_CLOSE  # about half of the groups


# 103


@given(st.integers(0, 100), st.sampled_from([3, 10, 30]), st.sampled_from([0.0, 0.1]))
def test_of_all_that_fit_equally_well_the_shortest_is_taken(seed, features, ridge):
    rng = np.random.default_rng(seed)
    A, t = rng.standard_normal((10, features)), rng.standard_normal((10, 2))
    found = double_descent.fit(A, t, ridge)
    expected = np.linalg.pinv(A.T @ A + ridge * np.eye(features)) @ A.T @ t
    np.testing.assert_allclose(found, expected, atol=1e-6 * max(1, np.abs(expected).max()))


def test_models_are_fitted_exactly_from_the_threshold_on_and_have_a_model_there():
    *_, last = double_descent.run(double_descent.Settings(samples=30, most=4, seeds=5))
    train = last.values("train_error")
    exact = np.array(last.sizes) >= 30
    assert last.samples == 30
    assert 30 in last.sizes
    assert (train[exact] < 1e-12).all()
    assert (train[~exact] > 1e-6).all()
    assert (np.diff(np.median(train, axis=1)) < 1e-9).all()  # larger models contain smaller ones


# 104


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_so_many_labels_are_random_and_nothing_else_changes(share):
    data = load_dataset("digits", 500, 100)
    other = random_labels.corrupted(data, share, seed=3)
    changed = (other.y_train != data.y_train).mean()
    assert changed == pytest.approx(0.9 * share, abs=0.05)  # one in ten draws is the true label
    assert other.X_train is data.X_train
    assert other.y_test is data.y_test
    np.testing.assert_array_equal(other.y_train, random_labels.corrupted(data, share, seed=3).y_train)
    assert np.bincount(data.y_train).min() > 30  # the data itself is as it was


@pytest.mark.parametrize(
    ("right", "answer"),
    [
        ([0.5, 0.6, 0.55, 0.5, 0.6], random_labels.SOME),
        ([0.1, 0.12, 0.11, 0.1, 0.12], random_labels.NONE),
        ([0.1, 0.4, 0.15, 0.1, 0.3], TOO_CLOSE),
    ],
)
def test_how_many_random_labels_were_memorized_is_told_by_an_interval(right, answer):
    result = random_labels.Result(random_labels.Settings(shares=(0.0, 1.0), seeds=5), classes=10)
    result.end = lambda part, share: np.array(right)
    (found,) = random_labels.findings(result)
    assert (found.outcome, found.answer) == (FAILS, answer)


# 105


def test_the_fit_finds_the_critical_size_it_was_made_with():
    sizes = [4, 8, 16, 32, 64, 128]
    updates = {str(size): np.array([20.0, 30.0]) * (1 + np.array([50.0, 7.0]) / size) for size in sizes}
    result = critical_batch.Result(critical_batch.Settings(), sizes=sizes)
    result.updates = updates.__getitem__
    floor, critical = result.fitted()
    np.testing.assert_allclose(floor, [20, 30])
    np.testing.assert_allclose(critical, [50, 7])


def test_updates_that_only_shrink_in_proportion_have_no_critical_size():
    result = critical_batch.Result(critical_batch.Settings(), sizes=[4, 8, 16])
    result.updates = {str(size): np.array([1000.0 / size - 10]) for size in (4, 8, 16)}.__getitem__
    assert result.fitted()[1] == np.inf
    result.race, result.progress = SimpleNamespace(started=True), 1.0
    assert "fitted" not in [trace.get("name") for trace in figures.updates(result).data]


def test_sizes_double_and_stay_within_the_data():
    settings = critical_batch.Settings(smallest=4, largest=512)
    assert critical_batch.batch_sizes(settings, 512) == [4, 8, 16, 32, 64, 128, 256, 512]
    assert critical_batch.batch_sizes(settings, 100)[-1] == 64
    assert critical_batch.batch_sizes(critical_batch.Settings(smallest=45, largest=8), 512) == [45]


# 106


def test_the_inputs_are_white_and_the_map_has_the_strengths_it_says():
    X, y = task(5)
    np.testing.assert_allclose(X.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(X.T @ X / len(X), np.eye(INPUTS), atol=1e-12)
    strengths = np.linalg.svd(y.T @ X / len(X), compute_uv=False)
    np.testing.assert_allclose(strengths, np.linspace(*STRENGTHS, INPUTS))


def test_from_aligned_weights_it_is_the_published_equation():
    """Saxe et al.: equal layers a I that learn s I follow da/dt = s a² - a⁵, here step by step (2/k is of our loss)."""
    network, lr, s = Network([INPUTS] * 4, "identity", "mean_squared_error"), 0.1, 3.0
    X, scales = task(1)[0], (0.01, 0.03, 0.1)
    params = np.array([network.pack([(a * np.eye(INPUTS), np.zeros(INPUTS))] * 3) for a in scales])
    descent, waits = Descent(network, params, X[None], s * X[None], lr), []
    for _ in descent.steps(3000):
        pass
    for k, a in enumerate(scales):
        expected = []
        for _ in range(3000):
            expected.append((a**3 - s) ** 2)
            a += lr * 2 / INPUTS * (s * a**2 - a**5)
        losses = np.array(descent.losses)[:, k]
        np.testing.assert_allclose(losses, expected, rtol=1e-6, atol=1e-9)
        waits.append(np.argmax(losses <= losses[0] / 2))
    assert log_slope(np.array(scales), np.array(waits, float)) == pytest.approx(-1, abs=0.05)


def test_near_the_origin_the_way_down_grows_with_the_first_scale():
    """The second derivatives of three layers vanish there: the plateau is flat, and a saddle all the same."""
    lowest = {}
    for scale in (0.001, 0.01):
        *_, last = saddles.run(saddles.Settings(scales=(scale, 1.0), seeds=5, steps=50))
        lowest[scale] = last.seen[0][0][:, 0]
    assert (lowest[0.001] < 0).all()
    np.testing.assert_allclose(lowest[0.01] / lowest[0.001], 10, rtol=0.1)


@pytest.mark.parametrize("changes", [{"hidden": 4, "initializer": "xavier", "lr": 1.0}, {"steps": 50, "lr": 0.01}])
def test_where_training_diverged_or_hardly_began_the_wait_is_not_decided(changes):
    *_, last = saddles.run(saddles.Settings(**{"seeds": 5, "steps": 50, "seed": 7945} | changes))
    (found,) = saddles.findings(last)
    assert (found.outcome, found.answer) == (UNDECIDED, TOO_CLOSE)
    assert found.sentence.startswith("Too few trainings lost half of the initial loss")


def test_without_a_plateau_nothing_was_seen_on_it():
    result = saddles.Result(saddles.Settings(scales=(1.0, 0.3), seeds=5), looks=[1, 2])
    result.losses = np.array([1.0, 0.5, 0.2])[:, None, None] * np.ones((2, 5))
    result.seen = [np.full((2, 5, 3), -1.0)] * 2
    assert np.isnan(result.on_the_plateau()).all()


# What came out at the defaults, from seeds with which nothing was chosen


@pytest.mark.parametrize(
    "name", [name for name in ROWS.values() if name not in ("edge_of_stability", "critical_batch")]
)
def test_the_published_result_is_reproduced(name):
    study = STUDIES[name]
    *_, last = study.run(study.Settings(seed=7000))
    (finding,) = study.findings(last)
    assert finding.outcome == HOLDS, finding.sentence


def test_training_is_at_the_edge_of_each_rate():
    *_, last = edge_of_stability.run(edge_of_stability.Settings(seed=7000, seeds=5, steps=3000))
    scaled, uphill, change = np.median(last.at_the_edge(), axis=-1)
    np.testing.assert_allclose(scaled, 1, atol=0.1)
    assert (last.scaled[0] < 1).all()
    assert (uphill > 0).all()
    assert (change < 0).all()


# The trial


def test_the_trial_counts_results_apart_from_claims():
    result = next(trial.run(trial.Settings()))
    assert trial.beyond(result) == f"Beyond the article: 0 of {len(RESULTS)} reproduced, {len(RESULTS)} not run yet."
    claims = trial.count(result)
    for number, name in ROWS.items():
        outcome = HOLDS if number > 101 else FAILS
        result.findings[name] = [SimpleNamespace(number=number, outcome=outcome, sentence=f"Seed {number}.")]
    assert trial.beyond(result) == f"Beyond the article: {len(RESULTS) - 1} of {len(RESULTS)} reproduced."
    assert trial.count(result) == claims
    assert list(trial.results(result)["number"]) == list(RESULTS)


def test_the_command_writes_them_apart(tmp_path, capsys):
    assert __main__.main(["--studies", "saddles", "--seed", "3", "--out", str(tmp_path)]) == 0
    assert "Beyond the article: 1 of 6 reproduced, 5 not run yet." in capsys.readouterr().out
    told = json.loads((tmp_path / "trial.json").read_text())
    assert [row["number"] for row in told["claims"]] == list(CLAIMS)
    assert {row["number"]: row["verdict"] for row in told["beyond"]["results"]}[106] == HOLDS
    assert [row["number"] for row in told["verdicts"]] == [106]
