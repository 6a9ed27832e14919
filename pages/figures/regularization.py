"""Holding a network back, as charts: where samples are few and where they are plenty."""

import numpy as np

from core.data import DATASETS
from core.studies.regularization.noise_columns import METHODS as SWEPT
from core.studies.regularization.noise_columns import accuracy
from core.studies.regularization.study import METHODS, PLACES, Result, name, zeros
from core.studies.wording import interval
from pages.figures.common.chart import Chart
from pages.figures.common.decision import small_multiples
from pages.figures.common.plots import Frame, empty, level, needs, plot, rows, stacked, unnamed
from pages.figures.common.style import color
from pages.figures.common.traces import Trace, band, heatmap, joined, marks, reach
from pages.figures.common.words import words

WAIT = "Training …"
EDGES = np.linspace(-1.02, 1.02, 52)  # 51 bins of weights, one of them around 0
LEAST = 0.1  # smallest share of weights, in %, that the colours tell from none


def _losses(result: Result, place: str) -> Chart:
    """Test loss above, its gap to the training loss below."""
    upper, lower = [], []
    for method in result.methods(place):
        race, label = result.race(method, place), name(method, place)
        steps, test, train = race.steps(label), race.values(label, "test_loss"), race.values(label, "train_loss")
        upper += band(method, steps, test)
        lower += band(method, steps, test - train)
    if not upper:
        return empty(WAIT, height=480)
    highest = max(_highest(result, each) for each in PLACES)  # one scale for both settings
    axes: Frame = {"yaxis": {"range": [0, highest]}, "yaxis2": {"range": [-0.1 * highest, highest]}}
    return stacked(upper, unnamed(lower), "updates", "test loss", "gap", 480, **axes)


def _highest(result: Result, place: str) -> float:
    """The largest test loss so far of any seed, at most 2: a run that explodes shall not flatten the others."""
    values = [result.race(method, place).values(name(method, place), "test_loss") for method in result.methods(place)]
    return min(2.0, 1.05 * max((float(np.nanmax(each)) for each in values), default=0.0))


def few(result: Result) -> Chart:
    """Losses with few samples and many irrelevant features."""
    return _losses(result, "few")


def plenty(result: Result) -> Chart:
    """Losses with plenty of samples."""
    return _losses(result, "plenty")


def gains(result: Result) -> Chart:
    """Paired difference in test score to no regularization, with its interval, in both settings."""
    methods = [method for method in METHODS[1:] if all(method in result.methods(place) for place in PLACES)]
    if not methods:
        return empty(WAIT)
    traces = []
    for place, symbol, shift in zip(PLACES, ("circle", "square-open"), (-0.15, 0.15), strict=True):
        found = [result.gain(method, place) for method in methods]
        means = [gain.mean for gain in found]
        heights = [METHODS[1:].index(method) + shift for method in methods]
        told = [interval(gain.mean, gain.low, gain.high, signed=True) for gain in found]
        look: Trace = {"color": list(map(color, methods)), "size": 11, "symbol": symbol, "error_x": reach(means, found)}
        traces.append(marks(means, heights, PLACES[place], hovertext=told, hoverinfo="text", **look))
    measure = "accuracy" if DATASETS[result.settings.dataset].task == "classes" else "R²"
    axis = rows([words(method) for method in METHODS[1:]])
    return plot(traces, f"gain in test {measure}", yaxis=axis, shapes=[level(0, axis="x")])


@needs(lambda result: result.sweep.finished, "The sweep over irrelevant features comes last.")
def sweep(result: Result) -> Chart:
    """Accuracy of linear models as irrelevant features grow."""
    traces = []
    for method in SWEPT:
        columns, scores = map(np.asarray, accuracy(result.sweep, method))
        area, middle = band(method, columns, scores)
        traces += [area, middle | {"mode": "lines+markers"}]
    return plot(traces, "irrelevant features", "test accuracy", xaxis={"type": "log", "tickvals": columns})


def _maps(result: Result, place: str) -> Chart:
    pictures = {method: result.maps[place][method] for method in METHODS if method in result.maps[place]}
    return small_multiples(result.planes[place], pictures) if pictures else empty(WAIT)


def few_maps(result: Result) -> Chart:
    """What the first seed's networks have learnt from few samples."""
    return _maps(result, "few")


def plenty_maps(result: Result) -> Chart:
    """What the first seed's networks have learnt from plenty."""
    return _maps(result, "plenty")


@needs(lambda result: all(result.methods(place) for place in PLACES), WAIT, height=480)
def weights(result: Result) -> Chart:
    """A histogram of all weights for each method, as a row of colours: few samples above, plenty below."""
    halves = {}
    for place in PLACES:
        methods = result.methods(place)[::-1]
        clipped = [np.clip(result.weights(method, place), -1, 1) for method in methods]
        share = [100 * np.histogram(values, EDGES)[0] / len(values) for values in clipped]
        names = [f"{words(method)}: {zeros(result, method, place):.0%} zero" for method in methods]
        hover = "%{y}<br>weight near %{x:.2f}: %{text} %<extra></extra>"
        colors: Trace = {"z": np.log10(np.maximum(share, LEAST)), "zmin": np.log10(LEAST), "zmax": 2}
        told: Trace = {"text": np.round(share, 2), "hovertemplate": hover}
        halves[place] = [heatmap((EDGES[1:] + EDGES[:-1]) / 2, names, **colors, **told, ygap=2)]
    return stacked(halves["few"], halves["plenty"], "weight, cut at ±1", "few", "plenty", 480)


def gap(result: Result) -> Chart:
    """Final training and test loss of each method, joined by a line: the gap."""
    traces = []
    look: Trace = {"size": 11, "symbol": ["circle-open", "circle"], "width": 3, "cliponaxis": False}
    for place, axis in zip(PLACES, ("x", "x2"), strict=True):
        for method in result.methods(place):
            ends = [result.final(method, place, f"{part}_loss").mean() for part in ("train", "test")]
            told: Trace = {"hovertext": ["training", "test"], "xaxis": axis}
            traces.append(joined(ends, [words(method)] * 2, color=color(method), **look, **told))
    axes: Frame = {
        "xaxis": {"title": {"text": "few: loss"}, "domain": [0, 0.48], "rangemode": "tozero"},
        "xaxis2": {"title": {"text": "plenty: loss"}, "domain": [0.54, 1], "rangemode": "tozero", "nticks": 4},
        "yaxis": {"categoryorder": "array", "categoryarray": [words(method) for method in METHODS[::-1]]},
    }
    return plot(unnamed(traces), wait=WAIT, **axes)


FIRST = few  # what the trial shows while this experiment runs
