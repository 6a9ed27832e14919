"""What the playground shows is what formulas say, on any data and inputs; its settings fit together or say why not."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from test_playground import batches, finished, quick

from core.checks import InputError
from core.data import Dataset, load_dataset
from core.data.rows import INPUTS
from core.nn import ACTIVATIONS
from core.optimizers import OPTIMIZERS
from core.playground.playground import Playground, Settings, run
from core.playground.settings import smooths
from core.studies.playground import curves, table
from core.training import RunSettings, Trainer

# Inputs


def test_inputs_are_their_formulas_standardized_by_the_training_part():
    formulas = {
        "x1": lambda a, b: a,
        "x2": lambda a, b: b,
        "x1_squared": lambda a, b: a**2,
        "x2_squared": lambda a, b: b**2,
        "product": lambda a, b: a * b,
        "sin_x1": lambda a, b: np.sin(a),
        "sin_x2": lambda a, b: np.sin(b),
    }
    assert list(formulas) == list(INPUTS)
    playground = Playground(quick(inputs=tuple(reversed(formulas))))
    raw = load_dataset("circles", 30, 30, 0.1)
    for part in ("X_train", "X_test"):
        for place, formula in enumerate(reversed(formulas.values())):
            made, train = formula(*getattr(raw, part).T), formula(*raw.X_train.T)
            want = (made - train.mean()) / train.std()
            np.testing.assert_allclose(getattr(playground.data, part)[:, place], want, rtol=1e-9, atol=1e-12)


def test_inputs_are_made_of_two_features_only():
    for name in ("wave", "iris"):
        assert Playground(quick(dataset=name, inputs=("product",))).data is quick(dataset=name).run().data()
    chosen = RunSettings(inputs=("product",))
    assert chosen.data() is chosen.replace(seed=1).data()  # runs of a stack share their data


# What it shows


def test_inside_is_what_formulas_say_of_the_batch():
    playground = Playground(quick(activations=("relu", "sigmoid"), l2=0.1))
    order = batches(playground)
    next(order)
    playground.set_weight(0, 1, None, -100.0)  # a unit that is dead
    playground.set_weight(1, 0, None, 4.0)  # and one that is saturated at a slope of 0.018, of 0.25 at most
    playground.set_weight(1, 1, None, 4.8)
    for unit, source in np.ndindex(2, 3):
        playground.set_weight(1, unit, source, 0.0)
    for _ in range(2):
        X, y = next(order)
        params = playground.params.copy()
        playground.update()
    inside = playground.inside()
    (W1, b1), (W2, b2), (W3, b3) = playground.network.unpack(params)
    z1 = X @ W1.T + b1
    a1 = np.maximum(z1, 0)
    a2 = 1 / (1 + np.exp(-(a1 @ W2.T + b2)))
    z3 = a2 @ W3.T + b3
    p = np.exp(z3) / np.exp(z3).sum(axis=1, keepdims=True)
    d3 = (p - np.eye(2)[y]) / len(X)
    d2 = d3 @ W3 * a2 * (1 - a2)
    d1 = d2 @ W2 * (z1 > 0)
    for layer, (delta, a, W) in enumerate([(d1, X, W1), (d2, a1, W2), (d3, a2, W3)]):
        np.testing.assert_allclose(inside.deltas[layer], np.sqrt((delta**2).mean(axis=0)), rtol=1e-9, atol=1e-15)
        np.testing.assert_allclose(inside.gradients[layer].W, delta.T @ a + 0.1 * W, rtol=1e-9, atol=1e-15)
        np.testing.assert_allclose(inside.gradients[layer].b, delta.sum(axis=0), rtol=1e-9, atol=1e-15)
        assert inside.delta_norms[layer] == pytest.approx(np.sqrt((delta**2).sum()), rel=1e-9)
        assert inside.gradient_norms[layer] == pytest.approx(np.sqrt((inside.gradients[layer].W ** 2).sum()), rel=1e-9)
        W = playground.network.unpack(playground.params)[layer][0]
        assert inside.weight_norms[layer] == pytest.approx(np.sqrt((W**2).sum()), rel=1e-12)
    assert inside.dead.tolist() == [(z1 <= 0).all(axis=0).mean(), 0]
    assert inside.saturated.tolist() == [((z1 > 0).mean(axis=0) <= 0.1).mean(), 0.5]  # at most 5 % of the largest slope
    assert inside.dead[0] > 0
    losses = -np.log(p[np.arange(len(y)), y])
    assert playground.batch_loss == pytest.approx(losses.mean(), rel=1e-12)


def test_the_loss_is_shown_without_the_penalty_and_the_penalty_apart():
    bare, penalized = Playground(quick()), Playground(quick(l1=0.2, l2=0.3))
    assert bare.present.train_loss == penalized.present.train_loss
    assert bare.batch_loss == penalized.batch_loss
    weights = np.concatenate([W.ravel() for W, _ in bare.network.unpack(bare.params)])
    want = 0.2 * np.abs(weights).sum() + 0.15 * (weights**2).sum()
    assert (bare.present.penalty[0], penalized.present.penalty[0]) == (0, pytest.approx(want, rel=1e-12))


@pytest.mark.parametrize(
    "changes",
    [{}, {"inputs": ("x1_squared", "sin_x2", "x2")}, {"dataset": "iris"}, {"dataset": "wave"}, {"hidden": ()}],
)
def test_maps_are_the_network_on_the_plane(changes):
    playground, side = finished(quick(**changes)), 7
    plane, layers = playground.plane(side), playground.network.unpack(playground.params)
    grid = np.stack(np.meshgrid(plane.x, plane.y), axis=-1).reshape(-1, 2)
    if changes.get("dataset") == "iris":
        X = playground.source.X_train
        axes = np.linalg.svd(X - X.mean(axis=0))[2][:2]
        grid = grid @ axes
    if changes.get("dataset") == "wave":
        grid = np.repeat(plane.x[None], side, axis=0).reshape(-1, 1)
    if "inputs" in changes:
        formulas = [lambda X: X[:, 0] ** 2, lambda X: np.sin(X[:, 1]), lambda X: X[:, 1]]
        train = np.stack([formula(playground.source.X_train) for formula in formulas], axis=1)
        grid = (np.stack([formula(grid) for formula in formulas], axis=1) - train.mean(axis=0)) / train.std(axis=0)
    shape = (-1, side, side)
    np.testing.assert_allclose(playground.input_maps(side), grid.T.reshape(shape), rtol=1e-9, atol=1e-12)
    maps, a = playground.unit_maps(side), grid
    for place, ((W, b), got) in enumerate(zip(layers, maps, strict=True)):
        a = a @ W.T + b
        a = a if place == len(layers) - 1 else np.tanh(a)
        np.testing.assert_allclose(got, a.T.reshape(shape), rtol=1e-9, atol=1e-12)
    said = playground.output_map(side)
    if changes.get("dataset") == "wave":
        np.testing.assert_allclose(said, maps[-1][0, 0], rtol=1e-12)
    elif changes.get("dataset") == "iris":
        np.testing.assert_array_equal(said, maps[-1].argmax(axis=0))
    else:
        np.testing.assert_allclose(said, np.exp(maps[-1][1]) / np.exp(maps[-1]).sum(axis=0), rtol=1e-9)


def test_the_plane_of_two_chosen_features():
    playground = Playground(quick(dataset="iris"))
    playground.view = (3, 1)
    plane, X = playground.plane(5), playground.source.X_train
    np.testing.assert_array_equal(plane.points, X[:, [3, 1]])
    assert plane is playground.plane(5)
    np.testing.assert_array_equal(playground.input_maps(5)[[0, 2]], 0)  # the others are at their means
    np.testing.assert_allclose(playground.input_maps(5)[1][:, 0], plane.y)
    playground.view = (0, 4)
    with pytest.raises(InputError, match="view is 4"):
        playground.plane(5)


@pytest.mark.parametrize("changes", [{}, {"dataset": "iris"}, {"loss": "binary_cross_entropy"}])
def test_the_confusion_counts_the_test_samples(changes):
    playground = finished(quick(**changes, lr=0.5))
    confusion, y = playground.confusion(), playground.data.y_test
    assert confusion.sum(axis=1).tolist() == np.bincount(y).tolist()
    assert playground.score == "accuracy"
    assert np.trace(confusion) / len(y) == pytest.approx(playground.present.test_score[0])
    guesses = playground.network.predict(playground.params, playground.data.X_test)
    guesses = guesses.argmax(axis=1) if guesses.shape[1] > 1 else guesses[:, 0] > 0
    assert confusion[0, 1] == ((y == 0) & (guesses == 1)).sum()


def test_a_regression_has_r2_and_no_confusion():
    playground = finished(quick(dataset="wave"))
    y, said = playground.data.y_test, playground.predicted()
    assert (playground.score, playground.confusion()) == ("R2", None)
    assert playground.present.test_score[0] == pytest.approx(1 - ((y - said) ** 2).sum() / ((y - y.mean()) ** 2).sum())


def test_baselines_are_fitted_to_the_training_part_and_scored_on_the_test_part():
    data = Playground(quick(dataset="diabetes")).data
    fit = np.linalg.lstsq(np.c_[data.X_train, np.ones(len(data.X_train))], data.y_train, rcond=None)[0]
    y, total = data.y_test, ((data.y_test - data.y_test.mean()) ** 2).sum()
    linear = 1 - ((y - np.c_[data.X_test, np.ones(len(y))] @ fit) ** 2).sum() / total
    found = Playground(quick(dataset="diabetes")).baselines()
    assert found == {
        "majority": pytest.approx(1 - ((y - data.y_train.mean()) ** 2).sum() / total),
        "linear": pytest.approx(linear),
        "neighbours": pytest.approx(1 - ((y - _neighbours_mean(data)) ** 2).sum() / total),
    }
    own = own_data(shift=0.4)
    found = Playground(quick(dataset="own"), own).baselines()
    assert found["majority"] == (own.y_test == np.bincount(own.y_train).argmax()).mean()
    assert found["linear"] > 0.9 > found["majority"]
    circles = (
        Playground(quick(samples=200)).baselines(),
        Playground(quick(samples=200, inputs=("x1_squared", "x2_squared"))).baselines(),
    )
    assert circles[0]["linear"] < 0.7 < 0.95 < circles[1]["linear"]  # on the inputs that the network is shown


def _neighbours_mean(data, count=10):
    distances = ((data.X_test[:, None] - data.X_train) ** 2).sum(axis=2)
    return data.y_train[np.argsort(distances, axis=1)[:, :count]].mean(axis=1)


def own_data(shift=0.0, classes=2):
    """A line through the plane divides the classes."""
    X = np.random.default_rng(1).normal(size=(90, 2))
    y = np.digitize(X.sum(axis=1), shift + np.arange(classes - 1.0))
    return Dataset("mine", "classes", classes, X[:60], y[:60], X[60:], y[60:])


def test_own_data_are_learnt():
    own = own_data(classes=3)
    playground = finished(quick(dataset="own", lr=0.5, max_epochs=60), own)
    assert playground.network.sizes == [2, 3, 2, 3]
    assert playground.data is own
    assert playground.present.test_score[0] > 0.8
    made = Playground(quick(dataset="own", inputs=("product", "x1")), own)
    np.testing.assert_allclose(made.data.X_train.mean(axis=0), 0, atol=1e-12)
    with pytest.raises(InputError, match="dataset is 'own', but there is no table"):
        Playground(quick(dataset="own"))
    with pytest.raises(InputError, match="dataset is 'own', but must be one of"):
        Trainer([RunSettings(dataset="own")])
    one = Dataset("one class", "classes", 2, own.X_train, own.y_train * 0, own.X_test, own.y_test * 0)
    assert Playground(quick(dataset="own"), one).baselines() == dict.fromkeys(("majority", "linear", "neighbours"), 1.0)


# The settings, and the experiment of the page


def test_settings_travel_in_a_link():
    settings = quick(
        dataset="own", hidden=(4, 4, 4), activations=("relu", "tanh", "relu"), inputs=("product", "x2"), momentum=0.5
    )
    assert Settings.from_text(settings.to_text()) == (settings, [])
    linear = quick(hidden=())
    assert Settings.from_text(linear.to_text()) == (linear, [])
    assert Playground(linear).network.sizes == [2, 2]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hidden": (2,) * 13}, "hidden has 13 layers"),
        ({"hidden": (65,)}, r"hidden is 65, but must be in \[1, 64\]"),
        ({"activations": ()}, "activations is"),
        ({"activations": ("rleu",)}, "did you mean 'relu'"),
        ({"inputs": ()}, "inputs is"),
        ({"inputs": ("x1", "x1")}, "inputs is"),
        ({"activations": ("relu", "tanh", "relu")}, "activation has 3 names, but must have one for each of 2"),
        ({"dataset": "wave", "loss": "softmax_cross_entropy"}, "wave holds numbers"),
        ({"optimizer": "nesterov", "momentum": 0.0}, "momentum is 0"),
    ],
)
def test_settings_that_do_not_fit_are_named(changes, message):
    with pytest.raises(InputError, match=message):
        Playground(quick(**changes))


@hypothesis(max_examples=30, derandomize=True, deadline=None)
@given(
    st.fixed_dictionaries(
        {
            "samples": st.integers(20, 40),
            "test_share": st.floats(0.1, 0.9),
            "hidden": st.lists(st.integers(1, 64), max_size=12).map(tuple),
            "activations": st.lists(st.sampled_from(list(ACTIVATIONS)), min_size=12, max_size=12).map(tuple),
            "inputs": st.lists(st.sampled_from(list(INPUTS)), min_size=1, max_size=7, unique=True).map(tuple),
            "optimizer": st.sampled_from([name for name in OPTIMIZERS if name != "nesterov"]),
            "lr": st.floats(1e-6, 100),
            "momentum": st.floats(0, 0.999),
            "batch_size": st.integers(1, 5000),
            "l1": st.floats(0, 10),
            "dropout": st.floats(0, 0.9),
            "label_smoothing": st.floats(0, 0.99),
            "patience": st.integers(0, 3),
        }
    )
)
def test_any_settings_in_range_can_be_played_with(values):
    several = values["activations"][: len(values["hidden"])] or values["activations"][:1]
    playground = Playground(Settings(**values | {"activations": several}))
    for _ in range(3):
        playground.update()
    assert len(playground.unit_maps(4)) == len(values["hidden"]) + 1
    assert len(playground.inside().deltas) == len(values["hidden"]) + 1
    assert len(curves(playground)) == len(playground.history)


@pytest.mark.parametrize(
    ("changes", "acts"),
    [
        ({}, True),
        ({"loss": "binary_cross_entropy"}, True),
        ({"dataset": "own"}, True),
        ({"loss": "huber"}, False),
        ({"dataset": "wave"}, False),
    ],
)
def test_label_smoothing_acts_where_the_loss_has_it(changes, acts):
    settings = quick(label_smoothing=0.2, **changes)
    playground = Playground(settings, own_data())
    assert smooths(settings.loss, settings.dataset) == acts
    assert getattr(playground.network.loss, "label_smoothing", 0.0) == 0.2 * acts
    assert playground.trainer.train.t.min() == (0.1 if acts else pytest.approx(playground.data.y_train.min()))


def test_label_smoothing_of_numbers_of_ones_own_is_refused():
    own = own_data()
    numbers = Dataset("mine", "numbers", 1, own.X_train, own.X_train[:, 0], own.X_test, own.X_test[:, 0])
    with pytest.raises(InputError, match=r"label_smoothing is 0\.2, but mean_squared_error has none"):
        Playground(quick(dataset="own", label_smoothing=0.2), numbers)


def test_the_experiment_of_a_page():
    seen = [(result.progress, result.phase) for result in run(quick())]
    assert seen[0] == (0, "step 0, epoch 0")
    assert seen[-1] == (1.0, "All 4 epochs are done")
    result = finished(quick())
    assert table(result)["model"].tolist() == ["network", "majority", "linear", "neighbours"]
    assert curves(result)["train_loss"].tolist() == result.history.train_loss[:, 0].tolist()


def test_a_thousand_updates_a_second_while_it_draws():
    """The default network, with all that ten pictures show measured on the way; it does some 20 times as many."""
    playground = Playground(Settings(max_epochs=10_000))
    started = time.process_time()
    for _ in range(10):
        for _ in range(100):
            playground.update()
        playground.inside(), playground.unit_maps(20), playground.output_map(48), playground.history.train_loss
    assert time.process_time() - started < 1
