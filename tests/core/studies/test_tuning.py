"""The choice of a number: which are tried, on which seeds, and which one is taken."""

import numpy as np
import pytest

from core.studies.race import RaceResult, RaceSettings, of_runs
from core.studies.tuning import EXTENSIONS, NOTCHES, SCREENED, SEEDS, SHARE, TUNING_SEED, choose, unsettled
from core.training import RunSettings

GRID = np.geomspace(0.01, 1, 5)


def chosen(loss, grid=GRID):
    """The choice for one contestant whose loss is a function of rate, seed and share; and all that was asked for."""
    asked = []

    def trials(wanted, seeds, share):
        yield
        asked.append((wanted["one"], seeds, share))
        return {"one": np.array([[loss(rate, k, share) for k in range(seeds)] for rate in wanted["one"]])}

    steps = choose(trials, {"one": grid})
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value["one"], asked


def bowl(best):
    return lambda rate, seed, share: 1 + np.log(rate / best) ** 2


def test_all_are_screened_briefly_on_two_seeds_and_the_best_three_tried_in_full_on_five():
    tuning, asked = chosen(bowl(0.1))
    (first, *screening), (finalists, *full) = asked
    assert np.array_equal(first, GRID)
    assert (screening, full) == ([SCREENED, SHARE], [SEEDS, 1.0])
    assert np.allclose(finalists, GRID[1:4])
    assert tuning.best == tuning.winner == pytest.approx(0.1)
    assert not tuning.at_edge


@pytest.mark.parametrize("best", [0.001, 20.0])
def test_a_grid_is_extended_until_the_best_lies_inside(best):
    tuning, asked = chosen(bowl(best))
    assert not tuning.at_edge
    assert abs(np.log(tuning.best / best)) < np.log(GRID[1] / GRID[0])
    assert all(len(rates) == NOTCHES for rates, *_ in asked[1:-1])


@pytest.mark.parametrize("sign", [1, -1])
def test_what_never_ends_is_at_the_edge_and_nothing_is_decided(sign):
    tuning, asked = chosen(lambda rate, seed, share: 10 - sign * np.log(rate))
    assert tuning.at_edge
    assert len(asked) == EXTENSIONS + 2
    assert unsettled({"l2_few": tuning}, "strength").startswith("The best strength of l2 few is the last one tried")
    assert unsettled({"one": chosen(bowl(0.1))[0]}) == ""


def test_the_brink_is_left_by_one_notch():
    def cliff(rate, seed, share):
        return np.inf if rate > 0.2 and seed == 1 else 1 / rate

    tuning, _ = chosen(cliff, np.geomspace(0.01, 10, 7))
    assert tuning.winner == pytest.approx(0.1)
    assert tuning.best == pytest.approx(0.01 * 10**0.5)


def test_one_bad_seed_does_not_choose():
    losses = {0.1: [1, 1, 1, 1, 50]}
    tuning, _ = chosen(lambda rate, seed, share: losses.get(round(rate, 6), [2] * 5)[seed])
    assert tuning.best == pytest.approx(0.1)


def test_a_single_rate_is_tried_and_not_screened():
    tuning, asked = chosen(bowl(1), np.array([0.3]))
    assert [seeds for _, seeds, _ in asked] == [SEEDS]
    assert (tuning.best, tuning.at_edge, tuning.loss) == (0.3, False, 1 + np.log(0.3) ** 2)


def test_trials_of_runs_follow_the_first_seed_and_count_what_did_not_learn_as_failed():
    result = RaceResult(RaceSettings(seed=7))
    trials = of_runs(result, {"net": RunSettings(steps=100)}, 0.5)(({"net": np.array([0.1, 1e6])}), 2, 0.2)
    while True:
        try:
            next(trials)
        except StopIteration as end:
            losses = end.value["net"]
            break
    runs = result.trials.runs["net"]
    assert [(run.seed, run.data_seed) for run in runs] == 2 * [(TUNING_SEED + 7 + k,) * 2 for k in range(2)]
    assert {run.steps for run in runs} == {20}
    assert np.isfinite(losses[0]).all()
    assert np.isinf(losses[1]).all()
    assert 0 < result.progress <= 0.5
