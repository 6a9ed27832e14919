"""Charts of the playground: predictions, learning curves, and the state of each layer."""

from collections.abc import Iterator
from html import escape
from typing import Any

import numpy as np

from core.playground.playground import Playground
from pages.figures.common.decision import decision
from pages.figures.common.plots import Chart, Frame, needs, plot
from pages.figures.common.style import DIVERGING, MORE, NEUTRAL, PALETTE, POWERS
from pages.figures.common.traces import Trace, bars, finite, heatmap, line, marks
from pages.figures.playground.network import ANSWER, COARSE, class_names
from pages.figures.playground.network import network as network

TRAIN, TEST, DELTA, GRADIENT = PALETTE[0], PALETTE[1], PALETTE[3], PALETTE[2]
EDGE = {"width": 1, "color": "white"}
MOST_FILTERS = (
    16  # rows and columns if a filter has several pictures; if it has one, this many filters stand four in a row
)
PIXELS, HIGHEST = 90, 640  # heights of a row and of the chart


def output(result: Playground) -> Chart:
    """The network's predictions over the plane of the data, with training samples, for a notebook."""
    plane = result.plane(COARSE if result.sees_pictures else ANSWER)
    traces = decision(plane, result.output_map(plane.side), "output")
    caption = "Background: the network's prediction. Dots: training samples in the colour of their target."
    return plot(traces, *plane.axes, height=420, showlegend=False).titled("What does the network predict?", caption)


def _runs(result: Playground, pinned: Playground | None) -> Iterator[tuple[Playground, str, Trace]]:
    """The pinned run, dotted, then the current run: each with its name prefix and line style."""
    if pinned is not None:
        yield pinned, "pinned: ", {"width": 1.6, "dash": "dot"}
    yield result, "", {"width": 2}


def losses(result: Playground, pinned: Playground | None = None) -> Chart:
    """Training and test loss without the penalty, and the penalty itself; dotted for the pinned run."""
    curves = []
    for run, prefix, look in _runs(result, pinned):
        history = run.history
        curves.append(_line(history.step, history.train_loss, f"{prefix}training", TRAIN, **look))
        curves.append(_line(history.step, history.test_loss, f"{prefix}test", TEST, **look))
        if history.penalty.max(initial=0) > 0:
            curves.append(_line(history.step, history.penalty, f"{prefix}penalty (not in the loss)", NEUTRAL, **look))
    return plot(curves, "updates", "loss without penalty", yaxis=POWERS)


def scores(result: Playground, pinned: Playground | None = None) -> Chart:
    """Training and test score, and the baselines' scores on the test samples."""
    curves = []
    for run, prefix, look in _runs(result, pinned):
        history = run.history
        curves.append(_line(history.step, history.train_score, f"{prefix}training", TRAIN, **look))
        curves.append(_line(history.step, history.test_score, f"{prefix}test", TEST, **look))
    ends = [0, max(result.step, 1)]
    for (name, score), color in zip(result.baselines().items(), (PALETTE[5], PALETTE[2], NEUTRAL), strict=True):
        curves.append(line(ends, [score, score], f"{name}, test", color, 1.5, "dash"))
    return plot(curves, "updates", "accuracy" if result.score == "accuracy" else "R²")


def _line(x: np.ndarray, y: np.ndarray, name: str, color: str, **look: Any) -> Trace:
    """The curve of one run, y (T,) or (T, 1); a mark while it has only one point."""
    y = np.asarray(y, float).reshape(len(x), -1)[:, 0]
    return line(x, finite(y), name, color, **look) | {"mode": "lines" if len(x) > 1 else "markers"}


def norms(result: Playground, pinned: Playground | None = None) -> Chart:
    """Norms of the deltas and weight gradients by layer, from the latest backward pass."""
    curves = []
    for run, prefix, look in _runs(result, pinned):
        inside = run.inside()
        layers = np.arange(1, len(inside.delta_norms) + 1)
        for values, name, color in (
            (inside.delta_norms, "δ = dL/dz", DELTA),
            (inside.gradient_norms, "dL/dW", GRADIENT),
            (inside.weight_norms, "W", TRAIN),
        ):
            values = np.where(values > 0, values, np.nan)
            curves.append(_line(layers, values, f"{prefix}{name}", color, **look) | {"mode": "lines+markers"})
    return plot(curves, "layer of weights (1: next to the inputs)", "norm", xaxis={"dtick": 1}, yaxis=POWERS)


@needs(lambda result: result.network.affine[1:], "There are no hidden units: add a layer.")
def idle_units(result: Playground, pinned: Playground | None = None) -> Chart:
    """Shares of dead and saturated hidden units by layer, from the latest backward pass."""
    columns: list[Trace] = []
    for run, prefix, _ in _runs(result, pinned):
        inside, opacity = run.inside(), 0.4 if run is pinned else 1.0
        for values, name, color in ((inside.dead, "dead", PALETTE[7]), (inside.saturated, "saturated", PALETTE[4])):
            layers = np.arange(1, len(values) + 1)
            columns.append(bars(layers, values, f"{prefix}{name}", color, opacity=opacity))
    axes: Frame = {"xaxis": {"dtick": 1}, "yaxis": {"range": [0, 1], "tickformat": ".0%"}}
    figure = plot(columns, "hidden layer", "share of units", **axes)
    if not any(each["y"].any() for each in columns):
        figure.add_annotation(text="None: all units learn.", showarrow=False, xref="paper", x=0.5, y=0.5)
    return figure


def answers(result: Playground) -> Chart:
    """Test samples. Rows: true class, columns: predicted. Regression: predicted against true."""
    counts = result.confusion()
    if counts is None:
        return _against_truth(result)
    names = list(map(escape, class_names(result)))
    hover = "%{z} test samples of class %{y}<br>predicted as class %{x}<extra></extra>"
    heat = heatmap(names, names, counts, cells=counts if len(counts) <= 20 else None, hovertemplate=hover, **MORE)
    axes: Frame = {"xaxis": {"type": "category"}, "yaxis": {"type": "category", "autorange": "reversed"}}
    return plot([heat], "predicted class", "true class", **axes)


def _against_truth(result: Playground) -> Chart:
    true = result.data.y_test
    ends = [float(true.min()), float(true.max())]
    dots = marks(true, result.predicted(), "test samples", TEST, 5, opacity=0.6)
    return plot([dots, line(ends, ends, "right")], "true value, standardized", "predicted value")


def canvas(points: list[tuple[float, float, str]]) -> Chart:
    """A plane for clicking points: the points so far, and an invisible grid of places to click."""
    ticks = np.linspace(-3, 3, 41)
    x, y = (axis.ravel() for axis in np.meshgrid(ticks, ticks))
    hover = "%{x:.2f}, %{y:.2f}<extra></extra>"
    traces = [marks(x, y, size=11, opacity=0, hovertemplate=hover, showlegend=False)]
    for number, label in enumerate(sorted({point[2] for point in points})):
        own, color = np.array([point[:2] for point in points if point[2] == label]), PALETTE[number % len(PALETTE)]
        traces.append(marks(own[:, 0], own[:, 1], label, color, 9, edge=EDGE, hoverinfo="skip"))
    return plot(traces, "x", "y", clickmode="event+select")


@np.errstate(all="ignore")  # a diverged run has numbers beyond float32
def filters(result: Playground, layer: int | None = None) -> Chart:
    """The filters of the first layer, or of the convolution at index `layer` among the layers with weights.

    A filter has one picture per input channel: filters fill rows if there is one channel, otherwise each has a row.
    """
    place = layer if layer in result.convolutions else 0
    W = finite(result.network.unpack(result.params)[place].W.astype(np.float32))
    channels, seen, size, _ = W.shape
    if seen == 1:
        columns = min(channels, 4 if channels <= MOST_FILTERS else 8)
        W = np.pad(W, ((0, -channels % columns), *((0, 0),) * 3), constant_values=np.nan)
        names = [f"{first + 1}–{min(first + columns, channels)}" for first in range(0, channels, columns)]
        across, down = "", "filters"
    else:
        columns, W = min(seen, MOST_FILTERS), W[:MOST_FILTERS, :MOST_FILTERS]
        names = [str(row + 1) for row in range(len(W))]
        across = "input channel" + f", of {seen}" * (seen > MOST_FILTERS)
        down = "filter" + f", of {channels}" * (channels > MOST_FILTERS)
    tiles = np.pad(W.reshape(-1, columns, size, size), ((0, 0), (0, 0), (0, 1), (0, 1)), constant_values=np.nan)
    rows, step = len(tiles), size + 1  # including the gap
    z = tiles.swapaxes(1, 2).reshape(rows * step, -1)[:-1, :-1]
    largest = float(np.nanmax(np.abs(z), initial=0)) or 1.0
    look = {"zmin": -largest, "zmax": largest, "showscale": True, "colorbar": {"thickness": 12}, "hoverongaps": False}
    heat = heatmap(None, None, z, DIVERGING, **look, hovertemplate="weight %{z:.3g}<extra></extra>")
    bare: Frame = {"showgrid": False, "zeroline": False, "ticks": "", "constrain": "domain"}
    ticks = [(size - 1) / 2 + step * np.arange(count) for count in (columns, rows)]
    axes: Frame = {
        "xaxis": bare | {"tickvals": ticks[0], "ticktext": [*range(1, columns + 1)], "showticklabels": seen > 1},
        "yaxis": bare | {"tickvals": ticks[1], "ticktext": names, "autorange": "reversed", "scaleanchor": "x"},
        "margin": {"t": 30},  # below the tools
    }
    return plot([heat], across, down, height=min(90 + PIXELS * rows, HIGHEST), **axes)
