"""What the charts of several pages are made of: colours, traces, messages, and how learning rates were tuned."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import plotly.graph_objects as go
import pytest

from core.statistics import Difference
from core.studies import STUDIES
from pages.figures.common import plots, traces
from pages.figures.common.plots import EXPLODED, WAIT, chart, empty, level, lower, plot, trials, tuning
from pages.figures.common.style import FAMILIES, color, faded, mark
from pages.figures.trial import charts
from pages.ui.live.board import Drawing
from pages.ui.live.session import Panel


def race(losses, *labels):
    values = {"values": lambda *_: losses, "steps": lambda _: np.arange(len(losses))}
    return SimpleNamespace(started=True, runs=labels or ["sgd"], **values)


def test_trials_that_explode_leave_the_chart_and_the_race_has_a_range_of_its_own():
    wild = np.array([[2.0, 2.5], [1.0, 1e70], [0.5, np.inf], [0.4, EXPLODED * 2.5]])
    (trace,) = trials(race(wild)).data
    np.testing.assert_array_equal(trace["y"], [2.0, 1.0, 0.5, 0.4, np.nan, 2.5, np.nan, np.nan, EXPLODED * 2.5, np.nan])
    assert trials(race(wild)).layout["uirevision"] not in (None, "kept")
    assert not np.isfinite(trials(race(np.full((2, 2), np.nan))).data[0]["y"]).any()


def test_trials_of_a_tuning_stand_under_a_title_of_their_own():
    shown = Drawing.of(trials(race(np.ones((2, 1)))), "Who wins the race?", "Line: median.")
    assert shown.title == "Tuning first: which learning rate suits each contestant?"
    assert "one tuning run" in shown.caption
    assert Drawing.of(plot([]), "Who wins the race?", "Line: median.").title == "Who wins the race?"


def test_a_shared_rate_is_not_called_tuned():
    def shown(rate):
        waiting = SimpleNamespace(started=False)
        settings = SimpleNamespace(rate=rate)
        return tuning()(SimpleNamespace(race=waiting, trials=race(np.ones((2, 1))), settings=settings))

    assert "Tuning" in shown("tuned").title
    assert shown("same").title == "First: does the shared rate work on other seeds?"
    assert "tuning" not in shown("same").caption


def test_trials_have_the_colour_of_their_family():
    drawn = trials(race(np.ones((2, 1)), "deep", "shallow", "kaiming"), {"deep": "kaiming"}).data
    deep, shallow, kaiming = (trace["line"]["color"] for trace in drawn)
    assert deep == kaiming == faded(color("kaiming"), 0.5) != shallow


def test_trials_wait_for_their_first_frame():
    waiting = SimpleNamespace(started=False, runs=["one"])
    assert trials(waiting).layout["annotations"][0]["text"].replace("<br>", " ") == WAIT


@pytest.mark.parametrize("family", FAMILIES)
def test_what_meets_in_one_chart_is_told_apart_by_colour_and_mark(family):
    names = family.split()[:10]
    assert len({color(name) for name in names}) == len({mark(name) for name in names}) == len(names)


def test_many_lines_in_one_trace_have_gaps_between_them():
    drawn = traces.strokes([0, 1, 2], np.arange(6).reshape(2, 3))
    np.testing.assert_array_equal(drawn["x"], [0, 1, 2, np.nan, 0, 1, 2, np.nan])
    np.testing.assert_array_equal(drawn["y"], [0, 1, 2, np.nan, 3, 4, 5, np.nan])
    assert len(traces.strokes([0, 1], np.empty((0, 2)))["x"]) == 0


def test_seeds_without_a_value_are_left_out_of_medians_and_bands():
    values = np.array([[1.0, 2.0, np.inf], [np.nan, np.inf, np.nan], [3.0, np.nan, 5.0]])
    np.testing.assert_array_equal(traces.medians(values), [1.5, np.nan, 4.0])
    each, middle = traces.dots("adam", [1, 2, 3], values)
    assert np.isfinite(each["y"]).sum() == 4
    np.testing.assert_array_equal(middle["y"], [1.5, np.nan, 4.0])
    area, line = traces.band("adam", np.array([1, 2, 3]), values)
    np.testing.assert_array_equal(area["x"], [1, 3, 3, 1])
    np.testing.assert_array_equal(area["y"], [2, 5, 3, 1])
    np.testing.assert_array_equal(line["y"], [1.5, 4])


def test_error_bars_reach_from_the_middle_to_both_ends():
    bars = traces.reach([0.5], [Difference(0.5, 0.25, 1.0, 5)], scale=100)
    assert (bars["array"], bars["arrayminus"]) == ([50], [25])


def test_plotly_knows_every_property():
    x, y = np.arange(2.0), np.ones(2)
    drawn = [
        traces.line(x, y, "a", dash="dash"),
        traces.dotted(x, y, "b"),
        traces.marks(x, y, "c", color("adam"), 3, mark("adam"), opacity=0.5, edge={"width": 1}, text=["p", "q"]),
        traces.joined(x, y, "d", size=[3, 4]),
        traces.marks(x, y, text=["p", "q"], mode="text"),
        traces.bars(x, y, "e", text=["p", "q"]),
        traces.heatmap(x, y, np.ones((2, 2)), cells=[["p", "q"]] * 2),
        *traces.band("adam", x, np.ones((2, 3)), dash="dot"),
        *traces.dots("adam", x, np.ones((2, 3))),
    ]
    under = lower([traces.strokes(x, np.ones((3, 2)))])
    figure = plot([*drawn, *under, level(1), level(0, axis="x")], "x", "top", "bottom")
    assert len(go.Figure(figure.to_dict()).data) == len(drawn) + 1
    assert len(figure.layout["shapes"]) == 2


def test_a_chart_waits_until_its_result_is_ready_and_has_something_to_draw():
    other = empty("Something else.")

    @chart(
        "time",
        "loss of {settings.target:g}",
        height=500,
        when=lambda result: result.ready,
        wait="Nothing yet.",
        instead=lambda result: other if result.early else None,
    )
    def figure(result, more=0):
        """Its docstring stays."""
        for _ in range(result.lines + more):
            yield traces.line([0, 1], [0, 1])
        yield level(2)
        yield {"xaxis": {"range": [0, 1]}}

    def drawn(early=False, ready=True, lines=1, **more):
        target = SimpleNamespace(target=0.25)
        return figure(SimpleNamespace(early=early, ready=ready, lines=lines, settings=target), **more)

    assert figure.__doc__ == "Its docstring stays."
    assert drawn(early=True, ready=False) is other
    assert drawn(ready=False).layout == drawn(lines=0).layout == empty("Nothing yet.", 500).layout
    shown = drawn(more=2)
    assert len(shown.data) == 3
    assert shown.layout["shapes"][0]["y0"] == 2
    assert shown.layout["xaxis"] == {"title": {"text": "time"}, "range": [0, 1]}
    assert shown.layout["yaxis"]["title"]["text"] == "loss of 0.25"


@pytest.mark.parametrize("name", sorted(STUDIES.keys() - {"playground"}))  # which draws by a script of its own
def test_the_docstring_of_every_figure_is_a_caption(name):
    for figure in charts(name):
        caption = Panel("?", figure).caption
        assert caption == Panel("?", partial(figure, more=1)).caption
        assert caption.endswith("."), figure
        assert 10 < len(caption) < 320, figure


def test_few_lines_are_named_at_their_ends_without_overlap():
    ends = {"a": 1.0, "b": 1.02, "c": 0.99, "d": 3.0}
    chart = plots.named(plots.plot([traces.line([0, 1], [5, end], name, "#123456") for name, end in ends.items()]))
    told = {each["text"]: each for each in chart.layout["annotations"]}
    pixels = (380 - 60) / (5 - 0.99)
    places = {name: pixels * each["y"] + each["yshift"] for name, each in told.items()}
    assert sorted(places, key=places.get) == ["c", "a", "b", "d"]  # as their lines end
    assert min(np.diff(sorted(places.values()))) >= plots.LINE - 1e-9
    assert {each["font"]["color"] for each in told.values()} == {"#123456"}
    assert not chart.layout["showlegend"]
    many = plots.plot([traces.line([0, 1], [k, k], str(k)) for k in range(plots.NAMED + 1)])
    long = plots.plot([traces.line([0, 1], [5, 1], "a" * (plots.SHORT + 1))])
    assert all("annotations" not in plots.named(each).layout for each in (many, long))
