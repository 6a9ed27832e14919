"""New rows for a network that has learnt from a table: read as they come, with a word on every cell that is lost."""

from typing import TYPE_CHECKING, NamedTuple

from core.checks import InputError
from core.data.cells import Rules, cell_value, word
from core.data.encoding import MISSING_WORD, Encoder
from core.data.wording import counted, rows_named, several

if TYPE_CHECKING:
    import pandas as pd


class NewRows(NamedTuple):
    """Raw cells by column, indexed by their row in the file; how they are read; one sentence for each notice."""

    frame: "pd.DataFrame"
    rules: Rules
    notices: list[str]


def read_rows(source: bytes | str, encoder: Encoder) -> NewRows:
    """The rows of a file or of pasted text, which name the columns that the encoder has learnt from.

    Raises InputError, one sentence, for what is no table, and where a column is not there.
    """
    from core.data.reading import Reading, read_cells

    cells = read_cells(source, Reading())
    if cells.reading and not cells.reading.header and not {each.name for each in encoder.features} <= {*cells.frame}:
        cells = read_cells(source, Reading(header=True))  # of few rows a header is not always recognized
    own, rules = encoder.rules, cells.rules if cells.reading else encoder.rules
    rules = rules._replace(day_first=own.day_first, missing=own.missing)
    told = [f"Read as: {cells.reading.sentence()}."] if cells.reading else []
    return NewRows(cells.frame, rules, [*told, *cells.notices, *_remarks(cells.frame, rules, encoder)])


def _remarks(frame: "pd.DataFrame", rules: Rules, encoder: Encoder) -> list[str]:
    """What of new rows is not used, missing, or was never seen. Raises InputError for a column that is not there."""
    names = [each.name for each in encoder.features]
    if gone := [name for name in names if name not in frame.columns]:
        raise InputError(
            f"column {several(gone)} is not in the new rows, but needed: the header must name {several(names)}"
        )
    notices = []
    if extra := [str(name) for name in frame.columns if name not in names]:
        notices.append(f"Not used, since nothing was learnt from it: {several(extra)}.")
    lost: dict[str, list[int]] = {}
    unseen: dict[str, list[int]] = {}
    known = {
        each.name: {column["word"] for column in encoder.columns if column["of"] == each.name and "word" in column}
        for each in encoder.features
        if each.role == "category"
    }
    for each in encoder.features:
        for row, cell in frame[each.name].items():
            value = cell_value(cell, each.kind, rules, each.unit)
            if value is None:
                lost.setdefault(each.name, []).append(row)
            elif each.name in known and word(value) not in known[each.name] | {MISSING_WORD}:
                unseen.setdefault(each.name, []).append(row)
    for where, text in (
        (lost, "is empty or cannot be read, and counts as missing"),
        (unseen, "has no input of its own"),
    ):
        if where:
            rows = sorted({row for each in where.values() for row in each})
            cells = counted(sum(map(len, where.values())), "cell")
            text = text if cells.startswith("1 ") else text.replace("is ", "are ").replace("counts", "count")
            text = text if cells.startswith("1 ") else text.replace("has ", "have ")
            notices.append(f"{cells} of {several(list(where))} {text} ({rows_named(rows)}).")
    return notices
