"""Exported files: the weights of a run, and its settings with its history."""

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from core.checks import InputError
from core.nn import Network
from core.training import Frame, History, RunSettings

ONE_FOR_ALL = {"step", "epoch", "seconds"}  # fields of a frame with one number for all its runs
WHOLE = {"step", "diverged", "stopped"}
ENCODING = "encoding"
WORDS = {"nan", "inf", "-inf"}
LARGEST_FILE = 20_000_000  # bytes that are read of anything from outside


def weights_npz(network: Network, params: np.ndarray, encoding: Mapping[str, Any] | None = None) -> bytes:
    """The parameters (P,) as an NPZ file: W1, b1 as in `Network.unpack`, W2, ..., and what normalizations hold.

    encoding: of a visitor's table, which is written beside them as JSON.
    """
    arrays: dict[str, Any] = {ENCODING: np.array(json.dumps(encoding, allow_nan=False))} if encoding else {}
    for layer in network.named(params):
        for name, values in layer.items():
            number = sum(known.rstrip("0123456789") == name for known in arrays) + 1
            arrays[f"{name}{number}"] = values
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def read_weights(data: bytes) -> dict[str, np.ndarray]:
    """The arrays of an NPZ file of weights, by name; nothing in it is run. Raises InputError for any other file.

    What `weights_npz` has written on a table stays in the file under the name ENCODING.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            unpacked = sum(entry.file_size for entry in file.infolist())
        if max(len(data), unpacked) > LARGEST_FILE:
            raise InputError(f"weights is {unpacked} bytes, but must be at most {LARGEST_FILE}")
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return {name: _finite(name, arrays[name]) for name in arrays.files if name != ENCODING}
    except InputError:
        raise
    except Exception:  # a broken archive fails in as many ways as zipfile, zlib and numpy know
        raise InputError("weights is not an NPZ file of numbers") from None


def _finite(name: str, array: np.ndarray) -> np.ndarray:
    if array.dtype.kind != "f" or array.ndim not in (1, 2, 4) or not np.isfinite(array).all():
        raise InputError(
            f"{name} is {array.dtype} of shape {array.shape}, but must be finite numbers in 1, 2 or 4 dimensions"
        )
    return array


def run_json(run: RunSettings, history: History, data: Mapping[str, Any] | None = None) -> str:
    """The settings of a run and its history, as JSON that `read_run_json` reads back to the last bit.

    data: what is to be said of its data, as `core.export.own.data_used`. JSON has no NaN and no infinity, so these are
    the words "nan", "inf" and "-inf".
    """
    columns = {field.name: _plain(getattr(history, field.name)) for field in fields(Frame)}
    told = {"data": data} if data else {}
    return json.dumps({"run": run.model_dump(), "history": columns} | told, indent=1, allow_nan=False)


def read_run_json(text: str) -> tuple[RunSettings, History]:
    """Settings and history from the JSON of `run_json`. Raises InputError, in one sentence, for any other text."""
    if len(text) > LARGEST_FILE:
        raise InputError(f"text is {len(text)} characters, but must be at most {LARGEST_FILE}")
    try:
        parts = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError("text is not JSON") from None
    if not isinstance(parts, dict) or parts.keys() - {"data"} != {"run", "history"}:
        raise InputError("text is JSON, but not an object of run and history")
    if not isinstance(parts["run"], dict):
        raise InputError("run is not an object of settings")
    settings: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in parts["run"].items()
    }
    return RunSettings(**settings), _history(parts["history"])


def history_csv(history: History) -> str:
    """Every frame of every run as a row of CSV; its numbers read back exactly."""
    names = [field.name for field in fields(Frame)]
    file = io.StringIO()
    table = csv.writer(file, lineterminator="\n")
    table.writerow(["run", *names])
    for frame in zip(*(getattr(history, name) for name in names), strict=True):
        for run in range(history.train_loss.shape[1]):
            table.writerow([run, *(value[run] if np.ndim(value) else value for value in frame)])
    return file.getvalue()


def _plain(values: np.ndarray) -> Any:
    """An array as lists of numbers, those that are not finite as words."""
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        return np.where(np.isfinite(values), values.astype(object), values.astype(str).astype(object)).tolist()
    return values.tolist()


def _history(columns: Any) -> History:
    """The history whose fields are these columns, checked for kind and shape."""
    names = [field.name for field in fields(Frame)]
    if not isinstance(columns, dict) or set(columns) != set(names):
        raise InputError(f"history must have the columns {', '.join(names)}, and no others")
    arrays = {name: _numbers(name, columns[name], int if name in WHOLE else float) for name in names}
    frames, runs = len(arrays["step"]), arrays["train_loss"].shape[1:]
    for name, array in arrays.items():
        expected = (frames,) if name in ONE_FOR_ALL or not frames else (frames, *runs)
        if array.shape != expected or len(runs) != bool(frames):
            raise InputError(f"{name} has shape {array.shape}, but the history has {frames} steps of {len(runs)} runs")
    rows = range(frames)
    values = [
        {name: arrays[name][row].item() if name in ONE_FOR_ALL else arrays[name][row] for name in names} for row in rows
    ]
    return History.of(Frame(**each) for each in values)


def _numbers(name: str, values: Any, kind: type) -> np.ndarray:
    """A column as an array; only the words of `run_json` stand for what is not finite."""
    try:
        cells = np.array(values, dtype=object)
        if all(cell in WORDS if isinstance(cell, str) else type(cell) in (int, kind) for cell in cells.flat):
            return cells.astype(kind)
    except (TypeError, ValueError, OverflowError):
        pass
    raise InputError(f"{name} must hold numbers only, in equally long rows")
