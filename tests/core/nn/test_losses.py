"""Losses against torch's numbers (reference/losses.json), plain formulas, finite differences and extreme logits."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax, softmax

from core.checks import InputError
from core.nn import LOSSES
from core.nn.losses import BinaryCrossEntropy, Huber, SoftmaxCrossEntropy, loss_of

FOLDER = Path(__file__).parents[2] / "reference"
REFERENCE = json.loads((FOLDER / "losses.json").read_text())
SMOOTHED = json.loads((FOLDER / "label_smoothing.json").read_text())["cases"]
ELEMENTWISE = {"huber_delta1": "huber", "mae": "mean_absolute_error", "squared": "mean_squared_error"}
every = pytest.mark.parametrize("name", list(LOSSES))


def near(got, want):
    got, want = np.asarray(got), np.asarray(want)
    return got.shape == want.shape and np.all(np.abs(got - want) <= 1e-12 + 1e-9 * np.abs(want))


def random_pair(name, n=7, k=3, seed=0):
    rng = np.random.default_rng(seed)
    z, t = rng.normal(size=(n, k)) * 2, rng.normal(size=(n, k))
    targets = {"binary_cross_entropy": rng.random((n, k)), "softmax_cross_entropy": softmax(t, axis=1)}
    if name not in targets and LOSSES[name].task == "classes":
        return z, np.arange(n) % k
    return z, targets.get(name, t)


@pytest.mark.parametrize("row", REFERENCE["bce_with_logits"]["rows"], ids=lambda row: f"target {row['target']}")
def test_binary_cross_entropy_of_torch(row):
    logits = np.array(REFERENCE["bce_with_logits"]["logits"])
    loss = LOSSES["binary_cross_entropy"]
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        for z, value, slope in zip(logits, row["loss"], row["dloss_dlogit"], strict=True):
            assert near(loss.value([[z]], [row["target"]]), value)
            assert near(loss.gradient([[z]], [row["target"]]), [[slope]])
        targets = np.full(len(logits), row["target"])
        assert near(loss.value(logits[:, None], targets), np.mean(row["loss"]))
        assert near(loss.gradient(logits[:, None], targets)[:, 0], np.array(row["dloss_dlogit"]) / len(logits))


@pytest.mark.parametrize("case", REFERENCE["softmax_cross_entropy"], ids=lambda case: str(case["logits"]))
def test_softmax_cross_entropy_of_torch(case):
    loss = LOSSES["softmax_cross_entropy"]
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert near(loss.value([case["logits"]], [case["target"]]), case["loss"])
        assert near(loss.gradient([case["logits"]], [case["target"]])[0], case["dloss_dlogits"])


def test_batch_means_of_torch():
    batch, mse = REFERENCE["batch"], REFERENCE["mse"]
    assert near(LOSSES["softmax_cross_entropy"].value(batch["logits"], batch["targets"]), batch["loss_mean"])
    assert near(LOSSES["softmax_cross_entropy"].gradient(batch["logits"], batch["targets"]), batch["dloss_dlogits"])
    square = LOSSES["mean_squared_error"]
    assert near(square.value(mse["prediction"], mse["target"]), mse["loss_mean_over_all_elements"])
    assert near(square.gradient(mse["prediction"], mse["target"]), mse["dloss_dprediction"])


@pytest.mark.parametrize("kind", list(ELEMENTWISE))
def test_errors_of_torch(kind):
    loss = LOSSES[ELEMENTWISE[kind]]
    with np.errstate(over="raise", invalid="raise"):
        for error, value, slope in zip(REFERENCE["errors"], *REFERENCE["elementwise"][kind].values(), strict=True):
            assert near(loss.value([[error]], [[0.0]]), value)
            assert near(loss.gradient([[error]], [[0.0]]), [[slope]])


@every
def test_the_gradient_is_the_slope(name):
    loss, h = LOSSES[name], 1e-5
    z, t = random_pair(name)
    gradient = loss.gradient(z, t)
    for i, j in np.ndindex(z.shape):
        step = np.zeros_like(z)
        step[i, j] = h
        assert gradient[i, j] == pytest.approx((loss.value(z + step, t) - loss.value(z - step, t)) / (2 * h), abs=1e-9)


@every
def test_stacks_of_runs_equal_one_by_one(name):
    loss, pairs = LOSSES[name], [random_pair(name, seed=seed) for seed in range(4)]
    z = np.stack([z.T for z, _ in pairs])
    t = np.stack([loss.encode(t, z.shape[1]).T for z, t in pairs])
    kept = z.copy(), t.copy()
    assert near(loss.values(z, t), [loss.value(*pair) for pair in pairs])
    wide = np.full((4, 5, 7), 9.0)
    out = wide[:, :3]
    assert loss.delta(z, t, out=out) is out
    assert near(out.swapaxes(1, 2), [loss.gradient(*pair) for pair in pairs])
    assert (wide[:, 3:] == 9).all()
    assert near(loss.delta(z, t), out)
    np.testing.assert_array_equal((z, t), kept)
    assert near(loss.values(z, t[:1]), [loss.value(pair[0], pairs[0][1]) for pair in pairs])
    single = loss.delta(z.astype(np.float32), t.astype(np.float32))
    assert single.dtype == loss.values(z.astype(np.float32), t.astype(np.float32)).dtype == np.float32
    np.testing.assert_allclose(single, out, atol=1e-6)


@every
@pytest.mark.parametrize("size", [1e4, 3e4, 1e6])
def test_extreme_outputs(name, size):
    loss = LOSSES[name]
    z = size * np.array([[1.0, 1, 1], [-1, -1, -1], [1, -1, 0], [-1, 0, 1]])
    for t in ([[1, 0, 0]] * 4, [[0, 0, 1]] * 4, [[0.2, 0.5, 0.3]] * 4):
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            results = loss.value(z, t), loss.gradient(z, t)
        assert all(np.isfinite(result).all() for result in results)
    if name == "softmax_cross_entropy":
        assert near(loss.value(z, [1, 1, 1, 1]), np.mean([np.log(3), np.log(3), 2 * size, size]))
    if name == "binary_cross_entropy":
        assert near(loss.value(z[2:3], [[0.3, 0.3, 0.3]]), (0.7 * size + 0.3 * size + np.log(2)) / 3)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.floats(-30, 30), st.floats(-30, 30), st.integers(0, 1)), min_size=1, max_size=5))
def test_plain_formulas(rows):
    z, labels = np.array([row[:2] for row in rows]), [row[2] for row in rows]
    plain = -np.mean([log_softmax(logits)[label] for logits, label in zip(z, labels, strict=True)])
    assert LOSSES["softmax_cross_entropy"].value(z, labels) == pytest.approx(plain, rel=1e-9, abs=1e-12)
    difference = z[:, 1:] - z[:, :1]  # two classes by softmax are one logit by the sigmoid
    assert LOSSES["binary_cross_entropy"].value(difference, labels) == pytest.approx(plain, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("z", [1.0, 20.0, 30.0, 36.0, 40.0, 700.0])
def test_a_sure_and_right_answer_keeps_all_digits_of_its_loss(z):
    """It is ln(1 + e^-|z|), about e^-|z|, and no difference of large numbers."""
    loss, right = LOSSES["binary_cross_entropy"], math.log1p(math.exp(-z))
    assert loss.value([[z]], [1]) == pytest.approx(right, rel=1e-14, abs=0)
    assert loss.value([[-z]], [0]) == pytest.approx(right, rel=1e-14, abs=0)
    assert loss.value([[z]], [0]) == pytest.approx(z + right, rel=1e-15)
    stack = np.array([z, -z, z], np.float32).reshape(3, 1, 1), np.array([1, 0, 0], np.float32).reshape(3, 1, 1)
    if z < 80:  # e^-z is a number in float32
        np.testing.assert_allclose(loss.values(*stack), [right, right, z + right], rtol=1e-6, atol=0)


@pytest.mark.parametrize("case", SMOOTHED, ids=lambda case: f"{case['loss']} {case['label_smoothing']}")
def test_label_smoothing_of_torch(case):
    loss = loss_of(case["loss"], case["label_smoothing"])
    assert near(loss.value(case["logits"], case["targets"]), case["value"])
    assert near(loss.gradient(case["logits"], case["targets"]), case["gradient"])


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.floats(1e-6, 0.99), st.integers(2, 6))
def test_smoothed_labels_are_learnt_best_by_an_answer_that_is_not_quite_sure(epsilon, k):
    """The gradient is 0 where the right class has the probability 1 - ε + ε/k, and each other one ε/k."""
    right, wrong = 1 - epsilon + epsilon / k, epsilon / k
    z = np.log(np.where(np.eye(k) > 0, right, wrong))
    assert np.abs(SoftmaxCrossEntropy(epsilon).gradient(z, np.arange(k))).max() < 1e-15
    sure = math.log((1 - epsilon / 2) / (epsilon / 2))
    assert np.abs(BinaryCrossEntropy(epsilon).gradient([[sure], [-sure]], [1, 0])).max() < 1e-15
    assert (
        np.abs(BinaryCrossEntropy(epsilon).gradient(np.where(np.eye(k) > 0, sure, -sure), np.arange(k))).max() < 1e-15
    )


def test_losses_of_the_same_parameters_are_equal():
    several = [
        Huber(),
        Huber(2.0),
        *(kind(eps) for kind in (BinaryCrossEntropy, SoftmaxCrossEntropy) for eps in (0, 0.1)),
    ]
    again = [
        Huber(1.0),
        Huber(2.0),
        *(kind(eps) for kind in (BinaryCrossEntropy, SoftmaxCrossEntropy) for eps in (0, 0.1)),
    ]
    assert several == again
    assert [hash(loss) for loss in several] == [hash(loss) for loss in again]
    assert len({*several, *again, *LOSSES.values()}) == len(several) + 2  # with the two errors of numbers


def test_only_cross_entropies_have_label_smoothing():
    for name, loss in LOSSES.items():
        assert loss_of(name, 0.0) is loss
        if loss.task == "classes":
            assert loss_of(name, 0.2).label_smoothing == 0.2
        else:
            with pytest.raises(
                InputError, match=f"^label_smoothing is 0.2, but {name} has none, only binary_cross_ent"
            ):
                loss_of(name, 0.2)
    with pytest.raises(InputError, match="did you mean 'huber'"):
        loss_of("hubert", 0.0)


def test_huber_between_square_and_absolute():
    z, t = random_pair("huber")
    assert near(Huber(delta=1e3).value(z, t), LOSSES["mean_squared_error"].value(z, t) / 2)
    assert Huber(delta=1e-7).value(z, t) / 1e-7 == pytest.approx(LOSSES["mean_absolute_error"].value(z, t), rel=1e-6)


def test_each_loss_says_what_it_is_for():
    tasks = {name: loss.task for name, loss in LOSSES.items()}
    assert tasks["softmax_cross_entropy"] == tasks["binary_cross_entropy"] == "classes"
    assert {tasks[name] for name in ELEMENTWISE.values()} == {"numbers"}
    assert all(loss.formula and vars(type(loss))["__doc__"] for loss in LOSSES.values())


def test_classes_become_targets():
    """As class numbers for losses of classes, as columns of 0 and 1 for others; one output tells two apart."""
    y = np.array([0, 2, 1])
    for name in ("softmax_cross_entropy", "binary_cross_entropy"):
        np.testing.assert_array_equal(LOSSES[name].encode(y, 3), np.eye(3)[y])
    for loss in LOSSES.values():
        assert loss.targets(y, "classes", 3, "y").shape == (3, 3)
    for name in ELEMENTWISE.values():
        np.testing.assert_array_equal(LOSSES[name].targets(y, "classes", 3, "y"), np.eye(3)[y])
        np.testing.assert_array_equal(LOSSES[name].targets(y, "numbers", 1, "y"), y[:, None])
    assert LOSSES["binary_cross_entropy"].one_for_two
    assert not LOSSES["softmax_cross_entropy"].one_for_two
    np.testing.assert_array_equal(LOSSES["binary_cross_entropy"].targets(y % 2, "classes", 1, "y")[:, 0], y % 2)


@pytest.mark.parametrize("targets", [[0, 1, 1], [True, False, True], np.array([0, 1, 1], object), [0.0, 1.0, 1.0]])
def test_labels_of_any_type(targets):
    one_hot = LOSSES["softmax_cross_entropy"].encode(targets, 2)
    assert one_hot.dtype == np.float64
    np.testing.assert_array_equal(one_hot.argmax(axis=1), np.asarray(targets, float))
    np.testing.assert_array_equal(LOSSES["binary_cross_entropy"].encode(targets, 1)[:, 0], np.asarray(targets, float))


TWO, ONE = np.zeros((3, 2)), np.zeros((3, 1))
BAD = {
    "labels too large": ("softmax_cross_entropy", TWO, [0, 1, 2], r"targets is 2, but must be in \[0, 1\]"),
    "labels negative": ("softmax_cross_entropy", TWO, [0, 1, -1], "targets is -1"),
    "labels not whole": ("softmax_cross_entropy", TWO, [0, 1, 0.5], "targets holds 0.5, but must be class numbers"),
    "labels of text": ("softmax_cross_entropy", TWO, ["a", "b", "a"], "targets holds"),
    "not probabilities": ("softmax_cross_entropy", TWO, TWO, "sum of a row of targets is 0"),
    "one class": ("softmax_cross_entropy", ONE, [0, 0, 0], "needs at least 2"),
    "rows of labels": ("softmax_cross_entropy", TWO, [0, 1], "targets has 2 rows, but outputs has 3"),
    "not a share": ("binary_cross_entropy", ONE, [0, 1, 2], r"targets is 2, but must be in \[0, 1\]"),
    "rows": ("mean_squared_error", ONE, [0, 1], "targets has 2 rows, but outputs has 3"),
    "no broadcasting": ("mean_squared_error", TWO, [0, 1, 2], r"targets has shape \(3,\), but must have 2 columns"),
    "columns": ("huber", ONE, TWO, r"targets has shape \(3, 2\), but must have 1 columns"),
    "flat outputs": ("mean_absolute_error", [0.0, 1.0], [0.0, 1.0], "outputs has 1 dimensions"),
    "NaN target": ("mean_squared_error", ONE, [0, 1, np.nan], "targets contains NaN"),
    "NaN label": ("softmax_cross_entropy", TWO, [0, 1, np.nan], "targets contains NaN"),
    "NaN output": ("mean_squared_error", [[np.nan]], [0], "outputs contains NaN"),
    "infinity": ("binary_cross_entropy", [[np.inf]], [0], "outputs contains infinity"),
    "nothing": ("mean_squared_error", np.zeros((0, 1)), [], "must not be empty"),
}


@pytest.mark.parametrize("case", list(BAD))
def test_bad_input_is_named(case):
    name, outputs, targets, message = BAD[case]
    for method in (LOSSES[name].value, LOSSES[name].gradient):
        with pytest.raises(InputError, match=message):
            method(outputs, targets)


def test_bad_parameters_are_named():
    with pytest.raises(InputError, match="delta"):
        Huber(delta=0)
    for kind in (BinaryCrossEntropy, SoftmaxCrossEntropy):
        with pytest.raises(InputError, match=r"label_smoothing is 1.1, but must be in \[0, 1\]"):
            kind(label_smoothing=1.1)
    with pytest.raises(InputError, match="number of classes"):
        SoftmaxCrossEntropy().encode([0, 1])
    with pytest.raises(InputError, match="y is -1"):
        BinaryCrossEntropy().encode([1, -1])
