"""The rows that early stopping holds out: a share of every class, drawn by a seed, whatever the order of the rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedShuffleSplit

from core.data import Dataset
from core.training import History, RunSettings, Trainer
from core.training.batches import held_out
from core.training.history import MEASURES

some = given(st.lists(st.integers(0, 6), min_size=2, max_size=80).map(np.array), st.data(), st.integers(0, 2**31))


@some
def test_any_rows_can_be_held_out_from(labels, data, seed):
    count = data.draw(st.integers(1, len(labels) - 1))
    held = held_out(labels, count, seed)
    assert len(held) == count
    assert (np.diff(held) > 0).all()
    assert 0 <= held[0] <= held[-1] < len(labels)
    np.testing.assert_array_equal(held, held_out(labels, count, seed))


@some
def test_every_class_gives_its_share_and_an_only_row_is_kept(labels, data, seed):
    count = data.draw(st.integers(1, len(labels) - 1))
    held = labels[held_out(labels, count, seed)]
    rows = np.bincount(labels)
    drawn = np.where(rows > 1, rows, 0)
    if drawn.sum() <= count:
        drawn = rows
    share = drawn * count / drawn.sum()
    found = np.bincount(held, minlength=len(rows))
    assert (np.floor(share) <= found).all()
    assert (found <= np.ceil(share)).all()


def test_classes_are_held_out_as_by_scikit_learn():
    labels = np.repeat(np.arange(4), [50, 30, 15, 5])
    ((_, theirs),) = StratifiedShuffleSplit(1, test_size=20, random_state=0).split(labels[:, None], labels)
    np.testing.assert_array_equal(np.bincount(labels[held_out(labels, 20, 0)]), np.bincount(labels[theirs]))


@pytest.mark.parametrize("labels", [np.zeros(20), np.arange(20) // 10, np.arange(20) % 3])
def test_every_row_is_as_likely_as_any_other(labels):
    """5 of 20 over 4,000 seeds: a row's share is a quarter within five standard deviations, 0.034."""
    times = sum(np.bincount(held_out(labels, 5, seed), minlength=20) for seed in range(4000))
    assert np.abs(times / 4000 - 0.25).max() < 0.034


@pytest.mark.parametrize("dataset", ["moons", "iris", "wave"])
def test_validation_rows_are_not_trained_on(dataset):
    """Every training sample is in one of the two parts, in the order of the data; classes have their shares in both."""
    run = RunSettings(train=40, test=20, patience=3, dataset=dataset)
    trainer, data = Trainer([run]), run.data()
    assert (trainer.train.size, trainer.validation.size) == (32, 8)
    places = []
    for part in (trainer.train, trainer.validation):
        rows = part.rows[0, :, :-1]
        places.append([int(np.flatnonzero((data.X_train == row).all(axis=1))[0]) for row in rows])
        assert places[-1] == sorted(places[-1])
    assert sorted(places[0] + places[1]) == list(range(40))
    if trainer.task == "classes":
        whole, held = (np.bincount(data.y_train[rows]) for rows in (slice(None), places[1]))
        assert np.abs(held - whole / 5).max() < 1


def rings(order, classes=5, n=200):
    """Classes around a circle that hardly overlap, their rows as drawn or one class after the other."""
    rng = np.random.default_rng(0)
    y, angle = np.arange(n) % classes, 2 * np.pi * np.arange(classes) / classes
    centres = 3 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    X, X_test = (centres[y] + rng.normal(size=(n, 2)) / 2 for _ in range(2))
    rows = np.argsort(y, kind="stable") if order == "sorted" else rng.permutation(n)
    return Dataset(order, "classes", classes, X[rows], y[rows], X_test, y)


def test_rows_sorted_by_class_are_judged_as_shuffled_ones():
    runs = [RunSettings(dataset="own", patience=5, steps=300, hidden=(8,), seed=seed) for seed in range(3)]
    scores = {}
    for order in ("sorted", "shuffled"):
        history = History.of(frame for frame in Trainer(runs, rings(order)).work() if frame is not None)
        scores[order] = history.test_score[np.nanargmin(history.validation_loss, axis=0), np.arange(3)]
    assert scores["shuffled"].min() > 0.98
    np.testing.assert_allclose(scores["sorted"], scores["shuffled"], atol=0.02)


def test_a_run_on_given_data_holds_out_the_same_rows_beside_runs_of_other_data_seeds():
    data, run = rings("shuffled", n=60), RunSettings(dataset="own", patience=2, steps=40, hidden=(4,), lr=0.5)
    runs = [run.replace(seed=k, data_seed=seed) for k, seed in enumerate((3, 1, 3, 2))]
    together = History.of(frame for frame in Trainer(runs, data).work() if frame is not None)
    for place, each in enumerate(runs):
        alone = History.of(frame for frame in Trainer([each], data).work() if frame is not None)
        for name in MEASURES:
            whole = getattr(together, name)[: len(alone), place]
            np.testing.assert_array_equal(whole, getattr(alone, name)[:, 0])
    assert len(set(together.validation_loss[0])) == 4


def test_a_run_stops_after_its_patience_and_keeps_its_best_weights():
    """Beside runs of other rates, one of which diverges: by the history alone."""
    run = RunSettings(train=40, test=20, hidden=(9,), steps=600, frames=60, patience=3, loss="mean_squared_error")
    trainer = Trainer([run.replace(lr=lr, seed=seed) for lr, seed in ((3.0, 0), (0.5, 1), (1e9, 2), (2.0, 3))])
    history, weights, now = History(), [], {}
    for frame in trainer.work():
        if frame is None:
            now = dict(zip(trainer.alive.tolist(), trainer.params.copy(), strict=True))
        else:
            history.append(frame)
            weights.append(now)
    judged = np.where(np.isnan(history.validation_loss), np.inf, history.validation_loss)
    assert history.diverged[-1].tolist()[2] >= 0
    assert (history.stopped[-1][[0, 1, 3]] > 0).any()
    for place in (0, 1, 3):
        best = judged[:, place].argmin()
        np.testing.assert_array_equal(trainer.best_params[place], weights[best][place])
        lowest = np.minimum.accumulate(judged[:, place])
        waits = [at for at in range(3, len(lowest)) if lowest[at] == lowest[at - 3] and np.isfinite(judged[at, place])]
        assert history.stopped[-1][place] == (history.step[waits[0]] if waits else -1)
