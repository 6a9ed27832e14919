"""Exported files: the weights of a run, and its settings with its history."""

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from core.nn import Network
from core.training import History, RunSettings
from core.training.history import FIELDS

ENCODING = "encoding"


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


def run_json(run: RunSettings, history: History, data: Mapping[str, Any] | None = None) -> str:
    """The settings of a run and its history as JSON, to the last bit.

    data: what is to be said of its data, as `core.export.own.data_used`. JSON has no NaN and no infinity, so these are
    the words "nan", "inf" and "-inf".
    """
    columns = {name: _plain(getattr(history, name)) for name in FIELDS}
    told = {"data": data} if data else {}
    return json.dumps({"run": run.model_dump(), "history": columns} | told, indent=1, allow_nan=False)


def history_csv(history: History) -> str:
    """Every frame of every run as a row of CSV; its numbers read back exactly."""
    import pandas as pd

    frames, runs = history.train_loss.shape
    columns = {name: getattr(history, name) for name in FIELDS}
    rows = {name: each.ravel() if each.ndim > 1 else np.repeat(each, runs) for name, each in columns.items()}
    table = pd.DataFrame({"run": np.tile(np.arange(runs), frames)} | rows)
    return table.to_csv(index=False, na_rep="nan", lineterminator="\n")


def _plain(values: np.ndarray) -> Any:
    """An array as lists of numbers, those that are not finite as words."""
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        return np.where(np.isfinite(values), values.astype(object), values.astype(str).astype(object)).tolist()
    return values.tolist()
