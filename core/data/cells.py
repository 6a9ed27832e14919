"""From text cells to columns of numbers, dates or text, with one sentence for each kind of thing that was done."""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from core.checks import texts_of
from core.data.rows import CLOCK, CURRENCY, MINUS, date_of, number_of
from core.data.wording import counted, rows_named, several, shown

if TYPE_CHECKING:  # pandas takes 0.6 s to import, and only who reads a table needs it
    import pandas as pd

LARGEST_VALUE = 1e30  # beyond it squares and sums overflow
BAD_CELLS = 0.1  # share of cells up to which text in a column of numbers is taken for a mistake
FEW_VALUES = 20  # so many different numbers, with a word among them, are a category
DECIDED = 5_000  # cells by which one decimal sign leads when no more are looked at
EXACT = 2**53  # above it a float64 does not hold every whole number
FEW_WORDS = 3  # so many different words are missing values in a column of numbers, however often they come again

WITH_UNIT = re.compile(r"([-+]?[\d.,'’ \u00a0\u2009\u202f]*\d[.,]?)\s*((?!\w*\d\d)[^\W\d_][\w°/²³*^.-]{0,7}|°\w?)")
THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}(?:([.,])\d{3})+", re.A)
SIGNS = re.compile(r"[-+]?\d*(?:([.,])\d+|([.,])\d{3}(?:\2\d{3})*([.,])\d+)(?:e[-+]?\d+)?", re.I | re.A)
MONTH = r"[^\W\d_]{3,9}\.?"
DATE = re.compile(
    rf"(?:\d{{4}}[-/.년年] ?\d{{1,2}}[-/.월月] ?\d{{1,2}}[일日.]?|\d{{4}}-\d\d"
    rf"|(\d{{1,2}})[-/.](\d{{1,2}})[-/.](?:\d{{4}}|\d\d)"
    rf"|\d{{1,2}}[-. ]*{MONTH}[-. ,]*\d{{2,4}}|{MONTH} \d{{1,2}},? \d{{4}})(?:{CLOCK.pattern})?",
    re.I,
)
LEADING_ZERO = re.compile(r"[-+]?0+[1-9]\d*")
FORMULA = re.compile(r"[=@].+|[-+][\w(].*|[\t\r].*", re.S)

TEXTS = texts_of(__file__)
SAID: dict[str, str] = TEXTS["said"]  # what is done to cells, for each kind
MISSING: tuple[str, ...] = TEXTS["missing"]  # words in lower case


class Rules(NamedTuple):
    """How cells are read: the decimal sign, the words that are missing among numbers, whether the day comes first."""

    decimal: str = "."
    missing: tuple[str, ...] = MISSING
    day_first: bool | None = None


def decimal_sign(cells: Iterable[str], separator: str) -> str:
    """The decimal sign of a file: the one of the cells that allow one reading only; by the separator if none does."""
    votes, open_commas = {".": 0, ",": 0}, 0
    signed = [cell for cell in cells if "," in cell or "." in cell]
    if not any("," in cell or cell.count(".") > 1 for cell in signed):
        return "."
    for cell in signed:
        text = cell.strip().translate(MINUS).strip("$€£%()*- ")
        if measured := WITH_UNIT.fullmatch(text):
            text = measured[1].rstrip()
        if THOUSANDS.fullmatch(text):
            sign = "," if "," in text else "."
            if text.count(sign) > 1:  # 1.234.567
                votes["." if sign == "," else ","] += 1
            open_commas += sign == ","
        elif found := SIGNS.fullmatch(text):
            votes[found[3] or found[1]] += 1
            if abs(votes[","] - votes["."]) > DECIDED:
                break
    if votes[","] == votes["."]:
        return "," if separator == ";" and open_commas and not votes["."] else "."
    return max(votes, key=votes.__getitem__)


class Typing:
    """The columns of a table as float64, as dates or as text (`frame`), missing cells NaN, NaT and None.

    Also the words `lost` in columns of numbers, the `units` found in cells, sentences on what was done, and `forms`:
    the decimal sign of a column where it is not the table's, and in which columns of dates the day comes first.
    """

    def __init__(self, frame: "pd.DataFrame", rules: Rules):
        import pandas as pd

        self.rules, self.done = rules, dict[str, list[tuple[str, int, str]]]()
        self.lost, self.units, self.forms = dict[str, pd.Series](), dict[str, str](), dict[str, dict[str, Any]]()
        self.frame = pd.DataFrame({name: self._column(frame[name]) for name in frame.columns}, index=frame.index)

    @property
    def notices(self) -> list[str]:
        """One sentence for each kind of thing that was done, and one on missing cells."""
        made = []
        for kind, text in SAID.items():
            if done := self.done.get(kind):
                cells = counted(sum(rows for _, rows, _ in done), "cell")
                columns = several([column for column, _, _ in done])
                hold = f"Column {columns} holds" if len(done) == 1 else f"Columns {columns} hold"
                made.append(text.format(cells=cells, columns=columns, hold=hold, one=done[0][2]))
        gaps = self.frame.isna() & ~self.frame.isna().all()
        touched, where = self.frame.index[gaps.any(axis=1)], self.frame.columns[gaps.any()]
        if len(touched):
            rows = f"{len(touched):,} of {len(self.frame):,} rows {'has' if len(touched) == 1 else 'have'}"
            made.append(f"{rows} missing cells ({rows_named(touched)}; in {several(where)}).")
        return made

    def _note(self, kind: str, text: "pd.Series", rows: Sequence[int], one: str = "") -> None:
        """Note a kind of SAID for some rows (never none) of a column; one: how the first is quoted."""
        one = one or f"{shown(text[rows[0]])} in {rows_named(rows)}"
        self.done.setdefault(kind, []).append((str(text.name), len(rows), one))

    def _column(self, cells: "pd.Series") -> "pd.Series":
        """One column, of text cells or of what a Parquet file holds, as numbers, dates or text."""
        import pandas as pd

        if cells.dtype.kind in "biuf":  # numbers already, with gaps as NaN
            return self._checked(cells.astype(float), cells.astype(str))
        text = pd.Series([cell.strip() for cell in cells], index=cells.index, name=cells.name, dtype=object)
        words, decimal = set(self.rules.missing), self.rules.decimal
        missing = pd.Series([not cell or cell.lower() in words for cell in text], index=text.index)
        plain = text
        if decimal == ",":  # numbers without any point need no interpretation
            points = ["" if "." in cell else cell.replace(",", ".") for cell in text]
            plain = pd.Series(points, text.index, dtype=object)
        values = pd.to_numeric(plain, errors="coerce").astype(float)
        rest = text[values.isna() & ~missing]
        if len(rest):
            values, rest = self._written(values, text, rest)
        if not values.notna().any():
            return self._dates(text, missing)
        commas = text.index[values.notna() & text.str.contains(",", regex=False)] if decimal == "," else []
        if len(commas):
            self._note("comma", text, commas, f"{shown(text[commas[0]])} is {values[commas[0]]:.15g}")
        known, numbers = len(text) - int(missing.sum()), values.nunique()
        many = numbers > FEW_VALUES or 2 * numbers > known
        again = many and rest.nunique() <= FEW_WORDS and 2 * len(rest) < known
        if len(rest) > BAD_CELLS * known and not again:
            return self._described(text)
        if len(rest):
            quoted = f"{', '.join(map(shown, rest.unique()[:3]))} in {rows_named(rest.index)}"
            if numbers <= FEW_VALUES and known >= 3 * numbers:
                described = self._described(text)
                self._note("category", text, rest.index, quoted)
                return described
            self._note("words", text, rest.index, quoted)
            self.lost[str(cells.name)] = rest
        if codes := [row for row, cell in text.items() if LEADING_ZERO.fullmatch(cell)]:
            self._note("zeros", text, codes, f"{shown(text[codes[0]])} is {values[codes[0]]:.15g}")
        return self._checked(values, text)

    def _written(self, values: "pd.Series", text: "pd.Series", rest: "pd.Series") -> tuple["pd.Series", "pd.Series"]:
        """The values with numbers found in other cells, and cells that hold none; tries the other sign as well."""
        found, decimal = [WITH_UNIT.fullmatch(cell) for cell in rest.unique()], self.rules.decimal
        units = {match[2] if match else "" for match in found}  # behind every one of these cells, if it is the same one
        unit = units.pop() if len(units) == 1 and len(found) > 1 else ""
        tried: dict[str, dict[str, tuple[float, set[str]]]] = {}
        for sign in (decimal, "," if decimal == "." else "."):
            read = {cell: number_of(cell, sign, unit) for cell in rest.unique()}
            tried[sign] = {cell: each for cell, each in read.items() if each is not None}
            if len(tried[sign]) == len(read):
                break
        best = max(tried, key=lambda sign: len(tried[sign]))
        if best != decimal:  # the other sign needs a whole column that allows no other reading
            points = any(decimal in cell and cell.lower() not in self.rules.missing for cell in text)
            if points or len(tried[best]) < rest.nunique() or all(map(THOUSANDS.fullmatch, rest)):
                best = decimal
        numbers, signed = tried[best], {",": "comma", ".": "point"}[best] if best != decimal else ""
        parsed = rest[[cell in numbers for cell in rest]]
        values = values.copy()
        values[parsed.index] = [numbers[cell][0] for cell in parsed]
        kinds: dict[str, list[int]] = {}
        for row, cell in parsed.items():
            for kind in numbers[cell][1] | ({signed} if signed and best in cell else set()):
                kinds.setdefault(kind, []).append(row)
        name = str(text.name)
        money = {mark[0] for cell in text[kinds.get("currency", [])] if (mark := re.search(CURRENCY, cell))}
        for kind, rows in kinds.items():
            more = f"; {' and '.join(sorted(money))} are not converted" if kind == "currency" and len(money) > 1 else ""
            self._note(kind, text, rows, f"{shown(text[rows[0]])} is {values[rows[0]]:.15g}{more}")
        if money:
            self.units |= {name: money.pop()} if len(money) == 1 else {}
        elif "unit" in kinds or "percent" in kinds:
            self.units[name] = unit if "unit" in kinds else "%"
        if signed:
            self.forms[name] = {"decimal": best}
        return values, rest.drop(parsed.index)

    def _dates(self, text: "pd.Series", missing: "pd.Series") -> "pd.Series":
        """A column of text as dates where nine cells in ten are dates."""
        import pandas as pd

        known, first = text[~missing], self.rules.day_first
        found = {cell: match for cell in known.unique() if (match := DATE.fullmatch(cell))}
        dated = known[[cell in found for cell in known]]
        if dated.empty or len(dated) < (1 - BAD_CELLS) * len(known):
            return self._described(text)
        pairs = [(int(match[1]), int(match[2])) for match in found.values() if match[1]]
        unclear = first is None and bool(pairs)
        if first is None:
            first = any(day > 12 for day, _ in pairs) or (all("." in cell for cell in dated) and bool(pairs))
        unclear = unclear and not first and all(month <= 12 for _, month in pairs)
        times = {cell: date_of(cell, first) for cell in found}
        values = pd.Series([times.get(cell) for cell in text], text.index, "datetime64[s]", name=text.name)
        if 2 * values.notna().sum() < len(known):
            return self._described(text)
        wrong = known.index[values[known.index].isna()]
        if len(wrong):
            self._note("undated", text, wrong)
        if unclear:
            one = f"{shown(dated.iloc[0])} is {values[dated.index[0]]:%-d %B %Y}"
            self._note("order", text, dated.index, one)
        self.forms[str(text.name)] = {"day_first": first}
        return values

    def _described(self, text: "pd.Series") -> "pd.Series":
        """A column of text, empty cells None: forgets its numbers, notes cells that a spreadsheet would run."""
        name = str(text.name)
        self.done = {kind: [each for each in done if each[0] != name] for kind, done in self.done.items()}
        self.units.pop(name, None)
        self.forms.pop(name, None)
        formulas = text[[bool(FORMULA.fullmatch(cell)) and number_of(cell) is None for cell in text]]
        if len(formulas):
            one = f"{shown(formulas.iloc[0])} in {rows_named(formulas.index[:1])}"
            self._note("formula", text, formulas.index, one)
        return text.mask(text == "", None)

    def _checked(self, values: "pd.Series", text: "pd.Series") -> "pd.Series":
        """The numbers, those too large for sums removed, with notes on unusual ones."""
        huge = values.index[values.abs() > LARGEST_VALUE]
        if len(huge):
            self._note("huge", text, huge)
            values = values.mask(values.abs() > LARGEST_VALUE)
        large = values.index[values.abs() > EXACT]
        if rounded := [row for row in large if str(text[row]).lstrip("+-").isdigit()]:
            self._note("rounded", text, rounded)
        return values


def text_in(column: "pd.Series") -> str:
    """Where a column of text has its first text."""
    import pandas as pd

    known = column.dropna()
    text = known[pd.to_numeric(known, errors="coerce").isna()]
    return f"holds text ({shown(text.iloc[0])} in row {text.index[0]})" if len(text) else "holds text"
