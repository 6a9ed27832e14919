"""Charts of the playground: predictions, learning curves, and the state of each layer."""

from collections.abc import Callable, Iterator
from html import escape
from typing import Any

import numpy as np

from core.playground.playground import Playground
from pages.figures.common.decision import decision
from pages.figures.common.plots import LOWEST, Chart, Frame, Parts, chart, note, plot, within
from pages.figures.common.style import DIVERGING, MORE, NEUTRAL, PALETTE, POWERS
from pages.figures.common.traces import Trace, bars, dotted, finite, heatmap, line, marks
from pages.figures.playground.network import ANSWER, COARSE, axes, class_names
from pages.figures.playground.network import network as network

TRAIN, TEST, DELTA, GRADIENT = PALETTE[0], PALETTE[1], PALETTE[3], PALETTE[2]
EDGE = {"width": 1, "color": "white"}
MOST = 16  # filters, and pictures in each, that are drawn
PIXELS, HIGHEST = 90, 640  # heights of a row and of the chart


def output(result: Playground) -> Chart:
    """The network's predictions over the plane of the data, with training samples, for a notebook."""
    plane = result.plane(COARSE if result.sees_pictures else ANSWER)
    traces = decision(plane, result.output_map(plane.side), "output")
    caption = "Background: the network's prediction. Dots: training samples in the colour of their target."
    across, up = map(escape, axes(result, plane))
    drawn = plot(traces, across, up, height=420, showlegend=False)
    return drawn.titled("What does the network predict?", caption)


def _runs(result: Playground, pinned: Playground | None) -> Iterator[tuple[Playground, Callable[..., Trace]]]:
    """The pinned run, dotted, then the current one, each with what draws a curve of it; a mark for a single point."""
    for run, prefix, look in ((pinned, "pinned: ", {"width": 1.6, "dash": "dot"}), (result, "", {"width": 2})):

        def curve(x: Any, y: Any, name: str, color: str, prefix: str = prefix, look: Any = look) -> Trace:
            values = finite(np.asarray(y, float).reshape(len(x), -1)[:, 0])
            return line(x, values, prefix + name, color, **look) | {"mode": "lines" if len(x) > 1 else "markers"}

        if run is not None:
            yield run, curve


@chart("updates", "loss without penalty", yaxis=POWERS)
def losses(result: Playground, pinned: Playground | None = None) -> Parts:
    """Excludes the weight penalty (drawn separately if used). Dotted: pinned run."""
    for run, curve in _runs(result, pinned):
        past = run.history
        yield curve(past.step, past.train_loss, "training", TRAIN)
        yield curve(past.step, past.test_loss, "test", TEST)
        if past.penalty.max(initial=0) > 0:
            yield curve(past.step, past.penalty, "penalty (not in the loss)", NEUTRAL)


@chart("updates")
def scores(result: Playground, pinned: Playground | None = None) -> Parts:
    """Dashed: the best constant answer, a linear model and nearest neighbours on the same inputs."""
    for run, curve in _runs(result, pinned):
        yield curve(run.history.step, run.history.train_score, "training", TRAIN)
        yield curve(run.history.step, run.history.test_score, "test", TEST)
    for (name, score), color in zip(result.baselines().items(), (PALETTE[5], PALETTE[2], NEUTRAL), strict=True):
        yield dotted([0, max(result.step, 1)], [score, score], f"{name}, test", color, "dash")
    yield {"yaxis": {"title": {"text": "accuracy" if result.score == "accuracy" else "R²"}}}
    histories = [run.history for run in (result, pinned) if run]
    yield within([np.asarray([each.train_score, each.test_score]) for each in histories], LOWEST, 1)


@chart("layer of weights (1: next to the inputs)", "norm", xaxis={"dtick": 1}, yaxis=POWERS)
def norms(result: Playground, pinned: Playground | None = None) -> Parts:
    """From the latest backward pass. δ falling to the left: vanishing; rising: exploding."""
    for run, curve in _runs(result, pinned):
        now, layers = run.inside(), np.arange(1, len(run.network.affine) + 1)
        parts = {"δ = dL/dz": now.delta_norms, "dL/dW": now.gradient_norms, "W": now.weight_norms}
        for (name, sizes), hue in zip(parts.items(), (DELTA, GRADIENT, TRAIN), strict=True):
            yield curve(layers, np.where(sizes > 0, sizes, np.nan), name, hue) | {"mode": "lines+markers"}


@chart(
    "hidden layer",
    "share of units",
    when=lambda result: result.network.affine[1:],
    wait="There are no hidden units: add a layer.",
    xaxis={"dtick": 1},
    yaxis={"range": [0, 1], "tickformat": ".0%"},
)
def idle_units(result: Playground, pinned: Playground | None = None) -> Parts:
    """Dead: slope 0 on every sample of the batch. Saturated: slope near 0 on nine of ten."""
    idle = False
    for run, prefix, opacity in ((pinned, "pinned: ", 0.4), (result, "", 1.0)):
        if run is not None:
            now, places = run.inside(), np.arange(1, len(run.network.affine))
            for shares, name, color in ((now.dead, "dead", PALETTE[7]), (now.saturated, "saturated", PALETTE[4])):
                yield bars(places, shares, prefix + name, color, opacity=opacity)
                idle |= bool(shares.any())
    if not idle:
        yield note("None: all units learn.", 0.5, 0.5)


@chart("predicted class", "true class")
def answers(result: Playground) -> Parts:
    """Test samples. Rows: true class, columns: predicted. Regression: predicted against true."""
    counts = result.confusion()
    if counts is None:
        true = result.data.y_test
        ends = [float(true.min()), float(true.max())]
        yield marks(true, result.predicted(), "test samples", TEST, 5, opacity=0.6)
        yield line(ends, ends, "right")
        titles = {"xaxis": "true value, standardized", "yaxis": "predicted value"}
        yield {axis: {"title": {"text": title}} for axis, title in titles.items()}
        return
    names = list(map(escape, class_names(result)))
    hover = "%{z} test samples of class %{y}<br>predicted as class %{x}<extra></extra>"
    yield heatmap(names, names, counts, cells=counts if len(counts) <= 20 else None, hovertemplate=hover, **MORE)
    yield {"xaxis": {"type": "category"}, "yaxis": {"type": "category", "autorange": "reversed"}}


@chart("x", "y", clickmode="event+select")
def canvas(points: list[tuple[float, float, str]]) -> Parts:
    """A plane for clicking points: the points so far, and an invisible grid of places to click."""
    ticks = np.linspace(-3, 3, 41)
    x, y = (axis.ravel() for axis in np.meshgrid(ticks, ticks))
    hover = "%{x:.2f}, %{y:.2f}<extra></extra>"
    yield marks(x, y, size=11, opacity=0, hovertemplate=hover, showlegend=False)
    for number, label in enumerate(sorted({point[2] for point in points})):
        own, color = np.array([point[:2] for point in points if point[2] == label]), PALETTE[number % len(PALETTE)]
        yield marks(own[:, 0], own[:, 1], label, color, 9, edge=EDGE, hoverinfo="skip")


@chart(margin={"t": 30})  # below the tools
def filters(result: Playground, layer: int | None = None) -> Parts:
    """The weights a channel slides over its input. Its output is largest where the picture resembles its filter."""
    place = layer if layer in result.convolutions else 0  # among the layers with weights
    with np.errstate(over="ignore"):  # a diverged run has numbers beyond float32
        W = finite(result.network.unpack(result.params)[place].W.astype(np.float32))
    channels, seen, size, _ = W.shape
    tiles = np.pad(W[:MOST, :MOST], ((0, 0), (0, 0), (0, 1), (0, 1)), constant_values=np.nan).transpose(1, 2, 0, 3)
    rows, step, columns, _ = tiles.shape
    z = tiles.reshape(rows * step, -1)[:-1, :-1]
    largest = float(np.nanmax(np.abs(z), initial=0)) or 1.0
    look = {"zmin": -largest, "zmax": largest, "showscale": True, "colorbar": {"thickness": 12}, "hoverongaps": False}
    yield heatmap(None, None, z, DIVERGING, **look, hovertemplate="weight %{z:.3g}<extra></extra>")
    for axis, text, shown, of in (("xaxis", "filter", columns, channels), ("yaxis", "input channel", rows, seen)):
        bare: Frame = {"showgrid": False, "zeroline": False, "ticks": "", "constrain": "domain"}
        ticks = {"tickvals": (size - 1) / 2 + step * np.arange(shown), "ticktext": [*range(1, shown + 1)]}
        yield {axis: bare | ticks | {"title": {"text": text + f", of {of}" * (of > shown)}}}
    yield {"yaxis": {"autorange": "reversed", "scaleanchor": "x"}, "height": min(110 + PIXELS * rows, HIGHEST)}
