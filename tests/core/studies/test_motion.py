"""A motion is the numbers of real updates: the engine's, those of a second computation, and none that are not there."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.checks import InputError
from core.nn import Network
from core.optimizers import OPTIMIZERS
from core.studies.motion import BACKPROPAGATION, Half, follow, motion

SIZES, NAMES = [2, 3, 2, 1], ["x1", "x2", "1h", "h1", "h2", "h3", "1g", "g1", "g2", "1o", "o"]


def learnt(rule="sgd", samples=1, updates=3, seed=0, lr=0.1):
    rng = np.random.default_rng(seed)
    network = Network(SIZES, "tanh", "mean_squared_error")
    params, X, y = rng.normal(size=network.parameters), rng.normal(size=(samples, 2)), rng.normal(size=samples)
    return follow(network, X, y, params, OPTIMIZERS[rule](lr=lr), updates), (network, params, X, y)


@pytest.mark.parametrize("rule", ["sgd", "momentum", "adam"])
def test_updates_are_those_of_the_engine_and_the_loss_falls(rule):
    shown, (network, params, X, y) = learnt(rule, samples=5, updates=6, lr=0.02)
    x, optimizer = params.copy(), OPTIMIZERS[rule](lr=0.02).init(params.copy())
    for update in shown.updates:
        loss, grads = network.loss_and_gradient(x, X, y)
        assert update.loss == pytest.approx(loss, rel=1e-12)
        assert update.before == tuple(x)
        assert update.gradients == tuple(grads)
        optimizer.step(x, grads)
        assert update.after == tuple(x)
    losses = [update.loss for update in shown.updates]
    assert losses == sorted(losses, reverse=True)


@given(st.integers(0, 10_000))
def test_of_one_sample_each_derivative_is_delta_times_activation(seed):
    """And each delta the slope of tanh times what comes back along the links, multiplied out unit by unit."""
    shown, _ = learnt(seed=seed, updates=1)
    (update,), unit = shown.updates, {name: place for place, name in enumerate(NAMES)}
    assert [name for layer in shown.layers for name in layer] == NAMES
    a, delta = update.activations, update.deltas
    for (source, to), slope in zip(shown.links, update.gradients, strict=True):
        assert slope == pytest.approx(delta[unit[to]] * a[unit[source]], rel=1e-9, abs=1e-12)
    for name in ("h1", "h2", "h3", "g1", "g2"):
        out = [place for place, (source, _) in enumerate(shown.links) if source == name]
        back = sum(update.before[place] * delta[unit[shown.links[place][1]]] for place in out)
        assert delta[unit[name]] == pytest.approx((1 - a[unit[name]] ** 2) * back, rel=1e-9, abs=1e-12)


def test_of_a_batch_activations_and_deltas_are_root_mean_squares_over_the_motions_of_its_samples():
    """Each sample alone has a loss of its own, so its deltas are as many times those in the mean over the batch."""
    shown, (network, params, X, y) = learnt(samples=7, updates=1)
    rule = OPTIMIZERS["sgd"](lr=0.1)
    alone = [follow(network, X[k, None], y[k, None], params, rule, 1).updates[0] for k in range(7)]
    (update,) = shown.updates
    for name, share in (("activations", 1), ("deltas", 1 / 7)):
        values = np.array([getattr(each, name) for each in alone]) * share
        np.testing.assert_allclose(getattr(update, name), np.sqrt((values**2).mean(axis=0)), rtol=1e-9, atol=1e-15)
    assert "7 samples" in shown.moments[0].text


def test_the_error_goes_back_layer_by_layer_and_activations_forward():
    shown, _ = learnt(updates=2)
    assert [moment.phase for moment in shown.moments] == ["forward", "loss", "gradient", "update"] * 2
    forward, _, back, step = shown.moments[:4]
    starts = [{name[0]: forward.units[NAMES.index(name)] for name in NAMES}[letter] for letter in "xhgo"]
    assert starts == sorted(starts)
    starts = [{name[0]: back.units[NAMES.index(name)] for name in ("h1", "g1", "o")}[letter] for letter in "ogh"]
    assert starts == sorted(starts)
    assert (forward.toward, back.toward, step.toward) == (1, -1, 0)
    for moment in shown.moments:
        ends = [start + moment.span for start in [*moment.units.values(), *moment.links.values()]]
        assert max(ends, default=1) <= 1 + 1e-12
    assert {*back.links} == {*step.links} == {*range(len(shown.links))}


def test_without_a_source_nothing_is_found_and_without_a_use_nothing_moves():
    _, (network, params, X, y) = learnt()
    nobody, nothing = Half("no gradient", "asks for none"), Half("nothing", "is done")
    shown = motion(network, X, y, [params, params], [None], nobody, nothing)
    (update,) = shown.updates
    assert update.deltas == update.gradients == ()
    assert update.before == update.after
    assert not shown.moments[2].links
    assert not shown.moments[3].links
    assert "No weight moves" in shown.moments[3].text


@pytest.mark.parametrize("way", ["forward", "one by one", "at once"])
def test_only_backpropagation_has_deltas(way):
    _, (network, params, X, y) = learnt()
    grads = network.loss_and_gradient(params, X, y)[1]
    source = Half("another", "finds it", way)
    shown = motion(network, X, y, [params, params - grads], [grads], source, Half("SGD", "steps"))
    assert shown.updates[0].deltas == ()
    starts = [*shown.moments[2].links.values()]
    assert len({*starts}) == (1 if way == "at once" else len(starts))


def test_it_ends_before_a_point_that_is_not_finite():
    _, (network, params, X, y) = learnt()
    grads = network.loss_and_gradient(params, X, y)[1]
    points = [params, params + 1, params * np.nan]
    assert len(motion(network, X, y, points, [grads] * 2, BACKPROPAGATION, BACKPROPAGATION).updates) == 1
    with pytest.raises(InputError, match="points has no second point with finite numbers"):
        motion(network, X, y, [params, params * np.inf], [grads], BACKPROPAGATION, BACKPROPAGATION)


def test_it_is_plain_data_in_few_digits():
    sent = learnt(updates=1)[0].to_json()
    assert json.loads(json.dumps(sent)) == json.loads(json.dumps(sent, allow_nan=False))
    assert all(len(repr(abs(number))) <= 13 for number in sent["updates"][0]["before"])
    assert sent["moments"][2]["links"][0][0] == 0
    assert sent["source"]["way"] == "back"


def test_networks_that_cannot_be_drawn_are_refused():
    deep, normalized = Network([2] * 6, "tanh", "huber"), Network([2, 2, 1], "tanh", "huber", normalization="layer")
    for network, sentence in ((deep, "sizes names 6 layers, but at most 5"), (normalized, "but its drawing 9 links")):
        params = network.initial(np.random.default_rng(0))
        with pytest.raises(InputError, match=sentence):
            follow(network, np.ones((1, 2)), np.ones((1, network.sizes[-1])), params, OPTIMIZERS["sgd"](lr=0.1), 1)
