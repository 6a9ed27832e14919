"""Tools of the sweeps page: own data, a map of any two settings, links to points, and the sweep as a command."""

from collections.abc import Iterator
from functools import partial

import streamlit as st

from core.data import OwnData
from core.data.table import TEST_SHARE
from core.studies.sweeps import study as sweeps
from core.studies.sweeps.study import Result, Settings, described, link, title
from core.sweep import reading
from pages.figures import sweeps as figures
from pages.figures.common.words import plain, spoken
from pages.ui.frame import classroom, controls
from pages.ui.frame.own_data import MADE_HERE, OWN, missing, own_data
from pages.ui.live import board as live
from pages.ui.live.session import Experiment

KEY = "sweeps"
SHOWN = 12  # points offered to be opened


def run(settings: Settings) -> Iterator[Result]:
    """A sweep, on the visitor's own data if the settings ask for it."""
    return sweeps.run(settings, st.session_state.get(OWN))


def _train_on(settings: Settings, table: str) -> None:
    controls.begin_with(KEY, run, settings.replace(dataset="own", table=table))


def tools(experiment: Experiment) -> None:
    """The visitor's own data and the target."""
    settings = experiment.settings
    if classroom.given(KEY).fixed.get("dataset", "own") == "own":
        with st.popover("Own data", width="content"):
            own_data(KEY, settings, TEST_SHARE, settings.seed, partial(_train_on, settings))
    with st.container():
        own: OwnData | None = st.session_state.get(OWN)
        if experiment.result and experiment.result.sweep:
            own = experiment.result.sweep.own  # even if the visitor has since chosen other data
        if settings.dataset == "own" and own is None:
            missing(settings, "Own data", partial(_train_on, settings))
        elif own and settings.dataset == "own":
            st.caption(
                f"Predicting {plain(own.target)} from {plain(own.table.name)}. Each seed splits the rows again, a "
                "quarter for testing, so that the intervals include the luck of the split."
            )


def explorer(result: Result) -> None:
    """Draw all three once there are results."""
    if result.sweep is None or result.table.empty:
        return
    if len(result.axes) > 2:  # two settings are already in the page's first chart
        st.header("What is best for any other two settings?")
        with st.container(horizontal=True):
            # initially a different pair from the page's first chart
            axes, key = result.axes[::-1], f"{KEY} across"
            across = st.selectbox("Across", axes, 1, format_func=title, key=key, help="Horizontal.")
            rest = [axis for axis in result.axes if axis != across]
            down = st.selectbox("Down", rest, format_func=title, key=f"{KEY} down", help="Vertical.")
        caption = "Each cell: the best result over all other settings. Click it to open that network."
        live.board([live.Drawing.of(figures.heatmap(result, down, across), "", caption)], f"{KEY} map")
    st.header("Open a network in the playground")
    _points(result)
    st.header("Run this sweep on all your cores, or on many machines")
    _command(result)


def _points(result: Result) -> None:
    found = reading.standings(result.table, result.axes, result.metric).head(SHOWN)
    address = (st.context.url or "").split("?")[0].rpartition("/")[0]
    words = result.metric.replace("_", " ")
    if result.sweep and result.sweep.own:
        st.markdown(
            "A link contains the settings but not your table: upload it in the playground under **Data**, and the run "
            "is the same, number for number."
        )
    rows = {
        "link": [f"{address}/{figures.PLAYGROUND}{link(result, point)}" for point in found["point"]],
        "settings": [spoken(described(result, point)) for point in found["point"]],
        words: found["mean"],
    }
    opens = st.column_config.LinkColumn("Playground", display_text="open", width="small")
    reached = st.column_config.NumberColumn(format="%.4g", width="small")
    st.dataframe(rows, hide_index=True, column_config={"link": opens, words: reached})


def _command(result: Result) -> None:
    assert result.sweep is not None
    settings, own = result.sweep.settings.to_toml(), result.sweep.own
    beside = f" next to {plain(own.table.name)}" if own else ""
    st.markdown(
        "Here a sweep trains in the process that serves the page, in short turns, so that it never blocks other "
        f"visitors of a shared server. Save the text below as `settings.toml`{beside} to run the same sweep on your "
        "own machine: `python -m core.sweep settings.toml --out results.parquet` uses all cores, saves finished runs "
        'to disk, and resumes after an interruption. With `cluster = "tcp://address:8786"` in its first lines it runs '
        "on the workers of a Dask scheduler. The results table is the same, bit for bit. With the line "
        '`study = "batch_size"` it sweeps the settings of any experiment of these pages and counts its verdicts.'
    )
    with st.container(horizontal=True):
        st.download_button("settings.toml", settings, "settings.toml", "application/toml", on_click="ignore")
        if own and own.table.name in MADE_HERE:
            cells = own.table.frame.to_csv(index=False)
            st.download_button(own.table.name, cells, own.table.name, "text/csv", on_click="ignore")
    with st.expander("settings.toml", key=f"{KEY} toml", on_change="rerun") as fold:
        if fold.open:  # it loads a syntax highlighter of 1.5 MB
            st.code(settings, language="toml")
