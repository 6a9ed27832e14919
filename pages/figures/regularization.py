"""Holding a network back, as charts: where samples are few and where they are plenty."""

import numpy as np

from core.data import DATASETS
from core.studies.regularization.noise_columns import METHODS as SWEPT
from core.studies.regularization.noise_columns import accuracy
from core.studies.regularization.study import METHODS, PLACES, Result, name, zeros
from core.studies.wording import interval
from pages.figures.common.chart import Chart
from pages.figures.common.decision import small_multiples
from pages.figures.common.stacked import below, stacked
from pages.figures.common.style import NEUTRAL, SEQUENTIAL, band, color, empty, layout, lines
from pages.figures.common.words import words

EDGES = np.linspace(-1.02, 1.02, 52)  # 51 bins of weights, one of them around 0
LEAST = 0.1  # smallest share of weights, in %, that the colours tell from none


def _losses(result: Result, place: str) -> Chart:
    """Test loss above, its gap to the training loss below."""
    upper, lower = [], []
    for method in result.methods(place):
        race, label = result.race(method, place), name(method, place)
        steps, test, train = race.steps(label), race.values(label, "test_loss"), race.values(label, "train_loss")
        upper += band(method, words(method), steps, test)
        lower += band(method, words(method), steps, test - train)
    if not upper:
        return empty("Training …", height=480)
    figure = Chart(upper + below(lower), stacked("updates", "test loss", "gap", height=480))
    highest = max(_highest(result, each) for each in PLACES)  # one scale for both settings
    return figure.update_layout(yaxis={"range": [0, highest]}, yaxis2={"range": [-0.1 * highest, highest]})


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
    traces = []
    methods = [method for method in METHODS[1:] if all(method in result.methods(place) for place in PLACES)]
    for place, symbol, shift in zip(PLACES, ("circle", "square-open"), (-0.15, 0.15), strict=True):
        each = [result.gain(method, place) for method in methods]
        reach = {"type": "data", "array": [g.high - g.mean for g in each], "arrayminus": [g.mean - g.low for g in each]}
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": PLACES[place],
                "x": [gain.mean for gain in each],
                "y": [METHODS.index(method) + shift for method in methods],
                "error_x": reach | {"thickness": 2, "color": NEUTRAL},
                "marker": {"symbol": symbol, "size": 11, "color": [color(method) for method in methods]},
                "hovertext": [interval(gain.mean, gain.low, gain.high, signed=True) for gain in each],
                "hoverinfo": "text",
            }
        )
    if not methods:
        return empty("Training …")
    measure = "accuracy" if DATASETS[result.settings.dataset].task == "classes" else "R²"
    frame = layout(f"gain in test {measure}", "")
    names = [words(method) for method in METHODS[1:]]
    frame["yaxis"] = {"tickvals": list(range(1, len(METHODS))), "ticktext": names, "range": [len(METHODS) - 0.5, 0.5]}
    zero = {"type": "line", "yref": "paper", "x0": 0, "x1": 0, "y0": 0, "y1": 1}
    zero |= {"line": {"width": 1, "dash": "dot", "color": NEUTRAL}}
    return Chart(traces, frame | {"shapes": [zero]})


def sweep(result: Result) -> Chart:
    """Accuracy of linear models as irrelevant features grow."""
    if not result.sweep.finished:
        return empty("The sweep over irrelevant features comes last.")
    curves = [(method, words(method), *map(np.asarray, accuracy(result.sweep, method))) for method in SWEPT]
    figure = lines(curves, x="irrelevant features", y="test accuracy")
    for trace in figure.data[1::2]:
        trace.update(mode="lines+markers")
    return figure.update_layout(xaxis={"type": "log", "tickvals": curves[0][2]})


def _maps(result: Result, place: str) -> Chart:
    pictures = {method: result.maps[place][method] for method in METHODS if method in result.maps[place]}
    return small_multiples(result.planes[place], pictures) if pictures else empty("Training …")


def few_maps(result: Result) -> Chart:
    """What the first seed's networks have learnt from few samples."""
    return _maps(result, "few")


def plenty_maps(result: Result) -> Chart:
    """What the first seed's networks have learnt from plenty."""
    return _maps(result, "plenty")


def weights(result: Result) -> Chart:
    """A histogram of all weights for each method, as a row of colours: few samples above, plenty below."""
    halves = []
    for place, axis in zip(PLACES, ("y", "y2"), strict=True):
        methods = result.methods(place)[::-1]
        if not methods:
            return empty("Training …", height=480)
        clipped = [np.clip(result.weights(method, place), -1, 1) for method in methods]
        share = [100 * np.histogram(values, EDGES)[0] / len(values) for values in clipped]
        halves.append(
            {
                "type": "heatmap",
                "x": (EDGES[1:] + EDGES[:-1]) / 2,
                "y": [f"{words(method)}: {zeros(result, method, place):.0%} zero" for method in methods],
                "z": np.log10(np.maximum(share, LEAST)),
                "text": np.round(share, 2),
                "hovertemplate": "%{y}<br>weight near %{x:.2f}: %{text} %<extra></extra>",
                "zmin": np.log10(LEAST),
                "zmax": 2,
                "colorscale": SEQUENTIAL,
                "ygap": 2,
                "yaxis": axis,
                "showscale": False,
            }
        )
    return Chart(halves, stacked("weight, cut at ±1", "few", "plenty", 480))


def gap(result: Result) -> Chart:
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
                    "marker": {"size": 11, "symbol": ["circle-open", "circle"], "color": color(method)},
                    "cliponaxis": False,
                    "hovertext": ["training", "test"],
                    "showlegend": False,
                }
            )
    if not traces:
        return empty("Training …")
    frame = layout()
    frame["xaxis"] = {"title": {"text": "few: loss"}, "domain": [0, 0.48], "rangemode": "tozero"}
    frame["xaxis2"] = {"title": {"text": "plenty: loss"}, "domain": [0.54, 1], "rangemode": "tozero", "nticks": 4}
    frame["yaxis"] = {"categoryorder": "array", "categoryarray": [words(method) for method in METHODS[::-1]]}
    return Chart(traces, frame)


def standing(result: Result) -> str:
    """The test scores without a penalty and with one, for few samples and for plenty."""
    told = []
    for place, samples in (("few", "few samples"), ("plenty", "plenty of samples")):
        scores = [
            f"{np.median(result.final(method, place, 'test_score')):.3g} {name}"
            for method, name in (("none", "without penalty"), ("l1", "with L1"), ("l2", "with L2"))
            if method in result.methods(place)
        ]
        told.append(f"{samples}, {', '.join(scores)}" if scores else "")
    return f"Test score at this moment, median over seeds: {'; '.join(filter(None, told))}." if any(told) else ""


FIRST = few  # what the trial shows while this experiment runs
