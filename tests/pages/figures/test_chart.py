"""A chart as plain data: its methods do what plotly's of the same names do, and it is written as plotly would."""

import base64
import json

import numpy as np
import plotly.graph_objects as go

from core.nn import INITIALIZERS
from core.optimizers import SCHEDULES
from pages.figures.common.plots import LINE, NAMED, Chart, chart, named, plot, vanished, within
from pages.figures.common.style import color, mark
from pages.figures.common.traces import band, dotted, line

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


def test_lines_of_one_colour_have_dashes_of_their_own_and_keep_them_below():
    hues = {"one": "#111111", "two": "#111111", "three": "#222222", "four": "#111111"}
    shown = [each for name, hue in hues.items() for each in band("", X[[0, 2]], np.ones((2, 3)), name, hue)]
    under = [line(X, X, "two", "#111111", showlegend=False, yaxis="y2"), dotted(X, X, "theory", "#111111")]
    drawn = plot([*under, *shown]).data
    dashes = {(each["name"], each.get("yaxis")): each["line"].get("dash") for each in drawn if "name" in each}
    assert dashes[("one", None)] is None
    assert dashes[("three", None)] is None
    assert len({dashes[(name, None)] for name in ("one", "two", "four", "theory")}) == 4
    assert dashes[("two", "y2")] == dashes[("two", None)]


def test_no_two_initializers_have_both_colour_and_mark_in_common():
    names = [name for name in INITIALIZERS if name not in SCHEDULES]  # "constant" has the colour of the schedule
    assert len({(color(name), mark(name)) for name in names}) == len(names)


def test_names_of_lines_that_leave_the_chart_stand_apart_at_its_end():
    lines = [line([0, 1], [1, end], name) for name, end in {"a": 1e9, "b": 1e12, "c": 1.5}.items()]
    texts = named(plot(lines, yaxis={"range": [0, 2]})).layout["annotations"]
    pixels = sorted((380 - 60) / 2 * each["y"] + each["yshift"] for each in texts)
    assert np.diff(pixels).min() >= LINE - 1e-9
    assert pixels[-1] <= 320 + 2 * LINE


def test_values_far_outside_do_not_flatten_the_others_and_it_is_said():
    assert within([np.array([0.1, 0.9, np.nan, np.inf])], -1, 1) == {}
    frame = within([np.array([0.1, 0.9]), np.array([-1e6, 0.5])], -1, 1)
    low, high = frame["yaxis"]["range"]
    assert -1.5 < low < -1
    assert 0.9 < high < 1.5
    assert "outside" in frame["annotations"][0]["text"]


def test_axes_without_a_finite_value_say_why():
    draw = chart(none="No seed has reached it yet.")(lambda result: [line([1, 2], result)])
    assert draw([np.nan, np.inf]).layout["annotations"][0]["text"] == "No seed has reached it yet."
    assert "annotations" not in draw([np.nan, 1.0]).layout


def test_a_chart_of_many_names_is_higher_by_what_its_legend_takes():
    few, many = (plot([line(X, X, f"rule {k}") for k in range(count)]).layout["height"] for count in (NAMED, 19))
    assert few == 380
    assert many - few == LINE * (19 - NAMED) // 2


def test_a_note_is_broken_into_lines_that_fit_on_a_phone():
    (text,) = (each["text"] for each in vanished(["step", "tanhshrink", "hardshrink", "softshrink"])["annotations"])
    assert text == "0 in the layers before the last: step,<br>tanhshrink, hardshrink and softshrink"
