"""Charts of regularization: few samples with irrelevant features, and many samples without."""

import numpy as np

from core.data import DATASETS
from core.studies.regularization import METHODS, PLACES, SWEPT, UNITS, Result, accuracy, name, zeros
from core.studies.wording import interval
from pages.figures.common.decision import small_multiples
from pages.figures.common.plots import Chart, Frame, empty, level, named, needs, plot, rows, stacked, trials, unnamed
from pages.figures.common.style import MORE, color
from pages.figures.common.traces import Trace, band, heatmap, marks, reach
from pages.figures.common.words import words

WAIT = "Training starts once the strengths are tuned."
ENDS = "few_noisy", "plenty"  # the two settings that differ most
SYMBOLS = {"few": "circle-open", "few_noisy": "circle", "plenty_noisy": "square", "plenty": "square-open"}
EDGES = np.linspace(-1.02, 1.02, 52)  # 51 bins of weights, one of them around 0
LEAST = 0.1  # smallest share of weights, in %, that the colours distinguish from 0

raced = needs(lambda result: result.race.started, WAIT, 480)


def few(result: Result) -> Chart:
    """Below: the gap, test minus training loss, both without the penalty. Line: median over seeds. Band: all seeds."""
    return _losses(result, "few_noisy")


def plenty(result: Result) -> Chart:
    """Where the gap is near zero, there is little for a penalty to do. Line: median over seeds. Band: all seeds."""
    return _losses(result, "plenty")


def _losses(result: Result, place: str) -> Chart:
    if not result.race.started:
        return trials(result.trials, {name(m, p): m for m in UNITS for p in PLACES}, "strength", 480)
    upper, lower = [], []
    for method in METHODS:
        race, label = result.race, name(method, place)
        steps, test, train = race.steps(label), race.values(label, "test_loss"), race.values(label, "train_loss")
        upper += band(method, steps, test)
        lower += band(method, steps, test - train)
    tested = [result.race.values(name(m, p), "test_loss") for m in METHODS for p in ENDS]  # one scale for both settings
    highest = min(2.0, 1.05 * max(float(np.nanmax(each)) for each in tested))  # whatever run explodes
    axes: Frame = {"yaxis": {"range": [0, highest]}, "yaxis2": {"range": [-0.1 * highest, highest]}}
    return named(stacked(upper, unnamed(lower), "updates", "test loss", "gap", 480, **axes))


@raced
def gains(result: Result) -> Chart:
    """Score with regularization minus without, paired by seed. The intervals are widened for the number of comparisons
    (Holm). No mark: the best strength was 0. Early stopping uses 20 % of its training samples for validation."""
    traces, found = [], result.gains()
    for place, shift in zip(PLACES, (-0.24, -0.08, 0.08, 0.24), strict=True):
        methods = [method for method in METHODS[1:] if name(method, place) in found]
        gained = [found[name(method, place)] for method in methods]
        means = [gain.mean for gain in gained]
        heights = [METHODS[1:].index(method) + shift for method in methods]
        told = [interval(gain.mean, gain.low, gain.high, signed=True) for gain in gained]
        look: Trace = {"color": list(map(color, methods)), "size": 10, "symbol": SYMBOLS[place]}
        look |= {"error_x": reach(means, gained)}
        traces.append(marks(means, heights, PLACES[place], hovertext=told, hoverinfo="text", **look))
    measure = "accuracy" if DATASETS[result.settings.dataset].task == "classes" else "R²"
    axis = rows([words(method) for method in METHODS[1:]])
    return plot(traces, f"gain in test {measure}", yaxis=axis, shapes=[level(0, axis="x")])


@needs(lambda result: result.linear.race.finished, "The sweep over irrelevant features runs last.")
def sweep(result: Result) -> Chart:
    """Linear models on few samples, three relevant features, the rest noise (Ng 2004). Strengths are tuned for each."""
    traces = []
    for method in SWEPT:
        columns, scores = map(np.asarray, accuracy(result.linear.race, method))
        area, middle = band(method, columns, scores)
        traces += [area, middle | {"mode": "lines+markers"}]
    return plot(traces, "irrelevant features", "test accuracy", xaxis={"type": "log", "tickvals": columns})


def maps(result: Result) -> Chart:
    """Among irrelevant features, first seed, on the plane of the first two features with all others at their mean (for
    a bundled table: the first two principal components). For “three of many” the true boundary is a straight line."""
    if result.plane is None:
        return empty(WAIT)
    return small_multiples(result.plane, {method: result.maps[method] for method in METHODS if method in result.maps})


@raced
def weights(result: Result) -> Chart:
    """A histogram of all weights for each method, as a row of colours: few samples above, many below."""
    halves: dict[str, list[Trace]] = {}
    for place in ENDS:
        clipped = [np.clip(result.weights(method, place), -1, 1) for method in METHODS[::-1]]
        share = [100 * np.histogram(values, EDGES)[0] / len(values) for values in clipped]
        names = [f"{words(method)}: {100 * zeros(result, method, place):.0f} % zero" for method in METHODS[::-1]]
        hover = "%{y}<br>weight near %{x:.2f}: %{text} %<extra></extra>"
        colors: Trace = {"z": np.log10(np.maximum(share, LEAST)), "zmin": np.log10(LEAST), "zmax": 2}
        told: Trace = {"text": np.round(share, 2), "hovertemplate": hover}
        halves[place] = [heatmap((EDGES[1:] + EDGES[:-1]) / 2, names, **colors, **told, **MORE, ygap=2)]
    upper, lower = halves.values()
    return stacked(upper, lower, "weight (clipped to ±1)", "few samples", "many samples", 480)
