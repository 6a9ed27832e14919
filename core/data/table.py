"""A visitor's own table: read from a file or from pasted text, checked cell by cell, and made a task to train on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.checks import InputError, check_number, check_whole, choose
from core.data.dataset import SHELF, Dataset, standardized
from core.data.typing import LARGEST_VALUE, several, text_in, typed

if TYPE_CHECKING:  # pandas takes 0.6 s to import, and only reading a table needs it
    import pandas as pd

LEAST_ROWS = 8
FEW_VALUES = 20  # whole numbers that are taken for classes
MANY_CLASSES, MOST_CLASSES = 20, 500
RARE = 5  # rows of a class
TEST_SHARE = 0.25  # of the rows


@dataclass(frozen=True, eq=False)
class Table:
    """A table that was read: `frame` holds float64 columns and columns of text (missing cells NaN and None).

    The index of `frame` is each row's number in the file, the header included, from 1. `notices` are sentences on what
    was found and done.
    """

    name: str
    frame: "pd.DataFrame"
    notices: list[str]

    @property
    def rows(self) -> int:
        return len(self.frame)

    @property
    def columns(self) -> list[str]:
        return list(self.frame.columns)

    @property
    def numeric(self) -> list[str]:
        """The columns of numbers, which alone can be features."""
        return [name for name in self.columns if self.frame[name].dtype.kind == "f"]

    @cached_property
    def digest(self) -> str:
        """A hash of the contents, whatever the name of the table."""
        import pandas as pd

        cells = pd.util.hash_pandas_object(self.frame).to_numpy().tobytes()
        return sha256(cells + repr(self.columns).encode()).hexdigest()

    def recognized_task(self, target: str) -> str:
        """ "classes" for text and for few different whole numbers, else "numbers"."""
        values = self._column("target", target).dropna()
        if target not in self.numeric:
            return "classes"
        few = values.nunique() <= max(2, min(FEW_VALUES, len(values) // 5))
        return "classes" if few and (values % 1 == 0).all() else "numbers"

    def dataset(
        self,
        target: str,
        task: str | None = None,
        features: Sequence[str] | None = None,
        test_share: float = TEST_SHARE,
        seed: int = 0,
    ) -> Dataset:
        """The task of predicting the column `target`, split (by class) and standardized on its training part.

        task: "classes" or "numbers"; None: recognized. features: columns of numbers; None: all but the target.
        test_share: of the rows, 0.05 to 0.5. Rows with a missing cell in one of these columns are left out.
        Raises InputError where nothing can be learnt: text for numbers, one class, a constant target, too few rows.
        """
        task = choose("task", task or self.recognized_task(target), {"classes": "classes", "numbers": "numbers"})
        check_number("test_share", test_share, 0.05, 0.5)
        check_whole("seed", seed, 0, 2**31)
        names, notices = self._features(target, features)
        used = self.frame[[*names, target]].dropna()
        if len(used) < self.rows:
            notices.append(f"{self.rows - len(used):,} of {self.rows:,} rows have missing cells and are left out.")
        if len(used) < LEAST_ROWS:
            raise InputError(f"{len(used)} of {self.rows} rows are complete, but at least {LEAST_ROWS} are needed")
        X = used[names].to_numpy(float)
        if not np.ptp(X, axis=0).any():
            raise InputError(f"every feature is constant ({several(names)}), so nothing can be learnt from them")
        y, labels = (_classes if task == "classes" else _numbers)(used[target], notices)
        kept, tested = _split(y, task == "classes", test_share, seed, notices)
        if task == "numbers" and np.ptp(y[kept]) == 0:
            raise InputError(f"target {target!r} is {y[kept][0]:g} in every training row, so nothing can be learnt")
        if task == "numbers" and y[kept].std() == 0:
            raise InputError(
                f"target {target!r} varies so little that its squares vanish; multiply it by a power of ten"
            )
        data = standardized(self.name or "own", task, len(labels) or 1, X[kept], y[kept], X[tested], y[tested])
        if not max(np.abs(part).max() for part in (data.X_test, data.y_test)) < LARGEST_VALUE:
            raise InputError("some test rows lie beyond 1e30 standard deviations of the training rows; leave them out")
        return replace(data, columns=tuple(names), labels=tuple(labels), notices=tuple(notices))

    def _features(self, target: str, features: Sequence[str] | None) -> tuple[list[str], list[str]]:
        """The columns to learn from, and a notice of those that cannot serve; refuses a named one of text."""
        numeric = set(self.numeric)
        if features is None:
            names = [name for name in self.columns if name in numeric - {target}]
            left = [name for name in self.columns if name not in numeric | {target}]
            notices = [f"Columns of text are left out of the features: {several(left)}."] if left else []
        else:
            names, notices = list(features), []
        if not names:
            raise InputError(f"no column of numbers is left to predict {target!r} from")
        for name in names:
            column = self._column("features", name)
            if name == target or names.count(name) > 1:
                raise InputError(f"features holds {name!r}, but each must be there once and not be the target")
            if name not in numeric:
                raise InputError(f"feature {name!r} {text_in(column)}, but must be a column of numbers")
        return names, notices

    def _column(self, parameter: str, name: str) -> "pd.Series":
        choose(parameter, name, dict.fromkeys(self.columns))
        return self.frame[name]


@dataclass(frozen=True)
class OwnData:
    """A table, and what to learn from it: task and features as in `Table.dataset`."""

    table: Table
    target: str
    task: str | None = None
    features: tuple[str, ...] | None = None

    def dataset(self, test_share: float = TEST_SHARE, seed: int = 0) -> Dataset:
        """As `Table.dataset`; the same object for the same arguments while it is in the cache."""
        asked = self.target, self.task, self.features, test_share, seed
        return SHELF.take((self.table.name, self.table.digest, *asked), lambda: self.table.dataset(*asked))


def _classes(column: "pd.Series", notices: list[str]) -> tuple[np.ndarray, list[str]]:
    """Numbers of the classes (n,), from 0 in the order of their labels, and the labels as they are shown."""
    values, y, counts = np.unique(column.to_numpy(), return_inverse=True, return_counts=True)
    labels = [value if isinstance(value, str) else f"{value:.15g}" for value in values]
    if len(values) == 1:
        raise InputError(f"target {column.name!r} has one class only ({labels[0]!r}), so there is nothing to separate")
    most = min(MOST_CLASSES, len(column) // 2)
    if len(values) > most:
        raise InputError(
            f"target {column.name!r} has {len(values):,} different values, but at most {most} classes can be told "
            f"apart in {len(column):,} rows"
        )
    if len(values) > MANY_CLASSES:
        notices.append(f"Target {column.name!r} has {len(values)} classes, {len(column) / len(values):.3g} rows each.")
    rare = [label for label, count in zip(labels, counts, strict=True) if count < RARE]
    if rare:
        notices.append(f"Classes with fewer than {RARE} rows can hardly be learnt: {several(rare)}.")
    return y, labels


def _numbers(column: "pd.Series", notices: list[str]) -> tuple[np.ndarray, list[str]]:
    """The numbers (n,) to predict, which have no labels."""
    if column.dtype.kind != "f":
        raise InputError(f"target {column.name!r} {text_in(column)}, so it can be taken as classes only")
    return column.to_numpy(float), []


def _split(
    y: np.ndarray, classes: bool, test_share: float, seed: int, notices: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Places of the training and of the test rows; a class of a single row is for training."""
    from sklearn.model_selection import train_test_split

    places = np.arange(len(y))
    alone = np.isin(y, np.flatnonzero(np.bincount(y) == 1)) if classes else np.zeros(len(y), bool)
    drawn, tested = places[~alone], max(1, round(test_share * len(y)))
    tested = min(tested, len(drawn) - 1)
    room = classes and min(tested, len(drawn) - tested) >= len(np.unique(y[drawn]))
    if classes and not room:
        notices.append(f"The {tested} test rows have no room for every class, so the split is not by class.")
    train, test = train_test_split(drawn, test_size=tested, stratify=y[drawn] if room else None, random_state=seed)
    return np.r_[train, places[alone]], test


def read_table(source: Path | bytes | str, name: str = "") -> Table:
    """The table in a file (CSV, TSV, separated by semicolons, or Parquet): a path, bytes, or pasted text.

    A string is always text, never a path. The name of a path's table defaults to that of its file.
    Raises InputError, one sentence that names row and column, for everything that is no table of numbers or too large,
    and for a file that cannot be read.
    """
    from core.data import reading as cells

    if isinstance(source, Path):
        name, source = name or source.name, _bytes_of(source)
    if not isinstance(source, bytes | str):
        raise InputError(f"source is {type(source).__name__}, but must be a path, bytes or text")
    cells.check_size(len(source))
    notices: list[str] = []
    if isinstance(source, bytes) and source.startswith(b"PAR1"):
        frame, more = cells.cells_of_parquet(source)
    else:
        if isinstance(source, bytes):
            text, notices = cells.decode(source)
        else:
            text = source.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair is no text
        cells.check_text(text)
        frame, more = cells.cells_of(text)
    if len(frame) < LEAST_ROWS:
        rows = "1 row" if len(frame) == 1 else f"{len(frame)} rows"
        raise InputError(f"the table has {rows} of data, but at least {LEAST_ROWS} are needed")
    frame, found = typed(frame)
    if len(frame.columns) < 2:
        raise InputError(f"only column {several(frame.columns)} holds values, but at least two columns are needed")
    return Table(name, frame, [*notices, *more, *found])


def _bytes_of(path: Path) -> bytes:
    """The bytes of a file of allowed size."""
    from core.data.reading import check_size

    try:
        check_size(path.stat().st_size)
        return path.read_bytes()
    except InputError:
        raise
    except (OSError, ValueError) as error:  # a ValueError for a name that no file can have
        reason = getattr(error, "strerror", error)
        raise InputError(f"data is {str(path)!r}, but cannot be read: {reason}") from None
