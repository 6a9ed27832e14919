"""What the browser draws: components of our own, of which a board of Plotly figures is updated in place.

`st.plotly_chart` mounts a new chart whenever the data changes: it flickers, and loses zoom and legend. A hidden chart
makes Streamlit load its plotly.js, and a small component passes every new figure to `Plotly.react`, which keeps the
chart (see `components/plotly.js`). If that fails, the browser reports it, and charts fall back to `st.plotly_chart`.
"""

import itertools
import json
from collections.abc import Callable, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import plotly.graph_objects as go
import plotly.io
import streamlit as st

from core.studies.motion import Motion
from pages.figures.common.plots import Chart
from pages.figures.common.style import ACTORS
from pages.figures.common.words import plain

COMPONENTS = Path(__file__).parent / "components"
PACE = 0.085  # seconds between two pictures
PICTURES = 3  # sent at once
TICK = PICTURES * PACE  # seconds between two runs of a ticking part
MISSING = "descent lab charts fall back"  # session key
RUNS = itertools.count()  # numbers runs of pages with a ticking part
SCRIPTS = ("plotly.js", "sketch.js", "parts.js", "numbers.js", "acts.js", "board.js")


def text(*names: str) -> str:
    """The contents of these files one after another, below the colours of the two actors if they are styles.

    Markup becomes a constant of the scripts after it.
    """
    colors = f":root {{ {' '.join(f'--{name}: {color};' for name, color in ACTORS.items())} }}\n"
    files = {name: (COMPONENTS / name).read_text(encoding="utf-8") for name in names}
    parts = [f"const MARKUP = {json.dumps(each)}\n" if ".html" in name else each for name, each in files.items()]
    return colors * names[0].endswith(".css") + "".join(parts)


@cache
def component(name: str, scripts: tuple[str, ...], styles: tuple[str, ...] = ()) -> Any:
    """A component made of these files; its styles are the page's, where plotly.js puts its own too."""
    css = text(*styles) if styles else None
    return st.components.v2.component(f"descent_lab_{name}", js=text(*scripts), css=css, isolate_styles=False)


def acting(draw: Any, key: str, data: dict[str, Any], do: Callable[[str, object], None], **more: Any) -> None:
    """Show the component; what the visitor does there reaches `do(kind, value)`, in order and each act once.

    An act comes until the browser knows that it was done (see `components/acts.js`). Streamlit may end this at each
    look into the session to begin anew, so nothing looks there between an act and the mark that it is done.
    """
    done = st.session_state.setdefault(f"{key} done", {"at": 0})  # when the last act that was done was asked for, in ms

    def acted() -> None:
        acts = st.session_state[key].get("acts")
        for asked in acts if isinstance(acts, list) else ():
            if isinstance(asked, dict) and isinstance(at := asked.get("at"), int | float) and at > done["at"]:
                do(str(asked.get("kind")), asked.get("value"))
                done["at"] = at

    draw(key=key, data=data | {"done": done["at"]}, on_acts_change=acted, **more)


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
        "<style>.st-key-stage { min-height: 31rem; }</style>"  # until the board comes, which has its own
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
        acting(draw, f"board {key}", data, click, on_missing_change=lambda: st.session_state.update({MISSING: True}))
        return
    if strip and strip.told:
        st.progress(strip.progress, text=plain(strip.told))
    st.caption("This browser cannot update charts in place, so they are redrawn at every step.")
    for each in drawings:
        st.markdown(f"## {each.title}")
        if each.figure and each.height:
            st.plotly_chart(plotly.io.from_json(each.figure), key=f"{key} {each.title}", width="stretch")
        st.caption(each.caption)


def machine(motion: Motion, key: str, height: int, plays: bool = True, **look: bool | str) -> None:
    """Show the motion at this place of the page; with the same key another one takes its place.

    height: pixels of the drawing. plays: whether it starts by itself, which it never does for visitors who ask for less
    motion. look: `simple`, with one button only; `beside`, with the words beside the drawing, where the page is wide
    enough; `changed`, the half just exchanged, "source" or "use": the motion goes on where it is at work.
    """
    draw = component(
        "machine", ("machine.html", "svg.js", "parts.js", "network.js", "machine.js"), ("actors.css", "machine.css")
    )
    draw(key=key, data={"height": height, "plays": plays, "motion": motion.to_json()} | look)
