"""Charts of the history: a timeline, and what "introduced" may mean."""

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

from core.studies.history import DECADE, READINGS, THREADS, TIMELINE, Entry, Result, earliest
from pages.figures.common.plots import Parts, chart
from pages.figures.common.style import MARKS, PALETTE, faded
from pages.figures.common.traces import Trace, marks

THREAD_NAMES = {"descent": "going downhill", "derivatives": "derivatives of programs", "networks": "neural networks"}
ROW = 24  # pixels for one entry
EARLY, LATE = 1940, 1985  # older entries are drawn at the left edge; newer ones have their name on the left
LETTERS = 22  # in a line of a reading
HOVER = "<b>%{customdata[0]} %{customdata[1]}</b><br>%{customdata[2]}<br>%{customdata[3]}<extra></extra>"
SHADED = {"type": "rect", "yref": "paper", "y0": 0, "y1": 1, "x0": DECADE[0], "x1": DECADE[1] + 1, "layer": "below"}
SHADED |= {"fillcolor": faded(PALETTE[1], 0.14), "line": {"width": 0}}  # the decade that the claim names


def _short(who: str) -> str:
    """Shorten three or more authors to the first, as in a citation."""
    first, *others = who.split(",")
    return f"{first} et al." if others else first


def _written(entries: Sequence[Entry]) -> dict[str, Any]:
    """The hover text of a mark."""
    told = [[each.year, each.who, each.what, each.source] for each in entries]
    return {"customdata": told, "hovertemplate": HOVER}


@chart("year", wait="No publications here: choose more threads or more years.")
def timeline(result: Result) -> Parts:
    """Point at a mark for its content and reference. Shaded: the 1970s. Older than 1940: at the left edge."""
    for place, thread in enumerate(THREADS if result.entries else ()):
        rows = [row for row, each in enumerate(result.entries) if each.thread == thread]
        entries = [result.entries[row] for row in rows]
        years = [max(each.year, EARLY) for each in entries]
        text = [f"  {each.year} {_short(each.who)}  " for each in entries]
        side = ["middle left" if each.year > LATE else "middle right" for each in entries]
        look: Trace = {"color": PALETTE[place], "size": 13, "symbol": MARKS[place], "text": text, "textposition": side}
        yield marks(years, rows, THREAD_NAMES[thread], **look, **_written(entries))
    yield {"height": 130 + ROW * len(result.entries), "shapes": [SHADED], "xaxis": {"range": [EARLY - 3, 2028]}}
    yield {"yaxis": {"visible": False, "range": [len(result.entries) - 0.3, -0.7]}}


@chart("year", height=420, shapes=[SHADED], xaxis={"range": [1953, 1994]}, yaxis={"range": [3.5, -1.2]})
def readings(result: Result) -> Parts:
    """Four readings. Large: the first publication that counts under each. Shaded: the decade of the claim."""
    for place, (reading, meaning) in enumerate(READINGS.items()):
        entries, first = [each for each in TIMELINE if each.reading == reading], earliest(reading)
        years, rows = [each.year for each in entries], ["<br>".join(wrap(meaning, LETTERS))] * len(entries)
        text = [f"{each.year}<br>{each.who.split(',')[0]}" if each is first else "" for each in entries]
        size = [18 if each is first else 9 for each in entries]
        look: Trace = {"color": PALETTE[place], "size": size, "opacity": 1, "text": text, "textposition": "top center"}
        yield marks(years, rows, **look, **_written(entries), cliponaxis=False, showlegend=False)
