"""The date in a cell, without any library, so that an exported script reads new rows as the app does."""

import re
from datetime import datetime, timedelta

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
CLOCK = re.compile(
    r"[T ]+(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?: ?([ap])m)?(?:Z| ?([-+])(\d\d):?(\d\d))?", re.I | re.A
)


def date_of(cell: str, day_first: bool = False) -> datetime | None:
    """The time in a cell, in UTC where the cell names an offset; None where there is none.

    day_first: in dates such as 3/4/2020. Years of two digits are those nearest to the present.
    """
    text = cell.strip()
    clock = next((found for found in CLOCK.finditer(text) if found.end() == len(text)), None)
    parts = re.split(r"[-/., ]+", text[: clock.start()] if clock else text)
    try:
        if parts[0][:3].lower() in MONTHS:
            parts[:2] = parts[1::-1]
        if len(parts) > 1 and parts[1][:3].lower() in MONTHS:
            day, month, year = int(parts[0]), MONTHS.index(parts[1][:3].lower()) + 1, _year(parts[2])
        elif len(parts[0]) == 4:
            year, month, day = (int(part) for part in [*parts, "1"][:3])
        else:
            day, month = (int(part) for part in (parts[:2] if day_first else parts[1::-1]))
            day, month, year = (month, day, _year(parts[2])) if month > 12 else (day, month, _year(parts[2]))
        if len(parts) > 3:
            return None
        made = datetime(year, month, day)
        if clock:
            hours, minutes, seconds = (int(part or 0) for part in clock.groups()[:3])
            if clock[4]:
                hours = hours % 12 + (12 if clock[4] in "pP" else 0)
            made = made.replace(hour=hours, minute=minutes, second=seconds)
            if clock[5]:
                away = timedelta(hours=int(clock[6]), minutes=int(clock[7]))
                made = made - away if clock[5] == "+" else made + away
        return made
    except (ValueError, IndexError, OverflowError):
        return None


def _year(text: str) -> int:
    """A year of four digits, or of two, in the fifty years around now."""
    year, now = int(text), datetime.now().year
    if len(text) > 2:
        return year
    year += now // 100 * 100
    return year - 100 if year >= now + 50 else year + 100 if year < now - 50 else year
