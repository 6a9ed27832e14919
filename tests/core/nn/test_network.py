"""Networks against torch's numbers (reference/mlp.json), plain formulas, and the symmetries that any network has."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from core.checks import InputError
from core.nn import INITIALIZERS, LOSSES, Network
from core.nn.losses import Huber
from core.nn.network import Pass, with_ones

REFERENCE = json.loads((Path(__file__).parents[2] / "reference" / "mlp.json").read_text())["nets"]
NAMES = {"mse": "mean_squared_error", "bce": "binary_cross_entropy", "softmax": "softmax_cross_entropy"}
every_loss = pytest.mark.parametrize("loss", list(LOSSES))


def near(got, want, scale=0.0):
    got, want = np.asarray(got), np.asarray(want)
    assert got.shape == want.shape
    np.testing.assert_array_less(np.abs(got - want), 1e-12 + 1e-9 * np.maximum(np.abs(want), scale))


def problem(loss, rng, n=9, features=3):
    """A network for the loss, parameters, inputs and targets."""
    k = 1 if loss == "binary_cross_entropy" else 3
    network = Network([features, 6, 5, k], "tanh", loss)
    y = np.arange(n) % max(k, 2) if LOSSES[loss].task == "classes" else rng.normal(size=(n, k))
    return network, network.initial(rng), rng.normal(size=(n, features)), y


@pytest.mark.parametrize("case", REFERENCE, ids=lambda case: case["id"])
def test_torch_networks(case):
    activation = case["hidden_activation"].replace("gelu_exact", "gelu")
    network = Network(case["sizes"], activation, NAMES[case["loss"]], l1=case["l1"], l2=case["l2"])
    params = network.pack(list(zip(case["W"], case["b"], strict=True)))
    near(network.predict(params, case["X"]), case["output"])
    near(network.data_loss(params, case["X"], case["Y"]), case["loss_data"])
    near(network.penalty.value(params), case["penalty"])
    loss, grads = network.loss_and_gradient(params, case["X"], case["Y"])
    near(loss, case["loss_total"])
    want = network.pack(list(zip(case["grad_total"]["W"], case["grad_total"]["b"], strict=True)))
    near(grads, want, np.abs(want).max())
    bare = Network(case["sizes"], activation, NAMES[case["loss"]])
    want = network.pack(list(zip(case["grad_data"]["W"], case["grad_data"]["b"], strict=True)))
    near(bare.loss_and_gradient(params, case["X"], case["Y"])[1], want, np.abs(want).max())


def test_a_network_without_hidden_layers_is_logistic_regression(rng):
    X, y = rng.normal(size=(20, 4)), np.arange(20) % 3
    network = Network([4, 3], "tanh", "softmax_cross_entropy")
    params = rng.normal(size=network.parameters)
    ((W, b),) = network.unpack(params)
    z = X @ W.T + b
    loss, grads = network.loss_and_gradient(params, X, y)
    error = (softmax(z, axis=1) - np.eye(3)[y]) / 20
    near(loss, -log_softmax(z, axis=1)[np.arange(20), y].mean())
    near(grads, network.pack([(error.T @ X, error.sum(axis=0))]), scale=1)


def test_layers_and_flat_vector_are_the_same_numbers(rng):
    network = Network([3, 6, 5, 2], "relu", "huber")
    params = rng.normal(size=network.parameters)
    np.testing.assert_array_equal(network.pack(network.unpack(params)), params)
    W, b = network.unpack(params)[1]
    assert (W.shape, b.shape) == ((5, 6), (5,))
    W[:] = 0
    assert (params == 0).sum() == W.size  # views, not copies


@every_loss
def test_the_gradient_is_the_mean_over_samples(loss, rng):
    network, params, X, y = problem(loss, rng)
    whole_loss, whole = network.loss_and_gradient(params, X, y)
    singles = [network.loss_and_gradient(params, X[i : i + 1], y[i : i + 1]) for i in range(len(X))]
    np.testing.assert_allclose(np.mean([grads for _, grads in singles], axis=0), whole, rtol=0, atol=1e-12)
    assert np.mean([value for value, _ in singles]) == pytest.approx(whole_loss, abs=1e-12)
    assert all(isinstance(value, float) for value, _ in singles)


@every_loss
def test_the_order_of_samples_does_not_matter(loss, rng):
    network, params, X, y = problem(loss, rng)
    order = rng.permutation(len(X))
    loss_before, grads = network.loss_and_gradient(params, X, y)
    loss_after, shuffled = network.loss_and_gradient(params, X[order], y[order])
    np.testing.assert_allclose(shuffled, grads, rtol=0, atol=1e-12)
    assert loss_after == pytest.approx(loss_before, abs=1e-12)


@every_loss
def test_the_order_of_hidden_units_does_not_matter(loss, rng):
    network, params, X, y = problem(loss, rng)
    order = rng.permutation(6)

    def reordered(flat):
        (W1, b1), (W2, b2), last = network.unpack(flat)
        return network.pack([(W1[order], b1[order]), (W2[:, order], b2), last])

    np.testing.assert_allclose(network.predict(reordered(params), X), network.predict(params, X), rtol=0, atol=1e-12)
    there = network.loss_and_gradient(reordered(params), X, y)[1]
    np.testing.assert_allclose(there, reordered(network.loss_and_gradient(params, X, y)[1]), rtol=0, atol=1e-12)


@every_loss
def test_a_stack_is_its_runs_one_by_one(loss, rng):
    network, _, X, y = problem(loss, rng)
    strengths = np.array([0.0, 0.1, 0.2])
    together = Network(network.sizes, "tanh", loss, l1=strengths, l2=strengths[::-1])
    stack = np.stack([network.initial(rng) for _ in strengths])
    losses, grads = together.loss_and_gradient(stack, X, y)
    for run, (l1, l2) in enumerate(zip(strengths, strengths[::-1], strict=True)):
        alone = Network(network.sizes, "tanh", loss, l1=l1, l2=l2)
        one_loss, one_grads = alone.loss_and_gradient(stack[run], X, y)
        assert one_loss == losses[run]
        np.testing.assert_array_equal(one_grads, grads[run])
        np.testing.assert_array_equal(alone.predict(stack[run], X), together.predict(stack, X)[run])
        assert alone.data_loss(stack[run], X, y) == together.data_loss(stack, X, y)[run]


LAYOUTS = {
    "float32": lambda a: a.astype(np.float32),
    "Fortran": np.asfortranarray,
    "strided": lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
    "backwards": lambda a: a[::-1].copy()[::-1],
    "object": lambda a: a.astype(object),
    "list": lambda a: a.tolist(),
}


@pytest.mark.parametrize("layout", list(LAYOUTS))
def test_layouts_of_inputs(layout, rng):
    network, params, X, y = problem("mean_squared_error", rng)
    X, y, params = (np.round(array * 64) / 64 for array in (X, y, np.stack([params, params + 1])))  # exact in float32
    given = [LAYOUTS[layout](array) for array in (X, y)]
    stack = params if layout in ("list", "float32") else LAYOUTS[layout](params)
    before = [np.array(array) for array in (*given, stack)]
    for array in (*given, stack):
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
    losses, grads = network.loss_and_gradient(stack, *given)
    want_losses, want_grads = network.loss_and_gradient(params, X, y)
    np.testing.assert_allclose(losses, want_losses, rtol=1e-12)
    np.testing.assert_allclose(grads, want_grads, rtol=0, atol=1e-12)
    for array, kept in zip((*given, stack), before, strict=True):
        np.testing.assert_array_equal(array, kept)


def test_whole_and_boolean_inputs_are_numbers(rng):
    network = Network([2, 4, 3], "relu", "softmax_cross_entropy")
    params, X, y = network.initial(rng), np.array([[0, 1], [1, 1], [1, 0]]), np.array([0, 1, 2])
    want = network.loss_and_gradient(params, X.astype(float), y.astype(float))[1]
    for same in (X, X.astype(bool), X.astype(np.int8)):
        np.testing.assert_array_equal(network.loss_and_gradient(params, same, y.astype(np.uint8))[1], want)
    whole = np.ones(network.parameters, dtype=int)
    np.testing.assert_array_equal(
        network.loss_and_gradient(whole, X, y)[1], network.loss_and_gradient(whole.astype(float), X, y)[1]
    )


def test_float32_stays_float32_and_near(rng):
    network, params, X, y = problem("softmax_cross_entropy", rng)
    loss, grads = network.loss_and_gradient(params.astype(np.float32), X, y)
    want_loss, want = network.loss_and_gradient(params, X, y)
    assert grads.dtype == np.float32
    assert loss == pytest.approx(want_loss, rel=1e-5)
    np.testing.assert_allclose(grads, want, rtol=0, atol=1e-6)


def test_initial_weights_come_from_the_initializer_and_its_gain():
    network = Network([400, 300, 10], "relu", "softmax_cross_entropy")
    for name, draw in INITIALIZERS.items():
        (W, b), _ = network.unpack(network.initial(np.random.default_rng(3), name, gain=0.5))
        own = 2**0.5 if draw.for_activation else 1.0
        np.testing.assert_array_equal(W, draw(np.random.default_rng(3), 400, 300, gain=0.5 * own))
        assert not b.any()


@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
def test_fifty_layers_and_a_thousand_units(activation, rng):
    for sizes in ([5, *[20] * 50, 2], [5, 1024, 2]):
        network = Network(sizes, activation, "softmax_cross_entropy")
        params = network.initial(rng, "kaiming")
        loss, grads = network.loss_and_gradient(params, rng.normal(size=(30, 5)), np.arange(30) % 2)
        assert np.isfinite(loss)
        assert np.isfinite(grads).all()
        assert np.abs(grads).max() > 0


def test_buffers_are_used_again_and_again(rng):
    network, params, X, y = problem("softmax_cross_entropy", rng)
    stack, targets = params[None].copy(), np.eye(3)[y].T[None]
    work = Pass(network, stack, len(X))
    for _ in range(3):
        x = with_ones(rng.normal(size=X.shape)).T[None]
        stack += 0.1 * rng.normal(size=stack.shape)
        work.forward(x)
        got = work.backward(targets)
        np.testing.assert_array_equal(got[0], network.loss_and_gradient(stack[0], x[0, :-1].T, y)[1])


def test_extreme_weights_give_a_visible_infinity_and_no_warning(rng):
    network, params, X, y = problem("mean_squared_error", rng)
    for factor in (1e200, 1e308):
        network.loss_and_gradient(params * factor, X, y)
        assert not np.isfinite(network.data_loss(params * factor, X, y))


good = {"sizes": [2, 4, 1], "activation": "tanh", "loss": "mean_squared_error"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sizes": [2]}, "sizes is .2."),
        ({"sizes": [2, 0, 1]}, "layer width is 0"),
        ({"sizes": [2, -3, 1]}, "layer width is -3"),
        ({"sizes": [2, 2.5, 1]}, "layer width is 2.5"),
        ({"sizes": [2, "8", 1]}, "layer width is '8'"),
        ({"sizes": [2, True, 1]}, "layer width is True"),
        ({"activation": "rleu"}, "activation is 'rleu'.*did you mean 'relu'"),
        ({"activation": None}, "activation is None"),
        ({"loss": "huberr"}, "loss is 'huberr'.*did you mean 'huber'"),
        ({"l1": -1.0}, "l1 is -1"),
        ({"l2": np.nan}, "l2 is nan"),
        ({"l2": "0.1"}, "l2 is '0.1'"),
    ],
)
def test_bad_networks_are_named(change, message):
    with pytest.raises(InputError, match=message):
        Network(**(good | change))


ROWS = [[0.0, 1.0], [1.0, 0.0]]


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        ([[0.0, np.nan]] * 2, [0.0, 1.0], "X contains NaN"),
        ([[0.0, np.inf]] * 2, [0.0, 1.0], "X contains infinity"),
        ([[0.0, 1e300]] * 2, [0.0, 1.0], r"X is 1e\+300"),
        (np.empty((0, 2)), [], "X has shape"),
        (np.empty((2, 0)), [0.0, 1.0], "X has shape"),
        ([0.0, 1.0], [0.0, 1.0], "X has 1 dimensions.*reshape"),
        (ROWS, [0.0, 1.0, 2.0], "y has 3 rows, but X has 2"),
        (ROWS, [0.0, np.nan], "y contains NaN"),
        (ROWS, [[0.0, 1.0]] * 2, r"y has shape \(2, 2\)"),
        ([[1j, 0]] * 2, [0.0, 1.0], "complex"),
        ([["a", "b"]] * 2, [0.0, 1.0], "must hold numbers"),
        ([[0.0]] * 2, [0.0, 1.0], "X has 1 features, but the network expects 2"),
    ],
)
def test_bad_data_are_named(X, y, message):
    network = Network(**good)
    with pytest.raises(InputError, match=message):
        network.loss_and_gradient(np.zeros(network.parameters), X, y)


@pytest.mark.parametrize("y", [[0, 3], [-1, 0], [0.5, 1]])
def test_labels_out_of_range_are_named(y):
    network = Network([2, 4, 3], "tanh", "softmax_cross_entropy")
    with pytest.raises(InputError, match="y "):
        network.loss_and_gradient(np.zeros(network.parameters), ROWS, y)


@pytest.mark.parametrize("params", [np.zeros(3), np.zeros((1, 1, 17)), np.zeros((2, 16)), ["a"] * 17, [1j] * 17])
def test_bad_parameters_are_named(params):
    with pytest.raises(InputError, match="params "):
        Network(**good).predict(params, ROWS)


def test_a_loss_with_parameters_of_its_own(rng):
    X, y = rng.normal(size=(6, 2)), 5 * rng.normal(size=6)
    network = Network([2, 3, 1], "tanh", Huber(delta=0.5))
    params = network.initial(rng)
    near(network.data_loss(params, X, y), Huber(delta=0.5).value(network.predict(params, X), y))


@pytest.mark.parametrize(
    ("X", "sentence"),
    [
        ([[1.0], [1.0, 2.0]], "X has rows of different lengths"),
        ([[10**400, 1]], "X holds object values, but must hold numbers"),
        (np.ma.masked_array([[1.0, 2.0]], [[False, True]]), "X holds masked values, but must hold numbers"),
        (
            np.array([["2020-01-01", "2020-01-02"]], "datetime64[D]"),
            "X holds datetime64.D. values, but must hold numbers",
        ),
    ],
)
def test_what_numpy_would_take_for_numbers_or_stumble_over_is_refused(X, sentence):
    network = Network([2, 1], "tanh", "mean_squared_error")
    with pytest.raises(InputError, match=sentence):
        network.predict(np.zeros(network.parameters), X)


@pytest.mark.parametrize("sizes", [5, "23", [2], None])
def test_sizes_are_a_list(sizes):
    with pytest.raises(InputError, match="but must name at least the input and the output"):
        Network(sizes, "tanh", "mean_squared_error")
