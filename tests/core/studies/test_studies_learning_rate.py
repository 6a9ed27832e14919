"""The learning rate behaves as theory says on a bowl, and as practice says in a network."""

from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest

from core.checks import InputError
from core.gradients import NetworkLoss, hessian
from core.statistics import Share, interval
from core.studies import learning_rate
from core.studies.contract import CAVEATS, FAILS, HOLDS, TOO_CLOSE, UNDECIDED, Quantity
from core.studies.learning_rate.quadratic import METHODS, Bowl, optimum, parabola
from core.studies.learning_rate.study import EQUAL, FREE, NARROW, RULES, TOLERANCE, WIDE, Symmetry, floor, spans
from core.studies.race import repeated
from core.training import RunSettings, Trainer
from pages.figures import learning_rate as figures

FIGURES = [
    *(figures.sweep, figures.speed, figures.bowl, figures.rising, figures.schedules),
]
SMALL = learning_rate.Settings(steps=20)


def last_of(settings):
    return [*learning_rate.run(settings)][-1]


@pytest.fixture(scope="module")
def last():
    return last_of(learning_rate.Settings())


def rolled(k, margin=0.02):
    bowl = Bowl(k, margin, 0, 5)
    assert len([*bowl.work()]) >= 5
    return bowl


def test_the_edge_of_a_network_is_that_of_the_whole_hessian_at_its_first_weights(last):
    assert len(last.edges) == last.settings.seeds
    for edge, run in zip(last.edges[:2], next(iter(last.race.runs.values())), strict=False):
        trainer, data = Trainer([run]), run.data()
        values = np.linalg.eigvalsh(
            hessian(NetworkLoss(trainer.network, data.X_train, data.y_train), trainer.params[0])
        )
        assert edge == pytest.approx(2 / values[-1], rel=1e-2)
    failed, edge = last.worse().mean(axis=1), np.median(last.edges)
    assert failed[last.rates > 10 * edge].min() > failed[last.rates < edge].max()


@pytest.mark.parametrize("k", [2.0, 7.0, 15.0, 100.0, 1000.0])
def test_the_contraction_on_a_bowl_is_that_of_goh(k):
    bowl = rolled(k)
    for method in METHODS[:2]:
        digits = np.log(bowl.best[method].rates()) / np.log(optimum(method, k)[1])
        assert (np.abs(digits - 1) < TOLERANCE).all()
    assert (bowl.best["nesterov"].rates() <= optimum("nesterov", k)[1]).all()


def test_the_numbers_once_seen_at_condition_100():
    rates = {method: rolled(100.0).best[method].rates() for method in METHODS}
    assert rates["batch"] == pytest.approx(0.9802, abs=1e-4)
    assert rates["momentum"] == pytest.approx(0.8182, rel=0.01)
    assert rates["nesterov"] == pytest.approx(0.902, abs=5e-3)


@pytest.mark.parametrize("margin", [0.005, 0.1, 0.5])
def test_the_edge_is_at_two_over_the_largest_curvature(margin):
    edge = rolled(30.0, margin).edge
    assert (np.diff(edge["under"].heights, axis=0) < 0).all()
    assert (np.diff(edge["over"].heights[100:], axis=0) > 0).all()


def test_the_contraction_is_that_of_the_slowest_directions_even_from_a_start_that_hardly_has_them():
    bowl = Bowl(30.0, 0.02, seed=0, seeds=3000)
    for _ in bowl.work():
        pass
    digits = np.log(bowl.best["batch"].rates()) / np.log(optimum("batch", 30.0)[1])
    assert np.abs(digits - 1).max() < TOLERANCE


@pytest.mark.parametrize("k", [2.0, 1000.0])
@pytest.mark.parametrize("margin", [0.005, 0.01])
def test_even_close_to_the_edge_every_start_ends_higher_over_it(k, margin):
    bowl = Bowl(k, margin, seed=4000, seeds=40)
    for _ in bowl.work():
        pass
    assert (bowl.edge["over"].heights[-1] > 1).all()


def test_a_ball_on_a_parabola_is_multiplied_by_one_minus_rate_times_curvature():
    shares = np.array([0.1, 0.5, 0.9, 1.0, 1.2])
    path = parabola(30.0, shares, 8)
    assert path == pytest.approx((1 - 2 * shares[:, None]) ** np.arange(9), rel=1e-9, abs=1e-12)
    assert np.abs(path[3]) == pytest.approx(np.ones(9))  # at the edge it neither comes nor goes


def test_both_ends_of_the_sweep_are_worse_than_its_middle(last):
    losses = np.median(last.final("train_loss"), axis=1)
    best = last.best()
    assert 0.03 <= last.rates[best] <= 3
    assert losses[best] < 0.5 * min(losses[0], losses[-1])
    assert last.worse()[-1].all()
    assert not last.worse()[best].any()
    assert (spans(last) >= 0.5).all()
    assert NARROW <= spans(last).mean() <= WIDE + 1


def test_a_schedule_cuts_the_noise_of_a_large_rate(last):
    constant = floor(last.schedules, "constant")
    assert min(np.median(floor(last.schedules, name) / constant) for name in SMALL.schedules) < 0.9


def test_two_units_get_stuck_on_xor_with_or_without_a_schedule(last):
    """Both do; the losses fall into two heaps, between which the threshold lies."""
    for name in ("constant", last.freed.schedule):
        losses, share = last.freed.race.final(name, "train_loss"), last.freed.share(name)
        assert share.trials == 60
        assert share.successes == (losses < FREE).sum()
        assert 5 <= share.successes <= 35
        assert not ((losses > FREE) & (losses < 1.5 * FREE)).any()
    seeds = [run.seed for runs in last.freed.race.runs.values() for run in runs]
    assert len(set(seeds)) == len(seeds) == 180


def test_from_equal_weights_two_units_never_learn_xor(last):
    assert last.freed.share(EQUAL).successes == 0
    assert last.freed.race.final(EQUAL, "train_loss").min() > 1.5 * FREE


def test_a_run_that_diverged_has_the_worst_loss_of_all():
    race = Symmetry({})
    race.runs = {"constant": [None, None], "xavier": [None, None]}
    losses = {"constant": np.array([[1.0, 1.0], [9.0, 0.5]]), "xavier": np.array([[1.0, 1.0], [np.nan, 0.25]])}
    race.values = lambda label, name: losses[label]
    assert floor(race, "xavier").tolist() == [9.0, 0.25]


def test_equal_weights_keep_rank_one_and_end_higher(last):
    race = last.symmetry
    assert (race.values("constant", "rank") == 1).all()
    assert (race.values("xavier", "rank")[-1] > 1).all()
    assert (race.values("nudged", "rank")[-1] > 1).all()
    assert race.final("constant", "train_loss").mean() > 1.2 * race.final("xavier", "train_loss").mean()


def test_on_digits_a_nudge_is_enough_to_leave_the_equal_start():
    run = RunSettings(dataset="digits", train=200, test=50, hidden=(6,), initializer="constant", lr=0.3, frames=2)
    race = Symmetry({label: repeated(run, 0, 3) for label in ("constant", "nudged")})
    for _ in race.work():
        pass
    assert (race.final("nudged", "train_loss") < 0.5 * race.final("constant", "train_loss")).all()


def test_the_findings(last):
    found = learning_rate.findings(last)
    assert [each.number for each in found] == [9, 35, 53, 0, 0, 0, 0, 0, 0]
    assert [each.outcome for each in found[:5]] == [CAVEATS, CAVEATS, HOLDS, HOLDS, HOLDS]
    assert [each.kind for each in found] == [
        "identity",
        "measured",
        "measured",
        "identity",
        "identity",
        *["measured"] * 4,
    ]
    assert all(each.sentence and each.claim for each in found)


def test_a_bowl_that_misbehaves_changes_the_findings(last):
    broken = replace(last, bowl=rolled(30.0))
    broken.bowl.best["batch"] = broken.bowl.best["nesterov"]
    broken.bowl.edge["over"] = broken.bowl.edge["under"]
    descends, _, _, contraction, *_ = learning_rate.findings(broken)
    assert (descends.outcome, contraction.outcome) == (HOLDS, FAILS)
    assert "not by the formula's 0.935" in contraction.sentence
    broken.bowl.edge["under"] = last.bowl.edge["over"]
    assert "did not go down" in learning_rate.findings(broken)[0].sentence


@pytest.mark.parametrize(
    ("ranges", "outcome", "answer"),
    [
        ([0, 0, 0.5, 0, 0], HOLDS, "a factor of 3 or less"),
        ([1.5, 2, 1.5, 1.5, 1.5], CAVEATS, "up to a factor of 300"),
        ([2, 2, 2, 2, 2], CAVEATS, "up to a factor of 300"),
        ([3, 3, 3, 3.5, 3], FAILS, "more than that"),
        ([0.5, 3, 1, 2, 1.5], UNDECIDED, TOO_CLOSE),
    ],
)
def test_the_width_of_the_range_answers_the_prediction(ranges, outcome, answer):
    width = Quantity.of("range", interval(np.array(ranges)), "powers of ten", "at most", NARROW)
    found = RULES["range"].find(width, Quantity.of("cut off", 0, "seeds", "at most", 0))
    assert (found.outcome, found.answer) == (outcome, answer)
    cut = RULES["range"].find(width, Quantity.of("cut off", 1, "seeds", "at most", 0))
    assert cut.outcome == (FAILS if outcome == FAILS else UNDECIDED)


@pytest.mark.parametrize(
    ("equal", "random", "scheduled", "outcome"),
    [(0, 20, 40, HOLDS), (0, 20, 21, CAVEATS), (18, 20, 40, CAVEATS), (18, 20, 21, UNDECIDED), (60, 40, 20, FAILS)],
)
def test_what_frees_a_network_that_is_stuck(equal, random, scheduled, outcome):
    """Of 60 trainings each."""
    shares = [Share(each, 60) for each in (equal, random, scheduled)]
    gains = {"random weights": shares[1].minus(shares[0]), "a schedule": shares[2].minus(shares[1])}
    counts = {"from equal weights": equal, "from random weights": random, "with a schedule": scheduled}
    found = RULES["mitigates"].find(
        *(Quantity.of(f"gain by {name}", gain, "share", "above", 0) for name, gain in gains.items()),
        *(Quantity.of(name, count) for name, count in counts.items()),
        schedule="step",
        trials="60",
    )
    assert found.outcome == outcome
    assert f"{scheduled} from random ones with step" in found.sentence


@pytest.mark.parametrize(
    ("tenth", "tenfold", "outcome"),
    [
        ((0.05, 0.03, 0.07), (0.0, -0.2, 0.2), HOLDS),
        ((0.0, -0.2, 0.2), (0.3, 0.2, 0.4), HOLDS),
        ((0.0, -0.01, 0.01), (0.0, -0.015, 0.015), FAILS),
        ((0.0, -0.01, 0.01), (0.0, -0.2, 0.2), UNDECIDED),
    ],
)
def test_the_rate_matters_where_one_factor_of_ten_changes_the_score(tenth, tenfold, outcome):
    pairs = {"over a tenth": tenth, "over ten times": tenfold}
    evidence = [Quantity(name, *each, 10, "", "between", (-0.02, 0.02)) for name, each in pairs.items()]
    assert RULES["accuracy"].find(*evidence, best="0.3").outcome == outcome


@pytest.mark.parametrize(
    ("reached", "outcome"),
    [((10, 10, 10, 10), HOLDS), ((10, 10, 6, 0), CAVEATS), ((0, 0, 0, 1), FAILS), ((5, 4, 6, 0), UNDECIDED)],
)
def test_a_rising_rate_is_judged_whatever_it_is_divided_by(reached, outcome):
    shares = [Quantity.of(f"at {k}", Share(each, 10), "share", "at least", 0.5) for k, each in enumerate(reached)]
    assert RULES["rising"].find(*shares, turning="1", shares="").outcome == outcome


def test_the_best_rate_is_chosen_on_seeds_that_are_not_raced(last):
    raced = {run.seed for runs in last.race.runs.values() for run in runs}
    tuned = {run.seed for runs in last.trials.runs.values() for run in runs}
    assert not raced & tuned
    assert last.rates[last.best()] == pytest.approx(last.tuning["random weights"].best)
    score = last.final("test_score")
    best = last.best()
    lead = learning_rate.findings(last)[2].evidence["over a tenth"]
    assert lead.value == pytest.approx((score[best] - score[best - 2]).mean())
    assert lead.low > 0


@pytest.mark.slow
def test_the_same_seed_gives_bitwise_the_same_and_another_seed_does_not():
    first, again, other = last_of(SMALL), last_of(SMALL), last_of(SMALL.replace(seed=50))
    assert learning_rate.curves(first).equals(learning_rate.curves(again))
    assert learning_rate.table(first).equals(learning_rate.table(again))
    rows = [[each.row("learning_rate") for each in learning_rate.findings(result)] for result in (first, again)]
    assert rows[0] == rows[1]
    assert not learning_rate.curves(first).equals(learning_rate.curves(other))


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"dataset": "wave", "target": 0.01, "lowest": 0.1, "decades": 8},
        {"optimizer": "rprop", "lowest": 1e-6, "decades": 2, "condition": 1000.0},
        {"optimizer": "muon", "activation": "relu", "layers": 4, "width": 2, "condition": 2.0, "margin": 0.5},
        {"schedules": ("reduce_on_plateau", "cyclic", "cosine_warm_restarts"), "batch_size": 1},
        {"dataset": "wine", "optimizer": "momentum", "activation": "identity", "layers": 1, "width": 32}
        | {"lowest": 0.1, "decades": 3, "steps": 100, "schedules": ("step",)},  # which has losses of 0
    ],
)
def test_the_extremes_end_in_a_result(changes):
    last = last_of(SMALL.replace(**changes))
    assert last.progress == 1
    assert len([each.sentence for each in learning_rate.findings(last)]) == 9
    assert len(learning_rate.table(last)) >= 9
    assert all(draw(last).data for draw in FIGURES)


def test_a_setting_out_of_bounds_is_refused():
    with pytest.raises(InputError, match="condition is 5000"):
        learning_rate.Settings(condition=5000.0)


def test_charts_draw_at_every_moment():
    for place, result in enumerate(learning_rate.run(SMALL)):
        if place % 25 == 0:
            assert all(go.Figure(draw(result).to_dict()) for draw in FIGURES)
    assert all(draw(result).data for draw in FIGURES)
