"""Every layer alone and in every pair: backpropagation against differences and against the forward mode."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from scipy.signal import correlate2d

from core.checks import InputError
from core.gradients import GRADIENTS, NetworkLoss
from core.nn import ACTIVATIONS, LAYERS, Network
from core.nn.layers import (
    Activate,
    AveragePool2d,
    Conv2d,
    Dense,
    Dropout,
    Flatten,
    MaxPool2d,
    Residual,
    read_layer,
)
from core.nn.layers.vectors import BatchNorm, LayerNorm
from core.nn.network import Pass, with_ones


def smooth():
    return Activate(ACTIVATIONS["tanh"]())


KINDS = LAYERS | {
    "dense": lambda: Dense(units=3),
    "conv": lambda: Conv2d(channels=2, kernel=2),
    "conv with stride and margin": lambda: Conv2d(channels=2, kernel=3, stride=2, padding=1),
    "max_pool": lambda: MaxPool2d(size=2),
    "average_pool": lambda: AveragePool2d(size=3, stride=2),
    "activation": smooth,
    "batch norm": BatchNorm,
    "layer norm": LayerNorm,
    "dropout": Dropout,
    "shortcut past dense": lambda: Residual([Dense(units=4), smooth()]),
    "shortcut past conv": lambda: Residual([Conv2d(channels=2, kernel=3, padding=1), LayerNorm(), smooth()]),
    "shortcut past a shortcut": lambda: Residual([Residual([smooth()]), Dropout()]),
}
SHAPES = ((4,), (2, 5, 5))


def chain(names, shape):
    """The named layers for inputs of this shape with a dense one at the end, or None if they do not follow."""
    layers = [KINDS[name]() for name in names]
    try:
        network = Network.of(layers, shape, "mean_squared_error", l1=0.01, l2=0.02)
        ends = len(network.layers[-1].outputs) == 1
        return Network.of([*layers, *[Flatten()] * (not ends), Dense(units=2)], shape, "mean_squared_error", 0.01, 0.02)
    except InputError:
        return None


CHAINS = [
    names
    for names in [*((name,) for name in KINDS), *product(KINDS, repeat=2)]
    if any(chain(names, shape) for shape in SHAPES)
]


class Fixed(NetworkLoss):
    """The loss with masks of dropout that stay."""

    def passed(self, params):
        stack = np.reshape(params, (-1, self.network.parameters))
        work = Pass(self.network, stack, self.x.shape[-1])
        for place, layer in enumerate(work.masks):
            layer.mask[:] = 2 * (np.random.default_rng(place).random(layer.mask[0].shape) < 0.5)
        return work

    def value(self, params):
        work = self.passed(params)
        losses = self.network.loss.values(work.forward(self.x), self.t) + self.network.penalty.value(work.params)
        return losses.reshape(np.shape(params)[:-1])

    def gradient(self, params):
        work = self.passed(params)
        work.forward(self.x)
        return work.backward(self.t)[0]

    def slope(self, params, directions):
        work = self.passed(params)
        outputs, slope = work.forward(self.x), np.zeros((len(directions), self.x.shape[1] - 1, self.x.shape[2]))
        slope = work.chain.tangent(slope, work.chain.views(directions))
        penalty = np.zeros((1, len(params)))
        self.network.penalty.add_gradient(work.params, penalty, np.empty_like(penalty))
        return (self.network.loss.delta(outputs, self.t) * slope).sum(axis=(1, 2)) + directions @ penalty[0]


def drawn(network, seed=0, n=3):
    """Parameters, among them those of normalizations, and samples."""
    rng = np.random.default_rng(seed)
    params = network.initial(rng) + 0.3 * rng.normal(size=network.parameters)
    return params, rng.normal(size=(n, network.sizes[0])), rng.normal(size=(n, 2))


@pytest.mark.parametrize("names", CHAINS, ids=" + ".join)
def test_gradients_are_slopes(names):
    for network in filter(None, (chain(names, shape) for shape in SHAPES)):
        params, X, y = drawn(network)
        problem = Fixed(network, X, y)
        exact = GRADIENTS["backpropagation"](problem, params).grads
        largest = np.abs(exact).max()
        numeric = GRADIENTS["central_differences"](problem, params).grads
        np.testing.assert_allclose(exact, numeric, rtol=0, atol=3e-8 * max(1, largest))
        forward = GRADIENTS["forward_mode"](problem, params).grads
        np.testing.assert_allclose(forward, exact, rtol=0, atol=1e-12 * max(1, largest))


@pytest.mark.parametrize("names", CHAINS[:: len(CHAINS) // 20], ids=" + ".join)
def test_a_stack_is_its_runs(names):
    """Bitwise, whether the runs share their samples or have each their own, and in evaluation too."""
    for network in filter(None, (chain(names, shape) for shape in SHAPES)):
        stack = np.array([drawn(network, seed)[0] for seed in range(3)])
        _, X, y = drawn(network, n=5)
        losses, grads = network.loss_and_gradient(stack, X, y)
        for run, params in enumerate(stack):
            loss, own = network.loss_and_gradient(params, X, y)
            assert loss == losses[run]
            np.testing.assert_array_equal(own, grads[run])
            np.testing.assert_array_equal(network.predict(params, X), network.predict(stack, X)[run])
        each = np.stack([with_ones(drawn(network, seed, n=5)[1]).T for seed in range(3)])
        work, t = Pass(network, stack, 5), y.T[None]
        work.forward(each)
        together = work.backward(t).copy()
        for run in range(3):
            alone = Pass(network, stack[run : run + 1], 5)
            alone.forward(each[run : run + 1])
            np.testing.assert_array_equal(alone.backward(t)[0], together[run])


def test_a_convolution_is_its_sum():
    """Against scipy's correlation, channel by channel, with margin and stride."""
    rng = np.random.default_rng(0)
    for kernel, stride, padding in ((3, 1, 0), (3, 2, 1), (2, 2, 0), (1, 1, 0), (4, 3, 3)):
        network = Network.of([Conv2d(channels=3, kernel=kernel, stride=stride, padding=padding)], (2, 7, 6), "huber")
        params, X = rng.normal(size=network.parameters), rng.normal(size=(4, 84))
        ((W, b),) = network.unpack(params)
        want = []
        for picture in np.pad(X.reshape(4, 2, 7, 6), [(0, 0), (0, 0), (padding, padding), (padding, padding)]):
            sums = [sum(correlate2d(a, w, "valid") for a, w in zip(picture, kernels, strict=True)) for kernels in W]
            want.append(np.array(sums)[:, ::stride, ::stride].reshape(3, -1) + b[:, None])
        np.testing.assert_allclose(network.predict(params, X), np.reshape(want, (4, -1)), rtol=0, atol=1e-12)


@hypothesis(max_examples=60, derandomize=True, deadline=None)
@given(st.integers(1, 4), st.integers(1, 3), st.integers(0, 2**31))
def test_pools_are_numpys(size, stride, seed):
    picture = np.random.default_rng(seed).normal(size=(2, 7, 6))
    windows = np.lib.stride_tricks.sliding_window_view(picture, (size, size), axis=(1, 2))[:, ::stride, ::stride]
    for kind, reduce in ((MaxPool2d, np.max), (AveragePool2d, np.mean)):
        network = Network.of([kind(size=size, stride=stride)], (2, 7, 6), "huber")
        found = network.predict(np.empty(0), picture.reshape(1, -1))[0]
        np.testing.assert_allclose(found, reduce(windows, axis=(3, 4)).ravel(), rtol=0, atol=1e-14)


def test_the_first_of_equals_gets_the_gradient():
    network = Network.of([MaxPool2d(size=2)], (1, 2, 2), "mean_squared_error")
    work = Pass(network, np.empty((1, 0)), 1)
    work.inputs.delta = np.empty((1, 4, 1))  # which nobody asks for at the inputs otherwise
    work.forward(with_ones(np.array([[1.0, 5.0, 5.0, 2.0]])).T[None])
    work.backward(np.zeros((1, 1, 1)))
    np.testing.assert_array_equal(work.inputs.delta[0, :, 0], [0, 10, 0, 0])


@pytest.mark.parametrize(
    ("layers", "shape", "sentence"),
    [
        (["conv-4-3"], (9,), "conv takes pictures, but gets 9 numbers"),
        (["conv-4-9"], (1, 8, 8), "conv has a window of 9x9, but gets pictures of 1x8x8"),
        (
            ["conv-4-11-1-1"],
            (1, 8, 8),
            "conv has a window of 11x11, but gets pictures of 1x8x8 with a padding of 1",
        ),
        (["max_pool-2", "max_pool-2", "max_pool-2", "max_pool-2"], (1, 8, 8), "max_pool has a window of 2x2"),
        (["conv-4-3"], (1, 8, 8), "a dense layer takes vectors, but gets pictures of 4x6x6; put flatten"),
        (["flatten", "average_pool-2"], (1, 8, 8), "average_pool takes pictures, but gets 64 numbers"),
    ],
)
def test_layers_that_do_not_follow_are_refused(layers, shape, sentence):
    made = [read_layer(text) for text in layers]
    with pytest.raises(InputError, match=sentence):
        Network([int(np.prod(shape)), 3], "tanh", "huber", hidden=made, picture=shape if len(shape) > 1 else None)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("convolution-3", "layers is 'convolution', but must be one of dense, conv, "),
        ("conv", "channels is missing"),
        ("conv-0", "channels is 0, but must be"),
        ("dense-3-4", "layers holds 'dense-3-4', but dense is written as dense-UNITS, with whole numbers"),
        ("flatten-2", "layers holds 'flatten-2', but flatten is written as flatten, without numbers"),
        ("dense-x", "layers holds 'dense-x', but dense is written as"),
        ("dense-²", "layers holds"),
        ("conv-3-3-1-3", "padding is 3, but must be less than the kernel, 3"),
        ("dense-9999999999999999", "units is"),
    ],
)
def test_a_layer_that_cannot_be_read_is_named(text, sentence):
    with pytest.raises(InputError, match=sentence):
        read_layer(text)


def test_every_layer_is_read_with_its_defaults_and_declares_what_it_is():
    for name, kind in LAYERS.items():
        needed = [option for option, declared in kind.options().items() if declared.default is ...]
        assert read_layer("-".join([name, *["3"] * len(needed)])) is not None
        assert kind.__doc__


def test_nothing_is_allocated_for_a_network_too_large():
    """A network is arithmetic until it is put to work: a hundred billion parameters take no memory."""
    assert Network([100_000, 1_000_000, 3], "tanh", "huber", l2=0.0).parameters > 10**11
