"""Live charts: one function that draws a plotly figure and, called again, changes it in place.

`st.plotly_chart` mounts a new chart at every change of data: it flickers, and forgets zoom and legend. Streamlit
carries plotly.js in a lazy chunk of its own; a small component loads that chunk and hands every new figure to
`Plotly.react`, which keeps the chart. Where this chunk is not found, the charts fall back to `st.plotly_chart`.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import plotly.graph_objects as go
import plotly.io
import streamlit as st

COMPONENTS = Path(__file__).parent / "components"


@cache
def _plotly_chunk() -> str | None:
    """File name of Streamlit's own copy of plotly.js."""
    chunks = sorted((Path(st.__file__).parent / "static/static/js").glob("PlotlyChart.*.js"))
    return chunks[0].name if chunks else None


@cache
def _component():
    return st.components.v2.component(
        "descent_lab_chart",
        js=(COMPONENTS / "chart.js").read_text(),
        isolate_styles=False,  # plotly.js puts its styles into the page, out of reach of a shadow root
    )


class Drawing(NamedTuple):
    """A figure as plotly's JSON, with the height in pixels that it wants."""

    spec: str
    height: int


def drawing(figure: go.Figure) -> Drawing:
    """Write a figure down once, to be shown as often as needed."""
    figure.layout.uirevision = figure.layout.uirevision or "kept"
    return Drawing(plotly.io.to_json(figure, validate=False), int(figure.layout.height or 380))


def chart(drawing: Drawing, key: str, alt: str) -> None:
    """Show a drawing at this place of the page; the same key on a later run changes the chart that stands there.

    `alt` describes the chart to those who cannot see it.
    """
    chunk = _plotly_chunk()
    if chunk is None:
        st.plotly_chart(plotly.io.from_json(drawing.spec), key=key, width="stretch")
        return
    data = {"figure": drawing.spec, "chunk": chunk, "alt": alt, "height": drawing.height}
    _component()(key=key, data=data, height=drawing.height)
