"""A notebook of what a visitor has kept: its parts, its file, and the checks on whatever comes from outside.

Everything in it is data and text, and one picture of a page's own drawing. Charts are plotly's data and layout, of
known kinds, without pictures or HTML.
"""

import base64
import json
import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, NamedTuple, Self
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.checks import InputError
from core.training import RunSettings

FORMAT = "descent-lab-notebook"
VERSION = 1
LARGEST = 20_000_000  # characters of a file
LARGEST_KEPT = 16_000_000  # of all entries in a browser: the file has room for their notes as well
LARGEST_ENTRY = 5_000_000  # characters of an entry
MOST = 100  # entries
LONGEST_NOTE = 5000
LARGEST_PICTURE = 3_000_000  # characters
WIDEST_PICTURE = 5000  # pixels of a side
PNG = "data:image/png;base64,"  # with which a browser's picture begins
SIGNATURE = b"\x89PNG\r\n\x1a\n"
PHOTO = "@photo"  # in the place of a picture that the browser takes as it keeps the entry
KINDS = {"scatter", "scattergl", "bar", "heatmap", "contour", "scatter3d", "surface"}  # of traces
LEFT_OUT = {"images", "updatemenus", "sliders", "template", "map", "mapbox", "geo", "meta", "computed"}  # of layouts
SET = r"/?(?:b|i|br|sub|sup|extra|span) ?/?>|span style='font-size:\d{1,2}px'>"  # with which plotly sets text
TAG = re.compile(rf"<(?!{SET})")  # all others

Line = Annotated[str, Field(max_length=300)]
Text = Annotated[str, Field(max_length=2000)]
Query = Annotated[str, Field(max_length=6000)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$")]


def picture(text: str) -> bytes:
    """The PNG in a picture of a browser or a file; empty for anything else, and for one that is too large."""
    if not text.startswith(PNG) or len(text) > LARGEST_PICTURE:
        return b""
    try:
        found = base64.b64decode(text.removeprefix(PNG), validate=True)
    except ValueError:  # other letters, or too few
        return b""
    sides = int.from_bytes(found[16:20]), int.from_bytes(found[20:24])
    return found if found.startswith(SIGNATURE) and min(sides) > 0 and max(sides) <= WIDEST_PICTURE else b""


def cell(value: str | float | int | bool | None) -> str:
    """A cell of a table as people read it."""
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


class Part(BaseModel):
    """A part of a notebook; what it does not know is left out."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class Chart(Part):
    """A chart as plotly takes it."""

    title: Line
    caption: Text = ""
    data: list[dict[str, Any]] = Field(max_length=2000)
    layout: dict[str, Any] = {}

    @classmethod
    def of(cls, title: str, caption: str, figure: str) -> Self:
        """A chart of our own, from plotly's JSON."""
        drawn = json.loads(figure)
        return cls(title=title, caption=caption, data=drawn["data"], layout=_layout(drawn["layout"]))

    @property
    def height(self) -> float:
        """Pixels that it takes, within bounds whatever a file asks for."""
        height = self.layout.get("height", 380)
        return height if isinstance(height, int | float) and 100 <= height <= 2000 else 380

    def cleaned(self) -> Self:
        """The same with known kinds of traces only, and no text that could be more than text."""
        traces = [_cleaned(trace) for trace in self.data if trace.get("type", "scatter") in KINDS]
        return self.model_copy(update={"data": traces, "layout": _cleaned(_layout(self.layout))})


def _layout(layout: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in layout.items() if not name.startswith(tuple(LEFT_OUT))}


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return TAG.sub("&lt;", value)
    if isinstance(value, dict):
        return {str(name): _cleaned(each) for name, each in value.items()}
    return [_cleaned(each) for each in value] if isinstance(value, list) else value


class Found(Part):
    """A finding with its evidence, in words."""

    claim: Text
    outcome: Line
    sentence: Text
    label: Line = ""
    judged: Text = ""
    evidence: list[Text] = Field(default=[], max_length=60)


class Foreseen(Part):
    """What a page asked, what the visitor expected, and what was measured."""

    question: Text
    expected: Line = ""
    measured: Line = ""


class Said(NamedTuple):
    """A sentence of an entry: an outcome, what it is about, the sentence, its evidence, and how it was judged."""

    outcome: str
    about: str
    text: str
    evidence: Sequence[str] = ()
    judged: str = ""


class Entry(Part):
    """What was kept of one page: its question, settings and link, prediction, findings, numbers, charts, and a note.

    drawing: a `picture` of what the page draws itself. task: what a teacher's link says. caution: whether the run was
    over, and what the link does not restore. run, recorded: settings that a script repeats, and its numbers.
    """

    page: Name
    question: Line
    query: dict[Name, Query] = Field(default={}, max_length=100)
    caution: Text = ""
    task: Text = ""
    settings: dict[Line, Text] = Field(default={}, max_length=100)
    kept: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
    app: Line = ""
    note: str = Field(default="", max_length=LONGEST_NOTE)
    foreseen: list[Foreseen] = Field(default=[], max_length=20)
    findings: list[Found] = Field(default=[], max_length=60)
    table: list[dict[Line, str | float | int | bool | None]] = Field(default=[], max_length=500)
    charts: list[Chart] = Field(default=[], max_length=40)
    drawing: str = Field(default="", max_length=LARGEST_PICTURE)
    run: dict[str, Any] | None = None
    recorded: dict[Line, float] = Field(default={}, max_length=20)

    @property
    def link(self) -> str:
        """The page with its settings, as an address within the app."""
        return f"{self.page}?{urlencode(self.query, safe=',')}" if self.query else self.page

    def said(self) -> Iterator[Said]:
        """Its sentences in their order: predictions, findings, and the numbers of a run."""
        for each in self.foreseen:
            expected, measured = each.expected or "no prediction", each.measured or "nothing yet"
            yield Said("", each.question, f"Expected: {expected}. Measured: {measured}.")
        for found in self.findings:
            yield Said(found.outcome, f"“{found.claim}”", found.sentence, found.evidence, found.judged)
        for name, value in self.recorded.items():
            yield Said("", f"{name}:", repr(value).removesuffix(".0"))

    @property
    def told(self) -> str:
        """Its settings as a sentence."""
        return "; ".join(f"{name}: {value}" for name, value in self.settings.items())

    @property
    def repeatable(self) -> RunSettings | None:
        """The run that a script can repeat. None where there is none, or where this version does not know it."""
        try:
            given = (self.run or {}).items()
            values: dict[str, Any] = {name: tuple(each) if isinstance(each, list) else each for name, each in given}
            return RunSettings(**values) if values.get("dataset", "own") != "own" else None
        except InputError:
            return None

    def to_text(self) -> str:
        """The entry as JSON. Raises InputError for one that is too large to keep."""
        text = self.model_dump_json()
        if len(text) > LARGEST_ENTRY:
            raise InputError(
                f"what is to be kept has {len(text) / 1e6:.1f} MB, but at most {LARGEST_ENTRY / 1e6:.0f} MB are "
                "allowed: keep fewer charts"
            )
        return text


class Notebook(Part):
    """Entries in their order, as a file holds them."""

    format: Literal["descent-lab-notebook"] = "descent-lab-notebook"
    version: int = VERSION
    entries: list[Entry] = Field(default=[], max_length=MOST)

    def to_text(self) -> str:
        """The notebook as a file. Raises InputError for one that is too large to be read again."""
        text = self.model_dump_json()
        if len(text) > LARGEST:
            size, most = len(text) / 1e6, LARGEST / 1e6
            raise InputError(f"the notebook has {size:.1f} MB, but at most {most:.0f} MB are allowed: delete an entry")
        return text


def read_entry(text: str) -> Entry:
    """An entry from the browser. Raises InputError for anything else."""
    return _entry(_parsed(text, LARGEST_ENTRY, "the entry"))


def read_notebook(data: bytes | str) -> tuple[Notebook, list[str]]:
    """A notebook from its file, with a sentence on what was lost. Raises InputError for what is no notebook."""
    if len(data) > LARGEST:
        raise InputError(f"the file has {len(data) / 1e6:.1f} MB, but at most {LARGEST / 1e6:.0f} MB are read")
    parts = _parsed(data.decode("utf-8", "replace") if isinstance(data, bytes) else data, LARGEST, "the file")
    if not isinstance(parts, dict) or parts.get("format") != FORMAT or not isinstance(parts.get("entries"), list):
        raise InputError("the file is JSON, but no notebook of this app")
    version, entries, lost, given = parts.get("version"), list[Entry](), list[str](), parts["entries"]
    for number, each in enumerate(given[:MOST], 1):
        try:
            entries.append(_entry(each))
        except InputError as error:
            lost.append(f"entry {number}: {error}")
    notices = []
    if version != VERSION:
        about = f"The notebook is of version {str(version)[:20]} and this app writes version {VERSION}"
        notices.append(f"{about}: parts that it does not know are left out.")
    if lost:
        more = f", and {len(lost) - 1} more" if len(lost) > 1 else ""
        notices.append(f"{len(lost)} of {len(given)} entries cannot be read ({lost[0]}{more}).")
    if len(given) > MOST:
        notices.append(f"The notebook has {len(given):,} entries, of which the first {MOST} are read.")
    return Notebook(entries=entries), notices


def _parsed(text: str, most: int, what: str) -> Any:
    if len(text) > most:
        raise InputError(f"{what} has {len(text):,} characters, but at most {most:,} are read")
    try:
        return json.loads(text, parse_constant=lambda name: None)
    except (ValueError, RecursionError):
        raise InputError(f"{what} is not JSON") from None


def _entry(parts: Any) -> Entry:
    """An entry whose charts are cleaned."""
    try:
        entry = Entry.model_validate(parts)
        return entry.model_copy(update={"charts": [chart.cleaned() for chart in entry.charts]})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"][:4])) or "it"
        raise InputError(f"{place[:80]} is not as it must be ({first['msg'][:100].lower()})") from None
    except RecursionError:
        raise InputError("it is nested too deeply") from None


def schema() -> str:
    """The JSON schema of a notebook's file, as docs/notebook.schema.json has it."""
    return json.dumps(Notebook.model_json_schema(), indent=1) + "\n"
