"""Weights, settings and histories that leave the lab and read back to the last bit."""

import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_exports import PICTURES, QUICK

from core.export.files import history_csv, run_json, weights_npz
from core.nn import NORMALIZATIONS
from core.training import History, RunSettings, Trainer, train
from core.training.history import FIELDS


def read(text):
    """The settings and the columns of the history in a file of JSON."""
    parts = json.loads(text)
    run = {name: tuple(value) if isinstance(value, list) else value for name, value in parts["run"].items()}
    whole = {"step", "diverged", "stopped"}
    history = {name: np.array(column, int if name in whole else float) for name, column in parts["history"].items()}
    return RunSettings(**run), history


@settings(max_examples=40, derandomize=True)
@given(st.floats(1e-12, 1e12), st.integers(0, 2**31), st.booleans(), st.sampled_from(["moons", "wave"]))
def test_a_run_reads_back_to_the_last_bit(lr, seed, stops, dataset):
    run = QUICK.replace(
        lr=lr, seed=seed, patience=int(stops), dataset=dataset, optimizer="momentum", hyper={"momentum": 0.1}
    )
    history = History.of(train(run))
    again, columns = read(run_json(run, history))
    assert again == run
    assert list(columns) == FIELDS
    for name, second in columns.items():
        first = getattr(history, name)
        assert (first.dtype, first.shape, first.tobytes()) == (second.dtype, second.shape, second.tobytes())


def test_the_history_as_csv_reads_back():
    runs = [QUICK.replace(seed=seed, lr=lr) for seed, lr in ((0, 0.1), (1, 0.3))]
    history = History.of(train(runs))
    lines = [line.split(",") for line in history_csv(history).splitlines()]
    table = {name: [line[place] for line in lines[1:]] for place, name in enumerate(lines[0])}
    assert [float(cell) for cell in table["test_loss"]] == history.test_loss.ravel().tolist()
    assert [int(cell) for cell in table["step"]] == np.repeat(history.step, 2).tolist()
    assert table["run"][:3] == ["0", "1", "0"]


@pytest.mark.parametrize("changes", [{}, {"dataset": "digits", "layers": PICTURES[0]}], ids=str)
@pytest.mark.parametrize("normalization", list(NORMALIZATIONS))
def test_weights_read_back(normalization, changes):
    trainer = Trainer([QUICK.replace(normalization=normalization, **changes)])
    for _ in range(3):
        trainer.update()
    arrays = np.load(io.BytesIO(weights_npz(trainer.network, trainer.params[0])), allow_pickle=False)
    assert arrays["W1"].shape == ((3, 1, 3, 3) if changes else (5, 2))
    flat = []
    for layer in (1, 2, 3):
        flat += [np.column_stack([arrays[f"W{layer}"].reshape(len(arrays[f"b{layer}"]), -1), arrays[f"b{layer}"]])]
        vectors = [f"{kind}{layer}" for kind in ("scale", "shift", "running_mean", "running_variance")]
        flat += [arrays[name] for name in vectors if name in arrays]
    np.testing.assert_array_equal(np.concatenate([each.ravel() for each in flat]), trainer.params[0])
    assert sum(map(np.size, flat)) == sum(map(np.size, dict(arrays).values()))
