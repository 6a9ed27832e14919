"""A visitor's table as text that a browser keeps, and as the few words by which a link asks for it."""

import base64
import csv
import io
import json
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from core.checks import InputError
from core.data.files import LARGEST_FILE
from core.data.table import OwnData, Table, read_table
from core.data.wording import LONGEST_NAME, counted, several

VERSION = 1
LARGEST_KEPT = 5 * 2**20  # bytes of a file or of a pasted text
LONGEST_WANTED = 1500  # characters of a link
HOW = {"target": str, "task": str | None, "gaps": str, "dates": str, "split_by": str, "by": str}


class Wanted(NamedTuple):
    """The table that a link asks for: its name, its target, how many columns it has, and the names of the first."""

    name: str
    target: str
    number: int
    columns: tuple[str, ...]

    @classmethod
    def of(cls, own: OwnData) -> Self:
        """The words that ask for this table."""
        names = tuple(map(str, own.table.columns))
        return cls(own.table.name[:LONGEST_NAME], own.target, len(names), names)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """What a link asks for; None where it says nothing that can be read."""
        try:
            (cells,) = csv.reader([text[:LONGEST_WANTED]], strict=True)
            name, target, number, *columns = cells
            if number.isascii() and number.isdigit() and len(number) < 6 and columns:
                return cls(name, target, int(number), tuple(columns))
        except (ValueError, csv.Error):
            pass
        return None

    def to_text(self) -> str:
        """Name, target, number of columns and as many of their names as a link takes, with commas between them."""
        fitting = len(self.columns)
        while len(text := _line(self.name, self.target, str(self.number), *self.columns[:fitting])) > LONGEST_WANTED:
            fitting -= 1
        return text

    def lacking(self, table: Table) -> str:
        """What this table lacks to be the one that is asked for, as a sentence; empty if it has every column."""
        there = set(map(str, table.columns))
        gone = [name for name in dict.fromkeys([*self.columns, self.target]) if name not in there]
        return f"The link asks for {self}; this table has no {several(gone)}." if gone else ""

    def __str__(self) -> str:
        """In a sentence: 'iris.csv' with 5 columns ('a', 'b', 'c' and 2 more) and the target 'species'."""
        more = self.number - len(self.columns[:3])
        names = ", ".join(map(repr, self.columns[:3])) + (f" and {more:,} more" if more > 0 else "")
        return f"{self.name!r} with {counted(self.number, 'column')} ({names}) and the target {self.target!r}"


def _line(*cells: str) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="").writerow(cells)
    return file.getvalue()


def kept_text(own: OwnData, source: bytes | str) -> str:
    """A table with all that was chosen for it and its source, as JSON. Raises InputError if it is too large."""
    if len(source) > LARGEST_KEPT:
        raise InputError(
            f"the table has {len(source) / 2**20:.1f} MB, but at most {LARGEST_KEPT // 2**20} MB can be kept"
        )
    data = {"text": source} if isinstance(source, str) else {"bytes": base64.b64encode(source).decode()}
    how = {name: getattr(own, name) for name in HOW}
    table = own.table
    parts = {"version": VERSION, "name": table.name, "choices": dict(table.choices), "roles": dict(table.roles)}
    return json.dumps(parts | how | {"features": own.features} | data)


def read_kept(text: str) -> tuple[OwnData, bytes | str]:
    """The table in a text of `kept_text`, read again, and its source. Raises InputError for any other text."""
    if len(text) > 2 * LARGEST_FILE:
        raise InputError(f"the kept table has {len(text):,} characters, but at most {2 * LARGEST_FILE:,} are read")
    try:
        parts = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError("the kept table is no JSON, so it cannot be read: bring the table again") from None
    if not isinstance(parts, dict) or parts.get("version") != VERSION:
        raise InputError("the table was kept by another version of this app: bring it again")
    try:
        source = parts["text"] if "text" in parts else base64.b64decode(parts["bytes"], validate=True)
        how = {name: parts[name] for name in HOW}
        features = parts["features"] and tuple(map(str, parts["features"]))
        choices, roles = _named(parts["choices"]), _named(parts["roles"])
        if not all(isinstance(value, HOW[name]) for name, value in how.items()) or not isinstance(source, bytes | str):
            raise TypeError("a part of another kind")
    except (KeyError, TypeError, ValueError):
        raise InputError("the kept table lacks a part, so it cannot be read: bring the table again") from None
    table = read_table(source, str(parts["name"]), **choices).with_roles(roles)
    table.column(how["target"], "target")
    return OwnData(table, features=features, **how), source


def _named(values: Any) -> Mapping[str, Any]:
    """Choices by name, lists as tuples. Raises TypeError for what is no object."""
    return {str(name): tuple(each) if isinstance(each, list) else each for name, each in dict(values).items()}
