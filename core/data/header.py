"""Which rows of a table hold names, units and totals, and which stand above its header."""

import re
from collections.abc import Sequence
from itertools import pairwise

from core.checks import texts_of
from core.data.cells import MISSING
from core.data.rows import number_of
from core.data.wording import named, rows_named, shown

UNIT = re.compile(r"[(\[].*[)\]]$|(?!.*\d[.,]\d).*([^\W\d_]|[%‰°$€£¥#])")  # brackets, or a letter or sign
YEARS = range(1900, 2101)
LOOK = 100  # rows by which the form of a table is recognized
ENDS = 20  # rows at the top and at the bottom among which titles and notes are looked for
TOTALS = frozenset(texts_of(__file__)["totals"])  # in lower case

Record = tuple[int, list[str]]  # the row in the file, from 1, and its cells


def is_number(cell: str) -> bool:
    """Whether a cell holds a number with either decimal sign, infinite ones included."""
    return number_of(cell) is not None or number_of(cell, ",") is not None or cell.strip().lower() in ("inf", "nan")


def _numeric(rows: Sequence[Sequence[str]], place: int) -> bool:
    """Whether most of the cells of a column that hold something are numbers."""
    known = [cell for cells in rows if (cell := cells[place].strip()) and cell.lower() not in MISSING]
    return 2 * sum(map(is_number, known)) > len(known)


def numeric_columns(rows: Sequence[Sequence[str]]) -> list[int]:
    """The columns of numbers, by most of their cells that hold something."""
    return [place for place in range(len(rows[0]) if rows else 0) if _numeric(rows, place)]


def _above_numbers(rows: Sequence[Sequence[str]]) -> list[int]:
    """The columns of numbers whose cell in the first row holds something."""
    first, below = rows[0], [cells for cells in rows[1:] if len(cells) == len(rows[0])]
    return [place for place in numeric_columns(below) if (cell := first[place].strip()) and cell.lower() not in MISSING]


def is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row holds names: text above numbers, numbers in a step, or words that do not come again."""
    first = rows[0]
    below = [cells for cells in rows[1:] if len(cells) == len(first) and cells != first]
    if not below:
        return not any(map(is_number, first))
    index = [cells[0].strip() for cells in below[:ENDS]] == [str(row) for row in range(len(below[:ENDS]))]
    if index and not first[0].strip():  # pandas gives its index no name
        return True
    if above := _above_numbers(rows):
        again = any(_again(first, below, place) for place in above)
        numbers = [place for place in above if is_number(first[place])]
        return (len(numbers) < len(above) and not again) or _in_step(first, below, numbers, again)
    known = sum(_again(first, below, place) for place in range(len(first)))
    return 2 * known < sum(map(bool, map(str.strip, first))) and not any(map(is_number, first))


def _again(first: Sequence[str], below: Sequence[Sequence[str]], place: int) -> bool:
    """Whether a cell of the first row that holds something comes again in its column."""
    cell = first[place].strip()
    return bool(cell) and any(cell == cells[place].strip() for cells in below)


def below_titles(records: list[Record], width: int, notices: list[str]) -> list[Record]:
    """The table from its header on: the first row that is filled, if its words stand above numbers, and come once."""
    wide = [cells for _, cells in records if len(cells) == width]
    used = [place for place in range(width) if any(cells[place].strip() for cells in wide)]  # a last comma makes none
    full = (n for n, (_, cells) in enumerate(records) if len(cells) == width and all(cells[p].strip() for p in used))
    start = next(full, 0)
    rows = [cells for _, cells in records[start : start + LOOK] if len(cells) == width]
    if not 0 < start < ENDS or len(rows) < 2:
        return records
    names = rows[0]
    if not _above_numbers(rows) or not is_header(rows) or any(_again(names, rows[1:], place) for place in range(width)):
        return records
    titles = records[:start]
    which = rows_named([row for row, _ in titles])
    if len({name.strip() for name in names}) < width and len(titles[-1][1]) == width:
        groups: list[str] = []
        for cell in titles[-1][1]:
            groups.append(cell if cell.strip() or not groups else groups[-1])
        names = [f"{group} {name}" for group, name in zip(groups, names, strict=True)]
        notices.append(f"The names of groups in row {titles[-1][0]} are put before the names of the columns.")
    else:
        notices.append(f"Above the header, {which} {'are' if len(titles) > 1 else 'is'} skipped.")
    return [(records[start][0], names), *records[start + 1 :]]


def without_totals(records: list[Record], width: int, notices: list[str]) -> list[Record]:
    """The records without totals and means at the end, whose word comes nowhere else in its column."""
    last = len(records)
    while last > 2 and (place := _total(records[last - 1][1])) is not None:
        word = records[last - 1][1][place]
        if any(len(cells) > place and cells[place] == word for _, cells in records[: last - 1]):
            break
        last -= 1
    if last < len(records):
        word = next(filter(str.strip, records[last][1]))
        which, one = rows_named([row for row, _ in records[last:]]), last == len(records) - 1
        does = "sums up the others and is no sample" if one else "sum up the others and are no samples"
        notices.append(f"At the end, {which} ({shown(word)}) {does}.")
    return records[:last]


def _total(cells: Sequence[str]) -> int | None:
    """The place of the first cell that holds something, if it is a word for a total; None if it is not."""
    place = next((place for place, cell in enumerate(cells) if cell.strip()), 0)
    return place if cells[place].strip(" :.").lower() in TOTALS and any(map(is_number, cells)) else None


def _in_step(first: Sequence[str], below: Sequence[Sequence[str]], places: list[int], again: bool) -> bool:
    """Whether numbers in the first row are names: whole, one step apart, and unlike the numbers below them."""
    cells = [first[place].strip() for place in places]
    if len(cells) < 2 or not all(cell.isdecimal() and len(cell) < 10 for cell in cells):
        return False
    numbers = [int(cell) for cell in cells]
    steps = {after - before for before, after in pairwise(numbers)}
    run = steps == {1} and len(numbers) > 2
    if run and numbers[0] == 0:  # so pandas numbers columns
        return True
    if len(steps) > 1 or 0 in steps or again:
        return False
    others = [{row[place].strip() for row in below} - {""} for place in places]
    whole = [column for column in others if all(map(str.isdecimal, column))]
    years = all(number in YEARS for number in numbers)
    some = len(whole) < len(others) if run else not whole
    return some or (years and all(int(cell) not in YEARS for column in whole for cell in column))


def is_units(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the row below the header holds units: words above most columns of numbers that do not come again."""
    first, below = rows[0], rows[1:]
    numeric = numeric_columns(below) if len(below) > 1 else []
    above = _above_numbers(rows) if numeric else []
    told = [place for place, cell in enumerate(first) if cell.strip() and cell.strip().lower() not in MISSING]
    again = any(_again(first, below, place) for place in told)
    words = [first[place].strip() for place in above]
    enough = 0 < len(above) >= len(numeric) / 2 or 0 < len(above) == len(told)
    return enough and not again and all(UNIT.match(w) and not is_number(w) for w in words)


def read_names(records: list[Record], header: bool, notices: list[str]) -> tuple[list[str], list[Record]]:
    """The names of the columns, and the rows of data; a header that comes again is left out."""
    row, first = records[0]
    names, more = named(first if header else [""] * len(first))
    notices += more
    if not header:
        what = "numbers" if any(map(is_number, first)) else "words that come again"
        notices.append(f"Row {row} holds {what}, so it was read as data; columns are called {names[0]} to {names[-1]}.")
        return names, records
    if len(records) > 2 and records[2][1][0].startswith('{"ImportId"'):  # so writes Qualtrics
        notices.append(f"Rows {records[1][0]} and {records[2][0]} hold the questions of a survey and are no samples.")
        records = [records[0], *records[3:]]
    repeated = [row for row, cells in records[1:] if cells == first]
    if repeated:  # files that were pasted together
        notices.append(f"The header is repeated in {rows_named(repeated)}, which is left out.")
    return names, [record for record in records[1:] if record[1] != first]
