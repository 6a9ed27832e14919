"""From raw rows to the inputs of a network, and from its outputs to answers, as plain text for scripts too."""

import csv
import math
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from core.data.cells import number_of
from core.data.dates import date_of

Array = np.ndarray

# --- Raw rows: cells by the names of their columns, as text or as numbers ---


Encoding = dict[str, Any]  # what was learnt of the table: features, inputs, reading, yes, target, made, probable
LARGEST = 1e30  # a number beyond it counts as missing


class Input(NamedTuple):
    """A column (n,) made of the two standardized coordinates (n,); `label` is its formula."""

    label: str
    of: Callable[[Array, Array], Array]


INPUTS: dict[str, Input] = {
    "x1": Input("x₁", lambda x1, x2: x1),
    "x2": Input("x₂", lambda x1, x2: x2),
    "x1_squared": Input("x₁²", lambda x1, x2: x1 * x1),
    "x2_squared": Input("x₂²", lambda x1, x2: x2 * x2),
    "product": Input("x₁x₂", lambda x1, x2: x1 * x2),
    "sin_x1": Input("sin x₁", lambda x1, x2: np.sin(x1)),
    "sin_x2": Input("sin x₂", lambda x1, x2: np.sin(x2)),
}


def cell_of(cell: Any, feature: Encoding, reading: Encoding) -> Any:
    """A raw cell as a number, a time or a text, None where it is missing."""
    if cell is None or cell != cell:
        return None
    if feature["cells"] == "date":
        return date_of(str(cell), reading["day_first"])
    if feature["cells"] == "text":
        return word(cell) or None
    if isinstance(cell, str):
        found = number_of(cell, reading["decimal"], feature["unit"])
        cell = found[0] if found else math.inf
    return float(cell) if abs(cell) <= LARGEST else None


def word(value: Any) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value).strip()


def number_in(value: Any, column: Encoding, yes: Encoding) -> float:
    """The number that an input sees of a cell, before it is scaled."""
    what = column["what"]
    if what == "missing":
        return float(value is None)
    if what in ("is", "other"):
        text = column["fill"] if value is None else word(value)
        return float(text == column["word"] if what == "is" else text not in column["known"])
    if value is None:
        return column["fill"]
    if what == "yes":
        return float(value == yes[column["of"]])
    if what == "elapsed":
        return (value - type(value)(1970, 1, 1)).total_seconds() / 86400
    if what == "weekday":
        return float(value.weekday())
    return float(value if what == "number" else getattr(value, what))


def inputs_of(rows: list[dict[str, Any]], encoding: Encoding) -> Array:
    """The inputs (n, k) of n raw rows; a row without a column that was learnt from is refused."""
    features = {each["name"]: each for each in encoding["features"]}
    gone = next((name for row in rows for name in features if name not in row), None)
    if gone is not None:
        needed = ", ".join(map(repr, features))
        raise ValueError(f"column {gone!r} is not in the new rows, but needed: give each of {needed}")
    cells = {name: [cell_of(row[name], each, encoding["reading"]) for row in rows] for name, each in features.items()}
    X = np.empty((len(rows), len(encoding["inputs"])))
    for place, column in enumerate(encoding["inputs"]):
        numbers = [number_in(value, column, encoding["yes"]) for value in cells[column["of"]]]
        X[:, place] = (np.array(numbers) - column["mean"]) / column["scale"]
    if encoding["made"]:
        X = np.stack(
            [(INPUTS[each["name"]].of(*X.T) - each["mean"]) / each["scale"] for each in encoding["made"]], axis=1
        )
    return X


def answers_of(outputs: Array, encoding: Encoding) -> list[dict[str, Any]]:
    """For each row of outputs (n, k) its `answer`: a class, with `probabilities` if the loss gives any, or a value."""
    target, probable = encoding["target"], encoding["probable"]
    if target["task"] == "numbers":
        return [{"answer": float(z * target["scale"] + target["mean"])} for z in outputs[:, 0]]
    z = np.hstack([np.zeros_like(outputs), outputs]) if outputs.shape[1] == 1 else outputs
    answers = [{"answer": target["labels"][row.argmax()]} for row in z]
    if probable == "sigmoid" and outputs.shape[1] > 1:  # each output is a question of its own
        p = 0.5 * np.tanh(0.5 * z) + 0.5
    else:
        p = np.exp(z - z.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
    if probable:
        for answer, row in zip(answers, p, strict=True):
            answer["probabilities"] = dict(zip(target["labels"], row.tolist(), strict=True))
    return answers


def write(predict: Any, path: str, encoding: Encoding) -> None:
    """Print the answers to the rows of a CSV file, whose separator is the one that finds the columns."""
    wanted, labels = [each["name"] for each in encoding["features"]], encoding["target"].get("labels", [])
    for separator in ",;\t|":
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file, delimiter=separator))
        if rows and all(name in rows[0] for name in wanted):
            break
    table = csv.writer(sys.stdout, lineterminator="\n")
    labels = labels if encoding["probable"] else []
    table.writerow([encoding["target"]["name"], *(f"probability of {label}" for label in labels)])
    for answer in predict(rows):
        table.writerow([answer["answer"], *(answer["probabilities"][label] for label in labels)])
