"""A visitor's own table: read from a file or from pasted text, its columns given roles, and made a task to train on."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np

from core.checks import InputError, check_number, check_whole, choose
from core.data.cells import LARGEST_VALUE, Rules, text_in
from core.data.dataset import Dataset, frozen
from core.data.encoding import DATES, Encoder, features_of
from core.data.roles import LEARNT, ROLES, Column, left_out
from core.data.rows import word
from core.data.tasks import SPLITS, Target, split
from core.data.wording import counted, rows_named, several, shown

if TYPE_CHECKING:  # pandas takes 0.6 s to import, and only reading a table needs it
    import pandas as pd

    from core.data.reading import Reading

LEAST_ROWS = 8
FEW_CODES = 10  # whole numbers from 0 or 1 to 10 may be codes of classes; more are an order, such as grades
TEST_SHARE = 0.25  # of the rows
# Data sets made of visitors' tables, while somebody uses them: a server keeps nobody's data beyond that.
IN_USE: WeakValueDictionary[Hashable, Dataset] = WeakValueDictionary()
GAPS = {"fill": "filled, with an input that says where", "leave out": "the row is left out"}


@dataclass(frozen=True, eq=False)
class Table:
    """A table that was read: `frame` holds float64 columns, dates, and columns of text (missing NaN, NaT and None).

    The index of `frame` is each row's number in the file. `found`: sentences on how it was read; `reading`: the
    decisions (None for a Parquet file); `units`: what stood behind numbers; `lost`: words that count as missing in
    columns of numbers; `forms`: as in `Typing`; `roles`: what the visitor has changed; `choices`: what was asked for in
    reading it.
    """

    name: str
    frame: "pd.DataFrame"
    found: list[str]
    reading: "Reading | None" = None
    units: Mapping[str, str] = field(default_factory=dict)
    lost: "Mapping[str, pd.Series]" = field(default_factory=dict)
    forms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return len(self.frame)

    @cached_property
    def columns(self) -> list[Column]:
        """The columns: each equals its name, and has a role, the reason, an example, and counts of cells."""
        for alone in (False, True):
            cells = [(self.frame[name], self.units.get(name, ""), self.roles.get(name)) for name in self.frame]
            made = [Column.of(*each, alone=alone) for each in cells]
            if sum(column.role in LEARNT for column in made) >= 2:  # or nothing is left to learn from
                break
        return made

    def column(self, name: str, parameter: str = "column") -> Column:
        """The column of this name. Raises InputError, naming the parameter, where there is none."""
        return choose(parameter, name, {str(column): column for column in self.columns})

    @property
    def notices(self) -> list[str]:
        """One sentence for each kind of thing that was found, done, or left out."""
        return [*self.found, *left_out(self.columns)]

    @cached_property
    def digest(self) -> str:
        """A hash of the contents, whatever the name of the table and the roles of its columns."""
        import pandas as pd

        cells = pd.util.hash_pandas_object(self.frame).to_numpy().tobytes()
        return sha256(cells + repr(list(self.frame.columns)).encode()).hexdigest()

    @property
    def form(self) -> str:
        """How the cells were written, which new rows and categories depend on: tables of equal contents may differ."""
        lost = {name: words.to_dict() for name, words in self.lost.items()}
        return repr((self.reading, dict(self.units), dict(self.forms), lost))

    def described(self) -> list[dict[str, Any]]:
        """A row for each column, for a table to show."""
        details = ("name", "role", "reason", "example", "missing", "distinct", "unit")
        return [{name: getattr(column, name) for name in details} for column in self.columns]

    def with_roles(self, roles: Mapping[str, str]) -> "Table":
        """The same table with other roles of these columns. Raises InputError where the cells do not allow a role."""
        for name, role in roles.items():
            choose("role", role, ROLES)
            column, values = self.column(name), self.frame[name]
            kind = values.dtype.kind
            if role == "yes/no" and column.distinct != 2:
                raise InputError(f"column {name!r} has {column.distinct:,} different values, but yes/no needs two")
            if role == "date" and kind != "M":
                raise InputError(f"column {name!r} holds no dates ({shown(column.example)}): choose another role")
            if role == "number" and kind != "f":
                raise InputError(f"column {name!r} {text_in(values)}, so it cannot be a number: choose category")
        return replace(self, roles={**self.roles, **roles})

    def recognized_task(self, target: str) -> str:
        """ "classes" for text, two values and codes such as 0, 1, 2; "numbers" for all others, grades among them."""
        column, known = self.column(target, "target"), self.frame[target].dropna()
        if column.chosen and column.role in ("number", "category", "yes/no"):
            return "numbers" if column.role == "number" else "classes"
        if known.dtype.kind != "f":
            return "numbers" if known.dtype.kind == "M" else "classes"
        number = column.distinct
        codes = number <= 2 or (known.min() in (0, 1) and known.max() <= FEW_CODES and number <= len(known) // 5)
        return "classes" if codes and (known % 1 == 0).all() else "numbers"

    def dataset(
        self,
        target: str,
        task: str | None = None,
        features: Sequence[str] | None = None,
        test_share: float = TEST_SHARE,
        seed: int = 0,
        *,
        gaps: str = "fill",
        dates: str = "parts",
        split_by: str = "random",
        by: str = "",
    ) -> Dataset:
        """The task of predicting the column `target`: split, then encoded and scaled by its training part alone.

        task: "classes" or "numbers"; None: recognized. features: names of columns; None: all that can be learnt from
        by their roles. test_share: of the rows, 0.05 to 0.5. gaps: one of GAPS, for missing cells. dates: one of DATES.
        split_by: one of SPLITS, `groups` and `time` by the column `by`.
        Raises InputError where nothing can be learnt: one class, a constant target, too few rows.
        """
        task = choose("task", task or self.recognized_task(target), {"classes": "classes", "numbers": "numbers"})
        check_number("test_share", test_share, 0.05, 0.5)
        check_whole("seed", seed, 0, 2**31)
        for name, value, options in (("gaps", gaps, GAPS), ("dates", dates, DATES), ("split_by", split_by, SPLITS)):
            choose(name, value, options)
        notices: list[str] = []
        names = self._features(target, features, by if split_by == "groups" else "")
        used = self._used(names, target, gaps, notices)
        aim = Target(used[target], task, self.units.get(target, ""), notices)
        values = None if split_by == "random" else self.frame.loc[used.index, str(self.column(by, "by"))]
        parts = split(aim.y, task == "classes", test_share, seed, split_by, values)
        notices += [str(parts)] if parts.unusual else []
        y, told = aim.fitted(parts.train)
        roles = {str(column): column.role for column in self.columns}
        chosen = features_of(used, names, roles, self.units, self.forms)
        encoder = Encoder(chosen, dates, self.reading.rules if self.reading else Rules(), told)
        encoder.fit(used.iloc[parts.train])
        X_train, X_test = encoder.encode(used.iloc[parts.train]), encoder.encode(used.iloc[parts.test])
        if not np.ptp(X_train, axis=0).any():
            raise InputError(f"every feature is constant ({several(names)}), so nothing can be learnt from them")
        data = frozen(self.name or "own", task, len(aim.labels) or 1, X_train, y[parts.train], X_test, y[parts.test])
        if not max(np.abs(part).max() for part in (data.X_test, data.y_test)) < LARGEST_VALUE:
            raise InputError("some test rows lie beyond 1e30 standard deviations of the training rows; leave them out")
        rows = dict(zip(("training", "test"), (used.index.to_numpy()[each] for each in parts[:2]), strict=True))
        said: dict[str, Any] = {"notices": (*notices, *encoder.notices), "split": str(parts), "rows": rows}
        return replace(data, columns=encoder.names, labels=tuple(aim.labels), encoder=encoder, **said)

    def _features(self, target: str, features: Sequence[str] | None, group: str) -> list[str]:
        """The columns to learn from: named ones, or all that their roles allow."""
        self.column(target, "target")
        learnt = [str(each) for each in self.columns if each.role in LEARNT and each not in (target, group)]
        names = learnt if features is None else list(features)
        for name in names:
            choose("features", name, dict.fromkeys(self.frame.columns))
            if name == target or names.count(name) > 1:
                raise InputError(f"features holds {name!r}, but each must be there once and not be the target")
        if not names:
            others = [f"{str(each)!r} is {each.role}" for each in self.columns if each != target][:3]
            raise InputError(f"no column is left to predict {target!r} from ({', '.join(others)}): choose other roles")
        return names

    def _used(self, names: list[str], target: str, gaps: str, notices: list[str]) -> "pd.DataFrame":
        """The rows to learn from; says how many have gaps, and what becomes of them."""
        used = self.frame[[*names, target]].copy()
        for name in {*names, target} & {*self.lost}:  # words among numbers are categories again where this is chosen
            if self.roles.get(name) == "category":
                known = used[name].notna()
                used[name] = used[name].map(word).astype(object).where(known, None)
                used.loc[self.lost[name].index, name] = self.lost[name]
        blank = used.index[used[target].isna()]
        if len(blank):
            are = "is" if len(blank) == 1 else "are"
            notices.append(f"Target {target!r} is missing in {rows_named(blank)}, which {are} left out.")
            used = used.drop(blank)
        holes = used[names].isna()
        where = [name for name in names if holes[name].any()]
        if where and gaps == "leave out":
            complete = ~holes.any(axis=1)
            notices.append(f"{(~complete).sum():,} of {len(used):,} rows have missing cells and are left out.")
            used = used[complete]
        elif where:
            cells = counted(int(holes.sum().sum()), "missing cell")
            notices.append(
                f"{cells} in {several(where)} {'is' if cells.startswith('1 ') else 'are'} filled: numbers with the "
                "median of the training rows and an input that says where, text with a category of its own."
            )
        if len(used) < LEAST_ROWS:
            help_ = "; choose to fill missing cells" if gaps == "leave out" and where else ""
            raise InputError(f"{len(used)} of {self.rows} rows are complete, but {LEAST_ROWS} are needed{help_}")
        return used


@dataclass(frozen=True)
class OwnData:
    """A table, and what to learn from it and how, as in `Table.dataset`."""

    table: Table
    target: str
    task: str | None = None
    features: tuple[str, ...] | None = None
    gaps: str = "fill"
    dates: str = "parts"
    split_by: str = "random"
    by: str = ""

    @property
    def how(self) -> dict[str, Any]:
        """What was chosen besides target, task and features, as plain data."""
        chosen = {name: tuple(sorted(getattr(self.table, name).items())) for name in ("roles", "choices")}
        return {"gaps": self.gaps, "dates": self.dates, "split_by": self.split_by, "by": self.by, **chosen}

    def dataset(self, test_share: float = TEST_SHARE, seed: int = 0) -> Dataset:
        """As `Table.dataset`; the same object for the same arguments while somebody uses it."""
        chosen = {each.name: getattr(self, each.name) for each in fields(self)[1:]}
        key = (
            self.table.name,
            self.table.digest,
            self.table.form,
            self.how["roles"],
            test_share,
            seed,
            *chosen.values(),
        )
        return IN_USE.get(key) or IN_USE.setdefault(key, self.table.dataset(**chosen, test_share=test_share, seed=seed))


def read_table(source: Path | bytes | str, name: str = "", **choices: Any) -> Table:
    """The table in a file (CSV, TSV, other separators, or Parquet): a path, bytes, or pasted text; a string is text.

    Choices (fields of `Reading`) replace what would be recognized. Raises InputError, one sentence that names row and
    column, for what is no table or too large, and for a file that cannot be read.
    """
    from core.data.cells import Typing
    from core.data.files import bytes_of
    from core.data.reading import Reading, read_cells

    if isinstance(source, Path):
        name, source = name or source.name, bytes_of(source)
    if not isinstance(source, bytes | str):
        raise InputError(f"source is {type(source).__name__}, but must be a path, bytes or text")
    cells = read_cells(source, Reading.of(**choices))
    if len(cells.frame) < LEAST_ROWS:
        raise InputError(
            f"the table has {counted(len(cells.frame), 'row')} of data, but at least {LEAST_ROWS} are needed"
        )
    made = Typing(cells.frame, cells.rules)
    found, units = [*cells.notices, *made.notices], cells.units | made.units
    return Table(name, made.frame, found, cells.reading, units, made.lost, made.forms, choices=choices)
