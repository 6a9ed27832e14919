"""Holding a network back, as charts: where samples are few and where they are plenty."""

import numpy as np
import plotly.graph_objects as go

from core.datasets import DATASETS
from core.studies.irrelevant import METHODS as SWEPT
from core.studies.irrelevant import accuracy
from core.studies.regularization import METHODS, PLACES, Result, name, zeros
from pages.figures.decision import small_multiples
from pages.figures.stacked import below, stacked
from pages.figures.style import band, color, empty, layout, lines, mark
from pages.figures.words import words

PLACE_WORDS = {"few": "few samples", "plenty": "plenty"}


def _losses(result: Result, place: str) -> go.Figure:
    """Test loss above, its gap to the training loss below."""
    upper, lower = [], []
    for method in result.methods(place):
        race, label = result.race(method, place), name(method, place)
        steps, test, train = race.steps(label), race.values(label, "test_loss"), race.values(label, "train_loss")
        upper += band(method, words(method), steps, test)
        lower += band(method, words(method), steps, test - train)
    if not upper:
        return empty("Training …", height=480)
    axes = stacked("updates", "test loss", "gap: test − training loss", height=480)
    return go.Figure({"data": upper + below(lower), "layout": axes})


def few(result: Result) -> go.Figure:
    """Losses with few samples and many irrelevant features."""
    return _losses(result, "few")


def plenty(result: Result) -> go.Figure:
    """Losses with plenty of samples."""
    return _losses(result, "plenty")


def gains(result: Result) -> go.Figure:
    """Paired difference in test score to no regularization, with its interval, in both settings."""
    traces = []
    for place, symbol in zip(PLACES, ("circle", "square-open"), strict=True):
        methods = [method for method in METHODS[1:] if method in result.methods(place)]
        if "none" not in result.methods(place) or not methods:
            continue
        each = [result.gain(method, place) for method in methods]
        reach = {"type": "data", "array": [g.high - g.mean for g in each], "arrayminus": [g.mean - g.low for g in each]}
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": PLACE_WORDS[place],
                "x": [gain.mean for gain in each],
                "y": [words(method) for method in methods],
                "error_x": reach | {"thickness": 2},
                "marker": {"symbol": symbol, "size": 11, "color": [color(method) for method in methods]},
                "uid": place,
            }
        )
    if not traces:
        return empty("Training …")
    measure = "accuracy" if DATASETS[result.settings.dataset].task == "classes" else "R²"
    frame = layout(f"test {measure} with minus without, 95 % interval", "", scattermode="group")
    frame["yaxis"] = {"categoryorder": "array", "categoryarray": [words(method) for method in METHODS[:0:-1]]}
    zero = {"type": "line", "yref": "paper", "x0": 0, "x1": 0, "y0": 0, "y1": 1, "line": {"width": 1, "dash": "dot"}}
    return go.Figure({"data": traces, "layout": frame | {"shapes": [zero]}})


def sweep(result: Result) -> go.Figure:
    """Accuracy of linear models as irrelevant features grow."""
    if not result.sweep.finished:
        return empty("The sweep over irrelevant features comes last.")
    curves = [(method, words(method), *map(np.asarray, accuracy(result.sweep, method))) for method in SWEPT]
    figure = lines(curves, x="irrelevant features", y="test accuracy")
    for trace in figure.data[1::2]:
        trace.update(mode="lines+markers")
    return figure.update_layout(xaxis={"type": "log", "tickvals": curves[0][2]})


def _maps(result: Result, place: str) -> go.Figure:
    pictures = {method: result.maps[place][method] for method in METHODS if method in result.maps[place]}
    return small_multiples(result.planes[place], pictures) if pictures else empty("Training …")


def few_maps(result: Result) -> go.Figure:
    """What the first seed's networks have learnt from few samples."""
    return _maps(result, "few")


def plenty_maps(result: Result) -> go.Figure:
    """What the first seed's networks have learnt from plenty."""
    return _maps(result, "plenty")


def weights(result: Result) -> go.Figure:
    """Histogram of all weights, with few samples above and with plenty below."""
    halves = []
    for place in PLACES:
        half = []
        for method in result.methods(place):
            values = result.weights(method, place)
            edges = np.linspace(-1.02, 1.02, 52)  # 51 bins, one of them around 0
            share = np.histogram(np.clip(values, -1, 1), edges)[0] / len(values)
            look = {"color": color(method), "width": 2, "shape": "hvh"}
            trace = {"type": "scatter", "mode": "lines", "x": (edges[1:] + edges[:-1]) / 2, "y": 100 * share}
            both = " / ".join(f"{zeros(result, method, p):.0%}" for p in PLACES if method in result.methods(p))
            title = f"{words(method)} ({both} zero)"
            half.append(trace | {"line": look, "name": title, "legendgroup": method, "uid": f"{place} {method}"})
        halves.append(half)
    if not halves[0] or not halves[1]:
        return empty("Training …", height=480)
    axes = stacked("weight (beyond ±1: counted at ±1)", "few: % of weights", "plenty: % of weights", height=480)
    figure = go.Figure({"data": halves[0] + below(halves[1]), "layout": axes})
    return figure.update_layout(yaxis={"type": "log"}, yaxis2={"type": "log"})


def gap(result: Result) -> go.Figure:
    """Final training and test loss of each method, joined by a line: the gap."""
    traces = []
    for place, axis in zip(PLACES, ("x", "x2"), strict=True):
        for method in result.methods(place):
            ends = [result.final(method, place, f"{part}_loss").mean() for part in ("train", "test")]
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines+markers",
                    "x": ends,
                    "y": [words(method)] * 2,
                    "xaxis": axis,
                    "line": {"color": color(method), "width": 3},
                    "marker": {"size": 11, "symbol": ["circle-open", mark("none")], "color": color(method)},
                    "hovertext": ["training", "test"],
                    "showlegend": False,
                    "uid": f"{place} {method}",
                }
            )
    if not traces:
        return empty("Training …")
    frame = layout("few: loss", "")
    frame["xaxis"] = {"title": {"text": "few: mean loss at the end"}, "domain": [0, 0.48], "rangemode": "tozero"}
    frame["xaxis2"] = {"title": {"text": "plenty: mean loss"}, "domain": [0.54, 1], "rangemode": "tozero"}
    frame["yaxis"] = {"categoryorder": "array", "categoryarray": [words(method) for method in METHODS[::-1]]}
    return go.Figure({"data": traces, "layout": frame})
