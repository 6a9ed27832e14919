"""From the bytes of a visitor's file to text, and from a Parquet file to columns; refuses what is no table."""

import io
import re
from pathlib import Path

import numpy as np
import pandas as pd

from core.checks import InputError, choose, texts_of
from core.data.wording import named

LARGEST_FILE = 20 * 2**20  # bytes
LARGEST_UNPACKED = 10 * LARGEST_FILE  # of a Parquet file, which is compressed
MOST_COLUMNS = 1000
MOST_ROWS, MOST_CELLS = 50_000, 1_000_000  # beyond them rows are sampled
PIECE = 100_000  # rows of a Parquet file in memory at a time
WORDS = {"string", "large_string", "binary", "large_binary"}  # the types of Parquet that repeat
LONGEST_CELL = 10_000  # characters of a Parquet file; in text files the csv module sets the limit
PROBE = 100_000  # bytes by which an encoding is recognized

TEXTS = texts_of(__file__)
ENCODINGS: dict[str, str] = TEXTS["encodings"]  # Python's name, and how it is shown
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
WEB_PAGE = re.compile(r"\s*<(!doctype|html|head|body|table|\?xml)\b", re.IGNORECASE)
ARFF = re.compile(r"(\s|%.*\n)*@relation\b", re.IGNORECASE)
JSON = re.compile(r'\s*\[?\s*(\{\s*"[^"]*"\s*:|\[\s*[\[{"\d-])')
BELOW_LETTERS = re.compile(rb"[\x00-/:-?]+")  # bytes that are no part of a letter in any of these encodings
BETWEEN = re.compile(r"[\x00-@\[-`{-\x7f]+")
ONE_SCRIPT = re.compile("[A-Za-zÀ-ɏ\u00a0°²³µ€£§½±·–—‘’“”„…]*|[Ͱ-Ͽ]*|[Ѐ-ӿ]*|[々-ヿ一-鿿]*|[가-힣]*")
UNLIKELY = (2.0, 0.0)  # chaos and coherence of an encoding in which charset-normalizer finds no text
EMPTY = "the table is empty, but needs a header and rows of data"
SAVE_AS = "save it as CSV, TSV or Parquet"


def check_size(size: int) -> None:
    """Refuse what is larger than a file may be, in bytes."""
    if size > LARGEST_FILE:
        raise InputError(
            f"the file has {size / 2**20:.1f} MB, but at most {LARGEST_FILE // 2**20} MB are read; leave out some rows"
        )


def bytes_of(path: Path) -> bytes:
    """The bytes of a file of allowed size."""
    try:
        check_size(path.stat().st_size)
        return path.read_bytes()
    except InputError:
        raise
    except (OSError, ValueError) as error:  # a ValueError for a name that no file can have
        reason = getattr(error, "strerror", error)
        raise InputError(f"data is {str(path)!r}, but cannot be read: {reason}") from None


def decode(data: bytes, encoding: str | None = None) -> tuple[str, str, list[str]]:
    """The text of a file, its encoding (given or recognized), and a notice where the encoding had to be guessed."""
    for start, what in TEXTS["other_files"].items():
        if data.startswith(bytes.fromhex(start)):
            raise InputError(f"the file is {what} and not a text table; {SAVE_AS}")
    marked = next((name for mark, name in TEXTS["marks"].items() if data.startswith(bytes.fromhex(mark))), "utf-8")
    if encoding:
        choose("encoding", encoding, ENCODINGS)
    try:
        return data.decode(encoding or marked), encoding or marked, []
    except UnicodeDecodeError as error:
        likely = [] if encoding or marked != "utf-8" or b"\0" in data else _likely(data)
        if likely:
            name, others = likely[0], ", ".join(ENCODINGS[other] for other in likely[1:])
            also = f"; also possible: {others}" if others else ""
            told = f"The text is not UTF-8, so it was read as {ENCODINGS[name]}{also}."
            return data.decode(name, errors="replace"), name, [told]
        raise InputError(
            f"the file is not a text table: byte {error.start + 1} is no text in {encoding or marked}; {SAVE_AS}"
        ) from None


def _likely(data: bytes) -> list[str]:
    """The encodings in which words keep to one script, as charset-normalizer ranks them; the likeliest first.

    Each word counts once: cells come again in hundreds of rows, and charset-normalizer takes that for no language.
    """
    from charset_normalizer import from_bytes

    lines = [line for line in data[: 50 * PROBE].splitlines() if not line.isascii()]
    words = dict.fromkeys(BELOW_LETTERS.split(b" ".join(lines)))
    head, known = b" ".join(words)[:PROBE], list(ENCODINGS)[1:12]
    found: dict[str, tuple[float, float]] = {}
    for match in from_bytes(head, cp_isolation=known):
        for name in {match.encoding, *match.could_be_from_charset}:
            found[name] = min(found.get(name, UNLIKELY), (match.chaos, -match.coherence))
    rank = {}
    for place, name in enumerate(known):
        try:
            texts = BETWEEN.split(head.decode(name))
        except UnicodeDecodeError:
            continue
        mixed = sum(not ONE_SCRIPT.fullmatch(text) for text in texts)
        rank[name] = (mixed, *found.get(name, UNLIKELY), place)
    return sorted(rank, key=rank.__getitem__)[:4]


def check_text(text: str) -> None:
    """Refuse text that is not a table: control characters, a web page, JSON, no text at all."""
    if control := CONTROL.search(text):
        code, place = ord(control[0]), control.start()
        raise InputError(f"the file is not a text table: character {place + 1} is a control code ({code}); {SAVE_AS}")
    if WEB_PAGE.match(text):
        raise InputError(f"the file is a web page and not a text table; {SAVE_AS}")
    for kind, name in ((JSON, "JSON"), (ARFF, "ARFF")):
        if kind.match(text):
            raise InputError(f"the file is {name} and not a text table; {SAVE_AS}")
    if not text.strip():
        raise InputError(EMPTY)


def sampled(rows: int, most: int) -> str:
    """The notice on a sample."""
    drawn = f"{most:,} drawn at random are used"
    return f"The table has {rows:,} rows, of which {drawn}: a smaller file would be used whole."


def sample(rows: int, most: int) -> np.ndarray:
    """The places of the rows to keep, in order; the same rows every time."""
    return np.sort(np.random.default_rng(0).choice(rows, most, replace=False))


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
        places = sample(rows, most) if rows > most else np.arange(rows)
        notices += [sampled(rows, most)] if rows > most else []
        pieces, start = [], 0
        for piece in file.iter_batches(PIECE, columns=flat):  # a small file may unpack to a large one
            inside = places[(places >= start) & (places < start + len(piece))] - start
            pieces.append(piece.take(pa.array(inside)))
            start += len(piece)
        frame = pa.Table.from_batches(pieces).to_pandas(ignore_metadata=True)
        frame = frame.set_axis(names, axis=1).set_axis(places + 1, axis=0)
    except InputError:
        raise
    except Exception as error:  # a damaged file fails in many ways, each with its own exception
        reason = " ".join(str(error).split())[:120]
        raise InputError(f"the Parquet file cannot be read: {reason}") from None
    if len(names) < 2 or frame.empty:
        raise InputError(f"the table has {len(frame)} rows and {len(names)} columns, but needs at least two columns")
    return pd.DataFrame({name: _plain(frame[name]) for name in names}), notices


def _text(cell: object) -> str:
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)


def _plain(column: pd.Series) -> pd.Series:
    """Numbers as they are, everything else as text cells."""
    if column.dtype.kind in "biuf":
        return column
    if isinstance(column.dtype, pd.CategoricalDtype):
        words = [*map(_text, column.cat.categories), ""]  # the last for what is missing, whose code is -1
        cells = [words[code] for code in column.cat.codes]
    else:
        cells = ["" if missing else _text(cell) for cell, missing in zip(column, column.isna(), strict=True)]
    for row, cell in zip(column.index, cells, strict=True):
        if len(cell) > LONGEST_CELL:
            raise InputError(
                f"column {column.name!r} has {len(cell):,} characters in row {row}, but at most {LONGEST_CELL:,} "
                "are read"
            )
    return pd.Series(cells, index=column.index, name=column.name, dtype=object)
