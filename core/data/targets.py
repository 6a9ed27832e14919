"""What a table's target becomes: numbers of classes with their labels, or values scaled by the training rows."""

from typing import TYPE_CHECKING, Any

import numpy as np

from core.checks import InputError
from core.data.cells import text_in, texts
from core.data.wording import several

if TYPE_CHECKING:
    import pandas as pd

MANY_CLASSES, MOST_CLASSES = 20, 500
RARE = 5  # rows of a class


class Target:
    """A column to predict: `y` (n,), classes from 0 in the order of their `labels`, or values.

    Raises InputError for one class, too many classes, and text or dates where values are asked for.
    """

    def __init__(self, column: "pd.Series", task: str, unit: str, notices: list[str]):
        self.name, self.task, self.unit, self.notices = str(column.name), task, unit, notices
        self.labels: list[str] = []
        self.y = self._classes(column) if task == "classes" else self._values(column)

    def _classes(self, column: "pd.Series") -> np.ndarray:
        values, y, counts = np.unique(column.to_numpy(), return_inverse=True, return_counts=True)
        self.labels = labels = texts(list(values))
        if len(values) == 1:
            raise InputError(
                f"target {self.name!r} has one class only ({labels[0]!r}), so there is nothing to separate"
            )
        most = min(MOST_CLASSES, len(column) // 2)
        if len(values) > most:
            instead = "put rare values together" if column.dtype.kind == "O" else "predict numbers instead of classes"
            raise InputError(
                f"target {self.name!r} has {len(values):,} different values, but at most {most} classes can be told "
                f"apart in {len(column):,} rows: choose another target or {instead}"
            )
        if len(values) > MANY_CLASSES:
            each = len(column) / len(values)
            self.notices.append(f"Target {self.name!r} has {len(values)} classes, {each:.3g} rows each.")
        if rare := [label for label, count in zip(labels, counts, strict=True) if count < RARE]:
            self.notices.append(f"Classes with fewer than {RARE} rows can hardly be learnt: {several(rare)}.")
        return y

    def _values(self, column: "pd.Series") -> np.ndarray:
        if column.dtype.kind == "M":
            raise InputError(f"target {self.name!r} holds dates, which cannot be predicted: choose another target")
        if column.dtype.kind != "f":
            raise InputError(f"target {self.name!r} {text_in(column)}, so it can be taken as classes only")
        return column.to_numpy(float)

    def fitted(self, train: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
        """y, scaled to mean 0 and variance 1 on the training rows where it holds values; and the target as plain data.

        Raises InputError where the training rows have nothing to learn.
        """
        told = {"name": self.name, "task": self.task, "unit": self.unit}
        y_train = self.y[train]
        if self.task == "classes":
            there = np.unique(y_train)
            if len(there) < 2:
                raise InputError(
                    f"target {self.name!r} has one class only in the training rows: split at random instead"
                )
            if away := [label for place, label in enumerate(self.labels) if place not in there]:
                self.notices.append(f"No training row has class {several(away)}, so it cannot be learnt.")
            return self.y, told | {"labels": self.labels}
        if np.ptp(y_train) == 0:
            raise InputError(f"target {self.name!r} is {y_train[0]:g} in every training row, so nothing can be learnt")
        mean, scale = float(y_train.mean()), float(y_train.std())
        if scale == 0:
            raise InputError(
                f"target {self.name!r} varies so little that its squares vanish; multiply it by a power of ten"
            )
        return (self.y - mean) / scale, told | {"mean": mean, "scale": scale}
