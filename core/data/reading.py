"""From a visitor's file to cells: decode the bytes, find the separator, check every row, keep row numbers."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd

from core.checks import InputError
from core.data.typing import rows_named

LARGEST_FILE = 20 * 2**20  # bytes
LARGEST_UNPACKED = 10 * LARGEST_FILE  # of a Parquet file, which is compressed
MOST_COLUMNS = 1000
MOST_ROWS, MOST_CELLS = 50_000, 1_000_000  # beyond them rows are sampled
PIECE = 100_000  # rows of a Parquet file in memory at a time
WORDS = {"string", "large_string", "binary", "large_binary"}  # the types of Parquet that repeat
LONGEST_CELL = 10_000  # characters of a Parquet file; in text files the csv module sets the limit
LONGEST_NAME = 60  # characters
LOOK = 50  # rows by which the separator is judged

OTHER_FILES = {
    b"PK\x03\x04": "an Excel or zip file",
    b"PK\x05\x06": "an Excel or zip file",
    b"\xd0\xcf\x11\xe0": "an Excel file",
    b"\x1f\x8b": "a compressed (gzip) file",
    b"BZh": "a compressed (bzip2) file",
    b"7z\xbc\xaf": "a compressed (7z) file",
    b"\x28\xb5\x2f\xfd": "a compressed (zstd) file",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
}
MARKS = {  # byte order marks, the longer first
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
SEPARATORS = {"\t": "tabs", ";": "semicolons", "|": "bars", ",": "commas"}
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
WEB_PAGE = re.compile(r"\s*<(!doctype|html|head|body|table|\?xml)\b", re.IGNORECASE)
NUMBER = re.compile(r"\s*[-+]?(\d+([.,]\d*)?|[.,]\d+|inf|nan)(e[-+]?\d+)?\s*", re.IGNORECASE | re.ASCII)
EMPTY = "the table is empty, but needs a header and rows of numbers"
SAVE_AS = "save it as CSV, TSV or Parquet"


def check_size(size: int) -> None:
    """Refuse what is larger than a file may be, in bytes."""
    if size > LARGEST_FILE:
        raise InputError(
            f"the file has {size / 2**20:.1f} MB, but at most {LARGEST_FILE // 2**20} MB are read; leave out some rows"
        )


def decode(data: bytes) -> tuple[str, list[str]]:
    """The text of a file, and a notice where its encoding had to be guessed; refuses what is not text."""
    for start, what in OTHER_FILES.items():
        if data.startswith(start):
            raise InputError(f"the file is {what} and not a text table; {SAVE_AS}")
    encoding = next((name for mark, name in MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding), []
    except UnicodeDecodeError as error:
        if encoding == "utf-8" and b"\0" not in data:
            try:
                text = data.decode("cp1252")
            except UnicodeDecodeError:
                pass
            else:
                return text, ["The text is not UTF-8, so it was read as Latin-1 (Windows-1252)."]
        raise InputError(
            f"the file is not a text table: byte {error.start + 1} is no text in {encoding}; {SAVE_AS}"
        ) from None


def check_text(text: str) -> None:
    """Refuse text that is not a table: control characters, a web page, no text at all."""
    if control := CONTROL.search(text):
        code, place = ord(control[0]), control.start()
        raise InputError(f"the file is not a text table: character {place + 1} is a control code ({code}); {SAVE_AS}")
    if WEB_PAGE.match(text):
        raise InputError(f"the file is a web page and not a text table; {SAVE_AS}")
    if not text.strip():
        raise InputError(EMPTY)


def cells_of(text: str) -> tuple[pd.DataFrame, list[str]]:
    """The cells of a text table as text, by column name, indexed by their row in the file, which counts from 1."""
    separator = _separator(text)
    header, columns, rows = _measure(text, separator)
    most = min(MOST_ROWS, MOST_CELLS // columns)
    records = _records(text, separator)
    first_row, first = next(records)
    names, notices = named(first if header else [""] * columns)
    if not header:
        records = _records(text, separator)
        notices = [
            f"Row {first_row} holds numbers, so it was read as data; the columns are called {names[0]} to {names[-1]}."
        ]
    kept = set(sample(rows, most, notices).tolist()) if rows > most else None
    table = [record for place, record in enumerate(records) if kept is None or place in kept]
    repeated = [row for row, cells in table if cells == first] if header else []
    if repeated:  # files that were pasted together
        notices.append(f"The header is repeated in {rows_named(repeated)}, which is left out.")
        table = [(row, cells) for row, cells in table if cells != first]
    index = [row for row, _ in table]
    return pd.DataFrame([cells for _, cells in table], index=index, columns=names, dtype=object), notices


def sample(rows: int, most: int, notices: list[str]) -> np.ndarray:
    """The places of the rows to keep, in order, with a notice; the same rows every time."""
    notices.append(f"The table has {rows:,} rows, of which {most:,} drawn at random are used.")
    return np.sort(np.random.default_rng(0).choice(rows, most, replace=False))


def named(given: Sequence[str]) -> tuple[list[str], list[str]]:
    """Names of the columns, each once and short enough to show, and what was done to them."""
    names: dict[str, int] = {}
    notices, twice = [], Counter[str]()
    for place, full in enumerate(given, 1):
        name = " ".join(full.split()) or f"column {place}"
        if len(name) > LONGEST_NAME:
            notices.append(f"The name of column {place} has {len(name):,} characters and was cut to {LONGEST_NAME}.")
            name = f"{name[: LONGEST_NAME - 1]}…"
        free, number = name, 1
        while free in names:
            number += 1
            free = f"{name} ({number})"
        names[free] = place
        twice[name] += number > 1
    for name, more in (+twice).items():
        notices.append(f"{name!r} is the name of {more + 1} columns; the later ones have a number behind it.")
    return list(names), notices


def _records(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """The row in the file, from 1, and the cells of each record that is not blank."""
    row = 0
    try:
        for row, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator), 1):
            if "".join(cells).strip():
                yield row, cells
    except csv.Error as error:
        raise InputError(f"row {row + 1} cannot be read ({error}); is a quotation mark left open there?") from None


def _separator(text: str) -> str:
    """The separator that gives most of the first rows the same number of cells, above one."""
    best, agreement = ",", 0
    for separator in SEPARATORS:
        widths = Counter[int]()
        with suppress(InputError):  # what cannot be read so may be read otherwise
            widths.update(len(cells) for _, cells in islice(_records(text, separator), LOOK))
        width, count = max(widths.items(), key=itemgetter(1), default=(0, 0))
        if width > 1 and count > agreement:
            best, agreement = separator, count
    return best


def _measure(text: str, separator: str) -> tuple[bool, int, int]:
    """Whether there is a header, the columns, and the rows of data; refuses rows that are longer or shorter."""
    records = _records(text, separator)
    first_row, first = next(records, (0, []))
    if not first:
        raise InputError(EMPTY)
    header = not any(NUMBER.fullmatch(cell) for cell in first)
    columns, rows, odd = len(first), 0 if header else 1, []
    for row, cells in records:
        rows += 1
        if len(cells) != columns:
            odd.append((row, len(cells)))
    what = "the header" if header else "the first row"
    others = rows if header else rows - 1  # all but the one that tells how many columns there are
    if odd and len(odd) == others and len({width for _, width in odd}) == 1:
        raise InputError(f"every row has {odd[0][1]} cells, but {what} (row {first_row}) has {columns}")
    if odd:
        row, width = odd[0]
        more = f", and {len(odd) - 1:,} more rows do not fit either" if len(odd) > 1 else ""
        raise InputError(f"row {row} has {width} cells, but {what} (row {first_row}) has {columns}{more}")
    if columns == 1:
        raise InputError(
            f"the table has one column only, {named(first)[0][0]!r}, but needs at least two, separated by "
            f"{', '.join(SEPARATORS.values())}"
        )
    check_columns(columns)
    if not rows:
        raise InputError(f"the table has a header (row {first_row}), but no rows of data")
    return header, columns, rows


def check_columns(columns: int) -> None:
    """Refuse tables that are too wide."""
    if columns > MOST_COLUMNS:
        raise InputError(f"the table has {columns:,} columns, but at most {MOST_COLUMNS:,} are read")


def cells_of_parquet(data: bytes) -> tuple[pd.DataFrame, list[str]]:
    """The columns of a Parquet file, indexed by their row, which counts from 1."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(io.BytesIO(data))
        words = [field.name for field in schema if str(field.type) in WORDS]
        file = pq.ParquetFile(io.BytesIO(data), read_dictionary=words)  # words that repeat are kept once
        rows, groups = file.metadata.num_rows, range(file.metadata.num_row_groups)
        check_columns(len(schema))
        unpacked = sum(file.metadata.row_group(group).total_byte_size for group in groups)
        if unpacked > LARGEST_UNPACKED:
            raise InputError(
                f"the Parquet file unpacks to {unpacked / 2**20:,.0f} MB, but at most {LARGEST_UNPACKED // 2**20} MB "
                "are read"
            )
        flat = [field.name for field in schema if not pa.types.is_nested(field.type)]
        names, notices = named(flat)
        if len(flat) < len(schema):
            notices.append(f"{len(schema) - len(flat)} columns of lists and structures are left out.")
        most = min(MOST_ROWS, MOST_CELLS // max(1, len(flat)))
        places = sample(rows, most, notices) if rows > most else np.arange(rows)
        frame = _rows_of(file, flat, places).set_axis(names, axis=1).set_axis(places + 1, axis=0)
    except InputError:
        raise
    except Exception as error:  # a damaged file fails in many ways, each with its own exception
        reason = " ".join(str(error).split())[:120]
        raise InputError(f"the Parquet file cannot be read: {reason}") from None
    if len(names) < 2 or frame.empty:
        raise InputError(f"the table has {len(frame)} rows and {len(names)} columns, but needs at least two columns")
    return pd.DataFrame({name: _plain(frame[name]) for name in names}), notices


def _rows_of(file: Any, columns: list[str], places: np.ndarray) -> pd.DataFrame:
    """The rows at these places of a Parquet file, read piece by piece: a small file may unpack to a large one."""
    import pyarrow as pa

    pieces, start = [], 0
    for piece in file.iter_batches(PIECE, columns=columns):
        inside = places[(places >= start) & (places < start + len(piece))] - start
        pieces.append(piece.take(pa.array(inside)))
        start += len(piece)
    return pa.Table.from_batches(pieces).to_pandas(ignore_metadata=True)


def _plain(column: pd.Series) -> pd.Series:
    """Numbers as they are, everything else as text cells."""
    if column.dtype.kind in "biuf":
        return column
    if isinstance(column.dtype, pd.CategoricalDtype):
        words = [*map(str, column.cat.categories), ""]  # the last for what is missing, whose code is -1
        cells = [words[code] for code in column.cat.codes]
    else:
        cells = ["" if missing else str(cell) for cell, missing in zip(column, column.isna(), strict=True)]
    for row, cell in zip(column.index, cells, strict=True):
        if len(cell) > LONGEST_CELL:
            raise InputError(
                f"column {column.name!r} has {len(cell):,} characters in row {row}, but at most {LONGEST_CELL:,} "
                "are read"
            )
    return pd.Series(cells, index=column.index, name=column.name, dtype=object)
