"""Which cells of a table are numbers: each column becomes numbers or text, with a sentence on all that is unusual."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.checks import InputError

if TYPE_CHECKING:  # pandas takes 0.6 s to import, and only who reads a table needs it
    import pandas as pd

LARGEST_VALUE = 1e30  # beyond it squares and sums overflow
TYPING_ERRORS = 0.1  # share of cells up to which text in a column of numbers is taken for a mistake
EXACT = 2**53  # above it a float64 does not hold every whole number
MISSING = {"", "na", "n/a", "nan", "null", "none", "?", "-"}
DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+(e[-+]?\d+)?", re.IGNORECASE | re.ASCII)
THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}([,.' \u00a0\u202f]\d{3})+([.,]\d+)?", re.ASCII)
DATE = re.compile(r"\d{4}-\d\d?-\d\d?\b.*|\d\d?[./-]\d\d?[./-](\d{4}|\d\d)\b.*", re.ASCII | re.DOTALL)
FORMULA = ("=", "+", "-", "@")


def typed(frame: "pd.DataFrame") -> tuple["pd.DataFrame", list[str]]:
    """The columns as float64 or as text, missing cells NaN and None, without the empty ones; and what was unusual."""
    import pandas as pd

    notices: list[str] = []
    columns = {name: _column(frame[name], notices) for name in frame.columns}
    empty = [name for name, values in columns.items() if values.isna().all()]
    if empty:
        notices.append(f"Columns without any value are left out: {several(empty)}.")
    made = pd.DataFrame({name: values for name, values in columns.items() if name not in empty}, index=frame.index)
    gaps = made.isna()
    touched = made.index[gaps.any(axis=1)]
    if len(touched):
        where = made.columns[gaps.any()]
        notices.append(
            f"{len(touched):,} of {len(made):,} rows have missing cells ({rows_named(touched)}; in {several(where)}); "
            "a row is left out where a column in use is missing."
        )
    return made, notices


def _column(cells: "pd.Series", notices: list[str]) -> "pd.Series":
    """One column, of text cells or of what a Parquet file holds, as numbers where they are numbers."""
    import pandas as pd

    if cells.dtype.kind in "biuf":  # numbers already, with gaps as NaN
        return _checked(cells.astype(float), cells.astype(str), notices)
    text = pd.Series([cell.strip() for cell in cells], index=cells.index, name=cells.name, dtype=object)
    text[[each.lower() in MISSING for each in text]] = None
    values = pd.to_numeric(text, errors="coerce").astype(float)
    wrong = text[values.isna() & text.notna()]
    if len(wrong) and _decimal_commas(text, wrong):
        values[wrong.index] = pd.to_numeric(wrong.str.replace(",", ".")).astype(float)
        notices.append(f"In column {cells.name!r} the comma is read as the decimal sign ({shown(wrong.iloc[0])}).")
    elif len(wrong):
        _refuse_mistakes(text, wrong)
        return _described(text, notices)
    return _checked(values, text, notices)


def _decimal_commas(text: "pd.Series", wrong: "pd.Series") -> bool:
    """Whether the commas can only be decimal ones: 0,5 and 1,25 can, but 1,234 alone may be a thousand."""
    if not all(DECIMAL_COMMA.fullmatch(cell) for cell in wrong) or text.dropna().str.contains(".", regex=False).any():
        return False
    return not all(THOUSANDS.fullmatch(cell) for cell in wrong)


def _refuse_mistakes(text: "pd.Series", wrong: "pd.Series") -> None:
    """Refuse some text in a column of numbers, naming the rows, and numbers written with thousands separators."""
    some = wrong.iloc[:3]
    cells = f"column {text.name!r} holds {', '.join(map(shown, some))} in {rows_named(wrong.index)}"
    if all(THOUSANDS.fullmatch(cell) for cell in wrong):
        raise InputError(f"{cells}, which is not a plain number: write 1234.5 without separators of thousands")
    if len(wrong) <= TYPING_ERRORS * text.notna().sum():
        raise InputError(f"{cells}, but numbers in the other rows: correct the text or leave the column out")


def _described(text: "pd.Series", notices: list[str]) -> "pd.Series":
    """A column of text, with a notice on dates and on cells that a spreadsheet would run."""
    known = text.dropna()
    if sum(bool(DATE.fullmatch(cell)) for cell in known) > len(known) / 2:
        notices.append(f"Column {text.name!r} holds dates ({shown(known.iloc[0])}), which are text here, not numbers.")
    formulas = known[known.str.startswith(FORMULA)]
    if len(formulas):
        notices.append(
            f"Column {text.name!r} holds what a spreadsheet would run as a formula ({shown(formulas.iloc[0])} in "
            f"{rows_named(formulas.index[:1])}); here it is text."
        )
    return text


def _checked(values: "pd.Series", text: "pd.Series", notices: list[str]) -> "pd.Series":
    """The numbers, those too large for sums removed, with notices on unusual ones."""
    huge = values.abs() > LARGEST_VALUE
    if huge.any():
        notices.append(
            f"Column {values.name!r} holds infinite numbers or numbers beyond {LARGEST_VALUE:g} in "
            f"{rows_named(values.index[huge])}, which count as missing."
        )
    values = values.mask(huge)
    large = values.index[values.abs() > EXACT]
    rounded = [row for row in large if str(text[row]).lstrip("+-").isdigit()]
    if rounded:
        notices.append(
            f"Column {values.name!r} holds whole numbers above 2^53 ({rows_named(rounded)}), which are rounded to 15 "
            "digits."
        )
    if len(values) > 1 and values.notna().any() and values.min() == values.max():
        notices.append(f"Column {values.name!r} is {values.max():g} in every row: as a feature it tells nothing.")
    return values


def several(items: Sequence[str]) -> str:
    """The first three names, and how many more there are."""
    return ", ".join(map(repr, items[:3])) + (f" and {len(items) - 3:,} more" if len(items) > 3 else "")


def rows_named(index: Sequence[int]) -> str:
    """ "row 7", "rows 7 and 8", "rows 7, 8, 9 and 12 more"."""
    if len(index) == 1:
        return f"row {index[0]}"
    first = [str(row) for row in index[:3]]
    last = f"{len(index) - 3:,} more" if len(index) > 3 else first.pop()
    return f"rows {', '.join(first)} and {last}"


def shown(cell: str) -> str:
    """A cell as it is quoted in a sentence."""
    return repr(cell if len(cell) <= 40 else f"{cell[:39]}…")


def text_in(column: "pd.Series") -> str:
    """Where a column of text has its first text."""
    import pandas as pd

    known = column.dropna()
    text = known[pd.to_numeric(known, errors="coerce").isna()]
    return f"holds text ({shown(text.iloc[0])} in row {text.index[0]})"
