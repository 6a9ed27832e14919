"""What is learnt from which rows: a target as classes or values, and a split by class, by group, or by time."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from core.checks import InputError
from core.data.cells import text_in
from core.data.rows import word
from core.data.wording import rows_named, several

if TYPE_CHECKING:
    import pandas as pd

SPLITS = {"random": "at random", "groups": "rows of one group stay together", "time": "the latest rows are the test"}
MANY_CLASSES, MOST_CLASSES = 20, 500
RARE = 5  # rows of a class


class Split(NamedTuple):
    """Places of the training and of the test rows, how they were chosen, and whether a visitor has to know it."""

    train: np.ndarray
    test: np.ndarray
    how: str
    unusual: bool = True

    def __str__(self) -> str:
        return f"{len(self.train):,} training and {len(self.test):,} test rows{self.how}."


def split(
    y: np.ndarray, classes: bool, share: float, seed: int, split_by: str = "random", values: "pd.Series | None" = None
) -> Split:
    """Training and test rows; split_by: one of SPLITS, by the values of a column, one for each row."""
    if values is None:
        return _split_at_random(y, classes, share, seed)
    by = values.name
    if values.isna().any():
        raise InputError(f"column {by!r} is missing in {rows_named(values.index[values.isna()])} and cannot split rows")
    if split_by == "groups":
        from sklearn.model_selection import GroupShuffleSplit

        groups = values.astype(str).to_numpy()
        if (number := len(np.unique(groups))) < 4:
            raise InputError(f"column {by!r} has {number} groups, but at least 4 are needed to keep groups together")
        train, test = next(GroupShuffleSplit(1, test_size=share, random_state=seed).split(groups, groups=groups))
        tested = len(np.unique(groups[test]))
        counts = f"{number - tested:,} of {number:,} groups train and {tested:,} test"
        return Split(train, test, f": rows of one {by!r} stay together, {counts}")
    if values.dtype.kind not in "fM":
        raise InputError(f"column {by!r} {text_in(values)}, but must hold numbers or dates to put rows in order")
    order = np.argsort(values.to_numpy(), kind="stable")
    tested = max(1, round(share * len(values)))
    return Split(order[:-tested], order[-tested:], f": those with the latest {by!r} are the test")


def _split_at_random(y: np.ndarray, classes: bool, share: float, seed: int) -> Split:
    """At random, with the same share of every class where there is room; a class of a single row is for training."""
    from sklearn.model_selection import train_test_split

    places = np.arange(len(y))
    kept = np.isin(y, np.flatnonzero(np.bincount(y) == 1)) if classes else np.zeros(len(y), bool)
    tested, kinds = max(1, round(share * len(y))), len(np.unique(y[~kept]))
    tested = min(tested, int((~kept).sum()) - 1)
    room = classes and min(tested, int((~kept).sum()) - tested) >= kinds
    if classes and not room:  # a row of every class to learn it from
        mixed = np.random.default_rng(seed).permutation(len(y))
        kept[mixed[np.unique(y[mixed], return_index=True)[1]]] = True
        tested = min(tested, int((~kept).sum()) - 1)
    drawn = places[~kept]
    train, test = train_test_split(drawn, test_size=tested, stratify=y[drawn] if room else None, random_state=seed)
    how = ", each class in the same share" if room else ""
    if classes and not room:
        how = f", a row of each class for training: the test rows have no room for each of {kinds} classes"
    return Split(np.r_[train, places[kept]], test, f", drawn at random{how}", classes and not room)


class Target:
    """A column to predict: `y` (n,), classes from 0 in the order of their `labels`, or values.

    Raises InputError for one class, too many classes, and text or dates where values are asked for.
    """

    def __init__(self, column: "pd.Series", task: str, unit: str, notices: list[str]):
        self.name, self.task, self.unit, self.notices = str(column.name), task, unit, notices
        self.labels: list[str] = []
        if task == "classes":
            values, self.y, counts = np.unique(column.to_numpy(), return_inverse=True, return_counts=True)
            self.labels = list(map(word, values))
            self._check_classes(counts, column.dtype.kind == "O")
        elif column.dtype.kind == "M":
            raise InputError(f"target {self.name!r} holds dates, which cannot be predicted: choose another target")
        elif column.dtype.kind != "f":
            raise InputError(f"target {self.name!r} {text_in(column)}, so it can be taken as classes only")
        else:
            self.y = column.to_numpy(float)

    def _check_classes(self, counts: np.ndarray, words: bool) -> None:
        """Refuse one class, and more classes than can be told apart; say which are rare."""
        labels, classes, rows = self.labels, len(counts), int(counts.sum())
        if classes == 1:
            raise InputError(f"target {self.name!r} has one class only ({labels[0]!r}), so nothing can be separated")
        if classes > (most := min(MOST_CLASSES, rows // 2)):
            instead = "put rare values together" if words else "predict numbers instead of classes"
            raise InputError(
                f"target {self.name!r} has {classes:,} different values, but at most {most} classes can be told "
                f"apart in {rows:,} rows: choose another target or {instead}"
            )
        if classes > MANY_CLASSES:
            self.notices.append(f"Target {self.name!r} has {classes} classes, {rows / classes:.3g} rows each.")
        if rare := [label for label, count in zip(labels, counts, strict=True) if count < RARE]:
            self.notices.append(f"Classes with fewer than {RARE} rows can hardly be learnt: {several(rare)}.")

    def fitted(self, train: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
        """y, its values scaled on the training rows, and the target as plain data. Raises InputError."""
        told = {"name": self.name, "task": self.task, "unit": self.unit}
        y_train = self.y[train]
        if self.task == "classes":
            there = np.unique(y_train)
            if len(there) < 2:
                raise InputError(f"target {self.name!r} has one class only in the training rows: split at random")
            if away := [label for place, label in enumerate(self.labels) if place not in there]:
                self.notices.append(f"No training row has class {several(away)}, so it cannot be learnt.")
            return self.y, told | {"labels": self.labels}
        if np.ptp(y_train) == 0:
            raise InputError(f"target {self.name!r} is {y_train[0]:g} in every training row, so nothing can be learnt")
        mean, scale = float(y_train.mean()), float(y_train.std())
        if scale == 0:
            raise InputError(f"target {self.name!r} hardly varies: its squares vanish; multiply it by a power of ten")
        return (self.y - mean) / scale, told | {"mean": mean, "scale": scale}
