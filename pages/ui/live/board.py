"""Live charts: a board of plotly figures that are changed in place.

`st.plotly_chart` mounts a new chart at every change of data: it flickers, and forgets zoom and legend. Streamlit
carries plotly.js in a lazy chunk of its own; a small component loads that chunk and hands every new figure to
`Plotly.react`, which keeps the chart. Where this chunk is not found, the charts fall back to `st.plotly_chart`.
"""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import plotly.io
import streamlit as st

from pages.figures.common.chart import Chart
from pages.ui.live.delivery import delivered

PACE = 0.085  # seconds between two pictures
PICTURES = 3  # sent at a time
TICK = PICTURES * PACE  # seconds between two runs of a part that ticks
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
        return cls(title, caption, chart.layout.get("height", 380), chart.to_json())


@cache
def _plotly_chunk() -> str | None:
    """File name of Streamlit's own copy of plotly.js."""
    chunks = sorted((Path(st.__file__).parent / "static/static/js").glob("PlotlyChart.*.js"))
    return chunks[0].name if chunks else None


@cache
def _component():
    return st.components.v2.component(
        "descent_lab_board",
        js=(COMPONENTS / "board.js").read_text(),
        css=(COMPONENTS / "board.css").read_text(),
        isolate_styles=False,  # plotly.js puts its styles into the page, out of reach of a shadow root
    )


class Moment(NamedTuple):
    """Where an experiment stands: which run it is, its progress from 0 to 1, and whether it moves on by itself."""

    run: int
    progress: float
    moving: bool


def ticking(key: str, running: bool, state: Callable[[], object], body: Callable[[bool], None]) -> None:
    """Draw a part of the page in a fragment, again at every tick while `running`; `body` is told whether the page is.

    A tick that finds the page out of date, because `state` has changed, asks for a new one; the run that draws the page
    never does so itself: what it sent last may not have left, and a control whose first value is lost begins again at
    nothing.
    """
    drawn, with_page = state(), True

    @st.fragment(run_every=TICK if running else None, key=key)
    def part() -> None:
        nonlocal with_page
        whole_page, with_page = with_page, False
        body(whole_page)
        if whole_page:
            return
        if state() != drawn:
            st.rerun()
        delivered()

    part()


def board(drawings: Sequence[Drawing], key: str, moment: Moment | None = None) -> None:
    """Show the drawings at this place of the page; the same key on a later run changes those that stand there.

    The browser keeps the pictures of a run, and offers to look back through them once it stands still.
    """
    chunk = _plotly_chunk()
    if chunk is not None:
        panels = [each._asdict() for each in drawings]
        data = {"chunk": chunk, "panels": panels, "pace": 1000 * PACE} | (moment._asdict() if moment else {})
        _component()(key=key, data=data)
        return
    for each in drawings:
        st.markdown(f"##### {each.title}")
        if each.figure:
            st.plotly_chart(plotly.io.from_json(each.figure), key=f"{key} {each.title}", width="stretch")
        st.caption(each.caption)
