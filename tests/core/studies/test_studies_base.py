"""What studies share: paired comparisons against scipy, and races in which nobody disturbs anybody."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.statistics import Difference, interval, paired
from core.studies import STUDIES, trial
from core.studies.race import Race, times_as_many
from core.training import History, RunSettings, train

RUN = RunSettings(train=40, test=20, hidden=(4,), steps=20, frames=5)


def seeds(count, **changes):
    return [RUN.replace(seed=k, data_seed=k, **changes) for k in range(count)]


def finished(runs):
    race = Race(runs)
    progress = [race.progress for _ in race.work()]
    assert progress == sorted(progress)
    assert race.progress == 1.0
    return race


@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), min_size=2, max_size=20))
def test_the_interval_is_that_of_the_paired_t_test(pairs):
    first, second = np.array(pairs).T
    found = paired(first, second)
    if np.ptp(first - second) < 1e-9:
        assert found.low == pytest.approx(found.high, abs=1e-6)
        return
    low, high = stats.ttest_rel(first, second).confidence_interval(0.95)
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-6), pytest.approx(high, abs=1e-6))
    assert found.mean == pytest.approx((first - second).mean(), abs=1e-9)
    assert found.pairs == len(pairs)
    assert found.detected == (found.low > 0 or found.high < 0)


def test_pairs_without_a_number_are_left_out():
    found = paired(np.array([1.0, np.nan, 3.0, np.inf]), np.array([0.0, 0.0, 1.0, 0.0]))
    assert (found.pairs, found.mean) == (2, 1.5)
    nothing = paired(np.array([np.nan, 1.0]), np.array([1.0, 1.0]))
    assert not nothing.detected
    assert nothing.pairs == 1
    assert interval(np.array([2.0, 4.0])).mean == 3
    assert "no difference" not in str(Difference(0.1, 0.05, 1, 5))


def test_a_pair_of_which_neither_reaches_the_target_says_nothing_about_their_updates():
    first, second = np.array([20.0, np.inf, 0.0, np.inf]), np.array([10.0, 5.0, 1.0, np.inf])
    found = times_as_many(first, second, 40)
    assert (found.pairs, found.mean) == (3, pytest.approx(np.log([2, 8, 1]).mean()))
    assert times_as_many(first[3:], second[3:], 40).pairs == 0


def test_a_race_is_its_runs_one_by_one():
    runs = {"plain": seeds(3), "wide": seeds(3, hidden=(9,)), "slow": seeds(3, lr=1e-3)}
    race = finished(runs)
    assert len(race.stacks) == 2  # plain and slow are one structure
    for label, each in runs.items():
        for place, run in enumerate(each):
            alone = History.of(train(run))
            np.testing.assert_array_equal(race.values(label, "test_loss")[:, place], alone.test_loss[:, 0])
        np.testing.assert_array_equal(race.steps(label), alone.step)
        assert race.params(label).shape[0] == 3


def test_a_table_has_every_frame():
    race = finished({"plain": seeds(2), "slow": seeds(2, lr=1e-3)})
    tidy = race.tidy(["train_loss", "test_score"])
    assert list(tidy.columns) == ["contestant", "seed", "step", "train_loss", "test_score"]
    assert len(tidy) == 2 * 2 * 6
    one = tidy[(tidy.contestant == "slow") & (tidy.seed == 1)]
    np.testing.assert_array_equal(one.train_loss, race.values("slow", "train_loss")[:, 1])


def test_a_run_that_diverges_is_the_last_of_all():
    race = finished({"calm": seeds(2), "wild": seeds(2, lr=1e12, dataset="wave", activation="relu")})
    assert (race.final("wild", "train_loss") == np.inf).all()
    assert (race.final("wild", "train_score") == 0).all()
    assert np.isfinite(race.params("wild")).all()
    assert np.isfinite(race.final("calm", "train_loss")).all()


def test_the_first_step_below_a_target():
    race = finished({"plain": seeds(3, steps=60, frames=60)})
    losses = race.values("plain", "train_loss")
    found = race.first_below("plain", float(np.median(losses[30])))
    for place, step in enumerate(found):
        below = np.flatnonzero(losses[:, place] <= np.median(losses[30]))
        assert step == (race.steps("plain")[below[0]] if len(below) else np.inf)


def test_an_empty_race_is_finished_at_once():
    assert not Race({}).started
    finished({})


@pytest.mark.parametrize("changes", [{}, {"normalization": "batch", "dropout": 0.2, "optimizer": "adam"}])
def test_a_race_that_rests_wherever_it_pauses_goes_on_as_if_it_had_not(changes, monkeypatch):
    monkeypatch.setattr("core.studies.race.SLICE", 0.0)  # it pauses as often as it can
    runs = {"a": seeds(3, steps=40, **changes)}
    steady, resting = finished(runs), Race(runs)
    for _ in resting.work():
        resting.rest()
    for measure in ("train_loss", "test_loss", "test_score"):
        assert resting.values("a", measure).tobytes() == steady.values("a", measure).tobytes()
    assert resting.params("a").tobytes() == steady.params("a").tobytes()


def played(study, monkeypatch, settings, tired=False, pauses=None):
    """The races of a study that ran to its end, or for some pauses, and those seen at work; `tired`: rest each time."""
    races, at_work, begin = [], [], Race.__init__

    def remembered(race, runs):
        begin(race, runs)
        if race.runs:
            races.append(race)

    monkeypatch.setattr(Race, "__init__", remembered)
    if tired:
        monkeypatch.setattr("core.studies.race.SLICE", 0.0)  # it pauses as often as it can
    for result in itertools.islice(study.run(settings), pauses):
        busy = [race for race in races if holds_buffers(race)]
        at_work += [race for race in busy if race not in at_work]
        if tired:
            result.rest()
            assert not any(map(holds_buffers, races))
    monkeypatch.undo()
    return races, at_work


def holds_buffers(race):
    return any(trainer.batches.buffers for trainer in race.trainers.values())


RACING = ["algorithms", "depth", "domains", "learning_rate", "minima", "misconceptions", "regularization"]


@pytest.mark.slow
@pytest.mark.parametrize("name", RACING)
def test_a_result_that_rests_frees_the_buffers_of_all_its_races_and_changes_nothing(name, monkeypatch, light):
    study = STUDIES[name]
    short = {"sections": ("shallow_only",)} if name == "misconceptions" else {}  # which borrows its race
    settings = study.Settings(**light(study) | short)
    steady, _ = played(study, monkeypatch, settings)
    rested, at_work = played(study, monkeypatch, settings, tired=True)
    assert at_work == rested
    for race, other in zip(rested, steady, strict=True):
        assert list(race.runs) == list(other.runs)
        for label in race.runs:
            for measure in ("train_loss", "test_loss", "test_score"):
                assert race.values(label, measure).tobytes() == other.values(label, measure).tobytes()


def test_a_trial_lets_the_study_rest_that_it_hears(monkeypatch):
    monkeypatch.setattr(trial.Result, "heard", 1)  # so that the page waits until there is something to see of it
    _, at_work = played(STUDIES["trial"], monkeypatch, trial.Settings(studies=("depth",)), tired=True, pauses=1000)
    assert at_work
