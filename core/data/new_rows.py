"""New rows for a network that has learnt from a table: read as they come, with a word on every cell that is lost."""

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from core.checks import InputError
from core.data import files
from core.data.cells import Rules, cell_value
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
    from core.data.reading import Reading, cells_of

    files.check_size(len(source))
    rules, notices = encoder.rules, list[str]()
    if isinstance(source, bytes) and source.startswith(b"PAR1"):
        frame, notices = files.cells_of_parquet(source)
    else:
        text, asked = source if isinstance(source, str) else "", Reading()
        if isinstance(source, bytes):
            text, encoding, notices = files.decode(source)
            asked = replace(asked, encoding=encoding)
        files.check_text(text)
        cells = cells_of(text, asked)
        if not {each.name for each in encoder.features} <= {*cells.frame.columns} and not cells.reading.header:
            cells = cells_of(text, replace(asked, header=True))  # of few rows a header is not always recognized
        frame, rules = cells.frame, cells.reading.rules._replace(day_first=rules.day_first, missing=rules.missing)
        notices = [*notices, f"Read as: {cells.reading.sentence()}.", *cells.notices]
    return NewRows(frame, rules, [*notices, *remarks(frame, rules, encoder)])


def remarks(frame: "pd.DataFrame", rules: Rules, encoder: Encoder) -> list[str]:
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
            elif each.name in known and _word(value) not in known[each.name] | {MISSING_WORD}:
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


def _word(value: object) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)
