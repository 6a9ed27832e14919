"""Every layer, and small networks of them, against torch's numbers (reference/layers.json, written by layers.py)."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.nn import ACTIVATIONS, LAYERS, NORMALIZATIONS, Network
from core.nn.layers import Activate, Conv2d, Residual, read_layer
from core.nn.network import Evaluation, Pass, with_ones

CASES = json.loads((Path(__file__).parents[2] / "reference" / "layers.json").read_text())["cases"]


def built(layer):
    """A layer as the reference writes it; a list has a shortcut past it."""
    if isinstance(layer, list):
        return Residual([built(each) for each in layer])
    if layer in ACTIVATIONS:
        return Activate(ACTIVATIONS[layer]())
    kinds = {f"{name}_norm": kind for name, kind in NORMALIZATIONS.items()}
    return kinds[layer]() if layer in kinds else read_layer(layer)


def near(got, want, scale=0.0):
    """Equal to 1e-12, relative to the largest of the numbers, or to a larger scale."""
    want = np.asarray(want)
    atol = 1e-12 * max(np.abs(want).max(), scale)
    np.testing.assert_allclose(np.reshape(got, want.shape), want, rtol=0, atol=atol)


@pytest.mark.parametrize("case", CASES, ids=lambda case: "+".join(map(str, case["layers"])))
def test_torch_layers(case):
    """A convolution in front that changes nothing asks for dL/dX, which a network has no use for."""
    X, Y = np.array(case["X"]), np.array(case["Y"])
    front = Conv2d(channels=X.shape[1], kernel=1)
    network = Network.of([front, *map(built, case["layers"])], X.shape[1:], case["loss"])
    params = np.zeros((1, network.parameters))
    for leaf in network.leaves:
        leaf.start(leaf.views(params))
    (unchanged, *names) = network.named(params[0])
    unchanged["W"][..., 0, 0] = np.eye(X.shape[1])
    for mine, theirs in zip(names, case["params"], strict=True):
        for name, values in theirs.items():
            mine[name][...] = np.reshape(values, mine[name].shape)
    x = with_ones(X.reshape(len(X), -1)).T[None]
    work = Pass(network, params, len(X))
    near(work.forward(x)[0].T, case["output"])
    targets = network.loss.encode(Y, network.layers[-1].numbers).T[None].astype(float)
    near(network.loss.values(work.outputs, targets), [case["value"]])
    grads = work.backward(targets)
    for mine, theirs in zip(network.named(grads[0])[1:], case["gradients"], strict=True):
        for name, values in theirs.items():
            near(mine[name], values, np.abs(grads).max())  # those before a batch normalization are nearly 0
    near(work.chain.layers[0].above.delta[0].T, np.reshape(case["gradient_X"], (len(X), -1)))
    work.remember()
    averages = [(each["running_mean"], each["running_variance"]) for each in names if "running_mean" in each]
    for mine, theirs in zip(averages, case["averages"], strict=True):
        near(mine, theirs)
    near(Evaluation(network, params, len(X)).forward(x)[0].T, case["evaluated"])


def test_the_reference_has_every_layer():
    told = str([case["layers"] for case in CASES])
    assert [name for name in [*LAYERS, "batch_norm", "layer_norm", "["] if name not in told] == []
