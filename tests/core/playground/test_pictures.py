"""A playground on pictures: what each layer says of one of them, what is refused, and that nothing takes it for ill."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from scipy.signal import correlate

from core.checks import InputError
from core.nn import ACTIVATIONS
from core.nn.probes import layer_statistics
from core.playground.doctor import THOUSAND, examine
from core.playground.playground import MOST_KEPT, Playground, Settings, run

ONE = Settings(dataset="digits", samples=200, layers=("conv-8-3", "max_pool-2", "flatten"), max_epochs=3)
TWO = ("conv-3-3-1-1", "max_pool-2", "conv-5-2-2", "average_pool-2-1", "flatten", "dense-6")


def windows(pictures, size, stride):
    """Pictures (channels, height, width) as windows (channels, down, across, size, size), one by one."""
    _, height, width = pictures.shape
    down, across = range(0, height - size + 1, stride), range(0, width - size + 1, stride)
    return np.stack([np.stack([pictures[:, i : i + size, j : j + size] for j in across], 1) for i in down], 1)


def convolved(pictures, W, b, stride, padding):
    padded = np.pad(pictures, ((0, 0), (padding,) * 2, (padding,) * 2))
    return np.stack([correlate(padded, w, "valid")[0] + c for w, c in zip(W, b, strict=True)])[:, ::stride, ::stride]


@pytest.mark.parametrize("sample", [0, 41])
def test_what_layers_say_of_a_picture_is_what_scipy_computes(sample):
    playground = Playground(ONE.replace(layers=TWO, activations=("tanh", "sigmoid", "relu"), dropout=0.4))
    for _ in range(5):
        playground.update()
    playground.sample = sample
    (W1, b1), (W2, b2), (W3, b3), (W4, b4) = playground.network.unpack(playground.params)
    x = playground.data.X_train[sample]
    a1 = np.tanh(convolved(x.reshape(1, 8, 8), W1, b1, 1, 1))
    p1 = windows(a1, 2, 2).max(axis=(3, 4))
    a2 = 1 / (1 + np.exp(-convolved(p1, W2, b2, 2, 0)))
    p2 = windows(a2, 2, 1).mean(axis=(3, 4))
    a3 = np.maximum(W3 @ p2.ravel() + b3, 0)
    want = [a1, p1, a2, p2, a3[:, None, None], (W4 @ a3 + b4)[:, None, None]]
    found = playground.said()
    assert [layer for layer, _ in found] == [0, None, 1, None, 2, 3]
    for (_, got), values in zip(found, want, strict=True):
        np.testing.assert_allclose(got, values, rtol=1e-9, atol=1e-12)
    assert playground.network.predict(playground.params, x[None])[0] == pytest.approx(want[-1].ravel(), rel=1e-9)


def test_the_picture_is_the_digit_before_it_was_standardized():
    from sklearn.datasets import load_digits

    playground = Playground(ONE.replace(samples=1797, test_share=0.25))
    X, y = load_digits(return_X_y=True)
    known = {digit.tobytes(): label for digit, label in zip(X, y, strict=True)}
    largest = X.max(axis=0)
    for playground.sample in (0, 7, 300):
        picture = playground.picture()
        assert picture.shape == (1, 8, 8)
        assert 0 <= picture.min() < picture.max() <= 1
        digit = np.rint(picture.ravel() * largest)  # every pixel's largest value is among so many samples
        assert known[digit.tobytes()] == playground.shown_sample()[1].argmax()
    playground.sample = playground.trainer.train.size
    with pytest.raises(InputError, match="sample is"):
        playground.said()


def test_layers_travel_in_a_link_and_reach_the_run():
    settings = ONE.replace(layers=TWO, activations=("relu", "tanh", "relu"))
    assert Settings.from_text(settings.to_text()) == (settings, [])
    assert settings.to_text()["layers"] == ",".join(TWO)
    assert settings.run().layers == TWO
    assert "layers" not in Settings(hidden=(4,)).to_text()
    playground = Playground(settings)
    assert playground.sees_pictures
    assert playground.convolutions == [0, 1]
    assert playground.network.sizes == [64, 3 * 64, 5 * 4, 6, 10]
    flat = Playground(ONE.replace(layers=("dense-5",)))
    assert not flat.sees_pictures
    assert flat.network.sizes == [64, 5, 10]
    assert len(flat.unit_maps(4)) == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layers": ("conv-8-3",) * 13}, "layers has 13 layers, but must have 0 to 12"),
        ({"layers": ("conv-65",)}, r"channels of conv-65 is 65, but must be .*64"),
        ({"layers": ("flatten", "dense-100")}, r"units of dense-100 is 100, but must be .*64"),
        ({"layers": ("cnv-8",)}, "did you mean 'conv'"),
        ({"layers": ("conv-8-3.5", "flatten")}, "conv is written as conv-CHANNELS-KERNEL-STRIDE-PADDING"),
        ({"layers": ("conv-8-3",)}, "put flatten before it"),
        ({"layers": ("conv-8-9", "flatten")}, "window of 9x9"),
        ({"layers": ("flatten", "max_pool-2")}, "takes pictures, but gets 64 numbers"),
        ({"dataset": "circles"}, "takes pictures, but gets 2 numbers"),
        ({"activations": ("relu", "tanh")}, "activation has 2 names, but must have one for each of 1 hidden layers"),
        ({"layers": ("conv-64-3-1-1",) * 6 + ("flatten",), "batch_size": 1}, "training samples keep .* numbers in it"),
    ],
)
def test_layers_that_do_not_fit_are_named(changes, message):
    with pytest.raises(InputError, match=message) as refused:
        next(run(ONE.replace(**changes)))
    assert "\n" not in str(refused.value)


def test_no_network_of_dense_layers_is_refused_for_its_size():
    playground = Playground(Settings(samples=5000, test_share=0.1, hidden=(64,) * 12))
    assert playground.trainer.train.size * sum(layer.kept for layer in playground.network.layers) < MOST_KEPT


LAYERS = st.lists(
    st.one_of(
        st.builds(
            "conv-{}-{}-{}-{}".format, st.integers(1, 9), st.integers(2, 3), st.integers(1, 2), st.integers(0, 1)
        ),
        st.builds("{}_pool-{}-{}".format, st.sampled_from(["max", "average"]), st.integers(1, 2), st.integers(1, 2)),
    ),
    min_size=1,
    max_size=4,
)


@hypothesis(max_examples=25, derandomize=True, deadline=None)
@given(LAYERS, st.lists(st.integers(1, 9).map("dense-{}".format), max_size=2), st.sampled_from(list(ACTIVATIONS)))
def test_any_layers_that_follow_can_be_played_with(pictures, dense, activation):
    layers = (*pictures, "flatten", *dense)
    settings = ONE.replace(layers=layers, samples=40, activations=(activation,))
    side = 8
    for each in pictures:
        size, stride, *margin = map(int, each.split("-")[2 if each.startswith("conv") else 1 :])
        side += 2 * sum(margin)
        if side < size:
            with pytest.raises(InputError, match="has a window of"):
                Playground(settings)
            return
        side = (side - size) // stride + 1
    playground = Playground(settings)
    for _ in range(2):
        playground.update()
    said = playground.said()
    assert len(said) == len(layers)  # flatten says nothing, the outputs do
    outputs = playground.network.predict(playground.params, playground.data.X_train[:1])[0]
    np.testing.assert_allclose(said[-1][1].ravel(), outputs, rtol=1e-9)
    assert [len(delta) for delta in playground.inside().deltas] == playground.network.sizes[1:]
    assert np.isfinite(playground.output_map(4)).all()
    settings = playground.settings.model_dump()
    assert examine(playground.trainer, playground.history, settings, playground.baselines()).sentence


def test_a_layer_is_frozen_as_a_whole():
    playground = Playground(ONE)
    playground.freeze_layer(0, True)
    before = playground.params.copy()
    playground.update()
    assert ((playground.params != before) == (np.arange(len(before)) >= 80)).all()
    playground.freeze_layer(0, False)
    assert playground.by_hand
    playground.update()
    assert (playground.params != before)[:80].all()


@pytest.mark.parametrize("layers", [ONE.layers, ("conv-8-3", "conv-16-3", "max_pool-2", "flatten")])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_healthy_convolutions_are_left_in_peace(layers, activation):
    playground = Playground(ONE.replace(layers=layers, activations=(activation,), samples=500, max_epochs=30))
    for mark in (0, 1, 5, 20):
        while playground.epoch < mark:
            playground.epoch_()
        settings = playground.settings.model_dump()
        assert not examine(playground.trainer, playground.history, settings, playground.baselines()).ill
    assert playground.present.test_score[0] > 0.8


def test_the_deltas_of_a_convolution_are_judged_per_place():
    """As a sum over its 64 places they would look like an explosion, which they are not for any of its units."""
    playground = Playground(ONE.replace(layers=("conv-1-1", "flatten", "dense-4"), activations=("identity",)))
    run = playground.trainer
    dense = playground.network.unpack(run.params)[1].W
    for _ in range(3):
        deltas = layer_statistics(playground.network, run.params, *run.train.of(run.alive)).deltas[0]
        per_bias = deltas[0] / (deltas[1] / 2)
        dense *= 3 * THOUSAND / per_bias
    assert 1 < per_bias / THOUSAND < 8
    found = examine(run, playground.history, playground.settings.model_dump(), playground.baselines())
    assert found.name != "exploding"
