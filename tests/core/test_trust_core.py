"""Data as they come: degenerate ones train without NaN, and their layout in memory changes no number."""

import copy
from dataclasses import replace

import numpy as np
import pytest

from core.data import Dataset, read_table
from core.data.baselines import baselines
from core.nn import LOSSES
from core.optimizers import OPTIMIZERS
from core.playground.doctor import examine
from core.playground.playground import Playground, Settings
from core.training import History, RunSettings, Trainer

PARTS = ("X_train", "y_train", "X_test", "y_test")
RUN = RunSettings(steps=60, frames=6, hidden=(5, 4), batch_size=7, lr=0.05)


def trained(data, **settings):
    trainer = Trainer([RUN.replace(**settings)], data)
    return trainer, History.of(frame for frame in trainer.work() if frame is not None)


def changed(data, **parts):
    """The data with some parts made anew."""
    return replace(data, **{name: make(getattr(data, name)) for name, make in parts.items()})


def everywhere(make):
    return {name: make for name in PARTS if name.startswith("X")}


DEGENERATE = {
    "as it is": lambda data: data,
    "one constant feature": lambda data: changed(data, **everywhere(lambda X: X * [0, 1])),
    "constant features": lambda data: changed(data, **everywhere(np.zeros_like)),
    "equal rows": lambda data: changed(data, **everywhere(lambda X: np.tile(X[:1], (len(X), 1)))),
    "one class or value": lambda data: changed(data, y_train=lambda y: y * 0, y_test=lambda y: y * 0),
    "a class that is only tested": lambda data: changed(data, y_train=lambda y: y.clip(max=1)),
    "one sample": lambda data: replace(data, **{name: getattr(data, name)[:1] for name in PARTS}),
    "two samples": lambda data: replace(data, **{name: getattr(data, name)[:2] for name in PARTS}),
}


@pytest.mark.parametrize("kind", DEGENERATE)
@pytest.mark.parametrize("loss", LOSSES)
def test_c8_c9_degenerate_data_train_without_nan(kind, loss, make_data):
    data = DEGENERATE[kind](make_data(20, task=LOSSES[loss].task))
    for optimizer in OPTIMIZERS:
        trainer, history = trained(data, loss=loss, optimizer=optimizer, lr=0.01)
        assert np.isfinite(history.train_loss).all()
        assert np.isfinite(history.test_loss).all()
        assert np.isfinite(trainer.params).all()
        assert trainer.diverged[0] == -1


@pytest.mark.parametrize("kind", DEGENERATE)
def test_scores_that_are_not_defined_are_nan_and_the_others_numbers(kind, make_data):
    classes, numbers = (DEGENERATE[kind](make_data(20, task=task)) for task in ("classes", "numbers"))
    _, history = trained(classes)
    assert np.isfinite(history.train_score).all()
    _, history = trained(numbers)
    assert np.isfinite(history.train_score).all() == (np.ptp(numbers.y_train) > 0)


@pytest.mark.parametrize("kind", DEGENERATE)
@pytest.mark.parametrize("task", ["classes", "numbers"])
def test_degenerate_data_in_the_playground(kind, task, make_data):
    """Baselines, maps, confusion matrix and doctor have an answer for them too."""
    data = DEGENERATE[kind](make_data(20, task=task))
    playground = Playground(Settings(dataset="own", max_epochs=3), data)
    playground.work(9)
    assert playground.ended
    assert np.isfinite(playground.output_map(8)).all()
    assert all(np.isfinite(maps).all() for maps in playground.unit_maps(8))
    undefined = task == "numbers" and np.ptp(data.y_test) == 0
    assert all(np.isnan(score) == undefined for score in baselines(data).values())
    settings = playground.settings.model_dump()
    assert examine(playground.trainer, playground.history, settings, playground.baselines()).sentence.endswith(".")


def test_every_row_twice_changes_no_full_gradient(make_data):
    data = make_data(20)
    twice = changed(data, **{name: lambda part: np.concatenate([part, part]) for name in ("X_train", "y_train")})
    once, again = (trained(each, batch_size=None) for each in (data, twice))
    np.testing.assert_allclose(once[0].params, again[0].params, rtol=0, atol=1e-12)
    np.testing.assert_allclose(once[1].train_loss, again[1].train_loss, rtol=0, atol=1e-12)


LAYOUTS = {
    "float32": lambda a: a.astype(np.float32),
    "whole": lambda a: a.astype(np.int16),
    "Fortran": np.asfortranarray,
    "strided": lambda a: np.repeat(a, 2, axis=0)[::2],
    "backwards": lambda a: a[::-1].copy()[::-1],
    "object": lambda a: a.astype(object),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("task", ["classes", "numbers"])
def test_c14_the_layout_of_the_data_changes_no_number(layout, task, make_data):
    data = make_data(20, task=task)
    # whole numbers are exact in every layout
    data = replace(
        data, **{name: np.round(3 * getattr(data, name)) for name in PARTS if name[0] == "X" or task == "numbers"}
    )
    kinds = PARTS if task == "numbers" else ("X_train", "X_test")
    given = changed(data, **dict.fromkeys(kinds, LAYOUTS[layout]))
    before = copy.deepcopy([getattr(given, name) for name in PARTS])
    for name in PARTS:
        getattr(given, name).flags.writeable = False
    wanted, got = trained(data), trained(given)
    np.testing.assert_allclose(got[0].params, wanted[0].params, rtol=0, atol=1e-12)
    np.testing.assert_allclose(got[1].test_loss, wanted[1].test_loss, rtol=0, atol=1e-12)
    for name, kept in zip(PARTS, before, strict=True):
        np.testing.assert_array_equal(getattr(given, name), kept)


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.uint64])
def test_the_kind_of_whole_number_of_a_class_does_not_matter(kind, make_data):
    data = make_data(20)
    other = changed(data, y_train=lambda y: y.astype(kind), y_test=lambda y: y.astype(kind))
    np.testing.assert_array_equal(trained(data)[0].params, trained(other)[0].params)


def test_float32_training_is_the_training_of_the_data_cast(make_data):
    data = make_data(20)
    cast = changed(data, **everywhere(lambda X: X.astype(np.float32)))
    wanted, got = (trained(each, dtype="float32")[0].params for each in (data, cast))
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, wanted)


def table_text(rng, rows=60):
    X = rng.normal(size=(rows, 4))
    lines = [",".join([*(f"{value:.6f}" for value in row), "yes" if row.sum() > 0 else "no"]) for row in X]
    return "\n".join(["a,b,c,d,label", *lines])


def test_a_table_trains_and_goes_on_after_it_was_saved(rng):
    data = read_table(table_text(rng), "mine.csv").dataset("label")
    assert isinstance(data, Dataset)
    straight = Trainer([RUN.replace(optimizer="adam", dropout=0.2, schedule="cosine_annealing")], data)
    for _ in range(20):
        straight.update()
    resumed = copy.deepcopy(straight)
    for trainer in (straight, resumed):
        for _ in range(20):
            trainer.update()
    np.testing.assert_array_equal(straight.params, resumed.params)


def test_a_table_in_the_playground_beats_its_majority(rng):
    data = read_table(table_text(rng, 200), "mine.csv").dataset("label")
    playground = Playground(Settings(dataset="own", max_epochs=60, lr=0.1), data)
    playground.work(9)
    scores = playground.baselines()
    assert scores["linear"] > scores["majority"]
    assert playground.present.test_score[0] > scores["majority"]
    assert playground.confusion().sum() == len(data.y_test)
