"""Live charts: one function that draws a plotly figure and, called again, changes it in place.

`st.plotly_chart` mounts a new chart at every change of data: it flickers, and forgets zoom and legend. Streamlit
carries plotly.js in a lazy chunk of its own; a small component loads that chunk and hands every new figure to
`Plotly.react`, which keeps the chart. Where this chunk is not found, the charts fall back to `st.plotly_chart`.
"""

from functools import cache
from pathlib import Path

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
        css=":host, .chart { width: 100%; }",
        js=(COMPONENTS / "chart.js").read_text(),
    )


def chart(figure: go.Figure, key: str, alt: str) -> None:
    """Draw `figure` at this place of the page; the same key on a later run updates the chart that stands there.

    `alt` describes the chart to those who cannot see it.
    """
    chunk = _plotly_chunk()
    if chunk is None:
        st.plotly_chart(figure, key=key, width="stretch")
        return
    figure.layout.uirevision = figure.layout.uirevision or key
    spec = plotly.io.to_json(figure, validate=False)
    data = {"figure": spec, "chunk": chunk, "alt": alt, "height": figure.layout.height or 380}
    _component()(key=key, data=data, height=data["height"])
