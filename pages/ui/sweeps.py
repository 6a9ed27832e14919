"""What a sweep has besides its charts: a map of any two settings, its points to open, and itself as a command."""

import streamlit as st

from core.studies import sweep_reading as reading
from core.studies.sweeps import Result, described, link, title
from pages.figures import sweeps as figures
from pages.figures.words import spoken
from pages.ui import live

SHOWN = 12  # points offered to open


def explorer(result: Result) -> None:
    """Draw all three as soon as there are results."""
    if result.sweep is None or result.table.empty:
        return
    if len(result.axes) > 1:
        st.header("Any two settings")
        _map(result)
    st.header("Open a network in the playground")
    _points(result)
    st.header("The same on all your cores, or on many machines")
    _command(result)


def _map(result: Result) -> None:
    with st.container(horizontal=True):
        across = st.selectbox("Across", result.axes[::-1], format_func=title, key="sweeps across", help="To the right.")
        rest = [axis for axis in result.axes if axis != across]
        down = st.selectbox("Down", rest, format_func=title, key="sweeps down", help="To the bottom.")
    caption = "Each cell: the best that was reached there, whatever the other settings. Click it to open that network."
    live.board([live.Drawing.of(figures.heatmap(result, down, across), "", caption)], "sweeps map")


def _points(result: Result) -> None:
    found = reading.standings(result.table, result.axes, result.metric).head(SHOWN)
    address = (st.context.url or "").split("?")[0].rpartition("/")[0]
    words = result.metric.replace("_", " ")
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
    st.markdown(
        "Here a sweep trains in the one process that serves the page, in short turns, so that it never takes a shared "
        "server away from other visitors. Saved as `settings.toml`, this is the same sweep for your own machine: "
        "`python -m core.sweep settings.toml --out results.parquet` spreads it over all cores, keeps what is done on "
        'disk, and goes on from there when it was interrupted; with `cluster = "tcp://address:8786"` in its first '
        "lines it runs on the workers of a Dask scheduler. The table is the same, bit for bit."
    )
    st.code(result.sweep.settings.to_toml(), language="toml")
