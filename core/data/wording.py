"""How columns, rows and cells of a visitor's table are named in sentences."""

from collections import Counter
from collections.abc import Sequence

LONGEST_NAME = 60  # characters


def several(items: Sequence[str]) -> str:
    """The first three names, and how many more there are."""
    more = f" and {len(items) - 3:,} more" if len(items) > 3 else ""
    return ", ".join(repr(str(item)) for item in items[:3]) + more


def rows_named(index: Sequence[int]) -> str:
    """ "row 7", "rows 7 and 8", "rows 7, 8, 9 and 12 more"."""
    if len(index) == 1:
        return f"row {index[0]}"
    first = [str(row) for row in index[:3]]
    last = f"{len(index) - 3:,} more" if len(index) > 3 else first.pop()
    return f"rows {', '.join(first)} and {last}"


def shown(cell: object) -> str:
    """A cell as it is quoted in a sentence."""
    text = str(cell)
    return repr(text if len(text) <= 40 else f"{text[:39]}…")


def counted(number: int, what: str) -> str:
    """ "1 cell", "1,234 cells"."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def named(given: Sequence[str]) -> tuple[list[str], list[str]]:
    """Names of the columns, each once and short enough to show, and one sentence for each kind of change."""
    names: dict[str, int] = {}
    twice, cut, longest = Counter[str](), [], 0
    for place, full in enumerate(given, 1):
        name = " ".join(full.split()) or f"column {place}"
        if len(name) > LONGEST_NAME:
            cut.append(place)
            longest = max(longest, len(name))
            name = f"{name[: LONGEST_NAME - 1]}…"
        free, number = name, 1
        while free in names:
            number += 1
            free = f"{name} ({number})"
        names[free] = place
        twice[name] += number > 1
    notices = []
    if len(cut) == 1:
        notices.append(f"The name of column {cut[0]} has {longest:,} characters and was cut to {LONGEST_NAME}.")
    elif cut:
        notices.append(f"{len(cut)} names of columns have up to {longest:,} characters and were cut to {LONGEST_NAME}.")
    if again := list(+twice):
        one = f"is the name of {twice[again[0]] + 1} columns"
        what = one if len(again) == 1 else "name more than one column each"
        notices.append(f"{several(again)} {what}; the later ones have a number behind it.")
    return list(names), notices
