"""From raw rows to the inputs of a network, and from its outputs to answers, as plain text for scripts too."""

import csv
import math
import re
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray

# --- Raw rows: cells by the names of their columns, as text or as numbers ---


Encoding = dict[str, Any]  # what was learnt of the table: features, inputs, reading, yes, target, made, probable
LARGEST = 1e30  # a number beyond it counts as missing
MINUS = str.maketrans("\u2212\u2012\u2013", "---")
CURRENCY = r"(?:(?:[ACRS]|US|NZ|HK)?\$|[€£¥￥₹₽₩₺]|\b(?:USD|EUR|GBP|CHF|JPY|CAD|AUD|INR)\b)"
MONEY = re.compile(rf"([-+]?)\s*{CURRENCY}\s*(\S.*)|([-+]?[\d(].*?)\s*{CURRENCY}")
NUMBERS = {  # by the decimal sign; the group is what holds signs of thousands
    sign: re.compile(
        rf"[-+]?(?:([1-9]\d{{0,2}}(?:[{other}'’ \u00a0\u2009\u202f]\d{{3}})+)(?:[{sign}]\d*)?"
        rf"|(?:\d+[{sign}]?\d*|[{sign}]\d+)(?:e[-+]?\d+)?)",
        re.I | re.A,
    )
    for sign, other in (".,", ",.")
}
MARKED = re.compile(r"(.*\d[)%]*) ?(?:[*†‡§]+|\[\w{1,2}\])", re.S)  # a number with a mark of a footnote
MONTHS = tuple(  # how the names of each begin: English, German, French, Spanish, Italian, Dutch, Portuguese, Russian
    tuple(names.split())
    for names in (
        "jan ene gen янв",
        "feb fév fev фев",
        "mar mär mrt мар",
        "apr abr avr апр",
        "may mai mag mei май мая",
        "jun juin giu июн",
        "jul juil lug июл",
        "aug ago aoû авг",
        "sep set сен",
        "oct okt out ott окт",
        "nov ноя",
        "dec dez dic déc дек",
    )
)
CLOCK = re.compile(
    r"[T ]+(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?: ?([ap])m)?(?: ?(?:Z|UTC|GMT))?(?: ?([-+])(\d\d?)(?::?(\d\d))?)?",
    re.I | re.A,
)


class Input(NamedTuple):
    """A column (n,) made of the two standardized coordinates (n,); `label` is its formula."""

    label: str
    of: Callable[[Array, Array], Array]


INPUTS: dict[str, Input] = {
    "x1": Input("x₁", lambda x1, x2: x1),
    "x2": Input("x₂", lambda x1, x2: x2),
    "x1_squared": Input("x₁²", lambda x1, x2: x1 * x1),
    "x2_squared": Input("x₂²", lambda x1, x2: x2 * x2),
    "product": Input("x₁x₂", lambda x1, x2: x1 * x2),
    "sin_x1": Input("sin x₁", lambda x1, x2: np.sin(x1)),
    "sin_x2": Input("sin x₂", lambda x1, x2: np.sin(x2)),
}


def number_of(cell: str, decimal: str = ".", unit: str = "") -> tuple[float, set[str]] | None:
    """The number in a cell, with a unit behind it or not, and what was done to it; None where there is none."""
    done: set[str] = set()
    text = cell.strip()
    if (plain := text.translate(MINUS)) != text:
        done.add("minus")
        text = plain
    if unit and text.endswith(unit):
        done.add("unit")
        text = text.removesuffix(unit).rstrip()
    if marked := MARKED.fullmatch(text):
        done.add("mark")
        text = marked[1]
    behind = text.endswith("-") and text[0] not in "+-"
    negative = behind or (text.startswith("(") and text.endswith(")"))
    if negative:
        done.add("negative")
        text = text[0 if behind else 1 : -1].strip()
    if money := MONEY.fullmatch(text):
        done.add("currency")
        text = (money[1] or "") + (money[2] or money[3])
    if text.endswith("%"):
        done.add("percent")
        text = text[:-1].rstrip()
    found = NUMBERS[decimal].fullmatch(text)
    if found is None:
        return None
    if found[1]:
        done.add("thousands")
        text = text.replace(found[1], re.sub(r"\D", "", found[1]))
    value = float(text.replace(",", "."))
    return (-value if negative else value), done


def date_of(cell: str, day_first: bool = False) -> datetime | None:
    """The time in a cell, in UTC where it names an offset; None where there is none. day_first: in 3/4/2020."""
    text = cell.strip()
    clock = next((found for found in CLOCK.finditer(text) if found.end() == len(text)), None)
    written = re.sub(r"(?<=\d)(?=[a-z])|(?<=[a-z])(?=\d)", " ", text[: clock.start()] if clock else text, flags=re.I)
    parts = re.split(r"[-/.,年月년월 ]+", written.rstrip("日일."))
    try:
        if _month(parts[0]):
            parts[:2] = parts[1::-1]
        if len(parts) > 1 and (month := _month(parts[1])):
            day, year = int(parts[0]), _year(parts[2])
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
                away = timedelta(hours=int(clock[6]), minutes=int(clock[7] or 0))
                made = made - away if clock[5] == "+" else made + away
        return made
    except (ValueError, IndexError, OverflowError):
        return None


def _month(text: str) -> int:
    """The month, from 1, whose name begins so; 0 for none."""
    name = text.lower()
    return next((number for number, names in enumerate(MONTHS, 1) if name.startswith(names)), 0)


def _year(text: str) -> int:
    """A year of four digits, or of two, in the fifty years around now."""
    year, now = int(text), datetime.now().year
    if len(text) > 2:
        return year
    year += now // 100 * 100
    return year - 100 if year >= now + 50 else year + 100 if year < now - 50 else year


def cell_of(cell: Any, feature: Encoding, reading: Encoding) -> Any:
    """A raw cell as a number, a time or a text, None where it is missing."""
    if cell is None or cell != cell:
        return None
    if feature["cells"] == "date":
        return date_of(str(cell), feature["day_first"])
    if feature["cells"] == "text":
        return word(cell) or None
    if isinstance(cell, str):
        found = number_of(cell, feature["decimal"] or reading["decimal"], feature["unit"])
        cell = found[0] if found else math.inf
    return float(cell) if abs(cell) <= LARGEST else None


def word(value: Any) -> str:
    """A cell as a label: numbers without a needless point."""
    return f"{value:.15g}" if isinstance(value, float) else str(value).strip()


def number_in(value: Any, column: Encoding, yes: Encoding) -> float:
    """The number that an input sees of a cell, before it is scaled."""
    what = column["what"]
    if what == "missing":
        return float(value is None)
    if what in ("is", "other"):
        text = column["fill"] if value is None else word(value)
        return float(text == column["word"] if what == "is" else text not in column["known"])
    if value is None:
        return column["fill"]
    if what == "yes":
        return float(value == yes[column["of"]])
    if what == "elapsed":
        return (value - type(value)(1970, 1, 1)).total_seconds() / 86400
    if what == "weekday":
        return float(value.weekday())
    return float(value if what == "number" else getattr(value, what))


def inputs_of(rows: list[dict[str, Any]], encoding: Encoding) -> Array:
    """The inputs (n, k) of n raw rows; a row without a column that was learnt from is refused."""
    features = {each["name"]: each for each in encoding["features"]}
    gone = next((name for row in rows for name in features if name not in row), None)
    if gone is not None:
        needed = ", ".join(map(repr, features))
        raise ValueError(f"column {gone!r} is not in the new rows, but needed: give each of {needed}")
    cells = {name: [cell_of(row[name], each, encoding["reading"]) for row in rows] for name, each in features.items()}
    X = np.empty((len(rows), len(encoding["inputs"])))
    for place, column in enumerate(encoding["inputs"]):
        numbers = [number_in(value, column, encoding["yes"]) for value in cells[column["of"]]]
        X[:, place] = (np.array(numbers) - column["mean"]) / column["scale"]
    if encoding["made"]:
        X = np.stack([(INPUTS[one["name"]].of(*X.T) - one["mean"]) / one["scale"] for one in encoding["made"]], axis=1)
    return X


def answers_of(outputs: Array, encoding: Encoding) -> list[dict[str, Any]]:
    """For each row of outputs (n, k) its `answer`: a class, with `probabilities` if the loss gives any, or a value."""
    target, probable = encoding["target"], encoding["probable"]
    if target["task"] == "numbers":
        return [{"answer": float(z * target["scale"] + target["mean"])} for z in outputs[:, 0]]
    z = np.hstack([np.zeros_like(outputs), outputs]) if outputs.shape[1] == 1 else outputs
    answers = [{"answer": target["labels"][row.argmax()]} for row in z]
    if probable == "sigmoid" and outputs.shape[1] > 1:  # each output is a question of its own
        p = 0.5 * np.tanh(0.5 * z) + 0.5
    else:
        p = np.exp(z - z.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
    if probable:
        for answer, row in zip(answers, p, strict=True):
            answer["probabilities"] = dict(zip(target["labels"], row.tolist(), strict=True))
    return answers


def write(predict: Any, path: str, encoding: Encoding) -> None:
    """Print the answers to the rows of a CSV file, whose separator is the one that finds the columns."""
    wanted, labels = [each["name"] for each in encoding["features"]], encoding["target"].get("labels", [])
    for separator in ",;\t|":
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file, delimiter=separator))
        if rows and all(name in rows[0] for name in wanted):
            break
    table = csv.writer(sys.stdout, lineterminator="\n")
    labels = labels if encoding["probable"] else []
    table.writerow([encoding["target"]["name"], *(f"probability of {label}" for label in labels)])
    for answer in predict(rows):
        table.writerow([answer["answer"], *(answer["probabilities"][label] for label in labels)])
