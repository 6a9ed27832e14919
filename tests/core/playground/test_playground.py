"""The playground: any mixture of steps is the same run, and changes by hand do what they say."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from core.checks import InputError
from core.nn import Network
from core.optimizers import OPTIMIZERS
from core.playground.playground import LIVE, Playground, Settings
from core.training import Trainer
from core.training.batches import held_out
from core.training.trainer import MEASURES

SMALL = Settings(samples=60, hidden=(3, 2), batch_size=8, max_epochs=4, lr=0.1)


def quick(**changes):
    return SMALL.replace(**changes)


def finished(settings, table=None):
    playground = Playground(settings, table)
    while not playground.ended:
        playground.update()
    return playground


def numbers(playground):
    """All that a run left behind, the clock aside, as bytes."""
    history = playground.history
    names = sorted(MEASURES | {"step", "epoch", "diverged"})
    return playground.params.tobytes() + b"".join(getattr(history, name).tobytes() for name in names)


def batches(playground):
    """The samples of each batch, X (B, features) and y (B,), as the seed orders them: written down anew.

    One sends the size of the next batch.
    """
    rng = np.random.default_rng(np.random.SeedSequence(playground.settings.seed).spawn(3)[1])
    X, y = playground.data.X_train, playground.data.y_train
    order, size, chosen = np.empty(0, int), playground.settings.batch_size, None
    while True:
        size = (yield chosen) or size
        if not len(order):
            order = rng.permutation(len(X))
        chosen, order = (X[order[:size]], y[order[:size]]), order[size:]


# Steps of four grains


GRAINS = {
    "operation": Playground.advance_operation,
    "update": Playground.update,
    "epoch": Playground.epoch_,
    "work": lambda playground: playground.work(0.0005),
    "looking": lambda playground: (playground.inside(), playground.unit_maps(5), playground.history.step),
}


@pytest.fixture(scope="module")
def straight():
    return {settings: numbers(finished(settings)) for settings in (quick(), quick(dropout=0.3, optimizer="adam"))}


@hypothesis(max_examples=25, derandomize=True, deadline=None)
@given(st.lists(st.sampled_from(list(GRAINS)), max_size=30))
def test_any_mixture_of_grains_is_the_same_run(straight, grains):
    for settings, want in straight.items():
        playground = Playground(settings)
        for grain in grains:
            GRAINS[grain](playground)
        while not playground.ended:
            playground.advance_operation()
        assert numbers(playground) == want


def test_the_run_is_that_of_the_training():
    playground, trainer = Playground(quick(optimizer="adam", l2=0.01)), None
    trainer = Trainer([playground.settings.run()])
    assert playground.initial_params.tobytes() == trainer.params[0].tobytes()
    for _ in range(9):
        playground.update()
        trainer.update()
    assert playground.params.tobytes() == trainer.params[0].tobytes()


def test_operations_come_in_their_order():
    playground, seen = Playground(quick()), []
    for _ in range(8):
        before = playground.params.copy()
        seen.append((playground.operation, playground.step))
        playground.advance_operation()
        assert (playground.params != before).any() == (seen[-1][0] == "update")
    assert seen == [(name, step) for step in (0, 1) for name in ("forward", "loss", "backward", "update")]
    playground.advance_operation()
    playground.update()  # to the end of the one begun
    assert (playground.step, playground.operation) == (3, "forward")


def test_epochs_are_passes_through_all_samples():
    playground, steps = Playground(quick()), []
    while not playground.ended:
        playground.advance_operation()
        assert playground.epoch_()
        steps.append((playground.step, playground.epoch))
    assert steps == [(4, 1), (8, 2), (12, 3), (16, 4)]  # 30 samples by 8
    assert playground.ended == "All 4 epochs are done"
    history = playground.history
    assert history.step.tolist() == list(range(17))
    np.testing.assert_allclose(history.epoch[:5], [0, 8 / 30, 16 / 30, 24 / 30, 1], rtol=1e-14)


def test_looks_grow_rarer_and_the_present_is_always_the_last():
    playground = Playground(quick(max_epochs=1000))
    while playground.step < 301:
        playground.update()
        assert playground.history.step[-1] == playground.step
    looks = [*range(129), *range(130, 257, 2), *range(260, 301, 4)]
    assert [frame.step for frame in playground.frames] == looks
    now = playground.network.data_loss(playground.params, playground.data.X_train, playground.data.y_train)
    assert playground.history.train_loss[-1, 0] == playground.present.train_loss[0] == pytest.approx(now, rel=1e-12)
    large = Playground(quick(samples=2000, batch_size=1))
    large.epoch_()
    assert [frame.step for frame in large.frames] == list(range(0, 1001, 31))  # an epoch of 1000 updates


def test_an_epoch_can_be_taken_in_pieces():
    whole, pieces = Playground(quick(batch_size=1)), Playground(quick(batch_size=1))
    whole.epoch_()
    calls = 1
    while not pieces.epoch_(seconds=0):
        calls += 1
    assert calls > 5
    assert numbers(whole) == numbers(pieces)


# Changes on the way


def test_live_changes_are_those_of_a_loop_written_down():
    """Heavy ball with everything changed at every few updates: same samples in the same order, other numbers."""
    playground = Playground(quick(optimizer="momentum", max_epochs=100))
    network = Network(playground.network.sizes, "tanh", "softmax_cross_entropy")
    W1 = network.pack([(np.ones((n_out, n_in)), 0) for n_in, n_out in pairwise(network.sizes)])  # 1 at every weight
    data, order = playground.data, batches(playground)
    next(order)
    x, v = playground.initial_params.copy(), np.zeros(network.parameters)
    for stage in (
        {"lr": 0.02},
        {"momentum": 0.5, "l2": 0.1},
        {"batch_size": 5},
        {"batch_size": 11, "l1": 0.01, "momentum": 0.0},
        {"batch_size": 1000},
        {"batch_size": 7, "lr": 0.3, "l2": 0.0},
    ):
        settings = playground.settings.replace(**stage)
        assert playground.change(settings)
        for _ in range(3):
            X, y = (data.X_train, data.y_train) if settings.batch_size >= 30 else order.send(settings.batch_size)
            g = network.loss_and_gradient(x, X, y)[1] + W1 * (settings.l1 * np.sign(x) + settings.l2 * x)
            v = settings.momentum * v + g
            x = x - settings.lr * v
            playground.update()
            np.testing.assert_allclose(playground.params, x, rtol=0, atol=1e-12)
    assert playground.step == 18
    assert playground.by_hand


def test_a_change_within_an_update_spares_its_batch():
    """The rate acts from the update of the parameters on, the penalty from the next batch on."""
    for changes in ({"lr": 0.7}, {"l2": 0.5, "batch_size": 3}):
        changed, other = Playground(quick()), Playground(quick(lr=changes.get("lr", 0.1)))
        for operations in (1, 1, 1):
            for _ in range(operations):
                changed.advance_operation()
        assert changed.change(quick(**changes))
        changed.advance_operation()
        other.update()
        assert changed.params.tobytes() == other.params.tobytes()
        changed.update()
        other.update()
        assert (changed.params.tobytes() == other.params.tobytes()) == ("lr" in changes)


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_a_change_there_and_back_changes_nothing(optimizer):
    """What the rule remembers, and the streams of randomness, are as they were."""
    settings = quick(optimizer=optimizer, dropout=0.2, lr=0.01)
    straight, changed = Playground(settings), Playground(settings)
    for playground in (straight, changed):
        for _ in range(6):
            playground.update()
    assert changed.change(settings.replace(lr=0.5, momentum=0.3, l1=1.0, l2=1.0, batch_size=29))
    assert changed.change(settings)
    for playground in (straight, changed):
        for _ in range(6):
            playground.update()
    assert straight.params.tobytes() == changed.params.tobytes()


def test_what_cannot_change_on_the_way_needs_a_new_start():
    playground = Playground(quick(optimizer="nesterov"))
    assert playground.change(playground.settings)
    assert not playground.by_hand
    for name, value in {"seed": 1, "hidden": (4,), "dropout": 0.1, "optimizer": "adam", "max_epochs": 9}.items():
        assert name not in LIVE
        assert not playground.change(playground.settings.replace(**{name: value}))
    before = playground.settings
    with pytest.raises(InputError, match=r"momentum is 0, but must be in \(0, 1\)"):
        playground.change(playground.settings.replace(momentum=0.0, lr=0.9))
    assert playground.settings == before
    assert numbers(finished(before)) == numbers(_to_the_end(playground))
    assert not playground.change(before.replace(lr=0.2))  # the run is over


def _to_the_end(playground):
    playground.work(60)
    return playground


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_frozen_parameters_stay_and_the_others_move_as_if_their_gradient_were_0(optimizer):
    playground = Playground(quick(optimizer=optimizer, lr=0.01, l2=0.1, max_epochs=100))
    for _ in range(5):
        playground.update()
    for place in ((0, 1, 0), (0, 2, None), (1, 0, 1), (2, 0, 0), (2, 1, None)):
        playground.freeze(*place, on=True)
    frozen = playground.frozen.copy()
    assert frozen.sum() == 5
    network, order = playground.network, batches(playground)
    next(order)
    rule = OPTIMIZERS[optimizer](lr=0.01, **playground.settings.run().hyper)
    x = playground.initial_params.copy()
    rule.init(x, shapes=network.shapes)
    for step in range(12):
        g = network.loss_and_gradient(x, *next(order))[1]
        held = frozen & (step >= 5)
        g[held], kept = 0, x[held]
        rule.step(x, g)
        x[held] = kept
    before = playground.params[frozen].tobytes()
    for _ in range(7):
        playground.update()
    assert playground.params[frozen].tobytes() == before
    np.testing.assert_allclose(playground.params, x, rtol=1e-9, atol=1e-12)
    for layer, grads in zip(network.unpack(frozen), playground.inside().gradients, strict=True):
        for held, slopes in zip(layer, grads, strict=True):
            assert (slopes[held] == 0).all()
        assert grads.W[~layer.W].any()
    playground.freeze(0, 1, 0, on=False)
    playground.update()
    assert (playground.params[frozen] != x[frozen]).sum() == 1


def test_neighbours_in_a_stack_change_as_if_they_were_alone():
    run = quick(dataset="wave", activations=("relu",), optimizer="momentum").run(100).replace(batch_size=9)
    runs = [run, run.replace(lr=1e9), run.replace(seed=1, lr=0.02)]
    changed = [each.replace(lr=each.lr / 2, l2=0.3, batch_size=4, hyper={"momentum": 0.2}) for each in runs]
    together = Trainer(runs)
    alone = [Trainer([runs[place]]) for place in (0, 2)]
    for trainer in (together, *alone):
        trainer.held = np.array([1, 4])
        for _ in range(40):
            trainer.update()
        list(trainer.look())
    assert together.alive.tolist() == [0, 2]
    together.change(changed)
    for trainer, place in zip(alone, (0, 2), strict=True):
        trainer.change([changed[place]])
    for trainer in (together, *alone):
        for _ in range(7):
            trainer.update()
    assert [row.tobytes() for row in together.params] == [trainer.params.tobytes() for trainer in alone]


@pytest.mark.parametrize("operations", range(4))
def test_a_weight_set_within_an_update_counts_as_if_set_before_it(operations):
    before, within = Playground(quick(dropout=0.3)), Playground(quick(dropout=0.3))
    for playground in (before, within):
        playground.update()
    before.set_weight(1, 0, 2, -1.5)
    before.set_weight(2, 1, None, 0.25)
    for _ in range(operations):
        within.advance_operation()
    within.set_weight(1, 0, 2, -1.5)
    within.set_weight(2, 1, None, 0.25)
    W, b = within.network.unpack(within.params)[1][0], within.network.unpack(within.params)[2][1]
    assert (W[0, 2], b[1]) == (-1.5, 0.25)
    for playground in (before, within):
        playground.update()
        playground.update()
    assert before.params.tobytes() == within.params.tobytes()
    assert within.by_hand


def test_what_is_shown_follows_a_weight_set_by_hand():
    playground = Playground(quick(l2=0.1))
    before, penalty = playground.present.train_loss[0], playground.present.penalty[0]
    old = playground.params[playground.place(2, 0, 0)]
    playground.set_weight(2, 0, 0, 3.0)
    assert playground.present.train_loss[0] != before
    assert playground.present.penalty[0] == pytest.approx(penalty + 0.05 * (9 - old**2), rel=1e-12)
    assert playground.history.step.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ((3, 0, 0), 1.0, "layer is 3"),
        ((0, 3, 0), 1.0, "unit is 3"),
        ((0, 0, 2), 1.0, "source is 2"),
        ((-1, 0, 0), 1.0, "layer is -1"),
        ((0, 0, 0), float("nan"), "weight is nan"),
        ((0, 0, None), 2e6, "bias is 2e[+]06"),
        ((0, True, 0), 1.0, "whole number"),
    ],
)
def test_places_and_values_that_do_not_exist_are_named(place, value, message):
    playground = Playground(quick())
    with pytest.raises(InputError, match=message):
        playground.set_weight(*place, value)
    assert playground.params.tobytes() == playground.initial_params.tobytes()


# The end of a run


def test_a_target_ends_a_run():
    playground = finished(quick(target_loss=0.6, max_epochs=1000, lr=0.5))
    losses = playground.history.train_loss[:, 0]
    assert losses[-1] <= 0.6 < losses[:-1].min()
    assert playground.ended == f"Target reached at step {playground.step}: the training loss is {losses[-1]:.3g}"


def test_patience_is_counted_in_epochs_and_gives_back_the_best_weights():
    playground = finished(quick(noise=1.0, hidden=(8, 8), lr=1.0, patience=3, max_epochs=1000, samples=80))
    history = playground.history
    losses, best = history.validation_loss[:, 0], int(np.nanargmin(history.validation_loss[:-1, 0]))
    assert playground.ended.startswith(f"Stopped early: since step {history.step[best]}, whose weights are back")
    assert playground.trainer.validation.size == 8  # a fifth of 40
    assert 3 <= playground.epoch - history.epoch[best] < 3.5
    assert playground.present.validation_loss[0] == history.validation_loss[-1, 0] == losses[best]
    data, network = playground.data, playground.network
    rows = held_out(data.y_train, 8, playground.settings.data_seed)
    judged = network.data_loss(playground.params, data.X_train[rows], data.y_train[rows])
    assert judged == pytest.approx(losses[best], rel=1e-12)


def test_divergence_ends_a_run_in_a_sentence_and_leaves_the_last_finite_weights():
    playground = finished(
        quick(dataset="wave", activations=("relu",), hidden=(8, 8), lr=3.0, optimizer="momentum", max_epochs=100)
    )
    assert playground.ended.startswith(f"Diverged: at step {playground.step} the loss is not finite; try a rate below")
    assert np.isfinite(playground.params).all()
    assert np.isnan(playground.present.train_loss[0])
    assert np.isfinite(playground.output_map(6)).all()
    before = playground.params.copy()
    playground.update()
    playground.set_weight(0, 0, 0, 1.0)
    assert playground.params.tobytes() == before.tobytes()
    assert playground.history.step[-1] == playground.step


def test_one_name_is_that_name_for_every_layer():
    one, each = quick(activations=("relu",)), quick(activations=("relu", "relu"))
    assert numbers(finished(one)) == numbers(finished(each)) != numbers(finished(quick()))
