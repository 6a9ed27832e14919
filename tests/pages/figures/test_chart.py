"""A chart as plain data: its methods do what plotly's of the same names do, and it is written as plotly would."""

import base64
import json

import numpy as np
import plotly.graph_objects as go

from pages.figures.common.plots import Chart

X = np.array([0.5, np.nan, 2.0])
FRAME = {"xaxis": {"title": {"text": "x"}, "range": [0, 1]}, "yaxis": {"type": "log"}, "yaxis2": {"domain": [0, 0.4]}}


def change(figure):
    figure.update_layout(legend={"x": 0}, xaxis={"range": [1, 2]})
    figure.update_layout({"xaxis": {"title": {"text": "time"}}})
    figure.update_layout(xaxis={"visible": False}, yaxis={"nticks": 6, "rangemode": "tozero"})
    return figure


def test_every_change_is_the_one_that_plotly_would_make():
    traces = [{"type": "scatter", "x": X, "y": X, "mode": "lines"}]
    ours, plotlys = change(Chart(traces, FRAME)), change(go.Figure({"data": traces, "layout": FRAME}))
    theirs = plotlys.layout.to_plotly_json()
    del theirs["template"]  # colours of plotly's own, which the charts here do without
    assert ours.layout == theirs


def test_a_frame_that_charts_share_stays_as_it_is():
    before = json.dumps(FRAME)
    change(Chart([], FRAME))
    assert json.dumps(FRAME) == before


def test_the_written_form_holds_every_digit_and_gaps_where_there_is_no_number():
    grid = np.arange(6.0).reshape(2, 3) / 7
    traces = [
        {"type": "heatmap", "z": grid, "x": np.arange(3), "y": ["a", "b"]},
        {"type": "scatter", "y": [1.0, np.nan]},
    ]
    back = json.loads(Chart(traces, {}).to_json())["data"]
    z = np.frombuffer(base64.b64decode(back[0]["z"]["bdata"]), back[0]["z"]["dtype"]).reshape(2, 3)
    np.testing.assert_array_equal(z, grid)
    assert back[0]["z"]["shape"] == "2,3"
    assert back[0]["x"] == [0, 1, 2]
    assert back[1]["y"] == [1.0, None]
