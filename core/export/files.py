"""Exported files: the weights of a run, its settings with its history, and what is said of its data."""

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core.data import Dataset
from core.data.dataset import OWN
from core.data.rows import INPUTS
from core.nn import Network
from core.training import History, RunSettings, Trainer
from core.training.batches import held_out
from core.training.history import FIELDS

ENCODING = "encoding"


def weights_npz(network: Network, params: np.ndarray, encoding: Mapping[str, Any] | None = None) -> bytes:
    """The parameters (P,) as NPZ: W1, b1, W2, ... as in `Network.unpack`; encoding: of a table, as JSON beside them."""
    arrays: dict[str, Any] = {ENCODING: np.array(json.dumps(encoding, allow_nan=False))} if encoding else {}
    for layer in network.named(params):
        for name, values in layer.items():
            number = sum(known.rstrip("0123456789") == name for known in arrays) + 1
            arrays[f"{name}{number}"] = values
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def run_json(run: RunSettings, history: History, data: Mapping[str, Any] | None = None) -> str:
    """The settings of a run and its history as JSON, to the last bit; data: as `data_used`. NaN is a word."""
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


def encoding_of(data: Dataset | None, inputs: Sequence[str], probable: str) -> dict[str, Any]:
    """Columns, encoding, scaling, labels and units of a visitor's table as plain data; {} of other data."""
    if data is None or data.encoder is None:
        return {}
    from sklearn.preprocessing import StandardScaler

    made = []
    if data.features == 2 and tuple(inputs) != OWN:
        columns = {name: INPUTS[name].of(*data.X_train.T) for name in inputs}
        scales = StandardScaler().fit(np.stack([*columns.values()], axis=1)).scale_.tolist()
        pairs = zip(columns.items(), scales, strict=True)
        made = [{"name": name, "mean": float(x.mean()), "scale": scale} for (name, x), scale in pairs]
    return data.encoding | {"made": made, "probable": probable}


def data_used(data: Dataset, trainer: Trainer) -> dict[str, Any]:
    """How many samples trained, judged and tested the first run; of a visitor's table which rows of the file."""
    run, parts = trainer.runs[0], {"training": trainer.train, "validation": trainer.validation, "test": trainer.test}
    told: dict[str, Any] = {"samples": {name: part.size if part else 0 for name, part in parts.items()}}
    if data.encoder is None:
        return told
    rows = data.rows["training"]
    labels = data.y_train if data.task == "classes" else np.zeros(len(rows))
    judging = held_out(labels, trainer.validation.size, run.data_seed) if trainer.validation else np.array([], int)
    used = {"training": np.delete(rows, judging), "validation": rows[judging], "test": data.rows["test"]}
    encoding = encoding_of(data, run.inputs, trainer.network.loss.probable)
    said = {"table": data.name, "split": data.split, "notices": list(data.notices)}
    return told | said | {"rows": {name: part.tolist() for name, part in used.items()}, "encoding": encoding}


def _plain(values: np.ndarray) -> Any:
    """An array as lists of numbers, those that are not finite as words."""
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        return np.where(np.isfinite(values), values.astype(object), values.astype(str).astype(object)).tolist()
    return values.tolist()
