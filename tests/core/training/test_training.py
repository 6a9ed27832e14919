"""Training: the same run bitwise wherever and beside whomever it trains, frames that mean what they say, clean ends."""

import copy
import gc
import pickle
import warnings
import weakref
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from core.checks import InputError
from core.data import DATASETS
from core.nn import ACTIVATIONS, INITIALIZERS, LOSSES, NORMALIZATIONS, Network
from core.optimizers import OPTIMIZERS, SCHEDULES
from core.training import Frame, History, RunSettings, Trainer, train
from core.training.batches import SHARED, scores
from core.training.trainer import MEASURES, record_steps

QUICK = RunSettings(train=40, test=20, hidden=(5,), steps=12, frames=4, batch_size=16)


def quick(**changes):
    return QUICK.replace(**changes)


def finish(runs):
    """Train to the end: (trainer, history)."""
    trainer = Trainer(runs)
    return trainer, History.of(frame for frame in trainer.work() if frame is not None)


def numbers(history, run=None):
    """All that a history measured, of one run or of all, as bytes."""
    columns = slice(None) if run is None else run
    return b"".join(getattr(history, name)[:, columns].tobytes() for name in sorted(MEASURES))


def same(first, second):
    np.testing.assert_array_equal(first, second)


VARIED = {
    "rules": [quick(optimizer=name, lr=0.01) for name in OPTIMIZERS],
    "dropout and penalties": [quick(dropout=0.4, l1=0.01, l2=0.1, seed=9)],
    "early stopping": [quick(patience=1, lr=1.0, seed=9)],
    "all samples": [quick(batch_size=None), quick(batch_size=1000)],
    "float32": [quick(dtype="float32", optimizer="adam")],
    "numbers": [quick(dataset="wave", loss="huber"), quick(dataset="diabetes", irrelevant=2)],
    "many outputs": [quick(dataset="digits", loss="binary_cross_entropy")],
    "linear": [quick(hidden=())],
    "label smoothing": [
        quick(label_smoothing=0.2, patience=2),
        quick(dataset="iris", loss="binary_cross_entropy", label_smoothing=0.99, dtype="float32"),
    ],
    "activations": [quick(activation=name) for name in ACTIVATIONS],
}


@pytest.mark.parametrize("kind", list(VARIED))
def test_a_run_in_a_stack_is_the_run_alone(kind):
    for run in VARIED[kind]:
        others = [run.replace(seed=run.seed + k, data_seed=k % 2, lr=run.lr * (k + 0.5)) for k in (1, 2, 3)]
        stack = [others[0], run, *others[1:]]
        together, history = finish(stack)
        alone, own = finish([run])
        assert len(own) == len(history)
        same(own.train_loss[:, 0], history.train_loss[:, 1])
        assert numbers(own, 0) == numbers(history, 1)
        same(alone.best_params[0], together.best_params[1])


def test_neighbours_that_diverge_or_stop_change_nothing():
    calm = quick(activation="relu", dataset="wave", steps=40, frames=20, hidden=(9,), patience=3, lr=0.05)
    stack = [
        calm.replace(lr=1e6),
        calm,
        calm.replace(lr=30.0, seed=2),
        calm.replace(lr=0.5, seed=3),
        calm.replace(seed=1),
    ]
    together, history = finish(stack)
    assert together.diverged[0] > 0
    assert 0 < together.stopped[3] < 40
    for place in (1, 4):
        alone, own = finish([stack[place]])
        rows = len(own)
        assert b"".join(getattr(history, name)[:rows, place].tobytes() for name in sorted(MEASURES)) == numbers(own, 0)
        assert np.isnan(history.train_loss[rows:, place]).all()
        same(alone.best_params[0], together.best_params[place])


def test_after_other_trainings_and_with_more_threads():
    runs = [quick(optimizer="adam", dropout=0.2, hidden=(64, 64), seed=k) for k in range(2)]
    before = numbers(finish(runs)[1])
    finish([quick(dataset="iris", hidden=(3,))])
    np.random.default_rng(0).normal(size=10)
    for threads in (1, 2):
        with threadpool_limits(threads, user_api="blas"):
            assert numbers(finish(runs)[1]) == before


@pytest.mark.parametrize("kind", ["rules", "dropout and penalties", "early stopping", "all samples"])
@pytest.mark.parametrize("save", [copy.deepcopy, lambda trainer: pickle.loads(pickle.dumps(trainer))])
def test_saved_in_the_middle_and_gone_on(kind, save):
    for run in VARIED[kind]:
        straight = Trainer([run, run.replace(seed=5, lr=run.lr / 3)])
        for _ in range(7):  # in the middle of an epoch
            straight.update()
        resumed = save(straight)
        assert not resumed.batches.buffers
        assert not np.shares_memory(resumed.params, straight.params)
        for trainer in (straight, resumed):
            for _ in range(7):
                trainer.update()
        same(straight.params, resumed.params)
        assert straight.step == resumed.step


def test_save_in_the_middle_does_not_disturb():
    run = quick(steps=30, frames=6, patience=2, lr=2.0, seed=3)
    trainer, frames = Trainer([run, run.replace(seed=4)]), []
    for frame in trainer.work():
        copy.deepcopy(trainer)
        frames += [frame] * (frame is not None)
    assert numbers(History.of(frames)) == numbers(finish([run, run.replace(seed=4)])[1])


def test_frames_are_evaluated_at_fixed_weights_without_the_penalty():
    run = quick(l1=0.1, l2=0.3, dropout=0.5, dataset="digits", steps=8, batch_size=8)
    trainer, history = finish([run])
    data, params = run.data(), trainer.best_params[0]
    network = Network([64, 5, 10], run.activation, "softmax_cross_entropy", l1=0.1, l2=0.3)
    weights = np.concatenate([W.ravel() for W, _ in network.unpack(params)])
    assert history.penalty[-1, 0] == pytest.approx(0.1 * np.abs(weights).sum() + 0.15 * (weights**2).sum(), rel=1e-12)
    for name, X, y in (("train", data.X_train, data.y_train), ("test", data.X_test, data.y_test)):
        loss, score = getattr(history, f"{name}_loss")[-1, 0], getattr(history, f"{name}_score")[-1, 0]
        assert loss == pytest.approx(network.data_loss(params, X, y), rel=1e-12)
        assert score == scores("classes", network.predict(params, X).T[None], np.eye(10)[y].T[None])[0]
    assert np.isnan(history.validation_loss).all()


def test_the_first_frame_is_before_the_first_update():
    run = quick(initializer="zeros", steps=3, frames=3)
    history = History.of(train(run))
    assert history.step.tolist() == [0, 1, 2, 3]
    assert history.epoch.tolist() == pytest.approx([0, 0.4, 0.8, 1.0])
    assert history.train_loss[0, 0] == pytest.approx(np.log(2))
    assert (np.diff(history.seconds) >= 0).all()
    assert len(History.of(train(run.replace(steps=0)))) == 1


def test_an_update_is_the_rule_on_the_gradient():
    run = quick(batch_size=None, l2=0.1, optimizer="adam", lr=0.05, steps=5)
    trainer = Trainer([run])
    data, params = run.data(), trainer.params[0].copy()
    network = Network(trainer.sizes, run.activation, trainer.loss, l2=0.1)
    rule = OPTIMIZERS["adam"](lr=0.05).init(params)
    for _ in range(5):
        trainer.update()
        rule.step(params, network.loss_and_gradient(params, data.X_train, data.y_train)[1])
    np.testing.assert_allclose(trainer.params[0], params, rtol=0, atol=1e-12)


def test_early_stopping_gives_back_the_best_weights():
    run = quick(dataset="digits", train=100, hidden=(30,), lr=1.5, steps=300, frames=100, patience=5, noise=0.5)
    trainer, history = finish([run.replace(seed=k) for k in range(3)])
    x, t = trainer.validation.of(np.arange(3))
    for place in range(3):
        losses = history.validation_loss[:, place]
        ends = np.flatnonzero(history.stopped[:, place] >= 0)
        end = ends[0] if len(ends) else len(losses) - 1
        best = np.nanargmin(losses)
        assert end - best == 5 or not len(ends)
        assert np.isnan(losses[end + 1 :]).all()
        network = Network(trainer.sizes, run.activation, trainer.loss)
        restored = network.data_loss(trainer.best_params[place], x[0, :-1].T, t[0].T)
        assert restored == pytest.approx(losses[best], rel=1e-12)


@pytest.mark.parametrize("loss", list(LOSSES))
@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_a_giant_learning_rate_ends_cleanly(optimizer, loss):
    """It diverges at a step that is told, or stays finite, as rules with bounded steps do."""
    dataset = "wave" if LOSSES[loss].task == "numbers" else "moons"
    for activation in ("relu", "tanh"):
        run = quick(dataset=dataset, loss=loss, optimizer=optimizer, lr=1e6, activation=activation, l2=0.01)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            trainer, history = finish([run])
        step = trainer.diverged[0]
        alive = history.step < step if step >= 0 else np.full(len(history), True)
        assert np.isfinite(history.train_loss[alive, 0]).all()
        assert np.isfinite(history.test_loss[alive, 0]).all()
        assert np.isfinite(history.penalty[alive, 0]).all()
        for name in MEASURES:
            assert np.isnan(getattr(history, name)[~alive]).all()
        assert history.diverged[-1, 0] == step
        assert np.isfinite(trainer.best_params).all()
        if (optimizer, activation, loss) == ("sgd", "relu", "mean_squared_error"):
            assert step > 0


def test_a_diverged_stack_stops_working():
    run = quick(dataset="wave", activation="relu", lr=1e12, steps=1000, frames=1000)
    trainer, history = finish([run, run.replace(seed=1)])
    assert (trainer.diverged > 0).all()
    assert len(history) < 50
    assert not len(trainer.alive)


def test_record_steps():
    assert record_steps(10, 3) == [3, 7, 10]
    assert record_steps(2, 60) == [1, 2]
    assert record_steps(0, 5) == []


def test_history_knows_its_fields_only():
    history = History.of(train(quick()))
    assert history.train_loss.shape == (len(history), 1)
    with pytest.raises(AttributeError):
        _ = history.trian_loss
    names = {field.name for field in fields(Frame)}
    assert all(len(getattr(history, name)) == len(history) for name in names)
    assert names - MEASURES == {"step", "epoch", "seconds", "diverged", "stopped"}


@pytest.mark.parametrize("save", [copy.deepcopy, lambda history: pickle.loads(pickle.dumps(history))])
def test_a_history_is_its_frames_whenever_it_is_read(save):
    frames = list(train([quick(lr=lr) for lr in (0.1, 1.0)]))
    read, unread = History(), History()
    assert (len(read), read.step.size, read.train_loss.size) == (0, 0, 0)
    for count, frame in enumerate(frames, 1):
        read.append(frame)
        unread.append(frame)
        assert len(read) == len(read.step) == count
        same(read.test_loss[-1], frame.test_loss)
        assert read.test_loss is read.test_loss  # stacked once, however often it is read
    for field in fields(Frame):
        each = [getattr(history, field.name) for history in (read, save(read), save(unread), unread)]
        for array in each:
            same(array, np.array([getattr(frame, field.name) for frame in frames]))
            assert (array.dtype, array.flags.writeable) == (each[0].dtype, False)
    assert read.diverged.dtype == read.step.dtype == int


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ([], "runs must be"),
        ([quick(), quick(hidden=(6,))], "same structure"),
        ([quick(dataset="wave", loss="softmax_cross_entropy")], "loss is softmax_cross_entropy"),
        ([quick(dataset="wave", loss="binary_cross_entropy")], "loss is binary_cross_entropy"),
        ([quick(dataset="wave", label_smoothing=0.1)], "label_smoothing is 0.1, but mean_squared_error has none"),
        ([quick(loss="huber", label_smoothing=0.1)], "label_smoothing is 0.1, but huber has none"),
        ([quick(label_smoothing=0.1), quick(label_smoothing=0.2)], "same structure"),
        ([quick(hyper={"beta3": 0.9})], "no 'beta3'"),
        ([quick(optimizer="adam", hyper={"beta1": 1.0})], "beta1 is 1"),
        ([quick(optimizer="adam", hyper={"eps": -1.0})], "eps is -1"),
        ([quick(optimizer="momentum", hyper={"momentum": -0.1})], "momentum is -0.1"),
        ([quick(hidden=(4096,) * 300)], "hidden"),
    ],
)
def test_bad_runs_are_named(runs, message):
    with pytest.raises(InputError, match=message):
        Trainer(runs)


def test_hyper_parameters_of_every_kind():
    for rule, hyper in (("muon", {"ns_steps": 3}), ("rmsprop", {"centered": True}), ("nadam", {"momentum_decay": 0.1})):
        trainer, _ = finish([quick(optimizer=rule, hyper=hyper, lr=0.01, seed=k) for k in range(2)])
        assert (trainer.diverged == -1).all()


TEST_LOSS_ALONE_OVERFLOWS = {
    "dataset": "digits",
    "train": 4,
    "test": 4,
    "data_seed": 1099,
    "hidden": (1, 3, 1, 2),
    "activation": "elu",
    "initializer": "kaiming",
    "lr": 8547128577.0,
    "batch_size": None,
    "l2": 94.0,
    "patience": 1,
    "frames": 1,
    "dtype": "float32",
    "steps": 1,
    "clip_norm": 8.0,
    "normalization": "batch",
    "max_norm": 1.0,
    "irrelevant": 2,
}


@settings(max_examples=150, derandomize=True)
@given(
    st.fixed_dictionaries(
        {
            "dataset": st.sampled_from(list(DATASETS)),
            "train": st.integers(4, 60),
            "test": st.integers(4, 30),
            "noise": st.floats(0, 2),
            "irrelevant": st.integers(0, 5),
            "data_seed": st.integers(0, 2**31),
            "hidden": st.lists(st.integers(1, 9), max_size=4).map(tuple),
            "activation": st.sampled_from(list(ACTIVATIONS)),
            "initializer": st.sampled_from(list(INITIALIZERS)),
            "gain": st.floats(0, 100),
            "optimizer": st.sampled_from(list(OPTIMIZERS)),
            "lr": st.floats(1e-12, 1e12),
            "batch_size": st.none() | st.integers(1, 100_000),
            "l1": st.floats(0, 1e6),
            "l2": st.floats(0, 1e6),
            "dropout": st.floats(0, 0.99),
            "patience": st.integers(0, 5),
            "frames": st.integers(1, 10),
            "seed": st.integers(0, 2**31),
            "dtype": st.sampled_from(["float64", "float32"]),
            "steps": st.integers(0, 4),
            "label_smoothing": st.floats(0, 0.99),  # of classes
            "schedule": st.sampled_from(list(SCHEDULES)),
            "clip_norm": st.none() | st.floats(1e-6, 1e6),
            "normalization": st.sampled_from(list(NORMALIZATIONS)),
            "residual": st.booleans(),
            "max_norm": st.none() | st.floats(1e-6, 1e6),
        }
    )
)
@example(TEST_LOSS_ALONE_OVERFLOWS)
def test_any_settings_in_range_train(values):
    if DATASETS[values["dataset"]].task == "numbers":
        values |= {"label_smoothing": 0.0}
    run = RunSettings(**values)
    assert RunSettings.from_text(run.to_text()) == (run, [])
    history = History.of(train(run))
    assert history.step[0] == 0
    alive = history.diverged[:, 0] < 0
    for measure in (history.train_loss, history.test_loss, history.penalty):
        assert np.isfinite(measure[alive]).all()


def test_a_trainer_that_rests_goes_on_as_if_it_had_not():
    runs = [
        RunSettings(dataset="moons", hidden=(6, 6), steps=12, batch_size=64, seed=seed, dropout=0.2) for seed in (0, 1)
    ]
    steady, resting = Trainer(runs), Trainer(runs)
    for _ in range(12):
        steady.update()
        resting.rest()
        resting.update()
    assert steady.params.tobytes() == resting.params.tobytes()


def test_nothing_is_kept_of_data_that_no_stack_learns_from(make_data):
    data = make_data(9)
    kept = len(SHARED)
    trainer, other = (Trainer([quick(dataset="own", train=None, test=None)], data) for _ in range(2))
    assert len(SHARED) == kept + 2
    gone = weakref.ref(data)
    del data, trainer
    gc.collect()
    assert gone()
    del other
    gc.collect()
    assert not gone()
    assert len(SHARED) == kept


def test_stacks_that_learn_from_the_same_data_share_them():
    runs = [RunSettings(dataset="moons", seed=seed) for seed in (0, 1)]
    first, second, other = Trainer(runs), Trainer([run.replace(lr=0.5) for run in runs]), Trainer(runs[:1])
    assert first.train is second.train
    assert first.test is second.test
    assert other.train is not first.train
    assert np.array_equal(other.train.x, first.train.x)
