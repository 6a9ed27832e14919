"""Live charts: a board of plotly figures that are changed in place.

`st.plotly_chart` mounts a new chart at every change of data: it flickers, and forgets zoom and legend. A chart that
nobody sees makes Streamlit load its plotly.js, and a small component hands every new figure to `Plotly.react`, which
keeps the chart (see `components/plotly.js`). A browser in which that fails says so, and from then on its charts are
those of `st.plotly_chart`.
"""

import itertools
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import plotly.graph_objects as go
import plotly.io
import streamlit as st

from pages.figures.common.chart import Chart
from pages.figures.common.words import plain

PACE = 0.085  # seconds between two pictures
PICTURES = 3  # sent at a time
TICK = PICTURES * PACE  # seconds between two runs of a part that ticks
MISSING = "descent lab charts fall back"  # in the session, with what is said about it
RUNS = itertools.count()  # of pages with a part that ticks, to tell them apart
COMPONENTS = Path(__file__).parent / "components"


class Drawing(NamedTuple):
    """A figure written down once, with what stands around it; without `figure` the one shown before stays.

    `film` are pictures to show on the way to it, one every PACE seconds, each with the progress of the experiment at
    its time: Streamlit lays out the whole page anew at every run of a script, too much to do for every picture.
    """

    title: str
    caption: str
    height: int  # pixels
    figure: str | None  # plotly's JSON
    film: tuple[tuple[float, str], ...] = ()
    wide: bool = False  # as wide as the page

    @classmethod
    def of(cls, chart: Chart, title: str, caption: str) -> "Drawing":
        chart.layout.setdefault("uirevision", "kept")  # so that zoom and legend stay
        return cls(chart.title or title, chart.caption or caption, chart.layout.get("height", 380), chart.to_json())


def load_plotly() -> None:
    """Have Streamlit load plotly.js, by a chart that is never changed and never shown."""
    with st.container(key="descent-lab-plotly"):
        st.plotly_chart(go.Figure(layout_height=10), key="descent-lab-plotly chart")


@cache
def _component():
    return st.components.v2.component(
        "descent_lab_board",
        js="".join((COMPONENTS / name).read_text() for name in ("plotly.js", "sketch.js", "board.js")),
        css=(COMPONENTS / "board.css").read_text(),
        isolate_styles=False,  # plotly.js puts its styles into the page, out of reach of a shadow root
    )


class Strip(NamedTuple):
    """Where an experiment stands: which run it is, its progress from 0 to 1, whether it moves by itself, in words."""

    run: int
    progress: float
    moving: bool
    told: str = ""  # nothing: for a board below another, which has told it


def ticking(
    key: str, running: bool, state: Callable[[], object], body: Callable[[bool], None], every: float = TICK
) -> None:
    """Draw a part of the page in a fragment, again at every tick while `running`; `body` is told whether the page is.

    A tick that finds the page out of date, because `state` has changed, asks for a new one. A browser may send another
    before it hears that a click has begun a new page. Had its fragment not gone, Streamlit would run it, and throw away
    what it has not sent yet of that page: so each run of the page makes a fragment of a new name, of which Streamlit
    makes the identity. The first tick is to come when the page has been sent, so this is called last, in a container
    that holds its place.
    """
    drawn, with_page = state(), True

    def part() -> None:
        body(with_page)
        if not with_page and state() != drawn:
            st.rerun()

    part.__qualname__ = f"part {next(RUNS)}"
    try:
        st.fragment(run_every=every if running else None, key=key)(part)()
    finally:
        with_page = False


def _missing() -> None:
    """From now on draw by `st.plotly_chart`, and say so."""
    st.session_state[MISSING] = "This browser cannot change charts in place, so they are redrawn at every step."


def board(drawings: Sequence[Drawing], key: str, strip: Strip | None = None) -> None:
    """Show the drawings at this place of the page; the same key on a later run changes those that stand there.

    It is one message to the browser, whatever has changed. The browser keeps the pictures of a run, and offers to look
    back through them once it stands still.
    """
    if MISSING not in st.session_state:
        panels = [each._asdict() for each in drawings]
        data = {"panels": panels, "pace": 1000 * PACE} | (strip._asdict() if strip else {})
        _component()(key=key, data=data, on_missing_change=_missing)
        return
    if strip and strip.told:
        st.progress(strip.progress, text=plain(strip.told))
    st.caption(st.session_state[MISSING])
    for each in drawings:
        st.markdown(f"##### {each.title}")
        if each.figure:
            st.plotly_chart(plotly.io.from_json(each.figure), key=f"{key} {each.title}", width="stretch")
        st.caption(each.caption)
