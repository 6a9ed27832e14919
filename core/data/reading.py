"""From text to cells: separator, comments, header, units row, decimal sign; each decision is kept and changeable."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import islice, takewhile
from typing import Any

import pandas as pd

from core.checks import InputError, check_whole, choose
from core.data import files
from core.data.cells import MISSING, Rules, decimal_sign
from core.data.header import (
    ENDS,
    LOOK,
    Record,
    below_titles,
    is_header,
    is_number,
    is_units,
    numeric_columns,
    read_names,
    without_totals,
)
from core.data.wording import counted, named, rows_named, several

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "blanks", ":": "colons", "~": "tildes"}
SIGNS = {".": "decimal point", ",": "decimal comma"}
LOOK_TEXT = 200_000  # characters by which the form of a table is recognized
LONGEST_LINE = 20_000  # characters of a line that CleverCSV is given: it is slow on long cells
SEP_LINE = re.compile(r"\ufeff?\"?sep=(.)\"?\r?\n", re.I)
# Below the header in Markdown or around a table, and below a table that pandas printed.
RULE = re.compile(r"[\s:+|-]*[-=]{3}[\s:+|=-]*|\[\d+ ?rows ?x ?\d+ ?columns\]")


@dataclass(frozen=True)
class Reading:
    """How a text table is read; what is None is recognized.

    skip: lines before the table. header: whether the first row holds the names; units: whether the second row holds
    units. missing: words that count as missing in columns of numbers, in lower case. day_first: in dates like 3/4/2020.
    """

    encoding: str | None = None
    separator: str | None = None
    skip: int | None = None
    header: bool | None = None
    units: bool | None = None
    decimal: str | None = None
    missing: tuple[str, ...] | None = None
    day_first: bool | None = None

    @classmethod
    def of(cls, **chosen: Any) -> "Reading":
        """The choices of a caller; refuses unknown names and values."""
        known = {each.name: each for each in fields(cls)}
        for name, value in chosen.items():
            choose("choice", name, known)
            if name in ("header", "units", "day_first") and not isinstance(value, bool | None):
                raise InputError(f"{name} is {value!r}, but must be True or False")
        for name, options in (("encoding", files.ENCODINGS), ("separator", SEPARATORS), ("decimal", SIGNS)):
            if chosen.get(name) is not None:
                choose(name, chosen[name], options)
        if chosen.get("skip") is not None:
            check_whole("skip", chosen["skip"], 0, 1000)
        if chosen.get("missing") is not None:
            if not isinstance(chosen["missing"], list | tuple):
                raise InputError(f"missing is {chosen['missing']!r}, but must be a list of words")
            chosen["missing"] = tuple(str(word).strip().lower() for word in chosen["missing"])
        return cls(**chosen)

    @property
    def rules(self) -> Rules:
        """How cells are read."""
        return Rules(self.decimal or ".", MISSING if self.missing is None else self.missing, self.day_first)

    def sentence(self) -> str:
        """One line on every decision: "semicolons, decimal comma, first row is a header, Cyrillic (Windows-1251)"."""
        said = [SEPARATORS[self.separator or ","], SIGNS[self.decimal or "."]]
        said += [f"{counted(self.skip, 'line')} skipped"] if self.skip else []
        said += ["first row is a header" if self.header else "no header"]
        said += ["second row holds units"] if self.units else []
        said += [files.ENCODINGS[self.encoding]] if self.encoding else []
        return ", ".join(said)


@dataclass
class Cells:
    """Cells by column, indexed by their row in the file, sentences on them, decisions, and units of a second row."""

    frame: pd.DataFrame
    notices: list[str]
    reading: Reading | None = None
    units: dict[str, str] = field(default_factory=dict)

    @property
    def rules(self) -> Rules:
        """How cells are read."""
        return self.reading.rules if self.reading else Rules()


def read_cells(source: bytes | str, asked: Reading) -> Cells:
    """The cells of a file or of pasted text. Raises InputError, one sentence, for what is no table."""
    files.check_size(len(source))
    if isinstance(source, bytes) and source.startswith(b"PAR1"):
        return Cells(*files.cells_of_parquet(source))
    notices: list[str] = []
    if isinstance(source, bytes):
        source, encoding, notices = files.decode(source, asked.encoding)
        asked = replace(asked, encoding=encoding)
    text = source.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair is no text
    files.check_text(text)
    return _cells_of(text, asked, notices)


def _cells_of(text: str, asked: Reading, notices: list[str]) -> Cells:
    start = SEP_LINE.match(text)
    if start and asked.separator is None and start[1] in SEPARATORS:
        asked = replace(asked, separator=start[1])
    separator, quote = _dialect(text[start.end() :] if start else text, asked.separator)
    records, total = _collected(text, separator, quote)
    if all(len(cells) == 1 for _, cells in records) and text.lstrip().startswith('"'):  # a spreadsheet quoted the lines
        text = "\n".join(cells[0] for _, cells in records)
        separator, quote = _dialect(text, asked.separator)
        records, total = _collected(text, separator, quote)
        notices.append("Quotation marks around whole rows are dropped.")
    unread = total - len(records)
    if start:
        records = records[1:]
        notices.append(f"The line {start[0].strip()!r} names the separator and is skipped.")
    records, skipped = _body(records, asked, notices)
    records = _even(records, notices)
    header = is_header([cells for _, cells in records[:LOOK]]) if asked.header is None else asked.header
    names, records = read_names(records, header, notices)
    if not records:
        raise InputError(f"the table has a header (row {skipped + 1}), but no rows of data; add rows below it")
    units = header and (is_units([cells for _, cells in records[:LOOK]]) if asked.units is None else asked.units)
    measured = {}
    if units:
        row, cells = records.pop(0)
        measured = {name: cell.strip(" ()[]") for name, cell in zip(names, cells, strict=True) if cell.strip(" ()[]-")}
        notices.append(f"Row {row} holds units ({several(list(measured.values()))}) and is no sample.")
    most, total = _most(len(names)), len(records) + unread
    if total > most:
        notices.append(files.sampled(total, most))
        records = [records[place] for place in files.sample(len(records), most)]
    decimal = asked.decimal or decimal_sign((cell for _, cells in records for cell in cells), separator)
    frame = pd.DataFrame(
        [cells for _, cells in records], index=[row for row, _ in records], columns=names, dtype=object
    )
    reading = replace(asked, separator=separator, skip=skipped, header=header, units=units, decimal=decimal)
    return Cells(frame, notices, reading, measured)


def _dialect(text: str, separator: str | None) -> tuple[str, str]:
    """The separator and the quotation mark: those of CleverCSV, if most of the first rows agree on their cells."""
    from clevercsv.detect import Detector

    head = text[:LOOK_TEXT]
    lines = [line for line in head.splitlines()[:LOOK] if len(line) < LONGEST_LINE and not line.startswith("#")]
    if len(head) < len(text) and len(lines) > 1:
        lines.pop()  # which is cut
    found = Detector().detect("\n".join(lines) + "\n", delimiters=list(SEPARATORS)) if separator is None else None
    quote = "'" if found and found.quotechar == "'" else '"'
    if separator:
        return separator, quote
    likely = [found.delimiter] if found and found.delimiter in SEPARATORS else []
    agreeing = {each: _agreement(head, each, quote) for each in dict.fromkeys([*likely, *SEPARATORS])}
    fitting = [each for each, (width, share, _) in agreeing.items() if width > 1 and share > 0.5]
    if not fitting:
        return (likely or [","])[0], quote
    best, whole = fitting[0], [each for each in fitting if agreeing[each][1] == 1]
    if best == " " and whole and not agreeing[best][2]:  # the blanks are those of times, and the header has none
        best = whole[0]
    if best == "\t" and " " in whole and agreeing[" "][0] >= 2 * agreeing["\t"][0]:
        best = " "  # a tab among blanks, as UCI has it
    return best, quote


def _agreement(text: str, separator: str, quote: str) -> tuple[int, float, bool]:
    """How many cells most of the first rows have with this separator, their share, and whether the first one has."""
    try:
        widths = [len(cells) for _, cells in islice(_records(text, separator, quote), LOOK)]
    except InputError:  # what cannot be read so may be read otherwise
        return 0, 0.0, False
    width, count = max(Counter(widths).items(), key=lambda item: item[1], default=(0, 0))
    return width, count / max(1, len(widths)), widths[:1] == [width]


def _records(text: str, separator: str, quote: str = '"') -> Iterator[Record]:
    """The row in the file, from 1, and the cells of each record that is neither blank nor as in RULE."""
    row, source = 0, io.StringIO(text, newline="")
    lines: Iterator[str] = (line.replace("\t", " ").strip() + "\n" for line in source) if separator == " " else source
    try:
        reader = csv.reader(lines, delimiter=separator, quotechar=quote, skipinitialspace=True)
        for row, cells in enumerate(reader, 1):
            if (joined := "".join(cells).strip()) and not RULE.fullmatch(joined):
                yield row, cells
    except csv.Error as error:
        raise InputError(f"row {row + 1} cannot be read ({error}); is a quotation mark left open there?") from None


def _most(columns: int) -> int:
    """The number of rows that are used of a table of so many columns."""
    return min(files.MOST_ROWS, files.MOST_CELLS // columns)


def _collected(text: str, separator: str, quote: str) -> tuple[list[Record], int]:
    """The records and their number; of more than are used a sample, with the ends and the first row of every width."""
    records: list[Record] = []
    widths: dict[int, int] = {}
    total, most = 0, 0
    for total, record in enumerate(_records(text, separator, quote), 1):
        if total <= ENDS:
            most = _most(len(record[1])) + 2 * ENDS
        if total <= most:
            records.append(record)
        widths.setdefault(len(record[1]), total - 1)
    if total <= most:
        return records, total
    kept = {*range(ENDS), *range(total - ENDS, total), *widths.values(), *files.sample(total, most).tolist()}
    return [record for place, record in enumerate(_records(text, separator, quote)) if place in kept], total


def _body(records: list[Record], asked: Reading, notices: list[str]) -> tuple[list[Record], int]:
    """The table without comments, what stands above it, and totals and notes below it; and how many lines it skips."""
    if not records:
        raise InputError(files.EMPTY)
    lines, skip = records[-1][0], asked.skip
    records = [record for record in records if record[0] > (skip or 0)]
    if not records:
        raise InputError(f"skip is {skip}, but the table has {counted(lines, 'line')}")
    records = _uncommented(records, skip is None, notices)
    width = Counter(len(cells) for _, cells in records).most_common(1)[0][0]
    numeric = numeric_columns([cells for _, cells in records if len(cells) == width][:LOOK])
    first, last = 0, len(records)
    while skip is None and first < min(ENDS, last - 1) and _alone(records[first], width):
        first += 1
    while last > max(first + 1, len(records) - ENDS) and _alone(records[last - 1], width, numeric):
        last -= 1
    if aside := [*records[:first], *records[last:]]:
        which = rows_named([row for row, _ in aside])
        does = "hold one cell and are" if len(aside) > 1 else "holds one cell and is"
        notices.append(f"Outside the table, {which} {does} skipped.")
    records = without_totals(records[first:last], width, notices)
    if skip is None and asked.header is not False:
        records = below_titles(records, width, notices)
    return records, records[0][0] - 1


def _uncommented(records: list[Record], from_the_top: bool, notices: list[str]) -> list[Record]:
    """The records without lines that begin with #; the last one above the table may be its header."""
    above = list(takewhile(lambda record: record[1][0].lstrip().startswith("#"), records)) if from_the_top else []
    records = records[len(above) :]
    if not records:
        raise InputError(files.EMPTY)
    width = Counter(len(cells) for _, cells in records).most_common(1)[0][0]
    within = {row for row, cells in records if cells[0].lstrip().startswith("#") and len(cells) != width}
    records = [record for record in records if record[0] not in within]
    if above and not is_header([cells for _, cells in records[:LOOK]]):  # numpy's savetxt comments out the header
        row, cells = above[-1]
        name = cells[0].lstrip("# ")  # a column of row numbers may be called #
        cells = [name or "#", *cells[1:]] if name or len(cells) == width else cells[1:]
        if len(cells) == width > 1:
            above, records = above[:-1], [(row, cells), *records]
            notices.append(f"Row {row} begins with #, but names the columns, so it is read as the header.")
    if number := len(above) + len(within):
        notices.append(f"{counted(number, 'line')} of comments (#) {'is' if number == 1 else 'are'} skipped.")
    return records


def _alone(record: Record, width: int, numeric: Sequence[int] = ()) -> bool:
    """Whether only one cell of a row holds words, where rows are so wide; of two, one may be missing, but no number."""
    filled = [(place, cell) for place, cell in enumerate(record[1]) if cell.strip()]
    if len(record[1]) < width == 2:
        return True
    return len(filled) == 1 and not is_number(filled[0][1]) and (width > 2 or (width == 2 and filled[0][0] in numeric))


def _even(records: list[Record], notices: list[str]) -> list[Record]:
    """The rows, all as long as the header; mends a trailing separator and a header one cell short, as R writes it."""
    if len(records[0][1]) > 2 and not any(cells[0].strip() for _, cells in records):
        records = [(row, cells[1:]) for row, cells in records]
        notices.append("Every row begins with a separator, which is ignored.")
    first_row, first = records[0]
    width = len(first)
    longest = max(len(cells) for _, cells in records)
    distinct = len({cells[0] for _, cells in records[1:]}) == len(records) - 1  # so a row's number or name
    enough = {width: len(records) > 1, width - 1: width > 2}
    fits = [cut for cut in enough if enough[cut] and longest == cut + 1]
    if fits and not any("".join(cells[fits[0] :]).strip() for _, cells in records):
        width = fits[0]
        records = [(row, cells[:width]) for row, cells in records]
        notices.append("Every row ends with a separator, which is ignored.")
    elif len(records) > 2 and all(len(cells) == width + 1 for _, cells in records[1:]) and distinct:
        records = [(first_row, ["row", *first]), *records[1:]]
        width += 1
        notices.append("The header has one cell fewer than the rows, as R writes it: the first column is called 'row'.")
    odd = [(row, len(cells)) for row, cells in records if len(cells) != width]
    header = odd and is_header([cells for _, cells in records[:LOOK]])
    what = f"{'the header' if header else 'the first row'} (row {first_row})"
    if odd and len(odd) == len(records) - 1 and len({count for _, count in odd}) == 1:
        raise InputError(f"every row has {odd[0][1]} cells, but {what} has {width}; give each column one name")
    if odd:
        row, count = odd[0]
        others = counted(len(odd) - 1, "more row")
        more = f", and {others} {'does' if len(odd) == 2 else 'do'} not fit" if len(odd) > 1 else ""
        raise InputError(
            f"row {row} has {counted(count, 'cell')}, but {what} has {width}{more}; correct the row, put cells that "
            "hold the separator in quotation marks, or choose another separator"
        )
    if width == 1:
        raise InputError(
            f"the table has one column only, {named(first)[0][0]!r}, but needs at least two, separated by "
            f"{', '.join(list(SEPARATORS.values())[:5])}"
        )
    files.check_columns(width)
    return records
