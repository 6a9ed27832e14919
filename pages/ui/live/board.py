"""Live charts: a board of Plotly figures that are updated in place.

`st.plotly_chart` mounts a new chart whenever the data changes: it flickers, and loses zoom and legend. A hidden chart
makes Streamlit load its plotly.js, and a small component passes every new figure to `Plotly.react`, which keeps the
chart (see `components/plotly.js`). If that fails, the browser reports it, and charts fall back to `st.plotly_chart`.
"""

import itertools
from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

import plotly.graph_objects as go
import plotly.io
import streamlit as st

from pages.figures.common.plots import Chart
from pages.figures.common.words import plain
from pages.ui.live.machine import acting, component, text

PACE = 0.085  # seconds between two pictures
PICTURES = 3  # sent at once
TICK = PICTURES * PACE  # seconds between two runs of a ticking part
MISSING = "descent lab charts fall back"  # session key of the message about it
RUNS = itertools.count()  # numbers runs of pages with a ticking part
SCRIPTS = ("plotly.js", "sketch.js", "parts.js", "numbers.js", "acts.js", "board.js")


class Drawing(NamedTuple):
    """A serialized figure with its title and caption; without `figure` the previous one stays.

    `film` holds pictures to show before it, one every PACE seconds, each with the experiment's progress at its time and
    its title: Streamlit lays out the whole page at every script run, too slow to do for every picture. `key` is what
    the browser knows its place by, whatever else is shown.
    """

    title: str
    caption: str
    height: int  # pixels; 0: drawn by ourselves, as high as it needs
    figure: str | None  # plotly's JSON
    film: tuple[tuple[float, str, str], ...] = ()
    wide: bool = False  # full width of the page
    text: str = ""  # what it was found to show, for those who do not see it
    key: str = ""

    @property
    def blank(self) -> bool:
        """Whether its figure has no data yet."""
        return not self.figure or self.figure.startswith('{"data":[]')

    @classmethod
    def of(cls, chart: Chart, title: str, caption: str) -> "Drawing":
        chart.layout.setdefault("uirevision", "kept")  # so that zoom and legend stay
        return cls(chart.title or title, chart.caption or caption, chart.layout.get("height", 380), chart.to_json())


def load_plotly() -> None:
    """Make Streamlit load plotly.js by means of a hidden, constant chart."""
    with st.container(key="descent-lab-plotly"):
        st.plotly_chart(go.Figure(layout_height=10), key="descent-lab-plotly chart")


def first_picture(drawing: Drawing) -> None:
    """A sketch of the drawing where the board will show it, which takes longer to load."""
    figure = (drawing.figure or "{}").replace("<", "\\u003c")  # a name in it may look like markup
    script = f"{text('sketch.js')}\nsketch(document.querySelector('.descent-lab-first'), {figure})"
    st.html(
        f'<h2>{escape(drawing.title)}</h2><div class="descent-lab-first" style="height: {drawing.height}px"></div>'
        f"<script>(() => {{\n{script}\n}})()</script>",
        unsafe_allow_javascript=True,
    )


class Strip(NamedTuple):
    """State of an experiment: run number, progress from 0 to 1, whether it is running, and a sentence."""

    run: int
    progress: float
    moving: bool
    told: str = ""  # empty for a board below the one that shows it


def ticking(
    key: str, running: bool, state: Callable[[], object], body: Callable[[bool], None], every: float = TICK
) -> None:
    """Draw a part of the page in a fragment, again at every tick while `running`; `body` gets whether the page runs.

    A tick that finds the page out of date, because `state` has changed, asks for a new page. A browser may send another
    tick before it hears that a click has started a new page run. If its fragment still existed, Streamlit would run it
    and drop the unsent rest of that page; so each page run gives its fragment a new name, which is its identity in
    Streamlit. The first tick must come after the page was sent, so this is called last, in a container that reserves
    its place.
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
    st.session_state[MISSING] = "This browser cannot update charts in place, so they are redrawn at every step."


def board(
    drawings: Sequence[Drawing],
    key: str,
    strip: Strip | None = None,
    take: Callable[[float, float], None] | None = None,
) -> None:
    """Show the drawings here; the same key on a later run updates them. `take` is given points that are clicked.

    Each call is one message to the browser. The browser keeps the pictures of a run, and offers to look back through
    them when the run is not moving.
    """

    def click(kind: str, point: object) -> None:
        if take and isinstance(point, dict) and all(isinstance(point.get(axis), int | float) for axis in "xy"):
            take(point["x"], point["y"])

    if MISSING not in st.session_state or not any(each.height for each in drawings):  # what we draw needs no plotly
        panels = [each._asdict() for each in drawings]
        data = {"panels": panels, "pace": 1000 * PACE} | (strip._asdict() if strip else {})
        draw = component("board", SCRIPTS, ("board.css",))
        acting(draw, key, data, click, on_missing_change=_missing)
        return
    if strip and strip.told:
        st.progress(strip.progress, text=plain(strip.told))
    st.caption(st.session_state[MISSING])
    for each in drawings:
        st.markdown(f"## {each.title}")
        if each.figure and each.height:
            st.plotly_chart(plotly.io.from_json(each.figure), key=f"{key} {each.title}", width="stretch")
        st.caption(each.caption)
