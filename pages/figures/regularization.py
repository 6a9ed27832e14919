"""Charts of regularization: few samples with irrelevant features, and many samples without."""

from functools import partial

import numpy as np

from core.studies.regularization import METHODS, PLACES, SWEPT, UNITS, Result, accuracy, name, zeros
from core.studies.wording import interval
from pages.figures.common.decision import small_multiples
from pages.figures.common.plots import Chart, Parts, chart, empty, level, lower, note, rows, tuning
from pages.figures.common.style import MORE, color
from pages.figures.common.traces import Trace, band, heatmap, marks, reach
from pages.figures.common.words import words

WAIT = "Training starts once the strengths are tuned."
ENDS = "few_noisy", "plenty"  # the two settings that differ most
SYMBOLS = {"few": "circle-open", "few_noisy": "circle", "plenty_noisy": "square", "plenty": "square-open"}
EDGES = np.linspace(-1.02, 1.02, 52)  # 51 bins of weights, one of them around 0
LEAST = 0.1  # smallest share of weights, in %, that the colours distinguish from 0

trained = partial(chart, height=480, when=lambda result: result.race.started, wait=WAIT)
STRENGTHS = tuning(lambda result: {name(m, p): m for m in UNITS for p in PLACES}, "strength", 480)
split = partial(chart, "updates", "test loss", "gap", height=480, instead=STRENGTHS, ends=True)


@split()
def few(result: Result) -> Parts:
    """Below: the gap, test minus training loss, both without the penalty. Line: median over seeds. Band: all seeds."""
    return _losses(result, "few_noisy")


@split()
def plenty(result: Result) -> Parts:
    """Where the gap is near zero, there is little for a penalty to do. Line: median over seeds. Band: all seeds."""
    return _losses(result, "plenty")


def _losses(result: Result, place: str) -> Parts:
    race = result.race
    for method in METHODS:
        label = name(method, place)
        steps, test, train = race.steps(label), race.values(label, "test_loss"), race.values(label, "train_loss")
        yield band(method, steps, test)
        yield lower(band(method, steps, test - train))
    tested = [race.values(name(m, p), "test_loss") for m in METHODS for p in ENDS]  # one scale for both settings
    highest = min(2.0, 1.05 * max(float(np.nanmax(each)) for each in tested))  # whatever run explodes
    yield {"yaxis": {"range": [0, highest]}, "yaxis2": {"range": [-0.1 * highest, highest]}}
    if any(np.nanmax(race.values(name(method, place), "test_loss")) > highest for method in METHODS):
        yield note(f"Losses above {highest:g} leave the chart at the top.", 0.5, 0.98, opacity=0.7)


@trained("gain in test score")
def gains(result: Result) -> Parts:
    """Score with regularization minus without, paired by seed. The intervals are widened for the number of comparisons
    (Holm). No mark: the best strength was 0. Early stopping uses 20 % of its training samples for validation."""
    found = result.gains()
    for place, shift in zip(PLACES, (-0.24, -0.08, 0.08, 0.24), strict=True):
        methods = [method for method in METHODS[1:] if name(method, place) in found]
        gained = [found[name(method, place)] for method in methods]
        means = [gain.mean for gain in gained]
        heights = [METHODS[1:].index(method) + shift for method in methods]
        told = [interval(gain.mean, gain.low, gain.high, signed=True) for gain in gained]
        look: Trace = {"color": color(place), "size": 10, "symbol": SYMBOLS[place]}
        yield marks(
            means, heights, PLACES[place], hovertext=told, hoverinfo="text", error_x=reach(means, gained), **look
        )
    yield level(0, axis="x")
    yield {"yaxis": rows(list(map(words, METHODS[1:])))}


@chart("irrelevant features", "test accuracy", wait="The sweep over irrelevant features runs last.")
def sweep(result: Result) -> Parts:
    """Linear models on few samples, three relevant features, the rest noise (Ng 2004). Strengths are tuned for each."""
    for method in SWEPT if result.linear.race.finished else ():
        columns, scores = map(np.asarray, accuracy(result.linear.race, method))
        area, middle = band(method, columns, scores)
        yield [area, middle | {"mode": "lines+markers"}]
        yield {"xaxis": {"type": "log", "tickvals": columns}}


def maps(result: Result) -> Chart:
    """Among irrelevant features, first seed, on the plane of the first two features with all others at their mean (for
    a bundled table: the first two principal components). For “three of many” the true boundary is a straight line."""
    if result.plane is None:
        return empty(WAIT)
    return small_multiples(result.plane, {method: result.maps[method] for method in METHODS if method in result.maps})


@trained("weight (clipped to ±1)", "few samples", "many samples")
def weights(result: Result) -> Parts:
    """A histogram of all weights for each method, as a row of colours: few samples above, many below."""
    for place in ENDS:
        clipped = [np.clip(result.weights(method, place), -1, 1) for method in METHODS[::-1]]
        share = [100 * np.histogram(values, EDGES)[0] / len(values) for values in clipped]
        names = [f"{words(method)}: {100 * zeros(result, method, place):.0f} % zero" for method in METHODS[::-1]]
        colors: Trace = {"z": np.log10(np.maximum(share, LEAST)), "zmin": np.log10(LEAST), "zmax": 2}
        hover = "%{y}<br>weight near %{x:.2f}: %{text} %<extra></extra>"
        told: Trace = {"text": np.round(share, 2), "hovertemplate": hover}
        row = heatmap((EDGES[1:] + EDGES[:-1]) / 2, names, **colors, **told, **MORE, ygap=2)
        yield row if place == ENDS[0] else lower([row])
