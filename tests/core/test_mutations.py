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

ROOT = Path(__file__).parents[2]


class Planted(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a text instead of its file."""

    def __init__(self, name, text):
        self.name, self.text = name, text

    def find_spec(self, name, path, target=None):
        return importlib.util.spec_from_loader(name, self) if name == self.name else None

    def exec_module(self, module):
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
    "optimizers/sign.py": trajectories,
    "optimizers/lbfgs.py": trajectories,
    "nn/activations/bounded.py": curves,
    "nn/activations/rectifiers.py": curves,
    "nn/activations/gated.py": curves,
    "nn/losses.py": losses,
    "nn/network.py": networks,
    "nn/layers/dense.py": networks,
    "nn/layers/activation.py": networks,
    "nn/layers/residual.py": layers,
    "nn/layers/normalization.py": layers,
    "nn/layers/dropout.py": layers,
    "nn/layers/convolution.py": layers,
    "nn/layers/pooling.py": layers,
    "nn/penalties.py": networks,
    "optimizers/schedules.py": rates,
    "nn/initializers.py": draws,
}

MUTANTS = {
    "the sign of the step": ("optimizers/base.py", "np.subtract(x, direction, x)", "np.add(x, direction, x)"),
    "averages with their shares swapped": (
        "optimizers/base.py",
        "np.multiply(g, beta.rest, scratch)\n    np.multiply(m, beta.cast, m)",
        "np.multiply(g, beta.cast, scratch)\n    np.multiply(m, beta.rest, m)",
    ),
    "|g| in the place of g²": (
        "optimizers/base.py",
        "np.multiply(g, g, scratch)\n    average(v",
        "np.absolute(g, scratch)\n    average(v",
    ),
    "t from 0": ("optimizers/base.py", "            self.t += 1\n", "            self.t += self.t > 0\n"),
    "coupled decay without g": (
        "optimizers/base.py",
        "return np.add(self.decayed, g, self.decayed)",
        "return np.add(g, x, self.decayed)",
    ),
    "decoupled decay without lr": ("optimizers/base.py", "1.0 - self.rate.value * self.weight", "1.0 - self.weight"),
    "a new lr that is not taken up": (
        "optimizers/options.py",
        "        rule.rate.casts = rule.rate.cast = np.asarray(value, rule.dtype)\n",
        "",
    ),
    "shares that do not add up to 1": (
        "optimizers/options.py",
        "self.rests = np.asarray(1.0 - self.whole",
        "self.rests = np.asarray(self.whole",
    ),
    "no correction of the start at 0": ("optimizers/options.py", "return 1.0 - (self", "return 1.0 - 0.0 * (self"),
    "lr inside the momentum buffer": (
        "optimizers/descent.py",
        "accumulate(v, g, self.momentum, self.t)\n        np.multiply(v, self.rate.cast, self.scratch)\n",
        "accumulate(v, self.rate.cast * g, self.momentum, self.t)\n        np.copyto(self.scratch, v)\n",
    ),
    "dampening at the first update": (
        "optimizers/descent.py",
        "if self.dampening.used and self.t > 1:",
        "if self.dampening.used:",
    ),
    "Nesterov without g": (
        "optimizers/descent.py",
        "np.add(g, s, s)\n        descend",
        "np.add(v, s, s)\n        descend",
    ),
    "Adagrad's decay counted from 1": (
        "optimizers/adaptive.py",
        "(self.t - 1) * self.lr_decay.value",
        "self.t * self.lr_decay.value",
    ),
    "Adagrad's eps inside the root": (
        "optimizers/adaptive.py",
        "np.sqrt(a, s)\n        np.add(s, self.eps.cast, s)",
        "np.add(a, self.eps.cast, s)\n        np.sqrt(s, s)",
    ),
    "Adadelta's upper eps missing": ("optimizers/adaptive.py", "np.add(u, self.eps.cast, d)", "np.copyto(d, u)"),
    "Adadelta averaging g² for d²": (
        "optimizers/adaptive.py",
        "average_square(u, d, self.rho, s)",
        "average_square(u, g, self.rho, s)",
    ),
    "RMSprop's eps inside the root": (
        "optimizers/adaptive.py",
        "        else:\n            np.sqrt(v, s)\n        np.add",
        "        else:\n            np.sqrt(v + self.eps.cast, s)\n        np.add",
    ),
    "centered RMSprop below the root of 0": ("optimizers/adaptive.py", "            np.maximum(s, 0.0, out=s)\n", ""),
    "Adam without the first correction": (
        "optimizers/adam.py",
        "self.rate.value * root_c2 / self.beta1.correction(self.t)",
        "self.rate.value * root_c2",
    ),
    "Adam without the second correction": (
        "optimizers/adam.py",
        "s, root_c2 = self.scratch, root(self.beta2.correction(self.t))",
        "s, root_c2 = self.scratch, 1.0",
    ),
    "Adam's eps before the correction": (
        "optimizers/adam.py",
        "np.add(s, self.cast(root_c2) * self.eps.cast, s)",
        "np.add(s, self.eps.cast, s)",
    ),
    "AdamW with coupled decay": (
        "optimizers/adam.py",
        "        self.decoupled_decay(x)\n        average(m",
        "        g = self.coupled_decay(x, g)\n        average(m",
    ),
    "AMSGrad without the maximum": ("optimizers/adam.py", "np.maximum(v_max, v, out=v_max)", "np.copyto(v_max, v)"),
    "Adamax without decay of u": ("optimizers/adam.py", "        np.multiply(u, self.beta2.cast, u)\n", ""),
    "NAdam without the next momentum": ("optimizers/adam.py", "self.mu(self.t + 1)", "self.mu(self.t)"),
    "NAdam without the product of momenta": ("optimizers/adam.py", "        M *= self.mu", "        M[...] = self.mu"),
    "RAdam rectified from 4 on": ("optimizers/adam.py", "rho > 5.0)", "rho > 4.0)"),
    "ASGD averaging an update too early": ("optimizers/descent.py", "self.t - 1 - self.t0", "self.t - self.t0"),
    "Rprop moving where the sign turns": ("optimizers/sign.py", "        np.copyto(s, 0.0, where=turned)\n", ""),
    "Lion's two shares confused": (
        "optimizers/sign.py",
        "average(m, g, self.beta2",
        "average(m, g, self.beta1",
    ),
    "Adafactor's t from 2": ("optimizers/matrix.py", "float(self.t) **", "float(self.t + 1) **"),
    "Adafactor's RMS over everything": ("optimizers/matrix.py", "total / x[0].size", "total"),
    "Muon's shape factor upside down": (
        "optimizers/matrix.py",
        "return math.sqrt(max(1.0, rows / cols",
        "return math.sqrt(max(1.0, cols / rows",
    ),
    "Muon's cubic without its second term": ("optimizers/matrix.py", "            np.add(G, H, G)\n", ""),
    "L-BFGS without its first scale": (
        "optimizers/lbfgs.py",
        "        if slots:\n            d *=",
        "        if slots:\n            0 *",
    ),
    "L-BFGS with the second loop reversed": ("optimizers/lbfgs.py", "zip(slots, reversed(alphas)", "zip(slots, alphas"),
    "L-BFGS starting with a full step": ("optimizers/lbfgs.py", "lr if moves[r] > 1 else", "lr if moves[r] > 0 else"),
    "the sigmoid's slope without y": (
        "nn/activations/bounded.py",
        "np.subtract(1, y, out=out)\n        np.multiply(out, y, out=out)",
        "np.subtract(1, y, out=out)",
    ),
    "tanh's slope 1 - y": ("nn/activations/bounded.py", "np.multiply(y, y, out=out)", "np.copyto(out, y)"),
    "ELU's slope without alpha": (
        "nn/activations/rectifiers.py",
        "np.where(x > 0, 1, self.alpha * np.exp",
        "np.where(x > 0, 1, np.exp",
    ),
    "GELU's slope without the density": (
        "nn/activations/gated.py",
        "np.add(ndtr(x), x * np.exp",
        "np.add(ndtr(x), 0 * np.exp",
    ),
    "SiLU's slope like the sigmoid's": ("nn/activations/gated.py", "1 + x * (1 - s)", "1 - s"),
    "GELU's cubic without its square": (
        "nn/activations/gated.py",
        "c * (1 + 0.044715 * c * c)",
        "c * (1 + 0.044715 * c)",
    ),
    "Mish's slope without the sigmoid": (
        "nn/activations/gated.py",
        "t, x * sigmoid(x) * (1 - t * t)",
        "t, x * (1 - t * t)",
    ),
    "the square's slope without 2": ("nn/losses.py", "np.multiply(out, 2 / (z.shape", "np.multiply(out, 1 / (z.shape"),
    "elements averaged over samples only": (
        "nn/losses.py",
        "axis=_ELEMENTS) / (elements.shape[-1] * elements.shape[-2])",
        "axis=_ELEMENTS) / elements.shape[-1]",
    ),
    "cross-entropy with the target's sign turned": (
        "nn/losses.py",
        "positive - z * t +",
        "positive + z * t +",
    ),
    "a sure answer's loss as a difference of large numbers": (
        "nn/losses.py",
        "positive - z * t + np.log1p(np.exp(z - 2 * positive))",
        "positive + np.log1p(np.exp(z - 2 * positive)) - z * t",
    ),
    "smoothing of yes and no among all outputs": ("nn/losses.py", "name), 0, 1), 2)", "name), 0, 1), outputs)"),
    "softmax without its shift": ("nn/losses.py", "z = z - z.max(axis=-2, keepdims=True)", "z = z"),
    "softmax's slope without 1/n": ("nn/losses.py", "return np.multiply(out, 1 / z.shape[-1], out=out)", "return out"),
    "Huber without its half": ("nn/losses.py", "_mean(c * (error - c / 2))", "_mean(c * (error - c))"),
    "backpropagation without f'": ("nn/layers/activation.py", "np.multiply(delta, self.slope, out=delta)", "pass"),
    "f' of a in the place of z": (
        "nn/layers/activation.py",
        ".df(self.below.values, self.above.values,",
        ".df(self.above.values, None,",
    ),
    "deltas through the wrong weights": (
        "nn/layers/dense.py",
        "np.matmul(self.weights_turned, delta",
        "np.matmul(self.weights_turned[:, ::-1], delta",
    ),
    "no ones for the bias": (
        "nn/network.py",
        "np.ones((len(X), 1), dtype=X.dtype)",
        "np.zeros((len(X), 1), dtype=X.dtype)",
    ),
    "the penalty on biases too": ("nn/network.py", "            W[...] = 1\n", "            W[...] = _[...] = 1\n"),
    "a shortcut without its input": ("nn/layers/residual.py", "self.below.delta += self.above.delta", "pass"),
    "normalization as if its mean were fixed": (
        "nn/layers/normalization.py",
        "        delta -= np.add.reduce(delta, axis=self.axis, keepdims=True) / size\n",
        "",
    ),
    "dropout going back without its mask": ("nn/layers/dropout.py", "np.multiply(delta, self.mask, out=delta)", "pass"),
    "columns that overwrite each other going back": (
        "nn/layers/convolution.py",
        "            part += seen[:, :, i, j]",
        "            part[...] = seen[:, :, i, j]",
    ),
    "a margin that is not cut off": (
        "nn/layers/convolution.py",
        "self.centre(self.padded_delta)",
        "self.padded_delta[:, :, : self.inputs[1], : self.inputs[2]]",
    ),
    "the window upside down": (
        "nn/layers/convolution.py",
        "np.copyto(seen[:, :, i, j], part)",
        "np.copyto(seen[:, :, j, i], part)",
    ),
    "max pooling to all of its window": (
        "nn/layers/pooling.py",
        "part += delta * (self.index == place)",
        "part += delta",
    ),
    "average pooling as a sum": ("nn/layers/pooling.py", "        out *= 1 / self.size**2\n", ""),
    "blocks that leave the last columns": (
        "optimizers/base.py",
        "min(left + columns, P)",
        "min(left + columns, P - 1)",
    ),
    "running products once a block": ("optimizers/base.py", "begins=columns.start == 0", "begins=True"),
    "blocks that see the first runs only": ("optimizers/base.py", "scalar.see(block.rows)", "scalar.see(slice(0, 1))"),
    "L2 without its half": ("nn/penalties.py", "0.5 * self.l2", "self.l2"),
    "L1's gradient without its sign": ("nn/penalties.py", "np.sign(params, out=scratch)", "np.copyto(scratch, params)"),
    "the cosine upside down": ("optimizers/schedules.py", "(1 + math.cos(", "(1 - math.cos("),
    "a step an update early": ("optimizers/schedules.py", "step // self.step_size", "(step + 1) // self.step_size"),
    "a milestone an update late": (
        "optimizers/schedules.py",
        "bisect_right(self.milestones, step)",
        "bisect_right(self.milestones, step - 1)",
    ),
    "one power too many": ("optimizers/schedules.py", "self.gamma**step\n\n", "self.gamma ** (step + 1)\n\n"),
    "restarts that do not grow": ("optimizers/schedules.py", "T_i * self.T_mult", "T_i"),
    "patience one too short": ("optimizers/schedules.py", "self.bad > self.patience", "self.bad >= self.patience"),
    "a threshold that is always below the best": (
        "optimizers/schedules.py",
        "self.best * (1 - self.sign * self.threshold)",
        "self.best - self.threshold * np.abs(self.best)",
    ),
    "cuts of any size": ("optimizers/schedules.py", "last - lower > self.eps", "last - lower > 0"),
    "uniform draws without root 3": ("nn/initializers.py", "gain * (3 / fan) ** 0.5", "gain * (1 / fan) ** 0.5"),
    "normal draws without the root": ("nn/initializers.py", "gain / fan**0.5", "gain / fan"),
    "Xavier looking at one side": (
        "nn/initializers.py",
        "return _normal(rng, fan_in, fan_out, gain, (fan_in + fan_out) / 2)",
        "return _normal(rng, fan_in, fan_out, gain, fan_in)",
    ),
    "Kaiming with the wrong fan": (
        "nn/initializers.py",
        "return _uniform(rng, fan_in, fan_out, gain, fan_out)",
        "return _uniform(rng, fan_in, fan_out, gain, fan_in)",
    ),
    "orthogonal without its gain": ("nn/initializers.py", "return gain * (q if", "return (q if"),
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
