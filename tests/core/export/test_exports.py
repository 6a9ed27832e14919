"""Scripts that reproduce a run without the lab, in numpy to the last bits and in PyTorch."""

import ast
import builtins
import io
import os
import subprocess
import sys
from contextlib import redirect_stdout
from dataclasses import replace

import numpy as np
import pytest

from core.checks import InputError
from core.data import DATASETS, load_dataset
from core.export import plain
from core.export.script import check_numpy, check_torch, numpy_script, torch_script
from core.nn import ACTIVATIONS, INITIALIZERS, LAYERS, LOSSES, NORMALIZATIONS
from core.nn.layers import Activate, Dropout, Residual
from core.optimizers import OPTIMIZERS, SCHEDULES
from core.training import History, RunSettings, Trainer

QUICK = RunSettings(train=60, test=30, hidden=(5, 4), steps=30, frames=7, batch_size=16)
DEEP = {"hidden": (5, 5, 5), "residual": True}
PICTURES = [  # layers for digits, 8x8 pixels
    ("conv-3-3", "max_pool-2", "flatten", "dense-6"),
    ("conv-3-3-2-1", "average_pool-3-1", "conv-2-2", "flatten"),
    ("max_pool-3-2", "conv-3-3-1-1", "conv-3-3-1-1", "flatten", "dense-5", "dense-5"),
    ("average_pool-2-1", "conv-4-2-2-1", "max_pool-3-1", "conv-2-1", "flatten"),
    ("conv-2-3-3-2", "conv-2-3-1-1", "flatten"),
    ("conv-3-8", "flatten", "dense-4"),
    ("flatten", "dense-5"),
    ("dense-5", "dense-5"),
]
RUNS = (
    [{"optimizer": name, "lr": 0.01} for name in OPTIMIZERS]
    + [{"optimizer": name, "lr": 0.01, "normalization": "layer"} for name in ("adafactor", "muon", "lbfgs")]
    + [{"activation": name} for name in ACTIVATIONS]
    + [{"loss": name, "dataset": data} for name in LOSSES for data in ("moons", "iris")]
    + [{"loss": name, "dataset": "wave"} for name, loss in LOSSES.items() if loss.task == "numbers"]
    + [{"schedule": name, "frames": frames} for name in SCHEDULES for frames in (7, 30)]
    + [{"initializer": name, "activation": "relu"} for name in INITIALIZERS]
    + [{"dataset": name, "irrelevant": 2} for name in DATASETS]
    + [
        {"dataset": "digits", "layers": layers, "normalization": name, "residual": name != "none", "dropout": dropout}
        for layers in PICTURES
        for name, dropout in (("none", 0.0), ("none", 0.3), ("batch", 0.0), ("layer", 0.3))
    ]
    + [
        {"dataset": "digits", "layers": ("conv-3-3", "flatten"), "normalization": "batch", "batch_size": 1},
        {"dataset": "digits", "layers": PICTURES[2], "l1": 0.01, "l2": 0.1, "clip_norm": 0.5, "max_norm": 0.5},
    ]
    + [
        {"label_smoothing": 0.1},
        {"label_smoothing": 0.3, "dataset": "iris", "patience": 2},
        {"label_smoothing": 0.1, "loss": "binary_cross_entropy"},
        {"label_smoothing": 0.3, "loss": "binary_cross_entropy", "dataset": "iris"},
        {"batch_size": None, "optimizer": "rprop"},
        {"hidden": ()},
        {"hidden": (), "l1": 0.01, "dropout": 0.3, "normalization": "batch", "max_norm": 1.0},
        {"l1": 0.01, "l2": 0.1},
        {"clip_norm": 0.1},
        {"max_norm": 0.5},
        {"dropout": 0.3},
        DEEP,
        DEEP | {"dropout": 0.3, "normalization": "batch"},
        DEEP | {"dropout": 0.3, "normalization": "layer"},
        {"patience": 1, "lr": 3.0, "frames": 30},
        {
            "patience": 2,
            "schedule": "reduce_on_plateau",
            "schedule_hyper": {"cooldown": 1, "patience": 0},
            "frames": 30,
        },
        {"schedule": "reduce_on_plateau", "schedule_hyper": {"mode": "max", "threshold_mode": "abs", "patience": 2}},
        {"schedule": "reduce_on_plateau", "schedule_hyper": {"mode": "max", "patience": 0, "eps": 0.005}, "frames": 30},
        {"activations": ("relu", "softplus"), "initializer": "kaiming"},
        {"inputs": ("x1", "x1_squared", "product", "sin_x2")},
        {"dataset": "wave", "lr": 1e6, "activation": "relu"},
        {"optimizer": "momentum", "hyper": {"momentum": 0.5, "dampening": 0.2, "weight_decay": 0.1}},
        {"optimizer": "rmsprop", "lr": 0.01, "hyper": {"centered": True, "momentum": 0.5}},
        {"optimizer": "adagrad", "hyper": {"lr_decay": 0.1, "initial_accumulator_value": 0.2}},
        {"optimizer": "nadam", "lr": 0.01, "hyper": {"weight_decay": 0.1, "decoupled_weight_decay": True}},
        {"optimizer": "radam", "lr": 0.01, "hyper": {"weight_decay": 0.1}},
        {"optimizer": "adamw", "lr": 0.01, "hyper": {"weight_decay": 0.3}},
        {"optimizer": "muon", "lr": 0.01, "hyper": {"nesterov": False, "adjust_lr_fn": "match_rms_adamw"}},
        {"optimizer": "asgd", "schedule": "step"},
        {"layers": ("dense-5", "dense-5"), "activations": ("relu", "selu"), "residual": True},
        {"schedule": "one_cycle", "schedule_hyper": {"total_steps": 10}},
    ]
)


def in_scope(changes, check=check_numpy):
    """Whether a script can repeat a run with these changes."""
    try:
        check(QUICK.replace(**changes))
    except InputError:
        return False
    return True


class OnHalf(RunSettings):
    """A run on data of its own, as some studies have."""

    def data(self):
        return replace(load_dataset("moons", 40, 20), name="half of the moons")


def printed(script):
    """The rows (step, training loss, test loss) that a script prints."""
    out = io.StringIO()
    with redirect_stdout(out):
        exec(compile(script, "script", "exec"), {"__name__": "script"})
    return rows(out.getvalue())


def rows(text):
    lines = [line.split(",") for line in text.splitlines()[1:]]
    return np.array([[float(cell) for cell in line] for line in lines if len(line) == 3])


def trained(run, data=None):
    history = History.of(frame for frame in Trainer([run], data).work() if frame is not None)
    return np.stack([history.step, history.train_loss[:, 0], history.test_loss[:, 0]], axis=1)


def agree(script, run, tolerance, data=None):
    """Every frame of the engine is printed, and those before a divergence agree, relative to their size."""
    shown, expected = printed(script), trained(run, data)
    np.testing.assert_array_equal(shown[:, 0], expected[:, 0])
    finite = np.isfinite(expected).all(axis=1)
    np.testing.assert_allclose(shown[finite], expected[finite], rtol=tolerance, atol=0)


ALONE = [
    {"dataset": "iris", "optimizer": "adam", "schedule": "one_cycle", "normalization": "batch", "dropout": 0.2},
    {"activation": "gelu", "schedule": "reduce_on_plateau", "patience": 2, "batch_size": None},
    {"dataset": "wave", "lr": 1e6, "activation": "relu", "optimizer": "rprop"},
    {"hidden": (), "steps": 0, "schedule": "step"},
    {"dataset": "digits", "train": None, "test": None, "hidden": (30, 20), "steps": 3},
    {"dataset": "digits", "layers": PICTURES[2], "residual": True, "normalization": "layer", "optimizer": "adam"},
]


@pytest.mark.parametrize("changes", ALONE, ids=str)
def test_a_script_runs_from_nothing(changes, tmp_path):
    """In a process with an empty environment, except for the kernels of OpenBLAS, which decide the last digits."""
    kernels = {name: value for name, value in os.environ.items() if name.startswith("OPENBLAS_")}
    run, path = QUICK.replace(**changes), tmp_path / "run.py"
    path.write_text(numpy_script(run), encoding="utf-8")
    command = [sys.executable, "-I", path]
    out = subprocess.run(command, cwd=tmp_path, env=kernels, capture_output=True, text=True, check=True)
    assert out.stderr == ""
    expected = trained(run)
    finite = np.isfinite(expected).all(axis=1)
    np.testing.assert_allclose(rows(out.stdout)[finite], expected[finite], rtol=1e-12)
    assert ("diverged" in out.stdout) == (not finite.all())


def test_only_gelu_needs_scipy(monkeypatch):
    """Without it, the scripts of all other runs still work."""
    script = numpy_script(QUICK)
    monkeypatch.setitem(sys.modules, "scipy", None)
    assert len(printed(script)) == 8


@pytest.mark.parametrize("make", [numpy_script, torch_script])
def test_scripts_define_what_they_use_and_use_what_they_import(make):
    script = make(QUICK.replace(patience=3))
    nodes = list(ast.walk(ast.parse(script)))
    read = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    stored |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    stored |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    imported = {alias.asname or alias.name for node in imports for alias in node.names}
    assert read <= stored | imported | set(dir(builtins))
    assert imported <= read
    assert "core" not in script.split("RUN = {")[0]


@pytest.mark.parametrize("changes", [each for each in RUNS if in_scope(each, check_torch)], ids=str)
def test_torch_prints_the_same_losses(changes):
    pytest.importorskip("torch", reason="torch is not installed here")
    run = QUICK.replace(**changes)
    agree(torch_script(run), run, 1e-6)


def test_without_torch_a_script_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(SystemExit, match="needs PyTorch: pip install torch"):
        exec(torch_script(QUICK), {})


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if in_scope({"optimizer": name}, check_torch)])
def test_torch_agrees_after_200_steps(name):
    pytest.importorskip("torch", reason="torch is not installed here")
    run = QUICK.replace(train=120, hidden=(8, 8), optimizer=name, lr=0.01, steps=200)
    agree(torch_script(run), run, 1e-6)


@pytest.mark.parametrize("task", ["classes", "numbers"])
@pytest.mark.parametrize("changes", [{}, {"inputs": ("x1", "sin_x2"), "patience": 3}])
def test_own_data_travel_along(make_data, task, changes):
    data = replace(make_data(40, 20, task=task), name='"""; import os # $imports')
    run = QUICK.replace(dataset="own", **changes)
    agree(numpy_script(run, data), run, 1e-12, data)


def test_the_data_of_a_study_travel_along():
    agree(numpy_script(OnHalf(steps=10)), OnHalf(steps=10), 1e-12)


@pytest.mark.parametrize("normalization", ["none", "batch", "layer"])
@pytest.mark.parametrize("make", [numpy_script, torch_script])
def test_other_first_weights_travel_along(make, normalization, rng):
    if make is torch_script:
        pytest.importorskip("torch", reason="torch is not installed here")
    run = QUICK.replace(normalization=normalization)
    trainer = Trainer([run])
    trainer.params[:] = np.abs(rng.normal(size=trainer.params.shape))  # among them variances
    script = make(run, params=trainer.params[0].copy())
    history = History.of(frame for frame in trainer.work() if frame is not None)
    tolerance = 1e-12 if make is numpy_script else 1e-6
    np.testing.assert_allclose(printed(script)[:, 1], history.train_loss[:, 0], rtol=tolerance)


def test_the_scope_of_scripts():
    """Of what the core has today, three rules are left out; a new layer is refused until it is added there."""
    kinds = [*LAYERS.values(), *(kind for kind in NORMALIZATIONS.values() if kind), Activate, Dropout, Residual]
    assert plain.LAYERS.keys() == {kind.kind for kind in kinds}
    assert all(kind.kind == name for name, kind in LAYERS.items())
    assert OPTIMIZERS.keys() - plain.RULES.keys() == {"adafactor", "muon", "lbfgs"}


@pytest.mark.parametrize(
    "changes",
    [
        *({"activation": name} for name in ACTIVATIONS),
        *({"loss": name, "dataset": "iris"} for name in LOSSES),
        *({"optimizer": name, "lr": 0.01} for name in plain.RULES),
    ],
    ids=str,
)
def test_scripts_carry_every_formula(changes):
    run = QUICK.replace(steps=5, frames=2, **changes)
    agree(numpy_script(run), run, 1e-12)


DIGITS = {"dataset": "digits", "normalization": "batch"}


@pytest.mark.parametrize(
    ("make", "changes", "message"),
    [
        (numpy_script, {"dtype": "float32"}, "dtype is float32, but a script"),
        (torch_script, {"dtype": "float32"}, "dtype is float32, but a script"),
        (numpy_script, {"optimizer": "muon"}, "optimizer is muon, but a script can use only sgd, "),
        (torch_script, {"optimizer": "lion"}, "optimizer is lion, but torch"),
        (torch_script, {"optimizer": "asgd", "schedule": "linear"}, "schedule is linear, but torch"),
        (torch_script, {"normalization": "batch", "batch_size": 59}, "batch_size is 59, but torch"),
        (torch_script, DIGITS | {"layers": ("conv-2-8", "flatten"), "batch_size": 1}, "batch_size is 1, but torch"),
        (
            numpy_script,
            DIGITS | {"layers": ("average_pool-2", "flatten")},
            "layers is average_pool, but a script can",
        ),
        (numpy_script, {"optimizer": "adam", "hyper": {"beta1": 2.0}}, "beta1 is 2"),
        (
            torch_script,
            {"dataset": "wave", "label_smoothing": 0.1},
            "label_smoothing is 0.1, but mean_squared_error has",
        ),
    ],
)
def test_what_no_script_can_say_is_refused_in_a_sentence(make, changes, message, monkeypatch):
    monkeypatch.delitem(plain.LAYERS, "average_pool")  # as if it had just been added to the engine
    with pytest.raises(InputError, match=message):
        make(QUICK.replace(**changes))


def test_more_numbers_than_a_script_can_carry(make_data):
    with pytest.raises(InputError, match="are 1041064 numbers, but a script can carry at most 1000000"):
        numpy_script(QUICK.replace(dataset="own"), make_data(10_000, 5, features=100))
    with pytest.raises(InputError, match="numbers, but a script can carry at most"):
        numpy_script(QUICK.replace(steps=1_000_000, schedule="linear"))


def test_scripts_say_what_was_decided_about_the_table_and_run_whatever_its_names_hold(make_data):
    sentences = (
        "2 of 40 rows left out: the target is missing.",
        "'a\nraise SystemExit(\x00)\u2028' became a date. " * 9,
    )
    data = replace(make_data(40, 5), notices=sentences)
    script = numpy_script(QUICK.replace(dataset="own"), data)
    head = script.partition("\n\n")[0].splitlines()
    assert f"# {sentences[0]}" in head
    assert len(head) > 4
    assert all(line.startswith("# ") and line.isprintable() and len(line) <= 120 for line in head)
    compile(script, "script", "exec")
