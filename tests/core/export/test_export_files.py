"""Weights, settings and histories that leave the lab and read back to the last bit; anything else is refused."""

import io
import json
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_exports import PICTURES, QUICK

from core.checks import InputError
from core.export.files import history_csv, read_run_json, read_weights, run_json, weights_npz
from core.nn import NORMALIZATIONS
from core.training import History, Trainer, train
from core.training.history import MEASURES


@settings(max_examples=40, derandomize=True)
@given(st.floats(1e-12, 1e12), st.integers(0, 2**31), st.booleans(), st.sampled_from(["moons", "wave"]))
def test_a_run_reads_back_to_the_last_bit(lr, seed, stops, dataset):
    run = QUICK.replace(
        lr=lr, seed=seed, patience=int(stops), dataset=dataset, optimizer="momentum", hyper={"momentum": 0.1}
    )
    history = History.of(train(run))
    again, read = read_run_json(run_json(run, history))
    assert again == run
    for name in MEASURES | {"step", "epoch", "seconds", "diverged", "stopped"}:
        first, second = getattr(history, name), getattr(read, name)
        assert (first.dtype, first.shape, first.tobytes()) == (second.dtype, second.shape, second.tobytes())
    assert run_json(again, read) == run_json(run, history)


GOOD = json.loads(run_json(QUICK, History.of(train(QUICK.replace(steps=2)))))


def changed(**columns):
    return json.dumps(GOOD | {"history": GOOD["history"] | columns})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("NaN", "not an object"),
        ("{}", "not an object"),
        ('{"run": 1, "history": 2}', "run is not an object"),
        (json.dumps(GOOD | {"history": []}), "must have the columns"),
        (json.dumps(GOOD | {"run": {"lr": -1.0}}), "lr is -1, but must be in"),
        (json.dumps(GOOD | {"run": {"optimiser": "adam"}}), "optimiser is not a setting"),
        (changed(step=[0, 1, True]), "step must hold numbers only"),
        (changed(step=[0, 1, 2.5]), "step must hold numbers only"),
        (changed(epoch=[0, 1, "much"]), "epoch must hold numbers only"),
        (changed(epoch=[0, 1, None]), "epoch must hold numbers only"),
        (changed(step=[0, 1]), "has shape"),
        (changed(train_loss=[1.0, 1.0, 1.0]), "has shape"),
        (changed(train_loss=[[1.0], [1.0, 2.0], [1.0]]), "train_loss must hold numbers only"),
        (changed(step=[0, 1, 10**400]), "step must hold numbers only"),
    ],
    ids=range(16),
)
def test_text_that_is_no_run_is_refused_in_a_sentence(text, message):
    with pytest.raises(InputError, match=message):
        read_run_json(text)


def test_a_history_without_frames_reads_back():
    assert len(read_run_json(run_json(QUICK, History()))[1]) == 0


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
    arrays = read_weights(weights_npz(trainer.network, trainer.params[0]))
    assert arrays["W1"].shape == ((3, 1, 3, 3) if changes else (5, 2))
    flat = []
    for layer in (1, 2, 3):
        flat += [np.column_stack([arrays[f"W{layer}"].reshape(len(arrays[f"b{layer}"]), -1), arrays[f"b{layer}"]])]
        vectors = [f"{kind}{layer}" for kind in ("scale", "shift", "running_mean", "running_variance")]
        flat += [arrays[name] for name in vectors if name in arrays]
    np.testing.assert_array_equal(np.concatenate([each.ravel() for each in flat]), trainer.params[0])
    assert sum(map(np.size, flat)) == sum(map(np.size, arrays.values()))


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def bomb():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("W1.npy", b"0" * 30_000_000)
    return file.getvalue()


def boast():
    """An array that claims to be larger than any memory."""
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000000,), }"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("W1.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + b"0" * 64)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (boast(), "not an NPZ file"),
        (b"", "not an NPZ file"),
        (b"W1,b1\n1,2\n", "not an NPZ file"),
        (npz(W1=np.ones((2, 2)))[:-30], "not an NPZ file"),
        (npz(W1=np.array([{}, []], dtype=object)), "not an NPZ file"),
        (npz(W1=np.array(["a"])), "W1 is <U1"),
        (npz(W1=np.array([np.nan])), "W1 is float64"),
        (npz(W1=np.ones((2, 2, 2))), "W1 is float64 of shape"),
        (bomb(), "weights is 30000000 bytes"),
    ],
    ids=range(9),
)
def test_bytes_that_are_no_weights_are_refused_in_a_sentence(data, message):
    with pytest.raises(InputError, match=message):
        read_weights(data)


def spoilt(draw, whole):
    """The same with some of its bytes replaced, or its end lost."""
    data = bytearray(whole)
    for place, value in draw(st.lists(st.tuples(st.integers(0, len(data) - 1), st.integers(0, 255)), max_size=5)):
        data[place] = value
    return bytes(data[: draw(st.integers(0, len(data)))]) if draw(st.booleans()) else bytes(data)


@settings(max_examples=500, derandomize=True)
@given(st.data())
def test_any_bytes_are_weights_or_refused(data):
    try:
        arrays = read_weights(spoilt(data.draw, npz(W1=np.ones((2, 2)), b1=np.zeros(2))) or data.draw(st.binary()))
    except InputError:
        return
    assert all(np.isfinite(array).all() for array in arrays.values())


@settings(max_examples=500, derandomize=True)
@given(st.data())
def test_any_text_is_a_run_or_refused(data):
    text = spoilt(data.draw, json.dumps(GOOD).encode()).decode(errors="replace") or data.draw(st.text())
    try:
        run, history = read_run_json(text)
    except InputError:
        return
    assert read_run_json(run_json(run, history))[0] == run
