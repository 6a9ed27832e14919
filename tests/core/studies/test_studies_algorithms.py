"""The study of other algorithms: success by luck and by curvature, honest intervals, steepest descent by its norm."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from core.checks import InputError
from core.minimizers import LANDSCAPES, MINIMIZERS
from core.statistics import Share
from core.studies import algorithms
from core.studies.algorithms import steepest
from core.studies.algorithms.findings import kind
from core.studies.algorithms.problems import Surface, TrainingLoss
from core.studies.algorithms.study import FAMILY, SURFACES
from core.studies.contract import CAVEATS, FAILS, HOLDS, TOO_CLOSE, UNDECIDED
from core.training import RunSettings
from pages.figures import algorithms as figures

FIGURES = [
    *(figures.success, figures.paths, figures.height),
    *(figures.training, figures.directions, figures.least_squares),
]
SMALL = algorithms.Settings(samples=60, network_budget=250)


@pytest.fixture(scope="module")
def results():
    """The first result, whose fields the run goes on filling, is kept apart from the last one."""
    return [next(algorithms.run(SMALL)), [*algorithms.run(SMALL)][-1]]


def outcomes(result):
    return {finding.number: finding.outcome for finding in algorithms.findings(result)}


@pytest.mark.parametrize(("successes", "trials"), [(0, 20), (3, 20), (10, 10), (59, 60)])
def test_the_interval_is_wilsons(successes, trials):
    share = Share(successes, trials)
    low, high = stats.binomtest(successes, trials).proportion_ci(method="wilson")
    assert (share.low, share.high) == (pytest.approx(low, abs=1e-6), pytest.approx(high, abs=1e-6))


def test_the_difference_of_shares_is_newcombes():
    found = Share(56, 70).minus(Share(48, 80))  # the example of his paper
    assert (found.low, found.high) == (pytest.approx(0.0524, abs=1e-4), pytest.approx(0.3339, abs=1e-4))
    assert (found.mean, found.pairs) == (pytest.approx(0.2), 70)
    equal = Share(5, 10).minus(Share(5, 10))
    assert equal.low < 0 < equal.high
    assert (Share(0, 0).low, Share(0, 0).high) == (0.0, 1.0)


def test_a_swarm_finds_what_valleys_hide_and_drawing_blindly_does_not(results):
    last = results[1]
    assert last.share("particle_swarm").minus(last.share("gradient_descent")).low > 0
    assert last.share("random_search").value < 0.2
    assert outcomes(last)[45] == CAVEATS


def succeeding(result, shares):
    """The result with so large a share of successes by method; the others never succeed."""
    surface = {
        method: [replace(each, success=k < shares.get(method, 0) * len(searches)) for k, each in enumerate(searches)]
        for method, searches in result.surface.items()
    }
    return replace(result, surface=surface)


def test_who_avoids_local_minima_follows_from_the_successes(results):
    last = results[1]
    everyone = dict.fromkeys(last.surface, 1)
    assert outcomes(succeeding(last, everyone))[45] == UNDECIDED
    assert outcomes(succeeding(last, everyone | {"gradient_descent": 0}))[45] == HOLDS
    nobody = succeeding(last, {})
    assert outcomes(nobody)[45] == FAILS
    assert "no other algorithm" in algorithms.findings(nobody)[0].sentence


@pytest.mark.parametrize(
    ("shares", "answer"),
    [
        ({"momentum": 1}, "gradient descent or momentum"),
        ({"nelder_mead": 1, "momentum": 0.5}, "one with curvature or a simplex"),
        ({"annealing": 0.9, "particle_swarm": 1}, "one that draws at random"),
        ({"momentum": 1, "lbfgs": 0.9}, TOO_CLOSE),
    ],
)
def test_the_answer_is_the_kind_that_is_ahead_of_all_others(results, shares, answer):
    found = algorithms.findings(succeeding(results[1], shares))[-1]
    assert (found.rule.key, found.answer) == ("most starts", answer)


def test_every_algorithm_is_of_one_kind():
    random = {"annealing", "differential_evolution", "evolution_strategy", "particle_swarm", "random_search"}
    assert {method for method in MINIMIZERS if kind(method) == "one that draws at random"} == random
    assert {method for method in MINIMIZERS if kind(method) == "gradient descent or momentum"} == set(FAMILY)


def test_in_a_valley_without_false_bottoms_curvature_wins():
    last = [*algorithms.run(SMALL.replace(landscape="rosenbrock", network_budget=50, starts=10))][-1]
    assert last.share("lbfgs").value == last.share("conjugate_gradient").value == 1
    assert last.share("lbfgs").minus(last.share("particle_swarm")).low > 0


def test_other_algorithms_train_a_network_and_newton_refuses_its_saddle(results):
    last = results[1]
    assert outcomes(last)[4] == FAILS
    assert np.median(last.final("lbfgs")) < np.median(last.final("gradient_descent"))
    assert (last.final("random_search") > last.final("lbfgs")).all()
    assert {search.reason for search in last.network["newton"]} <= {
        "the Hessian is not positive definite",
        "the Hessian is singular",
    }


def training(result, final):
    """The result with these final losses of the network, by method; the others stay where they began."""
    network = {
        method: [
            replace(each, values=np.array([each.values[0], loss]))
            for each, loss in zip(searches, final.get(method, [each.values[0] for each in searches]), strict=True)
        ]
        for method, searches in result.network.items()
    }
    return replace(result, network=network)


def test_whether_gradient_descent_is_necessary_follows_from_the_losses(results):
    last = results[1]
    low, high = [0.0] * SMALL.seeds, last.first("lbfgs")
    descent = {"gradient_descent": low}
    assert outcomes(training(last, descent))[4] == HOLDS
    assert outcomes(training(last, descent | {"lbfgs": low}))[4] == FAILS
    some = training(last, descent | {"lbfgs": [0.0, *high[1:]]})
    assert outcomes(some)[4] == CAVEATS
    assert "on some seeds only, by lbfgs" in algorithms.findings(some)[1].sentence
    assert outcomes(training(last, {"lbfgs": low}))[4] == UNDECIDED


def test_the_gradient_is_steepest_in_its_own_norm_only(results):
    last = results[1]
    assert all(each.random.max() < 1 < each.sign for each in last.directions)
    assert all(abs(each.random.mean()) < 0.05 for each in last.directions)
    assert outcomes(last)[13] == CAVEATS
    steeper = replace(last, directions=[replace(each, random=2 * np.ones(3)) for each in last.directions])
    assert outcomes(steeper)[13] == FAILS
    slower = replace(last, directions=[replace(each, sign=0.5) for each in last.directions])
    assert outcomes(slower)[13] == HOLDS


def test_least_squares_falls_at_the_rates_of_theory(results):
    found = results[1].least_squares
    condition, steps = found.condition, found.evaluations["gradient_descent"]
    late = (steps > 1000) & (steps < 2000)
    slope = np.polyfit(steps[late], np.log(found.distances["gradient_descent"][late, 0]), 1)[0]
    assert np.exp(slope) == pytest.approx((condition - 1) / (condition + 1), rel=1e-4)
    assert found.distances["conjugate_gradient"][-1].max() < 1e-9
    assert outcomes(results[1])[2] == CAVEATS
    far = replace(found, distances={name: np.ones_like(each) for name, each in found.distances.items()})
    assert outcomes(replace(results[1], least_squares=far))[2] == HOLDS
    assert outcomes(training(results[1], {}))[2] == FAILS


def test_without_gradient_descent_nothing_is_said_of_it():
    settings = SMALL.replace(methods=("adam",), starts=5, budget=30, network_budget=50)
    last = [*algorithms.run(settings)][-1]
    assert outcomes(last) == {45: UNDECIDED, 4: UNDECIDED, 13: CAVEATS, 2: UNDECIDED, 0: UNDECIDED}
    assert all(finding.missing.startswith("It takes") for finding in algorithms.findings(last) if finding.number != 13)


def test_nobody_spends_more_than_the_budget_and_restarts_spend_all_of_it():
    settings = SMALL.replace(restarts=True, landscape="rastrigin", reach=0.2, starts=5, network_budget=50)
    last = [*algorithms.run(settings.replace(methods=tuple(MINIMIZERS)))][-1]
    for searches in last.surface.values():
        for search in searches:
            assert search.total <= settings.budget
            assert search.success or search.total >= settings.budget - 2
            assert np.all(np.diff(search.spent) >= 0)
    assert all(search.total <= 50 for searches in last.network.values() for search in searches)


def test_a_search_ends_where_it_comes_within_reach(results):
    surface = Surface(LANDSCAPES[SMALL.landscape], SMALL.reach / 100)
    for searches in results[1].surface.values():
        for search in searches:
            assert search.success == surface.near(search.path[-1])
            assert not any(surface.near(x) for x in search.path[:-1])


def test_the_network_as_a_function_has_its_gradient_and_hessian(rng):
    loss = TrainingLoss(RunSettings(train=30, hidden=(4,), batch_size=None))
    x, p = loss.start + 0.1, rng.standard_normal(len(loss.start))
    slope = (loss.problem.value(x + 1e-6 * p) - loss.problem.value(x - 1e-6 * p)) / 2e-6
    assert loss.problem.gradient(x) @ p == pytest.approx(slope, rel=1e-6)
    bend = (loss.problem.gradient(x + 1e-5 * p) - loss.problem.gradient(x - 1e-5 * p)) / 2e-5
    np.testing.assert_allclose(loss.problem.hessian(x) @ p, bend, rtol=1e-4, atol=1e-6)


def test_a_flat_start_has_no_steepest_way():
    loss = TrainingLoss(RunSettings(train=20, hidden=(2,), gain=0.0, dataset="xor", noise=0.0, batch_size=None))
    still = np.zeros_like(loss.start)
    found = steepest.directions(loss.network, still, loss.x, np.full_like(loss.t, 0.5), 0)
    assert np.isfinite(found.random).all()
    loss.network.unpack(still)[-1].b[-1] = 36.0  # so sure of one class that falls are lost in the loss's rounding
    sure = np.zeros_like(loss.t)
    sure[:, -1] = 1.0
    found = steepest.directions(loss.network, still, loss.x, sure, 0)
    assert np.isfinite([*found.random, found.sign]).all()


def test_the_same_seed_gives_bitwise_the_same_and_another_seed_does_not():
    settings = SMALL.replace(starts=5, network_budget=50)
    first, again, other = (
        [*algorithms.run(settings.replace(seed=seed))][-1] for seed in (settings.seed, settings.seed, 9)
    )
    assert algorithms.curves(first).equals(algorithms.curves(again))
    assert not algorithms.curves(first).equals(algorithms.curves(other))
    untimed = [column for column in algorithms.table(first).columns if " ms" not in f" {column}"]
    assert algorithms.table(first)[untimed].equals(algorithms.table(again)[untimed])


@pytest.mark.parametrize("landscape", SURFACES)
def test_every_surface_comes_to_a_result(landscape):
    settings = SMALL.replace(landscape=landscape, starts=5, budget=30, network_budget=50, methods=("adam", "annealing"))
    last = [*algorithms.run(settings)][-1]
    assert last.progress == 1
    assert outcomes(last)[45] == UNDECIDED
    assert all(draw(last).data for draw in FIGURES)


def test_what_does_not_fit_is_one_sentence():
    with pytest.raises(InputError, match="landscape is 'saddle', but must be one of"):
        algorithms.Settings(landscape="saddle")


@pytest.mark.parametrize("draw", FIGURES, ids=lambda draw: draw.__name__)
def test_charts_have_data_at_the_end_and_draw_before(draw, results):
    first, last = results
    assert draw(last).data
    early = draw(first)
    assert early.data or early.layout["annotations"][0]["text"]
