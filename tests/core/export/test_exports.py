"""Scripts that reproduce a run without the lab, in numpy to the last bits and in PyTorch."""

import ast
import io
import subprocess
import sys
from contextlib import redirect_stdout
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.checks import InputError
from core.data import DATASETS, load_dataset
from core.data.features import INPUTS
from core.export.files import numpy_script, torch_script
from core.nn import ACTIVATIONS, INITIALIZERS, LOSSES, NORMALIZATIONS
from core.optimizers import OPTIMIZERS, SCHEDULES
from core.training import History, RunSettings, Trainer

QUICK = RunSettings(train=60, test=30, hidden=(5, 4), steps=30, frames=7, batch_size=16)
DEEP = {"hidden": (5, 5, 5), "residual": True}
WRITTEN = [name for name, rule in OPTIMIZERS.items() if rule.script]
RUNS = (
    [{"optimizer": name, "lr": 0.01} for name in WRITTEN]
    + [{"optimizer": name, "lr": 0.01, "normalization": "layer"} for name in ("adafactor", "muon", "lbfgs")]
    + [{"activation": name} for name in ACTIVATIONS]
    + [{"loss": name, "dataset": data} for name in LOSSES for data in ("moons", "iris")]
    + [{"loss": name, "dataset": "wave"} for name, loss in LOSSES.items() if loss.task == "numbers"]
    + [{"schedule": name, "frames": frames} for name in SCHEDULES for frames in (7, 30)]
    + [{"initializer": name, "activation": "relu"} for name in INITIALIZERS]
    + [{"dataset": name, "irrelevant": 2} for name in DATASETS]
    + [
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
        {"schedule": "one_cycle", "schedule_hyper": {"total_steps": 10}},
    ]
)
every_run = pytest.mark.parametrize("changes", RUNS, ids=str)


class OnHalf(RunSettings):
    """A run on data of its own, as some studies have."""

    def data(self):
        return replace(load_dataset("moons", 40, 20), name="half of the moons")


def printed(script):
    """The rows (step, training loss, test loss) that a script prints."""
    out = io.StringIO()
    with redirect_stdout(out), np.errstate():
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


@every_run
def test_numpy_prints_the_same_losses(changes):
    run = QUICK.replace(**changes)
    agree(numpy_script(run), run, 1e-12)


@every_run
def test_torch_prints_the_same_losses(changes):
    pytest.importorskip("torch", reason="torch is not installed here")
    run = QUICK.replace(**changes)
    agree(torch_script(run), run, 1e-6)


@pytest.mark.parametrize("name", [name for name in WRITTEN if OPTIMIZERS[name].script.drifts != "always"])
def test_torch_agrees_after_200_steps(name):
    pytest.importorskip("torch", reason="torch is not installed here")
    run = QUICK.replace(train=120, hidden=(8, 8), optimizer=name, lr=0.01, steps=200)
    agree(torch_script(run), run, 1e-6)


@settings(max_examples=100, derandomize=True)
@given(
    st.fixed_dictionaries(
        {
            "dataset": st.sampled_from(list(DATASETS)),
            "train": st.integers(10, 60),
            "test": st.integers(10, 30),
            "noise": st.floats(0, 2),
            "irrelevant": st.integers(0, 3),
            "data_seed": st.integers(0, 2**31),
            "inputs": st.lists(st.sampled_from(list(INPUTS)), min_size=1, max_size=4, unique=True).map(tuple),
            "hidden": st.lists(st.integers(1, 9), max_size=4).map(tuple),
            "activation": st.sampled_from(list(ACTIVATIONS)),
            "initializer": st.sampled_from(list(INITIALIZERS)),
            "gain": st.floats(0, 100),
            "optimizer": st.sampled_from(WRITTEN),
            "lr": st.floats(1e-12, 10),  # far from overflow, where clipping has a way of its own
            "batch_size": st.none() | st.integers(1, 70),
            "l1": st.floats(0, 1e6),
            "l2": st.floats(0, 1e6),
            "dropout": st.floats(0, 0.99),
            "patience": st.integers(0, 3),
            "frames": st.integers(1, 10),
            "seed": st.integers(0, 2**31),
            "steps": st.integers(0, 12),
            "schedule": st.sampled_from(list(SCHEDULES)),
            "clip_norm": st.none() | st.floats(1e-6, 1e6),
            "normalization": st.sampled_from(list(NORMALIZATIONS)),
            "residual": st.booleans(),
            "max_norm": st.none() | st.floats(1e-6, 1e6),
        }
    )
)
def test_any_run_is_reproduced(values):
    run = RunSettings(**values)
    agree(numpy_script(run), run, 1e-12)


@every_run
@pytest.mark.parametrize("make", [numpy_script, torch_script])
def test_a_script_shows_only_what_it_uses(make, changes):
    """No import, function, class or constant that nothing asks for, and nothing of this project."""
    script = make(QUICK.replace(**changes))
    tree = ast.parse(script)
    assert "core" not in script
    assert "$" not in script
    assert "#?" not in script
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    made = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    made += [alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names]
    together = {"weights_rng", "batches_rng", "dropout_rng", "outputs", "kept", "a"}  # made with others that are used
    assigned = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    methods = {"__init__", "forward", "weight", "bias"}
    assert {*made, *assigned} <= read | together | methods | {"_", "x"}  # x is changed in place
    assert max(map(len, script.splitlines())) <= 120


def test_a_script_runs_in_a_process_of_its_own(tmp_path):
    run = QUICK.replace(optimizer="adam", dropout=0.2, hidden=(30, 20), dataset="digits")
    path = tmp_path / "run.py"
    path.write_text(numpy_script(run), encoding="utf-8")
    out = subprocess.run([sys.executable, "-I", path], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert out.stderr == ""
    np.testing.assert_allclose(rows(out.stdout), trained(run), rtol=1e-12)


@pytest.mark.parametrize("task", ["classes", "numbers"])
@pytest.mark.parametrize("changes", [{}, {"inputs": ("x1", "sin_x2"), "patience": 3}])
def test_ones_own_data_travel_along(make_data, task, changes):
    data = replace(make_data(40, 20, task=task), name='"""; import os # $imports')
    run = QUICK.replace(dataset="own", **changes)
    agree(numpy_script(run, data), run, 1e-12, data)
    if task == "classes" and not changes:
        pytest.importorskip("torch", reason="torch is not installed here")
        agree(torch_script(run, data), run, 1e-6, data)


def test_runs_on_data_of_a_study_carry_them():
    agree(numpy_script(OnHalf(steps=10)), OnHalf(steps=10), 1e-12)


@pytest.mark.parametrize("make", [numpy_script, torch_script])
def test_other_first_weights_travel_along(make, rng):
    if make is torch_script:
        pytest.importorskip("torch", reason="torch is not installed here")
    run = QUICK.replace(normalization="layer")
    trainer = Trainer([run])
    params = trainer.params[0].copy()
    for W, b in trainer.network.unpack(params):
        W[...], b[...] = rng.normal(size=W.shape), rng.normal(size=b.shape)
    trainer.params[:] = params
    history = History.of(frame for frame in trainer.work() if frame is not None)
    np.testing.assert_allclose(printed(make(run, params=params))[:, 1], history.train_loss[:, 0], rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "changes", "message"),
    [
        (numpy_script, {"dtype": "float32"}, "dtype is float32, but"),
        (torch_script, {"dtype": "float32"}, "dtype is float32, but"),
        (torch_script, {"normalization": "batch", "batch_size": 59}, "batch_size is 59, but torch"),
        (numpy_script, {"optimizer": "adam", "hyper": {"beta1": 2.0}}, "beta1 is 2"),
        (numpy_script, {"optimizer": "lbfgs", "hyper": {"line_search_fn": "strong_wolfe"}}, "line_search_fn is"),
    ],
)
def test_what_no_script_can_say_is_told_in_a_sentence(make, changes, message):
    with pytest.raises(InputError, match=message):
        make(QUICK.replace(**changes))


def test_more_data_than_a_script_can_carry(make_data):
    with pytest.raises(InputError, match="data holds 1010505 numbers, but"):
        numpy_script(QUICK.replace(dataset="own"), make_data(10_000, 5, features=100))


def test_where_rounding_errors_grow_the_script_for_torch_says_so():
    assert "Rounding errors grow" in torch_script(QUICK.replace(optimizer="lbfgs"))
    assert "Rounding errors grow" in torch_script(QUICK.replace(optimizer="lion", normalization="batch"))
    assert "Rounding errors grow" not in torch_script(QUICK.replace(optimizer="lion"))
