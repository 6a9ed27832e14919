"""What each column of a table is for a model: a number, yes or no, a category, a date, or nothing to learn from."""

import re
from typing import TYPE_CHECKING

from core.checks import texts_of
from core.data.rows import word
from core.data.wording import counted, several, shown

if TYPE_CHECKING:
    import pandas as pd

TEXTS = texts_of(__file__)
ROLES: dict[str, str] = TEXTS["roles"]  # and what becomes of a feature of each
LEARNT = ("number", "yes/no", "category", "date")
FEW_CATEGORIES = 50  # so many different texts are categories if each has MEAN_FEW rows on average, more with MEAN_MANY
MEAN_FEW, MEAN_MANY = 2, 5
DISTINCT = 0.95  # share of different cells from which on a text, or a number called id, names its row
YES: tuple[str, ...] = TEXTS["yes"]  # pairs of words, the one that counts as 1 first
ID = re.compile(
    r"(.*[\s_.-])?(id|index|idx|uuid|key|nr|no\.|row|rownames|serial|unnamed: 0|column 1)|#|n[°º]|№"
    r"|(case|resp|user|customer|patient|subject|sample|record|student|person|order|product|client|account)(id|no|nr)",
    re.I,
)
CAMEL = re.compile(r".*[a-z](Id|ID)")


class Column(str):
    """A column: equal to its name, with role, reason, example and counts; chosen: the role, by the visitor."""

    role: str
    reason: str
    example: str
    missing: int
    distinct: int
    unit: str
    chosen: bool

    @classmethod
    def of(cls, values: "pd.Series", unit: str = "", role: str | None = None, alone: bool = False) -> "Column":
        """The column of these values; its role is recognized unless it is given. alone: there is no other feature."""
        column, known = cls(values.name), values.dropna()
        column.missing, column.distinct = len(values) - len(known), int(known.nunique())
        column.example = word(known.iloc[0]) if len(known) else ""
        column.unit, column.chosen = unit, role is not None
        column.role, column.reason = (role, "chosen") if role else _recognized(values, known, column.distinct)
        if alone and column.role == "identifier" and values.dtype.kind == "f":
            column.role, column.reason = "number", "counts the rows, but is the only feature"
        return column

    name = property(str)


def _recognized(values: "pd.Series", known: "pd.Series", distinct: int) -> tuple[str, str]:
    """The role of a column and the reason."""
    if not distinct:
        return "ignored", "every cell is empty"
    if distinct == 1:
        value = word(known.iloc[0]) if values.dtype.kind == "f" else shown(word(known.iloc[0]))
        if len(known) == len(values):
            return "constant", f"{value} in every row"
        return ("ignored", "one cell only is filled") if len(known) == 1 else ("category", f"{value} or empty")
    if values.dtype.kind == "M":
        return "date", f"dates from {known.min():%Y-%m-%d} to {known.max():%Y-%m-%d}"
    if values.dtype.kind == "f":
        whole, name = bool((known % 1 == 0).all()), str(values.name)
        if whole and distinct == len(values) and _counts(values):
            return "identifier", "counts the rows"
        if whole and distinct >= max(DISTINCT * len(known), 8) and (ID.fullmatch(name) or CAMEL.fullmatch(name)):
            return "identifier", "a different whole number in nearly every row, and called so"
        if distinct == 2 and set(known.unique()) == {0.0, 1.0}:
            return "yes/no", "0 or 1"
        return "number", f"{'whole ' if whole else ''}numbers from {known.min():.4g} to {known.max():.4g}"
    if yes_of(known):
        return "yes/no", " or ".join(sorted(map(str, known.unique())))
    mean = len(known) / distinct
    if distinct >= DISTINCT * len(known) and 2 * len(known) >= len(values):
        return "identifier", "nearly every cell is different" if distinct < len(known) else "every cell is different"
    if mean >= (MEAN_FEW if distinct <= FEW_CATEGORIES else MEAN_MANY):
        return "category", f"{distinct:,} different texts"
    return "ignored", f"free text: {distinct:,} different texts in {counted(len(known), 'cell')}"


def _counts(values: "pd.Series") -> bool:
    """Whether whole numbers count the rows, from 0 or 1 on; in a sample of rows, the rows of the file."""
    steps = values.diff().iloc[1:]
    if (steps == 1).all():
        return values.iloc[0] in (0, 1)
    from_file = values.to_numpy() - values.index.to_numpy()
    return bool((from_file == from_file[0]).all() and -50 <= from_file[0] <= 0)


def yes_of(known: "pd.Series") -> str | None:
    """The cell that says yes, in a column of text that says yes and no; None in any other."""
    words = {str(word).lower(): str(word) for word in known.unique()[:3]}
    found = next((pair.split() for pair in YES if known.nunique() == 2 and {*pair.split()} == {*words}), None)
    return words[found[0]] if found else None


def left_out(columns: list[Column]) -> list[str]:
    """One sentence for each recognized role on the columns that are no features by it."""
    notices = []
    for role, (one, more) in TEXTS["left_out"].items():
        if found := [column for column in columns if column.role == role and not column.chosen]:
            sentence = one if len(found) == 1 else more
            notices.append(sentence.format(several(found), reason=found[0].reason, count=len(found)))
    return notices
