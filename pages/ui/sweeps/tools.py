"""What a sweep has besides its charts: one's own data, a map of any two settings, its points, itself as a command."""

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
SHOWN = 12  # points offered to open


def run(settings: Settings) -> Iterator[Result]:
    """A sweep on the visitor's own data where the settings ask for it."""
    return sweeps.run(settings, st.session_state.get(OWN))


def _train_on(settings: Settings, table: str) -> None:
    controls.begin(KEY, run, settings.replace(dataset="own", table=table))


def tools(experiment: Experiment) -> None:
    """One's own data, and what is learnt from it."""
    settings = experiment.settings
    if classroom.given(KEY).fixed.get("dataset", "own") == "own":
        with st.popover("Own data", width="content"):
            own_data(KEY, settings, TEST_SHARE, settings.seed, partial(_train_on, settings))
    with st.container():
        own: OwnData | None = st.session_state.get(OWN)
        if experiment.result and experiment.result.sweep:
            own = experiment.result.sweep.own  # whatever the visitor has chosen since then
        if settings.dataset == "own" and own is None:
            missing(settings, "Own data", partial(_train_on, settings))
        elif own and settings.dataset == "own":
            st.caption(
                f"{plain(own.target)} is learnt from {plain(own.table.name)}. Each seed splits the rows again, a "
                "quarter for the test, so that the intervals cover the luck of the split too."
            )


def explorer(result: Result) -> None:
    """Draw all three as soon as there are results."""
    if result.sweep is None or result.table.empty:
        return
    if len(result.axes) > 2:  # of two, the page's first chart shows all there is
        st.header("Any two settings")
        _map(result)
    st.header("Open a network in the playground")
    _points(result)
    st.header("The same on all your cores, or on many machines")
    _command(result)


def _map(result: Result) -> None:
    with st.container(horizontal=True):
        # it begins with another pair than the page's first chart
        axes, key = result.axes[::-1], f"{KEY} across"
        across = st.selectbox("Across", axes, 1, format_func=title, key=key, help="Horizontal.")
        rest = [axis for axis in result.axes if axis != across]
        down = st.selectbox("Down", rest, format_func=title, key=f"{KEY} down", help="Vertical.")
    caption = "Each cell: the best that was reached there, whatever the other settings. Click it to open that network."
    live.board([live.Drawing.of(figures.heatmap(result, down, across), "", caption)], f"{KEY} map")


def _points(result: Result) -> None:
    found = reading.standings(result.table, result.axes, result.metric).head(SHOWN)
    address = (st.context.url or "").split("?")[0].rpartition("/")[0]
    words = result.metric.replace("_", " ")
    if result.sweep and result.sweep.own:
        st.markdown(
            "A link carries the settings, and your table stays with you: give it to the playground under **Data**, "
            "and the run is the same, number for number."
        )
    st.dataframe(
        {
            "link": [f"{address}/{figures.PLAYGROUND}{link(result, point)}" for point in found["point"]],
            "settings": [spoken(described(result, point)) for point in found["point"]],
            words: found["mean"],
        },
        hide_index=True,
        width="stretch",
        column_config={
            "link": st.column_config.LinkColumn("Playground", display_text="open", width="small"),
            words: st.column_config.NumberColumn(format="%.4g", width="small"),
        },
    )


def _command(result: Result) -> None:
    assert result.sweep is not None
    settings, own = result.sweep.settings.to_toml(), result.sweep.own
    beside = f", beside {plain(own.table.name)}" if own else ""
    st.markdown(
        "Here a sweep trains in the one process that serves the page, in short turns, so that it never takes a shared "
        f"server away from other visitors. Saved as `settings.toml`{beside}, this is the same sweep for your own "
        "machine: `python -m core.sweep settings.toml --out results.parquet` spreads it over all cores, keeps what is "
        'done on disk, and resumes there after an interruption; with `cluster = "tcp://address:8786"` in its '
        "first lines it runs on the workers of a Dask scheduler. The table is the same, bit for bit. With the line "
        '`study = "batch_size"` it sweeps the settings of any experiment of these pages and counts its verdicts.'
    )
    with st.container(horizontal=True):
        st.download_button("settings.toml", settings, "settings.toml", "application/toml", on_click="ignore")
        if own and own.table.name in MADE_HERE:
            cells = own.table.frame.to_csv(index=False)
            st.download_button(own.table.name, cells, own.table.name, "text/csv", on_click="ignore")
    with st.expander("settings.toml", key=f"{KEY} toml", on_change="rerun") as fold:
        if fold.open:  # it loads a highlighter of 1.5 MB
            st.code(settings, language="toml")
