"""From the columns of a table to the inputs of a network, and from its outputs to answers in the table's own terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from core.checks import InputError
from core.data.cells import Rules
from core.data.roles import LEARNT, yes_of
from core.data.rows import answers_of, cell_of, inputs_of, number_in, word
from core.data.wording import counted, rows_named, several

if TYPE_CHECKING:
    import pandas as pd

MOST_CATEGORIES = 20  # of one column; the rarer ones count as one
RARE_CATEGORY = 5  # training rows of a category that gets its own input, in tables of 200 training rows and more
MOST_ENCODED = 4_000_000  # cells of the encoded table
MISSING_WORD = "(missing)"  # the category of an empty cell
PARTS = ("year", "month", "day", "weekday", "hour")
DATES = {"parts": "year, month, day, weekday and hour", "elapsed": "days that have passed"}


@dataclass(frozen=True)
class Feature:
    """A column to learn from: its role (of roles.LEARNT), the kind of its cells in the frame, and its unit."""

    name: str
    role: str
    kind: str  # "number", "date" or "text"
    unit: str = ""
    yes: str = ""  # the cell that counts as 1, of a column of text that says yes and no
    no: str = ""  # the other one
    decimal: str = ""  # the decimal sign of its cells where it is not the table's
    day_first: bool = False  # in its dates like 3/4/2020

    @property
    def described(self) -> dict[str, Any]:
        """How its raw cells are read, as plain data."""
        told = {name: getattr(self, name) for name in ("name", "role", "unit", "decimal", "day_first")}
        return told | {"cells": self.kind}


@dataclass(eq=False)
class Encoder:
    """Fitted to the training rows of a table: raw rows to inputs X, and outputs of a network to answers.

    `columns` describes each input as plain data: `name`, the column it is made `of`, `what` it is (number, yes, a part
    of a date, elapsed, missing, is, other), with `fill`, `word`, or `known` words, `mean` and `scale`.
    """

    features: list[Feature]
    dates: str
    rules: Rules
    target: dict[str, Any]  # name, task, unit, and labels, or mean and scale
    columns: list[dict[str, Any]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def fit(self, frame: "pd.DataFrame") -> "Encoder":
        """Learn what fills gaps, the categories and the scaling from training rows."""
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        texts = sum(each.role == "category" for each in self.features)
        room = MOST_ENCODED // max(1, len(frame) * texts)
        least, most = max(1, min(RARE_CATEGORY, len(frame) // 40)), max(2, min(MOST_CATEGORIES, room))
        hot = OneHotEncoder(max_categories=most, min_frequency=least, handle_unknown="infrequent_if_exist")
        merged: dict[str, int] = {}
        gaps: list[dict[str, Any]] = []  # inputs that say where cells are missing: behind all numbers side by side
        for each in self.features:
            cells = _cells(frame[each.name])
            if each.role != "category":
                gaps += self._add_numbers(each, cells)
                continue
            words = [MISSING_WORD if cell is None else word(cell) for cell in cells]
            hot.fit(np.array(words, dtype=object)[:, None])
            rare = hot.infrequent_categories_[0]
            often = [str(word) for word in hot.categories_[0] if rare is None or word not in rare]
            of = {"of": each.name, "fill": MISSING_WORD}
            self.columns += gaps + [of | {"name": f"{each.name} = {w}", "what": "is", "word": w} for w in often]
            gaps = []
            if rare is not None:
                merged[each.name] = len(rare)
                self.columns.append(of | {"name": f"{each.name} = other", "what": "other", "known": often})
        self.columns += gaps
        scaler = StandardScaler().fit(self._inputs(frame))
        for column, mean, scale in zip(self.columns, scaler.mean_, scaler.scale_, strict=True):
            column |= {"mean": float(mean), "scale": float(scale)}
        if merged:
            number = sum(merged.values())
            what, count = ("1 rare category", "counts") if number == 1 else (f"{number:,} rare categories", "count")
            why = f"fewer than {least} training rows, or " if least > 1 else ""
            self.notices.append(
                f"{what} of {several(list(merged))} {count} as other: {why}beyond the {most} most frequent."
            )
        kinds = {each.name: list[str]() for each in self.features if each.role == "date"}
        for column in self.columns:
            if column["of"] in kinds and column["what"] != "missing":
                kinds[column["of"]].append("days that have passed" if column["what"] == "elapsed" else column["what"])
        if dates := [name for name, parts in kinds.items() if parts]:
            parts = ", ".join(dict.fromkeys(part for name in dates for part in kinds[name]))
            self.notices.append(f"{several(dates)} holds dates, which enter as {parts}.")
        if still := [name for name, parts in kinds.items() if not parts]:
            help_ = ": choose days that have passed" if self.dates == "parts" else ""
            self.notices.append(
                f"The {DATES[self.dates]} of {several(still)} never change, so they do not enter{help_}."
            )
        return self

    def _add_numbers(self, each: Feature, cells: list[Any]) -> list[dict[str, Any]]:
        """Add the inputs that are numbers made of these cells; returns those that say where they are missing."""
        kinds = {each.name: "yes" if each.yes else "number"}
        if each.role == "date":
            kinds = {f"{each.name} {part}": part for part in PARTS}
            kinds = kinds if self.dates == "parts" else {f"{each.name} in days": "elapsed"}
        gaps = []
        for name, what in kinds.items():
            column = {"name": name, "of": each.name, "what": what, "fill": np.nan}
            numbers = np.array([number_in(cell, column, self._yes) for cell in cells])
            known = numbers[~np.isnan(numbers)]
            if each.role != "date" or len(np.unique(known)) > 1:
                self.columns.append(column | {"fill": float(np.median(known)) if len(known) else 0.0})
                if len(known) < len(numbers):
                    gaps.append({"name": f"{name} missing", "of": each.name, "what": "missing"})
        return gaps

    def _inputs(self, frame: "pd.DataFrame") -> np.ndarray:
        """Inputs (n, k) before scaling."""
        cells = {each.name: _cells(frame[each.name]) for each in self.features}
        columns = [[number_in(cell, column, self._yes) for cell in cells[column["of"]]] for column in self.columns]
        return np.stack(columns, axis=1)  # row by row, which the last digit of sums depends on

    @property
    def _yes(self) -> dict[str, str]:
        return {each.name: each.yes for each in self.features if each.yes}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the inputs."""
        return tuple(column["name"] for column in self.columns)

    def encode(self, frame: "pd.DataFrame") -> np.ndarray:
        """Inputs (n, k) of rows of the table's frame."""
        mean, scale = (np.array([column[name] for column in self.columns]) for name in ("mean", "scale"))
        return (self._inputs(frame) - mean) / scale

    def transform(self, rows: "pd.DataFrame | Sequence[Mapping[str, Any]]", rules: Rules | None = None) -> np.ndarray:
        """Inputs (n, k) of raw rows: cells as text, as in the file, or as numbers, by the names of the columns.

        rules: how they are read, if not as the table was. What cannot be read is missing. Raises InputError for no
        column.
        """
        given: Any = rows if isinstance(rows, Sequence) else rows.to_dict("records")
        encoding = self.description | {"made": []} | ({"reading": rules._asdict()} if rules else {})
        try:
            return inputs_of(list(given), encoding)
        except ValueError as error:
            raise InputError(str(error)) from None

    def answer(self, outputs: np.ndarray, probable: str = "softmax") -> list[dict[str, Any]]:
        """For outputs (n, k) what `core.data.rows.answers_of` makes of them; probable: as `Loss.probable`."""
        return answers_of(np.asarray(outputs, float), {"target": self.target, "probable": probable})

    @property
    def description(self) -> dict[str, Any]:
        """All of it as plain data, which JSON can hold."""
        features, rules = [each.described for each in self.features], self.rules
        reading = {"decimal": rules.decimal, "missing": list(rules.missing)}
        inputs, target = [dict(column) for column in self.columns], dict(self.target)
        return {"features": features, "inputs": inputs, "reading": reading, "yes": self._yes, "target": target}


def _cells(values: "pd.Series") -> list[Any]:
    """The cells of a column of a table's frame, missing ones as None."""
    return [None if cell is None or cell != cell else cell for cell in values]


def features_of(
    frame: "pd.DataFrame",
    names: Sequence[str],
    roles: Mapping[str, str],
    units: Mapping[str, str],
    forms: Mapping[str, Mapping[str, Any]],
) -> list[Feature]:
    """The features of these columns; one that would be left out is learnt from as what its cells are."""
    made = []
    for name in names:
        known, role, words = frame[name].dropna(), roles[name], ["", ""]
        kind = {"f": "number", "M": "date"}.get(known.dtype.kind, "text")
        if role not in LEARNT or (role == "yes/no" and kind == "date"):
            role = {"number": "number", "date": "date", "text": "category"}[kind]
        if role == "yes/no" and kind == "text":
            words = sorted(known.unique(), key=lambda word: (word == yes_of(known), word))
        made.append(Feature(name, role, kind, units.get(name, ""), words[-1], words[0], **forms.get(name, {})))
    return made


class NewRows(NamedTuple):
    """Raw cells by column, indexed by their row in the file; how they are read; one sentence for each notice."""

    frame: "pd.DataFrame"
    rules: Rules
    notices: list[str]


def read_rows(source: bytes | str, encoder: Encoder) -> NewRows:
    """The rows of a file or of pasted text. Raises InputError for no table, and where a column is not there."""
    from core.data.reading import Reading, read_cells

    cells = read_cells(source, Reading())
    if cells.reading and not cells.reading.header and not {each.name for each in encoder.features} <= {*cells.frame}:
        cells = read_cells(source, Reading(header=True))  # of few rows a header is not always recognized
    rules = (cells.rules if cells.reading else encoder.rules)._replace(missing=encoder.rules.missing)
    told = [f"Read as: {cells.reading.sentence()}."] if cells.reading else []
    return NewRows(cells.frame, rules, [*told, *cells.notices, *_remarks(cells.frame, rules, encoder)])


def _remarks(frame: "pd.DataFrame", rules: Rules, encoder: Encoder) -> list[str]:
    """What of new rows is not used, missing, or was never seen. Raises InputError for a column that is not there."""
    names = [each.name for each in encoder.features]
    if gone := [name for name in names if name not in frame.columns]:
        raise InputError(
            f"column {several(gone)} is not in the new rows, but needed: the header needs {several(names)}"
        )
    notices = []
    if extra := [str(name) for name in frame.columns if name not in names]:
        notices.append(f"Not used, since nothing was learnt from it: {several(extra)}.")
    known: dict[str, set[str]] = {}
    for column in encoder.columns:
        known.setdefault(column["of"], {MISSING_WORD}).add(column.get("word", MISSING_WORD))
    found: dict[bool, dict[str, list[int]]] = {False: {}, True: {}}  # by whether a cell holds something, and column
    for each in encoder.features:
        for row, cell in frame[each.name].items():
            value = cell_of(cell, each.described, rules._asdict())
            if value is None or (each.role == "category" and word(value) not in known[each.name]):
                found[value is not None].setdefault(each.name, []).append(row)
    for unseen, where in found.items():
        if number := sum(map(len, where.values())):
            rows = sorted({row for each in where.values() for row in each})
            what = ("has no input of its own", "have no input of their own")
            if not unseen:
                what = (
                    "is empty or cannot be read, and counts as missing",
                    "are empty or cannot be read, and count as missing",
                )
            cells = f"{counted(number, 'cell')} of {several(list(where))}"
            notices.append(f"{cells} {what[number > 1]} ({rows_named(rows)}).")
    return notices
