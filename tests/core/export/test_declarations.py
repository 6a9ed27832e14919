"""What is added to the core in one place can be exported: new data, losses, activations and initializers."""

from dataclasses import replace

import numpy as np
import pytest
from test_exports import QUICK, agree

from core.checks import InputError
from core.data import DATASETS
from core.data.datasets import Source
from core.export.files import numpy_script, torch_script
from core.nn import ACTIVATIONS, INITIALIZERS, LOSSES
from core.nn.activations.base import ScriptForm
from core.nn.initializers import Initializer
from core.nn.losses import Huber, MeanSquaredError, SoftmaxCrossEntropy


def rings(rng, n, noise):
    radius = 1 + np.arange(n) % 3
    angle = rng.uniform(0, 2 * np.pi, n)
    X = radius[:, None] * np.c_[np.cos(angle), np.sin(angle)]
    return X + noise * rng.standard_normal((n, 2)), np.arange(n) % 3


SCALE = 2.0


def scaled_rings(rng, n, noise):
    X, y = rings(rng, n, noise)
    return SCALE * X, y  # a constant of this module, which no script has


def table():
    X = np.random.default_rng(1).normal(size=(90, 3))
    return X, X[:, 0] - X[:, 1] ** 2


NEW_DATA = {
    "rings": Source("rings", "classes", rings, True, "three rings"),
    "scaled rings": Source("rings", "classes", scaled_rings, True, "three rings"),
    "a closure": Source("rings", "classes", lambda *asked: rings(*asked), True, "three rings"),
    "a table": Source("table", "numbers", table, False, "90 rows"),
    "another table for iris": replace(DATASETS["iris"], make=lambda: (table()[0], np.arange(90) % 3)),
}


@pytest.mark.parametrize("name", NEW_DATA)
@pytest.mark.parametrize("make", [numpy_script, torch_script])
def test_data_from_anywhere_is_learnt_and_travels_along(make, name, monkeypatch):
    """A script repeats the source of what numpy draws alone, and carries the numbers of all else."""
    monkeypatch.setitem(DATASETS, "moons", NEW_DATA[name])
    run = QUICK.replace(irrelevant=1, seed=4)
    script = make(run)
    assert ("def rings(rng, n, noise):" in script) == (name == "rings")
    if make is torch_script:
        pytest.importorskip("torch", reason="torch is not installed here")
    agree(script, run, 1e-12 if make is numpy_script else 1e-6)


def test_data_that_is_too_large_for_a_script_is_refused_in_a_sentence(monkeypatch):
    large = np.zeros((50_000, 21)), np.zeros(50_000)
    large[0][0], large[1][:2] = 1, (1, 2)
    monkeypatch.setitem(DATASETS, "moons", Source("large", "numbers", lambda: large, False, "50,000 rows"))
    with pytest.raises(InputError, match="data holds 1100000 numbers, but a script can carry at most 1000000"):
        numpy_script(QUICK.replace(train=None, test=None))


class Signed(MeanSquaredError):
    """A loss of classes whose targets are -1 and 1."""

    task = "classes"

    def encode(self, y, outputs=None, name="y"):
        return 2 * super().encode(y, outputs, name) - 1


class Odd(SoftmaxCrossEntropy):
    """A loss whose targets depend on the other samples."""

    def encode(self, y, outputs=None, name="y"):
        return super().encode(y, outputs, name) / len(y)


@pytest.mark.parametrize("dataset", ["moons", "iris"])
@pytest.mark.parametrize(
    "loss", [SoftmaxCrossEntropy(label_smoothing=0.3), Signed(), Huber(delta=0.2)], ids=lambda each: type(each).__name__
)
@pytest.mark.parametrize("make", [numpy_script, torch_script])
def test_a_loss_with_targets_or_numbers_of_its_own(make, loss, dataset, monkeypatch):
    monkeypatch.setitem(LOSSES, "mean_absolute_error", loss)
    run = QUICK.replace(dataset=dataset, loss="mean_absolute_error")
    if make is torch_script:
        pytest.importorskip("torch", reason="torch is not installed here")
    agree(make(run), run, 1e-12 if make is numpy_script else 1e-6)


class Sine(ACTIVATIONS["tanh"]):
    """sin x."""

    script = ScriptForm("np.sin(x)", "np.cos(x)")

    def f(self, x, out):
        np.sin(x, out=out)

    def df(self, x, y, out):
        np.cos(x, out=out)


def test_what_declares_no_form_is_refused_in_a_sentence(monkeypatch):
    monkeypatch.setitem(ACTIVATIONS, "tanh", Sine)
    agree(numpy_script(QUICK), QUICK, 1e-12)
    with pytest.raises(InputError, match="activation is tanh, but nothing declares how torch makes it"):
        torch_script(QUICK)
    for form, message in (
        (None, "activation is tanh, but nothing declares how a script writes it"),
        (ScriptForm("np.sin(missing)", "x"), "a script of this run would need missing, but"),
    ):
        monkeypatch.setattr(Sine, "script", form)
        with pytest.raises(InputError, match=message):
            numpy_script(QUICK)
    monkeypatch.undo()
    monkeypatch.setattr(type(LOSSES["softmax_cross_entropy"]), "script", None)
    for make in (numpy_script, torch_script):
        with pytest.raises(InputError, match="loss is softmax_cross_entropy, but nothing declares"):
            make(QUICK)
    monkeypatch.undo()
    monkeypatch.setitem(LOSSES, "softmax_cross_entropy", Odd())
    with pytest.raises(InputError, match="a script cannot repeat how it encodes its targets"):
        numpy_script(QUICK)


def test_first_weights_that_no_source_repeats_travel_along(monkeypatch):
    monkeypatch.setitem(
        INITIALIZERS, "xavier", Initializer(lambda rng, n_in, n_out, gain: rng.normal(size=(n_out, n_in)))
    )
    agree(numpy_script(QUICK), QUICK, 1e-12)
