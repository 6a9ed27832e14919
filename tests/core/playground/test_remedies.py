"""Remedies for depth: normalization, shortcuts and limits, against plain formulas, differences, and torch if there."""

import copy

import numpy as np
import pytest

from core.checks import InputError
from core.gradients import GRADIENTS, NetworkLoss
from core.nn import NORMALIZATIONS, Network
from core.nn.layers import Activate, Residual
from core.nn.layers.vectors import EPS, Normalization
from core.nn.network import Pass, limit_norms, with_ones
from core.optimizers import OPTIMIZERS, SCHEDULES
from core.training import History, RunSettings, Trainer, train
from core.training.trainer import MEASURES

QUICK = RunSettings(train=40, test=20, hidden=(6, 6), steps=12, frames=4, batch_size=13, lr=0.05)  # last batch of 1
KINDS = {
    "batch": {"normalization": "batch"},
    "layer": {"normalization": "layer"},
    "residual": {"residual": True},
    "max norm": {"max_norm": 0.8},
    "clip norm": {"clip_norm": 0.1},
    "all": {"normalization": "batch", "residual": True, "max_norm": 0.8, "clip_norm": 0.1, "dropout": 0.3, "l2": 0.1},
} | {name: {"schedule": name} for name in SCHEDULES}
every_kind = pytest.mark.parametrize("kind", list(KINDS))


def vectors_of(network, params):
    """Scale, shift and what is remembered of each normalized layer, as views (..., n)."""
    return [list(each.values()) for each in network.named(params) if "W" not in each]


def drawn(rng, sizes, activation="tanh", n=7, **remedies):
    """A network, parameters with every vector drawn, and data."""
    network = Network(sizes, activation, "softmax_cross_entropy", l2=0.01, **remedies)
    params = network.initial(rng)
    for vectors in vectors_of(network, params):
        for vector in vectors:
            vector += rng.uniform(0, 1, vector.shape)
    return network, params, rng.normal(size=(n, sizes[0])), np.arange(n) % sizes[-1]


def plain(network, params, X, evaluate):
    """The same network written down sample by sample, as a textbook does."""
    a = X
    layers, vectors = network.unpack(params), vectors_of(network, params)
    vectors = vectors or [()] * (len(layers) - 1)
    shortcuts = any(isinstance(layer, Residual) for layer in network.layers)
    for (W, b), each, activation in zip(layers[:-1], vectors, network.activations, strict=True):
        z = a @ W.T + b
        if each:
            scale, shift, *memory = each
            mean, variance = z.mean(axis=0), z.var(axis=0)
            if evaluate and memory:
                mean, variance = memory
            if not memory:
                mean, variance = z.mean(axis=1, keepdims=True), z.var(axis=1, keepdims=True)
            z = scale * (z - mean) / np.sqrt(variance + EPS) + shift
        value = activation.value(z)
        a = a + value if a.shape == value.shape and shortcuts else value
    W, b = layers[-1]
    return a @ W.T + b


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("normalization", list(NORMALIZATIONS))
def test_forward_is_the_formula(normalization, residual, rng):
    for sizes in ([3, 5, 5, 4, 4, 3], [5, 5, 5, 3], [2, 3]):
        network, params, X, y = drawn(rng, sizes, normalization=normalization, residual=residual)
        np.testing.assert_allclose(network.predict(params, X), plain(network, params, X, True), rtol=0, atol=1e-12)
        work = Pass(network, params[None], len(X))
        got = work.forward(with_ones(X).T[None])[0].T
        np.testing.assert_allclose(got, plain(network, params, X, False), rtol=0, atol=1e-12)
        loss, _ = network.loss_and_gradient(params, X, y)
        want = network.loss.value(plain(network, params, X, False), y) + network.penalty.value(params)
        assert loss == pytest.approx(want, rel=1e-12)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "gelu", "softplus"])
@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("normalization", list(NORMALIZATIONS))
def test_gradient_is_the_slope(normalization, residual, activation, rng):
    for sizes in ([4, 4, 4, 4, 3], [3, 5, 4, 2], [3, 6, 6, 2]):
        network, params, X, y = drawn(rng, sizes, activation, normalization=normalization, residual=residual)
        problem = NetworkLoss(network, X, y)
        exact = GRADIENTS["backpropagation"](problem, params).grads
        numeric = GRADIENTS["central_differences"](problem, params).grads
        np.testing.assert_allclose(exact, numeric, rtol=0, atol=1e-7 * max(1, np.abs(exact).max()))
        forward = GRADIENTS["forward_mode"](problem, params).grads
        np.testing.assert_allclose(forward, exact, rtol=0, atol=1e-13 * max(1, np.abs(exact).max()))
        assert not any(vector.any() for each in vectors_of(network, exact) for vector in each[2:])


def test_dropout_with_shortcuts_and_normalization(rng):
    network, params, X, y = drawn(rng, [4, 4, 4, 3], normalization="layer", residual=True, dropout=True)
    work, x, t = Pass(network, params[None], len(X)), with_ones(X).T[None], np.eye(3)[y].T[None]
    for layer in work.masks:
        layer.draw(0, rng, 0.5)
    work.forward(x)
    grads = work.backward(t)[0].copy()
    for place in rng.integers(0, params.size, 20):
        losses = []
        for step in (1e-6, -1e-6):
            work.bind(params[None] + step * (np.arange(params.size) == place))
            losses.append(network.loss.values(work.forward(x), t)[0] + network.penalty.value(work.params)[0])
        assert grads[place] == pytest.approx((losses[0] - losses[1]) / 2e-6, abs=1e-7)


def test_torch(rng):
    torch = pytest.importorskip("torch")
    for kind, layer in (("batch", torch.nn.BatchNorm1d), ("layer", torch.nn.LayerNorm)):
        network, params, X, y = drawn(rng, [3, 5, 4, 2], normalization=kind)
        network.penalty.l2 = None
        model = torch.nn.Sequential(
            torch.nn.Linear(3, 5), layer(5), torch.nn.Tanh(), torch.nn.Linear(5, 4), layer(4), torch.nn.Tanh(),
            torch.nn.Linear(4, 2),
        ).double()  # fmt: skip
        with torch.no_grad():
            for place, (W, b) in zip((0, 3, 6), network.unpack(params), strict=True):
                model[place].weight[:], model[place].bias[:] = torch.tensor(W), torch.tensor(b)
            for place, vectors in zip((1, 4), vectors_of(network, params), strict=True):
                names = ("weight", "bias", "running_mean", "running_var")
                for name, vector in zip(names, vectors, strict=False):
                    getattr(model[place], name)[:] = torch.tensor(vector)
        torch.nn.functional.cross_entropy(model(torch.tensor(X)), torch.tensor(y)).backward()
        stack = params[None].copy()
        work = Pass(network, stack, len(X))
        work.forward(with_ones(X).T[None])
        grads = work.backward(np.eye(2)[y].T[None])[0]
        work.remember()
        for place, (W, b) in zip((0, 3, 6), network.unpack(grads), strict=True):
            np.testing.assert_allclose(W, model[place].weight.grad, rtol=0, atol=1e-12)
            np.testing.assert_allclose(b, model[place].bias.grad, rtol=0, atol=1e-12)
        for place, slopes, values in zip(
            (1, 4), vectors_of(network, grads), vectors_of(network, stack[0]), strict=True
        ):
            np.testing.assert_allclose(slopes[0], model[place].weight.grad, rtol=0, atol=1e-12)
            np.testing.assert_allclose(slopes[1], model[place].bias.grad, rtol=0, atol=1e-12)
            for name, value in zip(("running_mean", "running_var"), values[2:], strict=False):
                np.testing.assert_allclose(value, getattr(model[place], name), rtol=0, atol=1e-12)
        want = model.eval()(torch.tensor(X)).detach()
        np.testing.assert_allclose(network.predict(stack[0], X), want, rtol=0, atol=1e-12)


def finish(runs):
    trainer = Trainer(runs)
    return trainer, History.of(frame for frame in trainer.work() if frame is not None)


@every_kind
def test_a_run_in_a_stack_is_the_run_alone(kind):
    run = QUICK.replace(**KINDS[kind])
    others = [run.replace(seed=k, data_seed=1, lr=run.lr * k, patience=run.patience) for k in (1, 2)]
    together, history = finish([others[0], run, others[1]])
    alone, own = finish([run])
    for name in MEASURES:
        np.testing.assert_array_equal(getattr(own, name)[:, 0], getattr(history, name)[:, 1])
    np.testing.assert_array_equal(alone.best_params[0], together.best_params[1])
    assert (together.diverged == -1).all()


@every_kind
def test_saved_in_the_middle_and_gone_on(kind):
    straight = Trainer([QUICK.replace(**KINDS[kind]), QUICK.replace(**KINDS[kind], seed=3, lr=0.01)])
    for _ in range(5):
        straight.update()
    resumed = copy.deepcopy(straight)
    for trainer in (straight, resumed):
        for _ in range(5):
            trainer.update()
    np.testing.assert_array_equal(straight.params, resumed.params)


@pytest.mark.parametrize("rule", list(OPTIMIZERS))
def test_no_rule_moves_what_is_remembered(rule):
    """The running statistics are those of torch's averages whatever the optimizer decays."""
    decay = {"weight_decay": 0.1} if "weight_decay" in OPTIMIZERS[rule].options() else {}
    trainer = Trainer([QUICK.replace(optimizer=rule, lr=1e-3, normalization="batch", batch_size=None, hyper=decay)])
    expected = [vector.copy() for each in vectors_of(trainer.network, trainer.params) for vector in each[2:]]
    ((batch,),) = trainer.batches.buffers.values()
    for _ in range(4):
        trainer.update()
        found = [vector for each in vectors_of(trainer.network, trainer.params) for vector in each[2:]]
        for place, norm in enumerate(leaf for leaf in batch.work.leaves if isinstance(leaf, Normalization)):
            n = norm.hat.shape[-1]
            for offset, value in enumerate((norm.mean, norm.variance * n / (n - 1))):
                want = expected[2 * place + offset] = 0.9 * expected[2 * place + offset] + 0.1 * value[..., 0]
                np.testing.assert_allclose(found[2 * place + offset], want, rtol=1e-12)


def test_evaluation_sees_one_sample_at_a_time(rng):
    network, params, X, _ = drawn(rng, [3, 5, 2], normalization="batch")
    whole = network.predict(params, X)
    np.testing.assert_allclose(whole, np.vstack([network.predict(params, row[None]) for row in X]), rtol=0, atol=1e-12)


def test_a_batch_of_one_is_all_shift(rng):
    network, params, X, _ = drawn(rng, [3, 5, 2], normalization="batch")
    stack = params[None].copy()
    work = Pass(network, stack, 1)
    work.forward(with_ones(X[:1]).T[None])
    np.testing.assert_allclose(
        next(leaf for leaf in work.leaves if isinstance(leaf, Activate)).below.values[0],
        vectors_of(network, params)[0][1][:, None],
        rtol=0,
        atol=1e-12,
    )
    work.remember()
    np.testing.assert_array_equal(stack[0], params)


@pytest.mark.parametrize("rule", ["sgd", "adam"])
def test_max_norm_holds_after_every_update(rule):
    trainer = Trainer([QUICK.replace(max_norm=limit, optimizer=rule, lr=0.5) for limit in (0.3, 2.0)])
    for _ in range(10):
        trainer.update()
        *hidden, outputs = trainer.network.unpack(trainer.params)
        for W, _ in hidden:
            lengths = np.linalg.norm(W, axis=2)
            assert (lengths <= np.array([[0.3], [2.0]]) * (1 + 1e-12)).all()
        assert np.linalg.norm(outputs.W[0], axis=1).max() > 0.3  # outputs


def test_max_norm_keeps_short_vectors_bitwise(rng):
    W = rng.normal(size=(2, 4, 3))
    before = W.copy()
    limit_norms(W, 1e3)
    np.testing.assert_array_equal(W, before)
    limit_norms(W, np.array([1e3, 0.5]))
    np.testing.assert_array_equal(W[0], before[0])
    np.testing.assert_allclose(np.linalg.norm(W[1], axis=1), np.minimum(0.5, np.linalg.norm(before[1], axis=1)))
    np.testing.assert_allclose(W[1] / before[1], (W[1] / before[1])[:, :1] * np.ones(3))


@pytest.mark.parametrize("name", list(SCHEDULES))
def test_an_update_uses_the_rate_of_the_schedule(name):
    trainer = Trainer([QUICK.replace(schedule=name, steps=10), QUICK.replace(schedule=name, steps=10, lr=0.2, seed=1)])
    for step in range(10):
        trainer.update()
        for run, lr in enumerate((0.05, 0.2)):
            want = SCHEDULES[name](lr, **SCHEDULES[name].fit(10))(step)
            assert np.broadcast_to(np.ravel(trainer.rule.lr), 2)[run] == pytest.approx(want, rel=1e-12)


def test_a_plateau_lowers_the_rate_of_its_own_run():
    run = QUICK.replace(schedule="reduce_on_plateau", schedule_hyper={"patience": 1}, steps=60, frames=60)
    trainer, _ = finish([run.replace(lr=20.0), run.replace(lr=1e-3)])
    rates = np.ravel(trainer.rule.lr)
    assert rates[0] < 20.0
    assert rates[1] == 1e-3


def test_clipping_bounds_the_step():
    trainer = Trainer([QUICK.replace(clip_norm=limit) for limit in (0.01, 1e6)])
    before = trainer.params.copy()
    trainer.update()
    lengths = np.linalg.norm(trainer.params - before, axis=1)
    assert lengths[0] == pytest.approx(0.05 * 0.01)
    assert lengths[1] > lengths[0]


def test_remedies_let_a_deep_network_learn():
    deep = RunSettings(dataset="moons", hidden=(8,) * 30, activation="sigmoid", lr=0.1, steps=150, frames=1)
    losses = {
        kind: History.of(train(deep.replace(**KINDS[kind]))).train_loss[-1, 0]
        for kind in ("batch", "layer", "residual")
    }
    stuck = History.of(train(deep)).train_loss[-1, 0]
    assert stuck > 0.68  # ln 2 is knowing nothing
    assert min(losses.values()) < 0.5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"normalization": "bach"}, "normalization is 'bach'.*did you mean 'batch'"),
        ({"max_norm": 0.0}, "max_norm is 0"),
        ({"max_norm": np.nan}, "max_norm is nan"),
    ],
)
def test_bad_remedies_are_named(change, message):
    with pytest.raises(InputError, match=message):
        Network([2, 3, 2], "tanh", "huber", **change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schedule_hyper": {"gama": 0.1}, "schedule": "step"}, "Step has no .gama., only step_size, gamma"),
        ({"schedule_hyper": {"gamma": 2.0}, "schedule": "step"}, "gamma is 2"),
        ({"schedule_hyper": {"T_max": 0}, "schedule": "cosine_annealing"}, "T_max is 0"),
        ({"optimizer": "adam", "hyper": {"beta1": 2.0}}, "beta1 is 2"),
    ],
)
def test_bad_schedules_are_named(change, message):
    with pytest.raises(InputError, match=message):
        Trainer([QUICK.replace(**change)])
