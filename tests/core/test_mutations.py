"""The tests are tested: every fault below, planted in the source of the core, must be noticed by the reference numbers.

A mutant is a file, a piece of its text that occurs there once, and what to put in its place. The file is compiled with
the fault in memory, the core is imported anew around it, and the tests that watch over that file are called.
"""

import contextlib
import importlib
import importlib.abc
import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from mutants import MUTANTS

ROOT = Path(__file__).parents[2]


class Planted(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a text instead of its file."""

    def __init__(self, name, text):
        self.name, self.text = name, text

    def find_spec(self, name, path, target=None):
        return importlib.util.spec_from_loader(name, self) if name == self.name else None

    def exec_module(self, module):
        module.__file__ = str(ROOT / f"{self.name.replace('.', '/')}.py")  # beside which its texts stand
        exec(compile(self.text, f"mutant of {self.name}", "exec"), module.__dict__)


@contextlib.contextmanager
def planted(file, old, new):
    """Within this context the core, and the tests that import it, are made of the mutated source."""
    text = (ROOT / "core" / file).read_text()
    assert text.count(old) == 1, f"{file} holds this text {text.count(old)} times, not once: {old!r}"
    finder = Planted(f"core.{file.removesuffix('.py').replace('/', '.')}", text.replace(old, new))
    kept = {name: module for name, module in sys.modules.items() if name.startswith("core.") or name in WATCHERS}
    for name in kept:
        del sys.modules[name]
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name.startswith("core.") or name in WATCHERS]:
            del sys.modules[name]
        sys.modules.update(kept)
        for name, module in kept.items():
            if name.count(".") == 1:
                setattr(sys.modules["core"], name.removeprefix("core."), module)


def trajectories():
    tests = importlib.import_module("test_optimizers")
    for case in tests.BINDING:
        tests.test_follows_the_reference_trajectory(case)
    importlib.import_module("test_optimizer_promises").test_centered_rmsprop_survives_a_constant_gradient()


def curves():
    tests = importlib.import_module("test_activations")
    for case in tests.REFERENCE["functions"]:
        tests.test_torch_numbers(case)


def losses():
    tests = importlib.import_module("test_losses")
    for row in tests.REFERENCE["bce_with_logits"]["rows"]:
        tests.test_binary_cross_entropy_of_torch(row)
    for case in tests.REFERENCE["softmax_cross_entropy"]:
        tests.test_softmax_cross_entropy_of_torch(case)
    tests.test_batch_means_of_torch()
    for kind in tests.ELEMENTWISE:
        tests.test_errors_of_torch(kind)
    for case in tests.SMOOTHED:
        tests.test_label_smoothing_of_torch(case)
    tests.test_a_sure_and_right_answer_keeps_all_digits_of_its_loss(36.0)


def rates():
    tests = importlib.import_module("test_schedules")
    for case in tests.REFERENCE["schedules"]:
        tests.test_torch_numbers(case)
    for case in tests.PLATEAUS:
        tests.test_plateau_of_torch(case)
    tests.test_one_cycle_variants_by_hand()


def draws():
    tests = importlib.import_module("test_initializers")
    for case in tests.REFERENCE["schemes"]:
        tests.test_spread_and_bounds(case)
    for case in tests.REFERENCE["orthogonal"]:
        tests.test_orthogonal(case)


def layers():
    """Every layer alone and in every pair against differences, in a stack, and blocks against one piece."""
    tests = importlib.import_module("test_each_layer")
    for names in tests.CHAINS:
        tests.test_gradients_are_slopes(names)
    tests.test_a_convolution_is_its_sum()


def blocks():
    tests = importlib.import_module("test_blocks")
    for name in ("sgd", "adam", "nadam"):
        tests.test_blocks_change_no_bit(name)
        tests.test_every_run_has_its_own_numbers(name)


def networks():
    """Outputs, losses and gradients of torch's networks, from reference/mlp.json."""
    network = importlib.import_module("core.nn.network")
    losses = {"mse": "mean_squared_error", "bce": "binary_cross_entropy", "softmax": "softmax_cross_entropy"}
    for net in json.loads((ROOT / "tests" / "reference" / "mlp.json").read_text())["nets"]:
        activation, loss = net["hidden_activation"].replace("gelu_exact", "gelu"), losses[net["loss"]]
        ours = network.Network(net["sizes"], activation, loss, net["l1"], net["l2"])
        params = ours.pack([(np.array(W), np.array(b)) for W, b in zip(net["W"], net["b"], strict=True)])
        value, grads = ours.loss_and_gradient(params, net["X"], net["Y"])
        want = ours.pack([(np.array(W), np.array(b)) for W, b in zip(*net["grad_total"].values(), strict=True)])
        np.testing.assert_allclose(ours.predict(params, net["X"]), net["output"], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(value, net["loss_total"], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(grads, want, rtol=1e-9, atol=1e-9 * np.abs(want).max())


WATCHERS = [
    "test_optimizers",
    "test_optimizer_promises",
    "test_activations",
    "test_losses",
    "test_schedules",
    "test_initializers",
    "test_each_layer",
    "test_blocks",
]
# file -> what watches over it
CHECKS = {
    "optimizers/base.py": lambda: (trajectories(), blocks()),
    "optimizers/options.py": trajectories,
    "optimizers/descent.py": trajectories,
    "optimizers/adaptive.py": trajectories,
    "optimizers/adam.py": trajectories,
    "optimizers/matrix.py": trajectories,
    "optimizers/lbfgs.py": trajectories,
    "nn/activations.py": curves,
    "nn/losses.py": losses,
    "nn/network.py": networks,
    "nn/layers/vectors.py": lambda: (networks(), layers()),
    "nn/layers/base.py": layers,
    "nn/layers/pictures.py": layers,
    "optimizers/schedules.py": rates,
    "nn/initializers.py": draws,
}


@pytest.mark.parametrize("file", CHECKS)
def test_sound_source_passes(file):
    """The harness itself finds nothing where nothing was planted."""
    first = (ROOT / "core" / file).read_text()
    with planted(file, first, first):
        CHECKS[file]()


@pytest.mark.parametrize("fault", MUTANTS)
def test_fault_is_noticed(fault):
    """By a failed comparison, or by a floating-point warning: a mutant that does not even run proves nothing."""
    file, old, new = MUTANTS[fault]
    with planted(file, old, new), pytest.raises((AssertionError, FloatingPointError, RuntimeWarning)):
        CHECKS[file]()


def test_there_are_enough_faults():
    assert len(MUTANTS) >= 36
    assert {file for file, _, _ in MUTANTS.values()} == CHECKS.keys()
