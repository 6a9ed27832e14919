"""What an export says of its data: the rows that were used, and of a visitor's table how new rows become inputs."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.data import Dataset
from core.data.features import INPUTS, OWN
from core.training import Trainer
from core.training.batches import held_out


def encoding_of(data: Dataset | None, inputs: Sequence[str], probable: str) -> dict[str, Any]:
    """Columns, roles, encoding, scaling, labels and units of a visitor's table; {} of other data.

    inputs: what the network is shown, as in the settings. probable: as of its loss.
    """
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
