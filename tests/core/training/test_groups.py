"""A stack goes through a step in groups of runs that fit the cache: no bit may depend on how it is divided."""

import copy

import numpy as np
import pytest

import core.training.trainer as engine
from core.checks import InputError
from core.optimizers import OPTIMIZERS
from core.training import History, RunSettings, Trainer
from core.training.history import MEASURES

QUICK = RunSettings(train=40, test=20, hidden=(6, 6), steps=12, frames=4, batch_size=16, lr=0.05)
CONV = ("conv-3-3-1-1", "max_pool-2", "conv-4-2", "average_pool-2-1", "flatten", "dense-5")
KINDS = {
    "plain": {"activation": "relu", "loss": "mean_squared_error", "initializer": "kaiming"},
    "all samples": {"batch_size": None},
    "everything": {"normalization": "batch", "residual": True, "dropout": 0.3, "l1": 0.01, "l2": 0.1, "max_norm": 0.9},
    "clipped": {"clip_norm": 0.1, "normalization": "layer"},
    "plateau": {"schedule": "reduce_on_plateau"},
    "early stopping": {"patience": 1, "lr": 0.5},
    "float32": {"dtype": "float32", "optimizer": "adam"},
    "convolution": {"dataset": "digits", "layers": CONV, "hidden": ()},
    "deep convolution": {
        "dataset": "digits",
        "layers": CONV,
        "normalization": "batch",
        "dropout": 0.2,
        "residual": True,
    },
} | {name: {"optimizer": name, "lr": 0.01} for name in ("momentum", "nadam", "rprop", "muon", "adafactor", "lbfgs")}
VARIED = ("lr", "l1", "l2", "max_norm", "clip_norm", "dropout")


def runs_of(kind):
    """Five runs that differ in seeds and in every number that may; one diverges."""
    run = QUICK.replace(**KINDS[kind])
    own = [{name: getattr(run, name) * (1 + k / 10) for name in VARIED if getattr(run, name)} for k in range(5)]
    own[3]["lr"] = 1e12 if kind == "plain" else 2 * run.lr
    return [run.replace(seed=k, data_seed=k // 2, **each) for k, each in enumerate(own)]


def finished(runs, cache, monkeypatch, save=False):
    monkeypatch.setattr(engine, "CACHE_BYTES", cache)
    trainer = Trainer(runs)
    if save:
        for _ in range(5):
            trainer.update()
        trainer.rest()
        trainer = copy.deepcopy(trainer)
    history = History.of(frame for frame in trainer.work() if frame is not None)
    return trainer, history


@pytest.mark.parametrize("kind", KINDS)
def test_any_grouping_gives_the_same_bits(kind, monkeypatch):
    runs = runs_of(kind)
    whole, history = finished(runs, 1 << 40, monkeypatch)
    assert len(whole.batches.next()) == 1
    for cache in (1, 3 * 8 * 4000, 8 * 30_000):
        grouped, own = finished(runs, cache, monkeypatch)
        for name in [*MEASURES, "diverged", "stopped", "step"]:
            np.testing.assert_array_equal(getattr(own, name), getattr(history, name), err_msg=name)
        np.testing.assert_array_equal(grouped.best_params, whole.best_params)
    if OPTIMIZERS[runs[0].optimizer].block != "stack":
        monkeypatch.setattr(engine, "CACHE_BYTES", 1)
        assert len(Trainer(runs).next_batches()) == 5
    if kind == "plain":
        assert (history.diverged[-1] >= 0).tolist() == [False, False, False, True, False]


@pytest.mark.parametrize("kind", KINDS)
def test_grouped_saved_and_gone_on_is_the_run_alone(kind, monkeypatch):
    runs = runs_of(kind)
    straight = finished(runs[1:2], 1 << 40, monkeypatch)[0]
    monkeypatch.setattr(engine, "CACHE_BYTES", 1)
    together = Trainer(runs)
    for _ in range(5):
        together.update()
    resumed = copy.deepcopy(together)
    for trainer in (together, resumed):
        while trainer.step < runs[0].steps:
            trainer.update()
    np.testing.assert_array_equal(together.params, resumed.params)
    if kind != "early stopping":
        np.testing.assert_array_equal(straight.params[0], resumed.params[1])


@pytest.mark.parametrize("kind", ["everything", "convolution"])
def test_changed_in_the_middle(kind, monkeypatch):
    runs = runs_of(kind)
    changed = [run.replace(lr=run.lr / 2, l2=0.2, batch_size=7) for run in runs]
    found = []
    for cache in (1 << 40, 1):
        monkeypatch.setattr(engine, "CACHE_BYTES", cache)
        trainer = Trainer(runs)
        for step in range(8):
            if step == 4:
                trainer.change(changed)
            trainer.update()
        found.append(trainer.params.copy())
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"hidden": (4096,) * 8}, r"hidden is \(4096, .*\), but 1 runs of it with batches of 16 keep "),
        (
            {"dataset": "digits", "layers": ("flatten", "dense-1000000", "dense-1000000")},
            "layers is flatten,dense-1000000",
        ),
        ({"layers": ("conv-3-3",)}, "conv takes pictures, but gets 2 numbers"),
        (
            {"dataset": "digits", "irrelevant": 3, "layers": ("conv-3-3", "flatten")},
            "conv takes pictures, but gets 67",
        ),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_allocated(changes, sentence):
    with pytest.raises(InputError, match=sentence):
        Trainer([QUICK.replace(**changes)])
