"""Mini-batches: every sample once in an epoch, in an order that only the seed decides, whatever else runs beside."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, r2_score

from core.checks import InputError
from core.nn import LOSSES, Loss, Network
from core.nn.losses import BinaryCrossEntropy, SoftmaxCrossEntropy, one_hot
from core.settings import extra
from core.training import RunSettings, Trainer
from core.training.batches import Batches, Part, held_out, scores, split


def part_of(*datasets, loss=LOSSES["softmax_cross_entropy"], outputs=3):
    return split(datasets, loss, outputs, 0, np.dtype(np.float64))[0]


def serve(part, seeds, batch_size, alive=None, together=2):
    """Batches bound to a small network; samples are numbered by their first feature."""
    alive = np.arange(len(seeds)) if alive is None else alive
    for place in range(len(part.rows)):
        part.rows[place, :, 0] = np.arange(part.size) + 1000 * place
    part.x[:] = part.rows.swapaxes(1, 2)
    network = Network([part.rows.shape[2] - 1, 4, part.t.shape[1]], "tanh", "softmax_cross_entropy")
    params = np.zeros((len(alive), network.parameters))
    batches = Batches(part, seeds, batch_size)
    batches.bind(network, params, alive, together)
    return batches


def following(batches):
    """The next samples x (R, features + 1, B) and t (R, k, B) of all runs, group by group."""
    parts = []
    for batch in batches.next():
        batches.gather(batch)
        assert batch.work.outputs.shape[-1] == batch.x.shape[-1]
        parts.append((batch.x.copy(), batch.t.copy()))
    return [np.concatenate(part) for part in zip(*parts, strict=True)]


def samples(batches):
    """Numbers of the next samples, (R, B)."""
    return following(batches)[0][:, 0]


@pytest.mark.parametrize(("n", "size"), [(9, 3), (10, 3), (10, 1), (7, 6), (2, 1)])
def test_an_epoch_visits_every_sample_once(make_data, n, size):
    part = part_of(*[make_data(n)] * 2)
    batches = serve(part, [0, 1], size)
    for _ in range(3):
        seen = []
        while sum(each.shape[1] for each in seen) < n:
            x, t = following(batches)
            assert (x[:, -1] == 1).all()
            index = x[:, 0].astype(int)
            np.testing.assert_array_equal(t, part.t[0][:, index].swapaxes(0, 1))
            seen.append(index)
        np.testing.assert_array_equal(np.sort(np.hstack(seen), axis=1), [np.arange(n)] * 2)
        widths = [each.shape[1] for each in seen]
        assert widths == [size] * (n // size) + [n % size] * (n % size > 0)


@pytest.mark.parametrize("size", [None, 5, 6, 100_000])
def test_a_batch_of_all_is_the_whole_set_in_place(make_data, size):
    part = part_of(*[make_data(5)] * 3)
    batches = serve(part, [0, 1, 2], size)
    first, second = batches.next()
    assert first.x.shape == second.x.shape == (1, 3, 5)
    assert np.shares_memory(first.x, part.x)
    assert [batch.rows for batch in (first, second)] == [slice(0, 2), slice(2, 3)]


def test_the_order_depends_on_the_seed_alone(make_data):
    first, second = make_data(12), make_data(12)
    stack = serve(part_of(first, second, first), [7, 7, 8], 5)
    alone = serve(part_of(first), [8], 5)
    shuffled = []
    for _ in range(6):
        together = samples(stack)
        np.testing.assert_array_equal(together[0] + 1000, together[1])  # same places in the data of another run
        np.testing.assert_array_equal(together[2], samples(alone)[0])
        shuffled.append(together[0])
    assert not np.array_equal(shuffled[0], shuffled[3])  # another order in the next epoch


def test_runs_that_leave_change_nothing_for_the_others(make_data):
    data = [make_data(11)] * 3
    stays, leaves = serve(part_of(*data), [3, 4, 5], 4), serve(part_of(*data), [3, 4, 5], 4)
    network, params = Network([2, 4, 3], "tanh", "softmax_cross_entropy"), np.zeros((2, 27))
    for step in range(9):
        if step == 2:  # in the middle of an epoch
            leaves.bind(network, params, np.array([0, 2]), 1)
        want = samples(stays)
        np.testing.assert_array_equal(samples(leaves), want[[0, 2]] if step >= 2 else want)


def test_split_holds_out_a_share_and_keeps_the_order_of_the_rest(make_data):
    data, loss = make_data(10, task="numbers"), LOSSES["mean_squared_error"]
    train, test, validation = split([data], loss, 1, 0.2, np.dtype(np.float32), [3])
    assert (train.size, test.size, validation.size) == (8, 5, 2)
    assert train.x.dtype == np.float32
    held = held_out(np.zeros(10), 2, 3)
    for part, rows in ((validation, held), (train, np.setdiff1d(np.arange(10), held))):
        np.testing.assert_array_equal(part.x[0, :-1].T, data.X_train[rows].astype(np.float32))
        np.testing.assert_array_equal(part.t[0, 0], data.y_train[rows].astype(np.float32))
    assert split([make_data(2)], loss, 3, 0.2, np.dtype(float), [0])[2].size == 1  # never an empty judge
    assert split([data], loss, 1, 0, np.dtype(float))[2] is None


@pytest.mark.parametrize("loss", list(LOSSES))
def test_every_loss_of_classes_is_judged_by_the_same_rows(make_data, loss):
    """Its share of each class, however the classes are encoded; two of them also as the one output of yes or no."""
    data, two = make_data(30), make_data(30)
    two = replace(two, y_train=two.y_train % 2, y_test=two.y_test % 2, outputs=2)
    for source, expected in ((data, [2, 2, 2]), (two, [4, 2])):
        outputs = 1 if LOSSES[loss].one_for_two and source.outputs == 2 else source.outputs
        validation = split([source], LOSSES[loss], outputs, 0.2, np.dtype(float), [5])[2]
        held = held_out(source.y_train, 6, 5)
        np.testing.assert_array_equal(validation.x[0, :-1].T, source.X_train[held])
        np.testing.assert_array_equal(np.bincount(source.y_train[held]), expected)


def test_runs_of_one_data_set_hold_out_rows_of_their_own_data_seed(make_data):
    """The same ones whatever stack they are in; runs of one data seed share them."""
    data, other, loss = make_data(20), make_data(20), LOSSES["softmax_cross_entropy"]
    together = split([data, data, other, data], loss, 3, 0.2, np.dtype(float), [1, 2, 1, 1])
    for place, (source, seed) in enumerate([(data, 1), (data, 2), (other, 1), (data, 1)]):
        alone = split([source], loss, 3, 0.2, np.dtype(float), [seed])
        for part, whole in zip(alone, together, strict=True):
            for own, shared in zip(part.of(np.array([0])), whole.of(np.array([place])), strict=True):
                np.testing.assert_array_equal(own, shared)
    assert together[2].which.tolist() == [0, 1, 2, 0]
    assert together[1].which.tolist() == [0, 0, 1, 0]
    assert not np.array_equal(*together[2].x[:2])


class Signed(Loss):
    """A loss of classes whose targets are -1 and 1."""

    task = "classes"

    def encode(self, y, outputs=None, name="y"):
        return 2 * one_hot(y, outputs, name) - 1


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        *[(loss, lambda y: np.eye(3)[y]) for loss in LOSSES.values()],
        (SoftmaxCrossEntropy(label_smoothing=0.3), lambda y: 0.7 * np.eye(3)[y] + 0.1),
        (Signed(), lambda y: np.where(np.arange(3) == y[:, None], 1, -1)),
    ],
    ids=lambda each: type(each).__name__,
)
def test_the_loss_encodes_the_targets_of_classes(loss, expected, make_data):
    data = make_data(6)
    np.testing.assert_allclose(part_of(data, loss=loss).t[0].T, expected(data.y_train), rtol=0, atol=1e-15)


def test_the_loss_encodes_the_targets_of_one_output(make_data):
    data, numbers = make_data(6), make_data(6, task="numbers")
    t = part_of(data, loss=LOSSES["mean_squared_error"], outputs=1).t
    np.testing.assert_array_equal(t[0, 0], data.y_train)
    for loss in (loss for loss in LOSSES.values() if loss.task == "numbers"):
        np.testing.assert_array_equal(part_of(numbers, loss=loss, outputs=1).t[0, 0], numbers.y_train)
    with pytest.raises(InputError, match=r"y_train is 2, but must be in \[0, 1\]"):
        part_of(data, loss=LOSSES["binary_cross_entropy"], outputs=1)


@pytest.mark.parametrize(
    ("name", "kind"), [("binary_cross_entropy", BinaryCrossEntropy), ("auto", SoftmaxCrossEntropy)]
)
@pytest.mark.parametrize("classes", [2, 3])
def test_a_run_trains_on_smoothed_targets_and_is_scored_by_the_classes(make_data, name, kind, classes):
    """One step of gradient descent on all samples, by the network's own gradient; the test loss is smoothed too."""
    data, smooth = make_data(12), kind(label_smoothing=0.3)
    data = replace(data, y_train=data.y_train % classes, y_test=data.y_test % classes, outputs=classes)
    run = RunSettings(loss=name, label_smoothing=0.3, hidden=(4,), lr=0.5, batch_size=None, steps=1)
    trainer = Trainer([run], data)
    params, network = trainer.params[0].copy(), Network(trainer.sizes, "tanh", smooth)
    loss, grads = network.loss_and_gradient(params, data.X_train, data.y_train)
    frame, outputs = trainer.glance(), network.predict(params, data.X_test)
    assert frame.train_loss[0] == pytest.approx(loss, rel=1e-12)
    assert frame.test_loss[0] == pytest.approx(smooth.value(outputs, data.y_test), rel=1e-12)
    said = outputs.argmax(axis=1) if outputs.shape[1] > 1 else outputs[:, 0] > 0
    assert frame.test_score[0] == accuracy_score(data.y_test, said)
    trainer.update()
    np.testing.assert_allclose(trainer.params[0], params - 0.5 * grads, rtol=0, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("loss", "outputs"), [(BinaryCrossEntropy, 1), (BinaryCrossEntropy, 3), (SoftmaxCrossEntropy, 3)]
)
def test_scores_tell_classes_apart_up_to_the_most_smoothing_allowed(make_data, dtype, loss, outputs):
    most = extra(RunSettings.model_fields["label_smoothing"])["high"]
    data = make_data(30)
    data = replace(data, y_train=data.y_train % max(2, outputs), y_test=data.y_test % max(2, outputs))
    t = split([data], loss(label_smoothing=most), outputs, 0, np.dtype(dtype))[0].t
    right = LOSSES["mean_squared_error"].targets(data.y_train, "classes", outputs, "y").T[None] - 0.5
    assert scores("classes", right, t) == 1
    assert scores("classes", -right, t) < 0.5


def test_runs_of_equal_losses_share_their_data(make_data):
    data, run = make_data(9), RunSettings(label_smoothing=0.2, hidden=())
    first, same, other = (Trainer([run.replace(label_smoothing=eps)], data) for eps in (0.2, 0.2, 0.1))
    assert first.train is same.train
    assert first.train is not other.train


def test_runs_of_one_stack_need_equally_many_samples(make_data):
    with pytest.raises(InputError, match="equally many training samples"):
        part_of(make_data(5), make_data(6))
    with pytest.raises(InputError, match="equally many test samples"):
        part_of(make_data(5), make_data(5, m=6))
    with pytest.raises(InputError, match="features"):
        part_of(make_data(5), make_data(5, features=3))


def test_parts_of_runs_are_views_where_they_share_data(make_data):
    first, second = make_data(5), make_data(5)
    part = part_of(first, second, first)
    x, t = part.of(np.array([0, 2]))
    assert (len(x), len(t)) == (1, 1)
    assert np.shares_memory(x, part.x)
    x, _ = part.of(np.array([0, 1, 2]))
    np.testing.assert_array_equal(x[0], x[2])
    assert not np.array_equal(x[0], x[1])


def test_scores_are_those_of_scikit_learn(rng):
    z, t = rng.normal(size=(2, 3, 3, 20))
    found = scores("numbers", z[:, :1], t[:, :1])
    np.testing.assert_allclose(found, [r2_score(t[r, 0], z[r, 0]) for r in range(3)], rtol=1e-12)
    y = np.arange(20) % 3
    targets = np.eye(3)[y].T[None]
    np.testing.assert_allclose(scores("classes", z, targets), [accuracy_score(y, each.argmax(axis=0)) for each in z])
    two, binary = np.eye(2)[y % 2].T[None], z[:, :2]
    np.testing.assert_allclose(
        scores("classes", binary, two), [accuracy_score(y % 2, each.argmax(axis=0)) for each in binary]
    )
    yes = (y == 1)[None, None].astype(float)
    np.testing.assert_allclose(scores("classes", z[:, :1], yes), [accuracy_score(y == 1, each[0] > 0) for each in z])


def test_no_score_where_the_target_does_not_vary(rng):
    z = rng.normal(size=(2, 1, 6))
    assert np.isnan(scores("numbers", z, np.ones((1, 1, 6)))).all()


def test_a_part_copies_what_it_is_given(rng):
    X, t = rng.normal(size=(4, 2)), rng.normal(size=(4, 1))
    part = Part([X], [t], np.array([0]), np.dtype(float))
    X[:], t[:] = 0, 0
    assert part.x[:, :-1].all()
    assert part.t.all()
